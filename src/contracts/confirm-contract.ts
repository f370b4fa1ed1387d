import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { contractOf, contractShelf, gatherContracts } from './facts.js';
import { contentDigest, contractLife, presentContract, sideOf } from './rules.js';

interface Body {
  readonly id?: string;
}

/** The side that did not submit the contract confirms it, by another person than the one who submitted it. */
export const confirmContract: Verb<Body, ReturnType<typeof presentContract>> = {
  name: 'contract.confirm',
  money: false,

  gather: (loader, commands) =>
    gatherContracts(
      loader,
      commands.map(({ body }) => body.id ?? ''),
    ),

  decide({ body, actor }, facts) {
    const found = contractOf(facts, body.id ?? '');
    const side = found ? sideOf(actor, found.enterprise, found.provider) : null;
    if (!found || side === null) return refused('NOT_FOUND');
    const wrongState = refuseStep(contractLife, found.contract.status, 'confirm');
    if (wrongState) return wrongState;
    if (side === found.contract.submittedSide) return refused('CONFIRM_BY_OTHER_SIDE', { side });
    if (actor.personId === found.contract.submittedPerson) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const contract = { ...found.contract, status: 'CONFIRMED' as const, confirmedPerson: actor.personId };
    return accepted({
      decision: 'contract.confirmed',
      subjectId: contract.contractId,
      approvalDigest: contentDigest(found),
      result: presentContract({ ...found, contract }),
      changes: [update(contractShelf, contract)],
    });
  },
};
