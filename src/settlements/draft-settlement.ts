import type { z } from 'zod';
import type { Settlement } from '../../db/tables.js';
import type { draftSettlement as body, settlementDrafted } from '../../schemas/settlements.js';
import { lastDayOfMonth, monthOf, yearOf } from '../calendar.js';
import { insert, note } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { gatherPayees, payeeOf } from '../payees/facts.js';
import type { Next } from './collect-lines.js';
import { collect, collectedAtOnce, gatherPayables, nextPayables, payableOf } from './collect-lines.js';
import { settlementShelf } from './facts.js';
import { partyOf, presentLeftOut, refuseLacking } from './papers.js';
import { controlTotalsOf, presentSettlement, totalsOfLines, underway } from './rules.js';

type Body = z.output<typeof body>;
type Result = Omit<z.input<typeof settlementDrafted>, 'ledgerSeq'>;

/** By period: the first payables, one more than are collected at once, in the order in which they are collected. */
const first = note<readonly Next[]>('first payables');

/**
 * Drafts a batch (结算批次) of a period: every redemption and every award approved on or before its last day that is in no batch yet. Money moves
 * when the batch is instructed. Of a programme that is settled by the quarter only a quarter's last month takes anything. What lacks a paper that
 * its payee has to hand in first is left out, and told with what it lacks. Many are collected behind the answer (`collecting`, `collectLines`).
 * What is approved by another command of the very same lane batch waits for the next draft. Refuses PERIOD_IN_FUTURE, SETTLEMENT_EXISTS,
 * SETTLEMENT_UNDERWAY while another batch is being collected, SETTLEMENT_EMPTY, MATERIALS_MISSING, line by line, where nothing is left.
 */
export const draftSettlement: Verb<Body, Result> = {
  name: 'settlement.draft',
  money: true,

  async gather(loader, commands) {
    const periods = [...new Set(commands.map(({ body }) => body.period))];
    await Promise.all([
      loader.load(settlementShelf, 'period', periods),
      loader.load(settlementShelf, 'collecting', ['true']),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf('S', yearOf(today))),
      ),
    ]);
    for (const period of periods) {
      const next = await nextPayables(loader, { byDay: lastDayOfMonth(period), after: undefined, limit: collectedAtOnce + 1 });
      loader.note(first, period, next);
      await gatherPayables(loader, next);
      const payables = next.flatMap((one) => payableOf(loader.facts, one) ?? []);
      await gatherPayees(
        loader,
        payables.map((of) => partyOf(of).payeeId),
      );
    }
  },

  decide(command, facts) {
    const { id, body, actor, today, receivedAt } = command;
    const { period } = body;
    if (period > monthOf(today)) return refused('PERIOD_IN_FUTURE', { period, current: monthOf(today) }, '/period');
    const batches = facts.all(settlementShelf, 'period', period);
    const highest = batches.reduce((most, of) => Math.max(most, of.number), 0) + 1;
    const number = body.number ?? highest;
    const same = batches.find((of) => of.number === number);
    if (same) {
      const params = { period, number: String(number), settlementNo: same.settlementNo, next: String(highest) };
      return refused('SETTLEMENT_EXISTS', params, '/number');
    }
    const [other] = facts.all(settlementShelf, 'collecting', 'true');
    if (other) return underway(other);
    const next = facts.noted(first, period);
    const { number: settlementNo, changes } = takeNumber(facts, seriesOf('S', yearOf(today)));
    const empty: Settlement = {
      bookId: facts.bookId,
      settlementId: id,
      settlementNo,
      period,
      number,
      status: 'DRAFT',
      lineCount: 0,
      totalFen: 0n,
      contentDigest: null,
      draftedPerson: actor.personId,
      draftedOn: today,
      approvedPerson: null,
      instructedPerson: null,
      instructedOn: null,
      closedPerson: null,
      closedOn: null,
      recordedAt: receivedAt.toISOString(),
      version: 1,
      isCollecting: true,
      collectedDay: null,
      collectedId: null,
      frozenPerson: null,
      checkedPerson: null,
      checkedPersons: [],
      checkedLines: 0,
      paymentsLeft: 0,
    };
    const isAll = next.length <= collectedAtOnce;
    const collected = isAll
      ? collect(command, facts, empty, { next, isLast: true })
      : { row: empty, lines: [], leftOut: [], changes: [] };
    const { row, lines, leftOut } = collected;
    if (row.status === 'DISSOLVED') {
      const lacking = refuseLacking(
        facts,
        leftOut.map(({ of }) => of),
      );
      return lacking ?? refused('SETTLEMENT_EMPTY', { day: lastDayOfMonth(period) });
    }
    // After this line the command succeeds.
    return accepted({
      decision: 'settlement.drafted',
      subjectId: id,
      result: {
        ...presentSettlement(row),
        totals: controlTotalsOf(totalsOfLines(lines), (payeeId) => payeeOf(facts, payeeId)?.name ?? '', []),
        leftOut: leftOut.map(presentLeftOut),
      },
      changes: [...changes, insert(settlementShelf, row), ...collected.changes],
    });
  },
};
