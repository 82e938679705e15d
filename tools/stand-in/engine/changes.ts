/** A table whose changes are tracked ("sys.change_tracking_tables"). */
export interface TrackedTable {
  readonly trackColumnsUpdated: boolean;
  /** Version of the database when tracking began, or the table was truncated. */
  readonly beginVersion: bigint;
  readonly minValidVersion: bigint;
  /** Up to which clean-up has removed changes. */
  readonly cleanupVersion?: bigint;
  /** DuckDB's table of the changes, quoted. */
  readonly duckName: string;
}

/** Options of ALTER DATABASE … SET CHANGE_TRACKING ("ALTER DATABASE SET options"). */
export interface ChangeTrackingOptions {
  readonly autoCleanup: boolean;
  readonly retention: number;
  readonly unit: 'MINUTES' | 'HOURS' | 'DAYS';
}

const DEFAULT_OPTIONS: ChangeTrackingOptions = { autoCleanup: true, retention: 2, unit: 'DAYS' };

/** rowversion of a database before the first row has one. */
const FIRST_ROW_VERSION = 2000n;

/**
 * What a database keeps of the changes of its rows outside of its tables. None of it has versions, as metadata has none in SQL Server:
 * what changes here is seen in the middle of a SNAPSHOT transaction ("Change Tracking Functions": clean-up may run while changes are read).
 */
export class DatabaseChanges {
  /** Undefined while Change Tracking is off. */
  tracking: ChangeTrackingOptions | undefined;
  /** Of the last transaction committed that changed a tracked table. */
  version = 0n;
  /** Tracked tables by object_id. */
  readonly tracked = new Map<number, TrackedTable>();
  /** The greatest rowversion given out (@@DBTS); no rollback takes one back. */
  rowVersion = FIRST_ROW_VERSION;
  /** The lowest rowversion of each open transaction that took one. */
  private readonly activeRowVersions = new Map<object, bigint>();
  private working: Promise<void> = Promise.resolve();

  setTracking(options: Partial<ChangeTrackingOptions> | undefined): void {
    this.tracking = options && { ...DEFAULT_OPTIONS, ...this.tracking, ...options };
  }

  /**
   * Removes the changes up to a version, as the clean-up task does when their retention is over. It asks no transaction: those that are
   * open miss them from then on.
   */
  cleanUp(version: bigint): void {
    for (const [objectId, table] of this.tracked) {
      const minValidVersion = table.minValidVersion > version ? table.minValidVersion : version;
      this.tracked.set(objectId, { ...table, cleanupVersion: version, minValidVersion });
    }
  }

  /** TRUNCATE TABLE: as if tracking had just begun ("CHANGETABLE"). @returns what takes it back */
  truncate(objectId: number, version: bigint): () => void {
    const table = this.tracked.get(objectId);
    if (!table) {
      return () => undefined;
    }
    this.tracked.set(objectId, { ...table, beginVersion: version, minValidVersion: version });
    return () => this.tracked.set(objectId, table);
  }

  /** What is tracked now, to go back to when a transaction that changed it is rolled back. */
  snapshot(): () => void {
    const { tracking } = this;
    const tracked = [...this.tracked];
    return () => {
      this.tracking = tracking;
      this.tracked.clear();
      tracked.forEach(([objectId, table]) => this.tracked.set(objectId, table));
    };
  }

  /** Gives rowversions to as many rows. @returns the one before the first of them */
  takeRowVersions(transaction: object, rows: number): bigint {
    const before = this.rowVersion;
    this.rowVersion += BigInt(rows);
    if (rows > 0 && !this.activeRowVersions.has(transaction)) {
      this.activeRowVersions.set(transaction, before + 1n);
    }
    return before;
  }

  releaseRowVersions(transaction: object): void {
    this.activeRowVersions.delete(transaction);
  }

  /** The lowest rowversion that is not committed, else the next one ("MIN_ACTIVE_ROWVERSION"). */
  minActiveRowVersion(): bigint {
    return [...this.activeRowVersions.values()].reduce((lowest, each) => (each < lowest ? each : lowest), this.rowVersion + 1n);
  }

  /** Commits one after the other, so that versions are in their order. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const previous = this.working;
    const done = previous.then(work);
    this.working = done.then(() => undefined, () => undefined);
    return done;
  }
}

/** A rowversion as its eight bytes. */
export function rowVersionBytes(version: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(version);
  return bytes;
}
