import { CATALOG_COLUMNS, EVERY_FEATURE } from './scripted-database';
import { CHANGE_FEATURES_SQL } from '../../../src/extractor/changes/change-facts';
import {
  COLUMN_FLAGS, columnsSql, DENIED_COLUMNS_SQL, DISABLED_SQL, keysSql, PARTITIONED_SQL, ROW_ESTIMATES_SQL, ROW_POLICIES_SQL, SIZES_SQL, tablesSql,
} from '../../../src/extractor/source/catalog/catalog-queries';
import { FEATURES_SQL } from '../../../src/extractor/source/catalog/source-features';
import { READER_ADVICE_SQL } from '../../../src/extractor/source/connection/reader-count';
import { ReplayServer } from '../../../tools/replay-server/replay-server';
import { done, packetize } from '../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn, type WireColumn } from '../../../tools/replay-server/wire-rows';

/** How large a catalog is. */
export interface CatalogSize {
  readonly tables: number;
  /** Of each table; the first is the clustered key, a bigint. */
  readonly columns: number;
  /** The planner asks each table for the bounds of so many chunks of 512 MiB, its default. */
  readonly chunksPerTable: number;
}

const PACKET_BYTES = 16_384;
const CHUNK_PAGES = 512 * 1024 * 1024 / 8192;
const ROWS_A_CHUNK = 5_000_000;

const int = (name: string) => wireColumn.intN(name, 4);
const bigint = (name: string) => wireColumn.intN(name, 8);
const text = (name: string) => wireColumn.nvarchar(name, 400);

type Cell = number | string | null;

/** A server that knows of many tables but holds no row: it makes up what the planner asks for. */
export async function startCatalogServer({ tables, columns, chunksPerTable }: CatalogSize): Promise<ReplayServer> {
  const each = (cells: (table: number) => Iterable<readonly Cell[]>) => (function* () {
    for (let table = 1; table <= tables; table++) yield* cells(table);
  })();
  const types: ReadonlyArray<readonly Cell[]> = [
    [56, 56, 4, 10, 0, null], [231, 231, 120, 0, 0, 'Latin1_General_CI_AS'], [106, 106, 9, 19, 4, null], [42, 42, 8, 27, 7, null],
    [167, 167, 40, 0, 0, 'SQL_Latin1_General_CP1_CI_AS'], [104, 104, 1, 1, 0, null],
  ];
  const answers = new Map<string, () => Iterable<Buffer>>([
    [CHANGE_FEATURES_SQL, () => result([text('catalog_column')], [])],
    [FEATURES_SQL, () => result([text('product_version'), int('engine_edition'), int('snapshot_isolation_state'), text('catalog_column')],
      CATALOG_COLUMNS.map((name) => ['16.0.4181.5', 3, 1, name]))],
    [tablesSql(EVERY_FEATURE), () => result([int('object_id'), text('schema_name'), text('table_name')], each((table) => [[table, 'dbo', `Table${table}`]]))],
    [ROW_ESTIMATES_SQL, () => result([int('object_id'), bigint('estimated_rows')], each((table) => [[table, chunksPerTable * ROWS_A_CHUNK]]))],
    [SIZES_SQL, () => result([int('object_id'), bigint('used_pages')], each((table) => [[table, chunksPerTable * CHUNK_PAGES]]))],
    [columnsSql(EVERY_FEATURE), () => result(
      [int('object_id'), text('name'), int('type_id'), int('user_type_id'), int('max_length'), int('precision'), int('scale'), text('collation_name'), int('flags')],
      each(function* (table) {
        yield [table, 'Id', 127, 127, 8, 19, 0, null, 0];
        for (let column = 1; column < columns; column++) yield [table, `Column${column}`, ...types[column % types.length], COLUMN_FLAGS.nullable];
      }))],
    [keysSql(EVERY_FEATURE), () => result([int('object_id'), int('index_type'), int('is_primary_key'), text('column_name')], each((table) => [[table, 1, 1, 'Id']]))],
    [PARTITIONED_SQL, () => result([int('object_id'), int('function_id'), text('function_name'), int('is_right'), text('column_name')], [])],
    [DISABLED_SQL, () => result([int('object_id'), text('index_name')], [])],
    [ROW_POLICIES_SQL, () => result([int('view_definition'), int('alter_policies'), int('object_id')], [[1, 0, null]])],
    [DENIED_COLUMNS_SQL, () => result([int('object_id'), text('name')], [])],
    [READER_ADVICE_SQL, () => result([int('schedulers')], [])],
  ]);
  const bounds = () => result([text('k0'), bigint('sampled'), bigint('sample_rows')], (function* () {
    const sampled = chunksPerTable * 200;
    yield ['1', 1, sampled];
    for (let chunk = 1; chunk < chunksPerTable; chunk++) yield [String(chunk * 1_000_003), chunk * 200 + 1, sampled];
  })());
  return ReplayServer.start({
    packetSize: PACKET_BYTES,
    reply: (sql) => {
      if (sql.startsWith('SET ')) return [packetize(done(), PACKET_BYTES, true)];
      const answer = answers.get(sql) ?? (sql.includes('AS sample_rows') ? bounds : undefined);
      if (!answer) throw new Error(`the catalog server has no answer to: ${sql}`);
      return answer();
    },
  });
}

/** The packets of a result, made as they are sent. */
function* result(columns: readonly WireColumn[], rows: Iterable<readonly Cell[]>): Generator<Buffer> {
  let pending: Buffer[] = [colMetadata(columns)];
  let size = 0;
  for (const cells of rows) {
    const token = row(columns, cells.map((cell, at) => encode(columns[at], cell)));
    pending.push(token);
    size += token.length;
    if (size < 8 * PACKET_BYTES) continue;
    yield packetize(Buffer.concat(pending), PACKET_BYTES, false);
    pending = [];
    size = 0;
  }
  yield packetize(Buffer.concat([...pending, done(0x10)]), PACKET_BYTES, true);
}

function encode({ typeInfo, framing }: WireColumn, cell: Cell): Buffer | null {
  if (cell === null) return null;
  if (framing === 'short') return Buffer.from(String(cell), 'utf16le');
  const bytes = Buffer.alloc(typeInfo[0]);
  if (bytes.length === 8) bytes.writeBigInt64LE(BigInt(cell));
  else bytes.writeInt32LE(Number(cell));
  return bytes;
}
