// An award computed anew on the facts as red letters left them: by the same version of its programme, as of the day it was approved and what
// was known then. What law, limits and review left it then bounds it now; of a pool that was shared out it keeps its part as published.
import type { Reimbursement, ReimbursementLineCut } from '../../db/tables.js';
import type { Known } from '../applications/evaluation-facts.js';
import { KnownThen } from '../applications/known-then.js';
import type { LimitWindow } from '../ledger/chart.js';
import { accountOf } from '../ledger/chart.js';
import type { Step } from '../ledger/explanations.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { note } from '../ledger/facts.js';
import { firstEntries } from '../ledger/history.js';
import type { Fen } from '../money.js';
import { formatYuan, minFen, proRata } from '../money.js';
import { documentName, lawOn } from '../programmes/language.js';
import { gatherCarried, limitWindowOf } from '../programmes/limits.js';
import { caseOf, gatherAwardLimits } from './award-facts.js';
import { allocationLineShelf, allocationShelf } from './facts.js';
import { askedOf, cutsOf, gatherParts } from './gather.js';
import { evaluationsOf, touchedBy } from './lines.js';

/** What was on record when an award was approved. */
const knownAtAward = note<Known>('what was known at an award');

const charged = note<readonly LimitWindow[]>('limits charged with an award');

/** Gathers all that computing these awards anew looks at. Those that are no awards are passed over. */
export async function gatherAwardsAnew(loader: Loader, rows: readonly Reimbursement[]): Promise<void> {
  const awards = rows.filter(({ status }) => status === 'APPROVED');
  const { facts, tx, bookId } = loader;
  const allocationIds = awards.flatMap(({ allocationId }) => allocationId ?? []);
  const [, , , approved] = await Promise.all([
    gatherParts(loader, awards),
    loader.load(allocationShelf, 'id', allocationIds),
    loader.load(
      allocationLineShelf,
      'reimbursement',
      awards.map(({ reimbursementId }) => [reimbursementId, 'true']),
    ),
    firstEntries(tx, bookId, allocationIds, ['allocation.held', 'award.approved']),
  ]);
  const then = new KnownThen(tx, facts);
  await then.learn(awards.flatMap((row) => cutsOf(facts, row).map(({ redLetterId }) => redLetterId)));
  for (const { reimbursementId, allocationId } of awards)
    loader.note(knownAtAward, reimbursementId, then.before(approved.get(allocationId ?? '') ?? 0n));
  await gatherAwardLimits(
    loader,
    awards.map((row) => askedThen(facts, row, cutsOf(facts, row))),
  );
  await then.learnOfLimits();
  const windows = new Map(
    awards.map((row) => [row.reimbursementId, touchedBy(caseOf(facts, askedThen(facts, row, []))).map(limitWindowOf)]),
  );
  const carried = await gatherCarried(loader, [...windows.values()].flat());
  for (const [id, at] of windows) loader.note(charged, id, at.map(carried));
  await loader.accounts(
    awards.flatMap(({ enterpriseId, fund }) =>
      fund === null ? [] : [accountOf.available(fund), accountOf.payable(enterpriseId, fund)],
    ),
  );
}

const askedThen = (facts: Facts, row: Reimbursement, cuts: readonly ReimbursementLineCut[]) =>
  askedOf(facts, row, { bookedOn: row.approvedOn ?? '', known: facts.noted(knownAtAward, row.reimbursementId), cuts });

/** The limits, each in its window, that a gathered award was charged to. */
export const chargedWithAward = (facts: Facts, { reimbursementId }: Reimbursement): readonly LimitWindow[] =>
  facts.noted(charged, reimbursementId);

/** A second computation of an award, in fen: null where the law gives nothing on what is left. */
export interface ComputedAnew {
  readonly baseFen: Fen | null;
  readonly computedFen: Fen | null;
  /** What the award may come to; never more than what was approved. */
  readonly awardFen: Fen;
  readonly steps: readonly Step[];
}

/**
 * A gathered award computed anew, with these red letters taken from its lines. The pool it had a part of is not shared out again: its
 * sharing is a decision that was published for all of its batch, and the others' awards stand. An award that was cut pro rata keeps its
 * proportion, any other is at most what it was. What falls below the least award of the law is none.
 */
export function computedAnew(facts: Facts, row: Reimbursement, cuts: readonly ReimbursementLineCut[]): ComputedAnew {
  const asked = askedThen(facts, row, cuts);
  const { law } = asked;
  const { byLaw } = evaluationsOf(facts, caseOf(facts, asked));
  if (byLaw.kind !== 'award') {
    const last = byLaw.explanation.length - 1;
    const steps = byLaw.explanation.map((step, i) =>
      i === last ? { ...step, result: formatYuan(0n), bound: true as const } : step,
    );
    return { baseFen: null, computedFen: null, awardFen: 0n, steps };
  }
  const allocation = there(facts.get(allocationShelf, row.allocationId ?? ''));
  const line = there(facts.one(allocationLineShelf, 'reimbursement', [row.reimbursementId, 'true']));
  const claimFen = minFen(byLaw.amountFen, line.claimFen);
  const isShared = allocation.strategy === 'PRO_RATA';
  const shareFen = isShared ? proRata(claimFen, allocation.sharedFen, allocation.claimsFen) : minFen(claimFen, line.amountFen);
  const dated = lawOn(law, row.submittedOn);
  const least = dated.minAward?.value ?? 0n;
  const awardFen = shareFen < least ? 0n : shareFen;
  const cite = dated.allocation?.cite ?? law.basis;
  const rule = { document: documentName(law, cite), article: cite.article };
  const sharing: Step = {
    ...rule,
    ruleZh: isShared
      ? '同批资金已公布的分配比例不变，其余各件不重新分配：本件金额 × 本批可用资金 ÷ 同批金额合计，舍去不足一分的部分'
      : '同批资金的分配已公布，不重新分配：以原核定补助为限',
    ruleEn: isShared
      ? 'the batch stays shared as published, nobody else’s award changes: claim × shared ÷ claims, down to the fen'
      : 'the batch stays shared as published, nobody else’s award changes: at most what was awarded',
    inputs: {
      claim: formatYuan(claimFen),
      ...(isShared
        ? { shared: formatYuan(allocation.sharedFen), claims: formatYuan(allocation.claimsFen) }
        : { maximum: formatYuan(line.amountFen) }),
      ...(awardFen < shareFen ? { minimum: formatYuan(least) } : {}),
    },
    result: formatYuan(awardFen),
    ...(awardFen < byLaw.amountFen ? { bound: true as const } : {}),
  };
  return { baseFen: byLaw.baseFen, computedFen: byLaw.computedFen, awardFen, steps: [...byLaw.explanation, sharing] };
}

function there<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a row that a foreign key promises was not found');
  return row;
}
