import type { FastifyInstance } from 'fastify';
import { page } from '../../schemas/common.js';
import {
  enterprise,
  enterpriseQuery,
  enterpriseRecorded,
  enterpriseWithNames,
  namedOnQuery,
  registerEnterprise as registerBody,
} from '../../schemas/enterprises.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, everyRole, idOfCursor, pageOf, reading } from '../http/routes.js';
import { findEnterprise, findFormerNames, listEnterprises } from './queries.js';
import { registerEnterprise } from './register-enterprise.js';
import { nameOn, presentEnterprise, presentFormerNames } from './rules.js';

const tag = 'enterprises';

export function enterpriseRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/enterprises',
    tag,
    summary: 'Register an enterprise (算力使用方)',
    roles: ['operator'],
    body: registerBody,
    response: enterpriseRecorded,
    status: 201,
    verb: registerEnterprise,
  });

  reading(app, {
    url: '/enterprises',
    tag,
    summary: 'List enterprises; an enterprise sees its own legal person, a provider looks one up by its whole code',
    roles: everyRole,
    query: enterpriseQuery,
    response: page(enterprise),
    read: async ({ db, query, book, principal }) => {
      // A provider names the other side of its contract; whoever it has no code of, it does not see.
      const isProvider = principal.role === 'provider';
      if (isProvider && query.uscc === undefined) {
        throw new Problem('VALIDATION_FAILED', {}, [{ pointer: '/uscc', code: 'MISSING_FIELD' }]);
      }
      const rows = await listEnterprises(db, {
        bookId: book.bookId,
        legalPersonUscc: isProvider ? null : principal.legalPersonUscc,
        uscc: query.uscc,
        after: idOfCursor(query.cursor),
        limit: query.limit,
      });
      return pageOf(rows, query.limit, (row) => row.enterpriseId, presentEnterprise);
    },
  });

  reading(app, {
    url: '/enterprises/:id',
    tag,
    summary: 'One enterprise with the names it had; with the name of a day, if one is given',
    roles: [...authorities, 'enterprise'],
    query: namedOnQuery,
    response: enterpriseWithNames,
    read: async ({ db, id, query, book, principal }) => {
      const row = await findEnterprise(db, book.bookId, id);
      if (!row || (principal.legalPersonUscc !== null && principal.legalPersonUscc !== row.legalPersonUscc))
        throw new Problem('NOT_FOUND');
      const former = await findFormerNames(db, book.bookId, row.uscc);
      const name = query.on === undefined ? row.name : nameOn(row.name, former, query.on);
      return { ...presentEnterprise(row), name, formerNames: presentFormerNames(former) };
    },
  });
}
