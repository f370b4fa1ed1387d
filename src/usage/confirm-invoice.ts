import type { z } from 'zod';
import type { UsageInvoice } from '../../db/tables.js';
import type { disputeUsageInvoice } from '../../schemas/usage.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { actsFor } from '../providers/rules.js';
import { invoiceLineShelf, invoiceShelf, lineUsageShelf } from './facts.js';
import { presentInvoice, usageAfter, wrongState } from './rules.js';

interface Target {
  readonly id?: string;
}
type Result = ReturnType<typeof presentInvoice>;

const idsOf = (commands: readonly Command<Target>[]): string[] => commands.map(({ body }) => body.id ?? '');

async function gather(loader: Loader, commands: readonly Command<Target>[]): Promise<UsageInvoice[]> {
  const invoices = await loader.load(invoiceShelf, 'id', idsOf(commands));
  await loader.load(
    enterpriseShelf,
    'id',
    invoices.map(({ enterpriseId }) => enterpriseId),
  );
  return invoices;
}

/** The invoice that this person of its enterprise may confirm or dispute: posted, by somebody else, and not decided on yet. */
function decidable({ body, actor }: Command<Target>, facts: Facts): { kind: 'invoice'; invoice: UsageInvoice } | Refused {
  const invoice = facts.get(invoiceShelf, body.id ?? '');
  const enterprise = invoice && facts.get(enterpriseShelf, invoice.enterpriseId);
  if (!invoice || !enterprise || !actsFor(actor, enterprise)) return refused('NOT_FOUND');
  if (invoice.status !== 'POSTED') return wrongState(invoice);
  if (invoice.postedPerson === actor.personId) return refused('FOUR_EYES');
  return { kind: 'invoice', invoice };
}

/**
 * The enterprise confirms the usage. Refuses NOT_FOUND (another firm's likewise), INVOICE_WRONG_STATE, FOUR_EYES. From here on the
 * usage counts on its contract's lines.
 */
export const confirmInvoice: Verb<Target, Result> = {
  name: 'usage_invoice.confirm',
  money: false,

  async gather(loader, commands) {
    const [invoices] = await Promise.all([gather(loader, commands), loader.load(invoiceLineShelf, 'invoice', idsOf(commands))]);
    await loader.load(
      lineUsageShelf,
      'contract',
      invoices.map(({ contractId }) => contractId),
    );
  },

  decide(command, facts) {
    const found = decidable(command, facts);
    if (found.kind === 'refused') return found;
    // After this line the command succeeds.
    const { contractId } = found.invoice;
    const row = {
      ...found.invoice,
      status: 'CONFIRMED' as const,
      decidedPerson: command.actor.personId,
      decidedOn: command.today,
    };
    const known = facts.all(lineUsageShelf, 'contract', contractId);
    const before = (contractLineId: string) => known.find((of) => of.contractLineId === contractLineId);
    const usage = usageAfter(contractId, facts.all(invoiceLineShelf, 'invoice', row.invoiceId), before);
    return accepted({
      decision: 'usage_invoice.confirmed',
      subjectId: row.invoiceId,
      result: presentInvoice(row),
      changes: [
        update(invoiceShelf, row),
        ...usage.map((of) => (before(of.contractLineId) ? update(lineUsageShelf, of) : insert(lineUsageShelf, of))),
      ],
    });
  },
};

/** The enterprise disputes the usage, with its reason. Refuses as confirming does. */
export const disputeInvoice: Verb<z.output<typeof disputeUsageInvoice> & Target, Result> = {
  name: 'usage_invoice.dispute',
  money: false,

  async gather(loader, commands) {
    await gather(loader, commands);
  },

  decide(command, facts) {
    const found = decidable(command, facts);
    if (found.kind === 'refused') return found;
    // After this line the command succeeds.
    const row = {
      ...found.invoice,
      status: 'DISPUTED' as const,
      decidedPerson: command.actor.personId,
      decidedOn: command.today,
      disputeReason: command.body.reason,
    };
    return accepted({
      decision: 'usage_invoice.disputed',
      subjectId: row.invoiceId,
      result: presentInvoice(row),
      changes: [update(invoiceShelf, row)],
    });
  },
};
