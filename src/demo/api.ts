// The demo's way to the service: its public API over HTTP, like everybody else's. Answers are read by their schemas, so what
// the world stands on is what the contract says.
import type { z } from 'zod';
import type { Role } from '../../schemas/access.js';
import { apiKeyIssued, memberRecorded } from '../../schemas/access.js';
import { problem } from '../../schemas/common.js';

/** Sets the clock of the service (demo and test mode only) to an instant with offset. */
export async function setClock(address: string, now: string): Promise<void> {
  const answer = await fetch(`${address}/v1/demo/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ now }),
  });
  if (answer.status !== 200) throw new Error(`the clock cannot be set: ${answer.status} ${await answer.text()}`);
}

interface Sent {
  /** Idempotency key; left out, the request can be sent once only. */
  readonly key?: string;
  readonly language?: 'zh' | 'en';
}

/** A member of a book with its API key. Paths are below `/v1/books/{book}`. */
export class Caller {
  readonly #base: string;

  constructor(
    address: string,
    readonly book: string,
    readonly secret: string,
  ) {
    this.#base = `${address}/v1/books/${book}`;
  }

  /** The same service as somebody else of the same book. */
  as(secret: string): Caller {
    return new Caller(this.#base.slice(0, -`/v1/books/${this.book}`.length), this.book, secret);
  }

  /** What the command answers; throws what it was refused with. */
  async post<Answer extends z.ZodType>(
    answer: Answer,
    path: string,
    body: object = {},
    sent: Sent = {},
  ): Promise<z.output<Answer>> {
    const { status, content } = await this.#send('POST', path, sent, body);
    if (status >= 300) throw new Error(`POST ${path} was answered ${status}: ${JSON.stringify(content)}`);
    return answer.parse(content);
  }

  /** The problem a command is refused with; throws if it is not refused. */
  async refused(path: string, body: object = {}, sent: Sent = {}): Promise<z.output<typeof problem>> {
    const { status, content } = await this.#send('POST', path, sent, body);
    if (status < 400) throw new Error(`POST ${path} should have been refused and was answered ${status}`);
    return problem.parse(content);
  }

  /** A file, attached to what `path` names; throws what it was refused with. */
  async upload(
    path: string,
    of: { readonly name: string; readonly type: string; readonly text: string },
    key: string,
  ): Promise<void> {
    const response = await fetch(this.#base + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.secret}`,
        'content-type': of.type,
        'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(of.name)}`,
        'idempotency-key': key,
      },
      body: of.text,
    });
    if (response.status !== 201) throw new Error(`POST ${path} was answered ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  }

  async get<Answer extends z.ZodType>(answer: Answer, path: string): Promise<z.output<Answer>> {
    const { status, content } = await this.#send('GET', path, {});
    if (status !== 200) throw new Error(`GET ${path} was answered ${status}: ${JSON.stringify(content)}`);
    return answer.parse(content);
  }

  async #send(
    method: string,
    path: string,
    { key, language }: Sent,
    body?: object,
  ): Promise<{ status: number; content: unknown }> {
    const response = await fetch(this.#base + path, {
      method,
      headers: {
        authorization: `Bearer ${this.secret}`,
        'accept-language': language ?? 'zh',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, content: await response.json() };
  }
}

/** The two who register and confirm the members of a book. */
export interface Operators {
  readonly operator: Caller;
  readonly colleague: Caller;
}

/**
 * Registers a person in a role and issues its key, the colleague confirming one of the authorities: a caller of its own. For trade members with
 * their legal person's code.
 */
export async function newMember(
  { operator, colleague }: Operators,
  of: { role: Role; personName: string; legalPersonUscc?: string; kind?: 'PERSON' | 'MACHINE' },
  key: string,
): Promise<Caller> {
  const member = await operator.post(memberRecorded, '/members', of, { key });
  if (member.status === 'PROPOSED')
    await colleague.post(memberRecorded, `/members/${member.memberId}/confirm`, {}, { key: `${key}:confirm` });
  const issued = await operator.post(apiKeyIssued, `/members/${member.memberId}/keys`, {}, { key: `${key}:key` });
  if (issued.secret === null) throw new Error(`the key of ${of.personName} was shown before`);
  return operator.as(issued.secret);
}
