// What looks wrong with an application as it is submitted (src/flags/): parties that are related where the text does not bar it, and one
// enterprise that claims as several.
import type { Application, Contract, Enterprise, LegalPersonHolder } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { overlaps } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import { lastDayOf } from '../contracts/rules.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Suspicion } from '../flags/raise.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { evidenceOf, gatherHolders, namesOf, relatedBy, sharingWith } from '../legal-persons/holders.js';
import type { Fen } from '../money.js';
import type { Law } from '../programmes/language.js';
import { providerShelf } from '../providers/facts.js';
import { applicationShelf } from './facts.js';

/** Gathers who holds and leads the parties of gathered contracts, and what else these hold that applies. */
export async function gatherSuspicions(loader: Loader, contracts: readonly Contract[]): Promise<void> {
  const parties = contracts.flatMap(({ enterpriseId, providerId }) => [
    loader.facts.get(enterpriseShelf, enterpriseId)?.legalPersonUscc ?? [],
    loader.facts.get(providerShelf, providerId)?.legalPersonUscc ?? [],
  ]);
  const applications = await loader.load(applicationShelf, 'legalPerson', await gatherHolders(loader, parties.flat()));
  const claimed = await loader.load(
    contractShelf,
    'id',
    applications.map(({ contractId }) => contractId),
  );
  await loader.load(
    providerShelf,
    'id',
    claimed.map(({ providerId }) => providerId),
  );
}

interface Applied {
  readonly application: Pick<Application, 'programmeCode' | 'computedFen'>;
  readonly contract: Contract;
  readonly enterprise: Enterprise;
  readonly law: Law;
  /** Whether they are on record as related parties. */
  readonly isRelated: boolean;
  readonly today: Day;
}

/** What looks wrong with an application on a gathered contract, by what holds on any day from its signing on. */
export function suspicionsOf(facts: Facts, of: Applied): Suspicion[] {
  const { contract, enterprise, application, law, today } = of;
  const provider = facts.get(providerShelf, contract.providerId);
  if (!provider) throw new Error(`the contract ${contract.contractNo} has lost its provider`);
  const days = { from: contract.signedOn, to: today };
  const amountFen = application.computedFen ?? 0n;
  const parties = { enterprise: enterprise.legalPersonUscc, provider: provider.legalPersonUscc };
  const related = relatedParties(law, {
    parties,
    isRelated: of.isRelated,
    amountFen,
    holders: relatedBy(facts, parties.enterprise, parties.provider, days),
  });
  const period = { from: contract.startsOn, to: lastDayOf(contract) };
  const claimsToo = (other: Application): boolean => {
    const claimed = facts.get(contractShelf, other.contractId);
    return (
      other.programmeCode === application.programmeCode &&
      !['DRAFT', 'REJECTED', 'WITHDRAWN'].includes(other.status) &&
      claimed !== undefined &&
      facts.get(providerShelf, claimed.providerId)?.legalPersonUscc === provider.legalPersonUscc &&
      overlaps({ from: claimed.startsOn, to: lastDayOf(claimed) }, period)
    );
  };
  const split = splitEnterprise(
    sharingWith(facts, enterprise.legalPersonUscc, days).map((other) => ({
      ...other,
      claims: facts
        .all(applicationShelf, 'legalPerson', other.legalPersonUscc)
        .filter(claimsToo)
        .map(({ applicationId, applicationNo, awardFen, computedFen }) => ({
          kind: 'APPLICATION',
          id: applicationId,
          name: applicationNo,
          amountFen: awardFen ?? computedFen ?? 0n,
        })),
    })),
    amountFen,
  );
  return [...related, ...split];
}

/**
 * That a case's parties are related: on record as such, where the text does not bar them (where it does the case is refused); or by
 * somebody who holds or leads both, or one that holds the other.
 */
export function relatedParties(
  { exclusions }: Pick<Law, 'exclusions'>,
  of: {
    readonly parties: { readonly enterprise: string; readonly provider: string };
    readonly isRelated: boolean;
    readonly holders: readonly LegalPersonHolder[];
    readonly amountFen: Fen;
  },
): Suspicion[] {
  const onRecord = of.isRelated && exclusions?.value.includes('RELATED_PARTIES') !== true;
  if (!onRecord && of.holders.length === 0) return [];
  const inputs = { ...of.parties, holders: of.holders.length > 0 ? namesOf(of.holders) : 'ON_RECORD' };
  return [{ kind: 'RELATED_PARTIES', amountFen: of.amountFen, evidence: { inputs, rows: of.holders.map(evidenceOf) } }];
}

/** Another legal person of the same holders, with what it claims alike. */
interface Part {
  readonly legalPersonUscc: string;
  readonly shared: readonly LegalPersonHolder[];
  readonly claims: readonly { readonly kind: string; readonly id: string; readonly name: string; readonly amountFen: Fen }[];
}

/** That one enterprise claims as several, where others of the same holders claim alike; `ownFen` is what this one claims. */
export function splitEnterprise(others: readonly Part[], ownFen: Fen): Suspicion[] {
  const parts = others.filter(({ claims }) => claims.length > 0);
  if (parts.length === 0) return [];
  const holders = [...new Map(parts.flatMap(({ shared }) => shared.map((of) => [of.holder, of] as const))).values()];
  const claims = parts.flatMap((part) => part.claims);
  return [
    {
      kind: 'ENTERPRISE_SPLIT',
      amountFen: claims.reduce((sum, { amountFen }) => sum + amountFen, ownFen),
      evidence: {
        inputs: { others: parts.map(({ legalPersonUscc }) => legalPersonUscc).join('、'), holders: namesOf(holders) },
        rows: [...holders.map(evidenceOf), ...claims.map(({ kind, id, name }) => ({ kind, id, name }))],
      },
    },
  ];
}
