// Pre-checks: firms ask what every programme in force would give on a contract of theirs and for last year's fees.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { LoadResult, Request } from './load.js';
import { type Bench, measure } from './measure.js';
import type { Book } from './open-book.js';
import { latencyOf, type Row, row } from './report.js';
import { type Service, startService } from './start.js';

/** Programmes in force in 2026 beside the one that the world runs on: vouchers, and reimbursements that look at fees. */
const further = [
  ...['beijing/beijing-compute.v1', 'chengdu/chengdu-compute.v1', 'jiaozuo/jiaozuo-compute.v1'],
  ...['qingyang/qingyang-compute.v1', 'shenzhen/shenzhen-training.v1'],
  ...['compute', 'corpus', 'innovation', 'model'].map((of) => `binjiang/binjiang-${of}.v2`),
  ...['wuhan/wuhan-industry-model.v2', 'wuhan/wuhan-model-research.v2'],
];

export async function measurePrechecks(bench: Bench, book: Book): Promise<Row[]> {
  const service = await startService(book.serve());
  const { code, vouchers } = book.world;
  const send = sender(book, service);
  await publishFurther(book, send);
  await registerMatters(book, send);
  const requests = vouchers.map(({ enterpriseId, secret, second: { contractId } }, i): Request => ({
    ...{ method: 'POST', path: `/v1/books/${code}/prechecks`, secret, expect: '200' },
    body: { enterpriseId, contractId, matters: { project: `P-${i}` } },
  }));
  const rows: Row[] = [];
  for (const connections of [1, 8]) {
    const name = `pre-checks of ${further.length + 1} programmes, ${connections} connection${connections === 1 ? '' : 's'}`;
    const results: LoadResult[] = [];
    for (let run = 0; run < bench.runs; run++) {
      results.push(await measure(bench, service, { name, connections, requests, again: true }));
    }
    const runs = results.map(({ perSecond }) => perSecond);
    rows.push(row({ work: name, unit: '/s', runs, ...latencyOf(results), goal: { of: 'p99', bound: { most: 30 } } }));
  }
  await service.stop();
  return rows;
}

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
  for (const name of further) {
    const document = await readFile(new URL(`../db/programmes/${name}.yaml`, import.meta.url), 'utf8');
    const { programmeVersionId } = await send('/programmes', secrets.operator, { document });
    await send(`/programmes/${programmeVersionId ?? ''}/activate`, secrets.approver, {});
  }
}
