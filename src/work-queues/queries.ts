// Pages of work queues: of each kind, and each state of it, as many rows in order as a page has, from an index; then these together.
import type { SQL } from 'drizzle-orm';
import { sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { planned } from '../../db/planned.js';
import { ownBy, type Principal } from '../access/principal.js';
import type { Day } from '../calendar.js';
import type { Fen } from '../money.js';
import type { Work } from './kinds.js';
import type { Position, Wanted } from './rules.js';
import { none } from './rules.js';

export interface FoundWork {
  readonly kind: Work['kind'];
  readonly subjectId: string;
  readonly subjectNo: string | null;
  readonly receivedOn: Day;
  readonly waitingSince: Day | null;
  /** 'infinity' for none. */
  readonly dueOn: Day;
  /** Below zero for none. */
  readonly amountFen: Fen;
}

/** An order: the column it goes by beside the id, what stands for none of it, and the direction. */
interface Order {
  readonly key: SQL | null;
  readonly none: SQL;
  readonly type: string;
  readonly descends: boolean;
}
function orderOf(work: Work, sort: Wanted['sort']): Order | null {
  if (sort === 'age') return null;
  const column = sort === 'amount' ? work.amountFen : work.dueOn;
  const key = column === null ? null : sql.raw(column);
  return sort === 'amount'
    ? { key, none: sql.raw(`(${none.amount})::bigint`), type: 'bigint', descends: true }
    : { key, none: sql.raw(`'${none.deadline}'::date`), type: 'date', descends: false };
}

const columnsOf = (work: Work): SQL => {
  const or = (column: string | null, other: string): SQL => sql.raw(column ?? other);
  return sql`${sql.raw(`'${work.kind}'`)}::text as kind, ${sql.raw(`t.${work.id}`)} as id, ${or(work.no, 'null')}::text as no,
    ${sql.raw(work.receivedOn)} as received_on, ${or(work.waitingSince, 'null')}::date as waiting_since,
    ${or(work.dueOn, `'${none.deadline}'`)}::date as due_on, ${or(work.amountFen, none.amount)}::bigint as amount_fen`;
};

/** What lies behind the position, and within the bound that is asked for. */
function bounds(work: Work, wanted: Wanted): { readonly parts: readonly SQL[]; readonly order: SQL } | null {
  const { sort, after, until, atLeastFen } = wanted;
  const id = sql.raw(`t.${work.id}`);
  const status = sql.raw('t.status');
  const order = orderOf(work, sort);
  if (order === null) {
    const parts = [sql`${id} > ${after?.id ?? first.id}::uuid`];
    // Ids are in order of making: what came in by the end of a day has an id before those of the next one.
    if (until !== undefined) parts.push(sql`${id} < ${wanted.idAfterUntil}::uuid`);
    return { parts, order: sql`${status}, ${id}` };
  }
  const { key, type, descends } = order;
  const [beyond, within, direction] = descends ? [sql`<`, sql`>=`, sql`desc`] : [sql`>`, sql`<=`, sql`asc`];
  const bound = sort === 'amount' ? (atLeastFen === undefined ? undefined : String(atLeastFen)) : until;
  const by = sql`${status} ${direction}, ${key === null ? sql`` : sql`${key} ${direction}, `}${id} ${direction}`;
  const start = descends ? last : first;
  if (key === null) {
    if (bound !== undefined) return null;
    const isBehind = after !== undefined && after.key === (descends ? none.amount : none.deadline);
    return { parts: [sql`${id} ${beyond} ${isBehind ? after.id : start.id}::uuid`], order: by };
  }
  const from: Position = after ?? { key: descends ? '9223372036854775807' : '-infinity', id: start.id };
  const parts = [sql`(${key}, ${id}) ${beyond} (${from.key}::${sql.raw(type)}, ${from.id}::uuid)`];
  if (bound !== undefined) parts.push(sql`${key} ${within} ${bound}::${sql.raw(type)}`);
  return { parts, order: by };
}
const first = { id: '00000000-0000-0000-0000-000000000000' };
const last = { id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

/** Things of one state, in order; `t` is their table. */
function rangesOf(work: Work, of: { bookId: string; principal: Principal }, wanted: Wanted): SQL[] {
  const found = bounds(work, wanted);
  if (!found) return [];
  const given = [work.given, work.also, wanted.sort === 'amount' ? work.givenByAmount : undefined]
    .filter((part) => part !== undefined)
    .map((part) => sql.raw(part));
  return work.statuses.map((status) => {
    const state = sql`t.status = ${sql.raw(`'${status}'`)}`;
    const range = (from: SQL, where: readonly SQL[]): SQL =>
      sql`select ${columnsOf(work)} from ${from} where ${sql.join([...where, state, ...given, ...found.parts], sql` and `)}
           order by ${found.order} limit ${wanted.limit + 1}`;
    if (work.scope === 'book') return sql`(${range(sql.raw(`${work.table} t`), [sql`t.book_id = ${of.bookId}`])})`;
    return ownRange(work, of, state, (from) => range(from, []));
  });
}

/** What is one's own is found by its owner first, for that is little; only then it is sieved and sorted. */
function ownRange(
  work: Work,
  { bookId, principal }: { bookId: string; principal: Principal },
  state: SQL,
  range: (from: SQL) => SQL,
): SQL {
  const column = sql.raw(`t.${work.owner ?? ''}`);
  const owned = (book: SQL, owner: SQL): SQL =>
    sql`(select * from ${sql.raw(work.table)} t where t.book_id = ${book} and ${column} = ${owner}${work.byState ? sql` and ${state}` : sql``} offset 0) t`;
  const book = sql`${bookId}`;
  if (work.scope === 'member') return sql`(${range(owned(book, sql`${principal.memberId}`))})`;
  if (work.owner === 'legal_person_uscc') return sql`(${range(owned(book, sql`${principal.legalPersonUscc}`))})`;
  const parties = work.scope === 'provider' ? 'providers' : 'enterprises';
  const party = sql.raw(`o.${work.scope}_id`);
  return sql`(select x.* from ${sql.raw(parties)} o cross join lateral (${range(owned(sql`o.book_id`, party))}) x
               where o.book_id = ${bookId} and ${sql.raw(`o.${ownBy[parties]}`)} = ${principal.legalPersonUscc})`;
}

/** What waits, of these kinds, in the order that is asked for: `limit` + 1 of them. */
export async function listWork(
  db: Database,
  of: { bookId: string; principal: Principal },
  works: readonly Work[],
  wanted: Wanted,
): Promise<FoundWork[]> {
  const ranges = works.flatMap((work) => rangesOf(work, of, wanted));
  if (ranges.length === 0) return [];
  const order = { age: sql`q.id`, deadline: sql`q.due_on, q.id`, amount: sql`q.amount_fen desc, q.id desc` }[wanted.sort];
  return planned<FoundWork[]>(
    db,
    sql`select q.kind, q.id as "subjectId", q.no as "subjectNo", q.received_on as "receivedOn", q.waiting_since as "waitingSince",
               q.due_on::text as "dueOn", q.amount_fen as "amountFen"
          from (${sql.join(ranges, sql` union all `)}) q order by ${order} limit ${wanted.limit + 1}`,
  );
}

/** How many wait of each kind, counted to `countedTo` + 1. */
export async function countWork(
  db: Database,
  of: { bookId: string; principal: Principal },
  works: readonly Work[],
  countedTo: number,
): Promise<Readonly<Record<string, bigint>>> {
  const wanted: Wanted = { sort: 'age', limit: countedTo, after: undefined, until: undefined, atLeastFen: undefined };
  const counts = works.map((work) => {
    const rows = sql.join(rangesOf(work, of, wanted), sql` union all `);
    return sql`(select count(*) from (select 1 from (${rows}) r limit ${countedTo + 1}) x) as ${sql.identifier(work.kind)}`;
  });
  if (counts.length === 0) return {};
  const [row] = await planned<Record<string, bigint>[]>(db, sql`select ${sql.join(counts, sql`, `)}`);
  return row ?? {};
}
