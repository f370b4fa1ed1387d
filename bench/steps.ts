// What each step of a voucher's and of an award's life costs, one by one: the service with the demo world in it, on a durable cluster of
// its own. Firms of which none was there before live both lives over HTTP, one after another and four at a time: flow P from registration over
// contract, application with a correction list, issue, usage and payment to the redemption, approved by rule or verified by a person; flow R
// from the registration of a project to the public notice, and for all of them together the allocation. In the end all is settled and paid.
// Beside each step stands a bare command of the lane in the same run: the registration of a firm, which writes one row.
// After `npm run build`: npx tsx bench/steps.ts
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { addDays, addMonths } from '../src/calendar.js';
import { makeUscc } from '../src/identifiers.js';
import { formatYuan, parseYuan } from '../src/money.js';
import { formatQuantity } from '../src/usage/rules.js';
import { percentiles } from './percentiles.js';

/** Firms that live it at each number of connections; the first few are not counted. */
const lives = Number(process.env['STEPS_LIVES'] || 150);
const warmUp = 10;
const most = 50;
const programmeCode = 'zhengzhou-compute';
/** The clock stands here, after the demo world; and here once the public notices are over. */
const today = '2026-11-02';
const afterNotices = '2026-11-10';
const awards = { programmeCode: 'wuhan-model-research', file: 'wuhan/wuhan-model-research.v2.yaml' };

type Answer = Record<string, string>;
interface Batch {
  readonly collecting: boolean;
  readonly paymentsLeft: number;
}
interface Key {
  readonly role: string;
  readonly name: string;
  readonly secret: string;
}

const folder = await mkdtemp(path.join(tmpdir(), 'voucher-bench-'));
const service = spawn(process.execPath, ['dist/src/server.js'], {
  env: { ...process.env, PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'warn' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: service.stdout }).on('line', (line) => {
      const ready = /ready: (http:\S+)$/.exec(line)?.[1];
      if (ready !== undefined) resolve(ready);
    });
    service.once('exit', (code) => reject(new Error(`the service ended: ${code}`)));
  });
  const failed = await measure(address);
  if (failed > 0) process.exitCode = 1;
} finally {
  service.kill('SIGTERM');
  if (service.exitCode === null) await new Promise((resolve) => service.once('exit', resolve));
  await rm(folder, { recursive: true, force: true });
}

async function measure(address: string): Promise<number> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const took = new Map<string, number[]>();
  let counts = false;
  const call = <Body = Answer>(step: string, method: 'GET' | 'POST', url: string, secret: string, body?: object): Promise<Body> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const began = performance.now();
      const request = http.request(`${address}/v1/${url}`, {
        agent,
        method,
        headers: {
          authorization: `Bearer ${secret}`,
          ...(method === 'GET'
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), 'idempotency-key': randomUUID() }),
        },
      });
      request.on('response', (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const milliseconds = performance.now() - began;
          const answer = Buffer.concat(parts).toString();
          if ((response.statusCode ?? 500) >= 300) reject(new Error(`${step}: ${response.statusCode} ${answer}`));
          else {
            if (counts) took.set(step, [...(took.get(step) ?? []), milliseconds]);
            resolve(JSON.parse(answer) as Body);
          }
        });
      });
      request.on('error', reject);
      request.end(text);
    });
  const { books } = JSON.parse(await readFile(path.join(folder, 'demo.json'), 'utf8')) as {
    books: { code: string; keys: Key[] }[];
  };
  const book = books.find(({ code }) => code === 'zhengzhou');
  const keyOf = (role: string, nth = 0): string => {
    const key = book?.keys.filter((of) => of.role === role)[nth];
    if (!key) throw new Error(`the demo has no ${role}`);
    return key.secret;
  };
  const at = 'books/zhengzhou';
  const [operator, reviewer, approver] = [keyOf('operator'), keyOf('reviewer'), keyOf('approver')];
  await call('clock', 'POST', 'demo/clock', operator, { now: `${today}T09:00:00+08:00` });
  const provider = keyOf('provider');
  const { legalPersonUscc } = await call('me', 'GET', `${at}/me`, provider);
  const listOf = (list: string) => call<{ items: Answer[] }>(list, 'GET', `${at}/${list}?limit=200`, reviewer);
  const { providerId = '' } = (await listOf('providers')).items.find(({ uscc }) => uscc === legalPersonUscc) ?? {};
  const { facilityId = '' } =
    (await listOf('facilities')).items.find((of) => of['providerId'] === providerId && of['kind'] === 'AI_COMPUTING') ?? {};
  await call('appropriation', 'POST', `${at}/appropriations`, keyOf('finance'), {
    programmeCode,
    year: 2026,
    funder: 'CITY',
    amount: '10000000.00',
    documentNo: '郑财预〔2026〕测1号',
  });

  const post = <Body = Answer>(step: string, url: string, secret: string, body: object = {}): Promise<Body> =>
    call<Body>(step, 'POST', `${at}/${url}`, secret, body);
  const finance = keyOf('finance');
  const document = await readFile(new URL(`../db/programmes/${awards.file}`, import.meta.url), 'utf8');
  const { programmeVersionId = '' } = await post('programme', 'programmes', operator, { document });
  await post('programme', `programmes/${programmeVersionId}/activate`, approver);
  await post('appropriation', 'appropriations', finance, {
    programmeCode: awards.programmeCode,
    year: 2026,
    funder: 'CITY',
    amount: '10000000.00',
    documentNo: '郑财预〔2026〕测2号',
  });
  const another = await post('member', 'members', operator, { role: 'reviewer', personName: '复核人' });
  await post('member confirmed', `members/${another['memberId'] ?? ''}/confirm`, approver);
  const { secret: checker = '' } = await post('key', `members/${another['memberId'] ?? ''}/keys`, operator);

  let n = 0;
  /** A firm that was not there before, and its key. */
  const firm = async (i: number): Promise<{ enterpriseId: string; secret: string }> => {
    const uscc = makeUscc(`91410100MD${String(i).padStart(7, '0')}`);
    const { enterpriseId = '' } = await post('a bare lane command (enterprise registered)', 'enterprises', operator, {
      uscc,
      name: `测算企业${i}`,
      kind: 'ENTERPRISE',
      sizeClass: 'SMALL',
    });
    const { memberId = '' } = await post('member registered', 'members', operator, {
      role: 'enterprise',
      personName: `测算${i}`,
      legalPersonUscc: uscc,
    });
    const { secret = '' } = await post('key issued', `members/${memberId}/keys`, operator);
    return { enterpriseId, secret };
  };

  const award = async (): Promise<void> => {
    const i = ++n;
    const { secret } = await firm(i);
    const code = `MODEL-${i}`;
    const { registrationId = '' } = await post('R: project registered', 'matters', secret, {
      kind: 'PROJECT',
      code,
      name: `行业模型${i}`,
      documentNo: '评选〔2026〕测1号',
    });
    await post('R: project confirmed', `matters/${registrationId}/confirm`, reviewer);
    const cost = formatYuan(100_000n + BigInt(i));
    const { reimbursementId = '' } = await post('R: award applied for', 'reimbursements', secret, {
      programmeCode: awards.programmeCode,
      matters: { project: code },
      commitment: true,
      items: [
        {
          reference: `YF-${i}`,
          description: '研发成本',
          counterpartyUscc: legalPersonUscc,
          counterpartyName: '中原检测',
          serviceItem: 'RESEARCH_COST',
          net: cost,
          vat: '0.00',
          gross: cost,
          settledOn: '2026-06-30',
          evidence: '专项审计报告',
        },
      ],
    });
    await post('R: checked', `reimbursements/${reimbursementId}/check`, checker);
    await post('R: reviewed', `reimbursements/${reimbursementId}/review`, reviewer, {
      eligibility: { 'selected-model': true, 'lead-developer': true },
    });
    await post('R: public notice', 'notices', reviewer, { title: '拟补助名单', items: [{ caseId: reimbursementId }] });
  };

  const live = async (): Promise<void> => {
    const i = ++n;
    const { enterpriseId, secret } = await firm(i);
    const gross = formatYuan(200_000n + BigInt(i));
    const money = { net: gross, vat: '0.00', gross };
    const { contractId = '' } = await post('contract submitted', 'contracts', provider, {
      contractNo: `CS-${i}`,
      enterpriseId,
      providerId,
      signedOn: '2026-10-08',
      startsOn: '2026-10-09',
      endsOn: addMonths('2026-10-09', 6),
      purpose: 'MODEL_RESEARCH',
      ...money,
      lines: [{ description: '训练卡时', serviceItem: 'AI_COMPUTE', facilityId, unit: 'CARD_HOUR', quantity: '1000', ...money }],
    });
    await post('contract confirmed', `contracts/${contractId}/confirm`, secret);
    await post('contract filed', `contracts/${contractId}/file`, reviewer);

    const { applicationId = '' } = await post('application submitted', 'applications', secret, {
      programmeCode,
      contractId,
      commitment: true,
    });
    const application = `applications/${applicationId}`;
    await post('correction list', `${application}/request-supplement`, reviewer, {
      items: [{ kind: 'MATERIAL', subject: 'COMMITMENT_LETTER', what: '缺少盖章页' }],
      workingDays: 5,
    });
    await post('correction answered', `${application}/supplement`, secret, { answers: [{ item: 1, answer: '已补' }] });
    const { reviewDigest } = await post('application reviewed', `${application}/review`, reviewer, { eligibility: {} });
    const approved = await post<{ voucher: { voucherId: string } }>(
      'approved, voucher issued',
      `${application}/approve`,
      approver,
      {
        reviewDigest,
        acceptReduced: false,
      },
    );
    const { voucherId } = approved.voucher;
    await post('voucher frozen', `vouchers/${voucherId}/freeze`, approver, { reason: '核查' });
    await post('voucher unfrozen', `vouchers/${voucherId}/unfreeze`, approver, { reason: '查无实据' });

    // Every other one at a price that is not the contract's: a person verifies it.
    const isDear = i % 2 === 0;
    const usedFen = 50_000n;
    const used = formatYuan(usedFen);
    const quantity = isDear ? '200' : formatQuantity((usedFen * 10_000_000n + 100_000n) / (parseYuan(gross) ?? 1n));
    const { invoiceId = '' } = await post('usage invoice posted', 'usage-invoices', provider, {
      invoiceNo: `2641${String(900_000_000 + i).padStart(16, '0')}`,
      contractId,
      issuedOn: today,
      usageFrom: '2026-10-09',
      usageTo: addDays(today, -2),
      net: used,
      vat: '0.00',
      gross: used,
      lines: [{ contractLineNo: 1, quantity, net: used, vat: '0.00', gross: used }],
    });
    await post('usage confirmed', `usage-invoices/${invoiceId}/confirm`, secret);
    await post('payment recorded', `usage-invoices/${invoiceId}/payments`, secret, {
      amount: formatYuan((usedFen * 8n) / 10n),
      paidOn: today,
      bankSerial: `CS-${i}`,
    });
    const { redemptionId = '', reserved, status } = await post('redemption', 'redemptions', secret, { voucherId, invoiceId });
    if (status === 'SUBMITTED') {
      await post('redemption verified', `redemptions/${redemptionId}/verify`, reviewer, { approved: reserved });
    }
    await call('read: work queue by deadline', 'GET', `${at}/work-queue?sort=deadline`, reviewer);
    await call('read: messages', 'GET', `${at}/messages`, secret);
    await call('read: voucher with its history', 'GET', `${at}/vouchers/${voucherId}`, secret);
  };

  /** What is done once for all of them: the pool is shared, everything approved is settled, the bank says that it has paid. */
  const settleAll = async (): Promise<void> => {
    const allocation = await post(`R: allocation of ${2 * (lives + warmUp)} drafted`, 'allocations', reviewer, {
      programmeCode: awards.programmeCode,
      year: 2026,
    });
    const { allocationId = '', contentDigest: shared } = allocation;
    await post('R: allocation approved', `allocations/${allocationId}/approve`, approver, { contentDigest: shared });
    // Its awards are booked behind the answer, in slices; what is settled is what is booked.
    for (;;) {
      const { awardsLeft } = await call<{ awardsLeft: number }>(
        'read: allocation',
        'GET',
        `${at}/allocations/${allocationId}`,
        reviewer,
      );
      if (awardsLeft === 0) break;
      await sleep(50);
    }
    // A large draft is collected behind its answer as well, and its payments are instructed so.
    const { settlementId = '' } = await post('settlement drafted', 'settlements', finance, { period: '2026-11' });
    const batch = `settlements/${settlementId}`;
    const settled = async (isDone: (of: Batch) => boolean): Promise<Batch> => {
      for (;;) {
        const of = await call<Batch>('read: settlement', 'GET', `${at}/${batch}`, finance);
        if (isDone(of)) return of;
        await sleep(50);
      }
    };
    await settled(({ collecting }) => !collecting);
    const frozen = await post('settlement frozen', `${batch}/freeze`, finance);
    const lineCount = Number(frozen['lineCount']);
    await post(`settlement of ${lineCount} lines approved`, `${batch}/approve`, approver, {
      contentDigest: frozen['contentDigest'],
      count: lineCount,
      total: frozen['total'],
    });
    const page = 100;
    for (let first = 1; first <= lineCount; first += page) {
      const lines = Array.from({ length: Math.min(page, lineCount - first + 1) }, (_, i) => first + i);
      await post(`settlement lines checked, ${page} at a time`, `${batch}/check-lines`, keyOf('finance', 1), { lines });
    }
    await post('settlement instructed', `${batch}/instruct`, keyOf('finance_approver'));
    await settled(({ paymentsLeft }) => paymentsLeft === 0);
  };

  const tables: { what: string; took: Map<string, number[]> }[] = [];
  for (const connections of [1, 4]) {
    counts = false;
    took.clear();
    for (const one of [live, award]) {
      counts = false;
      for (let i = 0; i < warmUp; i++) await one();
      counts = true;
      let left = lives;
      await Promise.all(
        Array.from({ length: connections }, async () => {
          while (left-- > 0) await one();
        }),
      );
    }
    tables.push({ what: `${lives} of each life, ${connections} connection${connections === 1 ? '' : 's'}`, took: new Map(took) });
  }
  counts = false;
  took.clear();
  await call('clock', 'POST', 'demo/clock', operator, { now: `${afterNotices}T09:00:00+08:00` });
  counts = true;
  await settleAll();
  tables.push({ what: 'once, for all of them', took: new Map(took) });
  agent.destroy();

  let failed = 0;
  for (const { what, took: of } of tables) {
    console.log(`\n${what}; milliseconds; asked: p99 ≤ ${most}`);
    console.log(`${'step'.padEnd(46)}${'n'.padStart(5)}${'p50'.padStart(9)}${'p99'.padStart(9)}${'most'.padStart(9)}`);
    for (const [step, times] of of) {
      const { count, p50, p99, max } = percentiles(times);
      if (p99 > most) failed++;
      console.log(
        `${step.padEnd(46)}${String(count).padStart(5)}${p50.toFixed(1).padStart(9)}${p99.toFixed(1).padStart(9)}${max.toFixed(1).padStart(9)}${p99 > most ? '  ✗' : ''}`,
      );
    }
  }
  return failed;
}
