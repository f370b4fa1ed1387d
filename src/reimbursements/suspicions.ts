// What looks wrong with an application for reimbursement as it is submitted, or corrected (src/flags/): parties that are related where the
// text does not bar it, one enterprise that claims as several, digital invoices that say otherwise than what was typed.
import type { Reimbursement, ReimbursementLine } from '../../db/tables.js';
import { relatedParties, splitEnterprise } from '../applications/suspicions.js';
import type { Day } from '../calendar.js';
import { digitalInvoicesDiffer } from '../flags/digital-invoice.js';
import type { Suspicion } from '../flags/raise.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { gatherHolders, relatedBy, sharingWith } from '../legal-persons/holders.js';
import { attachmentShelf } from '../materials/facts.js';
import type { Law } from '../programmes/language.js';
import { invoiceShelf } from '../usage/facts.js';
import type { Case } from './award-facts.js';
import { reimbursementLineShelf, reimbursementShelf } from './facts.js';

/**
 * Gathers who holds and leads the parties of these cases, and what else these hold that applied for reimbursement; and what digital
 * invoices say otherwise of the invoices they rest on, which have been gathered.
 */
export async function gatherSuspicions(loader: Loader, cases: readonly Case[]): Promise<void> {
  const legalPersons = [...new Set(cases.flatMap(partiesOf))];
  const invoiceIds = new Set(cases.flatMap(({ lines }) => lines.flat().flatMap(({ invoiceId }) => invoiceId ?? [])));
  const differing = [...invoiceIds].filter((id) => loader.facts.get(invoiceShelf, id)?.digitalInvoice === 'DIFFERS');
  await loader.load(attachmentShelf, 'subject', differing);
  const rows = await loader.load(reimbursementShelf, 'legalPerson', await gatherHolders(loader, legalPersons));
  await loader.load(
    reimbursementLineShelf,
    'reimbursement',
    rows.map(({ reimbursementId }) => reimbursementId),
  );
}

/** Whom a case is between: its applicant, and those it bought of. */
const partiesOf = ({ at }: Case): string[] => [
  at.enterprise.legalPerson,
  ...at.items.map(({ provider }) => provider.legalPerson),
];

/** What digital invoices say otherwise of the invoices that these lines count. */
const differing = (facts: Facts, lines: readonly ReimbursementLine[]): Suspicion[] => {
  const counted = new Set(lines.flatMap(({ invoiceId, isLive }) => (isLive && invoiceId !== null ? [invoiceId] : [])));
  const invoices = [...counted].flatMap((id) => facts.get(invoiceShelf, id) ?? []);
  return digitalInvoicesDiffer(
    invoices
      .filter(({ digitalInvoice }) => digitalInvoice === 'DIFFERS')
      .flatMap((invoice) =>
        facts.all(attachmentShelf, 'subject', invoice.invoiceId).map((attachment) => ({ invoice, attachment })),
      ),
  );
};

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
  return [...related, ...split, ...differing(facts, of.lines)];
}
