import { and, asc, eq, gt } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { ExpertAssignment, ExpertPanel } from '../../db/tables.js';
import { expertAssignments, expertPanels } from '../../db/tables.js';
import type { Seated } from './rules.js';

type Assigned = { assignment: ExpertAssignment; panel: ExpertPanel };

const assigned = (db: Database) =>
  db.drizzle
    .select({ assignment: expertAssignments, panel: expertPanels })
    .from(expertAssignments)
    .innerJoin(
      expertPanels,
      and(eq(expertPanels.bookId, expertAssignments.bookId), eq(expertPanels.panelId, expertAssignments.panelId)),
    );

/** The assignments of a member in order of assignment, `limit` + 1 of them after a cursor. */
export const listAssignments = (
  db: Database,
  of: { bookId: string; memberId: string; after: string | undefined; limit: number },
): Promise<Assigned[]> =>
  assigned(db)
    .where(
      and(
        eq(expertAssignments.bookId, of.bookId),
        eq(expertAssignments.memberId, of.memberId),
        of.after === undefined ? undefined : gt(expertAssignments.assignmentId, of.after),
      ),
    )
    .orderBy(asc(expertAssignments.assignmentId))
    .limit(of.limit + 1);

/** One assignment of a member. */
export async function findAssignment(
  db: Database,
  of: { bookId: string; memberId: string; assignmentId: string },
): Promise<Assigned | undefined> {
  const [row] = await assigned(db).where(
    and(
      eq(expertAssignments.bookId, of.bookId),
      eq(expertAssignments.assignmentId, of.assignmentId),
      eq(expertAssignments.memberId, of.memberId),
    ),
  );
  return row;
}

/** A panel, by its case or its own id, with everybody on it. */
export async function findPanel(
  db: Database,
  of: { bookId: string } & ({ subjectId: string } | { panelId: string }),
): Promise<Seated | undefined> {
  const [panel] = await db.drizzle
    .select()
    .from(expertPanels)
    .where(
      and(
        eq(expertPanels.bookId, of.bookId),
        'panelId' in of ? eq(expertPanels.panelId, of.panelId) : eq(expertPanels.subjectId, of.subjectId),
      ),
    );
  if (!panel) return undefined;
  const assignments = await db.drizzle
    .select()
    .from(expertAssignments)
    .where(and(eq(expertAssignments.bookId, of.bookId), eq(expertAssignments.panelId, panel.panelId)))
    .orderBy(asc(expertAssignments.assignmentId));
  return { panel, assignments };
}
