// An S3-compatible bucket: objects `<book>/<SHA-256>`. Signed by SigV4; sent by node's own client, which streams a body of known length.
// The bucket holds the bytes against the hash in the signature, so what it acknowledges is what was sent.
import type { IncomingMessage } from 'node:http';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import { AwsV4Signer } from 'aws4fetch';
import { elementsAt, parseSafeXml, textAt } from './safe-xml.js';
import type { Content, EvidenceStore } from './store.js';
import { ContentDamaged, StoreUnavailable } from './store.js';

export interface Bucket {
  /** With the bucket in its path: `https://s3.example.cn/evidence`. */
  readonly url: string;
  readonly region: string;
  readonly keyId: string;
  readonly secret: string;
  /** How long the bucket may be silent, in milliseconds. */
  readonly patienceMs?: number;
}

const nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export function bucketStore(bucket: Bucket): EvidenceStore {
  const root = bucket.url.replace(/\/+$/, '');
  const { patienceMs = 20_000 } = bucket;

  /** Sends a request and resolves with its answer, the body unread. Throws StoreUnavailable when there is none. */
  async function send(
    method: 'GET' | 'PUT',
    url: string,
    body?: { file: string; size: number; sha256: string },
  ): Promise<IncomingMessage> {
    const signer = new AwsV4Signer({
      method,
      url,
      service: 's3',
      region: bucket.region,
      accessKeyId: bucket.keyId,
      secretAccessKey: bucket.secret,
      headers: { 'x-amz-content-sha256': body?.sha256 ?? nothing },
    });
    const signed = await signer.sign();
    const headers = {
      ...Object.fromEntries(signed.headers),
      ...(body ? { 'content-length': String(body.size), 'content-type': 'application/octet-stream' } : {}),
    };
    const request = (signed.url.protocol === 'http:' ? plain : secure)(signed.url, { method, headers });
    request.setTimeout(patienceMs, () => request.destroy(new Error('the bucket is silent')));
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.once('error', reject);
    });
    try {
      if (body) {
        // What the bucket answers before the body has gone is told too: the sending then fails as well.
        const sent = pipeline(createReadStream(body.file), request);
        sent.catch(() => undefined);
      } else request.end();
      return await answered;
    } catch (error) {
      throw new StoreUnavailable('the bucket of evidence files cannot be reached', { cause: error });
    }
  }

  const urlOf = ({ bookId, sha256 }: Content): string => `${root}/${bookId}/${sha256}`;
  const refusedBy = async (answer: IncomingMessage): Promise<StoreUnavailable> => {
    answer.resume();
    return new StoreUnavailable(`the bucket of evidence files answered ${answer.statusCode ?? 0}`);
  };

  return {
    incoming: path.join(tmpdir(), 'evidence-incoming'),

    async put(content, file, size) {
      const answer = await send('PUT', urlOf(content), { file, size, sha256: content.sha256 });
      if (answer.statusCode !== 200) throw await refusedBy(answer);
      await drained(answer);
    },

    async open(content): Promise<Readable> {
      const answer = await send('GET', urlOf(content));
      if (answer.statusCode === 200) return answer;
      const failure = await refusedBy(answer);
      throw answer.statusCode === 404 ? new ContentDamaged(`bytes ${content.sha256} are not there`) : failure;
    },

    async *list(bookId) {
      let after: string | undefined;
      do {
        const query = new URLSearchParams({
          'list-type': '2',
          prefix: `${bookId}/`,
          ...(after === undefined ? {} : { 'start-after': after }),
        });
        const answer = await send('GET', `${root}?${query.toString()}`);
        if (answer.statusCode !== 200) throw await refusedBy(answer);
        const page = parseSafeXml(await buffer(answer));
        let last: string | undefined;
        for (const object of elementsAt(page, 'ListBucketResult/Contents')) {
          if (typeof object === 'string') continue;
          last = textAt(object, ['Key']);
          const sha256 = last?.slice(bookId.length + 1) ?? '';
          if (/^[0-9a-f]{64}$/.test(sha256)) yield { sha256, putAt: new Date(textAt(object, ['LastModified']) ?? 0) };
        }
        after = textAt(page, ['ListBucketResult/IsTruncated']) === 'true' ? last : undefined;
      } while (after !== undefined);
    },
  };
}

async function drained(answer: IncomingMessage): Promise<void> {
  try {
    for await (const _ of answer) {
      // An answer to a PUT is empty.
    }
  } catch (error) {
    throw new StoreUnavailable('the bucket of evidence files broke off', { cause: error });
  }
}
