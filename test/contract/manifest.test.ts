import { InvalidManifestError, Manifest, parseManifest } from '../../src/contract';

const manifest: Manifest = {
  manifestVersion: 1,
  runId: '20260131T235959123Z-4f9a1c',
  producer: { name: 'cdk-legacy-to-s3', version: '0.0.0' },
  startedAt: '2026-01-31T23:59:59.123Z',
  finishedAt: '2026-02-01T00:00:09.123Z',
  source: { kind: 'tables', server: 'ledger.example.com,1433', database: 'Ledger' },
  consistency: { mode: 'snapshot', guarantee: 'each table as of one instant' },
  verification: { state: 'counted', detail: 'rows equal COUNT_BIG in the same snapshot' },
  format: { name: 'csv', compression: 'none' },
  prefix: 'landing/',
  tables: [{
    database: 'Ledger',
    schema: 'dbo',
    table: 'Accounts',
    columns: [{ name: 'Id', ordinal: 1, sourceType: 'int', nullable: false, outputType: 'INT32', glueType: 'int' }],
    schemaFingerprint: 'abc',
    rows: 2,
    sizeBytes: 9,
    objects: [{
      key: 'landing/database=Ledger/schema=dbo/table=Accounts/run=20260131T235959123Z-4f9a1c/part-00000-0000.csv',
      part: '0-0',
      rows: 2,
      sizeBytes: 9,
      checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=' },
    }],
  }],
  totals: { tables: 1, objects: 1, rows: 2, sizeBytes: 9 },
};

/** The manifest as text, after a change to its plain form. */
function changed(change: (plain: any) => void): string {
  const plain = JSON.parse(JSON.stringify(manifest));
  change(plain);
  return JSON.stringify(plain);
}

test('a good manifest is returned as it is', () => {
  expect(parseManifest(JSON.stringify(manifest))).toEqual(manifest);
});

test.each([
  ['is not JSON', '{', /not JSON/],
  ['is not an object', '[]', /expected an object/],
  ['is of another version', changed((m) => { m.manifestVersion = 5; }), /manifestVersion: expected 1, 2, 3, 4, got 5/],
  ['has pages by its version, and none', changed((m) => { m.manifestVersion = 2; }), /pages: expected an array of one page or more/],
  ['has a page without its hash', changed((m) => { m.manifestVersion = 2; m.pages = [{ key: 'k', sizeBytes: 1 }]; }), /pages\[0\]\.sha256: expected a non-empty string/],
  ['has no run', changed((m) => { delete m.runId; }), /runId: expected a non-empty string, got undefined/],
  ['has no prefix', changed((m) => { delete m.prefix; }), /prefix: expected a string, got undefined/],
  ['has no tables', changed((m) => { m.tables = {}; }), /tables: expected an array/],
  ['has a table without objects', changed((m) => { delete m.tables[0].objects; }), /tables\[0\]\.objects: expected an array/],
  ['has a negative row count', changed((m) => { m.tables[0].objects[0].rows = -1; }), /objects\[0\]\.rows: expected a whole number >= 0, got -1/],
  ['has a fraction of a byte', changed((m) => { m.tables[0].objects[0].sizeBytes = 1.5; }), /sizeBytes: .*got 1\.5/],
  ['has no checksum', changed((m) => { delete m.tables[0].objects[0].checksum; }), /objects\[0\]\.checksum: expected an object/],
])('a manifest that %s is refused', (_what, text, message) => {
  expect(() => parseManifest(text)).toThrow(InvalidManifestError);
  expect(() => parseManifest(text)).toThrow(message);
});

test('the message stays short, all problems are listed', () => {
  const text = changed((m) => { m.tables = Array.from({ length: 20 }, () => 1); });
  try {
    parseManifest(text);
    throw new Error('not refused');
  } catch (error) {
    expect((error as InvalidManifestError).problems).toHaveLength(20);
    expect((error as InvalidManifestError).message).toMatch(/and 15 more$/);
    expect((error as InvalidManifestError).code).toBe('INVALID_MANIFEST');
  }
});
