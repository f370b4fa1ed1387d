import type { z } from 'zod';
import type { Flag } from '../../db/tables.js';
import type { raiseFlag as body } from '../../schemas/flags.js';
import { flagShelf } from '../flags/facts.js';
import { presentFlag } from '../flags/rules.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { gatherSubjects, holding, subjectOf } from './subjects.js';

type Body = z.output<typeof body>;

/**
 * A person raises a flag on what looks wrong, with the reason: it holds the case until another person decides it. Refuses NOT_FOUND,
 * FLAG_TOO_LATE where a flag would hold nothing any more.
 */
export const raiseFlag: Verb<Body, ReturnType<typeof presentFlag>> = {
  name: 'flag.raise',
  money: false,

  gather: (loader, commands) =>
    gatherSubjects(
      loader,
      commands.map(({ body }) => body),
    ),

  decide({ id, body, actor, today, receivedAt }, facts) {
    const { subjectKind, subjectId, reason } = body;
    const subject = subjectOf(facts, body);
    if (!subject) return refused('NOT_FOUND', {}, '/subjectId');
    if (subject.isOver) return refused('FLAG_TOO_LATE', { subjectKind, state: subject.state }, '/subjectId');
    // After this line the command succeeds.
    const row: Flag = {
      bookId: facts.bookId,
      flagId: id,
      kind: 'SEEN_BY_PERSON',
      subjectKind,
      subjectId,
      amountFen: subject.amountFen,
      evidence: { inputs: {}, rows: [] },
      reason,
      status: 'OPEN',
      raisedPerson: actor.personId,
      raisedOn: today,
      decidedPerson: null,
      decidedOn: null,
      decisionReason: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'flag.raised',
      subjectId: id,
      result: presentFlag(row, today),
      changes: [insert(flagShelf, row), ...holding(facts, row, 1)],
    });
  },
};
