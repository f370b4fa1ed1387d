// What the applications would be about. Of an enterprise of the book: its matters on record, as when it applies. Of one that is described
// they are words, which say what is the same and what is not, and no account of the ledger goes by them.
import type { Enterprise as EnterpriseRow } from '../../db/tables.js';
import { namedMatters } from '../applications/rules.js';
import { Problem } from '../http/problem.js';
import type { Facts } from '../ledger/facts.js';
import { ownMatters } from '../legal-persons/matters.js';
import type { Matter } from '../programmes/language.js';
import type { Body } from './bought.js';
import type { Said } from './fit.js';

type Matters = Said['matters'];

const namings = ({ matters, mattersFor }: Body): { pointer: string; code: string | null; named: Matters }[] => [
  { pointer: '/matters', code: null, named: namedMatters(matters) },
  ...Object.entries(mattersFor).map(([code, of]) => ({ pointer: `/mattersFor/${code}`, code, named: namedMatters(of) })),
];

/** Every matter that is named, whatever for: what has to be gathered of an enterprise of the book. */
export const mattersNamed = (body: Body): [kind: Matter, code: string][] =>
  namings(body).flatMap(({ named }) => Object.entries(named) as [Matter, string][]);

/** For all programmes, and for single ones. Refuses MATTER_NOT_FOUND, for another's matter exactly as for one that is not there. */
export function aboutOf(facts: Facts, enterprise: EnterpriseRow | undefined, body: Body): Pick<Said, 'matters' | 'mattersFor'> {
  const read = namings(body).map(({ pointer, code, named }): [string | null, Matters] => {
    if (!enterprise) return [code, Object.fromEntries(Object.entries(named).map(([kind, name]) => [kind, `?${kind}:${name}`]))];
    const own = ownMatters(facts, { legalPersonUscc: enterprise.legalPersonUscc, matters: named }, pointer);
    if (own.kind === 'read') return [code, own.matters];
    const { params } = own;
    throw new Problem('MATTER_NOT_FOUND', params, [{ pointer: own.pointer ?? pointer, code: 'MATTER_NOT_FOUND', params }]);
  });
  return {
    matters: read.find(([code]) => code === null)?.[1] ?? {},
    mattersFor: Object.fromEntries(read.flatMap(([code, of]) => (code === null ? [] : [[code, of]]))),
  };
}
