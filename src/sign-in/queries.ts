// The SQL of signing in: who has an account, what was set under it, whom an invitation is of.
import type { Database, Sql } from '../../db/client.js';
import type { Role } from '../../schemas/access.js';

export interface Account {
  readonly personId: string;
  readonly personName: string;
  readonly signInName: string;
  readonly invitationId: string;
  readonly passwordHash: string | null;
  readonly hasSecondFactor: boolean;
}

const account = `a.person_id as "personId", p.name as "personName", a.sign_in_name as "signInName", a.invitation_id as "invitationId",
  c.password_hash as "passwordHash", c.totp_sealed is not null as "hasSecondFactor"`;
const accounts = `user_accounts a
  join credentials c on c.book_id = a.book_id and c.invitation_id = a.invitation_id
  join persons p on p.book_id = a.book_id and p.person_id = a.person_id`;

/** The account of a name, with those of the origins from which its person has signed in since `knownSince`. */
export async function accountOfName(
  db: Database,
  bookId: string,
  of: { signInName: string; origins: readonly string[]; knownSince: Date },
): Promise<(Account & { readonly knownOrigins: readonly string[] }) | undefined> {
  const [row] = await db.sql.prepared<(Account & { knownOrigins: string[] })[]>(
    `select ${account},
            array(select k.origin from known_origins k
                   where k.book_id = a.book_id and k.invitation_id = a.invitation_id and k.origin = any($3::text[]) and k.seen_at > $4)
              as "knownOrigins"
       from ${accounts} where a.book_id = $1 and a.sign_in_name = $2`,
    [bookId, of.signInName, of.origins, of.knownSince],
  );
  return row;
}

export async function accountOfPerson(db: Database, bookId: string, personId: string): Promise<Account | undefined> {
  const [row] = await db.sql.prepared<Account[]>(`select ${account} from ${accounts} where a.book_id = $1 and a.person_id = $2`, [
    bookId,
    personId,
  ]);
  return row;
}

/** Whose account a pending sign-in or a linked subject belongs to, while the account still rests on that invitation. */
export async function accountOfInvitation(db: Database, bookId: string, invitationId: string): Promise<Account | undefined> {
  const [row] = await db.sql.prepared<Account[]>(
    `select ${account} from ${accounts} where a.book_id = $1 and a.invitation_id = $2`,
    [bookId, invitationId],
  );
  return row;
}

export interface Membership {
  readonly memberId: string;
  readonly role: Role;
  readonly legalPersonUscc: string | null;
}

/** As what a person may act, in the order in which the memberships were made; those of the person that this row was found to be. */
export function membershipsOf(sql: Sql, bookId: string, personId: string): Promise<Membership[]> {
  return sql.prepared<Membership[]>(
    `select member_id as "memberId", role, legal_person_uscc as "legalPersonUscc" from members
      where book_id = $1 and status = 'ACTIVE' and kind = 'PERSON'
        and person_id = (select coalesce(p.same_as, p.person_id) from persons p where p.book_id = $1 and p.person_id = $2)
      order by member_id`,
    [bookId, personId],
  );
}

export interface OpenInvitation extends Membership {
  readonly invitationId: string;
  readonly personId: string;
  readonly personName: string;
  readonly signInName: string;
  /** It would replace an account, and nobody has confirmed that. */
  readonly isUnconfirmed: boolean;
}

/** The invitation of this token or id, while it can be accepted and its member is one. */
export async function openInvitation(
  db: Database,
  bookId: string,
  by: { tokenHash: string } | { invitationId: string },
  now: Date,
): Promise<OpenInvitation | undefined> {
  const [column, value] = 'tokenHash' in by ? ['token_hash', by.tokenHash] : ['invitation_id', by.invitationId];
  const [row] = await db.sql.prepared<OpenInvitation[]>(
    `select i.invitation_id as "invitationId", i.person_id as "personId", p.name as "personName", i.sign_in_name as "signInName",
            m.member_id as "memberId", m.role, m.legal_person_uscc as "legalPersonUscc",
            i.replaces_account and i.confirmed_person is null as "isUnconfirmed"
       from invitations i
       join members m on m.book_id = i.book_id and m.member_id = i.member_id
       join persons p on p.book_id = i.book_id and p.person_id = i.person_id
      where i.book_id = $1 and i.${column} = $2 and i.accepted_at is null and i.withdrawn_at is null and i.expires_at > $3
        and m.status = 'ACTIVE'`,
    [bookId, value, now],
  );
  return row;
}

/** Whose account a member signs in by. */
export async function personOfMember(db: Database, bookId: string, memberId: string): Promise<string | undefined> {
  const [row] = await db.sql.prepared<{ personId: string }[]>(
    `select person_id as "personId" from members where book_id = $1 and member_id = $2`,
    [bookId, memberId],
  );
  return row?.personId;
}
