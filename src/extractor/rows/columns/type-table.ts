import { ColumnType, ValueKind } from './column-type';
import { OutputFormat } from './output-format';
import { companionFieldId, ManifestColumn } from '../../../contract';
import { DateType, TimestampType, TimeType, type TypeOptions, UniqueidentifierType } from '../../api/type-options';

/** How a Parquet column is stored. */
export type ParquetType =
  | { readonly physical: 'BOOLEAN' }
  | { readonly physical: 'INT32'; readonly logical?: undefined }
  | { readonly physical: 'INT32'; readonly logical: 'DATE' }
  | { readonly physical: 'INT32' | 'INT64'; readonly logical: 'DECIMAL'; readonly precision: number; readonly scale: number }
  | { readonly physical: 'FIXED_LEN_BYTE_ARRAY'; readonly logical: 'DECIMAL'; readonly precision: number; readonly scale: number; readonly length: number }
  | { readonly physical: 'FIXED_LEN_BYTE_ARRAY'; readonly logical: 'UUID'; readonly length: 16 }
  | { readonly physical: 'INT64'; readonly logical?: undefined }
  | { readonly physical: 'INT64'; readonly logical: 'TIMESTAMP'; readonly unit: TimeUnit; readonly utc: boolean }
  | { readonly physical: 'INT64'; readonly logical: 'TIME'; readonly unit: TimeUnit }
  | { readonly physical: 'FLOAT' | 'DOUBLE' }
  | { readonly physical: 'BYTE_ARRAY'; readonly logical?: undefined }
  | { readonly physical: 'BYTE_ARRAY'; readonly logical: 'STRING' };

/** Unit of times in Parquet. */
export type TimeUnit = 'MICROS' | 'NANOS';

/** What a companion column holds of its source column. */
export type Companion = '100ns' | 'offset_minutes' | 'base_type';

/** One landed Parquet column. */
export interface ParquetColumn {
  readonly name: string;
  readonly source: ColumnType;
  /** Absent for the column of the value itself. */
  readonly companion?: Companion;
  /** As of its source column; absent where that has none. */
  readonly fieldId?: number;
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
  readonly companions?: (column: Pick<ColumnType, 'scale' | 'options'>) => readonly Companion[];
  /** Form in CSV. */
  readonly csv: string;
  /** Form in JSON Lines, and the type it has in a Glue table over JSON. */
  readonly json: 'number' | 'boolean' | 'string';
}

const STRING: ParquetMapping = { type: { physical: 'BYTE_ARRAY', logical: 'STRING' }, outputType: 'STRING', glueType: 'string' };
const BINARY: ParquetMapping = { type: { physical: 'BYTE_ARRAY' }, outputType: 'BINARY', glueType: 'binary' };
/** Also of whole numbers of 8 and 16 bits: Iceberg has none (Iceberg spec, Appendix A, Parquet: int is INT32 without annotation). */
const INT32: ParquetMapping = { type: { physical: 'INT32' }, outputType: 'INT32', glueType: 'int' };
const DATE: ParquetMapping = { type: { physical: 'INT32', logical: 'DATE' }, outputType: 'DATE', glueType: 'date' };
/** Hive, and so Glue, has neither UUID nor TIME: the stored value shows. */
const UUID: ParquetMapping = { type: { physical: 'FIXED_LEN_BYTE_ARRAY', logical: 'UUID', length: 16 }, outputType: 'UUID', glueType: 'binary' };

function time({ scale, options }: ColumnType): ParquetMapping {
  if (options.time !== TimeType.NATIVE) return STRING;
  const unit = scale === 7 ? 'NANOS' : 'MICROS';
  return { type: { physical: 'INT64', logical: 'TIME', unit }, outputType: `TIME(${unit})`, glueType: 'bigint' };
}

/** @param utc whether the value is an instant */
function timestamp({ scale, options }: ColumnType, utc: boolean): ParquetMapping {
  if (options.timestamps === TimestampType.TEXT) return STRING;
  const unit = scale === 7 && options.timestamps === TimestampType.NANOSECONDS ? 'NANOS' : 'MICROS';
  return {
    type: { physical: 'INT64', logical: 'TIMESTAMP', unit, utc },
    outputType: `TIMESTAMP(${unit}${utc ? ',UTC' : ''})`,
    glueType: 'timestamp',
  };
}

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

/** What microseconds leave of scale 7. */
function tick({ scale, options: { timestamps = TimestampType.COMPANION } }: Pick<ColumnType, 'scale' | 'options'>): readonly Companion[] {
  return scale === 7 && timestamps === TimestampType.COMPANION ? ['100ns'] : [];
}

export const TYPE_TABLE: { readonly [kind in ValueKind]: TypeMapping } = {
  bit: { parquet: () => ({ type: { physical: 'BOOLEAN' }, outputType: 'BOOLEAN', glueType: 'boolean' }), csv: 'true, false', json: 'boolean' },
  tinyint: { parquet: () => INT32, csv: 'digits', json: 'number' },
  smallint: { parquet: () => INT32, csv: 'digits', json: 'number' },
  int: { parquet: () => INT32, csv: 'digits', json: 'number' },
  bigint: { parquet: () => ({ type: { physical: 'INT64' }, outputType: 'INT64', glueType: 'bigint' }), csv: 'digits', json: 'number' },
  decimal: { parquet: ({ precision, scale }) => decimal(precision, scale), csv: 'digits, all of the scale', json: 'string' },
  smallmoney: { parquet: () => decimal(10, 4), csv: 'digits, four decimals', json: 'string' },
  money: { parquet: () => decimal(19, 4), csv: 'digits, four decimals', json: 'string' },
  real: { parquet: () => ({ type: { physical: 'FLOAT' }, outputType: 'FLOAT', glueType: 'float' }), csv: 'shortest text that reads back the same', json: 'number' },
  float: { parquet: () => ({ type: { physical: 'DOUBLE' }, outputType: 'DOUBLE', glueType: 'double' }), csv: 'shortest text that reads back the same', json: 'number' },
  date: { parquet: ({ options }) => (options.dates === DateType.TEXT ? STRING : DATE), csv: '2024-02-29', json: 'string' },
  time: { parquet: time, csv: '12:34:56.1234567', json: 'string' },
  smalldatetime: { parquet: (column) => timestamp(column, false), csv: '2024-02-29T12:34:00', json: 'string' },
  datetime: { parquet: (column) => timestamp(column, false), csv: '2024-02-29T12:34:56.123', json: 'string' },
  datetime2: { parquet: (column) => timestamp(column, false), companions: tick, csv: '2024-02-29T12:34:56.1234567', json: 'string' },
  datetimeoffset: {
    parquet: (column) => timestamp(column, true),
    companions: (column) => (column.options.timestamps === TimestampType.TEXT ? [] : ['offset_minutes', ...tick(column)]),
    csv: '2024-02-29T12:34:56.1234567+05:30',
    json: 'string',
  },
  utf16: { parquet: () => STRING, csv: 'text', json: 'string' },
  bytesText: { parquet: () => STRING, csv: 'text', json: 'string' },
  xml: { parquet: () => STRING, csv: 'text', json: 'string' },
  binary: { parquet: () => BINARY, csv: 'hex, upper case', json: 'string' },
  uniqueidentifier: { parquet: ({ options }) => (options.uniqueidentifier === UniqueidentifierType.UUID ? UUID : STRING), csv: '6F9619FF-8B86-D011-B42D-00C04FC964FF', json: 'string' },
  variant: { parquet: () => STRING, companions: () => ['base_type'], csv: 'text of the base type', json: 'string' },
  null: { parquet: () => INT32, csv: 'empty', json: 'number' },
};

const COMPANIONS: { readonly [companion in Companion]: ParquetMapping } = {
  '100ns': INT32,
  'offset_minutes': INT32,
  'base_type': STRING,
};

/** The Parquet columns of a result, each source column's companions right behind it. */
export function parquetColumns(columns: readonly ColumnType[]): ParquetColumn[] {
  return columns.flatMap((source) => {
    const mapping = TYPE_TABLE[source.kind];
    const companions = mapping.companions?.(source) ?? [];
    return [
      { name: source.name, source, fieldId: source.fieldId, ...mapping.parquet(source) },
      ...companions.map((companion) => ({
        name: `${source.name}__${companion}`,
        source,
        companion,
        ...COMPANIONS[companion],
        fieldId: source.fieldId === undefined ? undefined : companionFieldId(source.fieldId, companion),
      })),
    ];
  });
}

const COMPANION_KINDS = { datetime2: 'datetime2', datetimeoffset: 'datetimeoffset', sql_variant: 'variant' } as const;

/** What Parquet has beside a column, by its type as the catalog spells it. */
export function companionsOf(type: string, options: TypeOptions): readonly Companion[] {
  const [, name, scale] = /^(datetime2|datetimeoffset|sql_variant)(?:\((\d)\))?$/.exec(type) ?? [];
  return TYPE_TABLE[COMPANION_KINDS[name as keyof typeof COMPANION_KINDS]]?.companions?.({ scale: Number(scale), options }) ?? [];
}

/** The manifest's view of the landed columns. */
export function manifestColumns(columns: readonly ColumnType[], format: OutputFormat): ManifestColumn[] {
  if (format.name === 'parquet') {
    return parquetColumns(columns).map(({ name, source, companion, fieldId, outputType, glueType }) => (
      companion === undefined ? describe(source, outputType, glueType) : {
        name, ordinal: source.ordinal, sourceType: source.sourceType, nullable: true, outputType, glueType, ...(fieldId !== undefined && { fieldId }),
      }
    ));
  }
  return columns.map((source) => {
    const mapping = TYPE_TABLE[source.kind];
    // OpenCSVSerDe, which Glue tables over quoted CSV need, has strings only; JSON's numbers and booleans keep their type.
    const native = format.name === 'jsonl' && mapping.json !== 'string';
    const { outputType, glueType } = native ? mapping.parquet(source) : STRING;
    const encoding = source.kind === 'binary' && { encoding: binaryEncoding(source, format) };
    return { ...describe(source, outputType, glueType), ...encoding };
  });
}

/** How binary values are spelled in a text format. */
export function binaryEncoding({ options }: Pick<ColumnType, 'options'>, format: OutputFormat): 'hex' | 'base64' {
  return options.binary ?? (format.name === 'jsonl' ? format.binary ?? 'base64' : 'hex');
}

function describe(source: ColumnType, outputType: string, glueType: string): ManifestColumn {
  const { name, ordinal, sourceType, nullable, framing, charset, fieldId } = source;
  const codePage = charset && { codePage: charset.kind === 'utf8' ? 'utf-8' : charset.codePage };
  return { name, ordinal, sourceType, nullable, outputType, glueType, framing: framing.kind, ...codePage, ...(fieldId !== undefined && { fieldId }) };
}
