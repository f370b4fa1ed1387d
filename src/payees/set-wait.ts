// How long a changed account waits: a setting of the book that two persons of finance make, for who could lower it alone would wait for nothing.
import type { z } from 'zod';
import type { PayeeAccountWait } from '../../db/tables.js';
import type { proposePayeeAccountWait as body } from '../../schemas/payees.js';
import { insert, update } from '../ledger/facts.js';
import type { Loader } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { waitShelf } from './facts.js';
import { presentWait, waitInForce, waitLife } from './rules.js';

type Result = ReturnType<typeof presentWait>;

/** Proposes a wait, in working days. It holds once another person has approved it. */
export const proposeWait: Verb<z.output<typeof body>, Result> = {
  name: 'payee_account_wait.propose',
  money: false,
  gather: async () => {},

  decide({ id, body, actor, today, receivedAt }, facts) {
    const row: PayeeAccountWait = {
      bookId: facts.bookId,
      waitId: id,
      workingDays: body.workingDays,
      documentNo: body.documentNo,
      status: 'PROPOSED',
      revision: null,
      proposedPerson: actor.personId,
      proposedOn: today,
      decidedPerson: null,
      decidedOn: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'payee_account_wait.proposed',
      subjectId: id,
      result: presentWait(row),
      changes: [insert(waitShelf, row)],
    });
  },
};

async function gatherWaits(loader: Loader, commands: readonly Command<{ id?: string }>[]): Promise<void> {
  await Promise.all([
    loader.load(
      waitShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    ),
    loader.load(waitShelf, 'status', ['APPROVED']),
  ]);
}

/**
 * Approves a wait: it holds for what is confirmed from now on, and what was confirmed keeps its day. Refuses NOT_FOUND,
 * PAYEE_ACCOUNT_WAIT_WRONG_STATE, FOUR_EYES.
 */
export const approveWait: Verb<{ id?: string }, Result> = {
  name: 'payee_account_wait.approve',
  money: false,
  gather: gatherWaits,

  decide({ body, actor, today }, facts) {
    const row = facts.get(waitShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrong = refuseStep(waitLife, row.status, 'approve');
    if (wrong) return wrong;
    if (isSamePerson(actor, row.proposedPerson)) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const before = waitInForce(facts.all(waitShelf, 'status', 'APPROVED'));
    const approved: PayeeAccountWait = {
      ...row,
      status: 'APPROVED',
      revision: 1 + (before?.revision ?? 0),
      decidedPerson: actor.personId,
      decidedOn: today,
    };
    return accepted({
      decision: 'payee_account_wait.approved',
      subjectId: row.waitId,
      result: presentWait(approved),
      changes: [update(waitShelf, approved)],
    });
  },
};

/** Takes a proposed wait back. Refuses NOT_FOUND, PAYEE_ACCOUNT_WAIT_WRONG_STATE. */
export const withdrawWait: Verb<{ id?: string }, Result> = {
  name: 'payee_account_wait.withdraw',
  money: false,
  gather: gatherWaits,

  decide({ body, actor, today }, facts) {
    const row = facts.get(waitShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrong = refuseStep(waitLife, row.status, 'withdraw');
    if (wrong) return wrong;
    // After this line the command succeeds.
    const withdrawn: PayeeAccountWait = { ...row, status: 'WITHDRAWN', decidedPerson: actor.personId, decidedOn: today };
    return accepted({
      decision: 'payee_account_wait.withdrawn',
      subjectId: row.waitId,
      result: presentWait(withdrawn),
      changes: [update(waitShelf, withdrawn)],
    });
  },
};
