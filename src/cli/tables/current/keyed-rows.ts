import type { FileInMemory } from '../../../extractor/doors/landed-tables';
import type { RangeFiles } from '../../../iceberg/files/table-files';
import { openParquet } from '../../../iceberg/rows/parquet-file';
import { batchesOf, type RowBatch } from '../../../iceberg/rows/read-rows';
import type { ScanPlan } from '../../../iceberg/rows/scan-plan';
import { textKey, type RowValue } from '../../../iceberg/rows/values';
import { FileContent } from '../../../iceberg/spec/data-file';
import type { Field } from '../../../iceberg/spec/schema';

const URI = 'memory:rows-of-the-source.parquet';

/** Rows of the source in the types that the landed table has. */
export async function* batchesInMemory({ bytes }: FileInMemory, { metadata }: Pick<ScanPlan, 'metadata'>, fields: readonly Field[]): AsyncGenerator<RowBatch> {
  const files: RangeFiles = {
    readEnd: async (_, size) => ({ end: bytes.subarray(Math.max(0, bytes.length - size)), sizeBytes: bytes.length }),
    readRange: async (_, from, size) => bytes.subarray(from, from + size),
  };
  const { rows } = await openParquet(files, URI, bytes.length);
  const none = new Map<number, never>();
  const file = {
    content: FileContent.data, filePath: URI, recordCount: rows, fileSizeBytes: bytes.length, columnSizes: none, valueCounts: none, nullValueCounts: none, lowerBounds: none, upperBounds: none,
  };
  yield* batchesOf(files, { metadata }, { file, sequence: 0n, equalityDeletes: [], positionDeletes: [] }, fields, new Uint32Array());
}

/** A row by its key, NULLs too, and a text for each of its values: equal exactly where the values are. */
export interface KeyedRow {
  readonly key: string;
  readonly keyValues: readonly RowValue[];
  readonly texts: readonly string[];
}

/** The rows of a batch. @param keys field ids of the columns that tell rows apart, all among the batch's */
export function* keyedRows({ fields, positions, columns }: RowBatch, keys: readonly number[]): Generator<KeyedRow> {
  const places = keys.map((id) => fields.findIndex((field) => field.id === id));
  for (let row = 0; row < positions.length; row++) {
    const texts = columns.map((column) => textKey(column[row]));
    yield { key: joined(places.map((place) => texts[place])), keyValues: places.map((place) => columns[place][row]), texts };
  }
}

/** One text of several, from which they can be told again. */
export function joined(texts: readonly string[]): string {
  let text = '';
  for (const each of texts) text += `${each.length}:${each}`;
  return text;
}
