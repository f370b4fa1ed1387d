import { and, asc, eq, gt, ne } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { Appropriation, AppropriationReturn, ProgrammeVersion as VersionRow, RepealCorrection } from '../../db/tables.js';
import { appropriationReturns, appropriations, programmeVersions, repealCorrections } from '../../db/tables.js';

/** Published versions of a book in order of publication, `limit` + 1 of them after a cursor. */
export const listProgrammes = (
  db: Database,
  of: { bookId: string; programmeCode: string | undefined; after: string | undefined; limit: number },
): Promise<VersionRow[]> =>
  db.drizzle
    .select()
    .from(programmeVersions)
    .where(
      and(
        eq(programmeVersions.bookId, of.bookId),
        of.programmeCode === undefined ? undefined : eq(programmeVersions.programmeCode, of.programmeCode),
        of.after === undefined ? undefined : gt(programmeVersions.programmeVersionId, of.after),
      ),
    )
    .orderBy(asc(programmeVersions.programmeVersionId))
    .limit(of.limit + 1);

export async function findProgramme(db: Database, bookId: string, programmeVersionId: string): Promise<VersionRow | undefined> {
  const [row] = await db.drizzle
    .select()
    .from(programmeVersions)
    .where(and(eq(programmeVersions.bookId, bookId), eq(programmeVersions.programmeVersionId, programmeVersionId)));
  return row;
}

/** The corrections of a version's repeals, in the order in which they were proposed. */
export const repealCorrectionsOf = (db: Database, bookId: string, programmeVersionId: string): Promise<RepealCorrection[]> =>
  db.drizzle
    .select()
    .from(repealCorrections)
    .where(and(eq(repealCorrections.bookId, bookId), eq(repealCorrections.programmeVersionId, programmeVersionId)))
    .orderBy(asc(repealCorrections.correctionId));

/** Every version that is or was law in a book: few, whatever the book has grown to. */
export const activatedProgrammes = (db: Database, bookId: string): Promise<VersionRow[]> =>
  db.drizzle
    .select()
    .from(programmeVersions)
    .where(and(eq(programmeVersions.bookId, bookId), ne(programmeVersions.status, 'PUBLISHED')));

/** All versions of one programme, in order of publication. */
export const versionsOf = (db: Database, bookId: string, programmeCode: string): Promise<VersionRow[]> =>
  db.drizzle
    .select()
    .from(programmeVersions)
    .where(and(eq(programmeVersions.bookId, bookId), eq(programmeVersions.programmeCode, programmeCode)))
    .orderBy(asc(programmeVersions.programmeVersionId));

/** Appropriations of a book in order of loading, `limit` + 1 of them after a cursor. */
export const listAppropriations = (
  db: Database,
  of: { bookId: string; programmeCode: string | undefined; year: number | undefined; after: string | undefined; limit: number },
): Promise<Appropriation[]> =>
  db.drizzle
    .select()
    .from(appropriations)
    .where(
      and(
        eq(appropriations.bookId, of.bookId),
        of.programmeCode === undefined ? undefined : eq(appropriations.programmeCode, of.programmeCode),
        of.year === undefined ? undefined : eq(appropriations.year, of.year),
        of.after === undefined ? undefined : gt(appropriations.appropriationId, of.after),
      ),
    )
    .orderBy(asc(appropriations.appropriationId))
    .limit(of.limit + 1);

/** Returns of appropriations in order of proposing, `limit` + 1 of them after a cursor. */
export const listReturns = (
  db: Database,
  of: { bookId: string; after: string | undefined; limit: number },
): Promise<AppropriationReturn[]> =>
  db.drizzle
    .select()
    .from(appropriationReturns)
    .where(
      and(
        eq(appropriationReturns.bookId, of.bookId),
        of.after === undefined ? undefined : gt(appropriationReturns.returnId, of.after),
      ),
    )
    .orderBy(asc(appropriationReturns.returnId))
    .limit(of.limit + 1);
