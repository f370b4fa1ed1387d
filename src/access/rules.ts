import type { z } from 'zod';
import type { ApiKey, Member } from '../../db/tables.js';
import type { apiKey, member } from '../../schemas/access.js';
import { formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';

export const presentMember = (row: Member, personName: string): z.input<typeof member> => ({
  memberId: row.memberId,
  personId: row.personId,
  personName,
  kind: row.kind,
  role: row.role,
  customRole: row.customRole,
  legalPersonUscc: row.legalPersonUscc,
  keysSign: row.keysSign,
  status: row.status,
  registeredPerson: row.registeredPerson,
  confirmedPerson: row.confirmedPerson,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

/** Whether a key of this scope may write by this verb; every key reads what its member may. A verb's group is what stands before its dot. */
export const scopeCovers = (scope: readonly string[], verb: string): boolean =>
  scope.includes(verb) || scope.includes(verb.slice(0, verb.indexOf('.')));

export const presentKey = (row: ApiKey): z.input<typeof apiKey> => ({
  keyId: row.keyId,
  memberId: row.memberId,
  prefix: row.prefix,
  publicKey: row.publicKey,
  scope: row.scope === null ? null : [...row.scope],
  expiresOn: row.expiresOn,
  successorId: row.successorId,
  revokedAt: row.revokedAt === null ? null : formatInstant(new Date(row.revokedAt)),
  issuedPerson: row.issuedPerson,
  confirmedPerson: row.confirmedPerson,
});

/** Points of small order, for which a signature over anything can be made without any private half: low 255 bits, little-endian. */
const pointsOfNobody = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

/** Refuses PUBLIC_KEY_UNSOUND: not 32 bytes as base64url writes them, or a point that anybody can sign for. */
export function refusePublicKey(publicKey: string): Refused | null {
  const bytes = Buffer.from(publicKey, 'base64url');
  const isCanonical = bytes.byteLength === 32 && bytes.toString('base64url') === publicKey;
  const unsigned = Buffer.from(bytes);
  unsigned[31] = (unsigned[31] ?? 0) & 0x7f;
  return isCanonical && !pointsOfNobody.includes(unsigned.toString('hex'))
    ? null
    : refused('PUBLIC_KEY_UNSOUND', {}, '/publicKey');
}
