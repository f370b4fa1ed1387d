import type { Enterprise, PayeeAccount, Provider } from '../../db/tables.js';
import { payeeAccounts, payeeAccountWaits } from '../../db/tables.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { shelf } from '../ledger/facts.js';
import { providerShelf } from '../providers/facts.js';

export const payeeAccountShelf = shelf(payeeAccounts, {
  rank: 12,
  id: 'payeeAccountId',
  keys: { provider: ['providerId'], enterprise: ['enterpriseId'] },
  mutable: [
    ...([
      'accountNoSealed',
      'status',
      'usableFrom',
      'confirmedPerson',
      'confirmedOn',
      'formerHolds',
      'waitId',
      'waitedDays',
    ] as const),
    ...(['objectedPerson', 'objectedOn', 'objectionReason', 'dismissedPerson', 'endedPerson', 'endedOn', 'endReason'] as const),
  ],
});
/** The waits of a book, by state: those approved are few. */
export const waitShelf = shelf(payeeAccountWaits, {
  rank: 11,
  id: 'waitId',
  keys: { status: ['status'] },
  mutable: ['status', 'revision', 'decidedPerson', 'decidedOn'],
});

/** Whoever is paid: a provider whose vouchers were redeemed, an enterprise that is reimbursed. The id is one of both. */
export interface Payee {
  readonly payeeId: string;
  readonly side: 'provider' | 'enterprise';
  readonly name: string;
  readonly legalPersonUscc: string;
  /** Who has taken its place, where it was absorbed. */
  readonly successorUscc: string | null;
}

export const payeeOfProvider = ({ providerId, name, legalPersonUscc, successorUscc }: Provider): Payee => ({
  payeeId: providerId,
  side: 'provider',
  name,
  legalPersonUscc,
  successorUscc,
});
export const payeeOfEnterprise = ({ enterpriseId, name, legalPersonUscc, successorUscc }: Enterprise): Payee => ({
  payeeId: enterpriseId,
  side: 'enterprise',
  name,
  legalPersonUscc,
  successorUscc,
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

/** Gathers payees with whoever follows them, one after the other, until one that was not absorbed. */
export async function gatherPaidTo(loader: Loader, payeeIds: readonly string[]): Promise<void> {
  await gatherPayees(loader, payeeIds);
  let of = payeeIds.flatMap((id) => payeeOf(loader.facts, id) ?? []);
  while (of.some(({ successorUscc }) => successorUscc !== null)) {
    const codes = (side: Payee['side']): string[] =>
      of.flatMap((payee) => (payee.side === side && payee.successorUscc !== null ? [payee.successorUscc] : []));
    await Promise.all([
      loader.load(providerShelf, 'uscc', codes('provider')),
      loader.load(enterpriseShelf, 'uscc', codes('enterprise')),
    ]);
    of = of.flatMap((payee) => followerOf(loader.facts, payee) ?? []);
  }
}

/** Who has taken a gathered payee's place, if it was absorbed: of the same side, on which alone it is paid. */
function followerOf(facts: Facts, { side, successorUscc }: Payee): Payee | undefined {
  if (successorUscc === null) return undefined;
  const provider = side === 'provider' ? facts.one(providerShelf, 'uscc', successorUscc) : undefined;
  const enterprise = side === 'enterprise' ? facts.one(enterpriseShelf, 'uscc', successorUscc) : undefined;
  return provider ? payeeOfProvider(provider) : enterprise && payeeOfEnterprise(enterprise);
}

/** Who is paid, and owes back, in place of a payee that was absorbed: the last that followed it, or itself (gatherPaidTo). */
export function paidTo(facts: Facts, payeeId: string): Payee | undefined {
  let payee = payeeOf(facts, payeeId);
  for (let next = payee; next; next = followerOf(facts, next)) payee = next;
  return payee;
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
