import type { Dataset } from './object-keys';

/** Parameters that run completion sets on the Glue tables and partitions it makes. */
export const CATALOG_PARAMETERS = {
  /** `<database>/<schema>/<table>` of the source; a table without it was made by others. */
  dataset: 'cdk-legacy-to-s3.dataset',
  /** `newest` or `runs`; `generation` of a table that had the name before, `history` of one with the changes of another. */
  kind: 'cdk-legacy-to-s3.kind',
  /** The run a table of kind `newest` shows, or a partition holds. */
  run: 'cdk-legacy-to-s3.run',
  /** State of the run of a partition. */
  state: 'cdk-legacy-to-s3.run-state',
  /** Names of columns that the table is without, since Glue or its engines refuse them, as a JSON array. */
  leftOut: 'cdk-legacy-to-s3.left-out-columns',
  /** What two runs must have in common to be partitions of one table. */
  layout: 'cdk-legacy-to-s3.layout',
} as const;

/** Partition key of the tables with all runs, behind the dataset's partition prefix. */
export const RUN_PARTITION = 'run';

/** Name of the partition key of a dataset's table with all runs. */
export function runPartition({ partitionPrefix = '' }: Dataset): string {
  return partitionPrefix + RUN_PARTITION;
}

/** Longest name of a Glue table (Glue, "Table"). */
const MAX_NAME = 255;

/**
 * Name of the Glue table with a dataset's newest run: `<database>_<schema>_<table>` in lower case, every character other
 * than a letter of a-z, a digit and `_` replaced by `_` (Athena, "Name databases, tables, and columns").
 */
export function catalogTableName(dataset: Dataset): string {
  const name = [dataset.database, dataset.schema, dataset.table].join('_').toLowerCase().replace(/[^a-z0-9_]/gu, '_');
  return name.slice(0, MAX_NAME - 40);
}

/** Name of the Glue table with all runs of a dataset. */
export function catalogRunsTableName(dataset: Dataset): string {
  return `${catalogTableName(dataset)}_runs`;
}
