import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MANIFEST_SOURCE } from './manifest-source';
import { extract, ExtractFormat, type ExtractorProps } from '../../src/extractor/doors/public';
import type { ReplayServer } from '../../tools/replay-server/replay-server';
import { MANIFEST_SCHEMA, manifestValidator } from '../support/runs/manifest-schema';
import { resultPackets } from '../support/source/result-packets';
import { startScriptedDatabase } from '../support/source/scripted-database';

const TABLES = [
  { schema: 'dbo', table: 'Accounts', columns: ['Id', 'Name'], primaryKey: ['Id'], rows: [[1, 'Ann'], [2, null]] },
  { schema: 'dbo', table: 'Empty', columns: ['Id'], rows: [] },
];

let database: ReplayServer;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'manifest-schema-'));
  database = await startScriptedDatabase({ tables: TABLES, override: (sql) => (sql === 'SELECT 1' ? [resultPackets(['n'], [[1]])] : undefined) });
});
afterAll(async () => {
  await database.stop();
  rmSync(folder, { recursive: true });
});

/** As JSON.parse has it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = any;

async function manifestOf(more: Partial<ExtractorProps> = {}): Promise<Json> {
  const { manifestKey } = await extract({
    source: { server: '127.0.0.1', port: database.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
    target: pathToFileURL(folder).href,
    ...more,
  });
  return JSON.parse(readFileSync(path.join(folder, manifestKey), 'utf8')) as Json;
}

test.each<[string, Partial<ExtractorProps>]>([
  ['Parquet', {}], ['CSV', { format: ExtractFormat.csv({ delimiter: ';' }) }], ['JSON Lines', { format: ExtractFormat.jsonLines() }],
  ['no aggregates', { sourceAggregates: false }], ['a query', { query: { sql: 'SELECT 1', name: 'adhoc.One' } }],
])('the manifest of a run with %s has the fields of the schema, and no other', async (_, more) => {
  const validate = manifestValidator({ strict: true });
  validate(await manifestOf(more));
  expect(validate.errors).toBeNull();
});

test.each<[string, (manifest: Json) => void, string]>([
  ['another version', (manifest) => { manifest.manifestVersion = 5; }, '/manifestVersion'],
  ['tables beside pages', (manifest) => { Object.assign(manifest, { manifestVersion: 2, pages: [{ key: 'k', sizeBytes: 1, sha256: 'a'.repeat(64) }] }); }, '/tables'],
  ['no source', (manifest) => { delete manifest.source; }, ''],
  ['rows below 0', (manifest) => { manifest.tables[0].rows = -1; }, '/tables/0/rows'],
  ['a hash that is cut off', (manifest) => { manifest.tables[0].objects[0].contentHash = 'abc'; }, '/tables/0/objects/0/contentHash'],
  ['an unknown state', (manifest) => { manifest.verification.state = 'sure'; }, '/verification/state'],
  ['a checksum without algorithm', (manifest) => { delete manifest.tables[0].objects[0].checksum.algorithm; }, '/tables/0/objects/0/checksum'],
  ['a prefix without slash', (manifest) => { manifest.prefix = 'landing'; }, '/prefix'],
])('%s is refused, and where', async (_, breakIt, place) => {
  const validate = manifestValidator({ strict: false });
  const manifest = await manifestOf();
  expect(validate(manifest)).toBe(true);
  breakIt(manifest);
  expect(validate(manifest)).toBe(false);
  expect(validate.errors![0].instancePath).toBe(place);
});

test('a field that the schema does not know is passed over', async () => {
  expect(manifestValidator({ strict: false })({ ...await manifestOf(), later: 1 })).toBe(true);
});

test('the schema names the fields of the contract, and no other', () => {
  const fields = new Set([...MANIFEST_SOURCE.matchAll(/readonly (\w+)\??: /g)].map(([, name]) => name));
  const named = new Set<string>();
  const collect = (schema: unknown): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [key, value] of Object.entries(schema)) {
      if (key === 'properties') Object.keys(value as object).forEach((name) => named.add(name));
      if (key !== 'if') collect(value);
    }
  };
  collect(MANIFEST_SCHEMA);
  expect([...fields].filter((name) => !named.has(name))).toEqual([]);
  expect([...named].filter((name) => !fields.has(name))).toEqual([]);
});
