// The life of a change of a legal person, and how it is shown. Pure.
import type { z } from 'zod';
import type { LegalPersonChange, LimitSuccession } from '../../db/tables.js';
import type { legalPersonChange, limitSuccession } from '../../schemas/successions.js';
import { formatInstant } from '../calendar.js';
import { life } from '../lives.js';
import { formatYuan } from '../money.js';

export const changeLife = life({
  of: 'legal person change',
  code: 'CHANGE_WRONG_STATE',
  states: { PROPOSED: ['approve', 'withdraw'], APPROVED: [], WITHDRAWN: [] },
});

export const presentChange = (row: LegalPersonChange): z.input<typeof legalPersonChange> => ({
  changeId: row.changeId,
  uscc: row.uscc,
  kind: row.kind,
  effectiveOn: row.effectiveOn,
  content: row.content as Record<string, unknown>,
  documentNo: row.documentNo,
  reason: row.reason,
  status: row.status,
  proposedPerson: row.proposedPerson,
  proposedOn: row.proposedOn,
  decidedPerson: row.decidedPerson,
  decidedOn: row.decidedOn,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

export const presentSuccession = (row: LimitSuccession): z.input<typeof limitSuccession> => ({
  why: row.why,
  limit: row.account,
  holder: row.holder,
  window: row.span,
  amount: formatYuan(row.amountFen),
  usedAfter: formatYuan(row.usedAfterFen),
});
