import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Matter, MatterRegistration } from '../../db/tables.js';
import type { confirmMatter as body } from '../../schemas/matters.js';
import { insert, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { matterShelf, registrationShelf } from './facts.js';
import { presentMatter, registrationLife } from './rules.js';

type Body = z.output<typeof body> & { id?: string };

/**
 * The bureau confirms a registration that another person made: from now on the legal person may name the matter. Where others have it
 * on record, only as a joint one: what each is awarded counts together. Refuses NOT_FOUND, MATTER_WRONG_STATE, FOUR_EYES,
 * MATTER_OF_OTHERS.
 */
export const confirmMatter: Verb<Body, ReturnType<typeof presentMatter>> = {
  name: 'matter.confirm',
  money: false,

  async gather(loader, commands) {
    const rows = await loader.load(
      registrationShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    const codes = rows.map(({ kind, code }) => [kind, code]);
    await Promise.all([loader.load(matterShelf, 'code', codes), loader.load(registrationShelf, 'code', codes)]);
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const row = facts.get(registrationShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrongState = refuseStep(registrationLife, row.status, 'confirm');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, row.registeredPerson)) return refused('FOUR_EYES');
    const { bookId, kind, code } = row;
    const others = facts.all(registrationShelf, 'code', [kind, code]).filter(({ status }) => status === 'CONFIRMED');
    if (others.length > 0 && !body.joint) {
      const codes = others.map(({ legalPersonUscc }) => legalPersonUscc).join(', ');
      return refused('MATTER_OF_OTHERS', { matter: kind, code, others: codes }, '/joint');
    }
    // After this line the command succeeds.
    const known = facts.one(matterShelf, 'code', [kind, code]);
    const matter: Matter = known ?? { bookId, matterId: id, kind, code, holder: id, recordedAt: receivedAt.toISOString() };
    const confirmed: MatterRegistration = {
      ...row,
      status: 'CONFIRMED',
      holder: matter.holder,
      confirmedPerson: actor.personId,
      confirmedOn: today,
    };
    return accepted({
      decision: 'matter.confirmed',
      subjectId: row.registrationId,
      approvalDigest: digestOf(row, matter),
      result: presentMatter(confirmed),
      changes: [...(known ? [] : [insert(matterShelf, matter)]), update(registrationShelf, confirmed)],
    });
  },
};

/** What is confirmed: SHA-256 (hex) of the JSON array of the registration, kind, code, name, document, whose it is, and what it is known by. */
const digestOf = (row: MatterRegistration, { holder }: Matter): string =>
  createHash('sha256')
    .update(JSON.stringify([row.registrationId, row.kind, row.code, row.name, row.documentNo, row.legalPersonUscc, holder]))
    .digest('hex');
