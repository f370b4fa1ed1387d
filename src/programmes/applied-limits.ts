// The limits of a law as they meet a case: its own, the ceiling of the contract, and stacking rules; in the order in which they bind,
// and what each leaves of an award. Which accounts of the ledger they are stands in limits.ts.
import { yearOf } from '../calendar.js';
import { floorWeighted, formatYuan, sumFen } from '../money.js';
import type { Fen } from '../money.js';
import { lawOf, subjectOf } from './circumstances.js';
import type { AwardFacts, Circumstances, LimitFacts, Subject } from './circumstances.js';
import { countContract, countItems } from './count.js';
import { rules } from './explain.js';
import { CONTRACT_CEILING, lawOn } from './language.js';
import type { Bilingual, Citation, Law, Limit, Matter, ProgrammeVersion, StackingRule } from './language.js';
import { amountOf } from './lines.js';
import type { Applicant } from './lines.js';
import type { Evaluation, Trail } from './trail.js';

/**
 * An account of a limit: `account` its name in the ledger, `window` the year (`2024`), `2024+3` for three years from 2024 on, or
 * `LIFETIME`; `amountFen` the law's number for it with what exceptions raised it by, null when the figure is not on record.
 */
export interface TouchedLimit {
  limitId: string;
  account: string;
  counts: 'CLAIMED' | 'REDEEMED' | 'AWARDED';
  holder: { kind: 'LEGAL_PERSON' | 'CONTRACT' | 'PROGRAMME' | Matter; id: string };
  window: string;
  amountFen: Fen | null;
  soft: boolean;
}

export type Stage = 'ISSUE' | 'REDEEM' | 'AWARD';

/**
 * The limits that issuing, redeeming or awarding under these facts counts against, amounts in fen, in the order they are applied; those
 * whose holder or window the facts do not tell are left out, and refused by the evaluation. At ISSUE the first is CONTRACT_CEILING:
 * floor(the law's rate × what counts of the contract), whatever rate was approved. Stacking rules are limits that all awards of their
 * group count against: of HIGHEST_ONLY and its like the number is this programme's own computed award, so that together they
 * come to no more than the highest.
 */
export function limitsTouched(version: ProgrammeVersion, stage: Stage, at: Circumstances | AwardFacts): TouchedLimit[] {
  const subject = subjectOf(at);
  const dated = datedLimits(version, stage, at, subject);
  if (stage === 'REDEEM') return touched(dated);
  const law = lawOf(version, at, subject);
  const counted = 'items' in at ? countItems(version, law, at) : countContract(law, at, undefined);
  const computedFen = law.rate === null || law.amountBasis === null ? 0n : floorWeighted(counted.weighted);
  const ceiling = 'items' in at ? [] : [contractCeiling(version, at.contract.id, computedFen)];
  return [...ceiling, ...touched(inOrder(version, dated, stackingLimits(law, at, subject, computedFen)))];
}

const touched = (limits: readonly AppliedLimit[]): TouchedLimit[] =>
  limits.flatMap((limit) => (limit.kind === 'REFUSED' || limit.kind === 'EXEMPT' ? [] : [limit.touched]));

/** A hundred thousand million yuan: a number for what is counted and not bound. */
const boundlessFen = 10n ** 13n;

export type AppliedLimit =
  | { kind: 'LIMIT' | 'COUNTED' | 'HIGHEST' | 'ONE_AWARD'; touched: TouchedLimit; cite: Citation; rule: Bilingual }
  | { kind: 'EXEMPT'; why: 'EXEMPT' | 'NOT_NAMED'; cite: Citation; rule: Bilingual }
  | { kind: 'REFUSED'; code: string; params: Record<string, string>; cite: Citation; rule: Bilingual };

/** What all vouchers of a contract under a programme may come to (fen). */
export function contractCeiling(version: ProgrammeVersion, contractId: string, amountFen: Fen): TouchedLimit {
  return {
    limitId: CONTRACT_CEILING,
    account: `${version.programme}.${CONTRACT_CEILING}`,
    counts: 'CLAIMED',
    holder: { kind: 'CONTRACT', id: contractId },
    window: 'LIFETIME',
    amountFen,
    soft: false,
  };
}

/** The limits in force on `bookedOn` that count at this stage, as they meet the facts. */
export function datedLimits(
  version: ProgrammeVersion,
  stage: Stage,
  at: Applicant & LimitFacts,
  subject: Subject,
): AppliedLimit[] {
  return lawOn(version, at.bookedOn)
    .limits.filter(({ counts }) => (counts === 'REDEEMED') === (stage === 'REDEEM'))
    .flatMap((limit) => appliedLimit(version, limit, at, subject) ?? []);
}

/**
 * The order in which limits are applied: the programme's own, which say what it would give by itself; then the highest award of those
 * on one matter, which is compared with just that; then what several programmes share, which binds what is left to be given.
 */
export function inOrder(
  version: ProgrammeVersion,
  dated: readonly AppliedLimit[],
  stacked: readonly AppliedLimit[],
): AppliedLimit[] {
  const own = `${version.programme}.`;
  return [
    ...dated.filter((limit) => isOwn(limit, own)),
    ...stacked.filter(({ kind }) => kind !== 'LIMIT'),
    ...dated.filter((limit) => !isOwn(limit, own)),
    ...stacked.filter(({ kind }) => kind === 'LIMIT'),
  ];
}

const isOwn = (limit: AppliedLimit, own: string): boolean =>
  (limit.kind !== 'LIMIT' && limit.kind !== 'COUNTED') || limit.touched.account.startsWith(own);

/** A limit as it meets these facts; null when it does not hold for them. */
function appliedLimit(
  version: ProgrammeVersion,
  limit: Limit,
  at: Applicant & LimitFacts,
  subject: Subject,
): AppliedLimit | null {
  const { cite } = limit;
  const rule = rules.limit(limit);
  const { enterprise, upstream } = at;
  // What is granted before the money from above comes counts once it has come: until then it is counted and binds nothing.
  const isCounted = limit.onlyWithUpstream && !upstream.supported;
  if (limit.exempt.length > 0 && limit.exempt.some((name) => enterprise.classes.includes(name)))
    return { kind: 'EXEMPT', why: 'EXEMPT', cite, rule };
  const holder = holderOf(version, limit.per, at, subject);
  if ('code' in holder) return isCounted ? null : { kind: 'REFUSED', ...holder, cite, rule };
  const window = windowOf(limit, at);
  if (window === null) {
    const years = { firstYear: String(at.firstAwardYears[limit.id]), year: String(yearOf(at.bookedOn)) };
    return { kind: 'REFUSED', code: 'LIMIT_WINDOW_OVER', params: { limit: limit.id, ...years, ...rule }, cite, rule };
  }
  const number = limit.figure === null ? limit.amountFen : (at.figures[limit.id] ?? null);
  const raisedFen = limit.soft ? (at.raised[limit.id] ?? 0n) : 0n;
  const lessFen = limit.lessUpstream ? upstream.amountFen : 0n;
  const lawFen = number === null ? null : number > lessFen ? number - lessFen : 0n;
  const bindingFen = lawFen === null ? null : lawFen + raisedFen;
  return {
    kind: isCounted ? 'COUNTED' : 'LIMIT',
    touched: {
      limitId: limit.id,
      account: limit.account,
      counts: limit.counts,
      holder,
      window,
      amountFen: isCounted ? boundlessFen : bindingFen,
      soft: limit.soft,
    },
    cite,
    rule,
  };
}

/** The year, `2024+3` for the three years from 2024 on, or LIFETIME; null when those years are over. */
function windowOf({ id, window }: Limit, { bookedOn, firstAwardYears }: LimitFacts): string | null {
  if (window.kind === 'LIFETIME') return 'LIFETIME';
  const year = yearOf(bookedOn);
  if (window.kind === 'YEAR') return String(year);
  const first = firstAwardYears[id] ?? year;
  return year >= first + window.years ? null : `${first}+${window.years}`;
}

type Refusal = { code: string; params: Record<string, string> };

const holderOf = (
  version: ProgrammeVersion,
  per: Limit['per'],
  at: Applicant & LimitFacts,
  subject: Subject,
): TouchedLimit['holder'] | Refusal => {
  if (per === 'LEGAL_PERSON') return { kind: per, id: at.enterprise.legalPerson };
  if (per === 'PROGRAMME') return { kind: per, id: version.programme };
  return matterOf(per, at, subject);
};

function matterOf(by: 'CONTRACT' | Matter, { matters }: LimitFacts, { contractId }: Subject): TouchedLimit['holder'] | Refusal {
  if (by === 'CONTRACT') return contractId === null ? { code: 'ONE_CONTRACT_ONLY', params: {} } : { kind: by, id: contractId };
  const named = matters[by];
  return named === undefined ? { code: 'MATTER_NOT_NAMED', params: { matter: by } } : { kind: by, id: named };
}

/** The stacking rules as limits: what all awards of a group on one matter may come to together. */
export function stackingLimits(
  law: Law,
  at: (Circumstances | AwardFacts) & Applicant & LimitFacts,
  subject: Subject,
  computedFen: Fen,
): AppliedLimit[] {
  const isNamed = ({ by }: StackingRule) => by !== null && by !== 'CONTRACT' && at.matters[by] !== undefined;
  const namesOne = law.stacking.some(isNamed);
  return law.stacking.flatMap((stacking): AppliedLimit[] => {
    const { cite, strategy, by } = stacking;
    if (by === null) return [];
    const rule = rules.stacking(stacking);
    const holder = matterOf(by, at, subject);
    // Where there is no contract nothing overlaps on one.
    if (by === 'CONTRACT' && subject.contracts === 0) return [];
    // An application is about a product, a project or a standard, not about one of each; but it is about something.
    if ('code' in holder)
      return [
        namesOne && by !== 'CONTRACT'
          ? { kind: 'EXEMPT', why: 'NOT_NAMED', cite, rule }
          : { kind: 'REFUSED', ...holder, cite, rule },
      ];
    const touched: TouchedLimit = {
      limitId: stacking.id,
      account: stacking.account,
      counts: 'AWARDED',
      holder,
      window: 'LIFETIME',
      amountFen: strategy === 'PUBLIC_MONEY_CEILING' ? publicCeiling(law, stacking, at) : computedFen,
      soft: false,
    };
    const kind = strategy === 'PUBLIC_MONEY_CEILING' ? 'LIMIT' : strategy === 'ONE_AWARD_PER_CONTRACT' ? 'ONE_AWARD' : 'HIGHEST';
    return [{ kind, touched, cite, rule }];
  });
}

/** The share of the whole contract, down to the fen, less what comes from above. */
function publicCeiling(law: Law, { basisPoints }: StackingRule, at: Circumstances | AwardFacts): Fen {
  const lines = 'items' in at ? at.items.flatMap((item) => item.lines) : at.contract.lines;
  const wholeFen = sumFen(lines.map((line) => amountOf(law, line)));
  const mostFen = floorWeighted(wholeFen * BigInt(basisPoints ?? 0)) - at.upstream.amountFen;
  return mostFen > 0n ? mostFen : 0n;
}

/** What a step shows of a refusal’s parameters: the rule in words stands beside. */
const inputsOf = ({ zh: _, en: __, ...inputs }: Record<string, string>): Record<string, string> => inputs;

/** Cuts the award to what each limit leaves, in the order given; the answer of the first that leaves nothing, or null. */
export function applyLimits(
  trail: Trail,
  limits: readonly AppliedLimit[],
  limitsLeft: Readonly<Record<string, Fen>>,
): Evaluation | null {
  for (const limit of limits) {
    const { cite, rule } = limit;
    if (limit.kind === 'EXEMPT') {
      trail.add(cite, rule, {}, limit.why);
      continue;
    }
    if (limit.kind === 'REFUSED') return trail.refuse(cite, rule, inputsOf(limit.params), limit.code, limit.params);
    const { limitId, window, holder, amountFen } = limit.touched;
    const left = limitsLeft[limitId];
    if (left === undefined || amountFen === null) {
      // The rule in words names the figure that is not on record.
      const params = { limit: limitId, window, holder: holder.id, ...rule };
      return { ...trail.refuse(cite, rule, { window }, 'LIMIT_UNKNOWN', params), kind: 'held' };
    }
    if (limit.kind === 'COUNTED') {
      trail.add(cite, rule, { window }, 'COUNTED');
      continue;
    }
    const amount = formatYuan(amountFen);
    // Below nothing left nobody has to know how much more was granted.
    const inputs: Record<string, string> =
      limit.kind === 'HIGHEST' && left > 0n
        ? { granted: formatYuan(amountFen - left) }
        : { limit: amount, window, left: formatYuan(left) };
    if (limit.kind === 'ONE_AWARD') {
      if (left < amountFen) return trail.refuse(cite, rule, inputs, 'CONTRACT_ALREADY_AWARDED', { rule: limitId, ...rule });
      trail.add(cite, rule, {}, 'PASSED');
      continue;
    }
    // The highest is what a programme would give by itself, within its own limits: the amount as it stands, less what is granted.
    const most = limit.kind === 'HIGHEST' ? trail.amountFen - (amountFen - left) : left;
    if (most <= 0n) {
      return limit.kind === 'HIGHEST'
        ? trail.refuse(cite, rule, inputs, 'STACKED_OUT', { rule: limitId, computed: formatYuan(trail.amountFen), ...rule })
        : trail.refuse(cite, rule, inputs, 'LIMIT_EXHAUSTED', {
            limit: limitId,
            window,
            amount,
            asked: formatYuan(trail.amountFen),
            ...rule,
          });
    }
    trail.cap(cite, rule, inputs, most, limitId);
  }
  return null;
}
