// A year lived under another version. Every application the year decided is asked of the simulated version again, in the order in which
// they are served, with what was on record then, and against counters and money of the simulation's own; then every redemption the
// year approved, out of the vouchers the simulation issued.
//
// What is taken as it was: the day on which each was decided, what the review recorded, and a reviewer's own cut. A predicate that no
// review recorded is not met. That the enterprise paid its own part of an invoice is taken for granted, since how much that is follows
// from the version. Of a version that reimburses, everybody whose fees were settled in the year before applies on the first day of the
// year, in the order of their codes; an award is paid out as it is made: what is awarded is redeemed.
import { asc, eq } from 'drizzle-orm';
import type { Tx } from '../../db/client.js';
import type { ProgrammeVersion as VersionRow, Simulation } from '../../db/tables.js';
import { programmeVersions } from '../../db/tables.js';
import type { SimulationResult } from '../../schemas/simulations.js';
import { evaluatorLine, mattersOf } from '../applications/evaluation-facts.js';
import { placeOfNumber } from '../cases/places.js';
import type { Eligibility } from '../applications/rules.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import { Facts } from '../ledger/facts.js';
import type { Fen } from '../money.js';
import { formatYuan, sumFen } from '../money.js';
import { allocate } from '../programmes/allocate.js';
import { missingParameters } from '../programmes/check.js';
import type { AwardFacts, Circumstances, LimitFacts, SettledLine, TouchedLimit } from '../programmes/evaluate.js';
import { evaluateIssue, limitsTouched, nothingOnRecord, priorityRank, voucherExpiresOn } from '../programmes/evaluate.js';
import type { Allocation, ProgrammeVersion } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';
import { readLimits } from '../programmes/limits.js';
import { nobody } from '../programmes/lines.js';
import { versionName } from '../programmes/published.js';
import type { Queued } from '../programmes/trial.js';
import { inOrderOfService, Trial } from '../programmes/trial.js';
import { accountsOf, balancesAt } from '../reconciliation/recompute.js';
import { Beside } from './beside.js';
import { Laws } from './laws.js';
import type { Asked } from './past.js';
import { Past } from './past.js';
import type { DecidedRow, RedeemedRow, SettledRow, Span } from './read-year.js';
import {
  approvedRedemptions,
  countPersons,
  countRedemptions,
  decidedApplications,
  redeemedBefore,
  settledFees,
  spanOf,
} from './read-year.js';
import type { Person, Side, Why } from './tally.js';
import { Tally, whyOf } from './tally.js';

/** Cases that are gathered at once. */
const pageSize = 1_000;
/** Rows that are kept for the cases that follow; beyond them all are read anew. */
const mostKept = 250_000;
/** A text that gives no validity lets no voucher end. */
const endless: Day = '9999-12-31';

export type Job = Pick<Simulation, 'bookId' | 'programmeCode' | 'programmeVersionId' | 'comparedVersionId' | 'year' | 'poolFen'>;

export interface Lived {
  readonly result: SimulationResult;
  readonly persons: ReadonlyMap<string, Person>;
  /** The entry up to which the facts were looked at. */
  readonly ledgerSeq: bigint;
  readonly factsTotal: number;
}

type Progress = (done: number, total: number) => void;

/** Lives the year on the snapshot of a read-only transaction. `onProgress` is told how many facts are done, and of how many. */
export async function liveYear(tx: Tx, job: Job, onProgress: Progress): Promise<Lived> {
  const [span, rows, loads] = await Promise.all([
    spanOf(tx, job.bookId, job.year),
    tx.drizzle
      .select()
      .from(programmeVersions)
      .where(eq(programmeVersions.bookId, job.bookId))
      .orderBy(asc(programmeVersions.programmeVersionId)),
    loadsOf(tx, job),
  ]);
  return new Year(tx, job, { span, rows, loads, onProgress }).live();
}

/** Money that was there from a day on (fen). */
interface Load {
  readonly on: Day;
  readonly amountFen: Fen;
}

const loadsOf = ({ sql }: Tx, { bookId, programmeCode, year }: Job): Promise<Load[]> => sql<Load[]>`
  select loaded_on as "on", sum(amount_fen)::bigint as "amountFen" from appropriations
   where book_id = ${bookId} and programme_code = ${programmeCode} and year = ${year} group by loaded_on order by loaded_on`;

/** An application that the year decided: by a voucher, or by a rejection for which only money or a limit was wanting. */
interface Decided extends Queued {
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

type Answer = Awaited<ReturnType<Past['ask']>>[number];

/** What came of a case under a version. */
interface Tried {
  readonly one: Decided;
  amountFen: Fen;
  why: Why;
}

interface Voucher {
  readonly version: ProgrammeVersion;
  readonly one: Decided;
  readonly expiresOn: Day;
  balanceFen: Fen;
}

/** Where a contract stands, in fen; `weighted` in fen × basis points. */
interface Standing {
  baseFen: Fen;
  weighted: bigint;
  claimedFen: Fen;
  cutOffFen: Fen;
}

interface Money {
  readonly leftFen: Fen | null;
  readonly exhaustedOn: Day | null;
}

class Year {
  readonly #laws: Laws;
  readonly #tally = new Tally();
  readonly #beside: Beside;
  readonly #span: Span & { readonly head: bigint };
  /** The money of the simulation: all of it there from the beginning where it was given, else from the days it was loaded on. */
  readonly #loads: readonly Load[];
  readonly #poolFen: Fen | null;
  #past: Past;
  #done = 0;
  #total = 0;

  constructor(
    private readonly tx: Tx,
    private readonly job: Job,
    private readonly given: {
      span: Span & { readonly head: bigint };
      rows: readonly VersionRow[];
      loads: readonly Load[];
      onProgress: Progress;
    },
  ) {
    const { bookId, programmeCode, year } = job;
    const versions = given.rows.filter((row) => row.programmeCode === programmeCode).map(versionName);
    this.#span = given.span;
    this.#loads = job.poolFen === null ? given.loads : [{ on: given.span.first, amountFen: job.poolFen }];
    this.#poolFen = poolOf(this.#loads);
    this.#laws = new Laws(given.rows);
    this.#beside = new Beside(tx, { bookId, programmeCode, versions, span: given.span, year });
    this.#past = new Past(tx, bookId);
  }

  async live(): Promise<Lived> {
    const { programmeVersionId, comparedVersionId } = this.job;
    const { decided, rejectedOtherwise } = await this.#decided();
    const redemptions = await countRedemptions(this.tx, this.job.bookId, this.#span);
    const sides: [Side, string][] = [['simulated', programmeVersionId]];
    if (comparedVersionId !== null) sides.push(['compared', comparedVersionId]);
    const persons = sides.some(([, id]) => this.#flowOf(id) === 'REIMBURSEMENT')
      ? await countPersons(this.tx, this.job.bookId)
      : 0;
    for (const [, id] of sides) {
      const cases = this.#flowOf(id) === 'VOUCHER' ? decided.length : persons;
      this.#total += cases + (this.#flowOf(id) === 'VOUCHER' || comparedVersionId === null ? redemptions : 0);
    }
    this.given.onProgress(0, this.#total);

    const money: Partial<Record<Side, Money>> = {};
    const counted = { applications: 0, redemptions: 0, redemptionsOutside: 0, rejectedOtherwise };
    for (const [side, id] of sides) {
      // What really was redeemed is told on the way.
      const really = comparedVersionId === null;
      if (this.#flowOf(id) === 'REIMBURSEMENT') {
        const reimbursed = await this.#reimburse(side, id, decided);
        money[side] = reimbursed.money;
        if (side === 'simulated') counted.applications = reimbursed.applications;
        if (really) await this.#redeem(side, { id: null, vouchers: new Map(), really });
        continue;
      }
      const issued = await this.#issue(side, id, decided);
      money[side] = issued.money;
      const redeemed = await this.#redeem(side, { id, vouchers: issued.vouchers, really });
      if (side === 'simulated') Object.assign(counted, { applications: decided.length, ...redeemed });
    }
    money.compared ??= this.#real(decided);
    return {
      result: this.#result(counted, money),
      persons: this.#tally.persons,
      ledgerSeq: this.#span.head,
      factsTotal: this.#done,
    };
  }

  #flowOf(id: string): 'VOUCHER' | 'REIMBURSEMENT' {
    return (
      lawOn(this.#laws.textOf(id), this.#span.first).flow?.value ??
      lawOn(this.#laws.textOf(id), this.#span.last).flow?.value ??
      'VOUCHER'
    );
  }

  #progress(done: number): void {
    this.#done += done;
    this.given.onProgress(this.#done, this.#total);
  }

  /** The facts to ask with; read anew once too many are kept. */
  #pastFor(): Past {
    if (this.#past.size > mostKept) this.#past = new Past(this.tx, this.job.bookId);
    return this.#past;
  }

  // ── What the year decided ──

  async #decided(): Promise<{ decided: Decided[]; rejectedOtherwise: number }> {
    const { bookId, programmeCode } = this.job;
    const reviews = new Map<string, Eligibility>();
    const decided: Decided[] = [];
    const rejected: DecidedRow[] = [];
    for await (const rows of decidedApplications(this.tx, { bookId, programmeCode, span: this.#span })) {
      for (const row of rows) if (row.voucherId === null) rejected.push(row);
      const past = this.#pastFor();
      // What a reviewer set is mostly what the law gave; only where it may be less is the law asked.
      const lowered = rows.filter((row) => row.voucherId !== null && mayBeLowered(row));
      await past.gather(lowered.map(({ contractId }) => contractId));
      const answers = await past.ask(lowered.map((row) => this.#asked(row, reviewOf(row, reviews))));
      const cuts = new Map(lowered.map((row, i) => [row, this.#cutOf(row, answers[i])]));
      for (const row of rows) {
        if (row.voucherId !== null) decided.push(decidedOf(row, reviewOf(row, reviews), cuts.get(row) ?? null));
      }
    }
    let rejectedOtherwise = 0;
    for (const rows of pagesOf(rejected)) {
      const past = this.#pastFor();
      await past.gather(rows.map(({ contractId }) => contractId));
      const lacking = await this.#lacking(past, rows, reviews);
      rejectedOtherwise += rows.length - lacking.length;
      decided.push(...lacking);
    }
    return { decided, rejectedOtherwise };
  }

  /** An application as its own version was asked. */
  #asked(row: DecidedRow, { predicates }: Eligibility): Asked {
    const { contractId, submittedOn, decidedOn, seq } = row;
    const law = this.#laws.on(row.programmeVersionId, submittedOn);
    const of = { law, stage: 'ISSUE' as const, matters: mattersOf(row), predicates };
    return { ...of, contractId, appliedOn: submittedOn, bookedOn: decidedOn, before: seq };
  }

  /** What a reviewer set, if it is less than the law gave by its numbers alone (fen). */
  #cutOf(row: DecidedRow, asked: Answer | undefined): Fen | null {
    if (asked === undefined || !mayBeLowered(row)) return null;
    const { at, touched } = asked;
    const law = this.#laws.on(row.programmeVersionId, row.submittedOn);
    const numbers = touched.flatMap(({ limitId, amountFen }) => (amountFen === null ? [] : [[limitId, amountFen] as const]));
    const byLaw = evaluateIssue(law, { ...at, limitsLeft: Object.fromEntries(numbers) });
    return row.maximumFen !== null && byLaw.kind === 'award' && row.maximumFen < byLaw.amountFen ? row.maximumFen : null;
  }

  /** Those rejected for which by what the ledger held at the time only money or a limit was wanting. */
  async #lacking(past: Past, rows: readonly DecidedRow[], reviews: Map<string, Eligibility>): Promise<Decided[]> {
    const { bookId, programmeCode } = this.job;
    const answers = await past.ask(rows.map((row) => this.#asked(row, reviewOf(row, reviews))));
    const asked = rows.flatMap((row, i) => {
      const answer = answers[i];
      if (!answer) return [];
      const available = accountOf.available(fundOf(programmeCode, yearOf(row.decidedOn)));
      return [{ row, answer, available, accounts: [...accountsOf(answer.touched), available] }];
    });
    const balanceAt = await balancesAt(
      this.tx,
      bookId,
      asked.flatMap(({ row, accounts }) => accounts.map(({ code }) => ({ code, seq: row.seq }))),
    );
    return asked.flatMap(({ row, answer, available, accounts }) => {
      const before = new Facts(bookId, '');
      for (const account of accounts)
        before.learnAccount(account, { account, accountId: '', balanceFen: balanceAt(account.code, row.seq) });
      const limitsLeft = readLimits(before, answer.touched).left;
      const law = this.#laws.on(row.programmeVersionId, row.submittedOn);
      const evaluation = evaluateIssue(law, { ...answer.at, limitsLeft, poolLeft: before.balance(available) });
      const lacked =
        evaluation.kind === 'award'
          ? evaluation.amountFen < (row.maximumFen ?? 0n)
          : ['LIMIT_EXHAUSTED', 'POOL_EXHAUSTED', 'STACKED_OUT'].includes(evaluation.code);
      return lacked ? [decidedOf(row, reviewOf(row, reviews), this.#cutOf(row, answer))] : [];
    });
  }

  /** What really was awarded, and when the money that was loaded had gone. */
  #real(decided: readonly Decided[]): Money {
    const { loads } = this.given;
    const trial = new Trial(loads.length > 0 ? 0n : null);
    const grant = granting(trial, loads);
    const issued = decided.filter(({ voucherId }) => voucherId !== null).sort((a, b) => (a.seq < b.seq ? -1 : 1));
    for (const { legalPerson, decidedOn, awardedFen } of issued) {
      this.#tally.add('compared', 'awarded', { legalPerson, on: decidedOn, amountFen: awardedFen });
      grant(decidedOn);
      trial.spend(awardedFen, decidedOn);
    }
    grant(endless);
    return moneyOf(trial);
  }

  // ── Vouchers ──

  async #issue(side: Side, id: string, decided: readonly Decided[]): Promise<{ vouchers: Map<string, Voucher>; money: Money }> {
    const text = this.#laws.textOf(id);
    const rankOf = ({ acceptedOn, eligibility }: Decided) => priorityRank(text, acceptedOn, eligibility.classes);
    const served = inOrderOfService(decided, rankOf);
    const strategy = lawOn(text, this.#span.last).allocation?.value ?? 'FIRST_COME';
    const trial = this.#trialOf(strategy);
    const grant = granting(trial, this.#loads);
    const tried: Tried[] = [];
    const gathered = async (page: readonly Decided[]) => {
      const past = this.#pastFor();
      await past.gather(page.map(({ contractId }) => contractId));
      return { page, past };
    };
    for await (const { page, past } of ahead(pagesOf(served), gathered)) {
      const laws = page.map((one) => this.#laws.on(id, one.acceptedOn));
      const answers = await past.ask(
        page.map((one, i): Asked => {
          const { contractId, acceptedOn, decidedOn, seq, matters } = one;
          const of = { law: laws[i] ?? text, stage: 'ISSUE' as const, matters, predicates: one.eligibility.predicates };
          return { ...of, contractId, appliedOn: acceptedOn, bookedOn: decidedOn, before: seq };
        }),
      );
      const asked = answers.map((answer, i) => ({ ...answer, one: page[i], law: laws[i] ?? text }));
      await this.#beside.gather(touchedIn(asked));
      for (const { one, law, at, touched } of asked) {
        if (!one) continue;
        grant(one.decidedOn);
        const facts = one.cutTo === null ? at : { ...at, maximumFen: one.cutTo };
        const evaluation = trial.issue(law, facts, touched, (limit) => this.#beside.used(limit, one.seq));
        tried.push({ one, amountFen: evaluation.kind === 'award' ? evaluation.amountFen : 0n, why: whyOf(evaluation) });
      }
      this.#progress(page.length);
    }
    grant(endless);
    const money = strategy === 'FIRST_COME' ? moneyOf(trial) : this.#share(strategy, tried, rankOf);
    const vouchers = new Map<string, Voucher>();
    for (const { one, amountFen, why } of tried) {
      const { legalPerson, decidedOn, voucherId } = one;
      this.#tally.add(side, 'awarded', { legalPerson, on: decidedOn, amountFen });
      if (side === 'simulated') this.#tally.tried(legalPerson, why, one.awardedFen);
      if (voucherId === null) continue;
      const version = this.#laws.on(id, one.acceptedOn);
      const expiresOn = voucherExpiresOn(version, one.acceptedOn, decidedOn) ?? endless;
      vouchers.set(voucherId, { version, one, expiresOn, balanceFen: amountFen });
    }
    return { vouchers, money };
  }

  /** Its money is granted as it comes; what is shared out at the end is bounded then. */
  #trialOf(strategy: Allocation): Trial {
    return new Trial(strategy === 'FIRST_COME' && this.#poolFen !== null ? 0n : null);
  }

  /** Shares the money among all awards of the year at its end: what each may have by law and limits is what it claims. */
  #share(strategy: Allocation, tried: readonly Tried[], rankOf: (one: Decided) => number): Money {
    if (this.#poolFen === null) return { leftFen: null, exhaustedOn: null };
    const claims = tried.filter(({ amountFen }) => amountFen > 0n);
    const shares = allocate(
      strategy,
      this.#poolFen,
      claims.map(({ one, amountFen }) => ({
        ...{ id: one.id, approvedFen: amountFen, rank: rankOf(one), score: null },
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
      each.why = { bound: none ? 'POOL_EXHAUSTED' : 'POOL', of: null, refused: none };
    }
    const days = claims.map(({ one }) => one.decidedOn).sort();
    return {
      leftFen: this.#poolFen - sumFen(claims.map(({ amountFen }) => amountFen)),
      exhaustedOn: claimedFen >= this.#poolFen ? (days.at(-1) ?? null) : null,
    };
  }

  // ── Redemptions ──

  /** `id`: the version that is tried, null for none; `really`: what was redeemed is told as what it is compared with. */
  async #redeem(
    side: Side,
    { id, vouchers, really }: { id: string | null; vouchers: ReadonlyMap<string, Voucher>; really: boolean },
  ): Promise<{ redemptions: number; redemptionsOutside: number }> {
    const { bookId, programmeCode } = this.job;
    const trial = new Trial(null);
    const standings = new Map<string, Standing>();
    const counted = { redemptions: 0, redemptionsOutside: 0 };
    for await (const read of approvedRedemptions(this.tx, { bookId, span: this.#span })) {
      const rows = read.filter((row) => row.programmeCode === programmeCode);
      if (really) {
        for (const row of rows) this.#tally.add('compared', 'redeemed', { ...redeemedOn(row), amountFen: row.approvedFen });
      }
      if (id !== null) {
        const past = this.#pastFor();
        const fresh = [...new Set(rows.map(({ contractId }) => contractId))];
        await Promise.all([past.gather(fresh), this.#standAt(standings, id, fresh)]);
        const cases = rows.map((row) => {
          const voucher = vouchers.get(row.voucherId);
          return { row, voucher, law: voucher?.version ?? this.#laws.on(id, row.appliedOn) };
        });
        const answers = await past.ask(
          cases.map(({ row, law }): Asked => {
            const { contractId, appliedOn, approvedOn, usageFrom, usageTo, seq } = row;
            const of = { law, stage: 'REDEEM' as const, matters: mattersOf(row), predicates: {} };
            const usage = { from: usageFrom, to: usageTo };
            return { ...of, contractId, appliedOn, bookedOn: approvedOn, usage, before: seq };
          }),
        );
        const asked = cases.flatMap((of, i) => {
          const answer = answers[i];
          return answer ? [{ ...of, ...answer }] : [];
        });
        await this.#beside.gather(touchedIn(asked));
        for (const { row, voucher, law, at, touched } of asked) {
          if (!voucher) {
            trial.charge(touched, row.approvedFen);
            counted.redemptionsOutside += 1;
            continue;
          }
          counted.redemptions += 1;
          const standing = standings.get(row.contractId) ?? fresh0();
          const evaluation = trial.redeem(law, redemptionOf({ row, voucher, at, standing, past }), touched, (limit) =>
            this.#beside.used(limit, row.seq),
          );
          if (evaluation.kind !== 'award') continue;
          voucher.balanceFen -= evaluation.amountFen;
          standing.baseFen += evaluation.baseFen;
          standing.weighted += evaluation.weighted;
          standing.claimedFen += evaluation.amountFen;
          standing.cutOffFen += evaluation.cutOffFen;
          this.#tally.add(side, 'redeemed', { ...redeemedOn(row), amountFen: evaluation.amountFen });
        }
      }
      this.#progress(read.length);
    }
    return counted;
  }

  /** Where contracts stand that are met for the first time: as the years before left them, weighed at the version's rate. */
  async #standAt(standings: Map<string, Standing>, id: string, contractIds: readonly string[]): Promise<void> {
    const { bookId, programmeCode } = this.job;
    const unmet = contractIds.filter((contractId) => !standings.has(contractId));
    if (unmet.length === 0) return;
    for (const contractId of unmet) standings.set(contractId, fresh0());
    const flat = lawOn(this.#laws.textOf(id), this.#span.first).rate?.value.flat ?? null;
    const before = await redeemedBefore(this.tx, { bookId, programmeCode, contractIds: unmet, before: this.#span.first });
    for (const { contractId, baseFen, approvedFen, cutOffFen } of before) {
      // With several rates nobody knows any more what was redeemed at which: what was redeemed is what it weighed.
      const weighted = flat === null ? approvedFen * 10_000n : baseFen * BigInt(flat);
      standings.set(contractId, { baseFen, weighted, claimedFen: approvedFen, cutOffFen });
    }
  }

  // ── Reimbursement ──

  async #reimburse(side: Side, id: string, decided: readonly Decided[]): Promise<{ applications: number; money: Money }> {
    const { bookId, programmeCode, year } = this.job;
    const text = this.#laws.textOf(id);
    const strategy = lawOn(text, this.#span.last).allocation?.value ?? 'FIRST_COME';
    const trial = this.#trialOf(strategy);
    granting(trial, this.#loads)(endless);
    const reallyFen = new Map<string, Fen>();
    for (const { legalPerson, awardedFen } of decided)
      reallyFen.set(legalPerson, (reallyFen.get(legalPerson) ?? 0n) + awardedFen);
    const tried: Tried[] = [];
    const on = this.#span.first;
    const predicates = Object.fromEntries(text.eligibility.map((predicate) => [predicate.id, 'MET' as const]));
    for await (const { persons, rows } of settledFees(this.tx, { bookId, programmeCode, baseYear: year - 1 })) {
      const past = this.#pastFor();
      await past.gather(rows.map(({ contractId }) => contractId));
      const law = this.#laws.on(id, on);
      const before = this.#span.head + 1n;
      const contractIds = [...new Set(rows.map(({ contractId }) => contractId))];
      const of = { law, stage: 'ISSUE' as const, matters: {}, predicates, appliedOn: on, bookedOn: on, before };
      const answers = await past.ask(contractIds.map((contractId): Asked => ({ ...of, contractId })));
      const dealings = new Map(contractIds.map((contractId, i) => [contractId, answers[i]?.at]));
      const asked = [...byLegalPerson(rows)].map(([legalPerson, own]) => {
        const at = applicationOf(own, { past, on, predicates, baseYear: year - 1, dealings });
        return { legalPerson, law, at, touched: limitsTouched(law, 'AWARD', at) };
      });
      await this.#beside.gather(touchedIn(asked));
      for (const { legalPerson, at, touched } of asked) {
        const evaluation = trial.award(law, at, touched, (limit) => this.#beside.used(limit, before));
        const one: Decided = {
          ...{ place: BigInt(tried.length), acceptedOn: on, decidedOn: on, seq: before, id: legalPerson, contractId: '' },
          ...{ legalPerson, programmeVersionId: id, eligibility: noReview, matters: {}, cutTo: null, voucherId: null },
          awardedFen: reallyFen.get(legalPerson) ?? 0n,
        };
        tried.push({ one, amountFen: evaluation.kind === 'award' ? evaluation.amountFen : 0n, why: whyOf(evaluation) });
      }
      this.#progress(persons);
    }
    const money = strategy === 'FIRST_COME' ? moneyOf(trial) : this.#share(strategy, tried, () => 0);
    for (const { one, amountFen, why } of tried) {
      const { legalPerson } = one;
      for (const what of ['awarded', 'redeemed'] as const) this.#tally.add(side, what, { legalPerson, on, amountFen });
      if (side === 'simulated') this.#tally.tried(legalPerson, why, one.awardedFen);
    }
    return { applications: tried.length, money };
  }

  #result(facts: SimulationResult['facts'], money: Partial<Record<Side, Money>>): SimulationResult {
    const { programmeVersionId, poolFen, year } = this.job;
    const both = <T>(of: (money: Money | undefined) => T) => ({ compared: of(money.compared), simulated: of(money.simulated) });
    return {
      flow: this.#flowOf(programmeVersionId),
      facts,
      missing: missingParameters(this.#laws.textOf(programmeVersionId)).map(({ path, zh, en }) => ({ path, zh, en })),
      pool: {
        amount: yuan(this.#poolFen),
        source: poolFen !== null ? 'GIVEN' : this.#poolFen !== null ? 'LOADED' : 'NONE',
        exhaustedOn: both((of) => of?.exhaustedOn ?? null),
        left: both((of) => yuan(of?.leftFen ?? null)),
      },
      ...this.#tally.result(year),
    };
  }
}

const poolOf = (loads: readonly Load[]): Fen | null =>
  loads.length === 0 ? null : sumFen(loads.map(({ amountFen }) => amountFen));

/** Grants what is there by a day; days that go back grant nothing anew. */
function granting(trial: Trial, loads: readonly Load[]): (by: Day) => void {
  let next = 0;
  return (by) => {
    for (let load = loads[next]; load !== undefined && load.on <= by; load = loads[++next]) trial.grant(load.amountFen);
  };
}

const yuan = (fen: Fen | null): string | null => (fen === null ? null : formatYuan(fen));
const moneyOf = ({ poolLeftFen, exhaustedOn }: Trial): Money => ({ leftFen: poolLeftFen, exhaustedOn });
const fresh0 = (): Standing => ({ baseFen: 0n, weighted: 0n, claimedFen: 0n, cutOffFen: 0n });
const redeemedOn = ({ legalPersonUscc, approvedOn }: RedeemedRow) => ({ legalPerson: legalPersonUscc, on: approvedOn });

function* pagesOf<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += pageSize) yield rows.slice(from, from + pageSize);
}

/** Each page with what is gathered for it, which is gathered while the page before is worked on. */
async function* ahead<Page, Gathered>(
  pages: Iterable<Page>,
  gather: (page: Page) => Promise<Gathered>,
): AsyncGenerator<Gathered> {
  let next: Promise<Gathered> | undefined;
  for (const page of pages) {
    const current = next;
    next = gather(page);
    // Its failure is met when it is awaited.
    next.catch(() => undefined);
    if (current) yield await current;
  }
  if (next) yield await next;
}

const touchedIn = (asked: readonly { touched: readonly TouchedLimit[] }[]): TouchedLimit[] =>
  asked.flatMap(({ touched }) => touched);

const noReview: Eligibility = { predicates: {}, exceptions: {}, classes: [] };

/** What the review recorded; the same words are kept once. */
function reviewOf({ eligibility }: DecidedRow, reviews: Map<string, Eligibility>): Eligibility {
  if (eligibility === null) return noReview;
  const known = reviews.get(eligibility);
  if (known) return known;
  const review = JSON.parse(eligibility) as Eligibility;
  reviews.set(eligibility, review);
  return review;
}

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
function redemptionOf(of: { row: RedeemedRow; voucher: Voucher; at: Circumstances; standing: Standing; past: Past }) {
  const { row, voucher, at, standing, past } = of;
  const contractLines = past.linesOf(row.contractId);
  return {
    ...at,
    submittedOn: row.submittedOn,
    voucher: { issuedOn: voucher.one.decidedOn, expiresOn: voucher.expiresOn, balanceFen: voucher.balanceFen },
    usage: { from: row.usageFrom, to: row.usageTo },
    lines: row.contractLineIds.flatMap((contractLineId, i) => {
      const line = contractLines.find((of) => of.contractLineId === contractLineId);
      const amounts = { netFen: row.netsFen[i] ?? 0n, vatFen: row.vatsFen[i] ?? 0n, grossFen: row.grossesFen[i] ?? 0n };
      return line ? [evaluatorLine(line, { lineNo: row.lineNos[i] ?? 0, ...amounts })] : [];
    }),
    paidFen: row.grossFen,
    baseBeforeFen: standing.baseFen,
    weightedBefore: standing.weighted,
    redeemedAndReservedFen: standing.claimedFen,
    cutOffBeforeFen: standing.cutOffFen,
  };
}

function byLegalPerson(rows: readonly SettledRow[]): Map<string, SettledRow[]> {
  const persons = new Map<string, SettledRow[]>();
  for (const row of rows) {
    const own = persons.get(row.legalPersonUscc);
    if (own) own.push(row);
    else persons.set(row.legalPersonUscc, [row]);
  }
  return persons;
}

/** What a legal person's settled fees would have been applied for with: an item for each contract. */
function applicationOf(
  rows: readonly SettledRow[],
  of: {
    past: Past;
    on: Day;
    predicates: AwardFacts['enterprise']['predicates'];
    baseYear: number;
    dealings: ReadonlyMap<string, Circumstances | undefined>;
  },
): Omit<AwardFacts, 'poolLeft'> {
  const { past, on, predicates, baseYear, dealings } = of;
  const head = rows.find(({ isHead }) => isHead) ?? rows[0];
  const contracts = [...new Set(rows.map(({ contractId }) => contractId))];
  const items = contracts.flatMap((contractId) => {
    const at = dealings.get(contractId);
    if (!at) return [];
    const contractLines = new Map(past.linesOf(contractId).map((line) => [line.contractLineId, line]));
    const lines = rows
      .filter((row) => row.contractId === contractId)
      .flatMap((row) =>
        row.contractLineIds.flatMap((contractLineId, i): SettledLine[] => {
          const line = contractLines.get(contractLineId);
          if (!line) return [];
          const amounts = { netFen: row.netsFen[i] ?? 0n, vatFen: row.vatsFen[i] ?? 0n, grossFen: row.grossesFen[i] ?? 0n };
          const usage = { from: row.usageFrom, to: row.usageTo };
          return [{ ...evaluatorLine(line, { lineNo: line.lineNo, ...amounts }), usage, settledOn: row.settledOn }];
        }),
      );
    return [{ at, item: { provider: at.provider, contract: at.contract, facilities: at.facilities, lines } }];
  });
  return {
    ...nothingOnRecord(on),
    appliedOn: on,
    enterprise: items[0]?.at.enterprise ?? { ...nobody(head?.legalPersonUscc ?? ''), predicates },
    baseYear,
    items: items.map(({ item }) => item),
    limitsLeft: {},
  };
}
