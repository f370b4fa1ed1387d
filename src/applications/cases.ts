// An application for a voucher as a case: its life, its law, and what changes with it.
import type { Application } from '../../db/tables.js';
import type { Cases } from '../cases/case.js';
import { contractShelf } from '../contracts/facts.js';
import { endAssignments, gatherAssigned } from '../experts/facts.js';
import type { Facts } from '../ledger/facts.js';
import { refuseStep } from '../lives.js';
import type { Papers } from '../materials/facts.js';
import { decidingDayOf } from '../programmes/evaluate.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { lawOn } from '../programmes/language.js';
import { controlIdsOf, gatherControls, lawUnder } from '../programmes/laws.js';
import { applicationShelf } from './facts.js';
import { gatherQueueBlocks, notWaiting, queueChanges } from './queue.js';
import { applicationLife, presentApplication } from './rules.js';

/** The version of a gathered application, and the law it is decided by: under the controls that it names. */
export function lawOf(facts: Facts, row: Application) {
  const version = facts.get(programmeVersionShelf, row.programmeVersionId);
  if (!version) throw new Error(`the application ${row.applicationNo} has lost its programme`);
  return { version, law: lawUnder(facts, version, controlIdsOf(row)) };
}

/** The contract, the version and the law of a gathered application. */
export function subjectOf(facts: Facts, row: Application) {
  const contract = facts.get(contractShelf, row.contractId);
  if (!contract) throw new Error(`the application ${row.applicationNo} has lost its contract`);
  return { contract, ...lawOf(facts, row) };
}

/** The papers of an application are its own and those of its contract. */
export const papersOf = ({ applicationId, contractId }: Pick<Application, 'applicationId' | 'contractId'>): Papers => ({
  own: [applicationId],
  restsOn: [[[contractId]]],
});

export const applicationCases: Cases<Application, ReturnType<typeof presentApplication>> = {
  kind: 'APPLICATION',
  noun: 'application',
  shelf: applicationShelf,
  idOf: ({ applicationId }) => applicationId,
  numberOf: ({ applicationNo }) => applicationNo,
  refuseStep: (row, way, verb) => refuseStep(applicationLife(way), row.status, verb),
  gather: (loader, rows) =>
    Promise.all([
      loader.load(
        programmeVersionShelf,
        'id',
        rows.map(({ programmeVersionId }) => programmeVersionId),
      ),
      loader.load(
        contractShelf,
        'id',
        rows.map(({ contractId }) => contractId),
      ),
      gatherControls(loader),
      gatherQueueBlocks(loader, rows),
      gatherAssigned(loader, rows),
    ]),
  versionOf: (facts, row) => lawOf(facts, row).version,
  lawOf: (facts, row) => {
    const { contract, law } = subjectOf(facts, row);
    return lawOn(law, decidingDayOf(law, { appliedOn: row.submittedOn, signedOn: contract.signedOn }));
  },
  askedFor: (facts, row) => ({ law: lawOf(facts, row).law, papers: papersOf(row) }),
  places: 'AQ',
  beside: (facts, before, after) => [...queueChanges(facts, before, after), ...endAssignments(facts, after)],
  letGo: notWaiting,
  present: presentApplication,
};
