import type { z } from 'zod';
import type { FundStanding, Settlement, SettlementLine } from '../../db/tables.js';
import type { settlementInstructed } from '../../schemas/settlements.js';
import { approversOf, gatherApprovals } from '../approvals/facts.js';
import type { Day } from '../calendar.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, note, update } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { asksForMaterials } from '../materials/rules.js';
import { payeeOf } from '../payees/facts.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { programmeOf } from '../programmes/published.js';
import { fundStandingShelf, settlementLineShelf, settlementShelf } from './facts.js';
import { fundersNamed, gatherFunders, instructedOf, sharesOf } from './funders.js';
import {
  gatherBoundAccounts,
  gatherInstructions,
  gatherPayeeAccounts,
  giveInstructions,
  refuseOtherAccount,
  refuseWithoutAccount,
} from './give-instructions.js';
import { gatherPaid, payableOfLine } from './match.js';
import { gatherPaymentPapers, refuseLacking } from './papers.js';
import type { Due } from './rules.js';
import { doersOf, presentInstruction, presentSettlement, readFund, refuseSettlement, splitDues } from './rules.js';

type Result = Omit<z.input<typeof settlementInstructed>, 'ledgerSeq'>;

/** Up to so many payments, by payee and fund, are instructed with the command itself; more behind it, in slices of the lane. */
const instructedAtOnce = 40;

/** By settlement: what each payee gets out of each fund. A batch that finance has checked does not change any more without a new approval. */
const dues = note<readonly Due[]>('dues');

/** By settlement: the payees of a large batch whose account has to be looked at one by one: without one of their own, or absorbed. */
const doubtful = note<readonly string[]>('payees whose account is in doubt');

/** By settlement: its lines, in a book where a programme asks for papers before it is paid; else none. */
const linesWithPapers = note<readonly SettlementLine[]>('lines whose payees hand in papers');

/**
 * Instructs the payment of a batch that finance has checked: one instruction per payee, fund and funder, the funders' shares exact over all
 * batches of a fund. Many payments are instructed behind the answer (`paymentsLeft`, `instructPayment`). Refuses NOT_FOUND, SETTLEMENT_WRONG_STATE,
 * FOUR_EYES (who drafted, froze, approved or checked it), MATERIALS_MISSING line by line, PAYEE_ACCOUNT_MISSING, PAYEE_ACCOUNT_CHANGING,
 * PAYEE_ACCOUNT_CHANGED.
 */
export const instructSettlement: Verb<{ id?: string }, Result> = {
  name: 'settlement.instruct',
  money: true,

  async gather(loader, commands) {
    const ids = [...new Set(commands.map(({ body }) => body.id ?? ''))];
    const [sums] = await Promise.all([
      loader.tx.sql.prepared<(Due & { settlementId: string })[]>(
        `select settlement_id as "settlementId", payee_id as "payeeId", fund, total_fen as "amountFen"
           from settlement_totals where book_id = $1 and settlement_id = any($2::uuid[]) order by fund, payee_id`,
        [loader.bookId, ids],
      ),
      loader.load(settlementShelf, 'id', ids),
      gatherApprovals(loader, ids),
    ]);
    await gatherFunders(loader, [...new Set(sums.map((sum) => sum.fund))]);
    for (const id of ids) {
      const own = sums.filter(({ settlementId }) => settlementId === id);
      loader.note(dues, id, own);
      const isLarge = own.length > instructedAtOnce;
      const inDoubt = isLarge ? await doubtfulPayees(loader, id, commands[0]?.today ?? '') : [];
      loader.note(doubtful, id, inDoubt);
      await gatherPayeeAccounts(loader, inDoubt);
      await gatherBoundAccounts(loader, id, isLarge ? inDoubt : own.map(({ payeeId }) => payeeId));
      const lines = await gatherPapers(loader, id, own);
      loader.note(linesWithPapers, id, lines);
      await gatherInstructions(
        loader,
        commands
          .filter(({ body }) => body.id === id)
          .map((command) => ({ command, payments: isLarge ? [] : paymentsOf(loader.facts, own) })),
      );
    }
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const settlement = facts.get(settlementShelf, body.id ?? '');
    if (!settlement) return refused('NOT_FOUND');
    const wrongState = refuseSettlement(settlement, 'instruct');
    if (wrongState) return wrongState;
    const { settlementId } = settlement;
    const had = [...doersOf(settlement), ...approversOf(facts, settlementId)];
    if (had.some((person) => isSamePerson(actor, person))) return refused('FOUR_EYES');
    const lacking = refuseLacking(
      facts,
      facts.noted(linesWithPapers, settlementId).map((line) => payableOfLine(facts, line)),
    );
    if (lacking) return lacking;
    const due = facts.noted(dues, settlementId);
    const isLarge = due.length > instructedAtOnce;
    const inDoubt = facts.noted(doubtful, settlementId);
    const without = refuseWithoutAccount(facts, inDoubt, today) ?? refuseOtherAccount(facts, settlement, inDoubt, today);
    if (without) return without;
    const row: Settlement = {
      ...settlement,
      status: 'INSTRUCTED',
      instructedPerson: actor.personId,
      instructedOn: today,
      paymentsLeft: isLarge ? due.length : 0,
    };
    const given = instructDues(command, facts, row, isLarge ? [] : due);
    if (given.kind === 'refused') return given;
    // After this line the command succeeds.
    return accepted({
      decision: 'settlement.instructed',
      subjectId: settlementId,
      approvalDigest: row.contentDigest ?? undefined,
      result: {
        ...presentSettlement(row),
        instructions: given.instructions.map((of) => presentInstruction(of, payeeOf(facts, of.payeeId))),
      },
      postings: given.postings,
      changes: [update(settlementShelf, row), ...given.changes],
    });
  },
};

/** Every payment that what is due might make. */
export const paymentsOf = (facts: Facts, due: readonly Due[]) =>
  due.flatMap((of) => fundersNamed(facts, of.fund).map((funder) => ({ payeeId: of.payeeId, fund: of.fund, funder })));

/**
 * Instructs what is due of a gathered batch, and what its funds have paid out with it. Refuses PAYEE_ACCOUNT_MISSING, PAYEE_ACCOUNT_CHANGING,
 * PAYEE_ACCOUNT_CHANGED.
 */
export function instructDues(
  command: Command,
  facts: Facts,
  settlement: Settlement,
  due: readonly Due[],
): ReturnType<typeof giveInstructions> {
  const { parts, instructed } = splitDues(
    due,
    (fund) => sharesOf(facts, fund),
    (fund) => instructedOf(facts, fund),
  );
  const payeeIds = due.map(({ payeeId }) => payeeId);
  const elsewhere =
    refuseWithoutAccount(facts, payeeIds, command.today) ?? refuseOtherAccount(facts, settlement, payeeIds, command.today);
  if (elsewhere) return elsewhere;
  const given = giveInstructions(
    command,
    facts,
    settlement,
    parts.map(({ payeeId, fund, funder, amountFen }) => ({ payeeId, fund, funder, amountFen, attempt: 1 })),
  );
  if (given.kind === 'refused') return given;
  const standings = [...instructed].map(([fund, instructedFen]): Change => {
    const before = facts.get(fundStandingShelf, fund);
    const standing: FundStanding = { bookId: facts.bookId, fund, instructedFen, recoveredFen: before?.recoveredFen ?? 0n };
    return before ? update(fundStandingShelf, standing) : insert(fundStandingShelf, standing);
  });
  return { ...given, changes: [...standings, ...given.changes] };
}

/** The lines of a batch with what its payees have to hand in, in a book where a programme asks for any: it may have been detached since. */
async function gatherPapers(loader: Loader, settlementId: string, due: readonly Due[]): Promise<readonly SettlementLine[]> {
  const programmes = [...new Set(due.map(({ fund }) => readFund(fund).programmeCode))];
  const versions = programmes.flatMap((code) => loader.facts.all(programmeVersionShelf, 'code', code));
  if (!versions.some((row) => asksForMaterials(programmeOf(row), 'PAYMENT'))) return [];
  const lines = (await loader.load(settlementLineShelf, 'settlement', [settlementId])).filter((of) => of.returnedVersion === null);
  const { redemptions, awards } = await gatherPaid(loader, lines);
  await gatherPaymentPapers(loader, [...redemptions, ...awards]);
  return lines;
}

/**
 * The payees of a batch that have no account in effect by a day, or one that is being changed or is another than the batch was frozen with, or
 * were absorbed by another who is paid instead.
 */
async function doubtfulPayees(loader: Loader, settlementId: string, day: Day): Promise<string[]> {
  const rows = await loader.tx.sql.prepared<{ payeeId: string }[]>(
    `select p.payee_id as "payeeId"
       from (select distinct payee_id from settlement_totals where book_id = $1 and settlement_id = $2) p
       left join lateral (select successor_uscc from providers o where o.book_id = $1 and o.provider_id = p.payee_id offset 0) o on true
       left join lateral (select successor_uscc from enterprises e where e.book_id = $1 and e.enterprise_id = p.payee_id offset 0) e on true
      where o.successor_uscc is not null or e.successor_uscc is not null
         or coalesce((select not bool_and(a.status = 'CONFIRMED' and a.usable_from <= $3::date)
                        from (select status, usable_from from payee_accounts where book_id = $1 and provider_id = p.payee_id
                              union all
                              select status, usable_from from payee_accounts where book_id = $1 and enterprise_id = p.payee_id) a), true)
         or exists (select from settlements s
                      join settlement_accounts b on b.book_id = $1 and b.settlement_id = $2 and b.payee_id = p.payee_id and b.version = s.version
                     where s.book_id = $1 and s.settlement_id = $2 and b.payee_account_id <> account_of_payee($1, p.payee_id, $3::date))`,
    [loader.bookId, settlementId, day],
  );
  return rows.map(({ payeeId }) => payeeId);
}
