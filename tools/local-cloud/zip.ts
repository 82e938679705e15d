import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const DEFLATE = 8;
const VERSION_2_0 = 20;
/** 1980-01-01, so that equal folders give equal archives. */
const DOS_EPOCH_DATE = 0x21;
/** Regular file, rwxr-xr-x: Lambda needs others to be able to read it. */
const UNIX_FILE_0755 = 0o100755;

/** A folder as a zip archive (APPNOTE 6.3, deflate, UTF-8 names, without zip64), the form in which Lambda takes code. */
export function zipFolder(folder: string): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  const names = filesBelow(folder);
  for (const name of names) {
    const content = readFileSync(path.join(folder, name));
    const entry = zipEntry(Buffer.from(name.split(path.sep).join('/'), 'utf8'), content, offset);
    bodies.push(entry.local);
    directory.push(entry.central);
    offset += entry.local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END_OF_DIRECTORY, 0);
  end.writeUInt16LE(names.length, 8);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, central, end]);
}

function zipEntry(name: Buffer, content: Buffer, offset: number): { local: Buffer; central: Buffer } {
  const packed = deflateRawSync(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(VERSION_2_0, 0);
  common.writeUInt16LE(0x0800, 2); // names are UTF-8
  common.writeUInt16LE(DEFLATE, 4);
  common.writeUInt16LE(DOS_EPOCH_DATE, 8);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(CENTRAL_HEADER, 0);
  central.writeUInt16LE(0x0300 + VERSION_2_0, 4); // made by Unix, so the mode below counts
  common.copy(central, 6);
  central.writeUInt32LE(UNIX_FILE_0755 * 0x10000, 38);
  central.writeUInt32LE(offset, 42);
  const signature = Buffer.alloc(4);
  signature.writeUInt32LE(LOCAL_HEADER, 0);
  return { local: Buffer.concat([signature, common, name, packed]), central: Buffer.concat([central, name]) };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .sort();
}
