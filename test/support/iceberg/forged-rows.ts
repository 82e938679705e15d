import { randomUUID } from 'node:crypto';
import { foreignCommit } from './foreign-writer';
import { Workplace, metadataAt } from '../../../src/iceberg/commit/workplace';
import { readRows, scanOf } from '../../../src/iceberg/rows/read-rows';
import type { RowValue } from '../../../src/iceberg/rows/values';
import { ParquetRows } from '../../../src/iceberg/rows/write-parquet';
import { dataFile } from '../../../src/iceberg/spec/data-file';
import { readFooter } from '../../../src/iceberg/spec/parquet-footer';

/** A row by its columns' names. */
export type NamedRow = { [column: string]: RowValue };

/** Somebody rewrites the rows of a table into one file of their own, not as they were. */
export async function forgeRows(workplace: Workplace, name: string, forge: (rows: NamedRow[]) => NamedRow[]): Promise<void> {
  const metadata = await metadataAt(workplace, (await workplace.catalog.load(name))!.metadataLocation!);
  const plan = await scanOf(workplace.files, metadata);
  const rows: NamedRow[] = [];
  for await (const { values } of readRows(workplace.files, plan)) {
    rows.push(Object.fromEntries(plan.fields.map((field, at) => [field.name, values[at]])));
  }
  const writer = new ParquetRows(plan.fields);
  for (const row of forge(rows)) writer.add(plan.fields.map((field) => [row[field.name]]));
  const bytes = writer.finish();
  const uri = `${metadata.location}/data/${randomUUID()}.parquet`;
  await workplace.files.create(uri, bytes);
  const file = dataFile({ uri, sizeBytes: bytes.length, footer: readFooter(bytes, uri) }, plan.fields, plan.fields.map((field) => field.name));
  if (!await foreignCommit(workplace, name, { operation: 'overwrite', files: [file], goes: () => true })) throw new Error('another writer was faster');
}
