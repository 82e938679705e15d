import type { PlanControls } from '../api/controls';
import type { ExtractorProps } from '../api/extractor-props';
import { loadEngine, type CurrentSource, type RepairedTable } from '../load-engine';
import { validateProps } from '../options/validate-props';

export type { ComparedTable, CurrentSource, FileInMemory, RepairedTable, SourceRows } from '../load-engine';

/** Opens a source to compare what landed tables show now with it. @throws LegacyToS3Error */
export async function openCurrentSource(props: ExtractorProps, controls: PlanControls = {}): Promise<CurrentSource> {
  validateProps(props);
  return loadEngine().openCurrentSource(props, controls);
}

/**
 * Has the next sync read tables whole, whatever changed in them.
 *
 * @param tables `schema.table`
 * @throws LegacyToS3Error of code NO_TABLE_MATCHED for one that no sync has landed
 */
export async function askRepair(props: ExtractorProps, tables: readonly string[], controls: PlanControls = {}): Promise<RepairedTable[]> {
  validateProps(props);
  return loadEngine().askRepair(props, tables, controls);
}
