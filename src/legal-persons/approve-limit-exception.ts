import { createHash } from 'node:crypto';
import type { LimitException } from '../../db/tables.js';
import { accountOf } from '../ledger/chart.js';
import type { Facts } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { limitRaised } from '../ledger/templates.js';
import { limitExceptionShelf } from '../programmes/facts.js';
import { gatherExceptions, readException } from './exceptions.js';
import { exceptionLife, presentException } from './rules.js';

type Body = { id?: string };

/**
 * Approves an exception that another person asked for: the holder's allowance is raised by a posting of its own, on top of the law's
 * number. Refuses NOT_FOUND, EXCEPTION_WRONG_STATE, FOUR_EYES, what readException does (by now the limit may be hard), EXCEPTION_OUTDATED when it is
 * counted under another name by now.
 */
export const approveLimitException: Verb<Body, ReturnType<typeof presentException>> = {
  name: 'limit_exception.approve',
  money: true,

  async gather(loader, commands) {
    const rows = await loader.load(
      limitExceptionShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await Promise.all([
      gatherExceptions(loader, rows.map(wantedOf)),
      loader.accounts(rows.flatMap((row) => [accountOf.limit(row.account), accountOf.allowance(windowOf(row))])),
    ]);
  },

  decide({ body, actor, today }, facts: Facts) {
    const row = facts.get(limitExceptionShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrongState = refuseStep(exceptionLife, row.status, 'approve');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, row.askedPerson)) return refused('FOUR_EYES');
    const read = readException(facts, wantedOf(row), today);
    if (read.kind === 'refused') return read;
    if (read.at.limit !== row.account) {
      return refused('EXCEPTION_OUTDATED', { limit: row.limitId, account: row.account, now: read.at.limit });
    }
    // After this line the command succeeds.
    const approved: LimitException = { ...row, status: 'APPROVED', approvedPerson: actor.personId, approvedOn: today };
    return accepted({
      decision: 'limit_exception.approved',
      subjectId: row.exceptionId,
      approvalDigest: digestOf(row),
      postings: limitRaised({ at: windowOf(row), amountFen: row.amountFen }),
      result: presentException(approved),
      changes: [update(limitExceptionShelf, approved)],
    });
  },
};

const windowOf = (row: LimitException) => ({ limit: row.account, holder: row.holder, window: row.span });
const wantedOf = (row: LimitException) => ({ ...row, window: row.span });

/** What is approved: SHA-256 (hex) of the JSON array of the exception, its limit, holder, window, amount in fen as text and reason. */
const digestOf = ({ exceptionId, account, holder, span, amountFen, reason }: LimitException): string =>
  createHash('sha256')
    .update(JSON.stringify([exceptionId, account, holder, span, amountFen.toString(), reason]))
    .digest('hex');
