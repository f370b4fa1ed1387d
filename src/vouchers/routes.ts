import type { FastifyInstance } from 'fastify';
import { approvedOrAwaits } from '../../schemas/approvals.js';
import { z } from 'zod';
import { approveApplication } from '../../schemas/applications.js';
import { page } from '../../schemas/common.js';
import {
  openingApproved,
  openingBalance,
  openingPrepared,
  openingQuery,
  prepareOpening as prepareBody,
} from '../../schemas/opening-balances.js';
import * as schema from '../../schemas/vouchers.js';
import {
  applicationApproved,
  freezeVoucher as freezeBody,
  voucher,
  voucherChanged,
  voucherQuery,
} from '../../schemas/vouchers.js';
import { shanghaiDay } from '../calendar.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { activateVoucher } from './activate-voucher.js';
import { approveOpening } from './approve-opening.js';
import { cancelVoucher, revokeVoucher } from './end-voucher.js';
import { expireVoucher } from './expire-voucher.js';
import { freezeVoucher, unfreezeVoucher } from './freeze-voucher.js';
import { issueVoucher } from './issue-voucher.js';
import { prepareOpening } from './prepare-opening.js';
import { dropProposal, proposeEnding } from './propose-ending.js';
import { findVoucher, listOpenings, listVouchers, tellOfVoucher } from './queries.js';
import { presentOpening, presentVoucher, presentVoucherInFull } from './rules.js';

const tag = 'vouchers';
const holders = [...authorities, 'enterprise', 'provider'] as const;

export function voucherRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/applications/:id/approve',
    tag: 'applications',
    summary: 'Approve a reviewed application: issues its voucher (发放) within limits and money',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: approveApplication,
    response: approvedOrAwaits(applicationApproved),
    status: 200,
    verb: issueVoucher,
  });

  command(app, parts, {
    url: '/vouchers/:id/freeze',
    tag,
    summary: 'Freeze a voucher: it pays nothing until it is unfrozen',
    roles: ['approver'],
    personOnly: true,
    body: freezeBody,
    response: voucherChanged,
    status: 200,
    verb: freezeVoucher,
  });

  command(app, parts, {
    url: '/vouchers/:id/unfreeze',
    tag,
    summary: 'Unfreeze a voucher: back to where it was',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: freezeBody,
    response: voucherChanged,
    status: 200,
    verb: unfreezeVoucher,
  });

  command(app, parts, {
    url: '/vouchers/:id/activate',
    tag,
    summary: 'Accept the terms of a voucher that waits for it',
    roles: ['enterprise'],
    body: schema.activateVoucher,
    response: schema.voucherActivated,
    status: 200,
    verb: activateVoucher,
  });

  command(app, parts, {
    url: '/vouchers/:id/expire',
    tag,
    summary: 'End a voucher that is past its last day, by its programme’s rule; done daily by itself',
    roles: ['operator'],
    body: z.strictObject({}),
    response: schema.voucherActivated,
    status: 200,
    verb: expireVoucher,
  });

  command(app, parts, {
    url: '/vouchers/:id/propose-ending',
    tag,
    summary: 'Propose to cancel (作废) or revoke (撤销) a voucher; another person approves it',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.proposeEnding,
    response: schema.endingProposed,
    status: 201,
    verb: proposeEnding,
  });

  command(app, parts, {
    url: '/vouchers/:id/drop-proposal',
    tag,
    summary: 'Drop the proposal to end a voucher',
    roles: ['reviewer', 'approver'],
    personOnly: true,
    body: schema.dropProposal,
    response: schema.endingProposed,
    status: 200,
    verb: dropProposal,
  });

  command(app, parts, {
    url: '/vouchers/:id/cancel',
    tag,
    summary: 'Cancel a voucher without fault, as another person proposed; unused, its quota comes back in the same window',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: schema.endVoucher,
    response: voucherChanged,
    status: 200,
    verb: cancelVoucher,
  });

  command(app, parts, {
    url: '/vouchers/:id/revoke',
    tag,
    summary: 'Revoke a voucher for cause, as another person proposed',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: schema.endVoucher,
    response: voucherChanged,
    status: 200,
    verb: revokeVoucher,
  });

  reading(app, {
    url: '/vouchers',
    tag,
    summary: 'List vouchers; members of the trade see those of their own legal person or contracts',
    roles: holders,
    query: voucherQuery,
    response: page(voucher),
    read: async ({ query, book, principal }) => {
      const { cursor, limit, status, programmeCode, enterpriseId, contractId } = query;
      const rows = await listVouchers(parts.db, {
        bookId: book.bookId,
        viewer: principal,
        status,
        programmeCode,
        enterpriseId,
        contractId,
        after: idOfCursor(cursor),
        limit,
      });
      return pageOf(
        rows,
        limit,
        (of) => of.voucher.voucherId,
        (of) => presentVoucher(of.voucher, of.balanceFen),
      );
    },
  });

  reading(app, {
    url: '/vouchers/:id',
    tag,
    summary: 'One voucher: what it can still pay, what can be done with it now, how it came to be as it is',
    roles: holders,
    response: schema.voucherInFull,
    read: async ({ id, book, principal }) => {
      const found = await findVoucher(parts.db, { bookId: book.bookId, voucherId: id, viewer: principal });
      if (!found) throw new Problem('NOT_FOUND');
      const told = await tellOfVoucher(parts.db, { bookId: book.bookId, voucherId: id });
      return presentVoucherInFull(found.voucher, found.balanceFen, told, shanghaiDay(parts.clock.now()));
    },
  });

  command(app, parts, {
    url: '/opening-balances',
    tag: 'opening balances',
    summary: 'Prepare an opening balance (期初余额): a limit used or a voucher outstanding before go-live',
    roles: ['operator', 'reviewer'],
    personOnly: true,
    body: prepareBody,
    response: openingPrepared,
    status: 201,
    verb: prepareOpening,
  });

  command(app, parts, {
    url: '/opening-balances/:id/approve',
    tag: 'opening balances',
    summary: 'Approve an opening balance prepared by another person, and book it',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: z.strictObject({}),
    response: openingApproved,
    status: 200,
    verb: approveOpening,
  });

  reading(app, {
    url: '/opening-balances',
    tag: 'opening balances',
    summary: 'List opening balances',
    roles: authorities,
    query: openingQuery,
    response: page(openingBalance),
    read: async ({ query, book }) => {
      const { cursor, limit, status } = query;
      const rows = await listOpenings(parts.db, { bookId: book.bookId, status, after: idOfCursor(cursor), limit });
      return pageOf(rows, limit, (row) => row.openingBalanceId, presentOpening);
    },
  });
}
