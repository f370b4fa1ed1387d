import { z } from 'zod';
import { day, id, instant, ledgerSeq, name, reason, uscc } from './common.js';

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

/** What one natural person is known by: never shown again, and one person's alone in a book. */
export const personIdentity = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('RESIDENT_ID'),
      number: z.string().trim().toUpperCase().max(40).meta({ description: 'GB 11643, 18 characters' }),
    }),
    z.strictObject({ kind: z.literal('OIDC_SUBJECT'), issuer: z.url().max(300), subject: z.string().min(1).max(300) }),
  ])
  .meta({ description: 'Kept sealed, and compared by its keyed fingerprint' });

export const proposeRole = z.strictObject({
  code: z
    .string()
    .regex(/^[a-z][a-z0-9_]{1,39}$/)
    .refine((code) => !(role.options as readonly string[]).includes(code), { error: 'a built-in role has this name' }),
  name,
  parts: z.array(role).min(1).max(role.options.length).meta({ description: 'Built-in roles that it is made of' }),
  rights: z
    .array(z.string().regex(/^[a-z_]+(\.[a-z_-]+)?$/))
    .min(1)
    .max(200)
    .optional()
    .meta({
      description: 'Of what its parts may do only these verbs, or groups of them; left out: all',
      examples: [['voucher', 'redemption.verify']],
    }),
  readOnly: z.boolean().default(false),
});
export const approveRole = z.strictObject({ digest: z.string() });
export const withdrawRole = z.strictObject({});
export const roleTold = z.strictObject({
  code: z.string(),
  name: z.string().nullable().meta({ description: 'Of a role of the book’s own' }),
  parts: z.array(role).meta({ description: 'The built-in roles that it reads and acts as' }),
  readOnly: z.boolean(),
  verbs: z.array(z.string()).meta({ description: 'What it may write; whose case it is, is judged besides' }),
});
export const customRole = z.strictObject({
  customRoleId: id,
  code: z.string(),
  name: z.string(),
  parts: z.array(role),
  rights: z.array(z.string()).nullable(),
  readOnly: z.boolean(),
  digest: z.string(),
  status: z.enum(['PROPOSED', 'ACTIVE', 'SUPERSEDED', 'WITHDRAWN']),
  proposedPerson: id,
  proposedOn: day,
  decidedPerson: id.nullable(),
  decidedOn: day.nullable(),
  recordedAt: instant,
});
export const customRoleRecorded = customRole.extend({ ledgerSeq });

/** Registers a person, or adds a membership to a known one (`personId`). */
export const registerMember = z.strictObject({
  personId: id.optional().meta({ description: 'A person this book knows already; else `personName` makes one' }),
  personName: name.optional(),
  identity: personIdentity.optional().meta({ description: 'Of the person that `personName` makes' }),
  kind: z.enum(['PERSON', 'MACHINE']).default('PERSON'),
  role,
  customRole: z.string().optional().meta({ description: 'A role of the book’s own, of which `role` is a part' }),
  legalPersonUscc: uscc.optional().meta({ description: 'Required for the roles enterprise and provider, absent for others' }),
});

export const member = z.strictObject({
  memberId: id,
  personId: id,
  personName: z.string(),
  kind: z.enum(['PERSON', 'MACHINE']),
  role,
  customRole: z.string().nullable(),
  legalPersonUscc: z.string().nullable(),
  keysSign: z.boolean().meta({ description: 'Its keys must sign: a bare one of it is refused' }),
  status: z.enum(['PROPOSED', 'ACTIVE', 'ENDED']),
  registeredPerson: id.nullable().meta({ description: 'Null: the founder of the book' }),
  confirmedPerson: id.nullable().meta({ description: 'Of a member of the authorities: who confirmed that it counts' }),
  recordedAt: instant,
});
export const memberRecorded = member.extend({ ledgerSeq });

export const recordIdentity = z.strictObject({ identity: personIdentity });
export const identityRecorded = z.strictObject({
  identityId: id,
  personId: id,
  kind: z.enum(['RESIDENT_ID', 'OIDC_SUBJECT']),
  recordedAt: instant,
  ledgerSeq,
});

export const proposeMerge = z.strictObject({
  personId: id.meta({ description: 'The row that stays' }),
  otherPersonId: id.meta({ description: 'The row that was found to be the same person' }),
  reason,
});
export const approveMerge = z.strictObject({
  digest: z.string().meta({ description: 'The digest of the proposal: both rows and their memberships as they are' }),
});
export const personMerge = z.strictObject({
  mergeId: id,
  personId: id,
  otherPersonId: id,
  reason: z.string(),
  digest: z.string(),
  status: z.enum(['PROPOSED', 'APPROVED', 'WITHDRAWN']),
  proposedPerson: id,
  proposedOn: day,
  decidedPerson: id.nullable(),
  decidedOn: day.nullable(),
  recordedAt: instant,
});
export const mergeRecorded = personMerge.extend({ ledgerSeq });

const scopeName = z.string().regex(/^[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)?$/);
const publicKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/)
  .meta({
    description:
      'Of a key that signs (RFC 9421): the public half of an Ed25519 pair, its 32 bytes in base64url, as `x` of its JSON Web Key',
  });
export const issueKey = z.strictObject({
  publicKey: publicKey.optional(),
  expiresOn: day.optional().meta({ description: 'Its last day, inclusive' }),
  scope: z.array(scopeName).max(50).optional().meta({
    description:
      'What it may write besides reading: verbs (`redemption.verify`) or groups (`redemption`), each one that the member’s role has; [] for reading alone, absent for all of the role',
  }),
});
export const rotateKey = z.strictObject({
  publicKey: publicKey.optional(),
  lastDay: day.meta({ description: 'Until the end of which the old key counts beside its successor; at most 30 days on' }),
  expiresOn: day.optional().meta({ description: 'The last day of the successor, inclusive' }),
});
export const apiKey = z.strictObject({
  keyId: id,
  memberId: id,
  prefix: z.string().meta({ description: 'A key that signs is named `cvk_` and this in `keyid`' }),
  publicKey: publicKey.nullable(),
  scope: z.array(z.string()).nullable(),
  expiresOn: day.nullable(),
  successorId: id.nullable(),
  revokedAt: instant.nullable(),
  issuedPerson: id.nullable(),
  confirmedPerson: id
    .nullable()
    .meta({ description: 'A natural person’s key that signs counts once somebody else has confirmed it' }),
});
export const apiKeyListed = apiKey.extend({ lastUsedOn: day.nullable() });
export const setKeysSign = z.strictObject({ keysSign: z.boolean() });
/** `secret` is shown once: a replay of the same request answers null, and so does a key that signs. */
export const apiKeyIssued = apiKey.extend({ secret: z.string().nullable(), ledgerSeq });
export const apiKeyRecorded = apiKey.extend({ ledgerSeq });
