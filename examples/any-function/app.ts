import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { Code, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { FailureQueue, FunctionAlarmKind, FunctionObservability } from 'cdk-legacy-to-s3';

const app = new App();
const stack = new Stack(app, 'AnyFunction');

// A function of your own, whatever it does.
const logGroup = new LogGroup(stack, 'ConvertLogs', { removalPolicy: RemovalPolicy.DESTROY });
const failureQueue = new FailureQueue(stack, 'ConvertFailures');
const convert = new LambdaFunction(stack, 'Convert', {
  code: Code.fromInline('exports.handler = async (event) => { if (!event.ok) throw new Error("no"); return "yes"; };'),
  handler: 'index.handler',
  runtime: Runtime.NODEJS_22_X,
  timeout: Duration.seconds(30),
  logGroup,
  // Timeouts, out of memory and cold starts are read from Lambda's JSON reports.
  loggingFormat: LoggingFormat.JSON,
  onFailure: new SqsDestination(failureQueue),
});

const watched = new FunctionObservability(stack, 'ConvertObservability', {
  function: convert,
  logGroup,
  failureQueue,
  observedName: 'convert',
  alarmEmail: 'ledger-team@example.com',
  coldStartShareLimit: 20,
  alarmOverrides: {
    [FunctionAlarmKind.ERRORS]: { threshold: 5 },
    [FunctionAlarmKind.LOG_FAILURE_KEYWORD]: { enabled: false },
  },
});

// Its rows go on a dashboard of your own, or on that of a pipeline: `watched.addToDashboard(pipeline.dashboard)`.
watched.addToDashboard(new Dashboard(stack, 'Dashboard'));
