// Messages outside the lane: taken, delivered, found.
import { and, asc, desc, eq, gt, lt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { DeliveredMessage, OutboxMessage } from '../../db/tables.js';
import { messages, outbox } from '../../db/tables.js';
import { mostAttempts, retryAfterSeconds } from './rules.js';

/** How long whoever took a message has for it, by the database's clock; then it is anybody's again. */
const leaseSeconds = 30;

export type TakenMessage = Pick<
  OutboxMessage,
  'bookId' | 'messageId' | 'kind' | 'subjectKind' | 'subjectId' | 'toRole' | 'toParty' | 'params' | 'alike' | 'stagedAt'
> & { readonly ledgerSeq: bigint; readonly attempts: number };

/** Books that have something to deliver now. */
export async function booksWithMessages(db: Database): Promise<string[]> {
  const rows = await db.sql.prepared<{ bookId: string }[]>(
    'select book_id as "bookId" from books_with_messages() as book_id',
    [],
  );
  return rows.map(({ bookId }) => bookId);
}

/** Of how many subjects messages are taken at once, and how many in all. */
const mostSubjects = 200;
const mostMessages = 1_000;

/**
 * The messages `u` of a statement ($1 is the book) put where their addressees find them, in the order of the ledger; one that is there already
 * stays as it is. A party is its side of the trade with the legal person that it belongs to now: what was told to a branch is its legal
 * person's, what was told to one that was absorbed, its successor's.
 */
const putInOrder = `insert into messages (book_id, message_id, addressee, kind, subject_kind, subject_id, params, alike, ledger_seq, staged_at)
     select $1, u.message_id,
            coalesce(u.to_role,
                     (with recursive follows (uscc, successor) as (
                        select e.legal_person_uscc, e.successor_uscc from enterprises e where e.book_id = $1 and e.enterprise_id = u.to_party
                        union
                        select n.legal_person_uscc, n.successor_uscc
                          from follows f join enterprises n on n.book_id = $1 and n.uscc = f.successor)
                      select 'enterprise:' || f.uscc from follows f where f.successor is null),
                     (select 'provider:' || p.acting_uscc from providers p where p.book_id = $1 and p.provider_id = u.to_party)),
            u.kind, u.subject_kind, u.subject_id, u.params, u.alike, u.ledger_seq, u.staged_at
       from u order by u.ledger_seq, u.place
         on conflict (book_id, message_id) do nothing`;

/**
 * Messages of a book that are due ($1 is the book, $2 of how many subjects, $3 how many in all), as `first` and `due` of a statement: of a subject
 * the first that is neither delivered nor let go, and with it those that follow, in their order. Whoever has locked the first keeps all others
 * from what follows, so nothing is delivered before what was told earlier of the same thing, in whichever process.
 *
 * Only indexes are gone by (`plan_by_index`), however these tables have grown since a plan was made: the first of a subject comes from the one
 * index that has that order. Read by any other, each message is held against each that waits.
 */
const dueMessages = `first as materialized (
         select o.subject_id, o.next_at from outbox o
          where o.book_id = $1 and o.status = 'WAITING' and o.next_at <= clock_timestamp()
            and o.message_id = (select e.message_id from outbox e
                                 where e.book_id = o.book_id and (e.subject_id, e.ledger_seq, e.place) >= (o.subject_id, 0, 0)
                                   and e.status in ('WAITING', 'DEAD')
                                 order by e.subject_id, e.ledger_seq, e.place limit 1)
          order by o.next_at limit $2 for update of o skip locked
       ), due as materialized (
         select q.message_id from first f
          cross join lateral (select e.message_id, e.status, e.ledger_seq, e.place from outbox e
                               where e.book_id = $1 and e.subject_id = f.subject_id and e.status in ('WAITING', 'DEAD')
                               order by e.subject_id, e.ledger_seq, e.place limit $3) q
          where q.status = 'WAITING'
          order by f.next_at, f.subject_id, q.ledger_seq, q.place limit $3
       )`;

/**
 * Said so that no index can be gone by but that of the message: by those of what waits, whose statistics are of a time when nothing did, each
 * message would be looked for among all that wait.
 */
const stillWaits = `t.status is not distinct from 'WAITING'`;

/** Takes messages that are due, and that nobody else holds, for `owner`. */
export const takeMessages = async (db: Database, of: { bookId: string; owner: string }): Promise<TakenMessage[]> => {
  const taken = await db.begin(async (tx) => {
    await tx.sql.prepared('select plan_by_index()', []);
    return tx.sql.prepared<(TakenMessage & { readonly place: number })[]>(
      `with ${dueMessages}
       update outbox t set attempts = t.attempts + 1, lease_owner = $4, next_at = clock_timestamp() + make_interval(secs => ${leaseSeconds})
         from due where t.book_id = $1 and t.message_id = due.message_id
       returning t.book_id as "bookId", t.message_id as "messageId", t.kind, t.subject_kind as "subjectKind", t.subject_id as "subjectId",
                 t.to_role as "toRole", t.to_party as "toParty", t.params, t.alike, t.staged_at as "stagedAt",
                 t.ledger_seq as "ledgerSeq", t.place, t.attempts`,
      [of.bookId, mostSubjects, mostMessages, of.owner],
    );
  });
  return taken.sort((a, b) => (a.ledgerSeq === b.ledgerSeq ? a.place - b.place : a.ledgerSeq < b.ledgerSeq ? -1 : 1));
};

/**
 * Takes messages that are due, puts them where their addressees find them and settles them, at once and within the database: all that were
 * taken, how many, or none. Rejects when one of them cannot be delivered. Nothing waits for the disk: what a crash undoes is due again, and
 * whoever has read a message and marked it has it behind what is on the disk.
 */
export const passOn = async (db: Database, of: { bookId: string }): Promise<number> =>
  db.begin(async (tx) => {
    await tx.sql.prepared(`select plan_by_index(), set_config('synchronous_commit', 'off', true)`, []);
    const [row] = await tx.sql.prepared<{ passed: number }[]>(
      `with ${dueMessages}, u as (
         update outbox t set attempts = t.attempts + 1, status = 'DELIVERED', lease_owner = null, failure = null
           from due where t.book_id = $1 and t.message_id = due.message_id and ${stillWaits}
         returning t.*
       ), put as (${putInOrder})
       select count(*)::int as passed from u`,
      [of.bookId, mostSubjects, mostMessages],
    );
    return row?.passed ?? 0;
  });

/** They were not tried after all, for one before them did not arrive: due again at once, behind that one. */
export const giveBack = (db: Database, of: { bookId: string; owner: string; messageIds: readonly string[] }) =>
  db.sql.prepared(
    `update outbox t set attempts = t.attempts - 1, lease_owner = null, next_at = clock_timestamp()
       from unnest($3::uuid[]) as k (message_id)
      where t.book_id = $1 and t.message_id = k.message_id and t.lease_owner = $2 and ${stillWaits}`,
    [of.bookId, of.owner, of.messageIds],
  );

/** They have arrived. Those whose lease went to somebody else meanwhile are that one's to settle. */
export const settleDelivered = (db: Database, of: { bookId: string; owner: string; messageIds: readonly string[] }) =>
  db.sql.prepared(
    `update outbox t set status = 'DELIVERED', lease_owner = null, failure = null
       from unnest($3::uuid[]) as k (message_id)
      where t.book_id = $1 and t.message_id = k.message_id and t.lease_owner = $2 and ${stillWaits}`,
    [of.bookId, of.owner, of.messageIds],
  );

/** They have not: each is tried again later, and later each time, or is dead. */
export const settleFailed = (
  db: Database,
  of: { bookId: string; owner: string; messages: readonly TakenMessage[]; failure: string },
) =>
  db.sql.prepared(
    `update outbox t set lease_owner = null, failure = $3,
            status = case when k.wait is null then 'DEAD' else 'WAITING' end,
            next_at = clock_timestamp() + make_interval(secs => coalesce(k.wait, 0))
       from unnest($4::uuid[], $5::int[]) as k (message_id, wait)
      where t.book_id = $1 and t.message_id = k.message_id and t.lease_owner = $2 and ${stillWaits}`,
    [
      of.bookId,
      of.owner,
      of.failure.slice(0, 500),
      of.messages.map(({ messageId }) => messageId),
      of.messages.map(({ attempts }) => (attempts >= mostAttempts ? null : String(retryAfterSeconds(attempts)))),
    ],
  );

/** Puts messages where their addressees find them; one that is there already stays as it is. */
export async function putIntoInboxes(db: Database, of: { bookId: string; messages: readonly TakenMessage[] }): Promise<void> {
  const { bookId, messages: taken } = of;
  await db.sql.prepared(
    `with u as (
       select * from unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::json[], $9::int[], $10::bigint[], $11::timestamptz[])
         with ordinality as u (message_id, to_role, to_party, kind, subject_kind, subject_id, params, alike, ledger_seq, staged_at, place))
     ${putInOrder}`,
    [
      bookId,
      taken.map(({ messageId }) => messageId),
      taken.map(({ toRole }) => toRole),
      taken.map(({ toParty }) => toParty),
      taken.map(({ kind }) => kind),
      taken.map(({ subjectKind }) => subjectKind),
      taken.map(({ subjectId }) => subjectId),
      taken.map(({ params }) => JSON.stringify(params)),
      taken.map(({ alike }) => String(alike)),
      taken.map(({ ledgerSeq }) => ledgerSeq.toString()),
      taken.map(({ stagedAt }) => stagedAt),
    ],
  );
}

/** An addressee's messages, the latest first, `limit` + 1 of them after a cursor, each with when this member read it. */
export const listMessages = (
  db: Database,
  of: { bookId: string; addressee: string; memberId: string; after: string | undefined; limit: number },
): Promise<{ message: DeliveredMessage; readAt: string | null }[]> =>
  db.drizzle
    .select({
      message: messages,
      readAt: sql<string | null>`(select read_at from message_reads r
        where r.book_id = messages.book_id and r.message_id = messages.message_id and r.member_id = ${of.memberId})`,
    })
    .from(messages)
    .where(
      and(
        eq(messages.bookId, of.bookId),
        eq(messages.addressee, of.addressee),
        of.after === undefined ? undefined : lt(messages.messageId, of.after),
      ),
    )
    .orderBy(desc(messages.messageId))
    .limit(of.limit + 1);

/** Messages on their way that are in a state, in order of staging, `limit` + 1 of them after a cursor. */
export const listOutbox = (
  db: Database,
  of: { bookId: string; status: OutboxMessage['status']; after: string | undefined; limit: number },
): Promise<OutboxMessage[]> =>
  db.drizzle
    .select()
    .from(outbox)
    .where(
      and(
        eq(outbox.bookId, of.bookId),
        eq(outbox.status, of.status),
        of.after === undefined ? undefined : gt(outbox.messageId, of.after),
      ),
    )
    .orderBy(asc(outbox.messageId))
    .limit(of.limit + 1);
