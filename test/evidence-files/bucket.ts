/** A small S3-like server on the loopback: it checks every signature and every hash, and breaks when it is told to. Not a test itself. */
import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const bucketKey = { keyId: 'AKIDTEST', secret: 'not a secret', region: 'cn-north-1' };

export interface TestBucket {
  readonly url: string;
  readonly objects: Map<string, Buffer>;
  /** Puts that came whole and rightly signed. */
  readonly puts: () => number;
  /** What happens to the next put: it is answered 500, or its connection breaks in the middle. */
  fail(how: 'answer' | 'break' | null): void;
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** AWS Signature Version 4, worked out from its document and not from the library that signs. */
function isSigned(request: IncomingMessage): boolean {
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (!found) return false;
  const [, keyId = '', day = '', region = '', names = '', signature = ''] = found;
  const url = new URL(request.url ?? '', 'http://bucket');
  const query = [...url.searchParams].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).sort();
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`);
  const content = String(request.headers['x-amz-content-sha256']);
  const canonical = [request.method, url.pathname, query.join('&'), headers.join(''), names, content].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = hmac(hmac(hmac(hmac(`AWS4${bucketKey.secret}`, day), region), 's3'), 'aws4_request');
  return keyId === bucketKey.keyId && region === bucketKey.region && hmac(key, text).toString('hex') === signature;
}

export async function startBucket(t: { teardown(handler: () => Promise<void>): void }): Promise<TestBucket> {
  const objects = new Map<string, Buffer>();
  let [puts, failing]: [number, 'answer' | 'break' | null] = [0, null];
  const server = createServer((request, response) => {
    const answer = (status: number, body: string | Buffer = '') => response.writeHead(status).end(body);
    if (!isSigned(request)) return void answer(403);
    const url = new URL(request.url ?? '', 'http://bucket');
    const key = url.pathname.slice('/evidence/'.length);
    if (request.method === 'PUT' && failing === 'break') return void request.once('data', () => request.destroy());
    if (request.method === 'GET' && url.searchParams.has('list-type')) {
      const prefix = url.searchParams.get('prefix') ?? '';
      const after = url.searchParams.get('start-after') ?? '';
      const keys = [...objects.keys()].filter((of) => of.startsWith(prefix) && of > after).sort();
      const contents = keys
        .slice(0, 1)
        .map((of) => `<Contents><Key>${of}</Key><LastModified>2020-01-01T00:00:00Z</LastModified></Contents>`);
      const truncated = `<IsTruncated>${String(keys.length > 1)}</IsTruncated>`;
      return void answer(200, `<?xml version="1.0"?><ListBucketResult>${truncated}${contents.join('')}</ListBucketResult>`);
    }
    if (request.method === 'GET') {
      const found = objects.get(key);
      return void (found ? answer(200, found) : answer(404));
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      if (failing === 'answer') return void answer(500);
      if (sha256(bytes) !== request.headers['x-amz-content-sha256']) return void answer(400);
      objects.set(key, bytes);
      puts++;
      answer(200);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/evidence`,
    objects,
    puts: () => puts,
    fail: (how) => {
      failing = how;
    },
  };
}
