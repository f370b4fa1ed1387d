// What a simulation needs of a text, and how it is shown. Pure.
import type { z } from 'zod';
import type { Simulation, SimulationEnterprise } from '../../db/tables.js';
import type * as schema from '../../schemas/simulations.js';
import { formatInstant } from '../calendar.js';
import type { RefusalCode } from '../errors.js';
import { describeRefusal, isRefusalCode } from '../errors.js';
import { formatYuan } from '../money.js';
import { requiredParameters } from '../programmes/explain.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';

/** Simulations of a book that may be under way or wait. */
export const mostWaiting = 4;
/** A simulation whose process died, or that failed, is begun so often at most. */
export const mostAttempts = 3;

/** Without these nothing can be computed at all; of all else that a text leaves open, what can be computed is. */
const needed = ['flow', 'base', 'amountBasis', 'rate'] as const;

/** What a version does not give on any day of the year and no award can be computed without. */
export function notComputable(version: ProgrammeVersion, year: number): (typeof needed)[number][] {
  const [first, last] = [`${year}-01-01`, `${year}-12-31`];
  const laws = [lawOn(version, first), ...version.laws.filter(({ from }) => from > first && from <= last)];
  return needed.filter((parameter) => laws.every((law) => law[parameter] === null));
}

/** The names of parameters in both languages. */
export const namesOf = (parameters: readonly (typeof needed)[number][]): { zh: string; en: string } => ({
  zh: parameters.map((parameter) => requiredParameters[parameter].zh).join('、'),
  en: parameters.map((parameter) => requiredParameters[parameter].en).join(', '),
});

/** A row as it is shown; `leased` says whether a process works on it. */
export const presentSimulation = (row: Simulation, leased: boolean): z.input<typeof schema.simulationListed> => ({
  simulationId: row.simulationId,
  programmeCode: row.programmeCode,
  version: row.version,
  year: row.year,
  compareWith: row.comparedVersion,
  state: row.state === 'RUNNING' && !leased ? 'WAITING' : row.state,
  factsTotal: row.factsTotal,
  factsDone: row.factsDone,
  failure: row.failure !== null && isRefusalCode(row.failure) ? failureOf(row.failure, row.simulationId) : null,
  factsUpTo: row.ledgerSeq === null ? null : Number(row.ledgerSeq),
  recordedAt: formatInstant(new Date(row.recordedAt)),
  endedAt: row.endedAt === null ? null : formatInstant(new Date(row.endedAt)),
});

function failureOf(code: RefusalCode, simulationId: string) {
  const told = (language: 'zh' | 'en') => describeRefusal(code, { simulationId }, language).detail;
  return { code, zh: told('zh'), en: told('en') };
}

export const presentEnterprise = (row: SimulationEnterprise): z.input<typeof schema.simulationEnterprise> => ({
  legalPersonUscc: row.legalPersonUscc,
  name: row.name,
  applications: row.applications,
  compared: formatYuan(row.comparedFen),
  simulated: formatYuan(row.simulatedFen),
  difference: formatYuan(row.differenceFen),
  comparedRedeemed: formatYuan(row.comparedRedeemedFen),
  simulatedRedeemed: formatYuan(row.simulatedRedeemedFen),
  held: row.held,
  heldCompared: formatYuan(row.heldComparedFen),
  heldSimulated: formatYuan(row.heldSimulatedFen),
  potential: formatYuan(row.potentialFen),
  bound: [...row.bound],
});
