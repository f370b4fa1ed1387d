// Deliveries beside the lane: taken, settled, listed.
import { and, asc, eq, gt, ne } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { WebhookDelivery, WebhookEndpoint } from '../../db/tables.js';
import { webhookDeliveries, webhookEndpoints } from '../../db/tables.js';

/** How long whoever took a delivery has for it: longer than an attempt may take. */
const leaseSeconds = 60;

export type TakenDelivery = Pick<
  WebhookDelivery,
  'endpointId' | 'messageId' | 'kind' | 'subjectKind' | 'subjectId' | 'stagedAt' | 'attempts'
> & { readonly ledgerSeq: bigint } & Pick<WebhookEndpoint, 'url' | 'secretSealed' | 'previousSealed' | 'previousUntil'>;

/** Codes of the books that have something to send now. */
export async function booksWithDeliveries(db: Database): Promise<string[]> {
  const rows = await db.sql.prepared<{ code: string }[]>(
    `select b.code from books b
      where exists (select from webhook_deliveries d where d.book_id = b.book_id and d.status = 'WAITING' and d.next_at <= clock_timestamp())`,
    [],
  );
  return rows.map(({ code }) => code);
}

/**
 * Takes up to `limit` deliveries that are due, of endpoints that are active and whose members are. To one endpoint and of one subject only the first
 * that waits: nothing overtakes what was told earlier of the same thing. What is of others waits for an hour.
 */
export const takeDeliveries = (
  db: Database,
  of: { bookId: string; owner: string; limit: number },
): Promise<(TakenDelivery & { readonly isHeld: boolean })[]> =>
  db.sql.prepared<(TakenDelivery & { isHeld: boolean })[]>(
    `with due as (
       select d.endpoint_id, d.message_id, w.status <> 'ACTIVE' or m.status <> 'ACTIVE' as held
         from webhook_deliveries d
         join webhook_endpoints w on w.book_id = d.book_id and w.endpoint_id = d.endpoint_id
         join members m on m.book_id = w.book_id and m.member_id = w.member_id
        where d.book_id = $1 and d.status = 'WAITING' and d.next_at <= clock_timestamp()
          and not exists (select from webhook_deliveries e
                           where e.book_id = d.book_id and e.endpoint_id = d.endpoint_id and e.subject_id = d.subject_id
                             and e.status = 'WAITING' and (e.ledger_seq, e.message_id) < (d.ledger_seq, d.message_id))
        order by d.next_at limit $3 for update of d skip locked)
     update webhook_deliveries t set lease_owner = $2, attempts = t.attempts + (not due.held)::int,
            next_at = clock_timestamp() + make_interval(secs => case when due.held then 3600 else ${leaseSeconds} end)
       from due, webhook_endpoints w
      where t.book_id = $1 and t.endpoint_id = due.endpoint_id and t.message_id = due.message_id
        and w.book_id = $1 and w.endpoint_id = due.endpoint_id
     returning t.endpoint_id as "endpointId", t.message_id as "messageId", t.kind, t.subject_kind as "subjectKind", t.subject_id as "subjectId",
               t.staged_at as "stagedAt", t.attempts, t.ledger_seq as "ledgerSeq", w.url, w.secret_sealed as "secretSealed",
               w.previous_sealed as "previousSealed", w.previous_until as "previousUntil", due.held as "isHeld"`,
    [of.bookId, of.owner, of.limit],
  );

/** How an attempt ended: `wait` in seconds until the next; null where there is none, for it arrived or is dead. */
export const settleDelivery = (
  db: Database,
  of: { bookId: string; owner: string; endpointId: string; messageId: string } & Pick<WebhookDelivery, 'status' | 'failure'> & {
      wait: number | null;
    },
) =>
  db.sql.prepared(
    `update webhook_deliveries set lease_owner = null, status = $5, failure = $6,
            delivered_at = case when $5 = 'DELIVERED' then clock_timestamp() end,
            first_failed_at = case when $6::text is null then first_failed_at else coalesce(first_failed_at, clock_timestamp()) end,
            next_at = clock_timestamp() + make_interval(secs => coalesce($7::float8, 0))
      where book_id = $1 and endpoint_id = $3 and message_id = $4 and lease_owner = $2 and status = 'WAITING'`,
    [of.bookId, of.owner, of.endpointId, of.messageId, of.status, of.failure, of.wait === null ? null : String(of.wait)],
  );

/** Whether nothing has arrived at an endpoint since this delivery failed first. */
export async function failsSince(db: Database, of: { bookId: string; endpointId: string; messageId: string }): Promise<boolean> {
  const rows = await db.sql.prepared(
    `select from webhook_deliveries d
      where d.book_id = $1 and d.endpoint_id = $2 and d.message_id = $3
        and not exists (select from webhook_deliveries o
                         where o.book_id = d.book_id and o.endpoint_id = d.endpoint_id and o.status = 'DELIVERED'
                           and o.delivered_at >= d.first_failed_at)`,
    [of.bookId, of.endpointId, of.messageId],
  );
  return rows.length > 0;
}

/** What waits for an endpoint, and what is dead, is tried again, as if for the first time. */
export const tryAgain = (db: Database, of: { bookId: string; endpointId: string }) =>
  db.sql.prepared(
    `update webhook_deliveries set status = 'WAITING', attempts = 0, next_at = clock_timestamp(), first_failed_at = null
      where book_id = $1 and endpoint_id = $2 and status in ('WAITING', 'DEAD')`,
    [of.bookId, of.endpointId],
  );

export const listWebhooks = (
  db: Database,
  of: { bookId: string; memberId: string | undefined; after: string | undefined; limit: number },
): Promise<WebhookEndpoint[]> =>
  db.drizzle
    .select()
    .from(webhookEndpoints)
    .where(
      and(
        eq(webhookEndpoints.bookId, of.bookId),
        of.memberId === undefined ? undefined : eq(webhookEndpoints.memberId, of.memberId),
        of.after === undefined ? undefined : gt(webhookEndpoints.endpointId, of.after),
      ),
    )
    .orderBy(asc(webhookEndpoints.endpointId))
    .limit(of.limit + 1);

/** Deliveries of an endpoint in a state, in order of their messages; none of an endpoint that is not this member's. */
export const listDeliveries = async (
  db: Database,
  of: {
    bookId: string;
    endpointId: string;
    memberId: string;
    status: WebhookDelivery['status'];
    after: string | undefined;
    limit: number;
  },
): Promise<WebhookDelivery[] | null> => {
  const own = await db.drizzle
    .select({ id: webhookEndpoints.endpointId })
    .from(webhookEndpoints)
    .where(
      and(
        eq(webhookEndpoints.bookId, of.bookId),
        eq(webhookEndpoints.endpointId, of.endpointId),
        eq(webhookEndpoints.memberId, of.memberId),
        ne(webhookEndpoints.status, 'ENDED'),
      ),
    );
  if (own.length === 0) return null;
  return db.drizzle
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.bookId, of.bookId),
        eq(webhookDeliveries.endpointId, of.endpointId),
        eq(webhookDeliveries.status, of.status),
        of.after === undefined ? undefined : gt(webhookDeliveries.messageId, of.after),
      ),
    )
    .orderBy(asc(webhookDeliveries.messageId))
    .limit(of.limit + 1);
};
