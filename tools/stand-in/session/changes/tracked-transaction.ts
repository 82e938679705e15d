import { DatabaseEntry } from '../../engine/catalog';

let lastId = 0;

/** A transaction that changes rows of tables that are followed. DuckDB lets it write to one database. */
export class TrackedTransaction {
  readonly id = ++lastId;
  /** Whether it changed a table that Change Tracking follows. */
  changed = false;
  /** Whether it changed a table that Change Data Capture follows. */
  captured = false;
  readonly began = Date.now();
  /** object_id of such tables that it truncated. */
  readonly truncated = new Set<number>();
  private statements = 0;

  constructor(readonly database: DatabaseEntry) {}

  nextStatement(): number {
    this.statements += 1;
    return this.statements;
  }
}
