/**
 * A wire between a client and its database that writes down every statement with its parameters, as they are sent: what a test
 * asks the planner about is then what the service sends, and nothing that somebody has copied. Not a test itself.
 */
import net from 'node:net';

export interface Sent {
  readonly text: string;
  readonly parameters: readonly (string | null)[];
  /** Kept prepared by its session under a name: it may come to be planned without regard to its parameters. */
  readonly named: boolean;
  /** What its transaction began with: BEGIN with what sets its context; '' where it stands alone. */
  readonly begun: string;
}

export interface Wire {
  /** The database's address, by way of this wire. */
  readonly url: string;
  /** What was sent since this was asked before. */
  take(): Sent[];
  close(): Promise<void>;
}

/** The messages that matter: Parse (P) gives a name its text, Bind (B) sends parameters to a name, Query (Q) begins and ends transactions. */
class Reader {
  #rest = Buffer.alloc(0);
  #started = false;
  #begun = '';
  readonly #texts = new Map<string, string>();

  constructor(readonly onSent: (sent: Sent) => void) {}

  read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      // The first message of a connection has no type.
      const start = this.#started ? 1 : 0;
      if (this.#rest.length < start + 4) return;
      const length = start + this.#rest.readInt32BE(start);
      if (this.#rest.length < length) return;
      const type = this.#started ? String.fromCharCode(this.#rest[0] ?? 0) : '';
      const body = this.#rest.subarray(start + 4, length);
      this.#rest = this.#rest.subarray(length);
      this.#started = true;
      if (type === 'P') this.#parse(body);
      if (type === 'B') this.#bind(body);
      if (type === 'Q') this.#begun = textAt(body, 0).startsWith('begin') ? textAt(body, 0) : '';
    }
  }

  #parse(body: Buffer): void {
    const name = textAt(body, 0);
    this.#texts.set(name, textAt(body, Buffer.byteLength(name) + 1));
  }

  #bind(body: Buffer): void {
    const portal = textAt(body, 0);
    let at = Buffer.byteLength(portal) + 1;
    const name = textAt(body, at);
    at += Buffer.byteLength(name) + 1;
    at += 2 + 2 * body.readInt16BE(at);
    const parameters: (string | null)[] = [];
    const count = body.readInt16BE(at);
    at += 2;
    for (let i = 0; i < count; i++) {
      const length = body.readInt32BE(at);
      at += 4;
      parameters.push(length < 0 ? null : body.toString('utf8', at, at + length));
      at += Math.max(length, 0);
    }
    this.onSent({ text: this.#texts.get(name) ?? '', parameters, named: name !== '', begun: this.#begun });
  }
}

const textAt = (body: Buffer, at: number): string => body.toString('utf8', at, body.indexOf(0, at));

/** Listens on a port of its own and passes everything on, both ways. */
export async function tapWire(databaseUrl: string): Promise<Wire> {
  const target = new URL(databaseUrl);
  let sent: Sent[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const database = net.connect(Number(target.port), target.hostname);
    const reader = new Reader((of) => sent.push(of));
    client.on('data', (chunk) => reader.read(chunk));
    client.pipe(database);
    database.pipe(client);
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(databaseUrl);
  url.port = String(typeof address === 'object' ? address?.port : '');
  return {
    url: url.href,
    take: () => {
      const taken = sent;
      sent = [];
      return taken;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
