// The ledger and its lane against a real PostgreSQL, with verbs of its own: no knowledge of vouchers is needed.
import { createHash } from 'node:crypto';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import t from 'tap';
import { connect, sqlStateOf } from '../../db/client.js';
import { uuidv7 } from '../../src/identifiers.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { accountKinds, accountOf, fundOf } from '../../src/ledger/chart.js';
import { Facts, insert, note as noted, shelf, update } from '../../src/ledger/facts.js';
import type { Admission, Outcome, Slice, SliceOutcome, Verb } from '../../src/ledger/lane.js';
import { accepted, Lane, LaneFull, refused } from '../../src/ledger/lane.js';
import { gatherLimits, readLimit } from '../../src/ledger/limits.js';
import { listAccounts, listEntries, readBalance, readStatement, readTrialBalance } from '../../src/ledger/statements.js';
import { budgetLoaded, budgetMatched, limitCharged, voucherIssued } from '../../src/ledger/templates.js';
import { type TestDatabase, testDatabase } from '../database.js';

const fund = fundOf('test', 2024);
const open: Admission = { gather: () => Promise.resolve(), decide: ({ actor: who }) => who };
const actor = {
  memberId: uuidv7(new Date()),
  personId: uuidv7(new Date()),
  kind: 'PERSON',
  role: 'finance',
  legalPersonUscc: null,
} as const;
const at = (holder: string) => ({ limit: 'test.claimed', holder, window: '2024' });

/** Loads a budget that one funder carries alone. */
const load: Verb<{ amount: string }, object> = {
  name: 'test.load',
  money: true,
  gather: (loader) =>
    loader.accounts([accountOf.appropriation(fund, 'CITY'), accountOf.unmatched(fund, 'CITY'), accountOf.available(fund)]),
  decide({ id, body }) {
    const amountFen = BigInt(body.amount);
    return accepted({
      decision: 'test.loaded',
      subjectId: id,
      result: {},
      postings: [
        ...budgetLoaded({ fund, funder: 'CITY', amountFen }),
        ...budgetMatched({ fund, shares: [{ funder: 'CITY', amountFen }] }),
      ],
    });
  },
};

/** Takes an amount out of the pool for a holder whose limit is `law`. */
const take: Verb<{ amount: string; holder: string; law: string }, { left: string }> = {
  name: 'test.take',
  money: true,
  async gather(loader, commands) {
    await Promise.all([
      loader.accounts([accountOf.available(fund)]),
      gatherLimits(
        loader,
        commands.map(({ body }) => at(body.holder)),
      ),
      loader.accounts(commands.map(({ id }) => accountOf.voucher(id, fund))),
    ]);
  },
  decide({ id, body }, facts) {
    const amountFen = BigInt(body.amount);
    const limit = readLimit(facts, at(body.holder), BigInt(body.law));
    if (limit.leftFen < amountFen) return refused('FORBIDDEN', { role: 'limit' });
    if (facts.balance(accountOf.available(fund)) < amountFen) return refused('FORBIDDEN', { role: 'pool' });
    return accepted({
      decision: 'test.taken',
      subjectId: id,
      result: { left: (facts.balance(accountOf.available(fund)) - amountFen).toString() },
      postings: [...limit.funding, ...voucherIssued({ voucherId: id, fund, faceFen: amountFen, charges: [at(body.holder)] })],
    });
  },
};

const note: Verb<{ say: string }, { said: string }> = {
  name: 'test.note',
  money: false,
  gather: () => Promise.resolve(),
  decide: ({ id, body }) => {
    if (body.say === 'throw') throw new Error('a bug in a rule');
    return accepted({
      decision: 'test.noted',
      subjectId: id,
      result: { said: body.say },
      // A digest that is not 32 bytes: only the database sees it.
      ...(body.say === 'poison' ? { approvalDigest: 'ab' } : {}),
    });
  },
};

/** Gathers too little when it is not alone, as a verb may that meets what another command of its batch has just made. */
const alone = noted<boolean>('alone');
const shy: Verb<object, { alone: boolean }> = {
  name: 'test.shy',
  money: false,
  gather: async (loader, commands) => {
    if (commands.length === 1) loader.note(alone, '', true);
  },
  decide: ({ id }, facts) => accepted({ decision: 'test.shy', subjectId: id, result: { alone: facts.noted(alone, '') } }),
};

interface Bench {
  database: TestDatabase;
  bookId: string;
  lane: Lane;
  laneOn: (database: TestDatabase, options?: { maxQueue?: number; maxBatch?: number }) => Lane;
  send: <B, R>(verb: Verb<B, R>, body: B, key?: string, on?: Lane) => Promise<Outcome<R>>;
}

async function bench(t: { teardown(handler: () => Promise<void>): void }): Promise<Bench> {
  const made = await testDatabase(t);
  const bookId = uuidv7(new Date());
  const context = { book: bookId, legalPerson: null };
  const database = { ...made, db: made.db.as(context), owner: made.owner.as(context) };
  await database.owner
    .sql`select create_book(${bookId}, 'test', 'Test', '410100', '2024-01-01'::date, ${new Date('2024-01-01T00:00:00Z')}::timestamptz)`;
  const laneOn: Bench['laneOn'] = (on, options = {}) =>
    new Lane({
      db: on.db,
      readings: on.db,
      bookId,
      bookCode: 'test',
      clock: { now: () => new Date('2024-07-01T02:00:00Z') },
      admission: open,
      ...options,
    });
  const lane = laneOn(database);
  let n = 0;
  return {
    database,
    bookId,
    lane,
    laneOn,
    send: (verb, body, key = `k${++n}`, on = lane) =>
      on.submit(verb, { key, body, actor, requestDigest: createHash('sha256').update(JSON.stringify(body)).digest('hex') }),
  };
}

void t.test('the chart in code is the chart in the database', async (t) => {
  const { database } = await bench(t);
  const rows = await database.db.sql<
    { kind: string; measure: string; may_overdraw: boolean }[]
  >`select * from account_kinds order by kind`;
  t.strictSame(
    rows.map((row) => [row.kind, row.measure, row.may_overdraw]),
    Object.entries(accountKinds)
      .map(([kind, of]) => [kind, of.measure, of.mayOverdraw])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
});

void t.test(
  'hundreds of commands at once: one gapless sequence, nothing beyond the pool or a limit, refusals recorded',
  async (t) => {
    const { database, bookId, send } = await bench(t);
    await send(load, { amount: '100000' });
    // 40 holders × 10 takes of 1,000 with a limit of 5,000 each: 5 of 10 fit the limit, 100 of the 200 fit the pool.
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, (_, i) => send(take, { amount: '1000', holder: `h${i % 40}`, law: '5000' })),
    );
    const taken = outcomes.filter((o) => o.kind === 'accepted');
    t.equal(taken.length, 100);
    const entries = await listEntries(database.db, { bookId, after: 0n, limit: 10_000 });
    t.strictSame(
      entries.map((e) => e.seq),
      entries.map((_, i) => BigInt(i + 1)),
      'gapless from 1',
    );
    t.equal(entries.filter((e) => e.refusalCode === 'FORBIDDEN').length, 300, 'each refused money command is an entry');
    t.equal(
      (await listAccounts(database.db, { bookId, code: accountOf.available(fund).code, limit: 1 }))[0]?.creditsFen,
      100_000n,
    );
    const low = await database.db.sql`select 1 from entries e join accounts a on a.account_id = e.debit_account_id
    where e.book_id = ${bookId} and not a.may_overdraw and e.debit_after_fen < 0`;
    t.equal(low.length, 0, 'never below zero at any sequence');
    t.strictSame(await auditLedger(database.db, bookId), []);
    const seqs = taken.map((o) => (o.kind === 'accepted' ? o.result.ledgerSeq : 0));
    t.equal(new Set(seqs).size, 100, 'every answer carries its own ledger sequence');
  },
);

void t.test('one key, one outcome: equal answers at once and later, refusals too, another body refused', async (t) => {
  const { database, bookId, send } = await bench(t);
  await send(load, { amount: '5000' });
  const twenty = await Promise.all(
    Array.from({ length: 20 }, () => send(take, { amount: '100', holder: 'h', law: '1000' }, 'same')),
  );
  t.equal(twenty.filter((o) => !o.replayed).length, 1, 'one effect');
  t.equal(new Set(twenty.map((o) => JSON.stringify(o.kind === 'accepted' && o.result))).size, 1, 'twenty equal answers');
  const no = await send(take, { amount: '999999', holder: 'h', law: '1000' }, 'refused');
  t.match(no, { kind: 'refused', code: 'FORBIDDEN', params: { role: 'limit' }, replayed: false });
  t.match(await send(take, { amount: '999999', holder: 'h', law: '1000' }, 'refused'), {
    kind: 'refused',
    code: 'FORBIDDEN',
    replayed: true,
  });
  t.match(await send(take, { amount: '100', holder: 'other', law: '1000' }, 'same'), {
    kind: 'refused',
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
  const [row] = await database.db.sql<
    { n: bigint }[]
  >`select count(*) as n from entries where book_id = ${bookId} and kind = 'voucher.issued'`;
  t.equal(row?.n, 1n);
});

void t.test('a batch keeps going around a bug and around a command only the database refuses', async (t) => {
  const { database, bookId, send } = await bench(t);
  const says = ['a', 'throw', 'b', 'poison', 'c', 'd', 'poison', 'e'];
  const outcomes = await Promise.allSettled(says.map((say) => send(note, { say })));
  t.strictSame(
    outcomes.map((o) => o.status),
    says.map((say) => (say.length === 1 ? 'fulfilled' : 'rejected')),
  );
  t.strictSame(
    (await listEntries(database.db, { bookId, after: 0n, limit: 100 })).map((e) => e.seq),
    [1n, 2n, 3n, 4n, 5n],
  );
  t.strictSame(await auditLedger(database.db, bookId), []);
});

void t.test('what could not be decided in the midst of its batch is decided alone', async (t) => {
  const { database, bookId, send } = await bench(t);
  const outcomes = await Promise.all([send(note, { say: 'a' }), send(shy, {}), send(note, { say: 'b' }), send(shy, {})]);
  t.strictSame(
    outcomes.map((o) => o.kind === 'accepted' && o.result.ledgerSeq),
    [1, 3, 2, 4],
  );
  t.strictSame(await auditLedger(database.db, bookId), []);
});

void t.test('two processes on one book share one sequence', async (t) => {
  const { database, bookId, laneOn, lane, send } = await bench(t);
  const other = connect({ url: database.urls.app });
  t.teardown(() => other.close(1));
  const second = laneOn({ ...database, db: other });
  await send(load, { amount: '60000' });
  const outcomes = await Promise.all(
    Array.from({ length: 120 }, (_, i) =>
      send(take, { amount: '1000', holder: `h${i % 3}`, law: '25000' }, `p${i}`, i % 2 === 0 ? lane : second),
    ),
  );
  t.equal(outcomes.filter((o) => o.kind === 'accepted').length, 60, 'the pool paid 60 and no more');
  t.strictSame(await auditLedger(database.db, bookId), []);
});

void t.test('connections killed under load: every command has one outcome and one effect', async (t) => {
  const { database, bookId, send } = await bench(t);
  await send(load, { amount: '1000000' });
  let killing = true;
  const killer = (async () => {
    for (let i = 0; killing && i < 12; i++) {
      await new Promise((resolve) => setTimeout(resolve, 15));
      await database.admin.sql`select pg_terminate_backend(pid) from pg_stat_activity
        where usename = 'voucher_app' and datname = current_database()`;
    }
  })();
  const outcomes: Outcome<unknown>[] = [];
  for (let round = 0; round < 8; round++) {
    outcomes.push(
      ...(await Promise.all(
        Array.from({ length: 40 }, (_, i) => send(take, { amount: '10', holder: `h${i}`, law: '100000' }, `r${round}-${i}`)),
      )),
    );
  }
  killing = false;
  await killer;
  t.equal(outcomes.filter((o) => o.kind === 'accepted').length, 320);
  const [row] = await database.db.sql<
    { n: bigint }[]
  >`select count(*) as n from entries where book_id = ${bookId} and kind = 'voucher.issued'`;
  t.equal(row?.n, 320n);
  t.strictSame(await auditLedger(database.db, bookId), []);
});

void t.test('the queue is bounded, and a closing lane finishes what it has taken', async (t) => {
  const { database, laneOn, send } = await bench(t);
  const small = laneOn(database, { maxQueue: 3, maxBatch: 1 });
  const all = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => send(note, { say: 'x' }, `q${i}`, small)));
  t.ok(all.some((o) => o.status === 'rejected' && o.reason instanceof LaneFull));
  const last = send(note, { say: 'y' }, 'last', small);
  const closed = small.close();
  await t.rejects(send(note, { say: 'z' }, 'late', small), { name: 'LaneClosed' });
  t.match(await last, { kind: 'accepted', result: { said: 'y' } });
  await closed;
});

/** Lines of a file: one that says `refuse` is refused. */
const lines: Verb<{ say: string }, { said: string }> = {
  ...note,
  name: 'test.line',
  decide: (command, facts) =>
    command.body.say === 'refuse' ? refused('FORBIDDEN', { role: 'line' }) : note.decide(command, facts),
};
const sliceOf = (says: string[], of: Partial<Slice<{ say: string }>> = {}): Slice<{ say: string }> => ({
  bodies: says.map((say) => ({ say })),
  actor,
  key: `slice:${says.join()}`,
  requestDigest: createHash('sha256').update(says.join()).digest('hex'),
  allOrNothing: false,
  ...of,
});

void t.test('a slice is decided line by line, is written once, and says what became of each line', async (t) => {
  const { database, bookId, lane, laneOn } = await bench(t);
  const count = async () => (await listEntries(database.db, { bookId, after: 0n, limit: 100 })).length;
  const first = await lane.submitSlice(lines, sliceOf(['a', 'refuse', 'c']));
  t.match(first, {
    kind: 'decided',
    written: true,
    ledgerSeq: 2,
    lines: [{ kind: 'accepted', result: { said: 'a' } }, { kind: 'refused', code: 'FORBIDDEN' }, { kind: 'accepted' }],
  });
  t.strictSame(await lane.submitSlice(lines, sliceOf(['a', 'refuse', 'c'])), { kind: 'replayed' });
  t.equal(await count(), 2, 'an entry for each line that was accepted, once');

  const nothing = await lane.submitSlice(lines, sliceOf(['d', 'refuse'], { allOrNothing: true }));
  t.match(nothing, { kind: 'decided', written: false, lines: [{ kind: 'accepted' }, { kind: 'refused' }] });
  t.equal(await count(), 2, 'all or nothing: nothing');
  t.match(await lane.submitSlice(lines, sliceOf(['d', 'e'], { allOrNothing: true })), { written: true, ledgerSeq: 4 });

  const held = await lane.submitSlice(
    lines,
    sliceOf(['f'], {
      record: { gather: () => Promise.resolve(), admit: () => refused('FORBIDDEN', { role: 'job' }), decide: () => [] },
    }),
  );
  t.match(held, { kind: 'refused', params: { role: 'job' } }, 'what is recorded with it may refuse the whole');
  t.equal(await count(), 4);
  await t.rejects(lane.submitSlice(lines, sliceOf(['g', 'throw'])), { message: 'a verb could not decide' });
  t.equal(await count(), 4, 'a bug in one line writes nothing of the slice');
  t.match(await lane.dryRunSlice(lines, { bodies: [{ say: 'h' }, { say: 'refuse' }], actor }), [
    { kind: 'accepted' },
    { kind: 'refused' },
  ]);
  t.equal(await count(), 4);

  const other = connect({ url: database.urls.app });
  t.teardown(() => other.close(1));
  const race = sliceOf(['x', 'y', 'z']);
  const kinds = await Promise.all(
    [lane, laneOn({ ...database, db: other })].map(async (on) => (await on.submitSlice(lines, race)).kind),
  );
  t.strictSame(kinds.sort(), ['decided', 'replayed'], 'two processes, one slice');
  t.equal(await count(), 7);
});

void t.test('people go before files, and files are not forgotten', async (t) => {
  const { database, laneOn, send } = await bench(t);
  const lane = laneOn(database, { maxBatch: 1 });
  // By the sequence of the book: when an answer is told says nothing of the order in which it was written.
  const order: string[] = [];
  const at = (who: string) => (outcome: Outcome<object> | SliceOutcome<object>) => {
    const { ledgerSeq = 0 } = outcome.kind === 'accepted' ? outcome.result : outcome.kind === 'decided' ? outcome : {};
    order[ledgerSeq] = who;
  };
  const all = [send(note, { say: 'first' }, 'p', lane).then(at('p'))];
  for (let i = 0; i < 2; i++) all.push(lane.submitSlice(lines, sliceOf([`s${i}`])).then(at('s')));
  for (let i = 0; i < 24; i++) all.push(send(note, { say: 'x' }, `p${i}`, lane).then(at('p')));
  await Promise.all(all);
  t.equal(order.join(''), 'pppppppps' + 'pppppppps' + 'ppppppppp', 'a slice after eight batches, though people still wait');
});

void t.test('what is made of rows is kept until a table that it looked at has another row', (t) => {
  const facts = new Facts('book', 'BOOK');
  const [looked, other] = ['looked', 'other'].map((name) =>
    shelf(pgTable(name, { bookId: text(), id: text(), n: integer() }), { rank: 0, id: 'id', mutable: ['n'] }),
  );
  const row = (n: number) => ({ bookId: 'book', id: 'a', n });
  const put = (of: typeof looked, n: number, change = update) => of && facts.apply(change(of, row(n)));
  let made = 0;
  const inner = () => facts.kept('inner', () => (++made, looked && facts.get(looked, 'a')?.n));
  const outer = () => facts.kept('outer', () => [inner()]);
  put(looked, 1, insert);
  put(other, 1, insert);
  t.strictSame([outer(), outer(), inner(), made], [[1], [1], 1, 1], 'made once');
  put(other, 2);
  t.strictSame([outer(), made], [[1], 1], 'another table is nothing to it');
  put(looked, 3);
  t.strictSame([outer(), inner(), made], [[3], 3, 2], 'made anew, and what was made of it too');
  facts.learnAccount(accountOf.available(fund), null);
  t.throws(() => facts.kept('balance', () => facts.balance(accountOf.available(fund))), /moves/, 'no balance is kept');
  t.equal(facts.balance(accountOf.available(fund)), 0n, 'and may be asked for again');
  t.end();
});

void t.test('a lane that was overtaken looks again', async (t) => {
  const { database, laneOn, lane, send } = await bench(t);
  const other = connect({ url: database.urls.app });
  t.teardown(() => other.close(1));
  const second = laneOn({ ...database, db: other });
  await send(load, { amount: '1000' });
  for (const [i, on] of [lane, second, lane, lane, second, second].entries()) {
    const outcome = await send(take, { amount: '100', holder: 'h', law: '500' }, `o${i}`, on);
    t.match(outcome, i < 5 ? { kind: 'accepted', result: { left: String(900 - 100 * i) } } : { kind: 'refused' });
  }
});

/** How many entries the book has, as the database says while gathering. */
const countOfEntries = noted<number>('entries');
const countEntries: Verb<object, { entries: number }> = {
  name: 'test.count',
  money: false,
  gather: async (loader) => {
    const rows = await loader.tx.sql<{ n: number }[]>`select count(*)::int as n from entries where book_id = ${loader.bookId}`;
    loader.note(countOfEntries, '', rows[0]?.n ?? -1);
  },
  decide: ({ id }, facts) =>
    accepted({ decision: 'test.counted', subjectId: id, result: { entries: facts.noted(countOfEntries, '') } }),
};

/** Holds back whatever writes entries, while reads go on, until it is let go. `waiting(n)` resolves when n sessions wait. */
async function heldBack({ owner, admin }: TestDatabase) {
  let letGo = (): void => undefined;
  const released = new Promise<void>((resolve) => (letGo = resolve));
  const held = await new Promise<{ ended: Promise<void> }>((resolve, reject) => {
    const ended = owner.begin(async (tx) => {
      await tx.sql`lock table entries in share mode`;
      // In an object, for a promise resolved with a promise would wait for it.
      resolve({ ended });
      await released;
    });
    ended.catch(reject);
  });
  return {
    async letGo() {
      letGo();
      await held.ended;
    },
    async waiting(n: number): Promise<number[]> {
      for (let i = 0; i < 500; i++) {
        const rows = await admin.sql<{ pid: number }[]>`
          select pid from pg_stat_activity where usename = 'voucher_app' and datname = current_database() and wait_event_type = 'Lock'
           order by xact_start`;
        if (rows.length === n) return rows.map(({ pid }) => pid);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error(`there were never ${n} sessions that wait`);
    },
  };
}

void t.test('while a batch is written, the next is decided on what it will leave', async (t) => {
  const { database, bookId, send } = await bench(t);
  const spend = (amount: string, key: string) => send(take, { amount, holder: 'h', law: '5000' }, key);
  await send(load, { amount: '1000' });
  await spend('10', 'known');

  const held = await heldBack(database);
  const first = spend('590', 'a');
  await held.waiting(1);
  const second = [spend('300', 'b'), spend('590', 'a'), spend('101', 'c')];
  await held.waiting(2);
  t.equal((await listEntries(database.db, { bookId, after: 0n, limit: 100 })).length, 5, 'neither is written');
  const third = spend('100', 'd');
  await held.letGo();

  t.match(await first, { kind: 'accepted', result: { left: '400', ledgerSeq: 7 }, replayed: false });
  t.match(await Promise.all(second), [
    { kind: 'accepted', result: { left: '100', ledgerSeq: 9 }, replayed: false },
    { kind: 'accepted', result: { left: '400', ledgerSeq: 7 }, replayed: true },
    { kind: 'refused', params: { role: 'pool' } },
  ]);
  t.match(await third, { kind: 'accepted', result: { left: '0' } });
  t.strictSame(await auditLedger(database.db, bookId), []);
});

void t.test('what was decided on a batch that is then lost is decided again behind it', async (t) => {
  const { database, bookId, send } = await bench(t);
  const spend = (amount: string, key: string) => send(take, { amount, holder: 'h', law: '5000' }, key);
  await send(load, { amount: '1000' });
  await spend('10', 'known');

  const held = await heldBack(database);
  const all = [spend('590', 'a')];
  await held.waiting(1);
  all.push(spend('300', 'b'));
  const [first] = await held.waiting(2);
  await database.admin.sql`select pg_terminate_backend(${first ?? 0})`;
  await held.letGo();
  const outcomes = await Promise.all(all);
  t.strictSame(
    outcomes.map((outcome) => outcome.kind),
    ['accepted', 'accepted'],
  );
  const left = outcomes.map((outcome) => (outcome.kind === 'accepted' ? outcome.result.left : ''));
  t.strictSame(left, ['400', '100']);
  t.equal((await listEntries(database.db, { bookId, after: 0n, limit: 100 })).length, 9, 'each is written once');
  t.strictSame(await auditLedger(database.db, bookId), []);
});

void t.test('what was decided behind a batch is decided again when another process has written since', async (t) => {
  const { database, bookId, laneOn, send } = await bench(t);
  const other = connect({ url: database.urls.app });
  t.teardown(() => other.close(1));
  const second = laneOn({ ...database, db: other });
  const spend = (amount: string, key: string, on?: Lane) => send(take, { amount, holder: 'h', law: '5000' }, key, on);
  await send(load, { amount: '1000' });
  await spend('10', 'known');

  const held = await heldBack(database);
  const all = [spend('590', 'a')];
  await held.waiting(1);
  all.push(spend('400', 'theirs', second));
  await held.waiting(2);
  all.push(spend('300', 'b'));
  await held.waiting(3);
  await held.letGo();
  const outcomes = await Promise.all(all);
  t.strictSame(
    outcomes.map((outcome) => (outcome.kind === 'accepted' ? outcome.result.left : outcome.params['role'])),
    ['400', '0', 'pool'],
  );
  t.strictSame(await auditLedger(database.db, bookId), []);
});

void t.test('a slice is decided while the one before is written, and people behind it too', async (t) => {
  const { database, bookId, lane, send } = await bench(t);
  await send(note, { say: 'known' });
  for (let i = 0; i < 4; i++) await lane.submitSlice(lines, sliceOf([`alone ${i}`]));
  for (const next of [() => lane.submitSlice(lines, sliceOf(['c', 'refuse', 'd'])), () => send(note, { say: 'e' })]) {
    const held = await heldBack(database);
    const first = lane.submitSlice(lines, sliceOf(['a', 'b'], { key: uuidv7(new Date()) }));
    await held.waiting(1);
    const second = next();
    await held.waiting(2);
    await held.letGo();
    t.match(await first, { kind: 'decided', written: true });
    t.match((await second).kind, /decided|accepted/);
  }
  t.strictSame(await auditLedger(database.db, bookId), []);
});

void t.test('a slice whose hold fails is not written', async (t) => {
  const { database, bookId, lane, send } = await bench(t);
  await send(note, { say: 'known' });
  const record = { gather: () => Promise.resolve(), admit: () => null, decide: () => [] };
  const hold = { text: 'select 1 / $1::int', parameters: [0] };
  await t.rejects(lane.submitSlice(lines, sliceOf(['a'], { record: { ...record, hold } })), { code: '22012' });
  t.equal((await listEntries(database.db, { bookId, after: 0n, limit: 100 })).length, 1);
});

void t.test('a verb with a question of its own waits for the answer that includes what is underway', async (t) => {
  const { database, send } = await bench(t);
  await send(load, { amount: '1000' });
  await send(note, { say: 'known' });
  const held = await heldBack(database);
  const first = send(note, { say: 'underway' });
  await held.waiting(1);
  const second = send(countEntries, {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  await held.letGo();
  t.match(await first, { kind: 'accepted' });
  t.match(await second, { kind: 'accepted', result: { entries: 4, ledgerSeq: 5 } });
});

void t.test('a dry run decides and records nothing', async (t) => {
  const { database, bookId, lane, send } = await bench(t);
  await send(load, { amount: '700' });
  const before = (await listEntries(database.db, { bookId, after: 0n, limit: 100 })).length;
  const outcome = await lane.dryRun(take, {
    body: { amount: '200', holder: 'h', law: '1000' },
    actor,
    requestDigest: '00'.repeat(32),
  });
  t.match(outcome, { kind: 'accepted', result: { left: '500' } });
  t.equal((await listEntries(database.db, { bookId, after: 0n, limit: 100 })).length, before);
});

void t.test('what the database itself refuses', async (t) => {
  const { database, bookId, send } = await bench(t);
  await send(load, { amount: '500' });
  await send(take, { amount: '200', holder: 'h', law: '1000' });
  const { db, owner } = database;
  const state = async (work: () => Promise<unknown>): Promise<string | undefined> => {
    try {
      await work();
      return 'written';
    } catch (error) {
      return sqlStateOf(error);
    }
  };
  const id = uuidv7(new Date());
  const [pool] = await listAccounts(db, { bookId, code: accountOf.available(fund).code, limit: 1 });
  const [voucher] = await listAccounts(db, { bookId, kind: 'voucher', limit: 1 });
  const [quota] = await listAccounts(db, { bookId, kind: 'allowance', limit: 1 });
  const head = async (): Promise<bigint> =>
    (await db.sql<{ seq: bigint }[]>`select seq from book_heads where book_id = ${bookId}`)[0]?.seq ?? 0n;
  const digest = '00'.repeat(32);
  const post = (of: {
    head: bigint;
    kinds: string[];
    debits: (string | null)[];
    credits: (string | null)[];
    amounts: (bigint | null)[];
    lane?: boolean;
  }) =>
    db.begin(async ({ sql }) => {
      if (of.lane ?? true) await sql`select from open_lane(${bookId})`;
      const none = of.kinds.map(() => null);
      await sql`select post_entries(${bookId}, ${of.head}, now(), '{}', '{}', '{}', '{}', ${[id]}::uuid[], ${[id]}::uuid[], ${[id]}::uuid[],
        ${[digest]}::text[], ${[null]}::text[], ${of.kinds.map(() => 1)}::int[], ${of.kinds}::text[], ${of.kinds.map(() => '2024-07-01')}::date[],
        ${none}::uuid[], ${none}::text[], ${none}::text[], null, ${of.debits}::uuid[], ${of.credits}::uuid[], ${of.amounts}::bigint[])`;
    });
  const p = pool?.accountId ?? '';
  const v = voucher?.accountId ?? '';
  const a = quota?.accountId ?? '';
  const one = async (kind: 'limit' | 'used') => (await listAccounts(db, { bookId, kind, limit: 1 }))[0]?.accountId;
  const table: [string, string, () => Promise<unknown>][] = [
    [
      'an insert into entries by the application',
      '42501',
      () => db.sql`insert into entries (book_id, seq) values (${bookId}, 99)`,
    ],
    [
      'an update of a balance by the application',
      '42501',
      () => db.sql`update accounts set credits_fen = 0 where book_id = ${bookId}`,
    ],
    ['an update of the head by the application', '42501', () => db.sql`update book_heads set seq = 7 where book_id = ${bookId}`],
    [
      'a new book by the application',
      '42501',
      () => db.sql`select create_book(${id}, 'other', 'x', '410100', '2024-01-01', now())`,
    ],
    ['a delete of an outcome by the application', '42501', () => db.sql`delete from outcomes where book_id = ${bookId}`],
    ['an update of an entry by the owner', 'VL001', () => owner.sql`update entries set amount_fen = 1 where book_id = ${bookId}`],
    ['a delete of entries by the owner', 'VL001', () => owner.sql`delete from entries where book_id = ${bookId}`],
    ['a truncate of entries by the owner', 'VL001', () => owner.sql`truncate entries`],
    [
      'an update of an outcome by the owner',
      'VL001',
      () => owner.sql`update outcomes set accepted = true where book_id = ${bookId}`,
    ],
    ['a delete of an account by the owner', 'VL001', () => owner.sql`delete from accounts where book_id = ${bookId}`],
    [
      'a write outside a lane, by the owner',
      'VL002',
      () => owner.sql`update accounts set credits_fen = credits_fen + 1 where book_id = ${bookId}`,
    ],
    [
      'a fact outside a lane',
      'VL002',
      () => db.sql`insert into persons (book_id, person_id, name, recorded_at) values (${bookId}, ${id}, 'x', now())`,
    ],
    [
      'an outcome outside a lane',
      'VL002',
      () =>
        db.sql`insert into outcomes values (${bookId}, ${id}, 'k', ${id}, 'v', decode(${digest}, 'hex'), true, '{}', 1, now())`,
    ],
    [
      'entries outside a lane',
      'VL002',
      async () => post({ head: await head(), kinds: ['x'], debits: [null], credits: [null], amounts: [null], lane: false }),
    ],
    [
      'a lane behind a batch that did not leave the head where it is',
      'VL005',
      () => db.sql`select open_lane_behind(${bookId}, ${id}, '2024-01-01')`,
    ],
    [
      'a lane behind the last batch, by another first open day than the book has',
      'VL005',
      () => db.sql`select open_lane_behind(${bookId}, (select batch_id from book_heads where book_id = ${bookId}), '2024-02-01')`,
    ],
    ['a lane of a book that does not exist', 'VL003', () => db.sql`select from open_lane(${id})`],
    [
      'a sequence that is not the next',
      'VL004',
      async () => post({ head: (await head()) - 1n, kinds: ['x'], debits: [null], credits: [null], amounts: [null] }),
    ],
    [
      'a posting that does not exist',
      'VL004',
      async () => post({ head: await head(), kinds: ['settlement.paid'], debits: [p], credits: [v], amounts: [1n] }),
    ],
    [
      'a posting between money and quota',
      'VL004',
      async () =>
        post({ head: await head(), kinds: ['voucher.issued'], debits: [p], credits: [quota?.accountId ?? ''], amounts: [1n] }),
    ],
    [
      'an overdraft',
      '23514',
      async () => post({ head: await head(), kinds: ['voucher.issued'], debits: [p], credits: [v], amounts: [301n] }),
    ],
    [
      'an overdraft at its own sequence, though the next entry makes it good',
      'VL004',
      async () =>
        post({
          head: await head(),
          kinds: ['limit.charged', 'limit.funded'],
          debits: [a, (await one('limit')) ?? ''],
          credits: [(await one('used')) ?? '', a],
          amounts: [900n, 900n],
        }),
    ],
    [
      'an amount below zero',
      '23514',
      async () => post({ head: await head(), kinds: ['voucher.issued'], debits: [p], credits: [v], amounts: [-1n] }),
    ],
    [
      'half a transfer',
      'VL004',
      async () => post({ head: await head(), kinds: ['voucher.issued'], debits: [p], credits: [null], amounts: [1n] }),
    ],
  ];
  for (const [what, code, work] of table) t.equal(await state(work), code, what);
  t.equal(
    await state(async () => post({ head: await head(), kinds: ['voucher.issued'], debits: [p], credits: [v], amounts: [300n] })),
    'written',
    'the whole pool, to the fen',
  );
});

void t.test('statements and balances as of a sequence and as of a booked day', async (t) => {
  const { database, bookId, send } = await bench(t);
  const first = await send(load, { amount: '1000' });
  const spent: number[] = [];
  for (const amount of ['100', '200', '300']) {
    const outcome = await send(take, { amount, holder: 'h', law: '1000' });
    spent.push(outcome.kind === 'accepted' ? outcome.result.ledgerSeq : 0);
  }
  const [pool] = await listAccounts(database.db, { bookId, code: accountOf.available(fund).code, limit: 1 });
  const accountId = pool?.accountId ?? '';
  const balance = async (asOf: { seq?: bigint; day?: string }) =>
    (await readBalance(database.db, { bookId, accountId, asOf }))?.balanceFen;
  t.equal(await balance({}), 400n);
  t.equal(await balance({ seq: 0n }), 0n);
  t.equal(await balance({ seq: BigInt(first.kind === 'accepted' ? first.result.ledgerSeq : 0) }), 1000n);
  t.equal(await balance({ seq: BigInt(spent[1] ?? 0) }), 700n);
  t.equal(await balance({ day: '2024-06-30' }), 0n, 'the day before: nothing');
  t.equal(await balance({ day: '2024-07-01' }), 400n, 'a booked day is inclusive');
  const page = await readStatement(database.db, { bookId, accountId, after: 0n, limit: 2 });
  t.strictSame(
    page?.lines.slice(0, 2).map((line) => [line.side, line.amountFen, line.afterFen]),
    [
      ['C', 1000n, 1000n],
      ['D', 100n, 900n],
    ],
  );
  const rest = await readStatement(database.db, { bookId, accountId, after: page?.lines[1]?.seq ?? 0n, limit: 10 });
  t.equal(rest?.openingFen, 900n);
  t.equal(rest?.lines.at(-1)?.afterFen, 400n);
  t.equal(await readStatement(database.db, { bookId, accountId: bookId, after: 0n, limit: 1 }), null);
  const now = await readTrialBalance(database.db, bookId, {});
  const then = await readTrialBalance(database.db, bookId, { seq: now.headSeq });
  t.strictSame(then.lines, now.lines, 'recomputed from entries equals the kept totals');
  t.equal((await readTrialBalance(database.db, bookId, { day: '2024-06-30' })).lines.length, 0);
});

void t.test('the audit finds what is planted', async (t) => {
  const { database, bookId, send } = await bench(t);
  await send(load, { amount: '1000' });
  await send(take, { amount: '100', holder: 'h', law: '1000' });
  const { owner } = database;
  /** As somebody who owns the tables and switches the guards off would. */
  const plant = (statement: string) => owner.sql.unsafe(statement);
  const off = (table: string, statement: string) =>
    `alter table ${table} disable trigger user; ${statement}; alter table ${table} enable trigger user`;
  const planted: [number, RegExp, string][] = [
    [
      1,
      /^available:.*: kept/,
      off('accounts', `update accounts set debits_fen = debits_fen + 1, credits_fen = credits_fen + 1 where kind = 'available'`),
    ],
    [1, /^book: debits/, off('accounts', `update accounts set debits_fen = debits_fen + 1 where kind = 'available'`)],
    [3, /: balances add up to -1$/, 'select'],
    [
      2,
      /^available:.* at \d+: kept/,
      off('entries', `update entries set debit_after_fen = debit_after_fen + 1 where kind = 'voucher.issued'`),
    ],
    [
      2,
      /^available:.*: its kind says otherwise/,
      off('accounts', `update accounts set may_overdraw = not may_overdraw where kind = 'available'`),
    ],
    [
      3,
      /^entry \d+: budget\.loaded from available:/,
      off('entries', `update entries set kind = 'budget.loaded' where kind = 'voucher.issued'`),
    ],
    [7, /^book: head \d+, last/, off('entries', `delete from entries where seq = (select max(seq) from entries)`)],
    [8, /: outcome of test\.take names entry/, 'select'],
    [8, /: entries \d+ to \d+ have no outcome$/, off('outcomes', `delete from outcomes where verb = 'test.load'`)],
    [
      8,
      /: key twice has 2 outcomes$/,
      `alter table outcomes drop constraint outcomes_pkey; ${off(
        'outcomes',
        `insert into outcomes select (jsonb_populate_record(o, jsonb_build_object('command_id', gen_random_uuid()))).* from outcomes o limit 1;
         update outcomes set key = 'twice'`,
      )}`,
    ],
  ];
  t.strictSame(await auditLedger(database.db, bookId), [], 'clean before');
  for (const [invariant, told, statement] of planted) {
    await plant(statement);
    const found = await auditLedger(database.db, bookId);
    t.ok(
      found.some((of) => of.invariant === invariant && told.test(`${of.subject}: ${of.detail}`)),
      `${invariant}: ${told.source}`,
      { found },
    );
  }
});

void t.test('a limit raised by law adds the difference, a lowered one leaves what is not spent', async (t) => {
  const { database, bookId, send } = await bench(t);
  await send(load, { amount: '10000' });
  t.match(await send(take, { amount: '600', holder: 'h', law: '1000' }), { kind: 'accepted' });
  t.match(await send(take, { amount: '500', holder: 'h', law: '1000' }), { kind: 'refused' });
  t.match(await send(take, { amount: '500', holder: 'h', law: '1200' }), { kind: 'accepted' }, 'raised');
  t.match(
    await send(take, { amount: '50', holder: 'h', law: '1120' }),
    { kind: 'refused' },
    'lowered to 1120 with 1100 spent: 20 are left',
  );
  t.match(await send(take, { amount: '20', holder: 'h', law: '1120' }), { kind: 'accepted' });
  t.strictSame(limitCharged({ at: at('h'), amountFen: 0n }), [], 'nothing moves nothing');
  t.strictSame(await auditLedger(database.db, bookId), []);
});
