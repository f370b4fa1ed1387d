// What is wrong with a question, field by field. Pure, on gathered facts.
import type { FieldProblem } from '../http/problem.js';
import type { Facts } from '../ledger/facts.js';
import { formatYuan } from '../money.js';
import { programmeOf } from '../programmes/published.js';
import { facilityShelf, providerShelf } from '../providers/facts.js';
import type { Body, DescribedLine } from './bought.js';
import { fenOf, namedIn } from './bought.js';
import type { Published } from './queries.js';

/** Every field that is wrong; none when the question can be answered. */
export function amissIn(facts: Facts, versions: readonly Published[], body: Body): FieldProblem[] {
  const unknown = unknownIn(facts, body);
  return unknown.length > 0 ? unknown : [...strangersIn(facts, body), ...linesAmiss(body), ...wordsAmiss(versions, body)];
}

/** Providers and facilities that are named and that the book has not. */
const unknownIn = (facts: Facts, body: Body): FieldProblem[] =>
  namedIn(body).flatMap(({ pointer, providerId, facilityId }): FieldProblem[] => [
    ...(providerId !== undefined && !facts.get(providerShelf, providerId)
      ? [{ pointer: `${pointer}/providerId`, code: 'NOT_FOUND' as const }]
      : []),
    ...(facilityId !== undefined && !facts.get(facilityShelf, facilityId)
      ? [{ pointer: `${pointer}/facilityId`, code: 'NOT_FOUND' as const }]
      : []),
  ]);

/** Facilities that are not the provider's who is named; where none is, all of a contract are of one. */
function strangersIn(facts: Facts, { contract, fees = [] }: Body): FieldProblem[] {
  const ownerOf = (id: string | undefined) => (id === undefined ? undefined : facts.get(facilityShelf, id)?.providerId);
  const strangers = (lines: readonly (readonly [pointer: string, facilityId: string | undefined])[], named?: string) => {
    const providerId = named ?? lines.map(([, id]) => ownerOf(id)).find((owner) => owner !== undefined);
    const provider = providerId === undefined ? undefined : facts.get(providerShelf, providerId);
    return lines
      .filter(([, id]) => id !== undefined && ownerOf(id) !== providerId)
      .map(([pointer]) => ({
        pointer,
        code: 'FACILITY_NOT_OF_PROVIDER' as const,
        params: { provider: provider?.name ?? '' },
      }));
  };
  const ofContract = (contract?.lines ?? []).map(({ facilityId }, i) => [`/contract/lines/${i}/facilityId`, facilityId] as const);
  return [
    ...strangers(ofContract, contract?.providerId),
    ...fees.flatMap((fee, i) => strangers([[`/fees/${i}/facilityId`, fee.facilityId]], fee.providerId)),
  ];
}

function linesAmiss({ contract, fees = [] }: Body): FieldProblem[] {
  const lineAmiss = ({ gross, vat }: Pick<DescribedLine, 'gross' | 'vat'>, pointer: string, name = 'gross'): FieldProblem[] => {
    const [grossFen, vatFen] = [fenOf(gross), fenOf(vat ?? '0.00')];
    if (grossFen === 0n) return [{ pointer: `${pointer}/${name}`, code: 'AMOUNT_ZERO' }];
    if (vatFen <= grossFen) return [];
    return [
      { pointer: `${pointer}/vat`, code: 'VAT_ABOVE_GROSS', params: { vat: formatYuan(vatFen), gross: formatYuan(grossFen) } },
    ];
  };
  return [
    ...(contract?.amount === undefined ? [] : lineAmiss({ gross: contract.amount }, '/contract', 'amount')),
    ...(contract?.lines ?? []).flatMap((line, i) => lineAmiss(line, `/contract/lines/${i}`)),
    ...fees.flatMap((fee, i) => [...lineAmiss(fee, `/fees/${i}`), ...periodAmiss(fee, `/fees/${i}/usedTo`)]),
  ];
}

function periodAmiss(
  { settledOn, usedFrom = settledOn, usedTo = usedFrom }: NonNullable<Body['fees']>[number],
  pointer: string,
): FieldProblem[] {
  if (usedTo >= usedFrom) return [];
  return [{ pointer, code: 'PERIOD_ENDS_BEFORE_START', params: { from: usedFrom, to: usedTo } }];
}

/** Predicates and programmes that are named and that no published version has. */
function wordsAmiss(versions: readonly Published[], { predicates, mattersFor }: Body): FieldProblem[] {
  if (Object.keys(predicates).length + Object.keys(mattersFor).length === 0) return [];
  const codes = new Set(versions.map(({ programmeCode }) => programmeCode));
  const ids = new Set(versions.flatMap((row) => programmeOf(row).eligibility.map(({ id }) => id)));
  return [
    ...Object.keys(predicates)
      .filter((id) => !ids.has(id))
      .map((id) => ({
        pointer: `/predicates/${id}`,
        code: 'PREDICATE_UNKNOWN' as const,
        params: { predicate: id, predicates: [...ids].join(', ') || '—' },
      })),
    ...Object.keys(mattersFor)
      .filter((code) => !codes.has(code))
      .map((code) => ({ pointer: `/mattersFor/${code}`, code: 'PROGRAMME_UNKNOWN' as const, params: { programme: code } })),
  ];
}
