import {
  contractStandings,
  openingBalances,
  voucherEndings,
  voucherProposals,
  voucherReasons,
  vouchers,
} from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const voucherShelf = shelf(vouchers, {
  rank: 40,
  id: 'voucherId',
  keys: { contract: ['contractId'] },
  mutable: ['status', 'frozenFrom', 'reservedFen', 'lapsedFen', 'givenBackFen', 'endedOn'],
});

/** Where a contract stands under a programme; its id is made of both. */
export const standingShelf = shelf(contractStandings, {
  rank: 40,
  id: 'standingId',
  mutable: ['baseFen', 'claimedFen', 'cutOffFen', 'weightedBase'],
});
export const standingIdOf = (contractId: string, programmeCode: string): string => `${contractId}/${programmeCode}`;

export const openingShelf = shelf(openingBalances, {
  rank: 40,
  id: 'openingBalanceId',
  keys: { content: ['contentDigest'] },
  mutable: ['status', 'approvedPerson'],
});

/** What of vouchers has ended; written once, and read by nobody in the lane. Behind redemptions, which some of them name. */
export const voucherEndingShelf = shelf(voucherEndings, { rank: 65, id: 'endingId' });

/** Proposals to end a voucher; `open` finds the one that waits. */
export const proposalShelf = shelf(voucherProposals, {
  rank: 41,
  id: 'proposalId',
  keys: { open: ['voucherId', 'status'] },
  mutable: ['status', 'decidedPerson', 'decidedOn', 'decisionReason'],
});

/** Why a person did something to a voucher, beside the entry of its command; nobody reads it in the lane. */
export const voucherReasonShelf = shelf(voucherReasons, { rank: 41, id: 'commandId' });
