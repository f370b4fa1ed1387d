// What it costs to tell who sends a request: by a bearer key, by a session, by a signature, beside an address that asks nobody. Requests that end
// where who sends them is known: a reading of oneself, and a command whose body is refused before its lane. In one process, on a durable
// cluster of its own; signatures are made before the clock runs. npx tsx bench/identification.ts
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { InjectOptions } from 'fastify';
import { connect } from '../db/client.js';
import { startEmbedded } from '../db/embedded.js';
import { migrate } from '../db/migrate.js';
import { signedHeaders } from '../scripts/sign-request.js';
import { createBook } from '../src/access/create-book.js';
import { build } from '../src/app.js';
import { codeOf, stepAt } from '../src/sign-in/totp.js';
import { percentiles } from './percentiles.js';

const code = 'bench';
const publicOrigin = 'https://voucher.example.cn';
const requests = Number(process.env['IDENTIFICATION_REQUESTS'] || 2_000);
const now = new Date('2026-04-15T02:00:00Z');
const folder = await mkdtemp(path.join(tmpdir(), 'voucher-bench-'));
const embedded = await startEmbedded({ dataDir: folder });
try {
  await migrate(embedded.ownerUrl);
  const [db, owner] = [connect({ url: embedded.appUrl, max: 16 }), connect({ url: embedded.ownerUrl, max: 1 })];
  const clock = { now: () => now };
  const { app, books } = await build({ db, clock, fieldKey: Buffer.alloc(32, 1), bearerMayApprove: true, publicOrigin });
  await app.ready();
  const laneOf = async (_id: string, of: string) => {
    const book = await books.find(of);
    if (!book) throw new Error('the new book cannot be found');
    return book.lane;
  };
  const made = await createBook(owner, laneOf, now, {
    code,
    name: code,
    divisionCode: '410100',
    operatorNames: ['平台运营', '平台复核'],
  });

  const [{ key: operatorKey }, { key: colleagueKey }] = made.operators;
  const post = async (url: string, body: object, headers: Record<string, string> = {}) => {
    const response = await app.inject({
      method: 'POST',
      url: `/v1/books/${code}${url}`,
      headers: { authorization: `Bearer ${operatorKey}`, ...headers },
      payload: body,
    });
    if (response.statusCode >= 300) throw new Error(`${url}: ${response.body}`);
    return { answer: response.json<Record<string, string>>(), cookies: response.cookies };
  };
  const { answer: person } = await post('/members', { personName: '审核员', role: 'reviewer' });
  const { answer: machine } = await post('/members', { personName: '接口', role: 'reviewer', kind: 'MACHINE' });
  for (const { memberId } of [person, machine])
    await post(`/members/${memberId}/confirm`, {}, { authorization: `Bearer ${colleagueKey}` });
  const { answer: bearer } = await post(`/members/${machine['memberId']}/keys`, {});
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { answer: signer } = await post(`/members/${machine['memberId']}/keys`, {
    publicKey: publicKey.export({ format: 'jwk' }).x,
  });
  const { answer: invited } = await post(`/members/${person['memberId']}/invite`, { signInName: 'reviewer' });
  const token = String(invited['token']);
  const { answer: app2fa } = await post('/sign-in/invitations/accept', { token, password: 'tangerine-lantern-78-orbit' });
  const shown = codeOf(fromBase32(String(app2fa['secret'])), stepAt(now));
  const { cookies } = await post('/sign-in/invitations/confirm', { token, code: shown }, { 'sec-fetch-site': 'same-origin' });
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');

  const ways: Record<string, (method: 'GET' | 'POST', url: string, body: string | undefined) => Record<string, string>> = {
    bearer: () => ({ authorization: `Bearer ${bearer['secret']}`, 'idempotency-key': randomUUID() }),
    session: () => ({ cookie, 'sec-fetch-site': 'same-origin', 'idempotency-key': randomUUID() }),
    signature: (method, url, body) =>
      signedHeaders({
        method,
        address: `${publicOrigin}${url}`,
        body,
        idempotencyKey: method === 'GET' ? undefined : randomUUID(),
        keyId: `cvk_${signer['prefix']}`,
        privateKey,
        now,
      }),
  };
  const told: object[] = [];
  const measure = async (name: string, all: readonly InjectOptions[], expect: number, inFlight: number): Promise<void> => {
    const latencies: number[] = [];
    let next = 0;
    const cpu = process.cpuUsage();
    const began = performance.now();
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        for (let of = all[next++]; of; of = all[next++]) {
          const at = performance.now();
          const { statusCode } = await app.inject(of);
          if (statusCode !== expect) throw new Error(`${name}: ${statusCode}`);
          latencies.push(performance.now() - at);
        }
      }),
    );
    const { user, system } = process.cpuUsage(cpu);
    const perSecond = Math.round((all.length / (performance.now() - began)) * 1000);
    told.push({ name, inFlight, perSecond, cpuMicros: Math.round((user + system) / all.length), ...percentiles(latencies) });
  };
  const me = `/v1/books/${code}/me`;
  const command = `/v1/books/${code}/evidence-files/${randomUUID()}/detach`;
  const nobody = Array.from({ length: requests }, (): InjectOptions => ({ method: 'GET', url: '/health/live' }));
  for (const inFlight of [1, 16]) {
    // The first round warms up.
    for (const round of [0, 1]) {
      if (round === 1) told.splice(inFlight === 1 ? 0 : 7);
      await measure('nobody is asked for', nobody, 200, inFlight);
      for (const [way, headersOf] of Object.entries(ways)) {
        const read = nobody.map((): InjectOptions => ({ method: 'GET', url: me, headers: headersOf('GET', me, undefined) }));
        await measure(`reading, ${way}`, read, 200, inFlight);
        const write = nobody.map((): InjectOptions => {
          const headers = { 'content-type': 'application/json', ...headersOf('POST', command, '{"x":1}') };
          return { method: 'POST', url: command, headers, payload: '{"x":1}' };
        });
        await measure(`command, ${way}`, write, 400, inFlight);
      }
    }
  }
  console.table(told);
  await app.close();
  await Promise.all([db.close(), owner.close()]);
} finally {
  await embedded.stop();
  await rm(folder, { recursive: true, force: true });
}

function fromBase32(text: string): Buffer {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...text].map((of) => alphabet.indexOf(of).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
