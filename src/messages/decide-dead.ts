import type { z } from 'zod';
import type { OutboxMessage } from '../../db/tables.js';
import type { letGoMessage as letGoBody } from '../../schemas/messages.js';
import { update } from '../ledger/facts.js';
import type { Loader } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { outboxShelf } from './facts.js';
import { presentOutbox, refuseMessage } from './rules.js';

type Id = { readonly id?: string };
type Shown = ReturnType<typeof presentOutbox>;

const gather = async (loader: Loader, commands: readonly Command<Id>[]): Promise<void> => {
  await loader.load(
    outboxShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );
};

const deciding = <Body extends Id>(
  verb: 'retry' | 'let-go',
  decision: string,
  after: (row: OutboxMessage, body: Body) => OutboxMessage,
): Verb<Body, Shown> => ({
  name: `message.${verb}`,
  money: false,
  gather,
  decide({ body }, facts) {
    const row = facts.get(outboxShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrongState = refuseMessage(row, verb);
    if (wrongState) return wrongState;
    // After this line the command succeeds.
    const decided = after(row, body);
    return accepted({
      decision,
      subjectId: row.messageId,
      result: presentOutbox(decided),
      changes: [update(outboxShelf, decided)],
    });
  },
});

/** Due at once, by whichever clock. */
const longAgo = '1970-01-01T00:00:00.000Z';

/** A dead message is tried again, as if for the first time. Refuses NOT_FOUND, MESSAGE_WRONG_STATE. */
export const retryMessage = deciding<Id>('retry', 'message.retried', (row) => ({
  ...row,
  status: 'WAITING',
  attempts: 0,
  nextAt: longAgo,
}));

/** A dead message is not delivered, for a reason; what is told about its subject after it goes on. Refuses as `retryMessage`. */
export const letGoMessage = deciding<z.output<typeof letGoBody> & Id>('let-go', 'message.let_go', (row, { reason }) => ({
  ...row,
  status: 'LET_GO',
  failure: reason,
}));
