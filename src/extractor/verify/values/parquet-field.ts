import type { ManifestColumn } from '../../../contract';
import { parseSourceType } from '../../rows/columns/source-type';

/** How a column of the file is stored, by the file. */
export interface ParquetField {
  readonly name: string;
  readonly physical: string;
  /** Bytes of FIXED_LEN_BYTE_ARRAY, else 0. */
  readonly length: number;
}

const STRINGS = new Set(['char', 'varchar', 'text', 'nchar', 'nvarchar', 'ntext', 'xml', 'sql_variant']);

/** Whether a source type is text, also where nothing is told otherwise. */
export function isText(base: string): boolean {
  return STRINGS.has(base);
}

/** Whether values that are no text are stored as text. */
export function isStoredAsText({ outputType, sourceType }: ManifestColumn): boolean {
  return outputType === 'STRING' && !isText(parseSourceType(sourceType).base);
}

/** Place of a companion column; below 0 where there is none. */
export function companionOf(columns: readonly ManifestColumn[], source: ManifestColumn, suffix: string): number {
  return columns.findIndex(({ name, framing }) => framing === undefined && name === `${source.name}__${suffix}`);
}

/** The physical type that values of an output type have. */
export function physicalOf(outputType: string): string {
  const [, name, precision] = /^([A-Z0-9]+)(?:\((\d+))?/.exec(outputType) ?? [];
  switch (name) {
    // INT8 and INT16 are of manifests of earlier versions.
    case 'INT8': case 'INT16': case 'INT32': case 'DATE': return 'INT32';
    case 'INT64': case 'TIME': case 'TIMESTAMP': return 'INT64';
    case 'DECIMAL': return Number(precision) <= 9 ? 'INT32' : Number(precision) <= 18 ? 'INT64' : 'FIXED_LEN_BYTE_ARRAY';
    case 'UUID': return 'FIXED_LEN_BYTE_ARRAY';
    case 'STRING': case 'BINARY': return 'BYTE_ARRAY';
    default: return outputType;
  }
}
