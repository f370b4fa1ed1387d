// Reminders of vouchers: that their last day comes near, and that they are not accepted yet.
import type { Voucher } from '../../db/tables.js';
import { isAny } from '../daily.js';
import { readAhead } from '../in-slices.js';
import type { MessageKind } from '../messages/kinds.js';
import type { Ending, Reminder } from '../messages/reminders.js';
import { reminding } from '../messages/reminders.js';
import { party, tell } from '../messages/rules.js';
import { voucherShelf } from './facts.js';
import { refuseVoucher } from './rules.js';

/** Days before its last day that a voucher's enterprise is told; no text says how many, and nothing rests on it. */
const beforeLastDay = 30;
const beforeActivation = 7;

/** Vouchers in these states by one of their days, from the index that the daily expiry reads. */
const endings = (column: 'last_day' | 'activate_by', states: string): Pick<Reminder<Voucher>, 'endingAfter' | 'isEnding'> => {
  const ofVersion = (bounds: string) =>
    `select v.voucher_id, v.${column} as ends_on from vouchers v
      where v.book_id = p.book_id and v.programme_version_id = p.programme_version_id and v.status in (${states}) and ${bounds}`;
  return {
    endingAfter: (db, { bookId, kind, from, to, after }) =>
      db.sql.prepared<Ending[]>(
        `select v.ends_on as "endsOn", v.voucher_id as id from programme_versions p
          cross join lateral (${ofVersion(`v.${column} > $2::date and v.${column} <= $3::date and (v.${column}, v.voucher_id) > ($4::date, $5::uuid)`)}
                               order by v.${column}, v.voucher_id limit $6) v
          where p.book_id = $1
            and not exists (select from reminders r where r.book_id = $1 and r.reminder_id = $7 || ' ' || v.voucher_id || ' ' || v.ends_on)
          order by 1, 2 limit $6`,
        [bookId, from, to, after.endsOn, after.id, readAhead, kind],
      ),
    isEnding: (db, { bookId, from, to }) =>
      isAny(
        db,
        `select from programme_versions p
          cross join lateral (${ofVersion(`v.${column} > $2::date and v.${column} <= $3::date`)} limit 1) v
          where p.book_id = $1`,
        [bookId, from, to],
      ),
  };
};

const toldTo = <Kind extends MessageKind>(
  kind: Kind,
  { voucherId, enterpriseId }: Voucher,
  params: Parameters<typeof tell<Kind>>[3],
) => [tell(kind, party(enterpriseId), { kind: 'VOUCHER', id: voucherId }, params)];

export const remindOfLastDay = reminding<Voucher>({
  ...endings('last_day', `'ACTIVE', 'PARTIALLY_REDEEMED'`),
  kind: 'voucher.expiring',
  days: beforeLastDay,
  shelf: voucherShelf,
  gather: async () => undefined,
  endsOn: ({ lastDay }) => lastDay,
  refusal: (row) => refuseVoucher(row, 'expire'),
  told: (_, row) => toldTo('voucher.expiring', row, { voucherNo: row.voucherNo, lastDay: row.lastDay }),
});

export const remindOfActivation = reminding<Voucher>({
  ...endings('activate_by', `'ISSUED'`),
  kind: 'voucher.activation_ending',
  days: beforeActivation,
  shelf: voucherShelf,
  gather: async () => undefined,
  endsOn: ({ activateBy }) => activateBy,
  refusal: (row) => refuseVoucher(row, 'activate'),
  told: (_, row) =>
    toldTo('voucher.activation_ending', row, { voucherNo: row.voucherNo, activateBy: row.activateBy ?? row.lastDay }),
});
