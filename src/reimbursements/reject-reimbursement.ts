import type { z } from 'zod';
import type { Reimbursement } from '../../db/tables.js';
import type { rejectReimbursement as body } from '../../schemas/reimbursements.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { reimbursementLineShelf, reimbursementShelf } from './facts.js';
import { gatherHeld } from './gather.js';
import { letGo, linesOf } from './lines.js';
import { checkState, presentReimbursement } from './rules.js';

type Body = z.output<typeof body> & { id?: string };

/**
 * Rejects an undecided application that is in no allocation, with its reason; what it held of invoices is free again. Nobody rejects
 * what they applied for themselves. Refuses NOT_FOUND, REIMBURSEMENT_WRONG_STATE, FOUR_EYES.
 */
export const rejectReimbursement: Verb<Body, ReturnType<typeof presentReimbursement>> = {
  name: 'reimbursement.reject',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const [rows] = await Promise.all([
      loader.load(reimbursementShelf, 'id', ids),
      loader.load(reimbursementLineShelf, 'reimbursement', ids),
    ]);
    await gatherHeld(loader, rows);
  },

  decide({ body, actor }, facts) {
    const row = facts.get(reimbursementShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrongState = checkState(row, ['SUBMITTED', 'REVIEWED']);
    if (wrongState) return wrongState;
    if (actor.personId === row.submittedPerson) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const rejected: Reimbursement = {
      ...row,
      status: 'REJECTED',
      decidedPerson: actor.personId,
      decisionReason: body.reason,
    };
    return accepted({
      decision: 'reimbursement.rejected',
      subjectId: row.reimbursementId,
      result: presentReimbursement(rejected),
      changes: [update(reimbursementShelf, rejected), ...letGo(facts, linesOf(facts, row))],
    });
  },
};
