import type { ReadJob } from './read-job';
import type { RunQuery } from './run-options';
import type { SourceTable } from '../source/catalog';
import { landedNames } from '../source/column-names';
import { quoteName, quoteTable } from '../source/identifiers';

/** Reads every column of a table by its name, so that what lands is what the catalog said. */
export function tableJob(table: SourceTable): ReadJob {
  const from = quoteTable(table.schema, table.table);
  const landed = landedNames(table.columns);
  const list = table.columns.map((name, index) => quoteName(name) + (landed[index] === name ? '' : ` AS ${quoteName(landed[index])}`));
  return {
    schema: table.schema,
    table: table.table,
    sql: `SELECT ${list.join(', ')} FROM ${from}`,
    countSql: `SELECT COUNT_BIG(*) AS row_count FROM ${from}`,
    subject: from,
    estimatedRows: table.estimatedRows,
    primaryKey: table.primaryKey.map((name) => landed[table.columns.indexOf(name)] ?? name),
  };
}

/** The renamed columns of a table, as warnings. */
export function renameWarnings(table: SourceTable): string[] {
  return landedNames(table.columns).flatMap((landed, index) => {
    const name = table.columns[index];
    return landed === name ? [] : [`${quoteTable(table.schema, table.table)}: column '${name}' lands as '${landed}', `
      + 'since its name is a partition\'s or differs from another column\'s only by case'];
  });
}

export function queryJob(query: RunQuery): ReadJob {
  return {
    schema: query.schema,
    table: query.table,
    sql: query.sql,
    subject: `query '${query.table}'`,
  };
}
