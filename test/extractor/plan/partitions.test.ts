import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseManifest } from '../../../src/contract';
import { extract, ExtractFormat, plan, type ExtractionPlan, type ExtractorProps } from '../../../src/extractor/doors/public';
import { standInRuns } from '../../support/source/stand-in-runs';

const runs = standInRuns();
let made = 0;


const props = (table: string, more: Partial<ExtractorProps> = {}): ExtractorProps => ({
  ...runs.endpoints,
  format: ExtractFormat.csv({ header: false }),
  tables: [table],
  targetChunkRows: 100,
  readers: 2,
  ...more,
});

/** A table partitioned by P, an int or a date counted from 2024; `rows` are P and how often. */
interface Partitioned {
  readonly type: 'int' | 'date';
  readonly right: boolean;
  readonly boundaries: readonly number[];
  readonly index: string;
  readonly rows: ReadonlyArray<readonly [number | null, number]>;
}

const literal = (type: Partitioned['type'], value: number | null) => (value === null ? 'NULL'
  : type === 'int' ? String(value) : `'${new Date(Date.UTC(2024, 0, 1 + value)).toISOString().slice(0, 10)}'`);

/** @returns name of the table, whose ids count from 0 */
async function create({ type, right, boundaries, index, rows }: Partitioned): Promise<string> {
  const name = `Parts${++made}`;
  await runs.client.batch(`CREATE PARTITION FUNCTION pf_${name} (${type}) AS RANGE ${right ? 'RIGHT' : 'LEFT'} FOR VALUES (${boundaries.map((value) => literal(type, value)).join(', ')})`);
  await runs.client.batch(`CREATE PARTITION SCHEME ps_${name} AS PARTITION pf_${name} ALL TO ([PRIMARY])`);
  await runs.client.batch(`CREATE TABLE dbo.${name} (P ${type} NULL, Id int NOT NULL) ON ps_${name}(P)`);
  if (index !== '') await runs.client.batch(`CREATE CLUSTERED INDEX IX_${name} ON dbo.${name} (${index}) ON ps_${name}(P)`);
  const values = rows.flatMap(([value, times]) => Array.from({ length: times }, () => literal(type, value)));
  for (let from = 0; from < values.length; from += 900) {
    await runs.client.batch(`INSERT INTO dbo.${name} VALUES ${values.slice(from, from + 900).map((value, at) => `(${value}, ${from + at})`).join(', ')}`);
  }
  return name;
}

async function land(name: string, given: ExtractionPlan) {
  const saved = JSON.parse(JSON.stringify(given));
  const { manifestKey, verification } = await extract(props(name, { plan: saved, tables: undefined, targetChunkRows: undefined }));
  expect(verification).toBe('verified');
  const [table] = parseManifest(readFileSync(join(runs.folder, manifestKey), 'utf8')).tables;
  const ids = table.objects.flatMap(({ key }) => readFileSync(join(runs.folder, key), 'utf8').trim().split('\n').filter((line) => line !== '')
    .map((line) => Number(line.split(',')[1])));
  return { ids: ids.sort((a, b) => a - b), chunks: table.chunks! };
}

/** January is large, the months after it are small. */
const MONTHS: Partitioned = {
  type: 'date', right: true, boundaries: [31, 60, 91], index: 'P, Id', rows: Array.from({ length: 120 }, (_, day) => [day, day < 31 ? 12 : 1] as const),
};

test('chunks end where partitions meet; small partitions share one, large ones are cut once more by the key', async () => {
  const name = await create(MONTHS);
  const { tables: [table] } = await plan(props(name));
  expect(table.chunkKey).toEqual(['P', 'Id']);
  const bounds = table.chunks.flatMap(({ lower }) => (lower ? [lower] : []));
  // January is large; the others share a chunk.
  expect(bounds.filter(({ length }) => length === 1)).toEqual([['2024-02-01']]);
  expect(bounds.filter(({ length }) => length === 2).length).toBeGreaterThanOrEqual(2);
  for (const [text] of bounds.filter(({ length }) => length === 2)) expect(text < '2024-02-01').toBe(true);
  expect(table.estimatedRows).toBe(table.chunks.reduce((sum, { estimatedRows }) => sum + estimatedRows, 0));
});

test('each partition that is as large as a chunk is one, whatever the table is clustered by, and also of a heap', async () => {
  for (const index of ['Id', '']) {
    const name = await create({ ...MONTHS, index, rows: Array.from({ length: 120 }, (_, day) => [day, 3] as const) });
    const { tables: [table], warnings } = await plan(props(name));
    expect(table.chunkKey).toEqual(['P']);
    expect(table.chunks.map(({ lower }) => lower)).toEqual([undefined, undefined, ['2024-02-01'], ['2024-03-01'], ['2024-04-01']]);
    expect(table.chunks[0]).toMatchObject({ nullKey: true });
    expect(table.chunks.slice(1).map(({ estimatedRows }) => estimatedRows)).toEqual([93, 87, 93, 87]);
    expect(warnings.filter((warning) => warning.includes('no key'))).toEqual([]);
  }
});

test('a key that does not begin with the column of the partitions cuts large ones better than they do', async () => {
  const name = await create({ ...MONTHS, index: 'Id' });
  const { tables: [table] } = await plan(props(name));
  expect(table.chunkKey).toEqual(['Id']);
});

test('large partitions of RANGE LEFT are left to the key, because rows with a boundary\'s value lie before it', async () => {
  const name = await create({ ...MONTHS, right: false });
  const given = await plan(props(name));
  const { tables: [table] } = given;
  expect(table.chunkKey).toEqual(['P', 'Id']);
  expect(table.chunks.flatMap(({ lower }) => (lower ? [lower.length] : []))).not.toContain(1);
  expect((await land(name, given)).ids).toEqual(Array.from({ length: 461 }, (_, id) => id));
});

describe('every row is in one chunk', () => {
  const partitioned = fc.record({
    type: fc.constantFrom('int' as const, 'date' as const),
    right: fc.boolean(),
    boundaries: fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 }).map((values) => values.sort((a, b) => a - b)),
    index: fc.constantFrom('P, Id', 'P', 'Id, P', ''),
    rows: fc.array(fc.tuple(
      fc.option(fc.integer({ min: -2, max: 32 }), { freq: 8 }),
      fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 30 }) }, { weight: 1, arbitrary: fc.constant(250) }),
    ), { minLength: 12, maxLength: 30 }),
  });

  test('of tables with any boundaries to either side, NULLs, duplicates, huge values and any key', async () => {
    await fc.assert(fc.asyncProperty(partitioned, async (table) => {
      const name = await create(table);
      const given = await plan(props(name));
      const { ids, chunks } = await land(name, given);
      const count = table.rows.reduce((sum, [, times]) => sum + times, 0);
      expect(ids).toEqual(Array.from({ length: count }, (_, id) => id));
      // With a key that can be sought no chunk exceeds twice the target but for its most frequent value.
      if (given.tables[0].chunkKey.length < 2 || !table.index.includes('Id')) return;
      for (const chunk of chunks) if (!chunk.nullKey) expect(chunk.rows).toBeLessThanOrEqual(200 + 1);
    }), { numRuns: 4, endOnFailure: true });
  }, 120_000);
});
