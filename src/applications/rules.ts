// An application (申领) as submitted, reviewed and decided: what a review records and binds, who is served first, and how it is
// shown. Pure.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Application, Contract, ContractLine } from '../../db/tables.js';
import type { application as shown, reviewApplication, submitApplication } from '../../schemas/applications.js';
import { formatInstant } from '../calendar.js';
import type { CaseVerb, Way } from '../cases/rules.js';
import { presentSteps, sharedStates } from '../cases/rules.js';
import { formatQuantity, modelIn } from '../contracts/rules.js';
import type { KeptStep } from '../ledger/explanations.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { matterFields } from '../legal-persons/rules.js';
import { life } from '../lives.js';
import type { Fen } from '../money.js';
import { formatYuan, minFen, sumFen } from '../money.js';
import type { Evaluation, NoAward } from '../programmes/evaluate.js';
import type { Law, Matter, Predicate } from '../programmes/language.js';
import { controlIdsOf } from '../programmes/laws.js';

/** What a review found: of every predicate of the programme, of exceptions with their reasons, of priority classes. */
export interface Eligibility {
  readonly predicates: Readonly<Record<string, 'MET' | 'NOT_MET' | 'EXCEPTION'>>;
  readonly exceptions: Readonly<Record<string, string>>;
  readonly classes: readonly string[];
}

/** The two columns that hold JSON, as what they are. */
export const eligibilityOf = (row: Application): Eligibility | null => row.eligibility as Eligibility | null;
export const explanationOf = (row: Application): KeptStep[] | null => row.explanation as KeptStep[] | null;

/** The life of an application on this way: the steps of every case, and its approval, which issues the voucher. */
export const applicationLife = (way: Way) =>
  life<Application['status'], CaseVerb>({
    of: 'application',
    code: 'APPLICATION_WRONG_STATE',
    states: sharedStates(way, 'approve'),
  });

/** The states in which an application is neither a draft nor decided. */
export const isOpen = ({ status }: Application): boolean => !['DRAFT', 'APPROVED', 'REJECTED', 'WITHDRAWN'].includes(status);

/** Only what is there: an application that names nothing has the digest it would have without this. */
const named = (list: readonly unknown[]): unknown[] => (list.length === 0 ? [] : [list]);

const sorted = (record: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

const sha256 = (content: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(content)).digest('hex');

const matterKinds = Object.keys(matterFields) as Matter[];

/** The codes of what an application says it is about: only what it names. */
export const namedMatters = (given: z.output<typeof submitApplication>['matters']): Partial<Record<Matter, string>> =>
  Object.fromEntries(
    matterKinds.flatMap((matter) => {
      const code = given?.[matterFields[matter]];
      return code === undefined ? [] : [[matter, code]];
    }),
  );

/** What they are known by, as it is kept and shown. */
export const presentMatters = (kept: Partial<Record<Matter, string>>): z.input<typeof shown>['matters'] =>
  Object.fromEntries(matterKinds.flatMap((matter) => (kept[matter] === undefined ? [] : [[matterFields[matter], kept[matter]]])));

/**
 * What is applied for: SHA-256 (hex) of the JSON array of the version with its digest, who applies, and the whole contract with its
 * lines in order, amounts in fen as text; then, where there are any, what it is about and the general controls it is decided under. A
 * contract that changes makes another digest.
 */
export const contentDigestOf = (
  of: Pick<Application, 'programmeVersionId' | 'enterpriseId' | 'legalPersonUscc'>,
  programmeDigest: string,
  contract: Contract,
  lines: readonly ContractLine[],
  { matters, controlVersionIds }: Pick<Application, 'matters' | 'controlVersionIds'>,
): string =>
  sha256([
    of.programmeVersionId,
    programmeDigest,
    of.enterpriseId,
    of.legalPersonUscc,
    contract.contractId,
    contract.providerId,
    contract.signedOn,
    contract.startsOn,
    contract.endsOn,
    contract.purpose,
    ...[contract.netFen, contract.vatFen, contract.grossFen].map(String),
    lines.map((line) => [
      line.lineNo,
      line.serviceItem,
      line.facilityId,
      line.chipId,
      line.chipOrigin,
      line.unit,
      formatQuantity(line.quantity),
      ...[line.netFen, line.vatFen, line.grossFen].map(String),
      ...modelIn(line),
    ]),
    ...named(sorted(matters as Record<string, string>)),
    ...named(controlVersionIds as string[]),
    // Nor is a contract that has ended the one that was applied for.
    ...(contract.endedOn === null ? [] : [[contract.status, contract.lastDay ?? contract.endsOn]]),
  ]);

/**
 * What an approval of a review approves: SHA-256 (hex) over what is applied for, what the review found, and its maximum; then, where
 * there are any, over what was answered to correction lists and what experts scored.
 */
export const reviewDigestOf = (
  contentDigest: string,
  eligibility: Eligibility,
  maximumFen: Fen,
  { answersDigest, scoresDigest }: Pick<Application, 'answersDigest' | 'scoresDigest'> = {
    answersDigest: null,
    scoresDigest: null,
  },
): string =>
  sha256([
    contentDigest,
    sorted(eligibility.predicates),
    sorted(eligibility.exceptions),
    eligibility.classes,
    maximumFen.toString(),
    ...(answersDigest === null && scoresDigest === null ? [] : [answersDigest, scoresDigest]),
  ]);

/** What an approval has approved, with the amount that was issued on it. */
export const awardDigestOf = (reviewDigest: string, awardFen: Fen): string => sha256([reviewDigest, awardFen.toString()]);

/**
 * What a reviewer confirms, held against what the programme asks for. Refuses PREDICATE_UNKNOWN; EXCEPTION_NOT_ALLOWED for a hard
 * predicate or one that is met; PRIORITY_CLASS_UNKNOWN. A predicate that is not named is not recorded, which the evaluation refuses.
 */
export function readEligibility(
  body: Pick<z.output<typeof reviewApplication>, 'eligibility' | 'exceptions' | 'classes'> & {
    /** Of a reimbursement: lines of which something else was found. */
    readonly items?: readonly { readonly predicate: string; readonly met: boolean }[];
  },
  asked: readonly Predicate[],
  law: Law,
): { kind: 'read'; eligibility: Eligibility } | Refused {
  const ids = asked.map(({ id }) => id);
  const unknown = [...Object.keys(body.eligibility), ...Object.keys(body.exceptions)].find((id) => !ids.includes(id));
  if (unknown !== undefined) {
    return refused('PREDICATE_UNKNOWN', { predicate: unknown, predicates: ids.join(', ') || '—' }, '/eligibility');
  }
  const excepted = Object.keys(body.exceptions);
  const isMetByAll = (id: string) =>
    body.eligibility[id] === true && body.items?.some(({ predicate, met }) => predicate === id && !met) !== true;
  const wrong = excepted.find((id) => isMetByAll(id) || asked.find((of) => of.id === id)?.strength !== 'SOFT');
  if (wrong !== undefined) return refused('EXCEPTION_NOT_ALLOWED', { predicate: wrong }, '/exceptions');
  const classes = law.priority?.value.map((one) => one.class) ?? [];
  const strange = body.classes.find((name) => !classes.includes(name));
  if (strange !== undefined) {
    return refused('PRIORITY_CLASS_UNKNOWN', { class: strange, classes: classes.join(', ') || '—' }, '/classes');
  }
  const predicates = Object.fromEntries([
    ...Object.entries(body.eligibility).map(([id, met]) => [id, met ? 'MET' : 'NOT_MET'] as const),
    ...excepted.flatMap((id) => (body.eligibility[id] === true ? [] : [[id, 'EXCEPTION'] as const])),
  ]);
  return { kind: 'read', eligibility: { predicates, exceptions: body.exceptions, classes: body.classes } };
}

/** The refusal of an evaluation as a command's. */
export const refusalOf = ({ code, params }: NoAward): Refused => refused(code, params);

/** What an evaluation would issue now, for those who decide later. */
export function presentOutlook(evaluation: Evaluation): { amount: string; bound: string | null; refusal: string | null } {
  if (evaluation.kind === 'award') {
    return { amount: formatYuan(evaluation.amountFen), bound: evaluation.bound, refusal: null };
  }
  const bound = evaluation.code === 'POOL_EXHAUSTED' ? 'POOL' : (evaluation.params['limit'] ?? null);
  return { amount: formatYuan(0n), bound, refusal: evaluation.code };
}

/** One who waits for the money of a fund: what was approved at most, and what each limit of its legal person leaves (fen). */
export interface Waiting {
  readonly legalPersonUscc: string;
  readonly maximumFen: Fen;
  readonly limitsLeftFen: readonly Fen[];
}

/** What those who wait may still need together: of each legal person what was approved, and never more than its limits leave. */
export function neededBy(waiting: readonly Waiting[]): Fen {
  const holders = [...new Set(waiting.map(({ legalPersonUscc }) => legalPersonUscc))];
  return sumFen(
    holders.map((holder) => {
      const own = waiting.filter(({ legalPersonUscc }) => legalPersonUscc === holder);
      const approved = sumFen(own.map(({ maximumFen }) => maximumFen));
      return minFen(approved, ...own.flatMap(({ limitsLeftFen }) => limitsLeftFen));
    }),
  );
}

const yuanOrNull = (fen: Fen | null): string | null => (fen === null ? null : formatYuan(fen));

type Shown = Omit<z.input<typeof shown>, 'explanation'> & { explanation: KeptStep[] | null };

/** The application as it is shown, its explanation as it is kept. */
export const presentApplication = (row: Application): Shown => {
  const eligibility = eligibilityOf(row);
  return {
    applicationId: row.applicationId,
    applicationNo: row.applicationNo,
    programmeCode: row.programmeCode,
    programmeVersionId: row.programmeVersionId,
    enterpriseId: row.enterpriseId,
    legalPersonUscc: row.legalPersonUscc,
    contractId: row.contractId,
    purpose: row.purpose,
    matters: presentMatters(row.matters as Partial<Record<Matter, string>>),
    controlVersionIds: controlIdsOf(row),
    status: row.status,
    submittedOn: row.submittedOn,
    contentDigest: row.contentDigest,
    computed: yuanOrNull(row.computedFen),
    eligibility: eligibility && { ...eligibility, classes: [...eligibility.classes] },
    maximum: yuanOrNull(row.maximumFen),
    reviewDigest: row.reviewDigest,
    award: yuanOrNull(row.awardFen),
    explanation: explanationOf(row),
    decisionReason: row.decisionReason,
    voucherId: row.voucherId,
    ...presentSteps(row),
    recordedAt: formatInstant(new Date(row.recordedAt)),
  };
};
