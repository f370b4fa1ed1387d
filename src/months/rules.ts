// The life of a month that is not open any more, what its seal binds, and how it is shown. Pure.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Month, MonthBuild } from '../../db/tables.js';
import type * as schema from '../../schemas/months.js';
import type { Day } from '../calendar.js';
import { addDays, formatInstant, lastDayOfMonth } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { life } from '../lives.js';

/** A month is shut once and sealed once; neither is taken back. What turns out to be wrong is put right in the first open month. */
export const monthLife = life({
  of: 'month',
  code: 'MONTH_WRONG_STATE',
  states: { CLOSING: ['build', 'seal'], SEALED: [] },
});

/** The kind of the entry that shuts a month, about its id: its sequence is the cut-off. */
export const shutEntry = 'month.shut';

/** A build whose process died, or that failed, is begun so often at most. */
export const mostAttempts = 3;

/**
 * The first day on which a month can be shut: the second after its last, so that a whole day lies between. No command that was received
 * in the month can still wait to be decided then, and so whatever goes by the day of receipt (the window of a limit) goes by the day it is booked on.
 */
export const firstDayToShut = (month: string): Day => addDays(lastDayOfMonth(month), 2);

/** Refuses (MONTH_STILL_CLOSING, MONTH_SHUT, MONTH_NOT_NEXT, MONTH_NOT_OVER) a month that cannot be shut, in this order. */
export function refuseShutting(
  month: string,
  of: { readonly closing: Month | undefined; readonly known: Month | undefined; readonly firstOpen: string; readonly today: Day },
): Refused | null {
  if (of.known) return refused('MONTH_SHUT', { month, status: of.known.status }, '/month');
  if (of.closing) return refused('MONTH_STILL_CLOSING', { month: of.closing.month }, '/month');
  if (month !== of.firstOpen) return refused('MONTH_NOT_NEXT', { month, firstOpen: of.firstOpen }, '/month');
  const from = firstDayToShut(month);
  return of.today < from ? refused('MONTH_NOT_OVER', { month, from }, '/month') : null;
}

/** What a build that is done has made. */
export interface Made {
  readonly cutOffSeq: bigint;
  readonly dataDigest: string;
  readonly balancesDigest: string;
  readonly packDigest: string;
}

/** What a build has made; null while it has not. */
export function madeBy({ state, cutOffSeq, dataDigest, balancesDigest, packDigest }: MonthBuild): Made | null {
  if (state !== 'DONE' || cutOffSeq === null || dataDigest === null || balancesDigest === null || packDigest === null)
    return null;
  return { cutOffSeq, dataDigest, balancesDigest, packDigest };
}

/** What a seal binds: SHA-256 (hex) of the JSON array of the month, the cut-off as text and the digests of data, balances and pack. */
export const sealDigestOf = (month: string, { cutOffSeq, dataDigest, balancesDigest, packDigest }: Made): string =>
  createHash('sha256')
    .update(JSON.stringify([month, cutOffSeq.toString(), dataDigest, balancesDigest, packDigest]))
    .digest('hex');

const instantOf = (text: string): string => formatInstant(new Date(text));

export const presentMonth = (row: Month): z.input<typeof schema.monthShown> => ({
  monthId: row.monthId,
  month: row.month,
  status: row.status,
  shutPerson: row.shutPerson,
  shutOn: row.shutOn,
  sealedPerson: row.sealedPerson,
  sealedOn: row.sealedOn,
  sealDigest: row.sealDigest,
  cutOffSeq: row.cutOffSeq === null ? null : Number(row.cutOffSeq),
  dataDigest: row.dataDigest,
  balancesDigest: row.balancesDigest,
  recordedAt: instantOf(row.recordedAt),
});

/** `leased`: whether a process works on it. */
export function presentBuild(month: string, row: MonthBuild, leased: boolean): z.input<typeof schema.monthBuild> {
  const made = madeBy(row);
  return {
    buildId: row.buildId,
    state: row.state === 'RUNNING' && !leased ? 'WAITING' : row.state,
    step: row.step,
    entriesTotal: row.entriesTotal === null ? null : Number(row.entriesTotal),
    entriesDone: Number(row.entriesDone),
    obstacles: row.obstacles === null ? null : row.obstacles.map((of) => ({ ...of, examples: [...of.examples] })),
    lines: row.lineCount,
    cutOffSeq: row.cutOffSeq === null ? null : Number(row.cutOffSeq),
    dataDigest: row.dataDigest,
    balancesDigest: row.balancesDigest,
    packDigest: row.packDigest,
    packBytes: row.packBytes === null ? null : Number(row.packBytes),
    sealDigest: made && sealDigestOf(month, made),
    failure: row.failure,
    recordedAt: instantOf(row.recordedAt),
    endedAt: row.endedAt === null ? null : instantOf(row.endedAt),
  };
}
