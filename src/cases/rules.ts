// The life of a case (办件): what applications for vouchers and for reimbursement have in common from their draft to their decision,
// which steps the text of a programme puts on the way, until when each is waited for, and what a correction list may ask. Pure.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Application, SupplementList } from '../../db/tables.js';
import type { requestSupplement, supplement, supplementList } from '../../schemas/cases.js';
import type { Day, WorkingCalendar } from '../calendar.js';
import { addWorkingDays, formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Law, StepDays } from '../programmes/language.js';

/** What the steps look at and change of a case's row, whichever kind it is. */
export type CaseRow = Pick<
  Application,
  | 'bookId'
  | 'programmeCode'
  | 'programmeVersionId'
  | 'enterpriseId'
  | 'legalPersonUscc'
  | 'contentDigest'
  | 'submittedOn'
  | 'submittedPerson'
  | 'draft'
  | 'acceptedAt'
  | 'acceptedPlace'
  | 'acceptedPerson'
  | 'checkedPerson'
  | 'reviewedPerson'
  | 'reviewDigest'
  | 'answersDigest'
  | 'panelId'
  | 'scoresDigest'
  | 'noticeDays'
  | 'noticeId'
  | 'noticeLastDay'
  | 'noticeDaysLeft'
  | 'decidedPerson'
  | 'decisionReason'
  | 'decisionArticle'
  | 'waitingSince'
  | 'dueOn'
> & { readonly status: CaseState };

/** As a row begins: nothing has happened to it. */
export const untouched = {
  draft: null,
  acceptedAt: null,
  acceptedPlace: null,
  acceptedPerson: null,
  checkedPerson: null,
  answersDigest: null,
  panelId: null,
  scoresDigest: null,
  noticeDays: null,
  noticeId: null,
  noticeLastDay: null,
  noticeDaysLeft: null,
  decisionArticle: null,
} as const;

/** No notice shows it. */
export const offNotice = { noticeId: null, noticeLastDay: null } as const;

/**
 * A review during the public notice corrects what the notice shows: the case leaves it and is published anew, for all of its days, because
 * nobody has had them yet to object to what it says now. One that comes to the same is refused (REVIEW_CHANGES_NOTHING).
 */
export const refuseSameInNotice = (before: CaseRow, reviewDigest: string | null): Refused | null =>
  before.status === 'IN_PUBLIC_NOTICE' && before.reviewDigest === reviewDigest
    ? refused('REVIEW_CHANGES_NOTHING', { lastDay: before.noticeLastDay ?? '' })
    : null;

/** Nobody's step is waited for any more. */
export const ended = { waitingSince: null, dueOn: null, noticeDaysLeft: null } as const;

// ── The life ──

export type CaseState =
  | 'DRAFT'
  | 'SUBMITTED'
  | 'SUPPLEMENT_REQUESTED'
  | 'ACCEPTED'
  | 'CHECKED'
  | 'EXPERT_REVIEW'
  | 'REVIEWED'
  | 'IN_PUBLIC_NOTICE'
  | 'OBJECTION_PENDING'
  | 'ALLOCATED'
  | 'APPROVED'
  | 'REJECTED'
  | 'WITHDRAWN';

/** `publish` is POST /notices with the case among its cases, `allocate` POST /allocations with it among its applications. */
export type CaseVerb =
  | 'revise'
  | 'submit'
  | 'request-supplement'
  | 'supplement'
  | 'accept'
  | 'check'
  | 'assign-experts'
  | 'review'
  | 'publish'
  | 'decide-objection'
  | 'approve'
  | 'allocate'
  | 'reject'
  | 'withdraw';

/** What the text of a programme puts on the way from submission to decision. */
export interface Way {
  /** 初审 */
  readonly accepts: boolean;
  /** 复核 */
  readonly checks: boolean;
  /** 评审 */
  readonly panels: boolean;
  /** 公示 */
  readonly notices: boolean;
}

/** The way by the law of the day that decides; one that names no step is the short way, from submission to review and decision. */
export const wayOf = ({ reviewSteps, noticeDays }: Pick<Law, 'reviewSteps' | 'noticeDays'>): Way => {
  const steps = reviewSteps?.value ?? [];
  return {
    accepts: steps.includes('PRELIMINARY_REVIEW'),
    checks: steps.includes('RECHECK'),
    panels: steps.includes('EXPERT_REVIEW'),
    notices: steps.includes('PUBLIC_NOTICE') || noticeDays !== null,
  };
};

type Onward = 'accept' | 'check' | 'assign-experts' | 'review';
/** The steps before the decision, in their order, and what each is done for in days. */
const steps: readonly { readonly verb: Onward; readonly on: (way: Way) => boolean; readonly days: keyof StepDays }[] = [
  { verb: 'accept', on: ({ accepts }) => accepts, days: 'acceptance' },
  { verb: 'check', on: ({ checks }) => checks, days: 'check' },
  { verb: 'assign-experts', on: ({ panels }) => panels, days: 'expertReview' },
  { verb: 'review', on: () => true, days: 'review' },
];
/** How many of those steps lie behind a case in this state. */
const behind: Readonly<Partial<Record<CaseState, number>>> = { SUBMITTED: 0, ACCEPTED: 1, CHECKED: 2, EXPERT_REVIEW: 3 };

const onwardFrom = (way: Way, state: CaseState) => {
  const next = steps.slice(behind[state] ?? 0).find(({ on }) => on(way));
  if (!next) throw new Error('every way has a review');
  return next;
};

/**
 * The states that both kinds of cases share, with what is possible in each on this way; `decide` is the verb by which a case of this
 * kind comes to its decision.
 */
export const sharedStates = (way: Way, decide: 'approve' | 'allocate') =>
  ({
    DRAFT: ['revise', 'submit', 'withdraw'],
    SUBMITTED: [onwardFrom(way, 'SUBMITTED').verb, 'request-supplement', 'reject', 'withdraw'],
    SUPPLEMENT_REQUESTED: ['supplement', 'reject', 'withdraw'],
    ACCEPTED: [onwardFrom(way, 'ACCEPTED').verb, 'reject', 'withdraw'],
    CHECKED: [onwardFrom(way, 'CHECKED').verb, 'reject', 'withdraw'],
    EXPERT_REVIEW: ['assign-experts', 'review', 'reject', 'withdraw'],
    REVIEWED: ['review', way.notices ? 'publish' : decide, 'reject', 'withdraw'],
    IN_PUBLIC_NOTICE: ['review', decide, 'reject', 'withdraw'],
    OBJECTION_PENDING: ['decide-objection', 'withdraw'],
    APPROVED: [],
    REJECTED: [],
    WITHDRAWN: [],
  }) as const satisfies Partial<Record<CaseState, readonly CaseVerb[]>>;

// ── Until when ──

const daysFor = (way: Way, state: CaseState): keyof StepDays | null => {
  if (state === 'EXPERT_REVIEW') return 'expertReview';
  if (state in behind) return onwardFrom(way, state).days;
  if (state === 'OBJECTION_PENDING') return 'objection';
  return state === 'REVIEWED' || state === 'ALLOCATED' ? 'decision' : null;
};

/**
 * Since when and until when the next step of a case that comes into this state today is waited for: so many working days as the law
 * gives it, or without an end where the law gives none. Refuses CALENDAR_YEAR_UNPUBLISHED.
 */
export function waitingIn(
  state: CaseState,
  { law, today, calendar }: { readonly law: Law; readonly today: Day; readonly calendar: WorkingCalendar },
): { readonly kind: 'waiting'; readonly waitingSince: Day; readonly dueOn: Day | null } | Refused {
  const step = daysFor(wayOf(law), state);
  const days = step === null ? undefined : law.stepDays?.value[step];
  if (days === undefined) return { kind: 'waiting', waitingSince: today, dueOn: null };
  const end = addWorkingDays(today, days, calendar);
  return end.kind === 'refused' ? end : { kind: 'waiting', waitingSince: today, dueOn: end.day };
}

// ── Correction lists ──

/** What a list asks for; `again` is the item of the list before whose answer left it open. */
export interface SupplementItem {
  readonly item: number;
  readonly kind: 'FIELD' | 'MATERIAL';
  readonly subject: string;
  readonly what: string;
  readonly again: number | null;
}
/** What an answer changed of the case: a field by its pointer, as it was kept and as it is. */
export interface FieldChange {
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
}
export interface SupplementAnswer {
  readonly item: number;
  readonly answer: string;
  readonly evidence: string | null;
  /** Not there where nothing was changed. */
  readonly changes?: readonly FieldChange[];
}
export const itemsOf = (row: SupplementList): readonly SupplementItem[] => row.items as SupplementItem[];
export const answersOf = (row: SupplementList): readonly SupplementAnswer[] | null => row.answers as SupplementAnswer[] | null;

/** The lists of a case in their order. */
export const inOrder = (lists: readonly SupplementList[]): SupplementList[] => [...lists].sort((a, b) => a.round - b.round);

/**
 * What a correction list asks, held against the one before: all that is missing is said once (一次性告知), so a later list takes up items
 * of the one before and nothing else. Refuses SUPPLEMENT_ONCE; SUPPLEMENT_ITEM_UNKNOWN for an item that the list before does not have,
 * or that is taken up in a first list.
 */
export function readItems(
  asked: z.output<typeof requestSupplement>['items'],
  before: SupplementList | undefined,
): { readonly kind: 'read'; readonly items: readonly SupplementItem[] } | Refused {
  const known = before ? itemsOf(before) : [];
  for (const [index, { again, subject }] of asked.entries()) {
    if (again === undefined && before) return refused('SUPPLEMENT_ONCE', { subject }, `/items/${index}`);
    if (again !== undefined && !known.some(({ item }) => item === again)) {
      return refused('SUPPLEMENT_ITEM_UNKNOWN', { item: String(again) }, `/items/${index}/again`);
    }
  }
  const items = asked.map(({ kind, subject, what, again = null }, i) => ({ item: i + 1, kind, subject, what, again }));
  return { kind: 'read', items };
}

/** How many working days the enterprise has; refuses SUPPLEMENT_DAYS_REQUIRED where nobody says it, SUPPLEMENT_DAYS_TOO_FEW. */
export function readDays(asked: number | undefined, law: Law): { readonly kind: 'read'; readonly days: number } | Refused {
  const least = law.stepDays?.value.supplement;
  const days = asked ?? least;
  if (days === undefined) return refused('SUPPLEMENT_DAYS_REQUIRED', {}, '/workingDays');
  if (least !== undefined && days < least) {
    return refused('SUPPLEMENT_DAYS_TOO_FEW', { days: String(days), least: String(least) }, '/workingDays');
  }
  return { kind: 'read', days };
}

/** Answers, one for each item: refuses SUPPLEMENT_ITEM_UNKNOWN (or answered twice), SUPPLEMENT_ITEM_UNANSWERED. */
export function readAnswers(
  given: z.output<typeof supplement>['answers'],
  list: SupplementList,
): { readonly kind: 'read'; readonly answers: readonly SupplementAnswer[] } | Refused {
  const open = new Set(itemsOf(list).map(({ item }) => item));
  for (const [index, { item }] of given.entries()) {
    if (!open.delete(item)) return refused('SUPPLEMENT_ITEM_UNKNOWN', { item: String(item) }, `/answers/${index}/item`);
  }
  if (open.size > 0) return refused('SUPPLEMENT_ITEM_UNANSWERED', { items: [...open].join(', ') }, '/answers');
  const answers = given.map(({ item, answer, evidence = null }) => ({ item, answer, evidence }));
  return { kind: 'read', answers: answers.sort((a, b) => a.item - b.item) };
}

/** SHA-256 (hex) over everything that was answered to a case's lists: part of what a review looks at and an approval binds. */
export const answersDigestOf = (before: string | null, list: SupplementList, answers: readonly SupplementAnswer[]): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        before,
        list.listId,
        itemsOf(list).map(({ item, kind, subject, what }) => [item, kind, subject, what]),
        answers.map(({ item, answer, evidence, changes = [] }) => [
          item,
          answer,
          evidence,
          ...(changes.length === 0 ? [] : [changes.map(({ field, from, to }) => [field, from, to])]),
        ]),
      ]),
    )
    .digest('hex');

export const presentList = (row: SupplementList): z.input<typeof supplementList> => {
  const answers = answersOf(row);
  return {
    listId: row.listId,
    round: row.round,
    items: itemsOf(row).map((item) => ({ ...item })),
    workingDays: row.workingDays,
    askedOn: row.askedOn,
    dueOn: row.dueOn,
    answers: answers && answers.map(({ changes = [], ...answer }) => ({ ...answer, changes: changes.map((of) => ({ ...of })) })),
    answeredOn: row.answeredOn,
    recordedAt: formatInstant(new Date(row.recordedAt)),
  };
};

/** What is shown of every case beside what it is about. */
export const presentSteps = (row: CaseRow) => ({
  acceptedAt: row.acceptedAt === null ? null : formatInstant(new Date(row.acceptedAt)),
  noticeId: row.noticeId,
  noticeLastDay: row.noticeLastDay,
  noticeDaysLeft: row.noticeDaysLeft,
  decisionArticle: row.decisionArticle,
  waitingSince: row.waitingSince,
  dueOn: row.dueOn,
});
