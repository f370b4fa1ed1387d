// The ledger as it was: when things came to be, what was answered about them, which entries decided on what, and how accounts stood
// before an entry. For those who look back, the audit that computes awards anew and simulations; nothing here decides.
// Amounts are fen. "Before" an entry leaves the entry out.
import type { Statement, Tx } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { addDays } from '../calendar.js';
import type { Fen } from '../money.js';

type Sql = Tx['sql'];
type Reading = Pick<Tx, 'sql'>;
type Fragment = Statement<readonly object[]>;

/** The entries on which days were booked, and these days; all ends inclusive. */
export interface Span {
  readonly from: bigint;
  readonly to: bigint;
  readonly first: Day;
  readonly last: Day;
}

/**
 * Where days stand in a book, up to its head. The clocks of two processes may differ, so a week more is looked at: what is booked on
 * other days has to be left out by its day.
 */
export async function spanOf(
  { sql }: Reading,
  bookId: string,
  { first, last }: { readonly first: Day; readonly last: Day },
): Promise<Span & { readonly head: bigint }> {
  const [row] = await sql<{ from: bigint | null; to: bigint | null; head: bigint }[]>`
    select (select first_seq from booked_days where book_id = ${bookId} and booked_on >= ${first}::date order by booked_on limit 1) as "from",
           (select first_seq - 1 from booked_days where book_id = ${bookId} and booked_on > ${addDays(last, 7)}::date
             order by booked_on limit 1) as "to",
           (select seq from book_heads where book_id = ${bookId}) as head`;
  const head = row?.head ?? 0n;
  return { from: row?.from ?? head + 1n, to: row?.to ?? head, first, last, head };
}

/** The first entry about each of these subjects, of any kind or of those named: when it came to be. One without is not in the answer. */
export async function firstEntries(
  { sql }: Reading,
  bookId: string,
  subjectIds: readonly string[],
  kinds?: readonly string[],
): Promise<Map<string, bigint>> {
  if (subjectIds.length === 0) return new Map();
  const ofKinds = kinds === undefined ? sql`` : sql`and e.kind = any(${kinds})`;
  const rows = await sql<{ id: string; seq: bigint }[]>`
    select k.id, e.seq from unnest(${subjectIds}::uuid[]) as k (id)
     cross join lateral (select e.seq from entries e
                          where e.book_id = ${bookId} and e.subject_id = k.id ${ofKinds} order by e.seq limit 1) e`;
  return new Map(rows.map(({ id, seq }) => [id, seq]));
}

/** The entries about each of these subjects in order, the first 200 of each: what was decided or moved, and on which day it was booked. */
export async function courseOf(
  { sql }: Reading,
  bookId: string,
  subjectIds: readonly string[],
): Promise<Map<string, readonly { readonly kind: string; readonly bookedOn: Day }[]>> {
  if (subjectIds.length === 0) return new Map();
  const rows = await sql<{ id: string; kinds: readonly string[]; days: readonly Day[] }[]>`
    select k.id, e.kinds, e.days from unnest(${subjectIds}::uuid[]) as k (id)
     cross join lateral (
       select array_agg(x.kind order by x.seq) as kinds, array_agg(x.booked_on::text order by x.seq) as days
         from (select kind, booked_on, seq from entries
                where book_id = ${bookId} and subject_id = k.id order by seq limit 200) x) e
     where e.kinds is not null`;
  return new Map(rows.map(({ id, kinds, days }) => [id, kinds.map((kind, i) => ({ kind, bookedOn: days[i] ?? '' }))]));
}

/** The day of the last entry of these kinds about a subject; null where there is none. */
export async function lastBooked(
  { sql }: Reading,
  bookId: string,
  of: { readonly subjectId: string; readonly kinds: readonly string[] },
): Promise<Day | null> {
  const [row] = await sql.prepared<{ bookedOn: Day }[]>(
    `select e.booked_on as "bookedOn" from entries e
      where e.book_id = $1 and e.subject_id = $2::uuid and e.kind = any($3) order by e.seq desc limit 1`,
    [bookId, of.subjectId, of.kinds],
  );
  return row?.bookedOn ?? null;
}

/** Commands that entered anything about a subject, in order, the first 500: for the text of a prepared statement, book and subject by parameter. */
export const commandsAbout = (bookId: string, subjectId: string): string =>
  `(select e.command_id from entries e where e.book_id = ${bookId} and e.subject_id = ${subjectId} order by e.seq limit 500)`;

/** What the answer to a command said of its subject, from an entry on. */
export interface Said {
  readonly subjectId: string;
  readonly seq: bigint;
  readonly answer: Readonly<Record<string, unknown>>;
}

/** The answers to commands of these kinds about these subjects, in order of the entries. */
export async function whatWasSaid(
  { sql }: Reading,
  bookId: string,
  of: { readonly subjectIds: readonly string[]; readonly kinds: readonly string[] },
): Promise<readonly Said[]> {
  if (of.subjectIds.length === 0) return [];
  return sql<Said[]>`
    select k.id as "subjectId", e.seq, o.body as answer
      from unnest(${of.subjectIds}::uuid[]) as k (id)
      cross join lateral (select * from entries e where e.book_id = ${bookId} and e.subject_id = k.id offset 0) e
      join outcomes o on o.book_id = e.book_id and o.command_id = e.command_id
     where e.kind = any(${of.kinds}) order by e.seq`;
}

/** An entry of a command, with the first of that command's entries about the same subject: what was there before it was decided on. */
export interface Moved {
  readonly seq: bigint;
  readonly kind: string;
  readonly commandId: string;
  readonly subjectId: string;
  readonly first: bigint;
  /** The kinds of all entries of the command about the subject. */
  readonly kinds: readonly string[];
  readonly amountFen: bigint;
}

/** Transfers of these kinds after an entry, up to another (inclusive), in order. */
export const movedWithin = (
  { sql }: Reading,
  bookId: string,
  of: {
    readonly after: bigint;
    readonly until: bigint;
    readonly kinds: readonly string[];
    /** Decisions that moved nothing themselves, to be told among them; their amount is null. */
    readonly decisions?: readonly string[];
  },
): Promise<readonly Moved[]> => sql<Moved[]>`
  select e.seq, e.kind, e.command_id as "commandId", e.subject_id as "subjectId", c.first, c.kinds,
         e.amount_fen as "amountFen"
    from entries e
    cross join lateral (select min(o.seq) as first, array_agg(o.kind) as kinds from entries o
                         where o.book_id = e.book_id and o.subject_id = e.subject_id and o.command_id = e.command_id) c
   where e.book_id = ${bookId} and e.seq > ${of.after} and e.seq <= ${of.until} and e.kind = any(${of.kinds})
     and (e.amount_fen is not null or e.kind = any(${of.decisions ?? []}::text[]))
   order by e.seq`;

/**
 * To be selected from, under a name, in a statement that looks up what was decided on: the entries of these kinds after an entry, up to
 * another (inclusive), that were booked in a span and refused nothing. Columns: book_id, seq, booked_on, subject_id.
 */
export const decidedWithin = (
  sql: Sql,
  bookId: string,
  of: { readonly after: bigint; readonly upTo: bigint; readonly kinds: readonly string[]; readonly span: Span },
): Fragment => sql<readonly object[]>`
  (select book_id, seq, booked_on, subject_id from entries
    where book_id = ${bookId} and seq > ${of.after} and seq <= ${of.upTo} and kind = any(${of.kinds}) and refusal_code is null
      and booked_on between ${of.span.first}::date and ${of.span.last}::date offset 0)`;

/** How many entries of a kind were booked in a span. */
export async function countBooked({ sql }: Reading, bookId: string, kind: string, span: Span): Promise<number> {
  const [row] = await sql<{ n: number }[]>`
    select count(*)::int as n from entries
     where book_id = ${bookId} and seq between ${span.from} and ${span.to} and kind = ${kind}
       and booked_on between ${span.first}::date and ${span.last}::date`;
  return row?.n ?? 0;
}

/** Balances (credits − debits) of accounts before entries: what the entry before left, zero for none. */
export async function balancesBefore(
  { sql }: Reading,
  bookId: string,
  wanted: readonly { readonly code: string; readonly seq: bigint }[],
): Promise<(code: string, seq: bigint) => Fen> {
  const rows = await sql<{ code: string; seq: bigint; fen: bigint }[]>`
    select k.code, k.seq, last.fen
      from (select distinct * from unnest(${wanted.map(({ code }) => code)}::text[], ${wanted.map(({ seq }) => seq)}::bigint[]) as k (code, seq)) k
      cross join lateral (select account_id from accounts a where a.book_id = ${bookId} and a.code = k.code limit 1) a
      cross join lateral (
        select l.fen from (
          (select e.seq, e.debit_after_fen as fen from entries e
            where e.book_id = ${bookId} and e.debit_account_id = a.account_id and e.seq < k.seq order by e.seq desc limit 1)
          union all
          (select e.seq, e.credit_after_fen from entries e
            where e.book_id = ${bookId} and e.credit_account_id = a.account_id and e.seq < k.seq order by e.seq desc limit 1)) l
         order by l.seq desc limit 1) last`;
  const known = new Map(rows.map(({ code, seq, fen }) => [`${code} ${seq}`, fen]));
  return (code, seq) => known.get(`${code} ${seq}`) ?? 0n;
}

/** What was credited to an account, or debited (below zero), by an entry. */
export interface Movement {
  readonly code: string;
  readonly seq: bigint;
  readonly fen: Fen;
}

/**
 * What was ever moved on accounts up to an entry (inclusive), in order, but for what versions of programmes decided on the days of a span.
 * A side that nothing has touched is not looked for: hardly any use of a limit is ever given back. `without`: nor what was moved about
 * these subjects; `with`: but what was moved about these all the same.
 */
export const movedBeside = (
  { sql }: Reading,
  bookId: string,
  of: {
    readonly codes: readonly string[];
    readonly upTo: bigint;
    readonly span: Span;
    readonly versions: readonly string[];
    readonly without: readonly string[];
    readonly with: readonly string[];
  },
): Promise<readonly Movement[]> => sql<Movement[]>`
  select a.code, e.seq, e.fen
    from unnest(${of.codes}::text[]) as k (code)
    cross join lateral (select * from accounts a where a.book_id = ${bookId} and a.code = k.code limit 1) a
    cross join lateral (
      select e.seq, e.booked_on, e.subject_id, e.programme_version, e.amount_fen as fen from entries e
       where e.book_id = a.book_id and e.credit_account_id = a.account_id and a.credits_fen > 0
      union all
      select e.seq, e.booked_on, e.subject_id, e.programme_version, -e.amount_fen from entries e
       where e.book_id = a.book_id and e.debit_account_id = a.account_id and a.debits_fen > 0) e
   where e.seq <= ${of.upTo}
     and (e.subject_id is null or e.subject_id <> all(${of.without}::uuid[]))
     -- One command may name several versions, of one programme.
     and (e.programme_version is null or split_part(e.programme_version, ', ', 1) <> all(${of.versions})
          or e.booked_on not between ${of.span.first}::date and ${of.span.last}::date
          or e.subject_id = any(${of.with}::uuid[]))
   order by e.seq`;

/** What each of these commands charged to limits about a subject: name of the account and fen, as one text each. */
export async function chargesOf(
  { sql }: Reading,
  bookId: string,
  of: readonly Pick<Moved, 'subjectId' | 'commandId'>[],
): Promise<(commandId: string) => readonly string[]> {
  const rows = await sql<{ commandId: string; charge: string }[]>`
    select e.command_id as "commandId", a.code || ' ' || e.amount_fen as charge
      from (select distinct * from unnest(${of.map(({ subjectId }) => subjectId)}::uuid[], ${of.map(({ commandId }) => commandId)}::uuid[])
                                     as k (subject, command)) k
      join entries e on e.book_id = ${bookId} and e.subject_id = k.subject and e.command_id = k.command and e.kind = 'limit.charged'
      join accounts a on a.book_id = ${bookId} and a.account_id = e.credit_account_id`;
  const known = new Map<string, string[]>();
  for (const { commandId, charge } of rows) known.set(commandId, [...(known.get(commandId) ?? []), charge]);
  return (commandId) => known.get(commandId) ?? [];
}

/** The same of all commands about a subject: what was charged for it in several. */
export async function chargesAbout(
  { sql }: Reading,
  bookId: string,
  subjectIds: readonly string[],
): Promise<(subjectId: string) => readonly string[]> {
  const rows = await sql<{ subjectId: string; charges: string[] }[]>`
    select e.subject_id as "subjectId", array_agg(a.code || ' ' || e.amount_fen) as charges
      from unnest(${[...new Set(subjectIds)]}::uuid[]) as k (subject)
      join entries e on e.book_id = ${bookId} and e.subject_id = k.subject and e.kind = 'limit.charged'
      join accounts a on a.book_id = ${bookId} and a.account_id = e.credit_account_id
     group by e.subject_id`;
  const known = new Map(rows.map(({ subjectId, charges }) => [subjectId, charges]));
  return (subjectId) => known.get(subjectId) ?? [];
}

/** The limits, as names of their `used` accounts, that were charged by the command that first credited each of these accounts. */
export async function chargedWith(
  { sql }: Reading,
  bookId: string,
  codes: readonly string[],
): Promise<readonly { readonly code: string; readonly used: string }[]> {
  return sql.prepared<{ code: string; used: string }[]>(
    `select k.code, a.code as used
       from unnest($2::text[]) as k (code)
      cross join lateral (select account_id from accounts a where a.book_id = $1 and a.code = k.code limit 1) v
      cross join lateral (select e.subject_id, e.command_id from entries e
                           where e.book_id = $1 and e.credit_account_id = v.account_id order by e.seq limit 1) i
      cross join lateral (select e.credit_account_id from entries e
                           where e.book_id = $1 and e.subject_id = i.subject_id and e.command_id = i.command_id
                             and e.kind in ('limit.charged', 'opening.limit_used') offset 0) c
      cross join lateral (select a.code from accounts a where a.book_id = $1 and a.account_id = c.credit_account_id offset 0) a`,
    [bookId, codes],
  );
}

/** An entry about a subject, with the account that it credited. */
export interface Credited {
  readonly subjectId: string;
  readonly seq: bigint;
  readonly kind: string;
  readonly code: string;
}

/** The transfers of these kinds about these subjects, in order. */
export const creditedAbout = (
  { sql }: Reading,
  bookId: string,
  of: { readonly subjectIds: readonly string[]; readonly kinds: readonly string[] },
): Promise<readonly Credited[]> =>
  sql.prepared<Credited[]>(
    `select k.id as "subjectId", e.seq, e.kind, a.code
       from unnest($2::uuid[]) as k (id)
      cross join lateral (select * from entries e where e.book_id = $1 and e.subject_id = k.id and e.kind = any($3) offset 0) e
      cross join lateral (select a.code from accounts a where a.book_id = $1 and a.account_id = e.credit_account_id offset 0) a
      order by e.seq`,
    [bookId, of.subjectIds, of.kinds],
  );

/** An entry about a subject, or one that moved its account. */
export interface Step {
  readonly seq: bigint;
  readonly kind: string;
  readonly commandId: string;
  readonly subjectId: string | null;
  readonly bookedOn: Day;
  readonly recordedAt: string;
  readonly personId: string;
  readonly amountFen: Fen | null;
  /** To the account or from it; null where it was not the account that moved. */
  readonly direction: 'IN' | 'OUT' | null;
}

/** What moved an account and what was decided about its subject, in order; the first `limit`. */
export const stepsOf = (
  { sql }: Reading,
  bookId: string,
  of: { readonly code: string; readonly subjectId: string; readonly limit: number },
): Promise<readonly Step[]> =>
  sql.prepared<Step[]>(
    `with account as (select account_id from accounts where book_id = $1 and code = $2),
     found as (
       (select e.* from account a cross join lateral (
          select * from entries e where e.book_id = $1 and e.debit_account_id = a.account_id order by e.seq limit $4) e)
       union
       (select e.* from account a cross join lateral (
          select * from entries e where e.book_id = $1 and e.credit_account_id = a.account_id order by e.seq limit $4) e)
       union
       (select * from entries e where e.book_id = $1 and e.subject_id = $3::uuid order by e.seq limit $4))
     select f.seq, f.kind, f.command_id as "commandId", f.subject_id as "subjectId", f.booked_on as "bookedOn",
            f.recorded_at as "recordedAt", f.person_id as "personId", f.amount_fen as "amountFen",
            case a.account_id when f.credit_account_id then 'IN' when f.debit_account_id then 'OUT' end as direction
       from found f
      cross join account a
      order by f.seq limit $4`,
    [bookId, of.code, of.subjectId, of.limit],
  );
