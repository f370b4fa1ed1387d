import type { z } from 'zod';
import type { FundStanding, Settlement, SettlementLine } from '../../db/tables.js';
import type { settlementInstructed } from '../../schemas/settlements.js';
import type { Change, Facts } from '../ledger/facts.js';
import { insert, note, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { asksForMaterials } from '../materials/rules.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { fundersOf, programmeOf } from '../programmes/published.js';
import { approversOf, gatherApprovals } from '../approvals/facts.js';
import { payeeOf } from '../payees/facts.js';
import { redemptionShelf } from '../redemptions/facts.js';
import { reimbursementShelf } from '../reimbursements/facts.js';
import { fundStandingShelf, settlementLineShelf, settlementShelf } from './facts.js';
import { gatherInstructions, giveInstructions } from './give-instructions.js';
import type { Payable } from './papers.js';
import { gatherPaymentPapers, refuseLacking } from './papers.js';
import type { Due } from './rules.js';
import { presentInstruction, presentSettlement, readFund, refuseUnlessAt, splitDues } from './rules.js';

type Result = Omit<z.input<typeof settlementInstructed>, 'ledgerSeq'>;

/** By settlement: what each payee gets out of each fund. The lines of a batch never change, so a sum of them stands. */
const dues = note<readonly Due[]>('dues');

/** By settlement: its lines, in a book where a programme asks for papers before it is paid; else none. */
const linesWithPapers = note<readonly SettlementLine[]>('lines whose payees hand in papers');

/**
 * Instructs the payment of an approved batch: one instruction per payee, fund and funder, the funders' shares exact over
 * all batches of a fund. Refuses NOT_FOUND, SETTLEMENT_WRONG_STATE, FOUR_EYES (who drafted or approved it),
 * MATERIALS_MISSING line by line, PAYEE_ACCOUNT_MISSING.
 */
export const instructSettlement: Verb<{ id?: string }, Result> = {
  name: 'settlement.instruct',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const [sums] = await Promise.all([
      loader.tx.sql.prepared<(Due & { settlementId: string })[]>(
        `select settlement_id as "settlementId", payee_id as "payeeId", fund, sum(amount_fen)::bigint as "amountFen"
           from settlement_lines where book_id = $1 and settlement_id = any($2::uuid[])
          group by settlement_id, payee_id, fund order by fund, payee_id`,
        [loader.bookId, ids],
      ),
      loader.load(settlementShelf, 'id', ids),
      gatherApprovals(loader, ids),
    ]);
    const funds = [...new Set(sums.map((sum) => sum.fund))];
    const [versions] = await Promise.all([
      loader.load(
        programmeVersionShelf,
        'code',
        funds.map((fund) => readFund(fund).programmeCode),
      ),
      loader.load(fundStandingShelf, 'id', funds),
    ]);
    // What a payee handed in may have been detached since the batch was drafted.
    const asks = versions.some((row) => asksForMaterials(programmeOf(row), 'PAYMENT'));
    const lines = asks ? await loader.load(settlementLineShelf, 'settlement', ids) : [];
    for (const id of ids)
      loader.note(
        linesWithPapers,
        id,
        lines.filter(({ settlementId }) => settlementId === id),
      );
    if (asks) {
      const [redemptions, awards] = await Promise.all([
        loader.load(
          redemptionShelf,
          'id',
          lines.flatMap(({ redemptionId }) => redemptionId ?? []),
        ),
        loader.load(
          reimbursementShelf,
          'id',
          lines.flatMap(({ reimbursementId }) => reimbursementId ?? []),
        ),
      ]);
      await gatherPaymentPapers(loader, [...redemptions, ...awards]);
    }
    // Every funder any version names: which version holds is decided later, and may change in this very lane batch.
    const fundersNamed = (programmeCode: string) => [
      ...new Set(
        versions
          .filter((row) => row.programmeCode === programmeCode)
          .flatMap((row) => programmeOf(row).laws.flatMap((law) => law.funders?.value ?? []))
          .map(({ funder }) => funder),
      ),
    ];
    for (const id of ids)
      loader.note(
        dues,
        id,
        sums.filter((sum) => sum.settlementId === id),
      );
    await gatherInstructions(
      loader,
      commands.map((command) => ({
        command,
        payments: sums
          .filter((sum) => sum.settlementId === command.body.id)
          .flatMap((sum) => fundersNamed(readFund(sum.fund).programmeCode).map((funder) => ({ ...sum, funder }))),
      })),
    );
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const settlement = facts.get(settlementShelf, body.id ?? '');
    if (!settlement) return refused('NOT_FOUND');
    const wrongState = refuseUnlessAt(settlement, 'APPROVED');
    if (wrongState) return wrongState;
    const had = [settlement.draftedPerson, settlement.approvedPerson, ...approversOf(facts, settlement.settlementId)];
    if (had.some((person) => isSamePerson(actor, person))) return refused('FOUR_EYES');
    const payables = facts
      .noted(linesWithPapers, settlement.settlementId)
      .flatMap(({ redemptionId, reimbursementId }): Payable[] => {
        const [redemption, award] = [
          redemptionId === null ? undefined : facts.get(redemptionShelf, redemptionId),
          reimbursementId === null ? undefined : facts.get(reimbursementShelf, reimbursementId),
        ];
        return [redemption ?? [], award ?? []].flat();
      });
    const lacking = refuseLacking(facts, payables);
    if (lacking) return lacking;
    const { parts, instructed } = splitDues(
      facts.noted(dues, settlement.settlementId),
      (fund) => sharesOf(facts, fund),
      (fund) => facts.get(fundStandingShelf, fund)?.instructedFen ?? 0n,
    );
    const given = giveInstructions(
      command,
      facts,
      settlement,
      parts.map((part) => ({ ...part, attempt: 1 })),
    );
    if (given.kind === 'refused') return given;
    // After this line the command succeeds.
    const row: Settlement = { ...settlement, status: 'INSTRUCTED', instructedPerson: actor.personId, instructedOn: today };
    const standings = [...instructed].map(([fund, instructedFen]): Change => {
      const before = facts.get(fundStandingShelf, fund);
      const standing: FundStanding = { bookId: facts.bookId, fund, instructedFen, recoveredFen: before?.recoveredFen ?? 0n };
      return before ? update(fundStandingShelf, standing) : insert(fundStandingShelf, standing);
    });
    return accepted({
      decision: 'settlement.instructed',
      subjectId: row.settlementId,
      approvalDigest: row.contentDigest,
      result: {
        ...presentSettlement(row),
        instructions: given.instructions.map((of) => presentInstruction(of, payeeOf(facts, of.payeeId))),
      },
      postings: given.postings,
      changes: [update(settlementShelf, row), ...standings, ...given.changes],
    });
  },
};

/** Who shares a fund. Money is promised out of a fund only after its funders loaded it, so a fund has funders. */
function sharesOf(facts: Facts, fund: string) {
  const { programmeCode, year } = readFund(fund);
  const funders = fundersOf(facts.all(programmeVersionShelf, 'code', programmeCode), year);
  if (!funders) throw new Error(`the fund ${fund} has no funders`);
  return funders;
}
