// The lines of a month: every transfer of money booked in it that gives somebody a claim, settles one or ends one, with the papers and
// parties it is about. What only waits in between (reserved, released) and what is no money (limits) stands in the turnovers alone. Read in
// slices of the sequence; of a month that is shut they are the same for ever, for whatever they are made of is never changed.
import type { Tx } from '../../db/client.js';
import type { Day } from '../calendar.js';
import type { MonthSpan, Transfer } from '../ledger/months.js';
import { transfersOf } from '../ledger/months.js';
import type { Fen } from '../money.js';
import type { Parties } from './parties.js';
import type { Party } from './queries.js';

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

/** Not lines: what waits between two lines, and the law's limits. */
const waiting = ['redemption.reserved', 'redemption.released'];
const limits = [
  'limit.charged',
  'limit.restored',
  'limit.returned',
  'limit.funded',
  'limit.raised',
  'limit.succeeded',
  'opening.limit_used',
];
const notLines = [...waiting, ...limits];
export const isLine = (posting: string): boolean => !notLines.includes(posting);

/** The lines of a month in order of sequence, in slices; each with the sequence up to which it goes. */
export async function* linesOf(
  db: Tx,
  span: MonthSpan,
  parties: Parties,
): AsyncGenerator<{ readonly lines: readonly MonthLine[]; readonly upTo: bigint }> {
  for await (const { transfers, upTo } of transfersOf(db, span, notLines)) {
    yield { lines: await told(db, span.bookId, transfers, parties), upTo };
  }
}

/** What an account's code names second, where it is of this kind. */
const named = (kind: string, ...codes: readonly string[]): string | null => {
  const code = codes.find((each) => each.startsWith(`${kind}:`));
  return code === undefined ? null : (code.split(':')[1] ?? null);
};

const redemptionOf = ({ debit, correctedDebit }: Transfer): string | null => named('reserved', debit, correctedDebit ?? '');
const voucherOf = ({ debit, credit }: Transfer): string | null => named('voucher', debit, credit);
const instructionOf = ({ debit, credit }: Transfer): string | null => named('in_transit', debit, credit);
/** A recovery by its claim; else what the entry says it is about. */
const subjectOf = ({ debit, credit, subjectId }: Transfer): string | null => named('claim', debit, credit) ?? subjectId;
/** What is booked of the bank is about a match of one of its lines with an instruction. */
const matchOf = ({ posting, subjectId }: Transfer): string | null =>
  posting.startsWith('settlement.') && posting !== 'settlement.instructed' ? subjectId : null;
/** Money that came back of a recovery is between funders' accounts alone. */
const recoveryOf = ({ posting, debit, credit, subjectId }: Transfer): string | null =>
  posting.startsWith('recovery.') && payeeNamed({ debit, credit }) === null ? subjectId : null;
const payeeNamed = ({ debit, credit }: Pick<Transfer, 'debit' | 'credit'>): string | null =>
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
interface MatchPapers {
  id: string;
  instructionId: string;
  /** The bank's day. */
  bankDay: Day;
}
interface SubjectPapers {
  id: string;
  no: string;
}

/** Transfers as lines. */
export async function told(db: Tx, bookId: string, transfers: readonly Transfer[], parties: Parties): Promise<MonthLine[]> {
  const idsBy = (idOf: (of: Transfer) => string | null) => [...new Set(transfers.flatMap((of) => idOf(of) ?? []))];
  const vouchers = idsBy(voucherOf);
  const byId = <Row extends { id: string }>(rows: readonly Row[]) => new Map(rows.map((row) => [row.id, row]));
  const asked = <Row extends { id: string }>(ids: readonly string[], text: string): Promise<Map<string, Row>> =>
    ids.length === 0 ? Promise.resolve(new Map<string, Row>()) : db.sql.prepared<Row[]>(text, [bookId, ids]).then(byId);
  const matches = await asked<MatchPapers>(
    idsBy(matchOf),
    `select u.id, m.instruction_id as "instructionId", m.booked_on as "bankDay" from unnest($2::uuid[]) as u (id)
       cross join lateral (select * from bank_matches m where m.book_id = $1 and m.match_id = u.id offset 0) m`,
  );
  const instructionFor = (of: Transfer) => instructionOf(of) ?? matches.get(matchOf(of) ?? '')?.instructionId ?? null;
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
      idsBy(instructionFor),
      `select u.id, i.instruction_no as "instructionNo", i.payee_id as "payeeId" from unnest($2::uuid[]) as u (id)
         cross join lateral (select * from payment_instructions i where i.book_id = $1 and i.instruction_id = u.id offset 0) i`,
    ),
    asked<SubjectPapers>(
      [
        ...new Set(
          transfers.flatMap((of) =>
            (redemptionOf(of) ?? voucherOf(of) ?? instructionFor(of)) === null ? (subjectOf(of) ?? []) : [],
          ),
        ),
      ],
      `select u.id, s.no from unnest($2::uuid[]) as u (id)
         cross join lateral (
           select r.reimbursement_no as no from reimbursements r where r.book_id = $1 and r.reimbursement_id = u.id
           union all select a.allocation_no from allocations a where a.book_id = $1 and a.allocation_id = u.id
           union all select r.recovery_no from recoveries r where r.book_id = $1 and r.recovery_id = u.id
           union all select a.document_no from appropriations a where a.book_id = $1 and a.appropriation_id = u.id
           union all select b.document_no from appropriation_returns b where b.book_id = $1 and b.return_id = u.id
           offset 0) s`,
    ),
  ]);
  const subjectFor = (of: Transfer) => subjects.get(subjectOf(of) ?? '');
  const payeeOf = (of: Transfer): string | null => payeeNamed(of) ?? instructions.get(instructionFor(of) ?? '')?.payeeId ?? null;
  const enterpriseOf = (of: Transfer): string | null => redemptions.get(redemptionOf(of) ?? '')?.enterpriseId ?? null;
  await parties.gather({
    parties: transfers.flatMap((of) => [payeeOf(of) ?? [], enterpriseOf(of) ?? []].flat()),
    vouchers,
    recoveries: idsBy(recoveryOf),
  });
  return transfers.map((of): MonthLine => {
    const redemption = redemptions.get(redemptionOf(of) ?? '');
    const voucher = papersOfVouchers.get(voucherOf(of) ?? '');
    const instruction = instructions.get(instructionFor(of) ?? '');
    const { seq, bookedOn, posting, fund, debit, credit, amountFen, corrects } = of;
    const bankDay = matches.get(matchOf(of) ?? '')?.bankDay ?? null;
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
      payee: parties.of(payeeOf(of)) ?? parties.of(recoveryOf(of)),
      enterprise: parties.of(enterpriseOf(of)) ?? parties.of(voucherOf(of)),
      corrects,
      belongsTo: bankDay !== null && bankDay < bookedOn ? bankDay : null,
    };
  });
}
