// Exchanging the keys that seal (FIELD_KEYS): what an earlier key sealed is sealed anew under the first of the ring, while the service runs.
// An earlier key may go once nothing is left that it sealed.
import type { Database } from '../../db/client.js';
import type { OpenBook } from '../http/parts.js';
import { firstId, inSlices, readAhead } from '../in-slices.js';
import { update } from '../ledger/facts.js';
import type { Clock, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Sealer } from '../sealer.js';
import { NoSuchKey } from '../sealer.js';
import { totpContext } from '../sign-in/codes.js';
import type { Again, SealedFields } from './sealed-fields.js';
import { identityFields, objectionFields, payeeAccountFields, webhookFields } from './sealed-fields.js';

/** A value that opens to something else than its fingerprint was made of: it was put there by somebody, or FINGERPRINT_KEY is another. */
export class FingerprintDiffers extends Error {}

/** Credentials read ahead at once. */
const credentialsAtOnce = 500;

interface Rotation {
  readonly book: OpenBook;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly isStopping: () => boolean;
}

/**
 * Seals anew what of a book an earlier key sealed, in slices through its lane, each row with an entry `field.resealed`. Answers how many
 * rows that were, and how many are left (of those another is at). Throws FingerprintDiffers, and when the ring lacks a key.
 */
export async function rotate(of: Rotation): Promise<{ readonly resealed: number; readonly left: number }> {
  const counts = await rotateAll(of).catch((error: unknown) => {
    // The lane says which command it could not decide; what is wrong with the keys is the cause of that.
    const { cause } = error instanceof Error ? error : {};
    throw cause instanceof FingerprintDiffers || cause instanceof NoSuchKey ? cause : error;
  });
  const sum = (which: 'resealed' | 'left') => counts.reduce((total, one) => total + one[which], 0);
  return { resealed: sum('resealed'), left: sum('left') };
}

const rotateAll = async (of: Rotation) => [
  await rotateFields(of, payeeAccountFields),
  await rotateFields(of, identityFields),
  await rotateFields(of, objectionFields),
  await rotateFields(of, webhookFields),
  await rotateSecondFactors(of),
];

async function rotateFields<Row extends object>({ book, sealer, ...of }: Rotation, fields: SealedFields<Row>) {
  const { bookId, db } = book;
  const waiting = waitingIn(fields, sealer);
  const { done } = await inSlices<{ id: string }>({
    ...of,
    book,
    name: 'reseal',
    verb: reseal(fields, sealer),
    dueAfter: (after) => waiting.after(db, { bookId, after: after?.id }),
    idOf: ({ id }) => id,
    refusal: (facts, id) => {
      const row = facts.get(fields.shelf, id);
      // Whoever was first has sealed it already, and then it is none of those that wait.
      return row && waiting.has(row) ? null : refused('NOT_FOUND');
    },
  });
  return { resealed: done, left: (await waiting.after(db, { bookId, after: undefined })).length };
}

/** Secrets of second factors stand beside the lane: each is exchanged where it still is the one that was read. */
async function rotateSecondFactors({ book: { bookId, db }, sealer, isStopping }: Rotation) {
  const waiting = (after: string) =>
    db.sql.prepared<{ id: string; now: string | null; next: string | null }[]>(
      `select invitation_id as id, totp_sealed as now, totp_next_sealed as next from credentials
        where book_id = $1 and invitation_id > $2::uuid and (not starts_with(totp_sealed, $3) or not starts_with(totp_next_sealed, $3))
        order by invitation_id limit ${credentialsAtOnce}`,
      [bookId, after, sealer.current],
    );
  let [resealed, after] = [0, firstId];
  while (!isStopping()) {
    const rows = await waiting(after);
    for (const { id, now, next } of rows) {
      const again = sealedAgain(sealer, `credentials ${id}`);
      const context = totpContext({ bookId, invitationId: id });
      const { count } = await db.sql`
        update credentials set totp_sealed = ${now && again(now, context)}, totp_next_sealed = ${next && again(next, context)}
         where book_id = ${bookId} and invitation_id = ${id}
           and totp_sealed is not distinct from ${now} and totp_next_sealed is not distinct from ${next}`;
      resealed += count;
      after = id;
    }
    if (rows.length < credentialsAtOnce) break;
  }
  return { resealed, left: (await waiting(firstId)).length };
}

/** The rows of a table that an earlier key sealed. */
function waitingIn<Row extends object>({ shelf, columns }: SealedFields<Row>, { current }: Sealer) {
  const nameOf = (property: string) => shelf.columns.find((column) => column.property === property)?.name ?? property;
  const id = nameOf(shelf.id);
  const earlier = columns.map((column) => `not starts_with(${nameOf(column)}, $3)`).join(' or ');
  return {
    has: (row: Row) =>
      columns.some((column) => {
        const sealed = row[column];
        return typeof sealed === 'string' && !sealed.startsWith(current);
      }),
    after: (db: Database, { bookId, after }: { bookId: string; after: string | undefined }) =>
      db.sql.prepared<{ id: string }[]>(
        `select ${id} as id from ${shelf.name} where book_id = $1 and ${id} > $2::uuid and (${earlier}) order by ${id} limit ${readAhead}`,
        [bookId, after ?? firstId, current],
      ),
  };
}

/** Opens what a row holds and seals it under the first key of the ring. */
const reseal = <Row extends object>(
  { shelf, again }: SealedFields<Row>,
  sealer: Sealer,
): Verb<{ id?: string }, { readonly id: string }> => ({
  name: 'field.reseal',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      shelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide({ body: { id = '' } }, facts) {
    const row = facts.get(shelf, id);
    if (!row) return refused('NOT_FOUND');
    return accepted({
      decision: 'field.resealed',
      subjectId: id,
      result: { id },
      changes: [update(shelf, again(row, sealedAgain(sealer, `${shelf.name} ${id}`)))],
    });
  },
});

const sealedAgain =
  (sealer: Sealer, subject: string): Again =>
  (sealed, context, fingerprinted) => {
    if (sealed.startsWith(sealer.current)) return sealed;
    const plain = sealer.open(sealed, context);
    if (fingerprinted && sealer.fingerprint(fingerprinted.of(plain)) !== fingerprinted.is)
      throw new FingerprintDiffers(
        `What is sealed in ${subject} is not what its fingerprint was made of: FINGERPRINT_KEY is another key than before, or the value was put there by somebody.`,
      );
    return sealer.seal(plain, context);
  };
