// Makes the canonical data of a month that is shut, in short slices, from what is at or before its cut-off; while it is built and whenever
// it is made again to compare.
import type { Tx } from '../../db/client.js';
import type { Fen } from '../money.js';
import type { Balance, Trial, Turnover } from '../ledger/months.js';
import { balancesOf, trialOf, turnoversOf } from '../ledger/months.js';
import type { Heading } from './data.js';
import { balanceText, DataText, headingText, lineText, partyText, trialText, turnoverText } from './data.js';
import type { MonthLine } from './lines.js';
import { isLine, linesOf } from './lines.js';
import type { Parties } from './parties.js';
import type { MonthSpan } from '../ledger/months.js';

export interface MonthData {
  readonly trial: readonly Trial[];
  readonly turnovers: readonly Turnover[];
  readonly lineCount: number;
  readonly dataDigest: string;
  readonly balancesDigest: string;
  /** Postings whose lines, and funds with kinds whose balances, do not add up to what the ledger has turned over. */
  readonly astray: readonly string[];
}

export async function headingOf(db: Tx, bookId: string): Promise<Heading & { readonly name: string }> {
  const [book] = await db.sql<{ code: string; origin: string; name: string }[]>`
    select code, origin, name from books where book_id = ${bookId}`;
  if (!book) throw new Error('there is no such book');
  return book;
}

/** `keep` takes the text; `onLines` and `onBalances` see what it is made of, a slice at a time, and up to which sequence the lines go. */
export async function makeData(
  db: Tx,
  span: MonthSpan,
  of: {
    readonly heading: Heading;
    readonly parties: Parties;
    readonly keep: (text: string) => void;
    readonly onLines?: (lines: readonly MonthLine[], upTo: bigint) => void;
    readonly onBalances?: (balances: readonly Balance[]) => void;
  },
): Promise<MonthData> {
  const text = new DataText(of.keep);
  const [trial, turnovers] = await Promise.all([trialOf(db, span), turnoversOf(db, span)]);
  text.add(headingText(of.heading, span));
  text.add(trial.map(trialText).join(''));
  text.add(turnovers.map(turnoverText).join(''));
  const sums = new Map<string, Fen>();
  let lineCount = 0;
  for await (const { lines, upTo } of linesOf(db, span, of.parties)) {
    text.add(lines.map(lineText).join(''));
    for (const { posting, amountFen } of lines) sums.set(posting, (sums.get(posting) ?? 0n) + amountFen);
    lineCount += lines.length;
    of.onLines?.(lines, upTo);
  }
  const standing = new Map<string, Fen>();
  for await (const balances of balancesOf(db, span)) {
    text.addBalances(balances.map(balanceText).join(''));
    for (const { fund, kind, balanceFen } of balances) {
      const name = standingOf({ fund: fund ?? '', kind });
      standing.set(name, (standing.get(name) ?? 0n) + balanceFen);
    }
    await of.parties.gather({
      parties: balances.flatMap(({ kind, code }) => (owing.has(kind) ? (code.split(':')[1] ?? []) : [])),
    });
    of.onBalances?.(balances);
  }
  text.add(partiesNamed(of.parties).map(partyText).join(''));
  const closing = new Map(trial.flatMap((row) => (row.closingFen === 0n ? [] : [[standingOf(row), row.closingFen]])));
  const nothing = [...standing].filter(([, fen]) => fen === 0n);
  for (const [name] of nothing) standing.delete(name);
  const astray = [...differing(turnedOver(turnovers), sums), ...differing(closing, standing)];
  return { trial, turnovers, lineCount, ...text.digests(), astray };
}

/** Kinds of account whose codes name a payee. */
const owing: ReadonlySet<string> = new Set(['payable', 'receivable']);

const standingOf = ({ fund, kind }: { readonly fund: string; readonly kind: string }): string => `${kind} ${fund}`.trim();

/** Each once, in order of side, code and id. */
function partiesNamed(parties: Parties) {
  const byId = new Map(parties.all.map((party) => [party.partyId, party]));
  const keyOf = (id: string): string => [byId.get(id)?.side, byId.get(id)?.uscc, id].join(' ');
  return [...byId.keys()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).flatMap((id) => byId.get(id) ?? []);
}

/** What lines of each posting have to add up to: a transfer debits as much as it credits, so the debits over all kinds and funds. */
function turnedOver(turnovers: readonly Turnover[]): Map<string, Fen> {
  const sums = new Map<string, Fen>();
  for (const { posting, debitsFen } of turnovers) {
    if (isLine(posting)) sums.set(posting, (sums.get(posting) ?? 0n) + debitsFen);
  }
  return sums;
}

/** Names under which the two say different sums, in order. */
const differing = (expected: ReadonlyMap<string, Fen>, found: ReadonlyMap<string, Fen>): string[] =>
  [...new Set([...expected.keys(), ...found.keys()])].filter((name) => expected.get(name) !== found.get(name)).sort();
