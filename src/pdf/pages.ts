// Pages in Chinese as PDF (A4): titles, lines of text and tables that go on over pages, with "page x of y" at the foot. Laid out by hand on pdfkit: a
// table of a thousand rows takes a third of a second. The same content gives the same bytes. The font (Noto Sans SC, under the OFL beside it) is cut
// down to GB 2312 and the standard characters; what it has not is drawn as □ and told.
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as fontkit from 'fontkit';
import PDFDocument from 'pdfkit';

const font = readFileSync(fileURLToPath(new URL('./NotoSansSC.ttf', import.meta.url)));
/** Every character that can be drawn. */
let drawn: ReadonlySet<number> | undefined;
function isDrawn(code: number): boolean {
  if (!drawn) {
    const made = fontkit.create(font);
    drawn = new Set('characterSet' in made ? made.characterSet : []);
  }
  return drawn.has(code);
}

/** What every font has. */
const plain = /^[ -~]*$/;

/** A column of a table: how wide (points), and whether it is an amount, which stands at the right. */
export interface PageColumn {
  readonly header: string;
  readonly width: number;
  readonly isAmount?: boolean;
}

/** Points: an A4 page, and what is left free around. */
const [pageWidth, pageHeight, margin] = [595.28, 841.89, 40];
export const textWidth = pageWidth - 2 * margin;
const bottom = pageHeight - margin - 24;
const tableSize = 7.5;
const rowHeight = 12;

/** How wide a character is, in its size: wide ones are square, the others a little more than half at most. */
const widthOf = (character: string): number => ((character.codePointAt(0) ?? 0) < 0x2e80 ? 0.58 : 1);

/** The text in pieces, none wider than `width` points in this size. */
function wrapped(text: string, width: number, size: number): string[] {
  const pieces: string[] = [];
  let [piece, left] = ['', width / size];
  for (const character of text) {
    const wide = widthOf(character);
    if (wide > left && piece !== '') {
      pieces.push(piece);
      [piece, left] = ['', width / size];
    }
    piece += character;
    left -= wide;
  }
  return [...pieces, piece];
}

export class Pages {
  readonly #document: PDFKit.PDFDocument;
  readonly #bytes: Promise<Buffer>;
  readonly #missing = new Set<string>();
  #y = margin;

  /** `at` is the moment that the file says it was made at. */
  constructor(of: { readonly title: string; readonly at: Date }) {
    this.#document = new PDFDocument({
      size: 'A4',
      margin: 0,
      bufferPages: true,
      info: {
        Title: of.title,
        Creator: 'compute-voucher-ledger',
        Producer: 'compute-voucher-ledger',
        CreationDate: of.at,
        ModDate: of.at,
      },
    });
    this.#document.registerFont('text', font).font('text');
    this.#bytes = buffer(this.#document);
    // Who awaits the bytes meets what goes wrong.
    this.#bytes.catch(() => undefined);
  }

  /** Characters that were to be drawn and could not be, in order. */
  get missing(): readonly string[] {
    return [...this.#missing].sort();
  }

  title(text: string): this {
    this.#draw(text, { x: margin, size: 16, width: textWidth, align: 'center' });
    this.#y += 28;
    return this;
  }

  heading(text: string): this {
    this.#room(40);
    this.#y += 8;
    this.#draw(text, { x: margin, size: 11 });
    this.#y += 18;
    return this;
  }

  /** Lines of text, wrapped to the page. */
  text(...lines: readonly string[]): this {
    for (const piece of lines.flatMap((line) => wrapped(line, textWidth, 9))) {
      this.#room(15);
      this.#draw(piece, { x: margin, size: 9 });
      this.#y += 15;
    }
    return this;
  }

  gap(points: number): this {
    this.#y += points;
    return this;
  }

  /** A table; its head stands on every page that it goes over. What is too wide for its column takes a further line. */
  table(columns: readonly PageColumn[], rows: Iterable<readonly string[]>): this {
    const head = (): void => {
      this.#row(
        columns,
        columns.map(({ header }) => header),
      );
      this.#document
        .moveTo(margin, this.#y)
        .lineTo(pageWidth - margin, this.#y)
        .lineWidth(0.5)
        .stroke();
      this.#y += 3;
    };
    this.#room(4 * rowHeight);
    head();
    for (const row of rows) {
      if (this.#y + rowHeight > bottom) {
        this.#turn();
        head();
      }
      this.#row(columns, row);
    }
    return this;
  }

  /** Numbers the pages; the whole file. */
  async end(): Promise<Buffer> {
    const { count } = this.#document.bufferedPageRange();
    for (let page = 0; page < count; page++) {
      this.#document.switchToPage(page);
      this.#y = pageHeight - margin;
      this.#draw(`第 ${page + 1} 页 共 ${count} 页`, { x: margin, size: 8, width: textWidth, align: 'center' });
    }
    this.#document.end();
    return this.#bytes;
  }

  #row(columns: readonly PageColumn[], row: readonly string[]): void {
    // An amount is never parted.
    const cells = columns.map(({ width, isAmount = false }, i) =>
      isAmount ? [row[i] ?? ''] : wrapped(row[i] ?? '', width - 4, tableSize),
    );
    const height = Math.max(...cells.map(({ length }) => length)) * rowHeight;
    if (this.#y + height > bottom) this.#turn();
    const top = this.#y;
    let x = margin;
    for (const [i, { width, isAmount = false }] of columns.entries()) {
      for (const [line, piece] of (cells[i] ?? []).entries()) {
        this.#y = top + line * rowHeight;
        if (piece !== '')
          this.#draw(piece, { x, size: tableSize, ...(isAmount ? { width: width - 4, align: 'right' as const } : {}) });
      }
      x += width;
    }
    this.#y = top + height;
  }

  #draw(text: string, of: { x: number; size: number; width?: number; align?: 'center' | 'right' }): void {
    const shown = plain.test(text)
      ? text
      : Array.from(text, (character) => {
          if (isDrawn(character.codePointAt(0) ?? 0)) return character;
          this.#missing.add(character);
          return '□';
        }).join('');
    this.#document.fontSize(of.size);
    const room = of.width === undefined ? 0 : of.width - this.#document.widthOfString(shown);
    const x = of.align === undefined ? of.x : of.x + (of.align === 'center' ? room / 2 : room);
    this.#document.text(shown, x, this.#y, { lineBreak: false });
  }

  #room(points: number): void {
    if (this.#y + points > bottom) this.#turn();
  }

  #turn(): void {
    this.#document.addPage();
    this.#y = margin;
  }
}
