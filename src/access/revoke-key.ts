import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { keyShelf } from './facts.js';
import { presentKey } from './rules.js';

/** Revokes an API key; revoking it again is refused, so that the record names one moment. */
export const revokeKey: Verb<{ id?: string }, ReturnType<typeof presentKey>> = {
  name: 'key.revoke',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      keyShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide({ body, receivedAt }, facts) {
    const key = facts.get(keyShelf, body.id ?? '');
    if (!key) return refused('NOT_FOUND');
    if (key.revokedAt !== null) return refused('KEY_REVOKED');
    const row = { ...key, revokedAt: receivedAt.toISOString() };
    return accepted({ decision: 'key.revoked', subjectId: key.keyId, result: presentKey(row), changes: [update(keyShelf, row)] });
  },
};
