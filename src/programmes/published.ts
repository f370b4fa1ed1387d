// Published versions as every slice reads them: parsed once, found by the day they are in force.
import type { ProgrammeVersion as VersionRow } from '../../db/tables.js';
import { addDays } from '../calendar.js';
import type { Day } from '../calendar.js';
import type { Fen } from '../money.js';
import { activationProblems } from './check.js';
import { decidingDayOf } from './evaluate.js';
import { lawOn, parseProgramme } from './language.js';
import type { Funder, Law, ProgrammeProblem, ProgrammeVersion } from './language.js';
import { asProblems, wideningsSince } from './narrowing.js';
import type { Standing } from './narrowing.js';

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
type Text = Pick<VersionRow, 'document' | 'digest'>;

const covers = (row: Dated, day: Day): boolean =>
  row.inForceFrom !== null && row.inForceFrom <= day && (row.inForceTo === null || day <= row.inForceTo);

/** Whether it has become law here. A repealed version goes on holding for the days up to its last one. */
export const hasBeenActivated = ({ status }: Pick<VersionRow, 'status'>): boolean => status !== 'PUBLISHED';

const highest = <Row extends Dated>(rows: readonly Row[]): Row | undefined =>
  rows.reduce<Row | undefined>((best, row) => (best === undefined || row.version > best.version ? row : best), undefined);

/** Of the versions of one programme, the one that holds on this day: the highest activated one whose days cover it. */
export const versionInForce = <Row extends Dated>(rows: readonly Row[], day: Day): Row | undefined =>
  highest(rows.filter((row) => hasBeenActivated(row) && covers(row, day)));

/** The day of an application, and that on which its contract was signed (null: there is none, or not one only). */
export interface DecidingDays {
  readonly appliedOn: Day;
  readonly signedOn: Day | null;
}

/**
 * Every version of a programme that may decide an application of these days once it is active: what a batch must gather for, since one
 * of it may activate another.
 */
export const versionsCovering = <Row extends Dated>(rows: readonly Row[], { appliedOn, signedOn }: DecidingDays): Row[] =>
  rows.filter((row) => covers(row, appliedOn) || (signedOn !== null && covers(row, signedOn)));

/**
 * The version that decides an application of these days. What is law on the day of application says which day decides: that day, or the
 * one on which the contract was signed. Where nothing is law any more, a version goes by the day it named itself.
 */
export function versionDeciding<Row extends Dated & Text>(rows: readonly Row[], at: DecidingDays): Row | undefined {
  const now = versionInForce(rows, at.appliedOn);
  if (now !== undefined) return versionInForce(rows, decidingDayOf(programmeOf(now), at));
  const activated = versionsCovering(rows, at).filter(hasBeenActivated);
  return highest(activated.filter((row) => covers(row, decidingDayOf(programmeOf(row), at))));
}

/** The general controls of a book that are in force on the day: of each code the highest version, in order of their codes. */
export function controlsInForce<Row extends Dated & Pick<VersionRow, 'kind' | 'programmeCode'>>(
  rows: readonly Row[],
  day: Day,
): Row[] {
  const controls = rows.filter(({ kind }) => kind === 'GENERAL_CONTROLS');
  const codes = [...new Set(controls.map(({ programmeCode }) => programmeCode))].sort();
  return codes.flatMap(
    (code) =>
      versionInForce(
        controls.filter(({ programmeCode }) => programmeCode === code),
        day,
      ) ?? [],
  );
}

/**
 * The laws of a programme that were in force one after the other up to the day before this one, in order of their days and without a
 * gap: what a version that begins on it follows. Empty when none was in force on the day before.
 */
export function lawsBefore(rows: readonly (Dated & { law: ProgrammeVersion })[], day: Day): Standing[] {
  const changes = rows.flatMap(({ inForceFrom, inForceTo, law }) => [
    ...(inForceFrom === null ? [] : [inForceFrom]),
    ...(inForceTo === null ? [] : [addDays(inForceTo, 1)]),
    ...law.laws.map(({ from }) => from),
  ]);
  let laws: Standing[] = [];
  for (const from of [...new Set(changes)].filter((change) => change < day).sort()) {
    const row = versionInForce(rows, from);
    const law = row && lawOn(row.law, from);
    if (row === undefined || law === undefined) laws = [];
    else if (laws.at(-1)?.law !== law) laws = [...laws, { version: row.law, law }];
  }
  return laws;
}

/**
 * Everything that keeps a version from being activated among the versions of its programme: what its own text leaves open, what it
 * widens of the laws in force before it begins, and what versions that are law already and begin later would widen of it.
 */
export function openPointsOf(law: ProgrammeVersion, rows: readonly (Dated & Text)[]): ProgrammeProblem[] {
  const { inForce, version } = law;
  if (inForce === null) return activationProblems(law);
  const others = rows.filter((row) => row.version !== version).map((row) => ({ ...row, law: programmeOf(row) }));
  const own = { version, status: 'ACTIVE' as const, inForceFrom: inForce.from, inForceTo: inForce.to, law };
  const later = others.filter((row) => hasBeenActivated(row) && row.inForceFrom !== null && row.inForceFrom > inForce.from);
  const wider = [own, ...later].flatMap((row) => {
    const before = [own, ...others].filter((other) => other.version !== row.version);
    return wideningsSince(lawsBefore(before, row.inForceFrom ?? inForce.from), row.law);
  });
  return [...activationProblems(law), ...asProblems(wider)];
}

/**
 * Who pays into the fund of a programme and a year, with their shares: as the law stands on the fund's first day, 1 January or the
 * first day of that year on which a version is in force, so that all batches of a fund are split alike. Undefined when none is.
 */
export function fundersOf(rows: readonly (Dated & Text)[], year: number): readonly Funder[] | undefined {
  const day = firstDayOfFund(rows, year);
  const row = day === undefined ? undefined : versionInForce(rows, day);
  if (day === undefined || row === undefined) return undefined;
  return lawOn(programmeOf(row), day).funders?.value;
}

/**
 * The amount (fen) above which two approve payments of a programme on a day: by what is law then, or was law last. Null where nothing says so.
 */
export function twoApproversAboveOf(rows: readonly (Dated & Text)[], day: Day): Fen | null {
  const row = versionInForce(rows, day) ?? highest(rows.filter(hasBeenActivated));
  return row === undefined ? null : (lawOn(programmeOf(row), day).twoApproversAbove?.value ?? null);
}

/** 1 January of the year, or the first day of it on which a version is in force; undefined when none is. */
function firstDayOfFund(rows: readonly Dated[], year: number): Day | undefined {
  const [first, last] = [`${year}-01-01`, `${year}-12-31`];
  return rows
    .filter(hasBeenActivated)
    .flatMap(({ inForceFrom, inForceTo }) =>
      inForceFrom === null || inForceFrom > last || (inForceTo !== null && inForceTo < first)
        ? []
        : [inForceFrom < first ? first : inForceFrom],
    )
    .sort()[0];
}

/**
 * What the law says of a programme's money in a year (年度总额): as it stands today in the year it is, as it stood on the last day of a
 * year that is over, and as it begins in a year to come or before the programme is in force. Null when it says nothing.
 */
export function poolOf(
  rows: readonly (Dated & { document: string; digest: string })[],
  year: number,
  today: Day,
): NonNullable<Law['pool']>['value'] | null {
  const day = [`${year}-01-01`, today].sort()[1] ?? today;
  const capped = day > `${year}-12-31` ? `${year}-12-31` : day;
  const inForce = versionInForce(rows, capped);
  const decides = inForce ? capped : firstDayOfFund(rows, year);
  const row = decides === undefined ? undefined : versionInForce(rows, decides);
  return row && decides !== undefined ? (lawOn(programmeOf(row), decides).pool?.value ?? null) : null;
}
