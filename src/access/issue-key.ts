import type { ApiKey } from '../../db/tables.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { keyShelf, memberShelf } from './facts.js';
import { presentKey } from './rules.js';

/** What the verb gets: the secret itself stays with the caller that made it (see routes.ts), only its hash comes along. */
export interface IssueKey {
  readonly id?: string;
  readonly expiresOn?: string | undefined;
  /** What it may write; [] for a key that only reads, undefined for whatever the member's role may. */
  readonly scope?: string[] | undefined;
  /** Whose each name of the scope is, from the routes: the key gets none that its member does not have. */
  readonly rolesOfScope?: ReadonlyMap<string, readonly string[]>;
  readonly made?: { readonly prefix: string; readonly secretHash: string; readonly secret: string };
}

/** Issues an API key to a membership. The secret is shown once by the route, and never stored. */
export const issueKey: Verb<IssueKey, ReturnType<typeof presentKey>> = {
  name: 'key.issue',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      memberShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide({ id, body, receivedAt, today }, facts) {
    const member = facts.get(memberShelf, body.id ?? '');
    if (!member || !body.made) return refused('NOT_FOUND');
    if (member.status === 'ENDED') return refused('MEMBER_ENDED');
    if (body.expiresOn !== undefined && body.expiresOn < today)
      return refused('KEY_EXPIRES_IN_PAST', { day: body.expiresOn }, '/expiresOn');
    const beyond = body.scope?.find((name) => !body.rolesOfScope?.get(name)?.includes(member.role));
    if (beyond !== undefined) return refused('KEY_SCOPE_BEYOND_ROLE', { role: member.role, name: beyond }, '/scope');
    const row: ApiKey = {
      bookId: facts.bookId,
      keyId: id,
      memberId: member.memberId,
      prefix: body.made.prefix,
      secretHash: body.made.secretHash,
      expiresOn: body.expiresOn ?? null,
      revokedAt: null,
      recordedAt: receivedAt.toISOString(),
      scope: body.scope ?? null,
      successorId: null,
    };
    return accepted({ decision: 'key.issued', subjectId: id, result: presentKey(row), changes: [insert(keyShelf, row)] });
  },
};
