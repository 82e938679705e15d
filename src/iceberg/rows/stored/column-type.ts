import { Order } from './least-greatest';
import { IcebergError } from '../../spec/errors';
import { PHYSICAL, Thrift } from '../../spec/parquet-footer';
import { Field } from '../../spec/schema';
import { decimalOf, IcebergType } from '../../spec/types';

/** How a column of a type is stored in the files that are written here (Iceberg spec, Appendix A, "Parquet"). */
export interface ColumnType {
  readonly physical: string;
  /** Of a FIXED_LEN_BYTE_ARRAY. */
  readonly length?: number;
  readonly order: Order;
  /** parquet.thrift, `ConvertedType`. */
  readonly converted?: number;
  /** parquet.thrift, `LogicalType`. */
  readonly logical?: Thrift;
}

const ConvertedType = { utf8: 0, decimal: 5, date: 6, timestampMicros: 10 } as const;

const MICROS: Thrift = { field_2: {} };

const PLAIN: { readonly [type: IcebergType]: ColumnType } = {
  boolean: { physical: 'BOOLEAN', order: 'boolean' },
  int: { physical: 'INT32', order: 'int32' },
  long: { physical: 'INT64', order: 'int64' },
  float: { physical: 'FLOAT', order: 'float' },
  double: { physical: 'DOUBLE', order: 'double' },
  date: { physical: 'INT32', order: 'int32', converted: ConvertedType.date, logical: { field_6: {} } },
  time: { physical: 'INT64', order: 'int64', logical: { field_7: { field_1: false, field_2: MICROS } } },
  // The older annotation is of instants alone.
  timestamp: { physical: 'INT64', order: 'int64', logical: { field_8: { field_1: false, field_2: MICROS } } },
  timestamptz: { physical: 'INT64', order: 'int64', converted: ConvertedType.timestampMicros, logical: { field_8: { field_1: true, field_2: MICROS } } },
  string: { physical: 'BYTE_ARRAY', order: 'unsigned', converted: ConvertedType.utf8, logical: { field_1: {} } },
  uuid: { physical: 'FIXED_LEN_BYTE_ARRAY', length: 16, order: 'unsigned', logical: { field_14: {} } },
  binary: { physical: 'BYTE_ARRAY', order: 'unsigned' },
};

/** @throws IcebergError COLUMN_REFUSED for a type that is not written here */
export function columnType({ type, name }: Pick<Field, 'type' | 'name'>): ColumnType {
  const decimal = decimalOf(type);
  if (decimal) {
    const { precision, scale } = decimal;
    const annotation = { converted: ConvertedType.decimal, logical: { field_5: { field_1: scale, field_2: precision } } };
    if (precision <= 9) return { physical: 'INT32', order: 'int32', ...annotation };
    if (precision <= 18) return { physical: 'INT64', order: 'int64', ...annotation };
    return { physical: 'FIXED_LEN_BYTE_ARRAY', length: decimalBytes(precision), order: 'signed', ...annotation };
  }
  const fixed = /^fixed\[(\d+)\]$/.exec(type);
  if (fixed) return { physical: 'FIXED_LEN_BYTE_ARRAY', length: Number(fixed[1]), order: 'unsigned' };
  const plain = PLAIN[type];
  if (!plain) throw new IcebergError('COLUMN_REFUSED', `the column '${name}' is ${type}, which is not written here`);
  return plain;
}

/** The fewest bytes that hold every number of so many digits. */
function decimalBytes(precision: number): number {
  let bytes = 1;
  while (2n ** BigInt(8 * bytes - 1) - 1n < 10n ** BigInt(precision) - 1n) bytes++;
  return bytes;
}

/** parquet.thrift, `SchemaElement`. */
export function schemaElement(field: Field): Thrift {
  const { physical, length, converted, logical } = columnType(field);
  const decimal = decimalOf(field.type);
  return {
    field_1: PHYSICAL.indexOf(physical),
    ...(length !== undefined && { field_2: length }),
    field_3: field.required ? 0 : 1,
    field_4: field.name,
    ...(converted !== undefined && { field_6: converted }),
    ...(decimal && { field_7: decimal.scale, field_8: decimal.precision }),
    field_9: field.id,
    ...(logical && { field_10: logical }),
  };
}
