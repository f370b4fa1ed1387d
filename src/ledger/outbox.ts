// Messages: what somebody is told of an accepted command once it is committed. They are staged in the lane's own transaction, so a message
// is there exactly if its command is; delivering them is nobody's decision and is done elsewhere, afterwards.
import type { Write } from './facts.js';

/** Whom a message is for: a party to the business, by its id, or everybody in a role. */
export type Addressee = { readonly party: string } | { readonly role: string };

/** What is told, as a kind with its parameters: words are chosen by whoever shows it. */
export interface Message {
  /** `voucher.issued` */
  readonly kind: string;
  readonly to: Addressee;
  /** What it is about. Messages about one thing are delivered in the order in which they were staged. */
  readonly about: { readonly kind: string; readonly id: string };
  readonly params: Readonly<Record<string, string>>;
}

interface Staged {
  readonly messageId: string;
  readonly message: Message;
  readonly ledgerSeq: bigint;
  alike: number;
}

/** The messages of a batch, in their order. */
export class StagedMessages {
  readonly #staged: Staged[] = [];
  /** Of the group that is being decided, by kind, addressee and subject. */
  readonly #ofGroup = new Map<string, Staged>();
  #group = '';

  /**
   * Those of one command, whose last entry is `ledgerSeq`. Of one group (a slice of a file) all of one kind about the same thing to the same
   * addressee are one message that says how many: ten thousand invoices of a file are no ten thousand messages.
   */
  add(group: string, messages: readonly Message[], of: { ledgerSeq: bigint; newId: () => string }): void {
    if (group !== this.#group) {
      this.#group = group;
      this.#ofGroup.clear();
    }
    for (const message of messages) {
      const name = `${message.kind} ${JSON.stringify(message.to)} ${message.about.id}`;
      const before = this.#ofGroup.get(name);
      if (before) before.alike += 1;
      else {
        const staged = { messageId: of.newId(), message, ledgerSeq: of.ledgerSeq, alike: 1 };
        this.#ofGroup.set(name, staged);
        this.#staged.push(staged);
      }
    }
  }

  rows(bookId: string, now: Date): Write[] {
    const staged = this.#staged;
    if (staged.length === 0) return [];
    const text = `insert into outbox (book_id, staged_at, message_id, kind, subject_kind, subject_id, to_role, to_party, params, alike, ledger_seq, place)
       select $1, $2::timestamptz, u.*
         from unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::uuid[], $9::json[], $10::int[], $11::bigint[], $12::int[]) as u`;
    const of = staged.map(({ message }) => message);
    return [
      {
        text,
        parameters: [
          bookId,
          now.toISOString(),
          staged.map(({ messageId }) => messageId),
          of.map(({ kind }) => kind),
          of.map(({ about }) => about.kind),
          of.map(({ about }) => about.id),
          of.map(({ to }) => ('role' in to ? to.role : null)),
          of.map(({ to }) => ('party' in to ? to.party : null)),
          of.map(({ params }) => JSON.stringify(params)),
          staged.map(({ alike }) => String(alike)),
          staged.map(({ ledgerSeq }) => ledgerSeq.toString()),
          staged.map((_, i) => String(i + 1)),
        ],
      },
    ];
  }
}
