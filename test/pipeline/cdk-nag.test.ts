import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R4Checks, NIST80053R5Checks, PCIDSS321Checks } from 'cdk-nag';
import { Consistency } from '../../src';
import {
  Extraction, ExtractionProps, ExtractionWorkers, LandedTables, LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps,
  TableCompaction,
} from '../../src/pipeline';

/** Packs that follow a standard. */
const PACKS = [HIPAASecurityChecks, NIST80053R4Checks, NIST80053R5Checks, PCIDSS321Checks] as const;

/** Findings of a pack, as `rule path`. */
function findings(make: (stack: Stack) => unknown, Pack: typeof PACKS[number] | typeof AwsSolutionsChecks = AwsSolutionsChecks): string[] {
  const app = new App();
  make(new Stack(app, 'Stack'));
  const { violations } = new Pack(app).validateScope(app);
  return violations.flatMap(({ ruleName, violatingResources }) => violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`));
}

const pipeline = (props?: (stack: Stack) => LegacyToS3PipelineProps) => (stack: Stack) => new LegacyToS3Pipeline(stack, 'Ledger', props?.(stack));

function extraction(stack: Stack, props: Partial<ExtractionProps> = {}): Extraction {
  return new Extraction(stack, 'Nightly', {
    pipeline: new LegacyToS3Pipeline(stack, 'Ledger', { trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }) }),
    source: { server: 'sql.corp.example', database: 'Ledger', user: 'reader', secret: secretsmanager.Secret.fromSecretNameV2(stack, 'Password', 'ledger') },
    ...props,
  });
}

const partsVpc = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'PartsVpc', {
  vpcId: 'vpc-2', availabilityZones: ['a'], privateSubnetIds: ['subnet-2'], privateSubnetRouteTableIds: ['routes-2'],
});

const autoWorkers = (stack: Stack) => ExtractionWorkers.auto({
  lambda: { reservedConcurrentExecutions: 16 },
  fargate: { image: ecs.ContainerImage.fromEcrRepository(ecr.Repository.fromRepositoryName(stack, 'Images', 'lambda/nodejs'), '24') },
});

/** What an extraction can be made of, and what the standards ask for. */
function everyPart(stack: Stack): Partial<ExtractionProps> {
  const encryptionKey = new kms.Key(stack, 'PartsKey', { enableKeyRotation: true });
  return {
    source: {
      server: 'sql.corp.example',
      database: 'Ledger',
      user: 'reader',
      passwordParameter: ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Parameter', { parameterName: '/ledger', encryptionKey }),
    },
    schedule: scheduler.ScheduleExpression.rate(Duration.days(1)),
    consistency: Consistency.DATABASE_SNAPSHOT,
    planPrefix: 'plans/',
    encryptionKey,
    vpc: partsVpc(stack),
    vpcEndpoints: true,
    controlReservedConcurrentExecutions: 2,
    workers: autoWorkers(stack),
  };
}

test('the check sees what is not as it should be', () => {
  expect(findings((stack) => new s3.Bucket(stack, 'Bare'))).toContain('AwsSolutions-S1 Stack/Bare/Resource');
});

test.each<[string, (stack: Stack) => unknown]>([
  ['no props', pipeline()],
  ['a key', pipeline((stack) => ({ encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }) }))],
  ['an imported bucket', pipeline((stack) => ({ bucket: s3.Bucket.fromBucketName(stack, 'Imported', 'landing-of-others') }))],
  ['a prefix', pipeline(() => ({ trigger: LandingTrigger.s3Notification({ prefix: 'landing/', suffixes: ['.csv'] }) }))],
  ['EventBridge', pipeline(() => ({ trigger: LandingTrigger.eventBridge() }))],
  ['a buffer', pipeline(() => ({ trigger: LandingTrigger.buffered() }))],
  ['a buffer and a key', pipeline((stack) => ({ trigger: LandingTrigger.buffered(), encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }) }))],
  ['buckets that are emptied', pipeline(() => ({ removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true }))],
  ['a VPC', pipeline((stack) => ({ vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] }) }))],
  ['an extraction', (stack) => extraction(stack)],
  ['an extraction of every part', (stack) => extraction(stack, everyPart(stack))],
  ['an extraction by tasks', (stack) => extraction(stack, { vpc: partsVpc(stack), workers: ExtractionWorkers.fargate() })],
  ['an extraction by functions and tasks of an image of a repository', (stack) => extraction(stack, { vpc: partsVpc(stack), workers: autoWorkers(stack) })],
  ['two pipelines', (stack) => [new LegacyToS3Pipeline(stack, 'One'), new LegacyToS3Pipeline(stack, 'Two')]],
])('cdk-nag finds nothing in a stack with %s', (_name, make) => {
  expect(findings(make)).toEqual([]);
});

describe.each(PACKS.map((Pack) => [Pack.name, Pack] as const))('%s', (_name, Pack) => {
  const everything = (stack: Stack): LegacyToS3PipelineProps => ({
    encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }),
    serverAccessLogsBucket: s3.Bucket.fromBucketName(stack, 'AccessLogs', 'access-logs'),
    replicationRules: [{
      destination: s3.Bucket.fromBucketName(stack, 'Copies', 'copies'), kmsKey: kms.Key.fromKeyArn(stack, 'CopiesKey', 'arn:aws:kms:eu-west-1:111111111111:key/1'),
    }],
    objectLockDefaultRetention: s3.ObjectLockRetention.governance(Duration.days(30)),
    reservedConcurrentExecutions: 100,
    runCompletionReservedConcurrentExecutions: 10,
    replayReservedConcurrentExecutions: 2,
    landedTables: LandedTables.iceberg({ compaction: TableCompaction.whenDeleteFiles(50, { reservedConcurrentExecutions: 2 }) }),
    vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] }),
  });

  test('with every option on, what is left is a backup plan for the table', () => {
    const left = findings(pipeline(everything), Pack).map((finding) => finding.replace(/^[\w.]+-/, ''));
    expect(left.filter((finding) => finding !== 'DynamoDBInBackupPlan Stack/Ledger/MetadataTable/Resource')).toEqual([]);
  });

  test('with a backup plan, nothing', () => {
    expect(findings((stack) => {
      const { metadataTable } = new LegacyToS3Pipeline(stack, 'Ledger', everything(stack));
      const plan = backup.BackupPlan.dailyMonthly1YearRetention(stack, 'Plan', backup.BackupVault.fromBackupVaultName(stack, 'Vault', 'vault'));
      plan.addSelection('Tables', { resources: [backup.BackupResource.fromDynamoDbTable(metadataTable)] });
    }, Pack)).toEqual([]);
  });

  test('of an extraction of every part, nothing', () => {
    expect(findings((stack) => extraction(stack, everyPart(stack)), Pack).filter((finding) => finding.includes('/Nightly/'))).toEqual([]);
  });

  test('of the other pack, nothing with every option on either', () => {
    expect(findings(pipeline(everything))).toEqual([]);
  });
});
