import type { z } from 'zod';
import type { RelatedParties } from '../../db/tables.js';
import type { recordRelation as body } from '../../schemas/legal-persons.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { readUscc, validUsccs } from '../uscc.js';
import { anyLegalPerson, gatherLegalPersons, pairOf, relationShelf } from './facts.js';
import { nextRevision, presentRelation } from './rules.js';

type Body = z.output<typeof body>;

/**
 * Records that two legal persons are related parties (关联方), or are not, from a day to a day, both inclusive; branches are rolled
 * up. Common control by the state alone makes none (公司法第265条) and is not to be recorded. Refuses the codes' own, PARTY_UNKNOWN,
 * RELATED_TO_ITSELF, PERIOD_ENDS_BEFORE_START.
 */
export const recordRelation: Verb<Body, ReturnType<typeof presentRelation>> = {
  name: 'relation.record',
  money: false,

  async gather(loader, commands) {
    await gatherLegalPersons(loader, validUsccs(commands.flatMap(({ body }) => [body.uscc, body.otherUscc])));
    const pairs = commands.flatMap(({ body }) => {
      const [one, other] = validUsccs([body.uscc, body.otherUscc]).map((code) => anyLegalPerson(loader.facts, code));
      return one === undefined || other === undefined ? [] : [pairOf(one, other)];
    });
    await loader.load(relationShelf, 'pair', pairs);
  },

  decide({ id, body, actor, receivedAt }, facts) {
    const one = readUscc(body.uscc, '/uscc');
    if (one.kind === 'refused') return one;
    const other = readUscc(body.otherUscc, '/otherUscc');
    if (other.kind === 'refused') return other;
    const [a, b] = [anyLegalPerson(facts, one.uscc), anyLegalPerson(facts, other.uscc)];
    if (a === undefined) return refused('PARTY_UNKNOWN', { uscc: one.uscc }, '/uscc');
    if (b === undefined) return refused('PARTY_UNKNOWN', { uscc: other.uscc }, '/otherUscc');
    if (a === b) return refused('RELATED_TO_ITSELF', { legalPerson: a }, '/otherUscc');
    const { validFrom, validTo = null } = body;
    if (validTo !== null && validTo < validFrom) {
      return refused('PERIOD_ENDS_BEFORE_START', { from: validFrom, to: validTo }, '/validTo');
    }
    // After this line the command succeeds.
    const [firstUscc, secondUscc] = pairOf(a, b);
    const row: RelatedParties = {
      bookId: facts.bookId,
      relationId: id,
      firstUscc,
      secondUscc,
      holds: body.holds,
      validFrom,
      validTo,
      source: body.source,
      revision: nextRevision(facts.all(relationShelf, 'pair', [firstUscc, secondUscc])),
      recordedPerson: actor.personId,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'relation.recorded',
      subjectId: id,
      result: presentRelation(row),
      changes: [insert(relationShelf, row)],
    });
  },
};
