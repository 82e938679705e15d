import { App, Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { RUN_LOG_COLUMNS, RUN_SNAPSHOT_COLUMNS } from '../../../src/contract';
import { LandedTables, LandingCatalog, LandingCatalogProps } from '../../../src/pipeline';
import { arnOf, failureOf, only, statements, synth } from '../synth';

function catalog(stack: Stack, props: Partial<LandingCatalogProps> = {}, id: string = 'Catalog'): LandingCatalog {
  const bucket = props.bucket ?? s3.Bucket.fromBucketName(stack, `${id}Landing`, 'landing');
  return new LandingCatalog(stack, id, { ...props, bucket });
}

const make = (props?: Partial<LandingCatalogProps>) => synth((stack) => catalog(stack, props)).template;

const workGroupOf = (template: Template) => only(template, 'AWS::Athena::WorkGroup').Properties.WorkGroupConfiguration;

describe('by default', () => {
  const { template, made } = synth((stack) => catalog(stack));

  test('the database has a name that Athena takes', () => {
    expect(made.databaseName).toMatch(/^stack_catalog_[0-9a-f]{8}$/);
    template.hasResourceProperties('AWS::Glue::Database', { CatalogId: { Ref: 'AWS::AccountId' }, DatabaseInput: { Name: made.databaseName } });
  });

  test('IAM governs its tables, not Lake Formation', () => {
    template.hasResourceProperties('AWS::Glue::Database', {
      DatabaseInput: {
        CreateTableDefaultPermissions: [{ Permissions: ['ALL'], Principal: { DataLakePrincipalIdentifier: 'IAM_ALLOWED_PRINCIPALS' } }],
      },
    });
  });

  test('the workgroup\'s settings bind its users, and a query stops at 100 GiB', () => {
    expect(workGroupOf(template)).toMatchObject({ EnforceWorkGroupConfiguration: true, BytesScannedCutoffPerQuery: 100 * 2 ** 30 });
  });

  test('results are encrypted, in a bucket of their own, for a week', () => {
    expect(workGroupOf(template).ResultConfiguration).toEqual({
      OutputLocation: { 'Fn::Join': ['', ['s3://', { Ref: expect.stringMatching(/^CatalogResults/) }, '/results/']] },
      ExpectedBucketOwner: { Ref: 'AWS::AccountId' },
      EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
    });
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 7, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } })] },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]) },
    });
  });
});

test('a key encrypts the results', () => {
  const { template } = synth((stack) => catalog(stack, { encryptionKey: new kms.Key(stack, 'Key') }));
  expect(workGroupOf(template).ResultConfiguration.EncryptionConfiguration).toEqual({
    EncryptionOption: 'SSE_KMS', KmsKey: arnOf('Key'),
  });
});

test('limit, expiration and removal policy can be set', () => {
  const template = make({ bytesScannedLimit: Size.gibibytes(1), queryResultsExpiration: Duration.days(1), removalPolicy: RemovalPolicy.DESTROY });
  expect(workGroupOf(template).BytesScannedCutoffPerQuery).toBe(2 ** 30);
  template.hasResource('AWS::S3::Bucket', {
    DeletionPolicy: 'Delete', Properties: { LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 1 })] } },
  });
});

test('the table of runs lies over the lines that run completion writes, with the columns of the contract', () => {
  const template = make({ objectPrefix: 'in/' });
  const { TableInput } = only(template, 'AWS::Glue::Table', 'CatalogRunsTable').Properties;
  expect(TableInput.Name).toBe('runs');
  expect(TableInput.StorageDescriptor.Location).toBe('s3://landing/in/runs/');
  expect(TableInput.StorageDescriptor.Columns.map(({ Name }: any) => Name)).toEqual(Object.keys(RUN_LOG_COLUMNS));
});

test('the table of their snapshots lies beside them, where runs are snapshots', () => {
  const { TableInput } = only(make({ objectPrefix: 'in/' }), 'AWS::Glue::Table', 'CatalogRunSnapshotsTable').Properties;
  expect(TableInput.Name).toBe('run_snapshots');
  expect(TableInput.StorageDescriptor.Location).toBe('s3://landing/in/run-snapshots/');
  expect(TableInput.StorageDescriptor.SerdeInfo.SerializationLibrary).toBe('org.openx.data.jsonserde.JsonSerDe');
  expect(TableInput.StorageDescriptor.Columns.map(({ Name }: any) => Name)).toEqual(Object.keys(RUN_SNAPSHOT_COLUMNS));
  for (const landedTables of [LandedTables.hive(), LandedTables.none()]) {
    const template = make({ landedTables });
    template.resourceCountIs('AWS::Glue::Table', 1);
    expect(Object.values(template.findResources('AWS::Athena::NamedQuery')).map(({ Properties }) => Properties.Name)).not.toContain('snapshots of a run');
  }
});

test('saved queries of the workgroup read the table of runs, and that of their snapshots', () => {
  const queries = Object.values(make().findResources('AWS::Athena::NamedQuery')).map(({ Properties }) => Properties);
  expect(queries.map(({ Name }) => Name).sort()).toEqual(['newest objects', 'row counts', 'runs', 'snapshots of a run']);
  for (const { Name, QueryString, WorkGroup, Database } of queries) {
    expect(QueryString).toMatch(Name === 'snapshots of a run' ? /FROM run_snapshots\b/ : /FROM runs\b/);
    expect([typeof WorkGroup, typeof Database]).toEqual(['string', 'string']);
  }
});

test('two in one stack do not clash', () => {
  const { made } = synth((stack) => [catalog(stack, {}, 'One'), catalog(stack, {}, 'Two')]);
  expect(made[0].databaseName).not.toBe(made[1].databaseName);
  expect(made[0].workGroupName).not.toBe(made[1].workGroupName);
});

describe('a database of one\'s own', () => {
  test('imported by its name: tables and queries are made in it', () => {
    const { template, made } = synth((stack) => catalog(stack, { glueDatabase: glue.CfnDatabase.fromDatabaseName(stack, 'Lake', 'lake') }));
    template.resourceCountIs('AWS::Glue::Database', 0);
    template.allResourcesProperties('AWS::Glue::Table', { DatabaseName: 'lake' });
    template.allResourcesProperties('AWS::Athena::NamedQuery', { Database: 'lake' });
    expect(made.databaseName).toBe('lake');
  });

  test('of the same stack: it is made before the table', () => {
    const { template } = synth((stack) => catalog(stack, {
      glueDatabase: new glue.CfnDatabase(stack, 'Lake', { catalogId: stack.account, databaseInput: { name: 'lake' } }),
    }));
    const table = only(template, 'AWS::Glue::Table', 'CatalogRunsTable');
    expect([table.Properties.DatabaseName, table.DependsOn]).toEqual([{ Ref: 'Lake' }, ['Lake']]);
  });

  test('of another stack: its name is imported', () => {
    const app = new App();
    const lake = new Stack(app, 'Lake');
    const stack = new Stack(app, 'Stack');
    catalog(stack, { glueDatabase: new glue.CfnDatabase(lake, 'Lake', { catalogId: lake.account, databaseInput: {} }) });
    expect(only(Template.fromStack(stack), 'AWS::Glue::Table', 'CatalogRunsTable').Properties.DatabaseName).toEqual({ 'Fn::ImportValue': expect.stringMatching(/^Lake:/) });
  });

  test('shared by two: each has a table of runs of its own name', () => {
    const { template } = synth((stack) => {
      const glueDatabase = glue.CfnDatabase.fromDatabaseName(stack, 'Lake', 'lake');
      for (const id of ['One', 'Two']) {
        catalog(stack, { glueDatabase, runsTableName: `runs_${id.toLowerCase()}`, runSnapshotsTableName: `snapshots_${id.toLowerCase()}` }, id);
      }
    });
    const names = Object.values(template.findResources('AWS::Glue::Table')).map(({ Properties }) => Properties.TableInput.Name);
    expect(names.sort()).toEqual(['runs_one', 'runs_two', 'snapshots_one', 'snapshots_two']);
    expect(only(template, 'AWS::Athena::NamedQuery', 'OneQueryRuns').Properties.QueryString).toMatch(/FROM runs_one\n/);
    expect(only(template, 'AWS::Athena::NamedQuery', 'TwoQueryRowCounts').Properties.QueryString).toMatch(/FROM runs_two r\n/);
    expect(only(template, 'AWS::Athena::NamedQuery', 'TwoQueryRunSnapshots').Properties.QueryString).toMatch(/FROM snapshots_two\n/);
  });

  test.each(['runsTableName', 'runSnapshotsTableName'] as const)('shared by two with one %s is refused', (name) => {
    expect(failureOf((stack) => {
      const glueDatabase = glue.CfnDatabase.fromDatabaseName(stack, 'Lake', 'lake');
      for (const id of ['One', 'Two']) catalog(stack, { glueDatabase, runsTableName: `runs_${id}`.toLowerCase(), runSnapshotsTableName: `snapshots_${id}`.toLowerCase(), [name]: 'same' }, id);
    })).toBe(`Stack/Two: ${name} 'same' is that of Stack/One already: pipelines that share a database each need another`);
  });
});

describe('a workgroup of one\'s own', () => {
  test('imported by its name: the queries are saved in it, and no bucket of results is made', () => {
    const { template, made } = synth((stack) => catalog(stack, { athenaWorkGroup: athena.CfnWorkGroup.fromWorkGroupName(stack, 'Team', 'team') }));
    template.resourceCountIs('AWS::Athena::WorkGroup', 0);
    template.resourceCountIs('AWS::S3::Bucket', 0);
    template.allResourcesProperties('AWS::Athena::NamedQuery', { WorkGroup: 'team' });
    expect([made.workGroupName, made.resultsBucket]).toEqual(['team', undefined]);
  });

  test('of the same stack: it is made before the queries', () => {
    const { template } = synth((stack) => catalog(stack, { athenaWorkGroup: new athena.CfnWorkGroup(stack, 'Team', { name: 'team' }) }));
    expect(only(template, 'AWS::Athena::NamedQuery', 'CatalogQueryRuns').DependsOn).toEqual(['Team']);
  });
});

test('a bucket of results of one\'s own: the new workgroup writes there', () => {
  const template = make({ queryResultsBucket: s3.Bucket.fromBucketName(new Stack(), 'Results', 'results') });
  template.resourceCountIs('AWS::S3::Bucket', 0);
  expect(workGroupOf(template).ResultConfiguration.OutputLocation).toBe('s3://results/results/');
});

test('results in the landing bucket would be recorded as landed: only where nothing watches', () => {
  const both = (objectPrefix?: string) => failureOf((scope) => {
    const bucket = new s3.Bucket(scope, 'Landing');
    new LandingCatalog(scope, 'Catalog', { bucket, queryResultsBucket: bucket, objectPrefix });
    throw new Error('taken');
  });
  expect(both()).toBe('Stack/Catalog: queryResultsBucket must not be the landing bucket: results would be recorded as landed');
  expect(both('landing/')).toBe('taken');
});

describe('grants', () => {
  const granted = (give: (made: LandingCatalog, user: iam.IGrantable) => iam.Grant) => {
    const { template, made } = synth((stack) => {
      const each = catalog(stack, { objectPrefix: 'in/' });
      give(each, new iam.Role(stack, 'User', { assumedBy: new iam.AccountRootPrincipal() })).assertSuccess();
      return each;
    });
    return { given: statements(template, 'User'), name: made.databaseName };
  };
  const text = (arn: any) => arn['Fn::Join'][1].map((part: any) => part.Ref ?? part).join('');

  test('grantRegister: tables and partitions of this database', () => {
    const { given, name } = granted((made, user) => made.grantRegister(user));
    expect(given).toHaveLength(1);
    expect(given[0].Action).toEqual([
      'glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:CreateTable', 'glue:UpdateTable', 'glue:DeleteTable',
      'glue:GetPartition', 'glue:GetPartitions', 'glue:CreatePartition', 'glue:UpdatePartition', 'glue:BatchUpdatePartition',
    ]);
    expect(given[0].Resource.map(text)).toEqual(['catalog', `database/${name}`, `table/${name}/*`]
      .map((resource) => `arn:AWS::Partition:glue:AWS::Region:AWS::AccountId:${resource}`));
  });

  test('grantQuery: the workgroup, the tables, the results and the landed objects', () => {
    const { given } = granted((made, user) => made.grantQuery(user));
    const actions = given.map(({ Action }) => [Action].flat()[0]);
    expect(actions).toEqual(['athena:GetWorkGroup', 'glue:GetDatabase', 's3:GetBucketLocation', 's3:GetObject', 's3:GetObject', 's3:GetObject', 's3:GetBucketLocation']);
    expect(given[0].Action).toEqual(expect.arrayContaining(['athena:GetNamedQuery', 'athena:BatchGetNamedQuery', 'athena:ListNamedQueries']));
    expect(given[3].Action).toEqual(['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts']);
    expect(text(given[0].Resource)).toMatch(/:workgroup\/Stack-Catalog-[0-9A-F]{8}$/);
    const reading = given.filter(({ Action }) => Action.includes('s3:GetObjectVersion'));
    expect(reading.map(({ Resource }) => text(Resource)).sort()).toEqual(['arn:AWS::Partition:s3:::landing/in-tables/*', 'arn:AWS::Partition:s3:::landing/in/*']);
  });

  test('grantQuery with one\'s own database, workgroup and results', () => {
    const { template } = synth((stack) => {
      const each = catalog(stack, {
        glueDatabase: glue.CfnDatabase.fromDatabaseName(stack, 'Lake', 'lake'),
        athenaWorkGroup: athena.CfnWorkGroup.fromWorkGroupName(stack, 'Team', 'team'),
        queryResultsBucket: s3.Bucket.fromBucketName(stack, 'Results', 'results'),
      });
      each.grantQuery(new iam.Role(stack, 'User', { assumedBy: new iam.AccountRootPrincipal() })).assertSuccess();
    });
    const resources = statements(template, 'User').flatMap(({ Resource }) => [Resource].flat()).map(text);
    expect(resources.map((arn) => arn.replace(/^arn:AWS::Partition:(athena|glue|s3):.*:/, '$1 '))).toEqual([
      'athena workgroup/team', 'glue catalog', 'glue database/lake', 'glue table/lake/*', 's3 results', 's3 results/*', 's3 landing/*', 's3 landing',
    ]);
  });

  test('grantQuery comes with the key of the results, to write and read them and no more', () => {
    const { template } = synth((stack) => catalog(stack, { encryptionKey: new kms.Key(stack, 'Key') })
      .grantQuery(new iam.Role(stack, 'User', { assumedBy: new iam.AccountRootPrincipal() })));
    const actions: string[] = statements(template, 'User').flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action.startsWith('kms:'))).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
    expect(actions.filter((action) => /Delete|LegalHold|Retention|ReEncrypt|Tagging/.test(action))).toEqual([]);
  });

  test('grantQuery without knowing where a workgroup of one\'s own writes: no results', () => {
    const { template } = synth((stack) => catalog(stack, { athenaWorkGroup: athena.CfnWorkGroup.fromWorkGroupName(stack, 'Team', 'team') })
      .grantQuery(new iam.Role(stack, 'User', { assumedBy: new iam.AccountRootPrincipal() })));
    expect(statements(template, 'User').flatMap(({ Action }) => Action).filter((action) => /^s3:(Put|Delete)/.test(action))).toEqual([]);
  });
});

test('cdk-nag finds nothing', () => {
  const app = new App();
  catalog(new Stack(app, 'Stack'));
  expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([]);
});

test.each<[Partial<LandingCatalogProps>, string]>([
  [{ bytesScannedLimit: Size.mebibytes(9) }, 'bytesScannedLimit must be at least 10 MB, got 9437184 bytes'],
  [{ queryResultsExpiration: Duration.hours(1) }, 'queryResultsExpiration must be whole days from 1 day to 36500 days, got 1 hour'],
  [{ runSnapshotsTableName: 'a-b' }, "runSnapshotsTableName must be 1 to 255 letters of a-z, digits and underscores, got 'a-b'"],
  [{ runSnapshotsTableName: 'runs' }, "runSnapshotsTableName must not be runsTableName, got 'runs' for both"],
  [
    { runSnapshotsTableName: 'mine', landedTables: LandedTables.hive() },
    "runSnapshotsTableName needs landedTables: LandedTables.iceberg(), got 'hive': only then runs are snapshots",
  ],
  [{ runsTableName: 'Runs' }, "runsTableName must be 1 to 255 letters of a-z, digits and underscores, got 'Runs'"],
  [
    { bytesScannedLimit: Size.gibibytes(1), athenaWorkGroup: athena.CfnWorkGroup.fromWorkGroupName(new Stack(), 'Team', 'team') },
    'bytesScannedLimit cannot be set together with athenaWorkGroup: set it on the workgroup itself',
  ],
  [
    { queryResultsExpiration: Duration.days(2), queryResultsBucket: s3.Bucket.fromBucketName(new Stack(), 'Results', 'results') },
    'queryResultsExpiration cannot be set together with queryResultsBucket: set a lifecycle rule on the bucket itself',
  ],
])('refuses: %#', (props, message) => {
  expect(failureOf((stack) => catalog(stack, props))).toBe(`Stack/Catalog: ${message}`);
});
