// What experts are told of an application for a voucher.
import type { Application } from '../../db/tables.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Briefing } from '../experts/assign-experts.js';
import { formatYuan } from '../money.js';
import { providerShelf } from '../providers/facts.js';
import { subjectOf } from './cases.js';

export const applicationBriefing: Briefing<Application> = {
  gather: (loader, rows) =>
    Promise.all([
      loader.load(
        enterpriseShelf,
        'id',
        rows.map(({ enterpriseId }) => enterpriseId),
      ),
      loader.load(
        providerShelf,
        'id',
        rows.map((row) => subjectOf(loader.facts, row).contract.providerId),
      ),
    ]),
  parties: (facts, row) => {
    const enterprise = facts.get(enterpriseShelf, row.enterpriseId);
    const provider = facts.get(providerShelf, subjectOf(facts, row).contract.providerId);
    return [enterprise, provider].flatMap((of) => (of ? [{ uscc: of.uscc, name: of.name }] : []));
  },
  brief: (facts, row) => {
    const { contract } = subjectOf(facts, row);
    return {
      purpose: row.purpose,
      contractNo: contract.contractNo,
      contractAmount: formatYuan(contract.grossFen),
      startsOn: contract.startsOn,
      endsOn: contract.endsOn,
      computed: formatYuan(row.computedFen ?? 0n),
      submittedOn: row.submittedOn,
      contentDigest: row.contentDigest,
    };
  },
};
