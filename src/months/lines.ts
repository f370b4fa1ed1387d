// The lines of a month: every transfer of money booked in it that gives somebody a claim, settles one or ends one, with the papers and
// parties it is about. What only waits in between (reserved, released) and what is no money (limits) stands in the turnovers alone. Read in
// slices of the sequence; of a month that is shut they are the same for ever, for whatever they are made of is never changed.
import type { Database } from '../../db/client.js';
import type { Day } from '../calendar.js';
import type { Fen } from '../money.js';
import type { Parties } from './parties.js';
import type { Party } from './queries.js';
import type { MonthSpan } from './span.js';

export interface MonthLine {
  readonly seq: bigint;
  readonly bookedOn: Day;
  readonly posting: string;
  /** The number of what it is about: a redemption, voucher, award, instruction, recovery, appropriation. */
  readonly no: string;
  readonly voucherNo: string;
  readonly invoiceNo: string;
  readonly contractNo: string;
  readonly fund: string;
  readonly debit: string;
  readonly credit: string;
  readonly amountFen: Fen;
  /** Who is paid, or owes back. */
  readonly payee: Party | undefined;
  /** Whose voucher it is. */
  readonly enterprise: Party | undefined;
  /** The entry that it takes back. */
  readonly corrects: bigint | null;
  /** The day that it would have been booked on, where that was in a month that was shut. */
  readonly belongsTo: Day | null;
}

/** Entries read at once. */
const entriesAtOnce = 20_000n;

/** Not lines: what waits between two lines, and the law's limits. */
const notLines = ['redemption.reserved', 'redemption.released'];
export const isLine = (posting: string): boolean => !notLines.includes(posting) && !/^limit\.|\.limit_used$/.test(posting);

interface Transfer {
  seq: bigint;
  bookedOn: Day;
  posting: string;
  debit: string;
  credit: string;
  fund: string;
  amountFen: Fen;
  corrects: bigint | null;
  /** The redemption whose approval is taken back. */
  taken: string | null;
  /** The bank's day, of what the bank said. */
  bankDay: Day | null;
  subjectId: string | null;
}

/** The lines of a month in order of sequence, in slices; each with the sequence up to which it goes. */
export async function* linesOf(
  db: Database,
  span: MonthSpan,
  parties: Parties,
): AsyncGenerator<{ readonly lines: readonly MonthLine[]; readonly upTo: bigint }> {
  for (let after = span.from - 1n; after < span.cutOff; ) {
    const upTo = after + entriesAtOnce < span.cutOff ? after + entriesAtOnce : span.cutOff;
    const transfers = await db.sql.prepared<Transfer[]>(
      `select e.seq, e.booked_on as "bookedOn", e.kind as posting, d.code as debit, k.code as credit,
              case when d.fund is null then k.fund else d.fund end as fund, e.amount_fen as "amountFen", e.reverses_seq as corrects,
              case when e.reverses_seq is not null then
                (select split_part(a.code, ':', 2) from entries o join accounts a on a.book_id = o.book_id and a.account_id = o.debit_account_id
                  where o.book_id = e.book_id and o.seq = e.reverses_seq and a.kind = 'reserved') end as taken,
              case when d.code like 'in_transit:%' then
                (select b.booked_on from bank_lines b
                  where b.book_id = e.book_id and b.instruction_id = split_part(d.code, ':', 2)::uuid and b.bank_return_id = e.subject_id) end as "bankDay",
              e.subject_id as "subjectId"
         from (select * from entries
                where book_id = $1 and seq > $2 and seq <= $3 and booked_on >= $4::date and booked_on <= $5::date and amount_fen is not null
                  and kind <> all ($6::text[]) and kind !~ '^limit[.]|[.]limit_used$' offset 0) e
        cross join lateral (select a.code, a.fund from accounts a where a.book_id = $1 and a.account_id = e.debit_account_id offset 0) d
        cross join lateral (select a.code, a.fund from accounts a where a.book_id = $1 and a.account_id = e.credit_account_id offset 0) k
        order by e.seq`,
      [span.bookId, after, upTo, span.first, span.last, notLines],
    );
    yield { lines: await told(db, span.bookId, transfers, parties), upTo };
    after = upTo;
  }
}

/** What an account's code names second, where it is of this kind. */
const named = (kind: string, ...codes: readonly string[]): string | null => {
  const code = codes.find((each) => each.startsWith(`${kind}:`));
  return code === undefined ? null : (code.split(':')[1] ?? null);
};

const redemptionOf = ({ debit, taken }: Transfer): string | null => named('reserved', debit) ?? taken;
const voucherOf = ({ debit, credit }: Transfer): string | null => named('voucher', debit, credit);
const instructionOf = ({ debit, credit }: Transfer): string | null => named('in_transit', debit, credit);
const payeeNamed = ({ debit, credit }: Transfer): string | null =>
  named('payable', debit, credit) ?? named('receivable', debit, credit);

interface RedemptionPapers {
  id: string;
  redemptionNo: string;
  voucherNo: string;
  invoiceNo: string;
  contractNo: string;
  enterpriseId: string;
}
interface VoucherPapers {
  id: string;
  voucherNo: string;
  contractNo: string;
}
interface InstructionPapers {
  id: string;
  instructionNo: string;
  payeeId: string;
}
interface SubjectPapers {
  id: string;
  no: string;
  debtorId: string | null;
}

async function told(db: Database, bookId: string, transfers: readonly Transfer[], parties: Parties): Promise<MonthLine[]> {
  const idsBy = (idOf: (of: Transfer) => string | null) => [...new Set(transfers.flatMap((of) => idOf(of) ?? []))];
  const vouchers = idsBy(voucherOf);
  const byId = <Row extends { id: string }>(rows: readonly Row[]) => new Map(rows.map((row) => [row.id, row]));
  const asked = <Row extends { id: string }>(ids: readonly string[], text: string): Promise<Map<string, Row>> =>
    ids.length === 0 ? Promise.resolve(new Map<string, Row>()) : db.sql.prepared<Row[]>(text, [bookId, ids]).then(byId);
  const [redemptions, papersOfVouchers, instructions, subjects] = await Promise.all([
    asked<RedemptionPapers>(
      idsBy(redemptionOf),
      `select u.id, r.redemption_no as "redemptionNo", v.voucher_no as "voucherNo", i.invoice_no as "invoiceNo",
              c.contract_no as "contractNo", r.enterprise_id as "enterpriseId"
         from unnest($2::uuid[]) as u (id)
         cross join lateral (select * from redemptions r where r.book_id = $1 and r.redemption_id = u.id offset 0) r
         cross join lateral (select v.voucher_no from vouchers v where v.book_id = $1 and v.voucher_id = r.voucher_id offset 0) v
         cross join lateral (select i.invoice_no from usage_invoices i where i.book_id = $1 and i.invoice_id = r.invoice_id offset 0) i
         cross join lateral (select c.contract_no from contracts c where c.book_id = $1 and c.contract_id = r.contract_id offset 0) c`,
    ),
    asked<VoucherPapers>(
      vouchers,
      `select u.id, v.voucher_no as "voucherNo", c.contract_no as "contractNo" from unnest($2::uuid[]) as u (id)
         cross join lateral (select * from vouchers v where v.book_id = $1 and v.voucher_id = u.id offset 0) v
         cross join lateral (select c.contract_no from contracts c where c.book_id = $1 and c.contract_id = v.contract_id offset 0) c`,
    ),
    asked<InstructionPapers>(
      idsBy(instructionOf),
      `select u.id, i.instruction_no as "instructionNo", i.payee_id as "payeeId" from unnest($2::uuid[]) as u (id)
         cross join lateral (select * from payment_instructions i where i.book_id = $1 and i.instruction_id = u.id offset 0) i`,
    ),
    asked<SubjectPapers>(
      [
        ...new Set(
          transfers.flatMap((of) => ((redemptionOf(of) ?? voucherOf(of) ?? instructionOf(of)) === null ? (of.subjectId ?? []) : [])),
        ),
      ],
      `select u.id, s.no, s.debtor as "debtorId" from unnest($2::uuid[]) as u (id)
         cross join lateral (
           select r.reimbursement_no as no, null::uuid as debtor from reimbursements r where r.book_id = $1 and r.reimbursement_id = u.id
           union all select a.allocation_no, null from allocations a where a.book_id = $1 and a.allocation_id = u.id
           union all select r.recovery_no, r.debtor_id from recoveries r where r.book_id = $1 and r.recovery_id = u.id
           union all select a.document_no, null from appropriations a where a.book_id = $1 and a.appropriation_id = u.id
           offset 0) s`,
    ),
  ]);
  const instructionFor = (of: Transfer) => instructions.get(instructionOf(of) ?? '');
  const subjectFor = (of: Transfer) => subjects.get(of.subjectId ?? '');
  const payeeOf = (of: Transfer): string | null =>
    payeeNamed(of) ?? instructionFor(of)?.payeeId ?? subjectFor(of)?.debtorId ?? null;
  const enterpriseOf = (of: Transfer): string | null => redemptions.get(redemptionOf(of) ?? '')?.enterpriseId ?? null;
  await parties.gather({
    parties: transfers.flatMap((of) => [payeeOf(of) ?? [], enterpriseOf(of) ?? []].flat()),
    vouchers,
  });
  return transfers.map((of): MonthLine => {
    const redemption = redemptions.get(redemptionOf(of) ?? '');
    const voucher = papersOfVouchers.get(voucherOf(of) ?? '');
    const instruction = instructionFor(of);
    const { seq, bookedOn, posting, fund, debit, credit, amountFen, corrects, bankDay } = of;
    return {
      seq,
      bookedOn,
      posting,
      no: redemption?.redemptionNo ?? voucher?.voucherNo ?? instruction?.instructionNo ?? subjectFor(of)?.no ?? '',
      voucherNo: redemption?.voucherNo ?? voucher?.voucherNo ?? '',
      invoiceNo: redemption?.invoiceNo ?? '',
      contractNo: redemption?.contractNo ?? voucher?.contractNo ?? '',
      fund,
      debit,
      credit,
      amountFen,
      payee: parties.of(payeeOf(of)),
      enterprise: parties.of(enterpriseOf(of)) ?? parties.of(voucherOf(of)),
      corrects,
      belongsTo: bankDay !== null && bankDay < bookedOn ? bankDay : null,
    };
  });
}
