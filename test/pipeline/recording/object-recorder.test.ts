import { CfnParameter, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { HANDLER_ENV, METRIC_NAMESPACE_ROOT } from '../../../src/contract';
import { MetadataTable, ObjectRecorder, ObjectRecorderProps } from '../../../src/pipeline';
import { Given, arnMatch, arnOf, failureOf, given, importedParts, only, s3Arn, statements, synth } from '../synth';

type Options = Partial<ObjectRecorderProps>;

/** A recorder over an imported bucket and table, so that only its own resources are in the template. */
function recorder(stack: Stack, options: Options = {}): ObjectRecorder {
  return new ObjectRecorder(stack, 'Recorder', {
    ...importedParts(stack),
    pipelineName: 'ledger',
    ...options,
  });
}

const make = (options: Given<Options> = {}) => synth((stack) => recorder(stack, given(options, stack))).template;

const functionOf = (template: Template) => only(template, 'AWS::Lambda::Function').Properties;

const refusalOf = (options: Given<Options>) => failureOf((stack) => recorder(stack, given(options, stack)));

describe('the function, by default', () => {
  let template: Template;
  beforeAll(() => { template = make(); });

  test('runs the bundled handler on a current Node, on ARM', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { Handler: 'index.handler', Runtime: 'nodejs24.x', Architectures: ['arm64'] });
  });

  test('is a packaged asset: nothing is built at synthesis', () => {
    expect(functionOf(template).Code).toEqual({ S3Bucket: expect.anything(), S3Key: expect.stringMatching(/^[0-9a-f]{64}\.zip$/) });
  });

  test('has 512 MB and five minutes', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { MemorySize: 512, Timeout: 300 });
  });

  test('is told its table, namespace and service', () => {
    expect(functionOf(template).Environment.Variables).toEqual({
      METADATA_TABLE_NAME: 'metadata',
      POWERTOOLS_METRICS_NAMESPACE: `${METRIC_NAMESPACE_ROOT}/ledger`,
      POWERTOOLS_SERVICE_NAME: 'landing-recorder',
      POWERTOOLS_LOG_LEVEL: 'INFO',
    });
  });

  test('logs JSON to a log group of its own that is kept for three months', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: Match.stringLikeRegexp('^RecorderLogGroup') } },
    });
    template.hasResource('AWS::Logs::LogGroup', {
      DeletionPolicy: 'Retain',
      Properties: { RetentionInDays: 90, LogGroupName: Match.absent(), KmsKeyId: Match.absent() },
    });
    template.resourceCountIs('Custom::LogRetention', 0);
  });

  test('is tried twice again within six hours, then the event goes to the failure queue', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 6 * 3600,
      DestinationConfig: { OnFailure: { Destination: arnMatch('RecorderFailureQueue') } },
    });
  });

  test('has no name, no reservation and no VPC', () => {
    const { FunctionName, ReservedConcurrentExecutions, VpcConfig } = functionOf(template);
    expect([FunctionName, ReservedConcurrentExecutions, VpcConfig]).toEqual([undefined, undefined, undefined]);
  });
});

describe('the role', () => {
  const { template, stack } = synth((scope) => recorder(scope));

  test('may do what the handler does and nothing else', () => {
    const table = stack.resolve(stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: 'metadata' }));
    expect(statements(template, 'RecorderRole')).toEqual([
      {
        Sid: 'ReadLandedObjects',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:GetObjectVersion'],
        Resource: s3Arn('landing/*'),
      },
      {
        Sid: 'TellMissingFromForbidden',
        Effect: 'Allow',
        Action: ['s3:ListBucket', 's3:ListBucketVersions'],
        Resource: s3Arn('landing'),
      },
      { Sid: 'RecordObjects', Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], Resource: table },
      {
        Sid: 'WriteLogs',
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: arnOf('RecorderLogGroup'),
      },
      {
        Sid: 'SendFailures',
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: arnOf('RecorderFailureQueue'),
      },
    ]);
  });

  test('is the function\'s, and has no managed policy', () => {
    expect(functionOf(template).Role).toEqual(arnOf('RecorderRole'));
    expect(only(template, 'AWS::IAM::Role').Properties.ManagedPolicyArns).toBeUndefined();
  });

  test('is there with its policy before the function', () => {
    expect(only(template, 'AWS::Lambda::Function').DependsOn).toEqual([
      expect.stringMatching(/^RecorderRoleDefaultPolicy/), expect.stringMatching(/^RecorderRole/),
    ]);
  });

  test('reads under the prefix only, when there is one', () => {
    const [read] = statements(make({ objectPrefix: 'landing/in/' }), 'RecorderRole');
    expect(read.Resource).toEqual(s3Arn('landing/landing/in/*'));
  });

  test('can be granted more', () => {
    const { template: granted } = synth((scope) => {
      const made = recorder(scope);
      made.grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['sns:Publish'], resources: ['*'] }));
    });
    expect(statements(granted, 'RecorderRole')).toContainEqual(expect.objectContaining({ Action: 'sns:Publish' }));
  });
});

describe('overrides', () => {
  test.each<[string, Options, object]>([
    ['memorySize', { memorySize: 1024 }, { MemorySize: 1024 }],
    ['timeout', { timeout: Duration.minutes(15) }, { Timeout: 900 }],
    ['architecture', { architecture: lambda.Architecture.X86_64 }, { Architectures: ['x86_64'] }],
    ['runtime', { runtime: lambda.Runtime.NODEJS_22_X }, { Runtime: 'nodejs22.x' }],
    ['reservedConcurrentExecutions', { reservedConcurrentExecutions: 8 }, { ReservedConcurrentExecutions: 8 }],
    ['environment', { environment: { EXTRA: 'x' } }, { Environment: { Variables: { EXTRA: 'x', METADATA_TABLE_NAME: 'metadata' } } }],
    ['the log level', { environment: { POWERTOOLS_LOG_LEVEL: 'DEBUG' } }, { Environment: { Variables: { POWERTOOLS_LOG_LEVEL: 'DEBUG' } } }],
  ])('%s', (_name, options, expected) => {
    make(options).hasResourceProperties('AWS::Lambda::Function', expected);
  });

  test('retryAttempts and maxEventAge', () => {
    make({ retryAttempts: 0, maxEventAge: Duration.minutes(10) }).hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 600,
    });
  });

  test('logRetention and logRemovalPolicy', () => {
    make({ logRetention: logs.RetentionDays.ONE_WEEK, logRemovalPolicy: RemovalPolicy.DESTROY })
      .hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete', Properties: { RetentionInDays: 7 } });
  });

  test('failureQueue', () => {
    const template = make((stack) => ({ failureQueue: new sqs.Queue(stack, 'Mine') }));
    template.resourceCountIs('AWS::SQS::Queue', 1);
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      DestinationConfig: { OnFailure: { Destination: arnMatch('Mine') } },
    });
    expect(statements(template, 'RecorderRole')).toContainEqual(expect.objectContaining({
      Sid: 'SendFailures',
      Resource: arnOf('Mine'),
    }));
  });

  test('vpc, vpcSubnets and securityGroups', () => {
    const template = make((stack) => {
      const vpc = new ec2.Vpc(stack, 'Vpc');
      return {
        vpc,
        vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
        securityGroups: [new ec2.SecurityGroup(stack, 'Group', { vpc })],
      };
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      VpcConfig: {
        SubnetIds: [{ Ref: Match.stringLikeRegexp('^VpcPrivateSubnet1') }, { Ref: Match.stringLikeRegexp('^VpcPrivateSubnet2') }],
        SecurityGroupIds: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^Group'), 'GroupId'] }],
      },
    });
    expect(statements(template, 'RecorderRole')).toContainEqual({
      Sid: 'RunInVpc',
      Effect: 'Allow',
      Action: [
        'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface',
        'ec2:DescribeSubnets', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
      ],
      Resource: '*',
    });
  });
});

describe('keys', () => {
  const keyed = (key: (stack: Stack) => Options) => statements(make(key), 'RecorderRole').filter(({ Action }) => [Action].flat()[0].startsWith('kms:'));

  test('none, no right to any', () => {
    expect(keyed(() => ({}))).toEqual([]);
  });

  test('of the bucket: objects are decrypted', () => {
    expect(keyed((stack) => ({ bucket: new s3.Bucket(stack, 'Own', { encryptionKey: new kms.Key(stack, 'Key') }) }))).toEqual([
      { Effect: 'Allow', Action: 'kms:Decrypt', Resource: arnOf('Key') },
    ]);
  });

  test('of the table: items are decrypted and encrypted', () => {
    const [statement] = keyed((stack) => ({ table: new MetadataTable(stack, 'Own', { encryptionKey: new kms.Key(stack, 'Key') }) }));
    expect(statement.Action).toEqual(['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo']);
  });

  test('of the recorder: failed events are encrypted, and so are the logs', () => {
    const options = (stack: Stack) => ({ encryptionKey: new kms.Key(stack, 'Key') });
    const key = arnOf('Key');
    expect(keyed(options)).toEqual([{ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: key }]);
    const template = make(options);
    expect(only(template, 'AWS::Logs::LogGroup').Properties.KmsKeyId).toEqual(key);
    expect(only(template, 'AWS::SQS::Queue').Properties.KmsMasterKeyId).toEqual(key);
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([Match.objectLike({
          Sid: 'EncryptLogs',
          Principal: { Service: { 'Fn::Join': ['', ['logs.', { Ref: 'AWS::Region' }, '.amazonaws.com']] } },
          Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': Match.anyValue() } },
        })]),
      },
    });
  });
});

test.each<[Options, string]>([
  [{ memorySize: 64 }, 'memorySize must be a whole number of MB from 128 to 10240, got 64'],
  [{ memorySize: 10241 }, 'memorySize must be a whole number of MB from 128 to 10240, got 10241'],
  [{ memorySize: 512.5 }, 'memorySize must be a whole number of MB from 128 to 10240, got 512.5'],
  [{ timeout: Duration.minutes(16) }, 'timeout must be from 1 second to 15 minutes, got 16 minutes'],
  [{ timeout: Duration.seconds(0) }, 'timeout must be from 1 second to 15 minutes, got 0 ms'],
  [{ retryAttempts: 3 }, 'retryAttempts must be a whole number from 0 to 2, got 3'],
  [{ maxEventAge: Duration.seconds(30) }, 'maxEventAge must be from 1 minute to 6 hours, got 30 seconds'],
  [{ reservedConcurrentExecutions: 0 }, 'reservedConcurrentExecutions must be a whole number of at least 1, got 0'],
  [{ runtime: lambda.Runtime.PYTHON_3_13 }, "runtime must be a Node.js one, 20 or newer, got 'python3.13'"],
  [{ runtime: lambda.Runtime.NODEJS_18_X }, "runtime must be a Node.js one, 20 or newer, got 'nodejs18.x'"],
  [
    { environment: { METADATA_TABLE_NAME: 'other' } },
    `environment must not set METADATA_TABLE_NAME: the pipeline sets ${Object.values(HANDLER_ENV).filter((name) => name !== 'POWERTOOLS_LOG_LEVEL').join(', ')} itself`,
  ],
  [{ environment: { 'A-B': 'x' } }, "environment must name its variables in letters, digits and _, a letter first, two at least, got 'A-B'"],
  [{ vpcSubnets: {} }, 'vpcSubnets needs vpc, which is not set'],
  [{ securityGroups: [] }, 'securityGroups needs vpc, which is not set'],
  [
    { pipelineName: 'a b' },
    "pipelineName must be 1 to 128 letters, digits, dots, underscores and hyphens, the first a letter or digit, got 'a b'",
  ],
  [{ pipelineName: '' }, "pipelineName must be 1 to 128 letters, digits, dots, underscores and hyphens, the first a letter or digit, got ''"],
])('refuses %j', (options, message) => {
  expect(refusalOf(options)).toBe(`Stack/Recorder: ${message}`);
});

test('values known only at deployment are taken', () => {
  const template = make((stack) => ({
    memorySize: Token.asNumber(new CfnParameter(stack, 'Memory', { type: 'Number' }).value),
    timeout: Duration.seconds(Token.asNumber(new CfnParameter(stack, 'Timeout', { type: 'Number' }).value)),
    pipelineName: new CfnParameter(stack, 'Name').valueAsString,
  }));
  template.hasResourceProperties('AWS::Lambda::Function', {
    MemorySize: { Ref: 'Memory' },
    Timeout: { Ref: 'Timeout' },
    Environment: { Variables: { POWERTOOLS_METRICS_NAMESPACE: { 'Fn::Join': ['', [`${METRIC_NAMESPACE_ROOT}/`, { Ref: 'Name' }]] } } },
  });
});
