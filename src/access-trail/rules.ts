import type { z } from 'zod';
import type { AccessTrailRow } from '../../db/tables.js';
import type { trailRow } from '../../schemas/access-trail.js';
import { formatInstant } from '../calendar.js';

export const presentTrail = (row: AccessTrailRow): z.input<typeof trailRow> => ({
  trailId: row.trailId,
  happenedAt: formatInstant(new Date(row.happenedAt)),
  action: row.action,
  subject: row.subject,
  outcome: row.outcome,
  code: row.code,
  memberId: row.memberId,
  personId: row.personId,
  role: row.role,
  means: row.means,
  credential: row.credential,
  address: row.address,
  requestId: row.requestId,
  alike: row.alike,
});
