/** Files for bulk tests, how they are sent, and what is read back. Not a test itself. */
import { Readable } from 'node:stream';
import type { Answer, Caller } from '../service.js';
import type { Trade, TradeContract } from '../usage/world.js';
import { nextInvoiceNo } from '../usage/world.js';

export const types = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const;
export type Format = keyof typeof types;

export const usageHeader = [
  'invoiceNo',
  'contractId',
  'issuedOn',
  'usageFrom',
  'usageTo',
  'net',
  'vat',
  'gross',
  'contractLineNo',
  'quantity',
  'lineNet',
  'lineVat',
  'lineGross',
];

export interface Invoice {
  invoiceNo: string;
  contractId: string;
  issuedOn: string;
  usageFrom: string;
  usageTo: string;
  net: string;
  vat: string;
  gross: string;
  lines: { contractLineNo: number; quantity: string; net: string; vat: string; gross: string }[];
}

/** A right invoice of `lines` lines of 1.00 each. */
export function invoiceOf(contract: TradeContract, of: Partial<Invoice> & { lineCount?: number } = {}): Invoice {
  const { lineCount = 1, ...more } = of;
  const total = `${lineCount}.00`;
  return {
    invoiceNo: nextInvoiceNo(),
    contractId: contract.contractId,
    issuedOn: '2024-08-01',
    usageFrom: '2024-07-01',
    usageTo: '2024-07-31',
    net: total,
    vat: '0.00',
    gross: total,
    lines: Array.from({ length: lineCount }, () => ({
      contractLineNo: 1,
      quantity: '1',
      net: '1.00',
      vat: '0.00',
      gross: '1.00',
    })),
    ...more,
  };
}

export const ndjson = (invoices: readonly object[]): string => invoices.map((of) => `${JSON.stringify(of)}\n`).join('');
export const rowsOf = (invoices: readonly Invoice[]): string[][] =>
  invoices.flatMap(({ lines, ...head }) =>
    lines.map((line) => [...Object.values(head), String(line.contractLineNo), line.quantity, line.net, line.vat, line.gross]),
  );
export const csv = (rows: readonly (readonly string[])[], header: readonly string[] = usageHeader): string =>
  [header, ...rows]
    .map((row) => `${row.map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`)
    .join('');

export interface Sent {
  kind?: 'usage-invoices' | 'contracts';
  format?: Format;
  key?: string;
  query?: string;
  headers?: Record<string, string>;
}

/** Uploads a file, as a stream of the chunks given. */
export async function upload(
  trade: Trade,
  who: Caller,
  file: string | Buffer | readonly Buffer[],
  of: Sent = {},
): Promise<Answer> {
  const { kind = 'usage-invoices', format = 'ndjson', query = '' } = of;
  const response = await trade.app.inject({
    method: 'POST',
    url: `/v1/books/${trade.book.code}/bulk-jobs/${kind}${query}`,
    headers: {
      authorization: `Bearer ${who.secret}`,
      'content-type': types[format],
      ...(of.key === undefined ? {} : { 'idempotency-key': of.key }),
      ...of.headers,
    },
    payload: Readable.from(typeof file === 'string' || Buffer.isBuffer(file) ? [Buffer.from(file)] : file),
  });
  return { status: response.statusCode, body: JSON.parse(response.body) as unknown, headers: response.headers };
}

/** Downloads what was refused. */
export async function download(trade: Trade, who: Caller, jobId: string, headers: Record<string, string> = {}): Promise<Buffer> {
  const response = await trade.app.inject({
    method: 'GET',
    url: `/v1/books/${trade.book.code}/bulk-jobs/${jobId}/refused-file`,
    headers: { authorization: `Bearer ${who.secret}`, ...headers },
  });
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.rawPayload;
}

/** How many invoices and lines there are, and how many holds stand behind which claims. */
export async function posted(
  trade: Trade,
): Promise<{ invoices: number; lines: number; conflicts: number; claims: number; holders: number }> {
  const [row] = await trade.db.sql<{ invoices: number; lines: number; conflicts: number; claims: number; holders: number }[]>`
    select (select count(*)::int from usage_invoices) as invoices,
           (select count(*)::int from usage_invoice_lines) as lines,
           (select count(*)::int from usage_invoices where number_conflict) as conflicts,
           (select count(*)::int from invoice_claims) as claims,
           (select coalesce(sum(holders), 0)::int from invoice_claims) as holders`;
  if (!row) throw new Error('nothing was counted');
  return row;
}
