import { sqlTokens } from './sql-tokens';

/** What is neither code nor a name that is code: texts, quoted names, comments. */
const OPAQUE = /N?'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * What gives another value each time within one state of the database (SQL Server documentation, "Deterministic and nondeterministic
 * functions"): clocks, random values, sequences, counters of the server. Left out are those that are nondeterministic by that
 * page, but the same for all statements of a run, as DB_NAME.
 */
const VARYING = new RegExp(`\\b(?:${[
  '(?:GETDATE|GETUTCDATE|SYSDATETIME|SYSUTCDATETIME|SYSDATETIMEOFFSET|NEWID|NEWSEQUENTIALID|RAND|CRYPT_GEN_RANDOM|MIN_ACTIVE_ROWVERSION'
  + '|CHANGE_TRACKING_CURRENT_VERSION|CURRENT_TRANSACTION_ID|GET_TRANSMISSION_STATUS)(?=\\s*\\()',
  'CURRENT_TIMESTAMP', 'CURRENT_DATE', 'NEXT\\s+VALUE\\s+FOR', 'TABLESAMPLE',
].join('|')})\\b|@@\\w+|\\{\\s*fn\\s+(?:NOW|CURDATE|CURTIME|CURRENT_DATE|CURRENT_TIME|CURRENT_TIMESTAMP|RAND)\\b`, 'i');

/**
 * What in a condition may choose other rows each time it is asked; undefined where nothing does. What a function of the database's
 * own does cannot be told from its name: it is taken to repeat, and a count that then differs fails the run.
 */
export function varyingPart(rowFilter: string | undefined): string | undefined {
  return rowFilter === undefined ? undefined : VARYING.exec(rowFilter.replace(OPAQUE, ' '))?.[0].replace(/\s+/g, ' ');
}

/** What stands before a parenthesis and calls nothing that could answer otherwise: operators, types, and functions of their arguments alone. */
const BY_ARGUMENTS = new Set(`
  ALL AND ANY BETWEEN CASE ELSE ESCAPE EXISTS IN IS LIKE NOT NULL OR SOME THEN WHEN
  BINARY CHAR DATETIME2 DATETIMEOFFSET DEC DECIMAL FLOAT NCHAR NUMERIC NVARCHAR TIME VARBINARY VARCHAR
  ABS ACOS ASCII ASIN ATAN ATN2 BINARY_CHECKSUM CAST CEILING CHARINDEX CHECKSUM CHOOSE COALESCE COMPRESS CONCAT CONCAT_WS CONVERT COS COT DATALENGTH DATEADD
  DATEDIFF DATEDIFF_BIG DATEFROMPARTS DATENAME DATEPART DATETIME2FROMPARTS DATETIMEFROMPARTS DATETIMEOFFSETFROMPARTS DATETRUNC DATE_BUCKET DAY DECOMPRESS
  DEGREES DIFFERENCE EOMONTH EXP FLOOR FORMAT GREATEST HASHBYTES IIF ISDATE ISJSON ISNULL ISNUMERIC JSON_PATH_EXISTS JSON_QUERY JSON_VALUE LEAST LEFT LEN LOG LOG10
  LOWER LTRIM MONTH NULLIF PARSE PARSENAME PATINDEX PI POWER QUOTENAME RADIANS REPLACE REPLICATE REVERSE RIGHT ROUND RTRIM SIGN SIN SMALLDATETIMEFROMPARTS
  SOUNDEX SPACE SQL_VARIANT_PROPERTY SQRT SQUARE STR STRING_ESCAPE STUFF SUBSTRING SWITCHOFFSET TAN TIMEFROMPARTS TODATETIMEOFFSET TRANSLATE TRIM TRY_CAST TRY_CONVERT
  TRY_PARSE UNICODE UPPER YEAR
`.trim().split(/\s+/));

/**
 * What a condition calls that may choose other rows another time, though they have not changed: a function of the database's own, which may
 * read other tables, a method, or one that is not known here; undefined where all that it calls depends on its arguments alone.
 */
export function otherCall(rowFilter: string): string | undefined {
  const { tokens } = sqlTokens(rowFilter);
  for (let at = 1; at < tokens.length; at++) {
    const { word } = tokens[at - 1];
    if (tokens[at].word !== '(' || !/^[\p{L}_#"[]/u.test(word)) continue;
    if (tokens[at - 2]?.word === '.' || !BY_ARGUMENTS.has(word)) return word;
  }
  return undefined;
}
