// The month, settled, purely: what a batch takes, what it binds, how a fund's funders share it, what the bank may say.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type {
  BankLine,
  BankReturn,
  PaymentInstruction,
  Redemption,
  Reimbursement,
  Settlement,
  SettlementLine,
} from '../../db/tables.js';
import type {
  bankLine,
  bankReturn,
  bankReturnWhole,
  importBankReturn,
  instruction,
  settlement,
  settlementDrafted,
} from '../../schemas/settlements.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Fen, FunderShare } from '../money.js';
import { formatYuan, parseYuan, splitIncrement, sumFen } from '../money.js';
import { payableOfAward } from '../reimbursements/rules.js';

type Status = Settlement['status'];

/** What is possible at each step; a settlement goes DRAFT → APPROVED → INSTRUCTED → CLOSED and never back. */
const possible: Record<Status, string> = {
  DRAFT: 'approve',
  APPROVED: 'instruct',
  INSTRUCTED: 'import bank returns, reinstruct, close',
  CLOSED: '—',
};

/** Refuses (SETTLEMENT_WRONG_STATE) unless the settlement is at this step, and says what can be done now. */
export function refuseUnlessAt(of: Settlement, status: Status): Refused | null {
  if (of.status === status) return null;
  const params = { settlementNo: of.settlementNo, status: of.status, possible: possible[of.status] };
  return refused('SETTLEMENT_WRONG_STATE', params);
}

/** What of a redemption may still go into a batch, in fen: approved by the day, in no batch yet, less what was reversed or off-set. */
export const unbatchedFen = (of: Redemption, byDay: Day): Fen =>
  of.status === 'APPROVED' && of.settlementId === null && of.approvedOn !== null && of.approvedOn <= byDay
    ? of.approvedFen - of.reversedFen - of.batchedFen - of.offsetFen
    : 0n;

/** What of an award may still go into a batch, in fen: once approved by the day, all of it, less what was reversed or off-set. */
export const unbatchedAwardFen = (of: Reimbursement, byDay: Day): Fen =>
  of.approvedOn !== null && of.approvedOn <= byDay ? payableOfAward(of) : 0n;

/** Whether what a programme of this cadence owes is settled with the batches of a month: QUARTERLY ones with a quarter's last only. */
export const isSettledWith = (cadence: 'MONTHLY' | 'QUARTERLY' | undefined, period: string): boolean =>
  cadence !== 'QUARTERLY' || Number(period.slice(5)) % 3 === 0;

/** SHA-256 (hex) of the lines in their order: what an approval binds. The audit recomputes it in SQL. */
export function contentDigestOf(lines: readonly SettlementLine[]): string {
  const digest = createHash('sha256');
  for (const { lineNo, redemptionId, reimbursementId, payeeId, fund, amountFen } of lines) {
    digest.update(`${[lineNo, redemptionId ?? reimbursementId, payeeId, fund, amountFen].join('|')}\n`);
  }
  return digest.digest('hex');
}

type ControlTotals = z.input<typeof settlementDrafted>['totals'];

/** Control totals by payee and by fund, each in the order of its first line. */
export function controlTotalsOf(
  lines: readonly Pick<SettlementLine, 'payeeId' | 'fund' | 'amountFen'>[],
  nameOf: (payeeId: string) => string,
): ControlTotals {
  const groupedBy = (keyOf: (line: Pick<SettlementLine, 'payeeId' | 'fund'>) => string) => {
    const groups = new Map<string, { count: number; totalFen: Fen }>();
    for (const line of lines) {
      const group = groups.get(keyOf(line));
      if (!group) groups.set(keyOf(line), { count: 1, totalFen: line.amountFen });
      else {
        group.count += 1;
        group.totalFen += line.amountFen;
      }
    }
    return [...groups].map(([key, { count, totalFen }]) => ({ key, count, total: formatYuan(totalFen) }));
  };
  return {
    byPayee: groupedBy((line) => line.payeeId).map(({ key, ...of }) => ({
      payeeId: key,
      payeeName: nameOf(key),
      ...of,
    })),
    byFund: groupedBy((line) => line.fund).map(({ key, ...of }) => ({ fund: key, ...of })),
  };
}

/** What one payee gets out of one fund. */
export interface Due {
  readonly payeeId: string;
  readonly fund: string;
  readonly amountFen: Fen;
}

/** The programme and funding year of a fund's name, `zhengzhou-compute/2024`. */
export function readFund(fund: string): { programmeCode: string; year: number } {
  const [programmeCode = '', year] = fund.split('/');
  return { programmeCode, year: Number(year) };
}

/** One funder's part of what one payee gets out of one fund: a payment of its own. */
export interface Part {
  readonly payeeId: string;
  readonly fund: string;
  readonly funder: string;
  readonly amountFen: Fen;
}

export const partKey = (of: { payeeId: string; fund: string; funder: string }): string =>
  [of.payeeId, of.fund, of.funder].join(' ');

/**
 * Splits what is due among the funders, in the order given, so that over all batches each has borne its exact share of
 * its fund: `instructedFen` is what the fund has paid out so far. A part of zero is no payment. Also answers what each
 * fund has paid out afterwards.
 */
export function splitDues(
  dues: readonly Due[],
  sharesOf: (fund: string) => readonly FunderShare[],
  instructedFen: (fund: string) => Fen,
): { parts: Part[]; instructed: ReadonlyMap<string, Fen> } {
  const instructed = new Map<string, Fen>();
  const parts = dues.flatMap(({ payeeId, fund, amountFen }) => {
    const before = instructed.get(fund) ?? instructedFen(fund);
    instructed.set(fund, before + amountFen);
    return splitIncrement(before, amountFen, sharesOf(fund))
      .filter(({ amount }) => amount > 0n)
      .map(({ funder, amount }) => ({ payeeId, fund, funder, amountFen: amount }));
  });
  return { parts, instructed };
}

/** Of every payment its last attempt. */
export function lastAttempts(instructions: readonly PaymentInstruction[]): PaymentInstruction[] {
  const last = new Map<string, PaymentInstruction>();
  for (const of of instructions) {
    const known = last.get(partKey(of));
    if (!known || known.attempt < of.attempt) last.set(partKey(of), of);
  }
  return [...last.values()];
}

type BankFile = z.output<typeof importBankReturn>;
export type BankFileLine = BankFile['lines'][number] & { readonly amountFen: Fen };

/** The lines with their amounts in fen; the schema has let no other text through. */
export const bankFileLines = (file: BankFile): BankFileLine[] =>
  file.lines.map((line) => ({ ...line, amountFen: parseYuan(line.amount) ?? 0n }));

/** SHA-256 (hex) of what a bank file says, whatever its name or form: the same content is the same file. */
export const fileDigestOf = (file: BankFile): string =>
  createHash('sha256')
    .update(
      [
        [file.declaredCount, file.declaredTotal],
        ...file.lines.map((l) => [l.instructionNo, l.status, l.bankSerial, l.bookedOn, l.amount, l.reason ?? '']),
      ]
        .map((fields) => JSON.stringify(fields))
        .join('\n'),
    )
    .digest('hex');

/**
 * Refuses a file that cannot be right as a whole, so that nothing of it is imported: an amount of zero (AMOUNT_ZERO),
 * control totals that do not tie (BANK_FILE_DOES_NOT_TIE), a serial or an instruction named twice (BANK_SERIAL_TWICE,
 * BANK_INSTRUCTION_TWICE), a day that has not come (BANK_DAY_IN_FUTURE).
 */
export function refuseBankFile(file: BankFile, lines: readonly BankFileLine[], today: Day): Refused | null {
  const zero = lines.findIndex((line) => line.amountFen === 0n);
  if (zero >= 0) return refused('AMOUNT_ZERO', {}, `/lines/${zero}/amount`);
  const total = formatYuan(sumFen(lines.map((line) => line.amountFen)));
  if (lines.length !== file.declaredCount || total !== file.declaredTotal) {
    const { declaredCount, declaredTotal } = file;
    return refused('BANK_FILE_DOES_NOT_TIE', {
      declaredCount: String(declaredCount),
      declaredTotal,
      count: String(lines.length),
      total,
    });
  }
  const serial = firstRepeated(lines.map((line) => line.bankSerial));
  if (serial !== null)
    return refused('BANK_SERIAL_TWICE', { bankSerial: lines[serial]?.bankSerial ?? '' }, `/lines/${serial}/bankSerial`);
  const instruction = firstRepeated(lines.map((line) => line.instructionNo));
  if (instruction !== null) {
    return refused(
      'BANK_INSTRUCTION_TWICE',
      { instructionNo: lines[instruction]?.instructionNo ?? '' },
      `/lines/${instruction}/instructionNo`,
    );
  }
  const early = lines.findIndex((line) => line.bookedOn > today);
  if (early >= 0) return refused('BANK_DAY_IN_FUTURE', { day: lines[early]?.bookedOn ?? '', today }, `/lines/${early}/bookedOn`);
  return null;
}

/** The position of the first value that stood before, or null. */
function firstRepeated(values: readonly string[]): number | null {
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    if (seen.has(value)) return index;
    seen.add(value);
  }
  return null;
}

/** What a line means for the instruction it names. Only MATCHED has an effect; the rest is for a person to look at. */
export function judgeBankLine(
  line: BankFileLine,
  of: { readonly serialHadEffect: boolean; readonly instruction: PaymentInstruction | undefined },
): BankLine['result'] {
  if (of.serialHadEffect) return 'ALREADY_SETTLED';
  if (!of.instruction) return 'UNKNOWN_INSTRUCTION';
  if (of.instruction.status !== 'INSTRUCTED') return 'ALREADY_SETTLED';
  if (of.instruction.amountFen !== line.amountFen) return 'AMOUNT_DIFFERS';
  return 'MATCHED';
}

/** Where the total of a batch stands; the four add up to it. What the bank returned waits to go out again. */
export function sumsOf(
  settlement: Settlement,
  instructions: readonly PaymentInstruction[],
): Record<'notInstructed' | 'inTransit' | 'paid' | 'returned', string> {
  const last = lastAttempts(instructions);
  const sumOf = (status: PaymentInstruction['status']) =>
    sumFen(last.filter((of) => of.status === status).map((of) => of.amountFen));
  return {
    notInstructed: formatYuan(settlement.totalFen - sumFen(last.map((of) => of.amountFen))),
    inTransit: formatYuan(sumOf('INSTRUCTED')),
    paid: formatYuan(sumOf('PAID')),
    returned: formatYuan(sumOf('RETURNED')),
  };
}

// ── What is shown ──

export const presentSettlement = (row: Settlement): z.input<typeof settlement> => ({
  settlementId: row.settlementId,
  settlementNo: row.settlementNo,
  period: row.period,
  number: row.number,
  status: row.status,
  lineCount: row.lineCount,
  total: formatYuan(row.totalFen),
  contentDigest: row.contentDigest,
  draftedOn: row.draftedOn,
  draftedPerson: row.draftedPerson,
  approvedPerson: row.approvedPerson,
  instructedOn: row.instructedOn,
  instructedPerson: row.instructedPerson,
  closedOn: row.closedOn,
  closedPerson: row.closedPerson,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

export const presentInstruction = (
  row: PaymentInstruction,
  payee: { readonly name: string } | undefined,
): z.input<typeof instruction> => ({
  instructionId: row.instructionId,
  instructionNo: row.instructionNo,
  payeeId: row.payeeId,
  payeeName: payee?.name ?? '',
  fund: row.fund,
  funder: row.funder,
  attempt: row.attempt,
  amount: formatYuan(row.amountFen),
  status: row.status,
  instructedOn: row.instructedOn,
  returnReason: row.returnReason,
});

export const presentBankReturn = (row: BankReturn): z.input<typeof bankReturn> => ({
  bankReturnId: row.bankReturnId,
  fileDigest: row.fileDigest,
  lineCount: row.lineCount,
  total: formatYuan(row.totalFen),
  importedPerson: row.importedPerson,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

export const presentBankLine = (row: BankLine): z.input<typeof bankLine> => ({
  instructionNo: row.instructionNo,
  status: row.status,
  bankSerial: row.bankSerial,
  bookedOn: row.bookedOn,
  amount: formatYuan(row.amountFen),
  reason: row.reason,
  result: row.result,
});

/** A bank return with its lines, how many had their effect, and what these paid and returned. */
export function presentBankReturnWhole(row: BankReturn, lines: readonly BankLine[]): z.input<typeof bankReturnWhole> {
  const matched = lines.filter((line) => line.result === 'MATCHED');
  const sumOf = (status: BankLine['status']) =>
    formatYuan(sumFen(matched.filter((line) => line.status === status).map((line) => line.amountFen)));
  return {
    ...presentBankReturn(row),
    matched: matched.length,
    paid: sumOf('PAID'),
    returned: sumOf('RETURNED'),
    lines: lines.map(presentBankLine),
  };
}
