import { ArnFormat, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
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

  const landing = ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:GetObject'];
  const state = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'];
  const listing = { Effect: 'Allow', Action: ['s3:ListBucket', 's3:ListBucketMultipartUploads'], Resource: bucket };
  const watching = (prefix: string) => () => ({ trigger: LandingTrigger.s3Notification({ prefix }) });

  test('lets land, clean up and keep state; of the whole bucket, which holds the tables\' metadata, by the names of the layout', () => {
    expect(statements(granting(give), 'User')).toEqual([
      { Effect: 'Allow', Action: [...landing, 's3:DeleteObject'], Resource: ['/*database=*', '/*_runs/*'].map(objects) },
      { Effect: 'Allow', Action: state, Resource: ['/_state/*', '/*-state/*'].map(objects) },
      listing,
    ]);
  });

  test.each([['landing/', 'landing-state/'], ['a/b/', 'a/b-state/']])('holds for the trigger\'s prefix %s, and for the state beside it', (prefix, folder) => {
    expect(statements(granting(give, watching(prefix)), 'User')).toEqual([
      { Effect: 'Allow', Action: [...landing, 's3:DeleteObject'], Resource: objects(`/${prefix}*`) },
      { Effect: 'Allow', Action: state, Resource: objects(`/${folder}*`) },
      listing,
    ]);
  });

  test('whose prefix is no folder is by the names of the layout, too', () => {
    expect(statements(granting(give, watching('landing')), 'User').map(({ Resource }) => Resource)).toEqual([
      ['/landing*database=*', '/landing*_runs/*'].map(objects), objects('/landing*-state/*'), bucket,
    ]);
  });

  test('whose prefix is known only at deployment is of all under it', () => {
    const given = (stack: Stack) => ({ trigger: LandingTrigger.s3Notification({ prefix: new CfnParameter(stack, 'Prefix').valueAsString }) });
    expect(statements(granting(give, given), 'User')[0].Resource).toEqual({ 'Fn::Join': ['', [bucket, '/', { Ref: 'Prefix' }, '*']] });
  });

  test.each<[object | object[], string | undefined, object | object[]]>([
    [objects('/landing/*'), 'landing/', objects('/landing-state/*')],
    [['/*database=*', '/*_runs/*'].map(objects), undefined, ['/_state/*', '/*-state/*'].map(objects)],
  ])(
    'without deletion still deletes state: %#', (all, prefix, kept) => {
      const without: Give = (pipeline, user) => pipeline.grantLand(user, { deleteLanded: false });
      expect(statements(granting(without, prefix === undefined ? undefined : watching(prefix)), 'User')).toEqual([
        { Effect: 'Allow', Action: landing, Resource: all }, { Effect: 'Allow', Action: state, Resource: kept }, listing,
      ]);
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

describe('somebody of another account', () => {
  const HERE = { env: { account: '111111111111', region: 'eu-west-1' } };
  type Whom = (stack: Stack) => iam.IGrantable;
  const account: Whom = () => new iam.AccountPrincipal('222222222222');
  const role: Whom = (stack) => iam.Role.fromRoleArn(stack, 'Stranger', 'arn:aws:iam::222222222222:role/loader');
  const arn: Whom = () => new iam.ArnPrincipal('arn:aws:iam::222222222222:user/loader');
  const organization: Whom = () => new iam.OrganizationPrincipal('o-1234567890');
  const land: Give = (pipeline, user) => pipeline.grantLand(user);

  /** What a grant gave and said. */
  function asked(give: Give, whom: Whom, props: (stack: Stack) => LegacyToS3PipelineProps = () => ({})) {
    const { stack, made, template } = synth((scope) => give(new LegacyToS3Pipeline(scope, 'Ledger', props(scope)), whom(scope)), HERE);
    const errors = Annotations.fromStack(stack).findError('*', Match.stringLikeRegexp('^grant')).map(({ entry }) => entry.data as string);
    return { success: made.success, errors, template };
  }

  test.each([['an account', account], ['a role', role], ['an ARN', arn], ['an organization', organization]])(
    'grantLand and grantReadLanded give %s all, by the policies of bucket and key', (_name, whom) => {
      for (const give of [land, (pipeline, user) => pipeline.grantReadLanded(user)] as Give[]) {
        const { success, errors, template } = asked(give, whom, withKey);
        expect({ success, errors }).toEqual({ success: true, errors: [] });
        const theirs = (type: string, policy: string) => Object.values(template.findResources(type))
          .flatMap(({ Properties }) => Properties[policy].Statement)
          .filter((statement) => /222222222222|o-1234567890/.test(JSON.stringify(statement)));
        expect(theirs('AWS::S3::BucketPolicy', 'PolicyDocument').length).toBeGreaterThanOrEqual(2);
        expect(theirs('AWS::KMS::Key', 'KeyPolicy')).toHaveLength(1);
      }
    });

  test('grantReplay lets an account invoke by the function\'s policy', () => {
    const { success, errors, template } = asked((pipeline, user) => pipeline.grantReplay(user), account);
    expect({ success, errors }).toEqual({ success: true, errors: [] });
    template.hasResourceProperties('AWS::Lambda::Permission', { Action: 'lambda:InvokeFunction', Principal: '222222222222' });
  });

  test.each<[string, Give, RegExp]>([
    ['grantReadRecords', (pipeline, user) => pipeline.grantReadRecords(user), /reach the metadata table/],
    ['grantQuery', (pipeline, user) => pipeline.catalog!.grantQuery(user), /reach the workgroup '.*', the database '.*'/],
  ])('%s, for which there is no policy to change, is refused and says so', (_name, give, missing) => {
    for (const whom of [account, role]) {
      const { success, errors } = asked(give, whom);
      expect({ success, errors }).toEqual({ success: false, errors: [expect.stringMatching(missing)] });
      expect(errors[0]).toMatch(/arn:.*222222222222.*: grant it to a role of the pipeline's account, which the other may assume$/);
    }
  });

  test.each<[string, (stack: Stack) => LegacyToS3PipelineProps, RegExp]>([
    ['an imported bucket', (stack) => ({ bucket: s3.Bucket.fromBucketName(stack, 'Own', 'landing') }), /reach objects of the bucket 'Stack\/Own', the bucket 'Stack\/Own': their policies/],
    ['an imported key', (stack) => ({ encryptionKey: kms.Key.fromKeyArn(stack, 'Own', 'arn:aws:kms:eu-west-1:111111111111:key/1') }), /reach the key of the bucket/],
  ])('grantLand on %s, whose policy is not ours, is refused and says so', (_name, props, missing) => {
    const { success, errors } = asked(land, account, props);
    expect({ success, errors }).toEqual({ success: false, errors: [expect.stringMatching(missing)] });
  });

  test('a grant that was refused cannot be taken for one', () => {
    synth((stack) => {
      const pipeline = new LegacyToS3Pipeline(stack, 'Ledger');
      expect(() => pipeline.grantReadRecords(account(stack)).assertSuccess()).toThrow('could not be added');
    });
  });
});
