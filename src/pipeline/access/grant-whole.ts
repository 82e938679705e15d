import { Annotations, ArnFormat, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';

/** One right of a grant, and whether it was really given: a `Grant` of aws-cdk-lib also succeeds by a policy that it could not change. */
export interface Right {
  /** What it is a right to, for whoever reads that it is missing. */
  readonly to: string;
  readonly grant: iam.Grant;
  readonly given: boolean;
}

/** Puts rights together to one grant; where one is missing, none counts, and the synthesis ends with an error that says which. */
export function grantWhole(scope: IConstruct, name: string, grantee: iam.IGrantable, rights: readonly Right[], wayOut: string): iam.Grant {
  const missing = [...new Set(rights.filter(({ given }) => !given).map(({ to }) => to))];
  if (missing.length === 0) return rights.map(({ grant }) => grant).reduce((all, each) => all.combine(each));
  Annotations.of(scope).addError(`${name} cannot let ${printed(scope, grantee)} reach ${missing.join(', ')}: ${wayOut}`);
  return iam.Grant.drop(grantee, name);
}

/** By the grantee's own policy: what nobody of another account, and no account as a whole, can be let do. */
export function byPrincipal(scope: IConstruct, to: string, grantee: iam.IGrantable, actions: string[], resourceArns: string[]): Right {
  const grant = iam.Grant.addToPrincipal({ grantee, actions, resourceArns });
  return { to, grant, given: grant.success && !isForeign(grantee, Stack.of(scope).account) };
}

/** By the grantee's policy or, for another account, by that of the bucket too. */
export function byBucket(to: string, grantee: iam.IGrantable, bucket: s3.IBucket, actions: string[], resourceArns: string[]): Right {
  let added = false;
  const resource: iam.IResourceWithPolicyV2 = {
    env: bucket.env,
    addToResourcePolicy: (statement) => {
      const result = bucket.addToResourcePolicy(statement);
      added = result.statementAdded;
      return result;
    },
  };
  const own = iam.Grant.addToPrincipal({ grantee, actions, resourceArns });
  // What it adds to the principal's policy is there already, and is written once.
  const grant = iam.Grant.addToPrincipalOrResource({ grantee, actions, resourceArns, resource });
  return { to, grant, given: added || (own.success && !isForeign(grantee, bucket.env.account)) };
}

/** By the grantee's policy or, for another account, by that of the key too; an imported key's cannot be changed. */
export function byKey(to: string, grantee: iam.IGrantable, key: kms.IKey, ...actions: string[]): Right {
  if (key instanceof kms.Key) {
    const whole = key.grant(grantee, ...actions);
    return { to, grant: whole, given: whole.success };
  }
  const grant = iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [key.keyArn] });
  return { to, grant, given: grant.success && !isForeign(grantee, accountOf(key)) };
}

/** By the grantee's policy or, for another account, by that of the function, which only one of this app has for us. */
export function byFunction(to: string, grantee: iam.IGrantable, handler: lambda.IFunction): Right {
  const actions = ['lambda:InvokeFunction'];
  const grant = iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [handler.functionArn] });
  if (grant.success && !isForeign(grantee, handler.env.account)) return { to, grant, given: true };
  if (!(handler instanceof lambda.Function)) return { to, grant, given: false };
  try {
    return { to, grant: handler.grantInvoke(grantee), given: true };
  } catch {
    // A principal that no permission of Lambda can name.
    return { to, grant, given: false };
  }
}

/** Whether somebody is known to be of another account. */
function isForeign(grantee: iam.IGrantable, account: string): boolean {
  const { principalAccount } = grantee.grantPrincipal;
  return principalAccount !== undefined && Token.compareStrings(account, principalAccount) === TokenComparison.DIFFERENT;
}

/** An imported key says of its stack, not of itself, where it is; its ARN does. */
function accountOf(key: kms.IKey): string {
  if (Token.isUnresolved(key.keyArn)) return key.env.account;
  return Stack.of(key).splitArn(key.keyArn, ArnFormat.SLASH_RESOURCE_NAME).account ?? key.env.account;
}

/** A grantee as messages name it. */
export function printed(scope: IConstruct, { grantPrincipal }: iam.IGrantable): string {
  return JSON.stringify(Stack.of(scope).resolve(Object.values(grantPrincipal.policyFragment.principalJson).flat())).replace(/^\[|\]$/g, '');
}
