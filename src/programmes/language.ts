// From the text of a programme file to the law on a day: read once, then looked up, never re-read. Pure.
import { isMap, isSeq, Lexer, LineCounter, parseDocument, Parser, visit } from 'yaml';
import type { Document } from 'yaml';
import { z } from 'zod';
import { programmeFile } from '../../schemas/programmes.js';
import type { ProgrammeCase, ProgrammeFile } from '../../schemas/programmes.js';
import type { Day } from '../calendar.js';
import { parseYuan } from '../money.js';
import type { Fen } from '../money.js';

export interface Bilingual {
  zh: string;
  en: string;
}

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

export type ServiceItem = 'AI_COMPUTE' | 'SUPERCOMPUTE' | 'GENERAL_COMPUTE' | 'STORAGE' | 'NETWORK' | 'SECURITY';
export type FacilityKind = 'SUPERCOMPUTING' | 'AI_COMPUTING' | 'DATA_CENTER';

/** In basis points. CEILING may be granted lower, EXACT may not. */
export interface Rate {
  kind: 'CEILING' | 'EXACT';
  basisPoints: number;
}

/** One of these must hold; thresholds are inclusive, PFLOPS are decimal text at the stated precision. */
export type FacilityCondition =
  | { kind: 'SUPERCOMPUTING' }
  | { kind: 'AI_COMPUTING'; pflopsAtLeast: string; precision: string }
  | { kind: 'DATA_CENTER'; standardRacksAtLeast: number };

export interface Limit {
  id: string;
  counts: 'CLAIMED' | 'REDEEMED';
  per: 'LEGAL_PERSON' | 'CONTRACT';
  window: 'YEAR' | 'LIFETIME';
  soft: boolean;
  amountFen: Fen;
  cite: Citation;
}

export interface Predicate {
  id: string;
  strength: 'HARD' | 'SOFT';
  text: Bilingual;
  evidence: readonly string[];
  cite: Citation;
}

export interface Funder {
  funder: string;
  name: Bilingual;
  basisPoints: number;
}

/** Every dated value as it holds from `from` until the next law's `from`. Null: the text gives none. */
export interface Law {
  from: Day;
  responsibleDepartments: Ruled<readonly string[]> | null;
  flow: Ruled<'VOUCHER'> | null;
  payee: Ruled<'PROVIDER'> | null;
  base: Ruled<'CONTRACT_AMOUNT' | 'USAGE_FEE'> | null;
  amountBasis: Ruled<'GROSS' | 'NET'> | null;
  rate: Ruled<Rate> | null;
  limits: readonly Limit[];
  allocation: Ruled<'FIRST_COME'> | null;
  priority: Ruled<readonly { class: string; name: Bilingual }[]> | null;
  providerConditions: Ruled<readonly 'LISTED_FOR_SERVICE_ITEM'[]> | null;
  facilityConditions: Ruled<readonly FacilityCondition[]> | null;
  serviceItems: Ruled<readonly ServiceItem[]> | null;
  exclusions: Ruled<readonly 'SELF_BUILT_SELF_USED'[]> | null;
  contractSignedOnOrAfter: Ruled<Day> | null;
  minAward: Ruled<Fen> | null;
  validityMonths: Ruled<number> | null;
  funders: Ruled<readonly Funder[]> | null;
  settlementCadence: Ruled<'MONTHLY'> | null;
  selfFundedPaid: Ruled<'BEFORE_REDEMPTION' | 'NOT_REQUIRED'> | null;
  inFlightAtExpiry: Ruled<'FINISH' | 'LAPSE'> | null;
  usageWithinValidity: Ruled<'WHOLE' | 'END' | 'NOT_REQUIRED'> | null;
  carryCutOff: Ruled<boolean> | null;
  unusedFaceReturnsQuota: Ruled<boolean> | null;
}

export interface LegalDocument {
  kind: 'MEASURE' | 'NOTICE';
  title: string;
  number: string | null;
  issuedOn: Day | null;
  /** Invented for the demo world. */
  demo: boolean;
}

/** One version of a programme; immutable. `laws` are in order of their days, the first from the earliest day there is. */
export interface ProgrammeVersion {
  programme: string;
  version: number;
  name: Bilingual;
  status: 'DRAFT' | 'ENACTED' | 'REPEALED';
  /** The article that creates the programme; what rests on no other article cites this one. */
  basis: Citation;
  documents: Readonly<Record<string, LegalDocument>>;
  /** Both days inclusive; `to: null` until repealed. Null: the text names no day. */
  inForce: { from: Day; to: Day | null; cite: Citation } | null;
  eligibility: readonly Predicate[];
  laws: readonly [Law, ...Law[]];
  cases: readonly ProgrammeCase[];
}

export type ProblemCode =
  | 'YAML'
  | 'SHAPE'
  | 'NOT_YET_EVALUATED'
  | 'INCONSISTENT'
  | 'MISSING_PARAMETER'
  | 'NOT_ENACTED'
  | 'NO_CASES'
  | 'EDGE_WITHOUT_CASE'
  | 'CASE_FAILED';

/** What is wrong with a file, and where: `path` as rate.value.basisPoints, `line` from 1 where the file has one. */
export interface ProgrammeProblem extends Bilingual {
  code: ProblemCode;
  path: string;
  line: number | null;
}

/** The id of the limit that every programme has without naming it: rate × contract, per contract, for its whole life. */
export const CONTRACT_CEILING = 'contract-ceiling';

/** The number of a document, or its title in 《》 when it has none. */
export function documentName(version: ProgrammeVersion, cite: { document: string }): string {
  const document = version.documents[cite.document];
  return document === undefined ? cite.document : (document.number ?? `《${document.title}》`);
}

/** The law as it stands on the day: before the first dated value the earliest, after the last the latest. */
export function lawOn(version: ProgrammeVersion, day: Day): Law {
  let law = version.laws[0];
  for (const next of version.laws) {
    if (next.from > day) break;
    law = next;
  }
  return law;
}

// Words of the language that this version of the service can not evaluate. They are named so that a file which uses one hears
// that, and not that the word is unknown.
const WORDS_TO_COME = new Set([
  ...['REIMBURSEMENT', 'ENTERPRISE', 'PRIOR_YEAR_SETTLED_FEE', 'COST', 'AWARDED', 'PROJECT', 'PROGRAMME', 'N_YEARS'],
  ...['RANKED', 'PRO_RATA', 'RELATED_PARTIES', 'QUARTERLY'],
  ...[
    'byChipOrigin',
    'byEnterpriseClass',
    'byModelClass',
    'byEnterpriseAge',
    'pool',
    'stacking',
    'purposes',
    'reviewSteps',
    'noticeDays',
  ],
  ...['minBase', 'filing', 'totalControl', 'investmentCeiling', 'beneficiaryKinds'],
]);

/**
 * Reads a programme file. Refuses with every problem found, each with its line: broken YAML, an unknown word or form, a word
 * this service does not evaluate yet, a citation of a document the file does not list.
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

  const problems = inconsistencies(read.data).map((problem) => ({
    ...problem,
    line: lineOf(document, lines, problem.path.split('.')),
  }));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, version: versionOf(read.data) };
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

function shapeProblems(document: Document, lines: LineCounter, issue: z.core.$ZodIssue): ProgrammeProblem[] {
  const at = (path: readonly PropertyKey[]) => ({ path: path.map(String).join('.'), line: lineOf(document, lines, path) });
  const toCome = (word: string, path: readonly PropertyKey[]): ProgrammeProblem => ({
    ...at(path),
    code: 'NOT_YET_EVALUATED',
    zh: `本系统尚不支持“${word}”，不能略去不计`,
    en: `${word} is not evaluated yet and will not be ignored`,
  });

  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      WORDS_TO_COME.has(key)
        ? toCome(key, [...issue.path, key])
        : { ...at([...issue.path, key]), code: 'SHAPE', zh: `未知的项“${key}”`, en: `unknown key ${key}` },
    );
  }
  const given = document.getIn(issue.path);
  if (issue.code === 'invalid_value' && typeof given === 'string' && WORDS_TO_COME.has(given)) return [toCome(given, issue.path)];

  if (given === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value'))
    return [{ ...at(issue.path), code: 'SHAPE', zh: '缺少此项', en: 'is missing' }];

  const own: unknown = issue.code === 'custom' ? issue.params?.zh : undefined;
  const local = inChinese({ ...issue, input: given } as z.core.$ZodRawIssue);
  const zh = typeof own === 'string' ? own : typeof local === 'string' ? local : (local?.message ?? issue.message);
  return [{ ...at(issue.path), code: 'SHAPE', zh, en: issue.message }];
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
      node = node.items[Number(step)];
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
  const predicateIds = (file.eligibility ?? []).map(({ id }) => id);
  for (const [name, ids] of [['limits', limitIds] as const, ['eligibility', predicateIds] as const]) {
    for (const [index, id] of ids.entries()) {
      if (ids.indexOf(id) !== index) found(`${name}.${index}.id`, `编号“${id}”重复`, `the id ${id} is used twice`);
    }
  }
  const reserved = limitIds.indexOf(CONTRACT_CEILING);
  if (reserved >= 0)
    found(`limits.${reserved}.id`, `“${CONTRACT_CEILING}”为系统保留编号`, `the id ${CONTRACT_CEILING} is reserved`);

  const { inForce } = file;
  if (inForce?.to !== undefined && inForce.to < inForce.from) found('inForce.to', '失效日早于施行日', 'ends before it starts');
  if (file.status === 'REPEALED' && inForce?.to === undefined)
    found(
      'status',
      '已废止的政策须写明失效日（inForce.to）',
      'a repealed programme needs the last day it was in force (inForce.to)',
    );

  for (const [index, one] of (file.cases ?? []).entries()) {
    for (const id of Object.keys(one.given.used ?? {})) {
      if (id !== CONTRACT_CEILING && !limitIds.includes(id))
        found(`cases.${index}.given.used.${id}`, `没有编号为“${id}”的限额`, `there is no limit ${id}`);
    }
    for (const id of Object.keys(one.given.enterprise?.predicates ?? {})) {
      if (!predicateIds.includes(id))
        found(`cases.${index}.given.enterprise.predicates.${id}`, `没有编号为“${id}”的条件`, `there is no predicate ${id}`);
    }
  }
  return problems;
}

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
    eligibility: (file.eligibility ?? []).map((predicate) => ({ ...predicate, cite: citationOf(predicate.cite) })),
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
  const minAward = on(file.minAward);
  const { redemption } = file;
  return {
    from: day,
    responsibleDepartments: on(file.responsibleDepartments),
    flow: on(file.flow),
    payee: on(file.payee),
    base: on(file.base),
    amountBasis: on(file.amountBasis),
    rate: on(file.rate),
    limits: (file.limits ?? []).flatMap((limit) => {
      const amount = on(limit);
      const { id, counts, per, window, soft } = limit;
      return amount === null
        ? []
        : [{ id, counts, per, window, soft: soft ?? false, amountFen: fenOf(amount.value), cite: amount.cite }];
    }),
    allocation: on(file.allocation),
    priority: on(file.priority),
    providerConditions: on(file.providerConditions),
    facilityConditions: on(file.facilityConditions),
    serviceItems: on(file.serviceItems),
    exclusions: on(file.exclusions),
    contractSignedOnOrAfter: on(file.contractSignedOnOrAfter),
    minAward: minAward && { ...minAward, value: fenOf(minAward.value) },
    validityMonths: on(file.validityMonths),
    funders: on(file.funders),
    settlementCadence: on(file.settlementCadence),
    selfFundedPaid: on(redemption?.selfFundedPaid),
    inFlightAtExpiry: on(redemption?.inFlightAtExpiry),
    usageWithinValidity: on(redemption?.usageWithinValidity),
    carryCutOff: on(redemption?.carryCutOff),
    unusedFaceReturnsQuota: on(redemption?.unusedFaceReturnsQuota),
  };
}
