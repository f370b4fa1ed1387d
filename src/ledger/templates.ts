// The posting templates: the only way to move money or quota. Each is a pure function from facts to the transfers of one
// linked group; README.md lists them as debits and credits, and the database (posting_kinds) refuses any other posting.
import type { Day } from '../calendar.js';
import type { Account, LimitWindow } from './chart.js';
import { accountOf } from './chart.js';

/** One transfer: `amountFen` (> 0) from `debit` to `credit`. */
export interface Posting {
  readonly posting: string;
  readonly debit: Account;
  readonly credit: Account;
  readonly amountFen: bigint;
  /** Only for bank lines: the bank's day. Else the Shanghai day of receipt. */
  readonly bookedOn?: Day;
  /** The entry that it takes back, in part or whole. */
  readonly reversesSeq?: bigint;
  /** What this entry is about, where one command decides on several things; else the command's own subject. */
  readonly subjectId?: string;
}

/** These postings, each an entry about this. */
export const about = (subjectId: string, postings: readonly Posting[]): Posting[] =>
  postings.map((posting) => ({ ...posting, subjectId }));

/** An amount of zero moves nothing and leaves no row. */
function transfer(posting: string, debit: Account, credit: Account, amountFen: bigint, bookedOn?: Day): Posting[] {
  if (amountFen < 0n) throw new Error(`${posting}: an amount below zero has no direction`);
  if (amountFen === 0n) return [];
  return [{ posting, debit, credit, amountFen, ...(bookedOn === undefined ? {} : { bookedOn }) }];
}

/** 预算指标 loaded by one funder: it waits until the other funders' shares are there. */
export const budgetLoaded = (of: { fund: string; funder: string; amountFen: bigint }): Posting[] =>
  transfer('budget.loaded', accountOf.appropriation(of.fund, of.funder), accountOf.unmatched(of.fund, of.funder), of.amountFen);

/** As far as all funders have paid in, the money becomes available. One leg per funder. */
export const budgetMatched = (of: { fund: string; shares: readonly { funder: string; amountFen: bigint }[] }): Posting[] =>
  of.shares.flatMap((share) =>
    transfer('budget.matched', accountOf.unmatched(of.fund, share.funder), accountOf.available(of.fund), share.amountFen),
  );

/**
 * Money goes back to the treasury: what is promised to nobody, or what waits for the other funders' shares. One leg per funder; each
 * names what it leaves.
 */
export const budgetReturned = (of: {
  fund: string;
  from: 'available' | 'unmatched';
  shares: readonly { funder: string; amountFen: bigint }[];
}): Posting[] =>
  of.shares.flatMap(({ funder, amountFen }) =>
    transfer(
      'budget.returned',
      of.from === 'available' ? accountOf.available(of.fund) : accountOf.unmatched(of.fund, funder),
      accountOf.appropriation(of.fund, funder),
      amountFen,
    ),
  );

/** A limit first touched in a window, or of which the law now gives more: the law's number becomes an allowance. */
export const limitFunded = (of: { at: LimitWindow; amountFen: bigint }): Posting[] =>
  transfer('limit.funded', accountOf.limit(of.at.limit), accountOf.allowance(of.at), of.amountFen);

/** An approved exception to a limit that holds in principle («原则上»): this holder's allowance, on top of the law's number. */
export const limitRaised = (of: { at: LimitWindow; amountFen: bigint }): Posting[] =>
  transfer('limit.raised', accountOf.limit(of.at.limit), accountOf.allowance(of.at), of.amountFen);

/** What a holder spends of a limit, beside the money, in the same group. */
export const limitCharged = (of: { at: LimitWindow; amountFen: bigint }): Posting[] =>
  transfer('limit.charged', accountOf.allowance(of.at), accountOf.used(of.at), of.amountFen);

/**
 * What a limit gets back of what was charged to it, in the window that was charged: beside the money, in the same group. Where its holder
 * was absorbed since, whoever it was carried on to gets it back with it.
 */
export const limitRestored = ({ at, amountFen }: { at: LimitWindow; amountFen: bigint }): Posting[] => [
  ...transfer('limit.restored', accountOf.used(at), accountOf.allowance(at), amountFen),
  ...(at.carriedTo ?? []).flatMap((to) => transfer('limit.returned', accountOf.used(to), accountOf.allowance(to), amountFen)),
];

/**
 * What a holder counts as spent of a limit because legal persons merged or split: out of its allowance as far as that reaches, the rest
 * straight from the limit, for two may have spent theirs before they became one. What it may still spend never grows by it.
 */
export const limitSucceeded = (of: { at: LimitWindow; allowanceFen: bigint; amountFen: bigint }): Posting[] => {
  const fromAllowance = of.amountFen < of.allowanceFen ? of.amountFen : of.allowanceFen;
  const used = accountOf.used(of.at);
  return [
    ...transfer('limit.succeeded', accountOf.allowance(of.at), used, fromAllowance),
    ...transfer('limit.succeeded', accountOf.limit(of.at.limit), used, of.amountFen - fromAllowance),
  ];
};

/** A voucher issued (发放): money promised, and every limit that counts at issue charged with it. */
export const voucherIssued = (of: {
  voucherId: string;
  fund: string;
  faceFen: bigint;
  charges: readonly LimitWindow[];
}): Posting[] => [
  ...transfer('voucher.issued', accountOf.available(of.fund), accountOf.voucher(of.voucherId, of.fund), of.faceFen),
  ...of.charges.flatMap((at) => limitCharged({ at, amountFen: of.faceFen })),
];

/** At go-live: what a holder had spent of a limit before this book was opened. */
export const openingLimitUsed = (of: { at: LimitWindow; amountFen: bigint }): Posting[] =>
  transfer('opening.limit_used', accountOf.allowance(of.at), accountOf.used(of.at), of.amountFen);

/** At go-live: a voucher outstanding from before; its limits were charged when it was issued and come as openings too. */
export const openingVoucher = (of: { voucherId: string; fund: string; faceFen: bigint }): Posting[] =>
  transfer('opening.voucher', accountOf.available(of.fund), accountOf.voucher(of.voucherId, of.fund), of.faceFen);

/** A redemption submitted (核销): its amount leaves the voucher and waits for verification. */
export const redemptionReserved = (of: { voucherId: string; redemptionId: string; fund: string; amountFen: bigint }): Posting[] =>
  transfer(
    'redemption.reserved',
    accountOf.voucher(of.voucherId, of.fund),
    accountOf.reserved(of.redemptionId, of.fund),
    of.amountFen,
  );

/**
 * Where money goes that leaves a voucher for good, and what comes back from a redemption: to the voucher itself while it lives; LAPSED
 * or AVAILABLE by the rule that ended it, for the pool of its own fund.
 */
export type VoucherEnd = 'LAPSED' | 'AVAILABLE';

const homeOf = (of: { voucherId: string; fund: string; home: 'VOUCHER' | VoucherEnd }): Account =>
  of.home === 'VOUCHER'
    ? accountOf.voucher(of.voucherId, of.fund)
    : of.home === 'LAPSED'
      ? accountOf.lapsed(of.fund)
      : accountOf.available(of.fund);

/**
 * A redemption approved for a ≤ reserved: a is owed to the payee and charged to every limit that counts when redeemed;
 * the rest goes back to the voucher, or where the balance of one that has ended went (`home`).
 */
export const redemptionApproved = (of: {
  voucherId: string;
  redemptionId: string;
  fund: string;
  payeeId: string;
  reservedFen: bigint;
  approvedFen: bigint;
  charges: readonly LimitWindow[];
  home?: 'VOUCHER' | VoucherEnd;
}): Posting[] => [
  ...transfer(
    'redemption.approved',
    accountOf.reserved(of.redemptionId, of.fund),
    accountOf.payable(of.payeeId, of.fund),
    of.approvedFen,
  ),
  ...redemptionReleased({ ...of, amountFen: of.reservedFen - of.approvedFen }),
  ...of.charges.flatMap((at) => limitCharged({ at, amountFen: of.approvedFen })),
];

/** What a verification did not approve goes back to the voucher it came from, or where the balance of one that has ended went. */
export const redemptionReleased = (of: {
  voucherId: string;
  redemptionId: string;
  fund: string;
  amountFen: bigint;
  home?: 'VOUCHER' | VoucherEnd;
}): Posting[] =>
  transfer(
    'redemption.released',
    accountOf.reserved(of.redemptionId, of.fund),
    homeOf({ ...of, home: of.home ?? 'VOUCHER' }),
    of.amountFen,
  );

/**
 * A redemption reversed (冲正) before its money is with the bank: what was owed goes back to the voucher or where the balance of one that
 * has ended went, and every limit it was charged to gets as much back, in the window once charged.
 */
export const redemptionReversed = (of: {
  voucherId: string;
  fund: string;
  payeeId: string;
  amountFen: bigint;
  home: 'VOUCHER' | VoucherEnd;
  charged: readonly LimitWindow[];
  /** The entry by which it was approved. */
  reversesSeq: bigint;
}): Posting[] => [
  ...transfer('redemption.reversed', accountOf.payable(of.payeeId, of.fund), homeOf(of), of.amountFen).map((posting) => ({
    ...posting,
    reversesSeq: of.reversesSeq,
  })),
  ...of.charged.flatMap((at) => limitRestored({ at, amountFen: of.amountFen })),
];

/**
 * A voucher past its last day: its balance lapses or is available again, by its programme's rule. `restored` are the limits that get the
 * unused part of the face back, where the programme says so.
 */
export const voucherExpired = (of: {
  voucherId: string;
  fund: string;
  balanceFen: bigint;
  to: VoucherEnd;
  restored: readonly LimitWindow[];
}): Posting[] => [
  ...transfer('voucher.expired', accountOf.voucher(of.voucherId, of.fund), homeOf({ ...of, home: of.to }), of.balanceFen),
  ...of.restored.flatMap((at) => limitRestored({ at, amountFen: of.balanceFen })),
];

/**
 * What a voucher can still pay, or a part of it, is available again: cancelled without fault (作废), revoked for cause (撤销), or reduced
 * because its contract was cut. `restored` are the limits that get as much back.
 */
export const voucherEnded = (of: {
  how: 'cancelled' | 'revoked' | 'reduced';
  voucherId: string;
  fund: string;
  amountFen: bigint;
  restored: readonly LimitWindow[];
}): Posting[] => [
  ...transfer(`voucher.${of.how}`, accountOf.voucher(of.voucherId, of.fund), accountOf.available(of.fund), of.amountFen),
  ...of.restored.flatMap((at) => limitRestored({ at, amountFen: of.amountFen })),
];

/** What an approved allocation gives in all, set aside until its awards are booked: nobody else can take it. */
export const allocationHeld = (of: { allocationId: string; fund: string; amountFen: bigint }): Posting[] =>
  transfer('allocation.held', accountOf.available(of.fund), accountOf.reserved(of.allocationId, of.fund), of.amountFen);

/** One award's part of that: let go beside the award, or back to the pool where it is left out. */
export const allocationReleased = (of: { allocationId: string; fund: string; amountFen: bigint }): Posting[] =>
  transfer('allocation.released', accountOf.reserved(of.allocationId, of.fund), accountOf.available(of.fund), of.amountFen);

/** An award of reimbursement approved: owed to the payee at once, and charged to every limit that counts awards. */
export const awardApproved = (of: {
  payeeId: string;
  fund: string;
  amountFen: bigint;
  charges: readonly LimitWindow[];
}): Posting[] => [
  ...transfer('award.approved', accountOf.available(of.fund), accountOf.payable(of.payeeId, of.fund), of.amountFen),
  ...of.charges.flatMap((at) => limitCharged({ at, amountFen: of.amountFen })),
];

/**
 * An award taken back, in part or whole, before its money is with the bank: it is available again, and every limit it was charged to gets
 * as much back, in the window once charged.
 */
export const awardReversed = (of: {
  payeeId: string;
  fund: string;
  amountFen: bigint;
  charged: readonly LimitWindow[];
}): Posting[] => [
  ...transfer('award.reversed', accountOf.payable(of.payeeId, of.fund), accountOf.available(of.fund), of.amountFen),
  ...of.charged.flatMap((at) => limitRestored({ at, amountFen: of.amountFen })),
];

/** A payment instructed: what is owed to one payee out of one fund, this funder's part of it, is with the bank. */
export const settlementInstructed = (of: {
  payeeId: string;
  instructionId: string;
  fund: string;
  funder: string;
  amountFen: bigint;
}): Posting[] =>
  transfer(
    'settlement.instructed',
    accountOf.payable(of.payeeId, of.fund),
    accountOf.inTransit(of.instructionId, of.fund, of.funder),
    of.amountFen,
  );

/** The bank paid, on its day. Nothing is paid without a bank line. */
export const settlementPaid = (of: {
  instructionId: string;
  fund: string;
  funder: string;
  amountFen: bigint;
  bookedOn: Day;
}): Posting[] =>
  transfer(
    'settlement.paid',
    accountOf.inTransit(of.instructionId, of.fund, of.funder),
    accountOf.paid(of.fund, of.funder),
    of.amountFen,
    of.bookedOn,
  );

/** The bank returned it (退票), on its day: it is owed again. */
export const settlementReturned = (of: {
  payeeId: string;
  instructionId: string;
  fund: string;
  funder: string;
  amountFen: bigint;
  bookedOn: Day;
}): Posting[] =>
  transfer(
    'settlement.returned',
    accountOf.inTransit(of.instructionId, of.fund, of.funder),
    accountOf.payable(of.payeeId, of.fund),
    of.amountFen,
    of.bookedOn,
  );

/** The bank gave back what it had paid (退票), days later, on its day: it is owed again. */
export const settlementReturnedLate = (of: {
  payeeId: string;
  fund: string;
  funder: string;
  amountFen: bigint;
  bookedOn: Day;
}): Posting[] =>
  transfer(
    'settlement.returned_late',
    accountOf.paid(of.fund, of.funder),
    accountOf.payable(of.payeeId, of.fund),
    of.amountFen,
    of.bookedOn,
  );

/** What a bank line was matched with was not its own: the money goes back the way it came, to where it waited for the bank. */
export const settlementUnmatched = (of: {
  kind: 'PAID' | 'RETURNED' | 'RETURNED_LATE';
  payeeId: string;
  instructionId: string;
  fund: string;
  funder: string;
  amountFen: bigint;
  /** The entry by which it was matched, where that is known. */
  reversesSeq: bigint | null;
}): Posting[] => {
  const [paid, payable] = [accountOf.paid(of.fund, of.funder), accountOf.payable(of.payeeId, of.fund)];
  const inTransit = accountOf.inTransit(of.instructionId, of.fund, of.funder);
  const [from, to] = { PAID: [paid, inTransit] as const, RETURNED: [payable, inTransit] as const, RETURNED_LATE: [payable, paid] as const }[
    of.kind
  ];
  const { reversesSeq } = of;
  return transfer('settlement.unmatched', from, to, of.amountFen).map((posting) =>
    reversesSeq === null ? posting : { reversesSeq, ...posting },
  );
};

/** A recovery (追回) opened: what a payee owes back of one fund stands against its claim. No money moves. */
export const recoveryOpened = (of: { debtorId: string; recoveryId: string; fund: string; amountFen: bigint }): Posting[] =>
  transfer('recovery.opened', accountOf.receivable(of.debtorId, of.fund), accountOf.claim(of.recoveryId, of.fund), of.amountFen);

/** Money of a recovery came back, on the bank's day: the claim is settled by so much, and each funder's part is recovered of what it paid. */
export const recoveryReceived = (of: {
  debtorId: string;
  recoveryId: string;
  fund: string;
  amountFen: bigint;
  parts: readonly { funder: string; amountFen: bigint }[];
  bookedOn: Day;
}): Posting[] => [
  ...transfer(
    'recovery.received',
    accountOf.claim(of.recoveryId, of.fund),
    accountOf.receivable(of.debtorId, of.fund),
    of.amountFen,
    of.bookedOn,
  ),
  ...of.parts.flatMap(({ funder, amountFen }) =>
    transfer('recovery.received', accountOf.paid(of.fund, funder), accountOf.recovered(of.fund, funder), amountFen, of.bookedOn),
  ),
];

/**
 * What is owed back off-set against what is owed out of a fund (`of`) to the same payee: the later award counts as paid, its funders bearing
 * it (`paid`); the claim is settled, and its own fund's funders recover it (`back`).
 */
export const recoveryOffset = (of: {
  debtorId: string;
  /** Under whose name it is owed out; that of one whom the debtor has absorbed, it may be. */
  payeeId: string;
  recoveryId: string;
  fund: string;
  amountFen: bigint;
  of: string;
  paid: readonly { funder: string; amountFen: bigint }[];
  back: readonly { funder: string; amountFen: bigint }[];
}): Posting[] => [
  ...of.paid.flatMap(({ funder, amountFen }) =>
    transfer('recovery.offset', accountOf.payable(of.payeeId, of.of), accountOf.paid(of.of, funder), amountFen),
  ),
  ...transfer(
    'recovery.offset',
    accountOf.claim(of.recoveryId, of.fund),
    accountOf.receivable(of.debtorId, of.fund),
    of.amountFen,
  ),
  ...of.back.flatMap(({ funder, amountFen }) =>
    transfer('recovery.offset', accountOf.paid(of.fund, funder), accountOf.recovered(of.fund, funder), amountFen),
  ),
];

/** What is left of a claim is owed by another from now on (a merger, a split). No money moves. */
export const recoverySucceeded = (of: {
  from: string;
  to: string;
  recoveryId: string;
  fund: string;
  amountFen: bigint;
}): Posting[] =>
  about(
    of.recoveryId,
    transfer('recovery.succeeded', accountOf.receivable(of.to, of.fund), accountOf.receivable(of.from, of.fund), of.amountFen),
  );

/** What is left of a claim ends without money: written off, or withdrawn because an appeal was upheld. */
export const recoveryEnded = (of: {
  how: 'written_off' | 'withdrawn';
  debtorId: string;
  recoveryId: string;
  fund: string;
  amountFen: bigint;
}): Posting[] =>
  transfer(
    `recovery.${of.how}`,
    accountOf.claim(of.recoveryId, of.fund),
    accountOf.receivable(of.debtorId, of.fund),
    of.amountFen,
  );
