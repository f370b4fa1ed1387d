// Whether an expert belongs to a party of the case that they are asked about (回避): by what the book has on record of its members and of
// related parties. What it has not on record is for the expert to declare.
import { gatherPersons, memberShelf, personShelf } from '../access/facts.js';
import type { Day } from '../calendar.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { anyLegalPerson, gatherLegalPersons, pairOf, relationShelf } from '../legal-persons/facts.js';
import { holdsWithin } from '../legal-persons/rules.js';
import type { Doubt, Party } from './rules.js';

/** Experts, by the persons they are, who are to say something about a case of these parties. */
export interface Asked {
  readonly personIds: readonly string[];
  readonly parties: readonly Party[];
}

/** The legal person that a party is, or is a branch of; one that the book has not registered is taken by its own code. */
const legalPersonOf = (facts: Facts, { uscc }: Party): string => anyLegalPerson(facts, uscc) ?? uscc;

/** For whom a person acts or acted in the trade. */
const employersOf = (facts: Facts, personId: string) =>
  facts
    .all(memberShelf, 'person', personId)
    .flatMap(({ legalPersonUscc, status }) => (legalPersonUscc === null ? [] : [{ uscc: legalPersonUscc, status }]));

/** Gathers what is on record of experts and of the parties to their cases. */
export async function gatherInterests(loader: Loader, asked: readonly Asked[]): Promise<void> {
  const { facts } = loader;
  const personIds = asked.flatMap((of) => of.personIds);
  await Promise.all([
    gatherLegalPersons(
      loader,
      asked.flatMap(({ parties }) => parties.map(({ uscc }) => uscc)),
    ),
    loader.load(memberShelf, 'person', personIds),
    gatherPersons(loader, personIds),
  ]);
  const [members] = await Promise.all([
    loader.load(
      memberShelf,
      'legalPerson',
      asked.flatMap(({ parties }) => parties.map((party) => legalPersonOf(facts, party))),
    ),
    loader.load(
      relationShelf,
      'pair',
      asked.flatMap((of) =>
        of.personIds.flatMap((personId) =>
          employersOf(facts, personId).flatMap(({ uscc }) =>
            of.parties.map((party) => pairOf(uscc, legalPersonOf(facts, party))),
          ),
        ),
      ),
    ),
  ]);
  await loader.load(personShelf, 'id', [...personIds, ...members.map(({ personId }) => personId)]);
}

/**
 * What speaks against an expert. Refuses EXPERT_RELATED for who acts for a party, or for a related party of one on any of these days,
 * both inclusive. What only looks like it is a doubt: who acted for a party once, and whoever has the name of somebody who does or did.
 */
export function interestOf(
  facts: Facts,
  personId: string,
  of: { readonly parties: readonly Party[]; readonly from: Day; readonly to: Day },
): { readonly kind: 'free'; readonly doubts: readonly Doubt[] } | Refused {
  const employers = employersOf(facts, personId);
  const name = facts.get(personShelf, personId)?.name;
  const doubts: Doubt[] = [];
  for (const party of of.parties) {
    const legalPerson = legalPersonOf(facts, party);
    const concerned = employers.filter(
      ({ uscc }) => uscc === legalPerson || holdsWithin(facts.all(relationShelf, 'pair', pairOf(uscc, legalPerson)), of),
    );
    if (concerned.some(({ status }) => status === 'ACTIVE')) return refused('EXPERT_RELATED', { party: party.name });
    if (concerned.length > 0) doubts.push({ ...party, why: 'FORMER_MEMBER' });
    const isNamesake = facts
      .all(memberShelf, 'legalPerson', legalPerson)
      .some((other) => other.personId !== personId && facts.get(personShelf, other.personId)?.name === name);
    if (isNamesake) doubts.push({ ...party, why: 'SAME_NAME' });
  }
  return { kind: 'free', doubts };
}
