// Off-setting (抵扣): what a payee owes back is held against what it is owed out. Only where a rule allows it, which the decision names; proposed
// by one person and decided by another.
import type { z } from 'zod';
import type { Recovery, RecoveryOffset } from '../../db/tables.js';
import type * as schema from '../../schemas/recoveries.js';
import { accountOf } from '../ledger/chart.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { recoveryOffset } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import { formatYuan, minFen, splitIncrement } from '../money.js';
import { gatherPaidTo, paidTo } from '../payees/facts.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { fundersOf } from '../programmes/published.js';
import { redemptionShelf } from '../redemptions/facts.js';
import { reversibleFen } from '../redemptions/take-back.js';
import { reimbursementShelf } from '../reimbursements/facts.js';
import { payableOfAward } from '../reimbursements/rules.js';
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
  await gatherOwed(loader, offsets);
  await Promise.all([
    gatherFunders(
      loader,
      [...rows, ...offsets].map(({ fund }) => fund),
    ),
    loader.accounts([
      ...rows.flatMap((row) => [accountOf.claim(row.recoveryId, row.fund), accountOf.receivable(row.debtorId, row.fund)]),
      ...offsets.flatMap((offset) => {
        const owed = owedOut(loader.facts, offset);
        return owed ? [accountOf.payable(owed.payeeId, owed.fund)] : [];
      }),
    ]),
  ]);
}

/** What is off-set against: a redemption, or an award. */
interface Against {
  readonly redemptionId?: string | null | undefined;
  readonly reimbursementId?: string | null | undefined;
}

async function gatherOwed(loader: Loader, of: readonly Against[]): Promise<void> {
  const [, awards] = await Promise.all([
    loader.load(
      redemptionShelf,
      'id',
      of.flatMap(({ redemptionId }) => redemptionId ?? []),
    ),
    loader.load(
      reimbursementShelf,
      'id',
      of.flatMap(({ reimbursementId }) => reimbursementId ?? []),
    ),
  ]);
  await gatherPaidTo(
    loader,
    awards.map(({ enterpriseId }) => enterpriseId),
  );
}

/** What is owed out: under whose name and to whom, what of it is neither paid nor in a batch (fen), and as it is once part of it is off-set. */
interface OwedOut {
  readonly no: string;
  readonly payeeId: string;
  readonly paidToId: string;
  readonly fund: string;
  readonly leftFen: Fen;
  readonly offset: (amountFen: Fen) => Change;
}

/** A gathered redemption or award as what is owed out; undefined where there is none. */
function owedOut(facts: Facts, { redemptionId, reimbursementId }: Against): OwedOut | undefined {
  const redemption = redemptionId ? facts.get(redemptionShelf, redemptionId) : undefined;
  if (redemption) {
    const { redemptionNo: no, providerId, fund, status, settlementId, offsetFen } = redemption;
    return {
      no,
      payeeId: providerId,
      paidToId: providerId,
      fund,
      leftFen: status === 'APPROVED' && settlementId === null ? reversibleFen(redemption) : 0n,
      offset: (amountFen) => update(redemptionShelf, { ...redemption, offsetFen: offsetFen + amountFen }),
    };
  }
  const award = reimbursementId ? facts.get(reimbursementShelf, reimbursementId) : undefined;
  if (!award) return undefined;
  const { reimbursementNo: no, enterpriseId, offsetFen } = award;
  return {
    no,
    payeeId: enterpriseId,
    paidToId: paidTo(facts, enterpriseId)?.payeeId ?? enterpriseId,
    fund: award.fund ?? '',
    leftFen: payableOfAward(award),
    offset: (amountFen) => update(reimbursementShelf, { ...award, offsetFen: offsetFen + amountFen }),
  };
}

const openOf = (facts: Facts, { recoveryId }: Recovery): RecoveryOffset | undefined =>
  facts.one(offsetShelf, 'open', [recoveryId, 'PROPOSED']);

/** Why so much of a recovery cannot be off-set against what is owed out, or null: RECOVERY_ABOVE_CLAIM, NOT_FOUND, OFFSET_ABOVE_PAYABLE. */
function refusalOfOffset(row: Recovery, owed: OwedOut | undefined, amountFen: Fen, pointer: string): Refused | null {
  const { recoveryNo } = row;
  if (amountFen > outstandingFen(row))
    return refused('RECOVERY_ABOVE_CLAIM', { recoveryNo, left: formatYuan(outstandingFen(row)) }, '/amount');
  if (owed?.paidToId !== row.debtorId) return refused('NOT_FOUND', {}, pointer);
  const { no, leftFen } = owed;
  return amountFen > leftFen ? refused('OFFSET_ABOVE_PAYABLE', { no, left: formatYuan(leftFen) }, '/amount') : null;
}

/**
 * One person proposes to hold so much of a recovery (or, where no amount is said, as much as possible) against a redemption or an award that is
 * approved to the same payee and in no batch, and names the rule that allows it. Refuses NOT_FOUND, RECOVERY_WRONG_STATE, PROPOSAL_OPEN, AMOUNT_ZERO,
 * RECOVERY_ABOVE_CLAIM, OFFSET_ABOVE_PAYABLE.
 */
export const proposeOffset: Verb<z.output<typeof schema.proposeOffset> & Target, Result> = {
  name: 'recovery.propose-offset',
  money: true,

  async gather(loader, commands) {
    await Promise.all([
      gather(loader, commands),
      gatherOwed(
        loader,
        commands.map(({ body }) => body),
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
    const owed = owedOut(facts, body);
    const most = owed ? minFen(outstandingFen(row), owed.leftFen) : 0n;
    const amountFen = body.amount === undefined ? most : fenOf(body.amount);
    const pointer = body.redemptionId === undefined ? '/reimbursementId' : '/redemptionId';
    const impossible = refusalOfOffset(row, owed, amountFen, pointer);
    if (impossible) return impossible;
    if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
    // After this line the command succeeds.
    const offset: RecoveryOffset = {
      bookId: facts.bookId,
      offsetId: id,
      recoveryId: row.recoveryId,
      redemptionId: body.redemptionId ?? null,
      reimbursementId: body.reimbursementId ?? null,
      fund: owed?.fund ?? '',
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
 * A second person off-sets as it was proposed: so much of the redemption, or award, counts as paid, shared by the funders of its fund; and so much of the
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
    const { amountFen } = open;
    const owed = owedOut(facts, open);
    if (!owed) throw new Error('an off-set has lost what it is of');
    const impossible = refusalOfOffset(before, owed, amountFen, '/id');
    if (impossible) return impossible;
    const paid = shareOf(facts, open.fund, amountFen, 'instructedFen');
    const back = shareOf(facts, fund, amountFen, 'recoveredFen');
    // What is paid by this very off-set can come back of the same fund.
    const paidNow = new Map(open.fund === fund ? paid.parts.map((part) => [part.funder, part.amountFen]) : []);
    const early = back.parts.find(
      (part) => facts.balance(accountOf.paid(fund, part.funder)) + (paidNow.get(part.funder) ?? 0n) < part.amountFen,
    );
    if (early) return refused('RECOVERY_BEFORE_PAYMENT', { recoveryNo, funder: early.funder });
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
      postings: recoveryOffset({
        debtorId,
        payeeId: owed.payeeId,
        recoveryId,
        fund,
        amountFen,
        of: open.fund,
        paid: paid.parts,
        back: back.parts,
      }),
      changes: [
        update(offsetShelf, decided),
        update(recoveryShelf, row),
        owed.offset(amountFen),
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
