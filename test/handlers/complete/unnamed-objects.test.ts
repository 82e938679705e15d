import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { Manifest } from '../../../src/contract';
import { unnamedObjects } from '../../../src/handlers/complete/unnamed-objects';
import { listingOf } from '../s3-listing';

const s3 = mockClient(S3Client);
const PAGE = 2;
let keys: string[];
let sizes: { readonly [key: string]: number };

/** S3's listing, in pages of two. */
beforeEach(() => {
  s3.reset();
  sizes = {};
  s3.on(ListObjectsV2Command).callsFake((input) => listingOf(keys, input, PAGE, sizes));
});

const folder = (table: string, run = 'r', schema = 'dbo', database = 'L') => `lake/database=${database}/schema=${schema}/table=${table}/run=${run}/`;
const table = (name: string, files: readonly string[]) => ({
  database: 'L', schema: 'dbo', table: name, objects: files.map((file) => ({ key: folder(name) + file })),
});
const problemsOf = async (...tables: object[]) => unnamedObjects(new S3Client(), 'b', { prefix: 'lake/', runId: 'r', tables } as unknown as Manifest);

test('every page of every table\'s folder is compared with what the manifest names', async () => {
  keys = ['1', '2', '3', 'stray', 'x/stray'].map((file) => folder('A') + file);
  expect(await problemsOf(table('A', ['1', '2']), table('B', []), table('A', ['3'])))
    .toEqual(['stray', 'x/stray'].map((file) => `'${folder('A')}${file}' is not named in the manifest`));
});

test('objects of the run in tables that the manifest leaves out are found, in any schema and database', async () => {
  const strays = [folder('B'), folder('A', 'r', 'sales'), folder('A', 'r', 'dbo', 'M'), folder('Zahlungen%202024')].map((each) => `${each}part`);
  keys = [`${folder('A')}1`, ...strays];
  expect((await problemsOf(table('A', ['1']))).sort()).toEqual(strays.map((key) => `'${key}' is not named in the manifest`).sort());
});

test('a folder marker is no object of the run, a file of that name is', async () => {
  keys = [folder('A'), `${folder('A')}1`, `${folder('A')}sub/`, folder('B'), `${folder('B')}full/`];
  sizes = { [`${folder('B')}full/`]: 3 };
  expect(await problemsOf(table('A', ['1']))).toEqual([`'${folder('B')}full/' is not named in the manifest`]);
});

test('folders of tables whose partition keys have a prefix are looked through too', async () => {
  const prefixed = (before: string, name: string) => `lake/${before}database=L/${before}schema=dbo/${before}table=${name}/${before}run=r/`;
  keys = [`${prefixed('landed_', 'J')}1`, `${prefixed('landed_', 'J')}stray`, `${prefixed('landed_2_', 'K')}part`, 'lake/landed_x/y', 'lake/landed_3_database=L/schema=dbo/table=J/run=r/z'];
  const named = { ...table('J', []), partitionPrefix: 'landed_', objects: [{ key: `${prefixed('landed_', 'J')}1` }] };
  expect((await problemsOf(named)).sort())
    .toEqual([`'${prefixed('landed_', 'J')}stray' is not named in the manifest`, `'${prefixed('landed_2_', 'K')}part' is not named in the manifest`].sort());
});

test('objects of other runs, other prefixes and of no table are none of the run\'s', async () => {
  keys = [
    `${folder('A')}1`, `${folder('A', 'r2')}1`, `${folder('B', 'q')}1`, 'lake/notes.csv', 'lake/_runs/run=r/_manifest.json', 'other/database=L/schema=dbo/table=A/run=r/1',
    'lake/database=L/readme.txt', 'lake/database=L/schema=dbo/x',
  ];
  expect(await problemsOf(table('A', ['1']))).toEqual([]);
});
