// A flag (疑点): its life, what it keeps from going on, which parameter of a rule counts, and how it is shown. Pure.
import type { z } from 'zod';
import type { Flag, FlagParameter } from '../../db/tables.js';
import type { flag as shown, flagParameter } from '../../schemas/flags.js';
import type { Day } from '../calendar.js';
import { daysInclusive, formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { life } from '../lives.js';
import { formatYuan } from '../money.js';
import { told } from './told.js';

/** The life of a flag: a person clears it, or upholds it for good. */
export const flagLife = life({
  of: 'flag',
  code: 'FLAG_WRONG_STATE',
  states: { OPEN: ['clear', 'uphold'], CLEARED: [], UPHELD: [] },
});

/** Whether a flag still holds what it is on: until it is cleared. */
export const isHolding = ({ status }: Pick<Flag, 'status'>): boolean => status !== 'CLEARED';

/** Refuses (FLAG_HOLDS) what a case may not do while flags hold it; `count` is how many do. */
export const refuseFlagged = (count: number): Refused | null =>
  count === 0 ? null : refused('FLAG_HOLDS', { flags: String(count) });

/** Of dated records the one that counts on a day: the last that begins on or before it, and of one day the last recorded. */
export const latestDated = <Row extends { readonly validFrom: Day; readonly revision: number }>(
  rows: readonly Row[],
  day: Day,
): Row | undefined =>
  rows.reduce<Row | undefined>((latest, row) => {
    if (row.validFrom > day) return latest;
    const isLater =
      latest === undefined ||
      row.validFrom > latest.validFrom ||
      (row.validFrom === latest.validFrom && row.revision > latest.revision);
    return isLater ? row : latest;
  }, undefined);

const instantOf = (row: { recordedAt: string }): string => formatInstant(new Date(row.recordedAt));

/** The flag with its evidence, in words of both languages; its age is in days, 0 on the day it was raised. */
export const presentFlag = (row: Flag, today: Day): z.input<typeof shown> => ({
  flagId: row.flagId,
  kind: row.kind,
  subjectKind: row.subjectKind,
  subjectId: row.subjectId,
  amount: formatYuan(row.amountFen),
  explanation: told(row),
  inputs: { ...row.evidence.inputs },
  rows: row.evidence.rows.map((of) => ({ ...of })),
  reason: row.reason,
  status: row.status,
  raisedPerson: row.raisedPerson,
  raisedOn: row.raisedOn,
  ageDays: Math.max(0, daysInclusive(row.raisedOn, today) - 1),
  decidedPerson: row.decidedPerson,
  decidedOn: row.decidedOn,
  decisionReason: row.decisionReason,
  recordedAt: instantOf(row),
});

export const presentParameter = (row: FlagParameter): z.input<typeof flagParameter> => ({
  flagParameterId: row.flagParameterId,
  kind: row.kind,
  basisPoints: row.basisPoints,
  amount: row.amountFen === null ? null : formatYuan(row.amountFen),
  validFrom: row.validFrom,
  documentNo: row.documentNo,
  revision: row.revision,
  recordedPerson: row.recordedPerson,
  recordedAt: instantOf(row),
});
