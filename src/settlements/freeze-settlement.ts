import type { z } from 'zod';
import type { settlement } from '../../schemas/settlements.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { lastDayOfMonth } from '../calendar.js';
import { frozen, gatherContents } from './content.js';
import { settlementShelf } from './facts.js';
import { presentSettlement, refuseSettlement, underway } from './rules.js';

/**
 * Freezes a draft: its content hash and its control totals stand from now on, and are what is approved. Refuses NOT_FOUND,
 * SETTLEMENT_WRONG_STATE, SETTLEMENT_UNDERWAY while its lines are being collected, SETTLEMENT_EMPTY.
 */
export const freezeSettlement: Verb<{ id?: string }, z.input<typeof settlement>> = {
  name: 'settlement.freeze',
  money: true,

  async gather(loader, commands) {
    await Promise.all([
      loader.load(
        settlementShelf,
        'id',
        commands.map(({ body }) => body.id ?? ''),
      ),
      gatherContents(
        loader,
        commands.map((command) => ({ command, without: [] })),
      ),
    ]);
  },

  decide(command, facts) {
    const { body, actor } = command;
    const before = facts.get(settlementShelf, body.id ?? '');
    if (!before) return refused('NOT_FOUND');
    const wrongState = refuseSettlement(before, 'freeze');
    if (wrongState) return wrongState;
    if (before.isCollecting) return underway(before);
    const next = frozen(command, facts, { ...before, frozenPerson: actor.personId });
    if (!next) return refused('SETTLEMENT_EMPTY', { day: lastDayOfMonth(before.period) });
    // The last of its lines came in this very batch of the lane, behind what was gathered.
    if (next.row.lineCount !== before.lineCount) return underway(before);
    // After this line the command succeeds.
    return accepted({
      decision: 'settlement.frozen',
      subjectId: before.settlementId,
      approvalDigest: next.version.contentDigest,
      result: presentSettlement(next.row),
      changes: [update(settlementShelf, next.row), ...next.changes],
    });
  },
};
