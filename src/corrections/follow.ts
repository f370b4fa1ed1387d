// What follows from a contract that was cut or voided, programme by programme; and how a command tells it.
import type { Contract } from '../../db/tables.js';
import type { WholeContract } from '../contracts/rules.js';
import type { Change, Facts } from '../ledger/facts.js';
import type { Command, Refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import type { Posting } from '../ledger/templates.js';
import { atLeastNone, formatYuan, minFen } from '../money.js';
import { voucherShelf } from '../vouchers/facts.js';
import type { CutBack, Why } from './cut-back.js';
import { ceilingOf, citeOf, corrected, cutBackOf, programmesOn } from './gather.js';
import { numbersFor } from './record.js';
import { presentCorrection } from './rules.js';

export type Followed = ReturnType<typeof presentCorrection> & { recoveryNos: string[] };
export interface Following {
  readonly kind: 'followed';
  readonly postings: Posting[];
  readonly changes: Change[];
  readonly messages: Message[];
  readonly corrections: Followed[];
}

type Reason = Omit<Why, 'cite'>;

export const reasonOf = (
  { actor, today, receivedAt, newId }: Command,
  of: { cause: Why['cause']; atFault: boolean; reason: string },
): Reason => ({ ...of, personId: actor.personId, today, receivedAt, newId });

/** Records what was cut back under each programme. */
export function recorded(
  facts: Facts,
  command: Command,
  contract: Contract,
  subjectId: string,
  cuts: readonly { programmeCode: string; cut: CutBack }[],
): Following {
  const { numbers, changes } = numbersFor(
    facts,
    command.today,
    cuts.map(({ cut }) => ({ recoveries: cut.recalledFunds })),
  );
  const done = cuts.map(({ programmeCode, cut }, i) => {
    const given = numbers[i] ?? { correctionNo: '', recoveryNos: [] };
    return { cut, ...corrected(facts, cut, command, { subjectId, contract, programmeCode, numbers: given }) };
  });
  return {
    kind: 'followed',
    postings: done.flatMap(({ cut }) => cut.postings),
    changes: [...(cuts.length === 0 ? [] : changes), ...done.flatMap((of) => of.changes)],
    messages: done.flatMap((of) => of.messages),
    corrections: done.map(({ correction, recoveries }) => ({
      ...presentCorrection(correction),
      recoveryNos: recoveries.map(({ recoveryNo }) => recoveryNo),
    })),
  };
}

/**
 * What follows from a contract as it is now, by programme (DOMAIN 1.3-9): where claims and balances come to more than rate × its amount,
 * reservations are returned, balances voided as far as needed, approvals reversed that are not instructed, and what was paid beyond is
 * recovered. Refuses CORRECTION_WAITS_FOR_BATCH.
 */
export function followCut(
  facts: Facts,
  command: Command,
  of: { whole: WholeContract; subjectId: string; reason: string },
): Following | Refused {
  const { contract } = of.whole;
  const cuts: { programmeCode: string; cut: CutBack }[] = [];
  for (const programmeCode of programmesOn(facts, contract.contractId)) {
    const vouchers = facts
      .all(voucherShelf, 'contract', contract.contractId)
      .filter((row) => row.programmeCode === programmeCode);
    const ceilings = vouchers.map((voucher) => ceilingOf(facts, voucher, of.whole, command.today));
    const highest = ceilings.reduce((a, b) => (b.fen > a.fen ? b : a));
    const why: Why = { ...reasonOf(command, { cause: 'CONTRACT_CUT', atFault: false, reason: of.reason }), cite: highest.cite };
    const cut = cutBackOf(facts, contract.contractId, programmeCode, why);
    const heldFen = cut.balanceFen + cut.standing.claimedFen;
    if (heldFen <= highest.fen) continue;
    const excess = formatYuan(heldFen - highest.fen);
    const inputs = { contract: formatYuan(contract.grossFen), held: formatYuan(heldFen), excess };
    cut.step('按变更后的合同金额重新计算补助上限', 'the ceiling by the contract as amended', inputs, highest.fen);
    cut.returnWaiting();
    // What was returned to a voucher that has ended is held no more.
    const excessFen = cut.balanceFen + cut.standing.claimedFen - highest.fen;
    cut.voidBalances(minFen(atLeastNone(excessFen), cut.balanceFen));
    const beyondFen = atLeastNone(cut.standing.claimedFen - highest.fen);
    const waits = cut.takeBack(beyondFen, cut.newestFirst(), 'AVAILABLE') ?? cut.levelOut('AVAILABLE');
    if (waits) return waits;
    cuts.push({ programmeCode, cut });
  }
  return recorded(facts, command, contract, of.subjectId, cuts);
}

/** What follows from a contract that is void: nothing of it stands. Refuses CORRECTION_WAITS_FOR_BATCH. */
export function followVoid(
  facts: Facts,
  command: Command,
  of: { contract: Contract; atFault: boolean; reason: string },
): Following | Refused {
  const { contract } = of;
  const cuts: { programmeCode: string; cut: CutBack }[] = [];
  for (const programmeCode of programmesOn(facts, contract.contractId)) {
    const [voucher] = facts
      .all(voucherShelf, 'contract', contract.contractId)
      .filter((row) => row.programmeCode === programmeCode);
    if (!voucher) continue;
    const cite = citeOf(facts, voucher, contract.signedOn);
    const why: Why = { ...reasonOf(command, { cause: 'CONTRACT_VOIDED', atFault: of.atFault, reason: of.reason }), cite };
    const cut = cutBackOf(facts, contract.contractId, programmeCode, why);
    if (cut.balanceFen + cut.standing.claimedFen === 0n) continue;
    cut.step('合同作废，补助上限为零', 'the contract is void: nothing of it stands', {}, 0n);
    cut.returnWaiting();
    if (of.atFault) cut.revoke();
    else cut.voidBalances(cut.balanceFen);
    const waits = cut.takeBack(cut.standing.claimedFen, cut.newestFirst(), 'AVAILABLE') ?? cut.levelOut('AVAILABLE');
    if (waits) return waits;
    cuts.push({ programmeCode, cut });
  }
  return recorded(facts, command, contract, contract.contractId, cuts);
}
