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

export const presentKey = (row: ApiKey): z.input<typeof apiKey> => ({
  keyId: row.keyId,
  memberId: row.memberId,
  prefix: row.prefix,
  expiresOn: row.expiresOn,
  revokedAt: row.revokedAt === null ? null : formatInstant(new Date(row.revokedAt)),
});
