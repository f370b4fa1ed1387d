// An application for reimbursement as a case: its life, its law, and what changes with it.
import type { Reimbursement } from '../../db/tables.js';
import type { Cases } from '../cases/case.js';
import { endAssignments, gatherAssigned } from '../experts/facts.js';
import { refuseStep } from '../lives.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { lawOn } from '../programmes/language.js';
import { gatherControls } from '../programmes/laws.js';
import { reimbursementLineShelf, reimbursementShelf } from './facts.js';
import { gatherHeld, lawOf } from './gather.js';
import { countedOf, letGo, linesOf } from './lines.js';
import { gatherPapers, papersOf } from './papers.js';
import { presentReimbursement, reimbursementLife } from './rules.js';

export const reimbursementCases: Cases<Reimbursement, ReturnType<typeof presentReimbursement>> = {
  kind: 'REIMBURSEMENT',
  noun: 'reimbursement',
  shelf: reimbursementShelf,
  idOf: ({ reimbursementId }) => reimbursementId,
  numberOf: ({ reimbursementNo }) => reimbursementNo,
  refuseStep: (row, way, verb) => refuseStep(reimbursementLife(way), row.status, verb, { reimbursementNo: row.reimbursementNo }),
  gather: async (loader, rows) => {
    await Promise.all([
      loader.load(
        reimbursementLineShelf,
        'reimbursement',
        rows.map(({ reimbursementId }) => reimbursementId),
      ),
      loader.load(
        programmeVersionShelf,
        'id',
        rows.map(({ programmeVersionId }) => programmeVersionId),
      ),
      gatherControls(loader),
      gatherAssigned(loader, rows),
    ]);
    await Promise.all([
      gatherHeld(loader, rows),
      gatherPapers(
        loader,
        rows.map((row) => ({ law: lawOf(loader.facts, row).law, lines: countedOf(linesOf(loader.facts, row)) })),
      ),
    ]);
  },
  versionOf: (facts, row) => lawOf(facts, row).version,
  lawOf: (facts, row) => lawOn(lawOf(facts, row).law, row.submittedOn),
  askedFor: (facts, row) => {
    const { law } = lawOf(facts, row);
    return { law, papers: papersOf(facts, { ...row, law, lines: countedOf(linesOf(facts, row)) }) };
  },
  places: 'RQ',
  // Whoever is rejected or withdraws holds no invoice any more.
  beside: (facts, _, after) => [
    ...(after.status === 'REJECTED' || after.status === 'WITHDRAWN' ? letGo(facts, linesOf(facts, after)) : []),
    ...endAssignments(facts, after),
  ],
  letGo: {},
  present: presentReimbursement,
};
