import type { z } from 'zod';
import type { ProgrammeVersion as VersionRow, Simulation } from '../../db/tables.js';
import type { startSimulation as body } from '../../schemas/simulations.js';
import { insert } from '../ledger/facts.js';
import type { Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { parseYuan } from '../money.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import { programmeOf, versionName } from '../programmes/published.js';
import { simulationShelf } from './facts.js';
import { mostWaiting, namesOf, notComputable, presentSimulation } from './rules.js';

type Body = z.output<typeof body> & { code?: string };
type Result = ReturnType<typeof presentSimulation>;

/**
 * Asks for a simulation of a published version, a draft too, over the recorded facts of a year; it waits for a process to take it.
 * Refuses NOT_FOUND for a programme that is not there, SIMULATION_VERSION_UNKNOWN, SIMULATION_NOT_COMPUTABLE when the text gives nothing
 * that an award could be computed by, SIMULATION_QUEUE_FULL.
 */
export const startSimulation: Verb<Body, Result> = {
  name: 'simulation.start',
  money: false,

  async gather(loader, commands) {
    await Promise.all([
      loader.load(
        programmeVersionShelf,
        'code',
        commands.map(({ body }) => body.code ?? ''),
      ),
      loader.load(simulationShelf, 'state', ['RUNNING']),
    ]);
  },

  decide({ id, body, actor, receivedAt }, facts) {
    const { code = '', year } = body;
    const rows = facts.all(programmeVersionShelf, 'code', code);
    if (rows.length === 0) return refused('NOT_FOUND');
    const simulated = published(rows, body.version, '/version');
    if ('code' in simulated) return simulated;
    const compared = body.compareWith === undefined ? null : published(rows, body.compareWith, '/compareWith');
    if (compared !== null && 'code' in compared) return compared;
    for (const [row, pointer] of [[simulated, '/version'] as const, ...(compared ? [[compared, '/compareWith'] as const] : [])]) {
      const open = notComputable(programmeOf(row), year);
      if (open.length > 0) {
        const params = { version: String(row.version), year: String(year), parameters: open.join(', '), ...namesOf(open) };
        return refused('SIMULATION_NOT_COMPUTABLE', params, pointer);
      }
    }
    const { length } = facts.all(simulationShelf, 'state', 'RUNNING');
    if (length >= mostWaiting) return refused('SIMULATION_QUEUE_FULL', { count: String(length), most: String(mostWaiting) });
    // After this line the command succeeds.
    const at = receivedAt.toISOString();
    const row: Simulation = {
      bookId: facts.bookId,
      simulationId: id,
      programmeCode: code,
      programmeVersionId: simulated.programmeVersionId,
      version: simulated.version,
      year,
      comparedVersionId: compared?.programmeVersionId ?? null,
      comparedVersion: compared?.version ?? null,
      poolFen: body.pool === undefined ? null : parseYuan(body.pool),
      startedMember: actor.memberId,
      state: 'RUNNING',
      factsTotal: null,
      factsDone: 0,
      result: null,
      failure: null,
      ledgerSeq: null,
      attempts: 0,
      leaseOwner: null,
      leaseUntil: at,
      recordedAt: at,
      endedAt: null,
    };
    return accepted({
      decision: 'simulation.started',
      subjectId: id,
      programmeVersion: versionName(simulated),
      result: presentSimulation(row, false),
      changes: [insert(simulationShelf, row)],
    });
  },
};

function published(rows: readonly VersionRow[], version: number, pointer: string): VersionRow | Refused {
  const row = rows.find((of) => of.version === version);
  const programme = rows[0]?.programmeCode ?? '';
  return row ?? refused('SIMULATION_VERSION_UNKNOWN', { programme, version: String(version) }, pointer);
}
