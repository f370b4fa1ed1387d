/**
 * A book that has something to settle, without living the way there: a programme shared by two funders, providers with
 * accounts, and redemptions approved on the days a test asks for, all through the book's lane and the posting templates.
 * Not a test itself.
 */
import { createHash, randomBytes } from 'node:crypto';
import type {
  Application,
  Appropriation,
  Contract,
  ContractLine,
  ContractLineUsage,
  ContractStanding,
  Facility,
  Enterprise,
  ProgrammeVersion,
  Redemption,
  UsageInvoice,
  UsageInvoiceLine,
  Voucher,
} from '../../db/tables.js';
import { applicationShelf } from '../../src/applications/facts.js';
import { contractLineShelf, contractShelf } from '../../src/contracts/facts.js';
import { enterpriseShelf } from '../../src/enterprises/facts.js';
import { makeUscc, uuidv7 } from '../../src/identifiers.js';
import { untouched } from '../../src/cases/rules.js';
import { fundOf } from '../../src/ledger/chart.js';
import type { Change } from '../../src/ledger/facts.js';
import { insert } from '../../src/ledger/facts.js';
import type { Verb } from '../../src/ledger/lane.js';
import { accepted } from '../../src/ledger/lane.js';
import type { Posting } from '../../src/ledger/templates.js';
import * as templates from '../../src/ledger/templates.js';
import { splitByFunders } from '../../src/money.js';
import { appropriationShelf, programmeVersionShelf } from '../../src/programmes/facts.js';
import { facilityShelf } from '../../src/providers/facts.js';
import { redemptionShelf } from '../../src/redemptions/facts.js';
import { invoiceLineShelf, invoiceShelf, lineUsageShelf } from '../../src/usage/facts.js';
import { standingIdOf, standingShelf, voucherShelf } from '../../src/vouchers/facts.js';
import { neverEnded } from '../../src/vouchers/rules.js';
import { changeAccount as changing, proposes } from '../payees/change.js';
import type { Caller, Service, TestBook } from '../service.js';
import { expectStatus, startService } from '../service.js';
import { approve, freeze, takeToCheck } from './batch.js';

export const programmeCode = 'test-compute';
export const fund = fundOf(programmeCode, 2024);
export const shares = [
  { funder: 'CITY', basisPoints: 6667 },
  { funder: 'DISTRICT', basisPoints: 3333 },
];
const limitFen = 100_000_00n;
const loadedFen = 1_000_000_00n;

const document = `
programme: test-compute
version: 1
name: { zh: 试验算力券, en: test vouchers }
status: ENACTED
basis: { document: measure, article: 第一条 }
documents:
  measure: { kind: MEASURE, title: 试验办法, demo: true }
inForce: { from: 2024-01-01, cite: { document: measure, article: 第一条 } }
flow: { value: VOUCHER, cite: { document: measure, article: 第二条 } }
payee: { value: PROVIDER, cite: { document: measure, article: 第二条 } }
base: { value: CONTRACT_AMOUNT, cite: { document: measure, article: 第三条 } }
amountBasis: { value: GROSS, cite: { document: measure, article: 第三条 } }
rate: { value: { kind: CEILING, basisPoints: 2000 }, cite: { document: measure, article: 第三条 } }
limits:
  - { id: claimed, counts: CLAIMED, per: LEGAL_PERSON, window: YEAR, value: 100000.00, cite: { document: measure, article: 第四条 } }
  - { id: redeemed, counts: REDEEMED, per: LEGAL_PERSON, window: YEAR, value: 100000.00, cite: { document: measure, article: 第四条 } }
validityMonths: { value: 12, cite: { document: measure, article: 第五条 } }
funders:
  value:
    - { funder: CITY, name: { zh: 市, en: city }, basisPoints: 6667 }
    - { funder: DISTRICT, name: { zh: 区, en: district }, basisPoints: 3333 }
  cite: { document: measure, article: 第六条 }
`;

interface Seed {
  readonly postings: readonly Posting[];
  readonly changes: readonly Change[];
}
const seed: Verb<Seed, object> = {
  name: 'test.seed',
  money: true,
  gather: (loader, commands) =>
    loader.accounts(commands.flatMap(({ body }) => body.postings.flatMap((p) => [p.debit, p.credit]))),
  decide: ({ id, body }) => accepted({ decision: 'test.seeded', subjectId: id, result: {}, ...body }),
};

export interface Approved {
  readonly provider: number;
  readonly approvedOn: string;
  readonly amountFen: bigint;
  /** Waits for verification instead. */
  readonly waiting?: boolean;
}

export interface World extends Service {
  book: TestBook;
  providers: { providerId: string; name: string; accountNo: string; member: Caller }[];
  finance: Caller;
  /** Of finance, and another person. */
  checker: Caller;
  approver: Caller;
  payer: Caller;
  auditor: Caller;
  /** Approves redemptions, each by an enterprise, contract and voucher of its own; answers their ids in that order. */
  approve(of: readonly Approved[]): Promise<string[]>;
  /** A provider's first account. */
  recordAccount(provider: number, validFrom: string): Promise<void>;
  /** Proposed today and confirmed today by finance (test/payees/change.ts); its id. */
  changeAccount(provider: number, accountNo: string, formerAccount?: 'HOLDS'): Promise<string>;
}

let organisation = 0;
const nextUscc = (): string => makeUscc(`91410100MA${String(++organisation).padStart(7, '0')}`);
const anybody = (): string => uuidv7(new Date(0));

/** Starts the service with one book, on 2024-07-15 unless said otherwise; the first `withAccount` providers have one. */
export async function startWorld(
  t: { teardown(handler: () => Promise<void>): void },
  of: { now?: string; providers?: number; withAccount?: number } = {},
): Promise<World> {
  const service = await startService(t, { now: of.now ?? '2024-07-15' });
  const book = await service.newBook('testcity', '试验市');
  const [finance, checker, approver, payer, auditor] = [
    await book.member('finance'),
    await book.member('finance'),
    await book.member('approver'),
    await book.member('finance_approver'),
    await book.member('auditor'),
  ];
  const { bookId } = book;
  const recordedAt = service.clock.now().toISOString();

  const plant = async (body: Seed): Promise<void> => {
    const open = await service.books.find(book.code);
    const { memberId, personId } = book.operator;
    const outcome = await open?.lane.submit(seed, {
      key: randomBytes(8).toString('hex'),
      requestDigest: createHash('sha256').update(randomBytes(8)).digest('hex'),
      actor: { memberId, personId, kind: 'PERSON', role: 'operator', legalPersonUscc: null },
      body,
    });
    if (outcome?.kind !== 'accepted') throw new Error('the seed was refused');
  };

  const version: ProgrammeVersion = {
    bookId,
    programmeVersionId: uuidv7(service.clock.now()),
    programmeCode,
    version: 1,
    name: '试验算力券',
    kind: 'PROGRAMME',
    legalStatus: 'ENACTED',
    status: 'ACTIVE',
    document,
    digest: createHash('sha256').update(document).digest('hex'),
    inForceFrom: '2024-01-01',
    inForceTo: null,
    publishedBy: book.operator.personId,
    activatedBy: approver.personId,
    recordedAt,
    activatedAt: recordedAt,
    repealedBy: null,
    repealedAt: null,
    repealingDocument: null,
    repealId: null,
    twoApproversAbove: null,
  };
  const parts = splitByFunders(loadedFen, shares).map(({ funder, amount }) => ({ funder, amountFen: amount }));
  await plant({
    postings: [
      ...parts.flatMap((part) => templates.budgetLoaded({ fund, ...part })),
      ...templates.budgetMatched({ fund, shares: parts }),
    ],
    changes: [
      insert(programmeVersionShelf, version),
      ...parts.map((part, i) => {
        const paper: Appropriation = {
          bookId,
          appropriationId: uuidv7(service.clock.now()),
          programmeCode,
          year: 2024,
          ...part,
          documentNo: `豫财〔2024〕${i + 1}号`,
          loadedOn: '2024-01-02',
          recordedAt,
        };
        return insert(appropriationShelf, paper);
      }),
    ],
  });

  const providers: World['providers'] = [];
  const providerAt = (index: number): World['providers'][number] => {
    const provider = providers[index];
    if (!provider) throw new Error(`there is no provider ${index}`);
    return provider;
  };
  const recordAccount: World['recordAccount'] = async (index, validFrom) => {
    const { member, providerId, name: holderName, accountNo } = providerAt(index);
    expectStatus(await proposes(member, { providerId, holderName, accountNo, validFrom }), 201);
  };
  const changeAccount: World['changeAccount'] = (index, accountNo, formerAccount) => {
    const { member, providerId, name: holderName } = providerAt(index);
    const validFrom = service.clock.now().toISOString().slice(0, 10);
    return changing(world, member, { providerId, holderName, accountNo, validFrom }, formerAccount);
  };
  const register = async (i: number): Promise<void> => {
    const uscc = nextUscc();
    const name = `试验算力服务${i + 1}号有限公司`;
    const { providerId } = expectStatus(await book.operator.post('/providers', { uscc, name }), 201) as { providerId: string };
    providers[i] = {
      providerId,
      name,
      accountNo: `62220210010012345${60 + i}`,
      member: await book.member('provider', { uscc }),
    };
    if (i < (of.withAccount ?? Infinity)) await recordAccount(i, '2024-01-01');
  };
  await Promise.all(Array.from({ length: of.providers ?? 2 }, (_, i) => register(i)));

  const approve: World['approve'] = async (list) => {
    const changes: Change[] = [];
    const postings: Posting[] = [];
    const ids: string[] = [];
    for (const { provider, approvedOn, amountFen, waiting } of list) {
      const newId = () => uuidv7(service.clock.now());
      const uscc = nextUscc();
      const { providerId = '' } = providers[provider] ?? {};
      const common = { bookId, recordedAt };
      const enterprise: Enterprise = {
        ...common,
        enterpriseId: newId(),
        uscc,
        legalPersonUscc: uscc,
        name: `企业${uscc.slice(-4)}`,
        kind: 'ENTERPRISE',
        sizeClass: 'SMALL',
        establishedOn: null,
        closedOn: null,
        successorUscc: null,
      };
      const { enterpriseId } = enterprise;
      const grossFen = amountFen * 5n;
      const contract: Contract = {
        ...common,
        contractId: newId(),
        contractNo: `HT-${uscc.slice(-8)}`,
        enterpriseId,
        providerId,
        signedOn: '2024-01-10',
        startsOn: '2024-01-11',
        endsOn: '2024-12-31',
        purpose: 'MODEL_RESEARCH',
        netFen: grossFen,
        vatFen: 0n,
        grossFen,
        fingerprint: uscc,
        status: 'FILED',
        submittedSide: 'enterprise',
        submittedPerson: anybody(),
        confirmedPerson: anybody(),
        filedPerson: anybody(),
        filingNo: uscc,
        filedOn: '2024-01-12',
        version: 1,
        lastDay: null,
        endedOn: null,
        endedPerson: null,
        endReason: null,
        formerly: [],
        holdingFlags: 0,
      };
      const { contractId } = contract;
      const application: Application = {
        ...common,
        applicationId: newId(),
        applicationNo: `A-${uscc}`,
        programmeCode,
        programmeVersionId: version.programmeVersionId,
        enterpriseId,
        legalPersonUscc: uscc,
        contractId,
        purpose: 'MODEL_RESEARCH',
        contentDigest: '0'.repeat(64),
        status: 'APPROVED',
        submittedOn: '2024-01-15',
        submittedPerson: anybody(),
        eligibility: { predicates: {}, exceptions: {}, classes: [] },
        reviewedPerson: anybody(),
        reviewDigest: '0'.repeat(64),
        maximumFen: amountFen,
        decidedPerson: anybody(),
        decisionReason: null,
        awardFen: amountFen,
        computedFen: amountFen,
        explanation: [],
        voucherId: newId(),
        queueRank: null,
        queueBlock: null,
        matters: {},
        controlVersionIds: [],
        ...untouched,
        waitingSince: null,
        dueOn: null,
        acceptedAt: common.recordedAt,
        acceptedPlace: 1n,
      };
      const voucher: Voucher = {
        ...common,
        voucherId: application.voucherId ?? '',
        voucherNo: `V-${uscc}`,
        programmeCode,
        programmeVersionId: version.programmeVersionId,
        enterpriseId,
        legalPersonUscc: uscc,
        contractId,
        providerId,
        applicationId: application.applicationId,
        fund,
        faceFen: amountFen,
        appliedOn: '2024-01-15',
        reservedFen: waiting ? amountFen : 0n,
        issuedOn: '2024-01-20',
        lastDay: '2025-01-20',
        status: waiting ? 'ACTIVE' : 'FULLY_REDEEMED',
        frozenFrom: null,
        matters: {},
        controlVersionIds: [],
        ...neverEnded,
        activateBy: null,
      };
      const { voucherId } = voucher;
      const redemptionId = newId();
      ids.push(redemptionId);
      const invoice: UsageInvoice = {
        ...common,
        invoiceId: newId(),
        invoiceNo: `244100${uscc.slice(-13, -1).replace(/\D/g, '0').padStart(14, '0')}`,
        providerId,
        enterpriseId,
        contractId,
        issuedOn: '2024-05-31',
        usageFrom: '2024-05-01',
        usageTo: '2024-05-31',
        netFen: grossFen,
        vatFen: 0n,
        grossFen,
        paidFen: grossFen - amountFen,
        status: 'CONFIRMED',
        numberConflict: false,
        postedPerson: anybody(),
        postedOn: '2024-06-01',
        decidedPerson: anybody(),
        decidedOn: '2024-06-02',
        disputeReason: null,
        redemptionId,
        reimbursedLines: 0,
        digitalInvoice: null,
        decidedBy: 'ENTERPRISE',
        decisionReason: null,
        confirmBy: null,
        confirmOutcome: null,
        paymentConflict: false,
        voidedNo: 0,
        voidedOn: null,
        voidedPerson: null,
        voidReason: null,
        redFen: 0n,
        holdingFlags: 0,
      };
      const facility: Facility = {
        ...common,
        facilityId: newId(),
        providerId,
        name: `试验智算中心${uscc}`,
        kind: 'AI_COMPUTING',
        ownerUscc: uscc,
        operatorUscc: uscc,
      };
      const lineAmounts = { lineNo: 9, quantity: '1.0000', netFen: grossFen, vatFen: 0n, grossFen };
      const contractLine: ContractLine = {
        bookId,
        contractLineId: newId(),
        contractId,
        description: '智能算力',
        serviceItem: 'AI_COMPUTE',
        facilityId: facility.facilityId,
        chipId: null,
        chipOrigin: null,
        unit: 'MONTH',
        modelClass: null,
        modelRegistrationNo: null,
        ...lineAmounts,
      };
      const lineUsage: ContractLineUsage = {
        bookId,
        contractLineId: contractLine.contractLineId,
        contractId,
        quantity: lineAmounts.quantity,
        grossFen,
      };
      const invoiceLine: UsageInvoiceLine = {
        bookId,
        invoiceLineId: newId(),
        invoiceId: invoice.invoiceId,
        contractLineId: contractLine.contractLineId,
        ...lineAmounts,
      };
      const redemption: Redemption = {
        ...common,
        redemptionId,
        redemptionNo: `R-${uscc}`,
        voucherId,
        invoiceId: invoice.invoiceId,
        contractId,
        enterpriseId,
        providerId,
        programmeCode,
        programmeVersionId: version.programmeVersionId,
        fund,
        status: waiting ? 'SUBMITTED' : 'APPROVED',
        baseFen: grossFen,
        computedFen: amountFen,
        cutOffFen: 0n,
        reservedFen: amountFen,
        approvedFen: waiting ? 0n : amountFen,
        reversedFen: 0n,
        batchedFen: 0n,
        mismatches: [],
        explanation: [],
        submittedOn: approvedOn,
        submittedPerson: anybody(),
        decidedPerson: null,
        approvedOn: waiting ? null : approvedOn,
        decisionReason: null,
        settlementId: null,
        weightedBase: (grossFen * 2000n).toString(),
        recalledFen: 0n,
        restoredFen: 0n,
        offsetFen: 0n,
      };
      const standing: ContractStanding = {
        bookId,
        standingId: standingIdOf(contractId, programmeCode),
        contractId,
        programmeCode,
        baseFen: grossFen,
        weightedBase: (grossFen * 2000n).toString(),
        claimedFen: amountFen,
        cutOffFen: 0n,
      };
      changes.push(
        insert(enterpriseShelf, enterprise),
        insert(facilityShelf, facility),
        insert(contractShelf, contract),
        insert(contractLineShelf, contractLine),
        insert(applicationShelf, application),
        insert(voucherShelf, voucher),
        insert(standingShelf, standing),
        insert(invoiceShelf, invoice),
        insert(invoiceLineShelf, invoiceLine),
        insert(lineUsageShelf, lineUsage),
        insert(redemptionShelf, redemption),
      );
      const [claimed, ceiling, redeemed] = [
        { limit: `${programmeCode}.claimed`, holder: uscc, window: '2024' },
        { limit: `${programmeCode}.contract-ceiling`, holder: contractId, window: 'LIFETIME' },
        { limit: `${programmeCode}.redeemed`, holder: uscc, window: '2024' },
      ] as const;
      postings.push(
        ...templates.limitFunded({ at: claimed, amountFen: limitFen }),
        ...templates.limitFunded({ at: ceiling, amountFen }),
        ...templates.voucherIssued({ voucherId, fund, faceFen: amountFen, charges: [claimed, ceiling] }),
        ...templates.redemptionReserved({ voucherId, redemptionId, fund, amountFen }),
      );
      if (waiting) continue;
      postings.push(
        ...templates.limitFunded({ at: redeemed, amountFen: limitFen }),
        ...templates.redemptionApproved({
          voucherId,
          redemptionId,
          fund,
          payeeId: providerId,
          reservedFen: amountFen,
          approvedFen: amountFen,
          charges: [redeemed],
        }),
      );
    }
    await plant({ postings, changes });
    return ids;
  };

  const people = { finance, checker, approver, payer, auditor };
  const world: World = { ...service, book, providers, ...people, approve, recordAccount, changeAccount };
  return world;
}

/** Drafts the batch of a period and takes it as far as `to`. */
export async function settle(
  world: Pick<World, 'finance' | 'checker' | 'approver' | 'payer'>,
  to: 'DRAFT' | 'FROZEN' | 'APPROVED' | 'CHECKED' | 'INSTRUCTED',
  period = '2024-06',
): Promise<{
  settlementId: string;
  instructions: { instructionNo: string; instructionId: string; amount: string; funder: string; payeeId: string }[];
}> {
  const draft = expectStatus(await world.finance.post('/settlements', { period }), 201) as Record<string, unknown>;
  const settlementId = String(draft['settlementId']);
  const hands = { maker: world.finance, approver: world.approver, checker: world.checker };
  if (to === 'DRAFT') return { settlementId, instructions: [] };
  if (to === 'FROZEN') await freeze(world.finance, settlementId);
  else if (to === 'APPROVED') await approve(hands, settlementId);
  else await takeToCheck(hands, settlementId);
  if (to !== 'INSTRUCTED') return { settlementId, instructions: [] };
  const { instructions } = expectStatus(await world.payer.post(`/settlements/${settlementId}/instruct`), 200) as {
    instructions: { instructionNo: string; instructionId: string; amount: string; funder: string; payeeId: string }[];
  };
  return { settlementId, instructions };
}
