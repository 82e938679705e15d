import { createHash } from 'node:crypto';
import { openRow } from './wire-row';
import type { ManifestColumn } from '../../../contract';
import type { ColumnType } from '../columns/column-type';
import { parseSourceType } from '../columns/source-type';
import { RowScanner } from '../tds/row-scanner';
import { valueText } from '../text/value-text';

/**
 * A hash of rows that SQL Server can compute too: SHA2_256 of a row's values, each that is not NULL behind a byte 01 and, of text
 * and binary, behind its length (8 bytes, most significant first); NULL is a byte 00. Of the first 16 bytes of each row's hash two
 * signed numbers are made, which are summed up.
 *
 * Numbers but floats, dates and times go in as text, in ASCII; floats as their bits, most significant byte first; text, binary
 * and uniqueidentifier as the bytes they have on the wire.
 */

/** How the values of a type go into the hash. */
export type HashForm = 'text' | 'float' | 'bytes';

const FORMS: { readonly [base: string]: HashForm } = {
  bit: 'text',
  tinyint: 'text',
  smallint: 'text',
  int: 'text',
  bigint: 'text',
  decimal: 'text',
  numeric: 'text',
  smallmoney: 'text',
  money: 'text',
  date: 'text',
  time: 'text',
  smalldatetime: 'text',
  datetime: 'text',
  datetime2: 'text',
  datetimeoffset: 'text',
  real: 'float',
  float: 'float',
  char: 'bytes',
  varchar: 'bytes',
  text: 'bytes',
  nchar: 'bytes',
  nvarchar: 'bytes',
  ntext: 'bytes',
  binary: 'bytes',
  varbinary: 'bytes',
  image: 'bytes',
  rowversion: 'bytes',
  uniqueidentifier: 'bytes',
};

/** @returns nothing for types that have no form which both sides can make: xml, sql_variant and CLR types */
export function hashFormOf(sourceType: string): HashForm | undefined {
  return FORMS[parseSourceType(sourceType).base];
}

/** Names of the columns that cannot be part of the hash, or are left out of it. */
export function unhashedColumns(columns: readonly ManifestColumn[], leftOut: readonly string[] = []): string[] {
  return columns.filter(({ name, framing, sourceType }) => framing !== undefined && (leftOut.includes(name) || hashFormOf(sourceType) === undefined))
    .map(({ name }) => name);
}

const NULL = Buffer.from([0]);
const VALUE = Buffer.from([1]);

/** Of how many rows one is hashed where they are sampled: those whose key this divides. */
export const SAMPLE_DIVISOR = 97;
const KEY_TYPES = new Set(['tinyint', 'smallint', 'int', 'bigint']);

/** Whether rows can be sampled by a column. */
export function isSampleKey(sourceType: string): boolean {
  return KEY_TYPES.has(sourceType);
}

/** Sums of rows' hashes. */
export interface HashSums {
  /** Whether not all rows were hashed. */
  readonly sampled: boolean;
  /** That were hashed. */
  readonly rows: number;
  readonly first: string;
  readonly second: string;
}

/** Takes the hash from the bytes that the server sent. */
export class SourceRowHasher {
  private rowsHashed = 0;
  private first = 0n;
  private second = 0n;
  private readonly scanner: RowScanner;
  private readonly writers: ReadonlyArray<((value: readonly Uint8Array[]) => Uint8Array[]) | undefined>;

  /**
   * @param key index of the column that rows are sampled by; all are taken without it
   * @param leaveOut names of columns that are not part of the hash
   */
  public constructor(private readonly columns: readonly ColumnType[], private readonly key?: number, leaveOut: readonly string[] = []) {
    this.writers = columns.map((column) => (leaveOut.includes(column.name) ? undefined : writerOf(column)));
    this.scanner = new RowScanner(columns.map(({ framing }) => framing));
  }

  /** Adds whole rows that lie one behind the other, tokens included, as the server sent them. */
  public rows(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    while (start < end) {
      const row = openRow(this.columns, this.scanner, bytes, view, start, end);
      if (this.key === undefined || isSampled(row.values[this.key], this.columns[this.key])) this.add(row.values);
      start = row.end;
    }
  }

  private add(values: ReadonlyArray<readonly Uint8Array[] | undefined>): void {
    const hash = createHash('sha256');
    this.writers.forEach((write, i) => {
      if (!write) return;
      const value = values[i];
      if (!value) return void hash.update(NULL);
      hash.update(VALUE);
      for (const bytes of write(value)) hash.update(bytes);
    });
    const digest = hash.digest();
    this.rowsHashed += 1;
    this.first += digest.readBigInt64BE(0);
    this.second += digest.readBigInt64BE(8);
  }

  public get sums(): HashSums {
    return { sampled: this.key !== undefined, rows: this.rowsHashed, first: String(this.first), second: String(this.second) };
  }
}

/** NULL has no remainder. */
function isSampled(value: readonly Uint8Array[] | undefined, { kind }: ColumnType): boolean {
  if (!value) return false;
  const bytes = Buffer.from(value[0]);
  const number = bytes.length === 8 ? bytes.readBigInt64LE() : BigInt(kind === 'tinyint' ? bytes[0] : bytes.readIntLE(0, bytes.length));
  return number % BigInt(SAMPLE_DIVISOR) === 0n;
}

function writerOf(column: ColumnType): ((value: readonly Uint8Array[]) => Uint8Array[]) | undefined {
  switch (hashFormOf(column.sourceType)) {
    case 'bytes': return (value) => {
      const size = Buffer.alloc(8);
      size.writeBigUInt64BE(BigInt(value.reduce((sum, { length }) => sum + length, 0)));
      return [size, ...value];
    };
    case 'float': return ([value]) => [Buffer.from(value).reverse()];
    case 'text': return textWriter(column);
    default: return undefined;
  }
}

function textWriter(column: ColumnType): (value: readonly Uint8Array[]) => Uint8Array[] {
  if (column.kind === 'bit') return ([value]) => [Buffer.from(value[0] === 0 ? '0' : '1')];
  const { write, extra } = valueText(column, 'hex');
  // Not a Buffer: the writers are those of the formats, which see plain arrays only.
  const out = new Uint8Array(64);
  return ([value]) => {
    const view = new DataView(value.buffer, value.byteOffset, value.length);
    return [out.subarray(0, write(view, 0, value.length, out, 0, ...extra as never[]))];
  };
}

/** A column, and the expression it was selected by. */
interface SelectedColumn {
  readonly column: ManifestColumn;
  readonly expression: string;
}

/**
 * Asks for the rows hashed and the sums, as `row_count`, `h1` and `h2`.
 *
 * @param from `FROM … WHERE …`
 * @param key expression of the column that rows are sampled by
 */
export function hashStatement(columns: readonly SelectedColumn[], from: string, hint: string, key?: string): string {
  const values = columns.flatMap(({ column, expression }) => valueSql(column.sourceType, expression) ?? []);
  const half = (start: number) => `CONVERT(varchar(60), SUM(CAST(CAST(SUBSTRING(q.h, ${start}, 8) AS bigint) AS decimal(38,0))))`;
  const row = values.length === 0 ? '0x' : values.join(' + ');
  const sampled = key === undefined ? { key: '', where: '' } : { key: `, ${key} AS k`, where: ` WHERE q.k % ${SAMPLE_DIVISOR} = 0` };
  return `SELECT COUNT_BIG(*) AS row_count, ${half(1)} AS h1, ${half(9)} AS h2 FROM (SELECT HASHBYTES('SHA2_256', ${row}) AS h${sampled.key} ${from}) AS q${sampled.where}${hint}`;
}

function valueSql(sourceType: string, expression: string): string | undefined {
  const bytes = bytesSql(sourceType, expression);
  return bytes && `CASE WHEN ${expression} IS NULL THEN CAST(0x00 AS varbinary(max)) ELSE CAST(0x01 AS varbinary(max)) + ${bytes} END`;
}

function bytesSql(sourceType: string, expression: string): string | undefined {
  const { base } = parseSourceType(sourceType);
  const ascii = (sql: string) => `CAST(CONVERT(varchar(60), ${sql}) AS varbinary(max))`;
  switch (base) {
    case 'money': case 'smallmoney': return ascii(`CAST(${expression} AS decimal(19,4))`);
    case 'date': case 'time': return ascii(`CONVERT(varchar(40), ${expression}, 121)`);
    case 'datetime': case 'datetime2': return ascii(`REPLACE(CONVERT(varchar(40), ${expression}, 121), ' ', 'T')`);
    case 'smalldatetime': return ascii(`REPLACE(CONVERT(varchar(40), CAST(${expression} AS datetime2(0)), 121), ' ', 'T')`);
    case 'datetimeoffset': return ascii(`STUFF(REPLACE(CONVERT(varchar(40), ${expression}, 121), ' ', ''), 11, 0, 'T')`);
    case 'float': return `CAST(CAST(${expression} AS binary(8)) AS varbinary(max))`;
    case 'real': return `CAST(CAST(${expression} AS binary(4)) AS varbinary(max))`;
    case 'text': return sized(`CAST(CAST(${expression} AS varchar(max)) AS varbinary(max))`);
    case 'ntext': return sized(`CAST(CAST(${expression} AS nvarchar(max)) AS varbinary(max))`);
    case 'uniqueidentifier': return sized(`CAST(CAST(${expression} AS binary(16)) AS varbinary(max))`);
    default: {
      const form = hashFormOf(sourceType);
      if (form === 'text') return ascii(expression);
      return form === 'bytes' ? sized(`CAST(${expression} AS varbinary(max))`) : undefined;
    }
  }
}

function sized(bytes: string): string {
  return `CAST(CAST(CAST(DATALENGTH(${bytes}) AS bigint) AS binary(8)) AS varbinary(max)) + ${bytes}`;
}
