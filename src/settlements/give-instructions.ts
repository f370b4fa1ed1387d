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
import type { PaidOn } from '../payees/rules.js';
import { payeeAccountOn } from '../payees/rules.js';
import { instructionShelf, settlementAccountShelf } from './facts.js';
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

/** What a gathered payee, or who has taken its place since, can be paid on that day. */
const paidOnBy = (facts: Facts, payeeId: string, day: Day): PaidOn =>
  payeeAccountOn(accountsOf(facts, paidTo(facts, payeeId)?.payeeId ?? payeeId), day);

/** PAYEE_ACCOUNT_MISSING or PAYEE_ACCOUNT_CHANGING, naming each of these gathered payees that cannot be paid on a day; null where all can. */
export function refuseWithoutAccount(facts: Facts, payeeIds: readonly string[], day: Day): Refused | null {
  const refusal = (kind: PaidOn['kind'], code: 'PAYEE_ACCOUNT_MISSING' | 'PAYEE_ACCOUNT_CHANGING'): Refused | null => {
    const without = new Set(
      payeeIds.flatMap((payeeId) => (paidOnBy(facts, payeeId, day).kind === kind ? (paidTo(facts, payeeId)?.name ?? payeeId) : [])),
    );
    return without.size === 0 ? null : refused(code, { payees: [...without].join('、'), day });
  };
  return refusal('missing', 'PAYEE_ACCOUNT_MISSING') ?? refusal('changing', 'PAYEE_ACCOUNT_CHANGING');
}

/** Gathers the accounts that a batch binds for these payees. */
export const gatherBoundAccounts = (loader: Loader, settlementId: string, payeeIds: readonly string[]): Promise<unknown> =>
  loader.load(
    settlementAccountShelf,
    'payee',
    payeeIds.map((payeeId) => [settlementId, payeeId]),
  );

/**
 * PAYEE_ACCOUNT_CHANGED, naming each of these gathered payees that is paid on another account today than the one that the batch was frozen, and
 * approved, with; null where none is.
 */
export function refuseOtherAccount(
  facts: Facts,
  { settlementId, settlementNo, version }: Settlement,
  payeeIds: readonly string[],
  day: Day,
): Refused | null {
  const elsewhere = new Set(
    payeeIds.flatMap((payeeId) => {
      const bound = facts.all(settlementAccountShelf, 'payee', [settlementId, payeeId]).find((of) => of.version === version);
      const paidOn = paidOnBy(facts, payeeId, day);
      const isOther = paidOn.kind === 'account' && (bound?.payeeAccountId ?? paidOn.account.payeeAccountId) !== paidOn.account.payeeAccountId;
      return isOther ? (paidTo(facts, payeeId)?.name ?? payeeId) : [];
    }),
  );
  return elsewhere.size === 0 ? null : refused('PAYEE_ACCOUNT_CHANGED', { payees: [...elsewhere].join('、'), settlementNo });
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
 * Instructs payments of a batch, each on the account of its payee, or of who has taken its place since, that is in effect today. Refuses
 * PAYEE_ACCOUNT_MISSING and PAYEE_ACCOUNT_CHANGING, naming every payee that has none, or whose account is being changed.
 */
export function giveInstructions(
  { id: commandId, today }: Command,
  facts: Facts,
  settlement: Settlement,
  parts: readonly (Part & { readonly attempt: number })[],
): Refused | { kind: 'given'; instructions: PaymentInstruction[]; postings: Posting[]; changes: Change[] } {
  const without = refuseWithoutAccount(
    facts,
    parts.map(({ payeeId }) => payeeId),
    today,
  );
  if (without) return without;
  // After this line the command succeeds.
  const accountIdOn = (payeeId: string): string => {
    const paidOn = paidOnBy(facts, payeeId, today);
    return paidOn.kind === 'account' ? paidOn.account.payeeAccountId : '';
  };
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
    payeeAccountId: accountIdOn(part.payeeId),
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
