import type { ContractStanding, Voucher } from '../../db/tables.js';
import type { OpeningContent } from '../../schemas/opening-balances.js';
import { yearOf } from '../calendar.js';
import { accountOf } from '../ledger/chart.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { gatherLimits, readLimit } from '../ledger/limits.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import type { Message } from '../ledger/outbox.js';
import type { Posting } from '../ledger/templates.js';
import { openingLimitUsed, openingVoucher } from '../ledger/templates.js';
import { formatYuan } from '../money.js';
import { firstYearChanges } from '../programmes/limits.js';
import { versionName } from '../programmes/published.js';
import { openingShelf, standingIdOf, standingShelf, voucherShelf } from './facts.js';
import type { Opening, Spent } from './openings.js';
import { gatherOpenings, readOpening } from './openings.js';
import {
  broughtAlong,
  freshStanding,
  keptStanding,
  neverEnded,
  openingContentOf,
  presentOpening,
  standingOf,
  toldOfTakingOver,
} from './rules.js';

type Body = { id?: string };
type Result = ReturnType<typeof presentOpening> & { voucherId: string | null };

/**
 * A second person approves an opening balance, and it is booked: what was spent of limits before this book was opened, and the voucher
 * that is outstanding, from money that is there. Refuses OPENING_WRONG_STATE, FOUR_EYES, what readOpening does, OPENING_ABOVE_LIMIT
 * when the law's number has no room for it, POOL_EXHAUSTED when the fund has not the voucher's balance.
 */
export const approveOpening: Verb<Body, Result> = {
  name: 'opening.approve',
  money: true,

  async gather(loader, commands) {
    const rows = await loader.load(
      openingShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    const contents = rows.map(openingContentOf);
    for (const day of new Set(commands.map(({ today }) => today))) await gatherOpenings(loader, contents, day);
    await gatherBooking(loader, commands, contents);
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const row = facts.get(openingShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    if (row.status === 'APPROVED') return refused('OPENING_WRONG_STATE');
    if (isSamePerson(actor, row.preparedPerson)) return refused('FOUR_EYES');
    const content = openingContentOf(row);
    const opening = readOpening(facts, content, today);
    if (opening.kind === 'refused') return opening;
    const limits = spend(facts, opening.spent);
    if (limits.kind === 'refused') return limits;
    if (opening.kind === 'voucher') {
      const availableFen = facts.balance(accountOf.available(opening.fund));
      if (availableFen < opening.balanceFen) return refused('POOL_EXHAUSTED', { left: formatYuan(availableFen) });
    }
    // After this line the command succeeds.
    const booked =
      opening.kind === 'voucher'
        ? bookVoucher(facts, command, opening)
        : { voucherId: null, postings: [], changes: [], messages: [] };
    const approved = { ...row, status: 'APPROVED' as const, approvedPerson: actor.personId };
    return accepted({
      decision: 'opening.approved',
      subjectId: row.openingBalanceId,
      programmeVersion: versionName(opening.version),
      approvalDigest: row.contentDigest,
      postings: [...limits.postings, ...booked.postings],
      result: { ...presentOpening(approved), voucherId: booked.voucherId },
      changes: [
        update(openingShelf, approved),
        ...booked.changes,
        ...firstYearChanges(
          facts,
          opening.spent.map(({ at }) => at),
        ),
      ],
      messages: booked.messages,
    });
  },
};

/** Limits, money, numbers and standings that booking these may touch. */
async function gatherBooking(
  loader: Loader,
  commands: readonly Command<Body>[],
  contents: readonly OpeningContent[],
): Promise<void> {
  const vouchers = contents.filter((content) => content.kind === 'VOUCHER');
  const booked = commands.flatMap(({ id, body, today }) => {
    const row = loader.facts.get(openingShelf, body.id ?? '');
    const opening = row && readOpening(loader.facts, openingContentOf(row), today);
    return opening === undefined || opening.kind === 'refused' ? [] : [{ id, opening }];
  });
  await Promise.all([
    gatherLimits(
      loader,
      booked.flatMap(({ opening }) => opening.spent.map(({ at }) => at)),
    ),
    // The command names the voucher it makes.
    loader.accounts(
      booked.flatMap(({ id, opening }) =>
        opening.kind === 'voucher' ? [accountOf.available(opening.fund), accountOf.voucher(id, opening.fund)] : [],
      ),
    ),
    loader.load(
      standingShelf,
      'id',
      vouchers.map(({ contractId, programmeCode }) => standingIdOf(contractId, programmeCode)),
    ),
    gatherNumbers(
      loader,
      vouchers.map(({ issuedOn }) => seriesOf('V', yearOf(issuedOn))),
    ),
  ]);
}

/** What was spent, with the limits it was spent of funded first; refuses the first that is more than its limit leaves. */
function spend(facts: Facts, spent: readonly Spent[]): { kind: 'spent'; postings: Posting[] } | Refused {
  const postings: Posting[] = [];
  for (const { rule, at, numberFen, amountFen } of spent) {
    const { leftFen, funding } = readLimit(facts, at, numberFen);
    if (amountFen > leftFen) {
      return refused('OPENING_ABOVE_LIMIT', {
        ...rule,
        window: at.window,
        left: formatYuan(leftFen),
        amount: formatYuan(amountFen),
      });
    }
    postings.push(...funding, ...openingLimitUsed({ at, amountFen }));
  }
  return { kind: 'spent', postings };
}

function bookVoucher(
  facts: Facts,
  command: Command<Body>,
  opening: Opening & { kind: 'voucher' },
): { voucherId: string; postings: Posting[]; changes: Change[]; messages: Message[] } {
  const { contract, enterprise, version, fund } = opening;
  const { bookId } = facts;
  const { programmeCode } = version;
  const { number, changes } = takeNumber(facts, seriesOf('V', yearOf(opening.issuedOn)));
  const voucher: Voucher = {
    bookId,
    voucherId: command.id,
    voucherNo: number,
    programmeCode,
    programmeVersionId: version.programmeVersionId,
    enterpriseId: enterprise.enterpriseId,
    legalPersonUscc: enterprise.legalPersonUscc,
    contractId: contract.contractId,
    providerId: contract.providerId,
    applicationId: null,
    fund,
    faceFen: opening.balanceFen,
    reservedFen: 0n,
    appliedOn: opening.appliedOn,
    issuedOn: opening.issuedOn,
    lastDay: opening.lastDay,
    // Outstanding already: it was accepted where that was asked for.
    status: 'ACTIVE',
    activateBy: null,
    frozenFrom: null,
    ...neverEnded,
    recordedAt: command.receivedAt.toISOString(),
    matters: opening.matters,
    controlVersionIds: opening.controlVersionIds,
  };
  const standingId = standingIdOf(contract.contractId, programmeCode);
  const known = facts.get(standingShelf, standingId);
  const before = known ?? freshStanding({ bookId, standingId, contractId: contract.contractId, programmeCode });
  const { appliedOn } = voucher;
  const standing: ContractStanding = {
    ...before,
    ...keptStanding(broughtAlong(standingOf(known), opening, { appliedOn, signedOn: contract.signedOn })),
  };
  return {
    voucherId: voucher.voucherId,
    postings: openingVoucher({ voucherId: voucher.voucherId, fund, faceFen: opening.balanceFen }),
    changes: [
      insert(voucherShelf, voucher),
      known ? update(standingShelf, standing) : insert(standingShelf, standing),
      ...changes,
    ],
    messages: [toldOfTakingOver(voucher)],
  };
}
