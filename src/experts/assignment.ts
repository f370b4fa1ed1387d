// What becomes of an assignment: declared free of interest or not, scored, or dismissed by the bureau.
import type { z } from 'zod';
import type { ExpertAssignment, ExpertPanel } from '../../db/tables.js';
import type { declareInterest, dismissExpert as dismissBody, scoreCase } from '../../schemas/experts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { assignmentShelf, panelShelf } from './facts.js';
import { gatherInterests, interestOf } from './interests.js';
import { assignmentLife, criteriaOf, partiesOf, presentAssignment, readScores } from './rules.js';

type Id = { id?: string };
type Shown = ReturnType<typeof presentAssignment>;

async function gatherAssignments(loader: Loader, commands: readonly Command<Id>[]): Promise<void> {
  const rows = await loader.load(
    assignmentShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );
  await loader.load(
    panelShelf,
    'id',
    rows.map(({ panelId }) => panelId),
  );
  await gatherInterests(
    loader,
    rows.map((row) => ({
      personIds: commands.map(({ actor }) => actor.personId),
      parties: partiesOf(panelWith(loader.facts, row)),
    })),
  );
}

function panelWith(facts: Facts, { panelId }: ExpertAssignment): ExpertPanel {
  const panel = facts.get(panelShelf, panelId);
  if (!panel) throw new Error('an assignment without its panel');
  return panel;
}

/** What speaks against the expert who acts, by what is on record on any day since the panel was asked. */
const interestNow = (facts: Facts, row: ExpertAssignment, { actor, today }: Command) => {
  const panel = panelWith(facts, row);
  return interestOf(facts, actor.personId, { parties: partiesOf(panel), from: panel.assignedOn, to: today });
};

/** An end of the assignment, or of what is waited for. */
const over = { waitingSince: null, dueOn: null } as const;

/** One verb on an assignment: of the expert itself, or of the bureau. */
const step = <Body extends Id>(of: {
  readonly verb: 'declare' | 'score' | 'dismiss';
  readonly decision: string;
  readonly isOwn: boolean;
  readonly change: (
    row: ExpertAssignment,
    command: Command<Body>,
    facts: Facts,
  ) => ReturnType<typeof refused> | Partial<ExpertAssignment>;
}): Verb<Body, Shown> => ({
  name: `expert_assignment.${of.verb}`,
  money: false,
  gather: gatherAssignments,
  decide(command, facts) {
    const { body, actor } = command;
    const row = facts.get(assignmentShelf, body.id ?? '');
    if (!row || (of.isOwn && row.memberId !== actor.memberId)) return refused('NOT_FOUND');
    const wrongState = refuseStep(assignmentLife, row.status, of.verb);
    if (wrongState) return wrongState;
    const changed = of.change(row, command, facts);
    if ('kind' in changed) return changed;
    // After this line the command succeeds.
    const after = { ...row, ...changed };
    return accepted({
      decision: of.decision,
      subjectId: row.assignmentId,
      result: presentAssignment(after, panelWith(facts, row)),
      changes: [update(assignmentShelf, after)],
    });
  },
});

/**
 * An expert says whether there is a conflict of interest; one who has it is out and never sees the case. What the record holds against a
 * declaration that there is none has to be explained, and is kept with it. Refuses NOT_FOUND, ASSIGNMENT_WRONG_STATE, EXPERT_RELATED,
 * EXPERT_EXPLANATION_REQUIRED.
 */
export const declare = step<z.output<typeof declareInterest> & Id>({
  verb: 'declare',
  decision: 'expert_assignment.declared',
  isOwn: true,
  change: (row, command, facts) => {
    const { conflict, explanation } = command.body;
    if (conflict !== null) return { ...over, status: 'CONFLICTED', conflict, doubts: null, explanation: null };
    const interest = interestNow(facts, row, command);
    if (interest.kind === 'refused') return interest;
    const { doubts } = interest;
    if (doubts.length === 0) return { status: 'DECLARED', doubts: null, explanation: null };
    const parties = [...new Set(doubts.map(({ name }) => name))].join('、');
    if (explanation === undefined) return refused('EXPERT_EXPLANATION_REQUIRED', { parties }, '/explanation');
    return { status: 'DECLARED', doubts, explanation };
  },
});

/** An expert scores by every criterion, once. Refuses NOT_FOUND, ASSIGNMENT_WRONG_STATE, EXPERT_RELATED (since), as `readScores`. */
export const score = step<z.output<typeof scoreCase> & Id>({
  verb: 'score',
  decision: 'expert_assignment.scored',
  isOwn: true,
  change: (row, command, facts) => {
    const { body } = command;
    const interest = interestNow(facts, row, command);
    if (interest.kind === 'refused') return interest;
    const read = readScores(body.scores, criteriaOf(panelWith(facts, row)));
    if (read.kind === 'refused') return read;
    return { ...over, status: 'SCORED', scores: read.scores, points: read.points, opinion: body.opinion };
  },
});

/** The bureau dismisses an expert who has not scored, with the reason. Refuses NOT_FOUND, ASSIGNMENT_WRONG_STATE, FOUR_EYES. */
export const dismiss = step<z.output<typeof dismissBody> & Id>({
  verb: 'dismiss',
  decision: 'expert_assignment.dismissed',
  isOwn: false,
  change: (row, { body, actor }) =>
    isSamePerson(actor, row.personId)
      ? refused('FOUR_EYES')
      : { ...over, status: 'DISMISSED', dismissedPerson: actor.personId, dismissalReason: body.reason },
});
