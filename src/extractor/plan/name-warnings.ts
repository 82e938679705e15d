import { catalogTableName, isCatalogColumnName } from '../../contract';
import { columnsLikePartitions, freePartitionPrefix, landedNames } from '../source/catalog/column-names';
import { quoteTable } from '../source/catalog/identifiers';
import type { SourceTable } from '../source/catalog/read-catalog';

/**
 * Columns that have the name of a partition of the target's own path (`s3://lake/env=prod/landing`): whoever reads them is
 * shown the partition's value instead.
 *
 * @param target URL of the landing target
 */
export function pathWarnings(table: Pick<SourceTable, 'schema' | 'table' | 'columns'>, target: string): string[] {
  const inPath = new Set(target.split('/').flatMap((segment) => /^([^=]+)=/.exec(segment)?.[1].toLowerCase() ?? []));
  return table.columns.filter(({ name }) => inPath.has(encodeURI(name).toLowerCase())).map(({ name }) => `${quoteTable(table.schema, table.table)}: column `
    + `'${name}' has the name of the partition '${name}=…' in the target's path, whose value readers take for the column's; land under another path`);
}

/** Tables that cannot be told apart by the names that the catalog gives their tables in Glue. */
export function catalogWarnings(database: string, tables: ReadonlyArray<Pick<SourceTable, 'schema' | 'table'>>): string[] {
  const byName = new Map<string, string[]>();
  for (const { schema, table } of tables) {
    const name = catalogTableName({ database, schema, table });
    byName.set(name, [...byName.get(name) ?? [], quoteTable(schema, table)]);
  }
  return [...byName].filter(([, same]) => same.length > 1).map(([name, same]) => `${same.join(' and ')} land apart, but have one name in a Glue catalog, `
    + `'${name}': a pipeline registers the one that it meets first, and logs an error of the others`);
}

/** Columns that a Glue table cannot have under their names. */
export function catalogColumnWarnings({ schema, table, columns }: Pick<SourceTable, 'schema' | 'table' | 'columns'>): string[] {
  return columns.filter(({ name }) => !isCatalogColumnName(name.toLowerCase())).map(({ name }) => `${quoteTable(schema, table)}: a pipeline registers Parquet and `
    + `JSON Lines in Glue without the column ${JSON.stringify(name)}, whose name Glue or its engines refuse, and CSV with _ for what they refuse; the files have it`);
}

/** What of a table lands under other names than it has, or than other tables have, as warnings. */
export function nameWarnings(table: Pick<SourceTable, 'schema' | 'table' | 'columns'>): string[] {
  const subject = quoteTable(table.schema, table.table);
  const { columns } = table;
  const names = columns.map(({ name }) => name);
  const prefix = freePartitionPrefix(names);
  const renamed = landedNames(columns, prefix).flatMap((landed, index) => (landed === names[index] ? [] : [
    `${subject}: column '${names[index]}' lands as '${landed}', since ${columns[index].catalogName === undefined
      ? 'its name differs from another column\'s only by case' : 'names in Glue and Athena have no $'}`,
  ]));
  if (prefix === undefined) return renamed;
  const clashing = columnsLikePartitions(names).map((name) => `'${name}'`).join(', ');
  return [...renamed, `${subject}: its objects land under ${prefix}database=…/${prefix}schema=…/${prefix}table=…/${prefix}run=…, `
    + `since readers would take the partition's value for that of a column of its name (${clashing})`];
}
