import { parseManifest, type ManifestColumn, type ManifestTable, type ManifestTableVerification } from '../../../../src/contract';
import { FileTarget } from '../../../../src/extractor/landing/file/file-target';
import type { RunContext } from '../../../../src/extractor/run/context/run-context';
import { fillOptions } from '../../../../src/extractor/run/context/run-options';
import { manifestHead, manifestOf, resultOf, TablesSummary } from '../../../../src/extractor/run/manifest/build-manifest';
import { schemaFingerprint, type LandedTable } from '../../../../src/extractor/run/tables/landed-table';
import { SYSTEM_CLOCK } from '../../../../src/extractor/state/clock';

const RUN_ID = '20260131T235959123Z-4f9a1c';
const COLUMN: ManifestColumn = { name: 'Id', ordinal: 1, sourceType: 'int', nullable: false, outputType: 'INT32', glueType: 'int' };

function landed(rows: number, verification: ManifestTableVerification = { state: 'verified', sourceSeconds: 0.5 }): LandedTable {
  const table: ManifestTable = {
    database: 'Ledger',
    schema: 'dbo',
    table: 'Accounts',
    columns: [COLUMN],
    schemaFingerprint: schemaFingerprint([COLUMN]),
    rows,
    sizeBytes: 10,
    verification,
    objects: [{ key: 'k', part: '00000-0000', rows, sizeBytes: 10, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: 'x' } }],
  };
  return { table, seconds: 1 };
}

function context(overrides: Partial<RunContext> = {}): RunContext {
  const options = fillOptions({
    source: { server: 'db', port: 1444, database: 'ledger', user: 'reader', password: 'hunter2' }, target: 'file:///x', query: undefined,
  });
  return {
    runId: RUN_ID,
    options,
    target: new FileTarget('file:///x'),
    database: 'Ledger',
    consistency: 'snapshot',
    signal: new AbortController().signal,
    clock: SYSTEM_CLOCK,
    mayComplete: async () => undefined,
    emit: () => {},
    warn: () => {},
    ...overrides,
  };
}

describe('manifestOf', () => {
  const manifest = manifestOf(context(), '16.0.1', [landed(3), landed(4)], new Date(0));

  test('is one that readers accept', () => {
    expect(parseManifest(JSON.stringify(manifest))).toMatchObject({
      manifestVersion: 1,
      runId: RUN_ID,
      startedAt: '1970-01-01T00:00:00.000Z',
      source: { kind: 'tables', server: 'db:1444', database: 'Ledger', productVersion: '16.0.1' },
      consistency: { mode: 'snapshot' },
      verification: { state: 'verified', sourceSeconds: 1 },
      format: { name: 'parquet', compression: 'zstd' },
      prefix: '',
      totals: { tables: 2, objects: 2, rows: 7, sizeBytes: 20 },
    });
  });

  test('without its tables it says the same of them, which were not kept', () => {
    const summary = new TablesSummary();
    summary.add(landed(3).table);
    summary.add({ ...landed(4).table, guarantee: 'its own' });
    const head = manifestHead(context(), '16.0.1', summary, new Date(0), [{ schema: 'dbo', table: 'Gone', code: 'SOURCE_STALLED', message: 'm' }]);
    expect(head).toMatchObject({ manifestVersion: 3, tables: [], totals: manifest.totals, verification: { state: 'verified', sourceSeconds: 1 } });
    expect(head.consistency.guarantee).toMatch(/tables that state a guarantee of their own have that instead$/);
    expect(manifest.consistency.guarantee).not.toMatch(/of their own/);
    expect(Object.keys(head)).toEqual([...Object.keys(manifest).slice(0, -1), 'missingTables', 'totals']);
  });

  test('holds neither login nor password', () => {
    expect(JSON.stringify(manifest)).not.toMatch(/hunter2|"reader"/);
  });

  test('the result says the same', () => {
    expect(resultOf(manifest, 'k', 'file:///x/k', [landed(3)], ['w'], 2)).toMatchObject({
      runId: RUN_ID,
      manifestKey: 'k',
      rows: 7,
      objects: 2,
      sizeBytes: 20,
      verification: 'verified',
      instants: 2,
      sourceCheckSeconds: 1,
      warnings: ['w'],
      tables: [{ schema: 'dbo', table: 'Accounts', rows: 3, objects: 1, sizeBytes: 10, seconds: 1 }],
    });
  });
});
