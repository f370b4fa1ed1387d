import type { z } from 'zod';
import type { LegalPersonHolder } from '../../db/tables.js';
import type { recordHolder as body } from '../../schemas/legal-persons.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Sealer } from '../sealer.js';
import { readUscc, validUsccs } from '../uscc.js';
import { anyLegalPerson, gatherLegalPersons, holderShelf } from './facts.js';
import { nextRevision, presentHolder } from './rules.js';

type Body = z.output<typeof body>;

/** Takes a document's number out of a request before it goes anywhere: what is left of it is the fingerprint, and of the name the first character. */
export const hideHolder = (sealer: Sealer, sent: Body): Body =>
  sent.holderIdNo === undefined
    ? sent
    : { ...sent, holderIdNo: sealer.fingerprint(sent.holderIdNo), holderName: `${[...sent.holderName][0] ?? ''}**` };

/**
 * Records who holds or leads a legal person, or that it does not, from a day to a day, both inclusive; branches are rolled up. Refuses the
 * codes' own, PARTY_UNKNOWN, MISSING_FIELD where neither a code nor a document's number names the holder, HOLDER_NAMED_TWICE where both do,
 * PERIOD_ENDS_BEFORE_START.
 */
export const recordHolder: Verb<Body, ReturnType<typeof presentHolder>> = {
  name: 'holder.record',
  money: false,

  async gather(loader, commands) {
    const codes = validUsccs(commands.map(({ body }) => body.uscc));
    await gatherLegalPersons(loader, codes);
    await loader.load(
      holderShelf,
      'legalPerson',
      codes.flatMap((code) => anyLegalPerson(loader.facts, code) ?? []),
    );
  },

  decide({ id, body, actor, receivedAt }, facts) {
    const code = readUscc(body.uscc, '/uscc');
    if (code.kind === 'refused') return code;
    const legalPersonUscc = anyLegalPerson(facts, code.uscc);
    if (legalPersonUscc === undefined) return refused('PARTY_UNKNOWN', { uscc: code.uscc }, '/uscc');
    const { holderUscc, holderIdNo, validFrom, validTo = null } = body;
    if (holderUscc !== undefined && holderIdNo !== undefined) return refused('HOLDER_NAMED_TWICE', {}, '/holderIdNo');
    const holding = holderUscc === undefined ? null : readUscc(holderUscc, '/holderUscc');
    if (holding?.kind === 'refused') return holding;
    const holder = holding?.uscc ?? holderIdNo;
    if (holder === undefined) return refused('MISSING_FIELD', {}, '/holderUscc');
    if (validTo !== null && validTo < validFrom) {
      return refused('PERIOD_ENDS_BEFORE_START', { from: validFrom, to: validTo }, '/validTo');
    }
    // After this line the command succeeds.
    const before = facts
      .all(holderShelf, 'legalPerson', legalPersonUscc)
      .filter((other) => other.holder === holder && other.role === body.role);
    const row: LegalPersonHolder = {
      bookId: facts.bookId,
      holderRecordId: id,
      legalPersonUscc,
      role: body.role,
      holder,
      holderName: body.holderName,
      isState: body.isState,
      holds: body.holds,
      validFrom,
      validTo,
      source: body.source,
      revision: nextRevision(before),
      recordedPerson: actor.personId,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'holder.recorded',
      subjectId: id,
      result: presentHolder(row),
      changes: [insert(holderShelf, row)],
    });
  },
};
