// What a person is known by beyond a name. It leaves the request before anything else is done with it: the lane sees the sealed value and
// its fingerprint alone, and so does the digest that a retry is known by.
import type { z } from 'zod';
import type { PersonIdentity } from '../../db/tables.js';
import type { personIdentity, recordIdentity as body } from '../../schemas/access.js';
import { formatInstant } from '../calendar.js';
import { isResidentId } from '../identifiers.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Sealer } from '../sealer.js';
import { identityContext, identityShelf, personShelf } from './facts.js';

type Identity = z.output<typeof personIdentity>;
type Sealed = Pick<PersonIdentity, 'kind' | 'sealed' | 'fingerprint'> & { readonly isWellFormed: boolean };

/** What enters the lane in place of an identity. */
export interface WithIdentity {
  readonly sealed?: Sealed;
}

const plainOf = (of: Identity): string => (of.kind === 'RESIDENT_ID' ? of.number : `${of.issuer} ${of.subject}`);

/** Takes an identity out of a request, and puts in what may be stored of it. */
export function sealIdentity<Sent extends { readonly identity?: Identity | undefined }>(
  sealer: Sealer,
  bookId: string,
  { identity, ...rest }: Sent,
): Omit<Sent, 'identity'> & WithIdentity {
  if (identity === undefined) return rest;
  const { kind } = identity;
  const plain = plainOf(identity);
  const fingerprint = sealer.fingerprint(`${kind} ${plain}`);
  const isWellFormed = kind !== 'RESIDENT_ID' || isResidentId(plain);
  return {
    ...rest,
    sealed: { kind, sealed: sealer.seal(plain, identityContext({ bookId, kind, fingerprint })), fingerprint, isWellFormed },
  };
}

/** What a request's digest is over: the fingerprint, which is the same on every retry and tells nothing. */
export const digestedIdentity = <Sent extends { readonly identity?: Identity | undefined }>(
  sealer: Sealer,
  { identity, ...rest }: Sent,
): object => (identity === undefined ? rest : { ...rest, identity: sealer.fingerprint(`${identity.kind} ${plainOf(identity)}`) });

export const gatherIdentities = (loader: Loader, commands: readonly Command<WithIdentity>[]): Promise<unknown> =>
  loader.load(
    identityShelf,
    'identity',
    commands.flatMap(({ body: { sealed } }) => (sealed ? [[sealed.kind, sealed.fingerprint]] : [])),
  );

/** Refuses RESIDENT_ID_FORMAT, and PERSON_IDENTITY_TAKEN for what is on record already, of whomever. */
export function refuseIdentity(facts: Facts, sealed: Sealed | undefined): Refused | null {
  if (!sealed) return null;
  if (!sealed.isWellFormed) return refused('RESIDENT_ID_FORMAT', {}, '/identity/number');
  const known = facts.one(identityShelf, 'identity', [sealed.kind, sealed.fingerprint]);
  return known ? refused('PERSON_IDENTITY_TAKEN', {}, '/identity') : null;
}

export const identityRow = (
  bookId: string,
  identityId: string,
  personId: string,
  { kind, sealed, fingerprint }: Sealed,
  recordedAt: string,
): PersonIdentity => ({ bookId, identityId, personId, kind, sealed, fingerprint, recordedAt });

type Body = z.output<typeof body> & WithIdentity & { readonly id?: string };
interface Result {
  readonly identityId: string;
  readonly personId: string;
  readonly kind: PersonIdentity['kind'];
  readonly recordedAt: string;
}

/** Records what a known person is known by. Refuses NOT_FOUND, PERSON_MERGED, RESIDENT_ID_FORMAT, PERSON_IDENTITY_TAKEN. */
export const recordIdentity: Verb<Body, Result> = {
  name: 'person.record_identity',
  money: false,

  async gather(loader, commands) {
    await Promise.all([
      loader.load(
        personShelf,
        'id',
        commands.map(({ body }) => body.id ?? ''),
      ),
      gatherIdentities(loader, commands),
    ]);
  },

  decide({ id, body, receivedAt }, facts) {
    const person = facts.get(personShelf, body.id ?? '');
    if (!person || !body.sealed) return refused('NOT_FOUND');
    if (person.sameAs !== null) return refused('PERSON_MERGED');
    const taken = refuseIdentity(facts, body.sealed);
    if (taken) return taken;
    // After this line the command succeeds.
    const row = identityRow(facts.bookId, id, person.personId, body.sealed, receivedAt.toISOString());
    return accepted({
      decision: 'person.identity_recorded',
      subjectId: person.personId,
      result: { identityId: id, personId: person.personId, kind: row.kind, recordedAt: formatInstant(receivedAt) },
      changes: [insert(identityShelf, row)],
    });
  },
};
