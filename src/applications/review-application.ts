import type { z } from 'zod';
import type { Application } from '../../db/tables.js';
import type { reviewApplication as body } from '../../schemas/applications.js';
import type { Day } from '../calendar.js';
import { gatherCalendar } from '../calendars/facts.js';
import { movedTo } from '../cases/case.js';
import { offNotice, refuseSameInNotice, wayOf } from '../cases/rules.js';
import { toldOfReplacing } from '../cases/told.js';
import { gatherPanels, panelOf } from '../experts/facts.js';
import { citedScores } from '../experts/rules.js';
import { keep } from '../ledger/explanations.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { formatYuan, parseYuan } from '../money.js';
import { priorityRank } from '../programmes/evaluate.js';
import { percent } from '../programmes/explain.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { highestOf } from '../programmes/lines.js';
import { gatherControls } from '../programmes/laws.js';
import { versionName } from '../programmes/published.js';
import { applicationCases, lawOf, subjectOf } from './cases.js';
import type { Wanted } from './entitlement.js';
import { entitlementOf, gatherEntitlements } from './entitlement.js';
import { contractLinesOf, gatherContractFacts, mattersOf } from './evaluation-facts.js';
import { applicationShelf } from './facts.js';
import { gatherQueueBlocks, queueBlockOf, queueChanges } from './queue.js';
import { contentDigestOf, presentApplication, presentOutlook, readEligibility, refusalOf, reviewDigestOf } from './rules.js';

type Body = z.output<typeof body> & { id?: string };
type Result = ReturnType<typeof presentApplication> & { outlook: ReturnType<typeof presentOutlook> };

/** Gathers applications by the id in each command, with all that their evaluation looks at. */
export async function gatherApplications(loader: Loader, commands: readonly Command<{ id?: string }>[]): Promise<Application[]> {
  const applications = await loader.load(
    applicationShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );
  await Promise.all([
    gatherContractFacts(
      loader,
      applications.map(({ contractId }) => contractId),
    ),
    loader.load(
      programmeVersionShelf,
      'id',
      applications.map(({ programmeVersionId }) => programmeVersionId),
    ),
    gatherControls(loader),
    gatherCalendar(loader),
  ]);
  await gatherEntitlements(
    loader,
    commands.flatMap(({ body, today }) => {
      const row = loader.facts.get(applicationShelf, body.id ?? '');
      return row ? [caseOf(loader.facts, row, today, {})] : [];
    }),
  );
  return applications;
}

/** What is asked of the law about a gathered application, if it is issued on `bookedOn`. */
export const caseOf = (
  facts: Facts,
  row: Application,
  bookedOn: Day,
  predicates: Wanted['predicates'],
): Wanted & ReturnType<typeof subjectOf> => ({
  ...subjectOf(facts, row),
  stage: 'ISSUE',
  appliedOn: row.submittedOn,
  bookedOn,
  predicates,
  matters: mattersOf(row),
});

/** The place of a gathered application's class among those of its law: 0 is served first. */
export const rankOf = (facts: Facts, row: Application, classes: readonly string[]): number =>
  priorityRank(lawOf(facts, row).law, row.submittedOn, classes);

/**
 * A reviewer who is not the applicant records what the programme asks about and sets the most that may be issued: all that the law
 * gives on this contract, or less where its rate is a ceiling («不超过»). It binds nothing but its digest, which is over the contract as
 * it is now; a further review before the decision replaces it and voids an approval of the one before. Where the text has experts score,
 * it rests on their scores and cites them: of a contract that changed since they saw it, it is REVIEWED_CASE_CHANGED.
 */
export const reviewApplication: Verb<Body, Result> = {
  name: 'application.review',
  money: true,

  async gather(loader, commands) {
    const rows = await gatherApplications(loader, commands);
    const reviewed = commands.flatMap(({ body }) => {
      const row = loader.facts.get(applicationShelf, body.id ?? '');
      return row ? [{ row, rank: rankOf(loader.facts, row, body.classes) }] : [];
    });
    await Promise.all([
      gatherQueueBlocks(loader, rows, reviewed),
      gatherPanels(
        loader,
        rows.map(({ applicationId }) => applicationId),
      ),
    ]);
  },

  decide({ body, actor, today }, facts) {
    const row = facts.get(applicationShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const { contract, version, law: programme } = subjectOf(facts, row);
    const law = applicationCases.lawOf(facts, row);
    const way = wayOf(law);
    const wrongState = applicationCases.refuseStep(row, way, 'review');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, row.submittedPerson)) return refused('FOUR_EYES');
    const cited = citedScores(panelOf(facts, row.applicationId), {
      isAsked: way.panels,
      cited: body.scoresDigest,
      actor,
    });
    if (cited.kind === 'refused') return cited;
    const contentDigest = contentDigestOf(row, version.digest, contract, contractLinesOf(facts, contract.contractId), row);
    if (cited.scoresDigest !== null && contentDigest !== row.contentDigest) {
      return refused('REVIEWED_CASE_CHANGED', { contractNo: contract.contractNo });
    }
    const read = readEligibility(body, programme.eligibility, law);
    if (read.kind === 'refused') return read;
    const { eligibility } = read;
    const at = caseOf(facts, row, today, eligibility.predicates);
    const { byLaw } = entitlementOf(facts, at);
    if (byLaw.kind !== 'award') return refusalOf(byLaw);
    const maximumFen = body.maximum === undefined ? byLaw.amountFen : (parseYuan(body.maximum) ?? 0n);
    const maximum = formatYuan(maximumFen);
    if (maximumFen === 0n) return refused('AMOUNT_ZERO', {}, '/maximum');
    if (maximumFen > byLaw.amountFen) {
      return refused('AMOUNT_ABOVE_ENTITLEMENT', { requested: maximum, entitlement: formatYuan(byLaw.amountFen) }, '/maximum');
    }
    if (maximumFen < byLaw.amountFen && law.rate?.value.kind === 'EXACT') {
      return refused('RATE_IS_EXACT', { rate: percent(highestOf(law.rate.value)), approved: maximum }, '/maximum');
    }
    const moved = movedTo(facts, row, { status: 'REVIEWED', law, today });
    if (moved.kind === 'refused') return moved;
    const { now } = entitlementOf(facts, { ...at, maximumFen });
    const reviewed: Application = {
      ...moved.row,
      ...offNotice,
      contentDigest,
      scoresDigest: cited.scoresDigest,
      noticeDays: law.noticeDays?.value ?? null,
      eligibility,
      reviewedPerson: actor.personId,
      maximumFen,
      reviewDigest: reviewDigestOf(contentDigest, eligibility, maximumFen, { ...row, scoresDigest: cited.scoresDigest }),
      computedFen: byLaw.computedFen,
      explanation: keep(now.explanation),
      queueRank: rankOf(facts, row, eligibility.classes),
      queueBlock: queueBlockOf(row),
    };
    const same = refuseSameInNotice(row, reviewed.reviewDigest);
    if (same) return same;
    // After this line the command succeeds.
    return accepted({
      decision: 'application.reviewed',
      subjectId: row.applicationId,
      programmeVersion: versionName(version),
      approvalDigest: reviewed.reviewDigest ?? '',
      result: { ...presentApplication(reviewed), outlook: presentOutlook(now) },
      changes: [update(applicationShelf, reviewed), ...queueChanges(facts, row, reviewed)],
      messages: toldOfReplacing(applicationCases, row),
    });
  },
};
