// People sign in: invited, with a password and a second factor, in sessions that can be ended; and nobody else.
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { stepOfCode, codeOf, stepAt, toBase32 } from '../../src/sign-in/totp.js';
import { Passwords } from '../../src/sign-in/passwords.js';
import { passwordRefusal } from '../../src/sign-in/password-rules.js';
import { inviteFounder } from '../../src/sign-in/invite-founder.js';
import { waitsOf } from '../../src/sign-in/rules.js';
import type { Answer, Caller, Service } from '../service.js';
import { expectStatus, startService } from '../service.js';
import type { Browser } from './world.js';
import { browser, codeFor, goodPassword, pass, signIn, signUp } from './world.js';

const codeOfAnswer = ({ status, body }: Answer): string =>
  `${status} ${(body as { code?: string } | undefined)?.code ?? ''}`.trim();
const sessionOf = (at: Browser, book = 'zhengzhou'): string => at.cookies.get(`__Host-session-${book}`) ?? '';

/** What approves, pays, or changes a payee, a programme, members, keys or roles. */
const verbsThatMatter = [
  '/allocations/{id}/approve',
  '/applications/{id}/approve',
  '/appropriation-returns/{id}/approve',
  '/appropriations',
  '/bank-matches',
  '/bank-matches/{id}/undo',
  '/calendars/{id}/approve',
  '/contract-amendments/{id}/file',
  '/contracts/{id}/file',
  '/contracts/{id}/terminate',
  '/contracts/{id}/void',
  '/custom-roles',
  '/custom-roles/{id}/approve',
  '/delegations',
  '/flags/{id}/clear',
  '/invitations/{id}/confirm',
  '/keys/{id}/confirm',
  '/keys/{id}/revoke',
  '/keys/{id}/rotate',
  '/legal-person-changes/{id}/approve',
  '/limit-exceptions/{id}/approve',
  '/listing-applications/{id}/list',
  '/listing-measures/{id}/approve',
  '/listings',
  '/members',
  '/members/{id}/confirm',
  '/members/{id}/end',
  '/members/{id}/invite',
  '/members/{id}/keys',
  '/members/{id}/set-keys-sign',
  '/months',
  '/months/{id}/seal',
  '/opening-balances/{id}/approve',
  '/payee-account-waits/{id}/approve',
  '/payee-accounts',
  '/payee-accounts/{id}/confirm',
  '/payee-accounts/{id}/dismiss-objection',
  '/payee-accounts/{id}/reject',
  '/payee-accounts/{id}/withdraw',
  '/payment-files',
  '/person-merges',
  '/person-merges/{id}/approve',
  '/persons/{id}/identities',
  '/programmes',
  '/programmes/{id}/activate',
  '/programmes/{id}/correct-repeal',
  '/programmes/{id}/repeal',
  '/recoveries/{id}/decide-appeal',
  '/recoveries/{id}/offset',
  '/recoveries/{id}/open',
  '/recoveries/{id}/write-off',
  '/redemptions/{id}/reverse',
  '/redemptions/{id}/verify',
  '/settlements/{id}/approve',
  '/settlements/{id}/check-lines',
  '/settlements/{id}/close',
  '/settlements/{id}/instruct',
  '/settlements/{id}/reinstruct',
  '/vouchers/{id}/cancel',
  '/vouchers/{id}/revoke',
  '/vouchers/{id}/unfreeze',
  '/webhooks',
  '/webhooks/{id}/rotate',
];

void t.test('codes by time are those of RFC 6238, appendix B, and RFC 4226, appendix D', (t) => {
  const secret = (bytes: number) => Buffer.from('12345678901234567890'.repeat(4).slice(0, bytes));
  const hashes = [
    { hash: 'sha1', bytes: 20 },
    { hash: 'sha256', bytes: 32 },
    { hash: 'sha512', bytes: 64 },
  ] as const;
  const table: [seconds: number, codes: [string, string, string]][] = [
    [59, ['94287082', '46119246', '90693936']],
    [1111111109, ['07081804', '68084774', '25091201']],
    [1111111111, ['14050471', '67062674', '99943326']],
    [1234567890, ['89005924', '91819424', '93441116']],
    [2000000000, ['69279037', '90698825', '38618901']],
    [20000000000, ['65353130', '77737706', '47863826']],
  ];
  for (const [seconds, codes] of table) {
    const step = stepAt(new Date(seconds * 1000));
    const found = hashes.map(({ hash, bytes }) => codeOf(secret(bytes), step, { hash, length: 8 }));
    t.strictSame(found, codes, `at ${seconds} s`);
  }
  const counted = Array.from({ length: 10 }, (_, counter) => codeOf(secret(20), counter));
  t.strictSame(counted.join(' '), '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489');
  t.equal(toBase32(secret(20)), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 'RFC 4648');

  const now = new Date('2024-07-01T10:00:15+08:00');
  const at = stepAt(now);
  const near = [-2, -1, 0, 1, 2].map((beside) => stepOfCode(secret(20), codeOf(secret(20), at + beside), now, 0));
  t.strictSame(near, [null, at - 1, at, at + 1, null], 'one step each way');
  t.equal(stepOfCode(secret(20), codeOf(secret(20), at), now, at), null, 'a step that was used is over');
  t.end();
});

void t.test('passwords: long enough, and not what attackers try first', (t) => {
  const known = ['王小明', 'wang.xiaoming@example.cn', 'zhengzhou', '郑州市'];
  const table: [password: string, refusal: string | null][] = [
    ['short-1234!', 'PASSWORD_TOO_SHORT'],
    ['密'.repeat(11), 'PASSWORD_TOO_SHORT'],
    ['x9-'.repeat(43), 'PASSWORD_TOO_LONG'],
    ['password1234', 'PASSWORD_GUESSABLE'],
    ['P@ssw0rd2024!', 'PASSWORD_GUESSABLE'],
    ['qwertyuiop123456', 'PASSWORD_GUESSABLE'],
    ['1qaz2wsx3edc4rfv', 'PASSWORD_GUESSABLE'],
    ['aaaaaaaaaaaaaaaa', 'PASSWORD_GUESSABLE'],
    ['abcabcabcabcabcabc', 'PASSWORD_GUESSABLE'],
    ['woaini1314520', 'PASSWORD_GUESSABLE'],
    ['correcthorsebatterystaple', 'PASSWORD_GUESSABLE'],
    ['SuanliQuan@2026', 'PASSWORD_GUESSABLE'],
    ['xiaoming-wang-88', 'PASSWORD_GUESSABLE'],
    ['郑州市王小明王小明王小明！', 'PASSWORD_GUESSABLE'],
    ['ｐａｓｓｗｏｒｄ１２３４', 'PASSWORD_GUESSABLE'],
    [goodPassword, null],
    ['松鼠把伞借给了路灯，下雨了', null],
    ['x9-Kd'.repeat(25), null],
  ];
  for (const [password, refusal] of table) t.equal(passwordRefusal(password, known), refusal, password);
  t.strictSame(
    [waitsOf('ONE').slice(3), waitsOf('UNKNOWN_TOGETHER').slice(48)],
    [
      [0, 1, 2, 4, 8, 15, 29, 57, 113, 225, 450, 900],
      [0, 1, 2, 4, 8, 15, 30, 60],
    ],
  );
  t.end();
});

void t.test('hashing is bounded, and who is known does not wait behind everybody', async (t) => {
  const passwords = new Passwords();
  const stored = await passwords.hash(goodPassword);
  t.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/, 'OWASP’s parameters');
  const begun: string[] = [];
  const watched = new Passwords(async (_, password) => {
    begun.push(password === goodPassword ? 'known' : 'stranger');
    await setImmediate();
    return password === goodPassword;
  });
  const strangers = Array.from({ length: 60 }, () =>
    watched.matches(stored, 'wrong-entirely-0815', false).then(
      () => 'told',
      (error: Error) => error.name,
    ),
  );
  await setImmediate();
  t.equal(await watched.matches(stored, goodPassword, true), true);
  const told = await Promise.all(strangers);
  t.equal(told.filter((what) => what === 'ShareFull').length, 27, 'one is hashed, 32 wait, the rest is told to come back');
  t.ok(begun.indexOf('known') <= 2, `it is begun among the first: ${begun.indexOf('known')}`);

  let turns = 0;
  const turning = setInterval(() => turns++, 5);
  await Promise.all(Array.from({ length: 20 }, () => passwords.matches(stored, goodPassword, true)));
  clearInterval(turning);
  t.ok(turns > 10, `the thread goes on meanwhile: ${turns} turns`);
});

void t.test('who has no password is held against one hash of the same cost', async (t) => {
  const heldAgainst: string[] = [];
  const passwords = new Passwords(async (hash) => {
    heldAgainst.push(hash);
    return true;
  });
  const stored = await passwords.hash(goodPassword);
  t.equal(await passwords.matches(stored, goodPassword, true), true);
  t.equal(await passwords.matches(null, goodPassword, true), false, 'and never has it, whatever it is held against');
  t.strictSame(
    heldAgainst.map((hash) => hash.slice(0, hash.lastIndexOf('$', hash.lastIndexOf('$') - 1))),
    ['$argon2id$v=19$m=19456,t=2,p=1', '$argon2id$v=19$m=19456,t=2,p=1'],
  );
  t.not(heldAgainst[1], stored);
});

void t.test('an invitation is one person’s, once, in time, and takes the place of an earlier one', async (t) => {
  const service = await startService(t);
  const book = await service.newBook('zhengzhou');
  const { operator } = book;
  const member = await book.member('reviewer', { personName: '王小明' });
  const machine = await book.member('provider', { kind: 'MACHINE', uscc: '91410100MA0000007G' });
  const guest = () => browser(service, 'zhengzhou');
  const invite = (signInName: string, memberId = member.memberId, key?: string) =>
    operator.post(`/members/${memberId}/invite`, { signInName }, key === undefined ? {} : { key });

  t.equal(codeOfAnswer(await invite('no')), '400 VALIDATION_FAILED');
  t.match((await invite('-wang')).body.errors, [{ pointer: '/signInName', code: 'SIGN_IN_NAME_FORMAT' }]);
  t.equal(codeOfAnswer(await invite('robot', machine.memberId)), '422 INVITE_PERSON_ONLY');
  t.equal(codeOfAnswer(await invite('wang', '01906c06-2360-7361-9257-4ee9d02ecc59')), '404 NOT_FOUND');
  t.equal(codeOfAnswer(await member.post(`/members/${member.memberId}/invite`, { signInName: 'wang' })), '403 FORBIDDEN');

  const made = expectStatus(await invite(' Wang@Example.CN ', member.memberId, 'invite-1'), 201);
  t.match(made, { signInName: 'wang@example.cn', acceptedAt: null, token: /^[\w-]{43}$/ });
  t.match((await invite(' Wang@Example.CN ', member.memberId, 'invite-1')).body, { token: null }, 'a replay shows no token');
  const stored = await service.db.sql<{ all: string }[]>`
    select string_agg(i::text, '') || (select string_agg(o::text, '') from outcomes o) as all from invitations i`;
  t.notOk(stored[0]?.all.includes(made.token as string), 'the token is stored nowhere');

  const accept = (token: string, password = goodPassword) => guest().post('/sign-in/invitations/accept', { token, password });
  t.equal(codeOfAnswer(await accept('x'.repeat(43))), '410 INVITATION_UNUSABLE');
  t.match((await accept(made.token as string, 'wang@example.cn')).body.errors, [
    { pointer: '/password', code: 'PASSWORD_GUESSABLE' },
  ]);
  t.match((await accept(made.token as string, '短')).body.errors, [{ code: 'PASSWORD_TOO_SHORT' }]);
  t.match((await accept(made.token as string, 'x9'.repeat(90))).body.errors, [{ code: 'PASSWORD_TOO_LONG' }]);

  // Begun, and begun again: the first secret counts no more.
  const first = expectStatus(await accept(made.token as string), 200);
  const second = expectStatus(await accept(made.token as string), 200);
  t.match(second, {
    personName: '王小明',
    signInName: 'wang@example.cn',
    otpauthUri: /^otpauth:\/\/totp\/zhengzhou:wang%40example\.cn\?secret=/,
  });
  const at = guest();
  const confirm = (token: string, code: string) => at.post('/sign-in/invitations/confirm', { token, code });
  const now = service.clock.now();
  t.equal(codeOfAnswer(await confirm(made.token as string, codeFor(first.secret as string, now))), '401 CODE_REFUSED');
  const signInEarly = await guest().post('/sign-in/password', { signInName: 'wang@example.cn', password: goodPassword });
  t.equal(codeOfAnswer(signInEarly), '401 SIGN_IN_REFUSED', 'nothing counts before it is accepted');
  const done = expectStatus(await confirm(made.token as string, codeFor(second.secret as string, now)), 200);
  t.equal(new Set(done.recoveryCodes as string[]).size, 10);
  t.match((await at.get('/me')).body, { memberId: member.memberId });
  t.equal(codeOfAnswer(await accept(made.token as string)), '410 INVITATION_UNUSABLE', 'accepted once');
  t.equal(codeOfAnswer(await confirm(made.token as string, codeFor(second.secret as string, now, 1))), '410 INVITATION_UNUSABLE');
  t.equal(codeOfAnswer(await operator.post(`/invitations/${made.invitationId}/withdraw`, {})), '409 INVITATION_ENDED');
  t.equal(codeOfAnswer(await operator.post(`/invitations/${member.memberId}/withdraw`, {})), '404 NOT_FOUND');

  const other = await book.member('approver');
  t.equal(codeOfAnswer(await invite('wang@example.cn', other.memberId)), '409 SIGN_IN_NAME_TAKEN');
  const late = expectStatus(await invite('late', other.memberId), 201);
  const later = expectStatus(await invite('later', other.memberId), 201);
  t.equal(codeOfAnswer(await accept(late.token as string)), '410 INVITATION_UNUSABLE', 'withdrawn by the later one');
  pass(service, 7 * 24 * 3600);
  t.equal(codeOfAnswer(await accept(later.token as string)), '410 INVITATION_UNUSABLE', 'over on the seventh day');
  const ended = expectStatus(await invite('ended', other.memberId), 201);
  expectStatus(await operator.post(`/members/${other.memberId}/end`, {}), 200);
  t.equal(codeOfAnswer(await accept(ended.token as string)), '410 INVITATION_UNUSABLE', 'whose member has ended');
  t.equal(codeOfAnswer(await invite('ended', other.memberId)), '409 MEMBER_ENDED');
  t.match(
    (await operator.get('/invitations')).body.items.map((row: { signInName: string }) => row.signInName),
    ['wang@example.cn', 'late', 'later', 'ended'],
  );

  // Whoever has lost everything is invited again, by two: what was set before ends with the acceptance, and so do its sessions.
  const colleague = await book.member('operator');
  const replacing = expectStatus(await invite('wang'), 201);
  t.match(replacing, { replacesAccount: true, confirmedPerson: null });
  t.equal(
    codeOfAnswer(await accept(replacing.token as string)),
    '409 INVITATION_UNCONFIRMED',
    'one operator takes over no account',
  );
  const confirms = (of: Caller, { invitationId }: { invitationId: string } = replacing as { invitationId: string }) =>
    of.post(`/invitations/${invitationId}/confirm`).then(codeOfAnswer);
  t.equal(await confirms(operator), '403 FOUR_EYES');
  t.equal(await confirms(await book.member('approver')), '404 NOT_FOUND', 'whom it is no matter of');
  t.equal(await confirms(member), '200', 'the person itself');
  t.equal(await confirms(colleague), '409 INVITATION_CONFIRMED');
  t.equal((await accept(replacing.token as string)).status, 200);
  const fresh = expectStatus(await invite('fresh', colleague.memberId), 201) as { invitationId: string };
  t.equal(await confirms(member, fresh), '404 NOT_FOUND');
  t.equal(await confirms(colleague, fresh), '409 INVITATION_NEEDS_NO_CONFIRMATION');
  expectStatus(await operator.post(`/invitations/${fresh.invitationId}/withdraw`), 200);
  t.equal(await confirms(colleague, fresh), '409 INVITATION_ENDED');
  const told = await service.db.sql<{ kind: string }[]>`select kind from outbox where subject_id = ${member.memberId}`;
  t.strictSame(
    told.map(({ kind }) => kind),
    ['account.invited_again'],
  );
  const again = await signUp(service, book, member, {
    signInName: 'wang',
    password: 'quite-another-melon-31',
    confirmedBy: colleague,
  });
  t.equal(codeOfAnswer(await at.get('/me')), '401 UNAUTHENTICATED');
  t.equal(
    codeOfAnswer(await guest().post('/sign-in/password', { signInName: 'wang@example.cn', password: goodPassword })),
    '401 SIGN_IN_REFUSED',
  );
  t.equal(
    (await signIn(service, guest(), { signInName: 'wang', secret: again.secret, password: 'quite-another-melon-31' })).status,
    200,
  );
});

void t.test('signing in: two steps, each code once, nothing told of who has an account', async (t) => {
  const service = await startService(t);
  const book = await service.newBook('zhengzhou');
  const member = await book.member('approver');
  const wang = await signUp(service, book, member, { signInName: 'wang' });
  const guest = (address?: string) => browser(service, 'zhengzhou', address === undefined ? {} : { address });
  const password = (signInName: string, of = goodPassword, at = guest()) => {
    pass(service, 30);
    return at.post('/sign-in/password', { signInName, password: of });
  };

  const wrong = await password('wang', 'wrong-entirely-0815');
  const unknown = await password('nobody', goodPassword);
  t.equal(codeOfAnswer(wrong), '401 SIGN_IN_REFUSED');
  const { date: _a, ...headersOfWrong } = wrong.headers;
  const { date: _b, ...headersOfUnknown } = unknown.headers;
  t.strictSame([unknown.status, unknown.body, headersOfUnknown], [wrong.status, wrong.body, headersOfWrong], 'said alike');
  // Of equal time by equal work, whatever the clock of a busy machine says: each is held against one hash, of the same cost (see above).
  const judged = t.capture(Passwords.prototype, 'matches', Reflect.get(Passwords.prototype, 'matches'));
  await password('nobody', 'wrong-entirely-0815', guest('198.51.100.1'));
  await password('wang', 'wrong-entirely-0815', guest('198.51.100.2'));
  t.strictSame(
    judged().map(({ args }) => typeof args[0]),
    ['object', 'string'],
    'nobody is held against the hash of nobody, once, as somebody against theirs',
  );
  judged.restore();

  pass(service, 60);
  // The name is read without case; the second step takes a code of the app, once.
  const at = guest();
  const { pendingToken } = expectStatus(await password(' WANG ', goodPassword, at), 200);
  const step = (code: string, token = pendingToken as string, more: object = {}) => {
    pass(service, 10);
    return at.post('/sign-in/second-factor', { pendingToken: token, code, ...more });
  };
  t.equal(sessionOf(at), '', 'no session after the first step');
  const code = codeFor(wang.secret, service.clock.now());
  t.equal(codeOfAnswer(await step('000000')), '401 CODE_REFUSED');
  t.equal(
    codeOfAnswer(await step(code, pendingToken as string, { memberId: book.operator.memberId })),
    '404 NOT_FOUND',
    'another’s membership',
  );
  const spent = expectStatus(await password('wang', goodPassword, at), 200);
  t.equal(
    codeOfAnswer(await step(code, spent.pendingToken as string)),
    '401 CODE_REFUSED',
    'that code was used, though for nothing',
  );
  pass(service, 60);
  const fresh = codeFor(wang.secret, service.clock.now());
  const done = await step(fresh, spent.pendingToken as string);
  t.equal(done.status, 200);
  const [cookie] = [done.headers['set-cookie'] ?? []].flat() as string[];
  t.match(cookie, /^__Host-session-zhengzhou=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
  t.equal(
    codeOfAnswer(await step(fresh, spent.pendingToken as string)),
    '401 SIGN_IN_OVER',
    'a first step is good for one session',
  );
  const twice = expectStatus(await password('wang', goodPassword, at), 200);
  t.equal(codeOfAnswer(await step(fresh, twice.pendingToken as string)), '401 CODE_REFUSED', 'a code is good for one sign-in');

  pass(service, 60);
  t.equal((await step(codeFor(wang.secret, service.clock.now()), twice.pendingToken as string)).status, 200);

  // Two that come at once with one code: one of them.
  pass(service, 60);
  const both = await Promise.all([password('wang', goodPassword, at), password('wang', goodPassword, at)]);
  const raced = await Promise.all(
    both.map((one) => step(codeFor(wang.secret, service.clock.now()), one.body.pendingToken as string)),
  );
  t.strictSame(raced.map(({ status }) => status).sort(), [200, 401], 'a code that two try at once is one’s');

  // Recovery codes, each once, in whatever way they are typed.
  const recover = async (typed: string) => {
    pass(service, 60);
    const { pendingToken: token } = expectStatus(await password('wang', goodPassword, at), 200);
    return step(typed, token as string);
  };
  const [one = '', two = ''] = wang.recoveryCodes;
  t.equal((await recover(one.toLowerCase().replaceAll('-', ' '))).status, 200);
  t.equal(codeOfAnswer(await recover(one)), '401 CODE_REFUSED');
  t.match((await at.get('/account')).body, {
    signInName: 'wang',
    recoveryCodesLeft: 9,
    hasPassword: true,
    hasSecondFactor: true,
    issuers: [],
  });
  const renewed = expectStatus(await at.post('/account/recovery-codes', {}), 200);
  t.equal(codeOfAnswer(await recover(two)), '401 CODE_REFUSED', 'those of an earlier set are over');
  t.equal((await recover((renewed.recoveryCodes as string[])[0] ?? '')).status, 200);

  pass(service, 5 * 60 + 1);
  t.equal(
    codeOfAnswer(await step('000000', expectPending(await password('wang', goodPassword, at), service))),
    '401 SIGN_IN_OVER',
    'over after five minutes',
  );
  const tried = expectStatus(await password('wang', goodPassword, at), 200);
  const tries: string[] = [];
  for (let i = 0; i < 6; i++) {
    tries.push(codeOfAnswer(await step('000000', tried.pendingToken as string)));
    pass(service, 20);
  }
  t.strictSame(
    tries,
    [...Array.from({ length: 5 }, () => '401 CODE_REFUSED'), '401 SIGN_IN_OVER'],
    'five codes for one first step',
  );
});

function expectPending(answer: Answer, service: Service): string {
  const { pendingToken } = expectStatus(answer, 200);
  pass(service, 5 * 60);
  return pendingToken as string;
}

void t.test('guessing is slowed down, and locks nobody else out', async (t) => {
  const service = await startService(t);
  const book = await service.newBook('zhengzhou');
  const wang = await signUp(service, book, await book.member('approver'), {
    signInName: 'wang',
    browser: browser(service, 'zhengzhou', { address: '192.0.2.7' }),
  });
  const guess = (address: string, signInName = 'wang', app = service.app) =>
    browser(service, 'zhengzhou', { address, app }).post('/sign-in/password', { signInName, password: 'wrong-entirely-0815' });

  for (const name of ['wang', 'nobody']) {
    const from = '203.0.113.9';
    const at = await Promise.all(Array.from({ length: 12 }, () => guess(from, name)));
    t.strictSame(
      [at.filter(({ status }) => status === 401).length, at.filter(({ status }) => status === 429).length],
      [5, 7],
      `${name}: five at once, however many come together`,
    );
    const delayed = await guess(from, name);
    t.match(delayed, { status: 429, body: { code: 'SIGN_IN_DELAYED' }, headers: { 'retry-after': '1' } });
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      const { headers } = await guess(from, name);
      waits.push(Number(headers['retry-after']));
      pass(service, waits.at(-1) ?? 0);
      t.equal((await guess(from, name)).status, 401, 'then one more is looked at');
    }
    t.strictSame(waits, [1, 2, 4, 8, 15, 29, 57, 113, 225, 450, 900, 900], `${name}: and then ever longer`);
  }
  t.equal(codeOfAnswer(await guess('203.0.113.9')), '401 SIGN_IN_REFUSED');
  t.equal(
    codeOfAnswer(await guess('203.0.113.9', 'wang', (await service.secondApp()).app)),
    '429 SIGN_IN_DELAYED',
    'in every process',
  );

  // Its owner is among the guessers' neighbours, on the device where she signed in before: nothing of theirs counts.
  const own = browser(service, 'zhengzhou', { address: '203.0.113.9' });
  own.cookies.set('__Host-device-zhengzhou', wang.browser.cookies.get('__Host-device-zhengzhou') ?? '');
  t.equal((await signIn(service, own, wang)).status, 200, 'a known device behind the same address');
  t.equal(codeOfAnswer(await guess('203.0.113.9')), '429 SIGN_IN_DELAYED', 'which gives the guessers nothing back');

  // From everywhere: slowed down together, and not she where she was seen.
  const seen: string[] = [];
  for (let i = 0; i < 80; i++) seen.push(codeOfAnswer(await guess(`198.51.${i}.1`)));
  t.ok(seen.filter((code) => code === '401 SIGN_IN_REFUSED').length <= 50, 'a budget for all that are unknown');
  t.equal(seen.at(-1), '429 SIGN_IN_DELAYED');
  pass(service, 30);
  t.equal(
    (await signIn(service, browser(service, 'zhengzhou', { address: '192.0.2.7' }), wang)).status,
    200,
    'a known address is not asked to wait',
  );
  pass(service, 30);
  t.equal((await signIn(service, wang.browser, wang)).status, 200, 'nor is a known device');
  const elsewhere = browser(service, 'zhengzhou', { address: '100.64.0.1' });
  pass(service, 60);
  t.equal((await signIn(service, elsewhere, wang)).status, 200, 'from a new place she waits a minute at most, and is let in');
  const forged = browser(service, 'zhengzhou', { address: '203.0.113.9' });
  forged.cookies.set('__Host-device-zhengzhou', 'x'.repeat(43));
  t.equal(
    codeOfAnswer(await forged.post('/sign-in/password', { signInName: 'wang', password: 'wrong-entirely-0815' })),
    '429 SIGN_IN_DELAYED',
    'an invented device is none',
  );
  // The auditors see it: whose account, from where, and how it ended.
  const auditor = await book.member('auditor');
  const { personId } = wang.member;
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  const trail = expectStatus(await auditor.get('/access-trail?limit=200'), 200).items as {
    action: string;
    code: string | null;
    subject: string;
  }[];
  const told = (action: string, code: string | null) =>
    trail.some(
      (row) =>
        row.action === `POST /v1/books/:book/sign-in/${action}` &&
        row.code === code &&
        (code !== 'SIGN_IN_REFUSED' || row.subject === personId),
    );
  t.ok(told('password', 'SIGN_IN_REFUSED'), 'refused');
  t.ok(told('password', 'SIGN_IN_DELAYED'), 'slowed down');
  t.match(
    trail.find((row) => row.action.endsWith('/second-factor')),
    { outcome: 'ALLOWED', personId, memberId: wang.member.memberId, means: 'SESSION', subject: personId },
    'signed in',
  );
  const kept = await service.db.sql<{ all: string }[]>`
    select (select string_agg(a::text, '') from sign_in_attempts a) || (select string_agg(k::text, '') from known_origins k)
        || (select string_agg(s::text, '') from sessions s) as all`;
  t.notMatch(kept[0]?.all, /203\.0\.113|192\.0\.2|wang/, 'neither addresses nor names can be read in the tables');
});

void t.test('sessions: a new id each time, over when idle, at the end, or when ended, in every process', async (t) => {
  const service = await startService(t);
  const book = await service.newBook('zhengzhou');
  const member = await book.member('operator', { personName: '王小明' });
  const wang = await signUp(service, book, member, { signInName: 'wang' });
  const at = wang.browser;
  const reads = async (of: Browser) => (await of.get('/me')).status;

  // Fixation: what a browser brings along is never taken over, and every change of rights makes a new id.
  const fixed = browser(service, 'zhengzhou');
  fixed.cookies.set('__Host-session-zhengzhou', 'F'.repeat(43));
  expectStatus(await signIn(service, fixed, wang), 200);
  t.not(sessionOf(fixed), 'F'.repeat(43));
  const ids = [sessionOf(at)];
  const old = browser(service, 'zhengzhou');
  old.cookies.set('__Host-session-zhengzhou', sessionOf(at));
  pass(service, 60);
  expectStatus(await at.post('/sign-in/step-up', { code: codeFor(wang.secret, service.clock.now()) }), 200);
  ids.push(sessionOf(at));
  const second = await book.member('auditor', { personId: member.personId });
  expectStatus(await at.post('/sign-in/switch', { memberId: second.memberId }), 200);
  ids.push(sessionOf(at));
  t.equal(new Set(ids).size, 3, 'step-up and change of member');
  t.equal(await reads(old), 401, 'the id before is nobody’s');
  t.match((await at.get('/me')).body, { role: 'auditor', personId: member.personId });
  t.equal(codeOfAnswer(await at.post('/sign-in/switch', { memberId: book.operator.memberId })), '404 NOT_FOUND');
  expectStatus(await at.post('/sign-in/switch', { memberId: member.memberId }), 200);
  const stored = await service.db.sql<{ all: string }[]>`select string_agg(s::text, '') as all from sessions s`;
  t.notOk(stored[0]?.all.includes(sessionOf(at)), 'the id is stored nowhere');

  // Where one is signed in, and ending it there.
  const phone = browser(service, 'zhengzhou', { agent: 'Phone', address: '2001:db8::7' });
  pass(service, 60);
  expectStatus(await signIn(service, phone, wang), 200);
  const list = expectStatus(await at.get('/account/sessions'), 200).items as {
    sessionId: string;
    device: string;
    address: string;
    isThis: boolean;
  }[];
  t.match(list, [
    { device: 'Phone', address: '2001:db8::7', isThis: false, beganBy: 'PASSWORD' },
    { device: 'Test Browser', isThis: false },
    { device: 'Test Browser', address: '192.0.2.1', isThis: true, beganBy: 'INVITATION' },
  ]);
  const other = await signUp(service, book, await book.member('auditor'), { signInName: 'zhao' });
  const phoneId = list[0]?.sessionId ?? '';
  t.equal(codeOfAnswer(await other.browser.post(`/account/sessions/${phoneId}/end`)), '404 NOT_FOUND', 'another’s is none');
  const elsewhere = (await service.secondApp()).app;
  const phoneThere = browser(service, 'zhengzhou', { app: elsewhere });
  phoneThere.cookies.set('__Host-session-zhengzhou', sessionOf(phone));
  t.equal(await reads(phoneThere), 200);
  expectStatus(await at.post(`/account/sessions/${phoneId}/end`), 200);
  t.equal(await reads(phoneThere), 401, 'ended at once in the other process');
  t.equal((await phoneThere.post('/members', { personName: '甲', role: 'auditor' })).status, 401);
  t.equal(codeOfAnswer(await at.post(`/account/sessions/${phoneId}/end`)), '404 NOT_FOUND', 'once');

  const endAll = (memberId: string) => book.operator.post(`/members/${memberId}/end-sessions`, {});
  t.equal(codeOfAnswer(await endAll(book.bookId)), '404 NOT_FOUND');
  t.match((await endAll(other.member.memberId)).body, { ended: 1 }, 'by an operator, for who has lost a device');
  t.equal(await reads(other.browser), 401);
  t.equal(await reads(at), 200);

  // A command that had been let in when its session ended is judged again where it is decided.
  const here = await service.books.find('zhengzhou');
  const { sessionId } = (
    expectStatus(await at.get('/account/sessions'), 200).items as { sessionId: string; isThis: boolean }[]
  ).find(({ isThis }) => isThis) ?? { sessionId: '' };
  const actor = {
    memberId: member.memberId,
    personId: member.personId,
    kind: 'PERSON',
    role: 'operator',
    legalPersonUscc: null,
    sessionId,
  } as const;
  const { registerMember } = await import('../../src/access/register-member.js');
  const submit = (key: string) =>
    here?.lane.submit(registerMember, {
      key,
      actor,
      requestDigest: '0'.repeat(64),
      body: { personName: '乙', kind: 'PERSON', role: 'auditor' },
    });
  t.match(await submit('before'), { kind: 'accepted' });
  expectStatus(await at.post('/sign-in/sign-out'), 200);
  t.equal(sessionOf(at), '', 'the cookie is taken away');
  t.match(await submit('after'), { kind: 'refused', code: 'UNAUTHENTICATED' });

  // Idle for half an hour; twelve hours at the most; a membership that ends.
  pass(service, 60);
  expectStatus(await signIn(service, at, wang), 200);
  for (let minutes = 0; minutes < 12 * 60 - 20; minutes += 20) {
    pass(service, 20 * 60);
    if ((await reads(at)) !== 200) t.fail(`over after ${minutes} minutes`);
  }
  pass(service, 20 * 60);
  t.equal(await reads(at), 401, 'over after twelve hours');
  expectStatus(await signIn(service, at, wang), 200);
  pass(service, 29 * 60);
  t.equal(await reads(at), 200);
  pass(service, 30 * 60);
  t.equal(await reads(at), 401, 'over after half an hour without a request');
  expectStatus(await signIn(service, at, wang), 200);
  pass(service, 60);
  expectStatus(await signIn(service, phone, wang), 200);
  t.match((await phone.post('/sign-in/sign-out-everywhere')).body, { ended: 3 }, 'the one that was idle, too');
  t.strictSame(await Promise.all([reads(at), reads(phone)]), [401, 401], 'signed out everywhere');
  pass(service, 60);
  expectStatus(await signIn(service, at, wang), 200);
  expectStatus(await book.operator.post(`/members/${member.memberId}/end`, {}), 200);
  t.equal(await reads(at), 401, 'the member that it acts as has ended');
  pass(service, 60);
  t.match((await signIn(service, at, wang)).body, { memberId: second.memberId }, 'and the person goes on as another');
  expectStatus(await book.operator.post(`/members/${second.memberId}/end`, {}), 200);
  pass(service, 60);
  t.equal(codeOfAnswer(await signIn(service, at, wang)), '401 SIGN_IN_REFUSED', 'or not at all');
});

void t.test('a session commands from its own site alone, and shows a second factor for what matters', async (t) => {
  const service = await startService(t, { bearerMayApprove: false });
  const book = await service.newBook('zhengzhou');
  t.equal(codeOfAnswer(await book.operator.post('/members', { personName: '甲', role: 'auditor' })), '403 BEARER_KEY_NOT_ENOUGH');
  t.equal(
    codeOfAnswer(await book.operator.post(`/members/${book.operator.memberId}/invite`, { signInName: 'me' })),
    '403 BEARER_KEY_NOT_ENOUGH',
  );
  t.equal((await book.operator.get('/members')).status, 200, 'readings are a key’s as ever');

  // What `npm run book:create` prints besides.
  const lane = (await service.books.find('zhengzhou'))?.lane;
  if (!lane) throw new Error('the book is not open');
  const token = await inviteFounder(lane, { memberId: book.operator.memberId, signInName: 'operator' });
  const at = browser(service, 'zhengzhou');
  const { secret } = expectStatus(await at.post('/sign-in/invitations/accept', { token, password: goodPassword }), 200) as {
    secret: string;
  };
  expectStatus(await at.post('/sign-in/invitations/confirm', { token, code: codeFor(secret, service.clock.now()) }), 200);

  const register = (headers?: Record<string, string>) => at.post('/members', { personName: '乙', role: 'auditor' }, headers);
  const table: [what: string, headers: Record<string, string>, answer: string][] = [
    ['a page of ours', { 'sec-fetch-site': 'same-origin' }, '201'],
    ['the person alone', { 'sec-fetch-site': 'none' }, '201'],
    ['our origin', { origin: 'http://localhost:80', host: 'localhost:80' }, '201'],
    ['a neighbour of our site', { 'sec-fetch-site': 'same-site' }, '403 CROSS_SITE'],
    ['another site', { 'sec-fetch-site': 'cross-site' }, '403 CROSS_SITE'],
    ['another site that says our origin', { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:80' }, '403 CROSS_SITE'],
    ['another origin', { origin: 'https://evil.example' }, '403 CROSS_SITE'],
    ['no origin at all', { origin: 'null' }, '403 CROSS_SITE'],
    ['nothing', {}, '403 CROSS_SITE'],
    ['a form', { 'sec-fetch-site': 'same-origin', 'content-type': 'text/plain' }, '403 CROSS_SITE'],
    [
      'a form, spelt otherwise',
      { 'sec-fetch-site': 'same-origin', 'content-type': 'Application/X-WWW-Form-urlencoded;a=b' },
      '403 CROSS_SITE',
    ],
  ];
  for (const [what, headers, answer] of table) t.equal(codeOfAnswer(await register(headers)), answer, what);
  const both = await service.call('GET', '/v1/books/zhengzhou/me', {
    headers: { cookie: `__Host-session-zhengzhou=${sessionOf(at)}`, authorization: 'Basic Og==' },
  });
  t.equal(both.status, 401, 'a cookie does not stand in for an Authorization that does not count');
  t.equal(codeOfAnswer(await book.operator.get('/account')), '403 SESSION_REQUIRED');
  t.equal(codeOfAnswer(await book.operator.post('/sign-in/sign-out', {})), '403 SESSION_REQUIRED');

  const { paths } = (await service.call('GET', '/openapi.json')).body as {
    paths: Record<string, { post?: { description?: string } }>;
  };
  const asking = Object.entries(paths).filter(
    ([, { post }]) => post?.description?.startsWith('Asks for a second factor') === true,
  );
  t.strictSame(asking.map(([path]) => path.replace('/v1/books/{book}', '')).sort(), verbsThatMatter, 'and of these verbs');

  // Ten minutes after the second factor, and one second later.
  pass(service, 600);
  t.equal((await register()).status, 201);
  pass(service, 1);
  t.equal(codeOfAnswer(await register()), '403 STEP_UP_REQUIRED');
  t.equal((await at.get('/members')).status, 200, 'what does not matter so goes on');
  t.equal(
    codeOfAnswer(await at.post('/account/password', { currentPassword: goodPassword, newPassword: 'x' })),
    '403 STEP_UP_REQUIRED',
  );
  t.equal(codeOfAnswer(await at.post('/account/recovery-codes')), '403 STEP_UP_REQUIRED');
  t.equal(codeOfAnswer(await at.post('/account/second-factor')), '403 STEP_UP_REQUIRED');
  const used = codeFor(secret, service.clock.now());
  t.equal(codeOfAnswer(await at.post('/sign-in/step-up', { code: '000000' })), '401 CODE_REFUSED');
  expectStatus(await at.post('/sign-in/step-up', { code: used }), 200);
  t.equal((await register()).status, 201);
  t.equal(codeOfAnswer(await at.post('/sign-in/step-up', { code: used })), '401 CODE_REFUSED', 'a code steps up once');
  for (let i = 0; i < 4; i++) t.equal(codeOfAnswer(await at.post('/sign-in/step-up', { code: '000000' })), '401 CODE_REFUSED');
  t.equal(
    codeOfAnswer(await at.post('/sign-in/step-up', { code: '000000' })),
    '429 SIGN_IN_DELAYED',
    'guessing within a session waits too',
  );
  pass(service, 60);

  // A new password ends every other session.
  const wang = { signInName: 'operator', secret };
  const elsewhere = browser(service, 'zhengzhou');
  expectStatus(await signIn(service, elsewhere, wang), 200);
  const change = (currentPassword: string, newPassword: string) => at.post('/account/password', { currentPassword, newPassword });
  t.equal(codeOfAnswer(await change('wrong-entirely-0815', 'quite-another-melon-31')), '403 PASSWORD_REFUSED');
  t.match((await change(goodPassword, 'Operator-Zhengzhou')).body.errors, [
    { pointer: '/newPassword', code: 'PASSWORD_GUESSABLE' },
  ]);
  const before = sessionOf(at);
  pass(service, 30);
  t.match((await change(goodPassword, 'quite-another-melon-31')).body, { ended: 1 });
  t.not(sessionOf(at), before);
  t.strictSame([(await at.get('/me')).status, (await elsewhere.get('/me')).status], [200, 401]);
  t.equal(
    codeOfAnswer(await elsewhere.post('/sign-in/password', { signInName: 'operator', password: goodPassword })),
    '401 SIGN_IN_REFUSED',
  );

  // A new app: the one before counts until the new one has shown a code.
  const next = expectStatus(await at.post('/account/second-factor'), 200) as { secret: string };
  pass(service, 60);
  t.equal(
    codeOfAnswer(await at.post('/account/second-factor/confirm', { code: codeFor(secret, service.clock.now()) })),
    '401 CODE_REFUSED',
  );
  expectStatus(await at.post('/sign-in/step-up', { code: codeFor(secret, service.clock.now()) }), 200);
  const confirmed = await at.post('/account/second-factor/confirm', { code: codeFor(next.secret, service.clock.now()) });
  t.equal((expectStatus(confirmed, 200).recoveryCodes as string[]).length, 10);
  pass(service, 60);
  t.equal(codeOfAnswer(await at.post('/sign-in/step-up', { code: codeFor(secret, service.clock.now()) })), '401 CODE_REFUSED');
  expectStatus(await at.post('/sign-in/step-up', { code: codeFor(next.secret, service.clock.now()) }), 200);
});
