import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { DeployedStack, LocalCloud } from '../../../tools/local-cloud';

/** What a role of a test is granted, by its name. */
export type Grants<Role extends string> = { readonly [role in Role]: (role: iam.Role) => iam.Grant };

/** Credentials of an assumed role. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Makes a role for each of some grants, which anybody of the account may assume. */
export function addGrantedRoles<Role extends string>(scope: Stack, grants: Grants<Role>): void {
  for (const [name, grant] of Object.entries<Grants<Role>[Role]>(grants)) {
    const role = new iam.Role(scope, name, { assumedBy: new iam.AccountRootPrincipal() });
    grant(role).assertSuccess();
    new CfnOutput(scope, `${name}Arn`, { value: role.roleArn });
  }
}

/** Assumes the roles that {@link addGrantedRoles} made, once they are deployed. */
export async function assumeRoles<Role extends string>(
  cloud: LocalCloud, { outputs }: DeployedStack, roles: readonly Role[],
): Promise<{ [role in Role]: RoleCredentials }> {
  const sts = new STSClient(cloud.clientConfig);
  try {
    const credentials = {} as { [role in Role]: RoleCredentials };
    for (const name of roles) {
      const { Credentials: given } = await sts.send(new AssumeRoleCommand({ RoleArn: outputs[`${name}Arn`], RoleSessionName: name }));
      credentials[name] = { accessKeyId: given!.AccessKeyId!, secretAccessKey: given!.SecretAccessKey!, sessionToken: given!.SessionToken! };
    }
    return credentials;
  } finally {
    sts.destroy();
  }
}
