import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { extract, ExtractFormat } from '../../../../src/extractor/doors/public';
import type { ReplayServer } from '../../../../tools/replay-server/replay-server';
import { packetize, unpacketize } from '../../../../tools/replay-server/tds-packets';
import { resultPackets } from '../../../support/source/result-packets';
import { startScriptedDatabase } from '../../../support/source/scripted-database';

const ROWS = Array.from({ length: 1500 }, (_, at) => [at, `name ${at}`] as const);

let database: ReplayServer;
let folder: string;

beforeAll(async () => {
  // Behind the rows a byte takes the place of the last token that no token begins with.
  const payload = unpacketize(resultPackets(['Id', 'Name'], ROWS));
  const damaged = packetize(Buffer.concat([payload.subarray(0, -13), Buffer.from([0x42])]), 4096, true);
  database = await startScriptedDatabase({
    tables: [{ schema: 'dbo', table: 'Accounts', columns: ['Id', 'Name'], primaryKey: ['Id'], rows: ROWS }],
    override: (sql) => (/^SELECT \[Id\]/.test(sql) ? [damaged] : undefined),
  });
});
afterAll(() => database.stop());
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'protocol-')); });
afterEach(() => rmSync(folder, { recursive: true }));

test.each([ExtractFormat.csv(), ExtractFormat.jsonLines(), ExtractFormat.parquet()])('a run says in which table, and behind how many rows, a server stopped to speak TDS', async (format) => {
  const source = { server: '127.0.0.1', port: database.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false };
  await expect(extract({ source, target: pathToFileURL(folder).href, format })).rejects.toMatchObject({
    code: 'PROTOCOL_ERROR', message: '[dbo].[Accounts], after 1,500 rows: unexpected token 0x42 in the response',
  });
});
