// What both sides of a redemption are told of it: who claimed, and who is paid.
import type { Redemption } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import type { Message } from '../ledger/outbox.js';
import { party, tell } from '../messages/rules.js';
import type { Fen } from '../money.js';
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

/** What was approved by rule on one day, of those who redeemed themselves: whoever is paid is told once for all of them. */
export interface ApprovedByRule {
  readonly day: Day;
  readonly providerId: string;
  readonly redemptions: string;
  readonly amountFen: Fen;
  readonly firstId: string;
  readonly firstNo: string;
}
export const toldOfRule = ({ day, providerId, redemptions, amountFen, firstId, firstNo }: ApprovedByRule): Message =>
  tell(
    'redemption.approved_by_rule',
    party(providerId),
    { kind: 'REDEMPTION', id: firstId },
    { day, redemptions, redemptionNo: firstNo, amount: formatYuan(amountFen) },
  );

export const toldOfReturn = (row: Redemption, reason: string): Message[] => {
  const { parties, about } = sidesOf(row);
  return parties.map((to) => tell('redemption.returned', to, about, { redemptionNo: row.redemptionNo, reason }));
};
