import type { z } from 'zod';
import type { closeMatter as body } from '../../schemas/matters.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { registrationShelf } from './facts.js';
import { presentMatter, registrationLife } from './rules.js';

type Body = z.output<typeof body> & { id?: string };

/**
 * The bureau rejects a registration that another person made, with its reason; the matter may be registered again. Refuses NOT_FOUND,
 * MATTER_WRONG_STATE, FOUR_EYES.
 */
export const rejectMatter: Verb<Body, ReturnType<typeof presentMatter>> = {
  name: 'matter.reject',
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
    const wrongState = refuseStep(registrationLife, row.status, 'reject');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, row.registeredPerson)) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const rejected = { ...row, status: 'REJECTED' as const, closedPerson: actor.personId, closedOn: today, reason: body.reason };
    return accepted({
      decision: 'matter.rejected',
      subjectId: row.registrationId,
      result: presentMatter(rejected),
      changes: [update(registrationShelf, rejected)],
    });
  },
};
