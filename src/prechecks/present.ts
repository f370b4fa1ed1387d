// The answer to a pre-check in the reader's language. Pure.
import type { z } from 'zod';
import type { precheck, prechecked } from '../../schemas/prechecks.js';
import type { Language } from '../errors.js';
import { describeRefusal, isRefusalCode } from '../errors.js';
import { formatYuan } from '../money.js';
import type { Evaluation, NoAward } from '../programmes/evaluate.js';
import { evaluationJson, voucherExpiresOn } from '../programmes/evaluate.js';
import { explain, rules } from '../programmes/explain.js';
import { CONTRACT_CEILING, lawOn } from '../programmes/language.js';
import type { Bilingual, Law, ProgrammeVersion } from '../programmes/language.js';
import { openPointsOf, programmeOf } from '../programmes/published.js';
import { presentOpenPoints } from '../programmes/rules.js';
import type { Gathered } from './gather.js';
import type { Missing } from './missing.js';
import { deadline } from './missing.js';
import type { Best, Outlook } from './outlook.js';
import type { Published } from './queries.js';

type Answer = z.input<typeof prechecked>;
type Looked = Answer['programmes'][number];

/** In which words, and how much of them. */
export interface Reader {
  readonly language: Language;
  readonly explain: z.output<typeof precheck>['explain'];
}

/** All of it: programmes in force, trials, what is not in force and why, and the best combination. */
export function presentPrecheck(of: Gathered, outlooks: readonly Outlook[], best: Best, reader: Reader): Answer {
  const { day, baseYear, headSeq } = of;
  const looked = (isTrial: boolean) =>
    outlooks.filter(({ candidate }) => candidate.isTrial === isTrial).map((outlook) => presentOutlook(outlook, day, reader));
  return {
    day,
    baseYear,
    asOfSeq: Number(headSeq),
    programmes: looked(false),
    controls: of.controls.map(presentVersion),
    notInForce: of.notInForce.map(({ row, versions }) => ({
      ...presentVersion(row),
      reason: row.status === 'PUBLISHED' ? 'NOT_ACTIVATED' : (row.inForceFrom ?? day) > day ? 'NOT_YET' : 'ENDED',
      inForceFrom: row.inForceFrom,
      inForceTo: row.inForceTo,
      openPoints:
        row.status === 'PUBLISHED'
          ? pointsOf(row, versions).map(({ code, path, ...text }) => ({ code, path, text: text[reader.language] }))
          : [],
    })),
    trials: looked(true),
    best: presentBest(best, reader.language),
  };
}

const presentVersion = (row: Published) => {
  const { zh, en } = programmeOf(row).name;
  const { programmeCode, version, programmeVersionId } = row;
  return { programmeCode, version, programmeVersionId, name: { zh, en } };
};

// To know what keeps a version from being activated all its cases are run: once for the versions of its programme as they stand.
const points = new WeakMap<ProgrammeVersion, { of: string; found: ReturnType<typeof presentOpenPoints> }>();
function pointsOf(row: Published, versions: readonly Published[]): ReturnType<typeof presentOpenPoints> {
  const law = programmeOf(row);
  const of = versions.map(({ digest, status, inForceTo }) => `${digest} ${status} ${inForceTo}`).join('\n');
  const known = points.get(law);
  if (known?.of === of) return known.found;
  const found = presentOpenPoints(openPointsOf(law, versions));
  points.set(law, { of, found });
  return found;
}

function presentOutlook({ candidate, evaluation, limits, poolLeftFen }: Outlook, day: string, reader: Reader): Looked {
  const { row, fitted } = candidate;
  const { law, on, flow, missing } = fitted;
  const isLate = evaluation?.kind === 'refused' && deadlines.has(evaluation.code) && isRefusalCode(evaluation.code);
  const { language } = reader;
  // What an answer in short says in words: what lowered the amount, or leaves nothing.
  const says = (limitId: string) => reader.explain === 'full' || bindingOf(evaluation) === limitId;
  const late = isLate && isRefusalCode(evaluation.code) ? [deadline(law, evaluation.code, evaluation.params)] : [];
  return {
    ...presentVersion(row),
    legalStatus: row.legalStatus,
    flow,
    payee: on.payee?.value ?? null,
    outcome: evaluation === null ? { kind: 'not-asked' } : presentEvaluation(evaluation, reader),
    limits: limits.map(({ limitId, counts, holder, window, amountFen, leftFen }) => ({
      limitId,
      counts,
      per: holder.kind,
      window,
      ...(says(limitId) && { text: wordsOf(limitId, { law, on, day })[language] }),
      number: amountFen === null ? null : formatYuan(amountFen),
      left: leftFen === null ? null : formatYuan(leftFen),
    })),
    poolLeft: poolLeftFen === null ? null : formatYuan(poolLeftFen),
    missing: [...missing, ...late].map((one) => presentMissing(one, language)),
    lastDayToApply: row.inForceTo,
    voucherLastDay: flow === 'VOUCHER' ? voucherExpiresOn(law, day, day) : null,
    reviewSteps: [...(on.reviewSteps?.value ?? [])],
  };
}

/** The limit or rule that lowered an award last, or that leaves nothing of it. */
const bindingOf = (evaluation: Evaluation | null): string | null | undefined =>
  evaluation?.kind === 'award' ? evaluation.bound : (evaluation?.params['limit'] ?? evaluation?.params['rule']);

/** The rule of a touched limit in words: the ceiling of a contract, a limit of the day, or a rule on awards that go together. */
function wordsOf(limitId: string, { law, on, day }: { law: ProgrammeVersion; on: Law; day: string }): Bilingual {
  if (limitId === CONTRACT_CEILING) return rules.contractCeiling;
  const limit = lawOn(law, day).limits.find(({ id }) => id === limitId);
  if (limit !== undefined) return rules.limit(limit);
  const stacking = on.stacking.find(({ id }) => id === limitId);
  if (stacking === undefined) throw new Error(`${law.programme} has no limit ${limitId}`);
  return rules.stacking(stacking);
}

/** Refusals of a day that is over or has not come. */
const deadlines: ReadonlySet<string> = new Set([
  'CONTRACT_SIGNED_TOO_EARLY',
  'CONTRACT_FILED_TOO_LATE',
  'FEE_NOT_SETTLED',
  'LIMIT_WINDOW_OVER',
  'PROGRAMME_NOT_IN_FORCE',
]);

function presentEvaluation(evaluation: Evaluation, { language, explain: how }: Reader): Looked['outcome'] {
  const steps = evaluation.explanation;
  // The sentence of a refusal stands beside its code.
  const why =
    how === 'full'
      ? { explanation: [...steps], sentences: explain(steps, language) }
      : { sentences: explain(steps, language, isGist) };
  if (evaluation.kind !== 'award') return { kind: evaluation.kind, ...tellRefusal(evaluation, language), ...why };
  const { amount, computed, bound, base } = evaluationJson(evaluation);
  return { kind: 'award', amount, computed, bound, base, ...why };
}

/** How the law's amount is computed, and what lowered it. */
const isGist = ({ bound, inputs }: Evaluation['explanation'][number]): boolean => bound === true || inputs['exact'] !== undefined;

function tellRefusal({ code, params }: NoAward, language: Language) {
  if (!isRefusalCode(code)) throw new Error(`the evaluator's refusal ${code} is not in the table`);
  const { title, detail } = describeRefusal(code, params, language);
  return { code, title, detail, params: { ...params } };
}

const presentMissing = (of: Missing, language: Language): Looked['missing'][number] => ({
  kind: of.kind,
  name: of.name,
  text: of.text[language],
  evidence: of.evidence,
  document: of.document,
  article: of.article,
  exceptionPossible: of.exceptionPossible,
});

function presentBest({ totalFen, exact, awards, givenUp }: Best, language: Language): Answer['best'] {
  let soFar = 0n;
  return {
    total: formatYuan(totalFen),
    exact,
    awards: awards.map(({ candidate, award, aloneFen }) => {
      soFar += award.amountFen;
      return {
        programmeCode: candidate.row.programmeCode,
        amount: formatYuan(award.amountFen),
        bound: award.bound,
        alone: formatYuan(aloneFen),
        total: formatYuan(soFar),
      };
    }),
    givenUp: givenUp.map(({ candidate, aloneFen, why }) => ({
      programmeCode: candidate.row.programmeCode,
      alone: formatYuan(aloneFen),
      ...tellRefusal(why, language),
    })),
  };
}
