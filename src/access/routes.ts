import { and, asc, eq, gt } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { apiKeys, keyUses, members, persons } from '../../db/tables.js';
import {
  apiKeyIssued,
  apiKeyListed,
  apiKeyRecorded,
  issueKey as issueKeyBody,
  member,
  memberRecorded,
  registerMember as registerBody,
  rotateKey as rotateKeyBody,
  setKeysSign as setKeysSignBody,
} from '../../schemas/access.js';
import { page, pageQuery } from '../../schemas/common.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { command, everyRole, idOfCursor, pageOf, reading } from '../http/routes.js';
import { confirmKey } from './confirm-key.js';
import { confirmMember } from './confirm-member.js';
import { endMember } from './end-member.js';
import type { IssueKey } from './issue-key.js';
import { digestedIdentity, sealIdentity } from './identities.js';
import { issueKey } from './issue-key.js';
import { makeKey } from './principal.js';
import { registerMember } from './register-member.js';
import { revokeKey } from './revoke-key.js';
import type { RotateKey } from './rotate-key.js';
import { rotateKey } from './rotate-key.js';
import { presentKey, presentMember, scopeCovers } from './rules.js';
import { setKeysSign } from './set-keys-sign.js';

const tag = 'members';
const empty = z.strictObject({});

/** A secret leaves with the answer that made it; of a replay the secret made meanwhile belongs to no key. */
const showOnce = (result: object, { replayed, body }: { replayed: boolean; body: IssueKey }): object => ({
  ...result,
  secret: replayed || body.publicKey !== undefined ? null : (body.made?.secret ?? null),
});

/** Who has what a scope names. Refuses KEY_SCOPE_UNKNOWN. */
function rolesOfScope({ verbs }: Parts, scope: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    scope.map((name) => {
      const roles = [...verbs].flatMap(([verb, of]) => (scopeCovers([name], verb) ? of : []));
      if (roles.length === 0) throw new Problem('KEY_SCOPE_UNKNOWN', { name });
      return [name, roles];
    }),
  );
}

export function accessRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/members',
    tag,
    summary:
      'Register a member: a person (or machine) in a role. One of the authorities counts once a second person has confirmed it',
    roles: ['operator'],
    personOnly: true,
    stepUp: true,
    body: registerBody,
    response: memberRecorded,
    status: 201,
    verb: registerMember,
    prepare: ({ body, book }) => sealIdentity(parts.sealer, book.bookId, body),
    digested: (body) => digestedIdentity(parts.sealer, body),
  });

  command(app, parts, {
    url: '/members/:id/confirm',
    tag,
    summary: 'Confirm a membership of the authorities: neither who registered it nor whom it is of',
    roles: ['operator', 'approver'],
    personOnly: true,
    stepUp: true,
    body: empty,
    response: memberRecorded,
    status: 200,
    verb: confirmMember,
  });

  command(app, parts, {
    url: '/members/:id/end',
    tag,
    summary: 'End a membership; its keys stop working at once',
    roles: ['operator'],
    personOnly: true,
    stepUp: true,
    body: empty,
    response: memberRecorded,
    status: 200,
    verb: endMember,
  });

  command(app, parts, {
    url: '/members/:id/keys',
    tag,
    summary: 'Issue an API key; its secret is shown once. With a public key: one that signs requests (RFC 9421)',
    roles: ['operator'],
    personOnly: true,
    stepUp: true,
    body: issueKeyBody,
    response: apiKeyIssued,
    status: 201,
    verb: issueKey,
    prepare: ({ body }): IssueKey => ({ ...body, made: makeKey(), rolesOfScope: rolesOfScope(parts, body.scope ?? []) }),
    present: showOnce,
  });

  command(app, parts, {
    url: '/keys/:id/rotate',
    tag,
    summary:
      'Issue the successor of an API key, shown once; the old one counts beside it until the end of a last day, 30 days on at most',
    roles: ['operator'],
    personOnly: true,
    stepUp: true,
    body: rotateKeyBody,
    response: apiKeyIssued,
    status: 201,
    verb: rotateKey,
    prepare: ({ body }): RotateKey => ({ ...body, made: makeKey() }),
    present: showOnce,
  });

  command(app, parts, {
    url: '/keys/:id/revoke',
    tag,
    summary: 'Revoke an API key',
    roles: ['operator'],
    stepUp: true,
    body: empty,
    response: apiKeyRecorded,
    status: 200,
    verb: revokeKey,
  });

  command(app, parts, {
    url: '/keys/:id/confirm',
    tag,
    summary: 'Confirm a person’s key that signs: the person itself or another operator, not who made it',
    roles: everyRole,
    personOnly: true,
    stepUp: true,
    body: empty,
    response: apiKeyRecorded,
    status: 200,
    verb: confirmKey,
  });

  command(app, parts, {
    url: '/members/:id/set-keys-sign',
    tag,
    summary: 'Say whether the keys of a member must sign; then a bare one of it is refused',
    roles: ['operator'],
    personOnly: true,
    stepUp: true,
    body: setKeysSignBody,
    response: memberRecorded,
    status: 200,
    verb: setKeysSign,
  });

  reading(app, {
    url: '/members',
    sensitive: true,
    tag,
    summary: 'List members',
    roles: ['operator', 'auditor'],
    query: pageQuery,
    response: page(member),
    read: async ({ db, query, book }) => {
      const after = idOfCursor(query.cursor);
      const rows = await db.drizzle
        .select({ member: members, name: persons.name })
        .from(members)
        .innerJoin(persons, and(eq(persons.bookId, members.bookId), eq(persons.personId, members.personId)))
        .where(and(eq(members.bookId, book.bookId), after === undefined ? undefined : gt(members.memberId, after)))
        .orderBy(asc(members.memberId))
        .limit(query.limit + 1);
      return pageOf(
        rows,
        query.limit,
        (row) => row.member.memberId,
        (row) => presentMember(row.member, row.name),
      );
    },
  });

  reading(app, {
    url: '/members/:id/keys',
    sensitive: true,
    tag,
    summary: 'The API keys of a member, without their secrets, with the last day each was used',
    roles: ['operator', 'auditor'],
    response: z.strictObject({ items: z.array(apiKeyListed) }),
    read: async ({ db, id, book }) => {
      const rows = await db.drizzle
        .select({ key: apiKeys, lastUsedOn: keyUses.lastUsedOn })
        .from(apiKeys)
        .leftJoin(keyUses, and(eq(keyUses.bookId, apiKeys.bookId), eq(keyUses.keyId, apiKeys.keyId)))
        .where(and(eq(apiKeys.bookId, book.bookId), eq(apiKeys.memberId, id)))
        .orderBy(asc(apiKeys.keyId));
      return { items: rows.map(({ key, lastUsedOn }) => ({ ...presentKey(key), lastUsedOn })) };
    },
  });

  reading(app, {
    url: '/me',
    tag,
    summary: 'Who this key speaks for',
    roles: everyRole,
    response: z.strictObject({
      book: z.string(),
      bookName: z.string(),
      memberId: z.string(),
      personId: z.string(),
      kind: z.string(),
      role: z.string(),
      legalPersonUscc: z.string().nullable(),
    }),
    read: async ({ book, principal }) => ({
      book: book.code,
      bookName: book.name,
      memberId: principal.memberId,
      personId: principal.personId,
      kind: principal.kind,
      role: principal.role,
      legalPersonUscc: principal.legalPersonUscc,
    }),
  });
}
