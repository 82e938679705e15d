import { collationOf } from '../../sql/collations';
import { catalogShape } from '../../sql/type-declaration';
import { family, isUnicode } from '../../sql/types';
import { ColumnEntry } from '../catalog';
import { Cell, SystemView } from './system-view';

/** Character length, octet length of INFORMATION_SCHEMA.COLUMNS. */
function lengths({ type }: ColumnEntry): [number | null, number | null] {
  switch (type.name) {
    case 'text':
    case 'image': return [2147483647, 2147483647];
    case 'ntext': return [1073741823, 2147483646];
    case 'xml': return [-1, -1];
    case 'timestamp': return [null, null];
    default: {
      const sized = type.length !== undefined;
      const octets = sized && type.length! > 0 && isUnicode(type) ? type.length! * 2 : type.length;
      return sized ? [type.length!, octets!] : [null, null];
    }
  }
}

function columnCells(database: string, schema: string, table: string, column: ColumnEntry, at: number): Cell[] {
  const { type } = column;
  const numeric = ['integer', 'decimal', 'money', 'float'].includes(family(type));
  const approximate = family(type) === 'float';
  const shape = catalogShape(type);
  const collation = family(type) === 'string' ? collationOf(type.collation) : undefined;
  const [characters, octets] = lengths(column);
  const temporal = ['date', 'time', 'datetime', 'datetimeoffset'].includes(family(type));
  return [database, schema, table, column.name, at + 1, column.defaultText ?? null, column.nullable ? 'YES' : 'NO', type.name === 'sysname' ? 'nvarchar' : type.name,
    characters, octets, numeric ? shape.precision : null, numeric ? (approximate ? 2 : 10) : null, numeric && !approximate ? shape.scale : null,
    temporal ? shape.scale : null, null, null, collation ? (isUnicode(type) ? 'UNICODE' : collation.codePage === 1252 ? 'iso_1' : `cp${collation.codePage}`) : null, null, null,
    collation?.name ?? null, null, null, null];
}

export const STANDARD_VIEWS: SystemView[] = [
  {
    schema: 'INFORMATION_SCHEMA',
    name: 'TABLES',
    columns: ['TABLE_CATALOG nvarchar(128) null', 'TABLE_SCHEMA sysname null', 'TABLE_NAME sysname', 'TABLE_TYPE varchar(10) null'],
    rows: (database) => database.userTables().map((table) => [database.name, table.schema, table.name, 'BASE TABLE']),
  },
  {
    schema: 'INFORMATION_SCHEMA',
    name: 'COLUMNS',
    columns: ['TABLE_CATALOG nvarchar(128) null', 'TABLE_SCHEMA nvarchar(128) null', 'TABLE_NAME sysname', 'COLUMN_NAME sysname null', 'ORDINAL_POSITION int null',
      'COLUMN_DEFAULT nvarchar(4000) null', 'IS_NULLABLE varchar(3) null', 'DATA_TYPE nvarchar(128) null', 'CHARACTER_MAXIMUM_LENGTH int null',
      'CHARACTER_OCTET_LENGTH int null', 'NUMERIC_PRECISION tinyint null', 'NUMERIC_PRECISION_RADIX smallint null', 'NUMERIC_SCALE int null',
      'DATETIME_PRECISION smallint null', 'CHARACTER_SET_CATALOG sysname null', 'CHARACTER_SET_SCHEMA sysname null', 'CHARACTER_SET_NAME sysname null',
      'COLLATION_CATALOG sysname null', 'COLLATION_SCHEMA sysname null', 'COLLATION_NAME sysname null', 'DOMAIN_CATALOG sysname null', 'DOMAIN_SCHEMA sysname null',
      'DOMAIN_NAME sysname null'],
    rows: (database) => database.userTables().flatMap((table) => table.columns.map((column, at) =>
      columnCells(database.name, table.schema, table.name, column, at))),
  },
  {
    schema: 'INFORMATION_SCHEMA',
    name: 'SCHEMATA',
    columns: ['CATALOG_NAME sysname null', 'SCHEMA_NAME nvarchar(128) null', 'SCHEMA_OWNER nvarchar(128) null'],
    rows: (database) => database.schemas.map((schema) => [database.name, schema.name, 'dbo']),
  },
  {
    schema: 'INFORMATION_SCHEMA',
    name: 'TABLE_CONSTRAINTS',
    columns: ['CONSTRAINT_CATALOG nvarchar(128) null', 'CONSTRAINT_SCHEMA nvarchar(128) null', 'CONSTRAINT_NAME sysname', 'TABLE_CATALOG nvarchar(128) null',
      'TABLE_SCHEMA nvarchar(128) null', 'TABLE_NAME sysname null', 'CONSTRAINT_TYPE varchar(11) null', 'IS_DEFERRABLE varchar(2)', 'INITIALLY_DEFERRED varchar(2)'],
    rows: (database) => database.userTables().flatMap((table) => [
      ...table.indexes.filter((index) => index.constraint).map((index): [string, string] => [index.name!, index.constraint === 'primary' ? 'PRIMARY KEY' : 'UNIQUE']),
      ...table.foreignKeys.map((foreign): [string, string] => [foreign.name, 'FOREIGN KEY']),
    ].map(([name, type]): Cell[] => [database.name, table.schema, name, database.name, table.schema, table.name, type, 'NO', 'NO'])),
  },
  {
    schema: 'INFORMATION_SCHEMA',
    name: 'KEY_COLUMN_USAGE',
    columns: ['CONSTRAINT_CATALOG nvarchar(128) null', 'CONSTRAINT_SCHEMA nvarchar(128) null', 'CONSTRAINT_NAME nvarchar(128)', 'TABLE_CATALOG nvarchar(128) null',
      'TABLE_SCHEMA nvarchar(128) null', 'TABLE_NAME nvarchar(128)', 'COLUMN_NAME nvarchar(128) null', 'ORDINAL_POSITION int'],
    rows: (database) => database.userTables().flatMap((table) => [
      ...table.indexes.filter((index) => index.constraint)
        .map((index) => ({ name: index.name!, columns: index.columns.map((column) => column.name) })),
      ...table.foreignKeys.map((foreign) => ({ name: foreign.name, columns: [...foreign.columns] })),
    ].flatMap(({ name, columns }) => columns.map((column, at): Cell[] =>
      [database.name, table.schema, name, database.name, table.schema, table.name, column, at + 1]))),
  },
];
