import type { RunState } from './metadata-table';
import { encodeKeySegment } from './object-keys';

/**
 * Folder right below the watched prefix with one JSON object of one line for each checked run, for Athena. It does not
 * begin with `_`, since Athena overlooks files in such folders.
 */
export const RUN_LOG_FOLDER = 'runs/';

/** Key of a run's line; a run that is checked again overwrites it. */
export function runLogKey(landingPrefix: string, runId: string): string {
  return `${landingPrefix}${RUN_LOG_FOLDER}run=${encodeKeySegment(runId)}.json`;
}

/** Whether a key is one that {@link runLogKey} makes. */
export function isRunLogKey(landingPrefix: string, key: string): boolean {
  const head = `${landingPrefix}${RUN_LOG_FOLDER}run=`;
  return key.startsWith(head) && /^[^/]+\.json$/.test(key.slice(head.length));
}

/** The line; times are ISO 8601, UTC. Fields and their Glue types are in {@link RUN_LOG_COLUMNS}. */
export interface RunLogLine {
  readonly run_id: string;
  readonly state: RunState;
  readonly started_at: string;
  readonly finished_at: string;
  readonly checked_at: string;
  readonly server: string;
  readonly source_database: string;
  readonly consistency: string;
  readonly verification: string;
  readonly format: string;
  readonly compression: string;
  readonly tables: number;
  readonly objects: number;
  readonly rows_landed: number;
  readonly size_bytes: number;
  readonly manifest_key: string;
  readonly datasets: readonly RunLogDataset[];
  readonly problems: readonly string[];
}

/** One table of a run. */
export interface RunLogDataset {
  /** `<database>/<schema>/<table>` of the source. */
  readonly dataset: string;
  /** Name of the Glue table with the dataset's newest run. */
  readonly table_name: string;
  readonly rows_landed: number;
  readonly objects: number;
  readonly size_bytes: number;
  /** Folder of the run's objects, `s3://<bucket>/…/`. */
  readonly location: string;
}

/** Name of the Glue table over the lines. */
export const RUN_LOG_TABLE = 'runs';

/** Columns of a Glue table over the lines. */
export const RUN_LOG_COLUMNS: { readonly [name in keyof RunLogLine]: string } = {
  run_id: 'string',
  state: 'string',
  started_at: 'string',
  finished_at: 'string',
  checked_at: 'string',
  server: 'string',
  source_database: 'string',
  consistency: 'string',
  verification: 'string',
  format: 'string',
  compression: 'string',
  tables: 'bigint',
  objects: 'bigint',
  rows_landed: 'bigint',
  size_bytes: 'bigint',
  manifest_key: 'string',
  datasets: 'array<struct<dataset:string,table_name:string,rows_landed:bigint,objects:bigint,size_bytes:bigint,location:string>>',
  problems: 'array<string>',
};
