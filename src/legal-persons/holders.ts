// Whom one holder relates: legal persons of which one holds the other, or which the same hold or lead. The state is nobody here: common
// state control alone relates nobody (公司法第265条).
import type { LegalPersonHolder } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { holderShelf } from './facts.js';
import { holdersWithin } from './rules.js';

interface Days {
  readonly from: Day;
  readonly to: Day;
}

/** Gathers who holds and leads these legal persons, and answers whom these hold or lead: of those that anybody holds, themselves too. */
export async function gatherHolders(loader: Loader, legalPersons: readonly string[]): Promise<string[]> {
  const own = await loader.load(holderShelf, 'legalPerson', legalPersons);
  const theirs = await loader.load(
    holderShelf,
    'holder',
    own.map(({ holder }) => holder),
  );
  const others = [...new Set(theirs.map(({ legalPersonUscc }) => legalPersonUscc))];
  await loader.load(holderShelf, 'legalPerson', others);
  return others;
}

const holdersOf = (facts: Facts, legalPersonUscc: string, days: Days): LegalPersonHolder[] =>
  holdersWithin(facts.all(holderShelf, 'legalPerson', legalPersonUscc), days);

/** The holdings that relate two gathered legal persons on any of these days: of one by the other, and of both by one. */
export function relatedBy(facts: Facts, one: string, other: string, days: Days): LegalPersonHolder[] {
  const [own, theirs] = [holdersOf(facts, one, days), holdersOf(facts, other, days)];
  const both = new Set(own.map(({ holder }) => holder));
  return [...own.filter(({ holder }) => holder === other), ...theirs.filter(({ holder }) => holder === one || both.has(holder))];
}

/** Other legal persons whom holders of a gathered one hold or lead too on any of these days, each with these holders. */
export function sharingWith(
  facts: Facts,
  legalPersonUscc: string,
  days: Days,
): { readonly legalPersonUscc: string; readonly shared: readonly LegalPersonHolder[] }[] {
  const own = holdersOf(facts, legalPersonUscc, days);
  const others = new Set(
    own.flatMap(({ holder }) => facts.all(holderShelf, 'holder', holder).map((record) => record.legalPersonUscc)),
  );
  others.delete(legalPersonUscc);
  return [...others].flatMap((other) => {
    const theirs = holdersOf(facts, other, days);
    const shared = own.filter(({ holder }) => theirs.some((record) => record.holder === holder));
    return shared.length > 0 ? [{ legalPersonUscc: other, shared }] : [];
  });
}

/** Holders by name, for people. */
export const namesOf = (holders: readonly LegalPersonHolder[]): string =>
  [...new Map(holders.map(({ holder, holderName }) => [holder, holderName])).values()].join('、');

/** A holding as a row of evidence. */
export const evidenceOf = (of: LegalPersonHolder) => ({
  kind: 'HOLDER',
  id: of.holderRecordId,
  name: `${of.legalPersonUscc} ${of.holderName}`,
});
