import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest } from '../../../src/contract';
import {
  BinaryEncoding, extract, ExtractFormat, Extractor, InvalidText, ParquetCompression, TextCompression, verifyRun, type ExtractorProps,
} from '../../../src/extractor/doors/public';
import { ReplayServer } from '../../../tools/replay-server/replay-server';
import { packetize } from '../../../tools/replay-server/tds-packets';
import { compare, plain, rowsOf, sourcesOf, type Faults } from '../../support/tds/vector-rows';
import { representatives, vectorPayload, wireVectors, type WireVector } from '../../support/tds/wire-vectors';

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

describe('bytes of a _UTF8 column that SQL Server 2025 keeps and are not UTF-8', () => {
  const invalid = wireVectors().find(({ id }) => id === 'live25-utf8-invalid')!;
  const props = (options: Partial<ExtractorProps> = {}): ExtractorProps => ({
    source: { server: '127.0.0.1', port: server.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
    target: pathToFileURL(folder).href,
    query: { sql: 'select * from dbo.Recorded', name: 'dbo.Recorded' },
    format: ExtractFormat.csv({ compression: TextCompression.NONE }),
    ...options,
  });
  beforeEach(async () => { server = await ReplayServer.start({ reply: () => [packetize(vectorPayload(invalid), 4096, true)] }); });

  test('are refused by column and row, and the message names the option', async () => {
    await expect(extract(props())).rejects.toMatchObject({
      code: 'INVALID_VALUE',
      message: expect.stringContaining('column "value" (varchar(64)), row 2: bytes that are not UTF-8 (0xE0A07F); the option invalidText: replace lands'),
    });
  });

  test('are replaced in that column alone, counted in the manifest, and told', async () => {
    const warnings: string[] = [];
    const options = { columnTypes: { 'Recorded.value': { invalidText: InvalidText.REPLACE } } };
    const { runId, manifestKey } = await extract(props(options), { onEvent: (event) => { if (event.type === 'warning') warnings.push(event.message); } });
    const [{ alterations, objects }] = parseManifest(readFileSync(join(folder, manifestKey), 'utf8')).tables;
    expect(alterations).toEqual([{ column: 'value', replacedSurrogates: 0, replacedSequences: 1, truncatedTimes: 0 }]);
    expect(readFileSync(join(folder, objects[0].key), 'utf8').split('\n')[2]).toMatch(/^2,\ufffd\u007fB,E0A07F42,\ufffd\u007fB,/);
    expect(warnings).toEqual([expect.stringContaining('[dbo].[Recorded]: 1 column landed otherwise than the source has it, as options allow: '
      + '"value" (1 sequence of bytes that is no text as U+FFFD); verify compares')]);
    const verified = await verifyRun({ target: pathToFileURL(folder).href }, runId);
    expect(verified).toMatchObject({ problems: [], notes: [expect.stringContaining('dbo.Recorded: values were altered on the way')] });
  });
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
  const { tables: [{ columns, objects, alterations = [], nullText }] } = parseManifest(readFileSync(join(folder, manifestKey), 'utf8'));
  if (names) compare(faults, 'names', sourcesOf(columns).map((column) => column.name), names);
  if (sourceTypes) compare(faults, 'source types', sourcesOf(columns).map(({ sourceType }) => sourceType), sourceTypes);
  const got = await rowsOf(readFileSync(join(folder, objects[0].key)), columns, name, faults, baseTypes, nullText);
  compare(faults, 'rows', got, plain(rows!, columns, baseTypes));
  const { problems, notes } = await extractor.verify(runId);
  compare(faults, 'problems', problems, []);
  compare(faults, 'notes', notes.length, alterations.length);
  return faults;
}
