import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { versionName } from '../programmes/published.js';
import type { Cases } from './case.js';
import { refusalOfPapers } from '../materials/facts.js';
import { caseOf, changesOf, gatherCases, gatherWithPapers, movedTo } from './case.js';
import { gatherPlaces, takePlace } from './places.js';
import type { CaseRow } from './rules.js';
import { toldOf } from './told.js';

/**
 * 初审、受理: by somebody other than the applicant, once everything is there. From this moment the case has its place in the order of
 * acceptance. Refuses NOT_FOUND, the life's code, FOUR_EYES, MATERIALS_MISSING (asked for by its programme, and taken away since),
 * CALENDAR_YEAR_UNPUBLISHED.
 */
export const accept = <Row extends CaseRow, Shown extends object>(cases: Cases<Row, Shown>): Verb<{ id?: string }, Shown> => ({
  name: `${cases.noun}.accept`,
  money: true,

  async gather(loader, commands) {
    await Promise.all([gatherWithPapers(loader, cases, commands), gatherPlaces(loader, cases.places, commands)]);
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const found = caseOf(facts, cases, body.id);
    if (!found) return refused('NOT_FOUND');
    const { row, law, way } = found;
    const wrongState = cases.refuseStep(row, way, 'accept');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, row.submittedPerson)) return refused('FOUR_EYES');
    const lacking = refusalOfPapers(facts, 'APPLICATION', cases.askedFor(facts, row));
    if (lacking) return lacking;
    const moved = movedTo(facts, row, { status: 'ACCEPTED', law, today });
    if (moved.kind === 'refused') return moved;
    // After this line the command succeeds.
    const { complete, changes } = takePlace(facts, cases.places, command);
    const after: Row = { ...moved.row, ...complete, acceptedPerson: actor.personId };
    return accepted({
      decision: `${cases.noun}.accepted`,
      subjectId: cases.idOf(row),
      programmeVersion: versionName(cases.versionOf(facts, row)),
      result: cases.present(after),
      changes: [...changesOf(facts, cases, row, after), ...changes],
      messages: [toldOf(cases, after, 'case.accepted', {})],
    });
  },
});

/**
 * 复核: by a third person, who neither applied nor accepted. Refuses as `accept`.
 */
export const check = <Row extends CaseRow, Shown extends object>(cases: Cases<Row, Shown>): Verb<{ id?: string }, Shown> => ({
  name: `${cases.noun}.check`,
  money: true,

  async gather(loader, commands) {
    await gatherCases(loader, cases, commands);
  },

  decide({ body, actor, today }, facts) {
    const found = caseOf(facts, cases, body.id);
    if (!found) return refused('NOT_FOUND');
    const { row, law, way } = found;
    const wrongState = cases.refuseStep(row, way, 'check');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, row.submittedPerson) || isSamePerson(actor, row.acceptedPerson)) return refused('FOUR_EYES');
    const moved = movedTo(facts, row, { status: 'CHECKED', law, today, checkedPerson: actor.personId });
    if (moved.kind === 'refused') return moved;
    // After this line the command succeeds.
    return accepted({
      decision: `${cases.noun}.checked`,
      subjectId: cases.idOf(row),
      programmeVersion: versionName(cases.versionOf(facts, row)),
      result: cases.present(moved.row),
      changes: changesOf(facts, cases, row, moved.row),
    });
  },
});
