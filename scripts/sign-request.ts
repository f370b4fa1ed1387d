// Sends a request signed as this service takes it (RFC 9421, Ed25519), with nothing but Node: an example to copy from.
//   npx tsx scripts/sign-request.ts <private key, PEM> <keyid> <method> <address> [body]
import { createHash, createPrivateKey, randomUUID, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface ToSign {
  readonly method: string;
  /** Whole, as it is sent: scheme, host, path and query. */
  readonly address: string;
  readonly body?: string | undefined;
  readonly contentType?: string;
  /** The same for every attempt at one thing; needed by whatever writes. */
  readonly idempotencyKey?: string | undefined;
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly now?: Date;
}

/** The headers of a signed request, for one attempt: a further one is signed anew, for a nonce counts once. */
export function signedHeaders(of: ToSign): Record<string, string> {
  const headers: Record<string, string> = {};
  if (of.idempotencyKey !== undefined) headers['idempotency-key'] = of.idempotencyKey;
  if (of.body !== undefined) {
    headers['content-type'] = of.contentType ?? 'application/json';
    headers['content-digest'] = `sha-256=:${createHash('sha256').update(of.body).digest('base64')}:`;
  }
  const parts = { '@method': of.method, '@target-uri': of.address, ...headers };
  const created = Math.floor((of.now ?? new Date()).getTime() / 1000);
  const covered = Object.keys(parts).map((name) => `"${name}"`);
  const params = `(${covered.join(' ')});created=${created};expires=${created + 120};nonce="${randomUUID()}";keyid="${of.keyId}";alg="ed25519"`;
  const lines = Object.entries(parts).map(([name, value]) => `"${name}": ${value}`);
  const base = [...lines, `"@signature-params": ${params}`].join('\n');
  return {
    ...headers,
    'signature-input': `sig1=${params}`,
    signature: `sig1=:${sign(null, Buffer.from(base), of.privateKey).toString('base64')}:`,
  };
}

async function send(file: string, keyId: string, method: string, address: string, body: string | undefined): Promise<void> {
  const idempotencyKey = method === 'GET' ? undefined : randomUUID();
  const headers = signedHeaders({
    method,
    address,
    body,
    idempotencyKey,
    keyId,
    privateKey: createPrivateKey(readFileSync(file)),
  });
  const answer = await fetch(address, { method, headers, ...(body === undefined ? {} : { body }) });
  process.stdout.write(`${answer.status} ${await answer.text()}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, keyId, method, address, body] = process.argv.slice(2);
  if (file === undefined || keyId === undefined || method === undefined || address === undefined) {
    process.stderr.write('usage: npx tsx scripts/sign-request.ts <private key, PEM> <keyid> <method> <address> [body]\n');
    process.exitCode = 1;
  } else await send(file, keyId, method, address, body);
}
