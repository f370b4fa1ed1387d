// The ledger as a plain-text journal in hledger's format, which any editor reads and `hledger check --strict` accepts. Every entry is a
// line of it under its number: a transfer as a transaction of two postings, a decision as a comment, so that no number is missing.
//
// Amounts are signed as everywhere here, credits − debits: what hledger shows as an account's balance is the balance that the API shows.
// Money is in CNY, what counts against a limit in QUOTA: a yuan of one is none of the other. At its end the file asserts what all
// accounts of a kind come to, by the ledger's own totals as of its last entry: with a line changed or missing it does not check.
import type { Database } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { formatYuan } from '../money.js';
import type { AccountKind } from './chart.js';
import { accountKinds } from './chart.js';
import type { EntryRow } from './statements.js';
import { listAccounts, listEntries, readTrialBalance } from './statements.js';

/** Entries and accounts read at once. */
const sliceSize = 1000;

interface Journal {
  readonly bookId: string;
  readonly code: string;
  readonly name: string;
  /** The last entry it holds. */
  readonly upTo: bigint;
}

/**
 * The journal of a book up to an entry, inclusive, in slices, each a read of its own by `reading`: the history before an entry never
 * changes, so that all slices are of one journal.
 */
export async function* journalOf(
  db: Database,
  { bookId, code, name, upTo }: Journal,
  reading: <T>(read: () => Promise<T>) => Promise<T>,
): AsyncGenerator<string> {
  yield `; 算力券账本 ${name} (${code}), entries 1 to ${upTo}\n; Balances are credits - debits.\n\ncommodity 1000.00 CNY\ncommodity 1000.00 QUOTA\n\n`;
  for (const kind of Object.keys(accountKinds)) yield `account ${kind}\n`;
  for (let after: string | undefined; ;) {
    const rows = await reading(() => listAccounts(db, { bookId, after, limit: sliceSize }));
    yield rows
      .slice(0, sliceSize)
      .map((row) => `account ${row.code}\n`)
      .join('');
    if (rows.length <= sliceSize) break;
    after = rows[sliceSize - 1]?.accountId;
  }
  yield '\n';
  let lastDay: Day | undefined;
  for (let after = 0n; after < upTo;) {
    const rows = await reading(() => listEntries(db, { bookId, after, upTo, limit: sliceSize }));
    const slice = rows.slice(0, sliceSize);
    for (const { bookedOn } of slice) if (lastDay === undefined || bookedOn > lastDay) lastDay = bookedOn;
    yield slice.map(entryInJournal).join('');
    if (rows.length <= sliceSize) break;
    after = slice.at(-1)?.seq ?? upTo;
  }
  if (lastDay === undefined) return;
  const { lines } = await reading(() => readTrialBalance(db, bookId, { seq: upTo }));
  const totals = new Map<string, bigint>();
  for (const { kind, creditsFen, debitsFen } of lines) totals.set(kind, (totals.get(kind) ?? 0n) + creditsFen - debitsFen);
  yield `${lastDay} Balances as of entry ${upTo}\n`;
  for (const [kind, fen] of totals) {
    const commodity = commodityOf(kind);
    yield `    ${kind}  0.00 ${commodity} =* ${formatYuan(fen)} ${commodity}\n`;
  }
}

const commodityOf = (kind: string): 'CNY' | 'QUOTA' => (accountKinds[kind as AccountKind].measure === 'MONEY' ? 'CNY' : 'QUOTA');

function entryInJournal(row: EntryRow): string {
  const { seq, bookedOn, kind, debitCode, creditCode, amountFen } = row;
  const tags = [
    ['command', row.commandId],
    ['member', row.memberId],
    ['person', row.personId],
    ['subject', row.subjectId],
    ['programme', row.programmeVersion],
    ['reverses', row.reversesSeq],
    ['refused', row.refusalCode],
    ['request', row.requestDigest],
    ['approval', row.approvalDigest],
  ].flatMap(([name, value]) => (value === null ? [] : [`${String(name)}:${String(value)}`]));
  const said = `recorded:${new Date(row.recordedAt).toISOString()}, ${tags.join(', ')}`;
  if (debitCode === null || creditCode === null || amountFen === null) return `; ${bookedOn} (${seq}) ${kind}  ${said}\n\n`;
  const commodity = commodityOf(debitCode.slice(0, debitCode.indexOf(':')));
  const amount = formatYuan(amountFen);
  return `${bookedOn} (${seq}) ${kind}
    ; ${said}
    ${debitCode}  -${amount} ${commodity}
    ${creditCode}  ${amount} ${commodity}

`;
}
