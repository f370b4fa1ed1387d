import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, month, pageQuery, signedAmount, uscc } from './common.js';
import { programmeCode } from './programme-api.js';

export const startSimulation = z.strictObject({
  version: z.int().min(1).max(1_000_000).meta({ description: 'A published version of the programme, a draft too' }),
  year: z.int().min(2000).max(2999).meta({ description: 'The year whose recorded facts it is tried over' }),
  compareWith: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .meta({ description: 'Another version, tried over the same facts; what really happened if left out' }),
  pool: amount
    .optional()
    .meta({ description: 'The money there is for the year; what was loaded for it if left out, and no bound where nothing was' }),
});

const count = z.int().min(0);
const figures = <T extends z.ZodType>(of: T) => z.strictObject({ compared: of, simulated: of });
const paid = z.strictObject({ count, amount });

const heldCases = z.strictObject({ count, compared: amount, simulated: amount });
const potentialCases = z.strictObject({ count, held: count, amount });

/** What the law of a version left open or the book does not tell. */
const openPoint = z.strictObject({ path: z.string(), zh: z.string(), en: z.string() });

export const simulationResult = z.strictObject({
  flow: z.enum(['VOUCHER', 'REIMBURSEMENT']),
  facts: z.strictObject({
    applications: count.meta({
      description: 'Cases tried: of vouchers decided in the year, of reimbursement decided by a batch that shared its money',
    }),
    assumed: count.meta({
      description:
        'Of these, legal persons of whom fees were settled in the year before, taken as if they had applied on the first day of the year: nobody had applied for reimbursement',
    }),
    redemptions: count.meta({ description: 'Redemptions tried: approved in the year, of vouchers issued in it' }),
    rejectedOtherwise: count.meta({ description: 'Rejected for what neither money nor a limit explains, and not tried' }),
    redemptionsOutside: count.meta({
      description: 'Of vouchers of other years: not tried, and counted against the limits as they were',
    }),
  }),
  missing: z
    .array(openPoint)
    .meta({ description: '政策未规定: what the simulated text does not give. Nothing is assumed for it' }),
  pool: z.strictObject({
    amount: amount.nullable().meta({ description: 'Null: nothing was loaded and none was given, so the money bounds nothing' }),
    source: z.enum(['GIVEN', 'LOADED', 'NONE']),
    exhaustedOn: figures(day.nullable()).meta({ description: 'The day of the decision that took the last of the money' }),
    left: figures(amount.nullable()),
  }),
  awarded: figures(paid).extend({ difference: signedAmount }),
  redeemed: figures(paid).extend({ difference: signedAmount }),
  held: z.strictObject({ awarded: heldCases, redeemed: heldCases }).meta({
    description:
      'Cases that a figure not on record holds on a side (of redemptions: vouchers), with what each side gives them: no difference, winner or loser counts them',
  }),
  potential: z
    .strictObject({
      undecided: potentialCases.meta({ description: 'Applied for and not decided' }),
      others: potentialCases.meta({
        description: 'Legal persons of whom fees were settled in the year before, and who did not apply',
      }),
    })
    .nullable()
    .meta({
      description:
        'Of reimbursements: what law and limits would leave those of whom nothing was decided, after all others and money aside. In no other figure',
    }),
  winners: paid.meta({ description: 'Legal persons who would have been awarded more, and by how much together' }),
  losers: paid,
  unchanged: z.strictObject({ count }),
  refusals: z.array(z.strictObject({ code: z.string(), of: z.string().nullable(), count, awarded: amount })).meta({
    description:
      'Cases that would have got nothing, by reason (`of`: the limit or predicate), with what they really were awarded',
  }),
  months: z.array(z.strictObject({ month, awarded: figures(amount), redeemed: figures(amount) })),
});
export type SimulationResult = z.input<typeof simulationResult>;

export const simulationState = z.enum(['WAITING', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED']).meta({
  description: 'WAITING: no process is at it yet, or the one that was has died; it is then run anew from its beginning',
});

const simulation = z.strictObject({
  simulationId: id,
  programmeCode: z.string(),
  version: z.int(),
  year: z.int(),
  compareWith: z.int().nullable().meta({ description: 'Null: with what really happened' }),
  state: simulationState,
  factsTotal: count.nullable().meta({ description: 'Null until they are counted' }),
  factsDone: count,
  failure: z
    .strictObject({ code: z.string(), zh: z.string(), en: z.string() })
    .nullable()
    .meta({ description: 'Why it ended without a result' }),
  factsUpTo: ledgerSeq.meta({ description: 'The ledger entry up to which the facts were looked at' }),
  recordedAt: instant,
  endedAt: instant.nullable(),
});
export const simulationListed = simulation;
export const simulationShown = simulation.extend({ result: simulationResult.nullable() });
export const simulationStarted = simulation.extend({ ledgerSeq });

export const simulationQuery = pageQuery.extend({ programmeCode: programmeCode.optional() });

export const simulationEnterprise = z.strictObject({
  legalPersonUscc: uscc,
  name: z.string(),
  applications: count,
  compared: amount,
  simulated: amount,
  difference: signedAmount,
  comparedRedeemed: amount,
  simulatedRedeemed: amount,
  held: count.meta({ description: 'Of its cases, those that a figure not on record holds on a side' }),
  heldCompared: amount.meta({
    description: 'What these were awarded, and what the simulation awards them: the difference leaves both out',
  }),
  heldSimulated: amount,
  potential: amount.meta({
    description: 'What law and limits would leave it of what it has not applied for, or what is not decided',
  }),
  bound: z
    .array(z.string())
    .meta({ description: 'What lowered its simulated awards, or refused them: limits, POOL, refusal codes' }),
});
export const simulationEnterpriseQuery = pageQuery.extend({
  order: z.enum(['GAIN', 'LOSS']).default('GAIN').meta({ description: 'Who gains most first, or who loses most' }),
});
