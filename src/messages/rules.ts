// How messages are made, delivered and shown. Pure.
import type { z } from 'zod';
import type { DeliveredMessage, OutboxMessage } from '../../db/tables.js';
import type { message, outboxMessage } from '../../schemas/messages.js';
import { formatInstant } from '../calendar.js';
import type { Addressee, Message } from '../ledger/outbox.js';
import type { Refused } from '../ledger/lane.js';
import { life, refuseStep } from '../lives.js';
import type { MessageKind, ParamsOf } from './kinds.js';
import { wordsOf } from './kinds.js';

/** What a message is about. */
type SubjectKind =
  | 'APPLICATION'
  | 'REIMBURSEMENT'
  | 'VOUCHER'
  | 'CONTRACT'
  | 'REDEMPTION'
  | 'PAYMENT_INSTRUCTION'
  | 'RECOVERY'
  | 'MONTH'
  | 'WEBHOOK'
  | 'MEMBER'
  | 'PAYEE_ACCOUNT';

/** A message to be staged with a command: to parties (enterprises or providers) by their ids, or to everybody in a role. */
export const tell = <Kind extends MessageKind>(
  kind: Kind,
  to: Addressee,
  about: { readonly kind: SubjectKind; readonly id: string },
  params: ParamsOf<Kind>,
): Message => ({ kind, to, about, params });

export const party = (id: string): Addressee => ({ party: id });

/** Whose messages a caller reads: its side's of its legal person, or its role's. */
export const addresseeOf = ({ role, legalPersonUscc }: { role: string; legalPersonUscc: string | null }): string =>
  legalPersonUscc === null ? role : `${role}:${legalPersonUscc}`;

// ── Delivery ──

/** Attempts after which a message is dead: the last one comes some three hours after the first. */
export const mostAttempts = 12;
/** How long after its nth failed attempt a message is tried again: doubled each time, from two seconds to an hour. */
export const retryAfterSeconds = (attempts: number): number => Math.min(2 ** attempts, 3_600);

/**
 * The life of a message on its way. What is WAITING is delivered, or in the end is DEAD; then a person has it tried again (`retry`) or lets
 * it go (`let-go`), and what is told about the same subject waits for that.
 */
const outboxLife = life({
  of: 'message',
  code: 'MESSAGE_WRONG_STATE',
  states: { WAITING: [], DELIVERED: [], DEAD: ['retry', 'let-go'], LET_GO: [] },
});
export const refuseMessage = (row: OutboxMessage, verb: 'retry' | 'let-go'): Refused | null =>
  refuseStep(outboxLife, row.status, verb);

const instantOf = (text: string): string => formatInstant(new Date(text));

export const presentMessage = (row: DeliveredMessage, readAt: string | null): z.input<typeof message> => {
  const { zh, en } = wordsOf(row);
  return {
    messageId: row.messageId,
    kind: row.kind,
    subjectKind: row.subjectKind,
    subjectId: row.subjectId,
    textZh: zh,
    textEn: en,
    params: row.params,
    alike: row.alike,
    aboutLedgerSeq: Number(row.ledgerSeq),
    toldAt: instantOf(row.stagedAt),
    readAt: readAt === null ? null : instantOf(readAt),
  };
};

export const presentOutbox = (row: OutboxMessage): z.input<typeof outboxMessage> => ({
  messageId: row.messageId,
  kind: row.kind,
  subjectKind: row.subjectKind,
  subjectId: row.subjectId,
  toRole: row.toRole,
  toParty: row.toParty,
  alike: row.alike,
  aboutLedgerSeq: Number(row.ledgerSeq),
  stagedAt: instantOf(row.stagedAt),
  status: row.status,
  attempts: row.attempts,
  nextAt: row.status === 'WAITING' ? instantOf(row.nextAt) : null,
  failure: row.failure,
});
