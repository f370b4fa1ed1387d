import type { z } from 'zod';
import type { Recovery } from '../../db/tables.js';
import type { proposeRecovery as schema } from '../../schemas/recoveries.js';
import { contractShelf } from '../contracts/facts.js';
import { yearOf } from '../calendar.js';
import { accountOf } from '../ledger/chart.js';
import type { Facts } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Command, Decision, Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import { percent } from '../programmes/explain.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { documentName } from '../programmes/language.js';
import { gatherControls } from '../programmes/laws.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { lawOf } from '../redemptions/gather.js';
import { recoveryShelf } from '../recoveries/facts.js';
import { presentRecovery, refuseRecovery } from '../recoveries/rules.js';
import { reimbursementShelf } from '../reimbursements/facts.js';
import { lawOf as lawOfAward } from '../reimbursements/gather.js';
import { standingOfAward } from '../reimbursements/rules.js';
import { voucherShelf } from '../vouchers/facts.js';
import { citeOfAward, cutAward, gatherAwards, recordedAwards } from './cut-award.js';
import type { Followed } from './follow.js';
import { reasonOf } from './follow.js';
import { citeOf, corrected, cutBackOf, gatherStanding } from './gather.js';
import { numbersFor } from './record.js';
import { presentCorrection } from './rules.js';

type Result = ReturnType<typeof presentRecovery>;

/** A voucher or an award, as what is proposed against it needs to know it. */
interface Against {
  readonly kind: 'against';
  readonly no: string;
  readonly pointer: string;
  readonly law: ProgrammeVersion;
  readonly row: Pick<Recovery, 'debtorId' | 'fund' | 'programmeCode' | 'contractId' | 'voucherId' | 'reimbursementId'>;
  /** The recovery that waits for a second person already. */
  readonly open: Recovery | undefined;
}

const isProposed = ({ status }: Recovery): boolean => status === 'PROPOSED';

/** What is gathered under one of the two ids. Refuses NOT_FOUND, NO_AWARD_TO_TAKE_BACK. */
function againstOf(facts: Facts, body: Pick<z.output<typeof schema>, 'voucherId' | 'reimbursementId'>): Against | Refused {
  if (body.reimbursementId !== undefined) {
    const pointer = '/reimbursementId';
    const award = facts.get(reimbursementShelf, body.reimbursementId);
    if (!award) return refused('NOT_FOUND', {}, pointer);
    const { reimbursementId, reimbursementNo: no, enterpriseId: debtorId, fund, programmeCode } = award;
    if (fund === null || standingOfAward(award) === 0n) {
      return refused('NO_AWARD_TO_TAKE_BACK', { reimbursementNo: no }, pointer);
    }
    return {
      kind: 'against',
      no,
      pointer,
      law: lawOfAward(facts, award).law,
      row: { debtorId, fund, programmeCode, contractId: null, voucherId: null, reimbursementId },
      open: facts.all(recoveryShelf, 'reimbursement', reimbursementId).find(isProposed),
    };
  }
  const pointer = '/voucherId';
  const voucher = facts.get(voucherShelf, body.voucherId ?? '');
  const contract = voucher && facts.get(contractShelf, voucher.contractId);
  if (!voucher || !contract) return refused('NOT_FOUND', {}, pointer);
  const { voucherId, voucherNo: no, fund, programmeCode, contractId } = voucher;
  return {
    kind: 'against',
    no,
    pointer,
    law: lawOf(facts, voucher).law,
    row: { debtorId: contract.providerId, fund, programmeCode, contractId, voucherId, reimbursementId: null },
    open: facts.all(recoveryShelf, 'voucher', voucherId).find(isProposed),
  };
}

/**
 * A reviewer proposes to recover what was paid on a voucher, or an award: all of it where it was got by fraud (弄虚作假骗取, 一经查实退回), or the
 * part that a clause of its law says is given back (a condition not met, an agreement broken). Nothing moves before another person opens it.
 * Refuses NOT_FOUND, NO_AWARD_TO_TAKE_BACK, RECOVERY_PROPOSED while another waits for the same, CLAUSE_UNKNOWN, POLICY_SILENT where the
 * clause does not say how much.
 */
export const proposeRecovery: Verb<z.output<typeof schema>, Result> = {
  name: 'recovery.propose',
  money: false,

  async gather(loader, commands) {
    const ids = commands.flatMap(({ body }) => body.voucherId ?? []);
    const awardIds = commands.flatMap(({ body }) => body.reimbursementId ?? []);
    const [vouchers, awards] = await Promise.all([
      loader.load(voucherShelf, 'id', ids),
      loader.load(reimbursementShelf, 'id', awardIds),
      loader.load(recoveryShelf, 'voucher', ids),
      loader.load(recoveryShelf, 'reimbursement', awardIds),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf('RC', yearOf(today))),
      ),
    ]);
    await Promise.all([
      loader.load(
        contractShelf,
        'id',
        vouchers.map(({ contractId }) => contractId),
      ),
      loader.load(
        programmeVersionShelf,
        'id',
        [...vouchers, ...awards].map(({ programmeVersionId }) => programmeVersionId),
      ),
      gatherControls(loader),
    ]);
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const against = againstOf(facts, body);
    if (against.kind === 'refused') return against;
    const { no, pointer, open } = against;
    if (open) return refused('RECOVERY_PROPOSED', { of: no, recoveryNo: open.recoveryNo }, pointer);
    const clause = body.clause === undefined ? null : clauseOf(against.law, against.row.programmeCode, body.clause.id);
    if (clause?.kind === 'refused') return clause;
    // After this line the command succeeds.
    const { number, changes } = takeNumber(facts, seriesOf('RC', yearOf(today)));
    const row: Recovery = {
      bookId: facts.bookId,
      recoveryId: id,
      recoveryNo: number,
      cause: body.clause === undefined ? 'FRAUD' : 'CLAUSE',
      clauseId: body.clause?.id ?? null,
      correctionId: null,
      ...against.row,
      amountFen: 0n,
      receivedFen: 0n,
      atFault: body.clause?.atFault ?? true,
      status: 'PROPOSED',
      reason: body.reason,
      documentNo: body.documentNo,
      proposedPerson: actor.personId,
      openedPerson: null,
      openedOn: null,
      servedOn: null,
      dueOn: null,
      appealReason: null,
      appealPerson: null,
      appealDecidedBy: null,
      appealDecision: null,
      writeOffReason: null,
      writeOffAskedBy: null,
      endedPerson: null,
      endedOn: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'recovery.proposed',
      subjectId: id,
      result: presentRecovery(row),
      changes: [insert(recoveryShelf, row), ...changes],
    });
  },
};

/** A clause of clawback of a law. Refuses CLAUSE_UNKNOWN, POLICY_SILENT. */
function clauseOf(law: ProgrammeVersion, programme: string, clauseId: string) {
  const clause = law.clauses.find(({ id, kind }) => id === clauseId && kind === 'CLAWBACK');
  if (!clause) {
    const known = law.clauses.filter(({ kind }) => kind === 'CLAWBACK').map(({ id }) => id);
    return refused('CLAUSE_UNKNOWN', { programme, clause: clauseId, clauses: known.join('、') || '—' }, '/clause/id');
  }
  const { basisPoints, text, cite } = clause;
  if (basisPoints === null)
    return refused('POLICY_SILENT', { programme, parameter: `clauses.${clauseId}.basisPoints` }, '/clause/id');
  return { kind: 'clause' as const, basisPoints, text, cite: { document: documentName(law, cite), article: cite.article } };
}

/** The part that a clause names of what was approved, down to the fen. */
const partOf = (fen: Fen, { basisPoints }: { readonly basisPoints: number }): Fen => (fen * BigInt(basisPoints)) / 10_000n;

/**
 * A second person opens a proposed recovery: the voucher is revoked, what waits is returned, what is not instructed reversed, and all that was
 * paid on it is recovered (B 九(五)); limits get nothing back. An award is taken back whole: before payment to the pool, and the recovery is
 * over with that; after it by the recovery. By a clause its part of what was approved is taken back, and no more. Refuses NOT_FOUND,
 * RECOVERY_WRONG_STATE, FOUR_EYES, CORRECTION_WAITS_FOR_BATCH, NO_AWARD_TO_TAKE_BACK, NOTHING_TO_RECOVER where nothing was paid on a
 * voucher: revoking it is enough then.
 */
export const openRecovery: Verb<{ readonly id?: string }, Result & { corrections: Followed[] }> = {
  name: 'recovery.open',
  money: true,

  async gather(loader, commands) {
    const rows = await loader.load(
      recoveryShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    const byId = new Map(rows.map((row) => [row.recoveryId, row]));
    await Promise.all([
      gatherStanding(
        loader,
        commands.flatMap((command) => {
          const contractId = byId.get(command.body.id ?? '')?.contractId ?? null;
          return contractId === null ? [] : [{ command, contractId }];
        }),
      ),
      loader.accounts(rows.map(({ recoveryId, fund }) => accountOf.claim(recoveryId, fund))),
    ]);
    const awards = await loader.load(
      reimbursementShelf,
      'id',
      rows.flatMap(({ reimbursementId }) => reimbursementId ?? []),
    );
    await gatherAwards(
      loader,
      commands.flatMap((command) => {
        const recovery = byId.get(command.body.id ?? '');
        const row = awards.find(({ reimbursementId }) => reimbursementId === recovery?.reimbursementId);
        return row ? [{ command, row }] : [];
      }),
    );
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const before = facts.get(recoveryShelf, body.id ?? '');
    if (!before) return refused('NOT_FOUND');
    const wrongState = refuseRecovery(before, 'open');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, before.proposedPerson)) return refused('FOUR_EYES');
    if (before.reimbursementId !== null) return openedOnAward(facts, command, before, before.reimbursementId);
    const contract = facts.get(contractShelf, before.contractId ?? '');
    const voucher = facts.get(voucherShelf, before.voucherId ?? '');
    if (!contract || !voucher) throw new Error('a recovery has lost its voucher');
    const { programmeCode, voucherId, reason } = before;
    const { contractId } = contract;
    const { cause, clauseId, atFault } = before;
    const clause = clauseId === null ? null : clauseOf(lawOf(facts, voucher).law, programmeCode, clauseId);
    if (clause?.kind === 'refused') return clause;
    const why = {
      ...reasonOf(command, { cause, atFault, reason }),
      cite: clause?.cite ?? citeOf(facts, voucher, contract.signedOn),
    };
    const cut = cutBackOf(facts, contractId, programmeCode, why, voucherId ?? undefined);
    const { voucherNo } = voucher;
    let dueFen = cut.claimedFen();
    if (clause) {
      // What the voucher can still pay is another decision's.
      const inputs = { voucherNo, base: formatYuan(dueFen), rate: percent(clause.basisPoints) };
      dueFen = partOf(dueFen, clause);
      cut.step(clause.text.zh, clause.text.en, inputs, dueFen);
    } else {
      cut.step('弄虚作假骗取补助，撤销并全额追回', 'got by fraud: revoked and recovered in full', { voucherNo }, voucher.faceFen);
      cut.returnWaiting();
      cut.revoke();
    }
    const waits = cut.takeBack(dueFen, cut.newestFirst(), 'AVAILABLE') ?? cut.levelOut('AVAILABLE');
    if (waits) return waits;
    if (cut.sums.recalledFen === 0n) return refused('NOTHING_TO_RECOVER', { voucherNo: voucher.voucherNo });
    // After this line the command succeeds.
    const { numbers, changes } = numbersFor(facts, today, [{ recoveries: 0 }]);
    const given = numbers[0] ?? { correctionNo: '', recoveryNos: [] };
    const of = { subjectId: before.recoveryId, contract, programmeCode, proposed: before, numbers: given };
    const { correction, recoveries, messages, changes: rows } = corrected(facts, cut, command, of);
    const [row] = recoveries;
    return accepted({
      decision: 'recovery.opened',
      subjectId: before.recoveryId,
      result: {
        ...presentRecovery(row ?? before),
        corrections: [{ ...presentCorrection(correction), recoveryNos: recoveries.map(({ recoveryNo }) => recoveryNo) }],
      },
      postings: cut.postings,
      changes: [...changes, ...rows],
      messages,
    });
  },
};

/** What opening does to an award: whole, or the part that its clause names. Refuses NO_AWARD_TO_TAKE_BACK, CORRECTION_WAITS_FOR_BATCH. */
function openedOnAward(
  facts: Facts,
  command: Command<unknown>,
  before: Recovery,
  reimbursementId: string,
): Decision<Result & { corrections: Followed[] }> {
  const award = facts.get(reimbursementShelf, reimbursementId);
  if (!award) throw new Error('a recovery has lost its award');
  const { reimbursementNo } = award;
  const { cause, clauseId, atFault, reason } = before;
  const clause = clauseId === null ? null : clauseOf(lawOfAward(facts, award).law, before.programmeCode, clauseId);
  if (clause?.kind === 'refused') return clause;
  const standsFen = standingOfAward(award);
  const dueFen = clause ? partOf(standsFen, clause) : standsFen;
  if (dueFen === 0n) return refused('NO_AWARD_TO_TAKE_BACK', { reimbursementNo });
  const why = { ...reasonOf(command, { cause, atFault, reason }), cite: clause?.cite ?? citeOfAward(facts, award) };
  const granted = formatYuan(standsFen);
  const step = {
    ...why.cite,
    ruleZh: clause?.text.zh ?? '弄虚作假骗取补助，撤销并全额收回',
    ruleEn: clause?.text.en ?? 'got by fraud: the award is revoked and taken back in full',
    inputs: { reimbursementNo, granted, ...(clause ? { rate: percent(clause.basisPoints) } : {}) },
    result: formatYuan(dueFen),
  };
  const cut = cutAward(facts, award, dueFen, { why, steps: [step] });
  if (cut.kind === 'refused') return cut;
  // After this line the command succeeds.
  const { recoveries, corrections, ...followed } = recordedAwards(facts, command, before.recoveryId, [cut.cut], before);
  return accepted({
    decision: 'recovery.opened',
    subjectId: before.recoveryId,
    result: { ...presentRecovery(recoveries[0] ?? before), corrections },
    postings: followed.postings,
    changes: followed.changes,
    messages: followed.messages,
  });
}
