// What is told of a payee's account: to all members of the payee's side, by which whoever was its contact before learns of it, and to finance.
import type { PayeeAccount } from '../../db/tables.js';
import type { Message } from '../ledger/outbox.js';
import type { MessageKind, ParamsOf } from '../messages/kinds.js';
import { party, tell } from '../messages/rules.js';

/** Told to the payee and to finance. */
export const toldOfAccount = <Kind extends Extract<MessageKind, `payee_account.${string}`>>(
  kind: Kind,
  { payeeAccountId, providerId, enterpriseId }: PayeeAccount,
  params: ParamsOf<Kind>,
): Message[] =>
  [party(providerId ?? enterpriseId ?? ''), { role: 'finance' }].map((to) =>
    tell(kind, to, { kind: 'PAYEE_ACCOUNT', id: payeeAccountId }, params),
  );
