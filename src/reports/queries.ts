// What reports are made of, read in slices of keyset pages: none holds a snapshot of a year, none is in anybody's way. Amounts are fen.
import type { SQL } from 'drizzle-orm';
import { sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { planned } from '../../db/planned.js';
import { firstIdOf } from '../identifiers.js';
import { courseOf } from '../ledger/history.js';
import type { Granted, Step } from './rules.js';

/** Cases looked at with one statement. */
const sliceSize = 1000;

/** Of a funding year, or of cases begun in a year; of one programme or all. */
export interface Wanted {
  readonly bookId: string;
  readonly year: number;
  readonly programmeCode: string | undefined;
}

const newYear = (year: number): string => firstIdOf(new Date(`${year}-01-01T00:00:00+08:00`));
const isWanted = ({ year, programmeCode }: Wanted, fund: string): boolean =>
  programmeCode === undefined ? fund.endsWith(`/${year}`) : fund === `${programmeCode}/${year}`;

type Slice<Row> = (after: string) => Promise<readonly (Row & { readonly id: string })[]>;

/** The rows of all slices, from an id on. */
async function* all<Row>(after: string, slice: Slice<Row>): AsyncGenerator<readonly Row[]> {
  for (let from = after; ;) {
    const rows = await slice(from);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < sliceSize) return;
    from = last.id;
  }
}

/** What the lines of an invoice, or of a claim, come to by what their chips are. */
const byOrigin = sql.raw(`
  coalesce(sum(l.gross_fen) filter (where l.chip_origin = 'DOMESTIC'), 0)::bigint as "domesticFen",
  coalesce(sum(l.gross_fen) filter (where l.chip_origin <> 'DOMESTIC'), 0)::bigint as "nonDomesticFen",
  coalesce(sum(l.gross_fen) filter (where l.chip_origin is null), 0)::bigint as "otherFen",
  coalesce(sum(l.card_hours), 0)::bigint as "cardHours"`);

/**
 * Redemptions and awards of a funding year that have money in them, in slices. Money of a year is claimed in that year or later, so what
 * was submitted before it is not looked at.
 */
export async function* grantedIn(db: Database, of: Wanted): AsyncGenerator<readonly Granted[]> {
  type Row = Granted & { id: string };
  const read = (text: SQL): Promise<Row[]> => planned<Row[]>(db, text);
  const redemptions = all<Granted>(newYear(of.year), (after) =>
    read(sql`
      select r.redemption_id as id, r.fund, r.enterprise_id as "enterpriseId", e.size_class as "sizeClass",
             r.approved_fen - r.reversed_fen - r.recalled_fen as "grantedFen", i.red_fen as "redFen", x.*
        from (select * from redemptions where book_id = ${of.bookId} and redemption_id > ${after}
               order by redemption_id limit ${sliceSize}) r
       cross join lateral (select size_class from enterprises where book_id = r.book_id and enterprise_id = r.enterprise_id offset 0) e
       cross join lateral (select red_fen from usage_invoices where book_id = r.book_id and invoice_id = r.invoice_id offset 0) i
       cross join lateral (select ${byOrigin} from (
               select l.gross_fen, c.chip_origin, case c.unit when 'CARD_HOUR' then (l.quantity * 10000)::bigint end as card_hours
                 from usage_invoice_lines l
                 join contract_lines c on c.book_id = l.book_id and c.contract_line_id = l.contract_line_id
                where l.book_id = r.book_id and l.invoice_id = r.invoice_id) l) x
       order by r.redemption_id`),
  );
  // A claim is counted by what of it is still claimed: a line cut back by a red letter is not live.
  const awards = all<Granted>(newYear(of.year), (after) =>
    read(sql`
      select r.reimbursement_id as id, coalesce(r.fund, '') as fund, r.enterprise_id as "enterpriseId", e.size_class as "sizeClass",
             coalesce(r.award_fen, 0) - r.reversed_fen - r.recalled_fen as "grantedFen", 0::bigint as "redFen", x.*
        from (select * from reimbursements where book_id = ${of.bookId} and reimbursement_id > ${after}
               order by reimbursement_id limit ${sliceSize}) r
       cross join lateral (select size_class from enterprises where book_id = r.book_id and enterprise_id = r.enterprise_id offset 0) e
       cross join lateral (select ${byOrigin} from (
               select l.gross_fen, l.chip_origin, case c.unit when 'CARD_HOUR' then (u.quantity * 10000)::bigint end as card_hours
                 from reimbursement_lines l
                 left join usage_invoice_lines u on u.book_id = l.book_id and u.invoice_line_id = l.invoice_line_id
                 left join contract_lines c on c.book_id = u.book_id and c.contract_line_id = u.contract_line_id
                where l.book_id = r.book_id and l.reimbursement_id = r.reimbursement_id and l.is_live) l) x
       order by r.reimbursement_id`),
  );
  for (const slices of [redemptions, awards])
    for await (const rows of slices) yield rows.filter(({ fund, grantedFen }) => grantedFen > 0n && isWanted(of, fund));
}

const processes = {
  APPLICATION: { table: 'applications', id: 'application_id', isOf: ({ programmeCode }: Wanted) => programmeCode },
  REIMBURSEMENT: { table: 'reimbursements', id: 'reimbursement_id', isOf: ({ programmeCode }: Wanted) => programmeCode },
  REDEMPTION: { table: 'redemptions', id: 'redemption_id', isOf: ({ programmeCode }: Wanted) => programmeCode },
  // A batch holds all programmes.
  SETTLEMENT: { table: 'settlements', id: 'settlement_id', isOf: () => undefined },
} as const;
export type Process = keyof typeof processes;
export const processesTold = Object.keys(processes) as Process[];

/** The entries about each case that began in the year, in order; in slices. */
export async function* stepsOf(db: Database, of: Wanted, process: Process): AsyncGenerator<readonly (readonly Step[])[]> {
  const { table, id, isOf } = processes[process];
  const programmeCode = isOf(of);
  const mine = programmeCode === undefined ? sql`true` : sql`t.programme_code = ${programmeCode}`;
  const slices = all<{ id: string; mine: boolean }>(newYear(of.year), (after) =>
    planned(
      db,
      sql`select ${sql.identifier(id)} as id, ${mine} as mine from ${sql.identifier(table)} t
           where book_id = ${of.bookId} and ${sql.identifier(id)} > ${after} order by ${sql.identifier(id)} limit ${sliceSize}`,
    ),
  );
  for await (const rows of slices) {
    const ids = rows.filter((row) => row.mine).map((row) => row.id);
    const courses = [...(await courseOf(db, of.bookId, ids)).values()];
    yield courses.filter(([first]) => first?.bookedOn.startsWith(`${of.year}-`));
  }
}
