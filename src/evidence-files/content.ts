// What the bytes of a file are, whatever its name and its sender say.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { fileTypeFromBuffer } from 'file-type';
import type { FileFormat } from '../../schemas/evidence-files.js';
import { FileRefused, mismatch } from './formats.js';
import { readSafeXml } from './safe-xml.js';
import { weighZip } from './zips.js';

const byMediaType: Readonly<Record<string, FileFormat>> = {
  'application/pdf': 'PDF',
  'image/jpeg': 'JPEG',
  'image/png': 'PNG',
  'application/xml': 'XML',
};
/** As much as signatures need. */
const headBytes = 4_100;
const tailBytes = 2_048;

/**
 * Throws FileRefused unless the bytes are what they were said to be: EVIDENCE_TYPE_MISMATCH with what they are, EVIDENCE_ZIP_UNSAFE,
 * EVIDENCE_XML_UNSAFE. A file cut short is not what it says either, as far as its format has an end that can be seen.
 */
export async function judgeContent(file: string, of: { name: string; said: FileFormat; size: number }): Promise<void> {
  const other = (found: string): FileRefused => {
    const { code, params } = mismatch(of.name, of.said, found);
    return new FileRefused(code, params);
  };
  if (of.size === 0) throw other('0 bytes');
  const { head, tail } = await ends(file, of.size);
  if (head.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'))) {
    const found = await weighZip(file);
    if (found !== of.said) throw other(found ?? 'application/zip');
    return;
  }
  // A few kilobytes of the head are enough for what is no zip, and cannot blow up.
  const detected = (await fileTypeFromBuffer(head).catch(() => undefined))?.mime;
  const found = detected === undefined ? undefined : byMediaType[detected];
  if (of.said === 'XML') {
    if (detected !== undefined && found !== 'XML') throw other(detected);
    await readSafeXml(file);
    return;
  }
  if (of.said === 'CSV' || of.said === 'TXT') {
    // Short signatures are found in text too: whatever else begins like them has bytes that no text has.
    if (found !== undefined) throw other(found);
    if (!(await isText(file, 'utf-8')) && !(await isText(file, 'gb18030'))) throw other('application/octet-stream');
    return;
  }
  if (found !== of.said) throw other(found ?? detected ?? 'application/octet-stream');
  if (of.said === 'PDF' && !tail.includes('%%EOF')) throw other('application/pdf …');
  if (of.said === 'PNG' && !tail.includes('IEND')) throw other('image/png …');
}

async function ends(file: string, size: number): Promise<{ head: Buffer; tail: Buffer }> {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(Math.min(headBytes, size));
    const tail = Buffer.alloc(Math.min(tailBytes, size));
    await handle.read(head, 0, head.length, 0);
    await handle.read(tail, 0, tail.length, size - tail.length);
    return { head, tail };
  } finally {
    await handle.close();
  }
}

/** Whether all of it is text in this encoding, without control characters but tabs and ends of lines. */
async function isText(file: string, encoding: string): Promise<boolean> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  const control = /[\u0000-\u0008\u000e-\u001f\u007f]/;
  try {
    for await (const chunk of createReadStream(file)) {
      if (control.test(decoder.decode(chunk as Buffer, { stream: true }))) return false;
    }
    return !control.test(decoder.decode());
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
