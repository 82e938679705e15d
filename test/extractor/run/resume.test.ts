import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type sql from 'mssql';
import { parseManifest, runIdAt } from '../../../src/contract';
import { abortRun, ClrType, Consistency, extract, ExtractFormat, Extractor, pruneRuns, resume, SourceHashes, SourceRisk, TimeType, type ExtractEvent, type ExtractorProps } from '../../../src/extractor/doors/public';
import { FolderStore } from '../../../src/extractor/state/folder-store';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { connectClient, sourceOf } from '../../support/source/stand-in-client';

const MASKED = { user: 'masked', password: 'masked-Secret-1', unmask: false };

let server: StandIn;
let folder: string;
let client: sql.ConnectionPool;

beforeAll(async () => {
  server = await startStandIn({ transactions: 20_000, logins: [MASKED] });
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
    source: sourceOf(server),
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
  const result = await resume(props(), runId, { onEvent: (event) => started.push(event) });
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
  const bare = props({ tables: undefined, targetChunkRows: undefined });
  const both = await Promise.allSettled([resume(bare, runId), resume(bare, runId)]);
  const lost = both.filter(({ status }) => status === 'rejected');
  expect(lost).toHaveLength(1);
  expect(lost[0]).toMatchObject({ reason: { code: expect.stringMatching(/^RUN_(IN_USE|COMPLETE)$/) } });
  const again = await interrupted(2, tables);
  await client.batch('ALTER TABLE dbo.Resumed ADD Extra int NULL');
  await expect(resume(bare, again.runId)).rejects.toMatchObject({ code: 'SCHEMA_CHANGED', message: expect.stringContaining("'Extra' is new") });
});

describe('what the run was begun with', () => {
  const refused: ReadonlyArray<readonly [Partial<ExtractorProps>, string]> = [
    [{ tables: ['Branches'] }, "tables (--tables) is 'Branches', but the run has 'Transactions, Branches, AuditLog'"],
    [{ excludeTables: ['dbo.A*'] }, "excludeTables (--exclude-tables) is 'dbo.A*', but the run has none"],
    [{ tableOptions: [{ table: 'Branches', rowFilter: 'BranchId > 1' }] }, 'tableOptions is [{"table":"Branches","rowFilter":"BranchId > 1"}], but the run has none'],
    [{ targetChunkRows: undefined, targetChunkBytes: 2 ** 21 }, 'targetChunkBytes (--target-chunk-size) is 2097152, but the run has targetChunkRows 2000'],
    [{ format: ExtractFormat.parquet() }, "format.name (--format) is 'parquet', but the run has 'csv'"],
    [{ format: ExtractFormat.csv() }, 'format.header (--header) is true, but the run has false'],
    [{ types: { clr: ClrType.TEXT } }, "types.clr (--types-clr) is 'text', but the run has 'binary'"],
    [{ columnTypes: { Amount: {} } }, 'columnTypes is {"Amount":{}}, but the run has {}'],
    [{ targetFileBytes: 2 ** 20 }, 'targetFileBytes (--target-file-size) is 1048576, but the run has 268435456'],
    [{ consistency: Consistency.NO_LOCK }, "consistency (--consistency) is 'noLock', but the run has 'snapshot'"],
    [{ sourceAggregates: false }, 'sourceAggregates (--source-aggregates) is false, but the run has true'],
    [{ sourceHashes: SourceHashes.ALL }, "sourceHashes (--source-hashes) is 'all', but the run has 'none'"],
  ];

  test('is not given up for something else: the resume is refused by name', async () => {
    const { runId } = await interrupted(1);
    for (const [given, message] of refused) {
      await expect(resume(props(given), runId)).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining(message) });
    }
    // Nobody holds the run, and nothing of it is gone.
    expect(await resume(props(), runId)).toMatchObject({ runId, verification: 'verified' });
  });

  test('all that differs is told at once, also a plan, and beside a plan what it says', async () => {
    const whole = { tables: undefined, targetChunkRows: undefined };
    const plan = await new Extractor(props()).plan();
    const { runId } = await interrupted(1, { ...whole, plan });
    const other = { ...plan, tables: plan.tables.slice(1) };
    await expect(resume(props({ ...whole, plan: other }), runId)).rejects.toMatchObject({ message: expect.stringContaining('plan (--plan) is of other tables or chunks') });
    await expect(resume(props({ targetFileBytes: 2 ** 20 }), runId)).rejects.toMatchObject({
      message: expect.stringMatching(/tables \(--tables\) is '.*', but the run has what its plan says; targetChunkRows .*; targetFileBytes .*; leave them out/),
    });
    expect(await resume(props({ ...whole, plan }), runId)).toMatchObject({ runId });
  });

  test('may be given again in other words, or left out; what may change does', async () => {
    const begun = { consistency: Consistency.READ_COMMITTED, types: { time: TimeType.TEXT } };
    const { runId } = await interrupted(1, begun);
    const warm = { readers: 3, threads: 0, maxRetries: 0, backOff: false, lockTimeoutSeconds: 5, maxDop: 2, accept: [SourceRisk.MASKED_COLUMNS] };
    const events: ExtractEvent[] = [];
    const given = props({
      ...begun, ...warm, tables: ['auditlog', 'BRANCHES', 'transactions'], format: ExtractFormat.csv({ header: false, delimiter: ',' }), columnTypes: {}, targetFileBytes: 2 ** 28,
    });
    expect(await resume(given, runId, { onEvent: (event) => events.push(event) })).toMatchObject({ runId, consistency: 'readCommitted', instants: 12 });
    expect(events.find(({ type }) => type === 'run-planned')).toMatchObject({ readers: 3 });
  });

  test('is kept where it is left out: aggregates, hashes, consistency', async () => {
    const begun = { sourceAggregates: false, sourceHashes: SourceHashes.ALL, consistency: Consistency.READ_COMMITTED };
    const { runId } = await interrupted(1, begun);
    const result = await resume(props({ tables: undefined, targetChunkRows: undefined, format: undefined }), runId);
    const { tables, format } = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
    expect({ consistency: result.consistency, format: format.name }).toEqual({ consistency: 'readCommitted', format: 'csv' });
    for (const { rows, verification } of tables) {
      expect(verification).toMatchObject({ state: 'counted', detail: 'the source was not asked for aggregates', hashedRows: rows });
    }
  });
});

test('a risk that was accepted stays accepted, and a further one may be', async () => {
  await client.batch('CREATE TABLE dbo.Pins (Id int NOT NULL PRIMARY KEY, Pin varchar(8) MASKED WITH (FUNCTION = \'default()\') NULL)');
  await client.batch('INSERT INTO dbo.Pins SELECT value, \'1234\' FROM GENERATE_SERIES(1, 100)');
  const source = { ...props().source, user: MASKED.user, password: MASKED.password };
  const masked = { source, tables: ['Pins'], targetChunkRows: 20 };
  const { runId } = await interrupted(2, { ...masked, accept: [SourceRisk.MASKED_COLUMNS] });
  expect(await resume(props({ ...masked, accept: [SourceRisk.DENIED_COLUMNS] }), runId)).toMatchObject({ runId, rows: 100 });
});

test('a run that is complete can be neither gone on with nor given up: that is told, and its objects stay', async () => {
  const { runId } = await extract(props({ tables: ['Branches'] }));
  const landed = files();
  const complete = { code: 'RUN_COMPLETE', message: expect.stringMatching(new RegExp(`^run ${runId} is complete: its manifest file:///.*/_manifest.json is there`)) };
  await expect(resume(props(), runId)).rejects.toMatchObject(complete);
  await expect(abortRun({ target: props().target }, runId)).rejects.toMatchObject(complete);
  expect(files()).toEqual(landed);
});

describe('temporary files that killed processes left', () => {
  /** As a process that was killed while it wrote the text. */
  const plant = (...names: readonly string[]) => names.map((name) => {
    const path = join(folder, '_state', `${name}.tmp-0a1b2c3d`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{"half":');
    return path;
  });
  const temporary = () => files().filter((name) => name.includes('.tmp-')).sort();

  test('go when the run is gone on with, but not what another process writes to get the run', async () => {
    const { runId } = await interrupted(1);
    plant(`run=${runId}/run.json`, `run=${runId}/chunk-00000-00007.json`, `run=${runId}/lease-000001.json`);
    const [asked] = plant(`run=${runId}/lease-000002.json`);
    const [others] = plant('run=20260101T000000000Z-aaaaaa/chunk-00000-00001.json');
    const seen: string[][] = [];
    await resume(props(), runId, { onEvent: ({ type }) => void (type === 'run-started' && seen.push(temporary())) });
    expect(seen).toEqual([[asked, others].map((path) => basename(path)).sort()]);
    // What is complete leaves nothing at all; the other run is not this one's.
    expect(temporary()).toEqual([basename(others)]);
  });

  test('go with the run that is given up, and by prune also where nothing else of a run is left', async () => {
    const { runId } = await interrupted(1);
    plant(`run=${runId}/chunk-00000-00007.json`);
    await abortRun({ target: props().target }, runId);
    expect(temporary()).toEqual([]);
    const [young] = plant(`run=${runIdAt(new Date(), 'aaaaaa')}/run.json`);
    plant('run=20260101T000000000Z-aaaaaa/run.json', 'run=20260101T000000000Z-bbbbbb/lease-000001.json');
    expect(await pruneRuns({ target: props().target }, 0)).toEqual([]);
    // A process may be about to begin this one.
    expect(files()).toEqual([basename(young)]);
  });

  test('a process that asks for a run at the moment another one ends it is told so', async () => {
    const store = new FolderStore(join(folder, '_state'));
    const created = store.create('run=1/lease-000001.json', '{}');
    let keys: string[] = [];
    while (keys.length === 0) keys = await store.leftovers('run=1/');
    await store.remove(keys);
    expect(await created).toBe(false);
  });
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
