// Refusals, faults and bugs as RFC 9457 problem details. A refusal is told in full; a fault says when to come back; a bug
// is logged whole and told bland. Nothing of the database's own messages ever leaves.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod';
import { isConnectionFault } from '../../db/client.js';
import type { Language, RefusalCode } from '../errors.js';
import { describeRefusal, isRefusalCode } from '../errors.js';
import { LaneClosed, LaneFault, LaneFull } from '../ledger/lane.js';
import { ClientGone, ShareFull } from './shares.js';

/** What a refusal is told by. */
export interface Told {
  readonly code: RefusalCode;
  readonly params?: Readonly<Record<string, string>>;
  readonly fields?: readonly FieldProblem[];
  /** Whole seconds; of a 503 or 429. 1 unless something better is known. */
  readonly retryAfter?: number;
}

/** Thrown by plumbing and reads to answer with a refusal; decisions inside the lane return theirs instead. */
export class Problem extends Error implements Told {
  constructor(
    readonly code: RefusalCode,
    readonly params: Readonly<Record<string, string>> = {},
    readonly fields: readonly FieldProblem[] = [],
    readonly retryAfter = 1,
  ) {
    super(code);
  }
}
export interface FieldProblem {
  readonly pointer: string;
  readonly code: RefusalCode;
  readonly params?: Readonly<Record<string, string>>;
  /** Where in a file it stands, and what stands there; the pointer is '' then. */
  readonly place?: { readonly line: number; readonly column: string; readonly value: string };
}

/** zh unless English is preferred by Accept-Language (first of the two named, q-values honoured). */
export function languageOf(request: FastifyRequest): Language {
  const weights = { zh: 0, en: 0 };
  for (const part of (request.headers['accept-language'] ?? '').split(',')) {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
    const language = tag.split('-')[0];
    if (language !== 'zh' && language !== 'en') continue;
    const q = parameters.map((p) => /^\s*q=([\d.]+)$/.exec(p)?.[1]).find((v) => v !== undefined);
    weights[language] = Math.max(weights[language], q === undefined ? 1 : parseFloat(q));
  }
  return weights.en > weights.zh ? 'en' : 'zh';
}

/** Bodies of refusals that say the same every time, by code and language: what is sent away costs little. */
const readyMade = new Map<string, { status: number; body: string }>();

export function sendProblem(request: FastifyRequest, reply: FastifyReply, told: Told): FastifyReply {
  request.flight.refusedWith = told.code;
  return tellProblem(request, reply, told);
}

/** Of a request that is no flight: no hook has seen it, for its address leads to no route. */
export function tellProblem(request: FastifyRequest, reply: FastifyReply, told: Told): FastifyReply {
  const language = languageOf(request);
  const { status, body } = rendered(told, language);
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  if (status === 503 || status === 429) void reply.header('retry-after', String(told.retryAfter ?? 1));
  return reply
    .code(status)
    .header('content-language', language === 'zh' ? 'zh-CN' : 'en')
    .type('application/problem+json')
    .send(body);
}

function rendered({ code, params = {}, fields = [] }: Told, language: Language): { status: number; body: string } {
  const always = fields.length === 0 && Object.keys(params).length === 0;
  const ready = always ? readyMade.get(`${code} ${language}`) : undefined;
  if (ready) return ready;
  const { status, title, detail } = describeRefusal(code, params, language);
  const body = JSON.stringify({
    type: `urn:compute-voucher-ledger:problem:${code}`,
    title,
    status,
    code,
    detail,
    ...(fields.length === 0
      ? {}
      : {
          errors: fields.map((field) => ({
            pointer: field.pointer,
            code: field.code,
            detail: describeRefusal(field.code, field.params ?? {}, language).detail,
            ...field.place,
          })),
        }),
  });
  if (always) readyMade.set(`${code} ${language}`, { status, body });
  return { status, body };
}

/** zod's issues as field problems: our codes travel as the issue's message, the rest is mapped by kind. */
export function fieldProblems(issue: {
  keyword: string;
  instancePath: string;
  message?: string;
  params: Record<string, unknown>;
}): FieldProblem[] {
  const pointer = issue.instancePath === '/' ? '' : issue.instancePath;
  const message = issue.message ?? '';
  if (issue.keyword === 'unrecognized_keys') {
    const keys = issue.params['keys'] as readonly string[];
    return keys.map((key) => ({ pointer: `${pointer}/${escaped(key)}`, code: 'UNKNOWN_FIELD', params: { field: key } }));
  }
  if (isRefusalCode(message)) return [{ pointer, code: message }];
  if (message.endsWith('received undefined')) return [{ pointer, code: 'MISSING_FIELD' }];
  return [{ pointer, code: 'FIELD_INVALID', params: { zh: inChinese(issue), en: message } }];
}

/** zod speaks English; what it found, in Chinese. */
function inChinese({ keyword, params }: { keyword: string; params: Record<string, unknown> }): string {
  const said = (name: string) => String(params[name]);
  const unit = params['origin'] === 'string' ? '个字符' : params['origin'] === 'array' ? '项' : '';
  if (keyword === 'invalid_type') return `类型有误，应为 ${said('expected')}。`;
  if (keyword === 'too_small') return `不得少于 ${said('minimum')}${unit}。`;
  if (keyword === 'too_big') return `不得超过 ${said('maximum')}${unit}。`;
  if (keyword === 'invalid_value' && Array.isArray(params['values'])) return `须为下列之一：${params['values'].join('、')}。`;
  return '内容不符合要求，请对照 /docs 中此字段的说明。';
}

/** RFC 6901. */
const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

export function toProblem(error: FastifyError | Error, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    return new Problem('VALIDATION_FAILED', {}, error.validation.flatMap(fieldProblems));
  }
  if (error instanceof LaneFull) return new Problem('LANE_FULL', {}, [], request.book.traffic.retryAfter);
  if (error instanceof ShareFull || error instanceof ClientGone) return new Problem('SERVICE_BUSY');
  if (error instanceof LaneFault || error instanceof LaneClosed || isConnectionFault(error))
    return new Problem('SERVICE_UNAVAILABLE');
  const code = 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new Problem('UNSUPPORTED_MEDIA_TYPE', { accepted: 'application/json', found: request.headers['content-type'] ?? '—' });
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new Problem('BODY_TOO_LARGE', { limit: String(request.routeOptions.bodyLimit) });
  const unreadable = ['FST_ERR_CTP_INVALID_JSON_BODY', 'FST_ERR_CTP_EMPTY_JSON_BODY', 'FST_ERR_CTP_INVALID_CONTENT_LENGTH'];
  if ((typeof code === 'string' && unreadable.includes(code)) || ('statusCode' in error && error.statusCode === 400)) {
    return new Problem('MALFORMED_JSON');
  }
  return new Problem('INTERNAL', { requestId: request.id });
}

/** The one error handler. Logs once, here: bugs with their stack, faults as warnings, refusals not at all. */
export function handleError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error, request);
  if (problem.code === 'INTERNAL') {
    const serialization = isResponseSerializationError(error) ? { issues: error.cause.issues } : {};
    request.log.error({ err: withoutParameters(error), ...serialization }, 'bug');
  } else if (problem.code === 'SERVICE_UNAVAILABLE') request.log.warn({ reason: error.message }, 'fault');
  return sendProblem(request, reply, problem);
}

/** drizzle writes a statement's parameters into its messages: log the cause, never those. */
function withoutParameters(error: Error): Error {
  return error.message.startsWith('Failed query') && error.cause instanceof Error ? error.cause : error;
}
