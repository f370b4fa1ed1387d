// What persons do with a recovery that is open: serve, appeal, decide, receive, refer, write off.
import type { z } from 'zod';
import type { Recovery, RecoveryReceipt } from '../../db/tables.js';
import type * as schema from '../../schemas/recoveries.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { accountOf } from '../ledger/chart.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { recoveryEnded, recoveryReceived } from '../ledger/templates.js';
import { formatYuan, splitIncrement } from '../money.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { fundersOf } from '../programmes/published.js';
import { providerShelf } from '../providers/facts.js';
import { actsFor } from '../providers/rules.js';
import { fundStandingShelf } from '../settlements/facts.js';
import { readFund } from '../settlements/rules.js';
import { fenOf } from '../usage/rules.js';
import { receiptShelf, recoveryShelf } from './facts.js';
import type { RecoveryVerb } from './rules.js';
import { outstandingFen, presentRecovery, refuseRecovery } from './rules.js';

interface Target {
  readonly id?: string;
}
type Result = ReturnType<typeof presentRecovery>;
type Body<Schema extends z.ZodType<object>> = z.output<Schema> & Target;

/** Gathers recoveries with their debtors and the accounts of their claims. */
async function gather(loader: Loader, commands: readonly Command<Target>[]): Promise<readonly Recovery[]> {
  const rows = await loader.load(
    recoveryShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );
  const debtors = rows.map(({ debtorId }) => debtorId);
  await Promise.all([
    loader.load(providerShelf, 'id', debtors),
    loader.load(enterpriseShelf, 'id', debtors),
    loader.accounts(
      rows.flatMap((row) => [accountOf.claim(row.recoveryId, row.fund), accountOf.receivable(row.debtorId, row.fund)]),
    ),
  ]);
  return rows;
}

/** Gathers who shares these funds, what each has paid and recovered, and where the funds stand. */
export async function gatherFunders(loader: Loader, of: readonly string[]): Promise<void> {
  const funds = [...new Set(of)];
  const [versions] = await Promise.all([
    loader.load(
      programmeVersionShelf,
      'code',
      funds.map((fund) => readFund(fund).programmeCode),
    ),
    loader.load(fundStandingShelf, 'id', funds),
  ]);
  await loader.accounts(
    funds.flatMap((fund) => {
      const { programmeCode, year } = readFund(fund);
      const ofProgramme = versions.filter((row) => row.programmeCode === programmeCode);
      return (fundersOf(ofProgramme, year) ?? []).flatMap(({ funder }) => [
        accountOf.paid(fund, funder),
        accountOf.recovered(fund, funder),
      ]);
    }),
  );
}

function found({ body }: Command<Target>, facts: Facts, verb: RecoveryVerb): { kind: 'found'; row: Recovery } | Refused {
  const row = facts.get(recoveryShelf, body.id ?? '');
  if (!row) return refused('NOT_FOUND');
  return refuseRecovery(row, verb) ?? { kind: 'found', row };
}

/** A verb that changes the row alone: `change` answers what it makes of it, or why it does not. */
const step = <B extends Target>(
  verb: RecoveryVerb,
  decision: string,
  change: (row: Recovery, command: Command<B>, facts: Facts) => { kind: 'changed'; row: Recovery } | Refused,
): Verb<B, Result> => ({
  name: `recovery.${verb}`,
  money: false,
  gather: async (loader, commands) => {
    await gather(loader, commands);
  },
  decide(command, facts) {
    const of = found(command, facts, verb);
    if (of.kind === 'refused') return of;
    const changed = change(of.row, command, facts);
    if (changed.kind === 'refused') return changed;
    // After this line the command succeeds.
    const { row } = changed;
    return accepted({ decision, subjectId: row.recoveryId, result: presentRecovery(row), changes: [update(recoveryShelf, row)] });
  },
});
const changed = (row: Recovery): { kind: 'changed'; row: Recovery } => ({ kind: 'changed', row });

/** A proposal is not followed. Refuses NOT_FOUND, RECOVERY_WRONG_STATE. */
export const dropRecovery = step<Body<typeof schema.dropRecovery>>('drop', 'recovery.dropped', (row, { actor, today }) =>
  changed({ ...row, status: 'DROPPED', endedPerson: actor.personId, endedOn: today }),
);

/** The notice is served on the debtor (送达), with the last day to pay back. Refuses also DAY_IN_FUTURE, PERIOD_ENDS_BEFORE_START. */
export const serveRecovery = step<Body<typeof schema.serveRecovery>>('serve', 'recovery.served', (row, { body, today }) => {
  const { servedOn, dueOn, documentNo } = body;
  if (servedOn > today) return refused('DAY_IN_FUTURE', { day: servedOn, today }, '/servedOn');
  if (dueOn < servedOn) return refused('PERIOD_ENDS_BEFORE_START', { from: servedOn, to: dueOn }, '/dueOn');
  return changed({ ...row, status: 'SERVED', servedOn, dueOn, documentNo });
});

/** The debtor appeals, until the last day to pay back, inclusive. Refuses also NOT_FOUND to anybody else, RECOVERY_OVERDUE. */
export const appealRecovery = step<Body<typeof schema.appealRecovery>>(
  'appeal',
  'recovery.appealed',
  (row, { body, actor, today }, facts) => {
    const debtor = facts.get(providerShelf, row.debtorId) ?? facts.get(enterpriseShelf, row.debtorId);
    if (!debtor || !actsFor(actor, debtor)) return refused('NOT_FOUND');
    if (row.dueOn !== null && today > row.dueOn)
      return refused('RECOVERY_OVERDUE', { recoveryNo: row.recoveryNo, dueOn: row.dueOn });
    return changed({ ...row, status: 'APPEALED', appealReason: body.reason, appealPerson: actor.personId });
  },
);

/** Its last day to pay back is over. Refuses also RECOVERY_NOT_DUE. */
export const fallDue = step<Target>('fall-due', 'recovery.fell_due', (row, { today }) =>
  row.dueOn !== null && today <= row.dueOn
    ? refused('RECOVERY_NOT_DUE', { recoveryNo: row.recoveryNo, dueOn: row.dueOn })
    : changed({ ...row, status: 'DUE' }),
);

/** It is handed to enforcement (移送). */
export const referRecovery = step<Body<typeof schema.referRecovery>>('refer', 'recovery.referred', (row) =>
  changed({ ...row, status: 'REFERRED' }),
);

/** One person asks to write off what is left, with the reason; another decides. */
export const askWriteOff = step<Body<typeof schema.askWriteOff>>(
  'ask-write-off',
  'recovery.write_off_asked',
  (row, { body, actor }) => changed({ ...row, writeOffReason: body.reason, writeOffAskedBy: actor.personId }),
);

/** What is left of a claim ends without money. */
const endedBy = (row: Recovery, how: 'written_off' | 'withdrawn') =>
  recoveryEnded({ how, debtorId: row.debtorId, recoveryId: row.recoveryId, fund: row.fund, amountFen: outstandingFen(row) });

/** A second person writes off what is left. Refuses NOT_FOUND, RECOVERY_WRONG_STATE, WRITE_OFF_NOT_ASKED, FOUR_EYES. */
export const writeOffRecovery: Verb<Target, Result> = {
  name: 'recovery.write-off',
  money: true,
  gather: async (loader, commands) => {
    await gather(loader, commands);
  },
  decide(command, facts) {
    const of = found(command, facts, 'write-off');
    if (of.kind === 'refused') return of;
    const { row: before } = of;
    const { personId } = command.actor;
    if (before.writeOffAskedBy === null) return refused('WRITE_OFF_NOT_ASKED', { recoveryNo: before.recoveryNo });
    if (isSamePerson(command.actor, before.writeOffAskedBy)) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const row: Recovery = { ...before, status: 'WRITTEN_OFF', endedPerson: personId, endedOn: command.today };
    return accepted({
      decision: 'recovery.written_off',
      subjectId: row.recoveryId,
      result: presentRecovery(row),
      postings: endedBy(before, 'written_off'),
      changes: [update(recoveryShelf, row)],
    });
  },
};

/**
 * The appeal is decided, by another person than who opened the recovery: dismissed, it is due; upheld, the claim is withdrawn and the
 * payee keeps the money. What was corrected beside it stays corrected. Refuses NOT_FOUND, RECOVERY_WRONG_STATE, FOUR_EYES.
 */
export const decideAppeal: Verb<Body<typeof schema.decideAppeal>, Result> = {
  name: 'recovery.decide-appeal',
  money: true,
  gather: async (loader, commands) => {
    await gather(loader, commands);
  },
  decide(command, facts) {
    const of = found(command, facts, 'decide-appeal');
    if (of.kind === 'refused') return of;
    const { row: before } = of;
    const { body, actor, today } = command;
    if (isSamePerson(actor, before.openedPerson)) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const decided = { ...before, appealDecidedBy: actor.personId, appealDecision: body.reason };
    const upheld = body.outcome === 'UPHELD';
    const row: Recovery = upheld
      ? { ...decided, status: 'WITHDRAWN', endedPerson: actor.personId, endedOn: today }
      : { ...decided, status: 'DUE' };
    return accepted({
      decision: upheld ? 'recovery.withdrawn' : 'recovery.appeal_dismissed',
      subjectId: row.recoveryId,
      result: presentRecovery(row),
      postings: upheld ? endedBy(before, 'withdrawn') : [],
      changes: [update(recoveryShelf, row)],
    });
  },
};

/**
 * Finance records money that came back, by the bank's line and on its day: each funder recovers its part, exact over all receipts of the
 * fund. The same line again answers what it did and does nothing more. Refuses AMOUNT_ZERO, BANK_DAY_IN_FUTURE, NOT_FOUND,
 * RECOVERY_WRONG_STATE, RECOVERY_SERIAL_USED (the serial stands for another receipt), RECOVERY_ABOVE_CLAIM, RECOVERY_BEFORE_PAYMENT.
 */
export const receiveRecovery: Verb<Body<typeof schema.receiveRecovery>, Result & { alreadyReceived: boolean }> = {
  name: 'recovery.receive',
  money: true,

  async gather(loader, commands) {
    const [rows] = await Promise.all([
      gather(loader, commands),
      loader.load(
        receiptShelf,
        'serial',
        commands.map(({ body }) => body.bankSerial),
      ),
    ]);
    await gatherFunders(
      loader,
      rows.map(({ fund }) => fund),
    );
  },

  decide(command, facts) {
    const { id, body, actor, today, receivedAt } = command;
    const amountFen = fenOf(body.amount);
    if (amountFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
    if (body.bookedOn > today) return refused('BANK_DAY_IN_FUTURE', { day: body.bookedOn, today }, '/bookedOn');
    const known = facts.one(receiptShelf, 'serial', body.bankSerial);
    const before = facts.get(recoveryShelf, body.id ?? '');
    if (!before) return refused('NOT_FOUND');
    if (known) {
      const same = known.recoveryId === before.recoveryId && known.amountFen === amountFen && known.bookedOn === body.bookedOn;
      if (!same) return refused('RECOVERY_SERIAL_USED', { bankSerial: body.bankSerial }, '/bankSerial');
      return accepted({
        decision: 'recovery.receipt_repeated',
        subjectId: before.recoveryId,
        result: { ...presentRecovery(before), alreadyReceived: true },
      });
    }
    const wrongState = refuseRecovery(before, 'receive');
    if (wrongState) return wrongState;
    const { recoveryId, recoveryNo, fund, debtorId } = before;
    if (amountFen > outstandingFen(before)) {
      return refused('RECOVERY_ABOVE_CLAIM', { recoveryNo, left: formatYuan(outstandingFen(before)) }, '/amount');
    }
    const { programmeCode, year } = readFund(fund);
    const funders = fundersOf(facts.all(programmeVersionShelf, 'code', programmeCode), year);
    const standing = facts.get(fundStandingShelf, fund);
    if (!funders || !standing) throw new Error(`nothing was paid out of ${fund}`);
    const parts = splitIncrement(standing.recoveredFen, amountFen, funders).map(({ funder, amount }) => ({
      funder,
      amountFen: amount,
    }));
    // What is only instructed has not been paid yet, and cannot have come back.
    const early = parts.find((part) => facts.balance(accountOf.paid(fund, part.funder)) < part.amountFen);
    if (early) return refused('RECOVERY_BEFORE_PAYMENT', { recoveryNo, funder: early.funder });
    // After this line the command succeeds.
    const receivedFen = before.receivedFen + amountFen;
    const isAll = receivedFen === before.amountFen;
    const row: Recovery = {
      ...before,
      receivedFen,
      status: isAll ? 'RECOVERED' : before.status === 'REFERRED' ? 'REFERRED' : 'PARTLY_RECOVERED',
      ...(isAll ? { endedPerson: actor.personId, endedOn: today } : {}),
    };
    const receipt: RecoveryReceipt = {
      bookId: facts.bookId,
      receiptId: id,
      recoveryId,
      bankSerial: body.bankSerial,
      bookedOn: body.bookedOn,
      amountFen,
      personId: actor.personId,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'recovery.received',
      subjectId: recoveryId,
      result: { ...presentRecovery(row), alreadyReceived: false },
      postings: recoveryReceived({ debtorId, recoveryId, fund, amountFen, parts, bookedOn: body.bookedOn }),
      changes: [
        insert(receiptShelf, receipt),
        update(recoveryShelf, row),
        update(fundStandingShelf, { ...standing, recoveredFen: standing.recoveredFen + amountFen }),
      ],
    });
  },
};
