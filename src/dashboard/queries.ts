// What a dashboard shows, from totals, turnovers by month and short ranges of indexes; nothing here grows with the number of
// redemptions. A work list is counted to `countedTo` and no further: how many thousands wait is not worth reading them.
import type { SQL } from 'drizzle-orm';
import { sql } from 'drizzle-orm';
import type { Database, Tx } from '../../db/client.js';
import { planned } from '../../db/planned.js';
import { ownBy, type Principal } from '../access/principal.js';
import { balanceNamed, headOf } from '../ledger/statements.js';
import type { FundFigures, MonthFigures } from './rules.js';
import { worksFor } from './rules.js';

export const countedTo = 1000;

export interface Wanted {
  readonly bookId: string;
  readonly principal: Principal;
  readonly programmeCode: string | undefined;
  readonly year: number | undefined;
}

export interface Read {
  readonly funds: FundFigures[];
  readonly months: MonthFigures[];
  /** How many wait, by name; `countedTo` + 1 stands for more. */
  readonly waiting: Readonly<Record<string, bigint>>;
  readonly headSeq: bigint;
}

/** All of it at one moment. */
export const readDashboard = (db: Database, of: Wanted): Promise<Read> =>
  db.begin(
    async (tx) => {
      const { role, legalPersonUscc } = of.principal;
      const [headSeq, funds, months, waiting] = await Promise.all([
        headOf(tx, of.bookId),
        legalPersonUscc === null
          ? fundsOfBook(tx, of)
          : role === 'provider'
            ? fundsOfProvider(tx, of)
            : fundsOfEnterprise(tx, of),
        legalPersonUscc === null ? monthsOfBook(tx, of) : [],
        waitingOf(tx, of),
      ]);
      return { headSeq, funds, months, waiting };
    },
    { mode: 'isolation level repeatable read read only', eager: true },
  );

/** Funds of the programme and year that are asked for. */
const asked = ({ programmeCode, year }: Omit<Wanted, 'principal'>, fund: SQL): SQL => {
  const parts = [sql`true`];
  if (programmeCode !== undefined) parts.push(sql`split_part(${fund}, '/', 1) = ${programmeCode}`);
  if (year !== undefined) parts.push(sql`split_part(${fund}, '/', 2) = ${String(year)}`);
  return sql.join(parts, sql` and `);
};

const fundsOfBook = (tx: Tx, of: Wanted): Promise<FundFigures[]> => {
  const balance = (kind: string): SQL => sql`coalesce(sum(credits_fen - debits_fen) filter (where kind = ${kind}), 0)::bigint`;
  // What vouchers did not use and gave back is available again: granted is what the treasury put in, promised what of it is not left.
  const granted = sql`-${balance('appropriation')} - ${balance('unmatched')}`;
  return planned<FundFigures[]>(
    tx,
    sql`
    select fund, ${granted} as granted, ${granted} - ${balance('available')} as promised,
           ${balance('available')} as left, ${balance('voucher')} as outstanding, ${balance('reserved')} as reserved,
           ${balance('payable')} + ${balance('in_transit')} + ${balance('paid')} as redeemed, ${balance('lapsed')} as lapsed,
           ${balance('payable')} as payable, ${balance('in_transit')} as "inTransit", ${balance('paid')} as paid
      from ledger_totals where book_id = ${of.bookId} and fund <> '' and ${asked(of, sql`fund`)} group by fund order by fund`,
  );
};

/** What leaves vouchers for good, what comes back from redemptions of such as have ended, and awards taken back. */
const lapsed = ['voucher.expired', 'redemption.released', 'redemption.reversed'];
const givenBack = [...lapsed, 'voucher.cancelled', 'voucher.revoked', 'voucher.reduced', 'award.reversed'];

/** What moved of the funds that are asked for, by month, by booked day. */
export const monthsOfBook = (tx: Pick<Tx, 'sql'>, of: Omit<Wanted, 'principal'>): Promise<MonthFigures[]> => {
  const moved = (side: SQL, kind: string, postings: string[]): SQL =>
    sql`coalesce(sum(${side}) filter (where kind = ${kind} and posting in ${postings}), 0)::bigint`;
  const credits = (kind: string, ...postings: string[]): SQL => moved(sql`credits_fen`, kind, postings);
  const debits = (kind: string, ...postings: string[]): SQL => moved(sql`debits_fen`, kind, postings);
  return planned<MonthFigures[]>(
    tx,
    sql`
    select to_char(starts_on, 'YYYY-MM') as month, fund, ${credits('available', 'budget.matched')} - ${debits('available', 'budget.returned')} as granted,
           ${credits('voucher', 'voucher.issued', 'opening.voucher')} + ${credits('payable', 'award.approved')} as promised,
           ${credits('available', ...givenBack)} as "givenBack", ${credits('lapsed', ...lapsed)} as lapsed,
           ${credits('reserved', 'redemption.reserved')} as claimed, ${debits('reserved', 'redemption.released')} as released,
           ${credits('payable', 'redemption.approved', 'award.approved')} as redeemed, ${debits('payable', 'redemption.reversed', 'award.reversed')} as reversed,
           coalesce(sum(transfers) filter (where kind = 'payable' and posting = 'redemption.approved'), 0)::bigint as redemptions,
           ${credits('in_transit', 'settlement.instructed')} as instructed, 
           ${credits('payable', 'settlement.returned', 'settlement.returned_late')} - ${debits('payable', 'settlement.unmatched')} as returned,
           ${credits('paid', 'settlement.paid', 'settlement.unmatched')}
             - ${debits('paid', 'settlement.returned_late', 'settlement.unmatched')} as paid
      from ledger_turnovers
     where book_id = ${of.bookId} and span = 'MONTH' and fund <> '' and ${asked(of, sql`fund`)}
     group by starts_on, fund order by starts_on, fund`,
  );
};

/**
 * What a legal person is owed and was paid of each fund, by its parties on one side: its account of the fund, and its instructions.
 */
const paidTo = (of: Wanted, side: 'provider' | 'enterprise'): SQL => {
  const payee = sql`p.${sql.identifier(`${side}_id`)}`;
  const parties = sql.identifier(`${side}s`);
  // A provider that was absorbed is paid through its successor.
  const own = sql`p.${sql.identifier(ownBy[`${side}s`])} = ${of.principal.legalPersonUscc}`;
  return sql`
    select t.fund, a.fen as owed, 0::bigint as sent, 0::bigint as paid
      from ${parties} p
      join ledger_totals t on t.book_id = p.book_id and t.kind = 'payable'
      cross join lateral ${balanceNamed(sql`p.book_id`, sql`'payable:' || ${payee} || ':' || t.fund`)} a
     where p.book_id = ${of.bookId} and ${own}
    union all
    select i.fund, 0, i.amount_fen - i.paid_fen - i.returned_fen, i.paid_fen
      from ${parties} p
      cross join lateral (select * from payment_instructions i
                           where i.book_id = p.book_id and i.payee_id = ${payee} offset 0) i
     where p.book_id = ${of.bookId} and ${own}`;
};

/** An enterprise's: its vouchers, which are few, with their accounts; and what it was awarded after it had paid (flow R). */
const fundsOfEnterprise = (tx: Tx, of: Wanted): Promise<FundFigures[]> =>
  planned<FundFigures[]>(
    tx,
    sql`
    select v.fund, null as granted, sum(v.face_fen - v.given_back_fen)::bigint as promised, null as left,
           sum(a.fen)::bigint as outstanding, sum(v.reserved_fen)::bigint as reserved, sum(v.lapsed_fen)::bigint as lapsed,
           sum(v.face_fen - v.given_back_fen - v.lapsed_fen - a.fen - v.reserved_fen)::bigint as redeemed,
           null as payable, null as "inTransit", null as paid
      from vouchers v
      cross join lateral ${balanceNamed(sql`v.book_id`, sql`'voucher:' || v.voucher_id`)} a
     where v.book_id = ${of.bookId} and v.legal_person_uscc = ${of.principal.legalPersonUscc} and ${asked(of, sql`v.fund`)}
     group by v.fund
    union all
    select fund, null, sum(owed + sent + paid)::bigint, null, 0::bigint, 0::bigint, 0::bigint, sum(owed + sent + paid)::bigint,
           sum(owed)::bigint, sum(sent)::bigint, sum(paid)::bigint
      from (${paidTo(of, 'enterprise')}) x where ${asked(of, sql`fund`)} group by fund
     order by fund`,
  );

/** A provider's: its account of each fund, and its instructions. */
const fundsOfProvider = (tx: Tx, of: Wanted): Promise<FundFigures[]> =>
  planned<FundFigures[]>(
    tx,
    sql`
    select fund, null as granted, null as promised, null as left, null as outstanding, null as reserved, null as lapsed,
           sum(owed + sent + paid)::bigint as redeemed, sum(owed)::bigint as payable, sum(sent)::bigint as "inTransit", sum(paid)::bigint as paid
      from (${paidTo(of, 'provider')}) x
     where ${asked(of, sql`fund`)} group by fund order by fund`,
  );

async function waitingOf(tx: Tx, of: Wanted): Promise<Read['waiting']> {
  const counts = worksFor(of.principal).map(({ what }) => {
    const rows = sql`select 1 from ${rowsOf(what, of)} limit ${sql.raw(String(countedTo + 1))}`;
    return sql`(select count(*) from (${rows}) x) as ${sql.identifier(what)}`;
  });
  if (counts.length === 0) return {};
  const [row] = await planned<Record<string, bigint>[]>(tx, sql`select ${sql.join(counts, sql`, `)}`);
  return row ?? {};
}

/** What waits, as a from-list with its condition; for a member of the trade its legal person's. */
function rowsOf(what: string, { bookId, principal }: Wanted): SQL {
  const { role, legalPersonUscc } = principal;
  const inState = (table: string, status: string): SQL =>
    sql`${sql.identifier(table)} where book_id = ${bookId} and status = ${sql.raw(`'${status}'`)}`;
  const side = role === 'provider' ? 'provider' : 'enterprise';
  const mine = (table: string, condition: SQL): SQL => sql`
    ${sql.identifier(`${side}s`)} o
      cross join lateral (select 1 from ${sql.identifier(table)} r
                           where r.book_id = o.book_id and r.${sql.identifier(`${side}_id`)} = o.${sql.identifier(`${side}_id`)} and ${condition}
                           limit ${sql.raw(String(countedTo + 1))}) r
     where o.book_id = ${bookId} and o.legal_person_uscc = ${legalPersonUscc}`;
  switch (what) {
    case 'PROGRAMMES_TO_ACTIVATE':
      return inState('programme_versions', 'PUBLISHED');
    case 'OPENINGS_TO_APPROVE':
      return inState('opening_balances', 'PREPARED');
    case 'CONTRACTS_TO_CONFIRM':
      return mine('contracts', sql`r.status = 'SUBMITTED' and r.submitted_side <> ${side}`);
    case 'CONTRACTS_TO_FILE':
      return inState('contracts', 'CONFIRMED');
    case 'APPLICATIONS_TO_REVIEW':
      return ofProgrammes(bookId, 'SUBMITTED');
    case 'APPLICATIONS_TO_APPROVE':
      return ofProgrammes(bookId, 'REVIEWED');
    case 'INVOICES_TO_CONFIRM':
      return mine('usage_invoices', sql`r.status = 'POSTED'`);
    case 'INVOICES_DISPUTED':
      return mine('usage_invoices', sql`r.status = 'DISPUTED'`);
    case 'REDEMPTIONS_TO_VERIFY':
      return inState('redemptions', 'SUBMITTED');
    case 'REDEMPTIONS_TO_SETTLE':
      return sql`${inState('redemptions', 'APPROVED')} and settlement_id is null`;
    case 'SETTLEMENTS_TO_FREEZE':
      return inState('settlements', 'DRAFT');
    case 'SETTLEMENTS_TO_APPROVE':
      return inState('settlements', 'FROZEN');
    case 'SETTLEMENTS_TO_CHECK':
      return inState('settlements', 'APPROVED');
    case 'SETTLEMENTS_TO_INSTRUCT':
      return inState('settlements', 'CHECKED');
    case 'SETTLEMENTS_AT_BANK':
      return inState('settlements', 'INSTRUCTED');
    default:
      throw new Error(`${what} is on no list`);
  }
}

const ofProgrammes = (bookId: string, status: string): SQL => sql`
  (select distinct programme_code from programme_versions where book_id = ${bookId}) p
  join applications r on r.book_id = ${bookId} and r.programme_code = p.programme_code and r.status = ${sql.raw(`'${status}'`)}`;
