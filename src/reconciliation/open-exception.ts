import type { z } from 'zod';
import type { ReconciliationException } from '../../db/tables.js';
import type { exceptionRecorded, openException as body } from '../../schemas/reconciliation.js';
import type { Day } from '../calendar.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { parseYuan } from '../money.js';
import { exceptionShelf } from './facts.js';
import type { RuleKind } from './rules.js';
import { presentException, standingFen } from './rules.js';
import { gatherSubjects, subjectOf } from './subjects.js';

type Result = Omit<z.input<typeof exceptionRecorded>, 'ledgerSeq'>;

const unanswered = {
  ownerPerson: null,
  status: 'OPEN',
  explanation: null,
  explainedPerson: null,
  explainedOn: null,
  resolution: null,
  closedPerson: null,
  closedOn: null,
} as const;

/** A person opens an exception on what no rule sees; it stands in the month's way until it is explained or closed. */
export const openException: Verb<z.output<typeof body>, Result> = {
  name: 'reconciliation_exception.open',
  money: false,

  gather: async () => undefined,

  decide({ id, body, actor, today, receivedAt }, facts) {
    const row: ReconciliationException = {
      bookId: facts.bookId,
      exceptionId: id,
      kind: 'OTHER',
      subject: body.subject,
      amountFen: parseYuan(body.amount) ?? 0n,
      since: today,
      openedOn: today,
      openedPerson: actor.personId,
      note: body.note,
      recordedAt: receivedAt.toISOString(),
      ...unanswered,
    };
    return accepted({
      decision: 'reconciliation_exception.opened',
      subjectId: id,
      result: presentException(row),
      changes: [insert(exceptionShelf, row)],
    });
  },
};

/** What a look through the book has found. */
export interface Found {
  readonly kind: RuleKind;
  readonly subject: string;
  readonly fen: Fen;
  readonly since: Day | null;
}

/** A rule opens an exception on what it has found, where it stands so still and none is open. Refuses EXCEPTION_CAUSE_GONE. */
export const openFound: Verb<Found, Result> = {
  name: 'reconciliation_exception.open_found',
  money: false,

  async gather(loader, commands) {
    const found = commands.map(({ body }) => body);
    await Promise.all([
      loader.load(
        exceptionShelf,
        'subject',
        found.map(({ kind, subject }) => [kind, subject]),
      ),
      gatherSubjects(loader, found),
    ]);
  },

  decide({ id, body, today, receivedAt }, facts) {
    const { kind, subject, since } = body;
    const amountFen = standingFen(kind, subjectOf(facts, body)) ?? body.fen;
    const isOpen = facts.all(exceptionShelf, 'subject', [kind, subject]).some(({ status }) => status !== 'CLOSED');
    if (amountFen === 0n || isOpen) return refused('EXCEPTION_CAUSE_GONE');
    const row: ReconciliationException = {
      bookId: facts.bookId,
      exceptionId: id,
      kind,
      subject,
      amountFen,
      since: since ?? today,
      openedOn: today,
      openedPerson: null,
      note: null,
      recordedAt: receivedAt.toISOString(),
      ...unanswered,
    };
    return accepted({
      decision: 'reconciliation_exception.opened',
      subjectId: id,
      result: presentException(row),
      changes: [insert(exceptionShelf, row)],
    });
  },
};
