import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CURRENT_VERSION_EXPIRED_FLAGS, FLAGS } from 'aws-cdk-lib/cx-api';
import { LandingTrigger, LegacyToS3Pipeline } from '../../src/pipeline';

/** Those that an app may set. */
const NAMES = Object.keys(FLAGS).filter((flag) => !CURRENT_VERSION_EXPIRED_FLAGS.includes(flag));

/** Whatever a template makes, each fact one line: what is allowed to whom, and every other property by its path. */
type Facts = ReadonlySet<string>;

/** A stack with all there is, in an app whose flags all have this value; their own defaults where it is undefined. */
function facts(flags: boolean | undefined): Facts {
  const context = flags === undefined ? {} : Object.fromEntries(NAMES.map((flag) => [flag, flags]));
  const stack = new Stack(new App({ context, analyticsReporting: false }), 'Stack');
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['a'],
    privateSubnetIds: ['subnet-0123456789abcdef0'],
    privateSubnetRouteTableIds: ['rtb-0123456789abcdef0'],
  });
  const common = { alarmEmail: 'operator@example.com', encryptionKey: new kms.Key(stack, 'Key'), runFreshness: Duration.hours(24), compositeAlarm: true };
  const pipelines = [
    new LegacyToS3Pipeline(stack, 'Plain', { alarmEmail: 'operator@example.com' }),
    new LegacyToS3Pipeline(stack, 'Notified', { ...common, vpc }),
    new LegacyToS3Pipeline(stack, 'Bridged', { ...common, trigger: LandingTrigger.eventBridge({ prefix: 'in/', suffixes: ['.csv'], deletions: true }) }),
    new LegacyToS3Pipeline(stack, 'Buffered', { ...common, trigger: LandingTrigger.buffered() }),
  ];
  for (const pipeline of pipelines) {
    const role = new iam.Role(stack, `${pipeline.node.id}User`, { assumedBy: new iam.AccountRootPrincipal() });
    pipeline.grantLand(role);
    pipeline.grantReadLanded(role);
    pipeline.grantReadRecords(role);
    pipeline.grantReplay(role);
    pipeline.catalog!.grantQuery(role);
  }
  const resources = Object.entries<any>(Template.fromStack(stack).toJSON().Resources);
  return new Set(resources.flatMap(([id, resource]) => [...permissions(id, resource), ...leaves(id, resource)]));
}

/** What a policy allows or denies, one line an action and resource: how statements are merged and sorted is no matter. */
function permissions(id: string, { Type, Properties = {} }: any): string[] {
  const document = Properties.PolicyDocument ?? Properties.KeyPolicy;
  const owner = Type === 'AWS::IAM::Policy' ? Properties.Roles : id;
  const statements: any[] = document?.Statement ?? [];
  return statements.flatMap(({ Action, Resource, ...rest }) => [Action].flat().flatMap((action) =>
    [Resource].flat().map((resource) => JSON.stringify({ owner, action, resource, ...rest, Sid: undefined }))));
}

/** Every leaf by its path, but for policies, and for where an app of the time before `cdk bootstrap` puts code. */
function leaves(path: string, value: unknown): string[] {
  if (/\/(PolicyDocument|KeyPolicy)$|Function\w{8}\/Properties\/Code$/.test(path)) return [];
  if (typeof value !== 'object' || value === null) return [`${path}: ${String(value)}`];
  return Object.entries(value).flatMap(([name, inner]) => leaves(`${path}/${name}`, inner));
}

const usual = facts(undefined);

/** What is not so with these flags, and what is so only with them; ids without their hashes. */
function changed(flags: boolean): string[] {
  const other = facts(flags);
  const gone = [...usual].filter((fact) => !other.has(fact)).map((fact) => `- ${fact}`);
  const come = [...other].filter((fact) => !usual.has(fact)).map((fact) => `+ ${fact}`);
  return [...gone, ...come].map((fact) => fact.replace(/(?<=[a-z])[0-9A-F]{8}(?=\W)/g, ''));
}

test('there are many flags, and much that they could change', () => {
  expect(NAMES.length).toBeGreaterThan(60);
  expect(usual.size).toBeGreaterThan(1000);
});

test('with every flag off, everything is made the same', () => {
  expect(changed(false)).toEqual([]);
});

test('with every flag on too, but that what others had a bucket notify of before is kept', () => {
  const ofNotifications = /BucketNotifications/;
  expect(changed(true).filter((fact) => !ofNotifications.test(fact))).toEqual([]);
  expect(changed(true)).toContain('+ PlainLandingBucketNotifications/Properties/Managed: false');
});
