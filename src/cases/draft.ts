// Drafts: what somebody means to apply for, kept until it is submitted. A draft is checked when it is submitted, as if it came that day.
import type { Change, Facts, Loader, Shelf } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Cases } from './case.js';
import { caseOf, gatherCases } from './case.js';
import type { CaseRow } from './rules.js';

type Id = { id?: string };

/** How a draft of one kind is made: its row as it would be, with its number, or why there can be none. */
export interface Drafting<Row extends CaseRow, Body> {
  readonly gather: (loader: Loader, commands: readonly Command<Body & Id>[]) => Promise<unknown>;
  /** `known` is the draft that is revised. */
  readonly make: (
    facts: Facts,
    command: Command<Body & Id>,
    known: Row | undefined,
  ) => { readonly kind: 'made'; readonly row: Row; readonly changes: readonly Change[] } | Refused;
}

/** Keeps a draft. Refuses what its kind does, never for what a submission would look at. */
export const draft = <Row extends CaseRow, Shown extends object, Body extends object>(
  cases: Cases<Row, Shown>,
  { gather, make }: Drafting<Row, Body>,
): Verb<Body & Id, Shown> => ({
  name: `${cases.noun}.draft`,
  money: true,

  async gather(loader, commands) {
    await gather(loader, commands);
  },

  decide(command, facts) {
    const made = make(facts, command, undefined);
    if (made.kind === 'refused') return made;
    // After this line the command succeeds.
    return accepted({
      decision: `${cases.noun}.drafted`,
      subjectId: command.id,
      result: cases.present(made.row),
      changes: [insert(cases.shelf, made.row), ...made.changes],
    });
  },
});

/** Writes another draft over one of the same legal person. Refuses NOT_FOUND (another firm's likewise), the life's code, as `draft`. */
export const revise = <Row extends CaseRow, Shown extends object, Body extends object>(
  cases: Cases<Row, Shown>,
  { gather, make }: Drafting<Row, Body>,
): Verb<Body & Id, Shown> => ({
  name: `${cases.noun}.revise`,
  money: true,

  async gather(loader, commands) {
    await Promise.all([gatherCases(loader, cases, commands), gather(loader, commands)]);
  },

  decide(command, facts) {
    const found = caseOf(facts, cases, command.body.id);
    if (!found || found.row.legalPersonUscc !== command.actor.legalPersonUscc) return refused('NOT_FOUND');
    const wrongState = cases.refuseStep(found.row, found.way, 'revise');
    if (wrongState) return wrongState;
    const made = make(facts, command, found.row);
    if (made.kind === 'refused') return made;
    // After this line the command succeeds.
    return accepted({
      decision: `${cases.noun}.revised`,
      subjectId: cases.idOf(found.row),
      result: cases.present(made.row),
      changes: [update(cases.shelf, made.row), ...made.changes],
    });
  },
});

/**
 * Submits a draft: whatever a submission checks is checked now. Refuses NOT_FOUND (another firm's likewise), the life's code, and as the
 * kind's own submission.
 */
export const submitDraft = <Row extends CaseRow, Shown extends object, Body extends object, Result extends object>(
  cases: Cases<Row, Shown>,
  submit: Verb<Body, Result>,
): Verb<{ commitment: true } & Id, Result> => {
  const submissionOf = (command: Command<{ commitment: true } & Id>, row: Row): Command<Body> => ({
    ...command,
    id: cases.idOf(row),
    // What was claimed for it before the lane comes with the command.
    body: { ...(row.draft as Body), ...command.body },
  });
  return {
    name: `${cases.noun}.submit-draft`,
    money: true,

    async gather(loader, commands) {
      await gatherCases(loader, cases, commands);
      await submit.gather(
        loader,
        commands.flatMap((command) => {
          const row = loader.facts.get(cases.shelf, command.body.id ?? '');
          return row?.status === 'DRAFT' ? [submissionOf(command, row)] : [];
        }),
      );
    },

    decide(command, facts) {
      const found = caseOf(facts, cases, command.body.id);
      if (!found || found.row.legalPersonUscc !== command.actor.legalPersonUscc) return refused('NOT_FOUND');
      const { row } = found;
      const wrongState = cases.refuseStep(row, found.way, 'submit');
      if (wrongState) return wrongState;
      const decision = submit.decide(submissionOf(command, row), facts);
      if (decision.kind === 'refused') return decision;
      // The row is there already.
      const isOwn = ({ op, shelf }: Change) => op === 'insert' && shelf === (cases.shelf as Shelf<unknown>);
      return {
        ...decision,
        changes: decision.changes.map((change) =>
          isOwn(change) ? { ...change, op: 'update' as const, row: { ...change.row, draft: row.draft } } : change,
        ),
      };
    },
  };
};
