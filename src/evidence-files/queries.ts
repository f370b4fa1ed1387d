import type { SQL } from 'drizzle-orm';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { idsOfPage } from '../../db/planned.js';
import type { EvidenceAttachment, EvidenceFile } from '../../db/tables.js';
import {
  applications,
  enterprises,
  evidenceAttachments,
  evidenceFiles,
  expertAssignments,
  expertPanels,
  providers,
  reimbursementLines,
} from '../../db/tables.js';
import type { Principal } from '../access/principal.js';
import { isOwn, seenByDistricts, seesAll } from './rules.js';

type Viewer = Pick<Principal, 'role' | 'legalPersonUscc' | 'memberId' | 'personId'>;

/** Attachments to a case that this expert is asked about and has declared themselves free in, or to what that case rests on. */
const isAskedAbout = (bookId: string, { memberId }: Viewer): SQL => sql`exists (
  select from ${expertAssignments} a
    join ${expertPanels} p on p.book_id = a.book_id and p.panel_id = a.panel_id
   where a.book_id = ${bookId} and a.member_id = ${memberId} and a.status in ('DECLARED', 'SCORED')
     and (p.subject_id = ${evidenceAttachments.subjectId}
          or exists (select from ${applications} c
                      where c.book_id = p.book_id and c.application_id = p.subject_id and c.contract_id = ${evidenceAttachments.subjectId})
          or exists (select from ${reimbursementLines} l
                      where l.book_id = p.book_id and l.reimbursement_id = p.subject_id
                        and ${evidenceAttachments.subjectId} in (l.contract_id, l.invoice_id))))`;

/** Attachments to things that this caller sees. */
function seenBy(bookId: string, viewer: Viewer): SQL | undefined {
  const { role, legalPersonUscc } = viewer;
  if (seesAll(viewer)) return undefined;
  // What belongs to no party of a case is the authorities' alone.
  const ofParties = sql`(${evidenceAttachments.providerId} is not null or ${evidenceAttachments.enterpriseId} is not null)`;
  if (role === 'district_reviewer') return and(ofParties, inArray(evidenceAttachments.subjectKind, [...seenByDistricts]));
  if (role === 'expert') return and(ofParties, isAskedAbout(bookId, viewer));
  const of = role === 'provider' ? providers : enterprises;
  const acting = role === 'provider' ? providers.actingUscc : enterprises.legalPersonUscc;
  const id = role === 'provider' ? sql`${providers.providerId}` : sql`${enterprises.enterpriseId}`;
  const attachedTo = role === 'provider' ? evidenceAttachments.providerId : evidenceAttachments.enterpriseId;
  return sql`exists (select from ${of} where ${of.bookId} = ${bookId} and ${id} = ${attachedTo} and ${acting} = ${legalPersonUscc})`;
}

/**
 * One file with its attachments, if this caller may see it: whose side uploaded it sees it with all of them; else it is seen by who sees a
 * thing that it is attached to, with those alone. What was detached the authorities and its own side still see.
 */
export async function findFile(
  db: Database,
  of: { bookId: string; principal: Viewer; evidenceFileId: string },
): Promise<{ file: EvidenceFile; attachments: EvidenceAttachment[] } | undefined> {
  const { bookId, principal, evidenceFileId } = of;
  const ofFile = and(eq(evidenceAttachments.bookId, bookId), eq(evidenceAttachments.evidenceFileId, evidenceFileId));
  const [[file], seen] = await Promise.all([
    db.drizzle
      .select()
      .from(evidenceFiles)
      .where(and(eq(evidenceFiles.bookId, bookId), eq(evidenceFiles.evidenceFileId, evidenceFileId))),
    db.drizzle
      .select()
      .from(evidenceAttachments)
      .where(and(ofFile, seenBy(bookId, principal)))
      .orderBy(asc(evidenceAttachments.attachmentId)),
  ]);
  if (!file) return undefined;
  const own = isOwn(principal, file);
  const attachments = own || seesAll(principal) ? seen : seen.filter(({ detachedOn }) => detachedOn === null);
  return own || attachments.length > 0 ? { file, attachments } : undefined;
}

/** The files of one thing in order of attachment, `limit` + 1 of them after a cursor, if this caller sees the thing. */
export async function listOfSubject(
  db: Database,
  of: { bookId: string; principal: Viewer; subjectId: string; after: string | undefined; limit: number },
): Promise<{ attachment: EvidenceAttachment; file: EvidenceFile }[]> {
  const { bookId, principal, subjectId, after } = of;
  const limit = of.limit + 1;
  const isTheirs = seesAll(principal)
    ? undefined
    : sql`(${evidenceAttachments.detachedOn} is null and ${seenBy(bookId, principal)})`;
  const ids = idsOfPage({
    id: evidenceAttachments.attachmentId,
    bookId,
    after,
    limit,
    sieve: isTheirs,
    key: [[evidenceAttachments.subjectId, sql`${subjectId}::uuid`]],
  });
  const attachments = await db.drizzle
    .select()
    .from(evidenceAttachments)
    .where(and(eq(evidenceAttachments.bookId, bookId), sql`${evidenceAttachments.attachmentId} = any(array${ids})`))
    .orderBy(asc(evidenceAttachments.attachmentId));
  if (attachments.length === 0) return [];
  const files = await db.drizzle
    .select()
    .from(evidenceFiles)
    .where(
      and(
        eq(evidenceFiles.bookId, bookId),
        inArray(
          evidenceFiles.evidenceFileId,
          attachments.map(({ evidenceFileId }) => evidenceFileId),
        ),
      ),
    );
  const fileOf = new Map(files.map((file) => [file.evidenceFileId, file]));
  return attachments.flatMap((attachment) => {
    const file = fileOf.get(attachment.evidenceFileId);
    return file ? [{ attachment, file }] : [];
  });
}

/** Whether a book has a file of this content, or the pack of a month is it. */
export async function hasContent(db: Database, bookId: string, sha256: string): Promise<boolean> {
  const found = await db.sql<object[]>`
    select from evidence_files where book_id = ${bookId} and sha256 = ${sha256}
    union all select from month_builds where book_id = ${bookId} and pack_digest = ${sha256} limit 1`;
  return found.length > 0;
}
