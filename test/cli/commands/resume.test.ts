import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest } from '../../../src/contract';
import { removeCliBundle } from '../../support/packages/cli-bundle';
import { PacedSource } from '../../support/source/paced-source';
import { runCli, startCli } from '../spawn-cli';

const PACE = { chunks: 8, rowsPerChunk: 100, pieces: 4, pieceDelayMs: 80 };

let paced: PacedSource;
let folder: string;

beforeAll(async () => { paced = await PacedSource.start(PACE); });
afterAll(async () => {
  await paced.stop();
  removeCliBundle();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'cli-resume-')); });
afterEach(() => rmSync(folder, { recursive: true }));

test('Ctrl-C in the middle keeps what is finished; --resume goes on at once; two processes never have the same run', async () => {
  const { server, port, user, password } = paced.source;
  const planFile = join(folder, 'plan.json');
  writeFileSync(planFile, JSON.stringify(await paced.plan()));
  const target = join(folder, 'landed');
  const args = [
    'extract', '--server', server, '--port', String(port), '--user', user, '--database', 'Ledger', '--encrypt', 'false',
    '--to', pathToFileURL(target).href, '--format', 'csv', '--readers', '1', '--json', '--emf', 'Ledger',
  ];
  const env = { LEGACY_TO_S3_PASSWORD: password };
  const first = startCli([...args, '--plan', planFile], env);
  const runId = /"runId":"([^"]+)"/.exec(await first.seen('chunk-finished'))![1];

  const second = await runCli([...args, '--resume', runId], env);
  expect(second.code).toBe(4);
  expect(second.stderr).toMatch(/^error RUN_IN_USE: .* holds it until /m);

  first.process.kill('SIGINT');
  const stopped = await first.ended;
  expect(stopped).toMatchObject({ code: 130, stderr: expect.stringContaining('error INTERRUPTED') });
  const finished = (text: string) => text.split('\n').filter((line) => line.includes('"type":"chunk-finished"')).length;
  expect(finished(stopped.stdout)).toBeLessThan(PACE.chunks);

  const otherwise = await runCli([...args, '--resume', runId, '--compression', 'gzip', '--tables', 'dbo.Other'], env);
  expect(otherwise.code).toBe(2);
  expect(otherwise.stderr).toMatch(/^error INVALID_CONFIG: run .* tables \(--tables\) is 'dbo.Other', but the run has what its plan says; format.compression \(--compression\) is 'gzip', but the run has 'none'/m);

  const resumed = await runCli([...args, '--resume', runId], env);
  expect({ code: resumed.code, stderr: resumed.stderr }).toEqual({ code: 0, stderr: '' });
  expect(finished(stopped.stdout) + finished(resumed.stdout)).toBe(PACE.chunks);
  const lines = resumed.stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
  expect(lines.find((line) => line._aws && 'RowsExtracted' in line)).toMatchObject({ service: 'extractor', RowsExtracted: 800, runId });
  // Each process had a transaction of its own.
  expect(lines.find(({ type }) => type === 'run-finished')).toMatchObject({ result: { consistency: 'snapshot', instants: 2 } });
  const files = readdirSync(target, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);
  expect(files.filter((name) => !/^part-|^_manifest/.test(name))).toEqual([]);
  const [manifestFile] = readdirSync(target, { recursive: true }).map(String).filter((name) => name.endsWith('_manifest.json'));
  const manifest = parseManifest(readFileSync(join(target, manifestFile), 'utf8'));
  const ids = manifest.tables[0].objects.flatMap(({ key }) => readFileSync(join(target, key), 'utf8').split('\n').slice(1, -1));
  expect(ids).toHaveLength(PACE.chunks * PACE.rowsPerChunk);
  for (const again of [[...args, '--resume', runId], ['abort', runId, '--to', pathToFileURL(target).href]]) {
    expect(await runCli(again, env)).toMatchObject({ code: 4, stderr: expect.stringMatching(/^error RUN_COMPLETE: run .* is complete/m) });
  }
});
