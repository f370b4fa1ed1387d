// The life of an application for reimbursement, on the way that asks for every step, and its drafts.
import t from 'tap';
import type { CaseState, CaseVerb } from '../../src/cases/rules.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { reimbursementLife } from '../../src/reimbursements/rules.js';
import { addDays } from '../../src/calendar.js';
import { startTeam } from '../cases/team.js';
import { publishCalendars, scored, steps } from '../cases/world.js';
import { costCode, costs, feeCode, startWorld, told } from '../reimbursements/world.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { lookAt, tryEverything } from './table.js';

const nobody = '018f0000-0000-7000-8000-000000000000';
const eligibility = { local: true, statistics: true };
const items = [{ kind: 'MATERIAL', subject: '付款回单', what: '缺' }];
void t.test('every verb in every state of an application for reimbursement that is asked for every step', async (t) => {
  const { world, team } = await startTeam(t);
  const { district, checker, reviewer, approver, experts } = team;
  const memberIds = [experts[0].memberId, experts[1].memberId];
  const firm = await world.firm(1);
  await world.load(feeCode, '1000000.00');
  const draftOf = (contractId: string) => ({ programmeCode: feeCode, contractIds: [contractId] });
  const noneBetter = draftOf(nobody);

  const bring = async (state: CaseState): Promise<string> => {
    const { contractId } = await world.fee(firm, { lines: [{ gross: '1000.00' }] });
    if (state === 'DRAFT') {
      return expectStatus(await firm.member.post('/reimbursements/drafts', draftOf(contractId)), 201).reimbursementId as string;
    }
    const id = expectStatus(await world.apply(firm, { contractIds: [contractId] }), 201).reimbursementId as string;
    const url = `/reimbursements/${id}`;
    const done = async (by: Caller, verb: string, body: object = {}) => expectStatus(await by.post(`${url}/${verb}`, body), 200);
    if (state === 'SUPPLEMENT_REQUESTED') await done(district, 'request-supplement', { items });
    if (state === 'REJECTED') await done(reviewer, 'reject', { reason: '不符合', article: '第七条' });
    if (state === 'WITHDRAWN') await done(firm.member, 'withdraw');
    if (['SUBMITTED', 'SUPPLEMENT_REQUESTED', 'REJECTED', 'WITHDRAWN'].includes(state)) return id;
    await done(district, 'accept');
    if (state === 'ACCEPTED') return id;
    await done(checker, 'check');
    if (state === 'CHECKED') return id;
    await done(reviewer, 'assign-experts', { memberIds });
    if (state === 'EXPERT_REVIEW') return id;
    const scoresDigest = await scored(team, url);
    t.equal(told(await reviewer.post(`${url}/review`, { eligibility, scoresDigest, score: 3 })), '409 SCORES_NOT_CITED');
    t.match(await done(reviewer, 'review', { eligibility, scoresDigest }), { score: 100, approved: '600.00' });
    if (state === 'REVIEWED') return id;
    const notice = expectStatus(await reviewer.post('/notices', { title: '拟补助名单', items: [{ caseId: id }] }), 201) as {
      noticeId: string;
      lastDay: string;
      items: { caseNo: string }[];
    };
    if (state === 'IN_PUBLIC_NOTICE') return id;
    if (state === 'OBJECTION_PENDING') {
      const body = { name: '王五', contact: '12345', content: '重复申报', caseNo: notice.items[0]?.caseNo };
      const open = `/v1/books/${world.book.code}/notices/${notice.noticeId}/object`;
      expectStatus(await world.call('POST', open, { body }), 201);
      return id;
    }
    const allocate = { programmeCode: feeCode, year: 2025, reimbursementIds: [id] };
    t.equal(told(await reviewer.post('/allocations', allocate)), '409 NOTICE_RUNNING');
    world.clock.set(addDays(notice.lastDay, 1));
    const { allocationId, contentDigest } = expectStatus(await reviewer.post('/allocations', allocate), 201);
    if (state === 'ALLOCATED') {
      expectStatus(await reviewer.post(`/allocations/${allocationId as string}/withdraw`, { reason: '重新编制' }), 200);
      t.match(await lookAt(reviewer, url), { status: 'IN_PUBLIC_NOTICE' }, 'withdrawn, it is where its notice left it');
      expectStatus(await reviewer.post('/allocations', allocate), 201);
      return id;
    }
    const reviewed = await world.book.member('approver', { personId: checker.personId });
    const eyes = await reviewed.post(`/allocations/${allocationId as string}/approve`, { contentDigest });
    t.equal(told(eyes), '403 FOUR_EYES', 'who checked does not approve');
    expectStatus(await approver.post(`/allocations/${allocationId as string}/approve`, { contentDigest }), 200);
    return id;
  };

  const ask = async (verb: CaseVerb, id: string): Promise<Answer> => {
    const url = `/reimbursements/${id}`;
    const asks: Partial<Record<CaseVerb, () => Promise<Answer>>> = {
      revise: async () => firm.member.post(`${url}/revise`, noneBetter),
      submit: async () => firm.member.post(`${url}/submit`, { commitment: true }),
      'request-supplement': async () => district.post(`${url}/request-supplement`, { items }),
      supplement: async () => firm.member.post(`${url}/supplement`, { answers: [{ item: 1, answer: '已补' }] }),
      accept: async () => district.post(`${url}/accept`),
      check: async () => checker.post(`${url}/check`),
      'assign-experts': async () => reviewer.post(`${url}/assign-experts`, { memberIds }),
      review: async () => reviewer.post(`${url}/review`, { eligibility }),
      publish: async () => reviewer.post('/notices', { title: '拟补助名单', items: [{ caseId: id }] }),
      'decide-objection': async () =>
        approver.post(`${url}/decide-objection`, { objectionId: nobody, upheld: false, reason: '不成立' }),
      allocate: async () => reviewer.post('/allocations', { programmeCode: feeCode, year: 2025, reimbursementIds: [id] }),
      reject: async () => reviewer.post(`${url}/reject`, { reason: '不符合', article: '第七条' }),
      withdraw: async () => firm.member.post(`${url}/withdraw`, {}),
    };
    const asked = asks[verb];
    if (!asked) throw new Error(verb);
    return asked();
  };

  const seen = await tryEverything(t, {
    life: reimbursementLife({ accepts: true, checks: true, panels: true, notices: true }),
    bring,
    ask,
    look: async (id) => [await lookAt(reviewer, `/reimbursements/${id}`), await lookAt(reviewer, `/reimbursements/${id}/lines`)],
  });
  t.ok(seen > 100, `${seen} refusals`);
  t.strictSame(await auditBusiness(world.owner, world.book.bookId), []);
});

void t.test('a draft holds nothing of an invoice; what it declares is looked at when it is submitted', async (t) => {
  const { world } = await startTeam(t);
  const firm = await world.firm(1);
  const { invoiceId } = await world.fee(firm, { lines: [{ gross: '1000.00' }] });
  const isHeld = async () =>
    (expectStatus(await firm.member.get(`/usage-invoices/${invoiceId}`), 200) as { isReimbursed: boolean }).isReimbursed;
  const kept = expectStatus(await firm.member.post('/reimbursements/drafts', { programmeCode: feeCode }), 201);
  t.match(kept, { status: 'DRAFT', reimbursementNo: 'BINJIANG-RD-2025-000001', lineCount: 0, base: '0.00' });
  t.equal(await isHeld(), false);
  const url = `/reimbursements/${kept.reimbursementId as string}`;
  t.equal(told(await firm.member.post('/reimbursements/drafts', { programmeCode: 'nowhere' })), '409 PROGRAMME_NOT_IN_FORCE');
  const submitted = expectStatus(await firm.member.post(`${url}/submit`, { commitment: true }), 200);
  t.match(submitted, {
    reimbursementId: kept.reimbursementId,
    reimbursementNo: 'BINJIANG-RB-2025-000001',
    status: 'SUBMITTED',
    base: '1000.00',
    lineCount: 1,
  });
  t.equal(await isHeld(), true);
  t.match(expectStatus(await firm.member.post(`${url}/withdraw`, {}), 200), { status: 'WITHDRAWN' });
  t.equal(await isHeld(), false, 'withdrawn, it lets go');

  // Declared items come back as they were written, their numbers claimed as if they were sent today.
  const item = {
    reference: '24332000000000000001',
    description: '语料',
    counterpartyUscc: firm.uscc,
    counterpartyName: '语料公司',
    serviceItem: 'CORPUS',
    net: '10000.00',
    vat: '0.00',
    gross: '10000.00',
    settledOn: '2024-12-31',
    evidence: '回单',
  };
  const drafted = expectStatus(
    await firm.member.post('/reimbursements/drafts', { programmeCode: costCode, items: [{ ...item, vat: '1.00' }] }),
    201,
  );
  const of = `/reimbursements/${drafted.reimbursementId as string}`;
  t.equal(told(await firm.member.post(`${of}/submit`, { commitment: true })), '400 ITEM_DOES_NOT_ADD_UP');
  expectStatus(await firm.member.post(`${of}/revise`, { programmeCode: costCode, items: [item] }), 200);
  t.match(expectStatus(await firm.member.post(`${of}/submit`, { commitment: true }), 200), {
    status: 'SUBMITTED',
    numberConflicts: 0,
  });
  const claims = async () =>
    world.owner.sql<{ number: string }[]>`select number from invoice_claims where number = ${item.reference}`;
  t.equal((await claims()).length, 1);
  expectStatus(await firm.member.post(`${of}/withdraw`, {}), 200);
  t.equal((await claims()).length, 0, 'a number is free again when its application is withdrawn');
  t.strictSame(await auditBusiness(world.owner, world.book.bookId), []);
});

void t.test('one notice is of as many days for all of its cases', async (t) => {
  const world = await startWorld(t, {
    fees: [['allocation:', `${steps.noticeDays.replace('document: notice', 'document: measure')}allocation:`]],
  });
  await publishCalendars(world.book, world.approver, [2025]);
  const days = 'noticeDays: { value: 7, cite: { document: measure, article: 第五条 } }\n';
  await world.plantProgramme(costs.replaceAll(costCode, 'other-costs').replace('allocation:', `${days}allocation:`));
  const firm = await world.firm(1);
  await world.fee(firm, { lines: [{ gross: '1000.00' }] });
  const item = {
    reference: 'HT-1',
    description: '语料',
    counterpartyUscc: firm.uscc,
    counterpartyName: '语料公司',
    serviceItem: 'CORPUS',
    net: '10000.00',
    vat: '0.00',
    gross: '10000.00',
    settledOn: '2024-12-31',
    evidence: '回单',
  };
  const five = await world.reviewed(firm);
  const seven = await world.reviewed(firm, {}, { programmeCode: 'other-costs', items: [item] });
  const publish = async (...ids: string[]) =>
    world.reviewer.post('/notices', { title: '拟补助名单', items: ids.map((caseId) => ({ caseId })) });
  t.equal(told(await publish(five, seven)), '409 NOTICE_DAYS_DIFFER');
  t.match(expectStatus(await publish(seven), 201), { workingDays: 7, lastDay: '2025-02-19' });
});
