/** Delists as two persons do: one proposes, another approves. Not a test itself. */
import { addDays } from '../../src/calendar.js';
import type { Answer, Caller } from '../service.js';

/** Ends a listing with this last day, inclusive; the first refusal, or what the approval answered. */
export async function delisted(
  { reviewer, approver }: { reviewer: Caller; approver: Caller },
  listingId: string,
  validTo: string,
): Promise<Answer> {
  const measure = { from: addDays(validTo, 1), reason: '不再符合入库条件', documentNo: '移出〔1〕号' };
  const proposed = await reviewer.post(`/listings/${listingId}/delist`, measure);
  return proposed.status === 201 ? approver.post(`/listing-measures/${proposed.body.measureId as string}/approve`, {}) : proposed;
}
