import { RunItem, RunState } from '../../contract';
import { LandedManifest } from '../complete/read-manifest';
import { eventRecords, toObjectEvent } from '../shared/s3-events';

/** Field of the event that says which run's tables are gone on with. */
const FIELD = 'landedTables';

/** Which run's tables an invocation goes on with. */
export interface GoOnRequest {
  readonly bucket: string;
  /** Key of the manifest. */
  readonly key: string;
  readonly runId: string;
  readonly manifestETag: string;
  readonly runState: RunState;
  /** Tables that failed or were refused since are not tried again (ISO 8601, UTC). */
  readonly since: string;
}

/**
 * The event by which run completion invokes itself: that of the manifest, which the failure queue and replays understand, and
 * what is left to do.
 */
export function goOnEvent(
  { bucket, key, eTag, runId }: Pick<LandedManifest, 'bucket' | 'key' | 'eTag'> & Pick<RunItem, 'runId'>, { runState }: Pick<RunItem, 'runState'>, since: string,
): object {
  return {
    Records: [{ eventName: 'ObjectCreated:Put', s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key), eTag } } }],
    [FIELD]: { runId, manifestETag: eTag, runState, since },
  };
}

/** What an event asks to go on with; undefined for an event that asks for nothing like that. */
export function goOnRequest(event: unknown): GoOnRequest | undefined {
  const asked = isRecord(event) ? event[FIELD] : undefined;
  if (!isRecord(asked)) return undefined;
  const { runId, manifestETag, runState, since } = asked;
  if (![runId, manifestETag, runState, since].every((each) => typeof each === 'string')) return undefined;
  const [record] = eventRecords(event);
  const told = record === undefined ? undefined : toObjectEvent(record);
  return told && { bucket: told.bucket, key: told.key, ...asked as unknown as Omit<GoOnRequest, 'bucket' | 'key'> };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
