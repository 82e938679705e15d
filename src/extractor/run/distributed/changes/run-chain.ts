import type { ExtractionSetting } from '../extraction-setting';
import { acquireChain } from './hold-chain';
import { CHANGES_MANIFEST_VERSION, ExtractionChangesSum, type ExtractionChanges, type Manifest, type ManifestTable } from '../../../../contract';
import { LegacyToS3Error } from '../../../api/errors';
import { readManifest } from '../../../landing/read-manifest';
import type { LandingTarget } from '../../../landing/target/landing-target';
import { quoteTable } from '../../../source/catalog/identifiers';
import { linkKey, readChain, withReloads, writeChain } from '../../../state/chain-store';
import { findRecord, type RunRecord } from '../../../state/checkpoint';
import type { StateStore } from '../../../state/state-store';
import { linkRun, shapesOf } from '../../link-run';
import { keepChain } from '../../sync/keep-chain';
import { RunTexts, type FollowingText } from '../run-texts';

/** What a chain keeps of a table, which is all of it that is in memory. */
export type LinkedTable = Pick<ManifestTable, 'database' | 'schema' | 'table' | 'changes' | 'base'>;

export function linkedTable({ database, schema, table, changes, base }: ManifestTable): LinkedTable {
  return { database, schema, table, ...(changes && { changes }), ...(base && { base }) };
}

/** The place of an execution's run in the chain of its database. */
export class RunChain {
  public constructor(
    private readonly runId: string, private readonly setting: ExtractionSetting, private readonly store: StateStore,
    private readonly target: LandingTarget, private readonly execution: string,
  ) {}

  /**
   * Looks, before the manifest is written, whether the run still follows what is landed: an execution that was redriven late may find that
   * another has read the same changes.
   *
   * @throws LegacyToS3Error of code CHANGES_REFUSED, or RUN_IN_USE while another has the chain
   */
  public async refuseOvertaken(following: FollowingText | undefined, landed: readonly LinkedTable[]): Promise<void> {
    if (!following) return;
    await acquireChain(this.store, following.key, this.execution, this.setting);
    const chain = await readChain(this.store, following.key);
    for (const { schema, table, changes } of landed) {
      const link = chain?.tables[linkKey({ schema, table })];
      if (!changes || link?.mark?.order === changes.from.order) continue;
      // An earlier end of the run, which left other tables out, has linked it.
      if (link?.runId === this.runId && link.mark?.order === changes.to.order) continue;
      throw new LegacyToS3Error('CHANGES_REFUSED', `run ${this.runId} has changes of ${quoteTable(schema, table)} after ${changes.from.order}, which run ${link?.runId ?? 'none'} has landed up to `
        + `${link?.mark?.order ?? 'no mark'} meanwhile; give the run up: abort ${this.runId}`);
    }
  }

  /**
   * Has the next run read tables whole whose changes turned out to be missing while they were read, which no look at the source finds: rows
   * that comparing keys finds, or that are told wrongly.
   *
   * @param failed messages by the name of a link
   * @throws LegacyToS3Error of code RUN_IN_USE while another has the chain
   */
  public async askReloads(following: FollowingText | undefined, failed: ReadonlyMap<string, string>): Promise<void> {
    if (!following?.reloads || failed.size === 0) return;
    await acquireChain(this.store, following.key, this.execution, this.setting);
    const chain = await readChain(this.store, following.key);
    if (chain) await writeChain(this.store, following.key, withReloads(chain, failed));
  }

  /**
   * Adds the run, whose manifest is written, to the chain; of a database that nobody follows there is none. It may be done again.
   *
   * @param landed its tables; absent where an earlier call wrote the manifest, which tells them
   * @returns what it brought, of a run of changes
   */
  public async link(manifest: Manifest, landed: readonly LinkedTable[] | undefined): Promise<ExtractionChanges | undefined> {
    const { runId, store } = this;
    const record = await findRecord(store, runId);
    const hasChanges = manifest.manifestVersion === CHANGES_MANIFEST_VERSION;
    // An earlier call has done it, and forgotten the run.
    if (!record && !hasChanges) return undefined;
    const tables = landed ?? (await readManifest(this.target, runId)).tables;
    const following = record && (await new RunTexts(store, runId).header()).following;
    if (record && (following || tables.some(({ base }) => base))) {
      await this.add({ ...manifest, tables: tables as readonly ManifestTable[] }, record, following);
    }
    return following?.kind === 'changes' || hasChanges ? sumOf(tables, manifest) : undefined;
  }

  private async add(manifest: Manifest, record: RunRecord, following: FollowingText | undefined): Promise<void> {
    const { store } = this;
    const landing = { format: record.format };
    if (!following) return linkRun(store, manifest, record.plan, landing, false);
    const lease = await acquireChain(store, following.key, this.execution, this.setting);
    const isWhole = following.isWhole && manifest.missingTables === undefined;
    await keepChain(store, following.key, { ...following, isWhole }, { manifest, shapes: shapesOf(record.plan, landing.format) });
    await lease.release();
  }
}

function sumOf(tables: readonly LinkedTable[], { finishedAt }: Manifest): ExtractionChanges {
  const sum = new ExtractionChangesSum();
  for (const table of tables) sum.add(table);
  return sum.finish(finishedAt);
}
