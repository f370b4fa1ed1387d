// Whether the price of a card-hour lies far from the provider's own list. Pure.
import type { ContractLine, FlagParameter, ListPrice } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import type { Fen } from '../money.js';
import type { Chip } from './capacity.js';
import type { Suspicion } from './raise.js';
import { latestDated } from './rules.js';

/** A price in millionths of a yuan, exact: `"12.500000"` is 12500000n. */
const microYuanOf = (text: string): bigint => scaledBy(text, 6);

/** Text with up to so many decimals, as a whole number of its last decimal. */
function scaledBy(text: string, decimals: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(decimals, '0'));
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

/** Whether so much of something costs what so much of it (text of up to four decimals) did, a unit of it. */
export const costsAsBefore = (
  now: Pick<ContractLine, 'quantity' | 'grossFen'>,
  before: Pick<ContractLine, 'quantity' | 'grossFen'>,
): boolean => now.grossFen * scaledBy(before.quantity, 4) === before.grossFen * scaledBy(now.quantity, 4);

/** Yuan a card-hour, to six decimals, cut: for people, never to compare. */
export function pricePerCardHour({ grossFen, cardHours }: Priced): string {
  const digits = ((grossFen * scale) / cardHours).toString().padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** A line that bills so many card-hours (text of up to four decimals) of a chip. */
export interface PricedLine extends Pick<ContractLine, 'lineNo' | 'unit' | 'quantity' | 'grossFen'> {
  readonly chip: Chip | null;
}

/**
 * That a line's price lies far from the provider's list on each of these days: the first such line, in full, with how many there are.
 * Lines that are not by the card-hour, that name no chip or one that is not on the list are not looked at.
 */
export function farFromList(
  lines: readonly PricedLine[],
  prices: readonly ListPrice[],
  parameter: FlagParameter,
  days: readonly Day[],
): Suspicion | null {
  const basisPoints = parameter.basisPoints ?? 0;
  const far = lines.flatMap((line) => {
    const { chip } = line;
    if (line.unit !== 'CARD_HOUR' || chip === null) return [];
    const ofChip = prices.filter(({ chipVendor, chipModel }) => chipVendor === chip.vendor && chipModel === chip.model);
    const listed = days.map((day) => latestDated(ofChip, day));
    const priced = { grossFen: line.grossFen, cardHours: scaledBy(line.quantity, 4) };
    const isFar = priced.cardHours > 0n && listed.every((of) => of && isFarFromList(priced, of.price, basisPoints));
    return isFar && listed[0] ? [{ line, chip, priced, list: listed[0] }] : [];
  });
  const [first] = far;
  if (!first) return null;
  const { line, chip, priced, list } = first;
  return {
    kind: 'PRICE_FAR_FROM_LIST',
    amountFen: far.reduce((sum, of) => sum + of.line.grossFen, 0n),
    evidence: {
      inputs: {
        lineNo: String(line.lineNo),
        lines: String(far.length),
        chip: `${chip.vendor} ${chip.model}`,
        price: pricePerCardHour(priced),
        listPrice: list.price,
        source: list.source,
        basisPoints: String(basisPoints),
        documentNo: parameter.documentNo,
      },
      rows: far.map((of) => ({ kind: 'LIST_PRICE', id: of.list.listPriceId, name: `${of.list.validFrom}: ${of.list.price}` })),
    },
  };
}
