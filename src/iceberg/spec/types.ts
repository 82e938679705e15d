import { IcebergError } from './errors';

/** A primitive type as the specification spells it (Iceberg spec, Appendix C), for example `decimal(19, 4)`. */
export type IcebergType = string;

const PLAIN: { readonly [outputType: string]: IcebergType } = {
  'BOOLEAN': 'boolean',
  'INT8': 'int',
  'INT16': 'int',
  'INT32': 'int',
  'INT64': 'long',
  'FLOAT': 'float',
  'DOUBLE': 'double',
  'DATE': 'date',
  'TIME(MICROS)': 'time',
  'TIMESTAMP(MICROS)': 'timestamp',
  'TIMESTAMP(MICROS,UTC)': 'timestamptz',
  'STRING': 'string',
  'UUID': 'uuid',
  'BINARY': 'binary',
};

/**
 * The type of a landed Parquet column.
 *
 * @param outputType as the manifest has it
 * @throws IcebergError COLUMN_REFUSED where format version 2 has none: nanoseconds
 */
export function icebergType(outputType: string, column: string): IcebergType {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(outputType);
  if (decimal) return `decimal(${decimal[1]}, ${decimal[2]})`;
  const type = PLAIN[outputType];
  if (type === undefined) {
    throw new IcebergError('COLUMN_REFUSED', `the column '${column}' is ${outputType}, which Iceberg's format version 2 has not; `
      + `it has ${Object.keys(PLAIN).join(', ')} and DECIMAL (the options timestamps: companion and time: text give such types)`);
  }
  return type;
}

/** Precision and scale of a decimal; undefined for another type. */
export function decimalOf(type: IcebergType): { readonly precision: number; readonly scale: number } | undefined {
  const match = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type);
  return match ? { precision: Number(match[1]), scale: Number(match[2]) } : undefined;
}

/** Whether values of one type are read as another (Iceberg spec, "Schema Evolution", Valid primitive type promotions). */
export function isPromotion(from: IcebergType, to: IcebergType): boolean {
  if (from === to) return true;
  const [a, b] = [decimalOf(from), decimalOf(to)];
  if (a && b) return a.scale === b.scale && a.precision <= b.precision;
  return (from === 'int' && to === 'long') || (from === 'float' && to === 'double');
}

/** The type in a Glue table over an Iceberg table, as Iceberg's own Glue catalog writes it. */
export function glueTypeOf(type: IcebergType): string {
  const decimal = decimalOf(type);
  if (decimal) return `decimal(${decimal.precision},${decimal.scale})`;
  const other: { readonly [type: string]: string } = {
    long: 'bigint', timestamptz: 'timestamp', uuid: 'string', time: 'string',
  };
  return other[type] ?? type;
}
