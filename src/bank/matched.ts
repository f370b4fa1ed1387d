// What follows from a match beside its money: a batch of which something came back is open again, and the payee is told.
import type { BankMatch, PaymentInstruction, Settlement } from '../../db/tables.js';
import type { Change, Facts } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Message } from '../ledger/outbox.js';
import { party, tell } from '../messages/rules.js';
import { formatYuan } from '../money.js';
import { settlementShelf } from '../settlements/facts.js';

/** Batches that were closed, and of which these matches say that something paid came back: they are at the bank again. */
export function reopened(facts: Facts, matches: readonly BankMatch[], instructions: Iterable<PaymentInstruction>): Change[] {
  const late = new Set(matches.flatMap((match) => (match.kind === 'RETURNED_LATE' ? match.instructionId : [])));
  const batches = new Map<string, Settlement>();
  for (const { instructionId, settlementId } of instructions) {
    const settlement = late.has(instructionId) ? facts.get(settlementShelf, settlementId) : undefined;
    if (settlement?.status !== 'CLOSED') continue;
    batches.set(settlementId, { ...settlement, status: 'INSTRUCTED', closedPerson: null, closedOn: null });
  }
  return [...batches.values()].map((settlement) => update(settlementShelf, settlement));
}

/** The payee is told that its money came back, and why, as the bank says. */
export const toldOfReturn = (
  { payeeId, instructionId, instructionNo }: PaymentInstruction,
  { amountFen }: Pick<BankMatch, 'amountFen'>,
  reason: string | null,
): Message =>
  tell(
    'payment.returned',
    party(payeeId),
    { kind: 'PAYMENT_INSTRUCTION', id: instructionId },
    { instructionNo, amount: formatYuan(amountFen), reason: reason ?? '—' },
  );
