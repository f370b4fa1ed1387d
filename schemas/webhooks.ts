// Webhooks: what a member is told, sent to an address of its own as Standard Webhooks. Ids and states alone.
import { z } from 'zod';
import { id, instant, ledgerSeq, page, pageQuery } from './common.js';

export const registerWebhook = z.strictObject({
  url: z.url().max(500).meta({ description: 'https, its host on the installation’s list (WEBHOOK_HOSTS)' }),
});
export const changeWebhook: z.ZodType<object> = z.strictObject({});

export const webhook = z.strictObject({
  endpointId: id,
  memberId: id,
  url: z.string(),
  status: z.enum(['ACTIVE', 'DISABLED', 'ENDED']),
  previousSecretUntil: instant.nullable().meta({ description: 'The secret before signs beside the new one until then' }),
  recordedAt: instant,
});
export const webhooks = page(webhook);
export const webhookQuery = pageQuery;
export const webhookRecorded = webhook.extend({ ledgerSeq });
/** `secret` is shown once: a replay of the same request answers null. */
export const webhookSecret = webhookRecorded.extend({ secret: z.string().nullable() });

export const webhookDelivery = z.strictObject({
  messageId: id.meta({ description: 'webhook-id of every attempt' }),
  kind: z.string(),
  subjectKind: z.string(),
  subjectId: id,
  status: z.enum(['WAITING', 'DELIVERED', 'DEAD']),
  attempts: z.int(),
  nextAt: instant.nullable(),
  failure: z.string().nullable(),
});
export const webhookDeliveries = page(webhookDelivery);
export const webhookDeliveryQuery = pageQuery.extend({ status: webhookDelivery.shape.status.default('DEAD') });
