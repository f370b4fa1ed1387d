// By when an enterprise confirms or disputes: what the laws of the vouchers on a contract say of it.
import type { Contract } from '../../db/tables.js';
import { gatherCalendar } from '../calendars/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { decidingDayOf } from '../programmes/evaluate.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import type { Law } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';
import { programmeOf } from '../programmes/published.js';
import { voucherShelf } from '../vouchers/facts.js';

/** Gathers the vouchers on these contracts with their versions, and the working days. */
export async function gatherConfirmationRules(loader: Loader, contractIds: readonly string[]): Promise<void> {
  const [vouchers] = await Promise.all([loader.load(voucherShelf, 'contract', contractIds), gatherCalendar(loader)]);
  await loader.load(
    programmeVersionShelf,
    'id',
    vouchers.map(({ programmeVersionId }) => programmeVersionId),
  );
}

/** What each law of a gathered contract's vouchers says; of those that say nothing, nothing. */
export function confirmationRules(facts: Facts, contract: Contract): NonNullable<Law['usageConfirmation']>['value'][] {
  return facts.all(voucherShelf, 'contract', contract.contractId).flatMap(({ programmeVersionId, appliedOn }) => {
    const version = facts.get(programmeVersionShelf, programmeVersionId);
    if (!version) throw new Error('a voucher has lost its version');
    const programme = programmeOf(version);
    const law = lawOn(programme, decidingDayOf(programme, { appliedOn, signedOn: contract.signedOn }));
    return law.usageConfirmation === null ? [] : [law.usageConfirmation.value];
  });
}
