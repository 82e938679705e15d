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
