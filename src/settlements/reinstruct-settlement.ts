import type { z } from 'zod';
import type { settlementInstructed } from '../../schemas/settlements.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { approversOf, gatherApprovals } from '../approvals/facts.js';
import { payeeOf } from '../payees/facts.js';
import { instructionShelf, settlementShelf } from './facts.js';
import { gatherInstructions, giveInstructions } from './give-instructions.js';
import { doersOf, lastAttempts, presentInstruction, presentSettlement, refuseSettlement } from './rules.js';

type Result = Omit<z.input<typeof settlementInstructed>, 'ledgerSeq'>;

/**
 * Sends every payment of a batch that the bank returned (退票) out again, as much of each as came back, as a further attempt on the account
 * its payee has registered by now. Refuses NOT_FOUND, SETTLEMENT_WRONG_STATE, FOUR_EYES (who drafted, froze, approved or checked the batch),
 * SETTLEMENT_NOTHING_RETURNED, PAYEE_ACCOUNT_MISSING.
 */
export const reinstructSettlement: Verb<{ id?: string }, Result> = {
  name: 'settlement.reinstruct',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const [, , instructions] = await Promise.all([
      loader.load(settlementShelf, 'id', ids),
      gatherApprovals(loader, ids),
      loader.load(instructionShelf, 'settlement', ids),
    ]);
    await gatherInstructions(
      loader,
      commands.map((command) => ({ command, payments: instructions.filter((of) => of.settlementId === command.body.id) })),
    );
  },

  decide(command, facts) {
    const { body, actor } = command;
    const settlement = facts.get(settlementShelf, body.id ?? '');
    if (!settlement) return refused('NOT_FOUND');
    const wrongState = refuseSettlement(settlement, 'reinstruct');
    if (wrongState) return wrongState;
    const had = [...doersOf(settlement), ...approversOf(facts, settlement.settlementId)];
    if (had.some((person) => isSamePerson(actor, person))) return refused('FOUR_EYES');
    const returned = lastAttempts(facts.all(instructionShelf, 'settlement', settlement.settlementId)).filter(
      (of) => of.status === 'RETURNED',
    );
    if (returned.length === 0) return refused('SETTLEMENT_NOTHING_RETURNED', { settlementNo: settlement.settlementNo });
    const given = giveInstructions(
      command,
      facts,
      settlement,
      returned.map(({ payeeId, fund, funder, returnedFen, attempt }) => ({
        payeeId,
        fund,
        funder,
        amountFen: returnedFen,
        attempt: attempt + 1,
      })),
    );
    if (given.kind === 'refused') return given;
    // After this line the command succeeds.
    return accepted({
      decision: 'settlement.reinstructed',
      subjectId: settlement.settlementId,
      approvalDigest: settlement.contentDigest ?? undefined,
      result: {
        ...presentSettlement(settlement),
        instructions: given.instructions.map((of) => presentInstruction(of, payeeOf(facts, of.payeeId))),
      },
      postings: given.postings,
      changes: [...given.changes, ...returned.map((of) => update(instructionShelf, { ...of, reinstructed: true }))],
    });
  },
};
