import { SessionState } from './session-state';
import { DatabaseEntry } from '../engine/catalog';
import { commitTable } from '../engine/change-functions';
import { EPOCH_TICKS } from '../sql/types';

let lastId = 0;

/** A transaction that changes rows of tables that are followed. DuckDB lets it write to one database. */
export class TrackedTransaction {
  readonly id = ++lastId;
  private statements = 0;
  /** Whether it changed a table that Change Tracking follows. */
  changed = false;
  /** object_id of such tables that it truncated. */
  readonly truncated = new Set<number>();

  constructor(readonly database: DatabaseEntry) {}

  nextStatement(): number {
    this.statements += 1;
    return this.statements;
  }
}

/** What a session's open transaction tells of its changes; begun with the first. */
export function trackedTransaction(session: SessionState, database: DatabaseEntry): TrackedTransaction {
  session.tracked ??= new TrackedTransaction(database);
  return session.tracked;
}

/** Milliseconds since 1970 as the storage of datetime. */
const ticksOf = (milliseconds: number) => BigInt(milliseconds) * 10_000n + EPOCH_TICKS;

/** Commits DuckDB's transaction; one that changed tracked tables gets the next version of its database. */
export async function commitTransaction(session: SessionState): Promise<void> {
  const { connection, tracked } = session;
  try {
    if (!tracked?.changed) {
      await connection.run('COMMIT');
      return;
    }
    const { database: { name, changes }, id, truncated } = tracked;
    await changes.alone(async () => {
      const version = changes.version + 1n;
      await connection.run(`INSERT INTO ${commitTable(name)} VALUES (${version}, ${id}, ${ticksOf(Date.now())})`);
      const undo = [...truncated].map((objectId) => changes.truncate(objectId, version));
      try {
        await connection.run('COMMIT');
      } catch (error) {
        undo.forEach((each) => each());
        throw error;
      }
      changes.version = version;
    });
  } finally {
    endTracked(session);
  }
}

/** Forgets what the transaction that has ended changed. */
export function endTracked(session: SessionState): void {
  session.tracked?.database.changes.releaseRowVersions(session.tracked);
  session.tracked = undefined;
}
