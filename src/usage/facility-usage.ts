// What is billed of each facility and chip, kept period by period, and whether so much can have been given (flags/capacity.ts).
import type { ContractLine, FacilityObservation, FacilityUsage, UsageInvoice } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { daysInclusive } from '../calendar.js';
import { contractLineShelf } from '../contracts/facts.js';
import type { Chip } from '../flags/capacity.js';
import { beyondCapacity, cardHoursOf } from '../flags/capacity.js';
import type { Suspicion } from '../flags/raise.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import { chipShelf, facilityShelf, observationShelf } from '../providers/facts.js';
import { facilityUsageShelf } from './facts.js';
import { formatQuantity, quantityOf } from './rules.js';

/** An invoice, as far as its period and its contract's lines tell what it bills of facilities. */
interface Billing {
  readonly contractId: string;
  readonly usageFrom: Day;
  readonly usageTo: Day;
}
/** What of a contract's line is billed, or taken back. */
interface BilledLine {
  readonly contractLineId: string;
  readonly quantity: string;
}

const noChip: Chip = { vendor: '', model: '' };

const facilityUsageIdOf = (line: Pick<ContractLine, 'facilityId'>, { vendor, model }: Chip, of: Billing): string =>
  [line.facilityId, vendor, model, of.usageFrom, of.usageTo].join('/');

const chipOf = (facts: Facts, { chipId }: ContractLine): Chip =>
  chipId === null ? noChip : (facts.get(chipShelf, chipId) ?? noChip);

const isByCardHour = ({ unit }: ContractLine): boolean => unit === 'CARD_HOUR';

/** Gathers what these invoices bill of facilities, for `facilityUsageChanges`; their contracts' lines come with it. */
export async function gatherFacilityUsage(loader: Loader, of: readonly Billing[]): Promise<void> {
  const lines = await loader.load(
    contractLineShelf,
    'contract',
    of.map(({ contractId }) => contractId),
  );
  await loader.load(
    chipShelf,
    'id',
    lines.flatMap(({ chipId }) => chipId ?? []),
  );
  await loader.load(
    facilityUsageShelf,
    'id',
    of.flatMap((billing) =>
      loader.facts
        .all(contractLineShelf, 'contract', billing.contractId)
        .filter(isByCardHour)
        .map((line) => facilityUsageIdOf(line, chipOf(loader.facts, line), billing)),
    ),
  );
}

/** Gathers all that `beyondFacilities` looks at, of facilities whose cards are on record; of the others there is nothing to look at. */
export async function gatherFacilities(loader: Loader, contractIds: readonly string[]): Promise<void> {
  const lines = await loader.load(contractLineShelf, 'contract', contractIds);
  const facilityIds = lines.filter(isByCardHour).map(({ facilityId }) => facilityId);
  const observations = await loader.load(observationShelf, 'facility', facilityIds);
  const known = observations.filter(({ installedCards }) => installedCards !== null).map(({ facilityId }) => facilityId);
  await Promise.all([loader.load(facilityShelf, 'id', known), loader.load(facilityUsageShelf, 'facility', known)]);
}

/** The rows as they are once these lines are billed too (`sign` 1), or no more (−1): one for each facility and chip of the lines. */
function usageAfter(facts: Facts, billing: Billing, lines: readonly BilledLine[], sign: 1n | -1n): FacilityUsage[] {
  const contractLines = facts.all(contractLineShelf, 'contract', billing.contractId);
  const after = new Map<string, FacilityUsage>();
  for (const { contractLineId, quantity } of lines) {
    const line = contractLines.find((of) => of.contractLineId === contractLineId);
    if (!line || !isByCardHour(line)) continue;
    const chip = chipOf(facts, line);
    const facilityUsageId = facilityUsageIdOf(line, chip, billing);
    const before = after.get(facilityUsageId) ?? facts.get(facilityUsageShelf, facilityUsageId);
    after.set(facilityUsageId, {
      bookId: facts.bookId,
      facilityUsageId,
      facilityId: line.facilityId,
      chipVendor: chip.vendor,
      chipModel: chip.model,
      usageFrom: billing.usageFrom,
      usageTo: billing.usageTo,
      cardHours: formatQuantity(quantityOf(before?.cardHours ?? '0') + sign * quantityOf(quantity)),
    });
  }
  return [...after.values()];
}

/** A facility's usage as it is shown, beside what its cards, or those of the chip, can have given in the period. */
export function presentFacilityUsage(row: FacilityUsage, observations: readonly FacilityObservation[]) {
  const chip = row.chipVendor === '' ? null : { vendor: row.chipVendor, model: row.chipModel };
  const possible = cardHoursOf(observations, chip)(row.usageFrom, row.usageTo);
  return {
    chipVendor: row.chipVendor,
    chipModel: row.chipModel,
    usageFrom: row.usageFrom,
    usageTo: row.usageTo,
    cardHours: formatQuantity(quantityOf(row.cardHours)),
    possible: possible === null ? null : formatQuantity(possible),
  };
}

/** What changes of gathered facilities' usage when these lines are billed, or (`sign` −1) billed no more. */
export const facilityUsageChanges = (facts: Facts, billing: Billing, lines: readonly BilledLine[], sign: 1n | -1n): Change[] =>
  usageAfter(facts, billing, lines, sign).map((row) =>
    facts.get(facilityUsageShelf, row.facilityUsageId) ? update(facilityUsageShelf, row) : insert(facilityUsageShelf, row),
  );

/**
 * What becomes impossible with these lines: of each facility, and of each chip that they name, the shortest stretch of days for which
 * more card-hours are billed than its installed cards can have given. Nothing of facilities whose cards are not on record.
 */
export function beyondFacilities(
  facts: Facts,
  billing: Billing & Pick<UsageInvoice, 'grossFen'>,
  lines: readonly BilledLine[],
): Suspicion[] {
  const added = usageAfter(facts, billing, lines, 1n);
  return [...new Set(added.map(({ facilityId }) => facilityId))].flatMap((facilityId) => {
    const observations = facts.all(observationShelf, 'facility', facilityId);
    if (observations.every(({ installedCards }) => installedCards === null)) return [];
    const ofFacility = added.filter((row) => row.facilityId === facilityId);
    const before = facts
      .all(facilityUsageShelf, 'facility', facilityId)
      .filter((row) => !added.some(({ facilityUsageId }) => facilityUsageId === row.facilityUsageId));
    const named = ofFacility.filter(({ chipVendor }) => chipVendor !== '');
    // Of one chip what is billed of it; of the facility all that is billed, so that leaving the chip out hides nothing.
    const asked = [...named.map(({ chipVendor: vendor, chipModel: model }) => ({ vendor, model })), null];
    for (const chip of asked) {
      const rows = [...before, ...ofFacility].filter(
        (row) => chip === null || (row.chipVendor === chip.vendor && row.chipModel === chip.model),
      );
      const billed = rows.map(({ usageFrom, usageTo, cardHours }) => ({
        from: usageFrom,
        to: usageTo,
        cardHours: quantityOf(cardHours),
      }));
      const period = { from: billing.usageFrom, to: billing.usageTo };
      const beyond = beyondCapacity(billed, period, cardHoursOf(observations, chip));
      if (beyond === null) continue;
      const { from, to } = beyond;
      const facility = facts.get(facilityShelf, facilityId);
      return [
        {
          kind: 'CAPACITY_EXCEEDED',
          amountFen: billing.grossFen,
          evidence: {
            inputs: {
              facility: facility?.name ?? '',
              chip: chip === null ? '*' : `${chip.vendor} ${chip.model}`,
              from,
              to,
              days: String(daysInclusive(from, to)),
              possible: formatQuantity(beyond.possible),
              billed: formatQuantity(beyond.billed),
              beyond: formatQuantity(beyond.billed - beyond.possible),
            },
            rows: [
              { kind: 'FACILITY', id: facilityId, name: facility?.name ?? '' },
              ...rows
                .filter(({ usageFrom, usageTo }) => usageFrom >= from && usageTo <= to)
                .map((row) => ({
                  kind: 'FACILITY_USAGE',
                  id: row.facilityUsageId,
                  name: `${row.usageFrom} – ${row.usageTo}: ${formatQuantity(quantityOf(row.cardHours))}`,
                })),
            ],
          },
        } satisfies Suspicion,
      ];
    }
    return [];
  });
}
