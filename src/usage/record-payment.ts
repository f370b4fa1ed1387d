import type { z } from 'zod';
import type { EnterprisePayment } from '../../db/tables.js';
import type { recordPayment as body } from '../../schemas/usage.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { formatYuan } from '../money.js';
import { actsFor } from '../providers/rules.js';
import { invoiceShelf, paymentShelf } from './facts.js';
import { fenOf, presentPayment, refusalOfPaymentDay, refuseInvoice } from './rules.js';

type Body = z.output<typeof body> & { readonly id?: string };
type Result = ReturnType<typeof presentPayment> & { paid: string };

/**
 * Records what the enterprise paid on an invoice, whether it is confirmed yet or not. A bank serial that is on another invoice already may
 * be one transfer for both, or one told twice: the later invoice is marked, and a person looks at it before money moves. Refuses
 * AMOUNT_ZERO, NOT_FOUND (another firm's likewise), INVOICE_WRONG_STATE, what is wrong with the day (refusalOfPaymentDay), PAYMENT_EXISTS
 * (a bank serial counts once per invoice), PAYMENT_ABOVE_INVOICE.
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
        commands.map(({ body }) => body.bankSerial),
      ),
    ]);
    await Promise.all([
      loader.load(
        enterpriseShelf,
        'id',
        invoices.map(({ enterpriseId }) => enterpriseId),
      ),
      loader.load(
        contractShelf,
        'id',
        invoices.map(({ contractId }) => contractId),
      ),
    ]);
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const amountFen = fenOf(body.amount);
    if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
    const invoice = facts.get(invoiceShelf, body.id ?? '');
    const enterprise = invoice && facts.get(enterpriseShelf, invoice.enterpriseId);
    if (!invoice || !enterprise || !actsFor(actor, enterprise)) return refused('NOT_FOUND');
    const wrongState = refuseInvoice(invoice, 'payments');
    if (wrongState) return wrongState;
    const contract = facts.get(contractShelf, invoice.contractId);
    if (!contract) throw new Error('an invoice has lost its contract');
    const badDay = refusalOfPaymentDay(body.paidOn, contract, today);
    if (badDay) return badDay;
    const alike = facts.all(paymentShelf, 'serial', body.bankSerial);
    if (alike.some(({ invoiceId }) => invoiceId === invoice.invoiceId)) {
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
      changes: [
        insert(paymentShelf, row),
        update(invoiceShelf, { ...invoice, paidFen, paymentConflict: invoice.paymentConflict || alike.length > 0 }),
      ],
    });
  },
};
