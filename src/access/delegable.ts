// What an approver may let another approve in its place: verbs that go through `approve` (src/approvals), where amounts are judged.
import type { Role } from '../../schemas/access.js';
import type { DelegableVerb } from '../../schemas/delegations.js';

/** Whose each of them is. A delegation gives no more than its delegator has, at the time of the approval. */
export const delegable: Readonly<Record<DelegableVerb, readonly Role[]>> = {
  'application.approve': ['approver'],
  'allocation.approve': ['approver'],
  'settlement.approve': ['approver'],
  'redemption.verify': ['reviewer'],
};

/** Who may stand in: who decides on money elsewhere. The operator decides on none, an auditor changes nothing. */
export const standIns: readonly Role[] = ['reviewer', 'approver', 'finance', 'finance_approver'];

const verbs: Readonly<Record<string, readonly Role[] | undefined>> = delegable;

/** The roles that have a verb which may be delegated; undefined for any other. */
export const rolesDelegating = (verb: string): readonly Role[] | undefined => verbs[verb];
