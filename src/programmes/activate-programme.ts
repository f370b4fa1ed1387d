import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { programmeVersionShelf } from './facts.js';
import { openPointsOf, programmeOf, versionName } from './published.js';
import { activationRefusal, presentProgramme, refuseOtherNature } from './rules.js';

/**
 * Makes a published version law here, by a second person; from then on it never changes. Refuses PROGRAMME_ALREADY_ACTIVE,
 * FOUR_EYES, PROGRAMME_KIND_CHANGES and PROGRAMME_FLOW_CHANGES where another version has become law meanwhile, and what
 * activationRefusal finds.
 */
export const activateProgramme: Verb<{ id?: string }, ReturnType<typeof presentProgramme>> = {
  name: 'programme.activate',
  money: false,

  async gather(loader, commands) {
    const rows = await loader.load(
      programmeVersionShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await loader.load(
      programmeVersionShelf,
      'code',
      rows.map(({ programmeCode }) => programmeCode),
    );
  },

  decide({ body, actor, receivedAt }, facts) {
    const row = facts.get(programmeVersionShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    if (row.status !== 'PUBLISHED') return refused('PROGRAMME_ALREADY_ACTIVE', { programme: versionName(row) });
    if (isSamePerson(actor, row.publishedBy)) return refused('FOUR_EYES');
    const law = programmeOf(row);
    const versions = facts.all(programmeVersionShelf, 'code', row.programmeCode);
    const otherNature = refuseOtherNature(
      law,
      versions.map((of) => ({ ...of, law: programmeOf(of) })),
    );
    const refusal = otherNature ?? activationRefusal(openPointsOf(law, versions));
    if (refusal) return refusal;
    // After this line the command succeeds.
    const active = { ...row, status: 'ACTIVE' as const, activatedBy: actor.personId, activatedAt: receivedAt.toISOString() };
    return accepted({
      decision: 'programme.activated',
      subjectId: row.programmeVersionId,
      programmeVersion: versionName(row),
      approvalDigest: row.digest,
      result: presentProgramme(active, law),
      changes: [update(programmeVersionShelf, active)],
    });
  },
};
