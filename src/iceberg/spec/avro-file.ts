import { randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Schema as AvroSchema, Type, types } from 'avsc';
import { IcebergError } from './errors';
import { toLong } from './long';

/** First bytes of an Avro object container file (Avro 1.11, "Object Container Files"). */
const MAGIC = Buffer.from('Obj\u0001', 'latin1');
const SYNC_BYTES = 16;
/** Records of a block. */
const BLOCK_RECORDS = 1000;

/** Whole numbers of 63 bits; avsc's own stop at 2^53. */
const LONG = types.LongType.__with({
  fromBuffer: (bytes: Buffer) => toLong(bytes.readBigInt64LE()),
  toBuffer: (value: number | bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: toLong,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
  compare: (a: number | bigint, b: number | bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

const HEADER = Type.forSchema({
  type: 'record',
  name: 'Header',
  fields: [{ name: 'meta', type: { type: 'map', values: 'bytes' } }],
});
const BLOCK = Type.forSchema('long');

/** Making a type takes milliseconds, and there are many files of few schemas: types by the text of their schema. */
const made = new Map<string, Type>();
const MAX_TYPES = 50;

function typeOf(schema: string): Type {
  let type = made.get(schema);
  if (!type) {
    // The registry is filled with the schema's names, so each schema gets one of its own.
    type = Type.forSchema(JSON.parse(schema), { registry: { long: LONG } as never, wrapUnions: false });
    if (made.size >= MAX_TYPES) made.clear();
    made.set(schema, type);
  }
  return type;
}

/** An Avro file. */
export interface AvroFile {
  readonly metadata: { readonly [key: string]: string };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly records: readonly any[];
}

/** Writes an Avro file, deflated. The schema stands in it as it is given, field ids among it. */
export function writeAvro(schema: AvroSchema, { metadata, records }: AvroFile): Buffer {
  const text = JSON.stringify(schema);
  const type = typeOf(text);
  const meta = { ...metadata, 'avro.schema': text, 'avro.codec': 'deflate' };
  const sync = randomBytes(SYNC_BYTES);
  const header = HEADER.toBuffer({ meta: Object.fromEntries(Object.entries(meta).map(([key, value]) => [key, Buffer.from(value)])) });
  const pieces = [MAGIC, header, sync];
  for (let from = 0; from < records.length; from += BLOCK_RECORDS) {
    const block = records.slice(from, from + BLOCK_RECORDS);
    const data = deflateRawSync(Buffer.concat(block.map((record) => type.toBuffer(record))));
    pieces.push(BLOCK.toBuffer(block.length), BLOCK.toBuffer(data.length), data, sync);
  }
  return Buffer.concat(pieces);
}

/**
 * Reads an Avro file by the schema that stands in it.
 *
 * @param name of the file, for errors
 * @throws IcebergError TABLE_UNREADABLE when it cannot be read
 */
export function readAvro(bytes: Buffer, name: string): AvroFile {
  try {
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error('it is no Avro file');
    const header = decoded<{ readonly meta: { readonly [key: string]: Buffer } }>(HEADER, bytes, MAGIC.length);
    const metadata = Object.fromEntries(Object.entries(header.value.meta).map(([key, value]) => [key, value.toString('utf8')]));
    const codec = metadata['avro.codec'] ?? 'null';
    if (codec !== 'null' && codec !== 'deflate') throw new Error(`its codec is ${codec}; null and deflate are read`);
    const type = typeOf(metadata['avro.schema']);
    const sync = bytes.subarray(header.end, header.end + SYNC_BYTES);
    if (sync.length < SYNC_BYTES) throw new Error('it is cut off');
    const records = [];
    for (let at = header.end + SYNC_BYTES; at < bytes.length;) {
      const count = decoded<number>(BLOCK, bytes, at);
      const size = decoded<number>(BLOCK, bytes, count.end);
      const end = size.end + size.value;
      if (!bytes.subarray(end, end + SYNC_BYTES).equals(sync)) throw new Error('a block does not end where it should');
      const raw = bytes.subarray(size.end, end);
      const data = codec === 'deflate' ? inflateRawSync(raw) : raw;
      for (let i = 0, offset = 0; i < count.value; i++) {
        const record = decoded<object>(type, data, offset);
        records.push(record.value);
        offset = record.end;
      }
      at = end + SYNC_BYTES;
    }
    return { metadata, records };
  } catch (error) {
    throw new IcebergError('TABLE_UNREADABLE', `'${name}' cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** avsc tells of bytes that are cut off by an offset below 0 alone. */
function decoded<T>(type: Type, bytes: Buffer, at: number): { readonly value: T; readonly end: number } {
  const { value, offset } = type.decode(bytes, at) as { readonly value: T; readonly offset: number };
  if (offset < 0) throw new Error('it is cut off');
  return { value, end: offset };
}
