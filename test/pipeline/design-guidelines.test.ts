import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { vpcOf } from './prop-case-sets';
import { arnOf, only, statements, synth, synthPipeline } from './synth';
import { LandingCatalog, LegacyToS3Pipeline } from '../../src/pipeline';

/** What aws-cdk-lib's design guidelines ask of a construct. */

test('a pipeline is told from anything else', () => {
  const { made, stack } = synthPipeline();
  expect([made, stack, {}, null, undefined, 'x'].map((each) => LegacyToS3Pipeline.isLegacyToS3Pipeline(each))).toEqual([true, false, false, false, false, false]);
});

test('connections are of all functions, and of one', () => {
  const { template } = synthPipeline((stack) => ({ vpc: vpcOf(stack) }));
  expect(Object.keys(template.findResources('AWS::EC2::SecurityGroup'))).toHaveLength(4);
  const { template: opened } = synth((stack) => {
    const pipeline = new LegacyToS3Pipeline(stack, 'Ledger', { vpc: vpcOf(stack) });
    pipeline.connections.allowFrom(ec2.Peer.ipv4('10.0.0.0/8'), ec2.Port.tcp(443));
    pipeline.recorder.connections.allowFrom(ec2.Peer.ipv4('10.0.0.0/8'), ec2.Port.tcp(444));
  });
  const ports = Object.values(opened.findResources('AWS::EC2::SecurityGroup')).map(({ Properties }) => (Properties.SecurityGroupIngress ?? []).map((rule: any) => rule.FromPort));
  expect(ports.sort((a, b) => a.length - b.length)).toEqual([[443], [443], [443], [443, 444]]);
});

test('outside a VPC there are none', () => {
  expect(() => synthPipeline().made.connections).toThrow(/Only VPC-associated Lambda Functions have security groups/);
});

test('one role for all functions gets what each needs, by statements without names', () => {
  const { template } = synth((stack) => {
    const role = new iam.Role(stack, 'Own', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    new LegacyToS3Pipeline(stack, 'Ledger', { role, runCompletionRole: role, replayRole: role });
  });
  for (const { Properties } of Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Handler: 'index.handler', Runtime: 'nodejs24.x' } }))) {
    if (String(Properties.Description).includes('S3')) expect(Properties.Role).toEqual(arnOf('Own'));
  }
  const sids = statements(template, 'Own').map(({ Sid }) => Sid).filter((sid) => sid !== undefined);
  expect(new Set(sids).size).toBe(sids.length);
  // What names the functions stands beside the role's own policy, which the functions wait for.
  const actions = ['Own', 'Ledger'].flatMap((prefix) => statements(template, prefix)).flatMap(({ Action }) => Action);
  expect(actions).toEqual(expect.arrayContaining(['dynamodb:PutItem', 'events:PutEvents', 'sqs:ReceiveMessage', 'glue:CreateTable', 'lambda:InvokeFunction']));
});

test('runs are announced on a bus of one\'s own, and listened for there', () => {
  const { template } = synth((stack) => {
    const pipeline = new LegacyToS3Pipeline(stack, 'Ledger', { eventBus: new events.EventBus(stack, 'Bus') });
    pipeline.onRunComplete('Next', { target: new targets.SqsQueue(new sqs.Queue(stack, 'Work')) });
  });
  expect(statements(template, 'LedgerRunCompletionRole')).toContainEqual(expect.objectContaining({ Action: 'events:PutEvents', Resource: arnOf('Bus') }));
  expect(only(template, 'AWS::Events::Rule').Properties.EventBusName).toEqual({ Ref: expect.stringMatching(/^Bus/) });
});

describe('an imported pipeline', () => {
  const { template, made } = (() => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const bucket = s3.Bucket.fromBucketName(stack, 'Bucket', 'landing');
    const pipeline = LegacyToS3Pipeline.fromPipelineAttributes(stack, 'Imported', {
      pipelineName: 'ledger',
      bucket,
      metadataTable: dynamodb.Table.fromTableName(stack, 'Table', 'records'),
      catalog: LandingCatalog.fromCatalogAttributes(stack, 'Catalog', { databaseName: 'lake', workGroupName: 'team', bucket, objectPrefix: 'in/' }),
      failureQueue: sqs.Queue.fromQueueArn(stack, 'Failures', 'arn:aws:sqs:eu-west-1:111111111111:failures'),
      recorderFunction: lambda.Function.fromFunctionName(stack, 'Recorder', 'recorder'),
      runEventBus: events.EventBus.fromEventBusName(stack, 'Bus', 'runs'),
    });
    pipeline.resources.catalog!.grantQuery(new iam.Role(stack, 'User', { assumedBy: new iam.AccountRootPrincipal() })).assertSuccess();
    pipeline.onRunIncomplete('Tell', { target: new targets.SqsQueue(new sqs.Queue(stack, 'Work')) });
    return { template: Template.fromStack(stack), made: pipeline };
  })();

  test('carries catalog, queues and functions', () => {
    const { catalog, failureQueue, recorderFunction, replayFunction, buffer } = made.resources;
    expect([catalog!.databaseName, failureQueue!.queueName, recorderFunction !== undefined, replayFunction, buffer]).toEqual(['lake', 'failures', true, undefined, undefined]);
    expect(LegacyToS3Pipeline.isLegacyToS3Pipeline(made)).toBe(false);
  });

  test('lets query what it names', () => {
    expect(JSON.stringify(statements(template, 'User'))).toMatch(/workgroup\/team.*database\/lake.*:s3:::landing\/in\/\*/);
  });

  test('listens on its bus', () => {
    template.hasResourceProperties('AWS::Events::Rule', { EventBusName: 'runs', EventPattern: Match.objectLike({ detail: Match.objectLike({ state: ['INCOMPLETE'] }) }) });
  });
});
