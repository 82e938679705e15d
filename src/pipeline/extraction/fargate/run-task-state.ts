import { EXTRACTION_PASSING_ERRORS, ReadingWindow, TASK_ENV } from '../../../contract';
import type { ErrorCode } from '../../../extractor/api/errors';

/** What a task is run by. */
export interface RunTaskProps {
  readonly cluster: string;
  /** ARN of a revision. */
  readonly taskDefinition: string;
  readonly container: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  /** `aws`, `aws-cn`, … */
  readonly partition: string;
}

type Passing = typeof EXTRACTION_PASSING_ERRORS[number];

/** Codes of a worker that would come again. Interrupted and unforeseen are not among them. */
const LASTING: { readonly [code in Exclude<ErrorCode, Passing | 'INTERRUPTED' | 'INTERNAL'>]: true } = {
  INVALID_CONFIG: true,
  LOGIN_FAILED: true,
  TLS_UNTRUSTED: true,
  SOURCE_QUERY_FAILED: true,
  SOURCE_ALTERS_DATA: true,
  SCHEMA_CHANGED: true,
  CHANGES_GAP: true,
  CHANGES_REFUSED: true,
  RUN_NOT_FOUND: true,
  RUN_COMPLETE: true,
  NO_TABLE_MATCHED: true,
  SOURCE_PERMISSION_DENIED: true,
  UNSUPPORTED_TYPE: true,
  INVALID_VALUE: true,
  PROTOCOL_ERROR: true,
  TARGET_NOT_FOUND: true,
  TARGET_ACCESS_DENIED: true,
  TARGET_FULL: true,
  TARGET_WRITE_FAILED: true,
  CHUNK_TOO_LONG: true,
  CHECKSUM_MISMATCH: true,
  COUNT_MISMATCH: true,
  AGGREGATE_MISMATCH: true,
  CONTENT_MISMATCH: true,
  VERIFICATION_FAILED: true,
  TABLES_MISSING: true,
  TABLES_NOT_COMMITTED: true,
  LANDED_TABLE_REFUSED: true,
  QUERY_FAILED: true,
  CHECK_FAILED: true,
  REPLAY_FAILED: true,
  EXECUTION_FAILED: true,
};

/** Errors by which ECS says that it has no room now (Step Functions, "Run Amazon ECS or Fargate tasks": tasks that were not placed are the first). */
export const NO_ROOM = ['AmazonECS.Unknown', 'ECS.ThrottlingException', 'ECS.ServerException'];

/** Errors that would come again. */
export const LASTING_ERRORS: readonly string[] = [
  ...Object.keys(LASTING), 'ECS.AccessDeniedException', 'ECS.ClusterNotFoundException', 'ECS.InvalidParameterException',
];

/**
 * Runs a task and waits for its end (`.sync`), of which Step Functions hears from ECS: that a process was killed, or that no image could
 * be fetched, is seen at once, and a stopped execution stops its tasks. With a task token alone it would take until a heartbeat is missed,
 * and a task would outlive its execution. What `.sync` lacks is why a process failed: that the worker tells by the token that tasks of a
 * job have too (AWS Step Functions API Reference, "SendTaskFailure"), before it ends. Where it cannot, the error is `States.TaskFailed`.
 *
 * The outcome is no text that a later state reads: what fails would be a Fail state, which a redrive runs again in place of the task.
 */
export function runTaskState(props: RunTaskProps, window?: ReadingWindow): object {
  const environment = [
    { 'Name': TASK_ENV.execution, 'Value.$': '$.execution.arn' },
    { 'Name': TASK_ENV.runId, 'Value.$': '$.run.runId' },
    { 'Name': TASK_ENV.epoch, 'Value.$': 'States.Format(\'{}\', $.run.epoch)' },
    { 'Name': TASK_ENV.item, 'Value.$': 'States.Format(\'{}\', $.item.task)' },
    { 'Name': TASK_ENV.token, 'Value.$': '$$.Task.Token' },
    ...window ? [{ Name: TASK_ENV.window, Value: JSON.stringify(window) }] : [],
  ];
  return {
    Type: 'Task',
    Resource: `arn:${props.partition}:states:::ecs:runTask.sync`,
    Parameters: {
      LaunchType: 'FARGATE',
      Cluster: props.cluster,
      TaskDefinition: props.taskDefinition,
      NetworkConfiguration: {
        // The functions beside them are in private subnets only.
        AwsvpcConfiguration: { Subnets: props.subnets, SecurityGroups: props.securityGroups, AssignPublicIp: 'DISABLED' },
      },
      Overrides: { ContainerOverrides: [{ Name: props.container, Environment: environment }] },
    },
    Retry: [
      { ErrorEquals: NO_ROOM, IntervalSeconds: 5, BackoffRate: 2, MaxDelaySeconds: 300, MaxAttempts: 99_999_999, JitterStrategy: 'FULL' },
      // Named here, since States.TaskFailed means all errors but a time-out (Step Functions, "Handling errors").
      { ErrorEquals: LASTING_ERRORS, MaxAttempts: 0 },
      { ErrorEquals: EXTRACTION_PASSING_ERRORS, IntervalSeconds: 10, BackoffRate: 2, MaxDelaySeconds: 300, MaxAttempts: 6, JitterStrategy: 'FULL' },
      { ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 2, BackoffRate: 2, MaxDelaySeconds: 120, MaxAttempts: 6, JitterStrategy: 'FULL' },
    ],
    ResultPath: null,
  };
}
