// What is wrong with a document, told at the column or pointer that its sender looks at.
import type { BulkLineError } from '../../db/tables.js';
import type { BulkKind } from '../../schemas/bulk.js';
import { fieldProblems } from '../http/problem.js';
import type { Refused } from '../ledger/lane.js';
import type { Layout } from './columns.js';
import { cut, layoutOf, pathOf, placeOf, textAt } from './columns.js';
import type { Document } from './file.js';
import type { RefusedLine } from './rules.js';
import { refusedLinesOf } from './rules.js';

/** Explains the documents of one file; `columns` are its own names of them, null for NDJSON. */
export class Explainer {
  readonly #layout: Layout | null;

  constructor(kind: BulkKind, columns: readonly string[] | null) {
    const read = columns && layoutOf(kind, columns);
    this.#layout = read?.kind === 'layout' ? read.layout : null;
  }

  /** What the reader found, before the document was looked at by the verb. */
  malformed(document: Document): RefusedLine[] {
    const errors = document.issues.flatMap(({ row, column, value, told }) => {
      const problems =
        'keyword' in told ? fieldProblems(told) : [{ pointer: told.pointer, code: told.code, params: told.params }];
      return problems.map(({ pointer, code, params = {} }) => {
        const field = this.#layout ? (this.#layout.names[column] ?? '') : pointer;
        return { row, error: { field, value, code, params } };
      });
    });
    return refusedLinesOf(document, errors);
  }

  /** What the verb refused. */
  refused(document: Document, { code, params, pointer }: Refused): RefusedLine[] {
    const path = pathOf(pointer ?? '');
    if (!this.#layout) {
      const error: BulkLineError = {
        field: pointer ?? '',
        value: path.length > 0 ? textAt(document.body, path) : '',
        code,
        params,
      };
      return refusedLinesOf(document, [{ row: 0, error }]);
    }
    const { row, column } = path.length > 0 ? placeOf(this.#layout, path) : { row: 0, column: -1 };
    const cells = JSON.parse(document.raws[row] ?? '[]') as readonly string[];
    const field = this.#layout.names[column] ?? '';
    // A sentence that names the place names it as the sender knows it.
    const named = params['field'] === pointer && field !== '' ? { ...params, field } : params;
    const error: BulkLineError = { field, value: cut(cells[column] ?? ''), code, params: named };
    return refusedLinesOf(document, [{ row, error }]);
  }
}
