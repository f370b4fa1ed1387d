import type { z } from 'zod';
import type { ExpertAssignment, ExpertPanel } from '../../db/tables.js';
import type { assignExperts as body } from '../../schemas/experts.js';
import { memberShelf, personOf } from '../access/facts.js';
import { addWorkingDays } from '../calendar.js';
import { calendarOf } from '../calendars/facts.js';
import type { Cases } from '../cases/case.js';
import { caseOf, changesOf, gatherCases, movedTo } from '../cases/case.js';
import type { CaseRow } from '../cases/rules.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { versionName } from '../programmes/published.js';
import { assignmentShelf, gatherPanels, panelOf, panelShelf } from './facts.js';
import { gatherInterests, interestOf } from './interests.js';
import type { Party, Seated } from './rules.js';
import { lacking, presentPanel, termsOf } from './rules.js';

/** What experts are told of a kind of case. */
export interface Briefing<Row extends CaseRow> {
  readonly gather: (loader: Loader, rows: readonly Row[]) => Promise<unknown>;
  readonly parties: (facts: Facts, row: Row) => readonly Party[];
  readonly brief: (facts: Facts, row: Row) => Readonly<Record<string, string>>;
}

type Body = z.output<typeof body> & { id?: string };

/**
 * Asks experts about a case: the first time as many as are to score it, later others for those who are out. What they see is the case as
 * it stands when they are first asked. Nobody is asked about what they applied for, or whose party they act for. Refuses, in this order:
 * NOT_FOUND, the life's code, as `termsOf`, EXPERT_UNKNOWN, EXPERT_TWICE, FOUR_EYES, EXPERT_RELATED, EXPERTS_TOO_FEW,
 * CALENDAR_YEAR_UNPUBLISHED.
 */
export const assignExperts = <Row extends CaseRow>(
  cases: Cases<Row, object>,
  briefing: Briefing<Row>,
): Verb<Body, { status: string; panel: ReturnType<typeof presentPanel> }> => ({
  name: `${cases.noun}.assign-experts`,
  money: true,

  async gather(loader, commands) {
    const [rows, , members] = await Promise.all([
      gatherCases(loader, cases, commands),
      gatherPanels(
        loader,
        commands.map(({ body }) => body.id ?? ''),
      ),
      loader.load(
        memberShelf,
        'id',
        commands.flatMap(({ body }) => body.memberIds),
      ),
    ]);
    await Promise.all([
      briefing.gather(loader, rows),
      // A panel that is made has the id of its command.
      loader.load(
        assignmentShelf,
        'panel',
        commands.map(({ id }) => id),
      ),
    ]);
    await gatherInterests(loader, [
      { personIds: members.map(({ personId }) => personId), parties: rows.flatMap((row) => briefing.parties(loader.facts, row)) },
    ]);
  },

  decide({ id, body, actor, today, receivedAt, newId }, facts) {
    const found = caseOf(facts, cases, body.id);
    if (!found) return refused('NOT_FOUND');
    const { row, law, way } = found;
    const wrongState = cases.refuseStep(row, way, 'assign-experts');
    if (wrongState) return wrongState;
    const subjectId = cases.idOf(row);
    const known = panelOf(facts, subjectId);
    const terms = known ? null : termsOf(body, law);
    if (terms?.kind === 'refused') return terms;
    if (known && (body.experts !== undefined || body.criteria !== undefined)) {
      return refused('PANEL_TERM_GIVEN', { term: body.experts === undefined ? 'criteria' : 'experts' });
    }
    const parties = briefing.parties(facts, row);
    const persons = new Set(known?.assignments.map(({ personId }) => personId));
    const asked: { memberId: string; personId: string }[] = [];
    for (const [index, memberId] of body.memberIds.entries()) {
      const pointer = `/memberIds/${index}`;
      const member = facts.get(memberShelf, memberId);
      if (member?.role !== 'expert' || member.status !== 'ACTIVE') return refused('EXPERT_UNKNOWN', {}, pointer);
      const expert = personOf(facts, member.personId);
      if ([...persons].some((person) => isSamePerson(expert, person))) return refused('EXPERT_TWICE', {}, pointer);
      if (isSamePerson(expert, row.submittedPerson)) return refused('FOUR_EYES', {}, pointer);
      const interest = interestOf(facts, member.personId, { parties, from: row.submittedOn, to: today });
      if (interest.kind === 'refused') return { ...interest, pointer };
      persons.add(member.personId);
      asked.push({ memberId, personId: member.personId });
    }
    const recordedAt = receivedAt.toISOString();
    const panel: ExpertPanel = known?.panel ?? {
      bookId: facts.bookId,
      panelId: id,
      subjectKind: cases.kind,
      subjectId,
      caseNo: cases.numberOf(row),
      programmeCode: row.programmeCode,
      experts: terms?.experts ?? 0,
      criteria: terms?.criteria ?? [],
      parties,
      brief: briefing.brief(facts, row),
      assignedPerson: actor.personId,
      assignedOn: today,
      recordedAt,
    };
    const before: Seated = { panel, assignments: known?.assignments ?? [] };
    const wanted = lacking(before);
    if (asked.length < wanted) {
      return refused('EXPERTS_TOO_FEW', { wanted: String(wanted), assigned: String(asked.length) }, '/memberIds');
    }
    const moved = movedTo(facts, row, { status: 'EXPERT_REVIEW', law, today, panelId: panel.panelId });
    if (moved.kind === 'refused') return moved;
    const end = body.workingDays === undefined ? null : addWorkingDays(today, body.workingDays, calendarOf(facts));
    if (end?.kind === 'refused') return end;
    // After this line the command succeeds.
    const dueOn = moved.row.dueOn ?? end?.day ?? null;
    const after: Row = { ...moved.row, dueOn };
    const made = asked.map((of): ExpertAssignment => ({
      bookId: facts.bookId,
      assignmentId: newId(),
      panelId: panel.panelId,
      ...of,
      status: 'ASSIGNED',
      conflict: null,
      doubts: null,
      explanation: null,
      scores: null,
      points: null,
      opinion: null,
      dismissedPerson: null,
      dismissalReason: null,
      waitingSince: today,
      dueOn,
      recordedAt,
    }));
    return accepted({
      decision: `${cases.noun}.experts-assigned`,
      subjectId,
      programmeVersion: versionName(cases.versionOf(facts, row)),
      result: { status: after.status, panel: presentPanel({ panel, assignments: [...before.assignments, ...made] }) },
      changes: [
        ...changesOf(facts, cases, row, after),
        ...(known ? [] : [insert(panelShelf, panel)]),
        ...made.map((of) => insert(assignmentShelf, of)),
      ],
    });
  },
});
