import { ReplayServer } from '../tools/replay-server/replay-server';
import { done, packetize } from '../tools/replay-server/tds-packets';
import { TRANSACTION_COLUMNS, transactionRows } from '../tools/replay-server/transactions';
import { colMetadata } from '../tools/replay-server/wire-rows';

/**
 * Serves the benchmark's table on loopback from packets that were cut beforehand, so that the server costs next to
 * nothing. A request's text says how many rows it wants: `... top N ...`. Run as a process of its own; prints its port.
 */

const PACKET_SIZE = Number(process.env.BENCH_PACKET_SIZE ?? 32767);
/** Distinct rows; a longer table repeats them. */
const BLOCK_ROWS = Number(process.env.BENCH_BLOCK_ROWS ?? 100_000);

async function main(): Promise<void> {
  const metadata = packetize(colMetadata(TRANSACTION_COLUMNS), PACKET_SIZE, false);
  const chunks: Buffer[] = [];
  const chunkRows = 10_000;
  for (let first = 0; first < BLOCK_ROWS; first += chunkRows) {
    chunks.push(packetize(transactionRows(first, chunkRows), PACKET_SIZE, false));
  }
  const server = await ReplayServer.start({
    packetSize: PACKET_SIZE,
    reply: (request) => {
      const rows = Number(/top (\d+)/i.exec(request)?.[1] ?? 0);
      return response(metadata, chunks, chunkRows, rows);
    },
  });
  process.stdout.write(`${server.port}\n`);
}

function* response(metadata: Buffer, chunks: readonly Buffer[], chunkRows: number, rows: number): Iterable<Buffer> {
  yield metadata;
  for (let sent = 0, i = 0; sent < rows; sent += chunkRows, i++) yield chunks[i % chunks.length];
  yield packetize(done(0x10, rows), PACKET_SIZE, true);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
