// The audit of awards: DESIGN invariant 9. Every voucher's face and every redemption is computed anew, by the version of the
// programme that decided it and from what the book knew then: balances as of the entry before it, listings, observations and
// branches recorded by then, what of the contract was redeemed and what waited. What only the request said, the amount asked
// for, is read from the explanation. Two things are not asked again: whether the enterprise had paid its own part, which decides
// whether there is an award and not how much; and how much was asked for of a redemption that a person verified since, whose
// reservation is held to be no more than the law gave. Entries are read in slices by sequence, each on a snapshot of its own.
// Clean is an empty list; amounts in details are fen.
import type { Database, Tx } from '../../db/client.js';
import type { Application, Redemption, Voucher } from '../../db/tables.js';
import { circumstancesOf, contractLinesOf, evaluatorLine, gatherContractFacts } from '../applications/evaluation-facts.js';
import { applicationShelf } from '../applications/facts.js';
import { eligibilityOf } from '../applications/rules.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Finding } from '../ledger/audit.js';
import type { Account } from '../ledger/chart.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import type { KeptStep } from '../ledger/explanations.js';
import { Facts, Loader } from '../ledger/facts.js';
import type { Fen } from '../money.js';
import { parseYuan } from '../money.js';
import type { Circumstances, Evaluation, TouchedLimit } from '../programmes/evaluate.js';
import { evaluateIssue, limitsTouched } from '../programmes/evaluate.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { limitWindowOf, readLimits } from '../programmes/limits.js';
import { programmeOf } from '../programmes/published.js';
import { facilityShelf, listingShelf, observationShelf, providerShelf } from '../providers/facts.js';
import { redemptionShelf } from '../redemptions/facts.js';
import type { RedemptionCase, Standing } from '../redemptions/rules.js';
import { evaluate, evaluateFirmly, limitsOf } from '../redemptions/rules.js';
import type { Refused } from '../ledger/lane.js';
import { invoiceLineShelf, invoiceShelf } from '../usage/facts.js';
import { openingShelf, standingIdOf, voucherShelf } from '../vouchers/facts.js';
import { openingContentOf } from '../vouchers/rules.js';

/** Entries a slice looks at. */
const sliceSize = 3_000n;
const kinds = ['voucher.issued', 'opening.voucher', 'redemption.reserved', 'redemption.approved', 'redemption.released'];

/** Where a contract stands under a programme after the entries so far, and the redemptions that wait. */
interface Track {
  standing: Standing;
  readonly waiting: Map<string, Redemption>;
}

interface Moved {
  readonly seq: bigint;
  readonly kind: string;
  readonly commandId: string;
  readonly subjectId: string;
  /** The first entry of the same command: what was there before it is what was decided on. */
  readonly first: bigint;
  readonly kinds: readonly string[];
}

/** Computes every award of the book anew. Slices follow one another; what is written meanwhile is left for the next audit. */
export async function recomputeAwards(db: Database, bookId: string): Promise<Finding[]> {
  const [head] = await db.sql<{ seq: bigint }[]>`select seq from book_heads where book_id = ${bookId}`;
  const upTo = head?.seq ?? 0n;
  const contracts = new Map<string, Track>();
  const findings: Finding[] = [];
  for (let after = 0n; after < upTo; after += sliceSize) {
    const until = after + sliceSize < upTo ? after + sliceSize : upTo;
    const wrong = await db.begin((tx) => recomputeSlice(tx, bookId, { after, until }, contracts), {
      mode: 'isolation level repeatable read read only',
    });
    findings.push(...wrong.map((of) => ({ invariant: 9, ...of })));
  }
  return findings;
}

type Rows = { subject: string; detail: string }[];

async function recomputeSlice(
  tx: Tx,
  bookId: string,
  { after, until }: { after: bigint; until: bigint },
  contracts: Map<string, Track>,
): Promise<Rows> {
  const moved = await tx.sql<Moved[]>`
    select e.seq, e.kind, e.command_id as "commandId", e.subject_id as "subjectId", c.first, c.kinds
      from entries e
      cross join lateral (select min(o.seq) as first, array_agg(o.kind) as kinds from entries o
                           where o.book_id = e.book_id and o.subject_id = e.subject_id and o.command_id = e.command_id) c
     where e.book_id = ${bookId} and e.seq > ${after} and e.seq <= ${until} and e.kind = any(${kinds}) and e.amount_fen is not null
     order by e.seq`;
  const facts = new Facts(bookId, '');
  const loader = new Loader(tx, bookId, facts);
  const past = await gatherSlice(loader, moved);
  const events = moved.map((of) => ({ of, award: awardOf(facts, past, of) }));
  const balanceAt = await balancesAt(
    tx,
    bookId,
    events.flatMap(({ of, award }) => award?.accounts.map((account) => ({ code: account.code, seq: of.first })) ?? []),
  );
  return events.flatMap(({ of, award }) => {
    const before = award && new Facts(bookId, '');
    for (const account of award?.accounts ?? []) {
      const balanceFen = balanceAt(account.code, of.first);
      before?.learnAccount(account, { account, accountId: '', balanceFen });
    }
    return award && before ? checkAward(facts, before, of, award, contracts) : takeOther(facts, of, contracts);
  });
}

/** What was recorded when, by the first entry about it; and to which day a listing ran by the answer of each entry about it. */
export interface Past {
  readonly recorded: (id: string) => bigint;
  readonly listedTo: (listingId: string, before: bigint) => Day | null | undefined;
}

/** Gathers all that the awards of a slice look at. */
async function gatherSlice(loader: Loader, moved: readonly Moved[]): Promise<Past> {
  const { facts, tx, bookId } = loader;
  const subjects = (kind: RegExp) => moved.filter((of) => kind.test(of.kind)).map(({ subjectId }) => subjectId);
  const [applications, redemptions] = await Promise.all([
    loader.load(applicationShelf, 'id', subjects(/^voucher/)),
    loader.load(redemptionShelf, 'id', subjects(/^redemption/)),
    loader.load(openingShelf, 'id', subjects(/^opening/)),
  ]);
  const invoiceIds = redemptions.map(({ invoiceId }) => invoiceId);
  await Promise.all([
    gatherContractFacts(
      loader,
      [...applications, ...redemptions].map(({ contractId }) => contractId),
    ),
    loader.load(
      programmeVersionShelf,
      'id',
      [...applications, ...redemptions].map(({ programmeVersionId }) => programmeVersionId),
    ),
    loader.load(voucherShelf, 'id', [
      ...applications.flatMap(({ voucherId }) => voucherId ?? []),
      ...redemptions.map(({ voucherId }) => voucherId),
    ]),
    loader.load(invoiceShelf, 'id', invoiceIds),
    loader.load(invoiceLineShelf, 'invoice', invoiceIds),
  ]);
  const ids = [enterpriseShelf, providerShelf, observationShelf, listingShelf].flatMap((of) => [...facts.state(of).rows.keys()]);
  const known = await tx.sql<{ id: string; first: bigint }[]>`
    select k.id, e.seq as first from unnest(${ids}::uuid[]) as k (id)
     cross join lateral (select e.seq from entries e where e.book_id = ${bookId} and e.subject_id = k.id order by e.seq limit 1) e`;
  const firstOf = new Map(known.map(({ id, first }) => [id, first]));
  // A listing's last day is the one thing here that changes: each answer about it says what it was from then on.
  const said = await tx.sql<{ id: string; seq: bigint; validTo: Day | null }[]>`
    select e.subject_id as id, e.seq, o.body ->> 'validTo' as "validTo"
      from entries e join outcomes o on o.book_id = e.book_id and o.command_id = e.command_id
     where e.book_id = ${bookId} and e.kind in ('listing.recorded', 'listing.ended') and e.subject_id in (
             select l.subject_id from entries l
              where l.book_id = ${bookId} and l.kind = 'listing.ended' and l.subject_id = any(${[...facts.state(listingShelf).rows.keys()]}::uuid[]))
     order by e.seq`;
  return {
    recorded: (id) => firstOf.get(id) ?? 0n,
    listedTo: (listingId, before) => said.findLast(({ id, seq }) => id === listingId && seq < before)?.validTo,
  };
}

/** What an award was decided on, and the accounts whose balances it looked at. */
type Award = { readonly accounts: readonly Account[]; readonly touched: readonly TouchedLimit[]; readonly at: Circumstances } & (
  | { readonly kind: 'voucher'; readonly application: Application; readonly voucher: Voucher }
  | { readonly kind: 'redemption'; readonly redemption: Redemption; readonly voucher: Voucher }
);

export const accountsOf = (touched: readonly TouchedLimit[]): Account[] =>
  touched.flatMap((limit) => {
    const at = limitWindowOf(limit);
    return [accountOf.allowance(at), accountOf.used(at)];
  });

/** The award that an entry is of; undefined for entries that decide none. */
function awardOf(facts: Facts, past: Past, of: Moved): Award | undefined {
  if (of.kind === 'voucher.issued') {
    const application = there(facts.get(applicationShelf, of.subjectId));
    const voucher = there(facts.get(voucherShelf, application.voucherId ?? ''));
    const predicates = eligibilityOf(application)?.predicates ?? {};
    const days = { appliedOn: application.submittedOn, bookedOn: voucher.issuedOn };
    const at = circumstancesThen(facts, past, application.contractId, { ...days, predicates }, of.first);
    const touched = limitsTouched(versionOf(facts, application), 'ISSUE', at);
    const fund = fundOf(application.programmeCode, yearOf(voucher.issuedOn));
    const accounts = [...accountsOf(touched), accountOf.available(fund)];
    return { kind: 'voucher', application, voucher, at, touched, accounts };
  }
  const verified = of.kind === 'redemption.approved' && !of.kinds.includes('redemption.reserved');
  if (of.kind !== 'redemption.reserved' && !verified) return undefined;
  const redemption = there(facts.get(redemptionShelf, of.subjectId));
  const voucher = there(facts.get(voucherShelf, redemption.voucherId));
  const bookedOn = verified ? (redemption.approvedOn ?? redemption.submittedOn) : redemption.submittedOn;
  const days = { appliedOn: voucher.appliedOn, bookedOn, predicates: {} };
  const at = circumstancesThen(facts, past, voucher.contractId, days, of.first);
  const touched = limitsOf(versionOf(facts, redemption), voucher, bookedOn);
  const accounts = [...accountsOf(touched), accountOf.voucher(voucher.voucherId, voucher.fund)];
  return { kind: 'redemption', redemption, voucher, at, touched, accounts };
}

const versionOf = (facts: Facts, { programmeVersionId }: { programmeVersionId: string }) =>
  programmeOf(there(facts.get(programmeVersionShelf, programmeVersionId)));

/** A contract's circumstances as they were on record before an entry. */
export function circumstancesThen(
  facts: Facts,
  past: Past,
  contractId: string,
  of: Parameters<typeof circumstancesOf>[2],
  before: bigint,
): Circumstances {
  const contract = there(facts.get(contractShelf, contractId));
  const at = circumstancesOf(facts, contract, of);
  const then = (id: string) => past.recorded(id) < before;
  const rolledUp = (uscc: string): string => {
    const enterprise = facts.one(enterpriseShelf, 'uscc', uscc);
    if (enterprise && then(enterprise.enterpriseId)) return enterprise.legalPersonUscc;
    const provider = facts.one(providerShelf, 'uscc', uscc);
    return provider && then(provider.providerId) ? provider.legalPersonUscc : uscc;
  };
  return {
    ...at,
    provider: {
      ...at.provider,
      listings: facts
        .all(listingShelf, 'provider', contract.providerId)
        .filter(({ listingId }) => then(listingId))
        .map(({ listingId, serviceItem, validFrom, validTo }) => {
          const told = past.listedTo(listingId, before);
          return { serviceItem, from: validFrom, to: told === undefined ? validTo : told };
        }),
    },
    facilities: at.facilities.map((facility) => {
      const row = there(facts.get(facilityShelf, facility.id));
      return {
        ...facility,
        ...{ ownerLegalPerson: rolledUp(row.ownerUscc), operatorLegalPerson: rolledUp(row.operatorUscc) },
        observations: facts.all(observationShelf, 'facility', facility.id).filter(({ observationId }) => then(observationId)),
      };
    }),
  };
}

/** Balances (credits − debits, fen) of accounts before a sequence: what the entry before left, zero for none. */
export async function balancesAt(
  { sql }: Tx,
  bookId: string,
  wanted: readonly { code: string; seq: bigint }[],
): Promise<(code: string, seq: bigint) => Fen> {
  const rows = await sql<{ code: string; seq: bigint; fen: bigint }[]>`
    select k.code, k.seq, last.fen
      from (select distinct * from unnest(${wanted.map(({ code }) => code)}::text[], ${wanted.map(({ seq }) => seq)}::bigint[]) as k (code, seq)) k
      cross join lateral (select account_id from accounts a where a.book_id = ${bookId} and a.code = k.code limit 1) a
      cross join lateral (
        select l.fen from (
          (select e.seq, e.debit_after_fen as fen from entries e
            where e.book_id = ${bookId} and e.debit_account_id = a.account_id and e.seq < k.seq order by e.seq desc limit 1)
          union all
          (select e.seq, e.credit_after_fen from entries e
            where e.book_id = ${bookId} and e.credit_account_id = a.account_id and e.seq < k.seq order by e.seq desc limit 1)) l
         order by l.seq desc limit 1) last`;
  const known = new Map(rows.map(({ code, seq, fen }) => [`${code} ${seq}`, fen]));
  return (code, seq) => known.get(`${code} ${seq}`) ?? 0n;
}

const nothing: Standing = { baseFen: 0n, claimedFen: 0n, cutOffFen: 0n };
const sum = (a: Standing, b: Standing, sign: 1n | -1n = 1n): Standing => ({
  baseFen: a.baseFen + sign * b.baseFen,
  claimedFen: a.claimedFen + sign * b.claimedFen,
  cutOffFen: a.cutOffFen + sign * b.cutOffFen,
});

function trackOf(contracts: Map<string, Track>, of: { contractId: string; programmeCode: string }): Track {
  const id = standingIdOf(of.contractId, of.programmeCode);
  const track = contracts.get(id) ?? { standing: nothing, waiting: new Map<string, Redemption>() };
  contracts.set(id, track);
  return track;
}

/** A redemption as it was submitted: what a verification cut off came later. */
function asSubmitted(row: Redemption): Redemption {
  const verified = row.status === 'APPROVED' && row.decidedPerson !== null;
  return verified ? { ...row, cutOffFen: row.cutOffFen - (row.reservedFen - row.approvedFen) } : row;
}
const claimOf = ({ baseFen, reservedFen, cutOffFen }: Redemption): Standing => ({ baseFen, claimedFen: reservedFen, cutOffFen });

/** Entries that decide no award and move where a contract stands: an opening voucher, a redemption that is returned. */
function takeOther(facts: Facts, of: Moved, contracts: Map<string, Track>): Rows {
  if (of.kind === 'opening.voucher') {
    const content = openingContentOf(there(facts.get(openingShelf, of.subjectId)));
    if (content.kind !== 'VOUCHER') return [];
    const track = trackOf(contracts, content);
    const [baseFen, claimedFen] = [fenOf(content.baseRedeemed), fenOf(content.amountRedeemed)];
    track.standing = sum(track.standing, { baseFen, claimedFen, cutOffFen: 0n });
  } else if (of.kind === 'redemption.released' && !of.kinds.includes('redemption.approved')) {
    const row = there(facts.get(redemptionShelf, of.subjectId));
    const track = trackOf(contracts, row);
    track.standing = sum(track.standing, claimOf(asSubmitted(row)), -1n);
    track.waiting.delete(row.redemptionId);
  }
  return [];
}

/** Computes an award anew and compares; then the contract stands where the award left it. */
function checkAward(facts: Facts, before: Facts, of: Moved, award: Award, contracts: Map<string, Track>): Rows {
  const { touched, at } = award;
  if (award.kind === 'voucher') {
    const { application, voucher } = award;
    const { left } = readLimits(before, touched);
    const poolLeft = before.balance(accountOf.available(fundOf(application.programmeCode, yearOf(voucher.issuedOn))));
    const maximumFen = application.maximumFen ?? 0n;
    const anew = evaluateIssue(versionOf(facts, application), { ...at, limitsLeft: left, poolLeft, maximumFen });
    return compare(`voucher ${voucher.voucherNo}`, anew, {
      award: [voucher.faceFen, ({ amountFen }) => amountFen],
      'award of its application': [application.awardFen ?? 0n, ({ amountFen }) => amountFen],
      computed: [application.computedFen ?? 0n, ({ computedFen }) => computedFen],
    });
  }
  const { voucher } = award;
  const row = asSubmitted(award.redemption);
  const track = trackOf(contracts, row);
  const { left } = readLimits(before, touched);
  const invoice = there(facts.get(invoiceShelf, row.invoiceId));
  const linesOf = new Map(contractLinesOf(facts, voucher.contractId).map((line) => [line.contractLineId, line]));
  const standingId = standingIdOf(row.contractId, row.programmeCode);
  const { bookId, contractId, programmeCode } = row;
  const whole: RedemptionCase = {
    voucher,
    // Whether the enterprise has paid its part decides whether, not how much.
    invoice: { ...invoice, paidFen: invoice.grossFen },
    lines: facts.all(invoiceLineShelf, 'invoice', invoice.invoiceId).map((line) => {
      const contractLine = there(linesOf.get(line.contractLineId));
      return { line, contractLine, read: evaluatorLine(contractLine, line) };
    }),
    lineUsage: [],
    at,
    waiting: [...track.waiting.values()],
    standingId,
    standing: { bookId, standingId, contractId, programmeCode, ...track.standing },
    version: there(facts.get(programmeVersionShelf, row.programmeVersionId)),
  };
  const asked = {
    submittedOn: row.submittedOn,
    balanceFen: before.balance(accountOf.voucher(voucher.voucherId, voucher.fund)),
    limitsLeft: left,
  };
  const name = `redemption ${row.redemptionNo}`;
  if (of.kind === 'redemption.reserved') {
    const atOnce = of.kinds.includes('redemption.approved');
    track.standing = sum(track.standing, claimOf(row));
    if (!atOnce) track.waiting.set(row.redemptionId, row);
    const verified = row.status === 'APPROVED' && !atOnce;
    const anew = evaluateFirmly(whole, { ...asked, requestedFen: verified ? undefined : requestedIn(row) }, !atOnce);
    const reserved: Fen = row.reservedFen;
    return compare(name, anew, {
      // The explanation of a verification tells what it was asked, no longer what the enterprise had asked for.
      award: [reserved, ({ amountFen }) => (verified && amountFen > reserved ? reserved : amountFen)],
      computed: [row.computedFen, ({ computedFen }) => computedFen],
      base: [row.baseFen, ({ baseFen }) => baseFen],
      'cut off': [row.cutOffFen, ({ cutOffFen }) => cutOffFen],
      ...(atOnce ? { approved: [row.approvedFen, ({ amountFen }) => amountFen] } : {}),
    });
  }
  // Verified: judged as if it came last, for what the reviewer set.
  const standing = sum(track.standing, claimOf(row), -1n);
  const balanceFen = asked.balanceFen + row.reservedFen;
  const anew = evaluate(whole, { ...asked, standing, balanceFen, maximumFen: row.approvedFen });
  track.waiting.delete(row.redemptionId);
  const releasedFen = row.reservedFen - row.approvedFen;
  track.standing = sum(track.standing, { baseFen: 0n, claimedFen: -releasedFen, cutOffFen: releasedFen });
  return compare(name, anew, { approved: [row.approvedFen, ({ amountFen }) => amountFen] });
}

/** What was asked for, as the explanation tells; undefined where nothing was. */
function requestedIn(row: Redemption): Fen | undefined {
  const step = (row.explanation as KeptStep[]).find(({ inputs }) => inputs['requested'] !== undefined);
  return step && fenOf(step.inputs['requested'] ?? '');
}

type AwardFigures = Extract<Evaluation, { kind: 'award' }>;

/** What is kept against what is computed anew, figure by figure. */
function compare(
  subject: string,
  anew: Evaluation | Refused,
  figures: Readonly<Record<string, readonly [kept: Fen, of: (award: AwardFigures) => Fen]>>,
): Rows {
  if (anew.kind !== 'award') return [{ subject, detail: `computed anew it is no award: ${anew.code}` }];
  return Object.entries(figures).flatMap(([name, [kept, figure]]) =>
    kept === figure(anew) ? [] : [{ subject, detail: `${name} ${kept}, computed anew ${figure(anew)}` }],
  );
}

const fenOf = (text: string): Fen => parseYuan(text) ?? 0n;

/** A row that foreign keys promise. */
function there<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a row that a foreign key promises was not found');
  return row;
}
