/**
 * HTTP by hand over a socket, for what no client library would do: half a request, an answer that is not read, a flood in one
 * write. Not a test itself.
 */
import { once } from 'node:events';
import net from 'node:net';
import type { FastifyInstance } from 'fastify';

export interface Told {
  status: number;
  headers: Record<string, string>;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever the wire said
  body: any;
}

export interface RawClient {
  readonly socket: net.Socket;
  write: (text: string) => void;
  /** The next whole answer (Content-Length only); rejects when the connection ends before it. */
  answer: () => Promise<Told>;
  /** Resolves when the service has ended the connection. */
  ended: Promise<void>;
  destroy: () => void;
}

export interface Listening {
  readonly port: number;
  connect: () => Promise<RawClient>;
}

/** The app on a port of 127.0.0.1. Its closing is the caller's. */
export async function listen(app: FastifyInstance): Promise<Listening> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { port, connect: () => connectTo(port) };
}

async function connectTo(port: number): Promise<RawClient> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let text = '';
  let closed = false;
  const waiting: { resolve: (told: Told) => void; reject: (error: Error) => void }[] = [];
  const answers: Told[] = [];
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
    for (let told = take(); told; told = take()) {
      const next = waiting.shift();
      if (next) next.resolve(told);
      else answers.push(told);
    }
  });
  void ended.then(() => {
    closed = true;
    for (const each of waiting.splice(0)) each.reject(new Error(`the connection ended after: ${text.slice(0, 200)}`));
  });

  const take = (): Told | undefined => {
    const head = text.indexOf('\r\n\r\n');
    if (head < 0) return undefined;
    const [first = '', ...lines] = text.slice(0, head).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const length = Number(headers['content-length'] ?? 0);
    const rest = Buffer.from(text.slice(head + 4));
    if (rest.length < length) return undefined;
    const payload = rest.subarray(0, length).toString();
    text = rest.subarray(length).toString();
    const isJson = headers['content-type']?.includes('json') === true;
    return { status: Number(first.slice(9, 12)), headers, body: isJson ? (JSON.parse(payload) as unknown) : payload };
  };

  return {
    socket,
    write: (of) => void socket.write(of),
    answer: () => {
      const ready = answers.shift();
      if (ready) return Promise.resolve(ready);
      if (closed) return Promise.reject(new Error(`the connection ended after: ${text.slice(0, 200)}`));
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    ended,
    destroy: () => void socket.destroy(),
  };
}

/** The text of a request. A body makes it a POST. `cut`: bytes of the body that are held back. */
export function requestText(
  url: string,
  of: { secret?: string; key?: string; body?: object; cut?: number; headers?: string } = {},
): string {
  const body = of.body === undefined ? '' : JSON.stringify(of.body);
  return (
    `${of.body === undefined ? 'GET' : 'POST'} ${url} HTTP/1.1\r\nHost: test\r\n` +
    (of.secret === undefined ? '' : `Authorization: Bearer ${of.secret}\r\n`) +
    (of.key === undefined ? '' : `Idempotency-Key: ${of.key}\r\n`) +
    (of.headers ?? '') +
    (of.body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`) +
    `\r\n${body.slice(0, body.length - (of.cut ?? 0))}`
  );
}

/** Asks until the answer is `wanted`; only the test's own time limit ends the asking. */
export async function until(wanted: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await wanted())) await new Promise((resolve) => setTimeout(resolve, 20));
}
