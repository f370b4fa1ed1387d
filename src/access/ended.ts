// Nobody acts for a legal person that has ended: no new members, and no invitations for those that it has.
import type { Member } from '../../db/tables.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { closed } from '../enterprises/rules.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { providerShelf } from '../providers/facts.js';

/** Gathers what these codes are registered as. */
export async function gatherParties(loader: Loader, codes: readonly string[]): Promise<void> {
  await Promise.all([loader.load(enterpriseShelf, 'uscc', codes), loader.load(providerShelf, 'uscc', codes)]);
}

/** ENTERPRISE_CLOSED where the code is of nobody any more on the side that the role acts for. One that is not registered yet may have members. */
export function refuseEnded(facts: Facts, role: Member['role'], uscc: string): Refused | null {
  const party = role === 'provider' ? facts.one(providerShelf, 'uscc', uscc) : facts.one(enterpriseShelf, 'uscc', uscc);
  return party && party.closedOn !== null ? closed(party, '/legalPersonUscc') : null;
}
