/**
 * Our reader of landed tables with changes: rows counted, and the table compacted, with 1% of its rows deleted and written anew.
 *
 *   npx tsx bench/table-rows.ts [rows, default 1000000]
 */
import { compactTable } from '../src/iceberg/commit/compact/compact-table';
import { countRows } from '../src/iceberg/rows/count-rows';
import { CHANGED, ChangedTable } from '../test/support/iceberg/changed-table';

const ROWS = Number(process.argv[2] ?? 1_000_000);
const FILES = 8;
const COLUMNS = [['id', 'INT64', 1], ['name', 'STRING', 2], ['amount', 'DECIMAL(19,4)', 3], ['at', 'TIMESTAMP(MICROS)', 4], ['note', 'STRING', 5]] as const;

const rowsOf = (range: string) => `SELECT i::BIGINT AS id, 'customer ' || i AS name, (i * 1.0001)::DECIMAL(19,4) AS amount,
  TIMESTAMP '2020-01-01' + to_microseconds(i * 1234567) AS at, CASE WHEN i % 3 = 0 THEN NULL ELSE md5(i::VARCHAR) END AS note FROM range(${range}) t(i)`;

async function main(): Promise<void> {
  const table = await ChangedTable.make();
  try {
    const each = Math.ceil(ROWS / FILES);
    await table.land(COLUMNS, Array.from({ length: FILES }, (_, at) => rowsOf(`${at * each}, ${Math.min(ROWS, (at + 1) * each)}`)));
    await table.change({ rows: rowsOf(`0, ${ROWS}, 100`), keys: `SELECT i::BIGINT AS id FROM range(0, ${ROWS}, 100) t(i)`, by: ['id'] });
    const metadata = await table.metadata();
    const count = await measured('count', async () => countRows(table.workplace, metadata));
    if (count.rows !== ROWS) throw new Error(`counted ${count.rows} rows of ${ROWS}`);
    const done = await measured('compaction', async () => compactTable(table.workplace, CHANGED));
    process.stdout.write(`${JSON.stringify(done)}\n`);
    if ((await countRows(table.workplace, await table.metadata())).rows !== ROWS) throw new Error('the compacted table has other rows');
  } finally {
    table.close();
  }
}

async function measured<T>(name: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const before = process.memoryUsage().rss;
  let peak = 0;
  const watch = setInterval(() => { peak = Math.max(peak, process.memoryUsage().rss); }, 20);
  const result = await work();
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`${name}: ${ROWS.toLocaleString('en-US')} rows in ${seconds.toFixed(2)} s, ${((user + system) / 1e6).toFixed(2)} s CPU, `
    + `${(Math.max(peak, process.memoryUsage().rss) / 2 ** 20).toFixed(0)} MB resident (${(before / 2 ** 20).toFixed(0)} before)\n`);
  return result;
}

void main();
