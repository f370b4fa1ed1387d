// What a zip holds (xlsx, docx, OFD), weighed before anything of it is trusted: by what it states of its parts, then by inflating each of
// them once, for what is stated may be false.
import { buffer } from 'node:stream/consumers';
import type { Entry, ZipFile } from 'yauzl';
import { openPromise } from 'yauzl';
import type { FileFormat } from '../../schemas/evidence-files.js';
import { FileRefused } from './formats.js';

const mib = 1024 * 1024;
export const zipBounds = {
  entries: 2_000,
  /** Of all parts, inflated. */
  total: 128 * mib,
  /** Inflated to packed, for parts above 1 MiB: sheets of rows that repeat reach 30. */
  ratio: 150,
  /** Parts that are read to know what the file is. */
  read: mib,
} as const;

const bomb = (zh: string, en: string): FileRefused => new FileRefused('EVIDENCE_ZIP_UNSAFE', { zh, en });
const unsound = (): FileRefused => bomb('压缩结构损坏或有隐藏内容', 'its structure is broken, or hides something');

/**
 * What a zip is, null for one that is none of ours. Throws FileRefused (EVIDENCE_ZIP_UNSAFE) for too many or too large parts, a ratio
 * that only a bomb has, parts that overlap or lie hidden between others, names that lead out of the folder, encryption, and macros.
 */
export async function weighZip(file: string): Promise<FileFormat | null> {
  let zip: ZipFile;
  try {
    zip = await openPromise(file, { autoClose: false });
  } catch {
    throw unsound();
  }
  try {
    return await weigh(zip);
  } catch (error) {
    // Names that lead out of the folder are refused by the unzipper itself.
    throw error instanceof FileRefused ? error : unsound();
  } finally {
    zip.close();
  }
}

async function weigh(zip: ZipFile): Promise<FileFormat | null> {
  if (zip.entryCount > zipBounds.entries)
    throw bomb(`文件数超过 ${zipBounds.entries}`, `it holds more than ${zipBounds.entries} parts`);
  const entries = new Map<string, Entry>();
  let total = 0;
  for await (const entry of zip.eachEntry()) {
    const { fileName, compressedSize, uncompressedSize } = entry;
    const name = fileName.toLowerCase();
    if (entries.has(name) || fileName.split('/').includes('..') || /^[/\\]|^[a-z]:|\\/i.test(fileName)) throw unsound();
    entries.set(name, entry);
    total += uncompressedSize;
    if (total > zipBounds.total)
      throw bomb(`解压后超过 ${zipBounds.total / mib} MiB`, `it inflates to more than ${zipBounds.total / mib} MiB`);
    if (uncompressedSize > mib && uncompressedSize / Math.max(compressedSize, 1) > zipBounds.ratio) {
      throw bomb(`压缩比超过 ${zipBounds.ratio}`, `a part inflates more than ${zipBounds.ratio} times`);
    }
    if (entry.isEncrypted()) throw bomb('内容已加密', 'it is encrypted');
    if (/(^|\/)(vbaproject|vbadata)|(^|\/)(activex|macrosheets|dialogsheets)\//.test(name)) throw macros();
  }
  const read = new Map<string, string>();
  let end = 0;
  for (const [name, entry] of [...entries].sort(
    ([, a], [, b]) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader,
  )) {
    // Between two parts there may stand the sizes of the first: 12 to 24 bytes.
    if (entry.relativeOffsetOfLocalHeader < end || entry.relativeOffsetOfLocalHeader > end + 24) throw unsound();
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    end = fileDataStart + entry.compressedSize;
    const stream = await zip.openReadStreamPromise(entry);
    if (['[content_types].xml', 'ofd.xml'].includes(name)) {
      if (entry.uncompressedSize > zipBounds.read) throw unsound();
      read.set(name, (await buffer(stream)).toString('utf8'));
    } else {
      for await (const _ of stream) {
        // Its length is held against what the entry states.
      }
    }
  }
  return formatIn(read);
}

const macros = (): FileRefused => bomb('含有宏或控件，请另存为不含宏的文件', 'it holds macros or controls: save it without them');

function formatIn(read: ReadonlyMap<string, string>): FileFormat | null {
  if (/http:\/\/www\.ofdspec\.org\//.test(read.get('ofd.xml') ?? '')) return 'OFD';
  const types = read.get('[content_types].xml') ?? '';
  if (/macroEnabled/i.test(types)) throw macros();
  if (types.includes('spreadsheetml.sheet.main+xml')) return 'XLSX';
  return types.includes('wordprocessingml.document.main+xml') ? 'DOCX' : null;
}
