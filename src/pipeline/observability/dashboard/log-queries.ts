import { COMPACTION_LINES, ERROR_LEVELS, LEVEL_FIELD, LOG_KEYWORDS, RUN_LINES } from '../../../contract';

/** A Logs Insights query: its commands, one a line. */
export type LogQueryLines = readonly string[];

const anyOf = (values: readonly string[]) => `[${values.map((value) => `"${value}"`).join(', ')}]`;

/** The queries of the dashboard, and those saved for an operator. Fields are those of our lines and of Lambda's JSON reports. */
export const LOG_QUERIES = {
  /** What went wrong, newest first. */
  errors: [
    `fields @timestamp, ${LEVEL_FIELD}, message, @message`,
    `filter ${LEVEL_FIELD} in ${anyOf(ERROR_LEVELS)} or @message like /${Object.values(LOG_KEYWORDS).join('|')}/`,
    'sort @timestamp desc',
    'limit 50',
  ],
  /** Each check of a run's manifest, newest first. */
  runs: [
    'fields @timestamp, message, runId, rows, objects, sizeBytes, problems',
    `filter message in ${anyOf(Object.values(RUN_LINES))}`,
    'sort @timestamp desc',
    'limit 50',
  ],
  /** Each compaction of a table, newest first. */
  compactions: [
    'fields @timestamp, message, tableName, deleteFiles, deletedRows, rowsWritten, bytesBefore, bytesAfter, why',
    `filter message in ${anyOf(Object.values(COMPACTION_LINES))}`,
    'sort @timestamp desc',
    'limit 50',
  ],
  /** The longest invocations, with their memory. */
  slowest: [
    'fields @timestamp, @log, record.requestId, record.metrics.durationMs, record.metrics.maxMemoryUsedMB, record.metrics.memorySizeMB',
    'filter type = "platform.report"',
    'sort record.metrics.durationMs desc',
    'limit 25',
  ],
  /** Cold starts by the hour. */
  coldStarts: [
    'filter ispresent(record.metrics.initDurationMs)',
    'stats count(*) as coldStarts, avg(record.metrics.initDurationMs) as average, max(record.metrics.initDurationMs) as longest by bin(1h)',
  ],
  /** What was recorded last, to be narrowed by an object's key. */
  objects: [
    'fields @timestamp, message, objectKey, versionId, state, sizeBytes',
    'filter ispresent(objectKey)',
    'sort @timestamp desc',
    'limit 200',
  ],
} as const satisfies { readonly [name: string]: LogQueryLines };
