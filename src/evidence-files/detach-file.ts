import type { z } from 'zod';
import type { detachFile as body } from '../../schemas/evidence-files.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { attachmentShelf, evidenceFileShelf } from '../materials/facts.js';
import { invoiceShelf } from '../usage/facts.js';
import { judged } from './attach.js';
import { presentAttachment, refusalOfDetaching, seesSubject } from './rules.js';
import { gatherSubjects, subjectOf } from './subjects.js';

type Body = z.output<typeof body> & { readonly id?: string };

/**
 * Records that a file is no longer evidence of a thing, with the reason; the file and what was said of it stay. Refuses NOT_FOUND,
 * EVIDENCE_DETACHED, EVIDENCE_CASE_DECIDED, EVIDENCE_NOT_YOURS.
 */
export const detachFile: Verb<Body, ReturnType<typeof presentAttachment>> = {
  name: 'evidence_file.detach',
  money: false,

  async gather(loader, commands) {
    const [attached] = await Promise.all([
      loader.load(
        attachmentShelf,
        'id',
        commands.map(({ body }) => body.attachmentId),
      ),
      loader.load(
        evidenceFileShelf,
        'id',
        commands.map(({ body }) => body.id ?? ''),
      ),
    ]);
    await Promise.all([
      gatherSubjects(loader, attached),
      loader.load(
        attachmentShelf,
        'subject',
        attached.map(({ subjectId }) => subjectId),
      ),
    ]);
  },

  decide({ body, actor, today }, facts) {
    const attached = facts.get(attachmentShelf, body.attachmentId);
    const file = facts.get(evidenceFileShelf, body.id ?? '');
    const subject = attached && subjectOf(facts, attached);
    if (!file || !subject || attached.evidenceFileId !== file.evidenceFileId || !seesSubject(actor, subject)) {
      return refused('NOT_FOUND', {}, '/attachmentId');
    }
    const refusal = refusalOfDetaching(actor, { file, attached, subject });
    if (refusal) return refusal;
    // After this line the command succeeds.
    const row = { ...attached, detachedPerson: actor.personId, detachedOn: today, detachReason: body.reason };
    const invoice = row.subjectKind === 'USAGE_INVOICE' ? facts.get(invoiceShelf, row.subjectId) : undefined;
    const others = facts.all(attachmentShelf, 'subject', row.subjectId).filter((of) => of.attachmentId !== row.attachmentId);
    return accepted({
      decision: 'evidence_file.detached',
      subjectId: row.attachmentId,
      result: presentAttachment(row),
      changes: [update(attachmentShelf, row), ...judged(invoice, [...others, row])],
    });
  },
};
