import { z } from 'zod';
import { day, id, instant, ledgerSeq, name, uscc } from './common.js';

export const role = z.enum([
  'enterprise',
  'provider',
  'district_reviewer',
  'reviewer',
  'approver',
  'expert',
  'finance',
  'finance_approver',
  'auditor',
  'operator',
]);
export type Role = z.infer<typeof role>;

/** Registers a person, or adds a membership to a known one (`personId`). */
export const registerMember = z.strictObject({
  personId: id.optional().meta({ description: 'A person this book knows already; else `personName` makes one' }),
  personName: name.optional(),
  kind: z.enum(['PERSON', 'MACHINE']).default('PERSON'),
  role,
  legalPersonUscc: uscc.optional().meta({ description: 'Required for the roles enterprise and provider, absent for others' }),
});

export const member = z.strictObject({
  memberId: id,
  personId: id,
  personName: z.string(),
  kind: z.enum(['PERSON', 'MACHINE']),
  role,
  legalPersonUscc: z.string().nullable(),
  status: z.enum(['ACTIVE', 'ENDED']),
  recordedAt: instant,
});
export const memberRecorded = member.extend({ ledgerSeq });

export const issueKey = z.strictObject({ expiresOn: day.optional() });
export const apiKey = z.strictObject({
  keyId: id,
  memberId: id,
  prefix: z.string(),
  expiresOn: day.nullable(),
  revokedAt: instant.nullable(),
});
/** `secret` is shown once: a replay of the same request answers null. */
export const apiKeyIssued = apiKey.extend({ secret: z.string().nullable(), ledgerSeq });
export const apiKeyRecorded = apiKey.extend({ ledgerSeq });
