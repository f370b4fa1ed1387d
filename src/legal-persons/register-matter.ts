import type { z } from 'zod';
import type { MatterRegistration } from '../../db/tables.js';
import type { registerMatter as body } from '../../schemas/matters.js';
import type { Facts } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { readUscc, validUsccs } from '../uscc.js';
import { enterpriseLegalPerson, gatherLegalPersons, registrationShelf } from './facts.js';
import { presentMatter } from './rules.js';

type Body = z.output<typeof body>;

/** The code of whose matter it is: a member's own, unless it says of which of its firms; the bureau says it. */
const usccOf = ({ body, actor }: Pick<Command<Body>, 'body' | 'actor'>): string | undefined =>
  body.uscc ?? actor.legalPersonUscc ?? undefined;

/** Whose matter it is. An enterprise registers for its own legal person; of any other it is told what it is told of none. */
function legalPersonOf(facts: Facts, command: Pick<Command<Body>, 'body' | 'actor'>): { kind: 'found'; uscc: string } | Refused {
  const { actor } = command;
  const given = usccOf(command);
  if (given === undefined) return refused('MISSING_FIELD', {}, '/uscc');
  const code = readUscc(given, '/uscc');
  if (code.kind === 'refused') return code;
  const uscc = enterpriseLegalPerson(facts, code.uscc);
  if (uscc === undefined || (actor.legalPersonUscc !== null && uscc !== actor.legalPersonUscc)) {
    return refused('ENTERPRISE_UNKNOWN', { uscc: code.uscc }, '/uscc');
  }
  return { kind: 'found', uscc };
}

/**
 * Registers that a matter (a project, product, standard or series of awards, by its code) is a legal person's: an enterprise for its
 * own, a reviewer for any. It may be named once another person of the bureau has confirmed it. Whether others have it on record is not
 * told. Refuses MISSING_FIELD, the code's own, ENTERPRISE_UNKNOWN, MATTER_REGISTERED.
 */
export const registerMatter: Verb<Body, ReturnType<typeof presentMatter>> = {
  name: 'matter.register',
  money: false,

  async gather(loader, commands) {
    await gatherLegalPersons(loader, validUsccs(commands.flatMap((command) => usccOf(command) ?? [])));
    await loader.load(
      registrationShelf,
      'own',
      commands.flatMap((command) => {
        const { kind, code } = command.body;
        const of = legalPersonOf(loader.facts, command);
        return of.kind === 'found' ? [[of.uscc, kind, code]] : [];
      }),
    );
  },

  decide(command, facts) {
    const { id, body, actor, receivedAt } = command;
    const of = legalPersonOf(facts, command);
    if (of.kind === 'refused') return of;
    const { kind, code } = body;
    const live = facts
      .all(registrationShelf, 'own', [of.uscc, kind, code])
      .find(({ status }) => status === 'REGISTERED' || status === 'CONFIRMED');
    if (live) return refused('MATTER_REGISTERED', { matter: kind, code, state: live.status }, '/code');
    // After this line the command succeeds.
    const row: MatterRegistration = {
      bookId: facts.bookId,
      registrationId: id,
      kind,
      code,
      name: body.name,
      documentNo: body.documentNo,
      legalPersonUscc: of.uscc,
      status: 'REGISTERED',
      holder: null,
      registeredPerson: actor.personId,
      confirmedPerson: null,
      confirmedOn: null,
      closedPerson: null,
      closedOn: null,
      reason: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'matter.registered',
      subjectId: id,
      result: presentMatter(row),
      changes: [insert(registrationShelf, row)],
    });
  },
};
