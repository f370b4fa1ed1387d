// What was refused and what was read of others leaves a trace: whole, beside the ledger, for auditors alone, and never changed.
import t from 'tap';
import type { AccessTrailRow } from '../../db/tables.js';
import { AccessTrail } from '../../src/access-trail/trail.js';
import { uuidv7 } from '../../src/identifiers.js';
import { expectStatus, startService } from '../service.js';

interface Shown {
  trailId: string;
  action: string;
  subject: string | null;
  outcome: string;
  code: string | null;
  memberId: string | null;
  credential: string | null;
  address: string;
  alike: number;
}

void t.test('the trail of access', async (t) => {
  const service = await startService(t, { now: '2024-07-01' });
  const book = await service.newBook('trail');
  const { operator } = book;
  const [auditor, finance, reviewer] = [
    await book.member('auditor'),
    await book.member('finance'),
    await book.member('reviewer'),
  ];
  const nothing = uuidv7(new Date());
  // It is written within a second; what a test asks for it waits for.
  const shown = async (query = '', atLeast = 0): Promise<Shown[]> => {
    for (let looked = 0; ; looked++) {
      const { items } = expectStatus(await auditor.get(`/access-trail${query}`), 200) as { items: Shown[] };
      if (items.length >= atLeast || looked > 100) return items;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const told = ({ action, subject, outcome, code, memberId, credential, alike }: Shown) => ({
    action,
    subject,
    outcome,
    code,
    memberId,
    credential,
    alike,
  });

  await t.test(
    'a role that may not, a key that does not count, what is not there, and what is sensitive: each with who it was',
    async (t) => {
      const keyOf = (secret: string) => secret.slice(0, 16);
      expectStatus(await reviewer.get('/members'), 403);
      expectStatus(await service.call('GET', '/v1/books/trail/me', { secret: `${reviewer.secret.slice(0, -1)}?` }), 401);
      expectStatus(await service.call('GET', '/v1/books/trail/me', { secret: 'a-secret-of-elsewhere' }), 401);
      expectStatus(await finance.get(`/vouchers/${nothing}`), 404);
      expectStatus(await operator.get('/members'), 200);
      expectStatus(await operator.get('/me'), 200);
      // Nine of the operators', who made and confirmed the members and made their keys, are before them.
      t.match((await shown('', 14)).slice(9).map(told), [
        {
          action: 'GET /v1/books/:book/members',
          outcome: 'DENIED',
          code: 'FORBIDDEN',
          memberId: reviewer.memberId,
          credential: keyOf(reviewer.secret),
        },
        {
          action: 'GET /v1/books/:book/me',
          outcome: 'DENIED',
          code: 'UNAUTHENTICATED',
          memberId: null,
          credential: keyOf(reviewer.secret),
        },
        { action: 'GET /v1/books/:book/me', outcome: 'DENIED', code: 'UNAUTHENTICATED', memberId: null, credential: null },
        { action: 'GET /v1/books/:book/vouchers/:id', subject: nothing, code: 'NOT_FOUND', memberId: finance.memberId },
        { action: 'GET /v1/books/:book/members', outcome: 'ALLOWED', code: null, memberId: operator.memberId },
      ]);
    },
  );

  await t.test('refusals alike stand in one row with their number, whatever is tried', async (t) => {
    const before = (await shown('?outcome=DENIED')).length;
    await Promise.all(Array.from({ length: 40 }, () => reviewer.get('/members')));
    const later = (await shown('?outcome=DENIED', before + 1)).slice(before);
    t.equal(
      later.reduce((sum, { alike }) => sum + alike, 0),
      40,
      'none is lost',
    );
    t.ok(later.length <= 5, `in ${later.length} rows`);
  });

  await t.test('it is found by member, outcome and day, page by page, and as a file', async (t) => {
    const all = await shown();
    const paged: Shown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = expectStatus(await auditor.get(`/access-trail?limit=2${cursor && `&cursor=${cursor}`}`), 200) as {
        items: Shown[];
        next: string | null;
      };
      paged.push(...page.items);
      cursor = page.next;
    }
    t.strictSame(paged.slice(0, all.length), all);
    const ofReviewer = await shown(`?memberId=${reviewer.memberId}`);
    t.ok(ofReviewer.length > 0 && ofReviewer.every(({ memberId }) => memberId === reviewer.memberId));
    t.strictSame((await shown('?fromDay=2024-07-02')).length, 0);
    t.strictSame((await shown('?toDay=2024-06-30')).length, 0);
    t.ok((await shown('?fromDay=2024-07-01&toDay=2024-07-01')).length >= all.length);
    const wrong = await auditor.get('/access-trail?fromDay=2024-07-02&toDay=2024-07-01');
    t.match(wrong, { status: 400, body: { errors: [{ code: 'PERIOD_ENDS_BEFORE_START', pointer: '/toDay' }] } });
    const csv = (await auditor.get('/access-trail-file?format=csv', { headers: { 'accept-language': 'en' } })).body as string;
    t.ok(csv.startsWith('\ufefftrailId,happenedAt,action,'));
    const lines = ((await auditor.get('/access-trail-file')).body as string).trim().split('\n');
    t.strictSame((JSON.parse(lines[0] ?? '') as Shown).trailId, all[0]?.trailId);
  });

  await t.test('auditors alone read it, of their own book; nobody changes it', async (t) => {
    for (const other of [operator, finance, reviewer]) {
      t.match(await other.get('/access-trail'), { status: 403, body: { code: 'FORBIDDEN' } });
      t.match(await other.get('/access-trail-file'), { status: 403, body: { code: 'FORBIDDEN' } });
    }
    const elsewhere = await (await service.newBook('elsewhere')).member('auditor');
    t.strictSame(
      (expectStatus(await elsewhere.get('/access-trail?toDay=2024-07-01&outcome=ALLOWED'), 200) as { items: Shown[] }).items,
      [],
    );
    await t.rejects(service.db.sql`update access_trail set code = null`, /permission denied/);
    await t.rejects(service.db.sql`delete from access_trail`, /permission denied/);
    await t.rejects(service.owner.sql`delete from access_trail where book_id = ${book.bookId}`, 'not even its owner');
  });

  await t.test(
    'what cannot be written is kept and written later, and more refusals than are kept apart are told together',
    async (t) => {
      const ground = { bookId: book.bookId, action: 'test.flood', address: '192.0.2.1', code: 'UNAUTHENTICATED' } as const;
      let away = true;
      const as: typeof service.db.as = (eyes) => service.db.as(eyes);
      const faulty: typeof as = (eyes) => {
        if (away) throw new Error('the database is away');
        return as(eyes);
      };
      const db = { ...service.db, as: faulty };
      const trail = new AccessTrail(db, service.clock, service.app.log);
      for (let n = 0; n < 6_000; n++) trail.record({ ...ground, subject: String(n) });
      await trail.write();
      t.equal(trail.waiting, 5_001, 'five thousand apart, the rest in one');
      away = false;
      await trail.close();
      t.equal(trail.waiting, 0);
      const rows = await service.db.sql<Pick<AccessTrailRow, 'action' | 'alike'>[]>`
      select action, alike from access_trail where book_id = ${book.bookId} and action in ('test.flood', '*')`;
      t.equal(
        rows.reduce((sum, { alike }) => sum + alike, 0),
        6_000,
      );
      t.equal(rows.find(({ action }) => action === '*')?.alike, 1_000);
    },
  );
});
