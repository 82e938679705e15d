import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { extract } from '../../../../src/extractor/doors/public';
import { resultPackets } from '../../../support/source/result-packets';
import { startScriptedDatabase } from '../../../support/source/scripted-database';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'spelled-')); });
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs against a server that answers so when asked for the aggregates of the rows 10 and 90. */
async function run(answers: { readonly [alias: string]: string }) {
  const database = await startScriptedDatabase({
    tables: [{ schema: 'dbo', table: 'Accounts', columns: ['Id'], primaryKey: ['Id'], rows: [[10], [90]] }],
    override: (sql) => (sql.includes('COUNT_BIG') ? [resultPackets(Object.keys(answers), [Object.values(answers)])] : undefined),
  });
  try {
    const source = { server: '127.0.0.1', port: database.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false };
    return await extract({ source, target: pathToFileURL(folder).href });
  } finally {
    await database.stop();
  }
}

test('a server that spells numbers in its own way has not changed them', async () => {
  const result = await run({ row_count: '2.0', v1: '2.', s1: '1E+2', l1: '10.00', g1: '+90' });
  expect(result).toMatchObject({ verification: 'verified', rows: 2, warnings: [] });
});

test('other values are told however they are spelled, and what is no number at all too', async () => {
  await expect(run({ row_count: '2.0', v1: '2', s1: '1.01E+2', l1: '10', g1: '90' })).rejects.toMatchObject({
    code: 'AGGREGATE_MISMATCH', message: expect.stringContaining('column "Id": sum 100 landed, 1.01E+2 in the source'),
  });
  await expect(run({ row_count: 'two', v1: '2', s1: '100', l1: '10', g1: '90' })).rejects.toMatchObject({
    code: 'SOURCE_QUERY_FAILED', message: expect.stringContaining('COUNT_BIG answered "two"'),
  });
});
