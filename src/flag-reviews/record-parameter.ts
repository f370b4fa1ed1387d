import type { z } from 'zod';
import type { FlagParameter } from '../../db/tables.js';
import type { recordFlagParameter as body } from '../../schemas/flags.js';
import { flagParameterShelf } from '../flags/facts.js';
import { presentParameter } from '../flags/rules.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { parseYuan } from '../money.js';

type Body = z.output<typeof body>;

/**
 * Records from what on a rule raises a flag, by the bureau's document, from a day on; never changed, only followed. What was submitted
 * before is not looked at again. Refuses AMOUNT_ZERO.
 */
export const recordParameter: Verb<Body, ReturnType<typeof presentParameter>> = {
  name: 'flag_parameter.record',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      flagParameterShelf,
      'kind',
      commands.map(({ body }) => body.kind),
    );
  },

  decide({ id, body, actor, receivedAt }, facts) {
    const amountFen = body.kind === 'CONTRACT_SPLIT' ? parseYuan(body.amount) : null;
    if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
    // After this line the command succeeds.
    const row: FlagParameter = {
      bookId: facts.bookId,
      flagParameterId: id,
      kind: body.kind,
      basisPoints: body.kind === 'CONTRACT_SPLIT' ? null : body.basisPoints,
      amountFen,
      validFrom: body.validFrom,
      documentNo: body.documentNo,
      revision: facts.all(flagParameterShelf, 'kind', body.kind).length + 1,
      recordedPerson: actor.personId,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'flag_parameter.recorded',
      subjectId: id,
      result: presentParameter(row),
      changes: [insert(flagParameterShelf, row)],
    });
  },
};
