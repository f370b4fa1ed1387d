// What looks wrong with an application for reimbursement as it is submitted (src/flags/): parties that are related where the text does not
// bar it, and one enterprise that claims as several.
import type { Reimbursement, ReimbursementLine } from '../../db/tables.js';
import { relatedParties, splitEnterprise } from '../applications/suspicions.js';
import type { Day } from '../calendar.js';
import type { Suspicion } from '../flags/raise.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { gatherHolders, relatedBy, sharingWith } from '../legal-persons/holders.js';
import type { Law } from '../programmes/language.js';
import type { Case } from './award-facts.js';
import { reimbursementLineShelf, reimbursementShelf } from './facts.js';

/** Gathers who holds and leads the parties, and what else these hold that applied for reimbursement. */
export async function gatherSuspicions(loader: Loader, legalPersons: readonly string[]): Promise<void> {
  const rows = await loader.load(reimbursementShelf, 'legalPerson', await gatherHolders(loader, legalPersons));
  await loader.load(
    reimbursementLineShelf,
    'reimbursement',
    rows.map(({ reimbursementId }) => reimbursementId),
  );
}

/** Whom a case is between: its applicant, and those it bought of. */
export const partiesOf = ({ at }: Case): string[] => [
  at.enterprise.legalPerson,
  ...at.items.map(({ provider }) => provider.legalPerson),
];

/** What looks wrong with a gathered case, by what holds on any day from the first of its base year on. */
export function suspicionsOf(
  facts: Facts,
  of: {
    readonly row: Reimbursement;
    readonly whole: Case;
    readonly lines: readonly ReimbursementLine[];
    readonly law: Law;
    readonly today: Day;
  },
): Suspicion[] {
  const { row, whole, law, today } = of;
  const days = { from: `${row.baseYear}-01-01`, to: today };
  const enterprise = row.legalPersonUscc;
  const amountFen = row.computedFen;
  const providers = new Map<string, boolean>();
  for (const { provider } of whole.at.items) {
    providers.set(provider.legalPerson, provider.isRelated || (providers.get(provider.legalPerson) ?? false));
  }
  const related = [...providers].flatMap(([provider, isRelated]) =>
    relatedParties(law, {
      parties: { enterprise, provider },
      isRelated,
      amountFen,
      holders: relatedBy(facts, enterprise, provider, days),
    }),
  );
  const sellers = new Set(of.lines.filter(({ isLive }) => isLive).map(({ counterpartyUscc }) => counterpartyUscc));
  const claimsToo = (other: Reimbursement): boolean =>
    other.programmeCode === row.programmeCode &&
    other.year === row.year &&
    !['DRAFT', 'REJECTED', 'WITHDRAWN'].includes(other.status) &&
    facts
      .all(reimbursementLineShelf, 'reimbursement', other.reimbursementId)
      .some(({ isLive, counterpartyUscc }) => isLive && sellers.has(counterpartyUscc));
  const split = splitEnterprise(
    sharingWith(facts, enterprise, days).map((other) => ({
      ...other,
      claims: facts
        .all(reimbursementShelf, 'legalPerson', other.legalPersonUscc)
        .filter(claimsToo)
        .map(({ reimbursementId, reimbursementNo, awardFen, computedFen }) => ({
          kind: 'REIMBURSEMENT',
          id: reimbursementId,
          name: reimbursementNo,
          amountFen: awardFen ?? computedFen,
        })),
    })),
    amountFen,
  );
  return [...related, ...split];
}
