// Messages to members (站内消息), and those that are still on their way.
import { z } from 'zod';
import { id, instant, ledgerSeq, page, pageQuery, reason } from './common.js';

const head = {
  messageId: id.meta({ description: 'Stays the same however often a message is delivered: repeats can be told by it' }),
  kind: z.string().meta({ description: 'What is told', examples: ['voucher.issued'] }),
  subjectKind: z.string().meta({ description: 'What it is about', examples: ['VOUCHER'] }),
  subjectId: id,
  alike: z
    .int()
    .meta({ description: 'How many of its kind about its subject it stands for: those of a bulk file are told together' }),
  aboutLedgerSeq: z.int().meta({ description: 'The last ledger entry of the command that it tells of' }),
};

export const message = z.strictObject({
  ...head,
  textZh: z.string(),
  textEn: z.string(),
  params: z.record(z.string(), z.string()),
  toldAt: instant,
  readAt: instant.nullable().meta({ description: 'When this member marked it as read' }),
});
export const messages = page(message);

export const readMessages = z.strictObject({ messageIds: z.array(id).min(1).max(200) });
export const messagesRead = z.strictObject({ read: z.int().meta({ description: 'How many were not read before' }), ledgerSeq });

export const outboxMessage = z.strictObject({
  ...head,
  toRole: z.string().nullable(),
  toParty: id.nullable(),
  stagedAt: instant,
  status: z.enum(['WAITING', 'DELIVERED', 'DEAD', 'LET_GO']),
  attempts: z.int(),
  nextAt: instant.nullable().meta({ description: 'WAITING: when it is tried next' }),
  failure: z.string().nullable().meta({ description: 'What kept it from being delivered the last time' }),
});
export const outboxQuery = pageQuery.extend({
  status: z.enum(['WAITING', 'DEAD', 'LET_GO']).default('DEAD'),
});
export const outbox = page(outboxMessage);
export const retryMessage = z.strictObject({});
export const letGoMessage = z.strictObject({ reason });
export const outboxDecided = outboxMessage.extend({ ledgerSeq });
