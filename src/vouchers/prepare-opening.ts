import type { OpeningBalance } from '../../db/tables.js';
import type { OpeningContent } from '../../schemas/opening-balances.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { versionName } from '../programmes/published.js';
import { openingShelf } from './facts.js';
import { gatherOpenings, normalised, readOpening } from './openings.js';
import { openingDigestOf, presentOpening } from './rules.js';

/** Prepares an opening balance; nothing is booked before another person approves it. Refuses OPENING_EXISTS and what readOpening does. */
export const prepareOpening: Verb<OpeningContent & { id?: string }, ReturnType<typeof presentOpening>> = {
  name: 'opening.prepare',
  money: true,

  async gather(loader, commands) {
    const contents = commands.map(({ body }) => normalised(body));
    const days = [...new Set(commands.map(({ today }) => today))];
    await loader.load(openingShelf, 'content', contents.map(openingDigestOf));
    for (const day of days) await gatherOpenings(loader, contents, day);
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const content = normalised(body);
    const contentDigest = openingDigestOf(content);
    const same = facts.one(openingShelf, 'content', contentDigest);
    if (same) return refused('OPENING_EXISTS', { openingBalanceId: same.openingBalanceId });
    const opening = readOpening(facts, content, today);
    if (opening.kind === 'refused') return opening;
    // After this line the command succeeds.
    const row: OpeningBalance = {
      bookId: facts.bookId,
      openingBalanceId: id,
      kind: content.kind,
      content,
      contentDigest,
      status: 'PREPARED',
      preparedPerson: actor.personId,
      approvedPerson: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'opening.prepared',
      subjectId: id,
      programmeVersion: versionName(opening.version),
      result: presentOpening(row),
      changes: [insert(openingShelf, row)],
    });
  },
};
