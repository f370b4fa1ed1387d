// What exceptions are about, gathered by their kinds.
import type { ReconciliationException } from '../../db/tables.js';
import { bankLineShelf, bankReturnShelf } from '../bank/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { redemptionShelf } from '../redemptions/facts.js';
import { instructionShelf } from '../settlements/facts.js';
import type { Subject } from './rules.js';

type About = Pick<ReconciliationException, 'kind' | 'subject'>;

export async function gatherSubjects(loader: Loader, about: readonly About[]): Promise<void> {
  const of = (...kinds: readonly ReconciliationException['kind'][]) =>
    about.filter(({ kind }) => kinds.includes(kind)).map(({ subject }) => subject);
  await Promise.all([
    loader.load(bankLineShelf, 'id', of('UNMATCHED_LINE')),
    loader.load(instructionShelf, 'id', of('IN_TRANSIT', 'PAYMENT_RETURNED')),
    loader.load(redemptionShelf, 'id', of('RESERVED')),
    loader.load(bankReturnShelf, 'id', of('FILE_CUT')),
  ]);
}

export function subjectOf(facts: Facts, { kind, subject }: About): Subject {
  if (kind === 'UNMATCHED_LINE') return { line: facts.get(bankLineShelf, subject) };
  if (kind === 'IN_TRANSIT' || kind === 'PAYMENT_RETURNED') return { instruction: facts.get(instructionShelf, subject) };
  if (kind === 'RESERVED') return { redemption: facts.get(redemptionShelf, subject) };
  return kind === 'FILE_CUT' ? { file: facts.get(bankReturnShelf, subject) } : {};
}
