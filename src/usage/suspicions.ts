// What looks wrong with an invoice as it is posted (src/flags/): more card-hours than can have been given, a price far from the list.
import type { UsageInvoice, UsageInvoiceLine } from '../../db/tables.js';
import { contractLineShelf, contractShelf } from '../contracts/facts.js';
import { flagParameterShelf, flagShelf } from '../flags/facts.js';
import { farFromList } from '../flags/price.js';
import type { Suspicion } from '../flags/raise.js';
import { latestDated } from '../flags/rules.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { chipShelf, listPriceShelf } from '../providers/facts.js';
import { beyondFacilities, gatherFacilities } from './facility-usage.js';

const farPrice = 'PRICE_FAR_FROM_LIST';

/** Gathers what the rules look at: of prices nothing but their parameter where the bureau has stated none. */
export async function gatherSuspicions(loader: Loader, contractIds: readonly string[]): Promise<void> {
  const [parameters, contracts] = await Promise.all([
    loader.load(flagParameterShelf, 'kind', [farPrice]),
    loader.load(contractShelf, 'id', contractIds),
    gatherFacilities(loader, contractIds),
  ]);
  if (parameters.length === 0) return;
  await Promise.all([
    loader.load(
      listPriceShelf,
      'provider',
      contracts.map(({ providerId }) => providerId),
    ),
    loader.load(flagShelf, 'subject', contractIds),
  ]);
}

/** What looks wrong with a gathered contract's invoice, by the parameters of its first day of usage. */
export const suspicionsOf = (facts: Facts, invoice: UsageInvoice, lines: readonly UsageInvoiceLine[]): Suspicion[] => [
  ...beyondFacilities(facts, invoice, lines),
  ...farPrices(facts, invoice, lines),
];

/**
 * A price far from the list on the first day of usage and on the last. Not told again where the contract's price was flagged as it was
 * submitted: that flag holds the contract's invoices too, until a person has found the price to be right.
 */
function farPrices(facts: Facts, invoice: UsageInvoice, lines: readonly UsageInvoiceLine[]): Suspicion[] {
  const parameter = latestDated(facts.all(flagParameterShelf, 'kind', farPrice), invoice.usageFrom);
  if (!parameter || facts.all(flagShelf, 'subject', invoice.contractId).some(({ kind }) => kind === farPrice)) return [];
  const contractLines = facts.all(contractLineShelf, 'contract', invoice.contractId);
  const priced = lines.flatMap((line) => {
    const of = contractLines.find(({ contractLineId }) => contractLineId === line.contractLineId);
    const chip = of && of.chipId !== null ? (facts.get(chipShelf, of.chipId) ?? null) : null;
    return of ? [{ ...line, unit: of.unit, chip }] : [];
  });
  const prices = facts.all(listPriceShelf, 'provider', invoice.providerId);
  const found = farFromList(priced, prices, parameter, [invoice.usageFrom, invoice.usageTo]);
  return found ? [found] : [];
}
