import type { z } from 'zod';
import type { LimitException } from '../../db/tables.js';
import type { rejectLimitException as body } from '../../schemas/limit-exceptions.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { limitExceptionShelf } from '../programmes/facts.js';
import { exceptionLife, presentException } from './rules.js';

type Body = z.output<typeof body> & { id?: string };

/**
 * Rejects, for good and with the reason, an exception that another person asked for: nothing is raised. Another may be asked for.
 * Refuses NOT_FOUND, EXCEPTION_WRONG_STATE, FOUR_EYES.
 */
export const rejectLimitException: Verb<Body, ReturnType<typeof presentException>> = {
  name: 'limit_exception.reject',
  money: true,

  async gather(loader, commands) {
    await loader.load(
      limitExceptionShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide({ body, actor, today }, facts) {
    const row = facts.get(limitExceptionShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrongState = refuseStep(exceptionLife, row.status, 'reject');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, row.askedPerson)) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const rejected: LimitException = {
      ...row,
      status: 'REJECTED',
      rejectedPerson: actor.personId,
      rejectedOn: today,
      rejectionReason: body.reason,
    };
    return accepted({
      decision: 'limit_exception.rejected',
      subjectId: row.exceptionId,
      result: presentException(rejected),
      changes: [update(limitExceptionShelf, rejected)],
    });
  },
};
