// Numbers used once, by which a signed request counts once. Beside the lane: nothing of the book follows from them. The database decides which
// of two came first, whichever process they came to.
import type { Database } from '../../db/client.js';

interface Nonce {
  readonly bookId: string;
  readonly keyId: string;
  readonly nonce: string;
  /** From then on (inclusive) no signature with it counts any more. */
  readonly until: Date;
}

/**
 * Takes a nonce of a key; false where it was taken before. With each that is taken two that are over go, so that the table holds no more than
 * is taken within a signature's life and clocks' difference. Nobody waits for the disk: should the database itself be cut off, nonces of its last
 * half second may be forgotten. What was written by these requests is not done twice even then, for their idempotency keys are signed too and
 * stand in the ledger.
 */
export async function takeNonce(db: Database, { bookId, keyId, nonce, until }: Nonce, now: Date): Promise<boolean> {
  const taken = await db.as({ book: bookId, legalPerson: null }).sql.prepared<{ key_id: string }[]>(
    `with over as (select key_id, nonce from signature_nonces where book_id = $1 and until <= $5 order by until limit 2 for update skip locked),
          gone as (delete from signature_nonces n using over where n.book_id = $1 and n.key_id = over.key_id and n.nonce = over.nonce),
          unhurried as (select set_config('synchronous_commit', 'off', true))
     insert into signature_nonces (book_id, key_id, nonce, until) select $1, $2, $3, $4 from unhurried on conflict do nothing returning key_id`,
    [bookId, keyId, nonce, until, now],
  );
  return taken.length === 1;
}
