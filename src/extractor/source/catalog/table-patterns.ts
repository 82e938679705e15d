import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import { nearestNames } from '../../api/unknown-names';
import { parseNamePattern } from '../../options/name-pattern';

/** Things that are named of what a pattern matches instead of tables. */
const MOST_OTHERS = 5;

/** A table by its names. */
export interface NamedTable {
  readonly schema: string;
  readonly table: string;
}

/** Something that a pattern of tables may name though it is no table. */
export interface OtherObject extends NamedTable {
  /** What it is, and what to do instead. */
  readonly advice: string;
}

/** A parsed pattern. */
export interface TablePattern {
  /** As it came. */
  readonly text: string;
  matches(table: NamedTable): boolean;
}

/**
 * Parses `schema.table` or `table` (any schema). `*` stands for any characters, `?` for one; `[...]` (with `]]` for `]`)
 * and `"..."` (with `""` for `"`) are literal. Case does not matter.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function parseTablePattern(text: string): TablePattern {
  const parts = parseNamePattern(text, 2);
  if (!parts) throw invalid(text);
  const [table, schema = /^/] = [...parts].reverse();
  return { text: text.trim(), matches: (named) => schema.test(named.schema) && table.test(named.table) };
}

/** Splits a comma-separated list of patterns; commas inside quotes stay. */
export function splitPatterns(list: string): string[] {
  const patterns = list.match(/(?:\[(?:[^\]]|\]\])*\]|"(?:[^"]|"")*"|[^,])+/g) ?? [];
  return patterns.map((pattern) => pattern.trim()).filter((pattern) => pattern !== '');
}

/**
 * The tables that an include pattern matches and no exclude pattern does, in the given order.
 *
 * @param include undefined for all
 * @param others what is no table, for the message about a pattern that names one of them
 * @throws LegacyToS3Error of code NO_TABLE_MATCHED when a pattern of `include` matches nothing, or nothing is left
 */
export function selectTables<T extends NamedTable>(
  tables: readonly T[], include: readonly string[] | undefined, exclude: readonly string[] = [], others: readonly OtherObject[] = [],
): T[] {
  for (const pattern of unmatched(tables, include)) {
    const named = others.filter((other) => pattern.matches(other));
    if (named.length === 0) continue;
    const more = named.length > MOST_OTHERS ? `; and ${named.length - MOST_OTHERS} more` : '';
    throw new LegacyToS3Error('NO_TABLE_MATCHED', `no table matches '${pattern.text}': ${named.slice(0, MOST_OTHERS).map(({ advice }) => advice).join('; ')}${more}`);
  }
  if (tables.length === 0) {
    throw new LegacyToS3Error('NO_TABLE_MATCHED', 'the database has no table that the login may see; check the database and its SELECT grants');
  }
  const names = tables.map(({ schema, table }) => `${schema}.${table}`);
  const included = include?.map(parseTablePattern);
  for (const pattern of included ?? []) {
    if (tables.some((table) => pattern.matches(table))) continue;
    const near = nearestNames(pattern.text.includes('.') ? pattern.text : `dbo.${pattern.text}`, names, 3);
    const hint = near.length > 0 ? `did you mean ${near.map((name) => `'${name}'`).join(', ')}?` : `the login sees ${summary(names)}`;
    throw new LegacyToS3Error('NO_TABLE_MATCHED', `no table matches '${pattern.text}'; ${hint}`);
  }
  const excluded = exclude.map(parseTablePattern);
  const selected = tables.filter((table) =>
    (included?.some((pattern) => pattern.matches(table)) ?? true) && !excluded.some((pattern) => pattern.matches(table)));
  if (selected.length === 0) {
    throw new LegacyToS3Error('NO_TABLE_MATCHED',
      `no table is left: the exclude patterns ${exclude.map((text) => `'${text}'`).join(', ')} match all that were chosen`);
  }
  return selected;
}

/** The patterns that match no table. */
export function unmatched(tables: readonly NamedTable[], include: readonly string[] = []): TablePattern[] {
  return include.map(parseTablePattern).filter((pattern) => !tables.some((table) => pattern.matches(table)));
}

function summary(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${counted(names.length, 'table')}, among them ${shown}` : shown;
}

function invalid(text: string): LegacyToS3Error {
  return new LegacyToS3Error('INVALID_CONFIG',
    `'${text}' is not a table pattern: expected 'schema.table' or 'table', with * and ?, names with dots or brackets quoted as [a.b]`);
}
