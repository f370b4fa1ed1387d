// Who is calling: an API key of a membership of the book named in the path. Found by its public prefix; the secret is
// compared in constant time at each request, or its signature verified.
import type { KeyObject } from 'node:crypto';
import { createHash, createPublicKey, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { Database } from '../../db/client.js';
import type { Role } from '../../schemas/access.js';
import type { Day } from '../calendar.js';
import type { Actor } from '../ledger/lane.js';
import type { Rights } from './rights.js';
import { customColumn } from './rights.js';

export interface Principal extends Actor {
  /** Where somebody is in a role of the book's own: the part of it that it acts as. */
  readonly role: Role;
  /** What a role of the book's own lets it do; null for who is in a built-in one. */
  readonly custom: Rights | null;
  /** How it has shown who it is. */
  readonly means: 'KEY' | 'SIGNED_KEY' | 'SESSION';
  /** Of a key that may write less than its member: by which verbs or groups of verbs. Never changes once the key is issued. */
  readonly scope?: readonly string[];
  /** A bearer key of a member whose keys sign: it is known, and may do nothing. */
  readonly mustSign?: true;
  /** Of a session: by whose account it began (the person's, or a further row of the same person), and when a second factor was last shown. */
  readonly session?: { readonly personId: string; readonly secondFactorAt: Date | null };
}

/**
 * By which column a party's rows are a member's own: an enterprise's by its legal person, a provider's by who acts for it now, which
 * since a merger is its successor.
 */
export const ownBy = { providers: 'acting_uscc', enterprises: 'legal_person_uscc' } as const;

const keyIdPattern = /^cvk_([a-z0-9]{12})$/;
const keyPattern = /^cvk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;
const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** A new key: 12 public characters to find it by, 32 random bytes to prove it. Only the hash is ever stored. */
export function makeKey(): { prefix: string; secret: string; secretHash: string } {
  const prefix = Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join('');
  const proof = randomBytes(32).toString('base64url');
  return { prefix, secret: `cvk_${prefix}_${proof}`, secretHash: hashOf(proof) };
}

/** The public half of an Ed25519 pair from its 32 bytes in base64url: what a JSON Web Key has as its `x`. */
export const publicKeyOf = (x: string): KeyObject => createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });

interface Known {
  /** The latest day of which it is kept that the key was used; changes. */
  usedOn: Day | null;
  /** Of a bearer key the hash of its secret, of one that signs its public half. */
  readonly proof: Buffer | KeyObject;
  readonly expiresOn: Day | null;
  /** By the process's own steady clock, in milliseconds. */
  readonly readAt: number;
  readonly principal: Principal;
}

/**
 * Then it is read again: what a command meets before its lane (its schema, the bytes of an upload) is also no longer for a key that was
 * revoked elsewhere.
 */
export const rememberForMs = 500;
/** Keys remembered at most; the one that was read longest ago goes first. */
const rememberAtMost = 10_000;

/** The keys of members, looked up in the database, or remembered for what is judged again where it cannot be out of date. */
export class Principals {
  readonly #db: Database;
  readonly #known = new Map<string, Known>();
  /** Readings under way for commands: many of one key ask once. */
  readonly #reading = new Map<string, Promise<Known | undefined>>();
  readonly #noting = new Set<Promise<unknown>>();

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * The principal behind a bearer key of this book on this day, or null for any key that does not count, whatever why.
   * `remembered` is for commands only: their lane looks at member and key again, as of the head they are decided at, so
   * that what is out of date here refuses nobody and lets nobody do anything. A key that does not count is never
   * remembered, and neither is anything of a reading.
   */
  async find(bookId: string, bearer: string, today: Day, remembered: boolean): Promise<Principal | null> {
    const [, prefix, proof] = keyPattern.exec(bearer) ?? [];
    if (prefix === undefined || proof === undefined) return null;
    const digest = createHash('sha256').update(proof).digest();
    return this.#lookUp({ bookId, prefix, today, remembered }, (of) => Buffer.isBuffer(of) && timingSafeEqual(of, digest));
  }

  /** The same for a key that signs, named `cvk_…`; `isOf`: whether what was signed was signed by this one. */
  async findSigner(
    bookId: string,
    keyId: string,
    today: Day,
    remembered: boolean,
    isOf: (publicKey: KeyObject) => boolean,
  ): Promise<Principal | null> {
    const [, prefix] = keyIdPattern.exec(keyId) ?? [];
    if (prefix === undefined) return null;
    return this.#lookUp({ bookId, prefix, today, remembered }, (of) => !Buffer.isBuffer(of) && isOf(of));
  }

  async #lookUp(
    { bookId, prefix, today, remembered }: { bookId: string; prefix: string; today: Day; remembered: boolean },
    proves: (proof: Buffer | KeyObject) => boolean,
  ): Promise<Principal | null> {
    const name = `${bookId} ${prefix}`;
    const expired = ({ expiresOn }: Known): boolean => expiresOn !== null && expiresOn < today;
    let known = remembered ? this.#known.get(name) : undefined;
    // A key that has expired as far as we remember may have been prolonged meanwhile.
    const old = known !== undefined && performance.now() - known.readAt > rememberForMs;
    if (!known || old || expired(known))
      known = await (remembered ? this.#readOnce(name, bookId, prefix) : this.#read(bookId, prefix));
    if (!known) {
      if (old) this.#known.delete(name);
      return null;
    }
    if (!proves(known.proof) || expired(known)) return null;
    this.#noteUse(known, bookId, today);
    // What a book's own role lets one do, and whether a key must sign, is judged at the door too, so it may not be out of date here.
    const { custom, mustSign } = known.principal;
    if (remembered && custom === null && mustSign === undefined && this.#known.get(name) !== known) {
      if (this.#known.size >= rememberAtMost) this.#known.delete(this.#known.keys().next().value ?? '');
      this.#known.set(name, known);
    }
    return known.principal;
  }

  /** The lane said that this one no longer counts. */
  forget(principal: Principal): void {
    for (const [name, known] of this.#known) if (known.principal === principal) this.#known.delete(name);
  }

  /** Once what is being kept beside requests is kept. */
  async settled(): Promise<void> {
    await Promise.all(this.#noting);
  }

  /** Nobody waits for it: a day that could not be kept is kept with a later request of it. */
  #noteUse(known: Known, bookId: string, today: Day): void {
    const { keyId } = known.principal;
    if (keyId === undefined || (known.usedOn !== null && known.usedOn >= today)) return;
    const before = known.usedOn;
    known.usedOn = today;
    const noting = this.#db
      .as({ book: bookId, legalPerson: null })
      .sql.prepared(
        `insert into key_uses as k (book_id, key_id, last_used_on) values ($1, $2, $3)
             on conflict (book_id, key_id) do update set last_used_on = excluded.last_used_on where k.last_used_on < excluded.last_used_on`,
        [bookId, keyId, today],
      )
      .catch(() => {
        known.usedOn = before;
      })
      .finally(() => this.#noting.delete(noting));
    this.#noting.add(noting);
  }

  #readOnce(name: string, bookId: string, prefix: string): Promise<Known | undefined> {
    let reading = this.#reading.get(name);
    if (!reading) {
      reading = this.#read(bookId, prefix).finally(() => this.#reading.delete(name));
      this.#reading.set(name, reading);
    }
    return reading;
  }

  async #read(bookId: string, prefix: string): Promise<Known | undefined> {
    const readAt = performance.now();
    const [row] = await this.#db.as({ book: bookId, legalPerson: null }).sql.prepared<KeyRow[]>(
      `select k.key_id, k.secret_hash, k.public_key, m.keys_sign, u.last_used_on, k.expires_on, k.scope, m.member_id, m.person_id, m.kind, m.role, m.legal_person_uscc, ${customColumn}
         from api_keys k join members m on m.book_id = k.book_id and m.member_id = k.member_id
         left join key_uses u on u.book_id = k.book_id and u.key_id = k.key_id
        where k.book_id = $1 and k.prefix = $2 and k.revoked_at is null and m.status = 'ACTIVE'
          and (k.public_key is null or m.kind = 'MACHINE' or k.confirmed_person is not null)`,
      [bookId, prefix],
    );
    if (!row) return undefined;
    return {
      usedOn: row.last_used_on,
      proof: row.public_key === null ? Buffer.from(row.secret_hash ?? '', 'hex') : publicKeyOf(row.public_key),
      expiresOn: row.expires_on,
      readAt,
      principal: {
        memberId: row.member_id,
        personId: row.person_id,
        kind: row.kind,
        role: row.role,
        custom: row.custom,
        legalPersonUscc: row.legal_person_uscc,
        keyId: row.key_id,
        means: row.public_key === null ? 'KEY' : 'SIGNED_KEY',
        ...(row.scope === null ? {} : { scope: row.scope }),
        ...(row.keys_sign && row.public_key === null ? { mustSign: true } : {}),
      },
    };
  }
}

interface KeyRow {
  readonly key_id: string;
  readonly secret_hash: string | null;
  readonly public_key: string | null;
  readonly keys_sign: boolean;
  readonly last_used_on: Day | null;
  readonly expires_on: Day | null;
  readonly scope: readonly string[] | null;
  readonly member_id: string;
  readonly person_id: string;
  readonly kind: 'PERSON' | 'MACHINE';
  readonly role: Role;
  readonly custom: Rights | null;
  readonly legal_person_uscc: string | null;
}
