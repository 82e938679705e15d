import * as athena from 'aws-cdk-lib/aws-athena';
import * as glue from 'aws-cdk-lib/aws-glue';
import { Construct, IConstruct } from 'constructs';
import { RUN_LOG_COLUMNS } from '../../contract';

/** What the table of runs and the saved queries need. */
export interface CatalogQueriesProps {
  readonly catalogId: string;
  readonly database: IConstruct;
  readonly databaseName: string;
  readonly workGroup: IConstruct;
  readonly workGroupName: string;
  readonly runsTableName: string;
  /** Folder of the runs' lines, `s3://<bucket>/…/`. */
  readonly runLogLocation: string;
}

/** Saved queries: what they tell, and their text over the table of runs. */
const QUERIES: { readonly [id: string]: { readonly name: string; readonly description: string; readonly sql: (runs: string) => string } } = {
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

/** Makes the Glue table over the runs' lines and the saved queries of the workgroup. */
export function addCatalogQueries(scope: Construct, props: CatalogQueriesProps): glue.CfnTable {
  const table = new glue.CfnTable(scope, 'RunsTable', {
    catalogId: props.catalogId,
    databaseName: props.databaseName,
    tableInput: {
      name: props.runsTableName,
      description: 'One row for each checked run',
      tableType: 'EXTERNAL_TABLE',
      parameters: { EXTERNAL: 'TRUE', classification: 'json' },
      storageDescriptor: {
        location: props.runLogLocation,
        columns: Object.entries(RUN_LOG_COLUMNS).map(([name, type]) => ({ name, type })),
        inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        serdeInfo: { serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
      },
    },
  });
  table.node.addDependency(props.database);
  for (const [id, { name, description, sql }] of Object.entries(QUERIES)) {
    const query = new athena.CfnNamedQuery(scope, `Query${id}`, {
      name, description, database: props.databaseName, workGroup: props.workGroupName, queryString: sql(props.runsTableName),
    });
    query.node.addDependency(props.workGroup);
  }
  return table;
}
