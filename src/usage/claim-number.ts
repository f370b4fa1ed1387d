// A tax invoice's number counts once across all books: the one thing decided outside the lane of a book.
//
// A posting claims its number for (book, provider) before it enters the lane, and gives the claim back if the lane refuses
// it. Between the two other postings of the same number may come and go, so a claim counts its holders: one for each posting
// on its way and one for the invoice, if there is one. Both statements below work on the one row of the number, which
// PostgreSQL locks for them, so they stand in some order, and in any order this holds:
//
// - A number has one owner at a time. Whoever posts it for another book or another provider meanwhile gets no hold, and the
//   invoice is marked: a person looks at it before money moves. So of all invoices with one number at most one is unmarked.
// - The claim under an accepted, unmarked invoice never ends: that posting took a hold and never gives it back. A refused
//   posting gives back its own hold and no other's, whatever else is under way with the same number.
// - A retry takes a hold like any posting and gives it back when it is told the stored outcome.
// - A second posting of the number by its owner gets a hold too; the lane refuses it by (book, provider, number).
//
// What ends between claim and outcome (a crash, a lost connection, a full queue) leaves a hold too many, never one too few:
// the number then stays with that provider of that book, where it can still be posted.
import type { Database } from '../../db/client.js';

export interface NumberClaim {
  readonly number: string;
  readonly bookId: string;
  readonly providerId: string;
}

/** Takes a hold on the number for this provider of this book; false when it is claimed elsewhere. A statement of its own. */
export async function claimNumber(db: Database, of: NumberClaim, now: Date): Promise<boolean> {
  const held = await db.sql`
    insert into invoice_claims as c (number, book_id, provider_id, holders, claimed_at)
    values (${of.number}, ${of.bookId}, ${of.providerId}, 1, ${now.toISOString()})
    on conflict (number) do update set holders = c.holders + 1
     where c.book_id = excluded.book_id and c.provider_id = excluded.provider_id
    returning c.number`;
  return held.length > 0;
}

/** Gives one hold back; with the last of them the claim ends. */
export async function releaseNumber(db: Database, of: NumberClaim): Promise<void> {
  await db.begin(async (tx) => {
    await tx.sql`
      update invoice_claims set holders = holders - 1
       where number = ${of.number} and book_id = ${of.bookId} and provider_id = ${of.providerId} and holders > 0`;
    await tx.sql`delete from invoice_claims where number = ${of.number} and holders = 0`;
  });
}

/** A claim of a slice: `holders` of its postings bear the number. */
export type SliceClaim = Omit<NumberClaim, 'bookId'> & { readonly holders: number };

/**
 * Takes the holds of a slice in one statement; each number stands in it once. Answers the numbers that are held. Always in
 * order of number, so that two slices that share numbers wait for one another in one direction only.
 */
export async function claimNumbers(
  db: Database,
  bookId: string,
  claims: readonly SliceClaim[],
  now: Date,
): Promise<ReadonlySet<string>> {
  if (claims.length === 0) return new Set();
  // Not kept prepared: a plan from when the table was empty would read the whole of it later.
  const held = await db.sql.unsafe<{ number: string }[]>(
    `insert into invoice_claims as c (number, book_id, provider_id, holders, claimed_at)
     select u.number, $1, u.provider_id, u.holders, $2::timestamptz
       from unnest($3::text[], $4::uuid[], $5::int[]) as u (number, provider_id, holders) order by u.number
     on conflict (number) do update set holders = c.holders + excluded.holders
      where c.book_id = excluded.book_id and c.provider_id = excluded.provider_id
     returning c.number`,
    [bookId, now.toISOString(), ...columnsOf(claims)],
  );
  return new Set(held.map(({ number }) => number));
}

/** Gives holds of a slice back, in the same order; with the last of a number its claim ends. */
export async function releaseNumbers(db: Database, bookId: string, claims: readonly SliceClaim[]): Promise<void> {
  if (claims.length === 0) return;
  const [numbers, providers, holders] = columnsOf(claims);
  await db.begin(async (tx) => {
    await tx.sql.unsafe(`select from invoice_claims where number = any($1::text[]) and book_id = $2 order by number for update`, [
      numbers,
      bookId,
    ]);
    await tx.sql.unsafe(
      `update invoice_claims c set holders = greatest(c.holders - u.holders, 0)
         from unnest($2::text[], $3::uuid[], $4::int[]) as u (number, provider_id, holders)
        where c.number = u.number and c.book_id = $1 and c.provider_id = u.provider_id`,
      [bookId, numbers, providers, holders],
    );
    await tx.sql.unsafe('delete from invoice_claims where number = any($1::text[]) and book_id = $2 and holders = 0', [
      numbers,
      bookId,
    ]);
  });
}

const columnsOf = (claims: readonly SliceClaim[]): [string[], string[], number[]] => [
  claims.map(({ number }) => number),
  claims.map(({ providerId }) => providerId),
  claims.map(({ holders }) => holders),
];
