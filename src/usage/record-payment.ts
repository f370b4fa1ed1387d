import type { z } from 'zod';
import type { EnterprisePayment } from '../../db/tables.js';
import type { recordPayment as body } from '../../schemas/usage.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { formatYuan } from '../money.js';
import { actsFor } from '../providers/rules.js';
import { invoiceShelf, paymentShelf } from './facts.js';
import { fenOf, presentPayment, wrongState } from './rules.js';

type Body = z.output<typeof body> & { readonly id?: string };
type Result = ReturnType<typeof presentPayment> & { paid: string };

/**
 * Records what the enterprise paid on an invoice, whether it is confirmed yet or not. Refuses AMOUNT_ZERO, PAYMENT_IN_FUTURE,
 * NOT_FOUND (another firm's likewise), INVOICE_WRONG_STATE when disputed, PAYMENT_EXISTS (a bank serial counts once per invoice),
 * PAYMENT_ABOVE_INVOICE.
 */
export const recordPayment: Verb<Body, Result> = {
  name: 'usage_invoice.pay',
  money: false,

  async gather(loader, commands) {
    const [invoices] = await Promise.all([
      loader.load(
        invoiceShelf,
        'id',
        commands.map(({ body }) => body.id ?? ''),
      ),
      loader.load(
        paymentShelf,
        'serial',
        commands.map(({ body }) => [body.bankSerial, body.id ?? '']),
      ),
    ]);
    await loader.load(
      enterpriseShelf,
      'id',
      invoices.map(({ enterpriseId }) => enterpriseId),
    );
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const amountFen = fenOf(body.amount);
    if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
    if (body.paidOn > today) return refused('PAYMENT_IN_FUTURE', { paidOn: body.paidOn, today }, '/paidOn');
    const invoice = facts.get(invoiceShelf, body.id ?? '');
    const enterprise = invoice && facts.get(enterpriseShelf, invoice.enterpriseId);
    if (!invoice || !enterprise || !actsFor(actor, enterprise)) return refused('NOT_FOUND');
    if (invoice.status === 'DISPUTED') return wrongState(invoice);
    if (facts.one(paymentShelf, 'serial', [body.bankSerial, invoice.invoiceId])) {
      return refused('PAYMENT_EXISTS', { bankSerial: body.bankSerial, invoiceNo: invoice.invoiceNo }, '/bankSerial');
    }
    const paidFen = invoice.paidFen + amountFen;
    if (paidFen > invoice.grossFen) {
      const params = { gross: formatYuan(invoice.grossFen), paid: formatYuan(invoice.paidFen) };
      return refused('PAYMENT_ABOVE_INVOICE', { ...params, left: formatYuan(invoice.grossFen - invoice.paidFen) }, '/amount');
    }
    // After this line the command succeeds.
    const row: EnterprisePayment = {
      bookId: facts.bookId,
      paymentId: id,
      invoiceId: invoice.invoiceId,
      amountFen,
      paidOn: body.paidOn,
      bankSerial: body.bankSerial,
      personId: actor.personId,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'usage_invoice.paid',
      subjectId: invoice.invoiceId,
      result: { ...presentPayment(row), paid: formatYuan(paidFen) },
      changes: [insert(paymentShelf, row), update(invoiceShelf, { ...invoice, paidFen })],
    });
  },
};
