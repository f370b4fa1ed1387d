// A voucher (算力券) as issued, frozen and shown, and what a book may bring along at go-live. Pure.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { ContractStanding, OpeningBalance, Voucher } from '../../db/tables.js';
import type { OpeningContent, openingBalance } from '../../schemas/opening-balances.js';
import type { voucher as shown } from '../../schemas/vouchers.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import type { Life } from '../lives.js';
import { life, refuseStep } from '../lives.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import { decidingDayOf } from '../programmes/evaluate.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';

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
  status: row.status,
  endedOn: row.endedOn,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

/** Of a voucher of which nothing has ended. */
export const neverEnded = { lapsedFen: 0n, givenBackFen: 0n, endedOn: null } as const;

/**
 * The life of a voucher (算力券). Redeeming is a verb of redemptions: it moves ACTIVE to PARTIALLY_REDEEMED and FULLY_REDEEMED, and what is
 * reversed moves it back. FULLY_REDEEMED and what ends a voucher offer nothing.
 */
export const voucherLife = life({
  of: 'voucher',
  code: 'VOUCHER_WRONG_STATE',
  states: {
    ISSUED: ['freeze'],
    ACTIVE: ['freeze'],
    PARTIALLY_REDEEMED: ['freeze'],
    FULLY_REDEEMED: [],
    FROZEN: ['unfreeze'],
    EXPIRED: [],
    CANCELLED: [],
    REVOKED: [],
  },
} as Life<Voucher['status'], 'freeze' | 'unfreeze'>);

const refuse = (row: Voucher, verb: 'freeze' | 'unfreeze'): Refused | null =>
  refuseStep(voucherLife, row.status, verb, { voucherNo: row.voucherNo });

/** A frozen voucher pays nothing and keeps its balance; VOUCHER_WRONG_STATE unless there is something to freeze. */
export function frozen(row: Voucher): { kind: 'changed'; row: Voucher } | Refused {
  const { status } = row;
  const wrong = refuse(row, 'freeze');
  if (wrong) return wrong;
  if (status !== 'ISSUED' && status !== 'ACTIVE' && status !== 'PARTIALLY_REDEEMED')
    throw new Error(`${status} offers no freeze`);
  return { kind: 'changed', row: { ...row, status: 'FROZEN', frozenFrom: status } };
}

/** Back to where it was before it was frozen; VOUCHER_WRONG_STATE when it is not. */
export function unfrozen(row: Voucher): { kind: 'changed'; row: Voucher } | Refused {
  const wrong = refuse(row, 'unfreeze');
  if (wrong) return wrong;
  return { kind: 'changed', row: { ...row, status: row.frozenFrom ?? 'ACTIVE', frozenFrom: null } };
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
  ...{ baseFen: -baseFen, weighted: weighted === null ? null : -weighted, claimedFen: -claimedFen, cutOffFen: -cutOffFen },
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
  row ? { ...row, weighted: row.weightedBase === null ? null : BigInt(row.weightedBase) } : nothing;

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
  ...{ baseFen, claimedFen, cutOffFen, weightedBase: weighted === null ? null : weighted.toString() },
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
