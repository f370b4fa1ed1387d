// Bytes of a text file as text: UTF-8 with or without its mark, else (for CSV) GB 18030, which Chinese offices write.
import { TextDecoder } from 'node:util';
import { FileUnreadable } from './file.js';

/** Enough text to tell the two apart: what is no UTF-8 shows within a few characters. */
const sniffed = 64 * 1024;

/**
 * Decodes chunk by chunk. As long as every byte is ASCII both encodings say the same; from the first other byte on, up to
 * 64 KiB are looked at before one is chosen. After that a byte that does not fit it is a fault (BULK_ENCODING), never
 * a replacement character.
 */
export async function* decoded(chunks: AsyncIterable<Uint8Array>, of: { gb18030: boolean }): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  let held: Uint8Array[] = [];
  let size = 0;
  let first = true;
  const say = (text: string): string => {
    if (text === '' || !first) return text;
    first = false;
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  };
  for await (const chunk of chunks) {
    if (decoder) {
      yield say(decode(decoder, chunk, true));
    } else if (held.length === 0 && isAscii(chunk)) {
      yield say(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1'));
    } else {
      held.push(chunk);
      size += chunk.byteLength;
      if (size < sniffed) continue;
      const bytes = Buffer.concat(held);
      held = [];
      decoder = choose(bytes, of.gb18030);
      yield say(decode(decoder, bytes, true));
    }
  }
  if (decoder) {
    yield decode(decoder, new Uint8Array(), false);
  } else if (held.length > 0) {
    const bytes = Buffer.concat(held);
    yield say(decode(choose(bytes, of.gb18030), bytes, false));
  }
}

function choose(bytes: Uint8Array, gb18030: boolean): TextDecoder {
  const utf8 = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  if (!gb18030) return utf8();
  try {
    utf8().decode(bytes, { stream: true });
    return utf8();
  } catch {
    return new TextDecoder('gb18030', { fatal: true });
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array, stream: boolean): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch {
    throw new FileUnreadable('BULK_ENCODING', { encoding: decoder.encoding });
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 127) return false;
  return true;
}
