import type { ChunkTarget } from './chunk-size';
import { USUAL_CHUNK_BYTES } from './chunk-size';
import { LegacyToS3Error } from '../api/errors';
import type { TableOptions } from '../api/selection';
import { nearestNames } from '../api/unknown-names';
import { quoteTable } from '../source/catalog/identifiers';
import type { SourceTable, UnreadColumn } from '../source/catalog/read-catalog';
import { parseTablePattern, type NamedTable } from '../source/catalog/table-patterns';

/** What is read of a table. */
export interface TableChoice {
  /** The table with the columns that are read. */
  readonly table: SourceTable;
  /** Names of those left out. */
  readonly excludedColumns: readonly string[];
  readonly rowFilter?: string;
  /** As asked for, of this table or of all; absent where no size was. */
  readonly chunkTarget?: ChunkTarget;
  /** Columns to cut by, as the table spells them; absent where its own key cuts. */
  readonly chunkBy?: readonly string[];
}

/**
 * Applies the options of tables by name; of several that match a table, the last says, option by option.
 *
 * @param all tables of the source: names that differ only by case are told apart by all there are
 * @throws LegacyToS3Error of code NO_TABLE_MATCHED when a pattern matches none of the tables, INVALID_CONFIG when a column
 * is in none of those it matches, a table would have no column left, or has not all columns that it shall be cut by
 */
export function chooseTables(
  tables: readonly SourceTable[], rules: readonly TableOptions[], chunkTarget?: ChunkTarget, all: readonly SourceTable[] = tables,
): TableChoice[] {
  const parsed = parsedPatterns(all, rules);
  for (const { rule, meant } of parsed) refuseUnknown(rule, tables.filter((table) => meant.has(table)));
  return tables.map((table) => {
    const said = parsed.filter(({ meant }) => meant.has(table)).flatMap(({ rule }) => Object.entries(rule));
    const options = Object.fromEntries(said.filter(([, value]) => value !== undefined)) as Partial<TableOptions>;
    return choose(table, options, chunkTarget);
  });
}

/** Options and the tables that each is meant for. */
export function parsedPatterns<T extends NamedTable>(
  all: readonly T[], rules: readonly TableOptions[],
): Array<{ readonly rule: TableOptions; readonly meant: ReadonlySet<NamedTable> }> {
  return rules.map((rule) => ({ rule, meant: new Set<NamedTable>(parseTablePattern(rule.table).among(all)) }));
}

function choose(table: SourceTable, options: Partial<TableOptions>, standard?: ChunkTarget): TableChoice {
  const { columns, excludeColumns = [], rowFilter, targetChunkBytes, targetChunkRows, chunkBy } = options;
  const chosen = columns && columnsMeant(table, columns);
  const leftOut = columnsMeant(table, excludeColumns);
  const isRead = (name: string) => (chosen?.has(name) ?? true) && !leftOut.has(name);
  const read = table.columns.filter(({ name }) => isRead(name));
  if (read.length === 0 && table.columns.length > 0) {
    throw new LegacyToS3Error('INVALID_CONFIG', `tableOptions leaves no column of ${quoteTable(table.schema, table.table)}; leave the table out instead`);
  }
  const own = targetChunkBytes !== undefined || targetChunkRows !== undefined;
  const excluded = table.columns.filter(({ name }) => !isRead(name));
  // By the name that the catalog goes on telling.
  const unread = excluded.flatMap(({ catalogName }): UnreadColumn[] => (catalogName === undefined ? [] : [{ name: catalogName, why: 'internal' }]));
  return {
    table: { ...table, columns: read, unread: [...table.unread, ...unread] },
    excludedColumns: excluded.map(({ name }) => name),
    rowFilter,
    chunkTarget: own ? { bytes: targetChunkBytes ?? USUAL_CHUNK_BYTES, rows: targetChunkRows } : standard,
    ...(chunkBy && { chunkBy: chunkColumns(table, chunkBy, isRead) }),
  };
}

function chunkColumns(table: SourceTable, wanted: readonly string[], isRead: (name: string) => boolean): string[] {
  const subject = quoteTable(table.schema, table.table);
  const refuse = (why: string) => new LegacyToS3Error('INVALID_CONFIG', `tableOptions cuts ${subject} by columns (chunkBy), ${why}`);
  if (table.kind.viewOf) {
    throw refuse('but it is a view, whose size is not known, and which would be computed anew for each chunk, perhaps to other rows; extract its tables, or leave chunkBy out for it');
  }
  const names = wanted.map((want) => {
    const [name] = columnsMeant(table, [want]);
    if (name === undefined) throw refuse(`but it has no column '${want}'${nearest(want, table.columns.map((column) => column.name))}; name the tables that have it`);
    if (!isRead(name)) throw refuse(`but its column '${name}' is left out (columns, excludeColumns): only columns that are read can cut`);
    return name;
  });
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw refuse(`but its column '${twice}' is named twice`);
  return names;
}

function refuseUnknown({ table: pattern, columns = [], excludeColumns = [], chunkBy = [] }: TableOptions, matched: readonly SourceTable[]): void {
  if (matched.length === 0) throw new LegacyToS3Error('NO_TABLE_MATCHED', `tableOptions names '${pattern}', but no table that is extracted matches it`);
  const names = matched.flatMap((table) => table.columns.map(({ name }) => name));
  const unknown = [...columns, ...excludeColumns, ...chunkBy].find((wanted) => !has(names, wanted));
  if (unknown === undefined) return;
  throw new LegacyToS3Error('INVALID_CONFIG', `tableOptions of '${pattern}' names the column '${unknown}', which is not there${nearest(unknown, names)}`);
}

function nearest(unknown: string, names: readonly string[]): string {
  const [near] = nearestNames(unknown, names, 1);
  return near === undefined ? '' : `; did you mean '${near}'?`;
}

/** Names of columns are one whatever their case, unless the table has columns that differ by nothing else. */
function columnsMeant({ schema, table, columns }: SourceTable, wanted: readonly string[]): ReadonlySet<string> {
  const names = columns.map(({ name }) => name);
  return new Set(wanted.flatMap((want) => {
    const same = names.filter((name) => name.toLowerCase() === want.toLowerCase());
    if (same.length < 2) return same;
    if (same.includes(want)) return [want];
    throw new LegacyToS3Error('INVALID_CONFIG', `tableOptions of ${quoteTable(schema, table)} names the column '${want}', which may be `
      + `${same.map((name) => `'${name}'`).join(' or ')}: they differ only by case, so that the name must be spelled as one of them is`);
  }));
}

function has(names: readonly string[], wanted: string): boolean {
  return names.some((name) => name.toLowerCase() === wanted.toLowerCase());
}
