// First come, first served, against its plain definition: whoever approves, rejects, reviews anew and loads money at once,
// by one process or two, each approval is answered as if everybody who waits had been looked at one by one.
import t from 'tap';
import type { build } from '../../src/app.js';
import type { Fen } from '../../src/money.js';
import { formatYuan, minFen, parseYuan, sumFen } from '../../src/money.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { startWorld, told } from './world.js';

const yearlyCap = 1_000_000_00n;
const classes = ['PROVINCIAL_VOUCHER_HOLDER'];

/** Mulberry32: one number tells the whole run. */
function randomBy(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    below: (n: number): number => Math.floor(next() * n),
    chance: (share: number): boolean => next() < share,
    of: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T,
  };
}

interface Waiting {
  readonly applicationId: string;
  readonly applicationNo: string;
  readonly holder: number;
  status: 'REVIEWED' | 'APPROVED' | 'REJECTED';
  /** 0: of the class that is served first. */
  rank: number;
  maximumFen: Fen;
  reviewDigest: string;
  reviews: number;
}

type Step =
  | { kind: 'load'; fen: Fen }
  | { kind: 'reject'; of: Waiting }
  | { kind: 'review'; of: Waiting; rank: number; maximumFen: Fen }
  | { kind: 'approve'; of: Waiting; reviews: number; reasoned: boolean; acceptReduced: boolean };

/** The book as the rule reads it: every application is looked at, every time. */
class Model {
  availableFen = 0n;
  readonly usedFen: Fen[];
  constructor(
    readonly applications: readonly Waiting[],
    holders: number,
  ) {
    this.usedFen = Array.from({ length: holders }, () => 0n);
  }

  /** What the step is answered: `200`, or the refusal's code, with the figures that an earlier application's names. */
  take(step: Step): string {
    if (step.kind === 'load') {
      this.availableFen += step.fen;
      return '201';
    }
    const { of } = step;
    if (of.status !== 'REVIEWED') return '409 APPLICATION_WRONG_STATE';
    if (step.kind === 'reject') {
      of.status = 'REJECTED';
      return '200';
    }
    if (step.kind === 'review') {
      [of.rank, of.maximumFen, of.reviews] = [step.rank, step.maximumFen, of.reviews + 1];
      return '200';
    }
    if (step.reviews !== of.reviews) return '409 REVIEW_CHANGED';
    const leftOf = (holder: number): Fen => yearlyCap - (this.usedFen[holder] ?? 0n);
    if (leftOf(of.holder) <= 0n) return '409 LIMIT_EXHAUSTED';
    if (this.availableFen <= 0n) return '409 POOL_EXHAUSTED';
    const awardFen = minFen(of.maximumFen, leftOf(of.holder), this.availableFen);
    if (awardFen < of.maximumFen && !step.acceptReduced) return '409 AMOUNT_CHANGED';
    const order = this.applications.indexOf(of);
    const before = this.applications.filter(
      (other, i) => other.status === 'REVIEWED' && (other.rank < of.rank || (other.rank === of.rank && i < order)),
    );
    const leftFen = this.availableFen - awardFen;
    const neededFen = sumFen(
      [...new Set(before.map(({ holder }) => holder))].map((holder) =>
        minFen(
          sumFen(before.filter((other) => other.holder === holder).map(({ maximumFen }) => maximumFen)),
          leftOf(holder) - (holder === of.holder ? awardFen : 0n),
        ),
      ),
    );
    const [first] = before;
    if (first && neededFen > leftFen && !step.reasoned)
      return `409 EARLIER_APPLICATION_WAITS ${first.applicationNo} ${formatYuan(neededFen)} ${formatYuan(leftFen)}`;
    of.status = 'APPROVED';
    this.availableFen -= awardFen;
    this.usedFen[of.holder] = (this.usedFen[of.holder] ?? 0n) + awardFen;
    return `200 ${formatYuan(awardFen)}`;
  }
}

const answerOf = (step: Step, answer: Answer): string => {
  if (step.kind === 'approve' && answer.status === 200) return `200 ${answer.body.award as string}`;
  const said = told(answer);
  if (!said.endsWith('EARLIER_APPLICATION_WAITS')) return said;
  const figures = /申领 (\S+) 在前，合计尚需 (\S+) 元，发放后只余 (\S+) 元/.exec(answer.body.detail as string) ?? [];
  return [said, ...figures.slice(1)].join(' ');
};

void t.test('an approval is answered as if everybody who waits were looked at, whatever else is decided with it', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);
  t.comment(`SEED=${seed}`);
  const random = randomBy(seed);
  const world = await startWorld(t);
  const { book, owner, programmeCode, reviewer, approver } = world;
  // Numbers that lie in three blocks, for a block has 128.
  await owner.begin(async ({ sql }) => {
    await sql`select from open_lane(${book.bookId})`;
    await sql`insert into number_series (book_id, series, last) values (${book.bookId}, 'A/2024', 112)`;
  });
  const holders = 12;
  const firms = await Promise.all(Array.from({ length: holders }, (_, i) => world.enterprise(i + 1)));
  const applications: Waiting[] = [];
  for (let i = 0; i < 36; i++) {
    const holder = random.below(holders);
    const firm = firms[holder] as (typeof firms)[0];
    const contractId = await world.contract(firm, `${(1 + random.below(30)) * 100_000}.00`);
    const sent = expectStatus(await world.submit(firm, contractId), 201);
    const first = random.chance(0.3);
    const url = `/applications/${sent.applicationId as string}/review`;
    const reviewed = expectStatus(await reviewer.post(url, { eligibility: {}, classes: first ? classes : [] }), 200);
    applications.push({
      applicationId: sent.applicationId as string,
      applicationNo: sent.applicationNo as string,
      holder,
      status: 'REVIEWED',
      rank: first ? 0 : 1,
      reviews: 1,
      maximumFen: parseYuan(reviewed.maximum as string) ?? 0n,
      reviewDigest: reviewed.reviewDigest as string,
    });
  }
  const model = new Model(applications, holders);
  const second = await world.secondApp();

  const verdicts = new Map<string, number>();
  let sent = 0;
  const post = async (caller: Caller, app: Awaited<ReturnType<typeof build>>['app'], url: string, body: object) => {
    const key = `step-${++sent}`;
    const response = await app.inject({
      method: 'POST',
      url: `/v1/books/${book.code}${url}`,
      headers: { authorization: `Bearer ${caller.secret}`, 'idempotency-key': key, 'accept-language': 'zh' },
      payload: body,
    });
    return { key, answer: { status: response.statusCode, body: response.json<Answer['body']>(), headers: {} } };
  };
  for (let round = 0; round < 70; round++) {
    const waiting = applications.filter(({ status }) => status === 'REVIEWED');
    if (waiting.length === 0) break;
    const steps = Array.from({ length: 1 + random.below(6) }, (): Step => {
      const of = random.chance(0.05) ? random.of(applications) : random.of(waiting.slice(0, 3 + random.below(waiting.length)));
      const kind = random.below(20);
      // Too little for all, mostly: a few awards' worth at a time.
      if (kind < 3) return { kind: 'load', fen: BigInt(1 + random.below(12)) * 100_000_00n };
      if (kind < 4) return { kind: 'reject', of };
      if (kind < 7 && of.maximumFen > 100_00n)
        return { kind: 'review', of, rank: random.below(2), maximumFen: of.maximumFen - BigInt(1 + random.below(99)) };
      return {
        kind: 'approve',
        of,
        reviews: of.reviews,
        reasoned: random.chance(0.1),
        acceptReduced: random.chance(0.5),
      };
    });
    const apps = random.chance(0.3) ? [world.app, second.app] : [world.app];
    const answers = await Promise.all(
      steps.map(async (step) => {
        const app = random.of(apps);
        if (step.kind === 'load') {
          const load = { programmeCode, year: 2024, funder: 'CITY', documentNo: `财预〔2024〕${sent + 1}号` };
          return { step, ...(await post(world.finance, app, '/appropriations', { ...load, amount: formatYuan(step.fen) })) };
        }
        const url = `/applications/${step.of.applicationId}`;
        if (step.kind === 'reject') return { step, ...(await post(reviewer, app, `${url}/reject`, { reason: '材料不全' })) };
        if (step.kind === 'review') {
          const body = { eligibility: {}, classes: step.rank === 0 ? classes : [], maximum: formatYuan(step.maximumFen) };
          const of = await post(reviewer, app, `${url}/review`, body);
          return { step, ...of };
        }
        const reason = step.reasoned ? { passOverReason: '首位申请人补正材料中' } : {};
        const body = { reviewDigest: step.of.reviewDigest, acceptReduced: step.acceptReduced, ...reason };
        return { step, ...(await post(approver, app, `${url}/approve`, body)) };
      }),
    );
    // In the order in which the lane decided them: refusals of money commands are entries too.
    const order = await owner.sql<{ key: string }[]>`
      select o.key from outcomes o join entries e on e.book_id = o.book_id and e.command_id = o.command_id
       where o.book_id = ${book.bookId} and o.key = any(${answers.map(({ key }) => key)}::text[]) group by o.key order by min(e.seq)`;
    t.equal(order.length, answers.length, 'every step is in the book');
    for (const { key } of order) {
      const of = answers.find((one) => one.key === key);
      if (!of) continue;
      const { step, answer } = of;
      const expected = model.take(step);
      if (answerOf(step, answer) !== expected) {
        t.equal(answerOf(step, answer), expected, `SEED=${seed}, round ${round}: ${step.kind}`);
        return;
      }
      if (step.kind === 'review' && answer.status === 200) step.of.reviewDigest = answer.body.reviewDigest as string;
      const verdict = expected
        .split(' ')
        .slice(0, 2)
        .join(' ')
        .replace(/ .*\d$/, '');
      verdicts.set(`${step.kind} ${verdict}`, (verdicts.get(`${step.kind} ${verdict}`) ?? 0) + 1);
    }
    // What is summed up is what waits.
    const wrong = await owner.sql<object[]>`
      select queue_id from (select programme_code, queue_rank, queue_block, count(*) as n, sum(maximum_fen) as fen from applications
                             where book_id = ${book.bookId} and status = 'REVIEWED' group by 1, 2, 3) a
        full join (select * from application_queues where book_id = ${book.bookId} and state = 'WAITING') q
             using (programme_code, queue_rank, queue_block)
       where (a.n, a.fen) is distinct from (q.waiting, q.maximum_fen)`;
    if (wrong.length > 0) {
      t.strictSame(wrong, [], `SEED=${seed}, round ${round}: sums that are not what waits`);
      return;
    }
  }
  t.comment(JSON.stringify(Object.fromEntries(verdicts)));
  t.ok((verdicts.get('approve 409 EARLIER_APPLICATION_WAITS') ?? 0) > 0, 'some were told to wait');
  t.ok((verdicts.get('approve 200') ?? 0) > 0, 'some were issued');
});
