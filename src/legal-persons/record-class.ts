import type { z } from 'zod';
import type { LegalPersonClass } from '../../db/tables.js';
import type { recordClass as body } from '../../schemas/legal-persons.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { readUscc, validUsccs } from '../uscc.js';
import { classShelf, enterpriseLegalPerson, gatherLegalPersons } from './facts.js';
import { nextRevision, presentClass } from './rules.js';

type Body = z.output<typeof body>;

/**
 * Records that an enterprise's legal person is in a class (or is not) from a day to a day, both inclusive. Nothing is changed: a
 * further record that begins on the same day or later holds from its own day on. Refuses the code's own, ENTERPRISE_UNKNOWN,
 * PERIOD_ENDS_BEFORE_START.
 */
export const recordClass: Verb<Body, ReturnType<typeof presentClass>> = {
  name: 'class.record',
  money: false,

  async gather(loader, commands) {
    const codes = validUsccs(commands.map(({ body }) => body.uscc));
    await gatherLegalPersons(loader, codes);
    const legalPersons = codes.flatMap((code) => enterpriseLegalPerson(loader.facts, code) ?? []);
    await loader.load(classShelf, 'legalPerson', legalPersons);
  },

  decide({ id, body, actor, receivedAt }, facts) {
    const code = readUscc(body.uscc, '/uscc');
    if (code.kind === 'refused') return code;
    const legalPersonUscc = enterpriseLegalPerson(facts, code.uscc);
    if (legalPersonUscc === undefined) return refused('ENTERPRISE_UNKNOWN', { uscc: code.uscc }, '/uscc');
    const { validFrom, validTo = null } = body;
    if (validTo !== null && validTo < validFrom) {
      return refused('PERIOD_ENDS_BEFORE_START', { from: validFrom, to: validTo }, '/validTo');
    }
    // After this line the command succeeds.
    const before = facts.all(classShelf, 'legalPerson', legalPersonUscc).filter((of) => of.class === body.class);
    const row: LegalPersonClass = {
      bookId: facts.bookId,
      classRecordId: id,
      legalPersonUscc,
      class: body.class,
      holds: body.holds,
      validFrom,
      validTo,
      documentNo: body.documentNo,
      revision: nextRevision(before),
      recordedPerson: actor.personId,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'class.recorded',
      subjectId: id,
      result: presentClass(row),
      changes: [insert(classShelf, row)],
    });
  },
};
