import type { LandedTable } from './landed-table';
import type { Manifest } from '../../contract';
import type { RunConsistency } from '../source/consistency';

/** What the counts prove. Under SNAPSHOT a difference has failed the run before. */
export function verificationOf(tables: readonly LandedTable[], consistency: RunConsistency): Manifest['verification'] {
  if (consistency === 'query') return { state: 'unverified', detail: 'the server was sent nothing but the query' };
  const differing = tables.filter(({ table, sourceRows }) => sourceRows !== BigInt(table.rows));
  if (differing.length === 0) {
    const when = { snapshot: 'in the same SNAPSHOT transaction', databaseSnapshot: 'in the same database snapshot' }[consistency as string] ?? 'right after the read';
    return { state: 'counted', detail: `the rows of every table equal COUNT_BIG asked of the source ${when}` };
  }
  const named = differing.slice(0, 10).map(({ table, sourceRows }) => `${table.schema}.${table.table}: ${table.rows} landed, ${sourceRows} counted`);
  const more = differing.length > named.length ? `; and ${differing.length - named.length} more` : '';
  return { state: 'unverified', detail: `the source changed between read and COUNT_BIG: ${named.join('; ')}${more}` };
}
