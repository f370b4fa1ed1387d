import type { Day } from '../calendar.js';
import { addDays } from '../calendar.js';
import { insert, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { keyShelf, memberShelf } from './facts.js';
import type { IssueKey } from './issue-key.js';
import { gatherPublicKeys, keyRow, refuseTaken } from './issue-key.js';
import { presentKey } from './rules.js';

/** A key that has a successor counts for so many days more at most. */
const overlapDays = 30;

export interface RotateKey extends IssueKey {
  /** The last day of the key that is followed, inclusive; a day on which it expires anyway stays if that is earlier. */
  readonly lastDay: Day;
}

/**
 * Issues the successor of a key, for the same member and with the same scope: no wider than what was decided for the first. Both count until
 * the end of `lastDay`. Refuses NOT_FOUND, KEY_REVOKED, KEY_ROTATED, KEY_EXPIRED, MEMBER_ENDED, KEY_OVERLAP (a last day that is past, or more than 30
 * days on), KEY_EXPIRES_IN_PAST, KEY_SIGNS where a bare one would follow a key that signs, PUBLIC_KEY_UNSOUND, PUBLIC_KEY_TAKEN.
 */
export const rotateKey: Verb<RotateKey, ReturnType<typeof presentKey>> = {
  name: 'key.rotate',
  money: false,

  async gather(loader, commands) {
    const [keys] = await Promise.all([
      loader.load(
        keyShelf,
        'id',
        commands.map(({ body }) => body.id ?? ''),
      ),
      gatherPublicKeys(loader, commands),
    ]);
    await loader.load(
      memberShelf,
      'id',
      keys.map(({ memberId }) => memberId),
    );
  },

  decide({ id, actor, body, receivedAt, today }, facts) {
    const key = facts.get(keyShelf, body.id ?? '');
    if (!key || !body.made) return refused('NOT_FOUND');
    if (key.revokedAt !== null) return refused('KEY_REVOKED');
    if (key.successorId !== null) return refused('KEY_ROTATED');
    if (key.expiresOn !== null && key.expiresOn < today) return refused('KEY_EXPIRED', { day: key.expiresOn });
    if (facts.get(memberShelf, key.memberId)?.status !== 'ACTIVE') return refused('MEMBER_ENDED');
    const latest = addDays(today, overlapDays);
    if (body.lastDay < today || body.lastDay > latest) return refused('KEY_OVERLAP', { from: today, to: latest }, '/lastDay');
    if (body.expiresOn !== undefined && body.expiresOn < today)
      return refused('KEY_EXPIRES_IN_PAST', { day: body.expiresOn }, '/expiresOn');
    if (key.publicKey !== null && body.publicKey === undefined) return refused('KEY_SIGNS', {}, '/publicKey');
    const unfit = refuseTaken(facts, body.publicKey);
    if (unfit) return unfit;
    // After this line the command succeeds.
    const successor = keyRow({ id, actor, receivedAt, body, made: body.made }, key);
    const expiresOn = key.expiresOn !== null && key.expiresOn < body.lastDay ? key.expiresOn : body.lastDay;
    return accepted({
      decision: 'key.rotated',
      subjectId: key.keyId,
      result: presentKey(successor),
      changes: [insert(keyShelf, successor), update(keyShelf, { ...key, expiresOn, successorId: id })],
    });
  },
};
