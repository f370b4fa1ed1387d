import type { z } from 'zod';
import type { Enterprise, FormerName } from '../../db/tables.js';
import type { enterprise, formerName } from '../../schemas/enterprises.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';

/** The enterprise as it is shown. */
export const presentEnterprise = (row: Enterprise): z.input<typeof enterprise> => ({
  enterpriseId: row.enterpriseId,
  uscc: row.uscc,
  legalPersonUscc: row.legalPersonUscc,
  name: row.name,
  kind: row.kind,
  sizeClass: row.sizeClass,
  establishedOn: row.establishedOn,
  closedOn: row.closedOn,
  successorUscc: row.successorUscc,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

/** ENTERPRISE_CLOSED of a party that concludes and applies for nothing more, naming who has taken its place. */
export const closed = (of: Closed, pointer?: string): Refused =>
  refused('ENTERPRISE_CLOSED', { uscc: of.uscc, closedOn: of.closedOn ?? '—', successor: of.successorUscc ?? '—' }, pointer);
type Closed = Pick<Enterprise, 'uscc' | 'closedOn' | 'successorUscc'>;

/** The name a code had on a day: the earliest of the former ones that had not ended by then, else the one it has. */
export const nameOn = (name: string, former: readonly Pick<FormerName, 'name' | 'lastDay'>[], day: Day): string =>
  former
    .filter(({ lastDay }) => day <= lastDay)
    .reduce<Pick<FormerName, 'name' | 'lastDay'> | undefined>(
      (first, each) => (first === undefined || each.lastDay < first.lastDay ? each : first),
      undefined,
    )?.name ?? name;

/** Former names with their last days, oldest first. */
export const presentFormerNames = (former: readonly FormerName[]): z.input<typeof formerName>[] =>
  [...former]
    .sort((a, b) => (a.lastDay < b.lastDay ? -1 : 1))
    .map(({ name, lastDay, changeId }) => ({ name, lastDay, changeId }));
