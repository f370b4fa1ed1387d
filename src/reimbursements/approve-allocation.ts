import type { z } from 'zod';
import type { Allocation } from '../../db/tables.js';
import type { allocation, approveAllocation as body } from '../../schemas/reimbursements.js';
import type { AwaitsSecond } from '../approvals/approve.js';
import { approve, twoNeeded } from '../approvals/approve.js';
import { gatherApprovals } from '../approvals/facts.js';
import { toldOf } from '../cases/told.js';
import { refuseFlagged } from '../flags/rules.js';
import { accountOf } from '../ledger/chart.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { allocationHeld } from '../ledger/templates.js';
import { formatYuan, minFen, sumFen } from '../money.js';
import { lawOn } from '../programmes/language.js';
import { firstYearChanges } from '../programmes/limits.js';
import { versionName } from '../programmes/published.js';
import { awarded, bookedAtOnce } from './book-awards.js';
import { reimbursementCases } from './cases.js';
import { allocationLineShelf, allocationShelf, reimbursementShelf } from './facts.js';
import { flaggedOf, gatherFlagged, gatherWhole, lawOf, wholeOf } from './gather.js';
import { unallocated } from './rules.js';
import {
  allocationDigestOf,
  differences,
  postingsOf,
  presentAllocation,
  refuseUnlessDraft,
  shareOut,
  windowsOf,
} from './share-out.js';

type Body = z.output<typeof body> & { id?: string };

/**
 * Approves a drafted allocation: every award becomes payable to its enterprise, and every limit it touches is charged beside it, in
 * one linked group; of one with more lines than `bookedAtOnce` the money is set aside, and its awards are booked in slices behind
 * (`bookAwards`). By a person who neither applied, accepted, checked, reviewed nor drafted, naming the digest of the draft. It is shared out
 * again at this moment: where limits, the pool or what counts have changed somebody's share, nothing is approved. Who is given nothing is
 * free for another allocation. Refuses, in this order: NOT_FOUND, ALLOCATION_WRONG_STATE, FOUR_EYES, FLAG_HOLDS
 * where an application, or an invoice or contract that counts in one, was flagged meanwhile, ALLOCATION_CHANGED. Above the amount of the programme two approve the same (`approve`).
 */
export const approveAllocation: Verb<Body, z.input<typeof allocation> | AwaitsSecond> = {
  name: 'allocation.approve',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const [allocations, , rows] = await Promise.all([
      loader.load(allocationShelf, 'id', ids),
      loader.load(allocationLineShelf, 'allocation', ids),
      loader.load(reimbursementShelf, 'allocation', ids),
      gatherApprovals(loader, ids),
    ]);
    await Promise.all([
      gatherWhole(
        loader,
        rows,
        commands.map(({ today }) => today),
      ),
      loader.accounts([
        ...allocations.flatMap(({ allocationId, fund }) => [accountOf.available(fund), accountOf.reserved(allocationId, fund)]),
        ...rows.flatMap(({ enterpriseId, allocationId }) =>
          allocations.filter((of) => of.allocationId === allocationId).map(({ fund }) => accountOf.payable(enterpriseId, fund)),
        ),
      ]),
      ...commands.map(({ id, body }) =>
        gatherFlagged(
          loader,
          [id],
          rows.filter(({ allocationId }) => allocationId === body.id).map(({ reimbursementId }) => reimbursementId),
        ),
      ),
    ]);
  },

  decide(command, facts) {
    const { id, body, actor, today } = command;
    const draft = facts.get(allocationShelf, body.id ?? '');
    if (!draft) return refused('NOT_FOUND');
    const wrongState = refuseUnlessDraft(draft);
    if (wrongState) return wrongState;
    const rows = facts.all(reimbursementShelf, 'allocation', draft.allocationId);
    const had = [
      draft.draftedPerson,
      ...rows.flatMap((of) => [of.submittedPerson, of.acceptedPerson, of.checkedPerson, of.reviewedPerson]),
    ];
    if (had.some((person) => isSamePerson(actor, person))) return refused('FOUR_EYES');
    const held = refuseFlagged(flaggedOf(facts, id).size);
    if (held) return held;
    const { fund, strategy, contentDigest } = draft;
    const claimants = rows.map((row) => ({ row, whole: wholeOf(facts, row, { bookedOn: today }) }));
    const shared = shareOut(strategy, facts.balance(accountOf.available(fund)), facts, claimants);
    const lines = facts.all(allocationLineShelf, 'allocation', draft.allocationId);
    const now = allocationDigestOf(draft, shared);
    if (body.contentDigest !== now || contentDigest !== now) {
      return refused('ALLOCATION_CHANGED', { contentDigest: now, changed: differences(lines, shared) }, '/contentDigest');
    }
    const totalFen = sumFen(shared.shares.map(({ amountFen }) => amountFen));
    const [first, ...others] = rows.flatMap((of) => lawOn(lawOf(facts, of).law, today).twoApproversAbove?.value ?? []);
    const aboveFen = first === undefined ? null : minFen(first, ...others);
    const approval = approve(facts, command, {
      subjectKind: 'ALLOCATION',
      subjectId: draft.allocationId,
      digest: contentDigest,
      amountFen: totalFen,
      two: twoNeeded(totalFen, aboveFen),
      doneBy: had,
    });
    if (approval.kind !== 'given') return approval;
    // After this line the command succeeds.
    const inSlices = draft.lineCount > bookedAtOnce;
    const decided = { status: 'APPROVED', decidedPerson: actor.personId, decidedOn: today } as const;
    const row: Allocation = { ...draft, ...decided, awardsLeft: inSlices ? draft.lineCount : 0 };
    const common = {
      decision: 'allocation.approved',
      subjectId: row.allocationId,
      programmeVersion: [...new Set(rows.map((of) => versionName(lawOf(facts, of).version)))].join(', '),
      approvalDigest: contentDigest,
      result: presentAllocation(row),
    };
    const changes = [update(allocationShelf, row), ...approval.changes];
    if (inSlices) {
      const postings = allocationHeld({ allocationId: row.allocationId, fund, amountFen: totalFen });
      return accepted({ ...common, postings, changes });
    }
    const given = shared.shares.filter(({ amountFen }) => amountFen > 0n);
    const left = new Set(
      shared.shares.filter(({ amountFen }) => amountFen === 0n).map(({ claimant }) => claimant.row.reimbursementId),
    );
    return accepted({
      ...common,
      postings: postingsOf(facts, fund, given),
      changes: [
        ...changes,
        ...firstYearChanges(facts, windowsOf(given)),
        ...given.map(({ claimant, ...share }) => update(reimbursementShelf, awarded(claimant.row, row, share))),
        ...rows
          .filter(({ reimbursementId }) => left.has(reimbursementId))
          .map((of) => update(reimbursementShelf, { ...of, ...unallocated(of) })),
        ...lines
          .filter(({ reimbursementId }) => left.has(reimbursementId))
          .map((line) => update(allocationLineShelf, { ...line, isLive: false })),
      ],
      messages: given.map(({ claimant, amountFen }) =>
        toldOf(reimbursementCases, claimant.row, 'case.approved', { amount: formatYuan(amountFen) }),
      ),
    });
  },
};
