import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { LOG_QUERIES, LogQueryLines } from '../../observability/dashboard/log-queries';

/** Queries of an extraction's logs; fields are those of its events, whose form `ExtractEvent` has. */
export const EXTRACTION_QUERIES = {
  /** How steps of executions ended, newest first. */
  steps: [
    'fields @timestamp, message, execution, runId, answer.outcome, answer.reason, answer.counts.chunks, answer.rows, answer.sizeBytes',
    'filter message in ["begin ended", "complete ended", "leave ended"]',
    'sort @timestamp desc',
    'limit 100',
  ],
  /** What was tried again, and why, newest first. */
  retries: [
    'fields @timestamp, type, schema, table, chunk, what, attempt, delaySeconds, code, number, message, runId',
    'filter type in ["chunk-retry", "connect-retry", "target-retry", "readers-changed"]',
    'sort @timestamp desc',
    'limit 200',
  ],
  /** The chunks that took longest. */
  slowestChunks: [
    'fields @timestamp, schema, table, chunk, chunks, seconds, rows, sizeBytes, runId',
    'filter type = "chunk-finished"',
    'sort seconds desc',
    'limit 50',
  ],
  /** What each table took, all its chunks together. */
  tables: [
    'filter type = "chunk-finished"',
    'stats count(*) as chunksRead, sum(rows) as totalRows, sum(sizeBytes) as totalBytes, sum(seconds) as readerSeconds, max(seconds) as longestChunk by schema, table',
    'sort readerSeconds desc',
    'limit 100',
  ],
} as const satisfies { readonly [name: string]: LogQueryLines };

/** Properties of an extraction's saved queries. */
export interface ExtractionQueriesProps {
  readonly extractionName: string;
  readonly controlLogGroup: logs.ILogGroup;
  readonly workerLogGroup: logs.ILogGroup;
}

/** Queries saved in CloudWatch Logs Insights, in a folder called after the extraction. They cost nothing until they are run. */
export class ExtractionQueries extends Construct {
  constructor(scope: Construct, id: string, private readonly props: ExtractionQueriesProps) {
    super(scope, id);
    const { controlLogGroup, workerLogGroup } = props;
    const both = [controlLogGroup, workerLogGroup];
    this.save('LatestErrors', 'Latest errors', LOG_QUERIES.errors, both);
    this.save('Steps', 'Steps of executions', EXTRACTION_QUERIES.steps, [controlLogGroup]);
    this.save('Retries', 'Retries and throttles', EXTRACTION_QUERIES.retries, both);
    this.save('SlowestChunks', 'Slowest chunks', EXTRACTION_QUERIES.slowestChunks, [workerLogGroup]);
    this.save('Tables', 'Tables by time', EXTRACTION_QUERIES.tables, [workerLogGroup]);
    this.save('SlowestInvocations', 'Slowest invocations', LOG_QUERIES.slowest, both);
  }

  private save(id: string, name: string, query: LogQueryLines, logGroups: readonly logs.ILogGroup[]): void {
    new logs.CfnQueryDefinition(this, id, {
      name: `${this.props.extractionName}/${name}`,
      queryString: query.join('\n| '),
      logGroupNames: logGroups.map(({ logGroupName }) => logGroupName),
    });
  }
}
