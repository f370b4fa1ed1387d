// The month, settled, purely: what a batch takes, what it binds, how a fund's funders share it.
import type { z } from 'zod';
import type { PaymentInstruction, Redemption, Reimbursement, Settlement, SettlementLine, SettlementVersion } from '../../db/tables.js';
import type { controlTotals, instruction, settlement, settlementVersion } from '../../schemas/settlements.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { life, refuseStep } from '../lives.js';
import type { Fen, FunderShare } from '../money.js';
import { formatYuan, splitIncrement, sumFen } from '../money.js';
import { payableOfAward } from '../reimbursements/rules.js';

export type SettlementVerb = 'freeze' | 'approve' | 'check-lines' | 'return-lines' | 'instruct' | 'reinstruct' | 'close';

/**
 * The life of a batch. Lines that are returned make it a new version, which is FROZEN and approved again; where none is left it is DISSOLVED. A
 * payment that comes back after its batch was closed opens it again (INSTRUCTED).
 */
export const settlementLife = life<Settlement['status'], SettlementVerb>({
  of: 'settlement',
  code: 'SETTLEMENT_WRONG_STATE',
  states: {
    DRAFT: ['freeze'],
    FROZEN: ['approve', 'return-lines'],
    APPROVED: ['check-lines', 'return-lines'],
    CHECKED: ['instruct', 'return-lines'],
    INSTRUCTED: ['reinstruct', 'close'],
    CLOSED: [],
    DISSOLVED: [],
  },
});

/** Refuses (SETTLEMENT_WRONG_STATE) what a batch in its state does not offer; null where it does. */
export const refuseSettlement = ({ status, settlementNo }: Settlement, verb: SettlementVerb): Refused | null =>
  refuseStep(settlementLife, status, verb, { settlementNo });

/** Whether a batch holds money that is still payable: nothing of it has gone to the bank, and single lines can be returned. */
export const isBeforeBank = ({ status }: Settlement): boolean => status !== 'INSTRUCTED' && status !== 'CLOSED';

/** SETTLEMENT_UNDERWAY: slices of the lane are still collecting its lines, or instructing its payments. */
export const underway = ({ settlementNo, lineCount, paymentsLeft }: Settlement): Refused =>
  refused('SETTLEMENT_UNDERWAY', { settlementNo, lines: String(lineCount), payments: String(paymentsLeft) });

/** Who has had a part in a batch, and so has none in the steps that another person takes. */
export const doersOf = (of: Settlement): (string | null)[] => [of.draftedPerson, of.frozenPerson, of.approvedPerson, ...of.checkedPersons];

/** What is to be paid: a redemption, or an award of reimbursement. */
export type Payable = Redemption | Reimbursement;
export const isRedemption = (of: Payable): of is Redemption => 'redemptionNo' in of;

/** What of a payable may still go into a batch, in fen: approved by the day, in no batch, less what was reversed or off-set. */
export function unbatchedFen(of: Payable, byDay: Day): Fen {
  if (of.approvedOn === null || of.approvedOn > byDay) return 0n;
  if (!isRedemption(of)) return payableOfAward(of);
  return of.status === 'APPROVED' && of.settlementId === null
    ? of.approvedFen - of.reversedFen - of.batchedFen - of.offsetFen
    : 0n;
}

/** Whether what a programme of this cadence owes is settled with the batches of a month: QUARTERLY ones with a quarter's last only. */
export const isSettledWith = (cadence: 'MONTHLY' | 'QUARTERLY' | undefined, period: string): boolean =>
  cadence !== 'QUARTERLY' || Number(period.slice(5)) % 3 === 0;

type ControlTotals = z.input<typeof controlTotals>;

/** What one payee gets out of one fund, of how many lines. */
export interface Total extends Due {
  readonly lineCount: number;
}

/** What lines make of each payee and fund, in the order of the first line of each. */
export function totalsOfLines(lines: readonly Pick<SettlementLine, 'payeeId' | 'fund' | 'amountFen'>[]): Total[] {
  const totals = new Map<string, Total>();
  for (const { payeeId, fund, amountFen } of lines) {
    const key = `${payeeId} ${fund}`;
    const had = totals.get(key) ?? { payeeId, fund, amountFen: 0n, lineCount: 0 };
    totals.set(key, { ...had, amountFen: had.amountFen + amountFen, lineCount: had.lineCount + 1 });
  }
  return [...totals.values()];
}

/** Control totals by payee, fund and programme, each in the order of its first line; by funder as they were frozen. */
export function controlTotalsOf(
  totals: readonly Total[],
  nameOf: (payeeId: string) => string,
  byFunder: ControlTotals['byFunder'],
): ControlTotals {
  const groupedBy = (keyOf: (total: Total) => string) => {
    const groups = new Map<string, { count: number; totalFen: Fen }>();
    for (const total of totals) {
      const { count, totalFen } = groups.get(keyOf(total)) ?? { count: 0, totalFen: 0n };
      groups.set(keyOf(total), { count: count + total.lineCount, totalFen: totalFen + total.amountFen });
    }
    return [...groups].map(([key, { count, totalFen }]) => ({ key, count, total: formatYuan(totalFen) }));
  };
  return {
    byPayee: groupedBy(({ payeeId }) => payeeId).map(({ key, count, total }) => ({
      payeeId: key,
      payeeName: nameOf(key),
      count,
      total,
    })),
    byFund: groupedBy(({ fund }) => fund).map(({ key, count, total }) => ({ fund: key, count, total })),
    byProgramme: groupedBy(({ fund }) => readFund(fund).programmeCode).map(({ key, count, total }) => ({
      programmeCode: key,
      count,
      total,
    })),
    byFunder,
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
  version: row.version,
  status: row.status,
  collecting: row.isCollecting,
  lineCount: row.lineCount,
  total: formatYuan(row.totalFen),
  contentDigest: row.contentDigest,
  draftedOn: row.draftedOn,
  draftedPerson: row.draftedPerson,
  frozenPerson: row.frozenPerson,
  approvedPerson: row.approvedPerson,
  checkedPersons: [...row.checkedPersons],
  checkedLines: row.checkedLines,
  instructedOn: row.instructedOn,
  instructedPerson: row.instructedPerson,
  paymentsLeft: row.paymentsLeft,
  closedOn: row.closedOn,
  closedPerson: row.closedPerson,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

export const presentVersion = (row: SettlementVersion): z.input<typeof settlementVersion> => ({
  version: row.version,
  contentDigest: row.contentDigest,
  lineCount: row.lineCount,
  total: formatYuan(row.totalFen),
  byFunder: [...row.funderTotals],
  frozenPerson: row.frozenPerson,
  frozenOn: row.frozenOn,
  approvedPerson: row.approvedPerson,
  returnedLines: row.returnedLines,
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
