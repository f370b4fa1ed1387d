// What is on record of a legal person or a project on a day, and how it is shown. Pure.
import type { z } from 'zod';
import type {
  Figure,
  LegalPersonClass,
  LegalPersonHolder,
  LimitException,
  MatterRegistration,
  RelatedParties,
} from '../../db/tables.js';
import type { figure, legalPersonClass, legalPersonHolder, relation } from '../../schemas/legal-persons.js';
import type { limitException } from '../../schemas/limit-exceptions.js';
import type { matter } from '../../schemas/matters.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import { life } from '../lives.js';
import { formatYuan } from '../money.js';
import type { Matter } from '../programmes/language.js';

/** The class of a firm that has a policy of its own («一企一策»). */
export const ONE_ENTERPRISE_ONE_POLICY = 'ONE_ENTERPRISE_ONE_POLICY';

/** Said of one thing from a day to a day, both inclusive; `holds` false says that it is not so. */
interface Said {
  readonly holds: boolean;
  readonly validFrom: Day;
  readonly validTo: Day | null;
  readonly revision: number;
}

/**
 * Whether it holds on the day: by the record that begins last on or before it, and of those that begin on one day by the one recorded
 * last. So an end or a mistake is mended by a further record, from its own day on.
 */
export function holdsOn(records: readonly Said[], day: Day): boolean {
  let last: Said | undefined;
  for (const record of records) {
    if (record.validFrom > day) continue;
    const follows =
      last === undefined ||
      record.validFrom > last.validFrom ||
      (record.validFrom === last.validFrom && record.revision > last.revision);
    if (follows) last = record;
  }
  return last !== undefined && last.holds && (last.validTo === null || day <= last.validTo);
}

/** Whether it holds on any day from `from` to `to`, both inclusive. */
export const holdsWithin = (records: readonly Said[], { from, to }: { from: Day; to: Day }): boolean =>
  [from, ...records.map(({ validFrom }) => validFrom).filter((day) => day > from && day <= to)].some((day) =>
    holdsOn(records, day),
  );

/** The classes of a legal person on the day, by all its records, in order of their names. */
export function classesOn(records: readonly LegalPersonClass[], day: Day): string[] {
  const names = [...new Set(records.map((record) => record.class))].sort();
  return names.filter((name) =>
    holdsOn(
      records.filter((record) => record.class === name),
      day,
    ),
  );
}

/** Who holds or leads it on any day of a period, by all that is on record of it: each once, the state's holdings left out. */
export function holdersWithin(records: readonly LegalPersonHolder[], days: { from: Day; to: Day }): LegalPersonHolder[] {
  const byHolding = new Map<string, LegalPersonHolder[]>();
  for (const record of records) {
    const name = `${record.holder} ${record.role}`;
    byHolding.set(name, [...(byHolding.get(name) ?? []), record]);
  }
  const holding = [...byHolding.values()].filter((of) => holdsWithin(of, days)).flatMap((of) => of.at(-1) ?? []);
  return [...new Map(holding.filter(({ isState }) => !isState).map((of) => [of.holder, of])).values()];
}

/** The figure that counts of those of one kind and holder, of the year where it has one: the last that was recorded. */
export const figureThatCounts = (records: readonly Figure[], year: number | null): Figure | undefined =>
  records
    .filter((record) => record.year === year)
    .reduce<Figure | undefined>(
      (last, record) => (last === undefined || record.revision > last.revision ? record : last),
      undefined,
    );

/** The revision that comes next. */
export const nextRevision = (records: readonly { readonly revision: number }[]): number =>
  1 + Math.max(0, ...records.map(({ revision }) => revision));

/** The four municipalities directly under the central government, by the first two digits of their division codes. */
const municipalities = new Set(['11', '12', '31', '50']);

/**
 * Whether a provider is local («本地»): registered in the book's city, by the division code in its own unified social credit code
 * (positions 3 to 8) and that of the book (GB/T 2260). A city is the first four digits, one of the four municipalities the first two;
 * a district's book is of its city. A branch that is registered here is local, wherever its legal person is.
 */
export function isLocal(bookDivision: string, uscc: string): boolean {
  const digits = municipalities.has(bookDivision.slice(0, 2)) ? 2 : 4;
  return uscc.slice(2, 2 + digits) === bookDivision.slice(0, digits);
}

/** Where an application names a matter of each kind. */
export const matterFields = {
  PROJECT: 'project',
  PRODUCT: 'product',
  STANDARD: 'standard',
  AWARD_SERIES: 'awardSeries',
} as const satisfies Record<Matter, string>;

/** A registration of a matter: confirmed or rejected by the bureau, and ended when the matter is the legal person's no more. */
export const registrationLife = life({
  of: 'registration of a matter',
  code: 'MATTER_WRONG_STATE',
  states: { REGISTERED: ['confirm', 'reject'], CONFIRMED: ['end'], REJECTED: [], ENDED: [] },
});

/** An exception to a limit is approved or rejected once. */
export const exceptionLife = life({
  of: 'limit exception',
  code: 'EXCEPTION_WRONG_STATE',
  states: { ASKED: ['approve', 'reject'], APPROVED: [], REJECTED: [] },
});

const instantOf = (row: { recordedAt: string }): string => formatInstant(new Date(row.recordedAt));

export const presentClass = (row: LegalPersonClass): z.input<typeof legalPersonClass> => ({
  classRecordId: row.classRecordId,
  legalPersonUscc: row.legalPersonUscc,
  class: row.class,
  holds: row.holds,
  validFrom: row.validFrom,
  validTo: row.validTo,
  documentNo: row.documentNo,
  revision: row.revision,
  recordedPerson: row.recordedPerson,
  recordedAt: instantOf(row),
});

export const presentRelation = (row: RelatedParties): z.input<typeof relation> => ({
  relationId: row.relationId,
  firstUscc: row.firstUscc,
  secondUscc: row.secondUscc,
  holds: row.holds,
  validFrom: row.validFrom,
  validTo: row.validTo,
  source: row.source,
  revision: row.revision,
  recordedPerson: row.recordedPerson,
  recordedAt: instantOf(row),
});

export const presentHolder = (row: LegalPersonHolder): z.input<typeof legalPersonHolder> => ({
  holderRecordId: row.holderRecordId,
  legalPersonUscc: row.legalPersonUscc,
  role: row.role,
  holder: row.holder,
  holderName: row.holderName,
  isState: row.isState,
  holds: row.holds,
  validFrom: row.validFrom,
  validTo: row.validTo,
  source: row.source,
  revision: row.revision,
  recordedPerson: row.recordedPerson,
  recordedAt: instantOf(row),
});

export const presentFigure = (row: Figure): z.input<typeof figure> => ({
  figureId: row.figureId,
  kind: row.kind,
  holder: row.holder,
  year: row.year,
  amount: formatYuan(row.amountFen),
  provisional: row.provisional,
  documentNo: row.documentNo,
  revision: row.revision,
  recordedPerson: row.recordedPerson,
  recordedAt: instantOf(row),
});

export const presentException = (row: LimitException): z.input<typeof limitException> => ({
  exceptionId: row.exceptionId,
  programmeCode: row.programmeCode,
  limitId: row.limitId,
  account: row.account,
  holder: row.holder,
  window: row.span,
  amount: formatYuan(row.amountFen),
  reason: row.reason,
  status: row.status,
  askedOn: row.askedOn,
  approvedOn: row.approvedOn,
  rejectedOn: row.rejectedOn,
  rejectionReason: row.rejectionReason,
  recordedAt: instantOf(row),
});

export const presentMatter = (row: MatterRegistration): z.input<typeof matter> => ({
  registrationId: row.registrationId,
  kind: row.kind,
  code: row.code,
  name: row.name,
  documentNo: row.documentNo,
  legalPersonUscc: row.legalPersonUscc,
  status: row.status,
  holder: row.holder,
  confirmedOn: row.confirmedOn,
  closedOn: row.closedOn,
  reason: row.reason,
  recordedAt: instantOf(row),
});
