import type { z } from 'zod';
import type { Application, Contract, ProgrammeVersion as VersionRow } from '../../db/tables.js';
import type { submitApplication as body } from '../../schemas/applications.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import { calendarOf, gatherCalendar } from '../calendars/facts.js';
import { gatherPlaces, takePlace } from '../cases/places.js';
import { untouched, waitingIn, wayOf } from '../cases/rules.js';
import { contractShelf } from '../contracts/facts.js';
import { refuseUnlessInForce } from '../contracts/rules.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { closed } from '../enterprises/rules.js';
import { raise } from '../flags/raise.js';
import type { Facts } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import type { Matters } from '../legal-persons/matters.js';
import { gatherOwnMatters, ownMatters } from '../legal-persons/matters.js';
import type { AskedFor } from '../materials/facts.js';
import { gatherMaterials, refusalOfPapers } from '../materials/facts.js';
import { decidingDayOf } from '../programmes/evaluate.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { controlsOn, gatherControls, lawUnder } from '../programmes/laws.js';
import { lawOn } from '../programmes/language.js';
import { programmeOf, versionDeciding, versionName, versionsCovering } from '../programmes/published.js';
import { applicationCases, papersOf } from './cases.js';
import type { Wanted } from './entitlement.js';
import { entitlementOf, gatherEntitlements } from './entitlement.js';
import { circumstancesOf, contractLinesOf, gatherContractFacts } from './evaluation-facts.js';
import { applicationShelf } from './facts.js';
import { notWaiting } from './queue.js';
import { contentDigestOf, isOpen, namedMatters, presentApplication, presentOutlook, refusalOf } from './rules.js';
import { gatherSuspicions, suspicionsOf } from './suspicions.js';

type Body = z.output<typeof body>;
type Result = ReturnType<typeof presentApplication> & { outlook: ReturnType<typeof presentOutlook> };

const namingOf = ({ body, actor }: Pick<Command<Body>, 'body' | 'actor'>) => ({
  legalPersonUscc: actor.legalPersonUscc,
  matters: namedMatters(body.matters),
});

/** What is asked of a version about a contract applied for today, under the general controls of the day that decides. */
function caseOf(
  facts: Facts,
  contract: Contract,
  version: VersionRow,
  of: { readonly applicationId: string; readonly today: Day; readonly matters: Matters },
): Wanted & AskedFor & { controlIds: string[] } {
  const { today, matters } = of;
  const decidingDay = decidingDayOf(programmeOf(version), { appliedOn: today, signedOn: contract.signedOn });
  const controlIds = controlsOn(facts, decidingDay);
  const law = lawUnder(facts, version, controlIds);
  return {
    contract,
    version,
    law,
    controlIds,
    stage: 'ISSUE',
    appliedOn: today,
    bookedOn: today,
    matters,
    papers: papersOf({ applicationId: of.applicationId, contractId: contract.contractId }),
    predicates: Object.fromEntries(law.eligibility.map((predicate) => [predicate.id, 'MET' as const])),
  };
}

/**
 * An enterprise applies for a voucher on its own filed contract under the version that decides it (in force today, or on the day of
 * signing where the law names that), one application at a time. General controls award nothing and are not applied for. What the
 * programme can never give on this contract is refused at once, by the evaluation's code; what only limits or the pool leave too
 * little for today is not, nor what waits for a figure: these may change before it is decided. What a review will check is taken as
 * met until then. What it is about are matters on record of its own legal person: any other is MATTER_NOT_FOUND. Papers that the
 * programme asks for have to be attached to its draft or to the contract: MATERIALS_MISSING tells all that are not.
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
      gatherControls(loader),
      gatherCalendar(loader),
      gatherPlaces(loader, applicationCases.places, commands),
      gatherOwnMatters(loader, commands.map(namingOf)),
    ]);
    const asked = commands.flatMap((command) => {
      const { id, body, today } = command;
      const contract = loader.facts.get(contractShelf, body.contractId);
      const about = ownMatters(loader.facts, namingOf(command));
      if (!contract || about.kind === 'refused') return [];
      const { matters } = about;
      const days = { appliedOn: today, signedOn: contract.signedOn };
      return versionsCovering(loader.facts.all(programmeVersionShelf, 'code', body.programmeCode), days)
        .filter(({ kind }) => kind === 'PROGRAMME')
        .map((version) => caseOf(loader.facts, contract, version, { applicationId: id, today, matters }));
    });
    await Promise.all([
      gatherEntitlements(loader, asked),
      gatherMaterials(loader, 'APPLICATION', asked),
      gatherSuspicions(
        loader,
        commands.flatMap(({ body }) => loader.facts.get(contractShelf, body.contractId) ?? []),
      ),
    ]);
  },

  decide(command, facts) {
    const { id, body, actor, today, receivedAt } = command;
    const { programmeCode } = body;
    const contract = facts.get(contractShelf, body.contractId);
    const enterprise = contract && facts.get(enterpriseShelf, contract.enterpriseId);
    if (!enterprise || enterprise.legalPersonUscc !== actor.legalPersonUscc) return refused('NOT_FOUND', {}, '/contractId');
    if (enterprise.closedOn !== null) return closed(enterprise, '/contractId');
    const notInForce = refuseUnlessInForce(contract);
    if (notInForce) return notInForce;
    const days = { appliedOn: today, signedOn: contract.signedOn };
    const version = versionDeciding(facts.all(programmeVersionShelf, 'code', programmeCode), days);
    if (!version) return refused('PROGRAMME_NOT_IN_FORCE', { programme: programmeCode, day: today }, '/programmeCode');
    const flow = lawOn(programmeOf(version), today).flow?.value ?? '—';
    if (flow === 'REIMBURSEMENT') return refused('PROGRAMME_OF_OTHER_FLOW', { programme: programmeCode, flow }, '/programmeCode');
    if (version.kind === 'GENERAL_CONTROLS') {
      return refused('PROGRAMME_NOT_APPLICABLE', { programme: programmeCode }, '/programmeCode');
    }
    const open = facts
      .all(applicationShelf, 'contract', contract.contractId)
      .find((other) => other.programmeCode === programmeCode && isOpen(other));
    if (open) return refused('APPLICATION_OPEN', { programme: programmeCode, applicationNo: open.applicationNo }, '/contractId');
    const about = ownMatters(facts, namingOf(command));
    if (about.kind === 'refused') return about;
    const asked = caseOf(facts, contract, version, { applicationId: id, today, matters: about.matters });
    const { byLaw, now } = entitlementOf(facts, asked);
    if (byLaw.kind === 'refused') return refusalOf(byLaw);
    const lacking = refusalOfPapers(facts, 'APPLICATION', asked);
    if (lacking) return lacking;
    const law = lawOn(asked.law, decidingDayOf(asked.law, days));
    const waiting = waitingIn('SUBMITTED', { law, today, calendar: calendarOf(facts) });
    if (waiting.kind === 'refused') return waiting;
    // After this line the command succeeds.
    const place = wayOf(law).accepts ? { complete: {}, changes: [] } : takePlace(facts, applicationCases.places, command);
    const { number, changes } = takeNumber(facts, seriesOf('A', yearOf(today)));
    const applicant = {
      programmeVersionId: version.programmeVersionId,
      enterpriseId: enterprise.enterpriseId,
      legalPersonUscc: enterprise.legalPersonUscc,
    };
    const named = { matters: asked.matters, controlVersionIds: asked.controlIds };
    const row: Application = {
      bookId: facts.bookId,
      applicationId: id,
      applicationNo: number,
      programmeCode,
      ...applicant,
      contractId: contract.contractId,
      purpose: contract.purpose,
      contentDigest: contentDigestOf(applicant, version.digest, contract, contractLinesOf(facts, contract.contractId), named),
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
      computedFen: byLaw.kind === 'award' ? byLaw.computedFen : null,
      explanation: null,
      voucherId: null,
      ...notWaiting,
      ...named,
      ...untouched,
      ...place.complete,
      waitingSince: waiting.waitingSince,
      dueOn: waiting.dueOn,
      recordedAt: receivedAt.toISOString(),
    };
    const { isRelated } = circumstancesOf(facts, asked).provider;
    const found = suspicionsOf(facts, { application: row, contract, enterprise, law, isRelated, today });
    const flags = raise(command, facts, { subjectKind: 'APPLICATION', subjectId: id }, found);
    return accepted({
      decision: 'application.submitted',
      subjectId: id,
      programmeVersion: versionName(version),
      result: { ...presentApplication(row), outlook: presentOutlook(now) },
      changes: [insert(applicationShelf, row), ...changes, ...place.changes, ...flags],
    });
  },
};
