import { LegacyToS3Error } from '../../api/errors';
import { TypeOptions } from '../../api/type-options';
import { columnMatcher, type NamedColumn } from '../../options/name-pattern';

/** The type options of a run: those of all columns, and those of columns by name. Data, so that a checkpoint keeps them. */
export interface TypeRules {
  readonly all?: TypeOptions;
  /** By pattern `[[schema.]table.]column`; of several that match, the last says. */
  readonly columns?: { readonly [pattern: string]: TypeOptions };
}

/** The options of one column. */
export function typeOptionsOf(rules: TypeRules | undefined, named: NamedColumn): TypeOptions {
  const found: TypeOptions[] = [rules?.all ?? {}];
  for (const [pattern, options] of Object.entries(rules?.columns ?? {})) if (columnMatcher(pattern)(named)) found.push(options);
  // An option that is there but undefined says nothing.
  return Object.fromEntries(found.flatMap((options) => Object.entries(options).filter(([, value]) => value !== undefined)));
}

/**
 * Refuses patterns that no column has, which would be a misspelt name.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function refuseUnmatched(rules: TypeRules | undefined, columns: readonly NamedColumn[]): void {
  const unmatched = Object.keys(rules?.columns ?? {}).find((pattern) => !columns.some(columnMatcher(pattern)));
  if (unmatched === undefined) return;
  throw new LegacyToS3Error('INVALID_CONFIG', `columnTypes names '${unmatched}', but no column that is extracted matches it`);
}
