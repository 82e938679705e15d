import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps } from '../../../src/pipeline';
import { arnOf, statements, synth } from '../synth';

type Give = (pipeline: LegacyToS3Pipeline, user: iam.IGrantable) => iam.Grant;

/** A pipeline that gives something to a role `User`. */
function granting(give: Give, props: (stack: Stack) => LegacyToS3PipelineProps = () => ({})): Template {
  return synth((stack) => {
    const user = new iam.Role(stack, 'User', { assumedBy: new iam.AccountRootPrincipal() });
    give(new LegacyToS3Pipeline(stack, 'Ledger', props(stack)), user).assertSuccess();
  }).template;
}

const bucket = arnOf('LedgerLandingBucket');
const objects = (pattern: string) => ({ 'Fn::Join': ['', [bucket, pattern]] });
const table = arnOf('LedgerMetadataTable');
const key = arnOf('Key');
const withKey = (stack: Stack) => ({ encryptionKey: new kms.Key(stack, 'Key') });

describe('grantLand', () => {
  const give: Give = (pipeline, user) => pipeline.grantLand(user);

  test('lets put, abort and list, and not delete', () => {
    expect(statements(granting(give), 'User')).toEqual([
      {
        Effect: 'Allow',
        Action: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:GetObject'],
        Resource: objects('/*'),
      },
      { Effect: 'Allow', Action: ['s3:ListBucket', 's3:ListBucketMultipartUploads'], Resource: bucket },
    ]);
  });

  test('holds for the trigger\'s prefix', () => {
    const [put] = statements(granting(give, () => ({ trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }) })), 'User');
    expect(put.Resource).toEqual(objects('/landing/*'));
  });

  describe('with the extractor\'s state', () => {
    const watching = (prefix: string) => () => ({ trigger: LandingTrigger.s3Notification({ prefix }) });
    const keeping = (statePrefix: string): Give => (pipeline, user) => pipeline.grantLand(user, { statePrefix });

    test('lets read, write and delete it, and nothing else be deleted', () => {
      const given = statements(granting(keeping('state/'), watching('landing/')), 'User');
      expect(given.filter(({ Action }) => [Action].flat().includes('s3:DeleteObject'))).toEqual([
        { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: objects('/state/*') },
      ]);
      expect(given.filter(({ Action }) => [Action].flat().includes('s3:AbortMultipartUpload')).map(({ Resource }) => Resource))
        .toEqual([objects('/landing/*')]);
    });

    test.each([
      ['landing/', 'landing/state/', "statePrefix must be outside what the pipeline watches, 'landing/', got 'landing/state/'"],
      ['landing/', 'landing/', "statePrefix must be outside what the pipeline watches, 'landing/', got 'landing/'"],
      ['a/landing/', 'a/', "statePrefix must be outside what the pipeline watches, 'a/landing/', got 'a/'"],
      [undefined, 'state/', "statePrefix must be outside what the pipeline watches, the whole bucket, got 'state/'"],
      ['landing/', 'state', "statePrefix must be a folder of the bucket that ends with '/', got 'state'"],
      ['landing/', '', "statePrefix must be a folder of the bucket that ends with '/', got ''"],
    ])('watching %s, refuses %s', (prefix, statePrefix, message) => {
      expect(() => granting(keeping(statePrefix), prefix === undefined ? undefined : watching(prefix))).toThrow(`Stack/Ledger: ${message}`);
    });
  });

  test('comes with the key', () => {
    expect(statements(granting(give, withKey), 'User')).toContainEqual({
      Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: key,
    });
  });

  test('reaches somebody of another account by the bucket\'s policy', () => {
    const template = synth((stack) => {
      const stranger = iam.Role.fromRoleArn(stack, 'Stranger', 'arn:aws:iam::222222222222:role/loader');
      new LegacyToS3Pipeline(stack, 'Ledger').grantLand(stranger);
    }, { env: { account: '111111111111', region: 'eu-west-1' } }).template;
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Action: Match.arrayWith(['s3:PutObject']),
          Principal: { AWS: 'arn:aws:iam::222222222222:role/loader' },
        })]),
      },
    });
  });
});

describe('grantReadLanded', () => {
  const give: Give = (pipeline, user) => pipeline.grantReadLanded(user);

  test('lets read and list', () => {
    expect(statements(granting(give), 'User')).toEqual([
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:GetObjectVersion'], Resource: objects('/*') },
      { Effect: 'Allow', Action: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketVersions'], Resource: bucket },
    ]);
  });

  test('comes with the key', () => {
    expect(statements(granting(give, withKey), 'User')).toContainEqual({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: key });
  });
});

describe('grantReadRecords', () => {
  const give: Give = (pipeline, user) => pipeline.grantReadRecords(user);

  test('lets read the table and its indexes', () => {
    expect(statements(granting(give), 'User')).toEqual([{
      Effect: 'Allow',
      Action: ['dynamodb:BatchGetItem', 'dynamodb:DescribeTable', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'],
      Resource: [table, { 'Fn::Join': ['', [table, '/index/*']] }],
    }]);
  });

  test('comes with the key', () => {
    expect(statements(granting(give, withKey), 'User')).toContainEqual({ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:DescribeKey'], Resource: key });
  });
});

describe('grantReplay', () => {
  test('lets invoke the replay function and no other', () => {
    expect(statements(granting((pipeline, user) => pipeline.grantReplay(user)), 'User')).toEqual([{
      Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arnOf('LedgerReplayFunction'),
    }]);
  });

  const imported = (stack: Stack, replayFunction?: lambda.IFunction) => LegacyToS3Pipeline.fromPipelineAttributes(stack, 'Imported', {
    pipelineName: 'ledger',
    bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'landing'),
    metadataTable: dynamodb.Table.fromTableName(stack, 'Table', 'records'),
    replayFunction,
  });

  test('holds for a pipeline deployed elsewhere', () => {
    const { template, stack } = synth((scope) => {
      const user = new iam.Role(scope, 'User', { assumedBy: new iam.AccountRootPrincipal() });
      imported(scope, lambda.Function.fromFunctionName(scope, 'Replay', 'replay')).grantReplay(user).assertSuccess();
    });
    const Resource = stack.resolve(stack.formatArn({ service: 'lambda', resource: 'function', resourceName: 'replay', arnFormat: ArnFormat.COLON_RESOURCE_NAME }));
    expect(statements(template, 'User')).toEqual([{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource }]);
  });

  test('is refused for one whose function is not known', () => {
    expect(() => synth((stack) => imported(stack).grantReplay(new iam.Role(stack, 'User', { assumedBy: new iam.AccountRootPrincipal() }))))
      .toThrow('Stack/Imported: grantReplay needs replayFunction among the attributes of the imported pipeline, got none');
  });
});
