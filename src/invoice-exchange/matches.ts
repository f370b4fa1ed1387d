// Invoices of ours whose numbers other services have told: flagged once for each service, whichever came first.
import type { ForeignMark, UsageInvoice } from '../../db/tables.js';
import { flagShelf, gatherFlags } from '../flags/facts.js';
import { raise } from '../flags/raise.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Command } from '../ledger/lane.js';
import { invoiceShelf } from '../usage/facts.js';
import type { Mark } from '../usage/marks.js';
import { suspicionsOfMarks } from '../usage/marks.js';

/** Gathers invoices that may match, with the flags on them. */
export async function gatherMatched(loader: Loader, invoiceIds: readonly string[]): Promise<void> {
  await Promise.all([loader.load(invoiceShelf, 'id', invoiceIds), gatherFlags(loader, invoiceIds)]);
}

/** The flags on a gathered invoice of what matches it, but for services that one was raised for before; none on what counts nowhere. */
export function flagMatches(
  command: Command,
  facts: Facts,
  { invoice, marks, foreign }: { invoice: UsageInvoice; marks: readonly Mark[]; foreign: readonly ForeignMark[] },
): Change[] {
  if (invoice.status === 'VOIDED' || invoice.status === 'RETURNED') return [];
  const before = facts.all(flagShelf, 'subject', invoice.invoiceId).filter(({ kind }) => kind === 'INVOICE_ELSEWHERE');
  const told = new Set(before.map(({ evidence }) => evidence.inputs['source']));
  const found = suspicionsOfMarks(invoice, marks, foreign).filter(({ evidence }) => !told.has(evidence.inputs['source']));
  if (found.length === 0) return [];
  const flags = raise(command, facts, { subjectKind: 'USAGE_INVOICE', subjectId: invoice.invoiceId }, found);
  return [...flags, update(invoiceShelf, { ...invoice, holdingFlags: invoice.holdingFlags + flags.length })];
}
