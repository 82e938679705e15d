import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { HANDLER_ENV } from '../../../src/contract';
import { LandingTrigger, RunCompletion, RunCompletionProps } from '../../../src/pipeline';
import { Given, arnMatch, given, importedParts, only, s3Arn, statements, synth, synthPipeline } from '../synth';

const make = (options: Given<Partial<RunCompletionProps>> = {}) => synth((stack) => new RunCompletion(stack, 'Completion', {
  ...importedParts(stack),
  pipelineName: 'ledger',
  ...given(options, stack),
}));

test('the function has 1024 MB, a quarter of an hour and its own service name', () => {
  make().template.hasResourceProperties('AWS::Lambda::Function', {
    MemorySize: 1024,
    Timeout: 900,
    Environment: { Variables: { METADATA_TABLE_NAME: 'metadata', POWERTOOLS_SERVICE_NAME: 'run-completion', [HANDLER_ENV.landingPrefix]: Match.absent() } },
  });
});

test('what fails goes to a failure queue, of its own when none is given', () => {
  make().template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
    DestinationConfig: { OnFailure: { Destination: arnMatch('CompletionFailureQueue') } },
  });
});

test('the role reads objects, records, writes the lines and puts events, and nothing else', () => {
  const { template } = make({ objectPrefix: 'in/' });
  expect(statements(template, 'CompletionRole').map(({ Sid, Action, Resource }) => [Sid, Action, Resource])).toEqual([
    ['ReadLandedObjects', ['s3:GetObject', 's3:GetObjectVersion'], s3Arn('landing/in/*')],
    ['TellMissingFromForbidden', ['s3:ListBucket', 's3:ListBucketVersions'], s3Arn('landing')],
    ['RecordObjects', ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], expect.anything()],
    ['WriteRunLines', 's3:PutObject', s3Arn('landing/in/runs/*')],
    ['AnnounceRuns', 'events:PutEvents', { 'Fn::Join': ['', expect.arrayContaining([':event-bus/default'])] }],
    ['WriteLogs', ['logs:CreateLogStream', 'logs:PutLogEvents'], expect.anything()],
    ['SendFailures', 'sqs:SendMessage', expect.anything()],
  ]);
});

test('the bucket\'s key may also encrypt: the lines are written with it', () => {
  const { template } = make((stack) => ({ bucket: new s3.Bucket(stack, 'Own', { encryptionKey: new kms.Key(stack, 'Key') }) }));
  expect(statements(template, 'CompletionRole')).toContainEqual(expect.objectContaining({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'] }));
});

describe('in a pipeline', () => {
  const { template, stack, made } = synthPipeline({
    trigger: LandingTrigger.s3Notification({ prefix: 'in/' }), runCompletionMemorySize: 2048, runCompletionTimeout: Duration.minutes(2), reservedConcurrentExecutions: 3,
  });
  const completion = only(template, 'AWS::Lambda::Function', 'LedgerRunCompletion').Properties;
  const recorder = only(template, 'AWS::Lambda::Function', 'LedgerRecorder').Properties;

  test('it has settings of its own, and the recorder has its', () => {
    expect(completion).toMatchObject({ MemorySize: 2048, Timeout: 120 });
    expect(recorder).toMatchObject({ MemorySize: 512, Timeout: 300, ReservedConcurrentExecutions: 3 });
    expect(completion.ReservedConcurrentExecutions).toBeUndefined();
    for (const { Environment } of [completion, recorder]) expect(Environment.Variables[HANDLER_ENV.landingPrefix]).toBe('in/');
  });

  test('the recorder knows it and may start it', () => {
    const reference = stack.resolve(made.runCompletion.function.functionName);
    expect(recorder.Environment.Variables[HANDLER_ENV.runCompletionFunction]).toEqual(reference);
    expect(statements(template, 'LedgerRecorderRole')).toContainEqual({
      Sid: 'StartRunCompletion', Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: stack.resolve(made.runCompletion.function.functionArn),
    });
  });

  test('its failures go where the recorder\'s go', () => {
    template.resourceCountIs('AWS::SQS::Queue', 1);
    expect(made.runCompletion.failureQueue).toBe(made.failureQueue);
  });
});
