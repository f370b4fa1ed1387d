// Numbers by which things are known: our own ids, and those the state and the banks give out.
import { randomFillSync } from 'node:crypto';
import { type Day, yearOf } from './calendar.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

// 26 bits count within a millisecond (12 of rand_a, the first 14 of rand_b), 48 bits are random in every id. The counter
// starts at random in its lower half, so at least 33 million ids fit before the time is borrowed from the next millisecond.
const COUNTER_END = 2 ** 26;
const LAST_MILLISECOND = 2 ** 48 - 1;
const pool = Buffer.alloc(6 * 1024);
let poolUsed = pool.length;
let lastTime = -1;
let lastTimeHex = '';
let counter = 0;

/** An id below which none is that was made at this instant or later. */
export function firstIdOf(instant: Date): string {
  const hex = instant.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/**
 * A UUID version 7 (RFC 9562, 6.2 method 1): its time is `now`, and each is greater, as text too, than every one this
 * process made before. So when the clock stands still or is set back, the time of the last id is kept and counted on:
 * order ids by it, but never read a time out of one. Not a secret. Throws on an invalid Date or one before 1970.
 */
export function uuidv7(now: Date): string {
  const time = now.getTime();
  if (!(time >= 0 && time <= LAST_MILLISECOND)) throw new RangeError('uuidv7 of an instant outside its 48 bits');
  if (poolUsed + 6 > pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  counter += 1;
  if (time > lastTime || counter === COUNTER_END) {
    lastTime = Math.max(time, lastTime + 1);
    lastTimeHex = lastTime.toString(16).padStart(12, '0');
    counter = pool.readUInt32BE(poolUsed) >>> 7;
    // These bytes are spent: the six of the id itself must not show where the counter started.
    poolUsed += 6;
    if (poolUsed === pool.length) {
      randomFillSync(pool);
      poolUsed = 0;
    }
  }
  const random = pool.toString('hex', poolUsed, poolUsed + 6);
  poolUsed += 6;
  const upper = (0x7000 | (counter >>> 14)).toString(16);
  const lower = (0x8000 | (counter & 0x3fff)).toString(16);
  return `${lastTimeHex.slice(0, 8)}-${lastTimeHex.slice(8)}-${upper}-${lower}-${random}`;
}

/**
 * Whether the text has the form of a UUID of any version, in lower case as we write them. Upper case is not accepted:
 * ids are compared as text, and the same id written twice must be the same text.
 */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const USCC_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const DIGITS = '0123456789';

export type UsccCheck =
  | { kind: 'valid'; uscc: string }
  | { kind: 'invalid'; code: 'USCC_LENGTH'; params: { expected: number; found: number } }
  | { kind: 'invalid'; code: 'USCC_CHARACTER'; params: { position: number; found: string; allowed: string } }
  | { kind: 'invalid'; code: 'USCC_CHECK_CHARACTER'; params: { expected: string; found: string } };

/**
 * A unified social credit code (统一社会信用代码, GB 32100-2015). Spaces around it are dropped and a–z read as A–Z; the
 * valid one comes back so normalised, and only that form is stored. Full-width characters are not folded.
 *
 * Refused, in this order: USCC_LENGTH unless 18 characters; USCC_CHARACTER for the first that its position (from 1) does
 * not allow: none of I O S V Z, digits only in the division code, 3 to 8; USCC_CHECK_CHARACTER with the one expected.
 */
export function checkUscc(text: string): UsccCheck {
  const uscc = text.trim().replace(/[a-z]/g, (letter) => letter.toUpperCase());
  const characters = [...uscc];
  if (characters.length !== 18)
    return { kind: 'invalid', code: 'USCC_LENGTH', params: { expected: 18, found: characters.length } };

  for (const [index, found] of characters.entries()) {
    const allowed = index >= 2 && index <= 7 ? DIGITS : USCC_ALPHABET;
    if (!allowed.includes(found))
      return { kind: 'invalid', code: 'USCC_CHARACTER', params: { position: index + 1, found, allowed } };
  }

  const expected = usccCheckCharacter(uscc.slice(0, 17));
  const found = uscc.slice(17);
  if (found !== expected) return { kind: 'invalid', code: 'USCC_CHECK_CHARACTER', params: { expected, found } };
  return { kind: 'valid', uscc };
}

/**
 * The 18th character that GB 32100-2015 computes from the first 17, upper case: alphabet[(31 − S mod 31) mod 31]. The
 * outer mod makes it «0» when S is a multiple of 31. Throws unless given 17 characters of the alphabet.
 */
export function usccCheckCharacter(first17: string): string {
  if (first17.length !== 17) throw new RangeError(`${first17.length} characters of a credit code, not 17`);
  const sum = USCC_WEIGHTS.reduce((total, weight, index) => {
    const value = USCC_ALPHABET.indexOf(first17.charAt(index));
    if (value < 0) throw new RangeError(`'${first17.charAt(index)}' in a credit code`);
    return total + value * weight;
  }, 0);
  return USCC_ALPHABET.charAt((31 - (sum % 31)) % 31);
}

/** A whole credit code for demo and test data: the 17 characters and their check character. Throws as the latter. */
export function makeUscc(first17: string): string {
  return first17 + usccCheckCharacter(first17);
}

export type InvoiceNumberCheck =
  | { kind: 'valid' }
  | { kind: 'invalid'; code: 'INVOICE_NUMBER_FORMAT'; params: { number: string } }
  | { kind: 'invalid'; code: 'INVOICE_NUMBER_YEAR'; params: { number: string; found: string; expected: string } };

/**
 * The number of a digital invoice (数电票) issued on `issuedOn`. It has no check digit (DOMAIN 6.3); the list of tax
 * divisions in positions 3–4 is not checked, for none is confirmed.
 *
 * Refused: INVOICE_NUMBER_FORMAT unless 20 ASCII digits; INVOICE_NUMBER_YEAR unless the first two are those of the year of
 * issue, 2022 at the earliest, the first year of such numbers (`expected` is two digits, or `"22"` for an earlier day).
 */
export function checkInvoiceNumber(text: string, issuedOn: Day): InvoiceNumberCheck {
  if (!/^\d{20}$/.test(text)) return { kind: 'invalid', code: 'INVOICE_NUMBER_FORMAT', params: { number: text } };
  const found = text.slice(0, 2);
  const year = Math.max(2022, yearOf(issuedOn));
  const expected = String(year).slice(2);
  if (found !== expected || year !== yearOf(issuedOn))
    return { kind: 'invalid', code: 'INVOICE_NUMBER_YEAR', params: { number: text, found, expected } };
  return { kind: 'valid' };
}

/** Of the first 17 digits of a resident id the weighted sum modulo 11 names the last character (GB 11643, ISO 7064 MOD 11-2). */
const residentIdWeights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** Whether a number is one of a resident id: 17 digits and the check character that they give; X is a capital. */
export function isResidentId(text: string): boolean {
  if (!/^\d{17}[\dX]$/.test(text)) return false;
  const sum = residentIdWeights.reduce((total, weight, at) => total + weight * Number(text[at]), 0);
  return text[17] === '10X98765432'[sum % 11];
}

export type BankCodeCheck = { kind: 'valid' } | { kind: 'invalid'; code: 'BANK_CODE_FORMAT'; params: { found: string } };

/** A bank branch's 联行号: 12 ASCII digits, else BANK_CODE_FORMAT. */
export function checkBankCode(text: string): BankCodeCheck {
  if (!/^\d{12}$/.test(text)) return { kind: 'invalid', code: 'BANK_CODE_FORMAT', params: { found: text } };
  return { kind: 'valid' };
}

/** 发文字号 as printed, with U+3014 and U+3015: `郑政文〔2024〕62号`. */
export function documentNumber(agency: string, year: number, n: number): string {
  return `${agency}\u3014${year}\u3015${n}号`;
}
