// The three kinds of contract lines that the demo world knows.
import type { DemoLine } from './world.js';

/** Card-hours of AI compute; `chip` is its place in the catalogue, `used` what each month of billing took. */
export function line(
  description: string,
  facility: string,
  chip: number,
  quantity: string,
  price: string,
  used: DemoLine['used'],
): DemoLine {
  return { description, item: 'AI_COMPUTE', facility, chip, unit: 'CARD_HOUR', quantity, price, used };
}

/** Core-hours of a supercomputing centre. */
export function cores(description: string, facility: string, quantity: string, price: string, used: DemoLine['used']): DemoLine {
  return { description, item: 'SUPERCOMPUTE', facility, unit: 'CORE_HOUR', quantity, price, used };
}

/** Twelve months of a data centre at one price. */
export function months(description: string, facility: string, price: string, used: DemoLine['used'] = ['1', '1', '1']): DemoLine {
  return { description, item: 'GENERAL_COMPUTE', facility, unit: 'MONTH', quantity: '12', price, used };
}
