import {
  apiKeys,
  books,
  customRoles,
  delegatedActs,
  delegations,
  members,
  personIdentities,
  personMerges,
  persons,
} from '../../db/tables.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { shelf } from '../ledger/facts.js';
import type { Actor } from '../ledger/lane.js';

/** The book itself: one row. From when on it is open, the head of its lane says. */
export const bookShelf = shelf(books, { rank: 0, id: 'bookId', without: ['openFrom'] });
export const personShelf = shelf(persons, { rank: 0, id: 'personId', keys: { sameAs: ['sameAs'] }, mutable: ['sameAs'] });
export const identityShelf = shelf(personIdentities, {
  rank: 1,
  id: 'identityId',
  keys: { identity: ['kind', 'fingerprint'] },
  mutable: ['sealed'],
  unique: ['identity'],
});

/** What a sealed identity is bound to, and must be given to the sealer to open it. */
export const identityContext = (of: { readonly bookId: string; readonly kind: string; readonly fingerprint: string }): string =>
  `${of.bookId} ${of.kind} ${of.fingerprint}`;

export const personMergeShelf = shelf(personMerges, {
  rank: 1,
  id: 'mergeId',
  keys: { other: ['otherPersonId'] },
  mutable: ['status', 'decidedPerson', 'decidedOn'],
});
export const memberShelf = shelf(members, {
  rank: 1,
  id: 'memberId',
  keys: { person: ['personId'], legalPerson: ['legalPersonUscc'] },
  mutable: ['status', 'personId', 'keysSign', 'confirmedPerson'],
});
export const delegationShelf = shelf(delegations, { rank: 2, id: 'delegationId', mutable: ['revokedOn', 'revokedPerson'] });
export const customRoleShelf = shelf(customRoles, {
  rank: 1,
  id: 'customRoleId',
  keys: { active: ['code', 'status'] },
  mutable: ['status', 'decidedPerson', 'decidedOn'],
});
/** What was approved in another's place, found by what it was about. */
export const delegatedActShelf = shelf(delegatedActs, {
  rank: 3,
  id: 'commandId',
  keys: { subject: ['subjectId'] },
  once: ['id', 'subject'],
});
export const keyShelf = shelf(apiKeys, {
  rank: 2,
  id: 'keyId',
  keys: { publicKey: ['publicKey'] },
  mutable: ['revokedAt', 'expiresOn', 'successorId', 'confirmedPerson'],
});

/** Gathers which further rows these persons were found to have. */
export const gatherPersons = (loader: Loader, personIds: readonly string[]): Promise<unknown> =>
  loader.load(personShelf, 'sameAs', personIds);

/** A gathered person with all its rows: as of whom four eyes are judged. */
export const personOf = (facts: Facts, personId: string): Pick<Actor, 'personId' | 'alsoPersonIds'> => {
  const rows = facts.all(personShelf, 'sameAs', personId);
  return rows.length === 0 ? { personId } : { personId, alsoPersonIds: rows.map((row) => row.personId) };
};
