// Measures against a listing: suspended, resumed, delisted. Proposed by one person, decided by another, effective by day. What was
// decided on the listing before stays decided; what is decided after sees the listing as the measure left it.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Listing, ListingMeasure } from '../../db/tables.js';
import type {
  delistProvider as delistBody,
  resumeListing as resumeBody,
  suspendListing as suspendBody,
} from '../../schemas/providers.js';
import type { Day } from '../calendar.js';
import { addDays, overlaps } from '../calendar.js';
import { insert, update } from '../ledger/facts.js';
import type { Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { listingMeasureShelf, listingShelf } from './facts.js';
import { listingLife, listingStatusOn, measureLife, presentListing, presentMeasure } from './rules.js';

type Kind = ListingMeasure['kind'];
type Measure = Pick<ListingMeasure, 'kind' | 'effectiveFrom' | 'effectiveTo'>;

const verbOf = { SUSPENSION: 'suspend', RESUMPTION: 'resume', DELISTING: 'delist' } as const;

/**
 * The listing as a measure would leave it. Refuses, in this order: LISTING_WRONG_STATE by what it is today; PERIOD_ENDS_BEFORE_START for a
 * suspension or a listing that would end before it starts; SUSPENSION_OUTSIDE_LISTING, SUSPENSION_OVERLAPS; RESUMPTION_OUTSIDE_SUSPENSION
 * for a day that is none of the suspension it would end; LISTING_ENDS_EARLIER for a delisting that would give it days.
 */
function measured(listing: Listing, of: Measure, today: Day): { kind: 'listing'; row: Listing } | Refused {
  const wrong = refuseStep(listingLife, listingStatusOn(listing, today), verbOf[of.kind]);
  if (wrong) return wrong;
  const { validFrom, validTo, suspensions } = listing;
  const from = of.effectiveFrom;
  const shown = { from: validFrom, to: validTo ?? '—' };
  switch (of.kind) {
    case 'SUSPENSION': {
      const days = { from, to: of.effectiveTo };
      if (days.to !== null && days.to < from) return refused('PERIOD_ENDS_BEFORE_START', { from, to: days.to }, '/to');
      if (from < validFrom || (validTo !== null && (days.to ?? from) > validTo)) {
        return refused('SUSPENSION_OUTSIDE_LISTING', shown, '/from');
      }
      const other = suspensions.find((each) => overlaps(each, days));
      if (other) return refused('SUSPENSION_OVERLAPS', { from: other.from, to: other.to ?? '—' }, '/from');
      return { kind: 'listing', row: { ...listing, suspensions: [...suspensions, days].sort(inOrder) } };
    }
    case 'RESUMPTION': {
      const current = suspensions.find((each) => overlaps(each, { from: today, to: today }));
      if (!current || from < current.from || (current.to !== null && from > current.to)) {
        return refused('RESUMPTION_OUTSIDE_SUSPENSION', { from: current?.from ?? '—', to: current?.to ?? '—' }, '/from');
      }
      const kept = from === current.from ? [] : [{ from: current.from, to: addDays(from, -1) }];
      const others = suspensions.filter((each) => each !== current);
      return { kind: 'listing', row: { ...listing, suspensions: [...others, ...kept].sort(inOrder) } };
    }
    case 'DELISTING': {
      const last = addDays(from, -1);
      if (last < validFrom) return refused('PERIOD_ENDS_BEFORE_START', { from: validFrom, to: last }, '/from');
      if (validTo !== null && last >= validTo) return refused('LISTING_ENDS_EARLIER', { validTo }, '/from');
      return { kind: 'listing', row: { ...listing, validTo: last } };
    }
  }
}
const inOrder = (a: { from: Day }, b: { from: Day }): number => (a.from < b.from ? -1 : 1);

type Body = z.output<typeof suspendBody> | z.output<typeof resumeBody> | z.output<typeof delistBody>;

/** Proposes a measure; it changes nothing before another person approves it. Refuses NOT_FOUND and what `measured` does. */
const propose = (kind: Kind): Verb<Body & { readonly id?: string }, ReturnType<typeof presentMeasure>> => ({
  name: `listing.${verbOf[kind]}`,
  money: false,

  async gather(loader, commands) {
    await loader.load(
      listingShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const listing = facts.get(listingShelf, body.id ?? '');
    if (!listing) return refused('NOT_FOUND');
    const effectiveTo = 'to' in body ? (body.to ?? null) : null;
    const tried = measured(listing, { kind, effectiveFrom: body.from, effectiveTo }, today);
    if (tried.kind === 'refused') return tried;
    // After this line the command succeeds.
    const row: ListingMeasure = {
      bookId: facts.bookId,
      measureId: id,
      listingId: listing.listingId,
      kind,
      effectiveFrom: body.from,
      effectiveTo,
      reason: body.reason,
      documentNo: body.documentNo,
      status: 'PROPOSED',
      proposedPerson: actor.personId,
      proposedOn: today,
      decidedPerson: null,
      decidedOn: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'listing_measure.proposed',
      subjectId: id,
      result: presentMeasure(row),
      changes: [insert(listingMeasureShelf, row)],
    });
  },
});

export const suspendListing = propose('SUSPENSION');
export const resumeListing = propose('RESUMPTION');
export const delistProvider = propose('DELISTING');

const gather: Verb<{ id?: string }, unknown>['gather'] = async (loader, commands) => {
  const rows = await loader.load(
    listingMeasureShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );
  await loader.load(
    listingShelf,
    'id',
    rows.map(({ listingId }) => listingId),
  );
};

/**
 * Decides a measure that another person proposed; from then on the listing is as it says. Refuses NOT_FOUND, LISTING_MEASURE_WRONG_STATE,
 * FOUR_EYES, and what `measured` does, for the listing may have changed since.
 */
export const approveMeasure: Verb<{ id?: string }, ReturnType<typeof presentListing> & { measureId: string }> = {
  name: 'listing_measure.approve',
  money: false,
  gather,

  decide({ body, actor, today }, facts) {
    const row = facts.get(listingMeasureShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrong = refuseStep(measureLife, row.status, 'approve');
    if (wrong) return wrong;
    if (isSamePerson(actor, row.proposedPerson)) return refused('FOUR_EYES');
    const listing = facts.get(listingShelf, row.listingId);
    if (!listing) throw new Error(`the listing ${row.listingId} is not there`);
    const done = measured(listing, row, today);
    if (done.kind === 'refused') return done;
    // After this line the command succeeds.
    const approved: ListingMeasure = { ...row, status: 'APPROVED', decidedPerson: actor.personId, decidedOn: today };
    return accepted({
      // Said of the listing, so that its history tells what it was from when on.
      decision: { SUSPENSION: 'listing.suspended', RESUMPTION: 'listing.resumed', DELISTING: 'listing.delisted' }[row.kind],
      subjectId: row.listingId,
      approvalDigest: digestOf(row),
      result: { ...presentListing(done.row, today), measureId: row.measureId },
      changes: [update(listingShelf, done.row), update(listingMeasureShelf, approved)],
    });
  },
};

/** Takes a proposed measure back. Refuses NOT_FOUND, LISTING_MEASURE_WRONG_STATE. */
export const withdrawMeasure: Verb<{ id?: string }, ReturnType<typeof presentMeasure>> = {
  name: 'listing_measure.withdraw',
  money: false,
  gather,

  decide({ body, actor, today }, facts) {
    const row = facts.get(listingMeasureShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrong = refuseStep(measureLife, row.status, 'withdraw');
    if (wrong) return wrong;
    // After this line the command succeeds.
    const withdrawn: ListingMeasure = { ...row, status: 'WITHDRAWN', decidedPerson: actor.personId, decidedOn: today };
    return accepted({
      decision: 'listing_measure.withdrawn',
      subjectId: row.measureId,
      result: presentMeasure(withdrawn),
      changes: [update(listingMeasureShelf, withdrawn)],
    });
  },
};

/** What is approved: SHA-256 (hex) of the JSON array of the measure's id, listing, kind, days, reason and document. */
const digestOf = (of: ListingMeasure): string =>
  createHash('sha256')
    .update(JSON.stringify([of.measureId, of.listingId, of.kind, of.effectiveFrom, of.effectiveTo, of.reason, of.documentNo]))
    .digest('hex');
