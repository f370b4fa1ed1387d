// Who and what a pre-check is about, by one statement: contracts with their lines and facilities, enterprises and providers with what is
// on record of them, of what is named and of what that leads to. What loaders find in four rounds, each waiting for the one before,
// costs a pre-check more time than all the rest of it.
import { bookShelf } from '../access/facts.js';
import { contractLineShelf, contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Loader } from '../ledger/facts.js';
import { together } from '../ledger/facts.js';
import { classShelf, pairOf, registrationShelf, relationShelf } from '../legal-persons/facts.js';
import type { Matter } from '../programmes/language.js';
import { facilityShelf, listingShelf, observationShelf, providerShelf } from '../providers/facts.js';

/** What is named by its id. */
export interface Named {
  readonly contractIds: readonly string[];
  readonly enterpriseIds: readonly string[];
  readonly providerIds: readonly string[];
  readonly facilityIds: readonly string[];
  /** Matters of the enterprises, by kind and code. */
  readonly matters: readonly (readonly [kind: Matter, code: string])[];
}

// Look-ups as Loader.load has them: by a unique key the first in an order that only its index has, by any other behind a fence.
const byId = (table: string, id: string, ids: string) =>
  `select t.* from (${ids}) as k(id)
     cross join lateral (select * from ${table} t where t.book_id = $1 and t.${id} >= k.id and t.${id} <= k.id
                          order by t.${id} limit 1) t`;
const by = (table: string, column: string, values: string) =>
  `select t.* from (${values}) as k(value)
     cross join lateral (select * from ${table} t where t.book_id = $1 and t.${column} = k.value offset 0) t`;

// The arrays stand behind a select, where the planner does not see how few ids they hold: else it thinks better of a plan for just these
// than of one for all, and makes it anew at every call, for ten times what the statement takes.
// A provider may be known to the book as an enterprise too, whose legal person then counts: its code is looked up like owners' codes.
const statement = together(
  `with contract as materialized (${byId('contracts', 'contract_id', 'select unnest((select $2::uuid[]))')}),
        line as materialized (${by('contract_lines', 'contract_id', 'select unnest((select $2::uuid[]))')}),
        facility as materialized (${byId('facilities', 'facility_id', 'select unnest((select $5::uuid[])) union select facility_id from line')}),
        enterprise as materialized (${byId('enterprises', 'enterprise_id', 'select unnest((select $3::uuid[])) union select enterprise_id from contract')}),
        provider as materialized (${byId(
          'providers',
          'provider_id',
          'select unnest((select $4::uuid[])) union select provider_id from contract union select provider_id from facility',
        )}),
        code as materialized (
          select owner_uscc as uscc from facility union select operator_uscc from facility union select uscc from provider),
        known as materialized (${by('enterprises', 'uscc', 'select uscc from code')}),
        legal_person as materialized (select distinct legal_person_uscc from enterprise),
        itself as materialized (${by('providers', 'legal_person_uscc', 'select legal_person_uscc from legal_person')}),
        pair as materialized (
          select distinct case when e.legal_person_uscc collate "C" < p.uscc then e.legal_person_uscc else p.uscc end as first_uscc,
                 case when e.legal_person_uscc collate "C" < p.uscc then p.uscc else e.legal_person_uscc end as second_uscc
            from legal_person e
           cross join (select uscc from provider union select legal_person_uscc from provider
                        union select k.legal_person_uscc from provider p join known k on k.uscc = p.uscc) p)`,
  [
    { of: bookShelf, from: '(select * from books where book_id = $1) t' },
    { of: contractShelf, from: 'contract t' },
    { of: contractLineShelf, from: 'line t' },
    { of: facilityShelf, from: 'facility t' },
    { of: observationShelf, from: `(${by('facility_observations', 'facility_id', 'select facility_id from facility')}) t` },
    { of: enterpriseShelf, from: 'enterprise t' },
    { of: enterpriseShelf, from: 'known t' },
    { of: providerShelf, from: 'provider t' },
    { of: providerShelf, from: `(${by('providers', 'uscc', 'select uscc from code')}) t` },
    { of: providerShelf, from: 'itself t' },
    {
      of: listingShelf,
      from: `(${by('listings', 'provider_id', 'select provider_id from provider union select provider_id from itself')}) t`,
    },
    {
      of: classShelf,
      from: `(${by('legal_person_classes', 'legal_person_uscc', 'select legal_person_uscc from legal_person')}) t`,
    },
    {
      of: registrationShelf,
      from: `(select t.* from legal_person e cross join unnest((select $6::text[]), (select $7::text[])) as k(kind, code)
               cross join lateral (select * from matter_registrations t
                                    where t.book_id = $1 and t.legal_person_uscc = e.legal_person_uscc and t.kind = k.kind
                                      and t.code = k.code offset 0) t) t`,
    },
    {
      of: relationShelf,
      from: `(select t.* from pair k
               cross join lateral (select * from related_parties t
                                    where t.book_id = $1 and t.first_uscc = k.first_uscc and t.second_uscc = k.second_uscc offset 0) t) t`,
    },
  ],
);

/**
 * Gathers what is named and what it leads to: all that gatherContractFacts, gatherApplicants and gatherCounterparties find, and the
 * book. Ids of nothing are remembered as such.
 */
export async function gatherParties(loader: Loader, of: Named): Promise<void> {
  const { facts, bookId } = loader;
  await loader.loadTogether(statement, [
    of.contractIds,
    of.enterpriseIds,
    of.providerIds,
    of.facilityIds,
    of.matters.map(([kind]) => kind),
    of.matters.map(([, code]) => code),
  ]);

  loader.answered(bookShelf, 'id', [bookId]);
  loader.answered(contractShelf, 'id', of.contractIds);
  loader.answered(contractLineShelf, 'contract', of.contractIds);
  const contracts = of.contractIds.flatMap((id) => facts.get(contractShelf, id) ?? []);
  const lines = of.contractIds.flatMap((id) => facts.all(contractLineShelf, 'contract', id));

  const facilityIds = new Set([...of.facilityIds, ...lines.map(({ facilityId }) => facilityId)]);
  loader.answered(facilityShelf, 'id', facilityIds);
  loader.answered(observationShelf, 'facility', facilityIds);
  const facilities = [...facilityIds].flatMap((id) => facts.get(facilityShelf, id) ?? []);

  const enterpriseIds = new Set([...of.enterpriseIds, ...contracts.map(({ enterpriseId }) => enterpriseId)]);
  loader.answered(enterpriseShelf, 'id', enterpriseIds);
  const legalPersons = new Set([...enterpriseIds].flatMap((id) => facts.get(enterpriseShelf, id)?.legalPersonUscc ?? []));
  loader.answered(classShelf, 'legalPerson', legalPersons);
  loader.answered(
    registrationShelf,
    'own',
    [...legalPersons].flatMap((legalPerson) => of.matters.map(([kind, code]) => [legalPerson, kind, code])),
  );
  loader.answered(providerShelf, 'legalPerson', legalPersons);
  const itself = [...legalPersons].flatMap((legalPerson) => facts.all(providerShelf, 'legalPerson', legalPerson));

  const providerIds = new Set([...of.providerIds, ...[...contracts, ...facilities].map(({ providerId }) => providerId)]);
  loader.answered(providerShelf, 'id', providerIds);
  loader.answered(listingShelf, 'provider', [...providerIds, ...itself.map(({ providerId }) => providerId)]);
  const providers = [...providerIds].flatMap((id) => facts.get(providerShelf, id) ?? []);

  const codes = new Set([
    ...facilities.flatMap(({ ownerUscc, operatorUscc }) => [ownerUscc, operatorUscc]),
    ...providers.map(({ uscc }) => uscc),
  ]);
  loader.answered(enterpriseShelf, 'uscc', codes);
  loader.answered(providerShelf, 'uscc', codes);

  const others = providers.flatMap(({ uscc, legalPersonUscc }) => {
    const known = facts.one(enterpriseShelf, 'uscc', uscc);
    return [uscc, legalPersonUscc, ...(known ? [known.legalPersonUscc] : [])];
  });
  loader.answered(
    relationShelf,
    'pair',
    [...legalPersons].flatMap((legalPerson) => others.map((other) => pairOf(legalPerson, other))),
  );
}
