import type { z } from 'zod';
import type { BankLine, BankMatch, BankReturn, PaymentInstruction } from '../../db/tables.js';
import type { bankReturnImported, importBankReturn as body } from '../../schemas/bank.js';
import { accountOf } from '../ledger/chart.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Accepted, Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import type { Posting } from '../ledger/templates.js';
import { parseYuan, sumFen } from '../money.js';
import { payeeAccountShelf } from '../payees/facts.js';
import type { Sealer } from '../sealer.js';
import { instructionShelf, settlementShelf } from '../settlements/facts.js';
import { DaySums, gatherDays } from './days.js';
import { bankLineShelf, bankMatchShelf, bankReturnShelf } from './facts.js';
import { reopened, toldOfReturn } from './matched.js';
import type { TakenLine } from './rules.js';
import {
  fileDigestOf,
  judgeBankLine,
  knownAs,
  postingsOf,
  presentBankReturn,
  presentImported,
  refuseBankFile,
  settledBy,
  takenLines,
} from './rules.js';

/** What is known of a file before its lines are looked at. */
export type FileHead = Pick<
  BankReturn,
  | 'fileDigest'
  | 'lineCount'
  | 'totalFen'
  | 'format'
  | 'bankFormat'
  | 'fileName'
  | 'bankAccount'
  | 'openingFen'
  | 'closingFen'
  | 'firstDay'
  | 'lastDay'
>;

/** Lines of a file that follow one another. */
export interface FilePart {
  readonly head: FileHead;
  readonly lines: readonly TakenLine[];
}

async function gatherLines(loader: Loader, parts: readonly FilePart[]): Promise<void> {
  const lines = parts.flatMap((part) => part.lines);
  const days = parts.flatMap(({ head: { bankAccount }, lines: of }) => of.map(({ bookedOn }) => ({ bookedOn, bankAccount })));
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
      parts.map(({ head }) => head.fileDigest),
    ),
    gatherDays(loader, days),
  ]);
  const back = new Set(lines.flatMap(({ status, instructionNo }) => (status === 'RETURNED' ? instructionNo : [])));
  await Promise.all([
    loader.accounts(
      instructions.flatMap((of) => [
        accountOf.inTransit(of.instructionId, of.fund, of.funder),
        accountOf.paid(of.fund, of.funder),
        accountOf.payable(of.payeeId, of.fund),
      ]),
    ),
    loader.load(
      payeeAccountShelf,
      'id',
      instructions.map((of) => of.payeeAccountId),
    ),
    loader.load(
      settlementShelf,
      'id',
      instructions.filter(({ instructionNo }) => back.has(instructionNo)).map((of) => of.settlementId),
    ),
  ]);
}

interface Taken {
  readonly kind: 'taken';
  readonly effects: Pick<Accepted<unknown>, 'postings' | 'changes' | 'messages'>;
  readonly row: BankReturn;
  readonly recorded: readonly BankLine[];
}

/**
 * Decides lines of a file in their order: each new one is recorded, and settles the instruction it names where it says exactly what is
 * waited for. Refuses BANK_FILE_ELSEWHERE where the file does not stand at the first of them, and BANK_SERIAL_CHANGED.
 */
function takeLines(
  command: Pick<Command, 'id' | 'actor' | 'receivedAt' | 'newId'>,
  part: FilePart,
  facts: Facts,
): Taken | Refused {
  const { head, lines } = part;
  const known = facts.one(bankReturnShelf, 'digest', head.fileDigest);
  const from = lines[0]?.lineNo ?? 1;
  if ((known?.nextLine ?? 1) !== from) return refused('BANK_FILE_ELSEWHERE', { line: String(known?.nextLine ?? 1) });
  const bankReturnId = known?.bankReturnId ?? command.id;
  const recordedAt = command.receivedAt.toISOString();
  const { bookId } = facts;

  const recorded: BankLine[] = [];
  const matches: BankMatch[] = [];
  const postings: Posting[] = [];
  const messages: Message[] = [];
  const instructions = new Map<string, PaymentInstruction>();
  const days = new DaySums(facts, command.newId);
  let repeated = 0;
  for (const line of lines) {
    const found = knownAs(line, facts.all(bankLineShelf, 'serial', line.bankSerial));
    if (typeof found === 'object') return found;
    if (found === 'REPEATED') {
      repeated += 1;
      continue;
    }
    const { instructionNo, status, bankSerial, bookedOn, amountFen, reason = null } = line;
    const instruction = instructions.get(instructionNo) ?? facts.one(instructionShelf, 'number', instructionNo);
    const judged = judgeBankLine(line, instruction, instruction && facts.get(payeeAccountShelf, instruction.payeeAccountId));
    const isMatched = judged.result === 'MATCHED';
    const row: BankLine = {
      bookId,
      bankLineId: command.newId(),
      bankReturnId,
      bankSerial,
      instructionNo,
      status,
      bookedOn,
      amountFen,
      reason,
      result: judged.result,
      lineNo: line.lineNo,
      bankAccount: head.bankAccount,
      payeeName: line.payeeName ?? null,
      payeeLast4: line.payeeLast4,
      matchedFen: isMatched ? amountFen : 0n,
    };
    recorded.push(row);
    days.recorded(row);
    if (!isMatched || !instruction) continue;
    const match: BankMatch = {
      bookId,
      matchId: command.newId(),
      bankLineId: row.bankLineId,
      instructionId: instruction.instructionId,
      kind: judged.kind,
      amountFen,
      bookedOn,
      byRule: true,
      matchedPerson: command.actor.personId,
      status: 'MATCHED',
      undonePerson: null,
      undoneOn: null,
      undoReason: null,
      recordedAt,
    };
    matches.push(match);
    days.matched(row, match);
    postings.push(...postingsOf(match, instruction));
    instructions.set(instructionNo, settledBy(instruction, match, { sign: 1n, reason }));
    if (status === 'RETURNED') messages.push(toldOfReturn(instruction, match, reason));
  }
  // After this line the command succeeds.
  const nextLine = from + lines.length;
  const state = nextLine > head.lineCount ? 'DONE' : 'IMPORTING';
  const row = counted(
    known ?? {
      bookId,
      bankReturnId,
      importedPerson: command.actor.personId,
      recordedAt,
      state,
      nextLine,
      repeatedCount: 0,
      byResult: {},
      paidFen: 0n,
      returnedFen: 0n,
      ...head,
    },
    { state, nextLine, repeated, recorded },
  );
  const changes: Change[] = [
    known ? update(bankReturnShelf, row) : insert(bankReturnShelf, row),
    ...recorded.map((of) => insert(bankLineShelf, of)),
    ...matches.map((of) => insert(bankMatchShelf, of)),
    ...[...instructions.values()].map((of) => update(instructionShelf, of)),
    ...reopened(facts, matches, instructions.values()),
    ...days.changes(),
  ];
  return { kind: 'taken', row, recorded, effects: { postings, changes, messages } };
}

/** A file with these lines counted too. */
function counted(
  before: BankReturn,
  of: Pick<BankReturn, 'state' | 'nextLine'> & { readonly repeated: number; readonly recorded: readonly BankLine[] },
): BankReturn {
  const { state, nextLine, repeated, recorded } = of;
  const byResult: Record<string, number> = { ...before.byResult };
  for (const { result } of recorded) byResult[result] = (byResult[result] ?? 0) + 1;
  const matchedFen = (status: BankLine['status']) =>
    sumFen(recorded.map((line) => (line.status === status ? line.matchedFen : 0n)));
  return {
    ...before,
    state,
    nextLine,
    byResult,
    repeatedCount: before.repeatedCount + repeated,
    paidFen: before.paidFen + matchedFen('PAID'),
    returnedFen: before.returnedFen + matchedFen('RETURNED'),
  };
}

/** A file in one piece, as machines send it. */
export type WholeFile = z.output<typeof body> & { readonly part: FilePart };

/** The file as it enters the lane: of accounts only fingerprints and last digits. */
export function wholeFile(file: z.output<typeof body>, sealer: Sealer): WholeFile {
  const lines = takenLines(file.lines, (accountNo) => sealer.fingerprint(accountNo));
  const days = lines.map(({ bookedOn }) => bookedOn).sort();
  const head: FileHead = {
    fileDigest: fileDigestOf(file),
    lineCount: lines.length,
    totalFen: sumFen(lines.map(({ amountFen }) => amountFen)),
    format: 'json',
    bankFormat: null,
    fileName: file.fileName ?? null,
    bankAccount: file.bankAccount ?? null,
    openingFen: parseYuan(file.balances?.opening ?? '') ?? null,
    closingFen: parseYuan(file.balances?.closing ?? '') ?? null,
    firstDay: days[0] ?? null,
    lastDay: days.at(-1) ?? null,
  };
  return { ...file, lines: file.lines.map(({ payeeAccount: _, ...line }) => line), part: { head, lines } };
}

/**
 * Imports a bank return (回单) in one piece. A line that says exactly what is waited for pays its instruction, or returns it, on the bank's
 * day; every other line is recorded and settles nothing. The same file again answers its first result and does nothing, and so does a line
 * of a serial that is known. Refuses as `refuseBankFile`, BANK_SERIAL_CHANGED, and BANK_FILE_ELSEWHERE while it is imported as a file.
 */
export const importBankReturn: Verb<WholeFile, Omit<z.input<typeof bankReturnImported>, 'ledgerSeq'>> = {
  name: 'bank_return.import',
  money: true,

  gather: (loader, commands) =>
    gatherLines(
      loader,
      commands.map(({ body }) => body.part),
    ),

  decide(command, facts) {
    const { part } = command.body;
    const refusal = refuseBankFile(command.body, part.lines, command.today);
    if (refusal) return refusal;
    const known = facts.one(bankReturnShelf, 'digest', part.head.fileDigest);
    if (known?.state === 'DONE') {
      const stored = part.lines.flatMap((line) =>
        facts.all(bankLineShelf, 'serial', line.bankSerial).filter((of) => of.bankReturnId === known.bankReturnId),
      );
      return accepted({
        decision: 'bank_return.repeated',
        subjectId: known.bankReturnId,
        result: { ...presentImported(known, stored), alreadyImported: true },
      });
    }
    const taken = takeLines(command, part, facts);
    if (taken.kind === 'refused') return taken;
    const { row, recorded, effects } = taken;
    return accepted({
      decision: 'bank_return.imported',
      subjectId: row.bankReturnId,
      result: { ...presentImported(row, recorded), alreadyImported: false },
      ...effects,
    });
  },
};

/** The next lines of a file whose totals tie: read-file.ts has looked at all of it. Refuses as takeLines. */
export const importFilePart: Verb<FilePart, ReturnType<typeof presentBankReturn>> = {
  name: importBankReturn.name,
  money: true,

  gather: (loader, commands) =>
    gatherLines(
      loader,
      commands.map(({ body }) => body),
    ),

  decide(command, facts) {
    const taken = takeLines(command, command.body, facts);
    if (taken.kind === 'refused') return taken;
    const { row, effects } = taken;
    const result = presentBankReturn(row);
    return accepted({ decision: 'bank_return.imported', subjectId: row.bankReturnId, result, ...effects });
  },
};
