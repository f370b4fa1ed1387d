// The awards of an allocation that was decided at once and is too large to be written at once: booked one by one, in slices of the lane. Their
// money was set aside with the decision. What an award rests on may have changed since, so each is looked at again: where less is left of it
// than fell to it, or a flag holds it, it is left out, its money is the pool's again, and what fell to the others stands as published.
import type { Allocation, AllocationLine, Reimbursement } from '../../db/tables.js';
import { ended } from '../cases/rules.js';
import { toldOf } from '../cases/told.js';
import type { DailyWork } from '../daily.js';
import { isAny } from '../daily.js';
import { firstId, inSlices, readAhead } from '../in-slices.js';
import { accountOf } from '../ledger/chart.js';
import type { Step } from '../ledger/explanations.js';
import { keep } from '../ledger/explanations.js';
import type { Facts } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { allocationReleased, awardApproved } from '../ledger/templates.js';
import { formatYuan } from '../money.js';
import { firstYearChanges, limitWindowOf } from '../programmes/limits.js';
import { versionName } from '../programmes/published.js';
import { reimbursementCases } from './cases.js';
import { allocationLineShelf, allocationShelf, reimbursementShelf } from './facts.js';
import { flaggedOf, gatherFlagged, gatherWhole, lawOf, wholeOf } from './gather.js';
import { touchedBy } from './lines.js';
import { unallocated } from './rules.js';
import { claimOf, possibleIn, sharingStep } from './share-out.js';

/** Up to so many lines the awards are booked with the decision itself. */
export const bookedAtOnce = 40;
/** Lines of documents that one award is as much work as (measured). */
const weight = 8;

/** An application as its award leaves it. */
export const awarded = (
  row: Reimbursement,
  of: Pick<Allocation, 'fund' | 'decidedPerson' | 'decidedOn'>,
  { amountFen, explanation }: { readonly amountFen: bigint; readonly explanation: readonly Step[] },
): Reimbursement => ({
  ...row,
  ...ended,
  status: 'APPROVED',
  fund: of.fund,
  awardFen: amountFen,
  approvedOn: of.decidedOn,
  decidedPerson: of.decidedPerson,
  explanation: keep(explanation),
});

interface ToBook {
  readonly row: Reimbursement;
  readonly line: AllocationLine;
  readonly allocation: Allocation;
}

/** What is to be booked of an application; refuses NOT_FOUND, and ALLOCATION_WRONG_STATE where nothing is, or not any more. */
function toBook(facts: Facts, id: string): ToBook | Refused {
  const row = facts.get(reimbursementShelf, id);
  const line = facts.one(allocationLineShelf, 'reimbursement', [id, 'true']);
  const allocation = line && facts.get(allocationShelf, line.allocationId);
  if (!row || !allocation) return refused('NOT_FOUND');
  const { allocationNo, status } = allocation;
  return status === 'APPROVED' && row.status === 'ALLOCATED'
    ? { row, line, allocation }
    : refused('ALLOCATION_WRONG_STATE', { allocationNo, status, possible: possibleIn[status] });
}

/** What falls to one application of an approved allocation, booked as of the day of the decision; or why it is left out. */
function judged(facts: Facts, commandId: string, { row, line, allocation }: ToBook) {
  const whole = wholeOf(facts, row, { bookedOn: dayOf(allocation) });
  const touched = touchedBy(whole);
  const { claimFen, reason, explanation, limits } = claimOf(facts, { row, whole, touched });
  const isFlagged = flaggedOf(facts, commandId).has(row.reimbursementId);
  const leftOut = isFlagged ? 'FLAG_HOLDS' : (reason ?? (claimFen < line.amountFen ? 'AMOUNT_CHANGED' : null));
  const step = sharingStep(whole.law, row, { ...allocation, ...line });
  return { leftOut, limits, windows: touched.map(limitWindowOf), explanation: [...explanation, step] };
}

const dayOf = ({ decidedOn, allocationNo }: Allocation) => {
  if (decidedOn === null) throw new Error(`${allocationNo} was not decided`);
  return decidedOn;
};

interface Booked {
  readonly reimbursementId: string;
  /** In yuan; null where nothing was awarded. */
  readonly award: string | null;
  readonly leftOut: string | null;
}

/** Books one award of an approved allocation: payable to its enterprise, and charged to every limit it touches; or leaves it out. */
export const bookAward: Verb<{ id?: string }, Booked> = {
  name: 'award.book',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const [rows, lines] = await Promise.all([
      loader.load(reimbursementShelf, 'id', ids),
      loader.load(
        allocationLineShelf,
        'reimbursement',
        ids.map((id) => [id, 'true']),
      ),
      gatherFlagged(
        loader,
        commands.map(({ id }) => id),
        ids,
      ),
    ]);
    const allocations = await loader.load(
      allocationShelf,
      'id',
      lines.map(({ allocationId }) => allocationId),
    );
    const fundOf = new Map(allocations.map(({ allocationId, fund }) => [allocationId, fund]));
    await Promise.all([
      gatherWhole(
        loader,
        rows,
        allocations.flatMap(({ decidedOn }) => decidedOn ?? []),
      ),
      loader.accounts(
        rows.flatMap(({ allocationId, enterpriseId }) => {
          const fund = fundOf.get(allocationId ?? '');
          if (allocationId === null || fund === undefined) return [];
          return [accountOf.reserved(allocationId, fund), accountOf.available(fund), accountOf.payable(enterpriseId, fund)];
        }),
      ),
    ]);
  },

  decide({ id: commandId, body }, facts) {
    const found = toBook(facts, body.id ?? '');
    if ('kind' in found) return found;
    const { row, line, allocation } = found;
    const { allocationId, fund, contentDigest } = allocation;
    const { amountFen } = line;
    // After this line the command succeeds.
    const common = {
      subjectId: allocationId,
      programmeVersion: versionName(lawOf(facts, row).version),
      approvalDigest: contentDigest,
    };
    const oneLess = update(allocationShelf, { ...allocation, awardsLeft: allocation.awardsLeft - 1 });
    const released = allocationReleased({ allocationId, fund, amountFen });
    const { leftOut, limits, windows, explanation } =
      amountFen === 0n ? nothingFell : judged(facts, commandId, found);
    if (amountFen === 0n || leftOut !== null) {
      return accepted({
        ...common,
        decision: 'award.left_out',
        result: { reimbursementId: row.reimbursementId, award: null, leftOut },
        postings: released,
        changes: [
          oneLess,
          update(reimbursementShelf, { ...row, ...unallocated(row) }),
          update(allocationLineShelf, { ...line, isLive: false, leftOut }),
        ],
      });
    }
    const { funding, charges } = limits;
    const bookedOn = dayOf(allocation);
    const award = awardApproved({ payeeId: row.enterpriseId, fund, amountFen, charges });
    return accepted({
      ...common,
      decision: 'award.approved',
      result: { reimbursementId: row.reimbursementId, award: formatYuan(amountFen), leftOut },
      postings: [...released, ...funding, ...award].map((posting) => ({ ...posting, bookedOn })),
      changes: [
        oneLess,
        ...firstYearChanges(facts, windows),
        update(reimbursementShelf, awarded(row, allocation, { amountFen, explanation })),
      ],
      messages: [toldOf(reimbursementCases, row, 'case.approved', { amount: formatYuan(amountFen) })],
    });
  },
};

/** Of a line to which nothing fell. */
const nothingFell = { leftOut: null, limits: { funding: [], charges: [] }, windows: [], explanation: [] };

/** Books what approved allocations have still to be booked, in the order of their lines: begun behind the approval, and taken up by whoever looks next. */
export const bookAwards: DailyWork = {
  name: 'awards.book',
  isDue: ({ db, bookId }) => isAny(db, 'select from allocations where book_id = $1 and awards_left > 0', [bookId]),

  async run(of) {
    const { db, bookId } = of.book;
    const { done } = await inSlices({
      ...of,
      name: 'award',
      verb: bookAward,
      weight,
      dueAfter: (after: Due | undefined) =>
        db.sql.prepared<Due[]>(
          `select l.allocation_id as "allocationId", l.line_no as "lineNo", l.reimbursement_id as "reimbursementId"
             from allocations a
            cross join lateral (select * from allocation_lines l
                                 where l.book_id = a.book_id and l.allocation_id = a.allocation_id and l.is_live
                                   and (l.allocation_id, l.line_no) > ($2::uuid, $3::integer) offset 0) l
            cross join lateral (select r.status from reimbursements r
                                 where r.book_id = a.book_id and r.reimbursement_id = l.reimbursement_id offset 0) r
            where a.book_id = $1 and a.awards_left > 0 and r.status = 'ALLOCATED'
            order by l.allocation_id, l.line_no limit $4`,
          [bookId, after?.allocationId ?? firstId, after?.lineNo ?? 0, readAhead],
        ),
      idOf: ({ reimbursementId }) => reimbursementId,
      refusal: (facts, id) => {
        const found = toBook(facts, id);
        return 'kind' in found ? found : null;
      },
    });
    return done;
  },
};

interface Due {
  readonly allocationId: string;
  readonly lineNo: number;
  readonly reimbursementId: string;
}
