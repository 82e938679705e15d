import { KEY_TEXT_LENGTH, keyType } from './key-types';
import { LegacyToS3Error } from '../api/errors';
import type { PlannedColumn, PlannedTable } from '../api/extraction-plan';
import type { QueryParameter } from '../rows/objects/read-rows';
import { quoteTable } from '../source/catalog/identifiers';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

/** Bounds that a statement compares. */
const MOST_COMPARED = 100;

/**
 * Has the server compare the bounds of tables that are cut. Each chunk begins where the one before it ends, so the chunks
 * cover every row once exactly when the bounds ascend, whatever the rows are: where one descends, rows are in two chunks.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG, which names table, chunk and both bounds
 */
export async function refuseDisorder(connection: SqlServerConnection, tables: readonly PlannedTable[]): Promise<void> {
  for (const table of tables) {
    const subject = quoteTable(table.schema, table.table);
    const keys = table.chunkKey.map((name) => table.columns.find((column) => column.name === name)!);
    const ends = table.chunks.filter(({ upper }) => upper !== undefined);
    for (let first = 0; first + 1 < ends.length; first += MOST_COMPARED) {
      const some = ends.slice(first, first + MOST_COMPARED + 1);
      const { sql, parameters } = disorderQuery(keys, some.map(({ upper }) => upper!));
      const [row] = await connection.query(sql, `compare the bounds of ${subject}`, parameters);
      if (row?.disorder === null || row?.disorder === undefined) continue;
      const { chunk, lower, upper } = some[Number(row.disorder) + 1];
      throw new LegacyToS3Error('INVALID_CONFIG', `the plan does not fit the source: ${subject}, chunk ${chunk}: ${JSON.stringify(upper)}, which it ends before, `
        + `comes before ${JSON.stringify(lower)}, which it begins with, in the order of the source, so that rows would be read twice; mend the plan, or plan anew`);
    }
  }
}

/** Gives the place of the first bound that the next one comes before, as `disorder`; NULL when there is none. */
function disorderQuery(
  keys: readonly PlannedColumn[], bounds: ReadonlyArray<readonly string[]>,
): { readonly sql: string; readonly parameters: QueryParameter[] } {
  const pairs = bounds.slice(1).map((_, at) => `WHEN NOT (${orderCondition(keys, bounds, at)}) THEN ${at}`);
  const parameters = bounds.flatMap((bound, at) => bound.map((value, k): QueryParameter => ({ name: nameOf(at, k), type: 'NVarChar', value, length: KEY_TEXT_LENGTH })));
  return { sql: `SELECT CASE ${pairs.join(' ')} END AS disorder`, parameters };
}

/** Whether the bound is not behind the next one; of two that agree as far as both go the shorter comes first. */
function orderCondition(keys: readonly PlannedColumn[], bounds: ReadonlyArray<readonly string[]>, at: number): string {
  const last = Math.min(bounds[at].length, bounds[at + 1].length) - 1;
  const build = (k: number): string => {
    const { fromText } = keyType(keys[k])!;
    const [left, right] = [fromText(`@${nameOf(at, k)}`), fromText(`@${nameOf(at + 1, k)}`)];
    if (k === last) return `${left} ${bounds[at].length > bounds[at + 1].length ? '<' : '<='} ${right}`;
    return `${left} <= ${right} AND (${left} < ${right} OR ${build(k + 1)})`;
  };
  return build(0);
}

function nameOf(bound: number, key: number): string {
  return `b${bound}_${key}`;
}
