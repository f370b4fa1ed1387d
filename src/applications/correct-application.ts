// What an applicant may correct of a submitted application where a correction list names it: its contract, and what it is about.
import type { Application } from '../../db/tables.js';
import type { Correcting, Correction } from '../cases/correcting.js';
import { changesAmong } from '../cases/correcting.js';
import { contractShelf } from '../contracts/facts.js';
import { refuseUnlessInForce } from '../contracts/rules.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Matters } from '../legal-persons/matters.js';
import { gatherMattersAnew, matterFieldsSent, mattersAnew, mattersChanged } from '../legal-persons/matters.js';
import { gatherMaterials } from '../materials/facts.js';
import { decidingDayOf } from '../programmes/evaluate.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { lawOn } from '../programmes/language.js';
import { versionDeciding } from '../programmes/published.js';
import { isUuid } from '../identifiers.js';
import { papersOf, subjectOf } from './cases.js';
import type { Wanted } from './entitlement.js';
import { entitlementOf, gatherEntitlements } from './entitlement.js';
import { circumstancesOf, contractLinesOf, gatherContractFacts } from './evaluation-facts.js';
import { applicationShelf } from './facts.js';
import { caseOf } from './review-application.js';
import { contentDigestOf, isOpen, refusalOf } from './rules.js';
import { gatherSuspicions, suspicionsOf } from './suspicions.js';

type Corrected = Correction<Application>;

const anewOf = ({ row, fields }: Corrected) => ({
  legalPersonUscc: row.legalPersonUscc,
  kept: row.matters as Matters,
  fields,
});

const contractIdOf = ({ row, fields }: Corrected): string => {
  const sent = fields.get('/contractId');
  return sent === undefined ? row.contractId : isUuid(sent ?? '') ? (sent ?? '') : '';
};

/**
 * The application as it would stand with its fields corrected. Refuses NOT_FOUND (a contract that is not its enterprise's likewise), a
 * contract that is not in force, PROGRAMME_NOT_IN_FORCE where the contract falls under another version than the one applied under,
 * APPLICATION_OPEN, MATTER_NOT_FOUND.
 */
function correctedRow(facts: Facts, of: Corrected): { readonly kind: 'row'; readonly row: Application } | Refused {
  const { row } = of;
  const contractId = contractIdOf(of);
  const contract = contractId === '' ? undefined : facts.get(contractShelf, contractId);
  if (contract?.enterpriseId !== row.enterpriseId) return refused('NOT_FOUND', {}, '/contractId');
  const notInForce = refuseUnlessInForce(contract);
  if (notInForce) return notInForce;
  const { programmeCode } = row;
  const days = { appliedOn: row.submittedOn, signedOn: contract.signedOn };
  const version = versionDeciding(facts.all(programmeVersionShelf, 'code', programmeCode), days);
  if (version?.programmeVersionId !== row.programmeVersionId) {
    return refused('PROGRAMME_NOT_IN_FORCE', { programme: programmeCode, day: contract.signedOn }, '/contractId');
  }
  const open = facts
    .all(applicationShelf, 'contract', contractId)
    .find((other) => other.programmeCode === programmeCode && other.applicationId !== row.applicationId && isOpen(other));
  if (open) return refused('APPLICATION_OPEN', { programme: programmeCode, applicationNo: open.applicationNo }, '/contractId');
  const about = mattersAnew(facts, anewOf(of));
  if (about.kind === 'refused') return about;
  return { kind: 'row', row: { ...row, contractId, purpose: contract.purpose, matters: about.matters } };
}

/** What is asked of the law about it; what a review will check is taken as met until then. */
function askedOf(facts: Facts, row: Application, today: string): Wanted & ReturnType<typeof subjectOf> {
  const { law } = subjectOf(facts, row);
  return caseOf(facts, row, today, Object.fromEntries(law.eligibility.map(({ id }) => [id, 'MET' as const])));
}

export const applicationCorrecting: Correcting<Application> = {
  fields: ['/contractId', ...matterFieldsSent.map(([field]) => field)],

  async gather(loader, corrections) {
    const contractIds = corrections.map(contractIdOf).filter((id) => id !== '');
    await Promise.all([
      gatherContractFacts(loader, contractIds),
      loader.load(applicationShelf, 'contract', contractIds),
      loader.load(
        programmeVersionShelf,
        'code',
        corrections.map(({ row }) => row.programmeCode),
      ),
      gatherMattersAnew(loader, corrections.map(anewOf)),
    ]);
    const asked = corrections.flatMap((of) => {
      const corrected = correctedRow(loader.facts, of);
      return corrected.kind === 'refused' ? [] : [{ row: corrected.row, wanted: askedOf(loader.facts, corrected.row, of.today) }];
    });
    await Promise.all([
      gatherEntitlements(
        loader,
        asked.map(({ wanted }) => wanted),
      ),
      gatherMaterials(
        loader,
        'APPLICATION',
        asked.map(({ row, wanted: { law } }) => ({ law, papers: papersOf(row) })),
      ),
      gatherSuspicions(
        loader,
        asked.map(({ wanted: { contract } }) => contract),
      ),
    ]);
  },

  correct(facts, of) {
    const corrected = correctedRow(facts, of);
    if (corrected.kind === 'refused') return corrected;
    const { row } = corrected;
    const asked = askedOf(facts, row, of.today);
    const { byLaw } = entitlementOf(facts, asked);
    if (byLaw.kind === 'refused') return refusalOf(byLaw);
    const { contract, version } = asked;
    const contentDigest = contentDigestOf(row, version.digest, contract, contractLinesOf(facts, contract.contractId), row);
    const computedFen = byLaw.kind === 'award' ? byLaw.computedFen : null;
    const enterprise = facts.get(enterpriseShelf, row.enterpriseId);
    if (!enterprise) throw new Error(`${row.applicationNo} has lost its enterprise`);
    const found = suspicionsOf(facts, {
      application: { ...row, computedFen },
      contract,
      enterprise,
      law: lawOn(asked.law, decidingDayOf(asked.law, { appliedOn: row.submittedOn, signedOn: contract.signedOn })),
      isRelated: circumstancesOf(facts, asked).provider.isRelated,
      today: of.today,
    });
    const changed = [
      { field: '/contractId', from: of.row.contractId, to: row.contractId },
      ...mattersChanged(anewOf(of), row.matters as Matters),
    ];
    return {
      kind: 'corrected',
      row: { ...row, contentDigest, computedFen },
      changed: changesAmong(changed),
      found,
      beside: [],
    };
  },
};
