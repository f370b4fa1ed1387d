// What signing in goes by: how long things last, and how long a next attempt waits. Pure; moments are handed in.
import type { z } from 'zod';
import type { Invitation } from '../../db/tables.js';
import type { invitation } from '../../schemas/sign-in.js';
import { formatInstant } from '../calendar.js';

const minute = 60_000;

/** Between the first factor and the second, and between leaving for an issuer and coming back. */
export const pendingMs = 5 * minute;
export const issuerFlowMs = 10 * minute;
/** Codes that may be tried for one first factor. */
export const triesOfPending = 5;
export const recoveryCodesInSet = 10;
/** A device or address is known for so long after the last sign-in from it. */
export const originKnownMs = 90 * 24 * 60 * minute;
/** Attempts without success are forgotten when there was none for so long. */
export const attemptsForgottenMs = 24 * 60 * minute;

/** Where attempts are counted: a device or block of addresses by itself, or all that the person has never signed in from together. */
export type Origin = 'ONE' | 'UNKNOWN_TOGETHER';

const doubling = (most: number): number[] => (most > 1 ? [...doubling(most / 2), most] : [1]).map(Math.ceil);
const waits: Readonly<Record<Origin, readonly number[]>> = {
  // Five at once, then a second, doubling to a quarter of an hour.
  ONE: [0, 0, 0, 0, ...doubling(900)],
  // Whoever guesses from everywhere is slowed down to one a minute; who signs in from where they did before is not among these.
  UNKNOWN_TOGETHER: [...Array.from({ length: 49 }, () => 0), ...doubling(60)],
};

/** How long the next attempt waits, in seconds, after the first in a row without success, the second … and after all later ones the last. */
export const waitsOf = (origin: Origin): readonly number[] => waits[origin];

export const presentInvitation = (row: Invitation): z.input<typeof invitation> => ({
  invitationId: row.invitationId,
  memberId: row.memberId,
  personId: row.personId,
  signInName: row.signInName,
  expiresAt: formatInstant(new Date(row.expiresAt)),
  acceptedAt: row.acceptedAt === null ? null : formatInstant(new Date(row.acceptedAt)),
  withdrawnAt: row.withdrawnAt === null ? null : formatInstant(new Date(row.withdrawnAt)),
  replacesAccount: row.replacesAccount,
  confirmedPerson: row.confirmedPerson,
});
