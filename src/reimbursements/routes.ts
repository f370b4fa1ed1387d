import type { FastifyInstance } from 'fastify';
import { approvedOrAwaits } from '../../schemas/approvals.js';
import { page, pageQuery } from '../../schemas/common.js';
import * as schema from '../../schemas/reimbursements.js';
import { submitDraft } from '../cases/draft.js';
import { caseRoutes } from '../cases/routes.js';
import { panelRoutes } from '../experts/routes.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, everyRole, idOfCursor, pageOf, reading } from '../http/routes.js';
import { tellInFull } from '../ledger/explanations.js';
import { approveAllocation } from './approve-allocation.js';
import { bookAwards } from './book-awards.js';
import { reimbursementBriefing } from './briefing.js';
import { reimbursementCases } from './cases.js';
import { claimAnswers, claimDraft, claimPapers, releaseEnded, releaseReplaced, releaseUnused } from './claim-papers.js';
import { draftAllocation } from './draft-allocation.js';
import { reimbursementCorrecting } from './correct-reimbursement.js';
import { reimbursementDrafting } from './draft-reimbursement.js';
import {
  baseOfReimbursement,
  findAllocation,
  findReimbursement,
  listAllocations,
  listReimbursementLines,
  listReimbursements,
} from './queries.js';
import { reviewReimbursement } from './review-reimbursement.js';
import { presentReimbursement, presentReimbursementLine, summaryOf } from './rules.js';
import { presentAllocation, presentAllocationLine } from './share-out.js';
import { submitReimbursement } from './submit-reimbursement.js';
import { withdrawAllocation } from './withdraw-allocation.js';

const tag = 'reimbursements';
// What an enterprise declares of a year may be long.
const declaredLimit = 4 * 1024 * 1024;

/** Flow R: applications for reimbursement, their review, and the allocations that make awards of them. */
export function reimbursementRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/reimbursements',
    tag,
    summary: 'Apply for reimbursement of last year’s settled fees (built from the book), or of declared contracts or costs',
    roles: ['enterprise'],
    body: schema.submitReimbursement,
    response: schema.reimbursementConsidered,
    status: 201,
    verb: submitReimbursement,
    bodyLimit: declaredLimit,
    prepare: ({ body, book: { bookId, db }, dryRun }) =>
      dryRun ? body : claimPapers(db, { bookId, body, now: parts.clock.now() }),
    settle: ({ body, book: { bookId, db }, outcome }) => releaseUnused(db, { bookId, body, outcome }),
  });
  command(app, parts, {
    url: '/reimbursements/:id/review',
    tag,
    summary: 'Expert review (评审): what the programme asks about, score and opinion, and what is left of the computed amount',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.reviewReimbursement,
    response: schema.reimbursementConsidered,
    status: 200,
    verb: reviewReimbursement,
  });
  command(app, parts, {
    url: '/reimbursements/:id/submit',
    tag,
    summary: 'Submit a draft: its base is looked for now, as if it came now',
    roles: ['enterprise'],
    body: schema.submitDraft,
    response: schema.reimbursementConsidered,
    status: 200,
    verb: submitDraft(reimbursementCases, submitReimbursement),
    prepare: ({ body, book: { bookId, db }, principal: { legalPersonUscc }, id, dryRun }) =>
      dryRun ? body : claimDraft(db, { bookId, reimbursementId: id, legalPersonUscc, body, now: parts.clock.now() }),
    settle: ({ body, book: { bookId, db }, outcome }) => releaseUnused(db, { bookId, body, outcome }),
  });
  caseRoutes(app, parts, {
    cases: reimbursementCases,
    url: '/reimbursements',
    tag,
    moved: schema.reimbursementMoved,
    withSupplement: schema.reimbursementSupplement,
    draftBody: schema.draftReimbursement,
    drafting: reimbursementDrafting,
    correcting: reimbursementCorrecting,
    bodyLimit: declaredLimit,
    claim: ({ id: reimbursementId, book: { bookId, db }, body }) =>
      claimAnswers(db, { bookId, body, reimbursementId, now: parts.clock.now() }),
    release: ({ id: reimbursementId, book: { bookId, db }, body }) => releaseReplaced(db, { bookId, body, reimbursementId }),
    ended: ({ id: reimbursementId, book: { bookId, db }, outcome }) => releaseEnded(db, { bookId, reimbursementId, outcome }),
    isSeen: async ({ id, db, ...of }) => (await findReimbursement(db, { ...of, reimbursementId: id })) !== undefined,
  });

  panelRoutes(app, parts, { cases: reimbursementCases, briefing: reimbursementBriefing, url: '/reimbursements' });

  reading(app, {
    url: '/reimbursements',
    tag,
    summary: 'List applications for reimbursement; an enterprise sees its own legal person’s',
    roles: [...authorities, 'district_reviewer', 'enterprise'],
    query: schema.reimbursementQuery,
    response: page(schema.reimbursement),
    read: async ({ db, query, book, principal }) => {
      const { cursor, limit, status, programmeCode } = query;
      const rows = await listReimbursements(db, {
        bookId: book.bookId,
        legalPersonUscc: principal.legalPersonUscc,
        status,
        programmeCode,
        after: idOfCursor(cursor),
        limit,
      });
      const { items, next } = pageOf(rows, limit, (row) => row.reimbursementId, presentReimbursement);
      return { items: await Promise.all(items.map((item) => tellInFull(db.sql, book.bookId, item))), next };
    },
  });
  reading(app, {
    url: '/reimbursements/:id',
    tag,
    summary: 'One application with its base summed up and its explanation',
    roles: [...authorities, 'district_reviewer', 'enterprise'],
    response: schema.reimbursementInFull,
    read: async ({ db, id, book, principal }) => {
      const { legalPersonUscc } = principal;
      const row = await findReimbursement(db, { bookId: book.bookId, reimbursementId: id, legalPersonUscc });
      if (!row) throw new Problem('NOT_FOUND');
      const sums = await baseOfReimbursement(db, book.bookId, id);
      const numberConflicts = sums.reduce((count, { conflicts }) => count + conflicts, 0);
      return tellInFull(db.sql, book.bookId, { ...presentReimbursement(row), summary: summaryOf(sums), numberConflicts });
    },
  });
  reading(app, {
    url: '/reimbursements/:id/lines',
    tag,
    summary: 'The base of an application, line by line: what counts, at which rate, and what does not, with the reason',
    roles: [...authorities, 'district_reviewer', 'enterprise'],
    query: pageQuery,
    response: page(schema.reimbursementLine),
    read: async ({ db, id, query: { cursor, limit }, book, principal }) => {
      const { legalPersonUscc } = principal;
      const row = await findReimbursement(db, { bookId: book.bookId, reimbursementId: id, legalPersonUscc });
      if (!row) throw new Problem('NOT_FOUND');
      const after = idOfCursor(cursor);
      const lines = await listReimbursementLines(db, { bookId: book.bookId, reimbursementId: id, after, limit });
      return pageOf(
        lines,
        limit,
        ({ line }) => line.reimbursementLineId,
        ({ line, redFen }) => presentReimbursementLine(line, redFen),
      );
    },
  });

  allocationRoutes(app, parts);
}

function allocationRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/allocations',
    tag: 'allocations',
    summary: 'Share a year’s pool among the reviewed applications of a programme, by its law’s allocation',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.draftAllocation,
    response: schema.allocationRecorded,
    status: 201,
    verb: draftAllocation,
  });
  command(app, parts, {
    url: '/allocations/:id/approve',
    tag: 'allocations',
    summary: 'Approve a drafted allocation by its digest: every award of it becomes payable to its enterprise',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: schema.approveAllocation,
    response: approvedOrAwaits(schema.allocationDecided),
    status: 200,
    verb: approveAllocation,
    settle: async ({ outcome, book }) => {
      if (outcome.kind === 'accepted' && 'awardsLeft' in outcome.result && outcome.result.awardsLeft > 0)
        parts.begin(bookAwards, book);
    },
  });
  command(app, parts, {
    url: '/allocations/:id/withdraw',
    tag: 'allocations',
    summary: 'Withdraw a drafted allocation, with the reason; its applications are free again',
    roles: ['reviewer', 'approver'],
    personOnly: true,
    body: schema.withdrawAllocation,
    response: schema.allocationDecided,
    status: 200,
    verb: withdrawAllocation,
  });
  reading(app, {
    url: '/allocations',
    tag: 'allocations',
    summary: 'List allocations',
    roles: everyRole,
    query: schema.allocationQuery,
    response: page(schema.allocation),
    read: async ({ db, query: { cursor, limit, programmeCode, status }, book }) => {
      const rows = await listAllocations(db, {
        bookId: book.bookId,
        after: idOfCursor(cursor),
        limit,
        programmeCode,
        status,
      });
      return pageOf(rows, limit, (row) => row.allocationId, presentAllocation);
    },
  });
  reading(app, {
    url: '/allocations/:id',
    tag: 'allocations',
    summary: 'One allocation with its published working: a, P, Σa and the result of each',
    roles: everyRole,
    response: schema.allocationInFull,
    // The working is published: every member reads all of it, other firms' lines too.
    read: async ({ id, book }) => {
      const found = await findAllocation(book.db, book.bookId, id);
      if (!found) throw new Problem('NOT_FOUND');
      return {
        ...presentAllocation(found.allocation),
        lines: found.lines.map(({ line, ...of }) => presentAllocationLine(line, of)),
      };
    },
  });
}
