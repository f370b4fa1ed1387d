// What the description of the API says of who may call an address, and how: read from what the address is guarded by, so that the two cannot differ.
import type { FastifyContextConfig } from 'fastify';

const sameSite = { session: [], ownSite: [] };
const signed = { signature: [], signatureInput: [] };

/** The ways in which a request may say who sends it. */
export const securitySchemes = {
  apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of a member of the book' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-session-{book}',
    description: 'The session of a person who has signed in',
  },
  ownSite: {
    type: 'apiKey',
    in: 'header',
    name: 'Sec-Fetch-Site',
    description:
      'Against requests that another site makes a browser send: what writes by session says `same-origin`, as browsers do by themselves, or has the Origin of the service; its Content-Type is none that a form has',
  },
  signature: {
    type: 'apiKey',
    in: 'header',
    name: 'Signature',
    description: 'RFC 9421, Ed25519: by a key of a member that signs, over what Signature-Input lists',
  },
  signatureInput: {
    type: 'apiKey',
    in: 'header',
    name: 'Signature-Input',
    description:
      'Covers @method and @target-uri, content-digest (RFC 9530) where there is a body, idempotency-key where something is written; with created, expires, nonce and keyid',
  },
} as const;

/** The security of an operation, and beside it whose it is: `x-roles`, `x-verb`, `x-person-only`, `x-step-up`, `x-delegable`. */
export function accessTold(method: string, config: FastifyContextConfig): Record<string, unknown> {
  const { open, sessionOnly, roles, verb, personOnly, stepUp, delegable } = config;
  const session = method === 'GET' ? { session: [] } : sameSite;
  return {
    security: open === true ? [] : sessionOnly === true ? [session] : [{ apiKey: [] }, signed, session],
    ...(roles === undefined ? {} : { 'x-roles': roles }),
    ...(verb === undefined ? {} : { 'x-verb': verb }),
    ...(personOnly === true ? { 'x-person-only': true } : {}),
    ...(stepUp === true ? { 'x-step-up': true } : {}),
    ...(delegable === true ? { 'x-delegable': true } : {}),
  };
}
