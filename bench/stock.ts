// What a run uses up, written before its clock starts: invoices to redeem, applications to approve, invoices to post; and
// the requests that do it. Rows are written in bulk in a lane of their own, as facts that are there: nothing of them is timed.
import { createHash } from 'node:crypto';
import { and, eq, inArray } from 'drizzle-orm';
import type { Database } from '../db/client.js';
import { applications, contractLines, contracts, programmeVersions } from '../db/tables.js';
import { queueBlockOf } from '../src/applications/queue.js';
import { placeOfNumber } from '../src/cases/places.js';
import { contentDigestOf, eligibilityOf, reviewDigestOf } from '../src/applications/rules.js';
import { uuidv7 } from '../src/identifiers.js';
import { countFacilityUsage } from './grow.js';
import type { Request } from './load.js';
import type { BenchVoucher, World } from './world.js';

const person = `00000000-0000-7000-8000-${createHash('sha256').update('bench').digest('hex').slice(0, 12)}`;
const slice = 2_000;

interface Target {
  readonly voucher: BenchVoucher;
  readonly contractId: string;
  readonly contractLineId: string;
  readonly status: 'CONFIRMED' | 'POSTED';
}

let written = 0;
let numbered = 0;

/**
 * Paid invoices of 10.00 each for these contracts, 20 digits from 26412…, and what confirmed ones use of their contract lines. Their period
 * is none that is posted through the service: what a lane remembers of a facility's usage is not to be written behind its back.
 */
async function writeInvoices(db: Database, bookId: string, targets: readonly Target[], now: Date): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < targets.length; from += slice) {
    const rows = targets.slice(from, from + slice).map((target) => ({
      target,
      invoiceId: uuidv7(now),
      lineId: uuidv7(now),
      number: `26412${String(++written).padStart(15, '0')}`,
    }));
    const confirmed = rows.map(({ target }) => target.status === 'CONFIRMED');
    await db.begin(async ({ sql }) => {
      await sql`select from open_lane(${bookId})`;
      await sql`
        insert into usage_invoices (book_id, invoice_id, invoice_no, provider_id, enterprise_id, contract_id, issued_on, usage_from, usage_to,
                                    net_fen, vat_fen, gross_fen, paid_fen, status, number_conflict, posted_person, posted_on,
                                    decided_person, decided_on, decided_by, recorded_at)
        select ${bookId}, u.id, u.number, u.provider, u.enterprise, u.contract, '2026-03-31', '2026-03-01', '2026-03-30',
               943, 57, 1000, 800, case when u.confirmed then 'CONFIRMED' else 'POSTED' end, false, ${person}, '2026-03-31',
               case when u.confirmed then u.enterprise end, case when u.confirmed then '2026-03-31'::date end,
               case when u.confirmed then 'ENTERPRISE' end, ${now}::timestamptz
          from unnest(${rows.map((r) => r.invoiceId)}::uuid[], ${rows.map((r) => r.number)}::text[],
                      ${rows.map((r) => r.target.voucher.providerId)}::uuid[], ${rows.map((r) => r.target.voucher.enterpriseId)}::uuid[],
                      ${rows.map((r) => r.target.contractId)}::uuid[], ${confirmed}::boolean[])
               as u (id, number, provider, enterprise, contract, confirmed)`;
      await sql`
        insert into usage_invoice_lines (book_id, invoice_line_id, invoice_id, line_no, contract_line_id, quantity, net_fen, vat_fen, gross_fen)
        select ${bookId}, u.id, u.invoice, 1, u.line, 1, 943, 57, 1000
          from unnest(${rows.map((r) => r.lineId)}::uuid[], ${rows.map((r) => r.invoiceId)}::uuid[],
                      ${rows.map((r) => r.target.contractLineId)}::uuid[]) as u (id, invoice, line)`;
      await sql`
        insert into contract_line_usage as c (book_id, contract_line_id, contract_id, quantity, gross_fen)
        select ${bookId}::uuid, u.line, u.contract, count(*), count(*) * 1000
          from unnest(${rows.map((r) => r.target.contractLineId)}::uuid[], ${rows.map((r) => r.target.contractId)}::uuid[],
                      ${confirmed}::boolean[]) as u (line, contract, confirmed)
         where u.confirmed group by 1, 2, 3
        on conflict (book_id, contract_line_id) do update
           set quantity = c.quantity + excluded.quantity, gross_fen = c.gross_fen + excluded.gross_fen`;
    });
    ids.push(...rows.map((row) => row.invoiceId));
  }
  await countFacilityUsage(db, bookId);
  return ids;
}

const redeem = (world: World, secret: string, voucherId: string, invoiceId: string, expect: string): Request => ({
  path: `/v1/books/${world.code}/redemptions`,
  secret,
  body: { voucherId, invoiceId },
  expect,
});

/** Writes confirmed and paid invoices, vouchers in turn, and answers the requests that redeem them (2.00 each). */
export async function invoiceRequests(db: Database, world: World, count: number, now: Date): Promise<Request[]> {
  const targets = Array.from({ length: count }, (_, i): Target => {
    const voucher = world.vouchers[i % world.vouchers.length] as BenchVoucher;
    return { voucher, contractId: voucher.contractId, contractLineId: voucher.contractLineId, status: 'CONFIRMED' };
  });
  const ids = await writeInvoices(db, world.bookId, targets, now);
  return targets.map(({ voucher }, i) => redeem(world, voucher.secret, voucher.voucherId, ids[i] ?? '', '201'));
}

/** The stock of one world. What a run did not get to goes back on the shelf. */
export class Stock {
  #redemptions: Request[] = [];
  #applications: Request[] = [];
  #redeemed: Request[] = [];
  #refused: Request[] | undefined;
  #posted = 0;

  constructor(
    readonly db: Database,
    readonly world: World,
    readonly now: Date,
  ) {}

  /** Makes sure that so many redemptions can be asked for. */
  async fill(count: number): Promise<void> {
    const missing = count - this.#redemptions.length;
    if (missing > 0) this.#redemptions.push(...(await invoiceRequests(this.db, this.world, missing, this.now)));
  }

  /** Redemptions that will succeed, taken from the shelf. */
  async redemptions(count: number): Promise<Request[]> {
    await this.fill(count);
    return this.#redemptions.splice(0, count);
  }

  /** A run sent the first `sent` of these: the rest goes back, and some of what was redeemed is remembered. */
  giveBack(requests: readonly Request[], sent: number): void {
    const ofShelf = (request: Request) => request.expect === '201';
    this.#redemptions.unshift(...requests.slice(sent).filter(ofShelf));
    if (this.#redeemed.length < 1_000) this.#redeemed.push(...requests.slice(0, Math.min(sent, 1_000)).filter(ofShelf));
  }

  /**
   * The same load with this share of it refused, evenly strewn, in turn because the invoice is redeemed already, belongs to
   * another contract of the firm, is not confirmed, and because the voucher is another firm's.
   */
  async mixed(count: number, refusedShare: number): Promise<Request[]> {
    const refusedCount = Math.floor(count * refusedShare);
    const accepted = await this.redemptions(count - refusedCount);
    const kinds = await this.#refusals();
    let refused = 0;
    return Array.from({ length: count }, (_, i) => {
      if (Math.floor((i + 1) * refusedShare) === Math.floor(i * refusedShare)) return accepted.shift();
      return kinds[refused++ % kinds.length];
    }).filter((request) => request !== undefined);
  }

  async #refusals(): Promise<Request[]> {
    const { world } = this;
    if (this.#redeemed.length === 0) throw new Error('nothing was redeemed yet');
    if (!this.#refused) {
      const [elsewhere, unconfirmed] = await Promise.all([
        writeInvoices(
          this.db,
          world.bookId,
          world.vouchers.map((voucher) => ({ voucher, ...voucher.second, status: 'CONFIRMED' })),
          this.now,
        ),
        writeInvoices(
          this.db,
          world.bookId,
          world.vouchers.map((voucher) => ({ voucher, ...voucher, status: 'POSTED' })),
          this.now,
        ),
      ]);
      this.#refused = world.vouchers.flatMap(({ secret, voucherId }, i) => {
        const redeemed = this.#redeemed[i % this.#redeemed.length] as Request;
        const foreign = world.vouchers[(i + 1) % world.vouchers.length] as BenchVoucher;
        return [
          { ...redeemed, expect: '409:INVOICE_ALREADY_REDEEMED' },
          redeem(world, secret, voucherId, elsewhere[i] ?? '', '409:INVOICE_OF_OTHER_CONTRACT'),
          redeem(world, secret, voucherId, unconfirmed[i] ?? '', '409:INVOICE_NOT_CONFIRMED'),
          redeem(world, secret, foreign.voucherId, unconfirmed[i] ?? '', '404:NOT_FOUND'),
        ];
      });
    }
    return this.#refused;
  }

  /** Approvals of reviewed applications, one contract each, so many of them waiting in the book. */
  async approvals(waiting: number): Promise<Request[]> {
    const missing = waiting - this.#applications.length;
    if (missing > 0) this.#applications.push(...(await writeApplications(this.db, this.world, missing, this.now)));
    return this.#applications;
  }

  /** A run sent the first `sent` of them. */
  approved(sent: number): void {
    this.#applications.splice(0, sent);
  }

  /** Postings of usage invoices, contracts in turn. */
  postings(count: number): Request[] {
    const { code, vouchers, secrets } = this.world;
    return Array.from({ length: count }, () => {
      const n = this.#posted++;
      const { contractId } = vouchers[n % vouchers.length] as BenchVoucher;
      const sums = { net: '9.43', vat: '0.57', gross: '10.00' };
      const body = {
        invoiceNo: `26413${String(n).padStart(15, '0')}`,
        contractId,
        issuedOn: '2026-03-31',
        usageFrom: '2026-03-01',
        usageTo: '2026-03-31',
        ...sums,
        lines: [{ contractLineNo: 1, quantity: '1', ...sums }],
      };
      return { path: `/v1/books/${code}/usage-invoices`, secret: secrets.provider, body, expect: '201' };
    });
  }
}

/**
 * Copies the second contract of each firm, and the application that waits on it, as often as asked: only ids and numbers
 * differ, and with them the digests, which are computed as the slice does.
 */
async function writeApplications(db: Database, world: World, count: number, now: Date): Promise<Request[]> {
  const { bookId } = world;
  const made = Array.from({ length: count }, (_, i) => {
    const { second } = world.vouchers[i % world.vouchers.length] as BenchVoucher;
    const [contract, line, application] = [uuidv7(now), uuidv7(now), uuidv7(now)];
    return { second, contract, line, application, number: ++numbered };
  });
  await db.begin(async ({ sql }) => {
    await sql`select from open_lane(${bookId})`;
    const [from, to] = [made.map((of) => of.second.contractId), made.map((of) => of.contract)];
    await sql`
      insert into contracts
      select n.* from unnest(${from}::uuid[], ${to}::uuid[]) as u (original, copy)
        join contracts c on c.book_id = ${bookId} and c.contract_id = u.original
        cross join lateral jsonb_populate_record(c, jsonb_build_object(
          'contract_id', u.copy, 'contract_no', 'BENCH-' || u.copy, 'filing_no', 'BENCH-' || u.copy,
          'fingerprint', encode(sha256(u.copy::text::bytea), 'hex'))) n`;
    await sql`
      insert into contract_lines
      select n.* from unnest(${made.map((of) => of.second.contractLineId)}::uuid[], ${made.map((of) => of.line)}::uuid[],
                             ${to}::uuid[]) as u (original, copy, contract)
        join contract_lines c on c.book_id = ${bookId} and c.contract_line_id = u.original
        cross join lateral jsonb_populate_record(c, jsonb_build_object('contract_line_id', u.copy, 'contract_id', u.contract)) n`;
  });

  const ids = made.map((of) => of.contract);
  const originals = [...new Set(made.map((of) => of.second.applicationId))];
  const [contractRows, lineRows, applicationRows, versionRows] = await Promise.all([
    db.drizzle
      .select()
      .from(contracts)
      .where(and(eq(contracts.bookId, bookId), inArray(contracts.contractId, ids))),
    db.drizzle
      .select()
      .from(contractLines)
      .where(and(eq(contractLines.bookId, bookId), inArray(contractLines.contractId, ids))),
    db.drizzle
      .select()
      .from(applications)
      .where(and(eq(applications.bookId, bookId), inArray(applications.applicationId, originals))),
    db.drizzle.select().from(programmeVersions).where(eq(programmeVersions.bookId, bookId)),
  ]);
  const contractOf = new Map(contractRows.map((row) => [row.contractId, row]));
  const lineOf = new Map(lineRows.map((row) => [row.contractId, row]));
  const applicationOf = new Map(applicationRows.map((row) => [row.applicationId, row]));
  const versionOf = new Map(versionRows.map((row) => [row.programmeVersionId, row]));
  const reviewed = made.map(({ second, contract: contractId, application, number }) => {
    const [contract, line, original] = [
      contractOf.get(contractId),
      lineOf.get(contractId),
      applicationOf.get(second.applicationId),
    ];
    const version = original && versionOf.get(original.programmeVersionId);
    const eligibility = original && eligibilityOf(original);
    if (!contract || !line || !version || !eligibility) throw new Error('a copied application has lost its contract');
    const content = contentDigestOf(original, version.digest, contract, [line], original);
    return {
      original,
      application,
      number: `BENCH-A-2026-9${String(number).padStart(6, '0')}`,
      contractId,
      content,
      review: reviewDigestOf(content, eligibility, original.maximumFen ?? 0n),
    };
  });
  await db.begin(async ({ sql }) => {
    await sql`select from open_lane(${bookId})`;
    await sql`
      insert into applications
      select n.* from unnest(${reviewed.map((r) => r.original.applicationId)}::uuid[], ${reviewed.map((r) => r.application)}::uuid[],
                             ${reviewed.map((r) => r.number)}::text[], ${reviewed.map((r) => queueBlockOf({ acceptedPlace: placeOfNumber(r.number) }))}::bigint[],
                             ${reviewed.map((r) => placeOfNumber(r.number))}::bigint[],
                             ${reviewed.map((r) => r.contractId)}::uuid[], ${reviewed.map((r) => r.content)}::text[],
                             ${reviewed.map((r) => r.review)}::text[]) as u (original, copy, number, block, place, contract, content, review)
        join applications a on a.book_id = ${bookId} and a.application_id = u.original
        cross join lateral jsonb_populate_record(a, jsonb_build_object(
          'application_id', u.copy, 'application_no', u.number, 'contract_id', u.contract,
          'content_digest', u.content, 'review_digest', u.review, 'queue_block', u.block,
          'accepted_place', u.place)) n`;
    await sql`
      insert into application_queues as q (book_id, queue_id, programme_code, queue_rank, queue_block, state, waiting, maximum_fen)
      select book_id, format('%s/%s/%s', programme_code, queue_rank, queue_block), programme_code, queue_rank, queue_block, 'WAITING',
             count(*), sum(maximum_fen)
        from applications where book_id = ${bookId} and application_id = any(${reviewed.map((r) => r.application)}::uuid[])
       group by book_id, programme_code, queue_rank, queue_block
      on conflict (book_id, queue_id) do update
         set state = 'WAITING', waiting = q.waiting + excluded.waiting, maximum_fen = q.maximum_fen + excluded.maximum_fen`;
  });
  return reviewed.map(({ application, review }) => ({
    path: `/v1/books/${world.code}/applications/${application}/approve`,
    secret: world.secrets.approver,
    body: { reviewDigest: review },
    expect: '200',
  }));
}
