// Raising flags by rule, in the very command that shows what is wrong. Pure.
import type { Flag, FlagEvidence } from '../../db/tables.js';
import type { Change, Facts } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Command } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { flagShelf } from './facts.js';

/** What a rule found of a thing. */
export interface Suspicion {
  readonly kind: Exclude<Flag['kind'], 'SEEN_BY_PERSON'>;
  readonly evidence: FlagEvidence;
  /** What is at stake; zero where nobody can say. */
  readonly amountFen: Fen;
}
export interface Subject {
  readonly subjectKind: Flag['subjectKind'];
  readonly subjectId: string;
}

/** What rules found of a thing on which gathered flags stand, without what a flag said of the same rows before, decided or not. */
export const notRaised = (facts: Facts, { subjectId }: Subject, found: readonly Suspicion[]): Suspicion[] => {
  const nameOf = ({ kind, evidence }: Pick<Flag, 'kind' | 'evidence'>) =>
    `${kind} ${evidence.rows.map(({ id }) => id).join(' ')}`;
  const known = new Set(facts.all(flagShelf, 'subject', subjectId).map(nameOf));
  return found.filter((of) => !known.has(nameOf(of)));
};

/**
 * The flags of what rules found of a thing, to be recorded with the command that shows it. Whoever raises flags on an invoice or a
 * contract adds as many to its `holdingFlags` in the same command.
 */
export const raise = (
  { actor, today, receivedAt, newId }: Pick<Command, 'actor' | 'today' | 'receivedAt' | 'newId'>,
  facts: Pick<Facts, 'bookId'>,
  subject: Subject,
  found: readonly Suspicion[],
): Change[] =>
  found.map(({ kind, evidence, amountFen }) =>
    insert(flagShelf, {
      bookId: facts.bookId,
      flagId: newId(),
      kind,
      ...subject,
      amountFen,
      evidence,
      reason: null,
      status: 'OPEN',
      raisedPerson: actor.personId,
      raisedOn: today,
      decidedPerson: null,
      decidedOn: null,
      decisionReason: null,
      recordedAt: receivedAt.toISOString(),
    }),
  );
