// Flow R of a lived year: what was applied for, asked of another version. Each batch whose money was shared is shared again, in the
// order and on the days on which they were approved: its applications with the lines, matters, figures and reviews on record then, each
// line weighed anew by the simulated law, the reviewer's own cut taken as it was. Who was given nothing waits for the next batch it was
// in. What was not decided, and whoever had fees settled and did not apply, is shown apart: what law and limits would leave
// them after all others, money aside. Where nobody applied at all (the programme did not reimburse then), everybody whose
// fees were settled in the year before is taken to have applied on the first day of the year, in the order of their codes.
import type { ReimbursementLine } from '../../db/tables.js';
import type { Question } from '../applications/evaluation-facts.js';
import { asksBeyondContract, evaluatorLine, gatherNumbers, numbered } from '../applications/evaluation-facts.js';
import { placeOfNumber } from '../cases/places.js';
import type { Eligibility } from '../applications/rules.js';
import type { Day } from '../calendar.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import type { AwardFacts, Circumstances, SettledLine } from '../programmes/evaluate.js';
import { evaluateAward, limitsTouched, nothingOnRecord, priorityRank } from '../programmes/evaluate.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';
import { nobody } from '../programmes/lines.js';
import type { Claim, Trial } from '../programmes/trial.js';
import type { Asked as AskedLines, Case } from '../reimbursements/award-facts.js';
import { caseOf, gatherAwardLimits, gatherDealings } from '../reimbursements/award-facts.js';
import { reimbursementLineShelf } from '../reimbursements/facts.js';
import { touchedBy } from '../reimbursements/lines.js';
import { bookReasons } from '../reimbursements/rules.js';
import { invoiceShelf } from '../usage/facts.js';
import type { SimulationResult } from '../../schemas/simulations.js';
import type { Living, Money } from './living.js';
import { endless, granting, moneyOf, pagesOf, reviewOf, touchedIn, trialOf } from './living.js';
import type { Asked, Past } from './past.js';
import type { AppliedRow, SettledRow, SharedRow } from './read-year.js';
import { appliedInYear, settledFees, sharedBatches } from './read-year.js';
import type { Side, Why } from './tally.js';
import { whyOf } from './tally.js';

/** Why nothing fell to an application that money or a limit kept from its award: one that was rejected after it is tried. */
const wanting: readonly (string | null)[] = ['POOL_EXHAUSTED', 'LIMIT_EXHAUSTED', 'STACKED_OUT', 'LIMIT_UNKNOWN'];

/** What really was applied for and decided. */
export interface Reimbursed {
  readonly applied: ReadonlyMap<string, AppliedRow>;
  /** Of the year's money, in the order of their approval. */
  readonly batches: readonly SharedRow[];
  /** Allocations of other years' money that were approved in this one. */
  readonly others: readonly string[];
  /** Applications that the batches decided and no other reason rejected. */
  readonly decided: ReadonlySet<string>;
  readonly rejectedOtherwise: number;
}

export async function readReimbursed({ tx, job, span }: Pick<Living, 'tx' | 'job' | 'span'>): Promise<Reimbursed> {
  const [rows, shared] = await Promise.all([appliedInYear(tx, job), sharedBatches(tx, job)]);
  const batches = shared.filter(({ year }) => year === job.year);
  const reasons = new Map<string, (string | null)[]>();
  for (const { reimbursementId, reason } of batches.flatMap(({ lines }) => lines))
    reasons.set(reimbursementId, [...(reasons.get(reimbursementId) ?? []), reason]);
  const isTried = ({ reimbursementId, status }: AppliedRow): boolean => {
    const given = (reasons.get(reimbursementId) ?? []).filter(isOpen);
    return hasEnded(status) ? given.some((reason) => wanting.includes(reason)) : given.length > 0;
  };
  const decided = rows.filter(isTried);
  return {
    applied: new Map(rows.map((row) => [row.reimbursementId, row])),
    batches,
    others: shared
      .filter(({ year, decidedOn }) => year !== job.year && decidedOn >= span.first && decidedOn <= span.last)
      .map(({ allocationId }) => allocationId),
    decided: new Set(decided.map(({ reimbursementId }) => reimbursementId)),
    rejectedOtherwise: rows.filter((row) => row.status === 'REJECTED' && !isTried(row)).length,
  };
}

/** Ended without an award: tried only where money or a limit had kept it from one. */
const hasEnded = (status: string): boolean => status === 'REJECTED' || status === 'WITHDRAWN';

/** What a batch could not judge, for it was reviewed as something else, it did not decide. */
const isOpen = (reason: string | null): boolean => reason !== 'REVIEW_CHANGED';

/** How an application was asked: as the entry `before` found it, for an award booked on that day. */
interface Asking {
  readonly row: AppliedRow;
  readonly review: Eligibility;
  readonly bookedOn: Day;
  readonly before: bigint;
}

/** What came of one: why, and what it claims of the money; and the share it is given in the end (fen). */
interface Claimed extends Claim {
  readonly row: Pick<AppliedRow, 'reimbursementId' | 'legalPersonUscc'>;
  readonly why: Why;
}
interface Outcome extends Claimed {
  readonly on: Day;
  readonly amountFen: Fen;
}

type Potential = NonNullable<SimulationResult['potential']>;

export interface LivedReimbursements {
  readonly applications: number;
  readonly assumed: number;
  readonly potential: Potential;
  readonly money: Money;
}

export class ReimbursedYear {
  readonly #reviews = new Map<string, Eligibility>();
  /** Lines that no application holds any more, by whose they are taken to be. */
  readonly #taken = new Map<string, string>();

  constructor(
    private readonly of: Living,
    private readonly real: Reimbursed,
  ) {}

  /** How many facts a side looks at, where the book has so many legal persons. */
  facts(side: Side, persons: number): number {
    const others = this.#isAssumed || side === 'simulated' ? persons : 0;
    return this.real.batches.reduce((sum, { lines }) => sum + lines.length, 0) + others;
  }

  /** Nobody applied: who might have is taken to. */
  get #isAssumed(): boolean {
    return this.real.applied.size === 0;
  }

  async live(side: Side, versionId: string): Promise<LivedReimbursements> {
    const { loads, tally, span } = this.of;
    const trial = trialOf(loads);
    const grant = granting(trial, loads);
    const outcomes = new Map<string, Outcome>();
    for (const batch of this.real.batches) {
      grant(batch.decidedOn);
      const asking = batch.lines.flatMap(({ reimbursementId, reason }): Asking[] => {
        const row = this.real.applied.get(reimbursementId);
        const isOver = (outcomes.get(reimbursementId)?.amountFen ?? 0n) > 0n;
        if (!row || isOver || !isOpen(reason) || !this.real.decided.has(reimbursementId)) return [];
        return [{ row, review: reviewOf(row, this.#reviews), bookedOn: batch.decidedOn, before: batch.seq }];
      });
      asking.sort((a, b) => (placeOfRow(a.row) < placeOfRow(b.row) ? -1 : 1));
      const claims = await this.#claims(trial, versionId, asking);
      for (const outcome of this.#shared(trial, versionId, claims, batch.decidedOn))
        outcomes.set(outcome.row.reimbursementId, outcome);
      this.of.progress(batch.lines.length);
    }
    grant(endless);
    const potential = { undecided: none(), others: none() };
    if (this.#isAssumed) {
      const claims: Claimed[] = [];
      for await (const page of this.#settled(trial, versionId)) claims.push(...page);
      for (const outcome of this.#shared(trial, versionId, claims, span.first))
        outcomes.set(outcome.row.reimbursementId, outcome);
    } else if (side === 'simulated') await this.#apart(trial, versionId, potential);
    for (const { row, why, on, amountFen } of outcomes.values()) {
      const { reimbursementId: caseId, legalPersonUscc: legalPerson } = row;
      const held = why.kind === 'held';
      for (const what of ['awarded', 'redeemed'] as const) {
        if (held) tally.hold(what, caseId, legalPerson);
        tally.add(side, what, { caseId, legalPerson, on, amountFen });
      }
      const awardedFen = this.real.applied.get(caseId)?.awardFen ?? 0n;
      if (side === 'simulated') tally.tried(legalPerson, why, awardedFen);
    }
    const shown = ({ count, held, amountFen }: ReturnType<typeof none>) => ({ count, held, amount: formatYuan(amountFen) });
    return {
      applications: outcomes.size,
      assumed: this.#isAssumed ? outcomes.size : 0,
      potential: { undecided: shown(potential.undecided), others: shown(potential.others) },
      money: moneyOf(trial),
    };
  }

  /** Those undecided, and those who did not apply: what law and limits leave them when all others have theirs. */
  async #apart(
    trial: Trial,
    versionId: string,
    potential: Record<'undecided' | 'others', ReturnType<typeof none>>,
  ): Promise<void> {
    const { tally, span, laws } = this.of;
    const add = (sum: ReturnType<typeof none>, claims: readonly Claimed[]): void => {
      for (const { row, claimFen, why } of claims) {
        if (why.kind === 'held') sum.held += 1;
        if (claimFen === 0n) continue;
        sum.count += 1;
        sum.amountFen += claimFen;
        tally.potential(row.legalPersonUscc, claimFen);
      }
    };
    const text = laws.textOf(versionId);
    const met = Object.fromEntries(text.eligibility.map(({ id }) => [id, 'MET' as const]));
    const undecided = [...this.real.applied.values()].filter(
      ({ reimbursementId, status }) => !hasEnded(status) && !this.real.decided.has(reimbursementId),
    );
    const asking = undecided.map((row): Asking => {
      const review = reviewOf(row, this.#reviews);
      // What a review will check is taken as met until then.
      const expected = row.eligibility === null ? { ...review, predicates: met } : review;
      return { row, review: expected, bookedOn: row.submittedOn, before: span.head + 1n };
    });
    add(potential.undecided, await this.#claims(trial, versionId, asking));
    // What may be declared is known when it is.
    if (lawOn(text, span.first).base?.value !== 'PRIOR_YEAR_SETTLED_FEE') return;
    const applied = new Set([...this.real.applied.values()].map(({ legalPersonUscc }) => legalPersonUscc));
    for await (const page of this.#settled(trial, versionId, applied)) add(potential.others, page);
  }

  /** What law, limits and review leave each of these, one after the other. */
  async #claims(trial: Trial, versionId: string, asking: readonly Asking[]): Promise<Claimed[]> {
    const { laws, beside } = this.of;
    const claims: Claimed[] = [];
    for (const page of pagesOf(asking)) {
      const past = this.of.pastFor();
      const linesOf = await this.#gather(
        past,
        page.map(({ row }) => row),
      );
      const asked = page.map((of) => {
        const lines = linesOf(of.row);
        const law = laws.on(versionId, of.row.submittedOn);
        return { ...of, law, lines, asks: askedOf(past, of, law, lines) };
      });
      // A review that left less than was computed may have cut; its own law knows.
      const lowered = new Map(
        page.flatMap((of) => {
          const { row } = of;
          if (row.reviewedFen === null || row.reviewedFen >= row.computedFen) return [];
          return [[row, askedOf(past, of, laws.on(row.programmeVersionId, row.submittedOn), linesOf(row))] as const];
        }),
      );
      const looking = [...asked.map(({ asks }) => asks), ...lowered.values()].filter(({ law }) => asksBeyondContract(law));
      if (looking.length > 0) {
        await gatherAwardLimits(past.loader, looking);
        await past.then.learnOfLimits();
      }
      const cases = asked.map((of) => {
        const whole = of.lines.length === 0 ? null : caseOf(past.facts, of.asks);
        return { ...of, whole, touched: whole ? touchedBy(whole) : [] };
      });
      await beside.gather(touchedIn(cases));
      for (const { row, review, law, whole, touched, before } of cases) {
        const ofLaw = lawOn(law, row.submittedOn);
        const common = {
          row,
          touched,
          score: row.score,
          acceptedAt: String(placeOfRow(row)).padStart(20, '0'),
          rank: priorityRank(law, row.submittedOn, review.classes),
          leastFen: ofLaw.minAward?.value ?? 0n,
        };
        if (whole === null) {
          claims.push({ ...common, claimFen: 0n, why: { kind: 'refused', bound: 'NOTHING_TO_REIMBURSE', of: null } });
          continue;
        }
        const own = lowered.get(row);
        const cutTo = own ? cutOf(row, caseOf(past.facts, own)) : null;
        const at = cutTo === null ? whole.at : { ...whole.at, maximumFen: cutTo };
        const evaluation = trial.claim(law, at, touched, (limit) => beside.used(limit, before));
        const claimFen = evaluation.kind === 'award' ? evaluation.amountFen : 0n;
        claims.push({ ...common, claimFen, why: whyOf(evaluation) });
      }
    }
    return claims;
  }

  /** Gathers applications with their lines and what these rest on; tells which of the lines a law may still count. */
  async #gather(past: Past, rows: readonly AppliedRow[]): Promise<(row: AppliedRow) => readonly ReimbursementLine[]> {
    const { loader, facts } = past;
    const ids = rows.map(({ reimbursementId }) => reimbursementId);
    const lines = await loader.load(reimbursementLineShelf, 'reimbursement', ids);
    const loose = lines.filter(({ isLive }) => !isLive);
    const ofInvoices = loose.flatMap(({ invoiceId }) => invoiceId ?? []);
    const applicantOf = new Map(rows.map(({ reimbursementId, enterpriseId }) => [reimbursementId, enterpriseId]));
    await Promise.all([
      loader.load(invoiceShelf, 'id', ofInvoices),
      loader.load(
        reimbursementLineShelf,
        'invoice',
        ofInvoices.map((id) => [id, 'true']),
      ),
      loader.load(
        reimbursementLineShelf,
        'reference',
        loose.map(({ counterpartyUscc, reference }) => [counterpartyUscc, reference, 'true']),
      ),
      gatherDealings(loader, {
        enterpriseIds: [...applicantOf.values()],
        contractIds: lines.flatMap(({ contractId }) => contractId ?? []),
        counterparties: lines.flatMap(({ contractId, counterpartyUscc, reimbursementId }) =>
          contractId === null ? [{ enterpriseId: applicantOf.get(reimbursementId) ?? '', uscc: counterpartyUscc }] : [],
        ),
      }),
    ]);
    await past.then.learn();
    return ({ reimbursementId }) =>
      [...facts.all(reimbursementLineShelf, 'reimbursement', reimbursementId)]
        .sort((a, b) => a.lineNo - b.lineNo)
        .filter((line) => line.isLive || this.#isFree(past, line));
  }

  /**
   * Whether a line that its application does not hold could count under another law: the book itself did not rule it out, and it has not
   * been redeemed, or counted elsewhere, since. Of two that could, the first has it.
   */
  #isFree({ facts }: Past, line: ReimbursementLine): boolean {
    const { invoiceId, invoiceLineId, reimbursementId, counterpartyUscc, reference } = line;
    if (line.reason !== null && (bookReasons as readonly string[]).includes(line.reason)) return false;
    const elsewhere = (of: readonly ReimbursementLine[]) => of.filter((other) => other.reimbursementId !== reimbursementId);
    if (invoiceId !== null) {
      const invoice = facts.get(invoiceShelf, invoiceId);
      const held = elsewhere(facts.all(reimbursementLineShelf, 'invoice', [invoiceId, 'true']));
      const isSame = (other: ReimbursementLine) =>
        invoiceLineId === null || other.invoiceLineId === null || other.invoiceLineId === invoiceLineId;
      if (invoice?.status !== 'CONFIRMED' || invoice.redemptionId !== null || held.some(isSame)) return false;
    } else if (elsewhere(facts.all(reimbursementLineShelf, 'reference', [counterpartyUscc, reference, 'true'])).length > 0) {
      return false;
    }
    const key = invoiceLineId ?? `${counterpartyUscc} ${reference}`;
    const taken = this.#taken.get(key) ?? reimbursementId;
    this.#taken.set(key, taken);
    return taken === reimbursementId;
  }

  /** Shares the money there is on a day among the claims of a batch, by the strategy of the first one's law. */
  #shared(trial: Trial, versionId: string, claims: readonly Claimed[], on: Day): Outcome[] {
    const strategy = lawOn(this.of.laws.textOf(versionId), on).allocation?.value ?? 'FIRST_COME';
    const shares = trial.shareOut(strategy, on, claims);
    return claims.map((claim, i) => {
      const { amountFen, bound } = shares[i] ?? { amountFen: 0n, bound: null };
      if (bound === null) return { ...claim, on, amountFen };
      return { ...claim, on, amountFen, why: { kind: amountFen > 0n ? 'award' : 'refused', bound, of: null } };
    });
  }

  /** Whoever had fees settled in the year before, but for those who applied, as if it applied on the first day of the year. */
  async *#settled(trial: Trial, versionId: string, applied?: ReadonlySet<string>): AsyncGenerator<Claimed[]> {
    const { tx, job, laws, beside, span } = this.of;
    const on = span.first;
    const text = laws.textOf(versionId);
    const predicates = Object.fromEntries(text.eligibility.map((predicate) => [predicate.id, 'MET' as const]));
    const law = laws.on(versionId, on);
    const leastFen = lawOn(law, on).minAward?.value ?? 0n;
    const before = span.head + 1n;
    for await (const { persons, rows: read } of settledFees(tx, { ...job, baseYear: job.year - 1 })) {
      const rows = applied === undefined ? read : read.filter(({ legalPersonUscc }) => !applied.has(legalPersonUscc));
      const past = this.of.pastFor();
      const contractIds = [...new Set(rows.map(({ contractId }) => contractId))];
      await past.gather(contractIds);
      const of = { law, stage: 'ISSUE' as const, matters: {}, predicates, appliedOn: on, bookedOn: on, before };
      const answers = await past.ask(contractIds.map((contractId): Asked => ({ ...of, contractId })));
      const dealings = new Map(contractIds.map((contractId, i) => [contractId, answers[i]?.at]));
      const questions = [...byLegalPerson(rows)].map(([legalPersonUscc, own]) => {
        const bare = applicationOf(own, { past, on, predicates, baseYear: job.year - 1, dealings });
        const only = new Set(own.map(({ contractId }) => contractId));
        const touches: Question['touches'] = (at) => limitsTouched(law, 'AWARD', { ...bare, ...at });
        const upstreamHolders = only.size === 1 ? [...only] : [];
        return { legalPersonUscc, question: { law, bare, upstreamHolders, known: past.then.before(before), touches } };
      });
      if (asksBeyondContract(law)) {
        await gatherNumbers(
          past.loader,
          questions.map(({ question }) => question),
        );
        await past.then.learnOfLimits();
      }
      const asked = questions.map(({ legalPersonUscc, question }) => {
        const at = numbered(past.facts, question);
        return { legalPersonUscc, at, touched: question.touches(at) };
      });
      await beside.gather(touchedIn(asked));
      yield asked.map(({ legalPersonUscc, at, touched }): Claimed => {
        const evaluation = trial.claim(law, at, touched, (limit) => beside.used(limit, before));
        return {
          row: { reimbursementId: legalPersonUscc, legalPersonUscc },
          touched,
          leastFen,
          claimFen: evaluation.kind === 'award' ? evaluation.amountFen : 0n,
          why: whyOf(evaluation),
          rank: 0,
          score: null,
          acceptedAt: legalPersonUscc,
        };
      });
      this.of.progress(persons);
    }
  }
}

const none = () => ({ count: 0, held: 0, amountFen: 0n });
const placeOfRow = ({ acceptedPlace, reimbursementNo }: AppliedRow): bigint => acceptedPlace ?? placeOfNumber(reimbursementNo);

const askedOf = (
  past: Past,
  { row, review, bookedOn, before }: Asking,
  law: ProgrammeVersion,
  lines: readonly ReimbursementLine[],
): AskedLines => ({
  law,
  of: row,
  lines,
  bookedOn,
  predicates: review.predicates,
  known: past.then.before(before),
});

/** What a reviewer set, if it is less than the law gave by its numbers alone (fen). */
function cutOf({ reviewedFen }: AppliedRow, { law, at }: Case): Fen | null {
  const numbers = limitsTouched(law, 'AWARD', { ...at, limitsLeft: {} }).map(({ limitId, amountFen }) => [limitId, amountFen]);
  const known = numbers.filter(([, amountFen]) => amountFen !== null);
  const byLaw = evaluateAward(law, { ...at, limitsLeft: Object.fromEntries(known) as Record<string, Fen> });
  return reviewedFen !== null && byLaw.kind === 'award' && reviewedFen < byLaw.amountFen ? reviewedFen : null;
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
    const contractLines = past.linesOf(contractId);
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
