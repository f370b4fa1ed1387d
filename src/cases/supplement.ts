// Correction lists (补正): asked once for all that is missing, and answered item by item.
import type { z } from 'zod';
import type { SupplementList } from '../../db/tables.js';
import type { requestSupplement as requestBody, supplement as answerBody } from '../../schemas/cases.js';
import { addWorkingDays } from '../calendar.js';
import { calendarOf } from '../calendars/facts.js';
import { gatherFlags } from '../flags/facts.js';
import { notRaised, raise } from '../flags/raise.js';
import type { Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { versionName } from '../programmes/published.js';
import { refusalOfPapers } from '../materials/facts.js';
import type { Cases } from './case.js';
import { caseOf, changesOf, gatherCases, gatherWithPapers, movedTo } from './case.js';
import type { Correcting } from './correcting.js';
import { fieldsIn, refuseFields } from './correcting.js';
import { supplementListShelf } from './facts.js';
import { gatherPlaces, takePlace } from './places.js';
import type { CaseRow } from './rules.js';
import { answersDigestOf, inOrder, presentList, readAnswers, readDays, readItems } from './rules.js';
import { toldOf } from './told.js';

type Id = { id?: string };
/** Numbers of papers that what is written anew names, held across all books before the lane. */
export interface Held {
  readonly claims?: readonly { readonly number: string }[];
}
const heldIn = ({ claims }: Held): string[] | undefined => claims?.map(({ number }) => number);
type WithList<Shown> = Shown & { supplementList: ReturnType<typeof presentList> };

const gatherLists = (loader: Loader, commands: readonly Command<Id>[]): Promise<unknown> =>
  loader.load(
    supplementListShelf,
    'subject',
    commands.map(({ body }) => body.id ?? ''),
  );

/**
 * Tells the applicant once, in one list, everything that is missing and until when (working days, today not counted). The case loses its
 * place in the order of acceptance until it is complete. A later list takes up items of the one before and nothing else. Refuses, in this
 * order: NOT_FOUND, the life's code, FOUR_EYES, as `readItems`, as `readDays`, CALENDAR_YEAR_UNPUBLISHED.
 */
export const requestSupplement = <Row extends CaseRow, Shown extends object>(
  cases: Cases<Row, Shown>,
): Verb<z.output<typeof requestBody> & Id, WithList<Shown>> => ({
  name: `${cases.noun}.request-supplement`,
  money: true,

  async gather(loader, commands) {
    await Promise.all([gatherCases(loader, cases, commands), gatherLists(loader, commands)]);
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const found = caseOf(facts, cases, body.id);
    if (!found) return refused('NOT_FOUND');
    const { row, law, way } = found;
    const wrongState = cases.refuseStep(row, way, 'request-supplement');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, row.submittedPerson)) return refused('FOUR_EYES');
    const subjectId = cases.idOf(row);
    const before = inOrder(facts.all(supplementListShelf, 'subject', subjectId)).at(-1);
    const read = readItems(body.items, before);
    if (read.kind === 'refused') return read;
    const days = readDays(body.workingDays, law);
    if (days.kind === 'refused') return days;
    const end = addWorkingDays(today, days.days, calendarOf(facts));
    if (end.kind === 'refused') return end;
    // After this line the command succeeds.
    const list: SupplementList = {
      bookId: facts.bookId,
      listId: id,
      subjectKind: cases.kind,
      subjectId,
      round: (before?.round ?? 0) + 1,
      items: read.items,
      workingDays: days.days,
      askedOn: today,
      askedPerson: actor.personId,
      dueOn: end.day,
      answers: null,
      answeredOn: null,
      answeredPerson: null,
      recordedAt: receivedAt.toISOString(),
    };
    const after: Row = {
      ...row,
      status: 'SUPPLEMENT_REQUESTED',
      acceptedAt: null,
      acceptedPlace: null,
      waitingSince: today,
      dueOn: end.day,
    };
    return accepted({
      decision: `${cases.noun}.supplement-requested`,
      subjectId,
      programmeVersion: versionName(cases.versionOf(facts, row)),
      result: { ...cases.present(after), supplementList: presentList(list) },
      changes: [...changesOf(facts, cases, row, after), insert(supplementListShelf, list)],
      messages: [toldOf(cases, after, 'case.supplement_requested', { items: String(read.items.length), dueOn: list.dueOn })],
    });
  },
});

/**
 * The applicant answers every item of the list, on its last day at the latest, and writes anew what fields the list names: the case is
 * looked at again as if it were submitted so, what newly looks wrong with it is flagged, and what changed is kept with the answers, old and new. Where the text asks for no
 * acceptance the case is complete with this, and takes its place. Refuses, in this order: NOT_FOUND (another firm's likewise), the life's code, FOUR_EYES,
 * SUPPLEMENT_OVERDUE, as `readAnswers`, as `refuseFields`, what a submission of the corrected case would be refused for, MATERIALS_MISSING, CALENDAR_YEAR_UNPUBLISHED.
 */
export const supplement = <Row extends CaseRow, Shown extends object>(
  cases: Cases<Row, Shown>,
  correcting: Correcting<Row>,
): Verb<z.output<typeof answerBody> & Id & Held, WithList<Shown>> => ({
  name: `${cases.noun}.supplement`,
  money: true,

  async gather(loader, commands) {
    await Promise.all([
      gatherWithPapers(loader, cases, commands),
      gatherLists(loader, commands),
      gatherPlaces(loader, cases.places, commands),
    ]);
    await correcting.gather(
      loader,
      commands.flatMap(({ body, today }) => {
        const row = loader.facts.get(cases.shelf, body.id ?? '');
        const fields = fieldsIn(body.answers);
        return row && fields.size > 0 ? [{ row, fields, today, held: heldIn(body) }] : [];
      }),
    );
    await gatherFlags(
      loader,
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const found = caseOf(facts, cases, body.id);
    if (!found || found.row.legalPersonUscc !== actor.legalPersonUscc) return refused('NOT_FOUND');
    const { row: before, law, way } = found;
    const wrongState = cases.refuseStep(before, way, 'supplement');
    if (wrongState) return wrongState;
    const list = inOrder(facts.all(supplementListShelf, 'subject', cases.idOf(before))).at(-1);
    if (!list) throw new Error(`${cases.numberOf(before)} waits for corrections that nobody asked for`);
    if (isSamePerson(actor, list.askedPerson)) return refused('FOUR_EYES');
    if (today > list.dueOn) return refused('SUPPLEMENT_OVERDUE', { dueOn: list.dueOn, today });
    const read = readAnswers(body.answers, list);
    if (read.kind === 'refused') return read;
    const notAsked = refuseFields(body.answers, list, correcting.fields);
    if (notAsked) return notAsked;
    const fields = fieldsIn(body.answers);
    const corrected = fields.size === 0 ? null : correcting.correct(facts, { row: before, fields, today, held: heldIn(body) });
    if (corrected?.kind === 'refused') return corrected;
    const row = corrected?.row ?? before;
    const lacking = refusalOfPapers(facts, 'APPLICATION', cases.askedFor(facts, row));
    if (lacking) return lacking;
    const moved = movedTo(facts, row, { status: 'SUBMITTED', law, today });
    if (moved.kind === 'refused') return moved;
    // After this line the command succeeds.
    const answers = read.answers.map((answer) => {
      const written = Object.keys(body.answers.find(({ item }) => item === answer.item)?.fields ?? {});
      const changes = corrected?.changed.filter(({ field }) => written.includes(field)) ?? [];
      return changes.length === 0 ? answer : { ...answer, changes };
    });
    const answered: SupplementList = { ...list, answers, answeredOn: today, answeredPerson: actor.personId };
    const place = way.accepts ? { complete: {}, changes: [] } : takePlace(facts, cases.places, command);
    const subject = { subjectKind: cases.kind, subjectId: cases.idOf(row) };
    const flags = raise(command, facts, subject, notRaised(facts, subject, corrected?.found ?? []));
    const after: Row = { ...moved.row, ...place.complete, answersDigest: answersDigestOf(row.answersDigest, list, answers) };
    return accepted({
      decision: `${cases.noun}.supplemented`,
      subjectId: cases.idOf(row),
      programmeVersion: versionName(cases.versionOf(facts, row)),
      result: { ...cases.present(after), supplementList: presentList(answered) },
      changes: [
        ...changesOf(facts, cases, before, after),
        ...(corrected?.beside ?? []),
        update(supplementListShelf, answered),
        ...place.changes,
        ...flags,
      ],
    });
  },
});
