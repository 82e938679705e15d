import { LegacyToS3Error } from '../../api/errors';
import { TypeOptions } from '../../api/type-options';
import { columnMatcher, meantBy, parseColumnPattern, type NamedColumn } from '../../options/name-pattern';

/** The type options of a run: those of all columns, and those of columns by name. Data, so that a checkpoint keeps them. */
export interface TypeRules {
  readonly all?: TypeOptions;
  /** By pattern `[[schema.]table.]column`; of several that match, the last says. */
  readonly columns?: { readonly [pattern: string]: TypeOptions };
  /** Whether patterns may be of tables that are not read, as in a run of those that changed. */
  readonly partial?: boolean;
}

/** The options of one column, of a query: its names differ by more than case. */
export function typeOptionsOf(rules: TypeRules | undefined, named: NamedColumn): TypeOptions {
  const found: TypeOptions[] = [rules?.all ?? {}];
  for (const [pattern, options] of Object.entries(rules?.columns ?? {})) if (columnMatcher(pattern)(named)) found.push(options);
  return combined(found);
}

/** A column of a table: its names in the source, the name it lands under, and whether it is read. */
export interface RuledColumn extends NamedColumn {
  readonly landed: string;
  readonly isRead: boolean;
}

/**
 * The options of each column. Patterns name columns as the source does (or as they land, where nothing has that name there); of
 * columns whose names differ only by case, a pattern means those that are spelled as it is.
 *
 * @param columns those that are left out among them, since they count in what a name means
 * @returns in the order of `columns`; nothing where no rule is of columns
 * @throws LegacyToS3Error of code INVALID_CONFIG for a pattern that no column that is read has, or that may mean several
 */
export function resolveTypeRules(rules: TypeRules | undefined, columns: readonly RuledColumn[]): TypeOptions[] | undefined {
  const patterns = Object.entries(rules?.columns ?? {});
  if (patterns.length === 0) return undefined;
  const said = new Map<RuledColumn, TypeOptions[]>();
  for (const [pattern, options] of patterns) {
    const parts = parseColumnPattern(pattern);
    const among = (name: 'column' | 'landed') =>
      meantBy(parts, columns, (named) => [named.schema, named.table, named[name]], `columnTypes names '${pattern}'`).filter(({ isRead }) => isRead);
    const bySource = among('column');
    const meant = bySource.length > 0 ? bySource : among('landed');
    if (meant.length === 0 && !rules?.partial) throw unmatched(pattern);
    for (const column of meant) said.set(column, [...said.get(column) ?? [], options]);
  }
  return columns.map((column) => combined([rules?.all ?? {}, ...said.get(column) ?? []]));
}

function combined(options: readonly TypeOptions[]): TypeOptions {
  // An option that is there but undefined says nothing.
  return Object.fromEntries(options.flatMap((each) => Object.entries(each).filter(([, value]) => value !== undefined)));
}

/**
 * Refuses patterns that no column has, which would be a misspelt name.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function refuseUnmatched(rules: TypeRules | undefined, columns: readonly NamedColumn[]): void {
  const pattern = Object.keys(rules?.columns ?? {}).find((each) => !columns.some(columnMatcher(each)));
  if (pattern !== undefined) throw unmatched(pattern);
}

function unmatched(pattern: string): LegacyToS3Error {
  return new LegacyToS3Error('INVALID_CONFIG', `columnTypes names '${pattern}', but no column that is extracted matches it`);
}
