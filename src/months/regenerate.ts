// The data of sealed months, made again from the facts and held against what was sealed: DESIGN invariant 12.
import type { Tx } from '../../db/client.js';
import type { Month, MonthBuild } from '../../db/tables.js';
import type { Finding } from '../ledger/audit.js';
import { addDays, lastDayOfMonth, monthOf } from '../calendar.js';
import { bookedTooLate, spanOf } from '../ledger/months.js';
import { headingOf, makeData } from './make-data.js';
import { Parties } from './parties.js';
import { openMonthOf, partiesOf, sealedMonths, shutMonths } from './queries.js';
import { sealDigestOf, shutEntry } from './rules.js';

/** Makes the data of a sealed month again; `keep` takes its text. Answers in words what differs from what was sealed: nothing, as a rule. */
export async function compareSealed(
  db: Tx,
  { month: row, build }: { readonly month: Month; readonly build: MonthBuild },
  keep: (text: string) => void = () => undefined,
): Promise<string[]> {
  const { bookId, monthId, month } = row;
  const span = await spanOf(db, { bookId, month, shutBy: { kind: shutEntry, subjectId: monthId } });
  const parties = new Parties(db, bookId, await partiesOf(db, build));
  const data = await makeData(db, span, { heading: await headingOf(db, bookId), parties, keep });
  const { dataDigest, balancesDigest } = data;
  const sealed = sealDigestOf(month, { cutOffSeq: span.cutOff, dataDigest, balancesDigest, packDigest: build.packDigest ?? '' });
  const compared: [what: string, now: string, sealed: string | null][] = [
    ['cut-off', span.cutOff.toString(), row.cutOffSeq?.toString() ?? null],
    ['data', dataDigest, row.dataDigest],
    ['balances', balancesDigest, row.balancesDigest],
    ['seal', sealed, row.sealDigest],
  ];
  return [
    ...compared.flatMap(([what, now, then]) => (now === then ? [] : [`${what} is ${now}, sealed was ${then ?? 'nothing'}`])),
    ...data.astray.map((name) => `${name} does not add up`),
    ...(await bookedTooLate(db, span)).map((seq) => `entry ${seq} is booked in it after it was shut`),
  ];
}

/** Invariant 12 for all sealed months of a book; that nothing is booked in one after the entry that shut it, and that they were shut in order. */
export async function auditMonths(db: Tx, bookId: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (month: string, detail: string): void => void findings.push({ invariant: 12, subject: `month ${month}`, detail });
  const [shut, open] = await Promise.all([shutMonths(db, bookId), openMonthOf(db, bookId)]);
  for (const [i, { month }] of shut.entries()) {
    const next = monthOf(addDays(lastDayOfMonth(month), 1));
    const follows = shut[i + 1]?.month ?? open.month;
    if (follows !== next) add(month, `${follows} follows it, not ${next}`);
  }
  for (const sealed of await sealedMonths(db, { bookId })) {
    for (const detail of await compareSealed(db, sealed)) add(sealed.month.month, detail);
  }
  return findings;
}
