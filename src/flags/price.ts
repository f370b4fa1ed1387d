// Whether the price of a card-hour lies far from the provider's own list. Pure.
import type { ListPrice } from '../../db/tables.js';
import type { Fen } from '../money.js';

/** A price in millionths of a yuan, exact: `"12.500000"` is 12500000n. */
export function microYuanOf(text: string): bigint {
  const [whole = '0', decimals = ''] = text.split('.');
  return BigInt(whole + decimals.padEnd(6, '0'));
}

/** From fen to millionths of a yuan, times ten-thousandths of card-hours. */
const scale = 10n ** 8n;

/** So much for so many card-hours, in ten-thousandths. */
export interface Priced {
  readonly grossFen: Fen;
  readonly cardHours: bigint;
}

/**
 * Whether the price of these card-hours differs from the list price (yuan, gross) by more than so many basis points of the list price,
 * above it or below; compared without a division: a difference of exactly as much is not far.
 */
export function isFarFromList({ grossFen, cardHours }: Priced, listPrice: ListPrice['price'], basisPoints: number): boolean {
  // Both sides are the price times ten-thousandths of card-hours, in millionths of a yuan.
  const [paid, listed] = [grossFen * scale, microYuanOf(listPrice) * cardHours];
  const apart = paid > listed ? paid - listed : listed - paid;
  return apart * 10_000n > listed * BigInt(basisPoints);
}

/** Yuan a card-hour, to six decimals, cut: for people, never to compare. */
export function pricePerCardHour({ grossFen, cardHours }: Priced): string {
  const digits = ((grossFen * scale) / cardHours).toString().padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
