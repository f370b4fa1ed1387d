// The world the benchmark runs in: one book on the enacted Zhengzhou programme, firms with a contract and a voucher each and
// with a second contract whose application waits for its approval. All of it came to be through the API. What a run uses up
// (confirmed and paid invoices, reviewed applications) is written by stock.ts.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import type { Database } from '../db/client.js';
import { createBook } from '../src/access/create-book.js';
import type { DemoClock } from '../src/clock.js';
import type { Books } from '../src/http/books.js';
import { makeUscc } from '../src/identifiers.js';
import { invoiceRequests } from './stock.js';

export interface BenchVoucher {
  readonly voucherId: string;
  readonly secret: string;
  readonly contractId: string;
  readonly contractLineId: string;
  readonly enterpriseId: string;
  readonly providerId: string;
  /** Of the same firm and provider, reviewed for a voucher of 200.00. */
  readonly second: { readonly contractId: string; readonly contractLineId: string; readonly applicationId: string };
}

export interface World {
  readonly bookId: string;
  readonly code: string;
  readonly vouchers: readonly BenchVoucher[];
  readonly secrets: {
    readonly provider: string;
    readonly approver: string;
    readonly auditor: string;
    readonly operator: string;
  };
  readonly requests: object[];
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, string> & { items?: Record<string, string>[]; lines?: Record<string, string>[] };
}

export const code = 'bench';
const programmeCode = 'zhengzhou-compute';

export async function makeWorld(of: {
  app: FastifyInstance;
  books: Books;
  db: Database;
  owner: Database;
  clock: DemoClock;
  enterprises: number;
  /** Invoices to redeem that are there at once, with their requests; stock.ts writes more. */
  invoicesPerVoucher?: number;
}): Promise<World> {
  const { app, books, db, owner, clock } = of;
  const made = await createBook(
    owner,
    async (_id, bookCode) => {
      const book = await books.find(bookCode);
      if (!book) throw new Error('the book of the benchmark cannot be found');
      return book.lane;
    },
    clock.now(),
    { code, name: '基准账套', divisionCode: '410100', operatorNames: ['运营', '复核'] },
  );
  const [{ key: operatorKey }, { key: colleagueKey }] = made.operators;
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
  const inBook = db.as({ book: made.bookId, legalPerson: null });
  const member = async (role: string, uscc?: string): Promise<string> => {
    const one = await send(
      operatorKey,
      '/members',
      { personName: `${role} ${uscc ?? ''}`, role, ...(uscc ? { legalPersonUscc: uscc } : {}) },
      201,
    );
    if (uscc === undefined) await send(colleagueKey, `/members/${one['memberId']}/confirm`, {}, 200);
    return (await send(operatorKey, `/members/${one['memberId']}/keys`, {}, 201))['secret'] ?? '';
  };
  const [reviewer, approver, finance] = [await member('reviewer'), await member('approver'), await member('finance')];
  const auditor = await member('auditor');

  const document = await readFile(new URL('../db/programmes/zhengzhou/zhengzhou-compute.v2.yaml', import.meta.url), 'utf8');
  const programme = await send(operatorKey, '/programmes', { document }, 201);
  await send(approver, `/programmes/${programme['programmeVersionId']}/activate`, {}, 200);
  await send(
    finance,
    '/appropriations',
    { programmeCode, year: 2026, funder: 'CITY', amount: '1000000000.00', documentNo: '郑财预〔2026〕1号' },
    201,
  );

  const providerUscc = makeUscc('91410100MA9000001');
  const providerKey = await member('provider', providerUscc);
  const provider = await send(operatorKey, '/providers', { uscc: providerUscc, name: '基准智算有限公司' }, 201);
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
    operatorKey,
    '/chips',
    { vendor: '华为', model: '昇腾910B', origin: 'DOMESTIC', validFrom: '2025-01-01', source: '目录' },
    201,
  );

  const vouchers = await Promise.all(
    Array.from({ length: of.enterprises }, async (_, i): Promise<BenchVoucher> => {
      const uscc = makeUscc(`91410100MA${String(i).padStart(7, '0')}`);
      const secret = await member('enterprise', uscc);
      const enterprise = await send(operatorKey, '/enterprises', { uscc, name: `基准企业${i}` }, 201);
      const enterpriseId = enterprise['enterpriseId'] ?? '';
      // A contract confirmed by the provider and filed, and an application on it that is reviewed.
      const applyFor = async (of: {
        contractNo: string;
        quantity: string;
        sums: { net: string; vat: string; gross: string };
        maximum?: string;
      }) => {
        const line = {
          description: '智算',
          serviceItem: 'AI_COMPUTE',
          facilityId,
          unit: 'CARD_HOUR',
          chipVendor: '华为',
          chipModel: '昇腾910B',
          quantity: of.quantity,
        };
        const contract = await send(
          secret,
          '/contracts',
          {
            contractNo: of.contractNo,
            enterpriseId,
            providerId,
            purpose: 'MODEL_RESEARCH',
            signedOn: '2026-01-05',
            startsOn: '2026-01-10',
            endsOn: '2026-12-31',
            ...of.sums,
            lines: [{ ...line, ...of.sums }],
          },
          201,
        );
        const contractId = contract['contractId'] ?? '';
        await send(providerKey, `/contracts/${contractId}/confirm`, {}, 200);
        await send(reviewer, `/contracts/${contractId}/file`, {}, 200);
        const application = await send(secret, '/applications', { programmeCode, contractId, commitment: true }, 201);
        const applicationId = application['applicationId'] ?? '';
        const maximum = of.maximum === undefined ? {} : { maximum: of.maximum };
        const review = await send(reviewer, `/applications/${applicationId}/review`, { eligibility: {}, ...maximum }, 200);
        const [row] = await inBook.sql<{ id: string }[]>`
          select contract_line_id as id from contract_lines where book_id = ${made.bookId} and contract_id = ${contractId}`;
        return { contractId, contractLineId: row?.id ?? '', applicationId, reviewDigest: review['reviewDigest'] };
      };
      // 4,000,000.00 of card-hours at 10.00: a voucher of 800,000.00.
      const first = await applyFor({
        contractNo: `BENCH-${i}`,
        quantity: '400000',
        sums: { net: '3773584.91', vat: '226415.09', gross: '4000000.00' },
      });
      const { reviewDigest } = first;
      const approved = await send(approver, `/applications/${first.applicationId}/approve`, { reviewDigest }, 200);
      const second = await applyFor({
        contractNo: `BENCH-${i}-2`,
        quantity: '500',
        sums: { net: '4716.98', vat: '283.02', gross: '5000.00' },
        maximum: '200.00',
      });
      return {
        voucherId: approved['voucherId'] ?? '',
        secret,
        contractId: first.contractId,
        contractLineId: first.contractLineId,
        enterpriseId,
        providerId,
        second,
      };
    }),
  );

  const secrets = { provider: providerKey, approver, auditor, operator: operatorKey };
  const world: World = { bookId: made.bookId, code, vouchers, secrets, requests: [] };
  const invoices = (of.invoicesPerVoucher ?? 0) * vouchers.length;
  if (invoices > 0) world.requests.push(...(await invoiceRequests(inBook, world, invoices, clock.now())));
  return world;
}
