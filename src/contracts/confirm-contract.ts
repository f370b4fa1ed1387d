import { raise } from '../flags/raise.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { contractOf, contractShelf, gatherContracts } from './facts.js';
import { contentDigest, contractLife, presentContract, sideOf } from './rules.js';
import { gatherElsewhere, suspicionElsewhere } from './suspicions.js';

interface Body {
  readonly id?: string;
}

/** The side that did not submit the contract confirms it, by another person than the one who submitted it. Where it stands in another book too, a flag holds it. */
export const confirmContract: Verb<Body, ReturnType<typeof presentContract>> = {
  name: 'contract.confirm',
  money: false,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    await gatherContracts(loader, ids);
    await gatherElsewhere(
      loader,
      ids.flatMap((id) => loader.facts.get(contractShelf, id) ?? []),
    );
  },

  decide(command, facts) {
    const { body, actor } = command;
    const found = contractOf(facts, body.id ?? '');
    const side = found ? sideOf(actor, found.enterprise, found.provider) : null;
    if (!found || side === null) return refused('NOT_FOUND');
    const wrongState = refuseStep(contractLife, found.contract.status, 'confirm');
    if (wrongState) return wrongState;
    if (side === found.contract.submittedSide) return refused('CONFIRM_BY_OTHER_SIDE', { side });
    if (isSamePerson(actor, found.contract.submittedPerson)) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const flags = raise(
      command,
      facts,
      { subjectKind: 'CONTRACT', subjectId: found.contract.contractId },
      suspicionElsewhere(facts, found.contract),
    );
    const contract = {
      ...found.contract,
      status: 'CONFIRMED' as const,
      confirmedPerson: actor.personId,
      holdingFlags: found.contract.holdingFlags + flags.length,
    };
    return accepted({
      decision: 'contract.confirmed',
      subjectId: contract.contractId,
      approvalDigest: contentDigest(found),
      result: presentContract({ ...found, contract }),
      changes: [update(contractShelf, contract), ...flags],
    });
  },
};
