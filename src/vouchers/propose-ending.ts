import type { z } from 'zod';
import type { VoucherProposal } from '../../db/tables.js';
import type { dropProposal as dropBody, proposeEnding as body } from '../../schemas/vouchers.js';
import { accountOf } from '../ledger/chart.js';
import type { Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { proposalShelf, voucherShelf } from './facts.js';
import { reasonOf } from './freeze-voucher.js';
import { presentProposal, proposalDigestOf, refuseVoucher } from './rules.js';

type Body = z.output<typeof body> & { id?: string };
type Result = ReturnType<typeof presentProposal>;

async function gather(loader: Loader, commands: readonly Command<{ id?: string }>[]): Promise<void> {
  const ids = commands.map(({ body }) => body.id ?? '');
  const [vouchers] = await Promise.all([
    loader.load(voucherShelf, 'id', ids),
    loader.load(
      proposalShelf,
      'open',
      ids.map((id) => [id, 'PROPOSED']),
    ),
  ]);
  await loader.accounts(vouchers.map(({ voucherId, fund }) => accountOf.voucher(voucherId, fund)));
}

/**
 * A reviewer proposes to end a voucher before its last day; nothing moves before another person approves exactly this. Refuses NOT_FOUND,
 * VOUCHER_WRONG_STATE, PROPOSAL_OPEN while another waits.
 */
export const proposeEnding: Verb<Body, Result> = {
  name: 'voucher.propose-ending',
  money: true,
  gather,

  decide({ id, body, actor, today, receivedAt }, facts) {
    const voucher = facts.get(voucherShelf, body.id ?? '');
    if (!voucher) return refused('NOT_FOUND');
    const wrong = refuseVoucher(voucher, 'propose-ending');
    if (wrong) return wrong;
    const { bookId, voucherId, voucherNo, fund } = voucher;
    const open = facts.one(proposalShelf, 'open', [voucherId, 'PROPOSED']);
    if (open) return refused('PROPOSAL_OPEN', { of: voucherNo, proposalId: open.proposalId });
    // After this line the command succeeds.
    const said = { kind: body.kind, reason: body.reason, evidence: body.evidence ?? null };
    const row: VoucherProposal = {
      bookId,
      proposalId: id,
      voucherId,
      ...said,
      contentDigest: proposalDigestOf(said, voucher, facts.balance(accountOf.voucher(voucherId, fund))),
      status: 'PROPOSED',
      proposedPerson: actor.personId,
      proposedOn: today,
      decidedPerson: null,
      decidedOn: null,
      decisionReason: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: body.kind === 'CANCEL' ? 'voucher.cancellation_proposed' : 'voucher.revocation_proposed',
      subjectId: voucherId,
      result: presentProposal(row),
      changes: [insert(proposalShelf, row), reasonOf({ id, receivedAt }, voucher, body.reason)],
    });
  },
};

/** Drops the proposal that waits, with a reason: whoever proposed it or anybody who may approve. Refuses NOT_FOUND, NO_PROPOSAL. */
export const dropProposal: Verb<z.output<typeof dropBody> & { id?: string }, Result> = {
  name: 'voucher.drop-proposal',
  money: true,
  gather,

  decide({ id, body, actor, today, receivedAt }, facts) {
    const voucher = facts.get(voucherShelf, body.id ?? '');
    if (!voucher) return refused('NOT_FOUND');
    const open = facts.one(proposalShelf, 'open', [voucher.voucherId, 'PROPOSED']);
    if (!open) return refused('NO_PROPOSAL', { of: voucher.voucherNo });
    // After this line the command succeeds.
    const row: VoucherProposal = {
      ...open,
      status: 'DROPPED',
      decidedPerson: actor.personId,
      decidedOn: today,
      decisionReason: body.reason,
    };
    return accepted({
      decision: 'voucher.proposal_dropped',
      subjectId: voucher.voucherId,
      result: presentProposal(row),
      changes: [update(proposalShelf, row), reasonOf({ id, receivedAt }, voucher, body.reason)],
    });
  },
};
