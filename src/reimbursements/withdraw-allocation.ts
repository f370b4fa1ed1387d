import type { z } from 'zod';
import type { Allocation } from '../../db/tables.js';
import type { allocation, withdrawAllocation as body } from '../../schemas/reimbursements.js';
import { endApprovals, gatherApprovals } from '../approvals/facts.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { allocationLineShelf, allocationShelf, reimbursementShelf } from './facts.js';
import { unallocated } from './rules.js';
import { presentAllocation, refuseUnlessDraft } from './share-out.js';

type Body = z.output<typeof body> & { id?: string };

/** Withdraws a drafted allocation with its reason; its applications are reviewed ones again. Refuses NOT_FOUND, ALLOCATION_WRONG_STATE. */
export const withdrawAllocation: Verb<Body, z.input<typeof allocation>> = {
  name: 'allocation.withdraw',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    await Promise.all([
      loader.load(allocationShelf, 'id', ids),
      loader.load(allocationLineShelf, 'allocation', ids),
      loader.load(reimbursementShelf, 'allocation', ids),
      gatherApprovals(loader, ids),
    ]);
  },

  decide({ body, actor, today }, facts) {
    const draft = facts.get(allocationShelf, body.id ?? '');
    if (!draft) return refused('NOT_FOUND');
    const wrongState = refuseUnlessDraft(draft);
    if (wrongState) return wrongState;
    // After this line the command succeeds.
    const { allocationId } = draft;
    const row: Allocation = {
      ...draft,
      status: 'WITHDRAWN',
      decidedPerson: actor.personId,
      decidedOn: today,
      decisionReason: body.reason,
    };
    return accepted({
      decision: 'allocation.withdrawn',
      subjectId: allocationId,
      result: presentAllocation(row),
      changes: [
        update(allocationShelf, row),
        ...endApprovals(facts, allocationId),
        ...facts
          .all(reimbursementShelf, 'allocation', allocationId)
          .map((of) => update(reimbursementShelf, { ...of, ...unallocated(of) })),
        ...facts
          .all(allocationLineShelf, 'allocation', allocationId)
          .map((line) => update(allocationLineShelf, { ...line, isLive: false })),
      ],
    });
  },
};
