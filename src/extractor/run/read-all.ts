import { readJob, type LandedTable, type ReadJob } from './read-job';
import type { RunContext } from './run-context';
import { SqlServerConnection } from '../source/sql-server-connection';

/**
 * Reads all jobs with a bounded number of readers, each on a connection of its own; the largest tables go first, so
 * that none is left alone at the end. The first failure stops the others.
 *
 * @param first a connection that is open already; it becomes the first reader's
 * @returns the landed tables in the order of `jobs`
 * @throws the first failure, after every reader has ended
 */
export async function readAll(
  context: RunContext, jobs: readonly ReadJob[], first: SqlServerConnection, fail: (reason: unknown) => void,
): Promise<LandedTable[]> {
  const landed: LandedTable[] = new Array(jobs.length);
  const queue = jobs.map((_, index) => index).sort((a, b) => (jobs[b].estimatedRows ?? 0) - (jobs[a].estimatedRows ?? 0));
  const readers = Math.min(context.options.readers, jobs.length);
  const read = async (reader: number) => {
    const connection = reader === 0 ? first : await SqlServerConnection.open(context.options.connection, context.signal);
    try {
      for (let index = queue.shift(); index !== undefined && !context.signal.aborted; index = queue.shift()) {
        landed[index] = await readJob(context, connection, jobs[index]);
      }
    } finally {
      if (reader !== 0) await connection.close();
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: readers }, async (_, reader) => {
    try {
      await read(reader);
    } catch (error) {
      fail(error);
      throw error;
    }
  }));
  const failed = outcomes.some(({ status }) => status === 'rejected');
  if (failed || context.signal.aborted) throw context.signal.reason;
  return landed;
}
