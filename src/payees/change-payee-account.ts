// A change of where a payee is paid, once it is proposed: confirmed by another person, objected to, withdrawn or rejected. Nobody's step counts
// twice, and the database holds each by itself (refuse_account_step).
import type { z } from 'zod';
import type { PayeeAccount } from '../../db/tables.js';
import type { confirmPayeeAccount as confirmBody, endPayeeAccountChange as endBody } from '../../schemas/payees.js';
import { addDays, addWorkingDays } from '../calendar.js';
import { calendarOf, gatherCalendar } from '../calendars/facts.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Accepted, Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import { refuseStep } from '../lives.js';
import { attachmentShelf } from '../materials/facts.js';
import { actsFor } from '../providers/rules.js';
import type { Sealer } from '../sealer.js';
import type { Payee } from './facts.js';
import { accountsOf, gatherAccounts, gatherPayees, payeeAccountShelf, payeeOf, waitShelf } from './facts.js';
import { accountLife, accountStateOn, presentPayeeAccount, waitInForce } from './rules.js';
import { toldOfAccount } from './told.js';

type Of<Body extends z.ZodType> = z.output<Body> & { id?: string };
type Result = ReturnType<typeof presentPayeeAccount>;
type Step = (typeof accountLife.states)[keyof typeof accountLife.states][number];

/** What enters the lane: of the number that was keyed in again its fingerprint alone. */
export const fingerprinted = (sealer: Sealer, sent: z.output<typeof confirmBody>): z.output<typeof confirmBody> => ({
  ...sent,
  accountNo: sealer.fingerprint(sent.accountNo),
});

async function gatherChanges(loader: Loader, commands: readonly Command<{ id?: string }>[]): Promise<void> {
  const rows = await loader.load(
    payeeAccountShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );
  const payees = rows.map(payeeIdOf);
  await Promise.all([gatherPayees(loader, payees), gatherAccounts(loader, payees)]);
}

const payeeIdOf = ({ providerId, enterpriseId }: PayeeAccount): string => providerId ?? enterpriseId ?? '';

/** The gathered change, for a step of it. Refuses NOT_FOUND (another firm's likewise), PAYEE_ACCOUNT_WRONG_STATE. */
function changeFor(
  { actor, body, today }: Command<{ id?: string }>,
  facts: Facts,
  step: Step,
): Refused | { readonly kind: 'change'; readonly row: PayeeAccount; readonly payee: Payee } {
  const row = facts.get(payeeAccountShelf, body.id ?? '');
  const payee = row && payeeOf(facts, payeeIdOf(row));
  const isOtherSide = actor.legalPersonUscc !== null && actor.role !== payee?.side;
  if (!payee || isOtherSide || !actsFor(actor, payee)) return refused('NOT_FOUND');
  return refuseStep(accountLife, accountStateOn(row, today), step) ?? { kind: 'change', row, payee };
}

const done = (command: Command, row: PayeeAccount, of: { decision: string; messages: readonly Message[] }): Accepted<Result> =>
  accepted({
    ...of,
    subjectId: row.payeeAccountId,
    result: presentPayeeAccount(row, command.today),
    changes: [update(payeeAccountShelf, row)],
  });

/**
 * Confirms a change from its evidence, by a person of finance who keys the number in again. It is paid on from the day after the book's wait, in
 * working days from today (not counted), and not before the day that it was proposed for. Refuses NOT_FOUND, PAYEE_ACCOUNT_WRONG_STATE,
 * FOUR_EYES (who proposed it, or dismissed an objection to it), ACCOUNT_NO_DIFFERS, ACCOUNT_HOLDER_DIFFERS where the payee has another name by
 * now, PAYEE_ACCOUNT_EVIDENCE_MISSING, PAYEE_ACCOUNT_WAIT_UNSET, CALENDAR_YEAR_UNPUBLISHED.
 */
export const confirmPayeeAccount: Verb<Of<typeof confirmBody>, Result> = {
  name: 'payee_account.confirm',
  money: false,

  async gather(loader, commands) {
    await Promise.all([
      gatherChanges(loader, commands),
      loader.load(
        attachmentShelf,
        'subject',
        commands.map(({ body }) => body.id ?? ''),
      ),
      loader.load(waitShelf, 'status', ['APPROVED']),
      gatherCalendar(loader),
    ]);
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const found = changeFor(command, facts, 'confirm');
    if (found.kind === 'refused') return found;
    const { row, payee } = found;
    if ([row.proposedPerson, row.dismissedPerson].some((person) => isSamePerson(actor, person))) return refused('FOUR_EYES');
    if (body.accountNo !== row.accountFingerprint) return refused('ACCOUNT_NO_DIFFERS', {}, '/accountNo');
    if (row.holderName !== payee.name) return refused('ACCOUNT_HOLDER_DIFFERS', { expected: payee.name, found: row.holderName });
    const evidence = facts.all(attachmentShelf, 'subject', row.payeeAccountId);
    if (!evidence.some(({ detachedOn }) => detachedOn === null)) return refused('PAYEE_ACCOUNT_EVIDENCE_MISSING');
    const wait = waitInForce(facts.all(waitShelf, 'status', 'APPROVED'));
    if (!wait) return refused('PAYEE_ACCOUNT_WAIT_UNSET');
    const end = addWorkingDays(today, wait.workingDays, calendarOf(facts));
    if (end.kind === 'refused') return end;
    // After this line the command succeeds.
    const others = accountsOf(facts, payee.payeeId).flatMap((of) => (of.usableFrom === null ? [] : addDays(of.usableFrom, 1)));
    const usableFrom = [row.validFrom, addDays(end.day, 1), ...others].reduce((latest, day) => (day > latest ? day : latest));
    const confirmed: PayeeAccount = {
      ...row,
      status: 'CONFIRMED',
      usableFrom,
      confirmedPerson: actor.personId,
      confirmedOn: today,
      formerHolds: body.formerAccount === 'HOLDS',
      waitId: wait.waitId,
      waitedDays: wait.workingDays,
    };
    const messages = toldOfAccount('payee_account.confirmed', row, { last4: row.accountNoLast4, usableFrom });
    return done(command, confirmed, { decision: 'payee_account.confirmed', messages });
  },
};

/**
 * Objects to a change, by any member of the payee's side, until it is in effect: nothing is paid to the payee until a person of finance has
 * decided. Refuses NOT_FOUND, PAYEE_ACCOUNT_WRONG_STATE.
 */
export const objectToPayeeAccount: Verb<Of<typeof endBody>, Result> = {
  name: 'payee_account.object',
  money: false,
  gather: gatherChanges,

  decide(command, facts) {
    const { body, actor, today } = command;
    const found = changeFor(command, facts, 'object');
    if (found.kind === 'refused') return found;
    // After this line the command succeeds.
    const objected: PayeeAccount = {
      ...found.row,
      status: 'OBJECTED',
      usableFrom: null,
      objectedPerson: actor.personId,
      objectedOn: today,
      objectionReason: body.reason,
    };
    const messages = toldOfAccount('payee_account.objected', objected, { last4: objected.accountNoLast4, reason: body.reason });
    return done(command, objected, { decision: 'payee_account.objected', messages });
  },
};

/**
 * Dismisses an objection: the change is proposed again, to be confirmed by yet another person, and waits from the beginning. Refuses NOT_FOUND,
 * PAYEE_ACCOUNT_WRONG_STATE, FOUR_EYES (who proposed the change).
 */
export const dismissObjection: Verb<Of<typeof endBody>, Result> = {
  name: 'payee_account.dismiss_objection',
  money: false,
  gather: gatherChanges,

  decide(command, facts) {
    const { body, actor } = command;
    const found = changeFor(command, facts, 'dismiss-objection');
    if (found.kind === 'refused') return found;
    if (isSamePerson(actor, found.row.proposedPerson)) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const proposed: PayeeAccount = { ...found.row, status: 'PROPOSED', dismissedPerson: actor.personId };
    const params = { last4: proposed.accountNoLast4, reason: body.reason };
    const messages = toldOfAccount('payee_account.objection_dismissed', proposed, params);
    return done(command, proposed, { decision: 'payee_account.objection_dismissed', messages });
  },
};

/** Ends a change, so that the account before is paid on as it was. Refuses NOT_FOUND, PAYEE_ACCOUNT_WRONG_STATE. */
const endBy = (step: 'withdraw' | 'reject', status: 'WITHDRAWN' | 'REJECTED'): Verb<Of<typeof endBody>, Result> => ({
  name: `payee_account.${step}`,
  money: false,
  gather: gatherChanges,

  decide(command, facts) {
    const { body, actor, today } = command;
    const found = changeFor(command, facts, step);
    if (found.kind === 'refused') return found;
    // After this line the command succeeds.
    const ended: PayeeAccount = { ...found.row, status, endedPerson: actor.personId, endedOn: today, endReason: body.reason };
    const messages = toldOfAccount('payee_account.ended', ended, { last4: ended.accountNoLast4, reason: body.reason });
    return done(command, ended, { decision: `payee_account.${status.toLowerCase()}`, messages });
  },
});
export const withdrawPayeeAccount = endBy('withdraw', 'WITHDRAWN');
export const rejectPayeeAccount = endBy('reject', 'REJECTED');
