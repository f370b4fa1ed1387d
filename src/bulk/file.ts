// What a file is on its way from bytes to documents: rows, and the one thing that ends a file early.
import { hash } from 'node:crypto';
import type { BulkFormat, BulkKind } from '../../schemas/bulk.js';

/** A row of the file. `raw` is kept when it is refused, and is what the digest is over. */
export interface Row {
  /** Counted from 1, the header included. */
  readonly line: number;
  /** NDJSON: the line as it stands. CSV and xlsx: the cells of the known columns, as a JSON array of texts. */
  readonly raw: string;
  /** CSV and xlsx: those cells. */
  readonly cells?: readonly string[];
  /** Wrong before anybody looks at what it says: too many cells, say. */
  readonly broken?: { readonly code: string; readonly params: Readonly<Record<string, string>>; readonly column: number };
}

/** Batches of rows as they come in; empty ones do not matter. */
export type Rows = AsyncIterable<readonly Row[]>;

/** The file cannot be read (on); what was read before stays read. */
export class FileUnreadable extends Error {
  override readonly name = 'FileUnreadable';
  constructor(
    readonly code: string,
    readonly params: Readonly<Record<string, string>> = {},
  ) {
    super(code);
  }
}

/** One thing that is wrong with a row, with our code or as the schema found it. */
export interface Issue {
  /** Which row of the document, from 0. */
  readonly row: number;
  /** Index into the file's columns; −1 where none is meant, or in NDJSON. */
  readonly column: number;
  readonly value: string;
  readonly told:
    | { readonly code: string; readonly params: Readonly<Record<string, string>>; readonly pointer: string }
    | {
        readonly keyword: string;
        readonly instancePath: string;
        readonly message: string;
        readonly params: Record<string, unknown>;
      };
}

/** An invoice or a contract as the file writes it. */
export interface Document {
  /** The line of each of its rows. */
  readonly lines: readonly number[];
  readonly raws: readonly string[];
  /** Lines of the invoice or contract itself: what it weighs in a slice. */
  readonly weight: number;
  /** The body that the schema let through; null when there are issues. */
  readonly body: object | null;
  readonly issues: readonly Issue[];
}

export interface FileSlice {
  readonly documents: readonly Document[];
  /** The digest of everything before its first document, … */
  readonly before: string;
  /** The line after its last row, and the digest of everything before that line. */
  readonly nextLine: number;
  readonly digest: string;
  readonly end: boolean;
}

/** What the reader of a file is told at its start. */
export interface FileSpec {
  readonly kind: BulkKind;
  readonly format: BulkFormat;
  /** Where an xlsx file is put while it is read. Made and removed by whoever starts the reader. */
  readonly folder: string;
}

/** A row longer than this ends the file: nobody is asked to hold it. */
export const longestRow = 1024 * 1024;
/** Rows of one document; what goes beyond is refused, and never held. */
export const mostRows = 1_000;

/**
 * The digest of a file goes from document to document, SHA-256 (hex) over the digest before and the document's rows: so it
 * is the same wherever the slices of an upload ended.
 */
export const chained = (digest: string, raws: readonly string[]): string =>
  hash('sha256', `${digest}\n${raws.join('\n')}\n`, 'hex');
