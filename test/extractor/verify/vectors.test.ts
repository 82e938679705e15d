import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { parseManifest, type ManifestTable } from '../../../src/contract';
import { DateType, ExtractFormat, Extractor, ParquetCompression, TextCompression, TimestampType, UniqueidentifierType, type TypeOptions } from '../../../src/extractor/doors/public';
import { formatOfColumns, type OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { objectContent } from '../../../src/extractor/verify/objects/object-content';
import { ReplayServer } from '../../../tools/replay-server/replay-server';
import { capturePackets } from '../../support/tds/captures';
import { landPayload } from '../../support/tds/land';
import { vectorPayload, wireVectors } from '../../support/tds/wire-vectors';
import { withoutKernels } from '../../support/tds/without-kernels';

const WAYS = [['with kernels', <T>(run: () => Promise<T>) => run()], ['without', withoutKernels]] as const;

describe.each(wireVectors().filter(({ expected }) => expected.rows).map((vector) => [vector.id, vector] as const))('%s', (_, vector) => {
  const formats: readonly OutputFormat[] = [
    { name: 'csv', compression: 'none', oneColumnNullText: '\\N' }, { name: 'jsonl', compression: 'none' }, { name: 'parquet', compression: 'snappy' },
  ];
  const payload = vectorPayload(vector);
  const { options } = vector;

  test.each(WAYS)('is verified from what was landed %s', async (__, way) => {
    for (const format of formats) {
      const landed = await way(() => landPayload(payload, { ...format, types: { all: options } }));
      const { columns, objects: [object], rows, files: [{ contentHash }], tallies, alterations } = landed;
      const content = await objectContent(Readable.from([object]), columns, formatOfColumns(format, columns));
      // What was altered on the way has other values than the source.
      if (alterations.length > 0) expect(content.rows).toBe(rows);
      else expect(content).toEqual({ rows, contentHash, tallies });
    }
  });
});

const CAPTURES: readonly (readonly [capture: string, packetSize: number, rows: number])[] = [
  ['all-types-packet-4096', 4096, 100], ['all-types-packet-32767', 32767, 100], ['transactions-2000', 16384, 2000], ['customers-500', 4096, 500],
  ['parameterised-range', 4096, 10], ['ledger-20000', 32767, 20000],
];
const DEFAULTS: readonly (readonly [string, ExtractFormat])[] = [
  ['CSV', ExtractFormat.csv()], ['JSON Lines', ExtractFormat.jsonLines()], ['Parquet', ExtractFormat.parquet()],
];

describe('a run against the server', () => {
  let folder: string;
  let server: ReplayServer;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'vectors-')); });
  afterEach(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  async function extractorOf(capture: string, packetSize: number, format: ExtractFormat, types?: TypeOptions): Promise<Extractor> {
    server = await ReplayServer.start({ packetSize, reply: () => [capturePackets(capture)] });
    return new Extractor({
      source: { server: '127.0.0.1', port: server.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
      target: pathToFileURL(folder).href,
      query: { sql: 'select * from dbo.Recorded', name: 'dbo.Recorded' },
      format,
      types,
    });
  }

  async function run(extractor: Extractor): Promise<{ readonly runId: string; readonly table: ManifestTable }> {
    const { runId, manifestKey } = await extractor.run();
    return { runId, table: parseManifest(readFileSync(join(folder, manifestKey), 'utf8')).tables[0] };
  }

  describe.each(CAPTURES)('%s', (capture, packetSize, rows) => {
    const variants = capture.startsWith('all-types');

    test.each(DEFAULTS)('lands in %s, and what is read back is what came', async (_, format) => {
      const extractor = await extractorOf(capture, packetSize, format);
      const { runId, table } = await run(extractor);
      expect(table.rows).toBe(rows);
      expect(table.rowsOffKernel).toEqual(variants ? { sqlVariant: 100 } : undefined);
      await expect(extractor.verify(runId, { againstSource: true })).resolves.toMatchObject({ problems: [], notes: [], rows, sourceCompared: true });

      const other = (await withoutKernels(() => run(extractor))).table;
      expect(other.rowsOffKernel).toMatchObject({ processor: rows });
      const contentOf = ({ objects, tallies }: ManifestTable) => [tallies, objects.map(({ checksum, contentHash }) => [checksum, contentHash])];
      expect(contentOf(other)).toEqual(contentOf(table));
    });
  });

  test.each<[string, ExtractFormat, TypeOptions]>([
    ['CSV with other characters', ExtractFormat.csv({ compression: TextCompression.ZSTD, delimiter: ';', quote: '\'', header: false, nullText: '\\N' }), {}],
    ['JSON Lines in gzip', ExtractFormat.jsonLines({ compression: TextCompression.GZIP }), {}],
    ['Parquet in snappy with text for times', ExtractFormat.parquet({ compression: ParquetCompression.SNAPPY }), { timestamps: TimestampType.TEXT, dates: DateType.TEXT }],
    ['Parquet in gzip with UUID', ExtractFormat.parquet({ compression: ParquetCompression.GZIP }), { uniqueidentifier: UniqueidentifierType.UUID }],
  ])('every type is verified from %s', async (_, format, types) => {
    const extractor = await extractorOf('all-types-packet-4096', 4096, format, types);
    const { runId } = await run(extractor);
    await expect(extractor.verify(runId)).resolves.toMatchObject({ problems: [], notes: [], rows: 100 });
  });
});
