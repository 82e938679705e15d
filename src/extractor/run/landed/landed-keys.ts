import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LegacyToS3Error } from '../../api/errors';
import type { LandingTarget } from '../../landing/target/landing-target';
import { parseSourceType } from '../../rows/columns/source-type';
import { parquetColumns } from '../../verify/parquet/parquet-rows';
import type { PhysicalValue } from '../../verify/parquet/parquet-value';

/** A column of a key: its name in the files, and its type in the source. */
export interface LandedKeyColumn {
  readonly landed: string;
  readonly type: string;
}

/** A key as texts that the source converts to the values it had, by column. */
export type KeyTexts = readonly string[];

/**
 * Reads the keys of landed objects, which are Parquet files.
 *
 * @param size keys that are given at a time, at most
 * @throws LegacyToS3Error of code CONTENT_MISMATCH when an object is not there, or not what it was
 */
export async function* readLandedKeys(
  target: LandingTarget, objects: readonly string[], columns: readonly LandedKeyColumn[], size: number,
): AsyncGenerator<KeyTexts[]> {
  let batch: KeyTexts[] = [];
  for (const key of objects) {
    for await (const keys of keysOfObject(target, key, columns)) {
      for (const each of keys) {
        batch.push(each);
        if (batch.length < size) continue;
        yield batch;
        batch = [];
      }
    }
  }
  if (batch.length > 0) yield batch;
}

async function* keysOfObject(target: LandingTarget, key: string, columns: readonly LandedKeyColumn[]): AsyncGenerator<KeyTexts[]> {
  const stored = await target.read(key);
  const unreadable = (why: string, cause?: unknown) => new LegacyToS3Error('CONTENT_MISMATCH', `${key} holds keys that landed, and ${why}`, { cause });
  if (!stored) throw unreadable('is not there any more');
  const folder = stored.path === undefined ? await mkdtemp(join(tmpdir(), 'landed-keys-')) : undefined;
  try {
    let { path } = stored;
    if (path === undefined) {
      path = join(folder!, 'object.parquet');
      await writeFile(path, stored.body);
    } else {
      await close(stored.body);
    }
    const handle = await open(path);
    try {
      const names = columns.map(({ landed }) => landed);
      for await (const { types, rows } of parquetColumns(handle, names)) {
        yield rows.map((row) => columns.map(({ landed, type }) => textOf(row[landed], types[landed], type)));
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof LegacyToS3Error) throw error;
    throw unreadable(`cannot be read: ${(error as Error).message}`, error);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** What reads a body frees what it reads from when it ends, which it does once it has begun. */
async function close(body: AsyncIterable<Uint8Array>): Promise<void> {
  const pieces = body[Symbol.asyncIterator]();
  await pieces.next();
  await pieces.return?.();
}

/** @throws RangeError for a value that no key has */
function textOf(value: PhysicalValue | null | undefined, stored: string, sourceType: string): string {
  const { base, scale } = parseSourceType(sourceType);
  if (value === null || value === undefined) throw new RangeError('a column of the key has no value');
  if (base === 'binary' || base === 'varbinary') return `0x${Buffer.from(value as Uint8Array).toString('hex')}`;
  if (stored === 'BYTE_ARRAY') return Buffer.from(value as Uint8Array).toString('utf8');
  switch (base) {
    case 'tinyint': case 'smallint': case 'int': case 'bigint': return String(value);
    case 'bit': return value === true ? '1' : '0';
    case 'decimal': case 'numeric': return decimalText(unscaled(value), scale);
    case 'money': case 'smallmoney': return decimalText(unscaled(value), 4);
    case 'date': return new Date(Number(value) * 86_400_000).toISOString().slice(0, 10);
    case 'uniqueidentifier': return Buffer.from(value as Uint8Array).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    default: throw new RangeError(`keys of ${sourceType} are not read back`);
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
