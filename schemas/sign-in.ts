// How people sign in: invitations, the two steps, sessions, what a person changes of its own account.
import { z } from 'zod';
import { role } from './access.js';
import { id, instant, ledgerSeq } from './common.js';

/** Trimmed and in lower case; three to 64 of a–z, 0–9 and `.` `_` `@` `+` `-`, beginning with a letter or digit. */
export const signInName = z
  .string()
  .max(200)
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.string().regex(/^[a-z0-9][a-z0-9._@+-]{2,63}$/, { error: 'SIGN_IN_NAME_FORMAT' }))
  .meta({ description: 'Not told apart by case' });

/** Whatever was typed, bounded: what of a new one is refused, src/sign-in/password-rules.ts says. */
const typedPassword = z.string().max(1_000);
const token = z.string().max(200);
/** Six digits of the app, or a recovery code; spaces and hyphens do not count. */
const typedCode = z
  .string()
  .max(64)
  .transform((text) => text.replace(/[\s-]/g, '').toUpperCase());

export const invite = z.strictObject({
  signInName,
  validDays: z.int().min(1).max(30).default(7).meta({ description: 'Days for which the invitation can be accepted' }),
});
export const invitation = z.strictObject({
  invitationId: id,
  memberId: id,
  personId: id,
  signInName: z.string(),
  expiresAt: instant,
  acceptedAt: instant.nullable(),
  withdrawnAt: instant.nullable(),
  replacesAccount: z
    .boolean()
    .meta({ description: 'Its person has an account: it is accepted only once somebody else has confirmed it' }),
  confirmedPerson: id.nullable(),
});
export const invitationRecorded = invitation.extend({ ledgerSeq });
/** `token` is shown once: a replay of the same request answers null. */
export const invitationMade = invitationRecorded.extend({ token: z.string().nullable() });

export const acceptInvitation = z.strictObject({ token, password: typedPassword });
/** What an authenticator app is given, as text and as the address that its QR code holds. */
export const secondFactorSecret = z.strictObject({ secret: z.string(), otpauthUri: z.string() });
export const invitationOpened = secondFactorSecret.extend({ personName: z.string(), signInName: z.string() });
export const confirmInvitation = z.strictObject({ token, code: typedCode });

export const passwordSignIn = z.strictObject({ signInName: z.string().max(200), password: typedPassword });
/** What the second step is to name; it is good for some minutes and a few tries. */
export const pendingSignIn = z.strictObject({ pendingToken: z.string(), expiresAt: instant });
export const secondFactor = z.strictObject({
  pendingToken: token,
  code: typedCode.meta({ description: 'Six digits of the app, or a recovery code' }),
  memberId: id.optional().meta({ description: 'The membership to act as; the first where it is not said' }),
});

export const issuers = z.strictObject({ items: z.array(z.strictObject({ name: z.string() })) });
export const startIssuer = z.strictObject({
  issuer: z.string().max(40),
  invitationToken: token.optional().meta({ description: 'Accepts an invitation: the subject is linked with its person' }),
});
export const issuerStarted = z.strictObject({ authorizationUrl: z.string(), expiresAt: instant });
/** The query of the address at which the issuer sent the person back, as it is. */
export const completeIssuer = z.strictObject({ answer: z.string().max(8_000), memberId: id.optional() });

const membership = z.strictObject({ memberId: id, role, legalPersonUscc: z.string().nullable() });
export const session = z.strictObject({
  sessionId: id,
  memberId: id,
  beganBy: z.enum(['PASSWORD', 'ISSUER', 'INVITATION']),
  device: z.string().meta({ description: 'What the browser says of itself' }),
  address: z.string(),
  beganAt: instant,
  seenAt: instant,
  idleEndsAt: instant,
  expiresAt: instant,
  secondFactorAt: instant.nullable(),
  isThis: z.boolean(),
});
export const sessionList = z.strictObject({ items: z.array(session) });
/** A session that has begun; its id is in the cookie alone. */
export const signedIn = z.strictObject({
  sessionId: id,
  personName: z.string(),
  memberId: id,
  memberships: z.array(membership),
  secondFactorAt: instant.nullable(),
  expiresAt: instant,
});
/** Either: signed in, or a second factor is still asked for. */
export const issuerCompleted = z.union([signedIn, pendingSignIn, z.strictObject({ linked: z.literal(true) })]);
export const signedInFirst = signedIn.extend({ recoveryCodes: z.array(z.string()) });

export const account = z.strictObject({
  personName: z.string(),
  signInName: z.string(),
  hasPassword: z.boolean(),
  hasSecondFactor: z.boolean(),
  recoveryCodesLeft: z.int(),
  issuers: z.array(z.string()),
  memberships: z.array(membership),
});
export const stepUp = z.strictObject({ code: typedCode });
export const switchMember = z.strictObject({ memberId: id });
export const changePassword = z.strictObject({ currentPassword: typedPassword, newPassword: typedPassword });
export const confirmCode = z.strictObject({ code: typedCode });
export const recoveryCodeSet = z.strictObject({ recoveryCodes: z.array(z.string()) });
export const ended = z.strictObject({ ended: z.int().meta({ description: 'Sessions that ended' }) });
