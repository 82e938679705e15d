import { DICTIONARY_DATA_BYTES, DictionaryPlace, ENTRIES, KernelBytes, LARGEST_INSIDE, SLOT_BYTES } from './kernel-buffers';
import { ParquetInstance } from './kernel-memory';
import { BATCH_ROWS, BooleanBuffer, ColumnBuffer, FixedBytesBuffer, Int32Buffer, Int64Buffer } from '../../../columns/column-buffer';
import type { ColumnType } from '../../../columns/column-type';
import { mayRepeat } from '../../../columns/dictionary';
import type { Companion, ParquetColumn, ParquetType } from '../../../columns/type-table';
import { FRAMINGS, KINDS, sizeOf, utf8Table } from '../../../text/kernel/kernel-columns';
import { CHARSET_BYTES } from '../../../text/kernel/load-text-kernel';

/** A batch of long values is cut before its rows are many. */
export const BATCH_BYTES = 0x800000;
/** What the values by dictionary of a batch may take without. */
export const PENDING_BYTES = 0x2000000;
const DESCRIPTION_BYTES = 96;
const TABLES_BYTES = 4096;
/** Rows. */
export const STAGE_BYTES = 0x40000;
/** The kernel reads and writes up to this many bytes behind the last. */
const SLACK = 128;
/** A value of 256 bytes converted. */
const SCRATCH_BYTES = 0x1000;
const BLOCK_BYTES = 0x4000;
const DICTIONARY_WORDS = 32;

/** How values are stored (parquet-kernel.as). */
const STORED = {
  bit: 0,
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  smallmoney: 5,
  money: 6,
  decimal32: 7,
  decimal64: 8,
  decimal128: 9,
  date: 10,
  timeMicros: 11,
  timeNanos: 12,
  micros: 13,
  nanos: 14,
  uuid: 15,
  text: 16,
  bytes: 17,
} as const;

/** A source column and its Parquet columns, companions behind the value. */
export interface KernelColumn {
  readonly source: ColumnType;
  readonly stored: number;
  readonly landed: readonly ParquetColumn[];
}

/** How the kernel stores values of the column; undefined of those it leaves. */
export function storedAs({ kind, scale }: ColumnType, type: ParquetType): number | undefined {
  if ('logical' in type && type.logical === 'STRING') return KINDS[kind] === undefined ? undefined : STORED.text;
  const nanos = 'unit' in type && type.unit === 'NANOS';
  switch (kind) {
    case 'bit': return STORED.bit;
    case 'tinyint': return STORED.int8;
    case 'smallint': return STORED.int16;
    case 'int': case 'real': return STORED.int32;
    case 'bigint': case 'float': return STORED.int64;
    case 'smallmoney': return STORED.smallmoney;
    case 'money': return STORED.money;
    case 'decimal': return type.physical === 'INT32' ? STORED.decimal32 : type.physical === 'INT64' ? STORED.decimal64 : STORED.decimal128;
    case 'date': return STORED.date;
    case 'time': return nanos && scale === 7 ? STORED.timeNanos : STORED.timeMicros;
    case 'smalldatetime': case 'datetime': return STORED.micros;
    case 'datetime2': case 'datetimeoffset': return nanos ? STORED.nanos : STORED.micros;
    case 'uniqueidentifier': return STORED.uuid;
    case 'binary': return STORED.bytes;
    default: return undefined;
  }
}

/** Bytes of a value of fixed size, 0 of the others; a bit takes an eighth. */
function widthOf(type: ParquetType): number {
  switch (type.physical) {
    case 'BOOLEAN': return 1 / 8;
    case 'INT32': case 'FLOAT': return 4;
    case 'INT64': case 'DOUBLE': return 8;
    case 'FIXED_LEN_BYTE_ARRAY': return type.length;
    case 'BYTE_ARRAY': return 0;
  }
}

/** Where the kernel's memory has what. */
export class KernelLayout {
  public readonly descriptions: number;
  public readonly stage: number;
  public readonly scratch: number;
  public readonly arena: number;
  /** Behind all of it. */
  public readonly end: number;
  private readonly handover: number;
  private readonly charsets = new Map<Uint16Array, number>();
  private readonly places: readonly ColumnPlace[];
  private at = TABLES_BYTES;

  public constructor(private readonly columns: readonly KernelColumn[]) {
    this.descriptions = this.take(columns.length * DESCRIPTION_BYTES);
    for (const { source: { charset } } of columns) {
      if (charset?.kind === 'singleByte' && !this.charsets.has(charset.units)) this.charsets.set(charset.units, this.take(CHARSET_BYTES));
    }
    this.stage = this.take(STAGE_BYTES);
    this.scratch = this.take(SCRATCH_BYTES);
    this.handover = this.take(LARGEST_INSIDE);
    this.places = columns.map((column) => this.place(column));
    const variable = columns.filter(({ stored }) => stored >= STORED.text).length;
    // What a batch has before it is full, and a row more: a long one, done by the other code, has a value of the greatest size in each column.
    const arena = variable === 0 ? 0 : BATCH_BYTES + PENDING_BYTES + variable * (BLOCK_BYTES + LARGEST_INSIDE) + 16 * STAGE_BYTES;
    this.arena = this.take(arena);
    this.end = this.at;
  }

  public description(i: number): number {
    return this.descriptions + i * DESCRIPTION_BYTES;
  }

  /** @param used whether the memory may hold something else */
  public write(memory: Uint8Array, words: DataView, used: boolean): void {
    for (const [units, at] of this.charsets) memory.set(utf8Table(units), at);
    this.columns.forEach(({ source, stored, landed: [{ type }] }, i) => {
      const at = this.description(i);
      const { valid, values, companions, indices, dictionary } = this.places[i];
      memory.fill(0, at, at + DESCRIPTION_BYTES);
      memory.set([KINDS[source.kind] ?? 0, FRAMINGS[source.framing.kind]!, source.scale, source.precision], at);
      const charset = source.charset?.kind === 'singleByte' ? this.charsets.get(source.charset.units)! : 0;
      const word = (offset: number, value: number) => words.setUint32(at + offset, value, true);
      word(4, sizeOf(source.framing));
      word(8, stored);
      word(12, type.physical === 'FIXED_LEN_BYTE_ARRAY' ? type.length : 0);
      word(16, charset);
      word(20, values);
      word(24, valid);
      word(36, companions.get('100ns') ?? 0);
      word(40, companions.get('offset_minutes') ?? 0);
      word(48, indices);
      memory.fill(0xff, valid, valid + BATCH_ROWS / 8);
      if (stored === STORED.bit) memory.fill(0, values, values + BATCH_ROWS / 8);
      if (!dictionary) return;
      if (used) memory.fill(0, dictionary.slots, dictionary.slots + SLOT_BYTES);
      [dictionary.slots, dictionary.hashes, dictionary.starts, dictionary.data, 0, 0, 0]
        .forEach((value, j) => words.setUint32(dictionary.at + 4 * j, value, true));
      words.setUint32(dictionary.starts, 0, true);
    });
  }

  /** The Parquet columns of a source column. */
  public buffers(instance: ParquetInstance, i: number): ColumnBuffer[] {
    const { buffer } = instance.memory;
    const { landed } = this.columns[i];
    const { valid: validAt, values, companions, indices, dictionary } = this.places[i];
    const valid = new Uint8Array(buffer, validAt, BATCH_ROWS / 8);
    return landed.map(({ type, companion }) => {
      if (companion !== undefined) return new Int32Buffer(undefined, new Int32Array(buffer, companions.get(companion), BATCH_ROWS));
      switch (type.physical) {
        case 'BOOLEAN': return new BooleanBuffer(valid, new Uint8Array(buffer, values, BATCH_ROWS / 8));
        case 'INT32': case 'FLOAT': return new Int32Buffer(valid, new Int32Array(buffer, values, BATCH_ROWS));
        case 'INT64': case 'DOUBLE': return new Int64Buffer(valid, new Int32Array(buffer, values, 2 * BATCH_ROWS));
        case 'FIXED_LEN_BYTE_ARRAY': return new FixedBytesBuffer(type.length, valid, new Uint8Array(buffer, values, type.length * BATCH_ROWS));
        case 'BYTE_ARRAY': {
          return new KernelBytes(instance, i, this.description(i), this.handover, valid, new Int32Array(buffer, indices, BATCH_ROWS), dictionary);
        }
      }
    });
  }

  private place({ landed }: KernelColumn): ColumnPlace {
    const [{ type }] = landed;
    const isVariable = type.physical === 'BYTE_ARRAY';
    return {
      valid: this.take(BATCH_ROWS / 8),
      values: isVariable ? 0 : this.take(widthOf(type) * BATCH_ROWS),
      companions: new Map(landed.flatMap(({ companion }) => (companion === undefined ? [] : [[companion, this.take(4 * BATCH_ROWS)]]))),
      indices: isVariable ? this.take(4 * BATCH_ROWS) : 0,
      dictionary: isVariable && mayRepeat(landed[0]) ? {
        at: this.take(DICTIONARY_WORDS),
        slots: this.take(SLOT_BYTES),
        hashes: this.take(4 * ENTRIES),
        starts: this.take(4 * (ENTRIES + 1)),
        data: this.take(DICTIONARY_DATA_BYTES),
      } : undefined,
    };
  }

  /** @returns where the bytes are, at a multiple of 16 */
  private take(bytes: number): number {
    const { at } = this;
    this.at = Math.ceil((at + bytes + SLACK) / 16) * 16;
    return at;
  }
}

/** Where a column's buffers are; 0 for what it has not. */
interface ColumnPlace {
  readonly valid: number;
  readonly values: number;
  readonly companions: ReadonlyMap<Companion, number>;
  readonly indices: number;
  readonly dictionary?: DictionaryPlace & { readonly hashes: number };
}
