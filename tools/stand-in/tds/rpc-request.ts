/* eslint-disable no-bitwise */
import { TypedValue, readTypedValue } from './parameter-reader';
import { ByteReader } from '../../tds/byte-reader';

/** Procedures called by number (MS-TDS 2.2.6.6). */
const PROCEDURES: Record<number, string> = {
  1: 'sp_cursor',
  2: 'sp_cursoropen',
  3: 'sp_cursorprepare',
  4: 'sp_cursorexecute',
  5: 'sp_cursorprepexec',
  6: 'sp_cursorunprepare',
  7: 'sp_cursorfetch',
  8: 'sp_cursoroption',
  9: 'sp_cursorclose',
  10: 'sp_executesql',
  11: 'sp_prepare',
  12: 'sp_execute',
  13: 'sp_prepexec',
  14: 'sp_prepexecrpc',
  15: 'sp_unprepare',
};

export interface RpcParameter extends TypedValue {
  readonly name: string;
  readonly output: boolean;
}

export interface RpcCall {
  readonly procedure: string;
  readonly parameters: RpcParameter[];
}

/** Skips ALL_HEADERS, which begins every batch and RPC (MS-TDS 2.2.5.3). */
export function skipHeaders(reader: ByteReader): void {
  const total = reader.uint32();
  reader.bytes(total - 4);
}

export function readSqlBatch(data: Buffer): string {
  const reader = new ByteReader(data);
  skipHeaders(reader);
  return reader.bytes(reader.remaining).toString('utf16le');
}

/** Reads the calls of one RPC request; most have only one. */
export function readRpcRequest(data: Buffer): RpcCall[] {
  const reader = new ByteReader(data);
  skipHeaders(reader);
  const calls: RpcCall[] = [];
  while (reader.remaining > 0) {
    const length = reader.uint16();
    const procedure = length === 0xffff ? PROCEDURES[reader.uint16()] ?? 'unknown' : reader.ucs2(length);
    reader.uint16();
    const parameters: RpcParameter[] = [];
    while (reader.remaining > 0 && !isSeparator(data[reader.position])) {
      const name = reader.bVarchar();
      const status = reader.uint8();
      parameters.push({ name, output: (status & 1) !== 0, ...readTypedValue(reader) });
    }
    calls.push({ procedure, parameters });
    if (reader.remaining > 0) {
      reader.uint8();
    }
  }
  return calls;
}

/** Between the calls of a batch of them; a parameter's name is at most 128 characters long. */
function isSeparator(byte: number): boolean {
  return byte >= 0x80;
}
