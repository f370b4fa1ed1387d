// The statement (对账单) of one payee for a month that is shut: what was owed at its beginning, what came to it and was paid, and what is owed at its end.
import type { Database } from '../../db/client.js';
import type { OpenBook } from '../http/parts.js';
import { balancesAt, payablesOf, spanOf, transfersTouching } from '../ledger/months.js';
import { sumFen } from '../money.js';
import type { Pages } from '../pdf/pages.js';
import { told } from './lines.js';
import { Parties } from './parties.js';
import type { SeenMonth } from './queries.js';
import { keptPartiesOf } from './queries.js';
import { shutEntry } from './rules.js';

/** Lines of a statement at most; of a payee with more, the pack has them as a sheet. */
export const mostLines = 20_000;

/** The pages; null where the month owes nothing to such a payee; 'TOO_LONG' where it has more lines than pages are for (`most`). */
export async function statementOf(
  db: Database,
  book: Pick<OpenBook, 'bookId' | 'name'>,
  { month, build }: SeenMonth,
  payeeId: string,
  most = mostLines,
): Promise<Pages | 'TOO_LONG' | null> {
  const { bookId } = book;
  const [span, accounts] = await Promise.all([
    spanOf(db, { bookId, month: month.month, shutBy: { kind: shutEntry, subjectId: month.monthId } }),
    payablesOf(db, bookId, payeeId),
  ]);
  if (accounts.length === 0) return null;
  const codes = accounts.map(({ code }) => code);
  const [transfers, balances] = await Promise.all([
    transfersTouching(db, span, { codes, limit: most + 1 }),
    balancesAt(
      db,
      span,
      accounts.map(({ accountId }) => accountId),
    ),
  ]);
  if (transfers.length > most) return 'TOO_LONG';
  // Names are those of the month, once it has been built; before that, today's.
  const parties = new Parties(db, bookId, (await keptPartiesOf(db, build)) ?? undefined);
  const lines = await told(db, bookId, transfers, parties);
  await parties.gather({ parties: [payeeId] });
  const payee = parties.of(payeeId);
  if (!payee) return null;
  const closing = sumFen(balances.map(({ balanceFen }) => balanceFen));
  const moved = sumFen(lines.map(({ credit, amountFen }) => (codes.includes(credit) ? amountFen : -amountFen)));
  // Loaded when there is one to draw: see the files of a pack.
  const { statementPages } = await import('./pages.js');
  return statementPages({ book: book.name, span, payee, openingFen: closing - moved, lines });
}
