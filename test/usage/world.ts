/**
 * A book where compute is sold: a buyer, a seller with a facility and a listing, strangers on both sides, filed contracts, and
 * vouchers that were outstanding when the book was opened (no application, no limit claimed).
 * Programmes are planted through the lane, so that a test may change a word of one. Not a test itself.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Appropriation, ProgrammeVersion } from '../../db/tables.js';
import type { AppOptions } from '../../src/app.js';
import { addMonths } from '../../src/calendar.js';
import { makeUscc, uuidv7 } from '../../src/identifiers.js';
import { accountOf, fundOf } from '../../src/ledger/chart.js';
import type { Change } from '../../src/ledger/facts.js';
import { insert } from '../../src/ledger/facts.js';
import type { Verb } from '../../src/ledger/lane.js';
import { accepted } from '../../src/ledger/lane.js';
import type { Posting } from '../../src/ledger/templates.js';
import * as templates from '../../src/ledger/templates.js';
import { formatYuan, parseYuan } from '../../src/money.js';
import { appropriationShelf, programmeVersionShelf } from '../../src/programmes/facts.js';
import type { Caller, Service, TestBook } from '../service.js';
import { expectStatus, startService } from '../service.js';

export const programmeCode = 'zhengzhou-compute';
const enacted = readFileSync(new URL('../../db/programmes/zhengzhou/zhengzhou-compute.v2.yaml', import.meta.url), 'utf8');
export const fund = fundOf(programmeCode, 2024);
export const uscc = (n: number): string => makeUscc(`91410100MA${String(n).padStart(7, '0')}`);
export const fen = (yuan: string): bigint => parseYuan(yuan) ?? 0n;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

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

export interface TradeContract {
  contractId: string;
  gross: string;
}
export interface InvoiceOf {
  invoiceNo?: string;
  gross: string;
  /** Of the contract's one line; else such that the price is the contract's, to four decimals. */
  quantity?: string;
  usageFrom?: string;
  usageTo?: string;
  issuedOn?: string;
}

export interface Trade extends Service {
  book: TestBook;
  enterpriseId: string;
  providerId: string;
  facilityId: string;
  buyer: Caller;
  buyerMachine: Caller;
  strangerBuyer: Caller;
  seller: Caller;
  strangerSeller: Caller;
  reviewer: Caller;
  /** A contract of one line of 1000 card-hours, filed, from July 2024 to June 2025; the buyer's, or the strangers'. */
  fileContract(gross: string, of?: Record<string, unknown> & { strangers?: boolean }): Promise<TradeContract>;
  invoiceBody(contract: TradeContract, of: InvoiceOf): Record<string, unknown> & { invoiceNo: string };
  /** Posts, and unless told otherwise confirms and pays its own part of it; answers the id. */
  invoice(contract: TradeContract, of: InvoiceOf, as?: { confirmed?: boolean; paid?: string }): Promise<string>;
  /** A version of the enacted Zhengzhou programme, in force from a day of its own, with these replacements in its text. */
  activate(version: number, replaced?: readonly (readonly [string, string])[]): Promise<void>;
  voucher(contract: TradeContract, face: string, of?: { version?: number; lastDay?: string; issuedOn?: string }): Promise<string>;
  balance(voucherId: string): Promise<string>;
  status(voucherId: string): Promise<string>;
}

/** Versions replace each other day by day: who applied on the first day of one has that one. Version 2 is the first. */
const firstDayOf = (version: number): string => `2024-06-0${version - 1}`;

let invoiceCount = 0;
/** A number of an invoice issued in 2024, used nowhere yet. */
export const nextInvoiceNo = (): string => `2441${String(++invoiceCount).padStart(16, '0')}`;

export async function startTrade(
  t: { teardown(handler: () => Promise<void>): void },
  of: { now?: string } & Pick<AppOptions, 'evidence' | 'exchangeKeys'> = {},
): Promise<Trade> {
  const { now: _, ...options } = of;
  const service = await startService(t, { ...options, now: '2024-06-20' });
  const book = await service.newBook('zhengzhou');
  const { operator } = book;
  const [buyer, buyerMachine, strangerBuyer, seller, strangerSeller, reviewer, approver] = await Promise.all([
    book.member('enterprise', { uscc: uscc(1) }),
    book.member('enterprise', { uscc: uscc(1), kind: 'MACHINE' }),
    book.member('enterprise', { uscc: uscc(3) }),
    book.member('provider', { uscc: uscc(2) }),
    book.member('provider', { uscc: uscc(4) }),
    book.member('reviewer'),
    book.member('approver'),
  ]);
  const made = async (who: Caller, url: string, body: object, status = 201) => expectStatus(await who.post(url, body), status);
  const { enterpriseId } = await made(operator, '/enterprises', { uscc: uscc(1), name: '甲科技有限公司' });
  const stranger = await made(operator, '/enterprises', { uscc: uscc(3), name: '乙科技有限公司' });
  const { providerId } = await made(operator, '/providers', { uscc: uscc(2), name: '中原算力有限公司' });
  await made(operator, '/providers', { uscc: uscc(4), name: '嵩山云有限公司' });
  const { facilityId } = await made(operator, '/facilities', { providerId, name: '一号中心', kind: 'AI_COMPUTING' });
  await made(reviewer, `/facilities/${facilityId as string}/observations`, {
    observedOn: '2024-06-01',
    inService: true,
    pflops: '100.00',
    precision: 'FP16',
    evidence: '核查报告',
  });
  const listing = { providerId, serviceItem: 'AI_COMPUTE', batchNo: '1', documentNo: '1', validFrom: '2024-01-01' };
  await made(reviewer, '/listings', listing);

  const newId = (): string => uuidv7(service.clock.now());
  const plant = async (body: Seed): Promise<void> => {
    const open = await service.books.find(book.code);
    const { memberId, personId } = operator;
    const outcome = await open?.lane.submit(seed, {
      key: newId(),
      requestDigest: sha256(newId()),
      actor: { memberId, personId, kind: 'PERSON', role: 'operator', legalPersonUscc: null },
      body,
    });
    if (outcome?.kind !== 'accepted') throw new Error('the seed was refused');
  };
  const loaded = { fund, amountFen: fen('100000000.00') };
  const paper: Appropriation = {
    bookId: book.bookId,
    appropriationId: newId(),
    programmeCode,
    year: 2024,
    funder: 'CITY',
    amountFen: loaded.amountFen,
    documentNo: '郑财预〔2024〕18号',
    loadedOn: '2024-06-20',
    recordedAt: service.clock.now().toISOString(),
  };
  await plant({
    postings: [
      ...templates.budgetLoaded({ ...loaded, funder: 'CITY' }),
      ...templates.budgetMatched({ ...loaded, shares: [{ funder: 'CITY', amountFen: loaded.amountFen }] }),
    ],
    changes: [insert(appropriationShelf, paper)],
  });

  const activate: Trade['activate'] = async (version, replaced = []) => {
    const text = replaced.reduce((before, [from, to]) => {
      if (!before.includes(from)) throw new Error(`the programme does not say: ${from}`);
      return before.replace(from, to);
    }, enacted);
    const row: ProgrammeVersion = {
      bookId: book.bookId,
      programmeVersionId: newId(),
      programmeCode,
      version,
      name: '郑州市算力券',
      kind: 'PROGRAMME',
      legalStatus: 'ENACTED',
      status: 'ACTIVE',
      document: text,
      digest: sha256(text),
      inForceFrom: firstDayOf(version),
      inForceTo: null,
      publishedBy: operator.personId,
      activatedBy: reviewer.personId,
      recordedAt: service.clock.now().toISOString(),
      activatedAt: service.clock.now().toISOString(),
      repealedBy: null,
      repealedAt: null,
      repealingDocument: null,
      repealId: null,
      twoApproversAbove: null,
    };
    await plant({ postings: [], changes: [insert(programmeVersionShelf, row)] });
  };
  await activate(2);

  let contractCount = 0;
  const fileContract: Trade['fileContract'] = async (gross, { strangers = false, ...more } = {}) => {
    const money = { net: gross, vat: '0.00', gross };
    const line = {
      description: '训练卡时',
      serviceItem: 'AI_COMPUTE',
      facilityId,
      unit: 'CARD_HOUR',
      quantity: '1000',
      ...money,
    };
    const contract = {
      contractNo: `HT-${++contractCount}`,
      enterpriseId: strangers ? (stranger.enterpriseId as string) : enterpriseId,
      providerId,
      signedOn: '2024-06-15',
      startsOn: '2024-07-01',
      // The last day makes otherwise equal contracts different ones.
      endsOn: `2025-06-${String(30 - (contractCount % 20)).padStart(2, '0')}`,
      purpose: 'MODEL_RESEARCH',
      ...money,
      lines: [line],
      ...more,
    };
    const { contractId } = await made(seller, '/contracts', contract);
    await made(strangers ? strangerBuyer : buyer, `/contracts/${contractId as string}/confirm`, {}, 200);
    await made(reviewer, `/contracts/${contractId as string}/file`, {}, 200);
    return { contractId: contractId as string, gross };
  };

  const invoiceBody: Trade['invoiceBody'] = (contract, { gross, quantity, ...more }) => {
    const money = { net: gross, vat: '0.00', gross };
    const priced = (fen(gross) * 10_000_000n + fen(contract.gross) / 2n) / fen(contract.gross);
    const shown = `${priced / 10_000n}.${String(priced % 10_000n).padStart(4, '0')}`;
    return {
      invoiceNo: nextInvoiceNo(),
      contractId: contract.contractId,
      issuedOn: '2024-08-01',
      usageFrom: '2024-07-01',
      usageTo: '2024-07-31',
      ...money,
      lines: [{ contractLineNo: 1, quantity: quantity ?? shown, ...money }],
      ...more,
    };
  };

  const invoice: Trade['invoice'] = async (contract, given, as = {}) => {
    const { invoiceId } = await made(seller, '/usage-invoices', invoiceBody(contract, given));
    const url = `/usage-invoices/${invoiceId as string}`;
    if (as.confirmed !== false) await made(buyer, `${url}/confirm`, {}, 200);
    // Its own part: what the voucher does not pay by the enacted rate of 20 %.
    const paid = as.paid ?? formatYuan(fen(given.gross) - fen(given.gross) / 5n);
    if (paid !== '0.00') await made(buyer, `${url}/payments`, { amount: paid, paidOn: '2024-08-01', bankSerial: newId() });
    return invoiceId as string;
  };

  const voucher: Trade['voucher'] = async ({ contractId }, face, given = {}) => {
    const { version = 2, issuedOn = '2024-07-01' } = given;
    const { openingBalanceId } = await made(operator, '/opening-balances', {
      kind: 'VOUCHER',
      programmeCode,
      version,
      contractId,
      balance: face,
      appliedOn: firstDayOf(version),
      issuedOn,
      lastDay: given.lastDay ?? addMonths(issuedOn, 12),
    });
    const { voucherId } = await made(approver, `/opening-balances/${openingBalanceId as string}/approve`, {}, 200);
    return voucherId as string;
  };

  const balance: Trade['balance'] = async (voucherId) => {
    const { code } = accountOf.voucher(voucherId, fund);
    const [row] = await service.db.sql<{ fen: bigint }[]>`
      select credits_fen - debits_fen as fen from accounts where code = ${code}`;
    return formatYuan(row?.fen ?? 0n);
  };
  const status: Trade['status'] = async (voucherId) => {
    const [row] = await service.db.sql<{ status: string }[]>`select status from vouchers where voucher_id = ${voucherId}`;
    return row?.status ?? '';
  };

  service.clock.set(of.now ?? '2024-08-05');
  return {
    ...service,
    book,
    enterpriseId,
    providerId,
    facilityId,
    buyer,
    buyerMachine,
    strangerBuyer,
    seller,
    strangerSeller,
    reviewer,
    fileContract,
    invoiceBody,
    invoice,
    activate,
    voucher,
    balance,
    status,
  };
}
