// Whom a payment goes to, on which account, and how accounts are shown. Pure.
import type { z } from 'zod';
import type { PayeeAccount } from '../../db/tables.js';
import type { payeeAccount } from '../../schemas/payees.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';

/** The account to pay on, of all of a payee's: the latest valid by the day; undefined when none is valid yet. */
export const payeeAccountOn = (accounts: readonly PayeeAccount[], day: Day): PayeeAccount | undefined =>
  accounts.reduce<PayeeAccount | undefined>(
    (latest, row) => (row.validFrom <= day && (latest === undefined || latest.validFrom < row.validFrom) ? row : latest),
    undefined,
  );

/** What a sealed account number is bound to, and must be given to the sealer to open it: the row's unique key. */
export const accountContext = (of: Pick<PayeeAccount, 'bookId' | 'providerId' | 'enterpriseId' | 'validFrom'>): string =>
  ['payee_accounts', of.bookId, of.providerId ?? of.enterpriseId, of.validFrom].join('/');

/** Of the number only the last four digits. */
export const presentPayeeAccount = (row: PayeeAccount): z.input<typeof payeeAccount> => ({
  payeeAccountId: row.payeeAccountId,
  providerId: row.providerId,
  enterpriseId: row.enterpriseId,
  holderName: row.holderName,
  bankName: row.bankName,
  bankCode: row.bankCode,
  accountNoLast4: row.accountNoLast4,
  validFrom: row.validFrom,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});
