// Evidence files: whole or not at all, what they say they are, found again byte for byte by who may see them, and digital invoices held
// against what was typed.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { bucketStore } from '../../src/evidence-files/bucket-store.js';
import { loadMappings, readDigitalInvoice, shippedMappings } from '../../src/evidence-files/digital-invoice.js';
import { dispositionOf, FileRefused, formatSaid, nameSent } from '../../src/evidence-files/formats.js';
import { fenIn } from '../../src/evidence-files/findings.js';
import { parseSafeXml } from '../../src/evidence-files/safe-xml.js';
import { folderStore } from '../../src/evidence-files/store.js';
import { sweep } from '../../src/evidence-files/sweep.js';
import { readSettings } from '../../src/settings.js';
import { startCases, steps } from '../cases/world.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { startTrade, uscc } from '../usage/world.js';
import { bucketKey, startBucket } from './bucket.js';
import type { InvoiceXml, UploadOf } from './upload.js';
import { invoiceXml, pdf, upload } from './upload.js';
import { zipOf } from './zip.js';

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(40), Buffer.from('IEND')]);
const jpeg = Buffer.concat([Buffer.from('ffd8ffe000104a46494600', 'hex'), Buffer.alloc(40), Buffer.from('ffd9', 'hex')]);
const types = (main: string) =>
  `<Types><Override PartName="/x.xml" ContentType="application/vnd.openxmlformats-officedocument.${main}"/></Types>`;
const sheet = { name: '[Content_Types].xml', content: types('spreadsheetml.sheet.main+xml') };
const xlsx = zipOf([sheet, { name: 'xl/workbook.xml', content: '<workbook/>' }]);
const docx = zipOf([{ name: '[Content_Types].xml', content: types('wordprocessingml.document.main+xml') }]);
const ofd = zipOf([{ name: 'OFD.xml', content: '<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"/>' }]);

void t.test('names and types: what is said of a file is read as it was meant, or refused', (t) => {
  const named: readonly (readonly [header: string | undefined, name: string | null])[] = [
    ["attachment; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf", '合同.pdf'],
    ['attachment; filename="a b.pdf"; filename*=UTF-8\'zh\'%E5%90%88.pdf', '合.pdf'],
    ['attachment; filename="in\\"voice.xml"', 'in"voice.xml'],
    ['attachment; filename=plain.pdf', 'plain.pdf'],
    [undefined, null],
    ['attachment', null],
    ["attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd.pdf", null],
    ["attachment; filename*=UTF-8''a%5Cb.pdf", null],
    ["attachment; filename*=UTF-8''C%3Aa.pdf", null],
    ["attachment; filename*=UTF-8''a%00.pdf", null],
    ["attachment; filename*=UTF-8''a%0Ab.pdf", null],
    ["attachment; filename*=UTF-8''invoice%E2%80%AEfdp.txt", null],
    ["attachment; filename*=UTF-8''%ff.pdf", null],
    ["attachment; filename*=GBK''%BA%CF.pdf", null],
    ["attachment; filename*=UTF-8''.pdf", null],
    [`attachment; filename*=UTF-8''${'a'.repeat(200)}.pdf`, null],
    ['attachment; filename="合同.pdf"', null],
  ];
  for (const [header, expected] of named) {
    const found = nameSent(header);
    t.equal(found.kind === 'name' ? found.name : null, expected, header ?? 'no header');
  }
  t.match(nameSent(undefined), { code: 'EVIDENCE_FILE_NAME' });
  t.match(formatSaid('a.PDF', 'application/pdf'), { format: 'PDF' });
  t.match(formatSaid('a.ofd', 'application/octet-stream'), { format: 'OFD' });
  t.match(formatSaid('a.exe', 'application/pdf'), { code: 'EVIDENCE_TYPE_NOT_TAKEN' });
  t.match(formatSaid('a.xlsm', 'application/octet-stream'), { code: 'EVIDENCE_TYPE_NOT_TAKEN' });
  t.match(formatSaid('a.pdf', 'image/png'), { code: 'EVIDENCE_TYPE_MISMATCH', params: { said: 'PDF', found: 'image/png' } });
  t.equal(dispositionOf("合'同.pdf"), 'attachment; filename="___.pdf"; filename*=UTF-8\'\'%E5%90%88%27%E5%90%8C.pdf');
  t.end();
});

void t.test(
  'XML: nothing in it leads a parser anywhere, and a digital invoice is read by its mapping or refused by field',
  (t) => {
    const refusedAs = (code: string, text: string | Buffer, said: string) => {
      try {
        readDigitalInvoice(parseSafeXml(Buffer.from(text)), mappings);
        t.fail(said);
      } catch (error) {
        t.ok(error instanceof FileRefused, said);
        if (error instanceof FileRefused) t.equal(error.refusal.code, code, `${said}: ${error.refusal.params['en'] ?? ''}`);
      }
    };
    const mappings = loadMappings(shippedMappings);
    const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
    const unsafe: readonly (readonly [string, string | Buffer])[] = [
      ['an external entity', invoiceXml({ before: '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', remark: '&e;' })],
      ['a billion laughs', invoiceXml({ before: `<!DOCTYPE x [<!ENTITY l0 "ha">${laughs}]>`, remark: '&l9;' })],
      ['a parameter entity', invoiceXml({ before: '<!doctype x [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]>' })],
      ['a document type without entities', '<!DOCTYPE EInvoice><EInvoice/>'],
      ['hidden in UTF-16', Buffer.from('\ufeff<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><EInvoice/>', 'utf16le')],
      ['hidden in UTF-7', '<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-<EInvoice/>'],
      ['too deep', `${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`],
      ['too many', `<EInvoice>${'<a/>'.repeat(20_001)}</EInvoice>`],
      ['a key of every object', '<EInvoice><__proto__>1</__proto__></EInvoice>'],
      ['not well-formed', '<EInvoice><a></EInvoice>'],
      ['nothing', ''],
    ];
    for (const [name, text] of unsafe) refusedAs('EVIDENCE_XML_UNSAFE', text, name);
    const unread: readonly (readonly [string, string | Buffer])[] = [
      ['another document', '<Invoice/>'],
      ['two invoices', '<EInvoice/><EInvoice/>'],
      ['no number', invoiceXml({ number: '' })],
      ['nineteen digits', invoiceXml({ number: '2'.repeat(19) })],
      ['no such day', invoiceXml({ issued: '2024-02-30' })],
      ['an amount of words', invoiceXml({ gross: '壹佰' })],
      ['a third of a fen', invoiceXml({ net: '100.003' })],
      ['an unknown flag', invoiceXml({ flag: 'X' })],
      ['no lines', invoiceXml({ lines: ' ' })],
    ];
    for (const [name, text] of unread) refusedAs('DIGITAL_INVOICE_UNREADABLE', text, name);

    const read = (of: InvoiceXml) => readDigitalInvoice(parseSafeXml(invoiceXml(of)), mappings);
    t.match(read({ seller: [uscc(2), '甲&amp;乙&#x4E01;&bad;'] }), { seller: { name: '甲&乙丁&bad;' }, mapping: 'einvoice.v1' });
    t.match(read({ vat: '***', issued: '20240801' }), {
      vat: '0.00',
      issuedOn: '2024-08-01',
      isRedLetter: false,
      originalNumber: null,
    });
    const red = {
      flag: 'N',
      net: '-100.00',
      gross: '-100',
      remark: '被红冲蓝字数电票号码：24112000000135114086 红字发票信息确认单编号：1',
    };
    t.match(read(red), { isRedLetter: true, originalNumber: '24112000000135114086', gross: '-100.00' });
    t.equal(fenIn('-1.5'), -150n);
    t.equal(fenIn('1.500000'), 150n);
    t.equal(fenIn('1e3'), null);

    const folder = mkdtempSync(path.join(tmpdir(), 'mappings-'));
    t.teardown(() => rm(folder, { recursive: true }));
    t.throws(() => loadMappings(path.join(folder, 'none')), { message: /DIGITAL_INVOICE_MAPPINGS.*cannot be read/ });
    writeFileSync(path.join(folder, 'x.v1.yaml'), 'name: x\nversion: 1\n');
    t.throws(() => loadMappings(folder), { message: /x\.v1\.yaml: source/ });
    t.end();
  },
);

void t.test('the store is one place, and says which setting is wrong', (t) => {
  const bucket = { EVIDENCE_BUCKET: 'https://s3.example.cn/b', EVIDENCE_BUCKET_KEY_ID: 'k', EVIDENCE_BUCKET_SECRET: 's' };
  t.equal(readSettings(bucket).ok, true);
  t.match(readSettings({ EVIDENCE_BUCKET: bucket.EVIDENCE_BUCKET }), { ok: false, sentences: [/EVIDENCE_BUCKET_SECRET/] });
  t.match(readSettings({ ...bucket, EVIDENCE_FOLDER: '/x' }), { ok: false, sentences: [/one place/] });
  t.end();
});

void t.test('files over HTTP', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'evidence-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const world = await startTrade(t, { evidence: { store: folderStore(folder) } });
  const { book, buyer, seller, strangerBuyer, strangerSeller, reviewer } = world;
  const auditor = await book.member('auditor');
  const contract = await world.fileContract('1000.00');
  const stored = async (): Promise<string[]> => {
    const shelves = (await readdir(path.join(folder, book.bookId)).catch(() => [])).sort();
    return (await Promise.all(shelves.map((shelf) => readdir(path.join(folder, book.bookId, shelf))))).flat();
  };
  const unfinished = () => readdir(path.join(folder, 'incoming')).catch(() => []);
  const rows = async () => Number((await world.db.sql<{ n: bigint }[]>`select count(*) as n from evidence_files`)[0]?.n ?? 0);
  const content = (who: Caller, id: string) =>
    world.app.inject({
      url: `/v1/books/zhengzhou/evidence-files/${id}/content`,
      headers: { authorization: `Bearer ${who.secret}` },
    });

  await t.test('each format is taken for what it is, and given back byte for byte', async (t) => {
    const files: readonly (readonly [string, Buffer, string])[] = [
      ['合同.pdf', pdf('甲'), 'PDF'],
      ['发票.ofd', ofd, 'OFD'],
      ['a.xml', Buffer.from('<a>1</a>'), 'XML'],
      ['扫描.jpg', jpeg, 'JPEG'],
      ['图.png', png, 'PNG'],
      ['表.xlsx', xlsx, 'XLSX'],
      ['说明.docx', docx, 'DOCX'],
      ['明细.csv', Buffer.from('a,b\r\n甲,1\r\n'), 'CSV'],
      ['国标.txt', Buffer.from('bac3cac2', 'hex'), 'TXT'],
    ];
    for (const [name, bytes, format] of files) {
      const file = expectStatus(await upload(world, buyer, name, bytes), 201);
      t.match(file, { name, format, size: bytes.length, sha256: hash(bytes), attachment: null, keptUntil: '2054-08-05' });
      const back = await content(buyer, file.evidenceFileId as string);
      t.ok(back.rawPayload.equals(bytes), name);
      t.match(back.headers, { 'x-content-type-options': 'nosniff', 'content-disposition': /^attachment; / });
    }
    t.strictSame(await unfinished(), [], 'nothing is left of the way in');
  });

  await t.test('what is not what it says is refused, and leaves nothing', async (t) => {
    const before = [await stored(), await rows()];
    const sheetOf = (...parts: Parameters<typeof zipOf>[0]) => zipOf([sheet, ...parts]);
    const big = Buffer.alloc(9 * 1024 * 1024);
    const refused: readonly (readonly [string, string, Buffer, UploadOf?])[] = [
      ['EVIDENCE_TYPE_MISMATCH', 'a.pdf', png],
      ['EVIDENCE_TYPE_MISMATCH', 'a.pdf', Buffer.from('%PDF-1.4 cut')],
      ['EVIDENCE_TYPE_MISMATCH', 'a.png', png, { type: 'image/jpeg' }],
      ['EVIDENCE_TYPE_MISMATCH', 'a.xlsx', docx],
      ['EVIDENCE_TYPE_MISMATCH', 'a.xlsx', zipOf([{ name: 'a.txt', content: 'a' }])],
      ['EVIDENCE_TYPE_MISMATCH', 'a.xml', pdf()],
      ['EVIDENCE_TYPE_MISMATCH', 'a.csv', pdf()],
      ['EVIDENCE_TYPE_MISMATCH', 'a.txt', Buffer.from('MZ\u0000\u0001')],
      ['EVIDENCE_TYPE_MISMATCH', 'a.txt', Buffer.alloc(0)],
      ['EVIDENCE_TYPE_NOT_TAKEN', 'a.html', Buffer.from('<html/>')],
      ['EVIDENCE_FILE_NAME', 'a.pdf', pdf(), { disposition: null }],
      ['EVIDENCE_FILE_TOO_LARGE', 'a.xml', Buffer.alloc(1024 * 1024 + 1, ' ')],
      ['EVIDENCE_XML_UNSAFE', 'a.xml', Buffer.from('<!DOCTYPE a><a/>')],
      ['DIGITAL_INVOICE_UNREADABLE', 'a.xml', Buffer.from('<a/>'), { kind: 'INVOICE' }],
      ['EVIDENCE_ZIP_UNSAFE', 'a.xlsx', sheetOf({ name: 'xl/big.xml', content: big })],
      ['EVIDENCE_ZIP_UNSAFE', 'a.xlsx', sheetOf({ name: 'xl/lie.xml', content: big, stated: 10 })],
      ['EVIDENCE_ZIP_UNSAFE', 'a.xlsx', sheetOf(...Array.from({ length: 2_001 }, (_, i) => ({ name: `${i}`, content: '' })))],
      ['EVIDENCE_ZIP_UNSAFE', 'a.xlsx', sheetOf({ name: '../../x', content: '' })],
      ['EVIDENCE_ZIP_UNSAFE', 'a.xlsx', sheetOf({ name: 'x', content: '1' }, { name: 'X', content: '2' })],
      ['EVIDENCE_ZIP_UNSAFE', 'a.xlsx', sheetOf({ name: 'xl/vbaProject.bin', content: '1' })],
      ['EVIDENCE_ZIP_UNSAFE', 'a.xlsx', xlsx.subarray(0, xlsx.length - 5)],
      [
        'EVIDENCE_ZIP_UNSAFE',
        'a.xlsx',
        Buffer.concat([Buffer.from('PK\u0003\u0004'), zipOf([sheet], { before: Buffer.alloc(4) })]),
      ],
      ['NOT_FOUND', 'a.pdf', pdf('gone'), { subject: ['CONTRACT', '01900000-0000-7000-8000-000000000000'] }],
    ];
    for (const [code, name, bytes, of] of refused) {
      const { body } = await upload(world, buyer, name, bytes, of);
      t.equal((body as { code?: string }).code, code, `${name}: ${JSON.stringify(body)}`);
    }
    const half = await upload(world, buyer, 'a.pdf', pdf(), { kind: 'OTHER&subjectKind=CONTRACT' });
    t.equal(half.status, 400);
    t.strictSame(await unfinished(), []);
    const known = new Set(before[0] as string[]);
    t.strictSame(
      (await stored()).filter((of) => !known.has(of)),
      [hash(pdf('gone'))],
      'but for the bytes of what only the lane refused, which are swept',
    );
    t.equal(await rows(), before[1]);
  });

  await t.test('a file of many megabytes passes in little memory; one too large or cut off leaves nothing', async (t) => {
    await world.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = world.app.server.address() as AddressInfo;
    const noise = randomBytes(1024 * 1024);
    const stream = (megabytes: number, of: { cut?: boolean; watch?: () => void } = {}) =>
      new Promise<number | string>((resolve) => {
        const request = send({
          port,
          method: 'POST',
          path: '/v1/books/zhengzhou/evidence-files?kind=OTHER',
          headers: {
            authorization: `Bearer ${buyer.secret}`,
            'content-type': 'application/pdf',
            'content-disposition': 'attachment; filename=a.pdf',
          },
        });
        request.on('response', (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        request.on('error', (error) => resolve(error.message));
        const body = Readable.from(
          (function* () {
            yield Buffer.from('%PDF-1.4\n');
            for (let i = 0; i < megabytes; i++) {
              if (i % 4 === 3) of.watch?.();
              yield noise;
            }
            if (!of.cut) yield Buffer.from('\n%%EOF\n');
          })(),
        );
        if (of.cut) {
          body.on('end', () => setTimeout(() => request.destroy(), 50));
          body.pipe(request, { end: false });
        } else body.pipe(request);
      });
    const before = [await stored(), await rows()];
    // What is held, and not what is waiting to be collected.
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = () => {
      collect();
      return process.memoryUsage().arrayBuffers;
    };
    const atFirst = held();
    let most = 0;
    t.equal(await stream(19, { watch: () => (most = Math.max(most, held())) }), 201);
    t.ok(most > 0 && most - atFirst < 8 * 1024 * 1024, `${Math.round((most - atFirst) / 1024)} KiB held at most`);
    const after = [await stored(), await rows()];
    t.equal(after[1], Number(before[1]) + 1);
    t.match(String(await stream(21)), /413|EPIPE|ECONNRESET|hang up/);
    t.match(await stream(3, { cut: true }), /hang up|ECONNRESET/);
    for (let i = 0; i < 100 && (await unfinished()).length > 0; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    t.strictSame([await unfinished(), await stored(), await rows()], [[], ...after]);
  });

  await t.test('the same bytes twice at once are stored once; the same key is the same file', async (t) => {
    const bytes = pdf('twice');
    const [one, two] = await Promise.all([upload(world, buyer, 'a.pdf', bytes), upload(world, seller, 'b.pdf', bytes)]);
    t.not(expectStatus(one, 201).evidenceFileId, expectStatus(two, 201).evidenceFileId);
    t.equal((await stored()).filter((of) => of === hash(bytes)).length, 1);
    const first = expectStatus(await upload(world, buyer, 'a.pdf', bytes, { key: 'k1' }), 201);
    const again = await upload(world, buyer, 'a.pdf', bytes, { key: 'k1' });
    t.equal(expectStatus(again, 201).evidenceFileId, first.evidenceFileId);
    t.equal(again.headers['idempotency-replayed'], 'true');
    t.equal((await upload(world, buyer, 'a.pdf', pdf('other'), { key: 'k1' })).body.code, 'IDEMPOTENCY_KEY_REUSED');
    t.equal((await upload(world, world.buyerMachine, 'a.pdf', bytes)).body.code, 'IDEMPOTENCY_KEY_REQUIRED');
  });

  await t.test('who sees the thing sees its files; to all others there are none', async (t) => {
    const own = expectStatus(await upload(world, buyer, 'a.pdf', pdf('own')), 201).evidenceFileId as string;
    const sees = async (id: string) =>
      Promise.all(
        [buyer, seller, strangerBuyer, strangerSeller, auditor].map(async (who) => (await content(who, id)).statusCode),
      );
    t.strictSame(await sees(own), [200, 404, 404, 404, 404], 'before it is attached: its own side');
    t.equal(
      (await strangerBuyer.post(`/evidence-files/${own}/attach`, { subjectKind: 'CONTRACT', subjectId: contract.contractId }))
        .status,
      404,
    );
    const url = `/evidence-files/${own}`;
    const { attachmentId } = expectStatus(
      await buyer.post(`${url}/attach`, { subjectKind: 'CONTRACT', subjectId: contract.contractId }),
      201,
    );
    t.strictSame(await sees(own), [200, 200, 404, 404, 200], 'then: the parties, and the authorities');
    t.match(await buyer.post(`${url}/attach`, { subjectKind: 'CONTRACT', subjectId: contract.contractId }), {
      body: { code: 'EVIDENCE_ATTACHED' },
    });
    const listed = async (who: Caller) =>
      (await who.get(`/evidence-files?subjectId=${contract.contractId}`)).body.items.length as number;
    t.strictSame(await Promise.all([buyer, seller, strangerBuyer, strangerSeller, auditor].map(listed)), [1, 1, 0, 0, 1]);
    t.match((await auditor.get(url)).body, {
      sha256: hash(pdf('own')),
      attachments: [{ attachmentId, subjectKind: 'CONTRACT' }],
    });
    t.equal((await strangerSeller.get(url)).status, 404);
    t.match((await buyer.post(`${url}/detach`, { attachmentId, reason: '传错' })).body, { code: 'EVIDENCE_CASE_DECIDED' });
    t.equal((await auditor.post(`${url}/detach`, { attachmentId, reason: '1' })).status, 403);
    const others = [
      ['FACILITY_OBSERVATION', 'select observation_id as id from facility_observations'],
      ['LISTING', 'select listing_id as id from listings'],
    ] as const;
    for (const [kind, text] of others) {
      const [found] = await world.db.sql.unsafe<{ id: string }[]>(text);
      const file = expectStatus(await upload(world, reviewer, 'a.pdf', pdf(kind), { subject: [kind, found?.id ?? ''] }), 201);
      t.strictSame(await sees(file.evidenceFileId as string), [404, 200, 404, 404, 200], kind);
    }
  });

  await t.test('a changed byte, a missing one and a lost file break the download, and are counted', async (t) => {
    const { port } = world.app.server.address() as AddressInfo;
    const download = (id: string) =>
      new Promise<{ status: number; got: number; whole: boolean }>((resolve) => {
        send(
          {
            port,
            path: `/v1/books/zhengzhou/evidence-files/${id}/content`,
            headers: { authorization: `Bearer ${buyer.secret}` },
          },
          (response) => {
            let got = 0;
            response.on('data', (chunk: Buffer) => (got += chunk.length));
            response.on('error', () => undefined);
            response.on('close', () => resolve({ status: response.statusCode ?? 0, got, whole: response.complete }));
          },
        )
          .on('error', () => resolve({ status: 0, got: 0, whole: false }))
          .end();
      });
    const bytes = pdf(randomBytes(300_000).toString('base64'));
    const id = expectStatus(await upload(world, buyer, 'a.pdf', bytes), 201).evidenceFileId as string;
    t.match(await download(id), { status: 200, got: bytes.length, whole: true });
    const place = path.join(folder, book.bookId, hash(bytes).slice(0, 2), hash(bytes));
    const altered = Buffer.from(await readFile(place));
    altered[1000] = (altered[1000] ?? 0) ^ 1;
    await writeFile(place, altered);
    const broken = await download(id);
    t.ok(!broken.whole && broken.got < bytes.length, `altered: ${broken.got} of ${bytes.length}`);
    await truncate(place, 1000);
    const short = await download(id);
    t.ok(short.status !== 200 || !short.whole, 'cut');
    await rm(place);
    t.equal((await download(id)).status, 500, 'lost');
    const metrics = (await world.app.inject('/metrics')).body;
    t.match(metrics, /evidence_files_damaged_total 3/);
    t.equal((await upload(world, buyer, 'a.pdf', bytes)).status, 201, 'uploaded again');
    t.match(await download(id), { status: 200, whole: true }, 'it is whole again');
  });

  await t.test('bytes without a row are swept once they are old, never those with one', async (t) => {
    const orphan = hash(pdf('gone'));
    const place = path.join(folder, book.bookId, orphan.slice(0, 2), orphan);
    const of = { bookId: book.bookId, now: new Date() };
    t.match(await sweep(world.db, folderStore(folder), of), { removed: [] }, 'young');
    for (const sha256 of await stored())
      await utimes(path.join(folder, book.bookId, sha256.slice(0, 2), sha256), new Date('2020-01-01'), new Date('2020-01-01'));
    await writeFile(path.join(folder, 'incoming', 'left'), '1');
    await utimes(path.join(folder, 'incoming', 'left'), new Date('2020-01-01'), new Date('2020-01-01'));
    const count = (await stored()).length;
    const swept = await sweep(world.db, folderStore(folder), of);
    const refusedByLane = [orphan, hash(pdf('other'))].sort();
    t.match({ ...swept, removed: [...swept.removed].sort() }, { removed: refusedByLane, kept: count - 2, incoming: 1 });
    t.equal(await readFile(place).catch(() => null), null);
    t.equal((await stored()).length, count - 2);
    await writeFile(place, '1');
    t.equal(
      await folderStore(folder).remove?.({ bookId: book.bookId, sha256: orphan }, new Date('2020-01-01')),
      false,
      'put again',
    );
    t.equal((await readFile(place)).length, 1);
  });

  await t.test(
    'a digital invoice: what differs from what was typed holds the redemption, what is the same marks the invoice',
    async (t) => {
      const voucherId = await world.voucher(contract, '200.00');
      const post = async (gross: string) => {
        const body = world.invoiceBody(contract, { gross });
        const { invoiceId } = expectStatus(await seller.post('/usage-invoices', body), 201);
        const read = { number: body.invoiceNo, net: gross, gross };
        const quantity = (body['lines'] as { quantity: string }[])[0]?.quantity ?? '';
        const lines = `<IssuItemInformation><ItemName>卡时</ItemName><Quantity>${quantity}00000</Quantity><Amount>${gross}</Amount></IssuItemInformation>`;
        return { id: invoiceId as string, xml: (of: InvoiceXml = {}) => invoiceXml({ ...read, lines, ...of }) };
      };
      const attach = async (who: Caller, id: string, bytes: Buffer) =>
        expectStatus(await upload(world, who, '发票.xml', bytes, { kind: 'INVOICE', subject: ['USAGE_INVOICE', id] }), 201);
      const said = async (id: string) => (await seller.get(`/usage-invoices/${id}`)).body.digitalInvoice as string | null;
      const settle = async (id: string) => {
        expectStatus(await buyer.post(`/usage-invoices/${id}/confirm`, {}), 200);
        await buyer.post(`/usage-invoices/${id}/payments`, { amount: '80.00', paidOn: '2024-08-01', bankSerial: id });
        return expectStatus(await buyer.post('/redemptions', { voucherId, invoiceId: id }), 201);
      };

      const same = await post('100.00');
      t.equal(await said(same.id), null);
      const matched = await attach(seller, same.id, same.xml());
      t.strictSame(matched.attachment.findings, [], JSON.stringify(matched.attachment.findings));
      t.equal(await said(same.id), 'MATCHES');

      const other = await post('100.00');
      const wrong: InvoiceXml = {
        number: '24412000000099999999',
        issued: '2024-08-02',
        net: '90.00',
        vat: '9.00',
        gross: '99.00',
        flag: 'N',
        seller: [uscc(4), '嵩山云有限公司'],
        buyer: [uscc(3), '乙科技有限公司'],
      };
      const differs = await attach(seller, other.id, other.xml(wrong));
      const fields = (differs.attachment.findings as { field: string }[]).map(({ field }) => field);
      t.strictSame(fields, [
        'NUMBER',
        'ISSUED_ON',
        'RED_LETTER',
        'SELLER_USCC',
        'SELLER_NAME',
        'BUYER_USCC',
        'BUYER_NAME',
        'NET',
        'VAT',
        'GROSS',
        'ADDS_UP',
      ]);
      t.equal(await said(other.id), 'DIFFERS');
      await attach(seller, other.id, other.xml());
      t.equal(await said(other.id), 'DIFFERS', 'a right one beside it does not make the wrong one vanish');
      const { evidenceFileId, attachment } = differs;
      const detach = { attachmentId: attachment.attachmentId as string, reason: '另一张发票的文件' };
      t.equal((await seller.post(`/evidence-files/${evidenceFileId as string}/detach`, detach)).body.code, 'EVIDENCE_NOT_YOURS');

      const third = await post('100.00');
      const lines = ['1', '2']
        .map(() => '<IssuItemInformation><ItemName>卡时</ItemName><Amount>50</Amount></IssuItemInformation>')
        .join('');
      t.match((await attach(seller, third.id, third.xml({ lines }))).attachment.findings, [
        { field: 'LINE_COUNT', typed: '1', read: '2' },
      ]);
      const fourth = await post('10.00');
      const line =
        '<IssuItemInformation><ItemName>卡时</ItemName><Quantity>7</Quantity><Amount>9</Amount><ComTaxAm>1</ComTaxAm></IssuItemInformation>';
      t.match((await attach(buyer, fourth.id, fourth.xml({ lines: line }))).attachment.findings, [
        { field: 'ADDS_UP' },
        { field: 'LINE_QUANTITY', lineNo: 1, typed: '10', read: '7' },
        { field: 'LINE_NET' },
        { field: 'LINE_VAT' },
      ]);

      t.match(await settle(same.id), { status: 'APPROVED', mismatches: [] });
      const after = await attach(seller, same.id, same.xml({ gross: '99.00', net: '99.00' }));
      t.match(after.attachment.findings, [{ field: 'NET' }, { field: 'GROSS' }, { field: 'ADDS_UP' }]);
      const flags = expectStatus(await reviewer.get('/flags?kind=DIGITAL_INVOICE_DIFFERS'), 200) as {
        items: { flagId: string; explanation: { zh: string } }[];
      };
      t.match(flags.items, [{ subjectKind: 'USAGE_INVOICE', subjectId: same.id, status: 'OPEN', amount: '100.00' }]);
      t.match(flags.items[0]?.explanation.zh, /NET: 100\.00 \/ 99\.00.*该发票已用于核销/, 'what comes too late is not silent');
      t.match((await seller.get(`/usage-invoices/${same.id}`)).body, { digitalInvoice: 'DIFFERS', isFlagged: true });
      expectStatus(
        await reviewer.post(`/flags/${flags.items[0]?.flagId ?? ''}/clear`, { reason: '文件传错，另附正确文件' }),
        200,
      );
      t.equal((await seller.get(`/usage-invoices/${same.id}`)).body.isFlagged, false);
      const held = await settle(third.id);
      t.match(held, { status: 'SUBMITTED', mismatches: [{ code: 'DIGITAL_INVOICE_DIFFERS', inputs: { field: 'LINE_COUNT' } }] });
      t.match(
        expectStatus(await reviewer.post(`/redemptions/${held.redemptionId as string}/verify`, { approved: held.reserved }), 200),
        {
          status: 'APPROVED',
        },
      );

      t.equal((await reviewer.post(`/evidence-files/${evidenceFileId as string}/detach`, detach)).status, 200);
      t.equal(await said(other.id), 'MATCHES');
      t.equal((await reviewer.post(`/evidence-files/${evidenceFileId as string}/detach`, detach)).body.code, 'EVIDENCE_DETACHED');
      t.match((await auditor.get(`/evidence-files/${evidenceFileId as string}`)).body.attachments, [
        { detachReason: detach.reason },
      ]);
      t.equal((await content(buyer, evidenceFileId as string)).statusCode, 404, 'the other party sees it no more');
      t.equal((await content(seller, evidenceFileId as string)).statusCode, 200);
    },
  );

  await t.test('two hundred files are enough for one thing', async (t) => {
    await world.owner.begin(async ({ sql }) => {
      await sql`select from open_lane(${book.bookId})`;
      await sql`
        insert into evidence_attachments (book_id, attachment_id, evidence_file_id, subject_kind, subject_id, enterprise_id,
                                          attached_person, attached_on, detached_person, detached_on, detach_reason, recorded_at)
        select f.book_id, gen_random_uuid(), f.evidence_file_id, 'CONTRACT', ${contract.contractId}, ${world.enterpriseId},
               f.uploaded_person, '2024-08-05', f.uploaded_person, '2024-08-05', '1', now()
          from (select * from evidence_files limit 1) f, generate_series(1, 200)`;
    });
    const full = await upload(world, seller, 'a.pdf', pdf('one more'), { subject: ['CONTRACT', contract.contractId] });
    t.equal(full.body.code, 'EVIDENCE_TOO_MANY');
    await t.rejects(
      world.owner.begin(async ({ sql }) => {
        await sql`select from open_lane(${book.bookId})`;
        await sql`update evidence_files set name = 'x'`;
      }),
      'a row is never changed',
    );
  });
});

void t.test('a bucket instead of a folder: signed, verified, and nothing half when it fails', async (t) => {
  const bucket = await startBucket(t);
  const store = bucketStore({ url: bucket.url, ...bucketKey, patienceMs: 2_000 });
  const world = await startTrade(t, { evidence: { store } });
  const { buyer, book } = world;
  const bytes = pdf(randomBytes(100_000).toString('hex'));
  const file = expectStatus(await upload(world, buyer, 'a.pdf', bytes), 201);
  t.strictSame([...bucket.objects.keys()], [`${book.bookId}/${hash(bytes)}`]);
  const url = `/v1/books/zhengzhou/evidence-files/${file.evidenceFileId as string}/content`;
  const back = () => world.app.inject({ url, headers: { authorization: `Bearer ${buyer.secret}` } });
  t.ok((await back()).rawPayload.equals(bytes));
  for (const how of ['answer', 'break'] as const) {
    bucket.fail(how);
    const failed = await upload(world, buyer, 'b.pdf', pdf(how + randomBytes(100_000).toString('hex')));
    t.match(failed, { status: 503, body: { code: 'SERVICE_UNAVAILABLE' } }, how);
  }
  bucket.fail(null);
  t.equal(bucket.objects.size, 1);
  t.match(await world.db.sql`select count(*)::integer as n from evidence_files`, [{ n: 1 }], 'no row without bytes');
  const wrong = bucketStore({ url: bucket.url, ...bucketKey, secret: 'another' });
  await t.rejects(wrong.open({ bookId: book.bookId, sha256: hash(bytes) }), /answered 403/);
  await store.put({ bookId: book.bookId, sha256: hash(Buffer.from('1')) }, await fileOf('1'), 1);
  t.match(await sweep(world.db, store, { bookId: book.bookId, now: new Date() }), {
    kept: 1,
    removed: [],
    told: [hash(Buffer.from('1'))],
  });
  bucket.objects.clear();
  t.equal((await back()).statusCode, 500, 'lost bytes are a bug of the house, and logged');
  const nowhere = bucketStore({ url: 'http://127.0.0.1:1/evidence', ...bucketKey });
  await t.rejects(nowhere.open({ bookId: book.bookId, sha256: hash(bytes) }), /cannot be reached/);

  async function fileOf(text: string): Promise<string> {
    const folder = mkdtempSync(path.join(tmpdir(), 'evidence-'));
    t.teardown(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'file');
    await writeFile(file, text);
    return file;
  }
});

void t.test(
  'papers that a programme asks for with a redemption stand with the invoice, its payment or the contract',
  async (t) => {
    const trade = await startTrade(t);
    const asked = `materials:
  - { kind: USAGE_STATEMENT, by: REDEMPTION, name: { zh: 用量结算单, en: statement of usage }, cite: { document: notice, article: 第九条 } }
  - { kind: PAYMENT_PROOF, by: REDEMPTION, name: { zh: 付款凭证, en: proof of payment }, cite: { document: notice, article: 第九条 } }
allocation:
`;
    const contract = await trade.fileContract('1000000.00');
    const plain = await trade.voucher(contract, '50000.00');
    await trade.activate(3, [['allocation:\n', asked]]);
    const voucherId = await trade.voucher(contract, '100000.00', { version: 3 });
    const invoiceId = await trade.invoice(contract, { gross: '100000.00' });
    const redeem = async (of: string, invoice: string) => trade.buyer.post('/redemptions', { voucherId: of, invoiceId: invoice });
    const attach = async (who: Caller, kind: string, subject: [string, string]) =>
      expectStatus(await upload(trade, who, 'a.pdf', pdf(kind), { kind, subject }), 201);
    const none = await redeem(voucherId, invoiceId);
    t.match(none, { status: 422, body: { code: 'MATERIALS_MISSING', detail: /用量结算单（.*第九条）；付款凭证（.*第九条）/ } });
    await attach(trade.seller, 'USAGE_STATEMENT', ['USAGE_INVOICE', invoiceId]);
    t.match(await redeem(voucherId, invoiceId), { status: 422, body: { detail: /尚缺材料：付款凭证/ } });
    const [payment] = await trade.owner.sql<{ id: string }[]>`
    select payment_id as id from enterprise_payments where invoice_id = ${invoiceId}`;
    await attach(trade.buyer, 'PAYMENT_PROOF', ['PAYMENT', payment?.id ?? '']);
    t.match(expectStatus(await redeem(voucherId, invoiceId), 201), { status: 'APPROVED' });
    const other = await trade.invoice(contract, { gross: '200000.00' });
    t.match(expectStatus(await redeem(plain, other), 201), { status: 'APPROVED' }, 'an earlier version asked for none');
  },
);

void t.test('districts and experts read and add what their step needs, and nothing else', async (t) => {
  const world = await startCases(t, { text: steps.all + steps.noticeDays + steps.experts });
  const { firm, district, reviewer, approver, experts, book } = world;
  const [one, two, three] = experts;
  const id = await world.brought('CHECKED');
  const { contractId } = (await world.application(id)) as { contractId: string };
  const other = await world.brought('CHECKED');
  const put = async (who: Caller, name: string, subject: [string, string]): Promise<Answer> =>
    upload(world, who, `${name}.pdf`, pdf(name), { subject, book: book.code });
  const kept = async (who: Caller, name: string, subject: [string, string]) =>
    expectStatus(await put(who, name, subject), 201) as { evidenceFileId: string; attachment: { attachmentId: string } };
  const note = await kept(firm.member, '项目说明', ['APPLICATION', id]);
  const contract = await kept(firm.member, '合同', ['CONTRACT', contractId]);
  const foreign = await kept(firm.member, '另一申请', ['APPLICATION', other]);
  const mayRead = async (who: Caller, { evidenceFileId }: { evidenceFileId: string }) => {
    const answers = [
      (await who.get(`/evidence-files/${evidenceFileId}`)).status,
      (await who.get(`/evidence-files/${evidenceFileId}/content`)).status,
    ];
    t.equal(answers[0], answers[1], 'what is known of a file and the file itself are for the same eyes');
    return answers[0] === 200;
  };
  const listed = async (who: Caller, subjectId: string) =>
    (expectStatus(await who.get(`/evidence-files?subjectId=${subjectId}`), 200).items as object[]).length;

  expectStatus(await reviewer.post(`/applications/${id}/assign-experts`, { memberIds: [one.memberId, two.memberId] }), 200);
  const assignmentOf = async (who: Caller) => {
    const { items } = expectStatus(await who.get('/expert-assignments'), 200) as { items: { assignmentId: string }[] };
    return `/expert-assignments/${items[0]?.assignmentId ?? ''}`;
  };
  t.equal(await mayRead(one, note), false, 'nothing of the case is seen before the declaration');
  t.equal((await put(one, '意见', ['APPLICATION', id])).status, 404);
  expectStatus(await one.post(`${await assignmentOf(one)}/declare`, { conflict: null }), 200);
  expectStatus(await two.post(`${await assignmentOf(two)}/declare`, { conflict: null }), 200);
  t.strictSame([await mayRead(one, note), await mayRead(one, contract)], [true, true], 'the case and what it rests on');
  t.strictSame([await mayRead(one, foreign), await mayRead(three, note)], [false, false], 'no other case, and nobody else');
  t.strictSame([await listed(one, id), await listed(three, id), await listed(one, other)], [1, 0, 0]);
  const opinion = await kept(one, '意见', ['APPLICATION', id]);
  t.strictSame(
    [
      await mayRead(one, opinion),
      await mayRead(two, opinion),
      await mayRead(firm.member, opinion),
      await mayRead(district, opinion),
    ],
    [true, false, false, false],
    'what an expert adds is seen by the authorities alone, and by no other expert',
  );
  t.equal(await mayRead(reviewer, opinion), true);
  t.equal((await put(one, '意见', ['CONTRACT', contractId])).status, 404, 'an expert adds to the case, and to nothing else');
  const taken = { attachmentId: note.attachment.attachmentId, reason: '无关' };
  t.equal((await one.post(`/evidence-files/${note.evidenceFileId}/detach`, taken)).body.code, 'EVIDENCE_NOT_YOURS');
  expectStatus(await two.post(`${await assignmentOf(two)}/declare`, { conflict: '曾任顾问' }), 200);
  t.equal(await mayRead(two, note), false, 'who has a conflict sees no more');

  t.strictSame([await mayRead(district, note), await mayRead(district, contract)], [true, true]);
  const found = await kept(district, '现场核查', ['APPLICATION', id]);
  t.equal(await mayRead(firm.member, found), true, 'what a district adds to a case its applicant reads');
  t.equal((await put(district, '名单', ['LISTING', id])).status, 404);

  await t.test('an objection carries files that are for the authorities', async (t) => {
    const paused = await world.brought('OBJECTION_PENDING');
    const [objection] = expectStatus(await approver.get(`/applications/${paused}/objections`), 200).items as {
      objectionId: string;
    }[];
    const subject: [string, string] = ['OBJECTION', objection?.objectionId ?? ''];
    const letter = await kept(reviewer, '异议材料', subject);
    t.strictSame(
      [
        await mayRead(approver, letter),
        await mayRead(firm.member, letter),
        await mayRead(district, letter),
        await mayRead(one, letter),
      ],
      [true, false, false, false],
    );
    for (const who of [firm.member, district, one]) t.equal((await put(who, '反驳', subject)).status, 404);
    const decision = { objectionId: subject[1], upheld: false, reason: '查无此事' };
    expectStatus(await approver.post(`/applications/${paused}/decide-objection`, decision), 200);
    const detach = { attachmentId: letter.attachment.attachmentId, reason: '无关' };
    const detached = await reviewer.post(`/evidence-files/${letter.evidenceFileId}/detach`, detach);
    t.equal(detached.body.code, 'EVIDENCE_CASE_DECIDED', 'what a decision rests on stays');
  });
});

void t.test('recoveries and red letters carry files', async (t) => {
  const trade = await startTrade(t);
  const { seller, buyer, reviewer } = trade;
  const contract = await trade.fileContract('1000000.00');
  const voucherId = await trade.voucher(contract, '100000.00');
  const invoiceId = await trade.invoice(contract, { gross: '100000.00' });
  const lines = [{ lineNo: 1, quantity: '10', net: '-10000.00', vat: '0.00', gross: '-10000.00' }];
  const letter = {
    redLetterNo: '24412000000000777777',
    contractId: contract.contractId,
    issuedOn: '2024-08-05',
    reason: '退款',
    lines,
  };
  expectStatus(await seller.post(`/usage-invoices/${invoiceId}/red-letters`, letter), 201);
  const [row] = await trade.owner.sql<{ id: string }[]>`select red_letter_id as id from red_letters`;
  const put = async (who: Caller, subject: [string, string]) => upload(trade, who, 'a.pdf', pdf(subject.join()), { subject });
  const ofLetter = expectStatus(await put(seller, ['RED_LETTER', row?.id ?? '']), 201) as { evidenceFileId: string };
  const reads = async (who: Caller, { evidenceFileId }: { evidenceFileId: string }) =>
    (await who.get(`/evidence-files/${evidenceFileId}`)).status;
  t.strictSame(
    [await reads(buyer, ofLetter), await reads(reviewer, ofLetter), await reads(trade.strangerSeller, ofLetter)],
    [200, 200, 404],
    'both parties to the invoice read what its red letter rests on',
  );
  const proposal = { voucherId, reason: '虚构用量骗取补助', documentNo: '查〔2024〕1号' };
  const { recoveryId } = expectStatus(await reviewer.post('/recoveries', proposal), 201) as { recoveryId: string };
  const proof = expectStatus(await put(reviewer, ['RECOVERY', recoveryId]), 201) as { evidenceFileId: string };
  t.strictSame(
    [await reads(reviewer, proof), await reads(seller, proof)],
    [200, 404],
    'its debtor is not told before it is opened',
  );
  t.equal((await put(seller, ['RECOVERY', recoveryId])).status, 404);
});
