// What the bank says and what it settles, purely: when a file cannot be right, what a line means for the instruction it names, how much of
// which settles how much of which, and how that is taken back.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type {
  BankFormat,
  BankLine,
  BankMatch,
  BankReturn,
  PayeeAccount,
  PaymentFile,
  PaymentInstruction,
} from '../../db/tables.js';
import type {
  bankFormat,
  bankLine,
  bankMatch,
  bankReturn,
  bankReturnImported,
  importBankReturn,
  sentBankLine,
  paymentFile,
} from '../../schemas/bank.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Posting } from '../ledger/templates.js';
import { about, settlementPaid, settlementReturned, settlementReturnedLate, settlementUnmatched } from '../ledger/templates.js';
import { life, refuseStep } from '../lives.js';
import type { Fen } from '../money.js';
import { formatYuan, parseYuan, sumFen } from '../money.js';

// ── Files ──

type SentFile = z.output<typeof importBankReturn>;
/** A line as it enters the lane: of the payee's account the fingerprint and the last digits. */
export type TakenLine = Omit<z.output<typeof sentBankLine>, 'payeeAccount'> & {
  /** From 1, the order of the file. */
  readonly lineNo: number;
  readonly amountFen: Fen;
  readonly payeeFingerprint: string | null;
  readonly payeeLast4: string | null;
};

/** The lines with their amounts in fen (the schema has let no other text through), their accounts as fingerprints. */
export const takenLines = (lines: SentFile['lines'], fingerprint: (accountNo: string) => string, from = 1): TakenLine[] =>
  lines.map(({ payeeAccount, ...line }, i) => ({
    lineNo: from + i,
    amountFen: parseYuan(line.amount) ?? 0n,
    payeeFingerprint: payeeAccount === undefined ? null : fingerprint(payeeAccount),
    payeeLast4: payeeAccount?.slice(-4) ?? null,
    ...line,
  }));

/** SHA-256 (hex) of what a bank file says, line by line, whatever its name or form: the same content is the same file. */
export class FileDigest {
  readonly #hash = createHash('sha256');

  line(of: z.input<typeof sentBankLine>): void {
    const { instructionNo, status, bankSerial, bookedOn, amount, reason = '', payeeName = '', payeeAccount = '' } = of;
    const fields = [instructionNo, status, bankSerial, bookedOn, amount, reason, payeeName, payeeAccount];
    this.#hash.update(`${JSON.stringify(fields)}\n`);
  }

  end(of: { readonly bankAccount: string | null; readonly opening: string | null; readonly closing: string | null }): string {
    return this.#hash.update(JSON.stringify([of.bankAccount, of.opening, of.closing])).digest('hex');
  }
}

export function fileDigestOf(file: SentFile): string {
  const digest = new FileDigest();
  for (const line of file.lines) digest.line(line);
  const { opening = null, closing = null } = file.balances ?? {};
  return digest.end({ bankAccount: file.bankAccount ?? null, opening, closing });
}

/** What the totals of a file are held against; `declared` is null where it says none. */
export interface FileTotals {
  readonly count: number;
  readonly totalFen: Fen;
  /** Of the total, what came back. */
  readonly returnedFen: Fen;
  readonly declared: { readonly count: number; readonly total: string } | null;
  readonly balances: { readonly openingFen: Fen; readonly closingFen: Fen } | null;
  readonly bankAccount: string | null;
}

/**
 * Refuses a file whose totals do not tie, so that nothing of it is imported: none declared (BANK_FILE_UNDECLARED), a count or total that
 * differs (BANK_FILE_DOES_NOT_TIE), balances of no account (BANK_ACCOUNT_MISSING), or balances whose difference its lines do not make
 * (BANK_STATEMENT_DOES_NOT_TIE).
 */
export function refuseTotals(of: FileTotals): Refused | null {
  const { count, totalFen, returnedFen, declared, balances, bankAccount } = of;
  if (!declared) return refused('BANK_FILE_UNDECLARED');
  const total = formatYuan(totalFen);
  if (declared.count !== count || declared.total !== total) {
    return refused('BANK_FILE_DOES_NOT_TIE', {
      declaredCount: String(declared.count),
      declaredTotal: declared.total,
      count: String(count),
      total,
    });
  }
  if (!balances) return null;
  if (bankAccount === null) return refused('BANK_ACCOUNT_MISSING', {}, '/bankAccount');
  const expectedFen = balances.openingFen - (totalFen - returnedFen) + returnedFen;
  if (expectedFen === balances.closingFen) return null;
  return refused('BANK_STATEMENT_DOES_NOT_TIE', {
    opening: formatYuan(balances.openingFen),
    out: formatYuan(totalFen - returnedFen),
    back: formatYuan(returnedFen),
    expected: formatYuan(expectedFen),
    closing: formatYuan(balances.closingFen),
  });
}

/**
 * Refuses a line that no file may hold, by its column: an amount of zero (AMOUNT_ZERO), a serial or an instruction that stood before in the
 * file (BANK_SERIAL_TWICE, BANK_INSTRUCTION_TWICE), a day that has not come (BANK_DAY_IN_FUTURE). Remembers what it has seen.
 */
export class LineCheck {
  readonly #serials = new Set<string>();
  readonly #instructions = new Set<string>();

  constructor(private readonly of: { readonly today: Day; readonly partsAllowed: boolean }) {}

  refuse(line: {
    readonly instructionNo: string;
    readonly bankSerial: string;
    readonly bookedOn: Day;
    readonly amount: string;
  }): { code: string; params: Record<string, string>; column: 'amount' | 'bankSerial' | 'instructionNo' | 'bookedOn' } | null {
    const { instructionNo, bankSerial, bookedOn, amount } = line;
    if (amount === '0.00') return { code: 'AMOUNT_ZERO', params: {}, column: 'amount' };
    if (this.#serials.has(bankSerial)) return { code: 'BANK_SERIAL_TWICE', params: { bankSerial }, column: 'bankSerial' };
    this.#serials.add(bankSerial);
    if (!this.of.partsAllowed) {
      if (this.#instructions.has(instructionNo)) {
        return { code: 'BANK_INSTRUCTION_TWICE', params: { instructionNo }, column: 'instructionNo' };
      }
      this.#instructions.add(instructionNo);
    }
    const { today } = this.of;
    return bookedOn > today ? { code: 'BANK_DAY_IN_FUTURE', params: { day: bookedOn, today }, column: 'bookedOn' } : null;
  }
}

/** Refuses a file that cannot be right as a whole, so that nothing of it is imported: refuseTotals, and LineCheck of each line. */
export function refuseBankFile(file: SentFile, lines: readonly TakenLine[], today: Day): Refused | null {
  const { opening, closing } = file.balances ?? {};
  const totals = refuseTotals({
    count: lines.length,
    totalFen: sumFen(lines.map((line) => line.amountFen)),
    returnedFen: sumFen(lines.filter((line) => line.status === 'RETURNED').map((line) => line.amountFen)),
    declared: { count: file.declaredCount, total: file.declaredTotal },
    balances: opening && closing ? { openingFen: parseYuan(opening) ?? 0n, closingFen: parseYuan(closing) ?? 0n } : null,
    bankAccount: file.bankAccount ?? null,
  });
  if (totals) return totals;
  const check = new LineCheck({ today, partsAllowed: file.partsAllowed ?? false });
  for (const [i, line] of lines.entries()) {
    const wrong = check.refuse(line);
    if (wrong) return refused(wrong.code, wrong.params, `/lines/${i}/${wrong.column}`);
  }
  return null;
}

type Said = Pick<BankLine, 'instructionNo' | 'status' | 'bookedOn' | 'amountFen'>;
const told = ({ instructionNo, status, bookedOn, amountFen }: Said): string =>
  [instructionNo, status, bookedOn, formatYuan(amountFen)].join(' ');
const saysTheSame = (a: Said, b: Said): boolean => told(a) === told(b);

/**
 * What of a line's serial is known: nothing, the same line, or another that says something else (BANK_SERIAL_CHANGED, which shows both): a
 * serial is one movement of money, whatever file tells it.
 */
export function knownAs(line: TakenLine, known: readonly BankLine[]): 'NEW' | 'REPEATED' | Refused {
  const [first] = known;
  if (!first) return 'NEW';
  if (known.some((of) => saysTheSame(of, line))) return 'REPEATED';
  const params = { bankSerial: line.bankSerial, known: told(first), found: told(line), line: String(line.lineNo) };
  return refused('BANK_SERIAL_CHANGED', params, `/lines/${line.lineNo - 1}/bankSerial`);
}

// ── Lines and instructions ──

/** What of an instruction the bank has neither paid nor given back, in fen. */
export const outstandingFen = ({ amountFen, paidFen, returnedFen }: PaymentInstruction): Fen => amountFen - paidFen - returnedFen;

type Judged =
  { readonly result: 'MATCHED'; readonly kind: BankMatch['kind'] } | { readonly result: Exclude<BankLine['result'], 'MATCHED'> };

/**
 * What a line means for the instruction it names. It is matched by rule only where it says exactly what is waited for: the payee as
 * instructed, the whole of what is outstanding, or of what was paid and now comes back. The rest is for a person to look at.
 */
export function judgeBankLine(
  line: Pick<TakenLine, 'status' | 'bookedOn' | 'amountFen' | 'payeeName' | 'payeeFingerprint'>,
  instruction: PaymentInstruction | undefined,
  account: Pick<PayeeAccount, 'holderName' | 'accountFingerprint'> | undefined,
): Judged {
  if (!instruction) return { result: 'UNKNOWN_INSTRUCTION' };
  const otherName = line.payeeName !== undefined && line.payeeName !== account?.holderName;
  const otherAccount = line.payeeFingerprint !== null && line.payeeFingerprint !== account?.accountFingerprint;
  if (otherName || otherAccount) return { result: 'PAYEE_DIFFERS' };
  if (line.bookedOn < instruction.instructedOn) return { result: 'DAY_BEFORE_INSTRUCTION' };
  const late = line.status === 'RETURNED' && instruction.status === 'PAID';
  if (instruction.status !== 'INSTRUCTED' && !late) return { result: 'ALREADY_SETTLED' };
  if (line.amountFen !== (late ? instruction.paidFen : outstandingFen(instruction))) return { result: 'AMOUNT_DIFFERS' };
  return { result: 'MATCHED', kind: late ? 'RETURNED_LATE' : line.status };
}

/** How a match by a person would count: what the line says, of what the instruction has left; null where nothing is. */
export function kindOfMatch(
  line: Pick<BankLine, 'status'>,
  instruction: PaymentInstruction,
): { kind: BankMatch['kind']; mostFen: Fen } | null {
  const outstanding = outstandingFen(instruction);
  if (outstanding > 0n) return { kind: line.status, mostFen: outstanding };
  const mayComeBack = line.status === 'RETURNED' && instruction.paidFen > 0n && !instruction.reinstructed;
  return mayComeBack ? { kind: 'RETURNED_LATE', mostFen: instruction.paidFen } : null;
}

/** What each kind of match adds to what is paid and returned of its instruction. */
const effects: Readonly<Record<BankMatch['kind'], { readonly paid: bigint; readonly returned: bigint }>> = {
  PAID: { paid: 1n, returned: 0n },
  RETURNED: { paid: 0n, returned: 1n },
  RETURNED_LATE: { paid: -1n, returned: 1n },
};

/** An instruction once a match counts (`sign` 1) or no longer does (−1). */
export function settledBy(
  instruction: PaymentInstruction,
  { kind, amountFen }: Pick<BankMatch, 'kind' | 'amountFen'>,
  of: { readonly sign: 1n | -1n; readonly reason: string | null },
): PaymentInstruction {
  const paidFen = instruction.paidFen + of.sign * effects[kind].paid * amountFen;
  const returnedFen = instruction.returnedFen + of.sign * effects[kind].returned * amountFen;
  const isSettled = paidFen + returnedFen === instruction.amountFen;
  const status = !isSettled ? 'INSTRUCTED' : returnedFen > 0n ? 'RETURNED' : 'PAID';
  const returnReason = returnedFen === 0n ? null : (of.reason ?? instruction.returnReason);
  return { ...instruction, paidFen, returnedFen, status, returnReason };
}

/** What a match books, on the bank's day, about itself. */
export function postingsOf(match: BankMatch, instruction: PaymentInstruction): Posting[] {
  const { kind, amountFen, bookedOn, matchId } = match;
  const template = { PAID: settlementPaid, RETURNED: settlementReturned, RETURNED_LATE: settlementReturnedLate }[kind];
  const { payeeId, instructionId, fund, funder } = instruction;
  return about(matchId, template({ payeeId, instructionId, fund, funder, amountFen, bookedOn }));
}

/** What taking a match back books: the way back, naming the entry it reverses. */
export function undoingOf(match: BankMatch, instruction: PaymentInstruction, reversesSeq: bigint | null): Posting[] {
  const { kind, amountFen, matchId } = match;
  const { payeeId, instructionId, fund, funder } = instruction;
  return about(matchId, settlementUnmatched({ kind, payeeId, instructionId, fund, funder, amountFen, reversesSeq }));
}

/** The life of a match: it holds until it is taken back, and then does not come again. */
export const bankMatchLife = life({
  of: 'bank match',
  code: 'BANK_MATCH_WRONG_STATE',
  states: { MATCHED: ['undo'], UNDONE: [] },
});
export const refuseBankMatch = (row: BankMatch): Refused | null => refuseStep(bankMatchLife, row.status, 'undo');

// ── What is shown ──

export const presentBankReturn = (row: BankReturn): z.input<typeof bankReturn> => ({
  bankReturnId: row.bankReturnId,
  fileDigest: row.fileDigest,
  format: row.format,
  bankFormat: row.bankFormat,
  fileName: row.fileName,
  state: row.state,
  lineCount: row.lineCount,
  nextLine: row.nextLine,
  total: formatYuan(row.totalFen),
  repeated: row.repeatedCount,
  matched: row.byResult['MATCHED'] ?? 0,
  paid: formatYuan(row.paidFen),
  returned: formatYuan(row.returnedFen),
  byResult: row.byResult,
  bankAccount: row.bankAccount,
  opening: row.openingFen === null ? null : formatYuan(row.openingFen),
  closing: row.closingFen === null ? null : formatYuan(row.closingFen),
  firstDay: row.firstDay,
  lastDay: row.lastDay,
  importedPerson: row.importedPerson,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

export const presentBankLine = (row: BankLine): z.input<typeof bankLine> => ({
  bankLineId: row.bankLineId,
  bankReturnId: row.bankReturnId,
  lineNo: row.lineNo,
  instructionNo: row.instructionNo,
  status: row.status,
  bankSerial: row.bankSerial,
  bookedOn: row.bookedOn,
  amount: formatYuan(row.amountFen),
  reason: row.reason,
  bankAccount: row.bankAccount,
  payeeName: row.payeeName,
  payeeLast4: row.payeeLast4,
  result: row.result,
  unmatched: formatYuan(row.amountFen - row.matchedFen),
});

/** A file that was imported in one piece, with its lines. */
export const presentImported = (
  row: BankReturn,
  lines: readonly BankLine[],
): Omit<z.input<typeof bankReturnImported>, 'ledgerSeq' | 'alreadyImported'> => ({
  lines: lines.map(presentBankLine),
  ...presentBankReturn(row),
});

export const presentBankMatch = (row: BankMatch): z.input<typeof bankMatch> => ({
  matchId: row.matchId,
  bankLineId: row.bankLineId,
  instructionId: row.instructionId,
  kind: row.kind,
  amount: formatYuan(row.amountFen),
  bookedOn: row.bookedOn,
  byRule: row.byRule,
  matchedPerson: row.matchedPerson,
  status: row.status,
  undonePerson: row.undonePerson,
  undoneOn: row.undoneOn,
  undoReason: row.undoReason,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

export const presentBankFormat = (row: BankFormat): z.input<typeof bankFormat> => ({
  bankFormatId: row.bankFormatId,
  code: row.code,
  version: row.version,
  name: row.name,
  mapping: row.mapping,
  recordedPerson: row.recordedPerson,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

export const presentPaymentFile = (row: PaymentFile): z.input<typeof paymentFile> => ({
  paymentFileId: row.paymentFileId,
  settlementId: row.settlementId,
  fileNo: row.fileNo,
  bankFormat: row.bankFormat,
  count: row.lineCount,
  total: formatYuan(row.totalFen),
  contentDigest: row.contentDigest,
  madeOn: row.madeOn,
  madePerson: row.madePerson,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});
