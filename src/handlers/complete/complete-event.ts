import { CompletionServices, completeRun } from './complete-run';
import { isManifestKey } from '../../contract';
import { mapConcurrently } from '../shared/concurrency';
import { BatchNotHandledError, RecordNotHandledError } from '../shared/errors';
import { eventRecords, toObjectEvent } from '../shared/s3-events';

/** Runs completed at the same time: each checks many parts at once. */
const RUN_CONCURRENCY = 2;

/** What became of one run. */
export interface CompletionOutcome {
  readonly runId: string;
  readonly runState: string;
}

/** How the records of one event ended. */
export interface CompletionSummary {
  readonly runs: readonly CompletionOutcome[];
}

/**
 * Completes the run of every manifest that an event tells was created; it takes what the recorder takes, and passes over
 * every other record. Each record for itself, so that one that cannot be handled holds up no other.
 *
 * @param remaining tells the milliseconds that the invocation has left
 * @throws BatchNotHandledError after all records were tried, if any could not be handled
 * @throws InvalidEventError when the event has no records to try
 */
export async function completeEvent(services: CompletionServices, event: unknown, remaining?: () => number): Promise<CompletionSummary> {
  const records = eventRecords(event);
  const failures: RecordNotHandledError[] = [];
  const runs: CompletionOutcome[] = [];
  await mapConcurrently(records, RUN_CONCURRENCY, async (record) => {
    let subject = 'an event record';
    try {
      const told = toObjectEvent(record);
      if (told?.kind !== 'created' || !isManifestKey(told.key)) return;
      subject = `s3://${told.bucket}/${told.key}`;
      const run = await completeRun(services, told.bucket, told.key, remaining);
      if (run) runs.push({ runId: run.runId, runState: run.runState });
    } catch (error) {
      const failure = new RecordNotHandledError(subject, error);
      services.telemetry.failure('a run could not be completed', failure);
      failures.push(failure);
    }
  });
  if (failures.length > 0) throw new BatchNotHandledError(failures, records.length);
  return { runs };
}
