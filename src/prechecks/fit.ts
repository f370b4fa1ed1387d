// What was said, as a programme asks for it. What it asks and was not said is taken as it would have to be, and told as missing; so
// the answer is what could be had once all of that is shown. Pure.
import type { Day } from '../calendar.js';
import type { Fen } from '../money.js';
import { decidingDayOf, nothingOnRecord } from '../programmes/evaluate.js';
import type { AwardFacts, Circumstances, Dealing, LimitFacts, SettledLine } from '../programmes/evaluate.js';
import { rules } from '../programmes/explain.js';
import { lawOn } from '../programmes/language.js';
import type { Law, Matter, ProgrammeVersion } from '../programmes/language.js';
import type { ContractTerms, Enterprise, Facility, Provider } from '../programmes/lines.js';
import type { Missing } from './missing.js';
import { chipsToShow, fact, filing, materialToHandIn, matterToName, predicateToShow, ruleToShow } from './missing.js';

/** Ids of what nobody has named: of no account, for no code and no id begins so. */
export const UNNAMED = { applicant: '?applicant', contract: '?contract', provider: '?provider', facility: '?facility' } as const;

/** A line of a contract or of what was settled. Its facility null: not said. */
export interface BoughtLine extends SettledLine {
  /** Which line it is, whichever programme looks at it. */
  readonly key: string;
  readonly vatKnown: boolean;
}

/** What was bought of one provider, under one contract or none that is named. */
export interface Bought {
  readonly provider: Provider;
  /** What of the provider was not said, and is taken as it would have to be. */
  readonly open: { readonly listed: boolean; readonly related: boolean; readonly local: boolean };
  /** `filedOn` null: not filed; `purpose` null: not said. */
  readonly terms: ContractTerms | null;
  readonly facilities: readonly Facility[];
  readonly lines: readonly BoughtLine[];
}

type Matters = Readonly<Partial<Record<Matter, string>>>;

/** All that is known of the question, whatever programme is asked. */
export interface Said {
  readonly day: Day;
  readonly baseYear: number;
  readonly applicant: Omit<Enterprise, 'predicates'>;
  readonly classesKnown: boolean;
  readonly contract: (Bought & { readonly terms: ContractTerms }) | null;
  readonly fees: readonly Bought[] | null;
  readonly matters: Matters;
  readonly mattersFor: Readonly<Record<string, Matters>>;
  readonly predicates: Readonly<Record<string, boolean>>;
  readonly upstreamFen: Fen;
}

/** The question as the evaluator takes it, at the stage at which the programme decides. */
export type Asking =
  { readonly stage: 'ISSUE'; readonly at: Circumstances } | { readonly stage: 'AWARD'; readonly at: AwardFacts };

export interface Fitted {
  readonly law: ProgrammeVersion;
  /** As it stands on the day that decides. */
  readonly on: Law;
  readonly flow: 'VOUCHER' | 'REIMBURSEMENT';
  /** Null: what the programme looks at was not given. */
  readonly asking: Asking | null;
  /** The keys of the lines that are asked about, item by item. */
  readonly keys: readonly (readonly string[])[];
  readonly missing: readonly Missing[];
}

/** Whether a law looks at what was settled, and not at a contract. */
export const looksAtFees = (on: Law): boolean =>
  on.flow?.value === 'REIMBURSEMENT' && on.base?.value !== 'CONTRACT_AMOUNT' && on.base?.value !== undefined;

/** The question as this law takes it, its limits' numbers apart from what was said not on record yet. */
export function fit(law: ProgrammeVersion, said: Said): Fitted {
  const { day } = said;
  const signedOn = said.contract?.terms.signedOn ?? null;
  const byContract = lawOn(law, decidingDayOf(law, { appliedOn: day, signedOn }));
  const flow = byContract.flow?.value ?? 'VOUCHER';
  const on = flow === 'VOUCHER' ? byContract : lawOn(law, day);
  const shown = law.eligibility.filter(({ id }) => said.predicates[id] !== true).map((of) => predicateToShow(law, of));

  const papers = law.materials.map((of) => materialToHandIn(law, of));

  const bought = boughtFor(on, flow, said);
  if (bought === null) {
    const what = looksAtFees(on) ? fact(law, on.base?.cite, 'FEES') : fact(law, on.base?.cite, 'CONTRACT');
    return { law, on, flow, asking: null, keys: [], missing: [...shown, ...papers, what] };
  }
  const { matters, missing: unnamed } = mattersOf(law, on, said);
  const limitFacts: LimitFacts = {
    ...nothingOnRecord(day),
    matters,
    upstream: { supported: said.upstreamFen > 0n, amountFen: said.upstreamFen },
  };
  const enterprise: Enterprise = {
    ...said.applicant,
    predicates: Object.fromEntries(law.eligibility.map(({ id }) => [id, said.predicates[id] === false ? 'NOT_MET' : 'MET'])),
  };
  const common = { ...limitFacts, appliedOn: day, enterprise };
  const items = bought.map((of) => taken(on, of, day));
  const [first] = items;
  const asking: Asking | null =
    flow === 'REIMBURSEMENT'
      ? { stage: 'AWARD', at: { ...common, baseYear: said.baseYear, items, limitsLeft: {} } }
      : first?.contract
        ? { stage: 'ISSUE', at: { ...common, ...first, contract: { ...first.contract, lines: first.lines } } }
        : null;
  const keys = bought.map(({ lines }) => lines.map(({ key }) => key));
  return { law, on, flow, asking, keys, missing: [...shown, ...papers, ...unnamed, ...openOf(law, on, flow, said, bought)] };
}

/** What the programme looks at: fees that were settled, or the contract; costs are either. Null: it was not given. */
function boughtFor(on: Law, flow: Fitted['flow'], { contract, fees }: Said): readonly Bought[] | null {
  const one = contract === null ? null : [contract];
  if (flow === 'VOUCHER' || !looksAtFees(on)) return one;
  return on.base?.value === 'COST' ? (fees ?? one) : fees;
}

/** What was bought, as the law would have to find it. */
function taken(on: Law, { provider, terms, facilities, lines }: Bought, day: Day): Dealing & { lines: readonly SettledLine[] } {
  const assumed = on.facilityConditions?.value[0];
  const needsFacility = assumed !== undefined && lines.some(({ facilityId }) => facilityId === null);
  return {
    provider,
    contract: terms && { ...terms, filedOn: terms.filedOn ?? day, purpose: terms.purpose ?? on.purposes?.value[0] ?? null },
    facilities: needsFacility ? [...facilities, facilityThatMeets(assumed)] : facilities,
    lines: needsFacility
      ? lines.map((line) => (line.facilityId === null ? { ...line, facilityId: UNNAMED.facility } : line))
      : lines,
  };
}

/** A facility that just meets a condition of the law. */
function facilityThatMeets(condition: NonNullable<Law['facilityConditions']>['value'][number]): Facility {
  const isCompute = condition.kind === 'AI_COMPUTING';
  return {
    id: UNNAMED.facility,
    kind: condition.kind,
    ownerLegalPerson: null,
    operatorLegalPerson: null,
    observations: [
      {
        observedOn: '0001-01-01',
        pflops: isCompute ? condition.pflopsAtLeast : null,
        precision: isCompute ? condition.precision : null,
        standardRacks: condition.kind === 'DATA_CENTER' ? condition.standardRacksAtLeast : null,
        inService: true,
      },
    ],
  };
}

/** What the application is about. Where the law asks and nothing is named: something of its own, on which nothing was awarded. */
function mattersOf(law: ProgrammeVersion, on: Law, said: Said): { matters: Matters; missing: readonly Missing[] } {
  const named: Partial<Record<Matter, string>> = { ...said.matters, ...said.mattersFor[law.programme] };
  const asked = new Map<Matter, Missing>();
  const counted = lawOn(law, said.day).limits.filter(({ counts }) => counts !== 'REDEEMED');
  for (const { per, onlyWithUpstream, cite } of counted) {
    if (per === 'PROJECT' && named.PROJECT === undefined && (!onlyWithUpstream || said.upstreamFen > 0n))
      asked.set('PROJECT', matterToName(law, cite, 'PROJECT'));
  }
  const stacked = on.stacking.flatMap(({ by, cite }) => (by === null || by === 'CONTRACT' ? [] : [{ by, cite }]));
  const [first] = stacked;
  if (first !== undefined && asked.size === 0 && stacked.every(({ by }) => named[by] === undefined))
    asked.set(first.by, matterToName(law, first.cite, first.by));
  for (const matter of asked.keys()) named[matter] = `?${law.programme}`;
  return { matters: named, missing: [...asked.values()] };
}

/** What the law asks of the contract, its parties and lines, and was not said. */
function openOf(law: ProgrammeVersion, on: Law, flow: Fitted['flow'], said: Said, bought: readonly Bought[]): Missing[] {
  const lines = bought.flatMap((of) => of.lines);
  const counting = lines.filter(({ serviceItem }) => on.serviceItems?.value.includes(serviceItem) !== false);
  const tiers = on.rate?.value.tiers ?? [];
  const open: (Missing | null)[] = [];
  const { providerConditions, exclusions, facilityConditions, purposes, amountBasis, rate, priority } = on;
  const unlisted = providerConditions?.value.find((condition) => condition !== 'LOCAL');
  if (providerConditions !== null && unlisted !== undefined && bought.some((of) => of.open.listed))
    open.push(ruleToShow(law, providerConditions.cite, 'PROVIDER_LISTED', rules.providers[unlisted]));
  if (providerConditions?.value.includes('LOCAL') === true && bought.some((of) => of.open.local))
    open.push(ruleToShow(law, providerConditions.cite, 'PROVIDER_LOCAL', rules.providers.LOCAL));
  if (exclusions?.value.includes('RELATED_PARTIES') === true && bought.some((of) => of.open.related))
    open.push(ruleToShow(law, exclusions.cite, 'PROVIDER_UNRELATED', rules.unrelated));
  if (facilityConditions !== null && counting.some(({ facilityId }) => facilityId === null))
    open.push(ruleToShow(law, facilityConditions.cite, 'FACILITY', rules.facilities(facilityConditions.value)));
  if (
    tiers.some(({ when }) => when !== null && when.chipOrigin !== null) &&
    counting.some(({ chipOrigin }) => chipOrigin === null)
  )
    open.push(chipsToShow(law, on));
  if (
    tiers.some(({ when }) => when !== null && when.modelClass !== null) &&
    counting.some(({ modelClass }) => modelClass === null)
  )
    open.push(fact(law, rate?.cite, 'MODEL_CLASS'));
  if (tiers.some(({ when }) => when !== null && when.enterpriseAgeUnderMonths !== null) && said.applicant.establishedOn === null)
    open.push(fact(law, rate?.cite, 'ESTABLISHED_ON'));
  const byClass =
    tiers.some(({ when }) => when !== null && when.enterpriseClass !== null) ||
    priority !== null ||
    lawOn(law, said.day).limits.some(({ exempt }) => exempt.length > 0);
  if (byClass && !said.classesKnown) open.push(fact(law, priority?.cite ?? rate?.cite, 'CLASSES'));
  if (amountBasis?.value === 'NET' && counting.some(({ vatKnown }) => !vatKnown)) open.push(fact(law, amountBasis.cite, 'VAT'));
  if (purposes !== null && bought.some(({ terms }) => (terms?.purpose ?? null) === null))
    open.push(ruleToShow(law, purposes.cite, 'PURPOSE', rules.purposes(purposes.value)));
  // A voucher is applied for on a filed contract, whatever the law says.
  const mustBeFiled = flow === 'VOUCHER' || on.filing !== null;
  if (mustBeFiled && bought.some(({ terms }) => (terms?.filedOn ?? null) === null))
    open.push(filing(law, on.filing?.cite, said.day));
  return open.filter((one) => one !== null);
}
