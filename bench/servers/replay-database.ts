import { SIZES_SQL } from '../../src/extractor/source/catalog/catalog-queries';
import { resultPackets } from '../../test/support/source/result-packets';
import { startScriptedDatabase } from '../../test/support/source/scripted-database';
import { aggregatePackets } from '../../test/support/source/source-aggregates';
import { done, packetize } from '../../tools/replay-server/tds-packets';
import { TRANSACTION_COLUMNS, transactionRows } from '../../tools/replay-server/transactions';
import { colMetadata } from '../../tools/replay-server/wire-rows';

/**
 * A database of the transactions table, for whole runs: it plans, cuts and is read as any other, of packets that were cut
 * beforehand, so that the server costs next to nothing. All chunks have as many rows, and the aggregates of none are told
 * right, so it allows no SNAPSHOT transactions: under READ COMMITTED they are no more than told of. Run as a process of its
 * own, `replay-database.ts ROWS`; prints its port.
 */

const PACKET_SIZE = 32767;
/** Rows of a piece that is cut into packets beforehand. */
const PIECE_ROWS = 5000;
/** Distinct rows, which a longer table repeats. */
const BLOCK_ROWS = 100_000;
/** Of the source, about: row headers and what each column takes. */
const BYTES_A_ROW = 183;
const PAGE_BYTES = 8192;

async function main([text]: readonly string[]): Promise<void> {
  const rows = Number(text);
  const metadata = packetize(colMetadata(TRANSACTION_COLUMNS), PACKET_SIZE, false);
  const piece = (at: number) => packetize(transactionRows(at * PIECE_ROWS, PIECE_ROWS), PACKET_SIZE, false);
  const pieces = Array.from({ length: BLOCK_ROWS / PIECE_ROWS }, (_, at) => piece(at));
  const names = TRANSACTION_COLUMNS.map(({ name }) => name);
  /** Of the plan that was made last. */
  let chunks = 1;
  const rowsOfChunk = () => PIECE_ROWS * Math.floor(rows / chunks / PIECE_ROWS);
  const server = await startScriptedDatabase({
    tables: [{
      schema: 'dbo',
      table: 'Transactions',
      columns: names,
      primaryKey: names.slice(0, 1),
      rows: [],
      size: { rows, pages: Math.round(rows * BYTES_A_ROW / PAGE_BYTES) },
    }],
    snapshotAllowed: false,
    packetSize: PACKET_SIZE,
    override: (sql) => {
      if (sql === SIZES_SQL) chunks = 1;
      const cut = /\* 1e0 \* (\d+) \/ q\.total/.exec(sql);
      if (cut) {
        chunks = Number(cut[1]);
        const first = (chunk: number) => 1 + chunk * rowsOfChunk();
        return [resultPackets(['k0', 'sampled', 'sample_rows'], Array.from({ length: chunks }, (_, chunk) => [String(first(chunk)), first(chunk), rows]))];
      }
      if (sql.includes('SELECT COUNT_BIG')) return [aggregatePackets(sql, [], rowsOfChunk())];
      return sql.includes('SELECT [TransactionId]') ? response(metadata, pieces, rowsOfChunk()) : undefined;
    },
  });
  process.stdout.write(`${server.port}\n`);
}

function* response(metadata: Buffer, pieces: readonly Buffer[], rows: number): Iterable<Buffer> {
  yield metadata;
  for (let sent = 0; sent < rows; sent += PIECE_ROWS) yield pieces[sent / PIECE_ROWS % pieces.length];
  yield packetize(done(0x10, rows), PACKET_SIZE, true);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
