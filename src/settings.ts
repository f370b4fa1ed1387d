import type { Settings } from '../schemas/settings.js';
import { settings } from '../schemas/settings.js';
import type { Limits } from './http/limits.js';
import type { FieldKeys } from './sealer.js';

/** The settings, or one sentence for each that is wrong or missing. An empty variable counts as not set. */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
): { ok: true; settings: Settings } | { ok: false; sentences: string[] } {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const read = settings.safeParse(given);
  if (read.success) return { ok: true, settings: read.data };
  return {
    ok: false,
    sentences: read.error.issues.map((issue) => {
      const name = issue.path.join('.');
      return issue.message.startsWith(name) ? issue.message : `${name}: ${issue.message}`;
    }),
  };
}

/** The keys that what is stored encrypted is sealed by; undefined where none is set. */
export function fieldKeysOf(of: Pick<Settings, 'FIELD_KEY' | 'FIELD_KEYS' | 'FINGERPRINT_KEY'>): FieldKeys | undefined {
  const fingerprint = of.FINGERPRINT_KEY ?? of.FIELD_KEY;
  if (fingerprint === undefined || (of.FIELD_KEY === undefined && of.FIELD_KEYS === undefined)) return undefined;
  return {
    ring: (of.FIELD_KEYS ?? []).map(({ id, algorithm, secret }) => ({ id, algorithm, secret: Buffer.from(secret, 'hex') })),
    fingerprint: Buffer.from(fingerprint, 'hex'),
    ...(of.FIELD_KEY === undefined ? {} : { unnamed: Buffer.from(of.FIELD_KEY, 'hex') }),
  };
}

/** What the door of the service goes by. A rate of 0 is no limit. */
export function limitsOf(of: Settings): Partial<Limits> {
  const rate = (perSecond: number): number => (perSecond === 0 ? Infinity : perSecond);
  return {
    laneWaitMs: of.LANE_MAX_WAIT_MS,
    inFlight: of.MAX_IN_FLIGHT,
    connections: of.MAX_CONNECTIONS,
    connectionsPerAddress: of.MAX_CONNECTIONS_PER_ADDRESS,
    keyPerSecond: rate(of.RATE_PER_KEY),
    keyBurst: of.RATE_PER_KEY_BURST,
    addressPerSecond: rate(of.RATE_PER_ADDRESS),
    addressBurst: of.RATE_PER_ADDRESS_BURST,
    trustedProxies: of.TRUSTED_PROXIES,
    headersTimeoutMs: of.HEADERS_TIMEOUT_SECONDS * 1000,
    bodyTimeoutMs: of.BODY_TIMEOUT_SECONDS * 1000,
    answerTimeoutMs: of.ANSWER_TIMEOUT_SECONDS * 1000,
    keepAliveMs: of.KEEP_ALIVE_SECONDS * 1000,
  };
}

/**
 * Sessions of the database by what they are for: a quarter for the lanes, the rest for what runs beside them, where a third
 * as many pieces of work run at once, since a reading sends up to four statements at a time and a book has at most half the
 * places: it never holds all sessions.
 */
export function sharedOut(pool: number): { lanes: number; beside: number; places: number } {
  const lanes = Math.max(1, Math.floor(pool / 4));
  const beside = pool - lanes;
  return { lanes, beside, places: Math.max(1, Math.floor(beside / 3)) };
}
