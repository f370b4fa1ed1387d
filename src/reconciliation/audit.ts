// The audit of the business, set-based and from the rows alone: DESIGN invariants 3, 4, 5, 6, 10 and 11. What should be is
// recomputed from papers (appropriations, vouchers, redemptions, batches, bank lines), and every account of the ledger has
// to say the same; limits are never read from the accounts that enforce them. The ledger's own invariants are in
// ledger/audit.ts. Clean is an empty list. Amounts in details are fen.
import type { Database, Statement, Tx } from '../../db/client.js';
import type { NoticeItem, ProgrammeVersion, PublicNotice } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { addDays } from '../calendar.js';
import type { Finding } from '../ledger/audit.js';
import { splitByFunders, sumFen } from '../money.js';
import { noticeDigestOf } from '../notices/rules.js';
import { underControls } from '../programmes/controls.js';
import type { Limit, ProgrammeVersion as ProgrammeLaw, StackingRule } from '../programmes/language.js';
import { CONTRACT_CEILING } from '../programmes/language.js';
import { highestOf } from '../programmes/lines.js';
import { fundersOf, programmeOf } from '../programmes/published.js';
import { readFund } from '../settlements/rules.js';

type Sql = Tx['sql'];
type Fragment = Statement<readonly object[]>;
type Rows = { subject: string; detail: string }[];

/** Runs on one read-only snapshot, so that a busy lane cannot look broken. */
export const auditBusiness = (db: Database, bookId: string): Promise<Finding[]> =>
  db.begin((tx) => findBusiness(tx, bookId), { mode: 'isolation level repeatable read read only' });

/** The same inside a transaction that is open already. */
export async function findBusiness({ sql }: Pick<Tx, 'sql'>, bookId: string): Promise<Finding[]> {
  const versions = [...(await activatedVersions(sql, bookId))];
  const law = lawOf(versions, await issuedUnder(sql, bookId));
  const checks: [number, Promise<Rows>[]][] = [
    [3, fundsAsLoaded(sql, bookId)],
    [4, vouchersAsFaced(sql, bookId)],
    [
      5,
      [
        ...limitsAsLaw(sql, bookId, law),
        ...contractsAsFiled(sql, bookId, law),
        queuesAsWaiting(sql, bookId),
        returnsAsCarried(sql, bookId),
      ],
    ],
    [3, recoveriesAsOpened(sql, bookId)],
    [6, [...countedOnce(sql, bookId), reversedOnce(sql, bookId), ...batchesAsPaid(sql, bookId), ...paymentsAsSent(sql, bookId)]],
    [9, explanationsTold(sql, bookId)],
    [10, fundsAsPaid(sql, bookId)],
    [11, [...fourEyes(sql, bookId), noticesAsPublished(sql, bookId), approvedAsShown(sql, bookId)]],
  ];
  const findings: Finding[] = [];
  for (const [invariant, queries] of checks) {
    for (const rows of await Promise.all(queries)) findings.push(...rows.map((row) => ({ invariant, ...row })));
  }
  findings.push(...(await sharesAsSplit(sql, bookId, versions)).map((row) => ({ invariant: 10, ...row })));
  return findings;
}

/** Under which versions and controls vouchers were issued and reimbursements applied for, each with the name that spentOfLimits gives it. */
interface IssuedUnder {
  law: string;
  version: string;
  controls: string[];
}
const issuedUnder = (sql: Sql, bookId: string): Promise<IssuedUnder[]> => sql<IssuedUnder[]>`
  select distinct ${lawName(sql)} as law, v.programme_version_id as version, v.control_version_ids as controls
    from vouchers v where v.book_id = ${bookId}
  union
  select ${lawName(sql)}, v.programme_version_id, v.control_version_ids from reimbursements v where v.book_id = ${bookId}`;
const lawName = (sql: Sql): Fragment => sql<readonly object[]>`v.programme_version_id || ' ' || v.control_version_ids`;

type Version = Pick<
  ProgrammeVersion,
  'programmeCode' | 'version' | 'status' | 'inForceFrom' | 'inForceTo' | 'document' | 'digest'
> & {
  programmeVersionId: string;
};
const activatedVersions = (sql: Sql, bookId: string): Promise<Version[]> => sql<Version[]>`
  select programme_version_id as "programmeVersionId", programme_code as "programmeCode", version, status, document, digest,
         in_force_from as "inForceFrom", in_force_to as "inForceTo"
    from programme_versions where book_id = ${bookId} and status <> 'PUBLISHED'`;

/** A limit of one law on the days it holds; `law` names the version and the controls laid over it, as vouchers do. */
interface LawLimit {
  law: string;
  limit: string;
  counts: 'CLAIMED' | 'REDEEMED';
  per: Limit['per'] | NonNullable<StackingRule['by']>;
  span: Limit['window']['kind'];
  years: number | null;
  /** Which day of an award has to be among its days. */
  day: 'BOOKED' | 'APPLIED' | 'SIGNED';
  since: string;
  until: string;
  /** The number, where the law gives one; else the figure that is the number, or the stacking rule whose group shares it. */
  most_fen: string | null;
  figure: Limit['figure'];
  stacking: StackingRule['strategy'] | null;
  share: number | null;
  basis: 'GROSS' | 'NET';
}
/** A limit of a version's own, as an opening balance names it. */
interface OwnLimit extends Pick<LawLimit, 'limit' | 'span' | 'since' | 'until' | 'most_fen' | 'figure'> {
  programme: string;
  id: string;
}
/** The highest and the lowest rate a programme's versions know, in basis points, and what of a contract it is applied to. */
interface LawRate {
  programme: string;
  basis_points: number;
  lowest: number;
  basis: 'GROSS' | 'NET';
}
/** All as JSON, for the queries to join with. */
interface Law {
  readonly limits: string;
  readonly own: string;
  readonly rates: string;
  /** Names of limits that hold for some awards and not for others by what comes and goes: these are told award by award. */
  readonly untold: string[];
}

const always = { since: '0001-01-01', until: '9999-12-31' };

/** The days on which a law of a version holds. */
const daysOf = (laws: readonly { from: Day }[], i: number) => ({
  since: laws[i]?.from ?? always.since,
  until: laws[i + 1] === undefined ? always.until : addDays(laws[i + 1]?.from ?? always.until, -1),
});

/** The laws as versions give them, and as vouchers were issued under: these with the controls they name. */
function lawOf(versions: readonly Version[], issuedUnder: readonly IssuedUnder[]): Law {
  const byId = new Map(versions.map((row) => [row.programmeVersionId, programmeOf(row)]));
  const untold = new Set<string>();
  const all = issuedUnder.flatMap(({ law, version, controls }) => {
    const programme = byId.get(version);
    if (programme === undefined) return [];
    const under = underControls(
      programme,
      controls.flatMap((id) => byId.get(id) ?? []),
    );
    return limitsOf(law, under, untold);
  });
  const limits = all.filter(({ limit }) => !untold.has(limit));
  const laws = versions.flatMap((row) =>
    programmeOf(row).laws.map((law, i, of) => ({ ...law, ...daysOf(of, i), programme: row.programmeCode })),
  );
  const own = laws.flatMap(({ programme, limits, since, until }) =>
    limits.map(({ id, account, window, amountFen, figure, onlyWithUpstream }): OwnLimit => ({
      programme,
      id,
      limit: account,
      span: window.kind,
      since,
      until,
      ...(onlyWithUpstream ? { figure: null, most_fen: null } : { figure, most_fen: amountFen?.toString() ?? null }),
    })),
  );
  const rates = laws.flatMap(({ programme, rate, amountBasis }): LawRate[] => {
    if (!rate) return [];
    const each = rate.value.tiers.map(({ basisPoints }) => basisPoints);
    return [{ programme, basis_points: highestOf(rate.value), lowest: Math.min(...each), basis: amountBasis?.value ?? 'GROSS' }];
  });
  return { limits: JSON.stringify(limits), own: JSON.stringify(own), rates: JSON.stringify(rates), untold: [...untold] };
}

/**
 * The limits of one law. To `untold` go those that hold for some awards and not for others by classes, which come and go: whether each
 * award was charged to them is recomputed award by award (recompute.ts).
 */
function limitsOf(law: string, { programme, laws }: ProgrammeLaw, untold: Set<string>): LawLimit[] {
  const none = { years: null, most_fen: null, figure: null, stacking: null, share: null, basis: 'GROSS' as const };
  const found: LawLimit[] = [];
  // Of vouchers only: what is reimbursed was paid, and no rate × contract was promised beforehand.
  if (!laws.some(({ flow }) => flow?.value === 'REIMBURSEMENT')) {
    found.push({
      law,
      limit: `${programme}.${CONTRACT_CEILING}`,
      counts: 'CLAIMED',
      per: 'CONTRACT',
      span: 'LIFETIME',
      ...none,
      day: 'APPLIED',
      ...always,
    });
  }
  const signed = new Set(laws.map(({ decidingDay }) => decidingDay?.value === 'CONTRACT_SIGNING'));
  for (const [i, of] of laws.entries()) {
    const days = daysOf(laws, i);
    for (const { account, counts, per, window, amountFen, figure, exempt, onlyWithUpstream } of of.limits) {
      if (exempt.length > 0) untold.add(account);
      found.push({
        law,
        limit: account,
        counts: counts === 'REDEEMED' ? 'REDEEMED' : 'CLAIMED',
        per,
        span: window.kind,
        ...none,
        day: 'BOOKED',
        ...days,
        // What only binds once there is money from above is counted from the first.
        ...(onlyWithUpstream ? {} : { figure, most_fen: amountFen?.toString() ?? null }),
        years: window.kind === 'YEARS_FROM_FIRST_AWARD' ? window.years : null,
      });
    }
    for (const { account, strategy, by, basisPoints } of of.stacking) {
      if (by === null) continue;
      // Where the day that decides changes within a version, which law an award is of is told award by award, too.
      if (signed.size > 1) untold.add(account);
      found.push({
        law,
        limit: account,
        counts: 'CLAIMED',
        per: by,
        span: 'LIFETIME',
        ...none,
        ...days,
        day: signed.has(true) ? 'SIGNED' : 'APPLIED',
        stacking: strategy,
        share: basisPoints,
        basis: of.amountBasis?.value ?? 'GROSS',
      });
    }
  }
  return found;
}

/** What a redemption holds of its voucher: all it reserved while it waits, what was approved and not reversed after. */
const heldFen = (sql: Sql): Fragment => sql<readonly object[]>`
  case when r.status = 'SUBMITTED' then r.reserved_fen else r.approved_fen - r.reversed_fen end`;

/** The accounts of a kind by code, with their balances. */
const balances = (sql: Sql, bookId: string, kind: string): Fragment => sql<readonly object[]>`
  select code, credits_fen - debits_fen as fen from accounts where book_id = ${bookId} and kind = ${kind}`;

/** Every account of a kind has the balance that the rows give it; one that was never opened has zero. */
const asAccounts = (sql: Sql, bookId: string, kind: string, rows: Fragment): Promise<Rows> =>
  sql<Rows>`
    select code as subject, format('the ledger says %s, the rows %s', coalesce(a.fen, 0), coalesce(x.fen, 0)) as detail
      from (${balances(sql, bookId, kind)}) a full join (${rows}) x using (code)
     where coalesce(a.fen, 0) <> coalesce(x.fen, 0) order by code limit 100`;

/** What the papers say that each funder put behind each fund, and took back (below zero). */
const treasury = (sql: Sql, bookId: string): Fragment => sql<readonly object[]>`
  select programme_code, year, funder, amount_fen as fen from appropriations where book_id = ${bookId}
  union all
  select r.programme_code, r.year, p.funder, -p.fen
    from appropriation_returns r cross join lateral jsonb_to_recordset(r.parts) as p(funder text, fen bigint)
   where r.book_id = ${bookId} and r.status = 'APPROVED'`;

/** To be selected from: what approved allocations give that is still to be booked, as lines and applications say. */
const setAside = (sql: Sql, bookId: string): Fragment =>
  sql<Rows>`
    select a.allocation_id, a.fund, sum(l.amount_fen)::bigint as fen from allocations a
      join allocation_lines l on l.book_id = a.book_id and l.allocation_id = a.allocation_id and l.is_live
      join reimbursements r on r.book_id = l.book_id and r.reimbursement_id = l.reimbursement_id and r.status = 'ALLOCATED'
     where a.book_id = ${bookId} and a.awards_left > 0 group by a.allocation_id, a.fund`;

/**
 * 3. What the papers loaded is in the ledger; what was loaded is unmatched, available, promised to a voucher and not given back,
 * awarded or set aside for awards; and what lapsed is what vouchers say.
 */
const fundsAsLoaded = (sql: Sql, bookId: string): Promise<Rows>[] => [
  sql<Rows>`
    select format('return %s of %s/%s', document_no, programme_code, year) as subject,
           format('%s fen back, its parts say %s', amount_fen, coalesce(p.fen, 0)) as detail
      from appropriation_returns r
      left join lateral (select sum(fen) as fen from jsonb_to_recordset(r.parts) as x(fen bigint)) p on true
     where r.book_id = ${bookId} and r.status = 'APPROVED' and p.fen is distinct from r.amount_fen limit 100`,
  sql<Rows>`
    select format('carry-over %s of %s/%s', r.document_no, r.programme_code, r.year) as subject,
           format('%s got back %s, loaded next year %s', p.funder, p.fen, coalesce(a.amount_fen, 0)) as detail
      from appropriation_returns r
      cross join lateral jsonb_to_recordset(r.parts) as p(funder text, fen bigint)
      left join appropriations a on a.book_id = r.book_id and a.document_no = r.document_no and a.programme_code = r.programme_code
                                and a.year = r.year + 1 and a.funder = p.funder
     where r.book_id = ${bookId} and r.status = 'APPROVED' and r.carry_over and a.amount_fen is distinct from p.fen limit 100`,
  asAccounts(
    sql,
    bookId,
    'appropriation',
    sql`select format('appropriation:%s/%s:%s', programme_code, year, funder) as code, -sum(fen) as fen
          from (${treasury(sql, bookId)}) t group by programme_code, year, funder`,
  ),
  sql<Rows>`
    with loaded as (
      select programme_code || '/' || year as fund, sum(fen) as fen from (${treasury(sql, bookId)}) t group by 1),
    free as (
      select fund, sum(credits_fen - debits_fen) as fen from accounts
       where book_id = ${bookId} and kind in ('unmatched', 'available') group by fund),
    promised as (
      select fund, sum(fen) as fen
        from (select fund, face_fen - given_back_fen as fen from vouchers where book_id = ${bookId}
              union all
              select fund, award_fen - reversed_fen from reimbursements where book_id = ${bookId} and status = 'APPROVED'
              union all
              select fund, fen from (${setAside(sql, bookId)}) h) x group by fund)
    select fund as subject, format('loaded %s, free %s, promised %s', coalesce(l.fen, 0), coalesce(f.fen, 0), coalesce(p.fen, 0)) as detail
      from loaded l full join free f using (fund) full join promised p using (fund)
     where coalesce(l.fen, 0) <> coalesce(f.fen, 0) + coalesce(p.fen, 0) order by fund`,
  asAccounts(
    sql,
    bookId,
    'lapsed',
    sql`select 'lapsed:' || fund as code, sum(lapsed_fen) as fen from vouchers where book_id = ${bookId} group by fund`,
  ),
];

/**
 * 4. Per voucher: approved net of reversals + reserved + balance + ended = face; a reservation is held while it waits, no longer;
 * what has ended is what its endings say, by the rule of its state; and the face is what was awarded, or what an approved opening
 * balance says was outstanding.
 */
const vouchersAsFaced = (sql: Sql, bookId: string): Promise<Rows>[] => [
  sql<Rows>`
    select 'voucher ' || v.voucher_no as subject, format('face %s, awarded %s', v.face_fen, a.award_fen) as detail
      from vouchers v left join applications a on a.book_id = v.book_id and a.application_id = v.application_id
     where v.book_id = ${bookId} and v.application_id is not null
       and (a.voucher_id, a.award_fen) is distinct from (v.voucher_id, v.face_fen) limit 100`,
  sql<Rows>`
    with brought as (
      select (o.content ->> 'contractId')::uuid as contract_id, o.content ->> 'programmeCode' as programme_code, sum(${fenIn(sql, 'balance')}) as fen
        from opening_balances o where o.book_id = ${bookId} and o.kind = 'VOUCHER' and o.status = 'APPROVED' group by 1, 2),
    outstanding as (
      select contract_id, programme_code, sum(face_fen) as fen from vouchers
       where book_id = ${bookId} and application_id is null group by 1, 2)
    select format('opening vouchers of contract %s under %s', contract_id, programme_code) as subject,
           format('faces %s, approved %s', coalesce(v.fen, 0), coalesce(o.fen, 0)) as detail
      from outstanding v full join brought o using (contract_id, programme_code) where coalesce(v.fen, 0) <> coalesce(o.fen, 0) limit 100`,
  asAccounts(
    sql,
    bookId,
    'voucher',
    sql`select 'voucher:' || v.voucher_id as code, v.face_fen - v.lapsed_fen - v.given_back_fen - coalesce(sum(${heldFen(sql)}), 0) as fen
          from vouchers v left join redemptions r on r.book_id = v.book_id and r.voucher_id = v.voucher_id
         where v.book_id = ${bookId} group by v.voucher_id, v.face_fen, v.lapsed_fen, v.given_back_fen`,
  ),
  sql<Rows>`
    with said as (
      select voucher_id, sum(lapsed_fen) as lapsed, sum(given_back_fen) as given_back,
             string_agg(why, ', ' order by why) filter (where why in ('EXPIRED', 'CANCELLED', 'REVOKED')) as ended,
             max(ended_on) filter (where why in ('EXPIRED', 'CANCELLED', 'REVOKED')) as ended_on
        from voucher_endings where book_id = ${bookId} group by voucher_id)
    select 'voucher ' || v.voucher_no as subject,
           format('%s on %s, says %s lapsed and %s was given back; its endings: %s on %s, %s and %s', v.status, v.ended_on, v.lapsed_fen,
                  v.given_back_fen, coalesce(e.ended, 'none'), e.ended_on, coalesce(e.lapsed, 0), coalesce(e.given_back, 0)) as detail
      from vouchers v left join said e using (voucher_id)
     where v.book_id = ${bookId}
       and ((v.lapsed_fen, v.given_back_fen) is distinct from (coalesce(e.lapsed, 0)::bigint, coalesce(e.given_back, 0)::bigint)
            or e.ended is distinct from case when v.status in ('EXPIRED', 'CANCELLED', 'REVOKED') then v.status end
            or e.ended_on is distinct from v.ended_on
            or (v.status = 'EXPIRED' and v.ended_on <= least(v.last_day, v.activate_by))) limit 100`,
  sql<Rows>`
    select 'voucher ' || v.voucher_no as subject,
           format('%s, its account still holds %s', v.status, a.credits_fen - a.debits_fen) as detail
      from vouchers v join accounts a on a.book_id = v.book_id and a.code = 'voucher:' || v.voucher_id
     where v.book_id = ${bookId} and v.status in ('EXPIRED', 'CANCELLED', 'REVOKED', 'FULLY_REDEEMED')
       and a.credits_fen <> a.debits_fen limit 100`,
  asAccounts(
    sql,
    bookId,
    'reserved',
    sql`select 'reserved:' || redemption_id as code, reserved_fen as fen from redemptions
         where book_id = ${bookId} and status = 'SUBMITTED'
        union all
        select 'reserved:' || allocation_id, fen from (${setAside(sql, bookId)}) h`,
  ),
  sql<Rows>`
    select 'voucher ' || v.voucher_no as subject, format('says %s is reserved, redemptions %s', v.reserved_fen, coalesce(sum(r.reserved_fen), 0)) as detail
      from vouchers v
      left join redemptions r on r.book_id = v.book_id and r.voucher_id = v.voucher_id and r.status = 'SUBMITTED'
     where v.book_id = ${bookId}
     group by v.voucher_id, v.voucher_no, v.reserved_fen having v.reserved_fen <> coalesce(sum(r.reserved_fen), 0) limit 100`,
];

/**
 * What vouchers (CLAIMED) and approved redemptions (REDEEMED) count against each limit, holder and window, by the law they were
 * issued under on the day they count; and what the book brought along: of a legal person's limits as it was stated, of a
 * contract's, and of a matter's, what its opening voucher can still pay and what it had paid.
 */
const spentOfLimits = (sql: Sql, bookId: string, { limits, own, untold }: Law): Fragment => sql<readonly object[]>`
  with law as (
    select * from jsonb_to_recordset(${limits}::jsonb)
      as l(law text, "limit" text, counts text, per text, span text, years int, day text, since date, until date, most_fen bigint,
           figure text, stacking text, share bigint, basis text)),
  counted as (
    -- Of who applied, whoever has it now.
    select 'CLAIMED' as counts, ${lawName(sql)} as law, v.programme_code as programme, a.legal_person_uscc as person, v.contract_id,
           v.matters, v.issued_on as booked, v.applied_on as applied, null::date as decided, v.face_fen as fen, a.computed_fen as computed,
           null::bigint as net, null::bigint as gross, null as back, null::date as back_on
      from vouchers v join applications a on a.book_id = v.book_id and a.application_id = v.application_id
     where v.book_id = ${bookId}
    union all
    -- What ended of a voucher, where limits get it back: against the issue that it was charged with.
    select 'CLAIMED', ${lawName(sql)}, v.programme_code, a.legal_person_uscc, v.contract_id,
           v.matters, v.issued_on, v.applied_on, null, -(e.lapsed_fen + e.given_back_fen), null, null, null, e.quota_back, e.ended_on
      from voucher_endings e join vouchers v on v.book_id = e.book_id and v.voucher_id = e.voucher_id
      left join applications a on a.book_id = v.book_id and a.application_id = v.application_id
     where e.book_id = ${bookId} and e.quota_back <> 'NONE'
    union all
    -- What was reversed counts no more, in the window once charged.
    -- Of whose contract it was when it was approved.
    select 'REDEEMED', ${lawName(sql)}, v.programme_code, coalesce(k.person, v.legal_person_uscc), r.contract_id, v.matters, r.approved_on, v.applied_on,
           null, r.approved_fen - r.reversed_fen - r.restored_fen, null, null, null, null, null
      from redemptions r join vouchers v on v.book_id = r.book_id and v.voucher_id = r.voucher_id
      left join lateral (
        select f.value ->> 'legalPersonUscc' as person
          from contracts c cross join lateral jsonb_array_elements(c.formerly) with ordinality f (value, n)
         where c.book_id = r.book_id and c.contract_id = r.contract_id and c.formerly <> '[]'
           and exists (select from entries e join entries s on s.book_id = e.book_id and s.subject_id = (f.value ->> 'decisionId')::uuid
                        where e.book_id = r.book_id and e.subject_id = r.redemption_id and e.kind = 'redemption.approved' and e.seq < s.seq)
         order by f.n limit 1) k on true
     where r.book_id = ${bookId} and r.status in ('APPROVED', 'REVERSED')
    union all
    select c.counts, ${lawName(sql)}, v.programme_code, null, v.contract_id, v.matters, v.issued_on, v.applied_on, null, c.fen, c.fen, null, null, null, null
      from opening_balances o
      join entries e on e.book_id = o.book_id and e.subject_id = o.opening_balance_id and e.kind = 'opening.voucher'
      join vouchers v on v.book_id = e.book_id and v.voucher_id = e.command_id
      cross join lateral (
        values ('CLAIMED', ${fenIn(sql, 'balance')} + ${fenIn(sql, 'amountRedeemed')}), ('REDEEMED', ${fenIn(sql, 'amountRedeemed')})) as c(counts, fen)
     where o.book_id = ${bookId} and o.kind = 'VOUCHER' and o.status = 'APPROVED'
    union all
    -- An award is of a contract when all that counts in it is of one.
    select 'CLAIMED', ${lawName(sql)}, v.programme_code, v.legal_person_uscc, l.contract_id, v.matters, v.approved_on, v.submitted_on,
           v.submitted_on, v.award_fen - v.reversed_fen - v.restored_fen, v.computed_fen, l.net, l.gross, null, null
      from reimbursements v
      cross join lateral (
        select case when count(distinct l.contract_id) = 1 then min(l.contract_id::text)::uuid end as contract_id,
               sum(l.net_fen)::bigint as net, sum(l.gross_fen)::bigint as gross
          from reimbursement_lines l where l.book_id = v.book_id and l.reimbursement_id = v.reimbursement_id and l.is_live) l
     where v.book_id = ${bookId} and v.status = 'APPROVED'),
  held as (
    select l."limit", l.span, l.years, l.stacking, l.share, l.per, c.booked, c.fen, c.computed, c.back, c.back_on,
           case l.per when 'LEGAL_PERSON' then c.person when 'CONTRACT' then c.contract_id::text when 'PROGRAMME' then c.programme
                      else c.matters ->> l.per end as holder,
           case l.basis when 'NET' then coalesce(c.net, k.net_fen) else coalesce(c.gross, k.gross_fen) end as contract_fen
      from counted c
      left join contracts k on k.book_id = ${bookId} and k.contract_id = c.contract_id
      join law l on l.law = c.law and l.counts = c.counts
       and case l.day when 'BOOKED' then c.booked when 'APPLIED' then c.applied else coalesce(c.decided, k.signed_on) end between l.since and l.until
     where c.person is not null or l.per not in ('LEGAL_PERSON', 'PROGRAMME')),
  spent as (
    select h."limit", h.holder, h.fen, h.stacking, h.computed, h.share * h.contract_fen as shared,
           case h.span when 'YEAR' then extract(year from h.booked)::text when 'LIFETIME' then 'LIFETIME'
                       else f.first_year || '+' || h.years end as span
      from held h
      left join limit_first_years f on f.book_id = ${bookId} and f.first_year_id = h."limit" || ':' || h.holder
     where h.holder is not null
       and case h.back when 'CONTRACT' then h.per = 'CONTRACT'
             when 'RUNNING' then h.span = 'LIFETIME'
               or extract(year from h.back_on) < case h.span when 'YEAR' then extract(year from h.booked) + 1 else f.first_year + h.years end
             else true end
    union all
    select l."limit", e.legal_person_uscc, ${fenIn(sql, 'amount')}, null, null, null,
           case l.span when 'YEAR' then o.content ->> 'year' else 'LIFETIME' end
      from opening_balances o
      join enterprises e on e.book_id = o.book_id and e.uscc = o.content ->> 'uscc'
      join (select distinct * from jsonb_to_recordset(${own}::jsonb) as l(programme text, id text, "limit" text, span text)) l
        on l.programme = o.content ->> 'programmeCode' and l.id = o.content ->> 'limitId' and l."limit" <> all(${untold}::text[])
     where o.book_id = ${bookId} and o.kind = 'LIMIT_USED' and o.status = 'APPROVED'
    union all
    -- What mergers and splits charged.
    select account, holder, amount_fen, null, null, null, span from limit_successions
     where book_id = ${bookId} and account <> all(${untold}::text[])
    union all
    -- What came back of what was carried on: it came back to whom it was carried from, and by as much (returnsAsCarried).
    select split_part(a.code, ':', 2), split_part(a.code, ':', 3), -e.amount_fen, null, null, null, split_part(a.code, ':', 4)
      from entries e join accounts a on a.book_id = e.book_id and a.account_id = e.debit_account_id
     where e.book_id = ${bookId} and e.kind = 'limit.returned' and split_part(a.code, ':', 2) <> all(${untold}::text[])),
  total as (
    select "limit", holder, span, sum(fen)::bigint as fen,
           max(case when stacking <> 'PUBLIC_MONEY_CEILING' then computed end) as highest, max(shared) as shared
      from spent group by 1, 2, 3)`;

/** An amount of an opening balance's content, in fen. */
const fenIn = (sql: Sql, field: string): Fragment =>
  sql<readonly object[]>`((o.content ->> ${field}::text)::numeric * 100)::bigint`;

/**
 * 5. Of every limit no holder has spent more than the law gives in the window, with what exceptions raised it by: its number, the
 * highest figure that was ever on record for it, of a stacking rule the highest award of its group (or the share of the contract),
 * or for the ceiling of a contract the highest rate × its amount. And `used:` says what the rows say.
 */
const limitsAsLaw = (sql: Sql, bookId: string, law: Law): Promise<Rows>[] => [
  sql<Rows>`
    ${spentOfLimits(sql, bookId, law)}, number as (
      select t."limit", t.holder, t.span, max(coalesce(l.most_fen, f.fen, t.highest, floor(t.shared / 10000)::bigint)) as fen
        from total t
        join (select distinct "limit", since, until, most_fen, figure, stacking from law
              union select "limit", since, until, most_fen, figure, null
                from jsonb_to_recordset(${law.own}::jsonb) as o("limit" text, since date, until date, most_fen bigint, figure text)) l
          on l."limit" = t."limit"
         and case when t.span ~ '^\\d{4}$'
                  then l.since <= (t.span || '-12-31')::date and l.until >= (t.span || '-01-01')::date else true end
        left join lateral (
          select max(amount_fen) as fen from figures f
           where f.book_id = ${bookId} and f.kind = l.figure and f.holder = t.holder and (f.year is null or f.year::text = t.span)) f on true
       where l.most_fen is not null or l.figure is not null or l.stacking is not null
       group by 1, 2, 3),
    raised as (
      select account as "limit", holder, span, sum(amount_fen) as fen
        from limit_exceptions where book_id = ${bookId} and status = 'APPROVED' group by 1, 2, 3),
    -- Two may have spent theirs before they became one: then nothing more than that.
    stood as (
      select account as "limit", holder, span, max(used_after_fen) as fen
        from limit_successions where book_id = ${bookId} group by 1, 2, 3)
    select format('%s of %s in %s', t."limit", t.holder, t.span) as subject,
           format('spent %s, the law gives %s, raised by %s', t.fen, coalesce(n.fen, 0), coalesce(r.fen, 0)) as detail
      from total t join number n using ("limit", holder, span) left join raised r using ("limit", holder, span)
      left join stood s using ("limit", holder, span)
     where t.fen > greatest(coalesce(n.fen, 0) + coalesce(r.fen, 0), s.fen) order by 1 limit 100`,
  sql<Rows>`
    select format('exception to %s of %s in %s', x.account, x.holder, x.span) as subject,
           format('%s for %s, raised by %s', x.status, x.amount_fen, coalesce(e.fen, 0)) as detail
      from limit_exceptions x
      left join lateral (
        select sum(e.amount_fen) as fen from entries e
          join accounts a on a.book_id = e.book_id and a.account_id = e.credit_account_id
           and a.code = format('allowance:%s:%s:%s', x.account, x.holder, x.span)
         where e.book_id = x.book_id and e.subject_id = x.exception_id and e.kind = 'limit.raised') e on true
     where x.book_id = ${bookId} and coalesce(e.fen, 0) <> case x.status when 'APPROVED' then x.amount_fen else 0 end
     order by 1 limit 100`,
  sql<Rows>`
    ${spentOfLimits(sql, bookId, law)}
    select format('%s of %s', h."limit", h.holder) as subject,
           format('the window began in %s, an award of %s counts in it', coalesce(f.first_year::text, 'no year'), h.booked) as detail
      from held h
      left join limit_first_years f on f.book_id = ${bookId} and f.first_year_id = h."limit" || ':' || h.holder
     where h.span = 'YEARS_FROM_FIRST_AWARD' and h.holder is not null and h.back is null
       and (f.first_year is null or extract(year from h.booked) not between f.first_year and f.first_year + h.years - 1)
     order by 1 limit 100`,
  sql<Rows>`
    ${spentOfLimits(sql, bookId, law)}
    select 'contract ' || c.contract_no as subject, format('claimed %s, at most %s fen × bp', t.fen, m.most) as detail
      from contracts c
      cross join lateral (
        select programme, max(basis_points * case basis when 'NET' then c.net_fen else c.gross_fen end) as most
          from jsonb_to_recordset(${law.rates}::jsonb) as r(programme text, basis_points numeric, basis text) group by programme) m
      join total t on t.holder = c.contract_id::text and t."limit" = m.programme || ${`.${CONTRACT_CEILING}`}::text
      -- What was paid beyond, and a recovery was opened for, is claimed no more.
      left join lateral (
        select sum(r.recalled_fen) as fen from redemptions r
         where r.book_id = c.book_id and r.contract_id = c.contract_id and r.programme_code = m.programme) k on true
      -- What ended for cause is promised no more, though the ceiling did not get it back: a contract may be cut below it.
      left join lateral (
        select sum(e.lapsed_fen + e.given_back_fen) as fen from vouchers v
          join voucher_endings e on e.book_id = v.book_id and e.voucher_id = v.voucher_id and e.quota_back = 'NONE'
         where v.book_id = c.book_id and v.contract_id = c.contract_id and v.programme_code = m.programme) x on true
     where c.book_id = ${bookId} and (t.fen - coalesce(k.fen, 0) - coalesce(x.fen, 0)) * 10000.0 > m.most order by 1 limit 100`,
  sql<Rows>`
    ${spentOfLimits(sql, bookId, law)}
    select code as subject, format('the ledger says %s, the rows %s', coalesce(a.fen, 0), coalesce(x.fen, 0)) as detail
      from (${balances(sql, bookId, 'used')}) a
      full join (select format('used:%s:%s:%s', "limit", holder, span) as code, fen from total) x using (code)
     where coalesce(a.fen, 0) <> coalesce(x.fen, 0)
       and split_part(code, ':', 2) <> all(${law.untold}::text[]) order by code limit 100`,
];

/** 5. After a merger whatever comes back to a window that was carried on comes back where it was carried to, in the same decision, and nothing else does. */
const returnsAsCarried = (sql: Sql, bookId: string): Promise<Rows> => sql<Rows>`
  with carried as (
    select s.account, s.from_holder, s.from_span, s.holder, s.span,
           (select min(e.seq) from entries e where e.book_id = s.book_id and e.subject_id = c.decision_id) as since
      from limit_successions s join legal_person_changes c on c.book_id = s.book_id and c.change_id = s.change_id
     where s.book_id = ${bookId} and s.why = 'CARRIED'),
  back as (
    select e.command_id, e.subject_id, e.kind, e.seq, e.amount_fen, a.code
      from entries e join accounts a on a.book_id = e.book_id and a.account_id = e.debit_account_id
     where e.book_id = ${bookId} and e.kind in ('limit.restored', 'limit.returned')),
  due as (
    select b.command_id, b.subject_id, format('used:%s:%s:%s', c.account, c.holder, c.span) as code, sum(b.amount_fen) as fen
      from back b join carried c on b.code = format('used:%s:%s:%s', c.account, c.from_holder, c.from_span) and b.seq > c.since
     group by 1, 2, 3),
  done as (
    select command_id, subject_id, code, sum(amount_fen) as fen from back where kind = 'limit.returned' group by 1, 2, 3)
  select coalesce(d.code, x.code) as subject, format('%s was to come back, %s did', coalesce(d.fen, 0), coalesce(x.fen, 0)) as detail
    from due d full join done x on x.command_id = d.command_id and x.subject_id is not distinct from d.subject_id and x.code = d.code
   where coalesce(d.fen, 0) <> coalesce(x.fen, 0) order by 1 limit 100`;

/**
 * 5. Per contract and programme: what is redeemed and reserved is within what was invoiced of it, each line at its rate, and the standing
 * that decisions look at says what redemptions and opening vouchers say.
 */
const contractsAsFiled = (sql: Sql, bookId: string, { rates }: Law): Promise<Rows>[] => [
  sql<Rows>`
    with held as (
      select r.contract_id, r.programme_code, ${heldFen(sql)} - r.recalled_fen as claimed, r.base_fen - coalesce(x.base, 0) as base,
             r.weighted_base - coalesce(x.weighted, 0) as weighted,
             -- What is reversed or recalled in part is cut off for good, but for what went with a red letter.
             r.cut_off_fen + r.reversed_fen + r.recalled_fen - coalesce(x.cut_off, 0) as cut_off
        from redemptions r
        left join (select redemption_id, sum(base_fen) as base, sum(weighted_base) as weighted, sum(cut_off_fen) as cut_off
                     from red_letters where book_id = ${bookId} group by redemption_id) x using (redemption_id)
       where r.book_id = ${bookId} and r.status not in ('RETURNED', 'REVERSED')
      union all
      select (o.content ->> 'contractId')::uuid, o.content ->> 'programmeCode', ${fenIn(sql, 'amountRedeemed')}, ${fenIn(sql, 'baseRedeemed')}, null, 0
        from opening_balances o where o.book_id = ${bookId} and o.kind = 'VOUCHER' and o.status = 'APPROVED'),
    rate as (
      select programme as programme_code, max(basis_points) as basis_points, min(lowest) as lowest
        from jsonb_to_recordset(${rates}::jsonb) as r(programme text, basis_points bigint, lowest bigint) group by 1),
    -- Of what was redeemed before weights were kept the weight is that of the one rate there was; or, where there are several, unknown.
    total as (
      select contract_id, programme_code, sum(claimed) as claimed, sum(base) as base, sum(cut_off) as cut_off,
             sum(coalesce(weighted, base * basis_points)) as weighted, sum(base * basis_points) as heaviest, sum(base * lowest) as lightest, bool_or(weighted is null and base > 0 and lowest < basis_points) as unknown
        from held left join rate using (programme_code) group by 1, 2)
    select format('standing of contract %s under %s', contract_id, programme_code) as subject,
           format('kept: base %s, weighed %s, claimed %s, cut off %s; rows: base %s, weighed %s, claimed %s, cut off %s', s.base_fen,
                  s.weighted_base, s.claimed_fen, s.cut_off_fen, t.base, t.weighted, t.claimed, t.cut_off) as detail
      from (select * from contract_standings where book_id = ${bookId}) s full join total t using (contract_id, programme_code)
     where (coalesce(s.base_fen, 0), coalesce(s.claimed_fen, 0), coalesce(s.cut_off_fen, 0))
           <> (coalesce(t.base, 0), coalesce(t.claimed, 0), coalesce(t.cut_off, 0))
        or t.claimed * 10000 > t.weighted or t.weighted not between t.lightest and t.heaviest
        or (s.weighted_base <> t.weighted and not t.unknown)
     order by 1 limit 100`,
];

/** What is summed up of those who wait for a programme's money, by which first come, first served is held, is what waits. */
const queuesAsWaiting = (sql: Sql, bookId: string): Promise<Rows> => sql<Rows>`
  with waits as (
    select programme_code, queue_rank, queue_block, count(*) as n, sum(maximum_fen) as fen
      from applications where book_id = ${bookId} and queue_rank is not null group by 1, 2, 3)
  select format('queue of %s, class %s, numbers from %s', programme_code, queue_rank, queue_block) as subject,
         format('kept %s for %s, waiting %s for %s', coalesce(q.waiting, 0), coalesce(q.maximum_fen, 0), coalesce(w.n, 0), coalesce(w.fen, 0)) as detail
    from (select * from application_queues where book_id = ${bookId} and waiting > 0) q
    full join waits w using (programme_code, queue_rank, queue_block)
   where (q.waiting, q.maximum_fen) is distinct from (w.n, w.fen) order by 1 limit 100`;

/** 6. Of a redemption as much is reversed as two persons decided, each reversal is one entry, and what is reversed whole says so. */
const reversedOnce = (sql: Sql, bookId: string): Promise<Rows> => sql<Rows>`
  with decided as (
    select redemption_id, sum(amount_fen) as fen from redemption_reversals
     where book_id = ${bookId} and status = 'APPROVED' group by redemption_id),
  posted as (
    select e.subject_id as redemption_id, sum(e.amount_fen) as fen,
           bool_or(o.subject_id is distinct from e.subject_id or o.kind is distinct from 'redemption.approved') as astray
      from entries e left join entries o on o.book_id = e.book_id and o.seq = e.reverses_seq
     where e.book_id = ${bookId} and e.kind = 'redemption.reversed' and e.amount_fen is not null group by e.subject_id)
  select 'redemption ' || r.redemption_no as subject,
         format('%s, reversed %s; decided %s, entries %s%s', r.status, r.reversed_fen, coalesce(d.fen, 0), coalesce(p.fen, 0),
                case when p.astray then ', which do not name its approval' else '' end) as detail
    from redemptions r left join decided d using (redemption_id) left join posted p using (redemption_id)
   where r.book_id = ${bookId}
     and (r.reversed_fen <> coalesce(p.fen, 0) or r.reversed_fen < coalesce(d.fen, 0) or p.astray) limit 100`;

/**
 * 6. An invoice counts in one live redemption, which it names; of each contract line as much is used as confirmed invoices
 * say, of each facility as much is billed as invoices say; as many flags hold an invoice or a contract as it says; a redemption's money is in one batch, and no more of it than was approved.
 */
const countedOnce = (sql: Sql, bookId: string): Promise<Rows>[] => [
  sql<Rows>`
    select 'invoice ' || i.invoice_no as subject, format('names redemption %s, %s are live', i.redemption_id, count(r.redemption_id)) as detail
      from usage_invoices i
      left join redemptions r on r.book_id = i.book_id and r.invoice_id = i.invoice_id and r.status not in ('RETURNED', 'REVERSED')
     where i.book_id = ${bookId}
     group by i.invoice_id, i.invoice_no, i.redemption_id
    having count(r.redemption_id) > 1 or i.redemption_id::text is distinct from min(r.redemption_id::text) limit 100`,
  sql<Rows>`
    with confirmed as (
      select l.contract_line_id, sum(l.quantity - coalesce(x.quantity, 0)) as quantity, sum(l.gross_fen - coalesce(x.fen, 0)) as fen
        from usage_invoice_lines l
        join usage_invoices i on i.book_id = l.book_id and i.invoice_id = l.invoice_id and i.status in ('CONFIRMED', 'RED_LETTERED')
        left join (select invoice_line_id, sum(quantity) as quantity, sum(gross_fen) as fen
                     from red_letter_lines where book_id = ${bookId} group by invoice_line_id) x using (invoice_line_id)
       where l.book_id = ${bookId} group by l.contract_line_id)
    select format('contract line %s', contract_line_id) as subject,
           format('used %s for %s, confirmed %s for %s', u.quantity, u.gross_fen, c.quantity, c.fen) as detail
      from (select * from contract_line_usage where book_id = ${bookId}) u full join confirmed c using (contract_line_id)
     where (coalesce(u.quantity, 0), coalesce(u.gross_fen, 0)) <> (coalesce(c.quantity, 0), coalesce(c.fen, 0)) limit 100`,
  sql<Rows>`
    with billed as (
      select concat_ws('/', cl.facility_id, coalesce(ch.vendor, ''), coalesce(ch.model, ''), i.usage_from, i.usage_to) as facility_usage_id,
             sum(l.quantity - coalesce(x.quantity, 0)) as card_hours
        from usage_invoice_lines l
        join usage_invoices i on i.book_id = l.book_id and i.invoice_id = l.invoice_id and i.status not in ('RETURNED', 'VOIDED')
        join contract_lines cl on cl.book_id = l.book_id and cl.contract_line_id = l.contract_line_id and cl.unit = 'CARD_HOUR'
        left join chips ch on ch.book_id = cl.book_id and ch.chip_id = cl.chip_id
        left join (select invoice_line_id, sum(quantity) as quantity
                     from red_letter_lines where book_id = ${bookId} group by invoice_line_id) x using (invoice_line_id)
       where l.book_id = ${bookId} group by 1)
    select format('usage of facility %s', facility_usage_id) as subject,
           format('%s card-hours, invoices bill %s', u.card_hours, b.card_hours) as detail
      from (select * from facility_usage where book_id = ${bookId}) u full join billed b using (facility_usage_id)
     where coalesce(u.card_hours, 0) <> coalesce(b.card_hours, 0) limit 100`,
  sql<Rows>`
    with held as (
      select subject_id, count(*) as n from flags where book_id = ${bookId} and status <> 'CLEARED' group by subject_id)
    select name as subject, format('says %s flags hold it, %s do', holding_flags, coalesce(n, 0)) as detail
      from (select 'invoice ' || invoice_no as name, invoice_id as subject_id, holding_flags from usage_invoices where book_id = ${bookId}
             union all
            select 'contract ' || contract_no, contract_id, holding_flags from contracts where book_id = ${bookId}) s
      left join held using (subject_id)
     where holding_flags <> coalesce(n, 0) limit 100`,
  sql<Rows>`
    with line as (
      select redemption_id, count(*) as n, sum(amount_fen) as fen, min(settlement_id::text) as settlement_id,
             min(payee_id::text) as payee_id, min(fund) as fund
        from settlement_lines where book_id = ${bookId} and redemption_id is not null and returned_version is null group by redemption_id)
    select 'redemption ' || r.redemption_no as subject,
           format('in %s batches; approved %s, reversed %s, batched %s, on lines %s', coalesce(l.n, 0), r.approved_fen, r.reversed_fen,
                  r.batched_fen, coalesce(l.fen, 0)) as detail
      from redemptions r left join line l using (redemption_id)
     where r.book_id = ${bookId}
       and (coalesce(l.n, 0) > 1 or r.batched_fen <> coalesce(l.fen, 0) or r.reversed_fen + r.batched_fen + r.offset_fen > r.approved_fen
            or r.offset_fen <> (select coalesce(sum(o.amount_fen), 0) from recovery_offsets o
                                 where o.book_id = r.book_id and o.redemption_id = r.redemption_id and o.status = 'APPROVED')
            or r.settlement_id::text is distinct from l.settlement_id
            or (l.n > 0 and (l.payee_id <> r.provider_id::text or l.fund <> r.fund)))
     limit 100`,
  sql<Rows>`
    with line as (
      select reimbursement_id, count(*) as n, sum(amount_fen) as fen, min(settlement_id::text) as settlement_id,
             min(payee_id::text) as payee_id, min(fund) as fund
        from settlement_lines where book_id = ${bookId} and reimbursement_id is not null and returned_version is null
        group by reimbursement_id)
    select 'reimbursement ' || r.reimbursement_no as subject,
           format('in %s batches; awarded %s, reversed %s, off-set %s, on lines %s', coalesce(l.n, 0), r.award_fen, r.reversed_fen, r.offset_fen,
                  coalesce(l.fen, 0)) as detail
      from reimbursements r left join line l using (reimbursement_id)
     where r.book_id = ${bookId}
       and (r.settlement_id::text is distinct from l.settlement_id
            or (l.n > 0 and (l.n > 1 or (l.fen, l.payee_id, l.fund) is distinct from ((r.award_fen - r.reversed_fen - r.offset_fen)::numeric, r.enterprise_id::text, r.fund)))
            or r.offset_fen <> (select coalesce(sum(o.amount_fen), 0) from recovery_offsets o
                                 where o.book_id = r.book_id and o.reimbursement_id = r.reimbursement_id and o.status = 'APPROVED'))
     limit 100`,
  // 6. A line of an invoice is live in one application, an invoice counts its live lines, and is redeemed or reimbursed, never both.
  sql<Rows>`
    with live as (
      select l.invoice_id, count(*) as n, count(*) - count(distinct l.invoice_line_id) filter (where l.invoice_line_id is not null)
             - count(*) filter (where l.invoice_line_id is null) as twice
        from reimbursement_lines l where l.book_id = ${bookId} and l.is_live and l.invoice_id is not null group by l.invoice_id)
    select 'invoice ' || i.invoice_no as subject,
           format('%s lines reimbursed, kept %s, %s of them twice; redeemed by %s', coalesce(l.n, 0), i.reimbursed_lines,
                  coalesce(l.twice, 0), coalesce(i.redemption_id::text, 'none')) as detail
      from usage_invoices i left join live l using (invoice_id)
     where i.book_id = ${bookId}
       and (i.reimbursed_lines <> coalesce(l.n, 0) or l.twice > 0 or (l.n > 0 and i.redemption_id is not null)) limit 100`,
  sql<Rows>`
    select format('%s of %s', reference, counterparty_uscc) as subject, format('declared in %s live applications', count(*)) as detail
      from reimbursement_lines where book_id = ${bookId} and is_live and invoice_line_id is null
     group by counterparty_uscc, reference having count(*) > 1 limit 100`,
  sql<Rows>`
    select 'reimbursement ' || r.reimbursement_no as subject,
           format('%s; %s lines live, %s counted, of %s', r.status, count(*) filter (where l.is_live),
                  count(*) filter (where l.reason is null), r.line_count) as detail
      from reimbursements r left join reimbursement_lines l using (book_id, reimbursement_id)
     where r.book_id = ${bookId}
     group by r.reimbursement_id, r.reimbursement_no, r.status, r.line_count
    having count(l.reimbursement_line_id) <> r.line_count
        or bool_or(l.is_live <> (r.status not in ('REJECTED', 'WITHDRAWN') and l.reason is null)) limit 100`,
  sql<Rows>`
    with line as (
      select l.reimbursement_id, count(*) as n, min(l.allocation_id::text) as allocation_id, min(l.amount_fen) as fen, min(a.status) as status,
             min(a.awards_left) as awards_left
        from allocation_lines l join allocations a using (book_id, allocation_id)
       where l.book_id = ${bookId} and l.is_live group by l.reimbursement_id)
    select 'reimbursement ' || r.reimbursement_no as subject,
           format('%s, awarded %s; in %s live allocations, %s, which give %s', r.status, coalesce(r.award_fen, 0), coalesce(l.n, 0),
                  coalesce(l.status, 'none'), coalesce(l.fen, 0)) as detail
      from reimbursements r left join line l using (reimbursement_id)
     where r.book_id = ${bookId}
       and (coalesce(l.n, 0) > 1 or r.allocation_id::text is distinct from l.allocation_id
            or (r.status = 'APPROVED' or (r.status = 'ALLOCATED' and l.awards_left > 0)) <> (coalesce(l.status, '') = 'APPROVED')
            or (r.status = 'APPROVED' and r.award_fen <> l.fen)) limit 100`,
  sql<Rows>`
    with line as (
      select l.allocation_id, count(*) as n, sum(claim_fen) as claims, sum(amount_fen) as total,
             count(*) filter (where is_live) as live, count(*) filter (where amount_fen > 0 and left_out is null) as paid,
             count(*) filter (where is_live and r.status = 'ALLOCATED') as waiting,
             count(*) filter (where is_live and r.status = 'ALLOCATED' and amount_fen = 0) as empty
        from allocation_lines l join reimbursements r using (book_id, reimbursement_id)
       where l.book_id = ${bookId} group by l.allocation_id)
    select 'allocation ' || a.allocation_no as subject,
           format('%s: says %s lines for %s of %s, has %s for %s of %s, %s live', a.status, a.line_count, a.total_fen, a.claims_fen,
                  l.n, l.total, l.claims, l.live) as detail
      from allocations a left join line l using (allocation_id)
     where a.book_id = ${bookId}
       and ((a.line_count, a.total_fen, a.claims_fen) is distinct from (l.n::int, l.total::bigint, l.claims::bigint)
            or l.live <> case a.status when 'DRAFT' then l.n when 'APPROVED' then l.paid + l.empty else 0 end
            or a.awards_left <> case a.status when 'APPROVED' then l.waiting else 0 end) limit 100`,
];

/**
 * 6. Batch = its lines = its instructions; paid and returned exactly as the bank's lines say, once; and what is payable,
 * in transit and paid follows from redemptions and instructions to the fen.
 */
const batchesAsPaid = (sql: Sql, bookId: string): Promise<Rows>[] => [
  sql<Rows>`
    with line as (
      select settlement_id, count(*) as n, sum(amount_fen) as fen,
             encode(sha256(convert_to(string_agg(
               concat_ws('|', line_no, coalesce(redemption_id, reimbursement_id), payee_id, fund, amount_fen, b.payee_account_id) || chr(10), '' order by line_no), 'UTF8')), 'hex') as digest
        from settlement_lines l
        left join (select a.settlement_id, a.payee_id, a.payee_account_id from settlement_accounts a
                     join settlements s on s.book_id = a.book_id and s.settlement_id = a.settlement_id and s.version = a.version
                    where a.book_id = ${bookId}) b using (settlement_id, payee_id)
       where l.book_id = ${bookId} and returned_version is null group by settlement_id),
    -- Of a draft nothing is bound yet.
    batch as (
      select s.*, coalesce(l.n, 0)::int as n, coalesce(l.fen, 0)::bigint as fen,
             s.content_digest is distinct from case when s.status <> 'DRAFT' then l.digest end as is_other
        from settlements s left join line l using (settlement_id) where s.book_id = ${bookId})
    select settlement_no as subject,
           format('says %s lines and %s, has %s and %s%s', line_count, total_fen, n, fen,
                  case when is_other then '; the lines are not those of its digest' end) as detail
      from batch where (line_count, total_fen) <> (n, fen) or is_other`,
  // What was frozen last is what the batch says; each version before it lost the lines that were returned from it, and a checked line was checked.
  sql<Rows>`
    with returned as (
      select settlement_id, returned_version as version, count(*) as n, sum(amount_fen) as fen
        from settlement_lines where book_id = ${bookId} and returned_version is not null group by 1, 2)
    select format('%s, version %s', s.settlement_no, v.version) as subject,
           format('%s lines and %s, kept %s returned; the lines say %s and %s; then %s and %s', v.line_count, v.total_fen, v.returned_lines,
                  coalesce(r.n, 0), coalesce(r.fen, 0), coalesce(n.line_count, s.line_count), coalesce(n.total_fen, s.total_fen)) as detail
      from settlement_versions v
      join settlements s on s.book_id = v.book_id and s.settlement_id = v.settlement_id
      left join returned r on r.settlement_id = v.settlement_id and r.version = v.version
      left join settlement_versions n on n.book_id = v.book_id and n.settlement_id = v.settlement_id and n.version = v.version + 1
     where v.book_id = ${bookId}
       and (v.returned_lines <> coalesce(r.n, 0) or v.version > s.version
            or (v.line_count - coalesce(r.n, 0), v.total_fen - coalesce(r.fen, 0))
               is distinct from (coalesce(n.line_count, s.line_count)::bigint, coalesce(n.total_fen, s.total_fen)::numeric)
            or (v.version = s.version and s.status <> 'DISSOLVED'
                and (v.content_digest, v.approved_person) is distinct from (s.content_digest, s.approved_person)))
     limit 100`,
  sql<Rows>`
    select s.settlement_no as subject, format('says %s lines are checked, %s are', s.checked_lines, count(l.settlement_line_id)) as detail
      from settlements s
      left join settlement_lines l on l.book_id = s.book_id and l.settlement_id = s.settlement_id and l.returned_version is null
                                  and l.checked_person is not null and s.checked_persons ? l.checked_person::text
     where s.book_id = ${bookId} group by s.settlement_id, s.settlement_no, s.checked_lines
    having s.checked_lines <> count(l.settlement_line_id) limit 100`,
  sql<Rows>`
    with line as (
      select settlement_id, payee_id, fund, min(line_no) as first, count(*) as n, sum(amount_fen) as fen
        from settlement_lines where book_id = ${bookId} and returned_version is null group by settlement_id, payee_id, fund)
    select format('total of payee %s out of %s in settlement %s', payee_id, fund, settlement_id) as subject,
           format('kept %s lines and %s, the lines say %s and %s', k.line_count, k.total_fen, l.n, l.fen) as detail
      from (select * from settlement_totals where book_id = ${bookId}) k full join line l using (settlement_id, payee_id, fund)
     where (k.first_line_no, k.line_count, k.total_fen) is distinct from (l.first, l.n::int, l.fen::bigint) limit 100`,
  sql<Rows>`
    with due as (
      select l.settlement_id, l.payee_id, l.fund, sum(l.amount_fen) as fen from settlement_lines l
        join settlements s on s.book_id = l.book_id and s.settlement_id = l.settlement_id and s.status in ('INSTRUCTED', 'CLOSED')
       where l.book_id = ${bookId} and l.returned_version is null group by 1, 2, 3),
    given as (
      select settlement_id, payee_id, fund, sum(amount_fen) as fen from payment_instructions
       where book_id = ${bookId} and attempt = 1 group by 1, 2, 3)
    select format('payee %s out of %s in settlement %s', payee_id, fund, settlement_id) as subject,
           format('lines %s, instructions %s', coalesce(d.fen, 0), coalesce(g.fen, 0)) as detail
      from due d full join given g using (settlement_id, payee_id, fund)
     -- What slices of the lane are still to instruct is counted below.
     where coalesce(d.fen, 0) <> coalesce(g.fen, 0)
       and not (g.fen is null and exists (select from settlements s where s.book_id = ${bookId} and s.settlement_id = d.settlement_id
                                                                      and s.payments_left > 0)) limit 100`,
  sql<Rows>`
    select s.settlement_no as subject, format('says %s payments are left, %s are', s.payments_left, count(t.total_id)) as detail
      from settlements s
      left join settlement_totals t on t.book_id = s.book_id and t.settlement_id = s.settlement_id and s.status in ('INSTRUCTED', 'CLOSED')
            and not exists (select from payment_instructions i where i.book_id = t.book_id and i.settlement_id = t.settlement_id
                               and i.payee_id = t.payee_id and i.fund = t.fund)
     where s.book_id = ${bookId} group by s.settlement_id, s.settlement_no, s.payments_left
    having s.payments_left <> count(t.total_id) limit 100`,
  sql<Rows>`
    with attempts as (
      select i.*, lead(status) over w as next, lag(attempt) over w as before, lag(returned_fen) over w as amount_before
        from payment_instructions i where book_id = ${bookId}
      window w as (partition by settlement_id, payee_id, fund, funder order by attempt))
    select 'instruction ' || a.instruction_no as subject,
           format('%s as attempt %s for %s; before it attempt %s gave back %s, after it %s; the batch is %s', a.status, a.attempt, a.amount_fen,
                  coalesce(a.before::text, 'none'), coalesce(a.amount_before::text, 'none'), coalesce(a.next, 'none'), s.status) as detail
      from attempts a join settlements s on s.book_id = a.book_id and s.settlement_id = a.settlement_id
     where a.attempt <> coalesce(a.before, 0) + 1 or a.amount_fen <> coalesce(a.amount_before, a.amount_fen)
        or (a.next is not null and a.status <> 'RETURNED') or (a.next is null and s.status = 'CLOSED' and a.status <> 'PAID')
     limit 100`,
  sql<Rows>`
    with bank as (
      select m.instruction_id, count(*) as n,
             sum(case m.kind when 'PAID' then m.amount_fen when 'RETURNED_LATE' then -m.amount_fen else 0 end) as paid,
             sum(case when m.kind <> 'PAID' then m.amount_fen else 0 end) as returned,
             bool_and((l.status = 'PAID') = (m.kind = 'PAID') and l.booked_on = m.booked_on) as told
        from bank_matches m left join bank_lines l on l.book_id = m.book_id and l.bank_line_id = m.bank_line_id
       where m.book_id = ${bookId} and m.status = 'MATCHED' group by m.instruction_id)
    select 'instruction ' || i.instruction_no as subject,
           format('%s: paid %s and returned %s of %s; the bank has %s matched lines, paid %s and returned %s%s', i.status, i.paid_fen,
                  i.returned_fen, i.amount_fen, coalesce(b.n, 0), coalesce(b.paid, 0), coalesce(b.returned, 0),
                  case when not b.told then ', some of another kind or day' end) as detail
      from payment_instructions i left join bank b using (instruction_id)
     where i.book_id = ${bookId}
       and ((i.paid_fen, i.returned_fen) is distinct from (coalesce(b.paid, 0)::bigint, coalesce(b.returned, 0)::bigint)
            or not coalesce(b.told, true)
            or i.status <> case when i.paid_fen + i.returned_fen < i.amount_fen then 'INSTRUCTED'
                                when i.returned_fen > 0 then 'RETURNED' else 'PAID' end) limit 100`,
  sql<Rows>`
    select 'bank serial ' || bank_serial as subject, format('%s lines', count(*)) as detail
      from bank_lines where book_id = ${bookId} and line_no is not null group by bank_serial having count(*) > 1 limit 100`,
  sql<Rows>`
    with used as (
      select bank_line_id, sum(amount_fen) as fen from bank_matches where book_id = ${bookId} and status = 'MATCHED' group by 1)
    select 'bank line ' || l.bank_serial as subject,
           format('of %s, %s is said to be matched, the matches make %s', l.amount_fen, l.matched_fen, coalesce(u.fen, 0)) as detail
      from bank_lines l left join used u using (bank_line_id)
     where l.book_id = ${bookId} and (l.matched_fen <> coalesce(u.fen, 0) or l.matched_fen > l.amount_fen) limit 100`,
  sql<Rows>`
    with line as (
      select bank_return_id, count(*) as n, sum(amount_fen) as fen from bank_lines where book_id = ${bookId} group by 1)
    select 'bank return ' || r.bank_return_id as subject,
           format('%s up to line %s of %s, %s repeated, %s in all; recorded are %s lines and %s', r.state, r.next_line, r.line_count,
                  r.repeated_count, r.total_fen, coalesce(l.n, 0), coalesce(l.fen, 0)) as detail
      from bank_returns r left join line l using (bank_return_id)
     where r.book_id = ${bookId}
       and (coalesce(l.n, 0) + r.repeated_count <> r.next_line - 1
            or (r.state = 'DONE' and r.repeated_count = 0 and coalesce(l.fen, 0) <> r.total_fen)) limit 100`,
  sql<Rows>`
    with line as (
      select coalesce(l.bank_account, '') as bank_account, l.booked_on, count(*) as n,
             coalesce(sum(l.amount_fen) filter (where l.status = 'PAID'), 0) as paid,
             coalesce(sum(l.amount_fen) filter (where l.status = 'RETURNED'), 0) as returned, sum(l.matched_fen) as matched
        from bank_lines l where l.book_id = ${bookId} group by 1, 2),
    said as (
      select coalesce(l.bank_account, '') as bank_account, l.booked_on,
             coalesce(sum(m.amount_fen) filter (where m.kind = 'PAID'), 0) as settled,
             coalesce(sum(m.amount_fen) filter (where m.kind <> 'PAID'), 0) as back
        from bank_matches m join bank_lines l on l.book_id = m.book_id and l.bank_line_id = m.bank_line_id
       where m.book_id = ${bookId} group by 1, 2)
    select format('bank day %s of account %s', booked_on, bank_account) as subject,
           format('kept %s lines, %s and %s, %s matched, %s and %s settled; the lines make %s, %s and %s, %s, %s and %s', d.line_count, d.paid_fen,
                  d.returned_fen, d.matched_fen, d.settled_fen, d.back_fen, l.n, l.paid, l.returned, l.matched, s.settled, s.back) as detail
      from (select * from bank_days where book_id = ${bookId}) d full join line l using (bank_account, booked_on)
      left join said s using (bank_account, booked_on)
     where (d.line_count, d.paid_fen, d.returned_fen, d.matched_fen, d.settled_fen, d.back_fen)
           is distinct from (l.n::int, l.paid::bigint, l.returned::bigint, l.matched::bigint, coalesce(s.settled, 0)::bigint, coalesce(s.back, 0)::bigint)
     limit 100`,
  // What the ledger paid and took back is what the bank's lines were matched with.
  sql<Rows>`
    with moved as (
      select case when e.kind = 'settlement.unmatched' then 'undone' else e.kind end as kind, e.subject_id, sum(e.amount_fen) as fen
        from entries e where e.book_id = ${bookId}
         and e.kind in ('settlement.paid', 'settlement.returned', 'settlement.returned_late', 'settlement.unmatched') group by 1, 2),
    matched as (
      select case kind when 'PAID' then 'settlement.paid' when 'RETURNED' then 'settlement.returned' else 'settlement.returned_late' end as kind,
             sum(amount_fen) as fen, count(*) as n from bank_matches where book_id = ${bookId} group by 1
      union all
      select 'undone', sum(amount_fen), count(*) from bank_matches where book_id = ${bookId} and status = 'UNDONE' having count(*) > 0),
    booked as (select kind, sum(fen) as fen from moved group by 1)
    select coalesce(b.kind, m.kind) as subject, format('booked %s, matched %s', coalesce(b.fen, 0), coalesce(m.fen, 0)) as detail
      from booked b full join matched m using (kind) where coalesce(b.fen, 0) <> coalesce(m.fen, 0)`,
  asAccounts(
    sql,
    bookId,
    'in_transit',
    sql`select format('in_transit:%s:%s:%s', instruction_id, fund, funder) as code, amount_fen - paid_fen - returned_fen as fen
          from payment_instructions where book_id = ${bookId} and status = 'INSTRUCTED'`,
  ),
  asAccounts(
    sql,
    bookId,
    'paid',
    // What came back is in accounts of its own, which the ledger's own audit adds to these.
    sql`select format('paid:%s:%s', fund, funder) as code, sum(fen) as fen
          from (select fund, funder, paid_fen as fen from payment_instructions where book_id = ${bookId}
                union all
                select fund, split_part(code, ':', 3), debits_fen - credits_fen from accounts
                 where book_id = ${bookId} and kind = 'recovered'
                union all select fund, funder, fen from (${offsetParts(sql, bookId)}) o) x group by fund, funder`,
  ),
  asAccounts(
    sql,
    bookId,
    'payable',
    sql`select format('payable:%s:%s', payee_id, fund) as code, sum(fen) as fen
          from (select provider_id as payee_id, fund, approved_fen - reversed_fen - offset_fen as fen from redemptions
                 where book_id = ${bookId} and status in ('APPROVED', 'REVERSED')
                union all
                select enterprise_id, fund, award_fen - reversed_fen - offset_fen from reimbursements where book_id = ${bookId} and status = 'APPROVED'
                union all
                select payee_id, fund, returned_fen - amount_fen from payment_instructions where book_id = ${bookId}) owed
         group by payee_id, fund`,
  ),
];

/** What came back of recoveries: by the bank, and by off-setting. */
const cameBack = (sql: Sql, bookId: string): Fragment => sql<readonly object[]>`
  select recovery_id, amount_fen from recovery_receipts where book_id = ${bookId}
  union all
  select recovery_id, amount_fen from recovery_offsets where book_id = ${bookId} and status = 'APPROVED'`;

/** What off-sets paid out of funds, by funder. */
const offsetParts = (sql: Sql, bookId: string): Fragment => sql<readonly object[]>`
  select o.fund, p.funder, p.fen::bigint as fen from recovery_offsets o
   cross join lateral jsonb_to_recordset(o.parts) as p (funder text, fen text)
   where o.book_id = ${bookId} and o.status = 'APPROVED'`;

/**
 * 3. Claims, apart from the money: what a recovery asks back is what its redemptions were recalled for, what is left of it its claim says,
 * and what came back is recovered, of each fund as its funders share it.
 */
const recoveriesAsOpened = (sql: Sql, bookId: string): Promise<Rows>[] => [
  sql<Rows>`
    with item as (
      select recovery_id, sum(amount_fen) as fen from recovery_items where book_id = ${bookId} group by recovery_id),
    receipt as (
      select recovery_id, sum(amount_fen) as fen from (${cameBack(sql, bookId)}) b group by recovery_id)
    select 'recovery ' || r.recovery_no as subject,
           format('%s: asks %s, its items %s; received %s, its receipts %s', r.status, r.amount_fen, coalesce(i.fen, 0), r.received_fen,
                  coalesce(c.fen, 0)) as detail
      from recoveries r left join item i using (recovery_id) left join receipt c using (recovery_id)
     where r.book_id = ${bookId} and (r.amount_fen, r.received_fen) is distinct from (coalesce(i.fen, 0)::bigint, coalesce(c.fen, 0)::bigint)
     order by 1 limit 100`,
  sql<Rows>`
    with item as (
      select redemption_id, sum(amount_fen) as fen, sum(restored_fen) as restored
        from recovery_items where book_id = ${bookId} and redemption_id is not null group by redemption_id)
    select 'redemption ' || r.redemption_no as subject,
           format('recalled %s, restored %s; its recoveries say %s and %s', r.recalled_fen, r.restored_fen, coalesce(i.fen, 0),
                  coalesce(i.restored, 0)) as detail
      from redemptions r left join item i using (redemption_id)
     where r.book_id = ${bookId}
       and (r.recalled_fen, r.restored_fen) is distinct from (coalesce(i.fen, 0)::bigint, coalesce(i.restored, 0)::bigint)
     order by 1 limit 100`,
  sql<Rows>`
    with item as (
      select reimbursement_id, sum(amount_fen) as fen, sum(restored_fen) as restored
        from recovery_items where book_id = ${bookId} and reimbursement_id is not null group by reimbursement_id),
    decided as (
      select c.reimbursement_id, sum(c.reversed_fen) as reversed, sum(c.recalled_fen) as recalled,
             (array_agg(a.award_fen order by a.correction_id desc) filter (where a.award_fen is not null))[1] as most
        from corrections c left join award_computations a using (book_id, correction_id)
       where c.book_id = ${bookId} and c.reimbursement_id is not null group by c.reimbursement_id),
    posted as (
      select subject_id as reimbursement_id, sum(amount_fen) as fen
        from entries where book_id = ${bookId} and kind = 'award.reversed' and amount_fen is not null group by subject_id)
    select 'reimbursement ' || r.reimbursement_no as subject,
           format('awarded %s, reversed %s, recalled %s, restored %s; corrections say %s and %s, at most %s; entries %s; recoveries %s and %s',
                  r.award_fen, r.reversed_fen, r.recalled_fen, r.restored_fen, coalesce(d.reversed, 0), coalesce(d.recalled, 0), d.most,
                  coalesce(p.fen, 0), coalesce(i.fen, 0), coalesce(i.restored, 0)) as detail
      from reimbursements r left join decided d using (reimbursement_id) left join posted p using (reimbursement_id)
      left join item i using (reimbursement_id)
     where r.book_id = ${bookId}
       and ((r.reversed_fen, r.reversed_fen, r.recalled_fen, r.recalled_fen, r.restored_fen)
              is distinct from (coalesce(d.reversed, 0)::bigint, coalesce(p.fen, 0)::bigint, coalesce(d.recalled, 0)::bigint, coalesce(i.fen, 0)::bigint,
                                coalesce(i.restored, 0)::bigint)
            or r.award_fen - r.reversed_fen - r.recalled_fen > d.most)
     order by 1 limit 100`,
  // What a red letter took of an invoice after an award, it took of the lines that count there, once.
  sql<Rows>`
    with taken as (
      select l.reimbursement_line_id, x.red_letter_id, x.net_fen, x.gross_fen
        from reimbursements r
        join reimbursement_lines l on l.book_id = r.book_id and l.reimbursement_id = r.reimbursement_id and l.is_live
        join red_letter_lines x on x.book_id = l.book_id and x.invoice_line_id = l.invoice_line_id and x.gross_fen > 0
       where r.book_id = ${bookId} and r.status = 'APPROVED'
         and (select min(e.seq) from entries e where e.book_id = r.book_id and e.subject_id = x.red_letter_id and e.kind = 'red_letter.posted')
             > (select min(e.seq) from entries e where e.book_id = r.book_id and e.subject_id = r.allocation_id
                                                            and e.kind in ('allocation.held', 'award.approved'))),
    cut as (
      select c.* from reimbursement_line_cuts c
        join reimbursement_lines l on l.book_id = c.book_id and l.reimbursement_line_id = c.reimbursement_line_id
       where c.book_id = ${bookId} and l.invoice_line_id is not null)
    select format('line %s and red letter %s', t.reimbursement_line_id, t.red_letter_id) as subject,
           format('the red letter took %s, of the line %s', t.gross_fen, coalesce(c.gross_fen, 0)) as detail
      from taken t left join cut c on c.reimbursement_line_id = t.reimbursement_line_id and c.red_letter_id = t.red_letter_id
     where (t.net_fen, t.gross_fen) is distinct from (c.net_fen, c.gross_fen)
     order by 1 limit 100`,
  asAccounts(
    sql,
    bookId,
    'claim',
    sql`select 'claim:' || recovery_id as code, amount_fen - received_fen as fen from recoveries
         where book_id = ${bookId} and status not in ('PROPOSED', 'DROPPED', 'WRITTEN_OFF', 'WITHDRAWN')`,
  ),
  asAccounts(
    sql,
    bookId,
    'receivable',
    sql`select format('receivable:%s:%s', debtor_id, fund) as code, sum(received_fen - amount_fen) as fen from recoveries
         where book_id = ${bookId} and status not in ('PROPOSED', 'DROPPED', 'WRITTEN_OFF', 'WITHDRAWN') group by debtor_id, fund`,
  ),
  sql<Rows>`
    with back as (
      select r.fund, sum(c.amount_fen) as fen from (${cameBack(sql, bookId)}) c
        join recoveries r on r.book_id = ${bookId} and r.recovery_id = c.recovery_id group by r.fund),
    kept as (
      select fund, sum(credits_fen - debits_fen) as fen from accounts where book_id = ${bookId} and kind = 'recovered' group by fund)
    select s.fund as subject, format('standing %s, receipts %s, recovered %s', s.recovered_fen, coalesce(b.fen, 0), coalesce(k.fen, 0)) as detail
      from (select * from fund_standings where book_id = ${bookId}) s full join back b using (fund) full join kept k using (fund)
     where coalesce(s.recovered_fen, 0) <> coalesce(b.fen, 0) or coalesce(b.fen, 0) <> coalesce(k.fen, 0) limit 100`,
  sql<Rows>`
    select 'invoice ' || i.invoice_no as subject, format('took back %s, its red letters %s', i.red_fen, coalesce(x.fen, 0)) as detail
      from usage_invoices i
      left join (select invoice_id, sum(gross_fen) as fen from red_letters where book_id = ${bookId} group by invoice_id) x using (invoice_id)
     where i.book_id = ${bookId} and i.red_fen <> coalesce(x.fen, 0) limit 100`,
];

/** 9. Every explanation that is kept can be told: its wordings are there, and are what their ids say (a check constraint). */
const explanationsTold = (sql: Sql, bookId: string): Promise<Rows>[] => [
  sql<Rows>`
    select k.subject, format('wording %s is not there', s.step ->> 'wording') as detail
      from (select 'redemption ' || redemption_no as subject, explanation from redemptions where book_id = ${bookId}
            union all
            select 'application ' || application_no, explanation from applications
             where book_id = ${bookId} and explanation is not null
            union all
            select 'reimbursement ' || reimbursement_no, explanation from reimbursements
             where book_id = ${bookId} and explanation is not null
            union all
            select 'correction ' || correction_no, explanation from corrections where book_id = ${bookId}) k
      cross join lateral json_array_elements(k.explanation) as s (step)
     where s.step ->> 'wording' is not null
       and not exists (select from explanation_wordings w where w.book_id = ${bookId} and w.wording_id = s.step ->> 'wording')
     limit 100`,
];

/** 10. What a fund has paid out so far, which its next split goes on from, is the sum of its instructions. */
const fundsAsPaid = (sql: Sql, bookId: string): Promise<Rows>[] => [
  sql<Rows>`
    select fund as subject, format('standing %s, instructed %s', coalesce(s.instructed_fen, 0), coalesce(i.fen, 0)) as detail
      from (select * from fund_standings where book_id = ${bookId}) s
      full join (select fund, sum(fen) as fen
                   from (select fund, amount_fen as fen from payment_instructions where book_id = ${bookId} and attempt = 1
                         union all select fund, fen from (${offsetParts(sql, bookId)}) o) x group by fund) i
           using (fund)
     where coalesce(s.instructed_fen, 0) <> coalesce(i.fen, 0)`,
];

/** 10. Of that, each funder bears exactly its share. */
async function sharesAsSplit(sql: Sql, bookId: string, versions: readonly Version[]): Promise<Rows> {
  const borne = await sql<{ fund: string; funder: string; fen: bigint }[]>`
    select fund, funder, sum(fen)::bigint as fen
      from (select fund, funder, amount_fen as fen from payment_instructions where book_id = ${bookId} and attempt = 1
            union all select fund, funder, fen from (${offsetParts(sql, bookId)}) o) x group by fund, funder`;
  return [...new Set(borne.map((of) => of.fund))].flatMap((fund) => {
    const parts = new Map(borne.filter((of) => of.fund === fund).map((of) => [of.funder, of.fen]));
    const total = sumFen(parts.values());
    const { programmeCode, year } = readFund(fund);
    const ofProgramme = versions.filter((of) => of.programmeCode === programmeCode);
    const funders = fundersOf(ofProgramme, year);
    const due = new Map(funders && splitByFunders(total, funders).map((of) => [of.funder, of.amount]));
    return [...new Set([...due.keys(), ...parts.keys()])].flatMap((funder) => {
      const [has, owes] = [parts.get(funder) ?? 0n, due.get(funder) ?? 0n];
      return has === owes ? [] : [{ subject: `${fund} of ${funder}`, detail: `bore ${has}, its share of ${total} is ${owes}` }];
    });
  });
}

/** 6. Payments went to accounts that were in effect, and into one file at most each, with no more than they are of. */
const paymentsAsSent = (sql: Sql, bookId: string): Promise<Rows>[] => [
  sql<Rows>`
    select 'instruction ' || p.instruction_no as subject,
           format('instructed on %s to account %s, usable from %s', p.instructed_on, a.payee_account_id, a.usable_from) as detail
      from payment_instructions p
      join payee_accounts a on a.book_id = p.book_id and a.payee_account_id = p.payee_account_id
     where p.book_id = ${bookId} and (a.usable_from <= p.instructed_on) is not true limit 100`,
  sql<Rows>`
    with line as (
      select payment_file_id, count(*) as n, sum(amount_fen) as fen from payment_file_lines where book_id = ${bookId} group by 1)
    select 'payment file ' || f.payment_file_id as subject,
           format('says %s lines and %s; they are %s and %s', f.line_count, f.total_fen, coalesce(l.n, 0), coalesce(l.fen, 0)) as detail
      from payment_files f left join line l using (payment_file_id)
     where f.book_id = ${bookId} and (f.line_count, f.total_fen) is distinct from (coalesce(l.n, 0)::int, coalesce(l.fen, 0)::bigint)
    union all
    select 'payment ' || p.instruction_no, format('%s of %s sent, in %s files', sum(l.amount_fen), p.amount_fen, count(*))
      from payment_file_lines l join payment_instructions p on p.book_id = l.book_id and p.instruction_id = l.instruction_id
     where l.book_id = ${bookId} group by p.instruction_no, p.amount_fen
    having sum(l.amount_fen) > p.amount_fen or count(*) > 1 limit 100`,
];

/** 11. No person did two steps of one matter that belong to two; by the rows, and by the entries where these say who. */
const fourEyes = (sql: Sql, bookId: string): Promise<Rows>[] => [
  sql<Rows>`
    with steps (subject, persons) as (
      select format('contract %s (%s)', contract_no, contract_id), array[submitted_person, confirmed_person, filed_person] from contracts where book_id = ${bookId}
      union all
      select format('voiding of contract %s (%s)', contract_no, contract_id), array[filed_person, ended_person]
        from contracts where book_id = ${bookId} and status = 'VOIDED'
      union all
      select format('amendment %s', amendment_id), array[proposed_person, confirmed_person, case when status = 'FILED' then decided_person end]
        from contract_amendments where book_id = ${bookId}
      union all
      select 'application ' || application_no,
             array[submitted_person, reviewed_person, case when status = 'APPROVED' then decided_person end]
        from applications where book_id = ${bookId}
      union all
      select format('invoice %s (%s)', invoice_no, invoice_id), array[posted_person, decided_person] from usage_invoices where book_id = ${bookId}
      union all
      select 'recovery ' || recovery_no, array[proposed_person, opened_person, appeal_decided_by] from recoveries where book_id = ${bookId}
      union all
      select 'offset ' || offset_id, array[proposed_person, case when status = 'APPROVED' then decided_person end]
        from recovery_offsets where book_id = ${bookId}
      union all
      select 'write-off of recovery ' || recovery_no, array[write_off_asked_by, ended_person] from recoveries
       where book_id = ${bookId} and status = 'WRITTEN_OFF'
      union all
      select 'redemption ' || redemption_no, array[submitted_person, decided_person] from redemptions where book_id = ${bookId}
      union all
      select 'proposal ' || proposal_id || ' to end a voucher', array[proposed_person, case when status = 'APPROVED' then decided_person end]
        from voucher_proposals where book_id = ${bookId}
      union all
      select 'reversal ' || reversal_id, array[proposed_person, case when status = 'APPROVED' then decided_person end]
        from redemption_reversals where book_id = ${bookId}
      union all
      select 'reimbursement ' || r.reimbursement_no,
             array[r.submitted_person, r.reviewed_person, case when r.status = 'APPROVED' then r.decided_person end]
        from reimbursements r where r.book_id = ${bookId}
      union all
      select 'allocation ' || allocation_no, array[drafted_person, case when status = 'APPROVED' then decided_person end]
        from allocations where book_id = ${bookId}
      union all
      select 'settlement ' || settlement_no,
             array[drafted_person, nullif(frozen_person, drafted_person), approved_person, instructed_person]
             || array(select jsonb_array_elements_text(checked_persons)::uuid)
        from settlements where book_id = ${bookId}
      union all
      select format('version %s of settlement %s', version, settlement_id), array[frozen_person, approved_person]
        from settlement_versions where book_id = ${bookId}
      union all
      select format('change of %s (%s)', uscc, change_id), array[proposed_person, case when status = 'APPROVED' then decided_person end]
        from legal_person_changes where book_id = ${bookId}
      union all
      select format('measure %s against listing %s', measure_id, listing_id), array[proposed_person, case when status = 'APPROVED' then decided_person end]
        from listing_measures where book_id = ${bookId}
      union all
      select format('programme %s@%s', programme_code, version), array[published_by, activated_by] from programme_versions where book_id = ${bookId}
      union all
      select format('repeal of %s@%s', programme_code, version), array[activated_by, repealed_by] from programme_versions where book_id = ${bookId}
      union all
      select 'correction ' || correction_id || ' of a repeal', array[proposed_person, case when status = 'APPROVED' then decided_person end]
        from repeal_corrections where book_id = ${bookId}
      union all
      select 'return ' || document_no || ' of an appropriation', array[proposed_person, case when status = 'APPROVED' then decided_person end]
        from appropriation_returns where book_id = ${bookId}
      union all
      select 'account ' || payee_account_id, array[proposed_person, confirmed_person, dismissed_person]
        from payee_accounts where book_id = ${bookId} and status = 'CONFIRMED'
      union all
      select 'wait ' || document_no || ' of changed accounts', array[proposed_person, case when status = 'APPROVED' then decided_person end]
        from payee_account_waits where book_id = ${bookId}
      union all
      select 'opening balance ' || opening_balance_id, array[prepared_person, approved_person] from opening_balances where book_id = ${bookId}
      union all
      select 'registration of matter ' || registration_id,
             array[registered_person, confirmed_person, case when status = 'REJECTED' then closed_person end]
        from matter_registrations where book_id = ${bookId}
      union all
      select 'limit exception ' || exception_id, array[asked_person, approved_person, rejected_person] from limit_exceptions where book_id = ${bookId})
    select s.subject, format('person %s did %s steps', p.person, count(*)) as detail
      from steps s cross join lateral unnest(s.persons) as p(person)
     where p.person is not null group by s.subject, p.person having count(*) > 1 order by 1 limit 100`,
  sql<Rows>`
    select distinct 'settlement ' || s.settlement_no as subject, format('entry %s: who drafted, approved or checked it paid it', e.seq) as detail
      from settlements s
      join entries e on e.book_id = s.book_id and e.subject_id = s.settlement_id and e.kind = 'settlement.instructed'
     where s.book_id = ${bookId} and (e.person_id in (s.drafted_person, s.frozen_person, s.approved_person) or s.checked_persons ? e.person_id::text) limit 100`,
];

/** 11. What was on public notice is shown there as it was reviewed, and approved: reviewed again, it is on another notice, or on none. */
const approvedAsShown = (sql: Sql, bookId: string): Promise<Rows> => sql<Rows>`
  select c.subject, format('notice %s shows review %s, the case has %s', n.notice_no, coalesce(i.review_digest, 'none'), c.review_digest) as detail
    from (select 'application ' || application_no as subject, application_id as id, notice_id, review_digest, status
            from applications where book_id = ${bookId} and notice_id is not null
           union all
          select 'reimbursement ' || reimbursement_no, reimbursement_id, notice_id, review_digest, status
            from reimbursements where book_id = ${bookId} and notice_id is not null) c
    join public_notices n on n.book_id = ${bookId} and n.notice_id = c.notice_id
    left join notice_items i on i.book_id = ${bookId} and i.notice_id = c.notice_id and i.subject_id = c.id
   where c.status in ('IN_PUBLIC_NOTICE', 'OBJECTION_PENDING', 'ALLOCATED', 'APPROVED') and i.review_digest is distinct from c.review_digest
   order by 1 limit 100`;

/** A notice as it is kept, with the digest that the entry of its publication bound. */
interface KeptNotice extends Pick<PublicNotice, 'bookId' | 'noticeNo' | 'title' | 'firstDay' | 'lastDay' | 'contentDigest'> {
  noticeId: string;
  lineCount: number;
  totalFen: bigint;
  bound: string | null;
}

type KeptItem = Pick<NoticeItem, 'noticeId' | 'lineNo' | 'caseNo' | 'programmeCode' | 'shownName' | 'amountFen' | 'reviewDigest'>;

/**
 * 11. What was published is what its publication bound: the digest of a notice's lines, computed anew, is the one it says and the one of
 * its entry, and they are as many and come to as much as it says.
 */
async function noticesAsPublished(sql: Sql, bookId: string): Promise<Rows> {
  const [notices, items] = await Promise.all([
    sql<KeptNotice[]>`
      select n.book_id as "bookId", n.notice_id as "noticeId", n.notice_no as "noticeNo", n.title, n.first_day as "firstDay",
             n.last_day as "lastDay", n.content_digest as "contentDigest", n.line_count as "lineCount", n.total_fen as "totalFen",
             (select encode(e.approval_digest, 'hex') from entries e
               where e.book_id = n.book_id and e.subject_id = n.notice_id and e.kind = 'notice.published') as bound
        from public_notices n where n.book_id = ${bookId} order by n.notice_id`,
    sql<KeptItem[]>`
      select notice_id as "noticeId", line_no as "lineNo", case_no as "caseNo", programme_code as "programmeCode",
             shown_name as "shownName", amount_fen as "amountFen", review_digest as "reviewDigest"
        from notice_items where book_id = ${bookId} order by notice_id, line_no`,
  ]);
  const ofNotice = new Map(notices.map(({ noticeId }): [string, KeptItem[]] => [noticeId, []]));
  for (const item of items) ofNotice.get(item.noticeId)?.push(item);
  return notices.flatMap((notice) => {
    const lines = ofNotice.get(notice.noticeId) ?? [];
    const digest = noticeDigestOf(notice, lines);
    const total = sumFen(lines.map(({ amountFen }) => amountFen));
    const wrong = [
      ...(digest === notice.contentDigest ? [] : ['its lines are not those of its digest']),
      ...(notice.contentDigest === notice.bound ? [] : ['its digest is not the one that was published']),
      ...(notice.lineCount === lines.length && notice.totalFen === total
        ? []
        : [`says ${notice.lineCount} lines and ${notice.totalFen}, has ${lines.length} and ${total}`]),
    ];
    return wrong.length === 0 ? [] : [{ subject: `notice ${notice.noticeNo}`, detail: wrong.join('; ') }];
  });
}
