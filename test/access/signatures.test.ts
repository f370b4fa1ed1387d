// Requests that are signed (RFC 9421): one signature stands for one request as it was meant, once, and for a short while.
import { createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import t from 'tap';
import { parseDictionary } from 'structured-headers';
import { digestChecked, readContentDigest } from '../../src/http/content-digest.js';
import { readSignature, signatureBase } from '../../src/http/signatures.js';
import { makeUscc } from '../../src/identifiers.js';
import { signedHeaders } from '../../scripts/sign-request.js';
import type { Caller } from '../service.js';
import { expectStatus, startService } from '../service.js';

const publicOrigin = 'https://voucher.example.cn';
const nowhere = '/evidence-files/019055a0-0000-7000-8000-000000000000/detach';
const detach = (reason: string) => JSON.stringify({ attachmentId: '019055a0-0000-7000-8000-000000000000', reason });

interface Pair {
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}
function pair(): Pair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: String(publicKey.export({ format: 'jwk' }).x), privateKey };
}

void t.test('the example of RFC 9421, B.2.6, verifies, and no longer once a letter of it differs', (t) => {
  const publicKey = createPublicKey(
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n',
  );
  const message: Record<string, string> = {
    date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    '@method': 'POST',
    '@path': '/foo',
    '@authority': 'example.com',
    'content-type': 'application/json',
    'content-length': '18',
  };
  const params =
    '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';
  const signature = Buffer.from(
    'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
    'base64',
  );
  const holds = (of: Record<string, string>) =>
    verify(
      null,
      signatureBase(Object.keys(of), params, (name) => of[name] ?? ''),
      publicKey,
      signature,
    );
  t.equal(holds(message), true);
  for (const name of Object.keys(message)) t.equal(holds({ ...message, [name]: `${message[name]} ` }), false, name);
  t.end();
});

void t.test('a signature is read strictly: what two readers could read differently is refused', (t) => {
  const now = new Date('2024-07-01T10:00:00Z');
  const at = now.getTime() / 1000;
  const bytes = `:${Buffer.alloc(64, 7).toString('base64')}:`;
  const times = `;created=${at};expires=${at + 60}`;
  const rest = ';nonce="0123456789abcdef";keyid="cvk_abcdefghijkl"';
  const good = `sig1=("@method" "@target-uri")${times}${rest}`;
  const read = (input: string | undefined, signature: string | undefined = `sig1=${bytes}`) => {
    const found = readSignature({ input, signature }, ['@method', '@target-uri'], now);
    return found.kind === 'read' ? 'read' : `${found.told.code} ${Object.values(found.told.params ?? {})[0] ?? ''}`.trim();
  };
  const timed = (created: number, expires: number) =>
    read(`sig1=("@method" "@target-uri");created=${created};expires=${expires}${rest}`);
  const table: [what: string, found: string, expected: string][] = [
    ['as it should be', read(good), 'read'],
    ['with alg and tag', read(`${good};alg="ed25519";tag="ledger"`), 'read'],
    ['another label', read(good.replace('sig1', 'a-b.c*_')), 'SIGNATURE_MALFORMED Signature'],
    ['no Signature-Input', read(undefined), 'SIGNATURE_MALFORMED Signature-Input'],
    ['no Signature', read(good, ''), 'SIGNATURE_MALFORMED Signature'],
    ['two labels', read(`${good}, ${good.replace('sig1', 'sig2')}`), 'SIGNATURE_MALFORMED Signature-Input'],
    ['one label twice', read(`${good}, ${good}`), 'SIGNATURE_MALFORMED Signature-Input'],
    ['two signatures', read(good, `sig1=${bytes}, sig2=${bytes}`), 'SIGNATURE_MALFORMED Signature'],
    ['a signature twice', read(good, `sig1=${bytes}, sig1=${bytes}`), 'SIGNATURE_MALFORMED Signature'],
    ['a signature with a parameter', read(good, `sig1=${bytes};a`), 'read'],
    ['of another length', read(good, 'sig1=:AAAA:'), 'SIGNATURE_MALFORMED Signature'],
    ['a text for bytes', read(good, 'sig1="x"'), 'SIGNATURE_MALFORMED Signature'],
    ['base64 that is loose', read(good, `sig1=${bytes.replace('==', '')}`), 'SIGNATURE_MALFORMED Signature'],
    ['no list', read(`sig1="@method"${times}${rest}`), 'SIGNATURE_MALFORMED Signature-Input'],
    ['two blanks', read(good.replace('" "', '"  "')), 'SIGNATURE_MALFORMED Signature-Input'],
    ['a blank in front', read(` ${good}`), 'SIGNATURE_MALFORMED Signature-Input'],
    ['a parameter twice', read(`${good};keyid="cvk_abcdefghijkm"`), 'SIGNATURE_MALFORMED Signature-Input'],
    ['a parameter nobody knows', read(`${good};context="a"`), 'SIGNATURE_MALFORMED context'],
    ['a component twice', read(good.replace(')', ' "@method")')), 'SIGNATURE_MALFORMED @method'],
    ['a component with a parameter', read(good.replace('"@method"', '"@method";req')), 'SIGNATURE_MALFORMED @method'],
    ['a component nobody knows', read(good.replace(')', ' "@path")')), 'SIGNATURE_MALFORMED @path'],
    ['a component in capitals', read(good.replace(')', ' "Content-Digest")')), 'SIGNATURE_MALFORMED Content-Digest'],
    ['a token for a component', read(good.replace('"@method"', 'method')), 'SIGNATURE_MALFORMED method'],
    ['a prototype’s key', read(`${good};constructor=1`), 'SIGNATURE_MALFORMED constructor'],
    ['created as text', read(good.replace(`created=${at}`, `created="${at}"`)), 'SIGNATURE_MALFORMED created'],
    ['created with decimals', read(good.replace(`created=${at}`, `created=${at}.5`)), 'SIGNATURE_MALFORMED created'],
    ['created in milliseconds', timed(at * 1000, at * 1000 + 60), 'SIGNATURE_MALFORMED created'],
    ['created with a zero in front', read(good.replace('created=', 'created=0')), 'SIGNATURE_MALFORMED Signature-Input'],
    ['a nonce that is short', read(good.replace('0123456789abcdef', '0123')), 'SIGNATURE_MALFORMED nonce'],
    ['a key of another form', read(good.replace('cvk_', 'CVK_')), 'SIGNATURE_MALFORMED keyid'],
    ['a component left out', read(good.replace(' "@target-uri"', '')), 'SIGNATURE_INCOMPLETE @target-uri'],
    ['times left out', read(good.replace(times, '')), 'SIGNATURE_INCOMPLETE created, expires'],
    ['name and nonce left out', read(good.replace(rest, '')), 'SIGNATURE_INCOMPLETE keyid, nonce'],
    ['another algorithm', read(`${good};alg="hmac-sha256"`), 'SIGNATURE_ALGORITHM'],
    ['an algorithm as a token', read(`${good};alg=ed25519`), 'SIGNATURE_ALGORITHM'],
    ['a life of 300 s', timed(at, at + 300), 'read'],
    ['a longer one', timed(at, at + 301), 'SIGNATURE_LIFE 300'],
    ['none', timed(at, at), 'SIGNATURE_LIFE 300'],
    ['of 60 s on', timed(at + 60, at + 61), 'read'],
    ['of later', timed(at + 61, at + 62), 'SIGNATURE_FROM_FUTURE 2024-07-01T18:01:01.000+08:00'],
    ['over since 59 s', timed(at - 100, at - 59), 'read'],
    ['over since 60 s', timed(at - 100, at - 60), 'SIGNATURE_EXPIRED 2024-07-01T17:59:00.000+08:00'],
  ];
  for (const [what, found, expected] of table) t.equal(found, expected, what);
  t.end();
});

void t.test('digests of RFC 9530: each that is known must hold, whatever pieces the body comes in', async (t) => {
  const body = '{"hello": "world"}';
  const sha512 = 'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:';
  const sha256 = 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:';
  const passes = async (header: string, pieces: readonly string[]) => {
    const checker = digestChecked(readContentDigest(header) ?? []);
    for (const piece of pieces) checker.write(piece);
    checker.end();
    try {
      return Buffer.concat((await checker.toArray()) as Buffer[]).toString() === pieces.join('');
    } catch {
      return false;
    }
  };
  for (const header of [sha512, sha256, `${sha256}, ${sha512}`, `md5=:AAAA:, ${sha256}`])
    t.equal(await passes(header, [body.slice(0, 5), body.slice(5)]), true, header);
  t.equal(await passes(sha512, [`${body} `]), false);
  t.equal(await passes(`${sha256}, ${sha512.replace('WZ', 'WY')}`, [body]), false, 'one that holds hides none that does not');
  for (const header of ['', 'md5=:AAAA:', 'sha-256=:AAAA:', 'sha-256="x"', 'sha-256', 'sha-256=:', 'sha-256=()'])
    t.equal(readContentDigest(header), null, header);
  t.equal(parseDictionary(sha256).size, 1);
});

void t.test('signed requests', async (t) => {
  const service = await startService(t, { now: '2024-07-01T10:00:00+08:00', publicOrigin });
  const { operator, member, code } = await service.newBook('zhengzhou');
  const second = await service.secondApp({ bearerMayApprove: false });
  const machine = await member('reviewer', { kind: 'MACHINE' });
  const own = pair();
  const register = async (of: Caller, publicKey: string, more: object = {}) =>
    operator.post(`/members/${of.memberId}/keys`, { publicKey, ...more });
  const key = expectStatus(await register(machine, own.publicKey), 201);
  const keyId = `cvk_${key.prefix}`;

  interface Send {
    readonly method?: 'GET' | 'POST';
    readonly url?: string;
    readonly body?: string;
    readonly by?: KeyObject;
    readonly keyId?: string;
    readonly idempotencyKey?: string;
    /** What differs between what is signed and what is sent. */
    readonly alter?: (headers: Record<string, string>) => Record<string, string>;
    readonly sent?: { body?: string; method?: 'GET' | 'POST'; url?: string };
    readonly app?: typeof service.app;
    readonly origin?: string;
  }
  const headersOf = (of: Send) => signedAs(of, 'application/json');
  const signedAs = (of: Send, contentType: string) =>
    signedHeaders({
      contentType,
      method: of.method ?? 'GET',
      address: `${of.origin ?? publicOrigin}/v1/books/${code}${of.url ?? '/me'}`,
      body: of.body,
      idempotencyKey: of.method === 'POST' ? (of.idempotencyKey ?? randomBytes(8).toString('hex')) : undefined,
      keyId: of.keyId ?? keyId,
      privateKey: of.by ?? own.privateKey,
      now: service.clock.now(),
    });
  const deliver = async (of: Send, headers: Record<string, string>) => {
    const payload = of.sent?.body ?? of.body;
    const response = await (of.app ?? service.app).inject({
      method: of.sent?.method ?? of.method ?? 'GET',
      url: `/v1/books/${code}${of.sent?.url ?? of.url ?? '/me'}`,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    const body = response.json<{ code?: string; memberId?: string }>();
    return {
      told: body.code === undefined ? String(response.statusCode) : `${response.statusCode} ${body.code}`,
      body,
      response,
    };
  };
  const send = async (of: Send) => deliver(of, (of.alter ?? ((headers) => headers))(headersOf(of)));
  const told = async (of: Send) => (await send(of)).told;
  const detachBody = detach('上传有误');
  const write = { method: 'POST', url: nowhere, body: detachBody } as const;

  await t.test('one that is right is its member’s, for reading and for writing', async (t) => {
    const me = await send({});
    t.match(me, { told: '200', body: { memberId: machine.memberId } });
    t.equal(await told({ url: '/vouchers?limit=1' }).then((of) => of.slice(0, 3)), '200', 'query included');
    t.equal(await told({ ...write }), '404 NOT_FOUND', 'it came as far as the lane');
    t.equal(key.secret, null, 'there is no secret to be shown');
  });

  await t.test('what differs from what was signed is refused, and nothing of it is done', async (t) => {
    const without = (name: string) => (headers: Record<string, string>) =>
      Object.fromEntries(Object.entries(headers).filter(([of]) => of !== name));
    const resign = (change: (input: string) => string) => (headers: Record<string, string>) => ({
      ...headers,
      'signature-input': change(headers['signature-input'] ?? ''),
    });
    const enterprise = { method: 'POST', url: '/members', body: '{"a":1}' } as const;
    const table: [what: string, found: string, expected: string][] = [
      [
        'another body of the same length',
        await told({ ...write, sent: { body: detach('上传有誤') } }),
        '400 CONTENT_DIGEST_WRONG',
      ],
      ['a body that goes on', await told({ ...write, sent: { body: `${detachBody} ` } }), '400 CONTENT_DIGEST_WRONG'],
      [
        'a digest of another body',
        await told({
          ...write,
          alter: (of) => ({ ...of, 'content-digest': 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:' }),
        }),
        '401 SIGNATURE_INVALID',
      ],
      [
        'a digest by md5',
        await told({ ...write, alter: (of) => ({ ...of, 'content-digest': 'md5=:AAAA:' }) }),
        '400 CONTENT_DIGEST_UNREADABLE',
      ],
      [
        'a body to a request that was signed without',
        await told({
          ...write,
          alter: (of) => ({ ...headersOf({ method: 'POST', url: nowhere }), 'content-type': of['content-type'] ?? '' }),
        }),
        '401 SIGNATURE_INCOMPLETE',
      ],
      ['another method', await told({ url: '/members', sent: { method: 'POST' } }), '401 SIGNATURE_INCOMPLETE'],
      ['another address', await told({ sent: { url: '/calendars' } }), '401 SIGNATURE_INVALID'],
      ['another query', await told({ url: '/vouchers?limit=1', sent: { url: '/vouchers?limit=2' } }), '401 SIGNATURE_INVALID'],
      ['another host', await told({ origin: 'https://other.example.cn' }), '401 SIGNATURE_INVALID'],
      [
        'another idempotency key',
        await told({ ...write, alter: (of) => ({ ...of, 'idempotency-key': 'another' }) }),
        '401 SIGNATURE_INVALID',
      ],
      ['no idempotency key', await told({ ...write, alter: without('idempotency-key') }), '401 SIGNATURE_INCOMPLETE'],
      [
        'in another’s place, which was not signed',
        await told({ ...write, alter: (of) => ({ ...of, 'on-behalf-of': machine.memberId }) }),
        '401 SIGNATURE_INCOMPLETE',
      ],
      [
        'a longer life than was signed',
        await told({ alter: resign((of) => of.replace(/expires=\d+/, (text) => `expires=${Number(text.slice(8)) + 1}`)) }),
        '401 SIGNATURE_INVALID',
      ],
      ['without Signature', await told({ alter: without('signature') }), '401 SIGNATURE_MALFORMED'],
      ['without Signature-Input', await told({ alter: without('signature-input') }), '401 SIGNATURE_MALFORMED'],
      [
        'a bearer key beside it',
        await told({ alter: (of) => ({ ...of, authorization: `Bearer ${operator.secret}` }) }),
        '401 SIGNATURE_MALFORMED',
      ],
      [
        'two signatures',
        await told({ alter: (of) => ({ ...of, signature: `${of['signature']}, sig2=:${'A'.repeat(86)}==:` }) }),
        '401 SIGNATURE_MALFORMED',
      ],
      [
        'by another algorithm',
        await told({ alter: resign((of) => of.replace('ed25519', 'rsa-v1_5-sha256')) }),
        '401 SIGNATURE_ALGORITHM',
      ],
      ['by another key', await told({ by: pair().privateKey }), '401 SIGNATURE_INVALID'],
      ['by a key that nobody knows', await told({ keyId: 'cvk_aaaaaaaaaaaa' }), '401 SIGNATURE_INVALID'],
      ['by the name of a bearer key', await told({ keyId: operator.secret.slice(0, 16) }), '401 SIGNATURE_INVALID'],
      ['what the role may not', await told({ ...enterprise }), '403 FORBIDDEN'],
    ];
    for (const [what, found, expected] of table) t.equal(found, expected, what);
    const bare = await service.call('GET', `/v1/books/${code}/me`, { secret: `${keyId}_${own.publicKey}` });
    t.equal(bare.status, 401, 'its public half is no secret of a bearer key');
  });

  await t.test('it counts once, whichever of two processes it comes to, and however close', async (t) => {
    const headers = headersOf({});
    const many = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => (await deliver({ app: i % 2 ? service.app : second.app }, headers)).told),
    );
    t.strictSame(many.sort(), ['200', ...Array.from({ length: 11 }, () => '401 SIGNATURE_REPLAYED')]);
    const spent = headersOf(write);
    t.equal((await deliver({ ...write, sent: { body: '{}' } }, spent)).told, '400 CONTENT_DIGEST_WRONG');
    t.equal((await deliver(write, spent)).told, '401 SIGNATURE_REPLAYED', 'also where its body was found to be another');
    const kept = async () => (await service.db.sql<{ n: bigint }[]>`select count(*) as n from signature_nonces`)[0]?.n ?? 0n;
    const before = await kept();
    t.ok(before > 5n && before <= 10n);
    service.clock.set('2024-07-01T10:10:00+08:00');
    t.equal((await deliver({}, headers)).told, '401 SIGNATURE_EXPIRED');
    for (let i = 0; i < 5; i++) t.equal(await told({}), '200');
    t.equal(await kept(), 5n, 'with each that comes two go that are over');
  });

  await t.test(
    'uploads are compared as they stream; a file of documents takes effect only once all of it has come',
    async (t) => {
      const csv = '名称\r\n甲\r\n';
      const upload = { method: 'POST', url: '/evidence-files?kind=OTHER', body: csv } as const;
      const uploadHeaders = () => ({
        ...signedAs(upload, 'text/csv'),
        'content-disposition': "attachment; filename*=UTF-8''a.csv",
      });
      t.equal(
        (await deliver({ ...upload, sent: { body: csv.replace('甲', '乙') } }, uploadHeaders())).told,
        '400 CONTENT_DIGEST_WRONG',
      );
      t.strictSame((await service.db.sql`select 1 from evidence_files`).length, 0);
      t.equal((await deliver(upload, uploadHeaders())).told, '201');

      const trader = await member('provider', { kind: 'MACHINE', uscc: makeUscc('91410100MA0000001') });
      const its = pair();
      const { prefix } = expectStatus(await register(trader, its.publicKey), 201) as { prefix: string };
      const line = '{"number":"1"}\n';
      const by = { keyId: `cvk_${prefix}`, by: its.privateKey };
      const file = { method: 'POST', url: '/bulk-jobs/usage-invoices', body: line, ...by } as const;
      const fileHeaders = () => signedAs(file, 'application/x-ndjson');
      t.equal((await deliver({ ...file, sent: { body: line.repeat(2) } }, fileHeaders())).told, '400 CONTENT_DIGEST_WRONG');
      t.equal((await service.db.sql`select 1 from bulk_jobs`).length, 0, 'not a line of it was taken');
      t.equal((await deliver(file, fileHeaders())).told, '201');
    },
  );

  await t.test('a key that signs is told apart, belongs to one, and is revoked like any', async (t) => {
    const answer = async (of: Caller, publicKey: string, more: object = {}) => {
      const { status, body } = await register(of, publicKey, more);
      return `${status} ${(body as { code?: string }).code ?? ''}`.trim();
    };
    t.equal(await answer(machine, own.publicKey), '409 PUBLIC_KEY_TAKEN');
    t.equal(await answer(machine, 'A'.repeat(43)), '400 PUBLIC_KEY_UNSOUND', 'the point zero, for which anybody can sign');
    t.equal(await answer(machine, `AQ${'A'.repeat(41)}`), '400 PUBLIC_KEY_UNSOUND', 'the neutral point');
    t.equal(await answer(machine, `${own.publicKey.slice(0, 42)}B`), '400 PUBLIC_KEY_UNSOUND', 'bits beyond its 32 bytes');
    t.equal(await answer(machine, own.publicKey.slice(1)), '400 VALIDATION_FAILED');

    const next = pair();
    const rotate = async (body: object) => operator.post(`/keys/${key.keyId}/rotate`, { lastDay: '2024-07-02', ...body });
    t.match(await rotate({}), { status: 400, body: { code: 'KEY_SIGNS' } });
    t.match(await rotate({ publicKey: own.publicKey }), { status: 409, body: { code: 'PUBLIC_KEY_TAKEN' } });
    const successor = expectStatus(await rotate({ publicKey: next.publicKey }), 201);
    const named = { keyId: `cvk_${successor.prefix}`, by: next.privateKey };
    t.strictSame([await told({}), await told(named)], ['200', '200'], 'both count meanwhile');
    expectStatus(await operator.post(`/keys/${successor.keyId}/revoke`), 200);
    for (const app of [service.app, second.app]) {
      t.equal(await told({ ...named, app }), '401 SIGNATURE_INVALID');
      t.equal(await told({ ...named, ...write, app }), '401 SIGNATURE_INVALID');
    }
  });

  await t.test('a person’s counts once somebody else has confirmed it, and stands for a second factor then', async (t) => {
    const person = await member('operator');
    const mine = pair();
    const made = expectStatus(await register(person, mine.publicKey), 201);
    const by = { keyId: `cvk_${made.prefix}`, by: mine.privateKey };
    const confirm = async (of: Caller, id: unknown = made.keyId) => {
      const { status, body } = await of.post(`/keys/${String(id)}/confirm`);
      return `${status} ${(body as { code?: string }).code ?? ''}`.trim();
    };
    t.equal(await told(by), '401 SIGNATURE_INVALID', 'not yet');
    t.equal(await confirm(operator), '403 FOUR_EYES', 'who made it');
    t.equal(await confirm(await member('approver')), '404 NOT_FOUND', 'whom it is no matter of');
    t.equal(await confirm(operator, key.keyId), '409 KEY_NEEDS_NO_CONFIRMATION');
    t.equal(await confirm(person), '200');
    t.equal(await confirm(person), '409 KEY_CONFIRMED');
    t.equal(await told(by), '200');
    const unsure = expectStatus(await register(person, pair().publicKey), 201);
    expectStatus(await operator.post(`/keys/${unsure.keyId}/revoke`), 200);
    t.equal(await confirm(person, unsure.keyId), '409 KEY_REVOKED');

    const step = {
      method: 'POST',
      url: `/members/${machine.memberId}/set-keys-sign`,
      body: '{"keysSign":true}',
      app: second.app,
    } as const;
    const asBearer = await second.app.inject({
      method: 'POST',
      url: `/v1/books/${code}${step.url}`,
      headers: { authorization: `Bearer ${person.secret}`, 'content-type': 'application/json' },
      payload: step.body,
    });
    t.match(asBearer.json(), { code: 'BEARER_KEY_NOT_ENOUGH' });
    t.equal(await told({ ...step, ...by }), '200');
    t.equal(await told({ ...step, ...by }), '409 KEYS_SIGN_AS_SAID');
  });

  await t.test('where a member’s keys must sign, a bare one of it does nothing from then on', async (t) => {
    const bare = (url: string, method: 'GET' | 'POST' = 'GET') =>
      service.call(method, `/v1/books/${code}${url}`, {
        secret: machine.secret,
        ...(method === 'POST'
          ? { body: JSON.parse(detach('上传有误')) as object, headers: { 'idempotency-key': randomBytes(8).toString('hex') } }
          : {}),
      });
    t.match(await bare('/me'), { status: 403, body: { code: 'SIGNATURE_REQUIRED' } });
    t.match(await bare(nowhere, 'POST'), { status: 403, body: { code: 'SIGNATURE_REQUIRED' } });
    t.equal(await told({}), '200', 'and one that signs all it did');
    expectStatus(await operator.post(`/members/${machine.memberId}/set-keys-sign`, { keysSign: false }), 200);
    t.equal((await bare('/me')).status, 200);
    expectStatus(await operator.post(`/members/${machine.memberId}/end`), 200);
    t.equal((await operator.post(`/members/${machine.memberId}/set-keys-sign`, { keysSign: true })).body.code, 'MEMBER_ENDED');
  });

  await t.test('keys are listed with who made them and the last day each was used', async (t) => {
    const { items } = expectStatus(await operator.get(`/members/${machine.memberId}/keys`), 200) as { items: object[] };
    t.match(items[1], { keyId: key.keyId, publicKey: own.publicKey, issuedPerson: operator.personId, lastUsedOn: '2024-07-01' });
    const unused = await member('auditor');
    t.match(expectStatus(await operator.get(`/members/${unused.memberId}/keys`), 200), { items: [{ lastUsedOn: null }] });
    service.clock.set('2024-07-05');
    expectStatus(await unused.get('/me'), 200);
    // Written beside the request that used it, which does not wait for that.
    const listed = async () =>
      (expectStatus(await operator.get(`/members/${unused.memberId}/keys`), 200) as { items: { lastUsedOn: string | null }[] })
        .items[0];
    for (let i = 0; i < 500 && (await listed())?.lastUsedOn === null; i++) await new Promise((done) => setTimeout(done, 10));
    t.match(await listed(), { lastUsedOn: '2024-07-05' });
  });
});

void t.test('a service that does not know its own address takes no signatures', async (t) => {
  const { app } = await startService(t);
  const headers = {
    'signature-input': 'sig1=()',
    signature: `sig1=:${sign(null, Buffer.alloc(0), pair().privateKey).toString('base64')}:`,
  };
  const response = await app.inject({ method: 'GET', url: '/v1/books/zhengzhou/me', headers });
  t.match(response.json(), { status: 401, code: 'SIGNATURE_NOT_OFFERED' });
});
