import { selectSql } from './request';
import { unpacketize } from '../../tools/replay-server/tds-packets';
import { rawResponse } from '../contenders/raw-client';
import { keyPositions, LEDGER_KEY_STEP, LEDGER_PACKET_SIZE, LEDGER_ROWS, LedgerCapture } from '../tables/ledger-table';
import { shapeDifferences, WireShape, wireShape } from '../tables/wire-shape';

const REPETITIONS = 3;

/**
 * Asks the server for the rows that the capture's client asked for, three times over, and compares shape and bytes with
 * those of the capture, so that no figure is of rows easier to read than real ones.
 *
 * @param packetSize asked for by the clients to be measured, in bytes
 * @throws Error that tells every difference
 */
export async function checkLedger(port: number, capture: LedgerCapture, packetSize = LEDGER_PACKET_SIZE): Promise<WireShape> {
  const captured = wireShape(capture.packets);
  const packets = await rawResponse(port, packetSize, selectSql(REPETITIONS * LEDGER_ROWS));
  const own = wireShape(packets);
  // Another size than the captured client's is the caller's own choice; it must only be kept to.
  const expected = packetSize === LEDGER_PACKET_SIZE ? captured : { ...captured, packetBytes: packetSize };
  const differences = [...shapeDifferences(expected, own), ...byteDifferences(capture.payload, unpacketize(packets))];
  if (differences.length > 0) throw new Error(`the server's rows are not those of the capture: ${differences.join('; ')}`);
  return own;
}

/** Apart from the key, rows must be those of the capture; the key must go on counting. */
function byteDifferences(captured: Buffer, own: Buffer): string[] {
  const theirs = keyPositions(captured);
  const ours = keyPositions(own);
  if (ours.keys.length !== REPETITIONS * theirs.keys.length) return [`rows: ${ours.keys.length}, in the capture ${theirs.keys.length}`];
  if (!captured.subarray(0, theirs.rowsStart).equals(own.subarray(0, ours.rowsStart))) return ['the column metadata is another'];
  const differences: string[] = [];
  ours.keys.forEach((at, i) => {
    const expected = captured.readBigInt64LE(theirs.keys[i % theirs.keys.length]) + BigInt(Math.floor(i / theirs.keys.length) * LEDGER_KEY_STEP);
    const key = own.readBigInt64LE(at);
    if (key !== expected && differences.length === 0) differences.push(`key of row ${i}: ${key}, to be ${expected}`);
  });
  const rows = withoutKeys(captured, theirs);
  if (!Buffer.concat(Array.from({ length: REPETITIONS }, () => rows)).equals(withoutKeys(own, ours))) differences.push('bytes other than the key\'s are changed');
  return differences;
}

function withoutKeys(payload: Buffer, { rowsStart, rowsEnd, keys }: ReturnType<typeof keyPositions>): Buffer {
  const rows = Buffer.from(payload.subarray(rowsStart, rowsEnd));
  for (const at of keys) rows.fill(0, at - rowsStart, at - rowsStart + 8);
  return rows;
}
