// Attaching a file to a thing, whether it was uploaded for it just now or before: what both verbs gather, and what they change.
import type { EvidenceAttachment, EvidenceFile, UsageInvoice } from '../../db/tables.js';
import type { DigitalInvoice } from '../../schemas/evidence-files.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { attachmentShelf } from '../materials/facts.js';
import { providerShelf } from '../providers/facts.js';
import { invoiceLineShelf, invoiceShelf } from '../usage/facts.js';
import { findingsOf } from './findings.js';
import { seesSubject, verdictOf } from './rules.js';
import { digitalInvoicesDiffer } from '../flags/digital-invoice.js';
import { raise } from '../flags/raise.js';
import type { Named } from './subjects.js';
import { gatherSubjects, isClaimed, subjectOf } from './subjects.js';

/** Files of one thing at most: what a person can still look through. */
const mostOfSubject = 200;

/** Gathers what attaching to these things looks at. */
export async function gatherAttaching(loader: Loader, named: readonly Named[]): Promise<void> {
  const ids = named.map(({ subjectId }) => subjectId);
  await Promise.all([
    gatherSubjects(loader, named),
    loader.load(attachmentShelf, 'subject', ids),
    loader.load(
      invoiceLineShelf,
      'invoice',
      named.filter(({ subjectKind }) => subjectKind === 'USAGE_INVOICE').map(({ subjectId }) => subjectId),
    ),
  ]);
}

/**
 * The attachment of a file to a thing, with all that it changes: of a digital invoice what differs from the invoice it is attached to,
 * and what the invoice says of that. Where the invoice counts in an award already, what differs is flagged for a person: nothing else
 * would look at it again. What an expert attaches is for the authorities alone. Refuses NOT_FOUND (a thing that the actor does not see likewise), EVIDENCE_ATTACHED,
 * EVIDENCE_TOO_MANY.
 */
export function attach(
  command: Pick<Command, 'id' | 'actor' | 'today' | 'receivedAt' | 'newId'>,
  facts: Facts,
  of: { file: EvidenceFile } & Named,
): { kind: 'attached'; row: EvidenceAttachment; changes: readonly Change[] } | Refused {
  const { id, actor, today, receivedAt } = command;
  const { file, subjectKind, subjectId } = of;
  const subject = subjectOf(facts, of);
  if (!subject || !seesSubject(actor, subject)) return refused('NOT_FOUND', {}, '/subjectId');
  const others = facts.all(attachmentShelf, 'subject', subjectId);
  if (others.some((other) => other.evidenceFileId === file.evidenceFileId && other.detachedOn === null)) {
    return refused('EVIDENCE_ATTACHED', { name: file.name }, '/subjectId');
  }
  if (others.length >= mostOfSubject) return refused('EVIDENCE_TOO_MANY', { most: String(mostOfSubject) }, '/subjectId');
  const invoice = subjectKind === 'USAGE_INVOICE' ? facts.get(invoiceShelf, subjectId) : undefined;
  const row: EvidenceAttachment = {
    bookId: facts.bookId,
    attachmentId: id,
    evidenceFileId: file.evidenceFileId,
    subjectKind,
    subjectId,
    ...(actor.role === 'expert'
      ? { providerId: null, enterpriseId: null }
      : { providerId: subject.provider?.providerId ?? null, enterpriseId: subject.enterprise?.enterpriseId ?? null }),
    findings: invoice && file.digitalInvoice !== null ? compared(facts, invoice, file.digitalInvoice as DigitalInvoice) : null,
    attachedPerson: actor.personId,
    attachedOn: today,
    detachedPerson: null,
    detachedOn: null,
    detachReason: null,
    recordedAt: receivedAt.toISOString(),
  };
  const flagged = invoice ? flagsOf(command, facts, invoice, row) : [];
  return {
    kind: 'attached',
    row,
    changes: [insert(attachmentShelf, row), ...judged(invoice, [...others, row], flagged.length), ...flagged],
  };
}

function compared(facts: Facts, invoice: UsageInvoice, read: DigitalInvoice) {
  const [provider, enterprise] = [facts.get(providerShelf, invoice.providerId), facts.get(enterpriseShelf, invoice.enterpriseId)];
  if (!provider || !enterprise) throw new Error('an invoice without its parties');
  const lines = [...facts.all(invoiceLineShelf, 'invoice', invoice.invoiceId)].sort((a, b) => a.lineNo - b.lineNo);
  return findingsOf({ invoice, lines, provider, enterprise }, read);
}

/** The flag that a digital invoice raises which differs from an invoice that counts in a redemption or a reimbursement already. */
const flagsOf = (
  command: Pick<Command, 'actor' | 'today' | 'receivedAt' | 'newId'>,
  facts: Facts,
  invoice: UsageInvoice,
  attachment: EvidenceAttachment,
): Change[] => {
  const found = isClaimed(invoice) ? digitalInvoicesDiffer([{ invoice, attachment }]) : [];
  return raise(command, facts, { subjectKind: 'USAGE_INVOICE', subjectId: invoice.invoiceId }, found);
};

/** What an invoice says of the digital invoices attached to it, once these are, and of `raised` flags on it beside. */
export function judged(invoice: UsageInvoice | undefined, attached: readonly EvidenceAttachment[], raised = 0): Change[] {
  if (!invoice) return [];
  const digitalInvoice = verdictOf(attached);
  if (digitalInvoice === invoice.digitalInvoice && raised === 0) return [];
  return [update(invoiceShelf, { ...invoice, digitalInvoice, holdingFlags: invoice.holdingFlags + raised })];
}
