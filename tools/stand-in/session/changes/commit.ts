import { DuckDBBlobValue } from '@duckdb/node-api';
import { TrackedTransaction } from './tracked-transaction';
import { DatabaseEntry } from '../../engine/catalog';
import { captureSql, logTable } from '../../engine/changes/capture-tables';
import { commitTable } from '../../engine/changes/change-functions';
import { EPOCH_TICKS } from '../../sql/types';
import { SessionState } from '../session-state';

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
    if (!tracked?.changed && !tracked?.captured) {
      await connection.run('COMMIT');
      return;
    }
    const { database: { name, changes }, id, truncated, changed, captured, began } = tracked;
    await changes.alone(async () => {
      const version = changes.version + (changed ? 1n : 0n);
      if (changed) {
        await connection.run(`INSERT INTO ${commitTable(name)} VALUES (${version}, ${id}, ${ticksOf(Date.now())})`);
      }
      if (captured && changes.capture) {
        await connection.run(`INSERT INTO ${logTable(name)} VALUES ($1, ${id}, ${ticksOf(began)}, ${ticksOf(Date.now())})`, [new DuckDBBlobValue(changes.capture.nextLsn())]);
        if (changes.capture.automatic) {
          await connection.run(captureSql(name));
        }
      }
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
