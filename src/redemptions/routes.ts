import type { FastifyInstance } from 'fastify';
import { approvedOrAwaits } from '../../schemas/approvals.js';
import { page } from '../../schemas/common.js';
import * as schema from '../../schemas/redemptions.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { tellInFull } from '../ledger/explanations.js';
import { lapseRedemption } from './lapse.js';
import { findRedemption, listRedemptions, reversalsOf } from './queries.js';
import { redeem } from './redeem.js';
import { returnRedemption } from './return.js';
import { dropReversal, proposeReversal } from './propose-reversal.js';
import { reverseRedemption } from './reverse.js';
import { presentInFull, presentReversal, presentRedemption, redemptionLife } from './rules.js';
import { verifyRedemption } from './verify.js';

const tag = 'redemptions';

/** Redemptions: by the enterprise, verified by rule or by a reviewer, seen by the enterprise and the provider they pay. */
export function redemptionRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/redemptions',
    tag,
    summary:
      'Redeem (核销) a voucher against a confirmed invoice; approved at once when contract, usage, invoice and voucher agree',
    roles: ['enterprise'],
    body: schema.redeem,
    response: schema.redemptionRecorded,
    status: 201,
    verb: redeem,
  });

  command(app, parts, {
    url: '/redemptions/:id/verify',
    tag,
    summary: 'Verify (核验) a waiting redemption for all or part of it',
    roles: ['reviewer'],
    personOnly: true,
    stepUp: true,
    body: schema.verifyRedemption,
    response: approvedOrAwaits(schema.redemptionRecorded),
    status: 200,
    verb: verifyRedemption,
  });

  command(app, parts, {
    url: '/redemptions/:id/return',
    tag,
    summary: 'Return a waiting redemption; everything goes back to the voucher',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.returnRedemption,
    response: schema.redemptionRecorded,
    status: 200,
    verb: returnRedemption,
  });

  command(app, parts, {
    url: '/redemptions/:id/lapse',
    tag,
    summary: 'Return what still waits after its voucher’s last day, where the programme lets it lapse',
    roles: ['operator', 'reviewer'],
    body: schema.lapseRedemption,
    response: schema.redemptionRecorded,
    status: 200,
    verb: lapseRedemption,
  });

  command(app, parts, {
    url: '/redemptions/:id/propose-reversal',
    tag,
    summary: 'Propose to take back an approved redemption (冲正), in part or whole, before a batch holds its money',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.proposeReversal,
    response: schema.reversalProposed,
    status: 201,
    verb: proposeReversal,
  });

  command(app, parts, {
    url: '/redemptions/:id/drop-reversal',
    tag,
    summary: 'Drop the proposal to take a redemption back',
    roles: ['reviewer', 'approver'],
    personOnly: true,
    body: schema.dropReversal,
    response: schema.reversalProposed,
    status: 200,
    verb: dropReversal,
  });

  command(app, parts, {
    url: '/redemptions/:id/reverse',
    tag,
    summary: 'Take back an approved redemption, as another person proposed; limits and voucher get it back',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: schema.reverseRedemption,
    response: schema.redemptionRecorded,
    status: 200,
    verb: reverseRedemption,
  });

  reading(app, {
    url: '/redemptions',
    tag,
    summary: 'List redemptions; members of the trade see their own',
    roles: [...authorities, 'enterprise', 'provider'],
    query: schema.redemptionQuery,
    response: page(schema.redemption),
    read: async ({ query, book, principal }) => {
      const rows = await listRedemptions(parts.db, {
        bookId: book.bookId,
        principal,
        voucherId: query.voucherId,
        contractId: query.contractId,
        status: query.status,
        after: idOfCursor(query.cursor),
        limit: query.limit,
      });
      return pageOf(rows, query.limit, (row) => row.redemptionId, presentRedemption);
    },
  });

  reading(app, {
    url: '/redemptions/:id',
    tag,
    summary: 'One redemption with its explanation and what does not agree',
    roles: [...authorities, 'enterprise', 'provider'],
    response: schema.redemptionTold,
    read: async ({ id, book, principal }) => {
      const row = await findRedemption(parts.db, { bookId: book.bookId, principal, redemptionId: id });
      if (!row) throw new Problem('NOT_FOUND');
      const reversals = await reversalsOf(parts.db, { bookId: book.bookId, redemptionId: id });
      const told = await tellInFull(parts.db.sql, book.bookId, presentInFull(row));
      // Once a batch holds its money nothing of it can be reversed.
      const possible = row.settlementId === null ? [...redemptionLife.states[row.status]] : [];
      return { ...told, possible, reversals: reversals.map(presentReversal) };
    },
  });
}
