// The load, in its own process: N keep-alive connections, each sending its next request when the last was answered
// (closed loop). A bare HTTP/1.1 client on sockets, for a benchmark's client should cost as little as it can.
// Started by run.ts with one JSON argument; prints one JSON line.
import { createReadStream } from 'node:fs';
import net from 'node:net';
import { createInterface } from 'node:readline';

export interface LoadOptions {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  /** Requests sent before the clock starts. */
  readonly warmUp: number;
  /** Stops after this long, or when the requests are used up. */
  readonly seconds: number;
  /** NDJSON: { path, secret, body }. Each is sent once, under a key of its own. */
  readonly file: string;
  readonly skip: number;
  readonly run: string;
}
export interface LoadResult {
  readonly sent: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Answers by status, `201:` or `409:CODE`. */
  readonly answers: Record<string, number>;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly usedUp: boolean;
}

const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions;
const requests: string[] = [];
let n = 0;
for await (const line of createInterface({ input: createReadStream(options.file) })) {
  if (n++ < options.skip) continue;
  const { path, secret, body } = JSON.parse(line) as { path: string; secret: string; body: object };
  const payload = JSON.stringify(body);
  requests.push(
    `POST ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${secret}\r\nIdempotency-Key: ${options.run}-${n}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`,
  );
}

let next = 0;
let started = 0;
let done = 0;
let stopAt = Infinity;
const latencies: number[] = [];
const answers: Record<string, number> = {};

function connection(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(options.port, options.host);
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    let buffer = '';
    let sentAt = 0;
    const send = () => {
      const request = next < requests.length && performance.now() < stopAt ? requests[next++] : undefined;
      if (request === undefined) {
        socket.end();
        resolve();
        return;
      }
      sentAt = performance.now();
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('data', (text: string) => {
      buffer += text;
      const head = buffer.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(buffer.slice(0, head))?.[1]);
      if (buffer.length < head + 4 + length) return;
      const status = buffer.slice(9, 12);
      const code = status.startsWith('2') ? '' : (/"code":"(\w+)"/.exec(buffer)?.[1] ?? '');
      buffer = buffer.slice(head + 4 + length);
      const now = performance.now();
      done++;
      if (done === options.warmUp) {
        started = now;
        stopAt = now + options.seconds * 1000;
      } else if (done > options.warmUp) {
        latencies.push(now - sentAt);
        answers[`${status}:${code}`] = (answers[`${status}:${code}`] ?? 0) + 1;
      }
      send();
    });
  });
}

await Promise.all(Array.from({ length: options.connections }, connection));
const seconds = (performance.now() - started) / 1000;
latencies.sort((a, b) => a - b);
const at = (share: number): number => Math.round((latencies[Math.floor(latencies.length * share)] ?? 0) * 100) / 100;
const result: LoadResult = {
  sent: next,
  seconds,
  perSecond: Math.round(latencies.length / seconds),
  answers,
  p50: at(0.5),
  p95: at(0.95),
  p99: at(0.99),
  usedUp: next >= requests.length,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
