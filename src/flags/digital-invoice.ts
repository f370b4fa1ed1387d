// That digital invoices say otherwise than what was typed of invoices that an award rests on. Pure.
import type { EvidenceAttachment, UsageInvoice } from '../../db/tables.js';
import type { Finding } from '../../schemas/evidence-files.js';
import { sumFen } from '../money.js';
import type { Suspicion } from './raise.js';

/** An invoice, and a digital invoice that is attached to it. */
export interface Attached {
  readonly invoice: Pick<UsageInvoice, 'invoiceId' | 'invoiceNo' | 'grossFen'>;
  readonly attachment: Pick<EvidenceAttachment, 'attachmentId' | 'findings' | 'detachedOn'>;
}

const findingsIn = ({ attachment }: Attached): readonly Finding[] =>
  attachment.detachedOn === null ? ((attachment.findings as Finding[] | null) ?? []) : [];

/** What differs, all in one: each invoice with its fields, what was typed and what the file says. */
export function digitalInvoicesDiffer(attached: readonly Attached[]): Suspicion[] {
  const differing = attached.filter((of) => findingsIn(of).length > 0);
  if (differing.length === 0) return [];
  const invoices = [...new Map(differing.map(({ invoice }) => [invoice.invoiceId, invoice])).values()];
  const fields = differing.flatMap((of) => findingsIn(of).map(({ field, typed, read }) => `${field}: ${typed} / ${read}`));
  return [
    {
      kind: 'DIGITAL_INVOICE_DIFFERS',
      evidence: {
        inputs: { invoiceNo: invoices.map(({ invoiceNo }) => invoiceNo).join(', '), fields: [...new Set(fields)].join('; ') },
        rows: [
          ...invoices.map(({ invoiceId, invoiceNo }) => ({ kind: 'USAGE_INVOICE', id: invoiceId, name: invoiceNo })),
          ...differing.map(({ invoice, attachment }) => ({
            kind: 'EVIDENCE_ATTACHMENT',
            id: attachment.attachmentId,
            name: invoice.invoiceNo,
          })),
        ],
      },
      amountFen: sumFen(invoices.map(({ grossFen }) => grossFen)),
    },
  ];
}
