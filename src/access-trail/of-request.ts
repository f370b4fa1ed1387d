// What of a request belongs into the trail of access.
import type { FastifyRequest } from 'fastify';
import { addressBlock } from '../http/buckets.js';
import type { OpenBook } from '../http/parts.js';
import type { Access } from './trail.js';

/**
 * The decision on access that a request met: 401 and 403; 404 at an address that names something, for so it is told to those whose it is
 * not; and what was done where that takes a natural person or a second factor, or answers what is sensitive. Null for all else: what a
 * verb refuses is no matter of access, and what it does is an entry of the book. Of signing in, and what people change of their accounts,
 * everything. `bookOf`: books open in this process, by code.
 */
export function accessOf(request: FastifyRequest, status: number, bookOf: (code: string) => OpenBook | undefined): Access | null {
  const { flight } = request;
  const { config, refusedWith } = flight;
  if (config === undefined || (config.open === true && !config.accountEvent)) return null;
  const denied = status === 401 || status === 403 || status === 404 || (config.accountEvent === true && status >= 400);
  const matters =
    status < 300 &&
    (config.personOnly === true || config.sensitive === true || config.stepUp === true || config.accountEvent === true);
  if (!denied && !matters) return null;
  const { book: code, id, code: named } = request.params as { book?: string; id?: string; code?: string };
  const subject = id ?? named ?? flight.about;
  if (code === undefined || (status === 404 && subject === undefined)) return null;
  // A book that nobody opened here yet was not even looked at with this key.
  const book = bookOf(code);
  if (!book || (denied && refusedWith === undefined)) return null;
  const { principal } = request as { principal?: FastifyRequest['principal'] };
  return {
    bookId: book.bookId,
    action: `${request.method} ${flight.route}`,
    subject,
    code: denied ? refusedWith : undefined,
    by: principal && {
      memberId: principal.memberId,
      personId: principal.personId,
      role: principal.role,
      means: principal.means,
    },
    credential: credentialOf(request),
    address: addressBlock(request.ip),
    requestId: request.id,
  };
}

/** Of a key that looks like one of ours, the part it is found by; of anything else nothing, for it may be a secret of elsewhere. */
const credentialOf = ({ headers }: FastifyRequest): string | undefined =>
  (/^bearer (cvk_[a-z0-9]{12})_/i.exec(headers.authorization ?? '') ??
    /;keyid="(cvk_[a-z0-9]{12})"/.exec(String(headers['signature-input'])))?.[1];
