import { cutPackets } from '../../tools/replay-server/cut-packets';
import { ReplayServer } from '../../tools/replay-server/replay-server';
import { done } from '../../tools/replay-server/tds-packets';
import { createSelfSignedCertificate } from '../../tools/tds/certificate';
import { TABLES } from '../tables';
import type { OpenTable } from '../tables/bench-table';

/**
 * Serves one of the benchmark's tables on loopback, in packets of the size that the client asked for, and encrypted
 * where it asked for that. A request's text says how many rows it wants: `... top N ...`; other requests get none. Run
 * as a process of its own, with the table's name; prints its port.
 */

/** Status of DONE: the row count is valid (MS-TDS 2.2.7.6). */
const DONE_COUNT = 0x10;

async function main([name]: readonly string[]): Promise<void> {
  const { chunkRows, open } = TABLES[name];
  const table = open();
  const server = await ReplayServer.start({
    certificate: createSelfSignedCertificate('replay'),
    reply: (request, { packetSize }) => {
      const rows = /top (\d+)/i.exec(request)?.[1];
      // What drivers ask of their own has no rows.
      if (rows === undefined) return cutPackets([done()], packetSize);
      // freebcp asks for the columns alone first.
      return cutPackets(response(table, chunkRows, /FMTONLY ON/i.test(request) ? 0 : Number(rows)), packetSize);
    },
  });
  process.stdout.write(`${server.port}\n`);
}

function* response(table: OpenTable, chunkRows: number, rows: number): Generator<Buffer> {
  yield table.metadata;
  for (let chunk = 0; chunk * chunkRows < rows; chunk++) yield table.chunk(chunk);
  yield done(DONE_COUNT, rows);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
