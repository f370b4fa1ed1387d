// A voucher (算力券) as issued, frozen and shown, and what a book may bring along at go-live. Pure.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { ContractStanding, OpeningBalance, Voucher, VoucherProposal } from '../../db/tables.js';
import type { OpeningContent, openingBalance } from '../../schemas/opening-balances.js';
import type { voucherInFull, voucherProposal, voucher as shown } from '../../schemas/vouchers.js';
import type { Day } from '../calendar.js';
import { addDays, formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import { life, refuseStep } from '../lives.js';
import { party, tell } from '../messages/rules.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import { decidingDayOf } from '../programmes/evaluate.js';
import type { Law, ProgrammeVersion } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';
import type { VoucherTold } from './queries.js';

/** The voucher as it is shown, with its account's balance (fen). */
export const presentVoucher = (row: Voucher, balanceFen: Fen): z.input<typeof shown> => ({
  voucherId: row.voucherId,
  voucherNo: row.voucherNo,
  programmeCode: row.programmeCode,
  programmeVersionId: row.programmeVersionId,
  enterpriseId: row.enterpriseId,
  legalPersonUscc: row.legalPersonUscc,
  contractId: row.contractId,
  applicationId: row.applicationId,
  fund: row.fund,
  face: formatYuan(row.faceFen),
  balance: formatYuan(balanceFen),
  reserved: formatYuan(row.reservedFen),
  lapsed: formatYuan(row.lapsedFen),
  givenBack: formatYuan(row.givenBackFen),
  appliedOn: row.appliedOn,
  issuedOn: row.issuedOn,
  lastDay: row.lastDay,
  activateBy: row.activateBy,
  status: row.status,
  endedOn: row.endedOn,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

/** What of it can be done today: the verbs of its state, as far as its days allow them, and redeem. */
export function possibleWith(row: Voucher, today: Day): string[] {
  const past = isPast(row, today);
  const isUsable = (row.status === 'ACTIVE' || row.status === 'PARTIALLY_REDEEMED') && !past;
  const verbs = voucherLife.states[row.status].filter((verb) => (verb === 'expire' ? past : verb !== 'activate' || !past));
  return [...(isUsable ? ['redeem'] : []), ...verbs];
}

/** One voucher as it is shown by itself: with what can be done with it today and how it came to be as it is. */
export const presentVoucherInFull = (
  row: Voucher,
  balanceFen: Fen,
  told: VoucherTold,
  today: Day,
): z.input<typeof voucherInFull> => ({
  ...presentVoucher(row, balanceFen),
  possible: possibleWith(row, today),
  proposal: told.proposal ? presentProposal(told.proposal) : null,
  endings: told.endings.map((of) => ({
    why: of.why,
    endedOn: of.endedOn,
    lapsed: formatYuan(of.lapsedFen),
    givenBack: formatYuan(of.givenBackFen),
    quotaBack: of.quotaBack,
    redemptionId: of.redemptionId,
    reason: of.reason,
  })),
  history: told.steps.map((of) => ({
    ledgerSeq: Number(of.seq),
    what: of.kind,
    amount: of.amountFen === null ? null : formatYuan(of.amountFen),
    direction: of.direction,
    subjectId: of.subjectId,
    bookedOn: of.bookedOn,
    recordedAt: formatInstant(new Date(of.recordedAt)),
    personId: of.personId,
    reason: of.reason,
  })),
});

/** Of a voucher of which nothing has ended. */
export const neverEnded = { lapsedFen: 0n, givenBackFen: 0n, endedOn: null } as const;

/** What its enterprise is told when it is issued: also until when it has to be accepted, where it has. */
export const toldOfIssue = ({ voucherId, voucherNo, enterpriseId, faceFen, lastDay, activateBy }: Voucher): Message => {
  const [to, about] = [party(enterpriseId), { kind: 'VOUCHER', id: voucherId }] as const;
  const amount = formatYuan(faceFen);
  return activateBy === null
    ? tell('voucher.issued', to, about, { voucherNo, amount, lastDay })
    : tell('voucher.to_activate', to, about, { voucherNo, amount, activateBy });
};

/** What its enterprise is told when a voucher that was outstanding before this service began is taken over. */
export const toldOfTakingOver = ({ voucherId, voucherNo, enterpriseId, faceFen, lastDay }: Voucher): Message =>
  tell(
    'voucher.taken_over',
    party(enterpriseId),
    { kind: 'VOUCHER', id: voucherId },
    { voucherNo, amount: formatYuan(faceFen), lastDay },
  );

type VoucherVerb = 'activate' | 'freeze' | 'unfreeze' | 'expire' | 'propose-ending' | 'cancel' | 'revoke';

/**
 * The life of a voucher (算力券). Redeeming is a verb of redemptions: it moves ACTIVE to PARTIALLY_REDEEMED and FULLY_REDEEMED, and what is
 * reversed moves it back. A frozen voucher does not expire: what froze it is decided first, and it pays nothing meanwhile.
 */
export const voucherLife = life<Voucher['status'], VoucherVerb>({
  of: 'voucher',
  code: 'VOUCHER_WRONG_STATE',
  states: {
    ISSUED: ['activate', 'freeze', 'expire', 'propose-ending', 'cancel', 'revoke'],
    ACTIVE: ['freeze', 'expire', 'propose-ending', 'cancel', 'revoke'],
    PARTIALLY_REDEEMED: ['freeze', 'expire', 'propose-ending', 'cancel', 'revoke'],
    FULLY_REDEEMED: [],
    FROZEN: ['unfreeze', 'propose-ending', 'cancel', 'revoke'],
    EXPIRED: [],
    CANCELLED: [],
    REVOKED: [],
  },
});

/** Refuses (VOUCHER_WRONG_STATE) what a voucher in its state does not offer; null where it does. */
export const refuseVoucher = (row: Voucher, verb: VoucherVerb): Refused | null =>
  refuseStep(voucherLife, row.status, verb, { voucherNo: row.voucherNo });

/** A frozen voucher pays nothing and keeps its balance; VOUCHER_WRONG_STATE unless there is something to freeze. */
export function frozen(row: Voucher): { kind: 'changed'; row: Voucher } | Refused {
  const { status } = row;
  const wrong = refuseVoucher(row, 'freeze');
  if (wrong) return wrong;
  if (status !== 'ISSUED' && status !== 'ACTIVE' && status !== 'PARTIALLY_REDEEMED')
    throw new Error(`${status} offers no freeze`);
  return { kind: 'changed', row: { ...row, status: 'FROZEN', frozenFrom: status } };
}

/** Back to where it was before it was frozen; VOUCHER_WRONG_STATE when it is not. */
export function unfrozen(row: Voucher): { kind: 'changed'; row: Voucher } | Refused {
  const wrong = refuseVoucher(row, 'unfreeze');
  if (wrong) return wrong;
  return { kind: 'changed', row: { ...row, status: row.frozenFrom ?? 'ACTIVE', frozenFrom: null } };
}

/**
 * How a voucher begins: to be accepted within `activationDays` of its issue (the day of issue not counted, the last inclusive, never
 * after its own last day), or in use at once where the law asks for no acceptance.
 */
export function begun(
  { activationDays }: Pick<Law, 'activationDays'>,
  { issuedOn, lastDay }: Pick<Voucher, 'issuedOn' | 'lastDay'>,
): Pick<Voucher, 'status' | 'activateBy'> {
  if (activationDays === null) return { status: 'ACTIVE', activateBy: null };
  const by = addDays(issuedOn, activationDays.value);
  return { status: 'ISSUED', activateBy: by < lastDay ? by : lastDay };
}

/**
 * What an approval to end a voucher approves: SHA-256 (hex) of the JSON array of voucher, kind, reason, evidence, and what it can pay and
 * holds in reserve, amounts in fen as text: used since, it is another matter.
 */
export const proposalDigestOf = (
  of: Pick<VoucherProposal, 'kind' | 'reason' | 'evidence'>,
  voucher: Voucher,
  balanceFen: Fen,
): string =>
  createHash('sha256')
    .update(JSON.stringify([voucher.voucherId, of.kind, of.reason, of.evidence, String(balanceFen), String(voucher.reservedFen)]))
    .digest('hex');

export const presentProposal = (row: VoucherProposal): z.input<typeof voucherProposal> => ({
  proposalId: row.proposalId,
  voucherId: row.voucherId,
  kind: row.kind,
  reason: row.reason,
  evidence: row.evidence,
  contentDigest: row.contentDigest,
  status: row.status,
  proposedOn: row.proposedOn,
  decidedOn: row.decidedOn,
  decisionReason: row.decisionReason,
});

/** A voucher as the decisions of a command leave it: its row, and what it can still pay (fen). */
export interface HeldVoucher {
  readonly voucher: Voucher;
  readonly balanceFen: Fen;
}

/** Whether it has ended: what comes back then goes where its balance went. */
export const hasEnded = ({ status }: Pick<Voucher, 'status'>): boolean =>
  status === 'EXPIRED' || status === 'CANCELLED' || status === 'REVOKED';

/** Whether it can be used no more: its last day, inclusive, is over, or `activateBy` while it is not activated. */
export const isPast = (voucher: Voucher, today: Day): boolean => today > lastUsableDay(voucher);

/** The last day, inclusive, on which it can be used, or accepted where it has to be and is not. */
export function lastUsableDay({ status, frozenFrom, lastDay, activateBy }: Voucher): Day {
  const isIssued = status === 'ISSUED' || frozenFrom === 'ISSUED';
  return isIssued && activateBy !== null && activateBy < lastDay ? activateBy : lastDay;
}

/**
 * Where a voucher that lives stands, by what of it is used: nothing (ACTIVE), all, with nothing that may still come back, or a part. A
 * frozen one stands so beneath the ice.
 */
export function standsAt({ voucher, balanceFen }: HeldVoucher): 'ACTIVE' | 'PARTIALLY_REDEEMED' | 'FULLY_REDEEMED' {
  const { faceFen, lapsedFen, givenBackFen, reservedFen } = voucher;
  const redeemedFen = faceFen - lapsedFen - givenBackFen - reservedFen - balanceFen;
  if (redeemedFen === 0n) return 'ACTIVE';
  return balanceFen === 0n && reservedFen === 0n ? 'FULLY_REDEEMED' : 'PARTIALLY_REDEEMED';
}

/** The row of a voucher after money came back to it or was used: its state follows, unless it has ended, was never accepted or is frozen. */
export function restated(of: HeldVoucher): Voucher {
  const { voucher } = of;
  if (hasEnded(voucher) || voucher.status === 'ISSUED') return voucher;
  const stands = standsAt(of);
  if (voucher.status !== 'FROZEN') return { ...voucher, status: stands };
  if (voucher.frozenFrom === 'ISSUED') return voucher;
  // Nothing leaves a frozen voucher, so it never gets to be fully redeemed beneath the ice, but for what is cut from it.
  return { ...voucher, frozenFrom: stands === 'FULLY_REDEEMED' ? 'PARTIALLY_REDEEMED' : stands };
}

/**
 * What redemptions of a contract have used under a programme, in fen. `weighted` is the base with each line at its rate (fen × basis
 * points); null where only the base was kept, at the one rate of the law.
 */
export interface Standing extends Pick<ContractStanding, 'baseFen' | 'claimedFen' | 'cutOffFen'> {
  readonly weighted: bigint | null;
}
export const nothing: Standing = { baseFen: 0n, weighted: 0n, claimedFen: 0n, cutOffFen: 0n };

/** What takes a standing back. */
export const negative = ({ baseFen, weighted, claimedFen, cutOffFen }: Standing): Standing => ({
  baseFen: -baseFen,
  weighted: weighted === null ? null : -weighted,
  claimedFen: -claimedFen,
  cutOffFen: -cutOffFen,
});

/** The lowest rate that a law knows, in basis points: its only one, where it has one; 0 where the text gives none. */
export function lowestRate(law: ProgrammeVersion, of: { appliedOn: Day; signedOn: Day }): number {
  const tiers = lawOn(law, decidingDayOf(law, of)).rate?.value.tiers ?? [];
  return tiers.length === 0 ? 0 : Math.min(...tiers.map(({ basisPoints }) => basisPoints));
}

/** The weight of a base: as it was kept; else, of what was redeemed before weights were, at the law's lowest rate. */
export const weightOf = ({ baseFen, weighted }: Standing, lowestRate: number): bigint => weighted ?? baseFen * BigInt(lowestRate);

/** Two together. While no weight was kept of either, none is. */
export const together = (a: Standing, b: Standing, lowestRate: number): Standing => ({
  baseFen: a.baseFen + b.baseFen,
  weighted:
    b.weighted === null && (a.weighted === null || a.baseFen === 0n) ? null : weightOf(a, lowestRate) + weightOf(b, lowestRate),
  claimedFen: a.claimedFen + b.claimedFen,
  cutOffFen: a.cutOffFen + b.cutOffFen,
});

/** Where a contract stands, as it is kept; nothing where nothing is. */
export const standingOf = (row: ContractStanding | undefined): Standing =>
  row
    ? {
        baseFen: row.baseFen,
        weighted: row.weightedBase === null ? null : BigInt(row.weightedBase),
        claimedFen: row.claimedFen,
        cutOffFen: row.cutOffFen,
      }
    : nothing;

/**
 * Where a contract stands once an opening voucher brought along what had been redeemed of it: a base at the one rate of the law; where
 * it has several, of which lines nobody says, what was paid tells what the base weighed.
 */
export function broughtAlong(
  before: Standing,
  { law, baseFen, redeemedFen }: { law: ProgrammeVersion; baseFen: Fen; redeemedFen: Fen },
  of: { appliedOn: Day; signedOn: Day },
): Standing {
  const isFlat = lawOn(law, decidingDayOf(law, of)).rate?.value.flat !== null;
  const weighted = isFlat ? null : redeemedFen * 10_000n;
  return together(before, { baseFen, weighted, claimedFen: redeemedFen, cutOffFen: 0n }, lowestRate(law, of));
}

/** The columns that keep it. */
export const keptStanding = ({ baseFen, weighted, claimedFen, cutOffFen }: Standing) => ({
  baseFen,
  claimedFen,
  cutOffFen,
  weightedBase: weighted === null ? null : weighted.toString(),
});

/** A contract under a programme before anything of it is redeemed, in fen. */
export const freshStanding = (
  of: Pick<ContractStanding, 'bookId' | 'standingId' | 'contractId' | 'programmeCode'>,
): ContractStanding => ({ ...of, ...keptStanding(nothing) });

/** What an approval of an opening balance approves: SHA-256 (hex) of its content's fields in order of their names. */
export const openingDigestOf = (content: OpeningContent): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex');

/** The content of an opening balance, as it was prepared. */
export const openingContentOf = (row: OpeningBalance): OpeningContent => row.content as OpeningContent;

export const presentOpening = (row: OpeningBalance): z.input<typeof openingBalance> => ({
  openingBalanceId: row.openingBalanceId,
  kind: row.kind,
  status: row.status,
  content: { ...openingContentOf(row) },
  contentDigest: row.contentDigest,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});
