import { counted } from '../api/counted';
import { LegacyToS3Error } from '../api/errors';
import { SqlServerConnection, type ConnectionOptions } from '../source/connection/sql-server-connection';
import { createSnapshot, dropSnapshot, findSnapshot, leftSnapshots, snapshotName, type DatabaseSnapshot } from '../source/consistency/database-snapshot';

/** The database snapshot of one run: made when the run begins, kept while it can be gone on with. */
export class RunSnapshot {
  public constructor(private readonly source: ConnectionOptions, private readonly runId: string, private readonly warn: (message: string) => void) {}

  /**
   * The snapshot, which is made when it is not there.
   *
   * @param finishedChunks which were read from it before
   * @throws LegacyToS3Error, also when chunks were read from one that is gone
   */
  public async open(connection: SqlServerConnection, finishedChunks: number): Promise<DatabaseSnapshot> {
    const left = await leftSnapshots(connection, this.runId);
    if (left.length > 0) {
      this.warn(`database snapshots of other runs take room: ${left.join(', ')}; abort or prune those runs, or DROP DATABASE each that no run uses`);
    }
    const found = await findSnapshot(connection, this.runId);
    if (found) return found;
    if (finishedChunks > 0) {
      throw new LegacyToS3Error('SOURCE_QUERY_FAILED', `database snapshot '${snapshotName(this.runId)}', from which the run has ${counted(finishedChunks, 'chunk')}, `
        + 'is gone: abort the run and run anew');
    }
    return createSnapshot(connection, this.runId);
  }

  /** Drops it. Never throws: what was read is landed, whatever becomes of the snapshot. */
  public async drop(): Promise<void> {
    try {
      const connection = await SqlServerConnection.open(this.source);
      try {
        await dropSnapshot(connection, this.runId);
      } finally {
        await connection.close();
      }
    } catch (error) {
      this.warn(`the database snapshot '${snapshotName(this.runId)}' is still there: ${(error as Error).message}`);
    }
  }
}
