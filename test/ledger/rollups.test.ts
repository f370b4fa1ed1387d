// What is read instead of the history: rollups kept with the entries, statements and trial balances as of any sequence and
// any booked day, and the files. Everything is compared with what the entries alone say, on a history made by chance: days
// pass, banks report late, batches are of every size.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { addDays } from '../../src/calendar.js';
import { uuidv7 } from '../../src/identifiers.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { fundOf } from '../../src/ledger/chart.js';
import type { Verb } from '../../src/ledger/lane.js';
import { accepted, refused } from '../../src/ledger/lane.js';
import type { AsOf } from '../../src/ledger/statements.js';
import { readBalance, readStatement, readTrialBalance } from '../../src/ledger/statements.js';
import type { Posting } from '../../src/ledger/templates.js';
import * as templates from '../../src/ledger/templates.js';
import { expectStatus, startService } from '../service.js';

const seed = Number(process.env['SEED'] ?? 20261122);
function chance(of: number) {
  let state = of;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return { below: (n: number) => Math.floor(next() * n), often: (share: number) => next() < share };
}

const move: Verb<{ postings: readonly Posting[] }, object> = {
  name: 'test.move',
  money: true,
  gather: (loader, commands) =>
    loader.accounts(commands.flatMap(({ body }) => body.postings.flatMap(({ debit, credit }) => [debit, credit]))),
  decide: ({ id, body: { postings } }) =>
    postings.length === 0
      ? refused('FORBIDDEN', { roles: '', role: '' })
      : accepted({ decision: 'test.moved', subjectId: id, result: {}, postings }),
};

interface Leg {
  seq: bigint;
  bookedOn: string;
  accountId: string;
  kind: string;
  fund: string | null;
  delta: bigint;
}

void t.test(`any sequence, any day, any account: what is read is what the entries add up to (seed ${seed})`, async (t) => {
  const service = await startService(t, { now: '2024-03-28' });
  const book = await service.newBook('test');
  const { bookId } = book;
  const { db } = service;
  const lane = (await service.books.find('test'))?.lane;
  if (!lane) throw new Error('the book is not open');
  const { memberId, personId } = book.operator;
  const actor = { memberId, personId, kind: 'PERSON', role: 'operator', legalPersonUscc: null } as const;
  const { below, often } = chance(seed);

  // A history: three funds, providers that are paid days after they were instructed, and refusals in between.
  const funds = [fundOf('a', 2024), fundOf('b', 2024), fundOf('b', 2025)];
  const vouchers: { voucherId: string; fund: string; left: bigint }[] = [];
  const owed = new Map<string, bigint>();
  const instructed: { payeeId: string; instructionId: string; fund: string; amountFen: bigint; day: string }[] = [];
  const payees = ['p1', 'p2'];
  let today = '2024-03-28';
  const step = (): Posting[] => {
    const fund = funds[below(funds.length)] ?? '';
    const pick = below(20);
    if (pick === 0) return [];
    if (pick < 4 || vouchers.length < 3) {
      const voucherId = uuidv7(service.clock.now());
      vouchers.push({ voucherId, fund, left: 1_000_00n });
      return templates.voucherIssued({ voucherId, fund, faceFen: 1_000_00n, charges: [] });
    }
    if (pick < 17) {
      const voucher = vouchers[below(vouchers.length)];
      const amountFen = BigInt(1 + below(90_00));
      if (!voucher || voucher.left < amountFen) return [];
      voucher.left -= amountFen;
      const payeeId = payees[below(2)] ?? '';
      const redemptionId = uuidv7(service.clock.now());
      const released = often(0.2) ? amountFen / 2n : 0n;
      voucher.left += released;
      const key = `${payeeId} ${voucher.fund}`;
      owed.set(key, (owed.get(key) ?? 0n) + amountFen - released);
      const common = { voucherId: voucher.voucherId, redemptionId, fund: voucher.fund };
      return [
        ...templates.redemptionReserved({ ...common, amountFen }),
        ...templates.redemptionApproved({
          ...common,
          payeeId,
          reservedFen: amountFen,
          approvedFen: amountFen - released,
          charges: [],
        }),
      ];
    }
    if (pick === 17) {
      const payeeId = payees[below(2)] ?? '';
      const amountFen = owed.get(`${payeeId} ${fund}`) ?? 0n;
      if (amountFen === 0n) return [];
      owed.set(`${payeeId} ${fund}`, 0n);
      const of = { payeeId, instructionId: uuidv7(service.clock.now()), fund, amountFen };
      instructed.push({ ...of, day: today });
      return templates.settlementInstructed({ ...of, funder: 'CITY' });
    }
    const at = below(instructed.length + 1);
    const of = instructed[at];
    if (!of) return [];
    instructed.splice(at, 1);
    const bookedOn = addDays(of.day, below(3)) > today ? today : addDays(of.day, below(3));
    if (often(0.3)) {
      owed.set(`${of.payeeId} ${of.fund}`, (owed.get(`${of.payeeId} ${of.fund}`) ?? 0n) + of.amountFen);
      return templates.settlementReturned({ ...of, funder: 'CITY', bookedOn });
    }
    return templates.settlementPaid({ ...of, funder: 'CITY', bookedOn });
  };
  let sent = 0;
  const send = (postings: readonly Posting[]) => {
    const requestDigest = createHash('sha256').update(String(++sent)).digest('hex');
    return lane.submit(move, { key: `k${sent}`, requestDigest, actor, body: { postings } });
  };
  for (const fund of funds) {
    const amountFen = 1_000_000_00n;
    await send([
      ...templates.budgetLoaded({ fund, funder: 'CITY', amountFen }),
      ...templates.budgetMatched({ fund, shares: [{ funder: 'CITY', amountFen }] }),
    ]);
  }
  for (let day = 0; day < 40; day++) {
    today = addDays('2024-03-28', day);
    service.clock.set(today);
    for (let batch = 0; batch < 3; batch++) await Promise.all(Array.from({ length: 1 + below(30) }, () => send(step())));
    // Midnight between two processes: one of them is still on the day before.
    if (often(0.2)) service.clock.set(addDays(today, -1));
  }

  const { headSeq } = await readTrialBalance(db, bookId, {});
  const legs = await service.owner.sql<Leg[]>`
    select e.seq, e.booked_on as "bookedOn", l.account_id as "accountId", a.kind, a.fund, l.delta
      from entries e
      cross join lateral (values (e.debit_account_id, -e.amount_fen), (e.credit_account_id, e.amount_fen)) as l (account_id, delta)
      join accounts a on a.book_id = e.book_id and a.account_id = l.account_id
     where e.book_id = ${bookId} order by e.seq, l.delta`;
  const [counts] = await service.owner.sql<{ marks: bigint; late: bigint }[]>`
    select (select count(distinct seq) from ledger_marks) as marks, (select count(*) from late_legs) as late`;
  t.ok(headSeq > 3_000n && (counts?.marks ?? 0n) >= 3n && (counts?.late ?? 0n) > 30n, `${headSeq} entries, marks and late legs`);
  t.strictSame(await auditLedger(db, bookId), [], 'the audit recomputes the rollups and finds nothing');

  const firstLeg = new Map<string, Leg>();
  for (const leg of legs) if (!firstLeg.has(leg.accountId)) firstLeg.set(leg.accountId, leg);
  const within = (leg: Leg, { seq, day }: AsOf) =>
    (seq === undefined || leg.seq <= seq) && (day === undefined || leg.bookedOn <= day);
  const trialByEntries = (asOf: AsOf) => {
    const lines = new Map<string, { accounts: number; debits: bigint; credits: bigint }>();
    for (const leg of legs.filter((of) => within(of, asOf))) {
      const key = `${leg.kind} ${leg.fund ?? ''}`;
      const line = lines.get(key) ?? { accounts: 0, debits: 0n, credits: 0n };
      if (firstLeg.get(leg.accountId) === leg) line.accounts++;
      if (leg.delta < 0n) line.debits -= leg.delta;
      else line.credits += leg.delta;
      lines.set(key, line);
    }
    return [...lines].map(([key, of]) => `${key} ${of.accounts} ${of.debits} ${of.credits}`).sort();
  };
  const moments: AsOf[] = [
    {},
    { seq: 0n },
    { seq: 1n },
    { day: '2024-03-27' },
    ...Array.from({ length: 25 }, () => ({ seq: BigInt(below(Number(headSeq))) })),
    ...[999n, 1000n, 1001n, headSeq - 1n, headSeq, headSeq + 5n].map((seq) => ({ seq })),
    ...Array.from({ length: 42 }, (_, i) => ({ day: addDays('2024-03-28', i) })),
  ];
  const said = (asOf: AsOf) => (asOf.seq === undefined ? (asOf.day ?? 'now') : `entry ${asOf.seq}`);
  const wrongTrials: string[] = [];
  for (const asOf of moments) {
    const { lines } = await readTrialBalance(db, bookId, asOf);
    const read = lines.map((of) => `${of.kind} ${of.fund ?? ''} ${of.accounts} ${of.debitsFen} ${of.creditsFen}`).sort();
    if (read.join() !== trialByEntries(asOf).join()) wrongTrials.push(said(asOf));
  }
  t.strictSame(wrongTrials, [], `${moments.length} trial balances`);

  // Accounts of every kind, those with late legs among them; every one as of some moment, from some day, in small pages.
  const late = await service.owner.sql<
    { id: string }[]
  >`select distinct account_id as id from late_legs where book_id = ${bookId}`;
  const some = [...new Set([...firstLeg.values()].filter((_, i) => i % 40 === 0).map(({ accountId }) => accountId))];
  const busy = [...firstLeg.values()]
    .filter(({ kind }) => ['payable', 'paid', 'available'].includes(kind))
    .map((of) => of.accountId);
  const wrong: string[] = [];
  let statements = 0;
  for (const accountId of [...busy, ...late.slice(0, 20).map(({ id }) => id), ...some]) {
    for (let i = 0; i < 4; i++) {
      const asOf = moments[below(moments.length)] ?? {};
      const from = often(0.5) ? addDays('2024-03-28', below(40)) : undefined;
      if (from !== undefined && asOf.day !== undefined && from > asOf.day) continue;
      statements++;
      const mine = legs.filter((leg) => leg.accountId === accountId && within(leg, asOf));
      const sum = (of: readonly Leg[]) => of.reduce((fen, { delta }) => fen + delta, 0n);
      let balance = sum(mine.filter((leg) => from !== undefined && leg.bookedOn < from));
      const expected = [`opens ${balance}`];
      for (const leg of mine.filter((of) => from === undefined || of.bookedOn >= from)) {
        balance += leg.delta;
        expected.push(`${leg.seq} ${leg.bookedOn} ${leg.delta} ${balance}`);
      }
      expected.push(`closes ${balance}`);
      const read: string[] = [];
      const limit = 7 + below(60);
      for (let after = 0n, more = true; more;) {
        const page = await readStatement(db, { bookId, accountId, from, asOf, after, limit });
        if (!page) throw new Error('no such account');
        if (read.length === 0) read.push(`opens ${page.period.openingFen}`);
        const lines = page.lines.slice(0, limit);
        let running = page.openingFen;
        for (const line of lines) {
          running += line.side === 'D' ? -line.amountFen : line.amountFen;
          read.push(`${line.seq} ${line.bookedOn} ${line.side === 'D' ? -line.amountFen : line.amountFen} ${line.afterFen}`);
          if (running !== line.afterFen) wrong.push(`page of ${accountId}`);
        }
        more = page.lines.length > limit;
        after = lines.at(-1)?.seq ?? 0n;
        if (!more) read.push(`closes ${page.period.closingFen}`);
      }
      if (read.join() !== expected.join()) wrong.push(`${accountId} from ${from ?? 'the first'} as of ${said(asOf)}`);
      const kept = await readBalance(db, { bookId, accountId, asOf });
      if (kept?.balanceFen !== sum(mine)) wrong.push(`balance of ${accountId} as of ${said(asOf)}`);
    }
  }
  t.ok(statements > 100);
  t.strictSame(wrong, [], `${statements} statements and balances`);

  await t.test('rollups made anew from the entries are those that were kept', async (t) => {
    const kept = () => service.owner.sql<{ line: string }[]>`
      select 'total ' || t::text as line from ledger_totals t union all
      select 'turnover ' || t::text from ledger_turnovers t union all
      select 'day ' || t::text from booked_days t union all
      select 'late ' || t::text from late_legs t order by 1`;
    const before = await kept();
    await service.owner.sql`select rebuild_rollups(${bookId})`;
    t.strictSame(await kept(), before);
    t.strictSame(await auditLedger(db, bookId), [], 'and the marks, which stand elsewhere, are right too');
    for (const asOf of moments.slice(4, 20)) {
      const { lines } = await readTrialBalance(db, bookId, asOf);
      const read = lines.map((of) => `${of.kind} ${of.fund ?? ''} ${of.accounts} ${of.debitsFen} ${of.creditsFen}`).sort();
      t.strictSame(read, trialByEntries(asOf), said(asOf));
    }
  });

  await t.test('the journal in plain text: every entry is in it, its balances are ours, and hledger accepts it', async (t) => {
    const finance = await book.member('finance');
    const answer = await finance.get('/ledger/journal');
    const journal = expectStatus(answer, 200) as string;
    const head = Number(answer.headers['ledger-seq']);
    const numbers = [...journal.matchAll(/^(?:; )?\d{4}-\d\d-\d\d \((\d+)\) /gm)].map(([, seq]) => Number(seq));
    t.strictSame(
      numbers,
      Array.from({ length: head }, (_, i) => i + 1),
      'no number is missing',
    );
    // Read by a reader of its own, not by what wrote it.
    const balances = new Map<string, bigint>();
    for (const [, account = '', sign, yuan, fen] of journal.matchAll(
      /^ {4}([a-z_]+:\S+) {2}(-?)(\d+)\.(\d\d) (?:CNY|QUOTA)$/gm,
    )) {
      const amount = BigInt(`${yuan}${fen}`) * (sign === '-' ? -1n : 1n);
      balances.set(account, (balances.get(account) ?? 0n) + amount);
    }
    const kept = await db.sql<{ code: string; fen: bigint }[]>`
      select code, credits_fen - debits_fen as fen from accounts where book_id = ${bookId}`;
    t.strictSame([...balances].sort(), kept.map(({ code, fen }): [string, bigint] => [code, fen]).sort());
    for (const { code } of kept) if (!journal.includes(`\naccount ${code}\n`)) t.fail(`${code} is not declared`);

    const early = String((await finance.get('/ledger/journal?asOfSeq=100')).body);
    t.match(early, /Balances as of entry 100\n/);
    t.notMatch(early, /\(101\)/);

    if (spawnSync('hledger', ['--version']).status !== 0) {
      t.comment('hledger is not installed here: what it would say of the journal was not asked');
      return;
    }
    const hledger = (text: string, ...args: string[]) =>
      spawnSync('hledger', ['-f', '-', ...args], { input: text, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    for (const text of [journal, early]) {
      const checked = hledger(text, 'check', '--strict');
      t.strictSame([checked.status, checked.stderr], [0, '']);
    }
    const read = hledger(journal, 'balance', '--flat', '--no-total', '--empty', '-O', 'csv', '--no-elide');
    const theirs = new Map(
      [...read.stdout.matchAll(/^"([^"]+)","(-?)(\d+)\.(\d\d) (?:CNY|QUOTA)"$/gm)].map(([, account = '', sign, yuan, fen]) => [
        account,
        BigInt(`${yuan}${fen}`) * (sign === '-' ? -1n : 1n),
      ]),
    );
    const differing = kept.filter(({ code, fen }) => (theirs.get(code) ?? 0n) !== fen);
    t.strictSame(differing, [], 'and its balances of all accounts are ours');
    t.ok(theirs.size > 10);
    const [line = ''] = /^ {4}payable:.*\n.*\n/m.exec(journal) ?? [];
    const tampered = journal.replace(line, line.replaceAll(/\d+\.\d\d/g, '0.01'));
    t.not(hledger(tampered, 'check').status, 0, 'a changed amount does not check');
  });

  await t.test('over HTTP: periods, files, and who may read them', async (t) => {
    const auditor = await book.member('auditor');
    const accountId = busy[0] ?? '';
    const url = `/ledger/accounts/${accountId}`;
    const april = expectStatus(await auditor.get(`${url}/statement?fromDay=2024-04-01&asOfDay=2024-04-30&limit=5`), 200);
    const before = expectStatus(await auditor.get(`${url}/balance?asOfDay=2024-03-31`), 200);
    const after = expectStatus(await auditor.get(`${url}/balance?asOfDay=2024-04-30`), 200);
    t.strictSame(april.period, { opening: before.balance, closing: after.balance });
    t.strictSame(april.opening, before.balance, 'the first page opens as the period does');
    t.match(await auditor.get(`${url}/statement?fromDay=2024-05-01&asOfDay=2024-04-30`), {
      status: 400,
      body: { errors: [{ pointer: '/asOfDay', code: 'PERIOD_ENDS_BEFORE_START' }] },
    });
    t.match(await auditor.get(`${url}/statement?asOfSeq=3&asOfDay=2024-04-30`), {
      status: 400,
      body: { errors: [{ code: 'AS_OF_ONE' }] },
    });

    const file = await auditor.get('/ledger/entries-file');
    const lines = String(file.body).split('\n');
    const ledgerSeq = Number(file.headers['ledger-seq']);
    t.strictSame([lines.length - 1, lines.at(-1)], [ledgerSeq, ''], 'every entry is a line');
    t.match(file.headers, {
      'content-type': /^application\/x-ndjson/,
      'content-disposition': /attachment; filename="test-entries-\d+\.ndjson"/,
    });
    const page = expectStatus(await auditor.get('/ledger/entries?after=1990&limit=20'), 200);
    t.strictSame(
      lines.slice(1990, 2010).map((line) => JSON.parse(line) as unknown),
      page.items,
      'over the seam of two slices',
    );
    const csv = String(
      (await auditor.get('/ledger/entries-file?format=csv&after=10', { headers: { 'accept-language': 'en' } })).body,
    );
    const rows = csv.split('\r\n');
    t.equal(rows[0], `\uFEFF${Object.keys(page.items[0] as object).join(',')}`);
    t.equal(rows.length, ledgerSeq - 10 + 2);
    t.match(rows[1], /^11,/);
    const statement = await auditor.get(`${url}/statement-file?format=csv&fromDay=2024-04-01&asOfDay=2024-04-30`);
    const balances = String(statement.body)
      .trim()
      .split('\r\n')
      .slice(1)
      .map((row) => row.split(',').at(-1));
    t.equal(balances.at(-1), april.period.closing, 'a statement file ends with the closing balance');
    const own = expectStatus(
      await auditor.get(`/ledger/entries-file?subjectId=${page.items[3].subjectId as string}`),
      200,
    ) as string;
    t.ok(
      own
        .trim()
        .split('\n')
        .every((line) => (JSON.parse(line) as { subjectId: string }).subjectId === page.items[3].subjectId),
    );
    t.match(await auditor.get('/ledger/accounts/01900000-0000-7000-8000-000000000000/statement-file'), { status: 404 });
    const provider = await book.member('provider', { uscc: '91410100MA0000007G' });
    for (const path of ['/ledger/entries-file', `${url}/statement-file`]) t.match(await provider.get(path), { status: 403 });
  });

  await t.test('a rollup that was touched is found', async (t) => {
    const off = (table: string, statement: string) =>
      `alter table ${table} disable trigger user; ${statement}; alter table ${table} enable trigger user`;
    for (const [table, statement] of [
      ['ledger_totals', `update ledger_totals set debits_fen = debits_fen + 1 where kind = 'paid'`],
      ['ledger_totals', `delete from ledger_totals where kind = 'reserved'`],
      ['ledger_turnovers', `update ledger_turnovers set credits_fen = credits_fen + 1 where span = 'MONTH' and kind = 'voucher'`],
      ['ledger_turnovers', `update ledger_turnovers set accounts = accounts + 1 where span = 'DAY' and kind = 'reserved'`],
      ['ledger_marks', `update ledger_marks set debits_fen = debits_fen + 1 where kind = 'reserved'`],
      ['ledger_marks', `delete from ledger_marks where kind = 'payable'`],
      ['booked_days', `update booked_days set first_seq = first_seq + 1 where booked_on = '2024-04-03'`],
      ['late_legs', `update late_legs set delta_fen = delta_fen + 1`],
      ['late_legs', `delete from late_legs`],
    ] as const) {
      await service.owner.sql.unsafe(off(table, statement));
      t.ok(
        (await auditLedger(db, bookId)).some(({ invariant }) => invariant === 1),
        statement,
      );
      await service.owner.sql`select rebuild_rollups(${bookId})`;
    }
    t.strictSame(await auditLedger(db, bookId), [], 'clean again');
  });

  await t.test('the service cannot write a rollup', async (t) => {
    for (const table of ['ledger_totals', 'ledger_turnovers', 'ledger_marks', 'booked_days', 'late_legs', 'settlement_totals']) {
      for (const statement of [
        `delete from ${table}`,
        `update ${table} set book_id = book_id`,
        `insert into ${table} select * from ${table}`,
      ]) {
        await t.rejects(db.sql.unsafe(statement), { code: '42501' }, statement);
      }
    }
    await t.rejects(db.sql`select rebuild_rollups(${bookId})`, { code: '42501' });
  });
});
