import type { z } from 'zod';
import type { Figure } from '../../db/tables.js';
import type { recordFigure as body } from '../../schemas/legal-persons.js';
import { contractShelf } from '../contracts/facts.js';
import type { Facts } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { parseYuan } from '../money.js';
import { readUscc, validUsccs } from '../uscc.js';
import { enterpriseLegalPerson, figureShelf, gatherLegalPersons } from './facts.js';
import { gatherMatters, holderOfMatter } from './matters.js';
import { nextRevision, presentFigure } from './rules.js';

type Body = z.output<typeof body>;

/** Whose figure it is, as it is kept. Refuses the code's own, ENTERPRISE_UNKNOWN; MATTER_NOT_FOUND for a project that is not; NOT_FOUND for a contract. */
function holderOf(facts: Facts, body: Body): { kind: 'holder'; holder: string } | Refused {
  if (body.kind === 'DISTRICT_CONTRIBUTION') {
    const code = readUscc(body.uscc, '/uscc');
    if (code.kind === 'refused') return code;
    const holder = enterpriseLegalPerson(facts, code.uscc);
    return holder === undefined ? refused('ENTERPRISE_UNKNOWN', { uscc: code.uscc }, '/uscc') : { kind: 'holder', holder };
  }
  if (body.project !== undefined) return holderOfMatter(facts, 'PROJECT', body.project, '/project');
  const contract = body.kind === 'UPSTREAM_SUPPORT' && facts.get(contractShelf, body.contractId ?? '');
  return contract ? { kind: 'holder', holder: contract.contractId } : refused('NOT_FOUND', {}, '/contractId');
}

/**
 * Records a figure that the law takes a number from, provisional or final, with its document. What was recorded before for the same
 * holder (and year) stays on record; the last one counts, and what was decided before stays decided. A project is one on record, whosever.
 */
export const recordFigure: Verb<Body, ReturnType<typeof presentFigure>> = {
  name: 'figure.record',
  money: false,

  async gather(loader, commands) {
    const bodies = commands.map(({ body }) => body);
    await Promise.all([
      gatherLegalPersons(loader, validUsccs(bodies.flatMap((of) => (of.kind === 'DISTRICT_CONTRIBUTION' ? [of.uscc] : [])))),
      loader.load(
        contractShelf,
        'id',
        bodies.flatMap((of) => (of.kind === 'UPSTREAM_SUPPORT' ? (of.contractId ?? []) : [])),
      ),
      gatherMatters(
        loader,
        bodies.flatMap((of) =>
          of.kind === 'DISTRICT_CONTRIBUTION' || of.project === undefined ? [] : [['PROJECT', of.project] as const],
        ),
      ),
    ]);
    const holders = bodies.flatMap((of) => {
      const read = holderOf(loader.facts, of);
      return read.kind === 'holder' ? [[of.kind, read.holder]] : [];
    });
    await loader.load(figureShelf, 'holder', holders);
  },

  decide({ id, body, actor, receivedAt }, facts) {
    const read = holderOf(facts, body);
    if (read.kind === 'refused') return read;
    // After this line the command succeeds.
    const { kind } = body;
    const { holder } = read;
    const year = kind === 'DISTRICT_CONTRIBUTION' ? body.year : null;
    const row: Figure = {
      bookId: facts.bookId,
      figureId: id,
      kind,
      holder,
      year,
      amountFen: parseYuan(body.amount) ?? 0n,
      provisional: body.provisional,
      documentNo: body.documentNo,
      revision: nextRevision(facts.all(figureShelf, 'holder', [kind, holder]).filter((of) => of.year === year)),
      recordedPerson: actor.personId,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'figure.recorded',
      subjectId: id,
      result: presentFigure(row),
      changes: [insert(figureShelf, row)],
    });
  },
};
