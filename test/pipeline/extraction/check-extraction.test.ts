import { writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CfnParameter, Duration, Size, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { make, pipelineOf, secretOf, sourceOf } from './made';
import {
  Authentication, Changes, ChangesModeOptions, Consistency, Encryption, ExtractFormat, ExtractionMode, ExtractionProps, ExtractionSource,
  ExtractionWorkers, LambdaWorkersOptions, LandedTables, LegacyToS3Pipeline, ObjectChecksum, OnTableError, TimeType,
} from '../../../src';
import { vpcOf } from '../prop-case-sets';
import { failureOf, synth } from '../synth';

const refusal = (props: (stack: Stack) => Partial<ExtractionProps>) => failureOf((stack) => make(stack, props(stack)));
const sourceRefusal = (source: (stack: Stack) => Partial<ExtractionSource>) => (
  refusal((stack) => ({ source: { ...sourceOf(stack), ...source(stack) } })));
const workersRefusal = (options: LambdaWorkersOptions) => refusal(() => ({ workers: ExtractionWorkers.lambda(options) }));
const fileWith = (text: string) => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'ca-')), 'ca.pem');
  writeFileSync(file, text);
  return file;
};
const parameterOf = (stack: Stack) => ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Parameter', { parameterName: '/password' });
const layerOf = (stack: Stack) => lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', 'arn:aws:lambda:eu-west-1:111111111111:layer:azure:1');

test.each<[string, (stack: Stack) => Partial<ExtractionSource>, RegExp]>([
  ['two passwords', (stack) => ({ passwordParameter: parameterOf(stack) }), /^Stack\/Nightly: source\.secret and source\.passwordParameter exclude each other/],
  ['no password', () => ({ secret: undefined }), /source\.authentication sql needs a password, a client secret or a token: give source\.secret or source\.passwordParameter$/],
  ['a password as text', () => ({ secret: 'hunter2' as never }), /source\.secret must be a construct, got a text: a password in a template can be read by others$/],
  ['no file of certificates', () => ({ caCertificate: '/nowhere/ca.pem' }), /source\.caCertificate must be the path of a PEM file, got '\/nowhere\/ca\.pem', which is not there$/],
  ['a file without certificates', () => ({ caCertificate: fileWith('x') }), /source\.caCertificate must be a PEM file with certificates, got '.*', which has none$/],
  [
    'certificates that are not asked for', () => ({ caCertificate: fileWith('-----BEGIN CERTIFICATE-----'), trustServerCertificate: true }),
    /source\.caCertificate and source\.trustServerCertificate exclude each other/,
  ],
  ['a port that is none', () => ({ port: 70000 }), /^Stack\/Nightly: source\.port must be a whole number from 1 to 65535, got 70000$/],
  ['an encryption that contradicts', () => ({ encrypt: false, encryption: Encryption.STRICT }), /source\.encrypt false and source\.encryption strict contradict each other/],
  ['NTLM without a domain', () => ({ authentication: Authentication.NTLM }), /^Stack\/Nightly: source\.authentication ntlm needs source\.domain$/],
  ['a property that is misspelled', () => ({ serverr: 'x' }) as never, /serverr/],
  ['this machine', () => ({ server: '(local)' }), /source\.server must be reached by a network, got '\(local\)', which would be the function itself$/],
  ['a private address from outside', () => ({ server: '10.1.2.3,1433' }), /source\.server '10\.1\.2\.3,1433' is a private address, which no function outside of its network reaches: set vpc$/],
  ['a managed identity', () => ({ authentication: Authentication.ENTRA_MANAGED_IDENTITY }), /must not be entraManagedIdentity: managed identities are those of Azure's machines, which Lambda has not/],
  [
    'Entra without its package', () => ({ authentication: Authentication.ENTRA_SERVICE_PRINCIPAL, tenantId: 't', clientId: 'c' }),
    /source\.authentication entraServicePrincipal needs the package @azure\/identity: give a layer/,
  ],
])('of a source: %s', (_name, source, message) => {
  expect(sourceRefusal(source)).toMatch(message);
});

test.each<[string, (stack: Stack) => Partial<ExtractionProps>, RegExp]>([
  ['a name that is none', () => ({ extractionName: 'a b' }), /^Stack\/Nightly: extractionName must be 1 to 128 letters/],
  ['a name in log lines', () => ({ extractionName: 'MyErrors' }), /^Stack\/Nightly: extractionName must not contain 'Error'/],
  ['a function\'s name', () => ({ extractionName: 'replay' }), /extractionName must not be .*, got 'replay': the pipeline's metrics are told apart by it$/],
  ['no tables', () => ({ tables: [] }), /^Stack\/Nightly: tables is an empty list: leave it out to extract all tables$/],
  ['two ways to cut', () => ({ targetChunkBytes: 1048576, targetChunkRows: 5 }), /targetChunkBytes and targetChunkRows exclude each other/],
  ['a filter that ends', () => ({ tableOptions: [{ table: 'A', rowFilter: '1=1; DROP TABLE A' }] }), /tableOptions\[0\]\.rowFilter must be one condition/],
  ['too many readers', () => ({ readers: 65 }), /readers must be a whole number from 1 to 64, got 65$/],
  ['a column that reads as a path', () => ({ columnTypes: { 'A.$': { time: TimeType.TEXT } } }), /columnTypes must not name a column as 'A\.\$', .*: write 'A\.\[\$\]'$/],
  [
    'more than Step Functions hands on', () => ({ tableOptions: Array.from({ length: 4000 }, (_, at) => ({ table: `dbo.${'t'.repeat(40)}${at}` })) }),
    /tables, tableOptions, .* must be 196608 bytes at most as JSON, got \d{6}: Step Functions hands on 256 KiB; use patterns for several tables$/,
  ],
  ['no checksum', () => ({ checksum: ObjectChecksum.NONE }), /checksum must be SHA256 or CRC64NVME, got NONE/],
  ['an owner that is none', () => ({ expectedBucketOwner: 'me' }), /expectedBucketOwner must be an account id of 12 digits, got "me"$/],
  ['little time', () => ({ timeout: Duration.minutes(1) }), /timeout must be whole seconds from 5 minutes to 365 days, got 1 minute$/],
  ['a snapshot of minutes', () => ({ keepSnapshotFor: Duration.minutes(90) }), /keepSnapshotFor must be whole hours from 1 hour to 14 days, got 1 hour 30 minutes$/],
  ['too late to be told', () => ({ overdueAfter: Duration.days(8) }), /overdueAfter must be whole hours from 1 hour to 7 days, got 8 days$/],
  ['a time that only deployment knows', (stack) => ({ timeout: Duration.seconds(new CfnParameter(stack, 'P', { type: 'Number' }).valueAsNumber) }), /timeout must be known at synthesis, got a token/],
  ['no seconds', () => ({ maxSeconds: 0 }), /maxSeconds must be a whole number of at least 1, got 0$/],
  ['no money', () => ({ maxCost: 0 }), /maxCost must be a number above 0, got 0$/],
  ['a price that is none', () => ({ prices: { s3Read: -1 } }), /prices\.s3Read must be a number of at least 0, got -1$/],
  ['a window without an hour', () => ({ window: { from: '9', to: '17:00', timeZone: 'UTC' } }), /^Stack\/Nightly: window\.from must be a time from 00:00 to 23:59, got "9"$/],
  ['a window in no zone', () => ({ window: { from: '22:00', to: '05:30', timeZone: 'Mars/Olympus' } }), /window\.timeZone must be a name of the IANA database .*, got "Mars\/Olympus"$/],
  ['no pace', () => ({ assumedBytesPerSecond: 100 }), /assumedBytesPerSecond must be a whole number of at least 1024, got 100$/],
  ['enabled without a schedule', () => ({ enabled: false }), /enabled needs schedule, which is not set$/],
  ['a prefix from the root', () => ({ planPrefix: '/plans' }), /planPrefix must be a prefix of object keys without a slash before it, got '\/plans'$/],
  ['endpoints without a VPC', () => ({ vpcEndpoints: true }), /vpcEndpoints needs vpc, which is not set$/],
  ['subnets without a VPC', () => ({ vpcSubnets: {} }), /vpcSubnets needs vpc, which is not set$/],
  ['another runtime', () => ({ runtime: lambda.Runtime.PYTHON_3_13 }), /runtime must be a Node\.js one, 20 or newer, got 'python3\.13'$/],
  ['a variable of its own', () => ({ environment: { EXTRACTION_SOURCE: '{}' } }), /environment must not set EXTRACTION_SOURCE: the extraction sets EXTRACTION_NAME, .* itself$/],
  ['little memory', () => ({ controlMemorySize: 128 }), /controlMemorySize must be a whole number of MB from 512 to 10240, got 128$/],
  ['no instance', () => ({ controlReservedConcurrentExecutions: 0 }), /controlReservedConcurrentExecutions must be a whole number of at least 1, got 0$/],
  ['an alarm that is not there', () => ({ alarmOverrides: { recorderErrors: {} } }), /alarmOverrides has the unknown alarm 'recorderErrors'; known are extractionFailed/],
])('of an extraction: %s', (_name, props, message) => {
  expect(refusal(props)).toMatch(message);
});

test.each<[string, LambdaWorkersOptions, RegExp]>([
  ['little memory', { memorySize: 256 }, /workers: memorySize must be a whole number of MB from 512 to 10240, got 256$/],
  ['none at a time', { maxConcurrency: 0 }, /workers: maxConcurrency must be a whole number from 1 to 1000, got 0$/],
  ['none reserved', { reservedConcurrentExecutions: 0 }, /workers: reservedConcurrentExecutions must be a whole number of at least 1, got 0$/],
  ['little time', { timeout: Duration.minutes(1) }, /workers: timeout must be whole seconds from 2 minutes to 15 minutes, got 1 minute$/],
  ['a small disk', { ephemeralStorageSize: Size.mebibytes(100) }, /workers: ephemeralStorageSize must be a whole number of MiB from 512 to 10240, got 100$/],
])('of workers: %s', (_name, options, message) => {
  expect(workersRefusal(options)).toMatch(message);
});

const changes = (options: Partial<ChangesModeOptions> = {}) => ({ mode: ExtractionMode.changes({ every: Duration.minutes(5), ...options }) });
const pipelineWith = (stack: Stack, landedTables: LandedTables) => new LegacyToS3Pipeline(stack, 'Ledger', { landedTables });

test.each<[string, (stack: Stack) => Partial<ExtractionProps>, RegExp]>([
  ['a mode that is none', () => ({ mode: 'changes' as never }), /^Stack\/Nightly: mode must be an object, such as ExtractionMode\.full\(\), got "changes"$/],
  ['no time between looks', () => changes({ every: undefined as never }), /mode: every must say how often the source is looked at, .*, got undefined$/],
  ['looks of seconds', () => changes({ every: Duration.seconds(30) }), /mode: every must be whole minutes from 1 minute to 1 day, got 30 seconds$/],
  ['looks of odd seconds', () => changes({ every: Duration.seconds(90) }), /mode: every must be whole minutes .*, got 1 minute 30 seconds$/],
  ['looks of days', () => changes({ every: Duration.days(2) }), /mode: every must be whole minutes from 1 minute to 1 day, got 2 days$/],
  [
    'looks that only deployment knows', (stack) => changes({ every: Duration.minutes(new CfnParameter(stack, 'P', { type: 'Number' }).valueAsNumber) }),
    /mode: every must be known at synthesis, got a token/,
  ],
  [
    'two schedules', () => ({ ...changes(), schedule: scheduler.ScheduleExpression.rate(Duration.days(1)) }),
    /schedule and mode: ExtractionMode\.changes\(…\) exclude each other/,
  ],
  ['rows never committed for a base', () => ({ ...changes(), consistency: Consistency.NO_LOCK }), /consistency must be snapshot where mode is ExtractionMode\.changes\(…\), got noLock/],
  ['a way that is none', () => changes({ changes: 'trigger' as never }), /mode: changes must be one of auto, changeTracking, cdc, rowversion, watermark, whole, got 'trigger'$/],
  ['nothing to follow', () => changes({ changes: Changes.NONE }), /mode: changes must be one of auto, .*, got 'none'$/],
  ['a gap left alone', () => changes({ onGap: 'ignore' as never }), /mode: onGap must be one of fail, reload, got 'ignore'$/],
  ['a count that is none', () => changes({ countEvery: 'hour' as never }), /mode: countEvery must be one of auto, run, day, never, got 'hour'$/],
  ['one version perhaps', () => changes({ oneVersion: 'yes' as never }), /mode: oneVersion must be true or false, got "yes"$/],
  ['one version of some tables', () => ({ ...changes({ oneVersion: true }), onTableError: OnTableError.CONTINUE }), /mode: oneVersion and onTableError: continue exclude each other/],
  [
    'Change Tracking of a secondary', (stack) => ({ ...changes(), source: { ...sourceOf(stack), readOnlyIntent: true } }),
    /^Stack\/Nightly: source\.readOnlyIntent leads to a secondary, where Change Tracking is refused \(error 22117\)/,
  ],
  ['what Iceberg does not hold', () => ({ ...changes(), format: ExtractFormat.csv() }), /format must be parquet where mode is ExtractionMode\.changes\(…\), got csv: /],
  ['tables of Hive', (stack) => ({ ...changes(), pipeline: pipelineWith(stack, LandedTables.hive()) }), /needs a pipeline with landedTables: LandedTables\.iceberg\(\), got 'hive'/],
  ['no tables', (stack) => ({ ...changes(), pipeline: pipelineWith(stack, LandedTables.none()) }), /needs a pipeline with landedTables: LandedTables\.iceberg\(\), got 'none'/],
  [
    'tables of Hive, as an imported pipeline says', (stack) => {
      const { bucket, metadataTable } = pipelineOf(stack);
      return { ...changes(), pipeline: LegacyToS3Pipeline.fromPipelineAttributes(stack, 'Known', { pipelineName: 'known', bucket, metadataTable, landedTables: LandedTables.hive() }) };
    }, /got 'hive'/,
  ],
])('of runs of changes: %s', (_name, props, message) => {
  expect(refusal(props)).toMatch(message);
});

test('runs of changes are made with Iceberg tables, with a pipeline of which that is not known, and of a secondary by another way', () => {
  synth((stack) => {
    make(stack, { ...changes(), pipeline: pipelineWith(stack, LandedTables.iceberg()) });
    make(new Stack(stack, 'Secondary'), {
      ...changes({ changes: Changes.CDC }), pipeline: pipelineOf(stack, 'other/', 'Imported'), source: { ...sourceOf(stack, 'Other'), readOnlyIntent: true },
    });
  });
});

test('two extractions of one name into one bucket', () => {
  expect(failureOf((stack) => {
    const pipeline = pipelineOf(stack);
    make(stack, { pipeline, extractionName: 'nightly' });
    make(new Stack(stack, 'Other'), { pipeline, extractionName: 'nightly' });
  })).toMatch(/extractionName 'nightly' is that of Stack\/Nightly already: their executions would wait for each other/);
});

test('a bucket of another region', () => {
  expect(failureOf((scope) => {
    const stack = new Stack(scope.node.root, 'Here', { env: { account: '111111111111', region: 'eu-west-1' } });
    make(stack, {
      pipeline: LegacyToS3Pipeline.fromPipelineAttributes(stack, 'There', {
        pipelineName: 'ledger', bucket: s3.Bucket.fromBucketAttributes(stack, 'B', { bucketName: 'landing', region: 'us-east-1' }), metadataTable: pipelineOf(stack).metadataTable,
      }),
    });
  })).toMatch(/pipeline must be in the region of the stack, eu-west-1, got one in us-east-1: Step Functions reads an extraction's items from a bucket of its own region/);
});

test('what can be reached is not refused', () => {
  synth((stack) => {
    make(stack, { vpc: vpcOf(stack), source: { ...sourceOf(stack), server: '10.1.2.3' } });
    const azure = { server: 'x.database.windows.net', database: 'Ledger', secret: secretOf(stack, 'Client'), authentication: Authentication.ENTRA_SERVICE_PRINCIPAL };
    make(new Stack(stack, 'Azure'), {
      pipeline: pipelineOf(stack, 'azure/', 'Azured'), source: { ...azure, tenantId: 't', clientId: 'c' }, layers: [layerOf(stack)],
    });
    make(new Stack(stack, 'Token'), {
      pipeline: pipelineOf(stack, 'token/', 'Tokened'),
      source: { ...azure, authentication: Authentication.ENTRA_ACCESS_TOKEN },
      schedule: scheduler.ScheduleExpression.rate(Duration.hours(1)),
    });
  });
});
