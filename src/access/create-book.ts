// A book, its first two operators and their keys: what `npm run book:create` does, and the demo and tests with it.
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
  /** Two persons: all other members of the authorities, and further operators, are registered by one and confirmed by another. */
  readonly operatorNames: readonly [string, string];
}

/** A first operator, and its key, shown this once. */
export interface FirstOperator {
  readonly memberId: string;
  readonly key: string;
}

/** Two members with a key each. */
const foundingEntries = 4n;

/**
 * Makes the book as the owner (`owner`), then its first two operators and their keys through its lane, so that even these are
 * entries, by the founder, who is no person of the book and does nothing else in it.
 */
export async function createBook(
  owner: Database,
  laneOf: (bookId: string, code: string) => Promise<Lane>,
  now: Date,
  book: NewBook,
): Promise<{ bookId: string; operators: readonly [FirstOperator, FirstOperator] }> {
  // A book that was made and then left before its operators had keys is finished, not refused.
  const [made] = await owner.sql<{ book_id: string }[]>`select book_id from books where code = ${book.code}`;
  const begun =
    made && (await headOf(owner.as({ book: made.book_id, legalPerson: null }), made.book_id)) < foundingEntries
      ? made
      : undefined;
  const bookId = begun?.book_id ?? uuidv7(now);
  if (!begun) {
    await owner.sql`select create_book(${bookId}, ${book.code}, ${book.name}, ${book.divisionCode},
      ${shanghaiDay(now)}::date, ${now}::timestamptz)`;
  }
  const lane = await laneOf(bookId, book.code);
  const actor = { memberId: founderId, personId: founderId, kind: 'PERSON', role: 'operator', legalPersonUscc: null } as const;
  const found = async (personName: string, suffix: string): Promise<FirstOperator> => {
    const as = (what: string) => {
      const key = `founding-${what}${suffix}`;
      return { key, actor, requestDigest: createHash('sha256').update(`${bookId} ${key}`).digest('hex') };
    };
    const member = await lane.submit(registerMember, { ...as('member'), body: { personName, kind: 'PERSON', role: 'operator' } });
    if (member.kind === 'refused') throw new Error(`the operator ${personName} was refused: ${member.code}`);
    const { memberId } = member.result;
    const madeKey = makeKey();
    const key = await lane.submit(issueKey, { ...as('key'), body: { id: memberId, made: madeKey } });
    if (key.kind === 'refused') throw new Error(`the key of ${personName} was refused: ${key.code}`);
    return { memberId, key: madeKey.secret };
  };
  const [first, second] = book.operatorNames;
  return { bookId, operators: [await found(first, ''), await found(second, '-2')] };
}
