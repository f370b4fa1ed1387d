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
import { checkLines } from './check-lines.js';
import { closeSettlement } from './close-settlement.js';
import { collectBatches } from './collect-lines.js';
import { draftSettlement } from './draft-settlement.js';
import { freezeSettlement } from './freeze-settlement.js';
import { instructPayments } from './instruct-payments.js';
import { instructSettlement } from './instruct-settlement.js';
import {
  findSettlement,
  instructionsOfSettlement,
  listLeftOut,
  listSettlementLines,
  listSettlements,
  totalsOfSettlement,
  versionsOfSettlement,
} from './queries.js';
import { reinstructSettlement } from './reinstruct-settlement.js';
import { returnLines } from './return-lines.js';
import { controlTotalsOf, presentInstruction, presentSettlement, presentVersion, sumsOf, toPayFen, underway } from './rules.js';

const tag = 'settlements';
const empty = z.strictObject({});
const yuanOf = (fen: bigint | null): string | null => (fen === null ? null : formatYuan(fen));

/** A batch is drafted and frozen, approved, checked line by line and instructed by four persons, paid by bank returns, and closed. */
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
    settle: async ({ outcome, book }) => {
      if (outcome.kind === 'accepted' && outcome.result.collecting) parts.begin(collectBatches, book);
    },
  });
  command(app, parts, {
    url: '/settlements/:id/freeze',
    tag,
    summary: 'Freeze a draft: its content hash and control totals are what is approved',
    roles: ['finance'],
    personOnly: true,
    body: empty,
    response: schema.settlementRecorded,
    status: 200,
    verb: freezeSettlement,
  });
  command(app, parts, {
    url: '/settlements/:id/approve',
    tag,
    summary: 'Approve a frozen batch by its digest, count and total',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: schema.approveSettlement,
    response: approvedOrAwaits(schema.settlementRecorded),
    status: 200,
    verb: approveSettlement,
  });
  command(app, parts, {
    url: '/settlements/:id/check-lines',
    tag,
    summary: 'Let lines of an approved batch pass: usage, invoice and redemption agree, payee and account are as registered',
    roles: ['finance'],
    personOnly: true,
    stepUp: true,
    body: schema.checkSettlementLines,
    response: schema.settlementRecorded,
    status: 200,
    verb: checkLines,
  });
  command(app, parts, {
    url: '/settlements/:id/return-lines',
    tag,
    summary: 'Return single lines with their reasons: what is left is a new version of the batch, to be approved again',
    roles: ['finance', 'approver'],
    personOnly: true,
    body: schema.returnSettlementLines,
    response: schema.settlementRecorded,
    status: 200,
    verb: returnLines,
  });
  command(app, parts, {
    url: '/settlements/:id/instruct',
    tag,
    summary: 'Instruct the payment of a batch that finance has checked',
    roles: ['finance_approver'],
    personOnly: true,
    stepUp: true,
    body: empty,
    response: schema.settlementInstructed,
    status: 200,
    verb: instructSettlement,
    settle: async ({ outcome, book }) => {
      if (outcome.kind === 'accepted' && outcome.result.paymentsLeft > 0) parts.begin(instructPayments, book);
    },
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
      const [settlement, totals, versions, instructions] = await Promise.all([
        findSettlement(db, book.bookId, id),
        totalsOfSettlement(db, book.bookId, id),
        versionsOfSettlement(db, book.bookId, id),
        instructionsOfSettlement(db, book.bookId, id),
      ]);
      if (!settlement) throw new Problem('NOT_FOUND');
      const names = new Map(totals.map(({ payeeId, payeeName }) => [payeeId, payeeName]));
      return {
        ...presentSettlement(settlement),
        totals: controlTotalsOf(
          totals,
          (payeeId) => names.get(payeeId) ?? '',
          [...(versions.find(({ version }) => version === settlement.version)?.funderTotals ?? [])],
        ),
        versions: versions.map(presentVersion),
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
        ({ line, redemptionNo, reimbursementNo, payeeName, invoiceNo, invoicedFen, usedFen, baseFen, approvedFen }) => ({
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
          invoiceNo,
          invoiced: yuanOf(invoicedFen),
          used: yuanOf(usedFen),
          base: yuanOf(baseFen),
          approved: yuanOf(approvedFen),
          checkedOn: line.checkedOn,
          checkedPerson: line.checkedPerson,
          returnedVersion: line.returnedVersion,
          returnedOn: line.returnedOn,
          returnReason: line.returnReason,
        }),
      );
    },
  });
  reading(app, {
    url: '/settlements/:id/left-out',
    tag,
    summary: 'What a settlement passed over: approved, and its payee has not handed in what the programme asks for',
    roles: authorities,
    query: pageQuery,
    response: page(schema.leftOut),
    read: async ({ db, id, query: { cursor, limit }, book }) => {
      if (!(await findSettlement(db, book.bookId, id))) throw new Problem('NOT_FOUND');
      const rows = await listLeftOut(db, { bookId: book.bookId, settlementId: id, after: idOfCursor(cursor), limit });
      return pageOf(
        rows,
        limit,
        ({ row }) => row.leftOutId,
        ({ row, number }) => ({
          redemptionId: row.redemptionId,
          reimbursementId: row.reimbursementId,
          number,
          payeeId: row.payeeId,
          amount: formatYuan(row.amountFen),
          missing: { zh: row.missingZh, en: row.missingEn },
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
      if (settlement.paymentsLeft > 0) throw new Problem('SETTLEMENT_UNDERWAY', underway(settlement).params);
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
