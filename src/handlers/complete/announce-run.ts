import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { RunReporter } from './report-run';
import { RUN_EVENT, RunEventDetail } from '../../contract';
import { HandlerError } from '../shared/errors';

/** An event holds 256 KB (EventBridge, "PutEvents"). */
const MAX_PROBLEMS = 20;
const MAX_PROBLEM_LENGTH = 500;

/**
 * Puts an event of the run's outcome on an event bus.
 *
 * @param region of the bucket, for the partition in its ARN (IAM, "Amazon Resource Names")
 * @param eventBus its ARN; undefined for the account's default one
 * @throws HandlerError EVENT_NOT_PUT when EventBridge did not take it
 */
export function eventBridgeAnnouncer(eventBridge: EventBridgeClient, region: string, eventBus?: string): RunReporter {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return async (run, { manifest }) => {
    const detail: RunEventDetail = {
      runId: run.runId,
      state: run.runState,
      manifest: { bucket: run.bucket, key: run.manifestKey, versionId: run.manifestVersionId },
      startedAt: run.startedAt,
      finishedAt: run.finishedAt,
      totals: { tables: run.tables, objects: run.objects, rows: run.rows, sizeBytes: run.sizeBytes },
      problems: (run.problems ?? []).slice(0, MAX_PROBLEMS).map((problem) => problem.slice(0, MAX_PROBLEM_LENGTH)),
      unreported: run.unreported ?? [],
    };
    const { Entries } = await eventBridge.send(new PutEventsCommand({
      Entries: [{
        EventBusName: eventBus, Source: RUN_EVENT.source, DetailType: RUN_EVENT.detailType, Detail: JSON.stringify(detail), Resources: [`arn:${partition}:s3:::${run.bucket}`],
      }],
    }));
    const refused = Entries?.find((entry) => entry.ErrorCode);
    if (refused) throw new HandlerError('EVENT_NOT_PUT', `run '${manifest.runId}': EventBridge answered ${refused.ErrorCode}: ${refused.ErrorMessage}`);
  };
}
