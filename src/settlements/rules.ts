// The month, settled, purely: what a batch takes, what it binds, how a fund's funders share it.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { PaymentInstruction, Redemption, Reimbursement, Settlement, SettlementLine } from '../../db/tables.js';
import type { instruction, settlement, settlementDrafted } from '../../schemas/settlements.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Fen, FunderShare } from '../money.js';
import { formatYuan, splitIncrement, sumFen } from '../money.js';
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

/** What of an attempt neither was paid nor came back, in fen: what the bank is still to do. */
export const toPayFen = ({ amountFen, paidFen, returnedFen }: PaymentInstruction): Fen => amountFen - paidFen - returnedFen;

/** Of every payment its last attempt. */
export function lastAttempts(instructions: readonly PaymentInstruction[]): PaymentInstruction[] {
  const last = new Map<string, PaymentInstruction>();
  for (const of of instructions) {
    const known = last.get(partKey(of));
    if (!known || known.attempt < of.attempt) last.set(partKey(of), of);
  }
  return [...last.values()];
}

/** Where the total of a batch stands; the four add up to it. What the bank returned waits to go out again. */
export function sumsOf(
  settlement: Settlement,
  instructions: readonly PaymentInstruction[],
): Record<'notInstructed' | 'inTransit' | 'paid' | 'returned', string> {
  const paidFen = sumFen(instructions.map((of) => of.paidFen));
  // What came back of an attempt that went out again is in the next one.
  const returnedFen = sumFen(instructions.map((of) => (of.reinstructed ? 0n : of.returnedFen)));
  const inTransitFen = sumFen(instructions.map(toPayFen));
  return {
    notInstructed: formatYuan(settlement.totalFen - paidFen - returnedFen - inTransitFen),
    inTransit: formatYuan(inTransitFen),
    paid: formatYuan(paidFen),
    returned: formatYuan(returnedFen),
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
  paid: formatYuan(row.paidFen),
  returned: formatYuan(row.returnedFen),
  status: row.status,
  instructedOn: row.instructedOn,
  returnReason: row.returnReason,
});
