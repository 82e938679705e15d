import { fileExtension, type OutputFormat } from '../../rows/columns/output-format';

const TYPES: { readonly [name in OutputFormat['name']]: string } = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
};

/**
 * Content type of a landed object. A compressed text file is what its name says (`.csv.gz`), not CSV in a content
 * encoding: with `Content-Encoding: gzip` some clients would unpack it and then mistake it by its name.
 */
export function contentTypeOf(format: OutputFormat): string {
  if (format.name === 'parquet' || format.compression === 'none') return TYPES[format.name];
  return format.compression === 'gzip' ? 'application/gzip' : 'application/zstd';
}

export { fileExtension };
