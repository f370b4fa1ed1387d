// Roles of a book's own: proposed by one person, approved by another, as entries of the book.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { CustomRole } from '../../db/tables.js';
import type { approveRole as approveBody, customRole, proposeRole as proposeBody, Role, roleTold } from '../../schemas/access.js';
import { formatInstant } from '../calendar.js';
import type { Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { life, refuseStep } from '../lives.js';
import { customRoleShelf } from './facts.js';
import type { Rights } from './rights.js';
import { actingRole, builtIn, refuseParts } from './rights.js';

type Result = z.input<typeof customRole>;
interface Id {
  readonly id?: string;
}

const roleLife = life({
  of: 'role',
  code: 'ROLE_WRONG_STATE',
  states: { PROPOSED: ['approve', 'withdraw'], ACTIVE: [], SUPERSEDED: [], WITHDRAWN: [] },
});

export const presentRole = ({ bookId: _, parts, rights, recordedAt, ...row }: CustomRole): Result => ({
  ...row,
  parts: [...parts],
  rights: rights === null ? null : [...rights],
  recordedAt: formatInstant(new Date(recordedAt)),
});

type Told = z.input<typeof roleTold>;
type Verbs = ReadonlyMap<string, readonly string[]>;

/** A built-in role with its verbs, by which roles each verb is for. */
export const tellBuiltIn = (code: Role, verbs: Verbs): Told => ({
  code,
  name: null,
  parts: [code],
  readOnly: false,
  verbs: verbsOf(builtIn(code), verbs),
});

/** A role of the book's own: of its parts' verbs those that it is not cut down from. */
export const tellOwn = ({ code, name, parts, rights, readOnly }: CustomRole, verbs: Verbs): Told => ({
  code,
  name,
  parts: [...parts],
  readOnly,
  verbs: verbsOf({ parts, rights, readOnly }, verbs),
});

const verbsOf = (of: Rights, verbs: Verbs): string[] =>
  [...verbs].flatMap(([verb, roles]) => (actingRole(of, { roles, reads: false, verb }) === undefined ? [] : [verb])).sort();

/** What is approved: SHA-256 (hex) of the JSON array of code, name, parts, rights and whether it only reads. */
const digestOf = (of: Pick<CustomRole, 'code' | 'name' | 'parts' | 'rights' | 'readOnly'>): string =>
  createHash('sha256')
    .update(JSON.stringify([of.code, of.name, of.parts, of.rights, of.readOnly]))
    .digest('hex');

/** Proposes a role, or a further version of one. Refuses ROLE_COMBINES_TRADE, ROLE_MAKES_AND_APPROVES. */
export const proposeRole: Verb<z.output<typeof proposeBody>, Result> = {
  name: 'role.propose',
  money: false,
  gather: () => Promise.resolve(),

  decide({ id, body, actor, today, receivedAt }, facts) {
    const wrong = refuseParts(body);
    if (wrong) return wrong;
    // After this line the command succeeds.
    const said = {
      code: body.code,
      name: body.name,
      parts: [...new Set(body.parts)],
      rights: body.rights ?? null,
      readOnly: body.readOnly,
    };
    const row: CustomRole = {
      bookId: facts.bookId,
      customRoleId: id,
      code: said.code,
      name: said.name,
      parts: said.parts,
      rights: said.rights,
      readOnly: said.readOnly,
      digest: digestOf(said),
      status: 'PROPOSED',
      proposedPerson: actor.personId,
      proposedOn: today,
      decidedPerson: null,
      decidedOn: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'role.proposed',
      subjectId: id,
      result: presentRole(row),
      changes: [insert(customRoleShelf, row)],
    });
  },
};

const gather = async (loader: Loader, commands: readonly Command<Id>[]): Promise<void> => {
  const rows = await loader.load(
    customRoleShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );
  await loader.load(
    customRoleShelf,
    'active',
    rows.map(({ code }) => [code, 'ACTIVE']),
  );
};

/** Approves a role that another person proposed, naming its digest. Refuses NOT_FOUND, ROLE_WRONG_STATE, FOUR_EYES, ROLE_CHANGED. */
export const approveRole: Verb<z.output<typeof approveBody> & Id, Result> = {
  name: 'role.approve',
  money: false,
  gather,

  decide({ body, actor, today }, facts) {
    const row = facts.get(customRoleShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrong = refuseStep(roleLife, row.status, 'approve');
    if (wrong) return wrong;
    if (isSamePerson(actor, row.proposedPerson)) return refused('FOUR_EYES');
    if (body.digest !== row.digest) return refused('ROLE_CHANGED', { digest: row.digest }, '/digest');
    // After this line the command succeeds.
    const before = facts.all(customRoleShelf, 'active', [row.code, 'ACTIVE']);
    const active: CustomRole = { ...row, status: 'ACTIVE', decidedPerson: actor.personId, decidedOn: today };
    return accepted({
      decision: 'role.approved',
      subjectId: row.customRoleId,
      approvalDigest: row.digest,
      result: presentRole(active),
      changes: [
        ...before.map((of) => update(customRoleShelf, { ...of, status: 'SUPERSEDED' as const })),
        update(customRoleShelf, active),
      ],
    });
  },
};

/** Takes a proposed role back. Refuses NOT_FOUND, ROLE_WRONG_STATE. */
export const withdrawRole: Verb<Id, Result> = {
  name: 'role.withdraw',
  money: false,
  gather,

  decide({ body, actor, today }, facts) {
    const row = facts.get(customRoleShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrong = refuseStep(roleLife, row.status, 'withdraw');
    if (wrong) return wrong;
    // After this line the command succeeds.
    const withdrawn: CustomRole = { ...row, status: 'WITHDRAWN', decidedPerson: actor.personId, decidedOn: today };
    return accepted({
      decision: 'role.withdrawn',
      subjectId: row.customRoleId,
      result: presentRole(withdrawn),
      changes: [update(customRoleShelf, withdrawn)],
    });
  },
};
