import type { z } from 'zod';
import type { Settlement, SettlementLine } from '../../db/tables.js';
import type { draftSettlement as body, settlementDrafted } from '../../schemas/settlements.js';
import { lastDayOfMonth, monthOf, yearOf } from '../calendar.js';
import { insert, note, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { sumFen } from '../money.js';
import { gatherPayees, payeeOf } from '../payees/facts.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { lawOn } from '../programmes/language.js';
import { programmeOf } from '../programmes/published.js';
import { redemptionShelf } from '../redemptions/facts.js';
import { reimbursementShelf } from '../reimbursements/facts.js';
import { settlementLineShelf, settlementShelf } from './facts.js';
import type { Payable } from './papers.js';
import { gatherPaymentPapers, lackingOf, presentLeftOut, refuseLacking } from './papers.js';
import { contentDigestOf, controlTotalsOf, isSettledWith, presentSettlement, unbatchedAwardFen, unbatchedFen } from './rules.js';

type Body = z.output<typeof body>;
type Result = Omit<z.input<typeof settlementDrafted>, 'ledgerSeq'>;

/** Redemptions, and awards, that stood approved and in no batch when the lane was opened, in order of id. */
const unbatched = note<readonly string[]>('unbatched redemptions');
const unbatchedAwards = note<readonly string[]>('unbatched awards');

/**
 * Drafts a batch (结算批次) of a period: every redemption and every award approved on or before its last day that is in no
 * batch yet, frozen with its control totals. Money moves when the batch is instructed. Of a programme
 * that is settled by the quarter only a quarter's last month takes anything. What is approved by another command of the
 * very same lane batch waits for the next draft. What lacks a paper that its payee has to hand in first is left out, and told with what it
 * lacks. Refuses PERIOD_IN_FUTURE, SETTLEMENT_EXISTS, SETTLEMENT_EMPTY, MATERIALS_MISSING, line by line, where nothing is left.
 */
export const draftSettlement: Verb<Body, Result> = {
  name: 'settlement.draft',
  money: true,

  async gather(loader, commands) {
    const periods = commands.map(({ body }) => body.period);
    const lastDay = periods.map(lastDayOfMonth).reduce((latest, day) => (day > latest ? day : latest));
    const [found, awarded] = await Promise.all([
      loader.tx.sql.prepared<{ redemption_id: string }[]>(
        `select redemption_id from redemptions
          where book_id = $1 and status = 'APPROVED' and settlement_id is null and approved_on <= $2::date
          order by redemption_id`,
        [loader.bookId, lastDay],
      ),
      loader.tx.sql.prepared<{ reimbursement_id: string }[]>(
        `select reimbursement_id from reimbursements
          where book_id = $1 and status = 'APPROVED' and settlement_id is null and approved_on <= $2::date
          order by reimbursement_id`,
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
    const awardIds = awarded.map((row) => row.reimbursement_id);
    loader.note(unbatchedAwards, loader.bookId, awardIds);
    const [redemptions, awards] = await Promise.all([
      loader.load(redemptionShelf, 'id', ids),
      loader.load(reimbursementShelf, 'id', awardIds),
    ]);
    await loader.load(
      programmeVersionShelf,
      'id',
      [...redemptions, ...awards].map((of) => of.programmeVersionId),
    );
    await gatherPaymentPapers(loader, [...redemptions, ...awards]);
    await gatherPayees(loader, [...redemptions.map((of) => of.providerId), ...awards.map((of) => of.enterpriseId)]);
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
    const isDue = ({ programmeVersionId }: { programmeVersionId: string }): boolean => {
      const version = facts.get(programmeVersionShelf, programmeVersionId);
      return isSettledWith(version && lawOn(programmeOf(version), lastDay).settlementCadence?.value, period);
    };
    const redeemable = facts.noted(unbatched, facts.bookId).flatMap((id) => {
      const of = facts.get(redemptionShelf, id);
      const amountFen = of && isDue(of) ? unbatchedFen(of, lastDay) : 0n;
      return of && amountFen > 0n ? [{ of, amountFen }] : [];
    });
    const awardable = facts.noted(unbatchedAwards, facts.bookId).flatMap((id) => {
      const of = facts.get(reimbursementShelf, id);
      const amountFen = of && isDue(of) ? unbatchedAwardFen(of, lastDay) : 0n;
      return of && amountFen > 0n ? [{ of, amountFen }] : [];
    });
    const due = [...redeemable, ...awardable];
    if (due.length === 0) return refused('SETTLEMENT_EMPTY', { day: lastDay });
    const hasAll = ({ of }: { readonly of: Payable }): boolean => lackingOf(facts, of) === null;
    const [redeemed, awarded] = [redeemable.filter(hasAll), awardable.filter(hasAll)];
    const leftOut = due.filter((one) => !hasAll(one));
    if (leftOut.length === due.length) {
      const lacking = refuseLacking(
        facts,
        due.map(({ of }) => of),
      );
      if (lacking) return lacking;
    }
    // After this line the command succeeds.
    const papers = [
      ...redeemed.map(({ of, amountFen }) => ({
        redemptionId: of.redemptionId,
        reimbursementId: null,
        payeeId: of.providerId,
        fund: of.fund,
        amountFen,
      })),
      ...awarded.map(({ of, amountFen }) => ({
        redemptionId: null,
        reimbursementId: of.reimbursementId,
        payeeId: of.enterpriseId,
        fund: of.fund ?? '',
        amountFen,
      })),
    ];
    const lines = papers.map((paper, i): SettlementLine => ({
      bookId: facts.bookId,
      settlementLineId: command.newId(),
      settlementId: id,
      lineNo: i + 1,
      ...paper,
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
        totals: controlTotalsOf(lines, (payeeId) => payeeOf(facts, payeeId)?.name ?? ''),
        leftOut: leftOut.map((one) => presentLeftOut(facts, one)),
      },
      changes: [
        ...changes,
        insert(settlementShelf, row),
        ...lines.map((line) => insert(settlementLineShelf, line)),
        ...redeemed.map(({ of, amountFen }) =>
          update(redemptionShelf, { ...of, batchedFen: of.batchedFen + amountFen, settlementId: id }),
        ),
        ...awarded.map(({ of }) => update(reimbursementShelf, { ...of, settlementId: id })),
      ],
    });
  },
};
