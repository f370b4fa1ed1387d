// Every reading stays a reading of a few rows: each GET of the service is asked over HTTP by everybody who may, with every
// combination of its filters; each statement it sends is taken from the wire and given to the planner, on tables with
// thousands of rows and the statistics of those. What no index bounds is found: planted by dropping each index in turn.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import t from 'tap';
import { grow } from '../bench/grow.js';
import { makeWorld } from '../bench/world.js';
import { connect, type Database } from '../db/client.js';
import * as tables from '../db/tables.js';
import type { Role } from '../schemas/access.js';
import { makeKey } from '../src/access/principal.js';
import { makeToken, sessionCookie } from '../src/access/sessions.js';
import { makeSealer } from '../src/sealer.js';
import { addressContext } from '../src/sign-in/begin-session.js';
import { build } from '../src/app.js';
import { demoClock } from '../src/clock.js';
import { cursorOf } from '../src/http/routes.js';
import { uuidv7 } from '../src/identifiers.js';
import { testDatabase } from './database.js';
import { type Sent, tapWire } from './wire.js';

// ── The rule ──

/** Tables that do not grow with the business: kinds, books, law; and rollups, bounded by kinds, funds and days. */
const small = new Set([
  'books',
  'book_heads',
  'account_kinds',
  'posting_kinds',
  'schema_migrations',
  'bank_formats',
  'number_series',
  'programme_versions',
  'calendar_years',
  // Approved by two persons, once in some years.
  'payee_account_waits',
  'flag_parameters',
  'ledger_totals',
  'booked_days',
  'bank_days',
  'reconciliation_looks',
  'months',
]);
/**
 * Columns of which one value has few rows, however large the book: an index may be looked through for one value of them. A state,
 * a programme, a provider or a kind of account has any number of rows.
 */
const bounding = new Set([
  'enterprise_id',
  'contract_id',
  'application_id',
  'legal_person_uscc',
  'uscc',
  'facility_id',
  'member_id',
  'job_id',
  'invoice_id',
  'settlement_id',
  'bank_return_id',
  'instruction_id',
  'code',
  'prefix',
  'redemption_id',
  'voucher_id',
  'starts_on',
  'allocation_id',
  // What came back of one recovery, and of which redemptions.
  'recovery_id',
  // Lines of one application: of one firm and one year.
  'reimbursement_id',
  // Attachments of one file, and of one thing (200 at most).
  'evidence_file_id',
  'holder',
  'first_uscc',
  'second_uscc',
  'change_id',
  // What belongs to one case, or to one list that is published whole: its correction lists, its panel, its lines.
  'subject_id',
  'panel_id',
  'notice_id',
]);
/** Few rows of these tables for one value, though of others it has many. */
const boundingIn: Readonly<Record<string, readonly string[]>> = {
  // What one person has: a membership or a few, sessions of a month, ten codes.
  sessions: ['person_id'],
  members: ['person_id'],
  recovery_codes: ['invitation_id'],
  issuer_subjects: ['invitation_id'],
  facilities: ['provider_id'],
  list_prices: ['provider_id'],
  payee_accounts: ['provider_id'],
  payment_instructions: ['payee_id'],
  listings: ['provider_id'],
  listing_applications: ['provider_id'],
  listing_measures: ['listing_id'],
  repeal_corrections: ['programme_version_id'],
  providers: ['provider_id', 'acting_uscc'],
  reimbursement_line_cuts: ['reimbursement_line_id'],
  late_legs: ['account_id'],
  appropriations: ['programme_code', 'year'],
  evidence_attachments: ['subject_id'],
  // What a person matched one line with: a hundred at a time.
  bank_matches: ['bank_line_id'],
  settlements: ['period'],
  // A month is built a few times.
  month_builds: ['month_id'],
};
/** Though these two bound other tables, the rows of one value of them here are the history itself. */
const unbounded: Readonly<Record<string, readonly string[]>> = {
  redemptions: ['contract_id', 'voucher_id'],
  usage_invoices: ['contract_id'],
  settlement_lines: ['settlement_id'],
  bulk_refused_lines: ['job_id'],
  simulation_enterprises: ['simulation_id'],
  bank_lines: ['bank_return_id'],
};

/** What is few for a reason that no column says. */
const accepted: readonly (readonly [address: string, table: string, where?: RegExp])[] = [
  // The kinds kept by funder: an account for each funder of a fund.
  ['funds', 'accounts'],
  // The roles of a book's own that count: one of each name, told beside the built-in ones.
  ['roles', 'custom_roles'],
  // What waits for one side, among what waits: as much as that.
  ['dashboard', 'contracts', /status = 'SUBMITTED'/],
  ['dashboard', 'usage_invoices', /status = '(POSTED|DISPUTED)'/],
  ['work-queue', 'contracts', /provider_id = .*status = 'SUBMITTED'/],
  ['work-queue', 'contract_amendments', /provider_id = .*status = 'PROPOSED'/],
  ['work-queue', 'usage_invoices', /status = 'DISPUTED'/],
  ['work-queue', 'recoveries', /debtor_id = .*status = /],
  // A base of settled fees is all that a firm's contracts have used: as much as it has paid for.
  ['prechecks', 'usage_invoices', /contract_id = .* AND \(status = 'CONFIRMED'/],
  // What is outstanding by its age: as much as is outstanding.
  ['receivables-age', 'recoveries', /status = any/i],
  // What stands in a month's way: as much as waits.
  ['reconciliation-readiness', 'bank_lines'],
  ['reconciliation-readiness', 'payment_instructions'],
  ['reconciliation-readiness', 'redemptions'],
  ['reconciliation-readiness', 'bank_returns'],
  ['reconciliation-readiness', 'reconciliation_exceptions'],
  // Who decides a flag on card-hours looks through what the contracts of that facility have billed.
  ['facilities', 'usage_invoices', /contract_id = contract_lines\.contract_id/],
];

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  'Recheck Cond'?: string;
  Filter?: string;
  'Parent Relationship'?: string;
  Plans?: Plan[];
}

/** Each index with its columns in order; an expression is ''. */
type Indexes = ReadonlyMap<string, { readonly columns: readonly string[]; readonly unique: boolean }>;

/** Columns that a condition gives one value: by an equality, or between twice the same. */
const equalTo = (condition: string): string[] => [
  ...[...condition.matchAll(/(?<![\w.])"?(?:\w+\.)?(\w+)"? = /g)].map(([, column]) => column ?? ''),
  ...[...condition.matchAll(/\((\w+) >= ([^()]+)\) AND \(\1 <= \2\)/g)].map(([, column]) => column ?? ''),
];

/**
 * The policy of a party alone: it lets all rows pass for an authority, and for a party all that its query has narrowed to already. Whatever a
 * query itself passes over stands beside it.
 */
const ofParty = /^CASE WHEN \(\(InitPlan \d+\)\.col1 IS NULL\) THEN true ELSE (?:(?!CASE).)* END$/;

/**
 * What is wrong with a plan. A node is bounded when what it reads is: by an index on a column of few rows, by a unique look-up, or by a
 * limit over rows that come in the order of an index, of which none is thrown away. Only what is bounded may be sorted, grouped,
 * hashed or sent.
 */
function flawsOf(plan: Plan, indexes: Indexes, by: string, ordered = false): string[] {
  const children = (plan.Plans ?? []).map((child) => child);
  const type = plan['Node Type'];
  const table = plan['Relation Name'];
  // A sub-plan is asked for one value at a time, whatever stands around it.
  const subPlans = children.filter((child) => /InitPlan|SubPlan/.test(child['Parent Relationship'] ?? ''));
  const inputs = children.filter((child) => !subPlans.includes(child));
  const below = (stream: boolean) => [
    ...subPlans.flatMap((child) => flawsOf(child, indexes, by)),
    ...inputs.flatMap((child) => flawsOf(child, indexes, by, stream)),
  ];
  if (table === undefined) {
    if (type === 'Limit') {
      const [input] = inputs;
      const streams = input !== undefined && !/Sort|Aggregate|Group|Unique/.test(input['Node Type']);
      return below(streams || input?.['Node Type'] === 'Incremental Sort');
    }
    const [outer, inner] = inputs;
    if (type === 'Nested Loop' && outer && inner)
      return [
        ...subPlans.flatMap((child) => flawsOf(child, indexes, by)),
        ...flawsOf(outer, indexes, by, ordered),
        ...flawsOf(inner, indexes, by, ordered),
      ];
    const passes = ['Result', 'Subquery Scan', 'Append', 'Merge Append', 'LockRows', 'Memoize', 'Incremental Sort'].includes(
      type,
    );
    return below(passes && ordered);
  }
  if (small.has(table)) return below(false);
  const said = `${type} of ${table}${plan['Index Name'] === undefined ? '' : ` by ${plan['Index Name']}`}`;
  if (!type.startsWith('Index') && type !== 'Bitmap Heap Scan') return [`${said} reads all of it`];
  const condition = plan['Index Cond'] ?? plan['Recheck Cond'] ?? '';
  const equal = equalTo(condition);
  const index = indexes.get(plan['Index Name'] ?? '') ?? { columns: equal, unique: false };
  // An index is read from its first column on: what a further one is compared with, while one before it is not, only sieves.
  const open = index.columns.findIndex((column) => column !== '' && !equal.includes(column));
  const columns = (open < 0 ? index.columns : index.columns.slice(0, open)).filter(
    (column) => !(unbounded[table] ?? []).includes(column),
  );
  const holds = (column: string) => bounding.has(column) || (boundingIn[table] ?? []).includes(column);
  // A period of rollups, or of entries up to the next mark, is bounded at both ends; what is kept by funder is as few as these.
  const range = /\((starts_on|seq) >=? .*\1 <=? /.test(condition) || (table === 'ledger_turnovers' && condition.includes('span'));
  const isFew =
    range ||
    accepted.some(
      ([address, of, where]) =>
        of === table &&
        by.replace(/^\w+ /, '').startsWith(`/v1/books/{book}/${address}`) &&
        (where === undefined || where.test(condition)),
    );
  if (isFew || columns.some(holds) || (index.unique && open < 0)) return below(false);
  if (!/book_id = /.test(condition)) return [`${said} with no book`];
  if (!ordered) return [`${said} where ${condition}: all of these are read`];
  // From a booked day on: of the entries since its first, those that are booked earlier are the few that came late.
  const fewLate = table === 'entries' && /^\(booked_on >= [^()]+\)$/.test(plan.Filter ?? '');
  // What is open of a recovery is no column, and behind row-level security no index is entered by a difference: a later page passes over
  // the recoveries of the pages before it.
  const ofDifference = table === 'recoveries' && /amount_fen - received_fen/.test(plan.Filter ?? '');
  if (plan.Filter !== undefined && !ofParty.test(plan.Filter) && !fewLate && !ofDifference)
    return [`${said} where ${condition}: passes over those that are not ${plan.Filter}`];
  return below(false);
}

// ── The world ──

/**
 * Multiplies the rows of every other table, so that the planner meets thousands: ids and numbers of their own, the rest as it is, with
 * references of which most lead to rows of others, in every state there is. Redemptions and invoices stay as they were grown, all in one
 * state and of one provider: a planner who sees that must not read them all for another. No guard holds for these rows: nobody acts on them.
 */
const statesOf = new Map<string, readonly string[]>(
  Object.values(tables).flatMap((table) =>
    is(table, PgTable)
      ? Object.values(getTableColumns(table)).flatMap((column) =>
          column.enumValues === undefined ? [] : [[`${getTableName(table)}.${column.name}`, column.enumValues] as const],
        )
      : [],
  ),
);

/** Parts of keys that stay, for another part makes the copy one of its own. */
const kept = new Set(['funder', 'fund', 'kind']);

async function multiply(admin: Database, bookId: string, times: number): Promise<void> {
  const named = await admin.sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`;
  await admin.begin(async ({ sql }) => {
    await sql.unsafe('set local session_replication_role = replica');
    const checks = await sql<{ text: string }[]>`
      select format('alter table %s drop constraint %I', conrelid::regclass, conname) as text
        from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace`;
    for (const { text } of checks) await sql.unsafe(text);
    for (const { name } of named) {
      if (small.has(name) || /^(entries|outcomes|ledger_|late_legs|invoice_claims|redemptions$|usage_invoices$)/.test(name))
        continue;
      const columns = await sql<{ column: string; type: string; unique: boolean }[]>`
        select a.attname as column, format_type(a.atttypid, null) as type,
               exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique and a.attnum = any(i.indkey)) as "unique"
          from pg_attribute a where a.attrelid = ${name}::regclass and a.attnum > 0 and not a.attisdropped
           and a.attgenerated = '' order by a.attnum`;
      const value = ({ column, type, unique }: (typeof columns)[number]): string => {
        const old = `t.${column}`;
        if (column === 'book_id') return old;
        if (type === 'uuid' && unique) return `case when ${old} is null then null else gen_random_uuid() end`;
        // One in fifty stays where it was; the others belong to one of five hundred.
        if (type === 'uuid' && column.endsWith('_id'))
          return `case when i % 50 = 0 or ${old} is null then ${old} else overlay(overlay(md5('${column}' || (i % 500)) placing '4' from 13) placing '8' from 17)::uuid end`;
        const states = statesOf.get(`${name}.${column}`);
        if (states !== undefined && ['status', 'outcome'].includes(column))
          return `(array[${states.map((state) => `'${state}'`).join(', ')}])[1 + i / 4 % ${states.length}]`;
        if (column === 'year') return `${old} + i % 5`;
        if (column === 'period') return `'20' || (20 + i % 60 / 12) || '-' || lpad((1 + i % 12)::text, 2, '0')`;
        if (column === 'kind' && name === 'reconciliation_exceptions')
          return `(array['IN_TRANSIT', 'UNMATCHED_LINE', 'RESERVED', 'OTHER'])[1 + i % 4]`;
        if (column === 'kind' && name === 'bulk_jobs') return `(array['usage-invoices', 'contracts'])[1 + i % 2]`;
        if (column === 'service_item') return `(array['AI_COMPUTE', 'STORAGE', 'NETWORK', 'SECURITY'])[1 + i % 4]`;
        if (column === 'programme_code') return `case when i % 4 = 0 then ${old} else ${old} || (i % 4) end`;
        if (/uscc$/.test(column))
          return `case when ${old} is null or (i % 50 = 0 and ${!unique}) then ${old} else upper(left(md5('${column}' || (i ${unique ? '' : '% 500'})), 18)) end`;
        if (column === 'addressee') return `(array['auditor', 'operator', 'reviewer', 'provider:' || i % 500])[1 + i % 4]`;
        if (!unique || kept.has(column)) return old;
        if (column === 'invoice_no' || column === 'number') return type === 'text' ? `lpad(i::text, 20, '7')` : `${old} + i`;
        if (column === 'prefix') return `left(md5(i::text), 12)`;
        if (column === 'file_digest' || column === 'fingerprint') return `md5(i::text) || md5('x' || i)`;
        if (type === 'text') return `${old} || '-' || i`;
        return type === 'date' || type === 'integer' || type === 'bigint' ? `${old} + i` : old;
      };
      await sql.unsafe(
        `insert into ${name} (${columns.map(({ column }) => column).join(', ')})
         select ${columns.map(value).join(', ')}
           from (select * from ${name} where book_id = $1 limit 1) t cross join generate_series(1, $2::integer) i
         on conflict do nothing`,
        [bookId, times],
      );
    }
  });
  await admin.sql.unsafe('analyze');
}

/** A new person's key in a role, written as rows: the clock of these tests needs no more. */
async function keyFor(owner: Database, bookId: string, now: Date, role: Role, uscc: string | null): Promise<string> {
  const [personId, operatorId, memberId, keyId] = [uuidv7(now), uuidv7(now), uuidv7(now), uuidv7(now)];
  const { prefix, secret, secretHash } = makeKey();
  await owner.begin(async ({ sql }) => {
    await sql`select from open_lane(${bookId})`;
    await sql`insert into persons values (${bookId}, ${personId}, ${role}, ${now}), (${bookId}, ${operatorId}, 'operator', ${now})`;
    await sql`
      insert into members (book_id, member_id, person_id, kind, role, legal_person_uscc, status, recorded_at, registered_person, confirmed_person)
      values (${bookId}, ${memberId}, ${personId}, 'PERSON', ${role}, ${uscc}, 'ACTIVE', ${now}, ${operatorId}, ${personId})`;
    await sql`insert into api_keys values (${bookId}, ${keyId}, ${memberId}, ${prefix}, ${secretHash}, null, null, ${now})`;
  });
  return secret;
}

/** The cookie of a session of a new person, written as rows. */
async function sessionFor(owner: Database, bookId: string, bookCode: string, now: Date): Promise<string> {
  const [personId, operatorId, memberId, invitationId] = [uuidv7(now), uuidv7(now), uuidv7(now), uuidv7(now)];
  const { token, hash } = makeToken();
  const later = new Date(now.getTime() + 3_600_000);
  const sealed = makeSealer(Buffer.from('ab'.repeat(32), 'hex')).seal('192.0.2.1', addressContext(bookId, personId));
  await owner.begin(async ({ sql }) => {
    await sql`select from open_lane(${bookId})`;
    await sql`insert into persons values (${bookId}, ${personId}, 'auditor', ${now}), (${bookId}, ${operatorId}, 'operator', ${now})`;
    await sql`
      insert into members (book_id, member_id, person_id, kind, role, status, recorded_at, registered_person, confirmed_person)
      values (${bookId}, ${memberId}, ${personId}, 'PERSON', 'auditor', 'ACTIVE', ${now}, ${operatorId}, ${personId})`;
    await sql`
      insert into invitations
      values (${bookId}, ${invitationId}, ${memberId}, ${personId}, 'auditor', ${hash}, ${later}, ${memberId}, ${now}, null, ${now})`;
    await sql`insert into user_accounts values (${bookId}, ${personId}, 'auditor', ${invitationId}, ${now})`;
    await sql`insert into credentials (book_id, invitation_id, recorded_at) values (${bookId}, ${invitationId}, ${now})`;
    await sql`insert into recovery_codes values (${bookId}, ${invitationId}, ${hash}, null)`;
    await sql`insert into issuer_subjects values (${bookId}, ${hash}, ${invitationId}, 'city', ${now})`;
    await sql`
      insert into sessions (book_id, session_id, secret_hash, invitation_id, person_id, member_id, began_by, device, address_sealed, began_at,
                            seen_at, expires_at)
      values (${bookId}, ${memberId}, ${hash}, ${invitationId}, ${personId}, ${memberId}, 'PASSWORD', '1', ${sealed}, ${now}, ${now},
              ${later})`;
  });
  return `${sessionCookie(bookCode)}=${token}`;
}

interface Parameter {
  name: string;
  in: string;
  schema?: { enum?: string[]; anyOf?: { enum?: string[] }[] };
}
interface Description {
  paths: Record<string, Record<string, { summary?: string; parameters?: Parameter[]; security?: Record<string, unknown>[] }>>;
}

/** Every way to take one value, or none, of each filter. */
function combinations(filters: readonly (readonly [string, readonly string[]])[]): [string, string][][] {
  return filters.reduce<[string, string][][]>(
    (before, [name, values]) =>
      before.flatMap((chosen) => [chosen, ...values.map((value): [string, string][] => [...chosen, [name, value]])]),
    [[]],
  );
}

void t.test('no reading grows with the book', async (t) => {
  const { urls, owner, admin } = await testDatabase(t);
  const clock = demoClock();
  const now = new Date('2026-04-15T10:00:00+08:00');
  clock.set(now);
  const exchangeKeys = [{ name: '1', algorithm: 'sha256', secret: 'ab'.repeat(32) }] as const;
  const parts = { clock, bearerMayApprove: true, fieldKey: Buffer.from('ab'.repeat(32), 'hex'), exchangeKeys };
  const making = connect({ url: urls.app });
  const first = await build({ ...parts, db: making });
  await first.app.ready();
  const world = await makeWorld({ ...first, db: making, owner, clock, enterprises: 3, invoicesPerVoucher: 2 });
  const { bookId } = world;
  const [voucher] = world.vouchers;
  if (!voucher) throw new Error('the world has no voucher');
  const root = `/v1/books/${world.code}`;
  const { uscc: providerUscc, enterpriseUscc } = (
    await admin.sql<{ uscc: string; enterpriseUscc: string }[]>`
      select p.uscc, e.uscc as "enterpriseUscc" from providers p, enterprises e
       where p.provider_id = ${voucher.providerId} and e.enterprise_id = ${voucher.enterpriseId}`
  )[0] ?? { uscc: '', enterpriseUscc: '' };
  const cookie = await sessionFor(owner, bookId, world.code, now);
  const headersOf = (role: string): Record<string, string> =>
    role === 'session' ? { cookie } : { authorization: `Bearer ${secretOf[role]}` };
  const secretOf: Record<string, string> = { enterprise: voucher.secret, provider: world.secrets.provider };
  for (const role of ['auditor', 'operator', 'finance', 'approver', 'finance_approver', 'reviewer', 'expert'] as const)
    secretOf[role] = await keyFor(owner, bookId, now, role, null);

  const send = async <Answer = Record<string, string>>(role: string, url: string, body: object): Promise<Answer> => {
    const response = await first.app.inject({
      method: 'POST',
      url: `${root}${url}`,
      headers: { authorization: `Bearer ${secretOf[role] ?? role}`, 'idempotency-key': randomUUID() },
      payload: body,
    });
    if (response.statusCode > 201) throw new Error(`POST ${url}: ${response.statusCode} ${response.body}`);
    return response.json<Answer>();
  };
  // One of everything that can be read.
  await send('provider', '/payee-accounts', {
    providerId: voucher.providerId,
    holderName: '基准智算有限公司',
    bankName: '银行',
    bankCode: '102491000012',
    accountNo: '6222020000000000',
    validFrom: '2026-04-15',
  });
  const redemptions: string[] = [];
  for (const request of world.requests as { secret: string; path: string; body: object }[])
    redemptions.push((await send(request.secret, request.path.slice(root.length), request.body))['redemptionId'] ?? '');
  const draft = await send('finance', '/settlements', { period: '2026-04' });
  const settlementId = draft['settlementId'] ?? '';
  const { contentDigest, lineCount: count, total } = await send('finance', `/settlements/${settlementId}/freeze`, {});
  await send('approver', `/settlements/${settlementId}/approve`, { contentDigest, count, total });
  const lines = Array.from({ length: Number(count) }, (_, i) => i + 1);
  const checker = await keyFor(owner, bookId, now, 'finance', null);
  await send(checker, `/settlements/${settlementId}/check-lines`, { lines });
  const { instructions } = await send<{ instructions: { instructionNo: string; amount: string }[] }>(
    'finance_approver',
    `/settlements/${settlementId}/instruct`,
    {},
  );
  const { paymentFileId = '' } = await send('finance', '/payment-files', { settlementId });
  await send('finance', '/payee-account-waits', { workingDays: 5, documentNo: '郑财库〔2026〕1号' });
  const paid = instructions.map(({ instructionNo, amount }, i) => ({
    instructionNo,
    status: 'PAID',
    bankSerial: `B${i}`,
    bookedOn: '2026-04-15',
    amount,
  }));
  const { bankReturnId = '' } = await send('finance', '/bank-returns', {
    declaredCount: paid.length,
    declaredTotal: total,
    lines: paid,
  });
  await send('operator', '/opening-balances', {
    kind: 'LIMIT_USED',
    programmeCode: 'zhengzhou-compute',
    limitId: 'claimed',
    uscc: enterpriseUscc,
    year: 2026,
    amount: '1.00',
  });
  const uscc = enterpriseUscc;
  await send('reviewer', '/enterprise-classes', { uscc, class: 'SME', validFrom: '2026-01-01', documentNo: '1' });
  await send('reviewer', '/related-parties', { uscc, otherUscc: providerUscc, validFrom: '2027-01-01', source: '1' });
  await send('reviewer', '/figures', {
    kind: 'DISTRICT_CONTRIBUTION',
    uscc,
    year: 2026,
    amount: '1.00',
    provisional: true,
    documentNo: '1',
  });
  const { calendarYearId = '' } = await send('operator', '/calendars', {
    year: 2026,
    holidays: ['2026-05-01'],
    workingDays: [],
    documentNo: '1',
    source: '1',
  });
  await send('approver', `/calendars/${calendarYearId}/approve`, {});
  const change = await send('reviewer', '/name-changes', {
    uscc,
    name: '1',
    effectiveOn: '2026-04-15',
    documentNo: '1',
    reason: '1',
  });
  await send('approver', `/legal-person-changes/${change['changeId'] ?? ''}/approve`, {});
  await owner.begin(async ({ sql }) => {
    await sql`select from open_lane(${bookId})`;
    await sql`
      insert into limit_successions
      values (${bookId}, ${uuidv7(now)}, ${change['changeId'] ?? ''}, 'GIVEN', 'zhengzhou-compute.claimed', ${uscc}, '2026', 1, 1)`;
  });
  const listingApplication = await send('provider', '/listing-applications', {
    providerId: voucher.providerId,
    serviceItem: 'NETWORK',
    batchNo: '1',
    evidence: { ADVANCED_EQUIPMENT: '1', TECHNICAL_SECURITY: '1', GREEN_ENERGY: '1', FAVOURABLE_PRICE: '1' },
  });
  const { flagId = '' } = await send('reviewer', '/flags', {
    subjectKind: 'CONTRACT',
    subjectId: voucher.contractId,
    reason: '1',
  });
  const holder = { uscc, role: 'SHAREHOLDER', holderUscc: providerUscc, holderName: '1', isState: true };
  await send('reviewer', '/legal-person-holders', { ...holder, validFrom: '2026-01-01', source: '1' });
  await send('approver', `/flags/${flagId}/clear`, { reason: '1' });
  const parameter = { validFrom: '2026-04-15', documentNo: '1' };
  await send('reviewer', '/flag-parameters', { kind: 'PRICE_FAR_FROM_LIST', basisPoints: 1000, ...parameter });
  await send('reviewer', '/list-prices', {
    providerId: voucher.providerId,
    chipVendor: '华为',
    chipModel: '昇腾910B',
    price: '10.00',
    validFrom: '2026-04-15',
    source: '1',
  });
  const [listing] = await admin.sql<{ id: string }[]>`select listing_id as id from listings where book_id = ${bookId}`;
  await send('reviewer', `/listings/${listing?.id ?? ''}/suspend`, { from: '2026-04-15', reason: '1', documentNo: '1' });
  const project = { kind: 'PROJECT', code: 'P-1', name: '项目', documentNo: '1' };
  const { registrationId = '' } = await send(voucher.secret, '/matters', project);
  await send('approver', `/matters/${registrationId}/confirm`, {});
  // One that looks at last year's fees, for pre-checks.
  const document = await readFile(new URL('../db/programmes/binjiang/binjiang-compute.v2.yaml', import.meta.url), 'utf8');
  const { programmeVersionId = '' } = await send('operator', '/programmes', { document });
  await send('approver', `/programmes/${programmeVersionId}/activate`, {});
  const [jobId, reimbursementId, allocationId, simulationId, monthId] = [
    uuidv7(now),
    uuidv7(now),
    uuidv7(now),
    uuidv7(now),
    uuidv7(now),
  ];
  const [amendmentId, evidenceFileId, contractDraftId] = [uuidv7(now), uuidv7(now), uuidv7(now)];
  const [correctionId, recoveryId, redLetterId] = [uuidv7(now), uuidv7(now), uuidv7(now)];
  const [noticeId, assignmentId] = [uuidv7(now), uuidv7(now)];
  const [expert] = await admin.sql<{ member: string; person: string }[]>`
    select member_id as member, person_id as person from members where book_id = ${bookId} and role = 'expert'`;
  const person = expert?.person ?? '';
  await owner.begin(async ({ sql }) => {
    await sql`select from open_lane(${bookId})`;
    await sql`insert into enterprise_payments
      select book_id, ${uuidv7(now)}, invoice_id, 1, '2026-04-15', 'S1', posted_person, ${now} from usage_invoices where book_id = ${bookId} limit 1`;
    await sql`
      insert into bulk_jobs (book_id, job_id, member_id, key, legal_person_uscc, kind, format, mode, state, lines_read, lines_refused,
                             lease_until, started_at, updated_at)
      select book_id, ${jobId}, member_id, 'file-1', ${providerUscc}, 'usage-invoices', 'ndjson', 'accept-right', 'DONE', 1, 1, ${now}, ${now}, ${now}
        from members where book_id = ${bookId} limit 1`;
    await sql`
      insert into limit_exceptions (book_id, exception_id, programme_code, limit_id, account, holder, span, amount_fen, reason, status,
                                    asked_person, asked_on, recorded_at)
      select book_id, ${uuidv7(now)}, 'zhengzhou-compute', 'claimed', 'zhengzhou-compute.claimed', ${enterpriseUscc}, '2026', 1, '1', 'ASKED',
             person_id, '2026-04-15', ${now} from persons where book_id = ${bookId} limit 1`;
    await sql`
      insert into appropriation_returns (book_id, return_id, programme_code, year, carry_over, amount_fen, document_no, content_digest, status,
                                         proposed_person, proposed_on, recorded_at)
      select book_id, ${uuidv7(now)}, 'zhengzhou-compute', 2026, false, 1, '1', ${'0'.repeat(64)}, 'PROPOSED', person_id, '2026-04-15', ${now}
        from persons where book_id = ${bookId} limit 1`;
    await sql`
      insert into contract_drafts (book_id, contract_draft_id, legal_person_uscc, side, content, status, drafted_person, recorded_at)
      select book_id, ${contractDraftId}, ${providerUscc}, 'provider', '{}', 'DRAFT', person_id, ${now}
        from persons where book_id = ${bookId} limit 1`;
    await sql`
      insert into reconciliation_exceptions (book_id, exception_id, kind, subject, amount_fen, since, opened_on, status, recorded_at)
      values (${bookId}, ${uuidv7(now)}, 'IN_TRANSIT', ${uuidv7(now)}, 1, '2026-04-15', '2026-04-15', 'OPEN', ${now})`;
    await sql`
      insert into contract_amendments (book_id, amendment_id, contract_id, enterprise_id, provider_id, version, signed_on, starts_on, ends_on,
                                       net_fen, vat_fen, gross_fen, reason, lines, fingerprint, content_digest, status, proposed_side,
                                       proposed_person, recorded_at)
      select book_id, ${amendmentId}, contract_id, enterprise_id, provider_id, 2, signed_on, starts_on, ends_on, net_fen, vat_fen, gross_fen,
             '1', '[]', fingerprint, ${'0'.repeat(64)}, 'PROPOSED', 'provider', submitted_person, ${now}
        from contracts where book_id = ${bookId} and contract_id = ${voucher.contractId}`;
    await sql`
      insert into corrections (book_id, correction_id, correction_no, cause, subject_id, contract_id, programme_code, at_fault, returned_fen,
                               voided_fen, reversed_fen, recalled_fen, explanation, decided_person, decided_on, recorded_at)
      select book_id, ${correctionId}, 'C-1', 'CONTRACT_CUT', ${amendmentId}, contract_id, 'zhengzhou-compute', false, 0, 0, 0, 1, '[]',
             submitted_person, '2026-04-15', ${now} from contracts where book_id = ${bookId} and contract_id = ${voucher.contractId}`;
    await sql`
      insert into recoveries (book_id, recovery_id, recovery_no, cause, correction_id, debtor_id, fund, programme_code, contract_id, amount_fen,
                              at_fault, status, reason, opened_person, opened_on, recorded_at)
      select book_id, ${recoveryId}, 'RC-1', 'CONTRACT_CUT', ${correctionId}, provider_id, 'zhengzhou-compute/2026', 'zhengzhou-compute', contract_id,
             1, false, 'OPENED', '1', submitted_person, '2026-04-15', ${now}
        from contracts where book_id = ${bookId} and contract_id = ${voucher.contractId}`;
    await sql`
      insert into recovery_items (book_id, recovery_item_id, recovery_id, redemption_id, amount_fen, restored_fen)
      values (${bookId}, ${uuidv7(now)}, ${recoveryId}, ${redemptions[0] ?? ''}, 1, 1)`;
    await sql`
      insert into recovery_receipts (book_id, receipt_id, recovery_id, bank_serial, booked_on, amount_fen, person_id, recorded_at)
      values (${bookId}, ${uuidv7(now)}, ${recoveryId}, 'BACK-1', '2026-04-15', 1, ${uuidv7(now)}, ${now})`;
    await sql`
      insert into recovery_offsets (book_id, offset_id, recovery_id, redemption_id, fund, amount_fen, document, article, reason, status,
                                    proposed_person, proposed_on, recorded_at)
      values (${bookId}, ${uuidv7(now)}, ${recoveryId}, ${redemptions[0] ?? ''}, 'zhengzhou-compute/2026', 1, '1', '1', '1', 'PROPOSED',
              ${uuidv7(now)}, '2026-04-15', ${now})`;
    await sql`
      insert into recovery_offsets (book_id, offset_id, recovery_id, redemption_id, fund, amount_fen, document, article, reason, status,
                                    proposed_person, proposed_on, recorded_at, decided_person, decided_on, parts)
      values (${bookId}, ${uuidv7(now)}, ${recoveryId}, ${redemptions[0] ?? ''}, 'zhengzhou-compute/2026', 1, '1', '1', '1', 'APPROVED',
              ${uuidv7(now)}, '2026-04-15', ${now}, ${uuidv7(now)}, '2026-04-15', '[{}]')`;
    await sql`
      insert into red_letters (book_id, red_letter_id, red_letter_no, invoice_id, contract_id, provider_id, issued_on, net_fen, vat_fen, gross_fen,
                               reason, base_fen, weighted_base, cut_off_fen, posted_person, posted_on, number_conflict, recorded_at)
      select r.book_id, ${redLetterId}, '26410000000000999999', r.invoice_id, r.contract_id, r.provider_id, '2026-04-15', 1, 0, 1, '1', 0, 0, 0,
             ${uuidv7(now)}, '2026-04-15', false, ${now} from redemptions r where r.book_id = ${bookId} and r.redemption_id = ${redemptions[0] ?? ''}`;
    await sql`
      insert into allocations (book_id, allocation_id, allocation_no, programme_code, year, fund, strategy, line_count, claims_fen, shared_fen,
                               total_fen, content_digest, status, drafted_person, drafted_on, recorded_at)
      select book_id, ${allocationId}, 'AL-1', programme_code, 2026, fund, 'PRO_RATA', 1, 3, 2, 1, ${'0'.repeat(64)}, 'DRAFT', ${jobId}, '2026-04-15', ${now}
        from vouchers where book_id = ${bookId} limit 1`;
    await sql`
      insert into reimbursements (book_id, reimbursement_id, reimbursement_no, programme_code, programme_version_id, enterprise_id,
                                  legal_person_uscc, year, base_year, matters, control_version_ids, line_count, content_digest, status, submitted_on,
                                  submitted_person, base_fen, computed_fen, recorded_at, waiting_since)
      select book_id, ${reimbursementId}, 'RB-1', programme_code, programme_version_id, enterprise_id, legal_person_uscc, 2026, 2025, '{}', '[]', 1,
             ${'0'.repeat(64)}, 'SUBMITTED', '2026-04-15', ${jobId}, 10, 5, ${now}, '2026-04-15'
        from vouchers where book_id = ${bookId} and voucher_id = ${voucher.voucherId}`;
    await sql`
      insert into reimbursement_lines (book_id, reimbursement_line_id, reimbursement_id, line_no, reference, description, counterparty_uscc,
                                       counterparty_name, service_item, net_fen, vat_fen, gross_fen, used_from, used_to, evidence,
                                       number_conflict, basis_points, is_live)
      select book_id, ${uuidv7(now)}, reimbursement_id, 1, '1', '1', legal_person_uscc, '1', 'CORPUS', 10, 0, 10, '2026-04-15', '2026-04-15', '1', false, 5000, true
        from reimbursements where book_id = ${bookId}`;
    await sql`
      insert into allocation_lines (book_id, allocation_line_id, allocation_id, line_no, reimbursement_id, rank, reviewed_fen, claim_fen,
                                    amount_fen, is_live)
      values (${bookId}, ${uuidv7(now)}, ${allocationId}, 1, ${reimbursementId}, 0, 3, 3, 1, true)`;
    await sql`
      insert into evidence_files (book_id, evidence_file_id, kind, name, format, media_type, size_bytes, sha256, sm3, uploaded_person,
                                  uploader_role, legal_person_uscc, uploaded_on, recorded_at)
      select book_id, ${evidenceFileId}, 'OTHER', 'a.pdf', 'PDF', 'application/pdf', 1, ${'0'.repeat(64)}, ${'0'.repeat(64)}, submitted_person,
             'provider', ${providerUscc}, '2026-04-15', ${now}
        from contracts where book_id = ${bookId} and contract_id = ${voucher.contractId}`;
    await sql`
      insert into evidence_attachments (book_id, attachment_id, evidence_file_id, subject_kind, subject_id, provider_id, enterprise_id,
                                        attached_person, attached_on, recorded_at)
      select book_id, ${uuidv7(now)}, ${evidenceFileId}, 'CONTRACT', contract_id, provider_id, enterprise_id, submitted_person, '2026-04-15', ${now}
        from contracts where book_id = ${bookId} and contract_id = ${voucher.contractId}`;
    for (const [kind, subjectId] of [
      ['APPLICATION', voucher.second.applicationId],
      ['REIMBURSEMENT', reimbursementId],
    ] as const) {
      const [panelId, itemId] = [uuidv7(now), uuidv7(now)];
      await sql`
        insert into supplement_lists (book_id, list_id, subject_kind, subject_id, round, items, working_days, asked_on, asked_person, due_on, recorded_at)
        values (${bookId}, ${uuidv7(now)}, ${kind}, ${subjectId}, 1, '[{"item":1,"kind":"FIELD","subject":"1","what":"1","again":null}]', 5, '2026-04-15', ${person}, '2026-04-22', ${now})`;
      await sql`
        insert into expert_panels
        values (${bookId}, ${panelId}, ${kind}, ${subjectId}, '1', 'zhengzhou-compute', 1,
                '[{"id":"a","name":{"zh":"a","en":"a"},"points":1}]', '[]', '{}', ${person}, '2026-04-15', ${now})`;
      await sql`
        insert into expert_assignments (book_id, assignment_id, panel_id, member_id, person_id, status, scores, points, opinion, recorded_at)
        values (${bookId}, ${kind === 'APPLICATION' ? assignmentId : uuidv7(now)}, ${panelId}, ${expert?.member ?? ''}, ${expert?.person ?? ''},
                'SCORED', '[]', 0, '1', ${now})`;
      if (kind === 'APPLICATION') {
        await sql`
          insert into public_notices values (${bookId}, ${noticeId}, '1', '1', '2026-04-15', '2026-04-22', 5, 1, 1, ${'0'.repeat(64)}, ${person}, ${now})`;
      }
      await sql`
        insert into notice_items values (${bookId}, ${itemId}, ${noticeId}, ${kind === 'APPLICATION' ? 1 : 2}, ${kind}, ${subjectId}, '1',
                                         'zhengzhou-compute', '1', 1, ${'0'.repeat(64)})`;
      await sql`
        insert into objections (book_id, objection_id, objection_no, notice_id, notice_item_id, subject_kind, subject_id, name_sealed,
                                contact_sealed, content, received_on, status, reviewed_person, published_person, recorded_at)
        values (${bookId}, ${uuidv7(now)}, ${kind}, ${noticeId}, ${itemId}, ${kind}, ${subjectId}, '1', '1', '1', '2026-04-15', 'OPEN',
                ${person}, ${person}, ${now})`;
    }
    const messageId = uuidv7(now);
    const [endpointId, delegationId] = [uuidv7(now), uuidv7(now)];
    const auditor = (await first.app.inject({ url: `${root}/me`, headers: headersOf('auditor') })).json<{ memberId: string }>();
    const [delegator, delegate] = await sql<{ member: string; person: string }[]>`
      select distinct on (person_id) member_id as member, person_id as person from members where book_id = ${bookId} limit 2`;
    await sql`
      insert into webhook_endpoints (book_id, endpoint_id, member_id, addressee, url, secret_sealed, status, recorded_at)
      values (${bookId}, ${endpointId}, ${auditor.memberId}, 'auditor', 'https://hooks.example.cn/', '1', 'ACTIVE', ${now})`;
    await sql`
      insert into delegations (book_id, delegation_id, delegator_id, delegator_person, delegate_id, delegate_person, verbs, from_day, to_day,
                               reason, recorded_at)
      values (${bookId}, ${delegationId}, ${delegator?.member ?? ''}, ${delegator?.person ?? ''}, ${delegate?.member ?? ''},
              ${delegate?.person ?? ''}, '["redemption.verify"]', '2026-04-15', '2026-04-16', '1', ${now})`;
    await sql`
      insert into delegated_acts
      values (${bookId}, ${uuidv7(now)}, ${delegationId}, ${uuidv7(now)}, ${delegate?.person ?? ''}, ${delegator?.person ?? ''}, ${now})`;
    await sql`
      insert into first_approvals (book_id, approval_id, subject_kind, subject_id, digest, amount_fen, above_fen, done_by, person_id, approved_on,
                                   status, recorded_at)
      values (${bookId}, ${uuidv7(now)}, 'REDEMPTION', ${uuidv7(now)}, ${'0'.repeat(64)}, 2, 1, '[]', ${person}, '2026-04-15', 'WAITING', ${now})`;
    await sql`
      insert into outbox (book_id, message_id, kind, subject_kind, subject_id, to_role, params, ledger_seq, place, staged_at)
      values (${bookId}, ${messageId}, 'case.accepted', 'APPLICATION', ${uuidv7(now)}, 'auditor', '{}', 1, 1, ${now})`;
    await sql`
      insert into messages (book_id, message_id, addressee, kind, subject_kind, subject_id, params, alike, ledger_seq, staged_at)
      values (${bookId}, ${messageId}, 'auditor', 'case.accepted', 'APPLICATION', ${uuidv7(now)}, '{}', 1, 1, ${now})`;
    await sql`
      insert into access_trail (book_id, trail_id, happened_at, action, outcome, member_id, address)
      values (${bookId}, ${messageId}, ${now}, 'GET /', 'ALLOWED', ${messageId}, '192.0.2.1')`;
    await sql`
      insert into message_reads select ${bookId}, ${messageId}, ${messageId}, member_id, ${now} from members where book_id = ${bookId} limit 1`;
    await sql`insert into bulk_refused_lines values (${bookId}, ${uuidv7(now)}, ${jobId}, 1, '{}', '[]')`;
    await sql`
      insert into simulations (book_id, simulation_id, programme_code, programme_version_id, version, year, started_member, state, failure,
                               lease_until, recorded_at, ended_at)
      select book_id, ${simulationId}, programme_code, programme_version_id, version, 2026, ${uuidv7(now)}, 'FAILED', 'SIMULATION_FAILED',
             ${now}, ${now}, ${now} from programme_versions where book_id = ${bookId} limit 1`;
    await sql`
      insert into months (book_id, month_id, month, status, shut_person, shut_on, recorded_at)
      select book_id, ${monthId}, to_char(open_from, 'YYYY-MM'), 'CLOSING', ${person}, open_from + 40, ${now} from books where book_id = ${bookId}`;
    await sql`
      insert into month_builds (book_id, build_id, month_id, state, step, failure, lease_until, recorded_at, ended_at)
      values (${bookId}, ${monthId}, ${monthId}, 'FAILED', 'CHECK', 'MONTH_BUILD_FAILED', ${now}, ${now}, ${now})`;
    await sql`insert into month_parties values (${bookId}, ${monthId}, ${monthId}, ${monthId}, 'provider', ${providerUscc}, '1')`;
    await sql`
      insert into simulation_enterprises
      values (${bookId}, ${simulationId}, ${enterpriseUscc}, '1', 1, 0, 0, 0, 0, 0, '{}')`;
  });
  await first.app.close();
  await making.close();

  await grow({ owner: admin, bookId, transfers: 9_000 });
  await multiply(admin, bookId, 5_000);

  const wire = await tapWire(urls.app);
  const db = connect({ url: wire.url });
  const { app } = await build({ ...parts, db });
  await app.ready();
  t.teardown(async () => {
    await app.close();
    await db.close(1);
    await wire.close();
  });

  const one = async (text: string): Promise<string> => (await admin.sql.unsafe<{ id: string }[]>(text, [bookId]))[0]?.id ?? '';
  const accountId = await one(
    `select account_id as id from accounts where book_id = $1 and kind = 'payable' order by credits_fen desc limit 1`,
  );
  /** Whom `:id` means at each address. */
  const ids: Readonly<Record<string, string>> = {
    members: await one(`select member_id as id from members where book_id = $1 limit 1`),
    contracts: voucher.contractId,
    enterprises: voucher.enterpriseId,
    providers: voucher.providerId,
    vouchers: voucher.voucherId,
    redemptions: redemptions[0] ?? '',
    facilities: await one(`select facility_id as id from facilities where book_id = $1 limit 1`),
    settlements: settlementId,
    'reconciliation-batches': settlementId,
    programmes: await one(`select programme_version_id as id from programme_versions where book_id = $1 limit 1`),
    'bank-returns': bankReturnId,
    'payment-files': paymentFileId,
    'reconciliation-exceptions': await one(`select exception_id as id from reconciliation_exceptions where book_id = $1 limit 1`),
    'bank-lines': await one(`select bank_line_id as id from bank_lines where book_id = $1 limit 1`),
    applications: voucher.second.applicationId,
    'usage-invoices': await one(`select invoice_id as id from redemptions where book_id = $1 limit 1`),
    reimbursements: reimbursementId,
    allocations: allocationId,
    'contract-amendments': amendmentId,
    'contract-drafts': contractDraftId,
    corrections: correctionId,
    recoveries: recoveryId,
    'recovery-offsets': await one(
      `select offset_id as id from recovery_offsets where book_id = $1 and status = 'APPROVED' limit 1`,
    ),
    'legal-person-changes': change['changeId'] ?? '',
    listings: listing?.id ?? '',
    'listing-applications': listingApplication['applicationId'] ?? '',
    ledger: accountId,
    'bulk-jobs': jobId,
    'evidence-files': evidenceFileId,
    simulations: simulationId,
    months: monthId,
    flags: flagId,
    notices: noticeId,
    'expert-assignments': assignmentId,
    webhooks: await one(`select endpoint_id as id from webhook_deliveries where book_id = $1 limit 1`),
  };
  /** Values of filters. Those with a list of their own in the description take each of it. */
  const values: Readonly<Record<string, string>> = {
    voucherId: voucher.voucherId,
    bankReturnId,
    settlementId,
    month: '2026-04',
    contractId: voucher.contractId,
    reimbursementId,
    invoiceId: await one(`select invoice_id as id from red_letters where book_id = $1 limit 1`),
    enterpriseId: voucher.enterpriseId,
    providerId: voucher.providerId,
    programmeCode: 'zhengzhou-compute',
    year: '2026',
    period: '2026-04',
    from: '2026-04-15',
    count: '5',
    on: '2026-04-15',
    uscc: enterpriseUscc,
    holder: enterpriseUscc,
    matterCode: 'P-1',
    subjectId: redemptions[0] ?? '',
    key: '1',
    fund: 'zhengzhou-compute/2026',
    kind: 'reserved',
    code: `payable:${voucher.providerId}:zhengzhou-compute/2026`,
    usageFrom: '2026-04-15',
    usageTo: '2026-04-15',
    chipModel: '910B',
    until: '2026-04-15',
    atLeast: '1.00',
    asOfSeq: '4531',
    asOfDay: '2026-04-15',
    fromDay: '2026-04-15',
    toDay: '2026-04-15',
    memberId: uuidv7(new Date('2026-04-15T02:00:00Z')),
    ownerPerson: uuidv7(new Date('2026-04-15T02:00:00Z')),
    after: '3000',
  };
  t.ok(providerUscc);

  /** What a cursor of a work queue says before the id, by its order. */
  const behind: Readonly<Record<string, string>> = { age: 'age -', deadline: 'deadline 2026-04-15', amount: 'amount 100000' };

  // ── Every GET, by everybody, with every combination of filters ──
  const sentBy = new Map<string, { sent: Sent; by: string }>();
  const answered = new Map<string, number>();
  const wrong: string[] = [];
  const { paths } = JSON.parse(JSON.stringify(app.swagger())) as Description;
  for (const [path, methods] of Object.entries(paths)) {
    const { get } = methods;
    if (!get || !path.startsWith('/v1/books/')) continue;
    const [, , , , slice = ''] = path.split('/');
    // A stream that lasts as long as its job; it asks what GET /bulk-jobs/{id} asks. A download asks what GET /evidence-files/{id} asks (a pack
    // what GET /months/{id} does), and has no bytes here.
    if (/\/(events|content|pack)$/.test(path)) continue;
    // A PDF of slices of what was posted in a month that was really shut; test/months makes it.
    if (path.endsWith('/months/{id}/statement')) continue;
    // The file of a list asks what the list asks; a file of its own does not.
    if (get.summary?.startsWith('As one file')) continue;
    const filters = (get.parameters ?? []).filter((of) => of.in === 'query' && !['cursor', 'limit', 'format'].includes(of.name));
    const named = filters.map(({ name, schema }): [string, readonly string[]] => {
      const listed = schema?.enum;
      const value = slice === 'work-queue' && name === 'kind' ? 'REDEMPTION_TO_VERIFY' : values[name];
      if (listed === undefined && value === undefined) wrong.push(`${path}: the test knows no value for ${name}`);
      return [name, listed ?? [value ?? '']];
    });
    const paged = (get.parameters ?? []).some(({ name }) => name === 'cursor');
    const bySessionOnly = get.security?.every((by) => 'session' in by) === true && get.security.length > 0;
    for (const role of bySessionOnly ? ['session'] : ['auditor', 'operator', 'enterprise', 'provider', 'expert']) {
      // One of the authorities sees what the other does.
      if (role === 'operator' && answered.has(path)) continue;
      const may = async (query: readonly [string, string][]) => {
        const url =
          path.replace('{book}', world.code).replace('{id}', ids[slice] ?? '') +
          `?${new URLSearchParams(query as [string, string][]).toString()}`;
        wire.take();
        const response = await app.inject({ method: 'GET', url, headers: headersOf(role) });
        for (const sent of wire.take()) {
          const key = `${sent.begun} ${sent.named} ${sent.text} ${sent.parameters.join('|')}`;
          if (!sentBy.has(key))
            sentBy.set(key, {
              sent,
              by: `GET ${path}?${new URLSearchParams(query as [string, string][]).toString()} as ${role}`,
            });
        }
        // What is not decided yet has no letter.
        if (response.statusCode === 200 || response.body.includes('NOT_DECIDED'))
          answered.set(path, (answered.get(path) ?? 0) + 1);
        else if (
          ![403, 404].includes(response.statusCode) &&
          !/AS_OF_ONE|MISSING_FIELD|WORK_KIND_UNKNOWN|WORK_QUEUE_BOUND/.test(response.body)
        )
          wrong.push(`GET ${url} as ${role}: ${response.statusCode} ${response.body}`);
        return response.statusCode;
      };
      if ((await may([])) === 403) continue;
      // A file is read in slices of one statement: a filter at a time is enough.
      for (const query of combinations(named).filter((of) => of.length < 2 || !path.endsWith('-file'))) {
        await may(query);
        const cursor = path.endsWith('/refused-lines')
          ? '7'
          : path.endsWith('/enterprises') && slice === 'simulations'
            ? `0 ${enterpriseUscc}`
            : slice === 'work-queue'
              ? `${behind[new URLSearchParams(query).get('sort') ?? 'age'] ?? ''} 01900000-0000-7000-8000-000000000000`
              : '01900000-0000-7000-8000-000000000000';
        if (paged) await may([...query, ['cursor', cursorOf(cursor)]]);
      }
    }
    if (!answered.has(path)) wrong.push(`GET ${path} was never answered`);
  }
  // A pre-check reads like a GET; it is a POST because its facts are too many for an address.
  for (const role of ['auditor', 'enterprise']) {
    for (const body of [
      { enterpriseId: voucher.enterpriseId },
      { enterpriseId: voucher.enterpriseId, contractId: voucher.contractId, matters: { project: 'P-1' } },
      { contract: { lines: [{ gross: '1.00', facilityId: ids['facilities'] }], providerId: voucher.providerId } },
    ]) {
      wire.take();
      const response = await app.inject({
        method: 'POST',
        url: `/v1/books/${world.code}/prechecks`,
        payload: body,
        headers: { authorization: `Bearer ${secretOf[role]}` },
      });
      if (response.statusCode !== 200) wrong.push(`POST /prechecks as ${role}: ${response.statusCode} ${response.body}`);
      for (const sent of wire.take()) {
        const key = `${sent.begun} ${sent.named} ${sent.text} ${sent.parameters.join('|')}`;
        if (!sentBy.has(key)) sentBy.set(key, { sent, by: `POST /v1/books/{book}/prechecks as ${role}` });
      }
    }
  }
  t.strictSame(
    wrong.slice(0, 10),
    [],
    `${[...answered.values()].reduce((sum, n) => sum + n, 0)} answers of ${answered.size} addresses`,
  );

  // ── The plans ──
  const statements = [...sentBy.values()].filter(({ sent }) => /^\s*(select|with)/i.test(sent.text));
  const planOf = async (sql: Database['sql'], { text, parameters, named, begun }: Sent): Promise<Plan> => {
    const [, context] = begun.split(';');
    await sql.unsafe(`set local role voucher_app; ${context ?? ''}`);
    const generic = named && !begun.includes('force_custom_plan');
    await sql.unsafe(`set local plan_cache_mode = ${generic ? 'force_generic_plan' : 'force_custom_plan'}`);
    // Five thousand rows are few enough to be read whole now and then; of five million nobody would.
    await sql.unsafe('set local enable_seqscan = off; set local random_page_cost = 1.1');
    await sql.unsafe(`prepare asked as ${text}`);
    const literals = parameters.map((value) => (value === null ? 'null' : `'${value.replaceAll("'", "''")}'`));
    const [row] = await sql.unsafe<{ 'QUERY PLAN': { Plan: Plan }[] }[]>(
      `explain (format json) execute asked${literals.length === 0 ? '' : `(${literals.join(', ')})`}`,
    );
    await sql.unsafe('deallocate asked; reset role');
    const plan = row?.['QUERY PLAN'][0]?.Plan;
    if (!plan) throw new Error(`no plan of ${text}`);
    return plan;
  };
  const indexes: Indexes = new Map(
    (
      await admin.sql<{ name: string; columns: string[]; unique: boolean }[]>`
        select c.relname as name, i.indisunique as "unique", array_agg(coalesce(t.attname::text, '') order by k.ord) as columns
          from pg_index i
          join pg_class c on c.oid = i.indexrelid and c.relnamespace = 'public'::regnamespace
          cross join lateral unnest(i.indkey::int2[]) with ordinality as k (attnum, ord)
          left join pg_attribute t on t.attrelid = i.indrelid and t.attnum = k.attnum and k.attnum > 0
         group by c.relname, i.indisunique`
    ).map(({ name, ...of }) => [name, of]),
  );
  const flawsUnder = async (sql: Database['sql'], { sent, by }: (typeof statements)[number]): Promise<string[]> =>
    flawsOf(await planOf(sql, sent), indexes, by).map((flaw) => `${by}: ${flaw}`);
  const flaws = await admin.begin(async ({ sql }) => {
    const found: string[] = [];
    for (const of of statements) found.push(...(await flawsUnder(sql, of)));
    return [...new Set(found)];
  });
  t.ok(statements.length > 300, `${statements.length} statements`);
  t.strictSame(flaws.slice(0, 40), [], `none of them reads more than it answers`);

  await t.test('each index that is there for readings is needed by one, and its loss is found', async (t) => {
    const ofTables = [
      ['redemptions', 'redemptions_status', 'redemptions_provider', 'redemptions_voucher', 'redemptions_contract'],
      ['usage_invoices', 'usage_invoices_status', 'usage_invoices_provider', 'usage_invoices_contract'],
      [
        'vouchers',
        'vouchers_programme',
        'vouchers_provider',
        'vouchers_legal_person',
        'vouchers_enterprise',
        'vouchers_contract',
      ],
      ['applications', 'applications_programme', 'applications_legal_person', 'applications_enterprise', 'applications_contract'],
      ['contracts', 'contracts_status', 'contracts_provider', 'contracts_enterprise'],
      [
        ...(['contract_amendments', 'contract_amendments_contract', 'contract_amendments_status'] as const),
        ...(['contract_amendments_enterprise', 'contract_amendments_provider'] as const),
      ],
      ['expert_assignments', 'expert_assignments_member'],
      ['objections', 'objections_subject'],
      ['redemptions', 'redemptions_waiting_amount'],
      ['recoveries', 'recoveries_by_due', 'recoveries_amount'],
      ['applications', 'applications_due', 'applications_amount'],
      ['messages', 'messages_addressee'],
      ['outbox', 'outbox_status'],
      ['access_trail', 'access_trail_time', 'access_trail_member', 'access_trail_outcome'],
      ['corrections', 'corrections_contract', 'corrections_reimbursement'],
      ['recoveries', 'recoveries_status', 'recoveries_debtor'],
      ['recovery_receipts', 'recovery_receipts_recovery'],
      ['recovery_offsets', 'recovery_offsets_recovery'],
      ['red_letters', 'red_letters_invoice'],
      ['accounts', 'accounts_listed'],
      ['entries', 'entries_debit', 'entries_credit', 'entries_subject'],
      ['enterprises', 'enterprises_legal_person'],
      ['providers', 'providers_legal_person'],
      ['listings', 'listings_service_item'],
      ['listing_applications', 'listing_applications_status', 'listing_applications_provider'],
      ['listing_measures', 'listing_measures_status', 'listing_measures_listing'],
      ['appropriations', 'appropriations_programme', 'appropriations_year'],
      ['settlements', 'settlements_status'],
      ['opening_balances', 'opening_balances_status'],
      ['payment_instructions', 'payment_instructions_payee'],
      ['reimbursements', 'reimbursements_programme', 'reimbursements_legal_person'],
      ['reimbursement_lines', 'reimbursement_lines_book_id_reimbursement_id_line_no_key'],
      ['allocations', 'allocations_programme'],
      ['payee_accounts', 'payee_accounts_book_id_enterprise_id_valid_from_key'],
      ['api_keys', 'api_keys_member'],
      ['related_parties', 'related_parties_second'],
      ['figures', 'figures_holder'],
      ['limit_exceptions', 'limit_exceptions_status'],
      ['appropriation_returns', 'appropriation_returns_amount'],
      ['legal_person_changes', 'legal_person_changes_uscc', 'legal_person_changes_status'],
      ['limit_successions', 'limit_successions_change'],
      ['matter_registrations', 'matter_registrations_own', 'matter_registrations_code', 'matter_registrations_status'],
      ['bulk_jobs', 'bulk_jobs_legal_person', 'bulk_jobs_kind'],
      ['simulations', 'simulations_programme'],
      ['simulation_enterprises', 'simulation_enterprises_difference'],
      ['bulk_refused_lines', 'bulk_refused_lines_book_id_job_id_line_key'],
      ['evidence_attachments', 'evidence_attachments_file', 'evidence_attachments_subject'],
    ] as const;
    const missed: string[] = [];
    for (const [table, ...names] of ofTables) {
      const of = statements.filter(({ sent }) => new RegExp(`\\b${table}\\b`).test(sent.text));
      for (const name of names) {
        const noticed = new Error('noticed');
        const lost = admin.begin(async ({ sql }) => {
          await sql.unsafe(name.endsWith('_key') ? `alter table ${table} drop constraint ${name}` : `drop index ${name}`);
          for (const each of of) if ((await flawsUnder(sql, each)).length > 0) throw noticed;
          throw new Error('not noticed');
        });
        await lost.catch((error: unknown) => {
          if (error !== noticed) missed.push(`${name}: ${String(error)}`);
        });
      }
    }
    t.strictSame(missed, [], 'indexes whose loss is not noticed');
  });
});
