import type { z } from 'zod';
import type { Reimbursement } from '../../db/tables.js';
import type { reviewReimbursement as body } from '../../schemas/reimbursements.js';
import { presentOutlook, readEligibility, refusalOf } from '../applications/rules.js';
import { gatherCalendar } from '../calendars/facts.js';
import { movedTo } from '../cases/case.js';
import { offNotice, refuseSameInNotice, wayOf } from '../cases/rules.js';
import { toldOfReplacing } from '../cases/told.js';
import { gatherPanels, panelOf } from '../experts/facts.js';
import { citedScores } from '../experts/rules.js';
import { keep } from '../ledger/explanations.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { formatYuan, parseYuan } from '../money.js';
import { percent } from '../programmes/explain.js';
import { highestOf } from '../programmes/lines.js';
import { versionName } from '../programmes/published.js';
import { reimbursementCases } from './cases.js';
import { reimbursementLineShelf, reimbursementShelf } from './facts.js';
import { gatherHeld, gatherWhole, lawOf, wholeOf } from './gather.js';
import { countedOf, evaluationsOf, found, holdInvoices, linesOf } from './lines.js';
import { conflictsOf, presentReimbursement, readItemFindings, reviewDigestOf, summaryOf } from './rules.js';

type Body = z.output<typeof body> & { id?: string };
type Result = ReturnType<typeof presentReimbursement> & {
  summary: ReturnType<typeof summaryOf>;
  numberConflicts: number;
  outlook: ReturnType<typeof presentOutlook>;
};

/**
 * The expert review (评审): a reviewer who is not the applicant records what the programme asks about, the panel's score and opinion, and
 * what it leaves of the computed amount, never more. A line that the law no longer counts is let go; none is taken up. It binds
 * nothing but its digest; a further review before an allocation replaces it. Refuses, in this order: NOT_FOUND,
 * REIMBURSEMENT_WRONG_STATE, FOUR_EYES, as `citedScores`, as `readEligibility` and `readItemFindings`, what the programme refuses (evaluateAward), AMOUNT_ZERO,
 * AMOUNT_ABOVE_ENTITLEMENT, RATE_IS_EXACT, REVIEW_CHANGES_NOTHING. During its public notice it takes the case off (refuseSameInNotice).
 */
export const reviewReimbursement: Verb<Body, Result> = {
  name: 'reimbursement.review',
  money: true,

  async gather(loader, commands) {
    const rows = await loader.load(
      reimbursementShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await gatherWhole(
      loader,
      rows,
      commands.map(({ today }) => today),
    );
    await Promise.all([
      gatherHeld(loader, rows),
      gatherCalendar(loader),
      gatherPanels(
        loader,
        rows.map(({ reimbursementId }) => reimbursementId),
      ),
    ]);
  },

  decide({ body, actor, today }, facts) {
    const row = facts.get(reimbursementShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const { version, law: programme } = lawOf(facts, row);
    const law = reimbursementCases.lawOf(facts, row);
    const way = wayOf(law);
    const wrongState = reimbursementCases.refuseStep(row, way, 'review');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, row.submittedPerson)) return refused('FOUR_EYES');
    const cited = citedScores(panelOf(facts, row.reimbursementId), {
      isAsked: way.panels,
      cited: body.scoresDigest,
      actor,
    });
    if (cited.kind === 'refused') return cited;
    if (cited.score !== null && body.score !== undefined && body.score !== cited.score) {
      return refused('SCORES_NOT_CITED', { scoresDigest: cited.scoresDigest ?? '—' }, '/score');
    }
    const read = readEligibility(body, programme.eligibility, law);
    if (read.kind === 'refused') return read;
    const ofItems = readItemFindings(body, programme.eligibility, countedOf(linesOf(facts, row)));
    if (ofItems.kind === 'refused') return ofItems;
    const eligibility = { ...read.eligibility, predicates: { ...read.eligibility.predicates, ...ofItems.predicates } };
    const whole = wholeOf(facts, row, { bookedOn: today, predicates: eligibility.predicates });
    const { byLaw } = evaluationsOf(facts, whole);
    if (byLaw.kind !== 'award') return refusalOf(byLaw);
    const reviewedFen = body.approved === undefined ? byLaw.amountFen : (parseYuan(body.approved) ?? 0n);
    const approved = formatYuan(reviewedFen);
    if (reviewedFen === 0n) return refused('AMOUNT_ZERO', {}, '/approved');
    if (reviewedFen > byLaw.amountFen) {
      return refused('AMOUNT_ABOVE_ENTITLEMENT', { requested: approved, entitlement: formatYuan(byLaw.amountFen) }, '/approved');
    }
    if (reviewedFen < byLaw.amountFen && law.rate?.value.kind === 'EXACT') {
      return refused('RATE_IS_EXACT', { rate: percent(highestOf(law.rate.value)), approved }, '/approved');
    }
    const moved = movedTo(facts, row, { status: 'REVIEWED', law, today });
    if (moved.kind === 'refused') return moved;
    const { now } = evaluationsOf(facts, whole, reviewedFen);
    const weighed = found(whole);
    const released = weighed.filter(({ isLive }) => !isLive);
    const reviewed: Reimbursement = {
      ...moved.row,
      ...offNotice,
      noticeDays: law.noticeDays?.value ?? null,
      eligibility,
      reviewedPerson: actor.personId,
      baseFen: byLaw.baseFen,
      computedFen: byLaw.computedFen,
      reviewedFen,
      score: cited.score ?? body.score ?? null,
      scoresDigest: cited.scoresDigest,
      opinion: body.opinion ?? null,
      explanation: keep(now.explanation),
    };
    reviewed.reviewDigest = reviewDigestOf(row.contentDigest, eligibility, reviewed);
    const same = refuseSameInNotice(row, reviewed.reviewDigest);
    if (same) return same;
    // After this line the command succeeds.
    const changed = new Map(weighed.map((line) => [line.lineNo, line]));
    return accepted({
      decision: 'reimbursement.reviewed',
      subjectId: row.reimbursementId,
      programmeVersion: versionName(version),
      approvalDigest: reviewed.reviewDigest,
      result: {
        ...presentReimbursement(reviewed),
        summary: summaryOf(linesOf(facts, row).map((line) => changed.get(line.lineNo) ?? line)),
        numberConflicts: conflictsOf(linesOf(facts, row)),
        outlook: presentOutlook(now),
      },
      changes: [
        update(reimbursementShelf, reviewed),
        ...weighed.map((line) => update(reimbursementLineShelf, line)),
        ...holdInvoices(facts, released, -1),
      ],
      messages: toldOfReplacing(reimbursementCases, row),
    });
  },
};
