import { CONTENT_HASH_VERSION, INCOMPLETE_MANIFEST_VERSION, MANIFEST_VERSION, type Manifest, type ManifestMissingTable } from '../../../contract';
import type { ExtractResult } from '../../api/extract-result';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../api/version';
import type { OutputFormat } from '../../rows/columns/output-format';
import { addressOf } from '../../source/connection/sql-server-connection';
import { GUARANTEES } from '../../source/consistency/consistency';
import type { LandedChunk } from '../../state/landed-chunk';
import type { RunContext } from '../context/run-context';
import type { LandedTable } from '../tables/landed-table';
import { runVerification } from '../tables/verification';

const EXCEPTIONS = '; tables that state a guarantee of their own have that instead';

/** The manifest of a run whose objects are all complete. */
export function manifestOf(
  context: RunContext, productVersion: string | undefined, landed: readonly LandedTable[], startedAt: Date,
  missing: readonly ManifestMissingTable[] = [],
): Manifest {
  const { options, runId, consistency, target } = context;
  const tables = landed.map(({ table }) => table);
  return {
    manifestVersion: missing.length > 0 ? INCOMPLETE_MANIFEST_VERSION : MANIFEST_VERSION,
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
    consistency: { mode: consistency, guarantee: GUARANTEES[consistency] + (tables.some(({ guarantee }) => guarantee !== undefined) ? EXCEPTIONS : '') },
    verification: runVerification(tables, consistency, missing.length),
    format: formatOf(options.format),
    prefix: target.prefix,
    tables,
    ...(missing.length > 0 && { missingTables: missing }),
    totals: {
      tables: tables.length,
      objects: tables.reduce((sum, table) => sum + table.objects.length, 0),
      rows: tables.reduce((sum, table) => sum + table.rows, 0),
      sizeBytes: tables.reduce((sum, table) => sum + table.sizeBytes, 0),
    },
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
