import { ThriftWriter } from '../../../src/extractor/rows/formats/parquet/thrift-compact';

const PHYSICAL = ['BOOLEAN', 'INT32', 'INT64', 'INT96', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'] as const;

/** A column of a made-up Parquet file. */
export interface EndColumn {
  readonly name: string;
  readonly physical: typeof PHYSICAL[number];
  readonly fieldId?: number;
  /** Of each row group; none: no statistics there. */
  readonly statistics?: ReadonlyArray<{ readonly min?: Uint8Array; readonly max?: Uint8Array; readonly nulls?: number } | undefined>;
}

/** A file that has a footer and no pages: enough for those who read metadata alone. @param groups rows of each row group */
export function parquetEnd(columns: readonly EndColumn[], groups: readonly number[], padding = 100): Buffer {
  const metadata = new ThriftWriter()
    .i32(1, 2)
    .structs<EndColumn | undefined>(2, [undefined, ...columns], (element, column) => {
      if (!column) return element.binary(4, 'schema').i32(5, columns.length);
      element.i32(1, PHYSICAL.indexOf(column.physical)).i32(3, 1).binary(4, column.name);
      return column.fieldId === undefined ? element : element.i32(9, column.fieldId);
    })
    .i64(3, groups.reduce((sum, rows) => sum + rows, 0))
    .structs(4, groups.map((rows, group) => ({ rows, group })), (element, { rows, group }) => element
      .structs(1, columns, (chunk, { name, physical, statistics }) => chunk.i64(2, 4).struct(3, (meta) => {
        meta.i32(1, PHYSICAL.indexOf(physical)).i32s(2, [0]).strings(3, [name]).i32(4, 0).i64(5, rows).i64(6, 10).i64(7, 10).i64(9, 4 + group);
        const told = statistics?.[group];
        if (told) {
          meta.struct(12, (each) => {
            if (told.nulls !== undefined) each.i64(3, told.nulls);
            if (told.max) each.binary(5, told.max);
            if (told.min) each.binary(6, told.min);
          });
        }
      })).i64(2, 10).i64(3, rows))
    .stop();
  const length = Buffer.alloc(4);
  length.writeUInt32LE(metadata.length);
  return Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(padding), metadata, length, Buffer.from('PAR1')]);
}

/** A number as PLAIN has it. */
export function plain(physical: 'INT32' | 'INT64' | 'FLOAT' | 'DOUBLE', value: number | bigint): Buffer {
  const bytes = Buffer.alloc(physical === 'INT32' || physical === 'FLOAT' ? 4 : 8);
  switch (physical) {
    case 'INT32': bytes.writeInt32LE(Number(value)); break;
    case 'INT64': bytes.writeBigInt64LE(BigInt(value)); break;
    case 'FLOAT': bytes.writeFloatLE(Number(value)); break;
    default: bytes.writeDoubleLE(Number(value));
  }
  return bytes;
}
