// Endpoints: registered by the member whose messages they get, rotated, disabled when they fail for long, enabled again, ended.
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { WebhookEndpoint } from '../../db/tables.js';
import type { registerWebhook as registerBody } from '../../schemas/webhooks.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Accepted, Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Addressee } from '../ledger/outbox.js';
import { refuseStep } from '../lives.js';
import { addresseeOf, party, tell } from '../messages/rules.js';
import { providerShelf } from '../providers/facts.js';
import type { Sealer } from '../sealer.js';
import { webhookShelf } from './facts.js';
import { mostEndpoints, presentWebhook, previousSecretHours, readUrl, webhookLife } from './rules.js';

type Result = ReturnType<typeof presentWebhook>;
/** What enters the lane: the secret itself stays with the request that made it. */
export interface WithSecret {
  readonly made?: { readonly secret: string; readonly sealed: string };
}
type Id = { readonly id?: string } & WithSecret;

export const secretContext = (bookId: string): string => `${bookId} webhook secret`;

/** A new secret: shown once, and stored sealed. */
export function makeSecret(sealer: Sealer, bookId: string): WithSecret {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  return { made: { secret, sealed: sealer.seal(secret, secretContext(bookId)) } };
}

/** Registers an endpoint for the caller's own messages; `hosts` is the installation's list. Refuses WEBHOOK_URL_NOT_ALLOWED, WEBHOOKS_FULL. */
export const registerWebhook = (hosts: readonly string[]): Verb<z.output<typeof registerBody> & WithSecret, Result> => ({
  name: 'webhook.register',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      webhookShelf,
      'member',
      commands.map(({ actor }) => actor.memberId),
    );
  },

  decide({ id, body, actor, receivedAt }, facts) {
    const read = readUrl(body.url, hosts);
    if (read.kind === 'refused') return read;
    const live = facts.all(webhookShelf, 'member', actor.memberId).filter(({ status }) => status !== 'ENDED');
    if (live.length >= mostEndpoints) return refused('WEBHOOKS_FULL', { most: String(mostEndpoints) });
    if (!body.made) throw new Error('an endpoint comes with its secret');
    // After this line the command succeeds.
    const row: WebhookEndpoint = {
      bookId: facts.bookId,
      endpointId: id,
      memberId: actor.memberId,
      addressee: addresseeOf(actor),
      url: read.url.href,
      secretSealed: body.made.sealed,
      previousSealed: null,
      previousUntil: null,
      status: 'ACTIVE',
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'webhook.registered',
      subjectId: id,
      result: presentWebhook(row),
      changes: [insert(webhookShelf, row)],
    });
  },
});

/** One step of an endpoint's life, of one's own unless `ofAny`. */
const step = (
  verb: 'rotate' | 'disable' | 'enable' | 'end',
  of: {
    readonly decision: string;
    readonly ofAny?: true;
    readonly gather?: (loader: Loader, rows: readonly WebhookEndpoint[]) => Promise<unknown>;
    readonly change: (row: WebhookEndpoint, command: Command<Id>) => WebhookEndpoint;
    readonly told?: (facts: Facts, row: WebhookEndpoint) => Accepted<Result>['messages'];
  },
): Verb<Id, Result> => ({
  name: `webhook.${verb}`,
  money: false,

  async gather(loader, commands) {
    const rows = await loader.load(
      webhookShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await of.gather?.(loader, rows);
  },

  decide(command, facts): Accepted<Result> | Refused {
    const before = facts.get(webhookShelf, command.body.id ?? '');
    if (!before || (of.ofAny !== true && before.memberId !== command.actor.memberId)) return refused('NOT_FOUND');
    const wrong = refuseStep(webhookLife, before.status, verb);
    if (wrong) return wrong;
    // After this line the command succeeds.
    const row = of.change(before, command);
    return accepted({
      decision: of.decision,
      subjectId: row.endpointId,
      result: presentWebhook(row),
      changes: [update(webhookShelf, row)],
      messages: of.told?.(facts, row) ?? [],
    });
  },
});

/** A new secret; the one before signs beside it for a day. Refuses NOT_FOUND (another's likewise), WEBHOOK_WRONG_STATE, as all steps. */
export const rotateWebhook = step('rotate', {
  decision: 'webhook.rotated',
  change: (row, { body, receivedAt }) => ({
    ...row,
    secretSealed: body.made?.sealed ?? row.secretSealed,
    previousSealed: row.secretSealed,
    previousUntil: new Date(receivedAt.getTime() + previousSecretHours * 3_600_000).toISOString(),
  }),
});
export const enableWebhook = step('enable', { decision: 'webhook.enabled', change: (row) => ({ ...row, status: 'ACTIVE' }) });
export const endWebhook = step('end', { decision: 'webhook.ended', change: (row) => ({ ...row, status: 'ENDED' }) });

const sideOf = ({ addressee }: WebhookEndpoint): readonly [side: string, uscc: string | undefined] => {
  const [side = '', uscc] = addressee.split(':');
  return [side, uscc];
};

/** Whom the messages of an endpoint are for: everybody in its role, or its legal person's side of the trade. */
function addresseesOf(facts: Facts, row: WebhookEndpoint): Addressee[] {
  const [side, uscc] = sideOf(row);
  if (uscc === undefined) return [{ role: side }];
  const found =
    side === 'provider'
      ? facts.all(providerShelf, 'legalPerson', uscc).map(({ providerId }) => providerId)
      : facts.all(enterpriseShelf, 'legalPerson', uscc).map(({ enterpriseId }) => enterpriseId);
  return found.slice(0, 1).map(party);
}

/** The service disables an endpoint that has failed for days, and tells whom it was for. */
export const disableWebhook = step('disable', {
  decision: 'webhook.disabled',
  ofAny: true,
  gather: (loader, rows) => {
    const codes = rows.flatMap((row) => sideOf(row)[1] ?? []);
    return Promise.all([loader.load(providerShelf, 'legalPerson', codes), loader.load(enterpriseShelf, 'legalPerson', codes)]);
  },
  change: (row) => ({ ...row, status: 'DISABLED' }),
  told: (facts, row) =>
    addresseesOf(facts, row).map((to) =>
      tell('webhook.disabled', to, { kind: 'WEBHOOK', id: row.endpointId }, { host: new URL(row.url).host }),
    ),
});
