// What any address does before a slice is asked: who is calling, what a body may be, how a refusal is told, how a retry is
// answered. Over HTTP on a real database.
import net from 'node:net';
import t from 'tap';
import { describeRefusal, refusals } from '../src/errors.js';
import type { Caller } from './service.js';
import { expectStatus, startService } from './service.js';

const enterprise = { uscc: '91410100MA0000007G', name: '郑州某智能科技有限公司' };

void t.test('who is calling: 401 for every key that does not count, 403 by role, machines decide nothing', async (t) => {
  const service = await startService(t);
  const book = await service.newBook('zhengzhou');
  const other = await service.newBook('jiaozuo');
  const auditor = await book.member('auditor');
  const denied = async (secret: string | undefined, url = '/v1/books/zhengzhou/me') => {
    const answer = await service.call('GET', url, secret === undefined ? {} : { secret });
    return [answer.status, answer.body.code];
  };
  t.strictSame(await denied(undefined), [401, 'UNAUTHENTICATED'], 'no key');
  t.strictSame(await denied('nonsense'), [401, 'UNAUTHENTICATED']);
  t.strictSame(await denied(other.operator.secret), [401, 'UNAUTHENTICATED'], 'a key of another book');
  t.strictSame(
    await denied(book.operator.secret, '/v1/books/nowhere/me'),
    [401, 'UNAUTHENTICATED'],
    'a book that does not exist looks the same',
  );
  const wrong = `${book.operator.secret.slice(0, -4)}AAAA`;
  t.strictSame(await denied(wrong), [401, 'UNAUTHENTICATED'], 'a known prefix with another secret');

  const no = await auditor.post('/enterprises', enterprise);
  t.strictSame([no.status, no.body.code], [403, 'FORBIDDEN']);
  t.match(no.body.detail, /operator/, 'says which role it takes');

  const expiring = expectStatus(await book.operator.post(`/members/${auditor.memberId}/keys`, { expiresOn: '2024-07-02' }), 201);
  t.strictSame(await denied(expiring.secret as string), [200, undefined]);
  service.clock.set('2024-07-03');
  t.strictSame(await denied(expiring.secret as string), [401, 'UNAUTHENTICATED'], 'the day after its last day');
  const past = await book.operator.post(`/members/${auditor.memberId}/keys`, { expiresOn: '2024-07-01' });
  t.strictSame([past.status, past.body.code], [400, 'KEY_EXPIRES_IN_PAST']);

  const revoked = expectStatus(await book.operator.post(`/members/${auditor.memberId}/keys`, {}), 201);
  expectStatus(await book.operator.post(`/keys/${revoked.keyId}/revoke`), 200);
  t.strictSame(await denied(revoked.secret as string), [401, 'UNAUTHENTICATED']);
  t.match(await book.operator.post(`/keys/${revoked.keyId}/revoke`), { status: 409, body: { code: 'KEY_REVOKED' } });
  t.match(await book.operator.post(`/keys/${auditor.memberId}/revoke`), { status: 404, body: { code: 'NOT_FOUND' } });

  const last = expectStatus(await book.operator.post(`/members/${book.operator.memberId}/keys`, {}), 201);
  const burst = await Promise.all([
    book.operator.post(`/keys/${last.keyId}/revoke`),
    ...[1, 2, 3].map((n) =>
      service.call('POST', '/v1/books/zhengzhou/members', {
        secret: last.secret as string,
        body: { personName: `${n}`, role: 'auditor' },
        headers: { 'idempotency-key': `late-${n}` },
      }),
    ),
  ]);
  t.strictSame(
    burst.map(({ status }) => status),
    [200, 401, 401, 401],
    'what was queued behind a revocation comes too late',
  );
  const again = await book.operator.post('/members', { personName: '1', role: 'auditor' }, { key: 'late-1' });
  t.match(
    again,
    { status: 201, headers: { 'idempotency-replayed': 'false' } },
    'with another key of the member it can be sent again',
  );

  const machine = await book.member('operator', { kind: 'MACHINE' });
  // A machine that makes members or keys would make itself a person who approves.
  const onlyPersons: [string, object][] = [
    [`/members/${auditor.memberId}/end`, {}],
    [`/members/${auditor.memberId}/keys`, {}],
    ['/members', { personName: '张三', role: 'approver' }],
  ];
  for (const [i, [url, body]] of onlyPersons.entries()) {
    const answer = await machine.post(url, body, { key: `m${i}` });
    t.strictSame([answer.status, answer.body.code], [403, 'PERSON_REQUIRED'], url);
  }
  expectStatus(await book.operator.post(`/members/${auditor.memberId}/end`), 200);
  t.match(await auditor.get('/me'), { status: 401 });
  t.match(await book.operator.post(`/members/${auditor.memberId}/end`), { status: 409, body: { code: 'MEMBER_ENDED' } });
  t.match(await book.operator.post(`/members/${auditor.memberId}/keys`, {}), { status: 409, body: { code: 'MEMBER_ENDED' } });
  t.match(await book.operator.post(`/members/${book.bookId}/keys`, {}), { status: 404, body: { code: 'NOT_FOUND' } });
});

void t.test(
  'members: one person or a new one, confirmed by a second, a legal person exactly for the trade, secrets shown once',
  async (t) => {
    const service = await startService(t);
    const { bookId, operator, colleague, member } = await service.newBook('zhengzhou');
    const refusedWith = async (body: object) => {
      const answer = await operator.post('/members', body);
      return [answer.status, answer.body.code];
    };
    t.strictSame(await refusedWith({ role: 'auditor' }), [400, 'PERSON_OR_NAME']);
    t.strictSame(await refusedWith({ role: 'auditor', personName: '甲', personId: operator.personId }), [400, 'PERSON_OR_NAME']);
    t.strictSame(await refusedWith({ role: 'enterprise', personName: '甲' }), [400, 'MEMBER_LEGAL_PERSON']);
    t.strictSame(await refusedWith({ role: 'auditor', personName: '甲', legalPersonUscc: enterprise.uscc }), [
      400,
      'MEMBER_LEGAL_PERSON',
    ]);
    t.strictSame(await refusedWith({ role: 'enterprise', personName: '甲', legalPersonUscc: '91410100MA0000007H' }), [
      400,
      'USCC_CHECK_CHARACTER',
    ]);
    t.strictSame(await refusedWith({ role: 'auditor', personId: operator.memberId }), [404, 'NOT_FOUND']);
    const second = await member('reviewer', { personId: operator.personId });
    t.equal(second.personId, operator.personId, 'a second membership, the same pair of eyes');

    const register = async (of: object) =>
      expectStatus(await operator.post('/members', { personName: '乙', ...of }), 201) as {
        memberId: string;
        personId: string;
        status: string;
      };
    const confirm = async (by: Caller, memberId: string) => {
      const answer = await by.post(`/members/${memberId}/confirm`);
      return [answer.status, answer.body.code ?? answer.body.status] as unknown[];
    };
    const madeUp = await register({ role: 'operator' });
    const { secret } = expectStatus(await operator.post(`/members/${madeUp.memberId}/keys`, {}), 201) as { secret: string };
    const asMadeUp = () => service.call('GET', '/v1/books/zhengzhou/me', { secret });
    t.equal((await asMadeUp()).status, 401, 'one operator makes up no second one: the member does not count yet');
    t.strictSame(await confirm(operator, madeUp.memberId), [403, 'FOUR_EYES']);
    t.strictSame(await confirm(second, madeUp.memberId), [403, 'FORBIDDEN']);
    t.strictSame(await confirm(colleague, operator.personId), [404, 'NOT_FOUND']);
    const own = await register({ role: 'approver', personName: undefined, personId: colleague.personId });
    t.strictSame(await confirm(colleague, own.memberId), [403, 'FOUR_EYES'], 'nor does anybody confirm a role of its own');
    const inLane = (change: string) =>
      service.db.begin(async ({ sql }) => {
        await sql`select set_config('ledger.lane', ${bookId}, true)`;
        await sql.unsafe(`update members set ${change} where member_id = $1`, [madeUp.memberId]);
      });
    for (const [change, constraint] of [
      [`status = 'ACTIVE'`, 'members_confirmed'],
      [`status = 'ACTIVE', confirmed_person = registered_person`, 'members_two_persons'],
    ] as const)
      await t.rejects(inLane(change), { code: '23514', constraint_name: constraint }, `the database takes no ${change}`);
    await t.rejects(
      service.db.begin(async ({ sql }) => {
        await sql`select set_config('ledger.lane', ${bookId}, true)`;
        await sql`insert into members (book_id, member_id, person_id, kind, role, status, recorded_at)
                select book_id, gen_random_uuid(), person_id, kind, role, 'ACTIVE', recorded_at from members limit 1`;
      }),
      { code: '23514', constraint_name: 'members_founded' },
      'and nobody after the first two is the founder’s',
    );
    t.strictSame(await confirm(colleague, madeUp.memberId), [200, 'ACTIVE']);
    t.equal((await asMadeUp()).status, 200);
    t.strictSame(await confirm(colleague, madeUp.memberId), [409, 'MEMBER_NEEDS_NO_CONFIRMATION']);
    t.match(
      await register({ role: 'enterprise', legalPersonUscc: enterprise.uscc }),
      { status: 'ACTIVE' },
      'who is sent by a firm counts at once',
    );
    expectStatus(await operator.post(`/members/${own.memberId}/end`), 200);
    t.strictSame(await confirm(colleague, own.memberId), [409, 'MEMBER_ENDED']);

    const url = `/members/${second.memberId}/keys`;
    const first = expectStatus(await operator.post(url, {}, { key: 'once' }), 201);
    const again = await operator.post(url, {}, { key: 'once' });
    t.match(first.secret, /^cvk_[a-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
    t.match(again, { status: 201, body: { keyId: first.keyId, secret: null }, headers: { 'idempotency-replayed': 'true' } });
    t.match(
      (await operator.get(url)).body.items,
      [{ revokedAt: null }, { keyId: first.keyId, secret: undefined }],
      'keys are listed without secrets',
    );
    const leak = await service.db.sql`select 1 from outcomes where body::text like ${`%${String(first.secret).slice(-20)}%`}
    union all select 1 from api_keys where secret_hash like ${`%${String(first.secret).slice(-20)}%`}`;
    t.equal(leak.length, 0, 'the secret is nowhere in the database');
    const list = expectStatus(await operator.get('/members?limit=2'), 200);
    t.match(
      list.items,
      [{ memberId: operator.memberId, registeredPerson: null }, { memberId: colleague.memberId }],
      'by the founder',
    );
    const next = expectStatus(await operator.get(`/members?limit=1&cursor=${list.next}`), 200);
    t.match(next.items, [
      { memberId: second.memberId, registeredPerson: operator.personId, confirmedPerson: colleague.personId },
    ]);
    t.equal(expectStatus(await operator.get(`/members?limit=3&cursor=${next.next}`), 200).next, null);
  },
);

void t.test('bodies that cannot be read, and fields that cannot be meant', async (t) => {
  const service = await startService(t, { bodyLimit: 2048 });
  const { operator, member } = await service.newBook('zhengzhou');
  const url = '/v1/books/zhengzhou/enterprises';
  const send = async (body: string, type = 'application/json') => {
    const answer = await service.call('POST', url, { secret: operator.secret, body, headers: { 'content-type': type } });
    return [answer.status, answer.body.code];
  };
  t.strictSame(await send('{"uscc": '), [400, 'MALFORMED_JSON']);
  t.strictSame(await send(''), [400, 'MALFORMED_JSON']);
  t.strictSame(await send('{"__proto__": {"x": 1}}'), [400, 'MALFORMED_JSON']);
  t.strictSame(await send('{"uscc": "91410100MA0000007G", "name": "a\\u0000b"}'), [400, 'TEXT_NOT_ALLOWED'], 'NUL');
  t.strictSame(await send('{"uscc": "91410100MA0000007G", "name": "\\ud800"}'), [400, 'TEXT_NOT_ALLOWED'], 'half of a pair');
  t.match(await operator.get('/ledger/accounts?kind=%00'), { status: 400, body: { code: 'TEXT_NOT_ALLOWED' } });
  t.match(await service.call('GET', '/v1/books/%00/me', { secret: 'x' }), { status: 400, body: { code: 'TEXT_NOT_ALLOWED' } });
  t.strictSame(await send('a=b', 'application/x-www-form-urlencoded'), [415, 'UNSUPPORTED_MEDIA_TYPE']);
  t.strictSame(await send('hello', 'text/plain'), [415, 'UNSUPPORTED_MEDIA_TYPE']);
  t.strictSame(await send('<a/>', 'application/xml'), [415, 'UNSUPPORTED_MEDIA_TYPE']);
  t.strictSame(await send(JSON.stringify({ name: 'x'.repeat(3000) })), [413, 'BODY_TOO_LARGE']);
  t.strictSame(await send('[]'), [400, 'VALIDATION_FAILED']);

  const fields = async (body: unknown, to = '/enterprises') => {
    const answer = await operator.post(to, body);
    t.equal(answer.body.code, 'VALIDATION_FAILED');
    return (answer.body.errors as { pointer: string; code: string }[]).map(({ pointer, code }) => `${pointer} ${code}`);
  };
  t.strictSame(await fields({ ...enterprise, nmae: 'x' }), ['/nmae UNKNOWN_FIELD']);
  t.strictSame(await fields({ uscc: enterprise.uscc }), ['/name MISSING_FIELD']);
  t.strictSame(await fields({ ...enterprise, kind: 'BANK' }), ['/kind FIELD_INVALID']);
  t.strictSame(await fields({ ...enterprise, name: '' }), ['/name FIELD_INVALID']);
  t.strictSame(await fields({ expiresOn: '2024-02-30' }, `/members/${operator.memberId}/keys`), ['/expiresOn DAY_INVALID']);
  t.strictSame(await fields({ expiresOn: '0000-01-01' }, `/members/${operator.memberId}/keys`), ['/expiresOn DAY_INVALID']);
  t.strictSame(await fields({}, '/members/not-an-id/keys'), ['/id ID_FORMAT']);
  const finance = await member('finance');
  const own = await member('enterprise', { uscc: enterprise.uscc });
  for (const period of ['2024-13', '0000-01']) {
    t.match((await finance.post('/settlements', { period })).body.errors, [{ pointer: '/period', code: 'MONTH_INVALID' }]);
  }
  const lines = [{ quantity: '1,5' }];
  const ofLine = (await own.post('/contracts', { lines })).body.errors as { pointer: string; code: string }[];
  t.ok(ofLine.some(({ pointer, code }) => pointer === '/lines/0/quantity' && code === 'QUANTITY_FORMAT'));
  t.match(await operator.get('/enterprises?limit=0'), { status: 400, body: { code: 'VALIDATION_FAILED' } });
  for (const cursor of ['nonsense', Buffer.from('-'.repeat(36)).toString('base64url')]) {
    t.match(await operator.get(`/enterprises?cursor=${cursor}`), { status: 400, body: { code: 'VALIDATION_FAILED' } });
  }
  t.match(await operator.get('/ledger/trial-balance?asOfSeq=1&asOfDay=2024-07-01'), {
    status: 400,
    body: { code: 'VALIDATION_FAILED', errors: [{ pointer: '/asOfDay', code: 'AS_OF_ONE' }] },
  });
  for (const [language, said] of [
    ['zh', /^不得少于 1。$/],
    ['en', /^Too small/],
  ] as const) {
    const answer = await operator.get('/enterprises?limit=0', { headers: { 'accept-language': language } });
    t.match(answer.body.errors, [{ pointer: '/limit', code: 'FIELD_INVALID', detail: said }]);
  }
  t.match(await operator.get('/enterprises/019a0000-0000-7000-8000-000000000000'), { status: 404, body: { code: 'NOT_FOUND' } });
  t.match(await service.call('GET', '/v1/nowhere'), { status: 404, body: { code: 'NOT_FOUND' } });
  t.match(await service.call('POST', '/v1/demo/clock', { body: { now: 'tomorrow' } }), {
    status: 400,
    body: { code: 'VALIDATION_FAILED' },
  });
  t.equal((await service.db.sql`select 1 from enterprises`).length, 0, 'nothing was written by any of these');
});

void t.test('what a parser could be tricked by is refused by its code, with and without a key', async (t) => {
  const service = await startService(t);
  const { operator } = await service.newBook('zhengzhou');
  const url = '/v1/books/zhengzhou/enterprises';
  const address = new URL(await service.app.listen({ port: 0, host: '127.0.0.1' }));
  /** Sends bytes as they are, and reads until the connection ends. */
  const raw = async (head: string, body: Buffer | string = '') => {
    const socket = net.connect(Number(address.port), address.hostname);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(Buffer.concat([Buffer.from(`${head}\r\nHost: x\r\nConnection: close\r\n\r\n`), Buffer.from(body)]));
    await new Promise((resolve) => socket.once('close', resolve).once('error', resolve));
    const answer = Buffer.concat(chunks).toString();
    return [Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]), /"code":"(\w+)"/.exec(answer)?.[1], answer] as const;
  };
  const bearer = `Authorization: Bearer ${operator.secret}`;
  const post = (body: Buffer | string, ...headers: string[]) =>
    raw([`POST ${url} HTTP/1.1`, bearer, `Content-Length: ${Buffer.byteLength(body)}`, ...headers].join('\r\n'), body);
  const json = 'Content-Type: application/json';
  const get = (path: string, ...headers: string[]) => raw([`GET ${path} HTTP/1.1`, bearer, ...headers].join('\r\n'));
  const deep = (open: string, close: string, n: number) => `${open.repeat(n)}${close.repeat(n)}`;
  const named = JSON.stringify(enterprise);
  const cases: [what: string, answer: ReturnType<typeof raw>, status: number, code: string | undefined][] = [
    [
      'bytes that are no UTF-8',
      post(Buffer.from([...Buffer.from('{"name":"'), 0xff, 0xfe, ...Buffer.from('"}')]), json),
      400,
      'TEXT_NOT_UTF8',
    ],
    [
      'an overlong form',
      post(Buffer.from([...Buffer.from('{"name":"'), 0xc0, 0xaf, ...Buffer.from('"}')]), json),
      400,
      'TEXT_NOT_UTF8',
    ],
    [
      'half of a pair, in bytes',
      post(Buffer.from([...Buffer.from('{"name":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]), json),
      400,
      'TEXT_NOT_UTF8',
    ],
    ['half of a pair, escaped', post('{"name":"\\udc00"}', json), 400, 'TEXT_NOT_ALLOWED'],
    ['half of a pair in a key', post('{"\\ud83d":1}', json), 400, 'TEXT_NOT_ALLOWED'],
    ['lists 33 deep', post(`{"name":${deep('[', ']', 33)}}`, json), 400, 'JSON_TOO_DEEP'],
    ['objects without an end', post('{"a":'.repeat(100_000), json), 400, 'JSON_TOO_DEEP'],
    [
      '31 deep, brackets in text apart',
      post(`{"name":"${'['.repeat(99)}","x":${deep('[', ']', 31)}}`, json),
      400,
      'VALIDATION_FAILED',
    ],
    ['__proto__', post('{"__proto__":{"role":"operator"}}', json), 400, 'MALFORMED_JSON'],
    ['__proto__, escaped', post('{"\\u005f_proto__":{"x":1}}', json), 400, 'MALFORMED_JSON'],
    ['constructor.prototype', post('{"constructor":{"prototype":{"x":1}}}', json), 400, 'MALFORMED_JSON'],
    ['a field twice: the last counts, and is checked', post('{"name":"a","name":7}', json), 400, 'VALIDATION_FAILED'],
    ['trailing text', post(`${named}x`, json), 400, 'MALFORMED_JSON'],
    ['a byte-order mark', post(`\ufeff${named}x`, json), 400, 'MALFORMED_JSON'],
    ['another charset', post(named, 'Content-Type: application/json; charset=utf-16'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['another parameter', post(named, 'Content-Type: application/json; boundary=x'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['two types', post(named, 'Content-Type: application/json, text/plain'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a type that begins like it', post(named, 'Content-Type: application/json+x'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a patch', post(named, 'Content-Type: application/merge-patch+json'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['no type', post(named), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['the type twice', post(named, json, 'Content-Type: text/plain'), 400, 'HEADER_TWICE'],
    ['two keys of the API', get('/v1/books/zhengzhou/me', 'authorization: Bearer x'), 400, 'HEADER_TWICE'],
    ['two hosts', get('/v1/books/zhengzhou/me', 'HOST: y'), 400, 'HEADER_TWICE'],
    ['two idempotency keys', post(named, json, 'Idempotency-Key: a', 'Idempotency-Key: b'), 400, 'HEADER_TWICE'],
    ['two signatures', get('/v1/books/zhengzhou/me', 'Signature: a=:AA==:', 'Signature: a=:AA==:'), 400, 'HEADER_TWICE'],
    [
      'two lists of what is signed',
      get('/v1/books/zhengzhou/me', 'Signature-Input: a=()', 'signature-input: b=()'),
      400,
      'HEADER_TWICE',
    ],
    ['two digests', post(named, json, 'Content-Digest: a', 'Content-Digest: b'), 400, 'HEADER_TWICE'],
    ['two delegations', post(named, json, 'On-Behalf-Of: a', 'On-Behalf-Of: b'), 400, 'HEADER_TWICE'],
    ['two lengths', post(named, json, 'Content-Length: 1'), 400, 'MALFORMED_REQUEST'],
    ['a length and chunks', post(named, json, 'Transfer-Encoding: chunked'), 400, 'MALFORMED_REQUEST'],
    ['a header over two lines', get('/v1/books/zhengzhou/me', 'X: a\r\n b'), 400, 'MALFORMED_REQUEST'],
    ['a bare line feed in a header', get('/v1/books/zhengzhou/me', 'X: a\nAuthorization: Bearer x'), 400, 'MALFORMED_REQUEST'],
    ['a long address', get(`/v1/books/zhengzhou/me?${'x'.repeat(9_000)}`), 431, 'HEADERS_TOO_LARGE'],
    ['a long part of an address', get(`/v1/books/${'x'.repeat(200)}/me`), 400, 'ADDRESS_MALFORMED'],
    ['an escape that is none', get('/v1/books/zhengzhou/enterprises/%zz'), 400, 'ADDRESS_MALFORMED'],
    ['an escape of no UTF-8', get('/v1/books/zhengzhou/enterprises/%ff'), 400, 'ADDRESS_MALFORMED'],
    ['an escaped NUL', get('/v1/books/zhengzhou/enterprises/%00'), 400, 'TEXT_NOT_ALLOWED'],
    ['an escaped slash in the book', get('/v1/books/zhengzhou%2Fme/me'), 401, 'UNAUTHENTICATED'],
    ['an escaped slash is no slash', get('/v1/books/zhengzhou%2Fme'), 404, 'NOT_FOUND'],
    ['an escaped slash in an id', get('/v1/books/zhengzhou/enterprises/..%2f..%2fme'), 400, 'VALIDATION_FAILED'],
    ['two slashes', get('/v1//books/zhengzhou/me'), 404, 'NOT_FOUND'],
    ['dots', get('/v1/books/zhengzhou/enterprises/../me'), 404, 'NOT_FOUND'],
    ['out of the page’s files', get('/docs/static/..%2f..%2f..%2fpackage.json'), 404, 'NOT_FOUND'],
    ['another case', get('/V1/books/zhengzhou/me'), 404, 'NOT_FOUND'],
    ['a parameter twice', get('/v1/books/zhengzhou/enterprises?limit=1&limit=2'), 400, 'VALIDATION_FAILED'],
    ['a parameter of a prototype', get('/v1/books/zhengzhou/enterprises?__proto__=1'), 400, 'VALIDATION_FAILED'],
    ['a method of no route', raw(`DELETE ${url} HTTP/1.1\r\n${bearer}`), 404, 'NOT_FOUND'],
    ['TRACE', raw(`TRACE / HTTP/1.1\r\n${bearer}`), 404, 'NOT_FOUND'],
    ['another method in a header', get('/v1/books/zhengzhou/me', 'X-HTTP-Method-Override: POST'), 200, undefined],
    ['an absolute address', get('http://elsewhere/v1/books/zhengzhou/me'), 400, 'ADDRESS_MALFORMED'],
  ];
  for (const [what, sent, status, code] of cases) {
    const [is, told, answer] = await sent;
    t.strictSame([is, told], [status, code], what);
    if (status !== 200) t.match(answer, /application\/problem\+json/, what);
    t.notMatch(answer, /node_modules|FST_ERR|at .*\.[jt]s:|postgres/, what);
  }
  const plain = { ...enterprise, uscc: '91420100MA0000007L' };
  const accepted = await service.call('POST', url, {
    secret: operator.secret,
    body: JSON.stringify(plain),
    headers: { 'content-type': 'Application/JSON; charset="UTF-8"' },
  });
  t.equal(accepted.status, 201, 'UTF-8 may be said');
  t.equal((await service.db.sql`select 1 from enterprises`).length, 1, 'nothing was written by any of the others');
});

void t.test('every answer tells browsers what it is not for; of a book nothing is kept on the way', async (t) => {
  const service = await startService(t, { hstsSeconds: 31_536_000 });
  const { operator } = await service.newBook('zhengzhou');
  const [secret, nowhere] = [operator.secret, '019a0000-0000-7000-8000-000000000000'];
  const answers = {
    read: await operator.get('/enterprises'),
    made: await operator.post('/enterprises', enterprise),
    'not found': await operator.get(`/enterprises/${nowhere}`),
    refused: await operator.post('/enterprises', {}),
    'not signed in': await service.call('GET', '/v1/books/zhengzhou/me'),
    'no route': await service.call('GET', '/v1/x', { secret }),
    'a broken address': await service.call('GET', '/v1/books/%zz', { secret }),
    live: await service.call('GET', '/health/live'),
    file: await operator.get('/ledger/entries?format=csv'),
    docs: await service.call('GET', '/docs'),
    'its files': await service.call('GET', '/docs/static/swagger-ui.css'),
  };
  for (const [what, { headers, status }] of Object.entries(answers)) {
    t.match(
      headers,
      {
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'content-security-policy': /^default-src 'none'.*frame-ancestors 'none'/,
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
      },
      `${what} ${status}`,
    );
    t.notOk('x-powered-by' in headers || 'server' in headers, 'and not what it is made with');
    if (!['live', 'docs', 'its files'].includes(what)) t.match(headers['cache-control'], /no-store/, what);
  }
  t.match(answers.docs.headers['content-security-policy'], /script-src 'self';/, 'the API page runs its own scripts alone');
  t.notMatch(answers.docs.body, /<script(?![^>]*\bsrc=)[^>]*>\s*\S/, 'and has none within');
  const plain = await startService(t);
  t.notOk(
    'strict-transport-security' in (await plain.call('GET', '/health/live')).headers,
    'TLS alone is asked for where it is told',
  );
});

void t.test(
  'enterprises: a code is checked to the character, known once, and a branch is tied to its legal person',
  async (t) => {
    const service = await startService(t);
    const { operator, member } = await service.newBook('zhengzhou');
    const refusedWith = async (body: object) => {
      const answer = await operator.post('/enterprises', body);
      return [answer.status, answer.body.code, answer.body.errors?.[0]?.pointer];
    };
    t.strictSame(await refusedWith({ ...enterprise, uscc: '91410100MA0000007' }), [400, 'USCC_LENGTH', '/uscc']);
    t.strictSame(await refusedWith({ ...enterprise, uscc: '91410100MA000000IG' }), [400, 'USCC_CHARACTER', '/uscc']);
    t.strictSame(await refusedWith({ ...enterprise, uscc: '91410100MA0000007H' }), [400, 'USCC_CHECK_CHARACTER', '/uscc']);
    t.strictSame(await refusedWith({ ...enterprise, parentUscc: '91410100MA0000007H' }), [
      400,
      'USCC_CHECK_CHARACTER',
      '/parentUscc',
    ]);
    const parent = expectStatus(await operator.post('/enterprises', { ...enterprise, uscc: enterprise.uscc.toLowerCase() }), 201);
    t.equal(parent.uscc, enterprise.uscc, 'lower case is normalised');
    t.strictSame(await refusedWith(enterprise), [409, 'ENTERPRISE_EXISTS', '/uscc']);
    const branch = expectStatus(
      await operator.post('/enterprises', { uscc: '91410800MA0000007L', name: '某公司焦作分公司', parentUscc: enterprise.uscc }),
      201,
    );
    t.equal(branch.legalPersonUscc, enterprise.uscc);
    t.strictSame(await refusedWith({ uscc: '91330108MA0000007M', name: '分公司的分公司', parentUscc: branch.uscc }), [
      409,
      'PARENT_IS_BRANCH',
      '/parentUscc',
    ]);
    t.strictSame(
      await refusedWith({ uscc: '91420100MA0000007L', name: '武汉某公司', parentUscc: '91330108MA0000007M' }).then(
        async (made) => [
          made[0],
          ...(await refusedWith({ uscc: '91330108MA0000007M', name: '杭州某公司', parentUscc: enterprise.uscc })),
        ],
      ),
      [201, 409, 'HAS_BRANCHES', '/parentUscc'],
      'no branch of a branch, whichever is registered first',
    );
    const two = await Promise.all(
      [1, 2, 3].map(() => operator.post('/enterprises', { uscc: '914403001922038216', name: '深圳某公司' })),
    );
    t.strictSame(two.map((a) => a.status).sort(), [201, 409, 409], 'registered three times at once: once');

    const own = await member('enterprise', { uscc: enterprise.uscc });
    const seen = expectStatus(await own.get('/enterprises'), 200).items.map((item: { uscc: string }) => item.uscc);
    t.strictSame(seen, [enterprise.uscc, '91410800MA0000007L'], 'an enterprise sees its own legal person and branches');
    const foreign = two.find((a) => a.status === 201)?.body.enterpriseId as string;
    t.match(await own.get(`/enterprises/${foreign}`), { status: 404, body: { code: 'NOT_FOUND' } });
    t.match(await own.get('/ledger/entries'), { status: 403 });
    const provider = await member('provider', { uscc: '914403001922038216' });
    t.match(
      (await provider.get('/enterprises')).body,
      { code: 'VALIDATION_FAILED', errors: [{ pointer: '/uscc' }] },
      'a provider lists nobody',
    );
    t.match(
      (await provider.get(`/enterprises?uscc=${enterprise.uscc}`)).body.items,
      [{ enterpriseId: parent.enterpriseId }],
      'and finds the other side by its code',
    );
    t.strictSame((await own.get('/enterprises?uscc=914403001922038216')).body.items, [], 'an enterprise finds none but its own');
  },
);

void t.test('idempotency over HTTP: keys, replays, machines, and no dry run where no money moves', async (t) => {
  const service = await startService(t);
  const { operator, member } = await service.newBook('zhengzhou');
  const machine = await member('operator', { kind: 'MACHINE' });
  t.match(await machine.post('/enterprises', enterprise), { status: 400, body: { code: 'IDEMPOTENCY_KEY_REQUIRED' } });
  t.match(await machine.post('/enterprises', enterprise, { key: 'has space' }), {
    status: 400,
    body: { code: 'IDEMPOTENCY_KEY_FORMAT' },
  });
  const twenty = await Promise.all(Array.from({ length: 20 }, () => machine.post('/enterprises', enterprise, { key: 'k' })));
  t.strictSame([...new Set(twenty.map((a) => `${a.status} ${JSON.stringify(a.body)}`))].length, 1, '20 equal answers');
  t.equal(twenty.filter((a) => a.headers['idempotency-replayed'] === 'false').length, 1, 'one effect');
  t.match(await machine.post('/enterprises', { ...enterprise, name: '别名' }, { key: 'k' }), {
    status: 409,
    body: { code: 'IDEMPOTENCY_KEY_REUSED' },
  });
  t.match(
    await operator.post('/enterprises', enterprise, { key: 'k' }),
    { status: 409, body: { code: 'ENTERPRISE_EXISTS' } },
    'a key belongs to its member',
  );
  const replayed = await operator.post('/enterprises', enterprise, { key: 'k', headers: { 'accept-language': 'en' } });
  t.match(
    replayed,
    { status: 409, body: { code: 'ENTERPRISE_EXISTS', title: 'The enterprise is known already' } },
    'a stored refusal in the reader’s language',
  );
  t.match(await operator.post('/enterprises?dryRun=true', enterprise), {
    status: 400,
    body: { errors: [{ pointer: '/dryRun', code: 'UNKNOWN_FIELD' }] },
  });
});

void t.test('refusals are problems, in Chinese or English, and every one has its words', async (t) => {
  const service = await startService(t);
  const { operator } = await service.newBook('zhengzhou');
  const of = async (language?: string) => {
    const answer = await operator.get(
      '/enterprises/019a0000-0000-7000-8000-000000000000',
      language === undefined ? {} : { headers: { 'accept-language': language } },
    );
    t.match(answer.headers['content-type'], /^application\/problem\+json/);
    t.match(answer.body, { type: 'urn:compute-voucher-ledger:problem:NOT_FOUND', status: 404, code: 'NOT_FOUND' });
    return answer.body.title as string;
  };
  t.strictSame(await Promise.all([of(), of('zh-CN'), of('en'), of('en;q=0.5, zh;q=0.9'), of('zh;q=0.1, en-GB'), of('fr')]), [
    '未找到',
    '未找到',
    'Not found',
    '未找到',
    'Not found',
    '未找到',
  ]);
  for (const [code, refusal] of Object.entries(refusals)) {
    t.ok(refusal.status >= 400 && refusal.title.zh && refusal.title.en && refusal.detail.zh && refusal.detail.en, code);
    const holes = (text: string) =>
      [...text.matchAll(/\{(\w+)(?::\w+)?\}/g)].map(([, name = '']) => name.replace(/^zh$/, 'en').replace(/Zh$/, 'En')).sort();
    t.strictSame(
      [...new Set(holes(refusal.detail.zh))],
      [...new Set(holes(refusal.detail.en))],
      `${code} says the same in both languages`,
    );
  }
  t.equal(
    describeRefusal('BODY_TOO_LARGE', { limit: '7' }, 'en').detail,
    'The body is over the limit of 7 bytes; send it in parts.',
  );
});

void t.test('the service describes and watches itself', async (t) => {
  const service = await startService(t);
  await service.newBook('zhengzhou');
  const api = expectStatus(await service.call('GET', '/openapi.json'), 200);
  t.match(api.openapi, /^3\.1/);
  t.ok(api.paths['/v1/books/{book}/enterprises'].post.requestBody);
  t.equal(
    Object.keys(api.components.schemas as object).filter((name) => name.endsWith('Input')).length,
    0,
    'no duplicate schemas',
  );
  interface Operation {
    readonly security?: readonly Record<string, unknown>[];
    readonly 'x-roles'?: readonly string[];
    readonly 'x-step-up'?: boolean;
  }
  const untold: string[] = [];
  const schemes = new Set(Object.keys(api.components.securitySchemes as object));
  for (const [path, methods] of Object.entries(api.paths as Record<string, Record<string, Operation>>)) {
    if (!path.startsWith('/v1/books/')) continue;
    for (const [method, { security, 'x-roles': roles }] of Object.entries(methods)) {
      const known = security?.every((way) => Object.keys(way).every((name) => schemes.has(name)));
      const isTold = security?.length === 0 || 'apiKey' in (security?.[0] ?? {}) === (roles !== undefined && roles.length > 0);
      const guarded = method === 'get' || security?.every((way) => !('session' in way) || 'ownSite' in way);
      if (known !== true || !isTold || guarded !== true) untold.push(`${method} ${path}`);
    }
  }
  t.strictSame(untold, [], 'each address says how one shows who one is, and in which roles one may call it');
  const of = (path: string, method: string) =>
    (api.paths as Record<string, Record<string, Operation>>)[`/v1/books/{book}${path}`]?.[method];
  t.match(of('/members', 'post'), {
    'x-roles': ['operator'],
    'x-verb': 'member.register',
    'x-step-up': true,
    'x-person-only': true,
  });
  t.match(of('/account/sessions', 'get'), { security: [{ session: [] }] });
  t.strictSame(of('/sign-in/password', 'post')?.security, []);

  t.match(await service.call('GET', '/docs'), { status: 200 });
  t.match(await service.call('GET', '/'), { status: 302, headers: { location: '/docs' } });
  t.match(await service.call('GET', '/health/live'), { status: 200, body: { status: 'live' } });
  t.match(await service.call('GET', '/health/ready'), { status: 200, body: { status: 'ready' } });
  const metrics = await service.call('GET', '/metrics');
  t.match(metrics.body, /lane_batch_commands_count 4/);
  t.match(metrics.body, /lane_queue_commands\{book="zhengzhou"\} 0/);
  await service.owner
    .sql`update schema_migrations set version = version + 1 where version = (select max(version) from schema_migrations)`;
  t.match(await service.call('GET', '/health/ready'), { status: 503 }, 'another schema version is not ready');
});

void t.test('a full queue is told to come back, with a time to wait', async (t) => {
  const service = await startService(t, { lane: { maxQueue: 2, maxBatch: 1 } });
  const { operator } = await service.newBook('zhengzhou');
  const answers = await Promise.all(Array.from({ length: 30 }, () => operator.post('/enterprises', enterprise)));
  const full = answers.filter((a) => a.status === 503);
  t.ok(full.length > 0);
  t.match(full[0], { body: { code: 'LANE_FULL' }, headers: { 'retry-after': '1' } });
  t.equal(answers.filter((a) => a.status === 201).length, 1);
});

void t.test('a bug is logged whole and told bland', async (t) => {
  const service = await startService(t);
  const { operator } = await service.newBook('zhengzhou');
  await service.owner.sql`alter table enterprises rename to gone`;
  for (const answer of [await operator.get('/enterprises'), await operator.post('/enterprises', enterprise)]) {
    t.match(answer, { status: 500, body: { code: 'INTERNAL' } });
    t.notMatch(JSON.stringify(answer.body), /gone|relation|enterprises_|select|sql/i);
  }
});

void t.test('a database that is gone is a fault, told without its message', async (t) => {
  const service = await startService(t);
  const { operator } = await service.newBook('zhengzhou');
  await service.db.close(0);
  const answer = await operator.get('/enterprises');
  t.match(answer, { status: 503, body: { code: 'SERVICE_UNAVAILABLE' }, headers: { 'retry-after': '1' } });
  t.notMatch(JSON.stringify(answer.body), /postgres|sql|connection/i);
});
