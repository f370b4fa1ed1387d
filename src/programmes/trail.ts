// What an evaluation comes to, and the trail of steps that leads there.
import { formatYuan } from '../money.js';
import type { Fen } from '../money.js';
import { rules } from './explain.js';
import type { Step } from './explain.js';
import { documentName } from './language.js';
import type { Bilingual, Citation, Law, ProgrammeVersion } from './language.js';

/**
 * `computedFen` is the award before limits, balances and requests; `bound` what lowered it last (a limit's or stacking rule's id, POOL,
 * MAX_AWARD, VOUCHER_BALANCE, INVOICE_AMOUNT, REVIEW, REQUESTED or MAXIMUM); `baseFen` what of the lines counts, `weighted` the same with each
 * line at its rate (fen × basis points). `cutOffFen` is what limits and the pool or the voucher's balance took away, whatever was
 * asked for: of a redemption it is not carried to a later invoice.
 */
export interface Award {
  kind: 'award';
  amountFen: Fen;
  computedFen: Fen;
  bound: string | null;
  cutOffFen: Fen;
  baseFen: Fen;
  weighted: bigint;
  explanation: readonly Step[];
}

/** Refused for good, or held until a figure is known; the explanation ends with the step that stopped it. */
export interface NoAward {
  kind: 'refused' | 'held';
  code: string;
  params: Readonly<Record<string, string>>;
  explanation: readonly Step[];
}

export type Evaluation = Award | NoAward;

/** An award as JSON has it. */
export interface AwardJson {
  kind: 'award';
  amount: string;
  computed: string;
  bound: string | null;
  cutOff: string;
  base: string;
  explanation: readonly Step[];
}

/** An evaluation as JSON has it: every amount a yuan string. */
export function evaluationJson(evaluation: Award): AwardJson;
export function evaluationJson(evaluation: Evaluation): AwardJson | NoAward;
export function evaluationJson(evaluation: Evaluation): AwardJson | NoAward {
  if (evaluation.kind !== 'award') return evaluation;
  const { kind, amountFen, computedFen, bound, cutOffFen, baseFen, explanation } = evaluation;
  return {
    kind,
    amount: formatYuan(amountFen),
    computed: formatYuan(computedFen),
    bound,
    cutOff: formatYuan(cutOffFen),
    base: formatYuan(baseFen),
    explanation,
  };
}

type AwardParts = Pick<Award, 'computedFen' | 'cutOffFen' | 'baseFen' | 'weighted'>;

/** An award as it grows: its explanation, and from the rate on the amount as it stands and what lowered it last. */
export class Trail {
  readonly steps: Step[] = [];
  amountFen: Fen = 0n;
  bound: string | null = null;
  constructor(private readonly version: ProgrammeVersion) {}

  get basis(): Citation {
    return this.version.basis;
  }

  /** `also`: a second parameter the step rests on, whose open reading is told too. */
  add(cite: Citation, rule: Bilingual, inputs: Step['inputs'], result: string, also?: Citation): Step {
    const step: Step = {
      document: documentName(this.version, cite),
      article: cite.article,
      ruleZh: rule.zh,
      ruleEn: rule.en,
      inputs,
      result,
    };
    const open = cite.interpretation ?? also?.interpretation ?? null;
    if (open !== null) step.decidedBy = open.decidedBy;
    this.steps.push(step);
    return step;
  }

  /** No more than `most`; `id` has bound the award when that is less than it was. */
  cap(cite: Citation, rule: Bilingual, inputs: Record<string, string>, most: Fen, id: string): void {
    inputs.before = formatYuan(this.amountFen);
    const lowers = most < this.amountFen;
    if (lowers) [this.amountFen, this.bound] = [most, id];
    const step = this.add(cite, rule, inputs, formatYuan(this.amountFen));
    if (lowers) step.bound = true;
  }

  refuse(cite: Citation, rule: Bilingual, inputs: Step['inputs'], code: string, params: Record<string, string>): NoAward {
    this.add(cite, rule, inputs, code);
    return { kind: 'refused', code, params, explanation: this.steps };
  }

  /** The award as it stands, unless it is nothing or less than the law's least. */
  grant(law: Law, of: AwardParts): Evaluation {
    if (this.amountFen <= 0n)
      return this.refuse(law.rate?.cite ?? this.version.basis, rules.nothing, {}, 'NOTHING_TO_AWARD', {
        base: formatYuan(of.baseFen),
        exact: '0.00',
      });
    if (law.minAward !== null) {
      const { value, cite } = law.minAward;
      const params = { amount: formatYuan(this.amountFen), minimum: formatYuan(value) };
      const rule = rules.minAward(law.minAward);
      if (this.amountFen < value) return this.refuse(cite, rule, params, 'BELOW_MINIMUM_AWARD', params);
      this.add(cite, rule, { minimum: params.minimum }, params.amount);
    }
    return this.award(of);
  }

  /** Whatever was looked at last, the last step says what is granted. */
  award(of: AwardParts): Evaluation {
    const amount = formatYuan(this.amountFen);
    if (this.steps.at(-1)?.result !== amount) this.add(this.version.basis, rules.granted, {}, amount);
    const { computedFen, cutOffFen, baseFen, weighted } = of;
    const { amountFen, bound, steps: explanation } = this;
    return { kind: 'award', amountFen, computedFen, bound, cutOffFen, baseFen, weighted, explanation };
  }
}
