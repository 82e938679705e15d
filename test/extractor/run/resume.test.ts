import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type sql from 'mssql';
import { parseManifest } from '../../../src/contract';
import {
  abortRun, extract, ExtractFormat, pruneRuns, resume, type ExtractEvent, type ExtractorProps,
} from '../../../src/extractor/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { connectClient } from '../../support/stand-in-client';

let server: StandIn;
let folder: string;
let client: sql.ConnectionPool;

beforeAll(async () => {
  server = await startStandIn({ transactions: 20_000 });
  client = await connectClient(server);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'resume-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function props(overrides: Partial<ExtractorProps> = {}): ExtractorProps {
  return {
    source: { server: server.host, port: server.port, database: server.database, user: server.user, password: server.password, encrypt: false },
    target: pathToFileURL(folder).href,
    format: ExtractFormat.csv({ header: false }),
    tables: ['Transactions', 'Branches', 'AuditLog'],
    targetChunkRows: 2000,
    readers: 1,
    ...overrides,
  };
}

const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);

/** Stops a run when so many chunks are finished. @returns its id */
async function interrupted(
  after: number, overrides: Partial<ExtractorProps> = {},
): Promise<{ readonly runId: string; readonly events: ExtractEvent[] }> {
  const stop = new AbortController();
  const events: ExtractEvent[] = [];
  let runId = '';
  let chunks = 0;
  const onEvent = (event: ExtractEvent) => {
    events.push(event);
    if (event.type === 'run-started') ({ runId } = event);
    if (event.type === 'chunk-finished' && ++chunks === after) stop.abort();
  };
  await expect(extract(props(overrides), { signal: stop.signal, onEvent })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  return { runId, events };
}

const ids = (texts: readonly string[]) => texts.flatMap((text) => text.split('\n').filter((line) => line !== '').map((line) => Number(line.split(',')[0])));

test('a stopped run goes on where it was: finished chunks are not read again, and every row lands once', async () => {
  const { runId, events } = await interrupted(3);
  expect(events.at(-1)).toMatchObject({ type: 'warning', message: expect.stringContaining(`--resume ${runId}`) });
  const started: ExtractEvent[] = [];
  const result = await resume(props({ format: ExtractFormat.parquet() }), runId, { onEvent: (event) => started.push(event) });
  expect(result).toMatchObject({ runId, verification: 'verified' });
  expect(started.filter(({ type }) => type === 'chunk-finished')).toHaveLength(7);
  const manifest = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  const transactions = manifest.tables.find(({ table }) => table === 'Transactions')!;
  const landed = ids(transactions.objects.map(({ key }) => readFileSync(join(folder, key), 'utf8'))).sort((a, b) => a - b);
  expect(landed).toEqual(Array.from({ length: 20_000 }, (_, id) => landed[0] + id));
  // As it was begun, and nothing of the checkpoint is left.
  expect(manifest.format.name).toBe('csv');
  expect(files().filter((name) => !/^part-|^_manifest/.test(name))).toEqual([]);
});

test('a run is refused that is unknown, held by another, or of a table that has changed', async () => {
  await expect(resume(props(), 'nope')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  await client.batch('CREATE TABLE dbo.Resumed (Id int NOT NULL PRIMARY KEY); INSERT INTO dbo.Resumed SELECT value FROM GENERATE_SERIES(1, 100)');
  const tables = { tables: ['Resumed'], targetChunkRows: 20 };
  const { runId } = await interrupted(2, tables);
  const planless = props({ tables: undefined, targetChunkRows: undefined });
  const both = await Promise.allSettled([resume(planless, runId), resume(planless, runId)]);
  const lost = both.filter(({ status }) => status === 'rejected');
  expect(lost).toHaveLength(1);
  expect(lost[0]).toMatchObject({ reason: { code: expect.stringMatching(/^RUN_(IN_USE|NOT_FOUND)$/) } });
  const again = await interrupted(2, tables);
  await client.batch('ALTER TABLE dbo.Resumed ADD Extra int NULL');
  await expect(resume(planless, again.runId)).rejects.toMatchObject({ code: 'SCHEMA_CHANGED', message: expect.stringContaining("'Extra' is new") });
});

test('abort and prune leave nothing of a run, and the other runs alone', async () => {
  const first = await interrupted(1);
  const second = await interrupted(1);
  await abortRun({ target: props().target }, first.runId);
  expect(files().some((name) => name.startsWith('part-'))).toBe(true);
  expect(await pruneRuns({ target: props().target }, 1)).toEqual([]);
  expect(await pruneRuns({ target: props().target }, 0)).toEqual([second.runId]);
  expect(files()).toEqual([]);
  await expect(abortRun({ target: props().target }, first.runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
});

test('a run whose manifest is there is complete: abort and prune take what its process left of the checkpoint, and no object', async () => {
  const { target } = props();
  const { runId } = await interrupted(1);
  const kept = join(folder, 'kept');
  cpSync(join(folder, '_state'), kept, { recursive: true });
  await resume(props(), runId);
  // As if the process had died between the manifest and the end of its checkpoint.
  cpSync(kept, join(folder, '_state'), { recursive: true });
  const landed = files().filter((name) => /^part-|^_manifest/.test(name)).sort();
  await expect(abortRun({ target }, runId, true)).rejects.toMatchObject({ code: 'RUN_COMPLETE', message: expect.stringContaining('_manifest.json') });
  cpSync(kept, join(folder, '_state'), { recursive: true });
  rmSync(kept, { recursive: true });
  expect(await pruneRuns({ target }, 0)).toEqual([]);
  expect(files().sort()).toEqual(landed);
});
