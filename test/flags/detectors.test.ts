// The rules that raise flags, each on both sides of its edge.
import t from 'tap';
import type { FacilityObservation, FlagParameter } from '../../db/tables.js';
import { nearlySame, splitOf } from '../../src/flags/alike.js';
import { beyondCapacity, cardHoursOf } from '../../src/flags/capacity.js';
import { isFarFromList, pricePerCardHour } from '../../src/flags/price.js';
import { latestDated } from '../../src/flags/rules.js';

const hours = (n: number): bigint => BigInt(n) * 10_000n;
const observed = (observedOn: string, cards: number | null, inService = true): FacilityObservation => ({
  bookId: '',
  observationId: observedOn,
  facilityId: '',
  observedOn,
  inService,
  pflops: null,
  precision: null,
  standardRacks: null,
  evidence: '',
  recordedAt: '',
  installedCards: cards === null ? null : [{ vendor: 'V', model: 'M', cards }],
});
const chip = { vendor: 'V', model: 'M' };

void t.test('what cards can give is counted by the day, and not known before any was stated', async (t) => {
  const june = { from: '2024-06-01', to: '2024-06-30' };
  const table: [string, FacilityObservation[], { from: string; to: string }, bigint | null][] = [
    ['1,024 cards for 30 days', [observed('2024-06-01', 1024)], june, hours(737_280)],
    ['one day', [observed('2024-06-01', 1024)], { from: '2024-06-30', to: '2024-06-30' }, hours(24_576)],
    [
      'half of the days with half of the cards',
      [observed('2024-06-01', 1024), observed('2024-06-16', 512)],
      june,
      hours(552_960),
    ],
    [
      'an observation that says nothing of cards changes nothing',
      [observed('2024-06-01', 1024), observed('2024-06-16', null)],
      june,
      hours(737_280),
    ],
    [
      'out of service from the 16th on',
      [observed('2024-06-01', 1024), observed('2024-06-16', null, false)],
      june,
      hours(368_640),
    ],
    [
      'in service again on the 26th',
      [observed('2024-06-01', 1024), observed('2024-06-16', null, false), observed('2024-06-26', null)],
      june,
      hours(491_520),
    ],
    ['stated a day too late', [observed('2024-06-02', 1024)], june, null],
    ['never stated', [observed('2024-05-01', null)], june, null],
  ];
  for (const [what, observations, { from, to }, expected] of table)
    t.equal(cardHoursOf([...observations].reverse(), chip)(from, to), expected, what);
  const other = [
    {
      ...observed('2024-06-01', 8),
      installedCards: [
        { ...chip, cards: 8 },
        { vendor: 'V', model: 'N', cards: 2 },
      ],
    },
  ];
  t.equal(cardHoursOf(other, null)('2024-06-01', '2024-06-01'), hours(240), 'of all chips together');
  t.equal(
    cardHoursOf(other, { vendor: 'W', model: 'M' })('2024-06-01', '2024-06-01'),
    0n,
    'of a chip that is not among them, none',
  );
});

void t.test('more than all cards can have given in any stretch of days is found, and nothing else', async (t) => {
  // Ten cards: 240 card-hours a day.
  const capacity = cardHoursOf([observed('2024-01-01', 10)], chip);
  type Of = [from: string, to: string, cardHours: bigint];
  const table: [string, Of, Of[], [string, string] | null][] = [
    ['June to the last card-hour', ['06-01', '06-30', hours(7_200)], [], null],
    ['one ten-thousandth more', ['06-01', '06-30', hours(7_200) + 1n], [], ['06-01', '06-30']],
    ['in two parts', ['06-01', '06-30', hours(3_600)], [['06-01', '06-30', hours(3_600)]], null],
    ['in two parts, one more', ['06-01', '06-30', hours(3_601)], [['06-01', '06-30', hours(3_600)]], ['06-01', '06-30']],
    ['a full day within a month that has room', ['06-10', '06-10', hours(240)], [['06-01', '06-30', hours(6_960)]], null],
    ['and in a month that has none', ['06-10', '06-10', hours(240)], [['06-01', '06-30', hours(6_961)]], ['06-01', '06-30']],
    ['a day beyond itself within an empty month', ['06-10', '06-10', hours(241)], [['06-01', '06-30', 1n]], ['06-10', '06-10']],
    [
      'periods that overlap and fit one beside the other',
      ['06-01', '06-20', hours(4_800)],
      [['06-11', '06-30', hours(2_400)]],
      null,
    ],
    ['and do not', ['06-01', '06-20', hours(4_800)], [['06-11', '06-30', hours(2_401)]], ['06-01', '06-30']],
    [
      'the neighbour month has no room, and is none of it',
      ['06-01', '06-30', hours(7_200)],
      [['07-01', '07-31', hours(7_440)]],
      null,
    ],
    ['what was too much before elsewhere is not found again', ['06-01', '06-30', 1n], [['07-01', '07-31', hours(9_999)]], null],
    [
      'the shortest stretch of periods that chain',
      ['06-05', '06-15', hours(2_640)],
      [
        ['06-01', '06-10', hours(961)],
        ['06-10', '06-20', hours(1_200)],
      ],
      ['06-01', '06-15'],
    ],
    [
      'and that fit',
      ['06-05', '06-15', hours(2_640)],
      [
        ['06-01', '06-10', hours(960)],
        ['06-10', '06-20', hours(1_200)],
      ],
      null,
    ],
  ];
  for (const [what, added, others, expected] of table) {
    const period = ([from, to, cardHours]: Of) => ({ from: `2024-${from}`, to: `2024-${to}`, cardHours });
    const one = period(added);
    const found = beyondCapacity([...others.map(period), one], one, capacity);
    t.strictSame(found && [found.from.slice(5), found.to.slice(5)], expected, what);
    if (found) t.ok(found.billed > found.possible);
  }
  const unknown = { from: '2023-12-01', to: '2023-12-31', cardHours: hours(99_999) };
  t.equal(beyondCapacity([unknown], unknown, capacity), null, 'of days of which nothing is known nothing is said');
});

void t.test('a price is far from the list when it differs by more than was stated, above or below', async (t) => {
  const table: [string, bigint, bigint, string, number, boolean][] = [
    ['the list price', 1000n, hours(1), '10.000000', 0, false],
    ['one fen more at no distance', 1001n, hours(1), '10.000000', 0, true],
    ['20 % above, of 20 %', 1200n, hours(1), '10.000000', 2000, false],
    ['a fen more', 1201n, hours(1), '10.000000', 2000, true],
    ['20 % below, of 20 %', 800n, hours(1), '10.000000', 2000, false],
    ['a fen less', 799n, hours(1), '10.000000', 2000, true],
    ['a third of a yuan, exact', 1n, hours(3), '0.003333', 2, false],
    ['and a hair beyond', 1n, hours(3), '0.003333', 1, true],
    ['the smallest step of the list', 100_000_000n, hours(1_000_000), '1.000001', 0, true],
  ];
  for (const [what, grossFen, cardHours, list, basisPoints, far] of table)
    t.equal(isFarFromList({ grossFen, cardHours }, list, basisPoints), far, what);
  t.equal(pricePerCardHour({ grossFen: 1n, cardHours: hours(3) }), '0.003333', 'cut, for people');
});

const contract = (contractId: string, startsOn: string, endsOn: string, yuan: number) => ({
  contractId,
  contractNo: contractId,
  startsOn: `2024-${startsOn}`,
  endsOn: `2024-${endsOn}`,
  grossFen: BigInt(yuan) * 100n,
});
void t.test(
  'contracts of the same parties and time are nearly the same within a distance, and split beyond a threshold',
  async (t) => {
    const own = contract('own', '01-01', '06-30', 1000);
    const near = (other: typeof own, basisPoints: number) =>
      nearlySame(own, [own, other], basisPoints).map(({ contractId }) => contractId);
    t.strictSame(near(contract('a', '06-30', '12-31', 950), 500), ['a'], '5 % of the larger, with one day in common');
    t.strictSame(near(contract('a', '06-30', '12-31', 949), 500), [], 'more than 5 %');
    t.strictSame(near(contract('a', '07-01', '12-31', 1000), 500), [], 'no day in common');
    t.strictSame(near(contract('a', '01-01', '06-30', 1000), 0), ['a'], 'the same amount');

    const split = (others: (typeof own)[], threshold: number) =>
      splitOf(own, others, BigInt(threshold) * 100n)?.map(({ contractId }) => contractId) ?? null;
    const parts = [
      own,
      contract('a', '01-01', '06-30', 1000),
      contract('b', '03-01', '09-30', 500),
      contract('c', '07-01', '09-30', 900),
    ];
    t.strictSame(split(parts, 2499), ['own', 'a', 'b'], 'together above it');
    t.equal(split(parts, 2500), null, 'together exactly it');
    t.equal(split(parts, 999), null, 'what is above it by itself hides nothing');
    t.strictSame(split([own, contract('d', '01-01', '06-30', 2500), parts[1] as typeof own], 1500), ['own', 'a']);
    t.equal(split([own], 1000), null, 'one alone is none');
  },
);

void t.test('of parameters the last that begins by the day counts, of one day the last recorded', async (t) => {
  const of = (validFrom: string, revision: number) => ({ validFrom, revision }) as FlagParameter;
  const all = [of('2024-07-01', 3), of('2024-01-01', 1), of('2024-01-01', 2)];
  const on = (day: string) => latestDated(all, day)?.revision;
  t.strictSame(['2023-12-31', '2024-01-01', '2024-06-30', '2024-07-01'].map(on), [undefined, 2, 2, 3]);
});
