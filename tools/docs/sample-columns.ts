import { COLLATION, WireCell, WireColumn, wireColumn } from '../replay-server/wire-rows';

/** A source type and a value of it, as the server would send them. */
export interface SampleColumn {
  /** The types that are landed alike, as SQL Server spells them. */
  readonly types: string;
  readonly column: WireColumn;
  readonly cell: WireCell;
}

const hex = (text: string) => Buffer.from(text.replace(/ /g, ''), 'hex');
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
/** 2024-02-29 in days since 0001-01-01. */
const DAY = hex('80460b');
/** 12:34:56.1234567 in units of 100 ns. */
const TICKS = ticks(452961234567);
/** The same to the microsecond. */
const MICROS = ticks(45296123456);

export const SAMPLE_COLUMNS: readonly SampleColumn[] = [
  { types: '`bit`', column: wireColumn.bit('bit'), cell: hex('01') },
  { types: '`tinyint` (0 to 255)', column: wireColumn.intN('tinyint', 1), cell: hex('ff') },
  { types: '`smallint`', column: wireColumn.intN('smallint', 2), cell: hex('0080') },
  { types: '`int`', column: wireColumn.intN('int', 4), cell: hex('00000080') },
  { types: '`bigint`', column: wireColumn.intN('bigint', 8), cell: hex('0000000000000080') },
  { types: '`decimal`, `numeric` of 1 to 9 digits', column: wireColumn.decimal('decimal9', 9, 2), cell: hex('00 15cd5b07') },
  { types: '`decimal`, `numeric` of 10 to 18 digits', column: wireColumn.decimal('decimal18', 18, 4), cell: hex('01 15cd5b0700000000') },
  {
    types: '`decimal`, `numeric` of 19 to 38 digits',
    column: wireColumn.decimal('decimal38', 38, 10),
    cell: hex('00 ffffffff3f228a097ac4865aa84c3b4b'),
  },
  { types: '`smallmoney`', column: wireColumn.moneyN('smallmoney', 4), cell: hex('ffffff7f') },
  { types: '`money`', column: wireColumn.moneyN('money', 8), cell: hex('00000080 00000000') },
  { types: '`real`', column: wireColumn.floatN('real', 4), cell: hex('cdcccc3d') },
  { types: '`float`', column: wireColumn.floatN('float', 8), cell: hex('9a9999999999b93f') },
  { types: '`date`', column: wireColumn.date('date'), cell: DAY },
  { types: '`time(0)` to `time(6)`', column: wireColumn.time('time_6', 6), cell: MICROS },
  { types: '`time(7)`', column: wireColumn.time('time_7', 7), cell: TICKS },
  { types: '`smalldatetime`', column: wireColumn.datetimeN('smalldatetime', 4), cell: hex('25b1 f202') },
  { types: '`datetime`', column: wireColumn.datetimeN('datetime', 8), cell: hex('25b10000 6559cf00') },
  { types: '`datetime2(0)` to `datetime2(6)`', column: wireColumn.datetime2('datetime2_6', 6), cell: Buffer.concat([MICROS, DAY]) },
  { types: '`datetime2(7)`', column: wireColumn.datetime2('datetime2_7', 7), cell: Buffer.concat([TICKS, DAY]) },
  {
    types: '`datetimeoffset(0)` to `datetimeoffset(6)`',
    column: wireColumn.datetimeoffset('datetimeoffset_6', 6),
    cell: Buffer.concat([MICROS, DAY, hex('4a01')]),
  },
  {
    types: '`datetimeoffset(7)`',
    column: wireColumn.datetimeoffset('datetimeoffset_7', 7),
    cell: Buffer.concat([TICKS, DAY, hex('4a01')]),
  },
  { types: '`char(n)`, `varchar(n)`, `varchar(max)`, `text`', column: wireColumn.varchar('varchar', 40, COLLATION.latin1), cell: hex('4772fcdf65') },
  { types: '`nchar(n)`, `nvarchar(n)`, `nvarchar(max)`, `ntext`, `sysname`', column: wireColumn.nvarchar('nvarchar', 40), cell: utf16('漢字') },
  { types: '`xml`', column: wireColumn.xml('xml'), cell: utf16('<a/>') },
  {
    types: '`binary(n)`, `varbinary(n)`, `varbinary(max)`, `image`, `rowversion`',
    column: wireColumn.varbinary('varbinary', 8),
    cell: hex('00ff10'),
  },
  { types: '`hierarchyid`, `geometry`, `geography`, other CLR types', column: udt('hierarchyid'), cell: hex('58') },
  { types: '`uniqueidentifier`', column: wireColumn.guid('uniqueidentifier'), cell: hex('ff19966f868b11d0b42d00c04fc964ff') },
  // An int: base type, no properties, value.
  { types: '`sql_variant`', column: wireColumn.variant('sql_variant'), cell: hex('38 00 2a000000') },
];

function ticks(value: number): Buffer {
  const out = Buffer.alloc(5);
  out.writeUIntLE(value, 0, 5);
  return out;
}

/** UDT_INFO (MS-TDS 2.2.5.5.2): size, database, schema and type, assembly. */
function udt(type: string): WireColumn {
  const name = (text: string) => Buffer.concat([Buffer.from([text.length]), utf16(text)]);
  return { name: type, type: 0xf0, typeInfo: Buffer.concat([hex('7c03'), name(''), name('sys'), name(type), hex('0000')]), framing: 'plp' };
}
