// The facts an evaluation asks for, from the book: a contract's lines, its parties rolled up to legal persons, its facilities with
// what was observed of them, the provider's listings. For applications, vouchers and redemptions alike.
import type { Contract, ContractLine } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { contractLineShelf, contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Circumstances, Facility, Line } from '../programmes/evaluate.js';
import { nothingOnRecord } from '../programmes/evaluate.js';
import { facilityShelf, listingShelf, observationShelf, providerShelf } from '../providers/facts.js';

/** Gathers these contracts with all that `circumstancesOf` looks at. Ids of no contract are remembered as such. */
export async function gatherContractFacts(loader: Loader, contractIds: readonly string[]): Promise<void> {
  const [contracts, lines] = await Promise.all([
    loader.load(contractShelf, 'id', contractIds),
    loader.load(contractLineShelf, 'contract', contractIds),
  ]);
  const providerIds = contracts.map(({ providerId }) => providerId);
  const facilityIds = lines.map(({ facilityId }) => facilityId);
  const [facilities] = await Promise.all([
    loader.load(facilityShelf, 'id', facilityIds),
    loader.load(observationShelf, 'facility', facilityIds),
    loader.load(providerShelf, 'id', providerIds),
    loader.load(listingShelf, 'provider', providerIds),
    loader.load(
      enterpriseShelf,
      'id',
      contracts.map(({ enterpriseId }) => enterpriseId),
    ),
  ]);
  const codes = facilities.flatMap(({ ownerUscc, operatorUscc }) => [ownerUscc, operatorUscc]);
  await Promise.all([loader.load(enterpriseShelf, 'uscc', codes), loader.load(providerShelf, 'uscc', codes)]);
}

/** The contract's lines in order. */
export const contractLinesOf = (facts: Facts, contractId: string): ContractLine[] =>
  [...facts.all(contractLineShelf, 'contract', contractId)].sort((a, b) => a.lineNo - b.lineNo);

/** A line of a contract or an invoice as the evaluator reads it. */
export const evaluatorLine = (
  contractLine: ContractLine,
  amounts: { lineNo: number; netFen: bigint; vatFen: bigint; grossFen: bigint },
): Line => ({
  lineNo: amounts.lineNo,
  serviceItem: contractLine.serviceItem,
  facilityId: contractLine.facilityId,
  chipOrigin: contractLine.chipOrigin,
  modelClass: null,
  netFen: amounts.netFen,
  vatFen: amounts.vatFen,
  grossFen: amounts.grossFen,
});

/**
 * A gathered contract as the evaluator asks for it: `appliedOn` decides the law, `bookedOn` the windows of limits; `predicates` is
 * what the review recorded.
 */
export function circumstancesOf(
  facts: Facts,
  contract: Contract,
  of: { appliedOn: Day; bookedOn: Day; predicates: Circumstances['enterprise']['predicates'] },
): Circumstances {
  const enterprise = facts.get(enterpriseShelf, contract.enterpriseId);
  const provider = facts.get(providerShelf, contract.providerId);
  if (!enterprise || !provider) throw new Error(`the contract ${contract.contractId} has lost its parties`);
  const lines = contractLinesOf(facts, contract.contractId);
  return {
    ...nothingOnRecord(of.bookedOn),
    appliedOn: of.appliedOn,
    enterprise: {
      legalPerson: enterprise.legalPersonUscc,
      kind: enterprise.kind,
      ...{ classes: [], establishedOn: null, isListedProvider: false, oneEnterpriseOnePolicy: false },
      predicates: of.predicates,
    },
    provider: {
      ...{ isRelated: false, isLocal: true },
      legalPerson: provider.legalPersonUscc,
      listings: facts
        .all(listingShelf, 'provider', provider.providerId)
        .map(({ serviceItem, validFrom, validTo }) => ({ serviceItem, from: validFrom, to: validTo })),
    },
    facilities: [...new Set(lines.map(({ facilityId }) => facilityId))].flatMap((id) => facilityOf(facts, id) ?? []),
    contract: {
      id: contract.contractId,
      signedOn: contract.signedOn,
      filedOn: contract.filedOn,
      purpose: contract.purpose,
      lines: lines.map((line) => evaluatorLine(line, line)),
    },
  };
}

/** A gathered facility as the evaluator asks for it. */
export function facilityOf(facts: Facts, facilityId: string): Facility | undefined {
  const row = facts.get(facilityShelf, facilityId);
  if (!row) return undefined;
  return {
    id: row.facilityId,
    kind: row.kind,
    ownerLegalPerson: legalPersonOf(facts, row.ownerUscc),
    operatorLegalPerson: legalPersonOf(facts, row.operatorUscc),
    observations: facts.all(observationShelf, 'facility', facilityId),
  };
}

/** Whom a code is rolled up to, where the book knows it as a branch; a code it does not know is its own legal person. */
const legalPersonOf = (facts: Facts, uscc: string): string =>
  facts.one(enterpriseShelf, 'uscc', uscc)?.legalPersonUscc ?? facts.one(providerShelf, 'uscc', uscc)?.legalPersonUscc ?? uscc;
