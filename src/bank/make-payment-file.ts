import type { z } from 'zod';
import type { PaymentFile, PaymentFileLine, PaymentInstruction } from '../../db/tables.js';
import type { BankMapping, makePaymentFile as body, paymentFileMade } from '../../schemas/bank.js';
import type { Facts } from '../ledger/facts.js';
import { insert, note } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { formatYuan, sumFen } from '../money.js';
import { accountsOf, gatherAccounts, gatherPaidTo, paidTo } from '../payees/facts.js';
import { payeeAccountOn } from '../payees/rules.js';
import { instructionShelf, settlementShelf } from '../settlements/facts.js';
import { toPayFen } from '../settlements/rules.js';
import { paymentFileLineShelf, paymentFileShelf } from './facts.js';
import { paymentDigestOf } from './payment-file.js';
import { presentPaymentFile } from './rules.js';

/** With the format's mapping, which is read before the lane. */
export type Body = z.output<typeof body> & { readonly mapping: BankMapping };
type Result = Omit<z.input<typeof paymentFileMade>, 'ledgerSeq'>;
type Held = Result['held'][number];

/** Payments of one file at most: all of them are looked at in one command. */
const mostPayments = 1_000;
/** By settlement: what is with the bank and was in no file yet when the lane was opened, in order of number, a few more than one file takes. */
const unsent = note<readonly string[]>('instructions in no payment file');

/**
 * Makes the next payment file (支付文件) of a batch: of every attempt that is with the bank and was in no file, what is still to be paid; 1,000
 * at most. What goes to a payee whose account is being changed stays out, and so does what was instructed to an account that its payee is not
 * paid on any more, unless it is named. Refuses NOT_FOUND, PAYMENT_FILE_EMPTY.
 */
export const makePaymentFile: Verb<Body, Result> = {
  name: 'payment_file.make',
  money: false,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.settlementId);
    const [found] = await Promise.all([
      loader.tx.sql.prepared<{ settlement_id: string; instruction_id: string }[]>(
        `select s.id as settlement_id, p.instruction_id
           from unnest($2::uuid[]) as s (id)
          cross join lateral (select i.instruction_id from payment_instructions i
                               where i.book_id = $1 and i.settlement_id = s.id and i.status = 'INSTRUCTED'
                                 and not exists (select from payment_file_lines l
                                                  where l.book_id = i.book_id and l.instruction_id = i.instruction_id)
                               order by i.instruction_no limit $3) p`,
        [loader.bookId, [...new Set(ids)], 2 * mostPayments],
      ),
      loader.load(settlementShelf, 'id', ids),
      loader.load(paymentFileShelf, 'settlement', ids),
    ]);
    for (const id of ids)
      loader.note(
        unsent,
        id,
        found.filter((row) => row.settlement_id === id).map((row) => row.instruction_id),
      );
    const wanted = found.map((row) => row.instruction_id);
    const [instructions] = await Promise.all([
      loader.load(instructionShelf, 'id', wanted),
      loader.load(paymentFileLineShelf, 'instruction', wanted),
    ]);
    const payees = instructions.map(({ payeeId }) => payeeId);
    await gatherPaidTo(loader, payees);
    await gatherAccounts(
      loader,
      payees.flatMap((payeeId) => paidTo(loader.facts, payeeId)?.payeeId ?? []),
    );
  },

  decide(command, facts) {
    const { id, body, actor, today, receivedAt } = command;
    const settlement = facts.get(settlementShelf, body.settlementId);
    if (!settlement) return refused('NOT_FOUND', {}, '/settlementId');
    const waiting = facts
      .noted(unsent, settlement.settlementId)
      .flatMap((instructionId) => facts.get(instructionShelf, instructionId) ?? [])
      .filter((of) => of.status === 'INSTRUCTED' && !facts.one(paymentFileLineShelf, 'instruction', of.instructionId));
    const held = waiting.flatMap((of) => heldOf(facts, of, body, today) ?? []);
    const isHeld = new Set(held.map(({ instructionNo }) => instructionNo));
    const free = waiting.filter(({ instructionNo }) => !isHeld.has(instructionNo));
    const sent = free.slice(0, mostPayments);
    if (sent.length === 0) {
      return refused('PAYMENT_FILE_EMPTY', { settlementNo: settlement.settlementNo, held: String(held.length) }, '/settlementId');
    }
    // After this line the command succeeds.
    const { bookId } = facts;
    const lines = sent.map((of, i): PaymentFileLine => ({
      bookId,
      paymentFileLineId: command.newId(),
      paymentFileId: id,
      lineNo: i + 1,
      instructionId: of.instructionId,
      amountFen: toPayFen(of),
    }));
    const row: PaymentFile = {
      bookId,
      paymentFileId: id,
      settlementId: settlement.settlementId,
      fileNo: 1 + facts.all(paymentFileShelf, 'settlement', settlement.settlementId).length,
      bankFormat: body.bankFormat,
      mapping: body.mapping,
      lineCount: lines.length,
      totalFen: sumFen(lines.map(({ amountFen }) => amountFen)),
      contentDigest: paymentDigestOf(sent.map((of) => ({ ...of, amountFen: toPayFen(of) }))),
      madePerson: actor.personId,
      madeOn: today,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'payment_file.made',
      subjectId: id,
      approvalDigest: row.contentDigest,
      result: { ...presentPaymentFile(row), held, more: free.length > sent.length },
      changes: [insert(paymentFileShelf, row), ...lines.map((of) => insert(paymentFileLineShelf, of))],
    });
  },
};

/** Why a payment stays out of the file; null where it goes. */
function heldOf(facts: Facts, of: PaymentInstruction, { onFormerAccount }: Body, today: string): Held | null {
  const payee = paidTo(facts, of.payeeId);
  const on = payeeAccountOn(accountsOf(facts, payee?.payeeId ?? of.payeeId), today);
  const isItsAccount = on.kind === 'account' && on.account.payeeAccountId === of.payeeAccountId;
  if (isItsAccount || (on.kind === 'account' && onFormerAccount.includes(of.instructionNo))) return null;
  return {
    instructionNo: of.instructionNo,
    payeeId: of.payeeId,
    payeeName: payee?.name ?? '',
    toPay: formatYuan(toPayFen(of)),
    why: on.kind === 'changing' ? 'ACCOUNT_CHANGING' : 'ACCOUNT_CHANGED',
  };
}
