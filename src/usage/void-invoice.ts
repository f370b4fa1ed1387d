import type { z } from 'zod';
import type { UsageInvoice } from '../../db/tables.js';
import type { voidUsageInvoice } from '../../schemas/usage.js';
import { update } from '../ledger/facts.js';
import type { Outcome, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { formatYuan } from '../money.js';
import { providerShelf } from '../providers/facts.js';
import { actsFor } from '../providers/rules.js';
import type { ClaimDesk } from './claim-desk.js';
import { billedNoMore, gatherBilled, usageChanges } from './confirm-invoice.js';
import { invoiceShelf } from './facts.js';
import { presentInvoice, refuseInvoice } from './rules.js';

type Body = z.output<typeof voidUsageInvoice> & { readonly id?: string };
type Result = ReturnType<typeof presentInvoice>;

/**
 * Its provider voids an invoice that has moved no money: it counts no more, and its number is free for another. What is redeemed,
 * reimbursed or paid is corrected by a red letter instead. Refuses NOT_FOUND (another provider's likewise), INVOICE_WRONG_STATE,
 * INVOICE_ALREADY_REDEEMED, INVOICE_REIMBURSED, INVOICE_PAID.
 */
export const voidInvoice: Verb<Body, Result> = {
  name: 'usage_invoice.void',
  money: false,

  async gather(loader, commands) {
    await gatherBilled(loader, commands);
    const invoices = commands.flatMap(({ body }) => loader.facts.get(invoiceShelf, body.id ?? '') ?? []);
    await Promise.all([
      loader.load(
        providerShelf,
        'id',
        invoices.map(({ providerId }) => providerId),
      ),
      loader.load(
        invoiceShelf,
        'number',
        invoices.map(({ invoiceNo, providerId }) => [invoiceNo, providerId]),
      ),
    ]);
  },

  decide({ body, actor, today }, facts) {
    const before = facts.get(invoiceShelf, body.id ?? '');
    const provider = before && facts.get(providerShelf, before.providerId);
    if (!before || !provider || !actsFor(actor, provider)) return refused('NOT_FOUND');
    const wrongState = refuseInvoice(before, 'void');
    if (wrongState) return wrongState;
    const { invoiceNo, redemptionId, paidFen } = before;
    if (redemptionId !== null) return refused('INVOICE_ALREADY_REDEEMED', { invoiceNo, redemptionId });
    if (before.reimbursedLines > 0) return refused('INVOICE_REIMBURSED', { invoiceNo });
    if (paidFen > 0n) return refused('INVOICE_PAID', { invoiceNo, paid: formatYuan(paidFen) });
    // After this line the command succeeds.
    const voided = facts.all(invoiceShelf, 'number', [invoiceNo, before.providerId]).filter(({ status }) => status === 'VOIDED');
    const row: UsageInvoice = {
      ...before,
      status: 'VOIDED',
      voidedNo: voided.length + 1,
      voidedOn: today,
      voidedPerson: actor.personId,
      voidReason: body.reason,
    };
    return accepted({
      decision: 'usage_invoice.voided',
      subjectId: row.invoiceId,
      result: presentInvoice(row),
      changes: [
        update(invoiceShelf, row),
        ...(before.status === 'CONFIRMED' ? usageChanges(facts, before, -1n) : []),
        ...(before.status === 'RETURNED' ? [] : billedNoMore(facts, before)),
      ],
    });
  },
};

/** After the lane: the number that an invoice held is free again. One that was claimed elsewhere held none. */
export async function releaseVoided(desk: ClaimDesk, outcome: Outcome<Result>): Promise<void> {
  if (outcome.kind === 'refused' || outcome.replayed || outcome.result.numberConflict) return;
  await desk.release({ number: outcome.result.invoiceNo, providerId: outcome.result.providerId });
}
