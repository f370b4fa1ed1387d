// What both sides of a redemption are told of it: who claimed, and who is paid.
import type { Redemption } from '../../db/tables.js';
import type { Message } from '../ledger/outbox.js';
import { party, tell } from '../messages/rules.js';
import { formatYuan } from '../money.js';

const sidesOf = ({ redemptionId, enterpriseId, providerId }: Redemption) => ({
  parties: [party(enterpriseId), party(providerId)],
  about: { kind: 'REDEMPTION', id: redemptionId } as const,
});

export const toldOfApproval = (row: Redemption): Message[] => {
  const { parties, about } = sidesOf(row);
  const params = { redemptionNo: row.redemptionNo, amount: formatYuan(row.approvedFen) };
  return parties.map((to) => tell('redemption.approved', to, about, params));
};

export const toldOfReturn = (row: Redemption, reason: string): Message[] => {
  const { parties, about } = sidesOf(row);
  return parties.map((to) => tell('redemption.returned', to, about, { redemptionNo: row.redemptionNo, reason }));
};
