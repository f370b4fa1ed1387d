-- How vouchers and redemptions end: money that lapses, goes back to what is available or back to a voucher, and limits restored.

insert into account_kinds (kind, measure, may_overdraw, stands_for) values
  ('lapsed', 'MONEY', false, 'ended by rule: promised by vouchers and not used in time');

-- What comes back of a redemption goes where the balance of its voucher is or went: to the voucher while it lives, else to what is
-- lapsed or available. `limit.restored` gives a limit back what was charged to it, in the window that was charged.
insert into posting_kinds (posting, debit_kind, credit_kind) values
  ('voucher.expired',     'voucher',  'lapsed'),
  ('voucher.expired',     'voucher',  'available'),
  ('voucher.cancelled',   'voucher',  'available'),
  ('voucher.revoked',     'voucher',  'available'),
  ('voucher.reduced',     'voucher',  'available'),
  ('redemption.released', 'reserved', 'lapsed'),
  ('redemption.released', 'reserved', 'available'),
  ('redemption.reversed', 'payable',  'voucher'),
  ('redemption.reversed', 'payable',  'lapsed'),
  ('redemption.reversed', 'payable',  'available'),
  ('limit.restored',      'used',     'allowance');

-- A voucher is ACTIVE from its issue, or ISSUED until its holder accepts the terms, where the programme asks for that. It ends by its
-- last day (EXPIRED), without fault (CANCELLED) or for cause (REVOKED); a frozen one ends by no day before it is decided on.
-- `lapsed_fen` and `given_back_fen` are what of its face has ended, and where that went: redeemed + reserved + balance + both = face.
alter table vouchers drop constraint vouchers_status_check, drop constraint vouchers_frozen_from_check;
do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('ledger.lane', book::text, true);
    update vouchers set status = case status when 'ISSUED' then 'ACTIVE' else status end,
                        frozen_from = case frozen_from when 'ISSUED' then 'ACTIVE' else frozen_from end
     where book_id = book and 'ISSUED' in (status, frozen_from);
  end loop;
  perform set_config('ledger.lane', '', true);
end $$;
alter table vouchers
  add column lapsed_fen     bigint not null default 0 check (lapsed_fen >= 0),
  add column given_back_fen bigint not null default 0 check (given_back_fen >= 0),
  add column ended_on       date,
  add constraint vouchers_status_check check (status in (
    'ISSUED', 'ACTIVE', 'PARTIALLY_REDEEMED', 'FULLY_REDEEMED', 'FROZEN', 'EXPIRED', 'CANCELLED', 'REVOKED')),
  add constraint vouchers_frozen_from_check check (frozen_from in ('ISSUED', 'ACTIVE', 'PARTIALLY_REDEEMED')),
  add constraint vouchers_ended check ((status in ('EXPIRED', 'CANCELLED', 'REVOKED')) = (ended_on is not null)),
  add constraint vouchers_ended_within_face check (reserved_fen + lapsed_fen + given_back_fen <= face_fen);
grant update (lapsed_fen, given_back_fen, ended_on) on vouchers to voucher_app;

-- What of a voucher has ended, each time once: why, on which booked day, how much lapsed or was given back to what is available, and
-- which of the limits that its issue was charged to got as much back. NONE; RUNNING: those whose window still ran on that day;
-- CHARGED: all, in the windows once charged; CONTRACT: those of its contract. A part that came back from a redemption after the end
-- names the redemption. Rows are never changed.
create table voucher_endings (
  book_id         uuid        not null,
  ending_id       uuid        not null,
  voucher_id      uuid        not null,
  why             text        not null check (why in ('EXPIRED', 'CANCELLED', 'REVOKED', 'REDUCED', 'RELEASED', 'REVERSED')),
  redemption_id   uuid,
  ended_on        date        not null,
  lapsed_fen      bigint      not null check (lapsed_fen >= 0),
  given_back_fen  bigint      not null check (given_back_fen >= 0),
  quota_back      text        not null check (quota_back in ('NONE', 'RUNNING', 'CHARGED', 'CONTRACT')),
  reason          text,
  recorded_at     timestamptz not null,
  primary key (book_id, ending_id),
  foreign key (book_id, voucher_id) references vouchers (book_id, voucher_id),
  foreign key (book_id, redemption_id) references redemptions (book_id, redemption_id),
  constraint voucher_endings_one_way check (lapsed_fen = 0 or given_back_fen = 0),
  constraint voucher_endings_afterwards check ((why in ('RELEASED', 'REVERSED')) = (redemption_id is not null)),
  constraint voucher_endings_reasoned check (why not in ('CANCELLED', 'REVOKED', 'REDUCED') or reason is not null)
);
create index voucher_endings_voucher on voucher_endings (book_id, voucher_id, ending_id);
call keep_in_lane('voucher_endings');

-- A voucher ends once.
create unique index voucher_endings_once on voucher_endings (book_id, voucher_id) where why in ('EXPIRED', 'CANCELLED', 'REVOKED');

-- A redemption that was approved may be reversed, in part or whole, as long as no batch holds its money; reversed whole, its invoice
-- may be redeemed again.
alter table redemptions
  drop constraint redemptions_status_check, drop constraint redemptions_approved,
  add constraint redemptions_status_check check (status in ('SUBMITTED', 'APPROVED', 'RETURNED', 'REVERSED')),
  add constraint redemptions_approved check ((status in ('APPROVED', 'REVERSED')) = (approved_on is not null and approved_fen > 0)),
  add constraint redemptions_reversed check ((status = 'REVERSED') = (reversed_fen > 0 and reversed_fen = approved_fen));
drop index redemptions_one_live_per_invoice;
create unique index redemptions_one_live_per_invoice on redemptions (book_id, invoice_id) where status not in ('RETURNED', 'REVERSED');
