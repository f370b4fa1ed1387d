// Every column in which a book keeps something sealed, and what binds a value to its row.
import { identityContext, identityShelf } from '../access/facts.js';
import type { Shelf } from '../ledger/facts.js';
import { objectionShelf } from '../notices/facts.js';
import { objectionContext } from '../notices/rules.js';
import { payeeAccountShelf } from '../payees/facts.js';
import { accountContext } from '../payees/rules.js';
import { secretContext } from '../webhooks/endpoints.js';
import { webhookShelf } from '../webhooks/facts.js';

/** A sealed value under the key that seals now. `fingerprinted`: what must come out of it, so that none is put in another's place. */
export type Again = (
  sealed: string,
  context: string,
  fingerprinted?: { readonly of: (plain: string) => string; readonly is: string },
) => string;

export interface SealedFields<Row extends object> {
  readonly shelf: Shelf<Row>;
  readonly columns: readonly (keyof Row & string)[];
  readonly again: (row: Row, again: Again) => Row;
}

const fields = <Row extends object>(of: SealedFields<Row>): SealedFields<Row> => of;

export const payeeAccountFields = fields({
  shelf: payeeAccountShelf,
  columns: ['accountNoSealed'],
  again: (row, again) => ({
    ...row,
    accountNoSealed: again(row.accountNoSealed, accountContext(row), { of: (plain) => plain, is: row.accountFingerprint }),
  }),
});

export const identityFields = fields({
  shelf: identityShelf,
  columns: ['sealed'],
  again: (row, again) => ({
    ...row,
    sealed: again(row.sealed, identityContext(row), { of: (plain) => `${row.kind} ${plain}`, is: row.fingerprint }),
  }),
});

export const objectionFields = fields({
  shelf: objectionShelf,
  columns: ['nameSealed', 'contactSealed'],
  again: (row, again) => ({
    ...row,
    nameSealed: again(row.nameSealed, objectionContext(row.bookId, row.noticeId, 'name')),
    contactSealed: again(row.contactSealed, objectionContext(row.bookId, row.noticeId, 'contact')),
  }),
});

export const webhookFields = fields({
  shelf: webhookShelf,
  columns: ['secretSealed', 'previousSealed'],
  again: (row, again) => ({
    ...row,
    secretSealed: again(row.secretSealed, secretContext(row.bookId)),
    previousSealed: row.previousSealed === null ? null : again(row.previousSealed, secretContext(row.bookId)),
  }),
});

/** What ends within twelve hours, with its session or on the way to an issuer, is not sealed anew: an earlier key opens it until then. */
const passing = ['sessions.address_sealed', 'issuer_flows.sealed'];

/** `table.column`, in order: what the catalogue of the database is held against. */
export const sealedColumns: readonly string[] = [
  ...columnsOf(payeeAccountFields),
  ...columnsOf(identityFields),
  ...columnsOf(objectionFields),
  ...columnsOf(webhookFields),
  'credentials.totp_sealed',
  'credentials.totp_next_sealed',
  ...passing,
].sort();

function columnsOf<Row extends object>({ shelf, columns }: SealedFields<Row>): string[] {
  return columns.map((property) => `${shelf.name}.${shelf.columns.find((of) => of.property === property)?.name ?? property}`);
}
