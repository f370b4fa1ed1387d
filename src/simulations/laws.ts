// The versions a simulation asks, each under the general controls of the book and as if it were in force all year.
import type { ProgrammeVersion as VersionRow } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { underControls } from '../programmes/controls.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { programmeOf, versionInForce } from '../programmes/published.js';
import { asIfInForce } from '../programmes/trial.js';

export class Laws {
  readonly #rows: Map<string, VersionRow>;
  /** Of each general controls its active versions. */
  readonly #controls: readonly (readonly VersionRow[])[];

  /** `rows`: every published version of the book. */
  constructor(rows: readonly VersionRow[]) {
    this.#rows = new Map(rows.map((row) => [row.programmeVersionId, row]));
    const controls = rows.filter((row) => row.status === 'ACTIVE' && programmeOf(row).kind === 'GENERAL_CONTROLS');
    const codes = new Set(controls.map(({ programmeCode }) => programmeCode));
    this.#controls = [...codes].map((code) => controls.filter(({ programmeCode }) => programmeCode === code));
  }

  /** The text of a version, as it is. */
  textOf(programmeVersionId: string): ProgrammeVersion {
    const row = this.#rows.get(programmeVersionId);
    if (!row) throw new Error(`the version ${programmeVersionId} is not there`);
    return programmeOf(row);
  }

  /** The version as a case of this day meets it. */
  on(programmeVersionId: string, day: Day): ProgrammeVersion {
    const controls = this.#controls.flatMap((rows) => versionInForce(rows, day) ?? []);
    return underControls(asIfInForce(this.textOf(programmeVersionId)), controls.map(programmeOf));
  }
}
