// Whom a payment goes to, on which account, and how accounts are shown. Pure.
import type { z } from 'zod';
import type { PayeeAccount, PayeeAccountWait } from '../../db/tables.js';
import type { payeeAccount, payeeAccountWait } from '../../schemas/payees.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import { life } from '../lives.js';

/** The life of a change of account, by what it is on a day. The first account of a payee is IN_EFFECT from the beginning. */
export const accountLife = life({
  of: 'payee account',
  code: 'PAYEE_ACCOUNT_WRONG_STATE',
  states: {
    PROPOSED: ['confirm', 'object', 'withdraw', 'reject'],
    WAITING: ['object'],
    OBJECTED: ['dismiss-objection', 'reject'],
    IN_EFFECT: [],
    WITHDRAWN: [],
    REJECTED: [],
  },
});
export type AccountState = keyof typeof accountLife.states;

/** The state of an account on a day. */
export function accountStateOn({ how, status, usableFrom }: PayeeAccount, day: Day): AccountState {
  if (status !== 'CONFIRMED') return status;
  return how === 'CHANGE' && usableFrom !== null && usableFrom > day ? 'WAITING' : 'IN_EFFECT';
}

const isOpenOn = (row: PayeeAccount, day: Day): boolean => ['PROPOSED', 'WAITING', 'OBJECTED'].includes(accountStateOn(row, day));

/** The change of a payee's account that is open on a day; a payee has one at a time. */
export const openChange = (accounts: readonly PayeeAccount[], day: Day): PayeeAccount | undefined =>
  accounts.find((row) => isOpenOn(row, day));

/** The account in effect on a day, of all of a payee's; undefined when there is none yet. */
const accountInEffect = (accounts: readonly PayeeAccount[], day: Day): PayeeAccount | undefined =>
  accounts.reduce<PayeeAccount | undefined>(
    (latest, row) =>
      row.usableFrom !== null && row.usableFrom <= day && (latest === undefined || (latest.usableFrom ?? '') < row.usableFrom)
        ? row
        : latest,
    undefined,
  );

/** What a payee can be paid on: its account, none yet, or none while a change of it is open. */
export type PaidOn =
  | { readonly kind: 'account'; readonly account: PayeeAccount }
  | { readonly kind: 'changing'; readonly change: PayeeAccount }
  | { readonly kind: 'missing' };

/**
 * The account to pay on, of all of a payee's. While a change is open nothing is paid, unless whoever confirmed it found that the account before
 * still holds.
 */
export function payeeAccountOn(accounts: readonly PayeeAccount[], day: Day): PaidOn {
  const account = accountInEffect(accounts, day);
  if (!account) return { kind: 'missing' };
  const change = openChange(accounts, day);
  if (change && !(change.status === 'CONFIRMED' && change.formerHolds === true)) return { kind: 'changing', change };
  return { kind: 'account', account };
}

export const waitLife = life({
  of: 'payee account wait',
  code: 'PAYEE_ACCOUNT_WAIT_WRONG_STATE',
  states: { PROPOSED: ['approve', 'withdraw'], APPROVED: [], WITHDRAWN: [] },
});

/** The wait that holds, of those approved; undefined where the book has set none. */
export const waitInForce = (approved: readonly PayeeAccountWait[]): PayeeAccountWait | undefined =>
  approved.reduce<PayeeAccountWait | undefined>(
    (last, row) => ((row.revision ?? 0) > (last?.revision ?? 0) ? row : last),
    undefined,
  );

/** What a sealed account number is bound to, and must be given to the sealer to open it: the row's unique key. */
export const accountContext = (of: Pick<PayeeAccount, 'bookId' | 'providerId' | 'enterpriseId' | 'validFrom'>): string =>
  ['payee_accounts', of.bookId, of.providerId ?? of.enterpriseId, of.validFrom].join('/');

/** Whether account numbers are told whole: to those who pay. */
export const seesAccountNos = ({ role }: { readonly role: string }): boolean => role === 'finance' || role === 'finance_approver';

/** Of the number only the last four digits. */
export const presentPayeeAccount = (row: PayeeAccount, today: Day): z.input<typeof payeeAccount> => ({
  payeeAccountId: row.payeeAccountId,
  providerId: row.providerId,
  enterpriseId: row.enterpriseId,
  holderName: row.holderName,
  bankName: row.bankName,
  bankCode: row.bankCode,
  accountNoLast4: row.accountNoLast4,
  validFrom: row.validFrom,
  recordedAt: formatInstant(new Date(row.recordedAt)),
  how: row.how,
  state: accountStateOn(row, today),
  usableFrom: row.usableFrom,
  formerHolds: row.formerHolds,
  waitedDays: row.waitedDays,
  proposedPerson: row.proposedPerson,
  confirmedPerson: row.confirmedPerson,
  confirmedOn: row.confirmedOn,
  objectedPerson: row.objectedPerson,
  objectedOn: row.objectedOn,
  objectionReason: row.objectionReason,
  dismissedPerson: row.dismissedPerson,
  endedPerson: row.endedPerson,
  endedOn: row.endedOn,
  endReason: row.endReason,
});

export const presentWait = (row: PayeeAccountWait): z.input<typeof payeeAccountWait> => ({
  waitId: row.waitId,
  workingDays: row.workingDays,
  documentNo: row.documentNo,
  status: row.status,
  revision: row.revision,
  proposedPerson: row.proposedPerson,
  proposedOn: row.proposedOn,
  decidedPerson: row.decidedPerson,
  decidedOn: row.decidedOn,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});
