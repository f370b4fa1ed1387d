import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  appropriation,
  appropriationLoaded,
  appropriationQuery,
  appropriationReturn,
  appropriationReturned,
  approveReturn as approveReturnBody,
  dropReturn as dropReturnBody,
  funds,
  loadAppropriation as loadBody,
  proposeReturn as proposeReturnBody,
} from '../../schemas/appropriations.js';
import { bookAndIdParams, page, pageQuery, problem } from '../../schemas/common.js';
import {
  correctRepeal as correctRepealBody,
  dropRepealCorrection as dropCorrectionBody,
  evaluateProgramme,
  programme,
  programmeActivated,
  programmeEvaluated,
  programmePublished,
  programmeQuery,
  programmeRepealed,
  programmeShown,
  proposeRepealCorrection as proposeCorrectionBody,
  publishProgramme as publishBody,
  repealCorrected,
  repealCorrectionProposed,
  repealProgramme as repealBody,
} from '../../schemas/programme-api.js';
import { shanghaiDay } from '../calendar.js';
import type { Language } from '../errors.js';
import { describeRefusal, isRefusalCode } from '../errors.js';
import type { Parts } from '../http/parts.js';
import { languageOf, Problem } from '../http/problem.js';
import { authorities, command, everyRole, idOfCursor, pageOf, reading } from '../http/routes.js';
import { fundBalances } from '../ledger/statements.js';
import { activateProgramme } from './activate-programme.js';
import { allocateGiven, evaluateGiven } from './check.js';
import { correctRepeal, dropRepealCorrection, proposeRepealCorrection } from './correct-repeal.js';
import type { Evaluation } from './evaluate.js';
import { evaluationJson } from './evaluate.js';
import { explain } from './explain.js';
import type { ProgrammeVersion } from './language.js';
import { parseProgramme } from './language.js';
import { loadAppropriation } from './load-appropriation.js';
import { openPointsOf, programmeOf } from './published.js';
import { publishProgramme } from './publish-programme.js';
import {
  activatedProgrammes,
  findProgramme,
  listAppropriations,
  listReturns,
  listProgrammes,
  repealCorrectionsOf,
  versionsOf,
} from './queries.js';
import { repealProgramme } from './repeal-programme.js';
import { approveReturn, dropReturn, proposeReturn } from './return-appropriation.js';
import {
  presentAppropriation,
  presentReturn,
  presentFunds,
  presentOpenPoints,
  presentProgramme,
  presentRepealCorrection,
  strangersIn,
} from './rules.js';

const tag = 'programmes';

export function programmeRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/programmes',
    tag,
    summary: 'Publish a version of a programme (the law as data)',
    roles: ['operator'],
    stepUp: true,
    body: publishBody,
    response: programmePublished,
    status: 201,
    verb: publishProgramme,
    // A text that does not read is told with all its problems, each with its line, before it queues.
    prepare: ({ body }) => {
      const read = parseProgramme(body.document);
      if (read.ok) return body;
      throw new Problem(
        'PROGRAMME_INVALID',
        { count: String(read.problems.length) },
        read.problems.map(({ path, line, zh, en }) => ({
          pointer: '/document',
          code: 'PROGRAMME_PROBLEM',
          params: { line: line === null ? '—' : String(line), path, zh, en },
        })),
      );
    },
  });

  command(app, parts, {
    url: '/programmes/:id/activate',
    tag,
    summary: 'Activate a published version: it becomes law here and never changes again',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: z.strictObject({}),
    response: programmeActivated,
    status: 200,
    verb: activateProgramme,
  });

  command(app, parts, {
    url: '/programmes/:id/repeal',
    tag,
    summary: 'Repeal an active version: it holds through its last day, and what was granted under it stays good',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: repealBody,
    response: programmeRepealed,
    status: 200,
    verb: repealProgramme,
  });

  command(app, parts, {
    url: '/programmes/:id/propose-repeal-correction',
    tag,
    summary: 'Propose to set aside a repeal that was entered by mistake; another person approves it',
    roles: ['approver'],
    personOnly: true,
    body: proposeCorrectionBody,
    response: repealCorrectionProposed,
    status: 201,
    verb: proposeRepealCorrection,
  });

  command(app, parts, {
    url: '/programmes/:id/drop-repeal-correction',
    tag,
    summary: 'Drop the proposal to set aside a repeal',
    roles: ['approver'],
    personOnly: true,
    body: dropCorrectionBody,
    response: repealCorrectionProposed,
    status: 200,
    verb: dropRepealCorrection,
  });

  command(app, parts, {
    url: '/programmes/:id/correct-repeal',
    tag,
    summary:
      'Set a mistaken repeal aside, as another person proposed: the version is law again; what was decided meanwhile stays',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: correctRepealBody,
    response: repealCorrected,
    status: 200,
    verb: correctRepeal,
  });

  reading(app, {
    url: '/programmes',
    tag,
    summary: 'List published versions',
    roles: everyRole,
    query: programmeQuery,
    response: page(programme),
    read: async ({ db, query, book }) => {
      const { programmeCode, limit } = query;
      const rows = await listProgrammes(db, { bookId: book.bookId, programmeCode, after: idOfCursor(query.cursor), limit });
      return pageOf(
        rows,
        limit,
        (row) => row.programmeVersionId,
        (row) => presentProgramme(row, programmeOf(row)),
      );
    },
  });

  reading(app, {
    url: '/programmes/:id',
    tag,
    summary: 'One version with its document and what keeps it from being activated',
    roles: everyRole,
    response: programmeShown,
    read: async ({ db, id, book }) => {
      const row = await findProgramme(db, book.bookId, id);
      if (!row) throw new Problem('NOT_FOUND');
      const law = programmeOf(row);
      return {
        ...presentProgramme(row, law),
        document: row.document,
        repealCorrections: (await repealCorrectionsOf(db, book.bookId, id)).map(presentRepealCorrection),
        openPoints:
          row.status === 'PUBLISHED'
            ? presentOpenPoints(openPointsOf(law, await versionsOf(db, book.bookId, row.programmeCode)))
            : [],
      };
    },
  });

  // A trial writes nothing and takes no lane; it is a POST because its facts are too many for an address.
  app.post(
    '/v1/books/:book/programmes/:id/evaluations',
    {
      config: { roles: everyRole, personOnly: false, writesNothing: true },
      schema: {
        tags: [tag],
        summary: 'Try a version, a draft too, on given facts: the award and why',
        params: bookAndIdParams,
        body: evaluateProgramme,
        response: { 200: programmeEvaluated, '4xx': problem, '5xx': problem },
      },
    },
    async (request, reply) => {
      const row = await findProgramme(request.db, request.book.bookId, (request.params as z.output<typeof bookAndIdParams>).id);
      if (!row) throw new Problem('NOT_FOUND');
      const body = request.body as z.output<typeof evaluateProgramme>;
      const law = programmeOf(row);
      const strangers = body.stage === 'ALLOCATE' ? [] : strangersIn(law, body.given);
      if (strangers.length > 0) {
        const fields = strangers.map(({ pointer, field }) => ({ pointer, code: 'UNKNOWN_FIELD' as const, params: { field } }));
        throw new Problem('VALIDATION_FAILED', {}, fields);
      }
      const language = languageOf(request);
      const answer: z.input<typeof programmeEvaluated> = {
        programmeCode: row.programmeCode,
        version: row.version,
        legalStatus: row.legalStatus,
        evaluations:
          body.stage === 'ALLOCATE' ? [] : evaluateGiven(law, body).map((evaluation) => presentEvaluation(evaluation, language)),
        allocated: body.stage === 'ALLOCATE' ? allocatedTo(law, body.given) : [],
      };
      return reply.send(answer);
    },
  );

  command(app, parts, {
    url: '/appropriations',
    tag,
    summary: 'Load an appropriation (预算指标) of one funder',
    roles: ['finance'],
    personOnly: true,
    stepUp: true,
    body: loadBody,
    response: appropriationLoaded,
    status: 201,
    verb: loadAppropriation,
  });

  reading(app, {
    url: '/appropriations',
    tag,
    summary: 'List appropriations',
    roles: authorities,
    query: appropriationQuery,
    response: page(appropriation),
    read: async ({ db, query, book }) => {
      const { programmeCode, year, limit } = query;
      const rows = await listAppropriations(db, {
        bookId: book.bookId,
        programmeCode,
        year,
        after: idOfCursor(query.cursor),
        limit,
      });
      return pageOf(rows, limit, (row) => row.appropriationId, presentAppropriation);
    },
  });

  command(app, parts, {
    url: '/appropriation-returns',
    tag,
    summary: 'Propose that money of a fund goes back to its funders (收回), or on into the next year’s fund (结转)',
    roles: ['finance'],
    personOnly: true,
    body: proposeReturnBody,
    response: appropriationReturned,
    status: 201,
    verb: proposeReturn,
  });

  command(app, parts, {
    url: '/appropriation-returns/:id/approve',
    tag,
    summary: 'Send money of a fund back, as another person proposed',
    roles: ['finance_approver'],
    personOnly: true,
    stepUp: true,
    body: approveReturnBody,
    response: appropriationReturned,
    status: 200,
    verb: approveReturn,
  });

  command(app, parts, {
    url: '/appropriation-returns/:id/drop',
    tag,
    summary: 'Drop the proposal to send money of a fund back',
    roles: ['finance', 'finance_approver'],
    personOnly: true,
    body: dropReturnBody,
    response: appropriationReturned,
    status: 200,
    verb: dropReturn,
  });

  reading(app, {
    url: '/appropriation-returns',
    tag,
    summary: 'List what went back of appropriations, and what is to',
    roles: authorities,
    query: pageQuery,
    response: page(appropriationReturn),
    read: async ({ db, query: { cursor, limit }, book }) => {
      const rows = await listReturns(db, { bookId: book.bookId, after: idOfCursor(cursor), limit });
      return pageOf(rows, limit, (row) => row.returnId, presentReturn);
    },
  });

  reading(app, {
    url: '/funds',
    tag,
    summary: 'Where the money of each fund stands: loaded, available, promised, paid',
    roles: authorities,
    response: funds,
    read: async ({ db, book }) => {
      const [balances, versions] = await Promise.all([fundBalances(db, book.bookId), activatedProgrammes(db, book.bookId)]);
      return { items: presentFunds(balances, versions, shanghaiDay(parts.clock.now())) };
    },
  });
}

function allocatedTo(law: ProgrammeVersion, given: Parameters<typeof allocateGiven>[1]): string[] {
  const allocated = allocateGiven(law, given);
  if (allocated === null) throw new Problem('PARAMETER_MISSING', { parameter: 'allocation' });
  return allocated;
}

function presentEvaluation(
  evaluation: Evaluation,
  language: Language,
): z.input<typeof programmeEvaluated>['evaluations'][number] {
  const explanation = [...evaluation.explanation];
  const sentences = explain(explanation, language);
  if (evaluation.kind === 'award') {
    const { kind, ...award } = evaluationJson(evaluation);
    return { ...award, kind, explanation, sentences };
  }
  const { kind, code, params } = evaluation;
  if (!isRefusalCode(code)) throw new Error(`the evaluator's refusal ${code} is not in the table`);
  const { title, detail } = describeRefusal(code, params, language);
  return { kind, code, title, detail, params: { ...params }, explanation, sentences };
}
