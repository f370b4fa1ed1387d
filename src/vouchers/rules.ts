// A voucher (算力券) as issued, frozen and shown, and what a book may bring along at go-live. Pure.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { ContractStanding, OpeningBalance, Voucher } from '../../db/tables.js';
import type { OpeningContent, openingBalance } from '../../schemas/opening-balances.js';
import type { voucher as shown } from '../../schemas/vouchers.js';
import { formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';

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
  appliedOn: row.appliedOn,
  issuedOn: row.issuedOn,
  lastDay: row.lastDay,
  status: row.status,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

const possible: Record<Voucher['status'], string> = {
  ISSUED: 'redeem, freeze',
  PARTIALLY_REDEEMED: 'redeem, freeze',
  FULLY_REDEEMED: '—',
  FROZEN: 'unfreeze',
};

const wrongState = (row: Voucher): Refused =>
  refused('VOUCHER_WRONG_STATE', { voucherNo: row.voucherNo, state: row.status, possible: possible[row.status] });

/** A frozen voucher pays nothing and keeps its balance; VOUCHER_WRONG_STATE unless there is something to freeze. */
export function frozen(row: Voucher): { kind: 'changed'; row: Voucher } | Refused {
  if (row.status !== 'ISSUED' && row.status !== 'PARTIALLY_REDEEMED') return wrongState(row);
  return { kind: 'changed', row: { ...row, status: 'FROZEN', frozenFrom: row.status } };
}

/** Back to where it was before it was frozen; VOUCHER_WRONG_STATE when it is not. */
export function unfrozen(row: Voucher): { kind: 'changed'; row: Voucher } | Refused {
  if (row.status !== 'FROZEN' || row.frozenFrom === null) return wrongState(row);
  return { kind: 'changed', row: { ...row, status: row.frozenFrom, frozenFrom: null } };
}

/** A contract under a programme before anything of it is redeemed, in fen. */
export const freshStanding = (
  of: Pick<ContractStanding, 'bookId' | 'standingId' | 'contractId' | 'programmeCode'>,
): ContractStanding => ({ ...of, baseFen: 0n, claimedFen: 0n, cutOffFen: 0n });

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
