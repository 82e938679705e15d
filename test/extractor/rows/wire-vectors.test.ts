import { readRows } from '../../../src/extractor/rows';
import type { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { packetize } from '../../../tools/replay-server/tds-packets';
import { connectReplay, landPayload, type Landing } from '../../support/tds/land';
import { MemoryTarget } from '../../support/tds/memory-target';
import { compare, plain, rowsOf, sourcesOf, type Faults } from '../../support/tds/vector-rows';
import { vectorPayload, wireVectors, type WireVector } from '../../support/tds/wire-vectors';
import { withoutKernels } from '../../support/tds/without-kernels';

const CSV: OutputFormat = { name: 'csv', compression: 'none' };
const JSON_LINES: OutputFormat = { name: 'jsonl', compression: 'none', binary: 'hex' };
const PARQUET: OutputFormat = { name: 'parquet', compression: 'none' };
const FORMATS = [CSV, JSON_LINES, PARQUET];

const VECTORS = wireVectors();
const ROWS = VECTORS.filter(({ expected }) => expected.error === undefined);
const ERRORS = VECTORS.filter(({ expected }) => expected.error !== undefined);
const named = (vectors: readonly WireVector[]) => vectors.map((vector) => [vector.id, vector] as const);

async function faultsIn(vector: WireVector, format: OutputFormat): Promise<Faults> {
  const { names, rows, sourceTypes, baseTypes } = vector.expected;
  const payload = vectorPayload(vector);
  const landed: OutputFormat = vector.options ? { ...format, types: { all: vector.options } } : format;
  const faults: Faults = [];
  let landing: Landing;
  try {
    landing = await landPayload(payload, landed);
  } catch (error) {
    return [(error as Error).message];
  }
  const { columns, objects, files, tallies } = landing;
  const other = await withoutKernels(() => landPayload(payload, landed));
  compare(faults, 'bytes without kernels', other.objects.map((object) => object.toString('hex')), objects.map((object) => object.toString('hex')));
  compare(faults, 'hash without kernels', other.files.map(({ contentHash }) => String(contentHash)), files.map(({ contentHash }) => String(contentHash)));
  compare(faults, 'tallies without kernels', other.tallies, tallies);
  compare(faults, 'rows off the kernels without them', other.rowsOffKernel.processor ?? 0, other.rows);
  if (names) compare(faults, 'names', sourcesOf(columns).map(({ name }) => name), names);
  if (sourceTypes) compare(faults, 'source types', sourcesOf(columns).map(({ sourceType }) => sourceType), sourceTypes);
  const got = await rowsOf(objects[0], columns, format.name, faults, baseTypes);
  compare(faults, 'rows', got, plain(rows!, columns, baseTypes));
  return faults;
}

test.each(named(ROWS))('%s lands as what it means, with and without kernels', async (_, vector) => {
  const faults = (await Promise.all(FORMATS.map((format) => faultsIn(vector, format)))).flat();
  expect(faults).toEqual([]);
});

describe('from a server', () => {
  let replay: Awaited<ReturnType<typeof connectReplay>>;
  afterEach(() => replay.stop());

  test.each(named(ERRORS))('%s is the error that it means', async (_, vector) => {
    replay = await connectReplay(() => [packetize(vectorPayload(vector), 4096, true)]);
    const messages: string[] = [];
    for (const format of FORMATS) {
      for (const way of [(run: () => Promise<string>) => run(), withoutKernels]) messages.push(await way(() => errorOf(format)));
    }
    const expected = new RegExp(vector.expected.error!, 's');
    for (const message of messages) expect(message).toMatch(expected);
  });

  /** Code and message; empty where there is none. */
  async function errorOf(format: OutputFormat): Promise<string> {
    const target = new MemoryTarget();
    try {
      await readRows({ connection: replay.connection, sql: 'select', format, subject: 'test', targetFileBytes: Infinity, open: target.open });
      return '';
    } catch (error) {
      const { code, message } = error as { readonly code: string; readonly message: string };
      return `${code}: ${message}`;
    }
  }
});
