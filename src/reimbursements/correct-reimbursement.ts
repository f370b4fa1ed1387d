// What an applicant may correct of a submitted application for reimbursement where a correction list names it: what it is about, and the
// amounts that it declared.
import type { Reimbursement, ReimbursementLine } from '../../db/tables.js';
import { refusalOf } from '../applications/rules.js';
import type { Correcting, Correction } from '../cases/correcting.js';
import { changesAmong } from '../cases/correcting.js';
import type { FieldChange } from '../cases/rules.js';
import type { Facts } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Matters } from '../legal-persons/matters.js';
import { gatherMattersAnew, matterFieldsSent, mattersAnew, mattersChanged } from '../legal-persons/matters.js';
import { formatYuan, parseYuan } from '../money.js';
import { caseOf, gatherAwardLimits } from './award-facts.js';
import { reimbursementLineShelf } from './facts.js';
import { askedOf, gatherParts, lawOf } from './gather.js';
import { countedOf, evaluationsOf, found, holdInvoices, linesOf } from './lines.js';
import { contentDigestOf } from './rules.js';

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
type Amount = keyof typeof amounts;

/**
 * The lines whose amounts are written anew, with what changed. Refuses NOT_FOUND (a line that is not there, does not count, or is not
 * declared: what the book says of its invoices is not the applicant's to correct), AMOUNT_FORMAT, AMOUNT_ZERO, ITEM_DOES_NOT_ADD_UP.
 */
function amountsAnew(
  facts: Facts,
  { row, fields }: Corrected,
): { readonly kind: 'lines'; readonly lines: readonly ReimbursementLine[]; readonly changed: readonly FieldChange[] } | Refused {
  const anew = new Map<number, ReimbursementLine>();
  const changed: FieldChange[] = [];
  for (const [field, value] of fields) {
    const [, number, name] = /^\/lines\/(\d+)\/(net|vat|gross)$/.exec(field) ?? [];
    if (number === undefined) continue;
    const lineNo = Number(number);
    const line = anew.get(lineNo) ?? countedOf(linesOf(facts, row)).find((of) => of.lineNo === lineNo && of.evidence !== null);
    if (!line) return refused('NOT_FOUND', {}, field);
    const fen = value === null ? null : parseYuan(value);
    if (fen === null) return refused('AMOUNT_FORMAT', {}, field);
    const column = amounts[name as Amount];
    changed.push({ field, from: formatYuan(line[column]), to: formatYuan(fen) });
    anew.set(lineNo, { ...line, [column]: fen });
  }
  for (const { lineNo, netFen, vatFen, grossFen, reference } of anew.values()) {
    const at = `/lines/${lineNo}/gross`;
    if (grossFen === 0n) return refused('AMOUNT_ZERO', {}, at);
    if (netFen + vatFen !== grossFen) {
      const params = { reference, sum: formatYuan(netFen + vatFen), stated: formatYuan(grossFen) };
      return refused('ITEM_DOES_NOT_ADD_UP', params, at);
    }
  }
  return { kind: 'lines', lines: [...anew.values()], changed };
}

export const reimbursementCorrecting: Correcting<Reimbursement> = {
  fields: [...matterFieldsSent.map(([field]) => field), ...Object.keys(amounts).map((name) => `/lines/{lineNo}/${name}`)],

  async gather(loader, corrections) {
    await Promise.all([
      gatherMattersAnew(loader, corrections.map(anewOf)),
      gatherParts(
        loader,
        corrections.map(({ row }) => row),
      ),
    ]);
    const { facts } = loader;
    await gatherAwardLimits(
      loader,
      corrections.flatMap((of) => {
        const corrected = correctedRow(facts, of);
        return corrected.kind === 'refused' ? [] : [askedAnew(facts, corrected.row, of.today)];
      }),
    );
  },

  correct(facts, of) {
    const corrected = correctedRow(facts, of);
    if (corrected.kind === 'refused') return corrected;
    const { row } = corrected;
    const anew = amountsAnew(facts, of);
    if (anew.kind === 'refused') return anew;
    const written = new Map(anew.lines.map((line) => [line.lineNo, line]));
    const asked = askedAnew(facts, row, of.today);
    const whole = caseOf(facts, { ...asked, lines: asked.lines.map((line) => written.get(line.lineNo) ?? line) });
    const { byLaw } = evaluationsOf(facts, whole);
    if (byLaw.kind !== 'award') return refusalOf(byLaw);
    const weighed = found(whole).filter(({ lineNo }) => written.has(lineNo));
    const now = new Map(weighed.map((line) => [line.lineNo, line]));
    const lines = linesOf(facts, row).map((line) => now.get(line.lineNo) ?? line);
    const contentDigest = contentDigestOf(row, lawOf(facts, row).version.digest, lines);
    return {
      kind: 'corrected',
      row: { ...row, contentDigest, baseFen: byLaw.baseFen, computedFen: byLaw.computedFen },
      changed: changesAmong([...mattersChanged(anewOf(of), row.matters as Matters), ...anew.changed]),
      beside: [
        ...weighed.map((line) => update(reimbursementLineShelf, line)),
        // What counts no longer lets its invoice go.
        ...holdInvoices(
          facts,
          weighed.filter(({ isLive }) => !isLive),
          -1,
        ),
      ],
    };
  },
};
