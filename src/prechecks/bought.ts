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

/** A contract of the book, with its provider and facilities as they are. */
function contractOfBook(facts: Facts, row: Contract, day: Day): NonNullable<Said['contract']> {
  const at = circumstancesOf(facts, row, { appliedOn: day, bookedOn: day, predicates: {} });
  const { lines, ...terms } = at.contract;
  return {
    ...{ provider: at.provider, open: known, terms, facilities: at.facilities },
    lines: lines.map((line) => ({
      ...line,
      ...{ key: `contract ${line.lineNo}`, vatKnown: true, usage: { from: day, to: day }, settledOn: day },
    })),
  };
}

/** What the enterprise's legal person settled in the year, contract by contract. */
async function feesOfBook(loader: Loader, of: EnterpriseRow, year: number, day: Day): Promise<Bought[]> {
  const { legalPersonUscc } = of;
  const settled = await settledFees(loader.tx, { bookId: loader.bookId, legalPersonUscc, year });
  const contractIds = [...new Set(settled.map(({ contractId }) => contractId))];
  await gatherContractFacts(loader, contractIds);
  return contractIds.flatMap((contractId) => {
    const row = loader.facts.get(contractShelf, contractId);
    if (!row) return [];
    const { lines: ofContract, ...bought } = contractOfBook(loader.facts, row, day);
    const byId = contractLineIds(loader.facts, contractId);
    const lines = settled.filter((line) => line.contractId === contractId);
    return {
      ...bought,
      lines: lines.flatMap((line, i): BoughtLine[] => {
        const lineOfContract = ofContract.find(({ lineNo }) => lineNo === byId.get(line.contractLineId));
        if (!lineOfContract) return [];
        const { netFen, vatFen, grossFen, usedFrom, usedTo, settledOn } = line;
        return [
          {
            ...lineOfContract,
            ...{ netFen, vatFen, grossFen, settledOn, usage: { from: usedFrom, to: usedTo } },
            key: `${contractId} ${i}`,
          },
        ];
      }),
    };
  });
}

type Line = Pick<NonNullable<Body['fees']>[number], 'gross' | 'vat' | 'serviceItem' | 'chipOrigin' | 'modelClass' | 'facilityId'>;
type Dealing = Pick<NonNullable<Body['fees']>[number], 'providerId' | 'provider'>;

function contractDescribed(facts: Facts, { contract }: Body, day: Day): Said['contract'] {
  if (contract === undefined) return null;
  const { signedOn = day, filedOn = null, purpose = null } = contract;
  const lines = linesOf(contract);
  return {
    ...providerOf(facts, contract, lines),
    terms: { id: UNNAMED.contract, signedOn, filedOn, purpose },
    facilities: facilitiesOf(facts, lines),
    lines: lines.map((line, i) => described(line, `contract ${i + 1}`, i + 1, { usage: { from: day, to: day }, settledOn: day })),
  };
}

const linesOf = ({ amount, lines }: NonNullable<Body['contract']>): readonly Line[] =>
  lines ?? [{ gross: amount ?? '0.00', serviceItem: 'AI_COMPUTE' }];

/** Fees of one provider after another, as they were described. */
function feesDescribed(facts: Facts, { fees }: Body): Said['fees'] {
  if (fees === undefined) return null;
  return fees.map((fee, i) => {
    const { settledOn, usedFrom = settledOn } = fee;
    const usage = { from: usedFrom, to: fee.usedTo ?? usedFrom };
    return {
      ...providerOf(facts, fee, [fee]),
      terms: null,
      facilities: facilitiesOf(facts, [fee]),
      lines: [described(fee, `fee ${i + 1}`, i + 1, { usage, settledOn })],
    };
  });
}

function described(line: Line, key: string, lineNo: number, on: Pick<BoughtLine, 'usage' | 'settledOn'>): BoughtLine {
  const [grossFen, vatFen] = [fenOf(line.gross), fenOf(line.vat ?? '0.00')];
  return {
    ...{ key, lineNo, vatKnown: line.vat !== undefined, ...on },
    ...{ serviceItem: line.serviceItem, chipOrigin: line.chipOrigin ?? null, modelClass: line.modelClass ?? null },
    ...{ facilityId: line.facilityId ?? null, netFen: grossFen - vatFen, vatFen, grossFen },
  };
}

/** The provider that is named, or whose facility is; else as it is described, and what is not said as it would have to be. */
function providerOf(facts: Facts, of: Dealing, lines: readonly Line[]): Pick<Bought, 'provider' | 'open'> {
  const facility = lines.flatMap(({ facilityId }) => facilityId ?? [])[0];
  const owner = facility === undefined || of.provider ? undefined : facts.get(facilityShelf, facility)?.providerId;
  const providerId = of.providerId ?? owner;
  const row = providerId === undefined ? undefined : facts.get(providerShelf, providerId);
  if (row) return { provider: providerOfBook(facts, row.providerId), open: known };
  const { isListed, isRelated, isLocal, isApplicant } = of.provider ?? {};
  const items = isListed === false ? [] : [...new Set(lines.map(({ serviceItem }) => serviceItem))];
  return {
    provider: {
      legalPerson: isApplicant === true ? UNNAMED.applicant : UNNAMED.provider,
      listings: items.map((serviceItem: ServiceItem) => ({ serviceItem, from: '0001-01-01', to: null })),
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

const facilitiesOf = (facts: Facts, lines: readonly Line[]) =>
  [...new Set(lines.flatMap(({ facilityId }) => facilityId ?? []))].flatMap((id) => facilityOf(facts, id) ?? []);

/** Gathers the providers and facilities that a description names. */
async function gatherNamed(loader: Loader, body: Body): Promise<void> {
  const named = namedIn(body);
  const facilityIds = named.flatMap(({ facilityId }) => facilityId ?? []);
  const providerIds = named.flatMap(({ providerId }) => providerId ?? []);
  if (facilityIds.length === 0 && providerIds.length === 0) return;
  const [facilities] = await Promise.all([
    loader.load(facilityShelf, 'id', facilityIds),
    loader.load(observationShelf, 'facility', facilityIds),
  ]);
  const codes = facilities.flatMap(({ ownerUscc, operatorUscc }) => [ownerUscc, operatorUscc]);
  const all = [...providerIds, ...facilities.map(({ providerId }) => providerId)];
  await Promise.all([
    loader.load(providerShelf, 'id', all),
    loader.load(listingShelf, 'provider', all),
    loader.load(enterpriseShelf, 'uscc', codes),
    loader.load(providerShelf, 'uscc', codes),
  ]);
}

/** Every provider and facility that a description names, with where it stands. */
function namedIn({ contract, fees }: Body): { pointer: string; providerId?: string | undefined; facilityId?: string | undefined }[] {
  return [
    ...(contract ? [{ pointer: '/contract', providerId: contract.providerId }] : []),
    ...(contract?.lines ?? []).map(({ facilityId }, i) => ({ pointer: `/contract/lines/${i}`, facilityId })),
    ...(fees ?? []).map(({ providerId, facilityId }, i) => ({ pointer: `/fees/${i}`, providerId, facilityId })),
  ];
}

