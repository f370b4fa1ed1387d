// Every address of the service, by everybody: who is nobody gets 401, who has the wrong role 403, and what belongs to another firm answers
// like what does not exist. A POST has an empty body here, so that one which asks for more says no more than that. The addresses come
// from the service's own description, the things from its own tables.
import { createHash, randomUUID } from 'node:crypto';
import t from 'tap';
import { role as everyRole } from '../../schemas/access.js';
import { makeUscc } from '../../src/identifiers.js';
import type { Answer, Caller } from '../service.js';
import { settle, startWorld } from '../settlements/world.js';
import { signUp } from '../sign-in/world.js';

interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the book, with `{id}` as it is described. */
  readonly url: string;
  readonly open: boolean;
  /** The download of a list. */
  readonly ofList: boolean;
  /** Asks for a second factor. */
  readonly stepUp: boolean;
}

const methodsAsked: Readonly<Record<string, Operation['method']>> = { get: 'GET', post: 'POST', delete: 'DELETE' };

/** What any member of the book may look up: the law, who offers what, what is on public notice. */
const shownToAll = ['/programmes', '/programme-versions', '/providers', '/facilities', '/calendars', '/notices', '/listings'];

/**
 * Who may do the steps that move money, rights or the law, written down from the domain's table of roles and not from the routes: who makes,
 * who approves and who pays are different roles, the operator decides no money, the trade does its own part alone, and an auditor does nothing.
 */
const allotted: Readonly<Record<string, readonly string[]>> = {
  '/applications': ['enterprise'],
  '/applications/{id}/review': ['reviewer'],
  '/applications/{id}/approve': ['approver'],
  '/redemptions': ['enterprise'],
  '/redemptions/{id}/verify': ['reviewer'],
  '/redemptions/{id}/reverse': ['approver'],
  '/usage-invoices': ['provider'],
  '/allocations': ['reviewer'],
  '/allocations/{id}/approve': ['approver'],
  '/appropriations': ['finance'],
  '/settlements': ['finance'],
  '/settlements/{id}/approve': ['approver'],
  '/settlements/{id}/instruct': ['finance_approver'],
  '/vouchers/{id}/cancel': ['approver'],
  '/vouchers/{id}/revoke': ['approver'],
  '/recoveries/{id}/open': ['approver'],
  '/programmes/{id}/activate': ['approver'],
  '/members': ['operator'],
  '/members/{id}/confirm': ['operator', 'approver'],
  '/members/{id}/keys': ['operator'],
  '/keys/{id}/rotate': ['operator'],
  '/keys/{id}/revoke': ['operator'],
};

/** A problem without what differs from one request to the next. */
const bareOf = ({ status, body, headers }: Answer): unknown => {
  const { instance: _, ...rest } = body as Record<string, unknown>;
  const { date, ...told } = headers;
  return {
    status,
    rest,
    told: Object.keys(told)
      .filter((name) => !name.startsWith('ratelimit'))
      .sort(),
    type: told['content-type'],
    dated: typeof date,
  };
};

void t.test('the matrix: every route, every role, own, another’s and none', async (t) => {
  const world = await startWorld(t, { providers: 2, withAccount: 2 });
  const { book } = world;
  const prefix = `/v1/books/${book.code}`;
  await world.approve([
    { provider: 0, approvedOn: '2024-06-10', amountFen: 1_000_00n },
    { provider: 1, approvedOn: '2024-06-11', amountFen: 2_000_00n },
  ]);
  const { settlementId: thing } = await settle(world, 'INSTRUCTED');

  const described = (await world.call('GET', '/openapi.json')).body as {
    paths: Record<string, Record<string, { security?: unknown[]; summary?: string; description?: string }>>;
  };
  const operations: Operation[] = Object.entries(described.paths).flatMap(([path, methods]) =>
    path.startsWith('/v1/books/{book}')
      ? Object.entries(methods).flatMap(([method, { security, summary = '', description = '' }]) => {
          const url = path.slice('/v1/books/{book}'.length);
          const known = methodsAsked[method];
          const stepUp = description.startsWith('Asks for a second factor');
          return known
            ? [{ method: known, url, open: security?.length === 0, ofList: summary.startsWith('As one file'), stepUp }]
            : [];
        })
      : [],
  );
  const fill = (url: string, id: string) => url.replace(/\{[a-zA-Z]+\}/g, (name) => (name === '{id}' ? id : 'nothing-of-this'));
  const ask = ({ method, url }: Operation, secret: string | undefined, id: string = randomUUID()) =>
    world.call(method, `${prefix}${fill(url, id)}`, {
      ...(secret === undefined ? {} : { secret }),
      ...(method === 'POST' ? { body: {} } : {}),
    });
  let cells = 0;

  await t.test('401 for nobody, for a wrong secret and for a key of another book, all three alike', async (t) => {
    const other = await world.newBook('another');
    const wrong = `${book.operator.secret.slice(0, -4)}AAAA`;
    const found: string[] = [];
    for (const operation of operations.filter(({ open, url }) => !open && !url.endsWith('/events'))) {
      const answers = [
        await ask(operation, undefined, book.bookId),
        await ask(operation, wrong, book.bookId),
        await ask(operation, other.operator.secret, book.bookId),
      ];
      cells += answers.length;
      const [first, ...rest] = answers.map((answer) => JSON.stringify(bareOf(answer)));
      if (answers.some(({ status }) => status !== 401) || rest.some((answer) => answer !== first))
        found.push(`${operation.method} ${operation.url} ${answers.map(({ status }) => status).join()}`);
    }
    t.strictSame(found, []);
  });

  const uscc = makeUscc('91410100MA9999901');
  const callers = new Map<string, Caller>();
  for (const of of everyRole.options) {
    if (of !== 'operator') callers.set(of, await book.member(of, of === 'enterprise' || of === 'provider' ? { uscc } : {}));
  }
  callers.set('operator', book.operator);

  // Every id that any table of the book holds, before what is asked here makes some.
  const columns = await world.admin.sql<{ table_name: string; column_name: string }[]>`
    select c.table_name, c.column_name from information_schema.columns c
      join information_schema.columns b on b.table_schema = c.table_schema and b.table_name = c.table_name and b.column_name = 'book_id'
      join information_schema.tables k on k.table_schema = c.table_schema and k.table_name = c.table_name and k.table_type = 'BASE TABLE'
     where c.table_schema = 'public' and c.data_type = 'uuid' and c.column_name like '%_id'`;
  const ids = new Set<string>();
  for (const { table_name: table, column_name: column } of columns) {
    const rows = await world.admin.sql.unsafe<{ id: string }[]>(
      `select distinct "${column}" as id from "${table}" where book_id = '${book.bookId}' and "${column}" is not null order by 1 limit 1`,
    );
    for (const { id } of rows) ids.add(id);
  }
  t.ok(ids.size > 15, 'a book with things in it');

  const codeOf = ({ status, body }: Answer) => `${status} ${(body as { code?: string } | null)?.code ?? ''}`;
  /** What each address said to each role's key, of nothing that is there. */
  const byKey = new Map<string, string>();

  await t.test('403 says which roles it takes, and comes before anything of the thing or the body is said', async (t) => {
    const found: string[] = [];
    for (const operation of operations.filter(({ open, url }) => !open && !url.endsWith('/events'))) {
      for (const [role, caller] of callers) {
        // The file of a list has the rights of its list, by one declaration.
        if (operation.ofList && !['enterprise', 'reviewer', 'auditor'].includes(role)) continue;
        const answer = await ask(operation, caller.secret);
        cells++;
        byKey.set(`${operation.method} ${operation.url} ${role}`, codeOf(answer));
        const { code, detail } = answer.body as { code?: string; detail?: string };
        const cell = `${operation.method} ${operation.url} ${role}: ${answer.status} ${code}`;
        if (answer.status === 401 || answer.status >= 500) found.push(cell);
        if (code === 'FORBIDDEN') {
          const taken =
            /role ([^;]+);/.exec(detail ?? '')?.[1]?.split(', ') ?? /角色 ([^，]+)，/.exec(detail ?? '')?.[1]?.split(', ') ?? [];
          if (taken.length === 0 || taken.includes(role)) found.push(`${cell} ${detail}`);
        }
        if (operation.method === 'GET' && operation.url.endsWith('{id}') && answer.status === 200)
          found.push(`${cell}: none is there`);
      }
    }
    t.strictSame(found, []);
  });

  await t.test('each role has the steps that the domain gives it, and no other', (t) => {
    for (const [url, expected] of Object.entries(allotted)) {
      const taken = [...callers.keys()].filter((of) => (byKey.get(`POST ${url} ${of}`) ?? '403 FORBIDDEN') !== '403 FORBIDDEN');
      t.strictSame(taken.sort(), [...expected].sort(), url);
    }
    const ofAuditor = operations.filter(
      ({ method, url }) => method !== 'GET' && (byKey.get(`${method} ${url} auditor`) ?? '403 FORBIDDEN') !== '403 FORBIDDEN',
    );
    t.comment(`an auditor may: ${ofAuditor.map(({ url }) => url).join(', ')}`);
    t.end();
  });

  await t.test(
    'with and without step-up: a session without it is told so before anything else is said, and with it acts as a key does',
    async (t) => {
      // One account's session, once for every member and each with and without a second factor, as if signed in and switched.
      const { browser } = await signUp(world, book, book.operator, { signInName: 'operator' });
      const [token = ''] = browser.cookies.values();
      const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');
      const now = world.clock.now().toISOString();
      const sessions = new Map<string, { bare: string; shown: string }>();
      for (const [role, { memberId }] of callers) {
        const both = { bare: randomUUID(), shown: randomUUID() };
        sessions.set(role, both);
        for (const [secret, at] of [
          [both.bare, null],
          [both.shown, now],
        ] as const)
          await world.admin.sql`
          insert into sessions (book_id, session_id, secret_hash, invitation_id, person_id, member_id, began_by, device, address_sealed,
                                second_factor_at, began_at, seen_at, expires_at)
          select book_id, gen_random_uuid(), ${hashOf(secret)}, invitation_id, person_id, ${memberId}, began_by, device, address_sealed,
                 ${at}, began_at, ${now}, expires_at
            from sessions where book_id = ${book.bookId} and secret_hash = ${hashOf(token)}`;
      }
      const found: string[] = [];
      let refused = 0;
      // What is about the session itself ends or changes it.
      const asked = operations.filter(({ open, url }) => !open && !/^\/(account|sign-in)\b|\/events$/.test(url));
      for (const operation of asked) {
        const url = `${prefix}${fill(operation.url, randomUUID())}`;
        const bySession = (secret: string, to = url) =>
          world.call(operation.method, to, {
            headers: { cookie: `__Host-session-${book.code}=${secret}`, 'sec-fetch-site': 'same-origin' },
            ...(operation.method === 'POST' ? { body: {} } : {}),
          });
        // A reading asks for no second factor of anybody: one of the trade and one of the authorities stand for all.
        const asking = [...sessions].filter(
          ([role]) => operation.method !== 'GET' || role === 'enterprise' || role === 'auditor',
        );
        for (const [role, { bare: without, shown: withIt }] of asking) {
          const cell = `${operation.method} ${operation.url} ${role}`;
          const asKey = byKey.get(cell);
          const [bare, shown] = [await bySession(without), await bySession(withIt)];
          cells += 2;
          if (codeOf(shown) !== asKey) found.push(`${cell}: ${asKey} by key, ${codeOf(shown)} with a second factor`);
          const expected = operation.stepUp && asKey !== '403 FORBIDDEN' ? '403 STEP_UP_REQUIRED' : asKey;
          if (codeOf(bare) !== expected) found.push(`${cell}: ${codeOf(bare)} without a second factor, not ${expected}`);
          if (expected !== '403 STEP_UP_REQUIRED') continue;
          refused++;
          // What is there is told no more of than what is not.
          if (!operation.url.includes('{id}')) continue;
          const ofOne = await bySession(without, `${prefix}${fill(operation.url, thing)}`);
          cells++;
          if (JSON.stringify(bareOf(ofOne)) !== JSON.stringify(bareOf(bare))) found.push(`${cell}: tells a thing from none`);
        }
      }
      t.strictSame(found, []);
      t.ok(refused > 60, `${refused} cells ask for a second factor`);
    },
  );

  await t.test('a firm of the trade meets nothing of others: each of their ids answers as one that nobody has', async (t) => {
    const found = new Set<string>();
    const byId = operations.filter(
      ({ url, open }) => url.includes('{id}') && !open && !shownToAll.some((of) => url.startsWith(of)),
    );
    for (const role of ['enterprise', 'provider'] as const) {
      const secret = callers.get(role)?.secret;
      for (const operation of byId) {
        const sample = await ask(operation, secret);
        const none = JSON.stringify(bareOf(sample));
        // Refused before any thing is looked at, by role or body: a few show it.
        const asked = sample.status === 403 || sample.status === 400 ? [...ids].slice(0, 2) : ids;
        for (const id of asked) {
          const answer = await ask(operation, secret, id);
          cells++;
          if (JSON.stringify(bareOf(answer)).replaceAll(id, '') !== none)
            found.add(`${role} ${operation.method} ${operation.url}: ${answer.status} ${String(answer.body.code)}`);
        }
      }
    }
    t.strictSame([...found], []);
  });

  await t.test('lists, counts and dashboards of a firm name nothing of others', async (t) => {
    const names = await world.admin.sql<{ word: string }[]>`
      select uscc as word from enterprises where book_id = ${book.bookId} union select name from enterprises where book_id = ${book.bookId}
      union select voucher_no from vouchers where book_id = ${book.bookId} union select contract_no from contracts where book_id = ${book.bookId}`;
    t.ok(names.length > 3);
    const found: string[] = [];
    for (const role of ['enterprise', 'provider'] as const) {
      for (const operation of operations.filter(({ method, url, open }) => method === 'GET' && !url.includes('{') && !open)) {
        const answer = await ask(operation, callers.get(role)?.secret);
        cells++;
        const text = JSON.stringify(answer.body);
        const word = names.find((of) => text.includes(of.word))?.word;
        if (word !== undefined) found.push(`${role} ${operation.url} names ${word}`);
      }
    }
    t.strictSame(found, []);
  });

  await t.test('the ids are of things: an auditor, who sees the whole book, reads some of each', async (t) => {
    const secret = callers.get('auditor')?.secret;
    const met = new Set<string>();
    for (const operation of operations.filter(
      ({ method, url, open }) => method === 'GET' && url.includes('{id}') && !url.endsWith('-file') && !open,
    )) {
      for (const id of ids) {
        if (operation.url.endsWith('/events') || (await ask(operation, secret, id)).status !== 200) continue;
        met.add(operation.url);
        break;
      }
    }
    t.ok(met.size >= 8, [...met].join(', '));
    t.comment([...met].join(', '));
  });

  t.ok(cells > 3_000, `${cells} cells`);
});
