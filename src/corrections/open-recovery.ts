import type { z } from 'zod';
import type { Recovery } from '../../db/tables.js';
import type { proposeRecovery as body } from '../../schemas/recoveries.js';
import { contractShelf } from '../contracts/facts.js';
import { yearOf } from '../calendar.js';
import { accountOf } from '../ledger/chart.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { recoveryShelf } from '../recoveries/facts.js';
import { presentRecovery, refuseRecovery } from '../recoveries/rules.js';
import { voucherShelf } from '../vouchers/facts.js';
import type { Followed } from './follow.js';
import { reasonOf } from './follow.js';
import { citeOf, corrected, cutBackOf, gatherStanding, numbersFor } from './gather.js';
import { presentCorrection } from './rules.js';

type Result = ReturnType<typeof presentRecovery>;

/**
 * A reviewer proposes to recover all that was paid on a voucher got by fraud (弄虚作假骗取, 一经查实退回). Nothing moves before another person
 * opens it. Refuses NOT_FOUND, RECOVERY_PROPOSED while another waits for the same voucher.
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
    await loader.load(
      contractShelf,
      'id',
      vouchers.map(({ contractId }) => contractId),
    );
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const voucher = facts.get(voucherShelf, body.voucherId);
    const contract = voucher && facts.get(contractShelf, voucher.contractId);
    if (!voucher || !contract) return refused('NOT_FOUND', {}, '/voucherId');
    const open = facts.all(recoveryShelf, 'voucher', voucher.voucherId).find(({ status }) => status === 'PROPOSED');
    if (open) return refused('RECOVERY_PROPOSED', { voucherNo: voucher.voucherNo, recoveryNo: open.recoveryNo }, '/voucherId');
    // After this line the command succeeds.
    const { number, changes } = takeNumber(facts, seriesOf('RC', yearOf(today)));
    const row: Recovery = {
      ...{
        bookId: facts.bookId,
        recoveryId: id,
        recoveryNo: number,
        cause: 'FRAUD',
        correctionId: null,
        debtorId: contract.providerId,
      },
      ...{
        fund: voucher.fund,
        programmeCode: voucher.programmeCode,
        contractId: voucher.contractId,
        voucherId: voucher.voucherId,
      },
      ...{ amountFen: 0n, receivedFen: 0n, atFault: true, status: 'PROPOSED', reason: body.reason, documentNo: body.documentNo },
      ...{ proposedPerson: actor.personId, openedPerson: null, openedOn: null, servedOn: null, dueOn: null, appealReason: null },
      ...{ appealPerson: null, appealDecidedBy: null, appealDecision: null, writeOffReason: null, writeOffAskedBy: null },
      ...{ endedPerson: null, endedOn: null, recordedAt: receivedAt.toISOString() },
    };
    return accepted({
      decision: 'recovery.proposed',
      subjectId: id,
      result: presentRecovery(row),
      changes: [insert(recoveryShelf, row), ...changes],
    });
  },
};

/**
 * A second person opens a proposed recovery: the voucher is revoked, what waits is returned, what is not instructed reversed, and all that was
 * paid on it is recovered (B 九(五)); limits get nothing back. Refuses NOT_FOUND, RECOVERY_WRONG_STATE, FOUR_EYES,
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
    if (actor.personId === before.proposedPerson) return refused('FOUR_EYES');
    const { programmeCode, contractId, voucherId, reason } = before;
    const why = {
      ...reasonOf(command, { cause: 'FRAUD', atFault: true, reason }),
      cite: citeOf(facts, voucher, contract.signedOn),
    };
    const cut = cutBackOf(facts, contractId, programmeCode, why, voucherId ?? undefined);
    cut.step(
      '弄虚作假骗取补助，撤销并全额追回',
      'got by fraud: revoked and recovered in full',
      { voucherNo: voucher.voucherNo },
      voucher.faceFen,
    );
    cut.returnWaiting();
    cut.revoke();
    const waits = cut.takeBack(cut.claimedFen(), cut.newestFirst(), 'AVAILABLE') ?? cut.levelOut('AVAILABLE');
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
