import type { ManifestColumn } from '../../../src/contract';
import { readRows } from '../../../src/extractor/rows';
import type { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { packetize } from '../../../tools/replay-server/tds-packets';
import { canonical, sourceValue } from '../../support/tds/canonical';
import { parseCsv } from '../../support/tds/captures';
import { jsonRows } from '../../support/tds/json-rows';
import { connectReplay, landPayload, type Landing } from '../../support/tds/land';
import { MemoryTarget } from '../../support/tds/memory-target';
import { readWithDuckDb } from '../../support/tds/parquet-readers';
import { vectorPayload, wireVectors, type WireVector } from '../../support/tds/wire-vectors';
import { withoutKernels } from '../../support/tds/without-kernels';

const CSV: OutputFormat = { name: 'csv', compression: 'none' };
const JSON_LINES: OutputFormat = { name: 'jsonl', compression: 'none', binary: 'hex' };
const PARQUET: OutputFormat = { name: 'parquet', compression: 'none' };
const FORMATS = [CSV, JSON_LINES, PARQUET];

const SORT_ID = 'the code pages of SQL collations are told by a table of sort ids that lacks this one';
const END_USER_DEFINED = 'the tables of double-byte code pages lack Windows\'s characters for private use';
/**
 * Vectors that are known to come out otherwise than expected, and why. The list can only shrink: one that comes out right
 * fails until it is taken from here.
 */
const PENDING: { readonly [id: string]: string } = {
  'live25-utf8-invalid': 'bytes that are not UTF-8 are refused; there is no option to replace them',
  'sortid-45': SORT_ID,
  'sortid-210': SORT_ID,
  'sortid-212': SORT_ID,
  'sortid-213': SORT_ID,
  'sortid-214': SORT_ID,
  'sortid-215': SORT_ID,
  'sortid-216': SORT_ID,
  'sortid-217': SORT_ID,
  'eudc-932-last': END_USER_DEFINED,
  'eudc-950-fa40': END_USER_DEFINED,
  'eudc-950-8140': END_USER_DEFINED,
  'eudc-936-aaa1': END_USER_DEFINED,
  'eudc-949-c9a1': END_USER_DEFINED,
  'pua-874-db': 'the table of code page 874 lacks Windows\'s characters for private use',
};

const VECTORS = wireVectors();
const ROWS = VECTORS.filter(({ expected }) => expected.error === undefined);
const ERRORS = VECTORS.filter(({ expected }) => expected.error !== undefined);
const named = (vectors: readonly WireVector[]) => vectors.map((vector) => [vector.id, vector] as const);

type Rows = ReadonlyArray<ReadonlyArray<string | null>>;

/** Differences; none when the vector means what is expected. */
type Faults = string[];

function compare(faults: Faults, what: string, got: unknown, expected: unknown): void {
  const [text, other] = [JSON.stringify(got), JSON.stringify(expected)];
  if (text !== other) faults.push(`${what}: ${text.slice(0, 300)} instead of ${other.slice(0, 300)}`);
}

/** Without companions. */
const sourcesOf = (columns: readonly ManifestColumn[]) => columns.filter(({ framing }) => framing !== undefined);

/** In one spelling. @param baseTypes of sql_variant; what has none is compared as text */
function plain(rows: Rows, columns: readonly ManifestColumn[], baseTypes?: Rows): Rows {
  return rows.map((row, r) => sourcesOf(columns).map(({ sourceType }, i) => (
    canonical(row[i], sourceType === 'sql_variant' ? baseTypes?.[r][i] ?? 'varchar' : sourceType)
  )));
}

async function rowsOf({ objects: [object], columns }: Landing, { name }: OutputFormat, faults: Faults, baseTypes: Rows | undefined): Promise<Rows> {
  switch (name) {
    case 'csv': {
      const [header, ...rows] = parseCsv(object.toString('utf8'));
      compare(faults, 'header', header, columns.map((column) => column.name));
      return plain(rows, columns, baseTypes);
    }
    case 'jsonl': return plain(jsonRows(object), columns, baseTypes);
    case 'parquet': {
      const { names, rows } = await readWithDuckDb(object);
      compare(faults, 'Parquet columns', names, columns.map((column) => column.name));
      const companions = columns.flatMap((column, i) => (column.name.endsWith('__base_type') ? [i] : []));
      if (baseTypes) compare(faults, 'base types', rows.map((row) => companions.map((i) => row[i])), baseTypes);
      return rows.map((row) => sourcesOf(columns).map(({ ordinal }) => sourceValue(columns, row, ordinal)));
    }
  }
}

async function faultsIn(vector: WireVector, format: OutputFormat): Promise<Faults> {
  const { names, rows, sourceTypes, baseTypes } = vector.expected;
  const payload = vectorPayload(vector);
  const faults: Faults = [];
  let landing: Landing;
  try {
    landing = await landPayload(payload, format);
  } catch (error) {
    return [(error as Error).message];
  }
  const { columns, objects, files, tallies } = landing;
  const other = await withoutKernels(() => landPayload(payload, format));
  compare(faults, 'bytes without kernels', other.objects.map((object) => object.toString('hex')), objects.map((object) => object.toString('hex')));
  compare(faults, 'hash without kernels', other.files.map(({ contentHash }) => String(contentHash)), files.map(({ contentHash }) => String(contentHash)));
  compare(faults, 'tallies without kernels', other.tallies, tallies);
  compare(faults, 'rows off the kernels without them', other.rowsOffKernel.processor ?? 0, other.rows);
  if (names) compare(faults, 'names', sourcesOf(columns).map(({ name }) => name), names);
  if (sourceTypes) compare(faults, 'source types', sourcesOf(columns).map(({ sourceType }) => sourceType), sourceTypes);
  const got = await rowsOf(landing, format, faults, baseTypes);
  compare(faults, 'rows', got, plain(rows!, columns, baseTypes));
  return faults;
}

test.each(named(ROWS))('%s lands as what it means, with and without kernels', async (id, vector) => {
  const faults = (await Promise.all(FORMATS.map((format) => faultsIn(vector, format)))).flat();
  if (id in PENDING) expect(faults).not.toEqual([]);
  else expect(faults).toEqual([]);
});

describe('from a server', () => {
  let replay: Awaited<ReturnType<typeof connectReplay>>;
  afterEach(() => replay.stop());

  test.each(named(ERRORS))('%s is the error that it means', async (id, vector) => {
    replay = await connectReplay(() => [packetize(vectorPayload(vector), 4096, true)]);
    const messages: string[] = [];
    for (const format of FORMATS) {
      for (const way of [(run: () => Promise<string>) => run(), withoutKernels]) messages.push(await way(() => errorOf(format)));
    }
    const expected = new RegExp(vector.expected.error!, 's');
    if (id in PENDING) expect(messages.every((message) => expected.test(message))).toBe(false);
    else for (const message of messages) expect(message).toMatch(expected);
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

test('what is pending is one of the vectors', () => {
  expect(Object.keys(PENDING).filter((id) => !VECTORS.some((vector) => vector.id === id))).toEqual([]);
});
