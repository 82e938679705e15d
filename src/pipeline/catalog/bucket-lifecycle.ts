import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { stateFolder, tablesFolder } from '../../contract';
import { invalidInput } from '../checks/validation';

/** Storage classes that S3 answers no reader from until an object is restored (S3, "Storage classes for archiving objects"). */
const ARCHIVES: readonly string[] = [s3.StorageClass.GLACIER.value, s3.StorageClass.DEEP_ARCHIVE.value];

const ALLOWED = 'noncurrentVersionExpiration, abortIncompleteMultipartUploadAfter and transitions to classes that are read at once (STANDARD_IA, INTELLIGENT_TIERING, GLACIER_IR)';

/**
 * Refuses lifecycle rules of a bucket of this app that take files from under Iceberg tables, also those added later, and asks for an
 * expiration of replaced versions: commits delete metadata that is out of date, which in a versioned bucket frees nothing.
 *
 * @param prefix what is watched
 */
export function checkLifecycle(scope: Construct, bucket: s3.IBucket, prefix: string = ''): void {
  const resource = bucket.node.defaultChild;
  if (!(resource instanceof s3.CfnBucket)) return;
  const found = problems(resource, prefix);
  if (found.length > 0) throw invalidInput(scope, found[0]);
  scope.node.addValidation({ validate: () => problems(resource, prefix) });
  if (!isVersioned(resource) || rulesOf(resource).some(({ noncurrentVersionExpiration, prefix: of = '' }) => noncurrentVersionExpiration && tablesFolder(prefix).startsWith(of))) return;
  Annotations.of(scope).addWarningV2(
    'cdk-legacy-to-s3:keptReplacedVersions',
    `the bucket '${bucket.node.path}' is versioned and keeps versions that were replaced or deleted for ever: metadata of tables that is out of date, and files of expired runs, `
    + 'go on costing; set noncurrentVersionExpiration, or acknowledge this',
  );
}

/** What is wrong with the rules as they are now. */
function problems(bucket: s3.CfnBucket, prefix: string): string[] {
  return rulesOf(bucket).filter((rule) => rule.status === 'Enabled' && touches(rule.prefix ?? '', prefix)).flatMap((rule) => {
    const harm = harmOf(rule);
    if (!harm) return [];
    const where = prefix === '' ? 'the whole bucket is watched' : `'${prefix}' and '${tablesFolder(prefix)}' hold landed tables`;
    return [`the lifecycle rule '${rule.id ?? 'without a name'}' of the bucket '${bucket.node.scope!.node.path}' ${harm} under '${rule.prefix ?? ''}', where ${where}: `
      + `Iceberg tables go on naming them, so that queries fail; allowed are ${ALLOWED}. Let runs expire by keepRuns or keepFor, or set landedTables: LandedTables.hive()`];
  });
}

/** Whether a rule is of objects of the tables, or of their metadata. State beside the prefix is not. */
function touches(of: string, prefix: string): boolean {
  if (of.startsWith(stateFolder(prefix))) return false;
  return [prefix, tablesFolder(prefix)].some((folder) => folder.startsWith(of) || of.startsWith(folder));
}

/** What a rule does with current objects that no table bears. */
function harmOf({ expirationInDays, expirationDate, transitions = [] }: Rule): string | undefined {
  if (expirationInDays !== undefined || expirationDate !== undefined) return 'expires objects';
  const archive = transitions.find(({ storageClass }) => ARCHIVES.includes(storageClass));
  return archive && `moves objects to ${archive.storageClass}`;
}

/** A rule as the template has it. */
type Rule = Pick<s3.CfnBucket.RuleProperty, 'id' | 'status' | 'prefix' | 'expirationInDays' | 'expirationDate' | 'noncurrentVersionExpiration'>
& { readonly transitions?: readonly s3.CfnBucket.TransitionProperty[] };

function rulesOf(bucket: s3.CfnBucket): Rule[] {
  const { rules = [] } = (Stack.of(bucket).resolve(bucket.lifecycleConfiguration) ?? {}) as { readonly rules?: Rule[] };
  return rules.filter(({ prefix }) => !Token.isUnresolved(prefix) && (prefix === undefined || typeof prefix === 'string'));
}

function isVersioned(bucket: s3.CfnBucket): boolean {
  const { status } = (Stack.of(bucket).resolve(bucket.versioningConfiguration) ?? {}) as { readonly status?: string };
  return status === 'Enabled';
}
