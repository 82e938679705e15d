import { TABLES } from './tables';
import { ReplayServer } from '../tools/replay-server/replay-server';
import { done, packetize } from '../tools/replay-server/tds-packets';
import { colMetadata } from '../tools/replay-server/wire-rows';

/**
 * Serves one of the benchmark's tables on loopback from packets that were cut beforehand, so that the server costs next
 * to nothing. A request's text says how many rows it wants: `... top N ...`. Run as a process of its own, with the
 * table's name; prints its port.
 */

const PACKET_SIZE = Number(process.env.BENCH_PACKET_SIZE ?? 32767);

async function main([name]: readonly string[]): Promise<void> {
  const { columns, rows: makeRows, chunkRows, blockRows } = TABLES[name];
  const metadata = packetize(colMetadata(columns), PACKET_SIZE, false);
  const chunks: Buffer[] = [];
  for (let first = 0; first < blockRows; first += chunkRows) {
    chunks.push(packetize(makeRows(first, chunkRows), PACKET_SIZE, false));
  }
  const server = await ReplayServer.start({
    packetSize: PACKET_SIZE,
    reply: (request) => {
      const rows = /top (\d+)/i.exec(request)?.[1];
      // What drivers ask of their own has no rows.
      if (rows === undefined) return [packetize(done(), PACKET_SIZE, true)];
      // freebcp asks for the columns alone first.
      return response(metadata, chunks, chunkRows, /FMTONLY ON/i.test(request) ? 0 : Number(rows));
    },
  });
  process.stdout.write(`${server.port}\n`);
}

function* response(metadata: Buffer, chunks: readonly Buffer[], chunkRows: number, rows: number): Iterable<Buffer> {
  yield metadata;
  for (let sent = 0, i = 0; sent < rows; sent += chunkRows, i++) yield chunks[i % chunks.length];
  yield packetize(done(0x10, rows), PACKET_SIZE, true);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
