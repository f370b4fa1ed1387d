// What a regulation lets the punishing authority fine for what money was got or used by: data (db/fines). It is shown beside a recovery, with its
// article; how much it is within the range, and whether at all, is that authority's decision, and nothing here computes or books it.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Recovery } from '../../db/tables.js';
import { day } from '../../schemas/common.js';
import { lawfulFine } from '../../schemas/recoveries.js';

type LawfulFine = z.output<typeof lawfulFine>;

const folder = fileURLToPath(new URL('../../db/fines', import.meta.url));
const ranges = z.array(lawfulFine.extend({ from: day.meta({ description: 'Its first day; it holds until the next of the same conduct' }) }));

// Numbers stay text: amounts are not what a float makes of them.
const known = readdirSync(folder)
  .sort()
  .flatMap((file) => ranges.parse(parse(readFileSync(path.join(folder, file), 'utf8'), reviving, { schema: 'failsafe' })))
  .sort((a, b) => (a.from < b.from ? -1 : 1));

/** Basis points are counts. */
function reviving(key: unknown, value: unknown): unknown {
  return typeof key === 'string' && key.endsWith('BasisPoints') ? Number(value) : value;
}

/** The ranges that may come into question, by the law of the day on which it was opened: of a fraud its own, of another fault either. */
export function lawfulFines({ atFault, cause, openedOn }: Pick<Recovery, 'atFault' | 'cause' | 'openedOn'>): LawfulFine[] {
  if (!atFault || openedOn === null) return [];
  const conducts = cause === 'FRAUD' ? (['DEFRAUDED'] as const) : (['DEFRAUDED', 'MISUSED'] as const);
  return conducts.flatMap((conduct) => {
    const holds = known.findLast((range) => range.conduct === conduct && range.from <= openedOn);
    if (!holds) return [];
    const { from: _, ...fine } = holds;
    return [fine];
  });
}
