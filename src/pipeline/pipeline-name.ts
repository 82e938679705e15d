import { Names } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { requireText } from './validation';

/** Refuses a name that cannot be part of a CloudWatch namespace (255 characters in all, CloudWatch's "Namespaces"). */
export function checkPipelineName(scope: IConstruct, name: string | undefined): void {
  requireText(scope, 'pipelineName', name, /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, '1 to 128 letters, digits, dots, underscores and hyphens, the first a letter or digit');
}

/** A name no other construct of the account and region has: the stack's name, the path in it and their hash. */
export function defaultPipelineName(scope: IConstruct): string {
  return Names.uniqueResourceName(scope, { maxLength: 96, separator: '-', allowedSpecialCharacters: '_-' });
}
