import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { objectsOfRole, parseManifest, type ManifestTable } from '../../../../src/contract';
import { Changes, FoundDeletes, sync, type ExtractorProps, type SyncResult } from '../../../../src/extractor/doors/public';
import { standInRuns } from '../../../support/source/stand-in-runs';

jest.mock('../../../../src/extractor/changes/key-equality', () => ({
  ...jest.requireActual<typeof import('../../../../src/extractor/changes/key-equality')>('../../../../src/extractor/changes/key-equality'), MOST_HELD_KEYS: 40,
}));

/* Keys that are compared in parts, since they are more than are held at a time. */

const runs = standInRuns();
const batch = async (sql: string) => runs.client.batch(sql);
const props = (): ExtractorProps => ({
  ...runs.endpoints, tables: ['Parted'], tableOptions: [{ table: 'Parted', changes: Changes.ROWVERSION, deletes: FoundDeletes.KEYS }], readers: 1, threads: 0,
});
const tableOf = ({ run }: SyncResult): ManifestTable => parseManifest(readFileSync(join(runs.folder, run!.manifestKey), 'utf8')).tables[0];

afterEach(async () => {
  runs.server.faults.onRequest = undefined;
  await batch('DROP TABLE IF EXISTS dbo.Parted');
});

test('each part reads the keys of the source again, and deletes what is gone of it', async () => {
  await batch('CREATE TABLE dbo.Parted (Id bigint NOT NULL PRIMARY KEY, V rowversion)');
  await batch('INSERT dbo.Parted (Id) SELECT value FROM GENERATE_SERIES(1, 100)');
  await sync(props());
  await batch('DELETE dbo.Parted WHERE Id > 70; INSERT dbo.Parted (Id) VALUES (200), (201), (202), (203)');
  const asked: string[] = [];
  runs.server.faults.onRequest = ({ sql }) => void asked.push(sql);
  const table = tableOf(await sync(props()));
  expect(asked.filter((sql) => /^SELECT t\.\[Id\] FROM \[dbo\]\.\[Parted\] AS t( OPTION .*)?$/.test(sql))).toHaveLength(3);
  expect(table.changes).toMatchObject({ updates: 4, deletes: 30, sourceRows: 74 });
  const deletes = objectsOfRole(table.objects, 'deletes');
  expect(deletes.map(({ rows }) => rows).reduce((sum, rows) => sum + rows, 0)).toBe(30);
  expect(new Set(deletes.map(({ key }) => key)).size).toBe(3);
});
