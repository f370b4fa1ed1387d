import type { z } from 'zod';
import type { repealProgramme as body } from '../../schemas/programme-api.js';
import { addDays } from '../calendar.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { programmeVersionShelf } from './facts.js';
import { programmeOf, versionInForce, versionName } from './published.js';
import { presentProgramme } from './rules.js';

type Body = z.output<typeof body> & { id?: string };
type Result = ReturnType<typeof presentProgramme> & { nextVersion: number | null };

/**
 * Repeals an active version by a document, by a person other than the one who activated it. It holds through its last day, which is
 * today or later: applications of days up to it stay decided by it, and vouchers issued under it stay good. Nothing else of it
 * changes. An older version whose days go on holds again on the day after, and is named in the answer. Refuses PROGRAMME_NOT_ACTIVE,
 * FOUR_EYES, REPEAL_DAY.
 */
export const repealProgramme: Verb<Body, Result> = {
  name: 'programme.repeal',
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

  decide({ id, body, actor, today, receivedAt }, facts) {
    const { lastDay, documentNo } = body;
    const row = facts.get(programmeVersionShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const programme = versionName(row);
    if (row.status !== 'ACTIVE') return refused('PROGRAMME_NOT_ACTIVE', { programme, status: row.status });
    if (isSamePerson(actor, row.activatedBy)) return refused('FOUR_EYES');
    const earliest = row.inForceFrom !== null && row.inForceFrom > today ? row.inForceFrom : today;
    if (lastDay < earliest || (row.inForceTo !== null && lastDay > row.inForceTo)) {
      return refused('REPEAL_DAY', { day: lastDay, earliest, latest: row.inForceTo ?? '—' }, '/lastDay');
    }
    // After this line the command succeeds.
    const repealed = {
      ...row,
      status: 'REPEALED' as const,
      inForceTo: lastDay,
      repealedBy: actor.personId,
      repealedAt: receivedAt.toISOString(),
      repealingDocument: documentNo,
      repealId: id,
    };
    const versions = facts.all(programmeVersionShelf, 'code', row.programmeCode);
    const others = versions.map((other) => (other.programmeVersionId === row.programmeVersionId ? repealed : other));
    return accepted({
      decision: 'programme.repealed',
      subjectId: row.programmeVersionId,
      programmeVersion: programme,
      approvalDigest: row.digest,
      result: {
        ...presentProgramme(repealed, programmeOf(row)),
        nextVersion: versionInForce(others, addDays(lastDay, 1))?.version ?? null,
      },
      changes: [update(programmeVersionShelf, repealed)],
    });
  },
};
