import type { z } from 'zod';
import type { Contract } from '../../db/tables.js';
import type { terminateContract as terminateBody } from '../../schemas/contracts.js';
import { contractOf, contractShelf, gatherContracts } from '../contracts/facts.js';
import { contractLife, presentContract } from '../contracts/rules.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { gatherUsageDays, refuseUsageBeyond } from './usage-days.js';

type Result = ReturnType<typeof presentContract>;

/**
 * The bureau records that a contract ends early: usage counts up to its last day, inclusive, and not after. Refuses NOT_FOUND,
 * CONTRACT_WRONG_STATE, LAST_DAY_OUTSIDE_CONTRACT (the contract's own last day is no early end), CONTRACT_USED_BEYOND.
 */
export const terminateContract: Verb<z.output<typeof terminateBody> & { readonly id?: string }, Result> = {
  name: 'contract.terminate',
  money: false,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    await Promise.all([gatherContracts(loader, ids), gatherUsageDays(loader, ids)]);
  },

  decide({ body, actor, today }, facts) {
    const found = contractOf(facts, body.id ?? '');
    if (!found) return refused('NOT_FOUND');
    const before = found.contract;
    const wrongState = refuseStep(contractLife, before.status, 'terminate');
    if (wrongState) return wrongState;
    const { lastDay } = body;
    const { startsOn, endsOn } = before;
    if (lastDay < startsOn || lastDay >= endsOn)
      return refused('LAST_DAY_OUTSIDE_CONTRACT', { lastDay, startsOn, endsOn }, '/lastDay');
    const beyond = refuseUsageBeyond(facts, before.contractId, { from: startsOn, to: lastDay }, '/lastDay');
    if (beyond) return beyond;
    // After this line the command succeeds.
    const ended = { lastDay, endedOn: today, endedPerson: actor.personId, endReason: body.reason };
    const contract: Contract = { ...before, status: 'TERMINATED', ...ended };
    return accepted({
      decision: 'contract.terminated',
      subjectId: contract.contractId,
      result: presentContract({ ...found, contract }),
      changes: [update(contractShelf, contract)],
    });
  },
};
