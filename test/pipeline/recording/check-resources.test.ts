import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps, MetadataTable } from '../../../src/pipeline';
import { failureOf, synth, synthPipeline } from '../synth';

/** Resources of one's own that a pipeline cannot work with, and are refused before anything is deployed. */

const refusalOf = (props: (scope: Construct) => LegacyToS3PipelineProps) => failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', props(scope)));
const text = (name: string): dynamodb.Attribute => ({ name, type: dynamodb.AttributeType.STRING });

describe('the table', () => {
  test('with other keys', () => {
    expect(refusalOf((scope) => ({ metadataTable: new dynamodb.Table(scope, 'Mine', { partitionKey: text('id') }) }))).toBe(
      "Stack/Ledger/Recorder: table 'Stack/Mine' must have the keys objectKey (S) and versionId (S), got id (S) and none; a MetadataTable has all of them",
    );
  });

  test('with a key of another type', () => {
    const versionId = { name: 'versionId', type: dynamodb.AttributeType.NUMBER };
    expect(refusalOf((scope) => ({ metadataTable: new dynamodb.Table(scope, 'Mine', { partitionKey: text('objectKey'), sortKey: versionId }) })))
      .toMatch(/got objectKey \(S\) and versionId \(N\);/);
  });

  test('without an index', () => {
    expect(refusalOf((scope) => ({ metadataTable: new dynamodb.Table(scope, 'Mine', { partitionKey: text('objectKey'), sortKey: text('versionId') }) })))
      .toMatch(/index 'by-dataset' of table 'Stack\/Mine' must have the keys dataset \(S\) and lastModified \(S\), got none and none;/);
  });

  test('a MetadataTable, an imported one and a TableV2 are taken', () => {
    synthPipeline((stack) => ({ metadataTable: new MetadataTable(stack, 'Mine') }));
    synthPipeline((stack) => ({ metadataTable: dynamodb.Table.fromTableName(stack, 'Mine', 'records') }));
    synthPipeline((stack) => ({ metadataTable: new dynamodb.TableV2(stack, 'Mine', { partitionKey: text('objectKey'), sortKey: text('versionId') }) }));
  });
});

test('a FIFO queue', () => {
  expect(refusalOf((scope) => ({ failureQueue: new sqs.Queue(scope, 'Mine', { fifo: true }) }))).toBe(
    "Stack/Ledger/Recorder: failureQueue must be a standard queue, got the FIFO queue 'Stack/Mine': Lambda does not send failed events to one",
  );
});

describe('the bucket', () => {
  const inRegion = (region: string) => () => {
    const stack = new Stack(new App(), 'Stack', { env: { account: '111111111111', region: 'eu-west-1' } });
    return new LegacyToS3Pipeline(stack, 'Ledger', { bucket: s3.Bucket.fromBucketAttributes(stack, 'Mine', { bucketName: 'mine', region }) });
  };

  test('of another region', () => {
    expect(inRegion('us-east-1')).toThrow('Stack/Ledger: bucket must be in the region of the stack, eu-west-1, got one in us-east-1: S3 tells only its own region');
  });

  test('of the same region, or a stack whose region is known only at deployment', () => {
    expect(inRegion('eu-west-1')).not.toThrow();
    synthPipeline((stack) => ({ bucket: s3.Bucket.fromBucketAttributes(stack, 'Mine', { bucketName: 'mine', region: 'us-east-1' }) }));
  });
});

describe('what a pipeline must have to itself', () => {
  const twice = (props: (scope: Construct) => LegacyToS3PipelineProps) => failureOf((scope) => {
    const shared = props(scope);
    for (const id of ['One', 'Two']) new LegacyToS3Pipeline(scope, id, shared);
  });

  test('its name, in a stack', () => {
    expect(twice(() => ({ pipelineName: 'ledger' }))).toBe(
      "Stack/Two: pipelineName 'ledger' is that of Stack/One already: their metrics would be one; give each pipeline a name of its own",
    );
    const app = new App();
    for (const id of ['Development', 'Production']) new LegacyToS3Pipeline(new Stack(app, id), 'Ledger', { pipelineName: 'ledger' });
  });

  test('its table', () => {
    expect(twice((scope) => ({ metadataTable: new MetadataTable(scope, 'Mine') })))
      .toBe("Stack/Two: metadataTable 'Stack/Mine' is that of Stack/One already: one pipeline a table");
  });

  test('its failure queue', () => {
    expect(twice((scope) => ({ failureQueue: new sqs.Queue(scope, 'Mine') })))
      .toBe("Stack/Two: failureQueue 'Stack/Mine' is that of Stack/One already: one pipeline a queue, since a replay takes all that is in it");
  });

  test('the name of its table of runs, in a database that is shared', () => {
    expect(twice((scope) => ({ glueDatabase: glue.CfnDatabase.fromDatabaseName(scope, 'Lake', 'lake') })))
      .toBe("Stack/Two/Catalog: runsTableName 'runs' is that of Stack/One/Catalog already: pipelines that share a database each need another");
  });

  test('what it is notified of by a bucket, also by one that is imported twice', () => {
    expect(failureOf((scope) => {
      for (const id of ['One', 'Two']) new LegacyToS3Pipeline(scope, id, { bucket: s3.Bucket.fromBucketName(scope, `Bucket${id}`, 'landing') });
    })).toMatch(/^Stack\/Two: s3 refuses overlapping notifications: '\*' and '\*' are watched in one bucket;/);
  });
});

describe('an imported key, whose policy cannot be changed', () => {
  const importedKey = (stack: Stack) => kms.Key.fromKeyArn(stack, 'Mine', 'arn:aws:kms:eu-west-1:111111111111:key/1');

  test('a warning says whom it must let do what', () => {
    const { stack } = synth((scope) => new LegacyToS3Pipeline(scope, 'Ledger', { encryptionKey: importedKey(scope), trigger: LandingTrigger.buffered() }));
    for (const use of [
      'must let logs\\.<region>\\.amazonaws\\.com call kms:Decrypt, kms:DescribeKey', 'must let cloudwatch.amazonaws.com call kms:Decrypt, kms:GenerateDataKey\\*',
      'must let s3.amazonaws.com call kms:Decrypt, kms:GenerateDataKey\\*',
    ]) expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(use))).toHaveLength(1);
  });

  test('none of a key of this app', () => {
    const { stack } = synthPipeline((scope) => ({ encryptionKey: new kms.Key(scope, 'Mine'), trigger: LandingTrigger.buffered() }));
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('encryptionKey is imported'));
  });
});
