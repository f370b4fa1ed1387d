// npm run demo: the main job once, over HTTP, on a throw-away database: every step with its amounts, the closing balances, the
// audit. Ends with exit code 1 when a figure is not what it should be.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Database } from '../db/client.js';
import { connect } from '../db/client.js';
import { startEmbedded } from '../db/embedded.js';
import { migrate } from '../db/migrate.js';
import { applicationConsidered } from '../schemas/applications.js';
import { appropriationLoaded } from '../schemas/appropriations.js';
import { contractRecorded } from '../schemas/contracts.js';
import { enterpriseRecorded } from '../schemas/enterprises.js';
import { trialBalance } from '../schemas/ledger.js';
import { payeeAccountRecorded } from '../schemas/payees.js';
import { programmeActivated, programmeEvaluated, programmePublished } from '../schemas/programme-api.js';
import { facilityRecorded, listingRecorded, observationRecorded, providerRecorded } from '../schemas/providers.js';
import { redemptionRecorded } from '../schemas/redemptions.js';
import { bankReturnImported } from '../schemas/bank.js';
import {
  instructions as instructionsOf,
  settlementDrafted,
  settlementInstructed,
  settlementRecorded,
} from '../schemas/settlements.js';
import { paymentRecorded, usageInvoicePosted, usageInvoiceRecorded } from '../schemas/usage.js';
import { applicationApproved, voucher } from '../schemas/vouchers.js';
import { createBook } from '../src/access/create-book.js';
import { build } from '../src/app.js';
import { demoClock } from '../src/clock.js';
import type { Operators } from '../src/demo/api.js';
import { Caller, newMember, setClock } from '../src/demo/api.js';
import { makeUscc } from '../src/identifiers.js';
import { auditLedger } from '../src/ledger/audit.js';
import { formatYuan, parseYuan } from '../src/money.js';
import { explain } from '../src/programmes/explain.js';
import { auditBusiness } from '../src/reconciliation/audit.js';

// ── The page ──

let wrong = 0;
const width = (text: string): number => [...text].reduce((sum, c) => sum + (/[\u2e80-\uffef]/.test(c) ? 2 : 1), 0);
const padded = (text: string, to: number): string => text + ' '.repeat(Math.max(0, to - width(text)));
const grouped = (yuan: string): string => (/^-?\d+\.\d\d$/.test(yuan) ? yuan.replace(/\B(?=(\d{3})+\.)/g, ',') : yuan);
const title = (text: string): void => console.log(`── ${text} ${'─'.repeat(Math.max(3, 96 - width(text)))}`);

/** One line of the page: what happened, and its figure, held against what it should be. */
function told(what: string, found: string, expected: string, remark = ''): void {
  const right = found === expected;
  if (!right) wrong += 1;
  console.log(
    `  ${padded(what, 62)}${grouped(found).padStart(16)}  ${right ? remark : `✗ should be ${grouped(expected)}`}`.trimEnd(),
  );
}

const sum = (...yuan: string[]): string => formatYuan(yuan.reduce((total, each) => total + (parseYuan(each) ?? 0n), 0n));
const less = (yuan: string, taken: string): string => formatYuan((parseYuan(yuan) ?? 0n) - (parseYuan(taken) ?? 0n));

// ── A city: its officials, a provider, firms, contracts ──

interface City extends Operators {
  readonly reviewer: Caller;
  readonly approver: Caller;
  readonly finance: Caller;
  /** Of finance, and another person: checks what the first one drafts. */
  readonly checker: Caller;
  readonly cashier: Caller;
  readonly provider: Caller;
  readonly providerId: string;
  readonly programmeCode: string;
  readonly predicates: Readonly<Record<string, boolean>>;
  readonly division: string;
}
interface Firm {
  readonly name: string;
  readonly caller: Caller;
  readonly enterpriseId: string;
}

let serial = 0;
const nextCode = (division: string): string => makeUscc(`91${division}MA${String(++serial).padStart(7, '0')}`);

const programmeText = (file: string): Promise<string> =>
  readFile(new URL(`../db/programmes/${file}.yaml`, import.meta.url), 'utf8');

async function openCity(
  operators: Operators,
  of: {
    division: string;
    provider: string;
    programmeCode: string;
    file: string;
    predicates: string[];
    funders: [string, string][];
  },
): Promise<City> {
  const { operator } = operators;
  const uscc = nextCode(of.division);
  const official = (role: 'reviewer' | 'approver' | 'finance' | 'finance_approver', personName: string) =>
    newMember(operators, { role, personName }, `${role}:${personName}`);
  const [reviewer, approver, finance, checker, cashier, provider, registered, law] = await Promise.all([
    official('reviewer', '初审'),
    official('approver', '复核'),
    official('finance', '财政经办'),
    official('finance', '财政审核'),
    official('finance_approver', '财政签发'),
    newMember(operators, { role: 'provider', personName: '机构经办', legalPersonUscc: uscc }, 'provider'),
    operator.post(providerRecorded, '/providers', { uscc, name: of.provider }),
    operator.post(programmePublished, '/programmes', { document: await programmeText(of.file) }),
  ]);
  const { providerId } = registered;
  const listing = {
    providerId,
    serviceItem: 'AI_COMPUTE',
    batchNo: '2026-1',
    documentNo: '演示名单〔2026〕1号',
    validFrom: '2026-01-01',
  };
  const account = {
    bankName: '演示银行',
    bankCode: '402491000017',
    accountNo: `62309100${of.division}0001234`,
    validFrom: '2026-08-03',
  };
  await Promise.all([
    approver.post(programmeActivated, `/programmes/${law.programmeVersionId}/activate`),
    reviewer.post(listingRecorded, '/listings', listing),
    provider.post(payeeAccountRecorded, '/payee-accounts', { providerId, holderName: of.provider, ...account }),
  ]);
  const { programmeCode, division } = of;
  for (const [funder, amount] of of.funders) {
    await finance.post(appropriationLoaded, '/appropriations', {
      programmeCode,
      year: 2026,
      funder,
      amount,
      documentNo: `演示预〔2026〕${funder}`,
    });
  }
  const predicates = Object.fromEntries(of.predicates.map((predicate) => [predicate, true]));
  return {
    ...operators,
    reviewer,
    approver,
    finance,
    checker,
    cashier,
    provider,
    providerId,
    programmeCode,
    predicates,
    division,
  };
}

async function newFacility(city: City, name: string, pflops: string): Promise<string> {
  const { facilityId } = await city.provider.post(facilityRecorded, '/facilities', {
    providerId: city.providerId,
    name,
    kind: 'AI_COMPUTING',
  });
  const seen = { observedOn: '2026-08-03', inService: true, pflops, precision: 'FP16', evidence: '现场核查' };
  await city.reviewer.post(observationRecorded, `/facilities/${facilityId}/observations`, seen);
  return facilityId;
}

async function newFirm(city: City, name: string): Promise<Firm> {
  const uscc = nextCode(city.division);
  const [caller, { enterpriseId }] = await Promise.all([
    newMember(city, { role: 'enterprise', personName: name, legalPersonUscc: uscc }, `firm:${uscc}`),
    city.operator.post(enterpriseRecorded, '/enterprises', { uscc, name }),
  ]);
  return { name, caller, enterpriseId };
}

const free = (gross: string) => ({ net: gross, vat: '0.00', gross });

/** Submitted by the provider, confirmed by the firm, filed by the bureau. */
async function filedContract(city: City, firm: Firm, facilityId: string, gross: string): Promise<string> {
  const line = {
    description: '智能算力',
    serviceItem: 'AI_COMPUTE',
    facilityId,
    unit: 'CARD_HOUR',
    quantity: '160000',
    ...free(gross),
  };
  const { contractId } = await city.provider.post(contractRecorded, '/contracts', {
    contractNo: `HT-2026-${++serial}`,
    enterpriseId: firm.enterpriseId,
    providerId: city.providerId,
    signedOn: '2026-08-03',
    startsOn: '2026-08-03',
    endsOn: '2027-07-31',
    purpose: 'MODEL_RESEARCH',
    ...free(gross),
    lines: [line],
  });
  await firm.caller.post(contractRecorded, `/contracts/${contractId}/confirm`);
  await city.reviewer.post(contractRecorded, `/contracts/${contractId}/file`);
  return contractId;
}

/** Applied for and reviewed; an approval names the digest of the review. */
async function reviewed(city: City, firm: Firm, contractId: string) {
  const application = { programmeCode: city.programmeCode, contractId, commitment: true };
  const { applicationId } = await firm.caller.post(applicationConsidered, '/applications', application);
  const review = await city.reviewer.post(applicationConsidered, `/applications/${applicationId}/review`, {
    eligibility: city.predicates,
  });
  return {
    path: `/applications/${applicationId}/approve`,
    approval: { reviewDigest: review.reviewDigest ?? '', acceptReduced: true },
  };
}

async function issued(city: City, firm: Firm, contractId: string) {
  const { path: approve, approval } = await reviewed(city, firm, contractId);
  return city.approver.post(applicationApproved, approve, approval);
}

/** Invoiced in full, confirmed, the firm's own part paid, redeemed. */
async function redeemed(
  city: City,
  firm: Firm,
  of: { contractId: string; voucherId: string; quantity: string; gross: string; own: string },
) {
  const { invoiceId } = await city.provider.post(usageInvoicePosted, '/usage-invoices', {
    invoiceNo: `2641${String(++serial).padStart(16, '0')}`,
    contractId: of.contractId,
    issuedOn: '2026-08-28',
    usageFrom: '2026-08-03',
    usageTo: '2026-08-25',
    ...free(of.gross),
    lines: [{ contractLineNo: 1, quantity: of.quantity, ...free(of.gross) }],
  });
  await firm.caller.post(usageInvoiceRecorded, `/usage-invoices/${invoiceId}/confirm`);
  const payment = { amount: of.own, paidOn: '2026-08-28', bankSerial: `E${++serial}` };
  await firm.caller.post(paymentRecorded, `/usage-invoices/${invoiceId}/payments`, payment);
  return firm.caller.post(redemptionRecorded, '/redemptions', { voucherId: of.voucherId, invoiceId });
}

/** The month of a city, drafted and frozen, approved, checked, instructed, paid by the bank's file, closed: by four persons. */
async function settled(city: City) {
  const draft = await city.finance.post(settlementDrafted, '/settlements', { period: '2026-08' });
  const at = `/settlements/${draft.settlementId}`;
  const { contentDigest, lineCount: count, total } = await city.finance.post(settlementRecorded, `${at}/freeze`);
  await city.approver.post(settlementRecorded, `${at}/approve`, { contentDigest, count, total });
  const lines = Array.from({ length: count }, (_, i) => i + 1);
  await city.checker.post(settlementRecorded, `${at}/check-lines`, { lines });
  const { instructions } = await city.cashier.post(settlementInstructed, `${at}/instruct`);
  const file = await city.finance.get(instructionsOf, `${at}/instructions`);
  const bank = await city.finance.post(bankReturnImported, '/bank-returns', {
    declaredCount: file.count,
    declaredTotal: file.total,
    lines: file.lines.map(({ instructionNo, amount }) => ({
      instructionNo,
      status: 'PAID',
      bankSerial: `B${++serial}`,
      bookedOn: '2026-08-31',
      amount,
    })),
  });
  const closed = await city.finance.post(settlementRecorded, `${at}/close`);
  return { draft, instructions, bank, closed };
}

// ── The job ──

async function walk(
  address: string,
  newBook: (code: string, name: string, divisionCode: string) => Promise<Operators>,
  db: Database,
) {
  await setClock(address, '2026-08-03T10:00:00+08:00');
  const [zz, jz] = await Promise.all([
    openCity(await newBook('zhengzhou', '郑州市', '410100'), {
      division: '410100',
      provider: '河南砚台智算科技有限公司',
      programmeCode: 'zhengzhou-compute',
      file: 'zhengzhou/zhengzhou-compute.v2',
      predicates: [],
      funders: [['CITY', '5000000.00']],
    }),
    openCity(await newBook('jiaozuo', '焦作市', '410800'), {
      division: '410800',
      provider: '焦作云台算力有限公司',
      programmeCode: 'jiaozuo-compute',
      file: 'jiaozuo/jiaozuo-compute.v1',
      predicates: ['operating-locally', 'tax-paying', 'local-statistics', 'ai-sector'],
      funders: [
        ['PROVINCE', '1000000.00'],
        ['CITY', '1000000.00'],
      ],
    }),
  ]);
  const [a, b, c, centre] = await Promise.all([
    newFirm(zz, '河南槐序智能科技有限公司'),
    newFirm(zz, '郑州磐石工业软件有限公司'),
    newFirm(zz, '河南河洛机器人有限公司'),
    newFacility(zz, '砚台人工智能计算中心', '320.00'),
  ]);

  title('郑州市 Zhengzhou, enacted: 20 % of a contract, 1,000,000.00 a year');
  const contractA = await filedContract(zz, a, centre, '2000000.00');
  const voucherA = (await issued(zz, a, contractA)).voucher;
  told(`contract 2,000,000.00 → voucher ${voucherA.voucherNo}`, voucherA.face, '400000.00', a.name);
  const voucherB = (await issued(zz, b, await filedContract(zz, b, centre, '4999999.99'))).voucher;
  told('contract 4,999,999.99 → voucher', voucherB.face, '999999.99', b.name);
  const first = await issued(zz, c, await filedContract(zz, c, centre, '4250000.00'));
  told('contract 4,250,000.00 → voucher', first.voucher.face, '850000.00', c.name);
  const second = await issued(zz, c, await filedContract(zz, c, centre, '2000000.00'));
  told('  the same firm, 2,000,000.00 more → what its year leaves', second.voucher.face, '150000.00');
  const third = await reviewed(zz, c, await filedContract(zz, c, centre, '3000000.00'));
  const nothing = await zz.approver.refused(third.path, third.approval);
  told('  the same firm, 3,000,000.00 more → refused', nothing.code, 'LIMIT_EXHAUSTED', nothing.title);

  await setClock(address, '2026-08-28T10:00:00+08:00');
  title(`用量与核销 three invoices of 333,333.33 on the voucher of ${a.name}`);
  const shares: string[] = [];
  for (const expected of ['66666.66', '66666.67', '66666.66']) {
    const usage = { contractId: contractA, voucherId: voucherA.voucherId, quantity: '26666.6664', gross: '333333.33' };
    const redemption = await redeemed(zz, a, { ...usage, own: less('333333.33', expected) });
    told(`${redemption.redemptionNo} 333,333.33, verified ${redemption.verified ?? '—'}`, redemption.approved, expected);
    shares.push(redemption.approved);
  }
  const after = await a.caller.get(voucher, `/vouchers/${voucherA.voucherId}`);
  told('balance of the voucher', after.balance, '200000.01', after.status);

  await setClock(address, '2026-08-31T17:30:00+08:00');
  const month = await settled(zz);
  title(`结算 settlement ${month.draft.settlementNo}, period ${month.draft.period}`);
  told(
    `drafted: ${month.draft.lineCount} redemptions`,
    month.draft.total,
    sum(...shares),
    `digest ${month.closed.contentDigest?.slice(0, 12)}…`,
  );
  told(
    `approved, instructed: ${month.instructions.length} payment`,
    sum(...month.instructions.map((of) => of.amount)),
    '199999.99',
    month.instructions[0]?.payeeName,
  );
  told(
    `bank return imported: ${month.bank.matched} of ${month.bank.lineCount} lines matched, paid`,
    month.bank.paid,
    '199999.99',
  );
  told('closed', month.closed.status, 'CLOSED');

  title('征求意见稿 dry run of the Zhengzhou DRAFT: 30 %, not activated');
  const draftLaw = await zz.operator.post(programmePublished, '/programmes', {
    document: await programmeText('zhengzhou/zhengzhou-compute.v1'),
  });
  for (const [amount, expected] of [
    ['3333333.33', '999999.99'],
    ['3333333.34', '1000000.00'],
  ] as const) {
    const given = { appliedOn: '2026-08-31', contract: { amount } };
    const trial = await zz.reviewer.post(programmeEvaluated, `/programmes/${draftLaw.programmeVersionId}/evaluations`, {
      stage: 'ISSUE',
      given,
    });
    const [award] = trial.evaluations;
    told(`contract ${grouped(amount)} → would give`, award?.kind === 'award' ? award.amount : (award?.code ?? ''), expected);
  }
  const refusal = await zz.approver.refused(`/programmes/${draftLaw.programmeVersionId}/activate`);
  told('activating it → refused', refusal.code, 'PROGRAMME_NOT_ENACTED');

  title('焦作市 Jiaozuo: 20 % of usage fees, facilities from 100 PFLOPS (以上含本数), province and city 1:1');
  await setClock(address, '2026-08-28T10:00:00+08:00');
  const [d, exactly, below] = await Promise.all([
    newFirm(jz, '焦作云岫智能装备有限公司'),
    newFacility(jz, '恰满智算中心', '100.00'),
    newFacility(jz, '将满智算中心', '99.99'),
  ]);
  const contractD = await filedContract(jz, d, exactly, '1234567.89');
  const voucherD = (await issued(jz, d, contractD)).voucher;
  told('centre of exactly 100.00 PFLOPS: eligible, voucher', voucherD.face, '246913.57', d.name);
  const small = await filedContract(jz, d, below, '100000.00');
  const tooSmall = await d.caller.refused('/applications', {
    programmeCode: jz.programmeCode,
    contractId: small,
    commitment: true,
  });
  told('centre of 99.99 PFLOPS → refused', tooSmall.code, 'FACILITY_BELOW_THRESHOLD', tooSmall.title);
  const fee = { contractId: contractD, voucherId: voucherD.voucherId, quantity: '160000', gross: '1234567.89', own: '987654.32' };
  told('usage fees of 1,234,567.89 → redeemed', (await redeemed(jz, d, fee)).approved, '246913.57');
  await setClock(address, '2026-08-31T17:30:00+08:00');
  const shared = await settled(jz);
  const partOf = (funder: string): string => shared.instructions.find((of) => of.funder === funder)?.amount ?? '';
  told('settled and paid: province', partOf('PROVINCE'), '123456.78');
  told('                  city, with the odd fen', partOf('CITY'), '123456.79');

  title(`为什么是 150,000.00 why ${c.name} got no more`);
  const steps = (second.explanation ?? []).map(({ bound, ...step }) => (bound ? { ...step, bound } : step));
  for (const sentence of explain(steps, 'zh')) console.log(`  ${sentence}`);

  title('试算平衡 closing trial balance of Zhengzhou: accounts, debits, credits, balance');
  const closing = await zz.finance.get(trialBalance, '/ledger/trial-balance');
  // 5,000,000.00 loaded; 2,399,999.99 promised by four vouchers, of which 199,999.99 is paid; claims and redemptions counted.
  const expected: Record<string, string> = {
    appropriation: '-5000000.00',
    available: '2600000.01',
    voucher: '2200000.00',
    paid: '199999.99',
    used: '4999999.97',
  };
  for (const { kind, accounts, debits, credits, balance } of closing.lines) {
    const columns = [String(accounts).padStart(4), ...[debits, credits].map((yuan) => grouped(yuan).padStart(16))];
    told(`${kind.padEnd(14)}${columns.join('')}`, balance, expected[kind] ?? balance);
  }
  told(
    `total${' '.repeat(13)}${grouped(closing.debits).padStart(16)}${grouped(closing.credits).padStart(16)}`,
    less(closing.credits, closing.debits),
    '0.00',
    `${closing.ledgerSeq} entries`,
  );

  for (const { bookId, code } of await db.sql<
    { bookId: string; code: string }[]
  >`select book_id as "bookId", code from known_books()`) {
    const book = db.as({ book: bookId, legalPerson: null });
    const findings = [...(await auditLedger(book, bookId)), ...(await auditBusiness(book, bookId))];
    for (const { invariant, subject, detail } of findings) console.log(`  invariant ${invariant}: ${subject}: ${detail}`);
    told(`audit 审计 of ${code}`, findings.length === 0 ? 'clean' : `${findings.length} findings`, 'clean');
  }
}

// ── The throw-away service around it ──

const started = performance.now();
const folder = await mkdtemp(path.join(tmpdir(), 'voucher-demo-'));
try {
  const embedded = await startEmbedded({ dataDir: folder, durable: false });
  try {
    await migrate(embedded.ownerUrl);
    const [db, owner] = [connect({ url: embedded.appUrl }), connect({ url: embedded.ownerUrl, max: 1 })];
    const clock = demoClock();
    const { app, books } = await build({ db, clock, bearerMayApprove: true, fieldKey: randomBytes(32), settableClock: clock });
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    const newBook = async (code: string, name: string, divisionCode: string): Promise<Operators> => {
      const laneOf = async () => {
        const book = await books.find(code);
        if (!book) throw new Error(`the new book ${code} cannot be read`);
        return book.lane;
      };
      const { operators } = await createBook(owner, laneOf, clock.now(), {
        code,
        name,
        divisionCode,
        operatorNames: ['平台运营', '平台复核'],
      });
      const [operator, colleague] = operators;
      return { operator: new Caller(address, code, operator.key), colleague: new Caller(address, code, colleague.key) };
    };
    try {
      await walk(address, newBook, db);
    } finally {
      await app.close();
      await Promise.all([db.close(), owner.close()]);
    }
  } finally {
    await embedded.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(
  `${wrong === 0 ? 'Every figure is as it should be' : `${wrong} figures are wrong`}. ${((performance.now() - started) / 1000).toFixed(1)} s.`,
);
process.exitCode = wrong === 0 ? 0 : 1;
