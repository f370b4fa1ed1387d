import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { activationProblems, checkProgramme, evaluateGiven, missingParameters, runCase } from '../../src/programmes/check.js';
import {
  evaluateIssue,
  evaluateRedemption,
  evaluationJson,
  limitsTouched,
  priorityRank,
  nothingOnRecord,
  voucherExpiresOn,
} from '../../src/programmes/evaluate.js';
import type {
  Circumstances,
  Evaluation,
  Facility,
  IssueFacts,
  Line,
  Provider,
  RedemptionFacts,
} from '../../src/programmes/evaluate.js';
import { nobody } from '../../src/programmes/lines.js';
import { explain } from '../../src/programmes/explain.js';
import { CONTRACT_CEILING, lawOn, parseProgramme } from '../../src/programmes/language.js';
import type { ProgrammeVersion } from '../../src/programmes/language.js';
import { formatYuan } from '../../src/money.js';
import { changed, read } from './world.js';

const folder = join(import.meta.dirname, '../../db/programmes');
const textOf = (name: string) => readFileSync(join(folder, `${name}.yaml`), 'utf8');
const [draftText, enactedText, jiaozuoText] = [
  textOf('zhengzhou/zhengzhou-compute.v1'),
  textOf('zhengzhou/zhengzhou-compute.v2'),
  textOf('jiaozuo/jiaozuo-compute.v1'),
];

const draft = read(draftText);
const zhengzhou = read(enactedText);
const jiaozuo = read(jiaozuoText);

const line = (grossFen: bigint, other: Partial<Line> = {}): Line => ({
  lineNo: 1,
  serviceItem: 'AI_COMPUTE',
  facilityId: 'centre',
  chipOrigin: 'DOMESTIC',
  modelClass: null,
  netFen: grossFen - grossFen / 10n,
  vatFen: grossFen / 10n,
  grossFen,
  ...other,
});
const centre = (other: Partial<Facility> = {}): Facility => ({
  id: 'centre',
  kind: 'AI_COMPUTING',
  ownerLegalPerson: 'PROVIDER',
  operatorLegalPerson: 'PROVIDER',
  observations: [{ observedOn: '2024-01-01', pflops: '100.00', precision: 'FP16', standardRacks: null, inService: true }],
  ...other,
});
const provider = (listings: Provider['listings'], legalPerson = 'PROVIDER'): Provider => ({
  legalPerson,
  listings,
  isRelated: false,
  isLocal: true,
});
const contractOf = (lines: readonly Line[], signedOn = '2025-01-15'): Circumstances['contract'] => ({
  id: 'CONTRACT',
  signedOn,
  filedOn: signedOn,
  purpose: 'MODEL_RESEARCH',
  lines,
});
const at = (amountFen: bigint, other: Partial<Circumstances> = {}): Circumstances => ({
  appliedOn: '2025-03-03',
  ...nothingOnRecord('2025-03-03'),
  enterprise: {
    ...nobody('USER'),
    predicates: { 'operating-locally': 'MET', 'tax-paying': 'MET', 'local-statistics': 'MET', 'ai-sector': 'MET' },
  },
  provider: provider([{ serviceItem: 'AI_COMPUTE', from: '2024-01-01', to: null }]),
  facilities: [centre()],
  contract: contractOf([line(amountFen)]),
  ...other,
});
const MILLION = 100_000_000n;
const issueFacts = (amountFen: bigint, other: Partial<IssueFacts> = {}): IssueFacts => ({
  ...at(amountFen),
  limitsLeft: { [CONTRACT_CEILING]: MILLION * 1000n, claimed: MILLION },
  ...other,
});
const redeemFacts = (contractFen: bigint, invoiceFen: bigint, other: Partial<RedemptionFacts> = {}): RedemptionFacts => ({
  ...at(contractFen),
  submittedOn: '2025-05-05',
  bookedOn: '2025-05-05',
  voucher: { issuedOn: '2025-03-03', expiresOn: '2026-03-03', balanceFen: MILLION },
  usage: { from: '2025-04-01', to: '2025-04-30' },
  lines: [line(invoiceFen)],
  paidFen: invoiceFen,
  baseBeforeFen: 0n,
  redeemedAndReservedFen: 0n,
  cutOffBeforeFen: 0n,
  limitsLeft: { redeemed: MILLION },
  ...other,
});
const outcome = (evaluation: Evaluation) =>
  evaluation.kind === 'award' ? [formatYuan(evaluation.amountFen), evaluation.bound] : [evaluation.code, evaluation.params];

void t.test('every programme file reads, and every case in it comes out as it says', async (t) => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  t.ok(files.length >= 3);
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    const checked = checkProgramme(text);
    t.ok(checked.ok, `${file} ${checked.ok ? '' : JSON.stringify(checked.problems)}`);
    const version = read(text);
    t.ok(file.endsWith(`/${version.programme}.v${version.version}.yaml`), `${file} is named for its programme and version`);
    for (const one of version.cases) {
      const { expected, found, evaluations } = runCase(version, one);
      t.equal(found, expected, `${file}: ${one.name}`);
      for (const evaluation of evaluations) {
        const last = evaluation.explanation.at(-1)?.result;
        t.equal(
          last,
          evaluation.kind === 'award' ? formatYuan(evaluation.amountFen) : evaluation.code,
          'explained to its last step',
        );
      }
    }
  }
});

void t.test('the worked cases of the two cities, draft and enacted', async (t) => {
  const issue = (version: ProgrammeVersion, amount: string, used = '0.00') =>
    evaluateGiven(version, {
      stage: 'ISSUE',
      given: { appliedOn: '2025-03-03', contract: { amount }, used: { claimed: used } },
    }).map(outcome)[0];
  const redeem = (version: ProgrammeVersion, contract: string, face: string, ...invoices: string[]) =>
    evaluateGiven(version, {
      stage: 'REDEEM',
      given: {
        appliedOn: '2025-03-03',
        contract: { amount: contract },
        voucher: { face },
        invoices: invoices.map((amount) => ({ amount })),
      },
    }).map((evaluation) => outcome(evaluation)[0]);

  t.same(issue(draft, '2000000.00'), ['600000.00', null], 'Z1');
  t.same(issue(draft, '3333333.33'), ['999999.99', null], 'Z2');
  t.same(issue(draft, '3333333.34'), ['1000000.00', null], 'Z2');
  t.same(issue(draft, '1000000.00', '850000.00'), ['150000.00', 'claimed'], 'Z5');
  t.same(issue(draft, '0.03')?.[0], 'NOTHING_TO_AWARD', 'Z7');
  t.same(issue(draft, '0.04'), ['0.01', null], 'Z7');
  t.same(redeem(draft, '3333333.34', '1000000.00', '3333333.34'), ['1000000.00'], 'Z9');
  t.same(redeem(draft, '2000000.00', '600000.00', '500000.00'), ['150000.00'], 'Z11');
  t.same(
    redeem(draft, '2000000.00', '600000.00', '333333.33', '333333.33', '333333.33'),
    ['99999.99', '100000.00', '100000.00'],
    'Z12',
  );
  t.same(issue(zhengzhou, '2000000.00'), ['400000.00', null], 'Z14');
  t.same(issue(zhengzhou, '4999999.99'), ['999999.99', null]);
  t.same(issue(zhengzhou, '2000000.00', '850000.00'), ['150000.00', 'claimed']);
  t.same(redeem(zhengzhou, '2000000.00', '400000.00', '333333.33', '333333.33', '333333.33'), [
    '66666.66',
    '66666.67',
    '66666.66',
  ]);
  t.same(issue(jiaozuo, '1234567.89'), ['246913.57', null], 'C1');
  t.same(redeem(jiaozuo, '1234567.89', '246913.57', '1234567.89'), ['246913.57'], 'C1');
});

// A refusal as one line: its code and what its sentence needs.
const refusalOf = (evaluation: Evaluation) =>
  evaluation.kind === 'award'
    ? formatYuan(evaluation.amountFen)
    : [
        evaluation.code,
        ...Object.entries(evaluation.params).flatMap(([name, value]) =>
          ['zh', 'en', 'asked'].includes(name) ? [] : [`${name}=${value}`],
        ),
      ].join(' ');

const bare = read(changed(draftText, /\nrate:[\s\S]*?\n\n/, '\n'));

void t.test('each refusal of an issue comes with its code and what its sentence needs', async (t) => {
  const notice = 'cite: { document: notice, article: 第十条 }';
  const dated = read(`${enactedText}
contractSignedOnOrAfter: { value: 2025-01-15, ${notice} }
minAward: { value: 5000.00, ${notice} }
`);
  const ended = read(changed(enactedText, 'from: 2024-06-01\n', 'from: 2024-06-01\n  to: 2025-03-02\n'));
  const onlyHpc = read(changed(jiaozuoText, /.*kind: AI_COMPUTING, pflopsAtLeast.*\n.*kind: DATA_CENTER.*\n/, ''));

  const contract = (...lines: Line[]) => ({ contract: contractOf(lines, '2025-01-14') });
  const listed = (...listings: Circumstances['provider']['listings']) => ({ provider: provider(listings) });
  const seen = { observedOn: '2025-02-01', pflops: null, precision: null, standardRacks: null, inService: true };
  const facility = (other: Partial<Facility>) => ({ facilities: [centre(other)] });
  const ai = (pflops: string, precision: string) => facility({ observations: [{ ...seen, pflops, precision }] });
  const racks = (standardRacks: number | null) => facility({ kind: 'DATA_CENTER', observations: [{ ...seen, standardRacks }] });
  const now = { ...seen, pflops: '120', precision: 'FP16' };
  const stopped = facility({
    observations: [
      { ...now, inService: false },
      { ...now, observedOn: '2024-02-01' },
    ],
  });
  const left = (ceiling: bigint, claimed: bigint) => ({ limitsLeft: { [CONTRACT_CEILING]: ceiling, claimed } });
  const unknown = { enterprise: nobody('USER') };

  const zz = zhengzhou;
  const jz = jiaozuo;
  const range = 'from=2024-06-01 to=';
  const cases: [string, ProgrammeVersion, Partial<IssueFacts>, string][] = [
    [
      'before the first day',
      zz,
      { appliedOn: '2024-05-31' },
      `PROGRAMME_NOT_IN_FORCE programme=zhengzhou-compute day=2024-05-31 ${range}`,
    ],
    ['after the last day', ended, {}, `PROGRAMME_NOT_IN_FORCE programme=zhengzhou-compute day=2025-03-03 ${range}2025-03-02`],
    ['a rate the text does not give', bare, {}, 'PARAMETER_MISSING parameter=rate'],
    [
      'signed a day early',
      dated,
      contract(line(MILLION)),
      'CONTRACT_SIGNED_TOO_EARLY line=1 signedOn=2025-01-14 earliest=2025-01-15',
    ],
    ['an exact rate changed', jz, { approvedBasisPoints: 1500 }, 'RATE_IS_EXACT rate=20% approved=15%'],
    ['a rate above its ceiling', zz, { approvedBasisPoints: 2001 }, 'RATE_ABOVE_CEILING rate=20% approved=20.01%'],
    ['nothing on record', jz, unknown, 'NOT_ELIGIBLE predicate=operating-locally recorded=NOT_RECORDED'],
    ['own provider', zz, { provider: provider([], 'USER') }, 'SELF_BUILT_SELF_USED line=1 legalPerson=USER'],
    ['own facility', zz, facility({ ownerLegalPerson: 'USER' }), 'SELF_BUILT_SELF_USED line=1 legalPerson=USER'],
    ['own operation', zz, facility({ operatorLegalPerson: 'USER' }), 'SELF_BUILT_SELF_USED line=1 legalPerson=USER'],
    ['storage', zz, contract(line(1n, { serviceItem: 'STORAGE' })), 'SERVICE_ITEM_NOT_COUNTED line=1 serviceItem=STORAGE'],
    ['not listed', zz, listed(), 'PROVIDER_NOT_LISTED line=1 serviceItem=AI_COMPUTE day=2025-03-03'],
    [
      'listed for another item',
      zz,
      listed({ serviceItem: 'STORAGE', from: '2024-01-01', to: null }),
      'PROVIDER_NOT_LISTED line=1 serviceItem=AI_COMPUTE day=2025-03-03',
    ],
    [
      '99.99 PFLOPS',
      jz,
      ai('99.99', 'FP16'),
      'FACILITY_BELOW_THRESHOLD line=1 facility=centre required=100 PFLOPS (FP16) observed=99.99 PFLOPS (FP16) observedOn=2025-02-01',
    ],
    [
      '999 racks',
      jz,
      racks(999),
      'FACILITY_BELOW_THRESHOLD line=1 facility=centre required=1000 observed=999 observedOn=2025-02-01',
    ],
    ['another precision', jz, ai('900', 'INT8'), 'FACILITY_NOT_OBSERVED line=1 facility=centre day=2025-03-03'],
    ['racks not counted', jz, racks(null), 'FACILITY_NOT_OBSERVED line=1 facility=centre day=2025-03-03'],
    [
      'seen only later',
      jz,
      { ...racks(1000), appliedOn: '2025-01-31' },
      'FACILITY_NOT_OBSERVED line=1 facility=centre day=2025-01-31',
    ],
    ['a facility nobody knows', jz, { facilities: [] }, 'FACILITY_NOT_OBSERVED line=1 facility=centre day=2025-03-03'],
    ['out of service', jz, stopped, 'FACILITY_NOT_IN_SERVICE line=1 facility=centre observedOn=2025-02-01'],
    ['a kind the law does not name', onlyHpc, {}, 'FACILITY_KIND_NOT_ELIGIBLE line=1 facility=centre kind=AI_COMPUTING'],
    ['less than a fen', zz, contract(line(4n)), 'NOTHING_TO_AWARD base=0.04 exact=0.008'],
    ['a contract without lines', zz, contract(), 'NOTHING_TO_AWARD base=0.00 exact=0.00'],
    [
      'asked for a fen too much',
      zz,
      { requestedFen: 20_000_001n },
      'AMOUNT_ABOVE_ENTITLEMENT requested=200000.01 entitlement=200000.00',
    ],
    [
      'the contract’s ceiling reached',
      zz,
      left(0n, 0n),
      'LIMIT_EXHAUSTED limit=contract-ceiling window=LIFETIME amount=200000.00',
    ],
    ['the year’s limit reached', zz, left(1n, 0n), 'LIMIT_EXHAUSTED limit=claimed window=2025 amount=1000000.00'],
    [
      'a limit nobody knows',
      zz,
      { limitsLeft: { [CONTRACT_CEILING]: 1n } },
      'LIMIT_UNKNOWN limit=claimed window=2025 holder=USER',
    ],
    ['no money left', zz, { poolLeft: 0n }, 'POOL_EXHAUSTED left=0.00'],
    [
      'below the least award',
      dated,
      { maximumFen: 499_999n, contract: at(MILLION).contract },
      'BELOW_MINIMUM_AWARD amount=4999.99 minimum=5000.00',
    ],
  ];
  for (const [name, version, facts, expected] of cases) {
    const evaluation = evaluateIssue(version, issueFacts(MILLION, facts));
    t.equal(refusalOf(evaluation), expected, name);
    t.equal(evaluation.kind, expected.startsWith('LIMIT_UNKNOWN') ? 'held' : 'refused');
    t.equal(evaluation.explanation.at(-1)?.result, expected.split(' ')[0]);
  }

  const wrongTwice = { appliedOn: '2024-05-31', poolLeft: 0n, provider: provider([], 'USER') };
  t.match(
    evaluateIssue(zz, issueFacts(4n, wrongTwice)),
    { code: 'PROGRAMME_NOT_IN_FORCE' },
    'wrong three times: the first refusal',
  );
});

void t.test('each refusal of a redemption comes with its code and what its sentence needs', async (t) => {
  const whole = read(changed(enactedText, 'value: END', 'value: WHOLE'));
  const lapsing = read(changed(enactedText, 'value: FINISH', 'value: LAPSE'));
  const zz = zhengzhou;
  const inFlight = { submittedOn: '2026-03-03', bookedOn: '2026-03-04' };
  const empty = { voucher: { issuedOn: '2025-03-03', expiresOn: '2026-03-03', balanceFen: 0n } };
  const gap = [
    { serviceItem: 'AI_COMPUTE' as const, from: '2025-04-16', to: null },
    { serviceItem: 'AI_COMPUTE' as const, from: '2024-01-01', to: '2025-04-14' },
  ];
  const validity = 'issuedOn=2025-03-03 expiresOn=2026-03-03';
  const cases: [string, ProgrammeVersion, Partial<RedemptionFacts>, string][] = [
    ['a rate the text does not give', bare, {}, 'PARAMETER_MISSING parameter=rate'],
    ['the day after the last', zz, { submittedOn: '2026-03-04' }, 'VOUCHER_EXPIRED expiresOn=2026-03-03 submittedOn=2026-03-04'],
    ['in flight, where that lapses', lapsing, inFlight, 'VOUCHER_EXPIRED expiresOn=2026-03-03 submittedOn=2026-03-03'],
    [
      'used after the last day',
      zz,
      { usage: { from: '2026-03-01', to: '2026-03-04' } },
      `USAGE_OUTSIDE_VALIDITY usedFrom=2026-03-01 usedTo=2026-03-04 ${validity}`,
    ],
    [
      'used before the issue',
      whole,
      { usage: { from: '2025-03-02', to: '2025-03-31' } },
      `USAGE_OUTSIDE_VALIDITY usedFrom=2025-03-02 usedTo=2025-03-31 ${validity}`,
    ],
    [
      'a day between two listings',
      zz,
      { provider: provider(gap) },
      'PROVIDER_NOT_LISTED line=1 serviceItem=AI_COMPUTE day=2025-04-15',
    ],
    [
      'all redeemed',
      zz,
      { redeemedAndReservedFen: 20_000_000n },
      'NOTHING_TO_REDEEM settled=200000.00 redeemedAndReserved=200000.00 cutOffBefore=0.00',
    ],
    [
      'asked for a fen too much',
      zz,
      { requestedFen: 20_000_001n },
      'AMOUNT_ABOVE_ENTITLEMENT requested=200000.01 entitlement=200000.00',
    ],
    [
      'the year’s limit reached',
      zz,
      { limitsLeft: { redeemed: 0n } },
      'LIMIT_EXHAUSTED limit=redeemed window=2025 amount=1000000.00',
    ],
    ['a limit nobody knows', zz, { limitsLeft: {} }, 'LIMIT_UNKNOWN limit=redeemed window=2025 holder=USER'],
    ['an empty voucher', zz, empty, 'VOUCHER_EMPTY left=0.00'],
    ['its own part unpaid', zz, { paidFen: 79_999_999n }, 'SELF_FUNDED_PART_UNPAID required=800000.00 paid=799999.99'],
  ];
  for (const [name, version, facts, expected] of cases) {
    const evaluation = evaluateRedemption(version, redeemFacts(MILLION, MILLION, facts));
    t.equal(refusalOf(evaluation), expected, name);
    t.equal(evaluation.explanation.at(-1)?.result, expected.split(' ')[0]);
  }
});

void t.test('what is just within the law is granted', async (t) => {
  const issue = (version: ProgrammeVersion, facts: Partial<IssueFacts>) =>
    outcome(evaluateIssue(version, issueFacts(MILLION, facts)));
  const redeem = (version: ProgrammeVersion, facts: Partial<RedemptionFacts>) =>
    outcome(evaluateRedemption(version, redeemFacts(MILLION, MILLION, facts)));
  t.same(issue(zhengzhou, { appliedOn: '2024-06-01' }), ['200000.00', null], 'the first day');
  t.same(issue(zhengzhou, { approvedBasisPoints: 1500 }), ['150000.00', null], 'a lower rate under a ceiling');
  t.same(issue(jiaozuo, { approvedBasisPoints: 2000 }), ['200000.00', null], 'the exact rate itself');
  t.same(issue(zhengzhou, { requestedFen: 10_000_000n }), ['100000.00', 'REQUESTED'], 'less than there is a right to');
  t.same(issue(zhengzhou, { requestedFen: 20_000_000n }), ['200000.00', null], 'all there is a right to');
  t.same(issue(zhengzhou, { maximumFen: 5_000_000n }), ['50000.00', 'MAXIMUM'], 'an approval’s maximum');
  t.same(issue(zhengzhou, { poolLeft: 1n }), ['0.01', 'POOL'], 'the last fen of the money');

  const second = { id: 'second', kind: 'DATA_CENTER' as const };
  const racks = centre({
    ...second,
    observations: [{ observedOn: '2025-03-03', pflops: null, precision: null, standardRacks: 1000, inService: true }],
  });
  const lines = [
    line(MILLION),
    line(MILLION, { lineNo: 2, facilityId: 'second' }),
    line(MILLION, { lineNo: 3, facilityId: 'elsewhere' }),
  ];
  const mixed = evaluateIssue(jiaozuo, issueFacts(0n, { facilities: [centre(), racks], contract: contractOf(lines) }));
  t.same(outcome(mixed), ['400000.00', null], 'lines that count, and no others');
  const left = mixed.explanation.map(({ inputs }) => inputs.linesLeftOut).filter((text) => text !== undefined);
  t.same(left, ['3 (FACILITY_NOT_OBSERVED)'], 'and the explanation says which were left out');

  const inFlight = { submittedOn: '2026-03-03', bookedOn: '2026-03-04' };
  t.same(redeem(zhengzhou, inFlight), ['200000.00', null], 'submitted on the last day, booked after it');
  t.same(redeem(zhengzhou, { usage: { from: '2026-02-01', to: '2026-03-03' } }), ['200000.00', null], 'used to the last day');
  const renewed = [
    { serviceItem: 'AI_COMPUTE' as const, from: '2025-04-15', to: '2025-04-30' },
    { serviceItem: 'AI_COMPUTE' as const, from: '2024-01-01', to: '2025-04-14' },
  ];
  t.same(redeem(zhengzhou, { provider: provider(renewed) }), ['200000.00', null], 'one listing after another');
  t.same(redeem(zhengzhou, { paidFen: 80_000_000n }), ['200000.00', null], 'its own part just paid');
  t.same(redeem(jiaozuo, { limitsLeft: {} }), ['200000.00', null], 'no limit on redemptions where the law has none');
  t.same(
    redeem(zhengzhou, {
      voucher: { issuedOn: '2025-03-03', expiresOn: '2026-03-03', balanceFen: MILLION, approvedBasisPoints: 1500 },
    }),
    ['150000.00', null],
    'at the rate that was approved',
  );
  const net = read(changed(enactedText, 'value: GROSS', 'value: NET'));
  t.same(outcome(evaluateIssue(net, issueFacts(MILLION))), ['180000.00', null], 'without tax where the basis is NET');
});

void t.test(
  'what a limit cut off is not redeemed later, unless the programme carries it; what was not asked for is',
  async (t) => {
    const contract = 2n * MILLION;
    const cut = evaluateRedemption(zhengzhou, redeemFacts(contract, MILLION, { limitsLeft: { redeemed: 5_000_000n } }));
    t.match(cut, {
      kind: 'award',
      amountFen: 5_000_000n,
      computedFen: 20_000_000n,
      cutOffFen: 15_000_000n,
      baseFen: MILLION,
      bound: 'redeemed',
    });
    const asked = evaluateRedemption(
      zhengzhou,
      redeemFacts(contract, MILLION, { limitsLeft: { redeemed: 5_000_000n }, requestedFen: 1_000_000n }),
    );
    t.match(
      asked,
      { kind: 'award', amountFen: 1_000_000n, cutOffFen: 15_000_000n, bound: 'REQUESTED' },
      'asking for less does not escape the cut',
    );

    const next = { baseBeforeFen: MILLION, redeemedAndReservedFen: 5_000_000n, cutOffBeforeFen: 15_000_000n };
    t.same(outcome(evaluateRedemption(zhengzhou, redeemFacts(contract, MILLION, next))), ['200000.00', null]);
    const carrying = read(changed(enactedText, /carryCutOff:\n {4}value: false/, 'carryCutOff:\n    value: true'));
    t.same(outcome(evaluateRedemption(carrying, redeemFacts(contract, MILLION, next))), ['350000.00', null]);

    const unasked = { baseBeforeFen: MILLION, redeemedAndReservedFen: 5_000_000n };
    t.same(outcome(evaluateRedemption(zhengzhou, redeemFacts(contract, MILLION, unasked))), ['350000.00', null]);
    t.same(
      outcome(evaluateRedemption(zhengzhou, redeemFacts(contract, 100n, unasked))),
      ['1.00', 'INVOICE_AMOUNT'],
      'never more than the invoice',
    );
  },
);

void t.test('a value holds from its day until the next, with its own article; a limit by the day it is counted', async (t) => {
  let text = changed(
    enactedText,
    'value: { kind: CEILING, basisPoints: 2000 }',
    `values:
    - { from: 2024-06-01, value: { kind: CEILING, basisPoints: 2000 } }
    - { from: 2025-07-01, value: { kind: EXACT, basisPoints: 1500 }, cite: { document: notice, article: 第十一条 } }`,
  );
  text = changed(
    text,
    /(window: YEAR\n) {4}value: 1000000.00\n/,
    '$1    values: [{ from: 2024-01-01, value: 1000000.00 }, { from: 2025-09-01, value: 2000000.00 }]\n',
  );
  const version = read(text);
  const days = ['2025-06-30', '2025-07-01', '2025-08-31', '2025-09-01'];
  t.same(
    days.map((day) => {
      const law = lawOn(version, day);
      const [claimed] = law.limits;
      return [law.rate?.value.kind, law.rate?.value.flat, law.rate?.cite.article, formatYuan(claimed?.amountFen ?? 0n)];
    }),
    [
      ['CEILING', 2000, '第一部分第2条', '1000000.00'],
      ['EXACT', 1500, '第十一条', '1000000.00'],
      ['EXACT', 1500, '第十一条', '1000000.00'],
      ['EXACT', 1500, '第十一条', '2000000.00'],
    ],
  );
  t.same(outcome(evaluateIssue(version, issueFacts(MILLION, { appliedOn: '2025-06-30', bookedOn: '2025-07-01' }))), [
    '200000.00',
    null,
  ]);
  t.same(outcome(evaluateIssue(version, issueFacts(MILLION, { appliedOn: '2025-07-01', bookedOn: '2025-07-01' }))), [
    '150000.00',
    null,
  ]);
  t.same(
    activationProblems(version).map(({ code, en }) => [code, en.match(/\d{4}-\d{2}-\d{2}/)?.[0]]),
    ['2025-06-30', '2025-07-01', '2025-08-31', '2025-09-01'].map((day) => ['EDGE_WITHOUT_CASE', day]),
    'and a change without cases on both sides is not activated',
  );
});

void t.test('limits name their accounts: what counts, whose, in which window, up to what', async (t) => {
  const day = { appliedOn: '2024-12-30', bookedOn: '2025-01-02' };
  const [ceiling, claimed, ...others] = limitsTouched(zhengzhou, 'ISSUE', at(2n * MILLION, day));
  t.same(ceiling, {
    limitId: CONTRACT_CEILING,
    account: `zhengzhou-compute.${CONTRACT_CEILING}`,
    counts: 'CLAIMED',
    holder: { kind: 'CONTRACT', id: 'CONTRACT' },
    window: 'LIFETIME',
    amountFen: 40_000_000n,
    soft: false,
  });
  t.same(claimed, {
    limitId: 'claimed',
    account: 'zhengzhou-compute.claimed',
    counts: 'CLAIMED',
    holder: { kind: 'LEGAL_PERSON', id: 'USER' },
    window: '2025',
    amountFen: MILLION,
    soft: false,
  });
  t.same(others, []);
  t.same(
    limitsTouched(zhengzhou, 'REDEEM', at(2n * MILLION, day)).map(({ limitId, window }) => [limitId, window]),
    [['redeemed', '2025']],
  );
  t.same(limitsTouched(jiaozuo, 'REDEEM', at(MILLION)), []);
  t.equal(
    limitsTouched(jiaozuo, 'ISSUE', at(MILLION, { facilities: [] }))[0]?.amountFen,
    0n,
    'what does not count makes no ceiling',
  );

  const soft = read(changed(enactedText, 'window: YEAR\n', 'window: LIFETIME\n    soft: true\n'));
  t.match(limitsTouched(soft, 'ISSUE', at(MILLION))[1], { window: 'LIFETIME', soft: true });

  t.equal(priorityRank(zhengzhou, '2025-03-03', ['PROVINCIAL_VOUCHER_HOLDER']), 0);
  t.equal(priorityRank(zhengzhou, '2025-03-03', ['OTHER']), 1);
  t.equal(priorityRank(jiaozuo, '2025-03-03', ['PROVINCIAL_VOUCHER_HOLDER']), 0, 'one queue where the law names no class');
});

void t.test('a voucher ends with its validity and never after the programme', async (t) => {
  const ending = read(changed(enactedText, 'from: 2024-06-01\n', 'from: 2024-06-01\n  to: 2025-12-31\n'));
  t.equal(voucherExpiresOn(zhengzhou, '2025-03-03', '2025-03-31'), '2026-03-31');
  t.equal(voucherExpiresOn(ending, '2025-03-03', '2025-03-31'), '2025-12-31');
  t.equal(voucherExpiresOn(draft, '2025-03-03', '2025-03-31'), null);
});

void t.test('an award explains itself in both languages, and its JSON has no number that is an amount', async (t) => {
  const facts = issueFacts(2n * MILLION, { limitsLeft: { [CONTRACT_CEILING]: 40_000_000n, claimed: 15_000_000n } });
  const evaluation = evaluateIssue(zhengzhou, facts);
  const json = JSON.stringify(evaluationJson(evaluation));
  t.match(JSON.parse(json), {
    kind: 'award',
    amount: '150000.00',
    computed: '400000.00',
    bound: 'claimed',
    cutOff: '250000.00',
    base: '2000000.00',
  });
  t.notMatch(json, /\d+n|:\d/);
  t.same(
    evaluation.explanation.filter((step) => step.bound === true).map(({ inputs }) => inputs.left),
    ['150000.00'],
  );
  const zh = explain(evaluation.explanation, 'zh').at(-1);
  t.equal(
    zh,
    '9. 依据郑政文〔2024〕62号第一部分第2条：同一企业（法人，含分支机构）每年申领金额不超过 1,000,000.00 元【解释，由市工信局、市财政局决定】。' +
      '限额 1,000,000.00 元，期间 2025，剩余 150,000.00 元，限制前 400,000.00 元。结果：150,000.00 元（受此限制）。',
  );
  t.equal(
    explain(evaluation.explanation, 'en')[6],
    '7. 郑政文〔2024〕62号 第一部分第2条: at most 20% of the base, cut down to the fen once, on the total. ' +
      'Base 2,000,000.00 yuan, exact 400,000.00 yuan. Result: 400,000.00 yuan.',
  );
  const trial = evaluateIssue(draft, issueFacts(MILLION));
  t.match(explain(trial.explanation, 'zh')[0], /未规定施行日期，本次仅为试算/);
  const refused = evaluateIssue(zhengzhou, issueFacts(4n));
  t.match(explain(refused.explanation, 'zh').at(-1), /结果：不予通过（NOTHING_TO_AWARD）/);
  t.same(evaluationJson(refused), refused);
});

void t.test('the draft can be tried and not activated: what the text does not give is listed by name and article', async (t) => {
  const problems = activationProblems(draft);
  t.same(
    problems.map(({ code, path }) => [code, path]),
    [
      ['NOT_ENACTED', 'status'],
      ...['inForce', 'payee', 'allocation', 'serviceItems', 'validityMonths', 'funders', 'settlementCadence'].map((path) => [
        'MISSING_PARAMETER',
        path,
      ]),
      ...['selfFundedPaid', 'inFlightAtExpiry', 'usageWithinValidity', 'carryCutOff', 'unusedFaceReturnsQuota'].map((path) => [
        'MISSING_PARAMETER',
        path,
      ]),
    ],
  );
  t.match(problems.find(({ path }) => path === 'validityMonths')?.zh, /政策未规定：算力券有效期（.*第二条/);
  t.same(activationProblems(zhengzhou), []);
  t.same(activationProblems(jiaozuo), []);

  const pretending = checkProgramme(changed(draftText, 'status: DRAFT', 'status: ENACTED'));
  t.notOk(pretending.ok, 'a text in force that lacks parameters is refused');
  const bare = read(
    changed(changed(draftText, /\nrate:[\s\S]*?\n\n/, '\n'), /\nlimits:[\s\S]*?\n\n/, '\n').replace(/\ncases:[\s\S]*/, '\n'),
  );
  t.same(
    missingParameters(bare)
      .map(({ path }) => path)
      .filter((path) => ['rate', 'limits'].includes(path)),
    ['rate', 'limits'],
    'E4',
  );
  t.same(activationProblems(bare).at(-1)?.code, 'NO_CASES');

  const repealed = read(
    changed(
      changed(enactedText, 'status: ENACTED', 'status: REPEALED'),
      'from: 2024-06-01\n',
      'from: 2024-06-01\n  to: 2026-12-31\n',
    ),
  );
  t.same(
    activationProblems(repealed).map(({ code }) => code),
    ['NOT_ENACTED', 'EDGE_WITHOUT_CASE', 'EDGE_WITHOUT_CASE'],
  );
});

void t.test('a case that fails is told with what was expected and what was found', async (t) => {
  const checked = checkProgramme(changed(enactedText, 'expect: { award: 400000.00 }', 'expect: { award: 600000.00 }'));
  t.match(checked, {
    ok: false,
    problems: [{ code: 'CASE_FAILED', path: 'cases.0', en: /expected 600000.00, found 400000.00/ }],
  });
  const unbound = checkProgramme(changed(enactedText, / award: 100000.00, bound: redeemed /, ' award: 100000.00 '));
  t.match(unbound, {
    ok: false,
    problems: [{ code: 'CASE_FAILED' }, { code: 'EDGE_WITHOUT_CASE', en: 'no case is bound by the limit redeemed' }],
  });
});

void t.test('a file that can not be law says where and why, and nothing in it is passed over', async (t) => {
  const fourth = 'document: notice, article: 第四条';
  const both = '[{ from: 2025-01-01, value: NET }, { from: 2024-01-01, value: GROSS }]';
  const year = 'value: 1000000.00';
  const rate = 'basisPoints: 2000 }';
  const [voucher, contracts] = ['value: VOUCHER', 'value: CONTRACT_AMOUNT'];
  const notice = 'cite: { document: notice, article: 第十条 }';
  type Row = [name: string, passage: string | RegExp, by: string, code: string, path: string, en: RegExp];
  const stackings: [string, string, RegExp][] = [
    ['the highest of nothing', `{ id: once, strategy: HIGHEST_ONLY, ${notice} }`, /say by what/],
    ['a series of contracts', `{ id: once, strategy: LEVEL_UP_DIFFERENCE, by: CONTRACT, ${notice} }`, /AWARD_SERIES/],
    ['one award per project', `{ id: once, strategy: ONE_AWARD_PER_CONTRACT, by: PROJECT, ${notice} }`, /CONTRACT for rules/],
    ['one policy per contract', `{ id: once, strategy: ONE_ENTERPRISE_ONE_POLICY, by: CONTRACT, ${notice} }`, /say by what/],
    ['a share of no ceiling', `{ id: once, strategy: HIGHEST_ONLY, by: PROJECT, basisPoints: 1, ${notice} }`, /PUBLIC_MONEY/],
    ['a ceiling of no share', `{ id: once, strategy: PUBLIC_MONEY_CEILING, by: CONTRACT, ${notice} }`, /PUBLIC_MONEY/],
  ];
  const files: Row[] = [
    ['broken YAML', 'name: {', 'name: {{', 'YAML', '', /./],
    ['a key twice', 'status: ENACTED', 'status: ENACTED\nstatus: DRAFT', 'YAML', '', /unique/],
    ['an alias', '  value: MONTHLY', '  value: &v MONTHLY\nstatus: *v', 'YAML', '', /unique/],
    ['an alias alone', 'value: MONTHLY', 'value: [&v MONTHLY, *v]', 'YAML', '', /aliases/],
    ['lists in lists in lists', 'value: MONTHLY', `value: ${'['.repeat(600)}`, 'YAML', '', /nested more than 64/],
    ['keys of keys of keys', 'value: MONTHLY', `value:\n${'? '.repeat(50_000)}x`, 'YAML', '', /nested more than 64/],
    ['a list as a key', 'value: MONTHLY', 'value: { [MONTHLY]: x }', 'YAML', '', /a key must be a word/],
    ['a word nobody knows', 'flow:', 'flwo:', 'SHAPE', 'flwo', /unknown key flwo/],
    ['two forms of a rate', rate, 'basisPoints: 2000, tiers: [{ basisPoints: 3000 }] }', 'SHAPE', 'rate.value', /either/],
    [
      'a tier behind the last',
      rate,
      'tiers: [{ basisPoints: 3000 }, { when: { chipOrigin: DOMESTIC }, basisPoints: 6000 }] }',
      'SHAPE',
      'rate.value',
      /only the last tier/,
    ],
    ['a tier for nothing', rate, 'tiers: [{ when: {}, basisPoints: 3000 }] }', 'SHAPE', 'rate.value.tiers.0.when', /name what/],
    ['a number and a figure', year, `${year}\n    figure: DISTRICT_CONTRIBUTION`, 'SHAPE', 'limits.0', /or figure/],
    ['an investment of a year', year, 'figure: AUDITED_INVESTMENT', 'SHAPE', 'limits.0', /per PROJECT/],
    ['years of no window', year, `${year}\n    years: 3`, 'SHAPE', 'limits.0', /YEARS_FROM_FIRST_AWARD/],
    ...stackings.map(([name, rule, en]): Row => [name, 'flow:', `stacking: [${rule}]\nflow:`, 'SHAPE', 'stacking.0', en]),
    [
      'one id for a limit and a rule',
      'flow:',
      `stacking: [{ id: claimed, strategy: HIGHEST_ONLY, by: CONTRACT, ${notice} }]\nflow:`,
      'INCONSISTENT',
      'stacking.0.id',
      /used twice/,
    ],
    ['a voucher on settled fees', contracts, 'value: PRIOR_YEAR_SETTLED_FEE', 'INCONSISTENT', 'base', /settled or spent/],
    ['a voucher paid to its user', 'value: PROVIDER', 'value: ENTERPRISE', 'INCONSISTENT', 'payee', /payee is the provider/],
    ['vouchers in an order of rank', 'value: FIRST_COME', 'value: RANKED', 'INCONSISTENT', 'allocation', /first come/],
    [
      'listed when what is settled is not yet used',
      '[LISTED_FOR_SERVICE_ITEM]',
      '[LISTED_WHEN_SETTLED]',
      'INCONSISTENT',
      'providerConditions',
      /belongs to reimbursement/,
    ],
    ['reimbursement to the provider', voucher, 'value: REIMBURSEMENT', 'INCONSISTENT', 'payee', /paid to the enterprise/],
    ['reimbursement that is redeemed', voucher, 'value: REIMBURSEMENT', 'INCONSISTENT', 'limits', /no redemption/],
    [
      'chips that make no difference',
      'flow:',
      `mixedChips: { value: LOWER_RATE, ${notice} }\nflow:`,
      'INCONSISTENT',
      'mixedChips',
      /no tier of the rate/,
    ],
    ['controls that award', 'status:', 'kind: GENERAL_CONTROLS\nstatus:', 'INCONSISTENT', 'rate', /belongs to a programme/],
    ['separators', year, "value: '1,000,000.00'", 'SHAPE', 'limits.0.value', /1000000.00/],
    ['ten thousands', year, 'value: 100', 'SHAPE', 'limits.0.value', /two decimals/],
    ['a rate above the whole', rate, 'basisPoints: 10001 }', 'SHAPE', 'rate.value.basisPoints', /0 to 10000/],
    ['no such day', 'issuedOn: 2024-05-22', 'issuedOn: 2023-02-29', 'SHAPE', 'documents.measure.issuedOn', /a day that exists/],
    ['an interpretation nobody decides', '      decidedBy: 市工信局、市财政局\n', '', 'SHAPE', 'limits.0.cite', /who decides/],
    ['neither value nor values', '  value: GROSS\n', '', 'SHAPE', 'amountBasis', /either value/],
    ['values out of order', 'value: GROSS', `values: ${both}`, 'SHAPE', 'amountBasis', /in order/],
    ['shares that are no whole', 'basisPoints: 10000', 'basisPoints: 9999', 'SHAPE', 'funders.value', /add up to 10000/],
    [
      'an unlisted document',
      fourth,
      'document: guide, article: 第四条',
      'INCONSISTENT',
      'allocation.cite.document',
      /cites guide/,
    ],
    ['invented words', fourth, `${fourth}, words: 先到先得`, 'INCONSISTENT', 'allocation.cite.document', /can not be quoted/],
    ['one id for two limits', 'id: redeemed', 'id: claimed', 'INCONSISTENT', 'limits.1.id', /used twice/],
    ['a reserved id', 'id: redeemed', `id: ${CONTRACT_CEILING}`, 'INCONSISTENT', 'limits.1.id', /reserved/],
    [
      'an end before the start',
      'from: 2024-06-01\n',
      'from: 2024-06-01\n  to: 2024-05-31\n',
      'INCONSISTENT',
      'inForce.to',
      /ends before/,
    ],
    ['repealed, nobody knows when', 'status: ENACTED', 'status: REPEALED', 'INCONSISTENT', 'status', /last day/],
    [
      'a word that is none',
      'status: ENACTED',
      'status: 已印发',
      'SHAPE',
      'status',
      /"已印发" is no word of the language here; it may be DRAFT, /,
    ],
    [
      'a name without its parts',
      'name: { zh: 郑州市算力券, en: Zhengzhou compute voucher }\n',
      'name: 算力券\n',
      'SHAPE',
      'name',
      /has parts of its own/,
    ],
    [
      'a key in Chinese',
      '\n  notice:',
      '\n  通知: { kind: NOTICE, title: 通知 }\n  notice:',
      'SHAPE',
      'documents.通知',
      /the name "通知" must be lower case/,
    ],
    [
      'a case of no limit',
      'used: { claimed: 850',
      'used: { claimd: 850',
      'INCONSISTENT',
      'cases.5.given.used.claimd',
      /no limit claimd/,
    ],
  ];
  for (const [name, passage, by, code, path, en] of files) {
    const parsed = parseProgramme(changed(enactedText, passage, by));
    t.notOk(parsed.ok, name);
    if (parsed.ok) continue;
    const problem = parsed.problems.find((one) => one.code === code && one.path === path);
    t.match(problem?.en, en, `${name}: ${JSON.stringify(parsed.problems)}`);
    t.match(problem?.zh, /[一-鿿]/, `${name}: and in Chinese`);
  }
  const onUsage = parseProgramme(changed(changed(enactedText, voucher, 'value: REIMBURSEMENT'), contracts, 'value: USAGE_FEE'));
  t.match(onUsage, { ok: false, problems: [{ path: 'base', en: /reimbursement rests on/ }] }, 'reimbursement of what is used');
  t.match(parseProgramme(''), { ok: false, problems: [{ code: 'SHAPE', path: '' }] }, 'an empty file');
  const controls = textOf('airport-zone/airport-zone-controls.v1');
  const outOfPlace = parseProgramme(
    changed(controls, '\nlimits:', '\nminAward: { value: 1.00, cite: { document: measure, article: 九 } }\n\nlimits:'),
  );
  t.match(
    outOfPlace,
    { ok: false, problems: [{ path: 'minAward', en: /award nothing/ }] },
    'nothing of general controls is passed over',
  );
  const sharedTwice = parseProgramme(enactedText.replaceAll('    window: YEAR\n', '    window: YEAR\n    sharedAs: both\n'));
  t.match(sharedTwice, { ok: false, problems: [{ path: 'limits.1.sharedAs', en: /two things/ }] }, 'one account, charged twice');
  const unnamed = parseProgramme(changed(enactedText, 'programme: zhengzhou-compute\n', ''));
  t.match(unnamed, { ok: false, problems: [{ code: 'SHAPE', path: 'programme', zh: '缺少此项', en: 'is missing' }] });
  const twoOfAKind = parseProgramme(
    changed(jiaozuoText, '- { kind: SUPERCOMPUTING }', '- { kind: DATA_CENTER, standardRacksAtLeast: 1 }'),
  );
  t.match(twoOfAKind, { ok: false, problems: [{ path: 'facilityConditions.value', en: /one condition/ }] });
  const taxes = parseProgramme(changed(jiaozuoText, 'predicates: { tax-paying:', 'predicates: { taxes:'));
  t.match(
    taxes,
    { ok: false, problems: [{ path: /^cases\.\d+\.given\.enterprise\.predicates\.taxes$/ }] },
    'a case of no predicate',
  );

  const parsed = parseProgramme(changed(enactedText, 'value: MONTHLY', 'value: WEEKLY'));
  const expected = enactedText.split('\n').indexOf('  value: MONTHLY') + 1;
  t.match(
    parsed,
    { ok: false, problems: [{ code: 'SHAPE', path: 'settlementCadence.value', line: expected }] },
    'the line is the file’s',
  );
  const nested = parseProgramme(changed(enactedText, 'basisPoints: 10000', 'basisPoints: 9999x'));
  const inside = enactedText.split('\n').findIndex((text) => text.includes('basisPoints: 10000')) + 1;
  t.match(nested, { ok: false, problems: [{ path: 'funders.value.0.basisPoints', line: inside }] });
});

void t.test('properties, from a seed', async (t) => {
  const seed = Number(process.env.SEED ?? 20_240_522);
  t.comment(`SEED=${seed}`);
  const settings = { seed, numRuns: 1000 };
  const fen = (most: bigint) => fc.oneof(fc.bigInt(0n, 100n), fc.bigInt(0n, most));
  const uncased = enactedText.replace(/\ncases:[\s\S]*/, '\n').split('basisPoints: 2000');
  const versionAt = new Map(
    [1, 1500, 2000, 3000, 3333, 6667, 9999, 10_000].map((rate) => [rate, read(uncased.join(`basisPoints: ${rate}`))]),
  );
  const rates = fc.constantFrom(...versionAt.entries());

  t.doesNotThrow(() => {
    fc.assert(
      fc.property(
        rates,
        fen(10n ** 17n),
        fen(MILLION),
        fen(MILLION),
        fen(MILLION),
        fc.option(fen(MILLION)),
        ([bp, version], base, ceilingLeft, claimedLeft, poolLeft, maximum) => {
          const limitsLeft = { [CONTRACT_CEILING]: ceilingLeft, claimed: claimedLeft };
          const facts = issueFacts(base, { limitsLeft, poolLeft, maximumFen: maximum ?? undefined });
          const evaluation = evaluateIssue(version, facts);
          if (evaluation.kind !== 'award') return true;
          const { amountFen, computedFen, cutOffFen, bound, explanation } = evaluation;
          const caps = [ceilingLeft, claimedLeft, poolLeft, ...(maximum === null ? [] : [maximum])];
          return (
            amountFen > 0n &&
            computedFen * 10_000n <= base * BigInt(bp) &&
            (computedFen + 1n) * 10_000n > base * BigInt(bp) &&
            caps.every((cap) => amountFen <= cap) &&
            (amountFen === computedFen || caps.includes(amountFen)) &&
            (bound === null) === (amountFen === computedFen) &&
            cutOffFen >= 0n &&
            amountFen + cutOffFen <= computedFen &&
            explanation.at(-1)?.result === formatYuan(amountFen)
          );
        },
      ),
      settings,
    );
  }, 'an award is the floor of rate × base, never above a cap, and its last step says it');

  interface Redeemed {
    amounts: bigint[];
    total: bigint;
  }
  const redeemAll = (
    version: ProgrammeVersion,
    contract: bigint,
    invoices: readonly bigint[],
    face: bigint,
    limit: bigint,
  ): Redeemed => {
    const amounts: bigint[] = [];
    let [base, total, cut] = [0n, 0n, 0n];
    for (const invoice of invoices) {
      const facts = redeemFacts(contract, invoice, {
        baseBeforeFen: base,
        redeemedAndReservedFen: total,
        cutOffBeforeFen: cut,
        voucher: { issuedOn: '2025-03-03', expiresOn: '2026-03-03', balanceFen: face - total },
        limitsLeft: { redeemed: limit - total },
      });
      const evaluation = evaluateRedemption(version, facts);
      if (evaluation.kind !== 'award') {
        // Nothing redeemed is nothing redeemed of this invoice; its base counts all the same where nothing was there to bind.
        if (evaluation.code === 'NOTHING_TO_REDEEM') base += invoice;
        amounts.push(0n);
        continue;
      }
      amounts.push(evaluation.amountFen);
      base += evaluation.baseFen;
      total += evaluation.amountFen;
      cut += evaluation.cutOffFen;
    }
    return { amounts, total };
  };
  const sum = (all: readonly bigint[]) => all.reduce((a, b) => a + b, 0n);
  const invoiceList = fc.array(fen(10n * MILLION), { minLength: 1, maxLength: 8 });
  const PLENTY = 10n ** 17n;

  t.doesNotThrow(() => {
    fc.assert(
      fc.property(rates, fen(50n * MILLION), invoiceList, ([bp, version], contract, invoices) => {
        const apart = redeemAll(version, contract, invoices, PLENTY, PLENTY);
        const together = redeemAll(version, contract, [sum(invoices)], PLENTY, PLENTY);
        const backwards = redeemAll(version, contract, [...invoices].reverse(), PLENTY, PLENTY);
        const settled = sum(invoices) < contract ? sum(invoices) : contract;
        return (
          apart.total === together.total && backwards.total === apart.total && apart.total === (settled * BigInt(bp)) / 10_000n
        );
      }),
      settings,
    );
  }, 'with nothing binding, invoices redeem what their sum would, in any order and however they are split');

  t.doesNotThrow(() => {
    fc.assert(
      fc.property(
        rates,
        fen(50n * MILLION),
        invoiceList,
        fen(MILLION),
        fen(MILLION),
        ([bp, version], contract, invoices, face, limit) => {
          const { amounts, total } = redeemAll(version, contract, invoices, face, limit);
          const settled = sum(invoices) < contract ? sum(invoices) : contract;
          const most = [face, limit, (settled * BigInt(bp)) / 10_000n].reduce((a, b) => (a < b ? a : b));
          return total <= most && amounts.every((amount, index) => amount >= 0n && amount <= (invoices[index] ?? 0n));
        },
      ),
      settings,
    );
  }, 'never more than the voucher, the limit, the rate of what was settled within the contract, or the invoice');
});
