import type { SqlType } from '../../sql/types';

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

/** A capture instance ("sys.sp_cdc_enable_table"): the columns that a table had when it was made. */
export interface CaptureInstance {
  readonly name: string;
  readonly sourceId: number;
  /** Of its change table. */
  readonly objectId: number;
  readonly netChanges: boolean;
  readonly indexName: string | null;
  readonly role: string | null;
  readonly created: Date;
  readonly columns: ReadonlyArray<{ readonly id: number; readonly name: string; readonly type: SqlType; readonly computed: boolean }>;
  /** Names of the columns of its unique index. */
  readonly keys: readonly string[];
}

/** Change Data Capture of a database that it is enabled for. */
export class Capture {
  readonly instances = new Map<string, CaptureInstance>();
  /** Whether the capture job follows each commit at once; else it runs when it is told to. */
  automatic = true;
  private last = 0;

  of(objectId: number): CaptureInstance[] {
    return [...this.instances.values()].filter(({ sourceId }) => sourceId === objectId);
  }

  /** The next log sequence number: log file, block and slot. */
  nextLsn(): Buffer {
    this.last += 1;
    const lsn = Buffer.alloc(10);
    lsn.writeUInt32BE(42, 0);
    lsn.writeUInt32BE(this.last, 4);
    lsn.writeUInt16BE(1, 8);
    return lsn;
  }
}

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
  /** Undefined while Change Data Capture is off. */
  capture: Capture | undefined;
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
    const { capture } = this;
    const instances = [...capture?.instances ?? []];
    return () => {
      this.tracking = tracking;
      this.capture = capture;
      capture?.instances.clear();
      instances.forEach(([name, instance]) => capture!.instances.set(name, instance));
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
