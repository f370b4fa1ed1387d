// The trail of access (see db/migrations: access_trail): taken down at once, written every second, so that no answer waits for it. What a
// process that dies had taken down in its last second is lost; a graceful stop writes everything.
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../db/client.js';
import type { AccessTrailRow } from '../../db/tables.js';
import type { RefusalCode } from '../errors.js';
import { uuidv7 } from '../identifiers.js';
import type { Clock } from '../ledger/lane.js';

/** One decision on access, or one reading of what is sensitive. Nothing in it is a secret, and nothing what was read or sent. */
export interface Access {
  readonly bookId: string;
  /** The address as the API writes it, or an event of an account. */
  readonly action: string;
  /** What the address named. */
  readonly subject?: string | undefined;
  /** Why it was denied; an allowed one has none. */
  readonly code?: RefusalCode | undefined;
  /** Who, as far as it was proved. */
  readonly by?:
    | {
        readonly memberId: string;
        readonly personId: string;
        readonly role: string;
        readonly means: 'KEY' | 'SIGNED_KEY' | 'SESSION';
      }
    | undefined;
  /** The public part of what the caller showed, whether or not that counted. */
  readonly credential?: string | undefined;
  /** A block of addresses (http/buckets.ts). */
  readonly address: string;
  readonly requestId?: string | undefined;
}

const writeEveryMs = 1_000;
/** Rows kept apart until they are written; beyond, refusals of a book are told together, by code alone. */
const keptApart = 5_000;
const rowsAtOnce = 500;

type Row = Omit<AccessTrailRow, 'alike'> & { alike: number };

export class AccessTrail {
  /** In the order in which they came; refusals alike under one key. */
  #taken = new Map<string, Row>();
  #writing: Promise<void> | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: FastifyBaseLogger,
  ) {
    this.#timer = setInterval(() => void this.write(), writeEveryMs).unref();
  }

  /** How many rows wait to be written. */
  get waiting(): number {
    return this.#taken.size;
  }

  record(access: Access): void {
    const full = this.#taken.size >= keptApart;
    const { bookId, by, code } = access;
    const denied = code !== undefined;
    const alone = { ...access, action: '*', subject: undefined, by: undefined, credential: undefined, address: '*' };
    const kept = full && denied ? alone : access;
    const trailId = uuidv7(this.clock.now());
    const key = denied
      ? JSON.stringify([bookId, kept.action, kept.subject, code, kept.by?.memberId, kept.credential, kept.address])
      : trailId;
    const before = this.#taken.get(key);
    if (before) {
      before.alike++;
      return;
    }
    this.#taken.set(key, {
      bookId,
      trailId,
      happenedAt: this.clock.now().toISOString(),
      action: kept.action.slice(0, 200),
      subject: kept.subject?.slice(0, 200) ?? null,
      outcome: denied ? 'DENIED' : 'ALLOWED',
      code: code ?? null,
      memberId: kept.by?.memberId ?? null,
      personId: kept.by?.personId ?? null,
      role: kept.by?.role ?? null,
      means: kept.by?.means ?? null,
      credential: kept.credential?.slice(0, 64) ?? null,
      address: kept.address.slice(0, 64),
      requestId: full || by === undefined ? null : (access.requestId?.slice(0, 64) ?? null),
      alike: 1,
    });
  }

  /** Writes what was taken down. What cannot be written now is tried again. */
  async write(): Promise<void> {
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    await this.#writing;
  }

  /** Writes the last of it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await this.write();
  }

  async #write(): Promise<void> {
    while (this.#taken.size > 0) {
      const taken = this.#taken;
      this.#taken = new Map();
      const rows = [...taken.entries()];
      for (let at = 0; at < rows.length; at += rowsAtOnce) {
        try {
          await insertRows(
            this.db,
            rows.slice(at, at + rowsAtOnce).map(([, row]) => row),
          );
        } catch (err) {
          this.log.warn({ err, rows: rows.length - at }, 'the trail of access could not be written and is kept');
          // What came meanwhile stays behind it.
          this.#taken = new Map([...rows.slice(at), ...this.#taken.entries()]);
          return;
        }
      }
    }
  }
}

/** By book, for a statement sees the rows of one book only. */
async function insertRows(db: Database, rows: readonly Row[]): Promise<void> {
  for (const bookId of new Set(rows.map((row) => row.bookId))) {
    const of = rows.filter((row) => row.bookId === bookId);
    await db.sql.prepared(
      `insert into access_trail (book_id, trail_id, happened_at, action, subject, outcome, code, member_id, person_id, role, means,
                                 credential, address, request_id, alike)
       select $1::uuid, u.* from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[],
                                        $9::uuid[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::int[]) u
       on conflict do nothing`,
      [
        bookId,
        of.map((row) => row.trailId),
        of.map((row) => row.happenedAt),
        of.map((row) => row.action),
        of.map((row) => row.subject),
        of.map((row) => row.outcome),
        of.map((row) => row.code),
        of.map((row) => row.memberId),
        of.map((row) => row.personId),
        of.map((row) => row.role),
        of.map((row) => row.means),
        of.map((row) => row.credential),
        of.map((row) => row.address),
        of.map((row) => row.requestId),
        of.map((row) => row.alike),
      ],
    );
  }
}
