// Redemptions: the cumulative amount, the three-way match, verifying and returning, and who wins a race.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type {
  ContractLine,
  ContractLineUsage,
  ProgrammeVersion,
  Redemption,
  UsageInvoice,
  UsageInvoiceLine,
  Voucher,
} from '../../db/tables.js';
import { auditLedger } from '../../src/ledger/audit.js';
import type { Line } from '../../src/programmes/evaluate.js';
import { nothingOnRecord } from '../../src/programmes/evaluate.js';
import { nobody } from '../../src/programmes/lines.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { programmeOf } from '../../src/programmes/published.js';
import type { RedemptionCase } from '../../src/redemptions/rules.js';
import {
  claimOf,
  evaluate,
  evaluateFirmly,
  mismatchesOf,
  priceAgrees,
  standingAfter,
  standingWithout,
  stateAfterApproval,
} from '../../src/redemptions/rules.js';
import { formatYuan } from '../../src/money.js';
import { claimNumbers } from '../../src/usage/claim-number.js';
import type { Standing } from '../../src/vouchers/rules.js';
import { negative, nothing } from '../../src/vouchers/rules.js';
import { freezeVoucher, unfreezeVoucher } from '../../src/vouchers/freeze-voucher.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { fen, nextInvoiceNo, startTrade } from '../usage/world.js';

const enacted = readFileSync(new URL('../../db/programmes/zhengzhou/zhengzhou-compute.v2.yaml', import.meta.url), 'utf8');

void t.test('a line costs the contract’s price for its quantity, give or take what rounding explains', async (t) => {
  const agrees = (quantity: string, gross: string, ofContract: [string, string]) =>
    priceAgrees({ quantity, grossFen: fen(gross) }, { quantity: ofContract[0], grossFen: fen(ofContract[1]) });
  const cases: [string, boolean, string, string, [string, string]][] = [
    ['exact', true, '10', '20.00', ['1000', '2000.00']],
    ['a fen more', true, '10', '20.01', ['1000', '2000.00']],
    ['a fen less', true, '10', '19.99', ['1000', '2000.00']],
    ['two fen more', false, '10', '20.02', ['1000', '2000.00']],
    ['a third of a fen rounded', true, '1', '333333.33', ['6', '2000000.00']],
    ['a sixth to four decimals', true, '0.1667', '333333.33', ['1', '2000000.00']],
    ['what half a ten-thousandth and a fen explain', true, '0.5', '1000100.01', ['1', '2000000.00']],
    ['a fen beyond it', false, '0.5', '1000100.02', ['1', '2000000.00']],
    ['no price at all', true, '5', '0.00', ['10', '0.00']],
    ['ten times the price', false, '10', '200.00', ['1000', '2000.00']],
  ];
  for (const [name, expected, quantity, gross, ofContract] of cases) t.equal(agrees(quantity, gross, ofContract), expected, name);
});

const line = { contractLineId: 'x', lineNo: 1, quantity: '10', grossFen: 2000n } as UsageInvoiceLine;
const contractLine = { contractLineId: 'x', lineNo: 1, quantity: '1000', grossFen: 200000n } as ContractLine;
const clean = { numberConflict: false, invoiceNo: '1' } as UsageInvoice;

void t.test('everything that does not agree is listed, and what agrees is not', async (t) => {
  const used = (quantity: string, grossFen: bigint) => ({ contractLineId: 'x', quantity, grossFen }) as ContractLineUsage;
  const codes = (of: {
    invoice?: UsageInvoice;
    line?: Partial<UsageInvoiceLine>;
    used?: ContractLineUsage[];
    holdingFlags?: number;
  }) =>
    mismatchesOf({
      invoice: of.invoice ?? clean,
      digitalInvoices: [],
      holdingFlags: of.holdingFlags ?? 0,
      lines: [{ line: { ...line, ...of.line }, contractLine, read: {} as RedemptionCase['lines'][number]['read'] }],
      lineUsage: of.used ?? [used('1000', 200000n)],
    }).map(({ code }) => code);
  t.strictSame(codes({}), [], 'used up to the last fen and the last card-hour');
  t.strictSame(codes({ invoice: { ...clean, numberConflict: true } }), ['NUMBER_CONFLICT']);
  t.strictSame(codes({ holdingFlags: 1 }), ['FLAGGED']);
  t.strictSame(codes({ used: [used('1000.0001', 200000n)] }), ['CONTRACT_QUANTITY_EXCEEDED']);
  t.strictSame(codes({ used: [used('1000', 200001n)] }), ['CONTRACT_AMOUNT_EXCEEDED']);
  t.strictSame(codes({ line: { quantity: '9.9' } }), ['UNIT_PRICE_DIFFERS']);
  t.strictSame(codes({ invoice: { ...clean, numberConflict: true }, line: { quantity: '9' }, used: [used('2000', 300000n)] }), [
    'NUMBER_CONFLICT',
    'CONTRACT_QUANTITY_EXCEEDED',
    'CONTRACT_AMOUNT_EXCEEDED',
    'UNIT_PRICE_DIFFERS',
  ]);
});

void t.test('a voucher is fully redeemed when it can pay nothing and nothing may come back', async (t) => {
  t.equal(stateAfterApproval(0n, 0n), 'FULLY_REDEEMED');
  t.equal(stateAfterApproval(0n, 1n), 'PARTIALLY_REDEEMED');
  t.equal(stateAfterApproval(1n, 0n), 'PARTIALLY_REDEEMED');
});

void t.test(
  'claims on a contract stay within rate × base and rate × contract, whatever is verified or returned, in any order',
  async (t) => {
    const contractFen = 1_000_003n;
    const version = { document: enacted.replace('BEFORE_REDEMPTION', 'NOT_REQUIRED'), digest: 'property' } as ProgrammeVersion;
    const voucher = {
      bookId: 'b',
      contractId: 'c',
      programmeCode: 'zhengzhou-compute',
      appliedOn: '2024-07-01',
      issuedOn: '2024-07-01',
      lastDay: '2025-07-01',
    } as Voucher;
    const read = (grossFen: bigint): Line => ({
      lineNo: 1,
      serviceItem: 'AI_COMPUTE',
      facilityId: null,
      chipOrigin: null,
      modelClass: null,
      netFen: grossFen,
      vatFen: 0n,
      grossFen,
    });
    const at: RedemptionCase['at'] = {
      ...nothingOnRecord('2024-08-01'),
      appliedOn: '2024-07-01',
      enterprise: nobody('E'),
      facilities: [],
      provider: {
        legalPerson: 'P',
        listings: [{ serviceItem: 'AI_COMPUTE', from: '2024-01-01', to: null }],
        isRelated: false,
        isLocal: true,
      },
      contract: {
        id: 'c',
        signedOn: '2024-06-01',
        filedOn: '2024-06-01',
        purpose: 'MODEL_RESEARCH',
        lines: [read(contractFen)],
      },
    };
    const law = programmeOf(version);
    const caseOf = (grossFen: bigint, standing: RedemptionCase['standing'], waiting: readonly Redemption[]): RedemptionCase => ({
      voucher,
      version,
      law,
      at,
      waiting,
      standing,
      standingId: 'c/z',
      lineUsage: [],
      digitalInvoices: [],
      holdingFlags: 0,
      invoice: { usageFrom: '2024-07-01', usageTo: '2024-07-31', paidFen: grossFen } as UsageInvoice,
      lines: [{ line, contractLine, read: read(grossFen) }],
    });
    const limits = { balanceFen: 10n ** 12n, limitsLeft: { redeemed: 10n ** 12n }, submittedOn: '2024-08-01' };

    const within = (claimedFen: bigint, baseFen: bigint) =>
      claimedFen * 10_000n <= 20_00n * baseFen && claimedFen * 10_000n <= 20_00n * contractFen;
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('redeem' as const),
        gross: fc.bigInt(1n, 400_000n),
        waits: fc.boolean(),
        part: fc.option(fc.integer({ min: 1, max: 100 })),
      }),
      fc.record({ kind: fc.constant('verify' as const), which: fc.nat(), part: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ kind: fc.constant('return' as const), which: fc.nat() }),
    );
    /** Lives the steps; with `firm` false by the plain cumulative amount. Answers whether every state was within the law. */
    const live = (steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[], firm: boolean): boolean => {
      let standing = standingAfter({ voucher, law, at, standingId: 'c/z', standing: undefined }, nothing);
      let waiting: Redemption[] = [];
      let count = 0;
      for (const of of steps) {
        const add = (by: Standing) => {
          standing = standingAfter({ voucher, law, at, standingId: 'c/z', standing }, by);
        };
        if (of.kind === 'redeem') {
          const whole = caseOf(of.gross, standing, waiting);
          const ask = (requestedFen?: bigint) =>
            firm
              ? evaluateFirmly(whole, { ...limits, requestedFen }, of.waits)
              : evaluate(whole, { ...limits, standing: standingWithout(whole, []), requestedFen });
          let award = ask();
          if (award.kind === 'award' && of.part !== null) award = ask((award.amountFen * BigInt(of.part) + 99n) / 100n);
          if (award.kind !== 'award') continue;
          const { amountFen, baseFen, weighted, cutOffFen } = award;
          add({ baseFen, weighted, claimedFen: amountFen, cutOffFen });
          if (of.waits)
            waiting = [
              ...waiting,
              {
                redemptionId: String(count++),
                baseFen,
                reservedFen: amountFen,
                cutOffFen,
                weightedBase: weighted.toString(),
              } as Redemption,
            ];
        } else {
          const redemption = waiting[of.which % Math.max(1, waiting.length)];
          if (!redemption) continue;
          waiting = waiting.filter((other) => other !== redemption);
          if (of.kind === 'return') {
            add(negative(claimOf(redemption)));
          } else {
            const releasedFen = redemption.reservedFen - (redemption.reservedFen * BigInt(of.part) + 99n) / 100n;
            add({ baseFen: 0n, weighted: 0n, claimedFen: -releasedFen, cutOffFen: releasedFen });
          }
        }
        if (!within(standing.claimedFen, standing.baseFen)) return false;
      }
      return true;
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => live(steps, true)),
      { numRuns: 400 },
    );
    const twice = [
      { kind: 'redeem', gross: 3n, waits: true, part: null },
      { kind: 'redeem', gross: 33333n, waits: true, part: null },
      { kind: 'redeem', gross: 33333n, waits: false, part: null },
      { kind: 'return', which: 0 },
    ] as const;
    t.equal(live(twice, true), true);
    t.equal(live(twice, false), false, 'the plain cumulative amount alone would leave a fen with nothing to stand on');
  },
);

void t.test('over HTTP', async (t) => {
  const trade = await startTrade(t);
  const { book, buyer, buyerMachine, strangerBuyer, seller, strangerSeller, reviewer } = trade;
  const noId = '00000000-0000-7000-8000-000000000001';
  const redeem = (voucherId: string, invoiceId: string, amount?: string, who: Caller = buyer) =>
    who.post('/redemptions', { voucherId, invoiceId, ...(amount === undefined ? {} : { amount }) });
  const told = (answer: Answer) => [answer.status, answer.body.code, answer.body.errors?.[0]?.pointer];
  const sayable = (t: Test, answer: Answer, name: string) =>
    t.notMatch(answer.body.detail, /[{}]/, `${name}: the sentence is whole`);
  /** A contract with an own voucher and one confirmed and paid invoice. */
  const ready = async (gross: string, face: string, invoiced: string, of: Parameters<typeof trade.voucher>[2] = {}) => {
    const contract = await trade.fileContract(gross);
    const [voucherId, invoiceId] = [await trade.voucher(contract, face, of), await trade.invoice(contract, { gross: invoiced })];
    return { contract, voucherId, invoiceId };
  };
  /** Freezes or unfreezes through the lane; answers where it stands in the sequence. */
  const turn = async (voucherId: string, verb = freezeVoucher): Promise<number> => {
    const open = await trade.books.find(book.code);
    const outcome = await open?.lane.submit(verb, {
      key: `turn-${voucherId}-${verb.name}`,
      requestDigest: '0'.repeat(64),
      body: { id: voucherId, reason: '核查' },
      actor: {
        memberId: reviewer.memberId,
        personId: reviewer.personId,
        kind: 'PERSON',
        role: 'reviewer',
        legalPersonUscc: null,
      },
    });
    if (outcome?.kind !== 'accepted') throw new Error(`the voucher could not be turned: ${JSON.stringify(outcome)}`);
    return outcome.result.ledgerSeq;
  };

  await t.test(
    'three invoices of 333,333.33 redeem by the cumulative formula, verified by rule, in one linked group each',
    async (t) => {
      const contract = await trade.fileContract('2000000.00');
      const voucherId = await trade.voucher(contract, '400000.00');
      const amounts = ['66666.66', '66666.67', '66666.66'];
      for (const [index, amount] of amounts.entries()) {
        // Its own part, to the fen.
        const paid = formatYuan(fen('333333.33') - fen(amount));
        const invoiceId = await trade.invoice(contract, { gross: '333333.33' }, { paid });
        const dry = expectStatus(await buyer.post('/redemptions?dryRun=true', { voucherId, invoiceId }), 200);
        t.match(dry, { reserved: amount, status: 'APPROVED', ledgerSeq: null });
        const made = expectStatus(await redeem(voucherId, invoiceId), 201);
        t.match(made, {
          status: 'APPROVED',
          verified: 'BY_RULE',
          base: '333333.33',
          reserved: amount,
          approved: amount,
          cutOff: '0.00',
          approvedOn: '2024-08-05',
          submittedOn: '2024-08-05',
          mismatches: [],
          settlementId: null,
          fund: 'zhengzhou-compute/2024',
          redemptionNo: `ZHENGZHOU-R-2024-00000${index + 1}`,
        });
        t.match((made.explanation as { result: string }[]).at(-1), { result: amount }, 'the explanation ends with the amount');
        const { ledgerSeq, voucherBalance, ...stored } = made;
        t.equal(voucherBalance, await trade.balance(voucherId));
        for (const who of [buyer, seller, reviewer]) {
          const { possible, reversals, ...shown } = expectStatus(
            await who.get(`/redemptions/${made.redemptionId as string}`),
            200,
          );
          t.strictSame([shown, possible, reversals], [stored, ['propose-reversal', 'reverse'], []]);
        }
        const [told] = await trade.db.sql<{ steps: { decidedBy: string | null; bound: boolean | null }[] }[]>`
          select explanation_in_full(book_id, explanation) as steps from redemptions where redemption_id = ${made.redemptionId as string}`;
        t.strictSame(
          told?.steps.map(({ decidedBy, bound, ...step }) => ({
            ...step,
            ...(bound === null ? {} : { bound }),
            ...(decidedBy === null ? {} : { decidedBy }),
          })),
          stored.explanation,
          'who reads the tables is told the same words',
        );
        for (const who of [strangerBuyer, strangerSeller]) {
          t.match(await who.get(`/redemptions/${made.redemptionId as string}`), { status: 404, body: { code: 'NOT_FOUND' } });
        }
        t.equal(expectStatus(await buyer.get(`/usage-invoices/${invoiceId}`), 200).redemptionId, made.redemptionId);
        const entries = await trade.admin.sql<{ kind: string; programme_version: string; commands: bigint }[]>`
        select kind, programme_version, count(*) over (partition by command_id) as commands from entries
         where subject_id = ${String(made.redemptionId)} order by seq`;
        t.strictSame(
          entries.map(({ kind }) => kind),
          ['redemption.reserved', ...(index === 0 ? ['limit.funded'] : []), 'redemption.approved', 'limit.charged'],
        );
        t.ok(
          entries.every(
            (entry) => entry.commands === BigInt(entries.length) && entry.programme_version === 'zhengzhou-compute@2',
          ),
        );
        t.ok(ledgerSeq > 0);
      }
      t.equal(await trade.balance(voucherId), '200000.01');
      t.equal(await trade.status(voucherId), 'PARTIALLY_REDEEMED');
      const listed = expectStatus(await seller.get(`/redemptions?voucherId=${voucherId}`), 200).items;
      t.strictSame(
        (listed as { approved: string }[]).map(({ approved }) => approved),
        amounts,
      );
      t.strictSame(expectStatus(await strangerSeller.get('/redemptions'), 200).items, []);
      t.equal(
        expectStatus(await reviewer.get(`/redemptions?contractId=${contract.contractId}&status=APPROVED&limit=2`), 200).items
          .length,
        2,
      );
    },
  );

  await t.test('every refusal by its code, the first that applies', async (t) => {
    const { contract, voucherId, invoiceId } = await ready('200000.00', '20000.00', '10000.00');
    const other = await ready('100000.00', '20000.00', '10000.00');
    const frozen = await trade.voucher(contract, '1.00');
    await turn(frozen);
    const expired = await trade.voucher(contract, '2.00', { lastDay: '2024-08-05' });
    const foreign = await trade.voucher(await trade.fileContract('100.00', { strangers: true }), '1.00');
    const posted = await trade.invoice(contract, { gross: '100.00' }, { confirmed: false });
    const unpaid = await trade.invoice(contract, { gross: '10000.00' }, { paid: '7999.99' });
    const crumb = await trade.invoice(contract, { gross: '0.01' });
    await trade.activate(3, [['usageWithinValidity:\n    value: END', 'usageWithinValidity:\n    value: WHOLE']]);
    const later = await trade.voucher(contract, '1.00', { version: 3, issuedOn: '2024-07-02' });
    const condition = '{ kind: AI_COMPUTING, pflopsAtLeast: 100, precision: FP16 }';
    const conditions = `facilityConditions:\n  value: [${condition}]\n  cite: { document: notice, article: 第五条 }\n\nexclusions:`;
    await trade.activate(4, [['exclusions:', conditions]]);
    const small = await trade.voucher(contract, '1.00', { version: 4 });
    expectStatus(
      await reviewer.post(`/facilities/${trade.facilityId}/observations`, {
        observedOn: '2024-07-31',
        inService: true,
        pflops: '99.99',
        precision: 'FP16',
        evidence: '复查报告',
      }),
      201,
    );
    const done = await ready('100000.00', '2000.00', '10000.00');
    expectStatus(await redeem(done.voucherId, done.invoiceId), 201);
    t.equal(await trade.status(done.voucherId), 'FULLY_REDEEMED');
    const again = await trade.invoice(done.contract, { gross: '10000.00' });
    trade.clock.set('2024-08-06');
    const late = await redeem(expired, invoiceId);
    trade.clock.set('2024-08-05');
    const cases: [string, Answer, number, string, string?][] = [
      ['no such voucher', await redeem(noId, invoiceId), 404, 'NOT_FOUND', '/voucherId'],
      ["another firm's voucher", await redeem(foreign, invoiceId), 404, 'NOT_FOUND', '/voucherId'],
      ['no such invoice', await redeem(voucherId, noId), 404, 'NOT_FOUND', '/invoiceId'],
      ["another firm's invoice", await redeem(foreign, invoiceId, undefined, strangerBuyer), 404, 'NOT_FOUND', '/invoiceId'],
      ['another contract', await redeem(voucherId, other.invoiceId), 409, 'INVOICE_OF_OTHER_CONTRACT', '/invoiceId'],
      ['frozen', await redeem(frozen, invoiceId), 409, 'VOUCHER_FROZEN', '/voucherId'],
      ['expired', late, 409, 'VOUCHER_EXPIRED', '/voucherId'],
      ['empty', await redeem(done.voucherId, again), 409, 'VOUCHER_EMPTY', '/voucherId'],
      ['nothing', await redeem(voucherId, invoiceId, '0.00'), 400, 'AMOUNT_ZERO', '/amount'],
      ['not confirmed', await redeem(voucherId, posted), 409, 'INVOICE_NOT_CONFIRMED', '/invoiceId'],
      ['unpaid by a fen', await redeem(voucherId, unpaid), 409, 'SELF_FUNDED_PART_UNPAID'],
      ['too little', await redeem(voucherId, crumb), 409, 'NOTHING_TO_REDEEM'],
      ['used before it was issued', await redeem(later, invoiceId), 409, 'USAGE_OUTSIDE_VALIDITY'],
      ['a facility a hair too small on the last day of use', await redeem(small, invoiceId), 409, 'FACILITY_BELOW_THRESHOLD'],
      ['a fen too much', await redeem(voucherId, invoiceId, '2000.01'), 409, 'AMOUNT_ABOVE_ENTITLEMENT', '/amount'],
      ['a machine of the provider', await redeem(voucherId, invoiceId, undefined, seller), 403, 'FORBIDDEN'],
    ];
    for (const [name, answer, status, code, pointer] of cases) {
      t.strictSame(told(answer), [status, code, pointer], name);
      sayable(t, answer, name);
    }
    t.strictSame((await redeem(foreign, invoiceId)).body, (await redeem(noId, invoiceId)).body, 'like one that does not exist');
    const possible = await buyer.post(
      '/redemptions',
      {
        voucherId: await trade.voucher(contract, '5.00'),
        invoiceId: await trade.invoice(contract, { gross: '10000.00' }, { paid: '9995.00' }),
        amount: '5.01',
      },
      { headers: { 'accept-language': 'en' } },
    );
    t.match(
      possible.body,
      { code: 'AMOUNT_ABOVE_ENTITLEMENT', detail: /5\.01.*5\.00/ },
      'the most that is possible is said, whatever bounds it',
    );
    expectStatus(await buyerMachine.post('/redemptions', { voucherId, invoiceId }, { key: 'm' }), 201);
    t.match((await redeem(voucherId, invoiceId)).body, { code: 'INVOICE_ALREADY_REDEEMED' });
    const refusals = await trade.admin.sql<{ kind: string }[]>`
      select kind from entries where refusal_code = 'VOUCHER_EXPIRED' and book_id = ${book.bookId}`;
    t.match([...refusals], [{ kind: 'redemption.redeem' }], 'a refusal of a money command is an entry of the book');
  });

  await t.test('the last day counts to its last millisecond', async (t) => {
    const { contract, voucherId, invoiceId } = await ready('100000.00', '20000.00', '10000.00', { lastDay: '2024-08-20' });
    const second = await trade.invoice(contract, { gross: '10000.00' });
    trade.clock.set('2024-08-20T23:59:59.999+08:00');
    expectStatus(await redeem(voucherId, invoiceId), 201);
    trade.clock.set('2024-08-21T00:00:00.000+08:00');
    const late = await redeem(voucherId, second);
    t.match(late.body, { code: 'VOUCHER_EXPIRED', detail: /2024-08-20/ });
    trade.clock.set('2024-08-05');
  });

  await t.test('asking for less leaves the rest to a later invoice, but not the own part of this one', async (t) => {
    const contract = await trade.fileContract('100000.00');
    const voucherId = await trade.voucher(contract, '20000.00');
    const short = await trade.invoice(contract, { gross: '10000.00' }, { paid: '8000.00' });
    t.match((await redeem(voucherId, short, '1500.00')).body, { code: 'SELF_FUNDED_PART_UNPAID' });
    t.match(expectStatus(await redeem(voucherId, short), 201), { approved: '2000.00' });
    const first = await trade.invoice(contract, { gross: '10000.00' }, { paid: '9500.00' });
    t.match(expectStatus(await redeem(voucherId, first, '500.00'), 201), {
      approved: '500.00',
      computed: '2000.00',
      cutOff: '0.00',
    });
    const second = await trade.invoice(contract, { gross: '10000.00' }, { paid: '6500.00' });
    t.match(expectStatus(await redeem(voucherId, second), 201), { approved: '3500.00' });
  });

  await t.test('what the enterprise pays and what the voucher pays are one invoice, and never more', async (t) => {
    const contract = await trade.fileContract('100000.00');
    const voucherId = await trade.voucher(contract, '20000.00');
    const inFull = await trade.invoice(contract, { gross: '10000.00' }, { paid: '10000.00' });
    const refused = await redeem(voucherId, inFull);
    t.strictSame(told(refused), [409, 'SELF_FUNDED_PART_OVERPAID', '/amount']);
    t.match(refused.body.detail, /0\.00/);
    sayable(t, refused, 'paid in full');
    const inPart = await trade.invoice(contract, { gross: '10000.00' }, { paid: '9000.00' });
    t.strictSame(told(await redeem(voucherId, inPart, '1000.01')), [409, 'SELF_FUNDED_PART_OVERPAID', '/amount']);
    t.match(
      expectStatus(await redeem(voucherId, inPart), 201),
      { approved: '1000.00', cutOff: '0.00' },
      'what is still owed on it',
    );
    const next = await trade.invoice(contract, { gross: '10000.00' }, { paid: '7000.00' });
    t.match(expectStatus(await redeem(voucherId, next), 201), { approved: '3000.00' }, 'the rest comes with the next');
    const dear = await trade.invoice(contract, { gross: '10000.00', quantity: '99' });
    const waiting = expectStatus(await redeem(voucherId, dear), 201);
    t.match(waiting, { status: 'SUBMITTED', reserved: '2000.00' });
    const paid = { amount: '0.01', paidOn: '2024-08-02', bankSerial: 'a-fen-more' };
    expectStatus(await buyer.post(`/usage-invoices/${dear}/payments`, paid), 201);
    const url = `/redemptions/${waiting.redemptionId as string}/verify`;
    t.strictSame(told(await reviewer.post(url, { approved: '2000.00' })), [409, 'SELF_FUNDED_PART_OVERPAID', '/approved']);
    t.match(expectStatus(await reviewer.post(url, { approved: '1999.99' }), 200), { approved: '1999.99' });
  });

  await t.test('the limit of the year binds, what it cuts off is not carried on, and a new year begins anew', async (t) => {
    // Per contract, so that the rest of this file does not count.
    await trade.activate(5, [['counts: REDEEMED\n    per: LEGAL_PERSON', 'counts: REDEEMED\n    per: CONTRACT']]);
    const contract = await trade.fileContract('20000000.00');
    const voucherId = await trade.voucher(contract, '4000000.00', { version: 5, lastDay: '2025-07-01' });
    const big = await trade.invoice(contract, { gross: '4500000.00' });
    t.match(expectStatus(await redeem(voucherId, big), 201), { approved: '900000.00', cutOff: '0.00' });
    const over = await trade.invoice(contract, { gross: '4500000.00' }, { paid: '4400000.00' });
    t.match(expectStatus(await redeem(voucherId, over), 201), {
      computed: '900000.00',
      approved: '100000.00',
      cutOff: '800000.00',
    });
    const third = await trade.invoice(contract, { gross: '1000000.00' });
    const spent = await redeem(voucherId, third);
    t.match(spent.body, { code: 'LIMIT_EXHAUSTED' });
    sayable(t, spent, 'limit');
    trade.clock.set('2025-01-02');
    t.match(
      expectStatus(await redeem(voucherId, third), 201),
      { approved: '200000.00', approvedOn: '2025-01-02' },
      'not 1,000,000.00',
    );
    trade.clock.set('2024-08-05');
  });

  await t.test(
    'what does not agree is reserved and waits; verified in part, the rest goes back and is cut off for good',
    async (t) => {
      const contract = await trade.fileContract('100000.00');
      const voucherId = await trade.voucher(contract, '20000.00');
      const dear = await trade.invoice(contract, { gross: '10000.00', quantity: '99' });
      const waiting = expectStatus(await redeem(voucherId, dear), 201);
      t.match(waiting, {
        status: 'SUBMITTED',
        verified: null,
        reserved: '2000.00',
        approved: '0.00',
        approvedOn: null,
        voucherBalance: '18000.00',
        mismatches: [{ code: 'UNIT_PRICE_DIFFERS', lineNo: 1, inputs: { quantity: '99', contractQuantity: '1000' } }],
      });
      t.equal(await trade.status(voucherId), 'ACTIVE', 'nothing is redeemed yet');
      t.match((await redeem(voucherId, dear)).body, { code: 'INVOICE_ALREADY_REDEEMED' });
      const url = `/redemptions/${waiting.redemptionId as string}`;
      const verify = (approved: string, who: Caller = reviewer) => who.post(`${url}/verify`, { approved });
      const same = await book.member('reviewer', { personId: buyer.personId });
      for (const [name, answer, status, code, pointer] of [
        [
          'no such redemption',
          await reviewer.post(`/redemptions/${noId}/verify`, { approved: '1.00' }),
          404,
          'NOT_FOUND',
          undefined,
        ],
        ['the submitter', await verify('1.00', same), 403, 'FOUR_EYES', undefined],
        ['the enterprise', await verify('1.00', buyer), 403, 'FORBIDDEN', undefined],
        ['nothing', await verify('0.00'), 400, 'AMOUNT_ZERO', '/approved'],
        ['a fen too much', await verify('2000.01'), 409, 'APPROVED_ABOVE_RESERVED', '/approved'],
      ] as const) {
        t.strictSame(told(answer), [status, code, pointer], name);
        sayable(t, answer, name);
      }
      await turn(voucherId);
      t.match((await verify('1500.00')).body, { code: 'VOUCHER_FROZEN' });
      await turn(voucherId, unfreezeVoucher);
      t.match((await verify('1500.00')).body, { code: 'SELF_FUNDED_PART_UNPAID' }, 'for less, the own part is more');
      const more = { amount: '500.00', paidOn: '2024-08-03', bankSerial: 'the-rest-of-it' };
      expectStatus(await buyer.post(`/usage-invoices/${dear}/payments`, more), 201);
      t.match(expectStatus(await reviewer.post(`${url}/verify?dryRun=true`, { approved: '1500.00' }), 200), {
        approved: '1500.00',
      });
      const verified = expectStatus(await verify('1500.00'), 200);
      t.match(verified, {
        status: 'APPROVED',
        verified: 'BY_PERSON',
        approved: '1500.00',
        cutOff: '500.00',
        voucherBalance: '18500.00',
      });
      t.equal(await trade.status(voucherId), 'PARTIALLY_REDEEMED');
      const wrong = await verify('1500.00');
      t.match(wrong, { status: 409, body: { code: 'REDEMPTION_WRONG_STATE', detail: /状态为 APPROVED/ } });
      t.match((await reviewer.post(`${url}/return`, { reason: '重复' })).body, { code: 'REDEMPTION_WRONG_STATE' });
      const next = await trade.invoice(contract, { gross: '10000.00' });
      t.match(
        expectStatus(await redeem(voucherId, next), 201),
        { approved: '2000.00' },
        'the 500.00 do not come with the next invoice',
      );
      const [digest] = await trade.admin.sql<{ n: bigint }[]>`
      select count(distinct approval_digest) as n from entries where subject_id = ${String(waiting.redemptionId)}`;
      t.equal(digest?.n, 1n, 'what was approved is bound by its digest');
    },
  );

  await t.test('a person looks at every kind of disagreement', async (t) => {
    const contract = await trade.fileContract('1000.00');
    const voucherId = await trade.voucher(contract, '200.00');
    const foreignNumber = nextInvoiceNo();
    await claimNumbers(trade.db, [{ number: foreignNumber, bookId: book.bookId, providerId: noId }], trade.clock.now());
    const marked = await trade.invoice(contract, { gross: '100.00', invoiceNo: foreignNumber });
    t.match(expectStatus(await redeem(voucherId, marked), 201), {
      status: 'SUBMITTED',
      mismatches: [{ code: 'NUMBER_CONFLICT' }],
    });
    const beyond = await trade.invoice(contract, { gross: '900.01', quantity: '900.0001' });
    t.match(expectStatus(await redeem(voucherId, beyond), 201), {
      status: 'SUBMITTED',
      mismatches: [{ code: 'CONTRACT_QUANTITY_EXCEEDED' }, { code: 'CONTRACT_AMOUNT_EXCEEDED' }],
    });
  });

  await t.test(
    'returned, everything is as before: the voucher, the standing, the invoice; also while it is frozen',
    async (t) => {
      const contract = await trade.fileContract('100000.00');
      const voucherId = await trade.voucher(contract, '2000.00');
      const dear = await trade.invoice(contract, { gross: '10000.00', quantity: '99' });
      const waiting = expectStatus(await redeem(voucherId, dear), 201);
      t.equal(waiting.voucherBalance, '0.00');
      const second = await trade.invoice(contract, { gross: '10000.00' });
      t.match((await redeem(voucherId, second)).body, { code: 'VOUCHER_EMPTY' }, 'reserved is not available');
      await turn(voucherId);
      const url = `/redemptions/${waiting.redemptionId as string}/return`;
      const same = await book.member('reviewer', { personId: buyer.personId });
      t.match((await same.post(url, { reason: '单价不符' })).body, { code: 'FOUR_EYES' });
      t.match((await reviewer.post(`/redemptions/${noId}/return`, { reason: '单价不符' })).body, { code: 'NOT_FOUND' });
      const returned = expectStatus(await reviewer.post(url, { reason: '单价不符' }), 200);
      t.match(returned, {
        status: 'RETURNED',
        decisionReason: '单价不符',
        approved: '0.00',
        voucherBalance: '2000.00',
        verified: 'BY_PERSON',
      });
      t.equal(await trade.status(voucherId), 'FROZEN');
      await turn(voucherId, unfreezeVoucher);
      t.equal(await trade.status(voucherId), 'ACTIVE');
      const [standing] = await trade.admin.sql<{ total: bigint }[]>`
      select base_fen + claimed_fen + cut_off_fen as total from contract_standings where contract_id = ${contract.contractId}`;
      t.equal(standing?.total, 0n);
      const again = expectStatus(await redeem(voucherId, dear), 201);
      t.match(again, { status: 'SUBMITTED', reserved: '2000.00' }, 'the invoice may be redeemed again');
      const url2 = `/redemptions/${again.redemptionId as string}`;
      t.match(expectStatus(await reviewer.post(`${url2}/verify`, { approved: '2000.00' }), 200), { voucherBalance: '0.00' });
      t.equal(await trade.status(voucherId), 'FULLY_REDEEMED');
    },
  );

  await t.test(
    'a verification is judged by what is on record now: limits of its year, the voucher’s end, the own part',
    async (t) => {
      await trade.activate(6, [
        ['value: FINISH', 'value: LAPSE'],
        [
          'counts: REDEEMED\n    per: LEGAL_PERSON\n    window: YEAR\n    value: 1000000.00',
          'counts: REDEEMED\n    per: CONTRACT\n    window: YEAR\n    value: 3000.00',
        ],
      ]);
      const contract = await trade.fileContract('100000.00');
      const voucherId = await trade.voucher(contract, '20000.00', { version: 6, lastDay: '2024-08-31' });
      const dear = await trade.invoice(contract, { gross: '10000.00', quantity: '99' }, { paid: '8000.01' });
      const waiting = expectStatus(await redeem(voucherId, dear), 201);
      const verify = (approved: string) => reviewer.post(`/redemptions/${waiting.redemptionId as string}/verify`, { approved });
      t.match((await verify('1999.98')).body, { code: 'SELF_FUNDED_PART_UNPAID' }, 'for less, the own part is more');
      const other = await trade.invoice(contract, { gross: '10000.00' });
      expectStatus(await redeem(voucherId, other), 201);
      const beyond = await verify('1999.99');
      t.match(
        beyond.body,
        { code: 'AMOUNT_ABOVE_ENTITLEMENT', detail: /1,000\.00/ },
        'reserving charged no limit, the other approval did',
      );
      trade.clock.set('2024-09-01');
      const late = await verify('1999.99');
      t.match(late.body, { code: 'VOUCHER_EXPIRED', detail: /2024-08-31/ });
      const returned = await reviewer.post(`/redemptions/${waiting.redemptionId as string}/return`, { reason: '逾期' });
      t.match(expectStatus(returned, 200), { status: 'RETURNED' });
      trade.clock.set('2024-08-05');
    },
  );

  await t.test('freeze and redeem race, and the later one sees the earlier', async (t) => {
    const contract = await trade.fileContract('100000.00');
    const rounds = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => ({
        voucherId: await trade.voucher(contract, `10.0${i}`),
        invoiceId: await trade.invoice(contract, { gross: '50.00' }),
      })),
    );
    const raced = await Promise.all(
      rounds.map(async ({ voucherId, invoiceId }, i) => {
        const redeemed = () => redeem(voucherId, invoiceId);
        const frozen = () => turn(voucherId).catch(() => Infinity);
        return i % 2 === 0 ? Promise.all([redeemed(), frozen()]) : (await Promise.all([frozen(), redeemed()])).reverse();
      }),
    );
    for (const [answer, frozenAt] of raced as [Answer, number][]) {
      if (answer.status === 201)
        t.ok(answer.body.ledgerSeq < frozenAt, 'redeemed before it was frozen (or nothing was left to freeze)');
      else t.equal(answer.body.code, 'VOUCHER_FROZEN');
    }
  });

  await t.test('ten invoices race for a voucher that can pay three', async (t) => {
    const contract = await trade.fileContract('100000.00');
    const voucherId = await trade.voucher(contract, '300.00');
    const invoices = await Promise.all(Array.from({ length: 10 }, () => trade.invoice(contract, { gross: '500.00' })));
    const answers = await Promise.all(invoices.map((invoiceId) => redeem(voucherId, invoiceId)));
    t.strictSame(answers.map(({ status, body }) => (status === 201 ? body.approved : body.code) as string).sort(), [
      ...Array.from({ length: 3 }, () => '100.00'),
      ...Array.from({ length: 7 }, () => 'VOUCHER_EMPTY'),
    ]);
    t.equal(await trade.balance(voucherId), '0.00');
    t.equal(await trade.status(voucherId), 'FULLY_REDEEMED');
    const [lowest] = await trade.admin.sql<{ fen: bigint }[]>`
      select min(debit_after_fen) as fen from entries e join accounts a on a.account_id = e.debit_account_id
       where a.code = ${`voucher:${voucherId}`}`;
    t.equal(lowest?.fen, 0n, 'at no sequence below zero');
  });

  await t.test('one invoice redeemed by ten at once counts once', async (t) => {
    const { voucherId, invoiceId } = await ready('100000.00', '20000.00', '500.00');
    const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(voucherId, invoiceId)));
    t.equal(answers.filter(({ status }) => status === 201).length, 1);
    t.equal(answers.filter(({ body }) => body.code === 'INVOICE_ALREADY_REDEEMED').length, 9);
    t.equal(await trade.balance(voucherId), '19900.00');
  });

  await t.test('one key sent twenty times at once gives one effect and twenty equal answers', async (t) => {
    const { voucherId, invoiceId } = await ready('100000.00', '20000.00', '500.00');
    const send = () => buyer.post('/redemptions', { voucherId, invoiceId }, { key: 'once' });
    const answers = await Promise.all(Array.from({ length: 20 }, send));
    for (const { status, body } of answers) t.strictSame([status, body], [201, answers[0]?.body]);
    t.equal(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'false').length, 1);
    t.equal(await trade.balance(voucherId), '19900.00');
    t.match(await buyer.post('/redemptions', { voucherId, invoiceId, amount: '1.00' }, { key: 'once' }), {
      status: 409,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  await t.test(
    'after all this, and with a contract of the highest amount that can be written, the book audits clean',
    async (t) => {
      await trade.fileContract('999999999999999.99');
      t.strictSame(await auditLedger(trade.db, book.bookId), []);
      t.strictSame(await auditBusiness(trade.db, book.bookId), []);
      t.strictSame(await recomputeAwards(trade.db, book.bookId), []);
    },
  );
});
