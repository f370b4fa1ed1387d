import { expertAssignments, expertPanels } from '../../db/tables.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { shelf } from '../ledger/facts.js';
import type { Seated } from './rules.js';

export const panelShelf = shelf(expertPanels, { rank: 58, id: 'panelId', keys: { subject: ['subjectId'] }, unique: ['subject'] });
export const assignmentShelf = shelf(expertAssignments, {
  rank: 59,
  id: 'assignmentId',
  keys: { panel: ['panelId'] },
  mutable: ['status', 'conflict', 'scores', 'points', 'opinion', 'dismissedPerson', 'dismissalReason', 'waitingSince', 'dueOn'],
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
