// Off-setting (抵扣): what a payee owes back is held against what it is owed out. Only where a rule allows it, which the decision names; proposed
// by one person and decided by another.
import type { z } from 'zod';
import type { Recovery, RecoveryOffset } from '../../db/tables.js';
import type * as schema from '../../schemas/recoveries.js';
import { accountOf } from '../ledger/chart.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { recoveryOffset } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import { formatYuan, minFen, splitIncrement } from '../money.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { fundersOf } from '../programmes/published.js';
import { redemptionShelf } from '../redemptions/facts.js';
import { reversibleFen } from '../redemptions/take-back.js';
import { fundStandingShelf } from '../settlements/facts.js';
import { readFund } from '../settlements/rules.js';
import { fenOf } from '../usage/rules.js';
import { gatherFunders } from './decide-recovery.js';
import { offsetShelf, recoveryShelf } from './facts.js';
import { outstandingFen, presentRecovery, refuseRecovery } from './rules.js';

interface Target {
  readonly id?: string;
}
type Result = ReturnType<typeof presentRecovery>;

async function gather(loader: Loader, commands: readonly Command<Target>[]): Promise<void> {
  const ids = commands.map(({ body }) => body.id ?? '');
  const [rows, offsets] = await Promise.all([
    loader.load(recoveryShelf, 'id', ids),
    loader.load(
      offsetShelf,
      'open',
      ids.map((id) => [id, 'PROPOSED']),
    ),
  ]);
  await Promise.all([
    loader.load(
      redemptionShelf,
      'id',
      offsets.map(({ redemptionId }) => redemptionId),
    ),
    gatherFunders(
      loader,
      [...rows, ...offsets].map(({ fund }) => fund),
    ),
    loader.accounts([
      ...rows.flatMap((row) => [accountOf.claim(row.recoveryId, row.fund), accountOf.receivable(row.debtorId, row.fund)]),
      ...offsets.flatMap(({ recoveryId, fund }) => {
        const debtorId = rows.find((row) => row.recoveryId === recoveryId)?.debtorId;
        return debtorId === undefined ? [] : [accountOf.payable(debtorId, fund)];
      }),
    ]),
  ]);
}

const openOf = (facts: Facts, { recoveryId }: Recovery): RecoveryOffset | undefined =>
  facts.one(offsetShelf, 'open', [recoveryId, 'PROPOSED']);

/** Why so much of a recovery cannot be off-set against a redemption, or null: RECOVERY_ABOVE_CLAIM, OFFSET_ABOVE_PAYABLE. */
function refusalOfOffset(facts: Facts, row: Recovery, redemptionId: string, amountFen: Fen): Refused | null {
  const { recoveryNo } = row;
  if (amountFen > outstandingFen(row))
    return refused('RECOVERY_ABOVE_CLAIM', { recoveryNo, left: formatYuan(outstandingFen(row)) }, '/amount');
  const redemption = facts.get(redemptionShelf, redemptionId);
  if (redemption?.providerId !== row.debtorId) return refused('NOT_FOUND', {}, '/redemptionId');
  const { status, settlementId, redemptionNo } = redemption;
  const payableFen = status === 'APPROVED' && settlementId === null ? reversibleFen(redemption) : 0n;
  return amountFen > payableFen
    ? refused('OFFSET_ABOVE_PAYABLE', { redemptionNo, left: formatYuan(payableFen) }, '/amount')
    : null;
}

/**
 * One person proposes to hold so much of a recovery (or, where no amount is said, as much as possible) against a redemption that is approved
 * to the same payee and in no batch, and names the rule that allows it. Refuses NOT_FOUND, RECOVERY_WRONG_STATE, PROPOSAL_OPEN, AMOUNT_ZERO,
 * RECOVERY_ABOVE_CLAIM, OFFSET_ABOVE_PAYABLE.
 */
export const proposeOffset: Verb<z.output<typeof schema.proposeOffset> & Target, Result> = {
  name: 'recovery.propose-offset',
  money: true,

  async gather(loader, commands) {
    await Promise.all([
      gather(loader, commands),
      loader.load(
        redemptionShelf,
        'id',
        commands.map(({ body }) => body.redemptionId),
      ),
    ]);
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const row = facts.get(recoveryShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrongState = refuseRecovery(row, 'propose-offset');
    if (wrongState) return wrongState;
    const open = openOf(facts, row);
    if (open) return refused('PROPOSAL_OPEN', { of: row.recoveryNo, proposalId: open.offsetId });
    const redemption = facts.get(redemptionShelf, body.redemptionId);
    const most = redemption ? minFen(outstandingFen(row), reversibleFen(redemption)) : 0n;
    const amountFen = body.amount === undefined ? most : fenOf(body.amount);
    const impossible = refusalOfOffset(facts, row, body.redemptionId, amountFen);
    if (impossible) return impossible;
    if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
    // After this line the command succeeds.
    const offset: RecoveryOffset = {
      bookId: facts.bookId,
      offsetId: id,
      recoveryId: row.recoveryId,
      redemptionId: body.redemptionId,
      fund: redemption?.fund ?? '',
      amountFen,
      document: body.document,
      article: body.article,
      reason: body.reason,
      status: 'PROPOSED',
      parts: [],
      proposedPerson: actor.personId,
      proposedOn: today,
      decidedPerson: null,
      decidedOn: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'recovery.offset_proposed',
      subjectId: row.recoveryId,
      result: presentRecovery(row),
      changes: [insert(offsetShelf, offset)],
    });
  },
};

/** A proposal to off-set is not followed. Refuses NOT_FOUND, NO_PROPOSAL. */
export const dropOffset: Verb<Target, Result> = {
  name: 'recovery.drop-offset',
  money: false,
  gather,

  decide({ body, actor, today }, facts) {
    const row = facts.get(recoveryShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const open = openOf(facts, row);
    if (!open) return refused('NO_PROPOSAL', { of: row.recoveryNo });
    // After this line the command succeeds.
    const dropped: RecoveryOffset = { ...open, status: 'DROPPED', decidedPerson: actor.personId, decidedOn: today };
    return accepted({
      decision: 'recovery.offset_dropped',
      subjectId: row.recoveryId,
      result: presentRecovery(row),
      changes: [update(offsetShelf, dropped)],
    });
  },
};

/**
 * A second person off-sets as it was proposed: so much of the redemption counts as paid, shared by the funders of its fund; and so much of the
 * recovery as come back to those of its own. Refuses NOT_FOUND, RECOVERY_WRONG_STATE, NO_PROPOSAL, FOUR_EYES, RECOVERY_ABOVE_CLAIM and
 * OFFSET_ABOVE_PAYABLE where one of the two has changed since, RECOVERY_BEFORE_PAYMENT.
 */
export const offsetRecovery: Verb<Target, Result> = {
  name: 'recovery.offset',
  money: true,
  gather,

  decide({ body, actor, today }, facts) {
    const before = facts.get(recoveryShelf, body.id ?? '');
    if (!before) return refused('NOT_FOUND');
    const wrongState = refuseRecovery(before, 'offset');
    if (wrongState) return wrongState;
    const { recoveryId, recoveryNo, debtorId, fund } = before;
    const open = openOf(facts, before);
    if (!open) return refused('NO_PROPOSAL', { of: recoveryNo });
    if (isSamePerson(actor, open.proposedPerson)) return refused('FOUR_EYES');
    const { amountFen, redemptionId } = open;
    const impossible = refusalOfOffset(facts, before, redemptionId, amountFen);
    if (impossible) return impossible;
    const paid = shareOf(facts, open.fund, amountFen, 'instructedFen');
    const back = shareOf(facts, fund, amountFen, 'recoveredFen');
    // What is paid by this very off-set can come back of the same fund.
    const paidNow = new Map(open.fund === fund ? paid.parts.map((part) => [part.funder, part.amountFen]) : []);
    const early = back.parts.find(
      (part) => facts.balance(accountOf.paid(fund, part.funder)) + (paidNow.get(part.funder) ?? 0n) < part.amountFen,
    );
    if (early) return refused('RECOVERY_BEFORE_PAYMENT', { recoveryNo, funder: early.funder });
    const redemption = facts.get(redemptionShelf, redemptionId);
    if (!redemption) throw new Error('an off-set has lost its redemption');
    // After this line the command succeeds.
    const receivedFen = before.receivedFen + amountFen;
    const isAll = receivedFen === before.amountFen;
    const row: Recovery = {
      ...before,
      receivedFen,
      status: isAll ? 'OFFSET' : before.status === 'REFERRED' ? 'REFERRED' : 'PARTLY_RECOVERED',
      ...(isAll ? { endedPerson: actor.personId, endedOn: today } : {}),
    };
    const parts = paid.parts.map((part) => ({ funder: part.funder, fen: String(part.amountFen) }));
    const decided: RecoveryOffset = { ...open, status: 'APPROVED', parts, decidedPerson: actor.personId, decidedOn: today };
    const standings =
      open.fund === fund ? [{ ...paid.standing, recoveredFen: back.standing.recoveredFen }] : [paid.standing, back.standing];
    return accepted({
      decision: 'recovery.offset',
      subjectId: recoveryId,
      result: presentRecovery(row),
      postings: recoveryOffset({ debtorId, recoveryId, fund, amountFen, of: open.fund, paid: paid.parts, back: back.parts }),
      changes: [
        update(offsetShelf, decided),
        update(recoveryShelf, row),
        update(redemptionShelf, { ...redemption, offsetFen: redemption.offsetFen + amountFen }),
        ...standings.map((standing) =>
          facts.get(fundStandingShelf, standing.fund) ? update(fundStandingShelf, standing) : insert(fundStandingShelf, standing),
        ),
      ],
    });
  },
};

/** How the funders of a fund share an amount, exact over all that was paid out of it (or came back to it), and where it stands then. */
function shareOf(facts: Facts, fund: string, amountFen: Fen, counted: 'instructedFen' | 'recoveredFen') {
  const { programmeCode, year } = readFund(fund);
  const funders = fundersOf(facts.all(programmeVersionShelf, 'code', programmeCode), year);
  if (!funders) throw new Error(`the fund ${fund} has no funders`);
  const nothingYet = { bookId: facts.bookId, fund, instructedFen: 0n, recoveredFen: 0n };
  const standing = facts.get(fundStandingShelf, fund) ?? nothingYet;
  return {
    parts: splitIncrement(standing[counted], amountFen, funders)
      .map(({ funder, amount }) => ({ funder, amountFen: amount }))
      .filter((part) => part.amountFen > 0n),
    standing: { ...standing, [counted]: standing[counted] + amountFen },
  };
}
