import type { z } from 'zod';
import type { Appropriation, ProgrammeVersion as VersionRow } from '../../db/tables.js';
import type { loadAppropriation as body } from '../../schemas/appropriations.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Posting } from '../ledger/templates.js';
import { budgetLoaded, budgetMatched } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import { formatYuan, parseYuan, sumFen } from '../money.js';
import { appropriationShelf, programmeVersionShelf } from './facts.js';
import { fundersOf, poolOf, programmeOf } from './published.js';
import { newlyMatched, presentAppropriation } from './rules.js';

type Body = z.output<typeof body>;
type Result = ReturnType<typeof presentAppropriation> & { matched: string; available: string };

/** How a load of this document by this funder is found. */
const documentKey = ({ documentNo, programmeCode, year, funder }: Omit<Body, 'amount'>) => [
  documentNo,
  programmeCode,
  String(year),
  funder,
];

/** Every funder that any version of a programme ever names. */
const fundersNamed = (versions: readonly VersionRow[]): string[] => [
  ...new Set(
    versions.flatMap((row) => programmeOf(row).laws.flatMap((law) => law.funders?.value.map(({ funder }) => funder) ?? [])),
  ),
];

/** Gathers the versions of these programmes and the accounts between the treasury and what is available of these funds. */
export async function gatherFunds(
  loader: Loader,
  funds: readonly { readonly programmeCode: string; readonly year: number }[],
): Promise<void> {
  const versions = await loader.load(
    programmeVersionShelf,
    'code',
    funds.map(({ programmeCode }) => programmeCode),
  );
  // All that any version names: another command of this batch may activate one.
  await loader.accounts(
    funds.flatMap(({ programmeCode, year }) => {
      const fund = fundOf(programmeCode, year);
      const ofFunders = fundersNamed(versions.filter((row) => row.programmeCode === programmeCode)).flatMap((funder) => [
        accountOf.appropriation(fund, funder),
        accountOf.unmatched(fund, funder),
      ]);
      return [...ofFunders, accountOf.available(fund)];
    }),
  );
}

/** Gathers whether these documents have been loaded by these funders. */
export async function gatherLoads(loader: Loader, loads: readonly Omit<Body, 'amount'>[]): Promise<void> {
  await loader.load(appropriationShelf, 'document', loads.map(documentKey));
}

/** What each funder has put behind a gathered fund, less what went back to it, in fen. */
export const loadedOf = (facts: Facts, fund: string, funders: readonly { readonly funder: string }[]): Map<string, Fen> =>
  new Map(funders.map(({ funder }) => [funder, -facts.balance(accountOf.appropriation(fund, funder))]));

/** What one document puts behind a gathered fund. */
interface Load {
  readonly programmeCode: string;
  readonly year: number;
  readonly documentNo: string;
  readonly parts: readonly { readonly appropriationId: string; readonly funder: string; readonly amountFen: Fen }[];
}

/**
 * Loads a document's money into a gathered fund: the papers, the postings, and what becomes available, in fen. Refuses
 * PROGRAMME_NOT_IN_FORCE, FUNDER_UNKNOWN, APPROPRIATION_EXISTS, POOL_CEILING_EXCEEDED.
 */
export function loadInto(
  facts: Facts,
  load: Load,
  { today, receivedAt }: Pick<Command, 'today' | 'receivedAt'>,
): Refused | { kind: 'loaded'; rows: Appropriation[]; postings: Posting[]; matchedFen: Fen } {
  const { programmeCode, year, documentNo, parts } = load;
  const fund = fundOf(programmeCode, year);
  const versions = facts.all(programmeVersionShelf, 'code', programmeCode);
  const shares = fundersOf(versions, year);
  if (!shares) return refused('PROGRAMME_NOT_IN_FORCE', { programme: programmeCode, day: String(year) }, '/programmeCode');
  const unknown = parts.find(({ funder }) => !shares.some((share) => share.funder === funder));
  if (unknown) {
    const funders = shares.map((share) => share.funder).join(', ');
    return refused('FUNDER_UNKNOWN', { funder: unknown.funder, funders, fund }, '/funder');
  }
  const again = parts.find(({ funder }) =>
    facts.one(appropriationShelf, 'document', documentKey({ documentNo, programmeCode, year, funder })),
  );
  if (again) return refused('APPROPRIATION_EXISTS', { documentNo, fund, funder: again.funder }, '/documentNo');
  const pool = poolOf(versions, year, today);
  const amountFen = sumFen(parts.map((part) => part.amountFen));
  // All that any version names has been gathered; who pays no more may have paid before.
  const named = fundersNamed(versions).map((funder) => ({ funder }));
  const loadedFen = sumFen(loadedOf(facts, fund, named).values());
  if (pool && pool.kind !== 'FLOOR' && loadedFen + amountFen > pool.amountFen) {
    const leftFen = pool.amountFen > loadedFen ? pool.amountFen - loadedFen : 0n;
    const amounts = { pool: formatYuan(pool.amountFen), loaded: formatYuan(loadedFen), left: formatYuan(leftFen) };
    return refused('POOL_CEILING_EXCEEDED', { fund, ...amounts, amount: formatYuan(amountFen) }, '/amount');
  }
  // After this line the load succeeds.
  const before = loadedOf(facts, fund, shares);
  const matched = new Map(
    shares.map(({ funder }) => [funder, (before.get(funder) ?? 0n) - facts.balance(accountOf.unmatched(fund, funder))]),
  );
  const loaded = new Map(before);
  for (const part of parts) loaded.set(part.funder, (loaded.get(part.funder) ?? 0n) + part.amountFen);
  const matching = newlyMatched(shares, loaded, matched);
  return {
    kind: 'loaded',
    rows: parts.map((part) => ({
      bookId: facts.bookId,
      programmeCode,
      year,
      documentNo,
      loadedOn: today,
      recordedAt: receivedAt.toISOString(),
      ...part,
    })),
    postings: [...parts.flatMap((part) => budgetLoaded({ fund, ...part })), ...budgetMatched({ fund, shares: matching })],
    matchedFen: sumFen(matching.map((part) => part.amountFen)),
  };
}

/**
 * Loads what one funder puts behind a programme for a year. It becomes available as far as all funders of the fund have paid in
 * their shares. Refuses AMOUNT_ZERO; PROGRAMME_NOT_IN_FORCE when no version holds in that year; FUNDER_UNKNOWN for one the programme
 * does not name; APPROPRIATION_EXISTS for a document that was loaded before; POOL_CEILING_EXCEEDED above the law's pool of the year
 * («最高»).
 */
export const loadAppropriation: Verb<Body, Result> = {
  name: 'appropriation.load',
  money: true,

  async gather(loader, commands) {
    await Promise.all([
      gatherFunds(
        loader,
        commands.map(({ body }) => body),
      ),
      gatherLoads(
        loader,
        commands.map(({ body }) => body),
      ),
    ]);
  },

  decide({ id, body, today, receivedAt }, facts) {
    const { programmeCode, year, funder, documentNo } = body;
    const amountFen = parseYuan(body.amount) ?? 0n;
    if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
    const load = { programmeCode, year, documentNo, parts: [{ appropriationId: id, funder, amountFen }] };
    const done = loadInto(facts, load, { today, receivedAt });
    if (done.kind === 'refused') return done;
    // After this line the command succeeds.
    const [row] = done.rows;
    if (!row) throw new Error('a load has one part');
    const availableFen = facts.balance(accountOf.available(fundOf(programmeCode, year)));
    return accepted({
      decision: 'appropriation.loaded',
      subjectId: id,
      postings: done.postings,
      result: {
        ...presentAppropriation(row),
        matched: formatYuan(done.matchedFen),
        available: formatYuan(availableFen + done.matchedFen),
      },
      changes: [insert(appropriationShelf, row)],
    });
  },
};
