import { queryStack } from './athena-query';
import { queryFolder } from './local-query';
import type { QueryOptions, QueryResult } from './query-result';
import { telling } from '../errors';
import { openTables } from '../list-tables';
import { inPlace, type TablesSource } from '../place';

/**
 * Runs one query that only reads: over a folder by DuckDB, over a pipeline's tables by Athena.
 *
 * @param use takes the result; its rows can be read until it ends
 * @throws LegacyToS3Error
 */
export async function query(source: TablesSource, sql: string, options: QueryOptions, use: (result: QueryResult) => Promise<void>): Promise<void> {
  await inPlace(source, async (place) => telling(place, `query ${place.told}`, async () => (
    place.athena ? queryStack : queryFolder)(place, await openTables(place), sql, options, use)));
}
