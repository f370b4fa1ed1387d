import type { z } from 'zod';
import type { BankLine, BankReturn, PaymentInstruction } from '../../db/tables.js';
import type { bankReturnImported, importBankReturn as body } from '../../schemas/settlements.js';
import { accountOf } from '../ledger/chart.js';
import { insert, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { settlementPaid, settlementReturned } from '../ledger/templates.js';
import { party, tell } from '../messages/rules.js';
import { formatYuan, sumFen } from '../money.js';
import { bankLineShelf, bankReturnShelf, instructionShelf } from './facts.js';
import { bankFileLines, fileDigestOf, judgeBankLine, presentBankReturnWhole, refuseBankFile } from './rules.js';

type Body = z.output<typeof body>;
type Result = Omit<z.input<typeof bankReturnImported>, 'ledgerSeq'>;

/**
 * Imports a bank-return file (回单). A line whose instruction waits for just this amount pays it, or returns it, on the
 * bank's day; every other line is recorded without effect. The same file again answers its first result and does nothing.
 * Refuses as `refuseBankFile`, and BANK_DAY_BEFORE_INSTRUCTION.
 */
export const importBankReturn: Verb<Body, Result> = {
  name: 'bank_return.import',
  money: true,

  async gather(loader, commands) {
    const lines = commands.flatMap(({ body }) => body.lines);
    const [instructions] = await Promise.all([
      loader.load(
        instructionShelf,
        'number',
        lines.map((line) => line.instructionNo),
      ),
      loader.load(
        bankLineShelf,
        'serial',
        lines.map((line) => line.bankSerial),
      ),
      loader.load(
        bankReturnShelf,
        'digest',
        commands.map(({ body }) => fileDigestOf(body)),
      ),
    ]);
    await loader.accounts(
      instructions.flatMap((of) => [
        accountOf.inTransit(of.instructionId, of.fund, of.funder),
        accountOf.paid(of.fund, of.funder),
        accountOf.payable(of.payeeId, of.fund),
      ]),
    );
  },

  decide(command, facts) {
    const { id, body, actor, today, receivedAt } = command;
    const lines = bankFileLines(body);
    const refusal = refuseBankFile(body, lines, today);
    if (refusal) return refusal;

    const fileName = body.fileName ?? null;
    const fileDigest = fileDigestOf(body);
    const known = facts.one(bankReturnShelf, 'digest', fileDigest);
    if (known) {
      const stored = lines.flatMap((line) =>
        facts.all(bankLineShelf, 'serial', line.bankSerial).filter((of) => of.bankReturnId === known.bankReturnId),
      );
      return accepted({
        decision: 'bank_return.repeated',
        subjectId: known.bankReturnId,
        result: { ...presentBankReturnWhole(known, stored), fileName, alreadyImported: true },
      });
    }

    const judged = lines.map((line) => {
      const instruction = facts.one(instructionShelf, 'number', line.instructionNo);
      const serialHadEffect = facts.all(bankLineShelf, 'serial', line.bankSerial).some((of) => of.result === 'MATCHED');
      const result = judgeBankLine(line, { serialHadEffect, instruction });
      return { line, result, instruction: result === 'MATCHED' ? instruction : undefined };
    });
    for (const [i, { line, instruction }] of judged.entries()) {
      if (instruction && line.bookedOn < instruction.instructedOn) {
        const params = { instructionNo: line.instructionNo, instructedOn: instruction.instructedOn, day: line.bookedOn };
        return refused('BANK_DAY_BEFORE_INSTRUCTION', params, `/lines/${i}/bookedOn`);
      }
    }
    // After this line the command succeeds.
    const row: BankReturn = {
      bookId: facts.bookId,
      bankReturnId: id,
      fileDigest,
      lineCount: lines.length,
      totalFen: sumFen(lines.map((line) => line.amountFen)),
      importedPerson: actor.personId,
      recordedAt: receivedAt.toISOString(),
    };
    const recorded = judged.map(({ line, result, instruction }): BankLine => ({
      bookId: facts.bookId,
      bankLineId: command.newId(),
      bankReturnId: id,
      bankSerial: line.bankSerial,
      instructionNo: line.instructionNo,
      instructionId: instruction?.instructionId ?? null,
      status: line.status,
      bookedOn: line.bookedOn,
      amountFen: line.amountFen,
      reason: line.reason ?? null,
      result,
    }));
    const matched = judged.flatMap(({ line, instruction }) => (instruction ? [{ line, instruction }] : []));
    return accepted({
      decision: 'bank_return.imported',
      subjectId: id,
      result: { ...presentBankReturnWhole(row, recorded), fileName, alreadyImported: false },
      postings: matched.flatMap(({ line: { status, bookedOn }, instruction }) =>
        status === 'PAID' ? settlementPaid({ ...instruction, bookedOn }) : settlementReturned({ ...instruction, bookedOn }),
      ),
      changes: [
        insert(bankReturnShelf, row),
        ...recorded.map((line) => insert(bankLineShelf, line)),
        ...matched.map(({ line, instruction }) => {
          const settled: PaymentInstruction = {
            ...instruction,
            status: line.status,
            returnReason: line.status === 'RETURNED' ? (line.reason ?? null) : null,
          };
          return update(instructionShelf, settled);
        }),
      ],
      messages: matched
        .filter(({ line }) => line.status === 'RETURNED')
        .map(({ line: { reason = '—' }, instruction: { instructionId, instructionNo, payeeId, amountFen } }) =>
          tell(
            'payment.returned',
            party(payeeId),
            { kind: 'PAYMENT_INSTRUCTION', id: instructionId },
            { instructionNo, amount: formatYuan(amountFen), reason },
          ),
        ),
    });
  },
};
