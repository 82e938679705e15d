import { Annotations, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { MANIFEST_FILE, RUN_LOG_FOLDER } from '../../contract';
import { invalidInput } from '../checks/validation';

/** Which keys a trigger hands over. */
export interface TriggerFilter {
  readonly prefix?: string;
  readonly suffixes?: readonly string[];
}

/** The filter with the manifest's suffix added, once it is known to be one that can match. */
export function checkedFilter(scope: Construct, { prefix, suffixes }: TriggerFilter): TriggerFilter {
  if (prefix !== undefined) requireText(scope, 'prefix', prefix);
  if (prefix?.startsWith('/')) {
    throw invalidInput(scope, `trigger prefix must not start with '/', got '${prefix}': object keys do not start with one`);
  }
  warnOfNoFolder(scope, prefix);
  if (suffixes === undefined) return { prefix };
  if (suffixes.length === 0) throw invalidInput(scope, 'trigger suffixes must name at least one suffix or be left out, got an empty list');
  for (const suffix of suffixes) requireText(scope, 'suffix', suffix);
  requireDisjoint(scope, suffixes);
  if (suffixes.some((suffix) => !Token.isUnresolved(suffix) && MANIFEST_FILE.endsWith(suffix))) return { prefix, suffixes };
  requireDisjoint(scope, [...suffixes, MANIFEST_FILE]);
  return { prefix, suffixes: [...suffixes, MANIFEST_FILE] };
}

/** Whether there can be a key that both filters match; false when that is known only at deployment. */
export function filtersOverlap(one: TriggerFilter, other: TriggerFilter): boolean {
  const known = [one, other].every(({ prefix, suffixes }) => [prefix, ...suffixes ?? []].every((text) => !Token.isUnresolved(text)));
  if (!known) return false;
  const [a, b] = [one.prefix ?? '', other.prefix ?? ''];
  if (!a.startsWith(b) && !b.startsWith(a)) return false;
  return (one.suffixes ?? ['']).some((x) => (other.suffixes ?? ['']).some((y) => x.endsWith(y) || y.endsWith(x)));
}

function warnOfNoFolder(scope: Construct, prefix: string | undefined): void {
  if (prefix === undefined || Token.isUnresolved(prefix) || prefix.endsWith('/')) return;
  Annotations.of(scope).addWarningV2(
    'cdk-legacy-to-s3:prefixNoFolder',
    `trigger prefix '${prefix}' also matches keys such as '${prefix}-old/file.csv', and run completion writes its lines to '${prefix}${RUN_LOG_FOLDER}'; ` +
      'end it with \'/\' if the folder is meant, or acknowledge this',
  );
}

function requireText(scope: Construct, name: string, value: string): void {
  if (Token.isUnresolved(value)) return;
  if (value === '') throw invalidInput(scope, `trigger ${name} must not be empty: leave it out to match every key`);
  if (/\p{Surrogate}/u.test(value)) throw invalidInput(scope, `trigger ${name} must be text that UTF-8 can hold, got a lone surrogate in ${JSON.stringify(value)}`);
  if (value.includes('*')) {
    throw invalidInput(scope, `trigger ${name} is compared literally and takes no wildcard, got '${value}'`);
  }
}

function requireDisjoint(scope: Construct, suffixes: readonly string[]): void {
  const known = suffixes.filter((suffix) => !Token.isUnresolved(suffix));
  known.forEach((longer, at) => known.forEach((shorter, other) => {
    if (at === other || !longer.endsWith(shorter)) return;
    const problem = longer === shorter ? `'${longer}' is given twice` : `every key that ends with '${longer}' also ends with '${shorter}'`;
    throw invalidInput(scope, `trigger suffixes must not overlap: ${problem}`);
  }));
}
