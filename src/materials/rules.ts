// What papers a programme asks for, and which of them are missing. Pure.
import type { MaterialKind } from '../../schemas/evidence-files.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';

/** A paper that a programme asks for, by a step of the case. */
export interface RequiredMaterial<Step extends string = string> {
  readonly kind: MaterialKind;
  readonly by: Step;
}

/** The kinds asked for by this step that are not there, in the programme's order, each once. */
export const missingMaterials = <Step extends string>(
  required: readonly RequiredMaterial<Step>[],
  step: NoInfer<Step>,
  there: ReadonlySet<MaterialKind>,
): MaterialKind[] => [...new Set(required.filter(({ by, kind }) => by === step && !there.has(kind)).map(({ kind }) => kind))];

/** MATERIALS_MISSING with the whole list (一次性告知), or null where everything is there. */
export function refusalOfMaterials<Step extends string>(
  required: readonly RequiredMaterial<Step>[],
  step: NoInfer<Step>,
  there: ReadonlySet<MaterialKind>,
): Refused | null {
  const missing = missingMaterials(required, step, there);
  return missing.length === 0 ? null : refused('MATERIALS_MISSING', { materials: missing.join(', ') });
}
