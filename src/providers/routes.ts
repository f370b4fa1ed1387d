import type { FastifyInstance } from 'fastify';
import { page, pageQuery } from '../../schemas/common.js';
import { namedOnQuery } from '../../schemas/enterprises.js';
import * as schema from '../../schemas/providers.js';
import type { Day } from '../calendar.js';
import { shanghaiDay } from '../calendar.js';
import { findFormerNames } from '../enterprises/queries.js';
import { nameOn, presentFormerNames } from '../enterprises/rules.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, everyRole, idOfCursor, pageOf, reading } from '../http/routes.js';
import {
  acceptListingApplication,
  amendListingApplication,
  digestOfApplication,
  draftListingApplication,
  listApplicant,
  publishListingNotice,
  rejectListingApplication,
  requestListingSupplement,
  scoreListingApplication,
  submitListingApplication,
  supplementListingApplication,
  withdrawListingApplication,
} from './listing-application.js';
import { approveMeasure, delistProvider, resumeListing, suspendListing, withdrawMeasure } from './measures.js';
import {
  findFacility,
  findListing,
  findListingApplication,
  findProvider,
  listChips,
  listFacilities,
  listListingApplications,
  listListings,
  listListPrices,
  listMeasures,
  listProviders,
  providersOf,
} from './queries.js';
import { recordChip } from './record-chip.js';
import { recordListPrice } from './record-list-price.js';
import { recordListing } from './record-listing.js';
import { recordObservation } from './record-observation.js';
import { registerFacility } from './register-facility.js';
import { registerProvider } from './register-provider.js';
import {
  actsFor,
  presentChip,
  presentFacility,
  presentListing,
  presentListingApplication,
  presentListPrice,
  presentMeasure,
  presentObservation,
  presentProvider,
  presentScore,
  presentStep,
} from './rules.js';

const pageAt = (book: { bookId: string }, query: { cursor?: string | undefined; limit: number }) => ({
  bookId: book.bookId,
  after: idOfCursor(query.cursor),
  limit: query.limit,
});

/** Providers, facilities, listings and chips are open to every member of the book. */
export function providerRoutes(app: FastifyInstance, parts: Parts): void {
  const today = (): Day => shanghaiDay(parts.clock.now());
  command(app, parts, {
    url: '/providers',
    tag: 'providers',
    summary: 'Register a provider (算力服务机构)',
    roles: ['operator'],
    body: schema.registerProvider,
    response: schema.providerRecorded,
    status: 201,
    verb: registerProvider,
  });
  reading(app, {
    url: '/providers',
    tag: 'providers',
    summary: 'List providers',
    roles: everyRole,
    query: pageQuery,
    response: page(schema.provider),
    read: async ({ db, query, book }) =>
      pageOf(await listProviders(db, pageAt(book, query)), query.limit, (row) => row.providerId, presentProvider),
  });
  reading(app, {
    url: '/providers/:id',
    tag: 'providers',
    summary: 'One provider with the names it had; with the name of a day, if one is given',
    roles: everyRole,
    query: namedOnQuery,
    response: schema.providerWithNames,
    read: async ({ db, id, query, book }) => {
      const row = await findProvider(db, book.bookId, id);
      if (!row) throw new Problem('NOT_FOUND');
      const former = await findFormerNames(db, book.bookId, row.uscc);
      const name = query.on === undefined ? row.name : nameOn(row.name, former, query.on);
      return { ...presentProvider(row), name, formerNames: presentFormerNames(former) };
    },
  });

  command(app, parts, {
    url: '/facilities',
    tag: 'facilities',
    summary: 'Register a facility of a provider',
    roles: ['provider', 'operator'],
    body: schema.registerFacility,
    response: schema.facilityRecorded,
    status: 201,
    verb: registerFacility,
  });
  command(app, parts, {
    url: '/facilities/:id/observations',
    tag: 'facilities',
    summary: 'Record what was verified of a facility on a day',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.recordObservation,
    response: schema.observationRecorded,
    status: 201,
    verb: recordObservation,
  });
  reading(app, {
    url: '/facilities',
    tag: 'facilities',
    summary: 'List facilities, of one provider if wanted',
    roles: everyRole,
    query: schema.ofProviderQuery,
    response: page(schema.facility),
    read: async ({ db, query, book }) => {
      const rows = await listFacilities(db, { ...pageAt(book, query), providerId: query.providerId });
      return pageOf(rows, query.limit, (row) => row.facilityId, presentFacility);
    },
  });
  reading(app, {
    url: '/facilities/:id',
    tag: 'facilities',
    summary: 'One facility with its observations, oldest day first',
    roles: everyRole,
    response: schema.facilityWithObservations,
    read: async ({ db, id, book }) => {
      const found = await findFacility(db, book.bookId, id);
      if (!found) throw new Problem('NOT_FOUND');
      return { ...presentFacility(found.facility), observations: found.observations.map(presentObservation) };
    },
  });

  command(app, parts, {
    url: '/listings',
    tag: 'listings',
    summary: 'List a provider (入库) for a service item, by batch',
    roles: ['reviewer'],
    personOnly: true,
    stepUp: true,
    body: schema.recordListing,
    response: schema.listingRecorded,
    status: 201,
    verb: recordListing,
  });
  reading(app, {
    url: '/listings',
    tag: 'listings',
    summary: 'List listings, of one provider or service item if wanted',
    roles: everyRole,
    query: schema.listingQuery,
    response: page(schema.listing),
    read: async ({ db, query, book }) => {
      const { providerId, serviceItem } = query;
      const rows = await listListings(db, { ...pageAt(book, query), providerId, serviceItem });
      return pageOf(
        rows,
        query.limit,
        (row) => row.listingId,
        (row) => presentListing(row, today()),
      );
    },
  });

  command(app, parts, {
    url: '/listings/:id/suspend',
    tag: 'listings',
    summary: 'Propose to suspend a listing from a day (to a day): usage in between does not count',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.suspendListing,
    response: schema.measureRecorded,
    status: 201,
    verb: suspendListing,
  });
  command(app, parts, {
    url: '/listings/:id/resume',
    tag: 'listings',
    summary: 'Propose to resume a suspended listing from a day',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.resumeListing,
    response: schema.measureRecorded,
    status: 201,
    verb: resumeListing,
  });
  command(app, parts, {
    url: '/listings/:id/delist',
    tag: 'listings',
    summary: 'Propose to delist (移出名单) from a day',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.delistProvider,
    response: schema.measureRecorded,
    status: 201,
    verb: delistProvider,
  });
  command(app, parts, {
    url: '/listing-measures/:id/approve',
    tag: 'listings',
    summary: 'Decide a measure that another person proposed; answers the listing as it is then',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: schema.decideMeasure,
    response: schema.measureApproved,
    status: 200,
    verb: approveMeasure,
  });
  command(app, parts, {
    url: '/listing-measures/:id/withdraw',
    tag: 'listings',
    summary: 'Take a proposed measure back',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.decideMeasure,
    response: schema.measureRecorded,
    status: 200,
    verb: withdrawMeasure,
  });
  reading(app, {
    url: '/listing-measures',
    tag: 'listings',
    summary: 'Measures against listings, of one state if wanted',
    roles: authorities,
    query: schema.measureQuery,
    response: page(schema.listingMeasure),
    read: async ({ db, query, book }) => {
      const rows = await listMeasures(db, { ...pageAt(book, query), status: query.status });
      return pageOf(rows, query.limit, (row) => row.measureId, presentMeasure);
    },
  });
  reading(app, {
    url: '/listings/:id',
    tag: 'listings',
    summary: 'One listing with every measure against it',
    roles: everyRole,
    response: schema.listingWithMeasures,
    read: async ({ db, id, book, principal }) => {
      const found = await findListing(db, book.bookId, id);
      if (!found) throw new Problem('NOT_FOUND');
      // What is only proposed is the bureau's own.
      const isOfTrade = principal.legalPersonUscc !== null;
      const measures = found.measures.filter(({ status }) => !isOfTrade || status === 'APPROVED');
      return { ...presentListing(found.listing, today()), measures: measures.map(presentMeasure) };
    },
  });

  command(app, parts, {
    url: '/listing-applications',
    tag: 'listing applications',
    summary: 'Draft an application to be listed (入库申请) for a service item in a batch',
    roles: ['provider'],
    body: schema.draftListingApplication,
    response: schema.listingApplicationRecorded,
    status: 201,
    verb: draftListingApplication,
  });
  command(app, parts, {
    url: '/listing-applications/:id/submit',
    tag: 'listing applications',
    summary: 'Submit an application to be listed',
    roles: ['provider'],
    body: schema.listingApplicationStep,
    response: schema.listingApplicationRecorded,
    status: 200,
    verb: submitListingApplication,
  });
  command(app, parts, {
    url: '/listing-applications/:id/amend',
    tag: 'listing applications',
    summary: 'Change a draft',
    roles: ['provider'],
    body: schema.amendListingApplication,
    response: schema.listingApplicationRecorded,
    status: 200,
    verb: amendListingApplication,
  });
  command(app, parts, {
    url: '/listing-applications/:id/supplement',
    tag: 'listing applications',
    summary: 'Supply what was asked for',
    roles: ['provider'],
    body: schema.supplementListingApplication,
    response: schema.listingApplicationRecorded,
    status: 200,
    verb: supplementListingApplication,
  });
  command(app, parts, {
    url: '/listing-applications/:id/withdraw',
    tag: 'listing applications',
    summary: 'Withdraw an application to be listed',
    roles: ['provider'],
    body: schema.withReason,
    response: schema.listingApplicationRecorded,
    status: 200,
    verb: withdrawListingApplication,
  });
  command(app, parts, {
    url: '/listing-applications/:id/accept',
    tag: 'listing applications',
    summary: 'Accept an application to be listed for review',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.listingApplicationStep,
    response: schema.listingApplicationRecorded,
    status: 200,
    verb: acceptListingApplication,
  });
  command(app, parts, {
    url: '/listing-applications/:id/request-supplement',
    tag: 'listing applications',
    summary: 'Ask for all that has to be supplied, at once',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.requestListingSupplement,
    response: schema.listingApplicationRecorded,
    status: 200,
    verb: requestListingSupplement,
  });
  command(app, parts, {
    url: '/listing-applications/:id/score',
    tag: 'listing applications',
    summary: 'Score an application by each of its criteria, with the evidence of each',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.scoreListingApplication,
    response: schema.listingApplicationRecorded,
    status: 200,
    verb: scoreListingApplication,
  });
  command(app, parts, {
    url: '/listing-applications/:id/publish-notice',
    tag: 'listing applications',
    summary: 'Put an application on public notice (公示) for a number of working days',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.publishListingNotice,
    response: schema.listingApplicationRecorded,
    status: 200,
    verb: publishListingNotice,
  });
  command(app, parts, {
    url: '/listing-applications/:id/reject',
    tag: 'listing applications',
    summary: 'Reject an application to be listed, with its reason',
    roles: ['reviewer', 'approver'],
    personOnly: true,
    body: schema.withReason,
    response: schema.listingApplicationRecorded,
    status: 200,
    verb: rejectListingApplication,
  });
  command(app, parts, {
    url: '/listing-applications/:id/list',
    tag: 'listing applications',
    summary: 'List the applicant once its notice is over, by a person who did not review it',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: schema.listApplicant,
    response: schema.listingRecorded,
    status: 200,
    verb: listApplicant,
  });
  reading(app, {
    url: '/listing-applications',
    tag: 'listing applications',
    summary: 'Applications to be listed, by provider or state; a provider sees its own',
    roles: [...authorities, 'provider'],
    query: schema.listingApplicationQuery,
    response: page(schema.listingApplication),
    read: async ({ db, query, book, principal }) => {
      const own =
        principal.legalPersonUscc === null
          ? undefined
          : (await providersOf(db, book.bookId, principal.legalPersonUscc)).map(({ providerId }) => providerId);
      const wanted = query.providerId === undefined ? own : [query.providerId].filter((id) => own?.includes(id) ?? true);
      const rows = await listListingApplications(db, {
        ...pageAt(book, query),
        status: query.status,
        providerIds: wanted,
      });
      return pageOf(rows, query.limit, (row) => row.applicationId, presentListingApplication);
    },
  });
  reading(app, {
    url: '/listing-applications/:id',
    tag: 'listing applications',
    summary: 'One application with its scores and every step',
    roles: [...authorities, 'provider'],
    response: schema.listingApplicationWithHistory,
    read: async ({ db, id, book, principal }) => {
      const found = await findListingApplication(db, book.bookId, id);
      const provider = found && (await findProvider(db, book.bookId, found.application.providerId));
      if (!found || !provider || !actsFor(principal, provider)) throw new Problem('NOT_FOUND');
      const { application, scores, steps } = found;
      return {
        ...presentListingApplication(application),
        digest: digestOfApplication(application, scores),
        scores: scores.map(presentScore),
        steps: steps.map(presentStep),
      };
    },
  });

  command(app, parts, {
    url: '/chips',
    tag: 'chips',
    summary: 'Add a row to the chip catalogue',
    roles: ['operator'],
    body: schema.recordChip,
    response: schema.chipRecorded,
    status: 201,
    verb: recordChip,
  });
  reading(app, {
    url: '/chips',
    tag: 'chips',
    summary: 'The chip catalogue, every dated row',
    roles: everyRole,
    query: pageQuery,
    response: page(schema.chip),
    read: async ({ db, query, book }) =>
      pageOf(await listChips(db, pageAt(book, query)), query.limit, (row) => row.chipId, presentChip),
  });

  command(app, parts, {
    url: '/list-prices',
    tag: 'providers',
    summary: 'Record what a provider asks for a card-hour by its published list',
    roles: ['provider', 'reviewer'],
    body: schema.recordListPrice,
    response: schema.listPriceRecorded,
    status: 201,
    verb: recordListPrice,
  });
  reading(app, {
    url: '/list-prices',
    tag: 'providers',
    summary: 'The list prices of a provider, every dated row',
    roles: everyRole,
    query: schema.listPriceQuery,
    response: page(schema.listPrice),
    read: async ({ db, query, book }) =>
      pageOf(
        await listListPrices(db, { ...pageAt(book, query), providerId: query.providerId }),
        query.limit,
        (row) => row.listPriceId,
        presentListPrice,
      ),
  });
}
