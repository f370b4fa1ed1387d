// An application to be listed, step by step. Each step is one verb of the life in rules.ts: who may take it, what it asks for, and what it
// leaves; what was said with it is kept with it.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Listing, ListingApplication, ListingScore, ListingStep, SelectionCriterion } from '../../db/tables.js';
import type * as schema from '../../schemas/providers.js';
import { calendarOf, gatherCalendar } from '../calendars/facts.js';
import type { Day } from '../calendar.js';
import { addWorkingDays, overlaps } from '../calendar.js';
import type { Change, Facts } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { lawOn } from '../programmes/language.js';
import { programmeOf, versionInForce } from '../programmes/published.js';
import { listingApplicationShelf, listingScoreShelf, listingShelf, listingStepShelf, providerShelf } from './facts.js';
import {
  actsFor,
  listedDays,
  listingApplicationLife,
  ownCriteria,
  presentListing,
  presentListingApplication,
  refuseMissed,
  refuseScores,
} from './rules.js';

type Row = ListingApplication;
type Result = ReturnType<typeof presentListingApplication>;
type VerbName = (typeof listingApplicationLife)['states'][Row['status']][number];

const stepOf = (
  row: Row,
  { actor, today, receivedAt, newId }: Command,
  of: { stepNo: number; verb: string; reason?: string | undefined; detail?: object },
): Change =>
  insert(listingStepShelf, {
    bookId: row.bookId,
    stepId: newId(),
    applicationId: row.applicationId,
    stepNo: of.stepNo,
    verb: of.verb,
    status: row.status,
    reason: of.reason ?? null,
    detail: { ...of.detail },
    person: actor.personId,
    takenOn: today,
    recordedAt: receivedAt.toISOString(),
  } satisfies ListingStep);

const gather: Verb<{ readonly id?: string }, unknown>['gather'] = async (loader, commands) => {
  const ids = commands.map(({ body }) => body.id ?? '');
  const [rows] = await Promise.all([
    loader.load(listingApplicationShelf, 'id', ids),
    loader.load(listingStepShelf, 'application', ids),
    loader.load(listingScoreShelf, 'application', ids),
    gatherCalendar(loader),
  ]);
  const providers = rows.map(({ providerId }) => providerId);
  await Promise.all([loader.load(providerShelf, 'id', providers), loader.load(listingShelf, 'provider', providers)]);
};

/** The application in a state that offers the verb, of one's own legal person. Refuses NOT_FOUND, LISTING_APPLICATION_WRONG_STATE. */
function offered(
  { body, actor }: Command<{ readonly id?: string }>,
  verb: VerbName,
  facts: Facts,
): { kind: 'row'; row: Row } | Refused {
  const row = facts.get(listingApplicationShelf, body.id ?? '');
  const provider = row && facts.get(providerShelf, row.providerId);
  if (!row || !provider || !actsFor(actor, provider)) return refused('NOT_FOUND');
  return refuseStep(listingApplicationLife, row.status, verb) ?? { kind: 'row', row };
}

const nextStepNo = (row: Row, facts: Facts): number => facts.all(listingStepShelf, 'application', row.applicationId).length + 1;

/** What a step leaves: the row, what else is written, and what is kept with the step. */
type Taken =
  { readonly kind: 'taken'; readonly row: Row; readonly changes?: readonly Change[]; readonly detail?: object } | Refused;

/** A step of an application that is there. Refuses what `offered` does, and what the step itself does. */
const step = <Body extends object>(
  verb: VerbName,
  decision: string,
  take: (row: Row, command: Command<Body>, facts: Facts) => Taken,
): Verb<Body & { readonly id?: string }, Result> => ({
  name: `listing_application.${verb.replaceAll('-', '_')}`,
  money: false,
  gather,

  decide(command, facts) {
    const { body } = command;
    const found = offered(command, verb, facts);
    if (found.kind === 'refused') return found;
    const taken = take(found.row, command, facts);
    if (taken.kind === 'refused') return taken;
    // After this line the command succeeds.
    const reason = 'reason' in body && typeof body.reason === 'string' ? body.reason : undefined;
    const of = { stepNo: nextStepNo(found.row, facts), verb, reason, ...(taken.detail ? { detail: taken.detail } : {}) };
    return accepted({
      decision,
      subjectId: taken.row.applicationId,
      result: presentListingApplication(taken.row),
      changes: [...(taken.changes ?? []), update(listingApplicationShelf, taken.row), stepOf(taken.row, command, of)],
    });
  },
});

const to = (row: Row, status: Row['status'], detail?: object): Taken => ({
  kind: 'taken',
  row: { ...row, status },
  ...(detail ? { detail } : {}),
});

// ── The provider ──

type Selected =
  | { readonly kind: 'selected'; readonly programmeVersionId: string | null; readonly criteria: readonly SelectionCriterion[] }
  | Refused;

/** By whose criteria: those of the version in force today. Refuses SELECTION_UNREGULATED where it has none, or none is in force. */
function selectedBy(facts: Facts, programmeCode: string | undefined, today: Day): Selected {
  if (programmeCode === undefined) return { kind: 'selected', programmeVersionId: null, criteria: ownCriteria };
  const version = versionInForce(facts.all(programmeVersionShelf, 'code', programmeCode), today);
  const selection = version && lawOn(programmeOf(version), today)?.providerSelection;
  if (!version || !selection) return refused('SELECTION_UNREGULATED', { programmeCode, day: today }, '/programmeCode');
  return { kind: 'selected', programmeVersionId: version.programmeVersionId, criteria: selection.value };
}

/** Drafts an application of one's own provider. Refuses NOT_FOUND for another's, SELECTION_UNREGULATED, CRITERIA_MISSED. */
export const draftListingApplication: Verb<z.output<typeof schema.draftListingApplication>, Result> = {
  name: 'listing_application.draft',
  money: false,

  async gather(loader, commands) {
    await Promise.all([
      loader.load(
        providerShelf,
        'id',
        commands.map(({ body }) => body.providerId),
      ),
      loader.load(
        programmeVersionShelf,
        'code',
        commands.flatMap(({ body }) => body.programmeCode ?? []),
      ),
    ]);
  },

  decide(command, facts) {
    const { id, body, actor, receivedAt } = command;
    const provider = facts.get(providerShelf, body.providerId);
    if (!provider || !actsFor(actor, provider)) return refused('NOT_FOUND', {}, '/providerId');
    const selected = selectedBy(facts, body.programmeCode, command.today);
    if (selected.kind === 'refused') return selected;
    const missed = refuseMissed(selected.criteria, body.evidence, '/evidence');
    if (missed) return missed;
    // After this line the command succeeds.
    const row: Row = {
      bookId: facts.bookId,
      applicationId: id,
      providerId: body.providerId,
      serviceItem: body.serviceItem,
      batchNo: body.batchNo,
      evidence: body.evidence,
      programmeVersionId: selected.programmeVersionId,
      criteria: selected.criteria,
      status: 'DRAFT',
      reviewedPerson: null,
      noticeFrom: null,
      noticeTo: null,
      listingId: null,
      listedPerson: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'listing_application.drafted',
      subjectId: id,
      result: presentListingApplication(row),
      changes: [
        insert(listingApplicationShelf, row),
        stepOf(row, command, { stepNo: 1, verb: 'draft', detail: { batchNo: row.batchNo, evidence: row.evidence } }),
      ],
    });
  },
};

export const amendListingApplication = step<z.output<typeof schema.amendListingApplication>>(
  'amend',
  'listing_application.amended',
  (row, { body: { batchNo, evidence } }) =>
    refuseMissed(row.criteria, evidence, '/evidence') ?? {
      kind: 'taken',
      row: { ...row, batchNo, evidence },
      detail: { batchNo, evidence },
    },
);
export const submitListingApplication = step('submit', 'listing_application.submitted', (row) => to(row, 'SUBMITTED'));
/** Answers what was to be supplied; the review goes on. What was scored before stays as it was said. */
export const supplementListingApplication = step<z.output<typeof schema.supplementListingApplication>>(
  'supplement',
  'listing_application.supplemented',
  (row, { body: { evidence } }) =>
    refuseMissed(row.criteria, evidence, '/evidence') ?? {
      kind: 'taken',
      row: { ...row, evidence, status: 'UNDER_REVIEW' },
      detail: { evidence },
    },
);
export const withdrawListingApplication = step<z.output<typeof schema.withReason>>(
  'withdraw',
  'listing_application.withdrawn',
  (row) => to(row, 'WITHDRAWN'),
);

// ── The bureau ──

export const acceptListingApplication = step('accept', 'listing_application.accepted', (row) => to(row, 'UNDER_REVIEW'));
export const requestListingSupplement = step<z.output<typeof schema.requestListingSupplement>>(
  'request-supplement',
  'listing_application.supplement_requested',
  (row) => to(row, 'SUPPLEMENT_REQUESTED'),
);
export const rejectListingApplication = step<z.output<typeof schema.withReason>>(
  'reject',
  'listing_application.rejected',
  (row) => to(row, 'REJECTED'),
);

/**
 * Scores it by each of its criteria, with the evidence of each. Refuses LISTING_SCORED_ALREADY to whoever has scored it before,
 * CRITERIA_MISSED, SCORE_ABOVE_POINTS.
 */
export const scoreListingApplication = step<z.output<typeof schema.scoreListingApplication>>(
  'score',
  'listing_application.scored',
  (row, { body, actor, newId, receivedAt }, facts) => {
    const before = facts.all(listingScoreShelf, 'application', row.applicationId);
    if (before.some(({ scoredPerson }) => isSamePerson(actor, scoredPerson))) return refused('LISTING_SCORED_ALREADY');
    const wrong = refuseScores(row.criteria, body.scores);
    if (wrong) return wrong;
    return {
      kind: 'taken',
      row,
      changes: Object.entries(body.scores).map(([criterion, { score, evidence }]) =>
        insert(listingScoreShelf, {
          bookId: row.bookId,
          scoreId: newId(),
          applicationId: row.applicationId,
          criterion,
          score,
          evidence,
          scoredPerson: actor.personId,
          recordedAt: receivedAt.toISOString(),
        }),
      ),
    };
  },
);

/**
 * Puts it on public notice from today for a number of working days, today not counted. Refuses LISTING_NOT_SCORED before anybody has scored
 * it, CALENDAR_YEAR_UNPUBLISHED.
 */
export const publishListingNotice = step<z.output<typeof schema.publishListingNotice>>(
  'publish-notice',
  'listing_application.noticed',
  (row, { body, actor, today }, facts) => {
    if (facts.all(listingScoreShelf, 'application', row.applicationId).length === 0) return refused('LISTING_NOT_SCORED');
    const end = addWorkingDays(today, body.workingDays, calendarOf(facts));
    if (end.kind === 'refused') return end;
    return {
      kind: 'taken',
      row: { ...row, status: 'PUBLIC_NOTICE', reviewedPerson: actor.personId, noticeFrom: today, noticeTo: end.day },
      detail: { documentNo: body.documentNo, workingDays: body.workingDays, noticeTo: end.day },
    };
  },
);

/** What is approved when it is listed: SHA-256 (hex) of the JSON array of the application, its criteria, evidence, scores and notice. */
export function digestOfApplication(row: Row, scores: readonly ListingScore[]): string {
  const scored = scores
    .map((of) => [of.scoredPerson, of.criterion, of.score, of.evidence])
    .sort((a, b) => (String(a) < String(b) ? -1 : 1));
  const evidence = Object.entries(row.evidence).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(
      JSON.stringify([
        row.applicationId,
        row.providerId,
        row.serviceItem,
        row.batchNo,
        row.programmeVersionId,
        row.criteria.map(({ id, points }) => [id, points]),
        evidence,
        scored,
        row.noticeFrom,
        row.noticeTo,
      ]),
    )
    .digest('hex');
}

/**
 * Lists the provider for the item, once the notice is over. Refuses FOUR_EYES to whoever accepted, scored or published it; NOTICE_NOT_OVER up
 * to its last day; LISTING_APPLICATION_CHANGED where it is not what was looked at; PERIOD_ENDS_BEFORE_START, LISTING_OVERLAPS.
 */
export const listApplicant: Verb<
  z.output<typeof schema.listApplicant> & { readonly id?: string },
  ReturnType<typeof presentListing>
> = {
  name: 'listing_application.list',
  money: false,
  gather,

  decide(command, facts) {
    const { body, actor, today, receivedAt, newId } = command;
    const found = offered(command, 'list', facts);
    if (found.kind === 'refused') return found;
    const { row } = found;
    const reviewed = facts
      .all(listingStepShelf, 'application', row.applicationId)
      .some(({ verb, person }) => ['accept', 'score', 'publish-notice'].includes(verb) && isSamePerson(actor, person));
    if (reviewed) return refused('FOUR_EYES');
    if (row.noticeTo === null || today <= row.noticeTo)
      return refused('NOTICE_NOT_OVER', { noticeTo: row.noticeTo ?? '—', today });
    const digest = digestOfApplication(row, facts.all(listingScoreShelf, 'application', row.applicationId));
    if (body.digest !== digest) return refused('LISTING_APPLICATION_CHANGED', {}, '/digest');
    const days = { from: body.validFrom, to: body.validTo ?? null };
    if (days.to !== null && days.to < days.from) {
      return refused('PERIOD_ENDS_BEFORE_START', { from: days.from, to: days.to }, '/validTo');
    }
    const other = facts
      .all(listingShelf, 'provider', row.providerId)
      .find((of) => of.serviceItem === row.serviceItem && overlaps(listedDays(of), days));
    if (other) {
      return refused(
        'LISTING_OVERLAPS',
        { batchNo: other.batchNo, from: other.validFrom, to: other.validTo ?? '—' },
        '/validFrom',
      );
    }
    // After this line the command succeeds.
    const listing: Listing = {
      bookId: row.bookId,
      listingId: newId(),
      providerId: row.providerId,
      serviceItem: row.serviceItem,
      batchNo: row.batchNo,
      documentNo: body.documentNo,
      validFrom: days.from,
      validTo: days.to,
      recordedAt: receivedAt.toISOString(),
      suspensions: [],
      applicationId: row.applicationId,
    };
    const listed: Row = { ...row, status: 'LISTED', listingId: listing.listingId, listedPerson: actor.personId };
    const detail = { documentNo: body.documentNo, listingId: listing.listingId };
    return accepted({
      // Said of the listing, as that of a published document is: its history begins here.
      decision: 'listing.recorded',
      subjectId: listing.listingId,
      approvalDigest: digest,
      result: presentListing(listing, today),
      changes: [
        insert(listingShelf, listing),
        update(listingApplicationShelf, listed),
        stepOf(listed, command, { stepNo: nextStepNo(row, facts), verb: 'list', detail }),
      ],
    });
  },
};
