// A programme file: the law as data, written by a bureau's legal staff in YAML (db/programmes/<book>/<code>.v<N>.yaml).
//
// Every scalar of the file is read as text, so that 1000000.00 stays exact, 2024-06-01 stays a day and nobody needs quotes;
// this schema gives the text its meaning. A parameter the text of the law does not give is left out, never defaulted: what
// may be left out here and what may be left out of a programme in force are two questions, and the second is check.ts's.
import { z } from 'zod';

/** A text with a form: an English sentence for `message`, a Chinese one in `params.zh`. */
function form(pattern: RegExp, en: string, zh: string) {
  return z.string().refine((value) => pattern.test(value), { error: en, params: { zh } });
}

const words = z.string().trim().min(1).max(2000);
const bilingual = z.strictObject({ zh: words, en: words });
const key = form(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'lower case words joined by hyphens', '应为小写英文单词，以连字符相连');
const code = form(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/, 'upper case words joined by underscores', '应为大写英文单词，以下划线相连');
const day = z.iso.date({ error: 'a day that exists, YYYY-MM-DD' });
const yuan = form(
  /^(0|[1-9]\d{0,14})\.\d{2}$/,
  'yuan with two decimals and no separators, as 1000000.00',
  '应为以元为单位、两位小数、不带分隔符的金额，如 1000000.00',
);
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** A whole number between both ends, inclusive. */
function whole(least: number, most: number) {
  return form(/^(0|[1-9]\d{0,6})$/, 'a whole number', '应为整数')
    .transform(Number)
    .refine((value) => value >= least && value <= most, {
      error: `a whole number from ${least} to ${most}`,
      params: { zh: `应为 ${least} 至 ${most} 的整数` },
    });
}

/** Basis points: 2000 is 20 %. */
const basisPoints = whole(0, 10_000);

/**
 * Where a value comes from. `words` are quoted from the document, and from nowhere else. `interpretation: true` says that the
 * document does not decide the value: `reading` is how we read it and `decidedBy` who may read it otherwise.
 */
const citation = z
  .strictObject({
    document: key,
    article: words,
    words: words.optional(),
    interpretation: flag.optional(),
    reading: bilingual.optional(),
    decidedBy: words.optional(),
  })
  .refine(
    (cite) =>
      cite.interpretation === true
        ? cite.reading !== undefined && cite.decidedBy !== undefined
        : cite.reading === undefined && cite.decidedBy === undefined,
    {
      error: 'an interpretation needs its reading and who decides it (decidedBy), and only an interpretation has them',
      params: { zh: '解释性参数须写明理解（reading）和有权决定者（decidedBy），非解释性参数不得填写' },
    },
  );

interface Valued {
  value?: unknown;
  values?: readonly { from: string }[] | undefined;
}

const valuedOnce = {
  check: (parameter: Valued) => (parameter.value === undefined) !== (parameter.values === undefined),
  message: {
    error: 'give either value (it holds always) or values (each from its day on)',
    params: { zh: '应填写 value（始终适用）或 values（各自起始日起适用）之一' },
  },
};
const valuedInOrder = {
  check: (parameter: Valued) =>
    (parameter.values ?? []).every(({ from }, index, all) => index === 0 || (all[index - 1]?.from ?? '') < from),
  message: { error: 'values must be in order of their days', params: { zh: 'values 应按起始日先后排列且不重复' } },
};

/** `value`, which holds always, or `values`, each of which holds from its day until the next; a later one may cite anew. */
function valued<V extends z.ZodType>(value: V) {
  return {
    value: value.optional(),
    values: z
      .array(z.strictObject({ from: day, value, cite: citation.optional() }))
      .min(1)
      .optional(),
    cite: citation,
  };
}

function parameter<V extends z.ZodType>(value: V) {
  return z
    .strictObject(valued(value))
    .refine(valuedOnce.check, valuedOnce.message)
    .refine(valuedInOrder.check, valuedInOrder.message);
}

const rate = z.strictObject({
  // «不超过» is CEILING: the approver may grant less. EXACT may be cut by a limit and by nobody.
  kind: z.enum(['CEILING', 'EXACT']),
  basisPoints,
});

const limit = z
  .strictObject({
    id: key,
    counts: z.enum(['CLAIMED', 'REDEEMED']),
    per: z.enum(['LEGAL_PERSON', 'CONTRACT']),
    // YEAR is the calendar year, Asia/Shanghai.
    window: z.enum(['YEAR', 'LIFETIME']),
    // «原则上»: raised for one holder only by an approved exception.
    soft: flag.optional(),
    ...valued(yuan),
  })
  .refine(valuedOnce.check, valuedOnce.message)
  .refine(valuedInOrder.check, valuedInOrder.message);

/** One recorded fact about the enterprise. HARD must be met; SOFT («原则上») may be set aside by an approved exception. */
const predicate = z.strictObject({
  id: key,
  strength: z.enum(['HARD', 'SOFT']),
  text: bilingual,
  evidence: z.array(words).min(1),
  cite: citation,
});

const serviceItem = z.enum(['AI_COMPUTE', 'SUPERCOMPUTE', 'GENERAL_COMPUTE', 'STORAGE', 'NETWORK', 'SECURITY']);
const facilityKind = z.enum(['SUPERCOMPUTING', 'AI_COMPUTING', 'DATA_CENTER']);
const pflops = form(/^(0|[1-9]\d{0,8})(\.\d{1,6})?$/, 'a number of PFLOPS, as 100 or 99.99', '应为 PFLOPS 数值，如 100 或 99.99');

/** A facility is eligible when one of the conditions holds. Thresholds are inclusive («以上» includes the number). */
const facilityCondition = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('SUPERCOMPUTING') }),
  z.strictObject({ kind: z.literal('AI_COMPUTING'), pflopsAtLeast: pflops, precision: code }),
  z.strictObject({ kind: z.literal('DATA_CENTER'), standardRacksAtLeast: whole(1, 1_000_000) }),
]);

const facilityConditions = z
  .array(facilityCondition)
  .min(1)
  .refine((all) => new Set(all.map(({ kind }) => kind)).size === all.length, {
    error: 'one condition for each kind of facility',
    params: { zh: '每类设施只能有一个条件' },
  });

const funders = z
  .array(z.strictObject({ funder: code, name: bilingual, basisPoints }))
  .min(1)
  // An odd fen falls to the funder named last.
  .refine((all) => all.reduce((sum, one) => sum + one.basisPoints, 0) === 10_000, {
    error: 'the funders’ basis points must add up to 10000',
    params: { zh: '各出资方比例合计应为 10000 个基点' },
  })
  .refine((all) => new Set(all.map(({ funder }) => funder)).size === all.length, {
    error: 'a funder is named twice',
    params: { zh: '出资方重复' },
  });

const redemption = z.strictObject({
  // Whether the enterprise must have paid its own part of the invoice before the voucher pays the rest.
  selfFundedPaid: parameter(z.enum(['BEFORE_REDEMPTION', 'NOT_REQUIRED'])).optional(),
  // A redemption submitted on or before the last day: does it finish after that day?
  inFlightAtExpiry: parameter(z.enum(['FINISH', 'LAPSE'])).optional(),
  // END: usage ends on or before the voucher's last day. WHOLE: it also starts on or after the day of issue.
  usageWithinValidity: parameter(z.enum(['WHOLE', 'END', 'NOT_REQUIRED'])).optional(),
  // Whether what a limit cut off one invoice may be redeemed with a later one.
  carryCutOff: parameter(flag).optional(),
  // Whether face that expires unused gives its part of the claimed limit back.
  unusedFaceReturnsQuota: parameter(flag).optional(),
});

// Cases: what the file promises, in the words of the API. What is not given is a plain case: the provider is listed, the
// facility eligible, every predicate met, the invoice paid in full, nothing used of any limit.

const amountOrLines = {
  amount: yuan.optional(),
  lines: z
    .array(
      z.strictObject({
        // Tax included; `vat` is the part of it that is tax.
        gross: form(/^-?(0|[1-9]\d{0,14})\.\d{2}$/, 'yuan with two decimals', '应为以元为单位、两位小数的金额'),
        vat: yuan.optional(),
        serviceItem: serviceItem.optional(),
        facility: key.optional(),
      }),
    )
    .min(1)
    .optional(),
};
const amountOnce = {
  check: (given: { amount?: unknown; lines?: unknown }) => (given.amount === undefined) !== (given.lines === undefined),
  message: { error: 'give either amount or lines', params: { zh: '应填写 amount 或 lines 之一' } },
};

const world = {
  // The day of application, which decides the law, and the day of issue, which decides the year of claims.
  appliedOn: day,
  issuedOn: day.optional(),
  contract: z.strictObject({ signedOn: day.optional(), ...amountOrLines }).refine(amountOnce.check, amountOnce.message),
  provider: z.strictObject({ isEnterprise: flag.optional(), listedFrom: day.optional(), listedTo: day.optional() }).optional(),
  enterprise: z.strictObject({ predicates: z.record(key, z.enum(['MET', 'NOT_MET', 'EXCEPTION', 'NOT_RECORDED'])) }).optional(),
  facilities: z
    .record(
      key,
      z.strictObject({
        kind: facilityKind,
        ownedByEnterprise: flag.optional(),
        operatedByEnterprise: flag.optional(),
        observations: z.array(
          z.strictObject({
            observedOn: day,
            pflops: pflops.optional(),
            precision: code.optional(),
            standardRacks: whole(0, 1_000_000).optional(),
            inService: flag.optional(),
          }),
        ),
      }),
    )
    .optional(),
  // Already counted against a limit in the window of this case.
  used: z.record(key, yuan).optional(),
};

const outcome = {
  award: yuan.optional(),
  // The limit that bound it; left out when nothing did.
  bound: z.string().min(1).optional(),
  refused: code.optional(),
};
const outcomeOnce = {
  check: (expected: { award?: unknown; bound?: unknown; refused?: unknown }) =>
    (expected.award === undefined) !== (expected.refused === undefined) &&
    (expected.bound === undefined || expected.award !== undefined),
  message: {
    error: 'expect either an award (and what bound it) or a refusal',
    params: { zh: '应填写 award（及 bound）或 refused 之一' },
  },
};

const issueCase = z.strictObject({
  stage: z.literal('ISSUE'),
  name: words,
  article: words,
  given: z.strictObject({
    ...world,
    poolLeft: yuan.optional(),
    approvedBasisPoints: basisPoints.optional(),
    requested: yuan.optional(),
    maximum: yuan.optional(),
  }),
  expect: z.strictObject(outcome).refine(outcomeOnce.check, outcomeOnce.message),
});

const redeemCase = z.strictObject({
  stage: z.literal('REDEEM'),
  name: words,
  article: words,
  given: z.strictObject({
    ...world,
    voucher: z.strictObject({ face: yuan, expiresOn: day.optional(), approvedBasisPoints: basisPoints.optional() }),
    // One after the other; each is booked before the next is looked at.
    invoices: z
      .array(
        z
          .strictObject({
            usedFrom: day.optional(),
            usedTo: day.optional(),
            submittedOn: day.optional(),
            bookedOn: day.optional(),
            paid: yuan.optional(),
            requested: yuan.optional(),
            maximum: yuan.optional(),
            ...amountOrLines,
          })
          .refine(amountOnce.check, amountOnce.message),
      )
      .min(1),
  }),
  expect: z.array(z.strictObject(outcome).refine(outcomeOnce.check, outcomeOnce.message)).min(1),
});

export const programmeFile = z.strictObject({
  programme: key,
  version: whole(1, 9999),
  name: bilingual,
  status: z.enum(['DRAFT', 'ENACTED', 'REPEALED']),
  // The article that creates the programme: what it leaves open is reported under its name.
  basis: z.strictObject({ document: key, article: words }),
  documents: z.record(
    key,
    z.strictObject({
      kind: z.enum(['MEASURE', 'NOTICE']),
      title: words,
      number: words.optional(),
      issuedOn: day.optional(),
      // A document invented for the demo world: nobody may quote words of it.
      demo: flag.optional(),
    }),
  ),

  inForce: z.strictObject({ from: day, to: day.optional(), cite: citation }).optional(),
  responsibleDepartments: parameter(z.array(words).min(1)).optional(),
  flow: parameter(z.enum(['VOUCHER'])).optional(),
  payee: parameter(z.enum(['PROVIDER'])).optional(),
  base: parameter(z.enum(['CONTRACT_AMOUNT', 'USAGE_FEE'])).optional(),
  // GROSS: tax included. NET: without tax.
  amountBasis: parameter(z.enum(['GROSS', 'NET'])).optional(),
  rate: parameter(rate).optional(),
  limits: z.array(limit).optional(),
  allocation: parameter(z.enum(['FIRST_COME'])).optional(),
  // Enterprise classes served first, in this order.
  priority: parameter(z.array(z.strictObject({ class: code, name: bilingual })).min(1)).optional(),
  eligibility: z.array(predicate).optional(),
  // LISTED_FOR_SERVICE_ITEM: on every day of use, for the service item used.
  providerConditions: parameter(z.array(z.enum(['LISTED_FOR_SERVICE_ITEM'])).min(1)).optional(),
  facilityConditions: parameter(facilityConditions).optional(),
  // Only lines of these service items make the base.
  serviceItems: parameter(z.array(serviceItem).min(1)).optional(),
  exclusions: parameter(z.array(z.enum(['SELF_BUILT_SELF_USED'])).min(1)).optional(),
  contractSignedOnOrAfter: parameter(day).optional(),
  minAward: parameter(yuan).optional(),
  // From the day of issue to the corresponding day, its last day inclusive.
  validityMonths: parameter(whole(1, 120)).optional(),
  funders: parameter(funders).optional(),
  settlementCadence: parameter(z.enum(['MONTHLY'])).optional(),
  redemption: redemption.optional(),

  cases: z.array(z.discriminatedUnion('stage', [issueCase, redeemCase])).optional(),
});

export type ProgrammeFile = z.output<typeof programmeFile>;
export type ProgrammeCase = NonNullable<ProgrammeFile['cases']>[number];
