// The papers of an application for reimbursement: its own, and those of the contracts and invoices that it counts.
import type { ReimbursementLine } from '../../db/tables.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Papers } from '../materials/facts.js';
import { asksForMaterials } from '../materials/rules.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { filedUnder, paymentShelf } from '../usage/facts.js';

type Counted = Pick<ReimbursementLine, 'contractId' | 'invoiceId'>;

/** Gathers where papers may stand that a programme asks for with these lines. */
export const gatherPapers = (
  loader: Loader,
  of: readonly { readonly law: ProgrammeVersion; readonly lines: readonly Counted[] }[],
): Promise<unknown> =>
  loader.load(
    paymentShelf,
    'invoice',
    of
      .filter(({ law }) => asksForMaterials(law, 'APPLICATION'))
      .flatMap(({ lines }) => lines.flatMap(({ invoiceId }) => invoiceId ?? [])),
  );

/** The papers of an application with these lines. What is declared, and not in the book, has its papers with the application. */
export function papersOf(
  facts: Facts,
  of: { readonly law: ProgrammeVersion; readonly reimbursementId: string; readonly lines: readonly Counted[] },
): Papers {
  const own = [of.reimbursementId];
  if (!asksForMaterials(of.law, 'APPLICATION')) return { own, restsOn: [] };
  const distinct = (ids: readonly (string | null)[]): (string | null)[] => [...new Set(ids)];
  const contracts = distinct(of.lines.map(({ contractId }) => contractId));
  const invoices = distinct(of.lines.map(({ invoiceId }) => invoiceId));
  return {
    own,
    restsOn: [contracts.map((id) => (id === null ? [] : [id])), invoices.map((id) => (id === null ? [] : filedUnder(facts, id)))],
  };
}
