// Money, calendar and identifiers: tables from the texts they follow, and properties against independent arithmetic.
import fc from 'fast-check';
import t from 'tap';
import { Temporal } from 'temporal-polyfill';
import {
  addDays,
  addMonths,
  daysInclusive,
  formatInstant,
  isDay,
  isWithinDay,
  lastDayOfMonth,
  monthOf,
  overlaps,
  parseInstant,
  shanghaiDay,
  startOfDay,
  voucherLastDay,
  yearOf,
} from '../src/calendar.js';
import {
  checkBankCode,
  checkInvoiceNumber,
  checkUscc,
  documentNumber,
  isUuid,
  makeUscc,
  usccCheckCharacter,
  uuidv7,
} from '../src/identifiers.js';
import {
  amountInWords,
  applyRate,
  type Fen,
  floorFen,
  formatYuan,
  minFen,
  parseYuan,
  proRata,
  splitByFunders,
  splitIncrement,
  sumFen,
} from '../src/money.js';

const fen = (yuan: string): Fen => {
  const amount = parseYuan(yuan);
  if (amount === null) throw new Error(`not an amount: ${yuan}`);
  return amount;
};

/** A partition of 10000 basis points among 1 to `most` funders. */
const shares = (most: number) =>
  fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: most - 1 }).map((cuts) => {
    const ends = [...cuts.sort((a, b) => a - b), 10_000];
    return ends.map((end, i) => ({ funder: `funder-${i}`, basisPoints: end - (ends[i - 1] ?? 0) }));
  });

void t.test('an amount has one written form, and every amount survives being written and read', async (t) => {
  t.equal(parseYuan('0.00'), 0n);
  t.equal(parseYuan('1234.56'), 123456n);
  t.equal(parseYuan('999999999999999.99'), 99999999999999999n);
  for (const text of [
    '',
    '1',
    '1.0',
    '1.000',
    '.50',
    '01.00',
    '-1.00',
    '+1.00',
    ' 1.00',
    '1.00\n',
    '1,000.00',
    '1e3',
    '１.00',
    '1000000000000000.00',
  ])
    t.equal(parseYuan(text), null, `refused: ${JSON.stringify(text)}`);
  t.equal(formatYuan(-5n), '-0.05');
  t.equal(formatYuan(0n), '0.00');
  t.equal(formatYuan(-123456n), '-1234.56');
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 99999999999999999n }), (amount) => parseYuan(formatYuan(amount)) === amount));
});

void t.test('a rate is exact and rounded down once, on the total', async (t) => {
  const cases: [name: string, base: string, basisPoints: number, expected: string][] = [
    ['Z1', '2000000.00', 3000, '600000.00'],
    ['Z2', '3333333.33', 3000, '999999.99'],
    ['draft of A, one fen more', '3333333.34', 3000, '1000000.00'],
    ['Z7 below', '0.03', 3000, '0.00'],
    ['Z7', '0.04', 3000, '0.01'],
    ['Z14', '2000000.00', 2000, '400000.00'],
    ['A enacted', '4999999.99', 2000, '999999.99'],
    ['C1', '1234567.89', 2000, '246913.57'],
    ['C5', '48765.43', 2000, '9753.08'],
    ['D1', '10000000.00', 6000, '6000000.00'],
  ];
  for (const [name, base, basisPoints, expected] of cases)
    t.equal(formatYuan(floorFen(applyRate(fen(base), basisPoints))), expected, name);
  t.equal(formatYuan(floorFen(applyRate(fen('100000.01'), 6000).plus(applyRate(fen('100000.02'), 3000n)))), '90000.01', 'D5');
  t.equal(floorFen(applyRate(-1n, 3000)), -1n, 'down, not towards zero');
  t.throws(() => applyRate(1n, 0.5), 'a fraction of a basis point');

  const invoices = [1n, 2n, 3n].map((n) => floorFen(applyRate(n * fen('333333.33'), 3000)));
  t.same(
    invoices.map((so, i) => formatYuan(so - (invoices[i - 1] ?? 0n))),
    ['99999.99', '100000.00', '100000.00'],
    'Z12',
  );

  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.integer({ min: 0, max: 10_000 }), (base, rate) => {
      return floorFen(applyRate(base, rate)) === (base * BigInt(rate)) / 10_000n;
    }),
  );
});

void t.test('a pool shared pro rata is never overspent, and nobody gets more than approved', async (t) => {
  const each = proRata(fen('20000000.00'), fen('100000000.00'), fen('120000000.00'));
  t.equal(formatYuan(each), '16666666.66', 'D9');
  t.equal(formatYuan(6n * each), '99999999.96', 'D9: 0.04 stays in the pool');
  t.throws(() => proRata(0n, 1n, 0n));
  const amount = fc.bigInt({ min: 1n, max: 10n ** 12n });
  fc.assert(
    fc.property(fc.array(amount, { minLength: 1, maxLength: 20 }), amount, (approved, left) => {
      const sum = sumFen(approved);
      const pool = minFen(left, sum);
      const given = approved.map((share) => proRata(share, pool, sum));
      const residue = pool - sumFen(given);
      return given.every((g, i) => g <= (approved[i] ?? 0n)) && residue >= 0n && residue < BigInt(approved.length);
    }),
  );
});

void t.test('funders: the parts add up, the last-named takes the odd fen, and no batch takes a fen back', async (t) => {
  const half = [
    { funder: 'city', basisPoints: 5000 },
    { funder: 'district', basisPoints: 5000 },
  ];
  const thirds = [3333, 3333, 3334].map((basisPoints, i) => ({ funder: ['province', 'city', 'district'][i] ?? '', basisPoints }));
  t.same(splitByFunders(101n, half), [
    { funder: 'city', amount: 50n },
    { funder: 'district', amount: 51n },
  ]);
  t.same(
    splitIncrement(101n, 1n, half).map((part) => part.amount),
    [1n, 0n],
    'the odd fen evens out with the next',
  );
  t.same(
    splitByFunders(10_000n, thirds).map((part) => part.amount),
    [3333n, 3333n, 3334n],
  );
  t.same(
    splitByFunders(2n, thirds).map((part) => part.amount),
    [0n, 0n, 2n],
  );
  t.same(splitByFunders(7n, [{ funder: 'city', basisPoints: 10_000 }]), [{ funder: 'city', amount: 7n }]);
  t.same(
    splitByFunders(7n, [...half, { funder: 'nobody', basisPoints: 0 }, { funder: 'none', basisPoints: 0 }]).map(
      (part) => part.amount,
    ),
    [3n, 4n, 0n, 0n],
  );
  t.throws(() => splitByFunders(1n, half.slice(1)), /add up to 5000/);
  t.throws(() => splitByFunders(1n, []), /add up to 0/);
  t.throws(
    () =>
      splitByFunders(1n, [
        { funder: 'a', basisPoints: 10_001 },
        { funder: 'b', basisPoints: -1 },
      ]),
    /0 or more/,
  );
  t.throws(() => splitByFunders(-1n, half), /negative/);
  t.throws(() => splitIncrement(1n, -1n, half), /negative/);

  const amounts = fc.array(fc.bigInt({ min: 0n, max: 30_000n }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), amounts, shares(6), (start, batches, funders) => {
      const cumulative = splitByFunders(start, funders).map((part) => part.amount);
      let total = start;
      for (const amount of batches) {
        const parts = splitIncrement(total, amount, funders);
        if (sumFen(parts.map((part) => part.amount)) !== amount) return false;
        if (parts.some((part) => part.amount < 0n)) return false;
        parts.forEach((part, i) => (cumulative[i] = (cumulative[i] ?? 0n) + part.amount));
        total += amount;
      }
      return splitByFunders(total, funders).every((part, i) => part.amount === cumulative[i]);
    }),
    { numRuns: 300 },
  );
  // Deviations from the exact share, in ten thousandths of a fen.
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), shares(6), (total, funders) => {
      const off = splitByFunders(total, funders).map(
        (part, i) => part.amount * 10_000n - total * BigInt(funders[i]?.basisPoints ?? 0),
      );
      const others = off.slice(0, -1);
      const last = off.at(-1) ?? 0n;
      return (
        (off.length === 1 || (off[0] ?? 1n) <= 0n) &&
        last >= 0n &&
        (off.length === 1 ? last === 0n : last < BigInt(others.length) * 10_000n) &&
        (off.length > 3 || others.every((o) => o > -10_000n && o < 10_000n))
      );
    }),
    { numRuns: 1000 },
  );
  // Two funders split every amount as floor and rest.
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.integer({ min: 0, max: 10_000 }), (total, bp) => {
      const [first, last] = splitByFunders(total, [
        { funder: 'a', basisPoints: bp },
        { funder: 'b', basisPoints: 10_000 - bp },
      ]);
      const floor = (total * BigInt(bp)) / 10_000n;
      return first?.amount === floor && last?.amount === total - floor;
    }),
  );
  t.equal(sumFen([]), 0n);
  t.equal(minFen(3n, -1n, 2n), -1n);
});

void t.test('an amount in words is the canonical 大写 of 支付结算办法 and 会计基础工作规范', async (t) => {
  const rows: [yuan: string, words: string][] = [
    ['1409.50', '人民币壹仟肆佰零玖元伍角整'],
    ['6007.14', '人民币陆仟零柒元壹角肆分'],
    ['1680.32', '人民币壹仟陆佰捌拾元叁角贰分'],
    ['107000.53', '人民币壹拾万柒仟元伍角叁分'],
    ['16409.02', '人民币壹万陆仟肆佰零玖元零贰分'],
    ['325.04', '人民币叁佰贰拾伍元零肆分'],
    ['0.00', '零元整'],
    ['0.05', '伍分'],
    ['0.50', '伍角整'],
    ['10.00', '人民币壹拾元整'],
    ['100100000.00', '人民币壹亿零壹拾万元整'],
    ['1000001.00', '人民币壹佰万零壹元整'],
    ['100000000.01', '人民币壹亿元零壹分'],
    ['16666666.66', '人民币壹仟陆佰陆拾陆万陆仟陆佰陆拾陆元陆角陆分'],
    ['246913.57', '人民币贰拾肆万陆仟玖佰壹拾叁元伍角柒分'],
    // Beyond the table, by its rules.
    ['1.00', '人民币壹元整'],
    ['19.90', '人民币壹拾玖元玖角整'],
    ['1001.00', '人民币壹仟零壹元整'],
    ['10010.00', '人民币壹万零壹拾元整'],
    ['12003000.00', '人民币壹仟贰佰万叁仟元整'],
    ['100000001.00', '人民币壹亿零壹元整'],
    ['100010001.00', '人民币壹亿零壹万零壹元整'],
    ['1000000000000.00', '人民币壹万亿元整'],
    ['1000500000000.00', '人民币壹万零伍亿元整'],
    ['999999999999999.99', '人民币玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分'],
  ];
  for (const [yuan, words] of rows) t.equal(amountInWords(fen(yuan)), words, yuan);
  t.throws(() => amountInWords(-1n));
  t.throws(() => amountInWords(10n ** 18n));
  t.ok(amountInWords(10n ** 18n - 1n));

  // Reading the words back, without regard to 零, gives the amount: no two amounts share their words.
  const read = (words: string): Fen => {
    const units: Record<string, bigint> = { 拾: 10n, 佰: 100n, 仟: 1000n };
    let [amount, yi, wan, group, digit] = [0n, 0n, 0n, 0n, 0n];
    for (const character of words.replace('人民币', '')) {
      const value = '零壹贰叁肆伍陆柒捌玖'.indexOf(character);
      if (value >= 0) digit = BigInt(value);
      else if (units[character] !== undefined) [group, digit] = [group + digit * units[character], 0n];
      else if (character === '万') [wan, group, digit] = [(group + digit) * 10_000n, 0n, 0n];
      else if (character === '亿') [yi, wan, group, digit] = [(wan + group + digit) * 100_000_000n, 0n, 0n, 0n];
      else if (character === '元') [amount, digit] = [(yi + wan + group + digit) * 100n, 0n];
      else if (character === '角') [amount, digit] = [amount + digit * 10n, 0n];
      else if (character === '分') amount += digit;
    }
    return amount;
  };
  const sparse = fc
    .array(fc.constantFrom('0', '0', '0', '1', '5', '9'), { minLength: 1, maxLength: 17 })
    .map((digits) => BigInt(digits.join('')));
  fc.assert(
    fc.property(fc.oneof(sparse, fc.bigInt({ min: 0n, max: 10n ** 17n })), (amount) => {
      const words = amountInWords(amount);
      return read(words) === amount && !words.includes('零零') && !/零[元万亿]/.test(words.replace('零元整', ''));
    }),
    { numRuns: 1000 },
  );
});

void t.test('a day is a day of the Shanghai calendar, whatever the zone of the machine', async (t) => {
  for (const text of ['2024-02-29', '2025-12-31', '0001-01-01', '9999-12-31', '2000-02-29']) t.ok(isDay(text), text);
  for (const text of [
    '2025-02-29',
    '2025-02-30',
    '1900-02-29',
    '2025-13-01',
    '2025-00-10',
    '2025-04-31',
    '2025-1-01',
    '0000-01-01',
    '2025-01-32',
    '2025-01-01 ',
    '2025/01/01',
    '',
  ])
    t.notOk(isDay(text), `not a day: ${text}`);

  const instants = fc.date({ min: new Date('1992-01-01T00:00:00Z'), max: new Date('2200-01-01T00:00:00Z'), noInvalidDate: true });
  fc.assert(
    fc.property(instants, (instant) => {
      const zoned = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO('Asia/Shanghai');
      const day = shanghaiDay(instant);
      return (
        day === zoned.toPlainDate().toString() &&
        isDay(day) &&
        formatInstant(instant) === zoned.toString({ timeZoneName: 'never', fractionalSecondDigits: 3 }) &&
        startOfDay(day).getTime() === zoned.startOfDay().epochMilliseconds &&
        parseInstant(formatInstant(instant))?.getTime() === instant.getTime() &&
        parseInstant(instant.toISOString())?.getTime() === instant.getTime() &&
        yearOf(day) === zoned.year &&
        monthOf(day) === zoned.toPlainDate().toPlainYearMonth().toString() &&
        lastDayOfMonth(monthOf(day)) === day.slice(0, 8) + String(zoned.daysInMonth)
      );
    }),
    { numRuns: 500 },
  );
});

void t.test('an instant is RFC 3339 with an offset, and nothing else', async (t) => {
  t.equal(formatInstant(new Date('2025-06-30T15:59:59.999Z')), '2025-06-30T23:59:59.999+08:00');
  const same = [
    '2025-06-30T23:59:59+08:00',
    '2025-06-30T15:59:59Z',
    '2025-06-30T15:59:59.000Z',
    '2025-07-01T01:29:59.000999+09:30',
  ];
  for (const text of same) t.equal(parseInstant(text)?.toISOString(), '2025-06-30T15:59:59.000Z', text);
  t.equal(parseInstant('1992-01-01T00:00:00+08:00')?.toISOString(), '1991-12-31T16:00:00.000Z');
  for (const text of [
    '2025-06-30',
    '2025-06-30T15:59:59',
    '2025-06-30 15:59:59Z',
    '2025-06-30t15:59:59z',
    '2025-02-29T00:00:00Z',
    '2025-06-30T24:00:00Z',
    '2025-06-30T15:60:00Z',
    '2025-06-30T15:59:60Z',
    '2025-06-30T15:59:59.Z',
    '2025-06-30T15:59:59+24:00',
    '1991-12-31T23:59:59+08:00',
    '9999-12-31T16:00:00Z',
    'yesterday',
  ])
    t.equal(parseInstant(text), null, `refused: ${text}`);
});

void t.test('periods are counted as the Civil Code counts them, and a voucher lasts to 24:00 of its last day', async (t) => {
  const vouchers: [issuedOn: string, months: number, lastDay: string][] = [
    ['2024-02-29', 12, '2025-02-28'],
    ['2025-08-31', 6, '2026-02-28'],
    ['2023-08-31', 6, '2024-02-29'],
    ['2025-02-28', 12, '2026-02-28'],
    ['2025-01-15', 12, '2026-01-15'],
    ['2025-12-31', 1, '2026-01-31'],
  ];
  for (const [issuedOn, months, lastDay] of vouchers)
    t.equal(voucherLastDay(issuedOn, months), lastDay, `${issuedOn} + ${months} months`);
  for (const months of [0, -1, 1.5, Number.NaN]) t.throws(() => voucherLastDay('2025-01-01', months), `${months} months`);

  t.ok(isWithinDay(new Date('2025-06-30T23:59:59.999+08:00'), '2025-06-30'), 'last millisecond of the last day');
  t.notOk(isWithinDay(new Date('2025-07-01T00:00:00.000+08:00'), '2025-06-30'), '00:00 of the next day');
  t.ok(isWithinDay(new Date('2025-06-29T12:00:00Z'), '2025-06-30'), 'earlier days are within');
  t.equal(shanghaiDay(new Date('2025-12-31T16:00:00Z')), '2026-01-01', 'the year turns at 16:00 UTC');

  t.equal(addDays('2024-02-28', 1), '2024-02-29');
  t.equal(addDays('2026-01-01', -1), '2025-12-31');
  t.equal(addDays('2025-05-09', 30), '2025-06-08');
  t.equal(addMonths('2025-03-31', -1), '2025-02-28');
  t.equal(lastDayOfMonth('2100-02'), '2100-02-28', 'no leap year');
  t.equal(daysInclusive('2025-06-30', '2025-06-30'), 1);
  t.equal(daysInclusive('2024-01-01', '2024-12-31'), 366);
  t.equal(daysInclusive('2025-06-30', '2025-06-01'), 0);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), (n) => daysInclusive('2020-02-29', addDays('2020-02-29', n)) === n + 1),
  );

  const june = { from: '2025-06-01', to: '2025-06-30' };
  t.ok(overlaps(june, { from: '2025-06-30', to: '2025-07-31' }), 'a shared last day');
  t.notOk(overlaps(june, { from: '2025-07-01', to: null }), 'the day after');
  t.ok(overlaps({ from: '2024-01-01', to: null }, june), 'without an end');
  t.notOk(overlaps({ from: '2025-07-01', to: null }, june));
});

void t.test('ids are UUIDs of version 7, distinct and rising, however the clock moves', async (t) => {
  const clock = [0, 1, 0, 5, 5, -100, 3, 2 ** 40, 7].map((step) => Date.UTC(2025, 5, 30) + step);
  const ids = clock.flatMap((time) => Array.from({ length: 3000 }, () => uuidv7(new Date(time))));
  t.equal(new Set(ids).size, ids.length, 'distinct');
  t.same([...ids].sort(), ids, 'rising as text');
  t.ok(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id) && isUuid(id)));
  t.equal(Number.parseInt((ids[0] ?? '').replace('-', '').slice(0, 12), 16), clock[0], 'carries the time handed in');
  t.throws(() => uuidv7(new Date(Number.NaN)));
  t.throws(() => uuidv7(new Date(-1)));
  for (const text of [
    '',
    'x',
    '0197bf2a-0000-7000-8000-00000000000',
    '0197BF2A-0000-7000-8000-000000000000',
    '{0197bf2a-0000-7000-8000-000000000000}',
  ])
    t.notOk(isUuid(text), `not an id: ${text}`);
});

void t.test('a credit code is checked by GB 32100-2015, and the refusal says what was expected', async (t) => {
  const valid = [
    '9144030071526726XG',
    '914403001922038216',
    '91350100M000100Y43',
    '91410100MA000020X0',
    '91410100MA0000007G',
    '91410800MA0000007L',
    '91330108MA0000007M',
    '91420100MA0000007L',
  ];
  for (const uscc of valid) {
    t.same(checkUscc(uscc), { kind: 'valid', uscc }, uscc);
    t.same(checkUscc(` ${uscc.toLowerCase()}\t`), { kind: 'valid', uscc }, `${uscc} in lower case`);
    t.equal(makeUscc(uscc.slice(0, 17)), uscc);
  }
  t.equal(usccCheckCharacter('91410100MA000020X'), '0', 'S mod 31 = 0');

  const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
  const character = (position: number, found: string, allowed = alphabet) => ({
    code: 'USCC_CHARACTER',
    params: { position, found, allowed },
  });
  const invalid: [text: string, refusal: { code: string; params: object }][] = [
    ['91350100M000100Y4Z', character(18, 'Z')],
    ['91310115MA1H8R7C6D', { code: 'USCC_CHECK_CHARACTER', params: { expected: '7', found: 'D' } }],
    ['91410100MA0000007', { code: 'USCC_LENGTH', params: { expected: 18, found: 17 } }],
    ['91410100MA0000007GG', { code: 'USCC_LENGTH', params: { expected: 18, found: 19 } }],
    ['', { code: 'USCC_LENGTH', params: { expected: 18, found: 0 } }],
    ['９１４１０１００ＭＡ００００００７Ｇ', character(1, '９')],
    ['9141010０MA0000007G', character(8, '０', '0123456789')],
    ['9141A100MA0000007G', character(5, 'A', '0123456789')],
    ['91410100MA000000ßG', character(17, 'ß')],
    ['91410100MA00 0007G', character(13, ' ')],
    ...[...'IOSVZ'].map((letter): [string, { code: string; params: object }] => [
      `91410100MA${letter}000007G`,
      character(11, letter),
    ]),
  ];
  for (const [text, refusal] of invalid) t.same(checkUscc(text), { kind: 'invalid', ...refusal }, text);
  t.throws(() => usccCheckCharacter('9141'));
  t.throws(() => makeUscc('91410100MA000000Z'));

  // 31 is prime and no weight a multiple of it: no single wrong character passes.
  const symbol = fc.constantFrom(...alphabet);
  const digits = fc.stringMatching(/^[0-9]{6}$/);
  const tail = fc.array(symbol, { minLength: 9, maxLength: 9 }).map((characters) => characters.join(''));
  fc.assert(
    fc.property(digits, tail, fc.integer({ min: 0, max: 17 }), symbol, (division, organisation, at, wrong) => {
      const uscc = makeUscc(`91${division}${organisation}`);
      const changed = uscc.slice(0, at) + wrong + uscc.slice(at + 1);
      return checkUscc(uscc).kind === 'valid' && (changed === uscc || checkUscc(changed).kind === 'invalid');
    }),
    { numRuns: 500 },
  );
});

void t.test('invoice, bank and document numbers have their printed form', async (t) => {
  const number = '25410000000000000001';
  t.same(checkInvoiceNumber(number, '2025-01-01'), { kind: 'valid' });
  t.same(checkInvoiceNumber('22440000000000000001', '2022-12-31'), { kind: 'valid' });
  t.same(checkInvoiceNumber(number, '2024-12-31'), {
    kind: 'invalid',
    code: 'INVOICE_NUMBER_YEAR',
    params: { number, found: '25', expected: '24' },
  });
  t.match(checkInvoiceNumber('21440000000000000001', '2021-06-30'), {
    code: 'INVOICE_NUMBER_YEAR',
    params: { found: '21', expected: '22' },
  });
  t.match(checkInvoiceNumber('22440000000000000001', '2021-06-30'), { code: 'INVOICE_NUMBER_YEAR' });
  for (const text of [
    '',
    number.slice(1),
    `${number}0`,
    ` ${number}`,
    `${number}\n`,
    '2541000000000000000A',
    '２5410000000000000001',
  ])
    t.match(
      checkInvoiceNumber(text, '2025-01-01'),
      { kind: 'invalid', code: 'INVOICE_NUMBER_FORMAT', params: { number: text } },
      JSON.stringify(text),
    );

  t.same(checkBankCode('102491002106'), { kind: 'valid' });
  for (const found of ['', '10249100210', '1024910021060', '10249100210X'])
    t.same(checkBankCode(found), { kind: 'invalid', code: 'BANK_CODE_FORMAT', params: { found } });

  t.equal(documentNumber('郑政文', 2024, 62), '郑政文〔2024〕62号');
});
