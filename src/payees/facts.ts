import type { Enterprise, PayeeAccount, Provider } from '../../db/tables.js';
import { payeeAccounts } from '../../db/tables.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { shelf } from '../ledger/facts.js';
import { providerShelf } from '../providers/facts.js';

export const payeeAccountShelf = shelf(payeeAccounts, {
  rank: 12,
  id: 'payeeAccountId',
  keys: { provider: ['providerId'], enterprise: ['enterpriseId'] },
  mutable: ['accountNoSealed'],
});

/** Whoever is paid: a provider whose vouchers were redeemed, an enterprise that is reimbursed. The id is one of both. */
export interface Payee {
  readonly payeeId: string;
  readonly side: 'provider' | 'enterprise';
  readonly name: string;
  readonly legalPersonUscc: string;
}

export const payeeOfProvider = ({ providerId, name, legalPersonUscc }: Provider): Payee => ({
  payeeId: providerId,
  side: 'provider',
  name,
  legalPersonUscc,
});
export const payeeOfEnterprise = ({ enterpriseId, name, legalPersonUscc }: Enterprise): Payee => ({
  payeeId: enterpriseId,
  side: 'enterprise',
  name,
  legalPersonUscc,
});

/** Gathers providers and enterprises by the id that a payment names its payee by. */
export async function gatherPayees(loader: Loader, payeeIds: readonly string[]): Promise<void> {
  await Promise.all([loader.load(providerShelf, 'id', payeeIds), loader.load(enterpriseShelf, 'id', payeeIds)]);
}

/** A gathered payee; undefined when there is none under this id. */
export function payeeOf(facts: Facts, payeeId: string): Payee | undefined {
  const provider = facts.get(providerShelf, payeeId);
  if (provider) return payeeOfProvider(provider);
  const enterprise = facts.get(enterpriseShelf, payeeId);
  return enterprise && payeeOfEnterprise(enterprise);
}

/** Gathers the accounts of these payees, whichever side they are of. */
export async function gatherAccounts(loader: Loader, payeeIds: readonly string[]): Promise<void> {
  await Promise.all([
    loader.load(payeeAccountShelf, 'provider', payeeIds),
    loader.load(payeeAccountShelf, 'enterprise', payeeIds),
  ]);
}

/** All accounts of a gathered payee. */
export const accountsOf = (facts: Facts, payeeId: string): readonly PayeeAccount[] => [
  ...facts.all(payeeAccountShelf, 'provider', payeeId),
  ...facts.all(payeeAccountShelf, 'enterprise', payeeId),
];
