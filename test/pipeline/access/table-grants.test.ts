import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Consistency } from '../../../src';
import { encodeKeySegment, runSnapshotsKey, tableLocation } from '../../../src/contract';
import { Extraction, LandedTables, LandingCatalog, LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps } from '../../../src/pipeline';
import { arnOf, failureOf, statements, synth } from '../synth';

const UUID = '0b6f4a1c-3d52-4c7e-9a60-1f2e3d4c5b6a';
const watching = (prefix: string) => ({ trigger: LandingTrigger.s3Notification({ prefix }) });
const roleOf = (stack: Stack, id: string) => new iam.Role(stack, id, { assumedBy: new iam.AccountRootPrincipal() });

/** What a statement of a template lets do: by whom, and the patterns of what. */
interface Permission {
  readonly by: string;
  readonly action: string;
  readonly resource: string;
}

/** Every permission of the policies of a template, of roles and of buckets. */
function permissions(template: Template): Permission[] {
  const policies = [
    ...Object.entries(template.findResources('AWS::IAM::Policy')).map(([id, { Properties }]) => [id, Properties.PolicyDocument] as const),
    ...Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).map(([id, { Properties }]) => [id, Properties.PolicyDocument] as const),
    ...Object.entries(template.findResources('AWS::IAM::Role')).flatMap(([id, { Properties }]) => (
      (Properties.Policies ?? []).map((policy: any) => [id, policy.PolicyDocument] as const)
    )),
    ...Object.entries(template.findResources('AWS::S3::BucketPolicy')).map(([id, { Properties }]) => [id, Properties.PolicyDocument] as const),
  ];
  return policies.flatMap(([by, { Statement }]) => Statement.filter(({ Effect }: any) => Effect === 'Allow').flatMap((statement: any) => {
    if (statement.NotAction || statement.NotResource) throw new Error(`${by} allows by exception`);
    const resources = [statement.Resource].flat().map(printed);
    return [statement.Action].flat().flatMap((action) => resources.map((resource) => ({ by, action, resource })));
  }));
}

function printed(value: any): string {
  if (typeof value === 'string') return value;
  if (value['Fn::Join']) return value['Fn::Join'][1].map(printed).join('');
  if (value['Fn::GetAtt']) return `<${value['Fn::GetAtt'][0]}>`;
  return `<${value.Ref ?? JSON.stringify(value)}>`;
}

/** Whether a pattern of IAM, `*` and `?`, matches a text. */
function matches(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '[\\s\\S]*').replace(/\?/g, '[\\s\\S]')}$`, 'i').test(text);
}

/** Who may do any of the actions to an object of the landing bucket. */
function writersOf(template: Template, key: string): string[] {
  const [bucket] = Object.keys(template.findResources('AWS::S3::Bucket')).filter((id) => id.startsWith('LedgerLandingBucket'));
  const writing = ['s3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObjectTagging', 's3:PutObjectAcl', 's3:RestoreObject'];
  return [...new Set(permissions(template)
    .filter(({ action, resource }) => writing.some((each) => matches(action, each)) && matches(resource, `<${bucket}>/${key}`))
    .map(({ by }) => by))].sort();
}

const changersInGlue = (template: Template) => [...new Set(permissions(template)
  .filter(({ action }) => ['glue:UpdateTable', 'glue:CreateTable', 'glue:DeleteTable', 'glue:BatchDeleteTable'].some((each) => matches(action, each)))
  .map(({ by }) => by))].sort();

const COMPLETION = expect.stringMatching(/^LedgerRunCompletionRoleDefaultPolicy/);
const COMPACTOR = expect.stringMatching(/^LedgerCompactorRoleDefaultPolicy/);

describe.each<[string, LegacyToS3PipelineProps, string]>([
  ['the whole bucket', {}, ''],
  ['a folder', watching('landing/'), 'landing/'],
  ['a prefix that is no folder', watching('landing'), 'landing'],
  ['the whole bucket, by EventBridge', { trigger: LandingTrigger.eventBridge() }, ''],
  ['the whole bucket, buffered', { trigger: LandingTrigger.buffered() }, ''],
])('of a pipeline that watches %s', (_watched, props, prefix) => {
  const tables = ['Ledger_dbo_Accounts', 'weird database=x/_runs/run=y', 'x-state', 'x_state/'].flatMap((name) => {
    const location = tableLocation(prefix, name, UUID);
    return ['metadata/00001.metadata.json', 'metadata/snap-1.avro', 'data/delete.parquet', 'attempts/1.json'].map((file) => location + file);
  });
  const { template } = synth((stack) => {
    const pipeline = new LegacyToS3Pipeline(stack, 'Ledger', { ...props, landedTables: LandedTables.iceberg({ proveByQuery: true }) });
    pipeline.grantLand(roleOf(stack, 'Loader')).assertSuccess();
    pipeline.grantReadLanded(roleOf(stack, 'Reader')).assertSuccess();
    pipeline.grantReadRecords(roleOf(stack, 'Auditor')).assertSuccess();
    pipeline.grantReplay(roleOf(stack, 'Operator')).assertSuccess();
    pipeline.catalog!.grantQuery(roleOf(stack, 'Analyst')).assertSuccess();
    pipeline.catalog!.grantRead(roleOf(stack, 'Engine')).assertSuccess();
    new Extraction(stack, 'Nightly', {
      pipeline,
      source: { server: 'sql.corp.example', database: 'Ledger', user: 'reader', secret: secretsmanager.Secret.fromSecretNameV2(stack, 'Password', 'ledger') },
      consistency: Consistency.SNAPSHOT,
    });
  });

  test('nobody but run completion and who compacts writes the tables\' metadata, whatever a table is called', () => {
    for (const key of tables) expect([key, writersOf(template, key)]).toEqual([key, [COMPACTOR, COMPLETION]]);
  });

  test('and changes tables in Glue', () => {
    expect(changersInGlue(template)).toEqual([COMPACTOR, COMPLETION]);
  });

  test('whom it is granted may, too', () => {
    const granted = synth((stack) => {
      const pipeline = new LegacyToS3Pipeline(stack, 'Ledger', props);
      pipeline.grantWriteTables(roleOf(stack, 'Keeper')).assertSuccess();
    }).template;
    const keeper = expect.stringMatching(/^KeeperDefaultPolicy/);
    for (const key of tables) expect([key, writersOf(granted, key)]).toEqual([key, [keeper, COMPACTOR, COMPLETION]]);
    const lines = runSnapshotsKey(prefix, 'r1');
    expect([lines, writersOf(granted, lines)]).toEqual([lines, [keeper, COMPLETION]]);
    expect(changersInGlue(granted)).toEqual([keeper, COMPACTOR, COMPLETION]);
  });

  test('the extractor lands what it lands, and keeps its state', () => {
    const loader = expect.stringMatching(/^LoaderDefaultPolicy/);
    const below = prefix === 'landing' ? 'landing/' : `${prefix}deeper/`;
    for (const key of [
      `${below}database=L/schema=dbo/table=${encodeKeySegment('a b')}/run=r1/part-00001-00001.parquet`,
      `${below}landed_database=L/landed_schema=dbo/landed_table=t/landed_run=r1/part-00001-00001.parquet`,
      `${below}_runs/run=r1/_manifest.json`,
      `${below.slice(0, -1)}-state/run=r1/run.json`,
    ]) expect([key, writersOf(template, key)]).toEqual([key, expect.arrayContaining([loader])]);
  });
});

test('a pipeline without Iceberg tables writes no metadata of tables', () => {
  for (const props of [{ landedTables: LandedTables.hive() }, { landedTables: LandedTables.none() }, { catalog: false }]) {
    const { template } = synth((stack) => new LegacyToS3Pipeline(stack, 'Ledger', props));
    expect(writersOf(template, `${tableLocation('', 'a', UUID)}metadata/1.json`)).toEqual([]);
  }
});

describe('grantWriteTables', () => {
  const give = (options?: { deleteLanded: boolean }, props: (stack: Stack) => LegacyToS3PipelineProps = () => watching('landing/')) => synth((stack) => {
    new LegacyToS3Pipeline(stack, 'Ledger', props(stack)).grantWriteTables(roleOf(stack, 'User'), options).assertSuccess();
  }).template;
  const deletes = (template: Template) => permissions(template).filter(({ by, action }) => by.startsWith('User') && action === 's3:DeleteObject').map(({ resource }) => resource);

  test('notes commits in the metadata table, with its key', () => {
    expect(statements(give(), 'User')).toContainEqual({
      Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'], Resource: arnOf('LedgerMetadataTable'),
    });
    const withKey = give(undefined, (stack) => ({ encryptionKey: new kms.Key(stack, 'Key') }));
    expect(statements(withKey, 'User').map(({ Action }) => Action)).toEqual(expect.arrayContaining([expect.arrayContaining(['kms:Encrypt', 'kms:GenerateDataKey'])]));
  });

  test('deletes landed objects only where that was granted', () => {
    expect(deletes(give())).toEqual([expect.stringContaining('/landing-tables/*'), expect.stringContaining('/landing/run-snapshots/*')]);
    expect(deletes(give({ deleteLanded: true }))).toContainEqual(expect.stringMatching(/>\/landing\/\*$/));
  });

  test('is refused where there is no catalog', () => {
    expect(failureOf((stack) => new LegacyToS3Pipeline(stack, 'Ledger', { catalog: false }).grantWriteTables(roleOf(stack, 'User'))))
      .toBe('Stack/Ledger: grantWriteTables needs a catalog, which the tables are in, got none');
  });

  test('holds for a pipeline deployed elsewhere whose catalog is known', () => {
    const { template } = synth((stack) => {
      const bucket = s3.Bucket.fromBucketName(stack, 'Bucket', 'landing');
      const pipeline = LegacyToS3Pipeline.fromPipelineAttributes(stack, 'Imported', {
        pipelineName: 'ledger',
        bucket,
        metadataTable: dynamodb.Table.fromTableName(stack, 'Table', 'records'),
        landingPrefix: 'in/',
        catalog: importedCatalog(stack, bucket),
      });
      pipeline.grantWriteTables(roleOf(stack, 'User')).assertSuccess();
    });
    expect(deletes(template)).toContainEqual('arn:<AWS::Partition>:s3:::landing/in-tables/*');
  });
});

const importedCatalog = (stack: Stack, bucket: s3.IBucket, objectPrefix: string = 'in/') => LandingCatalog.fromCatalogAttributes(stack, 'Catalog', {
  databaseName: 'lake', workGroupName: 'team', bucket, objectPrefix,
});

describe('grantRead', () => {
  test('reads objects, metadata and the database, and writes nothing', () => {
    const { template } = synth((stack) => {
      new LegacyToS3Pipeline(stack, 'Ledger', { ...watching('landing/'), encryptionKey: new kms.Key(stack, 'Key') }).catalog!.grantRead(roleOf(stack, 'User')).assertSuccess();
    });
    const given = permissions(template).filter(({ by }) => by.startsWith('User'));
    expect(given.filter(({ action }) => action === 's3:GetObject').map(({ resource }) => resource.replace(/^.*>\//, '')).sort()).toEqual(['landing-tables/*', 'landing/*']);
    expect(given.map(({ action }) => action)).toEqual(expect.arrayContaining(['glue:GetDatabases', 'glue:GetTables', 'glue:GetPartitions', 'kms:Decrypt', 's3:ListBucket']));
    expect(given.filter(({ action }) => !/^(s3:(Get|List)|glue:(Batch)?Get|kms:Decrypt$)/.test(action))).toEqual([]);
  });

  test('of the whole bucket the metadata is among the objects', () => {
    const { template } = synth((stack) => new LegacyToS3Pipeline(stack, 'Ledger').catalog!.grantRead(roleOf(stack, 'User')));
    expect(permissions(template).filter(({ by, action }) => by.startsWith('User') && action === 's3:GetObject')).toHaveLength(1);
  });

  test('an imported catalog whose prefix is known only at deployment says that metadata is left out', () => {
    const { stack } = synth((scope) => importedCatalog(scope, s3.Bucket.fromBucketName(scope, 'Bucket', 'landing'), new CfnParameter(scope, 'Prefix').valueAsString));
    Annotations.fromStack(stack).hasWarning('/Stack/Catalog', Match.stringLikeRegexp('no grant includes the folder of Iceberg\'s metadata'));
  });

  describe('of somebody of another account', () => {
    const asked = (bucket?: (stack: Stack) => s3.IBucket) => {
      const { stack, made, template } = synth((scope) => new LegacyToS3Pipeline(scope, 'Ledger', { ...watching('landing/'), bucket: bucket?.(scope) })
        .catalog!.grantRead(new iam.AccountPrincipal('222222222222')), { env: { account: '111111111111', region: 'eu-west-1' } });
      return { stack, made, template };
    };

    test('gives the objects by the bucket\'s policy, and warns of the database with what its policy must have', () => {
      const { stack, made, template } = asked();
      expect(made.success).toBe(true);
      const theirs = Object.values(template.findResources('AWS::S3::BucketPolicy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
        .filter((statement: any) => JSON.stringify(statement).includes('222222222222'));
      expect(theirs.flatMap(({ Resource }: any) => [Resource].flat().map(printed)).filter((arn: string) => arn.endsWith('tables/*'))).toHaveLength(1);
      Annotations.fromStack(stack).hasWarning('/Stack/Ledger/Catalog', Match.stringLikeRegexp(
        'grantRead lets .*222222222222.* read the objects of landed tables, and not the database .* must let them call glue:GetDatabase, .* on .*:database/'));
    });

    test('is refused as a whole where the bucket\'s policy is not ours', () => {
      const { stack, made } = asked((scope) => s3.Bucket.fromBucketName(scope, 'Own', 'landing'));
      expect(made.success).toBe(false);
      Annotations.fromStack(stack).hasError('/Stack/Ledger/Catalog', Match.stringLikeRegexp('^grantRead cannot let .* reach objects of the bucket'));
    });
  });
});
