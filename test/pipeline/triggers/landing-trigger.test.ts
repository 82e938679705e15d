import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { LandingTrigger, LandingTriggerOptions, LegacyToS3Pipeline } from '../../../src/pipeline';
import { arnOf, failureOf, only, statements, synthPipeline } from '../synth';

/** The notifications of a template as `event prefix*suffix`. */
function notifications(template: Template): string[] {
  const { NotificationConfiguration } = only(template, 'Custom::S3BucketNotifications').Properties;
  return NotificationConfiguration.LambdaFunctionConfigurations.map(({ Events, Filter }: any) => {
    const rule = (name: string) => Filter?.Key.FilterRules.find((each: any) => each.Name === name)?.Value ?? '';
    return `${Events.join()} ${rule('prefix')}*${rule('suffix')}`;
  });
}

const notificationsOf = (options?: LandingTriggerOptions) =>
  notifications(synthPipeline({ trigger: options && LandingTrigger.s3Notification(options) }).template);

const refusalOf = (options: LandingTriggerOptions) =>
  failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', { trigger: LandingTrigger.s3Notification(options) }));

test('by default every object of the bucket is handed over', () => {
  expect(notificationsOf()).toEqual(['s3:ObjectCreated:* *']);
  expect(notificationsOf({})).toEqual(['s3:ObjectCreated:* *']);
});

test('a prefix alone', () => {
  expect(notificationsOf({ prefix: 'landing/' })).toEqual(['s3:ObjectCreated:* landing/*']);
});

test('manifests are watched beside the suffixes', () => {
  expect(notificationsOf({ suffixes: ['.csv', '.parquet'] })).toEqual([
    's3:ObjectCreated:* *.csv', 's3:ObjectCreated:* *.parquet', 's3:ObjectCreated:* *_manifest.json',
  ]);
});

test.each(['.json', '_manifest.json', 'json'])('manifests are not watched twice beside %s', (suffix) => {
  expect(notificationsOf({ suffixes: ['.csv', suffix] })).toEqual(['s3:ObjectCreated:* *.csv', `s3:ObjectCreated:* *${suffix}`]);
});

test('prefix and suffixes together', () => {
  expect(notificationsOf({ prefix: 'landing/', suffixes: ['.json'] })).toEqual(['s3:ObjectCreated:* landing/*.json']);
});

test.each([
  ['year=2026/', 'year%3D2026/'],
  ['my landing/', 'my+landing/'],
  ['a+b/', 'a%2Bb/'],
  ['Größe/', 'Gr%C3%B6%C3%9Fe/'],
  ['100%/~x/', '100%25/%7Ex/'],
  ["Az09!-_.'()/", "Az09!-_.'()/"],
])('S3 is given %s as it compares it, the role as it is', (prefix, compared) => {
  const { template } = synthPipeline({ trigger: LandingTrigger.s3Notification({ prefix, suffixes: ['= .json'] }) });
  expect(notifications(template)).toEqual([`s3:ObjectCreated:* ${compared}*%3D+.json`, `s3:ObjectCreated:* ${compared}*_manifest.json`]);
  const reads = statements(template, 'LedgerRecorder').find(({ Sid }: any) => Sid === 'ReadLandedObjects');
  expect(JSON.stringify(reads.Resource)).toContain(`/${prefix}*"`);
});

test('deletions on request, those of lifecycle rules too', () => {
  expect(notificationsOf({ prefix: 'landing/', deletions: true }))
    .toEqual(['s3:ObjectCreated:* landing/*', 's3:ObjectRemoved:* landing/*', 's3:LifecycleExpiration:* landing/*']);
});

test('suffixes are told apart by case', () => {
  expect(notificationsOf({ suffixes: ['.csv', '.CSV', '.json'] })).toHaveLength(3);
});

test('S3 may call the function for this bucket of this account only', () => {
  const { template } = synthPipeline();
  template.hasResourceProperties('AWS::Lambda::Permission', {
    Action: 'lambda:InvokeFunction',
    Principal: 's3.amazonaws.com',
    SourceAccount: { Ref: 'AWS::AccountId' },
  });
  expect(only(template, 'AWS::Lambda::Permission').Properties.SourceArn).toEqual(arnOf('LedgerLandingBucket'));
});

test.each<[LandingTriggerOptions, string]>([
  [{ prefix: '/landing/' }, "Stack/Ledger: trigger prefix must not start with '/', got '/landing/': object keys do not start with one"],
  [{ prefix: '' }, 'Stack/Ledger: trigger prefix must not be empty: leave it out to match every key'],
  [{ prefix: 'land*/' }, "Stack/Ledger: trigger prefix is compared literally and takes no wildcard, got 'land*/'"],
  [{ prefix: 'a\ud800/' }, 'Stack/Ledger: trigger prefix must be text that UTF-8 can hold, got a lone surrogate in "a\\ud800/"'],
  [{ suffixes: [] }, 'Stack/Ledger: trigger suffixes must name at least one suffix or be left out, got an empty list'],
  [{ suffixes: ['.csv', ''] }, 'Stack/Ledger: trigger suffix must not be empty: leave it out to match every key'],
  [{ suffixes: ['*.csv'] }, "Stack/Ledger: trigger suffix is compared literally and takes no wildcard, got '*.csv'"],
  [{ suffixes: ['.csv', '.csv'] }, "Stack/Ledger: trigger suffixes must not overlap: '.csv' is given twice"],
  [{ suffixes: ['.csv', '.old.csv'] }, "Stack/Ledger: trigger suffixes must not overlap: every key that ends with '.old.csv' also ends with '.csv'"],
  [{ suffixes: ['run_manifest.json'] }, "Stack/Ledger: trigger suffixes must not overlap: every key that ends with 'run_manifest.json' also ends with '_manifest.json'"],
])('refuses %j', (options, message) => {
  expect(refusalOf(options)).toBe(message);
});

test('a prefix known only at deployment is taken as it is', () => {
  const { template } = synthPipeline((stack) => ({
    trigger: LandingTrigger.s3Notification({ prefix: new CfnParameter(stack, 'Prefix').valueAsString, suffixes: ['.csv'] }),
  }));
  const [first] = only(template, 'Custom::S3BucketNotifications').Properties.NotificationConfiguration.LambdaFunctionConfigurations;
  expect(first.Filter.Key.FilterRules).toContainEqual({ Name: 'prefix', Value: { Ref: 'Prefix' } });
});

describe('a prefix that is no folder', () => {
  const warning = Match.stringLikeRegexp("trigger prefix 'landing' also matches keys such as 'landing-old/file.csv'");
  const stackOf = (options: LandingTriggerOptions) => synthPipeline({ trigger: LandingTrigger.eventBridge(options) }).stack;

  test('is taken, with a warning', () => {
    Annotations.fromStack(stackOf({ prefix: 'landing' })).hasWarning('/Stack/Ledger', warning);
  });

  test('a folder, or none: no warning', () => {
    for (const options of [{ prefix: 'landing/' }, {}]) Annotations.fromStack(stackOf(options)).hasNoWarning('*', Match.stringLikeRegexp('trigger prefix'));
  });
});

describe('in a bucket of one\'s own', () => {
  const two = (first: LandingTriggerOptions, second: LandingTriggerOptions) => (scope: Stack) => {
    const bucket = new s3.Bucket(scope, 'Bucket');
    new LegacyToS3Pipeline(scope, 'First', { bucket, trigger: LandingTrigger.s3Notification(first) });
    new LegacyToS3Pipeline(scope, 'Second', { bucket, trigger: LandingTrigger.s3Notification(second) });
  };

  test('two pipelines watch different prefixes', () => {
    const stack = new Stack(new App(), 'Stack');
    two({ prefix: 'one/' }, { prefix: 'two/' })(stack);
    expect(notifications(Template.fromStack(stack))).toEqual(['s3:ObjectCreated:* one/*', 's3:ObjectCreated:* two/*']);
  });

  test('two pipelines under one prefix are refused, since both watch its manifests', () => {
    expect(failureOf(two({ suffixes: ['.csv'] }, { suffixes: ['.parquet'] })))
      .toBe("Stack/Second: s3 refuses overlapping notifications: '*' with suffix '.parquet', '_manifest.json' and '*' with suffix '.csv', '_manifest.json' " +
        'are watched in one bucket; give each pipeline a prefix of its own, or use LandingTrigger.eventBridge()');
  });

  test('a prefix within another is refused', () => {
    expect(failureOf(two({ prefix: 'one/' }, { prefix: 'one/two/' }))).toContain('s3 refuses overlapping notifications');
  });

  test('the notifications of an imported bucket are kept', () => {
    const { template } = synthPipeline((stack) => ({ bucket: s3.Bucket.fromBucketName(stack, 'Imported', 'landing-of-others'), catalog: false }));
    template.resourceCountIs('AWS::S3::Bucket', 0);
    template.hasResourceProperties('Custom::S3BucketNotifications', { BucketName: 'landing-of-others', Managed: false });
  });
});
