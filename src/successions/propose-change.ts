import type { z } from 'zod';
import type { LegalPersonChange } from '../../db/tables.js';
import type * as schema from '../../schemas/successions.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted } from '../ledger/lane.js';
import type { Wanted } from './effects.js';
import { effectsOf, gatherChanges } from './effects.js';
import { changeShelf } from './facts.js';
import { presentChange } from './rules.js';

interface Told {
  readonly uscc: string;
  readonly effectiveOn: string;
  readonly documentNo: string;
  readonly reason: string;
}

/** Proposes a change of a legal person. It is looked at whole and does nothing before another person approves it. Refuses what effectsOf does. */
const propose = <Body extends Told>(
  name: string,
  read: (body: Body) => Pick<Wanted, 'kind' | 'content'>,
): Verb<Body, ReturnType<typeof presentChange>> => {
  const wantedOf = (body: Body): Wanted => ({ ...body, ...read(body) }) as Wanted;
  return {
    name,
    money: false,

    async gather(loader, commands) {
      const [first] = commands;
      if (!first) return;
      await gatherChanges(
        loader,
        commands.map(({ body }) => wantedOf(body)),
        first.today,
      );
    },

    decide({ id, body, actor, today, receivedAt, newId }, facts) {
      const wanted = wantedOf(body);
      const effects = effectsOf(facts, wanted, {
        changeId: id,
        decisionId: id,
        today,
        receivedAt,
        newId,
        proposedPerson: actor.personId,
        decidedPerson: actor.personId,
      });
      if (effects.kind === 'refused') return effects;
      // After this line the command succeeds.
      const row: LegalPersonChange = {
        bookId: facts.bookId,
        changeId: id,
        uscc: effects.uscc,
        kind: wanted.kind,
        effectiveOn: body.effectiveOn,
        content: wanted.content,
        documentNo: body.documentNo,
        reason: body.reason,
        status: 'PROPOSED',
        proposedPerson: actor.personId,
        proposedOn: today,
        decidedPerson: null,
        decidedOn: null,
        decisionId: null,
        recordedAt: receivedAt.toISOString(),
      };
      return accepted({
        decision: 'legal_person_change.proposed',
        subjectId: id,
        result: presentChange(row),
        changes: [insert(changeShelf, row)],
      });
    },
  };
};

export const changeName = propose<z.output<typeof schema.changeName>>('legal_person.rename', ({ name }) => ({
  kind: 'NAME',
  content: { name },
}));
export const mergeEnterprise = propose<z.output<typeof schema.mergeEnterprise>>('legal_person.merge', ({ successorUscc }) => ({
  kind: 'MERGER',
  content: { successorUscc },
}));
export const splitEnterprise = propose<z.output<typeof schema.splitEnterprise>>('legal_person.split', ({ continues, heirs }) => ({
  kind: 'SPLIT',
  content: { continues, heirs },
}));
export const closeEnterprise = propose<z.output<typeof schema.closeEnterprise>>('legal_person.close', ({ vouchers }) => ({
  kind: 'CLOSURE',
  content: { vouchers },
}));
