// What a merger or a split does to the limits that a legal person is held to: none grows by it, and nothing is charged twice. The windows
// that run today are followed; what was spent in those that are over stays where it was spent.
import type { LimitException, LimitSuccession } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import type { LimitWindow } from '../ledger/chart.js';
import { accountOf } from '../ledger/chart.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { gatherLimits, readLimit } from '../ledger/limits.js';
import type { Posting } from '../ledger/templates.js';
import { about, limitRaised, limitSucceeded } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import { formatYuan, sumFen } from '../money.js';
import { firstYearIdOf, firstYearShelf, limitExceptionShelf, programmeVersionShelf } from '../programmes/facts.js';
import { lawOn } from '../programmes/language.js';
import { hasBeenActivated, programmeOf } from '../programmes/published.js';
import { limitSuccessionShelf } from './facts.js';

/** A limit per legal person, by its name in the ledger. */
interface PersonLimit {
  readonly account: string;
  /** 0 for a lifetime, 1 for a calendar year, more for years from the first award on. */
  readonly years: number;
  /** The highest number that an activated law gives for it today; null where each holder has a figure of its own. */
  readonly numberFen: Fen | null;
}

/** The limits per legal person of every law that has been activated here. */
function personLimits(facts: Facts, today: Day): PersonLimit[] {
  const versions = ['PROGRAMME', 'GENERAL_CONTROLS'].flatMap((kind) => facts.all(programmeVersionShelf, 'kind', kind));
  const found = new Map<string, PersonLimit>();
  for (const law of versions.filter(hasBeenActivated).map(programmeOf)) {
    const now = lawOn(law, today).limits;
    for (const { account, per, window } of law.laws.flatMap(({ limits }) => limits)) {
      if (per !== 'LEGAL_PERSON') continue;
      const years = window.kind === 'LIFETIME' ? 0 : window.kind === 'YEAR' ? 1 : window.years;
      const given = now.find((of) => of.account === account);
      const number = given === undefined ? 0n : given.figure === null ? (given.amountFen ?? 0n) : null;
      const before = found.get(account);
      const most =
        before === undefined ? number : before.numberFen === null || number === null ? null : maximum(before.numberFen, number);
      found.set(account, { account, years, numberFen: most });
    }
  }
  return [...found.values()];
}
const maximum = (a: Fen, b: Fen): Fen => (a > b ? a : b);

/** The window of a limit that runs today for a holder; null where it has not begun or is over. */
function runningWindow(facts: Facts, { account, years }: PersonLimit, holder: string, today: Day): string | null {
  if (years === 0) return 'LIFETIME';
  const year = yearOf(today);
  if (years === 1) return String(year);
  const first = facts.get(firstYearShelf, firstYearIdOf(account, holder))?.firstYear;
  return first === undefined || year >= first + years ? null : `${first}+${years}`;
}

/** Gathers, for these legal persons together, all that `carried` and `shared` look at. */
export async function gatherSuccession(loader: Loader, holders: readonly string[], today: Day): Promise<void> {
  const { facts } = loader;
  await loader.load(programmeVersionShelf, 'kind', ['PROGRAMME', 'GENERAL_CONTROLS']);
  const limits = personLimits(facts, today);
  await loader.load(
    firstYearShelf,
    'id',
    limits.flatMap(({ account }) => holders.map((holder) => firstYearIdOf(account, holder))),
  );
  const windows = limits.flatMap((limit): LimitWindow[] => {
    // Whose years began first may pass them on.
    const spans = new Set(holders.flatMap((holder) => runningWindow(facts, limit, holder, today) ?? []));
    return [...spans].flatMap((window) => holders.map((holder) => ({ limit: limit.account, holder, window })));
  });
  const keys = windows.map(({ limit, holder, window }) => [limit, holder, window]);
  await Promise.all([
    gatherLimits(loader, windows),
    loader.load(limitSuccessionShelf, 'window', keys),
    loader.load(limitExceptionShelf, 'window', keys),
  ]);
}

/** What follows for limits: the postings, and the rows that say why. */
export interface Followed {
  readonly kind: 'followed';
  readonly postings: readonly Posting[];
  readonly changes: readonly Change[];
}
/** Who proposed what is followed here, who decides it, and why. */
interface Of {
  readonly changeId: string;
  readonly proposedPerson: string;
  readonly decidedPerson: string;
  readonly reason: string;
  readonly today: Day;
  readonly receivedAt: Date;
  readonly newId: () => string;
}

const keyOf = ({ limit, holder, window }: LimitWindow): string[] => [limit, holder, window];

/** Charges a window, and says why; `from`: whose and which it is carried on from, `raisedFen`: what it is raised by in the same decision. */
function charge(
  facts: Facts,
  at: LimitWindow,
  amountFen: Fen,
  of: Of & Pick<LimitSuccession, 'why'> & { readonly from?: LimitWindow; readonly raisedFen?: Fen },
): Omit<Followed, 'kind'> {
  if (amountFen <= 0n) return { postings: [], changes: [] };
  const { limit: account, holder, window: span } = at;
  const usedAfterFen = facts.balance(accountOf.used(at)) + amountFen;
  return {
    postings: limitSucceeded({ at, allowanceFen: facts.balance(accountOf.allowance(at)) + (of.raisedFen ?? 0n), amountFen }),
    changes: [
      insert(limitSuccessionShelf, {
        bookId: facts.bookId,
        limitSuccessionId: of.newId(),
        changeId: of.changeId,
        why: of.why,
        account,
        holder,
        span,
        amountFen,
        usedAfterFen,
        fromHolder: of.from?.holder ?? null,
        fromSpan: of.from?.window ?? null,
      }),
    ],
  };
}

/** Whoever has no years of its own goes on with those of whom it follows. */
const inherit = (facts: Facts, { account, years }: PersonLimit, holder: string, window: string): Change[] =>
  years < 2 || facts.get(firstYearShelf, firstYearIdOf(account, holder))
    ? []
    : [
        insert(firstYearShelf, {
          bookId: facts.bookId,
          firstYearId: firstYearIdOf(account, holder),
          account,
          holder,
          firstYear: Number(window.slice(0, 4)),
        }),
      ];

/**
 * A merger: what the absorbed legal person has spent in each window that runs counts as spent by its successor, even where that makes more
 * than the limit; the exceptions that it was given go with it. What stood as spent only because it was founded by a split is not carried on.
 */
export function carried(facts: Facts, from: string, to: string, of: Of): Followed {
  const parts = personLimits(facts, of.today).map((limit) => {
    const window = runningWindow(facts, limit, from, of.today);
    if (window === null) return { postings: [], changes: [] };
    const source = { limit: limit.account, holder: from, window };
    const founded = facts.all(limitSuccessionShelf, 'window', keyOf(source)).filter(({ why }) => why === 'FOUNDED');
    const spentFen = facts.balance(accountOf.used(source)) - sumFen(founded.map(({ amountFen }) => amountFen));
    const own = facts.get(firstYearShelf, firstYearIdOf(limit.account, to));
    const target = limit.years < 2 || own === undefined ? window : runningWindow(facts, limit, to, of.today);
    // Its own years are over: it is given nothing more, whatever counts.
    if (target === null) return { postings: [], changes: [] };
    const at = { ...source, holder: to, window: target };
    const raised = exceptionsFollow(facts, source, at, of);
    const charged = charge(facts, at, spentFen, { ...of, why: 'CARRIED', from: source, raisedFen: raised.amountFen });
    const begins = spentFen > 0n ? inherit(facts, limit, to, target) : [];
    return { postings: [...raised.postings, ...charged.postings], changes: [...begins, ...raised.changes, ...charged.changes] };
  });
  return { kind: 'followed', postings: parts.flatMap((p) => p.postings), changes: parts.flatMap((p) => p.changes) };
}

/** The exceptions approved for a window, for the one that it is carried on to: each by a row of its own that names the one it follows. */
function exceptionsFollow(
  facts: Facts,
  source: LimitWindow,
  at: LimitWindow,
  of: Of,
): Omit<Followed, 'kind'> & { amountFen: Fen } {
  const rows = raisedIn(facts, source).map((before): LimitException => ({
    ...before,
    exceptionId: of.newId(),
    holder: at.holder,
    span: at.window,
    reason: of.reason,
    askedPerson: of.proposedPerson,
    askedOn: of.today,
    approvedPerson: of.decidedPerson,
    approvedOn: of.today,
    recordedAt: of.receivedAt.toISOString(),
    followsId: before.exceptionId,
  }));
  return {
    amountFen: sumFen(rows.map(({ amountFen }) => amountFen)),
    postings: rows.flatMap(({ exceptionId, amountFen }) => about(exceptionId, limitRaised({ at, amountFen }))),
    changes: rows.map((row) => insert(limitExceptionShelf, row)),
  };
}

/** Who was founded by a split, and how much of what is left of each limit it is handed (fen, by the limit's name). */
export interface Founded {
  readonly holder: string;
  readonly left: ReadonlyMap<string, Fen>;
}

/**
 * A split: of each limit that runs, what is handed to whom was founded by it leaves the one that is split, and whoever was founded has no
 * more than that until the window ends. Refuses SPLIT_LIMIT_UNKNOWN for a limit that is none per legal person, or has a figure for each;
 * SPLIT_HEIR_NOT_NEW for one that has spent of it; SPLIT_LEFT_BEYOND for more than is left.
 */
export function shared(facts: Facts, from: string, heirs: readonly Founded[], of: Of): Followed | Refused {
  const limits = personLimits(facts, of.today).filter(({ numberFen }) => numberFen !== null);
  for (const { left } of heirs)
    for (const limit of left.keys())
      if (!limits.some(({ account }) => account === limit)) return refused('SPLIT_LIMIT_UNKNOWN', { limit }, '/heirs');
  const postings: Posting[] = [];
  const changes: Change[] = [];
  for (const limit of limits) {
    const window = runningWindow(facts, limit, from, of.today);
    if (window === null) continue;
    const at = { limit: limit.account, holder: from, window };
    const numberFen = limit.numberFen ?? 0n;
    const { leftFen } = readLimit(facts, at, numberFen + raisedFen(facts, at));
    const givenFen = sumFen(heirs.map(({ left }) => left.get(limit.account) ?? 0n));
    if (givenFen > leftFen) {
      const params = { limit: limit.account, given: formatYuan(givenFen), left: formatYuan(leftFen) };
      return refused('SPLIT_LEFT_BEYOND', params, '/heirs');
    }
    const given = charge(facts, at, givenFen, { ...of, why: 'GIVEN' });
    postings.push(...given.postings);
    changes.push(...given.changes);
    for (const { holder, left } of heirs) {
      const its = { ...at, holder };
      if (facts.balance(accountOf.used(its)) > 0n)
        return refused('SPLIT_HEIR_NOT_NEW', { uscc: holder, limit: limit.account }, '/heirs');
      const founded = charge(facts, its, numberFen - (left.get(limit.account) ?? 0n), { ...of, why: 'FOUNDED' });
      postings.push(...founded.postings);
      changes.push(...inherit(facts, limit, holder, window), ...founded.changes);
    }
  }
  return { kind: 'followed', postings, changes };
}

/** The approved exceptions to a window. */
const raisedIn = (facts: Facts, at: LimitWindow): LimitException[] =>
  facts.all(limitExceptionShelf, 'window', keyOf(at)).filter(({ status }) => status === 'APPROVED');

/** What they raised it by. */
const raisedFen = (facts: Facts, at: LimitWindow): Fen => sumFen(raisedIn(facts, at).map(({ amountFen }) => amountFen));
