import { Annotations as CdkAnnotations, App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { LandedTables, LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps } from '../../../src/pipeline';
import { failureOf, synthPipeline } from '../synth';

const watching = { trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }) };
const expires: s3.LifecycleRule = { id: 'Old', expiration: Duration.days(90) };
const moves = (storageClass: s3.StorageClass): s3.LifecycleRule => ({ id: 'Old', transitions: [{ storageClass, transitionAfter: Duration.days(90) }] });

/** What a pipeline says of a rule of its bucket; undefined when it takes it. */
function refusalOf(rule: s3.LifecycleRule, props: LegacyToS3PipelineProps = watching): string | undefined {
  const message = failureOf((stack) => {
    new LegacyToS3Pipeline(stack, 'Ledger', { ...props, lifecycleRules: [rule] });
    throw new Error('taken');
  });
  return message === 'taken' ? undefined : message;
}

test('the message names the rule, where it takes files from, and what is allowed', () => {
  expect(refusalOf(expires)).toBe(
    "Stack/Ledger/RunCompletion: the lifecycle rule 'Old' of the bucket 'Stack/Ledger/LandingBucket' expires objects under '', where 'landing/' and 'landing-tables/' hold landed tables: "
    + 'Iceberg tables go on naming them, so that queries fail; allowed are noncurrentVersionExpiration, abortIncompleteMultipartUploadAfter and transitions to classes that are read at once '
    + '(STANDARD_IA, INTELLIGENT_TIERING, GLACIER_IR). Let runs expire by keepRuns or keepFor, or set landedTables: LandedTables.hive()',
  );
});

test.each<[string, s3.LifecycleRule]>([
  ['expires landed objects', { ...expires, prefix: 'landing/' }],
  ['expires some of them', { ...expires, prefix: 'landing/database=Ledger/' }],
  ['expires the metadata of tables', { ...expires, prefix: 'landing-tables/' }],
  ['expires what begins as both do', { ...expires, prefix: 'land' }],
  ['expires on a day', { id: 'Old', expirationDate: new Date('2030-01-01T00:00:00Z') }],
  ['expires what has a tag', { ...expires, tagFilters: { old: 'yes' } }],
  ['moves to Glacier Flexible Retrieval', moves(s3.StorageClass.GLACIER)],
  ['moves to Glacier Deep Archive', { ...moves(s3.StorageClass.DEEP_ARCHIVE), prefix: 'landing-tables/' }],
])('a rule that %s is refused', (_what, rule) => {
  expect(refusalOf(rule)).toMatch(/the lifecycle rule 'Old' of the bucket 'Stack\/Ledger\/LandingBucket' (expires objects|moves objects to (GLACIER|DEEP_ARCHIVE)) under '/);
});

test.each<[string, s3.LifecycleRule]>([
  ['of another folder', { ...expires, prefix: 'logs/' }],
  ['of the state of runs', { ...expires, prefix: 'landing-state/' }],
  ['that is off', { ...expires, enabled: false }],
  ['of replaced versions', { id: 'Old', noncurrentVersionExpiration: Duration.days(30) }],
  ['of replaced versions, to an archive', { id: 'Old', noncurrentVersionTransitions: [{ storageClass: s3.StorageClass.GLACIER, transitionAfter: Duration.days(30) }] }],
  ['of delete markers', { id: 'Old', expiredObjectDeleteMarker: true }],
  ['to Glacier Instant Retrieval', moves(s3.StorageClass.GLACIER_INSTANT_RETRIEVAL)],
  ['to Intelligent-Tiering', moves(s3.StorageClass.INTELLIGENT_TIERING)],
  ['to Standard-IA', moves(s3.StorageClass.INFREQUENT_ACCESS)],
])('a rule %s is taken', (_what, rule) => {
  expect(refusalOf(rule)).toBeUndefined();
});

test('of the whole bucket every expiration is refused but that of state', () => {
  expect(refusalOf({ ...expires, prefix: 'logs/' }, {})).toContain("under 'logs/', where the whole bucket is watched");
  expect(refusalOf({ ...expires, prefix: '_state/' }, {})).toBeUndefined();
});

test('a prefix of a rule that is known only at deployment passes', () => {
  expect(failureOf((stack) => {
    new LegacyToS3Pipeline(stack, 'Ledger', { lifecycleRules: [{ ...expires, prefix: new CfnParameter(stack, 'Prefix').valueAsString }] });
    throw new Error('taken');
  })).toBe('taken');
});

test.each([LandedTables.hive(), LandedTables.none()])('without Iceberg tables any rule is taken: %#', (landedTables) => {
  expect(refusalOf(expires, { landedTables })).toBeUndefined();
});

describe('a bucket of one\'s own', () => {
  test('of this app is looked at, also after the pipeline was made', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const bucket = new s3.Bucket(stack, 'Own');
    new LegacyToS3Pipeline(stack, 'Ledger', { ...watching, bucket });
    bucket.addLifecycleRule(expires);
    expect(() => app.synth()).toThrow(/the lifecycle rule 'Old' of the bucket 'Stack\/Own' expires objects under ''/);
  });

  test('that is imported is not known, and says nothing', () => {
    const { stack } = synthPipeline((scope) => ({ bucket: s3.Bucket.fromBucketName(scope, 'Own', 'landing') }));
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('noncurrentVersionExpiration'));
  });
});

describe('an expiration of replaced versions', () => {
  const asks = (props: LegacyToS3PipelineProps | ((stack: Stack) => LegacyToS3PipelineProps)) => (
    Annotations.fromStack(synthPipeline(props).stack).findWarning('/Stack/Ledger/RunCompletion', Match.stringLikeRegexp('set noncurrentVersionExpiration')).length > 0
  );

  test('is asked for where a versioned bucket has none', () => {
    expect(asks({})).toBe(true);
    expect(asks((stack) => ({ bucket: new s3.Bucket(stack, 'Own', { versioned: true }) }))).toBe(true);
    expect(asks({ ...watching, lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(3), prefix: 'landing/' }] })).toBe(true);
  });

  test('is not where it has one, has no versions, or there are no Iceberg tables', () => {
    expect(asks({ noncurrentVersionExpiration: Duration.days(30) })).toBe(false);
    expect(asks({ ...watching, lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(3), prefix: 'landing-tables/' }] })).toBe(false);
    expect(asks((stack) => ({ bucket: new s3.Bucket(stack, 'Own') }))).toBe(false);
    expect(asks({ landedTables: LandedTables.hive() })).toBe(false);
  });

  test('can be acknowledged', () => {
    const { stack } = synthPipeline((scope) => {
      CdkAnnotations.of(scope).acknowledgeWarning('cdk-legacy-to-s3:keptReplacedVersions', 'they are wanted');
      return {};
    });
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('set noncurrentVersionExpiration'));
  });
});
