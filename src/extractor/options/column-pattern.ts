import { parseNamePattern } from './name-pattern';
import { LegacyToS3Error } from '../api/errors';

/** A column by its names. */
export interface NamedColumn {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** @throws LegacyToS3Error of code INVALID_CONFIG when it is no column pattern */
export function columnMatcher(pattern: string): (named: NamedColumn) => boolean {
  const parts = parseNamePattern(pattern, 3);
  if (!parts) {
    throw new LegacyToS3Error('INVALID_CONFIG', `columnTypes names '${pattern}', which is not a column pattern: expected 'column', `
      + '\'table.column\' or \'schema.table.column\', with * and ?, names with dots or brackets quoted as [a.b]');
  }
  const [column, table = /^/, schema = /^/] = [...parts].reverse();
  return (named) => column.test(named.column) && table.test(named.table) && schema.test(named.schema);
}
