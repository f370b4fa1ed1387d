// A year lived under another version. Every application the year decided is asked of the simulated version again, in the order in which
// they are served, with what was on record then, and against counters and money of the simulation's own; then every redemption the
// year approved, out of the vouchers the simulation issued (voucher-year.ts). Of a version that reimburses, every batch whose money
// was shared is shared again (reimburse-year.ts); an award is paid out as it is made: what is awarded is redeemed.
//
// What is taken as it was: the day on which each was decided, what the review recorded, and a reviewer's own cut. A predicate that no
// review recorded is not met. That the enterprise paid its own part of an invoice is taken for granted, since how much that is follows
// from the version. What a figure that is not on record holds is counted as held, and compared with nothing.
import { asc, eq } from 'drizzle-orm';
import type { Tx } from '../../db/client.js';
import { programmeVersions } from '../../db/tables.js';
import type { SimulationResult } from '../../schemas/simulations.js';
import { countBooked, spanOf } from '../ledger/history.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import { missingParameters } from '../programmes/check.js';
import { lawOn } from '../programmes/language.js';
import { versionName } from '../programmes/published.js';
import { Beside } from './beside.js';
import { Laws } from './laws.js';
import type { Job, Living, Load, Money } from './living.js';
import { endless, granting, moneyOf, poolOf, trialOf } from './living.js';
import { Past } from './past.js';
import { countPersons } from './read-year.js';
import type { Reimbursed } from './reimburse-year.js';
import { readReimbursed, ReimbursedYear } from './reimburse-year.js';
import type { Person, Side } from './tally.js';
import { Tally } from './tally.js';
import type { Decided } from './voucher-year.js';
import { VoucherYear } from './voucher-year.js';

/** Rows that are kept for the cases that follow; beyond them all are read anew. */
const mostKept = 250_000;

export interface Lived {
  readonly result: SimulationResult;
  readonly persons: ReadonlyMap<string, Person>;
  /** The entry up to which the facts were looked at. */
  readonly ledgerSeq: bigint;
  readonly factsTotal: number;
}

type Progress = (done: number, total: number) => void;
type Flow = SimulationResult['flow'];

/** Lives the year on the snapshot of a read-only transaction. `onProgress` is told how many facts are done, and of how many. */
export async function liveYear(tx: Tx, job: Job, onProgress: Progress): Promise<Lived> {
  const { bookId, programmeCode, programmeVersionId, comparedVersionId, year } = job;
  const [span, rows, loaded] = await Promise.all([
    spanOf(tx, bookId, { first: `${year}-01-01`, last: `${year}-12-31` }),
    tx.drizzle
      .select()
      .from(programmeVersions)
      .where(eq(programmeVersions.bookId, bookId))
      .orderBy(asc(programmeVersions.programmeVersionId)),
    loadsOf(tx, job),
  ]);
  const reimbursed = await readReimbursed({ tx, job, span });
  const laws = new Laws(rows);
  const versions = rows.filter((row) => row.programmeCode === programmeCode).map(versionName);
  const simulated = reimbursed.batches.map(({ allocationId }) => allocationId);
  const upTo = reimbursed.batches.reduce((most, { seq }) => (seq > most ? seq : most), span.to);
  const progress = { done: 0, total: 0 };
  let past = new Past(tx, bookId);
  const living: Living = {
    tx,
    job,
    laws,
    span,
    tally: new Tally(),
    beside: new Beside(tx, { bookId, programmeCode, versions, span, year, upTo, simulated, others: reimbursed.others }),
    loads: job.poolFen === null ? loaded : [{ on: span.first, amountFen: job.poolFen }],
    pastFor: () => {
      if (past.size > mostKept) past = new Past(tx, bookId);
      return past;
    },
    progress: (done) => {
      progress.done += done;
      onProgress(progress.done, progress.total);
    },
  };
  const { tally } = living;
  const sides: { side: Side; id: string; flow: Flow }[] = [
    { side: 'simulated', id: programmeVersionId, flow: flowOf(living, programmeVersionId) },
  ];
  if (comparedVersionId !== null)
    sides.push({ side: 'compared', id: comparedVersionId, flow: flowOf(living, comparedVersionId) });

  const byVoucher = new VoucherYear(living);
  const byReimbursement = new ReimbursedYear(living, reimbursed);
  const reimburses = sides.some(({ flow }) => flow === 'REIMBURSEMENT');
  // Asked for together: the database counts while the applications are read.
  const [{ decided, rejectedOtherwise }, redemptions, persons] = await Promise.all([
    byVoucher.decided(),
    countBooked(tx, bookId, 'redemption.approved', span),
    reimburses ? countPersons(tx, bookId) : 0,
  ]);
  for (const { side, flow } of sides) {
    progress.total += flow === 'VOUCHER' ? decided.length + redemptions : byReimbursement.facts(side, persons);
  }
  onProgress(0, progress.total);

  // What really was redeemed is told on the way.
  const really = comparedVersionId === null;
  const money: Partial<Record<Side, Money>> = {};
  const facts: SimulationResult['facts'] = {
    applications: 0,
    assumed: 0,
    redemptions: 0,
    redemptionsOutside: 0,
    rejectedOtherwise: rejectedOtherwise + reimbursed.rejectedOtherwise,
  };
  let potential: SimulationResult['potential'] = null;
  for (const { side, id, flow } of sides) {
    if (flow === 'REIMBURSEMENT') {
      const lived = await byReimbursement.live(side, id);
      money[side] = lived.money;
      if (side === 'simulated') {
        ({ potential } = lived);
        const { applications, assumed } = lived;
        Object.assign(facts, { applications, assumed });
      }
      continue;
    }
    const { vouchers, money: left } = await byVoucher.issue(side, id, decided);
    money[side] = left;
    const redeemed = await byVoucher.redeem(side, id, { vouchers, really });
    if (side === 'simulated') Object.assign(facts, { applications: decided.length, ...redeemed });
  }
  if (really) money.compared = tellReal(tally, loaded, decided, reimbursed);
  tally.settle();
  const both = <T>(of: (money: Money | undefined) => T) => ({ compared: of(money.compared), simulated: of(money.simulated) });
  const yuan = (fen: Fen | null): string | null => (fen === null ? null : formatYuan(fen));
  const poolFen = poolOf(living.loads);
  return {
    result: {
      flow: sides[0]?.flow ?? 'VOUCHER',
      facts,
      potential,
      missing: missingParameters(laws.textOf(programmeVersionId)).map(({ path, zh, en }) => ({ path, zh, en })),
      pool: {
        amount: yuan(poolFen),
        source: job.poolFen !== null ? 'GIVEN' : poolFen !== null ? 'LOADED' : 'NONE',
        exhaustedOn: both((of) => of?.exhaustedOn ?? null),
        left: both((of) => yuan(of?.leftFen ?? null)),
      },
      ...tally.result(year),
    },
    persons: tally.persons,
    ledgerSeq: span.head,
    factsTotal: progress.done,
  };
}

/** What was loaded for the year, and in it what went back, on its day. What was sent back or on once it had ended was there all year. */
const loadsOf = ({ sql }: Tx, { bookId, programmeCode, year }: Job): Promise<Load[]> => sql<Load[]>`
  select m."on", sum(m.fen)::bigint as "amountFen"
    from (select loaded_on as "on", amount_fen as fen from appropriations
           where book_id = ${bookId} and programme_code = ${programmeCode} and year = ${year}
           union all
          select decided_on, -amount_fen from appropriation_returns
           where book_id = ${bookId} and programme_code = ${programmeCode} and year = ${year}
             and status = 'APPROVED' and decided_on <= make_date(${year}, 12, 31)) m
   group by m."on", m.fen > 0 order by m."on", m.fen > 0 desc`;

function flowOf({ laws, span }: Living, id: string): Flow {
  const text = laws.textOf(id);
  return lawOn(text, span.first).flow?.value ?? lawOn(text, span.last).flow?.value ?? 'VOUCHER';
}

/** Tells what really was awarded, by vouchers and by reimbursements, and answers when the money that was loaded had gone. */
function tellReal(tally: Tally, loads: readonly Load[], decided: readonly Decided[], of: Reimbursed): Money {
  const trial = trialOf(loads);
  const grant = granting(trial, loads);
  const issued = decided.filter(({ voucherId }) => voucherId !== null);
  const events = [...issued, ...of.batches].sort((a, b) => (a.seq < b.seq ? -1 : 1));
  for (const event of events) {
    grant(event.decidedOn);
    if ('legalPerson' in event) {
      const { id: caseId, legalPerson, decidedOn: on, awardedFen: amountFen } = event;
      tally.add('compared', 'awarded', { caseId, legalPerson, on, amountFen });
      trial.spend(amountFen, on);
      continue;
    }
    let totalFen = 0n;
    for (const { reimbursementId: caseId, reason } of event.lines) {
      const row = of.applied.get(caseId);
      if (!row || reason !== null) continue;
      const paid = { caseId, legalPerson: row.legalPersonUscc, on: event.decidedOn, amountFen: row.awardFen ?? 0n };
      for (const what of ['awarded', 'redeemed'] as const) tally.add('compared', what, paid);
      totalFen += paid.amountFen;
    }
    trial.spend(totalFen, event.decidedOn, event.claimsFen);
  }
  grant(endless);
  return moneyOf(trial);
}
