import { Names, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { invalidInput, requireText } from './validation';
import { LOG_KEYWORDS } from '../../contract';

const KEYWORDS = Object.values(LOG_KEYWORDS);

/** Refuses a name that cannot be part of a CloudWatch namespace (255 characters in all); `prop` is what it was given as. */
export function checkObservedName(scope: IConstruct, prop: string, name: string | undefined): void {
  requireText(scope, prop, name, /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, '1 to 128 letters, digits, dots, underscores and hyphens, the first a letter or digit');
}

/** Refuses also a name that would raise alarms: the recorder writes the namespace into the log lines its metrics are read from. */
export function checkPipelineName(scope: IConstruct, name: string | undefined, prop: string = 'pipelineName'): void {
  checkObservedName(scope, prop, name);
  if (name === undefined || Token.isUnresolved(name)) return;
  const keyword = KEYWORDS.find((each) => name.includes(each));
  if (keyword) {
    throw invalidInput(scope, `${prop} must not contain '${keyword}', got '${name}': it stands in log lines that are searched for this keyword`);
  }
}

/** A name no other construct of the account and region has: the stack's name, the path in it and their hash. */
export function defaultPipelineName(scope: IConstruct): string {
  const name = Names.uniqueResourceName(scope, { maxLength: 96, separator: '-', allowedSpecialCharacters: '_-' });
  return KEYWORDS.reduce((quiet, keyword) => quiet.replaceAll(keyword, keyword.toLowerCase()), name);
}
