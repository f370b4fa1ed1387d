// What was bought, as it was described or as the book has it: a contract, and what was settled. Pure, on gathered facts.
import type { z } from 'zod';
import type { Contract, Enterprise as EnterpriseRow, Provider as ProviderRow } from '../../db/tables.js';
import type { precheck } from '../../schemas/prechecks.js';
import { bookShelf } from '../access/facts.js';
import { contractLinesOf, counterpartyOf, dealingOf, facilityOf } from '../applications/evaluation-facts.js';
import type { Day } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import type { Facts } from '../ledger/facts.js';
import type { Fen } from '../money.js';
import { parseYuan } from '../money.js';
import { isLocal } from '../legal-persons/rules.js';
import { facilityShelf, listingShelf, providerShelf } from '../providers/facts.js';
import { listedPeriods } from '../providers/rules.js';
import type { Bought, BoughtLine, Said } from './fit.js';
import { UNNAMED } from './fit.js';
import type { Settled } from './queries.js';

export type Body = z.output<typeof precheck>;
type Fee = NonNullable<Body['fees']>[number];
export type DescribedLine = Pick<Fee, 'gross' | 'vat' | 'serviceItem' | 'chipOrigin' | 'modelClass' | 'facilityId'>;
type Dealing = Pick<Fee, 'providerId' | 'provider'>;

const known = { listed: false, related: false, local: false };

interface Days {
  readonly from: Day;
  readonly to: Day;
}

/** A gathered contract of the book, with its provider and facilities as they are. */
export function contractOfBook(facts: Facts, row: Contract, day: Day, days: Days = { from: day, to: day }): BoughtByContract {
  const { provider, facilities, contract } = dealingOf(facts, row, { days });
  const { lines, ...terms } = contract;
  const on = { usage: { from: day, to: day }, settledOn: day, vatKnown: true };
  return {
    provider,
    open: known,
    terms,
    facilities,
    lines: lines.map((line) => ({ ...line, ...on, key: `contract ${line.lineNo}` })),
  };
}
type BoughtByContract = NonNullable<Said['contract']>;

/** What was settled, contract by contract; these must have been gathered. Parties are related if so on any day of use. */
export function feesOfBook(facts: Facts, settled: readonly Settled[], day: Day): Bought[] {
  const contractIds = [...new Set(settled.map(({ contractId }) => contractId))];
  return contractIds.map((contractId): Bought => {
    const row = facts.get(contractShelf, contractId);
    if (!row) throw new Error(`the contract ${contractId} was gathered and is not there`);
    const own = settled.filter((line) => line.contractId === contractId);
    const days = {
      from: own.map(({ usedFrom }) => usedFrom).reduce((a, b) => (a < b ? a : b)),
      to: own.map(({ usedTo }) => usedTo).reduce((a, b) => (a > b ? a : b)),
    };
    const { lines: ofContract, ...bought } = contractOfBook(facts, row, day, days);
    const byId = new Map(contractLinesOf(facts, contractId).map((line, i) => [line.contractLineId, ofContract[i]]));
    const lines = own.flatMap(({ contractLineId, netFen, vatFen, grossFen, usedFrom, usedTo, settledOn }, i): BoughtLine[] => {
      const line = byId.get(contractLineId);
      const amounts = { netFen, vatFen, grossFen, settledOn, usage: { from: usedFrom, to: usedTo } };
      return line === undefined ? [] : [{ ...line, ...amounts, key: `${contractId} ${i}` }];
    });
    return { ...bought, lines };
  });
}

/** Who asks: an enterprise of the book, or one that is described. */
export interface Applying {
  readonly row: EnterpriseRow | undefined;
  readonly legalPerson: string;
}

/** The contract that is described. */
export function contractDescribed(facts: Facts, { contract }: Body, applicant: Applying, day: Day): Said['contract'] {
  if (contract === undefined) return null;
  const { signedOn = day, filedOn = null, purpose = null } = contract;
  const lines = linesOf(contract);
  return {
    ...providerOf(facts, contract, lines, applicant, { from: day, to: day }),
    terms: { id: UNNAMED.contract, signedOn, filedOn, purpose },
    facilities: facilitiesOf(facts, lines),
    lines: lines.map((line, i) => described(line, `contract ${i + 1}`, i + 1, { usage: { from: day, to: day }, settledOn: day })),
  };
}

const linesOf = ({ amount, lines }: NonNullable<Body['contract']>): readonly DescribedLine[] =>
  lines ?? [{ gross: amount ?? '0.00', serviceItem: 'AI_COMPUTE' }];

/** The fees that are described, each by itself. */
export function feesDescribed(facts: Facts, { fees }: Body, applicant: Applying): Said['fees'] {
  if (fees === undefined) return null;
  return fees.map((fee, i) => {
    const { settledOn, usedFrom = settledOn } = fee;
    const usage = { from: usedFrom, to: fee.usedTo ?? usedFrom };
    return {
      ...providerOf(facts, fee, [fee], applicant, usage),
      terms: null,
      facilities: facilitiesOf(facts, [fee]),
      lines: [described(fee, `fee ${i + 1}`, i + 1, { usage, settledOn })],
    };
  });
}

function described(line: DescribedLine, key: string, lineNo: number, on: Pick<BoughtLine, 'usage' | 'settledOn'>): BoughtLine {
  const [grossFen, vatFen] = [fenOf(line.gross), fenOf(line.vat ?? '0.00')];
  return {
    key,
    lineNo,
    vatKnown: line.vat !== undefined,
    ...on,
    serviceItem: line.serviceItem,
    chipOrigin: line.chipOrigin ?? null,
    modelClass: line.modelClass ?? null,
    facilityId: line.facilityId ?? null,
    netFen: grossFen - vatFen,
    vatFen,
    grossFen,
  };
}

/** The provider that is named, or whose facility is; else as it is described, and what is not said as it would have to be. */
function providerOf(
  facts: Facts,
  of: Dealing,
  lines: readonly DescribedLine[],
  applicant: Applying,
  days: Days,
): Pick<Bought, 'provider' | 'open'> {
  const facility = lines.flatMap(({ facilityId }) => facilityId ?? [])[0];
  const owner = facility === undefined || of.provider ? undefined : facts.get(facilityShelf, facility)?.providerId;
  const providerId = of.providerId ?? owner;
  const row = providerId === undefined ? undefined : facts.get(providerShelf, providerId);
  if (row) return providerOfBook(facts, row, applicant, days);
  const { isListed, isRelated, isLocal, isApplicant } = of.provider ?? {};
  const items = isListed === false ? [] : [...new Set(lines.map(({ serviceItem }) => serviceItem))];
  return {
    provider: {
      legalPerson: isApplicant === true ? applicant.legalPerson : UNNAMED.provider,
      listings: items.map((serviceItem) => ({ serviceItem, from: '0001-01-01', to: null })),
      isRelated: isRelated ?? false,
      isLocal: isLocal ?? true,
    },
    open: { listed: isListed === undefined, related: isRelated === undefined, local: isLocal === undefined },
  };
}

/** A provider of the book, and whether it is related to an enterprise of the book; to one that is described nobody knows. */
function providerOfBook(
  facts: Facts,
  row: ProviderRow,
  { row: enterprise }: Applying,
  days: Days,
): Pick<Bought, 'provider' | 'open'> {
  if (enterprise) return { provider: counterpartyOf(facts, enterprise, row.uscc, { days }), open: known };
  const book = facts.get(bookShelf, facts.bookId);
  const listings = facts.all(listingShelf, 'provider', row.providerId);
  return {
    provider: {
      legalPerson: row.legalPersonUscc,
      listings: listings.flatMap((of) => listedPeriods(of).map((days) => ({ serviceItem: of.serviceItem, ...days }))),
      isRelated: false,
      isLocal: isLocal(book?.divisionCode ?? '', row.uscc),
    },
    open: { ...known, related: true },
  };
}

const facilitiesOf = (facts: Facts, lines: readonly DescribedLine[]) =>
  [...new Set(lines.flatMap(({ facilityId }) => facilityId ?? []))].flatMap((id) => facilityOf(facts, id) ?? []);

/** Every provider and facility that a description names, with where it stands. */
export function namedIn({
  contract,
  fees,
}: Body): { pointer: string; providerId?: string | undefined; facilityId?: string | undefined }[] {
  return [
    ...(contract ? [{ pointer: '/contract', providerId: contract.providerId }] : []),
    ...(contract?.lines ?? []).map(({ facilityId }, i) => ({ pointer: `/contract/lines/${i}`, facilityId })),
    ...(fees ?? []).map(({ providerId, facilityId }, i) => ({ pointer: `/fees/${i}`, providerId, facilityId })),
  ];
}

/** The schema has let nothing else through. */
export function fenOf(yuan: string): Fen {
  const fen = parseYuan(yuan);
  if (fen === null) throw new Error('the schema let an amount through that is none');
  return fen;
}
