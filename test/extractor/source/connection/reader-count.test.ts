import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { extract, ExtractFormat, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { fillOptions } from '../../../../src/extractor/run/context/run-options';
import type { ReplayServer } from '../../../../tools/replay-server/replay-server';
import { done, error, packetize } from '../../../../tools/replay-server/tds-packets';
import { startStandIn } from '../../../../tools/stand-in';
import { startScriptedDatabase, type ScriptedDatabase } from '../../../support/source/scripted-database';

const TABLES = Array.from({ length: 10 }, (_, at) => ({ schema: 'dbo', table: `T${at}`, columns: ['Id'], rows: [[at]] as const }));
const SOURCE = { server: '127.0.0.1', database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false };
const usual = fillOptions({ source: SOURCE, target: 'file:///nowhere' }).readers;

let server: ReplayServer | undefined;
let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'advice-')); });
afterEach(async () => {
  await server?.stop();
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** @returns the readers that a run tells of, which are also the connections it made */
async function readersOf(database: Partial<ScriptedDatabase>, overrides: Partial<ExtractorProps> = {}): Promise<number | undefined> {
  server = await startScriptedDatabase({ tables: TABLES, ...database });
  let readers: number | undefined;
  await extract({ source: { ...SOURCE, port: server.port }, target: pathToFileURL(folder).href, format: ExtractFormat.csv(), ...overrides }, {
    onEvent: (event) => { if (event.type === 'run-planned') ({ readers } = event); },
  });
  expect(server.logins).toBe(readers);
  return readers;
}

const denied = (sql: string) => (sql.includes('scheduler_count')
  ? [packetize(Buffer.concat([error(300, 'VIEW SERVER STATE permission was denied on object \'server\'.'), done(2)]), 4096, true)] : undefined);

test.each<[string, Partial<ScriptedDatabase>, Partial<ExtractorProps>, number]>([
  ['one core of the source takes one reader', { schedulers: 1 }, {}, 1],
  ['many cores take as many as usual', { schedulers: 64 }, {}, usual],
  ['cores are shared by readers that may use several each', { schedulers: 2 }, { maxDop: 2 }, 1],
  ['whoever may not ask gets as many as usual', { override: denied }, {}, usual],
  ['where nothing is told there are as many as usual', {}, {}, usual],
  ['readers that are asked for are not lowered', { schedulers: 1 }, { readers: 5 }, 5],
])('%s', async (_, database, overrides, readers) => {
  expect(await readersOf(database, overrides)).toBe(readers);
});

test('a server is asked in words that it understands', async () => {
  const standIn = await startStandIn({ transactions: 10 });
  try {
    let readers: number | undefined;
    const { host, port, database, user, password } = standIn;
    await extract({
      source: { server: host, port, database, user, password, encrypt: false }, target: pathToFileURL(folder).href, tables: ['Branches'], maxDop: 16,
    }, { onEvent: (event) => { if (event.type === 'run-planned') ({ readers } = event); } });
    expect(readers).toBe(1);
  } finally {
    await standIn.stop();
  }
});
