// What an endpoint may be, how a delivery is signed and when it is tried again. Pure.
import { createHmac } from 'node:crypto';
import type { z } from 'zod';
import type { WebhookDelivery, WebhookEndpoint } from '../../db/tables.js';
import type { webhook, webhookDelivery } from '../../schemas/webhooks.js';
import { formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { life } from '../lives.js';

export const webhookLife = life({
  of: 'webhook',
  code: 'WEBHOOK_WRONG_STATE',
  states: { ACTIVE: ['rotate', 'disable', 'end'], DISABLED: ['rotate', 'enable', 'end'], ENDED: [] },
});

/** Endpoints that a member may have and that have not ended. */
export const mostEndpoints = 5;
/** How long the secret before signs beside the new one: whoever receives has so long to take the new one up. */
export const previousSecretHours = 24;

/** Whether a host is on the list: itself, or below a `*.` that stands there. */
const isListed = (host: string, hosts: readonly string[]): boolean =>
  hosts.some((listed) => (listed.startsWith('*.') ? host.endsWith(listed.slice(1)) : host === listed));

/**
 * Reads an endpoint's address: https, a host by name on the installation's list, the standard port, no credentials and no fragment. Refuses
 * WEBHOOK_URL_NOT_ALLOWED, which tells the same whatever is wrong.
 */
export function readUrl(text: string, hosts: readonly string[]): { readonly kind: 'url'; readonly url: URL } | Refused {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.protocol === 'https:' && url.port === '' && url.username === '' && url.password === '' && url.hash === '';
  return url && isPlain && isListed(url.hostname, hosts) ? { kind: 'url', url } : refused('WEBHOOK_URL_NOT_ALLOWED', {}, '/url');
}

/** Standard Webhooks: `whsec_` and 32 bytes in base64. */
const keyOf = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ''), 'base64');

/** The headers of one attempt: signed at its own time, by each secret that counts (the newest first). */
export function signed(of: { messageId: string; at: Date; body: string; secrets: readonly string[] }): Record<string, string> {
  const timestamp = String(Math.floor(of.at.getTime() / 1000));
  const signatures = of.secrets.map(
    (secret) => `v1,${createHmac('sha256', keyOf(secret)).update(`${of.messageId}.${timestamp}.${of.body}`).digest('base64')}`,
  );
  return { 'webhook-id': of.messageId, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

type Told = Pick<WebhookDelivery, 'kind' | 'subjectKind' | 'subjectId' | 'messageId' | 'stagedAt'> & {
  readonly ledgerSeq: bigint;
};

/** What is sent: what happened to which thing, by their names and ids. Amounts, names and reasons are read by who may read them. */
export const payloadOf = (book: string, of: Told): string =>
  JSON.stringify({
    type: of.kind,
    timestamp: new Date(of.stagedAt).toISOString(),
    data: {
      book,
      subjectKind: of.subjectKind,
      subjectId: of.subjectId,
      messageId: of.messageId,
      ledgerSeq: Number(of.ledgerSeq),
    },
  });

/** Seconds to wait after the first, second, … failed attempt; after the last of them comes the last attempt, some three days on. */
const waits = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/**
 * How long (seconds) after its nth failed attempt a delivery is tried again: a fifth more or less than planned, as `chance` (0 to 1) has it, so that
 * what failed together is not tried together. Null: it is dead.
 */
export function retryAfterSeconds(attempts: number, chance: number): number | null {
  const wait = waits[attempts - 1];
  return wait === undefined ? null : wait * (0.8 + 0.4 * chance);
}

const instantOf = (text: string): string => formatInstant(new Date(text));

export const presentWebhook = (row: WebhookEndpoint): z.input<typeof webhook> => ({
  endpointId: row.endpointId,
  memberId: row.memberId,
  url: row.url,
  status: row.status,
  previousSecretUntil: row.previousUntil === null ? null : instantOf(row.previousUntil),
  recordedAt: instantOf(row.recordedAt),
});

export const presentDelivery = (row: WebhookDelivery): z.input<typeof webhookDelivery> => ({
  messageId: row.messageId,
  kind: row.kind,
  subjectKind: row.subjectKind,
  subjectId: row.subjectId,
  status: row.status,
  attempts: row.attempts,
  nextAt: row.status === 'WAITING' ? instantOf(row.nextAt) : null,
  failure: row.failure,
});
