import type { z } from 'zod';
import type { Enterprise } from '../../db/tables.js';
import type { registerEnterprise as body } from '../../schemas/enterprises.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { readUscc, validUsccs } from '../uscc.js';
import { enterpriseShelf } from './facts.js';
import { presentEnterprise } from './rules.js';

type Body = z.output<typeof body>;
type Result = ReturnType<typeof presentEnterprise>;

/** Registers an enterprise under its code; refuses a code that is not valid or already known in this book, and a day still to come. */
export const registerEnterprise: Verb<Body, Result> = {
  name: 'enterprise.register',
  money: false,

  async gather(loader, commands) {
    const codes = commands.flatMap(({ body }) => [body.uscc, body.parentUscc ?? body.uscc]);
    await Promise.all([
      loader.load(enterpriseShelf, 'uscc', validUsccs(codes)),
      loader.load(enterpriseShelf, 'legalPerson', validUsccs(codes)),
    ]);
  },

  decide({ id, body, today, receivedAt }, facts) {
    const own = readUscc(body.uscc, '/uscc');
    if (own.kind === 'refused') return own;
    const parent = body.parentUscc === undefined ? own : readUscc(body.parentUscc, '/parentUscc');
    if (parent.kind === 'refused') return parent;
    if (facts.one(enterpriseShelf, 'uscc', own.uscc)) return refused('ENTERPRISE_EXISTS', { uscc: own.uscc }, '/uscc');
    const above = facts.one(enterpriseShelf, 'uscc', parent.uscc);
    if (above && above.legalPersonUscc !== above.uscc) {
      return refused('PARENT_IS_BRANCH', { parent: parent.uscc, legalPerson: above.legalPersonUscc }, '/parentUscc');
    }
    if (parent.uscc !== own.uscc && facts.all(enterpriseShelf, 'legalPerson', own.uscc).length > 0) {
      return refused('HAS_BRANCHES', { uscc: own.uscc, parent: parent.uscc }, '/parentUscc');
    }
    const { establishedOn = null } = body;
    if (establishedOn !== null && establishedOn > today) {
      return refused('ESTABLISHED_IN_FUTURE', { establishedOn, today }, '/establishedOn');
    }
    // After this line the command succeeds.
    const row: Enterprise = {
      bookId: facts.bookId,
      enterpriseId: id,
      uscc: own.uscc,
      legalPersonUscc: parent.uscc,
      name: body.name,
      kind: body.kind,
      sizeClass: body.sizeClass ?? null,
      recordedAt: receivedAt.toISOString(),
      establishedOn,
      closedOn: null,
      successorUscc: null,
    };
    return accepted({
      decision: 'enterprise.registered',
      subjectId: id,
      result: presentEnterprise(row),
      changes: [insert(enterpriseShelf, row)],
    });
  },
};
