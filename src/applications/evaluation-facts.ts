// The facts an evaluation asks for, from the book: a contract's lines, its parties rolled up to legal persons with what is on
// record of them, its facilities with what was observed of them, the provider's listings; and what limits take their numbers and
// windows from. For applications, vouchers and redemptions alike.
//
// Of the enterprise counts what is so on the day of application, at issue and at every redemption, as the law does. Provider and
// enterprise are related parties where they are so on any day from application to issue, or of the use that is redeemed.
import type {
  Application,
  Contract,
  ContractLine,
  Enterprise as EnterpriseRow,
  LimitException,
  Listing,
} from '../../db/tables.js';
import { bookShelf } from '../access/facts.js';
import type { Day } from '../calendar.js';
import { addDays, yearOf } from '../calendar.js';
import { contractLineShelf, contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { gatherLimits } from '../ledger/limits.js';
import type { Fen } from '../money.js';
import { classShelf, figureShelf, pairOf, relationShelf } from '../legal-persons/facts.js';
import { classesOn, figureThatCounts, holdsWithin, isLocal, ONE_ENTERPRISE_ONE_POLICY } from '../legal-persons/rules.js';
import type {
  Circumstances,
  Dealing,
  Enterprise,
  Facility,
  LimitFacts,
  Line,
  Provider,
  TouchedLimit,
} from '../programmes/evaluate.js';
import { limitsTouched, nothingOnRecord } from '../programmes/evaluate.js';
import type { LimitFigure, Matter, ProgrammeVersion } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';
import { nobody } from '../programmes/lines.js';
import { firstYearsOf, gatherFirstYears, gatherRaised, limitWindowOf, raisedOf } from '../programmes/limits.js';
import { facilityShelf, listingShelf, observationShelf, providerShelf } from '../providers/facts.js';
import { listedPeriods } from '../providers/rules.js';

/** Gathers these contracts with all that is on record of them and their parties. Ids of no contract are remembered as such. */
export async function gatherContractFacts(loader: Loader, contractIds: readonly string[]): Promise<void> {
  const [contracts, lines] = await Promise.all([
    loader.load(contractShelf, 'id', contractIds),
    loader.load(contractLineShelf, 'contract', contractIds),
    loader.load(bookShelf, 'id', [loader.bookId]),
  ]);
  const providerIds = contracts.map(({ providerId }) => providerId);
  const facilityIds = lines.map(({ facilityId }) => facilityId);
  const [facilities] = await Promise.all([
    loader.load(facilityShelf, 'id', facilityIds),
    loader.load(observationShelf, 'facility', facilityIds),
    loader.load(providerShelf, 'id', providerIds),
    loader.load(listingShelf, 'provider', providerIds),
    loader.load(enterpriseShelf, 'id', contracts.flatMap(everyEnterpriseOf)),
  ]);
  const codes = facilities.flatMap(({ ownerUscc, operatorUscc }) => [ownerUscc, operatorUscc]);
  const parties = contracts.flatMap((contract) =>
    everyEnterpriseOf(contract).map((id) => ({
      ...partiesOf(loader.facts, contract),
      enterprise: enterpriseOf(loader.facts, id),
    })),
  );
  const enterprises = parties.map(({ enterprise }) => enterprise.legalPersonUscc);
  const [, , itself] = await Promise.all([
    loader.load(enterpriseShelf, 'uscc', codes),
    loader.load(providerShelf, 'uscc', codes),
    loader.load(providerShelf, 'legalPerson', enterprises),
    loader.load(classShelf, 'legalPerson', enterprises),
    loader.load(
      relationShelf,
      'pair',
      parties.map(({ enterprise, provider }) => pairOf(enterprise.legalPersonUscc, provider.legalPersonUscc)),
    ),
  ]);
  await loader.load(
    listingShelf,
    'provider',
    itself.map(({ providerId }) => providerId),
  );
}

/** The enterprises whose contract it is or was, in order of time. */
const everyEnterpriseOf = ({ formerly, enterpriseId }: Contract): string[] => [
  ...formerly.map((former) => former.enterpriseId),
  enterpriseId,
];

/** The decisions by which gathered contracts went from one enterprise to another. */
export const transfersOf = (facts: Facts): string[] =>
  [...facts.state(contractShelf).rows.values()].flatMap((row) =>
    (row['formerly'] as Contract['formerly']).map(({ decisionId }) => decisionId),
  );

function enterpriseOf(facts: Facts, enterpriseId: string): EnterpriseRow {
  const enterprise = facts.get(enterpriseShelf, enterpriseId);
  if (!enterprise) throw new Error(`the enterprise ${enterpriseId} is not there`);
  return enterprise;
}

/** Who the parties are: of the enterprise, whose contract it has become by mergers and splits that were known. */
function partiesOf(facts: Facts, contract: Contract, known: Known = asItStands) {
  const before = contract.formerly.find(({ decisionId }) => !known.has(decisionId));
  const enterprise = enterpriseOf(facts, before?.enterpriseId ?? contract.enterpriseId);
  const provider = facts.get(providerShelf, contract.providerId);
  if (!provider) throw new Error(`the contract ${contract.contractId} has lost its provider`);
  return { enterprise, provider };
}

/** Whose contract it was on a day, as far as that was known: what is on record of that one decides who applied. */
function enterpriseOn(facts: Facts, contract: Contract, day: Day, known: Known): EnterpriseRow {
  const then = contract.formerly.find(({ decisionId, until }) => day < until || !known.has(decisionId));
  return enterpriseOf(facts, then?.enterpriseId ?? contract.enterpriseId);
}

/** Whether any enterprise whose contract it was on some of these days was related to the provider then. */
function wasRelated(
  facts: Facts,
  contract: Contract,
  provider: string,
  { days, known }: { readonly days: { readonly from: Day; readonly to: Day }; readonly known: Known },
): boolean {
  let from = days.from;
  for (const { enterpriseId, until } of contract.formerly.filter((former) => known.has(former.decisionId))) {
    const to = addDays(until, -1) < days.to ? addDays(until, -1) : days.to;
    if (to < from) continue;
    if (isRelated(facts, enterpriseOf(facts, enterpriseId).legalPersonUscc, provider, { days: { from, to }, known })) return true;
    from = addDays(to, 1);
  }
  const { enterprise } = partiesOf(facts, contract, known);
  return from <= days.to && isRelated(facts, enterprise.legalPersonUscc, provider, { days: { from, to: days.to }, known });
}

/** The contract's lines in order. */
export const contractLinesOf = (facts: Facts, contractId: string): ContractLine[] =>
  [...facts.all(contractLineShelf, 'contract', contractId)].sort((a, b) => a.lineNo - b.lineNo);

/** A line of a contract or an invoice as the evaluator reads it. */
export const evaluatorLine = (
  contractLine: ContractLine,
  amounts: { lineNo: number; netFen: bigint; vatFen: bigint; grossFen: bigint },
): Line => ({
  lineNo: amounts.lineNo,
  serviceItem: contractLine.serviceItem,
  facilityId: contractLine.facilityId,
  chipOrigin: contractLine.chipOrigin,
  modelClass: contractLine.modelClass,
  netFen: amounts.netFen,
  vatFen: amounts.vatFen,
  grossFen: amounts.grossFen,
});

/** What of the book is looked at: all of it for a decision, what was on record at an entry for its recomputation. */
export interface Known {
  /** Whether a record was made by then. */
  readonly has: (id: string) => boolean;
  /** The last day of a listing and its suspensions as they were then. */
  readonly listing: (listing: Listing) => Pick<Listing, 'validTo' | 'suspensions'>;
  /** Whether an exception to a limit was approved by then. */
  readonly approved: (exception: LimitException) => boolean;
  /** The lines of a contract as they were then, before later amendments; left out: as they are. */
  readonly lines?: (lines: readonly ContractLine[]) => ContractLine[];
}
const asItStands: Known = { has: () => true, listing: (listing) => listing, approved: () => true };

/**
 * Which law is asked, and when: `appliedOn` decides the law, `bookedOn` the windows of limits; `predicates` is what the review
 * recorded; `usage` the days of use that are redeemed.
 */
interface Asked {
  readonly law: ProgrammeVersion;
  readonly stage: 'ISSUE' | 'REDEEM';
  readonly appliedOn: Day;
  readonly bookedOn: Day;
  readonly predicates: Enterprise['predicates'];
  readonly matters: LimitFacts['matters'];
  readonly usage?: { readonly from: Day; readonly to: Day };
  readonly known?: Known;
}

/** About a gathered contract; or about an applicant who waits, of whose contract nothing is gathered: for its own limits only. */
export type Case = Asked & ({ readonly contract: Contract } | { readonly applicant: Application });

/** A column that holds what an application is about. */
export const mattersOf = (row: { readonly matters: unknown }): Partial<Record<Matter, string>> =>
  row.matters as Partial<Record<Matter, string>>;

/** A gathered case as the evaluator asks for it. What its limits look at must have been gathered too (gatherLimitFacts). */
export const circumstancesOf = (facts: Facts, of: Case): Circumstances => numbered(facts, questionOf(facts, of));

const knownOf = ({ known }: Pick<Asked, 'known'>): Known => known ?? asItStands;

/**
 * What is asked of a law, but for what its limits take their numbers and windows from: `touches` tells the limits that it touches once
 * these are known. Money from above may be on record of the `upstreamHolders`, the first that has any counts.
 */
export interface Question<At extends LimitFacts = LimitFacts> {
  readonly law: ProgrammeVersion;
  readonly bare: At;
  readonly upstreamHolders: readonly string[];
  readonly known?: Known | undefined;
  readonly touches: (at: LimitFacts) => TouchedLimit[];
}

function questionOf(facts: Facts, of: Case): Question<Circumstances> {
  const bare = bareOf(facts, of);
  const { law, stage, known } = of;
  const touches = (at: LimitFacts) => limitsTouched(law, stage, { ...bare, ...at });
  // Of the project, and of the contract.
  const upstreamHolders = [bare.matters.PROJECT, bare.contract.id].filter((holder) => holder !== undefined);
  return { law, bare, upstreamHolders, known, touches };
}

/** A question with what was gathered of figures, of money from above, of exceptions, and of when windows of years began. */
export function numbered<At extends LimitFacts>(facts: Facts, of: Question<At>): At {
  const { figures, upstream, firstAwardYears } = numbersOf(facts, of);
  const at = { ...of.bare, figures, upstream, firstAwardYears };
  return asksOf(of.law).soft
    ? { ...at, raised: raisedOf(facts, of.touches(at), (exception) => knownOf(of).approved(exception)) }
    : at;
}

/** The case without what limits take their numbers and windows from. */
const bareOf = (facts: Facts, of: Case): Circumstances =>
  'contract' in of ? contractCircumstances(facts, of.contract, of) : applicantCircumstances(facts, of.applicant, of);

function contractCircumstances(facts: Facts, contract: Contract, of: Asked): Circumstances {
  const { appliedOn, bookedOn } = of;
  const known = knownOf(of);
  const days = of.usage ?? { from: appliedOn, to: appliedOn > bookedOn ? appliedOn : bookedOn };
  const { provider, facilities, contract: terms } = dealingOf(facts, contract, { days, known: of.known });
  const { figures, upstream, raised, firstAwardYears } = nothingOnRecord(bookedOn);
  const applicant = applicantOf(facts, enterpriseOn(facts, contract, appliedOn, known), of);
  // Each by its name: what grows behind a spread has a hidden class of its own, and all that reads it looks each field up anew.
  return {
    appliedOn,
    bookedOn,
    matters: of.matters,
    figures,
    upstream,
    raised,
    firstAwardYears,
    // Who it was on the day of application decides what is on record of it; its limits are those of whose contract it has become.
    enterprise: { ...applicant, legalPerson: partiesOf(facts, contract, known).enterprise.legalPersonUscc },
    provider,
    facilities,
    contract: terms,
  };
}

/** An enterprise whose contracts, or itself (gatherApplicants), were gathered, as it is on the day of its application. */
export function applicantOf(
  facts: Facts,
  enterprise: EnterpriseRow,
  of: Pick<Asked, 'appliedOn' | 'predicates' | 'known'>,
): Enterprise {
  const known = knownOf(of);
  const { appliedOn } = of;
  const legalPerson = enterprise.legalPersonUscc;
  const listedItself = facts
    .all(providerShelf, 'legalPerson', legalPerson)
    .filter(({ providerId }) => known.has(providerId))
    .flatMap(({ providerId }) => listingsOf(facts, providerId, known))
    .some(({ from, to }) => from <= appliedOn && (to === null || appliedOn <= to));
  const { classes, oneEnterpriseOnePolicy } = recordOf(facts, legalPerson, appliedOn, known);
  return {
    legalPerson,
    classes,
    oneEnterpriseOnePolicy,
    kind: enterprise.kind,
    establishedOn: enterprise.establishedOn,
    isListedProvider: listedItself,
    predicates: of.predicates,
  };
}

/** Whom a gathered contract is with, related where it was so on any of these days, and where it is used. */
export function dealingOf(
  facts: Facts,
  contract: Contract,
  of: { readonly days: { readonly from: Day; readonly to: Day }; readonly known?: Known | undefined },
): Dealing & Pick<Circumstances, 'contract'> {
  const known = knownOf(of);
  const { provider } = partiesOf(facts, contract, known);
  const asTheyAre = contractLinesOf(facts, contract.contractId);
  const lines = known.lines?.(asTheyAre) ?? asTheyAre;
  return {
    provider: {
      legalPerson: provider.legalPersonUscc,
      listings: listingsOf(facts, provider.providerId, known),
      isRelated: wasRelated(facts, contract, provider.legalPersonUscc, { days: of.days, known }),
      isLocal: isLocal(bookOf(facts).divisionCode, provider.uscc),
    },
    facilities: [...new Set(lines.map(({ facilityId }) => facilityId))].flatMap((id) => facilityOf(facts, id, known) ?? []),
    contract: {
      id: contract.contractId,
      signedOn: contract.signedOn,
      filedOn: contract.filedOn,
      purpose: contract.purpose,
      lines: lines.map((line) => evaluatorLine(line, line)),
    },
  };
}

/** A counterparty that no contract of the book is with, as far as the book knows it; gathered by gatherCounterparties. */
export function counterpartyOf(
  facts: Facts,
  enterprise: EnterpriseRow,
  uscc: string,
  of: { readonly days: { readonly from: Day; readonly to: Day }; readonly known?: Known | undefined },
): Provider {
  const known = knownOf(of);
  const provider = facts.one(providerShelf, 'uscc', uscc);
  const legalPerson = legalPersonOf(facts, uscc, known);
  return {
    legalPerson,
    listings: provider && known.has(provider.providerId) ? listingsOf(facts, provider.providerId, known) : [],
    isRelated: isRelated(facts, enterprise.legalPersonUscc, legalPerson, { ...of, known }),
    isLocal: isLocal(bookOf(facts).divisionCode, uscc),
  };
}

/** Gathers who applies, with what is on record of its legal person. */
export async function gatherApplicants(loader: Loader, enterpriseIds: readonly string[]): Promise<void> {
  const [enterprises] = await Promise.all([
    loader.load(enterpriseShelf, 'id', enterpriseIds),
    loader.load(bookShelf, 'id', [loader.bookId]),
  ]);
  const legalPersons = enterprises.map(({ legalPersonUscc }) => legalPersonUscc);
  const [itself] = await Promise.all([
    loader.load(providerShelf, 'legalPerson', legalPersons),
    loader.load(classShelf, 'legalPerson', legalPersons),
  ]);
  await loader.load(
    listingShelf,
    'provider',
    itself.map(({ providerId }) => providerId),
  );
}

/** Gathers counterparties by their codes, and how they are related to gathered applicants. */
export async function gatherCounterparties(
  loader: Loader,
  pairs: readonly { readonly enterpriseId: string; readonly uscc: string }[],
): Promise<void> {
  const codes = pairs.map(({ uscc }) => uscc);
  const [providers] = await Promise.all([loader.load(providerShelf, 'uscc', codes), loader.load(enterpriseShelf, 'uscc', codes)]);
  const legalPersonsOf = (uscc: string) => [
    uscc,
    ...[loader.facts.one(enterpriseShelf, 'uscc', uscc), loader.facts.one(providerShelf, 'uscc', uscc)].flatMap(
      (row) => row?.legalPersonUscc ?? [],
    ),
  ];
  await Promise.all([
    loader.load(
      listingShelf,
      'provider',
      providers.map(({ providerId }) => providerId),
    ),
    loader.load(
      relationShelf,
      'pair',
      pairs.flatMap(({ enterpriseId, uscc }) => {
        const enterprise = loader.facts.get(enterpriseShelf, enterpriseId);
        return enterprise ? legalPersonsOf(uscc).map((other) => pairOf(enterprise.legalPersonUscc, other)) : [];
      }),
    ),
  ]);
}

function isRelated(
  facts: Facts,
  one: string,
  other: string,
  { days, known }: { readonly days: { readonly from: Day; readonly to: Day }; readonly known: Known },
): boolean {
  const relations = facts.all(relationShelf, 'pair', pairOf(one, other)).filter(({ relationId }) => known.has(relationId));
  return relations.length > 0 && holdsWithin(relations, days);
}

function bookOf(facts: Facts) {
  const book = facts.get(bookShelf, facts.bookId);
  if (!book) throw new Error('the book is not there');
  return book;
}

/** What the bureau recorded of a legal person, as it is on the day. */
function recordOf(facts: Facts, legalPerson: string, day: Day, known: Known) {
  const records = facts.all(classShelf, 'legalPerson', legalPerson).filter(({ classRecordId }) => known.has(classRecordId));
  const classes = records.length === 0 ? [] : classesOn(records, day);
  return { legalPerson, classes, oneEnterpriseOnePolicy: classes.includes(ONE_ENTERPRISE_ONE_POLICY) };
}

const listingsOf = (facts: Facts, providerId: string, known: Known) =>
  facts
    .all(listingShelf, 'provider', providerId)
    .filter(({ listingId }) => known.has(listingId))
    .flatMap((listing) =>
      listedPeriods({ validFrom: listing.validFrom, ...known.listing(listing) }).map(({ from, to }) => ({
        serviceItem: listing.serviceItem,
        from,
        to,
      })),
    );

/** A gathered facility as the evaluator asks for it. */
export function facilityOf(facts: Facts, facilityId: string, known: Known = asItStands): Facility | undefined {
  const row = facts.get(facilityShelf, facilityId);
  if (!row) return undefined;
  return {
    id: row.facilityId,
    kind: row.kind,
    ownerLegalPerson: legalPersonOf(facts, row.ownerUscc, known),
    operatorLegalPerson: legalPersonOf(facts, row.operatorUscc, known),
    observations: facts.all(observationShelf, 'facility', facilityId).filter(({ observationId }) => known.has(observationId)),
  };
}

/** Whom a code is rolled up to, where the book knows it as a branch; a code it does not know is its own legal person. */
function legalPersonOf(facts: Facts, uscc: string, known: Known): string {
  const enterprise = facts.one(enterpriseShelf, 'uscc', uscc);
  if (enterprise && known.has(enterprise.enterpriseId)) return enterprise.legalPersonUscc;
  const provider = facts.one(providerShelf, 'uscc', uscc);
  return provider && known.has(provider.providerId) ? provider.legalPersonUscc : uscc;
}

function applicantCircumstances(facts: Facts, row: Application, of: Asked): Circumstances {
  return {
    ...nothingOnRecord(of.bookedOn),
    appliedOn: of.appliedOn,
    matters: of.matters,
    enterprise: { ...nobody(row.legalPersonUscc), ...recordOf(facts, row.legalPersonUscc, of.appliedOn, knownOf(of)) },
    provider: { legalPerson: '', listings: [], isRelated: false, isLocal: false },
    facilities: [],
    contract: { id: row.contractId, signedOn: of.appliedOn, filedOn: null, purpose: row.purpose, lines: [] },
  };
}

// What limits take their numbers and windows from.

/** What the limits of a version ask for beyond the contract, whatever the day. */
interface Asks {
  readonly figures: boolean;
  readonly upstream: boolean;
  readonly years: boolean;
  readonly soft: boolean;
}
const asksOfVersion = new WeakMap<ProgrammeVersion, Asks>();
function asksOf(law: ProgrammeVersion): Asks {
  let asks = asksOfVersion.get(law);
  if (asks === undefined) {
    const limits = law.laws.flatMap((of) => of.limits);
    const stacking = law.laws.flatMap((of) => of.stacking);
    asks = {
      figures: limits.some(({ figure }) => figure !== null),
      upstream:
        limits.some((of) => of.onlyWithUpstream || of.lessUpstream) ||
        stacking.some(({ strategy }) => strategy === 'PUBLIC_MONEY_CEILING'),
      years: limits.some(({ window }) => window.kind === 'YEARS_FROM_FIRST_AWARD'),
      soft: limits.some(({ soft }) => soft),
    };
    asksOfVersion.set(law, asks);
  }
  return asks;
}

/** Whether limits of a version may look at anything beside the contract, its parties and the limits' own accounts. */
export function asksBeyondContract(law: ProgrammeVersion): boolean {
  const { figures, upstream, years, soft } = asksOf(law);
  return figures || upstream || years || soft;
}

/** Every limit that may be touched, whatever figures and years turn out to be: of these only accounts and holders are true. */
const possiblyTouched = ({ bare, touches }: Question): TouchedLimit[] =>
  touches({ ...bare, upstream: { supported: true, amountFen: 0n } });

/** The figures that limits take their numbers from: the limit, the kind of figure, its holder, and of which year. */
function figuresAsked(of: Question): { limitId: string; kind: LimitFigure; holder: string; year: number | null }[] {
  const { bookedOn } = of.bare;
  const { limits } = lawOn(of.law, bookedOn);
  return possiblyTouched(of).flatMap(({ limitId, holder }) => {
    const kind = limits.find(({ id }) => id === limitId)?.figure ?? null;
    if (kind === null) return [];
    return [{ limitId, kind, holder: holder.id, year: kind === 'DISTRICT_CONTRIBUTION' ? yearOf(bookedOn) : null }];
  });
}

type Numbers = Pick<LimitFacts, 'figures' | 'upstream' | 'firstAwardYears'>;

/**
 * What limits look at beside the contract, as it was gathered: the figures that count, money from above (the project's if any is on
 * record, else the contract's), and when windows of several years began.
 */
function numbersOf(facts: Facts, of: Question): Numbers {
  const asks = asksOf(of.law);
  if (!asks.figures && !asks.upstream && !asks.years) return of.bare;
  const known = knownOf(of);
  const counting = (kind: string, holder: string, year: number | null): Fen | undefined => {
    const records = facts.all(figureShelf, 'holder', [kind, holder]).filter(({ figureId }) => known.has(figureId));
    return figureThatCounts(records, year)?.amountFen;
  };
  const above = asks.upstream ? of.upstreamHolders.map((holder) => counting('UPSTREAM_SUPPORT', holder, null)) : [];
  const aboveFen = above.find((fen) => fen !== undefined) ?? 0n;
  const figures = asks.figures ? figuresAsked(of) : [];
  return {
    upstream: { supported: aboveFen > 0n, amountFen: aboveFen },
    figures: Object.fromEntries(
      figures.flatMap(({ limitId, kind, holder, year }) => {
        const fen = counting(kind, holder, year);
        return fen === undefined ? [] : [[limitId, fen] as const];
      }),
    ),
    firstAwardYears: asks.years ? firstYearsOf(facts, possiblyTouched(of)) : {},
  };
}

/**
 * Gathers what limits look at around gathered cases (of applicants their classes too), and tells which limits each of them touches.
 * Where no limit of a law asks for a figure, a year or an exception, nothing is read.
 */
export async function gatherLimitFacts(loader: Loader, cases: readonly Case[]): Promise<TouchedLimit[][]> {
  await loader.load(
    classShelf,
    'legalPerson',
    cases.flatMap((of) => ('applicant' in of ? [of.applicant.legalPersonUscc] : [])),
  );
  return gatherNumbers(
    loader,
    cases.map((of) => questionOf(loader.facts, of)),
  );
}

/** Gathers what `numbered` looks at for these questions, and tells which limits each of them touches. */
export async function gatherNumbers(loader: Loader, questions: readonly Question[]): Promise<TouchedLimit[][]> {
  const { facts } = loader;
  const asking = questions.map((of) => ({ of, asks: asksOf(of.law) }));
  await Promise.all([
    loader.load(figureShelf, 'holder', [
      ...asking.flatMap(({ of, asks }) => (asks.figures ? figuresAsked(of).map(({ kind, holder }) => [kind, holder]) : [])),
      ...asking.flatMap(({ of, asks }) =>
        asks.upstream ? of.upstreamHolders.map((holder) => ['UPSTREAM_SUPPORT', holder]) : [],
      ),
    ]),
    gatherFirstYears(
      loader,
      asking.flatMap(({ of, asks }) => (asks.years ? possiblyTouched(of) : [])),
    ),
  ]);
  // What exceptions raised changes a number, and neither an account nor a window.
  const touched = questions.map((of) => of.touches({ ...of.bare, ...numbersOf(facts, of) }));
  await gatherRaised(loader, touched.flat());
  return touched;
}

/** The same, with the accounts of the limits: of an applicant those of its legal person. */
export async function gatherLimitsOf(loader: Loader, cases: readonly Case[]): Promise<void> {
  const touched = await gatherLimitFacts(loader, cases);
  const windows = cases.flatMap((of, i) =>
    (touched[i] ?? []).filter(({ holder }) => 'contract' in of || holder.kind === 'LEGAL_PERSON').map(limitWindowOf),
  );
  await gatherLimits(loader, windows);
}
