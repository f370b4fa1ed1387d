// What looks wrong with a contract as it is submitted, confirmed or amended (src/flags/): nearly the same one twice, one that was split,
// the same one in another book, a price far from the provider's own list.
import type { Chip, Contract, ContractLine, Enterprise, Provider } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { nearlySame, splitOf } from '../flags/alike.js';
import { flagParameterShelf } from '../flags/facts.js';
import { costsAsBefore, farFromList } from '../flags/price.js';
import type { Suspicion } from '../flags/raise.js';
import { latestDated } from '../flags/rules.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { note } from '../ledger/facts.js';
import { formatYuan, sumFen } from '../money.js';
import { listPriceShelf, providerShelf } from '../providers/facts.js';
import { contractShelf } from './facts.js';
import { isStanding } from './rules.js';

interface Parties {
  readonly enterprise: Pick<Enterprise, 'legalPersonUscc'>;
  readonly provider: Pick<Provider, 'legalPersonUscc'>;
}

const amongContracts = ['CONTRACT_NEAR_DUPLICATE', 'CONTRACT_SPLIT'] as const;

/** Gathers what the rules look at: nothing but their parameters where no bureau has stated any. */
export async function gatherSuspicions(loader: Loader, parties: readonly Parties[]): Promise<void> {
  const parameters = await loader.load(flagParameterShelf, 'kind', [...amongContracts, 'PRICE_FAR_FROM_LIST']);
  const providers = await loader.load(
    providerShelf,
    'legalPerson',
    parties.map(({ provider }) => provider.legalPersonUscc),
  );
  if (parameters.some(({ kind }) => kind === 'PRICE_FAR_FROM_LIST')) {
    await loader.load(
      listPriceShelf,
      'provider',
      providers.map(({ providerId }) => providerId),
    );
  }
  if (!parameters.some(({ kind }) => kind !== 'PRICE_FAR_FROM_LIST')) return;
  const enterprises = await loader.load(
    enterpriseShelf,
    'legalPerson',
    parties.map(({ enterprise }) => enterprise.legalPersonUscc),
  );
  await loader.load(
    contractShelf,
    'enterprise',
    enterprises.map(({ enterpriseId }) => enterpriseId),
  );
}

/** Other contracts between the same legal persons, branches rolled up, that were not withdrawn, rejected or voided. */
const ofSameParties = (facts: Facts, { enterprise, provider }: Parties): Contract[] =>
  facts
    .all(enterpriseShelf, 'legalPerson', enterprise.legalPersonUscc)
    .flatMap(({ enterpriseId }) => facts.all(contractShelf, 'enterprise', enterpriseId))
    .filter((other) => isStanding(other) && isOf(facts, provider.legalPersonUscc, other));

const isOf = (facts: Facts, legalPersonUscc: string, { providerId }: Contract): boolean =>
  facts.all(providerShelf, 'legalPerson', legalPersonUscc).some((of) => of.providerId === providerId);

const named = (of: Pick<Contract, 'contractId' | 'contractNo'>) => ({ kind: 'CONTRACT', id: of.contractId, name: of.contractNo });

/** What looks wrong with gathered parties' contract beside their others, as it is (or is to be), by the parameters of the day. */
export function suspicionsAmong(facts: Facts, contract: Contract, parties: Parties, today: Day): Suspicion[] {
  const [near, split] = amongContracts.map((kind) => latestDated(facts.all(flagParameterShelf, 'kind', kind), today));
  if (!near && !split) return [];
  const others = ofSameParties(facts, parties);
  const found: Suspicion[] = [];
  const [other, ...further] = near ? nearlySame(contract, others, near.basisPoints ?? 0) : [];
  if (near && other) {
    const apart = contract.grossFen > other.grossFen ? contract.grossFen - other.grossFen : other.grossFen - contract.grossFen;
    found.push({
      kind: 'CONTRACT_NEAR_DUPLICATE',
      amountFen: contract.grossFen,
      evidence: {
        inputs: {
          otherNo: other.contractNo,
          otherFrom: other.startsOn,
          otherTo: other.endsOn,
          otherGross: formatYuan(other.grossFen),
          gross: formatYuan(contract.grossFen),
          difference: formatYuan(apart),
          basisPoints: String(near.basisPoints),
          documentNo: near.documentNo,
        },
        rows: [other, ...further].map(named),
      },
    });
  }
  const parts = split?.amountFen ? splitOf(contract, others, split.amountFen) : null;
  if (split && parts) {
    const sum = sumFen(parts.map(({ grossFen }) => grossFen));
    found.push({
      kind: 'CONTRACT_SPLIT',
      amountFen: sum,
      evidence: {
        inputs: {
          count: String(parts.length),
          threshold: formatYuan(split.amountFen ?? 0n),
          sum: formatYuan(sum),
          documentNo: split.documentNo,
        },
        rows: parts.map(named),
      },
    });
  }
  return found;
}

type PricedLine = Pick<ContractLine, 'contractLineId' | 'lineNo' | 'unit' | 'quantity' | 'grossFen'>;

/**
 * The prices of a submitted contract's lines, or of an amendment's, that lie far from the provider's list on the day it was signed. Of a line
 * that costs a unit what it cost `before` nothing is said: that price was looked at on the day it was agreed.
 */
export function farPrices(
  facts: Facts,
  contract: Pick<Contract, 'signedOn' | 'providerId'>,
  lines: readonly { readonly line: PricedLine; readonly chip: Chip | null }[],
  before: readonly { readonly line: PricedLine }[] = [],
): Suspicion[] {
  const parameter = latestDated(facts.all(flagParameterShelf, 'kind', 'PRICE_FAR_FROM_LIST'), contract.signedOn);
  if (!parameter) return [];
  const prices = facts.all(listPriceShelf, 'provider', contract.providerId);
  const suspicion = farFromList(
    lines
      .filter(({ line }) => !before.some((of) => of.line.contractLineId === line.contractLineId && costsAsBefore(line, of.line)))
      .map(({ line, chip }) => ({ ...line, chip })),
    prices,
    parameter,
    [contract.signedOn],
  );
  return suspicion ? [suspicion] : [];
}

/** Fingerprints of contracts that stand in another book too. */
const elsewhere = note<boolean>('a contract of the same fingerprint in another book');

/**
 * Gathers whether another book of the service has these contracts. Asked when the second side confirms, not before: of two that are
 * submitted at once in two books each was submitted before it was confirmed, so whoever confirms later meets the other.
 */
export async function gatherElsewhere(loader: Loader, contracts: readonly Contract[]): Promise<void> {
  const fingerprints = [...new Set(contracts.map(({ fingerprint }) => fingerprint))];
  const rows = await loader.tx.sql.prepared<{ fingerprint: string }[]>(
    'select fingerprint from contracts_elsewhere($1, $2::text[]) as fingerprint',
    [loader.bookId, fingerprints],
  );
  const known = new Set(rows.map(({ fingerprint }) => fingerprint));
  for (const fingerprint of fingerprints) loader.note(elsewhere, fingerprint, known.has(fingerprint));
}

/** That a gathered contract stands in another book too; the answer names nobody there. */
export const suspicionElsewhere = (facts: Facts, contract: Contract): Suspicion[] =>
  facts.noted(elsewhere, contract.fingerprint)
    ? [
        {
          kind: 'CONTRACT_ELSEWHERE',
          amountFen: contract.grossFen,
          evidence: {
            inputs: { from: contract.startsOn, to: contract.endsOn, gross: formatYuan(contract.grossFen) },
            rows: [named(contract)],
          },
        },
      ]
    : [];
