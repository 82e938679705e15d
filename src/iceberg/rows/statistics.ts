import { DataFile } from '../spec/data-file';
import { decimalOf, IcebergType } from '../spec/types';

/** Whether two files may hold an equal value of a column, NULL equal to NULL, by the statistics of their manifests. */
export function mayOverlap(type: IcebergType, id: number, a: DataFile, b: DataFile): boolean {
  if (mayHaveNulls(a, id) && mayHaveNulls(b, id)) return true;
  const bounds = (file: DataFile) => ({ lower: file.lowerBounds.get(id), upper: file.upperBounds.get(id) });
  const [x, y] = [bounds(a), bounds(b)];
  if (isAllNull(a, id) || isAllNull(b, id)) return false;
  return !(x.upper && y.lower && isBelow(type, x.upper, y.lower)) && !(y.upper && x.lower && isBelow(type, y.upper, x.lower));
}

/** Whether a file has any value of a column that is not NULL; true where that is not told. */
export function mayHold(file: DataFile, id: number): boolean {
  return file.recordCount > 0 && !isAllNull(file, id);
}

/** How many values of a column are not NULL; undefined where that is not told. */
export function toldValues({ recordCount, valueCounts, nullValueCounts }: DataFile, id: number): number | undefined {
  if (recordCount === 0) return 0;
  const [values, nulls] = [valueCounts.get(id), nullValueCounts.get(id)];
  return values === undefined || nulls === undefined ? undefined : values - nulls;
}

/** A column that a file has not is NULL in all its rows; whether it has it, statistics of many columns do not tell. */
function mayHaveNulls({ recordCount, nullValueCounts, valueCounts }: DataFile, id: number): boolean {
  const nulls = nullValueCounts.get(id);
  return nulls === undefined || nulls > 0 || (valueCounts.get(id) ?? 0) < recordCount;
}

function isAllNull({ recordCount, nullValueCounts, valueCounts }: DataFile, id: number): boolean {
  const nulls = nullValueCounts.get(id);
  return nulls !== undefined && nulls === valueCounts.get(id) && nulls >= recordCount;
}

/** Whether a bound is below another, both in Iceberg's single-value form (Iceberg spec, Appendix D); one of a narrower type is read as the wider. */
export function isBelow(type: IcebergType, a: Uint8Array, b: Uint8Array): boolean {
  const [x, y] = [bufferOf(a), bufferOf(b)];
  if (decimalOf(type)) return twosComplement(x) < twosComplement(y);
  switch (type) {
    case 'boolean': return x[0] < y[0];
    case 'int': case 'long': case 'date': case 'time': case 'timestamp': case 'timestamptz': return littleEndian(x) < littleEndian(y);
    case 'float': case 'double': return floating(x) < floating(y);
    default: return Buffer.compare(x, y) < 0;
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function littleEndian(bytes: Buffer): bigint {
  return bytes.length === 4 ? BigInt(bytes.readInt32LE()) : bytes.readBigInt64LE();
}

function floating(bytes: Buffer): number {
  return bytes.length === 4 ? bytes.readFloatLE() : bytes.readDoubleLE();
}

function twosComplement(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`));
}
