import type { z } from 'zod';
import type { ContractAmendment } from '../../db/tables.js';
import type { rejectAmendment as rejectBody } from '../../schemas/contracts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { amendmentLife, presentAmendment } from './amendments.js';
import { amendmentShelf, contractOf, gatherContracts } from './facts.js';
import type { Side } from './rules.js';
import { sideOf } from './rules.js';

interface Target {
  readonly id?: string;
}
type Result = ReturnType<typeof presentAmendment>;

/** Gathers amendments with their contracts. */
export async function gatherAmendments(loader: Loader, commands: readonly Command<Target>[]): Promise<ContractAmendment[]> {
  const amendments = await loader.load(
    amendmentShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );
  await gatherContracts(
    loader,
    amendments.map(({ contractId }) => contractId),
  );
  return amendments;
}

/** A gathered amendment of a contract in which this member of the trade has a side. */
function ofSide({ body, actor }: Command<Target>, facts: Facts): { kind: 'found'; row: ContractAmendment; side: Side } | Refused {
  const row = facts.get(amendmentShelf, body.id ?? '');
  const whole = row && contractOf(facts, row.contractId);
  const side = whole ? sideOf(actor, whole.enterprise, whole.provider) : null;
  return row && side !== null ? { kind: 'found', row, side } : refused('NOT_FOUND');
}

const gather = async (loader: Loader, commands: readonly Command<Target>[]): Promise<void> => {
  await gatherAmendments(loader, commands);
};

/** The side that did not propose the amendment confirms it. Refuses NOT_FOUND, AMENDMENT_WRONG_STATE, CONFIRM_BY_OTHER_SIDE, FOUR_EYES. */
export const confirmAmendment: Verb<Target, Result> = {
  name: 'contract_amendment.confirm',
  money: false,
  gather,
  decide(command, facts) {
    const found = ofSide(command, facts);
    if (found.kind === 'refused') return found;
    const { row: before, side } = found;
    const wrongState = refuseStep(amendmentLife, before.status, 'confirm');
    if (wrongState) return wrongState;
    if (side === before.proposedSide) return refused('CONFIRM_BY_OTHER_SIDE', { side });
    if (isSamePerson(command.actor, before.proposedPerson)) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const row = { ...before, status: 'CONFIRMED' as const, confirmedPerson: command.actor.personId };
    return accepted({
      decision: 'contract_amendment.confirmed',
      subjectId: row.amendmentId,
      approvalDigest: row.contentDigest,
      result: presentAmendment(row),
      changes: [update(amendmentShelf, row)],
    });
  },
};

/** The side that proposed the amendment withdraws it, before it is confirmed. Refuses NOT_FOUND, AMENDMENT_WRONG_STATE, WITHDRAW_BY_OWN_SIDE. */
export const withdrawAmendment: Verb<Target, Result> = {
  name: 'contract_amendment.withdraw',
  money: false,
  gather,
  decide(command, facts) {
    const found = ofSide(command, facts);
    if (found.kind === 'refused') return found;
    const { row: before, side } = found;
    const wrongState = refuseStep(amendmentLife, before.status, 'withdraw');
    if (wrongState) return wrongState;
    if (side !== before.proposedSide) return refused('WITHDRAW_BY_OWN_SIDE', { side });
    // After this line the command succeeds.
    const { actor, today } = command;
    const row = { ...before, status: 'WITHDRAWN' as const, decidedPerson: actor.personId, decidedOn: today };
    return accepted({
      decision: 'contract_amendment.withdrawn',
      subjectId: row.amendmentId,
      result: presentAmendment(row),
      changes: [update(amendmentShelf, row)],
    });
  },
};

/** The bureau rejects an amendment, with its reason: the contract stays as it is. Refuses NOT_FOUND, AMENDMENT_WRONG_STATE. */
export const rejectAmendment: Verb<z.output<typeof rejectBody> & Target, Result> = {
  name: 'contract_amendment.reject',
  money: false,
  gather,
  decide({ body, actor, today }, facts) {
    const before = facts.get(amendmentShelf, body.id ?? '');
    if (!before) return refused('NOT_FOUND');
    const wrongState = refuseStep(amendmentLife, before.status, 'reject');
    if (wrongState) return wrongState;
    // After this line the command succeeds.
    const decided = { decidedPerson: actor.personId, decidedOn: today, decisionReason: body.reason };
    const row = { ...before, status: 'REJECTED' as const, ...decided };
    return accepted({
      decision: 'contract_amendment.rejected',
      subjectId: row.amendmentId,
      result: presentAmendment(row),
      changes: [update(amendmentShelf, row)],
    });
  },
};
