import type { z } from 'zod';
import type { ContractDraft } from '../../db/tables.js';
import type { submitContract as whole } from '../../schemas/contracts.js';
import { update } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { gatherDrafts, ownDraft } from './draft-contract.js';
import { contractDraftShelf } from './facts.js';
import type { presentContract } from './rules.js';
import { readDraft } from './rules.js';
import { submitContract } from './submit-contract.js';

type Target = { readonly id?: string };

/** What a command that submits this draft would submit: the contract has the draft's id. */
const submissionOf = (command: Command<Target>, { contractDraftId }: ContractDraft, body: z.output<typeof whole>) => ({
  ...command,
  id: contractDraftId,
  body,
});

/**
 * Submits a draft, by anybody of its side: everything is looked at now. Refuses NOT_FOUND (another firm's likewise),
 * CONTRACT_DRAFT_WRONG_STATE, MISSING_FIELD at the first thing that is not there yet, and as the submission of a contract does.
 */
export const submitDraft: Verb<Target, ReturnType<typeof presentContract>> = {
  name: 'contract.submit-draft',
  money: false,

  async gather(loader, commands) {
    await gatherDrafts(loader, commands);
    const submissions = commands.flatMap((command) => {
      const row = loader.facts.get(contractDraftShelf, command.body.id ?? '');
      const read = row?.status === 'DRAFT' ? readDraft(row) : null;
      return row && read?.kind === 'whole' ? [submissionOf(command, row, read.body)] : [];
    });
    await submitContract.gather(loader, submissions);
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const found = ownDraft(facts, body, actor, 'submit');
    if (found.kind === 'refused') return found;
    const { row } = found;
    const read = readDraft(row);
    if (read.kind === 'missing') return refused('MISSING_FIELD', {}, read.pointers[0]);
    const decision = submitContract.decide(submissionOf(command, row, read.body), facts);
    if (decision.kind === 'refused') return decision;
    const submitted: ContractDraft = { ...row, status: 'SUBMITTED', endedOn: today, endedPerson: actor.personId };
    return { ...decision, changes: [...decision.changes, update(contractDraftShelf, submitted)] };
  },
};
