import {
  figures,
  legalPersonClasses,
  legalPersonHolders,
  matterRegistrations,
  matters,
  relatedParties,
} from '../../db/tables.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { shelf } from '../ledger/facts.js';
import { providerShelf } from '../providers/facts.js';

export const classShelf = shelf(legalPersonClasses, {
  rank: 12,
  id: 'classRecordId',
  keys: { legalPerson: ['legalPersonUscc'] },
});
/** A pair is asked for in the order in which it is written: pairOf(). */
export const relationShelf = shelf(relatedParties, { rank: 12, id: 'relationId', keys: { pair: ['firstUscc', 'secondUscc'] } });
/** Who holds and leads legal persons: by whom they hold, and by themselves. */
export const holderShelf = shelf(legalPersonHolders, {
  rank: 12,
  id: 'holderRecordId',
  keys: { legalPerson: ['legalPersonUscc'], holder: ['holder'] },
});
export const figureShelf = shelf(figures, { rank: 12, id: 'figureId', keys: { holder: ['kind', 'holder'] } });

/** Matters of the book, by code and by what limits and figures know them by. */
export const matterShelf = shelf(matters, {
  rank: 12,
  id: 'matterId',
  keys: { code: ['kind', 'code'], holder: ['kind', 'holder'] },
  unique: ['code', 'holder'],
});
/** Whose they are. */
export const registrationShelf = shelf(matterRegistrations, {
  rank: 13,
  id: 'registrationId',
  keys: { own: ['legalPersonUscc', 'kind', 'code'], code: ['kind', 'code'], legalPerson: ['legalPersonUscc'] },
  mutable: ['status', 'holder', 'confirmedPerson', 'confirmedOn', 'closedPerson', 'closedOn', 'reason'],
});

/** Two codes in the one order in which pairs are written. */
export const pairOf = (a: string, b: string): [string, string] => (a < b ? [a, b] : [b, a]);

/** Gathers whatever the book has registered under these codes, or as branches of them. */
export const gatherLegalPersons = (loader: Loader, usccs: readonly string[]): Promise<unknown> =>
  Promise.all([
    loader.load(enterpriseShelf, 'uscc', usccs),
    loader.load(enterpriseShelf, 'legalPerson', usccs),
    loader.load(providerShelf, 'uscc', usccs),
    loader.load(providerShelf, 'legalPerson', usccs),
  ]);

/** The legal person that a gathered code stands for as an enterprise: itself, or whose branch it is. Undefined: unknown here. */
export const enterpriseLegalPerson = (facts: Facts, uscc: string): string | undefined =>
  facts.one(enterpriseShelf, 'uscc', uscc)?.legalPersonUscc ??
  facts.all(enterpriseShelf, 'legalPerson', uscc)[0]?.legalPersonUscc;

/** The same, of enterprises and providers. */
export const anyLegalPerson = (facts: Facts, uscc: string): string | undefined =>
  enterpriseLegalPerson(facts, uscc) ??
  facts.one(providerShelf, 'uscc', uscc)?.legalPersonUscc ??
  facts.all(providerShelf, 'legalPerson', uscc)[0]?.legalPersonUscc;
