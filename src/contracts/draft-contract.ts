// Drafts of contracts: what one side means to submit, kept until it does. Nothing is looked at but whose it is.
import type { z } from 'zod';
import type { ContractDraft } from '../../db/tables.js';
import type { draftContract as body } from '../../schemas/contracts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Actor, Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { contractDraftShelf } from './facts.js';
import { contractDraftLife, presentDraft } from './rules.js';

interface Target {
  readonly id?: string;
}
type Body = z.output<typeof body> & Target;
type Result = ReturnType<typeof presentDraft>;

/** Keeps a draft. Refuses nothing: parties, days, amounts and chips are looked at when it is submitted. */
export const draftContract: Verb<Body, Result> = {
  name: 'contract.draft',
  money: false,
  async gather() {
    // A draft rests on nothing.
  },
  decide({ id, body, actor, receivedAt }, facts) {
    const { role: side, legalPersonUscc } = actor;
    if ((side !== 'enterprise' && side !== 'provider') || legalPersonUscc === null) return refused('NOT_FOUND');
    // After this line the command succeeds.
    const row: ContractDraft = {
      bookId: facts.bookId,
      contractDraftId: id,
      legalPersonUscc,
      side,
      content: body,
      status: 'DRAFT',
      draftedPerson: actor.personId,
      endedOn: null,
      endedPerson: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'contract.drafted',
      subjectId: id,
      result: presentDraft(row),
      changes: [insert(contractDraftShelf, row)],
    });
  },
};

/** Writes a draft anew, whole, by anybody of its side. Refuses NOT_FOUND (another firm's likewise), CONTRACT_DRAFT_WRONG_STATE. */
export const reviseDraft: Verb<Body, Result> = {
  name: 'contract.revise-draft',
  money: false,
  gather: gatherDrafts,
  decide({ body, actor }, facts) {
    const found = ownDraft(facts, body, actor, 'revise');
    if (found.kind === 'refused') return found;
    // After this line the command succeeds.
    const { id: contractDraftId, ...content } = body;
    const row: ContractDraft = { ...found.row, content, draftedPerson: actor.personId };
    return accepted({
      decision: 'contract.draft-revised',
      subjectId: contractDraftId ?? found.row.contractDraftId,
      result: presentDraft(row),
      changes: [update(contractDraftShelf, row)],
    });
  },
};

/** Discards a draft; it stays to be read. Refuses as `reviseDraft`. */
export const discardDraft: Verb<Target, Result> = {
  name: 'contract.discard-draft',
  money: false,
  gather: gatherDrafts,
  decide({ body, actor, today }, facts) {
    const found = ownDraft(facts, body, actor, 'discard');
    if (found.kind === 'refused') return found;
    // After this line the command succeeds.
    const row: ContractDraft = { ...found.row, status: 'DISCARDED', endedOn: today, endedPerson: actor.personId };
    return accepted({
      decision: 'contract.draft-discarded',
      subjectId: row.contractDraftId,
      result: presentDraft(row),
      changes: [update(contractDraftShelf, row)],
    });
  },
};

/** Gathers the drafts that commands name. */
export async function gatherDrafts(loader: Loader, commands: readonly Command<Target>[]): Promise<void> {
  await loader.load(
    contractDraftShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );
}

/** A gathered draft of the actor's own side in which `verb` is possible. Refuses NOT_FOUND, CONTRACT_DRAFT_WRONG_STATE. */
export function ownDraft(
  facts: Facts,
  { id = '' }: Target,
  { role, legalPersonUscc }: Actor,
  verb: 'revise' | 'submit' | 'discard',
): { readonly kind: 'found'; readonly row: ContractDraft } | Refused {
  const row = facts.get(contractDraftShelf, id);
  if (!row || row.side !== role || row.legalPersonUscc !== legalPersonUscc) return refused('NOT_FOUND');
  return refuseStep(contractDraftLife, row.status, verb) ?? { kind: 'found', row };
}
