import type { FastifyInstance } from 'fastify';
import {
  application,
  applicationConsidered,
  applicationQuery,
  applicationMoved,
  applicationSupplement,
  draftApplication as draftBody,
  reviewApplication as reviewBody,
  submitApplication as submitBody,
  submitDraft as submitDraftBody,
} from '../../schemas/applications.js';
import { page } from '../../schemas/common.js';
import { submitDraft } from '../cases/draft.js';
import { caseRoutes } from '../cases/routes.js';
import { panelRoutes } from '../experts/routes.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { tellInFull } from '../ledger/explanations.js';
import { applicationBriefing } from './briefing.js';
import { applicationCases } from './cases.js';
import { applicationCorrecting } from './correct-application.js';
import { applicationDrafting } from './draft-application.js';
import { findApplication, listApplications } from './queries.js';
import { reviewApplication } from './review-application.js';
import { presentApplication } from './rules.js';
import { submitApplication } from './submit-application.js';

const tag = 'applications';

/** All of an application but its approval, which issues a voucher and stands with the vouchers. */
export function applicationRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/applications',
    tag,
    summary: 'Apply (申领) for a voucher on one filed contract',
    roles: ['enterprise'],
    body: submitBody,
    response: applicationConsidered,
    status: 201,
    verb: submitApplication,
  });

  command(app, parts, {
    url: '/applications/:id/review',
    tag,
    summary: 'Review: record what the programme asks about and the most that may be issued',
    roles: ['reviewer'],
    personOnly: true,
    body: reviewBody,
    response: applicationConsidered,
    status: 200,
    verb: reviewApplication,
  });

  command(app, parts, {
    url: '/applications/:id/submit',
    tag,
    summary: 'Submit a draft: it is checked now, as if it came now',
    roles: ['enterprise'],
    body: submitDraftBody,
    response: applicationConsidered,
    status: 200,
    verb: submitDraft(applicationCases, submitApplication),
  });
  caseRoutes(app, parts, {
    cases: applicationCases,
    url: '/applications',
    tag,
    moved: applicationMoved,
    withSupplement: applicationSupplement,
    draftBody,
    drafting: applicationDrafting,
    correcting: applicationCorrecting,
    isSeen: async ({ id, db, ...of }) => (await findApplication(db, { ...of, applicationId: id })) !== undefined,
  });

  panelRoutes(app, parts, { cases: applicationCases, briefing: applicationBriefing, url: '/applications' });

  reading(app, {
    url: '/applications',
    tag,
    summary: 'List applications in order of receipt; an enterprise sees its own legal person’s',
    roles: [...authorities, 'district_reviewer', 'enterprise'],
    query: applicationQuery,
    response: page(application),
    read: async ({ db, query, book, principal }) => {
      const { cursor, limit, status, programmeCode, enterpriseId, contractId } = query;
      const rows = await listApplications(db, {
        bookId: book.bookId,
        legalPersonUscc: principal.legalPersonUscc,
        status,
        programmeCode,
        enterpriseId,
        contractId,
        after: idOfCursor(cursor),
        limit,
      });
      const { items, next } = pageOf(rows, limit, (row) => row.applicationId, presentApplication);
      return { items: await Promise.all(items.map((item) => tellInFull(db.sql, book.bookId, item))), next };
    },
  });

  reading(app, {
    url: '/applications/:id',
    tag,
    summary: 'One application with its explanation',
    roles: [...authorities, 'district_reviewer', 'enterprise'],
    response: application,
    read: async ({ db, id, book, principal }) => {
      const row = await findApplication(db, {
        bookId: book.bookId,
        applicationId: id,
        legalPersonUscc: principal.legalPersonUscc,
      });
      if (!row) throw new Problem('NOT_FOUND');
      return tellInFull(db.sql, book.bookId, presentApplication(row));
    },
  });
}
