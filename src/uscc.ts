// A unified social credit code as it comes in: what every slice that takes one says of a wrong one.
import { checkUscc } from './identifiers.js';
import type { Refused } from './ledger/lane.js';
import { refused } from './ledger/lane.js';

/**
 * A code in the form it is stored in (GB 32100-2015, upper case), or the refusal that says which character was expected
 * where: USCC_LENGTH, USCC_CHARACTER, USCC_CHECK_CHARACTER. `pointer` is the field it was read from.
 */
export function readUscc(text: string, pointer: string): { kind: 'valid'; uscc: string } | Refused {
  const check = checkUscc(text);
  if (check.kind === 'valid') return check;
  const params = Object.fromEntries(Object.entries(check.params).map(([key, value]) => [key, String(value)]));
  return refused(check.code, params, pointer);
}

/** The valid ones of these codes in stored form, for a verb that gathers before it judges. */
export const validUsccs = (texts: readonly string[]): string[] =>
  texts.map(checkUscc).flatMap((check) => (check.kind === 'valid' ? [check.uscc] : []));
