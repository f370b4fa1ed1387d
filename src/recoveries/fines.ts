// What a regulation lets the punishing authority fine for what money was got or used by. It is shown beside a recovery, with its article; how much
// it is within the range, and whether at all, is that authority's decision, and nothing here computes or books it.
import type { z } from 'zod';
import type { Recovery } from '../../db/tables.js';
import type { recoveryInFull } from '../../schemas/recoveries.js';
import type { Day } from '../calendar.js';

type LawfulFine = z.input<typeof recoveryInFull>['fines'][number];

const regulation = {
  document: '财政违法行为处罚处分条例（国务院令第427号）',
  article: '第十四条',
  personsFrom: '3000.00',
  personsTo: '50000.00',
} as const;
/** From their first days on, until the next of the same conduct. */
const ranges: readonly (LawfulFine & { readonly from: Day })[] = [
  { from: '2005-02-01', conduct: 'DEFRAUDED', fromBasisPoints: 1000, toBasisPoints: 5000, ...regulation },
  { from: '2005-02-01', conduct: 'MISUSED', fromBasisPoints: 1000, toBasisPoints: 3000, ...regulation },
];

/** The ranges that may come into question, by the law of the day on which it was opened: of a fraud its own, of another fault either. */
export function lawfulFines({ atFault, cause, openedOn }: Pick<Recovery, 'atFault' | 'cause' | 'openedOn'>): LawfulFine[] {
  if (!atFault || openedOn === null) return [];
  const conducts = cause === 'FRAUD' ? (['DEFRAUDED'] as const) : (['DEFRAUDED', 'MISUSED'] as const);
  return conducts.flatMap((conduct) => {
    const holds = ranges.findLast((range) => range.conduct === conduct && range.from <= openedOn);
    if (!holds) return [];
    const { from: _, ...fine } = holds;
    return [fine];
  });
}
