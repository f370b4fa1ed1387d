// The payments of a large batch that was instructed: given one by one, what each payee gets out of each fund at once, in slices of the lane.
import type { DailyWork } from '../daily.js';
import { isAny } from '../daily.js';
import { inSlices, readAhead } from '../in-slices.js';
import type { Facts } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Settlement, SettlementTotal } from '../../db/tables.js';
import { instructionShelf, settlementShelf, settlementTotalShelf } from './facts.js';
import { gatherFunders } from './funders.js';
import { gatherBoundAccounts, gatherInstructions } from './give-instructions.js';
import { instructDues, paymentsOf } from './instruct-settlement.js';
import type { Due } from './rules.js';

/** Lines of documents that one payment is as much work as (measured). */
const weight = 6;

const dueOf = ({ payeeId, fund, totalFen }: SettlementTotal): Due => ({ payeeId, fund, amountFen: totalFen });

/** What one payee gets out of one fund by a batch that was instructed, where that was not instructed yet. */
function toInstruct(facts: Facts, totalId: string): { settlement: Settlement; total: SettlementTotal } | Refused {
  const total = facts.get(settlementTotalShelf, totalId);
  const settlement = total && facts.get(settlementShelf, total.settlementId);
  if (!settlement) return refused('NOT_FOUND');
  const { settlementNo, status: state, paymentsLeft } = settlement;
  const isGiven = facts.all(instructionShelf, 'due', [total.settlementId, total.payeeId, total.fund]).length > 0;
  return paymentsLeft > 0 && !isGiven
    ? { settlement, total }
    : refused('SETTLEMENT_WRONG_STATE', { settlementNo, state, possible: '—' });
}

/**
 * Instructs what one payee gets out of one fund, to each of its funders. Refuses NOT_FOUND, SETTLEMENT_WRONG_STATE where it was instructed already, and
 * PAYEE_ACCOUNT_MISSING where the payee was absorbed meanwhile by one that has no account: it is instructed once there is one.
 */
export const instructPayment: Verb<{ id?: string }, { instructionNos: string[] }> = {
  name: 'settlement.instruct_payment',
  money: true,

  async gather(loader, commands) {
    const totals = await loader.load(
      settlementTotalShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await Promise.all([
      loader.load(
        settlementShelf,
        'id',
        totals.map(({ settlementId }) => settlementId),
      ),
      loader.load(
        instructionShelf,
        'due',
        totals.map(({ settlementId, payeeId, fund }) => [settlementId, payeeId, fund]),
      ),
      gatherFunders(loader, [...new Set(totals.map(({ fund }) => fund))]),
    ]);
    for (const { settlementId, payeeId } of totals) await gatherBoundAccounts(loader, settlementId, [payeeId]);
    const byId = new Map(totals.map((total) => [total.totalId, total]));
    await gatherInstructions(
      loader,
      commands.map((command) => {
        const total = byId.get(command.body.id ?? '');
        return { command, payments: total ? paymentsOf(loader.facts, [dueOf(total)]) : [] };
      }),
    );
  },

  decide(command, facts) {
    const found = toInstruct(facts, command.body.id ?? '');
    if ('kind' in found) return found;
    const { settlement, total } = found;
    const given = instructDues(command, facts, settlement, [dueOf(total)]);
    if (given.kind === 'refused') return given;
    // After this line the command succeeds.
    return accepted({
      decision: 'settlement.payment_instructed',
      subjectId: settlement.settlementId,
      approvalDigest: settlement.contentDigest ?? undefined,
      result: { instructionNos: given.instructions.map(({ instructionNo }) => instructionNo) },
      postings: given.postings,
      changes: [update(settlementShelf, { ...settlement, paymentsLeft: settlement.paymentsLeft - 1 }), ...given.changes],
    });
  },
};

interface ToInstruct {
  readonly settlementId: string;
  readonly fund: string;
  readonly payeeId: string;
  readonly totalId: string;
}

/** Gives the instructions of large batches: begun behind the command that instructs one, and taken up by whoever looks next. */
export const instructPayments: DailyWork = {
  name: 'settlements.instruct',
  isDue: ({ db, bookId }) => isAny(db, 'select from settlements where book_id = $1 and payments_left > 0', [bookId]),

  async run(of) {
    const { db, bookId } = of.book;
    const { done } = await inSlices({
      ...of,
      name: 'instruct',
      verb: instructPayment,
      weight,
      dueAfter: (after: ToInstruct | undefined) =>
        db.sql.prepared<ToInstruct[]>(
          `select t.settlement_id as "settlementId", t.fund, t.payee_id as "payeeId", t.total_id as "totalId"
             from settlements s
            cross join lateral (select * from settlement_totals t where t.book_id = s.book_id and t.settlement_id = s.settlement_id offset 0) t
            where s.book_id = $1 and s.payments_left > 0 and ($2::uuid is null or (t.settlement_id, t.fund, t.payee_id) > ($2, $3, $4))
              and not exists (select from payment_instructions i where i.book_id = s.book_id and i.settlement_id = t.settlement_id
                                 and i.payee_id = t.payee_id and i.fund = t.fund)
            order by t.settlement_id, t.fund, t.payee_id limit $5`,
          [bookId, after?.settlementId ?? null, after?.fund ?? '', after?.payeeId ?? null, readAhead],
        ),
      idOf: ({ totalId }) => totalId,
      refusal: (facts, id) => {
        const found = toInstruct(facts, id);
        return 'kind' in found ? found : null;
      },
    });
    return done;
  },
};
