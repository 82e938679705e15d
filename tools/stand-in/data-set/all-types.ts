import { quoteText } from '../engine/identifiers';

/** Columns of dbo.AllTypes after Id and Label: T-SQL type and edge values as T-SQL expressions. */
export interface TypeCase {
  readonly column: string;
  readonly type: string;
  readonly values: readonly string[];
  /** A computed column's expression; it has no values of its own. */
  readonly computed?: string;
}

const LONG = "REPLICATE(CAST(N'Ω€漢😀' AS nvarchar(max)), 10000)";
const CP1252_HIGH = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ';

/** Every common type with its minimum, maximum, empty and awkward values; text with lone surrogates has no UTF-8 form and is left to tests. */
export const TYPE_CASES: readonly TypeCase[] = [
  { column: 'c_bit', type: 'bit', values: ['0', '1'] },
  { column: 'c_tinyint', type: 'tinyint', values: ['0', '255', '128'] },
  { column: 'c_smallint', type: 'smallint', values: ['-32768', '32767', '0'] },
  { column: 'c_int', type: 'int', values: ['-2147483648', '2147483647', '0', '-1'] },
  { column: 'c_bigint', type: 'bigint', values: ['-9223372036854775808', '9223372036854775807', '0', '-1', '9007199254740993'] },
  { column: 'c_dec38_10', type: 'decimal(38,10)', values: ['-9999999999999999999999999999.9999999999', '9999999999999999999999999999.9999999999', '0', '-0.0000000001', '1.1'] },
  { column: 'c_dec38_0', type: 'decimal(38,0)', values: ['-99999999999999999999999999999999999999', '99999999999999999999999999999999999999', '18446744073709551616', '-4294967296', '0'] },
  { column: 'c_num38_38', type: 'numeric(38,38)', values: ['-0.99999999999999999999999999999999999999', '0.99999999999999999999999999999999999999', '0.00000000000000000000000000000000000001'] },
  { column: 'c_dec28_6', type: 'decimal(28,6)', values: ['-9999999999999999999999.999999', '9999999999999999999999.999999', '0'] },
  { column: 'c_dec19_4', type: 'decimal(19,4)', values: ['-999999999999999.9999', '999999999999999.9999', '0.0001', '-4294967.2960'] },
  { column: 'c_dec18_2', type: 'decimal(18,2)', values: ['-9999999999999999.99', '9999999999999999.99', '-42949672.96', '0'] },
  { column: 'c_dec9_2', type: 'decimal(9,2)', values: ['-9999999.99', '9999999.99', '0.01', '-0.01'] },
  { column: 'c_dec4_1', type: 'decimal(4,1)', values: ['-999.9', '999.9', '0'] },
  { column: 'c_money', type: 'money', values: ['-922337203685477.5808', '922337203685477.5807', '0', '-0.0001', '429496.7296'] },
  { column: 'c_smallmoney', type: 'smallmoney', values: ['-214748.3648', '214748.3647', '0', '-0.0001'] },
  { column: 'c_float', type: 'float', values: ['-1.7976931348623157e308', '1.7976931348623157e308', '2.2250738585072014e-308', '4.9406564584124654e-324', '0', '0.1', '-0.30000000000000004'] },
  { column: 'c_real', type: 'real', values: ['-3.4028234663852886e38', '3.4028234663852886e38', '1.17549435e-38', '1.4012984643e-45', '0', '0.1', '16777216'] },
  { column: 'c_date', type: 'date', values: ["'0001-01-01'", "'9999-12-31'", "'1582-10-04'", "'1582-10-15'", "'1969-12-31'", "'1970-01-01'", "'2000-02-29'", "'1900-03-01'"] },
  ...[0, 3, 4, 7].map((scale): TypeCase => ({
    column: `c_time${scale}`, type: `time(${scale})`, values: ["'00:00:00'", `'23:59:59${'.9999999'.slice(0, scale > 0 ? scale + 1 : 0)}'`, `'12:34:56${'.1234567'.slice(0, scale > 0 ? scale + 1 : 0)}'`],
  })),
  { column: 'c_smalldatetime', type: 'smalldatetime', values: ["'1900-01-01 00:00:00'", "'2079-06-06 23:59:00'", "'1970-01-01 00:01:00'"] },
  { column: 'c_datetime', type: 'datetime', values: ["'1753-01-01 00:00:00'", "'9999-12-31 23:59:59.997'", "'1899-12-31 23:59:59.993'", "'1969-12-31 23:59:59.003'", "'2024-02-29 12:00:00.007'"] },
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((scale): TypeCase => {
    const fraction = (digits: string) => (scale > 0 ? '.' + digits.slice(0, scale) : '');
    return {
      column: `c_datetime2_${scale}`,
      type: `datetime2(${scale})`,
      values: ["'0001-01-01 00:00:00'", `'9999-12-31 23:59:59${fraction('9999999')}'`, `'1969-12-31 23:59:59${fraction('9999999')}'`, `'1582-10-10 12:34:56${fraction('7654321')}'`, `'1970-01-01 00:00:00${fraction('0000001')}'`],
    };
  }),
  ...[0, 3, 7].map((scale): TypeCase => {
    const fraction = (digits: string) => (scale > 0 ? '.' + digits.slice(0, scale) : '');
    return {
      column: `c_dto${scale}`,
      type: `datetimeoffset(${scale})`,
      values: ["'0001-01-01 00:00:00 +00:00'", `'9999-12-31 23:59:59${fraction('9999999')} +00:00'`, "'0001-01-01 14:00:00 +14:00'", `'9999-12-31 09:59:59${fraction('9999999')} -14:00'`,
        `'1969-12-31 23:59:59${fraction('1234567')} +05:45'`, "'2024-07-01 12:00:00 -00:30'"],
    };
  }),
  { column: 'c_char10', type: 'char(10)', values: ["''", "'abc'", "'0123456789'", "N'üÿ€'"] },
  { column: 'c_varchar60', type: 'varchar(60)', values: ["''", "'   '", `N'${CP1252_HIGH}'`, "'quote '' and \"double\", comma'", "REPLICATE('z', 60)", "'line' + CHAR(13) + CHAR(10) + 'break'"] },
  { column: 'c_varchar8000', type: 'varchar(8000)', values: ["''", "REPLICATE('x', 8000)"] },
  { column: 'c_varcharmax', type: 'varchar(max)', values: ["''", "'short'", "REPLICATE(CAST('0123456789' AS varchar(max)), 10000)"] },
  { column: 'c_varchar_utf8', type: 'varchar(100) COLLATE Latin1_General_100_CI_AS_SC_UTF8', values: ["''", "N'Ω€漢😀'"] },
  { column: 'c_varchar_1251', type: 'varchar(40) COLLATE Cyrillic_General_CI_AS', values: ["''", "N'Привет, мир'"] },
  { column: 'c_varchar_932', type: 'varchar(40) COLLATE Japanese_CI_AS', values: ["''", "N'日本語ｶﾅ'"] },
  { column: 'c_nchar10', type: 'nchar(10)', values: ["N''", "N'漢字'", "N'0123456789'"] },
  { column: 'c_nvarchar80', type: 'nvarchar(80)', values: ["N''", "N'Ω€漢字'", "N'😀𝔊𠮷'", "N'e\u0301 \u202eabc\u202c \ufeff'", 'NCHAR(0) + N\'x\'', 'NCHAR(65535)'] },
  { column: 'c_nvarchar4000', type: 'nvarchar(4000)', values: ["N''", "REPLICATE(N'€', 4000)"] },
  { column: 'c_nvarcharmax', type: 'nvarchar(max)', values: ["N''", "N'short'", LONG] },
  { column: 'c_text', type: 'text', values: ["''", "'old text'", "REPLICATE(CAST('t' AS varchar(max)), 9000)"] },
  { column: 'c_ntext', type: 'ntext', values: ["N''", "N'altes Ω'", LONG] },
  { column: 'c_binary8', type: 'binary(8)', values: ['0x', '0x0102', '0xFFFFFFFFFFFFFFFF'] },
  { column: 'c_varbinary64', type: 'varbinary(64)', values: ['0x', '0x00', '0xDEADBEEF', `0x${'FF'.repeat(64)}`] },
  { column: 'c_varbinarymax', type: 'varbinary(max)', values: ['0x', '0x00FF', "CAST(REPLICATE(CAST('0123456789ABCDEF' AS varchar(max)), 5000) AS varbinary(max))"] },
  { column: 'c_image', type: 'image', values: ['0x', '0x89504E47', "CAST(REPLICATE(CAST('i' AS varchar(max)), 9000) AS varbinary(max))"] },
  { column: 'c_uniqueid', type: 'uniqueidentifier', values: ["'00000000-0000-0000-0000-000000000000'", "'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'", "'01234567-89AB-CDEF-0123-456789ABCDEF'"] },
  { column: 'c_xml', type: 'xml', values: ["N'<a/>'", "N'<r x=\"1\">Ω &amp; 😀</r>'", "N''"] },
  {
    column: 'c_variant',
    type: 'sql_variant',
    values: ['CAST(1 AS bit)', 'CAST(255 AS tinyint)', 'CAST(-32768 AS smallint)', 'CAST(-2147483648 AS int)', 'CAST(9223372036854775807 AS bigint)', 'CAST(-12345.6789 AS decimal(19,4))',
      'CAST(99999999999999999999999999999999999999 AS decimal(38,0))', 'CAST(-922337203685477.5808 AS money)', 'CAST(-214748.3648 AS smallmoney)', 'CAST(0.1 AS float)', 'CAST(0.1 AS real)',
      "CAST('9999-12-31' AS date)", "CAST('23:59:59.9999999' AS time(7))", "CAST('2079-06-06 23:59:00' AS smalldatetime)", "CAST('9999-12-31 23:59:59.997' AS datetime)",
      "CAST('0001-01-01 00:00:00.0000001' AS datetime2(7))", "CAST('1969-12-31 23:59:59.123 +05:45' AS datetimeoffset(3))", "CAST('varchar €' AS varchar(20))", "N'nvarchar Ω😀'",
      "CAST('pad' AS char(5))", '0xDEADBEEF', "CAST('01234567-89AB-CDEF-0123-456789ABCDEF' AS uniqueidentifier)"],
  },
  { column: 'c_sysname', type: 'sysname NULL', values: ["N''", "N'object_name'"] },
  { column: 'c_hierarchyid', type: 'hierarchyid', values: ['0x', '0x58', '0x5AC0'] },
  { column: 'c_geometry', type: 'geometry', values: ['0x00000000010C000000000000F03F0000000000000040'] },
  { column: 'c_geography', type: 'geography', values: ['0xE6100000010C000000000000F03F0000000000000040'] },
];

/** CREATE TABLE, then an INSERT for each row: all NULL first, then one edge value a row, named by Label. */
export function allTypesStatements(): string[] {
  const columns = TYPE_CASES.map(({ column, type }) => `${column} ${type}${/NULL$/.test(type) ? '' : ' NULL'}`);
  const inserts = ['INSERT INTO dbo.AllTypes (Id, Label) VALUES (1, \'all NULL\')'];
  let id = 1;
  for (const { column, type, values } of TYPE_CASES) {
    for (const value of values) {
      id += 1;
      const name = `${column} ${value.length > 30 ? value.slice(0, 27) + '...' : value}`.slice(0, 60);
      inserts.push(`INSERT INTO dbo.AllTypes (Id, Label, ${column}) VALUES (${id}, N${quoteText(name)}, ${literal(type, value)})`);
    }
  }
  return [
    `CREATE TABLE dbo.AllTypes (Id int NOT NULL CONSTRAINT PK_AllTypes PRIMARY KEY CLUSTERED, Label nvarchar(60) NOT NULL, ${columns.join(', ')},
      c_rowversion rowversion, c_computed AS (Id * 2), c_computed_text AS (N'row ' + Label))`,
    ...inserts,
  ];
}

/** The variant columns keep the type the value has; the others are given theirs. */
function literal(type: string, value: string): string {
  return type === 'sql_variant' ? value : `CAST(${value} AS ${type.replace(/ COLLATE \S+| NULL$/, '')})`;
}
