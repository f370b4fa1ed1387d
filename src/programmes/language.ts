// From the text of a programme file to the law on a day: read once, then looked up, never re-read. Pure.
import { isMap, isSeq, Lexer, LineCounter, parseDocument, Parser, visit } from 'yaml';
import type { Document } from 'yaml';
import { z } from 'zod';
import type { MaterialKind } from '../../schemas/evidence-files.js';
import { programmeFile } from '../../schemas/programmes.js';
import type { ProgrammeCase, ProgrammeFile } from '../../schemas/programmes.js';
import type { Day } from '../calendar.js';
import { parseYuan } from '../money.js';
import type { Fen } from '../money.js';
import type { Bilingual } from '../words.js';

export type { Bilingual };

/** Where a value comes from; `interpretation` when the document does not decide it, with who may. */
export interface Citation {
  /** A key of the version's documents. */
  document: string;
  article: string;
  words: string | null;
  interpretation: { reading: Bilingual; decidedBy: string } | null;
}

/** A value together with the article it stands in. */
export interface Ruled<T> {
  value: T;
  cite: Citation;
}

export type ServiceItem =
  | 'AI_COMPUTE'
  | 'SUPERCOMPUTE'
  | 'GENERAL_COMPUTE'
  | 'STORAGE'
  | 'NETWORK'
  | 'SECURITY'
  | 'CORPUS'
  | 'MODEL_SERVICE'
  | 'TECHNOLOGY'
  | 'RESEARCH_COST';
export type FacilityKind = 'SUPERCOMPUTING' | 'AI_COMPUTING' | 'DATA_CENTER';

export type ChipOrigin = 'DOMESTIC' | 'NON_DOMESTIC';

/** All that it names must hold; nothing named always holds. Ages in months, below which an enterprise is. */
export interface TierCondition {
  chipOrigin: ChipOrigin | null;
  enterpriseClass: string | null;
  modelClass: string | null;
  enterpriseAgeUnderMonths: number | null;
}

/** In basis points, of each line by the first tier that holds for it. CEILING may be granted lower, EXACT may not. */
export interface Rate {
  kind: 'CEILING' | 'EXACT';
  tiers: readonly { when: TierCondition | null; basisPoints: number }[];
  /** Where one rate holds for everything, that rate. */
  flat: number | null;
}

/** One of these must hold; thresholds are inclusive, PFLOPS are decimal text at the stated precision. */
export type FacilityCondition =
  | { kind: 'SUPERCOMPUTING' }
  | { kind: 'AI_COMPUTING'; pflopsAtLeast: string; precision: string }
  | { kind: 'DATA_CENTER'; standardRacksAtLeast: number };

/** What two awards have in common, where a limit or a stacking rule looks at them together. */
export type Matter = 'PROJECT' | 'PRODUCT' | 'STANDARD' | 'AWARD_SERIES';
export type LimitFigure = 'DISTRICT_CONTRIBUTION' | 'AUDITED_INVESTMENT';

export interface Limit {
  id: string;
  /** Its name in the ledger: of the programme, or shared by all that name it so. */
  account: string;
  counts: 'CLAIMED' | 'REDEEMED' | 'AWARDED';
  per: 'LEGAL_PERSON' | 'CONTRACT' | 'PROJECT' | 'PROGRAMME';
  /** `years`: so many calendar years, from that of the first award on. */
  window: { kind: 'YEAR' } | { kind: 'LIFETIME' } | { kind: 'YEARS_FROM_FIRST_AWARD'; years: number };
  soft: boolean;
  /** The law's number, or the figure on record that is the number. */
  amountFen: Fen | null;
  figure: LimitFigure | null;
  /** Classes of enterprises that it does not hold for. */
  exempt: readonly string[];
  onlyWithUpstream: boolean;
  lessUpstream: boolean;
  cite: Citation;
}

export type StackingStrategy =
  | 'HIGHEST_ONLY'
  | 'BEST_HIGHEST_ONLY'
  | 'LEVEL_UP_DIFFERENCE'
  | 'ONE_AWARD_PER_CONTRACT'
  | 'PUBLIC_MONEY_CEILING'
  | 'ONE_ENTERPRISE_ONE_POLICY';

export interface StackingRule {
  id: string;
  /** Its name in the ledger: of the programme, or of the group of programmes that go together. */
  account: string;
  strategy: StackingStrategy;
  by: 'CONTRACT' | Matter | null;
  /** Of PUBLIC_MONEY_CEILING: the share of the contract, in basis points. */
  basisPoints: number | null;
  cite: Citation;
}

export interface Predicate {
  id: string;
  strength: 'HARD' | 'SOFT';
  /** Of an ITEM: of each contract, invoice or expense of a reimbursement by itself; of a voucher, of its one contract. */
  of: 'APPLICATION' | 'ITEM';
  /** Of an ITEM: the service items it is asked of; null: of all. */
  serviceItems: readonly ServiceItem[] | null;
  text: Bilingual;
  evidence: readonly string[];
  cite: Citation;
}

/** A paper that has to be there by a step: when an application is submitted, or a voucher redeemed. */
export interface Material {
  kind: MaterialKind;
  by: 'APPLICATION' | 'REDEMPTION' | 'PAYMENT';
  name: Bilingual;
  cite: Citation;
}

export interface Clause {
  id: string;
  kind: 'CLAWBACK' | 'PERFORMANCE' | 'SUPERVISION' | 'ARCHIVES';
  text: Bilingual;
  /** Of CLAWBACK: the part of the award that has to be given back, where the text says so. */
  basisPoints: number | null;
  departments: readonly string[];
  cite: Citation;
}

export interface Funder {
  funder: string;
  name: Bilingual;
  basisPoints: number;
}

export type VoucherKind = 'COMPUTE' | 'TRAINING' | 'SERVICE_SUBSIDY' | 'CORPUS' | 'MODEL' | 'INNOVATION' | 'SUBSIDY';
export type Base = 'CONTRACT_AMOUNT' | 'USAGE_FEE' | 'PRIOR_YEAR_SETTLED_FEE' | 'COST';
export type Allocation = 'FIRST_COME' | 'RANKED' | 'PRO_RATA';
export type BeneficiaryKind = 'ENTERPRISE' | 'INSTITUTION';
export type ProviderCondition = 'LISTED_FOR_SERVICE_ITEM' | 'LISTED_WHEN_SETTLED' | 'LOCAL';
export type Exclusion = 'SELF_BUILT_SELF_USED' | 'RELATED_PARTIES' | 'LISTED_PROVIDER';
export type Purpose = 'MODEL_RESEARCH' | 'PRODUCT_DEVELOPMENT' | 'SCENARIO_APPLICATION';
export type ReviewStep = 'PRELIMINARY_REVIEW' | 'RECHECK' | 'EXPERT_REVIEW' | 'THIRD_PARTY_AUDIT' | 'PUBLIC_NOTICE';

/** Working days that a step may take, where the text gives any. */
export type StepDays = Readonly<
  Partial<Record<'acceptance' | 'supplement' | 'check' | 'expertReview' | 'review' | 'objection' | 'decision', number>>
>;
export interface Criterion {
  readonly id: string;
  readonly name: Bilingual;
  /** The most an expert may give. */
  readonly points: number;
}
/** Null: the bureau says it when it assigns experts. */
export interface ExpertReview {
  readonly experts: number | null;
  readonly criteria: readonly Criterion[] | null;
}

/** Every dated value as it holds from `from` until the next law's `from`. Null: the text gives none. */
export interface Law {
  from: Day;
  responsibleDepartments: Ruled<readonly string[]> | null;
  voucherKind: Ruled<VoucherKind> | null;
  flow: Ruled<'VOUCHER' | 'REIMBURSEMENT'> | null;
  payee: Ruled<'PROVIDER' | 'ENTERPRISE'> | null;
  decidingDay: Ruled<'APPLICATION' | 'CONTRACT_SIGNING'> | null;
  base: Ruled<Base> | null;
  amountBasis: Ruled<'GROSS' | 'NET'> | null;
  rate: Ruled<Rate> | null;
  mixedChips: Ruled<'LOWER_RATE' | 'NOT_COUNTED'> | null;
  limits: readonly Limit[];
  pool: Ruled<{ kind: 'CEILING' | 'FLOOR' | 'FIXED'; amountFen: Fen }> | null;
  allocation: Ruled<Allocation> | null;
  priority: Ruled<readonly { class: string; name: Bilingual }[]> | null;
  beneficiaryKinds: Ruled<readonly BeneficiaryKind[]> | null;
  providerConditions: Ruled<readonly ProviderCondition[]> | null;
  facilityConditions: Ruled<readonly FacilityCondition[]> | null;
  purposes: Ruled<readonly Purpose[]> | null;
  serviceItems: Ruled<readonly ServiceItem[]> | null;
  exclusions: Ruled<readonly Exclusion[]> | null;
  filing: Ruled<'BEFORE_APPLICATION' | 'BEFORE_USE'> | null;
  contractSignedOnOrAfter: Ruled<Day> | null;
  minBase: Ruled<Fen> | null;
  minAward: Ruled<Fen> | null;
  maxAward: Ruled<Fen> | null;
  stacking: readonly StackingRule[];
  reviewSteps: Ruled<readonly ReviewStep[]> | null;
  /** Working days. */
  noticeDays: Ruled<number> | null;
  /** More than this (fen) two persons approve; null: one does. */
  twoApproversAbove: Ruled<Fen> | null;
  stepDays: Ruled<StepDays> | null;
  expertReview: Ruled<ExpertReview> | null;
  /** What providers are selected by, each with its highest points; null where the text gives none. */
  providerSelection: Ruled<readonly (Omit<Criterion, 'points'> & { readonly points: number | null })[]> | null;
  transfer: Ruled<'FORBIDDEN'> | null;
  validityMonths: Ruled<number> | null;
  /** Days from the issue, not counted, within which its holder accepts a voucher; null: it need not. */
  activationDays: Ruled<number> | null;
  funders: Ruled<readonly Funder[]> | null;
  settlementCadence: Ruled<'MONTHLY' | 'QUARTERLY'> | null;
  /** By when usage is confirmed or disputed, and what follows where it is neither; null: nothing follows. */
  usageConfirmation: Ruled<{ days: number; unit: 'DAY' | 'WORKING_DAY'; then: 'CONFIRMED' | 'RETURNED' }> | null;
  selfFundedPaid: Ruled<'BEFORE_REDEMPTION' | 'NOT_REQUIRED'> | null;
  inFlightAtExpiry: Ruled<'FINISH' | 'LAPSE'> | null;
  usageWithinValidity: Ruled<'WHOLE' | 'END' | 'NOT_REQUIRED'> | null;
  carryCutOff: Ruled<boolean> | null;
  /** Null: the text does not say what becomes of it. */
  expiredBalance: Ruled<'LAPSES' | 'RETURNS'> | null;
  unusedFaceReturnsQuota: Ruled<boolean> | null;
}

/** In order of rank, the highest first. */
export const documentRanks = ['MEASURE', 'DETAILED_RULES', 'NOTICE', 'GUIDE'] as const;

export interface LegalDocument {
  kind: (typeof documentRanks)[number];
  title: string;
  number: string | null;
  issuedOn: Day | null;
  /** Invented for the demo world. */
  demo: boolean;
}

/** One version of a programme; immutable. `laws` are in order of their days, the first from the earliest day there is. */
export interface ProgrammeVersion {
  /** GENERAL_CONTROLS awards nothing: what it limits holds for every programme of the book. */
  kind: 'PROGRAMME' | 'GENERAL_CONTROLS';
  programme: string;
  version: number;
  name: Bilingual;
  status: 'DRAFT' | 'ENACTED' | 'REPEALED';
  /** The article that creates the programme; what rests on no other article cites this one. */
  basis: Citation;
  documents: Readonly<Record<string, LegalDocument>>;
  /** Both days inclusive; `to: null` until repealed. Null: the text names no day. */
  inForce: { from: Day; to: Day | null; cite: Citation } | null;
  /** Days after the publication of the basis document from which it is said to be in force; how to count them is arguable. */
  inForceAfter: { days: number; cite: Citation } | null;
  /** How many years it is said to be in force («有效期三年»); null: the text does not say. */
  inForceFor: { years: number; cite: Citation } | null;
  eligibility: readonly Predicate[];
  materials: readonly Material[];
  /** What is said of clawback, performance, supervision and archives: a recovery may follow a clause of clawback, nothing else computes any. */
  clauses: readonly Clause[];
  laws: readonly [Law, ...Law[]];
  cases: readonly ProgrammeCase[];
}

export type ProblemCode =
  | 'YAML'
  | 'SHAPE'
  | 'INCONSISTENT'
  | 'WIDENS_A_HIGHER_DOCUMENT'
  | 'MISSING_PARAMETER'
  | 'NOT_ENACTED'
  | 'NO_CASES'
  | 'EDGE_WITHOUT_CASE'
  | 'CASE_FAILED'
  | 'UNUSUAL';

/** What is wrong with a file, and where: `path` as rate.value.basisPoints, `line` from 1 where the file has one. */
export interface ProgrammeProblem extends Bilingual {
  code: ProblemCode;
  path: string;
  line: number | null;
}

/** The id of the limit that every programme has without naming it: rate × contract, per contract, for its whole life. */
export const CONTRACT_CEILING = 'contract-ceiling';

/** The number of a document, or its title in 《》 when it has none. */
export function documentName(version: Pick<ProgrammeVersion, 'documents'>, cite: { document: string }): string {
  const document = version.documents[cite.document];
  return document === undefined ? cite.document : (document.number ?? `《${document.title}》`);
}

/** Whether a rate asks for the origin of chips. */
export const dependsOnChips = ({ rate }: Pick<Law, 'rate'>): boolean =>
  rate !== null && rate.value.tiers.some(({ when }) => when !== null && when.chipOrigin !== null);

/** The law as it stands on the day: before the first dated value the earliest, after the last the latest. */
export function lawOn(version: ProgrammeVersion, day: Day): Law {
  let law = version.laws[0];
  for (const next of version.laws) {
    if (next.from > day) break;
    law = next;
  }
  return law;
}

/**
 * Reads a programme file. Refuses with every problem found, each with its line: broken YAML, an unknown word or form, a
 * citation of a document the file does not list.
 */
export function parseProgramme(
  text: string,
): { ok: true; version: ProgrammeVersion } | { ok: false; problems: ProgrammeProblem[] } {
  const deep = lineNestedTooDeep(text);
  if (deep !== null) {
    const zh = `嵌套超过 ${deepest} 层`;
    return { ok: false, problems: [{ code: 'YAML', path: '', line: deep, zh, en: `nested more than ${deepest} levels deep` }] };
  }
  const lines = new LineCounter();
  // Without YAML's own types every scalar stays the text that was written.
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines });
  if (document.errors.length > 0) {
    return {
      ok: false,
      problems: document.errors.map((error) => ({
        code: 'YAML',
        path: '',
        line: error.linePos?.[0].line ?? null,
        zh: `YAML 格式错误：${error.code}`,
        en: error.message.split('\n')[0] ?? error.code,
      })),
    };
  }

  // As a key of plain JavaScript a list or a map would be written out as text, twice as long with every level.
  let keyed = false;
  visit(document, {
    Pair: (_, { key }) => {
      keyed = isMap(key) || isSeq(key);
      return keyed ? visit.BREAK : undefined;
    },
  });
  if (keyed) {
    const zh = '项的名称必须是文字，不能是列表或映射';
    return { ok: false, problems: [{ code: 'YAML', path: '', line: null, zh, en: 'a key must be a word, not a list or a map' }] };
  }

  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: 0 });
  } catch {
    const zh = '不得使用 YAML 锚点和别名，每个参数应在原处写明';
    return { ok: false, problems: [{ code: 'YAML', path: '', line: null, zh, en: 'anchors and aliases are not allowed' }] };
  }

  const read = programmeFile.safeParse(plain);
  if (!read.success) return { ok: false, problems: read.error.issues.flatMap((issue) => shapeProblems(document, lines, issue)) };

  const version = versionOf(read.data);
  const problems = [...inconsistencies(read.data), ...contradictions(version)].map((problem) => ({
    ...problem,
    line: lineOf(document, lines, problem.path.split('.')),
  }));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, version };
}

/** Far deeper than any programme nests. */
const deepest = 64;

/**
 * The line on which a text first nests too deep, or null. The parser's tree is built by recursion: some thousand levels, which fit
 * into two kilobytes, exhaust the stack, and at the wrong moment that ends the process. The token stream needs no stack.
 */
function lineNestedTooDeep(text: string): number | null {
  const lines = new LineCounter();
  const parser = new Parser(lines.addNewLine);
  for (const lexeme of new Lexer().lex(text)) {
    // Each call goes on only as far as its tokens are asked for.
    Array.from(parser.next(lexeme));
    if (parser.stack.length > deepest) return lines.linePos(parser.offset).line;
  }
  return null;
}

const inChinese = z.locales.zhCN().localeError;

/** What zod says in a programmer's words, in those of who writes the file; null for what it says well. */
function inWords(issue: z.core.$ZodIssue, given: unknown): Bilingual | null {
  if (issue.code === 'invalid_type') {
    const shapes: Record<string, Bilingual> = {
      object: {
        zh: '此处应分项书写：{ 项: 值, … }，或下一行缩进',
        en: 'has parts of its own: { key: value, … }, or indented below',
      },
      record: {
        zh: '此处应分项书写：{ 项: 值, … }，或下一行缩进',
        en: 'has parts of its own: { key: value, … }, or indented below',
      },
      array: { zh: '此处应为列表：[值, …]，或逐行以“- ”开头', en: 'is a list: [value, …], or lines that begin with "- "' },
      string: { zh: '此处应为一个值，不分项、不列表', en: 'is one value, no list and no parts' },
    };
    return shapes[issue.expected] ?? null;
  }
  if (issue.code === 'invalid_value') {
    const written = typeof given === 'string' ? given : '';
    const words = issue.values.map(String);
    return {
      zh: `${written === '' ? '' : `“${written}”`}不是可以填写的词；可以填写：${words.join('、')}`,
      en: `${written === '' ? 'this' : `"${written}"`} is no word of the language here; it may be ${words.join(', ')}`,
    };
  }
  if (issue.code === 'invalid_key') {
    const name = String(issue.path.at(-1) ?? '');
    const why = issue.issues[0];
    const zh: unknown = why?.code === 'custom' ? why.params?.zh : undefined;
    if (why === undefined) return null;
    return { zh: `名称“${name}”${typeof zh === 'string' ? zh : '无效'}`, en: `the name "${name}" must be ${why.message}` };
  }
  return null;
}

function shapeProblems(document: Document, lines: LineCounter, issue: z.core.$ZodIssue): ProgrammeProblem[] {
  const at = (path: readonly PropertyKey[]) => ({ path: path.map(String).join('.'), line: lineOf(document, lines, path) });
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...at([...issue.path, key]),
      code: 'SHAPE',
      zh: `未知的项“${key}”`,
      en: `unknown key ${key}`,
    }));
  }
  const given = document.getIn(issue.path);
  if (given === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value'))
    return [{ ...at(issue.path), code: 'SHAPE', zh: '缺少此项', en: 'is missing' }];

  const said = inWords(issue, given);
  if (said !== null) return [{ ...at(issue.path), code: 'SHAPE', ...said }];
  const own: unknown = issue.code === 'custom' ? issue.params?.zh : undefined;
  const local = inChinese({ ...issue, input: given } as z.core.$ZodRawIssue);
  const zh = typeof own === 'string' ? own : typeof local === 'string' ? local : (local?.message ?? issue.message);
  return [{ ...at(issue.path), code: 'SHAPE', zh, en: issue.message }];
}

/** Where in a text that reads a problem's path points to; null for what the text does not have. */
export function linesIn(text: string): (path: string) => number | null {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines });
  return (path) => {
    const steps = path.split('.');
    return document.hasIn(steps.slice(0, 1)) ? lineOf(document, lines, steps) : null;
  };
}

/** The line of the value at the path, or of the nearest thing around it that the file has. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | null {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String(item.key) === String(step));
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      // By its place, or by the id it bears.
      node = /^\d+$/.test(String(step))
        ? node.items[Number(step)]
        : node.items.find((item) => isMap(item) && item.get('id') === step);
      offset = startOf(node) ?? offset;
    }
  }
  return lines.linePos(offset).line;
}

function startOf(node: unknown): number | null {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? Number(node.range[0]) : null;
}

type Located = Omit<ProgrammeProblem, 'line'>;

/** What the schema can not see because it spans the file. */
function inconsistencies(file: ProgrammeFile): Located[] {
  const problems: Located[] = [];
  const found = (path: string, zh: string, en: string) => problems.push({ code: 'INCONSISTENT', path, zh, en });

  const citations = citationsOf(file, '');
  for (const { path, document, quoted } of citations) {
    const cited = file.documents[document];
    if (cited === undefined) {
      found(path, `引用的文件“${document}”未在 documents 中列出`, `cites ${document}, which is not among the documents`);
    } else if (quoted && cited.demo === true) {
      found(path, '演示用文件不得引用原文', 'words can not be quoted from a document invented for the demo');
    }
  }

  const limitIds = (file.limits ?? []).map(({ id }) => id);
  const stackingIds = (file.stacking ?? []).map(({ id }) => id);
  const countedIds = [...limitIds, ...stackingIds];
  const predicateIds = (file.eligibility ?? []).map(({ id }) => id);
  const itemPredicateIds = (file.eligibility ?? []).flatMap(({ id, of }) => (of === 'ITEM' ? [id] : []));
  const twice = (path: string, id: string) => found(path, `编号“${id}”重复`, `the id ${id} is used twice`);
  for (const [index, id] of countedIds.entries()) {
    const path = index < limitIds.length ? `limits.${index}.id` : `stacking.${index - limitIds.length}.id`;
    if (countedIds.indexOf(id) !== index) twice(path, id);
    if (id === CONTRACT_CEILING) found(path, `“${CONTRACT_CEILING}”为系统保留编号`, `the id ${CONTRACT_CEILING} is reserved`);
  }
  for (const [index, id] of predicateIds.entries()) if (predicateIds.indexOf(id) !== index) twice(`eligibility.${index}.id`, id);
  const materials = (file.materials ?? []).map(({ kind, by }) => `${kind} ${by}`);
  for (const [index, one] of materials.entries()) if (materials.indexOf(one) !== index) twice(`materials.${index}`, one);
  if (file.kind === 'GENERAL_CONTROLS') {
    for (const name of Object.keys(file).filter((key) => !wordsOfControls.has(key)))
      found(name, '总体管控不发放资金，不得规定此项', 'general controls award nothing: this belongs to a programme');
  }
  // Two numbers on one account would both be charged for one award.
  const shared = [
    ...(file.limits ?? []).map(({ sharedAs, per, window }, index) => ({
      path: `limits.${index}.sharedAs`,
      name: sharedAs,
      on: `${sharedAs} ${per} ${window}`,
    })),
    ...(file.stacking ?? []).map(({ group, by }, index) => ({
      path: `stacking.${index}.group`,
      name: group,
      on: `${group} ${by} LIFETIME`,
    })),
  ].filter(({ name }) => name !== undefined);
  for (const [index, { path, name, on }] of shared.entries()) {
    if (shared.findIndex((of) => of.on === on) !== index)
      found(path, `名称“${name}”在本文件中用于两处`, `the name ${name} stands for two things in this file`);
  }

  const { inForce } = file;
  if (inForce?.to !== undefined && inForce.to < inForce.from) found('inForce.to', '失效日早于施行日', 'ends before it starts');
  if (file.status === 'REPEALED' && inForce?.to === undefined)
    found(
      'status',
      '已废止的政策须写明失效日（inForce.to）',
      'a repealed programme needs the last day it was in force (inForce.to)',
    );

  for (const [index, one] of (file.cases ?? []).entries()) {
    if (one.stage === 'ALLOCATE') continue;
    const { given } = one;
    const named = (of: Record<string, unknown> | readonly string[] | undefined): string[] =>
      Array.isArray(of) ? [...(of as readonly string[])] : Object.keys(of ?? {});
    for (const [part, ids] of [
      ['used', [CONTRACT_CEILING, ...countedIds]],
      ['raised', limitIds],
      ['figures', limitIds],
      ['unknownFigures', limitIds],
      ['firstAwardYears', limitIds],
    ] as const) {
      for (const id of named(given[part]))
        if (!ids.includes(id)) found(`cases.${index}.given.${part}.${id}`, `没有编号为“${id}”的限额`, `there is no limit ${id}`);
    }
    for (const id of named(given.enterprise?.predicates)) {
      if (!predicateIds.includes(id))
        found(`cases.${index}.given.enterprise.predicates.${id}`, `没有编号为“${id}”的条件`, `there is no predicate ${id}`);
    }
    for (const [item, { predicates = {} }] of ('items' in given ? given.items : []).entries()) {
      for (const id of Object.keys(predicates)) {
        if (!itemPredicateIds.includes(id))
          found(
            `cases.${index}.given.items.${item}.predicates.${id}`,
            `没有编号为“${id}”的按项核查（of: ITEM）的条件`,
            `there is no predicate ${id} of an ITEM`,
          );
      }
    }
  }
  return problems;
}

/** What does not go together in the law of a day, by the name of the parameter that has to give way. */
function contradictions({ laws, materials }: ProgrammeVersion): Located[] {
  const problems = new Map<string, Located>();
  const found = (path: string, zh: string, en: string) => problems.set(path, { code: 'INCONSISTENT', path, zh, en });
  for (const { flow, base, payee, allocation, limits, mixedChips, rate, providerConditions } of laws) {
    const reimburses = flow?.value === 'REIMBURSEMENT';
    if (flow !== null && !reimburses) {
      if (base !== null && base.value !== 'CONTRACT_AMOUNT' && base.value !== 'USAGE_FEE')
        found(
          'base',
          '事先发放的券不能以已结算费用或成本为基数',
          'a voucher issued beforehand can not rest on what was settled or spent',
        );
      if (payee?.value === 'ENTERPRISE')
        found('payee', '券由提供方兑付，收款方应为提供方', 'a voucher is deducted at purchase: its payee is the provider');
      if (allocation !== null && allocation.value !== 'FIRST_COME')
        found('allocation', '逐件发放的券只能先到先得', 'vouchers issued one by one go by first come, first served');
      if (providerConditions?.value.includes('LISTED_WHEN_SETTLED') === true)
        found('providerConditions', '结算日列入名单仅用于事后补助', 'LISTED_WHEN_SETTLED belongs to reimbursement');
    }
    if (reimburses) {
      if (base?.value === 'USAGE_FEE')
        found(
          'base',
          '事后补助应以上一年度已结算费用、合同额或成本为基数',
          'reimbursement rests on settled fees, contracts or costs',
        );
      if (materials.some(({ by }) => by === 'REDEMPTION'))
        found(
          'materials',
          '事后补助没有兑付环节，材料应在申请时（APPLICATION）提交',
          'reimbursement has no redemption: its papers come with the application',
        );
      if (payee?.value === 'PROVIDER')
        found('payee', '事后补助的收款方为使用方', 'reimbursement is paid to the enterprise, which has paid the provider');
      if (limits.some(({ counts }) => counts === 'REDEEMED'))
        found('limits', '事后补助没有兑付环节，限额应按 AWARDED 计', 'reimbursement has no redemption: its limits count AWARDED');
    }
    if (mixedChips !== null && rate !== null && !dependsOnChips({ rate }))
      found('mixedChips', '补助比例不区分芯片来源', 'no tier of the rate depends on the origin of chips');
  }
  return [...problems.values()];
}

/** What a file of general controls may say: what holds for every programme of the book, whatever it gives. */
const wordsOfControls = new Set([
  'kind',
  'programme',
  'version',
  'name',
  'status',
  'basis',
  'documents',
  'inForce',
  'inForceAfter',
  'inForceFor',
  'cases',
  'responsibleDepartments',
  'beneficiaryKinds',
  'eligibility',
  'materials',
  'limits',
  'stacking',
  'clauses',
]);

/** Every citation of the file with its path. */
function citationsOf(node: unknown, path: string): { path: string; document: string; quoted: boolean }[] {
  if (typeof node !== 'object' || node === null) return [];
  const inside = Object.entries(node)
    .filter(([key]) => !(path === '' && (key === 'cases' || key === 'documents')))
    .flatMap(([key, value]) => citationsOf(value, path === '' ? key : `${path}.${key}`));
  return 'document' in node && typeof node.document === 'string'
    ? [{ path: `${path}.document`, document: node.document, quoted: 'words' in node && node.words !== undefined }, ...inside]
    : inside;
}

const EARLIEST: Day = '0001-01-01';

interface Parameter<T> {
  value?: T | undefined;
  values?: readonly { from: Day; value: T; cite?: RawCitation | undefined }[] | undefined;
  cite: RawCitation;
}
type RawCitation = NonNullable<ProgrammeFile['inForce']>['cite'];

function citationOf(raw: RawCitation): Citation {
  return {
    document: raw.document,
    article: raw.article,
    words: raw.words ?? null,
    interpretation:
      raw.reading !== undefined && raw.decidedBy !== undefined ? { reading: raw.reading, decidedBy: raw.decidedBy } : null,
  };
}

function fenOf(text: string): Fen {
  const fen = parseYuan(text);
  if (fen === null) throw new Error(`the schema let an amount through that is none: ${text}`);
  return fen;
}

/** The first day of every dated value in the file. */
function changesIn(node: unknown): Day[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) =>
    key === 'values' && Array.isArray(value) ? (value as { from: Day }[]).map(({ from }) => from) : changesIn(value),
  );
}

function versionOf(file: ProgrammeFile): ProgrammeVersion {
  const days = new Set<Day>([EARLIEST, ...changesIn(file)]);
  const [first, ...later] = [...days].sort().map((from) => lawFrom(file, from));
  if (first === undefined) throw new Error('a version without a first law');

  return {
    kind: file.kind ?? 'PROGRAMME',
    programme: file.programme,
    version: file.version,
    name: file.name,
    status: file.status,
    basis: citationOf(file.basis),
    documents: Object.fromEntries(
      Object.entries(file.documents).map(([key, { kind, title, number, issuedOn, demo }]) => [
        key,
        { kind, title, number: number ?? null, issuedOn: issuedOn ?? null, demo: demo ?? false },
      ]),
    ),
    inForce:
      file.inForce === undefined
        ? null
        : { from: file.inForce.from, to: file.inForce.to ?? null, cite: citationOf(file.inForce.cite) },
    inForceAfter: file.inForceAfter === undefined ? null : { ...file.inForceAfter, cite: citationOf(file.inForceAfter.cite) },
    inForceFor: file.inForceFor === undefined ? null : { ...file.inForceFor, cite: citationOf(file.inForceFor.cite) },
    clauses: (file.clauses ?? []).map(({ basisPoints, departments, cite, ...clause }) => ({
      ...clause,
      basisPoints: basisPoints ?? null,
      departments: departments ?? [],
      cite: citationOf(cite),
    })),
    eligibility: (file.eligibility ?? []).map(({ of = 'APPLICATION', serviceItems = null, ...predicate }) => ({
      ...predicate,
      of,
      serviceItems,
      cite: citationOf(predicate.cite),
    })),
    materials: (file.materials ?? []).map((material) => ({ ...material, cite: citationOf(material.cite) })),
    laws: [first, ...later],
    cases: file.cases ?? [],
  };
}

/** All values as they hold on the day. */
function lawFrom(file: ProgrammeFile, day: Day): Law {
  function on<T>(parameter: Parameter<T> | undefined): Ruled<T> | null {
    if (parameter === undefined) return null;
    if (parameter.value !== undefined) return { value: parameter.value, cite: citationOf(parameter.cite) };
    const held = parameter.values?.findLast(({ from }) => from <= day);
    return held === undefined ? null : { value: held.value, cite: citationOf(held.cite ?? parameter.cite) };
  }
  const amount = (parameter: Parameter<string> | undefined): Ruled<Fen> | null => {
    const ruled = on(parameter);
    return ruled && { ...ruled, value: fenOf(ruled.value) };
  };
  const rate = on(file.rate);
  const experts = on(file.expertReview);
  const selection = on(file.providerSelection);
  const pool = on(file.pool);
  const { redemption } = file;
  return {
    from: day,
    responsibleDepartments: on(file.responsibleDepartments),
    voucherKind: on(file.voucherKind),
    flow: on(file.flow),
    payee: on(file.payee),
    decidingDay: on(file.decidingDay),
    base: on(file.base),
    amountBasis: on(file.amountBasis),
    rate: rate && { ...rate, value: rateOf(rate.value) },
    mixedChips: on(file.mixedChips),
    limits: (file.limits ?? []).flatMap((limit) => limitOf(file, limit, on) ?? []),
    pool: pool && { ...pool, value: { kind: pool.value.kind, amountFen: fenOf(pool.value.amount) } },
    allocation: on(file.allocation),
    priority: on(file.priority),
    beneficiaryKinds: on(file.beneficiaryKinds),
    providerConditions: on(file.providerConditions),
    facilityConditions: on(file.facilityConditions),
    purposes: on(file.purposes),
    serviceItems: on(file.serviceItems),
    exclusions: on(file.exclusions),
    filing: on(file.filing),
    contractSignedOnOrAfter: on(file.contractSignedOnOrAfter),
    minBase: amount(file.minBase),
    minAward: amount(file.minAward),
    maxAward: amount(file.maxAward),
    stacking: (file.stacking ?? []).map(({ id, strategy, by, group, basisPoints, cite }) => ({
      id,
      account: sharedName(group) ?? `${file.programme}.${id}`,
      strategy,
      by: by ?? null,
      basisPoints: basisPoints ?? null,
      cite: citationOf(cite),
    })),
    reviewSteps: on(file.reviewSteps),
    noticeDays: on(file.noticeDays),
    twoApproversAbove: amount(file.twoApproversAbove),
    stepDays: on(file.stepDays),
    expertReview: experts && {
      ...experts,
      value: { experts: experts.value.experts ?? null, criteria: experts.value.criteria ?? null },
    },
    providerSelection: selection && {
      ...selection,
      value: selection.value.criteria.map(({ id, name, points }) => ({ id, name, points: points ?? null })),
    },
    transfer: on(file.transfer),
    validityMonths: on(file.validityMonths),
    activationDays: on(file.activationDays),
    funders: on(file.funders),
    settlementCadence: on(file.settlementCadence),
    usageConfirmation: on(file.usageConfirmation),
    selfFundedPaid: on(redemption?.selfFundedPaid),
    inFlightAtExpiry: on(redemption?.inFlightAtExpiry),
    usageWithinValidity: on(redemption?.usageWithinValidity),
    carryCutOff: on(redemption?.carryCutOff),
    expiredBalance: on(redemption?.expiredBalance),
    unusedFaceReturnsQuota: on(redemption?.unusedFaceReturnsQuota),
  };
}

/** A code of a programme has no dot before it, so nobody's own limit is taken for a shared one. */
const sharedName = (name: string | undefined): string | undefined => (name === undefined ? undefined : `.${name}`);

/** A limit as it stands on a day; null before its number begins to hold. */
function limitOf(
  file: ProgrammeFile,
  limit: NonNullable<ProgrammeFile['limits']>[number],
  on: (parameter: Parameter<string>) => Ruled<string> | null,
): Limit | null {
  const number = limit.figure === undefined ? on(limit) : null;
  if (limit.figure === undefined && number === null) return null;
  const { id, counts, per, window, years } = limit;
  return {
    id,
    account: sharedName(limit.sharedAs) ?? `${file.programme}.${id}`,
    counts,
    per,
    window: window === 'YEARS_FROM_FIRST_AWARD' ? { kind: window, years: years ?? 1 } : { kind: window },
    soft: limit.soft ?? false,
    amountFen: number && fenOf(number.value),
    figure: limit.figure ?? null,
    exempt: limit.exempt ?? [],
    onlyWithUpstream: limit.onlyWithUpstream ?? false,
    lessUpstream: limit.lessUpstream ?? false,
    cite: number?.cite ?? citationOf(limit.cite),
  };
}

function rateOf({ kind, basisPoints, tiers }: NonNullable<NonNullable<ProgrammeFile['rate']>['value']>): Rate {
  if (tiers === undefined) {
    const flat = basisPoints ?? 0;
    return { kind, tiers: [{ when: null, basisPoints: flat }], flat };
  }
  return {
    kind,
    tiers: tiers.map((tier) => ({
      when: tier.when
        ? {
            chipOrigin: tier.when.chipOrigin ?? null,
            enterpriseClass: tier.when.enterpriseClass ?? null,
            modelClass: tier.when.modelClass ?? null,
            enterpriseAgeUnderMonths: tier.when.enterpriseAgeUnderMonths ?? null,
          }
        : null,
      basisPoints: tier.basisPoints,
    })),
    flat: null,
  };
}
