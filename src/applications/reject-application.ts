import type { z } from 'zod';
import type { Application } from '../../db/tables.js';
import type { rejectApplication as body } from '../../schemas/applications.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { applicationShelf } from './facts.js';
import { gatherQueueBlocks, notWaiting, queueChanges } from './queue.js';
import { checkState, presentApplication } from './rules.js';

type Body = z.output<typeof body> & { id?: string };

/** Rejects an undecided application with its reason; nobody rejects what they applied for themselves. */
export const rejectApplication: Verb<Body, ReturnType<typeof presentApplication>> = {
  name: 'application.reject',
  money: true,

  async gather(loader, commands) {
    const rows = await loader.load(
      applicationShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await gatherQueueBlocks(loader, rows);
  },

  decide({ body, actor }, facts) {
    const row = facts.get(applicationShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrongState = checkState(row, ['SUBMITTED', 'REVIEWED']);
    if (wrongState) return wrongState;
    if (actor.personId === row.submittedPerson) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const rejected: Application = {
      ...row,
      ...notWaiting,
      status: 'REJECTED',
      decidedPerson: actor.personId,
      decisionReason: body.reason,
    };
    return accepted({
      decision: 'application.rejected',
      subjectId: row.applicationId,
      result: presentApplication(rejected),
      changes: [update(applicationShelf, rejected), ...queueChanges(facts, row, rejected)],
    });
  },
};
