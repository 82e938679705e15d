import { Annotations, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';

/** What a service is let use a key for. */
export interface ServiceKeyUse {
  readonly sid: string;
  /** What the key was given as. @default encryptionKey */
  readonly of?: string;
  /** Principal of the service, for example `cloudwatch.amazonaws.com`. */
  readonly service: string;
  readonly actions: string[];
  readonly conditions?: { readonly [operator: string]: { readonly [key: string]: unknown } };
}

/** Lets a service use a key by the key's policy; an imported key's is not ours to change, and whoever deploys must know. */
export function allowServiceByKeyPolicy(key: kms.IKey, { sid, of = 'encryptionKey', service, actions, conditions }: ServiceKeyUse): void {
  const principals = [new iam.ServicePrincipal(service)];
  const { statementAdded } = key.addToResourcePolicy(new iam.PolicyStatement({ sid, principals, actions, resources: ['*'], conditions }));
  if (statementAdded) return;
  // On the key, so that what several parts need is said once.
  Annotations.of(key).addWarningV2(
    `cdk-legacy-to-s3:importedKeyPolicy${sid}`,
    `${of} is imported, so its policy cannot be changed here: it must let ${Token.isUnresolved(service) ? service.replace(/\$\{.*?\}/g, '<region>') : service} call ${actions.join(', ')}; see docs/security.md`,
  );
}
