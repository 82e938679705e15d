import { RunTaskProps, runTaskState } from './fargate/run-task-state';
import { BeginStep, CompleteStep, EXTRACTION_PASSING_ERRORS, ExtractionLimits, OverlapRule, WorkStep } from '../../contract';

/** What a definition is made of. */
export interface DefinitionProps {
  /** ARN of a version of the function. */
  readonly control: string;
  /** Its longest invocation (seconds). */
  readonly controlSeconds: number;
  /** Workers that are functions; undefined where all are tasks. */
  readonly work?: {
    /** ARN of a version of the function. */
    readonly functionArn: string;
    /** Its longest invocation (seconds). */
    readonly seconds: number;
  };
  /** Workers that are tasks; undefined where all are functions. */
  readonly task?: RunTaskProps;
  /** `aws`, `aws-cn`, … */
  readonly partition: string;
  readonly settings: { readonly [name: string]: unknown };
  readonly overlap: OverlapRule;
  readonly limits: ExtractionLimits;
  /** How changes are followed; undefined where all rows are read. */
  readonly changes?: { readonly [name: string]: unknown };
  /** Longest execution (seconds). */
  readonly timeoutSeconds: number;
}

/** Label of the Map: its children are named `<state machine>/Chunks`. */
export const MAP_LABEL = 'Chunks';

/**
 * Between two questions whether the other execution has ended. An execution has 25,000 events, and asking takes 9 of them: by
 * five minutes it may wait for nine days, by one for two (Step Functions, "Quotas").
 */
const WAIT_SECONDS = 300;

/** Beyond its time-out a function has answered or is lost. */
const LOST_AFTER_SECONDS = 60;

/** Errors by which Lambda says that it has no room now (Lambda, "Invoke"; EC2's are of functions in a VPC). */
export const THROTTLES = ['Lambda.TooManyRequestsException', 'Lambda.EC2ThrottledException'];

/**
 * Errors that are not of the function's own making but of what it runs on (Step Functions, "Handling error conditions"; Lambda,
 * "Invoke"). What a function throws has its code for a name.
 */
export const FAULTS = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.Unknown',
  'Lambda.EC2UnexpectedException',
  'Lambda.ENILimitReachedException',
  'Lambda.SubnetIPAddressLimitReachedException',
  'Lambda.ResourceNotReadyException',
  'Runtime.ExitError',
  'Runtime.OutOfMemory',
  'Sandbox.Timedout',
  'States.Timeout',
];

const RETRY = [
  // New accounts run 10 functions at once: waiting for a place is no failure, and uses up no attempt of the others.
  { ErrorEquals: THROTTLES, IntervalSeconds: 2, BackoffRate: 2, MaxDelaySeconds: 60, MaxAttempts: 99_999_999, JitterStrategy: 'FULL' },
  { ErrorEquals: FAULTS, IntervalSeconds: 2, BackoffRate: 2, MaxDelaySeconds: 120, MaxAttempts: 6, JitterStrategy: 'FULL' },
  // Longer: by then the extractor has tried again itself. Any other error that it throws would come again.
  { ErrorEquals: EXTRACTION_PASSING_ERRORS, IntervalSeconds: 10, BackoffRate: 2, MaxDelaySeconds: 300, MaxAttempts: 6, JitterStrategy: 'FULL' },
];

/** A step with paths in place of its values. */
type Paths<Step> = { readonly [name in keyof Step as name | `${name & string}.$`]?: unknown };

const EXECUTION = { 'arn.$': '$$.Execution.Id', 'startTime.$': '$$.Execution.StartTime' };

/** The state machine in the Amazon States Language. There is no Catch: a state that was left is not redriven. */
export function definitionOf(props: DefinitionProps): object {
  const begin: Paths<BeginStep> = {
    'step': 'begin',
    'execution': EXECUTION,
    // Not '$': it is asked again after a wait.
    'input.$': '$$.Execution.Input',
    'settings': props.settings,
    'overlap': props.overlap,
    'limits': props.limits,
    ...props.changes && { changes: props.changes },
  };
  const complete: Paths<CompleteStep> = { 'step': 'complete', 'execution': EXECUTION, 'run.$': '$.run' };
  const control = (parameters: object, rest: object) => task(props.control, props.controlSeconds, parameters, rest);
  return {
    Comment: 'Plans an extraction, reads its chunks by many workers, and completes the run',
    StartAt: 'Begin',
    TimeoutSeconds: props.timeoutSeconds,
    States: {
      Begin: control(begin, { Next: 'Begun' }),
      Begun: {
        Type: 'Choice',
        Choices: [
          { Variable: '$.outcome', StringEquals: 'skipped', Next: 'Skipped' },
          ...props.changes ? [{ Variable: '$.outcome', StringEquals: 'unchanged', Next: 'Unchanged' }] : [],
          { And: [{ Variable: '$.outcome', StringEquals: 'waiting' }, { Variable: '$.waitUntil', IsPresent: true }], Next: 'WaitToBegin' },
          { Variable: '$.outcome', StringEquals: 'waiting', Next: 'WaitForOther' },
          { And: [{ Variable: '$.outcome', StringEquals: 'begun' }, { Variable: '$.counts.items', NumericEquals: 0 }], Next: 'Complete' },
          { Variable: '$.outcome', StringEquals: 'begun', Next: 'Chunks' },
        ],
      },
      Skipped: { Type: 'Succeed' },
      ...props.changes && { Unchanged: { Type: 'Succeed' } },
      // Outside of its window, or while it is paused.
      WaitToBegin: { Type: 'Wait', TimestampPath: '$.waitUntil', Next: 'Begin' },
      WaitForOther: { Type: 'Wait', Seconds: WAIT_SECONDS, Next: 'Begin' },
      Chunks: chunks(props),
      Complete: control(complete, { ResultPath: '$.completion', Next: 'Completed' }),
      Completed: {
        Type: 'Choice',
        Choices: [{ Variable: '$.completion.finished', BooleanEquals: true, Next: 'Extracted' }],
        Default: 'Complete',
      },
      Extracted: { Type: 'Pass', InputPath: '$.completion', End: true },
    },
  };
}

/** A child for each item, of which it works until nothing is left. */
function chunks(props: DefinitionProps): object {
  const { partition, limits } = props;
  return {
    Type: 'Map',
    Label: MAP_LABEL,
    MaxConcurrency: limits.maxConcurrency,
    ItemReader: {
      Resource: `arn:${partition}:states:::s3:getObject`,
      ReaderConfig: { InputType: 'JSONL' },
      Parameters: { 'Bucket.$': '$.items.bucket', 'Key.$': '$.items.key' },
    },
    ItemSelector: {
      'item.$': '$$.Map.Item.Value',
      'run.$': '$.run',
      'execution': { 'arn.$': '$$.Execution.Id' },
      ...limits.window && { window: limits.window },
      'progress': { finished: false, done: 0 },
    },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      ...workers(props),
    },
    ResultPath: null,
    Next: 'Complete',
  };
}

/** An item that has a number among those of tasks is a task's. */
function workers({ work, task: run, limits }: DefinitionProps): object {
  const step: Paths<WorkStep> = {
    'step': 'work',
    'execution.$': '$.execution',
    'run.$': '$.run',
    'item.$': '$.item',
    ...limits.window && { 'window.$': '$.window' },
    'done.$': '$.progress.done',
  };
  return {
    StartAt: work && run ? 'Workers' : work ? 'Work' : 'RunTask',
    States: {
      ...work && run && { Workers: { Type: 'Choice', Choices: [{ Variable: '$.item.task', IsPresent: true, Next: 'RunTask' }], Default: 'Work' } },
      ...work && {
        Work: task(work.functionArn, work.seconds, step, { ResultPath: '$.progress', Next: 'Worked' }),
        Worked: {
          Type: 'Choice',
          Choices: [
            { Variable: '$.progress.finished', BooleanEquals: true, Next: 'Done' },
            { Variable: '$.progress.waitUntil', IsPresent: true, Next: 'WaitToRead' },
          ],
          Default: 'Work',
        },
        WaitToRead: { Type: 'Wait', TimestampPath: '$.progress.waitUntil', Next: 'Work' },
      },
      ...run && { RunTask: { ...runTaskState(run, limits.window), Next: 'Done' } },
      // The results of all children are one text, of 256 KiB at most.
      Done: { Type: 'Pass', Result: {}, End: true },
    },
  };
}

/** By the version's ARN the function's answer is the state's, and not wrapped. */
function task(functionArn: string, seconds: number, parameters: object, rest: object): object {
  return { Type: 'Task', Resource: functionArn, Parameters: parameters, TimeoutSeconds: seconds + LOST_AFTER_SECONDS, Retry: RETRY, ...rest };
}
