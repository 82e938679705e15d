import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest } from '../../../src/contract';
import { ReplayServer } from '../../../tools/replay-server/replay-server';
import { packetize } from '../../../tools/replay-server/tds-packets';
import { removeCliBundle } from '../../support/packages/cli-bundle';
import { compare, plain, rowsOf, sourcesOf, type Faults } from '../../support/tds/vector-rows';
import { representatives, vectorPayload, type WireVector } from '../../support/tds/wire-vectors';
import { runCli } from '../spawn-cli';

/** Responses of others through the command line, as a user runs it. */

const env = { LEGACY_TO_S3_PASSWORD: 'planted-Secret-1' };
/** Processes at once. */
const AT_ONCE = 3;

afterAll(() => removeCliBundle());

/** The first of each family, and those that land by an option. */
const VECTORS = representatives().filter(({ family, options }, i, all) => options || all.findIndex((other) => other.family === family) === i);

test('one response of each family lands as what it means, in a format in turn', async () => {
  const left = VECTORS.map((vector, i) => [vector, (['csv', 'jsonl', 'parquet'] as const)[i % 3]] as const);
  const faults: string[] = [];
  const work = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const [vector, format] = next;
      faults.push(...(await faultsIn(vector, format)).map((fault) => `${vector.id} in ${format}: ${fault}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(faults).toEqual([]);
}, 600_000);

async function faultsIn(vector: WireVector, format: 'csv' | 'jsonl' | 'parquet'): Promise<Faults> {
  const { expected: { rows, names, baseTypes }, options = {} } = vector;
  const folder = mkdtempSync(join(tmpdir(), 'vector-cli-'));
  const server = await ReplayServer.start({ reply: () => [packetize(vectorPayload(vector), 4096, true)] });
  try {
    const to = pathToFileURL(folder).href;
    const types = Object.entries(options).flatMap(([name, value]) => [`--types-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, String(value)]);
    const { code, stderr, stdout } = await runCli([
      'extract', '--server', '127.0.0.1', '--port', String(server.port), '--user', 'reader', '--database', 'Ledger', '--encrypt', 'false',
      '--query', 'select * from dbo.Recorded', '--as', 'dbo.Recorded', '--format', format, '--compression', 'none', '--to', to,
      ...(format === 'parquet' ? [] : ['--types-binary', 'hex']), ...types,
    ], env);
    if (code !== 0) return [stderr];
    const faults: Faults = [];
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('_manifest.json'));
    const { tables: [{ columns, objects, nullText }] } = parseManifest(readFileSync(join(folder, found!), 'utf8'));
    if (names) compare(faults, 'names', sourcesOf(columns).map((column) => column.name), names);
    compare(faults, 'rows', await rowsOf(readFileSync(join(folder, objects[0].key)), columns, format, faults, baseTypes, nullText), plain(rows!, columns, baseTypes));
    const [, runId] = /^run (\S+):/.exec(stdout)!;
    compare(faults, 'exit code of verify', (await runCli(['verify', runId, '--to', to], env)).code, 0);
    return faults;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}
