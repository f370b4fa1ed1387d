// The two shapes every address under a book has: a command (through the lane) and a reading (outside it).
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Database } from '../../db/client.js';
import type { Role } from '../../schemas/access.js';
import { role } from '../../schemas/access.js';
import { bookParams, fileFormat, problem } from '../../schemas/common.js';
import { programmeCode } from '../../schemas/programme-api.js';
import { isRefusalCode } from '../errors.js';
import { uuidv7 } from '../identifiers.js';
import { tellInFull } from '../ledger/explanations.js';
import { publicId } from '../access/admission.js';
import { rolesDelegating } from '../access/delegable.js';
import type { Actor, Outcome, Refused, Verb } from '../ledger/lane.js';
import type { OpenBook, Parts } from './parts.js';
import type { Principal } from '../access/principal.js';
import type { Slice } from './files.js';
import { fileOf, headersOfFile, shareOf, sliceSize } from './files.js';
import { languageOf, Problem } from './problem.js';

interface Common {
  /** Below `/v1/books/{book}`, e.g. `/vouchers/:id/freeze`. */
  readonly url: string;
  readonly tag: string;
  readonly summary: string;
  readonly roles: readonly Role[];
  /** What it answers is personal, a bank account or a secret: who reads it is taken down in the trail of access. */
  readonly sensitive?: boolean;
}

/** Every role: for what any member of the book may read. */
export const everyRole: readonly Role[] = role.options;
/** The roles of the authorities, who see the whole book. */
export const authorities: readonly Role[] = ['reviewer', 'approver', 'finance', 'finance_approver', 'auditor', 'operator'];

const keyPattern = /^[\x21-\x7e]{1,200}$/;
const commandHeaders = z.object({
  'idempotency-key': z.string().optional(),
  'on-behalf-of': z
    .uuid({ error: 'ID_FORMAT' })
    .optional()
    .meta({ description: 'A delegation: approve in its delegator’s place, where the verb may be delegated' }),
});
const dryRunQuery = z.strictObject({ dryRun: z.enum(['true', 'false']).optional() });
/** What an address names: a thing by its id, a programme by its code, or nothing but the book. */
const namedIn = (url: string): z.ZodObject => {
  if (url.includes('/:id')) return bookParams.extend({ id: z.uuid({ error: 'ID_FORMAT' }) });
  return url.includes('/:code') ? bookParams.extend({ code: programmeCode }) : bookParams;
};

export interface CommandOptions<Body extends z.ZodType, Result> extends Common {
  readonly body: Body;
  /** What is answered, `ledgerSeq` included. */
  readonly response: z.ZodType;
  /** 201 when the command makes the thing it answers with. */
  readonly status: 200 | 201;
  readonly verb: Verb<z.output<Body> & { id?: string; code?: string }, Result>;
  /** Decisions that only a natural person may take. */
  readonly personOnly?: boolean;
  /** Approves, pays, or changes a payee, a programme, members, keys or roles: asks for a second factor or a signature. */
  readonly stepUp?: boolean;
  readonly bodyLimit?: number;
  /** Before the lane: prepares what the verb needs but the client cannot send (a secret's hash, a sealed number). */
  readonly prepare?: (request: {
    body: z.output<Body>;
    book: OpenBook;
    principal: Principal;
    /** What the address names; '' where it names nothing. */
    id: string;
    /** Then nothing may be taken that `settle` would have to give back. */
    dryRun: boolean;
  }) => Promise<z.output<Body>> | z.output<Body>;
  /** What the digest is over where the body holds a secret that could be guessed from it: as distinct, and telling nothing. */
  readonly digested?: (body: z.output<Body>) => object;
  /** Once the outcome is known, accepted or refused: gives back what `prepare` took and the command did not use. */
  readonly settle?: (of: { outcome: Outcome<Result>; body: z.output<Body>; book: OpenBook }) => Promise<void>;
  /** `prepare` and `settle` take their places around the lane themselves, as one for many requests; else each takes one. */
  readonly ownPlaces?: boolean;
  /** After the lane: adds what is never stored (a secret, shown once and not on a replay). */
  readonly present?: (
    result: Result & { ledgerSeq: number | null },
    context: { replayed: boolean; body: z.output<Body> },
  ) => object;
}

const stepUpTold = 'Asks for a second factor shown within ten minutes, or a signed request; a person’s bare key is not enough.';

/**
 * A POST that goes through the lane. `:id` or `:code` in the url is handed to the verb as `body.id` or `body.code`. With `?dryRun=true` a money
 * command is decided and explained, and nothing is recorded. Refusals of the verb become problems by their code.
 */
export function command<Body extends z.ZodType<object>, Result>(
  app: FastifyInstance,
  parts: Parts,
  options: CommandOptions<Body, Result>,
): void {
  parts.verbs.set(options.verb.name, [...(parts.verbs.get(options.verb.name) ?? []), ...options.roles]);
  app.post(
    `/v1/books/:book${options.url}`,
    {
      config: {
        roles: options.roles,
        personOnly: options.personOnly ?? false,
        stepUp: options.stepUp ?? false,
        sensitive: options.sensitive ?? false,
        inLane: true,
        verb: options.verb.name,
        delegable: rolesDelegating(options.verb.name) !== undefined,
      },
      ...(options.bodyLimit === undefined ? {} : { bodyLimit: options.bodyLimit }),
      schema: {
        tags: [options.tag],
        summary: options.summary,
        ...(options.stepUp ? { description: stepUpTold } : {}),
        params: namedIn(options.url),
        querystring: options.verb.money ? dryRunQuery : z.strictObject({}),
        headers: commandHeaders,
        body: options.body,
        response: {
          ...(options.verb.money ? { 200: options.response } : {}),
          [options.status]: options.response,
          '4xx': problem,
          '5xx': problem,
        },
      },
    },
    async (request, reply) => {
      const { book, principal } = request;
      const dryRun = (request.query as z.output<typeof dryRunQuery>).dryRun === 'true';
      const key = dryRun ? '' : idempotencyKey(request, parts);
      const sent = request.body as z.output<Body>;
      const { 'on-behalf-of': delegationId } = request.headers as z.output<typeof commandHeaders>;
      if (delegationId !== undefined && request.flight.config?.delegable !== true) throw new Problem('DELEGATION_NOT_VALID');
      const { book: _, ...target } = request.params as { book: string; id?: string; code?: string };
      // The digest is over what the client sent, in schema order, so that a retry by another path of code is the same.
      const requestDigest = createHash('sha256')
        .update(`${options.verb.name}\n${JSON.stringify({ ...target, ...(options.digested?.(sent) ?? sent) }, bigintAsText)}`)
        .update(delegationId === undefined ? '' : `\n${delegationId}`)
        .digest('hex');
      const around: OpenBook['traffic']['around']['run'] = options.ownPlaces
        ? async (work) => work()
        : (work, of) => book.traffic.around.run(work, of);
      const body = {
        ...(options.prepare
          ? await around(() => options.prepare?.({ body: sent, book, principal, id: target.id ?? '', dryRun }))
          : sent),
        ...target,
      } as z.output<Body> & { id?: string; code?: string };
      const actor: Actor = delegationId === undefined ? principal : { ...principal, delegationId };
      if (dryRun) {
        const outcome = await book.traffic.beside.run(() => book.lane.dryRun(options.verb, { body, actor, requestDigest }));
        if (outcome.kind === 'refused') throw problemOf(outcome);
        const result = { ...outcome.result, ledgerSeq: null };
        const shown = options.present ? options.present(result, { replayed: false, body }) : result;
        return reply.code(200).send(await tellInFull(book.db.sql, book.bookId, shown));
      }
      const outcome = await book.lane.submit(options.verb, { body, actor, requestDigest, key });
      const { settle } = options;
      if (settle) await around(() => settle({ outcome, body, book }), { patient: true });
      if (outcome.kind === 'refused') {
        if (outcome.code === 'UNAUTHENTICATED') parts.principals.forget(principal);
        throw problemOf(outcome);
      }
      void reply.header('idempotency-replayed', String(outcome.replayed));
      const result: Result & { ledgerSeq: number } = outcome.result;
      const shown = options.present ? options.present(result, { replayed: outcome.replayed, body }) : result;
      return reply.code(options.status).send(await tellInFull(book.db.sql, book.bookId, shown));
    },
  );
}

/** What a reading reads with: `db` is the book with its caller’s eyes. */
interface Eyes {
  readonly book: OpenBook;
  readonly db: Database;
}

interface ReadingOptions<Query extends z.ZodObject, Result extends z.ZodType> extends Common {
  readonly query?: Query;
  readonly response: Result;
  readonly read: (of: Eyes & { id: string; query: z.output<Query>; principal: Principal }) => Promise<z.input<Result>>;
  /** Of a list that has a download of its own, which is more than the list's pages one after the other. */
  readonly ownFile?: boolean;
}

/**
 * A GET outside the lane. The handler sees whose eyes it reads with and answers what those may see. A list is beside it a download
 * (`-file`) of all its pages under the same filters.
 */
export function reading<Query extends z.ZodObject, Result extends z.ZodType>(
  app: FastifyInstance,
  options: ReadingOptions<Query, Result>,
): void {
  const item = itemOf(options.response);
  if (item && !options.ownFile) listFile(app, options, item);
  const hasId = options.url.includes('/:id');
  app.get(
    `/v1/books/:book${options.url}`,
    {
      config: { roles: options.roles, personOnly: false, sensitive: options.sensitive ?? false },
      schema: {
        tags: [options.tag],
        summary: options.summary,
        params: namedIn(options.url),
        querystring: options.query ?? z.strictObject({}),
        response: { 200: options.response, '4xx': problem, '5xx': problem },
      },
    },
    async (request, reply) =>
      reply.send(
        await request.book.traffic.beside.run(
          () =>
            options.read({
              id: hasId ? (request.params as { id: string }).id : '',
              query: request.query as z.output<Query>,
              book: request.book,
              db: request.db,
              principal: request.principal,
            }),
          { gone: () => reply.raw.destroyed },
        ),
      ),
  );
}

/** Of which rows a response is a list: one of `items` and nothing else but where it goes on. */
function itemOf(response: z.ZodType): z.ZodObject | undefined {
  if (!(response instanceof z.ZodObject)) return undefined;
  const { items, next: _, ...rest } = response.shape as Record<string, z.ZodType>;
  if (!(items instanceof z.ZodArray) || Object.keys(rest).length > 0) return undefined;
  return items.element instanceof z.ZodObject ? items.element : undefined;
}

/** The pages of a list one after the other, with the caller's eyes and filters, as one file. */
function listFile<Query extends z.ZodObject, Result extends z.ZodType>(
  app: FastifyInstance,
  { url, tag, summary, roles, sensitive = false, query, read }: ReadingOptions<Query, Result>,
  item: z.ZodObject,
): void {
  const { cursor, limit, ...filters } = query?.shape ?? {};
  const isPaged = cursor !== undefined && limit !== undefined;
  const name = url
    .replace(/\/:\w+/g, '')
    .slice(1)
    .replaceAll('/', '-');
  app.get(
    `/v1/books/:book${url}-file`,
    {
      config: { roles, personOnly: false, sensitive, streaming: true },
      schema: {
        tags: [tag],
        summary: `As one file, NDJSON, CSV or xlsx: ${summary}`,
        params: namedIn(url),
        querystring: z.strictObject({ ...filters, format: fileFormat }),
        response: { '4xx': problem, '5xx': problem },
      },
    },
    async (request, reply) => {
      const { book, db, principal } = request;
      const { format, ...asked } = request.query as { format: z.output<typeof fileFormat> };
      const { id = '' } = request.params as { id?: string };
      const share = shareOf(book, reply);
      const pageAfter = async (after: string, size: number): Promise<Slice<string>> => {
        const page = isPaged ? { limit: size, ...(after === '' ? {} : { cursor: after }) } : {};
        const found = await read({ id, query: { ...asked, ...page } as z.output<Query>, book, db, principal });
        const { items, next = null } = found as { items: object[]; next?: string | null };
        return { rows: items, next };
      };
      // Asked before anything is sent, so that what is refused is still told as a problem.
      const first = await share.begin(() => pageAfter('', sliceSize));
      const file = fileOf({ format, schema: item, language: languageOf(request), name }, '', async (after, size) =>
        after === '' ? first : share.goOn(() => pageAfter(after, size)),
      );
      return reply.headers(headersOfFile(format, `${book.code}-${name}`)).send(file);
    },
  );
}

/** What is open to everybody: it needs no key, and looks at none. */
interface Open {
  readonly url: string;
  readonly tag: string;
  readonly summary: string;
}

/** A GET that needs no key, under a book. */
export function openReading<Query extends z.ZodObject, Result extends z.ZodType>(
  app: FastifyInstance,
  options: Open & {
    readonly query?: Query;
    readonly response: Result;
    readonly read: (of: Eyes & { id: string; query: z.output<Query> }) => Promise<z.input<Result>>;
  },
): void {
  const hasId = options.url.includes('/:id');
  app.get(
    `/v1/books/:book${options.url}`,
    {
      config: { open: true },
      schema: {
        tags: [options.tag],
        summary: options.summary,
        params: namedIn(options.url),
        querystring: options.query ?? z.strictObject({}),
        response: { 200: options.response, '4xx': problem, '5xx': problem },
      },
    },
    async (request, reply) =>
      reply.send(
        await request.book.traffic.beside.run(
          () =>
            options.read({
              id: hasId ? (request.params as { id: string }).id : '',
              query: request.query as z.output<Query>,
              book: request.book,
              db: request.db,
            }),
          { gone: () => reply.raw.destroyed },
        ),
      ),
  );
}

const anybody: Actor = { memberId: publicId, personId: publicId, kind: 'PERSON', role: 'public', legalPersonUscc: null };

/** A POST that needs no key: saying the same twice is saying it once, for nobody has a key of their own to name it by. */
export function openCommand<Body extends z.ZodType<object>, Result>(
  app: FastifyInstance,
  options: Open & {
    readonly body: Body;
    readonly response: z.ZodType;
    readonly verb: Verb<z.output<Body> & { id?: string }, Result>;
    readonly prepare: (of: { body: z.output<Body>; book: OpenBook; id: string }) => z.output<Body>;
    readonly digested: (body: z.output<Body>) => object;
  },
): void {
  app.post(
    `/v1/books/:book${options.url}`,
    {
      config: { open: true, inLane: true },
      schema: {
        tags: [options.tag],
        summary: options.summary,
        params: namedIn(options.url),
        querystring: z.strictObject({}),
        body: options.body,
        response: { 201: options.response, '4xx': problem, '5xx': problem },
      },
    },
    async (request, reply) => {
      const { book } = request;
      const { id } = request.params as { id: string };
      const sent = request.body as z.output<Body>;
      const requestDigest = createHash('sha256')
        .update(`${options.verb.name}\n${JSON.stringify({ id, ...options.digested(sent) }, bigintAsText)}`)
        .digest('hex');
      const body = { ...options.prepare({ body: sent, book, id }), id };
      const outcome = await book.lane.submit(options.verb, { body, actor: anybody, requestDigest, key: requestDigest });
      if (outcome.kind === 'refused') throw problemOf(outcome);
      void reply.header('idempotency-replayed', String(outcome.replayed));
      return reply.code(201).send(await tellInFull(book.db.sql, book.bookId, outcome.result));
    },
  );
}

/** A person's client may leave the key out and then gets no replay; a machine's may not. */
export function idempotencyKey(request: FastifyRequest, parts: Parts): string {
  const key = request.headers['idempotency-key'];
  if (key === undefined) {
    if (request.principal.kind === 'MACHINE') throw new Problem('IDEMPOTENCY_KEY_REQUIRED');
    return `auto:${uuidv7(parts.clock.now())}`;
  }
  if (typeof key !== 'string' || !keyPattern.test(key)) throw new Problem('IDEMPOTENCY_KEY_FORMAT');
  return key;
}

const bigintAsText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

/** A refusal as the problem it is told as; one that means a field names it in `errors` too. */
export function problemOf(refusal: Refused | Outcome<unknown>): Problem {
  if (refusal.kind !== 'refused') throw new Error('an accepted outcome is no problem');
  if (!isRefusalCode(refusal.code)) throw new Error(`refusal ${refusal.code} is not in the table`);
  const field = refusal.pointer === undefined ? [] : [{ pointer: refusal.pointer, code: refusal.code, params: refusal.params }];
  return new Problem(refusal.code, refusal.params, field);
}

/** The cursor of a keyset page is the last id, so a list keeps its order while it grows. */
export const cursorOf = (id: string): string => Buffer.from(id).toString('base64url');
export function idOfCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const id = Buffer.from(cursor, 'base64url').toString();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    throw new Problem('VALIDATION_FAILED', {}, [
      {
        pointer: '/cursor',
        code: 'FIELD_INVALID',
        params: { zh: 'cursor 须为前一页答复中的 next。', en: 'A cursor is the next of the page before.' },
      },
    ]);
  return id;
}
/** Cuts a result read with limit + 1 into a page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => string,
  present: (row: Row) => Item,
): { items: Item[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(present), next: rows.length > limit && last !== undefined ? cursorOf(idOf(last)) : null };
}
