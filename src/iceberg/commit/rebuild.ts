import { randomUUID } from 'node:crypto';
import { ownerOf } from './change-table';
import { applyChanges, deletesBy } from './changes/apply-changes';
import { addHistory } from './changes/history';
import { CommitOptions, CommitOutcome, commitRun } from './commit-run';
import { tableNameOf, TableRun } from './table-run';
import { metadataAt, Workplace } from './workplace';
import { CATALOG_PARAMETERS, TABLE_PROPERTIES } from '../../contract';
import { DraftTables } from '../catalogs/draft-tables';
import { FolderTables } from '../catalogs/folder-tables';
import { CatalogTable } from '../catalogs/table-catalog';
import { IcebergError } from '../spec/errors';
import { TableMetadata, withPrevious } from '../spec/table-metadata';

/** A table whose metadata was made anew. */
export interface RebuiltTable {
  readonly name: string;
  readonly dataset: string;
  readonly generation: number;
  readonly snapshots: number;
  readonly metadataLocation: string;
  /** Folder of the table that had the name before; its files are as they were, unless they were to be deleted. */
  readonly before?: string;
  /** Files that were deleted of it. */
  readonly deleted: number;
}

/** A table whose name could not be given to what was made; the name stands for what it did. */
export interface UnbuiltTable {
  readonly name: string;
  readonly error: Error;
}

/** What a table that is made again has as the one before. */
interface KeptOptions {
  readonly softDeletes: boolean;
  /** By places, for readers that cannot delete by keys. */
  readonly deletes?: 'equality' | 'position';
}

/**
 * Makes all metadata of landed tables again, from the manifests of runs: fresh tables, run by run, which the names stand for at the end.
 * Until then, and where it is interrupted, readers see the tables of before.
 */
export class TableRebuild {
  private readonly draft: Workplace & { readonly catalog: DraftTables };
  /** How the tables of before are, by name. */
  private readonly kept = new Map<string, KeptOptions>();

  /** @param asked whether tables keep deleted rows; as the tables of before do, where these can be read */
  public constructor(private readonly workplace: Workplace, private readonly asked: { readonly softDeletes?: boolean } = {}) {
    this.draft = { ...workplace, catalog: new DraftTables(workplace.files), salt: randomUUID() };
  }

  /**
   * Adds a table's run, whole or its changes. Runs come oldest first.
   *
   * @throws IcebergError as {@link commitRun} and {@link applyChanges} do; the table is then without this run
   */
  public async add(run: TableRun, options?: CommitOptions): Promise<CommitOutcome> {
    const { softDeletes, deletes } = await this.keptOptions(tableNameOf(run));
    const own = { ...options, softDeletes: this.asked.softDeletes ?? softDeletes };
    if (!run.table.changes) return commitRun(this.draft, run, own);
    const outcome = await applyChanges(this.draft, run, { ...own, deletes });
    if (outcome.state !== 'WAITING') await addHistory(this.draft, run);
    return outcome;
  }

  private async keptOptions(name: string): Promise<KeptOptions> {
    const known = this.kept.get(name);
    if (known !== undefined) return known;
    // What cannot be read is why it is made again.
    const table = await this.workplace.catalog.load(name).catch(() => undefined);
    const at = table?.metadataLocation;
    const metadata = at === undefined ? undefined : await metadataAt(this.workplace, at).catch(() => undefined);
    const kept: KeptOptions = {
      softDeletes: metadata?.properties?.[TABLE_PROPERTIES.softDeletesSince] !== undefined, deletes: metadata && deletesBy(metadata),
    };
    this.kept.set(name, kept);
    return kept;
  }

  /** Lets the names stand for what was made. @param deleteOld deletes the metadata of the tables that had them before */
  public async finish(deleteOld = false): Promise<Array<RebuiltTable | UnbuiltTable>> {
    const results: Array<RebuiltTable | UnbuiltTable> = [];
    for (const name of await this.draft.catalog.names('')) {
      const made = (await this.draft.catalog.load(name))!;
      results.push(await this.give(made, deleteOld).catch(async (error: Error) => {
        // An answer that was lost may stand for a change that was made.
        if (error instanceof IcebergError) await this.deleteMetadata(await metadataAt(this.workplace, made.metadataLocation!));
        return { name, error };
      }));
    }
    return results;
  }

  private async give(made: CatalogTable, deleteOld: boolean): Promise<RebuiltTable> {
    const { catalog } = this.workplace;
    const { name } = made;
    const metadata = await metadataAt(this.workplace, made.metadataLocation!);
    const dataset = metadata.properties?.[CATALOG_PARAMETERS.dataset] ?? '';
    const base = await this.standing(name, dataset);
    // What cannot be read is why it is made again.
    const old = base?.metadataLocation === undefined ? undefined : await metadataAt(this.workplace, base.metadataLocation).catch(() => undefined);
    const owner = base && ownerOf(base, old);
    if (base && owner !== dataset) {
      throw new IcebergError('NAME_TAKEN', `the table '${name}' cannot be made again for the dataset '${dataset}': ${owner === undefined ? 'somebody else made a table of this name' : `it belongs to the dataset '${owner}'`}`);
    }
    const kind = made.parameters[CATALOG_PARAMETERS.kind];
    const metadataLocation = await catalog.commit({
      name,
      base,
      metadata: withPrevious(metadata, made.metadataLocation!, metadata['last-updated-ms']),
      attempt: randomUUID(),
      description: metadata.properties?.comment,
      ...(kind !== undefined && { parameters: { [CATALOG_PARAMETERS.kind]: kind } }),
    });
    if (metadataLocation === undefined) throw new IcebergError('COMMIT_CONTENTION', `the table '${name}' was changed by others meanwhile`);
    return {
      name,
      dataset,
      generation: Number(metadata.properties?.[TABLE_PROPERTIES.generation] ?? 1),
      snapshots: metadata.snapshots?.length ?? 0,
      metadataLocation,
      ...(old && { before: old.location }),
      deleted: old && deleteOld && old.location !== metadata.location ? await this.deleteMetadata(old) : 0,
    };
  }

  /** What a name stands for; one whose metadata cannot be read is ours to replace, since only a folder's catalog looks into it. */
  private async standing(name: string, dataset: string): Promise<CatalogTable | undefined> {
    const { catalog } = this.workplace;
    try {
      return await catalog.load(name);
    } catch (error) {
      if (!(error instanceof IcebergError) || error.code !== 'TABLE_UNREADABLE' || !(catalog instanceof FolderTables)) throw error;
      const pointer = (await catalog.pointers()).find((each) => each.name === name);
      return pointer && { name, parameters: { [CATALOG_PARAMETERS.dataset]: dataset }, version: String(pointer.number) };
    }
  }

  /** Files beside metadata, which others may have written, stay. */
  private async deleteMetadata({ location }: TableMetadata): Promise<number> {
    const { files } = this.workplace;
    const found = [...await files.list(`${location}/metadata/`), ...await files.list(`${location}/attempts/`)];
    await files.delete(found.map(({ uri }) => uri));
    return found.length;
  }
}
