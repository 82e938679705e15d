import type { ManifestColumn } from '../../../contract';

/** Annotations of whole numbers that earlier versions wrote over the same INT32. */
const NARROW: ReadonlySet<string> = new Set(['INT8', 'INT16']);

/**
 * The columns of a chunk in the words of this version: a run that an earlier one began may have landed whole numbers with narrower
 * annotations, which the values and how they are stored do not depend on.
 */
export function columnsAsNow(columns: readonly ManifestColumn[]): readonly ManifestColumn[] {
  if (!columns.some(({ outputType }) => NARROW.has(outputType))) return columns;
  return columns.map((column) => (NARROW.has(column.outputType) ? { ...column, outputType: 'INT32', glueType: 'int' } : column));
}
