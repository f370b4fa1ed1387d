// Grows the book of a benchmark to a ledger of many transfers: redemptions that differ from real ones in nothing that the audits
// look at. Two of each voucher are redeemed through the lane; what differs between the two (ids, numbers, cumulative amounts)
// is what goes on differing, by the same step, in the copies that SQL makes of the second, vouchers in turn. Everything
// that a redemption leaves is copied: entries with their running balances, accounts, redemption, outcome, invoice and line, and the
// totals beside them. Guards and foreign keys are off while rows are loaded, so it takes the superuser of the benchmark's own
// cluster; the rollups are then made from the entries as a migration makes them.
import { createHash } from 'node:crypto';
import type { Database, Tx } from '../db/client.js';
import { admission } from '../src/access/admission.js';
import { uuidv7 } from '../src/identifiers.js';
import { Lane } from '../src/ledger/lane.js';
import { redeem } from '../src/redemptions/redeem.js';

export interface GrowOptions {
  /** The superuser of the cluster, without a statement timeout. */
  readonly owner: Database;
  readonly bookId: string;
  /** Transfers to add, rounded up to whole redemptions; those through the lane count. */
  readonly transfers: number;
  readonly onProgress?: (redemptions: number, of: number) => void;
}

/** Redemptions a transaction copies. */
const slice = 20_000;

interface Voucher {
  readonly voucherId: string;
  readonly contractId: string;
  readonly enterpriseId: string;
  readonly providerId: string;
  readonly memberId: string;
  readonly personId: string;
  readonly uscc: string;
  readonly contractLineId: string;
  /** Of one unit of the contract's first line, in fen. */
  readonly netFen: bigint;
  readonly grossFen: bigint;
}

interface Made {
  readonly redemptionId: string;
  readonly redemptionNo: string;
  readonly invoiceId: string;
  readonly key: string;
  readonly ledgerSeq: number;
}

/** Grows a book; answers how many redemptions were added. The vouchers must be able to pay them. */
export async function grow({ owner, bookId, transfers, onProgress }: GrowOptions): Promise<number> {
  const [book] = await owner.sql<{ code: string; recordedAt: string }[]>`
    select b.code, h.recorded_at as "recordedAt" from books b join book_heads h using (book_id) where b.book_id = ${bookId}`;
  if (!book) throw new Error('there is no such book');
  const now = new Date(book.recordedAt);
  const vouchers = await vouchersOf(owner, bookId);
  if (vouchers.length === 0) throw new Error('there is no voucher to redeem');
  const first = await redeemOnce(owner, bookId, book.code, vouchers, now);
  const second = await redeemOnce(owner, bookId, book.code, vouchers, now);
  const perRedemption = await entriesOf(owner, bookId, second[0]);
  const count = Math.ceil(transfers / perRedemption) - 2 * vouchers.length;
  if (count > 0) await copy(owner, { bookId, vouchers, first, second, perRedemption, count, now, onProgress });
  await owner.sql`select rebuild_rollups(${bookId})`;
  await countFacilityUsage(owner, bookId);
  await owner.sql.unsafe('analyze');
  return Math.max(count, 0) + 2 * vouchers.length;
}

/** What invoices that were written as rows bill of facilities, counted anew. */
export async function countFacilityUsage(db: Database, bookId: string): Promise<void> {
  await db.begin(async ({ sql }) => {
    await sql`select from open_lane(${bookId})`;
    await sql`
      insert into facility_usage (book_id, facility_usage_id, facility_id, chip_vendor, chip_model, usage_from, usage_to, card_hours)
      select ${bookId}::uuid, concat_ws('/', cl.facility_id, coalesce(ch.vendor, ''), coalesce(ch.model, ''), i.usage_from, i.usage_to),
             cl.facility_id, coalesce(ch.vendor, ''), coalesce(ch.model, ''), i.usage_from, i.usage_to, sum(l.quantity)
        from usage_invoices i
        join usage_invoice_lines l on l.book_id = i.book_id and l.invoice_id = i.invoice_id
        join contract_lines cl on cl.book_id = l.book_id and cl.contract_line_id = l.contract_line_id and cl.unit = 'CARD_HOUR'
        left join chips ch on ch.book_id = cl.book_id and ch.chip_id = cl.chip_id
       where i.book_id = ${bookId} and i.status not in ('RETURNED', 'VOIDED') group by 2, 3, 4, 5, 6, 7
      on conflict (book_id, facility_usage_id) do update set card_hours = excluded.card_hours`;
  });
}

const vouchersOf = (owner: Database, bookId: string): Promise<Voucher[]> => owner.sql<Voucher[]>`
  select v.voucher_id as "voucherId", v.contract_id as "contractId", v.enterprise_id as "enterpriseId", v.provider_id as "providerId",
         m.member_id as "memberId", m.person_id as "personId", m.legal_person_uscc as uscc, l.contract_line_id as "contractLineId",
         (l.net_fen / l.quantity)::bigint as "netFen", (l.gross_fen / l.quantity)::bigint as "grossFen"
    from vouchers v
    join contract_lines l on l.book_id = v.book_id and l.contract_id = v.contract_id and l.line_no = 1
    cross join lateral (select * from members m
                         where m.book_id = v.book_id and m.role = 'enterprise' and m.legal_person_uscc = v.legal_person_uscc
                         order by m.member_id limit 1) m
   where v.book_id = ${bookId} and v.status in ('ACTIVE', 'PARTIALLY_REDEEMED') order by v.voucher_id`;

const entriesOf = async (owner: Database, bookId: string, made: Made | undefined): Promise<number> => {
  const [row] = await owner.sql<{ n: number }[]>`
    select count(*)::int as n from entries where book_id = ${bookId} and command_id = ${made?.redemptionId ?? ''}`;
  if (!row?.n) throw new Error('a redemption left no entries');
  return row.n;
};

/** A confirmed and paid invoice of one unit for each voucher, redeemed through the lane. */
async function redeemOnce(
  owner: Database,
  bookId: string,
  bookCode: string,
  vouchers: readonly Voucher[],
  now: Date,
): Promise<Made[]> {
  const [[last], invoices] = [
    await owner.sql<{ n: bigint }[]>`select seq as n from book_heads where book_id = ${bookId}`,
    vouchers.map((voucher) => ({ voucher, invoiceId: uuidv7(now), lineId: uuidv7(now) })),
  ];
  const day = now.toISOString().slice(0, 10);
  await owner.begin(async ({ sql }) => {
    await sql`select from open_lane(${bookId})`;
    for (const [i, { voucher, invoiceId, lineId }] of invoices.entries()) {
      const no = `26419${String((last?.n ?? 0n) + BigInt(i)).padStart(15, '0')}`;
      await sql`
        insert into usage_invoices (book_id, invoice_id, invoice_no, provider_id, enterprise_id, contract_id, issued_on, usage_from,
                                    usage_to, net_fen, vat_fen, gross_fen, paid_fen, status, number_conflict, posted_person, posted_on,
                                    decided_person, decided_on, decided_by, recorded_at)
        select ${bookId}, ${invoiceId}, ${no}, ${voucher.providerId}, ${voucher.enterpriseId}, ${voucher.contractId}, d.day, d.day, d.day,
               ${voucher.netFen}, ${voucher.grossFen - voucher.netFen}, ${voucher.grossFen}, ${voucher.grossFen - voucher.grossFen / 5n}, 'CONFIRMED', false,
               ${voucher.providerId}, ${day}, ${voucher.personId}, ${day}, 'ENTERPRISE', ${now}
          from (select greatest(c.starts_on, least(c.ends_on, ${day}::date - 15)) as day from contracts c
                 where c.book_id = ${bookId} and c.contract_id = ${voucher.contractId}) d`;
      await sql`
        insert into usage_invoice_lines (book_id, invoice_line_id, invoice_id, line_no, contract_line_id, quantity, net_fen, vat_fen, gross_fen)
        values (${bookId}, ${lineId}, ${invoiceId}, 1, ${voucher.contractLineId}, 1, ${voucher.netFen},
                ${voucher.grossFen - voucher.netFen}, ${voucher.grossFen})`;
      await useLine(sql, bookId, voucher, 1);
    }
  });
  const lane = new Lane({ db: owner, readings: owner, bookId, bookCode, clock: { now: () => now }, admission });
  const outcomes = await Promise.all(
    invoices.map(async ({ voucher, invoiceId }) => {
      const { memberId, personId, uscc, voucherId } = voucher;
      const key = `grown:${invoiceId}`;
      const outcome = await lane.submit(redeem, {
        key,
        requestDigest: createHash('sha256').update(key).digest('hex'),
        actor: { memberId, personId, kind: 'PERSON', role: 'enterprise', legalPersonUscc: uscc },
        body: { voucherId, invoiceId },
      });
      if (outcome.kind !== 'accepted')
        throw new Error(`a redemption was refused: ${outcome.code} ${JSON.stringify(outcome.params)}`);
      const { redemptionId, redemptionNo, ledgerSeq, status } = outcome.result;
      if (status !== 'APPROVED') throw new Error('a redemption was not approved by rule');
      return { redemptionId, redemptionNo, ledgerSeq, invoiceId, key };
    }),
  );
  await lane.close();
  return outcomes;
}

const useLine = (sql: Tx['sql'], bookId: string, voucher: Voucher, times: number) => sql`
  insert into contract_line_usage as c (book_id, contract_line_id, contract_id, quantity, gross_fen)
  values (${bookId}, ${voucher.contractLineId}, ${voucher.contractId}, ${times}, ${voucher.grossFen * BigInt(times)})
  on conflict (book_id, contract_line_id) do update
     set quantity = c.quantity + excluded.quantity, gross_fen = c.gross_fen + excluded.gross_fen`;

// ── A text of which copies are made ──

/** What stands between the parts of a text that stay: an amount that moves by a step each time, or something of the copy itself. */
type Hole =
  | { readonly kind: 'amount'; readonly fen: bigint; readonly stepFen: bigint }
  | { readonly kind: 'id' | 'no' | 'invoice' | 'seq' };
interface Cast {
  readonly parts: string[];
  readonly holes: Hole[];
}

const fenOf = (text: string): bigint | null => (/^-?\d+\.\d\d$/.test(text) ? BigInt(text.replace('.', '')) : null);

/** The second text with holes where it differs from the first; both are the same but for what a next redemption changes. */
function castOf(first: unknown, second: unknown, made: Made): Cast {
  const cast: Cast = { parts: [''], holes: [] };
  const say = (text: string) => {
    cast.parts[cast.parts.length - 1] += text;
  };
  const leave = (hole: Hole) => {
    cast.holes.push(hole);
    cast.parts.push('');
  };
  const walk = (a: unknown, b: unknown): void => {
    if (Array.isArray(b) && Array.isArray(a) && a.length === b.length) {
      b.forEach((each, i) => {
        say(i === 0 ? '[' : ',');
        walk(a[i], each);
      });
      say(b.length === 0 ? '[]' : ']');
    } else if (typeof b === 'object' && b !== null && typeof a === 'object' && a !== null && !Array.isArray(b)) {
      const entries = Object.entries(b);
      entries.forEach(([key, each], i) => {
        say(`${i === 0 ? '{' : ','}${JSON.stringify(key)}:`);
        walk((a as Record<string, unknown>)[key], each);
      });
      say(entries.length === 0 ? '{}' : '}');
    } else if (a === b) say(JSON.stringify(b));
    else if (b === made.ledgerSeq) leave({ kind: 'seq' });
    else {
      const kind = b === made.redemptionId ? 'id' : b === made.redemptionNo ? 'no' : b === made.invoiceId ? 'invoice' : 'amount';
      const [fen, before] = [fenOf(String(b)), fenOf(String(a))];
      say('"');
      if (kind !== 'amount') leave({ kind });
      else if (fen !== null && before !== null) leave({ kind, fen, stepFen: fen - before });
      else throw new Error(`two redemptions differ in ${String(a)} and ${String(b)}`);
      say('"');
    }
  };
  walk(first, second);
  return cast;
}

/** The casts of all vouchers, which have one shape, as a table of plain columns; and the text of copy `k` as SQL. */
async function tableOfCasts(tx: Tx, name: string, casts: readonly Cast[]): Promise<string> {
  const [shape] = casts;
  if (!shape) throw new Error('nothing to cast');
  const shapeOf = (cast: Cast) => cast.holes.map(({ kind }) => kind).join();
  if (casts.some((cast) => shapeOf(cast) !== shapeOf(shape))) throw new Error('redemptions of two vouchers are told differently');
  const columns = shape.parts.flatMap((_, i) => [`p${i} text`, `v${i} bigint`, `d${i} bigint`]);
  await tx.sql.unsafe(`create temporary table ${name} (v integer primary key, ${columns.join(', ')}) on commit preserve rows`);
  // Rows stay whole, so that no part is fetched again and again.
  for (const [i] of shape.parts.entries()) await tx.sql.unsafe(`alter table ${name} alter column p${i} set storage plain`);
  for (const [v, { parts, holes }] of casts.entries()) {
    const values = parts.flatMap((part, i) => {
      const hole = holes[i];
      return hole?.kind === 'amount' ? [part, hole.fen, hole.stepFen] : [part, null, null];
    });
    await tx.sql.unsafe(`insert into ${name} values ($1, ${values.map((_, i) => `$${i + 2}`).join(', ')})`, [v, ...values]);
  }
  const hole = ({ kind }: Hole, i: number): string => {
    if (kind === 'amount') return `pg_temp.yuan(${name}.v${i} + ${name}.d${i} * r.k)`;
    return { id: 'r.redemption_id', no: 'r.redemption_no', invoice: 'r.invoice_id', seq: 'r.last_seq' }[kind];
  };
  return `(${shape.parts.map((_, i) => [`${name}.p${i}`, ...(shape.holes[i] ? [hole(shape.holes[i], i)] : [])].join(' || ')).join(' || ')})::json`;
}

// ── The copies ──

interface Copying {
  readonly bookId: string;
  readonly vouchers: readonly Voucher[];
  readonly first: readonly Made[];
  readonly second: readonly Made[];
  readonly perRedemption: number;
  readonly count: number;
  readonly now: Date;
  readonly onProgress: GrowOptions['onProgress'];
}

async function copy(owner: Database, of: Copying): Promise<void> {
  const { bookId, vouchers, first, second, perRedemption, count, now, onProgress } = of;
  const [{ head } = { head: 0n }] = await owner.sql<
    { head: bigint }[]
  >`select seq as head from book_heads where book_id = ${bookId}`;
  const inserts = await owner.begin(async (tx) => {
    await tx.sql.unsafe(`
      create function pg_temp.yuan(fen bigint) returns text language sql immutable
        return (fen / 100)::text || '.' || lpad((fen % 100)::text, 2, '0')`);
    await plantVouchers(tx, of);
    await plantEntries(tx, of);
    const texts = await plantTexts(tx, of);
    for (const table of ['vouchers', 'entries', 'legs', 'explanations', 'bodies']) await tx.sql.unsafe(`analyze grow_${table}`);
    return texts;
  });
  for (let from = 0; from < count; from += slice) {
    const to = Math.min(from + slice, count);
    await owner.begin(async ({ sql }) => {
      await sql.unsafe('set local session_replication_role = replica');
      await sql.unsafe('set local synchronous_commit = off');
      await sql.unsafe("set local work_mem = '256MB'");
      await sql.unsafe('drop table if exists grown');
      await sql.unsafe(
        `create temporary table grown as
         select g.*, i, i / ${vouchers.length} + 1 as k, $1::bigint + i * ${perRedemption} as before_seq,
                $1::bigint + (i + 1) * ${perRedemption} as last_seq, pg_temp.grown_id(0, $1::bigint + i) as redemption_id,
                pg_temp.grown_id(1, $1::bigint + i) as account_id, pg_temp.grown_id(2, $1::bigint + i) as invoice_id,
                pg_temp.grown_id(3, $1::bigint + i) as line_id, g.no_prefix || lpad((g.no_last + i + 1)::text, greatest(6, length((g.no_last + i + 1)::text)), '0') as redemption_no
           from generate_series($2::bigint, $3::bigint) as i join grow_vouchers g on g.v = i % ${vouchers.length}`,
        [head, from, to - 1],
      );
      await sql.unsafe('analyze grown');
      for (const text of inserts) await sql.unsafe(text);
    });
    onProgress?.(to, count);
  }
  await owner.begin(async ({ sql }) => {
    await sql.unsafe('set local session_replication_role = replica');
    await sql.unsafe(
      `update accounts a set debits_fen = a.debits_fen + m.debits, credits_fen = a.credits_fen + m.credits
         from (select account_id, sum(debit * times)::bigint as debits, sum(credit * times)::bigint as credits from grow_legs join
                 (select v, ${count} / ${vouchers.length} + (v < ${count} % ${vouchers.length})::int as times from grow_vouchers) t using (v)
                where account_id is not null group by account_id) m
        where a.book_id = $1 and a.account_id = m.account_id`,
      [bookId],
    );
    for (const [v, voucher] of vouchers.entries()) {
      const times = Math.floor(count / vouchers.length) + (v < count % vouchers.length ? 1 : 0);
      if (times === 0) continue;
      await useLine(sql, bookId, voucher, times);
      await sql.unsafe(
        `update contract_standings s set base_fen = s.base_fen + r.base_fen * $3, weighted_base = s.weighted_base + r.weighted_base * $3,
                                        claimed_fen = s.claimed_fen + r.approved_fen * $3
           from redemptions r where r.book_id = $1 and r.redemption_id = $2
            and s.book_id = $1 and s.contract_id = r.contract_id and s.programme_code = r.programme_code`,
        [bookId, second[v]?.redemptionId ?? '', times],
      );
    }
    const [, letter = '', year = ''] = /-([A-Z])-(\d{4})-\d+$/.exec(second[0]?.redemptionNo ?? '') ?? [];
    await sql`update number_series set last = last + ${count} where book_id = ${bookId} and series = ${`${letter}/${year}`}`;
    await sql`update book_heads set seq = seq + ${count * perRedemption}, recorded_at = ${now} where book_id = ${bookId}`;
    await sql.unsafe('drop table grown, grow_vouchers, grow_entries, grow_legs, grow_explanations, grow_bodies');
  });
  if (first.length !== second.length) throw new Error('vouchers were redeemed unevenly');
}

/** The vouchers in turn, with what each copy of theirs is made from. */
async function plantVouchers(tx: Tx, { bookId, second, now }: Copying): Promise<void> {
  // UUIDv7 of the moment, of a kind, counting: the copies of a table lie in its indexes in the order of making.
  const at = now.getTime().toString(16).padStart(12, '0');
  await tx.sql.unsafe(`
    create function pg_temp.grown_id(kind integer, n bigint) returns uuid language sql immutable
      return ('${at}700' || kind || '8000' || lpad(to_hex(n), 12, '0'))::uuid`);
  await tx.sql.unsafe(
    `create temporary table grow_vouchers as
     select ord::int - 1 as v, u.redemption_id as template_id, u.invoice_id as template_invoice, u.key as template_key,
            l.invoice_line_id as template_line, regexp_replace(u.no, '\\d+$', '') as no_prefix,
            (select last from number_series where book_id = '${bookId}' and series = regexp_replace(u.no, '^.*-([A-Z])-(\\d{4})-\\d+$', '\\1/\\2')) as no_last
       from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) with ordinality as u (redemption_id, invoice_id, key, no, ord)
       join usage_invoice_lines l on l.book_id = '${bookId}' and l.invoice_id = u.invoice_id`,
    [
      second.map((of) => of.redemptionId),
      second.map((of) => of.invoiceId),
      second.map((of) => of.key),
      second.map((of) => of.redemptionNo),
    ],
  );
}

/** The entries of a redemption of each voucher; an account that it opened is null, and every other moves by a step a round. */
async function plantEntries(tx: Tx, { bookId }: Copying): Promise<void> {
  const own = (side: string) => `case when ${side}.code <> 'reserved:' || g.template_id then ${side}.account_id end`;
  await tx.sql.unsafe(`
    create temporary table grow_entries as
    select g.v, row_number() over (partition by g.v order by e.seq)::int as nth, e.seq as template_seq, ${own('d')} as debit, ${own('c')} as credit,
           e.amount_fen, e.debit_after_fen, e.credit_after_fen
      from grow_vouchers g
      join entries e on e.book_id = '${bookId}' and e.command_id = g.template_id
      join accounts d on d.book_id = e.book_id and d.account_id = e.debit_account_id
      join accounts c on c.book_id = e.book_id and c.account_id = e.credit_account_id`);
  // Within a round of all vouchers an account moves as far as the legs before say; from round to round by all of them.
  await tx.sql.unsafe(`
    create temporary table grow_legs as
    select l.*, a.credits_fen - a.debits_fen as base,
           sum(l.credit - l.debit) over (partition by l.account_id order by l.v, l.nth) as within,
           sum(l.credit - l.debit) over (partition by l.account_id) as round
      from (select v, nth, 'D' as side, debit as account_id, amount_fen as debit, 0::bigint as credit from grow_entries
            union all
            select v, nth, 'C', credit, 0, amount_fen from grow_entries) l
      left join accounts a on a.book_id = '${bookId}' and a.account_id = l.account_id`);
}

/** What is said of a redemption, and the statements that copy a slice. */
async function plantTexts(tx: Tx, { bookId, vouchers, first, second }: Copying): Promise<string[]> {
  const texts = async (made: readonly Made[]) => {
    const rows = await tx.sql<{ id: string; explanation: unknown; body: unknown }[]>`
      select r.redemption_id as id, r.explanation, o.body
        from unnest(${made.map((of) => of.redemptionId)}::uuid[], ${made.map((of) => of.key)}::text[],
                    ${vouchers.map((of) => of.memberId)}::uuid[]) as u (id, key, member)
        join redemptions r on r.book_id = ${bookId} and r.redemption_id = u.id
        join outcomes o on o.book_id = ${bookId} and o.member_id = u.member and o.key = u.key`;
    return new Map(rows.map((row) => [row.id, row]));
  };
  const [before, after] = [await texts(first), await texts(second)];
  const castsOf = (what: 'explanation' | 'body') =>
    second.map((made, v) => castOf(before.get(first[v]?.redemptionId ?? '')?.[what], after.get(made.redemptionId)?.[what], made));
  const explanation = await tableOfCasts(tx, 'grow_explanations', castsOf('explanation'));
  const body = await tableOfCasts(tx, 'grow_bodies', castsOf('body'));

  /** A copy of template rows with these columns changed. */
  const insertLike = async (table: string, from: string, changed: Record<string, string>): Promise<string> => {
    const columns = await tx.sql<{ name: string }[]>`
      select attname as name from pg_attribute where attrelid = ${table}::regclass and attnum > 0 and not attisdropped order by attnum`;
    return `insert into ${table} (${columns.map(({ name }) => name).join(', ')})
            select ${columns.map(({ name }) => changed[name] ?? `t.${name}`).join(', ')} from ${from}`;
  };
  const inBook = `t.book_id = '${bookId}'`;
  const after_ = (side: string) =>
    `case when ${side}.account_id is null then e.${side}_after_fen else ${side}.base + (r.k - 1) * ${side}.round + ${side}.within end`;
  return Promise.all([
    insertLike(
      'usage_invoices',
      `grown r join usage_invoices t on ${inBook} and t.invoice_id = r.template_invoice order by r.i`,
      {
        invoice_id: 'r.invoice_id',
        redemption_id: 'r.redemption_id',
        invoice_no: `'26418' || lpad(r.before_seq::text, 15, '0')`,
      },
    ),
    insertLike(
      'usage_invoice_lines',
      `grown r join usage_invoice_lines t on ${inBook} and t.invoice_line_id = r.template_line order by r.i`,
      {
        invoice_line_id: 'r.line_id',
        invoice_id: 'r.invoice_id',
      },
    ),
    insertLike(
      'redemptions',
      `grown r join grow_explanations on grow_explanations.v = r.v join redemptions t on ${inBook} and t.redemption_id = r.template_id order by r.i`,
      {
        redemption_id: 'r.redemption_id',
        redemption_no: 'r.redemption_no',
        invoice_id: 'r.invoice_id',
        explanation,
      },
    ),
    insertLike('accounts', `grown r join accounts t on ${inBook} and t.code = 'reserved:' || r.template_id order by r.i`, {
      account_id: 'r.account_id',
      code: `'reserved:' || r.redemption_id`,
      opened_seq: 'r.before_seq + 1',
    }),
    insertLike(
      'entries',
      `grown r join grow_entries e on e.v = r.v
       join entries t on ${inBook} and t.seq = e.template_seq
       join grow_legs debit on debit.v = e.v and debit.nth = e.nth and debit.side = 'D'
       join grow_legs credit on credit.v = e.v and credit.nth = e.nth and credit.side = 'C'
       order by r.i, e.nth`,
      {
        seq: 'r.before_seq + e.nth',
        command_id: 'r.redemption_id',
        subject_id: 'r.redemption_id',
        request_digest: 'sha256(int8send(r.before_seq))',
        debit_account_id: 'coalesce(debit.account_id, r.account_id)',
        credit_account_id: 'coalesce(credit.account_id, r.account_id)',
        debit_after_fen: after_('debit'),
        credit_after_fen: after_('credit'),
      },
    ),
    insertLike(
      'outcomes',
      `grown r join grow_bodies on grow_bodies.v = r.v
       join outcomes t on ${inBook} and t.command_id = r.template_id and t.key = r.template_key order by r.i`,
      {
        key: `'grown:' || r.before_seq`,
        command_id: 'r.redemption_id',
        request_digest: 'sha256(int8send(r.before_seq))',
        body,
        last_seq: 'r.last_seq',
      },
    ),
  ]);
}
