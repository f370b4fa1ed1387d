import { createHash } from 'node:crypto';
import type { LegalPersonChange } from '../../db/tables.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { effectsOf, gatherChanges, wantedOf } from './effects.js';
import { changeShelf } from './facts.js';
import { changeLife, presentChange } from './rules.js';

type Result = ReturnType<typeof presentChange>;

/**
 * Decides a change that another person proposed, and does it: names, contracts with their vouchers, limits and closings follow in the same
 * decision. Refuses NOT_FOUND, CHANGE_WRONG_STATE, FOUR_EYES, and what effectsOf does, for much may have changed since.
 */
export const approveChange: Verb<{ id?: string }, Result> = {
  name: 'legal_person_change.approve',
  money: true,

  async gather(loader, commands) {
    const [first] = commands;
    if (!first) return;
    const rows = await loader.load(
      changeShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await gatherChanges(loader, rows.map(wantedOf), first.today);
  },

  decide({ id, body, actor, today, receivedAt, newId }, facts) {
    const row = facts.get(changeShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrong = refuseStep(changeLife, row.status, 'approve');
    if (wrong) return wrong;
    if (isSamePerson(actor, row.proposedPerson)) return refused('FOUR_EYES');
    const { changeId, proposedPerson } = row;
    const by = { changeId, decisionId: id, proposedPerson, decidedPerson: actor.personId, today, receivedAt, newId };
    const effects = effectsOf(facts, wantedOf(row), by);
    if (effects.kind === 'refused') return effects;
    // After this line the command succeeds.
    const decided = { status: 'APPROVED' as const, decidedPerson: actor.personId, decidedOn: today, decisionId: id };
    const approved: LegalPersonChange = { ...row, ...decided };
    return accepted({
      decision: `legal_person.${{ NAME: 'renamed', MERGER: 'merged', SPLIT: 'split', CLOSURE: 'closed' }[row.kind]}`,
      // The decision itself: what contracts say of whom they were names it.
      subjectId: id,
      approvalDigest: digestOf(row),
      postings: effects.postings,
      messages: effects.messages,
      result: presentChange(approved),
      changes: [update(changeShelf, approved), ...effects.changes],
    });
  },
};

/** Takes a proposed change back. Refuses NOT_FOUND, CHANGE_WRONG_STATE. */
export const withdrawChange: Verb<{ id?: string }, Result> = {
  name: 'legal_person_change.withdraw',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      changeShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide({ body, actor, today }, facts) {
    const row = facts.get(changeShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrong = refuseStep(changeLife, row.status, 'withdraw');
    if (wrong) return wrong;
    // After this line the command succeeds.
    const withdrawn: LegalPersonChange = { ...row, status: 'WITHDRAWN', decidedPerson: actor.personId, decidedOn: today };
    return accepted({
      decision: 'legal_person_change.withdrawn',
      subjectId: row.changeId,
      result: presentChange(withdrawn),
      changes: [update(changeShelf, withdrawn)],
    });
  },
};

/** What is approved: SHA-256 (hex) of the JSON array of the change's id, code, kind, day, content, document and reason. */
const digestOf = (of: LegalPersonChange): string =>
  createHash('sha256')
    .update(JSON.stringify([of.changeId, of.uscc, of.kind, of.effectiveOn, of.content, of.documentNo, of.reason]))
    .digest('hex');
