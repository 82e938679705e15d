import { InvalidText, LoneSurrogates, TypeOptions } from '../../api/type-options';
import type { Charset } from '../tds/code-page';
import { charsetOfCollation } from '../tds/collation';
import { ColumnMetadata } from '../tds/column-metadata';
import { Framing, framingOf } from '../tds/framing';
import { MAX_LENGTH, USER_TYPE_ROWVERSION, WireType as T } from '../tds/wire-types';

/** What a value is, apart from how it is framed. */
export type ValueKind =
  | 'bit' | 'tinyint' | 'smallint' | 'int' | 'bigint'
  | 'decimal' | 'smallmoney' | 'money'
  | 'real' | 'float'
  | 'date' | 'time' | 'smalldatetime' | 'datetime' | 'datetime2' | 'datetimeoffset'
  | 'utf16' | 'bytesText' | 'xml'
  | 'binary' | 'uniqueidentifier' | 'variant' | 'null';

/** Values that an option allows to be landed otherwise than they are, counted while they are decoded. */
export interface Alterations {
  replacedSurrogates: number;
  replacedSequences: number;
  truncatedTimes: number;
}

export function noAlterations(): Alterations {
  return { replacedSurrogates: 0, replacedSequences: 0, truncatedTimes: 0 };
}

/** A column the extractor can land. */
export interface ColumnType {
  readonly name: string;
  readonly ordinal: number;
  readonly nullable: boolean;
  readonly kind: ValueKind;
  readonly framing: Framing;
  /** As SQL Server spells it. */
  readonly sourceType: string;
  readonly precision: number;
  readonly scale: number;
  /** Of `bytesText`. */
  readonly charset?: Charset;
  /** In Parquet; absent where the source's columns have no ids. */
  readonly fieldId?: number;
  readonly options: TypeOptions;
  readonly altered: Alterations;
}

/** Why a column cannot be landed. */
export interface UnsupportedColumn {
  readonly name: string;
  readonly ordinal: number;
  readonly reason: string;
}

/** Whether half a surrogate pair is replaced, not refused. */
export function replacesSurrogates({ loneSurrogates, invalidText }: TypeOptions): boolean {
  return loneSurrogates === undefined ? invalidText === InvalidText.REPLACE : loneSurrogates === LoneSurrogates.REPLACE;
}

/** Whether bytes that are no character of their code page, or no UTF-8, are replaced, not refused. */
export function replacesSequences({ invalidText }: TypeOptions): boolean {
  return invalidText === InvalidText.REPLACE;
}

export function columnTypeOf(column: ColumnMetadata, options: TypeOptions = {}): ColumnType | UnsupportedColumn {
  const framing = framingOf(column);
  const spelled = framing && describe(column);
  if (!framing || !spelled) {
    return { name: column.name, ordinal: column.ordinal, reason: `unknown data type 0x${column.type.toString(16)} of length ${column.length}` };
  }
  const [kind, sourceType] = spelled;
  const { name, ordinal, nullable, precision, scale } = column;
  const altered = noAlterations();
  const base = { name, ordinal, nullable, kind, framing, sourceType, precision, scale, options, altered };
  if (kind !== 'bytesText') return base;
  const charset = column.collation && charsetOfCollation(column.collation);
  if (!charset) {
    const collation = Buffer.from(column.collation ?? []).toString('hex');
    return { name, ordinal, reason: `${sourceType} in a collation (${collation}) whose code page is unknown` };
  }
  return { ...base, charset };
}

/** Kind and SQL Server's spelling, by the type alone. */
function describe(column: ColumnMetadata): [ValueKind, string] | undefined {
  const { type, length, precision, scale } = column;
  const characters = (bytes: number) => (length === MAX_LENGTH ? 'max' : String(length / bytes));
  switch (type) {
    case T.NULL: return ['null', 'int'];
    case T.INT1: return ['tinyint', 'tinyint'];
    case T.BIT: case T.BITN: return ['bit', 'bit'];
    case T.INT2: return ['smallint', 'smallint'];
    case T.INT4: return ['int', 'int'];
    case T.INT8: return ['bigint', 'bigint'];
    case T.INTN: return sized(length, { 1: 'tinyint', 2: 'smallint', 4: 'int', 8: 'bigint' });
    case T.FLT4: return ['real', 'real'];
    case T.FLT8: return ['float', 'float'];
    case T.FLTN: return sized(length, { 4: 'real', 8: 'float' });
    case T.MONEY4: return ['smallmoney', 'smallmoney'];
    case T.MONEY: return ['money', 'money'];
    case T.MONEYN: return sized(length, { 4: 'smallmoney', 8: 'money' });
    case T.DATETIM4: return ['smalldatetime', 'smalldatetime'];
    case T.DATETIME: return ['datetime', 'datetime'];
    case T.DATETIMN: return sized(length, { 4: 'smalldatetime', 8: 'datetime' });
    case T.DECIMALN: case T.DECIMAL:
      return validDecimal(column) ? ['decimal', `decimal(${precision},${scale})`] : undefined;
    case T.NUMERICN: case T.NUMERIC:
      return validDecimal(column) ? ['decimal', `numeric(${precision},${scale})`] : undefined;
    case T.DATEN: return ['date', 'date'];
    case T.TIMEN: return scale <= 7 ? ['time', `time(${scale})`] : undefined;
    case T.DATETIME2N: return scale <= 7 ? ['datetime2', `datetime2(${scale})`] : undefined;
    case T.DATETIMEOFFSETN: return scale <= 7 ? ['datetimeoffset', `datetimeoffset(${scale})`] : undefined;
    case T.GUID: return length === 16 ? ['uniqueidentifier', 'uniqueidentifier'] : undefined;
    case T.NCHAR: return ['utf16', `nchar(${characters(2)})`];
    case T.NVARCHAR: return ['utf16', `nvarchar(${characters(2)})`];
    case T.NTEXT: return ['utf16', 'ntext'];
    case T.BIGCHAR: return ['bytesText', `char(${characters(1)})`];
    case T.BIGVARCHAR: return ['bytesText', `varchar(${characters(1)})`];
    case T.TEXT: return ['bytesText', 'text'];
    case T.XML: return ['xml', 'xml'];
    case T.BIGBINARY: return ['binary', column.userType === USER_TYPE_ROWVERSION ? 'rowversion' : `binary(${characters(1)})`];
    case T.BIGVARBINARY: return ['binary', `varbinary(${characters(1)})`];
    case T.IMAGE: return ['binary', 'image'];
    case T.UDT: return ['binary', udtName(column)];
    case T.VARIANT: return ['variant', 'sql_variant'];
    default: return undefined;
  }
}

function sized(length: number, kinds: { readonly [length: number]: ValueKind }): [ValueKind, string] | undefined {
  const kind = kinds[length];
  return kind && [kind, kind];
}

function validDecimal({ precision, scale, length }: ColumnMetadata): boolean {
  return precision >= 1 && precision <= 38 && scale <= precision && [5, 9, 13, 17].includes(length);
}

/** System CLR types by their own name, others in full. */
function udtName({ udt }: ColumnMetadata): string {
  if (!udt) return 'udt';
  return udt.schema === 'sys' ? udt.type : [udt.database, udt.schema, udt.type].filter((part) => part !== '').join('.');
}
