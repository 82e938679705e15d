import type { RunOptions } from './context/run-options';
import type { Manifest } from '../../contract';
import type { ExtractionPlan } from '../api/extraction-plan';
import { shapeOf } from '../plan/ways/choose-ways';
import { chainKey, linkKey, readChain, withRun, writeChain } from '../state/chain-store';
import type { StateStore } from '../state/state-store';

/** Hash of what is read of each table of a plan, by the key of its link. */
export function shapesOf({ tables }: Pick<ExtractionPlan, 'tables'>, { types }: Pick<RunOptions, 'format'>['format']): Map<string, string> {
  return new Map(tables.map((table) => [linkKey(table), shapeOf(table, types)]));
}

/**
 * Adds a run whose manifest is written to the chain of its database. Whoever dies before leaves a checkpoint that names the chain, by
 * which the next sync adds it.
 *
 * @param follows whether the run is of a chain; another one is added where there is one, since the landed tables show it
 */
export async function linkRun(store: StateStore, manifest: Manifest, plan: ExtractionPlan, { format }: Pick<RunOptions, 'format'>, follows: boolean): Promise<void> {
  const key = chainKey(manifest.source.server, manifest.source.database);
  const chain = await readChain(store, key);
  // Run completion does not show the tables of one that is not whole.
  if (!follows && (!chain || manifest.missingTables)) return;
  await writeChain(store, key, withRun(chain, { manifest, shapes: shapesOf(plan, format) }));
}
