// Builds a month that is shut: looks for what stands in its way, makes its canonical data and its pack. Reads in short slices from what is at or
// before the cut-off, writes nothing but files of its own, and comes to the same whenever it is done again.
import path from 'node:path';
import type { Database } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { astray, obstaclesOf } from './checks.js';
import { headingOf, makeData } from './make-data.js';
import { packFiles } from './pack-files.js';
import { Spool, writePack } from './pack.js';
import { shutEntry } from './rules.js';
import { Parties } from './parties.js';
import type { Party, Progress, Result } from './queries.js';
import { PayeeSheets } from './payee-sheets.js';
import { spanOf } from '../ledger/months.js';

export interface Building {
  readonly bookId: string;
  readonly monthId: string;
  readonly month: string;
  /** Who shut it, by name, and when: for the page of signatures. */
  readonly shutBy: string;
  readonly shutOn: Day;
}

/** What came of it, and where its pack lies. */
export interface Built {
  readonly result: Result;
  readonly parties: readonly Party[];
  readonly file: string;
}

/** `folder` is its own and empty. `onProgress` hears each step as it begins, and how far the entries are read. */
export async function buildMonth(
  db: Database,
  of: Building,
  { folder, onProgress }: { readonly folder: string; readonly onProgress: (progress: Progress) => void },
): Promise<Built> {
  const span = await spanOf(db, { bookId: of.bookId, month: of.month, shutBy: { kind: shutEntry, subjectId: of.monthId } });
  const entriesTotal = span.cutOff - span.from + 1n;
  let entriesDone = 0n;
  const tell = (step: Progress['step']): void => onProgress({ step, entriesDone, entriesTotal });

  tell('CHECK');
  const obstacles = await obstaclesOf(db, span);

  tell('LINES');
  const heading = await headingOf(db, of.bookId);
  const parties = new Parties(db, of.bookId);
  const text = new Spool(path.join(folder, 'month.txt'));
  const lines = new Spool(path.join(folder, 'lines.csv'));
  try {
    const sheets = new PayeeSheets(lines);
    const data = await makeData(db, span, {
      heading,
      parties,
      keep: (piece) => text.add(piece),
      onLines: (slice, upTo) => {
        for (const line of slice) sheets.add(line);
        entriesDone = upTo - span.from + 1n;
        tell('LINES');
      },
      onBalances: (balances) => {
        if (!sheets.hasBalances) tell('BALANCES');
        sheets.addBalances(balances);
      },
    });
    text.flush();
    lines.flush();

    tell('PACK');
    const files = await packFiles(db, { span, heading, data, sheets, parties, folder, shutBy: of.shutBy, shutOn: of.shutOn });
    const { file, packDigest, packBytes } = await writePack(folder, span, files);

    tell('STORE');
    const { lineCount, dataDigest, balancesDigest } = data;
    return {
      result: {
        cutOffSeq: span.cutOff,
        obstacles: [...obstacles, ...astray(data.astray)],
        lineCount,
        dataDigest,
        balancesDigest,
        packDigest,
        packBytes,
      },
      parties: parties.all,
      file,
    };
  } finally {
    text.end();
    lines.end();
  }
}
