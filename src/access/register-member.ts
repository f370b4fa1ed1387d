import type { z } from 'zod';
import type { Member, Person } from '../../db/tables.js';
import type { registerMember as body } from '../../schemas/access.js';
import type { Change } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { readUscc } from '../uscc.js';
import { memberShelf, personShelf } from './facts.js';
import { presentMember } from './rules.js';

type Body = z.output<typeof body>;

/**
 * Makes a membership: of a new person (`personName`) or of one the book knows (`personId`). One person may have several
 * memberships, and remains one pair of eyes.
 */
export const registerMember: Verb<Body, ReturnType<typeof presentMember>> = {
  name: 'member.register',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      personShelf,
      'id',
      commands.flatMap(({ body }) => body.personId ?? []),
    );
  },

  decide({ id, body, receivedAt, newId }, facts) {
    if ((body.personId === undefined) === (body.personName === undefined)) return refused('PERSON_OR_NAME', {}, '/personId');
    const forTrade = body.role === 'enterprise' || body.role === 'provider';
    if (forTrade !== (body.legalPersonUscc !== undefined)) return refused('MEMBER_LEGAL_PERSON', {}, '/legalPersonUscc');
    const code = body.legalPersonUscc === undefined ? undefined : readUscc(body.legalPersonUscc, '/legalPersonUscc');
    if (code?.kind === 'refused') return code;
    const known = body.personId === undefined ? undefined : facts.get(personShelf, body.personId);
    if (body.personId !== undefined && !known) return refused('NOT_FOUND', {}, '/personId');

    const recordedAt = receivedAt.toISOString();
    const person: Person = known ?? { bookId: facts.bookId, personId: newId(), name: body.personName ?? '', recordedAt };
    const row: Member = {
      bookId: facts.bookId,
      memberId: id,
      personId: person.personId,
      kind: body.kind,
      role: body.role,
      legalPersonUscc: code?.uscc ?? null,
      status: 'ACTIVE',
      recordedAt,
    };
    const changes: Change[] = [...(known ? [] : [insert(personShelf, person)]), insert(memberShelf, row)];
    return accepted({ decision: 'member.registered', subjectId: id, result: presentMember(row, person.name), changes });
  },
};
