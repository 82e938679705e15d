import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { LandingBucket, LandingBucketProps } from '../../../src/pipeline';
import { arnMatch, arnOf, failureOf, only, statements, synth } from '../synth';

const make = (props?: LandingBucketProps) => synth((stack) => new LandingBucket(stack, 'Landing', props)).template;

describe('by default', () => {
  let template: Template;
  beforeAll(() => { template = make(); });

  test('objects are encrypted with keys of S3', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
    });
  });

  test('requests without TLS are denied', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Effect: 'Deny',
          Action: 's3:*',
          Principal: { AWS: '*' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        })]),
      },
    });
  });

  test('the public is shut out', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
    });
  });

  test('the account owns every object', () => {
    template.hasResourceProperties('AWS::S3::Bucket', { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } });
  });

  test('versions are kept', () => {
    template.hasResourceProperties('AWS::S3::Bucket', { VersioningConfiguration: { Status: 'Enabled' } });
  });

  test('unfinished multipart uploads go after a week, and nothing else goes', () => {
    expect(only(template, 'AWS::S3::Bucket').Properties.LifecycleConfiguration).toEqual({
      Rules: [{ Id: 'AbortIncompleteMultipartUploads', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }],
    });
  });

  test('it outlives its stack', () => {
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test('it has no physical name, no log bucket and no object lock', () => {
    const { BucketName, LoggingConfiguration, ObjectLockEnabled } = only(template, 'AWS::S3::Bucket').Properties;
    expect([BucketName, LoggingConfiguration, ObjectLockEnabled]).toEqual([undefined, undefined, undefined]);
  });
});

test('a key encrypts the objects, with a bucket key to keep the requests few', () => {
  const { template } = synth((stack) => new LandingBucket(stack, 'Landing', { encryptionKey: new kms.Key(stack, 'Key') }));
  template.hasResourceProperties('AWS::S3::Bucket', {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{
        BucketKeyEnabled: true,
        ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arnMatch('Key') },
      }],
    },
  });
});

test('the days of an unfinished upload can be set', () => {
  make({ abortIncompleteMultipartUploadAfter: Duration.days(2) }).hasResourceProperties('AWS::S3::Bucket', {
    LifecycleConfiguration: { Rules: [Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } })] },
  });
});

test('replaced versions can be expired', () => {
  make({ noncurrentVersionExpiration: Duration.days(30) }).hasResourceProperties('AWS::S3::Bucket', {
    LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ NoncurrentVersionExpiration: { NoncurrentDays: 30 } })]) },
  });
});

test('lifecycle rules can be added, and the others stay', () => {
  const rule = { id: 'Archive', prefix: 'landing/', transitions: [{ storageClass: s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(90) }] };
  const { Rules } = only(make({ lifecycleRules: [rule] }), 'AWS::S3::Bucket').Properties.LifecycleConfiguration;
  expect(Rules).toEqual([
    expect.objectContaining({ Id: 'AbortIncompleteMultipartUploads' }),
    { Id: 'Archive', Prefix: 'landing/', Status: 'Enabled', Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 90 }] },
  ]);
});

test('access logs go where they are sent', () => {
  const { template } = synth((stack) => new LandingBucket(stack, 'Landing', {
    serverAccessLogsBucket: new s3.Bucket(stack, 'Logs'),
    serverAccessLogsPrefix: 'landing/',
  }));
  expect(only(template, 'AWS::S3::Bucket', 'Landing').Properties.LoggingConfiguration).toEqual({
    DestinationBucketName: { Ref: expect.stringMatching(/^Logs/) },
    LogFilePrefix: 'landing/',
  });
});

test('objects can be locked', () => {
  make({ objectLockDefaultRetention: s3.ObjectLockRetention.compliance(Duration.days(365)) }).hasResourceProperties('AWS::S3::Bucket', {
    ObjectLockEnabled: true,
    ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Days: 365, Mode: 'COMPLIANCE' } } },
  });
});

test('it can be made to go with its stack', () => {
  make({ removalPolicy: RemovalPolicy.DESTROY }).hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
});

test('flags of the app do not change what is promised', () => {
  const app = new App({
    context: {
      '@aws-cdk/aws-s3:publicAccessBlockedByDefault': true,
      '@aws-cdk/aws-s3:createDefaultLoggingPolicy': true,
      '@aws-cdk/aws-s3:setUniqueReplicationRoleName': true,
    },
  });
  const stack = new Stack(app, 'Stack');
  new LandingBucket(stack, 'Landing');
  expect(Template.fromStack(stack).findResources('AWS::S3::Bucket')).toEqual(make().findResources('AWS::S3::Bucket'));
});

test.each([
  [{ abortIncompleteMultipartUploadAfter: Duration.hours(12) }, 'Stack: abortIncompleteMultipartUploadAfter must be whole days from 1 day to 36500 days, got 12 hours'],
  [{ abortIncompleteMultipartUploadAfter: Duration.hours(36) }, 'Stack: abortIncompleteMultipartUploadAfter must be whole days from 1 day to 36500 days, got 1 day 12 hours'],
  [{ noncurrentVersionExpiration: Duration.days(0) }, 'Stack: noncurrentVersionExpiration must be whole days from 1 day to 36500 days, got 0 ms'],
  [{ autoDeleteObjects: true }, "Stack: autoDeleteObjects needs the removalPolicy 'destroy', got 'retain'"],
  [
    {
      autoDeleteObjects: true,
      removalPolicy: RemovalPolicy.DESTROY,
      objectLockDefaultRetention: s3.ObjectLockRetention.governance(Duration.days(1)),
    },
    'Stack: autoDeleteObjects cannot be set together with objectLockDefaultRetention: locked versions cannot be deleted before their time',
  ],
  [{ serverAccessLogsPrefix: 'access/' }, 'Stack: serverAccessLogsPrefix needs serverAccessLogsBucket, which is not set'],
])('refuses %j', (props, message) => {
  expect(failureOf((scope) => new LandingBucket(scope, 'Landing', props))).toBe(message);
});

describe('copies of what a key encrypts', () => {
  const copies = (stack: Stack, rule: Partial<s3.ReplicationRule> = {}) => ({
    encryptionKey: new kms.Key(stack, 'Own'), replicationRules: [{ destination: s3.Bucket.fromBucketName(stack, 'Copies', 'copies'), ...rule }],
  });
  const copiesKey = (stack: Stack) => kms.Key.fromKeyArn(stack, 'CopiesKey', 'arn:aws:kms:eu-west-1:111111111111:key/1');

  test.each<[string, (stack: Stack) => Partial<s3.ReplicationRule>]>([
    ['of the rule', (stack) => ({ kmsKey: copiesKey(stack) })],
    ['of the destination', (stack) => ({ destination: s3.Bucket.fromBucketAttributes(stack, 'Keyed', { bucketName: 'copies', encryptionKey: copiesKey(stack) }) })],
  ])('are made with the key %s, and the role may', (_name, rule) => {
    const { template } = synth((stack) => new LandingBucket(stack, 'Bucket', copies(stack, rule(stack))));
    template.hasResourceProperties('AWS::S3::Bucket', {
      ReplicationConfiguration: {
        Rules: [Match.objectLike({
          SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
          Destination: Match.objectLike({ EncryptionConfiguration: { ReplicaKmsKeyID: 'arn:aws:kms:eu-west-1:111111111111:key/1' } }),
        })],
      },
    });
    const keys = statements(template, 'BucketReplicationRole').filter(({ Action }) => JSON.stringify(Action).includes('kms:'));
    expect(keys).toEqual(expect.arrayContaining([
      expect.objectContaining({ Action: expect.stringContaining('kms:Decrypt'), Resource: arnOf('Own') }),
      expect.objectContaining({ Action: expect.arrayContaining(['kms:Encrypt']), Resource: 'arn:aws:kms:eu-west-1:111111111111:key/1' }),
    ]));
  });

  test('are refused without their key, or when they would be of nothing', () => {
    const refused = (rule: (stack: Stack) => Partial<s3.ReplicationRule>) => failureOf((stack) => new LandingBucket(stack, 'Bucket', copies(stack, rule(stack))));
    expect(refused(() => ({}))).toMatch(/replicationRules\[0\] needs kmsKey, the key of the copies, beside encryptionKey: .* 'Stack\/Copies' is not known to have one/);
    expect(refused((stack) => ({ kmsKey: copiesKey(stack), sseKmsEncryptedObjects: false }))).toMatch(/replicationRules\[0\].sseKmsEncryptedObjects must not be false beside encryptionKey/);
  });
});
