import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest } from '../../../../src/contract';
import { extract } from '../../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../../tools/stand-in';

const PYTHON = join(__dirname, '../../../../.venv/bin/python');
const SCRIPT = join(__dirname, '../../../support/runs/content-hash.py');

let server: StandIn;
let folder: string;

beforeAll(async () => {
  server = await startStandIn({ transactions: 2000 });
  folder = mkdtempSync(join(tmpdir(), 'recompute-'));
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

test('pyarrow and xxhash make the manifest\'s content hash of every object from the landed values alone', async () => {
  const { port, database, user, password, caFile } = server;
  const { manifestKey } = await extract({
    source: { server: 'localhost', port, database, user, password, caFile }, target: pathToFileURL(folder).href,
  });
  const { tables } = parseManifest(readFileSync(join(folder, manifestKey), 'utf8'));
  expect(tables.map(({ table }) => table)).toEqual(expect.arrayContaining(['AllTypes', 'Transactions']));
  for (const { table, columns, objects } of tables) {
    const columnsFile = join(folder, 'columns.json');
    writeFileSync(columnsFile, JSON.stringify(columns));
    for (const { key, rows, contentHash } of objects) {
      const found = execFileSync(PYTHON, [SCRIPT, columnsFile, join(folder, key)], { encoding: 'utf8' }).trim();
      expect({ table, found }).toEqual({ table, found: `${rows} ${contentHash}` });
    }
  }
});
