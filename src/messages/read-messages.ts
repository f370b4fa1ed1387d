import type { z } from 'zod';
import type { readMessages as body } from '../../schemas/messages.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { messageReadShelf, messageShelf } from './facts.js';
import { addresseeOf } from './rules.js';

const readIdOf = (messageId: string, memberId: string): string => `${messageId} ${memberId}`;

/** A member marks messages as read, each once however often it says so. Refuses NOT_FOUND (one that is not the member's likewise). */
export const readMessages: Verb<z.output<typeof body>, { read: number }> = {
  name: 'message.read',
  money: false,

  async gather(loader, commands) {
    await Promise.all([
      loader.load(
        messageShelf,
        'id',
        commands.flatMap(({ body }) => body.messageIds),
      ),
      loader.load(
        messageReadShelf,
        'id',
        commands.flatMap(({ body, actor }) => body.messageIds.map((id) => readIdOf(id, actor.memberId))),
      ),
    ]);
  },

  decide({ body, actor, receivedAt }, facts) {
    const { memberId } = actor;
    const [first] = body.messageIds;
    if (first === undefined) throw new Error('the schema let an empty list through');
    for (const [index, id] of body.messageIds.entries()) {
      if (facts.get(messageShelf, id)?.addressee !== addresseeOf(actor)) return refused('NOT_FOUND', {}, `/messageIds/${index}`);
    }
    // After this line the command succeeds.
    const unread = [...new Set(body.messageIds)].filter((id) => !facts.get(messageReadShelf, readIdOf(id, memberId)));
    return accepted({
      decision: 'messages.read',
      subjectId: first,
      result: { read: unread.length },
      changes: unread.map((messageId) =>
        insert(messageReadShelf, {
          bookId: facts.bookId,
          readId: readIdOf(messageId, memberId),
          messageId,
          memberId,
          readAt: receivedAt.toISOString(),
        }),
      ),
    });
  },
};
