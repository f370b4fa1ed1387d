// Who holds and leads the parties of an application: one enterprise that claims as several, and parties that are related.
import t from 'tap';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import type { Enterprise } from '../applications/world.js';
import { startWorld, uscc } from '../applications/world.js';
import type { Caller } from '../service.js';
import { expectStatus } from '../service.js';

const providerUscc = uscc(9000001);

void t.test('who holds whom', async (t) => {
  const world = await startWorld(t);
  const { book, reviewer, approver } = world;
  const auditor = await book.member('auditor');
  await world.load('100000000.00');
  const hold = async (held: string, of: Record<string, unknown>, who: Caller = reviewer) =>
    who.post('/legal-person-holders', {
      uscc: held,
      role: 'SHAREHOLDER',
      holderName: '张三丰',
      validFrom: '2020-01-01',
      source: '工商登记',
      ...of,
    });
  const held = async (by: string, of: Record<string, unknown>) => expectStatus(await hold(by, of), 201);
  const flagsOn = async (subjectId: string) =>
    (expectStatus(await auditor.get(`/flags-of-subject?subjectId=${subjectId}`), 200) as { items: Record<string, unknown>[] })
      .items;
  const kindsOf = async (subjectId: string) => (await flagsOn(subjectId)).map(({ kind }) => kind);
  const apply = async (of: Enterprise, gross = '1000000.00') =>
    expectStatus(await world.submit(of, await world.contract(of, gross)), 201).applicationId as string;
  const zhang = { holderIdNo: '410102198001010011' };

  await t.test('a holder is on record without the number of a document', async (t) => {
    await world.enterprise(1);
    const row = await held(uscc(1), zhang);
    t.match(row, { holderName: '张**', holder: /^[0-9a-f]{64}$/, revision: 1, legalPersonUscc: uscc(1) });
    t.match(await held(uscc(1), { ...zhang, validTo: '2030-01-01' }), { revision: 2, holder: row.holder });
    const { items } = expectStatus(await auditor.get(`/legal-person-holders?uscc=${uscc(1)}`), 200) as { items: unknown[] };
    t.equal(items.length, 2);
    const stored = await world.owner.sql<{ text: string }[]>`
      select o::text as text from outcomes o where book_id = ${book.bookId} union all
      select h::text from legal_person_holders h where book_id = ${book.bookId}`;
    t.notMatch(JSON.stringify([items, stored]), zhang.holderIdNo);
    const refusals: [string, Record<string, unknown>, number, string][] = [
      ['nobody', {}, 400, 'MISSING_FIELD'],
      ['two ways', { ...zhang, holderUscc: uscc(1) }, 400, 'HOLDER_NAMED_TWICE'],
      ['a code that is none', { holderUscc: '123' }, 400, 'USCC_LENGTH'],
      ['an end before its start', { ...zhang, validTo: '2019-12-31' }, 400, 'PERIOD_ENDS_BEFORE_START'],
    ];
    for (const [what, of, status, code] of refusals) t.match(await hold(uscc(1), of), { status, body: { code } }, what);
    t.match(await hold(uscc(77), zhang), { body: { code: 'PARTY_UNKNOWN' } });
    t.match(await hold(uscc(1), zhang, approver), { status: 403 });
  });

  await t.test('two legal persons of one shareholder claim for the same provider and time: the second is flagged', async (t) => {
    const [first, second, third] = [await world.enterprise(11), await world.enterprise(12), await world.enterprise(13)];
    await held(first.uscc, { holderUscc: uscc(500), holderName: '某控股' });
    await held(second.uscc, { holderUscc: uscc(500), holderName: '某控股', role: 'OFFICER' });
    await held(third.uscc, { holderUscc: uscc(500), holderName: '某控股', validTo: '2024-06-30' });
    t.strictSame(await kindsOf(await apply(first)), [], 'the first is alone');
    const split = await world.reviewed(second, '1000000.00');
    const [flag] = await flagsOn(split.applicationId);
    t.match(flag, { kind: 'ENTERPRISE_SPLIT', inputs: { others: first.uscc, holders: '某控股' } });
    t.match(flag, { explanation: { zh: /共同的股东或任职人员（某控股）/ } });
    t.match(await world.approve(split), { status: 409, body: { code: 'FLAG_HOLDS' } }, 'its approval is held');
    expectStatus(await approver.post(`/flags/${String(flag?.['flagId'])}/clear`, { reason: '经核查为独立经营' }), 200);
    t.equal((await world.approve(split)).status, 200);
    t.strictSame(await kindsOf(await apply(third)), [], 'who holds no more when the contract is signed splits nothing');
  });

  await t.test('the state holds many, and relates none of them', async (t) => {
    const [first, second] = [await world.enterprise(21), await world.enterprise(22)];
    const state = { holderUscc: uscc(600), holderName: '市国资委', isState: true };
    for (const of of [first.uscc, second.uscc, providerUscc]) await held(of, state);
    await apply(first);
    t.strictSame(await kindsOf(await apply(second)), [], 'common state control alone is no relation');
  });

  await t.test('related parties are flagged where the programme does not bar them', async (t) => {
    const [officer, owner, recorded, stranger] = await Promise.all([31, 32, 33, 34].map((n) => world.enterprise(n)));
    if (!officer || !owner || !recorded || !stranger) throw new Error('four enterprises');
    const li = { holderIdNo: '410102197001010022', holderName: '李四', role: 'OFFICER' };
    await held(officer.uscc, li);
    await held(providerUscc, { ...li, role: 'LEGAL_REPRESENTATIVE' });
    const one = await apply(officer);
    t.match(await flagsOn(one), [
      { kind: 'RELATED_PARTIES', inputs: { enterprise: officer.uscc, provider: providerUscc, holders: '李**' } },
    ]);
    await held(providerUscc, { holderUscc: owner.uscc, holderName: '企业32' });
    t.strictSame(await kindsOf(await apply(owner)), ['RELATED_PARTIES'], 'who owns the provider');
    const relation = { uscc: recorded.uscc, otherUscc: providerUscc, validFrom: '2024-01-01', source: '核查' };
    expectStatus(await reviewer.post('/related-parties', relation), 201);
    const onRecord = await flagsOn(await apply(recorded));
    t.match(onRecord, [{ kind: 'RELATED_PARTIES', explanation: { zh: /已登记为关联方/, en: /on record as such/ } }]);
    t.strictSame(await kindsOf(await apply(stranger)), []);
  });
  t.strictSame(await auditBusiness(world.owner, book.bookId), []);
});
