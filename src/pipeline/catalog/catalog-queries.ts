import * as athena from 'aws-cdk-lib/aws-athena';
import { Construct, IConstruct } from 'constructs';

/** What saved queries need. */
export interface CatalogQueriesProps {
  readonly databaseName: string;
  readonly workGroup: IConstruct;
  readonly workGroupName: string;
  readonly runsTableName: string;
  /** Undefined where runs are no snapshots. */
  readonly runSnapshotsTableName?: string;
}

interface SavedQuery {
  readonly name: string;
  readonly description: string;
  /** Its text over a table. */
  readonly sql: (table: string) => string;
}

/** Queries over the table of runs. */
const OF_RUNS: { readonly [id: string]: SavedQuery } = {
  Runs: {
    name: 'runs',
    description: 'The latest runs, with what was wrong',
    sql: (runs) => `SELECT run_id, state, started_at, finished_at, source_database, format, tables, objects, rows_landed, size_bytes, problems
FROM ${runs}
ORDER BY run_id DESC
LIMIT 100`,
  },
  NewestObjects: {
    name: 'newest objects',
    description: 'For each dataset, where the objects of its newest complete run are',
    sql: ofNewestRuns('location, objects, size_bytes'),
  },
  RowCounts: {
    name: 'row counts',
    description: 'For each dataset, the rows of its newest complete run as its manifest has them',
    sql: ofNewestRuns('rows_landed'),
  },
};

function ofNewestRuns(columns: string): (runs: string) => string {
  return (runs) => `SELECT dataset, table_name, run_id, ${columns}
FROM (
  SELECT d.*, r.run_id, row_number() OVER (PARTITION BY d.dataset ORDER BY r.run_id DESC) AS place
  FROM ${runs} r
  CROSS JOIN UNNEST(r.datasets) AS d(dataset, table_name, rows_landed, objects, size_bytes, location)
  WHERE r.state = 'COMPLETE'
)
WHERE place = 1
ORDER BY dataset`;
}

/** Queries over the table of the runs' snapshots. */
const OF_SNAPSHOTS: { readonly [id: string]: SavedQuery } = {
  RunSnapshots: {
    name: 'snapshots of a run',
    description: 'For each table of the newest run that has any, its snapshot, and the query that shows it; name another run in place of the inner query',
    // Athena knows no tags: it is told the snapshot (Athena, "Time travel and version travel queries").
    sql: (snapshots) => `SELECT dataset, table_name, state, snapshot_id, rows_landed, committed_at,
  'SELECT * FROM "' || table_name || '" FOR VERSION AS OF ' || snapshot_id AS query
FROM ${snapshots}
WHERE run_id = (SELECT max(run_id) FROM ${snapshots})
ORDER BY dataset`,
  },
};

/** Makes the saved queries of the workgroup. */
export function addCatalogQueries(scope: Construct, props: CatalogQueriesProps): void {
  const { databaseName, workGroup, workGroupName, runsTableName, runSnapshotsTableName } = props;
  const over = (table: string, queries: { readonly [id: string]: SavedQuery }) => {
    for (const [id, { name, description, sql }] of Object.entries(queries)) {
      const query = new athena.CfnNamedQuery(scope, `Query${id}`, {
        name, description, database: databaseName, workGroup: workGroupName, queryString: sql(table),
      });
      query.node.addDependency(workGroup);
    }
  };
  over(runsTableName, OF_RUNS);
  if (runSnapshotsTableName !== undefined) over(runSnapshotsTableName, OF_SNAPSHOTS);
}
