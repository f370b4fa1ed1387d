// Webhooks: signed by the standard, to listed hosts at public addresses alone, in order of each subject, tried again and in the end dead; ids and
// states, and nothing of others.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { deliverDue } from '../../src/messages/deliver.js';
import { makeSealer } from '../../src/sealer.js';
import { sendDue } from '../../src/webhooks/deliver.js';
import { readUrl, retryAfterSeconds, signed } from '../../src/webhooks/rules.js';
import type { Send, Sent } from '../../src/webhooks/send.js';
import { isPublic, makeSend, tlsDial } from '../../src/webhooks/send.js';
import { startWorld, told } from '../applications/world.js';
import { expectStatus } from '../service.js';
import { type Certificate, certificateOf } from './certificate.js';

void t.test('signatures are those of Standard Webhooks, by every secret that counts', async (t) => {
  const of = {
    messageId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    at: new Date(1_614_265_330_000),
    body: '{"test": 2432232314}',
    secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  };
  t.strictSame(signed(of), {
    'webhook-id': of.messageId,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
  const both = signed({ ...of, secrets: [...of.secrets, `whsec_${Buffer.alloc(32, 1).toString('base64')}`] });
  t.match(both['webhook-signature'], /^v1,g0hM9SsE\S+ v1,\S+$/);
});

void t.test('only listed hosts by https, on the standard port and without credentials', async (t) => {
  const hosts = ['hooks.example.cn', '*.example.org'];
  const cases: [string, boolean][] = [
    ['https://hooks.example.cn/in?x=1', true],
    ['https://a.b.example.org/', true],
    ['https://hooks.example.cn:443/', true],
    ['https://HOOKS.example.cn/', true],
    ['https://example.org/', false],
    ['https://evilexample.org/', false],
    ['https://hooks.example.cn.evil.test/', false],
    ['http://hooks.example.cn/', false],
    ['https://hooks.example.cn:8443/', false],
    ['https://user:pass@hooks.example.cn/', false],
    ['https://hooks.example.cn/#x', false],
    ['https://hooks.example.cn@127.0.0.1/', false],
    ['https://127.0.0.1/', false],
    ['https://[::1]/', false],
    ['ftp://hooks.example.cn/', false],
    ['no address', false],
  ];
  for (const [url, good] of cases) t.equal(readUrl(url, hosts).kind, good ? 'url' : 'refused', url);
  t.equal(readUrl('https://hooks.example.cn/', []).kind, 'refused', 'where none is listed there are none');
});

void t.test('addresses: public ones alone, whatever form the others take', async (t) => {
  const closed =
    '0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 ' +
    '192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::a00:1 ' +
    'fe80::1 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 2001::1 2002:a00:1:: 3fff::1 localhost 010.0.0.1 2130706433';
  for (const address of closed.split(' ')) t.notOk(isPublic(address), address);
  for (const address of ['8.8.8.8', '114.114.114.114', '172.32.0.1', '100.128.0.1', '2400:3200::1'])
    t.ok(isPublic(address), address);
});

void t.test('over TLS whoever answers at the address that was judged has to show a certificate of the host', async (t) => {
  const [later, past] = [new Date(Date.now() + 86_400_000), new Date(Date.now() - 86_400_000)];
  const ours = certificateOf('hooks.example.cn', later);
  const asked: string[] = [];
  const attempt = async (shown: Certificate, trusted?: Certificate): Promise<Sent> => {
    const server = createTlsServer(shown, (request, response) => {
      asked.push(`${String((request.socket as TLSSocket).servername)} ${request.url ?? ''}`);
      response.writeHead(204).end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    t.teardown(() => server.close());
    const { port } = server.address() as AddressInfo;
    const dial = tlsDial(trusted ? { ca: trusted.cert } : {});
    const send = makeSend({
      resolve: async () => ['8.8.8.8'],
      dial: ({ host }) => dial({ address: '127.0.0.1', port, host }),
      timeoutMs: 2_000,
    });
    return send({ url: 'https://hooks.example.cn/in', headers: {}, body: '{}' });
  };
  t.strictSame(await attempt(ours, ours), { kind: 'delivered' });
  t.strictSame(asked, ['hooks.example.cn /in'], 'the host is named, by which a server chooses its certificate');
  const refused = { kind: 'failed', why: 'the connection failed' };
  const others = certificateOf('other.example.cn', later);
  t.strictSame(await attempt(others, others), refused, 'of another host');
  const expired = certificateOf('hooks.example.cn', past);
  t.strictSame(await attempt(expired, expired), refused, 'that has expired');
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  t.teardown(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);
  t.strictSame(await attempt(ours), refused, 'that nobody trusts, whatever the environment says');
  t.equal(asked.length, 1, 'nothing was sent to any of these');
});

void t.test('an attempt goes to the address that was judged, follows nothing, reads little and ends in time', async (t) => {
  const asked: string[] = [];
  const serve = async (answer: RequestListener) => {
    const server = createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.headers.host ?? ''}${request.url ?? ''}`);
      answer(request, response);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };
  const attempt = async (answer: RequestListener, names: readonly (readonly string[])[] = [['8.8.8.8']]) => {
    const port = await serve(answer);
    const dialled: string[] = [];
    let looked = 0;
    const send = makeSend({
      resolve: async () => names[Math.min(looked++, names.length - 1)] ?? [],
      dial: ({ address, host }) => {
        dialled.push(`${address} ${host}`);
        return connect(port, '127.0.0.1');
      },
      timeoutMs: 300,
    });
    const sent = await send({ url: 'https://hooks.example.cn/in?a=1', headers: { 'webhook-id': 'x' }, body: '{}' });
    return { sent, dialled, looked };
  };
  const ok: RequestListener = (_, response) => void response.writeHead(204).end();
  t.strictSame(await attempt(ok, [['8.8.8.8'], ['127.0.0.1']]), {
    sent: { kind: 'delivered' },
    dialled: ['8.8.8.8 hooks.example.cn'],
    looked: 1,
  });
  t.strictSame(asked, ['POST hooks.example.cn/in?a=1'], 'a name that is rebound meanwhile is not asked again');
  for (const names of [['127.0.0.1'], ['8.8.8.8', '10.0.0.1'], ['8.8.8.8', '::1'], ['169.254.169.254']]) {
    t.strictSame(
      await attempt(ok, [names]),
      { sent: { kind: 'failed', why: 'the host has an address that is not public' }, dialled: [], looked: 1 },
      names.join(' '),
    );
  }
  t.match(await attempt(ok, [[]]), { sent: { why: 'the host has no address' }, dialled: [] });
  asked.length = 0;
  const redirect: RequestListener = (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1/' }).end();
  t.match((await attempt(redirect)).sent, { kind: 'failed', why: 'answered 302' });
  t.equal(asked.length, 1, 'no redirect is followed');
  t.match((await attempt((_, response) => void response.writeHead(410).end())).sent, { kind: 'gone' });
  t.match((await attempt((_, response) => void response.writeHead(500).end('secret words'))).sent, {
    kind: 'failed',
    why: 'answered 500',
  });
  t.match((await attempt(() => undefined)).sent, { kind: 'failed', why: 'no answer in time' });
  t.match((await attempt((request) => void request.socket.destroy())).sent, { kind: 'failed', why: 'the connection failed' });
  let written = 0;
  const endless: RequestListener = (_, response) => {
    response.writeHead(200);
    const more = (): void => {
      written += 1024;
      if (!response.destroyed) response.write('x'.repeat(1024), () => setImmediate(more));
    };
    more();
  };
  t.match((await attempt(endless)).sent, { kind: 'delivered' });
  t.ok(written < 20 * 1024 * 1024, 'an endless answer is cut off');
});

void t.test('what fails is tried again, later each time and never together, and is dead after some three days', async (t) => {
  const all = Array.from({ length: 9 }, (_, i) => retryAfterSeconds(i + 1, 0.5) ?? 0);
  t.ok(all.every((wait, i) => i === 0 || wait > (all[i - 1] ?? 0)));
  t.ok(all.reduce((sum, wait) => sum + wait) > 2.5 * 86_400);
  t.equal(retryAfterSeconds(10, 0.5), null);
  t.not(retryAfterSeconds(3, 0), retryAfterSeconds(3, 1));
});

void t.test(
  'a member’s messages go to its endpoint: signed anew each time, in order of a subject, and end with notice',
  async (t) => {
    const world = await startWorld(t, { webhookHosts: ['hooks.example.cn'] });
    const { book, db, owner, clock, approver } = world;
    expectStatus(await world.load('5000000.00'), 201);
    const firm = await world.enterprise(1);
    const other = await world.enterprise(2);
    const url = 'https://hooks.example.cn/in';
    t.equal(told(await firm.member.post('/webhooks', { url: 'https://evil.test/' })), '400 WEBHOOK_URL_NOT_ALLOWED');
    const made = expectStatus(await firm.member.post('/webhooks', { url }, { key: 'one' }), 201);
    t.match(made.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    t.equal(expectStatus(await firm.member.post('/webhooks', { url }, { key: 'one' }), 201).secret, null, 'shown once');
    for (let i = 0; i < 4; i++) expectStatus(await other.member.post('/webhooks', { url }), 201);
    expectStatus(await other.member.post('/webhooks', { url }), 201);
    t.equal(told(await other.member.post('/webhooks', { url })), '409 WEBHOOKS_FULL');
    for (const verb of ['rotate', 'enable', 'end']) {
      t.equal(told(await other.member.post(`/webhooks/${made.endpointId}/${verb}`)), '404 NOT_FOUND', `another’s: ${verb}`);
    }
    t.equal(told(await other.member.get(`/webhooks/${made.endpointId}/deliveries`)), '404 NOT_FOUND');
    t.equal((expectStatus(await firm.member.get('/webhooks'), 200).items as object[]).length, 1, 'everybody sees their own');
    const auditor = await book.member('auditor');
    t.equal((expectStatus(await auditor.get('/webhooks?limit=100'), 200).items as object[]).length, 6);
    const sealed = await owner.sql<{ row: string }[]>`select to_jsonb(w)::text as row from webhook_endpoints w`;
    t.notOk(
      sealed.some(({ row }) => row.includes(made.secret as string)),
      'no secret is stored readably',
    );

    const open = await world.books.find(book.code);
    if (!open) throw new Error('the book is there');
    const sent: Parameters<Send>[0][] = [];
    let answer: Sent = { kind: 'delivered' };
    const of = {
      db,
      clock,
      sealer: makeSealer(world.fieldKey),
      hosts: ['hooks.example.cn'],
      send: async (one: Parameters<Send>[0]) => {
        sent.push(one);
        return answer;
      },
    };
    const bookId = book.bookId;
    const deliver = async (): Promise<Parameters<Send>[0][]> => {
      sent.length = 0;
      await deliverDue({ db, bookId, clock });
      await sendDue(of, open);
      return [...sent];
    };
    const due = () => owner.sql`update webhook_deliveries set next_at = clock_timestamp() where status = 'WAITING'`;

    const reviewed = await world.reviewed(firm, '1000000.00');
    expectStatus(
      await approver.post(`/applications/${reviewed.applicationId}/approve`, { reviewDigest: reviewed.reviewDigest }),
      200,
    );
    const first = await deliver();
    const types = first.map(({ body }) => (JSON.parse(body) as { type: string }).type);
    t.ok(types.includes('case.approved') && types.includes('voucher.issued'), types.join(' '));
    for (const { url: to, body, headers } of first) {
      t.equal(to, url);
      t.strictSame(Object.keys((JSON.parse(body) as { data: object }).data), [
        'book',
        'subjectKind',
        'subjectId',
        'messageId',
        'ledgerSeq',
      ]);
      t.notMatch(body, /200000\.00|1000000|企业1/, 'no amounts and no names');
      const key = Buffer.from((made.secret as string).slice(6), 'base64');
      const said = `${headers['webhook-id'] ?? ''}.${headers['webhook-timestamp'] ?? ''}.${body}`;
      t.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(said).digest('base64')}`);
    }
    t.strictSame(await deliver(), [], 'once');

    answer = { kind: 'failed', why: 'answered 500' };
    const second = await world.reviewed(firm, '500000.00');
    expectStatus(await approver.post(`/applications/${second.applicationId}/reject`, { reason: '材料不实' }), 200);
    const failing = await deliver();
    t.ok(failing.length > 0);
    const bySubject = failing.map(({ body }) => (JSON.parse(body) as { data: { subjectId: string } }).data.subjectId);
    t.equal(new Set(bySubject).size, bySubject.length, 'of a subject only the first is tried while it waits');
    t.strictSame(await deliver(), [], 'and not again before its time');
    clock.set('2024-07-01T11:00:00+08:00');
    const rotated = expectStatus(await firm.member.post(`/webhooks/${made.endpointId}/rotate`), 200);
    t.not(rotated.secret, made.secret);
    await due();
    const [again] = await deliver();
    t.equal(again?.headers['webhook-id'], failing[0]?.headers['webhook-id'], 'the same id');
    t.not(again?.headers['webhook-timestamp'], failing[0]?.headers['webhook-timestamp'], 'signed at its own time');
    t.match(again?.headers['webhook-signature'], /^v1,\S+ v1,\S+$/, 'by both secrets while the one before counts');
    clock.set('2024-07-02T11:00:00+08:00');
    await due();
    t.match((await deliver())[0]?.headers['webhook-signature'], /^v1,\S+$/, 'and by the new one alone from then on');

    await owner.sql`update webhook_deliveries set attempts = 9, next_at = clock_timestamp() where status = 'WAITING'`;
    await deliver();
    t.match(expectStatus(await firm.member.get('/webhooks'), 200).items, [{ status: 'DISABLED' }], 'nothing arrived for days');
    const dead = expectStatus(await firm.member.get(`/webhooks/${made.endpointId}/deliveries`), 200).items as object[];
    t.match(dead[0], { status: 'DEAD', failure: 'answered 500', attempts: 10 });
    await deliverDue({ db, bookId, clock });
    t.match((expectStatus(await firm.member.get('/messages'), 200).items as object[])[0], { kind: 'webhook.disabled' });
    await due();
    t.strictSame(await deliver(), [], 'nothing is sent to an endpoint that is disabled');
    answer = { kind: 'delivered' };
    expectStatus(await firm.member.post(`/webhooks/${made.endpointId}/enable`), 200);
    t.ok((await deliver()).length > 0, 'enabled, what was dead is sent');
    t.equal(told(await firm.member.post(`/webhooks/${made.endpointId}/enable`)), '409 WEBHOOK_WRONG_STATE');

    const third = await world.reviewed(firm, '100000.00');
    expectStatus(await approver.post(`/applications/${third.applicationId}/reject`, { reason: '材料不实' }), 200);
    expectStatus(await book.operator.post(`/members/${firm.member.memberId}/end`), 200);
    t.strictSame(await deliver(), [], 'nothing goes to who is no member any more');
  },
);
