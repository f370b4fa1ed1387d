import type { z } from 'zod';
import type { Application, Voucher } from '../../db/tables.js';
import type { approveApplication as body } from '../../schemas/applications.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import { circumstancesOf, contractLinesOf, gatherLimitsOf, mattersOf } from '../applications/evaluation-facts.js';
import { entitlementOf } from '../applications/entitlement.js';
import { applicationShelf } from '../applications/facts.js';
import {
  gatherQueueBlocks,
  gatherQueues,
  gatherThoseBefore,
  mostNeededBefore,
  notWaiting,
  queueChanges,
  thoseBefore,
} from '../applications/queue.js';
import { applicationCases, lawOf, subjectOf } from '../applications/cases.js';
import { caseOf, gatherApplications } from '../applications/review-application.js';
import type { Waiting } from '../applications/rules.js';
import {
  awardDigestOf,
  contentDigestOf,
  eligibilityOf,
  neededBy,
  presentApplication,
  refusalOf,
  reviewDigestOf,
} from '../applications/rules.js';
import type { AwaitsSecond } from '../approvals/approve.js';
import { approve, twoNeeded } from '../approvals/approve.js';
import { gatherApprovals } from '../approvals/facts.js';
import { ended, wayOf } from '../cases/rules.js';
import { toldOf } from '../cases/told.js';
import { gatherFlags, holdingFlags } from '../flags/facts.js';
import { refuseFlagged } from '../flags/rules.js';
import { keep } from '../ledger/explanations.js';
import { accountOf, fundOf } from '../ledger/chart.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { voucherIssued } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import { decidingDayOf, limitsTouched, priorityRank, voucherExpiresOn } from '../programmes/evaluate.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { lawOn } from '../programmes/language.js';
import { firstYearChanges, readLimits } from '../programmes/limits.js';
import { versionName } from '../programmes/published.js';
import { standingIdOf, standingShelf, voucherShelf } from './facts.js';
import { begun, freshStanding, neverEnded, presentVoucher, toldOfIssue } from './rules.js';

type Body = z.output<typeof body> & { id?: string };
type Result = (ReturnType<typeof presentApplication> & { voucher: ReturnType<typeof presentVoucher> }) | AwaitsSecond;

/**
 * Approves a reviewed application and issues its voucher (发放) in one linked group: min(the maximum, what limits and the money
 * granted leave today), every limit charged beside the money. By a person who neither applied, accepted, checked nor reviewed, naming the digest of the
 * review. Less than the maximum is issued only when a reduced amount was accepted. First come, first served: while an earlier
 * reviewed application waits, there must be money for both, or a recorded reason.
 *
 * Refuses, in this order: NOT_FOUND, APPLICATION_WRONG_STATE, NOTICE_RUNNING up to the last day of its public notice, FOUR_EYES, FLAG_HOLDS, REVIEWED_CASE_CHANGED where the contract is
 * not the one that was reviewed, REVIEW_CHANGED, PROGRAMME_NOT_IN_FORCE when the programme
 * itself has ended, the evaluation's refusals (among them LIMIT_EXHAUSTED, POOL_EXHAUSTED), AMOUNT_CHANGED, EARLIER_APPLICATION_WAITS. Above the amount of the programme two approve the same (`approve`).
 */
export const issueVoucher: Verb<Body, Result> = {
  name: 'application.approve',
  money: true,

  async gather(loader, commands) {
    const [applications] = await Promise.all([
      gatherApplications(loader, commands),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf('V', yearOf(today))),
      ),
      gatherFlags(
        loader,
        commands.map(({ body }) => body.id ?? ''),
      ),
      gatherApprovals(
        loader,
        commands.map(({ body }) => body.id ?? ''),
      ),
    ]);
    const byId = new Map(applications.map((row) => [row.applicationId, row]));
    // The command names the voucher it makes.
    loader.newAccounts(
      commands.flatMap(({ id, body, today }) => {
        const row = byId.get(body.id ?? '');
        return row ? [accountOf.voucher(id, fundOf(row.programmeCode, yearOf(today)))] : [];
      }),
    );
    await Promise.all([
      gatherQueues(
        loader,
        applications.map(({ programmeCode }) => programmeCode),
      ),
      gatherQueueBlocks(loader, applications),
      loader.load(
        standingShelf,
        'id',
        applications.map(({ contractId, programmeCode }) => standingIdOf(contractId, programmeCode)),
      ),
    ]);
    await gatherEarlier(loader, commands);
  },

  decide(command, facts) {
    const { body, actor, today, receivedAt } = command;
    const row = facts.get(applicationShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const { contract, version, law } = subjectOf(facts, row);
    const wrongState = applicationCases.refuseStep(row, wayOf(applicationCases.lawOf(facts, row)), 'approve');
    if (wrongState) return wrongState;
    if (row.noticeLastDay !== null && today <= row.noticeLastDay)
      return refused('NOTICE_RUNNING', { lastDay: row.noticeLastDay });
    const had = [row.submittedPerson, row.acceptedPerson, row.checkedPerson, row.reviewedPerson];
    if (had.some((person) => isSamePerson(actor, person))) return refused('FOUR_EYES');
    const flagged = refuseFlagged(holdingFlags(facts, row.applicationId) + contract.holdingFlags);
    if (flagged) return flagged;
    const eligibility = eligibilityOf(row);
    const maximumFen = row.maximumFen;
    if (eligibility === null || maximumFen === null) throw new Error(`${row.applicationNo} is reviewed without a review`);
    // Computed from the facts as they stand: a contract that changed since the application voids what was reviewed.
    const content = contentDigestOf(row, version.digest, contract, contractLinesOf(facts, contract.contractId), row);
    const reviewDigest = reviewDigestOf(content, eligibility, maximumFen, row);
    if (reviewDigest !== row.reviewDigest) return refused('REVIEWED_CASE_CHANGED', { contractNo: contract.contractNo });
    if (body.reviewDigest !== reviewDigest) return refused('REVIEW_CHANGED', { reviewDigest }, '/reviewDigest');
    const lastDay = voucherExpiresOn(law, row.submittedOn, today);
    if (lastDay === null || lastDay < today)
      return refused('PROGRAMME_NOT_IN_FORCE', { programme: row.programmeCode, day: today });

    const entitlement = entitlementOf(facts, { ...caseOf(facts, row, today, eligibility.predicates), maximumFen });
    const { now, fund } = entitlement;
    if (now.kind !== 'award') return refusalOf(now);
    const awardFen = now.amountFen;
    if (awardFen < maximumFen && !body.acceptReduced) {
      const params = { maximum: formatYuan(maximumFen), left: formatYuan(awardFen), bound: now.bound ?? 'COMPUTED' };
      return refused('AMOUNT_CHANGED', params, '/acceptReduced');
    }
    if (body.passOverReason === undefined && isFirstCome(facts, row)) {
      const leftFen = facts.balance(accountOf.available(fund)) - awardFen;
      // Exact only where it must be: everybody's maximum is mostly less than what is left, and then nobody is looked at.
      if (mostNeededBefore(facts, row, rankIn(facts)(row)) > leftFen) {
        const earlier = thoseBefore(facts, row, rankIn(facts));
        const neededFen = neededByEarlier(facts, earlier, { row, awardFen, today });
        const [first] = earlier;
        if (first && neededFen > leftFen) {
          const params = { applicationNo: first.applicationNo, needed: formatYuan(neededFen), left: formatYuan(leftFen) };
          return refused('EARLIER_APPLICATION_WAITS', params, '/passOverReason');
        }
      }
    }
    const approvalDigest = awardDigestOf(reviewDigest, awardFen);
    const approval = approve(facts, command, {
      subjectKind: 'APPLICATION',
      subjectId: row.applicationId,
      digest: approvalDigest,
      amountFen: awardFen,
      two: twoNeeded(awardFen, lawOn(law, today).twoApproversAbove?.value ?? null),
      doneBy: had,
    });
    if (approval.kind !== 'given') return approval;
    // After this line the command succeeds.
    const { number, changes } = takeNumber(facts, seriesOf('V', yearOf(today)));
    const voucher: Voucher = {
      bookId: facts.bookId,
      voucherId: command.id,
      voucherNo: number,
      programmeCode: row.programmeCode,
      programmeVersionId: row.programmeVersionId,
      enterpriseId: row.enterpriseId,
      legalPersonUscc: row.legalPersonUscc,
      contractId: row.contractId,
      providerId: contract.providerId,
      applicationId: row.applicationId,
      fund,
      faceFen: awardFen,
      reservedFen: 0n,
      appliedOn: row.submittedOn,
      issuedOn: today,
      lastDay,
      ...begun(lawOn(law, decidingDayOf(law, { appliedOn: row.submittedOn, signedOn: contract.signedOn })), {
        issuedOn: today,
        lastDay,
      }),
      frozenFrom: null,
      ...neverEnded,
      recordedAt: receivedAt.toISOString(),
      matters: row.matters,
      controlVersionIds: row.controlVersionIds,
    };
    const approved: Application = {
      ...row,
      ...notWaiting,
      ...ended,
      status: 'APPROVED',
      decidedPerson: actor.personId,
      decisionReason: body.passOverReason ?? null,
      awardFen,
      computedFen: now.computedFen,
      explanation: keep(now.explanation),
      voucherId: voucher.voucherId,
    };
    const { bookId, programmeCode } = row;
    const standingId = standingIdOf(contract.contractId, programmeCode);
    const standing = facts.get(standingShelf, standingId);
    return accepted({
      decision: 'application.approved',
      subjectId: row.applicationId,
      programmeVersion: versionName(version),
      approvalDigest,
      postings: [
        ...entitlement.funding,
        ...voucherIssued({ voucherId: voucher.voucherId, fund, faceFen: awardFen, charges: entitlement.charges }),
      ],
      result: { ...presentApplication(approved), voucher: presentVoucher(voucher, awardFen) },
      changes: [
        update(applicationShelf, approved),
        ...approval.changes,
        ...queueChanges(facts, row, approved),
        insert(voucherShelf, voucher),
        ...(standing
          ? []
          : [insert(standingShelf, freshStanding({ bookId, standingId, contractId: contract.contractId, programmeCode }))]),
        ...firstYearChanges(facts, entitlement.charges),
        ...changes,
      ],
      messages: [toldOf(applicationCases, approved, 'case.approved', { amount: formatYuan(awardFen) }), toldOfIssue(voucher)],
    });
  },
};

/** What is asked about those who wait: of limits, for the contract is not gathered. */
const waitingCase = (facts: Facts, row: Application, today: Day) => ({
  applicant: row,
  law: lawOf(facts, row).law,
  stage: 'ISSUE' as const,
  appliedOn: row.submittedOn,
  bookedOn: today,
  predicates: {},
  matters: mattersOf(row),
});

/** The claimed limits of an applicant's legal person on this day; those of its contract are within the maximum already. */
function limitsOfHolder(facts: Facts, row: Application, today: Day) {
  const of = waitingCase(facts, row, today);
  return limitsTouched(of.law, 'ISSUE', circumstancesOf(facts, of)).filter(({ holder }) => holder.kind === 'LEGAL_PERSON');
}

const isFirstCome = (facts: Facts, row: Application): boolean =>
  lawOn(lawOf(facts, row).law, row.submittedOn).allocation?.value === 'FIRST_COME';

/** The class of gathered applications, as their own version of the law orders them. */
const rankIn = (facts: Facts) => (row: Application) =>
  priorityRank(lawOf(facts, row).law, row.submittedOn, eligibilityOf(row)?.classes ?? []);

/**
 * Gathers who is served before these, one by one, where the sums may not settle it: where everybody before, and all that these commands
 * may take before it is their turn, could need more than there is. What another verb of the batch adds meanwhile is not in it; then a
 * decision finds that it lacks them, and the lane tries it alone.
 */
async function gatherEarlier(loader: Loader, commands: readonly Command<Body>[]): Promise<void> {
  const { facts } = loader;
  const approvals = commands.flatMap(({ body, today }) => {
    const row = facts.get(applicationShelf, body.id ?? '');
    if (!row || row.queueRank === null) return [];
    const fund = fundOf(row.programmeCode, yearOf(today));
    return [{ row, fund, asks: body.passOverReason === undefined && isFirstCome(facts, row) }];
  });
  const takenFen = new Map<string, Fen>();
  for (const { row, fund } of approvals) takenFen.set(fund, (takenFen.get(fund) ?? 0n) + (row.maximumFen ?? 0n));
  const unsettled = approvals
    .filter(({ asks }) => asks)
    .map(({ row, fund }) => ({ row, fund, rank: rankIn(facts)(row) }))
    .filter(
      ({ row, fund, rank }) =>
        mostNeededBefore(facts, row, rank) + (takenFen.get(fund) ?? 0n) > facts.balance(accountOf.available(fund)),
    );
  if (unsettled.length === 0) return;
  const earlier = await gatherThoseBefore(loader, unsettled);
  await loader.load(
    programmeVersionShelf,
    'id',
    earlier.map(({ programmeVersionId }) => programmeVersionId),
  );
  const days = [...new Set(commands.map(({ today }) => today))];
  await gatherLimitsOf(
    loader,
    earlier.flatMap((row) => days.map((day) => waitingCase(facts, row, day))),
  );
}

/** What those who are served before an award may still need of the fund after it (fen). */
const neededByEarlier = (
  facts: Facts,
  earlier: readonly Application[],
  award: { row: Application; awardFen: Fen; today: Day },
): Fen =>
  neededBy(
    earlier.map((other): Waiting => {
      const limits = Object.values(readLimits(facts, limitsOfHolder(facts, other, award.today)).left);
      // What this award takes of a limit that both share, the other can no longer use.
      const taken = other.legalPersonUscc === award.row.legalPersonUscc ? award.awardFen : 0n;
      return {
        legalPersonUscc: other.legalPersonUscc,
        maximumFen: other.maximumFen ?? 0n,
        limitsLeftFen: limits.map((left) => (left > taken ? left - taken : 0n)),
      };
    }),
  );
