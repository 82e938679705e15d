import { Stack, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';

/** Says why a finding of one of cdk-nag's packs is meant to be; the reason is read by whoever audits the template. */
export function acknowledge(construct: IConstruct, rule: string, reason: string, pack: 'AwsSolutions' | 'HIPAA.Security' = 'AwsSolutions'): void {
  const id = `${pack}-${rule}`;
  if (id.split('::').length <= 2) {
    Validations.of(construct).acknowledge({ id, reason });
  } else {
    // `acknowledge` takes `::` for its own delimiter and refuses ARNs and pseudo parameters; the metadata is what it writes.
    construct.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [`annotation::${id}`]: reason });
  }
}

/** The same for a wildcard in an IAM statement: cdk-nag names such a finding after the resource or action as it prints it. */
export function acknowledgeResource(construct: IConstruct, resource: string, reason: string): void {
  acknowledge(construct, `IAM5[Resource::${printed(Stack.of(construct).resolve(resource))}]`, reason);
}

/** aws-cdk-lib's own function that sets a bucket's notifications, one a stack, and its policy, one a bucket. */
export function acknowledgeNotificationsHandler(bucket: s3.IBucket): void {
  const reason = 'the function that sets bucket notifications comes with aws-cdk-lib';
  const notifications = bucket.node.tryFindChild('Notifications');
  if (notifications) acknowledge(notifications, 'IAMNoInlinePolicy', reason, 'HIPAA.Security');
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
