// What a database must be before anybody's money is kept in it: one that forgets nothing it has confirmed, used as a role that its own rules
// bind.
import type { Database } from '../db/client.js';

/** Why this database, as this role, is not safe to run on, a sentence for each reason; none where it is. */
export async function unsafeBecause(db: Database): Promise<string[]> {
  const [found] = await db.sql<Found[]>`
    select current_user as role, r.rolsuper as "isSuperuser", r.rolbypassrls as "bypassesPolicies",
           exists (select from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                      and pg_has_role(current_user, c.relowner, 'usage')) as "ownsTables",
           current_setting('fsync') as fsync, current_setting('full_page_writes') as "fullPageWrites",
           current_setting('synchronous_commit') as "synchronousCommit"
      from pg_roles r where r.rolname = current_user`;
  return found ? sentencesOn(found) : [];
}

interface Found {
  readonly role: string;
  readonly isSuperuser: boolean;
  readonly bypassesPolicies: boolean;
  readonly ownsTables: boolean;
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly synchronousCommit: string;
}

function sentencesOn(found: Found): string[] {
  const { role, isSuperuser, bypassesPolicies, ownsTables, fsync, fullPageWrites, synchronousCommit } = found;
  const use = 'use voucher_app in DATABASE_URL.';
  const sentences: string[] = [];
  if (isSuperuser) sentences.push(`${role} is a superuser, whom no right and no policy binds: ${use}`);
  else if (bypassesPolicies) sentences.push(`${role} may bypass row-level security, so books would not be kept apart: ${use}`);
  if (!isSuperuser && ownsTables) sentences.push(`${role} owns tables and could change what must never change: ${use}`);
  if (fsync === 'off') sentences.push('fsync is off: a power cut would lose what was confirmed. Turn it on.');
  if (fullPageWrites === 'off') sentences.push('full_page_writes is off: a power cut could leave half a page. Turn it on.');
  if (synchronousCommit === 'off')
    sentences.push('synchronous_commit is off: a crash would lose what was confirmed. Turn it on (on, or local with a standby).');
  return sentences;
}
