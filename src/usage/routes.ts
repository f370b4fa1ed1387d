import type { FastifyInstance } from 'fastify';
import { page } from '../../schemas/common.js';
import * as schema from '../../schemas/usage.js';
import type { OpenBook, Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { findFacility } from '../providers/queries.js';
import { ClaimDesk } from './claim-desk.js';
import { confirmInvoice, decideInvoice, decideOverdueInvoice, disputeInvoice } from './confirm-invoice.js';
import { presentFacilityUsage } from './facility-usage.js';
import { claimBeforeLane, postInvoice, releaseAfterLane } from './post-invoice.js';
import { findInvoice, listInvoices, listInvoicesOfFacility, usageOfFacility } from './queries.js';
import { recordPayment } from './record-payment.js';
import { presentInvoice, presentInvoiceLine, presentPayment } from './rules.js';
import { releaseVoided, voidInvoice } from './void-invoice.js';

const tag = 'usage';

/** Usage invoices: posted by their provider, confirmed or disputed and paid by their enterprise, seen by both. */
export function usageRoutes(app: FastifyInstance, parts: Parts): void {
  const desks = new Map<string, ClaimDesk>();
  const deskOf = ({ bookId, db, traffic }: OpenBook): ClaimDesk => {
    let desk = desks.get(bookId);
    if (!desk) desks.set(bookId, (desk = new ClaimDesk(db, bookId, (work, of) => traffic.around.run(work, of))));
    return desk;
  };

  command(app, parts, {
    url: '/usage-invoices',
    tag,
    summary: 'Post a usage invoice (用量发票) of the full price; its number counts once across all books',
    roles: ['provider'],
    body: schema.postUsageInvoice,
    response: schema.usageInvoicePosted,
    status: 201,
    verb: postInvoice,
    prepare: ({ body, book, principal: { legalPersonUscc } }) =>
      claimBeforeLane(deskOf(book), { body, legalPersonUscc, now: parts.clock.now(), keys: parts.exchange.keys }),
    settle: ({ body, book, outcome }) => releaseAfterLane(deskOf(book), { body, outcome }),
    ownPlaces: true,
  });

  command(app, parts, {
    url: '/usage-invoices/:id/confirm',
    tag,
    summary: 'Confirm the usage',
    roles: ['enterprise'],
    personOnly: true,
    body: schema.confirmUsageInvoice,
    response: schema.usageInvoiceRecorded,
    status: 200,
    verb: confirmInvoice,
  });

  command(app, parts, {
    url: '/usage-invoices/:id/dispute',
    tag,
    summary: 'Dispute the usage, with the reason',
    roles: ['enterprise'],
    personOnly: true,
    body: schema.disputeUsageInvoice,
    response: schema.usageInvoiceRecorded,
    status: 200,
    verb: disputeInvoice,
  });

  command(app, parts, {
    url: '/usage-invoices/:id/decide',
    tag,
    summary: 'Decide a dispute: the usage is confirmed, or returned to its provider',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.decideUsageInvoice,
    response: schema.usageInvoiceRecorded,
    status: 200,
    verb: decideInvoice,
  });

  command(app, parts, {
    url: '/usage-invoices/:id/decide-overdue',
    tag,
    summary: 'Carry out what the deadline of the programme decided, when nobody confirmed or disputed in time',
    roles: ['operator', 'reviewer'],
    body: schema.decideOverdueUsageInvoice,
    response: schema.usageInvoiceRecorded,
    status: 200,
    verb: decideOverdueInvoice,
  });

  command(app, parts, {
    url: '/usage-invoices/:id/void',
    tag,
    summary: 'Void an invoice that has moved no money; its number is free again',
    roles: ['provider'],
    personOnly: true,
    body: schema.voidUsageInvoice,
    response: schema.usageInvoiceRecorded,
    status: 200,
    verb: voidInvoice,
    settle: ({ book, outcome }) => releaseVoided(deskOf(book), outcome),
    ownPlaces: true,
  });

  command(app, parts, {
    url: '/usage-invoices/:id/payments',
    tag,
    summary: 'Record what the enterprise paid on the invoice (the self-funded part)',
    roles: ['enterprise'],
    body: schema.recordPayment,
    response: schema.paymentRecorded,
    status: 201,
    verb: recordPayment,
  });

  reading(app, {
    url: '/facilities/:id/usage',
    tag: 'facilities',
    summary: 'What is billed of a facility, period by period, beside what its installed cards can have given',
    roles: authorities,
    response: schema.facilityUsage,
    read: async ({ db, id, book }) => {
      const [found, rows] = await Promise.all([findFacility(db, book.bookId, id), usageOfFacility(db, book.bookId, id)]);
      if (!found) throw new Problem('NOT_FOUND');
      return { items: rows.map((row) => presentFacilityUsage(row, found.observations)) };
    },
  });
  reading(app, {
    url: '/facilities/:id/usage-invoices',
    tag: 'facilities',
    summary: 'The invoices that bill a facility, for periods within some days: what a flag on its capacity rests on',
    roles: authorities,
    query: schema.facilityInvoiceQuery,
    response: page(schema.usageInvoice),
    read: async ({ id, query: { cursor, limit, usageFrom, usageTo, chipModel }, db, book: { bookId } }) => {
      if (!(await findFacility(db, bookId, id))) throw new Problem('NOT_FOUND');
      const wanted = { bookId, facilityId: id, usageFrom, usageTo, chipModel, after: idOfCursor(cursor), limit };
      const rows = await listInvoicesOfFacility(db, wanted);
      return pageOf(rows, limit, (row) => row.invoiceId, presentInvoice);
    },
  });
  reading(app, {
    url: '/usage-invoices',
    tag,
    summary: 'List usage invoices; members of the trade see their own',
    roles: [...authorities, 'enterprise', 'provider'],
    query: schema.usageInvoiceQuery,
    response: page(schema.usageInvoice),
    read: async ({ db, query, book, principal }) => {
      const rows = await listInvoices(db, {
        bookId: book.bookId,
        principal,
        contractId: query.contractId,
        status: query.status,
        after: idOfCursor(query.cursor),
        limit: query.limit,
      });
      return pageOf(rows, query.limit, (row) => row.invoiceId, presentInvoice);
    },
  });

  reading(app, {
    url: '/usage-invoices/:id',
    tag,
    summary: 'One usage invoice with its lines and payments',
    roles: [...authorities, 'enterprise', 'provider'],
    response: schema.usageInvoiceInFull,
    read: async ({ db, id, book, principal }) => {
      const found = await findInvoice(db, { bookId: book.bookId, principal, invoiceId: id });
      if (!found) throw new Problem('NOT_FOUND');
      return {
        ...presentInvoice(found.invoice),
        lines: found.lines.map(({ line, contractLineNo }) => presentInvoiceLine(line, contractLineNo)),
        payments: found.payments.map(presentPayment),
      };
    },
  });
}
