// Second factors as they are shown: a code of the app, or one of the recovery codes. Each counts once, whatever is tried at the same time and
// in whichever process: what says so is the update that takes it.
import { createHash, randomBytes } from 'node:crypto';
import type { Database, Tx } from '../../db/client.js';
import type { Sealer } from '../sealer.js';
import { recoveryCodesInSet } from './rules.js';
import { stepOfCode, toBase32, totpSecretBytes } from './totp.js';

/** What was set under an invitation, and the moment. */
interface Of {
  readonly bookId: string;
  readonly invitationId: string;
  readonly now: Date;
}

const totpContext = ({ bookId, invitationId }: Pick<Of, 'bookId' | 'invitationId'>): string =>
  `credentials ${bookId} ${invitationId} totp`;
const openSecret = (sealer: Sealer, sealed: string, of: Of): Buffer => Buffer.from(sealer.open(sealed, totpContext(of)), 'hex');
const hashOfCode = (code: string): string => createHash('sha256').update(code).digest('hex');

const appCode = /^\d{6}$/;
const recoveryCode = /^[A-Z2-7]{16}$/;

/** Takes the code if it is one that counts; false, and nothing changes, for any other. */
export async function takeCode(db: Database, sealer: Sealer, of: Of & { code: string }): Promise<boolean> {
  const { bookId, invitationId, code, now } = of;
  if (recoveryCode.test(code)) {
    const taken = await db.sql`
      update recovery_codes set used_at = ${now}
       where book_id = ${bookId} and invitation_id = ${invitationId} and code_hash = ${hashOfCode(code)} and used_at is null`;
    return taken.count === 1;
  }
  if (!appCode.test(code)) return false;
  const [row] = await db.sql<{ totp_sealed: string | null; totp_last_step: bigint }[]>`
    select totp_sealed, totp_last_step from credentials where book_id = ${bookId} and invitation_id = ${invitationId}`;
  if (!row?.totp_sealed) return false;
  const step = stepOfCode(openSecret(sealer, row.totp_sealed, of), code, now, Number(row.totp_last_step));
  if (step === null) return false;
  const taken = await db.sql`
    update credentials set totp_last_step = ${step}
     where book_id = ${bookId} and invitation_id = ${invitationId} and totp_sealed = ${row.totp_sealed} and totp_last_step < ${step}`;
  return taken.count === 1;
}

/** A new secret for an app, as base 32, and as it waits for its first code. */
export function makeSecret(sealer: Sealer, of: Pick<Of, 'bookId' | 'invitationId'>): { secret: string; sealed: string } {
  const secret = randomBytes(totpSecretBytes);
  return { secret: toBase32(secret), sealed: sealer.seal(secret.toString('hex'), totpContext(of)) };
}

/** Puts the secret that waits in place of the one before, if this is a code of it. */
export async function confirmSecret(db: Database, sealer: Sealer, of: Of & { code: string }): Promise<boolean> {
  const { bookId, invitationId, code, now } = of;
  const [row] = await db.sql<{ totp_next_sealed: string | null }[]>`
    select totp_next_sealed from credentials where book_id = ${bookId} and invitation_id = ${invitationId}`;
  if (!row?.totp_next_sealed) return false;
  const step = stepOfCode(openSecret(sealer, row.totp_next_sealed, of), code, now, 0);
  if (step === null) return false;
  const taken = await db.sql`
    update credentials set totp_sealed = totp_next_sealed, totp_next_sealed = null, totp_last_step = ${step}
     where book_id = ${bookId} and invitation_id = ${invitationId} and totp_next_sealed = ${row.totp_next_sealed}`;
  return taken.count === 1;
}

/** A new set of recovery codes in place of the one before; shown this once, as groups of four. */
export async function renewRecoveryCodes(
  tx: Tx,
  { bookId, invitationId }: Pick<Of, 'bookId' | 'invitationId'>,
): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodesInSet }, () => toBase32(randomBytes(10)));
  await tx.sql`delete from recovery_codes where book_id = ${bookId} and invitation_id = ${invitationId}`;
  await tx.sql`
    insert into recovery_codes (book_id, invitation_id, code_hash)
    select ${bookId}, ${invitationId}, code_hash from unnest(${codes.map(hashOfCode)}::text[]) as u (code_hash)`;
  return codes.map((code) => code.replace(/(.{4})(?=.)/g, '$1-'));
}
