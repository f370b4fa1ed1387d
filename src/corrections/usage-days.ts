// Between which days a contract has been used, by its invoices: what no amendment and no early end may cut away.
import type { Day } from '../calendar.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { note } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';

interface UsageDays {
  readonly from: Day;
  readonly to: Day;
}
const usageDays = note<UsageDays | null>('days of usage');

/** Gathers the first and the last day of usage of these contracts; of invoices that were returned or voided none. */
export async function gatherUsageDays(loader: Loader, contractIds: readonly string[]): Promise<void> {
  const rows = await loader.tx.sql.prepared<(UsageDays & { contractId: string })[]>(
    `select k.contract_id as "contractId", min(i.usage_from)::text as "from", max(i.usage_to)::text as "to"
       from unnest($2::uuid[]) as k (contract_id)
       cross join unnest(array['POSTED', 'CONFIRMED', 'DISPUTED']) as s (status)
       join usage_invoices i on i.book_id = $1 and i.contract_id = k.contract_id and i.status = s.status
      group by k.contract_id`,
    [loader.bookId, [...new Set(contractIds)]],
  );
  const byId = new Map(rows.map(({ contractId, from, to }) => [contractId, { from, to }]));
  for (const id of contractIds) loader.note(usageDays, id, byId.get(id) ?? null);
}

/** Refuses (CONTRACT_USED_BEYOND) a period, both ends inclusive, that leaves out a day of usage that an invoice is of. */
export function refuseUsageBeyond(facts: Facts, contractId: string, period: UsageDays, pointer?: string): Refused | null {
  const used = facts.noted(usageDays, contractId);
  if (used === null || (used.from >= period.from && used.to <= period.to)) return null;
  return refused('CONTRACT_USED_BEYOND', { usedFrom: used.from, usedTo: used.to, ...period }, pointer);
}
