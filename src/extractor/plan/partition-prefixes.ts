import type { ExtractionPlan, PlannedTable } from '../api/extraction-plan';
import { freePartitionPrefix } from '../source/catalog/column-names';

/** A table's partition prefix, as a field to spread; none where it needs none. */
export function partitionPrefixField(columns: ReadonlyArray<{ readonly name: string }>): Pick<PlannedTable, 'partitionPrefix'> {
  const partitionPrefix = freePartitionPrefix(columns.map(({ name }) => name));
  return partitionPrefix === undefined ? {} : { partitionPrefix };
}

/** A plan that was made before there were partition prefixes, with them. A run that was begun by such a plan goes on without. */
export function withPartitionPrefixes(plan: ExtractionPlan): ExtractionPlan {
  return { ...plan, tables: plan.tables.map((table) => ({ ...partitionPrefixField(table.columns), ...table })) };
}
