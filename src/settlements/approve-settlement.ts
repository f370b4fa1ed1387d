import type { z } from 'zod';
import type { Settlement } from '../../db/tables.js';
import type { approveSettlement as body, settlement } from '../../schemas/settlements.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { formatYuan } from '../money.js';
import { settlementShelf } from './facts.js';
import { presentSettlement, refuseUnlessAt } from './rules.js';

type Body = z.output<typeof body> & { id?: string };

/**
 * Approves a drafted batch. The approval binds what was checked: digest, count and total. Refuses NOT_FOUND,
 * SETTLEMENT_WRONG_STATE, FOUR_EYES (who drafted it), SETTLEMENT_CHANGED.
 */
export const approveSettlement: Verb<Body, z.input<typeof settlement>> = {
  name: 'settlement.approve',
  money: true,

  async gather(loader, commands) {
    await loader.load(
      settlementShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide({ body, actor }, facts) {
    const settlement = facts.get(settlementShelf, body.id ?? '');
    if (!settlement) return refused('NOT_FOUND');
    const wrongState = refuseUnlessAt(settlement, 'DRAFT');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, settlement.draftedPerson)) return refused('FOUR_EYES');
    const { contentDigest, lineCount } = settlement;
    const total = formatYuan(settlement.totalFen);
    if (body.contentDigest !== contentDigest || body.count !== lineCount || body.total !== total) {
      return refused('SETTLEMENT_CHANGED', { count: String(lineCount), total, contentDigest });
    }
    // After this line the command succeeds.
    const row: Settlement = { ...settlement, status: 'APPROVED', approvedPerson: actor.personId };
    return accepted({
      decision: 'settlement.approved',
      subjectId: row.settlementId,
      approvalDigest: contentDigest,
      result: presentSettlement(row),
      changes: [update(settlementShelf, row)],
    });
  },
};
