// The life of a flag: every verb in every state, what it holds until it is decided, and by whom; and the rules that raise flags where a
// thing is posted or submitted.
import t from 'tap';
import { flagLife } from '../../src/flags/rules.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { parseYuan } from '../../src/money.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import type { Caller } from '../service.js';
import { expectStatus } from '../service.js';
import type { TradeContract } from '../usage/world.js';
import { startTrade, uscc } from '../usage/world.js';
import { lookAt, tryEverything } from './table.js';

const reason = '经核查情况属实';
const chip = { vendor: '昇腾', model: '910B' };

void t.test('flags', async (t) => {
  const trade = await startTrade(t);
  const { book, buyer, seller, reviewer } = trade;
  const [approver, auditor, operator] = [await book.member('approver'), await book.member('auditor'), book.operator];
  const does = async (who: Caller, url: string, body: object = {}, status = 200) =>
    expectStatus(await who.post(url, body), status);
  const raise = async (subjectKind: string, subjectId: string, by = reviewer): Promise<string> =>
    (await does(by, '/flags', { subjectKind, subjectId, reason }, 201)).flagId as string;
  const flagsOn = async (subjectId: string) =>
    (expectStatus(await auditor.get(`/flags-of-subject?subjectId=${subjectId}`), 200) as { items: Record<string, unknown>[] })
      .items;
  const held = { status: 409, body: { code: 'FLAG_HOLDS' } };
  const contract = await trade.fileContract('100000.00');
  const voucher = await trade.voucher(contract, '20000.00');

  await t.test('every verb that a state does not offer is refused, and changes nothing', async (t) => {
    const then = async (id: string, verb: string) => {
      await does(approver, `/flags/${id}/${verb}`, { reason });
      return id;
    };
    const refused = await tryEverything(t, {
      life: flagLife,
      bring: async (state) => {
        const id = await raise('CONTRACT', (await trade.fileContract('1000.00')).contractId);
        return state === 'OPEN' ? id : then(id, state === 'CLEARED' ? 'clear' : 'uphold');
      },
      ask: (verb, id) => approver.post(`/flags/${id}/${verb}`, { reason }),
      look: (id) => lookAt(auditor, `/flags/${id}`),
    });
    t.equal(refused, 4);
    t.equal(flagLife.code, 'FLAG_WRONG_STATE');
  });

  await t.test('what a flag holds goes on when another person than who raised it has cleared it', async (t) => {
    const submitted = await does(seller, '/contracts', { ...contractBody(trade, 'FL-1') }, 201);
    const id = submitted.contractId as string;
    await does(buyer, `/contracts/${id}/confirm`);
    const flag = await raise('CONTRACT', id, approver);
    t.match(await reviewer.post(`/contracts/${id}/file`, {}), held, 'a contract is not filed');
    t.match(await approver.post(`/flags/${flag}/clear`, { reason }), { status: 403, body: { code: 'FOUR_EYES' } });
    for (const who of [buyer, seller]) {
      t.equal((await who.post('/flags', { subjectKind: 'CONTRACT', subjectId: id, reason })).status, 403);
      t.equal((await who.get('/flags')).status, 403, 'who is suspected does not see why');
    }
    t.match(await does(reviewer, `/flags/${flag}/clear`, { reason }), { status: 'CLEARED', decisionReason: reason });
    await does(reviewer, `/contracts/${id}/file`);
    t.match(await flagsOn(id), [{ kind: 'SEEN_BY_PERSON', explanation: { zh: `人工标记：${reason}` }, ageDays: 0 }]);

    const second = await trade.invoice(contract, { gross: '10000.00' });
    const ofInvoice = await raise('USAGE_INVOICE', second);
    t.match(await buyer.get(`/usage-invoices/${second}`), { body: { isFlagged: true } });
    const waiting = await does(buyer, '/redemptions', { voucherId: voucher, invoiceId: second }, 201);
    t.match(waiting, { status: 'SUBMITTED', mismatches: [{ code: 'FLAGGED', inputs: { flags: '1' } }] }, 'a redemption waits');
    const redemption = waiting.redemptionId as string;
    const ofRedemption = await raise('REDEMPTION', redemption);
    await does(approver, `/flags/${ofInvoice}/clear`, { reason });
    t.match(await verifyBy(reviewer, redemption), held, 'and is not verified while one flag is left');
    await does(approver, `/flags/${ofRedemption}/clear`, { reason });
    t.equal((await verifyBy(reviewer, redemption)).status, 200);
    t.match(
      await reviewer.post('/flags', { subjectKind: 'REDEMPTION', subjectId: redemption, reason }),
      { status: 409, body: { code: 'FLAG_TOO_LATE' } },
      'what is approved is revoked or recovered instead',
    );
    t.match(await reviewer.post('/flags', { subjectKind: 'CONTRACT', subjectId: redemption, reason }), { status: 404 });

    const bad = await trade.invoice(contract, { gross: '5000.00' });
    await does(approver, `/flags/${await raise('USAGE_INVOICE', bad)}/uphold`, { reason });
    const stuck = await does(buyer, '/redemptions', { voucherId: voucher, invoiceId: bad }, 201);
    t.match(await verifyBy(reviewer, stuck.redemptionId as string, '1000.00'), held, 'what was upheld holds for good');
    await does(reviewer, `/redemptions/${stuck.redemptionId as string}/return`, { reason });
  });

  await t.test('1,024 cards for 30 days are 737,280 card-hours: one more is flagged', async (t) => {
    await does(operator, '/chips', { ...chip, origin: 'DOMESTIC', validFrom: '2024-01-01', source: '目录' }, 201);
    trade.clock.set('2024-06-20');
    const facility = await does(
      operator,
      '/facilities',
      { providerId: trade.providerId, name: '二号中心', kind: 'DATA_CENTER' },
      201,
    );
    const { facilityId } = facility;
    const observation = { inService: true, standardRacks: 1000, evidence: '核查报告' };
    const observed = await does(
      reviewer,
      `/facilities/${facilityId as string}/observations`,
      { ...observation, observedOn: '2024-06-01', installedCards: [{ ...chip, cards: 1024 }] },
      201,
    );
    t.match(observed, { installedCards: [{ ...chip, cards: 1024 }] });
    const big = (contractNo: string, of: object = {}) => {
      const money = { net: '1000000.00', vat: '0.00', gross: '1000000.00' };
      const line = {
        description: '训练卡时',
        serviceItem: 'AI_COMPUTE',
        facilityId,
        unit: 'CARD_HOUR',
        quantity: '1000000',
        chipVendor: chip.vendor,
        chipModel: chip.model,
        ...of,
        ...money,
      };
      return { contractNo, lines: [line], ...money };
    };
    const one = await trade.fileContract('1000000.00', { ...big('CAP-1'), startsOn: '2024-06-15', endsOn: '2025-03-31' });
    const other = await trade.fileContract('1000000.00', {
      ...big('CAP-2', { chipVendor: undefined, chipModel: undefined }),
      startsOn: '2024-06-15',
      endsOn: '2025-03-30',
    });
    trade.clock.set('2024-10-08');
    const september = { usageFrom: '2024-09-01', usageTo: '2024-09-30', issuedOn: '2024-10-08' };
    const post = async (of: TradeContract, quantity: string, period: object = september) =>
      does(seller, '/usage-invoices', trade.invoiceBody(of, { gross: '700000.00', quantity, ...period }), 201);
    const first = await post(one, '700000');
    t.match(first, { isFlagged: false });
    const rest = await post(one, '37280');
    t.match(rest, { isFlagged: false }, 'the last card-hour that the cards can have given');
    const beyond = await post(other, '0.0001');
    t.match(beyond, { isFlagged: true }, 'and one more, of another contract whose line names no chip');
    const [flag] = await flagsOn(beyond.invoiceId as string);
    t.match(flag, {
      kind: 'CAPACITY_EXCEEDED',
      amount: '700000.00',
      inputs: { chip: '*', days: '30', possible: '737280', billed: '737280.0001', beyond: '0.0001' },
      status: 'OPEN',
    });
    t.match(flag, { explanation: { zh: /2024-09-01 至 2024-09-30 共 30 日.*737280 卡时/ } });
    t.equal((flag as { rows: unknown[] } | undefined)?.rows.length, 3, 'the facility, and both rows of its usage');
    t.match(
      await post(one, '24576', { ...september, usageTo: '2024-09-01' }),
      { isFlagged: true },
      'a day of a month that is full',
    );
    const usage = expectStatus(await auditor.get(`/facilities/${facilityId as string}/usage`), 200);
    const month = { usageFrom: '2024-09-01', usageTo: '2024-09-30', possible: '737280' };
    t.match(usage.items, [
      { usageFrom: '2024-09-01', usageTo: '2024-09-01', cardHours: '24576', possible: '24576' },
      { ...month, chipVendor: '', cardHours: '0.0001' },
      { ...month, chipVendor: chip.vendor, chipModel: chip.model, cardHours: '737280' },
    ]);
    t.equal((await auditor.get(`/facilities/${trade.providerId}/usage`)).status, 404);
    const behind = async (query: string) =>
      expectStatus(await auditor.get(`/facilities/${facilityId as string}/usage-invoices${query}`), 200) as {
        items: { usageFrom: string; usageTo: string }[];
        next: string | null;
      };
    const all = await behind('');
    t.ok(all.items.length > 1, 'the invoices behind it');
    const [{ usageFrom, usageTo }] = all.items as [{ usageFrom: string; usageTo: string }];
    const within = await behind(`?usageFrom=${usageFrom}&usageTo=${usageTo}`);
    t.ok(within.items.length > 0 && within.items.every((of) => of.usageFrom >= usageFrom && of.usageTo <= usageTo));
    const page = await behind('?limit=1');
    t.strictSame([page.items, (await behind(`?limit=200&cursor=${page.next ?? ''}`)).items].flat(), all.items, 'page by page');
    t.strictSame((await behind('?chipModel=none')).items, []);
    t.match(await seller.get(`/facilities/${facilityId as string}/usage-invoices`), { status: 403 });
    t.equal((await auditor.get(`/facilities/${trade.providerId}/usage-invoices`)).status, 404);
    await does(seller, `/usage-invoices/${rest.invoiceId as string}/void`, { reason });
    await does(seller, `/usage-invoices/${first.invoiceId as string}/void`, { reason });
    t.match(await post(one, '700000'), { isFlagged: false }, 'what is voided was not billed');
    const october = { usageFrom: '2024-10-01', usageTo: '2024-10-07', issuedOn: '2024-10-08' };
    t.match(await post(one, String(1024 * 24 * 7), october), { isFlagged: false }, 'and another month is another month');
  });

  await t.test('contracts that look like one, or are priced far from the list, are flagged as they are submitted', async (t) => {
    const submit = async (contractNo: string, gross: string, of: object = {}) => {
      const body = contractBody(trade, contractNo, gross);
      return (await does(seller, '/contracts', { ...body, ...of }, 201)).contractId as string;
    };
    const kindsOn = async (id: string) => (await flagsOn(id)).map(({ kind }) => kind);
    const period = { startsOn: '2026-01-01', endsOn: '2026-06-30' };
    const first = await submit('ND-1', '100000.00', period);
    const parameter = { validFrom: '2024-10-08', documentNo: '郑工信〔2024〕9号' };
    const stated = (of: object) => does(reviewer, '/flag-parameters', { ...of, ...parameter }, 201);
    t.match(await stated({ kind: 'CONTRACT_NEAR_DUPLICATE', basisPoints: 500 }), { basisPoints: 500, amount: null, revision: 1 });
    const later = { startsOn: '2026-06-30', endsOn: '2026-12-31' };
    const near = await submit('ND-2', '95000.00', later);
    t.strictSame(await kindsOn(near), ['CONTRACT_NEAR_DUPLICATE'], '5 % less, with one day in common');
    const [flag] = await flagsOn(near);
    t.match(flag, {
      inputs: { otherNo: 'ND-1', difference: '5000.00', basisPoints: '500' },
      rows: [{ id: first, name: 'ND-1' }],
    });
    t.match(flag, { explanation: { zh: /与合同 ND-1 当事人相同、期间重叠.*郑工信〔2024〕9号/ } });
    t.strictSame(await kindsOn(await submit('ND-3', '94999.99', { startsOn: '2025-07-01', endsOn: '2026-01-01' })), []);
    await does(seller, `/contracts/${near}/withdraw`);
    t.match(await approver.post('/flag-parameters', { kind: 'CONTRACT_SPLIT', amount: '1.00', ...parameter }), { status: 403 });
    t.match(await reviewer.post('/flag-parameters', { kind: 'CONTRACT_SPLIT', amount: '0.00', ...parameter }), {
      status: 400,
      body: { code: 'AMOUNT_ZERO' },
    });
    await stated({ kind: 'CONTRACT_SPLIT', amount: '50000.00' });
    const part = { startsOn: '2027-01-01', endsOn: '2027-12-31' };
    t.strictSame(await kindsOn(await submit('SP-1', '30000.00', part)), []);
    const second = await submit('SP-2', '20000.00', part);
    t.strictSame(await kindsOn(second), [], 'together exactly the threshold');
    const third = await submit('SP-3', '0.01', part);
    t.strictSame(await kindsOn(third), ['CONTRACT_SPLIT'], 'and a fen more');
    t.match(await flagsOn(third), [{ amount: '50000.01', inputs: { count: '3', threshold: '50000.00', sum: '50000.01' } }]);
    const whole = { startsOn: '2029-01-01', endsOn: '2029-12-31' };
    const filed = async (contractNo: string, gross: string) => {
      const id = await submit(contractNo, gross, whole);
      await does(buyer, `/contracts/${id}/confirm`);
      await does(reviewer, `/contracts/${id}/file`);
      return id;
    };
    await filed('AM-1', '10000.00');
    const amended = await filed('AM-2', '40000.00');
    const amend = async (gross: string) => {
      const money = { net: gross, vat: '0.00', gross };
      const body = { signedOn: '2024-10-08', reason, ...money, lines: [{ lineNo: 1, quantity: '1000', ...money }] };
      const { amendmentId } = await does(seller, `/contracts/${amended}/amendments`, body, 201);
      await does(buyer, `/contract-amendments/${amendmentId as string}/confirm`);
      return `/contract-amendments/${amendmentId as string}/file`;
    };
    const more = await amend('40000.01');
    const [ofAmendment] = await flagsOn(amended);
    t.match(ofAmendment, { kind: 'CONTRACT_SPLIT', inputs: { sum: '50000.01' } }, 'an amendment is looked at, too');
    t.match(await reviewer.post(more, {}), held, 'more than was filed is not filed while a flag holds the contract');
    await does(reviewer, `${more.replace('/file', '')}/reject`, { reason });
    t.equal((await reviewer.post(await amend('39999.99'), {})).status, 200, 'less is');
    t.equal((expectStatus(await auditor.get('/flag-parameters'), 200).items as unknown[]).length, 2);

    await stated({ kind: 'PRICE_FAR_FROM_LIST', basisPoints: 2000 });
    const listed = {
      providerId: trade.providerId,
      chipVendor: chip.vendor,
      chipModel: chip.model,
      price: '10.00',
      source: '官网目录',
    };
    await does(reviewer, '/list-prices', { ...listed, validFrom: '2024-01-01' }, 201);
    const priced = async (no: string, gross: string, year = '2028') => {
      const body = contractBody(trade, no, gross);
      const lines = body.lines.map((line) => ({ ...line, chipVendor: chip.vendor, chipModel: chip.model }));
      const days = { signedOn: '2024-10-08', startsOn: `${year}-01-01`, endsOn: `${year}-01-${no.slice(-2)}` };
      return (await does(seller, '/contracts', { ...body, lines, ...days }, 201)).contractId as string;
    };
    const priceFlags = async (id: string) => (await kindsOn(id)).filter((kind) => kind === 'PRICE_FAR_FROM_LIST').length;
    t.equal(await priceFlags(await priced('PR-11', '12000.00')), 0, '20 % above the list, of 20 %');
    const dear = await priced('PR-12', '12000.01');
    t.equal(await priceFlags(dear), 1, 'and a fen more');
    t.match(
      (await flagsOn(dear)).find(({ kind }) => kind === 'PRICE_FAR_FROM_LIST'),
      { inputs: { price: '12.000010', listPrice: '10.000000', lineNo: '1' }, amount: '12000.01' },
    );
    t.equal(await priceFlags(await priced('PR-13', '7999.99')), 1, 'far below is far, too');

    const fair = await priced('PR-14', '12000.00', '2030');
    await does(buyer, `/contracts/${fair}/confirm`);
    await does(reviewer, `/contracts/${fair}/file`);
    const amendedTo = async (quantity: string, gross: string): Promise<number> => {
      const money = { net: gross, vat: '0.00', gross };
      const body = { signedOn: '2024-10-08', reason, ...money, lines: [{ lineNo: 1, quantity, ...money }] };
      const { amendmentId } = await does(seller, `/contracts/${fair}/amendments`, body, 201);
      await does(seller, `/contract-amendments/${amendmentId as string}/withdraw`);
      return priceFlags(fair);
    };
    await does(reviewer, '/list-prices', { ...listed, price: '9.00', validFrom: '2024-10-01' }, 201);
    t.equal(await amendedTo('500', '6000.00'), 0, 'half of it at the price that was agreed, whatever the list says by now');
    t.equal(await amendedTo('500', '6000.01'), 1, 'an amendment that says another price is looked at');
    await does(reviewer, '/list-prices', { ...listed, validFrom: '2024-10-02' }, 201);
  });

  await t.test('an invoice is flagged where its own price is far from the list, once for a contract', async (t) => {
    const days = { startsOn: '2024-07-01', endsOn: '2025-02-28' };
    const ofChip = { chipVendor: chip.vendor, chipModel: chip.model };
    const line = (gross: string) => ({
      description: '训练卡时',
      serviceItem: 'AI_COMPUTE',
      facilityId: trade.facilityId,
      unit: 'CARD_HOUR',
      quantity: '1000',
      ...ofChip,
      net: gross,
      vat: '0.00',
      gross,
    });
    // Signed before the rule was stated.
    const fair = await trade.fileContract('10000.00', { ...days, lines: [line('10000.00')] });
    const october = { usageFrom: '2024-10-08', usageTo: '2024-10-08', issuedOn: '2024-10-08' };
    const post = async (quantity: string) =>
      (await does(seller, '/usage-invoices', trade.invoiceBody(fair, { gross: '120.00', quantity, ...october }), 201)) as {
        isFlagged: boolean;
      };
    t.match(await post('10'), { isFlagged: false }, '12.00 a card-hour, the list 10.00');
    t.match(await post('9.9999'), { isFlagged: true });
  });

  await t.test('a contract that stands in another book too is flagged when its second side confirms it', async (t) => {
    const second = await trade.newBook('jiaozuo');
    const [otherBuyer, otherSeller] = await Promise.all([
      second.member('enterprise', { uscc: uscc(1) }),
      second.member('provider', { uscc: uscc(2) }),
    ]);
    const there = {
      ...trade,
      enterpriseId: (await does(second.operator, '/enterprises', { uscc: uscc(1), name: '甲科技有限公司' }, 201))
        .enterpriseId as string,
      providerId: (await does(second.operator, '/providers', { uscc: uscc(2), name: '中原算力有限公司' }, 201))
        .providerId as string,
    };
    const { facilityId } = await does(
      second.operator,
      '/facilities',
      { providerId: there.providerId, name: '一号中心', kind: 'AI_COMPUTING' },
      201,
    );
    const mine = (await does(seller, '/contracts', contractBody(trade, 'EW-1', '777777.00'), 201)).contractId as string;
    const twin = contractBody({ ...there, facilityId: facilityId as string }, 'EW-9', '777777.00');
    const theirs = (await does(otherSeller, '/contracts', twin, 201)).contractId as string;
    await does(buyer, `/contracts/${mine}/confirm`);
    t.match(await flagsOn(mine), [{ kind: 'CONTRACT_ELSEWHERE', amount: '777777.00', inputs: { gross: '777777.00' } }]);
    t.match(await reviewer.post(`/contracts/${mine}/file`, {}), held);
    await does(seller, '/contracts', contractBody(trade, 'EW-2', '777777.01'), 201);
    await does(otherBuyer, `/contracts/${theirs}/confirm`);
    const auditorThere = await second.member('auditor');
    const { items } = expectStatus(await auditorThere.get(`/flags-of-subject?subjectId=${theirs}`), 200) as { items: object[] };
    t.match(items, [{ kind: 'CONTRACT_ELSEWHERE' }], 'in both books, for both were submitted before');
    t.notMatch(JSON.stringify(items), mine, 'and neither learns which');
  });

  await t.test('flags are listed by age and by amount', async (t) => {
    for (const gross of ['500000.00', '900000.00', '700000.00'])
      await raise('CONTRACT', (await trade.fileContract(gross)).contractId);
    type Page = { items: { flagId: string; kind: string; amount: string }[]; next: string | null };
    const page = async (query: string) => expectStatus(await auditor.get(`/flags?${query}`), 200) as Page;
    const all = (await page('limit=200')).items;
    t.ok(all.length > 5);
    t.strictSame(
      [...all].map(({ flagId }) => flagId).sort(),
      all.map(({ flagId }) => flagId),
      'the oldest first',
    );
    const walked: Page['items'] = [];
    for (let next: string | null = ''; next !== null;) {
      const { items, next: following }: Page = await page(`order=AMOUNT&limit=2${next === '' ? '' : `&cursor=${next}`}`);
      walked.push(...items);
      next = following;
    }
    const byAmount = [...all].sort(
      (a, b) => Number((parseYuan(b.amount) ?? 0n) - (parseYuan(a.amount) ?? 0n)) || (a.flagId < b.flagId ? 1 : -1),
    );
    t.strictSame(walked, byAmount, 'the largest first, page by page');
    const ofKind = (await page('kind=CAPACITY_EXCEEDED&order=AMOUNT')).items;
    t.strictSame(
      ofKind,
      byAmount.filter((of) => of.kind === 'CAPACITY_EXCEEDED'),
    );
    t.strictSame((await page('status=UPHELD&kind=SEEN_BY_PERSON')).items.length, 2);
    const cursor = Buffer.from('01900000-0000-7000-8000-000000000000').toString('base64url');
    t.equal((await auditor.get(`/flags?order=AMOUNT&cursor=${cursor}`)).status, 404);
    t.equal((await auditor.get('/flags/01900000-0000-7000-8000-000000000000')).status, 404);
  });
  t.strictSame(await auditLedger(trade.owner, book.bookId), []);
  t.strictSame(await auditBusiness(trade.owner, book.bookId), []);
});

const verifyBy = (who: Caller, redemptionId: string, approved = '2000.00') =>
  who.post(`/redemptions/${redemptionId}/verify`, { approved });

function contractBody(
  of: { enterpriseId: string; providerId: string; facilityId: string },
  contractNo: string,
  gross = '123456.00',
) {
  const money = { net: gross, vat: '0.00', gross };
  return {
    contractNo,
    enterpriseId: of.enterpriseId,
    providerId: of.providerId,
    signedOn: '2024-06-15',
    startsOn: '2024-07-01',
    endsOn: '2025-06-30',
    purpose: 'MODEL_RESEARCH',
    ...money,
    lines: [
      {
        description: '训练卡时',
        serviceItem: 'AI_COMPUTE',
        facilityId: of.facilityId,
        unit: 'CARD_HOUR',
        quantity: '1000',
        ...money,
      },
    ],
  };
}
