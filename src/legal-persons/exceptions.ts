// An exception to a limit that holds in principle («原则上»), read the same way when it is asked for and when it is approved.
import { contractShelf } from '../contracts/facts.js';
import { yearOf } from '../calendar.js';
import type { Day } from '../calendar.js';
import type { LimitWindow } from '../ledger/chart.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Params, Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { isUuid } from '../identifiers.js';
import { firstYearIdOf, firstYearShelf, programmeVersionShelf } from '../programmes/facts.js';
import { rules } from '../programmes/explain.js';
import type { Limit } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';
import { programmeOf, versionInForce, versionName } from '../programmes/published.js';
import { readUscc, validUsccs } from '../uscc.js';
import { enterpriseLegalPerson, gatherLegalPersons } from './facts.js';
import { gatherMatters, holderOfMatter } from './matters.js';

/** Of which limit, for whom and when. */
export interface Wanted {
  readonly programmeCode: string;
  readonly limitId: string;
  readonly holder: string;
  readonly window: string;
}

/** Gathers all that `readException` looks at. */
export async function gatherExceptions(loader: Loader, wanted: readonly Wanted[]): Promise<void> {
  const [versions] = await Promise.all([
    loader.load(
      programmeVersionShelf,
      'code',
      wanted.map(({ programmeCode }) => programmeCode),
    ),
    gatherLegalPersons(loader, validUsccs(wanted.map(({ holder }) => holder))),
    loader.load(contractShelf, 'id', wanted.map(({ holder }) => holder).filter(isUuid)),
    gatherMatters(
      loader,
      wanted.map(({ holder }) => ['PROJECT', holder] as const),
    ),
  ]);
  const accounts = new Set(
    versions.flatMap((row) => programmeOf(row).laws.flatMap(({ limits }) => limits.map((of) => of.account))),
  );
  await loader.load(
    firstYearShelf,
    'id',
    wanted.flatMap(({ holder }) => {
      const legalPerson = validUsccs([holder]).map((code) => enterpriseLegalPerson(loader.facts, code) ?? code);
      const project = holderOfMatter(loader.facts, 'PROJECT', holder, '/holder');
      const others = [...legalPerson, ...(project.kind === 'holder' ? [project.holder] : [])];
      return [...accounts].flatMap((account) => [holder, ...others].map((one) => firstYearIdOf(account, one)));
    }),
  );
}

/**
 * The limit's account for this holder and window. Refuses, in this order: PROGRAMME_NOT_IN_FORCE on this day; LIMIT_NOT_IN_PROGRAMME;
 * LIMIT_IS_HARD for one that is not soft; a code's own, ENTERPRISE_UNKNOWN, NOT_FOUND for a contract, MATTER_NOT_FOUND for a project,
 * HOLDER_NOT_OF_LIMIT for another programme; LIMIT_WINDOW for a window that the limit has not.
 */
export function readException(facts: Facts, of: Wanted, today: Day): { kind: 'read'; at: LimitWindow } | Refused {
  const { programmeCode, limitId, window } = of;
  const version = versionInForce(facts.all(programmeVersionShelf, 'code', programmeCode), today);
  if (!version) return refused('PROGRAMME_NOT_IN_FORCE', { programme: programmeCode, day: today }, '/programmeCode');
  const law = programmeOf(version);
  const { limits } = lawOn(law, today);
  const limit = limits.find(({ id }) => id === limitId);
  if (!limit) {
    const known = limits.map(({ id }) => id).join(', ') || '—';
    return refused(
      'LIMIT_NOT_IN_PROGRAMME',
      { programme: versionName(version), limit: limitId, limits: known, day: today },
      '/limitId',
    );
  }
  const named = { programmeZh: law.name.zh, programmeEn: law.name.en, ...rules.limit(limit) };
  if (!limit.soft) return refused('LIMIT_IS_HARD', named, '/limitId');
  const read = holderOf(facts, limit, of, { isControls: version.kind === 'GENERAL_CONTROLS', named });
  if (read.kind === 'refused') return read;
  const { holder } = read;
  const expected = windowOf(facts, limit, holder, today);
  if (expected === null ? !/^2\d{3}$/.test(window) : window !== expected) {
    return refused('LIMIT_WINDOW', { ...named, window, expected: expected ?? String(yearOf(today)) }, '/window');
  }
  return { kind: 'read', at: { limit: limit.account, holder, window } };
}

function holderOf(
  facts: Facts,
  { per }: Limit,
  of: Wanted,
  { isControls, named }: { readonly isControls: boolean; readonly named: Params },
): { kind: 'holder'; holder: string } | Refused {
  const { holder, programmeCode } = of;
  switch (per) {
    case 'LEGAL_PERSON': {
      const code = readUscc(holder, '/holder');
      if (code.kind === 'refused') return code;
      const legalPerson = enterpriseLegalPerson(facts, code.uscc);
      if (legalPerson === undefined) return refused('ENTERPRISE_UNKNOWN', { uscc: code.uscc }, '/holder');
      return { kind: 'holder', holder: legalPerson };
    }
    case 'CONTRACT':
      return isUuid(holder) && facts.get(contractShelf, holder)
        ? { kind: 'holder', holder }
        : refused('NOT_FOUND', {}, '/holder');
    case 'PROJECT':
      return holderOfMatter(facts, per, holder, '/holder');
    case 'PROGRAMME':
      // General controls count each programme for itself.
      if (holder === programmeCode || isControls) return { kind: 'holder', holder };
      return refused('HOLDER_NOT_OF_LIMIT', { ...named, holder, expected: programmeCode }, '/holder');
  }
}

/** The one window that the limit has for this holder now; null where each year is one. */
function windowOf(facts: Facts, { window, account }: Limit, holder: string, today: Day): string | null {
  if (window.kind === 'YEAR') return null;
  if (window.kind === 'LIFETIME') return 'LIFETIME';
  const first = facts.get(firstYearShelf, firstYearIdOf(account, holder))?.firstYear ?? yearOf(today);
  return `${first}+${window.years}`;
}
