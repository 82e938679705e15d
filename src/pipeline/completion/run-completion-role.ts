import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { RUN_LOG_FOLDER } from '../../contract';
import { HandlerRole } from '../access/handler-role';
import { acknowledgeResource } from '../access/nag-acknowledgements';
import { committedKeys } from '../access/table-grants';
import { RecordingRoleProps } from '../recording/recording-function';

/** The role of run completion: the recorder's reading and writing, one folder of the bucket, and the event bus. */
export class RunCompletionRole extends HandlerRole {
  constructor(scope: Construct, props: RecordingRoleProps) {
    super(scope, 'Lets run completion compare landed objects with their manifest, and tell of the outcome', props.role);
    const { bucket, objectPrefix = '' } = props;
    this.allowReadingObjects(bucket, objectPrefix);
    this.allowRecording(props.table);
    const lines = bucket.arnForObjects(`${objectPrefix}${RUN_LOG_FOLDER}*`);
    this.allow('WriteRunLines', ['s3:PutObject'], [lines]);
    acknowledgeResource(this.role, lines, 'the function writes one object for each run, named after it');
    if (props.commitsTables) this.allowCommits(props);
    this.allow('AnnounceRuns', ['events:PutEvents'], [
      props.eventBus?.eventBusArn ?? Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' }),
    ]);
    this.allowSurroundings(props, 'kms:Decrypt', 'kms:GenerateDataKey');
  }

  private allowCommits({ bucket, objectPrefix, table }: RecordingRoleProps): void {
    const objects = committedKeys(objectPrefix).map((pattern) => bucket.arnForObjects(pattern));
    this.allow('CommitTables', ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], objects);
    for (const each of objects) acknowledgeResource(this.role, each, 'metadata is named after the source\'s tables, and lines after runs, which nobody knows before');
    this.allow('ReadCommits', ['dynamodb:Query'], [table.tableArn]);
    // Notes of tables that wait for a run are the only items that go.
    this.allow('EndWaiting', ['dynamodb:DeleteItem'], [table.tableArn]);
  }
}
