// The life of a contract and of its amendments: every verb in every state, what each leaves behind, and what may still be done with it.
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { amendmentLife } from '../../src/contracts/amendments.js';
import { contractDraftLife, contractLife } from '../../src/contracts/rules.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { expectStatus } from '../service.js';
import { startTrade, uscc } from '../usage/world.js';
import { lookAt, tryEverything } from './table.js';

const money = (gross: string) => ({ net: gross, vat: '0.00', gross });

void t.test('the life of a contract', async (t) => {
  const trade = await startTrade(t);
  const { book, buyer, seller, strangerBuyer, reviewer } = trade;
  const approver = await book.member('approver');
  const otherBuyer = await book.member('enterprise', { uscc: uscc(1) });
  const auditor = await book.member('auditor');
  let count = 0;
  const contractBody = (of: object = {}) => {
    count += 1;
    const gross = `${1000 + count}000.00`;
    const line = {
      description: '训练卡时',
      serviceItem: 'AI_COMPUTE',
      facilityId: trade.facilityId,
      unit: 'CARD_HOUR',
      quantity: '1000',
      ...money(gross),
    };
    return {
      contractNo: `LF-${count}`,
      enterpriseId: trade.enterpriseId,
      providerId: trade.providerId,
      signedOn: '2024-06-15',
      startsOn: '2024-07-01',
      endsOn: '2025-06-30',
      purpose: 'MODEL_RESEARCH',
      ...money(gross),
      lines: [line],
      ...of,
    };
  };
  const submit = async (of: object = {}): Promise<string> =>
    expectStatus(await seller.post('/contracts', contractBody(of)), 201).contractId as string;
  const does = async (who: typeof buyer, url: string, body: object = {}, status = 200) =>
    expectStatus(await who.post(url, body), status);
  const file = async (of: object = {}): Promise<string> => {
    const id = await submit(of);
    await does(buyer, `/contracts/${id}/confirm`);
    await does(reviewer, `/contracts/${id}/file`);
    return id;
  };
  const amendment = (gross: string, of: object = {}) => ({
    signedOn: '2024-08-01',
    reason: '双方协商变更',
    ...money(gross),
    lines: [{ lineNo: 1, quantity: '500', ...money(gross) }],
    ...of,
  });
  const amend = async (id: string, gross: string): Promise<string> => {
    const { amendmentId } = await does(seller, `/contracts/${id}/amendments`, amendment(gross), 201);
    return amendmentId as string;
  };
  const amended = async (): Promise<string> => {
    const id = await file();
    const amendmentId = await amend(id, `${500 + count}000.00`);
    await does(buyer, `/contract-amendments/${amendmentId}/confirm`);
    await does(reviewer, `/contract-amendments/${amendmentId}/file`);
    return id;
  };
  const reason = '双方协商一致';
  const ended = { startsOn: '2024-06-20', endsOn: '2024-07-31' };

  await t.test('every verb that a state does not offer is refused, and changes nothing', async (t) => {
    const refused = await tryEverything(t, {
      life: contractLife,
      bring: async (state) => {
        const then = async (id: string, who: typeof buyer, verb: string, body: object = {}) => {
          await does(who, `/contracts/${id}/${verb}`, body);
          return id;
        };
        if (state === 'SUBMITTED') return submit();
        if (state === 'CONFIRMED') return then(await submit(), buyer, 'confirm');
        if (state === 'FILED') return file();
        if (state === 'AMENDED') return amended();
        if (state === 'COMPLETED') return then(await file(ended), reviewer, 'complete');
        if (state === 'TERMINATED') return then(await file(), reviewer, 'terminate', { lastDay: '2024-09-30', reason });
        if (state === 'VOIDED') return then(await file(), approver, 'void', { reason, atFault: false });
        if (state === 'WITHDRAWN') return then(await submit(), seller, 'withdraw');
        return then(await submit(), reviewer, 'reject', { reason });
      },
      ask: (verb, id) => {
        const url = `/contracts/${id}/${verb === 'amend' ? 'amendments' : verb}`;
        if (verb === 'confirm') return buyer.post(url, {});
        if (verb === 'withdraw') return seller.post(url, {});
        if (verb === 'amend') return seller.post(url, amendment('1.00'));
        if (verb === 'void') return approver.post(url, { reason, atFault: false });
        if (verb === 'terminate') return reviewer.post(url, { lastDay: '2024-09-30', reason });
        return reviewer.post(url, verb === 'reject' ? { reason } : {});
      },
      look: (id) => lookAt(auditor, `/contracts/${id}`),
    });
    t.equal(refused, 57);
  });

  await t.test('every verb of a draft, likewise', async (t) => {
    const refused = await tryEverything(t, {
      life: contractDraftLife,
      bring: async (state) => {
        const { contractDraftId } = await does(seller, '/contract-drafts', contractBody(), 201);
        const url = `/contract-drafts/${contractDraftId as string}`;
        if (state === 'SUBMITTED') await does(seller, `${url}/submit`, {}, 201);
        if (state === 'DISCARDED') await does(seller, `${url}/discard`);
        return url;
      },
      ask: (verb, url) => seller.post(`${url}/${verb}`, verb === 'revise' ? contractBody() : {}),
      look: (url) => lookAt(auditor, url),
    });
    t.equal(refused, 6);
    t.equal(contractDraftLife.code, 'CONTRACT_DRAFT_WRONG_STATE');
  });

  await t.test('a draft binds nothing and is of its side alone; submitted it is looked at as if it came that day', async (t) => {
    const body = contractBody({ contractNo: 'LF-DRAFTED' });
    const { contractNo, enterpriseId, lines } = body;
    const key = randomUUID();
    const unfinished = { contractNo, enterpriseId, lines: [{ ...lines[0], quantity: undefined }] };
    const begun = expectStatus(await seller.post('/contract-drafts', unfinished, { key }), 201);
    t.match(begun, { status: 'DRAFT', draftedBy: 'provider', endedOn: null, content: { contractNo } });
    t.ok(['/providerId', '/signedOn', '/gross', '/lines/0/quantity'].every((of) => (begun.missing as string[]).includes(of)));
    const retried = expectStatus(await seller.post('/contract-drafts', unfinished, { key }), 201);
    t.equal(retried.contractDraftId, begun.contractDraftId, 'a retry keeps no second draft');
    const url = `/contract-drafts/${begun.contractDraftId as string}`;
    for (const who of [buyer, strangerBuyer]) {
      t.match(await who.get(url), { status: 404 });
      for (const verb of ['revise', 'submit', 'discard']) t.match(await who.post(`${url}/${verb}`, {}), { status: 404 }, verb);
      t.notOk(JSON.stringify((await who.get('/contract-drafts')).body).includes(contractNo));
    }
    t.match(expectStatus(await seller.get('/contract-drafts'), 200).items, [{ content: { contractNo } }]);
    t.match(await seller.post(`${url}/submit`, {}), { status: 400, body: { code: 'MISSING_FIELD' } });
    t.match(await seller.post(`${url}/revise`, { ...body, gross: '1' }), { status: 400 }, 'what is given has its form');

    const id = begun.contractDraftId as string;
    t.match(await seller.get(`/contracts/${id}`), { status: 404 }, 'it is no contract yet');
    const rival = await submit({ ...body });
    t.match(await does(seller, `${url}/revise`, body), { missing: [] });
    t.match(await seller.post(`${url}/submit`, {}), { status: 409, body: { code: 'CONTRACT_EXISTS' } }, 'it held no number');
    await does(seller, `/contracts/${rival}/withdraw`);
    const submitted = await does(seller, `${url}/submit`, {}, 201);
    t.match(submitted, { contractId: id, status: 'SUBMITTED', submittedBy: 'provider', contractNo, lines: [{ lineNo: 1 }] });
    t.match(expectStatus(await seller.get(url), 200), { status: 'SUBMITTED', endedOn: '2024-08-05' });
    t.strictSame(expectStatus(await seller.get('/contract-drafts'), 200).items, []);
    await does(buyer, `/contracts/${id}/confirm`);
    t.match(await does(reviewer, `/contracts/${id}/file`), { status: 'FILED' });
  });

  await t.test('every verb of an amendment, likewise', async (t) => {
    const refused = await tryEverything(t, {
      life: amendmentLife,
      bring: async (state) => {
        const id = await amend(await file(), `3${count}.00`);
        const url = `/contract-amendments/${id}`;
        if (state === 'CONFIRMED' || state === 'FILED') await does(buyer, `${url}/confirm`);
        if (state === 'FILED') await does(reviewer, `${url}/file`);
        if (state === 'WITHDRAWN') await does(seller, `${url}/withdraw`);
        if (state === 'REJECTED') await does(reviewer, `${url}/reject`, { reason });
        return id;
      },
      ask: (verb, id) => {
        const url = `/contract-amendments/${id}/${verb}`;
        if (verb === 'confirm') return buyer.post(url, {});
        if (verb === 'withdraw') return seller.post(url, {});
        return reviewer.post(url, verb === 'reject' ? { reason } : {});
      },
      look: (id) => lookAt(auditor, `/contract-amendments/${id}`),
    });
    t.equal(refused, 15);
    t.equal(amendmentLife.code, 'AMENDMENT_WRONG_STATE');
  });

  await t.test(
    'an amendment is confirmed by the other side and filed by a third person, and leaves the version before it',
    async (t) => {
      const id = await file();
      const url = `/contracts/${id}`;
      const before = expectStatus(await auditor.get(url), 200);
      const cases: [string, object, string, string?][] = [
        ['signed before the contract', { signedOn: '2024-06-14' }, 'AMENDMENT_SIGNED_BEFORE_CONTRACT', '/signedOn'],
        ['signed tomorrow', { signedOn: '2024-08-06' }, 'DAY_IN_FUTURE', '/signedOn'],
        ['a period turned round', { endsOn: '2024-06-30' }, 'PERIOD_ENDS_BEFORE_START', '/endsOn'],
        [
          'a line that is none',
          { lines: [{ lineNo: 2, quantity: '1', ...money('1.00') }] },
          'CONTRACT_LINE_UNKNOWN',
          '/lines/0/lineNo',
        ],
        ['a fen off', { gross: '9.99' }, 'CONTRACT_DOES_NOT_ADD_UP', '/gross'],
        [
          'a facility of nobody',
          {
            newLines: [
              { description: 'x', serviceItem: 'AI_COMPUTE', facilityId: id, unit: 'ITEM', quantity: '1', ...money('1.00') },
            ],
          },
          'FACILITY_NOT_OF_PROVIDER',
        ],
      ];
      for (const [name, of, code, pointer] of cases) {
        const { body } = await seller.post(`${url}/amendments`, amendment('10.00', of));
        t.match(
          [body.code, ...(pointer === undefined ? [] : [body.errors[0].pointer])],
          [code, ...(pointer === undefined ? [] : [pointer])],
          name,
        );
      }
      const same = { ...amendment(before.gross as string), lines: [] };
      t.match(await seller.post(`${url}/amendments`, same), { status: 400, body: { code: 'AMENDMENT_CHANGES_NOTHING' } });
      t.match(await strangerBuyer.post(`${url}/amendments`, amendment('10.00')), { status: 404 });

      const half = amendment('40.00', {
        newLines: [
          {
            ...before.lines[0],
            lineNo: undefined,
            chipVendor: undefined,
            chipModel: undefined,
            chipOrigin: undefined,
            modelClass: undefined,
            modelRegistrationNo: undefined,
            quantity: '5',
            ...money('30.00'),
          },
        ],
        lines: [{ lineNo: 1, quantity: '500', ...money('10.00') }],
      });
      const proposed = await does(buyer, `${url}/amendments`, half, 201);
      t.match(proposed, {
        version: 2,
        status: 'PROPOSED',
        proposedBy: 'enterprise',
        lines: [
          { lineNo: 1, quantity: '500' },
          { lineNo: 2, quantity: '5' },
        ],
      });
      const amendmentUrl = `/contract-amendments/${proposed.amendmentId as string}`;
      t.match(await seller.post(`${url}/amendments`, amendment('10.00')), { status: 409, body: { code: 'AMENDMENT_OPEN' } });
      t.match(await otherBuyer.post(`${amendmentUrl}/confirm`, {}), { status: 403, body: { code: 'CONFIRM_BY_OTHER_SIDE' } });
      t.match(await seller.post(`${amendmentUrl}/withdraw`, {}), { status: 403, body: { code: 'WITHDRAW_BY_OWN_SIDE' } });
      t.match(await strangerBuyer.post(`${amendmentUrl}/confirm`, {}), { status: 404 });
      t.match(
        await auditor.get(url),
        { body: { version: 1, gross: before.gross as string } },
        'nothing is changed before it is filed',
      );
      await does(seller, `${amendmentUrl}/confirm`);
      const filed = await does(reviewer, `${amendmentUrl}/file`);
      t.match(filed, {
        status: 'FILED',
        contract: { status: 'AMENDED', version: 2, gross: '40.00', lines: [{ gross: '10.00' }, { gross: '30.00' }] },
      });
      const { versions } = expectStatus(await buyer.get(`${url}/versions`), 200);
      t.match(versions, [
        {
          version: 1,
          signedOn: '2024-06-15',
          filedOn: '2024-08-05',
          supersededOn: '2024-08-05',
          gross: before.gross as string,
          lines: [{ quantity: '1000' }],
        },
        {
          version: 2,
          signedOn: '2024-08-01',
          filedOn: '2024-08-05',
          supersededOn: null,
          gross: '40.00',
          lines: [{ quantity: '500' }, { quantity: '5' }],
        },
      ]);
      t.equal(versions[0].lines.length, 1, 'a version has the lines that it had');
      t.not(versions[0].fingerprint, versions[1].fingerprint, 'the fingerprint follows');
      t.match(await strangerBuyer.get(`${url}/versions`), { status: 404 });
      const struckOut = amendment('10.00', { lines: [{ lineNo: 2, quantity: '0', ...money('0.00') }] });
      const again = await does(seller, `${url}/amendments`, struckOut, 201);
      await does(buyer, `/contract-amendments/${again.amendmentId as string}/confirm`);
      t.match(
        await does(reviewer, `/contract-amendments/${again.amendmentId as string}/file`),
        { contract: { version: 3, gross: '10.00', lines: [{}, { quantity: '0', gross: '0.00' }] } },
        'a line is struck out',
      );
      t.equal(expectStatus(await buyer.get(`/contract-amendments?contractId=${id}`), 200).items.length, 2);
      t.equal(expectStatus(await auditor.get('/contract-amendments?status=CONFIRMED'), 200).items.length, 1);
    },
  );

  await t.test('what an amendment makes must not be another contract’s content, when it is filed either', async (t) => {
    const id = await file();
    const other = await file({
      contractNo: 'LF-SAME',
      ...money('77.00'),
      lines: [
        {
          description: 'x',
          serviceItem: 'AI_COMPUTE',
          facilityId: trade.facilityId,
          unit: 'ITEM',
          quantity: '1',
          ...money('77.00'),
        },
      ],
    });
    t.match(await seller.post(`/contracts/${id}/amendments`, amendment('77.00')), {
      status: 409,
      body: { code: 'CONTRACT_DUPLICATE', detail: /LF-SAME/ },
    });
    const amendmentId = await amend(id, '78.00');
    t.equal((await buyer.get(`/contracts/${other}/decision-letter`)).body.code, 'NOT_DECIDED');
    await does(approver, `/contracts/${other}/void`, { reason, atFault: false });
    const letter = expectStatus(await buyer.get(`/contracts/${other}/decision-letter`), 200);
    t.match(letter.zh.text, new RegExp(`^合同备案作废决定书[\\s\\S]*自始不产生补助效力。理由：${reason}[\\s\\S]*六十日内`));
    await does(buyer, `/contract-amendments/${amendmentId}/confirm`);
    const taken = {
      ...money('78.00'),
      lines: [
        {
          description: 'x',
          serviceItem: 'AI_COMPUTE',
          facilityId: trade.facilityId,
          unit: 'ITEM',
          quantity: '1',
          ...money('78.00'),
        },
      ],
    };
    await submit({ contractNo: 'LF-SAME', ...taken });
    t.match(await reviewer.post(`/contract-amendments/${amendmentId}/file`, {}), {
      status: 409,
      body: { code: 'CONTRACT_DUPLICATE' },
    });
  });

  await t.test(
    'an end has its day: no amendment and no early end leaves usage outside, and no usage comes after it',
    async (t) => {
      const id = await file();
      const contract = { contractId: id, gross: '1000.00' };
      const usage = { usageFrom: '2024-07-01', usageTo: '2024-07-31' };
      await trade.invoice(contract, { gross: '10.00', ...usage }, { confirmed: false, paid: '0.00' });
      const url = `/contracts/${id}`;
      t.match(await reviewer.post(`${url}/terminate`, { lastDay: '2024-07-30', reason }), {
        status: 409,
        body: { code: 'CONTRACT_USED_BEYOND' },
      });
      t.match(await reviewer.post(`${url}/terminate`, { lastDay: '2025-06-30', reason }), {
        status: 400,
        body: { code: 'LAST_DAY_OUTSIDE_CONTRACT' },
      });
      t.match(await reviewer.post(`${url}/complete`, {}), { status: 409, body: { code: 'CONTRACT_NOT_OVER' } });
      const { amendmentId } = await does(
        seller,
        `${url}/amendments`,
        amendment('50.00', { endsOn: '2024-07-15', signedOn: '2024-07-10' }),
        201,
      );
      await does(buyer, `/contract-amendments/${amendmentId as string}/confirm`);
      t.match(await reviewer.post(`/contract-amendments/${amendmentId as string}/file`, {}), {
        status: 409,
        body: { code: 'CONTRACT_USED_BEYOND' },
      });
      t.match(await does(reviewer, `${url}/terminate`, { lastDay: '2024-08-03', reason }), {
        status: 'TERMINATED',
        lastDay: '2024-08-03',
        endReason: reason,
      });
      const after = { ...trade.invoiceBody(contract, { gross: '10.00' }), usageFrom: '2024-08-01', usageTo: '2024-08-04' };
      t.match(await seller.post('/usage-invoices', after), { status: 409, body: { code: 'INVOICE_OUTSIDE_CONTRACT' } });
      expectStatus(await seller.post('/usage-invoices', { ...after, usageTo: '2024-08-03' }), 201);
      t.match(
        await reviewer.post(`/contract-amendments/${amendmentId as string}/file`, {}),
        { status: 409, body: { code: 'CONTRACT_WRONG_STATE' } },
        'an amendment is of a contract that goes on',
      );

      const completed = await file(ended);
      await does(reviewer, `/contracts/${completed}/complete`);
      const late = { ...trade.invoiceBody({ contractId: completed, gross: '1000.00' }, { gross: '10.00' }), ...usage };
      t.match(await seller.post('/usage-invoices', late), { status: 409, body: { code: 'CONTRACT_ENDED' } });
      const application = { programmeCode: 'zhengzhou-compute', contractId: completed };
      t.match(await buyer.post('/applications', { ...application, commitment: true }), {
        status: 409,
        body: { code: 'CONTRACT_ENDED' },
      });
    },
  );

  await t.test('what was withdrawn, rejected or voided bars no other of its number or content', async (t) => {
    const body = { contractNo: 'LF-AGAIN', endsOn: '2025-01-31' };
    const first = await submit({
      ...body,
      ...money('88.00'),
      lines: [
        {
          description: 'x',
          serviceItem: 'AI_COMPUTE',
          facilityId: trade.facilityId,
          unit: 'ITEM',
          quantity: '1',
          ...money('88.00'),
        },
      ],
    });
    const again = () =>
      submit({
        ...body,
        ...money('88.00'),
        lines: [
          {
            description: 'x',
            serviceItem: 'AI_COMPUTE',
            facilityId: trade.facilityId,
            unit: 'ITEM',
            quantity: '1',
            ...money('88.00'),
          },
        ],
      });
    await t.rejects(again(), /CONTRACT_EXISTS/);
    t.match(await buyer.post(`/contracts/${first}/withdraw`, {}), { status: 403, body: { code: 'WITHDRAW_BY_OWN_SIDE' } });
    await does(seller, `/contracts/${first}/withdraw`);
    const second = await again();
    await does(reviewer, `/contracts/${second}/reject`, { reason });
    const third = await again();
    await does(buyer, `/contracts/${third}/confirm`);
    await does(reviewer, `/contracts/${third}/file`);
    await does(approver, `/contracts/${third}/void`, { reason, atFault: false });
    await again();
  });
  t.strictSame(await auditBusiness(trade.db, book.bookId), []);
});
