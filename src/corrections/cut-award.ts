// What an award of reimbursement comes to beyond what it may, taken back: what no batch took is available again, what was instructed is
// recovered. As cut-back.ts has it of redemptions, but that an award is one payment and has no voucher to go back to.
import type { AwardComputation, Recovery, RecoveryItem, Reimbursement } from '../../db/tables.js';
import { yearOf } from '../calendar.js';
import { reimbursementCases } from '../reimbursements/cases.js';
import { toldOf } from '../cases/told.js';
import { accountOf } from '../ledger/chart.js';
import type { Step } from '../ledger/explanations.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert, note, update } from '../ledger/facts.js';
import type { Command, Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf } from '../ledger/numbers.js';
import { about, awardReversed, limitRestored, recoveryOpened } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import { formatYuan, minFen } from '../money.js';
import { gatherPaidTo, paidTo } from '../payees/facts.js';
import { documentName, lawOn } from '../programmes/language.js';
import { recoveryItemShelf, recoveryShelf } from '../recoveries/facts.js';
import { toldOfOpening } from '../recoveries/rules.js';
import type { ComputedAnew } from '../reimbursements/compute-anew.js';
import { chargedWithAward, gatherAwardsAnew } from '../reimbursements/compute-anew.js';
import { awardComputationShelf, reimbursementShelf } from '../reimbursements/facts.js';
import { lawOf } from '../reimbursements/gather.js';
import { payableOfAward, standingOfAward } from '../reimbursements/rules.js';
import { settlementShelf } from '../settlements/facts.js';
import { isBeforeBank } from '../settlements/rules.js';
import type { Why } from './cut-back.js';
import { correctionShelf } from './facts.js';
import type { Followed, Following } from './follow.js';
import { correctionRow, numbersFor, openedRow } from './record.js';
import { presentCorrection } from './rules.js';

/** By command and award: the id of the recovery that it may open. Its account is named by it, so it is chosen before. */
const recoveryIds = note<string>('ids of recoveries of awards');
const idKey = (command: Command<unknown>, { reimbursementId }: Reimbursement): string => `${command.id} ${reimbursementId}`;

/** Gathers these awards with all that taking them back rests on. */
export async function gatherAwards(
  loader: Loader,
  wanted: readonly { readonly command: Command<unknown>; readonly row: Reimbursement }[],
): Promise<void> {
  const rows = wanted.map(({ row }) => row);
  await Promise.all([
    gatherAwardsAnew(loader, rows),
    loader.load(
      settlementShelf,
      'id',
      rows.flatMap(({ settlementId }) => settlementId ?? []),
    ),
    gatherNumbers(
      loader,
      wanted.flatMap(({ command }) => ['C', 'RC'].map((letter) => seriesOf(letter, yearOf(command.today)))),
    ),
  ]);
  await gatherPaidTo(
    loader,
    rows.map(({ enterpriseId }) => enterpriseId),
  );
  const claims = wanted.flatMap(({ command, row }) => {
    if (row.fund === null) return [];
    const id = command.newId();
    loader.note(recoveryIds, idKey(command, row), id);
    return [{ id, fund: row.fund, debtorId: paidTo(loader.facts, row.enterpriseId)?.payeeId ?? row.enterpriseId }];
  });
  loader.newAccounts(claims.map(({ id, fund }) => accountOf.claim(id, fund)));
  await loader.accounts(claims.map(({ debtorId, fund }) => accountOf.receivable(debtorId, fund)));
}

/** What an award is corrected under: the words of its rate. */
export function citeOfAward(facts: Facts, row: Reimbursement): Why['cite'] {
  const { law } = lawOf(facts, row);
  const cite = lawOn(law, row.submittedOn).rate?.cite ?? law.basis;
  return { document: documentName(law, cite), article: cite.article };
}

/** An award, what of it is taken back, and why. */
export interface AwardCut {
  readonly before: Reimbursement;
  readonly reversedFen: Fen;
  readonly recalledFen: Fen;
  readonly why: Why;
  readonly steps: readonly Step[];
  /** Of a red letter: the second computation. */
  readonly anew?: ComputedAnew;
}

/**
 * So much of a gathered award (fen, at most what stands of it) taken back. Refuses CORRECTION_WAITS_FOR_BATCH where a batch that is not
 * instructed yet holds the money.
 */
export function cutAward(
  facts: Facts,
  before: Reimbursement,
  dueFen: Fen,
  of: { readonly why: Why; readonly steps: readonly Step[]; readonly anew?: ComputedAnew },
): { kind: 'cut'; cut: AwardCut } | Refused {
  const { reimbursementNo, settlementId } = before;
  const batch = settlementId === null ? undefined : facts.get(settlementShelf, settlementId);
  if (batch && isBeforeBank(batch) && dueFen > 0n) {
    const params = { caseNo: reimbursementNo, settlementNo: batch.settlementNo, state: batch.status };
    return refused('CORRECTION_WAITS_FOR_BATCH', params);
  }
  // What was off-set counts as paid.
  const reversedFen = minFen(dueFen, payableOfAward(before));
  const recalledFen = dueFen - reversedFen;
  const step = (amountFen: Fen, ruleZh: string, ruleEn: string): Step[] => {
    const inputs = { granted: formatYuan(standingOfAward(before)) };
    return amountFen === 0n ? [] : [{ ...of.why.cite, ruleZh, ruleEn, inputs, result: formatYuan(amountFen) }];
  };
  const taken = [
    ...step(
      reversedFen,
      '冲回尚未拨付的补助，资金和限额同时恢复',
      'what is not paid yet is available again, to the pool and to limits',
    ),
    ...step(recalledFen, '追回已拨付的超出部分', 'what was paid beyond is recovered'),
  ];
  return { kind: 'cut', cut: { before, reversedFen, recalledFen, ...of, steps: [...of.steps, ...taken] } };
}

/** What of an award stands beyond what it may come to (fen). */
export const beyondAward = (row: Reimbursement, { awardFen }: ComputedAnew): Fen => {
  const standsFen = standingOfAward(row);
  return standsFen - minFen(standsFen, awardFen);
};

/** Records awards that were cut: of each a correction, the recovery that it opens (`proposed`, where it waited for that), and the rows. */
export function recordedAwards(
  facts: Facts,
  command: Command<unknown>,
  subjectId: string,
  cuts: readonly AwardCut[],
  proposed?: Recovery,
): Following & { readonly recoveries: readonly Recovery[] } {
  const { bookId } = facts;
  const { numbers, changes } = numbersFor(
    facts,
    command.today,
    cuts.map(({ recalledFen }) => ({ recoveries: recalledFen > 0n && !proposed ? 1 : 0 })),
  );
  const done = cuts.map(({ before, reversedFen, recalledFen, why, steps, anew }, i) => {
    const { reimbursementId, programmeCode, enterpriseId } = before;
    const debtorId = paidTo(facts, enterpriseId)?.payeeId ?? enterpriseId;
    const fund = before.fund ?? '';
    const charged = chargedWithAward(facts, before);
    const restoredFen = why.atFault ? 0n : recalledFen;
    const row: Reimbursement = {
      ...before,
      reversedFen: before.reversedFen + reversedFen,
      recalledFen: before.recalledFen + recalledFen,
      restoredFen: before.restoredFen + restoredFen,
    };
    const correctionId = command.newId();
    const given = numbers[i] ?? { correctionNo: '', recoveryNos: [] };
    const ofAward = { contractId: null, reimbursementId, programmeCode };
    const sums = { returnedFen: 0n, voidedFen: 0n, reversedFen, recalledFen };
    const correction = correctionRow(bookId, command, why, {
      ...ofAward,
      correctionId,
      correctionNo: given.correctionNo,
      subjectId,
      sums,
      steps,
    });
    const recoveryId = proposed?.recoveryId ?? facts.noted(recoveryIds, idKey(command, before));
    const recoveryNo = proposed?.recoveryNo ?? given.recoveryNos[0] ?? '';
    const opened =
      recalledFen > 0n || proposed
        ? openedRow(bookId, command, why, {
            ...ofAward,
            proposed,
            correctionId,
            recoveryId,
            recoveryNo,
            debtorId,
            fund,
            amountFen: recalledFen,
          })
        : null;
    // Where nothing had been paid, it is over with its opening.
    const recovery: Recovery | null =
      opened && recalledFen === 0n ? { ...opened, status: 'RECOVERED', endedPerson: why.personId, endedOn: why.today } : opened;
    const item: RecoveryItem = {
      bookId,
      recoveryItemId: command.newId(),
      recoveryId,
      redemptionId: null,
      amountFen: recalledFen,
      restoredFen,
      reimbursementId,
    };
    const computation: AwardComputation | undefined = anew && {
      bookId,
      correctionId,
      reimbursementId,
      baseFen: anew.baseFen,
      computedFen: anew.computedFen,
      awardFen: anew.awardFen,
    };
    const told = { amount: formatYuan(standingOfAward(row)), before: formatYuan(standingOfAward(before)), reason: why.reason };
    return {
      correction,
      recovery,
      postings: about(reimbursementId, [
        ...awardReversed({ payeeId: enterpriseId, fund, amountFen: reversedFen, charged }),
        ...charged.flatMap((at) => limitRestored({ at, amountFen: restoredFen })),
        ...recoveryOpened({ debtorId, recoveryId, fund, amountFen: recalledFen }),
      ]),
      messages: [
        toldOf(reimbursementCases, before, 'case.award_corrected', told),
        ...(recovery && recalledFen > 0n ? [toldOfOpening(recovery)] : []),
      ],
      changes: [
        update(reimbursementShelf, row),
        insert(correctionShelf, correction),
        ...(recovery ? [proposed ? update(recoveryShelf, recovery) : insert(recoveryShelf, recovery)] : []),
        ...(recalledFen > 0n ? [insert(recoveryItemShelf, item)] : []),
        ...(computation ? [insert(awardComputationShelf, computation)] : []),
      ],
    };
  });
  return {
    kind: 'followed',
    postings: done.flatMap((of) => of.postings),
    changes: [...(cuts.length === 0 ? [] : changes), ...done.flatMap((of) => of.changes)],
    messages: done.flatMap((of) => of.messages),
    corrections: done.map(({ correction, recovery }): Followed => ({
      ...presentCorrection(correction),
      recoveryNos: recovery ? [recovery.recoveryNo] : [],
    })),
    recoveries: done.flatMap(({ recovery }) => recovery ?? []),
  };
}
