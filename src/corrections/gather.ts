// All that stands on a contract: its vouchers, their redemptions with the batches that took them, and the laws they are under.
import type { Contract, Correction, Recovery, Redemption, Voucher } from '../../db/tables.js';
import { endApprovals, gatherApprovals as gatherFirstApprovals } from '../approvals/facts.js';
import { circumstancesOf, evaluatorLine, gatherContractFacts, mattersOf } from '../applications/evaluation-facts.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import type { WholeContract } from '../contracts/rules.js';
import { accountOf } from '../ledger/chart.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, note, update } from '../ledger/facts.js';
import type { Command } from '../ledger/lane.js';
import { gatherNumbers, seriesOf } from '../ledger/numbers.js';
import type { Message } from '../ledger/outbox.js';
import type { Fen } from '../money.js';
import { decidingDayOf } from '../programmes/evaluate.js';
import { weightOfContract } from '../programmes/lines.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { documentName, lawOn } from '../programmes/language.js';
import { gatherControls } from '../programmes/laws.js';
import { recoveryShelf } from '../recoveries/facts.js';
import { toldOfOpening } from '../recoveries/rules.js';
import { redemptionShelf } from '../redemptions/facts.js';
import { gatherCases, goneOf, lawOf } from '../redemptions/gather.js';
import { approvals, gatherApprovals } from '../redemptions/reverse.js';
import { settlementShelf } from '../settlements/facts.js';
import { invoiceShelf, redLetterShelf } from '../usage/facts.js';
import { chargedOf, expiryRuleOf, gatherCharged, gatherEndRules, homeOfEnded } from '../vouchers/endings.js';
import { standingIdOf, standingShelf, voucherShelf } from '../vouchers/facts.js';
import { keptStanding, lowestRate, standingOf } from '../vouchers/rules.js';
import { CutBack } from './cut-back.js';
import type { Why } from './cut-back.js';
import { correctionShelf } from './facts.js';
import { correctionRow, openedRow } from './record.js';

/** By command: the ids of the recoveries it may open, by fund. Their accounts are named by them, so they are chosen before. */
const recoveryIds = note<ReadonlyMap<string, string>>('ids of recoveries');

/** Gathers all that stands on these contracts. */
export async function gatherStanding(
  loader: Loader,
  wanted: readonly { readonly command: Command; readonly contractId: string }[],
): Promise<void> {
  const contractIds = wanted.map(({ contractId }) => contractId);
  const [vouchers, redemptions] = await Promise.all([
    loader.load(voucherShelf, 'contract', contractIds),
    loader.load(
      redemptionShelf,
      'waiting',
      contractIds.flatMap((id) => [
        [id, 'SUBMITTED'],
        [id, 'APPROVED'],
      ]),
    ),
    loader.load(contractShelf, 'id', contractIds),
    gatherNumbers(
      loader,
      wanted.flatMap(({ command }) => ['C', 'RC'].map((letter) => seriesOf(letter, yearOf(command.today)))),
    ),
  ]);
  const todayOf = new Map(wanted.map(({ command, contractId }) => [contractId, command.today]));
  await Promise.all([
    gatherCases(
      loader,
      redemptions.map((row) => ({ ...row, today: todayOf.get(row.contractId) ?? '' })),
    ),
    gatherApprovals(
      loader,
      redemptions.map(({ redemptionId }) => redemptionId),
    ),
    gatherFirstApprovals(
      loader,
      redemptions.map(({ redemptionId }) => redemptionId),
    ),
    gatherCharged(loader, vouchers),
    gatherEndRules(loader, vouchers),
    loader.load(
      settlementShelf,
      'id',
      redemptions.flatMap(({ settlementId }) => settlementId ?? []),
    ),
    loader.load(
      redLetterShelf,
      'redemption',
      redemptions.map(({ redemptionId }) => redemptionId),
    ),
    loader.load(
      standingShelf,
      'id',
      vouchers.map(({ contractId, programmeCode }) => standingIdOf(contractId, programmeCode)),
    ),
  ]);
  // Where nothing was redeemed yet, the law of the vouchers is still asked for.
  const unused = vouchers.filter(({ voucherId }) => !redemptions.some((row) => row.voucherId === voucherId));
  await gatherLaws(loader, unused);
  const claims = wanted.flatMap(({ command, contractId }) => {
    const funds = [...new Set(vouchers.filter((of) => of.contractId === contractId).map(({ fund }) => fund))];
    const ids = new Map(funds.map((fund) => [fund, command.newId()]));
    loader.note(recoveryIds, command.id, ids);
    return [...ids].map(([fund, id]) => ({
      fund,
      id,
      providerId: loader.facts.get(contractShelf, contractId)?.providerId ?? '',
    }));
  });
  loader.newAccounts(claims.map(({ fund, id }) => accountOf.claim(id, fund)));
  await loader.accounts(claims.map(({ fund, providerId }) => accountOf.receivable(providerId, fund)));
}

async function gatherLaws(loader: Loader, vouchers: readonly Voucher[]): Promise<void> {
  await Promise.all([
    gatherContractFacts(loader, [...new Set(vouchers.map(({ contractId }) => contractId))]),
    loader.load(
      programmeVersionShelf,
      'id',
      vouchers.map(({ programmeVersionId }) => programmeVersionId),
    ),
    gatherControls(loader),
  ]);
}

/** The programmes under which vouchers were issued on a gathered contract. */
export const programmesOn = (facts: Facts, contractId: string): string[] => [
  ...new Set(facts.all(voucherShelf, 'contract', contractId).map(({ programmeCode }) => programmeCode)),
];

/** What stands on a gathered contract under a programme; with `only`, one of its vouchers is taken back. */
export function cutBackOf(facts: Facts, contractId: string, programmeCode: string, why: Why, only?: string): CutBack {
  const vouchers = facts.all(voucherShelf, 'contract', contractId).filter((of) => of.programmeCode === programmeCode);
  const contract = there(facts.get(contractShelf, contractId));
  const ids = new Set(vouchers.map(({ voucherId }) => voucherId));
  const redemptions = (['SUBMITTED', 'APPROVED'] as const)
    .flatMap((status): readonly Redemption[] => facts.all(redemptionShelf, 'waiting', [contractId, status]))
    .filter(({ voucherId }) => ids.has(voucherId));
  const lowest = vouchers.map((voucher) =>
    lowestRate(lawOf(facts, voucher).law, { appliedOn: voucher.appliedOn, signedOn: contract.signedOn }),
  );
  const lowestOfAll = Math.min(...lowest);
  const { today, receivedAt, newId } = why;
  return new CutBack(
    {
      vouchers: vouchers.map((voucher) => ({
        voucher,
        balanceFen: facts.balance(accountOf.voucher(voucher.voucherId, voucher.fund)),
        back: {
          home: homeOfEnded(voucher, () => expiryRuleOf(facts, voucher)),
          chargedAtIssue: () => chargedOf(facts, voucher.voucherId),
          lowestRate: lowestOfAll,
          today,
          receivedAt,
          newId,
        },
      })),
      redemptions: redemptions.map((redemption) => ({
        redemption,
        invoice: there(facts.get(invoiceShelf, redemption.invoiceId)),
        approval: facts.noted(approvals, redemption.redemptionId),
        gone: goneOf(facts, redemption.redemptionId),
        ended: endApprovals(facts, redemption.redemptionId),
        settlement: redemption.settlementId === null ? undefined : facts.get(settlementShelf, redemption.settlementId),
      })),
      standing: standingOf(facts.get(standingShelf, standingIdOf(contractId, programmeCode))),
      lowestRate: lowestOfAll,
      only,
    },
    why,
  );
}

/** What the law gives at most on a contract as it stands here, by a voucher's law: floor(each line × its rate), in fen; with what it cites. */
export function ceilingOf(facts: Facts, voucher: Voucher, whole: WholeContract, today: Day): { fen: Fen; cite: Why['cite'] } {
  const { law } = lawOf(facts, voucher);
  const asked = {
    contract: there(facts.get(contractShelf, voucher.contractId)),
    law,
    stage: 'REDEEM' as const,
    appliedOn: voucher.appliedOn,
    bookedOn: today,
    predicates: {},
    matters: mattersOf(voucher),
  };
  const at = circumstancesOf(facts, asked);
  const day = decidingDayOf(law, { appliedOn: voucher.appliedOn, signedOn: whole.contract.signedOn });
  const dated = lawOn(law, day);
  const counted = weightOfContract(
    dated,
    at,
    whole.lines.map(({ line }) => evaluatorLine(line, line)),
    undefined,
  );
  const cite = dated.rate?.cite ?? law.basis;
  return { fen: counted.weighted / 10_000n, cite: { document: documentName(law, cite), article: cite.article } };
}

export const citeOf = (facts: Facts, voucher: Voucher, signedOn: Day): Why['cite'] => {
  const { law } = lawOf(facts, voucher);
  const cite = lawOn(law, decidingDayOf(law, { appliedOn: voucher.appliedOn, signedOn })).rate?.cite ?? law.basis;
  return { document: documentName(law, cite), article: cite.article };
};

export interface Corrected {
  readonly correction: Correction;
  readonly recoveries: readonly Recovery[];
  readonly messages: readonly Message[];
  readonly changes: readonly Change[];
}

/** What was cut back, as it is recorded: the correction with its explanation, the recoveries it opens, every row it leaves otherwise. */
export function corrected(
  facts: Facts,
  cut: CutBack,
  command: Command,
  of: {
    readonly subjectId: string;
    readonly contract: Contract;
    readonly programmeCode: string;
    /** A recovery that was proposed, and is opened now. */
    readonly proposed?: Recovery;
    readonly numbers: { readonly correctionNo: string; readonly recoveryNos: readonly string[] };
  },
): Corrected {
  const { bookId } = facts;
  const { why } = cut;
  const correctionId = command.newId();
  const ids = facts.noted(recoveryIds, command.id);
  const nos = [...of.numbers.recoveryNos];
  const { contractId } = of.contract;
  const about = { contractId, reimbursementId: null, programmeCode: of.programmeCode };
  const recoveries = cut.recoveries((fund, debtorId, amountFen): Recovery => {
    const { proposed } = of;
    const { recoveryId, recoveryNo } = proposed ?? { recoveryId: ids.get(fund) ?? '', recoveryNo: nos.shift() ?? '' };
    return openedRow(bookId, command, why, {
      ...about,
      proposed,
      correctionId,
      recoveryId,
      recoveryNo,
      debtorId,
      fund,
      amountFen,
    });
  });
  const correction = correctionRow(bookId, command, why, {
    ...about,
    correctionId,
    correctionNo: of.numbers.correctionNo,
    subjectId: of.subjectId,
    sums: cut.sums,
    steps: cut.steps,
  });
  const standingId = standingIdOf(of.contract.contractId, of.programmeCode);
  const standing = facts.get(standingShelf, standingId);
  return {
    correction,
    recoveries,
    messages: [...cut.messages, ...recoveries.map(toldOfOpening)],
    changes: [
      insert(correctionShelf, correction),
      ...recoveries.map((row) => (of.proposed ? update(recoveryShelf, row) : insert(recoveryShelf, row))),
      ...cut.changes,
      ...cut.voucherChanges(),
      ...(standing ? [update(standingShelf, { ...standing, ...keptStanding(cut.standing) })] : []),
    ],
  };
}

function there<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a row that a foreign key promises was not found');
  return row;
}
