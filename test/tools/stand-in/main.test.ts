import { ChildProcess, spawn } from 'child_process';
import { once } from 'events';
import { existsSync } from 'fs';
import path from 'path';
import { createInterface } from 'readline';
import mssql from 'mssql';

const MAIN = path.resolve(__dirname, '..', '..', '..', 'tools', 'stand-in', 'main.ts');
const started: ChildProcess[] = [];

function run(args: string[], environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], { env: { ...process.env, ...environment }, cwd: path.dirname(MAIN) });
  started.push(child);
  return child;
}

async function ready(child: ChildProcess): Promise<Record<string, unknown>> {
  const [line] = await once(createInterface({ input: child.stdout! }), 'line') as [string];
  return JSON.parse(line) as Record<string, unknown>;
}

afterEach(() => {
  started.splice(0).forEach((child) => child.kill('SIGKILL'));
});

test('prints one line when it takes connections, and ends on SIGTERM with its files gone', async () => {
  const child = run(['--transactions', '50'], { STAND_IN_PASSWORD: 'From_environment1' });
  const line = await ready(child);
  expect(line).toEqual({ ready: true, host: '127.0.0.1', port: expect.any(Number), user: 'sa', database: 'LegacyLedger', caFile: expect.any(String) });
  const pool = await new mssql.ConnectionPool({
    server: '127.0.0.1', port: line.port as number, user: 'sa', password: 'From_environment1', database: 'LegacyLedger', options: { encrypt: false },
  }).connect();
  expect((await pool.request().query('SELECT COUNT(*) AS n FROM dbo.Transactions')).recordset).toEqual([{ n: 50 }]);
  await pool.close();
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(existsSync(line.caFile as string)).toBe(false);
});

test('makes and prints a password when none is given', async () => {
  const environment = { ...process.env };
  delete environment.STAND_IN_PASSWORD;
  const line = await ready(run(['--transactions', '50'], environment as Record<string, string>));
  expect(line.password).toMatch(/^[\w-]{16}$/);
});

test.each([
  [['--port', 'many'], '--port must be a whole number, got many'],
  [['--encryption', 'maybe'], '--encryption must be off, required, none or strict, got maybe'],
])('%j is refused', async (args, message) => {
  const child = run(args);
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { errors += text; });
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(errors.trim().split('\n').pop()).toBe(message);
});
