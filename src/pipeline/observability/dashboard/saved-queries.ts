import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { LOG_QUERIES, LogQueryLines } from './log-queries';

/** Properties of saved queries. */
export interface SavedQueriesProps {
  /** Name of the pipeline: the folder of the queries in CloudWatch Logs Insights. */
  readonly pipelineName: string;

  /** Log group of the recorder. */
  readonly logGroup: logs.ILogGroup;

  /**
   * Log group of the function that completes runs.
   *
   * @default - none: the query of the runs is left out
   */
  readonly runCompletionLogGroup?: logs.ILogGroup;

  /**
   * Log group of the function that compacts tables.
   *
   * @default - none: the query of the compactions is left out
   */
  readonly compactorLogGroup?: logs.ILogGroup;
}

/**
 * Queries saved in CloudWatch Logs Insights, in a folder called after the pipeline: latest errors, runs, compactions, recorded
 * objects, slowest invocations and cold starts. They cost nothing until they are run.
 */
export class SavedQueries extends Construct {
  /** The queries by their name within the folder. */
  public readonly queries: { [name: string]: logs.CfnQueryDefinition } = {};

  constructor(scope: Construct, id: string, private readonly props: SavedQueriesProps) {
    super(scope, id);
    const { logGroup, runCompletionLogGroup, compactorLogGroup } = props;
    const all = [logGroup, runCompletionLogGroup, compactorLogGroup].filter((each) => each !== undefined);
    this.save('LatestErrors', 'Latest errors', LOG_QUERIES.errors, all);
    if (runCompletionLogGroup) this.save('Runs', 'Runs', LOG_QUERIES.runs, [runCompletionLogGroup]);
    if (compactorLogGroup) this.save('Compactions', 'Compactions', LOG_QUERIES.compactions, [compactorLogGroup]);
    this.save('RecordedObjects', 'Recorded objects', LOG_QUERIES.objects, [logGroup]);
    this.save('SlowestInvocations', 'Slowest invocations', LOG_QUERIES.slowest, all);
    this.save('ColdStarts', 'Cold starts', LOG_QUERIES.coldStarts, all);
  }

  private save(id: string, name: string, query: LogQueryLines, logGroups: readonly logs.ILogGroup[]): void {
    this.queries[name] = new logs.CfnQueryDefinition(this, id, {
      name: `${this.props.pipelineName}/${name}`,
      queryString: query.join('\n| '),
      logGroupNames: logGroups.map(({ logGroupName }) => logGroupName),
    });
  }
}
