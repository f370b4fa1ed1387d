// A repeal that was entered by mistake is set aside, before or after its day: one person proposes it with the reason, another approves
// exactly that. The version is law again for whatever is decided from then on; nothing that was decided meanwhile changes.
import type { z } from 'zod';
import type { ProgrammeVersion as VersionRow, RepealCorrection } from '../../db/tables.js';
import type {
  correctRepeal as correctBody,
  dropRepealCorrection as dropBody,
  proposeRepealCorrection as proposeBody,
} from '../../schemas/programme-api.js';
import type { Day } from '../calendar.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { appropriationShelf, programmeVersionShelf, repealCorrectionShelf } from './facts.js';
import { programmeOf, versionInForce, versionName } from './published.js';
import {
  presentProgramme,
  presentRepealCorrection,
  refuseRestoring,
  repealCorrectionDigestOf,
  withoutRepeal,
  yearsSinceRepeal,
} from './rules.js';

type Of<Body extends z.ZodType> = z.output<Body> & { id?: string };
type Shown = ReturnType<typeof presentRepealCorrection>;

async function gather(loader: Loader, commands: readonly Command<{ id?: string }>[]): Promise<void> {
  const ids = commands.map(({ body }) => body.id ?? '');
  const [rows] = await Promise.all([
    loader.load(programmeVersionShelf, 'id', ids),
    loader.load(
      repealCorrectionShelf,
      'open',
      ids.map((id) => [id, 'PROPOSED']),
    ),
  ]);
  const days = new Set(commands.map(({ today }) => today));
  await Promise.all([
    loader.load(
      programmeVersionShelf,
      'code',
      rows.map(({ programmeCode }) => programmeCode),
    ),
    loader.load(
      appropriationShelf,
      'fund',
      rows.flatMap((row) =>
        [...days].flatMap((day) => yearsSinceRepeal(row, day).map((year) => [row.programmeCode, String(year)])),
      ),
    ),
  ]);
}

/** The version as law again, or what keeps its repeal from being set aside. */
function restore(facts: Facts, row: VersionRow, today: Day): { kind: 'restored'; restored: VersionRow } | Refused {
  const law = programmeOf(row);
  const restored = withoutRepeal(row, law);
  const versions = facts.all(programmeVersionShelf, 'code', row.programmeCode);
  const loaded = yearsSinceRepeal(row, today).filter(
    (year) => facts.all(appropriationShelf, 'fund', [row.programmeCode, String(year)]).length > 0,
  );
  return refuseRestoring(restored, { law, versions, loaded }) ?? { kind: 'restored', restored };
}

/** Proposes to set the repeal of a version aside. Refuses NOT_FOUND, PROGRAMME_NOT_REPEALED, PROPOSAL_OPEN, what refuseRestoring does. */
export const proposeRepealCorrection: Verb<Of<typeof proposeBody>, Shown> = {
  name: 'programme.propose-repeal-correction',
  money: false,
  gather,

  decide({ id, body, actor, today, receivedAt }, facts) {
    const row = facts.get(programmeVersionShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const {
      programmeVersionId,
      status,
      repealId,
      inForceTo: lastDay,
      repealingDocument: documentNo,
      repealedBy,
      repealedAt,
    } = row;
    const programme = versionName(row);
    if (repealId === null || lastDay === null || documentNo === null || repealedBy === null || repealedAt === null)
      return refused('PROGRAMME_NOT_REPEALED', { programme, status });
    const open = facts.one(repealCorrectionShelf, 'open', [programmeVersionId, 'PROPOSED']);
    if (open) return refused('PROPOSAL_OPEN', { of: programme, proposalId: open.correctionId });
    const back = restore(facts, row, today);
    if (back.kind === 'refused') return back;
    // After this line the command succeeds.
    const said = { programmeVersionId, repealId, restoredTo: back.restored.inForceTo, reason: body.reason };
    const correction: RepealCorrection = {
      bookId: facts.bookId,
      correctionId: id,
      ...said,
      contentDigest: repealCorrectionDigestOf(said),
      lastDay,
      documentNo,
      repealedPerson: repealedBy,
      repealedAt,
      status: 'PROPOSED',
      proposedPerson: actor.personId,
      proposedOn: today,
      decidedPerson: null,
      decidedOn: null,
      decisionReason: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'programme.repeal_correction_proposed',
      subjectId: programmeVersionId,
      programmeVersion: programme,
      result: presentRepealCorrection(correction),
      changes: [insert(repealCorrectionShelf, correction)],
    });
  },
};

/** Drops the proposal that waits, with a reason. Refuses NOT_FOUND, NO_PROPOSAL. */
export const dropRepealCorrection: Verb<Of<typeof dropBody>, Shown> = {
  name: 'programme.drop-repeal-correction',
  money: false,
  gather,

  decide({ body, actor, today }, facts) {
    const row = facts.get(programmeVersionShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const open = facts.one(repealCorrectionShelf, 'open', [row.programmeVersionId, 'PROPOSED']);
    if (!open) return refused('NO_PROPOSAL', { of: versionName(row) });
    // After this line the command succeeds.
    const dropped: RepealCorrection = {
      ...open,
      status: 'DROPPED',
      decidedPerson: actor.personId,
      decidedOn: today,
      decisionReason: body.reason,
    };
    return accepted({
      decision: 'programme.repeal_correction_dropped',
      subjectId: row.programmeVersionId,
      programmeVersion: versionName(row),
      result: presentRepealCorrection(dropped),
      changes: [update(repealCorrectionShelf, dropped)],
    });
  },
};

/**
 * Sets a repeal aside as another person proposed: the version holds again through the last day that its own text gives, for whatever
 * is applied for from now on. Refuses NOT_FOUND, NO_PROPOSAL, FOUR_EYES, PROPOSAL_CHANGED when another digest is named, and what has come
 * to stand in the way since (refuseRestoring).
 */
export const correctRepeal: Verb<
  Of<typeof correctBody>,
  ReturnType<typeof presentProgramme> & { correction: Shown; heldMeanwhile: number | null }
> = {
  name: 'programme.correct-repeal',
  money: false,
  gather,

  decide({ body, actor, today }, facts) {
    const row = facts.get(programmeVersionShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const programme = versionName(row);
    const open = facts.one(repealCorrectionShelf, 'open', [row.programmeVersionId, 'PROPOSED']);
    if (!open) return refused('NO_PROPOSAL', { of: programme });
    if (isSamePerson(actor, open.proposedPerson)) return refused('FOUR_EYES');
    const { contentDigest } = open;
    if (body.contentDigest !== contentDigest)
      return refused('PROPOSAL_CHANGED', { of: programme, contentDigest }, '/contentDigest');
    const back = restore(facts, row, today);
    if (back.kind === 'refused') return back;
    // After this line the command succeeds.
    const approved: RepealCorrection = { ...open, status: 'APPROVED', decidedPerson: actor.personId, decidedOn: today };
    return accepted({
      decision: 'programme.repeal_corrected',
      subjectId: row.programmeVersionId,
      programmeVersion: programme,
      approvalDigest: contentDigest,
      result: {
        ...presentProgramme(back.restored, programmeOf(row)),
        correction: presentRepealCorrection(approved),
        heldMeanwhile: versionInForce(facts.all(programmeVersionShelf, 'code', row.programmeCode), today)?.version ?? null,
      },
      changes: [update(repealCorrectionShelf, approved), update(programmeVersionShelf, back.restored)],
    });
  },
};
