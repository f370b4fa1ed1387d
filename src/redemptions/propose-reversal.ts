import type { z } from 'zod';
import type { RedemptionReversal } from '../../db/tables.js';
import type { dropReversal as dropBody, proposeReversal as body } from '../../schemas/redemptions.js';
import type { Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { fenOf } from '../usage/rules.js';
import { redemptionShelf, reversalShelf } from './facts.js';
import { presentReversal, refuseRedemption, reversalDigestOf } from './rules.js';
import { refusalOfReversal, reversibleFen } from './take-back.js';

type Body = z.output<typeof body> & { readonly id?: string };
type Result = ReturnType<typeof presentReversal>;

async function gather(loader: Loader, commands: readonly Command<{ readonly id?: string }>[]): Promise<void> {
  const ids = commands.map(({ body }) => body.id ?? '');
  await Promise.all([
    loader.load(redemptionShelf, 'id', ids),
    loader.load(
      reversalShelf,
      'open',
      ids.map((id) => [id, 'PROPOSED']),
    ),
  ]);
}

/**
 * A reviewer proposes to take back an approved redemption (冲正), in part or, where no amount is said, all that is left; nothing moves
 * before another person approves it. Refuses NOT_FOUND, REDEMPTION_WRONG_STATE, PROPOSAL_OPEN while another waits, AMOUNT_ZERO,
 * REDEMPTION_BATCHED once a batch holds its money, REVERSAL_ABOVE_APPROVED.
 */
export const proposeReversal: Verb<Body, Result> = {
  name: 'redemption.propose-reversal',
  money: true,
  gather,

  decide({ id, body, actor, today, receivedAt }, facts) {
    const redemption = facts.get(redemptionShelf, body.id ?? '');
    if (!redemption) return refused('NOT_FOUND');
    const wrong = refuseRedemption(redemption, 'propose-reversal');
    if (wrong) return wrong;
    const { bookId, redemptionId, redemptionNo } = redemption;
    const open = facts.one(reversalShelf, 'open', [redemptionId, 'PROPOSED']);
    if (open) return refused('PROPOSAL_OPEN', { of: redemptionNo, proposalId: open.reversalId });
    const amountFen = body.amount === undefined ? reversibleFen(redemption) : fenOf(body.amount);
    const irreversible = refusalOfReversal(redemption, amountFen);
    if (irreversible) return irreversible;
    if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
    // After this line the command succeeds.
    const said = { redemptionId, amountFen, reason: body.reason, evidence: body.evidence ?? null };
    const row: RedemptionReversal = {
      bookId,
      reversalId: id,
      ...said,
      contentDigest: reversalDigestOf(said, redemption),
      status: 'PROPOSED',
      proposedPerson: actor.personId,
      proposedOn: today,
      decidedPerson: null,
      decidedOn: null,
      decisionReason: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'redemption.reversal_proposed',
      subjectId: redemptionId,
      result: presentReversal(row),
      changes: [insert(reversalShelf, row)],
    });
  },
};

/** Drops the reversal that waits, with a reason. Refuses NOT_FOUND, NO_PROPOSAL. */
export const dropReversal: Verb<z.output<typeof dropBody> & { readonly id?: string }, Result> = {
  name: 'redemption.drop-reversal',
  money: true,
  gather,

  decide({ body, actor, today }, facts) {
    const redemption = facts.get(redemptionShelf, body.id ?? '');
    if (!redemption) return refused('NOT_FOUND');
    const open = facts.one(reversalShelf, 'open', [redemption.redemptionId, 'PROPOSED']);
    if (!open) return refused('NO_PROPOSAL', { of: redemption.redemptionNo });
    // After this line the command succeeds.
    const row: RedemptionReversal = {
      ...open,
      status: 'DROPPED',
      decidedPerson: actor.personId,
      decidedOn: today,
      decisionReason: body.reason,
    };
    return accepted({
      decision: 'redemption.reversal_dropped',
      subjectId: redemption.redemptionId,
      result: presentReversal(row),
      changes: [update(reversalShelf, row)],
    });
  },
};
