import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync, copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest, type Manifest, type ManifestObject } from '../../../src/contract';
import { extract, ExtractFormat, verifyRun, type ExtractorProps, type VerificationProblem } from '../../../src/extractor/doors/public';
import { Int64Buffer } from '../../../src/extractor/rows/columns/column-buffer';
import type { ReplayServer } from '../../../tools/replay-server/replay-server';
import { FakeS3Server } from '../../support/cloud/fake-s3-server';
import { startScriptedDatabase, type ScriptedTable } from '../../support/source/scripted-database';

const ROWS = 300;
const ACCOUNTS: ScriptedTable = {
  schema: 'dbo', table: 'Accounts', columns: ['Id', 'Name'], rows: Array.from({ length: ROWS }, (_, id) => [id, `owner ${id}`]),
};
const EMPTY: ScriptedTable = { schema: 'dbo', table: 'Empty', columns: ['Id'], rows: [] };

const FORMATS: Array<[string, ExtractFormat]> = [
  ['CSV', ExtractFormat.csv()], ['JSON Lines', ExtractFormat.jsonLines()], ['Parquet', ExtractFormat.parquet()],
];

let database: ReplayServer;
let folder: string;

beforeAll(async () => { database = await startScriptedDatabase({ tables: [ACCOUNTS, EMPTY] }); });
afterAll(async () => database.stop());
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'verify-run-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const target = () => pathToFileURL(folder).href;
const propsOf = (more: Partial<ExtractorProps> = {}): ExtractorProps => ({
  source: { server: '127.0.0.1', port: database.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
  target: target(),
  format: ExtractFormat.csv(),
  ...more,
});

interface Landed {
  readonly runId: string;
  readonly manifestPath: string;
  readonly manifest: Manifest;
  /** Of the accounts. */
  readonly object: ManifestObject;
  readonly path: string;
}

async function land(more: Partial<ExtractorProps> = {}): Promise<Landed> {
  const { runId, manifestKey } = await extract(propsOf(more));
  const manifestPath = join(folder, manifestKey);
  const manifest = parseManifest(readFileSync(manifestPath, 'utf8'));
  const [object] = manifest.tables.find(({ table }) => table === 'Accounts')!.objects;
  return { runId, manifestPath, manifest, object, path: join(folder, object.key) };
}

/** Replaces the object, and states size and checksum of what is there now, so that only its rows tell. */
function forge({ path, object, manifestPath, manifest }: Landed, bytes: Buffer): void {
  writeFileSync(path, bytes);
  const checksum = { ...object.checksum, value: createHash('sha256').update(bytes).digest('base64') };
  const objects = [{ ...object, sizeBytes: bytes.length, checksum }];
  const grown = bytes.length - object.sizeBytes;
  const tables = manifest.tables.map((table) => (table.table === 'Accounts' ? { ...table, objects, sizeBytes: table.sizeBytes + grown } : table));
  const totals = { ...manifest.totals, sizeBytes: manifest.totals.sizeBytes + grown };
  writeFileSync(manifestPath, JSON.stringify({ ...manifest, tables, totals }));
}

const edited = ({ path }: Landed, edit: (text: string) => string) => Buffer.from(edit(readFileSync(path, 'utf8')));
const found = async ({ runId }: Landed): Promise<readonly VerificationProblem[]> => (await verifyRun({ target: target() }, runId)).problems;
const faults = (problems: readonly VerificationProblem[]) => problems.map(({ fault }) => fault).sort();

test.each(FORMATS)('%s as it was landed has no problem', async (_, format) => {
  const { runId } = await land({ format });
  expect(await verifyRun({ target: target() }, runId)).toMatchObject({
    runId, objects: 2, rows: ROWS, problems: [], notes: [], sourceCompared: false,
  });
});

describe('planted errors', () => {
  test('a flipped cell is found by checksum and content hash, with table, chunk, column and both values', async () => {
    const landed = await land();
    writeFileSync(landed.path, edited(landed, (text) => text.replace('owner 17\n', 'owner 71\n')));
    const problems = await found(landed);
    expect(faults(problems)).toEqual(['checksum', 'column', 'content']);
    expect(problems[2]).toMatchObject({ fault: 'column', table: 'dbo.Accounts', column: 'Name', expected: expect.stringMatching(/^digest [0-9a-f]{16}$/) });
    expect(problems[0]).toMatchObject({ table: 'dbo.Accounts', chunk: 0, objectKey: landed.object.key, expected: landed.object.contentHash });
    expect(problems[0].message).toBe(`dbo.Accounts, chunk 0, ${landed.object.key}: the rows of the object are others: content hash: `
      + `expected ${landed.object.contentHash}, found ${problems[0].found}`);
  });

  test('a flipped cell under a forged checksum is found by its content hash', async () => {
    const landed = await land();
    forge(landed, edited(landed, (text) => text.replace('owner 17\n', 'owner 71\n')));
    expect(faults(await found(landed))).toEqual(['column', 'content']);
  });

  test.each(FORMATS)('one changed byte anywhere in an object of %s is found, with chunk and both checksums', async (_, format) => {
    const landed = await land({ format });
    const bytes = readFileSync(landed.path);
    for (const at of [0, 5, bytes.length >> 1, bytes.length - 9, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 0x10;
      writeFileSync(landed.path, changed);
      const problem = (await found(landed)).find(({ fault }) => fault === 'checksum')!;
      expect(problem).toMatchObject({ table: 'dbo.Accounts', chunk: 0, objectKey: landed.object.key, expected: expect.stringContaining(landed.object.checksum.value) });
      expect(problem.found).toContain(createHash('sha256').update(changed).digest('base64'));
    }
  });

  test('values that two rows swapped are found', async () => {
    const landed = await land({ format: ExtractFormat.csv({ header: false }) });
    forge(landed, edited(landed, (text) => text.replace('17,owner 17\n', '17,owner 18\n').replace('18,owner 18\n', '18,owner 17\n')));
    expect(faults(await found(landed))).toEqual(['content']);
  });

  test('a value that changed in a column buffer on its way into the file is found', async () => {
    const { get } = Object.getOwnPropertyDescriptor(Int64Buffer.prototype, 'pieces')!;
    let changed = 0;
    const plain = jest.spyOn(Int64Buffer.prototype, 'pieces', 'get').mockImplementation(function (this: Int64Buffer) {
      const [bytes] = get!.call(this) as Uint8Array[];
      // Id 7 becomes 8: the fault is in memory, so that checksum and manifest fit the file.
      if (this.count === ROWS && bytes[7 * 8] === 7) {
        bytes[7 * 8] = 8;
        changed += 1;
      }
      return [bytes];
    });
    const landed = await land({ format: ExtractFormat.parquet() }).finally(() => plain.mockRestore());
    expect(changed).toBe(1);
    expect(await found(landed)).toMatchObject([
      { fault: 'content', table: 'dbo.Accounts', chunk: 0, objectKey: landed.object.key },
      { fault: 'column', table: 'dbo.Accounts', column: 'Id', expected: 'sum 44850', found: 'sum 44851' },
    ]);
  });

  test('a lost row is found', async () => {
    const landed = await land();
    forge(landed, edited(landed, (text) => text.replace('17,owner 17\n', '')));
    const problems = await found(landed);
    expect(faults(problems)).toEqual(['column', 'column', 'content', 'rows']);
    expect(problems[0]).toMatchObject({ expected: `${ROWS} rows`, found: `${ROWS - 1} rows` });
  });

  test('a doubled row is found, also where another was lost for it', async () => {
    const landed = await land();
    forge(landed, edited(landed, (text) => text.replace('17,owner 17\n', '16,owner 16\n')));
    expect(faults(await found(landed))).toEqual(['column', 'column', 'content']);
  });

  test('two whole columns that changed places are found, and named', async () => {
    const pairs: ScriptedTable = { schema: 'dbo', table: 'Accounts', columns: ['Debit', 'Credit'], rows: Array.from({ length: ROWS }, (_, id) => [id, 7 * id]) };
    const swapped = await startScriptedDatabase({ tables: [pairs] });
    try {
      const landed = await land({ source: { ...propsOf().source, port: swapped.port }, format: ExtractFormat.csv({ header: false }) });
      forge(landed, edited(landed, (text) => text.replace(/(\d+),(\d+)\n/g, '$2,$1\n')));
      expect(await found(landed)).toMatchObject([
        { fault: 'content', objectKey: landed.object.key },
        { fault: 'column', column: 'Debit', expected: 'sum 44850', found: 'sum 313950' },
        { fault: 'column', column: 'Credit', expected: 'sum 313950', found: 'sum 44850' },
      ]);
    } finally {
      await swapped.stop();
    }
  });

  test('rows in another order are no problem', async () => {
    const landed = await land({ format: ExtractFormat.csv({ header: false }) });
    forge(landed, edited(landed, (text) => `${text.trimEnd().split('\n').reverse().join('\n')}\n`));
    expect(await found(landed)).toEqual([]);
  });

  test.each(FORMATS)('a truncated object of %s is found and named', async (_, format) => {
    const landed = await land({ format });
    truncateSync(landed.path, landed.object.sizeBytes - 7);
    const problems = await found(landed);
    expect(faults(problems)).toEqual(expect.arrayContaining(['size', 'unreadable']));
    expect(problems.every(({ objectKey }) => objectKey === landed.object.key)).toBe(true);
    expect(problems[0]).toMatchObject({ expected: `${landed.object.sizeBytes} bytes`, found: `${landed.object.sizeBytes - 7} bytes` });
  });

  test('a missing object, and one that the manifest does not name, are found', async () => {
    const landed = await land();
    const other = join(dirname(landed.path), 'part-00009-0000.csv');
    copyFileSync(landed.path, other);
    expect(await found(landed)).toMatchObject([{ fault: 'unnamedObject', table: 'dbo.Accounts', objectKey: expect.stringContaining('part-00009') }]);
    renameSync(other, `${folder}/elsewhere`);
    rmSync(landed.path);
    expect(await found(landed)).toMatchObject([{ fault: 'missingObject', objectKey: landed.object.key }]);
  });

  test('a manifest whose counts were changed contradicts itself', async () => {
    const { manifestPath, manifest, ...landed } = await land();
    writeFileSync(manifestPath, JSON.stringify({ ...manifest, tables: manifest.tables.map((table) => ({ ...table, rows: table.rows + 1 })) }));
    expect(await found({ ...landed, manifest, manifestPath })).toMatchObject([
      { fault: 'manifest', table: 'dbo.Accounts', expected: `rows of the table: ${ROWS} by the objects`, found: `${ROWS + 1} stated` },
      { fault: 'manifest', table: 'dbo.Empty' },
      { fault: 'manifest', expected: `rows of all tables: ${ROWS + 2} by the objects` },
    ]);
  });
});

test('a run without a manifest, and a manifest that is cut off, are refused', async () => {
  await expect(verifyRun({ target: target() }, '20200101T000000000Z-abcdef')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  const { runId, manifestPath } = await land();
  truncateSync(manifestPath, 100);
  await expect(verifyRun({ target: target() }, runId)).rejects.toMatchObject({ code: 'CONTENT_MISMATCH', message: expect.stringContaining('not JSON') });
});

describe('against the source', () => {
  test('rows that have not changed are equal, chunk by chunk', async () => {
    const { runId, manifest } = await land();
    expect(manifest.tables[0].chunks!.every(({ contentHash }) => contentHash !== undefined)).toBe(true);
    expect(await verifyRun(propsOf(), runId, { againstSource: true })).toMatchObject({ problems: [], sourceCompared: true });
    const connectionString = `Server=127.0.0.1,${database.port};Database=Ledger;User ID=reader;Password=hunter2;Encrypt=False;Pooling=true`;
    expect(await verifyRun(propsOf({ source: { connectionString } }), runId, { againstSource: true }))
      .toMatchObject({ problems: [], notes: [expect.stringContaining("'pooling'")] });
  });

  test('a value that changed without changing its length is found, with table, chunk and both hashes', async () => {
    const { runId, manifest } = await land();
    const changed = await startScriptedDatabase({
      tables: [{ ...ACCOUNTS, rows: ACCOUNTS.rows.map((row, at) => (at === 17 ? [17, 'owner 71'] : row)) }, EMPTY],
    });
    try {
      const { problems } = await verifyRun(propsOf({ source: { ...propsOf().source, port: changed.port } }), runId, { againstSource: true });
      expect(problems).toMatchObject([{
        fault: 'sourceContent', table: 'dbo.Accounts', chunk: 0, expected: manifest.tables[0].chunks![0].contentHash, found: expect.stringMatching(/^[0-9a-f]{32}$/),
      }]);
    } finally {
      await changed.stop();
    }
  });

  test('a row that is new is counted', async () => {
    const { runId } = await land();
    const changed = await startScriptedDatabase({ tables: [{ ...ACCOUNTS, rows: [...ACCOUNTS.rows, [ROWS, 'new']] }, EMPTY] });
    try {
      const { problems } = await verifyRun(propsOf({ source: { ...propsOf().source, port: changed.port } }), runId, { againstSource: true });
      expect(faults(problems)).toEqual(['sourceContent', 'sourceRows']);
    } finally {
      await changed.stop();
    }
  });
});

describe('on S3', () => {
  let s3: FakeS3Server;
  const environment = { ...process.env };
  beforeEach(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
    s3 = await FakeS3Server.start('bucket');
  });
  afterEach(async () => {
    await s3.stop();
    process.env = { ...environment };
  });

  test('objects are read back, and S3\'s own checksum is compared', async () => {
    const landing = { target: 's3://bucket/landing', endpointUrl: s3.endpoint };
    const { runId } = await extract(propsOf(landing));
    expect(await verifyRun(landing, runId)).toMatchObject({ objects: 2, rows: ROWS, problems: [] });
    const key = [...s3.objects.keys()].find((each) => each.includes('table=Accounts'))!;
    const object = s3.objects.get(key)!;
    s3.objects.set(key, { ...object, body: Buffer.from(object.body.toString().replace('owner 17\n', 'owner 71\n')) });
    const { problems } = await verifyRun(landing, runId);
    expect(faults(problems)).toEqual(['checksum', 'column', 'content']);
    s3.objects.delete(key);
    expect(faults((await verifyRun(landing, runId)).problems)).toEqual(['missingObject']);
  });
});
