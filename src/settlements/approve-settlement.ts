import type { z } from 'zod';
import type { Settlement } from '../../db/tables.js';
import type { approveSettlement as body, settlement } from '../../schemas/settlements.js';
import type { AwaitsSecond, TwoNeeded } from '../approvals/approve.js';
import { approve, twoNeeded } from '../approvals/approve.js';
import { gatherApprovals } from '../approvals/facts.js';
import type { Day } from '../calendar.js';
import type { Facts } from '../ledger/facts.js';
import { note, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { twoApproversAboveOf } from '../programmes/published.js';
import { currentVersion, settlementShelf, settlementVersionShelf } from './facts.js';
import { doersOf, presentSettlement, readFund, refuseSettlement } from './rules.js';

type Body = z.output<typeof body> & { id?: string };

/** By settlement: what each programme gets out of it, in fen. What is frozen changes only with its version, and then another digest is approved. */
const subtotals = note<readonly { readonly programmeCode: string; readonly amountFen: Fen }[]>('subtotals by programme');

/**
 * Approves a frozen batch. The approval binds what was looked at: digest, count and total. Lines that finance has checked stay checked in a new
 * version of it. Refuses NOT_FOUND, SETTLEMENT_WRONG_STATE, FOUR_EYES (who drafted, froze or checked it), SETTLEMENT_CHANGED. Where a programme's part is above its amount two approve (`approve`).
 */
export const approveSettlement: Verb<Body, z.input<typeof settlement> | AwaitsSecond> = {
  name: 'settlement.approve',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const [sums] = await Promise.all([
      loader.tx.sql.prepared<{ settlementId: string; fund: string; amountFen: Fen }[]>(
        `select settlement_id as "settlementId", fund, sum(total_fen)::bigint as "amountFen" from settlement_totals
          where book_id = $1 and settlement_id = any($2::uuid[]) group by settlement_id, fund order by fund`,
        [loader.bookId, ids],
      ),
      loader.load(settlementShelf, 'id', ids),
      loader.load(settlementVersionShelf, 'settlement', ids),
      gatherApprovals(loader, ids),
    ]);
    const parts = sums.map((sum) => ({ ...sum, programmeCode: readFund(sum.fund).programmeCode }));
    for (const id of ids) {
      const fenOf = new Map<string, Fen>();
      for (const { settlementId, programmeCode, amountFen } of parts) {
        if (settlementId === id) fenOf.set(programmeCode, (fenOf.get(programmeCode) ?? 0n) + amountFen);
      }
      const of = [...fenOf].map(([programmeCode, amountFen]) => ({ programmeCode, amountFen }));
      loader.note(subtotals, id, of);
    }
    await loader.load(
      programmeVersionShelf,
      'code',
      parts.map(({ programmeCode }) => programmeCode),
    );
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const settlement = facts.get(settlementShelf, body.id ?? '');
    if (!settlement) return refused('NOT_FOUND');
    const wrongState = refuseSettlement(settlement, 'approve');
    if (wrongState) return wrongState;
    const doneBy = doersOf(settlement);
    if (doneBy.some((person) => isSamePerson(actor, person))) return refused('FOUR_EYES');
    const { lineCount, checkedLines } = settlement;
    const version = currentVersion(facts, settlement);
    const { contentDigest } = version;
    const total = formatYuan(settlement.totalFen);
    if (body.contentDigest !== contentDigest || body.count !== lineCount || body.total !== total) {
      return refused('SETTLEMENT_CHANGED', { count: String(lineCount), total, contentDigest });
    }
    const approval = approve(facts, command, {
      subjectKind: 'SETTLEMENT',
      subjectId: settlement.settlementId,
      digest: contentDigest,
      amountFen: settlement.totalFen,
      two: firstAbove(facts, settlement.settlementId, today),
      doneBy,
    });
    if (approval.kind !== 'given') return approval;
    // After this line the command succeeds.
    const row: Settlement = {
      ...settlement,
      status: checkedLines === lineCount ? 'CHECKED' : 'APPROVED',
      approvedPerson: actor.personId,
    };
    return accepted({
      decision: 'settlement.approved',
      subjectId: row.settlementId,
      approvalDigest: contentDigest,
      result: presentSettlement(row),
      changes: [
        update(settlementShelf, row),
        update(settlementVersionShelf, { ...version, approvedPerson: actor.personId }),
        ...approval.changes,
      ],
    });
  },
};

/** The first programme, by code, whose part of the batch is above what it lets one person approve; null when none is. */
function firstAbove(facts: Facts, settlementId: string, today: Day): TwoNeeded | null {
  for (const { programmeCode, amountFen } of facts.noted(subtotals, settlementId)) {
    const rows = facts.all(programmeVersionShelf, 'code', programmeCode);
    const two = twoNeeded(amountFen, twoApproversAboveOf(rows, today));
    if (two) return two;
  }
  return null;
}
