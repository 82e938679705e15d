import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { keysSql, tablesSql } from '../../../src/extractor/source/catalog/catalog-queries';
import { done, error, packetize } from '../../../tools/replay-server/tds-packets';
import { removeCliBundle } from '../../support/packages/cli-bundle';
import { EVERY_FEATURE, startScriptedDatabase, type ScriptedDatabase } from '../../support/source/scripted-database';
import { runCli, type CliResult } from '../spawn-cli';

let folder: string;

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'cli-check-')); });
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(removeCliBundle);

async function check(database: Partial<ScriptedDatabase>): Promise<CliResult> {
  const columns = ['Id', 'ID'];
  const tables = ['Accounts', 'Customers'].map((table) => ({ schema: 'dbo', table, columns, primaryKey: ['Id'], rows: [[1, 2]] }));
  const server = await startScriptedDatabase({ tables, ...database });
  try {
    const source = ['--server', '127.0.0.1', '--port', String(server.port), '--user', 'reader', '--database', 'Ledger', '--encrypt', 'false'];
    return await runCli(['check', ...source, '--to', pathToFileURL(folder).href], { LEGACY_TO_S3_PASSWORD: 'hunter2' });
  } finally {
    await server.stop();
  }
}

const refusing = (asked: string, number: number, message: string): Partial<ScriptedDatabase> => (
  { override: (sql) => (sql === asked ? [packetize(Buffer.concat([error(number, message), done(2)]), 4096, true)] : undefined) }
);
const times = (text: string, part: string) => text.split(part).length - 1;

test('what is advised for several findings is said once', async () => {
  const { code, stdout } = await check({ snapshotAllowed: false });
  expect(code).toBe(0);
  expect(stdout.match(/^source +warn /gm)).toHaveLength(3);
  expect(times(stdout, 'see the plan')).toBe(1);
});

test('what an error advises is not advised again in other words', async () => {
  const { code, stdout } = await runCli(
    ['check', '--server', '127.0.0.1', '--port', '1', '--user', 'reader', '--database', 'Ledger', '--to', pathToFileURL(folder).href], { LEGACY_TO_S3_PASSWORD: 'hunter2' });
  expect(code).toBe(2);
  expect(stdout).toMatch(/^connection +fail +SOURCE_UNREACHABLE: .* \(ECONNREFUSED\); check server, port and firewall$/m);
});

test('a server that lacks a catalog view is told as such: no grant would bring it', async () => {
  const { code, stdout } = await check(refusing(keysSql(EVERY_FEATURE), 208, "Invalid object name 'sys.index_columns'."));
  expect(code).toBe(2);
  expect(stdout).toMatch(/^tables +fail +SOURCE_QUERY_FAILED: cannot list the keys: this server has no sys\.index_columns \(error 208: .*; supported are SQL Server 2012 and later/m);
  expect(stdout).not.toMatch(/grant/i);
});

test('a missing permission is told as such, and what to grant', async () => {
  const { stdout } = await check(refusing(tablesSql(EVERY_FEATURE), 229, "The SELECT permission was denied on the object 'tables', database 'mssqlsystemresource', schema 'sys'."));
  expect(stdout).toMatch(/^tables +fail +SOURCE_PERMISSION_DENIED: cannot list the tables: .*; grant SELECT on the tables, and VIEW DEFINITION/m);
});
