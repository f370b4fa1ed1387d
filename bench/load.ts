// The load, in its own process: HTTP/1.1 on bare sockets, for a benchmark's client shares the machine with what it measures.
// It holds its requests ready as text, reads answers in place (`onread`, no streams) and looks at no more of them than the
// status, the length and, of a refusal, the code. Started by start.ts; takes one job after another over IPC.
//
// Closed loop: every connection sends its next request when the last one is answered; this finds the throughput.
// Open loop: requests arrive on a schedule of their own (Poisson, seeded) whatever the service does, and a latency runs from
// the moment a request was due, not from the moment a connection was free to send it: what waits because the service is
// slow counts (no coordinated omission).
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { type Percentiles, percentiles, round } from './percentiles.js';

/** One request, as a line of the job's file. `expect` is the answer that is right: `201`, `409:CODE`. */
export interface Request {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly secret: string;
  readonly body?: object;
  readonly expect: string;
}

export interface LoadJob {
  readonly kind: 'load';
  readonly port: number;
  readonly connections: number;
  /** Answers before the clock starts are not counted in the figures. */
  readonly warmUpSeconds: number;
  /** Stops after this long, or when the requests are used up. */
  readonly seconds: number;
  /** Arrivals a second in the open loop; left out: closed loop. */
  readonly arrivals?: number;
  /** NDJSON of requests; each is sent once, under a key of its own that begins with `keys`. */
  readonly file: string;
  readonly keys: string;
  /** For readings: begins again with the first request after the last. */
  readonly again?: boolean;
  /** 503 is a right answer too; what was shed is sent again at the end, under its key. */
  readonly mayShed?: boolean;
}

export interface LoadResult extends Percentiles {
  /** Requests of the file that were sent at least once, from its beginning. */
  readonly sent: number;
  /**
   * Answers a second; milliseconds in p50 … max. Closed loop: the sum of what each connection did between its first and its
   * last answer in the counted time, for answers come a batch at a time, and where such a batch falls would decide the figure.
   */
  readonly perSecond: number;
  /** All answers, warm-up included. */
  readonly answers: Readonly<Record<string, number>>;
  /** The counted ones: how many, and how long they took. */
  readonly counted: Readonly<Record<string, Percentiles & { readonly perSecond: number }>>;
  /** Answers that were not the expected one, with one of them. */
  readonly wrong: number;
  readonly example?: string;
  readonly usedUp: boolean;
  /** CPU of this process per answer, in microseconds: what the load itself costs. */
  readonly clientMicroseconds: number;
}

/** Sends a file in one request and waits for the answer. */
export interface UploadJob {
  readonly kind: 'upload';
  readonly port: number;
  readonly path: string;
  readonly secret: string;
  readonly key: string;
  readonly contentType: string;
  readonly file: string;
}
export interface UploadResult {
  readonly status: number;
  readonly seconds: number;
  readonly body: string;
}

const headEnd = Buffer.from('\r\n\r\n');

/** What a request is on the wire, and what should come back. */
interface Ready {
  readonly text: string;
  readonly expect: string;
}

async function readRequests({ file, keys }: LoadJob): Promise<Ready[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line, i) => {
    const { method = 'POST', path, secret, body, expect } = JSON.parse(line) as Request;
    const head = `${method} ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${secret}\r\n`;
    if (method === 'GET') return { text: `${head}\r\n`, expect };
    const payload = JSON.stringify(body ?? {});
    return {
      text:
        `${head}Idempotency-Key: ${keys}-${i}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`,
      expect,
    };
  });
}

async function load(job: LoadJob): Promise<LoadResult> {
  const requests = await readRequests(job);
  if (requests.length === 0) throw new Error('no requests');
  const began = performance.now();
  const countFrom = began + job.warmUpSeconds * 1000;
  const stopAt = countFrom + job.seconds * 1000;
  const first = requests.length;
  let next = 0;
  let wrong = 0;
  let example: string | undefined;
  let usedUp = false;
  // Where the requests end before the time does, the figures end there.
  let endAt = stopAt;
  const answers = new Map<string, number>();
  const latencies = new Map<string, number[]>();

  const take = (): Ready | undefined => {
    if (next >= requests.length) {
      if (!job.again) {
        if (!usedUp) endAt = Math.min(stopAt, performance.now());
        usedUp = true;
        return undefined;
      }
      next = 0;
    }
    return requests[next++];
  };

  const settle: Settle = (connection, request, answer, since, now, text) => {
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    const shed = job.mayShed === true && answer.startsWith('503');
    if (shed) requests.push(request);
    else if (answer !== request.expect) {
      wrong++;
      example ??= `expected ${request.expect}, got ${answer}: ${text()}`;
    }
    if (now >= countFrom && now < endAt) connection.count(now);
    if (since < countFrom || since >= stopAt) return;
    let of = latencies.get(answer);
    if (!of) latencies.set(answer, (of = []));
    of.push(now - since);
  };

  let cpuBefore = process.cpuUsage();
  let answersBefore = 0;
  const clock = setTimeout(() => {
    cpuBefore = process.cpuUsage();
    answersBefore = [...answers.values()].reduce((a, b) => a + b, 0);
  }, job.warmUpSeconds * 1000);

  const connections: Connection[] = [];
  const open = (idle: (of: Connection) => void, failed: (error: Error) => void): void => {
    connections.push(new Connection(job.port, settle, idle, failed));
  };

  if (job.arrivals === undefined) {
    await new Promise<void>((resolve, reject) => {
      let busy = job.connections;
      const idle = (connection: Connection) => {
        const now = performance.now();
        const request = now < stopAt ? take() : undefined;
        if (request) connection.send(request, now);
        else if (--busy === 0) resolve();
      };
      for (let i = 0; i < job.connections; i++) open(idle, reject);
    });
  } else {
    await openLoop(job, job.arrivals, began, stopAt, take, open);
  }
  clearTimeout(clock);
  const cpu = process.cpuUsage(cpuBefore);
  const total = [...answers.values()].reduce((a, b) => a + b, 0);
  for (const connection of connections) connection.close();

  const everyLatency = [...latencies.values()].flat();
  const whole = everyLatency.length / (Math.max(1, endAt - countFrom) / 1000);
  const each = connections.reduce((sum, connection) => sum + connection.perSecond, 0);
  // Where hardly a connection had two answers, all there is are the answers over the time.
  const perSecond =
    job.arrivals === undefined && connections.filter((of) => of.perSecond > 0).length * 2 > job.connections ? each : whole;
  return {
    ...percentiles(everyLatency),
    sent: Math.min(next, first),
    perSecond: round(perSecond),
    answers: Object.fromEntries(answers),
    counted: Object.fromEntries(
      [...latencies].map(([answer, of]) => [
        answer,
        { ...percentiles(of), perSecond: round((perSecond * of.length) / everyLatency.length) },
      ]),
    ),
    wrong,
    ...(example === undefined ? {} : { example }),
    usedUp,
    clientMicroseconds: Math.round((cpu.user + cpu.system) / Math.max(1, total - answersBefore)),
  };
}

/** Sends what is due on connections that are free; what finds none waits, and its latency runs. */
async function openLoop(
  job: LoadJob,
  arrivals: number,
  began: number,
  stopAt: number,
  take: () => Ready | undefined,
  open: (idle: (of: Connection) => void, failed: (error: Error) => void) => void,
): Promise<void> {
  const random = seeded(20260415);
  const gap = () => (-Math.log(1 - random()) / arrivals) * 1000;
  const free: Connection[] = [];
  const waiting: { request: Ready; due: number }[] = [];
  let firstWaiting = 0;
  let under = 0;
  let due = began + gap();
  await new Promise<void>((resolve, reject) => {
    let ended = false;
    const idle = (connection: Connection) => {
      under--;
      const one = waiting[firstWaiting];
      if (one) {
        firstWaiting++;
        under++;
        connection.send(one.request, one.due);
        return;
      }
      free.push(connection);
      if (ended && under === 0) resolve();
    };
    const tick = () => {
      const now = performance.now();
      while (due <= now && due < stopAt) {
        const request = take();
        if (!request) {
          due = stopAt;
          break;
        }
        const connection = free.pop();
        if (connection) {
          under++;
          connection.send(request, due);
        } else waiting.push({ request, due });
        due += gap();
      }
      if (due < stopAt) setTimeout(tick, 1);
      else {
        ended = true;
        if (under === 0) resolve();
      }
    };
    // Each tells that it is idle once it is open.
    under = job.connections;
    for (let i = 0; i < job.connections; i++) open(idle, reject);
    tick();
  });
}

type Settle = (of: Connection, request: Ready, answer: string, since: number, now: number, text: () => string) => void;

/** One keep-alive connection with one request under way at most. One that the service closes is opened again. */
class Connection {
  #socket!: net.Socket;
  #request: Ready | undefined;
  #since = 0;
  #kept: Buffer | undefined;
  #closed = false;
  #counted = 0;
  #first = 0;
  #last = 0;

  constructor(
    readonly port: number,
    readonly settle: Settle,
    /** Called whenever it can take a request. */
    readonly idle: (of: Connection) => void,
    readonly failed: (error: Error) => void,
  ) {
    this.#open();
  }

  send(request: Ready, since: number): void {
    this.#request = request;
    this.#since = since;
    this.#socket.write(request.text, 'utf8');
  }

  /** Notes an answer of the counted time. */
  count(now: number): void {
    if (this.#counted++ === 0) this.#first = now;
    this.#last = now;
  }

  get perSecond(): number {
    return this.#counted < 2 ? 0 : ((this.#counted - 1) * 1000) / (this.#last - this.#first);
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #open(): void {
    this.#kept = undefined;
    const socket = net.connect({
      host: '127.0.0.1',
      port: this.port,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(64 * 1024),
        callback: (bytes: number, buffer: Uint8Array) => {
          this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
          return true;
        },
      },
    });
    this.#socket = socket;
    let connected = false;
    socket.once('connect', () => {
      connected = true;
      this.idle(this);
    });
    socket.on('error', (error) => {
      if (!connected) this.failed(error);
    });
    socket.on('close', () => {
      if (this.#closed || !connected) return;
      this.#settle('cut', () => 'the connection was closed before the answer');
      this.#open();
    });
  }

  #read(bytes: Buffer): void {
    const buffer = this.#kept ? Buffer.concat([this.#kept, bytes]) : bytes;
    const end = buffer.indexOf(headEnd);
    if (end < 0) {
      this.#kept = Buffer.from(buffer);
      return;
    }
    const head = buffer.toString('latin1', 0, end);
    const at = head.indexOf('content-length: ');
    if (at < 0) throw new Error(`an answer without a length: ${head}`);
    const length = Number.parseInt(head.slice(at + 16, at + 26), 10);
    if (buffer.length < end + 4 + length) {
      this.#kept = Buffer.from(buffer);
      return;
    }
    this.#kept = undefined;
    const status = head.slice(9, 12);
    const body = () => buffer.toString('utf8', end + 4, end + 4 + length);
    const answer = status.startsWith('2') ? status : `${status}:${/"code":"(\w+)"/.exec(body())?.[1] ?? ''}`;
    this.#settle(answer, body);
    // One that the service is going to close takes no further request: `close` opens the next.
    if (head.includes('connection: close')) this.#socket.destroy();
    else this.idle(this);
  }

  #settle(answer: string, text: () => string): void {
    const request = this.#request;
    this.#request = undefined;
    if (request) this.settle(this, request, answer, this.#since, performance.now(), text);
  }
}

/** Mulberry32: the same schedule in every run. In [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function upload(job: UploadJob): Promise<UploadResult> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const request = http.request({
      host: '127.0.0.1',
      port: job.port,
      method: 'POST',
      path: job.path,
      headers: { authorization: `Bearer ${job.secret}`, 'idempotency-key': job.key, 'content-type': job.contentType },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, seconds: (performance.now() - began) / 1000, body }));
    });
    createReadStream(job.file, { highWaterMark: 256 * 1024 })
      .on('error', reject)
      .pipe(request);
  });
}

const answer = (of: object) => process.send?.(of);
process.on('disconnect', () => process.exit());
process.on('message', (job: LoadJob | UploadJob) => {
  const work: Promise<LoadResult | UploadResult> = job.kind === 'load' ? load(job) : upload(job);
  work.then(
    (result) => answer({ result }),
    (error: unknown) => answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
