import { Arn, ArnFormat, Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { invalidInput } from './validation';

/** Where a resource is. */
export interface Placed {
  readonly env: { readonly account: string; readonly region: string };
}

/** Why a resource may not be elsewhere, and what to do; what is left out may be. */
export interface WhyHere {
  readonly region?: string;
  readonly account?: string;
}

/** Refuses a resource of another region or account than its stack's. What is known only at deployment passes. */
export function requireHere(scope: IConstruct, name: string, resource: Placed, why: WhyHere): void {
  for (const dimension of ['region', 'account'] as const) {
    const reason = why[dimension];
    if (reason === undefined || !isElsewhere(scope, resource, dimension)) continue;
    throw invalidInput(scope, `${name} must be in the ${dimension} of the stack, ${Stack.of(scope)[dimension]}, got one in ${resource.env[dimension]}: ${reason}`);
  }
}

/** Whether a resource is known to be in another region or account than a construct's stack. */
export function isElsewhere(scope: IConstruct, { env }: Placed, dimension: 'region' | 'account'): boolean {
  const here = Stack.of(scope)[dimension];
  return !Token.isUnresolved(here) && !Token.isUnresolved(env[dimension]) && env[dimension] !== here;
}

/** Where a resource is by its ARN: some that are imported say of their stack only where that is. */
export function placedBy(arn: string, { env }: Placed): Placed {
  if (Token.isUnresolved(arn)) return { env };
  const { account, region } = Arn.split(arn, ArnFormat.NO_RESOURCE_NAME);
  return { env: { account: account || env.account, region: region || env.region } };
}
