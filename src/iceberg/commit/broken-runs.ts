import { changeTable, laterThan } from './change-table';
import { Workplace } from './workplace';
import { TABLE_PROPERTIES } from '../../contract';
import { TableMetadata, withProperties } from '../spec/table-metadata';

/*
 * Runs that readers see and whose files are not what they were. They are noted in the table: rows that were written anew of such files
 * would stay as they are when the files are mended, and nothing would tell.
 */

/** Ids of such runs. */
export function brokenRuns({ properties }: Pick<TableMetadata, 'properties'>): string[] {
  return properties?.[TABLE_PROPERTIES.brokenRuns]?.split(' ') ?? [];
}

/** The property without a run; undefined where it was the last. */
export function brokenWithout(metadata: TableMetadata, runId: string): string | undefined {
  return brokenRuns(metadata).filter((each) => each !== runId).join(' ') || undefined;
}

/** Metadata that notes a run; undefined where it does already. */
export function withBroken(workplace: Workplace, metadata: TableMetadata, runId: string): TableMetadata | undefined {
  const known = brokenRuns(metadata);
  if (known.includes(runId)) return undefined;
  return noted(workplace, metadata, [...known, runId].join(' '));
}

/** Takes the note of a run away that holds again. @throws IcebergError COMMIT_CONTENTION */
export async function endBroken(workplace: Workplace, name: string, before: TableMetadata, runId: string): Promise<void> {
  if (!brokenRuns(before).includes(runId)) return;
  await changeTable(workplace, name, ({ metadata }) => (
    brokenRuns(metadata).includes(runId) ? noted(workplace, metadata, brokenWithout(metadata, runId)) : undefined));
}

function noted(workplace: Workplace, metadata: TableMetadata, runs: string | undefined): TableMetadata {
  return { ...withProperties(metadata, { [TABLE_PROPERTIES.brokenRuns]: runs }), 'last-updated-ms': laterThan(workplace, metadata) };
}
