// An exception on its way: who looks after it, why it stands, and its end.
import type { z } from 'zod';
import type { ReconciliationException } from '../../db/tables.js';
import type {
  assignException as assigned,
  closeException as closed,
  exceptionRecorded,
  explainException as explained,
} from '../../schemas/reconciliation.js';
import { personShelf } from '../access/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Accepted, Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { exceptionShelf } from './facts.js';
import { presentException, refuseException, standingFen } from './rules.js';
import { gatherSubjects, subjectOf } from './subjects.js';

type Result = Omit<z.input<typeof exceptionRecorded>, 'ledgerSeq'>;
type Of<Body> = Body & { readonly id?: string };

async function gatherExceptions(loader: Loader, commands: readonly Command<{ readonly id?: string }>[]): Promise<void> {
  const rows = await loader.load(
    exceptionShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );
  await gatherSubjects(loader, rows);
}

/** The exception that a command names, if its state offers the verb. */
function found(
  facts: Facts,
  id: string | undefined,
  verb: Parameters<typeof refuseException>[1],
): ReconciliationException | Refused {
  const row = facts.get(exceptionShelf, id ?? '');
  if (!row) return refused('NOT_FOUND');
  return refuseException(row, verb) ?? row;
}
const isRefused = (of: ReconciliationException | Refused): of is Refused => 'code' in of;

const recorded = (decision: string, row: ReconciliationException): Accepted<Result> =>
  accepted({ decision, subjectId: row.exceptionId, result: presentException(row), changes: [update(exceptionShelf, row)] });

/** Who looks after it. Refuses NOT_FOUND (the person too), RECONCILIATION_WRONG_STATE. */
export const assignException: Verb<Of<z.output<typeof assigned>>, Result> = {
  name: 'reconciliation_exception.assign',
  money: false,

  async gather(loader, commands) {
    const persons = commands.map(({ body }) => body.personId);
    await Promise.all([gatherExceptions(loader, commands), loader.load(personShelf, 'id', persons)]);
  },

  decide({ body }, facts) {
    const row = found(facts, body.id, 'assign');
    if (isRefused(row)) return row;
    if (!facts.get(personShelf, body.personId)) return refused('NOT_FOUND', {}, '/personId');
    return recorded('reconciliation_exception.assigned', { ...row, ownerPerson: body.personId });
  },
};

/**
 * Why it stands as it does today: explained it is in no month's way. The amount is what stands now; if more comes to it, it has to be explained
 * again. Whoever explains it looks after it, unless another does. Refuses NOT_FOUND, RECONCILIATION_WRONG_STATE.
 */
export const explainException: Verb<Of<z.output<typeof explained>>, Result> = {
  name: 'reconciliation_exception.explain',
  money: false,
  gather: gatherExceptions,

  decide({ body, actor, today }, facts) {
    const row = found(facts, body.id, 'explain');
    if (isRefused(row)) return row;
    return recorded('reconciliation_exception.explained', {
      ...row,
      status: 'EXPLAINED',
      amountFen: standingFen(row.kind, subjectOf(facts, row)) ?? row.amountFen,
      ownerPerson: row.ownerPerson ?? actor.personId,
      explanation: body.explanation,
      explainedPerson: actor.personId,
      explainedOn: today,
    });
  },
};

/** A person closes it, with what was done. Refuses NOT_FOUND, RECONCILIATION_WRONG_STATE, EXCEPTION_CAUSE_STANDS while what a rule found still stands. */
export const closeException: Verb<Of<z.output<typeof closed>>, Result> = {
  name: 'reconciliation_exception.close',
  money: false,
  gather: gatherExceptions,

  decide({ body, actor, today }, facts) {
    const row = found(facts, body.id, 'close');
    if (isRefused(row)) return row;
    const standing = standingFen(row.kind, subjectOf(facts, row));
    if (standing !== null && standing > 0n) return refused('EXCEPTION_CAUSE_STANDS');
    const resolved = { resolution: body.resolution, closedPerson: actor.personId, closedOn: today };
    return recorded('reconciliation_exception.closed', { ...row, status: 'CLOSED', ...resolved });
  },
};

/** A look through the book has seen that its cause is gone: it is closed. Refuses NOT_FOUND, RECONCILIATION_WRONG_STATE, EXCEPTION_CAUSE_STANDS. */
export const closeGone: Verb<{ readonly id?: string }, Result> = {
  name: 'reconciliation_exception.close_gone',
  money: false,
  gather: gatherExceptions,

  decide({ body, today }, facts) {
    const row = found(facts, body.id, 'close');
    if (isRefused(row)) return row;
    const standing = standingFen(row.kind, subjectOf(facts, row));
    if (standing !== null && standing > 0n) return refused('EXCEPTION_CAUSE_STANDS');
    return recorded('reconciliation_exception.closed', { ...row, status: 'CLOSED', closedOn: today });
  },
};
