// Bank account numbers are stored encrypted and compared by fingerprint. AES-256-GCM with a random nonce per value; the
// fingerprint is an HMAC under a key of its own, so that equal numbers can be found without opening any.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export interface Sealer {
  /** `v1.<nonce>.<tag>.<ciphertext>`, base64url; `context` binds the value to its row and must be given to open it. */
  seal(plain: string, context: string): string;
  /** Throws when the value was altered, or belongs to another context or key. */
  open(sealed: string, context: string): string;
  /** Equal for equal values, 64 hex characters. */
  fingerprint(plain: string): string;
}

/** `secret` is the FIELD_KEY setting: 32 bytes, from which the two keys are derived (HKDF-SHA-256). */
export function makeSealer(secret: Buffer): Sealer {
  if (secret.length !== 32) throw new Error('a field key has 32 bytes');
  const derive = (info: string) => Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), info, 32));
  const encryption = derive('compute-voucher-ledger field encryption v1');
  const comparison = derive('compute-voucher-ledger field fingerprint v1');
  return {
    seal(plain, context) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', encryption, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return ['v1', ...[nonce, cipher.getAuthTag(), body].map((part) => part.toString('base64url'))].join('.');
    },
    open(sealed, context) {
      const [version, nonce, tag, body] = sealed.split('.');
      if (version !== 'v1' || nonce === undefined || tag === undefined || body === undefined)
        throw new Error('not a sealed value');
      const decipher = createDecipheriv('aes-256-gcm', encryption, Buffer.from(nonce, 'base64url'), { authTagLength: 16 })
        .setAAD(Buffer.from(context))
        .setAuthTag(Buffer.from(tag, 'base64url'));
      return Buffer.concat([decipher.update(Buffer.from(body, 'base64url')), decipher.final()]).toString('utf8');
    },
    fingerprint: (plain) => createHmac('sha256', comparison).update(plain).digest('hex'),
  };
}
