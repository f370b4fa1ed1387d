import type { z } from 'zod';
import type { LimitException } from '../../db/tables.js';
import type { askLimitException as body } from '../../schemas/limit-exceptions.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { parseYuan } from '../money.js';
import { limitExceptionShelf } from '../programmes/facts.js';
import { gatherExceptions, readException } from './exceptions.js';
import { presentException } from './rules.js';

type Body = z.output<typeof body>;

/**
 * Asks for an exception to a limit that holds in principle, for one holder in one window, with its reason. It raises nothing before
 * another person approves it. Refuses AMOUNT_ZERO and what readException does.
 */
export const askLimitException: Verb<Body, ReturnType<typeof presentException>> = {
  name: 'limit_exception.ask',
  money: true,

  gather: (loader, commands) =>
    gatherExceptions(
      loader,
      commands.map(({ body }) => body),
    ),

  decide({ id, body, actor, today, receivedAt }, facts) {
    const amountFen = parseYuan(body.amount) ?? 0n;
    if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
    const read = readException(facts, body, today);
    if (read.kind === 'refused') return read;
    // After this line the command succeeds.
    const { at } = read;
    const row: LimitException = {
      bookId: facts.bookId,
      exceptionId: id,
      programmeCode: body.programmeCode,
      limitId: body.limitId,
      account: at.limit,
      holder: at.holder,
      span: at.window,
      amountFen,
      reason: body.reason,
      status: 'ASKED',
      followsId: null,
      askedPerson: actor.personId,
      askedOn: today,
      approvedPerson: null,
      approvedOn: null,
      rejectedPerson: null,
      rejectedOn: null,
      rejectionReason: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'limit_exception.asked',
      subjectId: id,
      result: presentException(row),
      changes: [insert(limitExceptionShelf, row)],
    });
  },
};
