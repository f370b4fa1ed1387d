// The law that a command decides by: a version under the general controls of its book (总体管控), which are versions that award
// nothing themselves. Which of them held on the day that decides is named on the application and its voucher, and holds for
// these to their end.
import type { ProgrammeVersion as VersionRow } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { underControls } from './controls.js';
import { programmeVersionShelf } from './facts.js';
import type { ProgrammeVersion } from './language.js';
import { controlsInForce, programmeOf } from './published.js';

/** Gathers the general controls of the book, of which there are few. */
export const gatherControls = (loader: Loader): Promise<VersionRow[]> =>
  loader.load(programmeVersionShelf, 'kind', ['GENERAL_CONTROLS']);

/** Ids of the controls that hold on the day, one version of each, in order of their codes. They must have been gathered. */
export const controlsOn = (facts: Facts, day: Day): string[] =>
  controlsInForce(facts.all(programmeVersionShelf, 'kind', 'GENERAL_CONTROLS'), day).map((row) => row.programmeVersionId);

/** What names its controls: an application, a voucher. */
export interface Controlled {
  readonly controlVersionIds: unknown;
}
export const controlIdsOf = ({ controlVersionIds }: Controlled): string[] => controlVersionIds as string[];

/** The law of a version under these controls. Both must have been gathered. */
export function lawUnder(facts: Facts, version: VersionRow, controlIds: readonly string[]): ProgrammeVersion {
  const law = programmeOf(version);
  if (controlIds.length === 0) return law;
  return underControls(
    law,
    controlIds.map((id) => {
      const row = facts.get(programmeVersionShelf, id);
      if (!row) throw new Error(`the general controls ${id} are not there`);
      return programmeOf(row);
    }),
  );
}
