// What a simulation reads of a year, in slices by sequence on the snapshot it is given: which applications were decided, and which
// redemptions approved. Only columns that are asked for; of a redemption nothing is kept once it was tried.
import type { Tx } from '../../db/client.js';
import type { Reimbursement } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import type { Span } from '../ledger/history.js';
import { decidedWithin, firstEntries } from '../ledger/history.js';
import type { Fen } from '../money.js';

/** Entries that a slice passes over. */
const slice = 2_500n;

/** An application as it was decided. Amounts in fen; `seq` is the entry that decided it, `issuedFen` the face of its voucher. */
export interface DecidedRow {
  readonly seq: bigint;
  readonly decidedOn: Day;
  readonly applicationId: string;
  readonly applicationNo: string;
  readonly acceptedPlace: bigint | null;
  readonly programmeVersionId: string;
  readonly contractId: string;
  readonly legalPersonUscc: string;
  readonly submittedOn: Day;
  readonly eligibility: string | null;
  readonly matters: unknown;
  readonly maximumFen: Fen | null;
  readonly computedFen: Fen | null;
  readonly voucherId: string | null;
  readonly issuedFen: Fen | null;
}

type Slices<Row> = AsyncGenerator<readonly Row[]>;

async function* slices<Row>({ from, to }: Span, read: (after: bigint, upTo: bigint) => Promise<readonly Row[]>): Slices<Row> {
  const sliceFrom = (after: bigint) => read(after, after + slice < to ? after + slice : to);
  let ahead = from > to ? undefined : sliceFrom(from - 1n);
  for (let after = from - 1n; ahead !== undefined; after += slice) {
    const rows = await ahead;
    // The database reads on while these are looked at. Its failure is met when it is awaited.
    ahead = after + slice < to ? sliceFrom(after + slice) : undefined;
    ahead?.catch(() => undefined);
    if (rows.length > 0) yield rows;
  }
}

/** Applications of a programme on which the year decided: vouchers issued, and what was rejected after its review. */
export const decidedApplications = ({ sql }: Tx, of: { bookId: string; programmeCode: string; span: Span }): Slices<DecidedRow> =>
  slices(
    of.span,
    (after, upTo) => sql<DecidedRow[]>`
      select e.seq, e.booked_on as "decidedOn", a.application_id as "applicationId", a.application_no as "applicationNo", a.accepted_place as "acceptedPlace",
             a.programme_version_id as "programmeVersionId", a.contract_id as "contractId", a.legal_person_uscc as "legalPersonUscc",
             a.submitted_on as "submittedOn", a.eligibility::text as eligibility, a.matters, a.maximum_fen as "maximumFen",
             a.computed_fen as "computedFen", a.voucher_id as "voucherId", a.award_fen as "issuedFen"
        from ${decidedWithin(sql, of.bookId, { after, upTo, span: of.span, kinds: ['voucher.issued', 'application.rejected'] })} e
        cross join lateral (select * from applications a
                             where a.book_id = e.book_id and a.application_id = e.subject_id offset 0) a
       where a.programme_code = ${of.programmeCode} and a.reviewed_person is not null
       order by e.seq`,
  );

/** An approved redemption with its invoice. Amounts in fen; lines as arrays, in order of line. */
export interface RedeemedRow {
  readonly seq: bigint;
  readonly approvedOn: Day;
  readonly programmeCode: string;
  readonly voucherId: string;
  readonly contractId: string;
  readonly approvedFen: Fen;
  readonly submittedOn: Day;
  readonly usageFrom: Day;
  readonly usageTo: Day;
  readonly grossFen: Fen;
  readonly contractLineIds: readonly string[];
  readonly lineNos: readonly number[];
  readonly netsFen: readonly Fen[];
  readonly vatsFen: readonly Fen[];
  readonly grossesFen: readonly Fen[];
}

/** Redemptions that the year approved, in that order; of other programmes too, without their lines being looked at. */
export const approvedRedemptions = ({ sql }: Tx, of: { bookId: string; span: Span }): Slices<RedeemedRow> =>
  slices(
    of.span,
    (after, upTo) => sql<RedeemedRow[]>`
      select e.seq, e.booked_on as "approvedOn", r.programme_code as "programmeCode", r.voucher_id as "voucherId",
             r.contract_id as "contractId", r.approved_fen - r.reversed_fen as "approvedFen",
             r.submitted_on as "submittedOn", i.usage_from as "usageFrom", i.usage_to as "usageTo", i.gross_fen as "grossFen",
             l."contractLineIds", l."lineNos", l."netsFen", l."vatsFen", l."grossesFen"
        from ${decidedWithin(sql, of.bookId, { after, upTo, span: of.span, kinds: ['redemption.approved'] })} e
        cross join lateral (select * from redemptions r where r.book_id = e.book_id and r.redemption_id = e.subject_id offset 0) r
        cross join lateral (select * from usage_invoices i where i.book_id = r.book_id and i.invoice_id = r.invoice_id offset 0) i
        cross join lateral (select array_agg(l.contract_line_id order by l.line_no) as "contractLineIds",
                                   array_agg(l.line_no order by l.line_no) as "lineNos", array_agg(l.net_fen order by l.line_no) as "netsFen",
                                   array_agg(l.vat_fen order by l.line_no) as "vatsFen", array_agg(l.gross_fen order by l.line_no) as "grossesFen"
                              from usage_invoice_lines l where l.book_id = i.book_id and l.invoice_id = i.invoice_id) l
       order by e.seq`,
  );

/** Whose a voucher is and what it was applied for with. */
export interface HeldRow {
  readonly voucherId: string;
  readonly legalPersonUscc: string;
  readonly appliedOn: Day;
  readonly matters: unknown;
}

/** These vouchers, of whatever year. */
export const vouchersOf = ({ sql }: Tx, bookId: string, voucherIds: readonly string[]): Promise<HeldRow[]> => sql<HeldRow[]>`
  select v.voucher_id as "voucherId", v.legal_person_uscc as "legalPersonUscc", v.applied_on as "appliedOn", v.matters
    from unnest(${voucherIds}::uuid[]) as k (id)
    cross join lateral (select * from vouchers v where v.book_id = ${bookId} and v.voucher_id = k.id offset 0) v`;

/** What of these contracts was redeemed under a programme before a day, in fen. */
export const redeemedBefore = (
  { sql }: Tx,
  of: { bookId: string; programmeCode: string; contractIds: readonly string[]; before: Day },
): Promise<{ contractId: string; baseFen: Fen; approvedFen: Fen; cutOffFen: Fen }[]> =>
  sql<{ contractId: string; baseFen: Fen; approvedFen: Fen; cutOffFen: Fen }[]>`
    select k.id as "contractId", r.base::bigint as "baseFen", r.approved::bigint as "approvedFen", r.cut_off::bigint as "cutOffFen"
      from unnest(${of.contractIds}::uuid[]) as k (id)
      cross join lateral (select sum(base_fen) as base, sum(approved_fen - reversed_fen) as approved, sum(cut_off_fen) as cut_off
                            from redemptions r
                           where r.book_id = ${of.bookId} and r.contract_id = k.id and r.status = 'APPROVED'
                             and r.programme_code = ${of.programmeCode} and r.approved_on < ${of.before}::date) r
     where r.base is not null`;

/** An application for reimbursement of the year. Amounts in fen. */
export interface AppliedRow {
  readonly reimbursementId: string;
  readonly reimbursementNo: string;
  readonly acceptedPlace: bigint | null;
  readonly programmeVersionId: string;
  readonly enterpriseId: string;
  readonly legalPersonUscc: string;
  readonly baseYear: number;
  readonly matters: unknown;
  readonly status: Exclude<Reimbursement['status'], 'DRAFT' | 'WITHDRAWN'>;
  readonly submittedOn: Day;
  readonly eligibility: string | null;
  readonly computedFen: Fen;
  readonly reviewedFen: Fen | null;
  readonly score: number | null;
  readonly awardFen: Fen | null;
}

/** Who applied for reimbursement in a year, in the order of application: decided or not. */
export const appliedInYear = (
  { sql }: Tx,
  of: { bookId: string; programmeCode: string; year: number },
): Promise<AppliedRow[]> => sql<AppliedRow[]>`
  select reimbursement_id as "reimbursementId", reimbursement_no as "reimbursementNo",
         accepted_place as "acceptedPlace", programme_version_id as "programmeVersionId",
         enterprise_id as "enterpriseId", legal_person_uscc as "legalPersonUscc", base_year as "baseYear", matters, status,
         submitted_on as "submittedOn", eligibility::text as eligibility, computed_fen as "computedFen", reviewed_fen as "reviewedFen",
         score, award_fen as "awardFen"
    from reimbursements where book_id = ${of.bookId} and programme_code = ${of.programmeCode} and year = ${of.year}
     and status not in ('DRAFT', 'WITHDRAWN')
   order by reimbursement_id`;

/** A batch whose money was shared: `seq` is the first entry of its approval, `lines` who was in it, with why nothing fell to them. */
export interface SharedRow {
  readonly allocationId: string;
  readonly year: number;
  readonly decidedOn: Day;
  readonly seq: bigint;
  readonly claimsFen: Fen;
  readonly lines: readonly { readonly reimbursementId: string; readonly reason: string | null }[];
}

/** The approved allocations of a programme's money, of all years, in the order in which they were approved. */
export async function sharedBatches(tx: Tx, of: { bookId: string; programmeCode: string }): Promise<SharedRow[]> {
  const rows = await tx.sql<(Omit<SharedRow, 'seq' | 'lines'> & { reimbursementIds: string[]; reasons: (string | null)[] })[]>`
    select a.allocation_id as "allocationId", a.year, a.decided_on as "decidedOn", a.claims_fen as "claimsFen",
           l.ids as "reimbursementIds", l.reasons
      from allocations a
      cross join lateral (select array_agg(l.reimbursement_id order by l.line_no) as ids, array_agg(l.reason order by l.line_no) as reasons
                            from allocation_lines l where l.book_id = a.book_id and l.allocation_id = a.allocation_id) l
     where a.book_id = ${of.bookId} and a.programme_code = ${of.programmeCode} and a.status = 'APPROVED'`;
  // What an approval wrote first: limits are funded before anything is charged or awarded.
  const kinds = ['allocation.held', 'limit.funded', 'award.approved', 'limit.charged', 'allocation.approved'];
  const ids = rows.map(({ allocationId }) => allocationId);
  const first = await firstEntries(tx, of.bookId, ids, kinds);
  return rows
    .map(({ reimbursementIds, reasons, ...row }) => ({
      ...row,
      seq: first.get(row.allocationId) ?? 0n,
      lines: reimbursementIds.map((reimbursementId, i) => ({ reimbursementId, reason: reasons[i] ?? null })),
    }))
    .sort((a, b) => (a.seq < b.seq ? -1 : 1));
}

/** An invoice that its enterprise paid in full, and the day on which it had. Amounts in fen; lines as arrays, in order of line. */
export interface SettledRow {
  readonly legalPersonUscc: string;
  readonly name: string;
  readonly isHead: boolean;
  readonly kind: 'ENTERPRISE' | 'INSTITUTION';
  readonly contractId: string;
  readonly usageFrom: Day;
  readonly usageTo: Day;
  readonly settledOn: Day;
  readonly contractLineIds: readonly string[];
  readonly netsFen: readonly Fen[];
  readonly vatsFen: readonly Fen[];
  readonly grossesFen: readonly Fen[];
}

/** How many legal persons the book knows. */
export async function countPersons({ sql }: Tx, bookId: string): Promise<number> {
  const [row] = await sql<{ n: number }[]>`
    select count(distinct legal_person_uscc)::int as n from enterprises where book_id = ${bookId}`;
  return row?.n ?? 0;
}

/** Legal persons that a page of settled fees is read for. */
const personsOfPage = 250;

/**
 * Confirmed invoices that were settled within a year, legal person by legal person, in the order of their codes: a page holds all of
 * each of its legal persons. What another programme redeemed or reimbursed is left out, for a fee is supported once.
 */
export async function* settledFees(
  { sql }: Tx,
  of: { bookId: string; programmeCode: string; baseYear: number },
): AsyncGenerator<{ persons: number; rows: readonly SettledRow[] }> {
  const [first, last] = [`${of.baseYear}-01-01`, `${of.baseYear}-12-31`];
  for (let after = ''; ;) {
    const persons = await sql<{ uscc: string }[]>`
      select distinct legal_person_uscc as uscc from enterprises
       where book_id = ${of.bookId} and legal_person_uscc > ${after} order by 1 limit ${personsOfPage}`;
    const codes = persons.map(({ uscc }) => uscc);
    const reached = codes.at(-1);
    if (reached === undefined) return;
    const rows = await sql<SettledRow[]>`
      select e.legal_person_uscc as "legalPersonUscc", e.uscc = e.legal_person_uscc as "isHead", e.kind,
             i.contract_id as "contractId", i.usage_from as "usageFrom", i.usage_to as "usageTo", p.last as "settledOn",
             l."contractLineIds", l."netsFen", l."vatsFen", l."grossesFen"
        from unnest(${codes}::text[]) as k (uscc)
        cross join lateral (select * from enterprises e where e.book_id = ${of.bookId} and e.legal_person_uscc = k.uscc offset 0) e
        cross join lateral (select * from usage_invoices i
                             where i.book_id = e.book_id and i.enterprise_id = e.enterprise_id and i.status = 'CONFIRMED'
                               and i.paid_fen = i.gross_fen offset 0) i
        cross join lateral (select max(p.paid_on) as last from enterprise_payments p
                             where p.book_id = i.book_id and p.invoice_id = i.invoice_id) p
        left join redemptions r on r.book_id = i.book_id and r.redemption_id = i.redemption_id
        cross join lateral (select array_agg(l.contract_line_id order by l.line_no) as "contractLineIds",
                                   array_agg(l.net_fen order by l.line_no) as "netsFen", array_agg(l.vat_fen order by l.line_no) as "vatsFen",
                                   array_agg(l.gross_fen order by l.line_no) as "grossesFen"
                              from usage_invoice_lines l where l.book_id = i.book_id and l.invoice_id = i.invoice_id) l
       where p.last between ${first}::date and ${last}::date
         and coalesce(r.programme_code, ${of.programmeCode}) = ${of.programmeCode}
         and (i.reimbursed_lines = 0 or not exists (
               select from reimbursement_lines b join reimbursements m on m.book_id = b.book_id and m.reimbursement_id = b.reimbursement_id
                where b.book_id = i.book_id and b.invoice_id = i.invoice_id and b.is_live and m.programme_code <> ${of.programmeCode}))
       order by e.legal_person_uscc, i.invoice_id`;
    yield { persons: codes.length, rows };
    after = reached;
  }
}
