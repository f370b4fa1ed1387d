// The general controls of a book laid over its programmes: limits, conditions and stacking rules that hold whatever a programme
// gives (text B, 九). Pure.
import type { Citation, Clause, Law, Limit, Predicate, ProgrammeVersion, StackingRule } from './language.js';
import { lawOn } from './language.js';

const laid = new WeakMap<ProgrammeVersion, Map<string, ProgrammeVersion>>();
const names = new WeakMap<ProgrammeVersion, string>();
let named = 0;

/** A name for a version as this process holds it. */
function nameOf(version: ProgrammeVersion): string {
  let name = names.get(version);
  if (name === undefined) names.set(version, (name = String(++named)));
  return name;
}

/**
 * The version as it holds under these controls, which are in force on the day that decides: their conditions and papers after its own, their
 * limits and stacking rules after its own, each by the name it has among the controls, so that all programmes count against one.
 * Without controls the version itself; for the same ones always the same object.
 */
export function underControls(version: ProgrammeVersion, controls: readonly ProgrammeVersion[]): ProgrammeVersion {
  if (controls.length === 0) return version;
  const known = laid.get(version) ?? new Map<string, ProgrammeVersion>();
  laid.set(version, known);
  const key = controls.map(nameOf).join(' ');
  let over = known.get(key);
  if (over === undefined) known.set(key, (over = controls.reduce(layOver, version)));
  return over;
}

function layOver(version: ProgrammeVersion, controls: ProgrammeVersion): ProgrammeVersion {
  const prefix = controls.programme;
  // Two texts may call different things by one name.
  const cite = (of: Citation): Citation => ({ ...of, document: `${prefix}/${of.document}` });
  const own = new Set([
    ...version.eligibility.map(({ id }) => id),
    ...version.laws.flatMap((law) => [...law.limits, ...law.stacking].map(({ id }) => id)),
  ]);
  const id = (name: string): string => (own.has(name) ? `${prefix}/${name}` : name);
  const cited = <Rule extends Predicate | Limit | StackingRule | Clause>(rule: Rule): Rule => ({
    ...rule,
    id: id(rule.id),
    cite: cite(rule.cite),
  });
  const merged = (law: Law, over: Law): Law => ({
    ...law,
    from: law.from > over.from ? law.from : over.from,
    beneficiaryKinds: kindsOf(law, over, cite),
    limits: [...law.limits, ...over.limits.map(cited)],
    stacking: [...law.stacking, ...over.stacking.map(cited)],
  });
  const days = [...new Set([...version.laws, ...controls.laws].map(({ from }) => from))].sort();
  const [first, ...later] = days.map((day) => merged(lawOn(version, day), lawOn(controls, day)));
  if (first === undefined) throw new Error('a version without a first law');
  return {
    ...version,
    documents: {
      ...version.documents,
      ...Object.fromEntries(Object.entries(controls.documents).map(([key, document]) => [`${prefix}/${key}`, document])),
    },
    eligibility: [...version.eligibility, ...controls.eligibility.map(cited)],
    materials: [...version.materials, ...controls.materials.map((of) => ({ ...of, cite: cite(of.cite) }))],
    clauses: [...version.clauses, ...controls.clauses.map(cited)],
    laws: [first, ...later],
  };
}

/** Whom both support. */
function kindsOf(law: Law, over: Law, cite: (of: Citation) => Citation): Law['beneficiaryKinds'] {
  if (over.beneficiaryKinds === null) return law.beneficiaryKinds;
  const { value } = over.beneficiaryKinds;
  const kinds = law.beneficiaryKinds?.value.filter((kind) => value.includes(kind)) ?? value;
  return { value: kinds, cite: cite(over.beneficiaryKinds.cite) };
}
