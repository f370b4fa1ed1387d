// What was bought, as it was described or as the book has it: a contract, and what was settled. Pure, on gathered facts.
import type { z } from 'zod';
import type { Contract } from '../../db/tables.js';
import type { precheck } from '../../schemas/prechecks.js';
import { circumstancesOf, contractLinesOf, facilityOf } from '../applications/evaluation-facts.js';
import type { Day } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import type { Facts } from '../ledger/facts.js';
import type { Fen } from '../money.js';
import { parseYuan } from '../money.js';
import type { Provider } from '../programmes/lines.js';
import { facilityShelf, listingShelf, providerShelf } from '../providers/facts.js';
import type { Bought, BoughtLine, Said } from './fit.js';
import { UNNAMED } from './fit.js';
import type { Settled } from './queries.js';

export type Body = z.output<typeof precheck>;
type Fee = NonNullable<Body['fees']>[number];
export type DescribedLine = Pick<Fee, 'gross' | 'vat' | 'serviceItem' | 'chipOrigin' | 'modelClass' | 'facilityId'>;
type Dealing = Pick<Fee, 'providerId' | 'provider'>;

const known = { listed: false, related: false, local: false };

/** A gathered contract of the book, with its provider and facilities as they are. */
export function contractOfBook(facts: Facts, row: Contract, day: Day): NonNullable<Said['contract']> {
  const at = circumstancesOf(facts, row, { appliedOn: day, bookedOn: day, predicates: {} });
  const { lines, ...terms } = at.contract;
  const on = { usage: { from: day, to: day }, settledOn: day, vatKnown: true };
  return {
    ...{ provider: at.provider, open: known, terms, facilities: at.facilities },
    lines: lines.map((line) => ({ ...line, ...on, key: `contract ${line.lineNo}` })),
  };
}

/** What was settled, contract by contract; these must have been gathered. */
export function feesOfBook(facts: Facts, settled: readonly Settled[], day: Day): Bought[] {
  const contractIds = [...new Set(settled.map(({ contractId }) => contractId))];
  return contractIds.map((contractId): Bought => {
    const row = facts.get(contractShelf, contractId);
    if (!row) throw new Error(`the contract ${contractId} was gathered and is not there`);
    const { lines: ofContract, ...bought } = contractOfBook(facts, row, day);
    const byId = new Map(contractLinesOf(facts, contractId).map((line, i) => [line.contractLineId, ofContract[i]]));
    const lines = settled
      .filter((line) => line.contractId === contractId)
      .flatMap(({ contractLineId, netFen, vatFen, grossFen, usedFrom, usedTo, settledOn }, i): BoughtLine[] => {
        const line = byId.get(contractLineId);
        const amounts = { netFen, vatFen, grossFen, settledOn, usage: { from: usedFrom, to: usedTo } };
        return line === undefined ? [] : [{ ...line, ...amounts, key: `${contractId} ${i}` }];
      });
    return { ...bought, lines };
  });
}

/** The contract that is described; `applicant` is the enterprise's legal person. */
export function contractDescribed(facts: Facts, { contract }: Body, applicant: string, day: Day): Said['contract'] {
  if (contract === undefined) return null;
  const { signedOn = day, filedOn = null, purpose = null } = contract;
  const lines = linesOf(contract);
  return {
    ...providerOf(facts, contract, lines, applicant),
    terms: { id: UNNAMED.contract, signedOn, filedOn, purpose },
    facilities: facilitiesOf(facts, lines),
    lines: lines.map((line, i) => described(line, `contract ${i + 1}`, i + 1, { usage: { from: day, to: day }, settledOn: day })),
  };
}

const linesOf = ({ amount, lines }: NonNullable<Body['contract']>): readonly DescribedLine[] =>
  lines ?? [{ gross: amount ?? '0.00', serviceItem: 'AI_COMPUTE' }];

/** The fees that are described, each by itself. */
export function feesDescribed(facts: Facts, { fees }: Body, applicant: string): Said['fees'] {
  if (fees === undefined) return null;
  return fees.map((fee, i) => {
    const { settledOn, usedFrom = settledOn } = fee;
    const usage = { from: usedFrom, to: fee.usedTo ?? usedFrom };
    return {
      ...providerOf(facts, fee, [fee], applicant),
      terms: null,
      facilities: facilitiesOf(facts, [fee]),
      lines: [described(fee, `fee ${i + 1}`, i + 1, { usage, settledOn })],
    };
  });
}

function described(line: DescribedLine, key: string, lineNo: number, on: Pick<BoughtLine, 'usage' | 'settledOn'>): BoughtLine {
  const [grossFen, vatFen] = [fenOf(line.gross), fenOf(line.vat ?? '0.00')];
  return {
    ...{ key, lineNo, vatKnown: line.vat !== undefined, ...on },
    ...{ serviceItem: line.serviceItem, chipOrigin: line.chipOrigin ?? null, modelClass: line.modelClass ?? null },
    ...{ facilityId: line.facilityId ?? null, netFen: grossFen - vatFen, vatFen, grossFen },
  };
}

/** The provider that is named, or whose facility is; else as it is described, and what is not said as it would have to be. */
function providerOf(
  facts: Facts,
  of: Dealing,
  lines: readonly DescribedLine[],
  applicant: string,
): Pick<Bought, 'provider' | 'open'> {
  const facility = lines.flatMap(({ facilityId }) => facilityId ?? [])[0];
  const owner = facility === undefined || of.provider ? undefined : facts.get(facilityShelf, facility)?.providerId;
  const providerId = of.providerId ?? owner;
  const row = providerId === undefined ? undefined : facts.get(providerShelf, providerId);
  if (row) return { provider: providerOfBook(facts, row.providerId), open: known };
  const { isListed, isRelated, isLocal, isApplicant } = of.provider ?? {};
  const items = isListed === false ? [] : [...new Set(lines.map(({ serviceItem }) => serviceItem))];
  return {
    provider: {
      legalPerson: isApplicant === true ? applicant : UNNAMED.provider,
      listings: items.map((serviceItem) => ({ serviceItem, from: '0001-01-01', to: null })),
      isRelated: isRelated ?? false,
      isLocal: isLocal ?? true,
    },
    open: { listed: isListed === undefined, related: isRelated === undefined, local: isLocal === undefined },
  };
}

function providerOfBook(facts: Facts, providerId: string): Provider {
  const row = facts.get(providerShelf, providerId);
  if (!row) throw new Error('the provider was looked up before');
  return {
    ...{ isRelated: false, isLocal: true },
    legalPerson: row.legalPersonUscc,
    listings: facts
      .all(listingShelf, 'provider', providerId)
      .map(({ serviceItem, validFrom, validTo }) => ({ serviceItem, from: validFrom, to: validTo })),
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
