import type { EvidenceFile } from '../../db/tables.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted } from '../ledger/lane.js';
import { evidenceFileShelf } from '../materials/facts.js';
import { attach, gatherAttaching } from './attach.js';
import { presentAttachment, presentFile } from './rules.js';
import type { Named } from './subjects.js';
import type { StoredFile } from './take-upload.js';

export interface RecordedFile extends StoredFile {
  /** What it is attached to at once. */
  readonly subject: Named | null;
}
type Result = ReturnType<typeof presentFile> & { attachment: ReturnType<typeof presentAttachment> | null };

/** Records a file whose bytes are durable in the store, and attaches it to what it was uploaded for. Refuses what attaching refuses. */
export const recordFile: Verb<RecordedFile, Result> = {
  name: 'evidence_file.record',
  money: false,

  gather: (loader, commands) =>
    gatherAttaching(
      loader,
      commands.flatMap(({ body }) => body.subject ?? []),
    ),

  decide(command, facts) {
    const { id, body, actor, today, receivedAt } = command;
    const file: EvidenceFile = {
      bookId: facts.bookId,
      evidenceFileId: id,
      kind: body.kind,
      name: body.name,
      format: body.format,
      mediaType: body.mediaType,
      sizeBytes: BigInt(body.size),
      sha256: body.sha256,
      sm3: body.sm3,
      digitalInvoice: body.digitalInvoice,
      uploadedPerson: actor.personId,
      uploaderRole: actor.role,
      legalPersonUscc: actor.legalPersonUscc,
      uploadedOn: today,
      recordedAt: receivedAt.toISOString(),
    };
    const attached = body.subject === null ? null : attach({ ...command, id: command.newId() }, facts, { file, ...body.subject });
    if (attached?.kind === 'refused') return attached;
    // After this line the command succeeds.
    return accepted({
      decision: 'evidence_file.recorded',
      subjectId: id,
      result: { ...presentFile(file), attachment: attached && presentAttachment(attached.row) },
      changes: [insert(evidenceFileShelf, file), ...(attached?.changes ?? [])],
    });
  },
};
