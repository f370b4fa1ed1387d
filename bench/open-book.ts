// A book to measure in: a migrated database with the benchmark's world, its stock, and what is counted and audited of it.
import { connect, type Database } from '../db/client.js';
import { build } from '../src/app.js';
import { demoClock } from '../src/clock.js';
import { auditLedger } from '../src/ledger/audit.js';
import { auditBusiness } from '../src/reconciliation/audit.js';
import type { ServeOptions } from './serve.js';
import { Stock } from './stock.js';
import { makeWorld, type World } from './world.js';

/** The clock stands here throughout, in the service too. */
const now = '2026-04-15T10:00:00+08:00';
const fieldKey = 'ab'.repeat(32);
const enterprises = 100;

export interface Book {
  readonly world: World;
  readonly stock: Stock;
  readonly db: Database;
  readonly owner: Database;
  /** How a service on this book is started. */
  serve(of?: Partial<Pick<ServeOptions, 'lane' | 'pool' | 'limits'>>): ServeOptions;
  close(): Promise<void>;
}

/** Where a database is, for the service's role, its owner's and the superuser's. */
export interface Urls {
  readonly appUrl: string;
  readonly ownerUrl: string;
  readonly adminUrl: string;
}

/** Databases beside the migrated one, as empty as it, one for each size. Nobody may be connected to it. */
export async function copyDatabases(urls: Urls, each: readonly number[]): Promise<{ transfers: number; urls: Urls }[]> {
  const inDatabase = (url: string, name: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;
  const server = connect({ url: inDatabase(urls.adminUrl, 'postgres'), max: 1 });
  try {
    const copied: { transfers: number; urls: Urls }[] = [];
    for (const transfers of each) {
      const name = `vouchers_${transfers}`;
      await server.sql.unsafe(`create database ${name} template vouchers owner voucher_owner`);
      await server.sql.unsafe(`revoke all on database ${name} from public`);
      await server.sql.unsafe(`grant connect on database ${name} to voucher_app`);
      const [appUrl, ownerUrl, adminUrl] = [urls.appUrl, urls.ownerUrl, urls.adminUrl].map((url) => inDatabase(url, name));
      copied.push({ transfers, urls: { appUrl: appUrl ?? '', ownerUrl: ownerUrl ?? '', adminUrl: adminUrl ?? '' } });
    }
    return copied;
  } finally {
    await server.close();
  }
}

/** Makes the world in a migrated database, through the API of an app of its own. */
export async function openBook(urls: Pick<Urls, 'appUrl' | 'ownerUrl'>): Promise<Book> {
  const clock = demoClock();
  clock.set(new Date(now));
  const sessions = connect({ url: urls.appUrl, max: 1, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  const owner = connect({ url: urls.ownerUrl, max: 1, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  // The world's own app has sessions of its own, so that none of them is left when it is made.
  const building = connect({ url: urls.appUrl });
  const { app, books } = await build({ db: building, clock, bearerMayApprove: true, fieldKey: Buffer.from(fieldKey, 'hex') });
  await app.ready();
  const world = await makeWorld({ app, books, db: sessions, owner, clock, enterprises });
  const db = sessions.as({ book: world.bookId, legalPerson: null });
  await app.close();
  await building.close();
  return {
    world,
    stock: new Stock(db, world, clock.now()),
    db,
    owner: owner.as({ book: world.bookId, legalPerson: null }),
    serve: (of = {}) => ({ url: urls.appUrl, pool: 16, lane: {}, fieldKey, now, ...of }),
    close: async () => {
      await Promise.all([sessions.close(), owner.close()]);
    },
  };
}

export type Made = 'redemptions' | 'vouchers' | 'usage_invoices';

/** What the database says happened between two moments. */
export interface Counts {
  readonly seq: bigint;
  readonly made: number;
  readonly outcomes: number;
}

export async function countsOf({ db, world }: Book, made: Made): Promise<Counts> {
  const [row] = await db.sql.unsafe<{ seq: bigint; made: number; outcomes: number }[]>(
    `select (select seq from book_heads where book_id = $1) as seq,
            (select count(*)::int from ${made} where book_id = $1) as made,
            (select count(*)::int from outcomes where book_id = $1) as outcomes`,
    [world.bookId],
  );
  if (!row) throw new Error('the book has no head');
  return row;
}

/** Refusals among the entries after a sequence, by code. */
export async function refusalsSince({ db, world }: Book, seq: bigint): Promise<Map<string, number>> {
  const rows = await db.sql<{ code: string; n: number }[]>`
    select refusal_code as code, count(*)::int as n from entries
     where book_id = ${world.bookId} and seq > ${seq} and refusal_code is not null group by 1`;
  return new Map(rows.map(({ code, n }) => [code, n]));
}

export async function transfersOf({ db, world }: Book): Promise<number> {
  const [row] = await db.sql<{ n: number }[]>`
    select count(*)::int as n from entries where book_id = ${world.bookId} and amount_fen is not null`;
  return row?.n ?? 0;
}

/** Every invariant, recomputed; what is wrong, in words. */
export async function auditBook({ db, world }: Book): Promise<string[]> {
  const findings = [...(await auditLedger(db, world.bookId)), ...(await auditBusiness(db, world.bookId))];
  return findings.map(({ invariant, subject, detail }) => `invariant ${invariant}, ${subject}: ${detail}`);
}
