import type { FastifyInstance } from 'fastify';
import type { Role } from '../../schemas/access.js';
import * as schema from '../../schemas/flags.js';
import { pageQuery } from '../../schemas/common.js';
import { shanghaiDay } from '../calendar.js';
import { presentFlag, presentParameter } from '../flags/rules.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { clearFlag, upholdFlag } from './decide-flag.js';
import { findFlag, flagsOn, listFlagsByAge, listFlagsByAmount, listParameters } from './queries.js';
import { raiseFlag } from './raise-flag.js';
import { recordParameter } from './record-parameter.js';

const tag = 'flags';
/** Flags are the authorities' business: who is suspected is told that a person looks at the case, and not why. */
const reviewing: readonly Role[] = ['reviewer', 'approver'];

/** Flags (疑点): what rules and persons found, with the evidence, until a person decides. */
export function flagRoutes(app: FastifyInstance, parts: Parts): void {
  const today = () => shanghaiDay(parts.clock.now());
  const common = { tag, personOnly: true, response: schema.flagRecorded } as const;
  command(app, parts, {
    ...common,
    url: '/flags',
    summary: 'Raise a flag on what looks wrong; it holds the case for a person',
    status: 201,
    roles: [...reviewing, 'finance'],
    body: schema.raiseFlag,
    verb: raiseFlag,
  });
  command(app, parts, {
    ...common,
    url: '/flags/:id/clear',
    summary: 'Clear a flag, with the reason',
    status: 200,
    roles: reviewing,
    stepUp: true,
    body: schema.decideFlag,
    verb: clearFlag,
  });
  command(app, parts, {
    ...common,
    url: '/flags/:id/uphold',
    summary: 'Uphold a flag: what it is on is held for good',
    status: 200,
    roles: reviewing,
    body: schema.decideFlag,
    verb: upholdFlag,
  });
  reading(app, {
    url: '/flags',
    tag,
    summary: 'List flags with their evidence, by state and kind: the oldest first, or the largest amount first',
    roles: authorities,
    query: schema.flagQuery,
    response: schema.flagPage,
    read: async ({ query, book }) => {
      const { cursor, order, ...wanted } = query;
      const { bookId } = book;
      const after = idOfCursor(cursor);
      const rows =
        order === 'AGE'
          ? await listFlagsByAge(parts.db, { bookId, ...wanted, after })
          : await listFlagsByAmount(parts.db, {
              bookId,
              ...wanted,
              after: after === undefined ? undefined : await placeOf(after, bookId),
            });
      return pageOf(
        rows,
        query.limit,
        (row) => row.flagId,
        (row) => presentFlag(row, today()),
      );
    },
  });
  /** Where the page before ended: amounts of flags never change. */
  const placeOf = async (flagId: string, bookId: string) => {
    const last = await findFlag(parts.db, bookId, flagId);
    if (!last) throw new Problem('NOT_FOUND');
    return last;
  };
  reading(app, {
    url: '/flags/:id',
    tag,
    summary: 'One flag with its evidence',
    roles: authorities,
    response: schema.flag,
    read: async ({ id, book }) => {
      const row = await findFlag(parts.db, book.bookId, id);
      if (!row) throw new Problem('NOT_FOUND');
      return presentFlag(row, today());
    },
  });
  reading(app, {
    url: '/flags-of-subject',
    tag,
    summary: 'All flags on one thing, decided ones too',
    roles: authorities,
    query: schema.flagsOfSubjectQuery,
    response: schema.flagsOfSubject,
    read: async ({ query, book }) => ({
      items: (await flagsOn(parts.db, book.bookId, query.subjectId)).map((row) => presentFlag(row, today())),
    }),
  });

  command(app, parts, {
    url: '/flag-parameters',
    tag,
    summary: 'Record from what on a rule raises a flag, by the bureau’s document',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.recordFlagParameter,
    response: schema.flagParameterRecorded,
    status: 201,
    verb: recordParameter,
  });
  reading(app, {
    url: '/flag-parameters',
    tag,
    summary: 'From what on rules raise flags, every dated row',
    roles: authorities,
    query: pageQuery,
    response: schema.flagParameterPage,
    read: async ({ query, book }) => {
      const rows = await listParameters(parts.db, {
        bookId: book.bookId,
        after: idOfCursor(query.cursor),
        limit: query.limit,
      });
      return pageOf(rows, query.limit, (row) => row.flagParameterId, presentParameter);
    },
  });
}
