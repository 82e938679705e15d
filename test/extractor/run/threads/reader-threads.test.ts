import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest } from '../../../../src/contract';
import { ExtractFormat, type ExtractEvent, type ExtractorProps } from '../../../../src/extractor/doors/public';
import type { RunContext } from '../../../../src/extractor/run/context/run-context';
import { extract } from '../../../../src/extractor/run/extract-run';
import { ReaderThread } from '../../../../src/extractor/run/threads/reader-thread';
import { error, done, packetize } from '../../../../tools/replay-server/tds-packets';
import { PacedSource } from '../../../support/source/paced-source';
import { startScriptedDatabase } from '../../../support/source/scripted-database';

/** Threads run the engine's bundle, which the tests' own set-up makes. */
const PACE = { chunks: 12, rowsPerChunk: 100, pieces: 2, pieceDelayMs: 1 };

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'threads-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);

async function run(paced: PacedSource, overrides: Partial<ExtractorProps>, onEvent?: (event: ExtractEvent) => void, signal?: AbortSignal) {
  const result = await extract({
    source: paced.source, target: pathToFileURL(folder).href, format: ExtractFormat.csv({ header: false }), plan: await paced.plan(), ...overrides,
  }, { onEvent, signal });
  const manifest = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  return { result, manifest };
}

describe('readers in threads', () => {
  let paced: PacedSource;
  beforeEach(async () => { paced = await PacedSource.start(PACE); });
  afterEach(async () => paced.stop());

  test('land every row once, each reader over a connection of its own', async () => {
    const events: ExtractEvent[] = [];
    const { result, manifest } = await run(paced, { readers: 4, threads: 2 }, (event) => events.push(event));
    const ids = manifest.tables[0].objects.flatMap(({ key }) => readFileSync(join(folder, key), 'utf8').trim().split('\n').map((line) => line.split(',')[0]));
    // Each chunk has the same rows.
    expect(new Set(ids).size).toBe(100);
    expect(ids).toHaveLength(1200);
    expect(manifest.tables[0].chunks).toHaveLength(12);
    expect(result.rows).toBe(1200);
    // The plan's, the one that the run checks the source with, and one of each reader.
    expect(paced.logins).toBe(1 + 1 + 4);
    expect(events.filter(({ type }) => type === 'table-finished')).toHaveLength(1);
  });

  test('land what readers without threads land', async () => {
    const landed = async (threads: number) => {
      const one = await PacedSource.start({ ...PACE, chunks: 1 });
      try {
        const { tables } = (await run(one, { readers: 1, threads })).manifest;
        return tables[0].objects.map(({ rows, contentHash, checksum }) => ({ rows, contentHash, checksum }));
      } finally {
        await one.stop();
      }
    };
    expect(await landed(1)).toEqual(await landed(0));
  });

  test('stop at once and leave nothing half written', async () => {
    const slow = await PacedSource.start({ ...PACE, pieceDelayMs: 500 });
    try {
      const stop = new AbortController();
      const running = run(slow, { readers: 2, threads: 2 }, ({ type }) => {
        if (type === 'table-started') stop.abort();
      }, stop.signal);
      await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
      expect(files().filter((name) => name.includes('.tmp-') || name.includes('manifest'))).toEqual([]);
    } finally {
      await slow.stop();
    }
  });
});

describe('what goes wrong in a thread', () => {
  const rows = Array.from({ length: 100 }, (_, id) => [id, `name ${id}`] as const);
  const failure = (number: number) => [packetize(Buffer.concat([error(number, 'as the test wants it'), done(2)]), 4096, true)];

  /** A table whose first reads are answered with an error of this number. */
  async function failing(number: number, times: number, props: Partial<ExtractorProps> = {}) {
    let reads = 0;
    const server = await startScriptedDatabase({
      tables: [{ schema: 'dbo', table: 'Accounts', columns: ['Id', 'Name'], primaryKey: ['Id'], rows }],
      override: (sql) => (/^SELECT \[Id\]/.test(sql) && reads++ < times ? failure(number) : undefined),
    });
    const events: ExtractEvent[] = [];
    const source = { server: '127.0.0.1', port: server.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false };
    const outcome = await extract({ source, target: pathToFileURL(folder).href, threads: 1, ...props }, { onEvent: (event) => events.push(event) })
      .then((result) => ({ result, reason: undefined }), (reason: unknown) => ({ result: undefined, reason }));
    await server.stop();
    return { ...outcome, events };
  }

  test('a failure that passes is retried there and told here', async () => {
    const { result, events } = await failing(1205, 1, { maxRetries: 1 });
    expect(result?.rows).toBe(100);
    expect(events).toContainEqual(expect.objectContaining({ type: 'chunk-retry', table: 'Accounts', attempt: 1, code: 'SOURCE_QUERY_FAILED' }));
  });

  test('a failure that stays ends the run with its own code, message and cause', async () => {
    const { reason } = await failing(208, 1);
    expect(reason).toMatchObject({ name: 'LegacyToS3Error', code: 'SOURCE_QUERY_FAILED', message: expect.stringContaining('[dbo].[Accounts]: SQL Server error 208') });
    expect((reason as Error).cause).toMatchObject({ message: 'as the test wants it' });
    expect(files().filter((name) => name.includes('manifest'))).toEqual([]);
  });

  /** Only what a thread is started with. */
  const context = (signal = new AbortController().signal) => ({ runId: 'a', options: {}, database: 'Ledger', consistency: 'query', signal }) as unknown as RunContext;
  const script = (text: string) => {
    const path = join(folder, 'thread.js');
    writeFileSync(path, text);
    return path;
  };
  const job = {} as never;
  const progress = { onProgress: () => undefined };

  test.each([
    ['ends by itself', 'setImmediate(() => process.exit(3))', 'a reader thread ended with code 3'],
    ['throws', 'throw new Error("no memory")', 'a reader thread failed: no memory'],
  ])('a thread that %s fails its readers', async (_, text, message) => {
    const thread = new ReaderThread(context(), script(text));
    const reader = thread.reader();
    await expect(reader.read(job, progress)).rejects.toMatchObject({ code: 'INTERNAL', message });
    await expect(reader.read(job, progress)).rejects.toMatchObject({ code: 'INTERNAL', message });
    await reader.close();
    await thread.close();
  });
});
