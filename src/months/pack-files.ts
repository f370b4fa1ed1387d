// What is in a close pack, file by file, in the order in which it stands there.
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { Database } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { startOfDay } from '../calendar.js';
import { xlsxOf } from '../http/xlsx.js';
import { formatYuan } from '../money.js';
import type { Heading } from './data.js';
import type { MonthData } from './make-data.js';
import type { PackFile } from './pack.js';
import { fileAt } from './pack.js';
import type { Parties } from './parties.js';
import type { PayeeSheets } from './payee-sheets.js';
import type { Column } from './sheets.js';
import {
  batchColumns,
  csvHead,
  csvRow,
  exceptionColumns,
  funderColumns,
  kindNames,
  lineColumns,
  nameOfPosting,
  payeeColumns,
  trialColumns,
} from './sheets.js';
import type { MonthSpan } from '../ledger/months.js';

export interface Packed {
  readonly span: MonthSpan;
  readonly heading: Heading & { readonly name: string };
  readonly data: MonthData;
  readonly sheets: PayeeSheets;
  readonly parties: Parties;
  readonly folder: string;
  readonly shutBy: string;
  readonly shutOn: Day;
}

/** The rows of the sheets that have few: what the pages are made of too. */
export interface FewRows {
  readonly trial: readonly (readonly string[])[];
  readonly payees: readonly (readonly string[])[];
  readonly funders: readonly (readonly string[])[];
  readonly exceptions: readonly (readonly string[])[];
}

/** The files of a pack. Those that many lines are in are read again from the disk, each when its turn comes. */
export async function packFiles(db: Database, of: Packed): Promise<PackFile[]> {
  const { sheets, folder } = of;
  const few = fewRows(of);
  const sheet = (name: string, columns: readonly Column[], rows: readonly (readonly string[])[]): PackFile => ({
    name,
    bytes: () => Buffer.from(csvHead(columns) + rows.map((row) => csvRow(columns, row)).join('')),
  });
  const { span, data, parties, heading } = of;
  const nameOf = (payeeId: string): string => parties.of(payeeId)?.name ?? payeeId;
  // What draws pages is loaded when there are some: it takes a tenth of the time of a start.
  const { signaturePages, totalsPages } = await import('./pages.js');
  const pages = [
    totalsPages({ book: heading.name, span, data, owed: sheets.owed, nameOf, funders: few.funders }),
    signaturePages({ book: heading.name, span, data, shutBy: of.shutBy, shutOn: of.shutOn }),
  ] as const;
  const [totals, signatures] = await Promise.all([pages[0].end(), pages[1].end()]);
  const missing = [...new Set(pages.flatMap((of) => of.missing))];
  return [
    { name: 'data/month.txt', bytes: () => fileAt(path.join(folder, 'month.txt')) },
    { name: 'lines.csv', bytes: () => fileAt(path.join(folder, 'lines.csv')) },
    {
      name: 'lines.xlsx',
      bytes: () =>
        Readable.from(xlsxOf('明细', lineColumns, rowsOf(path.join(folder, 'lines.csv')), startOfDay(span.last)), {
          objectMode: false,
        }),
      isPacked: true,
    },
    sheet('trial-balance.csv', trialColumns, few.trial),
    sheet('payees.csv', payeeColumns, few.payees),
    sheet('funders.csv', funderColumns, few.funders),
    sheet('exceptions.csv', exceptionColumns, [
      ...few.exceptions,
      ...missing.map((character) => ['缺字', '页面以 □ 代替', character, '', '', '', '']),
    ]),
    { name: 'totals.pdf', bytes: () => totals },
    { name: 'signatures.pdf', bytes: () => signatures },
    ...(await batchFiles(db, of)),
    ...sheets.parties.map(({ party, places }): PackFile => ({
      name: `statements/${party.side}s/${party.uscc}.csv`,
      bytes: () => Buffer.concat([Buffer.from(csvHead(lineColumns)), sheets.read(places)]),
    })),
  ];
}

/** Rows of a sheet read at once. */
const rowsAtOnce = 1_000;

/** The rows of a CSV file of ours below its first, in slices. */
async function* rowsOf(file: string): AsyncGenerator<string[][]> {
  let slice: string[][] = [];
  for await (const row of createReadStream(file).pipe(parse({ bom: true, from_line: 2 }))) {
    slice.push(row as string[]);
    if (slice.length < rowsAtOnce) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

function fewRows({ data, sheets, parties }: Packed): FewRows {
  const yuan = (...amounts: readonly bigint[]): string[] => amounts.map(formatYuan);
  return {
    trial: data.trial.map((of) => [
      of.fund,
      kindNames[of.kind],
      of.kind,
      ...yuan(of.openingFen, of.debitsFen, of.creditsFen, of.closingFen),
    ]),
    payees: sheets.owed.map((of) => {
      const payee = parties.of(of.payeeId);
      return [
        payee?.uscc ?? '',
        payee?.name ?? of.payeeId,
        of.fund,
        ...yuan(of.openingFen, of.addedFen, of.takenFen, of.closingFen),
      ];
    }),
    funders: sheets.funders.map(({ fund, funder, byKind }) => {
      const standing = (kind: string): bigint => byKind.get(kind) ?? 0n;
      return [
        fund,
        funder,
        ...yuan(
          -standing('appropriation'),
          standing('unmatched'),
          standing('in_transit'),
          standing('paid'),
          standing('recovered'),
        ),
      ];
    }),
    exceptions: [
      ...sheets.late.map((line) => [
        line.corrects === null ? '迟到事项' : '更正',
        nameOfPosting(line.posting),
        line.no,
        line.fund,
        formatYuan(line.amountFen),
        line.corrects?.toString() ?? '',
        line.belongsTo ?? '',
      ]),
      ...sheets.open.map(({ kind, code, fund, fen }) => ['清算科目余额', kind, code, fund, formatYuan(fen), '', '']),
    ],
  };
}

/** Lines of a batch read at once. */
const linesAtOnce = 5_000;

/** The sheet of each batch of which something was instructed in the month, in order of its number. */
async function batchFiles(db: Database, { span, sheets, parties }: Packed): Promise<PackFile[]> {
  const { bookId } = span;
  const batches = await db.sql<{ settlementId: string; settlementNo: string }[]>`
    select distinct s.settlement_id as "settlementId", s.settlement_no as "settlementNo"
      from unnest(${[...sheets.instructions]}::uuid[]) as u (id)
     cross join lateral (select i.settlement_id from payment_instructions i where i.book_id = ${bookId} and i.instruction_id = u.id offset 0) i
     cross join lateral (select * from settlements s where s.book_id = ${bookId} and s.settlement_id = i.settlement_id offset 0) s
     order by s.settlement_no`;
  async function* linesOfBatch(settlementId: string): AsyncGenerator<string> {
    yield csvHead(batchColumns);
    for (let after = 0; ;) {
      const rows = await db.sql.prepared<
        { lineNo: number; no: string | null; payeeId: string; fund: string; amountFen: bigint }[]
      >(
        `select l.line_no as "lineNo", l.payee_id as "payeeId", l.fund, l.amount_fen as "amountFen",
                case when l.redemption_id is null
                  then (select r.reimbursement_no from reimbursements r where r.book_id = l.book_id and r.reimbursement_id = l.reimbursement_id)
                  else (select r.redemption_no from redemptions r where r.book_id = l.book_id and r.redemption_id = l.redemption_id) end as no
           from settlement_lines l where l.book_id = $1 and l.settlement_id = $2 and l.line_no > $3 and l.returned_version is null order by l.line_no limit ${linesAtOnce}`,
        [bookId, settlementId, after],
      );
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows
        .map(({ lineNo, no, payeeId, fund, amountFen }) => {
          const payee = parties.of(payeeId);
          return csvRow(batchColumns, [
            String(lineNo),
            no ?? '',
            payee?.uscc ?? '',
            payee?.name ?? '',
            fund,
            formatYuan(amountFen),
          ]);
        })
        .join('');
      after = last.lineNo;
    }
  }
  return batches.map(({ settlementId, settlementNo }) => ({
    name: `batches/${settlementNo}.csv`,
    bytes: () => Readable.from(linesOfBatch(settlementId), { objectMode: false }),
  }));
}
