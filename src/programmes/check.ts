// Whether a programme file may be law here: it reads, every case in it comes out as it says, and nothing that a programme in force
// needs is left open. Pure: for the service, which checks before it publishes, and for a bureau that writes its own file.
import type { ProgrammeCase } from '../../schemas/programmes.js';
import { addDays } from '../calendar.js';
import type { Day } from '../calendar.js';
import { formatYuan, parseYuan, sumFen } from '../money.js';
import type { Fen } from '../money.js';
import { evaluateIssue, evaluateRedemption, limitsTouched, voucherExpiresOn } from './evaluate.js';
import type { Circumstances, Evaluation, Facility, Line, TouchedLimit } from './evaluate.js';
import { requiredParameters } from './explain.js';
import type { RequiredParameter } from './explain.js';
import { documentName, lawOn, parseProgramme } from './language.js';
import type { Law, ProgrammeProblem, ProgrammeVersion } from './language.js';

/**
 * Reads a programme file and runs its cases. Refused with every problem when it does not read, when a case fails, or, unless it is a
 * DRAFT, when it could not be activated. What a DRAFT still misses comes with it in `missing`: it can be tried, not activated.
 */
export function checkProgramme(
  text: string,
): { ok: true; version: ProgrammeVersion; missing: ProgrammeProblem[] } | { ok: false; problems: ProgrammeProblem[] } {
  const parsed = parseProgramme(text);
  if (!parsed.ok) return parsed;
  const { version } = parsed;
  const problems = version.status === 'DRAFT' ? failedCases(version) : [...missingParameters(version), ...caseProblems(version)];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, version, missing: missingParameters(version) };
}

/**
 * Everything that keeps this version from being activated: its text is not enacted, a required parameter is missing («政策未规定», by
 * name and article), a case fails, or a day on which the law changes has no case.
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
  return [...notEnacted, ...missingParameters(version), ...caseProblems(version)];
}

/** What the text does not give on the first day it is in force, or at all, and no programme may be in force without. */
export function missingParameters(version: ProgrammeVersion): ProgrammeProblem[] {
  const law = version.inForce === null ? version.laws[0] : lawOn(version, version.inForce.from);
  const { article } = version.basis;
  const document = documentName(version, version.basis);
  return (Object.keys(requiredParameters) as RequiredParameter[])
    .filter((parameter) => !isGiven(version, law, parameter))
    .map((parameter) => ({
      code: 'MISSING_PARAMETER',
      path: parameter,
      line: null,
      zh: `政策未规定：${requiredParameters[parameter].zh}（${document}${article}未作规定，须由实施细则或通知补充）`,
      en: `not given: ${requiredParameters[parameter].en} (${document} ${article} is silent; a notice must give and cite it)`,
    }));
}

function isGiven(version: ProgrammeVersion, law: Law, parameter: RequiredParameter): boolean {
  if (parameter === 'inForce') return version.inForce !== null;
  if (parameter === 'limits') return law.limits.length > 0;
  return law[parameter] !== null;
}

function caseProblems(version: ProgrammeVersion): ProgrammeProblem[] {
  if (version.cases.length === 0)
    return [{ code: 'NO_CASES', path: 'cases', line: null, zh: '没有用例，无从核对', en: 'there are no cases to hold it to' }];
  return [...failedCases(version), ...edgesWithoutCase(version)];
}

/** A value that holds from a day is shown by a case on that day and one on the day before; a limit by a case that it binds. */
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
  const days = [...new Set(firstDays.flatMap((day) => [addDays(day, -1), day]))].filter((day) => !shown.has(day));

  const bound = new Set(
    version.cases.flatMap((one) => (one.stage === 'ISSUE' ? [one.expect.bound] : one.expect.map((expected) => expected.bound))),
  );
  const limits = [...new Set(version.laws.flatMap((law) => law.limits.map(({ id }) => id)))].filter((id) => !bound.has(id));
  return [
    ...days.map((day) =>
      problem('cases', `${day} 前后规定不同，应有当日的用例`, `the law changes around ${day}: a case on that day is missing`),
    ),
    ...limits.map((id) => problem('cases', `没有受限额“${id}”限制的用例`, `no case is bound by the limit ${id}`)),
  ];
}

function daysOf(one: ProgrammeCase): Day[] {
  const { appliedOn, issuedOn } = one.given;
  const booked = one.stage === 'REDEEM' ? one.given.invoices.flatMap(({ bookedOn }) => bookedOn ?? []) : [];
  return [appliedOn, ...(issuedOn === undefined ? [] : [issuedOn]), ...booked];
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

/** Runs one case. Both outcomes in one form: `400000.00`, `150000.00 (claimed)`, `NOTHING_TO_AWARD`; several joined by ` + `. */
export function runCase(
  version: ProgrammeVersion,
  one: ProgrammeCase,
): { expected: string; found: string; evaluations: Evaluation[] } {
  const evaluations = evaluateGiven(version, one);
  const expected = one.stage === 'ISSUE' ? [one.expect] : one.expect;
  return {
    expected: expected
      .map(({ award, bound, refused }) => refused ?? `${award}${bound === undefined ? '' : ` (${bound})`}`)
      .join(' + '),
    found: evaluations.map(outcomeOf).join(' + '),
    evaluations,
  };
}

/** A trial in the words of a case: what is not given is plain. One evaluation for ISSUE, one for each invoice in turn for REDEEM. */
export function evaluateGiven(
  version: ProgrammeVersion,
  trial: { stage: 'ISSUE'; given: IssueGiven } | { stage: 'REDEEM'; given: RedeemGiven },
): Evaluation[] {
  return trial.stage === 'ISSUE' ? [runIssue(version, trial.given)] : runRedemptions(version, trial.given);
}

function outcomeOf(evaluation: Evaluation): string {
  if (evaluation.kind !== 'award') return evaluation.code;
  return `${formatYuan(evaluation.amountFen)}${evaluation.bound === null ? '' : ` (${evaluation.bound})`}`;
}

type IssueGiven = Extract<ProgrammeCase, { stage: 'ISSUE' }>['given'];
type RedeemGiven = Extract<ProgrammeCase, { stage: 'REDEEM' }>['given'];

function runIssue(version: ProgrammeVersion, given: IssueGiven): Evaluation {
  const at = circumstances(version, given, given.issuedOn ?? given.appliedOn);
  return evaluateIssue(version, {
    ...at,
    limitsLeft: Object.fromEntries(
      limitsTouched(version, 'ISSUE', at).map(({ limitId, amountFen }) => [
        limitId,
        amountFen - fenOf(given.used?.[limitId] ?? '0.00'),
      ]),
    ),
    poolLeft: given.poolLeft === undefined ? undefined : fenOf(given.poolLeft),
    approvedBasisPoints: given.approvedBasisPoints,
    requestedFen: given.requested === undefined ? undefined : fenOf(given.requested),
    maximumFen: given.maximum === undefined ? undefined : fenOf(given.maximum),
  });
}

/** One invoice after the other; what one redeems, the next finds redeemed. `used` counts in the first one's window. */
function runRedemptions(version: ProgrammeVersion, given: RedeemGiven): Evaluation[] {
  const issuedOn = given.issuedOn ?? given.appliedOn;
  const expiresOn = given.voucher.expiresOn ?? voucherExpiresOn(version, given.appliedOn, issuedOn) ?? '9999-12-31';
  let balanceFen = fenOf(given.voucher.face);
  let [baseBeforeFen, redeemedAndReservedFen, cutOffBeforeFen] = [0n, 0n, 0n];
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
      redeemedAndReservedFen,
      cutOffBeforeFen,
      limitsLeft: Object.fromEntries(touched.map((limit) => [limit.limitId, limit.amountFen - spentOf(limit)])),
      requestedFen: invoice.requested === undefined ? undefined : fenOf(invoice.requested),
      maximumFen: invoice.maximum === undefined ? undefined : fenOf(invoice.maximum),
    });
    if (evaluation.kind === 'award') {
      balanceFen -= evaluation.amountFen;
      baseBeforeFen += evaluation.baseFen;
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

/** The plain world of a case, with what the case says otherwise. */
function circumstances(version: ProgrammeVersion, given: IssueGiven | RedeemGiven, bookedOn: Day): Circumstances {
  const { appliedOn, contract, provider, enterprise, facilities } = given;
  const law = lawOn(version, appliedOn);
  const recorded = version.eligibility.map(({ id }) => [id, enterprise?.predicates[id] ?? 'MET'] as const);
  const met = recorded.flatMap(([id, state]) => (state === 'NOT_RECORDED' ? [] : [[id, state] as const]));
  const listed = { from: provider?.listedFrom ?? '0001-01-01', to: provider?.listedTo ?? null };
  return {
    appliedOn,
    bookedOn,
    enterprise: { legalPerson: USER, predicates: Object.fromEntries(met) },
    provider: {
      legalPerson: provider?.isEnterprise === true ? USER : PROVIDER,
      listings: (law.serviceItems?.value ?? []).map((serviceItem) => ({ serviceItem, ...listed })),
    },
    facilities:
      facilities === undefined ? [plainFacility(law)] : Object.entries(facilities).map(([id, seen]) => facilityOf(id, seen)),
    contract: { id: 'the contract', signedOn: contract.signedOn ?? appliedOn, lines: linesOf(version, given, contract) },
  };
}

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

/** One line for a plain amount. A line that names none is used at the first facility, for the first service item that counts. */
function linesOf(
  version: ProgrammeVersion,
  { appliedOn, facilities }: IssueGiven | RedeemGiven,
  given: IssueGiven['contract'],
): Line[] {
  const serviceItem = lawOn(version, appliedOn).serviceItems?.value[0] ?? 'AI_COMPUTE';
  const facilityId = Object.keys(facilities ?? {})[0] ?? FACILITY;
  return (given.lines ?? [{ gross: given.amount ?? '0.00' }]).map((line, index) => {
    const grossFen = line.gross.startsWith('-') ? -fenOf(line.gross.slice(1)) : fenOf(line.gross);
    const vatFen = fenOf(line.vat ?? '0.00');
    return {
      lineNo: index + 1,
      serviceItem: line.serviceItem ?? serviceItem,
      facilityId: line.facility ?? facilityId,
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
