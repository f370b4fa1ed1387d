// Delegations: given by an approver to another person, and taken back by either of them or the operator.
import type { z } from 'zod';
import type { Delegation } from '../../db/tables.js';
import type { delegate as delegateBody, DelegableVerb, delegation } from '../../schemas/delegations.js';
import { formatInstant } from '../calendar.js';
import { insert, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { formatYuan, parseYuan } from '../money.js';
import { mayAs } from './admission.js';
import { delegable, standIns } from './delegable.js';
import { delegationShelf, gatherPersons, memberShelf } from './facts.js';

type Result = z.input<typeof delegation>;

export const presentDelegation = ({ bookId: _, maximumFen, verbs, recordedAt, ...row }: Delegation): Result => ({
  ...row,
  verbs: verbs as DelegableVerb[],
  maximum: maximumFen === null ? null : formatYuan(maximumFen),
  recordedAt: formatInstant(new Date(recordedAt)),
});

/**
 * Lets another member approve in the caller's place. Refuses PERIOD_ENDS_BEFORE_START, DELEGATION_OVER for days that are past, NOT_FOUND,
 * DELEGATION_TO_ONESELF for whatever account of the caller's person, DELEGATE_UNFIT for a machine, a member that has ended or decides on no money,
 * DELEGATION_BEYOND_ROLE for a verb that the caller does not have.
 */
export const delegate: Verb<z.output<typeof delegateBody>, Result> = {
  name: 'delegation.give',
  money: false,

  async gather(loader, commands) {
    const members = await loader.load(
      memberShelf,
      'id',
      commands.map(({ body }) => body.delegateId),
    );
    await gatherPersons(
      loader,
      members.map(({ personId }) => personId),
    );
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const { delegateId, fromDay, toDay, maximum } = body;
    if (toDay < fromDay) return refused('PERIOD_ENDS_BEFORE_START', { from: fromDay, to: toDay }, '/toDay');
    if (toDay < today) return refused('DELEGATION_OVER', { day: toDay }, '/toDay');
    const member = facts.get(memberShelf, delegateId);
    if (!member) return refused('NOT_FOUND', {}, '/delegateId');
    if (isSamePerson(actor, member.personId)) return refused('DELEGATION_TO_ONESELF', {}, '/delegateId');
    if (member.status !== 'ACTIVE' || member.kind !== 'PERSON' || !standIns.includes(member.role)) {
      return refused('DELEGATE_UNFIT', {}, '/delegateId');
    }
    const own = facts.get(memberShelf, actor.memberId) ?? { role: actor.role, customRole: null };
    const beyond = body.verbs.findIndex((verb) => !mayAs(facts, own, delegable[verb], verb));
    if (beyond >= 0) return refused('DELEGATION_BEYOND_ROLE', { verb: body.verbs[beyond] ?? '' }, `/verbs/${beyond}`);
    const maximumFen = maximum === undefined ? null : parseYuan(maximum);
    if (maximumFen === 0n) return refused('AMOUNT_ZERO', {}, '/maximum');
    // After this line the command succeeds.
    const row: Delegation = {
      bookId: facts.bookId,
      delegationId: id,
      delegatorId: actor.memberId,
      delegatorPerson: actor.personId,
      delegateId,
      delegatePerson: member.personId,
      verbs: [...new Set(body.verbs)],
      maximumFen,
      fromDay,
      toDay,
      reason: body.reason,
      revokedOn: null,
      revokedPerson: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'delegation.given',
      subjectId: id,
      result: presentDelegation(row),
      changes: [insert(delegationShelf, row)],
    });
  },
};

/** Takes a delegation back, with this very entry. Refuses NOT_FOUND (another's likewise, but for the operator), DELEGATION_REVOKED. */
export const revokeDelegation: Verb<{ readonly id?: string }, Result> = {
  name: 'delegation.revoke',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      delegationShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide({ body, actor, today }, facts) {
    const row = facts.get(delegationShelf, body.id ?? '');
    const isTheirs = row && (isSamePerson(actor, row.delegatorPerson) || isSamePerson(actor, row.delegatePerson));
    if (!row || (!isTheirs && actor.role !== 'operator')) return refused('NOT_FOUND');
    if (row.revokedOn !== null) return refused('DELEGATION_REVOKED', { day: row.revokedOn });
    // After this line the command succeeds.
    const revoked: Delegation = { ...row, revokedOn: today, revokedPerson: actor.personId };
    return accepted({
      decision: 'delegation.revoked',
      subjectId: row.delegationId,
      result: presentDelegation(revoked),
      changes: [update(delegationShelf, revoked)],
    });
  },
};
