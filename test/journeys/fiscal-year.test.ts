// A fiscal year in two books over HTTP: one of one funder whose vouchers lapse, one of two whose vouchers give back. Payments return and go out
// again, contracts and invoices are corrected, one comes late, what was paid beyond is recovered, off-set and written off; each month is
// closed, and the year's money goes back and on. Of every month what the ledger says is what the book's own lists come to.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import t from 'tap';
import { addDays, lastDayOfMonth } from '../../src/calendar.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditMonths, compareSealed } from '../../src/months/regenerate.js';
import { sealedMonths } from '../../src/months/queries.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { lookThrough } from '../../src/reconciliation/look-through.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { programmeFile, uscc } from '../applications/world.js';
import { openZip } from '../months/zip.js';
import type { Caller, Service, TestBook } from '../service.js';
import { expectStatus, startService } from '../service.js';
import { settle } from '../settlements/world.js';
import { confirmedInvoice, nextSerial } from './job.js';
import type { Shares } from './own-trial.js';
import { fenOf, listed, ownTrial } from './own-trial.js';

type Asserts = Pick<typeof t, 'strictSame' | 'equal'>;
type Text = Record<string, string>;
type Instruction = Awaited<ReturnType<typeof settle>>['instructions'][number];

const year = 2025;
const months = Array.from({ length: 12 }, (_, i) => `${year}-${String(i + 1).padStart(2, '0')}`);
const yuanOf = (fen: bigint): string => {
  const digits = String(fen).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

interface Firm {
  readonly enterpriseId: string;
  readonly member: Caller;
}
interface Contract {
  readonly contractId: string;
  readonly gross: string;
  readonly firm: Firm;
}
type Books = Awaited<ReturnType<typeof openBooks>>;

/** A book with its officials, a programme in force, a seller with a listed facility and an account. */
async function openBooks(service: Service, of: { code: string; programme: string; shares: Shares }) {
  const book: TestBook = await service.newBook(of.code);
  const { operator } = book;
  const sellerUscc = uscc(9000001);
  const [reviewer, approver, finance, payer, auditor, seller] = [
    await book.member('reviewer'),
    await book.member('approver'),
    await book.member('finance'),
    await book.member('finance_approver'),
    await book.member('auditor'),
    await book.member('provider', { uscc: sellerUscc }),
  ];
  const does = async (who: Caller, url: string, body: object = {}, status = 200): Promise<Text> =>
    expectStatus(await who.post(url, body), status) as Text;
  const made = (who: Caller, url: string, body: object) => does(who, url, body, 201);
  const document = await programmeFile(of.programme);
  const { programmeVersionId = '', programmeCode = '' } = await made(operator, '/programmes', { document });
  await does(approver, `/programmes/${programmeVersionId}/activate`);
  const eligibility = Object.fromEntries(
    [...document.matchAll(/^ {2}- id: ([a-z-]+)\n {4}strength:/gm)].map(([, id]) => [id, true]),
  );
  const { providerId = '' } = await made(operator, '/providers', { uscc: sellerUscc, name: '中原智算有限公司' });
  const { facilityId = '' } = await made(seller, '/facilities', { providerId, name: '智算中心', kind: 'AI_COMPUTING' });
  const observed = { observedOn: '2024-12-31', inService: true, pflops: '100.00', precision: 'FP16', evidence: '核查记录' };
  await made(reviewer, `/facilities/${facilityId}/observations`, observed);
  const listing = { providerId, serviceItem: 'AI_COMPUTE', batchNo: '1', documentNo: '公告1号', validFrom: '2024-12-01' };
  await made(reviewer, '/listings', listing);
  const account = { bankName: '中原银行', bankCode: '402491000017', accountNo: '6230910000010001234', validFrom: '2025-01-01' };
  await made(seller, '/payee-accounts', { providerId, holderName: '中原智算有限公司', ...account });

  let papers = 0;
  const world = { ...service, book, reviewer, approver, finance, payer, auditor, seller, providerId, programmeCode, does, made };
  const settling = { finance, checker: await book.member('finance'), approver, payer };
  /** Instructions that the bank has not answered. */
  const waiting: Instruction[] = [];
  const said = async (day: string, lines: readonly { of: Instruction; status?: 'PAID' | 'RETURNED'; amount?: string }[]) => {
    if (lines.length === 0) return;
    const shown = lines.map(({ of: { instructionNo, amount: all }, status = 'PAID', amount = all }) => ({
      instructionNo,
      status,
      bankSerial: nextSerial(),
      bookedOn: day,
      amount,
      ...(status === 'RETURNED' ? { reason: '账号户名不符' } : {}),
    }));
    const declaredTotal = yuanOf(shown.reduce((sum, { amount }) => sum + fenOf(amount), 0n));
    await made(finance, '/bank-returns', { declaredCount: shown.length, declaredTotal, partsAllowed: true, lines: shown });
    for (const { of } of lines) if (waiting.includes(of)) waiting.splice(waiting.indexOf(of), 1);
  };
  return {
    ...world,
    shares: { [programmeCode]: of.shares },
    waiting,
    said,
    load: (funder: string, amount: string) =>
      made(finance, '/appropriations', { programmeCode, year, funder, amount, documentNo: `财预〔2025〕${++papers}号` }),
    giveBack: async (amount: string, more: object = {}) => {
      const body = { programmeCode, year, carryOver: false, amount, documentNo: `财预〔2025〕${900 + ++papers}号`, ...more };
      const { returnId = '', contentDigest } = await made(finance, '/appropriation-returns', body);
      await does(payer, `/appropriation-returns/${returnId}/approve`, { contentDigest });
    },
    firm: async (n: number): Promise<Firm> => {
      const { enterpriseId = '' } = await made(operator, '/enterprises', { uscc: uscc(n), name: `企业${n}` });
      return { enterpriseId, member: await book.member('enterprise', { uscc: uscc(n) }) };
    },
    contract: async (firm: Firm, gross: string): Promise<Contract> => {
      const money = { net: gross, vat: '0.00', gross };
      const line = { description: '卡时', serviceItem: 'AI_COMPUTE', facilityId, unit: 'CARD_HOUR', quantity: '1000', ...money };
      const term = {
        signedOn: '2025-01-01',
        startsOn: '2025-01-01',
        endsOn: addDays('2026-01-01', ++papers),
        purpose: 'MODEL_RESEARCH',
      };
      const parties = { enterpriseId: firm.enterpriseId, providerId };
      const { contractId = '' } = await made(seller, '/contracts', {
        contractNo: `HT-${papers}`,
        ...parties,
        ...term,
        ...money,
        lines: [line],
      });
      await does(firm.member, `/contracts/${contractId}/confirm`);
      await does(reviewer, `/contracts/${contractId}/file`);
      return { contractId, gross, firm };
    },
    /** Applies, reviews and approves; answers the voucher's id. */
    voucher: async ({ contractId, firm }: Contract): Promise<string> => {
      const { applicationId = '' } = await made(firm.member, '/applications', { programmeCode, contractId, commitment: true });
      const { reviewDigest } = await does(reviewer, `/applications/${applicationId}/review`, { eligibility });
      const approved: Record<string, unknown> = await does(approver, `/applications/${applicationId}/approve`, { reviewDigest });
      return (approved['voucher'] as Text)['voucherId'] ?? '';
    },
    /** What a month's usage is invoiced at; from the 28th on. */
    invoice: ({ contractId, gross: contractGross, firm }: Contract, gross: string, from: string) =>
      confirmedInvoice(
        { clock: service.clock, provider: seller },
        { firm: firm.member, contractId, contractGross, gross, own: yuanOf((fenOf(gross) * 4n) / 5n), from },
      ),
    redeem: async ({ firm }: Contract, voucherId: string, invoiceId: string) =>
      made(firm.member, '/redemptions', { voucherId, invoiceId }),
    instruct: async (period: string) => {
      const { settlementId, instructions } = await settle(settling, 'INSTRUCTED', period);
      waiting.push(...instructions);
      return { settlementId, instructions };
    },
    reinstruct: async (settlementId: string) => {
      const sent: Record<string, unknown> = await does(payer, `/settlements/${settlementId}/reinstruct`);
      waiting.push(...(sent['instructions'] as Instruction[]));
    },
    recovery: async (status: string): Promise<string> =>
      (await listed(auditor, `/recoveries?status=${status}`)).at(-1)?.['recoveryId'] ?? '',
  };
}

/** A month's page once its build has ended. */
async function built({ auditor }: Books, monthId: string): Promise<Record<string, unknown>> {
  for (let i = 0; i < 800; i++) {
    const { build } = expectStatus(await auditor.get(`/months/${monthId}`), 200) as { build: Record<string, unknown> };
    if (build['state'] === 'DONE') return build;
    if (build['state'] === 'FAILED') break;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('never built');
}

async function dataOf({ app, book, auditor }: Books, monthId: string): Promise<string> {
  const url = `/v1/books/${book.code}/months/${monthId}/pack`;
  const { rawPayload } = await app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${auditor.secret}` } });
  return ((await openZip(rawPayload)).get('data/month.txt') ?? Buffer.alloc(0)).toString();
}

const isOfLimits = (code: string): boolean => /^(limit|allowance|used):/.test(code);
/** The accounts of money in a month's data, by name, and what they come to by kind and fund. */
function saidBy(data: string): { balances: Record<string, bigint>; trial: Record<string, bigint> } {
  const records = data.split('\n').map((line) => line.split('\t'));
  const of = (name: string) => records.flatMap(([first, ...fields]) => (first === name ? [fields] : []));
  const sorted = (all: readonly (readonly [string, bigint])[]) =>
    Object.fromEntries([...all].filter(([, fen]) => fen !== 0n).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    balances: sorted(
      of('balance').flatMap(([code = '', balance]) => (isOfLimits(code) ? [] : [[code, fenOf(balance)] as const])),
    ),
    trial: sorted(
      of('trial').flatMap(([fund, kind, , , , closing]) => (fund === '' ? [] : ([[`${kind} ${fund}`, fenOf(closing)]] as const))),
    ),
  };
}

/** Balances of accounts by kind and fund. */
function trialOf(own: Record<string, bigint>, fundOf: (code: string) => string): Record<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const [code, fen] of Object.entries(own)) {
    const name = `${code.slice(0, code.indexOf(':'))} ${fundOf(code)}`;
    sums.set(name, (sums.get(name) ?? 0n) + fen);
  }
  return Object.fromEntries([...sums].filter(([, fen]) => fen !== 0n).sort(([a], [b]) => (a < b ? -1 : 1)));
}

void t.test('a fiscal year in two books, closed month by month', async (t) => {
  const service = await startService(t, { now: '2025-01-01' });
  const { clock } = service;
  const city = await openBooks(service, { code: 'city', programme: 'zhengzhou/zhengzhou-compute.v2', shares: { CITY: 10_000 } });
  const shared = await openBooks(service, {
    code: 'shared',
    programme: 'jiaozuo/jiaozuo-compute.v1',
    shares: { PROVINCE: 5_000, CITY: 5_000 },
  });

  // ── What happens in each month, besides its usage ──

  const firms = {
    a: await city.firm(1),
    b: await city.firm(2),
    c: await city.firm(3),
    d: await shared.firm(4),
    e: await shared.firm(5),
  };
  await city.load('CITY', '2000000.00');
  const [a, b, c] = [
    await city.contract(firms.a, '2000000.00'),
    await city.contract(firms.b, '1000000.00'),
    await city.contract(firms.c, '500000.00'),
  ];
  const [d, e] = [await shared.contract(firms.d, '1000000.00'), await shared.contract(firms.e, '400000.00')];
  await shared.load('PROVINCE', '250000.00');
  await shared.load('CITY', '200000.00');
  const vouchers = { a: await city.voucher(a), b: await city.voucher(b), d: await shared.voucher(d), e: await shared.voucher(e) };
  const opening = {
    kind: 'VOUCHER',
    programmeCode: city.programmeCode,
    version: 2,
    contractId: c.contractId,
    balance: '50000.00',
  };
  const { openingBalanceId = '' } = await city.made(city.book.operator, '/opening-balances', {
    ...opening,
    issuedOn: '2025-01-01',
    lastDay: '2025-06-30',
  });
  const old = (await city.does(city.approver, `/opening-balances/${openingBalanceId}/approve`))['voucherId'] ?? '';

  const made = { lateInvoice: '', waits: '', batch: '', paidThenBack: [] as Instruction[], red: '', extra: '', spare: '' };
  /** Before the usage of the month is invoiced, on its tenth day. */
  const early: Record<string, () => Promise<void>> = {
    '02': async () => {
      await shared.load('CITY', '50000.00');
    },
    '04': async () => {
      // A contract is cut after its vouchers were paid on: 20 % of 100,000.00 is less than what was redeemed.
      const money = { net: '100000.00', vat: '0.00', gross: '100000.00' };
      const body = { signedOn: '2025-04-10', reason: '用量减少', ...money, lines: [{ lineNo: 1, quantity: '100', ...money }] };
      const { amendmentId = '' } = await city.made(city.seller, `/contracts/${b.contractId}/amendments`, body);
      await city.does(b.firm.member, `/contract-amendments/${amendmentId}/confirm`);
      await city.does(city.reviewer, `/contract-amendments/${amendmentId}/file`);
      const served = { documentNo: '追〔2025〕1号', servedOn: '2025-04-10', dueOn: '2025-05-10' };
      await city.does(city.reviewer, `/recoveries/${await city.recovery('OPENED')}/serve`, served);
    },
    '05': async () => {
      // Part of it comes back in time, the rest is due.
      const recovery = `/recoveries/${await city.recovery('SERVED')}`;
      await city.does(city.finance, `${recovery}/receive`, {
        amount: '3000.00',
        bookedOn: '2025-05-09',
        bankSerial: nextSerial(),
      });
    },
    '06': async () => {
      // The invoice of February that comes late, and a red letter to one that was paid.
      made.lateInvoice = await city.invoice(a, '40000.00', '2025-02-01').finally(() => clock.set('2025-06-10'));
      await city.redeem(a, vouchers.a, made.lateInvoice);
      const lines = [{ lineNo: 1, quantity: '10', net: '-20000.00', vat: '0.00', gross: '-20000.00' }];
      const red = {
        redLetterNo: `2541${nextSerial()}`,
        contractId: d.contractId,
        issuedOn: '2025-06-10',
        reason: '部分退款',
        lines,
      };
      await shared.made(shared.seller, `/usage-invoices/${made.red}/red-letters`, red);
      const served = { documentNo: '追〔2025〕2号', servedOn: '2025-06-10', dueOn: '2025-06-20' };
      await shared.does(shared.reviewer, `/recoveries/${await shared.recovery('OPENED')}/serve`, served);
    },
    '07': async () => {
      await city.does(city.book.operator, `/vouchers/${old}/expire`);
      await shared.does(shared.reviewer, `/recoveries/${await shared.recovery('SERVED')}/fall-due`);
    },
    '08': async () => {
      await city.does(city.reviewer, `/redemptions/${made.waits}/return`, { reason: '数量不符' });
      // What is owed back is held against what is owed out, by the rule that allows it.
      const recovery = `/recoveries/${await shared.recovery('DUE')}`;
      const owed = { redemptionId: made.spare, document: '专项资金管理办法', article: '第二十一条', reason: '抵扣' };
      await shared.made(shared.finance, `${recovery}/propose-offset`, owed);
      await shared.does(shared.payer, `${recovery}/offset`);
    },
    '09': async () => {
      // Issued, and given up unused; its money is there for others.
      const voucherId = await shared.voucher(await shared.contract(firms.e, '100000.00'));
      const { contentDigest } = await shared.made(shared.reviewer, `/vouchers/${voucherId}/propose-ending`, {
        kind: 'CANCEL',
        reason: '项目取消',
      });
      await shared.does(shared.approver, `/vouchers/${voucherId}/cancel`, { contentDigest });
      // Approved, and taken back before a batch held it.
      const url = `/redemptions/${made.extra}`;
      const proposed = await city.made(city.reviewer, `${url}/propose-reversal`, { reason: '票面有误' });
      await city.does(city.approver, `${url}/reverse`, { contentDigest: proposed['contentDigest'] });
    },
    '10': async () => {
      const fraud = { voucherId: vouchers.e, reason: '虚构用量', documentNo: '查〔2025〕1号' };
      const { recoveryId = '' } = await shared.made(shared.reviewer, '/recoveries', fraud);
      await shared.does(shared.approver, `/recoveries/${recoveryId}/open`);
      const served = { documentNo: '追〔2025〕3号', servedOn: '2025-10-10', dueOn: '2025-11-01' };
      await shared.does(shared.reviewer, `/recoveries/${recoveryId}/serve`, served);
    },
    '11': async () => {
      const recovery = `/recoveries/${await shared.recovery('SERVED')}`;
      await shared.does(shared.reviewer, `${recovery}/fall-due`);
      await shared.does(shared.finance, `${recovery}/ask-write-off`, { reason: '法院裁定终结执行' });
      await shared.does(shared.payer, `${recovery}/write-off`);
    },
    '12': async () => {
      // Money that is not needed goes back in the year; PROVINCE takes back what nobody matched.
      await city.giveBack('100000.00');
      await shared.load('PROVINCE', '30000.00');
      await shared.giveBack('30000.00', { funder: 'PROVINCE' });
    },
  };
  /** Once the usage of the month is invoiced and redeemed, on its 28th day. */
  const late: Record<string, () => Promise<void>> = {
    '03': async () => {
      made.red = await shared.invoice(d, '60000.00', `${year}-03-01`);
      await shared.redeem(d, vouchers.d, made.red);
    },
    '07': async () => {
      // More hours than were agreed at this price: a person has to look at it, and the month ends before.
      const invoiceId = await city.invoice({ ...a, gross: '1000000.00' }, '20000.00', `${year}-07-01`);
      made.waits = (await city.redeem(a, vouchers.a, invoiceId))['redemptionId'] ?? '';
    },
  };

  // ── The year ──

  const sealed: { books: Books; monthId: string; month: string; data: string }[] = [];
  const close = async (t: Asserts, books: Books, month: string): Promise<void> => {
    const what = `${books.book.code} ${month}`;
    const last = lastDayOfMonth(month);
    const own = await ownTrial(books.auditor, books.shares);
    const { monthId = '' } = await books.made(books.finance, '/months', { month });
    let build = await built(books, monthId);
    if ((build['obstacles'] as unknown[]).length > 0) {
      // The bank's answer comes when the month is shut; what is left is explained.
      await books.said(
        month === '2025-05' ? last : addDays(last, 2),
        books.waiting.map((of) => ({ of })),
      );
      const open = await service.books.find(books.book.code);
      if (open) await lookThrough.run({ book: open, clock, isStopping: () => false });
      for (const { exceptionId = '' } of await listed(books.finance, '/reconciliation-exceptions')) {
        await books.does(books.finance, `/reconciliation-exceptions/${exceptionId}/explain`, { explanation: '已与预算处核对' });
      }
      await books.does(books.finance, `/months/${monthId}/build`);
      build = await built(books, monthId);
    }
    t.strictSame(build['obstacles'], [], what);
    await books.does(books.payer, `/months/${monthId}/seal`, { sealDigest: build['sealDigest'] });
    const data = await dataOf(books, monthId);
    t.equal(createHash('sha256').update(data).digest('hex'), build['dataDigest']);
    const { balances, trial } = saidBy(data);
    t.strictSame(balances, own, `${what}: every account of money stands where the lists say`);
    const funds = new Map(
      [
        ...(await listed(books.auditor, '/vouchers')),
        ...(await listed(books.auditor, '/redemptions')),
        ...(await listed(books.auditor, '/recoveries')),
      ].flatMap(({ voucherId = '', redemptionId, recoveryId, fund = '' }) => [
        [redemptionId ?? recoveryId ?? voucherId, fund] as const,
      ]),
    );
    const fundOf = (code: string) => /[a-z-]+\/\d{4}/.exec(code)?.[0] ?? funds.get(code.split(':')[1] ?? '') ?? '';
    t.strictSame(trial, trialOf(own, fundOf), `${what}: so does the trial balance`);
    sealed.push({ books, monthId, month, data });
  };

  for (const month of months) {
    const mm = month.slice(5);
    clock.set(`${month}-10`);
    await early[mm]?.();
    const [first, second] = [
      await city.invoice(a, '100000.00', `${month}-01`),
      await shared.invoice(d, '50000.00', `${month}-01`),
    ];
    await city.redeem(a, vouchers.a, first);
    await shared.redeem(d, vouchers.d, second);
    if (mm < '04') {
      await city.redeem(b, vouchers.b, await city.invoice(b, '50000.00', `${month}-01`));
      await shared.redeem(e, vouchers.e, await shared.invoice(e, '30000.00', `${month}-01`));
    }
    await late[mm]?.();
    await t.test(month, async (t) => {
      const last = lastDayOfMonth(month);
      if (made.batch !== '') {
        await city.reinstruct(made.batch);
        made.batch = '';
      }
      const ofCity = await city.instruct(month);
      await shared.instruct(month);
      // Approved after the batch was drawn up: owed at the end of the month.
      if (mm === '07')
        made.spare =
          (await shared.redeem(d, vouchers.d, await shared.invoice(d, '10000.00', '2025-07-01')))['redemptionId'] ?? '';
      if (mm === '08')
        made.extra = (await city.redeem(a, vouchers.a, await city.invoice(a, '10000.00', '2025-08-01')))['redemptionId'] ?? '';
      clock.set(addDays(last, 2));
      // The bank: all is paid on the last day, but in April one comes back at once, in May and June nothing is heard before the month is shut,
      // in September what was paid in August comes back, and in October one is paid in two parts.
      if (mm === '04') {
        made.batch = ofCity.settlementId;
        await city.said(
          last,
          city.waiting.map((of) => ({ of, status: 'RETURNED' as const })),
        );
      } else if (mm !== '05' && mm !== '06')
        await city.said(
          last,
          city.waiting.map((of) => ({ of })),
        );
      if (mm === '08') made.paidThenBack = ofCity.instructions;
      if (mm === '09') {
        await city.said(
          last,
          made.paidThenBack.map((of) => ({ of, status: 'RETURNED' as const })),
        );
      }
      if (mm === '10') {
        for (const of of [...shared.waiting]) {
          await shared.said(last, [
            { of, amount: '1000.00' },
            { of, amount: yuanOf(fenOf(of.amount) - 100_000n) },
          ]);
          const parts = await listed(shared.finance, '/unmatched-bank-lines');
          const matches = parts.map(({ bankLineId, amount }) => ({ bankLineId, instructionId: of.instructionId, amount }));
          await shared.made(shared.finance, '/bank-matches', { matches });
        }
      }
      await shared.said(
        last,
        shared.waiting.map((of) => ({ of })),
      );
      await close(t, city, month);
      await close(t, shared, month);
    });
  }

  await t.test('year end: what is left goes on into the next year', async (t) => {
    for (const books of [city, shared]) {
      const { items } = expectStatus(await books.auditor.get('/funds'), 200) as { items: Text[] };
      await books.giveBack(items.find(({ year: of }) => Number(of) === year)?.['available'] ?? '', { carryOver: true });
      const own = await ownTrial(books.auditor, books.shares);
      const { items: accounts } = { items: await listed(books.auditor, '/ledger/accounts') };
      const shown = accounts.filter(({ code = '', balance }) => !isOfLimits(code) && fenOf(balance) !== 0n);
      t.strictSame(
        Object.fromEntries(
          shown.map(({ code = '', balance }) => [code, fenOf(balance)] as const).sort(([x], [y]) => (x < y ? -1 : 1)),
        ),
        own,
        books.book.code,
      );
      t.equal(own[`available:${books.programmeCode}/${year}`], undefined, 'nothing is left in the year');
      t.ok((own[`available:${books.programmeCode}/${year + 1}`] ?? 0n) > 0n, 'it is there in the next');
    }
  });

  await t.test('both books are clean, and every month comes out byte for byte', async (t) => {
    for (const { book } of [city, shared]) {
      const { bookId } = book;
      const db = service.owner.as({ book: bookId, legalPerson: null });
      t.strictSame(
        [...(await auditLedger(db, bookId)), ...(await auditBusiness(db, bookId)), ...(await recomputeAwards(db, bookId))],
        [],
      );
      t.strictSame(await auditMonths(db, bookId), []);
      const again = new Map<string, string>();
      for (const of of await sealedMonths(db, { bookId })) {
        let text = '';
        t.strictSame(await compareSealed(db, of, (piece) => void (text += piece)), []);
        again.set(of.month.monthId, text);
      }
      const mine = sealed.filter(({ books }) => books.book === book);
      t.equal(again.size, months.length);
      t.ok(
        mine.every(({ monthId, data }) => again.get(monthId) === data),
        book.code,
      );
    }
  });

  await t.test('hledger takes both journals, and comes to what the lists come to', async (t) => {
    if (spawnSync('hledger', ['--version']).status !== 0) {
      t.comment('hledger is not installed here: what it would say of the journals was not asked');
      return;
    }
    for (const books of [city, shared]) {
      const journal = String((await books.finance.get('/ledger/journal')).body);
      const hledger = (...args: string[]) =>
        spawnSync('hledger', ['-f', '-', ...args], {
          input: journal,
          encoding: 'utf8',
          env: { ...process.env, LC_ALL: 'C.UTF-8' },
        });
      const checked = hledger('check', '--strict');
      t.strictSame([checked.status, checked.stderr], [0, '']);
      const read = hledger('balance', '--flat', '--no-total', '-O', 'csv');
      const theirs = [...read.stdout.matchAll(/^"([^"]+)","(-?\d+\.\d\d) CNY"$/gm)].map(
        ([, code = '', yuan]) => [code, fenOf(yuan)] as const,
      );
      t.strictSame(
        Object.fromEntries(theirs.sort(([x], [y]) => (x < y ? -1 : 1))),
        await ownTrial(books.auditor, books.shares),
        books.book.code,
      );
    }
  });
});
