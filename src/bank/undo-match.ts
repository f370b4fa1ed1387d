import type { z } from 'zod';
import type { BankMatch, PaymentInstruction } from '../../db/tables.js';
import type { bankMatchUndone, undoBankMatch as body } from '../../schemas/bank.js';
import { accountOf } from '../ledger/chart.js';
import { note, update } from '../ledger/facts.js';
import { creditedAbout } from '../ledger/history.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { instructionShelf, settlementShelf } from '../settlements/facts.js';
import { refuseSettlement } from '../settlements/rules.js';
import { DaySums, gatherDays } from './days.js';
import { bankLineShelf, bankMatchShelf } from './facts.js';
import { presentBankMatch, refuseBankMatch, settledBy, undoingOf } from './rules.js';

type Body = z.output<typeof body> & { readonly id?: string };

/** By match: the entry that it booked; null for one of before matches were told apart from lines. */
const matchedBy = note<bigint | null>('entry of a match');
const kinds = ['settlement.paid', 'settlement.returned', 'settlement.returned_late'];

/** Where the money of a match lies now, and has to lie still if it is to go back. */
const holderOf = ({ kind }: BankMatch, { payeeId, fund, funder }: PaymentInstruction) =>
  kind === 'PAID' ? accountOf.paid(fund, funder) : accountOf.payable(payeeId, fund);

/**
 * Takes a match back: its money goes back to where it waited for the bank, the line is unmatched again, and the match stays to be seen.
 * Refuses NOT_FOUND, BANK_MATCH_WRONG_STATE, SETTLEMENT_WRONG_STATE where the batch is closed, BANK_MATCH_SENT_AGAIN where what came back
 * was instructed anew, BANK_MATCH_MONEY_MOVED where it was off-set or recovered since.
 */
export const undoBankMatch: Verb<Body, Omit<z.input<typeof bankMatchUndone>, 'ledgerSeq'>> = {
  name: 'bank_match.undo',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const [matches, booked] = await Promise.all([
      loader.load(bankMatchShelf, 'id', ids),
      creditedAbout(loader.tx, loader.bookId, { subjectIds: ids, kinds }),
    ]);
    for (const id of ids) loader.note(matchedBy, id, booked.find(({ subjectId }) => subjectId === id)?.seq ?? null);
    const [instructions, lines] = await Promise.all([
      loader.load(
        instructionShelf,
        'id',
        matches.map((of) => of.instructionId),
      ),
      loader.load(
        bankLineShelf,
        'id',
        matches.map((of) => of.bankLineId),
      ),
    ]);
    await Promise.all([
      loader.load(
        settlementShelf,
        'id',
        instructions.map((of) => of.settlementId),
      ),
      gatherDays(loader, lines),
      loader.accounts(
        instructions.flatMap((of) => [
          accountOf.inTransit(of.instructionId, of.fund, of.funder),
          accountOf.paid(of.fund, of.funder),
          accountOf.payable(of.payeeId, of.fund),
        ]),
      ),
    ]);
  },

  decide({ body, actor, today, newId }, facts) {
    const match = facts.get(bankMatchShelf, body.id ?? '');
    if (!match) return refused('NOT_FOUND');
    const wrongState = refuseBankMatch(match);
    if (wrongState) return wrongState;
    const [line, instruction] = [facts.get(bankLineShelf, match.bankLineId), facts.get(instructionShelf, match.instructionId)];
    const settlement = instruction && facts.get(settlementShelf, instruction.settlementId);
    if (!line || !settlement) throw new Error(`the match ${match.matchId} has lost what it matches`);
    const closed = refuseSettlement(settlement, 'close');
    if (closed) return closed;
    const { instructionNo } = instruction;
    if (instruction.reinstructed) return refused('BANK_MATCH_SENT_AGAIN', { instructionNo });
    if (match.kind === 'PAID' ? instruction.paidFen < match.amountFen : instruction.returnedFen < match.amountFen) {
      return refused('BANK_MATCH_MONEY_MOVED', { instructionNo });
    }
    if (facts.balance(holderOf(match, instruction)) < match.amountFen)
      return refused('BANK_MATCH_MONEY_MOVED', { instructionNo });
    // After this line the command succeeds.
    const days = new DaySums(facts, newId);
    days.undone(line, match);
    const undone: BankMatch = {
      ...match,
      status: 'UNDONE',
      undonePerson: actor.personId,
      undoneOn: today,
      undoReason: body.reason,
    };
    return accepted({
      decision: 'bank_match.undone',
      subjectId: match.matchId,
      result: presentBankMatch(undone),
      postings: undoingOf(match, instruction, facts.noted(matchedBy, match.matchId)),
      changes: [
        update(bankMatchShelf, undone),
        update(bankLineShelf, { ...line, matchedFen: line.matchedFen - match.amountFen }),
        update(instructionShelf, settledBy(instruction, match, { sign: -1n, reason: null })),
        ...days.changes(),
      ],
    });
  },
};
