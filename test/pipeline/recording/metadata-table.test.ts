import { RemovalPolicies, RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { MetadataTable, MetadataTableProps } from '../../../src/pipeline';
import { arnOf, only, synth } from '../synth';

const make = (props?: MetadataTableProps) => synth((stack) => new MetadataTable(stack, 'Metadata', props)).template;

describe('by default', () => {
  let template: Template;
  beforeAll(() => { template = make(); });

  test('an item is an object and a version', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [{ AttributeName: 'objectKey', KeyType: 'HASH' }, { AttributeName: 'versionId', KeyType: 'RANGE' }],
    });
  });

  test('objects are found by dataset and time, and by run', () => {
    expect(only(template, 'AWS::DynamoDB::Table').Properties.GlobalSecondaryIndexes).toEqual([
      {
        IndexName: 'by-dataset',
        KeySchema: [{ AttributeName: 'dataset', KeyType: 'HASH' }, { AttributeName: 'lastModified', KeyType: 'RANGE' }],
        Projection: { ProjectionType: 'ALL' },
      },
      {
        IndexName: 'by-run',
        KeySchema: [{ AttributeName: 'runId', KeyType: 'HASH' }, { AttributeName: 'objectKey', KeyType: 'RANGE' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ]);
  });

  test('every key is text', () => {
    const types = only(template, 'AWS::DynamoDB::Table').Properties.AttributeDefinitions.map((definition: any) => definition.AttributeType);
    expect(types).toEqual(['S', 'S', 'S', 'S', 'S']);
  });

  test('capacity is on demand', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', { BillingMode: 'PAY_PER_REQUEST' });
  });

  test('any second of the last weeks can be restored', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } });
  });

  test('it outlives its stack and is protected from deletion', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { DeletionProtectionEnabled: true },
    });
  });

  test('it has no physical name and a key of DynamoDB', () => {
    const { TableName, SSESpecification } = only(template, 'AWS::DynamoDB::Table').Properties;
    expect(TableName).toBeUndefined();
    expect(SSESpecification).toEqual({ SSEEnabled: false });
  });
});

test('a key encrypts it', () => {
  const { template } = synth((stack) => new MetadataTable(stack, 'Metadata', { encryptionKey: new kms.Key(stack, 'Key') }));
  expect(only(template, 'AWS::DynamoDB::Table').Properties.SSESpecification).toEqual({
    SSEEnabled: true,
    SSEType: 'KMS',
    KMSMasterKeyId: arnOf('Key'),
  });
});

test('it can be made to go with its stack', () => {
  make({ removalPolicy: RemovalPolicy.DESTROY }).hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Delete',
    Properties: { DeletionProtectionEnabled: false },
  });
});

test.each<[string, (table: MetadataTable) => void]>([
  ['RemovalPolicies', (table) => RemovalPolicies.of(table.stack).destroy()],
  ['applyRemovalPolicy', (table) => table.applyRemovalPolicy(RemovalPolicy.DESTROY)],
])('what %s makes go later is not protected from deletion', (_way, change) => {
  synth((stack) => change(new MetadataTable(stack, 'Metadata'))).template.hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Delete',
    Properties: { DeletionProtectionEnabled: false },
  });
});

test('what is to stay later is protected', () => {
  synth((stack) => RemovalPolicies.of(new MetadataTable(stack, 'Metadata', { removalPolicy: RemovalPolicy.DESTROY })).retain()).template
    .hasResource('AWS::DynamoDB::Table', { DeletionPolicy: 'Retain', Properties: { DeletionProtectionEnabled: true } });
});
