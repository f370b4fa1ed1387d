import type { z } from 'zod';
import type { Contract } from '../../db/tables.js';
import type { voidContract as body } from '../../schemas/corrections.js';
import { contractOf, contractShelf, gatherContracts } from '../contracts/facts.js';
import { contentDigest, contractLife, presentContract } from '../contracts/rules.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import type { Followed } from './follow.js';
import { followVoid } from './follow.js';
import { gatherStanding } from './gather.js';

type Body = z.output<typeof body> & { readonly id?: string };
type Result = ReturnType<typeof presentContract> & { corrections: Followed[] };

/**
 * A contract is voided by decision, with its reason: it counts as never having been, by another person than who filed it. Refuses
 * NOT_FOUND, CONTRACT_WRONG_STATE, FOUR_EYES, CORRECTION_WAITS_FOR_BATCH. All that was promised and paid on it goes back (followVoid).
 */
export const voidContract: Verb<Body, Result> = {
  name: 'contract.void',
  money: true,

  async gather(loader, commands) {
    await gatherContracts(
      loader,
      commands.map(({ body }) => body.id ?? ''),
    );
    await gatherStanding(
      loader,
      commands.map((command) => ({ command, contractId: command.body.id ?? '' })),
    );
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const found = contractOf(facts, body.id ?? '');
    if (!found) return refused('NOT_FOUND');
    const before = found.contract;
    const wrongState = refuseStep(contractLife, before.status, 'void');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, before.filedPerson)) return refused('FOUR_EYES');
    const followed = followVoid(facts, command, { contract: before, atFault: body.atFault, reason: body.reason });
    if (followed.kind === 'refused') return followed;
    // After this line the command succeeds.
    const ended = { lastDay: null, endedOn: today, endedPerson: actor.personId, endReason: body.reason };
    const contract: Contract = { ...before, status: 'VOIDED', ...ended };
    return accepted({
      decision: 'contract.voided',
      subjectId: contract.contractId,
      approvalDigest: contentDigest(found),
      result: { ...presentContract({ ...found, contract }), corrections: followed.corrections },
      postings: followed.postings,
      changes: [update(contractShelf, contract), ...followed.changes],
      messages: followed.messages,
    });
  },
};
