import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Application } from '../../db/tables.js';
import type { draftApplication as body } from '../../schemas/applications.js';
import { yearOf } from '../calendar.js';
import type { Drafting } from '../cases/draft.js';
import { untouched } from '../cases/rules.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { versionDeciding } from '../programmes/published.js';
import { applicationShelf } from './facts.js';
import { notWaiting } from './queue.js';

/** Numbers of drafts; an application gets its own when it is submitted. */
const series = 'AD';

/**
 * A draft names a programme with a version for today and a contract of its own enterprise, filed or not yet. All else is looked at when it
 * is submitted. Refuses, in this order: NOT_FOUND of the contract, PROGRAMME_NOT_IN_FORCE.
 */
export const applicationDrafting: Drafting<Application, z.output<typeof body>> = {
  async gather(loader, commands) {
    const [contracts] = await Promise.all([
      loader.load(
        contractShelf,
        'id',
        commands.map(({ body }) => body.contractId),
      ),
      loader.load(
        programmeVersionShelf,
        'code',
        commands.map(({ body }) => body.programmeCode),
      ),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf(series, yearOf(today))),
      ),
    ]);
    await loader.load(
      enterpriseShelf,
      'id',
      contracts.map(({ enterpriseId }) => enterpriseId),
    );
    await loader.load(
      applicationShelf,
      'contract',
      contracts.map(({ contractId }) => contractId),
    );
  },

  make(facts, { id, body: { id: _, ...body }, actor, today, receivedAt }, known) {
    const contract = facts.get(contractShelf, body.contractId);
    const enterprise = contract && facts.get(enterpriseShelf, contract.enterpriseId);
    if (!enterprise || enterprise.legalPersonUscc !== actor.legalPersonUscc) return refused('NOT_FOUND', {}, '/contractId');
    const days = { appliedOn: today, signedOn: contract.signedOn };
    const version = versionDeciding(facts.all(programmeVersionShelf, 'code', body.programmeCode), days);
    if (!version) return refused('PROGRAMME_NOT_IN_FORCE', { programme: body.programmeCode, day: today }, '/programmeCode');
    const { number, changes } = known
      ? { number: known.applicationNo, changes: [] }
      : takeNumber(facts, seriesOf(series, yearOf(today)));
    const row: Application = {
      bookId: facts.bookId,
      applicationId: known?.applicationId ?? id,
      applicationNo: number,
      programmeCode: body.programmeCode,
      programmeVersionId: version.programmeVersionId,
      enterpriseId: enterprise.enterpriseId,
      legalPersonUscc: enterprise.legalPersonUscc,
      contractId: contract.contractId,
      purpose: contract.purpose,
      contentDigest: createHash('sha256').update(JSON.stringify(body)).digest('hex'),
      status: 'DRAFT',
      submittedOn: today,
      submittedPerson: actor.personId,
      eligibility: null,
      reviewedPerson: null,
      reviewDigest: null,
      maximumFen: null,
      decidedPerson: null,
      decisionReason: null,
      awardFen: null,
      computedFen: null,
      explanation: null,
      voucherId: null,
      ...notWaiting,
      matters: {},
      controlVersionIds: [],
      ...untouched,
      draft: body,
      waitingSince: today,
      dueOn: null,
      recordedAt: receivedAt.toISOString(),
    };
    return { kind: 'made', row, changes };
  },
};
