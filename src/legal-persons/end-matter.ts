import type { z } from 'zod';
import type { closeMatter as body } from '../../schemas/matters.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { registrationShelf } from './facts.js';
import { presentMatter, registrationLife } from './rules.js';

type Body = z.output<typeof body> & { id?: string };

/**
 * The bureau records that a confirmed matter is not, or no longer, the legal person's. It cannot be named from now on; applications that
 * named it and what they were awarded stay as they are, and count. Refuses NOT_FOUND, MATTER_WRONG_STATE.
 */
export const endMatter: Verb<Body, ReturnType<typeof presentMatter>> = {
  name: 'matter.end',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      registrationShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide({ body, actor, today }, facts) {
    const row = facts.get(registrationShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrongState = refuseStep(registrationLife, row.status, 'end');
    if (wrongState) return wrongState;
    // After this line the command succeeds.
    const ended = { ...row, status: 'ENDED' as const, closedPerson: actor.personId, closedOn: today, reason: body.reason };
    return accepted({
      decision: 'matter.ended',
      subjectId: row.registrationId,
      result: presentMatter(ended),
      changes: [update(registrationShelf, ended)],
    });
  },
};
