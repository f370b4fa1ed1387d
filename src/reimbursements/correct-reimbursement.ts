// What an applicant may correct of a submitted application for reimbursement where a correction list names it: what it is about, and of what it
// declared the papers, whose they are, and their amounts.
import type { Reimbursement, ReimbursementLine } from '../../db/tables.js';
import { declaredItem } from '../../schemas/reimbursements.js';
import { refusalOf } from '../applications/rules.js';
import type { Day } from '../calendar.js';
import type { Correcting, Correction } from '../cases/correcting.js';
import { changesAmong } from '../cases/correcting.js';
import type { FieldChange } from '../cases/rules.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Matters } from '../legal-persons/matters.js';
import { gatherMattersAnew, matterFieldsSent, mattersAnew, mattersChanged } from '../legal-persons/matters.js';
import { formatYuan, parseYuan } from '../money.js';
import { lawOn } from '../programmes/language.js';
import { readUscc } from '../uscc.js';
import type { Asked } from './award-facts.js';
import { caseOf, gatherAwardLimits } from './award-facts.js';
import { asDeclared, declaredLines, gatherDeclared, isFunded } from './base.js';
import { reimbursementLineShelf } from './facts.js';
import { askedOf, gatherHeld, gatherParts, lawOf } from './gather.js';
import { countedOf, evaluationsOf, found, holdInvoices, linesOf } from './lines.js';
import { contentDigestOf, paperNumber, paperOf, unheldAmong } from './rules.js';
import { gatherSuspicions, suspicionsOf } from './suspicions.js';

type Corrected = Correction<Reimbursement>;

const anewOf = ({ row, fields }: Corrected) => ({
  legalPersonUscc: row.legalPersonUscc,
  kept: row.matters as Matters,
  fields,
});

function correctedRow(facts: Facts, of: Corrected): { readonly kind: 'row'; readonly row: Reimbursement } | Refused {
  const about = mattersAnew(facts, anewOf(of));
  return about.kind === 'refused' ? about : { kind: 'row', row: { ...of.row, matters: about.matters } };
}

/** What is asked about a corrected application; what a review will check is taken as met until then. */
const askedAnew = (facts: Facts, row: Reimbursement, bookedOn: string) =>
  askedOf(facts, row, {
    bookedOn,
    predicates: Object.fromEntries(lawOf(facts, row).law.eligibility.map(({ id }) => [id, 'MET' as const])),
  });

const amounts = { net: 'netFen', vat: 'vatFen', gross: 'grossFen' } as const;
const names = ['reference', 'counterpartyUscc', 'counterpartyName'] as const;
const lineField = /^\/lines\/(\d+)\/(\w+)$/;

/** Lines that are written anew, with what changed of them. */
interface Written {
  readonly kind: 'written';
  readonly lines: readonly ReimbursementLine[];
  readonly changed: readonly FieldChange[];
}

/** A field of a declared line as it is written anew, and shown. Refuses AMOUNT_FORMAT, VALIDATION_FAILED, a code that is not valid (USCC_…). */
function readField(
  line: ReimbursementLine,
  { field, name, value }: { field: string; name: string; value: string | null },
): { kind: 'read'; from: string; to: string; line: ReimbursementLine } | Refused {
  const column = amounts[name as keyof typeof amounts] as (typeof amounts)[keyof typeof amounts] | undefined;
  if (column !== undefined) {
    const fen = value === null ? null : parseYuan(value);
    if (fen === null) return refused('AMOUNT_FORMAT', {}, field);
    return { kind: 'read', from: formatYuan(line[column]), to: formatYuan(fen), line: { ...line, [column]: fen } };
  }
  const text = name as (typeof names)[number];
  const parsed = declaredItem.shape[text].safeParse(value);
  if (!parsed.success) return refused('VALIDATION_FAILED', {}, field);
  const code = text === 'counterpartyUscc' ? readUscc(parsed.data, field) : null;
  if (code?.kind === 'refused') return code;
  const to = text === 'reference' ? paperNumber(parsed.data) : (code?.uscc ?? parsed.data);
  return { kind: 'read', from: line[text], to, line: { ...line, [text]: to } };
}

/**
 * The declared lines that are written anew. Refuses NOT_FOUND (a line that is not there, does not count, or is not declared: what the
 * book says of its invoices is not the applicant's to correct), as `readField`, AMOUNT_ZERO, ITEM_DOES_NOT_ADD_UP, ITEM_TWICE for a
 * paper that another line declares.
 */
function writtenAnew(facts: Facts, { row, fields }: Corrected): Written | Refused {
  const lines = linesOf(facts, row);
  const anew = new Map<number, ReimbursementLine>();
  const changed: FieldChange[] = [];
  for (const [field, value] of fields) {
    const [, number, name] = lineField.exec(field) ?? [];
    if (number === undefined || name === undefined) continue;
    const lineNo = Number(number);
    const line = anew.get(lineNo) ?? countedOf(lines).find((of) => of.lineNo === lineNo && of.evidence !== null);
    if (!line) return refused('NOT_FOUND', {}, field);
    const read = readField(line, { field, name, value });
    if (read.kind === 'refused') return read;
    changed.push({ field, from: read.from, to: read.to });
    anew.set(lineNo, read.line);
  }
  for (const { lineNo, netFen, vatFen, grossFen, reference } of anew.values()) {
    const at = `/lines/${lineNo}/gross`;
    if (grossFen === 0n) return refused('AMOUNT_ZERO', {}, at);
    if (netFen + vatFen !== grossFen) {
      const params = { reference, sum: formatYuan(netFen + vatFen), stated: formatYuan(grossFen) };
      return refused('ITEM_DOES_NOT_ADD_UP', params, at);
    }
  }
  const papers = new Map<string, number>();
  for (const line of lines) {
    if (line.evidence === null) continue;
    const { lineNo, reference } = anew.get(line.lineNo) ?? line;
    const paper = paperOf(anew.get(line.lineNo) ?? line);
    const other = papers.get(paper);
    // Of two that are one now, the one that was written anew is told.
    if (other !== undefined) return refused('ITEM_TWICE', { reference }, `/lines/${anew.has(lineNo) ? lineNo : other}/reference`);
    papers.set(paper, lineNo);
  }
  return { kind: 'written', lines: [...anew.values()], changed };
}

/** Those of them that name another paper than they did. */
function renamed(facts: Facts, row: Reimbursement, { lines }: Written): ReimbursementLine[] {
  const before = new Map(linesOf(facts, row).map((line) => [line.lineNo, line]));
  return lines.filter((line) => {
    const { reference, counterpartyUscc } = before.get(line.lineNo) ?? line;
    return reference !== line.reference || counterpartyUscc !== line.counterpartyUscc;
  });
}

/**
 * The written lines with what the book has on record of the papers that they newly name: an invoice, a contract, a number that is on
 * record elsewhere. Refuses ITEM_ALREADY_FUNDED.
 */
function linesAnew(facts: Facts, of: Corrected): Written | Refused {
  const written = writtenAnew(facts, of);
  if (written.kind === 'refused') return written;
  const { row, held } = of;
  const anew = renamed(facts, row, written);
  if (anew.length === 0) return written;
  const enterprise = facts.get(enterpriseShelf, row.enterpriseId);
  if (!enterprise) throw new Error(`${row.reimbursementNo} has lost its enterprise`);
  const funded = anew.find((line) => isFunded(facts, asDeclared(line), row.reimbursementId));
  if (funded) {
    const params = { reference: funded.reference, counterparty: funded.counterpartyName };
    return refused('ITEM_ALREADY_FUNDED', params, `/lines/${funded.lineNo}/reference`);
  }
  const { stacking } = lawOn(lawOf(facts, row).law, row.submittedOn);
  const found = declaredLines(facts, anew.map(asDeclared), {
    enterprise,
    reimbursementId: row.reimbursementId,
    newId: () => '',
    unheld: unheldAmong(anew, held),
    byContract: stacking.some(({ by }) => by === 'CONTRACT'),
  });
  const onRecord = new Map(anew.map(({ lineNo }, i) => [lineNo, found[i]]));
  return {
    ...written,
    lines: written.lines.map((line) => {
      const { invoiceId, contractId, numberConflict } = onRecord.get(line.lineNo) ?? line;
      return { ...line, invoiceId, contractId, numberConflict };
    }),
  };
}

/** What counts of the application once these lines are written anew. */
const askedWith = (facts: Facts, row: Reimbursement, { lines }: Written, today: Day): Asked => {
  const written = new Map(lines.map((line) => [line.lineNo, line]));
  const asked = askedAnew(facts, row, today);
  return { ...asked, lines: asked.lines.map((line) => written.get(line.lineNo) ?? line) };
};

export const reimbursementCorrecting: Correcting<Reimbursement> = {
  fields: [
    ...matterFieldsSent.map(([field]) => field),
    ...[...Object.keys(amounts), ...names].map((name) => `/lines/{lineNo}/${name}`),
  ],

  async gather(loader, corrections) {
    const { facts } = loader;
    const rows = corrections.map(({ row }) => row);
    await Promise.all([gatherMattersAnew(loader, corrections.map(anewOf)), gatherParts(loader, rows)]);
    await gatherHeld(loader, rows);
    for (const of of corrections) {
      const written = writtenAnew(facts, of);
      const enterprise = facts.get(enterpriseShelf, of.row.enterpriseId);
      const anew = written.kind === 'refused' ? [] : renamed(facts, of.row, written);
      if (enterprise && anew.length > 0) await gatherDeclared(loader, enterprise, anew.map(asDeclared));
    }
    const asked = corrections.flatMap((of) => {
      const corrected = correctedRow(facts, of);
      const anew = linesAnew(facts, of);
      if (corrected.kind === 'refused' || anew.kind === 'refused') return [];
      return [askedWith(facts, corrected.row, anew, of.today)];
    });
    await gatherAwardLimits(loader, asked);
    await gatherSuspicions(
      loader,
      asked.map((of) => caseOf(facts, of)),
    );
  },

  correct(facts, of) {
    const corrected = correctedRow(facts, of);
    if (corrected.kind === 'refused') return corrected;
    const { row } = corrected;
    const anew = linesAnew(facts, of);
    if (anew.kind === 'refused') return anew;
    const asked = askedWith(facts, row, anew, of.today);
    const whole = caseOf(facts, asked);
    const { byLaw } = evaluationsOf(facts, whole);
    if (byLaw.kind !== 'award') return refusalOf(byLaw);
    const written = new Set(anew.lines.map(({ lineNo }) => lineNo));
    const weighed = found(whole).filter(({ lineNo }) => written.has(lineNo));
    const now = new Map(weighed.map((line) => [line.lineNo, line]));
    const before = linesOf(facts, row);
    const lines = before.map((line) => now.get(line.lineNo) ?? line);
    const { version, law } = lawOf(facts, row);
    const contentDigest = contentDigestOf(row, version.digest, lines);
    // What counts no longer, or names another paper, lets its invoice go; what newly names one holds it.
    const holds = ({ isLive, invoiceId }: ReimbursementLine) => (isLive ? invoiceId : null);
    const moved = before.flatMap((line) => {
      const after = now.get(line.lineNo) ?? line;
      return holds(after) === holds(line) ? [] : [{ line, after }];
    });
    const changedRow = { ...row, contentDigest, baseFen: byLaw.baseFen, computedFen: byLaw.computedFen };
    return {
      kind: 'corrected',
      row: changedRow,
      changed: changesAmong([...mattersChanged(anewOf(of), row.matters as Matters), ...anew.changed]),
      found: suspicionsOf(facts, { row: changedRow, whole, lines, law: lawOn(law, row.submittedOn), today: of.today }),
      beside: [
        ...weighed.map((line) => update(reimbursementLineShelf, line)),
        ...holdInvoices(
          facts,
          moved.flatMap(({ line }) => (line.isLive ? [line] : [])),
          -1,
        ),
        ...holdInvoices(
          facts,
          moved.flatMap(({ after }) => (after.isLive ? [after] : [])),
          1,
        ),
      ],
    };
  },
};
