import type { z } from 'zod';
import type { Appropriation, ProgrammeVersion as VersionRow } from '../../db/tables.js';
import type { loadAppropriation as body } from '../../schemas/appropriations.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { budgetLoaded, budgetMatched } from '../ledger/templates.js';
import { formatYuan, parseYuan, sumFen } from '../money.js';
import { appropriationShelf, programmeVersionShelf } from './facts.js';
import { fundersOf, poolOf, programmeOf } from './published.js';
import { newlyMatched, presentAppropriation } from './rules.js';

type Body = z.output<typeof body>;
type Result = ReturnType<typeof presentAppropriation> & { matched: string; available: string };

const documentKey = ({ documentNo, programmeCode, year, funder }: Body) => [documentNo, programmeCode, String(year), funder];

/** Every funder that any version of a programme ever names. */
const fundersNamed = (versions: readonly VersionRow[]): string[] => [
  ...new Set(
    versions.flatMap((row) => programmeOf(row).laws.flatMap((law) => law.funders?.value.map(({ funder }) => funder) ?? [])),
  ),
];

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
    const [versions] = await Promise.all([
      loader.load(
        programmeVersionShelf,
        'code',
        commands.map(({ body }) => body.programmeCode),
      ),
      loader.load(
        appropriationShelf,
        'document',
        commands.map(({ body }) => documentKey(body)),
      ),
    ]);
    // All that any version names: another command of this batch may activate one.
    await loader.accounts(
      commands.flatMap(({ body: { programmeCode, year } }) => {
        const fund = fundOf(programmeCode, year);
        const ofFunders = fundersNamed(versions.filter((row) => row.programmeCode === programmeCode)).flatMap((funder) => [
          accountOf.appropriation(fund, funder),
          accountOf.unmatched(fund, funder),
        ]);
        return [...ofFunders, accountOf.available(fund)];
      }),
    );
  },

  decide({ id, body, today, receivedAt }, facts) {
    const { programmeCode, year, funder, documentNo } = body;
    const fund = fundOf(programmeCode, year);
    const amountFen = parseYuan(body.amount) ?? 0n;
    if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
    const versions = facts.all(programmeVersionShelf, 'code', programmeCode);
    const shares = fundersOf(versions, year);
    if (!shares) return refused('PROGRAMME_NOT_IN_FORCE', { programme: programmeCode, day: String(year) }, '/programmeCode');
    if (!shares.some((share) => share.funder === funder)) {
      return refused('FUNDER_UNKNOWN', { funder, funders: shares.map((share) => share.funder).join(', '), fund }, '/funder');
    }
    if (facts.one(appropriationShelf, 'document', documentKey(body))) {
      return refused('APPROPRIATION_EXISTS', { documentNo, fund, funder }, '/documentNo');
    }
    const pool = poolOf(versions, year, today);
    // All that any version names has been gathered; who pays no more may have paid before.
    const loadedFen = -sumFen(fundersNamed(versions).map((each) => facts.balance(accountOf.appropriation(fund, each))));
    if (pool && pool.kind !== 'FLOOR' && loadedFen + amountFen > pool.amountFen) {
      const leftFen = pool.amountFen > loadedFen ? pool.amountFen - loadedFen : 0n;
      const amounts = { pool: formatYuan(pool.amountFen), loaded: formatYuan(loadedFen), left: formatYuan(leftFen) };
      return refused('POOL_CEILING_EXCEEDED', { fund, ...amounts, amount: formatYuan(amountFen) }, '/amount');
    }
    // After this line the command succeeds.
    const before = new Map(shares.map((share) => [share.funder, -facts.balance(accountOf.appropriation(fund, share.funder))]));
    const matched = new Map(
      shares.map((share) => [
        share.funder,
        (before.get(share.funder) ?? 0n) - facts.balance(accountOf.unmatched(fund, share.funder)),
      ]),
    );
    const loaded = new Map(before).set(funder, (before.get(funder) ?? 0n) + amountFen);
    const matching = newlyMatched(shares, loaded, matched);
    const matchedFen = sumFen(matching.map((part) => part.amountFen));
    const row: Appropriation = {
      bookId: facts.bookId,
      appropriationId: id,
      programmeCode,
      year,
      funder,
      amountFen,
      documentNo,
      loadedOn: today,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'appropriation.loaded',
      subjectId: id,
      postings: [...budgetLoaded({ fund, funder, amountFen }), ...budgetMatched({ fund, shares: matching })],
      result: {
        ...presentAppropriation(row),
        matched: formatYuan(matchedFen),
        available: formatYuan(facts.balance(accountOf.available(fund)) + matchedFen),
      },
      changes: [insert(appropriationShelf, row)],
    });
  },
};
