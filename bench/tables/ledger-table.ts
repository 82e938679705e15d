import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchTable, OpenTable } from './bench-table';
import { walkResult } from '../../tools/replay-server/row-walker';
import { unpacketize } from '../../tools/replay-server/tds-packets';

/**
 * 20,000 rows as a TDS server that others wrote sent them, over and over. Only the key is changed: it goes on counting
 * from one repetition to the next, as the key of a longer table would.
 */

export interface LedgerCapture {
  /** Packets as received (MS-TDS 2.2.3). */
  readonly packets: Buffer;
  /** Without packet headers: COLMETADATA, rows, DONE. */
  readonly payload: Buffer;
}

/** What the client that the capture was made for asked for in LOGIN7, in bytes. */
export const LEDGER_PACKET_SIZE = 32_767;
export const LEDGER_ROWS = 20_000;
export const LEDGER_KEY = 'TransactionId';
/** From a key to that of the same row in the next repetition: the rows are those of 10,000 times 97 whose key modulo 97 is 3 or 50. */
export const LEDGER_KEY_STEP = 970_000;
const KEY_BYTES = 8;

export const LEDGER_TABLE: BenchTable = { chunkRows: LEDGER_ROWS, defaultRows: 1_000_000, open: () => openLedger(readLedgerCapture()) };

/** Where the file is, for code that was bundled into another folder. */
export const LEDGER_CAPTURE_ENV = 'BENCH_LEDGER_CAPTURE';

export function ledgerCaptureFile(): string {
  return process.env[LEDGER_CAPTURE_ENV] ?? path.join(__dirname, '../../test/fixtures/tds-captures/ledger-20000.tds');
}

export function readLedgerCapture(file = ledgerCaptureFile()): LedgerCapture {
  const packets = readFileSync(file);
  return { packets, payload: unpacketize(packets) };
}

export function openLedger({ payload }: LedgerCapture): OpenTable {
  const { rowsStart, rowsEnd, keys } = keyPositions(payload);
  const rows = Buffer.from(payload.subarray(rowsStart, rowsEnd));
  const first = keys.map((at) => Number(rows.readBigInt64LE(at - rowsStart)));
  return {
    metadata: payload.subarray(0, rowsStart),
    chunk: (n) => {
      for (let i = 0; i < keys.length; i++) {
        const key = first[i] + n * LEDGER_KEY_STEP;
        const at = keys[i] - rowsStart;
        rows.writeUInt32LE(key % 0x100000000, at);
        rows.writeInt32LE(Math.floor(key / 0x100000000), at + 4);
      }
      return rows;
    },
  };
}

/** Where the rows of a ledger's payload are, and each one's key. */
export function keyPositions(payload: Buffer): { readonly rowsStart: number; readonly rowsEnd: number; readonly keys: readonly number[] } {
  const keys: number[] = [];
  const { rowsStart, rowsEnd } = walkResult(payload, ({ starts, lengths }, columns) => {
    if (columns[0].name !== LEDGER_KEY || lengths[0] !== KEY_BYTES) throw new Error(`the first column is not a bigint ${LEDGER_KEY} that is never NULL`);
    keys.push(starts[0]);
  });
  return { rowsStart, rowsEnd, keys };
}
