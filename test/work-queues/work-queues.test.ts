// What waits is listed for whom it waits for, in the order asked for, whole and once over all pages; and days are never guessed.
import { readFileSync } from 'node:fs';
import t from 'tap';
import type { WorkKind } from '../../schemas/work-queues.js';
import { workKind } from '../../schemas/work-queues.js';
import { works } from '../../src/work-queues/kinds.js';
import { presentWork } from '../../src/work-queues/rules.js';
import { workingCalendarOf } from '../../src/calendars/rules.js';
import { startCases, steps } from '../cases/world.js';
import type { Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { startTrade } from '../usage/world.js';

interface Item {
  kind: WorkKind;
  subjectId: string;
  subjectNo: string | null;
  receivedOn: string;
  waitingSince: string | null;
  ageDays: number;
  ageWorkingDays: number | null;
  dueOn: string | null;
  workingDaysLeft: number | null;
  calendarMissing: number | null;
  amount: string | null;
}
const queue = async (of: Caller, query = ''): Promise<Item[]> =>
  (expectStatus(await of.get(`/work-queue${query}`), 200) as { items: Item[] }).items;
/** All of it, page by page. */
async function pages(of: Caller, query: string): Promise<Item[]> {
  const all: Item[] = [];
  for (let cursor = ''; ;) {
    const page = expectStatus(await of.get(`/work-queue?${query}&limit=2${cursor}`), 200) as {
      items: Item[];
      next: string | null;
    };
    all.push(...page.items);
    if (page.next === null) return all;
    cursor = `&cursor=${page.next}`;
  }
}
const counts = async (of: Caller): Promise<Record<string, number>> => {
  const { items } = expectStatus(await of.get('/work-queue/counts'), 200) as { items: { kind: string; count: number }[] };
  return Object.fromEntries(items.filter(({ count }) => count > 0).map(({ kind, count }) => [kind, count]));
};

void t.test('every kind is somebody’s', async (t) => {
  t.strictSame([...new Set(works.map(({ kind }) => kind))].sort(), [...workKind.options].sort());
});

void t.test('ages and deadlines are counted in published years alone', async (t) => {
  const calendar = workingCalendarOf([]);
  const found = {
    kind: 'REDEMPTION_TO_VERIFY' as const,
    subjectId: '-',
    subjectNo: null,
    waitingSince: null,
    amountFen: -1n,
    receivedOn: '2024-07-01',
    dueOn: '2024-07-10',
  };
  t.match(presentWork(found, '2024-07-05', calendar), {
    ageDays: 4,
    ageWorkingDays: null,
    dueOn: '2024-07-10',
    workingDaysLeft: null,
    calendarMissing: 2024,
    amount: null,
  });
  const none = { ...found, dueOn: 'infinity' };
  t.match(presentWork(none, '2024-07-01', calendar), {
    ageDays: 0,
    ageWorkingDays: 0,
    dueOn: null,
    workingDaysLeft: null,
    calendarMissing: null,
  });
});

void t.test('the queue of a trade', async (t) => {
  const trade = await startTrade(t);
  const { book, buyer, seller, strangerBuyer, strangerSeller, reviewer, clock } = trade;
  const [auditor, approver] = [await book.member('auditor'), await book.member('approver')];
  const contract = await trade.fileContract('1000000.00');
  const voucherId = await trade.voucher(contract, '200000.00');
  const amounts = ['3000.00', '1000.00', '2000.00', '1000.00', '5000.00'];
  for (const gross of amounts) {
    const invoiceId = await trade.invoice(contract, { gross, quantity: '7' });
    expectStatus(await buyer.post('/redemptions', { voucherId, invoiceId }), 201);
  }
  const open = await trade.invoice(contract, { gross: '700.00' }, { confirmed: false, paid: '0.00' });
  const disputed = await trade.invoice(contract, { gross: '800.00' }, { confirmed: false, paid: '0.00' });
  expectStatus(await buyer.post(`/usage-invoices/${disputed}/dispute`, { reason: '数量不符' }), 200);

  await t.test('each sees what is its own step, and nothing of another’s', async (t) => {
    t.strictSame(await counts(buyer), { INVOICE_TO_CONFIRM: 1 });
    t.match(await queue(buyer), [{ kind: 'INVOICE_TO_CONFIRM', subjectId: open, amount: '700.00', receivedOn: '2024-08-05' }]);
    t.match(await queue(seller), [{ kind: 'INVOICE_DISPUTED', subjectId: disputed, amount: '800.00' }]);
    for (const other of [strangerBuyer, strangerSeller, approver]) t.strictSame(await queue(other), []);
    const bureau = { INVOICE_DISPUTED: 1, REDEMPTION_TO_VERIFY: 5 };
    t.strictSame(await counts(reviewer), bureau);
    t.strictSame(await counts(auditor), bureau, 'an auditor sees what waits for the authorities');
  });

  await t.test('sorted and bounded, whole over its pages', async (t) => {
    const byAge = await pages(reviewer, 'kind=REDEMPTION_TO_VERIFY');
    t.strictSame(
      byAge.map(({ amount }) => amount),
      ['600.00', '200.00', '400.00', '200.00', '1000.00'],
    );
    t.strictSame(
      (await pages(reviewer, 'sort=amount')).map(({ amount }) => amount),
      ['1000.00', '800.00', '600.00', '400.00', '200.00', '200.00'],
      'of all kinds together',
    );
    t.strictSame(
      (await pages(reviewer, 'sort=amount&atLeast=400.00')).map(({ amount }) => amount),
      ['1000.00', '800.00', '600.00', '400.00'],
    );
    t.equal((await pages(reviewer, 'sort=deadline')).length, 6, 'what has no deadline is there too');
    t.strictSame(await pages(reviewer, 'sort=deadline&until=2030-01-01'), [], 'but is due by no day');
    t.equal((await pages(reviewer, 'until=2024-08-05')).length, 6);
    t.strictSame(await pages(reviewer, 'until=2024-08-04'), []);
    clock.set('2024-08-08');
    t.match(byAge[0], { ageDays: 0 });
    t.match((await queue(reviewer))[0], { ageDays: 3, ageWorkingDays: null, calendarMissing: 2024 });
  });

  await t.test('what is done is gone', async (t) => {
    const [first] = await queue(reviewer, '?kind=REDEMPTION_TO_VERIFY');
    expectStatus(await reviewer.post(`/redemptions/${first?.subjectId ?? ''}/verify`, { approved: first?.amount }), 200);
    t.equal((await counts(reviewer))['REDEMPTION_TO_VERIFY'], 4);
    expectStatus(await buyer.post(`/usage-invoices/${open}/confirm`), 200);
    t.strictSame(await queue(buyer), []);
  });

  await t.test('what waits for a second person', async (t) => {
    const year = {
      year: 2026,
      holidays: ['2026-01-01'],
      workingDays: [],
      documentNo: '国办发明电〔2025〕7号',
      source: '国务院办公厅',
    };
    const { calendarYearId } = expectStatus(await book.operator.post('/calendars', year), 201);
    const document = readFileSync(new URL('../../db/programmes/wuhan/wuhan-service.v1.yaml', import.meta.url), 'utf8');
    const { programmeVersionId } = expectStatus(await book.operator.post('/programmes', { document }), 201);
    t.match(await queue(approver), [
      { kind: 'CALENDAR_TO_APPROVE', subjectId: calendarYearId, subjectNo: '国办发明电〔2025〕7号' },
      { kind: 'PROGRAMME_TO_ACTIVATE', subjectId: programmeVersionId, subjectNo: 'wuhan-service v1' },
    ]);
    t.strictSame(await counts(book.operator), { CALENDAR_TO_APPROVE: 1 });
    expectStatus(await approver.post(`/calendars/${calendarYearId as string}/approve`), 200);
    t.strictSame(await counts(approver), { PROGRAMME_TO_ACTIVATE: 1 });
  });

  for (const [name, query, code] of [
    ['a kind that is another’s', '?kind=INVOICE_TO_CONFIRM', 'WORK_KIND_UNKNOWN'],
    ['a day with amounts', '?sort=amount&until=2024-08-05', 'WORK_QUEUE_BOUND'],
    ['an amount with days', '?sort=deadline&atLeast=1.00', 'WORK_QUEUE_BOUND'],
    ['a cursor of nothing', '?cursor=AAAA', 'WORK_QUEUE_CURSOR'],
    [
      'a cursor of another order',
      '?sort=amount&cursor=YWdlIC0gMDE5MDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAw',
      'WORK_QUEUE_CURSOR',
    ],
  ] as const) {
    t.match(await reviewer.get(`/work-queue${query}`), { status: 400, body: { code } }, name);
  }
});

void t.test('the queue of cases goes by their deadlines', async (t) => {
  const world = await startCases(t, { text: steps.all.replace('RECHECK, EXPERT_REVIEW, ', '') + steps.noticeDays + steps.days });
  const { district, reviewer, firm, clock } = world;
  const submitted = await world.brought('SUBMITTED');
  const asked = await world.brought('SUPPLEMENT_REQUESTED');
  const [accepted, noticed] = [await world.brought('ACCEPTED'), await world.brought('IN_PUBLIC_NOTICE')];
  t.match(await queue(district), [{ kind: 'APPLICATION_TO_ACCEPT', subjectId: submitted, workingDaysLeft: 3 }]);
  t.match(await queue(firm.member, '?kind=APPLICATION_TO_SUPPLEMENT'), [{ subjectId: asked, workingDaysLeft: 5 }]);
  const auditor = await world.book.member('auditor');
  const due = await pages(auditor, 'sort=deadline');
  t.strictSame(
    due.map(({ subjectId }) => subjectId),
    [submitted, noticed, accepted],
    'three, five and six working days',
  );
  t.match(due[2], { kind: 'APPLICATION_TO_CHECK', workingDaysLeft: 6, amount: null });
  const [{ dueOn }] = due as [Item];
  clock.set(`${dueOn ?? ''}T23:00:00+08:00`);
  t.match(await queue(reviewer, '?kind=APPLICATION_TO_ACCEPT'), [{ workingDaysLeft: 0 }]);
  clock.set('2024-07-20');
  const [late] = await queue(reviewer, '?kind=APPLICATION_TO_ACCEPT');
  t.ok((late?.workingDaysLeft ?? 0) < 0, `overdue by ${late?.workingDaysLeft} working days`);
  t.equal((await queue(reviewer, '?sort=deadline&until=2024-07-20'))[0]?.subjectId, submitted);
});
