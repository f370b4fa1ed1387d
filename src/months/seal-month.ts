import type { z } from 'zod';
import type { Month } from '../../db/tables.js';
import type { sealMonth as body } from '../../schemas/months.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { tell } from '../messages/rules.js';
import { monthBuildShelf, monthShelf } from './facts.js';
import { madeBy, monthLife, presentMonth, sealDigestOf } from './rules.js';

type Body = z.output<typeof body> & { id?: string };

/**
 * Seals a month over what was made of it last: by another person than the one who shut it, who names its digest. Refuses NOT_FOUND,
 * MONTH_WRONG_STATE (a sealed one), FOUR_EYES, MONTH_BEING_BUILT (also where the last build failed), MONTH_OBSTRUCTED (with what stands in
 * the way), MONTH_CHANGED (it is not what was looked at).
 */
export const sealMonth: Verb<Body, ReturnType<typeof presentMonth>> = {
  name: 'month.seal',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    await Promise.all([loader.load(monthShelf, 'id', ids), loader.load(monthBuildShelf, 'month', ids)]);
  },

  decide({ body, actor, today }, facts) {
    const row = facts.get(monthShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const { month } = row;
    const wrongState = refuseStep(monthLife, row.status, 'seal', { month });
    if (wrongState) return wrongState;
    if (isSamePerson(actor, row.shutPerson)) return refused('FOUR_EYES');
    const build = facts.all(monthBuildShelf, 'month', row.monthId).at(-1);
    const made = build && madeBy(build);
    if (!made) return refused('MONTH_BEING_BUILT', { month });
    const { obstacles } = build;
    if (obstacles === null || obstacles.length > 0) {
      const told = (obstacles ?? []).map(({ kind, count }) => `${kind} ${count}`).join(', ');
      return refused('MONTH_OBSTRUCTED', { month, obstacles: told });
    }
    const sealDigest = sealDigestOf(month, made);
    if (body.sealDigest !== sealDigest) return refused('MONTH_CHANGED', { month, sealDigest }, '/sealDigest');
    // After this line the command succeeds.
    const { cutOffSeq, dataDigest, balancesDigest } = made;
    const sealed: Month = {
      ...row,
      status: 'SEALED',
      sealedPerson: actor.personId,
      sealedOn: today,
      buildId: build.buildId,
      cutOffSeq,
      dataDigest,
      balancesDigest,
      sealDigest,
    };
    return accepted({
      decision: 'month.sealed',
      subjectId: row.monthId,
      approvalDigest: sealDigest,
      result: presentMonth(sealed),
      changes: [update(monthShelf, sealed)],
      messages: (['auditor', 'finance'] as const).map((role) =>
        tell('month.sealed', { role }, { kind: 'MONTH', id: row.monthId }, { month, sealDigest }),
      ),
    });
  },
};
