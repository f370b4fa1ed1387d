// The audit of awards: DESIGN invariant 9. Every voucher's face, every redemption and every award of reimbursement is computed anew, by the version of the
// programme that decided it, under the general controls it names, and from what the book knew then: balances as of the entry
// before it, listings, observations, branches, classes, related parties, figures and exceptions recorded by then, what of the contract was redeemed and what waited. What only the request said, the amount asked
// for, is read from the explanation. Two things are not asked again: whether the enterprise had paid its own part, which decides
// whether there is an award and not how much; and how much was asked for of a redemption that a person verified since, whose
// reservation is held to be no more than the law gave. Entries are read in slices by sequence, each on a snapshot of its own.
// Clean is an empty list; amounts in details are fen.
import type { Database, Tx } from '../../db/client.js';
import type { Application, ContractLine, Redemption, Voucher } from '../../db/tables.js';
import type { Case, Known } from '../applications/evaluation-facts.js';
import {
  circumstancesOf,
  contractLinesOf,
  evaluatorLine,
  gatherContractFacts,
  gatherLimitFacts,
  mattersOf,
} from '../applications/evaluation-facts.js';
import { applicationShelf } from '../applications/facts.js';
import { KnownThen } from '../applications/known-then.js';
import { eligibilityOf } from '../applications/rules.js';
import { yearOf } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import type { Finding } from '../ledger/audit.js';
import type { Account } from '../ledger/chart.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import type { KeptStep } from '../ledger/explanations.js';
import { Facts, Loader } from '../ledger/facts.js';
import type { Moved } from '../ledger/history.js';
import { balancesBefore, chargesAbout, chargesOf, firstEntries, movedWithin } from '../ledger/history.js';
import { headOf } from '../ledger/statements.js';
import type { Fen } from '../money.js';
import { parseYuan } from '../money.js';
import type { Circumstances, Evaluation, TouchedLimit } from '../programmes/evaluate.js';
import { evaluateIssue, limitsTouched } from '../programmes/evaluate.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import type { Controlled } from '../programmes/laws.js';
import { controlIdsOf, gatherControls, lawUnder } from '../programmes/laws.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { limitWindowOf, readLimits } from '../programmes/limits.js';
import { redemptionShelf } from '../redemptions/facts.js';
import type { RedemptionCase } from '../redemptions/rules.js';
import { claimOf, evaluate, evaluateFirmly } from '../redemptions/rules.js';
import type { Refused } from '../ledger/lane.js';
import { checkComputations } from './recompute-corrections.js';
import { checkSharing, gatherSharingLimits, gatherSharings, redLettersOf, sharingOf } from './recompute-sharing.js';
import { invoiceLineShelf, invoiceShelf, redLetterLineShelf, redLetterShelf } from '../usage/facts.js';
import { netOf } from '../usage/rules.js';
import { openingShelf, standingIdOf, voucherShelf } from '../vouchers/facts.js';
import type { Standing } from '../vouchers/rules.js';
import { broughtAlong, keptStanding, lowestRate, negative, nothing, openingContentOf, together } from '../vouchers/rules.js';

/** Entries a slice looks at. */
const sliceSize = 3_000n;
const kinds = [
  'voucher.issued',
  'opening.voucher',
  'redemption.reserved',
  'redemption.approved',
  'redemption.released',
  'redemption.reversed',
  'recovery.opened',
  'red_letter.posted',
  'allocation.held',
  'award.approved',
];
/** What the approval of an allocation moves first: its money, to be awarded in slices, or its awards. */
const isSharing = (kind: string): boolean => kind === 'allocation.held' || kind === 'award.approved';

/** Where a contract stands under a programme after the entries so far, and the redemptions that wait. */
interface Track {
  standing: Standing;
  readonly waiting: Map<string, Redemption>;
  /** What was reversed of a redemption so far (fen). */
  readonly reversed: Map<string, Fen>;
  /** What red letters took of a redemption's part in the standing so far. */
  readonly red: Map<string, Standing>;
}

/** The same inside a transaction that is open already, in one slice. */
export async function recomputeIn(tx: Tx, bookId: string): Promise<Finding[]> {
  const until = await headOf(tx, bookId);
  const wrong = await recomputeSlice(tx, bookId, { after: 0n, until }, new Map(), new Set());
  return wrong.map((of) => ({ invariant: 9, ...of }));
}

/** Computes every award of the book anew. Slices follow one another; what is written meanwhile is left for the next audit. */
export async function recomputeAwards(db: Database, bookId: string): Promise<Finding[]> {
  const upTo = await headOf(db, bookId);
  const contracts = new Map<string, Track>();
  const shared = new Set<string>();
  const findings: Finding[] = [];
  for (let after = 0n; after < upTo; after += sliceSize) {
    const until = after + sliceSize < upTo ? after + sliceSize : upTo;
    const wrong = await db.begin((tx) => recomputeSlice(tx, bookId, { after, until }, contracts, shared), {
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
  shared: Set<string>,
): Promise<Rows> {
  const read = await movedWithin(tx, bookId, { after, until, kinds, decisions: ['red_letter.posted'] });
  // All awards of an allocation were decided together, and are looked at with the first that was moved for them.
  const moved = read.filter(({ kind, subjectId }) => {
    if (!isSharing(kind)) return true;
    const isFirst = !shared.has(subjectId);
    shared.add(subjectId);
    return isFirst;
  });
  const facts = new Facts(bookId, '');
  const loader = new Loader(tx, bookId, facts);
  const past = await gatherSlice(loader, moved);
  const events = moved.map((of) => ({
    of,
    award: isSharing(of.kind) ? sharingOf(facts, of.subjectId, past(of.first)) : awardOf(facts, past, of),
  }));
  const balanceAt = await balancesBefore(
    tx,
    bookId,
    events.flatMap(({ of, award }) => award?.accounts.map((account) => ({ code: account.code, seq: of.first })) ?? []),
  );
  const chargedBy = await chargesOf(tx, bookId, moved);
  const chargedAbout = await chargesAbout(
    tx,
    bookId,
    moved.flatMap(({ kind, subjectId }) => (isSharing(kind) ? [subjectId] : [])),
  );
  const corrections = await checkComputations(
    tx,
    bookId,
    moved.filter(({ kind }) => kind === 'red_letter.posted'),
  );
  const awards = events.flatMap(({ of, award }) => {
    const before = award && new Facts(bookId, '');
    for (const account of award?.accounts ?? []) {
      const balanceFen = balanceAt(account.code, of.first);
      before?.learnAccount(account, { account, accountId: '', balanceFen });
    }
    if (!award || !before) return takeOther(facts, of, contracts);
    if ('claimants' in award) return checkSharing(award, before, chargedAbout(of.subjectId));
    return [...checkAward(facts, before, of, award, contracts), ...checkCharges(of, award, chargedBy(of.commandId))];
  });
  return [...awards, ...corrections];
}

/** What was known before an entry. */
type Past = (before: bigint) => Known;

/** Gathers all that the awards of a slice look at. */
async function gatherSlice(loader: Loader, moved: readonly Moved[]): Promise<Past> {
  const { facts, tx } = loader;
  const subjects = (kind: RegExp) => moved.filter((of) => kind.test(of.kind)).map(({ subjectId }) => subjectId);
  const reds = await loader.load(redLetterShelf, 'id', subjects(/^red_letter/));
  const [applications, redemptions] = await Promise.all([
    loader.load(applicationShelf, 'id', subjects(/^voucher/)),
    loader.load(redemptionShelf, 'id', [
      ...subjects(/^redemption|^recovery/),
      ...reds.flatMap(({ redemptionId }) => redemptionId ?? []),
    ]),
    loader.load(openingShelf, 'id', subjects(/^opening/)),
    gatherSharings(loader, subjects(/^award|^allocation/)),
  ]);
  const invoiceIds = redemptions.map(({ invoiceId }) => invoiceId);
  const vouchers = await loader.load(voucherShelf, 'id', [
    ...applications.flatMap(({ voucherId }) => voucherId ?? []),
    ...redemptions.map(({ voucherId }) => voucherId),
    // The command names the voucher that it made.
    ...moved.flatMap(({ kind, commandId }) => (kind === 'opening.voucher' ? [commandId] : [])),
  ]);
  await Promise.all([
    gatherContractFacts(
      loader,
      vouchers.map(({ contractId }) => contractId),
    ),
    loader.load(
      programmeVersionShelf,
      'id',
      vouchers.map(({ programmeVersionId }) => programmeVersionId),
    ),
    gatherControls(loader),
    loader.load(invoiceShelf, 'id', invoiceIds),
    loader.load(invoiceLineShelf, 'invoice', invoiceIds),
    loader.load(redLetterLineShelf, 'invoice', invoiceIds),
  ]);
  const linesAsOf = await contractLinesAsOf(
    tx,
    loader.bookId,
    vouchers.map(({ contractId }) => contractId),
  );
  const then = new KnownThen(tx, facts);
  const past: Past = (before) => ({ ...then.before(before), lines: (lines) => linesAsOf(lines, before) });
  await then.learn(redLettersOf(facts));
  // Which figures and exceptions limits look at follows from what was known then; when these came is asked after.
  await gatherLimitFacts(
    loader,
    moved.flatMap((of) => caseOf(facts, past, of)?.asked ?? []),
  );
  await gatherSharingLimits(
    loader,
    moved.flatMap(({ kind, subjectId, first }) =>
      isSharing(kind) ? [{ allocationId: subjectId, known: past(first) }] : [],
    ),
  );
  await then.learnOfLimits();
  return past;
}

/** What an award was decided on, and the accounts whose balances it looked at. */
type Award = {
  readonly accounts: readonly Account[];
  readonly touched: readonly TouchedLimit[];
  readonly at: Circumstances;
  readonly law: ProgrammeVersion;
} & (
  | { readonly kind: 'voucher'; readonly application: Application; readonly voucher: Voucher }
  | { readonly kind: 'redemption'; readonly redemption: Redemption; readonly voucher: Voucher }
);

export const accountsOf = (touched: readonly TouchedLimit[]): Account[] =>
  touched.flatMap((limit) => {
    const at = limitWindowOf(limit);
    return [accountOf.allowance(at), accountOf.used(at)];
  });

/** The lines of contracts as they were before an entry: what amendments that were filed later made of them is taken back. */
async function contractLinesAsOf(
  tx: Tx,
  bookId: string,
  contractIds: readonly string[],
): Promise<(lines: readonly ContractLine[], before: bigint) => ContractLine[]> {
  const past = await tx.sql<Omit<PastLine, 'until'>[]>`
    select l.contract_line_id as "contractLineId", l.contract_id as "contractId", l.quantity, l.net_fen as "netFen", l.vat_fen as "vatFen",
           l.gross_fen as "grossFen", a.amendment_id as "amendmentId"
      from contract_version_lines l
      join contract_amendments a on a.book_id = l.book_id and a.contract_id = l.contract_id and a.version = l.version + 1 and a.status = 'FILED'
     where l.book_id = ${bookId} and l.contract_id = any(${[...new Set(contractIds)]}::uuid[]) order by l.version`;
  const amendments = [...new Set(past.map(({ amendmentId }) => amendmentId))];
  const filed = await firstEntries(tx, bookId, amendments, ['contract_amendment.filed']);
  const versions = past.map((line): PastLine => ({ ...line, until: filed.get(line.amendmentId) ?? 0n }));
  return (lines, before) => {
    const contractId = lines[0]?.contractId;
    // The first version that was superseded only after this.
    const until = versions.find((of) => of.contractId === contractId && of.until > before)?.until;
    if (until === undefined) return [...lines];
    const then = new Map(versions.filter((of) => of.until === until).map((of) => [of.contractLineId, of]));
    return lines.flatMap((line) => {
      const was = then.get(line.contractLineId);
      return was ? [{ ...line, quantity: was.quantity, netFen: was.netFen, vatFen: was.vatFen, grossFen: was.grossFen }] : [];
    });
  };
}
type PastLine = Pick<ContractLine, 'contractLineId' | 'contractId' | 'quantity' | 'netFen' | 'vatFen' | 'grossFen'> & {
  readonly amendmentId: string;
  readonly until: bigint;
};

/** What was asked of the law for an entry that decides an award, with what was known then; undefined for others. */
function caseOf(facts: Facts, past: Past, of: Moved) {
  if (of.kind === 'voucher.issued') {
    const application = there(facts.get(applicationShelf, of.subjectId));
    const voucher = there(facts.get(voucherShelf, application.voucherId ?? ''));
    const asked: Case = {
      contract: contractOf(facts, application),
      law: lawOf(facts, application),
      stage: 'ISSUE',
      matters: mattersOf(application),
      appliedOn: application.submittedOn,
      bookedOn: voucher.issuedOn,
      known: past(of.first),
      predicates: eligibilityOf(application)?.predicates ?? {},
    };
    return { kind: 'voucher' as const, application, voucher, asked };
  }
  const verified = of.kind === 'redemption.approved' && !of.kinds.includes('redemption.reserved');
  if (of.kind !== 'redemption.reserved' && !verified) return undefined;
  const redemption = there(facts.get(redemptionShelf, of.subjectId));
  const voucher = there(facts.get(voucherShelf, redemption.voucherId));
  const invoice = there(facts.get(invoiceShelf, redemption.invoiceId));
  const bookedOn = verified ? (redemption.approvedOn ?? redemption.submittedOn) : redemption.submittedOn;
  const asked: Case = {
    contract: contractOf(facts, voucher),
    law: lawOf(facts, voucher),
    stage: 'REDEEM',
    matters: mattersOf(voucher),
    appliedOn: voucher.appliedOn,
    bookedOn,
    known: past(of.first),
    predicates: {},
    usage: { from: invoice.usageFrom, to: invoice.usageTo },
  };
  return { kind: 'redemption' as const, redemption, voucher, asked };
}

/** The award that an entry is of; undefined for entries that decide none. */
function awardOf(facts: Facts, past: Past, of: Moved): Award | undefined {
  const found = caseOf(facts, past, of);
  if (!found) return undefined;
  const { asked, voucher } = found;
  const at = circumstancesOf(facts, asked);
  const touched = limitsTouched(asked.law, asked.stage, at);
  const { law } = asked;
  if (found.kind === 'redemption') {
    const accounts = [...accountsOf(touched), accountOf.voucher(voucher.voucherId, voucher.fund)];
    return { kind: 'redemption', redemption: found.redemption, voucher, law, at, touched, accounts };
  }
  const fund = fundOf(voucher.programmeCode, yearOf(voucher.issuedOn));
  const accounts = [...accountsOf(touched), accountOf.available(fund)];
  return { kind: 'voucher', application: found.application, voucher, law, at, touched, accounts };
}

const contractOf = (facts: Facts, { contractId }: { contractId: string }) => there(facts.get(contractShelf, contractId));

/** The law of an application or a voucher: its version under the controls that it names. */
const lawOf = (facts: Facts, of: Controlled & { programmeVersionId: string }) =>
  lawUnder(facts, there(facts.get(programmeVersionShelf, of.programmeVersionId)), controlIdsOf(of));

function trackOf(contracts: Map<string, Track>, of: { contractId: string; programmeCode: string }): Track {
  const id = standingIdOf(of.contractId, of.programmeCode);
  const track = contracts.get(id) ?? {
    standing: nothing,
    waiting: new Map<string, Redemption>(),
    reversed: new Map<string, Fen>(),
    red: new Map<string, Standing>(),
  };
  contracts.set(id, track);
  return track;
}

/** Whether it was approved once, and taken back or not since. */
const isApproved = ({ status }: Redemption): boolean => status === 'APPROVED' || status === 'REVERSED';

/** A redemption as it was submitted: what a verification cut off came later. */
function asSubmitted(row: Redemption): Redemption {
  const verified = isApproved(row) && row.decidedPerson !== null;
  return verified ? { ...row, cutOffFen: row.cutOffFen - (row.reservedFen - row.approvedFen) } : row;
}
/** At what a base weighs of which no weight was kept. */
const lowestRateOf = (facts: Facts, voucher: Voucher): number =>
  lowestRate(lawOf(facts, voucher), { appliedOn: voucher.appliedOn, signedOn: contractOf(facts, voucher).signedOn });

/** Every limit that an award touched was charged with it, and no other: with nothing while it only waits. */
function checkCharges(of: Moved, award: Award, charged: readonly string[]): Rows {
  const waits = of.kind === 'redemption.reserved' && !of.kinds.includes('redemption.approved');
  const fen = award.kind === 'voucher' ? award.voucher.faceFen : award.redemption.approvedFen;
  const due = waits ? [] : award.touched.map((limit) => `${accountOf.used(limitWindowOf(limit)).code} ${fen}`);
  const [found, expected] = [charged, due].map((list) => [...list].sort().join(', '));
  if (found === expected) return [];
  const name = award.kind === 'voucher' ? `voucher ${award.voucher.voucherNo}` : `redemption ${award.redemption.redemptionNo}`;
  return [{ subject: name, detail: `charged to limits: ${found}; computed anew: ${expected}` }];
}

/** Entries that decide no award and move where a contract stands: an opening voucher, a redemption that is returned or reversed. */
function takeOther(facts: Facts, of: Moved, contracts: Map<string, Track>): Rows {
  if (of.kind === 'opening.voucher') {
    const content = openingContentOf(there(facts.get(openingShelf, of.subjectId)));
    if (content.kind !== 'VOUCHER') return [];
    const track = trackOf(contracts, content);
    const voucher = there(facts.get(voucherShelf, of.commandId));
    const brought = {
      law: lawOf(facts, voucher),
      baseFen: fenOf(content.baseRedeemed),
      redeemedFen: fenOf(content.amountRedeemed),
    };
    const { signedOn } = contractOf(facts, voucher);
    track.standing = broughtAlong(track.standing, brought, { appliedOn: voucher.appliedOn, signedOn });
  } else if (of.kind === 'redemption.released' && !of.kinds.includes('redemption.approved')) {
    const row = there(facts.get(redemptionShelf, of.subjectId));
    const track = trackOf(contracts, row);
    const lowest = lowestRateOf(facts, there(facts.get(voucherShelf, row.voucherId)));
    track.standing = together(track.standing, negative(claimOf(asSubmitted(row))), lowest);
    track.waiting.delete(row.redemptionId);
  } else if (of.kind === 'redemption.reversed') {
    const row = there(facts.get(redemptionShelf, of.subjectId));
    const track = trackOf(contracts, row);
    const lowest = lowestRateOf(facts, there(facts.get(voucherShelf, row.voucherId)));
    const before = track.reversed.get(row.redemptionId) ?? 0n;
    track.reversed.set(row.redemptionId, before + of.amountFen);
    // In part it is cut off for good; whole, the contract stands as if it had never been.
    const whole = negative({ ...claimOf(row), claimedFen: of.amountFen, cutOffFen: row.cutOffFen + before });
    const gone =
      before + of.amountFen === row.approvedFen
        ? together(whole, negative(track.red.get(row.redemptionId) ?? nothing), lowest)
        : { baseFen: 0n, weighted: 0n, claimedFen: -of.amountFen, cutOffFen: of.amountFen };
    track.standing = together(track.standing, gone, lowest);
  } else if (of.kind === 'recovery.opened') {
    const row = facts.get(redemptionShelf, of.subjectId);
    // Of an award: no contract stands otherwise by it.
    if (!row) return [];
    const track = trackOf(contracts, row);
    const lowest = lowestRateOf(facts, there(facts.get(voucherShelf, row.voucherId)));
    track.standing = together(
      track.standing,
      { baseFen: 0n, weighted: 0n, claimedFen: -of.amountFen, cutOffFen: of.amountFen },
      lowest,
    );
  } else if (of.kind === 'red_letter.posted') {
    const red = there(facts.get(redLetterShelf, of.subjectId));
    const row = red.redemptionId === null ? undefined : facts.get(redemptionShelf, red.redemptionId);
    if (!row) return [];
    const track = trackOf(contracts, row);
    const lowest = lowestRateOf(facts, there(facts.get(voucherShelf, row.voucherId)));
    const gone = negative({ baseFen: red.baseFen, weighted: BigInt(red.weightedBase), claimedFen: 0n, cutOffFen: red.cutOffFen });
    track.red.set(row.redemptionId, together(track.red.get(row.redemptionId) ?? nothing, gone, lowest));
    track.standing = together(track.standing, gone, lowest);
  }
  return [];
}

/** Computes an award anew and compares; then the contract stands where the award left it. */
function checkAward(facts: Facts, before: Facts, of: Moved, award: Award, contracts: Map<string, Track>): Rows {
  const { touched, at, law } = award;
  if (award.kind === 'voucher') {
    const { application, voucher } = award;
    const { left } = readLimits(before, touched);
    const poolLeft = before.balance(accountOf.available(fundOf(application.programmeCode, yearOf(voucher.issuedOn))));
    const maximumFen = application.maximumFen ?? 0n;
    const anew = evaluateIssue(law, { ...at, limitsLeft: left, poolLeft, maximumFen });
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
    lines: facts.all(invoiceLineShelf, 'invoice', invoice.invoiceId).map((full) => {
      // What red letters had taken by then counted no more.
      const line = netOf(
        full,
        facts.all(redLetterLineShelf, 'invoice', invoice.invoiceId).filter(({ redLetterId }) => redLetterId < row.redemptionId),
      );
      const contractLine = there(linesOf.get(line.contractLineId));
      return { line, contractLine, read: evaluatorLine(contractLine, line) };
    }),
    lineUsage: [],
    digitalInvoices: [],
    holdingFlags: 0,
    at,
    waiting: [...track.waiting.values()],
    standingId,
    standing: { bookId, standingId, contractId, programmeCode, ...keptStanding(track.standing) },
    version: there(facts.get(programmeVersionShelf, row.programmeVersionId)),
    law,
  };
  const lowest = lowestRateOf(facts, voucher);
  const asked = {
    submittedOn: row.submittedOn,
    balanceFen: before.balance(accountOf.voucher(voucher.voucherId, voucher.fund)),
    limitsLeft: left,
  };
  const name = `redemption ${row.redemptionNo}`;
  if (of.kind === 'redemption.reserved') {
    const atOnce = of.kinds.includes('redemption.approved');
    track.standing = together(track.standing, claimOf(row), lowest);
    if (!atOnce) track.waiting.set(row.redemptionId, row);
    const verified = isApproved(row) && !atOnce;
    const anew = evaluateFirmly(whole, { ...asked, requestedFen: verified ? undefined : requestedIn(row) }, !atOnce);
    const reserved: Fen = row.reservedFen;
    return compare(name, anew, {
      // The explanation of a verification tells what it was asked, no longer what the enterprise had asked for.
      award: [reserved, ({ amountFen }) => (verified && amountFen > reserved ? reserved : amountFen)],
      computed: [row.computedFen, ({ computedFen }) => computedFen],
      base: [row.baseFen, ({ baseFen }) => baseFen],
      'cut off': [row.cutOffFen, ({ cutOffFen }) => cutOffFen],
      ...(row.weightedBase === null ? {} : { weighted: [BigInt(row.weightedBase), ({ weighted }) => weighted] }),
      ...(atOnce ? { approved: [row.approvedFen, ({ amountFen }) => amountFen] } : {}),
    });
  }
  // Verified: judged as if it came last, for what the reviewer set.
  const standing = together(track.standing, negative(claimOf(row)), lowest);
  const balanceFen = asked.balanceFen + row.reservedFen;
  const anew = evaluate(whole, { ...asked, standing, balanceFen, maximumFen: row.approvedFen });
  track.waiting.delete(row.redemptionId);
  const releasedFen = row.reservedFen - row.approvedFen;
  track.standing = together(
    track.standing,
    { baseFen: 0n, weighted: 0n, claimedFen: -releasedFen, cutOffFen: releasedFen },
    lowest,
  );
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
