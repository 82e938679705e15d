import { plan, type ExtractionPlan, type ExtractorProps } from '../../../src/extractor/doors/public';
import { COLUMN_FLAGS, columnsSql, PARTITION_SIZES_SQL, PARTITIONED_SQL } from '../../../src/extractor/source/catalog/catalog-queries';
import type { ReplayServer } from '../../../tools/replay-server/replay-server';
import { resultPackets, type Cell } from '../../support/source/result-packets';
import { EVERY_FEATURE, startScriptedDatabase, type ScriptedDatabase, type ScriptedTable } from '../../support/source/scripted-database';

const PAGES_A_MIB = 128;

let server: ReplayServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** A table of that size (MiB), which holds nothing: the planner asks for bounds alone. */
const sized = (mib: number, more: Partial<ScriptedTable> = {}): ScriptedTable => ({
  schema: 'dbo', table: 'Sized', columns: ['Id', 'Name'], primaryKey: ['Id'], rows: [], size: { rows: 6000 * mib, pages: PAGES_A_MIB * mib }, ...more,
});

/** The bounds of n equal chunks, or those that are said. */
function boundsOf(sql: string, texts?: readonly string[]): Buffer {
  const chunks = Number(/\* 1e0 \* (\d+) \/ q\.total/.exec(sql)![1]);
  const bounds = texts ?? Array.from({ length: chunks - 1 }, (_, at) => String(1000 * (at + 1)));
  const row = (text: string, at: number): Cell[] => [text, 1 + 50_000 * at, 50_000 * (bounds.length + 1)];
  return resultPackets(['k0', 'sampled', 'sample_rows'], ['0', ...bounds].map(row));
}

interface Asked {
  readonly made: ExtractionPlan;
  /** Chunks of the plan's first table. */
  readonly chunks: ExtractionPlan['tables'][number]['chunks'];
}

async function planOf(database: Partial<ScriptedDatabase> & Pick<ScriptedDatabase, 'tables'>, props: Partial<ExtractorProps> = {}, bounds?: readonly string[]): Promise<Asked> {
  await server?.stop();
  server = await startScriptedDatabase({
    ...database, override: (sql) => database.override?.(sql) ?? (sql.includes('AS sample_rows') ? [boundsOf(sql, bounds)] : undefined),
  });
  const source = { server: '127.0.0.1', port: server.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false };
  const made = await plan({ source, target: 'file:///nowhere', ...props });
  return { made, chunks: made.tables[0].chunks };
}

test('a table of one usual chunk is cut for the readers, without overlap and of equal sizes', async () => {
  const { chunks, made } = await planOf({ tables: [sized(700)] }, { readers: 2 });
  expect(chunks).toEqual([
    { chunk: 0, upper: ['1000'], estimatedRows: 1_050_000, estimatedBytes: 175 * 1024 ** 2 },
    { chunk: 1, lower: ['1000'], upper: ['2000'], estimatedRows: 1_050_000, estimatedBytes: 175 * 1024 ** 2 },
    { chunk: 2, lower: ['2000'], upper: ['3000'], estimatedRows: 1_050_000, estimatedBytes: 175 * 1024 ** 2 },
    { chunk: 3, lower: ['3000'], estimatedRows: 1_050_000, estimatedBytes: 175 * 1024 ** 2 },
  ]);
  expect(made.tables[0].chunkKey).toEqual(['Id']);
});

test('small tables are not looked at', async () => {
  const { made } = await planOf({ tables: [sized(255), sized(1, { table: 'Small' })] }, { readers: 8 });
  expect(made.tables.map(({ chunks }) => chunks.length)).toEqual([1, 1]);
  expect(server!.requests.filter((sql) => sql.includes('AS sample_rows'))).toEqual([]);
});

test('the number of readers, and the cores of the source where none is said, decide how many chunks there are', async () => {
  expect((await planOf({ tables: [sized(700)] }, { readers: 1 })).chunks).toHaveLength(1);
  expect((await planOf({ tables: [sized(3072)] }, { readers: 64 })).chunks).toHaveLength(24);
  expect((await planOf({ tables: [sized(700)], schedulers: 1 })).chunks).toHaveLength(1);
  expect((await planOf({ tables: [sized(700)], schedulers: 2 })).chunks).toHaveLength(4);
});

test('a size that is asked for wins, for all tables or for one', async () => {
  const mib = (count: number) => count * 1024 ** 2;
  expect((await planOf({ tables: [sized(700)] }, { readers: 8, targetChunkBytes: mib(512) })).chunks).toHaveLength(1);
  expect((await planOf({ tables: [sized(700)] }, { readers: 8, targetChunkBytes: mib(10) })).chunks).toHaveLength(70);
  expect((await planOf({ tables: [sized(700)] }, { readers: 8, targetChunkRows: 2_100_000 })).chunks).toHaveLength(2);
  const tables = [sized(700), sized(700, { table: 'Other' })];
  const { made } = await planOf({ tables }, { readers: 2, tableOptions: [{ table: 'Other', targetChunkBytes: mib(350) }, { table: 'Sized', targetChunkBytes: mib(700) }] });
  expect(made.tables.map(({ table, chunks }) => [table, chunks.length])).toEqual([['Sized', 1], ['Other', 2]]);
  const byRows = await planOf({ tables }, { readers: 2, tableOptions: [{ table: 'Other', targetChunkRows: 1_000_000 }] });
  expect(byRows.made.tables.map(({ chunks }) => chunks.length)).toEqual([4, 4]);
});

test('a table without a key stays one stream and is told of', async () => {
  const { chunks, made } = await planOf({ tables: [sized(700, { primaryKey: [] })] }, { readers: 2 });
  expect(chunks).toHaveLength(1);
  expect(made.warnings).toContainEqual(expect.stringContaining('no key to cut it by'));
});

test('beside a large one that cannot be cut, a table is not cut either: its reader has less to do than the other', async () => {
  const { made } = await planOf({ tables: [sized(9000, { primaryKey: [] }), sized(700, { table: 'Keyed' })] }, { readers: 2 });
  expect(made.tables.map(({ chunks }) => chunks.length)).toEqual([1, 1]);
});

describe('estimates that are wrong', () => {
  test('no rows, but pages: the table is looked at in full', async () => {
    const { chunks } = await planOf({ tables: [sized(700, { size: { rows: 0, pages: 700 * PAGES_A_MIB } })] }, { readers: 2 });
    expect(chunks).toHaveLength(4);
    expect(server!.requests.find((sql) => sql.includes('AS sample_rows'))).not.toContain('TABLESAMPLE');
  });

  test('rows, but no pages: it stays whole', async () => {
    expect((await planOf({ tables: [sized(700, { size: { rows: 5_000_000, pages: 0 } })] }, { readers: 2 })).chunks).toHaveLength(1);
  });

  test('emptied since: no bound, one chunk', async () => {
    const empty = (sql: string) => (sql.includes('AS sample_rows') ? [resultPackets(['k0', 'sampled', 'sample_rows'], [])] : undefined);
    expect((await planOf({ tables: [sized(700)], override: empty }, { readers: 2 })).chunks)
      .toEqual([{ chunk: 0, estimatedRows: 4_200_000, estimatedBytes: 700 * 1024 ** 2 }]);
  });
});

test('a key that hardly differs gives the chunks it can', async () => {
  const { chunks } = await planOf({ tables: [sized(700)] }, { readers: 2 }, ['7', '7', '9']);
  expect(chunks.map(({ lower, upper }) => [lower, upper])).toEqual([[undefined, ['7']], [['7'], ['9']], [['9'], undefined]]);
});

/** Of sys.columns: type, its user type, length, precision, scale, collation. */
const KEY_TYPES: ReadonlyArray<readonly [string, readonly Cell[]]> = [
  ['tinyint', [48, 48, 1, 3, 0, null]], ['smallint', [52, 52, 2, 5, 0, null]], ['int', [56, 56, 4, 10, 0, null]], ['bigint', [127, 127, 8, 19, 0, null]],
  ['bit', [104, 104, 1, 1, 0, null]], ['decimal(19,4)', [106, 106, 9, 19, 4, null]], ['numeric(5,0)', [108, 108, 5, 5, 0, null]],
  ['money', [60, 60, 8, 19, 4, null]], ['smallmoney', [122, 122, 4, 10, 4, null]], ['float', [62, 62, 8, 53, 0, null]], ['real', [59, 59, 4, 24, 0, null]],
  ['date', [40, 40, 3, 10, 0, null]], ['time(7)', [41, 41, 5, 16, 7, null]], ['datetime', [61, 61, 8, 23, 3, null]],
  ['smalldatetime', [58, 58, 4, 16, 0, null]], ['datetime2(7)', [42, 42, 8, 27, 7, null]], ['datetimeoffset(7)', [43, 43, 10, 34, 7, null]],
  ['char(8)', [175, 175, 8, 0, 0, 'Latin1_General_CI_AS']], ['varchar(20)', [167, 167, 20, 0, 0, 'Latin1_General_CI_AS']],
  ['nchar(8)', [239, 239, 16, 0, 0, 'Latin1_General_CI_AS']], ['nvarchar(20)', [231, 231, 40, 0, 0, 'Latin1_General_CI_AS']],
  ['binary(8)', [173, 173, 8, 0, 0, null]], ['varbinary(8)', [165, 165, 8, 0, 0, null]], ['timestamp', [189, 189, 8, 0, 0, null]],
  ['uniqueidentifier', [36, 36, 16, 0, 0, null]],
];
const COLUMN_VIEW = ['object_id', 'name', 'type_id', 'user_type_id', 'max_length', 'precision', 'scale', 'collation_name', 'flags'];

/** Answers for columns: the key of that type, and a text. */
const typed = (cells: readonly Cell[], flags = 0) => (sql: string) => (sql === columnsSql(EVERY_FEATURE)
  ? [resultPackets(COLUMN_VIEW, [[0, 'Id', ...cells, flags], [0, 'Name', 231, 231, 40, 0, 0, 'Latin1_General_CI_AS', COLUMN_FLAGS.nullable]])] : undefined);

test.each(KEY_TYPES)('a key of type %s cuts by default', async (type, cells) => {
  const { made, chunks } = await planOf({ tables: [sized(700)], override: typed(cells) }, { readers: 2 });
  expect(made.tables[0].columns[0]).toMatchObject({ name: 'Id', type });
  expect(chunks).toHaveLength(4);
});

test('rows whose key is NULL are a chunk of their own besides', async () => {
  const { chunks } = await planOf({ tables: [sized(700)], override: typed([56, 56, 4, 10, 0, null], COLUMN_FLAGS.nullable) }, { readers: 2 });
  expect(chunks.map(({ nullKey }) => nullKey)).toEqual([true, undefined, undefined, undefined, undefined]);
});

test('a key that no bound can be of cuts nothing', async () => {
  // sql_variant.
  expect((await planOf({ tables: [sized(700)], override: typed([98, 98, 8016, 0, 0, null]) }, { readers: 2 })).chunks).toHaveLength(1);
});

test('a partitioned table is cut where its partitions meet, small ones together', async () => {
  const sizes = [100, 200, 250, 50, 100];
  const override = (sql: string) => {
    if (sql === PARTITIONED_SQL) return [resultPackets(['object_id', 'function_id', 'function_name', 'is_right', 'column_name'], [[0, 65536, 'pf', 1, 'Id']])];
    if (sql.includes(PARTITION_SIZES_SQL)) {
      return [resultPackets(['partition_number', 'partition_rows', 'used_pages'], sizes.map((mib, at) => [at + 1, 6000 * mib, PAGES_A_MIB * mib]))];
    }
    return sql.includes('sys.partition_range_values') ? [resultPackets(['boundary'], [['10'], ['20'], ['30'], ['40']])] : undefined;
  };
  const { chunks } = await planOf({ tables: [sized(700)], override }, { readers: 2 });
  expect(chunks.map(({ lower, upper, estimatedBytes }) => [lower?.[0], upper?.[0], estimatedBytes / 1024 ** 2])).toEqual([
    [undefined, '10', 100], ['10', '20', 200], ['20', '30', 250], ['30', undefined, 150],
  ]);
});
