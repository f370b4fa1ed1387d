// The second factor: codes by time, RFC 6238 over RFC 4226, as every authenticator app makes them (HMAC-SHA-1, six digits, thirty
// seconds). Pure: secret and moment are handed in.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Bytes of a secret: as long as the hash, RFC 4226 part 4. */
export const totpSecretBytes = 20;
const stepSeconds = 30;
const digits = 6;

/** The step of time that a moment lies in, counted from 1970. */
export const stepAt = (now: Date): number => Math.floor(now.getTime() / (stepSeconds * 1000));

/** The code of a step: RFC 4226 part 5.3, with the step as its counter. `length` digits, six where people type them. */
export function codeOf(secret: Buffer, step: number, of: { length?: number; hash?: 'sha1' | 'sha256' | 'sha512' } = {}): string {
  const { length = digits, hash = 'sha1' } = of;
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac(hash, secret).update(counter).digest();
  const offset = mac.readUInt8(mac.length - 1) & 0xf;
  const number = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** length).padStart(length, '0');
}

/**
 * The step whose code this is, of the one that `now` lies in and its neighbours (RFC 6238 part 5.2: one step each way for clocks that
 * differ), later than `lastStep`, whose code was used; null where there is none.
 */
export function stepOfCode(secret: Buffer, code: string, now: Date, lastStep: number): number | null {
  const given = Buffer.from(code);
  let found: number | null = null;
  for (const step of [-1, 0, 1].map((beside) => stepAt(now) + beside)) {
    const expected = Buffer.from(codeOf(secret, step));
    if (given.length === expected.length && timingSafeEqual(given, expected) && step > lastStep) found = step;
  }
  return found;
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 base 32 without padding: how apps take a secret, and how recovery codes are written. Whole groups of five bytes. */
export function toBase32(bytes: Buffer): string {
  if (bytes.length % 5 !== 0) throw new RangeError('bytes that are no multiple of five would need padding');
  let text = '';
  for (let at = 0; at < bytes.length; at += 5) {
    const group = bytes.readUIntBE(at, 5);
    for (let place = 7; place >= 0; place--) text += base32.charAt(Math.floor(group / 32 ** place) % 32);
  }
  return text;
}

/** What an authenticator app reads from a QR code: https://github.com/google/google-authenticator/wiki/Key-Uri-Format. */
export function otpauthUri(secret: string, of: { book: string; name: string }): string {
  const label = [of.book, of.name].map(encodeURIComponent).join(':');
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(of.book)}`;
}
