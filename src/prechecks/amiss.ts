// What is wrong with a question, field by field. Pure, on gathered facts.
import type { FieldProblem } from '../http/problem.js';

function refuseFields(fields: readonly FieldProblem[]): void {
  const [first] = fields;
  if (first?.code === 'NOT_FOUND') throw new Problem('NOT_FOUND', {}, [first]);
  if (first) throw new Problem('VALIDATION_FAILED', {}, fields);
}

/** Providers and facilities that the book has not, or of which one is not the other's. */
function namedAmiss(facts: Facts, body: Body): FieldProblem[] {
  const unknown = namedIn(body).flatMap(({ pointer, providerId, facilityId }): FieldProblem[] => {
    if (providerId !== undefined && !facts.get(providerShelf, providerId))
      return [{ pointer: `${pointer}/providerId`, code: 'NOT_FOUND' }];
    if (facilityId !== undefined && !facts.get(facilityShelf, facilityId))
      return [{ pointer: `${pointer}/facilityId`, code: 'NOT_FOUND' }];
    return [];
  });
  if (unknown.length > 0) return unknown;
  const facility = (id: string | undefined): FacilityRow | undefined => (id === undefined ? undefined : facts.get(facilityShelf, id));
  const strangers = (pointer: string, ids: readonly (string | undefined)[], providerId: string | undefined): FieldProblem[] => {
    const owner = providerId ?? ids.map(facility).find((row) => row !== undefined)?.providerId;
    return ids.flatMap((id, i) => {
      const row = facility(id);
      return row === undefined || row.providerId === owner
        ? []
        : [{ pointer: pointer.replace('*', String(i)), code: 'FACILITY_NOT_OF_PROVIDER' as const }];
    });
  };
  const { contract, fees = [] } = body;
  return [
    ...strangers('/contract/lines/*/facilityId', contract?.lines?.map(({ facilityId }) => facilityId) ?? [], contract?.providerId),
    ...fees.flatMap((fee, i) => strangers(`/fees/${i}/facilityId`, [fee.facilityId], fee.providerId)),
  ];
}

function linesAmiss({ contract, fees = [] }: Body): FieldProblem[] {
  const lineAmiss = ({ gross, vat }: Pick<Line, 'gross' | 'vat'>, pointer: string, name = 'gross'): FieldProblem[] => {
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

function periodAmiss({ settledOn, usedFrom = settledOn, usedTo = usedFrom }: NonNullable<Body['fees']>[number], pointer: string) {
  if (usedTo >= usedFrom) return [];
  return [{ pointer, code: 'PERIOD_ENDS_BEFORE_START' as const, params: { from: usedFrom, to: usedTo } }];
}

/** Predicates and programmes that are named and that no published version has. */
function wordsAmiss(versions: readonly Published[], { predicates, mattersFor }: Body): FieldProblem[] {
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

function fenOf(yuan: string): Fen {
  const fen = parseYuan(yuan);
  if (fen === null) throw new Error('the schema let an amount through that is none');
  return fen;
}
