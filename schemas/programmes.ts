// A programme file: the law as data, written by a bureau's legal staff in YAML (db/programmes/<book>/<code>.v<N>.yaml).
//
// Every scalar of the file is read as text, so that 1000000.00 stays exact, 2024-06-01 stays a day and nobody needs quotes;
// this schema gives the text its meaning. A parameter the text of the law does not give is left out, never defaulted: what
// may be left out here and what may be left out of a programme in force are two questions, and the second is check.ts's.
import { z } from 'zod';
import { materialKind } from './evidence-files.js';

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

const months = whole(1, 1200);
const chipOrigin = z.enum(['DOMESTIC', 'NON_DOMESTIC']);

/** When a tier of a rate holds: all that it names. */
const tierCondition = z
  .strictObject({
    chipOrigin: chipOrigin.optional(),
    // A class on record for the enterprise, or of the model that was used.
    enterpriseClass: code.optional(),
    modelClass: code.optional(),
    // The day of application is before the corresponding day, so many months after the enterprise was established.
    enterpriseAgeUnderMonths: months.optional(),
  })
  .refine((when) => Object.values(when).some((value) => value !== undefined), {
    error: 'name what the tier depends on, or leave `when` out of the last tier',
    params: { zh: '应写明该档适用的情形；最后一档可以不写 when' },
  });

// «不超过» is CEILING: the approver may grant less. EXACT may be cut by a limit and by nobody.
const rateKind = z.enum(['CEILING', 'EXACT']);
const rate = z
  .strictObject({
    kind: rateKind,
    basisPoints: basisPoints.optional(),
    // The first tier whose conditions hold is the rate of a line. A line that no tier holds for does not count.
    tiers: z
      .array(z.strictObject({ when: tierCondition.optional(), basisPoints }))
      .min(1)
      .max(100)
      .optional(),
  })
  .refine((of) => (of.basisPoints === undefined) !== (of.tiers === undefined), {
    error: 'give either basisPoints or tiers',
    params: { zh: '应填写 basisPoints 或 tiers 之一' },
  })
  .refine(({ tiers = [] }) => tiers.every(({ when }, index) => when !== undefined || index === tiers.length - 1), {
    error: 'only the last tier may go without `when`: nothing behind it would ever be reached',
    params: { zh: '只有最后一档可以不写 when，否则其后各档不会适用' },
  });

/**
 * A number of the law, or a figure that is recorded for its holder: DISTRICT_CONTRIBUTION of a legal person in the year,
 * AUDITED_INVESTMENT of a project. A figure that is not on record holds the case.
 */
const limit = z
  .strictObject({
    id: key,
    // CLAIMED and AWARDED count when a voucher is issued or an award approved, REDEEMED when a redemption is.
    counts: z.enum(['CLAIMED', 'REDEEMED', 'AWARDED']),
    per: z.enum(['LEGAL_PERSON', 'CONTRACT', 'PROJECT', 'PROGRAMME']),
    // YEAR is the calendar year, Asia/Shanghai; YEARS_FROM_FIRST_AWARD so many of them, from that of the first award on.
    window: z.enum(['YEAR', 'LIFETIME', 'YEARS_FROM_FIRST_AWARD']),
    years: whole(1, 99).optional(),
    // «原则上»: raised for one holder only by an approved exception.
    soft: flag.optional(),
    // One number for all programmes of the book that name it so.
    sharedAs: key.optional(),
    figure: z.enum(['DISTRICT_CONTRIBUTION', 'AUDITED_INVESTMENT']).optional(),
    // Classes of enterprises that it does not hold for.
    exempt: z.array(code).min(1).optional(),
    // Only where the project has national or provincial money; `lessUpstream`: that money counts against it too.
    onlyWithUpstream: flag.optional(),
    lessUpstream: flag.optional(),
    ...valued(yuan),
  })
  .refine((of) => [of.value, of.values, of.figure].filter((given) => given !== undefined).length === 1, {
    error: 'give value (it holds always), values (each from its day on) or figure (a number on record)',
    params: { zh: '应填写 value（始终适用）、values（各自起始日起适用）或 figure（登记的数额）之一' },
  })
  .refine(valuedInOrder.check, valuedInOrder.message)
  .refine((of) => (of.window === 'YEARS_FROM_FIRST_AWARD') === (of.years !== undefined), {
    error: 'years belongs to the window YEARS_FROM_FIRST_AWARD, and to no other',
    params: { zh: 'years 仅用于期间 YEARS_FROM_FIRST_AWARD，且必须填写' },
  })
  .refine(
    ({ figure, per, window }) =>
      figure === undefined || (figure === 'AUDITED_INVESTMENT' ? per === 'PROJECT' : per === 'LEGAL_PERSON' && window === 'YEAR'),
    {
      error: 'AUDITED_INVESTMENT is per PROJECT, DISTRICT_CONTRIBUTION per LEGAL_PERSON and YEAR',
      params: { zh: 'AUDITED_INVESTMENT 应按 PROJECT，DISTRICT_CONTRIBUTION 应按 LEGAL_PERSON 和 YEAR' },
    },
  );

/**
 * How awards of several programmes on one matter go together. HIGHEST_ONLY and BEST_HIGHEST_ONLY: together no more than the highest of
 * them. LEVEL_UP_DIFFERENCE: the same, along a series of awards. ONE_AWARD_PER_CONTRACT: whoever has one on the contract gets no
 * other. PUBLIC_MONEY_CEILING: all public money together at most this share of the contract. ONE_ENTERPRISE_ONE_POLICY: nothing for
 * an enterprise that has a policy of its own.
 */
const stackingRule = z
  .strictObject({
    id: key,
    strategy: z.enum([
      'HIGHEST_ONLY',
      'BEST_HIGHEST_ONLY',
      'LEVEL_UP_DIFFERENCE',
      'ONE_AWARD_PER_CONTRACT',
      'PUBLIC_MONEY_CEILING',
      'ONE_ENTERPRISE_ONE_POLICY',
    ]),
    // What two awards must have in common to be looked at together.
    by: z.enum(['CONTRACT', 'PROJECT', 'PRODUCT', 'STANDARD', 'AWARD_SERIES']).optional(),
    // The programmes of the book that go together: those whose rule names the same group; without it this programme alone.
    group: key.optional(),
    basisPoints: basisPoints.optional(),
    cite: citation,
  })
  .refine(
    ({ strategy, by }) =>
      strategy === 'ONE_ENTERPRISE_ONE_POLICY'
        ? by === undefined
        : strategy === 'LEVEL_UP_DIFFERENCE'
          ? by === 'AWARD_SERIES'
          : ['ONE_AWARD_PER_CONTRACT', 'PUBLIC_MONEY_CEILING'].includes(strategy)
            ? by === 'CONTRACT'
            : by !== undefined,
    {
      error: 'say by what awards are looked at together: AWARD_SERIES for LEVEL_UP_DIFFERENCE, CONTRACT for rules on contracts',
      params: { zh: '应写明按什么归并（by）：晋级补差按 AWARD_SERIES，合同类按 CONTRACT，一企一策不填' },
    },
  )
  .refine(({ strategy, basisPoints: share }) => (strategy === 'PUBLIC_MONEY_CEILING') === (share !== undefined), {
    error: 'basisPoints belongs to PUBLIC_MONEY_CEILING, and to no other strategy',
    params: { zh: 'basisPoints 仅用于 PUBLIC_MONEY_CEILING，且必须填写' },
  });

/**
 * A paper that has to be there by a step. APPLICATION: when it is submitted, and whenever it is looked at before it is accepted;
 * REDEMPTION: when a voucher is redeemed; PAYMENT: before what is approved goes into a batch, from its payee.
 */
const material = z.strictObject({
  kind: materialKind.exclude(['OTHER']),
  by: z.enum(['APPLICATION', 'REDEMPTION', 'PAYMENT']),
  name: bilingual,
  cite: citation,
});

// What is bought: compute and what comes with it, and what the other vouchers and subsidies of a programme are for.
const serviceItem = z.enum([
  'AI_COMPUTE',
  'SUPERCOMPUTE',
  'GENERAL_COMPUTE',
  'STORAGE',
  'NETWORK',
  'SECURITY',
  'CORPUS',
  'MODEL_SERVICE',
  'TECHNOLOGY',
  'RESEARCH_COST',
] as const);

/**
 * One recorded fact. HARD must be met; SOFT («原则上») may be set aside by an approved exception. Of the APPLICATION it says something of the
 * enterprise or of the whole of what it applies for; of an ITEM, something of each contract, invoice or expense by itself, of all or of
 * those of some service items: one that does not meet it does not count, and the others do.
 */
const predicate = z
  .strictObject({
    id: key,
    strength: z.enum(['HARD', 'SOFT']),
    of: z.enum(['APPLICATION', 'ITEM']).optional(),
    serviceItems: z.array(serviceItem).min(1).optional(),
    text: bilingual,
    evidence: z.array(words).min(1),
    cite: citation,
  })
  .refine((one) => one.serviceItems === undefined || one.of === 'ITEM', {
    error: 'serviceItems belongs to a condition of an ITEM, and to no other',
    params: { zh: 'serviceItems 仅用于按项核查（of: ITEM）的条件' },
  });

const purpose = z.enum(['MODEL_RESEARCH', 'PRODUCT_DEVELOPMENT', 'SCENARIO_APPLICATION']);
const beneficiaryKind = z.enum(['ENTERPRISE', 'INSTITUTION']);
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

const days = whole(1, 260).optional();
const stepDays = z
  .strictObject({
    acceptance: days,
    supplement: days,
    check: days,
    expertReview: days,
    review: days,
    objection: days,
    decision: days,
  })
  .refine((of) => Object.values(of).some((given) => given !== undefined), {
    error: 'name the steps that the text gives days for',
    params: { zh: '应写明政策规定了期限的环节' },
  });

const expertReview = z
  .strictObject({
    experts: whole(1, 99).optional(),
    criteria: z
      .array(z.strictObject({ id: key, name: bilingual, points: whole(1, 100) }))
      .min(1)
      .max(50)
      .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, {
        error: 'a criterion is named twice',
        params: { zh: '评分项重复' },
      })
      .optional(),
  })
  .refine((of) => of.experts !== undefined || of.criteria !== undefined, {
    error: 'give experts, criteria or both',
    params: { zh: '应填写 experts、criteria 或两者' },
  });

const providerSelection = z.strictObject({
  criteria: z
    .array(z.strictObject({ id: code, name: bilingual, points: whole(1, 1000).optional() }))
    .min(1)
    .max(50)
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, {
      error: 'a criterion is named twice',
      params: { zh: '遴选标准重复' },
    }),
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
  // What a voucher can still pay after its last day: it lapses, used by nobody, or returns to the year's money for others.
  expiredBalance: parameter(z.enum(['LAPSES', 'RETURNS'])).optional(),
  // Whether face that expires unused gives its part of the claimed limit back.
  unusedFaceReturnsQuota: parameter(flag).optional(),
});

/**
 * CLAWBACK: what has to be given back, and `basisPoints` how much of the award, where the text says so. PERFORMANCE: who evaluates what
 * came of the money. SUPERVISION: who may look at it. ARCHIVES: what is to be kept.
 */
const clause = z
  .strictObject({
    id: key,
    kind: z.enum(['CLAWBACK', 'PERFORMANCE', 'SUPERVISION', 'ARCHIVES']),
    text: bilingual,
    basisPoints: basisPoints.optional(),
    departments: z.array(words).min(1).optional(),
    cite: citation,
  })
  .refine(({ kind, basisPoints: share }) => share === undefined || kind === 'CLAWBACK', {
    error: 'basisPoints belongs to CLAWBACK, and to no other clause',
    params: { zh: 'basisPoints 仅用于 CLAWBACK' },
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
        // UNKNOWN: not known, or not separable.
        chipOrigin: z.enum(['DOMESTIC', 'NON_DOMESTIC', 'UNKNOWN']).optional(),
        modelClass: code.optional(),
      }),
    )
    .min(1)
    .optional(),
};
const amountOnce = {
  check: (given: { amount?: unknown; lines?: unknown }) => (given.amount === undefined) !== (given.lines === undefined),
  message: { error: 'give either amount or lines', params: { zh: '应填写 amount 或 lines 之一' } },
};

const findings = z.record(key, z.enum(['MET', 'NOT_MET', 'EXCEPTION', 'NOT_RECORDED']));

const party = {
  provider: z
    .strictObject({
      isEnterprise: flag.optional(),
      isRelated: flag.optional(),
      isLocal: flag.optional(),
      listedFrom: day.optional(),
      listedTo: day.optional(),
    })
    .optional(),
  enterprise: z
    .strictObject({
      kind: beneficiaryKind.optional(),
      classes: z.array(code).optional(),
      establishedOn: day.optional(),
      isListedProvider: flag.optional(),
      oneEnterpriseOnePolicy: flag.optional(),
      predicates: findings.optional(),
    })
    .optional(),
  // What the application is about, for rules that look at several awards together; a plain case names one of each.
  matters: z.partialRecord(z.enum(['PROJECT', 'PRODUCT', 'STANDARD', 'AWARD_SERIES']), words).optional(),
  // Numbers on record, by the limit that takes them; a plain case has none of them bind. `unknown` ones are not on record.
  figures: z.record(key, yuan).optional(),
  unknownFigures: z.array(key).min(1).optional(),
  // National and provincial money of the project or the contract.
  upstream: yuan.optional(),
  // What an approved exception raised a soft limit by.
  raised: z.record(key, yuan).optional(),
  // The year of the first award, by the limit whose window begins with it; else this award is the first.
  firstAwardYears: z.record(key, whole(2000, 9999)).optional(),
  // Already counted against a limit or by a stacking rule, in the window of this case.
  used: z.record(key, yuan).optional(),
};

const world = {
  // The day of application, which decides the law, and the day of issue, which decides the year of claims.
  appliedOn: day,
  issuedOn: day.optional(),
  contract: z
    .strictObject({
      signedOn: day.optional(),
      filedOn: day.optional(),
      filed: flag.optional(),
      purpose: purpose.optional(),
      ...amountOrLines,
    })
    .refine(amountOnce.check, amountOnce.message),
  ...party,
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

/** Reimbursement: what was bought, settled and paid, item by item; every item's contract is filed and its provider listed. */
const awardCase = z.strictObject({
  stage: z.literal('AWARD'),
  name: words,
  article: words,
  given: z.strictObject({
    appliedOn: day,
    // The day of the award, which decides the year of its limits; the day of application when left out.
    awardedOn: day.optional(),
    ...party,
    facilities: world.facilities,
    items: z
      .array(
        z
          .strictObject({
            signedOn: day.optional(),
            filedOn: day.optional(),
            filed: flag.optional(),
            purpose: purpose.optional(),
            // The plain item is used and paid in full on 1 July of the year before the application.
            usedFrom: day.optional(),
            usedTo: day.optional(),
            settledOn: day.optional(),
            paidInFull: flag.optional(),
            provider: party.provider,
            // Where it differs from what the enterprise is said to meet: conditions of an ITEM.
            predicates: findings.optional(),
            ...amountOrLines,
          })
          .refine(amountOnce.check, amountOnce.message),
      )
      .min(1),
    poolLeft: yuan.optional(),
    // What the review left of what was computed.
    approved: yuan.optional(),
    requested: yuan.optional(),
    maximum: yuan.optional(),
  }),
  expect: z.strictObject(outcome).refine(outcomeOnce.check, outcomeOnce.message),
});

/** A pool shared by claims that were approved: what each gets, in the order given. */
const allocateCase = z.strictObject({
  stage: z.literal('ALLOCATE'),
  name: words,
  article: words,
  given: z.strictObject({
    appliedOn: day,
    poolLeft: yuan,
    claims: z
      .array(z.strictObject({ approved: yuan, classes: z.array(code).optional(), score: whole(0, 100).optional() }))
      .min(1),
  }),
  expect: z.array(yuan).min(1),
});

export const programmeFile = z.strictObject({
  // GENERAL_CONTROLS awards nothing: its limits, conditions and stacking rules hold for all programmes of the book.
  kind: z.enum(['PROGRAMME', 'GENERAL_CONTROLS']).optional(),
  programme: key,
  version: whole(1, 9999),
  name: bilingual,
  status: z.enum(['DRAFT', 'ENACTED', 'REPEALED']),
  // The article that creates the programme: what it leaves open is reported under its name.
  basis: z.strictObject({ document: key, article: words }),
  documents: z.record(
    key,
    z.strictObject({
      // In order of rank: one lower may narrow what one above it gives, and not widen it.
      kind: z.enum(['MEASURE', 'DETAILED_RULES', 'NOTICE', 'GUIDE']),
      title: words,
      number: words.optional(),
      issuedOn: day.optional(),
      // A document invented for the demo world: nobody may quote words of it.
      demo: flag.optional(),
    }),
  ),

  inForce: z.strictObject({ from: day, to: day.optional(), cite: citation }).optional(),
  // «自公布之日起30日后»: how it is counted is arguable, so the day is never computed; the candidates are shown, and a day that is none
  // of them is warned of.
  inForceAfter: z.strictObject({ days: whole(1, 3660), cite: citation }).optional(),
  // «有效期三年», which a text may say without a first day. The last day is not computed from it either: one that it may not mean is
  // warned of.
  inForceFor: z.strictObject({ years: whole(1, 99), cite: citation }).optional(),
  responsibleDepartments: parameter(z.array(words).min(1)).optional(),
  // What the voucher or award is called on its certificate.
  voucherKind: parameter(
    z.enum(['COMPUTE', 'TRAINING', 'SERVICE_SUBSIDY', 'CORPUS', 'MODEL', 'INNOVATION', 'SUBSIDY']),
  ).optional(),
  // VOUCHER: issued beforehand and redeemed against invoices. REIMBURSEMENT: paid back once the enterprise has paid.
  flow: parameter(z.enum(['VOUCHER', 'REIMBURSEMENT'])).optional(),
  payee: parameter(z.enum(['PROVIDER', 'ENTERPRISE'])).optional(),
  // The day whose law decides: that of the application, or that on which the contract was signed.
  decidingDay: parameter(z.enum(['APPLICATION', 'CONTRACT_SIGNING'])).optional(),
  base: parameter(z.enum(['CONTRACT_AMOUNT', 'USAGE_FEE', 'PRIOR_YEAR_SETTLED_FEE', 'COST'])).optional(),
  // GROSS: tax included. NET: without tax.
  amountBasis: parameter(z.enum(['GROSS', 'NET'])).optional(),
  rate: parameter(rate).optional(),
  // A line whose chips are of both origins or of none that is known, where the rate depends on it.
  mixedChips: parameter(z.enum(['LOWER_RATE', 'NOT_COUNTED'])).optional(),
  limits: z.array(limit).optional(),
  // The year's money: «最高» is a CEILING that appropriations stay within, «不低于» a FLOOR that they should reach, «每年安排» a FIXED sum that
  // they should reach and stay within.
  pool: parameter(z.strictObject({ kind: z.enum(['CEILING', 'FLOOR', 'FIXED']), amount: yuan })).optional(),
  // RANKED: by class, then score, then time. PRO_RATA: all alike, when money does not reach.
  allocation: parameter(z.enum(['FIRST_COME', 'RANKED', 'PRO_RATA'])).optional(),
  // Enterprise classes served first, in this order.
  priority: parameter(z.array(z.strictObject({ class: code, name: bilingual })).min(1)).optional(),
  beneficiaryKinds: parameter(z.array(beneficiaryKind).min(1)).optional(),
  eligibility: z.array(predicate).optional(),
  materials: z.array(material).optional(),
  // LISTED_FOR_SERVICE_ITEM: on every day of use, for the service item used. LISTED_WHEN_SETTLED: on the day it was paid in full. LOCAL:
  // registered in the book's city.
  providerConditions: parameter(z.array(z.enum(['LISTED_FOR_SERVICE_ITEM', 'LISTED_WHEN_SETTLED', 'LOCAL'])).min(1)).optional(),
  facilityConditions: parameter(facilityConditions).optional(),
  purposes: parameter(z.array(purpose).min(1)).optional(),
  // Only lines of these service items make the base.
  serviceItems: parameter(z.array(serviceItem).min(1)).optional(),
  // LISTED_PROVIDER: whoever is itself a listed provider may not claim.
  exclusions: parameter(z.array(z.enum(['SELF_BUILT_SELF_USED', 'RELATED_PARTIES', 'LISTED_PROVIDER'])).min(1)).optional(),
  // BEFORE_APPLICATION: the whole contract counts when it is filed by then. BEFORE_USE: only what is used from that day on.
  filing: parameter(z.enum(['BEFORE_APPLICATION', 'BEFORE_USE'])).optional(),
  contractSignedOnOrAfter: parameter(day).optional(),
  // What counts must come to at least this much; so must the award.
  minBase: parameter(yuan).optional(),
  minAward: parameter(yuan).optional(),
  // No single award is higher.
  maxAward: parameter(yuan).optional(),
  stacking: z.array(stackingRule).optional(),
  reviewSteps: parameter(
    z.array(z.enum(['PRELIMINARY_REVIEW', 'RECHECK', 'EXPERT_REVIEW', 'THIRD_PARTY_AUDIT', 'PUBLIC_NOTICE'])).min(1),
  ).optional(),
  // Working days of the public notice.
  noticeDays: parameter(whole(1, 60)).optional(),
  // An approval of more than this needs two approvers; where no text says so, the bureau's own rule is cited as an interpretation.
  twoApproversAbove: parameter(yuan).optional(),
  // How many working days each step may take; of `supplement` the enterprise has at least so many to correct what it handed in.
  stepDays: parameter(stepDays).optional(),
  // How many experts score a case, and by which criteria, each with its highest points; what is not given the bureau says when it assigns.
  expertReview: parameter(expertReview).optional(),
  // What providers are selected by when they apply to be listed, with the highest points where the text gives them.
  providerSelection: parameter(providerSelection).optional(),
  transfer: parameter(z.enum(['FORBIDDEN'])).optional(),
  // From the day of issue to the corresponding day, its last day inclusive.
  validityMonths: parameter(whole(1, 120)).optional(),
  // Days from the issue, which is not counted, within which the enterprise accepts the terms of the voucher; left out: it need not.
  activationDays: parameter(whole(1, 366)).optional(),
  funders: parameter(funders).optional(),
  settlementCadence: parameter(z.enum(['MONTHLY', 'QUARTERLY'])).optional(),
  // Days from the posting of an invoice, which is not counted, within which its enterprise confirms or disputes; and what follows else.
  usageConfirmation: parameter(
    z.strictObject({ days: whole(1, 366), unit: z.enum(['DAY', 'WORKING_DAY']), then: z.enum(['CONFIRMED', 'RETURNED']) }),
  ).optional(),
  redemption: redemption.optional(),
  // What the text says of its own working and nothing here computes: shown to who has to act on it.
  clauses: z.array(clause).optional(),

  cases: z.array(z.discriminatedUnion('stage', [issueCase, redeemCase, awardCase, allocateCase])).optional(),
});

export type ProgrammeFile = z.output<typeof programmeFile>;
export type ProgrammeCase = NonNullable<ProgrammeFile['cases']>[number];
