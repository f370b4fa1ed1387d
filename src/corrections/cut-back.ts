// What was promised and paid on a contract under one programme, cut back to what it may come to: reservations are returned, the balances of
// vouchers voided, approvals reversed, and only what was paid beyond is recalled. Step by step, each on what the one before left. Pure.
import type { Recovery, RecoveryItem, Redemption, Settlement, UsageInvoice, Voucher } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import type { Step } from '../ledger/explanations.js';
import type { Change } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import type { Posting } from '../ledger/templates.js';
import { about, limitRestored, recoveryOpened, redemptionReversed } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import { formatYuan, minFen, sumFen } from '../money.js';
import { recoveryItemShelf } from '../recoveries/facts.js';
import { redemptionShelf } from '../redemptions/facts.js';
import { withoutWaiting } from '../redemptions/rules.js';
import type { Approval } from '../redemptions/reverse.js';
import type { Gone, TakingBack } from '../redemptions/take-back.js';
import { afterReversal, returned, reversibleFen } from '../redemptions/take-back.js';
import { toldOfReturn } from '../redemptions/told.js';
import { isBeforeBank } from '../settlements/rules.js';
import { invoiceShelf } from '../usage/facts.js';
import type { EndRule } from '../vouchers/endings.js';
import { comeBack, endPart } from '../vouchers/endings.js';
import { voucherShelf } from '../vouchers/facts.js';
import type { HeldVoucher, Standing } from '../vouchers/rules.js';
import { hasEnded, restated, together, weightOf } from '../vouchers/rules.js';

/** A voucher of the contract, with what taking back on it rests on. */
export interface CutVoucher extends HeldVoucher {
  readonly back: TakingBack;
}
/** A redemption of the contract with its invoice, how it was approved, and the batch that took it. */
export interface CutRedemption {
  readonly redemption: Redemption;
  readonly invoice: UsageInvoice;
  readonly approval: Approval;
  readonly settlement: Settlement | undefined;
  /** What red letters took of its part in where the contract stands. */
  readonly gone: Gone;
  /** What ends with it where it is returned: a first approval that waits for a second. */
  readonly ended: readonly Change[];
}
/**
 * Why money is taken back, and what that means for limits: what was never paid they get back in any case; what is recalled they get back
 * without fault, and do not with it.
 */
export interface Why {
  readonly cause: Recovery['cause'];
  readonly atFault: boolean;
  readonly reason: string;
  readonly personId: string;
  readonly today: Day;
  readonly receivedAt: Date;
  readonly newId: () => string;
  /** The words of the rule that is followed. */
  readonly cite: { readonly document: string; readonly article: string };
}

/** Where reversed money goes while its voucher lives: back to it, or to what is available. */
export type Home = 'VOUCHER' | 'AVAILABLE';

export class CutBack {
  readonly postings: Posting[] = [];
  readonly changes: Change[] = [];
  readonly steps: Step[] = [];
  readonly messages: Message[] = [];
  readonly sums = { returnedFen: 0n, voidedFen: 0n, reversedFen: 0n, recalledFen: 0n };
  /** What of the reversals and recalls was added to what is cut off for good. */
  cutOffFen = 0n;
  readonly #vouchers: Map<string, CutVoucher>;
  readonly #redemptions: Map<string, CutRedemption>;
  /** By fund: what is recalled, and of which redemptions. */
  readonly #recalled = new Map<
    string,
    { debtorId: string; items: { redemption: Redemption; amountFen: Fen; restoredFen: Fen }[] }
  >();
  standing: Standing;

  constructor(
    of: {
      readonly vouchers: readonly CutVoucher[];
      readonly redemptions: readonly CutRedemption[];
      readonly standing: Standing;
      readonly lowestRate: number;
      /** The one voucher that is taken back; else all of the contract's. */
      readonly only?: string | undefined;
    },
    readonly why: Why,
  ) {
    this.#vouchers = new Map(of.vouchers.map((held) => [held.voucher.voucherId, held]));
    this.#redemptions = new Map(of.redemptions.map((held) => [held.redemption.redemptionId, held]));
    this.standing = of.standing;
    this.lowestRate = of.lowestRate;
    this.#only = of.only;
  }
  readonly lowestRate: number;
  readonly #only: string | undefined;

  /** What the vouchers can still pay (fen). */
  get balanceFen(): Fen {
    return sumFen([...this.#vouchers.values()].map((held) => held.balanceFen));
  }
  /** What the base so far gives by the law, in fen. */
  get entitledFen(): Fen {
    return weightOf(this.standing, this.lowestRate) / 10_000n;
  }
  /** How many recoveries this opens: one for each fund. */
  get recalledFunds(): number {
    return this.#recalled.size;
  }
  /** What of the claims and of what is cut off lies beyond what the base gives (fen); zero or less where nothing does. */
  get beyondFen(): Fen {
    return this.standing.claimedFen + this.standing.cutOffFen - this.entitledFen;
  }
  /** What approvals on the vouchers that are taken back still claim (fen). */
  claimedFen(): Fen {
    const approved = [...this.#redemptions.values()].filter(
      ({ redemption }) => redemption.status === 'APPROVED' && this.#isMeant(redemption),
    );
    return sumFen(
      approved.map(({ redemption: { approvedFen, reversedFen, recalledFen } }) => approvedFen - reversedFen - recalledFen),
    );
  }
  /** Moves where the contract stands, beside what taking back moves. */
  move(by: Standing): void {
    this.standing = together(this.standing, by, this.lowestRate);
  }
  redemption(id: string): CutRedemption | undefined {
    return this.#redemptions.get(id);
  }

  step(ruleZh: string, ruleEn: string, inputs: Readonly<Record<string, string>>, resultFen: Fen): void {
    this.steps.push({ ...this.why.cite, ruleZh, ruleEn, inputs, result: formatYuan(resultFen) });
  }

  /** Returns the redemptions that wait, or one of them: their money goes back to the voucher, and they may be made anew. */
  returnWaiting(only?: string): void {
    for (const held of [...this.#redemptions.values()]) {
      const { redemption, invoice } = held;
      if (redemption.status !== 'SUBMITTED' || (only !== undefined && only !== redemption.redemptionId)) continue;
      if (!this.#isMeant(redemption)) continue;
      const voucher = this.#voucherOf(redemption);
      const back = returned(
        { ...voucher, standing: this.standing },
        redemption,
        invoice,
        { personId: this.why.personId, reason: this.why.reason },
        voucher.back,
      );
      this.#took(held, back, back.redemption);
      this.changes.push(...held.ended);
      this.messages.push(...toldOfReturn(redemption, this.why.reason));
      this.sums.returnedFen += redemption.reservedFen;
    }
    if (this.sums.returnedFen > 0n)
      this.step('退回待核验的核销', 'redemptions that wait are returned', {}, this.sums.returnedFen);
  }

  /** Voids so much of what the vouchers can still pay, the newest first: it is available again, and the contract's ceiling gets it back. */
  voidBalances(amountFen: Fen): void {
    let leftFen = amountFen;
    const newestFirst = [...this.#vouchers.values()].sort((a, b) => (a.voucher.voucherId < b.voucher.voucherId ? 1 : -1));
    for (const held of newestFirst) {
      const partFen = minFen(leftFen, held.balanceFen);
      if (partFen === 0n || hasEnded(held.voucher)) continue;
      const { today, receivedAt, newId, reason } = this.why;
      const part = endPart(held, {
        why: 'REDUCED',
        amountFen: partFen,
        rule: { to: 'AVAILABLE', quotaBack: 'CONTRACT' },
        charged: held.back.chargedAtIssue,
        today,
        reason,
        endingId: newId(),
        receivedAt,
      });
      const { voucherId } = held.voucher;
      this.#vouchers.set(voucherId, { ...held, voucher: restated(part), balanceFen: part.balanceFen });
      this.postings.push(...about(voucherId, part.postings));
      this.changes.push(...part.changes);
      leftFen -= partFen;
    }
    this.sums.voidedFen += amountFen - leftFen;
    if (amountFen > leftFen)
      this.step(
        '作废未使用的券面余额',
        'what vouchers can still pay is voided',
        { asked: formatYuan(amountFen) },
        amountFen - leftFen,
      );
  }

  /** Revokes the vouchers that live, with all they can still pay. */
  revoke(): void {
    for (const held of [...this.#vouchers.values()]) {
      if (hasEnded(held.voucher) || !this.#isMeant(held.voucher)) continue;
      const { today, receivedAt, newId, reason } = this.why;
      const part = endPart(held, {
        why: 'REVOKED',
        amountFen: held.balanceFen,
        rule: { to: 'AVAILABLE', quotaBack: 'NONE' },
        charged: () => [],
        today,
        reason,
        endingId: newId(),
        receivedAt,
      });
      this.#vouchers.set(held.voucher.voucherId, { ...held, voucher: part.voucher, balanceFen: part.balanceFen });
      this.postings.push(...about(held.voucher.voucherId, part.postings));
      this.changes.push(...part.changes);
      this.sums.voidedFen += held.balanceFen;
      this.step('撤销算力券', 'the voucher is revoked', { voucherNo: held.voucher.voucherNo }, held.balanceFen);
    }
  }

  /**
   * Takes so much of what was approved back, of the redemptions in this order: what no batch took is reversed, what was instructed is
   * recalled. Refuses CORRECTION_WAITS_FOR_BATCH where a batch that is not instructed yet holds the money.
   */
  takeBack(amountFen: Fen, order: readonly string[], home: Home): Refused | null {
    let leftFen = amountFen;
    for (const id of order) {
      const held = this.#redemptions.get(id);
      if (!held || leftFen === 0n || held.redemption.status !== 'APPROVED') continue;
      const { redemption, settlement } = held;
      if (redemption.settlementId === null) {
        const partFen = minFen(leftFen, reversibleFen(redemption));
        if (partFen > 0n) this.#reverse(held, partFen, home);
        leftFen -= partFen;
      }
      // What was off-set is paid as what was instructed is.
      const partFen = minFen(leftFen, redemption.batchedFen + redemption.offsetFen - redemption.recalledFen);
      if (partFen === 0n) continue;
      if (redemption.settlementId !== null && settlement === undefined) throw new Error(`${redemption.redemptionNo} has lost its batch`);
      if (settlement && isBeforeBank(settlement)) {
        const { settlementNo, status: state } = settlement;
        const params = { caseNo: redemption.redemptionNo, settlementNo, state };
        return refused('CORRECTION_WAITS_FOR_BATCH', params);
      }
      this.#recall(this.#redemptions.get(id) ?? held, partFen);
      leftFen -= partFen;
    }
    return null;
  }

  /**
   * Where base has gone, others may hold a fen that was carried on from it: that goes too, of whichever voucher, the newest first, so that
   * what is approved stands by itself, whatever becomes of what waits. Refuses CORRECTION_WAITS_FOR_BATCH.
   */
  levelOut(home: Home): Refused | null {
    for (;;) {
      const waiting = [...this.#redemptions.values()].filter(({ redemption }) => redemption.status === 'SUBMITTED');
      const firm = withoutWaiting(
        this.standing,
        waiting.map(({ redemption }) => redemption),
        this.lowestRate,
      );
      const excessFen = firm.claimedFen - weightOf(firm, this.lowestRate) / 10_000n;
      if (excessFen <= 0n) return null;
      const before = this.standing.claimedFen;
      const waits = this.takeBack(excessFen, this.#approvedNewestFirst(), home);
      // What an opening voucher brought along is nobody's here to take back.
      if (waits || this.standing.claimedFen === before) return waits;
    }
  }

  /** Approvals on the vouchers that are taken back, the newest first: what later ones have too much goes before what earlier ones have. */
  newestFirst(): string[] {
    return this.#approvedNewestFirst((redemption) => this.#isMeant(redemption));
  }

  #isMeant({ voucherId }: { readonly voucherId: string }): boolean {
    return this.#only === undefined || voucherId === this.#only;
  }

  #approvedNewestFirst(isMeant: (of: Redemption) => boolean = () => true): string[] {
    return [...this.#redemptions.values()]
      .filter(({ redemption }) => redemption.status === 'APPROVED' && isMeant(redemption))
      .map(({ redemption }) => redemption.redemptionId)
      .sort((a, b) => (a < b ? 1 : -1));
  }

  /** Reverses a redemption in part or whole, its base with it then. */
  #reverse(held: CutRedemption, amountFen: Fen, home: Home): void {
    const { redemption, invoice, approval, gone } = held;
    const { redemptionId, voucherId, fund, providerId } = redemption;
    const voucher = this.#voucherOf(redemption);
    const { today, receivedAt, newId, atFault } = this.why;
    const { isWhole, redemption: row, standing } = afterReversal(this.standing, redemption, { amountFen, gone }, this.lowestRate);
    this.standing = standing;
    const alive: EndRule | null = home === 'VOUCHER' ? null : { to: 'AVAILABLE', quotaBack: atFault ? 'NONE' : 'CONTRACT' };
    const back = comeBack(voucher, {
      why: 'REVERSED' as const,
      amountFen,
      redemptionId,
      home: voucher.back.home ?? alive,
      charged: voucher.back.chargedAtIssue,
      today,
      receivedAt,
      endingId: newId(),
    });
    if (!isWhole) this.cutOffFen += amountFen;
    const moved = { voucherId, fund, payeeId: providerId, amountFen, home: back.home, reversesSeq: approval.approvedSeq };
    this.postings.push(
      ...about(redemptionId, redemptionReversed({ ...moved, charged: approval.charged })),
      ...about(redemptionId, back.postings),
    );
    this.changes.push(
      update(redemptionShelf, row),
      ...(isWhole ? [update(invoiceShelf, { ...invoice, redemptionId: null })] : []),
      ...back.changes,
    );
    this.#vouchers.set(voucherId, { ...voucher, voucher: restated(back), balanceFen: back.balanceFen });
    this.#redemptions.set(redemptionId, {
      ...held,
      redemption: row,
      invoice: isWhole ? { ...invoice, redemptionId: null } : invoice,
    });
    this.sums.reversedFen += amountFen;
    this.step(
      '冲正尚未拨付的核销',
      'a redemption that is not instructed is reversed',
      { redemptionNo: redemption.redemptionNo },
      amountFen,
    );
  }

  #recall(held: CutRedemption, amountFen: Fen): void {
    const { redemption, approval } = held;
    const { redemptionId, fund, providerId } = redemption;
    const restoredFen = this.why.atFault ? 0n : amountFen;
    const row: Redemption = {
      ...redemption,
      recalledFen: redemption.recalledFen + amountFen,
      restoredFen: redemption.restoredFen + restoredFen,
    };
    this.standing = together(
      this.standing,
      { baseFen: 0n, weighted: 0n, claimedFen: -amountFen, cutOffFen: amountFen },
      this.lowestRate,
    );
    this.cutOffFen += amountFen;
    this.postings.push(
      ...about(
        redemptionId,
        approval.charged.flatMap((at) => limitRestored({ at, amountFen: restoredFen })),
      ),
    );
    this.changes.push(update(redemptionShelf, row));
    this.#redemptions.set(redemptionId, { ...held, redemption: row });
    const ofFund = this.#recalled.get(fund) ?? { debtorId: providerId, items: [] };
    ofFund.items.push({ redemption: row, amountFen, restoredFen });
    this.#recalled.set(fund, ofFund);
    this.sums.recalledFen += amountFen;
    this.step('追回已拨付的超出部分', 'what was paid beyond is recovered', { redemptionNo: redemption.redemptionNo }, amountFen);
  }

  /** What is recalled of each fund, as recoveries: `of` makes the row of one, its id being told by the fund. */
  recoveries(of: (fund: string, debtorId: string, amountFen: Fen) => Recovery): Recovery[] {
    return [...this.#recalled].map(([fund, { debtorId, items }]) => {
      const row = of(fund, debtorId, sumFen(items.map((item) => item.amountFen)));
      this.changes.push(
        ...items.map(({ redemption, amountFen, restoredFen }) => {
          const item: RecoveryItem = {
            bookId: row.bookId,
            recoveryItemId: this.why.newId(),
            recoveryId: row.recoveryId,
            redemptionId: redemption.redemptionId,
            amountFen,
            restoredFen,
            reimbursementId: null,
          };
          return insert(recoveryItemShelf, item);
        }),
      );
      this.postings.push(
        ...items.flatMap(({ redemption, amountFen }) =>
          about(redemption.redemptionId, recoveryOpened({ debtorId, recoveryId: row.recoveryId, fund, amountFen })),
        ),
      );
      return row;
    });
  }

  /** The rows of the vouchers as they are left. */
  voucherChanges(): Change[] {
    return [...this.#vouchers.values()].map(({ voucher }) => update(voucherShelf, voucher));
  }

  #voucherOf({ voucherId }: Redemption): CutVoucher {
    const held = this.#vouchers.get(voucherId);
    if (!held) throw new Error('a redemption has lost its voucher');
    return held;
  }

  #took(
    held: CutRedemption,
    back: HeldVoucher & { standing: Standing; postings: readonly Posting[]; changes: readonly Change[] },
    row: Redemption,
  ): void {
    const voucher: Voucher = back.voucher;
    this.standing = back.standing;
    this.postings.push(...about(row.redemptionId, back.postings));
    this.changes.push(...back.changes);
    this.#vouchers.set(voucher.voucherId, { ...this.#voucherOf(row), voucher, balanceFen: back.balanceFen });
    this.#redemptions.set(row.redemptionId, { ...held, redemption: row, invoice: { ...held.invoice, redemptionId: null } });
  }
}
