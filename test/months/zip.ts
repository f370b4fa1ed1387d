/** Reads a small zip, each file whole, by its name. Not a test itself. */
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openPromise } from 'yauzl';

export async function openZip(bytes: Buffer): Promise<Map<string, Buffer>> {
  const file = path.join(tmpdir(), `${randomUUID()}.zip`);
  await writeFile(file, bytes);
  const zip = await openPromise(file, { autoClose: false });
  try {
    const files = new Map<string, Buffer>();
    for await (const entry of zip.eachEntry()) files.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
    return files;
  } finally {
    zip.close();
    await rm(file);
  }
}
