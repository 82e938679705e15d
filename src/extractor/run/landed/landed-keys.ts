import { asUnreadable, landedColumns } from './landed-columns';
import type { LandingTarget } from '../../landing/target/landing-target';
import { parseSourceType } from '../../rows/columns/source-type';
import type { ParquetBlock } from '../../verify/parquet/parquet-rows';
import type { PhysicalValue } from '../../verify/parquet/parquet-value';

/** A column of a key: its name in the files, and its type in the source. */
export interface LandedKeyColumn {
  readonly landed: string;
  readonly type: string;
  /** As {@link ManifestColumn.outputType}, of times. */
  readonly outputType?: string;
  /** Names of the columns beside it. */
  readonly ticks?: string;
  readonly offsetMinutes?: string;
}

/** A key as texts that the source converts to the values it had, by column. */
export type KeyTexts = readonly string[];

/** Names of all columns that texts of keys are made of. */
export function textColumns(columns: readonly LandedKeyColumn[]): string[] {
  return columns.flatMap(({ landed, ticks, offsetMinutes }) => [landed, ticks ?? [], offsetMinutes ?? []].flat());
}

/** @param names of the block's columns @throws RangeError for a value that no key has */
export function textsAt({ types, values }: ParquetBlock, names: readonly string[], columns: readonly LandedKeyColumn[], row: number): KeyTexts {
  const companion = (name: string | undefined) => (name === undefined ? 0 : Number(values[names.indexOf(name)][row] ?? 0));
  return columns.map((column) => {
    const at = names.indexOf(column.landed);
    return textOf(values[at][row], types[at], column, { ticks: companion(column.ticks), offsetMinutes: companion(column.offsetMinutes) });
  });
}

/**
 * Reads the keys of landed objects, which are Parquet files.
 *
 * @param size keys that are given at a time, at most
 * @throws LegacyToS3Error of code CONTENT_MISMATCH when an object is not there, or not what it was
 */
export async function* readLandedKeys(
  target: LandingTarget, objects: readonly string[], columns: readonly LandedKeyColumn[], size: number,
): AsyncGenerator<KeyTexts[]> {
  const names = textColumns(columns);
  let batch: KeyTexts[] = [];
  for (const key of objects) {
    for await (const block of landedColumns(target, key, names)) {
      for (let row = 0; row < block.rows; row++) {
        try {
          batch.push(textsAt(block, names, columns, row));
        } catch (error) {
          throw asUnreadable(key, error);
        }
        if (batch.length < size) continue;
        yield batch;
        batch = [];
      }
    }
  }
  if (batch.length > 0) yield batch;
}

/** @throws RangeError for a value that no key has */
function textOf(
  value: PhysicalValue | null | undefined, stored: string, { type, outputType = '' }: LandedKeyColumn, beside: { readonly ticks: number; readonly offsetMinutes: number },
): string {
  const { base, scale } = parseSourceType(type);
  if (value === null || value === undefined) throw new RangeError('a column of the key has no value');
  if (base === 'binary' || base === 'varbinary') return `0x${Buffer.from(value as Uint8Array).toString('hex')}`;
  if (stored === 'BYTE_ARRAY') {
    const text = Buffer.from(value as Uint8Array).toString('utf8');
    return /^(datetime2?|smalldatetime)$/.test(base) ? text.replace('T', ' ') : text;
  }
  const digits = outputType.includes('NANOS') ? 9 : 6;
  switch (base) {
    case 'tinyint': case 'smallint': case 'int': case 'bigint': return String(value);
    case 'bit': return value === true ? '1' : '0';
    case 'decimal': case 'numeric': return decimalText(unscaled(value), scale);
    case 'money': case 'smallmoney': return decimalText(unscaled(value), 4);
    case 'date': return dayText(Number(value));
    case 'time': return timeText(BigInt(value as bigint), digits, scale);
    case 'smalldatetime': return momentText(value as bigint, { digits, scale: 0 });
    case 'datetime': return momentText(value as bigint, { digits, scale: 3 });
    case 'datetime2': return momentText(value as bigint, { digits, scale, ticks: beside.ticks });
    case 'datetimeoffset': return momentText(value as bigint, { digits, scale, ...beside }) + offsetText(beside.offsetMinutes);
    case 'uniqueidentifier': return Buffer.from(value as Uint8Array).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    default: throw new RangeError(`keys of ${type} are not read back`);
  }
}

/** Big-endian two's complement in a byte array, else a number. */
function unscaled(value: PhysicalValue): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint);
  return BigInt.asIntN(8 * value.length, BigInt(`0x${Buffer.from(value).toString('hex')}`));
}

function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
}

function dayText(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** Of a moment in units of so many digits of a second, and of what a companion has of it. */
interface MomentUnits {
  readonly digits: number;
  readonly scale: number;
  readonly ticks?: number;
  readonly offsetMinutes?: number;
}

/** `2024-02-29 12:34:56.1234567`, at the offset. */
function momentText(value: bigint, { digits, scale, ticks = 0, offsetMinutes = 0 }: MomentUnits): string {
  const perSecond = 10n ** BigInt(digits);
  const local = BigInt(value) + BigInt(offsetMinutes) * 60n * perSecond;
  const perDay = 86_400n * perSecond;
  const ofDay = (local % perDay + perDay) % perDay;
  const text = timeText(ofDay, digits, Math.min(scale, digits));
  return `${dayText(Number((local - ofDay) / perDay))} ${text}${scale > digits ? ticks : ''}`;
}

function timeText(ofDay: bigint, digits: number, scale: number): string {
  const perSecond = 10n ** BigInt(digits);
  const seconds = Number(ofDay / perSecond);
  const fraction = String(ofDay % perSecond).padStart(digits, '0').slice(0, scale);
  return `${new Date(seconds * 1000).toISOString().slice(11, 19)}${fraction === '' ? '' : `.${fraction}`}`;
}

function offsetText(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((each) => String(each).padStart(2, '0'));
  return ` ${minutes < 0 ? '-' : '+'}${hours}:${rest}`;
}
