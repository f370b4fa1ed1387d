import type { FastifyInstance } from 'fastify';
import { page } from '../../schemas/common.js';
import { contractRecorded, terminateContract as terminateBody } from '../../schemas/contracts.js';
import * as schema from '../../schemas/corrections.js';
import * as recoveries from '../../schemas/recoveries.js';
import type { OpenBook, Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { tellInFull } from '../ledger/explanations.js';
import { ClaimDesk } from '../usage/claim-desk.js';
import { terminateContract } from './end-contract.js';
import { fileAmendment } from './file-amendment.js';
import { openRecovery, proposeRecovery } from './open-recovery.js';
import { claimRedNumber, postRedLetter, releaseRedNumber } from './post-red-letter.js';
import { findCorrection, listCorrections, listRedLetters } from './queries.js';
import { explanationOf, presentComputation, presentCorrection, presentRedLetter } from './rules.js';
import { voidContract } from './void-contract.js';

/** What changes or ends a contract that money was promised and paid on, with all that follows from it. */
export function correctionRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/contract-amendments/:id/file',
    tag: 'contracts',
    summary: 'File a confirmed amendment, with all that follows from it',
    roles: ['reviewer'],
    personOnly: true,
    stepUp: true,
    body: schema.fileAmendment,
    response: schema.amendmentFiled,
    status: 200,
    verb: fileAmendment,
  });
  command(app, parts, {
    url: '/contracts/:id/terminate',
    tag: 'contracts',
    summary: 'Record that a contract ends early, by day',
    roles: ['reviewer'],
    personOnly: true,
    stepUp: true,
    body: terminateBody,
    response: contractRecorded,
    status: 200,
    verb: terminateContract,
  });
  command(app, parts, {
    url: '/contracts/:id/void',
    tag: 'contracts',
    summary: 'Void a contract by decision, with its reason',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: schema.voidContract,
    response: schema.contractVoided,
    status: 200,
    verb: voidContract,
  });

  const desks = new Map<string, ClaimDesk>();
  const deskOf = ({ bookId, traffic }: OpenBook): ClaimDesk => {
    let desk = desks.get(bookId);
    if (!desk) desks.set(bookId, (desk = new ClaimDesk(parts.db, bookId, (work, of) => traffic.around.run(work, of))));
    return desk;
  };
  command(app, parts, {
    url: '/usage-invoices/:id/red-letters',
    tag: 'usage',
    summary: 'Post a red letter (红字发票) to a confirmed invoice, with all that follows from it',
    roles: ['provider'],
    body: schema.postRedLetter,
    response: schema.redLetterPosted,
    status: 201,
    verb: postRedLetter,
    prepare: ({ body, book, principal: { legalPersonUscc } }) =>
      claimRedNumber(deskOf(book), { body, legalPersonUscc, now: parts.clock.now() }),
    settle: ({ body, book, outcome }) => releaseRedNumber(deskOf(book), { body, outcome }),
    ownPlaces: true,
  });
  command(app, parts, {
    url: '/recoveries',
    tag: 'recoveries',
    summary: 'Propose to recover all that was paid on a voucher, or an award, got by fraud',
    roles: ['reviewer'],
    personOnly: true,
    body: recoveries.proposeRecovery,
    response: recoveries.recoveryRecorded,
    status: 201,
    verb: proposeRecovery,
  });
  command(app, parts, {
    url: '/recoveries/:id/open',
    tag: 'recoveries',
    summary: 'Open a proposed recovery: the voucher or award is revoked and what was paid on it claimed back',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: recoveries.openRecovery,
    response: recoveries.recoveryOpened,
    status: 200,
    verb: openRecovery,
  });
  reading(app, {
    url: '/corrections',
    tag: 'contracts',
    summary: 'Corrections of a contract or an award: what was returned, voided, reversed and recalled',
    roles: [...authorities, 'enterprise', 'provider'],
    query: schema.correctionQuery,
    response: page(schema.correctionItem),
    read: async ({ query, book, principal }) => {
      const { cursor, limit, contractId, reimbursementId } = query;
      const wanted = { bookId: book.bookId, viewer: principal, contractId, reimbursementId, after: idOfCursor(cursor), limit };
      return pageOf(await listCorrections(parts.db, wanted), limit, (row) => row.correctionId, presentCorrection);
    },
  });
  reading(app, {
    url: '/corrections/:id',
    tag: 'contracts',
    summary: 'One correction with its explanation, step by step; of an award after a red letter with the second computation',
    roles: [...authorities, 'enterprise', 'provider'],
    response: schema.correction,
    read: async ({ id, book, principal }) => {
      const found = await findCorrection(parts.db, book.bookId, id, principal);
      if (!found) throw new Problem('NOT_FOUND');
      const { correction, computation } = found;
      return tellInFull(parts.db.sql, book.bookId, {
        ...presentCorrection(correction),
        explanation: explanationOf(correction),
        computation: computation && presentComputation(computation),
      });
    },
  });
  reading(app, {
    url: '/red-letters',
    tag: 'usage',
    summary: 'The red letters of an invoice',
    roles: [...authorities, 'enterprise', 'provider'],
    query: schema.redLetterQuery,
    response: page(schema.redLetter),
    read: async ({ query, book, principal }) => {
      const { cursor, limit, invoiceId } = query;
      const wanted = { bookId: book.bookId, viewer: principal, invoiceId, after: idOfCursor(cursor), limit };
      const rows = await listRedLetters(parts.db, wanted);
      return pageOf(
        rows,
        limit,
        ({ row }) => row.redLetterId,
        ({ row, invoiceNo }) => presentRedLetter(row, invoiceNo),
      );
    },
  });
}
