// What is told of a usage invoice: that it is there to be confirmed, and to both sides what its deadline decides, before it does.
import type { Contract, UsageInvoice } from '../../db/tables.js';
import type { Message } from '../ledger/outbox.js';
import { party, tell } from '../messages/rules.js';
import { formatYuan } from '../money.js';

type OfContract = Pick<Contract, 'contractId' | 'contractNo'>;

const about = ({ contractId }: OfContract) => ({ kind: 'CONTRACT', id: contractId }) as const;

const outcomes = {
  CONFIRMED: { outcomeZh: '视为确认', outcomeEn: 'taken as confirmed' },
  RETURNED: { outcomeZh: '予以退回', outcomeEn: 'returned' },
} as const;

/** Told to both sides before the deadline of a posted invoice: until when, and what follows else. Nobody where it has none. */
export function toldOfDeadline(invoice: UsageInvoice, contract: OfContract): Message[] {
  const { invoiceNo, enterpriseId, providerId, confirmBy, confirmOutcome } = invoice;
  if (confirmBy === null || confirmOutcome === null) return [];
  const params = { contractNo: contract.contractNo, invoiceNo, confirmBy, ...outcomes[confirmOutcome] };
  return [enterpriseId, providerId].map((to) => tell('usage.deadline', party(to), about(contract), params));
}

/** Told when it is posted: to its enterprise that it is there, and to both sides what its deadline decides. */
export const toldOfPosting = (invoice: UsageInvoice, contract: OfContract): Message[] => [
  tell('usage.posted', party(invoice.enterpriseId), about(contract), {
    contractNo: contract.contractNo,
    invoiceNo: invoice.invoiceNo,
    amount: formatYuan(invoice.grossFen),
  }),
  ...toldOfDeadline(invoice, contract),
];
