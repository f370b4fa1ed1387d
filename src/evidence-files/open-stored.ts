// Bytes of the store on their way to who asked for them.
import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Evidence } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { ContentDamaged, StoreUnavailable } from './store.js';
import { verified } from './take-upload.js';

/**
 * The bytes of this hash (hex) and size of the request's book. They are verified on the way, and altered ones never reach their end. Throws
 * SERVICE_UNAVAILABLE where the store cannot be reached.
 */
export async function openStored(
  request: FastifyRequest,
  evidence: Evidence,
  { sha256, size }: { readonly sha256: string; readonly size: number },
): Promise<Readable> {
  const { bookId } = request.book;
  const onDamage = (err: Error): void => {
    evidence.damaged.count++;
    request.log.error({ err, bookId, sha256 }, 'stored bytes are damaged');
  };
  try {
    const bytes = await evidence.store.open({ bookId, sha256 });
    const checked = verified({ sha256, size }, onDamage);
    bytes.once('error', (error) => checked.destroy(error));
    checked.once('close', () => bytes.destroy());
    return bytes.pipe(checked);
  } catch (error) {
    if (error instanceof ContentDamaged) onDamage(error);
    if (error instanceof StoreUnavailable) throw unavailable(request, error);
    throw error;
  }
}

export function unavailable(request: FastifyRequest, error: StoreUnavailable): Problem {
  request.log.warn({ err: error }, 'the store of evidence files failed');
  return new Problem('SERVICE_UNAVAILABLE', {}, [], 5);
}
