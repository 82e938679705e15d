import { tellsAll, waysOfChain } from './idle';
import type { ChainLink } from '../../../contract';
import { ChangeWay } from '../../api/changes/planned-changes';
import { readChain, withRun, writeChain, type EndedRun } from '../../state/chain-store';
import type { StateStore } from '../../state/state-store';

/** What a look at the source, or the run that followed it, leaves for the next one. */
export interface SeenChanges {
  /** Links of tables that were seen to be unchanged up to a later version than their marks. */
  readonly unchanged: { readonly [table: string]: ChainLink };
  /** Ways of all tables that follow, as `toldWay` has them; absent where they were not looked at: they are those of the marks then. */
  readonly ways?: readonly string[];
  /** What one statement told of the whole database before. */
  readonly idle?: string;
  /** Whether no table was left out. */
  readonly isWhole: boolean;
}

/**
 * Keeps where a chain stands after a look, and by what to know that nothing changed since.
 *
 * @param run the run of the look, where its manifest is written and it is not in the chain yet
 */
export async function keepChain(store: StateStore, key: string, { unchanged, ways, idle, isWhole }: SeenChanges, run?: EndedRun): Promise<void> {
  const before = await readChain(store, key);
  const chain = run ? withRun(before, run) : before;
  if (!chain) return;
  const { idle: _, ...rest } = chain;
  // How deletes are found a mark does not say.
  const told = ways ?? waysOfChain(chain).map((way) => (way === ChangeWay.ROWVERSION ? 'rowversion, not looked at' : way));
  const isTold = idle !== undefined && tellsAll(idle, told);
  await writeChain(store, key, { ...rest, tables: { ...chain.tables, ...unchanged }, ...(isWhole && isTold && { idle }) });
}
