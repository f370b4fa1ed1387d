import type { z } from 'zod';
import type { Enterprise } from '../../db/tables.js';
import type { enterprise } from '../../schemas/enterprises.js';
import { formatInstant } from '../calendar.js';

/** The enterprise as it is shown. */
export const presentEnterprise = (row: Enterprise): z.input<typeof enterprise> => ({
  enterpriseId: row.enterpriseId,
  uscc: row.uscc,
  legalPersonUscc: row.legalPersonUscc,
  name: row.name,
  kind: row.kind,
  sizeClass: row.sizeClass,
  establishedOn: row.establishedOn,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});
