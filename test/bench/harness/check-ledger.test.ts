import { checkLedger } from '../../../bench/harness/check-ledger';
import { LEDGER_KEY_STEP, LEDGER_ROWS, openLedger, readLedgerCapture } from '../../../bench/tables/ledger-table';
import { cutPackets } from '../../../tools/replay-server/cut-packets';
import { ReplayServer } from '../../../tools/replay-server/replay-server';
import { ROW, walkResult } from '../../../tools/replay-server/row-walker';
import { done } from '../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../tools/replay-server/wire-rows';

const capture = readLedgerCapture();
const { rowsStart } = walkResult(capture.payload);

/** Serves what `chunk` makes of each repetition. */
async function checked(
  chunk: (rows: Buffer, n: number) => Buffer, { metadata = capture.payload.subarray(0, rowsStart), served, asked }: {
    readonly metadata?: Buffer; readonly served?: number; readonly asked?: number;
  } = {},
) {
  const ledger = openLedger(capture);
  const server = await ReplayServer.start({
    reply: (request, { packetSize }) => cutPackets((function* () {
      const rows = Number(/top (\d+)/.exec(request)![1]);
      yield metadata;
      for (let n = 0; n < rows / LEDGER_ROWS; n++) yield chunk(ledger.chunk(n), n);
      yield done(0x10, rows);
    })(), served ?? packetSize),
  });
  try {
    return await checkLedger(server.port, capture, asked);
  } finally {
    await server.stop();
  }
}

test('the rows of the capture with keys that go on pass, in packets of the size asked for', async () => {
  expect(await checked((rows) => rows)).toEqual({
    rows: 3 * LEDGER_ROWS,
    packetBytes: 32_767,
    shortPackets: 0,
    nbcRowShare: 0.8833,
    decimals: [{ column: 'Amount', announced: 17, lengths: { 5: 0.0985, 9: 0.9015 } }],
  });
  expect(await checked((rows) => rows, { asked: 4096 })).toMatchObject({ packetBytes: 4096 });
});

test('keys ascend from row to row and from repetition to repetition', () => {
  const ledger = openLedger(capture);
  let last = -1n;
  for (let n = 0; n < 3; n++) {
    const payload = Buffer.concat([ledger.metadata, ledger.chunk(n)]);
    walkResult(payload, ({ starts: [key] }) => {
      const value = payload.readBigInt64LE(key);
      expect(value > last).toBe(true);
      last = value;
    });
  }
  // Beyond 32 bits too.
  expect(ledger.chunk(5000).readBigInt64LE(4)).toBe(BigInt(3 + 5000 * LEDGER_KEY_STEP));
});

const announcedWith9 = () => {
  const metadata = Buffer.from(capture.payload.subarray(0, rowsStart));
  metadata[metadata.indexOf(Buffer.from('6c111304', 'hex')) + 1] = 9;
  return metadata;
};
/** All of it in ROW tokens of one made-up row with the column count of the capture's table. */
const KIND = [wireColumn.intN('TransactionId', 8), wireColumn.decimal('Amount', 19, 4, 17)];

test.each<[string, string, () => Promise<unknown>]>([
  ['a decimal announced with its precision\'s length', 'Amount, announced length: 9, in the capture 17', () => checked((rows) => rows, { metadata: announcedWith9() })],
  ['smaller packets', 'bytes of a full packet: 4096, in the capture 32764', () => checked((rows) => rows, { served: 4096 })],
  ['a changed byte', 'bytes other than the key\'s are changed', () => checked((rows) => {
    const changed = Buffer.from(rows);
    // The last byte of a GUID or the like: no length.
    changed[changed.length - 1] ^= 1;
    return changed;
  })],
  ['keys that begin anew', 'key of row 20000: 3, to be 970003', () => checked(() => capture.payload.subarray(rowsStart, walkResult(capture.payload).rowsEnd))],
  ['rows of one kind and decimals of one length', 'share of NBCROW: 0, in the capture 0.8833', () => checked((_, n) => Buffer.concat(
    Array.from({ length: LEDGER_ROWS }, (__, i) => {
      const key = Buffer.alloc(8);
      key.writeBigInt64LE(BigInt(n * LEDGER_ROWS + i));
      return row(KIND, [key, Buffer.alloc(17, 1)]);
    })), { metadata: colMetadata(KIND) })],
])('%s are told', async (_, message, check) => {
  await expect(check()).rejects.toThrow(message);
});

test('the captured rows begin with ROW or NBCROW of the key 3', () => {
  expect(capture.payload[rowsStart]).not.toBe(ROW);
  expect(capture.payload.readBigInt64LE(rowsStart + 4)).toBe(3n);
});
