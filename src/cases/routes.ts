import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import * as schema from '../../schemas/cases.js';
import type { Database } from '../../db/client.js';
import type { OpenBook, Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import type { CommandOptions } from '../http/routes.js';
import { authorities, command, reading } from '../http/routes.js';
import type { Outcome } from '../ledger/lane.js';
import { accept, check } from './accept.js';
import type { Cases } from './case.js';
import type { Correcting } from './correcting.js';
import type { Drafting } from './draft.js';
import { draft, revise } from './draft.js';
import { reject, withdraw } from './end.js';
import { listSupplements } from './queries.js';
import type { CaseRow } from './rules.js';
import { presentList } from './rules.js';
import { requestSupplement, supplement } from './supplement.js';

type Answer = z.output<typeof schema.supplement>;

/** How the cases of one kind are addressed and answered. */
export interface CaseRoutes<Row extends CaseRow, Shown extends object, Draft extends z.ZodType<object>> {
  readonly cases: Cases<Row, Shown>;
  /** `/applications` */
  readonly url: string;
  readonly tag: string;
  /** What is answered once a step is done, `ledgerSeq` included; and the same with its correction list. */
  readonly moved: z.ZodType;
  readonly withSupplement: z.ZodType;
  readonly draftBody: Draft;
  readonly drafting: Drafting<Row, z.output<Draft>>;
  readonly correcting: Correcting<Row>;
  readonly bodyLimit?: number;
  /** Before an answer to a correction list is decided: holds outside its book what it names anew; and gives back what is not used after. */
  readonly claim?: (of: { book: OpenBook; id: string; body: Answer }) => Promise<Answer>;
  readonly release?: (of: { book: OpenBook; id: string; body: Answer }) => Promise<void>;
  /** Once a case is rejected or withdrawn: gives back what it held outside its book. */
  readonly ended?: (of: { book: OpenBook; id: string; outcome: Outcome<unknown> }) => Promise<void>;
  /** Whether a case is there for these eyes. */
  readonly isSeen: (of: { db: Database; bookId: string; id: string; legalPersonUscc: string | null }) => Promise<boolean>;
}

/** The steps that all kinds of cases share. */
export function caseRoutes<Row extends CaseRow, Shown extends object, Draft extends z.ZodType<object>>(
  app: FastifyInstance,
  parts: Parts,
  of: CaseRoutes<Row, Shown, Draft>,
): void {
  const { cases, url, tag, moved, draftBody, drafting } = of;
  const settle: NonNullable<CommandOptions<z.ZodType<object>, Shown>['settle']> = async ({ body, book, outcome }) => {
    await of.ended?.({ book, id: (body as { id?: string }).id ?? '', outcome });
  };
  const limit = of.bodyLimit === undefined ? {} : { bodyLimit: of.bodyLimit };
  command(app, parts, {
    url: `${url}/drafts`,
    tag,
    summary: 'Keep a draft of an application; nothing of it is decided before it is submitted',
    roles: ['enterprise'],
    body: draftBody,
    response: moved,
    status: 201,
    verb: draft(cases, drafting),
    ...limit,
  });
  command(app, parts, {
    url: `${url}/:id/revise`,
    tag,
    summary: 'Write a draft anew',
    roles: ['enterprise'],
    body: draftBody,
    response: moved,
    status: 200,
    verb: revise(cases, drafting),
    ...limit,
  });
  command(app, parts, {
    url: `${url}/:id/request-supplement`,
    tag,
    summary: 'Tell the applicant once, in one list, everything that is missing (一次性告知), and until when',
    roles: ['district_reviewer', 'reviewer'],
    personOnly: true,
    body: schema.requestSupplement,
    response: of.withSupplement,
    status: 200,
    verb: requestSupplement(cases),
  });
  command(app, parts, {
    url: `${url}/:id/supplement`,
    tag,
    summary: 'Answer every item of the correction list (补正), and write anew the fields that it names',
    roles: ['enterprise'],
    body: schema.supplement,
    response: of.withSupplement,
    status: 200,
    verb: supplement(cases, of.correcting),
    prepare: async ({ body, book, id, dryRun }) => (dryRun ? body : ((await of.claim?.({ book, id, body })) ?? body)),
    settle: async ({ body, book }) => of.release?.({ book, id: (body as { id?: string }).id ?? '', body }),
  });
  command(app, parts, {
    url: `${url}/:id/accept`,
    tag,
    summary: 'Accept what is complete (初审、受理): it has its place in the order of acceptance from now on',
    roles: ['district_reviewer', 'reviewer'],
    personOnly: true,
    body: schema.noBody,
    response: moved,
    status: 200,
    verb: accept(cases),
  });
  command(app, parts, {
    url: `${url}/:id/check`,
    tag,
    summary: 'Check again, by a third person (复核)',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.noBody,
    response: moved,
    status: 200,
    verb: check(cases),
  });
  command(app, parts, {
    url: `${url}/:id/reject`,
    tag,
    summary: 'Reject an undecided application, with the reason and the article',
    roles: ['district_reviewer', 'reviewer', 'approver'],
    personOnly: true,
    body: schema.rejectCase,
    response: moved,
    status: 200,
    verb: reject(cases),
    settle,
  });
  command(app, parts, {
    url: `${url}/:id/withdraw`,
    tag,
    summary: 'Take an undecided application back, a draft too',
    roles: ['enterprise'],
    body: schema.withdrawCase,
    response: moved,
    status: 200,
    verb: withdraw(cases),
    settle,
  });
  reading(app, {
    url: `${url}/:id/supplements`,
    tag,
    summary: 'The correction lists of an application with their answers',
    roles: [...authorities, 'district_reviewer', 'enterprise'],
    response: schema.supplementLists,
    read: async ({ db, id, book, principal: { legalPersonUscc } }) => {
      if (!(await of.isSeen({ db, bookId: book.bookId, id, legalPersonUscc }))) throw new Problem('NOT_FOUND');
      const lists = await listSupplements(db, { bookId: book.bookId, subjectId: id });
      return { items: lists.map(presentList) };
    },
  });
}
