import { evidenceAttachments, evidenceFiles } from '../../db/tables.js';
import type { MaterialKind } from '../../schemas/evidence-files.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { shelf } from '../ledger/facts.js';

export const evidenceFileShelf = shelf(evidenceFiles, { rank: 60, id: 'evidenceFileId', once: ['id'] });
export const attachmentShelf = shelf(evidenceAttachments, {
  rank: 61,
  id: 'attachmentId',
  keys: { file: ['evidenceFileId'], subject: ['subjectId'] },
  once: ['id', 'file', 'subject'],
  mutable: ['detachedPerson', 'detachedOn', 'detachReason'],
});

/** Gathers the files attached to these things, so that `materialsOf` can say what is there. */
export async function gatherMaterials(loader: Loader, subjectIds: readonly string[]): Promise<void> {
  const attached = await loader.load(attachmentShelf, 'subject', subjectIds);
  await loader.load(
    evidenceFileShelf,
    'id',
    attached.map(({ evidenceFileId }) => evidenceFileId),
  );
}

/** The kinds of the files attached to a gathered thing, those detached left out. */
export const materialsOf = (facts: Facts, subjectId: string): ReadonlySet<MaterialKind> =>
  new Set(
    facts
      .all(attachmentShelf, 'subject', subjectId)
      .filter(({ detachedOn }) => detachedOn === null)
      .flatMap(({ evidenceFileId }) => facts.get(evidenceFileShelf, evidenceFileId)?.kind ?? []),
  );
