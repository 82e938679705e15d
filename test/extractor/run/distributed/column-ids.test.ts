import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest, type Manifest } from '../../../../src/contract';
import { extract, ExtractFormat, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { hyparquet } from '../../../../src/extractor/verify/parquet/parquet-footer';
import { FakeS3Server } from '../../../support/cloud/fake-s3-server';
import { InProcessExecution } from '../../../support/runs/in-process-execution';
import { standInRuns } from '../../../support/source/stand-in-runs';

const runs = standInRuns();
const environment = { ...process.env };
const SETTINGS = { tables: ['dbo.Spread', 'dbo.AllTypes'], format: ExtractFormat.parquet(), targetChunkRows: 250 };

let s3: FakeS3Server;
let other: string;
beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  await runs.client.batch('CREATE TABLE dbo.Spread (Id int NOT NULL PRIMARY KEY, Gone int NULL, At datetimeoffset(7) NULL)');
  await runs.client.batch("INSERT INTO dbo.Spread SELECT value, 1, '2024-02-29 12:34:56.1234567 +05:30' FROM GENERATE_SERIES(1, 1000)");
  await runs.client.batch('ALTER TABLE dbo.Spread DROP COLUMN Gone; ALTER TABLE dbo.Spread ADD Later tinyint NULL');
});
afterAll(() => { process.env = environment; });
beforeEach(async () => {
  s3 = await FakeS3Server.start('landing');
  other = mkdtempSync(join(tmpdir(), 'column-ids-'));
});
afterEach(async () => {
  await s3.stop();
  rmSync(other, { recursive: true });
});

/** What does not depend on who read it, and when. */
const schemasOf = ({ tables }: Manifest) => tables.map(({ database, schema, table, identity, columns, schemaFingerprint, rows, chunks }) => ({
  database,
  schema,
  table,
  identity,
  columns,
  schemaFingerprint,
  rows,
  chunks: chunks!.map(({ chunk, rows: own, lower, upper }) => ({ chunk, own, lower, upper })),
}));

/** The schema of a file, as its footer has it. */
const schemaOf = (bytes: Buffer) => hyparquet().parquetMetadata(new Uint8Array(bytes).buffer).schema;

test('readers of one thread, of several, and workers of an execution give columns the same ids, and tables the same identity', async () => {
  const local = async (folder: string, overrides: Partial<ExtractorProps>) => {
    const { manifestKey } = await extract({ ...runs.endpoints, target: pathToFileURL(folder).href, ...SETTINGS, ...overrides });
    const manifest = parseManifest(readFileSync(join(folder, manifestKey), 'utf8'));
    const files = manifest.tables.flatMap(({ objects }) => objects.map(({ key }) => schemaOf(readFileSync(join(folder, key)))));
    return { schemas: schemasOf(manifest), files };
  };
  const one = await local(runs.folder, { readers: 1, threads: 1 });
  expect(one.schemas[1]).toMatchObject({
    table: 'Spread',
    identity: { maxColumnId: 4 },
    columns: [
      { name: 'Id', fieldId: 1 }, { name: 'At', fieldId: 3 }, { name: 'At__offset_minutes', fieldId: 1_000_025 }, { name: 'At__100ns', fieldId: 1_000_024 },
      { name: 'Later', fieldId: 4 },
    ],
  });
  expect(await local(other, { readers: 4, threads: 2 })).toEqual(one);

  const execution = new InProcessExecution('ids', s3, { props: { source: runs.endpoints.source, target: 's3://landing/sql', endpointUrl: s3.endpoint, readers: 2 }, settings: SETTINGS });
  await execution.whole();
  const [manifest] = [...s3.objects].filter(([key]) => key.endsWith('_manifest.json')).map(([, { body }]) => parseManifest(body.toString()));
  expect(schemasOf(manifest)).toEqual(one.schemas);
  expect(manifest.tables.flatMap(({ objects }) => objects.map(({ key }) => schemaOf(s3.objects.get(key)!.body)))).toEqual(one.files);
});
