// Second computations of awards, computed anew: each that a red letter led to, with what red letters had taken by then.
import type { Tx } from '../../db/client.js';
import { Facts, Loader } from '../ledger/facts.js';
import type { Moved } from '../ledger/history.js';
import { firstEntries } from '../ledger/history.js';
import { computedAnew, gatherAwardsAnew } from '../reimbursements/compute-anew.js';
import { reimbursementShelf } from '../reimbursements/facts.js';
import { cutsOf } from '../reimbursements/gather.js';

interface Kept {
  readonly redLetterId: string;
  readonly correctionNo: string;
  readonly reimbursementId: string;
  readonly baseFen: bigint | null;
  readonly computedFen: bigint | null;
  readonly awardFen: bigint;
}

/** Those that these entries, each of a red letter, led to. */
export async function checkComputations(
  tx: Tx,
  bookId: string,
  redLetters: readonly Pick<Moved, 'subjectId' | 'seq'>[],
): Promise<{ subject: string; detail: string }[]> {
  if (redLetters.length === 0) return [];
  const kept = await tx.sql<Kept[]>`
    select c.subject_id as "redLetterId", c.correction_no as "correctionNo", a.reimbursement_id as "reimbursementId", a.base_fen as "baseFen",
           a.computed_fen as "computedFen", a.award_fen as "awardFen"
      from corrections c join award_computations a on a.book_id = c.book_id and a.correction_id = c.correction_id
     where c.book_id = ${bookId} and c.subject_id = any(${redLetters.map(({ subjectId }) => subjectId)}::uuid[])`;
  const facts = new Facts(bookId, '');
  const loader = new Loader(tx, bookId, facts);
  const rows = await loader.load(
    reimbursementShelf,
    'id',
    kept.map(({ reimbursementId }) => reimbursementId),
  );
  await gatherAwardsAnew(loader, rows);
  const taking = rows.flatMap((row) => cutsOf(facts, row).map(({ redLetterId }) => redLetterId));
  const postedAt = await firstEntries(tx, bookId, taking, ['red_letter.posted']);
  return kept.flatMap((of) => {
    const row = facts.get(reimbursementShelf, of.reimbursementId);
    const seq = redLetters.find(({ subjectId }) => subjectId === of.redLetterId)?.seq ?? 0n;
    if (!row) throw new Error('a row that a foreign key promises was not found');
    const anew = computedAnew(
      facts,
      row,
      cutsOf(facts, row).filter(({ redLetterId }) => (postedAt.get(redLetterId) ?? 0n) <= seq),
    );
    const figures = ['baseFen', 'computedFen', 'awardFen'] as const;
    return figures.flatMap((name) =>
      of[name] === anew[name]
        ? []
        : [
            {
              subject: `correction ${of.correctionNo}`,
              detail: `${name} ${of[name] ?? 'none'}, computed anew ${anew[name] ?? 'none'}`,
            },
          ],
    );
  });
}
