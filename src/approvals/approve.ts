// The one place where an approval of money is given: by whom, in whose place, and whether a second approver has to follow. The approving verbs
// come here once all else is judged, with the digest of what they approve.
import type { z } from 'zod';
import type { FirstApproval } from '../../db/tables.js';
import type { awaitsSecond, firstApproval } from '../../schemas/approvals.js';
import { delegatedActShelf } from '../access/facts.js';
import { formatInstant } from '../calendar.js';
import type { Change, Facts } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Accepted, Command, Refused } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import { firstApprovalShelf } from './facts.js';

/** What an approving verb answers when a second approver has to follow. */
export type AwaitsSecond = Omit<z.input<typeof awaitsSecond>, 'ledgerSeq'>;

/** What is held against which amount, where that is passed: then two approve. */
export interface TwoNeeded {
  readonly amountFen: Fen;
  readonly aboveFen: Fen;
}

/** Whether two have to approve an amount: above what the programme says, and not at it. */
export const twoNeeded = (amountFen: Fen, aboveFen: Fen | null): TwoNeeded | null =>
  aboveFen !== null && amountFen > aboveFen ? { amountFen, aboveFen } : null;

export interface Approving {
  readonly subjectKind: FirstApproval['subjectKind'];
  readonly subjectId: string;
  /** SHA-256 (hex) of what is approved, computed from it as it is now. */
  readonly digest: string;
  /** Whole, in fen: what a delegation's amount is held against. */
  readonly amountFen: Fen;
  readonly two: TwoNeeded | null;
  /** Who did the steps before, and neither approves. */
  readonly doneBy: readonly (string | null)[];
}

/**
 * Gives an approval. Answers what it changes beside the thing itself (`given`), or that the first of two approvers has approved and the thing
 * stays as it is. A first approval counts for the very digest that it named: once the thing has changed it is dead, and the next approval is
 * a first one. Refuses DELEGATION_AMOUNT, and FOUR_EYES to who approved first, by whichever account or in whoever's place; who did a step before
 * was refused by the verb already.
 */
export function approve(
  facts: Facts,
  { id, actor, today, receivedAt }: Command,
  of: Approving,
): { readonly kind: 'given'; readonly changes: readonly Change[] } | Accepted<AwaitsSecond> | Refused {
  const { subjectKind, subjectId, digest, two } = of;
  const { standsInFor } = actor;
  const maximumFen = standsInFor?.maximumFen ?? null;
  if (maximumFen !== null && of.amountFen > maximumFen) {
    return refused('DELEGATION_AMOUNT', { amount: formatYuan(of.amountFen), maximum: formatYuan(maximumFen) });
  }
  const waiting = facts.all(firstApprovalShelf, 'subject', subjectId).find(({ status }) => status === 'WAITING');
  const isSecond = two !== null && waiting?.digest === digest;
  if (isSecond && [waiting.personId, waiting.forPersonId].some((person) => isSamePerson(actor, person)))
    return refused('FOUR_EYES');
  // After this line it is given.
  const recordedAt = receivedAt.toISOString();
  const { bookId } = facts;
  const forPersonId = standsInFor?.personId ?? null;
  const changes: Change[] = [];
  if (standsInFor) {
    const { delegationId, personId } = standsInFor;
    const act = { bookId, commandId: id, delegationId, subjectId, personId: actor.personId, forPersonId: personId, recordedAt };
    changes.push(insert(delegatedActShelf, act));
  }
  if (waiting) {
    const second = { secondPerson: actor.personId, secondForPerson: forPersonId, secondOn: today };
    const decided: FirstApproval = isSecond ? { ...waiting, status: 'COMPLETED', ...second } : { ...waiting, status: 'DIED' };
    changes.push(update(firstApprovalShelf, decided));
  }
  if (two === null || isSecond) return { kind: 'given', changes };
  const first: FirstApproval = {
    bookId,
    approvalId: id,
    subjectKind,
    subjectId,
    digest,
    amountFen: two.amountFen,
    aboveFen: two.aboveFen,
    doneBy: [...new Set(of.doneBy.filter((person) => person !== null))],
    personId: actor.personId,
    forPersonId,
    approvedOn: today,
    status: 'WAITING',
    secondPerson: null,
    secondForPerson: null,
    secondOn: null,
    recordedAt,
  };
  return accepted({
    decision: `${subjectKind.toLowerCase()}.approved_first`,
    subjectId,
    approvalDigest: digest,
    result: { awaitsSecondApproval: presentFirstApproval(first) },
    changes: [...changes, insert(firstApprovalShelf, first)],
  });
}

export const presentFirstApproval = (row: FirstApproval): z.input<typeof firstApproval> => ({
  approvalId: row.approvalId,
  subjectKind: row.subjectKind,
  subjectId: row.subjectId,
  digest: row.digest,
  amount: formatYuan(row.amountFen),
  above: formatYuan(row.aboveFen),
  person: row.personId,
  forPerson: row.forPersonId,
  approvedOn: row.approvedOn,
  status: row.status,
  secondPerson: row.secondPerson,
  secondForPerson: row.secondForPerson,
  secondOn: row.secondOn,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});
