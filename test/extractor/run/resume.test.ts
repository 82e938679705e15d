import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sql from 'mssql';
import { parseManifest } from '../../../src/contract';
import {
  abortRun, extract, ExtractFormat, pruneRuns, resume, type ExtractEvent, type ExtractorProps,
} from '../../../src/extractor/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { startCli } from '../../cli/spawn-cli';
import { removeCliBundle } from '../../support/cli-bundle';
import { FakeS3Server } from '../../support/fake-s3-server';

/** Kills of the test; the long form sets more. */
const KILLS = Number(process.env.KILLS ?? 5);
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test-secret', AWS_REGION: 'eu-central-1' };

let server: StandIn;
let folder: string;
let client: sql.ConnectionPool;

beforeAll(async () => {
  Object.assign(process.env, CREDENTIALS);
  server = await startStandIn({ transactions: 20_000 });
  client = await new sql.ConnectionPool({
    server: server.host, port: server.port, user: server.user, password: server.password, database: server.database, options: { encrypt: false },
  }).connect();
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
  removeCliBundle();
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
  expect(result).toMatchObject({ runId, verification: 'counted' });
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

test(`a process that is killed ${KILLS} times ends with every row once, no upload and no checkpoint`, async () => {
  const s3 = await FakeS3Server.start('landing');
  try {
    const common = ['--server', server.host, '--port', String(server.port), '--user', server.user, '--database', server.database, '--ca-file', server.caFile];
    const target = ['--to', 's3://landing/sql', '--endpoint-url', s3.endpoint];
    const env = { ...CREDENTIALS, LEGACY_TO_S3_PASSWORD: server.password, AWS_ENDPOINT_URL: undefined };
    let runId: string | undefined;
    let kills = 0;
    let output = '';
    for (let attempt = 0; attempt < 6 * KILLS + 20; attempt++) {
      const plan = ['--tables', 'Transactions,Branches', '--target-chunk-rows', '500', '--readers', '2'];
      const cli = startCli(['extract', ...common, ...target, '--format', 'csv', '--json', ...(runId ? ['--resume', runId, '--take-over', '--readers', '2'] : plan)], env);
      // From the begin of reading on, at any moment of what follows.
      const begun = cli.seen('run-started').then(() => true, () => false);
      if (kills < KILLS && await begun) {
        const wanted = s3.requests.length + 1 + Math.floor(Math.random() * 25);
        while (s3.requests.length < wanted && cli.process.exitCode === null) await new Promise((resolve) => setImmediate(resolve));
        if (cli.process.kill('SIGKILL')) kills += 1;
      }
      const { stdout, code, stderr } = await cli.ended;
      runId ??= /"runId":"([^"]+)"/.exec(stdout)?.[1];
      output = stderr + stdout;
      if (code === 0) break;
      // Killed so early that there is no checkpoint yet, or so late that there is none any more.
      if (/RUN_NOT_FOUND/.test(output)) {
        if ([...s3.objects.keys()].some((key) => key.endsWith('_manifest.json'))) break;
        runId = undefined;
      }
    }
    const manifests = [...s3.objects].filter(([key]) => key.endsWith('_manifest.json'));
    expect({ manifests: manifests.length, output: manifests.length === 1 ? '' : output }).toEqual({ manifests: 1, output: '' });
    const manifest = parseManifest(manifests[0][1].body.toString());
    const transactions = manifest.tables.find(({ table }) => table === 'Transactions')!;
    const landed = ids(transactions.objects.map(({ key }) => s3.objects.get(key)!.body.toString().replace(/^.*\n/, ''))).sort((a, b) => a - b);
    expect(landed).toEqual(Array.from({ length: 20_000 }, (_, id) => landed[0] + id));
    expect(manifest.tables.find(({ table }) => table === 'Branches')).toMatchObject({ rows: expect.any(Number) });
    expect(kills).toBe(KILLS);
    expect(s3.uploads.size).toBe(0);
    // Every object of the run is named by its manifest.
    const named = new Set(manifest.tables.flatMap(({ objects }) => objects.map(({ key }) => key)));
    expect([...s3.objects.keys()].filter((key) => key.includes(`run=${manifest.runId}`) && !key.endsWith('_manifest.json') && !named.has(key))).toEqual([]);
  } finally {
    await s3.stop();
  }
}, 120_000 + KILLS * 10_000);
