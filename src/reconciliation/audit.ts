// The audit of the business, set-based and from the rows alone: DESIGN invariants 3, 4, 5, 6, 10 and 11. What should be is
// recomputed from papers (appropriations, vouchers, redemptions, batches, bank lines), and every account of the ledger has
// to say the same; limits are never read from the accounts that enforce them. The ledger's own invariants are in
// ledger/audit.ts. Clean is an empty list. Amounts in details are fen.
import type { Database, Statement, Tx } from '../../db/client.js';
import type { ProgrammeVersion } from '../../db/tables.js';
import { addDays } from '../calendar.js';
import type { Finding } from '../ledger/audit.js';
import { splitByFunders, sumFen } from '../money.js';
import type { Limit } from '../programmes/language.js';
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
  const law = lawOf(versions);
  const checks: [number, Promise<Rows>[]][] = [
    [3, fundsAsLoaded(sql, bookId)],
    [4, vouchersAsFaced(sql, bookId)],
    [5, [...limitsAsLaw(sql, bookId, law), ...contractsAsFiled(sql, bookId, law), queuesAsWaiting(sql, bookId)]],
    [6, [...countedOnce(sql, bookId), ...batchesAsPaid(sql, bookId)]],
    [9, explanationsTold(sql, bookId)],
    [10, fundsAsPaid(sql, bookId)],
    [11, fourEyes(sql, bookId)],
  ];
  const findings: Finding[] = [];
  for (const [invariant, queries] of checks) {
    for (const rows of await Promise.all(queries)) findings.push(...rows.map((row) => ({ invariant, ...row })));
  }
  findings.push(...(await sharesAsSplit(sql, bookId, versions)).map((row) => ({ invariant: 10, ...row })));
  return findings;
}

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

/** A limit of one version on the days one of its laws holds; `most_fen` null where the law names no number of its own. */
interface LawLimit {
  version: string;
  limit: string;
  counts: Limit['counts'];
  per: Limit['per'];
  span: Limit['window']['kind'];
  since: string;
  until: string;
  most_fen: string | null;
}
/** The highest rate a programme's versions know, in basis points, and what of a contract it is applied to. */
interface LawRate {
  programme: string;
  basis_points: number;
  basis: 'GROSS' | 'NET';
}
/** Both as JSON, for the queries to join with. */
interface Law {
  readonly limits: string;
  readonly rates: string;
}

function lawOf(versions: readonly Version[]): Law {
  const limits: LawLimit[] = [];
  const rates: LawRate[] = [];
  for (const row of versions) {
    const { laws } = programmeOf(row);
    const { programmeVersionId: version, programmeCode: programme } = row;
    const name = (id: string) => `${programme}.${id}`;
    limits.push({
      ...{ version, limit: name(CONTRACT_CEILING), counts: 'CLAIMED', per: 'CONTRACT', span: 'LIFETIME' },
      ...{ since: '0001-01-01', until: '9999-12-31', most_fen: null },
    });
    for (const [i, law] of laws.entries()) {
      const next = laws[i + 1];
      const days = { since: law.from, until: next === undefined ? '9999-12-31' : addDays(next.from, -1) };
      for (const { account, counts, per, window, amountFen } of law.limits) {
        if (amountFen !== null) {
          limits.push({ version, limit: account, counts, per, span: window.kind, ...days, most_fen: amountFen.toString() });
        }
      }
      if (law.rate) {
        rates.push({ programme, basis_points: highestOf(law.rate.value), basis: law.amountBasis?.value ?? 'GROSS' });
      }
    }
  }
  return { limits: JSON.stringify(limits), rates: JSON.stringify(rates) };
}

/** What a redemption holds of its voucher: all it reserved while it waits, what was approved and not reversed after. */
const heldFen = (sql: Sql): Fragment => sql<readonly object[]>`
  case r.status when 'SUBMITTED' then r.reserved_fen when 'APPROVED' then r.approved_fen - r.reversed_fen else 0 end`;

/** The accounts of a kind by code, with their balances. */
const balances = (sql: Sql, bookId: string, kind: string): Fragment => sql<readonly object[]>`
  select code, credits_fen - debits_fen as fen from accounts where book_id = ${bookId} and kind = ${kind}`;

/** Every account of a kind has the balance that the rows give it; one that was never opened has zero. */
const asAccounts = (sql: Sql, bookId: string, kind: string, rows: Fragment): Promise<Rows> =>
  sql<Rows>`
    select code as subject, format('the ledger says %s, the rows %s', coalesce(a.fen, 0), coalesce(x.fen, 0)) as detail
      from (${balances(sql, bookId, kind)}) a full join (${rows}) x using (code)
     where coalesce(a.fen, 0) <> coalesce(x.fen, 0) order by code limit 100`;

/** 3. What the papers loaded is in the ledger, and what was loaded is unmatched, available or promised to a voucher. */
const fundsAsLoaded = (sql: Sql, bookId: string): Promise<Rows>[] => [
  asAccounts(
    sql,
    bookId,
    'appropriation',
    sql`select format('appropriation:%s/%s:%s', programme_code, year, funder) as code, -sum(amount_fen) as fen
          from appropriations where book_id = ${bookId} group by programme_code, year, funder`,
  ),
  sql<Rows>`
    with loaded as (
      select programme_code || '/' || year as fund, sum(amount_fen) as fen from appropriations where book_id = ${bookId} group by 1),
    free as (
      select fund, sum(credits_fen - debits_fen) as fen from accounts
       where book_id = ${bookId} and kind in ('unmatched', 'available') group by fund),
    promised as (select fund, sum(face_fen) as fen from vouchers where book_id = ${bookId} group by fund)
    select fund as subject, format('loaded %s, free %s, promised %s', coalesce(l.fen, 0), coalesce(f.fen, 0), coalesce(p.fen, 0)) as detail
      from loaded l full join free f using (fund) full join promised p using (fund)
     where coalesce(l.fen, 0) <> coalesce(f.fen, 0) + coalesce(p.fen, 0) order by fund`,
];

/**
 * 4. Per voucher: approved net of reversals + reserved + balance = face; a reservation is held while it waits, no longer;
 * and the face is what was awarded, or what an approved opening balance says was outstanding.
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
    sql`select 'voucher:' || v.voucher_id as code, v.face_fen - coalesce(sum(${heldFen(sql)}), 0) as fen
          from vouchers v left join redemptions r on r.book_id = v.book_id and r.voucher_id = v.voucher_id
         where v.book_id = ${bookId} group by v.voucher_id, v.face_fen`,
  ),
  asAccounts(
    sql,
    bookId,
    'reserved',
    sql`select 'reserved:' || redemption_id as code, reserved_fen as fen from redemptions
         where book_id = ${bookId} and status = 'SUBMITTED'`,
  ),
  sql<Rows>`
    select 'voucher ' || v.voucher_no as subject, format('says %s is reserved, redemptions %s', v.reserved_fen, coalesce(sum(r.reserved_fen), 0)) as detail
      from vouchers v
      left join redemptions r on r.book_id = v.book_id and r.voucher_id = v.voucher_id and r.status = 'SUBMITTED'
     where v.book_id = ${bookId}
     group by v.voucher_id, v.voucher_no, v.reserved_fen having v.reserved_fen <> coalesce(sum(r.reserved_fen), 0) limit 100`,
];

/**
 * What vouchers (CLAIMED) and approved redemptions (REDEEMED) count against each limit, holder and window, by the law of
 * their version on the day they count; and what the book brought along: of a legal person's limits as it was stated, of a
 * contract's what its opening voucher can still pay and what it had paid.
 */
const spentOfLimits = (sql: Sql, bookId: string, { limits }: Law): Fragment => sql<readonly object[]>`
  with law as (
    select * from jsonb_to_recordset(${limits}::jsonb)
      as l(version uuid, "limit" text, counts text, per text, span text, since date, until date, most_fen bigint)),
  counted as (
    select 'CLAIMED' as counts, v.programme_version_id as version, v.legal_person_uscc as person, v.contract_id::text as contract,
           v.issued_on as day, v.face_fen as fen
      from vouchers v where v.book_id = ${bookId} and v.application_id is not null
    union all
    select 'REDEEMED', r.programme_version_id, v.legal_person_uscc, r.contract_id::text, r.approved_on, r.approved_fen - r.reversed_fen
      from redemptions r join vouchers v on v.book_id = r.book_id and v.voucher_id = r.voucher_id
     where r.book_id = ${bookId} and r.status = 'APPROVED'
    union all
    select c.counts, p.programme_version_id, null, o.content ->> 'contractId', (o.content ->> 'issuedOn')::date, c.fen
      from opening_balances o
      join programme_versions p on p.book_id = o.book_id and p.programme_code = o.content ->> 'programmeCode'
       and p.version = (o.content ->> 'version')::int
      cross join lateral (
        values ('CLAIMED', ${fenIn(sql, 'balance')} + ${fenIn(sql, 'amountRedeemed')}), ('REDEEMED', ${fenIn(sql, 'amountRedeemed')})) as c(counts, fen)
     where o.book_id = ${bookId} and o.kind = 'VOUCHER' and o.status = 'APPROVED'),
  spent as (
    select l."limit", case l.per when 'LEGAL_PERSON' then c.person else c.contract end as holder,
           case l.span when 'YEAR' then extract(year from c.day)::text else 'LIFETIME' end as span, c.fen
      from counted c
      join law l on l.version = c.version and l.counts = c.counts and c.day between l.since and l.until
     where l.per = 'CONTRACT' or c.person is not null
    union all
    select l."limit", e.legal_person_uscc, case l.span when 'YEAR' then o.content ->> 'year' else 'LIFETIME' end, ${fenIn(sql, 'amount')}
      from opening_balances o
      join enterprises e on e.book_id = o.book_id and e.uscc = o.content ->> 'uscc'
      join (select distinct "limit", span from law) l
        on l."limit" = (o.content ->> 'programmeCode') || '.' || (o.content ->> 'limitId')
     where o.book_id = ${bookId} and o.kind = 'LIMIT_USED' and o.status = 'APPROVED'),
  total as (select "limit", holder, span, sum(fen)::bigint as fen from spent group by 1, 2, 3)`;

/** An amount of an opening balance's content, in fen. */
const fenIn = (sql: Sql, field: string): Fragment =>
  sql<readonly object[]>`((o.content ->> ${field}::text)::numeric * 100)::bigint`;

/**
 * 5. Of every limit no holder has spent more than the law gives in the window: its number, or for the ceiling of a contract
 * the highest rate × its amount. And `used:` says what the rows say.
 */
const limitsAsLaw = (sql: Sql, bookId: string, law: Law): Promise<Rows>[] => [
  sql<Rows>`
    ${spentOfLimits(sql, bookId, law)}, number as (
      select t."limit", t.span, max(l.most_fen) as fen
        from (select distinct "limit", span from total) t
        join law l on l."limit" = t."limit"
         and (t.span = 'LIFETIME' or (l.since <= (t.span || '-12-31')::date and l.until >= (t.span || '-01-01')::date))
       group by 1, 2)
    select format('%s of %s in %s', t."limit", t.holder, t.span) as subject, format('spent %s, the law gives %s', t.fen, n.fen) as detail
      from total t join number n using ("limit", span) where t.fen > n.fen order by 1 limit 100`,
  sql<Rows>`
    ${spentOfLimits(sql, bookId, law)}
    select 'contract ' || c.contract_no as subject, format('claimed %s, at most %s fen × bp', t.fen, m.most) as detail
      from contracts c
      cross join lateral (
        select programme, max(basis_points * case basis when 'NET' then c.net_fen else c.gross_fen end) as most
          from jsonb_to_recordset(${law.rates}::jsonb) as r(programme text, basis_points numeric, basis text) group by programme) m
      join total t on t.holder = c.contract_id::text and t."limit" = m.programme || ${`.${CONTRACT_CEILING}`}::text
     where c.book_id = ${bookId} and t.fen * 10000.0 > m.most order by 1 limit 100`,
  sql<Rows>`
    ${spentOfLimits(sql, bookId, law)}
    select code as subject, format('the ledger says %s, the rows %s', coalesce(a.fen, 0), coalesce(x.fen, 0)) as detail
      from (${balances(sql, bookId, 'used')}) a
      full join (select format('used:%s:%s:%s', "limit", holder, span) as code, fen from total) x using (code)
     where coalesce(a.fen, 0) <> coalesce(x.fen, 0) order by code limit 100`,
];

/**
 * 5. Per contract and programme: what is redeemed and reserved is within rate × what was invoiced of it, and the standing
 * that decisions look at says what redemptions and opening vouchers say.
 */
const contractsAsFiled = (sql: Sql, bookId: string, { rates }: Law): Promise<Rows>[] => [
  sql<Rows>`
    with held as (
      select r.contract_id, r.programme_code, ${heldFen(sql)} as claimed, r.base_fen as base, r.cut_off_fen as cut_off
        from redemptions r where r.book_id = ${bookId} and r.status <> 'RETURNED'
      union all
      select (o.content ->> 'contractId')::uuid, o.content ->> 'programmeCode', ${fenIn(sql, 'amountRedeemed')}, ${fenIn(sql, 'baseRedeemed')}, 0
        from opening_balances o where o.book_id = ${bookId} and o.kind = 'VOUCHER' and o.status = 'APPROVED'),
    rate as (
      select programme as programme_code, max(basis_points) as basis_points
        from jsonb_to_recordset(${rates}::jsonb) as r(programme text, basis_points bigint) group by 1),
    total as (
      select contract_id, programme_code, sum(claimed) as claimed, sum(base) as base, sum(cut_off) as cut_off, max(basis_points) as basis_points
        from held left join rate using (programme_code) group by 1, 2)
    select format('standing of contract %s under %s', contract_id, programme_code) as subject,
           format('kept: base %s, claimed %s, cut off %s; rows: base %s, claimed %s, cut off %s at %s bp', s.base_fen, s.claimed_fen,
                  s.cut_off_fen, t.base, t.claimed, t.cut_off, t.basis_points) as detail
      from (select * from contract_standings where book_id = ${bookId}) s full join total t using (contract_id, programme_code)
     where (coalesce(s.base_fen, 0), coalesce(s.claimed_fen, 0), coalesce(s.cut_off_fen, 0))
           <> (coalesce(t.base, 0), coalesce(t.claimed, 0), coalesce(t.cut_off, 0))
        or t.claimed * 10000 > t.basis_points * t.base
     order by 1 limit 100`,
];

/** What is summed up of those who wait for a programme's money, by which first come, first served is held, is what waits. */
const queuesAsWaiting = (sql: Sql, bookId: string): Promise<Rows> => sql<Rows>`
  with waits as (
    select programme_code, queue_rank, queue_block, count(*) as n, sum(maximum_fen) as fen
      from applications where book_id = ${bookId} and status = 'REVIEWED' group by 1, 2, 3)
  select format('queue of %s, class %s, numbers from %s', programme_code, queue_rank, queue_block) as subject,
         format('kept %s for %s, waiting %s for %s', coalesce(q.waiting, 0), coalesce(q.maximum_fen, 0), coalesce(w.n, 0), coalesce(w.fen, 0)) as detail
    from (select * from application_queues where book_id = ${bookId} and waiting > 0) q
    full join waits w using (programme_code, queue_rank, queue_block)
   where (q.waiting, q.maximum_fen) is distinct from (w.n, w.fen) order by 1 limit 100`;

/**
 * 6. An invoice counts in one live redemption, which it names; of each contract line as much is used as confirmed invoices
 * say; a redemption's money is in one batch, and no more of it than was approved.
 */
const countedOnce = (sql: Sql, bookId: string): Promise<Rows>[] => [
  sql<Rows>`
    select 'invoice ' || i.invoice_no as subject, format('names redemption %s, %s are live', i.redemption_id, count(r.redemption_id)) as detail
      from usage_invoices i
      left join redemptions r on r.book_id = i.book_id and r.invoice_id = i.invoice_id and r.status <> 'RETURNED'
     where i.book_id = ${bookId}
     group by i.invoice_id, i.invoice_no, i.redemption_id
    having count(r.redemption_id) > 1 or i.redemption_id::text is distinct from min(r.redemption_id::text) limit 100`,
  sql<Rows>`
    with confirmed as (
      select l.contract_line_id, sum(l.quantity) as quantity, sum(l.gross_fen) as fen
        from usage_invoice_lines l
        join usage_invoices i on i.book_id = l.book_id and i.invoice_id = l.invoice_id and i.status = 'CONFIRMED'
       where l.book_id = ${bookId} group by l.contract_line_id)
    select format('contract line %s', contract_line_id) as subject,
           format('used %s for %s, confirmed %s for %s', u.quantity, u.gross_fen, c.quantity, c.fen) as detail
      from (select * from contract_line_usage where book_id = ${bookId}) u full join confirmed c using (contract_line_id)
     where (coalesce(u.quantity, 0), coalesce(u.gross_fen, 0)) <> (coalesce(c.quantity, 0), coalesce(c.fen, 0)) limit 100`,
  sql<Rows>`
    with line as (
      select redemption_id, count(*) as n, sum(amount_fen) as fen, min(settlement_id::text) as settlement_id,
             min(provider_id::text) as provider_id, min(fund) as fund
        from settlement_lines where book_id = ${bookId} group by redemption_id)
    select 'redemption ' || r.redemption_no as subject,
           format('in %s batches; approved %s, reversed %s, batched %s, on lines %s', coalesce(l.n, 0), r.approved_fen, r.reversed_fen,
                  r.batched_fen, coalesce(l.fen, 0)) as detail
      from redemptions r left join line l using (redemption_id)
     where r.book_id = ${bookId}
       and (coalesce(l.n, 0) > 1 or r.batched_fen <> coalesce(l.fen, 0) or r.reversed_fen + r.batched_fen > r.approved_fen
            or r.settlement_id::text is distinct from l.settlement_id
            or (l.n > 0 and (l.provider_id <> r.provider_id::text or l.fund <> r.fund)))
     limit 100`,
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
               concat_ws('|', line_no, redemption_id, provider_id, fund, amount_fen) || chr(10), '' order by line_no), 'UTF8')), 'hex') as digest
        from settlement_lines where book_id = ${bookId} group by settlement_id)
    select s.settlement_no as subject,
           format('says %s lines and %s, has %s and %s%s', s.line_count, s.total_fen, coalesce(l.n, 0), coalesce(l.fen, 0),
                  case when s.content_digest is distinct from l.digest then '; the lines are not those of its digest' end) as detail
      from settlements s left join line l using (settlement_id)
     where s.book_id = ${bookId}
       and (s.line_count, s.total_fen, s.content_digest) is distinct from (l.n::int, l.fen::bigint, l.digest)`,
  sql<Rows>`
    with line as (
      select settlement_id, provider_id, fund, min(line_no) as first, count(*) as n, sum(amount_fen) as fen
        from settlement_lines where book_id = ${bookId} group by settlement_id, provider_id, fund)
    select format('total of payee %s out of %s in settlement %s', provider_id, fund, settlement_id) as subject,
           format('kept %s lines and %s, the lines say %s and %s', k.line_count, k.total_fen, l.n, l.fen) as detail
      from (select * from settlement_totals where book_id = ${bookId}) k full join line l using (settlement_id, provider_id, fund)
     where (k.first_line_no, k.line_count, k.total_fen) is distinct from (l.first, l.n::int, l.fen::bigint) limit 100`,
  sql<Rows>`
    with due as (
      select l.settlement_id, l.provider_id, l.fund, sum(l.amount_fen) as fen from settlement_lines l
        join settlements s on s.book_id = l.book_id and s.settlement_id = l.settlement_id and s.status in ('INSTRUCTED', 'CLOSED')
       where l.book_id = ${bookId} group by 1, 2, 3),
    given as (
      select settlement_id, provider_id, fund, sum(amount_fen) as fen from payment_instructions
       where book_id = ${bookId} and attempt = 1 group by 1, 2, 3)
    select format('payee %s out of %s in settlement %s', provider_id, fund, settlement_id) as subject,
           format('lines %s, instructions %s', coalesce(d.fen, 0), coalesce(g.fen, 0)) as detail
      from due d full join given g using (settlement_id, provider_id, fund) where coalesce(d.fen, 0) <> coalesce(g.fen, 0) limit 100`,
  sql<Rows>`
    with attempts as (
      select i.*, lead(status) over w as next, lag(attempt) over w as before, lag(amount_fen) over w as amount_before
        from payment_instructions i where book_id = ${bookId}
      window w as (partition by settlement_id, provider_id, fund, funder order by attempt))
    select 'instruction ' || a.instruction_no as subject,
           format('%s as attempt %s for %s; before it attempt %s for %s, after it %s; the batch is %s', a.status, a.attempt, a.amount_fen,
                  coalesce(a.before::text, 'none'), coalesce(a.amount_before::text, 'none'), coalesce(a.next, 'none'), s.status) as detail
      from attempts a join settlements s on s.book_id = a.book_id and s.settlement_id = a.settlement_id
     where a.attempt <> coalesce(a.before, 0) + 1 or a.amount_fen <> coalesce(a.amount_before, a.amount_fen)
        or (a.next is not null and a.status <> 'RETURNED') or (a.next is null and s.status = 'CLOSED' and a.status <> 'PAID')
     limit 100`,
  sql<Rows>`
    with bank as (
      select instruction_id, count(*) as n, min(status) as status, min(amount_fen) as fen, min(instruction_no) as no
        from bank_lines where book_id = ${bookId} and result = 'MATCHED' group by instruction_id)
    select 'instruction ' || i.instruction_no as subject,
           format('%s of %s; the bank has %s lines, %s of %s', i.status, i.amount_fen, coalesce(b.n, 0), b.status, b.fen) as detail
      from payment_instructions i left join bank b using (instruction_id)
     where i.book_id = ${bookId}
       and not (case when i.status = 'INSTRUCTED' then b.n is null
                     else coalesce(b.n = 1 and (b.status, b.fen, b.no) = (i.status, i.amount_fen, i.instruction_no), false) end)
     limit 100`,
  sql<Rows>`
    select 'bank serial ' || bank_serial as subject, format('%s lines had an effect', count(*)) as detail
      from bank_lines where book_id = ${bookId} and result = 'MATCHED' group by bank_serial having count(*) > 1 limit 100`,
  asAccounts(
    sql,
    bookId,
    'in_transit',
    sql`select format('in_transit:%s:%s:%s', instruction_id, fund, funder) as code, amount_fen as fen
          from payment_instructions where book_id = ${bookId} and status = 'INSTRUCTED'`,
  ),
  asAccounts(
    sql,
    bookId,
    'paid',
    sql`select format('paid:%s:%s', fund, funder) as code, sum(amount_fen) as fen
          from payment_instructions where book_id = ${bookId} and status = 'PAID' group by fund, funder`,
  ),
  asAccounts(
    sql,
    bookId,
    'payable',
    sql`select format('payable:%s:%s', provider_id, fund) as code, sum(fen) as fen
          from (select provider_id, fund, approved_fen - reversed_fen as fen from redemptions
                 where book_id = ${bookId} and status = 'APPROVED'
                union all
                select provider_id, fund, -amount_fen from payment_instructions
                 where book_id = ${bookId} and status in ('INSTRUCTED', 'PAID')) owed
         group by provider_id, fund`,
  ),
];

/** 9. Every explanation that is kept can be told: its wordings are there, and are what their ids say (a check constraint). */
const explanationsTold = (sql: Sql, bookId: string): Promise<Rows>[] => [
  sql<Rows>`
    select k.subject, format('wording %s is not there', s.step ->> 'wording') as detail
      from (select 'redemption ' || redemption_no as subject, explanation from redemptions where book_id = ${bookId}
            union all
            select 'application ' || application_no, explanation from applications
             where book_id = ${bookId} and explanation is not null) k
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
      full join (select fund, sum(amount_fen) as fen from payment_instructions where book_id = ${bookId} and attempt = 1 group by fund) i
           using (fund)
     where coalesce(s.instructed_fen, 0) <> coalesce(i.fen, 0)`,
];

/** 10. Of that, each funder bears exactly its share. */
async function sharesAsSplit(sql: Sql, bookId: string, versions: readonly Version[]): Promise<Rows> {
  const borne = await sql<{ fund: string; funder: string; fen: bigint }[]>`
    select fund, funder, sum(amount_fen)::bigint as fen from payment_instructions
     where book_id = ${bookId} and attempt = 1 group by fund, funder`;
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

/** 11. No person did two steps of one matter that belong to two; by the rows, and by the entries where these say who. */
const fourEyes = (sql: Sql, bookId: string): Promise<Rows>[] => [
  sql<Rows>`
    with steps (subject, persons) as (
      select 'contract ' || contract_no, array[submitted_person, confirmed_person, filed_person] from contracts where book_id = ${bookId}
      union all
      select 'application ' || application_no,
             array[submitted_person, reviewed_person, case when status = 'APPROVED' then decided_person end]
        from applications where book_id = ${bookId}
      union all
      select 'invoice ' || invoice_no, array[posted_person, decided_person] from usage_invoices where book_id = ${bookId}
      union all
      select 'redemption ' || redemption_no, array[submitted_person, decided_person] from redemptions where book_id = ${bookId}
      union all
      select 'settlement ' || settlement_no, array[drafted_person, approved_person, instructed_person] from settlements where book_id = ${bookId}
      union all
      select format('programme %s@%s', programme_code, version), array[published_by, activated_by] from programme_versions where book_id = ${bookId}
      union all
      select format('repeal of %s@%s', programme_code, version), array[activated_by, repealed_by] from programme_versions where book_id = ${bookId}
      union all
      select 'opening balance ' || opening_balance_id, array[prepared_person, approved_person] from opening_balances where book_id = ${bookId})
    select s.subject, format('person %s did %s steps', p.person, count(*)) as detail
      from steps s cross join lateral unnest(s.persons) as p(person)
     where p.person is not null group by s.subject, p.person having count(*) > 1 order by 1 limit 100`,
  sql<Rows>`
    select distinct 'settlement ' || s.settlement_no as subject, format('entry %s: who drafted or approved it paid it', e.seq) as detail
      from settlements s
      join entries e on e.book_id = s.book_id and e.subject_id = s.settlement_id and e.kind = 'settlement.instructed'
     where s.book_id = ${bookId} and e.person_id in (s.drafted_person, s.approved_person) limit 100`,
];
