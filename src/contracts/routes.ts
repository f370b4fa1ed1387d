import type { FastifyInstance } from 'fastify';
import { page } from '../../schemas/common.js';
import * as schema from '../../schemas/contracts.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { amendContract } from './amend-contract.js';
import { presentAmendment } from './amendments.js';
import { confirmContract } from './confirm-contract.js';
import { confirmAmendment, rejectAmendment, withdrawAmendment } from './decide-amendment.js';
import { discardDraft, draftContract, reviseDraft } from './draft-contract.js';
import { completeContract, rejectContract, withdrawContract } from './end-contract.js';
import { fileContract } from './file-contract.js';
import { findAmendment, findContract, findDraft, findVersions, listAmendments, listContracts, listDrafts } from './queries.js';
import { presentContract, presentDraft } from './rules.js';
import { submitContract } from './submit-contract.js';
import { submitDraft } from './submit-draft.js';

const tag = 'contracts';

export function contractRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/contracts',
    tag,
    summary: 'Submit a contract, by either side; what is not whole yet may be kept as a draft',
    roles: ['enterprise', 'provider'],
    body: schema.submitContract,
    response: schema.contractRecorded,
    status: 201,
    verb: submitContract,
  });
  command(app, parts, {
    url: '/contracts/:id/confirm',
    tag,
    summary: 'Confirm a contract, by the side that did not submit it',
    roles: ['enterprise', 'provider'],
    personOnly: true,
    body: schema.confirmContract,
    response: schema.contractRecorded,
    status: 200,
    verb: confirmContract,
  });
  command(app, parts, {
    url: '/contracts/:id/file',
    tag,
    summary: 'File a confirmed contract (备案)',
    roles: ['reviewer'],
    personOnly: true,
    stepUp: true,
    body: schema.fileContract,
    response: schema.contractRecorded,
    status: 200,
    verb: fileContract,
  });
  command(app, parts, {
    url: '/contract-drafts',
    tag,
    summary: 'Keep a draft of a contract, by either side for itself; it binds nothing and nobody else sees it',
    roles: ['enterprise', 'provider'],
    body: schema.draftContract,
    response: schema.contractDraftRecorded,
    status: 201,
    verb: draftContract,
  });
  command(app, parts, {
    url: '/contract-drafts/:id/revise',
    tag,
    summary: 'Write a draft of a contract anew, whole',
    roles: ['enterprise', 'provider'],
    body: schema.draftContract,
    response: schema.contractDraftRecorded,
    status: 200,
    verb: reviseDraft,
  });
  command(app, parts, {
    url: '/contract-drafts/:id/submit',
    tag,
    summary: 'Submit a draft, which makes the contract of its id: it is checked now, as if it came now',
    roles: ['enterprise', 'provider'],
    body: schema.submitContractDraft,
    response: schema.contractRecorded,
    status: 201,
    verb: submitDraft,
  });
  command(app, parts, {
    url: '/contract-drafts/:id/discard',
    tag,
    summary: 'Discard a draft of a contract',
    roles: ['enterprise', 'provider'],
    body: schema.discardContractDraft,
    response: schema.contractDraftRecorded,
    status: 200,
    verb: discardDraft,
  });
  reading(app, {
    url: '/contract-drafts',
    tag,
    summary: 'List the own drafts of contracts that are neither submitted nor discarded',
    roles: ['enterprise', 'provider'],
    query: schema.contractDraftQuery,
    response: page(schema.contractDraft),
    read: async ({ db, query: { cursor, limit }, book, principal }) => {
      const rows = await listDrafts(db, { bookId: book.bookId, viewer: principal, after: idOfCursor(cursor), limit });
      return pageOf(rows, limit, (row) => row.contractDraftId, presentDraft);
    },
  });
  reading(app, {
    url: '/contract-drafts/:id',
    tag,
    summary: 'One draft of a contract, with what it lacks',
    roles: ['auditor', 'enterprise', 'provider'],
    response: schema.contractDraft,
    read: async ({ db, id, book, principal }) => {
      const found = await findDraft(db, book.bookId, id, principal);
      if (!found) throw new Problem('NOT_FOUND');
      return presentDraft(found);
    },
  });
  reading(app, {
    url: '/contracts',
    tag,
    summary: 'List contracts with their lines; members of the trade see their own',
    roles: [...authorities, 'enterprise', 'provider'],
    query: schema.contractQuery,
    response: page(schema.contract),
    read: async ({ db, query, book, principal }) => {
      const { cursor, limit, ...filters } = query;
      const rows = await listContracts(db, {
        ...filters,
        bookId: book.bookId,
        viewer: principal,
        after: idOfCursor(cursor),
        limit,
      });
      return pageOf(rows, limit, (row) => row.contract.contractId, presentContract);
    },
  });
  reading(app, {
    url: '/contracts/:id',
    tag,
    summary: 'One contract with its lines',
    roles: [...authorities, 'enterprise', 'provider'],
    response: schema.contract,
    read: async ({ db, id, book, principal }) => {
      const found = await findContract(db, book.bookId, id, principal);
      if (!found) throw new Problem('NOT_FOUND');
      return presentContract(found);
    },
  });
  for (const [verb, summary, body, roles, of] of [
    [
      'withdraw',
      'Withdraw a contract before it is confirmed, by the side that submitted it',
      schema.withdrawContract,
      ['enterprise', 'provider'],
      withdrawContract,
    ],
    ['complete', 'Complete a contract whose last day is over', schema.completeContract, ['reviewer'], completeContract],
  ] as const) {
    command(app, parts, {
      url: `/contracts/:id/${verb}`,
      tag,
      summary,
      roles,
      personOnly: true,
      body,
      response: schema.contractRecorded,
      status: 200,
      verb: of,
    });
  }
  command(app, parts, {
    url: '/contracts/:id/reject',
    tag,
    summary: 'Do not file a contract, with the reason (不予备案)',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.rejectContract,
    response: schema.contractRecorded,
    status: 200,
    verb: rejectContract,
  });
  command(app, parts, {
    url: '/contracts/:id/amendments',
    tag,
    summary: 'Propose an amendment (变更) of a filed contract, by either side',
    roles: ['enterprise', 'provider'],
    body: schema.amendContract,
    response: schema.amendmentRecorded,
    status: 201,
    verb: amendContract,
  });
  command(app, parts, {
    url: '/contract-amendments/:id/confirm',
    tag,
    summary: 'Confirm an amendment, by the side that did not propose it',
    roles: ['enterprise', 'provider'],
    personOnly: true,
    body: schema.confirmAmendment,
    response: schema.amendmentRecorded,
    status: 200,
    verb: confirmAmendment,
  });
  command(app, parts, {
    url: '/contract-amendments/:id/withdraw',
    tag,
    summary: 'Withdraw an amendment before it is confirmed, by the side that proposed it',
    roles: ['enterprise', 'provider'],
    personOnly: true,
    body: schema.withdrawAmendment,
    response: schema.amendmentRecorded,
    status: 200,
    verb: withdrawAmendment,
  });
  command(app, parts, {
    url: '/contract-amendments/:id/reject',
    tag,
    summary: 'Do not file an amendment, with the reason',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.rejectAmendment,
    response: schema.amendmentRecorded,
    status: 200,
    verb: rejectAmendment,
  });
  reading(app, {
    url: '/contract-amendments',
    tag,
    summary: 'List amendments; members of the trade see those of their own contracts',
    roles: [...authorities, 'enterprise', 'provider'],
    query: schema.amendmentQuery,
    response: page(schema.amendment),
    read: async ({ db, query, book, principal }) => {
      const { cursor, limit, contractId, status } = query;
      const wanted = { bookId: book.bookId, viewer: principal, contractId, status, after: idOfCursor(cursor), limit };
      return pageOf(await listAmendments(db, wanted), limit, (row) => row.amendmentId, presentAmendment);
    },
  });
  reading(app, {
    url: '/contract-amendments/:id',
    tag,
    summary: 'One amendment with its lines',
    roles: [...authorities, 'enterprise', 'provider'],
    response: schema.amendment,
    read: async ({ db, id, book, principal }) => {
      const found = await findAmendment(db, book.bookId, id, principal);
      if (!found) throw new Problem('NOT_FOUND');
      return presentAmendment(found);
    },
  });
  reading(app, {
    url: '/contracts/:id/versions',
    tag,
    summary: 'What a contract said as of each of its versions',
    roles: [...authorities, 'enterprise', 'provider'],
    response: schema.contractVersions,
    read: async ({ db, id, book, principal }) => {
      const found = await findVersions(db, book.bookId, id, principal);
      if (!found) throw new Problem('NOT_FOUND');
      return found;
    },
  });
}
