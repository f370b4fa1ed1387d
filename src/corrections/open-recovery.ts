import type { z } from 'zod';
import type { Recovery, Voucher } from '../../db/tables.js';
import type { proposeRecovery as body } from '../../schemas/recoveries.js';
import { contractShelf } from '../contracts/facts.js';
import { yearOf } from '../calendar.js';
import { accountOf } from '../ledger/chart.js';
import type { Facts } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { formatYuan } from '../money.js';
import { percent } from '../programmes/explain.js';
import { documentName } from '../programmes/language.js';
import { gatherControls } from '../programmes/laws.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { lawOf } from '../redemptions/gather.js';
import { recoveryShelf } from '../recoveries/facts.js';
import { presentRecovery, refuseRecovery } from '../recoveries/rules.js';
import { voucherShelf } from '../vouchers/facts.js';
import type { Followed } from './follow.js';
import { reasonOf } from './follow.js';
import { citeOf, corrected, cutBackOf, gatherStanding, numbersFor } from './gather.js';
import { presentCorrection } from './rules.js';

type Result = ReturnType<typeof presentRecovery>;

/**
 * A reviewer proposes to recover what was paid on a voucher: all of it where it was got by fraud (弄虚作假骗取, 一经查实退回), or the part that a
 * clause of the voucher's law says is given back (a condition not met, an agreement broken). Nothing moves before another person opens it.
 * Refuses NOT_FOUND, RECOVERY_PROPOSED while another waits for the same voucher, CLAUSE_UNKNOWN, POLICY_SILENT where the clause does not
 * say how much.
 */
export const proposeRecovery: Verb<z.output<typeof body>, Result> = {
  name: 'recovery.propose',
  money: false,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.voucherId);
    const [vouchers] = await Promise.all([
      loader.load(voucherShelf, 'id', ids),
      loader.load(recoveryShelf, 'voucher', ids),
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
        vouchers.map(({ programmeVersionId }) => programmeVersionId),
      ),
      gatherControls(loader),
    ]);
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const voucher = facts.get(voucherShelf, body.voucherId);
    const contract = voucher && facts.get(contractShelf, voucher.contractId);
    if (!voucher || !contract) return refused('NOT_FOUND', {}, '/voucherId');
    const open = facts.all(recoveryShelf, 'voucher', voucher.voucherId).find(({ status }) => status === 'PROPOSED');
    if (open) return refused('RECOVERY_PROPOSED', { voucherNo: voucher.voucherNo, recoveryNo: open.recoveryNo }, '/voucherId');
    const clause = body.clause === undefined ? null : clauseOf(facts, voucher, body.clause.id);
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
      debtorId: contract.providerId,
      fund: voucher.fund,
      programmeCode: voucher.programmeCode,
      contractId: voucher.contractId,
      voucherId: voucher.voucherId,
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

/** A clause of clawback of the law that a gathered voucher was issued under. Refuses CLAUSE_UNKNOWN, POLICY_SILENT. */
function clauseOf(facts: Facts, voucher: Voucher, clauseId: string) {
  const { law } = lawOf(facts, voucher);
  const clause = law.clauses.find(({ id, kind }) => id === clauseId && kind === 'CLAWBACK');
  const programme = voucher.programmeCode;
  if (!clause) {
    const known = law.clauses.filter(({ kind }) => kind === 'CLAWBACK').map(({ id }) => id);
    return refused('CLAUSE_UNKNOWN', { programme, clause: clauseId, clauses: known.join('、') || '—' }, '/clause/id');
  }
  const { basisPoints, text, cite } = clause;
  if (basisPoints === null)
    return refused('POLICY_SILENT', { programme, parameter: `clauses.${clauseId}.basisPoints` }, '/clause/id');
  return { kind: 'clause' as const, basisPoints, text, cite: { document: documentName(law, cite), article: cite.article } };
}

/**
 * A second person opens a proposed recovery: the voucher is revoked, what waits is returned, what is not instructed reversed, and all that was
 * paid on it is recovered (B 九(五)); limits get nothing back. By a clause its part of what was approved is taken back, and no more. Refuses NOT_FOUND, RECOVERY_WRONG_STATE, FOUR_EYES,
 * CORRECTION_WAITS_FOR_BATCH, NOTHING_TO_RECOVER where nothing was paid: revoking the voucher is enough then.
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
          const row = byId.get(command.body.id ?? '');
          return row ? [{ command, contractId: row.contractId }] : [];
        }),
      ),
      loader.accounts(rows.map(({ recoveryId, fund }) => accountOf.claim(recoveryId, fund))),
    ]);
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const before = facts.get(recoveryShelf, body.id ?? '');
    const contract = before && facts.get(contractShelf, before.contractId);
    const voucher = before?.voucherId ? facts.get(voucherShelf, before.voucherId) : undefined;
    if (!before || !contract || !voucher) return refused('NOT_FOUND');
    const wrongState = refuseRecovery(before, 'open');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, before.proposedPerson)) return refused('FOUR_EYES');
    const { programmeCode, contractId, voucherId, reason } = before;
    const { cause, clauseId, atFault } = before;
    const clause = clauseId === null ? null : clauseOf(facts, voucher, clauseId);
    if (clause?.kind === 'refused') return clause;
    const why = {
      ...reasonOf(command, { cause, atFault, reason }),
      cite: clause?.cite ?? citeOf(facts, voucher, contract.signedOn),
    };
    const cut = cutBackOf(facts, contractId, programmeCode, why, voucherId ?? undefined);
    const { voucherNo } = voucher;
    let dueFen = cut.claimedFen();
    if (clause) {
      // The part that the clause names of what was approved, down to the fen; what the voucher can still pay is another decision's.
      const inputs = { voucherNo, base: formatYuan(dueFen), rate: percent(clause.basisPoints) };
      dueFen = (dueFen * BigInt(clause.basisPoints)) / 10_000n;
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
