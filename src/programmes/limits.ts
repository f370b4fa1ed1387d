// The law's limits as accounts of the ledger: which are touched, what is left of them, what to fund and to charge.
import type { LimitException, LimitFirstYear } from '../../db/tables.js';
import type { LimitWindow } from '../ledger/chart.js';
import { accountOf } from '../ledger/chart.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import { readLimit } from '../ledger/limits.js';
import type { Posting } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import { sumFen } from '../money.js';
import type { TouchedLimit } from './evaluate.js';
import { firstYearIdOf, firstYearShelf, limitExceptionShelf } from './facts.js';

/** The accounts of a touched limit: by its name, not by version, so that a new version goes on counting where the old one was. */
export const limitWindowOf = ({ account, holder, window }: Pick<TouchedLimit, 'account' | 'holder' | 'window'>): LimitWindow => ({
  limit: account,
  holder: holder.id,
  window,
});

/**
 * What is left of each touched limit whose number is known (fen, by limit id), the postings that fund what is touched for the first
 * time, and the windows to charge. The windows must have been gathered.
 */
export function readLimits(
  facts: Pick<Facts, 'balance'>,
  touched: readonly TouchedLimit[],
): { left: Record<string, Fen>; funding: Posting[]; charges: LimitWindow[] } {
  const read = touched.flatMap((limit) => {
    if (limit.amountFen === null) return [];
    const at = limitWindowOf(limit);
    return [{ id: limit.limitId, at, ...readLimit(facts, at, limit.amountFen) }];
  });
  return {
    left: Object.fromEntries(read.map(({ id, leftFen }) => [id, leftFen])),
    funding: read.flatMap(({ funding }) => funding),
    charges: read.map(({ at }) => at),
  };
}

/**
 * These windows with those that mergers carried them on to, told apart from the ones that were not, and the accounts of all of them
 * gathered: what comes back to a window comes back wherever it was carried.
 */
export async function gatherCarried(loader: Loader, windows: readonly LimitWindow[]): Promise<(at: LimitWindow) => LimitWindow> {
  const keyOf = ({ limit, holder, window }: LimitWindow): string => [limit, holder, window].join(' ');
  const distinct = [...new Map(windows.map((at) => [keyOf(at), at])).values()];
  const rows =
    distinct.length === 0
      ? []
      : await loader.tx.sql.prepared<{ n: number; limit: string; holder: string; window: string }[]>(
          `with recursive onward as (
             select k.n::int as n, s.account, s.holder, s.span
               from unnest($2::text[], $3::text[], $4::text[]) with ordinality as k (account, holder, span, n)
              cross join lateral (select * from limit_successions s where s.book_id = $1 and s.why = 'CARRIED' and s.account = k.account
                                     and s.from_holder = k.holder and s.from_span = k.span offset 0) s
             union all
             select o.n, s.account, s.holder, s.span
               from onward o
              cross join lateral (select * from limit_successions s where s.book_id = $1 and s.why = 'CARRIED' and s.account = o.account
                                     and s.from_holder = o.holder and s.from_span = o.span offset 0) s)
           select n, account as "limit", holder, span as "window" from onward`,
          [
            loader.bookId,
            distinct.map(({ limit }) => limit),
            distinct.map(({ holder }) => holder),
            distinct.map(({ window }) => window),
          ],
        );
  const carried = new Map<string, LimitWindow[]>();
  for (const { n, limit, holder, window } of rows) {
    const key = keyOf(distinct[n - 1] ?? { limit: '', holder: '', window: '' });
    carried.set(key, [...(carried.get(key) ?? []), { limit, holder, window }]);
  }
  await loader.accounts(
    [...distinct, ...[...carried.values()].flat()].flatMap((at) => [accountOf.used(at), accountOf.allowance(at)]),
  );
  return (at) => {
    const carriedTo = carried.get(keyOf(at));
    return carriedTo ? { ...at, carriedTo } : at;
  };
}

// Windows of several years.

/** «2024+3»: the year it began and how many years it has; null for a window of another kind. */
export function yearsOfWindow(window: string): { first: number; years: number } | null {
  const [, first, years] = /^(\d{4})\+(\d+)$/.exec(window) ?? [];
  return first === undefined ? null : { first: Number(first), years: Number(years) };
}

const firstYearIdsOf = (touched: readonly TouchedLimit[]): string[] =>
  touched.filter(({ window }) => yearsOfWindow(window) !== null).map(({ account, holder }) => firstYearIdOf(account, holder.id));

/** Gathers when these holders' windows of several years began. */
export const gatherFirstYears = (loader: Loader, touched: readonly TouchedLimit[]): Promise<LimitFirstYear[]> =>
  loader.load(firstYearShelf, 'id', firstYearIdsOf(touched));

/** Limit id → the year of the holder's first award under it, where there was one. They must have been gathered. */
export function firstYearsOf(facts: Facts, touched: readonly TouchedLimit[]): Record<string, number> {
  return Object.fromEntries(
    touched.flatMap(({ limitId, account, holder, window }) => {
      const row = yearsOfWindow(window) && facts.get(firstYearShelf, firstYearIdOf(account, holder.id));
      return row ? [[limitId, row.firstYear] as const] : [];
    }),
  );
}

/** What an award that charges these limits changes: of windows of several years that begin with it, their first year. */
export function firstYearChanges(facts: Facts, charged: readonly LimitWindow[]): Change[] {
  return charged.flatMap(({ limit: account, holder, window }) => {
    const years = yearsOfWindow(window);
    const firstYearId = firstYearIdOf(account, holder);
    if (years === null || facts.get(firstYearShelf, firstYearId)) return [];
    return [insert(firstYearShelf, { bookId: facts.bookId, firstYearId, account, holder, firstYear: years.first })];
  });
}

// Exceptions.

const windowKey = (limit: TouchedLimit): string[] => [limit.account, limit.holder.id, limit.window];

/** Gathers the exceptions to those of these limits that hold in principle. */
export const gatherRaised = (loader: Loader, touched: readonly TouchedLimit[]): Promise<LimitException[]> =>
  loader.load(limitExceptionShelf, 'window', touched.filter(({ soft }) => soft).map(windowKey));

/** Limit id → what approved exceptions raised it by (fen). They must have been gathered; `counts` says which of them count. */
export function raisedOf(
  facts: Facts,
  touched: readonly TouchedLimit[],
  counts: (of: LimitException) => boolean,
): Record<string, Fen> {
  return Object.fromEntries(
    touched
      .filter(({ soft }) => soft)
      .map((limit) => {
        const approved = facts
          .all(limitExceptionShelf, 'window', windowKey(limit))
          .filter((of) => of.status === 'APPROVED' && counts(of));
        return [limit.limitId, sumFen(approved.map(({ amountFen }) => amountFen))];
      }),
  );
}
