import type { z } from 'zod';
import type { Settlement } from '../../db/tables.js';
import type { settlement } from '../../schemas/settlements.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { instructionShelf, settlementShelf } from './facts.js';
import { lastAttempts, presentSettlement, refuseSettlement, underway } from './rules.js';

/**
 * Closes a batch once the bank has paid all of it. Refuses NOT_FOUND, SETTLEMENT_WRONG_STATE, SETTLEMENT_UNDERWAY while its payments are being
 * instructed, SETTLEMENT_UNPAID.
 */
export const closeSettlement: Verb<{ id?: string }, z.input<typeof settlement>> = {
  name: 'settlement.close',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    await Promise.all([loader.load(settlementShelf, 'id', ids), loader.load(instructionShelf, 'settlement', ids)]);
  },

  decide({ body, actor, today }, facts) {
    const settlement = facts.get(settlementShelf, body.id ?? '');
    if (!settlement) return refused('NOT_FOUND');
    const wrongState = refuseSettlement(settlement, 'close');
    if (wrongState) return wrongState;
    const unpaid = lastAttempts(facts.all(instructionShelf, 'settlement', settlement.settlementId)).filter(
      (of) => of.status !== 'PAID',
    );
    if (settlement.paymentsLeft > 0) return underway(settlement);
    if (unpaid.length > 0) {
      const returned = unpaid.filter((of) => of.status === 'RETURNED').length;
      return refused('SETTLEMENT_UNPAID', {
        settlementNo: settlement.settlementNo,
        waiting: String(unpaid.length - returned),
        returned: String(returned),
        instructions:
          unpaid
            .slice(0, 5)
            .map((of) => of.instructionNo)
            .join(', ') + (unpaid.length > 5 ? ' …' : ''),
      });
    }
    // After this line the command succeeds.
    const row: Settlement = { ...settlement, status: 'CLOSED', closedPerson: actor.personId, closedOn: today };
    return accepted({
      decision: 'settlement.closed',
      subjectId: row.settlementId,
      result: presentSettlement(row),
      changes: [update(settlementShelf, row)],
    });
  },
};
