import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type sql from 'mssql';
import { parseManifest } from '../../../src/contract';
import { extract, ExtractFormat, plan, SourceHashes, SourceRisk, verifyRun, type ExtractorProps } from '../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { connectClient, sourceOf } from '../../support/source/stand-in-client';

let server: StandIn;
let client: sql.ConnectionPool;
let folder: string;

beforeAll(async () => {
  server = await startStandIn({ transactions: 10 });
  client = await connectClient(server);
  await client.batch('CREATE TABLE dbo.Documents (Id int NOT NULL PRIMARY KEY, Body json NULL); CREATE TABLE dbo.Embeddings (Id int NOT NULL PRIMARY KEY, V vector(3) NULL)');
  await client.batch('INSERT INTO dbo.Documents VALUES (1, N\'{"name":"Žofie 漢字 😀","n":[1,2.50]}\'), (2, NULL), (3, N\'{}\')');
  await client.batch('INSERT INTO dbo.Embeddings VALUES (1, N\'[0.1, 2, 16777217]\'), (2, NULL)');
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'json-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const props = (tables: string[], more: Partial<ExtractorProps> = {}): ExtractorProps => ({
  source: sourceOf(server),
  target: pathToFileURL(folder).href,
  format: ExtractFormat.csv({ header: false }),
  threads: 0,
  tables,
  ...more,
});

async function run(tables: string[], more: Partial<ExtractorProps> = {}) {
  const result = await extract(props(tables, more));
  const manifest = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  const text = manifest.tables[0].objects.map(({ key }) => readFileSync(join(folder, key), 'utf8')).join('');
  return { result, manifest, text };
}

test('the plan names both types', async () => {
  const { tables } = await plan(props(['Documents', 'Embeddings']));
  expect(tables.map(({ columns }) => columns[1])).toMatchObject([{ name: 'Body', type: 'json' }, { name: 'V', type: 'vector(3)' }]);
});

test('json lands as its text, every character of it, and is proven by bytes and hashes of that text', async () => {
  const { result, manifest, text } = await run(['Documents'], { sourceHashes: SourceHashes.ALL });
  expect(text).toBe('1,"{""name"":""Žofie 漢字 😀"",""n"":[1,2.50]}"\n2,\n3,{}\n');
  expect(result.verification).toBe('verified');
  expect(manifest.tables[0]).toMatchObject({
    columns: [{}, { name: 'Body', sourceType: 'varchar(max)', codePage: 'utf-8' }], verification: { aggregates: { bytes: 1, nulls: 2 }, hashedRows: 3 },
  });
  expect(manifest.tables[0].verification!.unhashedColumns).toBeUndefined();
  expect((await verifyRun(props(['Documents']), result.runId, { againstSource: true })).problems).toEqual([]);
});

test('a vector, whose text is not exact, is refused unless that is accepted by name', async () => {
  await expect(run(['Embeddings'])).rejects.toMatchObject({
    code: 'SOURCE_ALTERS_DATA', message: expect.stringMatching(/\[Embeddings\]: column 'V' is sent by the server with 8 significant digits.*vectorText/),
  });
  const { result, text } = await run(['Embeddings'], { accept: [SourceRisk.VECTOR_TEXT], sourceHashes: SourceHashes.ALL });
  expect(text).toBe('1,"[1.0000000e-001,2.0000000e+000,1.6777216e+007]"\n2,\n');
  expect(result).toMatchObject({ verification: 'verified', warnings: [expect.stringContaining('8 significant digits')] });
});

test('a query is sent them as text', async () => {
  const { text } = await run([], { tables: undefined, query: { sql: 'SELECT Body FROM dbo.Documents WHERE Id = 1', name: 'documents' } });
  expect(text).toContain('Žofie 漢字 😀');
});
