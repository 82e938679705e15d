import { releaseChain } from './changes/hold-chain';
import type { ExtractionSetting } from './extraction-setting';
import type { ExpireStep, LeaveStep } from '../../../contract';
import { counted } from '../../api/counted';
import { Consistency } from '../../api/extractor-props';
import { SqlServerConnection } from '../../source/connection/sql-server-connection';
import { dropSnapshot, findSnapshot } from '../../source/consistency/database-snapshot';
import { toSafeError } from '../../source/credentials/redact';
import { checkpointedRuns, readKept, readRecord } from '../../state/checkpoint';
import { openStore } from '../../state/open-store';
import { readHolder } from '../../state/run-lease';
import { resolveOptions } from '../context/run-options';

/** When an execution ended (milliseconds since 1970); undefined while it runs, or where that cannot be asked. */
export type AsksEnd = (arn: string) => Promise<number | undefined>;

/** A run that an execution left. */
export interface LeftRun {
  readonly runId: string;
  readonly finishedChunks: number;
  readonly chunks: number;
}

/**
 * Looks what an execution that failed, timed out or was stopped has left. All of it stays, the checkpoint and a database snapshot,
 * so that it can be redriven, or another execution goes on with its run.
 */
export async function leaveExecution({ execution, status }: LeaveStep, setting: ExtractionSetting): Promise<LeftRun[]> {
  const options = await resolveOptions(setting.props);
  const { store, close } = openStore(options.target, options.targetOptions);
  try {
    const left: LeftRun[] = [];
    for (const runId of await checkpointedRuns(store)) {
      if ((await readHolder(store, runId))?.execution !== execution.arn) continue;
      const { plan, chain } = await readRecord(store, runId);
      // So that a sync of another place, which cannot ask about executions, may go on. A redrive takes it again.
      if (chain !== undefined) await releaseChain(store, chain, execution.arn, setting);
      const finishedChunks = (await readKept(store, runId)).filter(({ state }) => state === 'finished').length;
      const chunks = plan.tables.reduce((sum, table) => sum + table.chunks.length, 0);
      left.push({ runId, finishedChunks, chunks });
      setting.onEvent({
        type: 'warning',
        message: `execution ${execution.arn} is ${status}: run ${runId} has ${finishedChunks} of ${counted(chunks, 'chunk')}; `
          + `redrive the execution, or start one with {"resume": "${runId}"}; abort gives the run up`,
      });
    }
    return left;
  } finally {
    close();
  }
}

/**
 * Drops the database snapshots of runs whose execution ended long ago and was not gone on with: they grow with each write to the
 * source. Such a run cannot be gone on with; its checkpoint stays until it is given up.
 *
 * @returns the runs
 */
export async function expireSnapshots({ keepSnapshotHours }: ExpireStep, setting: ExtractionSetting, endOf: AsksEnd): Promise<string[]> {
  const options = await resolveOptions(setting.props);
  const { store, close } = openStore(options.target, options.targetOptions);
  const expired: string[] = [];
  try {
    for (const runId of await checkpointedRuns(store)) {
      const holder = await readHolder(store, runId);
      if (holder?.execution === undefined || (await readRecord(store, runId)).consistency !== Consistency.DATABASE_SNAPSHOT) continue;
      const end = await endOf(holder.execution);
      if (end === undefined || setting.clock.now() - end < keepSnapshotHours * 3_600_000) continue;
      const connection = await SqlServerConnection.open(options.connection);
      try {
        if (!await findSnapshot(connection, runId)) continue;
        await dropSnapshot(connection, runId);
        expired.push(runId);
        setting.onEvent({
          type: 'warning',
          message: `the database snapshot of run ${runId} was dropped: its execution ended more than ${counted(keepSnapshotHours, 'hour')} ago; abort the run and run anew`,
        });
      } finally {
        await connection.close();
      }
    }
    return expired;
  } catch (error) {
    throw toSafeError(error, [options.connection.password]);
  } finally {
    close();
  }
}
