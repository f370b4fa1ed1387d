import type { z } from 'zod';
import type { Application } from '../../db/tables.js';
import type { submitApplication as body } from '../../schemas/applications.js';
import { yearOf } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { programmeOf, versionDeciding, versionName, versionsCovering } from '../programmes/published.js';
import { entitlementOf, gatherEntitlements } from './entitlement.js';
import { contractLinesOf, gatherContractFacts } from './evaluation-facts.js';
import { applicationShelf } from './facts.js';
import { notWaiting } from './queue.js';
import { contentDigestOf, presentApplication, presentOutlook, refusalOf } from './rules.js';

type Body = z.output<typeof body>;
type Result = ReturnType<typeof presentApplication> & { outlook: ReturnType<typeof presentOutlook> };

/**
 * An enterprise applies for a voucher on its own filed contract under the version that decides it (in force today, or on the day of
 * signing where the law names that), one application at a time. General controls award nothing and are not applied for. What the
 * programme can never give on this contract is refused at once, by the evaluation's code; what only limits or the pool leave too
 * little for today is not: both may change before it is decided. What a review will check is taken as met until then.
 */
export const submitApplication: Verb<Body, Result> = {
  name: 'application.submit',
  money: true,

  async gather(loader, commands) {
    const contractIds = commands.map(({ body }) => body.contractId);
    await Promise.all([
      gatherContractFacts(loader, contractIds),
      loader.load(applicationShelf, 'contract', contractIds),
      loader.load(
        programmeVersionShelf,
        'code',
        commands.map(({ body }) => body.programmeCode),
      ),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf('A', yearOf(today))),
      ),
    ]);
    await gatherEntitlements(
      loader,
      commands.flatMap(({ body, today }) => {
        const contract = loader.facts.get(contractShelf, body.contractId);
        if (!contract) return [];
        const days = { appliedOn: today, signedOn: contract.signedOn };
        const versions = versionsCovering(loader.facts.all(programmeVersionShelf, 'code', body.programmeCode), days);
        return versions
          .filter(({ kind }) => kind === 'PROGRAMME')
          .map((version) => ({ contract, version, appliedOn: today, bookedOn: today }));
      }),
    );
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const { programmeCode } = body;
    const contract = facts.get(contractShelf, body.contractId);
    const enterprise = contract && facts.get(enterpriseShelf, contract.enterpriseId);
    if (!enterprise || enterprise.legalPersonUscc !== actor.legalPersonUscc) return refused('NOT_FOUND', {}, '/contractId');
    if (contract.status !== 'FILED') {
      return refused('CONTRACT_NOT_FILED', { contractNo: contract.contractNo, status: contract.status }, '/contractId');
    }
    const days = { appliedOn: today, signedOn: contract.signedOn };
    const version = versionDeciding(facts.all(programmeVersionShelf, 'code', programmeCode), days);
    if (!version) return refused('PROGRAMME_NOT_IN_FORCE', { programme: programmeCode, day: today }, '/programmeCode');
    if (version.kind === 'GENERAL_CONTROLS') {
      return refused('PROGRAMME_NOT_APPLICABLE', { programme: programmeCode }, '/programmeCode');
    }
    const open = facts
      .all(applicationShelf, 'contract', contract.contractId)
      .find((other) => other.programmeCode === programmeCode && (other.status === 'SUBMITTED' || other.status === 'REVIEWED'));
    if (open) return refused('APPLICATION_OPEN', { programme: programmeCode, applicationNo: open.applicationNo }, '/contractId');
    const assumed = Object.fromEntries(programmeOf(version).eligibility.map((predicate) => [predicate.id, 'MET' as const]));
    const { byLaw, now } = entitlementOf(facts, version, { contract, appliedOn: today, bookedOn: today, predicates: assumed });
    if (byLaw.kind !== 'award') return refusalOf(byLaw);
    // After this line the command succeeds.
    const { number, changes } = takeNumber(facts, seriesOf('A', yearOf(today)));
    const applicant = {
      programmeVersionId: version.programmeVersionId,
      enterpriseId: enterprise.enterpriseId,
      legalPersonUscc: enterprise.legalPersonUscc,
    };
    const row: Application = {
      bookId: facts.bookId,
      applicationId: id,
      applicationNo: number,
      programmeCode,
      ...applicant,
      contractId: contract.contractId,
      purpose: contract.purpose,
      contentDigest: contentDigestOf(applicant, version.digest, contract, contractLinesOf(facts, contract.contractId)),
      status: 'SUBMITTED',
      submittedOn: today,
      submittedPerson: actor.personId,
      eligibility: null,
      reviewedPerson: null,
      reviewDigest: null,
      maximumFen: null,
      decidedPerson: null,
      decisionReason: null,
      awardFen: null,
      computedFen: byLaw.computedFen,
      explanation: null,
      voucherId: null,
      ...notWaiting,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'application.submitted',
      subjectId: id,
      programmeVersion: versionName(version),
      result: { ...presentApplication(row), outlook: presentOutlook(now) },
      changes: [insert(applicationShelf, row), ...changes],
    });
  },
};
