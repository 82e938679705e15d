import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FolderTables } from '../../../src/iceberg/catalogs/folder-tables';
import { TableCatalog } from '../../../src/iceberg/catalogs/table-catalog';
import { FolderFiles } from '../../../src/iceberg/files/folder-files';
import { TableFiles } from '../../../src/iceberg/files/table-files';
import { newTable, TableMetadata, withProperties } from '../../../src/iceberg/spec/table-metadata';
import { MemoryFiles } from '../../support/iceberg/memory-files';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'folder tables %20 '));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.each([
  ['in a file system', () => ({ files: new FolderFiles() as TableFiles, root: `file://${folder}/` })],
  ['in memory', () => ({ files: new MemoryFiles() as TableFiles, root: 's3://lake/' })],
])('tables %s', (_where, make) => {
  let files: TableFiles;
  let root: string;
  let catalog: TableCatalog;
  beforeEach(() => {
    ({ files, root } = make());
    catalog = new FolderTables(files, root);
  });
  const table = (id: string, note = ''): TableMetadata => withProperties(newTable(`00000000-0000-4000-8000-00000000000${id}`, `${root}t-${id}`, 1), { note });
  const noteOf = async (name: string) => (await catalog.load(name))?.parameters.note;

  test('a name stands for the newest metadata of its folder', async () => {
    expect(await catalog.load('t')).toBeUndefined();
    expect(await catalog.commit({ name: 't', metadata: table('1', 'a'), attempt: 'x' })).toBe(`${root}t-1/metadata/v1.metadata.json`);
    const base = (await catalog.load('t'))!;
    expect(base).toMatchObject({ name: 't', parameters: { note: 'a' } });
    expect(await catalog.commit({ name: 't', base, metadata: table('1', 'b'), attempt: 'x' })).toBe(`${root}t-1/metadata/v2.metadata.json`);
    expect(await noteOf('t')).toBe('b');
    expect(String(await files.read(`${root}t-1/metadata/version-hint.text`))).toBe('2');
    expect(await catalog.commit({ name: 't', base, metadata: table('1', 'c'), attempt: 'x' })).toBeUndefined();
    expect(await catalog.commit({ name: 't', metadata: table('2', 'd'), attempt: 'x' })).toBeUndefined();
    expect(await noteOf('t')).toBe('b');
  });

  test('names and what they stand for are told by one listing, however many there are', async () => {
    const ids = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
    for (const id of ids) await catalog.commit({ name: `lake ${id}`, metadata: table(id), attempt: 'x' });
    await catalog.commit({ name: 'lakes', metadata: table('a'), attempt: 'x' });
    await catalog.drop((await catalog.load('lake 3'))!);
    let lists = 0;
    const counting = new Proxy(files, {
      get: (target, name) => (name === 'list' ? async (uri: string) => { lists += uri.includes('/_names/') ? 1 : 0; return target.list(uri); } : Reflect.get(target, name).bind(target)),
    });
    const counted = new FolderTables(counting, root);
    for (const id of ids) await counted.load(`lake ${id}`);
    // A table of a name that is new, of one that was dropped, and what another writer makes of names that were seen.
    expect(await counted.load('new')).toBeUndefined();
    await counted.commit({ name: 'lake 3', metadata: table('b', 'again'), attempt: 'x' });
    await catalog.drop((await catalog.load('lake 4'))!);
    await catalog.commit({ name: 'lake 4', metadata: table('c', 'elsewhere'), attempt: 'x' });
    const notes = ['lake 3', 'lake 4'].map(async (name) => (await counted.load(name))?.parameters.note);
    expect(await Promise.all(notes)).toEqual(['again', 'elsewhere']);
    expect(lists).toBe(1);
    await counted.drop((await counted.load('lake 3'))!);
    lists = 0;
    expect(await counted.names('lake ')).toEqual(ids.filter((id) => id !== '3').map((id) => `lake ${id}`));
    expect((await counted.pointers()).map(({ name, number, location }) => [name, number, location]).at(-1)).toEqual(['lakes', 1, `${root}t-a`]);
    expect(lists).toBe(2);
  });

  test('of many writers at once one makes the table, and one each version after', async () => {
    const first = await Promise.all(['1', '2', '3', '4', '5'].map(async (id) => catalog.commit({ name: 't', metadata: table(id, id), attempt: id })));
    expect(first.filter((location) => location !== undefined)).toHaveLength(1);
    const counts = { won: 0, lost: 0 };
    await Promise.all([1, 2, 3, 4].map(async (writer) => {
      for (let done = 0; done < 8;) {
        const base = (await catalog.load('t'))!;
        const id = base.parameters.note.split(' ')[0];
        if (await catalog.commit({ name: 't', base, metadata: table(id, `${base.parameters.note} ${writer}`), attempt: 'x' })) done++;
        else counts.lost++;
      }
      counts.won += 8;
    }));
    const writers = (await noteOf('t'))!.split(' ').slice(1);
    expect([writers.length, ...['1', '2', '3', '4'].map((each) => writers.filter((writer) => writer === each).length)]).toEqual([32, 8, 8, 8, 8]);
    expect(String(await files.read(`${root}t-${(await noteOf('t'))!.split(' ')[0]}/metadata/version-hint.text`))).toBe('33');
    expect(counts.lost).toBeGreaterThan(0);
  });

  test('a name moves to another folder, which only one writer can do', async () => {
    await catalog.commit({ name: 't', metadata: table('1', 'a'), attempt: 'x' });
    const base = (await catalog.load('t'))!;
    const moved = await Promise.all(['2', '3'].map(async (id) => catalog.commit({ name: 't', base, metadata: table(id, id), attempt: id })));
    expect(moved.filter((location) => location !== undefined)).toHaveLength(1);
    expect(await catalog.commit({ name: 't', base, metadata: table('1', 'late'), attempt: 'x' })).toBeUndefined();
    expect(['2', '3']).toContain(await noteOf('t'));
  });

  test('a hint that is late, early or missing leads nobody wrong', async () => {
    await catalog.commit({ name: 't', metadata: table('1', 'a'), attempt: 'x' });
    for (const hint of ['0', '99', 'x', undefined]) {
      const at = `${root}t-1/metadata/version-hint.text`;
      if (hint === undefined) await files.delete([at]);
      else await files.replace(at, hint);
      expect(await noteOf('t')).toBe('a');
    }
    const base = (await catalog.load('t'))!;
    expect(await catalog.commit({ name: 't', base, metadata: table('1', 'b'), attempt: 'x' })).toMatch(/v2\.metadata\.json$/);
  });

  test('more than nine versions', async () => {
    await catalog.commit({ name: 't', metadata: table('1', '1'), attempt: 'x' });
    for (let version = 2; version < 13; version++) {
      expect(await catalog.commit({ name: 't', base: await catalog.load('t'), metadata: table('1', String(version)), attempt: 'x' })).toMatch(`v${version}.metadata.json`);
    }
    expect(await noteOf('t')).toBe('12');
  });

  test('dropped, and made again', async () => {
    const location = (await catalog.commit({ name: 't', metadata: table('1', 'a'), attempt: 'x' }))!;
    const there = (await catalog.load('t'))!;
    expect(await catalog.drop(there)).toBe(true);
    expect([await catalog.load('t'), await catalog.names('')]).toEqual([undefined, []]);
    expect(await catalog.drop(there)).toBe(true);
    expect(await files.read(location)).toBeDefined();
    expect(await catalog.commit({ name: 't', metadata: table('2', 'b'), attempt: 'x' })).toBeDefined();
    expect(await noteOf('t')).toBe('b');
  });

  test('a table that changed since is not dropped', async () => {
    await catalog.commit({ name: 't', metadata: table('1', 'a'), attempt: 'x' });
    const there = (await catalog.load('t'))!;
    await catalog.commit({ name: 't', base: there, metadata: table('1', 'b'), attempt: 'x' });
    expect([await catalog.drop(there), await noteOf('t')]).toEqual([false, 'b']);
  });

  test('a second name for what is there, unless it is taken', async () => {
    const location = (await catalog.commit({ name: 't', metadata: table('1', 'a'), attempt: 'x' }))!;
    expect([await catalog.register('u', location, table('1'), {}), await catalog.register('u', location, table('1'), {})]).toEqual([true, false]);
    expect([await noteOf('u'), await catalog.names('')]).toEqual(['a', ['t', 'u']]);
    await files.delete((await files.list(`${root}t-1/`)).map(({ uri }) => uri));
    expect(await catalog.register('u', location, table('2'), {})).toBe(true);
  });

  test('names of any characters, each its own table', async () => {
    const names = ['a', 'a.1', 'a.1.json', 'ä/ö', '..', 'a b', 'a%20b', '100%', 'con', '日本'];
    for (const [at, name] of names.entries()) {
      const metadata = withProperties(newTable('00000000-0000-4000-8000-000000000000', `${root}n-${at}`, 1), { note: name });
      expect(await catalog.commit({ name, metadata, attempt: 'x' })).toBeDefined();
    }
    for (const name of names) expect(await noteOf(name)).toBe(name);
    expect(await catalog.names('')).toEqual([...names].sort());
    expect(await catalog.names('a')).toEqual(['a', 'a b', 'a%20b', 'a.1', 'a.1.json']);
  });
});

test('what is only being written is no table, and a listing bears files that come and go', async () => {
  const files = new FolderFiles();
  const root = `file://${folder}/`;
  await files.replace(`${root}a/b.json`, 'x');
  writeFileSync(path.join(folder, 'a', '.half.tmp'), 'x');
  let ended = false;
  const busy = (async () => {
    for (let at = 0; !ended; at++) await files.replace(`${root}a/c-${at % 3}.json`, `${at}`);
  })();
  for (let at = 0; at < 200; at++) expect((await files.list(`${root}a/b`)).map(({ uri }) => uri)).toEqual([`${root}a/b.json`]);
  for (let at = 0; at < 100; at++) await files.list(`${root}a/`);
  ended = true;
  await busy;
  expect(readFileSync(path.join(folder, 'a', 'b.json'), 'utf8')).toBe('x');
});
