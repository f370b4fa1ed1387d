// What a file may be, what it is said to be, and by what name it is kept. Pure.
import type { FileFormat } from '../../schemas/evidence-files.js';
import type { Params, Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';

interface Format {
  readonly mediaType: string;
  readonly extensions: readonly string[];
  /** What its sender may call it beside that. */
  readonly alsoSaid: readonly string[];
}
const office = 'application/vnd.openxmlformats-officedocument';
export const formats: Readonly<Record<FileFormat, Format>> = {
  PDF: { mediaType: 'application/pdf', extensions: ['pdf'], alsoSaid: [] },
  OFD: { mediaType: 'application/ofd', extensions: ['ofd'], alsoSaid: ['application/zip'] },
  XML: { mediaType: 'application/xml', extensions: ['xml'], alsoSaid: ['text/xml'] },
  JPEG: { mediaType: 'image/jpeg', extensions: ['jpg', 'jpeg'], alsoSaid: [] },
  PNG: { mediaType: 'image/png', extensions: ['png'], alsoSaid: [] },
  XLSX: { mediaType: `${office}.spreadsheetml.sheet`, extensions: ['xlsx'], alsoSaid: [] },
  DOCX: { mediaType: `${office}.wordprocessingml.document`, extensions: ['docx'], alsoSaid: [] },
  CSV: { mediaType: 'text/csv', extensions: ['csv'], alsoSaid: ['text/plain'] },
  TXT: { mediaType: 'text/plain', extensions: ['txt'], alsoSaid: [] },
};
const taken = Object.keys(formats) as FileFormat[];
/** Says nothing of what it is: the name must. */
const unsaid = 'application/octet-stream';

const extensionOf = (name: string): string => /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

/**
 * What a file is said to be by its name and its sender, both of one mind; its bytes are asked later. Refuses EVIDENCE_TYPE_NOT_TAKEN for
 * what is not on the list, and EVIDENCE_TYPE_MISMATCH where name and type say different things.
 */
export function formatSaid(name: string, mediaType: string): { kind: 'format'; format: FileFormat } | Refused {
  const format = taken.find((of) => formats[of].extensions.includes(extensionOf(name)));
  if (!format) {
    return refused('EVIDENCE_TYPE_NOT_TAKEN', { accepted: taken.flatMap((of) => formats[of].extensions).join(', '), name });
  }
  const { mediaType: own, alsoSaid } = formats[format];
  return [own, unsaid, ...alsoSaid].includes(mediaType) ? { kind: 'format', format } : mismatch(name, format, mediaType || '—');
}

export const mismatch = (name: string, said: FileFormat, found: string): Refused =>
  refused('EVIDENCE_TYPE_MISMATCH', { name, said, found });

/** Marks that turn the direction of what is read, and separators: `invoice_fdp.exe` must not look like a pdf. */
const unsightly = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/u;

/**
 * The name of an upload, from `Content-Disposition: attachment; filename*=UTF-8''…` (RFC 6266 with RFC 8187; a plain `filename="…"` in
 * ASCII where there is no other). It is never a path, and nothing is ever stored under it. Refuses EVIDENCE_FILE_NAME.
 */
export function nameSent(header: string | undefined): { kind: 'name'; name: string } | Refused {
  if (header === undefined) return badName('缺少 Content-Disposition 头', 'there is no Content-Disposition header');
  const extended = /;\s*filename\*\s*=\s*([^;\s]+)/i.exec(header)?.[1];
  const plain = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(header);
  let name: string;
  if (extended !== undefined) {
    const encoded = /^UTF-8'[A-Za-z0-9-]*'((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-Fa-f]{2})+)$/i.exec(extended)?.[1];
    const decoded = encoded === undefined ? undefined : decodedOf(encoded);
    if (decoded === undefined)
      return badName('filename* 须按 RFC 8187 写作 UTF-8’’…', 'filename* must be UTF-8’’… as RFC 8187 has it');
    name = decoded;
  } else {
    name = (plain?.[1]?.replace(/\\(.)/g, '$1') ?? plain?.[2] ?? '').trim();
    if (!/^[\x20-\x7e]*$/.test(name))
      return badName('非 ASCII 的文件名须用 filename*', 'a name beyond ASCII goes into filename*');
  }
  name = name.normalize('NFC').trim();
  if (name === '') return badName('文件名为空', 'it is empty');
  if (name.length > 200) return badName('文件名超过 200 个字符', 'it is longer than 200 characters');
  if (/[/\\:]/.test(name)) return badName('文件名不得含有路径', 'it holds a path');
  if (unsightly.test(name)) return badName('文件名含有控制字符或不可见字符', 'it holds control or invisible characters');
  if (/^\.|\.$/.test(name)) return badName('文件名不得以点开头或结尾', 'it begins or ends with a dot');
  return { kind: 'name', name };
}

function decodedOf(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const badName = (zh: string, en: string): Refused => refused('EVIDENCE_FILE_NAME', { zh, en });

/** The header that gives a file back under its name, in ASCII and in full; only to be saved, never shown in place. */
export function dispositionOf(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._ -]/g, '_');
  const full = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}

/** Most bytes of a format where the setting allows more: a digital invoice is a few kilobytes, and is read whole. */
const most: Readonly<Partial<Record<FileFormat, number>>> = { XML: 1024 * 1024 };
export const limitOf = (format: FileFormat, setting: number): number => Math.min(most[format] ?? setting, setting);

/** A file that is refused for what it holds, thrown from the midst of reading it. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';
  readonly refusal: Refused;
  constructor(code: string, params: Params) {
    super(code);
    this.refusal = refused(code, params);
  }
}
