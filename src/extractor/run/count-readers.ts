import type { RunOptions } from './context/run-options';
import { adviseReaders } from '../source/connection/reader-count';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

/** How many readers a run has: as asked for, otherwise no more than the source has cores for, where it tells. */
export async function countReaders(
  connection: SqlServerConnection, { readers, readersChosen, maxDop }: Pick<RunOptions, 'readers' | 'readersChosen' | 'maxDop'>,
): Promise<number> {
  const advised = readersChosen ? undefined : await adviseReaders(connection, maxDop);
  return Math.min(readers, advised ?? readers);
}
