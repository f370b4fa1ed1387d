import type { ApiKey } from '../../db/tables.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Actor, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { personActing } from './admission.js';
import { keyShelf, memberShelf } from './facts.js';
import { presentKey, refusePublicKey } from './rules.js';

/** What the verb gets: the secret itself stays with the caller that made it (see routes.ts), only its hash comes along. */
export interface IssueKey {
  readonly id?: string;
  readonly expiresOn?: string | undefined;
  /** What it may write; [] for a key that only reads, undefined for whatever the member's role may. */
  readonly scope?: string[] | undefined;
  /** Whose each name of the scope is, from the routes: the key gets none that its member does not have. */
  readonly rolesOfScope?: ReadonlyMap<string, readonly string[]>;
  /** Of a key that signs: its public half, and then nothing of the secret is used. */
  readonly publicKey?: string | undefined;
  readonly made?: { readonly prefix: string; readonly secretHash: string; readonly secret: string };
}

/**
 * Issues an API key to a membership. The secret is shown once by the route, and never stored; a key that signs has none, and a natural person's
 * waits until somebody else confirms it. Refuses, in this order: NOT_FOUND, MEMBER_ENDED, KEY_EXPIRES_IN_PAST, KEY_SCOPE_BEYOND_ROLE,
 * PUBLIC_KEY_UNSOUND, PUBLIC_KEY_TAKEN.
 */
export const issueKey: Verb<IssueKey, ReturnType<typeof presentKey>> = {
  name: 'key.issue',
  money: false,

  async gather(loader, commands) {
    await Promise.all([
      loader.load(
        memberShelf,
        'id',
        commands.map(({ body }) => body.id ?? ''),
      ),
      gatherPublicKeys(loader, commands),
    ]);
  },

  decide({ id, actor, body, receivedAt, today }, facts) {
    const member = facts.get(memberShelf, body.id ?? '');
    if (!member || !body.made) return refused('NOT_FOUND');
    if (member.status === 'ENDED') return refused('MEMBER_ENDED');
    if (body.expiresOn !== undefined && body.expiresOn < today)
      return refused('KEY_EXPIRES_IN_PAST', { day: body.expiresOn }, '/expiresOn');
    const beyond = body.scope?.find((name) => !body.rolesOfScope?.get(name)?.includes(member.role));
    if (beyond !== undefined) return refused('KEY_SCOPE_BEYOND_ROLE', { role: member.role, name: beyond }, '/scope');
    const unfit = refuseTaken(facts, body.publicKey);
    if (unfit) return unfit;
    const row = keyRow({ id, actor, receivedAt, body, made: body.made }, { ...member, scope: body.scope ?? null });
    return accepted({ decision: 'key.issued', subjectId: id, result: presentKey(row), changes: [insert(keyShelf, row)] });
  },
};

/** Gathers whose these public halves are already. */
export const gatherPublicKeys = (loader: Loader, commands: readonly { readonly body: IssueKey }[]): Promise<unknown> =>
  loader.load(
    keyShelf,
    'publicKey',
    commands.flatMap(({ body }) => body.publicKey ?? []),
  );

/** Refuses PUBLIC_KEY_UNSOUND, and PUBLIC_KEY_TAKEN by any key of the book: whose signature it is must be plain. */
export function refuseTaken(facts: Facts, publicKey: string | undefined): Refused | null {
  if (publicKey === undefined) return null;
  const unsound = refusePublicKey(publicKey);
  if (unsound) return unsound;
  return facts.all(keyShelf, 'publicKey', publicKey).length > 0 ? refused('PUBLIC_KEY_TAKEN', {}, '/publicKey') : null;
}

/** A key as it is first, of this member. */
export const keyRow = (
  {
    id,
    actor,
    receivedAt,
    body,
    made,
  }: { id: string; actor: Actor; receivedAt: Date; body: IssueKey; made: NonNullable<IssueKey['made']> },
  of: { readonly bookId: string; readonly memberId: string; readonly scope: readonly string[] | null },
): ApiKey => ({
  bookId: of.bookId,
  keyId: id,
  memberId: of.memberId,
  prefix: made.prefix,
  secretHash: body.publicKey === undefined ? made.secretHash : null,
  expiresOn: body.expiresOn ?? null,
  revokedAt: null,
  recordedAt: receivedAt.toISOString(),
  scope: of.scope,
  successorId: null,
  publicKey: body.publicKey ?? null,
  issuedPerson: personActing(actor),
  confirmedPerson: null,
});
