// What experts are told of an application for reimbursement.
import type { Reimbursement } from '../../db/tables.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Briefing } from '../experts/assign-experts.js';
import { formatYuan } from '../money.js';
import { countedOf, linesOf } from './lines.js';

export const reimbursementBriefing: Briefing<Reimbursement> = {
  gather: (loader, rows) =>
    loader.load(
      enterpriseShelf,
      'id',
      rows.map(({ enterpriseId }) => enterpriseId),
    ),
  parties: (facts, row) => {
    const enterprise = facts.get(enterpriseShelf, row.enterpriseId);
    const named = [
      ...(enterprise ? [{ uscc: enterprise.uscc, name: enterprise.name }] : []),
      ...linesOf(facts, row).map(({ counterpartyUscc, counterpartyName }) => ({
        uscc: counterpartyUscc,
        name: counterpartyName,
      })),
    ];
    return [...new Map(named.map((party) => [party.uscc, party])).values()];
  },
  brief: (facts, row) => ({
    year: String(row.year),
    baseYear: String(row.baseYear),
    base: formatYuan(row.baseFen),
    computed: formatYuan(row.computedFen),
    lines: String(countedOf(linesOf(facts, row)).length),
    submittedOn: row.submittedOn,
    contentDigest: row.contentDigest,
  }),
};
