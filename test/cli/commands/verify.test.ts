import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { extract, ExtractFormat } from '../../../src/extractor/doors/public';
import type { ReplayServer } from '../../../tools/replay-server/replay-server';
import { removeCliBundle } from '../../support/packages/cli-bundle';
import { startScriptedDatabase } from '../../support/source/scripted-database';
import { runCli } from '../spawn-cli';

let database: ReplayServer;
let folder: string;

beforeAll(async () => { database = await startScriptedDatabase({ tables: [{ schema: 'dbo', table: 'Accounts', columns: ['Id'], rows: [[1], [2]] }] }); });
afterAll(async () => {
  await database.stop();
  removeCliBundle();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'cli-verify-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const to = () => pathToFileURL(folder).href;
const land = async (format = ExtractFormat.csv()) => extract({
  source: { server: '127.0.0.1', port: database.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
  target: to(),
  format,
});

test('a run that equals its manifest, and the source, exits with 0', async () => {
  const { runId } = await land(ExtractFormat.parquet());
  const source = ['--against-source', '--server', '127.0.0.1', '--port', String(database.port), '--user', 'reader', '--database', 'Ledger', '--encrypt', 'false'];
  const { code, stdout, stderr } = await runCli(['verify', runId, '--to', to(), ...source], { LEGACY_TO_S3_PASSWORD: 'hunter2' });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(new RegExp(`^run ${runId} equals its manifest and the source: 1 object, 2 rows and .* read back in \\S+ s\\n$`));
});

test('a changed object exits with 5 and is named with both values', async () => {
  const { runId, manifestKey } = await land();
  const { tables: [{ objects: [{ key, contentHash }] }] } = JSON.parse(readFileSync(join(folder, manifestKey), 'utf8'));
  writeFileSync(join(folder, key), readFileSync(join(folder, key), 'utf8').replace('2', '3'));
  const { code, stderr } = await runCli(['verify', runId, '--to', to()], {});
  expect(code).toBe(5);
  expect(stderr).toContain(`problem: dbo.Accounts, chunk 0, ${key}: the rows of the object are others: content hash: expected ${contentHash}, found `);
  expect(stderr).toMatch(/error CONTENT_MISMATCH: run .* \(and 2 more\)\n$/);
});

test('--against-source without a source is refused', async () => {
  const { code, stderr } = await runCli(['verify', 'any', '--to', to(), '--against-source'], {});
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'error INVALID_CONFIG: no server: pass --server, or set source.server in the config file\n' });
});
