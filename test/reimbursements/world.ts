/**
 * A book in which compute was bought and paid for in 2024, to be reimbursed in 2025: a seller with domestic, other and unknown chips,
 * enterprises that buy, two programmes of reimbursement (settled fees, PRO_RATA; declared contracts, RANKED) and one of vouchers.
 * Programmes and money are planted through the lane, all else goes over HTTP. Not a test itself.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Appropriation, ProgrammeVersion } from '../../db/tables.js';
import { makeUscc, uuidv7 } from '../../src/identifiers.js';
import { fundOf } from '../../src/ledger/chart.js';
import type { Change } from '../../src/ledger/facts.js';
import { insert } from '../../src/ledger/facts.js';
import type { Verb } from '../../src/ledger/lane.js';
import { accepted } from '../../src/ledger/lane.js';
import type { Posting } from '../../src/ledger/templates.js';
import * as templates from '../../src/ledger/templates.js';
import { parseYuan, splitByFunders } from '../../src/money.js';
import { appropriationShelf, programmeVersionShelf } from '../../src/programmes/facts.js';
import { parseProgramme } from '../../src/programmes/language.js';
import { amountsOfTwo } from '../../src/programmes/publish-programme.js';
import type { Answer, Caller, CallOptions, Service, TestBook } from '../service.js';
import { expectStatus, startService } from '../service.js';

export const uscc = (n: number): string => makeUscc(`91330108MA${String(n).padStart(7, '0')}`);
export const fen = (yuan: string): bigint => parseYuan(yuan) ?? 0n;
export const feeCode = 'settled-fees';
export const costCode = 'declared-contracts';
export const voucherCode = 'zhengzhou-compute';
export const fund = fundOf(feeCode, 2025);

export const cite = (article: string) => `cite: { document: measure, article: ${article} }`;
export const common = (code: string) => `
programme: ${code}
version: 1
name: { zh: 试验事后补助, en: test reimbursement }
status: ENACTED
basis: { document: measure, article: 第一条 }
documents:
  measure: { kind: MEASURE, title: 试验办法, demo: true }
inForce: { from: 2025-01-01, ${cite('第一条')} }
flow: { value: REIMBURSEMENT, ${cite('第二条')} }
payee: { value: ENTERPRISE, ${cite('第二条')} }
amountBasis: { value: GROSS, ${cite('第三条')} }
funders:
  value:
    - { funder: CITY, name: { zh: 市, en: city }, basisPoints: 6667 }
    - { funder: DISTRICT, name: { zh: 区, en: district }, basisPoints: 3333 }
  ${cite('第九条')}
`;

/** 60 % of domestic and 30 % of other compute, settled in the year before; 20,000,000 a year; shared pro rata. */
export const fees = `${common(feeCode)}
base: { value: PRIOR_YEAR_SETTLED_FEE, ${cite('第三条')} }
rate:
  value:
    kind: CEILING
    tiers:
      - { when: { chipOrigin: DOMESTIC }, basisPoints: 6000 }
      - { when: { chipOrigin: NON_DOMESTIC }, basisPoints: 3000 }
  ${cite('第三条')}
mixedChips: { value: LOWER_RATE, ${cite('第三条')} }
limits:
  - { id: awarded, counts: AWARDED, per: LEGAL_PERSON, window: YEAR, value: 20000000.00, ${cite('第四条')} }
allocation: { value: PRO_RATA, ${cite('第五条')} }
providerConditions: { value: [LISTED_WHEN_SETTLED], ${cite('第六条')} }
serviceItems: { value: [AI_COMPUTE], ${cite('第六条')} }
eligibility:
  - { id: local, strength: HARD, text: { zh: 本地经营, en: operates locally }, evidence: [营业执照], ${cite('第七条')} }
  - { id: statistics, strength: SOFT, text: { zh: 统计入库, en: in the statistics }, evidence: [统计证明], ${cite('第七条')} }
`;

/** 30 % of declared contracts, 40 % for models of a class, at most 2,000,000 for life, at least 1,000.00; the small first, then by score. */
export const costs = `${common(costCode)}
base: { value: CONTRACT_AMOUNT, ${cite('第三条')} }
rate: { value: { kind: EXACT, tiers: [{ when: { modelClass: REGISTERED }, basisPoints: 4000 }, { basisPoints: 3000 }] }, ${cite('第三条')} }
limits:
  - { id: awarded, counts: AWARDED, per: LEGAL_PERSON, window: LIFETIME, value: 2000000.00, ${cite('第四条')} }
allocation: { value: RANKED, ${cite('第五条')} }
priority: { value: [{ class: SME, name: { zh: 中小企业, en: small and medium } }], ${cite('第五条')} }
serviceItems: { value: [CORPUS], ${cite('第六条')} }
minAward: { value: 1000.00, ${cite('第八条')} }
`;

const vouchers = readFileSync(new URL('../../db/programmes/zhengzhou/zhengzhou-compute.v2.yaml', import.meta.url), 'utf8');

interface Seed {
  readonly postings: readonly Posting[];
  readonly changes: readonly Change[];
}
const seed: Verb<Seed, object> = {
  name: 'test.seed',
  money: true,
  gather: (loader, commands) =>
    loader.accounts(commands.flatMap(({ body }) => body.postings.flatMap(({ debit, credit }) => [debit, credit]))),
  decide: ({ id, body }) => accepted({ decision: 'test.seeded', subjectId: id, result: {}, ...body }),
};

export interface Firm {
  enterpriseId: string;
  name: string;
  uscc: string;
  member: Caller;
}
export type Origin = 'DOMESTIC' | 'NON_DOMESTIC' | 'UNKNOWN';
export interface Line {
  gross: string;
  origin?: Origin;
  serviceItem?: 'AI_COMPUTE' | 'STORAGE';
}
export interface Fee {
  lines: readonly Line[];
  issuedOn?: string;
  /** When its contract was signed; 2024-01-05 if left out. */
  signedOn?: string;
  /** Left out: in full on 2024-08-01. */
  payments?: readonly { amount: string; paidOn: string }[];
  confirmed?: boolean;
  /** Of a branch. */
  enterpriseId?: string;
}

export interface World extends Service {
  book: TestBook;
  operator: Caller;
  reviewer: Caller;
  approver: Caller;
  finance: Caller;
  payer: Caller;
  seller: Caller;
  providerId: string;
  firm(n: number, parent?: string): Promise<Firm>;
  /** Files a contract for these lines and posts one invoice for all of it, confirmed and paid unless said otherwise; answers its id. */
  fee(firm: Firm, of: Fee): Promise<{ invoiceId: string; contractId: string; invoiceNo: string }>;
  /** What finance grants, shared by its funders. */
  load(code: string, amount: string, year?: number): Promise<void>;
  apply(firm: Firm, body?: Record<string, unknown>, options?: CallOptions & { dryRun?: boolean }): Promise<Answer>;
  /** Applies and reviews; answers the id. */
  reviewed(firm: Firm, review?: Record<string, unknown>, body?: Record<string, unknown>): Promise<string>;
  balance(code: string): Promise<bigint>;
  plantProgramme(document: string, from?: string): Promise<void>;
}

let invoices = 0;
let contracts = 0;

export async function startWorld(
  t: { teardown(handler: () => Promise<void>): void },
  of: { fees?: readonly [string, string][] } = {},
): Promise<World> {
  const service = await startService(t, { now: '2025-02-10' });
  const book = await service.newBook('binjiang');
  const { operator } = book;
  const [reviewer, approver, finance, payer, seller] = await Promise.all([
    book.member('reviewer'),
    book.member('approver'),
    book.member('finance'),
    book.member('finance_approver'),
    book.member('provider', { uscc: uscc(900) }),
  ]);
  const made = async (who: Caller, url: string, body: object, status = 201) => expectStatus(await who.post(url, body), status);
  const { providerId } = await made(operator, '/providers', { uscc: uscc(900), name: '钱江算力有限公司' });
  const { facilityId } = await made(operator, '/facilities', { providerId, name: '一号中心', kind: 'AI_COMPUTING' });
  await made(reviewer, `/facilities/${facilityId as string}/observations`, {
    observedOn: '2023-06-01',
    inService: true,
    pflops: '100.00',
    precision: 'FP16',
    evidence: '核查报告',
  });
  for (const serviceItem of ['AI_COMPUTE', 'STORAGE']) {
    await made(reviewer, '/listings', { providerId, serviceItem, batchNo: '1', documentNo: '1', validFrom: '2023-01-01' });
  }
  for (const [model, origin] of [
    ['国产', 'DOMESTIC'],
    ['进口', 'NON_DOMESTIC'],
  ] as const) {
    await made(operator, '/chips', { vendor: '甲', model, origin, validFrom: '2023-01-01', source: '目录' });
  }

  const newId = (): string => uuidv7(service.clock.now());
  const plant = async (body: Seed): Promise<void> => {
    const open = await service.books.find(book.code);
    const { memberId, personId } = operator;
    const outcome = await open?.lane.submit(seed, {
      key: newId(),
      requestDigest: createHash('sha256').update(newId()).digest('hex'),
      actor: { memberId, personId, kind: 'PERSON', role: 'operator', legalPersonUscc: null },
      body,
    });
    if (outcome?.kind !== 'accepted') throw new Error('the seed was refused');
  };
  const recordedAt = service.clock.now().toISOString();
  const plantProgramme: World['plantProgramme'] = async (document, from = '2025-01-01') => {
    const read = parseProgramme(document);
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    const { programme, version, kind } = read.version;
    const row: ProgrammeVersion = {
      bookId: book.bookId,
      programmeVersionId: newId(),
      programmeCode: programme,
      version,
      name: programme,
      legalStatus: 'ENACTED',
      status: 'ACTIVE',
      document,
      digest: createHash('sha256').update(document).digest('hex'),
      inForceFrom: from,
      inForceTo: null,
      publishedBy: operator.personId,
      activatedBy: approver.personId,
      recordedAt,
      activatedAt: recordedAt,
      kind,
      repealedAt: null,
      repealedBy: null,
      repealingDocument: null,
      repealId: null,
      twoApproversAbove: amountsOfTwo(read.version),
    };
    await plant({ postings: [], changes: [insert(programmeVersionShelf, row)] });
  };
  await plantProgramme((of.fees ?? []).reduce((text, [from, to]) => text.replace(from, to), fees));
  await plantProgramme(costs);
  await plantProgramme(vouchers, '2024-01-01');

  let papers = 0;
  const load: World['load'] = async (code, amount, year = 2025) => {
    const shares =
      code === voucherCode
        ? [{ funder: 'CITY', basisPoints: 10_000 }]
        : [
            { funder: 'CITY', basisPoints: 6667 },
            { funder: 'DISTRICT', basisPoints: 3333 },
          ];
    const into = fundOf(code, year);
    const parts = splitByFunders(fen(amount), shares).map(({ funder, amount: amountFen }) => ({ funder, amountFen }));
    await plant({
      postings: [
        ...parts.flatMap((part) => templates.budgetLoaded({ fund: into, ...part })),
        ...templates.budgetMatched({ fund: into, shares: parts }),
      ],
      changes: parts
        .filter(({ amountFen }) => amountFen > 0n)
        .map((part) => {
          const paper: Appropriation = {
            bookId: book.bookId,
            appropriationId: newId(),
            programmeCode: code,
            year,
            ...part,
            documentNo: `杭财〔2025〕${++papers}号`,
            loadedOn: '2025-01-02',
            recordedAt,
          };
          return insert(appropriationShelf, paper);
        }),
    });
  };

  const fee: World['fee'] = async (
    firm,
    { lines, issuedOn = '2024-07-31', signedOn = '2024-01-05', payments, confirmed = true, enterpriseId },
  ) => {
    const grosses = lines.map(({ gross }) => fen(gross));
    const total = grosses.reduce((sum, gross) => sum + gross, 0n).toString();
    const gross = `${total.slice(0, -2)}.${total.slice(-2)}`;
    const money = (amount: string) => ({ net: amount, vat: '0.00', gross: amount });
    const n = ++contracts;
    const contract = {
      contractNo: `HT-${n}`,
      enterpriseId: enterpriseId ?? firm.enterpriseId,
      providerId,
      purpose: 'MODEL_RESEARCH',
      signedOn,
      startsOn: '2024-01-10',
      // The last day makes otherwise equal contracts different ones.
      endsOn: new Date(Date.UTC(2026, 0, 1 + (n % 700))).toISOString().slice(0, 10),
      ...money(gross),
      lines: lines.map(({ gross: of, origin = 'DOMESTIC', serviceItem = 'AI_COMPUTE' }) => ({
        description: '卡时',
        serviceItem,
        facilityId,
        unit: 'CARD_HOUR',
        quantity: '1000',
        ...money(of),
        ...(origin === 'UNKNOWN' ? {} : { chipVendor: '甲', chipModel: origin === 'DOMESTIC' ? '国产' : '进口' }),
      })),
    };
    const { contractId } = await made(seller, '/contracts', contract);
    await made(firm.member, `/contracts/${contractId as string}/confirm`, {}, 200);
    await made(reviewer, `/contracts/${contractId as string}/file`, {}, 200);
    const invoiceNo = `${issuedOn.slice(2, 4)}33${String(++invoices).padStart(16, '0')}`;
    const { invoiceId } = await made(seller, '/usage-invoices', {
      invoiceNo,
      contractId: contractId as string,
      issuedOn,
      usageFrom: '2024-06-01',
      usageTo: '2024-06-30',
      ...money(gross),
      lines: lines.map((line, i) => ({ contractLineNo: i + 1, quantity: '1000', ...money(line.gross) })),
    });
    const url = `/usage-invoices/${invoiceId as string}`;
    if (confirmed) await made(firm.member, `${url}/confirm`, {}, 200);
    for (const payment of payments ?? [{ amount: gross, paidOn: '2024-08-01' }]) {
      await made(firm.member, `${url}/payments`, { ...payment, bankSerial: newId() });
    }
    return { invoiceId: invoiceId as string, contractId: contractId as string, invoiceNo };
  };

  const world: World = {
    ...service,
    book,
    operator,
    reviewer,
    approver,
    finance,
    payer,
    seller,
    providerId: providerId as string,
    load,
    fee,
    plantProgramme,
    firm: async (n, parent) => {
      const name = `企业${n}`;
      const body = { uscc: uscc(n), name, ...(parent === undefined ? {} : { parentUscc: parent }) };
      const { enterpriseId } = await made(operator, '/enterprises', body);
      const member = await book.member('enterprise', { uscc: parent ?? uscc(n) });
      return { enterpriseId: enterpriseId as string, name, uscc: uscc(n), member };
    },
    apply: async (firm, body = {}, { dryRun = false, ...options } = {}) =>
      firm.member.post(
        `/reimbursements${dryRun ? '?dryRun=true' : ''}`,
        { programmeCode: feeCode, commitment: true, ...body },
        options,
      ),
    reviewed: async (firm, review = {}, body = {}) => {
      const { reimbursementId } = expectStatus(await world.apply(firm, body), 201);
      const isFee = (body['programmeCode'] ?? feeCode) === feeCode;
      const eligibility = isFee ? { local: true, statistics: true } : {};
      expectStatus(await reviewer.post(`/reimbursements/${reimbursementId as string}/review`, { eligibility, ...review }), 200);
      return reimbursementId as string;
    },
    balance: async (code) => {
      const [row] = await service.owner.sql<{ balance: bigint }[]>`
        select credits_fen - debits_fen as balance from accounts where book_id = ${book.bookId} and code = ${code}`;
      return row?.balance ?? 0n;
    },
  };
  return world;
}

/** What happened, in one line: `201`, or the status with the refusal's code. */
export const told = ({ status, body }: Answer): string => (status < 300 ? String(status) : `${status} ${body.code as string}`);
