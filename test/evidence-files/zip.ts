/** Zips as somebody might make them, part by part, rightly or not. Not a test itself. */
import { deflateRawSync } from 'node:zlib';

export interface Part {
  readonly name: string;
  readonly content: string | Buffer;
  /** What it says that it inflates to, where that is not so. */
  readonly stated?: number;
}

export function zipOf(parts: readonly Part[], of: { before?: Buffer } = {}): Buffer {
  const [local, central]: [Buffer[], Buffer[]] = [[of.before ?? Buffer.alloc(0)], []];
  let offset = of.before?.length ?? 0;
  for (const { name, content, stated } of parts) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const named = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(stated ?? bytes.length, 18);
    common.writeUInt16LE(named.length, 22);
    const head = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, named]);
    local.push(head, packed);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\u0001\u0002'), Buffer.from([20, 0]), common.subarray(0, 26), rest, named]));
    offset += head.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

const table = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});
const crc = (bytes: Buffer): number =>
  (bytes.reduce((c, byte) => (table[(c ^ byte) & 255] ?? 0) ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
