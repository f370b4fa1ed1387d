// Bank account numbers and personal data are stored encrypted, and compared by fingerprint where they must be. Each value has a nonce of
// its own and is bound to its row; the fingerprint is an HMAC under a key of its own, so that equal values can be found without opening any,
// and still are when the keys that seal have been exchanged.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Sealer {
  /**
   * `v2.<key>.<nonce>.<tag>.<ciphertext>` (under a lone FIELD_KEY `v1.<nonce>.…`), base64url; `context` binds the value to its row and
   * must be given to open it.
   */
  seal(plain: string, context: string): string;
  /** Throws when the value was altered, belongs to another context, or was sealed by a key that is not in the ring. */
  open(sealed: string, context: string): string;
  /** Equal for equal values, 64 hex characters. */
  fingerprint(plain: string): string;
  /** What every value begins with that the key sealed by which is sealed now; one that begins otherwise waits for its rotation. */
  readonly current: string;
}

/** AES-256-GCM; or, where national algorithms are asked for, SM4-CTR with HMAC-SM3 over what it wrote (node has no SM4-GCM). */
export type FieldAlgorithm = 'aes-256-gcm' | 'sm4-ctr-hmac-sm3';

export interface FieldKey {
  /** Stands in every value that it sealed. */
  readonly id: string;
  readonly algorithm: FieldAlgorithm;
  /** 32 bytes. */
  readonly secret: Buffer;
}

export interface FieldKeys {
  /** The first seals, all open. */
  readonly ring: readonly FieldKey[];
  /** The FIELD_KEY of before there was a ring: opens what has no key's name in it. */
  readonly unnamed?: Buffer;
  /** 32 bytes. It stays when the ring changes: stored fingerprints, and digests over them, stand on it. */
  readonly fingerprint: Buffer;
}

/** A value that was sealed under a key which is not in the ring (any more). */
export class NoSuchKey extends Error {}

interface Cipher {
  encrypt(plain: Buffer, bound: Buffer): readonly [nonce: Buffer, tag: Buffer, body: Buffer];
  decrypt(parts: { readonly nonce: Buffer; readonly tag: Buffer; readonly body: Buffer }, bound: Buffer): Buffer;
}

/** 32 bytes as the FIELD_KEY setting has them, or a ring. */
export function makeSealer(of: Buffer | FieldKeys): Sealer {
  const { ring, unnamed, fingerprint }: FieldKeys = Buffer.isBuffer(of) ? { ring: [], unnamed: of, fingerprint: of } : of;
  const ciphers = new Map(ring.map(({ id, algorithm, secret }) => [`v2.${id}.`, cipherOf[algorithm](secret, 'v2')]));
  if (unnamed) ciphers.set('v1.', aesGcm(unnamed, 'v1'));
  const [first] = ciphers;
  if (!first || ciphers.size !== ring.length + (unnamed ? 1 : 0)) throw new Error('a ring has keys, each with an id of its own');
  const [current, sealing] = first;
  const comparison = derive('sha256', fingerprint, 'compute-voucher-ledger field fingerprint v1', 32);
  // What is sealed under a named key is bound to that name too.
  const boundTo = (prefix: string, context: string) => Buffer.from(prefix === 'v1.' ? context : `${prefix} ${context}`);
  return {
    current,
    seal: (plain, context) =>
      current +
      sealing
        .encrypt(Buffer.from(plain), boundTo(current, context))
        .map((part) => part.toString('base64url'))
        .join('.'),
    open(sealed, context) {
      const [, prefix = '', rest = ''] = /^(v1\.|v2\.[^.]*\.)([\w-]*\.[\w-]*\.[\w-]*)$/.exec(sealed) ?? [];
      const [nonce, tag, body] = rest.split('.').map((part) => Buffer.from(part, 'base64url'));
      if (!nonce || !tag || !body) throw new Error('not a sealed value');
      const cipher = ciphers.get(prefix);
      if (!cipher) throw new NoSuchKey(`No key of the ring sealed this value: ${prefix} is missing from FIELD_KEYS.`);
      return cipher.decrypt({ nonce, tag, body }, boundTo(prefix, context)).toString('utf8');
    },
    fingerprint: (plain) => createHmac('sha256', comparison).update(plain).digest('hex'),
  };
}

function derive(hash: 'sha256' | 'sm3', secret: Buffer, info: string, bytes: number): Buffer {
  if (secret.length !== 32) throw new Error('a field key has 32 bytes');
  return Buffer.from(hkdfSync(hash, secret, Buffer.alloc(0), info, bytes));
}

const cipherOf: Record<FieldAlgorithm, (secret: Buffer, version: string) => Cipher> = {
  'aes-256-gcm': aesGcm,
  'sm4-ctr-hmac-sm3': sm4,
};

function aesGcm(secret: Buffer, version: string): Cipher {
  const key = derive('sha256', secret, `compute-voucher-ledger field encryption ${version}`, 32);
  return {
    encrypt(plain, bound) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound);
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return [nonce, cipher.getAuthTag(), body];
    },
    decrypt({ nonce, tag, body }, bound) {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAAD(bound).setAuthTag(tag);
      return Buffer.concat([decipher.update(body), decipher.final()]);
    },
  };
}

/** Encrypts, then authenticates nonce, what it is bound to (with its length, so that none can be taken for a part of another) and ciphertext. */
function sm4(secret: Buffer, version: string): Cipher {
  const keys = derive('sm3', secret, `compute-voucher-ledger field encryption sm4 ${version}`, 48);
  const [encryption, authentication] = [keys.subarray(0, 16), keys.subarray(16)];
  const tagOf = (nonce: Buffer, bound: Buffer, body: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bound.length);
    return createHmac('sm3', authentication).update(nonce).update(length).update(bound).update(body).digest();
  };
  return {
    encrypt(plain, bound) {
      const nonce = randomBytes(16);
      const cipher = createCipheriv('sm4-ctr', encryption, nonce);
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return [nonce, tagOf(nonce, bound, body), body];
    },
    decrypt({ nonce, tag, body }, bound) {
      const expected = tagOf(nonce, bound, body);
      if (tag.length !== expected.length || !timingSafeEqual(tag, expected)) throw new Error('a sealed value was altered');
      const decipher = createDecipheriv('sm4-ctr', encryption, nonce);
      return Buffer.concat([decipher.update(body), decipher.final()]);
    },
  };
}
