/* eslint-disable no-bitwise */
import { ByteReader } from './byte-reader';

/** What the stand-in uses of a LOGIN7 message (MS-TDS 2.2.6.4). */
export interface Login {
  readonly tdsVersion: number;
  readonly packetSize: number;
  readonly hostName: string;
  readonly userName: string;
  readonly password: string;
  readonly appName: string;
  readonly database: string;
  readonly language: string;
  /** The client wants integrated security (SSPI), which the stand-in does not have. */
  readonly integratedSecurity: boolean;
  readonly readOnlyIntent: boolean;
  /** Feature extensions asked for, by feature id. */
  readonly features: ReadonlyMap<number, Buffer>;
}

const OFFSETS_START = 36;
const OPTION_FLAGS_3_EXTENSION = 0x10;
const FEATURE_TERMINATOR = 0xff;

/** Reads a LOGIN7 message; the fixed part is followed by (offset, length) pairs into the variable part. */
export function readLogin7(data: Buffer): Login {
  const fixed = new ByteReader(data);
  fixed.uint32();
  const tdsVersion = fixed.uint32();
  const packetSize = fixed.uint32();
  const optionFlags2 = data[25];
  const typeFlags = data[26];
  const optionFlags3 = data[27];

  const field = (index: number): Buffer => {
    const at = OFFSETS_START + index * 4;
    const offset = data.readUInt16LE(at);
    const length = data.readUInt16LE(at + 2);
    return data.subarray(offset, offset + length * 2);
  };
  const text = (index: number) => field(index).toString('utf16le');

  return {
    tdsVersion,
    packetSize,
    hostName: text(0),
    userName: text(1),
    password: revealPassword(field(2)),
    appName: text(3),
    language: text(7),
    database: text(8),
    integratedSecurity: (optionFlags2 & 0x80) !== 0,
    readOnlyIntent: (typeFlags & 0x20) !== 0,
    features: (optionFlags3 & OPTION_FLAGS_3_EXTENSION) !== 0 ? readFeatures(data) : new Map(),
  };
}

/** Each byte was XORed with 0xA5 after its nibbles were swapped (MS-TDS 2.2.6.4). */
function revealPassword(obscured: Buffer): string {
  const clear = Buffer.alloc(obscured.length);
  for (let index = 0; index < obscured.length; index++) {
    const byte = obscured[index] ^ 0xa5;
    clear[index] = ((byte & 0x0f) << 4) | (byte >> 4);
  }
  return clear.toString('utf16le');
}

/** The extension field points to the offset of the feature list, which ends with 0xFF. */
function readFeatures(data: Buffer): Map<number, Buffer> {
  const pointer = data.readUInt16LE(OFFSETS_START + 5 * 4);
  const features = new Map<number, Buffer>();
  const reader = new ByteReader(data);
  reader.position = data.readUInt32LE(pointer);
  for (let id = reader.uint8(); id !== FEATURE_TERMINATOR; id = reader.uint8()) {
    features.set(id, reader.bytes(reader.uint32()));
  }
  return features;
}
