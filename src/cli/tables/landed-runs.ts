import { createHash } from 'node:crypto';
import type { TablesPlace } from './place';
import { decodeKeySegment, holdsWithoutMissing, InvalidManifestError, manifestKey, parseManifest, RUNS_FOLDER, withPages, type Manifest } from '../../contract';
import { LegacyToS3Error } from '../../extractor/doors/public';
import { TableRun } from '../../iceberg/commit/table-run';

/** A run with a manifest. */
export interface LandedRun {
  readonly manifest: Manifest;
  readonly manifestKey: string;
  readonly manifestETag: string;
  /** Why it becomes no snapshot; undefined where it is complete, or of a chain and lacks other tables alone. */
  readonly refused?: string;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Ids of the runs with a manifest, oldest first. */
export async function landedRunIds({ workplace: { files, root }, prefix }: TablesPlace): Promise<string[]> {
  const folder = `${root}${prefix}${RUNS_FOLDER}/run=`;
  const found = (await files.list(folder)).flatMap(({ uri }) => /^([^/]+)\/_manifest\.json$/.exec(uri.slice(folder.length))?.[1] ?? []);
  return found.map(decodeKeySegment).sort();
}

/**
 * Reads a run's manifest, pages and all.
 *
 * @throws LegacyToS3Error of code RUN_NOT_FOUND when there is none, or CONTENT_MISMATCH when it is not whole
 */
export async function readLandedRun(place: TablesPlace, runId: string): Promise<LandedRun> {
  const { workplace: { files, root }, prefix, told } = place;
  const key = manifestKey(prefix, runId);
  const bytes = await files.read(root + key);
  if (!bytes) throw new LegacyToS3Error('RUN_NOT_FOUND', `there is no manifest of run ${runId} in ${told}: the run is not complete, or was landed elsewhere`);
  try {
    const manifest = await withPages(parseManifest(bytes.toString('utf8')), async (page) => files.read(root + page.key), sha256);
    const checked = await place.checkedRun?.(runId);
    // A file has no ETag; what it is for is to tell another manifest of the same run.
    const manifestETag = checked?.manifestETag ?? sha256(bytes);
    return { manifest, manifestKey: key, manifestETag, ...refusalOf(manifest, place.checkedRun === undefined || checked?.complete === true) };
  } catch (error) {
    if (!(error instanceof InvalidManifestError)) throw error;
    throw new LegacyToS3Error('CONTENT_MISMATCH', `${root}${key}: ${error.message}`, { cause: error });
  }
}

function refusalOf(manifest: Manifest, complete: boolean): { readonly refused?: string } {
  const { format } = manifest;
  if (!holdsWithoutMissing(manifest)) return { refused: 'tables are missing in it' };
  if (!complete) return { refused: 'run completion has not found it complete' };
  if (format.name !== 'parquet') return { refused: `its files are ${format.name}, and data files of Iceberg tables are Parquet here` };
  return {};
}

/** The tables of a run, each on its way to a snapshot. */
export function tablesOf({ manifest, manifestKey: key, manifestETag }: LandedRun): TableRun[] {
  return manifest.tables.map((table) => ({ manifest, manifestKey: key, manifestETag, table }));
}
