// Evaluations a second in one thread: what the law costs without a database, beside the bare arithmetic of the same facts (the same
// lines at the same rates, summed and cut down to the fen, within the same caps), which explains nothing and checks nothing.
import { readFileSync } from 'node:fs';
import { floorWeighted, formatYuan, minFen } from '../src/money.js';
import { evaluateAward, evaluateIssue, evaluateRedemption, limitsTouched, nothingOnRecord } from '../src/programmes/evaluate.js';
import type { AwardFacts, Evaluation, IssueFacts, Line, RedemptionFacts, TouchedLimit } from '../src/programmes/evaluate.js';
import type { ProgrammeVersion } from '../src/programmes/language.js';
import { parseProgramme } from '../src/programmes/language.js';
import { nobody } from '../src/programmes/lines.js';
import type { Bench } from './measure.js';
import { median, type Row, row } from './report.js';

/**
 * Facts that differ, so that nothing is computed once and for all. Fields of their own stand before what is spread into them: V8 gives
 * every object to which fields are added after a spread a shape of its own, and whoever reads many of them reads each as if it were the first.
 */
const different = 1000;
const goal = 50_000;

interface Work {
  name: string;
  evaluate: (i: number) => Evaluation;
  /** Fen. */
  bare: (i: number) => bigint;
}

/** ISSUE and REDEEM by Zhengzhou's programme, AWARD by Binjiang's: 20 lines of both origins of chips. */
export function measureEvaluations({
  runs,
  seconds,
  problems,
  say,
}: Pick<Bench, 'runs' | 'seconds' | 'problems' | 'say'>): Row[] {
  return [issues(), redemptions(), awards()].flatMap(({ name, evaluate, bare }) => {
    for (let i = 0; i < different; i++) {
      const evaluation = evaluate(i);
      const amountFen = evaluation.kind === 'award' ? evaluation.amountFen : evaluation.code;
      if (amountFen !== bare(i)) problems.push(`${name}: ${String(amountFen)} evaluated, ${bare(i)} by bare arithmetic`);
    }
    say(`${name}: one thread`);
    const rates: number[] = [];
    const ofBare: number[] = [];
    // In turn, so that what the machine does meanwhile falls on both.
    for (let run = 0; run < runs; run++) {
      rates.push(perSecond(evaluate, seconds));
      ofBare.push(perSecond((i) => formatYuan(bare(i)), seconds / 3));
    }
    const against = { name: 'bare arithmetic', figure: median(ofBare) };
    return [row({ work: name, unit: '/s', runs: rates, against, goal: { of: 'figure', bound: { least: goal } } })];
  });
}

function perSecond(work: (i: number) => unknown, seconds: number): number {
  const now = () => performance.now();
  let kept: unknown;
  for (let i = 0; i < 20 * different; i++) kept = work(i % different);
  const [began, end] = [now(), now() + seconds * 1000];
  let done = 0;
  while (now() < end) {
    for (let i = 0; i < different; i++) kept = work(i);
    done += different;
  }
  if (kept === undefined) throw new Error('nothing was computed');
  return (done * 1000) / (now() - began);
}

function read(name: string): ProgrammeVersion {
  const parsed = parseProgramme(readFileSync(new URL(`../db/programmes/${name}.yaml`, import.meta.url), 'utf8'));
  if (!parsed.ok) throw new Error(`${name} does not read`);
  return parsed.version;
}

const MILLION = 100_000_000n;
const amountAt = (i: number) => 123_456_789n + BigInt(i) * 1_000_003n;
const line = (grossFen: bigint): Line => ({
  lineNo: 1,
  serviceItem: 'AI_COMPUTE',
  facilityId: null,
  chipOrigin: 'DOMESTIC',
  modelClass: null,
  netFen: grossFen,
  vatFen: 0n,
  grossFen,
});
const dealing = {
  provider: {
    legalPerson: 'PROVIDER',
    isRelated: false,
    isLocal: true,
    listings: [{ serviceItem: 'AI_COMPUTE' as const, from: '2023-01-01', to: null }],
  },
  facilities: [],
};
const terms = { id: 'CONTRACT', signedOn: '2025-01-15', filedOn: '2025-01-20', purpose: 'MODEL_RESEARCH' };
const leftOf = (touched: readonly TouchedLimit[]) =>
  Object.fromEntries(touched.map(({ limitId, amountFen }) => [limitId, amountFen ?? 0n]));
const applicantOf = (version: ProgrammeVersion) => ({
  ...nobody('USER'),
  predicates: Object.fromEntries(version.eligibility.map(({ id }) => [id, 'MET' as const])),
});

function issueFacts(version: ProgrammeVersion, i: number): IssueFacts {
  const facts: IssueFacts = {
    appliedOn: '2025-03-03',
    ...nothingOnRecord('2025-03-10'),
    enterprise: applicantOf(version),
    ...dealing,
    contract: { ...terms, lines: [line(amountAt(i))] },
    limitsLeft: {},
    poolLeft: 10n * MILLION,
    maximumFen: MILLION,
  };
  return { ...facts, limitsLeft: leftOf(limitsTouched(version, 'ISSUE', facts)) };
}

function issues(): Work {
  const version = read('zhengzhou/zhengzhou-compute.v2');
  const facts = Array.from({ length: different }, (_, i) => issueFacts(version, i));
  return {
    name: 'evaluations: ISSUE',
    evaluate: (i) => evaluateIssue(version, facts[i] as IssueFacts),
    bare: (i) => minFen(floorWeighted(amountAt(i) * 2_000n), MILLION, 10n * MILLION),
  };
}

function redemptions(): Work {
  const version = read('zhengzhou/zhengzhou-compute.v2');
  const facts = Array.from({ length: different }, (_, i): RedemptionFacts => {
    const contract = 4n * amountAt(i);
    const { poolLeft, maximumFen, ...at } = issueFacts(version, i);
    return {
      submittedOn: '2025-05-05',
      voucher: { issuedOn: '2025-03-10', expiresOn: '2026-03-10', balanceFen: minFen(poolLeft ?? 0n, maximumFen ?? 0n) },
      usage: { from: '2025-04-01', to: '2025-04-30' },
      lines: [line(amountAt(i))],
      paidFen: amountAt(i),
      baseBeforeFen: amountAt(i),
      cutOffBeforeFen: 0n,
      redeemedAndReservedFen: floorWeighted(amountAt(i) * 2_000n),
      ...at,
      bookedOn: '2025-05-05',
      contract: { ...terms, lines: [line(contract)] },
      limitsLeft: { redeemed: MILLION },
    };
  });
  return {
    name: 'evaluations: REDEEM',
    evaluate: (i) => evaluateRedemption(version, facts[i] as RedemptionFacts),
    bare: (i) => {
      const settled = minFen(2n * amountAt(i), 4n * amountAt(i));
      return minFen(floorWeighted(settled * 2_000n) - floorWeighted(amountAt(i) * 2_000n), MILLION, amountAt(i));
    },
  };
}

function awards(): Work {
  const version = read('binjiang/binjiang-compute.v2');
  const lines = (i: number) =>
    Array.from({ length: 20 }, (_, n) => ({
      usage: { from: '2025-06-01', to: '2025-06-30' },
      settledOn: '2025-07-15',
      ...line(amountAt(i) / 40n + BigInt(n)),
      lineNo: n + 1,
      chipOrigin: n % 2 === 0 ? ('DOMESTIC' as const) : ('NON_DOMESTIC' as const),
    }));
  const facts = Array.from({ length: different }, (_, i): AwardFacts => {
    const at: AwardFacts = {
      appliedOn: '2026-03-03',
      ...nothingOnRecord('2026-03-10'),
      baseYear: 2025,
      enterprise: applicantOf(version),
      matters: { PROJECT: 'one', PRODUCT: 'one', STANDARD: 'one', AWARD_SERIES: 'one' },
      limitsLeft: {},
      items: [{ ...dealing, contract: terms, lines: lines(i) }],
    };
    return { ...at, limitsLeft: leftOf(limitsTouched(version, 'AWARD', at)), poolLeft: 100n * MILLION };
  });
  return {
    name: 'evaluations: AWARD, 20 lines',
    evaluate: (i) => evaluateAward(version, facts[i] as AwardFacts),
    bare: (i) => {
      let weighted = 0n;
      for (const { grossFen, chipOrigin } of facts[i]?.items[0]?.lines ?? [])
        weighted += grossFen * (chipOrigin === 'DOMESTIC' ? 6_000n : 3_000n);
      return minFen(floorWeighted(weighted), 20n * MILLION, 100n * MILLION);
    },
  };
}
