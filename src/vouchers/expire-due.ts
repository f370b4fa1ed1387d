// The daily expiry: every voucher past its last day, or not accepted in time, whose programme says what becomes of its balance.
import type { Database } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { shanghaiDay } from '../calendar.js';
import type { DailyWork } from '../daily.js';
import { isAny } from '../daily.js';
import { firstId, inSlices, readAhead } from '../in-slices.js';
import { programmeOf } from '../programmes/published.js';
import { expiryRule } from './endings.js';
import { expireVoucher } from './expire-voucher.js';
import { voucherShelf } from './facts.js';
import { refuseVoucher } from './rules.js';

export const expireDue: DailyWork = {
  name: 'vouchers.expire',
  // A voucher past its day whose programme does not say what becomes of it counts too.
  isDue: ({ db, bookId, today }) =>
    isAny(
      db,
      `select from programme_versions p
        cross join lateral (
          (select 1 from vouchers v where v.book_id = p.book_id and v.programme_version_id = p.programme_version_id
              and v.status in ('ACTIVE', 'PARTIALLY_REDEEMED') and v.last_day < $2::date limit 1)
          union all
          (select 1 from vouchers v where v.book_id = p.book_id and v.programme_version_id = p.programme_version_id
              and v.status = 'ISSUED' and v.activate_by < $2::date limit 1)) v
        where p.book_id = $1`,
      [bookId, today],
    ),

  async run(of) {
    const { db, bookId } = of.book;
    const today = shanghaiDay(of.clock.now());
    let expired = 0;
    for (const version of await versionsWithDue(db, bookId, today)) {
      const { done, isAll } = await inSlices({
        ...of,
        name: 'expire',
        verb: expireVoucher,
        dueAfter: (after: Due | undefined) => dueOf(db, { bookId, version: version.programmeVersionId, today, after }),
        idOf: (due) => (expiryRule(version.law, due) === null ? null : due.voucherId),
        refusal: (facts, id) => {
          const voucher = facts.get(voucherShelf, id);
          return voucher && refuseVoucher(voucher, 'expire');
        },
      });
      expired += done;
      if (!isAll) break;
    }
    return expired;
  },
};

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

interface Due {
  readonly endsOn: Day;
  readonly voucherId: string;
  readonly appliedOn: Day;
  readonly signedOn: Day;
}

/** Vouchers of a version past their days, in order of these, after one. */
const dueOf = (db: Database, of: { bookId: string; version: string; today: Day; after: Due | undefined }): Promise<Due[]> =>
  db.sql.prepared<Due[]>(
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
    [of.bookId, of.version, of.today, of.after?.endsOn ?? '0001-01-01', of.after?.voucherId ?? firstId, readAhead],
  );
