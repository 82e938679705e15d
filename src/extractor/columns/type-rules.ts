import { LegacyToS3Error } from '../errors';
import { NamedTable, parseNamePattern } from '../source/table-patterns';
import { TypeOptions } from '../type-options';

/** The type options of a run: those of all columns, and those of columns by name. Data, so that a checkpoint keeps them. */
export interface TypeRules {
  readonly all?: TypeOptions;
  /** By pattern `[[schema.]table.]column`; of several that match, the last says. */
  readonly columns?: { readonly [pattern: string]: TypeOptions };
}

/** A column by its names. */
export interface NamedColumn extends NamedTable {
  readonly column: string;
}

/** The options of one column. */
export function typeOptionsOf(rules: TypeRules | undefined, named: NamedColumn): TypeOptions {
  const found: TypeOptions[] = [rules?.all ?? {}];
  for (const [pattern, options] of Object.entries(rules?.columns ?? {})) if (matcher(pattern)(named)) found.push(options);
  // An option that is there but undefined says nothing.
  return Object.fromEntries(found.flatMap((options) => Object.entries(options).filter(([, value]) => value !== undefined)));
}

/**
 * Refuses patterns that no column has, which would be a misspelt name.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function refuseUnmatched(rules: TypeRules | undefined, columns: readonly NamedColumn[]): void {
  const unmatched = Object.keys(rules?.columns ?? {}).find((pattern) => !columns.some(matcher(pattern)));
  if (unmatched === undefined) return;
  throw new LegacyToS3Error('INVALID_CONFIG', `columnTypes names '${unmatched}', but no column that is extracted matches it`);
}

/** @throws LegacyToS3Error of code INVALID_CONFIG */
export function checkColumnPattern(pattern: string): void {
  matcher(pattern);
}

function matcher(pattern: string): (named: NamedColumn) => boolean {
  const parts = parseNamePattern(pattern, 3);
  if (!parts) {
    throw new LegacyToS3Error('INVALID_CONFIG', `columnTypes names '${pattern}', which is not a column pattern: expected 'column', `
      + '\'table.column\' or \'schema.table.column\', with * and ?, names with dots or brackets quoted as [a.b]');
  }
  const [column, table = /^/, schema = /^/] = [...parts].reverse();
  return (named) => column.test(named.column) && table.test(named.table) && schema.test(named.schema);
}
