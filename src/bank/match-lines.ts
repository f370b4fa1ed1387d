import type { z } from 'zod';
import type { BankLine, BankMatch, PaymentInstruction } from '../../db/tables.js';
import type { bankLinesMatched, matchBankLines as body } from '../../schemas/bank.js';
import { accountOf } from '../ledger/chart.js';
import { insert, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import type { Posting } from '../ledger/templates.js';
import { formatYuan, parseYuan } from '../money.js';
import { instructionShelf, settlementShelf } from '../settlements/facts.js';
import { DaySums, gatherDays } from './days.js';
import { bankLineShelf, bankMatchShelf } from './facts.js';
import { reopened, toldOfReturn } from './matched.js';
import { kindOfMatch, postingsOf, presentBankMatch, settledBy } from './rules.js';

/**
 * A person says what bank lines settle: how much of which line for how much of which instruction, so that a payment may come in parts, one
 * line may pay several, and several one. All of it or nothing. Refuses, each at its place: NOT_FOUND, AMOUNT_ZERO, BANK_MATCH_ABOVE_LINE,
 * BANK_MATCH_SETTLED (nothing of the instruction is left that the line could be), BANK_MATCH_ABOVE_INSTRUCTION,
 * BANK_DAY_BEFORE_INSTRUCTION, BANK_MATCH_MONEY_MOVED.
 */
export const matchBankLines: Verb<z.output<typeof body>, Omit<z.input<typeof bankLinesMatched>, 'ledgerSeq'>> = {
  name: 'bank_line.match',
  money: true,

  async gather(loader, commands) {
    const wanted = commands.flatMap(({ body }) => body.matches);
    const [instructions, lines] = await Promise.all([
      loader.load(
        instructionShelf,
        'id',
        wanted.map((of) => of.instructionId),
      ),
      loader.load(
        bankLineShelf,
        'id',
        wanted.map((of) => of.bankLineId),
      ),
    ]);
    await Promise.all([
      loader.accounts(
        instructions.flatMap((of) => [
          accountOf.inTransit(of.instructionId, of.fund, of.funder),
          accountOf.paid(of.fund, of.funder),
          accountOf.payable(of.payeeId, of.fund),
        ]),
      ),
      loader.load(
        settlementShelf,
        'id',
        instructions.map((of) => of.settlementId),
      ),
      gatherDays(loader, lines),
    ]);
  },

  decide(command, facts) {
    const lines = new Map<string, BankLine>();
    const instructions = new Map<string, PaymentInstruction>();
    const matches: BankMatch[] = [];
    const postings: Posting[] = [];
    const messages: Message[] = [];
    const days = new DaySums(facts, command.newId);
    const cameBack = new Map<string, bigint>();
    for (const [i, { bankLineId, instructionId, amount }] of command.body.matches.entries()) {
      const at = (field: string) => `/matches/${i}/${field}`;
      const line = lines.get(bankLineId) ?? facts.get(bankLineShelf, bankLineId);
      if (!line) return refused('NOT_FOUND', {}, at('bankLineId'));
      const instruction = instructions.get(instructionId) ?? facts.get(instructionShelf, instructionId);
      if (!instruction) return refused('NOT_FOUND', {}, at('instructionId'));
      const amountFen = parseYuan(amount) ?? 0n;
      if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, at('amount'));
      const { bankSerial, bookedOn } = line;
      const { instructionNo, instructedOn } = instruction;
      const leftFen = line.amountFen - line.matchedFen;
      if (amountFen > leftFen) return refused('BANK_MATCH_ABOVE_LINE', { bankSerial, left: formatYuan(leftFen) }, at('amount'));
      const possible = kindOfMatch(line, instruction);
      if (!possible) return refused('BANK_MATCH_SETTLED', { instructionNo, status: instruction.status }, at('instructionId'));
      if (amountFen > possible.mostFen) {
        return refused('BANK_MATCH_ABOVE_INSTRUCTION', { instructionNo, left: formatYuan(possible.mostFen) }, at('amount'));
      }
      if (bookedOn < instructedOn) {
        return refused('BANK_DAY_BEFORE_INSTRUCTION', { instructionNo, instructedOn, day: bookedOn }, at('bankLineId'));
      }
      if (possible.kind === 'RETURNED_LATE') {
        const paid = accountOf.paid(instruction.fund, instruction.funder);
        const before = cameBack.get(paid.code) ?? 0n;
        // What was recovered since is not there to come back a second time.
        if (facts.balance(paid) < before + amountFen)
          return refused('BANK_MATCH_MONEY_MOVED', { instructionNo }, at('instructionId'));
        cameBack.set(paid.code, before + amountFen);
      }
      const match: BankMatch = {
        bookId: facts.bookId,
        matchId: command.newId(),
        bankLineId,
        instructionId,
        kind: possible.kind,
        amountFen,
        bookedOn,
        byRule: false,
        matchedPerson: command.actor.personId,
        status: 'MATCHED',
        undonePerson: null,
        undoneOn: null,
        undoReason: null,
        recordedAt: command.receivedAt.toISOString(),
      };
      matches.push(match);
      days.matched(line, match);
      postings.push(...postingsOf(match, instruction));
      if (match.kind !== 'PAID') messages.push(toldOfReturn(instruction, match, line.reason));
      lines.set(bankLineId, { ...line, matchedFen: line.matchedFen + amountFen });
      instructions.set(instructionId, settledBy(instruction, match, { sign: 1n, reason: line.reason }));
    }
    // After this line the command succeeds.
    return accepted({
      decision: 'bank_line.matched',
      subjectId: command.id,
      result: { matches: matches.map(presentBankMatch) },
      postings,
      changes: [
        ...matches.map((of) => insert(bankMatchShelf, of)),
        ...[...lines.values()].map((of) => update(bankLineShelf, of)),
        ...[...instructions.values()].map((of) => update(instructionShelf, of)),
        ...reopened(facts, matches, instructions.values()),
        ...days.changes(),
      ],
      messages,
    });
  },
};
