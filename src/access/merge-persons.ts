// Two rows of one person: proposed and decided by two others. From then on one row is the person; the other points at it, its memberships are
// the person's, and whatever it did stays as it was recorded. Who made something by one account approves it by none.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { PersonMerge } from '../../db/tables.js';
import type { approveMerge as approveBody, personMerge, proposeMerge as proposeBody } from '../../schemas/access.js';
import { formatInstant } from '../calendar.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Actor, Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { life, refuseStep } from '../lives.js';
import { memberShelf, personMergeShelf, personShelf } from './facts.js';

type Two = Pick<PersonMerge, 'personId' | 'otherPersonId' | 'reason'>;
type Result = z.input<typeof personMerge>;
interface Id {
  readonly id?: string;
}

const mergeLife = life({
  of: 'person merge',
  code: 'PERSON_MERGE_WRONG_STATE',
  states: { PROPOSED: ['approve', 'withdraw'], APPROVED: [], WITHDRAWN: [] },
});

export const presentMerge = ({ bookId: _, recordedAt, ...row }: PersonMerge): Result => ({
  ...row,
  recordedAt: formatInstant(new Date(recordedAt)),
});

const gatherTwo = async (loader: Loader, of: readonly Two[]): Promise<void> => {
  const persons = of.flatMap(({ personId, otherPersonId }) => [personId, otherPersonId]);
  await Promise.all([
    loader.load(personShelf, 'id', persons),
    loader.load(personShelf, 'sameAs', persons),
    loader.load(memberShelf, 'person', persons),
  ]);
};

const membersOf = (facts: Facts, personId: string) => facts.all(memberShelf, 'person', personId);

/** What is decided: SHA-256 (hex) of the JSON array of both rows, the reason and the memberships that each has, in order of making. */
const digestOf = (facts: Facts, { personId, otherPersonId, reason }: Two): string => {
  const held = [personId, otherPersonId].map((person) =>
    membersOf(facts, person).map(({ memberId, role, legalPersonUscc, status }) => [memberId, role, legalPersonUscc, status]),
  );
  return createHash('sha256')
    .update(JSON.stringify([personId, otherPersonId, reason, held]))
    .digest('hex');
};

function refuseTwo(facts: Facts, actor: Actor, { personId, otherPersonId }: Two): Refused | null {
  if (personId === otherPersonId) return refused('PERSON_MERGE_SELF', {}, '/otherPersonId');
  const person = facts.get(personShelf, personId);
  if (!person) return refused('NOT_FOUND', {}, '/personId');
  const other = facts.get(personShelf, otherPersonId);
  if (!other) return refused('NOT_FOUND', {}, '/otherPersonId');
  if (person.sameAs !== null) return refused('PERSON_MERGED', {}, '/personId');
  if (other.sameAs !== null) return refused('PERSON_MERGED', {}, '/otherPersonId');
  return isSamePerson(actor, personId) || isSamePerson(actor, otherPersonId) ? refused('FOUR_EYES') : null;
}

/**
 * Proposes that two rows are one person. Refuses PERSON_MERGE_SELF, NOT_FOUND, PERSON_MERGED, FOUR_EYES to who is one of the two,
 * PERSON_MERGE_WAITS.
 */
export const proposeMerge: Verb<z.output<typeof proposeBody>, Result> = {
  name: 'person.propose_merge',
  money: false,

  async gather(loader, commands) {
    await Promise.all([
      gatherTwo(
        loader,
        commands.map(({ body }) => body),
      ),
      loader.load(
        personMergeShelf,
        'other',
        commands.map(({ body }) => body.otherPersonId),
      ),
    ]);
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const wrong = refuseTwo(facts, actor, body);
    if (wrong) return wrong;
    const waits = facts.all(personMergeShelf, 'other', body.otherPersonId).some(({ status }) => status === 'PROPOSED');
    if (waits) return refused('PERSON_MERGE_WAITS', {}, '/otherPersonId');
    // After this line the command succeeds.
    const row: PersonMerge = {
      bookId: facts.bookId,
      mergeId: id,
      personId: body.personId,
      otherPersonId: body.otherPersonId,
      reason: body.reason,
      digest: digestOf(facts, body),
      status: 'PROPOSED',
      proposedPerson: actor.personId,
      proposedOn: today,
      decidedPerson: null,
      decidedOn: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'person.merge_proposed',
      subjectId: id,
      result: presentMerge(row),
      changes: [insert(personMergeShelf, row)],
    });
  },
};

const gatherMerges = async (loader: Loader, commands: readonly Command<Id>[]): Promise<void> => {
  const rows = await loader.load(
    personMergeShelf,
    'id',
    commands.map(({ body }) => body.id ?? ''),
  );
  await gatherTwo(loader, rows);
};

/**
 * Decides that two rows are one person, by who is neither of them nor proposed it, naming the digest of what was proposed. Refuses
 * NOT_FOUND, PERSON_MERGE_WRONG_STATE, PERSON_MERGED, FOUR_EYES, PERSON_MERGE_CHANGED.
 */
export const approveMerge: Verb<z.output<typeof approveBody> & Id, Result> = {
  name: 'person.approve_merge',
  money: false,
  gather: gatherMerges,

  decide({ body, actor, today }, facts) {
    const row = facts.get(personMergeShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrongState = refuseStep(mergeLife, row.status, 'approve');
    if (wrongState) return wrongState;
    const wrong = refuseTwo(facts, actor, row);
    if (wrong) return wrong;
    if (isSamePerson(actor, row.proposedPerson)) return refused('FOUR_EYES');
    if (row.digest !== digestOf(facts, row) || row.digest !== body.digest) return refused('PERSON_MERGE_CHANGED', {}, '/digest');
    // After this line the command succeeds.
    const { personId, otherPersonId } = row;
    const approved: PersonMerge = { ...row, status: 'APPROVED', decidedPerson: actor.personId, decidedOn: today };
    const other = facts.get(personShelf, otherPersonId);
    const merged = [...(other ? [other] : []), ...facts.all(personShelf, 'sameAs', otherPersonId)];
    return accepted({
      decision: 'person.merged',
      subjectId: personId,
      approvalDigest: row.digest,
      result: presentMerge(approved),
      changes: [
        update(personMergeShelf, approved),
        ...merged.map((person) => update(personShelf, { ...person, sameAs: personId })),
        ...membersOf(facts, otherPersonId).map((member) => update(memberShelf, { ...member, personId })),
      ],
    });
  },
};

/** Takes a proposed merger back. Refuses NOT_FOUND, PERSON_MERGE_WRONG_STATE. */
export const withdrawMerge: Verb<Id, Result> = {
  name: 'person.withdraw_merge',
  money: false,
  gather: gatherMerges,

  decide({ body, actor, today }, facts) {
    const row = facts.get(personMergeShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrongState = refuseStep(mergeLife, row.status, 'withdraw');
    if (wrongState) return wrongState;
    // After this line the command succeeds.
    const withdrawn: PersonMerge = { ...row, status: 'WITHDRAWN', decidedPerson: actor.personId, decidedOn: today };
    return accepted({
      decision: 'person.merge_withdrawn',
      subjectId: row.mergeId,
      result: presentMerge(withdrawn),
      changes: [update(personMergeShelf, withdrawn)],
    });
  },
};
