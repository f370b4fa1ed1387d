// What a batch takes: everything approved by the last day of its period that is in no batch, in the order of the days of approval. A few lines
// are collected with the draft itself; many behind its answer, some at a time, in slices of the lane. A batch remembers the last payable that it
// has looked at, so it goes on where it was left, by whichever process.
import type { Settlement, SettlementLeftOut, SettlementLine } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { lastDayOfMonth } from '../calendar.js';
import type { DailyWork } from '../daily.js';
import { isAny } from '../daily.js';
import { firstId, inSlices, readAhead } from '../in-slices.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, note, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { sumFen } from '../money.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { lawOn } from '../programmes/language.js';
import { programmeOf } from '../programmes/published.js';
import { redemptionShelf } from '../redemptions/facts.js';
import { reimbursementShelf } from '../reimbursements/facts.js';
import { leftOutShelf, settlementLineShelf, settlementShelf } from './facts.js';
import type { LeftOut } from './papers.js';
import { gatherPaymentPapers, missingOf, partyOf } from './papers.js';
import type { Payable } from './rules.js';
import { isRedemption, isSettledWith, unbatchedFen } from './rules.js';

/** Up to so many payables are collected with the draft itself. */
export const collectedAtOnce = 40;
/** Payables that one command collects behind it, and the lines of documents that this is as much work as (measured). */
const atATime = 20;
const weight = 100;

/** An approved redemption or award that is in no batch. */
export interface Next {
  readonly id: string;
  readonly isRedemption: boolean;
  readonly approvedOn: Day;
}

/** Asks for the next payables approved by a day, behind the last one that was looked at; by the day of approval. */
export const nextPayables = (
  loader: Pick<Loader, 'tx' | 'bookId'>,
  of: { readonly byDay: Day; readonly after: Pick<Settlement, 'collectedDay' | 'collectedId'> | undefined; readonly limit: number },
): Promise<readonly Next[]> =>
  loader.tx.sql.prepared<Next[]>(
    `select * from (
       (select redemption_id as id, true as "isRedemption", approved_on as "approvedOn" from redemptions
         where book_id = $1 and status = 'APPROVED' and settlement_id is null and approved_on <= $2::date
           and (approved_on, redemption_id) > ($3::date, $4::uuid) order by approved_on, redemption_id limit $5)
       union all
       (select reimbursement_id, false, approved_on from reimbursements
         where book_id = $1 and status = 'APPROVED' and settlement_id is null and approved_on <= $2::date
           and (approved_on, reimbursement_id) > ($3::date, $4::uuid) order by approved_on, reimbursement_id limit $5)) next
      order by "approvedOn", id limit $5`,
    [loader.bookId, of.byDay, of.after?.collectedDay ?? '0001-01-01', of.after?.collectedId ?? firstId, of.limit],
  );

/** Gathers payables with what decides whether they are due now, and lack nothing. */
export async function gatherPayables(loader: Loader, next: readonly Next[]): Promise<void> {
  const idsOf = (kind: boolean) => next.filter(({ isRedemption }) => isRedemption === kind).map(({ id }) => id);
  const [redemptions, awards] = await Promise.all([
    loader.load(redemptionShelf, 'id', idsOf(true)),
    loader.load(reimbursementShelf, 'id', idsOf(false)),
  ]);
  const payables = [...redemptions, ...awards];
  await loader.load(
    programmeVersionShelf,
    'id',
    payables.map((of) => of.programmeVersionId),
  );
  await gatherPaymentPapers(loader, payables);
}

/** A gathered payable. */
export const payableOf = (facts: Facts, { id, isRedemption }: Pick<Next, 'id' | 'isRedemption'>): Payable | undefined =>
  isRedemption ? facts.get(redemptionShelf, id) : facts.get(reimbursementShelf, id);

interface Due {
  readonly of: Payable;
  readonly amountFen: Fen;
}

export interface Collected {
  readonly row: Settlement;
  readonly lines: readonly SettlementLine[];
  readonly leftOut: readonly LeftOut[];
  /** Of lines, of what they pay and of what was left out; not of the batch itself. */
  readonly changes: readonly Change[];
}

/**
 * Takes gathered payables into a batch: of a programme that is settled by the quarter with a quarter's last month only. What lacks a paper that
 * its payee has to hand in first is left out. With the last of them (`isLast`) the batch is complete, or DISSOLVED where nothing is in it.
 */
export function collect(
  { newId }: Pick<Command, 'newId'>,
  facts: Facts,
  before: Settlement,
  { next, isLast }: { readonly next: readonly Next[]; readonly isLast: boolean },
): Collected {
  const { bookId, settlementId, period } = before;
  const byDay = lastDayOfMonth(period);
  const isDue = ({ programmeVersionId }: Payable): boolean => {
    const version = facts.get(programmeVersionShelf, programmeVersionId);
    return isSettledWith(version && lawOn(programmeOf(version), byDay).settlementCadence?.value, period);
  };
  const due = next.flatMap((one): Due[] => {
    const of = payableOf(facts, one);
    const amountFen = of ? unbatchedFen(of, byDay) : 0n;
    return of && amountFen > 0n && isDue(of) ? [{ of, amountFen }] : [];
  });
  const taken: Due[] = [];
  const leftOut: LeftOut[] = [];
  for (const { of, amountFen } of due) {
    const missing = missingOf(facts, of);
    if (missing) leftOut.push({ of, amountFen, missing });
    else taken.push({ of, amountFen });
  }
  const lines = taken.map(({ of, amountFen }, i): SettlementLine => {
    const { redemptionId, reimbursementId, payeeId } = partyOf(of);
    return {
      bookId,
      settlementLineId: newId(),
      settlementId,
      lineNo: before.lineCount + i + 1,
      redemptionId,
      reimbursementId,
      payeeId,
      fund: of.fund ?? '',
      amountFen,
      checkedPerson: null,
      checkedOn: null,
      returnedVersion: null,
      returnedPerson: null,
      returnedOn: null,
      returnReason: null,
    };
  });
  const last = next.at(-1);
  const lineCount = before.lineCount + lines.length;
  const row: Settlement = {
    ...before,
    status: isLast && lineCount === 0 ? 'DISSOLVED' : 'DRAFT',
    isCollecting: !isLast,
    collectedDay: last?.approvedOn ?? before.collectedDay,
    collectedId: last?.id ?? before.collectedId,
    lineCount,
    totalFen: before.totalFen + sumFen(lines.map(({ amountFen }) => amountFen)),
  };
  const passedOver = leftOut.map(({ of, amountFen, missing }): SettlementLeftOut => ({
    bookId,
    leftOutId: newId(),
    settlementId,
    ...partyOf(of),
    amountFen,
    missingZh: missing.zh,
    missingEn: missing.en,
  }));
  return {
    row,
    lines,
    leftOut,
    changes: [
      ...lines.map((line) => insert(settlementLineShelf, line)),
      ...taken.map(({ of, amountFen }) => held(of, settlementId, amountFen)),
      ...passedOver.map((one) => insert(leftOutShelf, one)),
    ],
  };
}

/** A payable as a batch holds it, or lets it go (null): so much of it, in fen. */
export function held(of: Payable, settlementId: string | null, amountFen: Fen): Change {
  if (!isRedemption(of)) return update(reimbursementShelf, { ...of, settlementId });
  const batchedFen = settlementId === null ? of.batchedFen - amountFen : of.batchedFen + amountFen;
  return update(redemptionShelf, { ...of, settlementId, batchedFen });
}

/** By command: the payables that it collects, fewer than `atATime` where they are the last. */
const portions = note<readonly Next[]>('payables to collect');

/** Collects the next payables of a draft that was too large to be collected at once. Refuses NOT_FOUND, SETTLEMENT_WRONG_STATE. */
export const collectLines: Verb<{ id?: string }, { settlementId: string; lineCount: number }> = {
  name: 'settlement.collect',
  money: true,

  async gather(loader, commands) {
    const settlements = await loader.load(
      settlementShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    for (const settlement of settlements) {
      const own = commands.filter(({ body }) => body.id === settlement.settlementId);
      const next = await nextPayables(loader, {
        byDay: lastDayOfMonth(settlement.period),
        after: settlement,
        limit: own.length * atATime,
      });
      for (const [i, { id }] of own.entries()) loader.note(portions, id, next.slice(i * atATime, (i + 1) * atATime));
      await gatherPayables(loader, next);
    }
  },

  decide(command, facts) {
    const before = stillCollecting(facts, command.body.id ?? '');
    if ('kind' in before) return before;
    // After this line the command succeeds.
    const next = facts.noted(portions, command.id);
    const { row, lines, changes } = collect(command, facts, before, { next, isLast: next.length < atATime });
    return accepted({
      decision: 'settlement.collected',
      subjectId: row.settlementId,
      result: { settlementId: row.settlementId, lineCount: lines.length },
      changes: [update(settlementShelf, row), ...changes],
    });
  },
};

function stillCollecting(facts: Facts, id: string): Settlement | Refused {
  const settlement = facts.get(settlementShelf, id);
  if (!settlement) return refused('NOT_FOUND');
  const { settlementNo, status: state } = settlement;
  return settlement.isCollecting ? settlement : refused('SETTLEMENT_WRONG_STATE', { settlementNo, state, possible: '—' });
}

/** Collects what a draft has still to collect: begun behind the draft, and taken up by whoever looks next. */
export const collectBatches: DailyWork = {
  name: 'settlements.collect',
  isDue: ({ db, bookId }) => isAny(db, 'select from settlements where book_id = $1 and is_collecting', [bookId]),

  async run(of) {
    const { db, bookId } = of.book;
    const { done } = await inSlices({
      ...of,
      name: 'collect',
      verb: collectLines,
      weight,
      // As many commands as the payables make that are left, and one that finds that there are none.
      dueAfter: async () => {
        const [draft] = await db.sql.prepared<Settlement[]>(
          `select settlement_id as "settlementId", period, collected_day as "collectedDay", collected_id as "collectedId"
             from settlements where book_id = $1 and is_collecting`,
          [bookId],
        );
        if (!draft) return [];
        const left = await nextPayables(
          { tx: db, bookId },
          { byDay: lastDayOfMonth(draft.period), after: draft, limit: readAhead },
        );
        return Array.from({ length: Math.floor(left.length / atATime) + 1 }, () => draft.settlementId);
      },
      idOf: (settlementId) => settlementId,
      refusal: (facts, id) => {
        const draft = stillCollecting(facts, id);
        return 'kind' in draft ? draft : null;
      },
    });
    return done;
  },
};
