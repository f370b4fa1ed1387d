// The versions a simulation asks, each under the general controls of the book and as if it were in force all year.
import type { ProgrammeVersion as VersionRow } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { underControls } from '../programmes/controls.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { controlsInForce, programmeOf } from '../programmes/published.js';
import { asIfInForce } from '../programmes/trial.js';

export class Laws {
  readonly #rows: Map<string, VersionRow>;
  readonly #controls: readonly VersionRow[];

  /** `rows`: every published version of the book. */
  constructor(rows: readonly VersionRow[]) {
    this.#rows = new Map(rows.map((row) => [row.programmeVersionId, row]));
    this.#controls = rows.filter(({ kind }) => kind === 'GENERAL_CONTROLS');
  }

  /** The text of a version, as it is. */
  textOf(programmeVersionId: string): ProgrammeVersion {
    const row = this.#rows.get(programmeVersionId);
    if (!row) throw new Error(`the version ${programmeVersionId} is not there`);
    return programmeOf(row);
  }

  /** The version as a case of this day meets it. */
  on(programmeVersionId: string, day: Day): ProgrammeVersion {
    const controls = controlsInForce(this.#controls, day);
    return underControls(asIfInForce(this.textOf(programmeVersionId)), controls.map(programmeOf));
  }
}
