// The whole of a bank's file, looked at before anything of it is imported: what each line says goes into a file of its own, in one form
// whatever the bank's is, with the totals beside. Runs in a thread (read-worker.ts), so that nobody waits for somebody's spreadsheet.
import { createReadStream, createWriteStream } from 'node:fs';
import path from 'node:path';
import type { BankColumn, BankMapping } from '../../schemas/bank.js';
import type { CsvRecord } from '../bulk/read-csv.js';
import { readCsv } from '../bulk/read-csv.js';
import { decoded } from '../bulk/decode.js';
import { FileUnreadable } from '../bulk/file.js';
import { parseYuan } from '../money.js';
import type { BankLayout, Wrong } from './cells.js';
import { balanceOf, bankLayout, lineOf, trailerOf } from './cells.js';
import { FileDigest, LineCheck } from './rules.js';

export interface BankFileSpec {
  /** Where the file as it was sent is, and where what is made of it goes: `sent` and `lines`. */
  readonly folder: string;
  readonly format: 'csv' | 'xlsx';
  readonly mapping: BankMapping;
  readonly bankAccount: string | null;
  readonly today: string;
  /** Lines of money at most. */
  readonly mostLines: number;
}

/** What is wrong at a place of the file. */
export interface BankFileIssue extends Wrong {
  /** From 1, the header included. */
  readonly line: number;
  readonly column: string;
  readonly value: string;
}

export interface BankFileRead {
  readonly count: number;
  readonly totalFen: bigint;
  readonly returnedFen: bigint;
  /** What the trailer says; null where there is none. */
  readonly declared: { readonly count: number; readonly total: string } | null;
  readonly balances: { readonly openingFen: bigint; readonly closingFen: bigint } | null;
  readonly digest: string;
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  /** The first of the issues, and how many there are. */
  readonly issues: readonly BankFileIssue[];
  readonly wrong: number;
}

export const sentIn = (folder: string): string => path.join(folder, 'sent');
export const linesIn = (folder: string): string => path.join(folder, 'lines');
const mostIssues = 100;
const shown = (text: string): string => (text.length > 200 ? `${text.slice(0, 199)}…` : text);

async function* recordsOf(of: BankFileSpec): AsyncGenerator<readonly CsvRecord[]> {
  const chunks = createReadStream(sentIn(of.folder)) as AsyncIterable<Uint8Array>;
  if (of.format === 'csv') {
    yield* readCsv(decoded(chunks, { gb18030: true }));
    return;
  }
  // Loaded only when it is needed: it is the heaviest thing here.
  const { readXlsx } = await import('../bulk/read-xlsx.js');
  yield* readXlsx(chunks, of.folder, { formulas: 'AS_WRITTEN' });
}

/** Reads all of it. Rejects with FileUnreadable where it cannot be read on. */
export async function readBankFile(of: BankFileSpec): Promise<BankFileRead> {
  const out = createWriteStream(linesIn(of.folder), { mode: 0o600 });
  const reading = new Reading(of);
  try {
    for await (const records of recordsOf(of)) {
      const text = records.map((record) => reading.take(record)).join('');
      if (text !== '' && !out.write(text)) await new Promise<void>((resolve) => out.once('drain', resolve));
    }
  } finally {
    await new Promise<void>((resolve) => out.end(resolve));
  }
  return reading.end();
}

class Reading {
  readonly #of: BankFileSpec;
  readonly #check: LineCheck;
  readonly #digest = new FileDigest();
  readonly #issues: BankFileIssue[] = [];
  readonly #balances = new Map<string, string>();
  #layout: BankLayout | undefined;
  #declared: BankFileRead['declared'] = null;
  #wrong = 0;
  #count = 0;
  #totalFen = 0n;
  #returnedFen = 0n;
  #firstDay: string | null = null;
  #lastDay: string | null = null;

  constructor(of: BankFileSpec) {
    this.#of = of;
    this.#check = new LineCheck({ today: of.today, partsAllowed: of.mapping.partsAllowed });
  }

  /** What a row says, as a line of JSON; '' for one that is no line of money, or is wrong. */
  take({ line: lineNo, cells }: CsvRecord): string {
    const { mapping } = this.#of;
    if (!this.#layout) {
      const layout = bankLayout(mapping, cells);
      if (layout.kind === 'wrong') throw new FileUnreadable(layout.code, layout.params);
      this.#layout = layout.value;
      return '';
    }
    const layout = this.#layout;
    const first = (cells[0] ?? '').trim();
    const note = (column: BankColumn | null, value: string, { code, params }: Wrong): void => {
      this.#wrong += 1;
      const header = column === null ? '' : (layout.get(column)?.header ?? '');
      if (this.#issues.length < mostIssues)
        this.#issues.push({ code, params, value: shown(value), column: header, line: lineNo });
    };
    const cellOf = (column: BankColumn): string => (cells[layout.get(column)?.position ?? -1] ?? '').trim();
    if (this.#declared) {
      note(null, first, { code: 'BANK_TRAILER_NOT_LAST', params: { found: shown(first) } });
      return '';
    }
    if (mapping.trailer && first === mapping.trailer.word) {
      const trailer = trailerOf(mapping, { count: cellOf(mapping.trailer.countIn), total: cellOf('amount') });
      if (trailer.kind === 'wrong') note('amount', `${cellOf(mapping.trailer.countIn)} ${cellOf('amount')}`, trailer);
      else this.#declared = trailer.value;
      return '';
    }
    if (mapping.balances && [mapping.balances.opening, mapping.balances.closing].includes(first)) {
      const balance = balanceOf(mapping, cellOf('amount'));
      if (balance.kind === 'wrong') note('amount', cellOf('amount'), balance);
      else if (this.#balances.has(first)) note('amount', first, { code: 'BANK_BALANCE_TWICE', params: { found: first } });
      else this.#balances.set(first, balance.value);
      return '';
    }
    return this.#line(layout, cells, note, cellOf);
  }

  #line(
    layout: BankLayout,
    cells: readonly string[],
    note: (column: BankColumn, value: string, wrong: Wrong) => void,
    cellOf: (column: BankColumn) => string,
  ): string {
    const found = lineOf(this.#of.mapping, layout, cells);
    if (found.kind === 'wrong') {
      for (const { column, ...issue } of found.issues) note(column, cellOf(column), issue);
      return '';
    }
    const { line } = found;
    const refusal = this.#check.refuse(line);
    if (refusal) {
      note(refusal.column, cellOf(refusal.column), refusal);
      return '';
    }
    const { mostLines } = this.#of;
    if (this.#count === mostLines) throw new FileUnreadable('BANK_FILE_TOO_LONG', { most: String(mostLines) });
    this.#count += 1;
    const fen = parseYuan(line.amount) ?? 0n;
    this.#totalFen += fen;
    if (line.status === 'RETURNED') this.#returnedFen += fen;
    if (this.#firstDay === null || line.bookedOn < this.#firstDay) this.#firstDay = line.bookedOn;
    if (this.#lastDay === null || line.bookedOn > this.#lastDay) this.#lastDay = line.bookedOn;
    this.#digest.line(line);
    return `${JSON.stringify(line)}\n`;
  }

  end(): BankFileRead {
    if (!this.#layout) throw new FileUnreadable('BULK_NO_HEADER');
    const { mapping, bankAccount } = this.#of;
    const [opening = null, closing = null] = mapping.balances
      ? [this.#balances.get(mapping.balances.opening), this.#balances.get(mapping.balances.closing)]
      : [];
    const fenOf = (text: string): bigint => (text.startsWith('-') ? -(parseYuan(text.slice(1)) ?? 0n) : (parseYuan(text) ?? 0n));
    return {
      count: this.#count,
      totalFen: this.#totalFen,
      returnedFen: this.#returnedFen,
      declared: this.#declared,
      balances: opening === null || closing === null ? null : { openingFen: fenOf(opening), closingFen: fenOf(closing) },
      digest: this.#digest.end({ bankAccount, opening, closing }),
      firstDay: this.#firstDay,
      lastDay: this.#lastDay,
      issues: this.#issues,
      wrong: this.#wrong,
    };
  }
}
