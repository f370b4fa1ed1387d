// An application's counted lines as the evaluator asks for them: whom each was bought of, where and when it was used and settled.
import type { Enterprise, Reimbursement, ReimbursementLine } from '../../db/tables.js';
import { circumstancesOf, contractLinesOf, evaluatorLine, gatherContractFacts } from '../applications/evaluation-facts.js';
import type { Day } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { AwardFacts, Dealing, SettledLine } from '../programmes/evaluate.js';
import { nothingOnRecord } from '../programmes/evaluate.js';
import { listingShelf, providerShelf } from '../providers/facts.js';
import type { Predicates } from './rules.js';

/** Who applies, for what, on which day: of an application that is there, or about to be. */
export type Applying = Pick<Reimbursement, 'enterpriseId' | 'submittedOn' | 'baseYear' | 'matters'>;

export type Asked = Omit<AwardFacts, 'limitsLeft' | 'poolLeft' | 'approvedFen' | 'requestedFen' | 'maximumFen'>;

/** Lines with what the evaluator is asked about them, item by item in the same order. */
export interface Case {
  readonly lines: readonly (readonly ReimbursementLine[])[];
  readonly at: Asked;
}

/** Gathers who applies, and all that lines of these contracts, or declared of these counterparties, rest on. */
export async function gatherDealings(
  loader: Loader,
  of: { enterpriseIds: readonly string[]; contractIds: readonly string[]; counterparties: readonly string[] },
): Promise<void> {
  const [, , providers] = await Promise.all([
    gatherContractFacts(loader, [...new Set(of.contractIds)]),
    loader.load(enterpriseShelf, 'id', of.enterpriseIds),
    loader.load(providerShelf, 'uscc', of.counterparties),
  ]);
  await loader.load(
    listingShelf,
    'provider',
    providers.map(({ providerId }) => providerId),
  );
}

/** The evaluator's question about these lines; an award would be booked on `bookedOn`. */
export function caseOf(
  facts: Facts,
  of: Applying,
  lines: readonly ReimbursementLine[],
  on: { bookedOn: Day; predicates: Predicates },
): Case {
  const enterprise = there(facts.get(enterpriseShelf, of.enterpriseId));
  const groups = new Map<string, ReimbursementLine[]>();
  for (const line of lines) {
    const key = line.contractId ?? line.counterpartyUscc;
    const group = groups.get(key);
    if (group) group.push(line);
    else groups.set(key, [line]);
  }
  const grouped = [...groups.values()];
  return {
    lines: grouped,
    at: {
      ...nothingOnRecord(on.bookedOn),
      appliedOn: of.submittedOn,
      enterprise: applicantOf(enterprise, on.predicates),
      matters: of.matters as Asked['matters'],
      baseYear: of.baseYear,
      items: grouped.map((group) => ({ ...dealingOf(facts, of, group, on), lines: settledLines(facts, group) })),
    },
  };
}

const applicantOf = (row: Enterprise, predicates: Predicates): AwardFacts['enterprise'] => ({
  legalPerson: row.legalPersonUscc,
  kind: row.kind,
  ...{ classes: [], establishedOn: null, isListedProvider: false, oneEnterpriseOnePolicy: false },
  predicates,
});

/** Whom the lines of one contract, or what was declared of one counterparty, were bought of. */
function dealingOf(
  facts: Facts,
  of: Applying,
  [first]: readonly ReimbursementLine[],
  on: { bookedOn: Day; predicates: Predicates },
): Dealing {
  if (first === undefined) throw new Error('a group without lines');
  if (first.contractId !== null) {
    const contract = there(facts.get(contractShelf, first.contractId));
    const at = circumstancesOf(facts, contract, { appliedOn: of.submittedOn, ...on });
    return { provider: at.provider, contract: at.contract, facilities: at.facilities };
  }
  const provider = facts.one(providerShelf, 'uscc', first.counterpartyUscc);
  const listings = provider ? facts.all(listingShelf, 'provider', provider.providerId) : [];
  return {
    provider: {
      ...{ isRelated: false, isLocal: true },
      legalPerson: provider?.legalPersonUscc ?? first.counterpartyUscc,
      listings: listings.map(({ serviceItem, validFrom, validTo }) => ({ serviceItem, from: validFrom, to: validTo })),
    },
    contract: null,
    facilities: [],
  };
}

function settledLines(facts: Facts, group: readonly ReimbursementLine[]): SettledLine[] {
  const contractId = group[0]?.contractId ?? null;
  const ofContract = new Map(
    contractId === null ? [] : contractLinesOf(facts, contractId).map((line) => [line.contractLineId, line]),
  );
  return group.map((line) => {
    const contractLine = ofContract.get(line.contractLineId ?? '');
    const read = contractLine
      ? evaluatorLine(contractLine, line)
      : {
          ...{ lineNo: line.lineNo, serviceItem: line.serviceItem, facilityId: null, chipOrigin: null, modelClass: null },
          ...{ netFen: line.netFen, vatFen: line.vatFen, grossFen: line.grossFen },
        };
    return { ...read, usage: { from: line.usedFrom, to: line.usedTo }, settledOn: line.settledOn };
  });
}

/** A row that foreign keys promise. */
function there<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a row that a foreign key promises was not found');
  return row;
}
