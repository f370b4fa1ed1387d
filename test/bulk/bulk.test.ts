// Bulk files over HTTP: what is taken, what is refused and comes back, a cut and its end, two uploads of one job, two processes,
// the same file again, a dry run, all or nothing, and who may.
import { readdir, mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ExcelJS from 'exceljs';
import type { FastifyInstance } from 'fastify';
import t, { type Test } from 'tap';
import { Facts, Loader } from '../../src/ledger/facts.js';
import { claimNumbers } from '../../src/usage/claim-number.js';
import { invoiceShelf } from '../../src/usage/facts.js';
import type { Caller } from '../service.js';
import { expectStatus } from '../service.js';
import type { Trade } from '../usage/world.js';
import { startTrade, uscc } from '../usage/world.js';
import type { Format } from './world.js';
import { csv, download, invoiceOf, ndjson, posted, rowsOf, types, upload, usageHeader } from './world.js';

/** Everything put down while a file is read goes into this folder, which must be empty again. */
async function ownTemporaryFolder(t: Test): Promise<() => Promise<string[]>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'own-'));
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  t.teardown(async () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await rm(folder, { recursive: true, force: true });
  });
  return () => readdir(folder);
}

interface OpenUpload {
  /** Sends more of the file; resolves when it has left. */
  send(text: string): Promise<void>;
  end(): void;
  cut(): void;
  /** Status and body of the answer; null when there is none. */
  readonly answer: Promise<{ status: number; body: Record<string, unknown> } | null>;
}

/** An upload over a real socket that its test holds open. */
function openUpload(address: string, trade: Trade, who: Caller, of: { key: string; format?: Format }): OpenUpload {
  const request = http.request(`${address}/v1/books/${trade.book.code}/bulk-jobs/usage-invoices`, {
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${who.secret}`, 'content-type': types[of.format ?? 'ndjson'], 'idempotency-key': of.key },
  });
  const answer: OpenUpload['answer'] = new Promise((resolve) => {
    request.once('error', () => resolve(null));
    request.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> }),
      );
      response.once('error', () => resolve(null));
    });
  });
  return {
    send: (text) => new Promise((resolve) => request.write(text, () => resolve())),
    end: () => void request.end(),
    cut: () => void request.destroy(),
    answer,
  };
}

const listen = async (app: FastifyInstance): Promise<string> => {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
};

/** The job of this key as its row has it, once `when` is true of it. */
async function jobOnce(trade: Trade, key: string, when: (row: { next_line: number; leased: boolean }) => boolean) {
  for (let i = 0; i < 400; i++) {
    const [row] = await trade.db.sql<{ job_id: string; next_line: number; leased: boolean }[]>`
      select job_id, next_line, lease_owner is not null as leased from bulk_jobs where key = ${key}`;
    if (row && when(row)) return row;
    await sleep(25);
  }
  throw new Error(`the job ${key} never came so far`);
}

void t.test('what is right is taken, what is not comes back in the same format, is mended and taken then', async (t) => {
  const trade = await startTrade(t);
  const left = await ownTemporaryFolder(t);
  const contract = await trade.fileContract('1000000.00');
  const xlsx = async (rows: readonly (readonly string[])[], header = usageHeader): Promise<Buffer> => {
    const workbook = new ExcelJS.Workbook();
    workbook.addWorksheet('发票').addRows([header, ...rows] as unknown[][]);
    return Buffer.from(await workbook.xlsx.writeBuffer());
  };
  const before = await posted(trade);
  let taken = 0;

  for (const format of ['ndjson', 'csv', 'xlsx'] as const) {
    const invoices = Array.from({ length: 30 }, () => invoiceOf(contract, { lineCount: 2 }));
    const wrong = invoices.map((of, i) => ({
      ...of,
      ...(i === 4 ? { gross: '3.00' } : {}),
      ...(i === 9 ? { issuedOn: '2024-13-01' } : {}),
    }));
    wrong[20] = {
      ...wrong[20],
      lines: (wrong[20]?.lines ?? []).map((line, i) => ({ ...line, contractLineNo: 1 + i })),
    } as (typeof wrong)[0];
    const file = format === 'ndjson' ? ndjson(wrong) : format === 'csv' ? csv(rowsOf(wrong)) : await xlsx(rowsOf(wrong));
    const rowsPer = format === 'ndjson' ? 1 : 2;
    const first = expectStatus(await upload(trade, trade.seller, file, { format, key: `mend-${format}` }), 201);
    const counts = { read: 30 * rowsPer, accepted: 27 * rowsPer, refused: 3 * rowsPer, documents: 27 };
    t.match(first, { ...counts, state: 'DONE', format, kind: 'usage-invoices', mode: 'accept-right' });
    t.ok(first.ledgerSeq > 0);
    t.match(await trade.seller.get(`/bulk-jobs/${first.jobId}`), { status: 200, body: first });

    const page = expectStatus(await trade.seller.get(`/bulk-jobs/${first.jobId}/refused-lines?limit=2`), 200);
    const rest = expectStatus(
      await trade.seller.get(`/bulk-jobs/${first.jobId}/refused-lines?limit=200&cursor=${page.next}`),
      200,
    );
    const lines = [...page.items, ...rest.items];
    t.equal(rest.next, null);
    const at = (n: number) => (format === 'ndjson' ? n + 1 : 2 + n * 2);
    const of = (n: number) => lines.find(({ line }) => line === at(n));
    t.match(of(4), { field: format === 'ndjson' ? '/gross' : 'gross', value: '3.00', code: 'INVOICE_DOES_NOT_ADD_UP' });
    t.match(of(9), { field: format === 'ndjson' ? '/issuedOn' : 'issuedOn', value: '2024-13-01', code: 'DAY_INVALID' });
    if (format === 'ndjson') t.match(of(20), { field: '/lines/1/contractLineNo', value: '2', code: 'CONTRACT_LINE_UNKNOWN' });
    else {
      t.match(of(20), { field: '', code: 'BULK_WITH_DOCUMENT' }, 'a line that is right goes with its document');
      t.match(
        lines.find(({ line }) => line === at(20) + 1),
        { field: 'contractLineNo', value: '2', code: 'CONTRACT_LINE_UNKNOWN' },
      );
    }
    const english = await trade.seller.get(`/bulk-jobs/${first.jobId}/refused-lines`, { headers: { 'accept-language': 'en' } });
    t.match(english.body.items[0].detail, /add up/);

    const refused = await download(trade, trade.seller, first.jobId);
    let mended: string | Buffer;
    if (format === 'xlsx') {
      const workbook = new ExcelJS.Workbook();
      await workbook.xlsx.load(new Uint8Array(refused).buffer);
      const rows = (workbook.worksheets[0]?.getSheetValues() ?? []).filter(Array.isArray).map((row) => row.slice(1) as string[]);
      t.strictSame(rows[0], [...usageHeader, 'errorField', 'errorCode', 'errorMessage']);
      t.equal(rows.length, 7);
      const right = rows.slice(1).map((row, i) => row.map((cell, c) => mendedCell(cell, c, i)));
      mended = await xlsx(right, rows[0]);
    } else {
      const text = refused.toString();
      if (format === 'csv') t.match(text, /^\uFEFFinvoiceNo,.*,errorField,errorCode,errorMessage\r\n/);
      const rows = text.trim().split(format === 'csv' ? '\r\n' : '\n');
      mended =
        format === 'csv'
          ? [
              rows[0],
              ...rows.slice(1).map((row, i) =>
                row
                  .split(',')
                  .map((cell, c) => mendedCell(cell, c, i))
                  .join(','),
              ),
            ].join('\r\n')
          : ndjson(rows.map((row) => mendedObject(JSON.parse(row) as ReturnType<typeof invoiceOf>)));
    }
    const second = expectStatus(await upload(trade, trade.seller, mended, { format, key: `mended-${format}` }), 201);
    t.match(second, { read: 3 * rowsPer, accepted: 3 * rowsPer, refused: 0, documents: 3 }, `${format}, mended`);
    taken += 30;
    const now = await posted(trade);
    t.match(now, {
      invoices: before.invoices + taken,
      lines: before.lines + 2 * taken,
      conflicts: 0,
      claims: taken,
      holders: taken,
    });
  }
  const list = expectStatus(await trade.seller.get('/bulk-jobs?limit=4&kind=usage-invoices'), 200);
  t.equal(list.items.length, 4);
  const more = expectStatus(await trade.seller.get(`/bulk-jobs?limit=4&cursor=${list.next}`), 200);
  t.match(more, { items: { length: 2 }, next: null });
  t.match((await trade.seller.get('/bulk-jobs?kind=contracts')).body, { items: [] });
  t.strictSame(await left(), [], 'nothing is left on the disk');

  function mendedCell(cell: string, column: number, row: number): string {
    if (usageHeader[column] === 'gross') return '2.00';
    if (usageHeader[column] === 'issuedOn') return '2024-08-01';
    return usageHeader[column] === 'contractLineNo' && row >= 4 ? '1' : cell;
  }
  function mendedObject(of: ReturnType<typeof invoiceOf>): object {
    return { ...of, gross: '2.00', issuedOn: '2024-08-01', lines: of.lines.map((line) => ({ ...line, contractLineNo: 1 })) };
  }
});

void t.test('one file has one effect, whatever key it is sent with, and however often', async (t) => {
  const trade = await startTrade(t);
  const contract = await trade.fileContract('1000000.00');
  const invoices = Array.from({ length: 500 }, () => invoiceOf(contract));
  const [twice] = invoices;
  const file = ndjson([...invoices, ...(twice ? [twice] : [])]);
  const before = await posted(trade);
  const first = await upload(trade, trade.seller, file, { key: 'once' });
  t.match(first, { status: 201, headers: { 'idempotency-replayed': 'false' }, body: { read: 501, accepted: 500, refused: 1 } });
  const line = expectStatus(await trade.seller.get(`/bulk-jobs/${first.body.jobId}/refused-lines`), 200).items[0];
  t.match(
    line,
    { line: 501, field: '/invoiceNo', code: 'INVOICE_NUMBER_USED' },
    'a number that comes twice is found across slices',
  );
  const now = await posted(trade);
  t.match(now, { invoices: before.invoices + 500, conflicts: 0, claims: 500, holders: 500 });

  const again = await upload(trade, trade.seller, file, { key: 'once' });
  t.match(again, { status: 201, headers: { 'idempotency-replayed': 'true' } });
  t.strictSame(again.body, first.body, 'the same key: the same answer');
  const other = expectStatus(await upload(trade, trade.seller, file, { key: 'another' }), 201);
  t.match(other, { accepted: 0, refused: 501, documents: 0, ledgerSeq: null }, 'another key: each line is refused by its number');
  t.strictSame(await posted(trade), now, 'nothing has changed, no hold was kept');

  const reused = { status: 409, body: { code: 'IDEMPOTENCY_KEY_REUSED' } };
  t.match(await upload(trade, trade.seller, file.slice(1), { key: 'once' }), reused);
  t.match(await upload(trade, trade.seller, ndjson(invoices), { key: 'once' }), reused, 'a shorter file');
  t.match(await upload(trade, trade.seller, file + ndjson([invoiceOf(contract)]), { key: 'once' }), reused, 'a longer one');
  t.match(await upload(trade, trade.seller, csv(rowsOf(invoices)), { key: 'once', format: 'csv' }), reused);
  t.match(await upload(trade, trade.seller, file, { key: 'once', query: '?mode=all-or-nothing' }), reused);
  const empty = await upload(trade, trade.seller, '', { key: 'empty' });
  t.match(empty, { status: 201, body: { state: 'DONE', read: 0, nextLine: 1 } });
  t.match(await upload(trade, trade.seller, '', { key: 'empty' }), { status: 201, headers: { 'idempotency-replayed': 'true' } });
});

void t.test('a number that is claimed elsewhere marks its invoice, and a refused one gives its hold back', async (t) => {
  const trade = await startTrade(t);
  const contract = await trade.fileContract('1000000.00');
  const invoices = Array.from({ length: 5 }, () => invoiceOf(contract));
  const elsewhere = { number: invoices[2]?.invoiceNo ?? '', bookId: trade.book.bookId, providerId: trade.enterpriseId };
  t.equal((await claimNumbers(trade.db, [elsewhere], trade.clock.now()))(elsewhere), true);
  const unlisted = { ...invoiceOf(contract), contractId: '0190c6a0-0000-7000-8000-000000000000' };
  const outside = invoiceOf(contract, { usageFrom: '2024-06-01' });
  const answer = await upload(trade, trade.seller, ndjson([...invoices, unlisted, outside]), { key: 'k' });
  t.match(answer.body, { accepted: 5, refused: 2 });
  t.match(await posted(trade), { invoices: 5, conflicts: 1, claims: 5, holders: 5 });
});

void t.test('however new the book, an invoice is looked up by its number alone', async (t) => {
  const trade = await startTrade(t);
  const contract = await trade.fileContract('1000000.00');
  const invoices = Array.from({ length: 120 }, () => invoiceOf(contract));
  const { bookId, code } = trade.book;
  /** Rows of the table that a look-up of all of them fetches, on a session that has planned it when the table was empty. */
  const fetched = (by: 'id' | 'number') =>
    trade.owner.begin(async (tx) => {
      // What the session has counted and not yet told is in it too.
      const counted = async (): Promise<number> => {
        const [read] = await tx.sql<{ rows: bigint }[]>`
          select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as rows from pg_stat_xact_user_tables where relname = 'usage_invoices'`;
        return Number(read?.rows);
      };
      await tx.sql`select from open_lane(${bookId})`;
      const before = await counted();
      const found = await new Loader(tx, bookId, new Facts(bookId, code)).load(
        invoiceShelf,
        by,
        invoices.map(({ invoiceNo }) => (by === 'id' ? trade.providerId : [invoiceNo, trade.providerId])),
      );
      return { found: found.length, read: (await counted()) - before };
    });
  for (const analyzed of [false, true]) {
    if (analyzed) await trade.owner.sql.unsafe('analyze usage_invoices');
    for (const by of ['id', 'number'] as const) t.strictSame(await fetched(by), { found: 0, read: 0 });
  }
  await upload(trade, trade.seller, ndjson(invoices), { key: 'k' });
  t.strictSame(await fetched('number'), { found: 120, read: 120 });
  t.strictSame(await fetched('id'), { found: 0, read: 0 });
});

void t.test('an upload that is cut goes on with the same file and key; nobody else may meanwhile', async (t) => {
  const trade = await startTrade(t);
  const left = await ownTemporaryFolder(t);
  const contract = await trade.fileContract('1000000.00');
  const address = await listen(trade.app);
  const invoices = Array.from({ length: 900 }, (_, i) => invoiceOf(contract, i === 100 ? { gross: '9.00' } : {}));
  const file = ndjson(invoices);
  const half = file.slice(0, Math.floor(file.length / 2));

  const first = openUpload(address, trade, trade.seller, { key: 'cut' });
  await first.send(half);
  const { job_id: jobId } = await jobOnce(trade, 'cut', ({ next_line }) => next_line > 200);
  t.match(await trade.seller.get(`/bulk-jobs/${jobId}`), { body: { state: 'RUNNING' } });
  t.match(await upload(trade, trade.seller, file, { key: 'cut' }), { status: 409, body: { code: 'BULK_JOB_RUNNING' } });
  first.cut();
  const { next_line: nextLine } = await jobOnce(trade, 'cut', ({ leased }) => !leased);
  t.match(await trade.seller.get(`/bulk-jobs/${jobId}`), { body: { state: 'CUT', nextLine } });
  t.equal(await first.answer, null);

  const changed = ndjson(invoices.map((of, i) => (i === 3 ? { ...of, vat: '0.01' } : of)));
  t.match(await upload(trade, trade.seller, changed, { key: 'cut' }), { status: 409, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  const short = ndjson(invoices.slice(0, 100));
  t.match(await upload(trade, trade.seller, short, { key: 'cut' }), { status: 409, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  // What was not taken may be mended: the lines before are the same.
  const rest = expectStatus(await upload(trade, trade.seller, file, { key: 'cut' }), 201);
  t.match(rest, { jobId, state: 'DONE', read: 900, accepted: 899, refused: 1, documents: 899, nextLine: 901 });
  t.match(await posted(trade), { invoices: 899, claims: 899, holders: 899 });
  const whole = expectStatus(await upload(trade, trade.seller, file, { key: 'whole' }), 201);
  t.equal(whole.digest, rest.digest, 'the digest is the file’s, not the upload’s');

  t.comment('a file that cannot be read on leaves a job that goes on once it is mended');
  const [a, b] = [invoiceOf(contract), invoiceOf(contract)];
  const broken = await upload(trade, trade.seller, Buffer.concat([Buffer.from(ndjson([a])), Buffer.of(0xff, 0x0a)]), {
    key: 'broken',
  });
  t.match(broken, { status: 400, body: { code: 'BULK_ENCODING' } });
  t.match(await upload(trade, trade.seller, ndjson([a, b]), { key: 'broken' }), { status: 201, body: { accepted: 2, read: 2 } });
  t.strictSame(await left(), []);
});

void t.test(
  'of two processes one takes a job: a lease that ran out is taken over, and who had it takes nothing more',
  async (t) => {
    const trade = await startTrade(t);
    const contract = await trade.fileContract('1000000.00');
    const address = await listen(trade.app);
    const second = await trade.secondApp();
    const onSecond = { ...trade, app: second.app };
    const file = ndjson(Array.from({ length: 600 }, () => invoiceOf(contract)));
    const cut = file.lastIndexOf('\n', file.length / 2) + 1;

    const first = openUpload(address, trade, trade.seller, { key: 'two' });
    await first.send(file.slice(0, cut));
    const { job_id: jobId } = await jobOnce(trade, 'two', ({ next_line }) => next_line > 200);
    t.match(await upload(onSecond, trade.seller, file, { key: 'two' }), { status: 409, body: { code: 'BULK_JOB_RUNNING' } });
    // The first stands still for so long that its lease runs out, as a process would that is stopped and then goes on.
    await trade.owner.sql`update bulk_jobs set lease_until = clock_timestamp() - interval '1 s' where job_id = ${jobId}`;
    const taken = expectStatus(await upload(onSecond, trade.seller, file, { key: 'two' }), 201);
    t.match(taken, { jobId, state: 'DONE', accepted: 600, refused: 0 });
    await first.send(file.slice(cut));
    first.end();
    t.match(await first.answer, { status: 409, body: { code: 'BULK_JOB_RUNNING' } });
    t.match(
      await posted(trade),
      { invoices: 600, conflicts: 0, claims: 600, holders: 600 },
      'no line was taken twice, no hold kept',
    );
  },
);

void t.test('killed connections cost a retry with the same key and nothing else', async (t) => {
  const trade = await startTrade(t);
  const contract = await trade.fileContract('1000000.00');
  const file = ndjson(Array.from({ length: 1_500 }, (_, i) => invoiceOf(contract, i % 500 === 7 ? { gross: '9.00' } : {})));
  let over = false;
  const killing = (async () => {
    while (!over) {
      await sleep(40);
      await trade.admin
        .sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'voucher_app' and datname = current_database()`;
    }
  })();
  let answer = await upload(trade, trade.seller, file, { key: 'killed' });
  for (let i = 0; answer.status !== 201 && i < 100; i++) {
    if (i === 5) over = true;
    t.ok(answer.status === 503 || answer.body.code === 'BULK_JOB_RUNNING', `${answer.status} ${answer.body.code as string}`);
    await trade.owner.sql`update bulk_jobs set lease_until = clock_timestamp() - interval '1 s' where key = 'killed'`;
    answer = await upload(trade, trade.seller, file, { key: 'killed' });
  }
  over = true;
  await killing;
  t.match(answer.body, { state: 'DONE', read: 1_500, accepted: 1_497, refused: 3, documents: 1_497 });
  const now = await posted(trade);
  t.match(now, { invoices: 1_497, conflicts: 0 });
  t.ok(now.holders >= 1_497, 'a hold too many, never one too few');
  const lines = await trade.db.sql<{ line: number }[]>`select line from bulk_refused_lines order by line`;
  t.strictSame(
    lines.map(({ line }) => line),
    [8, 508, 1_008],
  );
});

void t.test('a document that makes the database fail is refused alone', async (t) => {
  const trade = await startTrade(t);
  const contract = await trade.fileContract('1000000.00');
  const invoices = Array.from({ length: 70 }, () => invoiceOf(contract));
  await trade.owner.sql.unsafe(`
    create function poison() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$;
    create trigger poison before insert on usage_invoices for each row
      when (new.invoice_no in ('${invoices[13]?.invoiceNo}', '${invoices[69]?.invoiceNo}')) execute function poison()`);
  const answer = expectStatus(await upload(trade, trade.seller, ndjson(invoices), { key: 'poison' }), 201);
  t.match(answer, { state: 'DONE', read: 70, accepted: 68, refused: 2, nextLine: 71 });
  const { items } = expectStatus(await trade.seller.get(`/bulk-jobs/${answer.jobId}/refused-lines`), 200);
  t.match(items, [
    { line: 14, code: 'INTERNAL' },
    { line: 70, code: 'INTERNAL' },
  ]);
  t.match(await posted(trade), { invoices: 68, claims: 68, holders: 68 });
  t.match(await upload(trade, trade.seller, ndjson(invoices), { key: 'poison' }), {
    headers: { 'idempotency-replayed': 'true' },
  });
});

void t.test('a dry run decides every line and keeps nothing', async (t) => {
  const trade = await startTrade(t);
  const contract = await trade.fileContract('1000000.00');
  const invoices = Array.from({ length: 1_200 }, (_, i) => invoiceOf(contract, i % 2 === 1 ? { gross: '9.00' } : {}));
  const [first] = invoices;
  const file = ndjson([...invoices, ...invoices.slice(1, 1_000), ...(first ? [first] : [])]);
  const before = await trade.owner.sql`select seq from book_heads`;
  const answer = await upload(trade, trade.seller, file, { query: '?dryRun=true' });
  t.match(answer, { status: 200, body: { read: 2_200, accepted: 600, documents: 600, refused: 1_600 } });
  t.equal(answer.body.refusedLines.length, 1_000, 'the first thousand are told');
  t.equal(answer.body.jobId, undefined);
  const end = await upload(trade, trade.seller, ndjson([...invoices.filter((_, i) => i % 2 === 0), ...(first ? [first] : [])]), {
    query: '?dryRun=true',
  });
  t.match(end.body.refusedLines, [{ line: 601, code: 'INVOICE_NUMBER_USED', field: '/invoiceNo' }], 'found across slices');
  t.match(await posted(trade), { invoices: 0, claims: 0, holders: 0 });
  t.strictSame(await trade.owner.sql`select seq from book_heads`, before);
  t.match(await trade.seller.get('/bulk-jobs'), { body: { items: [] } });
});

void t.test('all or nothing: one refused line and nothing is taken; too large a file is told how else', async (t) => {
  const trade = await startTrade(t);
  const contract = await trade.fileContract('1000000.00');
  const query = '?mode=all-or-nothing';
  const invoices = Array.from({ length: 40 }, () => invoiceOf(contract, { lineCount: 3 }));
  const wrong = [...invoices.slice(0, 39), { ...invoiceOf(contract), gross: '9.00' }];
  const refused = expectStatus(await upload(trade, trade.seller, csv(rowsOf(wrong)), { format: 'csv', key: 'all', query }), 201);
  t.match(refused, { state: 'REFUSED', accepted: 0, refused: 1, documents: 0, read: 118, ledgerSeq: null });
  t.match(await posted(trade), { invoices: 0, claims: 0 });
  t.match((await download(trade, trade.seller, refused.jobId)).toString(), /INVOICE_DOES_NOT_ADD_UP/);
  const again = await upload(trade, trade.seller, csv(rowsOf(wrong)), { format: 'csv', key: 'all', query });
  t.match(again, { headers: { 'idempotency-replayed': 'true' }, body: refused });
  const malformed = csv(rowsOf(invoices).with(3, ['x']));
  t.match(await upload(trade, trade.seller, malformed, { format: 'csv', key: 'bad', query }), { body: { state: 'REFUSED' } });

  const right = expectStatus(
    await upload(trade, trade.seller, csv(rowsOf(invoices)), { format: 'csv', key: 'right', query }),
    201,
  );
  t.match(right, { state: 'DONE', accepted: 120, refused: 0, documents: 40, read: 120 });
  t.match(await posted(trade), { invoices: 40, lines: 120, claims: 40, holders: 40 });
  t.match(await upload(trade, trade.seller, csv(rowsOf(invoices)), { format: 'csv', key: 'right', query }), {
    headers: { 'idempotency-replayed': 'true' },
    body: right,
  });
  const large = ndjson(Array.from({ length: 51 }, () => invoiceOf(contract, { lineCount: 100 })));
  t.match(await upload(trade, trade.seller, large, { key: 'large', query }), {
    status: 400,
    body: { code: 'BULK_TOO_MANY_LINES' },
  });
  t.match(await trade.seller.get('/bulk-jobs'), { body: { items: { length: 3 } } }, 'and leaves no job behind');
});

void t.test('contracts by file, under their Chinese names', async (t) => {
  const trade = await startTrade(t);
  const header = [
    '合同编号',
    '算力使用方标识',
    '算力服务机构标识',
    '签订日期',
    '起始日',
    '截止日',
    '用途',
    '不含税金额',
    '税额',
    '价税合计',
  ];
  header.push('内容', '服务项目', '算力中心标识', '计量单位', '数量', '行不含税金额', '行税额', '行价税合计');
  const row = (no: string, endsOn: string): string[] => [
    no,
    trade.enterpriseId,
    trade.providerId,
    '2024/6/15',
    '2024-07-01',
    endsOn,
    '模型技术研究',
    '200',
    '0',
    '200.0',
    '=训练卡时',
    'AI_COMPUTE',
    trade.facilityId,
    '卡时',
    '10',
    '100.00',
    '0.00',
    '100.00',
  ];
  const two = (no: string, endsOn: string) => [row(no, endsOn), row(no, endsOn)];
  const file = csv([...two('C-1', '2025-06-30'), ...two('C-2', '2025-05-31'), ...two('C-1', '2025-04-30')], header);
  const answer = await upload(trade, trade.buyer, file, { kind: 'contracts', format: 'csv', key: 'contracts' });
  t.match(answer, { status: 201, body: { kind: 'contracts', read: 6, accepted: 4, documents: 2, refused: 2 } });
  const { items } = expectStatus(await trade.buyer.get(`/bulk-jobs/${answer.body.jobId}/refused-lines`), 200);
  t.match(items[0], { line: 6, field: '合同编号', value: 'C-1', code: 'CONTRACT_EXISTS' });
  const { items: contracts } = expectStatus(await trade.buyer.get('/contracts'), 200);
  t.match(
    contracts.map((of: { contractNo: string; lines: object[] }) => [of.contractNo, of.lines.length]),
    [
      ['C-1', 2],
      ['C-2', 2],
    ],
  );
  const text = (await download(trade, trade.buyer, answer.body.jobId)).toString();
  t.match(text, /,'=训练卡时,/, 'a formula goes out as text');
  t.match(
    await upload(trade, trade.buyer, csv([row('C-3', '2025-06-30')], header), {
      kind: 'contracts',
      format: 'csv',
      query: '?dryRun=true',
    }),
    {
      body: { refused: 1, refusedLines: [{ code: 'CONTRACT_DOES_NOT_ADD_UP' }] },
    },
  );
});

void t.test('progress is told as it happens, to who may see it, and ends with the job', async (t) => {
  const trade = await startTrade(t);
  const contract = await trade.fileContract('1000000.00');
  const address = await listen(trade.app);
  const second = await trade.secondApp();
  const elsewhere = await listen(second.app);
  const file = ndjson(Array.from({ length: 800 }, () => invoiceOf(contract)));
  const half = file.lastIndexOf('\n', file.length / 2) + 1;
  const open = openUpload(address, trade, trade.seller, { key: 'watched' });
  await open.send(file.slice(0, half));
  const { job_id: jobId } = await jobOnce(trade, 'watched', ({ next_line }) => next_line > 200);

  const watch = async (at: string): Promise<Record<string, unknown>[]> => {
    const response = await fetch(`${at}/v1/books/zhengzhou/bulk-jobs/${jobId}/events`, {
      headers: { authorization: `Bearer ${trade.seller.secret}` },
    });
    t.match(response.headers.get('content-type'), /text\/event-stream/);
    const text = await response.text();
    t.match(text, /^event: state\ndata: /);
    return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as Record<string, unknown>);
  };
  const watched = [watch(address), watch(elsewhere)];
  await sleep(600);
  await open.send(file.slice(half));
  open.end();
  t.match(await open.answer, { status: 201, body: { accepted: 800 } });
  for (const states of await Promise.all(watched)) {
    t.equal(states[0]?.['state'], 'RUNNING');
    t.match(states.at(-1), { state: 'DONE', accepted: 800 });
    const read = states.map((of) => Number(of['read']));
    t.strictSame(
      read,
      read.toSorted((a, b) => a - b),
    );
  }
  t.equal((await watch(address)).length, 1, 'of an ended job one event');
});

void t.test('the service stops while a file comes in: what was taken stays, the rest goes on elsewhere', async (t) => {
  const trade = await startTrade(t);
  const contract = await trade.fileContract('1000000.00');
  const second = await trade.secondApp();
  const address = await listen(second.app);
  const file = ndjson(Array.from({ length: 600 }, () => invoiceOf(contract)));
  const open = openUpload(address, trade, trade.seller, { key: 'stopped' });
  await open.send(file.slice(0, file.lastIndexOf('\n', file.length / 2) + 1));
  const { job_id: jobId } = await jobOnce(trade, 'stopped', ({ next_line }) => next_line > 200);
  const events = fetch(`${address}/v1/books/zhengzhou/bulk-jobs/${jobId}/events`, {
    headers: { authorization: `Bearer ${trade.seller.secret}` },
  }).then((response) => response.text());
  await sleep(300);
  const closed = second.app.close();
  const answer = await open.answer;
  if (answer) t.match(answer, { status: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
  open.cut();
  t.match(await events, /RUNNING/);
  await closed;
  await jobOnce(trade, 'stopped', ({ leased }) => !leased);
  t.match(await upload(trade, trade.seller, file, { key: 'stopped' }), {
    status: 201,
    body: { jobId, accepted: 600, refused: 0 },
  });
  t.match(await posted(trade), { invoices: 600, holders: 600 });
});

void t.test('who may, and what is refused before a byte is taken', async (t) => {
  const trade = await startTrade(t);
  const contract = await trade.fileContract('1000000.00');
  const address = await listen(trade.app);
  const file = ndjson([invoiceOf(contract)]);
  t.match(await upload(trade, trade.buyer, file, { key: 'k' }), { status: 403, body: { code: 'FORBIDDEN' } });
  t.match(await upload(trade, trade.reviewer, file, { key: 'k', kind: 'contracts' }), { status: 403 });
  t.match(await upload(trade, trade.seller, file), { status: 400, body: { code: 'IDEMPOTENCY_KEY_REQUIRED' } });
  t.match(await upload(trade, trade.seller, file, { key: 'with space' }), { body: { code: 'IDEMPOTENCY_KEY_FORMAT' } });
  t.match(await upload(trade, trade.seller, file, { key: 'k', query: '?mode=some' }), { status: 400 });
  const json = { headers: { 'content-type': 'application/json' } };
  t.match(await upload(trade, trade.seller, file, { key: 'k', ...json }), {
    status: 415,
    body: { code: 'UNSUPPORTED_MEDIA_TYPE' },
  });
  t.match(await upload(trade, trade.seller, 'colour\r\n', { key: 'k', format: 'csv' }), {
    status: 400,
    body: { code: 'BULK_COLUMN_UNKNOWN', detail: /invoiceNo/ },
  });
  t.match(await trade.seller.get('/bulk-jobs'), { body: { items: [] } }, 'and no job was made');

  const strangers = expectStatus(await upload(trade, trade.strangerSeller, file, { key: 'k' }), 201);
  t.match(strangers, { accepted: 0, refused: 1 }, 'somebody else’s contract');
  const own = expectStatus(await upload(trade, trade.seller, file, { key: 'k' }), 201);
  t.match(own, { accepted: 1 }, 'a key is its member’s');
  for (const url of ['', '/refused-lines', '/refused-file', '/events'])
    t.equal((await trade.seller.get(`/bulk-jobs/${strangers.jobId}${url}`)).status, 404, url);
  t.equal(
    (await trade.reviewer.get(`/bulk-jobs/${strangers.jobId}/refused-lines`)).status,
    200,
    'the authorities see the whole book',
  );
  t.equal((await trade.reviewer.get('/bulk-jobs')).body.items.length, 2);
  t.equal((await trade.seller.get(`/bulk-jobs/${own.jobId}/refused-lines?cursor=eA`)).status, 400);

  t.comment('as many files at once as a process reads');
  const many = Array.from({ length: 4 }, (_, i) => openUpload(address, trade, trade.seller, { key: `many-${i}` }));
  for (const [i, of] of many.entries()) {
    await of.send(`${ndjson([invoiceOf(contract)])}{`);
    await jobOnce(trade, `many-${i}`, () => true);
  }
  const busy = await upload(trade, trade.seller, file, { key: 'fifth' });
  t.match(busy, { status: 503, body: { code: 'BULK_BUSY' }, headers: { 'retry-after': String } });
  for (const of of many) of.cut();
  for (const i of many.keys()) await jobOnce(trade, `many-${i}`, ({ leased }) => !leased);

  t.comment('a key that is withdrawn takes no further slice');
  const gone = await trade.book.member('provider', { uscc: uscc(2) });
  const open = openUpload(address, trade, gone, { key: 'gone' });
  await open.send(ndjson(Array.from({ length: 300 }, () => invoiceOf(contract))));
  await jobOnce(trade, 'gone', ({ next_line }) => next_line > 200);
  expectStatus(await trade.book.operator.post(`/members/${gone.memberId}/end`, {}), 200);
  await open.send(ndjson(Array.from({ length: 300 }, () => invoiceOf(contract))));
  open.end();
  t.match(await open.answer, { status: 401, body: { code: 'UNAUTHENTICATED' } });
});
