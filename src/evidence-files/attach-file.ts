import type { z } from 'zod';
import type { attachFile as body } from '../../schemas/evidence-files.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { evidenceFileShelf } from '../materials/facts.js';
import { attach, gatherAttaching } from './attach.js';
import { isOwn, presentAttachment } from './rules.js';

type Body = z.output<typeof body> & { readonly id?: string };

/** Attaches a file that the actor's own side uploaded to a thing that it sees. Refuses NOT_FOUND, EVIDENCE_ATTACHED, EVIDENCE_TOO_MANY. */
export const attachFile: Verb<Body, ReturnType<typeof presentAttachment>> = {
  name: 'evidence_file.attach',
  money: false,

  async gather(loader, commands) {
    await Promise.all([
      loader.load(
        evidenceFileShelf,
        'id',
        commands.map(({ body }) => body.id ?? ''),
      ),
      gatherAttaching(
        loader,
        commands.map(({ body }) => body),
      ),
    ]);
  },

  decide(command, facts) {
    const { subjectKind, subjectId, id = '' } = command.body;
    const file = facts.get(evidenceFileShelf, id);
    if (!file || !isOwn(command.actor, file)) return refused('NOT_FOUND');
    const attached = attach(command, facts, { file, subjectKind, subjectId });
    if (attached.kind === 'refused') return attached;
    // After this line the command succeeds.
    return accepted({
      decision: 'evidence_file.attached',
      subjectId: attached.row.attachmentId,
      result: presentAttachment(attached.row),
      changes: attached.changes,
    });
  },
};
