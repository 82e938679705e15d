import { EngineError, type TableAddress } from './engine';
import type { WorkerEngine } from './worker-engine';

/** Tables written by PyIceberg in the local cloud's Glue: somebody else's, or somebody else's rows in ours. */
export class PyIcebergWriter {
  public constructor(private readonly engine: WorkerEngine) {
    if (engine.name !== 'pyiceberg') throw new EngineError(engine.name, 'is not PyIceberg');
  }

  /** Makes a table of the columns and rows of a Parquet file; PyIceberg gives field ids of its own. Gives the metadata's location. */
  public async create(table: Required<TableAddress>['glue'], parquetFile: string, location: string): Promise<string> {
    return await this.engine.call('create', { table, file: parquetFile, location }) as string;
  }

  /**
   * Appends a Parquet file's rows and gives the new metadata's location. The commit is optimistic by Glue's VersionId, and tried again.
   *
   * @throws EngineError `CommitFailedException` when others committed meanwhile, and went on to
   */
  public async append(table: Required<TableAddress>['glue'], parquetFile: string): Promise<string> {
    return await this.engine.call('append', { table, file: parquetFile }) as string;
  }

  /** Tags the current snapshot. */
  public async tag(table: Required<TableAddress>['glue'], name: string): Promise<void> {
    await this.engine.call('tag', { table, name });
  }

  /** Location of the table's current metadata. */
  public async metadata(table: Required<TableAddress>['glue']): Promise<string> {
    return await this.engine.call('metadata', { table }) as string;
  }
}
