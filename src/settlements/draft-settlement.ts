import type { z } from 'zod';
import type { Redemption, Settlement, SettlementLine } from '../../db/tables.js';
import type { draftSettlement as body, settlementDrafted } from '../../schemas/settlements.js';
import { lastDayOfMonth, monthOf, yearOf } from '../calendar.js';
import { insert, note, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { sumFen } from '../money.js';
import { providerShelf } from '../providers/facts.js';
import { redemptionShelf } from '../redemptions/facts.js';
import { settlementLineShelf, settlementShelf } from './facts.js';
import { contentDigestOf, controlTotalsOf, presentSettlement, unbatchedFen } from './rules.js';

type Body = z.output<typeof body>;
type Result = Omit<z.input<typeof settlementDrafted>, 'ledgerSeq'>;

/** Redemptions that stood approved and in no batch when the lane was opened, in order of id. */
const unbatched = note<readonly string[]>('unbatched redemptions');

/**
 * Drafts a batch (结算批次) of a period: every redemption approved on or before its last day that is in no batch yet,
 * frozen with its control totals. Money moves when the batch is instructed. What is approved by another command of the
 * very same lane batch waits for the next draft. Refuses PERIOD_IN_FUTURE, SETTLEMENT_EXISTS, SETTLEMENT_EMPTY.
 */
export const draftSettlement: Verb<Body, Result> = {
  name: 'settlement.draft',
  money: true,

  async gather(loader, commands) {
    const periods = commands.map(({ body }) => body.period);
    const lastDay = periods.map(lastDayOfMonth).reduce((latest, day) => (day > latest ? day : latest));
    const [found] = await Promise.all([
      loader.tx.sql.prepared<{ redemption_id: string }[]>(
        `select redemption_id from redemptions
          where book_id = $1 and status = 'APPROVED' and settlement_id is null and approved_on <= $2::date
          order by redemption_id`,
        [loader.bookId, lastDay],
      ),
      loader.load(settlementShelf, 'period', periods),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf('S', yearOf(today))),
      ),
    ]);
    const ids = found.map((row) => row.redemption_id);
    loader.note(unbatched, loader.bookId, ids);
    const redemptions = await loader.load(redemptionShelf, 'id', ids);
    await loader.load(
      providerShelf,
      'id',
      redemptions.map((of) => of.providerId),
    );
  },

  decide(command, facts) {
    const { id, body, actor, today, receivedAt } = command;
    const { period } = body;
    if (period > monthOf(today)) return refused('PERIOD_IN_FUTURE', { period, current: monthOf(today) }, '/period');
    const batches = facts.all(settlementShelf, 'period', period);
    const next = batches.reduce((highest, of) => Math.max(highest, of.number), 0) + 1;
    const number = body.number ?? next;
    const same = batches.find((of) => of.number === number);
    if (same) {
      const params = { period, number: String(number), settlementNo: same.settlementNo, next: String(next) };
      return refused('SETTLEMENT_EXISTS', params, '/number');
    }
    const lastDay = lastDayOfMonth(period);
    const taken = facts
      .noted(unbatched, facts.bookId)
      .map((redemptionId) => facts.get(redemptionShelf, redemptionId))
      .filter((of): of is Redemption => of !== undefined && unbatchedFen(of, lastDay) > 0n);
    if (taken.length === 0) return refused('SETTLEMENT_EMPTY', { day: lastDay });
    // After this line the command succeeds.
    const lines = taken.map((of, i): SettlementLine => ({
      bookId: facts.bookId,
      settlementLineId: command.newId(),
      settlementId: id,
      lineNo: i + 1,
      redemptionId: of.redemptionId,
      providerId: of.providerId,
      fund: of.fund,
      amountFen: unbatchedFen(of, lastDay),
    }));
    const { number: settlementNo, changes } = takeNumber(facts, seriesOf('S', yearOf(today)));
    const row: Settlement = {
      bookId: facts.bookId,
      settlementId: id,
      settlementNo,
      period,
      number,
      status: 'DRAFT',
      lineCount: lines.length,
      totalFen: sumFen(lines.map((line) => line.amountFen)),
      contentDigest: contentDigestOf(lines),
      draftedPerson: actor.personId,
      draftedOn: today,
      approvedPerson: null,
      instructedPerson: null,
      instructedOn: null,
      closedPerson: null,
      closedOn: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'settlement.drafted',
      subjectId: id,
      result: {
        ...presentSettlement(row),
        totals: controlTotalsOf(lines, (providerId) => facts.get(providerShelf, providerId)?.name ?? ''),
      },
      changes: [
        ...changes,
        insert(settlementShelf, row),
        ...lines.map((line) => insert(settlementLineShelf, line)),
        ...taken.map((of) =>
          update(redemptionShelf, { ...of, batchedFen: of.batchedFen + unbatchedFen(of, lastDay), settlementId: id }),
        ),
      ],
    });
  },
};
