// What a batch of the lane writes and looks up, as statements: entries, outcomes by their keys, wordings. By hand, for every one of
// them is sent with every batch.
import type { Parameter, Tx } from '../../db/client.js';
import { wordingsOf } from './explanations.js';
import type { Facts, Write } from './facts.js';
import type { Command, Outcome } from './lane.js';
import { StagedMessages } from './outbox.js';

/** Entries of a batch as columns, in the order of post_entries. */
export class EntryColumns {
  readonly commands: Command[] = [];
  readonly approvals: (string | null)[] = [];
  readonly command: string[] = [];
  readonly kind: string[] = [];
  readonly bookedOn: string[] = [];
  readonly subject: (string | null)[] = [];
  readonly programme: (string | null)[] = [];
  readonly refusal: (string | null)[] = [];
  readonly debit: (string | null)[] = [];
  readonly credit: (string | null)[] = [];
  readonly amount: (string | null)[] = [];
  /** What is told of them once they are committed. */
  readonly messages = new StagedMessages();
  /** Entries that take an earlier one back, of which there are few: `[]` while there is none. */
  #reverses: (string | null)[] = [];

  open(command: Command, approvalDigest: string | undefined): void {
    this.commands.push(command);
    this.approvals.push(approvalDigest ?? null);
  }

  add(of: { kind: string; bookedOn: string; subject: string | null; programme?: string | undefined; refusal?: string }): void {
    this.command.push(String(this.commands.length));
    this.kind.push(of.kind);
    this.bookedOn.push(of.bookedOn);
    this.subject.push(of.subject);
    this.programme.push(of.programme ?? null);
    this.refusal.push(of.refusal ?? null);
    this.debit.push(null);
    this.credit.push(null);
    this.amount.push(null);
  }

  transfer(debit: string, credit: string, amountFen: bigint): void {
    const last = this.kind.length - 1;
    this.debit[last] = debit;
    this.credit[last] = credit;
    this.amount[last] = amountFen.toString();
  }

  /** The entry just added takes this one back. */
  reverse(seq: bigint): void {
    this.#reverses[this.kind.length - 1] = seq.toString();
  }

  get reverses(): (string | null)[] | null {
    return this.#reverses.length === 0 ? null : Array.from(this.kind, (_, i) => this.#reverses[i] ?? null);
  }

  get count(): bigint {
    return BigInt(this.kind.length);
  }
}

/** The entries of a batch behind the head, with the accounts they open. */
export function entryRows(
  facts: Facts,
  entries: EntryColumns,
  of: { bookId: string; head: bigint; now: Date; batchId: string },
): Write[] {
  const { bookId, head, now, batchId } = of;
  if (entries.count === 0n) return [];
  const opened = facts.newAccounts();
  return write(
    `select post_entries($1, $2::bigint, $3::timestamptz,
       $4::uuid[], $5::text[], $6::text[], $7::text[],
       $8::uuid[], $9::uuid[], $10::uuid[], $11::text[], $12::text[],
       $13::int[], $14::text[], $15::date[], $16::uuid[], $17::text[], $18::text[],
       $23::bigint[], $19::uuid[], $20::uuid[], $21::bigint[], $22::uuid)`,
    [
      bookId,
      head.toString(),
      now.toISOString(),
      opened.map((a) => a.accountId),
      opened.map((a) => a.account.code),
      opened.map((a) => a.account.kind),
      opened.map((a) => a.account.fund),
      entries.commands.map((c) => c.id),
      entries.commands.map((c) => c.actor.memberId),
      entries.commands.map((c) => c.actor.personId),
      entries.commands.map((c) => c.requestDigest),
      entries.approvals,
      entries.command,
      entries.kind,
      entries.bookedOn,
      entries.subject,
      entries.programme,
      entries.refusal,
      entries.debit,
      entries.credit,
      entries.amount,
      batchId,
      entries.reverses,
    ],
  );
}

/** An outcome of this batch, to be kept under its key. */
export interface NewOutcome {
  readonly verb: string;
  readonly command: Command;
  readonly accepted: boolean;
  readonly body: object;
}

/** The outcomes of a batch, kept for whoever asks again. */
export function outcomeRows(bookId: string, outcomes: readonly NewOutcome[], now: Date): Write[] {
  if (outcomes.length === 0) return [];
  return write(
    `insert into outcomes (book_id, member_id, key, command_id, verb, request_digest, accepted, body, last_seq, recorded_at)
     select $1, u.member_id, u.key, u.command_id, u.verb, decode(u.digest, 'hex'), u.accepted, u.body,
            u.last_seq, $2::timestamptz
       from unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::boolean[], $9::json[], $10::bigint[])
              as u (member_id, key, command_id, verb, digest, accepted, body, last_seq)`,
    [
      bookId,
      now.toISOString(),
      outcomes.map((o) => o.command.actor.memberId),
      outcomes.map((o) => o.command.key),
      outcomes.map((o) => o.command.id),
      outcomes.map((o) => o.verb),
      outcomes.map((o) => o.command.requestDigest),
      outcomes.map((o) => o.accepted),
      outcomes.map((o) => JSON.stringify(o.body)),
      outcomes.map((o) => (o.body as { ledgerSeq?: number }).ledgerSeq ?? null),
    ],
  );
}

interface StoredRow {
  member_id: string;
  key: string;
  command_id: string;
  verb: string;
  request_digest: string;
  accepted: boolean;
  body: object;
}
/** An outcome that is kept, or will be when the batch is committed. */
export interface Stored {
  readonly verb: string;
  readonly commandId: string;
  readonly requestDigest: string;
  readonly outcome: Outcome<unknown>;
}

const outcomeOf = (accepted: boolean, body: object): Outcome<unknown> =>
  (accepted
    ? { kind: 'accepted', result: body, replayed: true }
    : { kind: 'refused', ...body, replayed: true }) as Outcome<unknown>;

/** What was decided in a batch, as a replay in the next one will find it. */
export const storedOf = (outcomes: readonly NewOutcome[]): Map<string, Stored> =>
  new Map(
    outcomes.map(({ verb, command, accepted, body }) => [
      storedKey(command),
      {
        verb,
        commandId: command.id,
        requestDigest: command.requestDigest,
        outcome: outcomeOf(accepted, body),
      },
    ]),
  );

export const storedKey = (command: Command): string => `${command.actor.memberId} ${command.key}`;

/** What these commands' keys were answered already, by `storedKey`. */
export async function storedOutcomes(tx: Tx, bookId: string, commands: readonly Command[]): Promise<Map<string, Stored>> {
  const rows = await tx.sql.prepared<StoredRow[]>(
    `select o.member_id, o.key, o.command_id, o.verb, encode(o.request_digest, 'hex') as request_digest, o.accepted, o.body
       from unnest($2::uuid[], $3::text[]) as k(member_id, key)
       cross join lateral (select * from outcomes o
                            where o.book_id = $1 and o.member_id = k.member_id and o.key = k.key limit 1) o`,
    [bookId, commands.map((c) => c.actor.memberId), commands.map((c) => c.key)],
  );
  return new Map(
    rows.map((row) => [
      `${row.member_id} ${row.key}`,
      {
        verb: row.verb,
        commandId: row.command_id,
        requestDigest: row.request_digest,
        outcome: outcomeOf(row.accepted, row.body),
      },
    ]),
  );
}

/** Wordings by their ids, which a book may have already. */
export function wordingRows(bookId: string, ids: readonly string[]): Write[] {
  if (ids.length === 0) return [];
  const wordings = wordingsOf(ids);
  return write(
    `insert into explanation_wordings (book_id, wording_id, document, article, rule_zh, rule_en, decided_by)
     select $1, u.* from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) as u
         on conflict (book_id, wording_id) do nothing`,
    [
      bookId,
      wordings.map((w) => w.wordingId),
      wordings.map((w) => w.document),
      wordings.map((w) => w.article),
      wordings.map((w) => w.ruleZh),
      wordings.map((w) => w.ruleEn),
      wordings.map((w) => w.decidedBy),
    ],
  );
}

const write = (text: string, parameters: readonly Parameter[]): Write[] => [{ text, parameters }];

/** Texts of several statements in one, by their texts: as many as verbs have ways to write. */
const joined = new Map<string, string>();

/**
 * Several writes as one statement, the last of them its main one: each statement costs both sides as much again as a row. Only
 * for batches of one verb, so that the texts stay few.
 */
export function asOne(writes: readonly Write[]): Write {
  const name = writes.map(({ text }) => text).join(';');
  const parameters = writes.flatMap((each) => each.parameters);
  let text = joined.get(name);
  if (text === undefined) {
    let before = 0;
    const texts = writes.map((each) => {
      const offset = before;
      before += each.parameters.length;
      return each.text.replace(/\$(\d+)/g, (_, n: string) => `$${Number(n) + offset}`);
    });
    const last = texts.pop() ?? '';
    text = texts.length === 0 ? last : `with ${texts.map((each, i) => `w${i} as (${each})`).join(', ')} ${last}`;
    joined.set(name, text);
  }
  return { text, parameters };
}
