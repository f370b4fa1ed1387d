// What looks wrong with an application as it is submitted (src/flags/): parties that are related where the text does not bar it, and one
// enterprise that claims as several.
import type { Application, Contract, Enterprise, LegalPersonHolder, Provider } from '../../db/tables.js';
import type { Day, Period } from '../calendar.js';
import { overlaps } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import { lastDayOf } from '../contracts/rules.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Suspicion } from '../flags/raise.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { holderShelf } from '../legal-persons/facts.js';
import { holdersWithin } from '../legal-persons/rules.js';
import type { Law } from '../programmes/language.js';
import { providerShelf } from '../providers/facts.js';
import { applicationShelf } from './facts.js';

/** Gathers who holds and leads the parties of gathered contracts, and what else these hold that applies. */
export async function gatherSuspicions(loader: Loader, contracts: readonly Contract[]): Promise<void> {
  const parties = contracts.flatMap(({ enterpriseId, providerId }) => [
    loader.facts.get(enterpriseShelf, enterpriseId)?.legalPersonUscc ?? [],
    loader.facts.get(providerShelf, providerId)?.legalPersonUscc ?? [],
  ]);
  const own = await loader.load(holderShelf, 'legalPerson', parties.flat());
  const theirs = await loader.load(
    holderShelf,
    'holder',
    own.map(({ holder }) => holder),
  );
  const others = theirs.map(({ legalPersonUscc }) => legalPersonUscc);
  const [applications] = await Promise.all([
    loader.load(applicationShelf, 'legalPerson', others),
    loader.load(holderShelf, 'legalPerson', others),
  ]);
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

const holdersOf = (facts: Facts, legalPersonUscc: string, days: { from: Day; to: Day }): LegalPersonHolder[] =>
  holdersWithin(facts.all(holderShelf, 'legalPerson', legalPersonUscc), days);

const namesOf = (holders: readonly LegalPersonHolder[]): string => holders.map(({ holderName }) => holderName).join('、');
const rowOf = (of: LegalPersonHolder) => ({
  kind: 'HOLDER',
  id: of.holderRecordId,
  name: `${of.legalPersonUscc} ${of.holderName}`,
});

/**
 * What looks wrong with an application on a gathered contract. Related parties are those on record as such, where the text does not bar
 * them (where it does the application is refused); and those of whom one holds the other, or whom somebody holds or leads both, on any
 * day from the signing on. The state is nobody here: common state control alone relates nobody.
 */
export function suspicionsOf(facts: Facts, of: Applied): Suspicion[] {
  const { contract, enterprise, application, today } = of;
  const provider = facts.get(providerShelf, contract.providerId);
  if (!provider) throw new Error(`the contract ${contract.contractNo} has lost its provider`);
  const days = { from: contract.signedOn, to: today };
  const own = holdersOf(facts, enterprise.legalPersonUscc, days);
  const related = relatedBy(own, holdersOf(facts, provider.legalPersonUscc, days), enterprise, provider);
  const onRecord = of.isRelated && of.law.exclusions?.value.includes('RELATED_PARTIES') !== true;
  const amountFen = application.computedFen ?? 0n;
  const found: Suspicion[] = [];
  if (onRecord || related.length > 0) {
    const holders = related.length > 0 ? namesOf(related) : '—';
    const inputs = { enterprise: enterprise.legalPersonUscc, provider: provider.legalPersonUscc, holders };
    found.push({ kind: 'RELATED_PARTIES', amountFen, evidence: { inputs, rows: related.map(rowOf) } });
  }
  const split = splitOf(facts, of, { own, provider, days });
  return split ? [...found, split] : found;
}

/** The holdings that relate two legal persons: of one by the other, and of both by one. */
function relatedBy(
  own: readonly LegalPersonHolder[],
  theirs: readonly LegalPersonHolder[],
  enterprise: Enterprise,
  provider: Provider,
): LegalPersonHolder[] {
  const both = new Set(own.map(({ holder }) => holder));
  return [
    ...own.filter(({ holder }) => holder === provider.legalPersonUscc),
    ...theirs.filter(({ holder }) => holder === enterprise.legalPersonUscc || both.has(holder)),
  ];
}

/** Other legal persons whom the same hold or lead, and that claim under the same programme for the same provider and time. */
function splitOf(
  facts: Facts,
  { application, contract, enterprise }: Applied,
  { own, provider, days }: { own: readonly LegalPersonHolder[]; provider: Provider; days: { from: Day; to: Day } },
): Suspicion | null {
  const period: Period = { from: contract.startsOn, to: lastDayOf(contract) };
  const candidates = new Set(
    own.flatMap(({ holder }) => facts.all(holderShelf, 'holder', holder).map(({ legalPersonUscc }) => legalPersonUscc)),
  );
  candidates.delete(enterprise.legalPersonUscc);
  const parts = [...candidates].flatMap((legalPersonUscc) => {
    const theirs = holdersOf(facts, legalPersonUscc, days);
    const shared = own.filter(({ holder }) => theirs.some((other) => other.holder === holder));
    const claims = facts.all(applicationShelf, 'legalPerson', legalPersonUscc).filter((other) => {
      const claimed = facts.get(contractShelf, other.contractId);
      return (
        other.programmeCode === application.programmeCode &&
        !['DRAFT', 'REJECTED', 'WITHDRAWN'].includes(other.status) &&
        claimed !== undefined &&
        facts.get(providerShelf, claimed.providerId)?.legalPersonUscc === provider.legalPersonUscc &&
        overlaps({ from: claimed.startsOn, to: lastDayOf(claimed) }, period)
      );
    });
    return shared.length > 0 && claims.length > 0 ? [{ legalPersonUscc, shared, claims }] : [];
  });
  if (parts.length === 0) return null;
  const holders = [...new Map(parts.flatMap(({ shared }) => shared.map((of) => [of.holder, of] as const))).values()];
  const inputs = { others: parts.map(({ legalPersonUscc }) => legalPersonUscc).join('、'), holders: namesOf(holders) };
  const claims = parts.flatMap((part) => part.claims);
  return {
    kind: 'ENTERPRISE_SPLIT',
    amountFen: claims.reduce(
      (sum, { awardFen, computedFen }) => sum + (awardFen ?? computedFen ?? 0n),
      application.computedFen ?? 0n,
    ),
    evidence: {
      inputs,
      rows: [
        ...holders.map(rowOf),
        ...claims.map(({ applicationId, applicationNo }) => ({ kind: 'APPLICATION', id: applicationId, name: applicationNo })),
      ],
    },
  };
}
