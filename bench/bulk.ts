// Usage invoices by file: a generated file uploaded to the bulk address, beside COPY of the same rows through the same
// parser; what people's commands take meanwhile; and the memory of the service, whatever the size of the file.
//
// The baseline reads the same file with the reader that the service uses (src/bulk/read-file.ts: decoding, parsing,
// the schema of the single command) and hands the rows of usage_invoices and usage_invoice_lines to one psql, which
// COPYs them in one durable transaction into tables of the same columns, checks, indexes and foreign keys. Nothing is
// decided against contracts and listings there, no number is claimed, no entry is written.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { FileReader } from '../src/bulk/read-file.js';
import { uuidv7 } from '../src/identifiers.js';
import { fenOf, type PostedInvoice } from '../src/usage/rules.js';
import { copyTables } from './ceiling.js';
import type { LoadResult, UploadResult } from './load.js';
import { type Bench, measureCommands } from './measure.js';
import { type Book, countsOf } from './open-book.js';
import { findProgram, run as runProgram } from './pgbench.js';
import { median, type Row, row } from './report.js';
import { type Load, type Service, startLoad, startService } from './start.js';
import type { BenchVoucher, World } from './world.js';

interface Format {
  readonly name: string;
  readonly contentType: string;
  readonly linesPerInvoice: number;
  readonly header: string;
  readonly write: (of: { number: string; contractId: string; lines: number }) => string;
}

const yuan = (fen: number): string => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;
const sums = (lines: number) => ({ net: yuan(943 * lines), vat: yuan(57 * lines), gross: yuan(1000 * lines) });
const days = { issuedOn: '2026-03-31', usageFrom: '2026-03-01', usageTo: '2026-03-31' };

const ndjson = (linesPerInvoice: number): Format => ({
  name: `NDJSON, ${linesPerInvoice === 1 ? '1 line' : `${linesPerInvoice} lines`} an invoice`,
  linesPerInvoice,
  header: '',
  contentType: 'application/x-ndjson',
  write: ({ number, contractId, lines }) => {
    const line = { contractLineNo: 1, quantity: '1', ...sums(1) };
    const body = { invoiceNo: number, contractId, ...days, ...sums(lines), lines: Array.from({ length: lines }, () => line) };
    return `${JSON.stringify(body)}\n`;
  },
});
const csv = (linesPerInvoice: number): Format => ({
  name: `CSV, ${linesPerInvoice} lines an invoice`,
  contentType: 'text/csv',
  linesPerInvoice,
  header: 'invoiceNo,contractId,issuedOn,usageFrom,usageTo,net,vat,gross,contractLineNo,quantity,lineNet,lineVat,lineGross\r\n',
  write: ({ number, contractId, lines }) => {
    const { net, vat, gross } = sums(lines);
    const { issuedOn, usageFrom, usageTo } = days;
    return `${number},${contractId},${issuedOn},${usageFrom},${usageTo},${net},${vat},${gross},1,1,9.43,0.57,10.00\r\n`.repeat(
      lines,
    );
  },
});

/** Redemptions a second that people ask for beside a file. */
const steady = 50;

let invoices = 0;

/** Writes a file of this many lines; every invoice number of it is new. */
async function generate(file: string, format: Format, world: World, lines: number): Promise<number> {
  const handle = await open(file, 'w');
  try {
    let text = format.header;
    const count = Math.ceil(lines / format.linesPerInvoice);
    for (let i = 0; i < count; i++) {
      const { contractId } = world.vouchers[i % world.vouchers.length] as BenchVoucher;
      text += format.write({ number: `26414${String(invoices++).padStart(15, '0')}`, contractId, lines: format.linesPerInvoice });
      if (text.length > 1 << 20) {
        await handle.write(text);
        text = '';
      }
    }
    await handle.write(text);
    return count;
  } finally {
    await handle.close();
  }
}

export async function measureBulk(bench: Bench, book: Book, ownerUrl: string): Promise<Row[]> {
  const { world } = book;
  const service = await startService(book.serve());
  const openapi = (await (await fetch(`http://127.0.0.1:${service.port}/openapi.json`)).json()) as {
    paths: Record<string, object>;
  };
  if (!Object.keys(openapi.paths).some((address) => address.endsWith('/bulk-jobs/usage-invoices'))) {
    bench.skipped.push('bulk usage: the service has no such address');
    await service.stop();
    return [];
  }
  const psql = await findProgram('psql');
  if (psql) await copyTables(book.owner, ['usage_invoices', 'usage_invoice_lines']);
  else bench.skipped.push('COPY beside bulk usage: there is no psql here');
  const uploader = startLoad();
  const formats = [ndjson(10), ndjson(1), csv(10)];
  const file = path.join(bench.folder, 'bulk');

  /** Lines a second, and the answer held against the file and the database. */
  const upload = async (format: Format, lines: number): Promise<number> => {
    const made = await generate(file, format, world, lines);
    const before = await countsOf(book, 'usage_invoices');
    const result = await uploadFile(uploader, service, world, format, file);
    const after = await countsOf(book, 'usage_invoices');
    const job = (result.status < 300 ? JSON.parse(result.body) : {}) as Record<string, unknown>;
    const right = job['state'] === 'DONE' && job['documents'] === made && job['refused'] === 0;
    if (!right || after.made - before.made !== made) {
      bench.problems.push(
        `bulk, ${format.name}: ${made} invoices sent, ${after.made - before.made} made, answer ${result.status} ${result.body.slice(0, 300)}`,
      );
    }
    return (made * format.linesPerInvoice) / result.seconds;
  };

  // A first file warms the service and says how large a file fills the time.
  const pace = new Map<string, number>();
  for (const format of formats) pace.set(format.name, await upload(format, 2_000));
  const [rates, copies] = [new Map<string, number[]>(), new Map<string, number[]>()];
  const add = (to: Map<string, number[]>, name: string, value: number) => to.set(name, [...(to.get(name) ?? []), value]);
  for (let run = 0; run < bench.runs; run++) {
    for (const format of formats) {
      // Enough of them that neither the start of the reader's thread nor psql's decides.
      const lines = Math.max(30_000, Math.ceil((pace.get(format.name) ?? 5_000) * Math.min(1.5, bench.seconds)));
      const rate = await upload(format, lines);
      add(rates, format.name, rate);
      // The very same file.
      const copied = psql ? await copy(bench, book, psql, ownerUrl, format, file) : undefined;
      if (copied !== undefined) add(copies, format.name, copied);
      bench.say(
        `bulk usage, ${format.name}: ${Math.round(rate)} lines/s${copied === undefined ? '' : `; COPY: ${Math.round(copied)} lines/s`}`,
      );
    }
  }

  const [first = ndjson(10)] = formats;
  const people = await beside(bench, book, service, async () => {
    await upload(first, Math.ceil(median(rates.get(first.name) ?? [5_000]) * bench.seconds * 2));
  });
  await service.stop();

  const memory = await startService(book.serve());
  // Nobody waits longer for it than five minutes (of the seconds as they are set).
  const lines = Math.ceil(
    Math.min(5_000_000, median(rates.get(first.name) ?? [5_000]) * bench.seconds * (bench.full ? 100 : 0.7)),
  );
  const made = await generate(file, first, world, lines);
  const sent = await uploadFile(uploader, memory, world, first, file);
  const peak = await memory.peakMiB();
  if (sent.status >= 300) bench.problems.push(`bulk of ${made} invoices: ${sent.status} ${sent.body.slice(0, 300)}`);
  if (peak === null) bench.skipped.push('memory of the service during bulk: this system does not say');
  await memory.stop();
  await uploader.stop();

  return [
    ...formats.map((format) => {
      const copied = copies.get(format.name);
      return row({
        work: `bulk usage, ${format.name}`,
        unit: 'lines/s',
        runs: rates.get(format.name) ?? [],
        ...(copied ? { against: { name: 'COPY of the same rows', figure: median(copied), required: { least: 0.4 } } } : {}),
        goal: { of: 'figure', bound: { least: 25_000 } },
      });
    }),
    row({
      work: `redemptions, ${steady} a second, while a bulk file runs`,
      unit: '/s',
      runs: [people.during.perSecond],
      p50: people.during.p50,
      p99: people.during.p99,
      against: { name: 'their p99 without, ms', figure: people.without.p99, value: people.during.p99 },
    }),
    ...(peak === null
      ? []
      : [
          row({
            work: `memory of the service, a file of ${lines.toLocaleString('en-US')} lines`,
            unit: 'MiB',
            runs: [peak],
            goal: { of: 'figure', bound: { most: 300 } },
          }),
        ]),
  ];
}

const uploadFile = (uploader: Load, service: Service, world: World, format: Format, file: string): Promise<UploadResult> =>
  uploader.upload({
    port: service.port,
    path: `/v1/books/${world.code}/bulk-jobs/usage-invoices?mode=accept-right`,
    secret: world.secrets.provider,
    key: `bulk-${process.pid}-${invoices}`,
    contentType: format.contentType,
    file,
  });

/** Redemptions at a steady pace: alone, and while `work` goes on. */
async function beside(
  bench: Bench,
  book: Book,
  service: Service,
  work: () => Promise<void>,
): Promise<{ without: LoadResult; during: LoadResult }> {
  const seconds = 1.5 * bench.seconds;
  const redeem = async (name: string, busy: boolean) => {
    const requests = await book.stock.redemptions(Math.ceil(steady * (seconds + 2)));
    const of = { name, connections: 16, requests, seconds, arrivals: steady, busy, made: 'redemptions' } as const;
    const result = await measureCommands(bench, book, service, of);
    book.stock.giveBack(requests, result.sent);
    return result;
  };
  const without = await redeem(`redemptions, ${steady} a second, nothing beside`, false);
  const busy = work();
  const during = await redeem(`redemptions, ${steady} a second, while a bulk file runs`, true);
  await busy;
  return { without, during };
}

/** Lines a second by COPY, the tables emptied before. */
async function copy(bench: Bench, book: Book, psql: string, ownerUrl: string, format: Format, file: string): Promise<number> {
  await book.owner.sql.unsafe('truncate ceiling.usage_invoices, ceiling.usage_invoice_lines');
  const reader = new FileReader(
    { kind: 'usage-invoices', format: format.contentType === 'text/csv' ? 'csv' : 'ndjson', folder: bench.folder },
    createReadStream(file, { highWaterMark: 256 * 1024 }),
  );
  const began = performance.now();
  const counted = { lines: 0 };
  await runProgram(
    psql,
    ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--dbname'],
    ownerUrl,
    copyText(reader, book.world, counted),
  );
  return counted.lines / ((performance.now() - began) / 1000);
}

/** What psql is told: one transaction of COPYs, 2,000 lines at a time. */
async function* copyText(reader: FileReader, world: World, counted: { lines: number }): AsyncGenerator<string> {
  const contractOf = new Map(world.vouchers.map((voucher) => [voucher.contractId, voucher]));
  const now = new Date();
  const at = now.toISOString();
  await reader.open();
  // References are checked by index: their plans are made while the copies are nearly empty, and kept to the end.
  yield 'set enable_seqscan = off;\nbegin;\n';
  for (let end = false; !end;) {
    const slice = await reader.next(2_000);
    end = slice.end;
    let heads = '';
    let lines = '';
    for (const { body } of slice.documents) {
      if (body === null) throw new Error('the generated file has a wrong line');
      const of = body as PostedInvoice;
      const voucher = contractOf.get(of.contractId);
      if (!voucher) throw new Error('the generated file has a wrong contract');
      const invoiceId = uuidv7(now);
      heads += `${world.bookId}\t${invoiceId}\t${of.invoiceNo}\t${voucher.providerId}\t${voucher.enterpriseId}\t${of.contractId}\t${of.issuedOn}\t${of.usageFrom}\t${of.usageTo}\t${fenOf(of.net)}\t${fenOf(of.vat)}\t${fenOf(of.gross)}\tPOSTED\tf\t${invoiceId}\t2026-04-15\t${at}\n`;
      of.lines.forEach((line, i) => {
        lines += `${world.bookId}\t${uuidv7(now)}\t${invoiceId}\t${i + 1}\t${voucher.contractLineId}\t${line.quantity}\t${fenOf(line.net)}\t${fenOf(line.vat)}\t${fenOf(line.gross)}\n`;
      });
      counted.lines += of.lines.length;
    }
    if (heads === '') continue;
    yield `copy ceiling.usage_invoices (book_id, invoice_id, invoice_no, provider_id, enterprise_id, contract_id, issued_on, usage_from, usage_to, net_fen, vat_fen, gross_fen, status, number_conflict, posted_person, posted_on, recorded_at) from stdin;\n${heads}\\.\n`;
    yield `copy ceiling.usage_invoice_lines (book_id, invoice_line_id, invoice_id, line_no, contract_line_id, quantity, net_fen, vat_fen, gross_fen) from stdin;\n${lines}\\.\n`;
  }
  yield 'commit;\n';
}
