// An application for reimbursement: what its base is digested and summed up to, what a review binds, and how it is shown. Pure.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Reimbursement, ReimbursementLine, ReimbursementLineCut, UsageInvoice } from '../../db/tables.js';
import type {
  reimbursement as shown,
  reimbursementConsidered,
  reimbursementLine,
  reviewReimbursement,
  submitReimbursement,
} from '../../schemas/reimbursements.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import { mattersOf } from '../applications/evaluation-facts.js';
import type { Eligibility } from '../applications/rules.js';
import { presentMatters } from '../applications/rules.js';
import type { CaseVerb, Way } from '../cases/rules.js';
import { presentSteps, sharedStates, untouched } from '../cases/rules.js';
import { modelIn, readModel } from '../contracts/rules.js';
import type { KeptStep } from '../ledger/explanations.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { life } from '../lives.js';
import type { Fen } from '../money.js';
import { atLeastNone, formatYuan, parseYuan, sumFen } from '../money.js';
import type { Predicate } from '../programmes/language.js';
import { controlIdsOf } from '../programmes/laws.js';
import { lineFinding } from '../programmes/lines.js';
import { readUscc } from '../uscc.js';

export type Predicates = Eligibility['predicates'];

/** As an application begins, a draft or submitted: nobody has looked at it. */
export const undecided = {
  eligibility: null,
  reviewedPerson: null,
  reviewedFen: null,
  score: null,
  opinion: null,
  reviewDigest: null,
  allocationId: null,
  fund: null,
  awardFen: null,
  approvedOn: null,
  decidedPerson: null,
  decisionReason: null,
  explanation: null,
  settlementId: null,
  reversedFen: 0n,
  offsetFen: 0n,
  recalledFen: 0n,
  restoredFen: 0n,
  ...untouched,
} as const;

/** The columns that hold JSON, as what they are. */
export const eligibilityOf = (row: Reimbursement): Eligibility | null => row.eligibility as Eligibility | null;
const explanationOf = (row: Reimbursement): KeptStep[] | null => row.explanation as KeptStep[] | null;

/** The life of an application on this way: the steps of every case; allocated it is decided with its allocation, which has a life of its own. */
export const reimbursementLife = (way: Way) =>
  life<Reimbursement['status'], CaseVerb>({
    of: 'reimbursement',
    code: 'REIMBURSEMENT_WRONG_STATE',
    states: { ...sharedStates(way, 'allocate'), ALLOCATED: [] },
  });

/** Where an application stands again that an allocation did not give anything: reviewed, or in its public notice. */
export const unallocated = ({ noticeId }: Pick<Reimbursement, 'noticeId'>): Pick<Reimbursement, 'status' | 'allocationId'> => ({
  status: noticeId === null ? 'REVIEWED' : 'IN_PUBLIC_NOTICE',
  allocationId: null,
});

// ── The base ──

/** Why a line of the book's own invoices does not count, whatever the law says; the law's own reasons are the evaluator's codes. */
export const bookReasons = ['INVOICE_NOT_CONFIRMED', 'INVOICE_ALREADY_REDEEMED', 'LINE_ALREADY_REIMBURSED'] as const;
export type BookReason = (typeof bookReasons)[number];

/**
 * Why a line of this invoice can not count, or null. `live`: what is counted of it in applications that were not rejected; declared as
 * a whole it is all of it.
 */
export function bookReasonOf(
  invoice: UsageInvoice,
  invoiceLineId: string,
  live: readonly Pick<ReimbursementLine, 'invoiceLineId'>[],
): BookReason | null {
  if (invoice.status !== 'CONFIRMED') return 'INVOICE_NOT_CONFIRMED';
  if (invoice.redemptionId !== null) return 'INVOICE_ALREADY_REDEEMED';
  if (live.some((line) => line.invoiceLineId === null || line.invoiceLineId === invoiceLineId)) return 'LINE_ALREADY_REIMBURSED';
  return null;
}

/** A line for what red letters left of it (fen); of one that was corrected below what they took, nothing. */
export function leftOf(line: ReimbursementLine, cuts: readonly ReimbursementLineCut[]): ReimbursementLine {
  const own = cuts.filter(({ reimbursementLineId }) => reimbursementLineId === line.reimbursementLineId);
  if (own.length === 0) return line;
  const left = (amount: 'netFen' | 'vatFen'): Fen => atLeastNone(line[amount] - sumFen(own.map((cut) => cut[amount])));
  const [netFen, vatFen] = [left('netFen'), left('vatFen')];
  return { ...line, netFen, vatFen, grossFen: netFen + vatFen };
}

/** What of an award can still be paid, off-set or reversed, in fen: what is approved and in no batch yet. */
export const payableOfAward = ({ status, settlementId, awardFen, reversedFen, offsetFen }: Reimbursement): Fen =>
  status === 'APPROVED' && settlementId === null ? (awardFen ?? 0n) - reversedFen - offsetFen : 0n;

/** What of an award is still its enterprise's, paid or not (fen). */
export const standingOfAward = ({ awardFen, reversedFen, recalledFen }: Reimbursement): Fen =>
  (awardFen ?? 0n) - reversedFen - recalledFen;

type DeclaredItem = NonNullable<z.output<typeof submitReimbursement>['items']>[number];
export interface Declared extends Omit<DeclaredItem, 'net' | 'vat' | 'gross'> {
  readonly netFen: Fen;
  readonly vatFen: Fen;
  readonly grossFen: Fen;
}

const fenOf = (text: string): Fen => parseYuan(text) ?? 0n;

/** A paper's number as it is kept and looked up: however it is typed (full width, blanks, long dashes, small letters) it is one. */
export const paperNumber = (typed: string): string =>
  typed
    .normalize('NFKC')
    .replace(/\s+/g, '')
    .replace(/[‐-―−—]/g, '-')
    .toUpperCase();

/** What makes two declared items one paper: the number of a tax invoice is one whoever is said to have issued it. */
export const paperOf = ({ reference, counterpartyUscc }: Pick<Declared, 'reference' | 'counterpartyUscc'>): string =>
  isInvoiceNumber(reference) ? reference : `${counterpartyUscc} ${reference}`;

/** The number of a digital invoice (数电票), which counts once across all books. */
export const isInvoiceNumber = (reference: string): boolean => /^\d{20}$/.test(reference);

/** Those of these invoice numbers that are not `held` for an application: claimed elsewhere. Where none were asked for, none is told. */
export const unheldAmong = (items: readonly Pick<Declared, 'reference'>[], held: readonly string[] | undefined): string[] =>
  held === undefined
    ? []
    : items.flatMap(({ reference }) => (isInvoiceNumber(reference) && !held.includes(reference) ? [reference] : []));

/**
 * Reads what an enterprise declares. Refuses, item by item: a code that is not valid (USCC_…), AMOUNT_ZERO, ITEM_DOES_NOT_ADD_UP,
 * MISSING_FIELD (half a model), ITEM_NOT_SETTLED (a day to come), ITEM_TWICE.
 */
export function readItems(
  items: readonly DeclaredItem[],
  today: Day,
): { kind: 'read'; items: (Declared & { pointer: string })[] } | Refused {
  const read: (Declared & { pointer: string })[] = [];
  const known = new Set<string>();
  for (const [index, item] of items.entries()) {
    const pointer = `/items/${index}`;
    const counterparty = readUscc(item.counterpartyUscc, `${pointer}/counterpartyUscc`);
    if (counterparty.kind === 'refused') return counterparty;
    const [netFen, vatFen, grossFen] = [fenOf(item.net), fenOf(item.vat), fenOf(item.gross)];
    if (grossFen === 0n) return refused('AMOUNT_ZERO', {}, `${pointer}/gross`);
    if (netFen + vatFen !== grossFen) {
      const params = { reference: item.reference, sum: formatYuan(netFen + vatFen), stated: item.gross };
      return refused('ITEM_DOES_NOT_ADD_UP', params, `${pointer}/gross`);
    }
    const model = readModel(item, pointer);
    if (model.kind === 'refused') return model;
    if (item.settledOn > today) {
      return refused('ITEM_NOT_SETTLED', { reference: item.reference, settledOn: item.settledOn, today }, `${pointer}/settledOn`);
    }
    const reference = paperNumber(item.reference);
    const key = paperOf({ reference, counterpartyUscc: counterparty.uscc });
    if (known.has(key)) return refused('ITEM_TWICE', { reference: item.reference }, `${pointer}/reference`);
    known.add(key);
    read.push({ ...item, reference, counterpartyUscc: counterparty.uscc, netFen, vatFen, grossFen, pointer });
  }
  return { kind: 'read', items: read };
}

/**
 * What a review found of single lines, by the names they are recorded under; `lines` are those that count so far. Refuses PREDICATE_UNKNOWN
 * for what is no condition of an item, ITEM_UNKNOWN for a line that is not among them.
 */
export function readItemFindings(
  { items, exceptions }: Pick<z.output<typeof reviewReimbursement>, 'items' | 'exceptions'>,
  asked: readonly Predicate[],
  lines: readonly Pick<ReimbursementLine, 'lineNo'>[],
): { kind: 'read'; predicates: Predicates } | Refused {
  const ids = asked.flatMap(({ id, of }) => (of === 'ITEM' ? [id] : []));
  const numbers = new Set(lines.map(({ lineNo }) => lineNo));
  for (const [index, { lineNo, predicate }] of items.entries()) {
    if (!ids.includes(predicate))
      return refused('PREDICATE_UNKNOWN', { predicate, predicates: ids.join(', ') || '—' }, `/items/${index}/predicate`);
    if (!numbers.has(lineNo)) return refused('ITEM_UNKNOWN', { lineNo: String(lineNo) }, `/items/${index}/lineNo`);
  }
  const found = ({ predicate, met }: (typeof items)[number]) =>
    met ? 'MET' : exceptions[predicate] === undefined ? 'NOT_MET' : 'EXCEPTION';
  return {
    kind: 'read',
    predicates: Object.fromEntries(items.map((item) => [lineFinding(item.predicate, item.lineNo), found(item)])),
  };
}

/** How many lines are on record elsewhere too. */
export const conflictsOf = (lines: readonly Pick<ReimbursementLine, 'numberConflict'>[]): number =>
  lines.filter(({ numberConflict }) => numberConflict).length;

/** What counts at each rate, the highest first, and then what does not, by reason; of lines, or of sums of `count` lines. */
export function summaryOf(
  lines: readonly (Pick<ReimbursementLine, 'basisPoints' | 'reason' | 'grossFen'> & { readonly count?: number })[],
): z.input<typeof reimbursementConsidered>['summary'] {
  const groups = new Map<string, { basisPoints: number | null; reason: string | null; lines: number; grossFen: Fen }>();
  for (const { basisPoints, reason, grossFen, count = 1 } of lines) {
    const key = `${basisPoints} ${reason}`;
    const group = groups.get(key) ?? { basisPoints, reason, lines: 0, grossFen: 0n };
    groups.set(key, { ...group, lines: group.lines + count, grossFen: group.grossFen + grossFen });
  }
  return [...groups.values()]
    .sort((a, b) => (b.basisPoints ?? -1) - (a.basisPoints ?? -1) || ((a.reason ?? '') < (b.reason ?? '') ? -1 : 1))
    .map(({ grossFen, ...of }) => ({ ...of, gross: formatYuan(grossFen) }));
}

// ── Digests ──

const sha256 = (content: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(content)).digest('hex');
const sorted = (record: Readonly<Partial<Record<string, string>>>): [string, string | undefined][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

/**
 * What is applied for: SHA-256 (hex) of the JSON array of the version with its digest, who applies, for which years and matters, and
 * every line with what it rests on, amounts in fen as text.
 */
export const contentDigestOf = (
  of: Pick<
    Reimbursement,
    'programmeVersionId' | 'enterpriseId' | 'legalPersonUscc' | 'year' | 'baseYear' | 'matters' | 'controlVersionIds'
  >,
  programmeDigest: string,
  lines: readonly ReimbursementLine[],
): string =>
  sha256([
    of.programmeVersionId,
    programmeDigest,
    of.enterpriseId,
    of.legalPersonUscc,
    of.year,
    of.baseYear,
    sorted(mattersOf(of)),
    controlIdsOf(of),
    lines.map((line) => [
      line.lineNo,
      line.invoiceLineId,
      line.reference,
      line.counterpartyUscc,
      line.serviceItem,
      line.chipOrigin,
      ...[line.netFen, line.vatFen, line.grossFen].map(String),
      line.usedFrom,
      line.usedTo,
      line.settledOn,
      line.evidence,
      ...modelIn(line),
    ]),
  ]);

/**
 * What a review binds: SHA-256 (hex) over what is applied for, what was found, what counts and what was left of it; then, where there
 * are any, over what was answered to correction lists and what experts scored.
 */
export const reviewDigestOf = (
  contentDigest: string,
  eligibility: Eligibility,
  of: Pick<Reimbursement, 'baseFen' | 'computedFen' | 'reviewedFen' | 'score' | 'opinion' | 'answersDigest' | 'scoresDigest'>,
): string =>
  sha256([
    contentDigest,
    sorted(eligibility.predicates),
    sorted(eligibility.exceptions),
    eligibility.classes,
    ...[of.baseFen, of.computedFen, of.reviewedFen].map(String),
    of.score,
    of.opinion,
    ...(of.answersDigest === null && of.scoresDigest === null ? [] : [of.answersDigest, of.scoresDigest]),
  ]);

// ── What is shown ──

const yuanOrNull = (fen: Fen | null): string | null => (fen === null ? null : formatYuan(fen));

type Shown = Omit<z.input<typeof shown>, 'explanation'> & { explanation: KeptStep[] | null };

/** The application as it is shown, its explanation as it is kept. */
export const presentReimbursement = (row: Reimbursement): Shown => {
  const eligibility = eligibilityOf(row);
  return {
    reimbursementId: row.reimbursementId,
    reimbursementNo: row.reimbursementNo,
    programmeCode: row.programmeCode,
    programmeVersionId: row.programmeVersionId,
    enterpriseId: row.enterpriseId,
    legalPersonUscc: row.legalPersonUscc,
    year: row.year,
    baseYear: row.baseYear,
    matters: presentMatters(mattersOf(row)),
    controlVersionIds: controlIdsOf(row),
    status: row.status,
    submittedOn: row.submittedOn,
    lineCount: row.lineCount,
    contentDigest: row.contentDigest,
    base: formatYuan(row.baseFen),
    computed: formatYuan(row.computedFen),
    eligibility: eligibility && { ...eligibility, classes: [...eligibility.classes] },
    approved: yuanOrNull(row.reviewedFen),
    score: row.score,
    opinion: row.opinion,
    reviewDigest: row.reviewDigest,
    allocationId: row.allocationId,
    fund: row.fund,
    award: yuanOrNull(row.awardFen),
    reversed: formatYuan(row.reversedFen),
    recalled: formatYuan(row.recalledFen),
    offset: formatYuan(row.offsetFen),
    approvedOn: row.approvedOn,
    decisionReason: row.decisionReason,
    settlementId: row.settlementId,
    explanation: explanationOf(row),
    ...presentSteps(row),
    recordedAt: formatInstant(new Date(row.recordedAt)),
  };
};

/** A line as it was found, and what red letters took of it since (fen). */
export const presentReimbursementLine = (row: ReimbursementLine, redFen: Fen): z.input<typeof reimbursementLine> => ({
  reimbursementLineId: row.reimbursementLineId,
  lineNo: row.lineNo,
  invoiceId: row.invoiceId,
  invoiceLineId: row.invoiceLineId,
  contractId: row.contractId,
  reference: row.reference,
  description: row.description,
  counterpartyUscc: row.counterpartyUscc,
  counterpartyName: row.counterpartyName,
  serviceItem: row.serviceItem,
  chipOrigin: row.chipOrigin,
  modelClass: row.modelClass,
  modelRegistrationNo: row.modelRegistrationNo,
  net: formatYuan(row.netFen),
  vat: formatYuan(row.vatFen),
  gross: formatYuan(row.grossFen),
  red: formatYuan(redFen),
  usedFrom: row.usedFrom,
  usedTo: row.usedTo,
  settledOn: row.settledOn,
  evidence: row.evidence,
  numberConflict: row.numberConflict,
  basisPoints: row.basisPoints,
  reason: row.reason,
});
