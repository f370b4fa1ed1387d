import type { z } from 'zod';
import type { PayeeAccount } from '../../db/tables.js';
import type { recordPayeeAccount as body } from '../../schemas/payees.js';
import { checkBankCode } from '../identifiers.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Sealer } from '../sealer.js';
import { actsFor } from '../providers/rules.js';
import { accountsOf, gatherAccounts, gatherPayees, payeeAccountShelf, payeeOf } from './facts.js';
import { accountContext, openChange, presentPayeeAccount } from './rules.js';
import { toldOfAccount } from './told.js';

type Sent = z.output<typeof body>;
/** What enters the lane: `accountNo` is no more than the last four digits by then. */
type Body = Sent & { readonly sealed: string; readonly fingerprint: string };

const holderOf = (sent: Sent): Pick<PayeeAccount, 'providerId' | 'enterpriseId'> => ({
  providerId: sent.providerId ?? null,
  enterpriseId: sent.enterpriseId ?? null,
});
const payeeIdOf = ({ providerId, enterpriseId = '' }: Sent): string => providerId ?? enterpriseId;

/** Takes the account number out of a request before it goes anywhere, and puts in what may be stored of it. */
export const sealAccountNo = (sealer: Sealer, bookId: string, sent: Sent): Body => ({
  ...sent,
  accountNo: sent.accountNo.slice(-4),
  sealed: sealer.seal(sent.accountNo, accountContext({ bookId, ...holderOf(sent), validFrom: sent.validFrom })),
  fingerprint: sealer.fingerprint(sent.accountNo),
});

/**
 * The number of an account, to pay on. One that is not what its fingerprint was made of was put there by somebody, and nothing is paid on
 * it: a bug is thrown.
 */
export function openAccountNo(sealer: Sealer, account: PayeeAccount): string {
  const accountNo = sealer.open(account.accountNoSealed, accountContext(account));
  if (sealer.fingerprint(accountNo) !== account.accountFingerprint)
    throw new Error(`the number of payee account ${account.payeeAccountId} is not the one that was recorded`);
  return accountNo;
}

/**
 * What the request's digest is over. A plain digest of an account number is found out by trying: the digest is over the
 * keyed fingerprint instead, which is the same on every retry.
 */
export const digestedAccount = (sealer: Sealer, sent: Sent): object => ({
  ...sent,
  accountNo: sealer.fingerprint(sent.accountNo),
});

/**
 * Records the bank account that a provider or an enterprise is paid on, by its own member. The holder must be the payee by its registered
 * name. A payee's first account stands from its day on; every further one is a change, proposed with this: the payee is told, another person
 * confirms it from its evidence, and it waits. Refuses NOT_FOUND (another firm's likewise), BANK_CODE_FORMAT, ACCOUNT_HOLDER_DIFFERS,
 * PAYEE_ACCOUNT_EXISTS, PAYEE_ACCOUNT_CHANGE_OPEN.
 */
export const recordPayeeAccount: Verb<Body, ReturnType<typeof presentPayeeAccount>> = {
  name: 'payee_account.record',
  money: false,

  async gather(loader, commands) {
    const payees = commands.map(({ body }) => payeeIdOf(body));
    await Promise.all([gatherPayees(loader, payees), gatherAccounts(loader, payees)]);
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const holder = holderOf(body);
    const side = holder.providerId === null ? 'enterprise' : 'provider';
    const payee = payeeOf(facts, payeeIdOf(body));
    // Of one legal person's members, those of the other side have no say in where this side is paid.
    if (payee?.side !== side || actor.role !== side || !actsFor(actor, payee)) return refused('NOT_FOUND', {}, `/${side}Id`);
    const bankCode = checkBankCode(body.bankCode);
    if (bankCode.kind === 'invalid') return refused(bankCode.code, bankCode.params, '/bankCode');
    if (body.holderName !== payee.name) {
      return refused('ACCOUNT_HOLDER_DIFFERS', { expected: payee.name, found: body.holderName }, '/holderName');
    }
    const accounts = accountsOf(facts, payee.payeeId);
    if (accounts.some((other) => other.validFrom === body.validFrom)) {
      return refused('PAYEE_ACCOUNT_EXISTS', { day: body.validFrom }, '/validFrom');
    }
    const open = openChange(accounts, today);
    if (open) return refused('PAYEE_ACCOUNT_CHANGE_OPEN', { last4: open.accountNoLast4 });
    // After this line the command succeeds.
    const isFirst = accounts.length === 0;
    const row: PayeeAccount = {
      bookId: facts.bookId,
      payeeAccountId: id,
      ...holder,
      holderName: body.holderName,
      bankName: body.bankName,
      bankCode: body.bankCode,
      accountNoSealed: body.sealed,
      accountNoLast4: body.accountNo,
      accountFingerprint: body.fingerprint,
      validFrom: body.validFrom,
      recordedAt: receivedAt.toISOString(),
      how: isFirst ? 'FIRST' : 'CHANGE',
      status: isFirst ? 'CONFIRMED' : 'PROPOSED',
      usableFrom: isFirst ? body.validFrom : null,
      proposedPerson: actor.personId,
      confirmedPerson: null,
      confirmedOn: null,
      formerHolds: null,
      waitId: null,
      waitedDays: null,
      objectedPerson: null,
      objectedOn: null,
      objectionReason: null,
      dismissedPerson: null,
      endedPerson: null,
      endedOn: null,
      endReason: null,
    };
    return accepted({
      decision: isFirst ? 'payee_account.recorded' : 'payee_account.proposed',
      subjectId: id,
      result: presentPayeeAccount(row, today),
      messages: isFirst
        ? toldOfAccount('payee_account.recorded', row, { last4: row.accountNoLast4, usableFrom: row.validFrom })
        : toldOfAccount('payee_account.change_proposed', row, { last4: row.accountNoLast4 }),
      changes: [insert(payeeAccountShelf, row)],
    });
  },
};
