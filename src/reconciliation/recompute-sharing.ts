// Awards of reimbursement computed anew: each allocation that was approved is shared out again, from what the book knew then. Who was
// given nothing is free since, and may have been reviewed again: of these what was published stands, for the others' shares rest on it.
import type { Allocation, AllocationLine, Reimbursement } from '../../db/tables.js';
import type { Known } from '../applications/evaluation-facts.js';
import type { Account } from '../ledger/chart.js';
import { accountOf } from '../ledger/chart.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Fen } from '../money.js';
import { limitWindowOf } from '../programmes/limits.js';
import { gatherAwardLimits } from '../reimbursements/award-facts.js';
import { allocationLineShelf, allocationShelf, lineCutShelf, reimbursementShelf } from '../reimbursements/facts.js';
import { askedOf, gatherParts, wholeOf } from '../reimbursements/gather.js';
import { touchedBy } from '../reimbursements/lines.js';
import type { Claimant } from '../reimbursements/share-out.js';
import { shareOut } from '../reimbursements/share-out.js';

type Rows = { subject: string; detail: string }[];

/** Gathers allocations with their lines, applications, and what these rest on; what limits look at comes after. */
export async function gatherSharings(loader: Loader, allocationIds: readonly string[]): Promise<void> {
  const [, lines] = await Promise.all([
    loader.load(allocationShelf, 'id', allocationIds),
    loader.load(allocationLineShelf, 'allocation', allocationIds),
  ]);
  const ids = lines.map(({ reimbursementId }) => reimbursementId);
  await gatherParts(loader, await loader.load(reimbursementShelf, 'id', ids));
}

/** The red letters that took something of gathered applications: what they took before an award counted in it. */
export const redLettersOf = (facts: Facts): string[] =>
  [...facts.state(lineCutShelf).rows.values()].map(({ redLetterId }) => String(redLetterId));

/** Gathers what the limits of these allocations' awards looked at when they were approved. */
export const gatherSharingLimits = (
  loader: Loader,
  of: readonly { readonly allocationId: string; readonly known: Known }[],
): Promise<void> =>
  gatherAwardLimits(
    loader,
    of.flatMap(({ allocationId, known }) => {
      const { facts } = loader;
      const { allocation, lines } = partsOf(facts, allocationId);
      return lines.map(({ row }) => askedOf(facts, row, { bookedOn: dayOf(allocation), known }));
    }),
  );

/** An allocation as it was approved, to be shared out again; and the accounts whose balances it looked at. */
export interface Sharing {
  readonly allocation: Allocation;
  readonly claimants: readonly (Claimant & { readonly line: AllocationLine })[];
  readonly accounts: readonly Account[];
}

export function sharingOf(facts: Facts, allocationId: string, known: Known): Sharing {
  const { allocation, lines } = partsOf(facts, allocationId);
  const claimants = lines.map(({ line, row }) => ({
    line,
    row,
    whole: wholeOf(facts, row, { bookedOn: dayOf(allocation), known }),
    ...(isOf(allocation, { line, row }) ? {} : { published: line }),
  }));
  const windows = claimants.flatMap(({ whole }) => touchedBy(whole).map(limitWindowOf));
  const accounts = windows.flatMap((at) => [accountOf.limit(at.limit), accountOf.allowance(at), accountOf.used(at)]);
  return { allocation, claimants, accounts: [accountOf.available(allocation.fund), ...accounts] };
}

/** Whether what fell to an application is awarded, or still to be: else it is free, and may be another one by now. */
const isOf = ({ allocationId }: Allocation, { line, row }: { line: AllocationLine; row: Reimbursement }): boolean =>
  line.amountFen > 0n && line.isLive && row.allocationId === allocationId;

/** Shares out again, on the balances of that moment, and compares: each award with its claim, the sums, and what was charged to limits. */
export function checkSharing(of: Sharing, before: Facts, charged: readonly string[]): Rows {
  const { allocation, claimants } = of;
  const poolFen = before.balance(accountOf.available(allocation.fund));
  const anew = shareOut(allocation.strategy, poolFen, before, claimants);
  const wrong = (subject: string, name: string, kept: Fen | null, figure: Fen): Rows =>
    kept === figure ? [] : [{ subject, detail: `${name} ${kept}, computed anew ${figure}` }];
  const lineOf = new Map(claimants.map(({ row, line }) => [row.reimbursementId, line]));
  const awards = anew.shares.flatMap(({ claimant: { row }, claimFen, amountFen, reason }) => {
    const line = lineOf.get(row.reimbursementId);
    if (!line || !isOf(allocation, { line, row })) return [];
    const subject = `reimbursement ${row.reimbursementNo}`;
    if (reason !== null) return [{ subject, detail: `computed anew it is no award: ${reason}` }];
    return [
      ...wrong(subject, 'claim', line.claimFen, claimFen),
      ...wrong(subject, 'share', line.amountFen, amountFen),
      ...(row.status === 'ALLOCATED' ? [] : wrong(subject, 'award', row.awardFen, amountFen)),
    ];
  });
  const subject = `allocation ${allocation.allocationNo}`;
  const due = claimants.flatMap(({ whole, line, row }) =>
    row.status === 'ALLOCATED' || !isOf(allocation, { line, row })
      ? []
      : touchedBy(whole).map((limit) => `${accountOf.used(limitWindowOf(limit)).code} ${line.amountFen}`),
  );
  const [found, expected] = [charged, due].map((list) => [...list].sort().join(', '));
  return [
    ...awards,
    ...wrong(subject, 'claims', allocation.claimsFen, anew.claimsFen),
    ...wrong(subject, 'shared', allocation.sharedFen, anew.sharedFen),
    ...wrong(subject, 'total', allocation.totalFen, anew.totalFen),
    ...(found === expected ? [] : [{ subject, detail: `charged to limits: ${found}; computed anew: ${expected}` }]),
  ];
}

function partsOf(facts: Facts, allocationId: string) {
  const allocation = there(facts.get(allocationShelf, allocationId));
  const lines = facts
    .all(allocationLineShelf, 'allocation', allocationId)
    .map((line) => ({ line, row: there(facts.get(reimbursementShelf, line.reimbursementId)) }));
  return { allocation, lines };
}

const dayOf = (allocation: Allocation) => there(allocation.decidedOn ?? undefined);

/** What foreign keys and checks promise. */
function there<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('what the database promises was not found');
  return row;
}
