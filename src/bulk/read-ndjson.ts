import type { Row } from './file.js';
import { FileUnreadable, longestRow } from './file.js';

/** One row per line that is not blank. A line may end with CR LF. */
export async function* readNdjson(text: AsyncIterable<string>): AsyncGenerator<readonly Row[]> {
  let rest = '';
  let line = 0;
  for await (const part of text) {
    const whole = rest === '' ? part : rest + part;
    const rows: Row[] = [];
    let from = 0;
    for (let to = whole.indexOf('\n'); to >= 0; to = whole.indexOf('\n', from)) {
      line += 1;
      if (to - from > longestRow) throw tooLong(line);
      add(rows, line, whole.slice(from, to));
      from = to + 1;
    }
    rest = whole.slice(from);
    if (rest.length > longestRow) throw tooLong(line + 1);
    if (rows.length > 0) yield rows;
  }
  const rows: Row[] = [];
  add(rows, line + 1, rest);
  yield rows;
}

function add(rows: Row[], line: number, text: string): void {
  const raw = text.trim();
  if (raw !== '') rows.push({ line, raw });
}

const tooLong = (line: number): FileUnreadable =>
  new FileUnreadable('BULK_ROW_TOO_LONG', { line: String(line), limit: String(longestRow) });
