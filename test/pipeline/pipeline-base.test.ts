import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { arnOf, failureOf, only, synth } from './synth';
import { LandingTrigger, LegacyToS3Pipeline } from '../../src/pipeline';

const NAMES = { 'source': ['cdk-legacy-to-s3'], 'detail-type': ['Legacy Extraction Run Completed'] };

const imported = (stack: Stack, pipelineName: string = 'ledger') => LegacyToS3Pipeline.fromPipelineAttributes(stack, 'Ledger', {
  pipelineName,
  bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'landing'),
  metadataTable: dynamodb.Table.fromTableName(stack, 'Table', 'metadata'),
  landingPrefix: 'in/',
});

const pattern = (template: Template) => only(template, 'AWS::Events::Rule').Properties.EventPattern;

describe('the events', () => {
  test.each([['onRunComplete', 'COMPLETE'], ['onRunIncomplete', 'INCOMPLETE']] as const)('of %s are those of the bucket with the state %s', (method, state) => {
    const { template } = synth((stack) => new LegacyToS3Pipeline(stack, 'Ledger')[method]('Outcome'));
    const bucket = [{ Ref: expect.stringMatching(/^LedgerLandingBucket/) }];
    expect(pattern(template)).toEqual({ ...NAMES, detail: { state: [state], manifest: { bucket } } });
  });

  test('are those under the prefix, if there is one', () => {
    const trigger = LandingTrigger.s3Notification({ prefix: 'landing/' });
    const { template } = synth((stack) => new LegacyToS3Pipeline(stack, 'Ledger', { trigger }).onRunComplete('Outcome'));
    expect(pattern(template).detail.manifest.key).toEqual([{ prefix: 'landing/' }]);
  });

  test('of a pipeline deployed elsewhere are told apart the same way', () => {
    const { template } = synth((stack) => imported(stack).onRunIncomplete('Outcome'));
    expect(pattern(template)).toEqual({ ...NAMES, detail: { state: ['INCOMPLETE'], manifest: { bucket: ['landing'], key: [{ prefix: 'in/' }] } } });
  });

  test('can be told apart further', () => {
    const { template } = synth((stack) => imported(stack).onRunComplete('Outcome', { eventPattern: { detail: { totals: { rows: [{ numeric: ['>', 0] }] } } } }));
    expect(pattern(template).detail).toMatchObject({ state: ['COMPLETE'], totals: { rows: [{ numeric: ['>', 0] }] } });
  });
});

test('the target is given what it needs, also in another stack', () => {
  const app = new App();
  const pipeline = new LegacyToS3Pipeline(new Stack(app, 'Landing'), 'Ledger');
  const other = new Stack(app, 'Other');
  const rule = pipeline.onRunComplete('Transform', { description: 'Own', target: new targets.SqsQueue(new sqs.Queue(other, 'Work')), crossStackScope: other });
  const template = Template.fromStack(other);
  expect(Stack.of(rule)).toBe(other);
  expect(only(template, 'AWS::Events::Rule').Properties).toMatchObject({ Description: 'Own', Targets: [{ Arn: arnOf('Work') }] });
  template.resourceCountIs('AWS::SQS::QueuePolicy', 1);
});

test('of a pipeline deployed elsewhere a name that none can have is refused', () => {
  expect(failureOf((stack) => imported(stack, 'a b'))).toMatch(/^Stack\/Ledger: pipelineName must be 1 to 128 letters/);
});
