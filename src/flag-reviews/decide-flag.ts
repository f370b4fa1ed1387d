import type { z } from 'zod';
import type { Flag } from '../../db/tables.js';
import type { decideFlag as body } from '../../schemas/flags.js';
import { flagShelf } from '../flags/facts.js';
import { flagLife, presentFlag } from '../flags/rules.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { gatherSubjects, holding } from './subjects.js';

type Body = z.output<typeof body> & { readonly id?: string };

/** Decides a flag, with the reason. Refuses NOT_FOUND, FLAG_WRONG_STATE, FOUR_EYES to whose command raised it. */
const decide = (verb: 'clear' | 'uphold', status: 'CLEARED' | 'UPHELD'): Verb<Body, ReturnType<typeof presentFlag>> => ({
  name: `flag.${verb}`,
  money: false,

  async gather(loader, commands) {
    const flags = await loader.load(
      flagShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await gatherSubjects(loader, flags);
  },

  decide({ body, actor, today }, facts) {
    const before = facts.get(flagShelf, body.id ?? '');
    if (!before) return refused('NOT_FOUND');
    const wrongState = refuseStep(flagLife, before.status, verb);
    if (wrongState) return wrongState;
    if (isSamePerson(actor, before.raisedPerson)) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const row: Flag = { ...before, status, decidedPerson: actor.personId, decidedOn: today, decisionReason: body.reason };
    return accepted({
      decision: status === 'CLEARED' ? 'flag.cleared' : 'flag.upheld',
      subjectId: row.flagId,
      result: presentFlag(row, today),
      changes: [update(flagShelf, row), ...(status === 'CLEARED' ? holding(facts, row, -1) : [])],
    });
  },
});

/** There is an explanation: what it was on may go on, as far as no other flag holds it. */
export const clearFlag = decide('clear', 'CLEARED');
/** It is as it looked: what it is on is held for good, and is rejected, returned, voided or revoked by its own verb. */
export const upholdFlag = decide('uphold', 'UPHELD');
