/**
 * What the metric filters look for in the functions' logs (CloudWatch Logs, "filter pattern syntax"; terms are
 * case-sensitive). Code that logs at INFO must not write these words; a test reads the handlers' lines for them.
 */
export const LOG_KEYWORDS = { error: 'Error', failure: 'Failure' } as const;

/** Levels that Powertools writes for errors, in the JSON field `level`. */
export const ERROR_LEVELS = ['ERROR', 'CRITICAL'] as const;

/** JSON field of a structured line that holds its level. */
export const LEVEL_FIELD = 'level';

/** Messages of the lines of the function that compacts tables, with `tableName` and what was done as fields. */
export const COMPACTION_LINES = { compacted: 'table compacted', inPart: 'table compacted in part', left: 'table left as it is' } as const;

/** Messages of the lines that run completion logs for each check of a run, with `runId`, `objects` and the rest as fields. */
export const RUN_LINES = { complete: 'run complete', incomplete: 'run incomplete' } as const;
