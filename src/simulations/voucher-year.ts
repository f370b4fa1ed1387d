// Flow P of a lived year: vouchers issued, and redemptions approved out of them, asked of another version. See live-year.ts.
import { evaluatorLine, mattersOf } from '../applications/evaluation-facts.js';
import { placeOfNumber } from '../cases/places.js';
import type { Eligibility } from '../applications/rules.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import { Facts } from '../ledger/facts.js';
import { balancesBefore } from '../ledger/history.js';
import type { Fen } from '../money.js';
import { sumFen } from '../money.js';
import { allocate } from '../programmes/allocate.js';
import type { Circumstances, LimitFacts, RedemptionFacts } from '../programmes/evaluate.js';
import { evaluateIssue, priorityRank, voucherExpiresOn } from '../programmes/evaluate.js';
import type { Allocation, ProgrammeVersion } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';
import { readLimits } from '../programmes/limits.js';
import type { Queued, Trying } from '../programmes/trial.js';
import { inOrderOfService, Trial } from '../programmes/trial.js';
import { accountsOf } from '../reconciliation/recompute.js';
import { ahead } from './ahead.js';
import type { Living, Money } from './living.js';
import { endless, granting, moneyOf, noReview, pagesOf, poolOf, reviewOf, touchedIn } from './living.js';
import type { Answer, Asked, Past } from './past.js';
import type { DecidedRow, HeldRow, RedeemedRow } from './read-year.js';
import { approvedRedemptions, decidedApplications, redeemedBefore, vouchersOf } from './read-year.js';
import type { Side, Why } from './tally.js';
import { whyOf } from './tally.js';

/** An application that the year decided: by a voucher, or by a rejection for which only money or a limit was wanting. */
export interface Decided extends Queued {
  readonly seq: bigint;
  readonly id: string;
  readonly contractId: string;
  readonly legalPerson: string;
  readonly programmeVersionId: string;
  readonly eligibility: Eligibility;
  readonly matters: LimitFacts['matters'];
  /** What a reviewer set, where that may be less than the law gave (fen). */
  readonly cutTo: Fen | null;
  readonly voucherId: string | null;
  readonly awardedFen: Fen;
}

/** What came of a case under a version. */
interface Tried {
  readonly one: Decided;
  amountFen: Fen;
  why: Why;
}

/** A voucher of the simulation; what is held is not known to be nothing: what was redeemed of it is not tried. */
interface Voucher {
  readonly version: ProgrammeVersion;
  readonly one: Decided;
  readonly expiresOn: Day;
  readonly isHeld: boolean;
  balanceFen: Fen;
}
type Vouchers = ReadonlyMap<string, Voucher>;

/** Where a contract stands, in fen; `weighted` in fen × basis points. */
interface Standing {
  baseFen: Fen;
  weighted: bigint;
  claimedFen: Fen;
  cutOffFen: Fen;
}

export class VoucherYear {
  readonly #reviews = new Map<string, Eligibility>();

  constructor(private readonly of: Living) {}

  // ── What the year decided ──

  async decided(): Promise<{ decided: Decided[]; rejectedOtherwise: number }> {
    const { tx, job, span } = this.of;
    const decided: Decided[] = [];
    const rejected: DecidedRow[] = [];
    for await (const rows of decidedApplications(tx, { ...job, span })) {
      for (const row of rows) if (row.voucherId === null) rejected.push(row);
      const past = this.of.pastFor();
      // What a reviewer set is mostly what the law gave; only where it may be less is the law asked.
      const lowered = rows.filter((row) => row.voucherId !== null && mayBeLowered(row));
      await past.gather(lowered.map(({ contractId }) => contractId));
      const answers = await past.ask(lowered.map((row) => this.#asked(row)));
      const cuts = new Map(lowered.map((row, i) => [row, this.#cutOf(row, answers[i])]));
      for (const row of rows)
        if (row.voucherId !== null) decided.push(decidedOf(row, this.#reviewOf(row), cuts.get(row) ?? null));
    }
    let rejectedOtherwise = 0;
    for (const rows of pagesOf(rejected)) {
      const past = this.of.pastFor();
      await past.gather(rows.map(({ contractId }) => contractId));
      const lacking = await this.#lacking(past, rows);
      rejectedOtherwise += rows.length - lacking.length;
      decided.push(...lacking);
    }
    return { decided, rejectedOtherwise };
  }

  #reviewOf(row: DecidedRow): Eligibility {
    return row.eligibility === null ? noReview : reviewOf(row, this.#reviews);
  }

  /** An application as its own version was asked. */
  #asked(row: DecidedRow): Asked {
    const { contractId, submittedOn, decidedOn, seq } = row;
    const { predicates } = this.#reviewOf(row);
    const law = this.of.laws.on(row.programmeVersionId, submittedOn);
    const of = { law, stage: 'ISSUE' as const, matters: mattersOf(row), predicates };
    return { ...of, contractId, appliedOn: submittedOn, bookedOn: decidedOn, before: seq };
  }

  /** What a reviewer set, if it is less than the law gave by its numbers alone (fen). */
  #cutOf(row: DecidedRow, asked: Answer | undefined): Fen | null {
    if (asked === undefined || !mayBeLowered(row)) return null;
    const { at, touched } = asked;
    const law = this.of.laws.on(row.programmeVersionId, row.submittedOn);
    const numbers = touched.flatMap(({ limitId, amountFen }) => (amountFen === null ? [] : [[limitId, amountFen] as const]));
    const byLaw = evaluateIssue(law, { ...at, limitsLeft: Object.fromEntries(numbers) });
    return row.maximumFen !== null && byLaw.kind === 'award' && row.maximumFen < byLaw.amountFen ? row.maximumFen : null;
  }

  /** Those rejected for which by what the ledger held at the time only money or a limit was wanting. */
  async #lacking(past: Past, rows: readonly DecidedRow[]): Promise<Decided[]> {
    const { bookId, programmeCode } = this.of.job;
    const answers = await past.ask(rows.map((row) => this.#asked(row)));
    const asked = rows.flatMap((row, i) => {
      const answer = answers[i];
      if (!answer) return [];
      const available = accountOf.available(fundOf(programmeCode, yearOf(row.decidedOn)));
      return [{ row, answer, available, accounts: [...accountsOf(answer.touched), available] }];
    });
    const balanceAt = await balancesBefore(
      this.of.tx,
      bookId,
      asked.flatMap(({ row, accounts }) => accounts.map(({ code }) => ({ code, seq: row.seq }))),
    );
    return asked.flatMap(({ row, answer, available, accounts }) => {
      const before = new Facts(bookId, '');
      for (const account of accounts)
        before.learnAccount(account, { account, accountId: '', balanceFen: balanceAt(account.code, row.seq) });
      const limitsLeft = readLimits(before, answer.touched).left;
      const law = this.of.laws.on(row.programmeVersionId, row.submittedOn);
      const evaluation = evaluateIssue(law, { ...answer.at, limitsLeft, poolLeft: before.balance(available) });
      const lacked =
        evaluation.kind === 'award'
          ? evaluation.amountFen < (row.maximumFen ?? 0n)
          : ['LIMIT_EXHAUSTED', 'POOL_EXHAUSTED', 'STACKED_OUT'].includes(evaluation.code);
      return lacked ? [decidedOf(row, this.#reviewOf(row), this.#cutOf(row, answer))] : [];
    });
  }

  // ── Vouchers ──

  async issue(side: Side, id: string, decided: readonly Decided[]): Promise<{ vouchers: Vouchers; money: Money }> {
    const { laws, loads, beside, tally, span } = this.of;
    const text = laws.textOf(id);
    const rankOf = ({ acceptedOn, eligibility }: Decided) => priorityRank(text, acceptedOn, eligibility.classes);
    const served = inOrderOfService(decided, rankOf);
    const strategy = lawOn(text, span.last).allocation?.value ?? 'FIRST_COME';
    // Its money is granted as it comes; what is shared out at the end is bounded then.
    const trial = new Trial(strategy === 'FIRST_COME' && loads.length > 0 ? 0n : null);
    const grant = granting(trial, loads);
    const tried: Tried[] = [];
    const gathered = async (page: readonly Decided[]) => {
      const past = this.of.pastFor();
      await past.gather(page.map(({ contractId }) => contractId));
      return { page, past };
    };
    for await (const { page, past } of ahead(pagesOf(served), gathered)) {
      const asked = page.map((one): Asked => {
        const { contractId, acceptedOn, decidedOn, seq, matters } = one;
        const of = { law: laws.on(id, acceptedOn), stage: 'ISSUE' as const, matters, predicates: one.eligibility.predicates };
        // What a voucher is issued on, most of it is redeemed on.
        const kept = one.voucherId === null ? {} : { keptAs: one.voucherId };
        return { ...of, ...kept, contractId, appliedOn: acceptedOn, bookedOn: decidedOn, before: seq };
      });
      const answers = await past.ask(asked);
      await beside.gather(touchedIn(answers));
      for (const [i, one] of page.entries()) {
        const [answer, of] = [answers[i], asked[i]];
        if (!answer || !of) continue;
        grant(one.decidedOn);
        const facts = one.cutTo === null ? answer.at : { ...answer.at, maximumFen: one.cutTo };
        const evaluation = trial.issue(of.law, facts, answer.touched, (limit) => beside.used(limit, one.seq));
        tried.push({ one, amountFen: evaluation.kind === 'award' ? evaluation.amountFen : 0n, why: whyOf(evaluation) });
      }
      this.of.progress(page.length);
    }
    grant(endless);
    const money = strategy === 'FIRST_COME' ? moneyOf(trial) : this.#share(strategy, tried, rankOf);
    const vouchers = new Map<string, Voucher>();
    for (const { one, amountFen, why } of tried) {
      const { id: caseId, legalPerson, decidedOn, voucherId } = one;
      const isHeld = why.kind === 'held';
      if (isHeld) tally.hold('awarded', caseId, legalPerson);
      tally.add(side, 'awarded', { caseId, legalPerson, on: decidedOn, amountFen });
      if (side === 'simulated') tally.tried(legalPerson, why, one.awardedFen);
      if (voucherId === null) continue;
      if (isHeld) tally.hold('redeemed', voucherId, legalPerson);
      const version = laws.on(id, one.acceptedOn);
      const expiresOn = voucherExpiresOn(version, one.acceptedOn, decidedOn) ?? endless;
      vouchers.set(voucherId, { version, one, expiresOn, isHeld, balanceFen: amountFen });
    }
    return { vouchers, money };
  }

  /** Shares the money among all awards of the year at its end: what each may have by law and limits is what it claims. */
  #share(strategy: Allocation, tried: readonly Tried[], rankOf: (one: Decided) => number): Money {
    const poolFen = poolOf(this.of.loads);
    if (poolFen === null) return { leftFen: null, exhaustedOn: null };
    const claims = tried.filter(({ amountFen }) => amountFen > 0n);
    const shares = allocate(
      strategy,
      poolFen,
      claims.map(({ one, amountFen }) => ({
        id: one.id,
        approvedFen: amountFen,
        rank: rankOf(one),
        score: null,
        acceptedAt: String(one.place).padStart(20, '0'),
      })),
    );
    const shareOf = new Map(shares.map(({ id, amountFen }) => [id, amountFen]));
    const claimedFen = sumFen(claims.map(({ amountFen }) => amountFen));
    for (const each of claims) {
      const amountFen = shareOf.get(each.one.id) ?? 0n;
      if (amountFen === each.amountFen) continue;
      each.amountFen = amountFen;
      const none = amountFen === 0n;
      each.why = { kind: none ? 'refused' : 'award', bound: none ? 'POOL_EXHAUSTED' : 'POOL', of: null };
    }
    const days = claims.map(({ one }) => one.decidedOn).sort();
    return {
      leftFen: poolFen - sumFen(claims.map(({ amountFen }) => amountFen)),
      exhaustedOn: claimedFen >= poolFen ? (days.at(-1) ?? null) : null,
    };
  }

  // ── Redemptions ──

  /** `really`: what was redeemed is told as what it is compared with. */
  async redeem(
    side: Side,
    id: string,
    { vouchers, really }: { vouchers: Vouchers; really: boolean },
  ): Promise<{ redemptions: number; redemptionsOutside: number }> {
    const { tx, job, span, laws, beside, tally } = this.of;
    const trial = new Trial(null);
    const standings = new Map<string, Standing>();
    const counted = { redemptions: 0, redemptionsOutside: 0 };
    const outside = new Map<string, HeldRow>();
    const gathered = async (read: readonly RedeemedRow[]) => {
      const past = this.of.pastFor();
      const rows = read.filter((row) => row.programmeCode === job.programmeCode);
      const contractIds = [...new Set(rows.map(({ contractId }) => contractId))];
      const isUnknown = ({ voucherId }: RedeemedRow) => !vouchers.has(voucherId) && !outside.has(voucherId);
      const unknown = [...new Set(rows.filter(isUnknown).map(({ voucherId }) => voucherId))];
      const [held] = await Promise.all([
        unknown.length === 0 ? [] : vouchersOf(tx, job.bookId, unknown),
        past.gather(contractIds).then(() => this.#standAt(standings, id, past, contractIds)),
      ]);
      for (const row of held) outside.set(row.voucherId, row);
      return { read: read.length, rows, past };
    };
    for await (const { read, rows, past } of ahead(approvedRedemptions(tx, { ...job, span }), gathered)) {
      const asked = rows.map((row): Asked => {
        const { voucherId, contractId, approvedOn, usageFrom, usageTo, seq } = row;
        const voucher = vouchers.get(voucherId);
        const held = outside.get(voucherId);
        const appliedOn = voucher?.one.acceptedOn ?? held?.appliedOn ?? approvedOn;
        return {
          law: voucher?.version ?? laws.on(id, appliedOn),
          stage: 'REDEEM',
          matters: voucher?.one.matters ?? (held ? mattersOf(held) : {}),
          predicates: noPredicates,
          usage: { from: usageFrom, to: usageTo },
          contractId,
          appliedOn,
          bookedOn: approvedOn,
          before: seq,
          keptAs: voucherId,
        };
      });
      const answers = await past.ask(asked);
      await beside.gather(touchedIn(answers));
      for (const [i, row] of rows.entries()) {
        const { voucherId: caseId, approvedOn: on, approvedFen } = row;
        const [answer, of, voucher] = [answers[i], asked[i], vouchers.get(caseId)];
        if (!answer || !of) continue;
        const { at, touched } = answer;
        const { legalPerson } = at.enterprise;
        if (really) tally.add('compared', 'redeemed', { caseId, legalPerson, on, amountFen: approvedFen });
        if (!voucher) {
          trial.charge(touched, approvedFen);
          counted.redemptionsOutside += 1;
          continue;
        }
        counted.redemptions += 1;
        if (voucher.isHeld) continue;
        const standing = standings.get(row.contractId) ?? nothingYet();
        const facts = redemptionOf({ row, voucher, at, standing, past });
        const evaluation = trial.redeem(of.law, facts, touched, (limit) => beside.used(limit, row.seq));
        if (evaluation.kind === 'held') tally.hold('redeemed', caseId, legalPerson);
        if (evaluation.kind !== 'award') continue;
        const { amountFen } = evaluation;
        voucher.balanceFen -= amountFen;
        standing.baseFen += evaluation.baseFen;
        standing.weighted += evaluation.weighted;
        standing.claimedFen += amountFen;
        standing.cutOffFen += evaluation.cutOffFen;
        tally.add(side, 'redeemed', { caseId, legalPerson, on, amountFen });
      }
      this.of.progress(read);
    }
    return counted;
  }

  /**
   * Where gathered contracts stand that are met for the first time: as the years before left them, weighed at the version's rate. Of one
   * that was signed in the year nothing was redeemed before.
   */
  async #standAt(standings: Map<string, Standing>, id: string, past: Past, contractIds: readonly string[]): Promise<void> {
    const { first } = this.of.span;
    const unmet = contractIds.filter((contractId) => !standings.has(contractId));
    for (const contractId of unmet) standings.set(contractId, nothingYet());
    const older = unmet.filter((contractId) => past.signedOn(contractId) < first);
    if (older.length === 0) return;
    const flat = lawOn(this.of.laws.textOf(id), first).rate?.value.flat ?? null;
    const before = await redeemedBefore(this.of.tx, { ...this.of.job, contractIds: older, before: first });
    for (const { contractId, baseFen, approvedFen, cutOffFen } of before) {
      // With several rates nobody knows any more what was redeemed at which: what was redeemed is what it weighed.
      const weighted = flat === null ? approvedFen * 10_000n : baseFen * BigInt(flat);
      standings.set(contractId, { baseFen, weighted, claimedFen: approvedFen, cutOffFen });
    }
  }
}

const nothingYet = (): Standing => ({ baseFen: 0n, weighted: 0n, claimedFen: 0n, cutOffFen: 0n });
const noPredicates = {};

const mayBeLowered = ({ maximumFen, computedFen }: DecidedRow): boolean =>
  maximumFen !== null && computedFen !== null && maximumFen < computedFen;

const decidedOf = (row: DecidedRow, eligibility: Eligibility, cutTo: Fen | null): Decided => ({
  place: row.acceptedPlace ?? placeOfNumber(row.applicationNo),
  acceptedOn: row.submittedOn,
  decidedOn: row.decidedOn,
  seq: row.seq,
  id: row.applicationId,
  contractId: row.contractId,
  legalPerson: row.legalPersonUscc,
  programmeVersionId: row.programmeVersionId,
  eligibility,
  matters: mattersOf(row),
  cutTo,
  voucherId: row.voucherId,
  awardedFen: row.issuedFen ?? 0n,
});

/** A redemption as the evaluator asks for it. */
function redemptionOf(of: {
  row: RedeemedRow;
  voucher: Voucher;
  at: Circumstances;
  standing: Standing;
  past: Past;
}): Trying<RedemptionFacts> {
  const { row, voucher, at, standing, past } = of;
  const contractLines = past.linesOf(row.contractId);
  const lines = [];
  for (const [i, contractLineId] of row.contractLineIds.entries()) {
    const line = contractLines.get(contractLineId);
    const amounts = { netFen: row.netsFen[i] ?? 0n, vatFen: row.vatsFen[i] ?? 0n, grossFen: row.grossesFen[i] ?? 0n };
    if (line) lines.push(evaluatorLine(line, { lineNo: row.lineNos[i] ?? 0, ...amounts }));
  }
  // Named one by one: an object that grows while it is made costs as much as its evaluation.
  return {
    bookedOn: at.bookedOn,
    appliedOn: at.appliedOn,
    matters: at.matters,
    figures: at.figures,
    upstream: at.upstream,
    raised: at.raised,
    firstAwardYears: at.firstAwardYears,
    enterprise: at.enterprise,
    provider: at.provider,
    facilities: at.facilities,
    contract: at.contract,
    submittedOn: row.submittedOn,
    voucher: { issuedOn: voucher.one.decidedOn, expiresOn: voucher.expiresOn, balanceFen: voucher.balanceFen },
    usage: { from: row.usageFrom, to: row.usageTo },
    lines,
    paidFen: row.grossFen,
    baseBeforeFen: standing.baseFen,
    weightedBefore: standing.weighted,
    redeemedAndReservedFen: standing.claimedFen,
    cutOffBeforeFen: standing.cutOffFen,
  };
}
