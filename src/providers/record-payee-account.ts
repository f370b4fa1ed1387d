import type { z } from 'zod';
import type { PayeeAccount } from '../../db/tables.js';
import type { recordPayeeAccount as body } from '../../schemas/providers.js';
import { checkBankCode } from '../identifiers.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Sealer } from '../sealer.js';
import { payeeAccountShelf, providerShelf } from './facts.js';
import { accountContext, actsFor, presentPayeeAccount } from './rules.js';

type Sent = z.output<typeof body>;
/** What enters the lane: `accountNo` is no more than the last four digits by then. */
type Body = Sent & { readonly sealed: string; readonly fingerprint: string };

/** Takes the account number out of a request before it goes anywhere, and puts in what may be stored of it. */
export const sealAccountNo = (sealer: Sealer, bookId: string, sent: Sent): Body => ({
  ...sent,
  accountNo: sent.accountNo.slice(-4),
  sealed: sealer.seal(sent.accountNo, accountContext({ ...sent, bookId })),
  fingerprint: sealer.fingerprint(sent.accountNo),
});

/**
 * What the request's digest is over. A plain digest of an account number is found out by trying: the digest is over the
 * keyed fingerprint instead, which is the same on every retry.
 */
export const digestedAccount = (sealer: Sealer, sent: Sent): object => ({
  ...sent,
  accountNo: sealer.fingerprint(sent.accountNo),
});

/** Records the bank account a provider is paid on from a day on. The holder must be the provider by its registered name. */
export const recordPayeeAccount: Verb<Body, ReturnType<typeof presentPayeeAccount>> = {
  name: 'payee_account.record',
  money: false,

  async gather(loader, commands) {
    const providers = commands.map(({ body }) => body.providerId);
    await Promise.all([loader.load(providerShelf, 'id', providers), loader.load(payeeAccountShelf, 'provider', providers)]);
  },

  decide({ id, body, actor, receivedAt }, facts) {
    const provider = facts.get(providerShelf, body.providerId);
    if (!provider || !actsFor(actor, provider)) return refused('NOT_FOUND', {}, '/providerId');
    const bankCode = checkBankCode(body.bankCode);
    if (bankCode.kind === 'invalid') return refused(bankCode.code, bankCode.params, '/bankCode');
    if (body.holderName !== provider.name) {
      return refused('ACCOUNT_HOLDER_DIFFERS', { expected: provider.name, found: body.holderName }, '/holderName');
    }
    if (facts.all(payeeAccountShelf, 'provider', provider.providerId).some((other) => other.validFrom === body.validFrom)) {
      return refused('PAYEE_ACCOUNT_EXISTS', { day: body.validFrom }, '/validFrom');
    }
    // After this line the command succeeds.
    const row: PayeeAccount = {
      bookId: facts.bookId,
      payeeAccountId: id,
      providerId: provider.providerId,
      holderName: body.holderName,
      bankName: body.bankName,
      bankCode: body.bankCode,
      accountNoSealed: body.sealed,
      accountNoLast4: body.accountNo,
      accountFingerprint: body.fingerprint,
      validFrom: body.validFrom,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'payee_account.recorded',
      subjectId: id,
      result: presentPayeeAccount(row),
      changes: [insert(payeeAccountShelf, row)],
    });
  },
};
