import { checkManifest } from './check-manifest';
import { checkObjects, type CheckedTable } from './check-objects';
import { compareSource } from './compare-source';
import { notComparable } from './compare-table';
import { withMessage } from './problem-message';
import { CONTENT_HASH_VERSION, type Manifest } from '../../contract';
import type { VerifyControls } from '../api/controls';
import { LegacyToS3Error } from '../api/errors';
import type { ExtractorProps } from '../api/extractor-props';
import type { LandingProps } from '../api/landing-props';
import { VerificationFault, type VerificationProblem, type VerificationResult, type VerifyOptions } from '../api/verification-result';
import { openTarget, targetOptions } from '../landing/open-target';
import { readManifest } from '../landing/read-manifest';
import { toSafeError } from '../source/credentials/redact';

/**
 * Checks a run that is complete: every object that its manifest names is read back whole, and where told to the source is
 * read again.
 *
 * @returns what was found
 * @throws LegacyToS3Error when the run could not be checked
 */
export async function verify(
  props: LandingProps | ExtractorProps, runId: string, options: VerifyOptions = {}, controls: VerifyControls = {},
): Promise<VerificationResult> {
  const { againstSource = false } = options;
  const started = performance.now();
  const reached = targetOptions(props);
  const target = openTarget(props.target, reached);
  const problems: VerificationProblem[] = [];
  const tell = (problem: Omit<VerificationProblem, 'message'>) => {
    const told = withMessage(problem);
    problems.push(told);
    controls.onProblem?.(told);
  };
  try {
    const manifest = await readManifest(target, runId);
    refuseUnknownHashes(manifest);
    if (againstSource) refuseChanges(manifest);
    checkManifest(manifest).forEach(tell);
    manifest.missingTables?.forEach(({ schema, table, code, message }) =>
      tell({ table: `${schema}.${table}`, fault: VerificationFault.MISSING_TABLE, found: `${code}: ${message}` }));
    const { readers, threads } = props as Partial<ExtractorProps>;
    const { counts, tables } = await checkObjects(target, manifest, {
      readers: options.readers ?? readers, threads: options.threads ?? threads, url: props.target, targetOptions: reached,
    }, controls);
    problems.push(...tables.flatMap((table) => table.problems));
    const comparable = tables.filter(({ table }) => notComparable(table) === undefined);
    const left = againstSource ? await compareSource(props as ExtractorProps, manifest, comparable, tell, controls) : [];
    const seconds = (performance.now() - started) / 1000;
    return { runId, ...counts, seconds, sourceCompared: againstSource, problems, notes: [...tables.flatMap(notesOf), ...left] };
  } catch (error) {
    throw toSafeError(error, []);
  } finally {
    await target.close();
  }
}

/** What a table held at the marks of a run of changes is gone from the source. */
function refuseChanges({ runId, tables }: Manifest): void {
  const names = tables.filter(({ changes }) => changes).map(({ schema, table }) => `${schema}.${table}`);
  if (names.length === 0) return;
  throw new LegacyToS3Error('INVALID_CONFIG', `run ${runId} has the changes alone of ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}: `
    + 'they are changes between two marks, which the source cannot be asked for again; verify the run without the source');
}

function refuseUnknownHashes({ runId, contentHashVersion = 1 }: Manifest): void {
  if (contentHashVersion === 1 || contentHashVersion === CONTENT_HASH_VERSION) return;
  throw new LegacyToS3Error('CONTENT_MISMATCH',
    `the manifest of run ${runId} has the contentHashVersion ${contentHashVersion}; this release knows 1 and ${CONTENT_HASH_VERSION}: verify the run with the release that landed it, or a newer one`);
}

function notesOf({ table, wideObjects }: CheckedTable): string[] {
  const name = `${table.schema}.${table.table}`;
  const note = notComparable(table);
  return [
    ...note === undefined ? [] : [`${name}: ${note}`],
    ...wideObjects === 0 ? [] : [`${name}: its server announced 17 bytes for decimals of any precision, as content hashes of version 1 have them; ${wideObjects} of ${table.objects.length} objects are proven by that rule`],
  ];
}
