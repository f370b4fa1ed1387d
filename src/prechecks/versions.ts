// Of published versions: which hold, and under which general controls. Pure.
import type { Day } from '../calendar.js';
import { underControls } from '../programmes/controls.js';
import { decidingDayOf } from '../programmes/evaluate.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { programmeOf, versionInForce } from '../programmes/published.js';
import type { Published } from './queries.js';

/** A version with its law under the general controls of the day that decides. */
export interface Standing {
  readonly row: Published;
  /** Published and not active: what it would give is a trial. */
  readonly isTrial: boolean;
  readonly law: ProgrammeVersion;
}

/** The versions of each programme, or of each text of general controls, in order of their codes. */
function byCode(versions: readonly Published[], kind: ProgrammeVersion['kind']): Published[][] {
  const codes = new Map<string, Published[]>();
  for (const row of versions) {
    if (programmeOf(row).kind !== kind) continue;
    const rows = codes.get(row.programmeCode) ?? [];
    rows.push(row);
    codes.set(row.programmeCode, rows);
  }
  return [...codes.values()];
}

/** The general controls that hold on the day. */
export const controlsOn = (versions: readonly Published[], day: Day): Published[] =>
  byCode(versions, 'GENERAL_CONTROLS').flatMap((rows) => versionInForce(rows, day) ?? []);

/**
 * What an application of this day is decided by: of each programme the version in force, or that of the day on which the contract was
 * signed where the law of the day says so; and, if asked for, every version that is not active. Then the programmes without a version
 * that holds, by their latest.
 */
export function versionsAsked(
  versions: readonly Published[],
  of: { day: Day; signedOn: Day | null; includeDrafts: boolean },
): { asked: Standing[]; notInForce: Published[] } {
  const decidingDay = (row: Published) => decidingDayOf(programmeOf(row), { appliedOn: of.day, signedOn: of.signedOn });
  const controls = new Map<Day, ProgrammeVersion[]>();
  const under = (row: Published, isTrial: boolean): Standing => {
    const day = decidingDay(row);
    const over = controls.get(day) ?? controlsOn(versions, day).map(programmeOf);
    controls.set(day, over);
    return { row, isTrial, law: underControls(programmeOf(row), over) };
  };
  const programmes = byCode(versions, 'PROGRAMME').map((rows) => {
    const now = versionInForce(rows, of.day);
    const day = now && decidingDay(now);
    return { rows, row: day === undefined || day === of.day ? now : versionInForce(rows, day) };
  });
  const drafts = of.includeDrafts ? programmes.flatMap(({ rows }) => rows.filter(({ status }) => status === 'PUBLISHED')) : [];
  return {
    asked: [
      ...programmes.flatMap(({ row }) => (row === undefined ? [] : [under(row, false)])),
      ...drafts.map((row) => under(row, true)),
    ],
    notInForce: programmes.flatMap(({ rows, row }) => (row === undefined ? (rows.at(-1) ?? []) : [])),
  };
}
