import { ReplayServer } from '../../tools/replay-server/replay-server';
import { done, packetize } from '../../tools/replay-server/tds-packets';
import { colMetadata, wireColumn } from '../../tools/replay-server/wire-rows';
import { LARGE_CELLS, type LargeCell } from '../tables/large-cell-table';

/** Serves one row with a large cell of the type that the request names. Prints its port. */

const PACKET_SIZE = 32767;
/** Length of a (max) value that is sent without saying how long it is (MS-TDS 2.2.5.2.3). */
const UNKNOWN_LENGTH = 'feffffffffffffff';

function* response({ column, block, blocks }: LargeCell): Iterable<Buffer> {
  const packet = (payload: Buffer) => packetize(payload, PACKET_SIZE, false);
  const length = Buffer.alloc(4);
  yield packet(colMetadata([wireColumn.intN('Id', 4), column]));
  yield packet(Buffer.from(`d10401000000${UNKNOWN_LENGTH}`, 'hex'));
  length.writeUInt32LE(block.length);
  const chunk = packet(Buffer.concat([length, block]));
  for (let i = 0; i < blocks; i++) yield chunk;
  yield packet(Buffer.alloc(4));
  yield packetize(done(0x10, 1), PACKET_SIZE, true);
}

async function main(): Promise<void> {
  const server = await ReplayServer.start({
    packetSize: PACKET_SIZE,
    reply: (request) => {
      const type = Object.keys(LARGE_CELLS).find((each) => request.includes(each));
      return type ? response(LARGE_CELLS[type]) : [packetize(done(), PACKET_SIZE, true)];
    },
  });
  process.stdout.write(`${server.port}\n`);
}

void main();
