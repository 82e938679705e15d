import {
  CHANGES_MANIFEST_VERSION, CONTENT_HASH_VERSION, INCOMPLETE_MANIFEST_VERSION, MANIFEST_VERSION,
  type Manifest, type ManifestMissingTable, type ManifestTable,
} from '../../../contract';
import type { ExtractResult } from '../../api/extract-result';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../api/version';
import type { OutputFormat } from '../../rows/columns/output-format';
import { addressOf } from '../../source/connection/sql-server-connection';
import { GUARANTEES } from '../../source/consistency/consistency';
import type { LandedChunk } from '../../state/landed-chunk';
import type { RunContext } from '../context/run-context';
import type { LandedTable } from '../tables/landed-table';
import { RunProof } from '../tables/verification';

const EXCEPTIONS = '; tables that state a guarantee of their own have that instead';

/** A manifest without its tables, which are written beside it or put into it. */
export interface ManifestHead extends Manifest {
  readonly tables: readonly never[];
}

/** What a manifest says of all its tables, which come in their order and are not kept. */
export class TablesSummary {
  public readonly proof = new RunProof();
  /** Whether a table has a guarantee of its own. */
  public hasGuarantees = false;
  /** Whether a table has its changes alone. */
  public hasChanges = false;
  private readonly counts = { tables: 0, objects: 0, rows: 0, sizeBytes: 0 };

  /** @param objects of a table that comes without them */
  public add(table: ManifestTable, objects = table.objects.length): void {
    const { counts } = this;
    this.proof.add(table);
    this.hasChanges ||= table.changes !== undefined;
    this.hasGuarantees ||= table.guarantee !== undefined;
    counts.tables += 1;
    counts.objects += objects;
    counts.rows += table.rows;
    counts.sizeBytes += table.sizeBytes;
  }

  public get totals(): Manifest['totals'] {
    return { ...this.counts };
  }
}

/** What the head of a manifest needs of a run. */
type RunOfManifest = Pick<RunContext, 'options' | 'runId' | 'consistency' | 'database'> & { readonly target: Pick<RunContext['target'], 'prefix'> };

/** The manifest of a run whose objects are all complete. */
export function manifestOf(
  context: RunOfManifest, productVersion: string | undefined, landed: readonly LandedTable[], startedAt: Date,
  missing: readonly ManifestMissingTable[] = [],
): Manifest {
  const tables = landed.map(({ table }) => table);
  const summary = new TablesSummary();
  tables.forEach((table) => summary.add(table));
  return { ...manifestHead(context, productVersion, summary, startedAt, missing), tables };
}

/** The manifest of such a run without its tables: those that the summary is of. */
export function manifestHead(
  context: RunOfManifest, productVersion: string | undefined, summary: TablesSummary, startedAt: Date,
  missing: readonly ManifestMissingTable[] = [],
): ManifestHead {
  const { options, runId, consistency, target } = context;
  return {
    manifestVersion: summary.hasChanges ? CHANGES_MANIFEST_VERSION : missing.length > 0 ? INCOMPLETE_MANIFEST_VERSION : MANIFEST_VERSION,
    contentHashVersion: CONTENT_HASH_VERSION,
    runId,
    producer: { name: PACKAGE_NAME, version: PACKAGE_VERSION },
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    source: {
      kind: options.query ? 'query' : 'tables',
      server: addressOf(options.connection),
      database: context.database,
      ...(productVersion !== undefined && { productVersion }),
      ...(options.query && { query: options.query.sql }),
    },
    consistency: { mode: consistency, guarantee: GUARANTEES[consistency] + (summary.hasGuarantees ? EXCEPTIONS : '') },
    verification: summary.proof.verification(consistency, missing.length),
    format: formatOf(options.format),
    prefix: target.prefix,
    tables: [],
    ...(missing.length > 0 && { missingTables: missing, ...(options.follows && { follows: true as const }) }),
    totals: summary.totals,
  };
}

/** Who registers CSV files as a table must know how they are written. */
function formatOf(format: OutputFormat): Manifest['format'] {
  const { name, compression } = format;
  if (format.name !== 'csv') return { name, compression };
  const { delimiter, quote, header, nullText } = format;
  return {
    name,
    compression,
    ...(delimiter !== undefined && { delimiter }),
    ...(quote !== undefined && { quote }),
    ...(header !== undefined && { header }),
    ...(nullText && { nullText }),
  };
}

/** A chunk that shows no state of the database has an instant of its own. */
export function instantsOf(chunks: readonly LandedChunk[]): number {
  return new Set(chunks.map(({ state }, at) => state ?? at)).size;
}

/** What the caller gets. */
export function resultOf(
  manifest: Manifest, manifestKey: string, manifestUrl: string, landed: readonly LandedTable[], warnings: string[], instants: number,
): ExtractResult {
  return {
    runId: manifest.runId,
    manifestKey,
    manifestUrl,
    consistency: manifest.consistency.mode,
    instants,
    verification: manifest.verification.state,
    sourceCheckSeconds: manifest.verification.sourceSeconds ?? 0,
    tables: landed.map(({ table: { database, schema, table, rows, objects, sizeBytes }, seconds }) =>
      ({ database, schema, table, rows, objects: objects.length, sizeBytes, seconds })),
    missingTables: (manifest.missingTables ?? []).map((table) => ({ ...table })),
    rows: manifest.totals.rows,
    objects: manifest.totals.objects,
    sizeBytes: manifest.totals.sizeBytes,
    seconds: (Date.parse(manifest.finishedAt) - Date.parse(manifest.startedAt)) / 1000,
    warnings,
  };
}
