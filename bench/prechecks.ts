// Pre-checks: firms ask what every programme in force would give, and which of them together the most. Every programme has money, so
// that awards are computed to their end and the combination has to be searched for. In turn a firm asks about a contract of its own,
// and about a large one and last year's fees that it describes.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { LoadResult, Request } from './load.js';
import { type Bench, measure } from './measure.js';
import type { Book } from './open-book.js';
import { latencyOf, median, type Row, row } from './report.js';
import { type Service, startService } from './start.js';

/** Programmes in force in 2026 beside the one that the world runs on: vouchers, and reimbursements that look at fees; who pays in. */
const further: readonly (readonly [file: string, ...funders: string[]])[] = [
  ['beijing/beijing-compute.v1', 'CITY'],
  ['chengdu/chengdu-compute.v1', 'CITY'],
  ['jiaozuo/jiaozuo-compute.v1', 'PROVINCE', 'CITY'],
  ['qingyang/qingyang-compute.v1', 'CITY'],
  ['shenzhen/shenzhen-training.v1', 'CITY'],
  ['binjiang/binjiang-compute.v2', 'DISTRICT'],
  ['binjiang/binjiang-corpus.v2', 'DISTRICT'],
  ['binjiang/binjiang-innovation.v2', 'DISTRICT'],
  ['binjiang/binjiang-model.v2', 'DISTRICT'],
  ['wuhan/wuhan-industry-model.v2', 'CITY'],
  ['wuhan/wuhan-model-research.v2', 'CITY'],
];
const connections = [1, 8];
/** Of the throughput: what arrives in the open loop. */
const share = 0.7;

export async function measurePrechecks(bench: Bench, book: Book): Promise<Row[]> {
  const service = await startService(book.serve());
  const { code, vouchers } = book.world;
  const send = sender(book, service);
  await publishFurther(book, send);
  await registerMatters(book, send);
  const prechecks = vouchers.map(({ enterpriseId, secret, second }, i): Request => {
    const about = i % 2 === 0 ? { contractId: second.contractId } : described;
    const body = { enterpriseId, ...about, matters: { project: `P-${i}` } };
    return { method: 'POST', path: `/v1/books/${code}/prechecks`, secret, expect: '200', body };
  });
  const gets = vouchers.map(({ voucherId, secret }): Request => ({
    method: 'GET',
    path: `/v1/books/${code}/vouchers/${voucherId}`,
    secret,
    expect: '200',
  }));
  // Warm: the service compiles what it runs often.
  await measure(bench, service, { name: 'warming up, pre-checks', connections: 8, requests: prechecks, again: true });

  const results = new Map<string, LoadResult[]>();
  const ran = async (name: string, n: number, requests: readonly Request[], arrivals?: number): Promise<LoadResult> => {
    const seconds = Math.min(2, bench.seconds);
    const open = arrivals === undefined ? {} : { arrivals };
    const result = await measure(bench, service, { name, connections: n, requests, again: true, seconds, ...open });
    results.set(name, [...(results.get(name) ?? []), result]);
    return result;
  };
  const at = (n: number): string => `${n} connection${n === 1 ? '' : 's'}`;
  const closed = (n: number): string => `pre-checks of ${further.length + 1} programmes, ${at(n)}`;
  const open = (n: number): string => `${closed(n)}, arrivals at 70 %`;
  const whole = `${closed(1)}, explained in full`;
  const inFull = prechecks.map((of) => ({ ...of, body: { ...(of.body as object), explain: 'full' } }));
  const lone = (n: number): string => `one voucher read, ${at(n)}`;
  for (let run = 0; run < bench.runs; run++) {
    for (const n of connections) {
      await ran(lone(n), n, gets);
      const { perSecond } = await ran(closed(n), n, prechecks);
      await ran(open(n), n, prechecks, Math.max(1, share * perSecond));
    }
    await ran(whole, 1, inFull);
  }
  await service.stop();

  const of = (name: string): LoadResult[] => results.get(name) ?? [];
  const rates = (name: string): number[] => of(name).map(({ perSecond }) => perSecond);
  const measured = connections.flatMap((n) => {
    // How many times as long as the smallest answer of the same service, in the same run.
    const against = {
      name: `${lone(n)}: p50, ms`,
      figure: latencyOf(of(lone(n))).p50 ?? 0,
      value: latencyOf(of(closed(n))).p50,
    };
    return [
      row({ work: lone(n), unit: '/s', runs: rates(lone(n)), ...latencyOf(of(lone(n))) }),
      row({ work: closed(n), unit: '/s', runs: rates(closed(n)), ...latencyOf(of(closed(n))), against }),
      row({
        work: open(n),
        unit: '/s',
        runs: [median(rates(open(n)))],
        ...latencyOf(of(open(n))),
        goal: { of: 'p99', bound: { most: 30 } },
      }),
    ];
  });
  return [...measured, row({ work: whole, unit: '/s', runs: rates(whole), ...latencyOf(of(whole)) })];
}

/** A contract, and what was settled in the year before, as a firm without any of it in the book describes them. */
const described = {
  contract: {
    lines: [
      { gross: '3000000.00', chipOrigin: 'DOMESTIC' },
      { gross: '800000.00', chipOrigin: 'NON_DOMESTIC' },
      { gross: '500000.00', serviceItem: 'CORPUS' },
      { gross: '400000.00', serviceItem: 'TECHNOLOGY' },
    ],
    filedOn: '2026-03-01',
    purpose: 'MODEL_RESEARCH',
  },
  fees: Array.from({ length: 12 }, (_, i) => {
    const month = String(i + 1).padStart(2, '0');
    const what = i % 4 === 3 ? { serviceItem: 'MODEL_SERVICE' } : { chipOrigin: i % 2 === 0 ? 'DOMESTIC' : 'NON_DOMESTIC' };
    return {
      gross: '250000.00',
      ...what,
      settledOn: `2025-${month}-20`,
      usedFrom: `2025-${month}-01`,
      usedTo: `2025-${month}-15`,
    };
  }),
};

type Send = (path: string, secret: string, body: object) => Promise<Record<string, string>>;

const sender =
  ({ world: { code } }: Book, { port }: Service): Send =>
  async (path, secret, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/books/${code}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, string>;
  };

/** Each firm's project, on record. */
async function registerMatters({ world: { secrets, vouchers } }: Book, send: Send): Promise<void> {
  for (const [i, { secret }] of vouchers.entries()) {
    const project = { kind: 'PROJECT', code: `P-${i}`, name: `项目${i}`, documentNo: '1' };
    const { registrationId } = await send('/matters', secret, project);
    await send(`/matters/${registrationId ?? ''}/confirm`, secrets.approver, {});
  }
}

async function publishFurther({ world: { secrets } }: Book, send: Send): Promise<void> {
  const { memberId } = await send('/members', secrets.operator, { personName: '财政', role: 'finance' });
  await send(`/members/${memberId ?? ''}/confirm`, secrets.approver, {});
  const { secret: finance = '' } = await send(`/members/${memberId ?? ''}/keys`, secrets.operator, {});
  for (const [name, ...funders] of further) {
    const document = await readFile(new URL(`../db/programmes/${name}.yaml`, import.meta.url), 'utf8');
    const { programmeVersionId, programmeCode = '' } = await send('/programmes', secrets.operator, { document });
    await send(`/programmes/${programmeVersionId ?? ''}/activate`, secrets.approver, {});
    for (const funder of funders) {
      const documentNo = `${programmeCode}〔2026〕${funder}`;
      await send('/appropriations', finance, { programmeCode, year: 2026, funder, amount: '50000000.00', documentNo });
    }
  }
}
