import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { ProgrammeVersion as VersionRow } from '../../db/tables.js';
import type { publishProgramme as body } from '../../schemas/programme-api.js';
import { programmeCode } from '../../schemas/programme-api.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { programmeVersionShelf } from './facts.js';
import type { ProgrammeVersion } from './language.js';
import { parseProgramme } from './language.js';
import { openPointsOf, programmeOf, versionName } from './published.js';
import { presentOpenPoints, presentProgramme, refuseOtherNature } from './rules.js';

type Body = z.output<typeof body>;
type Result = ReturnType<typeof presentProgramme> & { openPoints: ReturnType<typeof presentOpenPoints> };

/**
 * Publishes a version of a programme: its text is kept as it is, under its SHA-256. Any text that reads may be published and tried,
 * drafts for comment and unfinished ones too; what keeps it from being activated is answered as `openPoints`. Refuses
 * PROGRAMME_INVALID for a text that does not read, PROGRAMME_CODE_FORMAT for a code no address could name, PROGRAMME_EXISTS for a version
 * that is there already, PROGRAMME_KIND_CHANGES and PROGRAMME_FLOW_CHANGES for one that would make something else of its code.
 */
export const publishProgramme: Verb<Body, Result> = {
  name: 'programme.publish',
  money: false,

  async gather(loader, commands) {
    const read = commands.map(({ body }) => parseProgramme(body.document));
    await loader.load(
      programmeVersionShelf,
      'code',
      read.flatMap((one) => (one.ok ? [one.version.programme] : [])),
    );
  },

  decide({ id, body, actor, receivedAt }, facts) {
    const read = parseProgramme(body.document);
    if (!read.ok) return refused('PROGRAMME_INVALID', { count: String(read.problems.length) }, '/document');
    const { version: law } = read;
    if (!programmeCode.safeParse(law.programme).success) return refused('PROGRAMME_CODE_FORMAT', {}, '/document');
    const versions = facts.all(programmeVersionShelf, 'code', law.programme);
    if (versions.some(({ version }) => version === law.version))
      return refused('PROGRAMME_EXISTS', { programme: law.programme, version: String(law.version) }, '/document');
    const otherNature = refuseOtherNature(
      law,
      versions.map((row) => ({ ...row, law: programmeOf(row) })),
    );
    if (otherNature) return otherNature;
    // After this line the command succeeds.
    const row: VersionRow = {
      bookId: facts.bookId,
      programmeVersionId: id,
      programmeCode: law.programme,
      version: law.version,
      name: law.name.zh,
      kind: law.kind,
      legalStatus: law.status,
      status: 'PUBLISHED',
      document: body.document,
      digest: createHash('sha256').update(body.document).digest('hex'),
      inForceFrom: law.inForce?.from ?? null,
      inForceTo: law.inForce?.to ?? null,
      publishedBy: actor.personId,
      activatedBy: null,
      recordedAt: receivedAt.toISOString(),
      activatedAt: null,
      repealedBy: null,
      repealedAt: null,
      repealingDocument: null,
      repealId: null,
      twoApproversAbove: amountsOfTwo(law),
    };
    return accepted({
      decision: 'programme.published',
      subjectId: id,
      programmeVersion: versionName(row),
      result: { ...presentProgramme(row, law), openPoints: presentOpenPoints(openPointsOf(law, versions)) },
      changes: [insert(programmeVersionShelf, row)],
    });
  },
};

/** From when two approve above which amount (fen), law by law, as a version's row keeps it for the database; null where none of them says so. */
export function amountsOfTwo({ laws }: ProgrammeVersion): VersionRow['twoApproversAbove'] {
  if (laws.every(({ twoApproversAbove }) => twoApproversAbove === null)) return null;
  return laws.map(({ from, twoApproversAbove }) => ({ from, above: twoApproversAbove?.value.toString() ?? null }));
}
