// What an applicant may correct of a submitted application for reimbursement where a correction list names it: what it is about.
import type { Reimbursement } from '../../db/tables.js';
import { refusalOf } from '../applications/rules.js';
import type { Correcting, Correction } from '../cases/correcting.js';
import type { Facts } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import type { Matters } from '../legal-persons/matters.js';
import { gatherMattersAnew, matterFieldsSent, matterIn, mattersAnew } from '../legal-persons/matters.js';
import type { Case } from './award-facts.js';
import { askedOf, gatherParts, lawOf, wholeOf } from './gather.js';
import { gatherAwardLimits } from './award-facts.js';
import { evaluationsOf, linesOf } from './lines.js';
import { contentDigestOf } from './rules.js';

type Corrected = Correction<Reimbursement>;

const anewOf = ({ row, fields }: Corrected) => ({
  ...{ legalPersonUscc: row.legalPersonUscc, kept: row.matters as Matters, fields },
});

function correctedRow(facts: Facts, of: Corrected): { readonly kind: 'row'; readonly row: Reimbursement } | Refused {
  const about = mattersAnew(facts, anewOf(of));
  return about.kind === 'refused' ? about : { kind: 'row', row: { ...of.row, matters: about.matters } };
}

/** What a review will check is taken as met until then. */
const at = (facts: Facts, row: Reimbursement, bookedOn: string) => ({
  bookedOn,
  predicates: Object.fromEntries(lawOf(facts, row).law.eligibility.map(({ id }) => [id, 'MET' as const])),
});
const caseOf = (facts: Facts, row: Reimbursement, today: string): Case => wholeOf(facts, row, at(facts, row, today));

export const reimbursementCorrecting: Correcting<Reimbursement> = {
  fields: matterFieldsSent.map(([field]) => field),

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
        return corrected.kind === 'refused' ? [] : [askedOf(facts, corrected.row, at(facts, corrected.row, of.today))];
      }),
    );
  },

  correct(facts, of) {
    const corrected = correctedRow(facts, of);
    if (corrected.kind === 'refused') return corrected;
    const { row } = corrected;
    const { byLaw } = evaluationsOf(facts, caseOf(facts, row, of.today));
    if (byLaw.kind !== 'award') return refusalOf(byLaw);
    const contentDigest = contentDigestOf(row, lawOf(facts, row).version.digest, linesOf(facts, row));
    return { kind: 'corrected', row: { ...row, contentDigest, computedFen: byLaw.computedFen } };
  },

  valueOf: (row, field) => matterIn(row.matters as Matters, field),
};
