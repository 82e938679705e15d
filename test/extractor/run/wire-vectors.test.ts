import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest } from '../../../src/contract';
import { BinaryEncoding, ExtractFormat, Extractor, ParquetCompression, TextCompression } from '../../../src/extractor/doors/public';
import { ReplayServer } from '../../../tools/replay-server/replay-server';
import { packetize } from '../../../tools/replay-server/tds-packets';
import { compare, plain, rowsOf, sourcesOf, type Faults } from '../../support/tds/vector-rows';
import { representatives, vectorPayload, type WireVector } from '../../support/tds/wire-vectors';

/** Responses of others through a whole run, login to manifest, and back by `verify`; what each means is in the fixture. */

const FORMATS = [
  ['csv', ExtractFormat.csv({ compression: TextCompression.NONE })],
  ['jsonl', ExtractFormat.jsonLines({ compression: TextCompression.NONE, binary: BinaryEncoding.HEX })],
  ['parquet', ExtractFormat.parquet({ compression: ParquetCompression.NONE })],
] as const;

let folder: string;
let server: ReplayServer;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'vector-run-')); });
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

test.each(representatives().map((vector) => [vector.family, vector.id, vector] as const))('%s (%s)', async (_, __, vector) => {
  server = await ReplayServer.start({ reply: () => [packetize(vectorPayload(vector), 4096, true)] });
  for (const [name, format] of FORMATS) expect([name, ...await faultsIn(vector, name, format)]).toEqual([name]);
});

async function faultsIn({ expected, options }: WireVector, name: (typeof FORMATS)[number][0], format: ExtractFormat): Promise<Faults> {
  const { rows, names, sourceTypes, baseTypes } = expected;
  const extractor = new Extractor({
    source: { server: '127.0.0.1', port: server.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
    target: pathToFileURL(folder).href,
    query: { sql: 'select * from dbo.Recorded', name: 'dbo.Recorded' },
    format,
    types: options,
  });
  const faults: Faults = [];
  const { runId, manifestKey } = await extractor.run();
  const { tables: [{ columns, objects, alterations = [] }] } = parseManifest(readFileSync(join(folder, manifestKey), 'utf8'));
  if (names) compare(faults, 'names', sourcesOf(columns).map((column) => column.name), names);
  if (sourceTypes) compare(faults, 'source types', sourcesOf(columns).map(({ sourceType }) => sourceType), sourceTypes);
  const got = await rowsOf(readFileSync(join(folder, objects[0].key)), columns, name, faults, baseTypes);
  compare(faults, 'rows', got, plain(rows!, columns, baseTypes));
  const { problems, notes } = await extractor.verify(runId);
  compare(faults, 'problems', problems, []);
  compare(faults, 'notes', notes.length, alterations.length);
  return faults;
}
