// The daily expiry: every voucher past its last day, or not accepted in time, whose programme says what becomes of its balance, in slices
// through the lane. What is expired is not due any more, so it goes on where it was left, by whichever process; a slice in which
// another process, or a person, was first is not written, and what is due is read anew.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../db/client.js';
import { calendarActor } from '../access/admission.js';
import type { Day } from '../calendar.js';
import { shanghaiDay } from '../calendar.js';
import type { DailyWork } from '../daily.js';
import { uuidv7 } from '../identifiers.js';
import type { Facts } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { SliceSize } from '../ledger/slice-size.js';
import { programmeOf } from '../programmes/published.js';
import { expiryRule } from './endings.js';
import { expireVoucher } from './expire-voucher.js';
import { voucherShelf } from './facts.js';
import { refuseVoucher } from './rules.js';

/** Vouchers that are read ahead at once. */
const readAhead = 4_000;
/** Times in a row that another was first, before the rest is left to them and the next look. */
const mostYields = 5;

export const expireDue: DailyWork = {
  name: 'vouchers.expire',
  dueIn: booksWithDue,

  async run({ db, book, clock, isStopping }) {
    const { bookId, lane } = book;
    const today = shanghaiDay(clock.now());
    const size = new SliceSize();
    let expired = 0;
    let yields = 0;
    for (const version of await versionsWithDue(db, bookId, today)) {
      let after: Cursor = { endsOn: '0001-01-01', voucherId: '00000000-0000-0000-0000-000000000000' };
      while (!isStopping()) {
        const due = await dueOf(db, { bookId, version: version.programmeVersionId, today, after, limit: readAhead });
        const last = due.at(-1);
        if (!last) break;
        const ids = due.filter((of) => expiryRule(version.law, of) !== null).map(({ voucherId }) => voucherId);
        let at = 0;
        let isFirst = true;
        while (isFirst && at < ids.length && !isStopping()) {
          const slice = ids.slice(at, at + size.next());
          const outcome = await lane.submitSlice(expireVoucher, {
            bodies: slice.map((id) => ({ id })),
            actor: calendarActor,
            key: `expire:${uuidv7(clock.now())}`,
            requestDigest: createHash('sha256').update(slice.join(' ')).digest('hex'),
            allOrNothing: false,
            record: { gather: async () => undefined, admit: (facts) => admit(facts, slice), decide: () => [] },
          });
          isFirst = outcome.kind !== 'refused' && (outcome.kind === 'replayed' || outcome.written);
          if (!isFirst) break;
          if (outcome.kind === 'decided') size.observe({ weight: slice.length, milliseconds: outcome.milliseconds });
          expired += slice.length;
          at += slice.length;
          yields = 0;
        }
        if (isFirst) after = last;
        else {
          // Not in step with whoever was first.
          yields += 1;
          if (yields > mostYields) return expired;
          await sleep(20 + Math.random() * 200);
        }
      }
    }
    return expired;
  },
};

/** Whether all of a slice can still be expired: what another did meanwhile is no refusal to be written down. */
function admit(facts: Facts, ids: readonly string[]): Refused | null {
  for (const id of ids) {
    const voucher = facts.get(voucherShelf, id);
    const wrong = voucher && refuseVoucher(voucher, 'expire');
    if (wrong) return wrong;
  }
  return null;
}

/** Books with a voucher past its day. Those whose programme does not say what becomes of it are among them. */
async function booksWithDue(db: Database, today: Day): Promise<string[]> {
  const rows = await db.sql.prepared<{ code: string }[]>(
    `select b.code from books b
      where exists (
        select from programme_versions p
         cross join lateral (
           (select 1 from vouchers v where v.book_id = p.book_id and v.programme_version_id = p.programme_version_id
               and v.status in ('ACTIVE', 'PARTIALLY_REDEEMED') and v.last_day < $1::date limit 1)
           union all
           (select 1 from vouchers v where v.book_id = p.book_id and v.programme_version_id = p.programme_version_id
               and v.status = 'ISSUED' and v.activate_by < $1::date limit 1)) v
         where p.book_id = b.book_id)
      order by b.code`,
    [today],
  );
  return rows.map(({ code }) => code);
}

/** The versions of a book with a voucher past its day that say, of some day of application, what becomes of the balance. */
async function versionsWithDue(db: Database, bookId: string, today: Day) {
  const rows = await db.sql.prepared<{ programmeVersionId: string; digest: string; document: string }[]>(
    `select p.programme_version_id as "programmeVersionId", p.digest, p.document from programme_versions p
      where p.book_id = $1 and exists (
        (select 1 from vouchers v where v.book_id = p.book_id and v.programme_version_id = p.programme_version_id
            and v.status in ('ACTIVE', 'PARTIALLY_REDEEMED') and v.last_day < $2::date limit 1)
        union all
        (select 1 from vouchers v where v.book_id = p.book_id and v.programme_version_id = p.programme_version_id
            and v.status = 'ISSUED' and v.activate_by < $2::date limit 1))
      order by p.programme_version_id`,
    [bookId, today],
  );
  return rows
    .map((row) => ({ programmeVersionId: row.programmeVersionId, law: programmeOf(row) }))
    .filter(({ law }) => law.laws.some(({ expiredBalance }) => expiredBalance !== null));
}

interface Cursor {
  readonly endsOn: Day;
  readonly voucherId: string;
}

/** Vouchers of a version past their days, in order of these, `limit` of them after a cursor. */
const dueOf = (
  db: Database,
  of: { bookId: string; version: string; today: Day; after: Cursor; limit: number },
): Promise<(Cursor & { appliedOn: Day; signedOn: Day })[]> =>
  db.sql.prepared<(Cursor & { appliedOn: Day; signedOn: Day })[]>(
    `select d.voucher_id as "voucherId", d.ends_on as "endsOn", d.applied_on as "appliedOn", c.signed_on as "signedOn"
       from ((select v.voucher_id, v.last_day as ends_on, v.applied_on, v.contract_id from vouchers v
               where v.book_id = $1 and v.programme_version_id = $2 and v.status in ('ACTIVE', 'PARTIALLY_REDEEMED')
                 and v.last_day < $3::date and (v.last_day, v.voucher_id) > ($4::date, $5::uuid)
               order by v.last_day, v.voucher_id limit $6)
             union all
             (select v.voucher_id, v.activate_by, v.applied_on, v.contract_id from vouchers v
               where v.book_id = $1 and v.programme_version_id = $2 and v.status = 'ISSUED'
                 and v.activate_by < $3::date and (v.activate_by, v.voucher_id) > ($4::date, $5::uuid)
               order by v.activate_by, v.voucher_id limit $6)) d
      cross join lateral (select c.signed_on from contracts c where c.book_id = $1 and c.contract_id = d.contract_id offset 0) c
      order by d.ends_on, d.voucher_id limit $6`,
    [of.bookId, of.version, of.today, of.after.endsOn, of.after.voucherId, of.limit],
  );
