import type { LambdaClient } from '@aws-sdk/client-lambda';
import { handOver } from '../shared/hand-over';

/** Hands one event record to the function that completes runs. */
export type StartCompletion = (record: unknown) => Promise<void>;

/**
 * Starts run completion by an asynchronous invocation of its function with the record that told of the manifest.
 *
 * Why the recorder does it: S3 refuses a second notification for keys that another one covers, so `_manifest.json` cannot
 * be told to a function of its own beside the notification of all keys; EventBridge would have to be switched on for the
 * bucket; and a stream of the table would bind completion to a table that may be somebody else's and hold up all behind a
 * manifest that fails. Lambda keeps the event, repeats it and sends it to the failure queue with the error and its trace,
 * as it does for the recorder. Should the start itself fail, so does the recorder's record, with the same consequence.
 *
 * @throws HandlerError COMPLETION_NOT_STARTED when Lambda did not accept the event
 */
export function lambdaStarter(lambda: LambdaClient, functionName: string): StartCompletion {
  return async (record) => handOver(lambda, functionName, isEventBridge(record) ? record : { Records: [record] });
}

function isEventBridge(record: unknown): boolean {
  return typeof record === 'object' && record !== null && 'detail' in record;
}
