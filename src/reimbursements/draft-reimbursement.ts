import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Reimbursement } from '../../db/tables.js';
import type { draftReimbursement as body } from '../../schemas/reimbursements.js';
import { yearOf } from '../calendar.js';
import type { Drafting } from '../cases/draft.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { versionInForce } from '../programmes/published.js';
import { undecided } from './rules.js';

/** Numbers of drafts; an application gets its own when it is submitted. */
const series = 'RD';

/**
 * A draft names a programme in force today; what it declares is kept as it was written, and nothing of an invoice is held by it. Refuses,
 * in this order: LEGAL_PERSON_NOT_REGISTERED, PROGRAMME_NOT_IN_FORCE.
 */
export const reimbursementDrafting: Drafting<Reimbursement, z.output<typeof body>> = {
  gather: (loader, commands) =>
    Promise.all([
      loader.load(
        programmeVersionShelf,
        'code',
        commands.map(({ body }) => body.programmeCode),
      ),
      loader.load(
        enterpriseShelf,
        'uscc',
        commands.flatMap(({ actor }) => actor.legalPersonUscc ?? []),
      ),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf(series, yearOf(today))),
      ),
    ]),

  make(facts, { id, body: { id: _, ...body }, actor, today, receivedAt }, known) {
    const enterprise = actor.legalPersonUscc === null ? undefined : facts.one(enterpriseShelf, 'uscc', actor.legalPersonUscc);
    if (!enterprise) return refused('LEGAL_PERSON_NOT_REGISTERED', { uscc: actor.legalPersonUscc ?? '—' });
    const version = versionInForce(facts.all(programmeVersionShelf, 'code', body.programmeCode), today);
    if (!version) return refused('PROGRAMME_NOT_IN_FORCE', { programme: body.programmeCode, day: today }, '/programmeCode');
    const { number, changes } = known
      ? { number: known.reimbursementNo, changes: [] }
      : takeNumber(facts, seriesOf(series, yearOf(today)));
    const row: Reimbursement = {
      bookId: facts.bookId,
      reimbursementId: known?.reimbursementId ?? id,
      reimbursementNo: number,
      programmeCode: body.programmeCode,
      programmeVersionId: version.programmeVersionId,
      enterpriseId: enterprise.enterpriseId,
      legalPersonUscc: enterprise.legalPersonUscc,
      year: yearOf(today),
      baseYear: yearOf(today) - 1,
      matters: {},
      controlVersionIds: [],
      lineCount: 0,
      baseFen: 0n,
      computedFen: 0n,
      contentDigest: createHash('sha256').update(JSON.stringify(body)).digest('hex'),
      status: 'DRAFT',
      submittedOn: today,
      submittedPerson: actor.personId,
      ...undecided,
      draft: body,
      waitingSince: today,
      dueOn: null,
      recordedAt: receivedAt.toISOString(),
    };
    return { kind: 'made', row, changes };
  },
};
