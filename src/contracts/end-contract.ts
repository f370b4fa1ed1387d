import type { z } from 'zod';
import type { Contract } from '../../db/tables.js';
import type { rejectContract as rejectBody } from '../../schemas/contracts.js';
import type { Loader } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { contractOf, contractShelf, gatherContracts } from './facts.js';
import { contractLife, presentContract, sideOf } from './rules.js';

interface Target {
  readonly id?: string;
}
type Result = ReturnType<typeof presentContract>;

const gather = (loader: Loader, commands: readonly Command<Target>[]): Promise<void> =>
  gatherContracts(
    loader,
    commands.map(({ body }) => body.id ?? ''),
  );

/** The side that submitted the contract withdraws it, before it is confirmed. Refuses NOT_FOUND, CONTRACT_WRONG_STATE, WITHDRAW_BY_OWN_SIDE. */
export const withdrawContract: Verb<Target, Result> = {
  name: 'contract.withdraw',
  money: false,
  gather,
  decide({ body, actor, today }, facts) {
    const found = contractOf(facts, body.id ?? '');
    const side = found ? sideOf(actor, found.enterprise, found.provider) : null;
    if (!found || side === null) return refused('NOT_FOUND');
    const wrongState = refuseStep(contractLife, found.contract.status, 'withdraw');
    if (wrongState) return wrongState;
    if (side !== found.contract.submittedSide) return refused('WITHDRAW_BY_OWN_SIDE', { side });
    // After this line the command succeeds.
    const contract: Contract = { ...found.contract, status: 'WITHDRAWN', endedOn: today, endedPerson: actor.personId };
    return accepted({
      decision: 'contract.withdrawn',
      subjectId: contract.contractId,
      result: presentContract({ ...found, contract }),
      changes: [update(contractShelf, contract)],
    });
  },
};

/** The bureau does not file a contract, and says why (不予备案). Refuses NOT_FOUND, CONTRACT_WRONG_STATE. */
export const rejectContract: Verb<z.output<typeof rejectBody> & Target, Result> = {
  name: 'contract.reject',
  money: false,
  gather,
  decide({ body, actor, today }, facts) {
    const found = contractOf(facts, body.id ?? '');
    if (!found) return refused('NOT_FOUND');
    const wrongState = refuseStep(contractLife, found.contract.status, 'reject');
    if (wrongState) return wrongState;
    // After this line the command succeeds.
    const ended = { endedOn: today, endedPerson: actor.personId, endReason: body.reason };
    const contract: Contract = { ...found.contract, status: 'REJECTED', ...ended };
    return accepted({
      decision: 'contract.rejected',
      subjectId: contract.contractId,
      result: presentContract({ ...found, contract }),
      changes: [update(contractShelf, contract)],
    });
  },
};

/**
 * The bureau closes a contract whose last day is over: no more usage is posted on it; what was posted is confirmed, redeemed and paid as
 * before. Refuses NOT_FOUND, CONTRACT_WRONG_STATE, CONTRACT_NOT_OVER.
 */
export const completeContract: Verb<Target, Result> = {
  name: 'contract.complete',
  money: false,
  gather,
  decide({ body, actor, today }, facts) {
    const found = contractOf(facts, body.id ?? '');
    if (!found) return refused('NOT_FOUND');
    const wrongState = refuseStep(contractLife, found.contract.status, 'complete');
    if (wrongState) return wrongState;
    const { contractNo, endsOn } = found.contract;
    if (today <= endsOn) return refused('CONTRACT_NOT_OVER', { contractNo, endsOn });
    // After this line the command succeeds.
    const contract: Contract = { ...found.contract, status: 'COMPLETED', endedOn: today, endedPerson: actor.personId };
    return accepted({
      decision: 'contract.completed',
      subjectId: contract.contractId,
      result: presentContract({ ...found, contract }),
      changes: [update(contractShelf, contract)],
    });
  },
};
