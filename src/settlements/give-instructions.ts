// Payment instructions, as instructing a batch and sending returned payments out again both give them.
import type { PaymentInstruction, Settlement } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import { accountOf } from '../ledger/chart.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, note } from '../ledger/facts.js';
import type { Command, Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumbers } from '../ledger/numbers.js';
import type { Posting } from '../ledger/templates.js';
import { settlementInstructed } from '../ledger/templates.js';
import { accountsOf, gatherAccounts, gatherPaidTo, paidTo } from '../payees/facts.js';
import { payeeAccountOn } from '../payees/rules.js';
import { instructionShelf } from './facts.js';
import type { Part } from './rules.js';
import { partKey } from './rules.js';

type Payment = Pick<Part, 'payeeId' | 'fund' | 'funder'>;

/** By command: the id each payment gets if it is instructed. Its account is named by it, so it is chosen before. */
const instructionIds = note<ReadonlyMap<string, string>>('ids of instructions');

/** Gathers what giving instructions needs, for every payment that each command might instruct. */
export async function gatherInstructions(
  loader: Loader,
  wanted: readonly { readonly command: Command; readonly payments: readonly Payment[] }[],
): Promise<void> {
  const accounts = wanted.flatMap(({ command, payments }) => {
    const ids = new Map(payments.map((payment) => [partKey(payment), command.newId()]));
    loader.note(instructionIds, command.id, ids);
    return payments.flatMap((payment) => [
      accountOf.payable(payment.payeeId, payment.fund),
      accountOf.inTransit(ids.get(partKey(payment)) ?? '', payment.fund, payment.funder),
    ]);
  });
  const payees = wanted.flatMap(({ payments }) => payments.map((payment) => payment.payeeId));
  await Promise.all([
    gatherPayeeAccounts(loader, payees),
    loader.accounts(accounts),
    gatherNumbers(
      loader,
      wanted.map(({ command }) => seriesOf('P', yearOf(command.today))),
    ),
  ]);
}

/** The account that a gathered payee, or who has taken its place since, is paid on that day. */
const accountPaidOn = (facts: Facts, payeeId: string, day: Day) =>
  payeeAccountOn(accountsOf(facts, paidTo(facts, payeeId)?.payeeId ?? payeeId), day);

/** PAYEE_ACCOUNT_MISSING, naming each of these gathered payees that has no account on a day; null where all have. */
export function refuseWithoutAccount(facts: Facts, payeeIds: readonly string[], day: Day): Refused | null {
  const without = [...new Set(payeeIds)].filter((payeeId) => !accountPaidOn(facts, payeeId, day));
  if (without.length === 0) return null;
  const payees = without.map((payeeId) => paidTo(facts, payeeId)?.name ?? payeeId);
  return refused('PAYEE_ACCOUNT_MISSING', { payees: payees.join('、'), day });
}

/** Gathers payees with their accounts, and those of who has taken their place. */
export async function gatherPayeeAccounts(loader: Loader, payeeIds: readonly string[]): Promise<void> {
  await gatherPaidTo(loader, payeeIds);
  await gatherAccounts(
    loader,
    payeeIds.flatMap((payeeId) => paidTo(loader.facts, payeeId)?.payeeId ?? []),
  );
}

/**
 * Instructs payments of a batch, each on the account its payee, or who has taken its place since, has registered for today. Refuses PAYEE_ACCOUNT_MISSING,
 * naming every payee that has none.
 */
export function giveInstructions(
  { id: commandId, today }: Command,
  facts: Facts,
  settlement: Settlement,
  parts: readonly (Part & { readonly attempt: number })[],
): Refused | { kind: 'given'; instructions: PaymentInstruction[]; postings: Posting[]; changes: Change[] } {
  const accountOn = (payeeId: string) => accountPaidOn(facts, payeeId, today);
  const without = refuseWithoutAccount(
    facts,
    parts.map(({ payeeId }) => payeeId),
    today,
  );
  if (without) return without;
  // After this line the command succeeds.
  const ids = facts.noted(instructionIds, commandId);
  const { numbers, changes } = takeNumbers(facts, seriesOf('P', yearOf(today)), parts.length);
  const instructions = parts.map((part, i): PaymentInstruction => ({
    bookId: facts.bookId,
    instructionId: ids.get(partKey(part)) ?? '',
    instructionNo: numbers[i] ?? '',
    settlementId: settlement.settlementId,
    payeeId: part.payeeId,
    fund: part.fund,
    funder: part.funder,
    attempt: part.attempt,
    amountFen: part.amountFen,
    payeeAccountId: accountOn(part.payeeId)?.payeeAccountId ?? '',
    status: 'INSTRUCTED',
    returnReason: null,
    instructedOn: today,
    reinstructed: false,
    paidFen: 0n,
    returnedFen: 0n,
  }));
  return {
    kind: 'given',
    instructions,
    postings: instructions.flatMap(settlementInstructed),
    changes: [...changes, ...instructions.map((of) => insert(instructionShelf, of))],
  };
}
