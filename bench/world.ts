// The world the benchmark runs in: one book on the enacted Zhengzhou programme, vouchers that came to be through the API,
// and confirmed, paid invoices to redeem. Everything but the invoices is made through the API; the invoices are written in
// bulk in a lane of their own, as facts that are there before the clock starts.
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import type { Database } from '../db/client.js';
import { createBook } from '../src/access/create-book.js';
import type { DemoClock } from '../src/clock.js';
import type { Books } from '../src/http/books.js';
import { makeUscc, uuidv7 } from '../src/identifiers.js';

export interface BenchVoucher {
  readonly voucherId: string;
  readonly secret: string;
  readonly contractId: string;
  readonly contractLineId: string;
  readonly enterpriseId: string;
  readonly providerId: string;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, string> & { items?: Record<string, string>[]; lines?: Record<string, string>[] };
}

const code = 'bench';

export async function makeWorld(of: {
  app: FastifyInstance;
  books: Books;
  db: Database;
  owner: Database;
  clock: DemoClock;
  enterprises: number;
  invoicesPerVoucher: number;
}): Promise<{ bookId: string; vouchers: BenchVoucher[]; requests: object[] }> {
  const { app, books, owner, clock } = of;
  const made = await createBook(
    owner,
    async (_id, bookCode) => {
      const book = await books.find(bookCode);
      if (!book) throw new Error('the book of the benchmark cannot be found');
      return book.lane;
    },
    clock.now(),
    { code, name: '基准账套', divisionCode: '410100', operatorName: '运营' },
  );
  const send = async (secret: string, url: string, body: object, status: number): Promise<Answer['body']> => {
    const response = await app.inject({
      method: 'POST',
      url: `/v1/books/${code}${url}`,
      headers: { authorization: `Bearer ${secret}`, 'idempotency-key': randomUUID() },
      payload: body,
    });
    if (response.statusCode !== status) throw new Error(`POST ${url}: ${response.statusCode} ${response.body}`);
    return response.json<Answer['body']>();
  };
  const member = async (role: string, uscc?: string): Promise<string> => {
    const one = await send(
      made.operatorKey,
      '/members',
      { personName: `${role} ${uscc ?? ''}`, role, ...(uscc ? { legalPersonUscc: uscc } : {}) },
      201,
    );
    return (await send(made.operatorKey, `/members/${one['memberId']}/keys`, {}, 201))['secret'] ?? '';
  };
  const [reviewer, approver, finance] = [await member('reviewer'), await member('approver'), await member('finance')];

  const document = await readFile(new URL('../db/programmes/zhengzhou/zhengzhou-compute.v2.yaml', import.meta.url), 'utf8');
  const programme = await send(made.operatorKey, '/programmes', { document }, 201);
  await send(approver, `/programmes/${programme['programmeVersionId']}/activate`, {}, 200);
  await send(
    finance,
    '/appropriations',
    { programmeCode: 'zhengzhou-compute', year: 2026, funder: 'CITY', amount: '1000000000.00', documentNo: '郑财预〔2026〕1号' },
    201,
  );

  const providerUscc = makeUscc('91410100MA9000001');
  const providerKey = await member('provider', providerUscc);
  const provider = await send(made.operatorKey, '/providers', { uscc: providerUscc, name: '基准智算有限公司' }, 201);
  const providerId = provider['providerId'] ?? '';
  const facility = await send(providerKey, '/facilities', { providerId, name: '智算中心', kind: 'AI_COMPUTING' }, 201);
  const facilityId = facility['facilityId'] ?? '';
  const observation = { observedOn: '2025-01-01', inService: true, pflops: '500.00', precision: 'FP16', evidence: '现场核验' };
  await send(reviewer, `/facilities/${facilityId}/observations`, observation, 201);
  const listing = {
    providerId,
    serviceItem: 'AI_COMPUTE',
    batchNo: '第一批',
    documentNo: '郑算名单〔2025〕1号',
    validFrom: '2025-01-01',
  };
  await send(reviewer, '/listings', listing, 201);
  await send(
    made.operatorKey,
    '/chips',
    { vendor: '华为', model: '昇腾910B', origin: 'DOMESTIC', validFrom: '2025-01-01', source: '目录' },
    201,
  );

  const vouchers = await Promise.all(
    Array.from({ length: of.enterprises }, async (_, i): Promise<BenchVoucher> => {
      const uscc = makeUscc(`91410100MA${String(i).padStart(7, '0')}`);
      const secret = await member('enterprise', uscc);
      const enterprise = await send(made.operatorKey, '/enterprises', { uscc, name: `基准企业${i}` }, 201);
      const enterpriseId = enterprise['enterpriseId'] ?? '';
      // 4,000,000.00 of card-hours at 10.00: a voucher of 800,000.00.
      const sums = { net: '3773584.91', vat: '226415.09', gross: '4000000.00' };
      const line = {
        description: '智算',
        serviceItem: 'AI_COMPUTE',
        facilityId,
        chipVendor: '华为',
        chipModel: '昇腾910B',
        unit: 'CARD_HOUR',
        quantity: '400000',
      };
      const contract = await send(
        secret,
        '/contracts',
        {
          contractNo: `BENCH-${i}`,
          enterpriseId,
          providerId,
          signedOn: '2026-01-05',
          startsOn: '2026-01-10',
          endsOn: '2026-12-31',
          purpose: 'MODEL_RESEARCH',
          ...sums,
          lines: [{ ...line, ...sums }],
        },
        201,
      );
      const contractId = contract['contractId'] ?? '';
      await send(providerKey, `/contracts/${contractId}/confirm`, {}, 200);
      await send(reviewer, `/contracts/${contractId}/file`, {}, 200);
      const application = await send(
        secret,
        '/applications',
        { programmeCode: 'zhengzhou-compute', contractId, commitment: true },
        201,
      );
      const review = await send(reviewer, `/applications/${application['applicationId']}/review`, { eligibility: {} }, 200);
      const approved = await send(
        approver,
        `/applications/${application['applicationId']}/approve`,
        { reviewDigest: review['reviewDigest'] },
        200,
      );
      const [lineRow] = await of.db.sql<{ id: string }[]>`
        select contract_line_id as id from contract_lines where book_id = ${made.bookId} and contract_id = ${contractId}`;
      return {
        voucherId: approved['voucherId'] ?? '',
        secret,
        contractId,
        contractLineId: lineRow?.id ?? '',
        enterpriseId,
        providerId,
      };
    }),
  );

  const requests = await writeInvoices(of.db, made.bookId, vouchers, of.invoicesPerVoucher, clock.now());
  return { bookId: made.bookId, vouchers, requests };
}

/** Confirmed and paid invoices of 10.00 each (2.00 to redeem), and the requests that redeem them, vouchers in turn. */
async function writeInvoices(
  db: Database,
  bookId: string,
  vouchers: readonly BenchVoucher[],
  each: number,
  now: Date,
): Promise<object[]> {
  const person = createHash('sha256').update('bench').digest('hex').slice(0, 12);
  const personId = `00000000-0000-7000-8000-${person}`;
  const requests: object[] = [];
  const slice = 2_000;
  const total = vouchers.length * each;
  for (let from = 0; from < total; from += slice) {
    const rows = Array.from({ length: Math.min(slice, total - from) }, (_, i) => {
      const n = from + i;
      const voucher = vouchers[n % vouchers.length] as BenchVoucher;
      return { voucher, invoiceId: uuidv7(now), lineId: uuidv7(now), number: `26412${String(n + 1).padStart(15, '0')}` };
    });
    await db.begin(async ({ sql }) => {
      await sql`select from open_lane(${bookId})`;
      await sql`
        insert into usage_invoices (book_id, invoice_id, invoice_no, provider_id, enterprise_id, contract_id, issued_on, usage_from, usage_to,
                                    net_fen, vat_fen, gross_fen, paid_fen, status, number_conflict, posted_person, posted_on,
                                    decided_person, decided_on, recorded_at)
        select ${bookId}, u.id, u.number, u.provider, u.enterprise, u.contract, '2026-03-31', '2026-03-01', '2026-03-31',
               943, 57, 1000, 1000, 'CONFIRMED', false, ${personId}, '2026-03-31', u.enterprise, '2026-03-31', ${now}::timestamptz
          from unnest(${rows.map((r) => r.invoiceId)}::uuid[], ${rows.map((r) => r.number)}::text[],
                      ${rows.map((r) => r.voucher.providerId)}::uuid[], ${rows.map((r) => r.voucher.enterpriseId)}::uuid[],
                      ${rows.map((r) => r.voucher.contractId)}::uuid[]) as u (id, number, provider, enterprise, contract)`;
      await sql`
        insert into usage_invoice_lines (book_id, invoice_line_id, invoice_id, line_no, contract_line_id, quantity, net_fen, vat_fen, gross_fen)
        select ${bookId}, u.id, u.invoice, 1, u.line, 1, 943, 57, 1000
          from unnest(${rows.map((r) => r.lineId)}::uuid[], ${rows.map((r) => r.invoiceId)}::uuid[],
                      ${rows.map((r) => r.voucher.contractLineId)}::uuid[]) as u (id, invoice, line)`;
    });
    for (const { voucher, invoiceId } of rows) {
      requests.push({
        path: `/v1/books/${code}/redemptions`,
        secret: voucher.secret,
        body: { voucherId: voucher.voucherId, invoiceId },
      });
    }
  }
  await db.begin(async ({ sql }) => {
    await sql`select from open_lane(${bookId})`;
    await sql`insert into contract_line_usage (book_id, contract_line_id, contract_id, quantity, gross_fen)
      select ${bookId}, u.line, u.contract, ${each}::int, ${each}::bigint * 1000
        from unnest(${vouchers.map((v) => v.contractLineId)}::uuid[], ${vouchers.map((v) => v.contractId)}::uuid[]) as u (line, contract)`;
  });
  return requests;
}
