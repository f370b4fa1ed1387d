// Money: bigint fen inside, decimal.js where a rate is applied, "1234.56" (yuan) at every border. No float anywhere.
import { Decimal } from 'decimal.js';

export type { Decimal } from 'decimal.js';

/** An amount in fen, a hundredth of a yuan (100万元 = 100_000_000n). */
export type Fen = bigint;

// Amounts have at most 17 digits of fen and rates 5: 60 digits hold every product and every sum of products exactly.
// A clone of its own, so that nobody's Decimal.set can shorten it.
const Exact = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_DOWN });

const YUAN = /^(0|[1-9]\d{0,14})\.\d{2}$/;

/**
 * Reads yuan with exactly two decimals, as in every request and file: `"1234.56"` is 123456n.
 * Null for all else: signs, spaces, separators, leading zeros, one or three decimals, more than 15 digits of yuan.
 */
export function parseYuan(text: string): Fen | null {
  return YUAN.test(text) ? BigInt(text.slice(0, -3) + text.slice(-2)) : null;
}

/** Writes fen as yuan with two decimals: 123456n is `"1234.56"`, -5n is `"-0.05"`. */
export function formatYuan(fen: Fen): string {
  const digits = (fen < 0n ? -fen : fen).toString().padStart(3, '0');
  return `${fen < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/**
 * base × rate, exact, in fen with its fraction; `base` in fen, the rate in basis points (3000 = 30 %).
 * Add and compare such values first and floor the total with `floorFen`. Throws when the rate is no whole number.
 */
export function applyRate(base: Fen, basisPoints: bigint | number): Decimal {
  return new Exact(base.toString()).times(BigInt(basisPoints).toString()).div(10_000);
}

/**
 * Down to the whole fen: towards minus infinity, never to the nearest. Once per award, on the summed exact value:
 * «不超过» is a ceiling, so half a fen up would already be beyond it, and flooring every part loses fen that the
 * programme grants (DOMAIN 1.3-5; cases Z2, Z12, C1, D5).
 */
export function floorFen(exact: Decimal): Fen {
  return BigInt(exact.floor().toFixed(0));
}

/**
 * An amount weighed by its rate, fen × basis points: exact, so parts of different rates add up before anything is cut. Down to the
 * whole fen, towards minus infinity, for the reason and in the place of `floorFen`.
 */
export function floorWeighted(weighted: bigint): Fen {
  const fen = weighted / 10_000n;
  return weighted < 0n && fen * 10_000n !== weighted ? fen - 1n : fen;
}

/** A weighed amount in yuan with every decimal it has, two at least: 12345n × 3333 is `"41.145885"`. */
export function formatWeighted(weighted: bigint): string {
  const digits = (weighted < 0n ? -weighted : weighted).toString().padStart(7, '0');
  const decimals = digits.slice(-6).replace(/0{1,4}$/, '');
  return `${weighted < 0n ? '-' : ''}${digits.slice(0, -6)}.${decimals}`;
}

/**
 * floor(share × pool / sum), all in fen: what falls to `share` when `sum` has been approved and `pool` can be given.
 * The results never add up to more than the pool; the residue stays in it (DOMAIN 1.3-7, case D9). With a pool above
 * the sum it would give more than was approved: hand in min(pool left, sum). Throws on a negative amount or a sum of 0.
 */
export function proRata(share: Fen, pool: Fen, sum: Fen): Fen {
  if (share < 0n || pool < 0n || sum <= 0n) throw new RangeError(`proRata of ${share} in ${pool} of ${sum}`);
  return (share * pool) / sum;
}

/** One funder's part of a programme's money, in basis points of the whole. */
export interface FunderShare {
  funder: string;
  basisPoints: number;
}

/** One funder's part of an amount, in fen. */
export interface FunderAmount {
  funder: string;
  amount: Fen;
}

/**
 * Splits `total` fen among its funders, in the order named; the last-named takes the odd fen (DOMAIN E-5).
 *
 * Each funder takes the floor of its share of what the ones before it left: floor(total × bp / 10000) for the first,
 * and floor(left × bp / (basis points not yet served)) for the next; the last takes what is left. For two funders that is
 * floor and rest. For three it is *not* the floor of the total for each: two such floors can rise on the same fen,
 * and the last-named would have to give one back (3333/3333/3334: 0+0+3 of 3 fen, but 1+1+2 of 4). Cut in two at a
 * time, no part ever shrinks while the total grows, which `splitIncrement` and a ledger that only adds rely on.
 *
 * Guaranteed: the parts add up to `total`; each is ≥ 0 and never falls as `total` rises; the first-named never gets more
 * than its exact share; with up to three funders everyone but the last-named is less than a fen from its exact share,
 * and the last-named is never below its own and over it by less than the number of the others in fen; multiples of
 * 100.00 yuan split without any rounding.
 *
 * Throws on a negative total and on shares that are no whole numbers ≥ 0 or do not add up to 10000: the programme's
 * check has let none through.
 */
export function splitByFunders(total: Fen, shares: readonly FunderShare[]): FunderAmount[] {
  if (total < 0n) throw new RangeError(`split of a negative amount: ${total}`);
  if (shares.some(({ basisPoints }) => !Number.isInteger(basisPoints) || basisPoints < 0))
    throw new RangeError('funder shares must be whole basis points, 0 or more');
  let unserved = shares.reduce((sum, { basisPoints }) => sum + basisPoints, 0);
  if (unserved !== 10_000) throw new RangeError(`funder shares add up to ${unserved}, not to 10000 basis points`);

  let left = total;
  return shares.map(({ funder, basisPoints }, index) => {
    const last = index === shares.length - 1;
    // Nothing is left either once all 10000 are served: only funders of 0 basis points follow.
    const amount = last || unserved === 0 ? left : (left * BigInt(basisPoints)) / BigInt(unserved);
    left -= amount;
    unserved -= basisPoints;
    return { funder, amount };
  });
}

/**
 * Splits the next `amount` fen when `before` fen of the same fund have been split already:
 * split(before + amount) − split(before).
 *
 * Guaranteed: whatever the batches, the parts of each batch add up to its amount, no part is negative, and a funder's
 * parts of all batches add up to its part of the total, so rounding never accumulates. A part may be 0: no transfer.
 * Holds while the shares stay the same; throws as `splitByFunders`, and on a negative amount.
 */
export function splitIncrement(before: Fen, amount: Fen, shares: readonly FunderShare[]): FunderAmount[] {
  if (amount < 0n) throw new RangeError(`split of a negative amount: ${amount}`);
  const had = splitByFunders(before, shares);
  return splitByFunders(before + amount, shares).map((has, index) => ({
    funder: has.funder,
    amount: has.amount - (had[index]?.amount ?? 0n),
  }));
}

/** The sum in fen; 0n of nothing. */
export function sumFen(values: Iterable<Fen>): Fen {
  let sum = 0n;
  for (const value of values) sum += value;
  return sum;
}

/** The least of one or more amounts in fen. */
export function minFen(first: Fen, ...others: Fen[]): Fen {
  return others.reduce((least, value) => (value < least ? value : least), first);
}

/** An amount that is no less than nothing. */
export const atLeastNone = (fen: Fen): Fen => (fen > 0n ? fen : 0n);

const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const PLACES = ['仟', '佰', '拾', ''];
const YI = 100_000_000n;

/**
 * 人民币大写 (支付结算办法 附件一; 会计基础工作规范 第52条), in the one form we write: `人民币壹仟肆佰零玖元伍角整`.
 * 整 after 元 and after 角, never after 分. Where the rules leave a 零 to the writer (元 or 万 position 0, next lower
 * position not 0) we write none. Below one yuan the words stand without 元 and without 人民币 (`伍分`), zero is `零元整`.
 * Throws on a negative amount (words know no sign) and from 10^16 yuan on (no name above 万亿 is agreed).
 */
export function amountInWords(fen: Fen): string {
  const yuan = fen / 100n;
  if (fen < 0n || yuan >= YI * YI) throw new RangeError(`no words for ${fen} fen`);
  if (fen === 0n) return '零元整';
  const jiao = Number((fen / 10n) % 10n);
  const lastFen = Number(fen % 10n);

  let words = yuan === 0n ? '' : `人民币${integerInWords(yuan)}元`;
  if (jiao > 0) words += `${DIGITS[jiao]}角`;
  else if (yuan > 0n && lastFen > 0) words += '零';
  return words + (lastFen > 0 ? `${DIGITS[lastFen]}分` : '整');
}

// `after`: there are higher positions, so zeros in front are interior ones.
function integerInWords(value: bigint, after = false): string {
  if (value >= YI) return `${integerInWords(value / YI)}亿${integerInWords(value % YI, true)}`;
  const upper = fourDigitsInWords(value / 10_000n, after);
  return `${upper}${upper && '万'}${fourDigitsInWords(value % 10_000n, after || upper !== '')}`;
}

function fourDigitsInWords(value: bigint, after: boolean): string {
  let words = '';
  let zero = false;
  for (const [index, character] of [...value.toString().padStart(4, '0')].entries()) {
    const digit = Number(character);
    if (digit === 0) {
      zero = true;
      continue;
    }
    if (zero && (after || words !== '')) words += '零';
    words += `${DIGITS[digit]}${PLACES[index]}`;
    zero = false;
  }
  return words;
}
