import type { FastifyInstance } from 'fastify';
import { approvedOrAwaits } from '../../schemas/approvals.js';
import { z } from 'zod';
import { page, pageQuery } from '../../schemas/common.js';
import * as schema from '../../schemas/settlements.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { formatYuan, sumFen } from '../money.js';
import { openAccountNo } from '../payees/record-payee-account.js';
import { seesAccountNos } from '../payees/rules.js';
import { approveSettlement } from './approve-settlement.js';
import { closeSettlement } from './close-settlement.js';
import { draftSettlement } from './draft-settlement.js';
import { instructSettlement } from './instruct-settlement.js';
import {
  findSettlement,
  instructionsOfSettlement,
  listSettlementLines,
  listSettlements,
  totalsOfSettlement,
} from './queries.js';
import { reinstructSettlement } from './reinstruct-settlement.js';
import { presentInstruction, presentSettlement, sumsOf, toPayFen } from './rules.js';

const tag = 'settlements';
const empty = z.strictObject({});

/** A batch is drafted, approved and instructed by three persons, paid by bank returns, and closed. */
export function settlementRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/settlements',
    tag,
    summary: 'Draft the batch of a period: all approved redemptions and awards not in a batch yet',
    roles: ['finance'],
    personOnly: true,
    body: schema.draftSettlement,
    response: schema.settlementDrafted,
    status: 201,
    verb: draftSettlement,
  });
  command(app, parts, {
    url: '/settlements/:id/approve',
    tag,
    summary: 'Approve a drafted batch by its digest, count and total',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: schema.approveSettlement,
    response: approvedOrAwaits(schema.settlementRecorded),
    status: 200,
    verb: approveSettlement,
  });
  command(app, parts, {
    url: '/settlements/:id/instruct',
    tag,
    summary: 'Instruct the payment of an approved batch',
    roles: ['finance_approver'],
    personOnly: true,
    stepUp: true,
    body: empty,
    response: schema.settlementInstructed,
    status: 200,
    verb: instructSettlement,
  });
  command(app, parts, {
    url: '/settlements/:id/reinstruct',
    tag,
    summary: 'Send the payments that the bank returned (退票) out again',
    roles: ['finance_approver'],
    personOnly: true,
    stepUp: true,
    body: empty,
    response: schema.settlementInstructed,
    status: 200,
    verb: reinstructSettlement,
  });
  command(app, parts, {
    url: '/settlements/:id/close',
    tag,
    summary: 'Close a batch of which everything is paid',
    roles: ['finance'],
    personOnly: true,
    stepUp: true,
    body: empty,
    response: schema.settlementRecorded,
    status: 200,
    verb: closeSettlement,
  });

  reading(app, {
    url: '/settlements',
    tag,
    summary: 'List settlements, of one period or state if given',
    roles: authorities,
    query: schema.settlementQuery,
    response: page(schema.settlement),
    read: async ({ db, query, book }) => {
      const { cursor, limit, period, status } = query;
      const rows = await listSettlements(db, { bookId: book.bookId, after: idOfCursor(cursor), limit, period, status });
      return pageOf(rows, limit, (row) => row.settlementId, presentSettlement);
    },
  });
  reading(app, {
    url: '/settlements/:id',
    tag,
    summary: 'One settlement with its control totals, instructions and where its total stands',
    roles: authorities,
    response: schema.settlementWhole,
    read: async ({ db, id, book }) => {
      const [settlement, totals, instructions] = await Promise.all([
        findSettlement(db, book.bookId, id),
        totalsOfSettlement(db, book.bookId, id),
        instructionsOfSettlement(db, book.bookId, id),
      ]);
      if (!settlement) throw new Problem('NOT_FOUND');
      return {
        ...presentSettlement(settlement),
        totals: {
          byPayee: totals.byPayee.map(({ totalFen, ...of }) => ({ ...of, total: formatYuan(totalFen) })),
          byFund: totals.byFund.map(({ totalFen, ...of }) => ({ ...of, total: formatYuan(totalFen) })),
        },
        instructions: instructions.map(({ instruction, payeeName, bankSerial, bankBookedOn }) => ({
          ...presentInstruction(instruction, { name: payeeName }),
          bankSerial,
          bankBookedOn,
        })),
        sums: sumsOf(
          settlement,
          instructions.map((of) => of.instruction),
        ),
      };
    },
  });
  reading(app, {
    url: '/settlements/:id/lines',
    tag,
    summary: 'The lines of a settlement: which redemptions and awards, to whom, out of which fund',
    roles: authorities,
    query: pageQuery,
    response: page(schema.settlementLine),
    read: async ({ db, id, query: { cursor, limit }, book }) => {
      if (!(await findSettlement(db, book.bookId, id))) throw new Problem('NOT_FOUND');
      const rows = await listSettlementLines(db, {
        bookId: book.bookId,
        settlementId: id,
        after: idOfCursor(cursor),
        limit,
      });
      return pageOf(
        rows,
        limit,
        ({ line }) => line.settlementLineId,
        ({ line, redemptionNo, reimbursementNo, payeeName }) => ({
          settlementLineId: line.settlementLineId,
          lineNo: line.lineNo,
          redemptionId: line.redemptionId,
          redemptionNo,
          reimbursementId: line.reimbursementId,
          reimbursementNo,
          payeeId: line.payeeId,
          payeeName,
          fund: line.fund,
          amount: formatYuan(line.amountFen),
        }),
      );
    },
  });

  reading(app, {
    url: '/settlements/:id/instructions',
    sensitive: true,
    tag,
    summary: 'The payments of a settlement in one state; account numbers are whole for finance and finance_approver only',
    roles: authorities,
    query: schema.instructionsQuery,
    response: schema.instructions,
    read: async ({ db, id, query: { status }, book, principal }) => {
      const [settlement, all] = await Promise.all([
        findSettlement(db, book.bookId, id),
        instructionsOfSettlement(db, book.bookId, id),
      ]);
      if (!settlement) throw new Problem('NOT_FOUND');
      const shown = all
        .filter(({ instruction }) => instruction.status === status)
        .map((of) => ({ ...of, fen: status === 'INSTRUCTED' ? toPayFen(of.instruction) : of.instruction.amountFen }));
      return {
        settlementId: id,
        settlementNo: settlement.settlementNo,
        count: shown.length,
        total: formatYuan(sumFen(shown.map(({ fen }) => fen))),
        lines: shown.map(({ instruction, account, fen }) => ({
          instructionNo: instruction.instructionNo,
          attempt: instruction.attempt,
          status: instruction.status,
          holderName: account.holderName,
          accountNo: seesAccountNos(principal) ? openAccountNo(parts.sealer, account) : null,
          accountNoLast4: account.accountNoLast4,
          bankName: account.bankName,
          bankCode: account.bankCode,
          amount: formatYuan(fen),
          instructed: formatYuan(instruction.amountFen),
          fund: instruction.fund,
          funder: instruction.funder,
        })),
      };
    },
  });
}
