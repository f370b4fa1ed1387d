import type { z } from 'zod';
import type { Member, Person } from '../../db/tables.js';
import type { registerMember as body } from '../../schemas/access.js';
import type { Change } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { readUscc, validUsccs } from '../uscc.js';
import { personActing } from './admission.js';
import { gatherParties, refuseEnded } from './ended.js';
import { gatherIdentities, identityRow, refuseIdentity } from './identities.js';
import type { WithIdentity } from './identities.js';
import { customRoleShelf, identityShelf, memberShelf, personShelf } from './facts.js';
import { presentMember } from './rules.js';

type Body = z.output<typeof body> & WithIdentity;

/**
 * Makes a membership: of a new person (`personName`) or of one the book knows (`personId`). One person may have several
 * memberships, and remains one pair of eyes. One of the authorities counts once a second person has confirmed it (`confirmMember`). Refuses, after what is wrong with it as written, ENTERPRISE_CLOSED for a legal person that was
 * absorbed or has closed, naming its successor.
 */
export const registerMember: Verb<Body, ReturnType<typeof presentMember>> = {
  name: 'member.register',
  money: false,

  async gather(loader, commands) {
    const codes = validUsccs(commands.flatMap(({ body }) => body.legalPersonUscc ?? []));
    const [known] = await Promise.all([
      loader.load(
        personShelf,
        'id',
        commands.flatMap(({ body }) => body.personId ?? []),
      ),
      gatherIdentities(loader, commands),
      loader.load(
        customRoleShelf,
        'active',
        commands.flatMap(({ body }) => (body.customRole === undefined ? [] : [[body.customRole, 'ACTIVE']])),
      ),
      gatherParties(loader, codes),
    ]);
    await loader.load(
      personShelf,
      'id',
      known.flatMap(({ sameAs }) => sameAs ?? []),
    );
  },

  decide({ id, actor, body, receivedAt, newId }, facts) {
    if ((body.personId === undefined) === (body.personName === undefined)) return refused('PERSON_OR_NAME', {}, '/personId');
    const forTrade = body.role === 'enterprise' || body.role === 'provider';
    if (forTrade !== (body.legalPersonUscc !== undefined)) return refused('MEMBER_LEGAL_PERSON', {}, '/legalPersonUscc');
    const code = body.legalPersonUscc === undefined ? undefined : readUscc(body.legalPersonUscc, '/legalPersonUscc');
    if (code?.kind === 'refused') return code;
    const ended = code && refuseEnded(facts, body.role, code.uscc);
    if (ended) return ended;
    const named = body.personId === undefined ? undefined : facts.get(personShelf, body.personId);
    if (body.personId !== undefined && !named) return refused('NOT_FOUND', {}, '/personId');
    // A row that was merged stands for the one that stays.
    const known = named?.sameAs ? facts.get(personShelf, named.sameAs) : named;
    if (known && body.sealed !== undefined) return refused('IDENTITY_OF_KNOWN_PERSON', {}, '/identity');
    const [custom] = body.customRole === undefined ? [] : facts.all(customRoleShelf, 'active', [body.customRole, 'ACTIVE']);
    if (body.customRole !== undefined && !custom?.parts.includes(body.role)) return refused('ROLE_UNKNOWN', {}, '/customRole');
    const taken = refuseIdentity(facts, body.sealed);
    if (taken) return taken;

    const recordedAt = receivedAt.toISOString();
    const registeredPerson = personActing(actor);
    const person: Person = known ?? {
      bookId: facts.bookId,
      personId: newId(),
      name: body.personName ?? '',
      recordedAt,
      sameAs: null,
    };
    const row: Member = {
      bookId: facts.bookId,
      memberId: id,
      personId: person.personId,
      kind: body.kind,
      role: body.role,
      customRole: body.customRole ?? null,
      keysSign: false,
      legalPersonUscc: code?.uscc ?? null,
      status: forTrade || registeredPerson === null ? 'ACTIVE' : 'PROPOSED',
      recordedAt,
      registeredPerson,
      confirmedPerson: null,
    };
    const identity = body.sealed && identityRow(facts.bookId, newId(), person.personId, body.sealed, recordedAt);
    const changes: Change[] = [
      ...(known ? [] : [insert(personShelf, person)]),
      ...(identity ? [insert(identityShelf, identity)] : []),
      insert(memberShelf, row),
    ];
    return accepted({ decision: 'member.registered', subjectId: id, result: presentMember(row, person.name), changes });
  },
};
