/** SYSUTCDATETIME in ISO 8601 (CONVERT's style 127 adds no zone to a datetime2). */
export const INSTANT_SQL = 'SELECT CONVERT(varchar(40), SYSUTCDATETIME(), 126) + \'Z\' AS instant';
