import type { z } from 'zod';
import type { UsageInvoice, UsageInvoiceLine } from '../../db/tables.js';
import type { decideUsageInvoice, disputeUsageInvoice } from '../../schemas/usage.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { addDays } from '../calendar.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { actsFor } from '../providers/rules.js';
import { facilityUsageChanges, gatherFacilityUsage } from './facility-usage.js';
import { invoiceLineShelf, invoiceShelf, lineUsageShelf, redLetterLineShelf } from './facts.js';
import { isOverdue, netOf, presentInvoice, refuseInvoice, usageAfter } from './rules.js';

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

/** The invoice that this person of its enterprise may confirm or dispute: of somebody else, in time. */
function decidable(
  { body, actor, today }: Command<Target>,
  facts: Facts,
  verb: 'confirm' | 'dispute',
): { kind: 'invoice'; invoice: UsageInvoice } | Refused {
  const invoice = facts.get(invoiceShelf, body.id ?? '');
  const enterprise = invoice && facts.get(enterpriseShelf, invoice.enterpriseId);
  if (!invoice || !enterprise || !actsFor(actor, enterprise)) return refused('NOT_FOUND');
  const wrongState = refuseInvoice(invoice, verb);
  if (wrongState) return wrongState;
  if (isOverdue(invoice, today)) {
    const { invoiceNo, confirmBy, confirmOutcome } = invoice;
    return refused('CONFIRM_DEADLINE_PASSED', { invoiceNo, confirmBy: confirmBy ?? '', outcome: confirmOutcome ?? '' });
  }
  if (isSamePerson(actor, invoice.postedPerson)) return refused('FOUR_EYES');
  return { kind: 'invoice', invoice };
}

/** Gathers invoices with their lines, and what their contracts' lines have been used for. */
export async function gatherUsed(loader: Loader, commands: readonly Command<Target>[]): Promise<void> {
  const [invoices] = await Promise.all([gather(loader, commands), loader.load(invoiceLineShelf, 'invoice', idsOf(commands))]);
  await Promise.all([
    loader.load(
      lineUsageShelf,
      'contract',
      invoices.map(({ contractId }) => contractId),
    ),
    loader.load(
      redLetterLineShelf,
      'invoice',
      invoices.filter(({ redFen }) => redFen > 0n).map(({ invoiceId }) => invoiceId),
    ),
  ]);
}

/** The same, with what they bill of facilities: for what may end their counting. */
export async function gatherBilled(loader: Loader, commands: readonly Command<Target>[]): Promise<void> {
  await gatherUsed(loader, commands);
  await gatherFacilityUsage(
    loader,
    idsOf(commands).flatMap((id) => loader.facts.get(invoiceShelf, id) ?? []),
  );
}

/** What is left of a gathered invoice's lines after red letters. */
function linesLeft(facts: Facts, { invoiceId, redFen }: UsageInvoice): readonly UsageInvoiceLine[] {
  const lines = facts.all(invoiceLineShelf, 'invoice', invoiceId);
  return redFen === 0n ? lines : lines.map((line) => netOf(line, facts.all(redLetterLineShelf, 'invoice', invoiceId)));
}

/** What changes of its facilities' usage when an invoice is billed no more. */
export const billedNoMore = (facts: Facts, invoice: UsageInvoice): Change[] =>
  facilityUsageChanges(facts, invoice, linesLeft(facts, invoice), -1n);

/** What changes when an invoice begins to count on its contract's lines, or (`sign` −1) counts no more. */
export function usageChanges(facts: Facts, invoice: UsageInvoice, sign: 1n | -1n): Change[] {
  const { contractId } = invoice;
  const known = facts.all(lineUsageShelf, 'contract', contractId);
  const before = (contractLineId: string) => known.find((of) => of.contractLineId === contractLineId);
  const usage = usageAfter(contractId, linesLeft(facts, invoice), before, sign);
  return usage.map((of) => (before(of.contractLineId) ? update(lineUsageShelf, of) : insert(lineUsageShelf, of)));
}

/**
 * The enterprise confirms the usage, after a dispute of its own too. Refuses NOT_FOUND (another firm's likewise), INVOICE_WRONG_STATE,
 * CONFIRM_DEADLINE_PASSED, FOUR_EYES. From here on the usage counts on its contract's lines.
 */
export const confirmInvoice: Verb<Target, Result> = {
  name: 'usage_invoice.confirm',
  money: false,
  gather: gatherUsed,

  decide(command, facts) {
    const found = decidable(command, facts, 'confirm');
    if (found.kind === 'refused') return found;
    // After this line the command succeeds.
    const row: UsageInvoice = {
      ...found.invoice,
      status: 'CONFIRMED',
      decidedPerson: command.actor.personId,
      decidedOn: command.today,
      decidedBy: 'ENTERPRISE',
    };
    return accepted({
      decision: 'usage_invoice.confirmed',
      subjectId: row.invoiceId,
      result: presentInvoice(row),
      changes: [update(invoiceShelf, row), ...usageChanges(facts, row, 1n)],
    });
  },
};

/**
 * The bureau decides a dispute, with its reason: the usage is confirmed, or returned to the provider and counts nowhere. Refuses
 * NOT_FOUND, INVOICE_WRONG_STATE.
 */
export const decideInvoice: Verb<z.output<typeof decideUsageInvoice> & Target, Result> = {
  name: 'usage_invoice.decide',
  money: false,
  gather: gatherBilled,

  decide({ body, actor, today }, facts) {
    const before = facts.get(invoiceShelf, body.id ?? '');
    if (!before) return refused('NOT_FOUND');
    const wrongState = refuseInvoice(before, 'decide');
    if (wrongState) return wrongState;
    // After this line the command succeeds.
    const { outcome, reason } = body;
    const decided = { decidedPerson: actor.personId, decidedOn: today, decidedBy: 'BUREAU' as const, decisionReason: reason };
    const row: UsageInvoice = { ...before, status: outcome, ...decided };
    return accepted({
      decision: outcome === 'CONFIRMED' ? 'usage_invoice.confirmed' : 'usage_invoice.returned',
      subjectId: row.invoiceId,
      result: presentInvoice(row),
      changes: [
        update(invoiceShelf, row),
        ...(outcome === 'CONFIRMED' ? usageChanges(facts, row, 1n) : billedNoMore(facts, row)),
      ],
    });
  },
};

/**
 * The deadline decides an invoice that nobody confirmed or disputed in time, the way its programme says, on its own day: however late this
 * is carried out, it was decided on the day after the last. Refuses NOT_FOUND, INVOICE_WRONG_STATE, CONFIRM_DEADLINE_AHEAD (none, too).
 */
export const decideOverdueInvoice: Verb<Target, Result> = {
  name: 'usage_invoice.decide-overdue',
  money: false,
  gather: gatherBilled,

  decide({ body, today }, facts) {
    const before = facts.get(invoiceShelf, body.id ?? '');
    if (!before) return refused('NOT_FOUND');
    const wrongState = refuseInvoice(before, 'decide-overdue');
    if (wrongState) return wrongState;
    const { invoiceNo, confirmBy, confirmOutcome } = before;
    if (confirmBy === null || confirmOutcome === null || !isOverdue(before, today)) {
      return refused('CONFIRM_DEADLINE_AHEAD', { invoiceNo, confirmBy: confirmBy ?? '—' });
    }
    // After this line the command succeeds.
    const row: UsageInvoice = { ...before, status: confirmOutcome, decidedOn: addDays(confirmBy, 1), decidedBy: 'DEADLINE' };
    return accepted({
      decision: confirmOutcome === 'CONFIRMED' ? 'usage_invoice.confirmed' : 'usage_invoice.returned',
      subjectId: row.invoiceId,
      result: presentInvoice(row),
      changes: [
        update(invoiceShelf, row),
        ...(confirmOutcome === 'CONFIRMED' ? usageChanges(facts, row, 1n) : billedNoMore(facts, row)),
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
    const found = decidable(command, facts, 'dispute');
    if (found.kind === 'refused') return found;
    // After this line the command succeeds.
    const row = {
      ...found.invoice,
      status: 'DISPUTED' as const,
      decidedPerson: command.actor.personId,
      decidedOn: command.today,
      decidedBy: 'ENTERPRISE' as const,
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
