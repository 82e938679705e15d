import { ColumnType, ValueKind } from './column-type';
import { ManifestColumn } from '../../contract';
import { OutputFormat } from '../formats/output-format';

/** How a Parquet column is stored. */
export type ParquetType =
  | { readonly physical: 'BOOLEAN' }
  | { readonly physical: 'INT32'; readonly logical?: 'INT16' | 'DATE' }
  | { readonly physical: 'INT32' | 'INT64'; readonly logical: 'DECIMAL'; readonly precision: number; readonly scale: number }
  | { readonly physical: 'FIXED_LEN_BYTE_ARRAY'; readonly logical: 'DECIMAL'; readonly precision: number; readonly scale: number; readonly length: number }
  | { readonly physical: 'INT64'; readonly logical?: 'TIMESTAMP_MICROS'; readonly utc?: boolean }
  | { readonly physical: 'INT32'; readonly logical: 'INT8' }
  | { readonly physical: 'FLOAT' | 'DOUBLE' }
  | { readonly physical: 'BYTE_ARRAY'; readonly logical?: 'STRING' };

/** What a companion column holds of its source column. */
export type Companion = '100ns' | 'offset_minutes' | 'base_type';

/** One landed Parquet column. */
export interface ParquetColumn {
  readonly name: string;
  readonly source: ColumnType;
  /** Absent for the column of the value itself. */
  readonly companion?: Companion;
  readonly type: ParquetType;
  /** As the manifest and the docs name it. */
  readonly outputType: string;
  readonly glueType: string;
}

interface ParquetMapping {
  readonly type: ParquetType;
  readonly outputType: string;
  readonly glueType: string;
}

/** How a kind of value is landed: the one table that code, manifest, Glue table and docs/type-mapping.md share. */
interface TypeMapping {
  readonly parquet: (column: ColumnType) => ParquetMapping;
  readonly companions?: (column: ColumnType) => readonly Companion[];
  /** Form in CSV. */
  readonly csv: string;
  /** Form in JSON Lines, and the type it has in a Glue table over JSON. */
  readonly json: 'number' | 'boolean' | 'string';
}

const STRING: ParquetMapping = { type: { physical: 'BYTE_ARRAY', logical: 'STRING' }, outputType: 'STRING', glueType: 'string' };
const BINARY: ParquetMapping = { type: { physical: 'BYTE_ARRAY' }, outputType: 'BINARY', glueType: 'binary' };
const INT16: ParquetMapping = { type: { physical: 'INT32', logical: 'INT16' }, outputType: 'INT16', glueType: 'smallint' };
const TIMESTAMP: ParquetMapping = {
  type: { physical: 'INT64', logical: 'TIMESTAMP_MICROS', utc: false }, outputType: 'TIMESTAMP(MICROS)', glueType: 'timestamp',
};
const TIMESTAMP_UTC: ParquetMapping = {
  type: { physical: 'INT64', logical: 'TIMESTAMP_MICROS', utc: true }, outputType: 'TIMESTAMP(MICROS,UTC)', glueType: 'timestamp',
};

function decimal(precision: number, scale: number): ParquetMapping {
  const name = `(${precision},${scale})`;
  const common = { logical: 'DECIMAL', precision, scale } as const;
  const type: ParquetType = precision <= 9 ? { physical: 'INT32', ...common }
    : precision <= 18 ? { physical: 'INT64', ...common }
      : { physical: 'FIXED_LEN_BYTE_ARRAY', length: decimalBytes(precision), ...common };
  return { type, outputType: `DECIMAL${name}`, glueType: `decimal${name}` };
}

/** Fewest bytes of two's complement that hold `precision` digits. */
export function decimalBytes(precision: number): number {
  return Math.ceil((precision * Math.log2(10) + 1) / 8);
}

const tick = ({ scale }: ColumnType): readonly Companion[] => (scale === 7 ? ['100ns'] : []);

export const TYPE_TABLE: { readonly [kind in ValueKind]: TypeMapping } = {
  bit: { parquet: () => ({ type: { physical: 'BOOLEAN' }, outputType: 'BOOLEAN', glueType: 'boolean' }), csv: 'true, false', json: 'boolean' },
  tinyint: { parquet: () => INT16, csv: 'digits', json: 'number' },
  smallint: { parquet: () => INT16, csv: 'digits', json: 'number' },
  int: { parquet: () => ({ type: { physical: 'INT32' }, outputType: 'INT32', glueType: 'int' }), csv: 'digits', json: 'number' },
  bigint: { parquet: () => ({ type: { physical: 'INT64' }, outputType: 'INT64', glueType: 'bigint' }), csv: 'digits', json: 'number' },
  decimal: { parquet: ({ precision, scale }) => decimal(precision, scale), csv: 'digits, all of the scale', json: 'string' },
  smallmoney: { parquet: () => decimal(10, 4), csv: 'digits, four decimals', json: 'string' },
  money: { parquet: () => decimal(19, 4), csv: 'digits, four decimals', json: 'string' },
  real: { parquet: () => ({ type: { physical: 'FLOAT' }, outputType: 'FLOAT', glueType: 'float' }), csv: 'shortest text that reads back the same', json: 'number' },
  float: { parquet: () => ({ type: { physical: 'DOUBLE' }, outputType: 'DOUBLE', glueType: 'double' }), csv: 'shortest text that reads back the same', json: 'number' },
  date: { parquet: () => ({ type: { physical: 'INT32', logical: 'DATE' }, outputType: 'DATE', glueType: 'date' }), csv: '2024-02-29', json: 'string' },
  time: { parquet: () => STRING, csv: '12:34:56.1234567', json: 'string' },
  smalldatetime: { parquet: () => TIMESTAMP, csv: '2024-02-29T12:34:00', json: 'string' },
  datetime: { parquet: () => TIMESTAMP, csv: '2024-02-29T12:34:56.123', json: 'string' },
  datetime2: { parquet: () => TIMESTAMP, companions: tick, csv: '2024-02-29T12:34:56.1234567', json: 'string' },
  datetimeoffset: {
    parquet: () => TIMESTAMP_UTC,
    companions: (column) => ['offset_minutes', ...tick(column)],
    csv: '2024-02-29T12:34:56.1234567+05:30',
    json: 'string',
  },
  utf16: { parquet: () => STRING, csv: 'text', json: 'string' },
  bytesText: { parquet: () => STRING, csv: 'text', json: 'string' },
  xml: { parquet: () => STRING, csv: 'text', json: 'string' },
  binary: { parquet: () => BINARY, csv: 'hex, upper case', json: 'string' },
  uniqueidentifier: { parquet: () => STRING, csv: '6F9619FF-8B86-D011-B42D-00C04FC964FF', json: 'string' },
  variant: { parquet: () => STRING, companions: () => ['base_type'], csv: 'text of the base type', json: 'string' },
  null: { parquet: () => ({ type: { physical: 'INT32' }, outputType: 'INT32', glueType: 'int' }), csv: 'empty', json: 'number' },
};

const COMPANIONS: { readonly [companion in Companion]: ParquetMapping } = {
  '100ns': { type: { physical: 'INT32', logical: 'INT8' }, outputType: 'INT8', glueType: 'tinyint' },
  'offset_minutes': INT16,
  'base_type': STRING,
};

/** The Parquet columns of a result, each source column's companions right behind it. */
export function parquetColumns(columns: readonly ColumnType[]): ParquetColumn[] {
  return columns.flatMap((source) => {
    const mapping = TYPE_TABLE[source.kind];
    const companions = mapping.companions?.(source) ?? [];
    return [
      { name: source.name, source, ...mapping.parquet(source) },
      ...companions.map((companion) => ({ name: `${source.name}__${companion}`, source, companion, ...COMPANIONS[companion] })),
    ];
  });
}

/** The manifest's view of the landed columns. */
export function manifestColumns(columns: readonly ColumnType[], format: OutputFormat): ManifestColumn[] {
  if (format.name === 'parquet') {
    return parquetColumns(columns).map(({ name, source, companion, outputType, glueType }) => (
      { name, ordinal: source.ordinal, sourceType: source.sourceType, nullable: source.nullable || companion !== undefined, outputType, glueType }
    ));
  }
  return columns.map((source) => {
    const mapping = TYPE_TABLE[source.kind];
    // OpenCSVSerDe, which Glue tables over quoted CSV need, has strings only; JSON's numbers and booleans keep their type.
    const native = format.name === 'jsonl' && mapping.json !== 'string';
    return {
      name: source.name,
      ordinal: source.ordinal,
      sourceType: source.sourceType,
      nullable: source.nullable,
      outputType: native ? mapping.parquet(source).outputType : 'STRING',
      glueType: native ? mapping.parquet(source).glueType : 'string',
    };
  });
}
