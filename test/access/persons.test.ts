// One person is one pair of eyes, by however many accounts: identities are one person's, rows of one person are merged by two others, and
// from then on the service and the database judge persons and not ids.
import t from 'tap';
import type { Caller } from '../service.js';
import { expectStatus, startService } from '../service.js';

/** Numbers that are well formed and nobody's: division 000000 does not exist. */
const residentIds = ['000000199001010018', '000000199001010042', '000000199001010050'] as const;

void t.test('an identity is one person’s', async (t) => {
  const service = await startService(t);

  const book = await service.newBook('one');
  const { operator } = book;
  const register = (personName: string, identity: object, key?: string) =>
    operator.post('/members', { personName, role: 'reviewer', identity }, key === undefined ? {} : { key });
  const [first, second] = residentIds;
  const made = expectStatus(await register('甲', { kind: 'RESIDENT_ID', number: first }, 'jia'), 201);
  t.equal(expectStatus(await register('甲', { kind: 'RESIDENT_ID', number: first }, 'jia'), 201).memberId, made.memberId);

  const taken = await register('乙', { kind: 'RESIDENT_ID', number: first.toLowerCase() });
  t.match(taken, { status: 409, body: { code: 'PERSON_IDENTITY_TAKEN' } }, 'a second person with it is refused');
  for (const secret of [first, '甲', made.personId as string]) {
    t.notMatch(JSON.stringify(taken.body), secret, 'and the refusal names nobody');
  }
  const oidc = { kind: 'OIDC_SUBJECT', issuer: 'https://id.example.cn', subject: 'u-1' };
  const named = `/persons/${made.personId}/identities`;
  expectStatus(await operator.post(named, { identity: oidc }), 201);
  const cases: [what: string, answer: Promise<{ status: number; body: { code: string } }>, status: number, code: string][] = [
    ['the subject of an issuer likewise', register('乙', oidc), 409, 'PERSON_IDENTITY_TAKEN'],
    [
      'recorded at another likewise',
      operator.post(`/persons/${operator.personId}/identities`, { identity: oidc }),
      409,
      'PERSON_IDENTITY_TAKEN',
    ],
    ['a wrong check character', register('丙', { kind: 'RESIDENT_ID', number: '000000199001010017' }), 400, 'RESIDENT_ID_FORMAT'],
    ['of nobody', operator.post(`/persons/${book.bookId}/identities`, { identity: oidc }), 404, 'NOT_FOUND'],
    [
      'with a person who is on record',
      operator.post('/members', { personId: made.personId, role: 'expert', identity: { kind: 'RESIDENT_ID', number: second } }),
      400,
      'IDENTITY_OF_KNOWN_PERSON',
    ],
  ];
  for (const [what, answer, status, code] of cases) t.match(await answer, { status, body: { code } }, what);
  expectStatus(await register('丁', { ...oidc, issuer: 'https://other.example.cn' }), 201);
  const other = await service.newBook('two');
  const elsewhere = { personName: '甲', role: 'reviewer', identity: { kind: 'RESIDENT_ID', number: first } };
  expectStatus(await other.operator.post('/members', elsewhere), 201);

  const kept = await service.owner.sql<{ row: string }[]>`
    select concat(to_jsonb(i), (select string_agg(body::text, '') from outcomes)) as row from person_identities i`;
  for (const { row } of kept) for (const secret of [first, 'u-1']) t.notOk(row.includes(secret), 'and nothing holds it readably');
});

const propose = async (by: Caller, year: number): Promise<string> =>
  expectStatus(
    await by.post('/calendars', { year, holidays: [], workingDays: [], documentNo: '国办发明电〔2025〕1号', source: '通知' }),
    201,
  ).calendarYearId as string;

void t.test('two rows of one person: merged by two others, and one pair of eyes from then on', async (t) => {
  const service = await startService(t);

  const book = await service.newBook('one');
  const { operator } = book;
  const account = await book.member('operator', { personName: '李雷' });
  const second = await book.member('approver', { personName: '李磊' });
  const third = await book.member('operator', { personName: '韩梅' });
  const deciding = await book.member('approver');
  const before = await propose(account, 2031);
  const wanted = { personId: account.personId, otherPersonId: second.personId, reason: '身份证件相同' };

  for (const [what, by, body, status, code] of [
    ['of one row', operator, { ...wanted, otherPersonId: account.personId }, 400, 'PERSON_MERGE_SELF'],
    ['of nobody', operator, { ...wanted, otherPersonId: book.bookId }, 404, 'NOT_FOUND'],
    ['by one of the two', account, wanted, 403, 'FOUR_EYES'],
  ] as const) {
    t.match(await by.post('/person-merges', body), { status, body: { code } }, `proposed ${what}`);
  }
  const dropped = expectStatus(await operator.post('/person-merges', wanted), 201);
  t.match(await third.post('/person-merges', wanted), { status: 409, body: { code: 'PERSON_MERGE_WAITS' } });
  expectStatus(await third.post(`/person-merges/${dropped.mergeId}/withdraw`), 200);
  const stale = expectStatus(await operator.post('/person-merges', wanted), 201);
  await book.member('expert', { personId: second.personId });
  t.match(
    await deciding.post(`/person-merges/${stale.mergeId}/approve`, { digest: stale.digest }),
    { status: 409, body: { code: 'PERSON_MERGE_CHANGED' } },
    'an approval dies with a membership that came after the proposal',
  );
  expectStatus(await operator.post(`/person-merges/${stale.mergeId}/withdraw`), 200);
  const merge = expectStatus(await operator.post('/person-merges', wanted), 201);
  const approve = (by: Caller, digest: string = merge.digest as string) =>
    by.post(`/person-merges/${merge.mergeId}/approve`, { digest });
  for (const [what, answer, status, code] of [
    ['by who proposed it', await approve(operator), 403, 'FOUR_EYES'],
    ['by one of the two', await approve(second), 403, 'FOUR_EYES'],
    ['of another digest', await approve(deciding, stale.digest.replace(/^./, 'x') as string), 409, 'PERSON_MERGE_CHANGED'],
  ] as const) {
    t.match({ status: answer.status, body: answer.body as object }, { status, body: { code } }, `approved ${what}`);
  }
  const elsewhere = await service.secondApp();
  await elsewhere.app.inject({ url: '/v1/books/one/me', headers: { authorization: `Bearer ${second.secret}` } });
  t.match(expectStatus(await approve(deciding), 200), { status: 'APPROVED', decidedPerson: deciding.personId });
  t.match(await approve(deciding), { status: 409, body: { code: 'PERSON_MERGE_WRONG_STATE' } });
  t.match(await operator.post('/person-merges', wanted), { status: 409, body: { code: 'PERSON_MERGED' } }, 'once');
  t.match(
    await operator.post('/persons/' + second.personId + '/identities', {
      identity: { kind: 'RESIDENT_ID', number: residentIds[2] },
    }),
    { status: 409, body: { code: 'PERSON_MERGED' } },
  );

  t.equal((await second.get('/me')).body.personId, account.personId, 'its accounts are the one person’s');
  const later = expectStatus(await operator.post('/members', { personId: second.personId, role: 'auditor' }), 201);
  t.equal(later.personId, account.personId, 'and so is whatever is registered for the row that was merged');
  const members = expectStatus(await operator.get('/members?limit=100'), 200).items as { personId: string }[];
  t.equal(members.filter(({ personId }) => personId === second.personId).length, 0);

  t.match(
    await second.post(`/calendars/${before}/approve`),
    { status: 403, body: { code: 'FOUR_EYES' } },
    'made by one account before',
  );
  const own = await propose(account, 2032);
  t.match(await second.post(`/calendars/${own}/approve`), { status: 403, body: { code: 'FOUR_EYES' } }, 'and after the merger');
  const byOther = await propose(third, 2033);
  expectStatus(await second.post(`/calendars/${byOther}/approve`), 200);
  const [entry] = await service.owner.sql<{ person_id: string }[]>`
    select person_id from entries where kind = 'calendar.published' order by seq desc limit 1`;
  t.equal(entry?.person_id, account.personId, 'entries from now on say the person');

  // What the row that was merged had made under its own id.
  const [kept] = await service.owner.sql<{ id: string }[]>`
    select calendar_year_id as id from calendar_years where proposed_person = ${account.personId} and year = 2031`;
  t.ok(kept, 'history stays');
  const set = (person: string) =>
    service.owner.begin(async ({ sql }) => {
      await sql.unsafe(`select set_config('ledger.lane', '${book.bookId}', true)`);
      await sql`update calendar_years set status = 'PUBLISHED', published_person = ${person}, published_on = '2024-07-01'
                 where calendar_year_id = ${before}`;
    });
  await t.rejects(set(account.personId), { code: '23514' });
  await t.rejects(set(second.personId), /the same person did an earlier step/, 'the database judges persons, not ids');
  expectStatus(await deciding.post(`/calendars/${before}/approve`), 200);
});

void t.test(
  'what a row made before it was merged is its person’s: by every verb that asks who did the step before',
  async (t) => {
    const service = await startService(t);
    const book = await service.newBook('one');
    const third = await book.member('operator');
    const deciding = await book.member('approver');
    const kept = await book.member('approver', { personName: '李雷' });
    const other = await book.member('operator', { personName: '李磊' });
    const made = await propose(other, 2031);
    const wanted = { personId: kept.personId, otherPersonId: other.personId, reason: '同一人' };
    const merge = expectStatus(await third.post('/person-merges', wanted), 201);
    expectStatus(await deciding.post(`/person-merges/${merge.mergeId}/approve`, { digest: merge.digest }), 200);
    t.match(await kept.post(`/calendars/${made}/approve`), { status: 403, body: { code: 'FOUR_EYES' } });
    expectStatus(await deciding.post(`/calendars/${made}/approve`), 200);

    const unheld = await service.owner.sql<{ table: string }[]>`
    select c.relname as table from pg_class c
     where exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and k.conname ~ '(four_eyes|two_persons)')
       and not exists (select from pg_trigger g where g.tgrelid = c.oid and g.tgname = c.relname || '_one_person')`;
    t.strictSame(
      unheld.map(({ table }) => table),
      [],
      'every table that holds ids apart holds persons apart',
    );
  },
);

void t.test(
  'roles of a book’s own: by two persons, of parts that do not make and approve one thing, at once and everywhere',
  async (t) => {
    const service = await startService(t);
    const book = await service.newBook('one');
    const { operator } = book;
    const approver = await book.member('approver');
    const wanted = {
      code: 'clerk',
      name: '综合岗',
      parts: ['reviewer', 'finance'],
      rights: ['enterprise_class', 'programme.load'],
    };
    for (const [what, body, code] of [
      ['who makes and who approves', { ...wanted, parts: ['reviewer', 'approver'] }, 'ROLE_MAKES_AND_APPROVES'],
      ['who approves and who pays', { ...wanted, parts: ['approver', 'finance_approver'] }, 'ROLE_MAKES_AND_APPROVES'],
      ['the operator, who decides no money', { ...wanted, parts: ['operator', 'finance'] }, 'ROLE_MAKES_AND_APPROVES'],
      ['a side of the trade', { ...wanted, parts: ['enterprise', 'provider'], readOnly: true }, 'ROLE_COMBINES_TRADE'],
      ['the name of a built-in one', { ...wanted, code: 'auditor' }, 'VALIDATION_FAILED'],
    ] as const) {
      t.match(await operator.post('/custom-roles', body), { status: 400, body: { code } }, `not ${what}`);
    }
    const decide = async (body: object) => {
      const role = expectStatus(await operator.post('/custom-roles', body), 201);
      t.match(await operator.post(`/custom-roles/${role.customRoleId}/approve`, { digest: role.digest }), {
        body: { code: 'FOUR_EYES' },
      });
      t.match(await approver.post(`/custom-roles/${role.customRoleId}/approve`, { digest: 'x' }), {
        body: { code: 'ROLE_CHANGED' },
      });
      return expectStatus(await approver.post(`/custom-roles/${role.customRoleId}/approve`, { digest: role.digest }), 200);
    };
    const inRole = async (role: string, customRole: string) => {
      const made = expectStatus(await operator.post('/members', { personName: '岗', role, customRole }), 201);
      expectStatus(await book.colleague.post(`/members/${made.memberId}/confirm`), 200);
      const { secret } = expectStatus(await operator.post(`/members/${made.memberId}/keys`), 201) as { secret: string };
      return (method: 'GET' | 'POST', url: string, body?: object) =>
        service.call(method, `/v1/books/one${url}`, { secret, ...(body ? { body } : {}) });
    };
    const missing = { personName: '岗', role: 'reviewer', customRole: 'clerk' };
    t.match(
      await operator.post('/members', missing),
      { status: 404, body: { code: 'ROLE_UNKNOWN' } },
      'not before it is approved',
    );
    await decide({ ...wanted, readOnly: true });
    t.match(
      await operator.post('/members', { ...missing, role: 'approver' }),
      { status: 404, body: { code: 'ROLE_UNKNOWN' } },
      'of its parts',
    );
    const clerk = await inRole('reviewer', 'clerk');
    t.equal((await clerk('GET', '/payee-accounts')).status, 200, 'reads what a part of it reads');
    t.equal((await clerk('GET', '/me')).body.role, 'reviewer');
    const noClass = { uscc: 'x', class: 'SME', holds: true, validFrom: '2024-01-01', documentNo: '1' };
    t.match(
      await clerk('POST', '/enterprise-classes', noClass),
      { status: 403, body: { code: 'FORBIDDEN' } },
      'and writes nothing',
    );
    t.match(await clerk('POST', '/settlements', { period: '2024-06' }), { status: 403, body: { code: 'FORBIDDEN' } });

    const active = await decide({ code: 'clerk', name: '综合岗', parts: ['reviewer', 'finance'], rights: ['settlement'] });
    t.match(
      await clerk('POST', '/settlements', { period: '2024-06' }),
      { body: { code: 'SETTLEMENT_EMPTY' } },
      'a new version counts at once',
    );
    t.match(
      await clerk('POST', '/enterprise-classes', noClass),
      { status: 403, body: { code: 'FORBIDDEN' } },
      'cut down to its verbs',
    );
    const roles = expectStatus(await approver.get('/roles'), 200).items as { code: string; verbs: string[] }[];
    const verbsOf = (code: string) => roles.find((of) => of.code === code)?.verbs ?? [];
    t.ok(
      verbsOf('clerk').length > 1 && verbsOf('clerk').every((verb) => verb.startsWith('settlement.')),
      'cut down to its verbs',
    );
    t.ok(verbsOf('operator').includes('member.register') && !verbsOf('operator').includes('voucher.issue'));
    t.strictSame(
      verbsOf('auditor').filter((verb) => verb.startsWith('settlement.')),
      [],
    );
    const versions = expectStatus(await approver.get('/custom-roles'), 200).items as { status: string }[];
    t.strictSame(
      versions.map(({ status }) => status),
      ['SUPERSEDED', 'ACTIVE'],
    );
    t.match(await approver.post(`/custom-roles/${active.customRoleId}/approve`, { digest: active.digest }), {
      body: { code: 'ROLE_WRONG_STATE' },
    });
    const dropped = expectStatus(await operator.post('/custom-roles', wanted), 201);
    t.match(expectStatus(await operator.post(`/custom-roles/${dropped.customRoleId}/withdraw`), 200), { status: 'WITHDRAWN' });
  },
);
