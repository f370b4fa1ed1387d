// Of published versions: which decide an application of a day, and under which general controls. Pure.
import type { Day } from '../calendar.js';
import { underControls } from '../programmes/controls.js';
import { decidingDayOf } from '../programmes/evaluate.js';
import { lawOn } from '../programmes/language.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { controlsInForce, programmeOf, versionDeciding } from '../programmes/published.js';
import type { DecidingDays } from '../programmes/published.js';
import type { Published } from './queries.js';

/** A version with its law under the general controls of the day that decides. */
export interface Standing {
  readonly row: Published;
  /** Published and not active: what it would give is a trial. */
  readonly isTrial: boolean;
  readonly law: ProgrammeVersion;
}

/** A programme without a version that holds: its latest, among all of it. */
export interface Unheld {
  readonly row: Published;
  readonly versions: readonly Published[];
}

/**
 * What an application of these days is decided by: of each programme the version that holds, and, if asked for, every version that is
 * not active. Then the programmes without a version that holds. Of a reimbursement the signing of a contract decides nothing.
 */
export function versionsAsked(
  versions: readonly Published[],
  of: DecidingDays & { readonly includeDrafts: boolean },
): { asked: Standing[]; notInForce: Unheld[] } {
  const { appliedOn } = of;
  const daysOf = (row: Published): DecidingDays => {
    const reimburses = lawOn(programmeOf(row), appliedOn).flow?.value === 'REIMBURSEMENT';
    return { appliedOn, signedOn: reimburses ? null : of.signedOn };
  };
  const controls = new Map<Day, ProgrammeVersion[]>();
  const under = (row: Published, isTrial: boolean): Standing => {
    const law = programmeOf(row);
    const day = decidingDayOf(law, daysOf(row));
    const over = controls.get(day) ?? controlsInForce(versions, day).map(programmeOf);
    controls.set(day, over);
    return { row, isTrial, law: underControls(law, over) };
  };
  const programmes = byCode(versions.filter(({ kind }) => kind === 'PROGRAMME')).map((rows) => {
    const row = versionDeciding(rows, of);
    return { rows, row: row && versionDeciding(rows, daysOf(row)) };
  });
  const drafts = of.includeDrafts ? programmes.flatMap(({ rows }) => rows.filter(({ status }) => status === 'PUBLISHED')) : [];
  return {
    asked: [
      ...programmes.flatMap(({ row }) => (row === undefined ? [] : [under(row, false)])),
      ...drafts.map((row) => under(row, true)),
    ],
    notInForce: programmes.flatMap(({ rows, row }) => {
      const latest = rows.at(-1);
      return row === undefined && latest !== undefined ? [{ row: latest, versions: rows }] : [];
    }),
  };
}

/** The versions of each programme, in order of their codes. */
function byCode(versions: readonly Published[]): Published[][] {
  const codes = new Map<string, Published[]>();
  for (const row of versions) {
    const rows = codes.get(row.programmeCode) ?? [];
    rows.push(row);
    codes.set(row.programmeCode, rows);
  }
  return [...codes.values()];
}
