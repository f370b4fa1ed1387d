// A tax invoice's number counts once across all books: the one thing decided outside the lane of a book.
//
// A posting claims its number for (book, provider) before it enters the lane, and gives the claim back if the lane refuses
// it. Between the two other postings of the same number may come and go, so a claim counts its holders: one for each posting
// on its way and one for the invoice, if there is one. Claiming and giving back both work on the one row of the number, which
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
//
// Numbers are claimed by the group: those of a slice of a file, and those of single postings that came while the group before
// was being committed (claim-desk.ts). A group is committed or not as a whole, and each of its holds is as it would be alone.
import type { Database } from '../../db/client.js';

export interface NumberClaim {
  readonly number: string;
  readonly bookId: string;
  readonly providerId: string;
}

/**
 * Takes a hold for each of these postings, in statements of their own, and answers which are held: false where the number is
 * claimed elsewhere. Of one number that is asked for by two owners the first comes first. Always in order of number, so that
 * two groups that share numbers wait for one another in one direction only.
 */
export async function claimNumbers(
  db: Database,
  claims: readonly NumberClaim[],
  now: Date,
): Promise<(of: NumberClaim) => boolean> {
  const held = new Set<string>();
  for (let rest = merged(claims); rest.length > 0;) {
    // A statement cannot meet one row twice: the second owner of a number asks after the first.
    const owners = new Map(rest.toReversed().map((of) => [of.number, of]));
    const round = rest.filter((of) => owners.get(of.number) === of);
    rest = rest.filter((of) => owners.get(of.number) !== of);
    const rows = await db.sql.prepared<{ number: string }[]>(
      'select held as number from claim_numbers($1::timestamptz, $2::text[], $3::uuid[], $4::uuid[], $5::int[])',
      [now.toISOString(), ...columnsOf(round)],
    );
    for (const { number } of rows) {
      const of = owners.get(number);
      if (of) held.add(nameOf(of));
    }
  }
  return (of) => held.has(nameOf(of));
}

/** Gives one hold back for each of these, in the same order; with the last of a number its claim ends. */
export async function releaseNumbers(db: Database, claims: readonly NumberClaim[]): Promise<void> {
  if (claims.length === 0) return;
  await db.sql.prepared('select release_numbers($1::text[], $2::uuid[], $3::uuid[], $4::int[])', columnsOf(merged(claims)));
}

interface Holds extends NumberClaim {
  readonly holders: number;
}

const nameOf = ({ number, bookId, providerId }: NumberClaim): string => `${number} ${bookId} ${providerId}`;

/** Each number and owner once, with how many postings ask. */
function merged(claims: readonly NumberClaim[]): Holds[] {
  const byName = new Map<string, Holds>();
  for (const { number, bookId, providerId } of claims) {
    const name = nameOf({ number, bookId, providerId });
    byName.set(name, { number, bookId, providerId, holders: (byName.get(name)?.holders ?? 0) + 1 });
  }
  return [...byName.values()];
}

const columnsOf = (holds: readonly Holds[]): [string[], string[], string[], number[]] => [
  holds.map(({ number }) => number),
  holds.map(({ bookId }) => bookId),
  holds.map(({ providerId }) => providerId),
  holds.map(({ holders }) => holders),
];
