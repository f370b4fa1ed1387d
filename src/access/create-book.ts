// A book, its first operator and that operator's key: what `npm run book:create` does, and the demo and tests with it.
import { createHash } from 'node:crypto';
import type { Database } from '../../db/client.js';
import { shanghaiDay } from '../calendar.js';
import { uuidv7 } from '../identifiers.js';
import type { Lane } from '../ledger/lane.js';
import { headOf } from '../ledger/statements.js';
import { founderId } from './admission.js';
import { issueKey } from './issue-key.js';
import { makeKey } from './principal.js';
import { registerMember } from './register-member.js';

export interface NewBook {
  /** Lower-case letters, digits, hyphens: it stands in every address. */
  readonly code: string;
  readonly name: string;
  /** GB/T 2260, six digits. */
  readonly divisionCode: string;
  readonly operatorName: string;
}

/**
 * Makes the book as the owner (`owner`), then its first operator and key through its lane, so that even these are
 * entries. `laneOf` opens the lane of the new book. Answers the operator's key, shown this once.
 */
export async function createBook(
  owner: Database,
  laneOf: (bookId: string, code: string) => Promise<Lane>,
  now: Date,
  book: NewBook,
): Promise<{ bookId: string; operatorMemberId: string; operatorKey: string }> {
  // A book that was made and then left before it had a key (two entries) is finished, not refused.
  const [made] = await owner.sql<{ book_id: string }[]>`select book_id from books where code = ${book.code}`;
  const begun = made && (await headOf(owner, made.book_id)) < 2n ? made : undefined;
  const bookId = begun?.book_id ?? uuidv7(now);
  if (!begun) {
    await owner.sql`select create_book(${bookId}, ${book.code}, ${book.name}, ${book.divisionCode},
      ${shanghaiDay(now)}::date, ${now}::timestamptz)`;
  }
  const lane = await laneOf(bookId, book.code);
  const founder = { memberId: founderId, personId: founderId, kind: 'PERSON', role: 'operator', legalPersonUscc: null } as const;
  const digest = (what: string) => createHash('sha256').update(`${bookId} ${what}`).digest('hex');

  const member = await lane.submit(registerMember, {
    key: 'founding-member',
    actor: founder,
    requestDigest: digest('founding-member'),
    body: { personName: book.operatorName, kind: 'PERSON', role: 'operator' },
  });
  if (member.kind === 'refused') throw new Error(`the first operator was refused: ${member.code}`);
  const madeKey = makeKey();
  const key = await lane.submit(issueKey, {
    key: 'founding-key',
    actor: founder,
    requestDigest: digest('founding-key'),
    body: { id: member.result.memberId, made: madeKey },
  });
  if (key.kind === 'refused') throw new Error(`the first key was refused: ${key.code}`);
  return { bookId, operatorMemberId: member.result.memberId, operatorKey: madeKey.secret };
}
