// One invoice counts in one city: services tell each other keyed hashes of theirs, and what matches is flagged, whichever came first.
import { createHmac, randomBytes } from 'node:crypto';
import t from 'tap';
import { settings } from '../../schemas/settings.js';
import type { ExchangeKey } from '../../schemas/settings.js';
import { build } from '../../src/app.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { marksOf } from '../../src/usage/marks.js';
import { expectStatus } from '../service.js';
import { fen, nextInvoiceNo, startTrade, uscc } from '../usage/world.js';

const key = (name: string, algorithm: ExchangeKey['algorithm'], byte: string): ExchangeKey => ({
  name,
  algorithm,
  secret: byte.repeat(32),
});
const [old, fresh] = [key('2024', 'sha256', 'ab'), key('2025', 'sm3', 'cd')];

void t.test('a mark is what the README says, so that another service can make it', async (t) => {
  const of = { invoiceNo: '24410000000000000001', sellerUscc: uscc(2), grossFen: 123_45n };
  const [first, second] = marksOf([old, fresh], of);
  const hmac = (algorithm: string, byte: string, text: string) =>
    createHmac(algorithm, Buffer.from(byte.repeat(32), 'hex'))
      .update(text, 'utf8')
      .digest('hex');
  t.strictSame(first, {
    keyName: '2024',
    numberHash: hmac('sha256', 'ab', 'number\n24410000000000000001'),
    sellerHash: hmac('sha256', 'ab', `seller\n24410000000000000001\n${uscc(2)}`),
    amountHash: hmac('sha256', 'ab', 'amount\n24410000000000000001\n123.45'),
  });
  t.equal(second?.numberHash, hmac('sm3', 'cd', 'number\n24410000000000000001'));
});

void t.test('keys are set by name, algorithm and secret', async (t) => {
  const read = (EXCHANGE_KEYS: string) => settings.safeParse({ EXCHANGE_KEYS });
  t.strictSame(read(`2024:sha256:${'ab'.repeat(32)},2025:SM3:${'CD'.repeat(32)}`).data?.EXCHANGE_KEYS, [old, fresh]);
  for (const wrong of ['2024', `a:md5:${'ab'.repeat(32)}`, `a:sha256:${'ab'.repeat(31)}`, `a:sha256:${'ab'.repeat(32)},`])
    t.match(read(wrong).error?.issues[0]?.message, /EXCHANGE_KEYS must be name/);
  t.match(read(`a:sha256:${'ab'.repeat(32)},a:sm3:${'cd'.repeat(32)}`).error?.issues[0]?.message, /names a key twice/);
});

void t.test('invoices are exchanged between cities', async (t) => {
  const trade = await startTrade(t);
  const { book, seller, reviewer } = trade;
  const contract = await trade.fileContract('1000000.00');
  const sent = (gross: string) => trade.invoiceBody(contract, { gross });
  // Posted while nothing was exchanged.
  const early = sent('100.00');
  const { invoiceId: earlyId } = expectStatus(await seller.post('/usage-invoices', early), 201);

  const { app } = await build({ db: trade.db, clock: trade.clock, bearerMayApprove: true, fieldKey: randomBytes(32), exchangeKeys: [old, fresh] });
  t.teardown(() => app.close());
  const as = (secret: string) => async (method: 'GET' | 'POST', url: string, payload?: object) => {
    const headers = { authorization: `Bearer ${secret}` };
    const response = await app.inject({ method, url: `/v1/books/${book.code}${url}`, headers, ...(payload ? { payload } : {}) });
    return { status: response.statusCode, body: response.json<Record<string, never>>(), headers: {} };
  };
  const [operator, provider, auditor] = [as(book.operator.secret), as(seller.secret), as((await book.member('auditor')).secret)];
  const marksFor = (invoiceNo: string, gross: string, of = old, sellerUscc = uscc(2)) =>
    marksOf([of], { invoiceNo, sellerUscc, grossFen: fen(gross) }).map((mark) => ({
      number: mark.numberHash,
      seller: mark.sellerHash,
      amount: mark.amountHash,
    }));
  const take = async (marks: object[], of: { source?: string; key?: string } = {}) =>
    expectStatus(await operator('POST', '/invoice-exchange/imports', { source: '洛阳市', key: '2024', ...of, marks }), 201);
  const post = async (body: object) => expectStatus(await provider('POST', '/usage-invoices', body), 201);
  const flagsOn = async (invoiceId: unknown) =>
    (expectStatus(await auditor('GET', `/flags-of-subject?subjectId=${String(invoiceId)}`), 200) as { items: object[] }).items;

  await t.test('what came first elsewhere is flagged when it is posted here, and the other way round', async (t) => {
    const copied = sent('200.00');
    t.match(await take(marksFor(copied.invoiceNo, '200.00')), { imported: 1, known: 0, flagged: 0 });
    const late = await post(copied);
    t.match(late, { isFlagged: true, numberConflict: false });
    t.match(await flagsOn(late.invoiceId), [
      {
        kind: 'INVOICE_ELSEWHERE',
        amount: '200.00',
        inputs: { source: '洛阳市', seller: 'SAME', amount: 'SAME' },
        explanation: { zh: /与 洛阳市 交换的摘要相符（销售方相同，金额相同）/, en: /seller: the same; amount: the same/ },
      },
    ]);
    t.match(await take(marksFor(copied.invoiceNo, '200.00')), { imported: 0, known: 1, flagged: 0 }, 'once is enough');

    const ours = sent('300.00');
    const posted = await post(ours);
    t.match(posted, { isFlagged: false });
    const altered = marksFor(ours.invoiceNo, '299.99', old, uscc(4));
    t.match(await take([...altered, ...marksFor(nextInvoiceNo(), '1.00')]), { imported: 2, known: 0, flagged: 1 });
    t.match(
      await flagsOn(posted.invoiceId),
      [{ inputs: { seller: 'DIFFERENT', amount: 'DIFFERENT' } }],
      'a copy that was altered',
    );
    t.match(
      await take(marksFor(ours.invoiceNo, '300.00', fresh), { key: '2025' }),
      { imported: 1, flagged: 0 },
      'one source, one flag',
    );
    t.match(await take(marksFor(ours.invoiceNo, '300.00'), { source: '新乡市' }), { imported: 1, flagged: 1 });
    t.equal((await flagsOn(posted.invoiceId)).length, 2);
    t.match(
      await take(marksFor(nextInvoiceNo(), '300.00', fresh)),
      { imported: 1, flagged: 0 },
      'a hash of another key is none of these',
    );
  });

  await t.test('what is told is hashes, page by page; nothing of the last minute', async (t) => {
    type Page = { items: Record<string, string>[]; next: string | null; last: string | null; algorithm: string };
    const page = async (query: string) => expectStatus(await operator('GET', `/invoice-exchange/marks?${query}`), 200) as Page;
    t.match(await page('key=2024'), { items: [], next: null, last: null });
    trade.clock.set(new Date(trade.clock.now().getTime() + 61_000));
    const whole = await page('key=2025');
    t.match(whole, { algorithm: 'sm3', next: null });
    t.equal(whole.items.length, 2, 'of both invoices that were posted since');
    const first = await page('key=2025&limit=1');
    const rest = await page(`key=2025&cursor=${first.next ?? ''}`);
    t.strictSame([...first.items, ...rest.items], whole.items);
    t.match(await page(`key=2025&cursor=${rest.last ?? ''}`), { items: [], last: rest.last }, 'and on from the end');
    t.notMatch(JSON.stringify(whole), early.invoiceNo);
    t.match(await operator('GET', '/invoice-exchange/marks?key=2023'), { status: 409, body: { code: 'EXCHANGE_KEY_UNKNOWN' } });
    t.match(
      await operator('POST', '/invoice-exchange/imports', { source: 'x', key: '2023', marks: marksFor(early.invoiceNo, '1.00') }),
      {
        status: 409,
        body: { code: 'EXCHANGE_KEY_UNKNOWN' },
      },
    );
    const bad = { source: 'x', key: '2024', marks: [{ number: 'AB', seller: 'x', amount: 'y' }] };
    t.match(await operator('POST', '/invoice-exchange/imports', bad), {
      status: 400,
      body: { errors: [{ code: 'HASH_FORMAT' }] },
    });
    t.match(await as(reviewer.secret)('POST', '/invoice-exchange/imports', bad), { status: 403 });
  });

  await t.test('a key that is new is caught up with, and what matches then is flagged', async (t) => {
    await take(marksFor(early.invoiceNo, '100.00', fresh), { key: '2025' });
    t.match(await flagsOn(earlyId), [], 'it has no hash yet');
    const make = async (body: object) => expectStatus(await operator('POST', '/invoice-exchange/marks', body), 200);
    const first = await make({ key: '2025', limit: 1 });
    t.match(first, { marked: 1, flagged: 1, next: earlyId });
    t.match(await make({ key: '2025', after: first.next }), { marked: 0, flagged: 0, next: null }, 'the others had theirs');
    t.match(await make({ key: '2025' }), { marked: 0, flagged: 0 });
    t.match(await flagsOn(earlyId), [{ kind: 'INVOICE_ELSEWHERE' }]);
    t.match(await operator('POST', '/invoice-exchange/marks', { key: '2023' }), { status: 409 });
  });
  t.strictSame(await auditBusiness(trade.owner, book.bookId), []);
});
