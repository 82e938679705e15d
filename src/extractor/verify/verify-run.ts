import { checkManifest, chunkOf } from './check-manifest';
import { checkObject } from './check-object';
import { columnProblems } from './column-problems';
import { compareSource, type Tell } from './compare-source';
import { withMessage } from './problem-message';
import { readManifest } from './read-manifest';
import { datasetRunFolder, type Manifest, type ManifestTable, type ManifestTally } from '../../contract';
import { counted } from '../counted';
import { LegacyToS3Error } from '../errors';
import type { ExtractorProps, LandingProps } from '../extractor-props';
import type { LandingTarget } from '../landing/landing-target';
import { openTarget, targetOptions } from '../landing/open-target';
import { toSafeError } from '../run/redact';
import { VerificationFault, type VerificationProblem, type VerificationResult, type VerifyOptions } from '../verification-result';
import type { VerifyControls } from '../verify-landed';

/**
 * Checks a run that is complete: every object that its manifest names is read back whole, and where told to the source is
 * read again.
 *
 * @returns what was found
 * @throws LegacyToS3Error when the run could not be checked
 */
export async function verify(
  props: LandingProps | ExtractorProps, runId: string, { againstSource = false }: VerifyOptions = {}, controls: VerifyControls = {},
): Promise<VerificationResult> {
  const started = performance.now();
  const target = openTarget(props.target, targetOptions(props));
  const problems: VerificationProblem[] = [];
  const tell = (problem: Omit<VerificationProblem, 'message'>) => {
    const told = withMessage(problem);
    problems.push(told);
    controls.onProblem?.(told);
  };
  try {
    const manifest = await readManifest(target, runId);
    checkManifest(manifest).forEach(tell);
    const counts = await checkObjects(target, manifest, tell, controls);
    const comparable = manifest.tables.filter((table) => notComparable(table) === undefined);
    if (againstSource) await compareSource(props as ExtractorProps, manifest, comparable, tell, controls.signal);
    return { runId, ...counts, seconds: (performance.now() - started) / 1000, sourceCompared: againstSource, problems, notes: notesOf(manifest) };
  } catch (error) {
    throw toSafeError(error, []);
  } finally {
    await target.close();
  }
}

async function checkObjects(target: LandingTarget, manifest: Manifest, tell: Tell, controls: VerifyControls) {
  const counts = { objects: 0, rows: 0, sizeBytes: 0 };
  const totalObjects = manifest.totals.objects;
  for (const table of manifest.tables) {
    const name = `${table.schema}.${table.table}`;
    const tallies: Array<readonly ManifestTally[]> = [];
    for (const object of table.objects) {
      if (controls.signal?.aborted) throw new LegacyToS3Error('INTERRUPTED', `stopped after ${counts.objects} of ${counted(totalObjects, 'object')}`);
      const checked = await checkObject(target, object, table.columns, manifest.format, notComparable(table) === undefined);
      for (const problem of checked.problems) tell({ ...problem, table: name, chunk: chunkOf(object.part), objectKey: object.key });
      if (checked.tallies) tallies.push(checked.tallies);
      counts.objects += 1;
      counts.rows += checked.rows;
      counts.sizeBytes += checked.sizeBytes;
      controls.onObject?.({ ...counts, totalObjects });
    }
    if (tallies.length === table.objects.length && notComparable(table) === undefined) {
      for (const problem of columnProblems(table, tallies)) tell({ ...problem, table: name });
    }
    for (const objectKey of await unnamedObjects(target, manifest, table)) {
      tell({ fault: VerificationFault.UNNAMED_OBJECT, table: name, objectKey });
    }
  }
  return counts;
}

function notesOf({ tables }: Manifest): string[] {
  return tables.flatMap((table) => {
    const note = notComparable(table);
    return note === undefined ? [] : [`${table.schema}.${table.table}: ${note}`];
  });
}

/** Why the content hashes of a table cannot be taken again from its objects. */
function notComparable({ alterations = [], objects }: ManifestTable): string | undefined {
  if (alterations.length > 0) {
    return `values were altered on the way as an option allows (${alterations.map(({ column }) => `"${column}"`).join(', ')}), so that only sizes, checksums and rows are compared`;
  }
  if (objects.some(({ contentHash }) => contentHash === undefined)) return 'the run took no content hashes, so that only sizes, checksums and rows are compared';
  return undefined;
}

async function unnamedObjects(target: LandingTarget, { runId }: Manifest, table: ManifestTable): Promise<string[]> {
  const named = new Set(table.objects.map(({ key }) => key));
  return (await target.list(datasetRunFolder(target.prefix, table, runId))).filter((key) => !named.has(key));
}
