// Published versions as every slice reads them: parsed once, found by the day they are in force.
import type { ProgrammeVersion as VersionRow } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { lawOn, parseProgramme } from './language.js';
import type { Funder, ProgrammeVersion } from './language.js';

// A published text never changes, so what was read from it is kept under its digest for as long as the process lives.
const parsed = new Map<string, ProgrammeVersion>();

/** The law in a published row. Its text was checked when it was published, so one that does not read is a bug. */
export function programmeOf(row: { document: string; digest: string }): ProgrammeVersion {
  const known = parsed.get(row.digest);
  if (known) return known;
  const read = parseProgramme(row.document);
  if (!read.ok) throw new Error(`the published programme ${row.digest} does not read: ${read.problems[0]?.en}`);
  parsed.set(row.digest, read.version);
  return read.version;
}

/** Whether the text of this digest has been read by this process: programmeOf needs no text of it any more. */
export const isRead = (digest: string): boolean => parsed.has(digest);

/** How entries and people name a version: `zhengzhou-compute@2`. */
export const versionName = (row: { programmeCode: string; version: number }): string => `${row.programmeCode}@${row.version}`;

type Dated = Pick<VersionRow, 'status' | 'version' | 'inForceFrom' | 'inForceTo'>;

const covers = (row: Dated, day: Day): boolean =>
  row.inForceFrom !== null && row.inForceFrom <= day && (row.inForceTo === null || day <= row.inForceTo);

/** Of the versions of one programme, the one that holds on this day: the highest active one whose days cover it. */
export function versionInForce<Row extends Dated>(rows: readonly Row[], day: Day): Row | undefined {
  return rows
    .filter((row) => row.status === 'ACTIVE' && covers(row, day))
    .reduce<Row | undefined>((best, row) => (best === undefined || row.version > best.version ? row : best), undefined);
}

/** Every version that holds on this day once it is active: what a batch must gather for, since one of it may activate another. */
export const versionsCovering = <Row extends Dated>(rows: readonly Row[], day: Day): Row[] =>
  rows.filter((row) => covers(row, day));

/**
 * Who pays into the fund of a programme and a year, with their shares: as the law stands on the fund's first day, 1 January or the
 * first day of that year on which a version is in force, so that all batches of a fund are split alike. Undefined when none is.
 */
export function fundersOf(
  rows: readonly (Dated & { document: string; digest: string })[],
  year: number,
): readonly Funder[] | undefined {
  const [first, last] = [`${year}-01-01`, `${year}-12-31`];
  const day = rows
    .filter((row) => row.status === 'ACTIVE')
    .flatMap(({ inForceFrom, inForceTo }) =>
      inForceFrom === null || inForceFrom > last || (inForceTo !== null && inForceTo < first)
        ? []
        : [inForceFrom < first ? first : inForceFrom],
    )
    .sort()[0];
  const row = day === undefined ? undefined : versionInForce(rows, day);
  if (day === undefined || row === undefined) return undefined;
  return lawOn(programmeOf(row), day).funders?.value;
}
