import type { FastifyInstance } from 'fastify';
import { page, pageQuery } from '../../schemas/common.js';
import * as schema from '../../schemas/providers.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { command, everyRole, idOfCursor, pageOf, reading } from '../http/routes.js';
import { endListing } from './end-listing.js';
import { findFacility, findProvider, listChips, listFacilities, listListings, listProviders } from './queries.js';
import { recordChip } from './record-chip.js';
import { recordListing } from './record-listing.js';
import { recordObservation } from './record-observation.js';
import { registerFacility } from './register-facility.js';
import { registerProvider } from './register-provider.js';
import { presentChip, presentFacility, presentListing, presentObservation, presentProvider } from './rules.js';

const pageAt = (book: { bookId: string }, query: { cursor?: string | undefined; limit: number }) => ({
  bookId: book.bookId,
  after: idOfCursor(query.cursor),
  limit: query.limit,
});

/** Providers, facilities, listings and chips are open to every member of the book. */
export function providerRoutes(app: FastifyInstance, parts: Parts): void {
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
    read: async ({ query, book }) =>
      pageOf(await listProviders(parts.db, pageAt(book, query)), query.limit, (row) => row.providerId, presentProvider),
  });
  reading(app, {
    url: '/providers/:id',
    tag: 'providers',
    summary: 'One provider',
    roles: everyRole,
    response: schema.provider,
    read: async ({ id, book }) => {
      const row = await findProvider(parts.db, book.bookId, id);
      if (!row) throw new Problem('NOT_FOUND');
      return presentProvider(row);
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
    read: async ({ query, book }) => {
      const rows = await listFacilities(parts.db, { ...pageAt(book, query), providerId: query.providerId });
      return pageOf(rows, query.limit, (row) => row.facilityId, presentFacility);
    },
  });
  reading(app, {
    url: '/facilities/:id',
    tag: 'facilities',
    summary: 'One facility with its observations, oldest day first',
    roles: everyRole,
    response: schema.facilityWithObservations,
    read: async ({ id, book }) => {
      const found = await findFacility(parts.db, book.bookId, id);
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
    body: schema.recordListing,
    response: schema.listingRecorded,
    status: 201,
    verb: recordListing,
  });
  command(app, parts, {
    url: '/listings/:id/end',
    tag: 'listings',
    summary: 'Set the last day of a listing',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.endListing,
    response: schema.listingRecorded,
    status: 200,
    verb: endListing,
  });
  reading(app, {
    url: '/listings',
    tag: 'listings',
    summary: 'List listings, of one provider or service item if wanted',
    roles: everyRole,
    query: schema.listingQuery,
    response: page(schema.listing),
    read: async ({ query, book }) => {
      const { providerId, serviceItem } = query;
      const rows = await listListings(parts.db, { ...pageAt(book, query), providerId, serviceItem });
      return pageOf(rows, query.limit, (row) => row.listingId, presentListing);
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
    read: async ({ query, book }) =>
      pageOf(await listChips(parts.db, pageAt(book, query)), query.limit, (row) => row.chipId, presentChip),
  });
}
