import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import {
  changeFileName, ChangeMark, ChangeRole, columnsOfRole, datasetRunFolder, Manifest, manifestKey, ManifestObject, ManifestTable, parseManifest,
  runIdAt,
} from '../../../src/contract';
import { extract } from '../../../src/extractor/doors/public';
import type { Lake } from '../../../tools/lake/lake';
import type { StandIn } from '../../../tools/stand-in';
import { connectClient, sourceOf } from '../source/stand-in-client';

/** Name in the catalog. */
export const APPLIED = 'legacyledger_dbo_applied';

type Cells = readonly [id: number, part: string, amount: string | null, moment: string | null];

/** A run that was applied, and the rows that the table has then, as engines' cells. */
export interface AppliedRun {
  readonly snapshotId: string;
  readonly rows: ReadonlyArray<ReadonlyArray<string | null>>;
}

/** What each run of changes does: rows as they are then, and keys of deleted ones; as the source has them at its end, each key once. */
const RUNS: ReadonlyArray<{ readonly changed: readonly Cells[]; readonly deleted: ReadonlyArray<readonly [number, string]> }> = [
  { changed: [[1, 'a', '-9999999.99', '0001-01-01T00:00:00.000001'], [3, 'a', null, null]], deleted: [[2, 'a']] },
  // One that was deleted comes back, one that a run before changed goes, and a key of its own spelling stays.
  { changed: [[2, 'a', '2.50', '9999-12-31T23:59:59.999999'], [1, 'A', '1.00', null]], deleted: [[3, 'a'], [77, 'never there']] },
  { changed: [[1, 'a', '7.00', null], [4, 'Ω😀', '0.01', '2024-02-29T12:00:00.000000']], deleted: [[2, 'b']] },
];

const MARK = (order: number): ChangeMark => (
  { way: 'changeTracking', lineage: 'one', order: String(order).padStart(20, '0'), at: new Date(Date.UTC(2026, 0, 1, 0, 0, order)).toISOString() });

/** Lands a table of the stand-in as it is, applies three runs of changes whose files DuckDB writes, and tells what there is after each. */
export async function applyRuns(lake: Lake, folder: string, server: StandIn): Promise<AppliedRun[]> {
  const client = await connectClient(server);
  await client.batch('CREATE TABLE dbo.Applied (Id int NOT NULL, Part nvarchar(20) NOT NULL, Amount decimal(9,2) NULL, Moment datetime2(6) NULL, PRIMARY KEY (Id, Part))');
  await client.batch("INSERT INTO dbo.Applied VALUES (1, N'a', 1.00, '2020-01-01'), (2, N'a', 2.00, NULL), (2, N'b', 3.00, NULL), (5, N'a', NULL, NULL)");
  await client.close();
  const now = new Map<string, Cells>([[1, 'a', '1.00', '2020-01-01T00:00:00.000000'], [2, 'a', '2.00', null], [2, 'b', '3.00', null], [5, 'a', null, null]]
    .map((row) => [`${row[0]} ${row[1]}`, row as unknown as Cells]));
  const landed = await extract({ source: sourceOf(server), target: pathToFileURL(folder).href, tables: ['Applied'], readers: 1, threads: 1 });
  const whole = parseManifest(readFileSync(path.join(folder, landed.manifestKey), 'utf8'));
  const [table] = whole.tables;
  await lake.commit(landed.manifestKey, {}, { ...whole, tables: [{ ...table, base: { mark: MARK(0), exact: true } }] });
  const instance = await DuckDBInstance.create(':memory:');
  const duckdb = await instance.connect();
  const applied: AppliedRun[] = [];
  let previousRun = whole.runId;
  for (const [at, { changed, deleted }] of RUNS.entries()) {
    const runId = runIdAt(new Date(Date.UTC(2999, 0, 1, 0, 0, at)), 'abcdef');
    const counts = { inserts: 0, updates: changed.length, deletes: deleted.length, deletesSeen: true };
    const marks = { from: MARK(at), to: MARK(at + 1) };
    const changes: ManifestTable['changes'] = { way: 'changeTracking', previousRun, ...marks, keyColumns: ['Id', 'Part'], ...counts };
    const { base: _, ...same } = table;
    const of: ManifestTable = { ...same, changes, objects: [], rows: changed.length };
    const rowsOf = { changes: changed, keys: changed.map(([id, part]) => [id, part]), deletes: deleted };
    const objects: ManifestObject[] = [];
    for (const role of ['changes', 'keys', 'deletes'] as const) objects.push(await write({ duckdb, folder, runId, of, role }, rowsOf[role], at + 1));
    const size = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const manifest: Manifest = { ...whole, manifestVersion: 4, runId, tables: [{ ...of, objects, sizeBytes: size }] };
    const [{ snapshotId }] = await lake.commit(manifestKey('', runId), {}, manifest);
    for (const [id, part] of deleted) now.delete(`${id} ${part}`);
    for (const row of changed) now.set(`${row[0]} ${row[1]}`, row);
    const rows = sortedCells([...now.values()].map((row) => row.map((cell) => (cell === null ? null : String(cell)))));
    applied.push({ snapshotId: String(snapshotId), rows });
    previousRun = runId;
  }
  duckdb.closeSync();
  instance.closeSync();
  return applied;
}

/** By all cells: a part of the key alone is there more than once. */
export function sortedCells(rows: ReadonlyArray<ReadonlyArray<string | null>>): ReadonlyArray<ReadonlyArray<string | null>> {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

async function write(
  { duckdb, folder, runId, of, role }: {
    readonly duckdb: DuckDBConnection; readonly folder: string; readonly runId: string; readonly of: ManifestTable; readonly role: ChangeRole;
  },
  rows: ReadonlyArray<ReadonlyArray<string | number | null>>, version: number,
): Promise<ManifestObject> {
  const types: { readonly [name: string]: string } = { Id: 'INTEGER', Amount: 'DECIMAL(9,2)', Moment: 'TIMESTAMP', __committed_at: 'TIMESTAMP' };
  const columns = columnsOfRole(of, role);
  const told = role === 'keys' ? [] : [role === 'deletes' ? 'D' : 'U', String(version).padStart(20, '0'), '2026-01-01T00:00:00.123'];
  const literal = (cell: string | number | null) => (cell === null ? 'NULL' : `'${String(cell).replaceAll("'", "''")}'`);
  const values = rows.map((row) => `(${[...row, ...told].map(literal).join(', ')})`).join(', ');
  const select = columns.map(({ name }, at) => `CAST(c${at} AS ${types[name] ?? 'VARCHAR'}) AS "${name}"`).join(', ');
  const key = datasetRunFolder('', of, runId) + changeFileName(role, 0, 0, 'parquet');
  const file = path.join(folder, key);
  mkdirSync(path.dirname(file), { recursive: true });
  const ids = columns.map(({ name, fieldId }) => `"${name}": ${fieldId}`).join(', ');
  await duckdb.run(`COPY (SELECT ${select} FROM (VALUES ${values}) AS t(${columns.map((_, at) => `c${at}`).join(', ')})) TO '${file}' (FORMAT parquet, COMPRESSION zstd, FIELD_IDS {${ids}})`);
  const sizeBytes = readFileSync(file).length;
  return { key, part: '0-0', rows: rows.length, sizeBytes, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: '' }, role };
}
