import type { ManifestTable } from './manifest-table';

/** What a run of changes brought, all tables together. */
export interface ExtractionChanges {
  /** Counted by the source. */
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  /** Tables whose changes the run has. */
  readonly changedTables: number;
  /** Tables that it read whole. */
  readonly wholeTables: number;
  /** From the source's clock at the oldest mark to the manifest (seconds); absent where the run has no mark. */
  readonly lagSeconds?: number;
}

/** Sums what the tables of a run say of their changes, one after the other. */
export class ExtractionChangesSum {
  private inserts = 0;
  private updates = 0;
  private deletes = 0;
  private changedTables = 0;
  private wholeTables = 0;
  /** ISO 8601, UTC. */
  private oldest?: string;

  public add({ changes, base }: Pick<ManifestTable, 'changes' | 'base'>): void {
    const mark = changes?.to ?? base?.mark;
    if (mark && (this.oldest === undefined || Date.parse(mark.at) < Date.parse(this.oldest))) this.oldest = mark.at;
    if (!changes) {
      this.wholeTables += 1;
      return;
    }
    this.changedTables += 1;
    this.inserts += changes.inserts;
    this.updates += changes.updates;
    this.deletes += changes.deletes;
  }

  /** @param finishedAt of the manifest (ISO 8601) */
  public finish(finishedAt: string): ExtractionChanges {
    const { inserts, updates, deletes, changedTables, wholeTables, oldest } = this;
    // Two clocks.
    const lagSeconds = oldest === undefined ? undefined : Math.max(0, (Date.parse(finishedAt) - Date.parse(oldest)) / 1000);
    return { inserts, updates, deletes, changedTables, wholeTables, ...(lagSeconds !== undefined && { lagSeconds }) };
  }
}
