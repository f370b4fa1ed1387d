// Requests that are signed by the sender's own key (RFC 9421), as one profile of it: one signature, by Ed25519, over the method, the whole
// address, the digest of the body and what else changes what is done. Pure: what is read here is text and a moment.
import type { InnerList, Item } from 'structured-headers';
import { parseDictionary, serializeDictionary, serializeInnerList } from 'structured-headers';
import type { RefusalCode } from '../errors.js';
import { formatInstant } from '../calendar.js';
import type { Told } from './problem.js';

/** A signature counts for so long at most, and clocks may differ by so much either way; in seconds. */
export const signatureLifeSeconds = 300;
export const clockSkewSeconds = 60;

/** The message's parts that can be signed here. Any other could be of a kind that two readers read differently. */
const components = ['@method', '@target-uri', 'content-digest', 'content-type', 'idempotency-key', 'on-behalf-of'] as const;
export type Component = (typeof components)[number];
const isComponent = (name: unknown): name is Component => components.some((known) => known === name);

/** A signature as it was sent: nothing about it is true yet but its form and its times. */
export interface SentSignature {
  readonly keyId: string;
  readonly nonce: string;
  readonly signature: Buffer;
  readonly covered: readonly Component[];
  /** Text of Signature-Input after the label: what is signed as `@signature-params`. */
  readonly params: string;
  /** Until then (exclusive) the same nonce must not be taken again. */
  readonly countsUntil: Date;
}

type Read<T> = { readonly kind: 'read'; readonly value: T } | { readonly kind: 'refused'; readonly told: Told };
const refused = (code: RefusalCode, params: Readonly<Record<string, string>> = {}): { kind: 'refused'; told: Told } => ({
  kind: 'refused',
  told: { code, params },
});
const malformed = (at: string) => refused('SIGNATURE_MALFORMED', { at });

const mandatory = ['keyid', 'nonce', 'created', 'expires'] as const;
const parameterNames: ReadonlySet<string> = new Set([...mandatory, 'alg', 'tag']);
const noncePattern = /^[\x21-\x7e]{16,128}$/;
const keyIdPattern = /^cvk_[a-z0-9]{12}$/;

/**
 * Reads Signature-Input and Signature. Refuses, in this order: SIGNATURE_MALFORMED for what is not one member of a dictionary exactly as
 * RFC 8941 serialises it, under one label in both, or names what is not known here; SIGNATURE_INCOMPLETE for a parameter that is missing, or
 * one of `required`; SIGNATURE_ALGORITHM; SIGNATURE_LIFE; SIGNATURE_FROM_FUTURE; SIGNATURE_EXPIRED.
 */
export function readSignature(
  sent: { readonly input: string | undefined; readonly signature: string | undefined },
  required: readonly Component[],
  now: Date,
): Read<SentSignature> {
  const input = oneMember(sent.input ?? '');
  const signed = oneMember(sent.signature ?? '');
  if (!input || !isInnerList(input.value)) return malformed('Signature-Input');
  if (!signed || isInnerList(signed.value)) return malformed('Signature');
  const bytes: unknown = signed.value[0];
  if (signed.label !== input.label || !(bytes instanceof ArrayBuffer) || bytes.byteLength !== 64) return malformed('Signature');

  const covered: Component[] = [];
  for (const [name, of] of input.value[0]) {
    if (!isComponent(name) || of.size > 0 || covered.includes(name)) return malformed(String(name));
    covered.push(name);
  }
  const [, parameters] = input.value;
  const other = [...parameters.keys()].find((name) => !parameterNames.has(name));
  if (other !== undefined) return malformed(other);
  const said = (name: string): unknown => parameters.get(name);
  const [keyid, nonce, created, expires] = mandatory.map(said);
  const [alg, tag] = ['alg', 'tag'].map(said);
  if (tag !== undefined && typeof tag !== 'string') return malformed('tag');
  const missing = [...required.filter((name) => !covered.includes(name)), ...mandatory.filter((name) => !parameters.has(name))];
  if (missing.length > 0) return refused('SIGNATURE_INCOMPLETE', { missing: missing.join(', ') });
  if (typeof nonce !== 'string' || !noncePattern.test(nonce)) return malformed('nonce');
  if (typeof keyid !== 'string' || !keyIdPattern.test(keyid)) return malformed('keyid');
  if (!isSecond(created)) return malformed('created');
  if (!isSecond(expires)) return malformed('expires');
  if (alg !== undefined && alg !== 'ed25519') return refused('SIGNATURE_ALGORITHM');
  if (expires <= created || expires - created > signatureLifeSeconds)
    return refused('SIGNATURE_LIFE', { most: String(signatureLifeSeconds) });
  const clock = now.getTime() / 1000;
  if (created > clock + clockSkewSeconds)
    return refused('SIGNATURE_FROM_FUTURE', { created: atSecond(created), now: formatInstant(now) });
  if (clock >= expires + clockSkewSeconds)
    return refused('SIGNATURE_EXPIRED', { expires: atSecond(expires), now: formatInstant(now) });
  return {
    kind: 'read',
    value: {
      keyId: keyid,
      nonce,
      signature: Buffer.from(bytes),
      covered,
      params: serializeInnerList(input.value),
      countsUntil: new Date((expires + clockSkewSeconds) * 1000),
    },
  };
}

const isInnerList = (member: Item | InnerList): member is InnerList => Array.isArray(member[0]);

/** Seconds of this era, whole and not of another unit. */
const isSecond = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0 && Number(value) < 1e11;
const atSecond = (second: number): string => formatInstant(new Date(second * 1000));

/**
 * The one member of a dictionary that is written as RFC 8941 serialises it, or null. A label or parameter that comes twice would be taken by
 * some readers for the first and by others for the last: here it is not what it serialises to, and so is nothing.
 */
function oneMember(text: string) {
  try {
    const dictionary = parseDictionary(text);
    const [[label, value] = []] = dictionary;
    if (label === undefined || value === undefined || dictionary.size !== 1) return null;
    return serializeDictionary(dictionary) === text ? { label, value } : null;
  } catch {
    return null;
  }
}

/** What is signed (RFC 9421, 2.5): a line for each part of the message, by its name, and the parameters last. */
export const signatureBase = <Name extends string>(
  covered: readonly Name[],
  params: string,
  valueOf: (name: Name) => string,
): Buffer =>
  Buffer.from([...covered.map((name) => `"${name}": ${valueOf(name)}\n`), `"@signature-params": ${params}`].join(''), 'latin1');
