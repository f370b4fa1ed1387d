import { expertAssignments, expertPanels } from '../../db/tables.js';
import type { CaseRow } from '../cases/rules.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { shelf, update } from '../ledger/facts.js';
import type { Seated } from './rules.js';

export const panelShelf = shelf(expertPanels, { rank: 58, id: 'panelId', keys: { subject: ['subjectId'] }, unique: ['subject'] });
export const assignmentShelf = shelf(expertAssignments, {
  rank: 59,
  id: 'assignmentId',
  keys: { panel: ['panelId'] },
  mutable: [
    'status',
    'conflict',
    'doubts',
    'explanation',
    'scores',
    'points',
    'opinion',
    'dismissedPerson',
    'dismissalReason',
    'waitingSince',
    'dueOn',
  ] as const,
});

/** Gathers the panels of these cases with everybody on them. */
export async function gatherPanels(loader: Loader, subjectIds: readonly string[]): Promise<void> {
  const panels = await loader.load(panelShelf, 'subject', subjectIds);
  await loader.load(
    assignmentShelf,
    'panel',
    panels.map(({ panelId }) => panelId),
  );
}

/** The gathered panel of a case with its assignments, in the order in which they were made. */
export function panelOf(facts: Facts, subjectId: string): Seated | undefined {
  const panel = facts.one(panelShelf, 'subject', subjectId);
  return panel && { panel, assignments: facts.all(assignmentShelf, 'panel', panel.panelId) };
}

type OfCase = Pick<CaseRow, 'panelId' | 'status'>;

/** Gathers who is asked about these cases, so that `endAssignments` can let them go. */
export const gatherAssigned = (loader: Loader, rows: readonly OfCase[]): Promise<unknown> =>
  loader.load(
    assignmentShelf,
    'panel',
    rows.flatMap(({ panelId }) => panelId ?? []),
  );

/** A case that is decided or taken back asks nobody any more: the assignments that are still open end with it. */
export function endAssignments(facts: Facts, { panelId, status }: OfCase): Change[] {
  if (panelId === null || !(status === 'APPROVED' || status === 'REJECTED' || status === 'WITHDRAWN')) return [];
  return facts
    .all(assignmentShelf, 'panel', panelId)
    .filter(({ waitingSince }) => waitingSince !== null)
    .map((of) => update(assignmentShelf, { ...of, status: 'ENDED', waitingSince: null, dueOn: null }));
}
