import type { z } from 'zod';
import type { Allocation, Reimbursement } from '../../db/tables.js';
import type { allocationInFull, draftAllocation as body } from '../../schemas/reimbursements.js';
import { yearOf } from '../calendar.js';
import { gatherCalendar } from '../calendars/facts.js';
import { movedTo } from '../cases/case.js';
import { wayOf } from '../cases/rules.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { refuseFlagged } from '../flags/rules.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import type { Facts } from '../ledger/facts.js';
import { insert, note, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { reimbursementCases } from './cases.js';
import { allocationLineShelf, allocationShelf, reimbursementShelf } from './facts.js';
import { flaggedOf, gatherFlagged, gatherWhole, wholeOf } from './gather.js';
import {
  allocationDigestOf,
  draftedLines,
  presentAllocation,
  presentAllocationLine,
  reasonsInWords,
  shareOut,
  strategyOf,
} from './share-out.js';

type Body = z.output<typeof body>;
type Result = z.input<typeof allocationInFull>;

/** By command: the applications that were asked for, or stood reviewed under the programme and year when the lane was opened. */
const wanted = note<readonly string[]>('applications to be allocated');

/**
 * Shares the year's pool among reviewed applications of a programme, all of them or those named, and keeps the draft with its whole
 * working: a of each, P = min(pool left, Σa), and what falls to it. They are in no other allocation until this one is withdrawn or
 * approved. Money moves when it is approved. What is reviewed by another command of the very same lane batch waits for the next.
 * Refuses, in this order: NOT_FOUND (of an application), REIMBURSEMENT_WRONG_STATE, REIMBURSEMENT_NOT_ALLOCATABLE, ALLOCATION_TOO_LARGE,
 * ALLOCATION_EMPTY, PARAMETER_MISSING, ALLOCATION_MIXED, NOTICE_RUNNING up to the last day of a public notice, FLAG_HOLDS, the reason of the first when
 * nobody may claim anything, POOL_EXHAUSTED.
 */
export const draftAllocation: Verb<Body, Result> = {
  name: 'allocation.draft',
  money: true,

  async gather(loader, commands) {
    const asked = await Promise.all(
      commands.map(async ({ id, body }) => {
        const ids =
          body.reimbursementIds ??
          (
            await loader.tx.sql.prepared<{ id: string }[]>(
              `select reimbursement_id as id from reimbursements
                where book_id = $1 and programme_code = $2 and status = any(array['REVIEWED', 'IN_PUBLIC_NOTICE']) and year = $3
                order by reimbursement_id`,
              [loader.bookId, body.programmeCode, body.year],
            )
          ).map((row) => row.id);
        loader.note(wanted, id, [...new Set(ids)]);
        await gatherFlagged(loader, [id], ids);
        return ids;
      }),
    );
    const rows = await loader.load(reimbursementShelf, 'id', asked.flat());
    const fitting = commands.filter(({ id }) => sizeOf(rowsOf(loader.facts, id)).fits);
    const whole = new Set(fitting.flatMap(({ id }) => loader.facts.noted(wanted, id)));
    await Promise.all([
      gatherWhole(
        loader,
        rows.filter(({ reimbursementId }) => whole.has(reimbursementId)),
        commands.map(({ today }) => today),
      ),
      gatherCalendar(loader),
      loader.accounts(commands.map(({ body }) => accountOf.available(fundOf(body.programmeCode, body.year)))),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf(series, yearOf(today))),
      ),
    ]);
  },

  decide(command, facts) {
    const { id, body, actor, today, receivedAt, newId } = command;
    const { programmeCode, year } = body;
    const taken = takenBy(facts, command);
    if (taken.kind === 'refused') return taken;
    const { fits, ...size } = sizeOf(rowsOf(facts, id));
    if (!fits) return refused('ALLOCATION_TOO_LARGE', size, '/reimbursementIds');
    const claimants = taken.rows.map((row) => ({ row, whole: wholeOf(facts, row, { bookedOn: today }) }));
    if (claimants.length === 0) return refused('ALLOCATION_EMPTY', { programme: programmeCode, year: String(year) });
    const strategy = strategyOf(claimants);
    if (typeof strategy !== 'string') return strategy;
    const fund = fundOf(programmeCode, year);
    const poolFen = facts.balance(accountOf.available(fund));
    const shared = shareOut(strategy, poolFen, facts, claimants);
    if (shared.claimsFen === 0n) {
      const { shares } = shared;
      const told = { zh: reasonsInWords(shares, 'zh'), en: reasonsInWords(shares, 'en') };
      return refused('ALLOCATION_GIVES_NOTHING', { count: String(shares.length), ...told });
    }
    if (shared.totalFen === 0n) return refused('POOL_EXHAUSTED', { left: '0.00' });
    const moved: Reimbursement[] = [];
    for (const of of taken.rows) {
      const into = movedTo(facts, of, { status: 'ALLOCATED', law: reimbursementCases.lawOf(facts, of), today });
      if (into.kind === 'refused') return into;
      moved.push(into.row);
    }
    // After this line the command succeeds.
    const { number, changes } = takeNumber(facts, seriesOf(series, yearOf(today)));
    const drafted = draftedLines(shared);
    const row: Allocation = {
      bookId: facts.bookId,
      allocationId: id,
      allocationNo: number,
      programmeCode,
      year,
      fund,
      strategy,
      lineCount: drafted.length,
      claimsFen: shared.claimsFen,
      sharedFen: shared.sharedFen,
      totalFen: shared.totalFen,
      contentDigest: allocationDigestOf({ programmeCode, year, fund }, shared),
      status: 'DRAFT',
      draftedPerson: actor.personId,
      draftedOn: today,
      decidedPerson: null,
      decidedOn: null,
      decisionReason: null,
      recordedAt: receivedAt.toISOString(),
      awardsLeft: 0,
    };
    const bookId = facts.bookId;
    return accepted({
      decision: 'allocation.drafted',
      subjectId: id,
      result: {
        ...presentAllocation(row),
        lines: shared.shares.map(({ claimant }, i) => {
          const line = drafted[i];
          if (!line) throw new Error('a share without a line');
          const { reimbursementNo, enterpriseId } = claimant.row;
          const enterpriseName = facts.get(enterpriseShelf, enterpriseId)?.name ?? '';
          return presentAllocationLine({ ...line, leftOut: null }, { reimbursementNo, enterpriseName });
        }),
      },
      changes: [
        insert(allocationShelf, row),
        ...drafted.map((line) =>
          insert(allocationLineShelf, { bookId, allocationLineId: newId(), allocationId: id, ...line, isLive: true, leftOut: null }),
        ),
        ...moved.map((of) => update(reimbursementShelf, { ...of, allocationId: id })),
        ...changes,
      ],
    });
  },
};

/** How much one allocation may be: once a year or so, half a second of the lane (measured at 10,000 lines on a busy machine). */
const most = { claims: 2_000, lines: 10_000 };

const rowsOf = (facts: Facts, id: string): Reimbursement[] =>
  facts.noted(wanted, id).flatMap((reimbursementId) => facts.get(reimbursementShelf, reimbursementId) ?? []);

/** How large an allocation of these would be, and whether that is too large. */
export function sizeOf(rows: readonly Pick<Reimbursement, 'lineCount'>[]) {
  const lines = rows.reduce((sum, { lineCount }) => sum + lineCount, 0);
  return {
    fits: rows.length <= most.claims && lines <= most.lines,
    claims: String(rows.length),
    lines: String(lines),
    mostClaims: String(most.claims),
    mostLines: String(most.lines),
  };
}

/** Numbers of allocations. */
const series = 'AL';

/** Why a gathered application is in no allocation of this programme and year today. */
function refuseAllocation(
  facts: Facts,
  row: Reimbursement,
  { id, body, today }: Pick<Command<Body>, 'id' | 'body' | 'today'>,
): Refused | null {
  const { reimbursementNo, status, programmeCode, year, noticeLastDay } = row;
  const wrongState = reimbursementCases.refuseStep(row, wayOf(reimbursementCases.lawOf(facts, row)), 'allocate');
  if (wrongState) return wrongState;
  if (programmeCode !== body.programmeCode || year !== body.year) {
    return refused('REIMBURSEMENT_NOT_ALLOCATABLE', { reimbursementNo, status, programme: programmeCode, year: String(year) });
  }
  if (noticeLastDay !== null && today <= noticeLastDay) return refused('NOTICE_RUNNING', { lastDay: noticeLastDay });
  return refuseFlagged(flaggedOf(facts, id).has(row.reimbursementId) ? 1 : 0);
}

function takenBy(facts: Facts, { id, body, today }: Command<Body>) {
  const rows: Reimbursement[] = [];
  for (const reimbursementId of facts.noted(wanted, id)) {
    const row = facts.get(reimbursementShelf, reimbursementId);
    if (!row) return refused('NOT_FOUND', {}, '/reimbursementIds');
    const refusal = refuseAllocation(facts, row, { id, body, today });
    if (refusal === null) rows.push(row);
    else if (body.reimbursementIds) return { ...refusal, pointer: '/reimbursementIds' };
  }
  return { kind: 'taken' as const, rows };
}
