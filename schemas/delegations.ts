// An approver lets another member approve in its place: from a day to a day, by named verbs, up to an amount.
import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, page, pageQuery, reason } from './common.js';

export const delegableVerb = z.enum(['application.approve', 'allocation.approve', 'settlement.approve', 'redemption.verify']);
export type DelegableVerb = z.infer<typeof delegableVerb>;

export const delegate = z.strictObject({
  delegateId: id.meta({ description: 'The member that stands in; no account of the delegator itself' }),
  verbs: z.array(delegableVerb).min(1).max(delegableVerb.options.length),
  maximum: amount.optional().meta({ description: 'Nothing above this; left out: whatever the delegator may approve' }),
  fromDay: day,
  toDay: day.meta({ description: 'Its last day, inclusive' }),
  reason,
});
export const revokeDelegation = z.strictObject({});

export const delegation = z.strictObject({
  delegationId: id,
  delegatorId: id,
  delegatorPerson: id,
  delegateId: id,
  delegatePerson: id,
  verbs: z.array(delegableVerb),
  maximum: amount.nullable(),
  fromDay: day,
  toDay: day,
  reason: z.string(),
  revokedOn: day.nullable(),
  revokedPerson: id.nullable(),
  recordedAt: instant,
});
export const delegationRecorded = delegation.extend({ ledgerSeq });
export const delegations = page(delegation);
export const delegationQuery = pageQuery;
