import type { Tx } from '../../db/client.js';
import type { ContractLine, ProgrammeVersion as VersionRow } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import type { Fen } from '../money.js';
import { isRead, programmeOf } from '../programmes/published.js';

/** A published version; its text is left out where this process has read it before. */
export type Published = Pick<
  VersionRow,
  | 'programmeVersionId'
  | 'programmeCode'
  | 'version'
  | 'kind'
  | 'legalStatus'
  | 'status'
  | 'document'
  | 'digest'
  | 'inForceFrom'
  | 'inForceTo'
>;

/** Every published version of a book in order of code and version. */
export async function publishedVersions({ sql }: Pick<Tx, 'sql'>, bookId: string): Promise<readonly Published[]> {
  const rows = await sql.prepared<Published[]>(
    `select programme_version_id as "programmeVersionId", programme_code as "programmeCode", version, kind, legal_status as "legalStatus",
            status, '' as document, digest, in_force_from as "inForceFrom", in_force_to as "inForceTo"
       from programme_versions where book_id = $1 order by programme_code, version`,
    [bookId],
  );
  const unread = rows.filter(({ digest }) => !isRead(digest)).map(({ programmeVersionId }) => programmeVersionId);
  if (unread.length === 0) return rows;
  const texts = await sql.prepared<{ id: string; document: string }[]>(
    `select programme_version_id as id, document from programme_versions where book_id = $1 and programme_version_id = any($2::uuid[])`,
    [bookId, unread],
  );
  const textOf = new Map(texts.map(({ id, document }) => [id, document]));
  const whole = rows.map((row) => ({ ...row, document: textOf.get(row.programmeVersionId) ?? '' }));
  // Read now, whether anybody asks for it or not, so that no text is sent twice.
  for (const row of whole) if (row.document !== '') programmeOf(row);
  return whole;
}

/** What was settled of one line of a contract, for one period of use, on one day; amounts in fen. */
export interface Settled {
  readonly contractId: string;
  readonly contractLineId: ContractLine['contractLineId'];
  readonly usedFrom: Day;
  readonly usedTo: Day;
  readonly settledOn: Day;
  readonly netFen: Fen;
  readonly vatFen: Fen;
  readonly grossFen: Fen;
}

/**
 * What an enterprise's legal person has paid in full within a year, its branches too, on confirmed lines that no voucher has paid for
 * and no live application for reimbursement holds; nothing when `only` names another legal person. The day of the last payment settles
 * an invoice. Alike lines are summed up, so that a year of many invoices stays a few rows.
 */
export const settledFees = (
  { sql }: Pick<Tx, 'sql'>,
  of: { bookId: string; enterpriseId: string; year: number; only: string | null },
): Promise<Settled[]> =>
  sql.prepared<Settled[]>(
    `select i.contract_id as "contractId", l.contract_line_id as "contractLineId", i.usage_from as "usedFrom", i.usage_to as "usedTo",
            p.settled_on as "settledOn", sum(l.net_fen)::bigint as "netFen", sum(l.vat_fen)::bigint as "vatFen",
            sum(l.gross_fen)::bigint as "grossFen"
       from enterprises asks
       cross join lateral (select * from enterprises e where e.book_id = asks.book_id and e.legal_person_uscc = asks.legal_person_uscc
                           offset 0) e
       cross join lateral (select contract_id from contracts c where c.book_id = e.book_id and c.enterprise_id = e.enterprise_id offset 0) c
       cross join lateral (select * from usage_invoices i
                            where i.book_id = e.book_id and i.contract_id = c.contract_id and i.status = 'CONFIRMED'
                              and i.redemption_id is null and i.paid_fen = i.gross_fen offset 0) i
       cross join lateral (select max(p.paid_on) as settled_on from enterprise_payments p
                            where p.book_id = i.book_id and p.invoice_id = i.invoice_id) p
       cross join lateral (select * from usage_invoice_lines l
                            where l.book_id = i.book_id and l.invoice_id = i.invoice_id
                              and not exists (select from reimbursement_lines r
                                               where r.book_id = i.book_id and r.invoice_id = i.invoice_id and r.is_live
                                                 and (r.invoice_line_id is null or r.invoice_line_id = l.invoice_line_id))
                           offset 0) l
      where asks.book_id = $1 and asks.enterprise_id = $2 and ($5::text is null or asks.legal_person_uscc = $5)
        and p.settled_on between $3::date and $4::date
      group by 1, 2, 3, 4, 5
      order by 1, 2, 3, 4, 5`,
    [of.bookId, of.enterpriseId, `${of.year}-01-01`, `${of.year}-12-31`, of.only],
  );
