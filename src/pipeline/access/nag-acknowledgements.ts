import { Stack, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';

/** The packs of cdk-nag. */
export type NagPackName = 'AwsSolutions' | 'HIPAA.Security' | 'NIST.800.53.R4' | 'NIST.800.53.R5' | 'PCI.DSS.321';

/** Those that follow a standard; they have most of their rules in common. */
const STANDARDS: readonly NagPackName[] = ['HIPAA.Security', 'NIST.800.53.R4', 'NIST.800.53.R5', 'PCI.DSS.321'];

/** Says why a finding of one of cdk-nag's packs is meant to be; the reason is read by whoever audits the template. */
export function acknowledge(construct: IConstruct, rule: string, reason: string, pack: NagPackName = 'AwsSolutions'): void {
  const id = `${pack}-${rule}`;
  if (id.split('::').length <= 2) {
    Validations.of(construct).acknowledge({ id, reason });
  } else {
    // `acknowledge` takes `::` for its own delimiter and refuses ARNs and pseudo parameters; the metadata is what it writes.
    construct.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [`annotation::${id}`]: reason });
  }
}

/** The same for a rule of the packs that follow a standard; in one that does not have the rule it is of no effect. */
export function acknowledgeByStandards(construct: IConstruct, rule: string, reason: string): void {
  for (const pack of STANDARDS) acknowledge(construct, rule, reason, pack);
}

/** The same for a wildcard in an IAM statement: cdk-nag names such a finding after the resource or action as it prints it. */
export function acknowledgeResource(construct: IConstruct, resource: string, reason: string): void {
  acknowledge(construct, `IAM5[Resource::${printed(Stack.of(construct).resolve(resource))}]`, reason);
}

/** aws-cdk-lib's own function that sets a bucket's notifications, one a stack, and its policy, one a bucket. */
export function acknowledgeNotificationsHandler(bucket: s3.IBucket): void {
  const reason = 'the function that sets bucket notifications comes with aws-cdk-lib';
  const notifications = bucket.node.tryFindChild('Notifications');
  if (notifications) acknowledgeByStandards(notifications, 'IAMNoInlinePolicy', reason);
  const handler = Stack.of(bucket).node.children.find((child) => child.node.id.startsWith('BucketNotificationsHandler'));
  if (!handler) return;
  acknowledge(handler, 'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]', reason);
  acknowledge(handler, 'L1', reason);
}

/** The text cdk-nag prints for a string with references: `<LogicalId.Attribute>`, joins joined. */
function printed(value: unknown): string {
  if (typeof value === 'string') return value;
  const intrinsic = (value ?? {}) as { [name: string]: unknown };
  if (Array.isArray(intrinsic['Fn::Join'])) {
    const [delimiter, items] = intrinsic['Fn::Join'] as [string, unknown[]];
    return items.map(printed).join(delimiter);
  }
  if (Array.isArray(intrinsic['Fn::GetAtt'])) return `<${intrinsic['Fn::GetAtt'].map(printed).join('.')}>`;
  if ('Ref' in intrinsic) return `<${printed(intrinsic.Ref)}>`;
  if ('Fn::ImportValue' in intrinsic) return printed(intrinsic['Fn::ImportValue']);
  return JSON.stringify(value);
}
