import type { z } from 'zod';
import type { ApiKey, Member } from '../../db/tables.js';
import type { apiKey, member } from '../../schemas/access.js';
import { formatInstant } from '../calendar.js';

export const presentMember = (row: Member, personName: string): z.input<typeof member> => ({
  memberId: row.memberId,
  personId: row.personId,
  personName,
  kind: row.kind,
  role: row.role,
  customRole: row.customRole,
  legalPersonUscc: row.legalPersonUscc,
  status: row.status,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

/** Whether a key of this scope may write by this verb; every key reads what its member may. A verb's group is what stands before its dot. */
export const scopeCovers = (scope: readonly string[], verb: string): boolean =>
  scope.includes(verb) || scope.includes(verb.slice(0, verb.indexOf('.')));

export const presentKey = (row: ApiKey): z.input<typeof apiKey> => ({
  keyId: row.keyId,
  memberId: row.memberId,
  prefix: row.prefix,
  scope: row.scope === null ? null : [...row.scope],
  expiresOn: row.expiresOn,
  successorId: row.successorId,
  revokedAt: row.revokedAt === null ? null : formatInstant(new Date(row.revokedAt)),
});
