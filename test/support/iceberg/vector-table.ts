import { datasetRunFolder, type Manifest, MANIFEST_VERSION, manifestKey, partFileName, runIdAt } from '../../../src/contract';
import type { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import type { ExpectedCells } from '../../../tools/engines';
import type { Lake } from '../../../tools/lake/lake';
import { expectedOf } from '../../../tools/lake/source-cells';
import { joinVectors } from '../tds/joined-vectors';
import { landPayload } from '../tds/land';

const PARQUET: OutputFormat = { name: 'parquet', compression: 'zstd' };
const ROWS_PER_FILE = 4;

/**
 * Lands the responses of other servers as one table of several files.
 *
 * @returns its manifest, and what it must show by the meaning that others wrote down
 */
export async function landVectors(
  lake: Lake, table = 'Vectors',
): Promise<{ readonly manifest: Manifest; readonly manifestKey: string; readonly expected: ExpectedCells }> {
  const vectors = joinVectors();
  const runId = runIdAt(new Date(), 'abcdef');
  const dataset = { database: 'Wire', schema: 'dbo', table };
  const landings = [];
  for (let from = 0; from < vectors.rows; from += ROWS_PER_FILE) {
    landings.push(await landPayload(vectors.payload(from, Math.min(from + ROWS_PER_FILE, vectors.rows)), PARQUET));
  }
  const objects = landings.map(({ objects: [bytes], rows }, chunk) => {
    const key = datasetRunFolder('', dataset, runId) + partFileName(chunk, 0, 'parquet');
    lake.put(key, bytes);
    return { key, part: `${chunk}-0`, rows, sizeBytes: bytes.length, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: '' } as const };
  });
  const [{ columns }] = landings;
  const manifest: Manifest = {
    manifestVersion: MANIFEST_VERSION,
    runId,
    producer: { name: 'test', version: '0.0.0' },
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:00.000Z',
    source: { kind: 'tables', server: 'wire', database: 'Wire' },
    consistency: { mode: 'snapshot', guarantee: 'one snapshot' },
    verification: { state: 'counted', detail: '' },
    format: { name: 'parquet', compression: 'zstd' },
    prefix: '',
    tables: [{
      ...dataset, columns, schemaFingerprint: 'f', rows: vectors.rows, sizeBytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), objects,
    }],
    totals: { tables: 1, objects: objects.length, rows: vectors.rows, sizeBytes: 0 },
  };
  const rows = Array.from({ length: vectors.rows }, (_, row) => row);
  const cells = vectors.columns.map(({ vector, index, name }) => {
    const ordinal = columns.find((column) => column.name === name)!.ordinal;
    const { rows: values, baseTypes } = vector.expected;
    return expectedOf(columns.filter((column) => column.ordinal === ordinal), rows.map((row) => values![vectors.rowOf(vector, row)][index]),
      baseTypes && rows.map((row) => baseTypes[vectors.rowOf(vector, row)][index]));
  });
  const expected: ExpectedCells = { key: vectors.key, columns: Object.assign({ [vectors.key]: rows.map((row) => String(row + 1)) }, ...cells) };
  return { manifest, manifestKey: manifestKey('', runId), expected };
}
