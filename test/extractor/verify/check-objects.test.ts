import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type VerificationProgress } from '../../../src/extractor/api/controls';
import { extract, ExtractFormat, verifyRun, type VerifyOptions } from '../../../src/extractor/doors/public';
import type { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { done } from '../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../tools/replay-server/wire-rows';
import { FakeS3Server } from '../../support/cloud/fake-s3-server';
import { landRun } from '../../support/runs/landed-run';
import { startScriptedDatabase } from '../../support/source/scripted-database';
import { le } from '../../support/tds/typed-values';

const OBJECTS = 6;
const ROWS = 3000;
const COLUMNS = [wireColumn.intN('Id', 4), wireColumn.nvarchar('Name', 40)];

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'check-objects-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const target = () => pathToFileURL(folder).href;

function payloads(rows = ROWS, count = OBJECTS): Buffer[] {
  return Array.from({ length: count }, (_, chunk) => Buffer.concat([
    colMetadata([...COLUMNS]),
    ...Array.from({ length: rows }, (__, i) => row(COLUMNS, [le(BigInt(chunk * rows + i), 4), Buffer.from(`owner ${i % 7}`, 'utf16le')])),
    done(0x10, rows),
  ]));
}

const FORMATS: readonly [string, OutputFormat][] = [
  ['CSV', { name: 'csv', compression: 'zstd' }], ['JSON Lines', { name: 'jsonl', compression: 'none' }], ['Parquet', { name: 'parquet', compression: 'zstd' }],
];
/** One after the other; several in this thread; several in threads, which run the engine's bundle. */
const WAYS: readonly VerifyOptions[] = [{ readers: 1, threads: 0 }, { readers: 4, threads: 0 }, { readers: 4, threads: 2 }];

describe.each(FORMATS)('%s', (_, format) => {
  test.each(WAYS)('all objects are read by %j, and problems come in the order of the objects', async (options) => {
    const run = await landRun(folder, payloads(), format);
    const result = await verifyRun({ target: target() }, run.runId, options);
    expect(result).toMatchObject({ objects: OBJECTS, rows: OBJECTS * ROWS, problems: [], notes: [] });
    const { objects } = run.manifest.tables[0];
    for (const { key, sizeBytes } of objects) truncateSync(join(folder, key), sizeBytes - 3);
    const { problems } = await verifyRun({ target: target() }, run.runId, options);
    expect(problems.filter(({ fault }) => fault === 'size').map(({ chunk }) => chunk)).toEqual([0, 1, 2, 3, 4, 5]);
    const keys = problems.map(({ objectKey }) => objectKey);
    expect(keys).toEqual(objects.flatMap(({ key }) => keys.filter((each) => each === key)));
  });
});

test('progress goes up to the totals, within objects too', async () => {
  const run = await landRun(folder, payloads(60_000, 2), { name: 'parquet', compression: 'none' });
  const told: VerificationProgress[] = [];
  const now = jest.spyOn(performance, 'now');
  // Each look at the clock is a second after the one before.
  let seconds = 0;
  now.mockImplementation(() => 1000 * seconds++);
  await verifyRun({ target: target() }, run.runId, { readers: 1, threads: 0 }, { onProgress: (progress) => told.push(progress) })
    .finally(() => now.mockRestore());
  const { rows, sizeBytes } = run.manifest.totals;
  expect(told.at(-1)).toEqual({ objects: 2, totalObjects: 2, rows, totalRows: rows, sizeBytes, totalBytes: sizeBytes });
  expect(told.some((progress) => progress.objects === 0 && progress.rows > 0 && progress.sizeBytes > 0)).toBe(true);
  expect(told.map((progress) => progress.rows)).toEqual([...told.map((progress) => progress.rows)].sort((a, b) => a - b));
  expect(told.every((progress) => progress.sizeBytes <= sizeBytes)).toBe(true);
});

test.each(WAYS)('it stops by %j when it is told to, with nothing left open', async (options) => {
  const run = await landRun(folder, payloads(), { name: 'csv', compression: 'none' });
  const stop = new AbortController();
  const stopped = verifyRun({ target: target() }, run.runId, options, { signal: stop.signal, onObject: () => stop.abort() });
  await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED', message: expect.stringMatching(/^stopped after \d of 6 objects$/) });
  await expect(verifyRun({ target: target() }, run.runId, options, { signal: AbortSignal.abort() })).rejects.toMatchObject({ message: 'stopped after 0 of 6 objects' });
});

test('numbers of readers and threads out of range are refused', async () => {
  await expect(verifyRun({ target: target() }, 'any', { readers: 0 })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  await expect(verifyRun({ target: target() }, 'any', { threads: 65 })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
});

test('of S3, Parquet goes through a temporary file, which is gone afterwards; the first failure of S3 ends all', async () => {
  const environment = { ...process.env };
  const temporary = mkdtempSync(join(folder, 'tmp-'));
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', TMPDIR: temporary });
  const s3 = await FakeS3Server.start('bucket');
  const database = await startScriptedDatabase({ tables: [{ schema: 'dbo', table: 'Accounts', columns: ['Id'], rows: [[1], [2]] }] });
  try {
    const landing = { target: 's3://bucket/landing', endpointUrl: s3.endpoint };
    const { runId } = await extract({
      ...landing, source: { server: '127.0.0.1', port: database.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false }, format: ExtractFormat.parquet(),
    });
    expect(await verifyRun(landing, runId, { threads: 0 })).toMatchObject({ rows: 2, problems: [] });
    s3.fault = ({ operation, key }) => (operation === 'GetObject' && key.endsWith('.parquet') ? { status: 403, code: 'AccessDenied' } : undefined);
    await expect(verifyRun(landing, runId)).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
    expect(readdirSync(temporary)).toEqual([]);
  } finally {
    process.env = environment;
    await database.stop();
    await s3.stop();
  }
});
