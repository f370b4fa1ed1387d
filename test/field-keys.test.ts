// What is stored encrypted: values open for their own row under a key of the ring alone, and the keys are exchanged while the service runs.
import { createHmac } from 'node:crypto';
import t from 'tap';
import { rotate } from '../src/field-keys/rotate.js';
import { sealedColumns } from '../src/field-keys/sealed-fields.js';
import type { FieldKeys } from '../src/sealer.js';
import { makeSealer } from '../src/sealer.js';
import { uscc as usccOf } from './applications/world.js';
import type { Caller } from './service.js';
import { expectStatus, startService } from './service.js';
import { browser, pass, signIn, signUp } from './sign-in/world.js';

const bytes = (n: number) => Buffer.alloc(32, n);
const accountNo = '6222020000000012345';

void t.test('a value opens for its own row, under the key that sealed it, and unaltered', async (t) => {
  const fingerprint = bytes(9);
  for (const algorithm of ['aes-256-gcm', 'sm4-ctr-hmac-sm3'] as const) {
    const ring = [{ id: 'a', algorithm, secret: bytes(1) }];
    const sealer = makeSealer({ ring, fingerprint });
    const sealed = sealer.seal(accountNo, 'row');
    t.ok(sealed.startsWith(sealer.current) && !sealed.includes(accountNo), algorithm);
    t.equal(sealer.open(sealed, 'row'), accountNo);
    t.not(sealer.seal(accountNo, 'row'), sealed, 'sealing twice gives two texts');
    t.throws(() => sealer.open(sealed, 'another row'));
    t.throws(() => makeSealer({ ring: [{ id: 'a', algorithm, secret: bytes(2) }], fingerprint }).open(sealed, 'row'));
    t.throws(() => makeSealer({ ring: [{ id: 'b', algorithm, secret: bytes(1) }], fingerprint }).open(sealed, 'row'), {
      message: /^No key of the ring/,
    });
    // Every byte of it is held: nonce, tag and ciphertext, and none may be cut off or put to another part.
    const [version = '', key = '', ...parts] = sealed.split('.');
    for (const at of parts.keys()) {
      const changed = (change: (part: Buffer) => Buffer) =>
        [
          version,
          key,
          ...parts.map((part, i) => (i === at ? change(Buffer.from(part, 'base64url')).toString('base64url') : part)),
        ].join('.');
      t.throws(() =>
        sealer.open(
          changed((part) => part.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) as Buffer),
          'row',
        ),
      );
      t.throws(() =>
        sealer.open(
          changed((part) => part.subarray(1)),
          'row',
        ),
      );
    }
    t.equal(sealer.open(sealer.seal('', 'row'), 'row'), '', 'the empty text is a value too');
  }
  t.throws(() => makeSealer({ ring: [], fingerprint }));
  const twice = { id: 'a', algorithm: 'aes-256-gcm', secret: bytes(1) } as const;
  t.throws(() => makeSealer({ ring: [twice, twice], fingerprint }));
  t.throws(() => makeSealer({ ring: [{ ...twice, secret: Buffer.alloc(31) }], fingerprint }));

  const alone = makeSealer(bytes(1));
  const before = alone.seal(accountNo, 'row');
  const after = makeSealer({ ring: [twice], unnamed: bytes(1), fingerprint: bytes(1) });
  t.equal(after.open(before, 'row'), accountNo, 'a ring opens what the one FIELD_KEY of before sealed');
  t.match(after.seal(accountNo, 'row'), /^v2\.a\./, 'and seals by its own first key, though the secret be the same');
  t.equal(after.fingerprint(accountNo), alone.fingerprint(accountNo), 'equal values are found as before');
  t.throws(() => makeSealer({ ring: [twice], fingerprint: bytes(1) }).open(before, 'row'), { message: /^No key of the ring/ });
});

void t.test('SM4-CTR and HMAC-SM3 are those of the standards: their published vectors', async (t) => {
  const { createCipheriv, createHash } = await import('node:crypto');
  const block = Buffer.from('0123456789abcdeffedcba9876543210', 'hex');
  const cipher = createCipheriv('sm4-ctr', block, block);
  // Of zeros, the first block of a key stream is the counter encrypted: GB/T 32907, annex A.1.
  t.equal(cipher.update(Buffer.alloc(16)).toString('hex'), '681edf34d206965e86b3e94f536e4246');
  t.equal(createHash('sm3').update('abc').digest('hex'), '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0');
  t.equal(createHmac('sm3', Buffer.alloc(32)).update('').digest().length, 32);
});

void t.test('the keys are exchanged while the service runs: every value, no other, and nothing lost', async (t) => {
  const service = await startService(t);
  const rotating = await service.newBook('rotating');
  // Both look at the first book, which is there by now.
  const { db, owner, clock, fieldKey: keys } = service;
  const { operator, member, code, bookId } = rotating;
  const wang = await signUp(service, rotating, await member('reviewer', { personName: '王小明' }), { signInName: 'wang' });
  const name = '中原算力有限公司';
  const payee = async (i: number): Promise<{ own: Caller; providerId: string }> => {
    const uscc = usccOf(i);
    const { providerId } = expectStatus(await operator.post('/providers', { uscc, name }), 201) as { providerId: string };
    return { own: await member('provider', { uscc }), providerId };
  };
  const one = await payee(1);
  const { own, providerId } = one;
  const others = [await payee(2), await payee(3), await payee(4)];
  const record = (day: number, of = one) =>
    of.own.post('/payee-accounts', {
      providerId: of.providerId,
      holderName: name,
      bankName: '郑州银行营业部',
      bankCode: '313491000232',
      accountNo: `62220200000000${String(day).padStart(5, '0')}`,
      validFrom: `2024-01-${String(day).padStart(2, '0')}`,
    });
  for (let day = 1; day <= 20; day++) {
    const { payeeAccountId, state } = expectStatus(await record(day), 201) as { payeeAccountId: string; state: string };
    if (state === 'PROPOSED') expectStatus(await own.post(`/payee-accounts/${payeeAccountId}/withdraw`, { reason: '更正' }), 200);
  }
  const identity = { kind: 'RESIDENT_ID', number: '000000199001010018' };
  const known = { personName: '甲', role: 'reviewer', identity };
  expectStatus(await operator.post('/members', known), 201);

  const sealed = () => owner.sql<{ id: string; sealed: string; fingerprint: string; rest: string }[]>`
    select payee_account_id as id, account_no_sealed as sealed, account_fingerprint as fingerprint,
           (to_jsonb(a) - 'account_no_sealed')::text as rest from payee_accounts a where book_id = ${bookId}
    union all select identity_id, sealed, fingerprint, (to_jsonb(i) - 'sealed')::text from person_identities i where book_id = ${bookId}
    order by id`;
  const before = await sealed();
  t.equal(before.length, 21);
  const book = await service.books.find(code);
  if (!book) throw new Error('the book is open');
  const exchanged = (of: FieldKeys) => rotate({ book, clock, sealer: makeSealer(of), isStopping: () => false });

  const reversed: FieldKeys = { ...keys, ring: keys.ring.toReversed() };
  const [first, ...meanwhile] = await Promise.all([exchanged(reversed), ...others.map((of, i) => record(21 + i, of))]);
  for (const answer of meanwhile) expectStatus(answer, 201);
  t.ok(
    first.resealed >= 21 && first.left <= 3,
    'what was recorded meanwhile, by a process that seals by the key before, may be left',
  );
  const rest = await exchanged(reversed);
  t.strictSame([first.resealed + rest.resealed, rest.left], [25, 0], 'and is found the next time');
  t.strictSame(await exchanged(reversed), { resealed: 0, left: 0 }, 'a third time there is nothing to do');

  const after = await sealed();
  const opener = makeSealer({ ...keys, ring: keys.ring.slice(1) });
  t.ok(after.every((row) => row.sealed.startsWith('v2.k2.')));
  for (const was of before) {
    const is = after.find(({ id }) => id === was.id);
    t.strictSame([is?.fingerprint, is?.rest], [was.fingerprint, was.rest], 'of a row only what is sealed changed');
  }
  const [account] = await owner.sql<{ sealed: string; fingerprint: string }[]>`
    select account_no_sealed as sealed, account_fingerprint as fingerprint from payee_accounts where book_id = ${bookId} and valid_from = '2024-01-07'`;
  const plain = opener.open(account?.sealed ?? '', `payee_accounts/${bookId}/${providerId}/2024-01-07`);
  t.equal(plain, '6222020000000000007', 'the earlier key is not needed any more');
  const [factor] = await owner.sql<{ sealed: string }[]>`select totp_sealed as sealed from credentials where book_id = ${bookId}`;
  t.match(factor?.sealed, /^v2\.k2\./);
  pass(service, 60);
  expectStatus(await signIn(service, browser(service, code), wang), 200);
  t.match(await operator.post('/members', { ...known, personName: '乙' }), { body: { code: 'PERSON_IDENTITY_TAKEN' } });
  const entries = await owner.sql`select subject_id from entries where book_id = ${bookId} and kind = 'field.resealed'`;
  t.equal(entries.length, 24, 'each with an entry of the book');

  await t.test('a value that is not what its fingerprint was made of is told, and left', async (t) => {
    const otherwise: FieldKeys = { ...keys, fingerprint: bytes(3) };
    await t.rejects(exchanged(otherwise), { message: /^What is sealed in payee_accounts/ });
    await t.rejects(exchanged({ ...keys, ring: keys.ring.slice(0, 1) }), { message: /^No key of the ring/ });
    t.strictSame(await sealed(), after);
  });

  await t.test('every column that holds something sealed is among them', async (t) => {
    const columns = await owner.sql<{ name: string }[]>`
      select table_name || '.' || column_name as name from information_schema.columns
       where table_schema = 'public' and column_name ~ '(^|_)sealed$' order by 1`;
    t.strictSame(
      columns.map(({ name }) => name),
      sealedColumns,
    );
  });

  await t.test('outside the lane nothing sealed can be put in another’s place', async (t) => {
    await t.rejects(db.sql`update payee_accounts set account_no_sealed = 'x' where book_id = ${bookId}`, /lane/);
    await t.rejects(
      db.sql`update payee_accounts set account_fingerprint = ${'0'.repeat(64)} where book_id = ${bookId}`,
      /permission/,
    );
  });
});
