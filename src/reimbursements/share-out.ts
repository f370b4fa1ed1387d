// A year's pool shared among applications: what law, limits and review leave each of them, what of the pool falls to it, and the
// working that is published. Pure; for those who draft it, who approve it, and the audit that does both again.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Allocation, AllocationLine, Reimbursement } from '../../db/tables.js';
import type { allocation as shown, allocationInFull } from '../../schemas/reimbursements.js';
import { placeOf } from '../applications/queue.js';
import { formatInstant } from '../calendar.js';
import type { Language } from '../errors.js';
import { describeRefusal, isRefusalCode } from '../errors.js';
import type { LimitWindow } from '../ledger/chart.js';
import { accountOf } from '../ledger/chart.js';
import type { Step } from '../ledger/explanations.js';
import { Facts } from '../ledger/facts.js';
import type { Params, Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Posting } from '../ledger/templates.js';
import { awardApproved, limitCharged, limitFunded } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import { formatYuan, minFen, sumFen } from '../money.js';
import { allocate } from '../programmes/allocate.js';
import type { TouchedLimit } from '../programmes/evaluate.js';
import { evaluateAward, priorityRank } from '../programmes/evaluate.js';
import type { Allocation as Strategy, ProgrammeVersion } from '../programmes/language.js';
import { documentName, lawOn } from '../programmes/language.js';
import { limitWindowOf, readLimits } from '../programmes/limits.js';
import type { Case } from './award-facts.js';
import { countsAsBefore, touchedBy } from './lines.js';
import { eligibilityOf } from './rules.js';

/** A reviewed application with the question to its law. */
export interface Claimant {
  readonly row: Reimbursement;
  readonly whole: Case;
  /** What was published of it, where that is to stand: it is not judged again. */
  readonly published?: Pick<AllocationLine, 'rank' | 'claimFen' | 'reason'>;
}

/** What falls to one of them, with its working. */
export interface Share {
  readonly claimant: Claimant;
  readonly rank: number;
  /** a: what law, limits and review leave. */
  readonly claimFen: Fen;
  readonly amountFen: Fen;
  /** Why nothing falls to it, with what its sentence tells. */
  readonly reason: string | null;
  readonly params: Params;
  /** The law's explanation with the sharing as its last step. */
  readonly explanation: readonly Step[];
}

export interface SharedOut {
  readonly strategy: Strategy;
  /** In the order of acceptance. */
  readonly shares: readonly Share[];
  /** Σa, P = min(pool left, Σa), and what is given of it (fen). */
  readonly claimsFen: Fen;
  readonly sharedFen: Fen;
  readonly totalFen: Fen;
}

/** The one allocation that the law of these applications names; refuses PARAMETER_MISSING, ALLOCATION_MIXED. */
export function strategyOf(of: readonly Claimant[]): Strategy | Refused {
  const named = [...new Set(of.map(({ row, whole }) => lawOn(whole.law, row.submittedOn).allocation?.value))];
  const [only] = named;
  if (only === undefined || named.includes(undefined)) return refused('PARAMETER_MISSING', { parameter: 'allocation' });
  return named.length === 1 ? only : refused('ALLOCATION_MIXED', { strategies: named.join(', ') });
}

/** The balances of a moment, to be moved by what one allocation does, award after award. */
function balancesOf(before: Facts, windows: readonly LimitWindow[]): Facts {
  const balances = new Facts(before.bookId, before.bookCode);
  for (const at of windows) {
    for (const account of [accountOf.limit(at.limit), accountOf.allowance(at), accountOf.used(at)]) {
      balances.learnAccount(account, { account, accountId: '', balanceFen: before.balance(account) });
    }
  }
  return balances;
}

const move = (balances: Facts, postings: readonly Posting[]): void => {
  for (const { debit, credit, amountFen } of postings) {
    balances.move(debit, -amountFen, () => '');
    balances.move(credit, amountFen, () => '');
  }
};

/** A posting that moves a limit, which balances know; the money is not among them. */
const ofLimit = ({ posting }: Posting): boolean => posting.startsWith('limit.');

/**
 * Shares a pool: each application's claim is what law, limits and review leave it, in the order of acceptance, so that two of one
 * holder never claim more than its limit leaves both; then by the strategy. Who is given nothing is told why: the code of the
 * evaluation, REVIEW_CHANGED when what was reviewed is not what counts now, POOL_EXHAUSTED, BELOW_MINIMUM_AWARD.
 */
export function shareOut(strategy: Strategy, poolFen: Fen, before: Facts, claimants: readonly Claimant[]): SharedOut {
  const ordered = [...claimants].sort((a, b) => (placeIn(a) < placeIn(b) ? -1 : 1));
  const touched = ordered.map(({ whole }) => touchedBy(whole));
  const balances = balancesOf(before, touched.flat().map(limitWindowOf));
  const claims = ordered.map((claimant, i) => {
    const { row, whole } = claimant;
    const { law } = whole;
    if (claimant.published) {
      const { rank, claimFen, reason } = claimant.published;
      move(balances, chargedAnyhow(balances, touched[i] ?? [], claimFen));
      return { claimant, rank, claimFen, reason: claimFen === 0n ? reason : null, params: {}, explanation: [] };
    }
    const rank = priorityRank(law, row.submittedOn, eligibilityOf(row)?.classes ?? []);
    const { limits, ...claim } = claimOf(balances, { row, whole, touched: touched[i] ?? [] });
    const charge = awardApproved({ payeeId: '', fund: '', amountFen: claim.claimFen, charges: limits.charges });
    if (claim.reason === null) move(balances, [...limits.funding, ...charge.filter(ofLimit)]);
    return { claimant, rank, ...claim };
  });
  const claiming = claims.filter(({ claimFen }) => claimFen > 0n);
  const claimsFen = sumFen(claiming.map(({ claimFen }) => claimFen));
  const sharedFen = minFen(poolFen > 0n ? poolFen : 0n, claimsFen);
  const given = new Map(
    allocate(
      strategy,
      sharedFen,
      claiming.map(({ claimant: { row, ...of }, rank, claimFen }) => ({
        id: row.reimbursementId,
        approvedFen: claimFen,
        rank,
        score: row.score,
        acceptedAt: placeIn({ row, ...of }),
      })),
    ).map(({ id, amountFen }) => [id, amountFen]),
  );
  const shares = claims.map((claim): Share => {
    const { row, whole } = claim.claimant;
    const { law } = whole;
    if (claim.reason !== null) return { ...claim, amountFen: 0n };
    const amountFen = given.get(row.reimbursementId) ?? 0n;
    const ofLaw = lawOn(law, row.submittedOn);
    const reason = amountFen === 0n ? 'POOL_EXHAUSTED' : amountFen < (ofLaw.minAward?.value ?? 0n) ? 'BELOW_MINIMUM_AWARD' : null;
    const step = sharingStep(law, row, { strategy, claimFen: claim.claimFen, claimsFen, sharedFen, amountFen });
    return { ...claim, reason, amountFen: reason === null ? amountFen : 0n, explanation: [...claim.explanation, step] };
  });
  return { strategy, shares, claimsFen, sharedFen, totalFen: sumFen(shares.map(({ amountFen }) => amountFen)) };
}

/** What law, limits and review leave a reviewed application on these balances, or why nothing; nothing is moved. */
export function claimOf(
  balances: Facts,
  { row, whole, touched }: { readonly row: Reimbursement; readonly whole: Case; readonly touched: readonly TouchedLimit[] },
): Pick<Share, 'claimFen' | 'reason' | 'params' | 'explanation'> & { readonly limits: ReturnType<typeof readLimits> } {
  const limits = readLimits(balances, touched);
  const award = evaluateAward(whole.law, { ...whole.at, limitsLeft: limits.left, approvedFen: row.reviewedFen ?? 0n });
  const common = { claimFen: 0n, explanation: award.explanation, limits };
  // Where more was reviewed than is computed now, the review is of something else.
  if (award.kind !== 'award' && award.code !== 'AMOUNT_ABOVE_ENTITLEMENT')
    return { ...common, reason: award.code, params: award.params };
  const isAsReviewed =
    award.kind === 'award' &&
    award.computedFen === row.computedFen &&
    award.baseFen === row.baseFen &&
    countsAsBefore(whole);
  if (!isAsReviewed) return { ...common, ...changed(row) };
  return { ...common, claimFen: award.amountFen, reason: null, params: {} };
}

const changed = ({ reviewDigest }: Reimbursement) => ({
  reason: 'REVIEW_CHANGED',
  params: { reviewDigest: reviewDigest ?? '—' },
});

/** How many applications a sentence names one by one. */
const mostNamed = 10;

/** Why nothing falls to any of these, in words: who is kept by the same is named together. */
export function reasonsInWords(shares: readonly Share[], language: Language): string {
  const groups = new Map<string, string[]>();
  for (const { reason, params, claimant } of shares) {
    const told = reason !== null && isRefusalCode(reason) ? describeRefusal(reason, params, language).detail : (reason ?? '—');
    groups.set(told, [...(groups.get(told) ?? []), claimant.row.reimbursementNo]);
  }
  const [comma, colon, between] = language === 'zh' ? ['、', '：', ''] : [', ', ': ', ' '];
  return [...groups]
    .map(([told, numbers]) => {
      const more = numbers.length - mostNamed;
      const others = more <= 0 ? '' : language === 'zh' ? ` 等 ${numbers.length} 件` : ` and ${more} more`;
      return `${numbers.slice(0, mostNamed).join(comma)}${others}${colon}${told}`;
    })
    .join(between);
}

/** A claim that stands, charged to its limits whatever they leave. */
function chargedAnyhow(balances: Facts, touched: readonly TouchedLimit[], claimFen: Fen): Posting[] {
  const { funding, charges } = readLimits(balances, touched);
  move(balances, funding);
  return charges.flatMap((at) => {
    const leftFen = balances.balance(accountOf.allowance(at));
    const lacking = limitFunded({ at, amountFen: claimFen > leftFen ? claimFen - leftFen : 0n });
    return [...lacking, ...limitCharged({ at, amountFen: claimFen })];
  });
}

/** Orders as text by the place that the application has in the order of acceptance. */
const placeIn = ({ row }: Pick<Claimant, 'row'>): string => String(placeOf(row)).padStart(20, '0');

const sharingRules: Record<Strategy, { zh: string; en: string }> = {
  FIRST_COME: {
    zh: '同批资金按优先类别、受理先后依次安排，至本批资金用完为止',
    en: 'the money of the batch goes by priority class and then by time, until it ends',
  },
  RANKED: {
    zh: '同批资金按优先类别、评审得分、受理先后依次安排，至本批资金用完为止',
    en: 'the money of the batch goes by priority class, then by score, then by time, until it ends',
  },
  PRO_RATA: {
    zh: '同批资金按比例分配：本件金额 × 本批可用资金 ÷ 同批金额合计，舍去不足一分的部分，余额留在资金池',
    en: 'the money of the batch is shared alike: claim × shared ÷ claims, down to the fen; what the cuts leave stays in the pool',
  },
};

/** The last step of the explanation of a share. */
export function sharingStep(
  law: ProgrammeVersion,
  row: Reimbursement,
  of: Pick<Allocation, 'strategy' | 'claimsFen' | 'sharedFen'> & Pick<AllocationLine, 'claimFen' | 'amountFen'>,
): Step {
  const cite = lawOn(law, row.submittedOn).allocation?.cite ?? law.basis;
  const rule = sharingRules[of.strategy];
  return {
    document: documentName(law, cite),
    article: cite.article,
    ruleZh: rule.zh,
    ruleEn: rule.en,
    inputs: { claim: formatYuan(of.claimFen), shared: formatYuan(of.sharedFen), claims: formatYuan(of.claimsFen) },
    result: formatYuan(of.amountFen),
    ...(of.amountFen < of.claimFen ? { bound: true as const } : {}),
    ...(cite.interpretation === null ? {} : { decidedBy: cite.interpretation.decidedBy }),
  };
}

/** What approving does to money and limits: every award payable, every limit it touches funded and charged beside it. */
export function postingsOf(before: Facts, fund: string, shares: readonly Share[]): Posting[] {
  const awarded = shares.filter(({ amountFen }) => amountFen > 0n);
  const touched = awarded.map(({ claimant: { whole } }) => touchedBy(whole));
  const balances = balancesOf(before, touched.flat().map(limitWindowOf));
  return awarded.flatMap(({ claimant: { row }, amountFen }, i) => {
    const { funding, charges } = readLimits(balances, touched[i] ?? []);
    const postings = [...funding, ...awardApproved({ payeeId: row.enterpriseId, fund, amountFen, charges })];
    move(balances, postings.filter(ofLimit));
    return postings;
  });
}

/** The windows of the limits that these count against, each once. */
export function windowsOf(shares: readonly Share[]): LimitWindow[] {
  const windows = shares.flatMap(({ claimant: { whole } }) => touchedBy(whole).map(limitWindowOf));
  return [...new Map(windows.map((at) => [`${at.limit}:${at.holder}:${at.window}`, at])).values()];
}

// ── The draft, its digest, and how it is shown ──

type Drafted = Pick<
  AllocationLine,
  'lineNo' | 'reimbursementId' | 'rank' | 'score' | 'reviewedFen' | 'claimFen' | 'amountFen' | 'reason'
>;

/** The lines of an allocation as a sharing gives them. */
export const draftedLines = ({ shares }: SharedOut): Drafted[] =>
  shares.map(({ claimant: { row }, rank, claimFen, amountFen, reason }, i) => ({
    lineNo: i + 1,
    reimbursementId: row.reimbursementId,
    rank,
    score: row.score,
    reviewedFen: row.reviewedFen ?? 0n,
    claimFen,
    amountFen,
    reason,
  }));

/**
 * SHA-256 (hex) of the JSON array of what is shared and how, and of every line with its working and the digest of its review, amounts
 * in fen as text. What is left of the pool beyond Σa is not in it: it changes nobody's share.
 */
export const allocationDigestOf = (
  of: Pick<Allocation, 'programmeCode' | 'year' | 'fund'>,
  { strategy, claimsFen, sharedFen, shares, ...rest }: SharedOut,
): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        of.programmeCode,
        of.year,
        of.fund,
        strategy,
        ...[claimsFen, sharedFen].map(String),
        draftedLines({ strategy, claimsFen, sharedFen, shares, ...rest }).map((line, i) => [
          line.reimbursementId,
          shares[i]?.claimant.row.reviewDigest,
          line.rank,
          line.score,
          ...[line.claimFen, line.amountFen].map(String),
          line.reason,
        ]),
      ]),
    )
    .digest('hex');

/** Whose share is another now, told in a sentence: `RB-1 100.00 → 90.00`, of five of them. */
export function differences(drafted: readonly AllocationLine[], now: SharedOut): string {
  const before = new Map(drafted.map((line) => [line.reimbursementId, line]));
  const changed = now.shares.flatMap(({ claimant: { row }, amountFen, claimFen, reason }) => {
    const line = before.get(row.reimbursementId);
    const isSame = line?.amountFen === amountFen && line.claimFen === claimFen && line.reason === reason;
    const why = reason === null ? '' : ` (${reason})`;
    return isSame ? [] : [`${row.reimbursementNo} ${formatYuan(line?.amountFen ?? 0n)} → ${formatYuan(amountFen)}${why}`];
  });
  return changed.length === 0 ? '—' : changed.slice(0, 5).join('; ') + (changed.length > 5 ? ' …' : '');
}

/** What may be done with an allocation, by its state. */
export const possibleIn: Record<Allocation['status'], string> = { DRAFT: 'approve, withdraw', APPROVED: '—', WITHDRAWN: '—' };

/** Refuses (ALLOCATION_WRONG_STATE) what is decided on already. */
export const refuseUnlessDraft = (row: Allocation): Refused | null =>
  row.status === 'DRAFT'
    ? null
    : refused('ALLOCATION_WRONG_STATE', {
        allocationNo: row.allocationNo,
        status: row.status,
        possible: possibleIn[row.status],
      });

export const presentAllocation = (row: Allocation): z.input<typeof shown> => ({
  allocationId: row.allocationId,
  allocationNo: row.allocationNo,
  programmeCode: row.programmeCode,
  year: row.year,
  fund: row.fund,
  strategy: row.strategy,
  status: row.status,
  lineCount: row.lineCount,
  claims: formatYuan(row.claimsFen),
  shared: formatYuan(row.sharedFen),
  total: formatYuan(row.totalFen),
  contentDigest: row.contentDigest,
  draftedOn: row.draftedOn,
  decidedOn: row.decidedOn,
  decisionReason: row.decisionReason,
  awardsLeft: row.awardsLeft,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

export const presentAllocationLine = (
  row: Drafted & Pick<AllocationLine, 'leftOut'>,
  of: { readonly reimbursementNo: string; readonly enterpriseName: string },
): z.input<typeof allocationInFull>['lines'][number] => ({
  lineNo: row.lineNo,
  reimbursementId: row.reimbursementId,
  ...of,
  rank: row.rank,
  score: row.score,
  approved: formatYuan(row.reviewedFen),
  claim: formatYuan(row.claimFen),
  amount: formatYuan(row.amountFen),
  reason: row.reason,
  leftOut: row.leftOut,
});
