// Telling beforehand what ends soon: daily, each thing once for each day on which it may end, exact however late it runs and however many
// processes do. What is told is an entry of the book, with the message that goes out.
import { createHash } from 'node:crypto';
import { calendarActor } from '../access/admission.js';
import type { Database } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { addDays, shanghaiDay } from '../calendar.js';
import type { DailyWork } from '../daily.js';
import { isAny } from '../daily.js';
import type { OpenBook } from '../http/parts.js';
import { firstId, inSlices } from '../in-slices.js';
import type { Facts, Loader, Shelf } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import { reminderRunShelf, reminderShelf } from './facts.js';
import type { MessageKind } from './kinds.js';

/** Something that ends on a day. */
export interface Ending {
  readonly endsOn: Day;
  readonly id: string;
}

export interface Reminder<Row> {
  readonly kind: MessageKind;
  /** How long before its day a thing is told of. */
  readonly days: number;
  readonly shelf: Shelf<Row>;
  /** Gathers what `told` looks at beside the rows themselves. */
  readonly gather: (loader: Loader, rows: readonly Row[]) => Promise<unknown>;
  readonly endsOn: (row: Row) => Day | null;
  /** Why there is nothing to tell of it any more, or null. */
  readonly refusal: (row: Row) => Refused | null;
  readonly told: (facts: Facts, row: Row) => readonly Message[];
  /**
   * What ends after `from`, on `to` at the latest, and was not told of yet, in order of days and ids, after one. What was is in
   * `reminders`, as kind, id and day.
   */
  readonly endingAfter: (
    db: Database,
    of: { bookId: string; kind: string; from: Day; to: Day; after: Ending },
  ) => Promise<readonly Ending[]>;
  /** Whether anything of a book ends in these days. */
  readonly isEnding: (db: Database, of: { bookId: string; from: Day; to: Day }) => Promise<boolean>;
}

const reminderIdOf = (kind: string, id: string, endsOn: Day): string => `${kind} ${id} ${endsOn}`;

/** The work of every day that reminds of things of a kind. */
export function reminding<Row>(of: Reminder<Row>): DailyWork {
  const verb = remindOf(of);
  const name = `remind:${of.kind}`;
  return {
    name,
    isDue: async ({ db, bookId, today }) => {
      const told = 'select from reminder_runs r where r.book_id = $1 and r.kind = $2 and r.through >= $3::date';
      if (await isAny(db, told, [bookId, of.kind, today])) return false;
      return of.isEnding(db, { bookId, from: today, to: addDays(today, of.days) });
    },
    async run({ book, clock, isStopping }) {
      const { db } = book;
      const today = shanghaiDay(clock.now());
      const between = { bookId: book.bookId, kind: of.kind, from: today, to: addDays(today, of.days) };
      const { done, isAll } = await inSlices({
        book,
        clock,
        isStopping,
        name,
        verb,
        dueAfter: (after: Ending | undefined) =>
          of.endingAfter(db, { ...between, after: after ?? { endsOn: today, id: firstId } }),
        idOf: ({ id }) => id,
        refusal: (facts, id) => refusalOf(of, facts, id),
      });
      if (isAll) await toldThrough(book, of.kind, today);
      return done;
    },
  };
}

function refusalOf<Row>(of: Reminder<Row>, facts: Facts, id: string): Refused | null {
  const row = facts.get(of.shelf, id);
  const endsOn = row === undefined ? null : of.endsOn(row);
  if (row === undefined || endsOn === null) return refused('NOT_FOUND');
  if (facts.get(reminderShelf, reminderIdOf(of.kind, id, endsOn))) return refused('REMINDED_ALREADY', { endsOn });
  return of.refusal(row);
}

/** Tells of one thing. Refuses NOT_FOUND, REMINDED_ALREADY, what its life does. */
const remindOf = <Row>(of: Reminder<Row>): Verb<{ id?: string }, object> => ({
  name: `${of.kind}.remind`,
  money: false,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const rows = await loader.load(of.shelf, 'id', ids);
    await Promise.all([
      of.gather(loader, rows),
      loader.load(
        reminderShelf,
        'id',
        ids.flatMap((id) => {
          const row = loader.facts.get(of.shelf, id);
          const endsOn = row === undefined ? null : of.endsOn(row);
          return endsOn === null ? [] : [reminderIdOf(of.kind, id, endsOn)];
        }),
      ),
    ]);
  },

  decide({ body: { id = '' }, today }, facts) {
    const wrong = refusalOf(of, facts, id);
    if (wrong) return wrong;
    const row = facts.get(of.shelf, id);
    const endsOn = row === undefined ? null : of.endsOn(row);
    if (row === undefined || endsOn === null) return refused('NOT_FOUND');
    // After this line the command succeeds.
    return accepted({
      decision: `${of.kind}.reminded`,
      subjectId: id,
      result: {},
      changes: [insert(reminderShelf, { bookId: facts.bookId, reminderId: reminderIdOf(of.kind, id, endsOn), toldOn: today })],
      messages: of.told(facts, row),
    });
  },
});

/** Records that all of a kind was told through a day: what looks what is due goes on from there. */
export async function toldThrough(book: OpenBook, kind: MessageKind, through: Day): Promise<void> {
  const name = `remind:${kind}:${through}`;
  await book.lane.submit(recordRun, {
    body: { kind, through },
    actor: calendarActor,
    key: name,
    requestDigest: createHash('sha256').update(name).digest('hex'),
  });
}

/** That all of a kind was told for a day. Where another process was first, nothing is left to say. */
const recordRun: Verb<{ kind: string; through: Day }, object> = {
  name: 'reminders.record-run',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      reminderRunShelf,
      'id',
      commands.map(({ body }) => body.kind),
    );
  },

  decide({ id, body: { kind, through }, receivedAt }, facts) {
    const before = facts.get(reminderRunShelf, kind);
    const row = { bookId: facts.bookId, kind, through, recordedAt: receivedAt.toISOString() };
    const isNewer = before === undefined || before.through < through;
    return accepted({
      decision: 'reminders.sent',
      subjectId: id,
      result: {},
      changes: isNewer ? [before ? update(reminderRunShelf, row) : insert(reminderRunShelf, row)] : [],
    });
  },
};
