import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { rememberForMs } from '../../src/access/principal.js';
import { expectStatus, startService } from '../service.js';

void t.test('keys: a scope below the role, and a successor without a gap', async (t) => {
  const service = await startService(t);
  const { operator, member, code } = await service.newBook('zhengzhou');
  const reviewer = await member('reviewer');
  const keys = `/members/${reviewer.memberId}/keys`;
  const use = async (secret: unknown, method: 'GET' | 'POST', url: string, body?: unknown) => {
    const of = { secret: String(secret), headers: { 'idempotency-key': `use-${url}-${String(secret).slice(4, 16)}` } };
    const answer = await service.call(method, `/v1/books/${code}${url}`, body === undefined ? of : { ...of, body });
    return [answer.status, answer.body.code];
  };
  const refusedWith = async (url: string, body: object) => {
    const answer = await operator.post(url, body);
    return [answer.status, answer.body.code];
  };
  const nowhere = '/redemptions/019055a0-0000-7000-8000-000000000000/verify';

  await t.test('a key does no more than its scope says', async (t) => {
    const reads = expectStatus(await operator.post(keys, { scope: [] }), 201);
    t.strictSame(reads.scope, []);
    t.strictSame(await use(reads.secret, 'GET', '/me'), [200, undefined]);
    t.strictSame(await use(reads.secret, 'POST', nowhere, { approved: '1.00' }), [403, 'KEY_SCOPE']);
    t.strictSame(
      await use(reads.secret, 'POST', '/members', { role: 'auditor' }),
      [403, 'FORBIDDEN'],
      'the role is judged first',
    );

    for (const scope of ['redemption', 'redemption.verify']) {
      const some = expectStatus(await operator.post(keys, { scope: [scope] }), 201);
      t.strictSame(
        await use(some.secret, 'POST', nowhere, { approved: '1.00' }),
        [404, 'NOT_FOUND'],
        `${scope} holds redemption.verify`,
      );
      t.strictSame(
        await use(some.secret, 'POST', '/evidence-files?name=a.pdf', {}),
        [403, 'KEY_SCOPE'],
        'an upload is a verb too',
      );
    }
    const other = expectStatus(
      await operator.post(keys, { scope: ['redemption.veri'] }).then((a) => ({ ...a, status: a.status })),
      400,
    );
    t.equal(other.code, 'KEY_SCOPE_UNKNOWN', 'the beginning of a name is no name');
    t.strictSame(await refusedWith(keys, { scope: ['constructor'] }), [400, 'KEY_SCOPE_UNKNOWN']);
    t.strictSame(await refusedWith(keys, { scope: ['*'] }), [400, 'VALIDATION_FAILED']);
    t.strictSame(await refusedWith(keys, { scope: ['redemption', 'key.issue'] }), [409, 'KEY_SCOPE_BEYOND_ROLE']);
  });

  await t.test('a key and its successor both count until the last day of the first', async (t) => {
    const old = expectStatus(await operator.post(keys, { scope: [] }), 201);
    const url = `/keys/${old.keyId}/rotate`;
    t.strictSame(await refusedWith(url, { lastDay: '2024-06-30' }), [400, 'KEY_OVERLAP']);
    t.strictSame(await refusedWith(url, { lastDay: '2024-08-01' }), [400, 'KEY_OVERLAP'], '31 days on');
    t.strictSame(await refusedWith(url, { lastDay: '2024-07-31', expiresOn: '2024-06-30' }), [400, 'KEY_EXPIRES_IN_PAST']);
    t.strictSame(await refusedWith(`/keys/${reviewer.memberId}/rotate`, { lastDay: '2024-07-02' }), [404, 'NOT_FOUND']);

    const next = expectStatus(await operator.post(url, { lastDay: '2024-07-31' }, { key: 'rotate' }), 201);
    t.match(next, { memberId: reviewer.memberId, scope: [], expiresOn: null, successorId: null }, 'of the same member and scope');
    const again = await operator.post(url, { lastDay: '2024-07-31' }, { key: 'rotate' });
    t.match(again, { status: 201, body: { keyId: next.keyId, secret: null }, headers: { 'idempotency-replayed': 'true' } });
    const leak = await service.db.sql`select 1 from outcomes where body::text like ${`%${String(next.secret).slice(-20)}%`}`;
    t.equal(leak.length, 0, 'the secret is shown once and kept nowhere');
    t.strictSame(await refusedWith(url, { lastDay: '2024-07-02' }), [409, 'KEY_ROTATED']);
    const { items } = expectStatus(await operator.get(keys), 200);
    t.match(
      (items as { keyId: string }[]).find(({ keyId }) => keyId === old.keyId),
      { expiresOn: '2024-07-31', successorId: next.keyId },
    );
    const both = async () => [(await use(old.secret, 'GET', '/me'))[0], (await use(next.secret, 'GET', '/me'))[0]];
    t.strictSame(await both(), [200, 200]);
    t.strictSame(await use(next.secret, 'POST', nowhere, { approved: '1.00' }), [403, 'KEY_SCOPE'], 'no wider than the first');
    service.clock.set('2024-07-31');
    t.strictSame(await both(), [200, 200], 'on its last day');
    service.clock.set('2024-08-01');
    t.strictSame(await both(), [401, 200], 'the day after');

    const short = expectStatus(await operator.post(keys, { expiresOn: '2024-08-03' }), 201);
    expectStatus(await operator.post(`/keys/${short.keyId}/rotate`, { lastDay: '2024-08-20' }), 201);
    t.strictSame(await use(short.secret, 'GET', '/me'), [200, undefined]);
    const late = expectStatus(await operator.post(keys, { expiresOn: '2024-08-03' }), 201);
    service.clock.set('2024-08-04');
    t.strictSame(await use(short.secret, 'GET', '/me'), [401, 'UNAUTHENTICATED'], 'rotation prolongs no key');
    t.strictSame(await refusedWith(`/keys/${late.keyId}/rotate`, { lastDay: '2024-08-05' }), [409, 'KEY_EXPIRED']);

    expectStatus(await operator.post(`/keys/${next.keyId}/revoke`), 200);
    t.strictSame(await refusedWith(`/keys/${next.keyId}/rotate`, { lastDay: '2024-08-05' }), [409, 'KEY_REVOKED']);
    const left = expectStatus(await operator.post(keys, {}), 201);
    expectStatus(await operator.post(`/members/${reviewer.memberId}/end`), 200);
    t.strictSame(await refusedWith(`/keys/${left.keyId}/rotate`, { lastDay: '2024-08-05' }), [409, 'MEMBER_ENDED']);
  });
});

void t.test('a key revoked in one process ends in another with its next request, remembered there or not', async (t) => {
  const service = await startService(t);
  const { operator, member, code } = await service.newBook('zhengzhou');
  const second = await service.secondApp();
  const reviewer = await member('reviewer');
  const url = `/v1/books/${code}`;
  const sent = async (n: number) => {
    const headers = {
      authorization: `Bearer ${reviewer.secret}`,
      'content-type': 'application/json',
      'idempotency-key': `n${n}`,
    };
    const command = { method: 'POST' as const, url: `${url}/redemptions/${operator.memberId}/verify`, headers };
    const [reading, writing] = await Promise.all([
      second.app.inject({ method: 'GET', url: `${url}/me`, headers: { authorization: headers.authorization } }),
      second.app.inject({ ...command, payload: JSON.stringify({ approved: '1.00' }) }),
    ]);
    return [reading.statusCode, writing.statusCode];
  };
  const before = await sent(1);
  t.strictSame(before, await sent(2), 'by now the second process remembers the key');
  t.strictSame(before, [200, 404]);
  const { items } = expectStatus(await operator.get(`/members/${reviewer.memberId}/keys`), 200) as { items: { keyId: string }[] };
  expectStatus(await operator.post(`/keys/${items[0]?.keyId}/revoke`), 200);
  t.strictSame(await sent(3), [401, 401]);

  // What is wrong in itself is told before the lane, by what is remembered: for less than a second.
  const approver = await member('approver');
  const malformed = async () => {
    const headers = { authorization: `Bearer ${approver.secret}`, 'content-type': 'application/json' };
    const { statusCode } = await second.app.inject({
      method: 'POST',
      url: `${url}/applications/x/approve`,
      headers,
      payload: '{}',
    });
    return statusCode;
  };
  t.equal(await malformed(), 400);
  const listed = expectStatus(await operator.get(`/members/${approver.memberId}/keys`), 200) as { items: { keyId: string }[] };
  expectStatus(await operator.post(`/keys/${listed.items[0]?.keyId}/revoke`), 200);
  t.ok(rememberForMs < 1_000);
  await setTimeout(rememberForMs + 50);
  t.equal(await malformed(), 401, 'within a second for whatever a request meets');
});
