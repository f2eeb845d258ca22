import { open } from 'node:fs/promises';

/** An entry of a zip file. */
export interface ZipEntry {
  readonly name: string;
  /** Its bytes, or how many zeros stand for them as a hole of the file. */
  readonly content: Uint8Array | number;
  /** Where its header stands in the file; default: behind the entry before. A gap is a hole of the file. */
  readonly position?: number;
  /** 0 stored (default), 8 deflated: only the mark is written. */
  readonly method?: number;
}

/** Writes a zip file of stored entries, with zip64 fields where a number needs them. Checksums are left at zero. */
export async function writeZip(path: string, entries: readonly ZipEntry[]): Promise<void> {
  const handle = await open(path, 'w');
  try {
    let end = 0;
    const directory: Buffer[] = [];
    for (const { name, content, position = end, method = 0 } of entries) {
      const bytes = typeof content === 'number' ? content : content.length;
      const header = localHeader(name, bytes, method);
      await handle.write(header, 0, header.length, position);
      if (typeof content !== 'number') await handle.write(content, 0, bytes, position + header.length);
      end = position + header.length + bytes;
      directory.push(directoryEntry(name, bytes, method, position));
    }
    const listing = Buffer.concat(directory);
    await handle.write(listing, 0, listing.length, end);
    const tail = endOfDirectory(entries.length, listing.length, end);
    await handle.write(tail, 0, tail.length, end + listing.length);
  } finally {
    await handle.close();
  }
}

function localHeader(name: string, bytes: number, method: number): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(bytes, 18);
  header.writeUInt32LE(bytes, 22);
  header.writeUInt16LE(Buffer.byteLength(name), 26);
  return Buffer.concat([header, Buffer.from(name)]);
}

function directoryEntry(name: string, bytes: number, method: number, position: number): Buffer {
  const far = position >= 2 ** 32 - 1;
  const extra = Buffer.alloc(far ? 12 : 0);
  if (far) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(8, 2);
    extra.writeBigUInt64LE(BigInt(position), 4);
  }
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(far ? 45 : 20, 6);
  entry.writeUInt16LE(method, 10);
  entry.writeUInt32LE(bytes, 20);
  entry.writeUInt32LE(bytes, 24);
  entry.writeUInt16LE(Buffer.byteLength(name), 28);
  entry.writeUInt16LE(extra.length, 30);
  entry.writeUInt32LE(far ? 2 ** 32 - 1 : position, 42);
  return Buffer.concat([entry, Buffer.from(name), extra]);
}

function endOfDirectory(count: number, bytes: number, position: number): Buffer {
  const zip64 = Buffer.alloc(56);
  zip64.writeUInt32LE(0x06064b50, 0);
  zip64.writeBigUInt64LE(44n, 4);
  zip64.writeUInt16LE(45, 14);
  zip64.writeBigUInt64LE(BigInt(count), 24);
  zip64.writeBigUInt64LE(BigInt(count), 32);
  zip64.writeBigUInt64LE(BigInt(bytes), 40);
  zip64.writeBigUInt64LE(BigInt(position), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(position + bytes), 8);
  locator.writeUInt32LE(1, 16);
  const far = position >= 2 ** 32 - 1;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(far ? 2 ** 32 - 1 : position, 16);
  return far ? Buffer.concat([zip64, locator, end]) : end;
}
