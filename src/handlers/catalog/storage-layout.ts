import type { Column, SerDeInfo, StorageDescriptor } from '@aws-sdk/client-glue';
import { Manifest } from '../../contract';

/** How files of a format are read: Hive's names, as Athena's CREATE TABLE writes them. */
interface Reading {
  readonly input: string;
  readonly output: string;
  readonly serde: SerDeInfo;
  /** Parameters of the table. */
  readonly parameters: { readonly [name: string]: string };
}

const TEXT = {
  input: 'org.apache.hadoop.mapred.TextInputFormat',
  output: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
};

function reading(format: Manifest['format']): Reading {
  if (format.name === 'parquet') {
    return {
      input: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
      output: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
      serde: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe', Parameters: { 'serialization.format': '1' } },
      parameters: { classification: 'parquet' },
    };
  }
  if (format.name === 'jsonl') {
    return {
      ...TEXT,
      serde: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe', Parameters: { 'case.insensitive': 'TRUE' } },
      parameters: { classification: 'json' },
    };
  }
  return {
    ...TEXT,
    serde: {
      SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde',
      // RFC 4180 doubles quotes and escapes nothing; the serde wants an escape character, so it gets one that no text has.
      Parameters: { separatorChar: format.delimiter ?? ',', quoteChar: format.quote ?? '"', escapeChar: '\u0001' },
    },
    parameters: { classification: 'csv', ...(format.header ?? true) && { 'skip.header.line.count': '1' } },
  };
}

/** Where and how Glue finds files of a format. */
export function storageDescriptor(format: Manifest['format'], columns: readonly Column[], location: string): StorageDescriptor {
  const { input, output, serde } = reading(format);
  return {
    Columns: [...columns],
    Location: location,
    InputFormat: input,
    OutputFormat: output,
    SerdeInfo: serde,
    Compressed: format.compression !== 'none',
    StoredAsSubDirectories: false,
  };
}

/** Parameters of a table over files of a format. */
export function formatParameters(format: Manifest['format']): { [name: string]: string } {
  return { EXTERNAL: 'TRUE', ...reading(format).parameters };
}

/**
 * What two runs must have in common to be partitions of one table. Parquet and JSON are read by name, so any runs fit; CSV
 * is read by position, so a table holds runs whose columns are the same, or more at the end.
 */
export function layoutOf(format: Manifest['format']): string {
  return format.name === 'csv' ? `csv ${format.delimiter ?? ','} ${format.quote ?? '"'} ${format.header ?? true}` : format.name;
}

/** Whether a run's columns can be read by a table's, by position: one is the beginning of the other. */
export function alignable(table: readonly Column[], run: readonly Column[]): boolean {
  const shorter = Math.min(table.length, run.length);
  return table.slice(0, shorter).every(({ Name }, index) => Name === run[index].Name);
}
