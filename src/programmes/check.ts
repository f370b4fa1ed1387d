// Whether a programme file may be law here: it reads, every case in it comes out as it says, and nothing that a programme in force
// needs is left open. Pure: for the service, which checks before it publishes, and for a bureau that writes its own file.
import type { ProgrammeCase } from '../../schemas/programmes.js';
import { addDays, addMonths, yearOf } from '../calendar.js';
import type { Day } from '../calendar.js';
import { formatYuan, parseYuan, sumFen } from '../money.js';
import type { Fen } from '../money.js';
import { allocate } from './allocate.js';
import { underControls } from './controls.js';
import { evaluateAward, evaluateIssue, evaluateRedemption, limitsTouched, priorityRank, voucherExpiresOn } from './evaluate.js';
import type { AwardFacts, Circumstances, Evaluation, Facility, Line, LimitFacts, Provider, TouchedLimit } from './evaluate.js';
import { lineFinding } from './lines.js';
import type { Applicant } from './lines.js';
import { requiredParameters } from './explain.js';
import type { RequiredParameter } from './explain.js';
import { dependsOnChips, documentName, lawOn, linesIn, parseProgramme } from './language.js';
import type { Bilingual, Law, Matter, ProgrammeProblem, ProgrammeVersion } from './language.js';
import { asProblems, wideningsWithin } from './narrowing.js';

/**
 * Reads a programme file and runs its cases. Refused with every problem and its line when it does not read, when a case fails, when a
 * value widens what a higher document gives, or, if it is ENACTED, when it could not be activated. What a text that is no law misses
 * comes with it in `missing`: it can be tried, not activated.
 */
export function checkProgramme(
  text: string,
): { ok: true; version: ProgrammeVersion; missing: ProgrammeProblem[] } | { ok: false; problems: ProgrammeProblem[] } {
  const parsed = parseProgramme(text);
  if (!parsed.ok) return parsed;
  const { version } = parsed;
  const problems = [
    ...asProblems(wideningsWithin(version)),
    ...(version.status === 'ENACTED' ? [...missingParameters(version), ...caseProblems(version)] : failedCases(version)),
  ];
  const lineOf = linesIn(text);
  return problems.length > 0
    ? { ok: false, problems: problems.map((problem) => ({ ...problem, line: lineOf(problem.path) })) }
    : { ok: true, version, missing: missingParameters(version) };
}

/**
 * Everything in its own text that keeps this version from being activated: it is not enacted, a required parameter is missing
 * («政策未规定», by name and article), a value widens what a higher document gives, a case fails, or a day on which the law changes
 * has no case.
 */
export function activationProblems(version: ProgrammeVersion): ProgrammeProblem[] {
  const notEnacted: ProgrammeProblem[] =
    version.status === 'ENACTED'
      ? []
      : [
          {
            code: 'NOT_ENACTED',
            path: 'status',
            line: null,
            zh: version.status === 'DRAFT' ? '征求意见稿尚未印发，只能试算' : '政策已废止',
            en: version.status === 'DRAFT' ? 'a draft for comment is not law: it can only be tried' : 'the programme is repealed',
          },
        ];
  return [...notEnacted, ...missingParameters(version), ...asProblems(wideningsWithin(version)), ...caseProblems(version)];
}

/** What the text does not give on the first day it is in force, or at all, and no programme may be in force without. */
export function missingParameters(version: ProgrammeVersion): ProgrammeProblem[] {
  const law = version.inForce === null ? version.laws[0] : lawOn(version, version.inForce.from);
  const { article } = version.basis;
  const document = documentName(version, version.basis);
  const flow = law.flow?.value ?? 'VOUCHER';
  return (Object.keys(requiredParameters) as RequiredParameter[])
    .filter((parameter) => requiredParameters[parameter].of.some((of) => of === flow))
    .filter((parameter) => (version.kind === 'PROGRAMME' || parameter === 'inForce') && !isGiven(version, law, parameter))
    .map((parameter) => {
      const ask = parameter === 'inForce' ? candidatesFor(version) : { zh: '', en: '' };
      return {
        code: 'MISSING_PARAMETER',
        path: parameter,
        line: null,
        zh: `政策未规定：${requiredParameters[parameter].zh}（${document}${article}未作规定，须由实施细则或通知补充）${ask.zh}`,
        en: `not given: ${requiredParameters[parameter].en} (${document} ${article} is silent; a notice must give and cite it)${ask.en}`,
      };
    });
}

/** The days that «自公布之日起 n 日后» may mean: the day of publication is not counted, and the n-th day may or may not be the first. */
function candidateDays({ inForceAfter, documents, basis }: ProgrammeVersion): Day[] {
  const published = documents[basis.document]?.issuedOn ?? null;
  if (inForceAfter === null || published === null) return [];
  return [addDays(published, inForceAfter.days), addDays(published, inForceAfter.days + 1)];
}

function candidatesFor(version: ProgrammeVersion): Bilingual {
  const days = candidateDays(version);
  if (days.length === 0) return { zh: '', en: '' };
  return {
    zh: `；可能为 ${days.join(' 或 ')}，由发文机关确定`,
    en: `; it may be ${days.join(' or ')}: the issuing authority says which`,
  };
}

/**
 * What is lawful and yet unusual, for a person to look at: a first day that is none of those its own text may mean, and a last day that
 * is not one either.
 */
export function warningsOf(version: ProgrammeVersion): ProgrammeProblem[] {
  return [...unusualFirstDay(version), ...unusualLastDay(version)];
}

/** «有效期三年» from a day on ends on the corresponding day (民法典 202: the first day is not counted), or on the day before it. */
function unusualLastDay({ inForce, inForceFor }: ProgrammeVersion): ProgrammeProblem[] {
  if (inForce === null || inForceFor === null) return [];
  const corresponding = addMonths(inForce.from, 12 * inForceFor.years);
  const days = [addDays(corresponding, -1), corresponding];
  if (inForce.to !== null && days.includes(inForce.to)) return [];
  const { years } = inForceFor;
  return [
    {
      code: 'UNUSUAL',
      path: 'inForce.to',
      line: null,
      zh: `失效日 ${inForce.to ?? '未写'} 与“有效期 ${years} 年”不符（${days.join(' 或 ')}），请核实`,
      en: `in force until ${inForce.to ?? 'no day'}, while ${years} years would end on ${days.join(' or ')}: to be looked at`,
    },
  ];
}

function unusualFirstDay(version: ProgrammeVersion): ProgrammeProblem[] {
  const days = candidateDays(version);
  const from = version.inForce?.from;
  if (from === undefined || days.length === 0 || days.includes(from)) return [];
  return [
    {
      code: 'UNUSUAL',
      path: 'inForce.from',
      line: null,
      zh: `施行日 ${from} 与“公布之日起 ${version.inForceAfter?.days} 日后”不符（${days.join(' 或 ')}），请核实`,
      en: `in force from ${from}, while ${version.inForceAfter?.days} days after publication would be ${days.join(' or ')}: to be looked at`,
    },
  ];
}

function isGiven(version: ProgrammeVersion, law: Law, parameter: RequiredParameter): boolean {
  if (parameter === 'inForce') return version.inForce !== null;
  if (parameter === 'limits') return law.limits.length > 0 || law.maxAward !== null;
  if (parameter === 'mixedChips' && !dependsOnChips(law)) return true;
  return law[parameter] !== null;
}

function caseProblems(version: ProgrammeVersion): ProgrammeProblem[] {
  if (version.cases.length === 0)
    return [{ code: 'NO_CASES', path: 'cases', line: null, zh: '没有用例，无从核对', en: 'there are no cases to hold it to' }];
  return [...failedCases(version), ...edgesWithoutCase(version)];
}

/** A value that holds from a day is shown by a case on that day and one on the day before; a limit or stacking rule by a case that it binds. */
function edgesWithoutCase(version: ProgrammeVersion): ProgrammeProblem[] {
  const problem = (path: string, zh: string, en: string): ProgrammeProblem => ({
    code: 'EDGE_WITHOUT_CASE',
    path,
    line: null,
    zh,
    en,
  });
  const shown = new Set(version.cases.flatMap(daysOf));
  const { inForce } = version;
  const changes = version.laws.map(({ from }) => from);
  const firstDays =
    inForce === null
      ? changes.slice(1)
      : [
          inForce.from,
          ...changes.filter((day) => day > inForce.from && (inForce.to === null || day <= inForce.to)),
          ...(inForce.to === null ? [] : [addDays(inForce.to, 1)]),
        ];
  const nextDays = new Set(firstDays);
  const days = [...new Set(firstDays.flatMap((day) => [addDays(day, -1), day]))].filter((day) => !shown.has(day));

  const bound = new Set(
    version.cases.flatMap((one) => {
      if (one.stage === 'ALLOCATE') return [];
      return (Array.isArray(one.expect) ? one.expect : [one.expect]).map((expected) => expected.bound);
    }),
  );
  const binding = version.laws.flatMap((law) => [
    ...law.limits.map(({ id }) => id),
    ...law.stacking.flatMap(({ id, strategy }) => (strategy.startsWith('ONE_') ? [] : [id])),
    ...(law.maxAward === null ? [] : ['MAX_AWARD']),
  ]);
  const limits = [...new Set(binding)].filter((id) => !bound.has(id));
  return [
    ...days.map((day) =>
      problem(
        'cases',
        `规定在 ${day} ${nextDays.has(day) ? '起' : '后'}不同：应有一例的申请日（appliedOn）为这一天`,
        `the law changes ${nextDays.has(day) ? 'on' : 'after'} ${day}: a case of that very day (appliedOn) is missing`,
      ),
    ),
    ...limits.map((id) =>
      problem(
        'cases',
        `没有受限额“${id}”限制的用例：应有一例的 expect 写明 bound: ${id}`,
        `no case is bound by the limit ${id}: one has to expect bound: ${id}`,
      ),
    ),
  ];
}

function daysOf(one: ProgrammeCase): Day[] {
  const { appliedOn } = one.given;
  switch (one.stage) {
    case 'ISSUE':
      return [appliedOn, one.given.issuedOn ?? appliedOn, one.given.contract.signedOn ?? appliedOn];
    case 'REDEEM':
      return [appliedOn, one.given.issuedOn ?? appliedOn, ...one.given.invoices.flatMap(({ bookedOn }) => bookedOn ?? [])];
    case 'AWARD':
      return [appliedOn, one.given.awardedOn ?? appliedOn];
    case 'ALLOCATE':
      return [appliedOn];
  }
}

function failedCases(version: ProgrammeVersion): ProgrammeProblem[] {
  return version.cases.flatMap((one, index) => {
    const { expected, found } = runCase(version, one);
    return expected === found
      ? []
      : [
          {
            code: 'CASE_FAILED' as const,
            path: `cases.${index}`,
            line: null,
            zh: `用例“${one.name}”：应为 ${expected}，实为 ${found}`,
            en: `the case “${one.name}”: expected ${expected}, found ${found}`,
          },
        ];
  });
}

/**
 * Runs one case. Both outcomes in one form: `400000.00`, `150000.00 (claimed)`, `NOTHING_TO_AWARD`; several joined by ` + `. An
 * allocation has amounts and no evaluation.
 */
export function runCase(
  version: ProgrammeVersion,
  one: ProgrammeCase,
): { expected: string; found: string; evaluations: Evaluation[] } {
  if (one.stage === 'ALLOCATE')
    return {
      expected: one.expect.join(' + '),
      found: allocateGiven(version, one.given)?.join(' + ') ?? 'PARAMETER_MISSING',
      evaluations: [],
    };
  const evaluations = evaluateGiven(version, one);
  const expected = Array.isArray(one.expect) ? one.expect : [one.expect];
  return {
    expected: expected
      .map(({ award, bound, refused }) => refused ?? `${award}${bound === undefined ? '' : ` (${bound})`}`)
      .join(' + '),
    found: evaluations.map(outcomeOf).join(' + '),
    evaluations,
  };
}

/** A trial in the words of a case, what is not given is plain: one evaluation, or one for each invoice in turn for REDEEM. */
export function evaluateGiven(
  version: ProgrammeVersion,
  trial: { stage: 'ISSUE'; given: IssueGiven } | { stage: 'REDEEM'; given: RedeemGiven } | { stage: 'AWARD'; given: AwardGiven },
): Evaluation[] {
  const law = version.kind === 'GENERAL_CONTROLS' ? underControls(plainProgramme(version), [version]) : version;
  if (trial.stage === 'ISSUE') return [runIssue(law, trial.given)];
  return trial.stage === 'REDEEM' ? runRedemptions(law, trial.given) : [runAward(law, trial.given)];
}

/** General controls award nothing: their cases are on what some programme computed, here the whole of a contract. */
function plainProgramme(controls: ProgrammeVersion): ProgrammeVersion {
  const cite = controls.basis;
  const [first] = controls.laws;
  return {
    ...controls,
    kind: 'PROGRAMME',
    programme: 'plain',
    eligibility: [],
    materials: [],
    laws: [
      {
        ...first,
        flow: { value: 'VOUCHER', cite },
        base: { value: 'CONTRACT_AMOUNT', cite },
        amountBasis: { value: 'GROSS', cite },
        rate: { value: { kind: 'EXACT', tiers: [{ when: null, basisPoints: 10_000 }], flat: 10_000 }, cite },
        limits: [],
        stacking: [],
      },
    ],
  };
}

/**
 * Amounts of an allocation in the words of a case, in the order of the claims, each accepted after the one before; null where the law
 * gives none.
 */
export function allocateGiven(version: ProgrammeVersion, { appliedOn, poolLeft, claims }: AllocateGiven): string[] | null {
  const strategy = lawOn(version, appliedOn).allocation?.value;
  if (strategy === undefined) return null;
  const shares = allocate(
    strategy,
    fenOf(poolLeft),
    claims.map(({ approved, classes, score }, index) => ({
      id: String(index),
      approvedFen: fenOf(approved),
      rank: priorityRank(version, appliedOn, classes ?? []),
      score: score ?? null,
      acceptedAt: String(index).padStart(9, '0'),
    })),
  );
  return claims.map((_, index) => formatYuan(shares.find(({ id }) => id === String(index))?.amountFen ?? 0n));
}

function outcomeOf(evaluation: Evaluation): string {
  if (evaluation.kind !== 'award') return evaluation.code;
  return `${formatYuan(evaluation.amountFen)}${evaluation.bound === null ? '' : ` (${evaluation.bound})`}`;
}

type IssueGiven = Extract<ProgrammeCase, { stage: 'ISSUE' }>['given'];
type RedeemGiven = Extract<ProgrammeCase, { stage: 'REDEEM' }>['given'];
type AwardGiven = Extract<ProgrammeCase, { stage: 'AWARD' }>['given'];
type AllocateGiven = Extract<ProgrammeCase, { stage: 'ALLOCATE' }>['given'];
type Given = IssueGiven | RedeemGiven | AwardGiven;

function runIssue(version: ProgrammeVersion, given: IssueGiven): Evaluation {
  const at = circumstances(version, given, given.issuedOn ?? given.appliedOn);
  return evaluateIssue(version, {
    ...at,
    limitsLeft: leftOf(limitsTouched(version, 'ISSUE', at), given),
    poolLeft: given.poolLeft === undefined ? undefined : fenOf(given.poolLeft),
    approvedBasisPoints: given.approvedBasisPoints,
    requestedFen: given.requested === undefined ? undefined : fenOf(given.requested),
    maximumFen: given.maximum === undefined ? undefined : fenOf(given.maximum),
  });
}

function runAward(version: ProgrammeVersion, given: AwardGiven): Evaluation {
  const { appliedOn, awardedOn, items } = given;
  const baseYear = yearOf(appliedOn) - 1;
  const plainDay = `${baseYear}-07-01`;
  const law = lawOn(version, appliedOn);
  // Numbered throughout, as those of an application are.
  let made = 0;
  const lines = items.map((item) => linesOf(version, given, item).map((line) => ({ ...line, lineNo: ++made })));
  const { enterprise } = applicantOf(version, given, appliedOn);
  const at: AwardFacts = {
    appliedOn,
    enterprise: { ...enterprise, predicates: { ...enterprise.predicates, ...findingsOfItems(items, lines) } },
    ...limitFactsOf(law, given, awardedOn ?? appliedOn),
    baseYear,
    limitsLeft: {},
    items: items.map((item, index) => {
      const used = item.usedFrom ?? plainDay;
      const usage = { from: used, to: item.usedTo ?? used };
      const settledOn = item.paidInFull === false ? null : (item.settledOn ?? (used > plainDay ? usage.to : plainDay));
      return {
        provider: providerOf(law, item.provider ?? given.provider),
        contract: {
          id: `contract ${index + 1}`,
          signedOn: item.signedOn ?? used,
          filedOn: item.filed === false ? null : (item.filedOn ?? item.signedOn ?? used),
          purpose: item.purpose ?? law.purposes?.value[0] ?? 'MODEL_RESEARCH',
        },
        facilities: facilitiesOf(law, given),
        lines: (lines[index] ?? []).map((line) => ({ ...line, usage, settledOn })),
      };
    }),
  };
  return evaluateAward(version, {
    ...at,
    limitsLeft: leftOf(limitsTouched(version, 'AWARD', at), given),
    poolLeft: given.poolLeft === undefined ? undefined : fenOf(given.poolLeft),
    approvedFen: given.approved === undefined ? undefined : fenOf(given.approved),
    requestedFen: given.requested === undefined ? undefined : fenOf(given.requested),
    maximumFen: given.maximum === undefined ? undefined : fenOf(given.maximum),
  });
}

/** What is said of the conditions on single items, under the names of their lines; what is not recorded of one is not met by it. */
const findingsOfItems = (
  items: AwardGiven['items'],
  lines: readonly (readonly Line[])[],
): Applicant['enterprise']['predicates'] =>
  Object.fromEntries(
    items.flatMap(({ predicates = {} }, index) =>
      Object.entries(predicates).flatMap(([id, state]) =>
        (lines[index] ?? []).map(
          ({ lineNo }) => [lineFinding(id, lineNo), state === 'NOT_RECORDED' ? 'NOT_MET' : state] as const,
        ),
      ),
    ),
  );

/** What `used` leaves of limits whose number is known. */
const leftOf = (touched: readonly TouchedLimit[], { used }: Given): Record<string, Fen> =>
  Object.fromEntries(
    touched.flatMap(({ limitId, amountFen }) =>
      amountFen === null ? [] : [[limitId, amountFen - fenOf(used?.[limitId] ?? '0.00')]],
    ),
  );

/** One invoice after the other; what one redeems, the next finds redeemed. `used` counts in the first one's window. */
function runRedemptions(version: ProgrammeVersion, given: RedeemGiven): Evaluation[] {
  const issuedOn = given.issuedOn ?? given.appliedOn;
  const expiresOn = given.voucher.expiresOn ?? voucherExpiresOn(version, given.appliedOn, issuedOn) ?? '9999-12-31';
  let balanceFen = fenOf(given.voucher.face);
  let [baseBeforeFen, weightedBefore, redeemedAndReservedFen, cutOffBeforeFen] = [0n, 0n, 0n, 0n];
  const spent = new Map<string, Fen>();
  const spentOf = ({ limitId, window }: TouchedLimit) => spent.get(`${limitId} ${window}`) ?? 0n;

  return given.invoices.map((invoice, index) => {
    const bookedOn = invoice.bookedOn ?? invoice.submittedOn ?? issuedOn;
    const at = circumstances(version, given, bookedOn);
    const lines = linesOf(version, given, invoice);
    const touched = limitsTouched(version, 'REDEEM', at);
    const spend = (limit: TouchedLimit, amount: Fen) => spent.set(`${limit.limitId} ${limit.window}`, spentOf(limit) + amount);
    if (index === 0) for (const limit of touched) spend(limit, fenOf(given.used?.[limit.limitId] ?? '0.00'));

    const evaluation = evaluateRedemption(version, {
      ...at,
      submittedOn: invoice.submittedOn ?? bookedOn,
      voucher: { issuedOn, expiresOn, balanceFen, approvedBasisPoints: given.voucher.approvedBasisPoints },
      usage: { from: invoice.usedFrom ?? issuedOn, to: invoice.usedTo ?? invoice.usedFrom ?? issuedOn },
      lines,
      paidFen: invoice.paid === undefined ? sumFen(lines.map((line) => line.grossFen)) : fenOf(invoice.paid),
      baseBeforeFen,
      weightedBefore,
      redeemedAndReservedFen,
      cutOffBeforeFen,
      limitsLeft: Object.fromEntries(
        touched.flatMap((limit) => (limit.amountFen === null ? [] : [[limit.limitId, limit.amountFen - spentOf(limit)]])),
      ),
      requestedFen: invoice.requested === undefined ? undefined : fenOf(invoice.requested),
      maximumFen: invoice.maximum === undefined ? undefined : fenOf(invoice.maximum),
    });
    if (evaluation.kind === 'award') {
      balanceFen -= evaluation.amountFen;
      baseBeforeFen += evaluation.baseFen;
      weightedBefore += evaluation.weighted;
      redeemedAndReservedFen += evaluation.amountFen;
      cutOffBeforeFen += evaluation.cutOffFen;
      for (const limit of touched) spend(limit, evaluation.amountFen);
    }
    return evaluation;
  });
}

const USER = 'the user';
const PROVIDER = 'the provider';
const FACILITY = 'facility';

const matters: Record<Matter, string> = {
  PROJECT: 'the project',
  PRODUCT: 'the product',
  STANDARD: 'the standard',
  AWARD_SERIES: 'the series of awards',
};
/** A figure so large that it binds nothing. */
const boundlessFen = 10n ** 16n;

/** The plain world of a case, with what the case says otherwise. */
function circumstances(version: ProgrammeVersion, given: IssueGiven | RedeemGiven, bookedOn: Day): Circumstances {
  const { appliedOn, contract } = given;
  const law = lawOn(version, appliedOn);
  const signedOn = contract.signedOn ?? appliedOn;
  return {
    ...applicantOf(version, given, appliedOn),
    ...limitFactsOf(law, given, bookedOn),
    provider: providerOf(law, given.provider),
    facilities: facilitiesOf(law, given),
    contract: {
      id: 'the contract',
      signedOn,
      filedOn: contract.filed === false ? null : (contract.filedOn ?? signedOn),
      purpose: contract.purpose ?? law.purposes?.value[0] ?? 'MODEL_RESEARCH',
      lines: linesOf(version, given, contract),
    },
  };
}

/** Every predicate met, of the first kind that the law supports, and of no class. */
function applicantOf(version: ProgrammeVersion, { enterprise }: Given, appliedOn: Day): Applicant {
  const law = lawOn(version, appliedOn);
  const recorded = version.eligibility.map(({ id }) => [id, enterprise?.predicates?.[id] ?? 'MET'] as const);
  const met = recorded.flatMap(([id, state]) => (state === 'NOT_RECORDED' ? [] : [[id, state] as const]));
  return {
    appliedOn,
    enterprise: {
      legalPerson: USER,
      kind: enterprise?.kind ?? law.beneficiaryKinds?.value[0] ?? 'ENTERPRISE',
      classes: enterprise?.classes ?? [],
      establishedOn: enterprise?.establishedOn ?? null,
      isListedProvider: enterprise?.isListedProvider ?? false,
      oneEnterpriseOnePolicy: enterprise?.oneEnterpriseOnePolicy ?? false,
      predicates: Object.fromEntries(met),
    },
  };
}

/** It names one of each matter, every figure is on record and binds nothing, and nothing comes from above. */
function limitFactsOf(law: Law, given: Given, bookedOn: Day): LimitFacts {
  const amounts = (of: Record<string, string> | undefined) =>
    Object.fromEntries(Object.entries(of ?? {}).map(([id, yuan]) => [id, fenOf(yuan)]));
  const known = law.limits.filter(({ id, figure }) => figure !== null && given.unknownFigures?.includes(id) !== true);
  return {
    bookedOn,
    matters: given.matters ?? matters,
    figures: { ...Object.fromEntries(known.map(({ id }) => [id, boundlessFen])), ...amounts(given.figures) },
    upstream: { supported: given.upstream !== undefined, amountFen: fenOf(given.upstream ?? '0.00') },
    raised: amounts(given.raised),
    firstAwardYears: given.firstAwardYears ?? {},
  };
}

const providerOf = (law: Law, provider: AwardGiven['provider']): Provider => {
  const listed = { from: provider?.listedFrom ?? '0001-01-01', to: provider?.listedTo ?? null };
  return {
    legalPerson: provider?.isEnterprise === true ? USER : PROVIDER,
    listings: (law.serviceItems?.value ?? []).map((serviceItem) => ({ serviceItem, ...listed })),
    isRelated: provider?.isRelated ?? false,
    isLocal: provider?.isLocal ?? true,
  };
};

const facilitiesOf = (law: Law, { facilities }: Given): Facility[] =>
  facilities === undefined ? [plainFacility(law)] : Object.entries(facilities).map(([id, seen]) => facilityOf(id, seen));

/** A facility that just meets the first of the law's conditions. */
function plainFacility(law: Law): Facility {
  const condition = law.facilityConditions?.value[0] ?? { kind: 'SUPERCOMPUTING' };
  return {
    id: FACILITY,
    kind: condition.kind,
    ownerLegalPerson: PROVIDER,
    operatorLegalPerson: PROVIDER,
    observations: [
      {
        observedOn: '0001-01-01',
        pflops: condition.kind === 'AI_COMPUTING' ? condition.pflopsAtLeast : null,
        precision: condition.kind === 'AI_COMPUTING' ? condition.precision : null,
        standardRacks: condition.kind === 'DATA_CENTER' ? condition.standardRacksAtLeast : null,
        inService: true,
      },
    ],
  };
}

function facilityOf(id: string, seen: NonNullable<IssueGiven['facilities']>[string]): Facility {
  return {
    id,
    kind: seen.kind,
    ownerLegalPerson: seen.ownedByEnterprise === true ? USER : PROVIDER,
    operatorLegalPerson: seen.operatedByEnterprise === true ? USER : PROVIDER,
    observations: seen.observations.map(({ observedOn, pflops, precision, standardRacks, inService }) => ({
      observedOn,
      pflops: pflops ?? null,
      precision: precision ?? null,
      standardRacks: standardRacks ?? null,
      inService: inService ?? true,
    })),
  };
}

/**
 * One line for a plain amount. A line that names none is used at the first facility, for the first service item that counts, on chips
 * of the origin that the rate names first.
 */
function linesOf(version: ProgrammeVersion, { appliedOn, facilities }: Given, given: IssueGiven['contract']): Line[] {
  const law = lawOn(version, appliedOn);
  const serviceItem = law.serviceItems?.value[0] ?? 'AI_COMPUTE';
  const chipOrigin = law.rate?.value.tiers[0]?.when?.chipOrigin ?? 'DOMESTIC';
  const facilityId = Object.keys(facilities ?? {})[0] ?? FACILITY;
  return (given.lines ?? [{ gross: given.amount ?? '0.00' }]).map((line, index) => {
    const grossFen = line.gross.startsWith('-') ? -fenOf(line.gross.slice(1)) : fenOf(line.gross);
    const vatFen = fenOf(line.vat ?? '0.00');
    return {
      lineNo: index + 1,
      serviceItem: line.serviceItem ?? serviceItem,
      facilityId: line.facility ?? facilityId,
      chipOrigin: line.chipOrigin === 'UNKNOWN' ? null : (line.chipOrigin ?? chipOrigin),
      modelClass: line.modelClass ?? null,
      netFen: grossFen - vatFen,
      vatFen,
      grossFen,
    };
  });
}

function fenOf(yuan: string): Fen {
  const fen = parseYuan(yuan);
  if (fen === null) throw new Error(`the schema let an amount through that is none: ${yuan}`);
  return fen;
}
